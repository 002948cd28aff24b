"""What each figure is drawn from."""

from reproduction.config.config import Config
from reproduction.plan.augmentation import class_generation, class_subsets
from reproduction.plan.cells import SCORED, score_table, two_centroids
from reproduction.plan.comparisons import RECORDS, comparison_inputs
from reproduction.plan.keys import Generation, Run, run_of
from reproduction.plan.rows import CONTROL_ROWS, PAPER_ROWS, RELEASED_ROW, Row

(PRIOR_ROW,) = (row for row in PAPER_ROWS if row.model == "vae" and row.sampler == "prior")
# Figures of one kind.
SAMPLE_GRIDS = ("figure2", "figure7", "figure8")
NEIGHBOURS = ("figure3", "figure9")
SAMPLES = ("figure5", "figure6")
# Drawn from their scores; Figure 13 shows the images that it has the scores of.
OF_SCORES = tuple(name for name in SCORED if name.startswith("figure") and name != "figure13")

# What is measured of the metrics of the figure of ρ.
METRICS = "results/metrics.csv"


def latent_space_run(config: Config) -> Run:
    """The two-dimensional VAE of Figure 1."""
    return run_of(config, config.artefacts.figure1.dataset, "vae", config.artefacts.figure1.seed)


def grid_rows(models: list[str]) -> list[Row]:
    """The rows of a grid of samples: the paper's methods, the released chain, real images, decoding controls.

    Unlike in Table 1 the VAE's prior stands second: Section 5.1 calls it Figure 2's "second row".
    """
    paper = [row for row in PAPER_ROWS if row.model in models]
    paper.sort(key=lambda row: (PAPER_ROWS.index(row) > 0, row != PRIOR_ROW))
    return [row for row in (*paper, RELEASED_ROW, *CONTROL_ROWS) if row.sampler != "noise"]


def grid_generations(config: Config, figure: str, dataset: str) -> list[tuple[Row, Generation]]:
    """The rows of a panel of Figures 2, 7 and 8."""
    section = getattr(config.artefacts, figure)
    return [
        (row, Generation(run_of(config, dataset, row.model, section.seed, section.subset), row.sampler))
        for row in grid_rows(section.models)
    ]


def class_grid(config: Config) -> dict[str, list[tuple[Row, Generation]]]:
    """Class -> rows of its panel of Figure 10."""
    table = config.artefacts.table2
    shown = ("real", "reconstruction", "jitter", "kde")
    rows = [row for row in grid_rows(table.models) if row.block == "paper" or row.sampler in shown]
    return {
        name: [(row, class_generation(config, row, table.seeds[0], name)) for row in rows]
        for name in class_subsets(config)
    }


def neighbour_samplers() -> dict[str, str]:
    """The paper's sampler (`Ours`) and those whose FID to the reconstructions stands beside its own."""
    return {"Ours": "manifold", "Means + matched noise": "jitter", "Decoded means": "resample", "N(0, 1)": "prior"}


def neighbour_generations(config: Config, figure: str, dataset: str) -> dict[str, Generation]:
    """The generations of a panel of Figures 3 and 9."""
    section = getattr(config.artefacts, figure)
    run = run_of(config, dataset, "vae", section.seed, section.subset)
    return {name: Generation(run, sampler) for name, sampler in neighbour_samplers().items()}


def neighbours_path(config: Config, generation: Generation) -> str:
    """The nearest images of a generation (Figures 3 and 9)."""
    return f"{generation.folder}/{config.evaluation.backbone}/neighbours.npz"


def samples_generation(config: Config, figure: str) -> Generation:
    """The generation that Figures 5 and 6 show 100 images of."""
    section = getattr(config.artefacts, figure)
    return Generation(run_of(config, section.dataset, "vae", section.seed, section.subset), "manifold")


def _samples(name: str, row: Row, generation: Generation) -> tuple[str, str]:
    return f"{name}_{row.model}_{row.sampler}", f"{generation.folder}/samples.npy"


def figure_inputs(config: Config, figure: str) -> dict[str, str]:
    """Name and path of everything that a figure is drawn from."""
    section = getattr(config.artefacts, figure)
    if figure in OF_SCORES:
        return {"scores": score_table(figure)} | ({"metrics": METRICS} if figure == "figure_rho" else {})
    if figure in RECORDS:
        return comparison_inputs(config, figure)
    if figure in SAMPLE_GRIDS:
        panels = {dataset: grid_generations(config, figure, dataset) for dataset in section.datasets}
        return dict(_samples(dataset, *entry) for dataset, rows in panels.items() for entry in rows)
    if figure == "figure10":
        return dict(_samples(name, *entry) for name, rows in class_grid(config).items() for entry in rows)
    if figure in NEIGHBOURS:
        ours = {dataset: neighbour_generations(config, figure, dataset)["Ours"] for dataset in section.datasets}
        return {dataset: neighbours_path(config, generation) for dataset, generation in ours.items()}
    if figure in SAMPLES:
        return {"samples": f"{samples_generation(config, figure).folder}/samples.npy"}
    if figure == "figure13":
        return {
            f"{dataset}{part}": f"{generation.folder}/centroids.npz"
            for dataset in section.datasets
            for part, generation in two_centroids(config, dataset, section.seeds[0]).items()
        }
    if figure == "figure1":
        return {"geodesics": f"{latent_space_run(config).folder}/geodesics.npz"}
    raise ValueError(f"no such figure: {figure}")
