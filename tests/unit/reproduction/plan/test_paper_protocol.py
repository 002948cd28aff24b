"""`configs/paper.yaml` plans every row, column and point of the paper; the right sides are the paper's own."""

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


@pytest.mark.parametrize(
    ("artefact", "datasets"),
    [
        ("table1", ["mnist", "svhn", "cifar10", "celeba"]),
        ("table3", ["mnist", "celeba"]),
        ("table6", ["mnist", "celeba"]),
        ("figure2", ["mnist", "celeba"]),
        ("figure3", ["mnist", "celeba"]),
        ("figure4", ["mnist", "cifar10"]),
        ("figure7", ["mnist", "celeba"]),
        ("figure8", ["svhn", "cifar10"]),
        ("figure9", ["svhn", "cifar10"]),
        ("figure11", ["svhn"]),
        ("figure12", ["mnist", "celeba"]),
        ("figure13", ["mnist", "celeba"]),
        ("figure14", ["mnist", "celeba"]),
    ],
)
def test_an_artefacts_data_sets_are_the_papers(artefact, datasets):
    assert getattr(SHOWN, artefact).datasets == datasets


def test_single_data_sets_are_the_papers():
    shown = {name: getattr(SHOWN, name).dataset for name in ("table2", "figure1", "figure5", "figure6")}
    assert shown == {"table2": "oasis", "figure1": "shapes", "figure5": "mnist", "figure6": "celeba"}


def test_searches_have_the_papers_nets_and_ten_configurations():
    assert SHOWN.table3.nets == ["conv", "resnet"]
    assert (SHOWN.table3.n_trials, SHOWN.table6.n_trials) == (10, 10)


@pytest.mark.parametrize("figure", ["figure4", "figure11"])
def test_sizes_of_the_training_set(figure):
    assert getattr(SHOWN, figure).subsets == ["full", "n10000", "n5000", "n1000"]
    assert getattr(SHOWN, figure).models == ALL


@pytest.mark.parametrize(("figure", "models"), [("figure2", [*ALL[:6], "rae"]), ("figure7", ALL), ("figure8", ALL)])
def test_sample_grids_show_the_papers_methods(figure, models):
    assert getattr(SHOWN, figure).models == models


def test_ablations_take_the_papers_values():
    assert SHOWN.figure14.lams == [1e-6, 1e-4, 1e-2, 0.1, 1.0]  # F.2
    assert SHOWN.figure14.k == SHOWN.figure12.k_draws == 1000
    assert max(SHOWN.figure12.ks) == 10_000
    assert SHOWN.figure12.n_draws == 10


def test_augmentation_takes_the_papers_numbers():
    table = SHOWN.table2
    assert (table.n_per_class, table.n_runs) == (2000, 20)
    assert (table.classifier.epochs, table.classifier.batch_size, table.classifier.lr) == (50, 200, 1e-4)
    oasis = CONFIG.datasets.oasis.training
    assert (oasis.epochs, oasis.batch_size, oasis.lr, oasis.patience) == (1000, 100, 1e-4, 20)


@pytest.mark.parametrize(
    ("dataset", "net", "d", "epochs", "lr"),
    [
        ("mnist", "conv", 16, 100, 1e-3),
        ("svhn", "mlp", 16, 100, 1e-3),
        ("cifar10", "conv", 32, 200, 5e-4),
        ("celeba", "conv", 64, 100, 1e-3),
    ],
)
def test_trainings_are_appendix_ds(dataset, net, d, epochs, lr):
    protocol = CONFIG.protocol(dataset)
    training = protocol.training
    assert (protocol.net, protocol.width, protocol.latent_dim) == (net, 1.0, d)
    assert (training.epochs, training.lr, training.batch_size, training.patience) == (epochs, lr, 100, 5)


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


def test_scores_are_on_ten_thousand_images_and_inceptions_features():
    assert (CONFIG.evaluation.n_samples, CONFIG.evaluation.backbone) == (10_000, "inception")


@pytest.mark.parametrize(
    "artefact", ["table1", "table7", "figure4", "figure11", "figure12", "figure14", "figure_controls"]
)
def test_comparisons_are_made_over_five_trainings(artefact):
    assert getattr(SHOWN, artefact).seeds == FIVE


def test_every_artefact_is_built():
    assert all(getattr(SHOWN, name) for name in render_settings.CONTENTS)
