"""Decoding by several threads: order, bytes, look-ahead, memory, and what is said of broken images."""

import struct
import subprocess
import sys
import threading
import tracemalloc
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from geovae.core.errors import GeovaeError
from geovae.data.decoding import as_array, decoded, open_image
from geovae.data.metadata import JPEG_START, PNG_START
from helpers.paths import SCRIPTS

SHAPE = (3, 4, 5)


def noise(item: int) -> np.ndarray:
    """An image that depends on the item alone; some take longer than others."""
    threading.Event().wait(0.001 * (item % 3))
    return np.random.default_rng(item).integers(256, size=SHAPE, dtype=np.uint8)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@settings(derandomize=True, deadline=None, max_examples=25)
@given(count=st.integers(0, 40), per_chunk=st.integers(1, 50), threads=st.integers(1, 5))
def test_images_come_in_order_in_full_chunks_whatever_the_threads(count, per_chunk, threads):
    items = [(7 * i) % 41 for i in range(count)]
    chunks = list(decoded(items, noise, SHAPE, threads, chunk_bytes=60 * per_chunk + 59))
    assert [len(chunk) for chunk in chunks] == [min(per_chunk, count - i) for i in range(0, count, per_chunk)]
    for item, image in zip(items, (image for chunk in chunks for image in chunk), strict=True):
        np.testing.assert_array_equal(image, noise(item))


def test_a_chunk_holds_one_image_at_least_and_chunks_do_not_share_memory():
    chunks = list(decoded([1, 2], noise, SHAPE, chunk_bytes=1))
    np.testing.assert_array_equal(np.concatenate(chunks), [noise(1), noise(2)])


def test_no_image_of_the_next_chunk_is_decoded_before_it_is_asked_for():
    seen = []
    chunks = decoded(range(100), lambda item: seen.append(item) or noise(0), SHAPE, threads=3, chunk_bytes=600)
    assert seen == []
    next(chunks)
    assert sorted(seen) == list(range(10))
    next(chunks)
    assert sorted(seen) == list(range(20))
    chunks.close()
    assert len(seen) == 20


def test_several_threads_decode_at_the_same_time():
    together = threading.Barrier(3, timeout=20)

    def wait(item):
        together.wait()
        return noise(0)

    assert sum(len(chunk) for chunk in decoded(range(6), wait, SHAPE, threads=3)) == 6


def test_an_error_of_an_image_ends_the_decoding():
    def decode(item):
        if item == 7:
            raise GeovaeError("seven.jpg: not a readable image")
        return noise(item)

    chunks = decoded(range(100), decode, SHAPE, threads=2, chunk_bytes=5 * 60)
    assert len(next(chunks)) == 5
    with pytest.raises(GeovaeError, match=r"seven\.jpg"):
        next(chunks)


@pytest.mark.parametrize("image", [np.zeros((3, 5, 4), np.uint8), np.zeros(SHAPE, np.float32), np.zeros(3, np.uint8)])
def test_images_that_do_not_fit_are_refused(image):
    with pytest.raises(ValueError, match="was decoded where"):
        list(decoded([0], lambda item: image, SHAPE))


def test_the_bar_shows_the_title_and_the_number_of_images(capfd):
    list(decoded(range(30), noise, SHAPE, title="toy/train", chunk_bytes=600))
    shown = capfd.readouterr().err
    assert "toy/train" in shown
    assert "30/30" in shown
    assert shown.count("\r") <= 3  # a log gets a state a minute, not one a chunk


MEMORY = """
import re
import numpy as np
from geovae.data.decoding import decoded

def peak_mb():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

def run(count):
    chunks = decoded(range(count), lambda item: np.full((3, 64, 64), item % 251, np.uint8), (3, 64, 64), 2)
    return {keep}(int(chunk[-1, 0, 0, 0]) if {keep} is sum else chunk for chunk in chunks)

run(1000)
before = peak_mb()
run(12000)
print(peak_mb() - before)
"""


def growth_mb(keep: str) -> float:
    """By how much 147 MB of decoded images raise the peak, when they are dropped (sum) or kept (list)."""
    result = subprocess.run(
        [sys.executable, "-c", MEMORY.format(keep=keep)],
        capture_output=True,
        text=True,
        check=True,
        cwd=SCRIPTS,
    )
    return float(result.stdout)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_memory_does_not_grow_with_the_number_of_images():
    assert growth_mb("sum") < 15
    assert growth_mb("list") > 120


def test_an_image_is_read_from_bytes_and_from_a_file(tmp_path):
    pixels = noise(3).transpose(1, 2, 0)
    content = encoded(Image.fromarray(pixels), "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(content)
    for source in (content, path):
        np.testing.assert_array_equal(as_array(open_image(source, "a.png", ("PNG",))), noise(3))


def test_grey_images_get_a_channel():
    grey = np.arange(20, dtype=np.uint8).reshape(4, 5)
    np.testing.assert_array_equal(as_array(Image.fromarray(grey)), grey[None])


def test_of_an_animation_the_first_frame_is_read():
    frames = [Image.new("L", (5, 4), value) for value in (10, 200)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (as_array(open_image(content, "a.gif", ("GIF",)).convert("L")) == 10).all()


SOUND = encoded(Image.fromarray(np.random.default_rng(0).integers(256, size=(60, 60, 3), dtype=np.uint8)), "JPEG")
BROKEN = {
    "truncated": SOUND[: len(SOUND) // 2],
    "empty": b"",
    "text": b"<html>quota exceeded</html>",
    "another format": encoded(Image.new("L", (4, 4)), "PNG"),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_broken_images_are_named(content):
    with pytest.raises(GeovaeError, match=r"^here/000007\.jpg: not a readable image \(.+\)\.\n"):
        open_image(content, "here/000007.jpg", ("JPEG",))


def test_a_broken_png_and_a_missing_file_are_named(tmp_path):
    content = bytearray(encoded(Image.fromarray(noise(1).transpose(1, 2, 0)), "PNG"))
    content[40:60] = bytes(20)
    for source in (bytes(content), tmp_path / "absent.png"):
        with pytest.raises(GeovaeError, match="a picture: not a readable image"):
            open_image(source, "a picture", ("PNG",))


def larger(kind: str) -> bytes:
    """An image of 64×64 pixels whose header says that it has 9,000×9,000."""
    content = bytearray(encoded(Image.new("RGB", (64, 64)), kind))
    if kind == "JPEG":
        place = content.index(b"\xff\xc0") + 5
        content[place : place + 4] = struct.pack(">HH", 9_000, 9_000)
    elif kind == "GIF":
        content[6:10] = struct.pack("<HH", 9_000, 9_000)
    else:  # the number of rows of a TIFF, of which there is one strip of 64
        place = content.index(struct.pack("<HHI", 257, 4, 1)) + 8
        content[place : place + 4] = struct.pack("<I", 9_000)
    return bytes(content)


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "TIFF"])
def test_an_image_whose_header_tells_of_more_pixels_than_there_are_is_refused_before_it_takes_memory(kind):
    with pytest.raises(GeovaeError, match=r"a: not a readable image \((9,000 × 9,000 pixels in|parts of its)"):
        open_image(larger(kind), "a", (kind,))


def test_an_image_that_would_fill_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(GeovaeError, match=r"bomb\.jpg: not a readable image"):
        open_image(SOUND, "bomb.jpg", ("JPEG",))


@pytest.mark.parametrize(
    ("start", "n_bytes", "said"),
    [
        (b"", 2**28, "not recognised as PNG, JPEG"),
        (PNG_START, 2**28, "not recognised as PNG, JPEG"),
        (JPEG_START + b"\xff\xe0\xff\xff", 2**28, ""),
        (b"", 3 * 2**30, "3,221,225,472 bytes, but an image has at most 1,073,741,824"),
        # A header, and a chunk of pixels that says it is as long as can be.
        (encoded(Image.new("L", (4, 4)), "PNG")[:33] + b"\x7f\xff\xff\xffIDAT", 3 * 2**30, "3,221,225,472 bytes"),
    ],
)
def test_a_huge_file_that_is_no_image_is_named_and_not_read_whole(tmp_path, start, n_bytes, said):
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.write(start)
        file.truncate(n_bytes)  # without blocks on the disk
    tracemalloc.start()
    try:
        with pytest.raises(GeovaeError) as caught:
            open_image(path, str(path), ("PNG", "JPEG"))
        assert tracemalloc.get_traced_memory()[1] < 2**25
    finally:
        tracemalloc.stop()
    assert f"{path}: not a readable image (" in str(caught.value)
    assert said in str(caught.value)
