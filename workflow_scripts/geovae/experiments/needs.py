"""Which runs, generations and files each table and figure needs."""

from geovae.config import Config
from geovae.experiments.keys import SCORED_SPLITS, Generation, Run, run_of
from geovae.experiments.rows import CONTROL_ROWS, PAPER_ROWS, RELEASED_ROW, Row, table1_rows


def table1_generations(config: Config) -> list[Generation]:
    """Every generation that is a cell of Table 1, for every seed."""
    table = config.artefacts.table1
    return [
        Generation(run_of(config, dataset, row.model, seed, table.subset), row.sampler, row.variant)
        for dataset in table.datasets
        for seed in table.seeds
        for row in table1_rows(config)
    ]


def figure2_generations(config: Config, dataset: str) -> list[tuple[Row, Generation]]:
    """The rows of a panel of Figure 2: real images, the paper's methods, the controls that decode latents."""
    figure = config.artefacts.figure2
    paper = [row for row in PAPER_ROWS if row.model in figure.models]
    shown = [row for row in (*paper, RELEASED_ROW, *CONTROL_ROWS) if row.sampler != "noise"]
    return [
        (row, Generation(run_of(config, dataset, row.model, figure.seed, figure.subset), row.sampler)) for row in shown
    ]


def figure3_generations(config: Config, dataset: str) -> dict[str, Generation]:
    """The paper's generation of a panel of Figure 3 (`Ours`) and those whose FID is set beside its own."""
    figure = config.artefacts.figure3
    run = run_of(config, dataset, "vae", figure.seed, figure.subset)
    names = {"Ours": "manifold", "Means + matched noise": "jitter", "Decoded means": "resample", "N(0, 1)": "prior"}
    return {name: Generation(run, sampler) for name, sampler in names.items()}


def neighbours_path(config: Config, generation: Generation) -> str:
    """The nearest images of a generation (Figure 3)."""
    return f"{generation.folder}/{config.evaluation.backbone}/neighbours.npz"


def figure1_run(config: Config) -> Run:
    """The two-dimensional VAE of Figure 1."""
    return run_of(config, config.artefacts.figure1.dataset, "vae", config.artefacts.figure1.seed)


def figure5_generation(config: Config) -> Generation:
    """The generation that Figure 5 shows 100 images of."""
    figure = config.artefacts.figure5
    return Generation(run_of(config, figure.dataset, "vae", figure.seed, figure.subset), "manifold")


def scored_generations(config: Config) -> list[Generation]:
    """Every generation whose scores go into `results/scores.csv`, sorted."""
    generations = table1_generations(config) if config.artefacts.table1 else []
    return sorted(set(generations))


def score_records(config: Config) -> list[str]:
    """The score records behind `results/scores.csv`, in its order."""
    backbone = config.evaluation.backbone
    return [generation.score(backbone, split) for generation in scored_generations(config) for split in SCORED_SPLITS]


def figure_inputs(config: Config, figure: str) -> dict[str, str]:
    """Name and path of everything that a figure is drawn from."""
    artefacts = config.artefacts
    if figure == "figure1":
        return {"geodesics": f"{figure1_run(config).folder}/geodesics.npz"}
    if figure == "figure2":
        return {
            f"{dataset}_{row.model}_{row.sampler}": f"{generation.folder}/samples.npy"
            for dataset in artefacts.figure2.datasets
            for row, generation in figure2_generations(config, dataset)
        }
    if figure == "figure3":
        return {
            dataset: neighbours_path(config, figure3_generations(config, dataset)["Ours"])
            for dataset in artefacts.figure3.datasets
        }
    if figure == "figure5":
        return {"samples": f"{figure5_generation(config).folder}/samples.npy"}
    raise ValueError(f"no such figure: {figure}")


def artefact_files(config: Config) -> dict[str, list[str]]:
    """The files of every artefact that the config asks for, under its name."""
    files = {}
    for name in type(config.artefacts).model_fields:
        if getattr(config.artefacts, name) is None:
            continue
        if name.startswith("table"):
            files[name] = [f"results/tables/{name}.{suffix}" for suffix in ("html", "md", "tex", "csv")]
        else:
            files[name] = [f"results/figures/{name}.{suffix}" for suffix in ("png", "pdf")]
    return files


def shown_runs(config: Config) -> list[Run]:
    """Every run that an artefact needs, sorted."""
    artefacts = config.artefacts
    runs = {generation.run for generation in scored_generations(config)}
    if artefacts.figure1:
        runs.add(figure1_run(config))
    if artefacts.figure2:
        panels = artefacts.figure2.datasets
        runs.update(generation.run for dataset in panels for _, generation in figure2_generations(config, dataset))
    if artefacts.figure3:
        runs.update(figure3_generations(config, dataset)["Ours"].run for dataset in artefacts.figure3.datasets)
    if artefacts.figure5:
        runs.add(figure5_generation(config).run)
    return sorted(runs)


def targets(config: Config) -> list[str]:
    """Everything that a whole build makes: tables, figures, scores and a loss curve of each run."""
    files = [path for paths in artefact_files(config).values() for path in paths]
    scores = ["results/scores.csv"] if scored_generations(config) else []
    return files + scores + [f"{run.folder}/history.png" for run in shown_runs(config)]
