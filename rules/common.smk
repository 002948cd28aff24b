# Loads and checks the config; holds the wildcards' patterns and the input functions of all stages.
import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "workflow_scripts"))

from geovae.core import storage
from geovae.core.errors import GeovaeError
from reproduction.config.base import SUBSET_PATTERN, VARIANT_PATTERN
from reproduction.config.config import load_config
from reproduction.plan import claim_settings, job_settings, render_settings
from reproduction.plan.augmentation import SOURCE_PATTERN, classification_records, n_samples, source_generations
from reproduction.plan.cells import SCORED, score_table, scored_generations
from reproduction.plan.code_inputs import modules_behind
from reproduction.plan.figures import NEIGHBOURS, figure_inputs, neighbour_samplers
from reproduction.plan.keys import (
    DOWNLOADED,
    Generation,
    RUN_PATTERN,
    Run,
    SAMPLERS,
    SCORED_SPLITS,
    backbone_folder,
    metric_variant,
)
from reproduction.plan.targets import ARTEFACTS, artefact_files, score_records, targets
from reproduction.rendering import FIGURE_MODULES
from reproduction.runtime import interruption

interruption.announce()  # so that no job outlives this process

try:
    CONFIG = load_config(config)
except GeovaeError as error:
    sys.exit(str(error))  # the message alone, where an exception would add Snakemake's own lines

if not os.access("results" if os.path.exists("results") else ".", os.W_OK):
    raise WorkflowError("results: the folder cannot be written. Change its permissions or its place.")

BACKBONE = CONFIG.evaluation.backbone
THREADS = CONFIG.threads


wildcard_constraints:
    dataset="|".join(CONFIG.datasets.names()),
    split="train|validation|test",
    subset=SUBSET_PATTERN,
    run=RUN_PATTERN,
    sampler="|".join(SAMPLERS),
    variant=VARIANT_PATTERN,
    metric=VARIANT_PATTERN,
    backbone="classifier|inception",
    figure="|".join(FIGURE_MODULES),
    table="table[1-7]",
    source=SOURCE_PATTERN,
    artefact="|".join(SCORED),


def scripts(*names):
    """Code whose edit reruns a job: paths under workflow_scripts/."""
    return [f"workflow_scripts/{name}" for name in names]


def generation_of(wildcards):
    return Generation(Run.parse(wildcards.run), wildcards.sampler, wildcards.variant)


def flags(inputs, *names):
    """Inputs as command-line options of their names: `--latents results/…/latents.npz`."""
    present = [name for name in names if name in inputs.keys()]
    return " ".join(f"--{name.replace('_', '-')} {inputs[name]}" for name in present)


def behind(*paths):
    """Modules under workflow_scripts/ with all that they compute with."""
    return sorted({module for path in paths for module in modules_behind(f"{path}.py")})


def train_code(wildcards):
    """The loop, the model's own module and its net: what a training depends on."""
    run = Run.parse(wildcards.run)
    return scripts(
        "train_model.py", *behind("geovae/training/loop", f"geovae/models/{run.model}", f"geovae/nets/{run.net}")
    )


def run_data(wildcards):
    """The images and the subset that a run is trained on."""
    run = Run.parse(wildcards.run)
    data = f"results/data/{run.dataset}"
    return {
        "train": f"{data}/train/card.json",
        "validation": f"{data}/validation/card.json",
        "subset": f"{data}/subsets/{run.subset}/train.npy",
        "subset_validation": f"{data}/subsets/{run.subset}/validation.npy",
    }


def raw_data(wildcards):
    """The record of the raw files of a data set that has any."""
    return [f"results/downloads/{wildcards.dataset}.json"] if wildcards.dataset in DOWNLOADED else []


def backbone_of(wildcards):
    """The folder of the feature extractor that judges a run's images."""
    dataset = wildcards.dataset if "dataset" in wildcards.keys() else Run.parse(wildcards.run).dataset
    return backbone_folder(dataset, wildcards.backbone)


def resize_option(wildcards):
    """How Inception's images are enlarged; a classifier takes them as they are."""
    return f"--resize {CONFIG.evaluation.resize}" if wildcards.backbone == "inception" else ""


def dataset_folder(wildcards):
    return f"results/data/{Run.parse(wildcards.run).dataset}"


def subset_folder(wildcards):
    run = Run.parse(wildcards.run)
    return f"results/data/{run.dataset}/subsets/{run.subset}"


SAMPLER_MODULES = {
    "prior": "prior",
    "two_stage": "prior",
    "gmm": "mixture",
    "kde": "kernel",
    "manifold": "manifold",
    "manifold_released": "manifold",
}


def sampler_code(wildcards):
    """The script and the modules that a sampler is made of."""
    return scripts("draw_samples.py", *behind(f"geovae/sampling/{SAMPLER_MODULES.get(wildcards.sampler, 'controls')}"))


def sampler_inputs(wildcards):
    """What a sampler reads beside the model: latents, a metric, images, another sampler's displacement."""
    run = Run.parse(wildcards.run)
    found = {"model": f"{run.folder}/model.json"}
    if wildcards.sampler not in ("prior", "two_stage", "real", "noise"):
        found["latents"] = f"{run.folder}/latents.npz"
    if wildcards.sampler == "kde":
        found["latents_validation"] = f"{run.folder}/latents_validation.npz"
    if wildcards.sampler in ("manifold", "manifold_released"):
        found["metric"] = f"{run.folder}/metric/{metric_variant(wildcards.variant)}/metric.npz"
    if wildcards.sampler == "real":
        found["subset"] = f"results/data/{run.dataset}/subsets/{run.subset}/train.npy"
    matched = CONFIG.protocol(run.dataset).samplers.jitter.scale == "matched"
    if wildcards.sampler == "jitter" and wildcards.variant == "base" and matched:
        found["matched"] = f"{Generation(run, 'manifold').folder}/diagnostics.json"
    return found


def references(wildcards):
    """The real images that a generation is scored against: their features, and how new they are to the run."""
    run = Run.parse(wildcards.run)
    features = f"results/references/{run.dataset}/{wildcards.backbone}"
    subset = f"results/data/{run.dataset}/subsets/{run.subset}"
    return {
        **{split: f"{features}/{split}.npz" for split in SCORED_SPLITS},
        **{f"unseen_{split}": f"{subset}/unseen_{split}.npy" for split in SCORED_SPLITS},
        "subset": f"{subset}/train.npy",
        "features": f"{features}/{run.subset}/train.npy",
        "backbone": f"{backbone_of(wildcards)}/model.json",
    }


def compared_generations(wildcards):
    """The generations whose distance to the reconstructions stands beside the paper's in Figures 3 and 9."""
    run, named = Run.parse(wildcards.run), neighbour_samplers()
    return {name: Generation(run, sampler).folder for name, sampler in named.items() if name != "Ours"}


def comparisons(wildcards):
    """The same as command-line options; their names have blanks."""
    quoted = [shlex.quote("=".join(item)) for item in compared_generations(wildcards).items()]
    return " ".join(f"--compare {text}" for text in quoted)


def n_neighbours(wildcards):
    """How many images of a run Figures 3 and 9 show."""
    sections = [getattr(CONFIG.artefacts, figure) for figure in NEIGHBOURS]
    return max(section.n_examples for section in sections if section)


def augmentation_inputs(wildcards):
    """The real images, and the generated ones of each class where a classifier is trained on them."""
    data = f"results/data/{wildcards.dataset}"
    generated = source_generations(CONFIG, wildcards.source)
    return {
        **{split: f"{data}/{split}/card.json" for split in ("train", "validation", "test")},
        "samples": [f"{generation.folder}/samples.npy" for generation in generated.values()],
    }


def augmentation_samples(wildcards):
    """The generated ones as command-line options."""
    generated = source_generations(CONFIG, wildcards.source)
    options = [f"--samples {name}={generation.folder}" for name, generation in generated.items()]
    return " ".join([*options, f"--n-per-class {CONFIG.artefacts.table2.n_per_class}"] if options else [])


# What the tables of architectures are read off.
ARCHITECTURES = {
    "table4": ("geovae/nets/conv", "geovae/nets/mlp"),
    "table5": ("geovae/augmentation/classifier",),
}


def table_scores(table):
    """The scores that a table is rendered from; none for those of architectures."""
    if table in ARCHITECTURES:
        return []
    return "results/classification.csv" if table == "table2" else score_table(table)


def claims_inputs(wildcards):
    """The scores that the claims are judged by, as far as this build has them."""
    found = {"scores": "results/scores.csv"} if scored_generations(CONFIG) else {}
    return found | ({"classification": "results/classification.csv"} if CONFIG.artefacts.table2 else {})


def artefact_targets(name):
    """The files of a table or figure, under the name that it is asked for by."""
    files = artefact_files(CONFIG)
    if name not in files:
        raise WorkflowError(f"config: artefacts.{name} is left out; give it a section (claims: true) to build it.")
    return files[name]
