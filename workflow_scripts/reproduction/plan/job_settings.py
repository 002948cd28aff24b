"""The part of the config that each job gets, as JSON with sorted keys, so that a change reruns what it concerns.

What tables and figures get is in `render_slices`, what the page of claims gets in `claim_slices`.
"""

import hashlib
import json
from typing import Any

from geovae.evaluation.table import BACKBONES
from geovae.sampling.table import SAMPLERS
from reproduction.config.config import Config
from reproduction.config.protocol import Training
from reproduction.config.searches import trial_settings
from reproduction.config.variants import METRIC_OPTIONS, variant_options
from reproduction.plan.augmentation import n_samples
from reproduction.plan.keys import Generation, Run, protocol_of


def text(content: dict[str, Any]) -> str:
    """JSON with sorted keys."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False)


def dataset(config: Config, name: str) -> str:
    """For prepare_dataset: the options of the data set."""
    options = getattr(config.protocol(name), "options", None)
    return options.model_dump_json() if options else "{}"


def training(config: Config, run: Run) -> str:
    """For train_model: model, net and optimisation of a run, with the settings that its trial replaces."""
    protocol = protocol_of(config, run)
    settings = trial_settings(protocol, run.model, run.trial)
    return text(
        {
            "model": run.model,
            "model_settings": settings,
            "net": run.net,
            "width": protocol.width,
            "latent_dim": protocol.latent_dim,
            "training": _optimisation(protocol.training),
        }
    )


def _optimisation(training: Training) -> dict[str, Any]:
    """What `geovae.training.loop.train` and the job are told; the paper's ways go without saying."""
    usual = {"select_on": "validation", "halve_every": None}
    told = training.model_dump()
    return {name: value for name, value in told.items() if name not in usual or usual[name] != value}


def metric(config: Config, run: Run, variant: str) -> str:
    """For build_metric: k, lam, tau, the choice of centroids and ρ, as the variant has them.

    The paper's ρ is not told, so that a metric that has it is what it was before there was a choice.
    """
    options = variant_options(variant)
    settings = config.protocol(run.dataset).metric.model_dump()
    settings |= {name: options[name] for name in METRIC_OPTIONS if name in options}
    return text({name: value for name, value in settings.items() if (name, value) != ("rho", 1.0)})


# The option of a sampler that an option in a variant's name replaces.
_REPLACED = {
    "steps": "n_steps",
    "start": "start",
    "sigma": "scale",
    "nn": "n_neighbours",
    "scale": "scale",
    "components": "n_components",
}


def sampler(config: Config, generation: Generation) -> str:
    """For draw_samples: the options of the sampler, as the variant has them."""
    return text(_sampler_options(config, generation))


def sampler_reads(config: Config, generation: Generation) -> tuple[str, ...]:
    """What the sampler reads beside the model that decodes, as `geovae.sampling.table` names it.

    The displacement of the manifold sampler counts only where the options do not give a number in its place.
    """
    entry, options = SAMPLERS[generation.sampler], _sampler_options(config, generation)
    more = (
        name for (option, value), reads in entry.reads_with.items() if options.get(option) == value for name in reads
    )
    return tuple(name for name in (*entry.reads, *more) if name != "matched" or options.get("scale") == "matched")


def _sampler_options(config: Config, generation: Generation) -> dict[str, Any]:
    samplers = config.protocol(generation.run.dataset).samplers
    owner = SAMPLERS[generation.sampler].settings_of
    own = getattr(samplers, generation.sampler, None)
    settings = getattr(samplers, owner).model_dump() if owner else {}
    # Beside shared settings its own are told where they are not the defaults, with which it is the chain alone.
    settings |= own.model_dump(exclude_defaults=owner is not None) if own else {}
    options = variant_options(generation.variant)
    return settings | {_REPLACED[name]: value for name, value in options.items() if name in _REPLACED}


def backbone(config: Config, name: str, dataset: str) -> str:
    """For train_backbone: the options of a backbone's training, which not every one has, or that it is trained."""
    trained = trained_backbone(config, name, dataset)
    if trained is not None:
        return text({"trained": trained})
    section = getattr(config.evaluation, name, None)
    return section.model_dump_json() if section else "{}"


def trained_backbone(config: Config, name: str, dataset: str) -> str | None:
    """The `model.json` of a backbone that is taken instead of trained; None for one that is trained."""
    return config.protocol(dataset).classifier if name == "classifier" else None


def score(config: Config) -> str:
    """For score_samples: the settings of PRD, and which further scores are taken."""
    return text(config.evaluation.prd.model_dump() | {"extra": sorted(set(config.evaluation.extra))})


def config_sha256(config: Config, generation: Generation) -> str:
    """For score_samples: a hash of the settings of all stages that a generation and its scores follow from.

    What sets generations of the same settings apart (sampler, subset, seed) is in the other columns of a record.
    """
    run, judge_name = generation.run, config.evaluation.backbone
    judge = BACKBONES[judge_name]
    told = {
        "dataset": dataset(config, run.dataset),
        "training": training(config, run),
        "sampler": sampler(config, generation),
        "n": n_samples(config, generation),
        "backbone": config.evaluation.resize if judge.resizings else backbone(config, judge_name, run.dataset),
        "score": score(config),
    }
    reads = sampler_reads(config, generation)
    if "metric" in reads:
        told["metric"] = metric(config, run, generation.variant)
    if "matched" in reads:
        told["matched"] = config_sha256(config, Generation(run, "manifold"))
    return hashlib.sha256(text(told).encode()).hexdigest()


def key_fields(generation: Generation) -> str:
    """For score_samples: the columns that identify a generation."""
    run = generation.run
    fields = {name: getattr(run, name) for name in ("dataset", "subset", "net", "model", "trial", "seed")}
    return text(fields | {"sampler": generation.sampler, "variant": generation.variant})


def scored(config: Config, *artefacts: str) -> str:
    """For collect_scores: what names the score records behind tables and figures; everything else is left out."""
    content = config.model_dump(mode="json", include={"datasets", "evaluation", "artefacts"})
    sections = content["artefacts"]
    content["artefacts"] = {name: sections[name] if name in artefacts else None for name in sections} | {
        "claims": False
    }
    return text(content)


def geodesics(config: Config) -> str:
    """For trace_geodesics: the resolution of Figure 1."""
    return text({"grid": config.artefacts.figure1.grid, "n_stops": config.artefacts.figure1.n_stops})


def interpolation(config: Config) -> str:
    """For compare_interpolation: how many pairs and stops, and what is far."""
    return config.artefacts.figure_interpolation.model_dump_json(include={"n_pairs", "n_stops", "quantile"})


def augmentation_classifier(config: Config) -> str:
    """For train_classifier: the training of the classifier of Table 2."""
    return config.artefacts.table2.classifier.model_dump_json()
