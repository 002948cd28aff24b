"""Every file that the jobs of each rule read, by name; the rules call it with config and wildcards.

A job finds its files by these names alone. The commands get folders as a file in them (`--model results/…/model.json`),
so every file of a folder that a script reads is among its job's inputs.
"""

from pathlib import Path
from typing import Any

from geovae.data.splits import SPLITS
from reproduction.config.config import Config
from reproduction.config.datasets import DOWNLOADED
from reproduction.config.variants import metric_variant
from reproduction.plan.augmentation import class_folders, source_generations
from reproduction.plan.cells import score_table, scored_generations
from reproduction.plan.comparisons import claimed_records
from reproduction.plan.figures import neighbour_samplers
from reproduction.plan.job_settings import sampler_reads, trained_backbone
from reproduction.plan.keys import SCORED_SPLITS, Generation, Run, Wildcards, backbone_folder, generation_of

# The tables that are read off nets, not off scores, and the names of the nets that each builds.
NETS_OF_TABLE = {"table4": ("conv", "mlp"), "table5": ()}

# -- data sets and runs -----------------------------------------------------------------------------------------------


def images(dataset: str, *names: str) -> dict[str, str]:
    """The images of splits of a prepared data set; `train` is the card of a split."""
    folder = f"results/data/{dataset}"
    files = (("", "card.json"), ("_images", "images.npy"))
    return {f"{name}{part}": f"{folder}/{name}/{file}" for name in names for part, file in files}


def labels(dataset: str, *names: str) -> dict[str, str]:
    """The labels of splits of a prepared data set."""
    return {f"{name}_labels": f"results/data/{dataset}/{name}/labels.npy" for name in names}


def labelled(dataset: str, *names: str) -> dict[str, str]:
    """Images and labels of splits, all three by default."""
    return images(dataset, *(names or SPLITS)) | labels(dataset, *(names or SPLITS))


def subset_folder(run: Run) -> str:
    """The training images of a run."""
    return f"results/data/{run.dataset}/subsets/{run.subset}"


def unseen_pixels(run: Run) -> str:
    """How far unseen images are from the training images of a run, in pixels."""
    return f"{subset_folder(run)}/unseen.npz"


def training_images(wildcards: Wildcards) -> dict[str, str]:
    """The images that a run is trained on: the split and the rows of the subset."""
    run = Run.parse(wildcards.run)
    return {**images(run.dataset, "train"), "subset": f"{subset_folder(run)}/train.npy"}


def run_data(wildcards: Wildcards, *more: str) -> dict[str, str]:
    """The images that a run is trained and validated on, and `more` splits."""
    run = Run.parse(wildcards.run)
    return {
        **training_images(wildcards),
        **images(run.dataset, "validation", *more),
        "subset_validation": f"{subset_folder(run)}/validation.npy",
    }


def trained(wildcards: Wildcards) -> dict[str, str]:
    """The model of a run."""
    folder = Run.parse(wildcards.run).folder
    return {"model": f"{folder}/model.json", "weights": f"{folder}/model.safetensors"}


def raw_data(dataset: str) -> list[str]:
    """The record of the raw files of a data set that has any."""
    return [f"results/downloads/{dataset}.json"] if dataset in DOWNLOADED else []


# -- samples ----------------------------------------------------------------------------------------------------------


def metric_file(wildcards: Wildcards) -> str:
    """The metric that a generation is drawn with."""
    return f"{Run.parse(wildcards.run).folder}/metric/{metric_variant(wildcards.variant)}/metric.npz"


def sampler_inputs(config: Config, wildcards: Wildcards) -> dict[str, str]:
    """What a sampler reads beside the model: latents, a metric, images, another sampler's displacement."""
    generation = generation_of(wildcards)
    run = generation.run
    files = {
        "model": trained(wildcards),
        "latents": {"latents": f"{run.folder}/latents.npz"},
        "latents_validation": {"latents_validation": f"{run.folder}/latents_validation.npz"},
        "latents_test": {"latents_test": f"{run.folder}/latents_test.npz"},
        "metric": {"metric": metric_file(wildcards)},
        "images": training_images(wildcards),
        "matched": {"matched": f"{Generation(run, 'manifold').folder}/diagnostics.json"},
    }
    read = ("model", *sampler_reads(config, generation))
    return {name: path for kind in read for name, path in files[kind].items()}


def metric_seconds(config: Config, wildcards: Wildcards) -> list[str]:
    """Where the job that built a generation's metric says how long that took."""
    reads = sampler_reads(config, generation_of(wildcards))
    return [metric_file(wildcards).replace("metric.npz", "seconds.json")] if "metric" in reads else []


# -- scores -----------------------------------------------------------------------------------------------------------


def backbone(wildcards: Wildcards) -> dict[str, str]:
    """The feature extractor that judges the images of a run or of a data set."""
    dataset = getattr(wildcards, "dataset", None) or Run.parse(wildcards.run).dataset
    folder = backbone_folder(dataset, wildcards.backbone)
    return {"backbone": f"{folder}/model.json", "backbone_weights": f"{folder}/model.safetensors"}


def taken_backbone(config: Config, wildcards: Wildcards) -> list[str]:
    """The files of the backbone of another build that a data set's is; none of one that is trained here."""
    trained = trained_backbone(config, wildcards.backbone, wildcards.dataset)
    if trained is None:
        return []
    given = Path(trained)  # a folder, or a file in it: as its script takes it
    folder = given.parent if given.suffix in (".json", ".safetensors") else given
    return [str(folder / name) for name in ("model.json", "model.safetensors")]


def scored(wildcards: Wildcards) -> dict[str, str]:
    """A generation, the images of its training, and the real ones that it is scored against, with how new these are."""
    generation = generation_of(wildcards)
    run, folder = generation.run, generation.folder
    features = f"results/references/{run.dataset}/{wildcards.backbone}"
    return {
        "samples": f"{folder}/samples.npy",
        "drawn": f"{folder}/latents.npy",
        "diagnostics": f"{folder}/diagnostics.json",
        "latents": f"{run.folder}/latents.npz",
        **training_images(wildcards),
        **backbone(wildcards),
        **{f"reference_{split}": f"{features}/{split}.npz" for split in SCORED_SPLITS},
        "features": f"{features}/{run.subset}/train.npy",
        "unseen_pixels": unseen_pixels(run),
        "unseen_latent": f"{run.folder}/unseen.npz",
        "unseen_features": f"{features}/{run.subset}/unseen.npz",
    }


def compared_generations(wildcards: Wildcards) -> dict[str, str]:
    """The samples whose distance to the reconstructions stands beside the paper's in Figures 3 and 9."""
    run, named = Run.parse(wildcards.run), neighbour_samplers()
    return {name: f"{Generation(run, sampler).folder}/samples.npy" for name, sampler in named.items() if name != "Ours"}


# -- augmentation -----------------------------------------------------------------------------------------------------


def augmentation_inputs(config: Config, wildcards: Wildcards) -> dict[str, Any]:
    """The real images, and the generated ones of each class where a classifier is trained on them."""
    generated = source_generations(config, wildcards.source)
    folders = class_folders(config).values()
    return {
        **labelled(wildcards.dataset),
        "samples": [f"{generation.folder}/samples.npy" for generation in generated.values()],
        "subsets": [f"{folder}/{split}.npy" for folder in folders for split in ("train", "validation")],
    }


# -- tables, figures, claims ------------------------------------------------------------------------------------------


def table_scores(table: str) -> list[str]:
    """The scores that a table is rendered from; none for those of nets."""
    if table in NETS_OF_TABLE:
        return []
    return ["results/classification.csv" if table == "table2" else score_table(table)]


def claims_scores(config: Config) -> dict[str, str]:
    """The tables of scores that the claims are judged by, as far as this build has them."""
    found = {"scores": "results/scores.csv"} if scored_generations(config) else {}
    return found | ({"classification": "results/classification.csv"} if config.artefacts.table2 else {})


def claims_inputs(config: Config) -> dict[str, str]:
    """The same, and what was measured of trained VAEs besides."""
    return claims_scores(config) | {name: path for name, (_, _, path) in claimed_records(config).items()}
