"""What the configs of the evidence are estimated to take: 16 processor hours in all at most, no artefact above 4."""

from reproduction.config.config import load_config
from reproduction.costs.estimate import Estimator, artefact_costs
from reproduction.costs.throughput import read_measured
from reproduction.evidence import overview
from reproduction.evidence.builds import BUILDS, config_content
from reproduction.evidence.record import artefacts_of
from reproduction.plan.job_checks import check_jobs


def test_the_evidence_is_within_its_budget_and_its_trainings_are_several():
    known, total = read_measured(), 0.0
    for build in BUILDS:
        config = load_config(config_content(build.config_file))
        check_jobs(config)
        costs = artefact_costs(Estimator(config, "cpu", known))
        total += costs.pop("whole build").core_hours
        costs.pop("claims")  # which need all others
        assert max(cost.core_hours for cost in costs.values()) < 4
        sections = [getattr(config.artefacts, name) for name in artefacts_of(config)]
        n_seeds = {len(section.seeds) for section in sections if hasattr(section, "seeds")}
        assert n_seeds == ({1} if build.size_of else {3, 5} if build.name == "mnist" else {3})
    assert 10 < total < 16 == overview.PLANNED_HOURS
