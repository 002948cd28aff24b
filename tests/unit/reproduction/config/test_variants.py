"""The names of variants: one name for each choice of options, and no other name is read or matches a wildcard."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.core.errors import GeovaeError
from helpers.configs import BASE, overlay, read
from reproduction.config.config import load_config
from reproduction.config.variants import (
    METRIC_OPTIONS,
    METRIC_PATTERN,
    OPTIONS,
    VARIANT_PATTERN,
    Value,
    baseline_of,
    centroids_variant,
    describe_variant,
    metric_variant,
    variant_name,
    variant_options,
)
from reproduction.plan.targets import shown_generations

# Names as they lie in results folders. They seed random draws, so they must never change.
NAMES = [
    ("base", {}, "base", ""),
    ("k2", {"k": 2}, "k2", "k = 2"),
    ("k1000", {"k": 1000}, "k1000", "k = 1000"),
    ("k100_draw0", {"k": 100, "draw": 0}, "k100_draw0", "k = 100, draw = 0"),
    ("k1000_lam0.1", {"k": 1000, "lam": 0.1}, "k1000_lam0.1", "k = 1000, λ = 0.1"),
    ("k1000_lam1e-06", {"k": 1000, "lam": 1e-6}, "k1000_lam1e-06", "k = 1000, λ = 1e-06"),
    ("k1000_lam1", {"k": 1000, "lam": 1.0}, "k1000_lam1", "k = 1000, λ = 1.0"),
    ("lam0.0001", {"lam": 1e-4}, "lam0.0001", "λ = 0.0001"),
    ("lam1.23456789e-05", {"lam": 1.23456789e-5}, "lam1.23456789e-05", "λ = 1.23456789e-05"),
    ("steps1000", {"steps": 1000}, "base", "N = 1000"),
    ("steps1000000", {"steps": 1_000_000}, "base", "N = 1000000"),
    ("k50_lam0.1_steps7", {"k": 50, "lam": 0.1, "steps": 7}, "k50_lam0.1", "k = 50, λ = 0.1, N = 7"),
    ("k50_steps7_draw3", {"k": 50, "steps": 7, "draw": 3}, "k50_draw3", "k = 50, N = 7, draw = 3"),
    ("startcentroids", {"start": "centroids"}, "base", "start = centroids"),
    ("k2_startprior", {"k": 2, "start": "prior"}, "k2", "k = 2, start = prior"),
    (
        "k50_steps7_draw3_startcentroids",
        {"k": 50, "steps": 7, "draw": 3, "start": "centroids"},
        "k50_draw3",
        "k = 50, N = 7, draw = 3, start = centroids",
    ),
    ("rho0.25", {"rho": 0.25}, "rho0.25", "ρ factor = 0.25"),
    (
        "k9_rho1_distmahalanobis_startprior",
        {"k": 9, "rho": 1.0, "dist": "mahalanobis", "start": "prior"},
        "k9_rho1_distmahalanobis",
        "k = 9, ρ factor = 1.0, distance of ρ = mahalanobis, start = prior",
    ),
    ("sigma0.5", {"sigma": 0.5}, "base", "σ = 0.5"),
    ("sigma0.123456789", {"sigma": 0.123456789}, "base", "σ = 0.123456789"),
    ("sigma123456", {"sigma": 123456.0}, "base", "σ = 123456.0"),
    ("nn10", {"nn": 10}, "base", "K = 10"),
    ("nn10_scale0.5", {"nn": 10, "scale": 0.5}, "base", "K = 10, s = 0.5"),
    ("scale2", {"scale": 2.0}, "base", "s = 2.0"),
    ("components20", {"components": 20}, "base", "components = 20"),
    ("componentsheldout", {"components": "heldout"}, "base", "components = heldout"),
]


@pytest.mark.parametrize(("name", "options", "metric", "words"), NAMES, ids=[name for name, *_ in NAMES])
def test_a_name_carries_its_options_names_its_metric_and_is_said_in_words(name, options, metric, words):
    assert variant_name(**options) == name
    assert variant_options(name) == options
    assert metric_variant(name) == metric
    assert describe_variant(name) == words
    assert re.fullmatch(VARIANT_PATTERN, name)
    assert re.fullmatch(METRIC_PATTERN, metric)


REFUSED = [
    (
        "q3",
        "allowed: base, or k…, lam…, steps…, draw…, rho…, dist…, start…, sigma…, nn…, scale…, components…, joined by _",
    ),
    ("", "allowed: base, or k…"),
    ("k", "'k' is none"),
    ("k10_", "'' is none"),
    ("base_k3", "'base' is none"),
    ("k1000_q3", "'q3' is none"),
    ("lam-1", "'lam-1' is none"),
    ("laminf", "'laminf' is none"),
    ("k٣", "'k٣' is none"),
    ("k10\n", "is none"),
    ("k1", "k should be greater than or equal to 2"),
    ("k1e3", "k takes a whole number, and '1e3' is none"),
    ("k10.5", "k takes a whole number, and '10.5' is none"),
    ("steps0", "steps should be greater than or equal to 1"),
    ("lam1e", "lam takes a number, and '1e' is none"),
    ("lam1.2.3", "lam takes a number, and '1.2.3' is none"),
    ("lam0", "lam should be greater than 0"),
    ("lam1e6", "lam should be less than 1000000"),
    ("lam1e999", "lam should be a finite number"),
    ("lam1e-100", "lam should be at least 1e-12, with at most 15 significant digits"),
    ("lam0.30000000000000004", "lam should be at least 1e-12, with at most 15 significant digits"),
    ("k1000_k500", "k is given twice"),
    ("k1000_lam0.1_k1000", "k is given twice"),
    ("lam0.1_k1000", "write it as 'k1000_lam0.1'"),
    ("steps100_k5000", "write it as 'k5000_steps100'"),
    ("draw3_k100", "write it as 'k100_draw3'"),
    ("disteuclidean", "dist should be 'mahalanobis'"),
    ("rho0", "rho should be greater than 0"),
    ("startmeans", "start should be 'centroids' or 'prior'"),
    ("start", "'start' is none"),
    ("start5", "start should be 'centroids' or 'prior'"),
    ("startprior_k10", "write it as 'k10_startprior'"),
    ("startprior_startprior", "start is given twice"),
    ("startprior_sigma0.1", "start and sigma are options of different samplers"),
    ("k0100", "write it as 'k100'"),
    ("draw00", "write it as 'draw0'"),
    ("lam0.10", "write it as 'lam0.1'"),
    ("lam1.0", "write it as 'lam1'"),
    ("lam1e-3", "write it as 'lam0.001'"),
    ("lam0.00001", "write it as 'lam1e-05'"),
    ("sigma1e+2", "write it as 'sigma100'"),
    ("sigma0.1_k10", "sigma and k are options of different samplers"),
    ("sigma0.1_nn5", "sigma and nn are options of different samplers"),
    ("nn0", "nn should be greater than or equal to 1"),
    ("nn10.0", "nn takes a whole number, and '10.0' is none"),
    ("scale0.5_nn10", "write it as 'nn10_scale0.5'"),
    ("scale0", "scale should be greater than 0"),
    ("nn10_k10", "nn and k are options of different samplers"),
    ("components0", "components should be greater than or equal to 1"),
    ("componentsmany", "components should be"),
    ("componentsheldout_components10", "components is given twice"),
    ("scale0.5_componentsheldout", "scale and components are options of different samplers"),
]


@pytest.mark.parametrize(("name", "reason"), REFUSED, ids=[repr(name) for name, _ in REFUSED])
def test_any_other_name_is_refused_with_the_reason_and_matches_no_wildcard(name, reason):
    with pytest.raises(ValueError, match=re.escape(reason)):
        variant_options(name)
    assert not re.fullmatch(VARIANT_PATTERN, name)
    assert not re.fullmatch(METRIC_PATTERN, name)


def test_metrics_that_differ_in_rho_alone_have_the_same_centroids():
    names = {"base": "base", "rho2": "base", "k9_rho0.5_distmahalanobis": "k9", "k9_draw1_rho4_startprior": "k9_draw1"}
    assert {name: centroids_variant(name) for name in names} == names
    assert [centroids_variant(name) for name in ("k9_lam0.1", "k9_steps7_draw3")] == ["k9_lam0.1", "k9_draw3"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"k": 1}, "k should be greater than or equal to 2"),
        ({"k": 10.0}, "k should be a valid integer"),
        ({"steps": 0}, "steps should be greater than or equal to 1"),
        ({"start": "means"}, "start should be 'centroids' or 'prior'"),
        ({"start": 1}, "start should be 'centroids' or 'prior'"),
        ({"sigma": 1e6}, "sigma should be less than 1000000"),
        ({"sigma": float("inf")}, "sigma should be a finite number"),
        ({"scale": float("nan")}, "scale should be a finite number"),
        ({"lam": 0.1 + 0.2}, "lam should be at least 1e-12, with at most 15 significant digits"),
        ({"q": 3}, "unknown option: q"),
        ({"k": 10, "sigma": 0.1}, "k and sigma are options of different samplers"),
    ],
)
def test_options_that_no_name_can_carry_are_refused(options, reason):
    with pytest.raises(ValueError, match=re.escape(reason)):
        variant_name(**options)


def test_an_option_is_read_for_its_own_samplers_alone():
    assert variant_options("nn5_scale0.5", "parzen") == {"nn": 5, "scale": 0.5}
    assert variant_options("k9_rho0.5", "volume") == {"k": 9, "rho": 0.5}
    for name, sampler, part in (
        ("nn5", "posterior_kde", "nn5"),
        ("k9_steps7", "volume", "steps7"),
        ("k9", "gmm", "k9"),
    ):
        with pytest.raises(ValueError, match=f"'{part}' is none"):
            variant_options(name, sampler)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("kernel", "a baseline is one of posterior_kde, parzen, neighbours, gmm, volume"),
        ("manifold/k10", "a baseline is one of"),
        ("parzen/", "'' is none"),
        ("parzen/k10", "'k10' is none"),
        ("parzen/base", "write it as 'parzen'"),
        ("volume/lam0.1_k10", "write it as 'k10_lam0.1'"),
        ("gmm", "stands among the paper's rows"),
    ],
)
def test_baselines_that_are_none_are_refused_by_the_config(name, reason):
    for artefact in ("table1", "figure_controls"):
        with pytest.raises(GeovaeError, match=re.escape(reason)):
            load_config(overlay(BASE, {"artefacts": {artefact: {"baselines": [name]}}}))


def test_a_baseline_is_a_sampler_and_a_variant():
    names = {"parzen": ("parzen", "base"), "volume/k10": ("volume", "k10"), "gmm/components3": ("gmm", "components3")}
    assert {name: baseline_of(name) for name in names} == names
    config = load_config(overlay(BASE, {"artefacts": {"table1": {"baselines": list(names)}}}))
    found = {(g.sampler, g.variant) for g in shown_generations(config, "table1")}
    assert set(names.values()) <= found


# -- for any options and any text -------------------------------------------------------------------------------------


def decimal(digits: int, exponent: int) -> float:
    return float(f"{digits}e{exponent}")


# Floating-point numbers of up to 15 significant digits, from 1e-12 to below a million.
DECIMALS = (
    st.integers(1, 15)
    .flatmap(lambda n: st.builds(decimal, st.integers(10 ** (n - 1), 10**n - 1), st.integers(-11 - n, 6 - n)))
    .filter(lambda number: 1e-12 <= number < 1e6)
)
VALUES = {
    "k": st.integers(2, 10**7 - 1),
    "steps": st.integers(1, 10**7 - 1),
    "draw": st.integers(0, 10**7 - 1),
    "dist": st.just("mahalanobis"),
    "start": st.sampled_from(["centroids", "prior"]),
    "nn": st.integers(1, 10**7 - 1),
    "components": st.integers(1, 10**7 - 1) | st.just("heldout"),
}
SAMPLERS = sorted({sampler for option in OPTIONS.values() for sampler in option.samplers})


@st.composite
def options_in_any_order(draw: st.DrawFn) -> dict[str, Value]:
    sampler = draw(st.sampled_from(SAMPLERS))
    names = [name for name, option in OPTIONS.items() if sampler in option.samplers]
    chosen = draw(st.lists(st.sampled_from(names), unique=True))
    return {name: draw(VALUES.get(name, DECIMALS)) for name in chosen}


@settings(derandomize=True, deadline=None, max_examples=500)
@given(options_in_any_order())
def test_what_is_written_is_read_back_and_is_a_wildcards_value(options):
    name = variant_name(**options)
    assert variant_options(name) == options
    assert {key: type(value) for key, value in variant_options(name).items()} == {
        key: type(value) for key, value in options.items()
    }
    assert re.fullmatch(VARIANT_PATTERN, name)
    assert re.fullmatch(METRIC_PATTERN, metric_variant(name))
    assert variant_options(metric_variant(name)) == {key: options[key] for key in METRIC_OPTIONS if key in options}


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.from_regex(VARIANT_PATTERN, fullmatch=True))
def test_whatever_matches_the_wildcard_is_the_one_name_of_its_options(name):
    assert variant_name(**variant_options(name)) == name


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.from_regex(METRIC_PATTERN, fullmatch=True))
def test_whatever_names_a_metric_is_its_own_part_of_the_metric(name):
    assert metric_variant(name) == name
    assert re.fullmatch(VARIANT_PATTERN, name)


# Text near enough to a name to be taken for one.
AFTER = st.text("0123456789.e+-", max_size=6) | st.sampled_from(
    ["means", "centroids", "prior", "priors", "mahalanobis", "heldout"]
)
PARTS = st.builds(str.__add__, st.sampled_from([*OPTIONS, "base", "q"]), AFTER)


@settings(derandomize=True, deadline=None, max_examples=1000)
@given(st.lists(PARTS, min_size=1, max_size=3).map("_".join) | st.text(max_size=8))
def test_text_is_read_exactly_where_it_matches_the_wildcard(text):
    try:
        options = variant_options(text)
    except ValueError:
        assert not re.fullmatch(VARIANT_PATTERN, text)
    else:
        assert variant_name(**options) == text
        assert re.fullmatch(VARIANT_PATTERN, text)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(st.integers(2, 1000), min_size=1, max_size=2, unique=True),
    st.lists(st.integers(1, 10**6), min_size=1, max_size=2, unique=True),
    st.lists(DECIMALS, min_size=1, max_size=2, unique=True),
)
def test_whatever_the_config_takes_can_be_planned(ks, lengths, numbers):
    sections = {
        "figure12": {"ks": ks, "n_draws": 2},
        "figure14": {"lams": numbers},
        "figure_controls": {"ks": ks, "lengths": lengths, "scales": numbers},
    }
    nothing = dict.fromkeys(read("config.yaml")["artefacts"], None)
    config = load_config(overlay(BASE, {"artefacts": nothing | sections}))
    variants = {generation.variant for generation in shown_generations(config)}
    assert {variant_name(k=k) for k in ks} <= variants
    assert {variant_name(steps=n) for n in lengths} <= variants
    assert {variant_name(sigma=number) for number in numbers} <= variants
    assert all(re.fullmatch(VARIANT_PATTERN, variant) for variant in variants)
