"""The verdicts on each claim, with scores made to bear it out, to refute it and to leave it open; and their page."""

import importlib.util
import json
import re
import zlib
from pathlib import Path

import numpy as np
import pytest

from geovae.claims.evidence import Evidence
from geovae.claims.judgement import COMPARISONS, judge
from geovae.claims.statements import CLAIMS, QUESTIONS
from geovae.claims.verdicts import Outcome
from geovae.errors import GeovaeError
from geovae.evaluation.record import COLUMNS
from geovae.experiments.rows import PAPER_ROWS
from geovae.rendering.claims import build, html_page, markdown_page
from geovae.rendering.classification import columns
from geovae.rendering.writers import csv_text

HOLDS, FAILS, UNDECIDED = Outcome.HOLDS, Outcome.FAILS, Outcome.UNDECIDED
BY_NAME = {claim.name: claim for claim in (*CLAIMS, *QUESTIONS)}
OURS = {"label": "VAE - Ours", "model": "vae", "sampler": "manifold"}
RESAMPLE = {"label": "Decoded means", "model": "vae", "sampler": "resample"}


def jitter(variant: str = "base") -> dict:
    return {"label": f"jitter {variant}", "model": "vae", "sampler": "jitter", "variant": variant}


def ours(variant: str, **others) -> dict:
    return {**OURS, "label": variant, "variant": variant, **others}


def pair(model: str, first: str, second: str) -> dict:
    return {first: {"model": model, "sampler": "prior", "trials": ["t00", "t01"]}} | {
        second: {"model": model, "sampler": "manifold", "trials": ["t00", "t01"]}
    }


SETTINGS = {
    "split": "test",
    "backbone": "classifier",
    "datasets": [
        {"name": "digits", "title": "Digits", "stand_in": True, "net": "conv"},
        {"name": "phantoms", "title": "Phantoms", "stand_in": True, "net": "conv"},
    ],
    "table1": {"datasets": ["digits"], "seeds": [0, 1, 2], "rows": [row._asdict() for row in PAPER_ROWS]},
    "table2": {
        "dataset": "phantoms",
        "raw": "raw",
        "ours": "vae/manifold",
        "others": ["wae/prior", "vae/gmm"],
        "labels": {"raw": "Original", "vae/manifold": "VAE - Ours", "wae/prior": "WAE", "vae/gmm": "VAE - GMM"},
        "scores": ["balanced_accuracy", "f1_AD", "f1_CN"],
    },
    "table3": {
        "datasets": ["digits"],
        "nets": ["conv", "resnet"],
        "rows": [{"label": "WAE", "model": "wae", "sampler": "prior", "trials": ["t00", "t01"]}, OURS],
    },
    "table6": {
        "datasets": ["digits"],
        "pairs": [
            {"label": model.upper(), **pair(model, "prior", "ours")} for model in ("vamp", "iwae", "aae", "vaegan")
        ],
    },
    "table7": {
        "rows": [
            {
                "dataset": "digits",
                "label": "infogan",
                "first": {"model": "two_stage", "sampler": "prior", "net": "infogan"},
                "second": {"model": "two_stage", "sampler": "two_stage", "net": "infogan"},
                "ours": {"model": "two_stage", "sampler": "manifold", "net": "infogan"},
            }
        ]
    },
    "figure4": {
        "datasets": ["digits"],
        "subsets": [{"name": "full", "size": 1000}, {"name": "n100", "size": 100}],
        "rows": [row._asdict() for row in PAPER_ROWS if row.model in ("vae", "wae")],
    },
    "figure12": {
        "datasets": ["digits"],
        "sizes": [ours("k1000", k=1000), ours("k10", k=10), ours("k100", k=100)],
        "draws": [ours("k1000"), ours("k1000_draw1")],
    },
    "figure13": {"datasets": ["digits"], "ours": OURS, "two": ours("k2"), "resample": RESAMPLE},
    "figure14": {"datasets": ["digits"], "cells": [ours("lam0.0001"), ours("lam1.0"), OURS]},
    "controls": {
        "datasets": ["digits"],
        "ours": OURS,
        "released": {"label": "released", "model": "vae", "sampler": "manifold_released"},
        "long": ours("steps1000"),
        "matched": jitter(),
        "kde": {"label": "KDE", "model": "vae", "sampler": "kde"},
        "resample": RESAMPLE,
        "reconstruction": {"label": "Reconstructions", "model": "vae", "sampler": "reconstruction"},
        "jitter_curve": [jitter("sigma0.5"), jitter("sigma1"), jitter()],
    },
}
NOVELTIES = ("novelty", "novelty_latent", "novelty_features")
FIDS = {
    "ae/prior": 50, "wae/prior": 20, "vae/prior": 40, "vamp/prior": 30, "hvae/prior": 25, "rhvae/prior": 35,
    "ae/gmm": 12, "rae_gp/gmm": 11, "rae_l2/gmm": 12, "rae_sn/gmm": 13, "rae/gmm": 14, "vae/gmm": 13,
    "vae/manifold": 8, "vae/manifold/k1000": 8.2, "vae/manifold/k1000_draw1": 8.6, "vae/manifold/k100": 10,
    "vae/manifold/k10": 14, "vae/manifold/k2": 30, "vae/manifold/lam0.0001": 8.1, "vae/manifold/lam1.0": 8.5,
    "vae/manifold/steps1000": 8.3, "vae/manifold_released": 6, "vae/resample": 4, "vae/reconstruction": 3,
    "vae/jitter/sigma0.5": 7, "vae/jitter/sigma1": 10, "vae/jitter": 20, "vae/kde": 12,
    "wae/prior/n100": 45, "vae/prior/n100": 60, "vae/gmm/n100": 45, "vae/manifold/n100": 15,
    "wae/prior/t00": 21, "wae/prior/t01": 18, "wae/prior/t00/resnet": 23, "wae/prior/t01/resnet": 22,
    "vae/manifold/resnet": 9,
    "two_stage/prior/infogan": 20, "two_stage/two_stage/infogan": 13, "two_stage/manifold/infogan": 10,
    **{f"{model}/prior/{trial}": 30 for model in ("vamp", "iwae", "aae", "vaegan") for trial in ("t00", "t01")},
    **{f"{model}/manifold/{trial}": 25 for model in ("vamp", "iwae", "aae", "vaegan") for trial in ("t00", "t01")},
}  # fmt: skip
OTHERS = {
    "vae/manifold": {"prd_f8": 0.98, "prd_f1_8": 0.97, "seconds_sampling": 11.0, "active_share": 0.8}
    | {"active_share_start": 0.9, "displacement": 1.0, "long_displacement": 3.0, **dict.fromkeys(NOVELTIES, 1.2)},
    "vae/manifold/k2": {"prd_f8": 0.6, "novelty": 1.1},
    **{name: dict.fromkeys(NOVELTIES, 0.5) for name in ("vae/resample", "vae/reconstruction", "vae/jitter/sigma0.5")},
    "vae/jitter/sigma1": dict.fromkeys(NOVELTIES, 1.0),
    "vae/jitter": dict.fromkeys(NOVELTIES, 1.6),
}


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
    sources = {"raw": (0.66, 0.47, 0.87), "vae/manifold": ours, "wae/prior": wae, "vae/gmm": (0.83, 0.71, 0.85)}
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


def verdict(name: str, scores=None, settings=None, classification=None):
    evidence = Evidence(
        world() if scores is None else scores,
        settings or SETTINGS,
        classifiers() if classification is None else classification,
    )
    return judge(BY_NAME[name], evidence)


def worse(*names: str, fid: float = 100.0) -> dict:
    return {name: {"fid": fid} for name in names}


REFUTATIONS = {
    "prior": worse("vae/manifold"),
    "gmm": worse("vae/gmm", fid=7.0),
    "ex_post": worse("ae/gmm"),
    "best_fid": worse("rae_gp/gmm", fid=7.0),
    "best_prd": {"wae/prior": {"prd_f1_8": 1.2}},
    "richer": worse("hvae/prior", fid=2.0),
    "size_best": worse("wae/prior/n100", fid=2.0),
    "size_gap": worse("vae/manifold/n100", fid=44.0),
    "size_mixture": worse("vae/gmm/n100", fid=20.0),
    "k_competitive": worse("vae/manifold/k1000", fid=13.0),
    "k_falls": worse("vae/manifold/k1000", fid=11.0),
    "centroids": worse("vae/manifold/k1000_draw1", fid=12.0),
    "lam": worse("vae/manifold/lam0.0001", fid=10.0),
    **{f"helps_{m}": worse(f"{m}/manifold/t00", f"{m}/manifold/t01") for m in ("vamp", "iwae", "aae", "vaegan")},
    "helps_all": worse(*(f"{m}/manifold/t0{i}" for m in ("vamp", "iwae") for i in (0, 1))),
    "first_stage": worse("two_stage/manifold/infogan"),
    "second_stage": worse("two_stage/two_stage/infogan", fid=9.0),
    "search": worse("wae/prior/t01/resnet", fid=8.0),
    "not_resampled": {"vae/manifold": {"novelty_features": 0.4}},
    "two_centroids": {"vae/manifold/k2": {"prd_f8": 0.3, "novelty": 1.0}},
    "cost": {"vae/manifold": {"seconds_sampling": 21.0}},
    "jitter": worse("vae/jitter", fid=7.0),
    "kde": worse("vae/kde", fid=7.0),
    **{f"equal_{column}": worse("vae/jitter/sigma1", "vae/jitter", fid=7.0) for column in NOVELTIES},
    "felt": {"vae/manifold": {"active_share_start": 0.3}},
    "stays": worse("vae/manifold/steps1000", fid=20.0),
    "released": worse("vae/manifold_released", fid=8.0),
}
FROM_CLASSIFIERS = "augmentation"


def test_every_claim_has_a_comparison_and_a_test():
    assert len(BY_NAME) == len(CLAIMS) + len(QUESTIONS)
    assert set(COMPARISONS) == set(BY_NAME) == {*REFUTATIONS, FROM_CLASSIFIERS}


@pytest.mark.parametrize("name", BY_NAME)
def test_scores_made_to_bear_it_out(name):
    judged = verdict(name)
    assert judged.outcome == HOLDS, judged
    assert judged.reason == ""


@pytest.mark.parametrize("name", REFUTATIONS)
def test_scores_made_to_refute_it(name):
    judged = verdict(name, world(REFUTATIONS[name]))
    assert judged.outcome == FAILS, judged
    assert any(part.outcome == FAILS and part.numbers for part in judged.parts)


@pytest.mark.parametrize("name", REFUTATIONS)
def test_noise_leaves_it_open(name):
    judged = verdict(name, world(noise=1000.0, still=NOVELTIES if name.startswith("equal") else ()))
    assert judged.outcome == UNDECIDED, judged
    assert "within uncertainty" in judged.reason


@pytest.mark.parametrize("name", [name for name in REFUTATIONS if name != "felt"])
def test_one_training_decides_nothing_without_a_bootstrap(name):
    judged = verdict(name, world(seeds=(0,)))
    assert (judged.outcome, judged.reason) == (UNDECIDED, "one training and no bootstrap")


@pytest.mark.parametrize("name", ["prior", "best_fid", "size_gap", "lam", "equal_novelty", "released", "k_falls"])
def test_one_training_with_a_bootstrap_decides_of_its_images(name):
    judged = verdict(name, world(seeds=(0,), error=0.05))
    assert judged.outcome == HOLDS
    assert "the images' uncertainty alone, one training" in judged.parts[0].numbers
    assert verdict(name, world(seeds=(0,), error=30.0)).outcome == UNDECIDED


@pytest.mark.parametrize("name", BY_NAME)
def test_a_build_without_the_records_decides_nothing(name):
    judged = verdict(name, [], classification=[])
    assert judged.outcome == UNDECIDED
    assert judged.reason
    bare = {key: SETTINGS[key] for key in ("split", "backbone", "datasets")}
    assert (verdict(name, settings=bare).outcome, verdict(name, settings=bare).reason) == (
        UNDECIDED,
        "not part of this build",
    )


def test_a_part_of_the_rows_can_refute_the_best_but_not_bear_it_out():
    judged = verdict("best_fid", world(without=["hvae/prior"]))
    assert (judged.outcome, judged.reason) == (UNDECIDED, "no score of HVAE")
    fewer = {**SETTINGS["table1"], "rows": [r._asdict() for r in PAPER_ROWS if r.model != "ae"]}
    judged = verdict("best_fid", settings={**SETTINGS, "table1": fewer})
    assert (judged.outcome, judged.reason) == (UNDECIDED, "no score of AE - N(0,1), AE - GMM")
    assert verdict("best_fid", world(REFUTATIONS["best_fid"], without=["hvae/prior"])).outcome == FAILS


def test_trials_are_chosen_by_validation_alone():
    scores = world()
    for record in scores:
        if (record["model"], record["trial"], record["net"], record["split"]) == ("wae", "t01", "conv", "test"):
            record["fid"] = 1.0
    assert verdict("search", scores).outcome == FAILS
    for record in scores:
        if (record["model"], record["trial"], record["net"], record["split"]) == ("wae", "t01", "conv", "validation"):
            record["fid"] = 99.0
    judged = verdict("search", scores)
    assert judged.outcome == HOLDS
    assert "WAE 21." in judged.parts[0].numbers
    assert verdict("search", [record for record in scores if record["split"] == "test"]).outcome == UNDECIDED


def test_one_exception_leaves_almost_all_cases():
    second = [{"name": "mnist", "title": "MNIST", "stand_in": False, "net": "conv"}]
    settings = {**SETTINGS, "datasets": SETTINGS["datasets"] + second}
    settings["table6"] = {**SETTINGS["table6"], "datasets": ["digits", "mnist"]}
    scores = world()
    scores += [{**record, "dataset": "mnist"} for record in world(REFUTATIONS["helps_iwae"])]
    assert verdict("helps_iwae", scores, settings).outcome == FAILS
    assert verdict("helps_all", scores, settings).outcome == HOLDS


def test_seeds_and_splits_that_are_not_asked_for_do_not_count():
    scores = world(seeds=(0, 1, 2, 3), changes={})
    for record in scores:
        if record["seed"] == 3 and record["sampler"] == "manifold":
            record["fid"] = 1e6
    assert verdict("prior", scores).outcome == HOLDS
    assert "3 trainings" in verdict("prior", scores).parts[0].numbers
    other = [{**record, "backbone": "inception"} for record in scores]
    assert verdict("prior", other).outcome == UNDECIDED


def test_distances_to_the_nearest_row_count_on_either_side():
    # Behind the nearest row by 3: the threshold is 1.5 as it is when ours is ahead by 3.
    shift = {f"vae/manifold{end}": {"fid": fid + 6} for end, fid in (("", 8), ("/lam0.0001", 8.1), ("/lam1.0", 8.5))}
    shift |= {name: {"fid": 60.0} for name in FIDS if "/gmm" in name} | {"rae_gp/gmm": {"fid": 11.0}}
    assert verdict("lam", world(shift)).outcome == HOLDS
    assert verdict("lam", world(shift | {"vae/manifold/lam1.0": {"fid": 16.0}})).outcome == FAILS


def test_the_released_chain_may_be_equal_or_merely_close():
    assert verdict("released", world(worse("vae/manifold_released", fid=8.4))).outcome == HOLDS
    assert verdict("released", world(worse("vae/manifold_released", fid=8.0), noise=0.01)).outcome == FAILS
    assert verdict("released", world(worse("vae/manifold_released", fid=8.4), noise=1.0)).outcome == UNDECIDED


def test_a_novelty_outside_the_curve_is_refused():
    judged = verdict("equal_novelty", world({"vae/manifold": {"novelty": 2.0}}))
    assert judged.outcome == UNDECIDED
    assert "not extended" in judged.reason
    untaken = [{name: v for name, v in record.items() if name != "novelty_latent"} for record in world()]
    assert "no curve" in verdict("equal_novelty_latent", untaken).reason


def test_novelty_in_features_is_asked_for_where_it_was_taken():
    assert len(verdict("not_resampled").parts) == 4
    pixels = [{**record, "novelty_features": None} for record in world()]
    assert len(verdict("not_resampled", pixels).parts) == 2


def test_augmentation():
    assert verdict(FROM_CLASSIFIERS).outcome == HOLDS
    assert verdict(FROM_CLASSIFIERS, classification=classifiers(ours=(0.85, 0.75, 0.8))).outcome == FAILS
    assert verdict(FROM_CLASSIFIERS, classification=classifiers(ours=(0.85, 0.75, 0.87))).outcome == UNDECIDED
    assert verdict(FROM_CLASSIFIERS, classification=classifiers(noise=1.0)).outcome == UNDECIDED
    judged = verdict(FROM_CLASSIFIERS, classification=classifiers(wae=(0.8, 0.8, 0.95)))
    assert judged.outcome == FAILS
    assert [part.where for part in judged.parts if part.outcome == FAILS] == [
        "Phantoms, WAE is not ahead of Original in all scores"
    ]
    one = classifiers()[::20]
    assert "fewer than two classifiers of VAE - Ours, Original" in verdict(FROM_CLASSIFIERS, classification=one).reason


def test_classifiers_are_looked_up_by_data_set_and_source_and_shown_by_label():
    judged = verdict(FROM_CLASSIFIERS, classification=classifiers(noise=0.0))
    assert [part.where for part in judged.parts] == [
        *(f"Phantoms, VAE - Ours: {score}" for score in ("balanced accuracy", "f1 AD", "f1 CN")),
        *(f"Phantoms, {other} is not ahead of Original in all scores" for other in ("WAE", "VAE - GMM")),
    ]
    assert judged.parts[1].numbers.startswith("VAE - Ours 0.750, Original 0.470; margin 0.280 (95 %")
    plain = {name: value for name, value in SETTINGS["table2"].items() if name != "labels"}
    judged = verdict(FROM_CLASSIFIERS, settings={**SETTINGS, "table2": plain}, classification=classifiers(noise=0.0))
    assert judged.outcome == HOLDS
    assert judged.parts[1].where == "Phantoms, vae/manifold: f1 AD"
    assert judged.parts[1].numbers.startswith("vae/manifold 0.750, raw 0.470; margin 0.280")
    # Worse runs on another data set and of another sampler count for nothing.
    elsewhere = ({"dataset": "oasis"}, {"source": "ae/gmm"})
    foreign = [row | {"f1_AD": 0.1} | change for row in classifiers() for change in elsewhere]
    expected = verdict(FROM_CLASSIFIERS)
    assert verdict(FROM_CLASSIFIERS, classification=[*classifiers(), *foreign]) == expected


def test_numbers_and_reasons_in_words():
    part = verdict("prior", world(noise=0.0)).parts[0]
    assert (
        part.numbers == "VAE - Ours 8.00, VAE - N(0, 1) 40.00; margin 32.00 (95 % interval 32.00 to 32.00, 3 trainings)"
    )
    at_equal = verdict("equal_novelty", world(noise=0.0)).parts[0].numbers
    # Between (1.0, 10) and (1.6, 20), a third of the way.
    assert at_equal.startswith("at novelty 1.20 VAE - Ours 8.00, noise 13.33; margin 5.33 (95 %")
    assert "all of them: k10 14.00, k100 10.00, k1000 8.20" in verdict("k_falls", world(noise=0.0)).parts[0].numbers
    picked = verdict("best_fid", world(worse("rae_gp/gmm", fid=7.84), seeds=(0,), error=0.05, noise=0.0))
    assert picked.reason == "within uncertainty, the rival being picked as the best of 12"


def page():
    return build(Evidence(world(), SETTINGS, classifiers()))


def test_the_page_says_on_what_it_rests_before_any_verdict():
    text = markdown_page(page())
    basis = text[: text.index("Verdict")]
    for words in (
        "Digits (a stand-in for the paper's data): up to 3 trainings of each model, 500 images a score.",
        "Phantoms (a stand-in for the paper's data): 80 classifiers in all, no scores.",
        "A verdict about stand-in data decides nothing about the paper's data.",
        "the paper takes Inception",
    ):
        assert words in basis
    one = markdown_page(build(Evidence(world(seeds=(0,)), SETTINGS)))
    assert "one training of each model" in one


def test_paper_data_on_inception_carry_no_warning():
    settings = {**SETTINGS, "backbone": "inception", "datasets": [{**SETTINGS["datasets"][0], "stand_in": False}]}
    text = markdown_page(build(Evidence([], {k: settings[k] for k in ("split", "backbone", "datasets")})))
    assert "decides nothing" not in text
    assert "Digits (data of the paper): no scores." in text


def test_both_forms_give_every_claim_its_verdict():
    built = page()
    markdown, web = markdown_page(built), html_page(built)
    for judged in (*built.claims, *built.questions):
        title = re.escape(judged.claim.title)
        assert re.search(rf"^\| {title} \|.*\| {judged.outcome} \|$", markdown, re.M)
        assert re.search(rf"### {title}\n\n.*\n\n\*\*Verdict: {judged.outcome}", markdown)
        assert re.search(rf'<h3 id="{judged.claim.name}">{title}</h3>\n<p>.*\n<p><strong class="holds">Verdict:', web)
    assert markdown.index("The paper's claims") < markdown.index("Questions that the paper does not ask")


def test_markup_in_labels_is_escaped():
    settings = json.loads(json.dumps(SETTINGS))
    settings["datasets"][0]["title"] = "a_<b>|"
    built = build(Evidence(world(), settings))
    assert r"a\_\<b\>\|" in markdown_page(built)
    assert "a_&lt;b&gt;|" in html_page(built)
    assert "<b>" not in html_page(built)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"backbone": None}, None),
        ({"table1": {"datasets": ["mnist"], "rows": []}}, "claims.table1: data set 'mnist'"),
        ({"table1": {"datasets": ["digits"]}}, "claims: rows is missing"),
        ({"table1": {"datasets": ["digits"], "rows": [{"label": "x", "model": "vae"}]}}, "row x: sampler is missing"),
        ({"datasets": [{"name": "digits", "title": "Digits", "net": "conv"}]}, "digits: stand_in is missing"),
    ],
)
def test_settings_that_lack_something(change, message):
    if message is None:
        with pytest.raises(GeovaeError, match="claims: backbone is missing"):
            Evidence([], {k: v for k, v in SETTINGS.items() if k != "backbone"})
        return
    with pytest.raises(GeovaeError, match=message):
        verdict("best_fid", settings={**SETTINGS, **change})


def test_the_script_writes_both_files(tmp_path):
    script = Path(__file__).parents[2] / "workflow_scripts" / "write_claims.py"
    spec = importlib.util.spec_from_file_location("write_claims", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    scores, lines = tmp_path / "scores.csv", tmp_path / "classification.csv"
    scores.write_text(csv_text(COLUMNS, [[record[name] for name in COLUMNS] for record in world()]))
    lines.write_text(csv_text(columns(["AD", "CN"]), [list(row.values()) for row in classifiers()]))
    arguments = ["--scores", str(scores), "--classification", str(lines), "--settings", json.dumps(SETTINGS)]
    outputs = ["--output-md", str(tmp_path / "claims.md"), "--output-html", str(tmp_path / "claims.html")]
    module.main(module.build_parser().parse_args(arguments + outputs))
    assert "| Ours below the prior | Section 5.1, Table 1 | holds |" in (tmp_path / "claims.md").read_text()
    assert (tmp_path / "claims.html").read_text().startswith("<!DOCTYPE html>")
