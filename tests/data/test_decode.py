from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from ballgen.data.decode import Crop, DecodeError, decode, resize


def encode(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def half_clear(mode: str) -> Image.Image:
    """Left half opaque black, right half fully transparent black."""
    image = Image.new("RGBA", (32, 32), (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (16, 0, 32, 32))
    return image.convert(mode)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("channels", [1, 3])
def test_transparent_parts_become_white(mode, channels):
    pixels = decode(encode(half_clear(mode)), 32, channels).pixels
    assert pixels.shape == (channels, 32, 32)
    assert (pixels[:, :, :16] == 0).all()
    assert (pixels[:, :, 16:] == 255).all()


def test_half_transparent_pixels_are_blended_with_white():
    pixels = decode(encode(Image.new("RGBA", (32, 32), (0, 100, 200, 128))), 32, 3).pixels
    expected = [round(255 + (c - 255) * 128 / 255) for c in (0, 100, 200)]
    assert np.abs(pixels[:, 0, 0].astype(int) - expected).max() <= 1


def test_palette_with_a_transparent_entry_becomes_white():
    image = Image.new("P", (32, 32), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.paste(0, (0, 0, 16, 32))
    pixels = decode(encode(image, transparency=0), 32, 3).pixels
    assert (pixels[:, :, :16] == 255).all()
    assert pixels[:, 0, 20].tolist() == [200, 100, 50]


@pytest.mark.parametrize(
    ("kind", "dtype", "low", "high"),
    [
        ("PNG", np.uint16, 0, 65535),
        ("TIFF", np.uint16, 0, 65535),
        ("PNG", np.uint16, 0, 4095),  # twelve bits in sixteen
        ("PNG", np.uint16, 0, 1023),
        ("TIFF", np.int32, 0, 255),
        ("TIFF", np.int32, -1024, 3071),  # computed tomography
        ("TIFF", np.float32, 0, 1),
        ("TIFF", np.float32, -1, 1),
        ("TIFF", np.float32, 0, 255),
        ("TIFF", np.float32, 1500, 1900),
    ],
)
@pytest.mark.parametrize("side", [32, 1000])
def test_more_than_eight_bits_are_scaled_by_their_range(kind, dtype, low, high, side):
    ramp = np.tile(np.linspace(low, high, side).astype(dtype), (side, 1))
    pixels = decode(encode(Image.fromarray(ramp), kind), 32, 3).eight_bits()
    assert pixels.shape == (3, 32, 32)
    assert (np.diff(pixels[0, 5].astype(int)) >= 0).all()
    assert pixels[0, 5, 0] <= 4 and pixels[0, 5, -1] >= 251
    if side == 32:
        assert np.abs(pixels[0, 5] - np.linspace(0, 255, 32)).max() <= 1


def test_what_is_no_number_is_passed_over():
    ramp = np.tile(np.linspace(0, 1, 32).astype(np.float32), (32, 1))
    ramp[3, 4], ramp[5, 6] = np.nan, np.inf
    pixels = decode(encode(Image.fromarray(ramp), "TIFF"), 32, 1).eight_bits()[0]
    assert pixels[3, 4] == pixels[5, 6] == 0 and pixels[9, -1] == 255


def png_of_16_bits_in_colour(top: int) -> bytes:
    """A gray ramp as a PNG of three channels of 16 bits, which Pillow cannot write."""
    row = np.repeat(np.linspace(0, top, 32).astype(">u2"), 3).tobytes()
    data = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in (
            (b"IHDR", struct.pack(">IIBBBBB", 32, 32, 16, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress((b"\0" + row) * 32)),
            (b"IEND", b""),
        )
    )
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.mark.parametrize("top", [4095, 65535])
def test_so_are_three_channels_of_sixteen_bits(top):
    pixels = decode(png_of_16_bits_in_colour(top), 32, 3).eight_bits()
    assert pixels[:, 5, 0].tolist() == [0, 0, 0] and (pixels[:, 5, -1] > 235).all()


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "WEBP", "JPEG", "JPEG2000"])
def test_what_cameras_and_telephones_write(kind):
    image = Image.new("RGB", (128, 64), (200, 40, 40))
    decoded = decode(encode(image, kind), 32, 3)
    assert (decoded.width, decoded.height) == (128, 64)
    assert np.abs(decoded.pixels.mean((1, 2)) - (200, 40, 40)).max() < 6


def test_a_jpeg_of_two_hundred_megapixels_is_shrunk_while_it_is_decoded():
    whole = encode(Image.new("L", (14_200, 14_200), 200), "JPEG")
    decoded = decode(whole, 32, 3)
    assert (decoded.width, decoded.height) == (14_200, 14_200)
    assert (decoded.pixels == 200).all()


def test_grayscale_fills_three_channels_and_colour_becomes_luma():
    gray = decode(encode(Image.new("L", (32, 32), 77)), 32, 3).pixels
    assert (gray == 77).all()
    luma = decode(encode(Image.new("RGB", (32, 32), (255, 0, 0))), 32, 1).pixels
    assert (luma == 76).all()  # 0.299 of 255


def test_cmyk_jpeg():
    pixels = decode(encode(Image.new("CMYK", (32, 32), (255, 0, 0, 0)), "JPEG"), 32, 3).pixels
    red, green, blue = pixels[:, 16, 16].astype(int)
    assert red < 30
    assert green > 200
    assert blue > 200


def test_animated_gif_gives_its_first_frame():
    frames = [Image.new("L", (32, 32), value) for value in (10, 200)]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (decode(data, 32, 1).pixels == 10).all()


@pytest.mark.parametrize("size", [(64, 32), (32, 64), (640, 320)])
def test_the_middle_square_is_kept(size):
    image = Image.new("L", size, 0)
    side = min(size)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    image.paste(255, (left, top, left + side, top + side))
    decoded = decode(encode(image), 32, 1)
    assert (decoded.pixels == 255).all()
    assert (decoded.width, decoded.height) == size


def test_exif_rotation_is_honoured():
    image = Image.new("RGB", (64, 32), "black")
    image.paste("white", (0, 0, 32, 32))  # white on the left as stored
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise: then white is at the top
    decoded = decode(encode(image, "JPEG", exif=exif, quality=95), 32, 1)
    assert (decoded.width, decoded.height) == (32, 64)
    assert (decoded.pixels[0, :14] > 250).all()
    assert (decoded.pixels[0, 18:] < 5).all()


def test_an_orientation_written_as_text_is_passed_over():
    entry = struct.pack("<HHI4s", 0x0112, 2, 2, b"6")
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    decoded = decode(encode(Image.new("RGB", (64, 32), "white"), "JPEG", exif=exif), 32, 1)
    assert (decoded.width, decoded.height) == (64, 32)
    assert (decoded.pixels == 255).all()


def test_shrinking_averages_and_keeps_no_aliases():
    stripes = np.tile(np.array([0, 255], np.uint8), (256, 128))
    pixels = decode(encode(Image.fromarray(stripes)), 32, 1).pixels
    assert np.abs(pixels.astype(int) - 128).max() <= 2


def test_a_large_jpeg_shrunk_while_decoding_looks_the_same():
    ramp = np.linspace(0, 255, 2048).astype(np.uint8)
    image = Image.fromarray(np.tile(ramp, (2048, 1)))
    jpeg = decode(encode(image, "JPEG", quality=95), 32, 1).pixels
    png = decode(encode(image), 32, 1).pixels
    assert np.abs(jpeg.astype(int) - png).max() <= 3


def test_an_image_of_the_right_size_is_untouched():
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    assert (decode(encode(Image.fromarray(noise)), 32, 3).pixels.transpose(1, 2, 0) == noise).all()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"just some text", "not an image"),
        (encode(Image.effect_noise((64, 64), 50))[:900], "truncated"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
    ],
)
def test_unusable_files_say_why(data, reason):
    with pytest.raises(DecodeError, match=reason):
        decode(data, 32, 3)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [9_600, 14_000])
def test_too_many_pixels_are_refused_before_they_are_decoded(side):
    data = encode(Image.new("1", (side, side)))
    with pytest.raises(DecodeError, match=r"too many|bomb"):
        decode(data, 32, 1)


def test_refit_changes_size_and_channels():
    values = np.arange(256, dtype=np.uint8)
    pixels = np.tile(values, 24).reshape(2, 3, 32, 32)[:, :, :28, :28]
    same = resize(pixels, 28, 3)
    assert same is pixels
    assert resize(pixels, 32, 3).shape == (2, 3, 32, 32)
    gray = resize(pixels, 28, 1)
    assert gray.shape == (2, 1, 28, 28)
    assert (resize(gray, 28, 3) == gray).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "deep"])
def test_another_square_can_be_asked_for(kind):
    """Of four quarters the lower right one, of an image that is wider than high."""
    array = np.zeros((400, 600), np.uint8)
    array[200:, 400:] = 200
    content = io.BytesIO()
    image = Image.fromarray(array.astype(np.uint16) * 257 if kind == "deep" else array)
    image.save(content, "PNG" if kind == "deep" else kind)
    crop = Crop(across=1, down=1, zoom=2)
    pixels = decode(content.getvalue(), 8, 1, crop=crop).eight_bits()
    assert np.abs(pixels.astype(int) - 200).max() <= 2
    middle = decode(content.getvalue(), 8, 1).eight_bits()
    assert (middle[0, :3] <= 2).all()
