"""Renew what rests on the shipped models: to be run whenever checkpoints/ has changed.

    python -m benchmarks.refresh

Takes some twenty minutes. Writes the models' t-SNE and UMAP maps, checkpoints/comparison.png, the
table of results in README.md, its moving screenshot, and the pictures of docs/why.md. Figures that
stand in sentences it leaves alone, and says where the old table's are.
"""

from __future__ import annotations

import re
from itertools import zip_longest

from ballgen.checkpoint.folder import load_checkpoint, load_model
from ballgen.data.sources import load_images
from ballgen.report.comparison import write_comparison
from ballgen.scores.leaderboard import leaderboard_row, leaderboard_table
from benchmarks import screenshots, shipped_embeddings
from benchmarks.browser import ROOT

SHIPPED = ROOT / "checkpoints"
MODELS = ("ae", "vae", "gan")
README = ROOT / "README.md"
TABLE = re.compile(r"^\| model .*?\n(?=\n)", re.MULTILINE | re.DOTALL)
FIGURE = re.compile(r"\d+/\d+|\d[\d,]*\.?\d*%?")


def main() -> None:
    shipped_embeddings.main()
    test = load_images("sportballs", split="test")
    checkpoints = [load_checkpoint(SHIPPED / name) for name in MODELS]
    write_comparison(checkpoints, [test] * len(MODELS), SHIPPED)
    rows = [leaderboard_row(name, load_model(SHIPPED / name), test) for name in MODELS]
    text = README.read_text()
    before, now = TABLE.search(text).group(), leaderboard_table(rows).strip() + "\n"
    README.write_text(text.replace(before, now))
    print(now)
    for old, new in _changed(before, now):
        places = [
            f"{path.relative_to(ROOT)}:{number}"
            for path in (README, *ROOT.glob("docs/**/*.md"))
            for number, line in enumerate(path.read_text().splitlines(), start=1)
            if path.name != "experiments.md" and old in FIGURE.findall(line.replace(" %", "%"))
        ]
        print(f"{old} is {new} now{': ' if places else ''}{', '.join(places)}")
    screenshots.main(["--pages"])


def _changed(before: str, now: str) -> list[tuple[str, str]]:
    """Figures of the old table and those of the new one in their places, where they differ."""
    pairs = zip_longest(FIGURE.findall(before), FIGURE.findall(now), fillvalue="gone")
    return list(dict.fromkeys((old, new) for old, new in pairs if old != new and len(old) > 2))


if __name__ == "__main__":
    main()
