from __future__ import annotations

from ballgen.report.metrics import best, grouped

TITLES = ("SSE per image ↓", "PSNR in dB ↑", "KID × 1000, default prior ↓")


def test_the_best_is_the_least_or_the_largest_as_the_arrow_says():
    scores = [{"sse": 2.0, "psnr": 30.0}, {"sse": 1.0, "psnr": 31.0}, {"psnr": 31.0}]
    assert best(scores) == {TITLES[0]: [1], TITLES[1]: [1, 2]}
    shown = grouped({"Reconstruction: SSE per image": "2.00"})
    assert TITLES[0] in shown["Reconstructions"]


def test_nothing_is_best_where_all_are_alike_or_features_differ():
    assert best([{"sse": 2.0}, {"sse": 2.0}]) == {}
    assert best([{"sse": 2.0}]) == {}
    close = [{"kid": 0.0050, "kid_sd": 0.0015}, {"kid": 0.0054, "kid_sd": 0.0014}]
    assert best(close) == {}  # neither is better
    assert best([*close, {"kid": 0.02, "kid_sd": 0.002}]) == {TITLES[2]: [0, 1]}
    kids = [{"kid": 0.1, "kid_sd": 0}, {"kid": 0.2, "kid_sd": 0}]
    assert best(kids) == {TITLES[2]: [0]}
    assert best([kids[0], kids[1] | {"features": "imagenet"}]) == {}
