"""Which runs and generations each table and figure needs, and where their files lie. Pure Python: no torch."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from geovae.config import Config
from geovae.config_base import SUBSET_PATTERN, VARIANT_PATTERN
from geovae.config_models import Models

MODELS = tuple(Models.model_fields)
SAMPLERS = (
    "prior",
    "gmm",
    "manifold",
    "manifold_released",
    "two_stage",
    "real",
    "reconstruction",
    "resample",
    "posterior",
    "jitter",
    "kde",
    "noise",
)
RUN_PATTERN = rf"[a-z0-9]+/(?:{SUBSET_PATTERN})/[a-z]+/(?:{'|'.join(MODELS)})/(?:base|t[0-9]{{2}})/seed[0-9]+"


@dataclass(frozen=True, order=True)
class Run:
    """One trained model."""

    dataset: str
    subset: str
    net: str
    model: str
    trial: str
    seed: int

    @property
    def key(self) -> str:
        """The run's place under `results/runs/`, which also seeds its random draws."""
        return f"{self.dataset}/{self.subset}/{self.net}/{self.model}/{self.trial}/seed{self.seed}"

    @property
    def folder(self) -> str:
        """Where the run's files lie."""
        return f"results/runs/{self.key}"

    @classmethod
    def parse(cls, key: str) -> "Run":
        """The run with this key."""
        dataset, subset, net, model, trial, seed = key.split("/")
        return cls(dataset, subset, net, model, trial, int(seed.removeprefix("seed")))


@dataclass(frozen=True, order=True)
class Generation:
    """One set of generated images."""

    run: Run
    sampler: str
    variant: str = "base"

    @property
    def key(self) -> str:
        """The run's key, the sampler and its variant."""
        return f"{self.run.key}/{self.sampler}/{self.variant}"

    @property
    def folder(self) -> str:
        """Where the samples lie."""
        return f"{self.run.folder}/generations/{self.sampler}/{self.variant}"

    def score(self, backbone: str, split: str) -> str:
        """The score record against one split."""
        return f"{self.folder}/{backbone}/score_{split}.json"


# -- variants: the sampler's options in a generation's name -----------------------------------------------------------

_OPTION = re.compile(r"(k|lam|steps)([0-9.e-]+)")


def variant_options(variant: str) -> dict[str, int | float]:
    """The options in a variant's name: `k1000_lam0.1` gives {"k": 1000, "lam": 0.1}, `base` gives {}."""
    if not re.fullmatch(VARIANT_PATTERN, variant):
        raise ValueError(f"not a variant: {variant}")
    if variant == "base":
        return {}
    kinds = {"k": int, "lam": float, "steps": int}
    found = [_OPTION.fullmatch(part) for part in variant.split("_")]
    return {match[1]: kinds[match[1]](match[2]) for match in found if match}


def metric_variant(variant: str) -> str:
    """The part of a variant that concerns the metric: `k1000_steps500` needs the metric `k1000`."""
    parts = [part for part in variant.split("_") if not part.startswith("steps")]
    return "_".join(parts) or "base"


# -- rows of Table 1 --------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A row of Table 1. `block` is `paper` (printed there), `variants` (of the paper's sampler) or `controls`."""

    label: str
    model: str
    sampler: str
    block: str
    variant: str = "base"
    note: str = ""


PAPER_ROWS = (
    Row("AE - N(0, 1)", "ae", "prior", "paper"),
    Row("WAE", "wae", "prior", "paper"),
    Row("VAE - N(0, 1)", "vae", "prior", "paper"),
    Row("VAMP", "vamp", "prior", "paper"),
    Row("HVAE", "hvae", "prior", "paper"),
    Row("RHVAE", "rhvae", "prior", "paper"),
    Row("AE - GMM", "ae", "gmm", "paper"),
    Row("RAE (GP)", "rae_gp", "gmm", "paper"),
    Row("RAE (L2)", "rae_l2", "gmm", "paper"),
    Row("RAE (SN)", "rae_sn", "gmm", "paper"),
    Row("RAE", "rae", "gmm", "paper"),
    Row("VAE - GMM", "vae", "gmm", "paper"),
    Row("VAE - Ours", "vae", "manifold", "paper"),
)
RELEASED_ROW = Row(
    "VAE - Ours, released", "vae", "manifold_released", "variants", note="the sampler as the authors' code has it"
)
CONTROL_ROWS = (
    Row("Real images", "vae", "real", "controls", note="training images: the floor"),
    Row("Reconstructions", "vae", "reconstruction", "controls", note="training images, encoded and decoded"),
    Row("Decoded means", "vae", "resample", "controls", note="training means drawn with replacement"),
    Row("Aggregate posterior", "vae", "posterior", "controls", note="draws from q(z|x) of random training images"),
    Row(
        "Means + matched noise", "vae", "jitter", "controls", note="Gaussian noise as large as the displacement of ours"
    ),
    Row("Means + KDE noise", "vae", "kde", "controls", note="Gaussian kernels, bandwidth by held-out likelihood"),
    Row("Noise images", "vae", "noise", "controls", note="uniform noise: the ceiling"),
)


def table1_rows(config: Config) -> list[Row]:
    """The rows of Table 1: the paper's, other options of its sampler, controls."""
    variants = [
        Row(f"VAE - Ours, {describe_variant(variant)}", "vae", "manifold", "variants", variant)
        for variant in config.artefacts.table1.variants
        if variant != "base"
    ]
    paper = [row for row in PAPER_ROWS if row.model in config.artefacts.table1.models]
    return [*paper, RELEASED_ROW, *variants, *CONTROL_ROWS]


def describe_variant(variant: str) -> str:
    """A variant in words: `k1000_steps500` is "k = 1000, N = 500"."""
    symbols = {"k": "k", "lam": "λ", "steps": "N"}
    return ", ".join(f"{symbols[name]} = {value}" for name, value in variant_options(variant).items())


# -- what the artefacts need ------------------------------------------------------------------------------------------


def run_of(config: Config, dataset: str, model: str, seed: int, subset: str = "full", trial: str = "base") -> Run:
    """The run of a model on the net that the data set's protocol names."""
    return Run(dataset, subset, config.protocol(dataset).net, model, trial, seed)


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
    seed = figure.seed
    return [(row, Generation(run_of(config, dataset, row.model, seed), row.sampler)) for row in shown]


def figure3_generations(config: Config, dataset: str) -> dict[str, Generation]:
    """The paper's generation of a panel of Figure 3 (`Ours`) and those whose FID is set beside its own."""
    run = run_of(config, dataset, "vae", config.artefacts.figure3.seed)
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
    return Generation(run_of(config, figure.dataset, "vae", figure.seed), "manifold")


def scored_generations(config: Config) -> list[Generation]:
    """Every generation whose scores go into `results/scores.csv`, sorted."""
    generations = table1_generations(config) if config.artefacts.table1 else []
    return sorted(set(generations))


def score_records(config: Config) -> list[str]:
    """The score records behind `results/scores.csv`, in its order."""
    backbone = config.evaluation.backbone
    return [generation.score(backbone, split) for generation in scored_generations(config) for split in SCORED_SPLITS]


SCORED_SPLITS = ("validation", "test")


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
