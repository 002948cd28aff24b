"""What the jobs of each rule read, and how their commands name it; the rules call it with config and wildcards."""

import re
import shlex
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Protocol

from geovae.core.errors import GeovaeError
from geovae.data.table import DATASETS
from geovae.evaluation.table import BACKBONES
from geovae.models.table import MODELS
from geovae.nets.table import NETS
from geovae.sampling.table import SAMPLERS
from reproduction.config.config import Config
from reproduction.config.datasets import DOWNLOADED
from reproduction.config.trials import TRIALS
from reproduction.config.variants import metric_variant
from reproduction.plan.augmentation import classification_records, source_generations
from reproduction.plan.cells import described_metrics, score_table, scored_generations
from reproduction.plan.code_inputs import code_of
from reproduction.plan.comparisons import claimed_records
from reproduction.plan.figures import NEIGHBOURS, figure_inputs, neighbour_samplers
from reproduction.plan.job_settings import sampler_reads
from reproduction.plan.keys import SCORED_SPLITS, Generation, Run, backbone_folder
from reproduction.plan.targets import artefact_files

# The tables that are read off nets, not off scores, and the names of the nets that each builds.
NETS_OF_TABLE = {"table4": ("conv", "mlp"), "table5": ()}

# Figures that the paper does not have, in words, where these are not the last part of their names.
UNNUMBERED = {"figure_pullback": "Pull-back metric", "figure_rho": "Choice of ρ"}


class Wildcards(Protocol):
    """The wildcards of a job, as attributes."""

    def __getattr__(self, name: str) -> str: ...


# -- code -------------------------------------------------------------------------------------------------------------


def place(entry: str | Callable | ModuleType) -> str:
    """The module of an entry of a table of names: of "module:attribute", of a class or function, or a module itself."""
    if isinstance(entry, str):
        return entry.partition(":")[0]
    return entry.__name__ if isinstance(entry, ModuleType) else entry.__module__


def run_code(script: str, wildcards: Wildcards) -> list[str]:
    """The code of a job that builds or loads the model of a run."""
    run = Run.parse(wildcards.run)
    return code_of(script, place(MODELS[run.model]), place(NETS[run.net]))


def sampler_code(script: str, wildcards: Wildcards) -> list[str]:
    """The code of a job that draws with a sampler."""
    run = Run.parse(wildcards.run)
    return code_of(script, place(MODELS[run.model]), place(NETS[run.net]), place(SAMPLERS[wildcards.sampler].function))


def backbone_code(script: str, wildcards: Wildcards) -> list[str]:
    """The code of a job that takes features with a backbone."""
    return code_of(script, place(BACKBONES[wildcards.backbone].load))


def neighbours_code(script: str, wildcards: Wildcards) -> list[str]:
    """The code of a job that decodes with the model of a run and takes features with a backbone."""
    run = Run.parse(wildcards.run)
    return code_of(script, place(MODELS[run.model]), place(NETS[run.net]), place(BACKBONES[wildcards.backbone].load))


def backbone_training_code(script: str, backbone: str) -> list[str]:
    """The code of a job that trains a backbone."""
    return code_of(script, place(BACKBONES[backbone].train))


def dataset_code(script: str, dataset: str) -> list[str]:
    """The code of a job that obtains or prepares a data set."""
    return code_of(script, place(DATASETS[dataset]))


def table_code(script: str, module: str, table: str) -> list[str]:
    """The code of a job that renders a table, by the module of that table."""
    return code_of(script, module, *(place(NETS[net]) for net in NETS_OF_TABLE.get(table, ())))


# -- data sets and runs -----------------------------------------------------------------------------------------------


def generation_of(wildcards: Wildcards) -> Generation:
    """The generation that a job is about."""
    return Generation(Run.parse(wildcards.run), wildcards.sampler, wildcards.variant)


def dataset_folder(wildcards: Wildcards) -> str:
    """The prepared data set of a run."""
    return f"results/data/{Run.parse(wildcards.run).dataset}"


def subset_folder(wildcards: Wildcards) -> str:
    """The training images of a run."""
    run = Run.parse(wildcards.run)
    return f"results/data/{run.dataset}/subsets/{run.subset}"


def run_data(wildcards: Wildcards) -> dict[str, str]:
    """The images and the subset that a run is trained on."""
    data, subset = dataset_folder(wildcards), subset_folder(wildcards)
    return {
        "train": f"{data}/train/card.json",
        "validation": f"{data}/validation/card.json",
        "subset": f"{subset}/train.npy",
        "subset_validation": f"{subset}/validation.npy",
    }


def raw_data(dataset: str) -> list[str]:
    """The record of the raw files of a data set that has any."""
    return [f"results/downloads/{dataset}.json"] if dataset in DOWNLOADED else []


def raw_option(config: Config, dataset: str) -> str:
    """Where the raw files lie, for a data set that has any."""
    return f"--data-dir {shlex.quote(config.data_dir)}" if dataset in DOWNLOADED else ""


def mirror_option(config: Config) -> str:
    """Where downloads are tried first, if anywhere."""
    return f"--mirror {shlex.quote(config.mirror)}" if config.mirror else ""


def diverged_option(wildcards: Wildcards) -> str:
    """In a search, a training that diverges is a result like others; elsewhere it is an error."""
    run = Run.parse(wildcards.run)
    return "--keep-diverged" if run.trial != "base" and run.model in TRIALS else ""


# -- samples ----------------------------------------------------------------------------------------------------------


def metric_file(wildcards: Wildcards) -> str:
    """The metric that a generation is drawn with."""
    return f"{Run.parse(wildcards.run).folder}/metric/{metric_variant(wildcards.variant)}/metric.npz"


def sampler_inputs(config: Config, wildcards: Wildcards) -> dict[str, str]:
    """What a sampler reads beside the model: latents, a metric, images, another sampler's displacement."""
    generation = generation_of(wildcards)
    run = generation.run
    files = {
        "model": ("model", f"{run.folder}/model.json"),
        "latents": ("latents", f"{run.folder}/latents.npz"),
        "latents_validation": ("latents_validation", f"{run.folder}/latents_validation.npz"),
        "latents_test": ("latents_test", f"{run.folder}/unseen_test.npz"),
        "metric": ("metric", metric_file(wildcards)),
        "images": ("subset", f"{subset_folder(wildcards)}/train.npy"),
        "matched": ("matched", f"{Generation(run, 'manifold').folder}/diagnostics.json"),
    }
    return dict(files[name] for name in ("model", *sampler_reads(config, generation)))


def metric_options(config: Config) -> str:
    """The metrics of the figure of ρ, as KEY=PATH."""
    return " ".join("=".join(item) for item in described_metrics(config).items())


def flags(inputs: Mapping[str, Any], *names: str) -> str:
    """Inputs as command-line options of their names: `--latents results/…/latents.npz`."""
    present = [name for name in names if name in inputs.keys()]  # noqa: SIM118 - Snakemake's inputs iterate over paths
    return " ".join(f"--{name.replace('_', '-')} {inputs[name]}" for name in present)


def sampler_flags(inputs: Mapping[str, Any], *names: str) -> str:
    """What a sampler reads as options (`flags`), and where the job that built its metric says how long that took.

    This file is no input of the job: another time is no other metric.
    """
    options = flags(inputs, *names)
    metric = flags(inputs, "metric")
    return f"{options} {metric.replace('--metric ', '--metric-seconds ').replace('metric.npz', 'seconds.json')}".strip()


# -- scores -----------------------------------------------------------------------------------------------------------


def backbone_of(wildcards: Wildcards) -> str:
    """The folder of the feature extractor that judges the images of a run or of a data set."""
    dataset = getattr(wildcards, "dataset", None) or Run.parse(wildcards.run).dataset
    return backbone_folder(dataset, wildcards.backbone)


def resize_option(config: Config, wildcards: Wildcards) -> str:
    """How images are enlarged, for a backbone that knows several ways; the others take them as they are."""
    return f"--resize {config.evaluation.resize}" if BACKBONES[wildcards.backbone].resizings else ""


def references(wildcards: Wildcards) -> dict[str, str]:
    """The real images that a generation is scored against: their features, and how new they are to the run."""
    run = Run.parse(wildcards.run)
    features = f"results/references/{run.dataset}/{wildcards.backbone}"
    subset = subset_folder(wildcards)
    return {
        **{split: f"{features}/{split}.npz" for split in SCORED_SPLITS},
        **{f"unseen_{split}": f"{subset}/unseen_{split}.npy" for split in SCORED_SPLITS},
        "subset": f"{subset}/train.npy",
        "features": f"{features}/{run.subset}/train.npy",
        "backbone": f"{backbone_of(wildcards)}/model.json",
    }


def compared_generations(wildcards: Wildcards) -> dict[str, str]:
    """The generations whose distance to the reconstructions stands beside the paper's in Figures 3 and 9."""
    run, named = Run.parse(wildcards.run), neighbour_samplers()
    return {name: Generation(run, sampler).folder for name, sampler in named.items() if name != "Ours"}


def comparisons(wildcards: Wildcards) -> str:
    """The same as command-line options; their names have blanks."""
    quoted = [shlex.quote("=".join(item)) for item in compared_generations(wildcards).items()]
    return " ".join(f"--compare {text}" for text in quoted)


def n_neighbours(config: Config) -> int:
    """How many images of a run Figures 3 and 9 show."""
    sections = [getattr(config.artefacts, figure) for figure in NEIGHBOURS]
    return max(section.n_examples for section in sections if section)


# -- augmentation -----------------------------------------------------------------------------------------------------


def augmentation_inputs(config: Config, wildcards: Wildcards) -> dict[str, Any]:
    """The real images, and the generated ones of each class where a classifier is trained on them."""
    data = f"results/data/{wildcards.dataset}"
    generated = source_generations(config, wildcards.source)
    return {
        **{split: f"{data}/{split}/card.json" for split in ("train", "validation", "test")},
        "samples": [f"{generation.folder}/samples.npy" for generation in generated.values()],
    }


def training_set(source: str) -> str:
    """What a classifier's training set is called by its script."""
    return source if source in ("raw", "resampled") else "generated"


def augmentation_samples(config: Config, wildcards: Wildcards) -> str:
    """The generated ones as command-line options."""
    generated = source_generations(config, wildcards.source)
    options = [f"--samples {name}={generation.folder}" for name, generation in generated.items()]
    return " ".join([*options, f"--n-per-class {config.artefacts.table2.n_per_class}"] if options else [])


def classification_options(config: Config) -> str:
    """The records of all classifiers, as SOURCE=FILE."""
    return " ".join("=".join(item) for item in classification_records(config).items())


# -- tables, figures, claims ------------------------------------------------------------------------------------------


def table_scores(table: str) -> list[str]:
    """The scores that a table is rendered from; none for those of nets."""
    if table in NETS_OF_TABLE:
        return []
    return ["results/classification.csv" if table == "table2" else score_table(table)]


def claims_inputs(config: Config) -> dict[str, str]:
    """The scores that the claims are judged by, as far as this build has them."""
    found = {"scores": "results/scores.csv"} if scored_generations(config) else {}
    found |= {"classification": "results/classification.csv"} if config.artefacts.table2 else {}
    return found | {name: path for name, (_, _, path) in claimed_records(config).items()}


def claims_records(config: Config) -> str:
    """What was measured of trained VAEs beside their scores, as command-line options."""
    return " ".join(f"--record {name}={path}" for name, (_, _, path) in claimed_records(config).items())


def figure_options(config: Config, figure: str) -> str:
    """What a figure is drawn from, as command-line options."""
    return " ".join(f"--input {name}={path}" for name, path in figure_inputs(config, figure).items())


def artefact_title(name: str) -> str:
    """A table or figure in words: "Table 1", "Figure 12", "Controls" of `figure_controls`."""
    kind, number = re.fullmatch("(table|figure)(.*)", name).groups()
    if number.isdecimal():
        return f"{kind} {number}".capitalize()
    return UNNUMBERED.get(name, number.replace("_", " ").strip().capitalize())


def artefact_targets(config: Config, name: str) -> list[str]:
    """The files of a table or figure.

    Raises:
        GeovaeError: the config leaves it out.
    """
    files = artefact_files(config)
    if name not in files:
        raise GeovaeError(f"config: artefacts.{name} is left out; give it a section (claims: true) to build it.")
    return files[name]
