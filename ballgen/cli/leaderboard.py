"""python -m ballgen leaderboard: scores of several checkpoints in one table."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from ballgen.cli import arguments
from ballgen.errors import InputError
from ballgen.util.paths import expand

START, END = "<!-- leaderboard -->", "<!-- end of leaderboard -->"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `leaderboard` takes."""
    parser.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT", help="e.g. checkpoints/*/")
    arguments.add_shared(parser, "--data")
    arguments.add_shared(parser, "--seed", help="the first of the seeds")
    parser.add_argument("--seeds", type=arguments.positive, default=3, metavar="N", help="how many")
    parser.add_argument(
        "--write",
        type=Path,
        metavar="FILE",
        help=f"also put the table between {START} and {END} in this text",
    )


def run(args: argparse.Namespace) -> None:
    """Score every checkpoint, and print the table. Raises `InputError`."""
    from tqdm import tqdm

    from ballgen.checkpoint.folder import load_model
    from ballgen.scores.leaderboard import leaderboard_row, leaderboard_table
    from ballgen.util.files import write_file

    text = _read_marked(args.write) if args.write else ""
    models = {name: load_model(folder) for name, folder in _named(args.checkpoints).items()}
    seeds = range(args.seed, args.seed + args.seeds)
    rows = []
    with tqdm(total=len(models) * len(seeds), unit=" evaluations") as bar:
        for name, model in models.items():
            bar.set_description(name)
            images = arguments.load_test_images(args, model)
            rows.append(leaderboard_row(name, model, images, seeds, bar.update))
    table = leaderboard_table(rows)
    print(table)
    if args.write:
        write_file(args.write, _with_table(text, table).encode())


def _named(folders: list[str]) -> dict[str, Path]:
    """Each folder by what its row is called: its name, or its path where others have that name."""
    paths = list(dict.fromkeys(map(expand, folders)))
    names = Counter(path.name for path in paths)
    return {path.name if names[path.name] == 1 else str(path): path for path in paths}


def _with_table(text: str, table: str) -> str:
    """The text with the table between its marks, in lines that end as the text's do."""
    before, _, rest = text.partition(START)
    after = rest.partition(END)[2]
    inside = f"{START}\n{table}\n{END}"
    if "\r\n" in text:
        inside = inside.replace("\n", "\r\n")
    return f"{before}{inside}{after}"


def _read_marked(path: Path) -> str:
    """The file's text. Raises `InputError` if it has no marks to put a table between."""
    try:
        text = expand(path).read_bytes().decode()  # its ends of lines stay what they are
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--write {path} cannot be read: name a text file") from error
    if START not in text or END not in text.partition(START)[2]:
        raise InputError(f"--write {path} has no marks for a table: put {START} and {END} into it")
    return text
