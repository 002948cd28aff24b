"""The cells of each table and figure of scores, written once.

From a `Grid` follow the generations that a build makes, what the renderer and the claims are told (`section`), and the
records that these look up (`Cell.of` a section, a data set and a row).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from reproduction.config.config import Config
from reproduction.config.searches import trial_names
from reproduction.config.tables import Table3, Table6
from reproduction.config.trials import BETAS
from reproduction.config.variants import metric_variant, variant_name
from reproduction.plan.control_curves import control_curves
from reproduction.plan.keys import Generation, Run, run_of
from reproduction.plan.rows import (
    CONTROL_ROWS,
    PAPER_ROWS,
    RELEASED_ROW,
    SEARCH_ROWS,
    Row,
    baseline_row,
    table1_rows,
)
from reproduction.scores.cells import FROM_CENTROIDS, Cell

OURS = PAPER_ROWS[-1]
# Beside the paper's sampler wherever a score of it is compared: what the same model gives without the metric.
PEERS = tuple(row for row in PAPER_ROWS if row.model == "vae" and row.sampler in ("prior", "gmm"))
CURVE_CONTROLS = tuple(row for row in CONTROL_ROWS if row.sampler in ("reconstruction", "resample", "jitter", "kde"))
PLUGGED_TITLES = {"vamp": "VAMP", "iwae": "IWAE", "aae": "AAE", "vaegan": "VAEGAN"}
PLUGGED_SAMPLERS = (
    ("Prior", "prior", "paper"),
    ("Ours", "manifold", "paper"),
    ("Means + matched noise", "jitter", "controls"),
    ("Reconstructions", "reconstruction", "controls"),
)
STAGES = (
    Row("Reconstructions", "two_stage", "reconstruction_test", "controls"),
    Row("1st stage", "two_stage", "prior", "paper"),
    Row("2nd stage", "two_stage", "two_stage", "paper"),
    Row("Ours", "two_stage", "manifold", "paper"),
    Row("Means + matched noise", "two_stage", "jitter", "controls"),
)

# What follows the name of a part, and how its chains start.
STARTS: dict[str, dict[str, str]] = {"": {}, FROM_CENTROIDS: {"start": "centroids"}}

Said = dict[str, Any]


@dataclass(frozen=True)
class Grid:
    """The cells of a table or figure: each row on each data set and, where there are several, net and subset.

    Attributes:
        rows: what `Cell.of` takes of a row, and the number that a point of a curve stands for; by the name under which
            the renderer and the claims know them.
        beside: rows that are scored and told to nobody.
        shared: what all cells share beside their seeds.
        panels: data set and net of each panel, where not every net is on every data set.
    """

    datasets: list[str]
    seeds: list[int]
    rows: dict[str, list[Said]]
    beside: tuple[Row, ...] = ()
    shared: dict[str, str] = field(default_factory=dict)
    nets: list[str] | None = None
    subsets: list[str] | None = None
    panels: list[Said] | None = None

    @property
    def section(self) -> Said:
        """What the renderer and the claims are told of the cells."""
        several = {name: value for name in ("nets", "panels") if (value := getattr(self, name))}
        return {"datasets": self.datasets, "seeds": self.seeds, **self.shared, **several, **self.rows}

    def cells(self, config: Config) -> list[Cell]:
        """All cells, on the data set's own net where no other is said."""
        nets = [{"net": net} for net in self.nets or ()] or [{}]
        on_all = [
            {"dataset": dataset, "net": config.protocol(dataset).net} | net
            for dataset, net in product(self.datasets, nets)
        ]
        subsets = [{"subset": subset} for subset in self.subsets or ()] or [{}]
        rows = [row for part in self.rows.values() for row in part] + _said(self.beside)
        shared = {"seeds": self.seeds, **self.shared}
        return [
            Cell.of(panel, shared, subset, row) for panel, subset, row in product(self.panels or on_all, subsets, rows)
        ]


def _said(rows: Iterable[Row]) -> list[Said]:
    return [row._asdict() for row in rows]


def ours(label: str, variant: str, **more: object) -> Said:
    """The paper's sampler with other options, under a label of its own."""
    return OURS._replace(label=label, variant=variant)._asdict() | more


# -- tables -----------------------------------------------------------------------------------------------------------


def _table1(config: Config) -> Grid:
    table = config.artefacts.table1
    return Grid(table.datasets, table.seeds, {"rows": _said(table1_rows(config))}, shared={"subset": table.subset})


def _trials(config: Config, table: Table3 | Table6, model: str) -> list[str]:
    """The names of the trials that a table compares."""
    return trial_names(model, table.n_trials, (config.protocol(dataset) for dataset in table.datasets))


def _table3(config: Config) -> Grid:
    table = config.artefacts.table3
    rows = [
        {**row._asdict(), "trials": _trials(config, table, row.model)}
        for row in SEARCH_ROWS
        if row.model in table.models
    ]
    return Grid(table.datasets, table.seeds, {"rows": rows}, nets=table.nets)


def _table6(config: Config) -> Grid:
    table = config.artefacts.table6
    rows = [
        {
            "title": PLUGGED_TITLES[model],
            **Row(label, model, sampler, block)._asdict(),
            "trials": _trials(config, table, model),
        }
        for model in table.models
        for label, sampler, block in PLUGGED_SAMPLERS
    ]
    return Grid(table.datasets, table.seeds, {"rows": rows}, shared={"net": table.net})


def _table7(config: Config) -> Grid:
    table = config.artefacts.table7
    datasets = list(dict.fromkeys(row.dataset for row in table.rows))
    panels = [row.model_dump() for row in table.rows]
    return Grid(datasets, table.seeds, {"stages": _said(STAGES)}, panels=panels)


# -- figures ----------------------------------------------------------------------------------------------------------


def _training_size(figure: str) -> Callable[[Config], Grid]:
    def grid(config: Config) -> Grid:
        section = getattr(config.artefacts, figure)
        rows = [row for row in PAPER_ROWS if row.model in section.models]
        return Grid(section.datasets, section.seeds, {"rows": _said([*rows, *CURVE_CONTROLS])}, subsets=section.subsets)

    return grid


def _figure12(config: Config) -> Grid:
    figure = config.artefacts.figure12
    rows = {}
    for part, start in STARTS.items():
        rows[f"ks{part}"] = [
            ours(f"k = {k:,}", variant_name(k=k, **start), k=k) for k in sorted({*figure.ks, figure.k_draws})
        ]
        rows[f"draws{part}"] = [
            ours(f"draw {draw + 1}", variant_name(k=figure.k_draws, draw=draw, **start))
            for draw in range(figure.n_draws)
        ]
    rows["peers"] = _said([*PEERS, *CURVE_CONTROLS])
    return Grid(figure.datasets, figure.seeds, rows, (OURS,))


def _figure13(config: Config) -> Grid:
    figure = config.artefacts.figure13
    (resample,) = (row for row in CONTROL_ROWS if row.sampler == "resample")
    two = {f"two{part}": [ours("k = 2", variant_name(k=2, **start))] for part, start in STARTS.items()}
    rows = {**two, "points": _said([OURS, resample])}
    return Grid(figure.datasets, figure.seeds, rows)


def _figure14(config: Config) -> Grid:
    figure = config.artefacts.figure14
    lams = [ours(f"λ = {lam:g}", variant_name(k=figure.k, lam=lam), lam=lam) for lam in sorted(figure.lams)]
    rows = {"lams": lams, "peers": _said([*PEERS, *CURVE_CONTROLS])}
    return Grid(figure.datasets, figure.seeds, rows, (OURS,))


def _figure_rho(config: Config) -> Grid:
    figure = config.artefacts.figure_rho
    rows = {}
    for part, start in STARTS.items():

        def point(label: str, start: dict = start, **metric: float | str) -> Said:
            return ours(label, variant_name(**metric, **start), metric=variant_name(**metric), rho=metric["rho"])

        rows[f"rhos{part}"] = [point(f"ρ × {factor:g}", rho=factor) for factor in sorted(figure.factors)]
        rows[f"mahalanobis{part}"] = [point("ρ by Mahalanobis distances", rho=1.0, dist="mahalanobis")]
    return Grid(figure.datasets, figure.seeds, rows)


def _lengths(lengths: Iterable[int]) -> list[Said]:
    return [ours(f"N = {n:,}", variant_name(steps=n), n_steps=n) for n in sorted(lengths)]


def _controls(config: Config) -> Grid:
    figure = config.artefacts.figure_controls
    points = [*PEERS, OURS, RELEASED_ROW, *map(baseline_row, figure.baselines), *CONTROL_ROWS]
    two_stage = Row("Two-stage", "two_stage", "two_stage", "paper")._asdict()
    net = figure.net or config.protocol(figure.dataset).net
    rows = {
        "points": [*_said(row for row in points if row.sampler != "noise"), {**two_stage, "net": net}],
        "curves": control_curves(figure),
        "lengths": _lengths(figure.lengths),
        "betas": [
            {**OURS._asdict(), "trial": f"t{index:02d}", "beta": beta}
            for index, beta in enumerate(BETAS[: figure.n_betas])
        ],
        "ks": [ours(f"k = {k:,}", variant_name(k=k), k=k) for k in sorted(figure.ks)],
    }
    return Grid([figure.dataset], figure.seeds, rows, tuple(row for row in points if row.sampler == "noise"))


def _sharpness(config: Config) -> Grid:
    figure = config.artefacts.figure_sharpness
    rows = [*(row for row in PAPER_ROWS if row.model in figure.models), *CURVE_CONTROLS]
    return Grid(figure.datasets, figure.seeds, {"rows": _said(rows)}, shared={"subset": figure.subset})


_GRIDS: dict[str, Callable[[Config], Grid]] = {
    "table1": _table1,
    "table3": _table3,
    "table6": _table6,
    "table7": _table7,
    "figure4": _training_size("figure4"),
    "figure11": _training_size("figure11"),
    "figure12": _figure12,
    "figure13": _figure13,
    "figure14": _figure14,
    "figure_rho": _figure_rho,
    "figure_controls": _controls,
    "figure_sharpness": _sharpness,
}


# -- what follows -----------------------------------------------------------------------------------------------------

# The tables and figures that are rendered from scores.
SCORED = tuple(_GRIDS)


def section(config: Config, artefact: str) -> Said:
    """What the renderer of an artefact of scores and its claims are told of its cells."""
    return _GRIDS[artefact](config).section


def cells(config: Config, artefact: str) -> list[Cell]:
    """The cells of an artefact of scores."""
    return _GRIDS[artefact](config).cells(config)


def score_table(artefact: str) -> str:
    """The file with the scores that one table or figure is rendered from."""
    return f"results/scores/{artefact}.csv"


def scored_generations(config: Config, *artefacts: str) -> list[Generation]:
    """Every generation that these tables and figures have the scores of, or all that the config asks for; sorted."""
    asked = [name for name in artefacts or SCORED if getattr(config.artefacts, name) is not None]
    return sorted(
        {
            Generation(Run(cell.dataset, cell.subset, cell.net, cell.model, trial, seed), cell.sampler, cell.variant)
            for name in asked
            for cell in cells(config, name)
            for trial in cell.trials or (cell.trial,)
            for seed in cell.seeds
        }
    )


def described_metrics(config: Config) -> dict[str, str]:
    """The metrics that the figure of ρ describes: key and variant -> file."""
    variants = {(g.run, metric_variant(g.variant)) for g in scored_generations(config, "figure_rho")}
    return {f"{run.key}/{name}": f"{run.folder}/metric/{name}/metric.npz" for run, name in sorted(variants)}


def two_centroids(config: Config, dataset: str, seed: int) -> dict[str, Generation]:
    """The generations that the panels of Figure 13 show of a data set, by what follows its name in theirs."""
    run = run_of(config, dataset, "vae", seed)
    return {part: Generation(run, "manifold", variant_name(k=2, **start)) for part, start in STARTS.items()}
