"""TIFF files of any photometric interpretation, sample format, order of bits and depth, written from the specification.

PIL writes few of these kinds, and what it writes it reads the same way, right or wrong.
"""

import struct
from collections.abc import Sequence

WIDTH, BITS, PHOTOMETRIC, FILL_ORDER, OFFSETS, SAMPLES = 256, 258, 262, 266, 273, 277
HEIGHT, STRIP_BYTES, COLOURS, EXTRA, FORMATS = 257, 279, 320, 338, 339
MIN_IS_WHITE, MIN_IS_BLACK, RGB, PALETTE, CMYK, YCBCR, LAB = 0, 1, 2, 3, 5, 6, 8
UNSIGNED, SIGNED, FLOAT = 1, 2, 3


def packed(pixels: Sequence[Sequence[int]], bits: Sequence[int], byte_order: str, fill_order: int = 1) -> bytes:
    """One row of pixels: samples of whole bytes in the byte order, shorter ones from the highest bit down.

    Args:
        pixels: for each pixel its samples, as the bits of unsigned integers.
        bits: of each sample.
        byte_order: "<" or ">".
        fill_order: 2: the lowest bit of each byte comes first.
    """
    if all(depth % 8 == 0 for depth in bits):
        name = "little" if byte_order == "<" else "big"
        row = b"".join(
            value.to_bytes(depth // 8, name) for pixel in pixels for value, depth in zip(pixel, bits, strict=True)
        )
    else:
        text = "".join(f"{value:0{depth}b}" for pixel in pixels for value, depth in zip(pixel, bits, strict=True))
        text += "0" * (-len(text) % 8)
        row = int(text, 2).to_bytes(len(text) // 8, "big")
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in row) if fill_order == 2 else row


def tiff(
    pixels: Sequence[Sequence[int]],
    bits: Sequence[int],
    photometric: int = MIN_IS_BLACK,
    *,
    byte_order: str = "<",
    sample_format: int = UNSIGNED,
    fill_order: int = 1,
    extra: Sequence[int] = (),
    colours: Sequence[int] = (),
    subsampling: Sequence[int] = (),
) -> bytes:
    """A file of one uncompressed row of pixels.

    `colours` are the palette's reds, greens and blues, of 16 bits; `subsampling` is that of the colours of YCbCr.
    """
    data = packed(pixels, bits, byte_order, fill_order)
    tags: dict[int, tuple[int, ...]] = {
        WIDTH: (len(pixels),),
        HEIGHT: (1,),
        BITS: tuple(bits),
        259: (1,),
        PHOTOMETRIC: (photometric,),
        FILL_ORDER: (fill_order,),
        OFFSETS: (8,),
        SAMPLES: (len(bits),),
        278: (1,),
        STRIP_BYTES: (len(data),),
        COLOURS: tuple(colours),
        EXTRA: tuple(extra),
        FORMATS: (sample_format,) * len(bits),
        530: tuple(subsampling),
    }
    tags = {tag: values for tag, values in tags.items() if values}
    data += bytes(-len(data) % 2)
    directory = 8 + len(data)
    values_at = directory + 2 + 12 * len(tags) + 4
    entries, beyond = b"", b""
    for tag, values in sorted(tags.items()):
        content = struct.pack(f"{byte_order}{len(values)}H", *values)
        if len(content) > 4:
            place = struct.pack(f"{byte_order}I", values_at + len(beyond))
            beyond += content
        else:
            place = content.ljust(4, b"\0")
        entries += struct.pack(f"{byte_order}HHI", tag, 3, len(values)) + place
    mark = b"II" if byte_order == "<" else b"MM"
    start = mark + struct.pack(f"{byte_order}HI", 42, directory)
    return start + data + struct.pack(f"{byte_order}H", len(tags)) + entries + bytes(4) + beyond
