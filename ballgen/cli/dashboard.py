"""ballgen dashboard: `streamlit run app.py`, with the same flags."""

from __future__ import annotations

from ballgen.util.paths import PROJECT


def run(arguments: list[str]) -> int | None:
    """Serve the dashboard until it is stopped."""
    from streamlit.web.cli import main  # imported late: it takes a second

    return main(["run", str(PROJECT / "app.py"), *arguments], prog_name="streamlit")
