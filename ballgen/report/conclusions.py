"""What is concluded: the verdicts that the pages show, each with the figure that shows it.

Nothing is concluded here that `ballgen.scores` would not say.
"""

from collections.abc import Iterator

from ballgen.report.case import Case
from ballgen.report.contents import Conclusion, Conclusions, Note, Part, Section, Subject
from ballgen.scores import verdicts, why
from ballgen.scores.verdicts import UNKNOWN, Verdict
from ballgen.scores.why import answers

SHOWN_IN = {  # an answer's question, by where its figures are
    "Is it the decoder?": ("reconstructions", "metrics"),
    "Is it the latents?": ("distances", "latent"),
    "Does another prior help?": ("samples", "metrics"),
}


def warnings(case: Case) -> tuple[tuple[str, Verdict], ...]:
    """What has to be known before anything else, with the model's title."""
    return tuple(
        (subject.title, verdict)
        for subject in case.subjects
        for verdict in verdicts.caveats(subject.checkpoint.figures, subject.family)
    )


def conclusions_part(case: Case, coverage: dict[str, dict]) -> Section:
    """Every verdict on each model: why its random samples fail, then all else.

    coverage  figures of `latent_coverage` by the models' keys; without a model's, nothing is
              concluded about its codes
    """
    parts: list[Part] = []
    for subject in case.subjects:
        said = tuple(_conclusions(subject, coverage.get(subject.key)))
        parts.append(Conclusions(subject.full_title, said))
        if subject.key not in coverage and len(said) > 1:
            missing = "nothing is concluded about its codes, for they were not measured."
            parts.append(Note(f"{subject.title}: {missing}"))
    question = "Do random latent codes become realistic images, why, and what else do figures say?"
    return Section("Conclusions", question, tuple(parts))


def _conclusions(subject: Subject, coverage: dict | None) -> Iterator[Conclusion]:
    family, curves = subject.family, f"curves-{subject.key}"
    figures = subject.checkpoint.figures | (coverage or {})
    trained = Conclusion(why.training(figures, family), ("metrics", curves))
    if verdicts.untrained(figures, family):
        yield trained
        return  # whatever else it shows is no property of it
    for answer in answers(figures, family, subject.fitted):  # to the assignment's own question
        if answer.outcome != UNKNOWN:
            yield Conclusion(answer, SHOWN_IN.get(answer.question, ("samples", "metrics")))
    yield trained
    copies = verdicts.copying(figures, family)
    fit = verdicts.fitting(figures, family)
    if fit.evidence != copies.evidence:  # of a GAN it is the same
        yield Conclusion(fit, ("metrics", "reconstructions"))
    yield Conclusion(copies, ("metrics",))
    yield Conclusion(why.model_size(figures, family), ("metrics", "samples"))
    if coverage:
        yield Conclusion(why.latent_dim(figures, family), ("latent",))
        # The KL of a single image's posterior is a term of a VAE's loss.
        evidence = ("latent", curves) if family == "vae" else ("latent",)
        yield Conclusion(why.regularisation(figures, family), evidence)
