"""OASIS-1, cross-sectional (Marcus et al. 2007): one axial slice of the brain of each of 416 subjects.

The volumes are those in atlas space, corrected for gain and masked (`T88_111/…_t88_masked_gfc`), of 176×208×176 voxels
of 1 mm. Their axes run to the left, to the front and upwards; the slice is turned so that the front is up and, in the
radiological convention, the subject's left is on the right.
"""

import re
import warnings
from collections.abc import Collection, Iterable
from functools import partial
from pathlib import Path

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.core.reading import printable
from geovae.core.registry import take_options
from geovae.core.seeding import numpy_generator
from geovae.data.base import Images
from geovae.data.raw_files.archives import unpack
from geovae.data.raw_files.download import Store
from geovae.data.raw_files.remote import RemoteFile
from geovae.data.scan import walk
from geovae.data.sheets import read_rows
from geovae.data.volumes import read_slice

SOURCE = "OASIS-1 cross-sectional (D. S. Marcus et al., 2007), one axial slice of each subject in atlas space"
LICENSE = "OASIS data use agreement"

PAGE = "https://sites.wustl.edu/oasisbrains/home/oasis-1/"
HOST = "https://download.nrg.wustl.edu/data/"
NOTE = f"Agree to the terms of use there first. The 12 archives lie at {HOST}oasis_cross-sectional_discN.tar.gz."
SHEET = RemoteFile(
    path="oasis/oasis_cross-sectional.csv", page=PAGE, note=f"{NOTE} If you have the sheet as .xlsx, save it as .csv."
)
DISCS = tuple(
    RemoteFile(path=f"oasis/oasis_cross-sectional_disc{n}.tar.gz", page=PAGE, note=NOTE) for n in range(1, 13)
)
FILES = (SHEET, *DISCS)

DEFAULTS = {"slice": 90, "downscale": 1, "split_seed": 0}
DOWNSCALES = (1, 2, 4)
CLASS_NAMES = ("CN", "AD")
N_SUBJECTS, N_AD = 416, 100  # of the paper
VOLUME_SHAPE = (176, 208, 176)
TEST_SHARE, VALIDATION_SHARE = 5, 10  # one in five, rounded up; one in ten, rounded
# Of the AD subjects, those in the test split: Table 2's scores of classifiers that call everything CN (precision 72.6,
# F1 84.1) fit 61 CN and 23 AD alone.
TEST_SHARE_OF_AD = 0.23
# Twenty subjects have a second session, MR2, some days later: it is left out.
SESSION = re.compile(r"OAS1_\d{4}_MR1")
REPEATED = re.compile(r"OAS1_\d{4}_MR2")
RATINGS = {0.0: 0, 0.5: 1, 1.0: 1, 2.0: 1, 3.0: 1}  # clinical dementia ratings, and their classes
VOLUME = re.compile(rf"({SESSION.pattern})_mpr_n\d_anon_111_t88_masked_gfc\.(img|hdr)")


def obtain(store: Store) -> None:
    """Make a volume of every subject of the sheet be there; archives that are there are unpacked, as far as needed.

    Everything has to be put there by hand, since the data come with an agreement.

    Raises:
        GeovaeError: the sheet or volumes are missing, or the sheet cannot be read.
    """
    subjects = read_sheet(store.obtain(SHEET))
    folder = store.data_dir / "oasis"
    absent = []
    for number, disc in enumerate(DISCS, start=1):
        missing = subjects.keys() - find_volumes(folder)
        if not missing:
            return
        archive = store.find(disc)
        if archive is None:
            absent.append(str(number))
        else:
            unpack(archive, folder, wanted=partial(_is_of, subjects=missing))
    missing = subjects.keys() - find_volumes(folder)
    if missing:
        raise GeovaeError(_what_is_missing(folder, missing, len(subjects), absent))


def load(options: dict, data_dir: str | Path | None = None, threads: int = 1) -> dict[str, Images]:
    """The splits train (290), validation (42) and test (84: 61 CN and 23 AD) of subjects; (N, 1, 208, 176).

    Train and validation are not stratified. The grey levels of each image are scaled to 0 … 255.

    Args:
        options: `slice` (90), which of the 176 axial slices, from below; `downscale` (1), 1, 2 or 4: the means over
            squares of as many pixels, 208×176, 104×88 or 52×44 of them; `split_seed` (0) of the draw of the splits.
        data_dir: the folder that holds `oasis`.
        threads: not used.

    Raises:
        GeovaeError: an unknown option or one out of range, files that are missing or broken, or a blank slice.
    """
    options = take_options(options, DEFAULTS, "data set 'oasis'")
    if options["downscale"] not in DOWNSCALES:
        raise GeovaeError(f"data set 'oasis': downscale is {options['downscale']}, but it must be 1, 2 or 4.")
    if not 0 <= options["slice"] < VOLUME_SHAPE[2]:
        raise GeovaeError(f"data set 'oasis': slice is {options['slice']}, but there are {VOLUME_SHAPE[2]}, from 0.")
    folder = Path(data_dir or "") / "oasis"
    sheet = folder / SHEET.name
    if data_dir is None or not sheet.is_file():
        raise GeovaeError(f"data set 'oasis': {sheet.name} is not in {data_dir}/oasis. Run download_dataset.py first.")
    subjects, volumes = read_sheet(sheet), find_volumes(folder)
    missing = subjects.keys() - volumes.keys()
    if missing:
        raise GeovaeError(
            f"data set 'oasis': volumes of {len(missing)} of {len(subjects)} subjects are not in {folder} "
            f"({min(missing)} is one).\nRun download_dataset.py first."
        )
    images = np.stack([_image(volumes[name], options["slice"], options["downscale"]) for name in subjects])
    labels = np.array(list(subjects.values()), dtype=np.int64)
    return {
        split: Images.from_array(images[chosen], labels[chosen], CLASS_NAMES)
        for split, chosen in split_subjects(labels, options["split_seed"]).items()
    }


def split_subjects(labels: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Draw the indices of each split.

    Args:
        labels: (N,), 0 (CN) or 1 (AD).
        seed: of the draw.

    Returns:
        train, validation and test: of the test split's fifth, 23 of 100 AD subjects and else CN.
    """
    order = numpy_generator("oasis", seed, "split").permutation(len(labels))
    n_test, n_validation = -(-len(labels) // TEST_SHARE), round(len(labels) / VALIDATION_SHARE)
    n_ad = round(TEST_SHARE_OF_AD * labels.sum())
    is_ad = labels[order] == 1
    tested = np.where(is_ad, np.cumsum(is_ad) <= n_ad, np.cumsum(~is_ad) <= n_test - n_ad)
    others = order[~tested]
    cut = len(others) - n_validation
    return {"train": others[:cut], "validation": others[cut:], "test": order[tested]}


def read_sheet(path: Path) -> dict[str, int]:
    """The subjects' first sessions in the order of their names, each with its class: 0 (CN) or 1 (AD).

    AD are those with a clinical dementia rating (CDR) above 0; those with 0 and those who were not rated are CN. A
    sheet of other numbers than the 416 and 100 of the paper gives a warning.

    Raises:
        GeovaeError: the sheet cannot be read or lacks the columns ID and CDR, a row is too short, a rating is none of
            the scale, a session has two of them, or there are no subjects.
    """
    lacking = "it has no columns ID and CDR. Put OASIS-1's sheet there, saved as .csv."
    ratings, other = {}, []
    for number, row in read_rows(path, ("ID", "CDR"), lacking):
        if not SESSION.fullmatch(row["ID"]):
            other += [row["ID"]] * (not REPEATED.fullmatch(row["ID"]))
            continue
        if ratings.setdefault(row["ID"], row["CDR"]) != row["CDR"]:
            raise GeovaeError(f"{path}: line {number} rates {row['ID']} a second time. Put the original sheet there.")
    if not ratings:
        raise GeovaeError(f"{path}: it names no subject (OAS1_0001_MR1 …). Put OASIS-1's cross-sectional sheet there.")
    if other:
        warnings.warn(
            f"{path}: passed by {len(other)} rows that are no session of OASIS-1 ({printable(other[0])!r} is one).",
            stacklevel=2,
        )
    subjects = {name: _class_of(path, name, ratings[name]) for name in sorted(ratings)}
    if (len(subjects), sum(subjects.values())) != (N_SUBJECTS, N_AD):
        found = f"{len(subjects)} subjects, {sum(subjects.values())} of them AD"
        warnings.warn(f"{path}: {found}; the paper has {N_SUBJECTS} and {N_AD}.", stacklevel=2)
    return subjects


def _class_of(path: Path, name: str, rating: str) -> int:
    try:
        return RATINGS[float(rating or 0)]
    except (ValueError, KeyError) as reason:
        raise GeovaeError(
            f"{path}: the CDR of {name} is {printable(rating)!r}, not 0, 0.5, 1, 2 or 3. Put the original sheet there."
        ) from reason


def find_volumes(folder: Path) -> dict[str, Path]:
    """The `.img` files anywhere below `folder` that have their `.hdr`, by subject; of several the first by name."""
    found: dict[str, Path] = {}
    for parent, folders, files in walk(folder):
        folders.sort()
        for name in sorted(files):
            match = VOLUME.fullmatch(name)
            if match and match[2] == "img" and name.replace(".img", ".hdr") in files:
                found.setdefault(match[1], Path(parent) / name)
    return found


def _is_of(member: str, subjects: Collection[str]) -> bool:
    """Whether a member of an archive belongs to the volume of one of the subjects."""
    match = VOLUME.fullmatch(member.rpartition("/")[2])
    return match is not None and match[1] in subjects


def _what_is_missing(folder: Path, missing: Iterable[str], total: int, absent: list[str]) -> str:
    names = sorted(missing)
    listed = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    if absent:
        numbers = ", ".join(absent)
        advice = f"Put oasis_cross-sectional_discN.tar.gz, N = {numbers}, or their unpacked folders, there. {NOTE}"
    else:
        advice = "All 12 archives are there, but lack them: get the archives again, or put the unpacked folders there."
    return f"{folder}: the volumes of {len(names)} of {total} subjects are missing ({listed}).\n{advice} See {PAGE}"


def _image(path: Path, index: int, downscale: int) -> np.ndarray:
    """One slice as uint8 (1, H, W), its least value 0 and its largest 255."""
    values = read_slice(path, VOLUME_SHAPE, index)
    upright = values.T[::-1]
    height, width = (side // downscale for side in upright.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        means = upright.reshape(height, downscale, width, downscale).mean((1, 3))
        lowest = means.min()
        span = means.max() - lowest
    if not np.isfinite(span):
        raise GeovaeError(f"{path}: the values of slice {index} are too large to be scaled. Put the original there.")
    if span == 0:
        raise GeovaeError(f"{path}: slice {index} is blank. Choose a slice nearer to {DEFAULTS['slice']}.")
    return np.rint((means - lowest) / span * 255.0).astype(np.uint8)[None]
