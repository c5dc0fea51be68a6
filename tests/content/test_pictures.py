"""Pictures are known by their content, guarded before they decode, and fitted the same way every time."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from saas.content.covers import HEAD_RATIO, cover_findings, crop_box, crop_percent
from saas.content.fitting import CannotFit, Fit, fit
from saas.content.pictures import PictureReading, read_picture

MakePhoto = Callable[..., bytes]
BODY = Fit(max_bytes=1_000_000, max_width=900)


def rule(reading: PictureReading) -> str:
    return reading.findings[0].rule if reading.findings else ""


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "SVG"),
        (b'<?xml version="1.0"?><svg/>', "SVG"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "WebP"),
        (b"BM" + b"\x00" * 60, "BMP"),
        (b"\x00\x00\x00\x20ftypheic" + b"\x00" * 20, "HEIC"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04", "ZIP"),
        (b"just words", "text"),
        (b"", "empty"),
    ],
)
def test_what_is_no_picture_is_refused_by_its_true_name(data: bytes, kind: str) -> None:
    reading = read_picture(data, name="a.jpg")
    assert not reading.usable
    assert rule(reading) == "picture_type"
    assert kind in reading.findings[0].message[0]


def test_a_png_named_jpg_is_used_and_said(make_photo: MakePhoto) -> None:
    reading = read_picture(make_photo("PNG", 300, 200), name="a.jpg")
    assert (reading.mime, reading.width, reading.height) == ("image/png", 300, 200)
    assert [(f.rule, f.severity) for f in reading.findings] == [("picture_suffix", "note")]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_a_cut_off_picture_is_refused(make_photo: MakePhoto, kind: str) -> None:
    data = make_photo(kind, 800, 600)
    reading = read_picture(data[: len(data) // 2], name="a." + kind.lower())
    assert not reading.usable
    assert rule(reading) in ("picture_truncated", "picture_damaged")


def test_a_picture_of_garbage_behind_a_header_is_refused() -> None:
    for head in (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"GIF89a\x10\x00\x10\x00"):
        assert not read_picture(head + bytes(range(256)) * 8, name="a").usable


def test_the_pixels_of_a_bomb_are_read_from_its_header(make_bomb: Callable[[int], bytes]) -> None:
    data = make_bomb(30_000)
    started = time.monotonic()
    reading = read_picture(data, name="bomb.png")
    assert time.monotonic() - started < 1
    assert rule(reading) == "picture_pixels"
    assert "900 megapixels" in reading.findings[0].message[1]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory of a process alone is read from /proc")
def test_a_bomb_does_not_cost_memory(make_bomb: Callable[[int], bytes], make_photo: MakePhoto, tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(make_bomb(30_000))
    (tmp_path / "large.jpg").write_bytes(make_photo(width=7000, height=5000))
    program = (
        "import sys, re, pathlib\n"
        "from saas.content.pictures import read_picture\n"
        "from saas.content.fitting import Fit, fit\n"
        "here = pathlib.Path(sys.argv[1])\n"
        "assert not read_picture(here / 'bomb.png').usable\n"
        "assert read_picture(here / 'large.jpg').usable\n"
        "assert fit((here / 'large.jpg').read_bytes(), Fit(1000000, 900)).width == 900\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])\n"
    )
    run = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 200_000


def test_a_picture_of_too_many_bytes_is_refused() -> None:
    assert rule(read_picture(b"\xff\xd8\xff" + b"\x00" * 20_000_001, name="a.jpg")) == "picture_bytes"


def test_a_picture_that_fits_keeps_its_pixels(make_photo: MakePhoto) -> None:
    data = make_photo(width=800, height=500)
    fitted = fit(data, BODY)
    assert fitted.changes == ()
    assert opened(fitted.data).tobytes() == opened(data).tobytes()


def test_metadata_and_appended_bytes_are_taken_out(make_photo: MakePhoto) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCam"
    jpeg = make_photo(exif=exif, comment=b"secret comment") + b"<script>appended"
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Secret person")
    png = make_photo("PNG", 300, 200, pnginfo=info) + b"PK\x03\x04appended"
    for data in (jpeg, png):
        fitted = fit(data, Fit(5_000_000, 2000))
        assert b"ecret" not in fitted.data
        assert b"appended" not in fitted.data
        assert opened(fitted.data).tobytes() == opened(data).tobytes()


def test_a_large_photograph_is_scaled_and_compressed_with_both_sizes_told(make_photo: MakePhoto) -> None:
    data = make_photo(width=3000, height=2000, quality=98)
    fitted = fit(data, Fit(100_000, 900))
    assert (fitted.width, fitted.height, fitted.mime) == (900, 600, "image/jpeg")
    assert len(fitted.data) <= 100_000
    assert "3000×2000" in fitted.changes[0][0]
    assert opened(fitted.data).size == (900, 600)


@pytest.mark.parametrize(("turn", "corner"), [(3, (-1, -1)), (6, (-1, 0)), (8, (0, -1)), (2, (-1, 0)), (4, (0, -1))])
def test_a_turned_photograph_is_set_upright(turn: int, corner: tuple[int, int]) -> None:
    image = Image.new("RGB", (1600, 1000), "white")
    image.paste("red", (0, 0, 400, 400))
    exif = Image.Exif()
    exif[0x0112] = turn
    stream = io.BytesIO()
    image.save(stream, "JPEG", exif=exif, quality=95)
    reading = read_picture(stream.getvalue(), name="a.jpg")
    fitted = fit(stream.getvalue(), Fit(1_000_000, 1200))
    upright = opened(fitted.data)
    assert reading.turned
    assert (reading.width > reading.height) == (upright.width > upright.height)
    at = tuple(10 if c == 0 else size - 10 for c, size in zip(corner, upright.size, strict=True))
    red, green, _ = upright.getpixel(at)  # type: ignore[misc, arg-type]
    assert red > 200
    assert green < 80
    assert upright.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("note", [b"garbage", b"MM\x00*\xff\xff\xff\xff", b"II*\x00\x08\x00\x00\x00\xff\xff", b""])
def test_damaged_exif_does_not_spoil_a_picture(make_photo: MakePhoto, note: bytes) -> None:
    segment = b"Exif\x00\x00" + note
    data = make_photo(width=1000, height=700)
    data = data[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + data[2:]
    assert read_picture(data, name="a.jpg").usable
    assert fit(data, BODY).width == 900


def test_a_large_png_photograph_becomes_jpeg(make_photo: MakePhoto) -> None:
    fitted = fit(make_photo("PNG", 1600, 1200), Fit(200_000, 900))
    assert fitted.mime == "image/jpeg"
    assert len(fitted.data) <= 200_000


def test_transparent_parts_become_white_in_a_jpeg(make_photo: MakePhoto) -> None:
    fitted = fit(make_photo("PNG", 900, 600, "RGBA"), Fit(200_000, 900, formats=frozenset({"image/jpeg"})))
    assert fitted.mime == "image/jpeg"
    assert opened(fitted.data).getpixel((450, 1)) >= (240, 240, 240)  # type: ignore[operator]
    assert any("white" in en for _, en in fitted.changes)


def test_a_gif_is_kept_where_allowed_and_stilled_elsewhere() -> None:
    frames = [Image.new("RGB", (200, 100), colour) for colour in ("red", "green", "blue")]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], loop=0, comment=b"secret")
    kept = fit(stream.getvalue(), Fit(1_000_000, 900, formats=frozenset({"image/gif", "image/png"})))
    assert getattr(opened(kept.data), "n_frames", 1) == 3
    assert b"secret" not in kept.data
    assert opened(kept.data).info["loop"] == 0
    still = fit(stream.getvalue(), BODY)
    assert still.mime == "image/png"
    assert opened(still.data).convert("RGB").getpixel((5, 5)) == (255, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16", "LA"])
def test_every_colour_mode_is_fitted(make_photo: MakePhoto, mode: str) -> None:
    image = Image.linear_gradient("L").resize((1500, 900))
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = image.convert("I").point(lambda v: v * 257).convert("I;16") if mode == "I;16" else image.convert(mode)
    stream = io.BytesIO()
    image.save(stream, kind)
    fitted = fit(stream.getvalue(), Fit(300_000, 900))
    assert (fitted.width, fitted.height) == (900, 540)
    assert opened(fitted.data).convert("L").getpixel((450, 500)) > 150  # type: ignore[operator]


def test_print_colours_never_go_out_and_that_is_told() -> None:
    stream = io.BytesIO()
    Image.new("CMYK", (900, 600), (0, 255, 255, 0)).save(stream, "JPEG")
    fitted = fit(stream.getvalue(), BODY)
    assert opened(fitted.data).mode == "RGB"
    assert opened(fitted.data).getpixel((5, 5))[0] > 200  # type: ignore[index]
    assert any("CMYK" in en for _, en in fitted.changes)


def test_a_colour_profile_is_turned_into_plain_colours(make_photo: MakePhoto) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    fitted = fit(make_photo(width=2000, height=1000, icc_profile=profile), BODY)
    assert "icc_profile" not in opened(fitted.data).info
    assert fitted.width == 900


def test_fitting_gives_the_same_bytes_every_time(make_photo: MakePhoto) -> None:
    for kind in ("JPEG", "PNG", "GIF"):
        data = make_photo(kind, 1400, 900)
        assert fit(data, BODY).sha256 == fit(data, BODY).sha256


def test_what_cannot_come_under_the_limit_is_said(make_photo: MakePhoto) -> None:
    with pytest.raises(CannotFit):
        fit(make_photo(width=1200, height=900), Fit(300))


def test_a_long_picture_is_held_to_a_height() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (1000, 20_000), "white").save(stream, "PNG")
    fitted = fit(stream.getvalue(), Fit(2_000_000, 900, 9000))
    assert (fitted.width, fitted.height) == (450, 9000)


def test_a_crop_lies_inside_the_picture_and_has_its_ratio() -> None:
    assert crop_box(900, 500, HEAD_RATIO) == (0, 58, 900, 441)
    assert crop_box(900, 500, 1.0) == (200, 0, 700, 500)
    assert crop_box(900, 500, 1.0, (0.0, 0.0)) == (0, 0, 500, 500)
    assert crop_box(900, 500, 1.0, (1.0, 1.0)) == (400, 0, 900, 500)
    assert crop_percent((200, 0, 700, 500), 900, 500) == ("0.222222", "0.000000", "0.777778", "1.000000")


def test_a_small_cover_is_warned_of_and_a_tall_one_too(make_photo: MakePhoto) -> None:
    small = cover_findings(read_picture(make_photo(width=200, height=200), name="c.jpg"), "a.md: cover", 4)
    tall = cover_findings(read_picture(make_photo(width=1000, height=1500), name="c.jpg"), "a.md: cover", 4)
    good = cover_findings(read_picture(make_photo(width=900, height=500), name="c.jpg"), "a.md: cover", 4)
    assert [(f.rule, f.severity, f.line) for f in small] == [("cover_small", "warn", 4)]
    assert [f.rule for f in tall] == ["cover_crop"]
    assert good == []
