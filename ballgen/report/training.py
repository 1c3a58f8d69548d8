"""Part 1: the models, what differs between them, and their training curves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ballgen.report.case import DIGITS, Case
from ballgen.report.comparison import reproduction_rows
from ballgen.report.contents import Figure, Note, Part, Section, Subject, Table, side_by_side
from ballgen.report.drawing import DPI, MARGIN, chart_png, drawing_style, panels, shortened
from ballgen.report.metrics import ABSENT, compare_settings, size_and_cost, unequal_lengths
from ballgen.util.history import ON_VALIDATION, TERM_NAMES, best_epoch, best_in_words, terms_of
from ballgen.util.palette import family_name
from ballgen.util.wording import listed, prior_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

COLUMNS, WIDTH, HEIGHT = 4, 1.75, 1.4  # of curves; inches
STEEP = 30.0  # from here on between largest and smallest, an axis is logarithmic
FINETUNING = "fine-tuning"
LONG = 60  # epochs: a dot at each of more of them would hide the line


def training_part(case: Case) -> Section:
    """Tables of the models and their settings, and curves of each."""
    parts: list[Part] = [_models(case), _settings(case), _losses(case)]
    parts += [_curves(case, subject) for subject in case.subjects]
    unvalidated = [subject.title for subject in case.subjects if not _is_validated(subject)]
    if unvalidated:
        parts.append(
            Note(f"{listed(unvalidated)}: nothing was measured on held-out images in training.")
        )
    if unequal := unequal_lengths({one.title: one.checkpoint for one in case.subjects}):
        parts.append(Note(unequal))
    rows = reproduction_rows([subject.checkpoint for subject in case.subjects])
    if len(rows) > 1:
        caption = (
            "Mean training loss of the last epoch as Lab 4 prints it, and as these checkpoints "
            "have it. On other data, or for another number of epochs, they need not agree."
        )
        title = "Lab 4's figures, reported and reproduced"
        parts.append(Table("reproduction", title, caption, tuple(map(tuple, rows))))
    return Section(
        "1 · Models and training",
        "Which models were trained, on what and how, and how did their losses fall?",
        tuple(parts),
    )


def _models(case: Case) -> Table:
    columns = {subject.title: _about(subject) for subject in case.subjects}
    return side_by_side("models", "The models", "How each of them was made.", columns)


def _about(subject: Subject) -> dict[str, str]:
    checkpoint = subject.checkpoint
    record, model = checkpoint.record, checkpoint.model
    data, size = record["data"], model.image_shape
    return {
        "Name": subject.name,
        "Family": family_name(subject.family).long or subject.title,
        **size_and_cost(checkpoint),
        "Test images": f"{data['test_images']:,}",
        "Classes": f"{len(model.class_names)}",
        "Image size": f"{size[2]}×{size[1]} px, {'gray' if size[0] == 1 else 'colour'}",
        "Epochs": f"{record['epochs']:,}",
        "Precision": record["precision"],
        "Seed of training": f"{record['seed']}",
        "Priors": listed([prior_name(name) for name in model.priors]),
        "Digest": checkpoint.digest[:16],
        "Digest of training images": data["digest"][:16],
    }


def _settings(case: Case) -> Part:
    """What differs between the models; the CSV has all settings. Of one model, all of them."""
    models = {subject.title: subject.checkpoint.model for subject in case.subjects}
    every, differing = compare_settings(models)
    if len(models) == 1:
        return Table("settings", "Settings", "Every setting of its recipe.", every)
    if len(differing) == 1:
        return Note("The models have the same settings: what differs is the seed or the images.")
    caption = (
        f"{len(differing) - 1} of {len(every) - 1} settings; {ABSENT} where a family has no such "
        "setting. The CSV holds all of them."
    )
    return Table("settings", "Settings that differ", caption, differing, every)


def _losses(case: Case) -> Table:
    """What each model's last epoch came to, term by term."""
    columns = {}
    for subject in case.subjects:
        last = subject.checkpoint.history[-1]
        columns[subject.title] = column = {}
        for term in terms_of(last):
            both = [last.get(term), last.get(ON_VALIDATION + term)]
            training, held_out = ("" if one is None else f"{one:.5g}" for one in both)
            name = TERM_NAMES.get(term, term)
            column[shortened(name)] = f"{training} ({held_out})".strip() if held_out else training
    caption = (
        "Means over the last epoch's training images; in brackets, over held-out ones. Families do "
        "not compare by their losses: an AE or a VAE minimises the error of an image (as a "
        "likelihood, which may fall below 0), a VAE also its KL, and a GAN's two networks a loss "
        "each, against each other. Squared errors and KIDs compare."
    )
    return side_by_side("losses", "Losses of the last epoch", caption, columns)


def _is_validated(subject: Subject) -> bool:
    terms = (name for row in subject.checkpoint.history for name in row)
    return any(name.startswith(ON_VALIDATION) for name in terms)


@drawing_style()
def _curves(case: Case, subject: Subject) -> Figure:
    """Each named term over the epochs, of training and of held-out images."""
    history = subject.checkpoint.history
    terms = terms_of(*history)
    epochs = history[-1]["epoch"]
    title = f"{subject.title}: losses over {epochs:,} {'epoch' if epochs == 1 else 'epochs'}"
    drawing, axes = panels(len(terms), COLUMNS, WIDTH, HEIGHT)
    known: dict[str, Artist] = {}
    for ax, term in zip(axes, terms, strict=True):
        known |= _draw_term(ax, subject, term)
    size = drawing.get_size_inches()
    place = 1 - MARGIN / DPI / size[0], 1 - 0.7 * MARGIN / DPI / size[1]
    drawing.legend(known.values(), known, loc="upper right", bbox_to_anchor=place, ncols=4,
                   borderaxespad=0)  # fmt: skip
    said = ["Means over an epoch's training images, and over held-out ones where there were any."]
    if best := best_in_words(history):
        said.append(f"The best epoch by validation: {best}.")
    if FINETUNING in known:
        said.append("In the shaded epochs the decoder is fine-tuned against a discriminator.")
    png = chart_png(drawing, title, _origin(subject))
    return Figure(f"curves-{subject.key}", title, " ".join(said), png)


def _origin(subject: Subject) -> str:
    """The line below the curves: what they were trained on, and with which seed."""
    record, digest = subject.checkpoint.record, subject.checkpoint.digest
    data = record["data"]
    source = shortened(Path(data["source"]).name)
    return (
        f"{data['train_images']:,} training images of {source} {data['digest'][:DIGITS]} · "
        f"{subject.title} {digest[:DIGITS]} · trained with seed {record['seed']} · "
        f"ballgen {record['versions'].get('ballgen', 'unknown')}"
    )


def _draw_term(ax: Axes, subject: Subject, term: str) -> dict[str, Artist]:
    """Draw one term; what was drawn, by its name in the legend."""
    history, drawn = subject.checkpoint.history, {}
    places = _places(subject)
    found = best_epoch(history)
    values: list[float] = []
    for name, column, dashes, ink in (
        ("training", term, "-", subject.colour),
        ("held-out", ON_VALIDATION + term, "--", "#444444"),
    ):
        rows = [number for number, row in enumerate(history) if column in row]
        if not rows:
            continue
        line = [history[number][column] for number in rows]
        values += line
        marker = "." if len(line) == 1 or (dashes == "-" and len(line) <= LONG) else ""
        (drawn[name],) = ax.plot(
            [places[number] for number in rows], line, dashes, color=ink, marker=marker,
            markersize=3,
        )  # fmt: skip
        best = [n for n in rows if found and history[n]["epoch"] == found["epoch"]]
        if dashes == "--" and best:
            mark = places[best[0]], history[best[0]][column]
            (drawn["best epoch"],) = ax.plot(*mark, "D", color=ink, markersize=4)
    if min(values) > 0 and max(values) > STEEP * min(values):
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter("{x:g}")
    ax.set_title(shortened(TERM_NAMES.get(term, term)), loc="left")
    ax.set_xlabel("epoch")
    shown = {
        p for p, row in zip(places, history, strict=True) if {term, ON_VALIDATION + term} & {*row}
    }
    if len(shown) == 1:
        ax.set_xticks(list(shown))
    else:
        ax.xaxis.get_major_locator().set_params(integer=max(places) > 1, nbins=4)
    tuned = [number for number, row in enumerate(history) if "discriminator" in row]
    if tuned and not subject.checkpoint.model.adversarial:
        span = places[max(0, tuned[0] - 1)], places[-1]
        drawn[FINETUNING] = ax.axvspan(*span, color="#f1ece4", zorder=0)
    return drawn


def _places(subject: Subject) -> list[float]:
    """Where each row of the history stands on the axis of epochs.

    A stage that ends within an epoch gives it two rows: there the images seen say where.
    """
    history = subject.checkpoint.history
    epochs = [row["epoch"] for row in history]
    if len(set(epochs)) == len(epochs) or not all("images" in row for row in history):
        return epochs
    images = subject.checkpoint.record["data"]["train_images"]
    return [row["images"] / images for row in history]
