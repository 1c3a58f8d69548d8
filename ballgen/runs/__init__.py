"""Training runs: each a process of its own, a folder, and a row in the registry.

place.py      where they lie
registry.py   what runs there are, and in which state (SQLite)
folder.py     the files of a run, as its worker writes and others read them
liveness.py   whether the process behind a run is still there
control.py    start, pause, stop, resume, rename, delete, promote
worker.py     the process itself: `python -m ballgen.runs.worker RUN`
queue.py      one run at a time, in the order in which they were started
watch.py      the worker's ear: what somebody wishes of the run
frames.py     what the model makes of fixed codes and fixed pictures, epoch by epoch
events.py     a run as TensorBoard reads it
uploads.py    pictures that came through a browser
duration.py   how long the last run of a recipe took
commands.py   `python -m ballgen runs`
"""
