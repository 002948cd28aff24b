"""The names of variants: the options of a sampler in a generation's name, as in `k1000_lam0.1`.

Nothing else reads or writes these names. Each is canonical, so that two names never mean the same: an option stands in
it once, in the order of `OPTIONS`, with its word or with its number in its shortest form. The wildcards' patterns
follow from the same table and match these names and no others.
"""

import re
from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from geovae.sampling.table import HELD_OUT

BASE = "base"


def _fits_a_name(number: float) -> float:
    if number < 1e-12 or float(f"{number:.15g}") != number:
        raise ValueError("should be at least 1e-12, with at most 15 significant digits")
    return number


# One centroid has no neighbour to take ρ from.
NumberOfCentroids = Annotated[int, Field(ge=2, le=9_999_999)]
NumberOfSteps = Annotated[int, Field(ge=1, le=9_999_999)]
IndexOfDraw = Annotated[int, Field(ge=0, le=9_999_999)]
NumberOfNeighbours = Annotated[int, Field(ge=1, le=9_999_999)]
NumberOfGaussians = Annotated[int, Field(ge=1, le=9_999_999)]
ChoiceOfGaussians = NumberOfGaussians | Literal[HELD_OUT]
DistanceOfRadius = Literal["mahalanobis"]
StartOfChains = Literal["centroids", "prior"]
# Up to 15 digits, decimals and floating-point numbers are one to one, and a pattern can tell the shortest form.
PositiveDecimal = Annotated[float, Field(gt=0, lt=1e6, allow_inf_nan=False), AfterValidator(_fits_a_name)]

_DECIMAL = "|".join(
    (
        r"[1-9][0-9]{0,5}",
        r"(?!(?:[0-9]\.?){16})[1-9][0-9]{0,5}\.[0-9]{0,13}[1-9]",
        r"0\.0{0,3}[1-9](?:[0-9]{0,13}[1-9])?",
        r"[1-9](?:\.[0-9]{0,13}[1-9])?e-(?:0[5-9]|1[0-2])",
    )
)


Value = int | float | str


class Option(NamedTuple):
    """An option of samplers: how it is said, what numbers or words it takes, how they are written, and whose it is."""

    symbol: str
    type: Any
    pattern: str
    samplers: tuple[str, ...]
    of_metric: bool = False


# Those that draw from the density of a metric.
_OF_METRIC = ("manifold", "volume")
OPTIONS = {
    "k": Option("k", NumberOfCentroids, r"[2-9]|[1-9][0-9]{1,6}", _OF_METRIC, of_metric=True),
    "lam": Option("λ", PositiveDecimal, _DECIMAL, _OF_METRIC, of_metric=True),
    "steps": Option("N", NumberOfSteps, r"[1-9][0-9]{0,6}", ("manifold",)),
    # Which random choice of centroids, in the place of k-medoids.
    "draw": Option("draw", IndexOfDraw, r"0|[1-9][0-9]{0,6}", _OF_METRIC, of_metric=True),
    # ρ in units of the paper's, and the distance between neighbours that it is taken from in the place of Euclid's.
    "rho": Option("ρ factor", PositiveDecimal, _DECIMAL, _OF_METRIC, of_metric=True),
    "dist": Option("distance of ρ", DistanceOfRadius, "mahalanobis", _OF_METRIC, of_metric=True),
    # Where chains start, in the place of training means (`base`).
    "start": Option("start", StartOfChains, "centroids|prior", ("manifold",)),
    # The standard deviation of the noise around training means.
    "sigma": Option("σ", PositiveDecimal, _DECIMAL, ("jitter",)),
    # Nearest means, and the scale of the kernels; held-out likelihood chooses what a name of a density leaves out.
    "nn": Option("K", NumberOfNeighbours, r"[1-9][0-9]{0,6}", ("parzen", "neighbours")),
    "scale": Option("s", PositiveDecimal, _DECIMAL, ("posterior_kde", "parzen")),
    # Gaussians of the mixture in the place of the config's, or as many as held-out likelihood chooses.
    "components": Option("components", ChoiceOfGaussians, rf"[1-9][0-9]{{0,6}}|{HELD_OUT}", ("gmm",)),
}
METRIC_OPTIONS = tuple(name for name, option in OPTIONS.items() if option.of_metric)


def _takes_words(kind: Any) -> bool:
    if get_origin(kind) in (Union, UnionType):
        return any(map(_takes_words, get_args(kind)))
    return get_origin(kind) is Literal


_WITH_WORDS = {name for name, option in OPTIONS.items() if _takes_words(option.type)}
_ADAPTERS = {name: TypeAdapter(option.type) for name, option in OPTIONS.items()}


# -- patterns ---------------------------------------------------------------------------------------------------------


def _names_with(options: Iterable[str]) -> str:
    """A pattern of the names that hold one or more of these options, in their order."""
    parts = [f"{name}(?:{OPTIONS[name].pattern})" for name in options]
    return "|".join(
        first + "".join(f"(?:_{part})?" for part in parts[index:]) for index, first in enumerate(parts, start=1)
    )


def _options_of(sampler: str) -> list[str]:
    return [name for name, option in OPTIONS.items() if sampler in option.samplers]


_SAMPLERS = tuple(dict.fromkeys(sampler for option in OPTIONS.values() for sampler in option.samplers))
VARIANT_PATTERN = "|".join((BASE, *(_names_with(_options_of(sampler)) for sampler in _SAMPLERS)))
METRIC_PATTERN = f"{BASE}|{_names_with(METRIC_OPTIONS)}"


# -- reading and writing ----------------------------------------------------------------------------------------------


def variant_name(**options: Value) -> str:
    """The name of a variant: k=1000, lam=0.1 gives `k1000_lam0.1`, nothing gives `base`.

    Raises:
        ValueError: an option does not exist or is out of range, or they are of several samplers.
    """
    if unknown := options.keys() - OPTIONS.keys():
        raise ValueError(f"unknown option: {', '.join(sorted(unknown))}")
    if options and not set.intersection(*(set(OPTIONS[name].samplers) for name in options)):
        raise ValueError(f"{' and '.join(options)} are options of different samplers")
    values = {name: _checked(name, options[name]) for name in OPTIONS if name in options}
    return "_".join(f"{name}{_written(value)}" for name, value in values.items()) or BASE


def variant_options(variant: str, sampler: str | None = None) -> dict[str, Value]:
    """The options in a variant's name: `k1000_lam0.1` gives {"k": 1000, "lam": 0.1}, `base` gives {}.

    Args:
        variant: the name.
        sampler: whose options are allowed; any by default.

    Raises:
        ValueError: this is no such name, or not the canonical one, which is then offered.
    """
    if variant == BASE:
        return {}
    options: dict[str, Value] = {}
    for part in variant.split("_"):
        name, value = _read(part, _options_of(sampler) if sampler else list(OPTIONS))
        if name in options:
            raise ValueError(f"{name} is given twice")
        options[name] = value
    canonical = variant_name(**options)
    if variant != canonical:
        raise ValueError(f"write it as '{canonical}'")
    return options


def _read(part: str, allowed: list[str]) -> tuple[str, Value]:
    """An option and its value, a number in whatever form it is written."""
    for name in allowed:
        if name in _WITH_WORDS and re.fullmatch(f"{name}[a-z]+", part):
            return name, part.removeprefix(name)
    found = re.fullmatch(r"([a-z]+)([0-9][0-9.e+-]*)", part)
    if not found or found[1] not in allowed:
        known = ", ".join(f"{name}…" for name in allowed)
        raise ValueError(f"allowed: {BASE}, or {known}, joined by _ (for example k1000_lam0.1); '{part}' is none")
    name, digits = found.groups()
    try:
        return name, float(digits) if OPTIONS[name].type is PositiveDecimal else int(digits)
    except ValueError:
        kind = "number" if OPTIONS[name].type is PositiveDecimal else "whole number"
        raise ValueError(f"{name} takes a {kind}, and '{digits}' is none") from None


def _checked(name: str, value: Value) -> Value:
    try:
        return _ADAPTERS[name].validate_python(value, strict=True)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ").removeprefix("Input ")
        raise ValueError(f"{name} {reason}") from None


def _written(number: Value) -> str:
    """A number as short as it can be without another one sharing its name; a word as it is."""
    if isinstance(number, str):
        return number
    short = str(number) if isinstance(number, int) else f"{number:g}"
    return short if float(short) == number else repr(number)


# -- what a name says -------------------------------------------------------------------------------------------------


def metric_variant(variant: str) -> str:
    """The part of a variant that concerns the metric: `k1000_steps500` needs the metric `k1000`."""
    options = variant_options(variant)
    return variant_name(**{name: options[name] for name in METRIC_OPTIONS if name in options})


def centroids_variant(variant: str) -> str:
    """What the centroids of a metric are seeded by: metrics that differ in ρ alone have the same."""
    options = variant_options(metric_variant(variant))
    return variant_name(**{name: value for name, value in options.items() if name not in ("rho", "dist")})


def describe_variant(variant: str) -> str:
    """A variant in words: `k1000_steps500` is "k = 1000, N = 500"."""
    return ", ".join(f"{OPTIONS[name].symbol} = {value}" for name, value in variant_options(variant).items())


def _checked_name(variant: str) -> str:
    variant_options(variant, sampler="manifold")
    return variant


# The type of a key of the config that holds a variant of the paper's sampler.
PaperSamplerVariant = Annotated[str, AfterValidator(_checked_name)]


# -- baselines --------------------------------------------------------------------------------------------------------

# Samplers on a VAE that may stand beside the paper's as baselines.
BASELINES = ("posterior_kde", "parzen", "neighbours", "gmm", "volume")


def baseline_of(name: str) -> tuple[str, str]:
    """Sampler and variant of a baseline, which is named SAMPLER or SAMPLER/VARIANT.

    Raises:
        ValueError: there is no such sampler or variant, or it is a row of the paper.
    """
    sampler, _, variant = name.partition("/")
    if sampler not in BASELINES:
        raise ValueError(f"a baseline is one of {', '.join(BASELINES)}, or one of them with /VARIANT")
    variant = variant if name != sampler else BASE
    variant_options(variant, sampler)
    if (sampler, variant) == ("gmm", BASE):
        raise ValueError("the mixture as it is stands among the paper's rows; name a variant, as gmm/componentsheldout")
    return sampler, variant


def _checked_baseline(name: str) -> str:
    sampler, _ = baseline_of(name)
    if name == f"{sampler}/{BASE}":
        raise ValueError(f"write it as '{sampler}'")
    return name


# The type of an item of the config that names a baseline.
Baseline = Annotated[str, AfterValidator(_checked_baseline)]
