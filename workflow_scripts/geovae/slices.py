"""The part of the config that each job gets, as JSON with sorted keys, so that a change reruns what it concerns."""

import json
from typing import Any

from geovae import experiments
from geovae.config import Config
from geovae.experiments import Generation, Run


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False)


def dataset(config: Config, name: str) -> str:
    """For prepare_dataset: the options of the data set."""
    options = getattr(config.protocol(name), "options", None)
    return options.model_dump_json() if options else "{}"


def training(config: Config, run: Run) -> str:
    """For train_model: model, net and optimisation of a run."""
    protocol = config.protocol(run.dataset)
    return _text(
        {
            "model": run.model,
            "model_settings": getattr(protocol.models, run.model).model_dump(),
            "net": run.net,
            "width": protocol.width,
            "latent_dim": protocol.latent_dim,
            "training": protocol.training.model_dump(),
        }
    )


def metric(config: Config, run: Run, variant: str) -> str:
    """For build_metric: k, lam and tau, as the variant has them."""
    options = experiments.variant_options(variant)
    settings = config.protocol(run.dataset).metric.model_dump()
    return _text(settings | {name: options[name] for name in ("k", "lam") if name in options})


def sampler(config: Config, generation: Generation) -> str:
    """For draw_samples: the options of the sampler, as the variant has them."""
    samplers = config.protocol(generation.run.dataset).samplers
    name = "manifold" if generation.sampler == "manifold_released" else generation.sampler
    settings = getattr(samplers, name).model_dump() if hasattr(samplers, name) else {}
    options = experiments.variant_options(generation.variant)
    if "steps" in options:
        settings["n_steps"] = options["steps"]
    return _text(settings)


def backbone(config: Config) -> str:
    """For train_backbone: the classifier's training."""
    return config.evaluation.classifier.model_dump_json()


def score(config: Config) -> str:
    """For score_samples: the settings of PRD, and which further scores are taken."""
    return _text(config.evaluation.prd.model_dump() | {"extra": sorted(set(config.evaluation.extra))})


def key_fields(generation: Generation) -> str:
    """For score_samples: the columns that identify a generation."""
    run = generation.run
    fields = {name: getattr(run, name) for name in ("dataset", "subset", "net", "model", "trial", "seed")}
    return _text(fields | {"sampler": generation.sampler, "variant": generation.variant})


TITLES = {
    "digits": "Digits",
    "shapes": "Disks and rings",
    "mnist": "MNIST",
    "svhn": "SVHN",
    "cifar10": "CIFAR10",
    "celeba": "CelebA",
    "oasis": "OASIS",
    "folder": "Folder",
}
CONTENTS = {
    "figure1": "Latent space, distances, interpolations",
    "figure2": "Samples, a row a method",
    "figure3": "Nearest training images and reconstructions",
    "figure5": "100 samples of the paper's method",
}


def table1(config: Config) -> str:
    """For render_table: rows, data sets and split of Table 1."""
    table = config.artefacts.table1
    names = ("label", "model", "sampler", "variant", "block", "note")
    rows = [{name: getattr(row, name) for name in names} for row in experiments.table1_rows(config)]
    info = {}
    for name in table.datasets:
        protocol = config.protocol(name)
        info[name] = {
            "title": TITLES[name],
            "latent_dim": protocol.latent_dim,
            "net": protocol.net,
            "width": protocol.width,
        }
    return _text(
        {
            "datasets": table.datasets,
            "datasets_info": info,
            "subset": table.subset,
            "split": table.split,
            "seeds": table.seeds,
            "backbone": config.evaluation.backbone,
            "rows": rows,
        }
    )


def _figure2(config: Config) -> dict[str, Any]:
    panels = [
        {
            "title": TITLES[name],
            "rows": [
                {"label": row.label, "block": row.block, "input": f"{name}_{row.model}_{row.sampler}"}
                for row, _ in experiments.figure2_generations(config, name)
            ],
        }
        for name in config.artefacts.figure2.datasets
    ]
    return {"panels": panels, "columns": config.artefacts.figure2.columns}


def figure(config: Config, name: str) -> str:
    """For render_figure: what the figure shows beside its inputs."""
    artefacts = config.artefacts
    if name == "figure2":
        return _text(_figure2(config))
    if name == "figure3":
        return _text({"titles": {dataset: TITLES[dataset] for dataset in artefacts.figure3.datasets}})
    if name == "figure5":
        return _text({"title": TITLES[artefacts.figure5.dataset]})
    return _text({})


def geodesics(config: Config) -> str:
    """For trace_geodesics: the resolution of Figure 1."""
    return _text({"grid": config.artefacts.figure1.grid, "n_stops": config.artefacts.figure1.n_stops})
