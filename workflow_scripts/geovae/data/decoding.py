"""Decoding image files by several threads into arrays, in order, in memory that does not grow with their number."""

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, UnidentifiedImageError

from geovae.core.errors import GeovaeError
from geovae.core.reading import reading
from geovae.data import pixels
from geovae.data.metadata import without_metadata

Item = TypeVar("Item")

CHUNK_BYTES = 2**22
# What the codes can hold at most: of JPEG's Huffman codes, a bit for a block of 64 pixels; of GIF's, 12 bits for 4,096.
MOST_PIXELS_PER_BYTE = {"JPEG": 512, "MPO": 512, "GIF": 4096}
# Of as many pixels as PIL takes, at 6 bytes each; a broken file that is larger may say that it is one chunk.
MOST_FILE_BYTES = 2**30
MOST_BARE_BYTES = 2**27  # of a file that is read as a whole for what is left of it without its metadata
LOG_INTERVAL, TERMINAL_INTERVAL = 60.0, 0.5  # seconds between two states of the progress bar


def decoded(
    items: Sequence[Item],
    decode: Callable[[Item], np.ndarray],
    shape: tuple[int, int, int],
    threads: int = 1,
    title: str = "",
    chunk_bytes: int = CHUNK_BYTES,
) -> Iterator[np.ndarray]:
    """The images of `items` in their order, as uint8 chunks (n, C, H, W) of up to `chunk_bytes`.

    At most one chunk is decoded ahead of what was asked for. The chunks and their bytes do not depend on `threads`.

    Args:
        items: what `decode` takes: a path, a name in an archive …
        decode: gives one image of `shape`, uint8. Called from several threads at once.
        shape: (C, H, W).
        threads: that decode; PIL lets go of the interpreter while it does.
        title: of the progress bar on standard error.
        chunk_bytes: of one chunk, which holds one image at least.

    Raises:
        GeovaeError: `decode` says so of an image.
        ValueError: an image is not of `shape` or not uint8.
    """
    from tqdm import tqdm

    size = max(1, chunk_bytes // math.prod(shape))
    interval = TERMINAL_INTERVAL if sys.stderr.isatty() else LOG_INTERVAL
    with (
        ThreadPoolExecutor(threads) as pool,
        tqdm(total=len(items), desc=title, unit="image", mininterval=interval, maxinterval=interval) as bar,
    ):
        for start in range(0, len(items), size):
            part = items[start : start + size]
            chunk = np.empty((len(part), *shape), dtype=np.uint8)
            for row, image in zip(chunk, pool.map(decode, part), strict=True):
                if image.shape != row.shape or image.dtype != np.uint8:
                    raise ValueError(f"an image of {image.dtype} {image.shape} was decoded where uint8 {shape} belongs")
                row[:] = image
            yield chunk
            bar.update(len(chunk))


def open_image(source: Path | bytes, name: str, formats: tuple[str, ...], channels: int = 3) -> Image.Image:
    """The pixels of an image file as they are meant: upright, 8 bits a channel, on white where it is transparent.

    Of an animation, or of several pages, the first.

    Args:
        source: the file, or what it holds.
        name: what it is called in an error.
        formats: names of the PIL formats that it may have, whatever its ending is.
        channels: 1 for grey, 3 for RGB.

    Raises:
        GeovaeError: it cannot be read, is not of these formats, is broken, has samples of unknown meaning, or has more
            than MOST_FILE_BYTES.
    """
    with reading(name, "image"):
        try:
            return _plain(source, name, formats, channels)
        except GeovaeError:
            if isinstance(source, Path) and _n_bytes(source) > MOST_BARE_BYTES:
                raise
            bare = without_metadata(source if isinstance(source, bytes) else source.read_bytes())
            if bare is None:
                raise
            with suppress(GeovaeError):
                return _plain(bare, name, formats, channels)
            raise  # what is wrong with the whole file


def _n_bytes(source: Path | bytes) -> int:
    return len(source) if isinstance(source, bytes) else source.stat().st_size


def _plain(source: Path | bytes, name: str, formats: tuple[str, ...], channels: int) -> Image.Image:
    """As `open_image`, of a file whose metadata PIL can read."""
    with reading(name, "image"):
        image, raw_mode = _decoded(source, formats)
        flat = pixels.opaque(pixels.eight_bits(pixels.upright(image), raw_mode, name))
        return flat.convert("L" if channels == 1 else "RGB")


def _decoded(source: Path | bytes, formats: tuple[str, ...]) -> tuple[Image.Image, str]:
    """What PIL decodes, and of a PNG what PIL calls its samples."""

    def opened() -> Image.Image:
        try:
            return Image.open(BytesIO(source) if isinstance(source, bytes) else source, formats=formats)
        except UnidentifiedImageError as reason:  # it shows a Python object in the place of the file
            raise ValueError(f"not recognised as {', '.join(formats)}") from reason

    n_bytes = _n_bytes(source)
    if n_bytes > MOST_FILE_BYTES:
        raise ValueError(f"{n_bytes:,} bytes, but an image has at most {MOST_FILE_BYTES:,}")
    with opened() as image:
        _check_size(image, n_bytes)
        if image.format != "PNG":
            image.load()
            return image, ""
        image.verify()  # the checksums of the chunks of pixels, which decoding leaves out
    with opened() as image:
        raw_mode = image.tile[0].args
        image.load()
        return image, raw_mode


def _check_size(image: Image.Image, n_bytes: int) -> None:
    """Refuse an image that is larger than its file: PIL leaves what is missing black or grey.

    Args:
        image: opened, not yet decoded.
        n_bytes: size of the file.

    Raises:
        ValueError: the file cannot hold so many pixels, or has no part for some of them.
    """
    width, height = image.size
    if width * height > MOST_PIXELS_PER_BYTE.get(image.format, math.inf) * n_bytes:
        raise ValueError(f"{width:,} × {height:,} pixels in {n_bytes:,} bytes")
    parts = {tile.extents for tile in image.tile if tile.extents}
    # The first frame of a GIF may be smaller than the whole.
    if parts and image.format != "GIF" and sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in parts) < width * height:
        raise ValueError(f"parts of its {width:,} × {height:,} pixels are missing")


def as_array(image: Image.Image) -> np.ndarray:
    """A grey or RGB image as uint8 (C, H, W)."""
    values = np.asarray(image)
    return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)
