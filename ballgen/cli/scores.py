"""python -m ballgen scores: the figures of several checkpoints as one table."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from ballgen.cli.arguments import add_source_arguments, positive, seed
from ballgen.errors import InputError
from ballgen.util.paths import expand

START, END = "<!-- scores -->", "<!-- end of scores -->"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT", help="e.g. checkpoints/*/")
    add_source_arguments(parser, required=True)
    parser.add_argument("--seed", type=seed, default=0, metavar="K", help="the first of the seeds")
    parser.add_argument("--seeds", type=positive, default=3, metavar="N", help="how many")
    parser.add_argument(
        "--write",
        type=Path,
        metavar="FILE",
        help=f"also put the table between {START} and {END} in this text",
    )
    parser.set_defaults(command=score_checkpoints)


def score_checkpoints(args: argparse.Namespace) -> None:
    from tqdm import tqdm

    from ballgen.checkpoint.folder import load_model
    from ballgen.data.sources import load_images
    from ballgen.scores.leaderboard import evaluations, standing, standings_table
    from ballgen.util.files import write_file

    text = _text_with_a_place(args.write) if args.write else ""
    models = {name: load_model(folder) for name, folder in _named(args.checkpoints).items()}
    seeds = range(args.seed, args.seed + args.seeds)
    standings = []
    with tqdm(total=len(models) * evaluations(seeds), unit=" evaluations") as bar:
        for name, model in models.items():
            bar.set_description(name)
            channels, size, _ = model.image_shape
            images = load_images(
                args.data, "test", size, channels, args.limit, args.seed, args.data_root
            )
            standings.append(standing(name, model, images, seeds, bar.update))
    table = standings_table(standings)
    print(table)
    if args.write:
        write_file(args.write, _with_table(text, table).encode())


def _named(folders: list[str]) -> dict[str, Path]:
    """Each folder by what its row is called: its name, or its path where others have that name."""
    paths = list(dict.fromkeys(map(expand, folders)))
    names = Counter(path.name for path in paths)
    return {path.name if names[path.name] == 1 else str(path): path for path in paths}


def _with_table(text: str, table: str) -> str:
    """The text with the table in its place, in lines that end as the text's do."""
    before, _, rest = text.partition(START)
    after = rest.partition(END)[2]
    inside = f"{START}\n{table}\n{END}"
    if "\r\n" in text:
        inside = inside.replace("\n", "\r\n")
    return f"{before}{inside}{after}"


def _text_with_a_place(path: Path) -> str:
    """The file's text; found out early that a table can be put into it."""
    try:
        text = expand(path).read_bytes().decode()  # its ends of lines stay what they are
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--write {path} cannot be read: name a text file") from error
    if START not in text or END not in text.partition(START)[2]:
        raise InputError(f"--write {path} has no place for a table: put {START} and {END} into it")
    return text
