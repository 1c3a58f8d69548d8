"""Text of a stranger in Chromium: nothing of it is a link, an image, an icon or a request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from ballgen.checkpoint.folder import RECORD, json_bytes
from ballgen.data.sheets import to_png
from ballgen.experiment import Experiment, load_data
from ballgen.runs.registry import FAILED, Registry, Run
from ballgen.ui.widgets.text import readable
from ballgen.util.paths import RUNS_VARIABLE
from benchmarks.browser import IDLE, PATIENCE, serve
from tests.helpers.finished import add_run, rewrite
from tests.helpers.following import follow
from tests.helpers.hostile import ALL, HOST, HOSTILE
from tests.helpers.tiny import tiny_balls, tiny_recipe

pytestmark = pytest.mark.browser

FOLDER = f"![i](www.{HOST}) <b>b<b> :material_warning: :red[r] $x$ **b**"  # no slash, so a name
SCRIPT = """
import streamlit as st
from ballgen.ui.widgets.tables import show_table
from ballgen.ui.widgets.text import escaped
from tests.helpers.hostile import HOSTILE

for number, text in enumerate(HOSTILE):
    with st.container(key=f"text{number}"):
        st.markdown(escaped(text))
        st.error(escaped(text))
        st.header(escaped(text), anchor=False)
        st.button(escaped(text), key=f"button{number}")
        st.pills("own", [text], format_func=escaped, key=f"pills{number}")
        st.selectbox("own", [text], key=f"select{number}")
        st.multiselect("own", [text], [text], key=f"some{number}")
    st.caption(f"**own** {escaped(text)}, own")
    show_table({text: [text]}, text)
"""
# Whatever the stranger made, in the shadow roots of components too.
MADE = """(host) => {
  const made = [], roots = [document.body]
  while (roots.length) {
    for (const element of roots.pop().querySelectorAll("*")) {
      if (element.shadowRoot) roots.push(element.shadowRoot)
      const links = [element.href, element.src].map((link) => `${link?.baseVal ?? link}`)
      const linked = links.some((link) => link.split("?")[0].includes(host))
      const own = element.closest(".stMarkdownBadge") // the state of a run
        ?? element.closest("[class*='-choice'] button img") // one to choose
      const inside = !own && element.closest("[data-testid=stMarkdownContainer]")
      const rendered = inside && element.matches(
        "a, img, [role=img], .katex, [class*=stMarkdownColored], " +
        "[data-testid=stError] :is(ul, ol, blockquote, hr, h1, code, em, strong, del)")
      if (linked || rendered) made.push(element.outerHTML.slice(0, 300))
    }
  }
  return made
}"""


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a dashboard on a stranger's checkpoints, runs and images; the images."""
    home = tmp_path_factory.mktemp("stranger")
    images, checkpoints, runs = home / FOLDER, home / "checkpoints", home / "runs"
    balls = tiny_balls(96)
    for number, pixels in enumerate(balls.pixels):
        place = images / ("train", "test")[number % 2] / f"{balls.labels[number]} {FOLDER}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.png").write_bytes(to_png(pixels))
    recipe = tiny_recipe("vae", priors=("gaussian",), prior="gaussian", epochs=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BALLGEN_DATA_FOLDERS", str(home))
        patch.setenv(RUNS_VARIABLE, str(runs))
        experiment = Experiment(recipe, load_data(str(images), recipe), checkpoints)
        experiment.run()
        mine = experiment.folder.rename(checkpoints / FOLDER)
        rewrite(mine, lambda record: record["recipe"].update(name=FOLDER, summary=ALL))
        (checkpoints / "damaged").mkdir()
        (checkpoints / "damaged" / RECORD).write_bytes(json_bytes({"format": 1, "digest": ALL}))
        (checkpoints / f"damaged {FOLDER}").mkdir()
        (checkpoints / f"damaged {FOLDER}" / RECORD).write_text("{")
        add_run(runs, mine, "theirs", ALL)
        Registry(runs).add(
            Run(
                id="failed",
                name=ALL,
                recipe=recipe.to_dict() | {"name": FOLDER},
                source=ALL,
                state=FAILED,
                message=ALL,
            )
        )
        with serve(checkpoints) as address:
            yield address, images


def open_watched(browser: Browser, url: str) -> tuple[Page, set[str | None]]:
    """The page, idle, and the hosts that it asks from now on."""
    page, asked = browser.new_context().new_page(), set()
    page.set_default_timeout(PATIENCE)
    page.on("request", lambda request: asked.add(urlsplit(request.url).hostname))
    page.goto(url)
    page.wait_for_selector(IDLE)
    return page, asked


def check(page: Page, asked: set[str | None]) -> None:
    """No other host was asked and the stranger made nothing."""
    for _ in range(2):  # what comes after the script is drawn, and has drawn its parts
        page.evaluate("() => new Promise((resolve) => requestIdleCallback(resolve))")
        page.wait_for_timeout(100)
    assert page.evaluate(MADE, HOST) == []
    assert asked <= {"127.0.0.1", None}
    assert page.get_by_test_id("stException").count() == 0


@pytest.fixture(scope="module")
def opened(browser: Browser, stranger: tuple[str, Path]) -> Iterator[tuple[Page, set[str | None]]]:
    page, asked = open_watched(browser, stranger[0])
    yield page, asked
    page.context.close()


@pytest.fixture
def visit(opened: tuple[Page, set[str | None]]) -> Callable[[str], Page]:
    """visit(path) -> the same page, led there and drawn, in which nothing is the stranger's."""

    def visit(path: str) -> Page:
        follow(opened[0], f"/{path}")
        check(*opened)
        return opened[0]

    return visit


def test_every_kind_of_markup_is_shown_as_it_is(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    with serve(script=script) as address:
        page, asked = open_watched(browser, address)
        check(page, asked)
        for number, text in enumerate(HOSTILE):
            for part in ("stMarkdown", "stAlert", "stHeading", "stButton", "stButtonGroup"):
                found = page.locator(f".st-key-text{number}").get_by_test_id(part).last
                seen = " ".join(found.inner_text().replace("\N{WORD JOINER}", "").split())
                assert seen.removeprefix("error ").removeprefix("own ") == readable(text)


@pytest.mark.parametrize(
    "path",
    [
        *("compare", "compare?compare_tab=Reconstructions", "latent?map_tab=Table"),
        *("latent?look=a+point&dims=3-D", "interpolate?view=arithmetic", "why", "train"),
        *("train?run=theirs", "interpolate?view=traversals"),
    ],
)
def test_a_strangers_checkpoint_and_runs_are_text(visit: Callable[[str], Page], path: str) -> None:
    page = visit(path)
    assert HOST in page.content()  # it is there, as text


@pytest.mark.parametrize(
    "page, names",
    [
        ("compare", ("models", "dataset", "vae_prior", "seed", "count", "compare_tab")),
        ("latent", ("models", "region", "family", "embedding", "colour", "look", "image")),
        ("interpolate", ("models", "view", "path", "a_kind", "b_number", "at")),
        ("own_image", ("models", "own_from", "own_view", "own_to")),
        ("why", ("models", "family", "against", "seed", "step", "tab")),
        ("train", ("run", "epoch", "ticked", "recipe", "new_source", "new_name", "new_limit")),
        ("data", ("view", "source", "split", "classes")),
    ],
)
def test_a_strangers_link_is_text(
    visit: Callable[[str], Page], page: str, names: tuple[str, ...]
) -> None:
    visit(f"{page}?{urlencode(dict.fromkeys(names, ALL))}")


def test_a_strangers_folder_is_text(stranger: tuple[str, Path], visit: Callable) -> None:
    for folder in (stranger[1], ALL):
        link = {"view": "look at a source", "source": str(folder)}
        page = visit(f"data?{urlencode(link)}")
        assert HOST in page.content()
