"""The score record: one flat row per generation, backbone and reference split.

Every table and figure of scores is rendered from these rows alone, so each row says by itself what was scored, how, and
by what software.
"""

import math
from collections.abc import Mapping

from geovae.core.errors import GeovaeError

KEY_COLUMNS = ("dataset", "subset", "net", "model", "trial", "seed", "sampler", "variant")
EXTRA_COLUMNS = {
    "kid": ("kid", "kid_std_error"),
    "precision_recall": ("precision", "recall"),
    "density_coverage": ("density", "coverage"),
    "fid_bootstrap": ("fid_std_error",),
}
"""The scores that are taken on request only, and the columns that each fills; null where it was not taken."""

BACKBONE_COLUMNS = ("split", "backbone", "resize", "backbone_accuracy")
SCORED_COLUMNS = (
    "n",
    "fid",
    "prd_f8",
    "prd_f1_8",
    "novelty",
    "novelty_latent",
    "novelty_features",
    *(column for columns in EXTRA_COLUMNS.values() for column in columns),
)
SCORE_COLUMNS = BACKBONE_COLUMNS + SCORED_COLUMNS
SHARPNESS_COLUMNS = ("sharpness", "sharpness_reference")
"""Variance of the Laplacian of the generated images and of the split's own: of the n images that are compared."""

DIAGNOSTIC_COLUMNS = (
    "acceptance",
    "stuck_share",
    "frozen_share_start",
    "energy_error",
    "displacement",
    "displacement_rms",
    "rms_per_dimension",
    "active_share",
    "active_share_start",
    "active_share_train",
    "log_density_start",
    "log_density_end",
    "long_acceptance",
    "long_displacement",
    "long_active_share",
    "long_log_density_end",
    "sigma",
    "bandwidth",
    "diverged_epoch",
)
CONFIG_COLUMNS = ("config_sha256",)
"""A hash of all settings that the generation and its scores follow from."""

PROVENANCE_COLUMNS = (
    "geovae_version",
    "python_version",
    "torch_version",
    "numpy_version",
    "scipy_version",
    "scikit_learn_version",
    "commit",
    "device",
    "threads",
)
TIMING_COLUMNS = ("seconds_sampling", "seconds_scoring", "peak_memory_mb")
"""What differs between two runs of the same command; all other columns are the same at the same number of threads."""

COLUMNS = (
    KEY_COLUMNS
    + SCORE_COLUMNS
    + SHARPNESS_COLUMNS
    + DIAGNOSTIC_COLUMNS
    + CONFIG_COLUMNS
    + PROVENANCE_COLUMNS
    + TIMING_COLUMNS
)

_TEXT = {*KEY_COLUMNS, *CONFIG_COLUMNS, *PROVENANCE_COLUMNS, "split", "backbone", "resize"} - {"seed", "threads"}
_MAY_BE_NULL = {
    *("resize", "backbone_accuracy", "novelty", "novelty_latent", "novelty_features", "seconds_sampling"),
    *(column for columns in EXTRA_COLUMNS.values() for column in columns),
    *DIAGNOSTIC_COLUMNS,
}
_RANGES = {
    "backbone_accuracy": (0.0, 1.0),
    "n": (2, math.inf),
    "fid": (0.0, math.inf),
    "prd_f8": (0.0, 1.0),
    "prd_f1_8": (0.0, 1.0),
    "novelty": (0.0, math.inf),
    "novelty_latent": (0.0, math.inf),
    "novelty_features": (0.0, math.inf),
    "kid_std_error": (0.0, math.inf),
    "precision": (0.0, 1.0),
    "recall": (0.0, 1.0),
    "density": (0.0, math.inf),
    "coverage": (0.0, 1.0),
    "fid_std_error": (0.0, math.inf),
    **dict.fromkeys(SHARPNESS_COLUMNS, (0.0, math.inf)),
}


def check_key(fields: Mapping[str, object]) -> dict[str, object]:
    """The key fields as a dictionary in the order of the columns; raises GeovaeError if they are not `KEY_COLUMNS`."""
    if set(fields) != set(KEY_COLUMNS):
        missing = sorted(set(KEY_COLUMNS) - set(fields))
        unknown = sorted(set(fields) - set(KEY_COLUMNS))
        raise GeovaeError(f"key fields: missing {missing}, unknown {unknown}.\nGive exactly {', '.join(KEY_COLUMNS)}.")
    return {name: fields[name] for name in KEY_COLUMNS}


def diagnostic_columns(diagnostics: Mapping[str, object]) -> dict[str, object]:
    """The diagnostics of a generation that a record carries; None for those that its sampler does not have."""
    return {name: diagnostics.get(name) for name in DIAGNOSTIC_COLUMNS}


def build_record(*parts: Mapping[str, object]) -> dict[str, object]:
    """Join the parts of a record, in the order of the columns, and check it.

    Raises:
        GeovaeError: a column that is missing, unknown, given twice, of the wrong type or out of range. Out of range is
            what the scores of a broken generation are.
    """
    record: dict[str, object] = {}
    for part in parts:
        twice = sorted(set(record) & set(part))
        if twice:
            raise GeovaeError(f"score record: {', '.join(twice)} given twice.")
        record.update(part)
    validate(record)
    return {name: record[name] for name in COLUMNS}


def validate(record: Mapping[str, object], source: str = "score record") -> None:
    """Raise GeovaeError, naming `source` and the column, unless `record` is whole and each value is plausible."""
    missing = [name for name in COLUMNS if name not in record]
    unknown = sorted(set(record) - set(COLUMNS))
    if missing or unknown:
        raise GeovaeError(f"{source}: missing {missing}, unknown {unknown}. Delete it and score the samples again.")
    for name in COLUMNS:
        problem = _problem(name, record[name])
        if problem:
            raise GeovaeError(f"{source}: {name} is {record[name]!r}, {problem}. Score the samples again.")


def _problem(name: str, value: object) -> str | None:
    """What is wrong with the value of a column, or None."""
    if value is None:
        return None if name in _MAY_BE_NULL else "which it may not be"
    if name in _TEXT:
        return None if isinstance(value, str) and value else "a text is expected"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "a number is expected"
    if name in ("seed", "n", "threads") and not isinstance(value, int):
        return "a whole number is expected"
    if not math.isfinite(value):
        return "a finite number is expected"
    low, high = _RANGES.get(name, (-math.inf, math.inf))
    return None if low <= value <= high else f"outside [{low}, {high}]"
