"""The assignment in one figure: what N(0, I), a fitted prior and reconstructions look like."""

from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from ballgen.errors import InputError
from ballgen.report.metrics import unequal_lengths
from ballgen.runs.catalogue import CheckpointInfo
from ballgen.scores.verdicts import caveats
from ballgen.ui.compare.controls import TEMPERATURE, TOUCHED, Settings
from ballgen.ui.compare.data import TEMPERATURES, real_sheet, temperature_film
from ballgen.ui.session.loading import (
    NORMAL,
    Sampling,
    open_checkpoint,
    open_test_images,
    reconstructions,
    sample_ahead,
    sample_sheet,
)
from ballgen.ui.session.scoring import kid_of, show_caveats
from ballgen.ui.session.selection import Selection, Slot, offer_training
from ballgen.ui.widgets.figure_row import Cell, Column, show_row
from ballgen.ui.widgets.text import escaped, show_warning
from ballgen.util.history import is_finetuning
from ballgen.util.palette import REAL_COLOUR, family_name
from ballgen.util.wording import features_meaning, kid_text, listed, prior_name, times

RECONSTRUCTED = 12  # images; a GAN searches for each code
SAME = "same as above: N(0, I) is its default prior"
MAX_AHEAD = 24  # images of a cell: a tenth of a second of computing
LARGEST_FILM = 2**20  # pixels; a second of computing for three families
KID_HELP = (
    "KID × 1000: kernel distance between samples and test images in the features of {features}; "
    "mean ± standard deviation over random subsets. Lower is better; the baseline is that of real "
    "images against real ones. The estimate is unbiased, so around zero it may be slightly "
    "negative."
)


@dataclass(frozen=True)
class Figure:
    """What the figure shows.

    fitted  for each model that can be opened, the prior that is compared with N(0, I); None where
            N(0, I) is its own
    """

    selection: Selection
    settings: Settings
    fitted: dict[Slot, str | None]

    def sampling(self, prior: str) -> Sampling:
        return Sampling(prior, self.settings.seed, self.settings.temperature)

    @property
    def real(self) -> slice:
        """Test images beside the samples: others than those that are reconstructed, if any."""
        count, total = self.settings.count, self.selection.dataset.count
        first = RECONSTRUCTED if total >= RECONSTRUCTED + count else 0
        return slice(first, first + min(count, total))

    @property
    def is_large(self) -> bool:
        """Whether the samples of all temperatures are too many to send."""
        _, height, width = self.selection.dataset.image_shape
        return len(TEMPERATURES) * self.settings.count * height * width > LARGEST_FILM

    @property
    def is_touched(self) -> bool:
        """Whether somebody touched the slider of the temperature for these samples."""
        return st.session_state.get(TOUCHED) == self.settings[:2]

    def touch(self) -> None:
        st.session_state[TOUCHED] = self.settings[:2]

    def sample_next(self) -> None:
        """Have the next seed's samples ready: whoever looks at more presses + beside the seed."""
        count, films = self.settings.count, self.is_touched and not self.is_large
        if count > MAX_AHEAD or films:
            return
        following = [
            (info, sampling._replace(seed=sampling.seed + 1))
            for (_, sampling), (_, info) in self.samplings.items()
        ]
        sample_ahead(following, count)

    @property
    def samplings(self) -> dict[tuple[str, Sampling], tuple[Slot, CheckpointInfo]]:
        """Whatever is sampled, by the checkpoint's digest and the sampling."""
        return {
            (slot.info.digest, self.sampling(prior)): (slot, slot.info)
            for slot, fitted in self.fitted.items()
            for prior in (NORMAL, fitted)
            if prior
        }


def show_figure(figure: Figure) -> None:
    """Rows of priors and of reconstructions, columns of models, the first of them real images."""
    selection, slots = figure.selection, list(figure.fitted)
    missing = [slot for slot in selection.slots if not slot.info]
    place, *others = st.columns([2 + len(slots), *(1 for _ in missing)], gap="small")
    for slot, column in zip(missing, others, strict=True):
        with column:
            st.header(slot.title, anchor=False)
            offer_training(selection.dataset, slot.family, "figure")
    columns = [Column("Real", "", REAL_COLOUR)]
    columns += [_column(slot) for slot in slots]
    # A key whose styles keep room for so many columns before they are there.
    with place.container(key=f"columns-{len(columns)}", gap="xsmall"):
        real = _real_cells(figure)
        _show_samples(figure, columns, NORMAL, real[0])
        _show_samples(figure, columns, "fitted", real[1])
        with st.container(key="row-reconstruction", gap=None):
            _show_reconstructions(figure, columns)


def _column(slot: Slot) -> Column:
    checkpoint = open_checkpoint(slot.info)
    known = [caveat.outcome for caveat in caveats(checkpoint.figures, slot.family)]
    return Column(slot.title, slot.name, slot.colour, f"⚠ {known[0]}" if known else "")


def _real_cells(figure: Figure) -> tuple[Cell, Cell]:
    """Real images with the baseline, and what is known of the other end of the scale."""
    dataset, rows = figure.selection.dataset, figure.real
    scores = [open_checkpoint(slot.info) for slot in figure.fitted]
    known = next((c.scores for c in scores if c.scores.get("kid_real") is not None), {})
    end = next((c.scores["kid_mean_image"] for c in scores if "kid_mean_image" in c.scores), None)
    score = {}
    if known:
        baseline = kid_text(known["kid_real"], known["kid_real_sd"])
        score = {"score": f"KID {baseline}", "origin": "real vs real"}
    count = rows.stop - rows.start
    try:
        sheet = real_sheet(dataset, count, rows.start)
        images = Cell(sheet, f"{count} real test images of {dataset.title}", **score)
    except InputError:
        images = Cell(words="not there", **score)  # the message stands below the figure
    words = "Always the mean image, as if nothing was learned: KID "
    return images, Cell(words="" if end is None else words + kid_text(end))


def _show_samples(figure: Figure, columns: list[Column], row: str, real: Cell) -> None:
    """The row of N(0, I), or that of the fitted priors."""
    cells = [real]
    for slot, fitted in figure.fitted.items():
        prior = NORMAL if row == NORMAL else fitted
        cells.append(_samples(figure, slot, prior) if prior else _same(figure, slot))
    title, hint = (
        ("z ~ N(0, I)", "random codes, as a VAE assumes them")
        if row == NORMAL
        else ("z ~ fitted prior", "random codes like those of training images")
    )
    with st.container(key=f"row-{row}", gap=None):
        show_row(
            title,
            hint,
            columns,
            cells,
            figure.settings.count,
            figure.selection.dataset.image_shape,
            key=f"figure-{row}",
            headed=row == NORMAL,
            slider=TEMPERATURE,
            ask=None if figure.is_touched or figure.is_large else figure.touch,
        )


def _samples(figure: Figure, slot: Slot, prior: str) -> Cell:
    """Samples, or, once somebody touched the slider, those of all temperatures: a drag then needs
    no server. Where that would be too much, the server answers the end of the drag.

    Other seeds and counts start with the samples alone, which then do not wait for a film.
    """
    settings, sampling = figure.settings, figure.sampling(prior)
    name = ", ".join(filter(None, [family_name(slot.family).long or slot.title, slot.name]))
    alt = (
        f"{settings.count} samples of the {name}, sampled with the {prior_name(prior)} prior, "
        f"seed {settings.seed} and temperature {settings.temperature:g}"
    )
    score = kid_words(slot, sampling)
    if figure.is_touched and not figure.is_large:
        film = temperature_film(slot.info, prior, settings.seed, settings.count)
        return Cell(film, alt, len(TEMPERATURES), **score)
    return Cell(sample_sheet(slot.info, sampling, settings.count), alt, **score)


def _same(figure: Figure, slot: Slot) -> Cell:
    words = words_instead(slot)
    score = kid_words(slot, figure.sampling(NORMAL)) if words == SAME else {}
    return Cell(words=words, **score)


def words_instead(slot: Slot) -> str:
    """What stands in place of a fitted prior's samples where there is none."""
    searches = open_checkpoint(slot.info).model.needs_inversion
    return SAME if searches else "no prior was fitted to its codes"


def kid_words(slot: Slot, sampling: Sampling) -> dict[str, str]:
    """The KID that stands below samples, and where it is from."""
    if not (kid := kid_of(slot.info, sampling)):
        return {"score": "KID not measured", "origin": ""}
    origin = "measured now" if kid.measured else "stored"
    return {"score": f"KID {kid_text(kid.mean, kid.sd)}", "origin": f"{origin}, seed {kid.seed}"}


@st.fragment(parallel=True)
def _show_reconstructions(figure: Figure, columns: list[Column]) -> None:
    """Beside the rest of the page, because a GAN's search takes seconds the first time."""
    dataset = figure.selection.dataset
    count = min(RECONSTRUCTED, dataset.count)
    try:
        cells = [Cell(real_sheet(dataset, count), f"{count} real test images", score="originals")]
    except InputError:
        return  # the message stands below the figure
    with st.spinner("Reconstructing …", show_time=False):
        for slot in figure.fitted:
            cells.append(_reconstructed(slot, count))
    show_row(
        "reconstruction",
        "test images, encoded and decoded; SSE: squared error per image",
        columns,
        cells,
        count,
        dataset.image_shape,
        key="figure-reconstruction",
    )


def _reconstructed(slot: Slot, count: int) -> Cell:
    try:
        sheet, errors = reconstructions(slot.info, count)
    except InputError as error:
        return Cell(words=str(error))
    alt = f"The {count} originals, reconstructed by the {slot.title}"
    return Cell(sheet, alt, **sse_words(slot, errors))


def sse_words(slot: Slot, errors: Tensor) -> dict[str, str]:
    """The error that stands below reconstructions: the stored one, or that of these (N,)."""
    scores = open_checkpoint(slot.info).scores
    if "sse" not in scores:
        return {"score": f"SSE {errors.mean():.3g}", "origin": f"of these {len(errors)}"}
    psnr = f"PSNR {scores['psnr']:.1f} dB" if "psnr" in scores else "stored"
    return {"score": f"SSE {scores['sse']:.3g}", "origin": psnr}


def say_what_to_know(figure: Figure) -> None:
    """Below the figure: what its figures mean, and what has to be known of its models."""
    dataset = figure.selection.dataset
    checkpoints = {slot: open_checkpoint(slot.info) for slot in figure.fitted}
    priors = []
    for slot, prior in figure.fitted.items():
        if prior:
            steps = checkpoints[slot].model.gibbs_steps(prior)
            steps = f", decoded and encoded again {times(steps)}" if steps else ""
            priors.append(f"{slot.title}: {prior_name(prior)}{steps}")
    notes = [f"Fitted priors. {'; '.join(priors)}."] if priors else []
    if tuned := [
        slot.title
        for slot, checkpoint in checkpoints.items()
        if is_finetuning(checkpoint.history[-1])
    ]:
        notes.append(f"{listed(tuned)}: decoder fine-tuned against a discriminator.")
    for slot, checkpoint in checkpoints.items():
        if checkpoint.model.latent_dim > checkpoint.model.recipe.network.latent_dim:
            notes.append(f"{slot.title}: each code comes with a class.")
    notes.append(unequal_lengths({slot.title: one for slot, one in checkpoints.items()}))
    if any(notes):
        st.caption(escaped(" ".join(notes)))
    if checkpoints:
        scores = next(iter(checkpoints.values())).scores
        features = features_meaning(scores.get("features", "balls"))
        st.caption(escaped(KID_HELP.format(features=features)))
    try:
        if open_test_images(dataset).digest != dataset.digest:
            st.caption("Not the images that the stored scores were measured on: they have changed.")
    except InputError as error:
        show_warning(error, icon=":material/image_not_supported:")
    for slot, checkpoint in checkpoints.items():
        show_caveats(checkpoint, f"{slot.title}:")
