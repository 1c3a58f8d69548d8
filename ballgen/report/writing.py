"""A report as files: report.html, which needs no other file, report.md, figures and tables.

The templates beside this file say what stands where; every value is escaped as it is filled in.
"""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from ballgen.report.contents import Report, Table
from ballgen.report.escaping import to_cell, to_html, to_latex, to_markdown
from ballgen.util.files import check_empty, replace_folder

HTML, MARKDOWN, LATEX = "report.html", "report.md", "table.tex"
# Letters of a line in LaTeX, and between which the longest cell of a column counts.
LINE, SHORT_CELL, LONG_CELL = 85, 8, 40
UNZIPPED = (1980, 1, 1, 0, 0, 0)  # the same report gives the same bytes
FIRST_SAID = "What has to be known first"
ESCAPES = {HTML: to_html, MARKDOWN: to_markdown, LATEX: to_latex}


def write_report(report: Report, out: str | Path) -> Path:
    """Write a report's files into a new or empty folder; returns it. Raises `InputError`."""
    out = check_empty(out)
    replace_folder(out, report_files(report))
    return out


def report_zip(report: Report) -> bytes:
    """A .zip that holds the folder ballgen-report with a report's files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in report_files(report).items():
            archive.writestr(zipfile.ZipInfo(f"ballgen-report/{name}", UNZIPPED), content)
    return buffer.getvalue()


def report_files(report: Report) -> dict[str, bytes]:
    """Every file of a report by its name."""
    files = {name: _filled(name, report=report).encode() for name in (HTML, MARKDOWN)}
    files |= {f"{name}.png": figure.png for name, figure in report.figures.items()}
    for name, table in report.tables.items():
        files[f"{name}.csv"] = table_csv(table).encode()
        files[f"{name}.tex"] = table_latex(table).encode()
    return files


def table_csv(table: Table) -> str:
    """A table as CSV, with numbers that are not rounded where the table has them."""
    buffer = io.StringIO()
    rows = table.data or table.rows
    csv.writer(buffer, lineterminator="\n").writerows([map(to_cell, row) for row in rows])
    return buffer.getvalue()


def table_latex(table: Table) -> str:
    """A table as LaTeX that needs no package, to be read by `\\input`."""
    return _filled(LATEX, table=table, columns=Markup(_columns(table.rows)))


def _columns(rows: tuple[tuple[str, ...], ...]) -> str:
    """How LaTeX sets the columns: in lines that break where they would not fit side by side."""
    longest = [
        max(SHORT_CELL, min(LONG_CELL, max(map(len, column)))) for column in zip(*rows, strict=True)
    ]
    if sum(longest) <= LINE:
        return "l" + "r" * (len(longest) - 1)
    return "".join(f"p{{{0.9 * letters / sum(longest):.2f}\\linewidth}}" for letters in longest)


def _filled(template: str, **values: Any) -> str:
    escape: Callable[[object], str] = ESCAPES[template]
    braces = {"variable_start_string": "<<", "variable_end_string": ">>"}
    braces |= {"block_start_string": "<%", "block_end_string": "%>", "comment_start_string": "<#"}
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        finalize=lambda value: value if isinstance(value, Markup) else Markup(escape(value)),
        autoescape=True,  # what is marked as safe, as by `finalize`, stays as it is
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **(braces if template == LATEX else {}),
    )
    return environment.get_template(template).render(first_said=FIRST_SAID, **values)
