"""The page that shows the paper's protocol beside the configs'."""

import pytest

from helpers.configs import configured
from helpers.paths import ROOT
from reproduction.config.config import load_config
from reproduction.plan import protocol_page
from reproduction.plan.paper_protocol import ARTEFACTS, SAMPLER, SCORING, TRAININGS, Setting, say, trainings
from reproduction.plan.targets import ARTEFACTS as BUILT

PAPER = load_config(configured("configs/paper.yaml"))


def test_the_page_is_what_the_configs_say():
    for path, text in protocol_page.documents().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path} is old. Run `make docs`."


@pytest.mark.parametrize("artefact", ARTEFACTS)
def test_the_papers_config_departs_nowhere(artefact):
    for fact in (*ARTEFACTS[artefact], *SCORING, *SAMPLER):
        assert fact.paper is None or say(fact.of(PAPER)) == say(fact.paper), fact.what


@pytest.mark.parametrize("dataset", TRAININGS)
def test_trainings_are_appendix_ds(dataset):
    assert trainings(PAPER, dataset) == TRAININGS[dataset]


def test_every_artefact_of_the_paper_with_a_protocol_is_on_it():
    read_off_nets = {"table4", "table5"}
    of_the_paper = {name for name in BUILT if name.removeprefix("table").removeprefix("figure").isdigit()}
    assert set(ARTEFACTS) == of_the_paper - read_off_nets


def test_what_differs_is_marked_and_what_the_paper_leaves_open_is_not():
    facts = [
        Setting("a", 5, "p", lambda config: 4),
        Setting("b", 0.01, "p", lambda config: 0.01),
        Setting("c", None, "p", lambda config: 7),
    ]
    lines = protocol_page._section("T", facts, PAPER, PAPER).splitlines()
    assert lines[4:] == ["| a | 5 | p | 4 **≠** | 4 **≠** |", "| b | 0.01 | p | 0.01 | 0.01 |", "| c | – | p | 7 | 7 |"]
