"""From the pixels that PIL decoded to those that were meant: upright, 8 bits a channel, on white.

PIL reads some kinds of samples without scaling or inverting them, and some as what they are not. What is read here is
known to come out right; everything else is refused by name.
"""

import numpy as np
from PIL import ExifTags, Image

from geovae.core.errors import GeovaeError
from geovae.core.reading import printable, reading

# Besides grey of 12 or 16 bits. What has 32 bits a channel has no known white.
MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")
WHITE = (255, 255, 255, 255)  # what shows through transparent pixels
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Tags of TIFF files and their values.
BITS, COMPRESSION, PHOTOMETRIC, COLOUR_MAP, SAMPLE_FORMAT, SUBSAMPLING = 258, 259, 262, 320, 339, 530
UNCOMPRESSED, WHITE_IS_ZERO, UNSIGNED = 1, 0, 1
# By which factor PIL scales the samples of a PNG's grey, and leaves the transparent one as it is.
PNG_SCALES = {"L;2": 85, "L;4": 17}


def upright(image: Image.Image) -> Image.Image:
    """The image turned as its EXIF or XMP asks for; as it is where these cannot be read, or say nothing known."""
    try:
        with reading("its EXIF", "orientation"):
            turn = TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
    except GeovaeError:  # the pixels may be sound, and are looked at on their own
        return image
    return image if turn is None else image.transpose(turn)


def eight_bits(image: Image.Image, raw_mode: str, name: str) -> Image.Image:
    """The image with 8 bits a channel, black at 0 and white at 255.

    Args:
        image: decoded by PIL.
        raw_mode: PIL's name of the samples in the file, of a PNG; "" of other formats.
        name: of the file, for the error.

    Raises:
        GeovaeError: samples of which the white is not known, or which PIL reads otherwise than they are.
    """
    tags = getattr(image, "tag_v2", {})  # of a TIFF
    if set(tags.get(SAMPLE_FORMAT, ())) - {UNSIGNED}:
        raise _refusal(name, f"pixels of the kind {image.mode!r} are not read: they are signed or floating-point")
    if image.mode == "YCbCr" and tags.get(COMPRESSION) == UNCOMPRESSED and tags.get(SUBSAMPLING) != (1, 1):
        raise _refusal(name, "colours (YCbCr) of a lower resolution than the grey are not read without compression")
    if image.mode == "P" and 0 < max(tags.get(COLOUR_MAP, ()), default=0) < 256:
        raise _refusal(name, "a palette of 8 bits, where TIFF has 16, is not read")
    if image.mode.startswith("I;16"):
        return _scaled(image, tags)
    if image.mode not in MODES:
        raise _refusal(name, f"pixels of the kind {image.mode!r} are not read")
    if "transparency" in image.info:
        if raw_mode == "RGB;16B":
            raise _refusal(name, "a transparent colour of 16 bits a channel is not read")
        if raw_mode in PNG_SCALES:
            image.info["transparency"] *= PNG_SCALES[raw_mode]
    return image


def opaque(image: Image.Image) -> Image.Image:
    """An image of 8 bits a channel on white, if it has transparent pixels."""
    if not image.has_transparency_data:
        return image
    if image.mode == "La":  # grey that is multiplied with its opacity
        image = image.convert("LA")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, WHITE), image)


def _scaled(image: Image.Image, tags: dict) -> Image.Image:
    """Grey of 12 or 16 bits with 8 bits; PIL alone would cut its values off at 255. Its transparent grey is white."""
    values = np.asarray(image).astype(np.uint16)
    depth = tags.get(BITS, (16,))[0]
    grey = np.rint(values / ((2**depth - 1) / 255.0)).astype(np.uint8)
    if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO:
        grey = 255 - grey
    grey[values == image.info.get("transparency", -1)] = 255
    return Image.fromarray(grey)


def _refusal(name: str, fault: str) -> GeovaeError:
    return GeovaeError(f"{printable(name)}: {fault}. Save it in grey or RGB, 8 or 16 bits a channel.")
