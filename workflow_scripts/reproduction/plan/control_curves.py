"""The curves of the figure of controls: one sampler each, over a range of one of its options."""

from collections.abc import Iterable
from typing import Any

from reproduction.config.figures import Controls
from reproduction.config.variants import variant_name
from reproduction.plan.rows import BASELINE_ROWS, Row

# A kernel density of bandwidth σ has the same distribution, so that it has no curve of its own.
NOISE_ROW = Row("Means + Gaussian noise", "vae", "jitter", "controls")
# The option that the points of a curve differ in.
OPTIONS = {
    "jitter": "sigma",
    "posterior_kde": "scale",
    "parzen": "scale",
    "neighbours": "nn",
    "gmm": "components",
    "volume": "k",
}


def control_curves(figure: Controls) -> list[dict[str, Any]]:
    """The points of all curves: noise of every size, and the baselines; a point says the `value` of its option."""
    of_baselines = figure.baseline_curves.model_dump()
    return _curve(NOISE_ROW, figure.scales) + [
        point for row in BASELINE_ROWS for point in _curve(row, of_baselines[row.sampler])
    ]


def _curve(row: Row, values: Iterable[float]) -> list[dict[str, Any]]:
    option = OPTIONS[row.sampler]
    return [
        row._replace(variant=variant_name(**{option: value}), note="")._asdict() | {"value": value}
        for value in sorted(values)
    ]
