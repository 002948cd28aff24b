"""Small PNG, BMP and EXIF content, written from the specifications: kinds that PIL does not write."""

import struct
import zlib
from collections.abc import Sequence

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, INDEXED, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6  # colour types of PNG


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(
    pixels: Sequence[Sequence[int]],
    depth: int,
    colour_type: int,
    *,
    transparent: bytes | None = None,
    colours: bytes = b"",
) -> bytes:
    """One row of pixels; `transparent` is the content of tRNS, `colours` that of PLTE."""
    row = "".join(f"{value:0{depth}b}" for pixel in pixels for value in pixel)
    row += "0" * (-len(row) % 8)
    data = int(row, 2).to_bytes(len(row) // 8, "big")
    content = SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", len(pixels), 1, depth, colour_type, 0, 0, 0))
    content += chunk(b"PLTE", colours) if colours else b""
    content += chunk(b"tRNS", transparent) if transparent is not None else b""
    return content + chunk(b"IDAT", zlib.compress(b"\0" + data)) + chunk(b"IEND", b"")


def with_chunk(content: bytes, name: bytes, body: bytes) -> bytes:
    """A PNG with one chunk more, after its header."""
    start = len(SIGNATURE) + 25
    return content[:start] + chunk(name, body) + content[start:]


def bmp(values: Sequence[int], bits: int, masks: Sequence[int] = ()) -> bytes:
    """One row of pixels of 16 or 32 bits, with masks of their channels or without."""
    row = b"".join(value.to_bytes(bits // 8, "little") for value in values)
    row += bytes(-len(row) % 4)
    header = struct.pack("<IiiHHIIiiII", 40, len(values), 1, 1, bits, 3 if masks else 0, len(row), 0, 0, 0, 0)
    header += struct.pack(f"<{len(masks)}I", *masks)
    offset = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", offset + len(row), 0, 0, offset) + header + row


def on_white(colour: np.ndarray, opacity: float) -> np.ndarray:
    """Colour in [0, 1] as it looks on white, in [0, 255]."""
    return 255 * (opacity * np.asarray(colour) + 1 - opacity)
