"""An ablation study: four hypotheses on why random samples fail, each tested by training again.

design.py    what was trained: a middle setting, and what each hypothesis changes in it
run.py       trains and measures one setting
study.csv    one row per run
gains.csv    what each factor brings at best, as the dashboard draws it
findings.py  from rows to points with mean and standard deviation, and to an outcome
report.py    from outcomes to paragraphs and tables

`python -m studies.four_hypotheses`, from the repository root, prints the report; with `gains` it
writes gains.csv.
"""
