"""Links with hostile parameters, opened on a real server: exception boxes and memory.

python -m benchmarks.reliability_links --count 2000
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch
from urllib.parse import quote, quote_plus

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from ballgen.recipes import RECIPES
from ballgen.runs.catalogue import SHIPPED
from ballgen.runs.registry import FAILED, Registry, Run
from ballgen.util.paths import RUNS_VARIABLE
from ballgen.util.settings import settings
from benchmarks.browser import serve

MB = 2**20
PATIENCE = 300.0  # s that a page may take; one that takes longer counts as a box
HOSTILE = (
    "![x](http://evil.example/x.png) <b>b</b> :red[r] :material/warning: $x^2$ [l](//e.example)"
)
NASTY = (
    *("", " ", "inf", "-inf", "nan", "1e400", "-1", "0", "1.5", "9" * 20, "9" * 5000, "0x10"),
    *("null", "true", "[]", "{}", "2020-13-45", "1,2,3", "../../etc/passwd", "/dev/zero", "/proc"),
    *(HOSTILE, "x" * 50_000, "\0", "‮txet", "𝟙", "%", "&&==", "a;b\nc\r\nd"),
)
RAW = ("%ff%fe", "%", "%u0041", "%00", "%ed%a0%80")  # as they stand: no text, or none in UTF-8
NUMBERS = ("0", "1", "2", "7", "31", "2147483647")
ENDS = ("test image", "sample", "own image")
# Every parameter by page, with values that are valid, so that links lead into every view.
PARAMETERS: dict[str, dict[str, tuple[str, ...]]] = {
    "compare": {
        "models": ("ae", "vae", "gan"),
        "dataset": (),
        "seed": NUMBERS,
        "count": ("12", "24", "48", "96"),
        "temperature": ("0", "0.7", "1.5"),
        "compare_tab": ("Reconstructions", "Scores", "Copies", "Settings that differ"),
        "nearest": ("true", "false"),
        "nearest_table": ("true",),
        "reconstructions_table": ("true",),
        **dict.fromkeys(("ae_prior", "vae_prior", "gan_prior"), ("N(0, I)", "latent flow")),
    },
    "latent": {
        "models": ("vae", "gan"),
        "family": ("AE", "VAE", "GAN"),
        "embedding": ("PCA", "t-SNE", "UMAP"),
        "shows": ("Images", "Training images", "Decoded grid", "N(0, I)", "Fitted prior"),
        "dims": ("2-D", "3-D"),
        "colour": ("class", "x px", "angle deg"),
        "look": ("an image", "a point"),
        "map_seed": NUMBERS,
        "perplexity": ("5", "30", "100"),
        "neighbours": ("2", "15"),
        "min_dist": ("0", "0.5"),
        "image": NUMBERS,
        **dict.fromkeys("xyz", ("0", "-3.5", "1000000")),
        "region": ("0,0 2,0 1,2", "-99,-99 99,-99 99,99 -99,99"),
        "map_table": ("true",),
        "code_table": ("true",),
    },
    "terms": {"models": ("vae", "gan"), "family": ("AE", "VAE", "GAN")},
    "interpolate": {
        "models": ("ae", "vae"),
        "view": ("two images", "four images", "arithmetic", "traversals"),
        "path": ("linear", "spherical"),
        **{f"{end}_kind": ENDS for end in "abcd"},
        **{f"{end}_{what}": NUMBERS for end in "abcd" for what in ("number", "seed")},
        **dict.fromkeys(("minus", "plus"), ("soccerball", "basketball")),
        "model": ("AE", "VAE", "GAN"),
        "dimensions": ("6", "12", "24", "all"),
        **dict.fromkeys(("at", "strength", "vae_z0"), NUMBERS),
        "over": ("3-4", "0-0"),
    },
    "own_image": {
        "models": ("ae", "vae"),
        "own_view": ("Neighbours", "Map", "Interpolate"),
        "own_model": ("AE", "VAE", "GAN"),
        "own_to": NUMBERS,
    },
    "why": {
        "models": ("vae",),
        "family": ("AE", "VAE", "GAN"),
        "against": ("latent flow", "full-covariance Gaussian"),
        "seed": NUMBERS,
        "step": NUMBERS,
        "tab": (
            *("All priors", "Interpolation", "Would other training help?"),
            "What the latents encode",
        ),
        "study_table": ("true",),
    },
    "train": {
        "run": ("hostile",),
        "epoch": NUMBERS,
        "ticked": ("hostile", "hostile,hostile", "lab4-gan"),
        "recipe": tuple(RECIPES),
        "new_source": ("sportballs", "your own images"),
        **dict.fromkeys(("new_limit", "new_minutes", "new_seed"), NUMBERS),
        "new_size": ("16 px", "128 px"),
        "new_name": (),
        **dict.fromkeys(("curves_table", "curves_log"), ("true",)),
        **{
            f"new_{recipe.name}_{setting.path.replace('.', '_')}": ("512", "8192", "true")
            for recipe in RECIPES.values()
            for setting in settings(recipe)
        },
    },
    "data": {
        "view": ("all balls", "draw one", "look at a source"),
        "turn": NUMBERS,
        "ball": ("soccerball", "volleyball"),
        "px": ("32", "64", "128"),
        "rotation": ("plane", "full"),
        "background": ("white", "colour", "texture"),
        "backdrop": NUMBERS,
        **dict.fromkeys(("centre_x", "centre_y", "diameter", "angle", "tilt", "spin"), NUMBERS),
        "source": ("sportballs", "your own images"),
        "split": ("train", "test", "validation"),
        "size": ("32", "64"),
        "classes": ("soccerball", "basketball"),
        **dict.fromkeys(("only_x", "only_y", "only_diameter", "only_angle"), NUMBERS),
        "page": NUMBERS,
        "charts_table": ("true",),
        "skipped_table": ("true",),
    },
}


def hostile_links(count: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Page and query string of so many links, always the same ones."""
    draw = random.Random(seed)
    for _ in range(count):
        page, known = draw.choice(list(PARAMETERS.items()))
        names = draw.sample(list(known), draw.randint(1, min(8, len(known))))
        views = [name for name in ("view", "source", "embedding", "look") if name in known]
        fields = [
            f"{quote(name)}={_value(draw, known[name])}"
            for name in {*names, *(name for name in views if draw.random() < 0.7)}
            for _ in range(draw.choice((1, 1, 1, 2, 5)))  # lists where one value is expected
        ]
        yield page, "&".join(fields)


def _value(draw: random.Random, valid: tuple[str, ...]) -> str:
    if valid and draw.random() < 0.5:
        return quote_plus(draw.choice(valid))
    return draw.choice(RAW) if draw.random() < 0.1 else quote_plus(draw.choice(NASTY))


def open_link(address: str, page: str, query: str) -> list[str]:
    """Open a page as a browser does; returns the exceptions that it shows."""
    message = BackMsg()
    message.rerun_script.query_string = query
    message.rerun_script.page_name = page
    boxes = []
    url = address.replace("http", "ws") + "/_stcore/stream"
    with connect(url, subprotocols=["streamlit"], max_size=None, proxy=None) as socket:
        socket.send(message.SerializeToString())
        while True:
            try:
                answer = ForwardMsg.FromString(socket.recv(timeout=PATIENCE))
            except TimeoutError:
                return [*boxes, f"not there after {PATIENCE:.0f} s"]
            kind = answer.WhichOneof("type")
            if kind == "delta" and answer.delta.new_element.HasField("exception"):
                shown = answer.delta.new_element.exception
                boxes.append(f"{shown.type}: {shown.message}")
            elif kind == "script_finished":
                if answer.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                return boxes


def links(count: int, first: int = 0, checkpoints: Path = SHIPPED) -> dict[str, float]:
    """Open so many hostile links, one after the other; the first ones are skipped.

    Returns exception boxes, links with one, and by how many MB the server grew above what it
    needs once every page was seen.
    """
    with tempfile.TemporaryDirectory() as runs, patch.dict(os.environ, {RUNS_VARIABLE: runs}):
        recipe = RECIPES["vae"].to_dict()
        Registry(Path(runs)).add(
            Run(id="hostile", name=HOSTILE, recipe=recipe, state=FAILED, message=HOSTILE)
        )
        with serve(checkpoints) as address:
            server = max(psutil.Process().children(), key=lambda child: child.memory_info().rss)
            for page in PARAMETERS:
                open_link(address, page, "")
            for family in ("AE", "GAN"):  # what is computed once for each checkpoint
                open_link(address, "why", f"family={family}")
                open_link(address, "latent", f"family={family}")
            before = server.memory_info().rss
            peaks, shown, failed = [before], 0, 0
            threading.Thread(target=_watch, args=(server, peaks), daemon=True).start()
            for number, (page, query) in enumerate(hostile_links(first + count)):
                if number < first:
                    continue
                boxes = open_link(address, page, query)
                for box in boxes:
                    print(f"{number} /{page}?{query[:300]}\n    {box[:300]}", flush=True)
                if not number % 50:
                    print(f"{number}: {max(peaks) / MB:,.0f} MB at most", file=sys.stderr)
                shown, failed = shown + len(boxes), failed + bool(boxes)
    return {
        "links": count,
        "links_with_boxes": failed,
        "boxes": shown,
        "growth_mb": round((max(peaks) - before) / MB, 1),
    }


def _watch(server: psutil.Process, peaks: list[int]) -> None:
    """Note the memory of the server until it ends."""
    with suppress(psutil.Error):
        while True:
            peaks[0] = max(peaks[0], server.memory_info().rss)
            time.sleep(0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="links before this one are skipped")
    args = parser.parse_args()
    for name, value in links(args.count, args.first).items():
        print(f"{name}: {value:g}")


if __name__ == "__main__":
    main()
