"""What the paper says of how each table and figure is made, and what a config has in its place.

The paper's side is written here as the paper has it; the config's is read off the plan.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from reproduction import published
from reproduction.config.config import Config
from reproduction.plan.augmentation import sources
from reproduction.plan.cells import section
from reproduction.plan.figures import class_grid, grid_rows


class Setting(NamedTuple):
    """One fact of a protocol.

    Attributes:
        what: what is set.
        paper: the paper's value; None where the paper is silent.
        place: where the paper says it; why it is chosen where the paper is silent.
        of: the config's value.
    """

    what: str
    paper: Any
    place: str
    of: Callable[[Config], Any]


def _datasets(artefact: str, paper: str | None, place: str) -> Setting:
    def of(config: Config) -> str:
        section = getattr(config.artefacts, artefact)
        names = getattr(section, "datasets", None) or [section.dataset]
        return ", ".join(config.protocol(name).title for name in names)

    return Setting("Data sets", paper, place, of)


def _seeds(artefact: str) -> Setting:
    return Setting(
        "Trainings per row", None, "chosen: so many that a spread is seen",
        lambda config: len(getattr(config.artefacts, artefact).seeds),
    )  # fmt: skip


def _of(artefact: str, what: str, paper: Any, place: str, name: str) -> Setting:
    return Setting(what, paper, place, lambda config: getattr(getattr(config.artefacts, artefact), name))


def _rows(artefact: str, place: str) -> Setting:
    def of(config: Config) -> int:
        return sum(row["block"] == "paper" for row in section(config, artefact)["rows"])

    return Setting("Rows of the paper", len(published.rows(artefact)), place, of)


def _methods(figure: str, count: int, place: str) -> Setting:
    def of(config: Config) -> int:
        return sum(row.block == "paper" for row in grid_rows(getattr(config.artefacts, figure).models))

    return Setting("Methods", count, place, of)


def _curves(figure: str, place: str) -> list[Setting]:
    sizes = "full, 10,000, 5,000, 1,000"

    def subsets(config: Config) -> str:
        names = getattr(config.artefacts, figure).subsets
        return ", ".join("full" if name == "full" else f"{int(name[1:]):,}" for name in names)

    methods = Setting(
        "Curves of the paper", 13, place,
        lambda config: sum(row["block"] == "paper" for row in section(config, figure)["rows"]),
    )  # fmt: skip
    return [Setting("Sizes of the training set", sizes, place, subsets), methods, _seeds(figure)]


def trainings(config: Config, dataset: str) -> dict[str, Any]:
    """What Appendix D says of the trainings on a data set, as the config has it."""
    protocol = config.protocol(dataset)
    training = protocol.training
    return {
        "net": protocol.net,
        "width": protocol.width,
        "d": protocol.latent_dim,
        "epochs": training.epochs,
        "batch size": training.batch_size,
        "learning rate": training.lr,
        "patience": training.patience,
        "kept epoch by": training.select_on,
    }


# Of Appendix D, Table 4 and the head of Table 1; the embedded default's stand-in of each after it.
TRAININGS: dict[str, dict[str, Any]] = {
    name: {"net": net, "width": 1.0, "d": d, "epochs": epochs, "batch size": 100, "learning rate": lr,
           "patience": patience, "kept epoch by": "validation"}
    for name, net, d, epochs, lr, patience in (
        ("mnist", "conv", 16, 100, 1e-3, 5),
        ("svhn", "mlp", 16, 100, 1e-3, 5),
        ("cifar10", "conv", 32, 200, 5e-4, 5),
        ("celeba", "conv", 64, 100, 1e-3, 5),
        ("oasis", "conv", 16, 1000, 1e-4, 20),
    )
}  # fmt: skip
STAND_INS = {"mnist": "digits", "oasis": "phantoms"}

SCORING = [
    Setting("Images per score", 10_000, "Appendix D", lambda config: config.evaluation.n_samples),
    Setting("Features", "inception", "Table 1 (FID)", lambda config: config.evaluation.backbone),
    Setting("Gaussians of the mixture", 10, "Table 1", lambda config: _sampler(config).gmm.n_components),
]
SAMPLER = [
    Setting("Steps N", 100, "Appendix B.3", lambda config: _sampler(config).manifold.n_steps),
    Setting("Leapfrog steps n_lf", 10, "Appendix B.3", lambda config: _sampler(config).manifold.n_lf),
    Setting("Leapfrog step ε", 0.01, "Appendix B.3", lambda config: _sampler(config).manifold.eps_lf),
]


def _sampler(config: Config) -> Any:
    """The samplers of the first data set of Table 1; they are alike on all."""
    return config.protocol(config.artefacts.table1.datasets[0]).samplers


def _grid(figure: str, datasets: str, count: int, place: str) -> list[Setting]:
    return [_datasets(figure, datasets, place), _methods(figure, count, place)]


def _two_stage(config: Config) -> str:
    return "; ".join(f"{config.protocol(row.dataset).title}, {row.net}" for row in config.artefacts.table7.rows)


def _two_stage_of(name: str) -> Callable[[Config], str]:
    def of(config: Config) -> str:
        protocols = [
            config.protocol(row.dataset).of("two_stage", row.net, "full") for row in config.artefacts.table7.rows
        ]
        values = [getattr(protocol.training, name, None) or getattr(protocol, name, None) for protocol in protocols]
        return ", ".join(say(value) for value in values)

    return of


ARTEFACTS: dict[str, list[Setting]] = {
    "table1": [
        _datasets("table1", "MNIST, SVHN, CIFAR10, CelebA", "Table 1"),
        _rows("table1", "Table 1"),
        _of("table1", "Scored against", "test", "Table 1", "split"),
        _seeds("table1"),
    ],
    "table2": [
        _datasets("table2", "OASIS", "Appendix C.3"),
        Setting("Rows", 15, "Table 2", lambda config: sum(s.block == "paper" for s in sources(config))),
        _of("table2", "Images per class", 2000, "Appendix C.3", "n_per_class"),
        _of("table2", "Trainings of the classifier", 20, "Table 2", "n_runs"),
        *(
            Setting(
                f"Classifier: {what}", value, "Appendix D",
                lambda config, name=name: getattr(config.artefacts.table2.classifier, name),
            )
            for what, name, value in (
                ("epochs", "epochs", 50), ("batch size", "batch_size", 200), ("learning rate", "lr", 1e-4),
                ("patience", "patience", 5), ("width", "width", 1.0),
            )
        ),
    ],
    "table3": [
        _datasets("table3", "MNIST, CelebA", "Appendix C.4"),
        _rows("table3", "Table 3"),
        _of("table3", "Nets", ["conv", "resnet"], "Table 3", "nets"),
        _of("table3", "Configurations per model", 10, "Appendix C.4", "n_trials"),
        _seeds("table3"),
    ],
    "table6": [
        _datasets("table6", "MNIST, CelebA", "Table 6"),
        Setting("Models", 4, "Appendix G", lambda config: len(config.artefacts.table6.models)),
        _of("table6", "Configurations per model", 10, "Appendix G", "n_trials"),
        _of("table6", "Net", None, "VAMP's numbers by its prior are Table 3's of the ResNet", "net"),
        _seeds("table6"),
    ],
    "table7": [
        Setting("Rows", "MNIST, 28×28, infogan; CelebA, infogan; CelebA, wae", "Table 7, authors' code", _two_stage),
        *(
            Setting(what, value, place, _two_stage_of(name))
            for what, name, value, place in (
                ("d", "latent_dim", "64, 64, 64", "authors' code"),
                ("Batch size", "batch_size", "64, 64, 64", "authors' code"),
                ("Learning rate", "lr", "0.0001, 0.0001, 0.0001", "authors' code"),
                ("Epochs of the first stage", "epochs", "400, 400, 70", "authors' code, its README and issue 9"),
                ("Rate halved every", "halve_every", "150, 150, 30", "authors' code, its README and issue 9"),
                ("Kept epoch", "select_on", "last, last, last", "authors' code"),
            )
        ),
        _seeds("table7"),
    ],
    "figure1": [_datasets("figure1", "Disks and rings", "Figure 1")],
    "figure2": _grid("figure2", "MNIST, CelebA", 10, "Figure 2"),
    "figure3": [_datasets("figure3", "MNIST, CelebA", "Figure 3")],
    "figure4": [_datasets("figure4", "MNIST, CIFAR10", "Figure 4"), *_curves("figure4", "Section 5.2")],
    "figure5": [_datasets("figure5", "MNIST", "Figure 5")],
    "figure6": [_datasets("figure6", "CelebA", "Figure 6")],
    "figure7": _grid("figure7", "MNIST, CelebA", 13, "Figure 7"),
    "figure8": _grid("figure8", "SVHN, CIFAR10", 13, "Figure 8"),
    "figure9": [_datasets("figure9", "SVHN, CIFAR10", "Figure 9")],
    "figure10": [
        Setting(
            "Methods", 13, "Figure 10",
            lambda config: sum(row.block == "paper" for row, _ in next(iter(class_grid(config).values()))),
        )
    ],
    "figure11": [_datasets("figure11", "SVHN", "Figure 11"), *_curves("figure11", "Section 5.2")],
    "figure12": [
        _datasets("figure12", None, "chosen: those of Figure 14"),
        _of("figure12", "Centroids k", None, "Appendix F.1 names 1000", "ks"),
        _of("figure12", "Centroids of a random choice", 1000, "Figure 12", "k_draws"),
        _of("figure12", "Random choices", None, "chosen", "n_draws"),
        _seeds("figure12"),
    ],
    "figure13": [_datasets("figure13", None, "chosen: those of Figure 14; faces are shown"), _seeds("figure13")],
    "figure14": [
        _datasets("figure14", "MNIST, CelebA", "Appendix F.2"),
        _of("figure14", "λ", [1e-6, 1e-4, 1e-2, 0.1, 1.0], "Appendix F.2", "lams"),
        _of("figure14", "Centroids k", 1000, "Appendix F.2", "k"),
        _seeds("figure14"),
    ],
}  # fmt: skip


def say(value: Any) -> str:
    """A value as the page prints it."""
    if isinstance(value, list | tuple):
        return ", ".join(map(say, value))
    if isinstance(value, bool) or value is None:
        return {None: "–", True: "yes", False: "no"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)
