from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from ballgen.data.sheets import SHEET_GRAY, contact_sheet, to_png, write_images
from ballgen.errors import InputError

PIXELS = torch.randint(0, 255, (5, 3, 16, 16), generator=torch.Generator().manual_seed(0)).byte()


def test_contact_sheet_places_every_image():
    sheet = np.asarray(contact_sheet(PIXELS, columns=3, scale=2, gap=1))
    assert sheet.shape == (2 * 33 + 1, 3 * 33 + 1, 3)
    for index, image in enumerate(PIXELS):
        top, left = 1 + index // 3 * 33, 1 + index % 3 * 33
        tile = sheet[top : top + 32, left : left + 32]
        assert (tile[::2, ::2] == image.permute(1, 2, 0).numpy()).all()
        assert (tile[1::2, 1::2] == tile[::2, ::2]).all()  # plain squares, nothing blended
    assert (sheet[::33] == 255).all()  # the gaps
    assert (sheet[34:66, 67:] == 255).all()  # the empty place


def test_contact_sheet_takes_floats_numpy_and_one_channel():
    floats = np.asarray(contact_sheet(PIXELS.float() / 255))
    assert (floats == np.asarray(contact_sheet(PIXELS.numpy()))).all()
    gray = contact_sheet(PIXELS[:, :1], columns=8, gap=0)
    assert (gray.mode, gray.size) == ("L", (80, 16))


@pytest.mark.parametrize("options", [{"columns": 0}, {"scale": 0}, {"scale": 1.5}, {"gap": -1}])
def test_contact_sheet_checks_its_numbers(options):
    with pytest.raises(InputError, match=next(iter(options))):
        contact_sheet(PIXELS, **options)


@pytest.mark.parametrize("bad", [PIXELS[:0], PIXELS[0], PIXELS[:, :2], PIXELS.float()])
def test_contact_sheet_checks_its_images(bad):
    with pytest.raises(InputError):
        contact_sheet(bad)


def test_to_png_round_trip():
    for image in (PIXELS[0], PIXELS[0].float() / 255, contact_sheet(PIXELS[:1], gap=0)):
        back = np.asarray(Image.open(io.BytesIO(to_png(image))))
        assert (back == PIXELS[0].permute(1, 2, 0).numpy()).all()


def test_write_images_png_npz_and_folder(tmp_path):
    write_images(PIXELS, tmp_path / "new" / "sheet.PNG")
    sheet = np.asarray(contact_sheet(PIXELS, background=SHEET_GRAY))
    assert (np.asarray(Image.open(tmp_path / "new" / "sheet.PNG")) == sheet).all()
    assert (sheet[:2] == SHEET_GRAY).all()

    write_images(PIXELS.float() / 255, tmp_path / "all.npz")
    images = np.load(tmp_path / "all.npz")["images"]
    assert images.dtype == np.uint8
    assert (images == PIXELS.permute(0, 2, 3, 1).numpy()).all()

    write_images(PIXELS[:, :1], tmp_path / "each")
    files = sorted((tmp_path / "each").iterdir())
    assert [file.name for file in files] == [f"img_{i:05d}.png" for i in range(5)]
    assert (np.asarray(Image.open(files[3])) == PIXELS[3, 0].numpy()).all()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["all.npz", "each", "new"]


def test_same_images_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_images(PIXELS, tmp_path / f"{name}.npz")
        write_images(PIXELS, tmp_path / f"{name}.png")
    for suffix in ("npz", "png"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_write_images_names_the_choices_for_an_unknown_suffix(tmp_path):
    with pytest.raises(InputError, match=r"\.jpg.*FILE\.png, FILE\.npz or DIR"):
        write_images(PIXELS, tmp_path / "sheet.jpg")


def test_a_folder_with_files_is_refused(tmp_path):
    (tmp_path / "img_00000.png").write_bytes(b"mine")
    with pytest.raises(InputError, match="not empty"):
        write_images(PIXELS, tmp_path)
    assert (tmp_path / "img_00000.png").read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["sheet.png", "all.npz", "each"])
def test_unwritable_places(tmp_path, name):
    (tmp_path / "file").write_text("a file where a folder is needed")
    with pytest.raises(InputError, match="cannot be written"):
        write_images(PIXELS, tmp_path / "file" / name)
