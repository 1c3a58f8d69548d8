"""The four guesses of the reports, tested: `python -m studies.four_hypotheses`.

design.py     what is trained, as data: a middle setting, and what each guess changes in it
pictures.py   the pictures of a setting
table.py      study.csv: one row per finished run
measure.py    the figures of one trained model
conduct.py    queues the runs, picks up unfinished ones, and writes the rows
plan.py       what is missing, and how long it takes
findings.py   from rows to points with mean and scatter, and to a verdict
report.py     from verdicts to paragraphs and Markdown
commands.py   the command line
"""
