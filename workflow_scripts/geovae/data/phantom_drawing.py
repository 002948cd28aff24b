"""Drawing brain phantoms: axial slices with a ventricle, folds and nuclei of known size.

The recipe, in mm on a field of view of 208×176 mm:

1.  An age: CN as in OASIS, mostly young adults and some old; AD old. Age and AD widen the ventricles and the sulci and
    thin the cortex, each with a spread of its own, so that the classes overlap.
2.  The brain's outline: a superellipse with a random wobble of low order in the angle.
3.  Sulci: dark folds that run inwards from the outline, evenly spaced in the angle but for a band-limited modulation,
    of random depth, opening towards the surface; deeper ones at the sides. Between the hemispheres the longitudinal
    fissure, from the front and from the back, with short sulci of its own. A smooth random field bends all of them.
4.  Cortex: what lies within the cortical thickness of outline, sulci and fissure. White matter inside of it.
5.  Three pairs of deep grey nuclei, and two lateral ventricles: crescents that part towards both ends, with a size, an
    asymmetry and a tilt.
6.  A small rotation and shift, a blur, a smooth bias field, noise, black outside the brain; each image then scaled to
    0 … 255.

All edges and thin folds are drawn as the share of a pixel that they cover, so that an image at half the size is close
to the full one averaged over 2×2 pixels.
"""

from typing import NamedTuple

import numpy as np

FULL_SIZE = (208, 176)  # pixels of 1 mm

# Age in years. Of the 316 CN subjects of OASIS-1, about two thirds are younger than 60.
YOUNG_SHARE = 0.69
YOUNG_AGES, OLD_AGES, AD_AGES = (18.0, 59.0), (60.0, 94.0), (62.0, 96.0)
# Ventricles: area as a share of the brain's; the logarithm is linear in age and class, with normal spread.
VENTRICLE_SHARE_AT_60 = 0.042
VENTRICLE_PER_YEAR, VENTRICLE_AD, VENTRICLE_SPREAD = 0.009, 0.33, 0.33
VENTRICLE_LIMITS = (0.012, 0.16)
# Cortex and sulci at age 60: mean, change a year, change with AD, spread; in mm.
THICKNESS = (4.0, -0.008, -0.30, 0.30)
SULCUS_WIDTH = (1.5, 0.016, 0.40, 0.35)
THICKNESS_LIMITS, SULCUS_LIMITS = (2.5, 5.5), (0.4, 4.5)

# Outline: half axes across and along, their spread, exponent; amplitudes of the wobble, as shares of the radius.
HALF_AXES, HALF_AXES_SPREAD, EXPONENTS = (67.0, 85.0), (2.0, 2.5), (2.0, 2.2)
EGG = 0.015
WOBBLE_ORDERS, WOBBLE = range(2, 7), 0.006
# Folding: sulci around the brain; their modulation in cycles; depths of the two kinds; extra at the sides, in mm.
N_SULCI = (26, 33)
FOLD_ORDERS, FOLD_MODULATION = range(2, 10), 0.15
SHALLOW, DEEP, DEEP_SHARE = (4.0, 9.0), (13.0, 25.0), 0.65
LATERAL_ANGLE, LATERAL_WIDTH, LATERAL_DEPTH = 1.75, 0.13, 12.0
# Longitudinal fissure: how deep from the front and from the back; sulci that leave it, every so far and so deep.
FISSURE_DEPTHS, MEDIAL_SPACING, MEDIAL_DEPTH, MEDIAL_SLANT = ((27.0, 36.0), (34.0, 46.0)), 17.0, 8.0, 0.4
MEDIAL_WIDTH = 0.7  # as a share of the other sulci's
# Bending of all folds: a sum of plane waves, their amplitude and wavelengths in mm.
N_WAVES, BEND, WAVELENGTHS = 6, 1.6, (22.0, 60.0)
OPENING_DEPTH = 5.0  # scale over which a fold opens to twice its width
# Ventricles: half length at a share of 5 %, its growth with the share; how far the ends part in front and behind.
HORN_LENGTH, HORN_GROWTH, SEPTUM = 25.0, 0.35, 1.0
HORN_CURVES, HORN_ASYMMETRY, HORN_TILT = ((5.0, 9.0), (9.0, 15.0)), 0.12, 0.03
# Deep grey nuclei: distance from the ventricle's outer wall, place along, half width, half length, tilt (radians).
NUCLEI = ((5.0, -17.0, 4.0, 9.0, 0.35), (6.0, 7.0, 7.0, 11.0, -0.45), (20.0, -5.0, 4.5, 15.0, 0.15))
# Grey levels of fluid, grey matter, nuclei and white matter, and their spread.
LEVELS, LEVELS_SPREAD = (0.16, 0.56, 0.70, 0.86), 0.015
BLUR, NOISE, BIAS, TEXTURE, TEXTURE_SCALE = 0.7, 0.022, 0.05, 0.018, 2.5
ROTATION, SHIFT = 0.02, 1.0

_ANGLES = np.linspace(-np.pi, np.pi, 721)  # 0 is anterior; both ends are posterior


class Subject(NamedTuple):
    """What the class and the age of a phantom decide; lengths in mm."""

    age: float
    ventricle_share: float
    cortical_thickness: float
    sulcus_width: float


class Grid(NamedTuple):
    """Pixels in the brain's own coordinates (x to the right, y backwards), all (H, W) in mm, and their side in mm."""

    x: np.ndarray
    y: np.ndarray
    radius: np.ndarray
    angle: np.ndarray
    pixel: float


def draw(
    labels: np.ndarray, shape: tuple[int, int], generator: np.random.Generator
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Draw one phantom for each label.

    Args:
        labels: (N,) integers, 0 for CN and 1 for AD.
        shape: height and width in pixels. The height is 208 mm, pixels are square; the same generator draws the same
            brains at every size.
        generator: each image has a generator of its own spawned from it.

    Returns:
        Images (N, 1, H, W) uint8; and the anatomy, float64 arrays (N,): `age` in years, `ventricle_share`, the area of
        the ventricles over that of the brain as drawn, `cortical_thickness` and `sulcus_width` in mm.
    """
    images = np.empty((len(labels), 1, *shape), np.uint8)
    subjects = []
    for index, (label, own) in enumerate(zip(labels, generator.spawn(len(labels)), strict=True)):
        subject = _draw_subject(int(label), own)
        grid = _draw_grid(shape, own)
        tissue, inside, share = _draw_tissue(subject, grid, own)
        images[index, 0] = _to_bytes(_acquire(tissue, grid, own) * inside)
        subjects.append(subject._replace(ventricle_share=share))
    anatomy = np.array(subjects, np.float64).reshape(-1, len(Subject._fields)).T
    return images, dict(zip(Subject._fields, anatomy, strict=True))


def _draw_subject(label: int, generator: np.random.Generator) -> Subject:
    ages = AD_AGES if label else YOUNG_AGES if generator.random() < YOUNG_SHARE else OLD_AGES
    age = generator.uniform(*ages)
    log_share = np.log(VENTRICLE_SHARE_AT_60) + VENTRICLE_PER_YEAR * (age - 60) + VENTRICLE_AD * label
    share = np.exp(generator.normal(log_share, VENTRICLE_SPREAD))
    lengths = [
        np.clip(generator.normal(mean + per_year * (age - 60) + ad * label, spread), *limits)
        for (mean, per_year, ad, spread), limits in ((THICKNESS, THICKNESS_LIMITS), (SULCUS_WIDTH, SULCUS_LIMITS))
    ]
    return Subject(age, np.clip(share, *VENTRICLE_LIMITS), *lengths)


def _draw_grid(shape: tuple[int, int], generator: np.random.Generator) -> Grid:
    """The pixels as a head that is slightly rotated and shifted sees them."""
    pixel = FULL_SIZE[0] / shape[0]
    rows, columns = ((np.arange(side) + 0.5) * pixel - side * pixel / 2 for side in shape)
    down, right = generator.uniform(-SHIFT, SHIFT, 2)
    x, y = _rotate(columns[None, :] + right, rows[:, None] + down, generator.normal(0.0, ROTATION))
    return Grid(x, y, np.hypot(x, y), np.arctan2(x, -y), pixel)


def _rotate(x: np.ndarray, y: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    return np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x


def _wobble(orders: range, scale: float, generator: np.random.Generator) -> np.ndarray:
    """A random periodic function on `_ANGLES` of the given orders, with standard deviation `scale`."""
    weights = generator.normal(0.0, scale / np.sqrt(len(orders)), (2, len(orders)))
    waves = np.outer(np.array(orders), _ANGLES)
    return weights[0] @ np.cos(waves) + weights[1] @ np.sin(waves)


def _covered(distance: np.ndarray, half_width: np.ndarray | float, pixel: float) -> np.ndarray:
    """The share of a pixel that lies within `half_width` of a line (or face) at `distance` from its centre."""
    near, far = (half_width - distance) / pixel + 0.5, (-half_width - distance) / pixel + 0.5
    return np.clip(near, 0.0, 1.0) - np.clip(far, 0.0, 1.0)


def _ellipse(x: np.ndarray, y: np.ndarray, half_width: np.ndarray | float, half_length: float, pixel: float):
    """The share of each pixel that an upright ellipse covers; the distance to its edge is exact to first order."""
    u, v = x / half_width, y / half_length
    norm = np.maximum(np.hypot(u, v), 1e-6)
    slope = np.hypot(u / half_width, v / half_length) / norm
    return np.clip((1.0 - norm) / np.maximum(slope, 1e-6) / pixel + 0.5, 0.0, 1.0)


def _draw_tissue(subject: Subject, grid: Grid, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """Grey levels, the share of each pixel inside the outline, and the share of the brain that is ventricle."""
    depth = _draw_outline(grid, generator)
    folds = _draw_folds(depth, grid, subject.sulcus_width, generator)
    inside = np.clip(depth / grid.pixel + 0.5, 0.0, 1.0)
    # The fluid between brain and outline is a quarter as wide as that in the sulci.
    surface = subject.sulcus_width / 4
    fluid = 1.0 - np.clip((depth - surface) / grid.pixel + 0.5, 0.0, 1.0)
    cortex = 1.0 - np.clip((depth - surface - subject.cortical_thickness) / grid.pixel + 0.5, 0.0, 1.0)
    for distance, half_width in folds:
        fluid = np.maximum(fluid, _covered(distance, half_width, grid.pixel))
        cortex = np.maximum(cortex, _covered(distance, half_width + subject.cortical_thickness, grid.pixel))
    area = inside.sum() * grid.pixel**2
    ventricles, nuclei = _draw_interior(subject.ventricle_share * area, grid, generator)
    level_fluid, level_grey, level_nuclei, level_white = np.add(LEVELS, generator.normal(0.0, LEVELS_SPREAD, 4))
    levels = level_white + (level_nuclei - level_white) * nuclei
    levels += (level_grey - levels) * cortex
    levels += (level_fluid - levels) * np.maximum(fluid, ventricles)
    return levels, inside, float((ventricles * inside).sum() / inside.sum())


def _draw_outline(grid: Grid, generator: np.random.Generator) -> np.ndarray:
    """The depth of each pixel below the brain's outline, in mm; negative outside."""
    across, along = generator.normal(HALF_AXES, HALF_AXES_SPREAD)
    exponent = generator.uniform(*EXPONENTS)
    sine, cosine = np.abs(np.sin(_ANGLES)) / across, np.abs(np.cos(_ANGLES)) / along
    radii = (sine**exponent + cosine**exponent) ** (-1.0 / exponent)
    radii *= 1.0 + EGG * np.cos(3 * _ANGLES) + _wobble(WOBBLE_ORDERS, WOBBLE, generator)
    # Along a radius the outline is met at a slant, which the slope of the radius gives.
    slant = radii / np.hypot(radii, np.gradient(radii, _ANGLES))
    return (np.interp(grid.angle, _ANGLES, radii) - grid.radius) * np.interp(grid.angle, _ANGLES, slant)


def _bend(grid: Grid, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The coordinates of the pixels, displaced by a smooth random field."""
    directions, phases = generator.uniform(0.0, 2 * np.pi, (2, N_WAVES, 2))
    lengths = generator.uniform(*WAVELENGTHS, (N_WAVES, 1)) / (2 * np.pi)
    kx, ky = np.cos(directions) / lengths, np.sin(directions) / lengths
    waves = kx[..., None, None] * grid.x + ky[..., None, None] * grid.y + phases[..., None, None]
    shift = BEND * np.sqrt(2.0 / N_WAVES) * np.sin(waves).sum(0)
    return grid.x + shift[0], grid.y + shift[1]


def _draw_folds(
    depth: np.ndarray, grid: Grid, width: float, generator: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Sulci and longitudinal fissure: the distance of each pixel to the nearest, and the half width there."""
    x, y = _bend(grid, generator)
    angle, radius = np.arctan2(x, -y), np.hypot(x, y)
    count = int(generator.integers(*N_SULCI))
    cycles = count * _ANGLES / (2 * np.pi) + _wobble(FOLD_ORDERS, FOLD_MODULATION, generator)
    phase = np.interp(angle, _ANGLES, cycles)
    nearest = np.round(phase)
    lateral = np.abs(phase - nearest) * radius / np.interp(angle, _ANGLES, np.gradient(cycles, _ANGLES))
    deep = generator.random(count) < DEEP_SHARE
    depths = np.where(deep, generator.uniform(*DEEP, count), generator.uniform(*SHALLOW, count))
    # Both ends of the angle are the same sulcus.
    depths = depths[nearest.astype(int) % count]
    depths += LATERAL_DEPTH * np.exp(-(((np.abs(angle) - LATERAL_ANGLE) / LATERAL_WIDTH) ** 2))
    front, back = (generator.uniform(*limits) for limits in FISSURE_DEPTHS)
    beyond = np.maximum(depth - np.where(y < 0, front, back), 0.0)
    # The two banks of the fissure have folds of their own, which leave it at a slant.
    offsets = generator.random(2)
    step = (y + MEDIAL_SLANT * np.abs(x)) / MEDIAL_SPACING + np.where(x < 0, *offsets)
    medial = np.hypot((step - np.round(step)) * MEDIAL_SPACING, np.maximum(np.abs(x) - MEDIAL_DEPTH, 0.0))
    half_width = width / 2 * (1.0 + np.exp(-np.maximum(depth, 0.0) / OPENING_DEPTH))
    return [
        (np.hypot(lateral, np.maximum(depth - depths, 0.0)), half_width),
        (np.hypot(x, beyond), half_width),
        (np.hypot(medial, beyond), half_width * MEDIAL_WIDTH),
    ]


def _draw_interior(area: float, grid: Grid, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The share of each pixel that the two ventricles, of `area` mm² together, and that the nuclei cover."""
    brain = np.pi * HALF_AXES[0] * HALF_AXES[1]
    length = HORN_LENGTH * (area / brain / 0.05) ** HORN_GROWTH
    front, back = (generator.uniform(*limits) for limits in HORN_CURVES)
    balance = np.exp(generator.normal(0.0, HORN_ASYMMETRY, 2))
    balance /= balance.mean()
    x, y = _rotate(grid.x, grid.y, generator.normal(0.0, HORN_TILT))
    y = y + generator.normal(0.0, 1.5)
    along = y / length
    curve = np.where(along < 0, front, back) * along**2
    ventricles, nuclei = np.zeros_like(x), np.zeros_like(x)
    for side, share in zip((-1, 1), balance, strict=True):
        half_width = share * area / (2 * np.pi * length)
        from_centre = side * x - SEPTUM - half_width - curve
        ventricles = np.maximum(ventricles, _ellipse(from_centre, y, half_width, length, grid.pixel))
        for distance, place, across, half_length, tilt in NUCLEI:
            shift = generator.normal(0.0, 0.7, 2)
            u, v = _rotate(side * x - SEPTUM - 2 * half_width - distance + shift[0], y - place + shift[1], tilt)
            nuclei = np.maximum(nuclei, _ellipse(u, v, across, half_length, 2.0 + grid.pixel))
    return ventricles, nuclei


def _acquire(tissue: np.ndarray, grid: Grid, generator: np.random.Generator) -> np.ndarray:
    """What a scanner makes of the grey levels: texture, blur, bias field and noise; nothing below 0."""
    from scipy.ndimage import gaussian_filter

    weights = generator.normal(0.0, BIAS, 5)
    u, v = grid.x / HALF_AXES[0], grid.y / HALF_AXES[1]
    bias = np.exp(np.tensordot(weights, np.stack([u, v, u * v, u**2 - 0.5, v**2 - 0.5]), 1))
    grain = gaussian_filter(generator.normal(size=tissue.shape), TEXTURE_SCALE / grid.pixel)
    # White noise smoothed with deviation s (in pixels) keeps 1/(2 s √π) of its own.
    texture = TEXTURE * grain * max(2.0 * np.sqrt(np.pi) * TEXTURE_SCALE / grid.pixel, 1.0)
    image = gaussian_filter(tissue, BLUR / grid.pixel) * (1.0 + texture) * bias
    return np.maximum(image + generator.normal(0.0, NOISE / grid.pixel, tissue.shape), 0.0)


def _to_bytes(image: np.ndarray) -> np.ndarray:
    """Scale an image so that its least and greatest values are 0 and 255 (appendix D of the paper: 0 and 1)."""
    low, high = image.min(), image.max()
    return np.rint((image - low) / (high - low) * 255.0).astype(np.uint8)
