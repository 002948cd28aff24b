"""PNG and JPEG files without what only describes them: PIL refuses sound pixels for a broken remark beside them."""

import zlib

PNG_START, JPEG_START = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
PNG_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
EXIF_CHUNK = b"eXIf"  # how the image is to be turned; PIL looks into it when it is asked for that
START_OF_SCAN, COMMENT, EXIF_SEGMENT, ADOBE = 0xDA, 0xFE, 0xE1, 0xEE
APPLICATIONS = range(0xE0, 0xF0)
ADOBE_BYTES = 14  # of the segment that says what the channels are; a shorter one says nothing


def without_metadata(content: bytes) -> bytes | None:
    """What an image file holds, with its pixels, palette, transparency and EXIF alone; None of other formats.

    Of a file that is broken elsewhere too, something that is still broken.
    """
    if content.startswith(PNG_START):
        return _bare_png(content)
    if content.startswith(JPEG_START):
        return _bare_jpeg(content)
    return None


def _bare_png(content: bytes) -> bytes:
    kept, place = [PNG_START], len(PNG_START)
    while place + 12 <= len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4], "big")
        chunk = content[place:end]
        sound = zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")
        if chunk[4:8] in PNG_NEEDED or (chunk[4:8] == EXIF_CHUNK and sound):
            kept.append(chunk)
        place = end
    return b"".join(kept)


def _bare_jpeg(content: bytes) -> bytes:
    kept, place = [JPEG_START], len(JPEG_START)
    while place + 4 <= len(content) and content[place] == 0xFF and content[place + 1] != START_OF_SCAN:
        marker = content[place + 1]
        if marker == 0xFF:  # it may be repeated
            place += 1
            continue
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        described = marker in APPLICATIONS or marker == COMMENT
        if not described or marker == EXIF_SEGMENT or (marker == ADOBE and length >= ADOBE_BYTES):
            kept.append(content[place : place + 2 + length])
        place += 2 + length
    return b"".join([*kept, content[place:]])
