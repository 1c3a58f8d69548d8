"""Tables: of figures, and those behind a chart that open on demand."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ballgen.report.contents import Rows, Table
from ballgen.report.writing import table_csv
from ballgen.ui.widgets.text import escaped
from ballgen.util.wording import readable

UNKNOWN = "–"


def lazy_expander(label: str, key: str, **more) -> DeltaGenerator | None:
    """The inside of an expander called `label`, or None while it is closed.

    What nobody opens is neither computed nor sent, and half a megabyte of code for data frames does
    not hold up the page. The link keeps whether it is open, under the name `key`.

    more  as `st.expander` takes it
    """
    expander = st.expander(label, icon=":material/table:", key=key, bind="query-params", **more)
    return expander if expander.open else None


def show_table(
    columns: dict[str, list[str]], alt: str, bold: Collection[tuple[str, int]] = ()
) -> None:
    """A small table of text; `alt` says what it holds.

    bold  (column's title, row) of cells that stand out
    """
    texts = {
        escaped(title): [
            f"**{escaped(cell)}**" if (title, row) in bold else escaped(cell)
            for row, cell in enumerate(cells)
        ]
        for title, cells in columns.items()
    }
    st.table(texts, border="horizontal", hide_index=True, alt=readable(alt))


def show_figures(
    columns: dict[str, dict[str, str]],
    alt: str,
    title: str = "Figure",
    best: Mapping[str, Sequence[int]] = MappingProxyType({}),
) -> None:
    """Figures by name, a column for each model; `UNKNOWN` where a model lacks one.

    columns  {column's title: {figure's name: its text}}
    title    of the names' column
    best     {figure's name: numbers of the columns that are best, which stand out}
    """
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    texts = {
        title: [column.get(name, UNKNOWN) for name in names] for title, column in columns.items()
    }
    titles = list(columns)
    bold = {(titles[c], row) for row, name in enumerate(names) for c in best.get(name, ())}
    show_table({title: names} | texts, alt, bold)


def offer_csv(rows: Rows, name: str) -> None:
    """A button that saves a table, whose first row is the header, as NAME.csv."""

    def content() -> str:
        return table_csv(Table(name, "", "", rows))

    st.download_button(
        "CSV",
        content,
        f"{name}.csv",
        "text/csv",
        key=f"csv-{name}",
        icon=":material/download:",
        on_click="ignore",
    )
