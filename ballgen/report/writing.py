"""A report as files: report.html, which needs no other file, report.md, figures and tables."""

from __future__ import annotations

import csv
import io
import zipfile
from base64 import b64encode
from pathlib import Path

from ballgen.errors import InputError
from ballgen.report.contents import Conclusions, Figure, Note, Part, Report, Table
from ballgen.report.escaping import to_cell, to_html, to_latex, to_markdown
from ballgen.util.files import replace_folder, report_unwritable
from ballgen.util.paths import expand

HTML, MARKDOWN = "report.html", "report.md"
TEMPLATE = Path(__file__).with_name("template.html")
PER_PIXEL = 2.2  # px of a figure for one on the screen: letters then have the size of the text
# Letters of a line in LaTeX, and between which the longest cell of a column counts.
LINE, SHORT_CELL, LONG_CELL = 85, 8, 40
UNZIPPED = (1980, 1, 1, 0, 0, 0)  # the same report gives the same bytes
FIRST_SAID = "What has to be known first"


def check_folder(path: str | Path) -> Path:
    """The path, if a report may be written there. Raises `InputError` where something else lies."""
    path = expand(path)
    with report_unwritable(path):
        if path.exists() and not path.is_dir():
            raise InputError(f"{path} is a file: choose a new or empty folder")
        if path.is_dir() and any(path.iterdir()):
            raise InputError(f"{path} is not empty: choose a new or empty folder")
    return path


def write_report(report: Report, out: str | Path) -> Path:
    """Write a report's files into a new or empty folder; returns it. Raises `InputError`."""
    out = check_folder(out)
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
    files = {
        HTML: report_html(report).encode(),
        MARKDOWN: report_markdown(report).encode(),
    }
    files |= {f"{name}.png": figure.png for name, figure in report.figures.items()}
    for name, table in report.tables.items():
        files[f"{name}.csv"] = table_csv(table).encode()
        files[f"{name}.tex"] = table_latex(table).encode()
    return files


# --- tables --------------------------------------------------------------------------------------


def table_csv(table: Table) -> str:
    """A table as CSV, with numbers that are not rounded where the table has them."""
    buffer = io.StringIO()
    rows = table.data or table.rows
    csv.writer(buffer, lineterminator="\n").writerows([map(to_cell, row) for row in rows])
    return buffer.getvalue()


def table_latex(table: Table) -> str:
    """A table as LaTeX that needs no package, to be read by `\\input`."""
    header, *rows = table.rows
    lines = [" & ".join(map(to_latex, row)) + r" \\" for row in rows]
    return "\n".join(
        [
            r"\begin{table}[htbp]",
            r"\centering",
            f"\\caption{{{to_latex(table.title)}. {to_latex(table.caption)}}}",
            f"\\label{{tab:{table.name}}}",
            f"\\begin{{tabular}}{{{_columns(table.rows)}}}",
            r"\hline",
            " & ".join(map(to_latex, header)) + r" \\",
            r"\hline",
            *lines,
            r"\hline",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _columns(rows: tuple[tuple[str, ...], ...]) -> str:
    """How LaTeX sets the columns: in lines that break where they would not fit side by side."""
    longest = [
        max(SHORT_CELL, min(LONG_CELL, max(map(len, column)))) for column in zip(*rows, strict=True)
    ]
    if sum(longest) <= LINE:
        return "l" + "r" * (len(longest) - 1)
    return "".join(f"p{{{0.9 * letters / sum(longest):.2f}\\linewidth}}" for letters in longest)


# --- Markdown ------------------------------------------------------------------------------------


def report_markdown(report: Report) -> str:
    """report.md, which shows the figures that lie beside it."""
    lines = [f"# {to_markdown(report.title)}", ""]
    lines += [f"- {to_markdown(name)}: {to_markdown(text)}" for name, text in report.facts]
    if report.warnings:
        lines += ["", f"## {FIRST_SAID}", ""]
        lines += [f"- **{to_markdown(who)}: {_said(said)}" for who, said in report.warnings]
    for section in report.sections:
        lines += ["", f"## {to_markdown(section.heading)}", "", to_markdown(section.question)]
        for part in section.parts:
            lines += ["", _markdown_of(report, part)]
    return "\n".join([*lines, ""])


def _said(verdict) -> str:
    return f"{to_markdown(verdict.outcome)}.** {to_markdown(verdict.evidence)}".rstrip()


def _markdown_of(report: Report, part: Part) -> str:
    match part:
        case Figure(name, title, caption):
            label = f"**{report.label(name)}: {to_markdown(title)}.** {to_markdown(caption)}"
            return f"![{to_markdown(title)}]({name}.png)\n\n{label}"
        case Table(name, title, caption):
            label = f"**{report.label(name)}: {to_markdown(title)}.** {to_markdown(caption)}"
            header, *rows = ([to_markdown(cell) for cell in row] for row in part.rows)
            rule = ["---", *("---:" for _ in header[1:])]
            table = "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *rows))
            return f"{label} [CSV]({name}.csv), [LaTeX]({name}.tex)\n\n{table}"
        case Conclusions(title, said):
            lines = [f"### {to_markdown(title)}", ""]
            for verdict, shown_in in said:
                ending = {name: "png" for name in report.figures}
                see = ", ".join(
                    f"[{report.label(name)}]({name}.{ending.get(name, 'csv')})"
                    for name in shown_in
                    if report.label(name)
                )
                lines.append(f"- {to_markdown(verdict.question)} **{_said(verdict)} ({see})")
            return "\n".join(lines)
        case Note(text):
            return to_markdown(text)


# --- HTML ----------------------------------------------------------------------------------------


def report_html(report: Report) -> str:
    """report.html: one file that asks nobody for anything."""
    body = [_head(report)]
    for number, section in enumerate(report.sections, 1):
        parts = "\n".join(_html_of(report, part) for part in section.parts)
        body.append(
            f'<section id="part-{number}">\n<h2>{to_html(section.heading)}</h2>\n'
            f'<p class="question">{to_html(section.question)}</p>\n{parts}\n</section>'
        )
    page = TEMPLATE.read_text(encoding="utf-8")
    return page.replace("{{title}}", to_html(report.title)).replace("{{body}}", "\n".join(body))


def _head(report: Report) -> str:
    facts = "".join(
        f"<dt>{to_html(name)}</dt><dd>{to_html(text)}</dd>" for name, text in report.facts
    )
    links = "".join(
        f'<li><a href="#part-{number}">{to_html(section.heading)}</a></li>'
        for number, section in enumerate(report.sections, 1)
    )
    lines = [
        f"<header>\n<h1>{to_html(report.title)}</h1>\n<dl>{facts}</dl>",
        f'<nav aria-label="Parts"><ul>{links}</ul></nav>\n</header>',
    ]
    if report.warnings:
        said = "".join(
            f"<li><strong>{to_html(who)}: {to_html(verdict.outcome)}.</strong> "
            f"{to_html(verdict.evidence)}</li>"
            for who, verdict in report.warnings
        )
        lines.append(f'<aside class="first"><h2>{FIRST_SAID}</h2><ul>{said}</ul></aside>')
    return "\n".join(lines)


def _html_of(report: Report, part: Part) -> str:
    match part:
        case Figure(name, title, png=png) as figure:
            width = round(figure.width / PER_PIXEL)
            image = f"data:image/png;base64,{b64encode(png).decode()}"
            return (
                f'<figure id="{name}"><img src="{image}" width="{width}" '
                f'alt="{to_html(title)}">'
                f"<figcaption>{_label(report, part)}</figcaption></figure>"
            )
        case Table(name, rows=rows):
            header, *others = rows
            head = "".join(f'<th scope="col">{to_html(cell)}</th>' for cell in header)
            lines = "".join(
                f'<tr><th scope="row">{to_html(first)}</th>'
                + "".join(f"<td>{to_html(cell)}</td>" for cell in cells)
                + "</tr>"
                for first, *cells in others
            )
            return (
                f'<figure id="{name}" class="table"><figcaption>{_label(report, part)}'
                f"</figcaption><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
                "</figure>"
            )
        case Conclusions(title, said):
            lines = "".join(
                f"<dt>{to_html(verdict.question)}</dt><dd><strong>{to_html(verdict.outcome)}."
                f"</strong> {to_html(verdict.evidence)} ({_links(report, shown_in)})</dd>"
                for verdict, shown_in in said
            )
            return f'<h3>{to_html(title)}</h3>\n<dl class="said">{lines}</dl>'
        case Note(text):
            return f'<p class="note">{to_html(text)}</p>'


def _label(report: Report, part: Figure | Table) -> str:
    label = f"{report.label(part.name)}: {to_html(part.title)}."
    return f"<strong>{label}</strong> {to_html(part.caption)}"


def _links(report: Report, names: tuple[str, ...]) -> str:
    labels = {name: label for name in names if (label := report.label(name))}
    return ", ".join(f'<a href="#{name}">{label}</a>' for name, label in labels.items())
