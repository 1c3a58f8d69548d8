"""What a report consists of, as data: sections of figures, tables, conclusions and notes."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any, NamedTuple

from markupsafe import Markup

from ballgen.checkpoint.folder import Checkpoint
from ballgen.scores.verdicts import Verdict
from ballgen.util.palette import family_colour

PER_PIXEL = 2.2  # px of a figure for one on the screen: letters then have the size of the text

Rows = tuple[tuple[Any, ...], ...]  # the first one is the header


@dataclass(frozen=True)
class Subject:
    """A model of the report.

    key    begins the names of its files: "vae", "vae2"
    title  what the report calls it: "VAE", "VAE 2"
    name   its checkpoint's or run's, which somebody else chose
    """

    key: str
    title: str
    name: str
    checkpoint: Checkpoint

    @property
    def family(self) -> str:
        return self.checkpoint.model.family

    @property
    def full_title(self) -> str:
        """ "VAE", "VAE 2, my-vae": with the name where it says more."""
        return self.title if self.name == self.key else f"{self.title}, {self.name}"

    @property
    def colour(self) -> str:
        return family_colour(self.family)

    @property
    def fitted(self) -> str | None:
        """The prior that is compared with N(0, I); None for a model whose own that is."""
        return self.checkpoint.model.fitted_prior


@dataclass(frozen=True)
class Figure:
    """An image in a file of its own.

    name     of the file, without its ending; ours, so safe everywhere
    caption  what it shows and how to read it
    """

    name: str
    title: str
    caption: str
    png: bytes

    @property
    def width(self) -> int:
        """px on the screen."""
        return round(int.from_bytes(self.png[16:20]) / PER_PIXEL)

    @property
    def address(self) -> Markup:
        """An address that holds it."""
        return Markup(f"data:image/png;base64,{b64encode(self.png).decode()}")


@dataclass(frozen=True)
class Table:
    """A table in files of its own, as CSV and as LaTeX.

    name, caption  as a figure's
    rows           the first one is the header
    data           what the CSV holds in place of the rows: numbers that are not rounded
    """

    name: str
    title: str
    caption: str
    rows: Rows
    data: tuple[tuple[Any, ...], ...] = ()


class Conclusion(NamedTuple):
    """A verdict, and the names of the figures and tables that show what it says."""

    verdict: Verdict
    shown_in: tuple[str, ...]


@dataclass(frozen=True)
class Conclusions:
    """All that is concluded of one model."""

    title: str
    said: tuple[Conclusion, ...]


class Note(NamedTuple):
    """One line in place of what there is not."""

    text: str


Part = Figure | Table | Conclusions | Note


@dataclass(frozen=True)
class Section:
    """A part of the report that answers one question."""

    heading: str
    question: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Report:
    """A whole report.

    facts     what it is about and made with, by name
    warnings  what has to be known first: (model's title, verdict)
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[tuple[str, Verdict], ...]
    sections: tuple[Section, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(part for section in self.sections for part in section.parts)

    @property
    def figures(self) -> dict[str, Figure]:
        """By name, in the order in which they stand."""
        return {part.name: part for part in self.parts if isinstance(part, Figure)}

    @property
    def tables(self) -> dict[str, Table]:
        """By name, in the order in which they stand."""
        return {part.name: part for part in self.parts if isinstance(part, Table)}

    def label(self, name: str) -> str:
        """ "Figure 3" or "Table 1"; "" for a name that the report does not have."""
        for kind, named in (("Figure", self.figures), ("Table", self.tables)):
            if name in named:
                return f"{kind} {list(named).index(name) + 1}"
        return ""

    def there(self, names: tuple[str, ...]) -> list[str]:
        """Those of the names that the report has."""
        return [name for name in names if self.label(name)]


def side_by_side(
    name: str, title: str, caption: str, columns: dict[str, dict[str, str]], data: Any = ()
) -> Table:
    """A table of figures by name, a column for each model; "–" where a model lacks one."""
    names = dict.fromkeys(name for column in columns.values() for name in column)
    rows = [(name, *(column.get(name, "–") for column in columns.values())) for name in names]
    return Table(name, title, caption, (("", *columns), *rows), data)


def unrounded(first: str, columns: dict[str, dict[str, Any]]) -> tuple[tuple[Any, ...], ...]:
    """Figures under their own names as a table's `data`; "" where a model lacks one."""
    names = dict.fromkeys(name for column in columns.values() for name in column)
    rows = ((name, *(column.get(name, "") for column in columns.values())) for name in names)
    return ((first, *columns), *rows)
