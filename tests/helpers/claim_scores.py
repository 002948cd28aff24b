"""What the tests of claims share: the settings of a small build, and scores in which every claim holds."""

import re
import zlib

import numpy as np

from geovae.evaluation.record import COLUMNS
from reproduction.plan.rows import CONTROL_ROWS, PAPER_ROWS, RELEASED_ROW, SEARCH_ROWS
from reproduction.scores.classification import columns

SEEDS = [0, 1, 2]
OURS = {"label": "VAE - Ours", "model": "vae", "sampler": "manifold", "variant": "base"}


def point(sampler: str, variant: str = "base") -> dict:
    return {"label": f"{sampler} {variant}", "model": "vae", "sampler": sampler, "variant": variant}


def ours(variant: str, **others) -> dict:
    return {**OURS, "label": variant, "variant": variant, **others}


def plugged(model: str) -> list[dict]:
    shared = {"model": model, "title": model.upper(), "trials": ["t00", "t01"], "block": "paper"}
    return [{**shared, "label": "Prior", "sampler": "prior"}, {**shared, "label": "Ours", "sampler": "manifold"}]


def start(suffix: str) -> dict[str, list[dict]]:
    """Figure 12's cells, and Figure 13's, with the chains started as the suffix says."""
    end = "_startcentroids" if suffix else ""
    return {
        f"ks{suffix}": [ours(f"k{k}{end}", k=k) for k in (1000, 10, 100)],
        f"draws{suffix}": [ours(f"k1000{end}"), ours(f"k1000_draw1{end}")],
    }


TABLE1_ROWS = [row._asdict() for row in (*PAPER_ROWS, RELEASED_ROW, *CONTROL_ROWS)]
SEARCHED = [
    {**row._asdict(), "trials": ["t00", "t01"] if row.model == "wae" else ["base"]}
    for row in SEARCH_ROWS
    if row.block == "paper"
]
LENGTHS = [ours("base", n_steps=100), ours("steps1000", n_steps=1000)]
# Table 2's generators, by the name of their images.
GENERATORS = {f"{row.model}/{row.sampler}": row.label for row in PAPER_ROWS}

GEOMETRIES = ("posterior_kde", "volume", "parzen", "neighbours")

SETTINGS = {
    "split": "test",
    "backbone": "classifier",
    "datasets": [
        {"name": "digits", "title": "Digits", "stand_in": True, "net": "conv", "n_steps": 100},
        {"name": "phantoms", "title": "Phantoms", "stand_in": True, "net": "conv", "n_steps": 100},
    ],
    "table1": {"datasets": ["digits"], "seeds": SEEDS, "rows": TABLE1_ROWS, "lengths": LENGTHS},
    "table2": {
        "dataset": "phantoms",
        "raw": "raw",
        "ours": "vae/manifold",
        "others": [name for name in GENERATORS if name != "vae/manifold"],
        "labels": {"raw": "Original", **GENERATORS},
        "scores": ["balanced_accuracy", "f1_AD", "f1_CN"],
    },
    "table3": {
        "datasets": ["digits"],
        "seeds": SEEDS,
        "nets": ["conv", "resnet"],
        "rows": SEARCHED,
    },
    "table6": {
        "datasets": ["digits"],
        "seeds": SEEDS,
        "rows": [row for model in ("vamp", "iwae", "aae", "vaegan") for row in plugged(model)],
    },
    "table7": {
        "datasets": ["digits"],
        "seeds": SEEDS,
        "panels": [{"dataset": "digits", "net": "infogan"}],
        "stages": [
            {"label": sampler, "model": "two_stage", "sampler": sampler}
            for sampler in ("prior", "two_stage", "manifold")
        ],
    },
    "figure4": {
        "datasets": ["digits"],
        "seeds": SEEDS,
        "sizes": {"digits": [{"subset": "n100", "n": 100}, {"subset": "full", "n": 1000}]},
        "rows": [row._asdict() for row in PAPER_ROWS],
    },
    "figure12": {"datasets": ["digits"], "seeds": SEEDS, **start(""), **start("_from_centroids")},
    "figure13": {
        "datasets": ["digits"],
        "seeds": SEEDS,
        "two": [ours("k2")],
        "two_from_centroids": [ours("k2_startcentroids")],
        "points": [OURS, point("resample")],
    },
    "figure14": {"datasets": ["digits"], "seeds": SEEDS, "lams": [ours("lam0.0001"), ours("lam1.0"), OURS]},
    "controls": {
        "datasets": ["digits"],
        "seeds": SEEDS,
        "points": [
            OURS,
            *(point(name) for name in ("manifold_released", "jitter", "kde", "resample", "reconstruction")),
            *(point(name) for name in GEOMETRIES),
        ],
        "lengths": LENGTHS,
        "curves": [point("jitter", "sigma0.5"), point("jitter", "sigma1"), point("jitter")],
    },
}
NOVELTIES = ("novelty", "novelty_latent", "novelty_features")
FIDS = {
    "ae/prior": 50, "wae/prior": 20, "vae/prior": 40, "vamp/prior": 30, "hvae/prior": 25, "rhvae/prior": 35,
    "ae/gmm": 12, "rae_gp/gmm": 11, "rae_l2/gmm": 12, "rae_sn/gmm": 13, "rae/gmm": 14, "vae/gmm": 13,
    "vae/manifold": 8, "vae/manifold/k1000": 8.2, "vae/manifold/k1000_draw1": 8.6, "vae/manifold/k100": 10,
    "vae/manifold/k10": 14, "vae/manifold/k2": 30, "vae/manifold/lam0.0001": 8.1, "vae/manifold/lam1.0": 8.5,
    "vae/manifold/steps1000": 8.3, "vae/manifold_released": 6, "vae/resample": 4, "vae/reconstruction": 3,
    "vae/posterior_kde": 11, "vae/volume": 14, "vae/parzen": 9, "vae/neighbours": 6,
    "vae/jitter/sigma0.5": 7, "vae/jitter/sigma1": 10, "vae/jitter": 20, "vae/kde": 12,
    **{f"vae/manifold/{name}_startcentroids": fid
       for name, fid in (("k1000", 8.3), ("k1000_draw1", 8.7), ("k100", 11), ("k10", 15), ("k2", 31))},
    **{f"{name}/n100": 70 for name in GENERATORS},
    "wae/prior/n100": 45, "vae/prior/n100": 60, "vae/gmm/n100": 45, "vae/manifold/n100": 15,
    "vae_nf/prior": 33, "vae_iaf/prior": 32, **{f"{row.model}/{row.sampler}/resnet": 24 for row in SEARCH_ROWS},
    "wae/prior/t00": 21, "wae/prior/t01": 18, "wae/prior/t00/resnet": 23, "wae/prior/t01/resnet": 22,
    "vae/manifold/resnet": 9,
    "two_stage/prior/infogan": 20, "two_stage/two_stage/infogan": 13, "two_stage/manifold/infogan": 10,
    **{f"{model}/prior/{trial}": 30 for model in ("vamp", "iwae", "aae", "vaegan") for trial in ("t00", "t01")},
    **{f"{model}/manifold/{trial}": 25 for model in ("vamp", "iwae", "aae", "vaegan") for trial in ("t00", "t01")},
}  # fmt: skip
OTHERS = {
    "vae/manifold": {"prd_f8": 0.98, "prd_f1_8": 0.97, "seconds_sampling": 11.0, "active_share": 0.8}
    | {"active_share_start": 0.9, "displacement": 1.0, "long_displacement": 3.0, **dict.fromkeys(NOVELTIES, 1.2)},
    **{f"vae/manifold/k2{end}": {"prd_f8": 0.6, "novelty": 1.1} for end in ("", "_startcentroids")},
    **{name: dict.fromkeys(NOVELTIES, 0.5) for name in ("vae/resample", "vae/reconstruction", "vae/jitter/sigma0.5")},
    "vae/jitter/sigma1": dict.fromkeys(NOVELTIES, 1.0),
    "vae/jitter": dict.fromkeys(NOVELTIES, 1.6),
    **{f"vae/{name}": {"novelty": 1.2, "precision": 0.6, "recall": 0.75} for name in GEOMETRIES},
}
for _name, _precision, _recall in (
    ("resample", 0.92, 0.9), ("jitter/sigma0.5", 0.85, 0.88), ("jitter/sigma1", 0.7, 0.8), ("jitter", 0.5, 0.6),
    ("manifold", 0.9, 0.7),
):  # fmt: skip
    OTHERS[f"vae/{_name}"] |= {"precision": _precision, "recall": _recall}


def parse(name: str) -> dict:
    """The key columns behind a short name: model, sampler, and what else is not as usual."""
    model, sampler, *rest = name.split("/")
    key = {"dataset": "digits", "subset": "full", "net": "conv", "trial": "base", "variant": "base"}
    for part in rest:
        if re.fullmatch("t[0-9]{2}", part):
            key["trial"] = part
        else:
            kind = "subset" if part == "n100" else "net" if part in ("resnet", "infogan") else "variant"
            key[kind] = part
    return key | {"model": model, "sampler": sampler}


def world(changes=None, noise=0.01, seeds=(0, 1, 2), error=None, without=(), still=()) -> list[dict]:
    """Score records in which every claim holds, but for `changes`: short name -> columns."""
    records = []
    for name, fid in FIDS.items():
        if name in without:
            continue
        values = {"fid": fid, "prd_f8": 0.9, "prd_f1_8": 0.9, "seconds_sampling": 10.0, "novelty": 1.0}
        values |= OTHERS.get(name, {}) | (changes or {}).get(name, {})
        for seed in seeds:
            rng = np.random.default_rng(zlib.crc32(f"{name}{seed}".encode()))
            noisy = {k: v if k in still else v + noise * rng.standard_normal() for k, v in values.items()}
            row = dict.fromkeys((*COLUMNS, *NOVELTIES)) | parse(name) | noisy
            row |= {"seed": seed, "n": 500, "backbone": "classifier", "fid_std_error": error}
            records += [{**row, "split": "test"}, {**row, "split": "validation"}]
    return records


def classifiers(ours=(0.85, 0.75, 0.9), wae=(0.6, 0.2, 0.8), noise=0.01) -> list[dict]:
    """Rows of `classification.csv`, as they are read back: twenty runs of each source."""
    sources = dict.fromkeys(("raw", *GENERATORS), (0.6, 0.3, 0.8))
    sources |= {"raw": (0.66, 0.47, 0.87), "vae/manifold": ours, "wae/prior": wae, "vae/gmm": (0.83, 0.71, 0.85)}
    rng = np.random.default_rng(1)
    rows = []
    for source, means in sources.items():
        model, _, sampler = source.partition("/")
        for run in range(20):
            scores = dict(zip(SETTINGS["table2"]["scores"], means + noise * rng.standard_normal(3), strict=True))
            row = dict.fromkeys(columns(["AD", "CN"])) | {"dataset": "phantoms", "source": source, "run": run}
            if sampler:
                row |= {"model": model, "sampler": sampler, "variant": "base", "seed": 0}
            rows.append(row | {name: float(value) for name, value in scores.items()})
    return rows
