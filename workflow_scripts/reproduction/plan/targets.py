"""Which files a build makes, and which runs are behind them."""

from dataclasses import replace

from reproduction.config.artefacts import Artefacts
from reproduction.config.config import Config
from reproduction.plan.augmentation import source_generations, training_sets
from reproduction.plan.cells import SCORED, scored_generations
from reproduction.plan.comparisons import RECORDS, compared_runs
from reproduction.plan.figures import (
    NEIGHBOURS,
    SAMPLE_GRIDS,
    SAMPLES,
    class_grid,
    grid_generations,
    latent_space_run,
    neighbour_generations,
    samples_generation,
)
from reproduction.plan.inputs import labelled
from reproduction.plan.keys import SCORED_SPLITS, Generation, Run

ARTEFACTS = tuple(Artefacts.model_fields)
TABLE_FORMATS = ("html", "md", "tex", "csv")


def score_records(config: Config, *artefacts: str) -> list[str]:
    """The score records behind the table of scores of these artefacts, or of all; in its order."""
    generations = scored_generations(config, *artefacts)
    return [
        generation.score(config.evaluation.backbone, split) for generation in generations for split in SCORED_SPLITS
    ]


def artefact_files(config: Config) -> dict[str, list[str]]:
    """The files of every artefact that the config asks for, under its name."""
    files = {}
    for name in ARTEFACTS:
        if getattr(config.artefacts, name) in (None, False):
            continue
        if name.startswith("table"):
            files[name] = [f"results/tables/{name}.{suffix}" for suffix in TABLE_FORMATS]
        elif name == "claims":
            files[name] = ["results/claims.md", "results/claims.html"]
        else:
            files[name] = [f"results/figures/{name}.{suffix}" for suffix in ("png", "pdf")]
    return files


def shown_generations(config: Config, *artefacts: str) -> set[Generation]:
    """Every generation that these artefacts show or have the scores of, or all that the config asks for."""
    asked = [name for name in artefacts or ARTEFACTS if getattr(config.artefacts, name) is not None]
    scored = [name for name in asked if name in SCORED]
    found = set(scored_generations(config, *scored)) if scored else set()
    for name in asked:
        section = getattr(config.artefacts, name)
        if name in SAMPLE_GRIDS:
            found.update(g for dataset in section.datasets for _, g in grid_generations(config, name, dataset))
        elif name in NEIGHBOURS:
            found.update(
                g for dataset in section.datasets for g in neighbour_generations(config, name, dataset).values()
            )
        elif name in SAMPLES:
            found.add(samples_generation(config, name))
        elif name == "table2":
            found.update(g for entry in training_sets(config) for g in source_generations(config, entry.name).values())
        elif name == "figure10":
            found.update(g for rows in class_grid(config).values() for _, g in rows)
    return found


def shown_runs(config: Config) -> list[Run]:
    """Every run that an artefact needs, sorted."""
    runs = {generation.run for generation in shown_generations(config)}
    if config.artefacts.figure1:
        runs.add(latent_space_run(config))
    for figure in RECORDS:
        if getattr(config.artefacts, figure):
            runs.update(compared_runs(config, figure))
    return sorted(runs)


def drawn_histories(config: Config) -> list[Run]:
    """The runs whose losses are drawn: the first training of each; none of a search or of a smaller training set."""
    table = config.artefacts.table1
    subsets = {"full", table.subset} if table else {"full"}
    first: dict[Run, Run] = {}
    for run in shown_runs(config):
        if run.trial == "base" and (run.subset in subsets or run.subset.startswith("class-")):
            first.setdefault(replace(run, seed=0), run)  # they come by seed
    return list(first.values())


def targets(config: Config) -> list[str]:
    """Everything that a whole build makes: tables, figures, claims, scores and loss curves, and the data behind them.

    Of what lies between, Snakemake misses nothing as long as all that was made of it is there. The data are what people
    look into, so they are asked for by name.
    """
    files = [path for paths in artefact_files(config).values() for path in paths]
    scores = ["results/scores.csv", "results/provenance.html"] if scored_generations(config) else []
    histories = [f"{run.folder}/history.png" for run in drawn_histories(config)]
    datasets = sorted({run.dataset for run in shown_runs(config)})
    return files + scores + histories + [path for dataset in datasets for path in labelled(dataset).values()]
