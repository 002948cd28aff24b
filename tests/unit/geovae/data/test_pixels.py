"""Every kind of samples in TIFF, PNG and BMP files: the pixels that were meant, or the file by name."""

import io
import itertools
import struct

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from geovae.core.errors import GeovaeError
from geovae.data.decoding import open_image
from helpers import image_files, tiff_files
from helpers.image_files import on_white, png

MARKS = {"<": b"II", ">": b"MM"}
TIFF_KINDS = {(key[1], key[2][0], *key[3:]) for key in TiffImagePlugin.OPEN_INFO}


def read(content: bytes, kind: str) -> np.ndarray:
    """The one row (n, 3) of an image."""
    return np.asarray(open_image(content, f"here/a.{kind.lower()}", (kind,)))[0].astype(int)


def meant(photometric: int, bits: tuple[int, ...], extra: tuple[int, ...], pixel: list[int]) -> np.ndarray:
    """The colour (3,) in [0, 255] that a TIFF's samples stand for, by its specification."""
    shares = np.array(pixel) / (2.0 ** np.array(bits) - 1)
    if photometric == tiff_files.CMYK:
        return 255 * (1 - shares[:3]) * (1 - shares[3])
    n_colours = 3 if photometric == tiff_files.RGB else 1
    colour, others = np.repeat(shares[:n_colours], 3 // n_colours), shares[n_colours:]
    if photometric == tiff_files.MIN_IS_WHITE:
        colour = 1 - colour
    if len(others) == 0 or extra[:1] == (0,):
        return 255 * colour
    opacity = others[0]
    if extra[:1] == (1,):  # multiplied with it
        return 255 * np.clip(colour + 1 - opacity, 0, 1)
    return on_white(colour, opacity)


def refused(kind: tuple, byte_order: str) -> bool:
    """Whether a kind has no known white, or colours that need a profile, or is none that PIL unpacks."""
    photometric, sample_format, fill_order, bits, extra = kind
    if sample_format != tiff_files.UNSIGNED or bits == (32,) or photometric == tiff_files.LAB:
        return True
    if photometric == tiff_files.YCBCR and len(bits) == 3:
        return True  # the files here say nothing of the resolution of colours, which is half of the grey's by default
    if fill_order == 2 and (photometric, bits) in [(0, (8,)), (3, (1,)), (3, (2,)), (3, (4,))]:
        return True
    key = (MARKS[byte_order], photometric, (sample_format,), fill_order, bits, extra)
    return key not in TiffImagePlugin.OPEN_INFO


def probes(bits: tuple[int, ...], premultiplied: bool) -> list[list[int]]:
    """Black, white, middle values, and other values of each sample."""
    most = [2**depth - 1 for depth in bits]
    rows = [[0] * len(bits), most, [m // 2 for m in most], [m // 3 for m in most]]
    if not premultiplied:
        rows += [[value if i == j else m // 5 for j, m in enumerate(most)] for i, value in enumerate(most)]
    return rows


@pytest.mark.parametrize("kind", sorted(TIFF_KINDS), ids=str)
def test_every_kind_of_tiff_that_pil_takes_is_read_as_it_is_meant_or_refused(kind):
    photometric, sample_format, fill_order, bits, extra = kind
    pixels = probes(bits, premultiplied=extra[:1] == (1,))
    levels = [i * 65535 // (2 ** bits[0] - 1) for i in range(2 ** bits[0])] if photometric == 3 else []
    for byte_order in MARKS:
        content = tiff_files.tiff(
            pixels, bits, photometric, byte_order=byte_order, sample_format=sample_format, fill_order=fill_order,
            extra=extra, colours=levels * 3,
        )  # fmt: skip
        if refused(kind, byte_order):
            with pytest.raises(GeovaeError, match=r"^here/a\.tiff: "):
                read(content, "TIFF")
            continue
        found = read(content, "TIFF")
        if len(bits) == 4 and photometric == tiff_files.RGB and extra == ():
            extra = (2,)  # a fourth sample that nothing is said of is taken for opacity, as other readers do
        expected = [meant(photometric, bits, extra, pixel) for pixel in pixels]
        assert np.abs(found - expected).max() <= 2, byte_order


@pytest.mark.parametrize(
    ("bits", "photometric", "byte_order"),
    [(12, tiff_files.MIN_IS_BLACK, "<"), (16, tiff_files.MIN_IS_BLACK, ">"), (16, tiff_files.MIN_IS_WHITE, "<")],
)
def test_deep_grey_is_scaled_to_its_own_white(bits, photometric, byte_order):
    most = 2**bits - 1
    values = [0, 1, most // 2, most - 1, most, 1234]
    content = tiff_files.tiff([[value] for value in values], (bits,), photometric, byte_order=byte_order)
    expected = np.array(values) / most * 255
    if photometric == tiff_files.MIN_IS_WHITE:
        expected = 255 - expected
    assert np.abs(read(content, "TIFF")[:, 0] - expected).max() <= 0.51


@pytest.mark.parametrize(
    ("bits", "photometric", "sample_format"),
    [
        ((8,), tiff_files.MIN_IS_BLACK, tiff_files.SIGNED),
        ((16,), tiff_files.MIN_IS_BLACK, tiff_files.SIGNED),
        ((32,), tiff_files.MIN_IS_BLACK, tiff_files.UNSIGNED),
        ((32,), tiff_files.MIN_IS_BLACK, tiff_files.FLOAT),
        ((8, 8, 8), tiff_files.RGB, tiff_files.SIGNED),
        ((8, 8, 8), tiff_files.LAB, tiff_files.UNSIGNED),
        ((10,), tiff_files.MIN_IS_BLACK, tiff_files.UNSIGNED),
        ((64,), tiff_files.MIN_IS_BLACK, tiff_files.FLOAT),
        ((8, 8, 8), tiff_files.YCBCR, tiff_files.UNSIGNED),  # by default of half the resolution in colour
    ],
)
def test_samples_of_unknown_white_or_colour_are_refused_by_name(bits, photometric, sample_format):
    content = tiff_files.tiff(probes(bits, True), bits, photometric, sample_format=sample_format)
    with pytest.raises(GeovaeError, match=r"^here/a\.tiff: "):
        read(content, "TIFF")


def test_colours_of_ycbcr_are_read_where_they_have_the_resolution_of_the_grey():
    pixels = [[0, 128, 128], [255, 128, 128], [100, 90, 200], [50, 128, 60]]
    content = tiff_files.tiff(pixels, (8, 8, 8), tiff_files.YCBCR, subsampling=(1, 1))
    y, blue, red = np.array(pixels).T - np.array([[0], [128], [128]])
    expected = np.stack([y + 1.402 * red, y - 0.344136 * blue - 0.714136 * red, y + 1.772 * blue], axis=1)
    assert np.abs(read(content, "TIFF") - expected.clip(0, 255)).max() <= 1.01


PNG_KINDS = {
    image_files.GREY: (1, 2, 4, 8, 16),
    image_files.RGB: (8, 16),
    image_files.GREY_ALPHA: (8, 16),
    image_files.RGB_ALPHA: (8, 16),
}
CHANNELS = {image_files.GREY: 1, image_files.RGB: 3, image_files.GREY_ALPHA: 2, image_files.RGB_ALPHA: 4}


@pytest.mark.parametrize(
    ("colour_type", "depth"), [(kind, depth) for kind, depths in PNG_KINDS.items() for depth in depths]
)
def test_every_kind_of_png_is_read_as_it_is_meant(colour_type, depth):
    n = CHANNELS[colour_type]
    most = 2**depth - 1
    values = sorted({0, most // 3, most // 2, most})
    pixels = [list(pixel) for pixel in itertools.product(values, repeat=n)]
    found = read(png(pixels, depth, colour_type), "PNG")
    shares = np.array(pixels) / most
    colours = np.repeat(shares[:, :1], 3, axis=1) if n < 3 else shares[:, :3]
    opacity = shares[:, -1:] if n in (2, 4) else 1
    assert np.abs(found - 255 * (colours * opacity + 1 - opacity)).max() <= 1.6


@pytest.mark.parametrize("depth", PNG_KINDS[image_files.GREY])
def test_a_transparent_grey_of_a_png_is_white_whatever_its_depth(depth):
    most = 2**depth - 1
    values = sorted({0, most // 3, most // 2, most})
    for transparent in values:
        content = png(
            [[value] for value in values], depth, image_files.GREY, transparent=struct.pack(">H", transparent)
        )
        expected = [255 if value == transparent else value / most * 255 for value in values]
        assert np.abs(read(content, "PNG")[:, 0] - expected).max() <= 0.51


def test_a_transparent_colour_of_a_png_is_white_or_refused():
    pixels = [[0, 0, 200], [10, 20, 30]]
    content = png(pixels, 8, image_files.RGB, transparent=struct.pack(">3H", 10, 20, 30))
    assert read(content, "PNG").tolist() == [[0, 0, 200], [255, 255, 255]]
    content = png([[256 * v for v in pixel] for pixel in pixels], 16, image_files.RGB, transparent=bytes(6))
    with pytest.raises(GeovaeError, match=r"here/a\.png: a transparent colour of 16 bits"):
        read(content, "PNG")


@pytest.mark.parametrize("opacity", [b"\xff\x00\xff\xff", b"\x00", b"\x80\xff\x40"])
def test_the_opacities_of_a_palette_are_respected(opacity):
    colours = bytes([200, 0, 0, 0, 200, 0, 0, 0, 200, 9, 9, 9])
    content = png([[0], [1], [2], [3]], 2, image_files.INDEXED, colours=colours, transparent=opacity)
    shares = np.frombuffer(opacity.ljust(4, b"\xff"), np.uint8) / 255
    palette = np.frombuffer(colours, np.uint8).reshape(4, 3) / 255
    expected = [on_white(colour, share) for colour, share in zip(palette, shares, strict=True)]
    assert np.abs(read(content, "PNG") - expected).max() <= 1


@pytest.mark.parametrize(
    ("bits", "masks", "values", "expected"),
    [
        (16, (), [0, 0x7FFF, 0x7C00, 0x03E0, 0x001F], None),
        (16, (0xF800, 0x07E0, 0x001F), [0, 0xFFFF, 0xF800, 0x07E0, 0x001F], None),
        (32, (), [0, 0xFFFFFF, 0xFF0000, 0x00FF00, 0x0000FF], None),
        (32, (0xFF, 0xFF00, 0xFF0000), [0, 0xFFFFFF, 0x0000FF, 0x00FF00, 0xFF0000], "refused"),
    ],
)
def test_bmp_of_16_and_32_bits_has_its_white_and_its_primaries(bits, masks, values, expected):
    content = image_files.bmp(values, bits, masks)
    if expected == "refused":
        with pytest.raises(GeovaeError, match=r"here/a\.bmp: not a readable image"):
            read(content, "BMP")
        return
    assert read(content, "BMP").tolist() == [[0] * 3, [255] * 3, [255, 0, 0], [0, 255, 0], [0, 0, 255]]


GARBAGE = [b"", b"Exif\0\0no header", b"\xff" * 40, b"II*\0\xff\xff\xff\xff", b"MM\0*" + bytes(8)]


@pytest.mark.parametrize("exif", GARBAGE, ids=repr)
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_exif_that_is_none_leaves_sound_pixels_as_they_are(tmp_path, exif):
    values = np.random.default_rng(0).integers(256, size=(4, 6, 3), dtype=np.uint8)
    path = tmp_path / "a.png"
    Image.fromarray(values).save(path)
    path.write_bytes(image_files.with_chunk(path.read_bytes(), b"eXIf", exif))
    assert np.array_equal(np.asarray(open_image(path, "a", ("PNG",))), values)
    for kind, options in (("JPEG", {"quality": 95}), ("WEBP", {"lossless": True})):
        path = tmp_path / f"a.{kind.lower()}"
        Image.fromarray(values).save(path, kind, **options)
        plain = np.asarray(open_image(path, "a", (kind,)))
        Image.fromarray(values).save(path, kind, exif=exif, **options)
        assert np.array_equal(np.asarray(open_image(path, "a", (kind,))), plain)


@pytest.mark.parametrize("xmp", [b"<tiff:Orientation>9</tiff:Orientation>", b'tiff:Orientation="x', b"\xff\xfe\0"])
def test_xmp_that_is_none_leaves_sound_pixels_as_they_are(tmp_path, xmp):
    values = np.random.default_rng(0).integers(256, size=(4, 6, 3), dtype=np.uint8)
    Image.fromarray(values).save(tmp_path / "a.webp", lossless=True, xmp=xmp)
    assert np.array_equal(np.asarray(open_image(tmp_path / "a.webp", "a", ("WEBP",))), values)


@pytest.mark.parametrize("value", range(10))
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_every_orientation_is_turned_and_unknown_ones_are_not(tmp_path, kind, value):
    values = np.random.default_rng(1).integers(256, size=(4, 6, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = value
    Image.fromarray(values).save(tmp_path / "a", kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    turned = {
        2: values[:, ::-1],
        3: values[::-1, ::-1],
        4: values[::-1],
        5: values.transpose(1, 0, 2),
        6: np.rot90(values, -1),
        7: values[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(values),
    }.get(value, values)
    assert np.array_equal(np.asarray(open_image(tmp_path / "a", "a", (kind,))), turned)


BROKEN_CHUNKS = {
    b"iCCP": b"a\0\1x", b"gAMA": b"", b"cHRM": b"short", b"sRGB": b"", b"pHYs": b"\xff", b"zTXt": b"a\0\1x",
    b"acTL": b"", b"fcTL": b"\xff" * 30, b"fdAT": b"garbage, more",
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_CHUNKS)
def test_a_broken_remark_in_a_png_leaves_sound_pixels_their_transparency_and_their_turn(name):
    exif = Image.Exif()
    exif[0x0112] = 3
    content = png([[10], [20], [30]], 8, image_files.GREY, transparent=b"\0\x1e")
    content = image_files.with_chunk(content, b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    content = image_files.with_chunk(content, name, BROKEN_CHUNKS[name])
    assert read(content, "PNG")[:, 0].tolist() == [255, 20, 10]


@pytest.mark.parametrize(
    "segment", [(0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe"), (0xED, b"\xff" * 9)]
)
def test_a_broken_remark_in_a_jpeg_leaves_sound_pixels_and_their_turn(segment):
    marker, body = segment
    exif = Image.Exif()
    exif[0x0112] = 3
    buffer = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).repeat(3).reshape(1, 64, 3) * 4).save(buffer, "JPEG", exif=exif)
    content = buffer.getvalue()
    broken = content[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + content[2:]
    assert np.array_equal(read(broken, "JPEG"), read(content, "JPEG"))
    assert read(broken, "JPEG")[0, 0] > 230  # turned: the bright end comes first


def test_what_is_no_image_is_said_to_be_none_of_its_formats():
    with pytest.raises(GeovaeError, match=r"^here/a\.png: not a readable image \(not recognised as PNG\)\."):
        read(b"GIF89a", "PNG")


def test_a_palette_of_8_bits_in_a_tiff_is_refused_and_a_black_one_is_black():
    for brightest, wanted in ((0xFFFF, [255, 255]), (0, [0, 0])):
        content = tiff_files.tiff([(1,), (1,)], [8], tiff_files.PALETTE, colours=[brightest] * 768)
        assert read(content, "TIFF").ravel()[:2].tolist() == wanted
    with pytest.raises(GeovaeError, match="a palette of 8 bits, where TIFF has 16"):
        read(tiff_files.tiff([(1,), (1,)], [8], tiff_files.PALETTE, colours=[255] * 768), "TIFF")
