"""Training runs: each a process of its own, a folder, and a row in the registry.

registry.py         what runs there are, and in which state (SQLite)
folder.py           the files of a run, as its worker writes and others read them
liveness.py         whether the process behind a run is still there, by its lease
control.py          start, stop, resume, rename, delete, promote
worker.py           the process itself: `python -m ballgen.runs.worker RUN`
progress_writer.py  what the worker writes while it trains
frames.py           what the model makes of fixed codes and fixed images, epoch by epoch
tensorboard.py      a run as TensorBoard reads it
uploads.py          images that came through a browser
catalogue.py        checkpoints and finished runs that can be shown
"""
