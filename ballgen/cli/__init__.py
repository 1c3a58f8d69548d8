"""The commands of `ballgen`, which is `python -m ballgen`.

Each command is the module of its name with `add_arguments(parser)` and `run(args)`. It is imported
only when its command is asked for, and imports torch only in `run`: help and a mistyped flag answer
at once. Two start another program: `ballgen/__main__.py`.
"""

COMMANDS = {
    "dashboard": "open it in the browser; flags as of `streamlit run`",
    "train": "train, score and save every family",
    "data": "draw images of sports balls into a folder",
    "sample": "new images from a prior",
    "reconstruct": "test images, encoded and decoded",
    "evaluate": "scores of a checkpoint on test images",
    "diagnose": "why random samples of a checkpoint fail",
    "export": "a model for other programs",
    "report": "a folder to hand in: figures, tables and conclusions about some models",
    "leaderboard": "scores of several checkpoints in one table",
    "check-scores": "do scores put images of a known order in that order?",
    "runs": "list, stop and resume the dashboard's training runs",
}
