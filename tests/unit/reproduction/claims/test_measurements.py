"""Verdicts on what is measured of trained VAEs: pull-back metric, interpolations, sharpness and ρ."""

import pytest

from geovae.core.errors import GeovaeError
from helpers.claim_scores import OURS, SETTINGS, TABLE1_ROWS, ours, world
from reproduction.claims.evidence import Evidence
from reproduction.claims.judgement import judge
from reproduction.claims.paper_claims import CLAIMS
from reproduction.claims.verdicts import Outcome

BY_NAME = {claim.name: claim for claim in CLAIMS}
SEEDS = [0, 1, 2]


def of_pullback(rank: float | None) -> dict:
    return {"posterior_rank_log_volume": rank, "posterior_rank_diagonal_within": rank, "n": 1000}


def of_interpolation(nearer: float, farther: float) -> dict:
    shares = {"potential_nearer_share": nearer, "potential_farther_share": farther}
    return shares | {"affine_far_share": 0.1, "potential_far_share": 0.05, "n_pairs": 200, "latent_dim": 2}


def verdict(name: str, kind: str, *runs: dict):
    listed = [{"dataset": "digits", "seed": seed, "record": f"r{seed}"} for seed in range(len(runs))]
    measured = {f"r{seed}": run for seed, run in enumerate(runs)}
    return judge(BY_NAME[name], Evidence(world(), SETTINGS | {kind: {"runs": listed}}, (), measured))


@pytest.mark.parametrize(
    ("ranks", "outcome"),
    [
        ((0.90, 0.91, 0.89), Outcome.HOLDS),
        ((0.30, 0.31, 0.29), Outcome.FAILS),
        ((0.90, 0.10, 0.50), Outcome.UNDECIDED),
        ((0.90,), Outcome.AHEAD),
        ((-0.42,), Outcome.BEHIND),
    ],
)
def test_the_metric_is_close_to_the_pullback_metric_by_rank_correlation(ranks, outcome):
    judged = verdict("pullback", "pullback", *map(of_pullback, ranks))
    assert judged.outcome == outcome
    assert [part.where for part in judged.parts] == ["Digits, log-volumes", "Digits, diagonals"]
    assert judged.parts[0].numbers.startswith(f"rank correlation {sum(ranks) / len(ranks):.2f}".replace("-", "−"))


def test_a_metric_that_is_the_same_everywhere_has_no_rank():
    judged = verdict("pullback", "pullback", of_pullback(None))
    assert judged.outcome == Outcome.UNDECIDED
    assert judged.reason == "one of the two is the same at all means"


@pytest.mark.parametrize(
    ("shares", "outcome"),
    [
        (((0.80, 0.10), (0.82, 0.10), (0.78, 0.10)), Outcome.HOLDS),
        (((0.10, 0.80), (0.10, 0.82), (0.10, 0.78)), Outcome.FAILS),
        (((0.80, 0.10),), Outcome.AHEAD),
        (((0.00, 0.00),), Outcome.UNDECIDED),  # every curve is the line
        (((0.30, 0.28),), Outcome.UNDECIDED),
        (((0.01, 0.00), (0.01, 0.00), (0.02, 0.01)), Outcome.UNDECIDED),  # the same in each, by chance of two pairs
        (((0.60, 0.10), (0.60, 0.10), (0.60, 0.10)), Outcome.HOLDS),
    ],
)
def test_interpolations_are_compared_pair_by_pair(shares, outcome):
    judged = verdict("interpolations", "interpolation", *(of_interpolation(*each) for each in shares))
    assert judged.outcome == outcome
    assert "far from all training images: 5.0 % of the images, straight 10.0 %" in judged.parts[0].numbers


def test_a_record_that_is_not_given_is_named():
    settings = SETTINGS | {"pullback": {"runs": [{"dataset": "digits", "seed": 0, "record": "r0"}]}}
    with pytest.raises(GeovaeError, match=r"no record 'r0'\. Give it as --record r0=PATH"):
        judge(BY_NAME["pullback"], Evidence(world(), settings))


@pytest.mark.parametrize(("own", "outcome"), [(0.05, Outcome.HOLDS), (0.01, Outcome.FAILS)])
def test_sharper_than_the_best_other_row(own, outcome):
    names = {f"{row['model']}/{row['sampler']}" for row in TABLE1_ROWS if row["block"] == "paper"}
    changes = {name: {"sharpness": own if name == "vae/manifold" else 0.03} for name in names}
    section = {"datasets": ["digits"], "seeds": SEEDS, "rows": TABLE1_ROWS}
    judged = judge(BY_NAME["sharper"], Evidence(world(changes, noise=1e-4), SETTINGS | {"figure_sharpness": section}))
    assert judged.outcome == outcome


@pytest.mark.parametrize(("fid", "outcome"), [(8.2, Outcome.HOLDS), (20.0, Outcome.FAILS)])
def test_the_papers_rho_competes_with_its_multiples(fid, outcome):
    rhos = [OURS | {"rho": 1.0}, ours("k1000", rho=0.5), ours("k100", rho=2.0)]
    section = {"datasets": ["digits"], "seeds": SEEDS, "rhos": rhos}
    judged = judge(BY_NAME["rho"], Evidence(world({"vae/manifold": {"fid": fid}}), SETTINGS | {"figure_rho": section}))
    assert judged.outcome == outcome
