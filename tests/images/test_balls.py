"""The drawer: its bytes never change, and every factor is seen in the picture."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ballgen.errors import InputError
from ballgen.images import balls
from ballgen.images.balls import (
    CLASS_NAMES,
    FACTOR_NAMES,
    REPORT_CLASSES,
    BallSettings,
    draw_balls,
    draw_factors,
    factor_names,
    make_balls,
    sportballs,
)
from tests.commands import python

ALL = BallSettings(classes=CLASS_NAMES)
ALL_64 = BallSettings(image_size=64, classes=CLASS_NAMES)
EVERYTHING = BallSettings(
    image_size=64, classes=CLASS_NAMES, background="texture", rotation="full", balls=2
)
# Pictures in caches and scores in model cards lean on these bytes. If a change is meant, raise
# DRAWER_VERSION and put the new digests here.
GOLDEN = {
    "default": "d8dd9354bdc48d82a6bf590f3b5d9e9dd6ab33e02723227e836e95b3245e5e11",
    "everything": "d5cf1c3a20ac6660191512c6b428340426f0372342cbfb11a37b60d64c98c69e",
}


def one(name: str, x: float, y: float, diameter: float, angle: float = 0, size: int = 32):
    """The picture of one ball, int64 (3, S, S)."""
    settings = BallSettings(image_size=size, classes=(name,))
    return draw_balls(torch.tensor([[0, x, y, diameter, angle]]), settings)[0].long()


def ink(picture: torch.Tensor) -> torch.Tensor:
    """bool (S, S): where a picture is visibly not white."""
    return picture.amin(dim=0) < 246


def box(mask: torch.Tensor) -> tuple[int, int, int, int]:
    """Left, top, right and bottom edge of the true pixels, in px."""
    rows, columns = (mask.any(dim=axis).nonzero().flatten() for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def coverage(name: str, x: float, y: float, diameter: float) -> torch.Tensor:
    """float (S, S): the share of each pixel that a ball hides, seen before two backgrounds."""
    settings = BallSettings(classes=(name,), background="colour")
    row = [0, x, y, diameter, 0]
    first, second = draw_balls(torch.tensor([row + [5], row + [6]]), settings).double()
    far = draw_balls(torch.tensor([[0, 99.0, 99, 1, 0, 5], [0, 99, 99, 1, 0, 6]]), settings)
    apart = far[0].double() - far[1].double()
    channel = int(apart[:, 0, 0].abs().argmax())
    return 1 - ((first - second) / apart)[channel]


# Same seed, same bytes


@pytest.mark.parametrize(
    ("name", "settings"), [("default", BallSettings()), ("everything", EVERYTHING)]
)
def test_bytes_never_change(name: str, settings: BallSettings) -> None:
    assert make_balls(48, "train", seed=3, settings=settings).digest == GOLDEN[name]


def test_bytes_do_not_depend_on_the_processor() -> None:
    # numpy then runs its plainest loops, as on an old processor.
    fast_paths = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    script = (
        "from ballgen.images.balls import *\n"
        "print(make_balls(48, seed=3).digest)\n"
        "s = BallSettings(64, CLASS_NAMES, 'texture', 'full', 2)\n"
        "print(make_balls(48, seed=3, settings=s).digest)\n"
    )
    plain = os.environ | {"NPY_DISABLE_CPU_FEATURES": " ".join(fast_paths)}
    told = python("-c", script, env=plain)
    assert told.stdout.split() == [GOLDEN["default"], GOLDEN["everything"]], told.stderr


@pytest.mark.parametrize("settings", [BallSettings(), EVERYTHING])
def test_batch_size_changes_nothing(settings: BallSettings) -> None:
    count = 40 if settings is EVERYTHING else 150  # more than one chunk
    whole = draw_factors(count, seed=1, settings=settings)
    parts = [draw_factors(10, 1, settings, start=start) for start in range(0, count, 10)]
    assert torch.equal(whole, torch.cat(parts))
    pictures = draw_balls(whole, settings)
    assert torch.equal(pictures, torch.cat([draw_balls(part, settings) for part in parts]))
    assert torch.equal(pictures[7:8], draw_balls(whole[7:8], settings))


def test_thread_count_changes_nothing() -> None:
    factors = draw_factors(200, seed=4)
    threads = torch.get_num_threads()
    several = draw_balls(factors)
    try:
        torch.set_num_threads(1)
        assert torch.equal(draw_balls(factors), several)
    finally:
        torch.set_num_threads(threads)


def test_seeds_and_splits_differ() -> None:
    factors = [
        make_balls(50, "train", 0).factors,
        make_balls(50, "test", 0).factors,
        make_balls(50, "train", 1).factors,
    ]
    for i in range(3):
        for j in range(i):
            assert (factors[i] == factors[j]).all(dim=1).sum() <= 1


# The reports' distribution


def test_default_factors_follow_the_reports() -> None:
    factors = draw_factors(20_000, seed=7)
    label, x, y, diameter, angle = factors.T
    assert factor_names() == FACTOR_NAMES
    assert factors.dtype == torch.float32
    assert diameter.unique().tolist() == [12, 14, 16, 19, 21]
    assert angle.unique().tolist() == list(range(360))
    assert label.unique().tolist() == [0, 1, 2, 3]
    for column, choices in ((label, 4), (diameter, 5)):
        shares = column.unique(return_counts=True)[1] / len(column)
        assert (shares - 1 / choices).abs().max() < 0.012  # four standard errors
    for centre in (x, y):
        corner = centre - diameter / 2
        assert torch.equal(corner, corner.floor())
        assert corner.min() == 0
        assert (corner + diameter).max() == 32
        small = corner[diameter == 12]
        assert small.unique().tolist() == list(range(21))
        assert (small.mean() - 10).abs() < 0.4
    assert torch.corrcoef(factors.T).fill_diagonal_(0).abs().max() < 0.03


@pytest.mark.parametrize(("size", "smallest", "largest"), [(64, 24, 42), (28, 10.5, 18.375)])
def test_sizes_scale_with_the_picture(size: int, smallest: float, largest: float) -> None:
    _, x, y, diameter, _ = draw_factors(2_000, settings=BallSettings(image_size=size)).T
    assert (diameter.min(), diameter.max()) == (smallest, largest)
    assert min((x - diameter / 2).min(), (y - diameter / 2).min()) == 0
    assert max((x + diameter / 2).max(), (y + diameter / 2).max()) <= size


def test_image_set_holds_what_is_known() -> None:
    some = make_balls(30, "test", seed=2, settings=ALL)
    assert (some.name, some.split, some.class_names) == ("sportballs", "test", CLASS_NAMES)
    assert some.pixels.shape == (30, 3, 32, 32)
    assert torch.equal(some.labels, some.factors[:, 0].long())
    assert some.factor_names == FACTOR_NAMES
    assert some.object_labels is None
    assert torch.equal(some.pixels, draw_balls(some.factors, ALL))


def test_label_is_an_index_of_the_chosen_classes() -> None:
    chosen = BallSettings(classes=("tennis", "baseball"))
    row = torch.tensor([[1, 16.0, 16, 20, 30]])
    assert torch.equal(draw_balls(row, chosen), draw_balls(row * torch.tensor([0, 1, 1, 1, 1])))


# Factors are seen in the picture


@pytest.mark.parametrize("name", CLASS_NAMES)
@pytest.mark.parametrize(
    ("x", "y", "diameter"), [(6, 25, 12), (17.5, 13.5, 21), (15.3, 18.8, 16.4)]
)
def test_place_and_size(name: str, x: float, y: float, diameter: float) -> None:
    left, top, right, bottom = box(ink(one(name, x, y, diameter)))
    height = diameter * balls.SKINS[name].radii[1]
    assert (left + right) / 2 == pytest.approx(x, abs=0.75)
    assert (top + bottom) / 2 == pytest.approx(y, abs=0.75)
    assert right - left == pytest.approx(diameter, abs=1.01)
    assert bottom - top == pytest.approx(height, abs=1.51)


@pytest.mark.parametrize("name", ["golf", "billiard", "american_football"])
def test_edges_are_antialiased(name: str) -> None:
    cover = coverage(name, 15.7, 16.2, 20)
    _, b, c = balls.SKINS[name].radii
    assert b == c
    assert float(cover.sum()) == pytest.approx(np.pi * 100 * b, rel=0.02)
    assert ((cover > 0.15) & (cover < 0.85)).sum() > 20
    assert float(cover[16, 16]) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_angle_turns_counter_clockwise(name: str) -> None:
    pictures = torch.stack([one(name, 32, 32, 56, angle, size=64) for angle in range(0, 360, 30)])
    skins = pictures - pictures.double().mean(dim=0)  # without the light, which does not turn
    apart = [
        float((skins[3] - torch.rot90(skins[0], quarters, (1, 2))).abs().mean())
        for quarters in range(4)
    ]
    assert min(apart) == apart[1]
    assert torch.equal(pictures[3], one(name, 32, 32, 56, 450, size=64))


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_light_stays_upper_left(name: str) -> None:
    turns = torch.stack([one(name, 16, 16, 24, angle) for angle in range(0, 360, 10)])
    mean = turns.float().mean(dim=(0, 1))
    upper_left, lower_right = mean[8:16, 8:16].mean(), mean[16:24, 16:24].mean()
    assert upper_left > lower_right + 12


def test_ball_may_leave_the_picture() -> None:
    assert one("golf", -3, 16, 4).eq(255).all()
    assert one("billiard", 16, 16, 0).eq(255).all()
    assert ink(one("basketball", 16, 16, 200)).all()
    half = ink(one("billiard", 0, 16, 20))
    assert box(half)[0] == 0 and box(half)[2] == 10


def test_white_balls_stand_out_from_white() -> None:
    for name in ("golf", "baseball", "rugby", "soccerball"):
        picture = one(name, 16, 16, 21)
        cover = coverage(name, 16, 16, 21)
        rim = (cover > 0.9) & (torch.nn.functional.avg_pool2d(cover[None], 3, 1, 1)[0] < 0.9)
        assert picture.double().mean(dim=0)[rim].max() < 240, name  # also on the lit side


@pytest.mark.parametrize("diameter", [12, 16, 21])
def test_classes_are_told_apart_by_their_mean_pictures(diameter: float) -> None:
    angles = torch.arange(0, 360, 5.0)
    rows = torch.tensor([[k, 16, 16, diameter, 0] for k in range(len(CLASS_NAMES))])
    rows = rows.repeat_interleave(len(angles), 0)
    rows[:, 4] = angles.repeat(len(CLASS_NAMES))
    pictures = draw_balls(rows, ALL).float().reshape(len(CLASS_NAMES), len(angles), -1)
    means = pictures[:, ::2].mean(dim=1)
    nearest = torch.cdist(pictures[:, 1::2].reshape(-1, means.shape[1]), means).argmin(dim=1)
    truth = torch.arange(len(CLASS_NAMES)).repeat_interleave(len(angles) // 2)
    assert (nearest == truth).float().mean() > 0.97


def test_skins_are_alike_on_all_sides() -> None:
    """Dimples are as many and as dark at the pole of the skin's map as at its fold."""
    settings = BallSettings(image_size=128, classes=("golf",), rotation="full")
    front, above = draw_balls(
        torch.tensor([[0, 64.0, 64, 100, 0, 0, 0], [0, 64, 64, 100, 0, 90, 0]]), settings
    ).float()
    inner = slice(34, 94)
    assert front[:, inner, inner].mean() == pytest.approx(
        float(above[:, inner, inner].mean()), abs=3
    )
    assert front[:, inner, inner].std() == pytest.approx(float(above[:, inner, inner].std()), abs=3)


# Options


def test_full_rotation() -> None:
    settings = BallSettings(classes=("bowling",), rotation="full")
    assert factor_names(settings) == FACTOR_NAMES + ("tilt deg", "spin deg")
    row = [0, 16, 16, 21, 40]
    front, tilted, behind = draw_balls(
        torch.tensor([row + [0, 0], row + [30, 0], row + [0, 180]]), settings
    ).long()
    assert torch.equal(front, one("bowling", *row[1:]))
    holes = [int((picture.amax(dim=0) < 60).sum()) for picture in (front, tilted, behind)]
    assert holes[0] > 8 and holes[1] > 8 and holes[2] == 0
    assert not torch.equal(front, tilted)


def test_a_long_ball_is_round_from_its_end() -> None:
    settings = BallSettings(classes=("rugby",), rotation="full")
    rows = torch.tensor([[0, 16.0, 16, 20, 0, 0, 90], [0, 16, 16, 20, 0, 0, 0]])
    end_on, side_on = draw_balls(rows, settings)
    left, top, right, bottom = box(ink(end_on))
    assert right - left == bottom - top == pytest.approx(20 * 0.68, abs=1)
    assert box(ink(side_on))[2] - box(ink(side_on))[0] == 20


def test_orientations_are_uniform() -> None:
    factors = draw_factors(20_000, settings=BallSettings(rotation="full"))
    tilt, spin = factors[:, 5], factors[:, 6]
    sines = torch.sin(torch.deg2rad(tilt))
    counts = torch.histc(sines, bins=8, min=-1, max=1) / len(sines)
    assert (counts - 1 / 8).abs().max() < 0.012
    assert spin.unique().tolist() == list(range(360))
    assert tilt.min() >= -90 and tilt.max() <= 90


def test_several_balls() -> None:
    settings = BallSettings(image_size=64, balls=3, classes=CLASS_NAMES)
    some = make_balls(400, settings=settings)
    assert some.object_labels.shape == (400, 3)
    assert torch.equal(some.object_labels[:, 0], some.labels)
    assert some.factor_names[:5] == FACTOR_NAMES
    assert some.factor_names[5:7] == ("ball 2 class", "ball 2 x px")
    assert some.factors.shape == (400, 15)
    # The first ball lies in front: its middle is what it would be alone.
    alone = draw_balls(some.factors[:, :5], ALL_64)
    for row in range(50):
        x, y = (int(value) for value in some.factors[row, 1:3])
        assert torch.equal(some.pixels[row, :, y, x], alone[row, :, y, x])
    assert len(some.object_labels.flatten().unique()) == len(CLASS_NAMES)


def test_several_balls_keep_apart_where_they_can() -> None:
    factors = draw_factors(2_000, settings=BallSettings(balls=2))
    x, y, diameter = (factors[:, [column, column + 5]] for column in (1, 2, 3))
    assert (x + diameter / 2).max() <= 32

    def touching(shift: int) -> float:
        """Share of pictures whose balls touch, the second one taken from `shift` rows away."""
        across, down, room = x.clone(), y.clone(), diameter.clone()
        for column in (across, down, room):
            column[:, 1] = column[:, 1].roll(shift)
        apart = torch.hypot(across[:, 0] - across[:, 1], down[:, 0] - down[:, 1])
        return float((apart < room.mean(dim=1)).float().mean())

    assert touching(0) < touching(1) - 0.1


@pytest.mark.parametrize("background", ["colour", "texture"])
def test_backgrounds(background: str) -> None:
    settings = BallSettings(background=background)
    some = make_balls(64, settings=settings)
    assert some.factor_names == FACTOR_NAMES + ("background",)
    numbers = some.factors[:, -1]
    assert torch.equal(numbers, numbers.floor()) and len(numbers.unique()) > 60
    away = some.factors.clone()
    away[:, 1:3] = 99
    empty = draw_balls(away, settings).float()
    spread = empty.flatten(2).std(dim=2).mean(dim=1)
    assert (spread == 0).all() if background == "colour" else (spread > 3).float().mean() > 0.9
    assert empty.mean(dim=(2, 3)).std(dim=0).min() > 20
    white = draw_balls(some.factors[:, :5])
    for row, (_, x, y, *_) in enumerate(some.factors.tolist()):
        middle = (row, slice(None), int(y), int(x))
        assert torch.equal(some.pixels[middle], white[middle])


# The cache


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BALLGEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def forbid_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(*_: object) -> torch.Tensor:
        raise AssertionError("drawn again")

    monkeypatch.setattr(balls, "draw_balls", draw)


def test_cached_set_is_not_drawn_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sportballs("test", count=20, seed=5)
    forbid_drawing(monkeypatch)
    again = sportballs("test", count=20, seed=5)
    assert again.digest == first.digest
    assert torch.equal(again.factors, first.factors)
    assert [path.suffix for path in cache.iterdir()] == [".npz"]
    for other in (
        {"count": 21, "seed": 5},
        {"count": 20, "seed": 6},
        {"count": 20, "seed": 5, "cache": False},
        {"count": 20, "seed": 5, "settings": BallSettings(rotation="full")},
    ):
        with pytest.raises(AssertionError, match="drawn again"):
            sportballs("test", **other)
    with pytest.raises(AssertionError, match="drawn again"):
        sportballs("train", count=20, seed=5)
    monkeypatch.setattr(balls, "DRAWER_VERSION", -1)
    with pytest.raises(AssertionError, match="drawn again"):
        sportballs("test", count=20, seed=5)


def test_default_counts(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []

    def draw(factors: torch.Tensor, settings: BallSettings) -> torch.Tensor:
        counts.append(len(factors))
        return torch.zeros(len(factors), 3, 32, 32, dtype=torch.uint8)

    monkeypatch.setattr(balls, "draw_balls", draw)
    monkeypatch.setenv("BALLGEN_CACHE", os.devnull)  # nothing drawn here may be kept
    sportballs()
    sportballs("test")
    assert counts == [20_000, 2_000]


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "other shape"])
def test_damaged_cache_is_drawn_again(cache: Path, damage: str) -> None:
    first = sportballs("test", count=20)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    if damage == "flipped":
        path.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    elif damage == "other shape":
        np.savez(path, pixels=np.zeros((20, 3, 16, 16), np.uint8))
    else:
        path.write_bytes(whole[:5000] if damage == "cut" else b"")
    assert sportballs("test", count=20).digest == first.digest
    assert path.read_bytes() == whole


def test_cache_that_cannot_be_written(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write_text("a file where the folder should be")
    assert sportballs("test", count=5).digest == make_balls(5, "test").digest
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    monkeypatch.setenv("BALLGEN_CACHE", str(cache.parent / "full"))
    assert sportballs("test", count=5).digest == make_balls(5, "test").digest
    assert list((cache.parent / "full").iterdir()) == []


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the folders of Linux")
def test_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from ballgen.images.drawing.cache import cache_folder

    for name in ("BALLGEN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "ballgen"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "ballgen"
    monkeypatch.setenv("BALLGEN_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"


# Bad input


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"classes": ("baseball", "puck")},
            "'puck' is unknown: choose from baseball, .*beach_ball",
        ),
        ({"classes": ()}, "no ball class"),
        ({"classes": ("golf", "golf")}, "named twice"),
        ({"image_size": 17}, "image size 17"),
        ({"background": "grass"}, "'grass' is unknown: choose from white, colour, texture"),
        ({"rotation": "half"}, "'half' is unknown: choose from plane, full"),
        ({"balls": 0}, "from 1 to 8, got 0"),
        ({"balls": 9}, "from 1 to 8, got 9"),
    ],
)
def test_bad_settings(fields: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        BallSettings(**fields)


def test_bad_counts_and_splits() -> None:
    for count in (0, -3):
        with pytest.raises(InputError, match=f"count must be at least 1, got {count}"):
            sportballs(count=count)
    with pytest.raises(InputError, match="start must be at least 0"):
        draw_factors(1, start=-1)
    for make in (lambda: make_balls(3, "valid"), lambda: sportballs("valid")):
        with pytest.raises(InputError, match="'valid' is unknown: choose from train, test"):
            make()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([0, 16, 16, 20], r"shape \(N, 5\)"),
        ([4, 16, 16, 20, 0], "class must be a whole number from 0 to 3"),
        ([0.5, 16, 16, 20, 0], "class must be a whole number"),
        ([0, float("nan"), 16, 20, 0], "finite"),
        ([0, 16, 16, -1, 0], "diameter px must be at least 0, got -1"),
    ],
)
def test_bad_factors(row: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw_balls(torch.tensor([row]))


def test_report_classes_come_first() -> None:
    assert REPORT_CLASSES == ("baseball", "basketball", "volleyball", "soccerball")
    assert len(CLASS_NAMES) >= 10
    assert BallSettings().classes == REPORT_CLASSES
