from __future__ import annotations

from types import SimpleNamespace

from ballgen.report.metrics import best, grouped, unequal_lengths

SSE, COVERAGE, KID = (
    "SSE per image ↓",
    "Coverage: real images with a sample nearby ↑",
    "KID × 1000, default prior ↓",
)


def test_the_best_is_the_least_or_the_largest_as_the_arrow_says():
    counted = {"coverage_count": 1000}
    scores = [
        {"sse": 2.0, "sse_se": 0.1, "coverage": 0.5} | counted,
        {"sse": 1.0, "sse_se": 0.1, "coverage": 0.8} | counted,
        {"coverage": 0.8} | counted,
    ]
    assert best(scores) == {SSE: [1], COVERAGE: [1, 2]}
    shown = grouped({"Reconstruction: SSE per image": "2.00"})
    assert SSE in shown["Reconstructions"]


def test_nothing_is_best_within_an_error_without_one_or_in_other_features():
    known = {"sse_se": 0.01}
    assert best([{"sse": 2.0} | known, {"sse": 2.0} | known]) == {}
    assert best([{"sse": 2.0} | known]) == {}
    assert best([{"sse": 2.0}, {"sse": 1.0}]) == {}  # nobody knows how sure that is
    close = [{"kid": 0.0050, "kid_sd": 0.0015}, {"kid": 0.0054, "kid_sd": 0.0014}]
    assert best(close) == {}
    far = {"kid": 0.02, "kid_sd": 0.002}
    assert best([*close, far]) == {KID: [0, 1]}
    assert best([*close, far | {"features": "imagenet"}]) == {}


def test_models_that_saw_far_fewer_images_are_named():
    def checkpoints(**seen):
        return {title: SimpleNamespace(record={"images": count}) for title, count in seen.items()}

    assert unequal_lengths({}) == unequal_lengths(checkpoints(AE=1000, VAE=3000)) == ""
    said = unequal_lengths(checkpoints(AE=1000, VAE=3001))
    assert "AE 1,000 and VAE 3,001" in said
