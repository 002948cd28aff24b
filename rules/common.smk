# Loads and checks the config; holds the wildcards' patterns and the input functions of all stages.
import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "workflow_scripts"))

from geovae import experiments, slices
from geovae.config import load_config
from geovae.dependencies import modules_behind
from geovae.errors import GeovaeError
from geovae.experiments import Generation, Run

try:
    CONFIG = load_config(config)
except GeovaeError as error:
    sys.exit(str(error))  # the message alone, where an exception would add Snakemake's own lines

if not os.access("results" if os.path.exists("results") else ".", os.W_OK):
    raise WorkflowError("results: the folder cannot be written. Change its permissions or its place.")

BACKBONE = CONFIG.evaluation.backbone
THREADS = CONFIG.threads
GPUS = 1 if CONFIG.device == "cuda" else 0


wildcard_constraints:
    dataset="|".join(CONFIG.datasets.names()),
    split="train|validation|test",
    subset=experiments.SUBSET_PATTERN,
    run=experiments.RUN_PATTERN,
    sampler="|".join(experiments.SAMPLERS),
    variant=experiments.VARIANT_PATTERN,
    metric=experiments.VARIANT_PATTERN,
    backbone="classifier|inception",
    figure="figure[0-9]+",


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
    """Modules under workflow_scripts/geovae/ with all that they compute with."""
    return sorted({module for path in paths for module in modules_behind(f"geovae/{path}.py")})


def train_code(wildcards):
    """The loop, the model's own module and its net: what a training depends on."""
    run = Run.parse(wildcards.run)
    return scripts("train_model.py", *behind("training", f"models/{run.model}", f"nets/{run.net}"))


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
    return [f"results/downloads/{wildcards.dataset}.json"] if wildcards.dataset in experiments.DOWNLOADED else []


def backbone_of(wildcards):
    """The folder of the feature extractor that judges a run's images."""
    dataset = wildcards.dataset if "dataset" in wildcards.keys() else Run.parse(wildcards.run).dataset
    return experiments.backbone_folder(dataset, wildcards.backbone)


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
    return scripts("draw_samples.py", *behind(f"sampling/{SAMPLER_MODULES.get(wildcards.sampler, 'controls')}"))


def sampler_inputs(wildcards):
    """What a sampler reads beside the model: latents, a metric, images, another sampler's displacement."""
    run = Run.parse(wildcards.run)
    found = {"model": f"{run.folder}/model.json"}
    if wildcards.sampler not in ("prior", "two_stage", "real", "noise"):
        found["latents"] = f"{run.folder}/latents.npz"
    if wildcards.sampler == "kde":
        found["latents_validation"] = f"{run.folder}/latents_validation.npz"
    if wildcards.sampler in ("manifold", "manifold_released"):
        found["metric"] = f"{run.folder}/metric/{experiments.metric_variant(wildcards.variant)}/metric.npz"
    if wildcards.sampler == "real":
        found["subset"] = f"results/data/{run.dataset}/subsets/{run.subset}/train.npy"
    if wildcards.sampler == "jitter" and CONFIG.protocol(run.dataset).samplers.jitter.scale == "matched":
        found["matched"] = f"{Generation(run, 'manifold').folder}/diagnostics.json"
    return found


def references(wildcards):
    """The real images that a generation is scored against: their features, and how new they are to the run."""
    run = Run.parse(wildcards.run)
    features = f"results/references/{run.dataset}/{wildcards.backbone}"
    subset = f"results/data/{run.dataset}/subsets/{run.subset}"
    return {
        **{split: f"{features}/{split}.npz" for split in experiments.SCORED_SPLITS},
        **{f"unseen_{split}": f"{subset}/unseen_{split}.npy" for split in experiments.SCORED_SPLITS},
        "subset": f"{subset}/train.npy",
        "backbone": f"{backbone_of(wildcards)}/model.json",
    }


def compared_generations(wildcards):
    """The generations whose distance to the reconstructions stands beside the paper's in Figure 3."""
    run = Run.parse(wildcards.run)
    named = experiments.figure3_generations(CONFIG, run.dataset)
    return {name: Generation(run, other.sampler).folder for name, other in named.items() if name != "Ours"}


def comparisons(wildcards):
    """The same as command-line options; their names have blanks."""
    quoted = [shlex.quote("=".join(item)) for item in compared_generations(wildcards).items()]
    return " ".join(f"--compare {text}" for text in quoted)


def artefact(name):
    """The files of a table or figure, under the name that it is asked for by."""
    files = experiments.artefact_files(CONFIG)
    if name not in files:
        raise WorkflowError(f"config: artefacts.{name} is null; give it a section to build it.")
    return files[name]
