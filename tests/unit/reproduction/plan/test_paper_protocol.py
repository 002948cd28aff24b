"""`configs/paper.yaml` plans every row of the paper: what docs/protocol.md, which has the numbers, cannot show."""

import pytest

from helpers.configs import configured
from reproduction import published
from reproduction.config.config import load_config
from reproduction.plan import render_settings
from reproduction.plan.augmentation import sources
from reproduction.plan.cells import section
from reproduction.plan.figures import class_grid
from reproduction.plan.rows import PAPER_ROWS

CONFIG = load_config(configured("configs/paper.yaml"))
SHOWN = CONFIG.artefacts
ALL = ["ae", "wae", "vae", "vamp", "hvae", "rhvae", "rae_gp", "rae_l2", "rae_sn", "rae"]
FIVE = [0, 1, 2, 3, 4]


def labels(rows):
    return [published.normal_label(row["label"]) for row in rows if row["block"] == "paper"]


def printed(table):
    return [published.normal_label(row) for row in published.rows(table)]


@pytest.mark.parametrize("table", ["table1", "table3"])
def test_a_tables_rows_are_the_printed_ones(table):
    assert labels(section(CONFIG, table)["rows"]) == printed(table)


def test_table2_and_figure10_show_every_method():
    rows = [published.normal_label(source.label) for source in sources(CONFIG) if source.block == "paper"]
    assert rows == printed("table2")
    for shown in class_grid(CONFIG).values():
        methods = [row for row, _ in shown if row.block == "paper"]
        assert set(methods) == set(PAPER_ROWS)


def test_table6s_rows_are_the_printed_ones():
    titles = list(dict.fromkeys(row["title"] for row in section(CONFIG, "table6")["rows"]))
    assert titles == published.rows("table6")


@pytest.mark.parametrize(("figure", "models"), [("figure2", [*ALL[:6], "rae"]), ("figure7", ALL), ("figure8", ALL)])
def test_sample_grids_show_the_papers_methods(figure, models):
    assert getattr(SHOWN, figure).models == models


@pytest.mark.parametrize(
    ("dataset", "net", "epochs", "second", "halve_every"),
    [("mnist28", "infogan", 400, 800, 150), ("celeba", "infogan", 400, 800, 150), ("celeba", "wae", 70, 70, 30)],
)
def test_the_two_stage_model_is_trained_as_by_its_authors(dataset, net, epochs, second, halve_every):
    protocol = CONFIG.protocol(dataset).of("two_stage", net, "full")
    training = protocol.training
    assert (protocol.latent_dim, training.batch_size, training.lr) == (64, 64, 1e-4)
    assert (training.epochs, training.halve_every, training.select_on) == (epochs, halve_every, "last")
    assert training.epochs * protocol.models.two_stage.second_epochs == second


def test_table7_has_the_papers_three_rows():
    assert [(row.dataset, row.net) for row in SHOWN.table7.rows] == [
        ("mnist28", "infogan"), ("celeba", "infogan"), ("celeba", "wae"),
    ]  # fmt: skip
    stages = section(CONFIG, "table7")["stages"]
    printed_samplers = {n.sampler for n in published.NUMBERS if n.table == "table7"}
    assert {stage["sampler"] for stage in stages} - {"jitter"} == printed_samplers
    assert CONFIG.protocol("mnist28").image_shape() == (1, 28, 28)


@pytest.mark.parametrize(
    "artefact", ["table1", "table7", "figure4", "figure11", "figure12", "figure14", "figure_controls"]
)
def test_comparisons_are_made_over_five_trainings(artefact):
    assert getattr(SHOWN, artefact).seeds == FIVE


def test_every_artefact_is_built():
    assert all(getattr(SHOWN, name) for name in render_settings.CONTENTS)
