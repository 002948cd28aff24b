"""Which jobs of a build wait for which, from the config alone."""

from collections.abc import Iterator
from typing import NamedTuple

from geovae.evaluation.table import BACKBONES
from reproduction.config.config import Config
from reproduction.config.datasets import DOWNLOADED
from reproduction.config.variants import metric_variant
from reproduction.costs.jobs import planned_jobs
from reproduction.plan.augmentation import class_subsets, source_generations, takes_whole_splits
from reproduction.plan.figures import neighbour_samplers
from reproduction.plan.job_settings import sampler_reads
from reproduction.plan.keys import SCORED_SPLITS, Generation, Run
from reproduction.plan.targets import artefact_files

_RENDERED = ("render_table", "render_figure")
_MEASURED = ("compare_pullback", "compare_interpolation")


class Job(NamedTuple):
    """A job: the rule, and its identity as in `planned_jobs`."""

    rule: str
    item: object


Graph = dict[Job, set[Job]]


def job_graph(config: Config) -> Graph:
    """Every job of a whole build with those whose results it reads; what these read themselves goes without saying."""
    planned = planned_jobs(config)
    jobs = {Job(rule, item) for rule, items in planned.items() for item in items}
    of_artefacts = _artefact_graph(config, jobs)
    return {job: of_artefacts.get(job) or set(_reads(config, job)) & jobs for job in jobs}


def _artefact_graph(config: Config, jobs: set[Job]) -> Graph:
    """What the jobs that gather, render and judge wait for: everything else that their artefact needs."""
    graph = {
        Job("collect_all_scores", "scores"): {job for job in jobs if job.rule == "score_samples"},
        Job("collect_classification", "classification"): {job for job in jobs if job.rule == "train_classifier"},
        Job("write_provenance", "provenance"): {Job("collect_all_scores", "scores")},
    }
    for name in artefact_files(config):
        own = {Job(rule, item) for rule, items in planned_jobs(config, name).items() for item in items}
        graph[Job("collect_scores", name)] = {job for job in own if job.rule == "score_samples"}
        graph |= {Job(rule, name): own - {Job(rule, name)} for rule in _RENDERED}
        if name == "claims":
            ends = ("collect_all_scores", "collect_classification", *_MEASURED)
            graph[next(job for job in own if job.rule == "write_claims")] = {job for job in own if job.rule in ends}
        if name == "figure_rho":
            graph[Job("describe_metrics", "metrics")] = {job for job in own if job.rule == "build_metric"}
    return {job: before & jobs for job, before in graph.items() if job in jobs}


def _reads(config: Config, job: Job) -> Iterator[Job]:
    """What a job reads that belongs to a data set, a run or a generation."""
    rule, item = job
    if isinstance(item, Generation):
        yield from _generation_reads(config, rule, item)
    elif isinstance(item, Run):
        yield from _run_reads(rule, item)
    elif rule == "build_metric":
        yield Job("embed_latents", item[0])
    elif rule == "prepare_dataset" and item in DOWNLOADED:
        yield Job(f"download_{item}", item)
    elif rule == "train_classifier":
        yield from _classifier_reads(config, item)
    elif rule == "draw_subset":
        yield Job("prepare_dataset", item[0])
    elif rule == "measure_unseen":
        yield Job("draw_subset", item)
    elif rule == "extract_reference":
        yield from (Job("prepare_dataset", item[0]), _backbone(item[1], item[0]))
    elif rule == "extract_training_features":
        dataset, backbone, subset = item
        yield Job("draw_subset", (dataset, subset))
        yield from (Job("extract_reference", (dataset, backbone, split)) for split in SCORED_SPLITS)
    elif rule == "train_backbone":
        yield Job("prepare_dataset", item)


def _run_reads(rule: str, run: Run) -> Iterator[Job]:
    if rule == "train_model":
        yield Job("draw_subset", (run.dataset, run.subset))
        return
    yield Job("train_model", run)
    if rule in ("trace_geodesics", *_MEASURED):
        yield Job("build_metric", (run, "base"))
    if rule == "compare_interpolation":
        yield Job("measure_unseen", (run.dataset, run.subset))


def _generation_reads(config: Config, rule: str, generation: Generation) -> Iterator[Job]:
    run, backbone = generation.run, config.evaluation.backbone
    if rule == "draw_samples":
        yield Job("train_model", run)
        reads = sampler_reads(config, generation)
        if {"latents", "latents_validation", "latents_test"} & set(reads):
            yield Job("embed_latents", run)
        if "metric" in reads:
            yield Job("build_metric", (run, metric_variant(generation.variant)))
        if "matched" in reads:
            yield Job("draw_samples", Generation(run, "manifold"))
        return
    yield Job("draw_samples", generation)
    if rule == "score_samples":
        yield from (Job("embed_latents", run), Job("extract_training_features", (run.dataset, backbone, run.subset)))
        yield Job("measure_unseen", (run.dataset, run.subset))
    elif rule == "find_neighbours":
        yield from (Job("embed_latents", run), _backbone(backbone, run.dataset))
        yield from (Job("draw_samples", Generation(run, sampler)) for sampler in neighbour_samplers().values())


def _classifier_reads(config: Config, source: str) -> Iterator[Job]:
    dataset = config.artefacts.table2.dataset
    yield Job("prepare_dataset", dataset)
    if not takes_whole_splits(config):
        yield from (Job("draw_subset", (dataset, subset)) for subset in class_subsets(config).values())
    yield from (Job("draw_samples", generation) for generation in source_generations(config, source).values())


def _backbone(backbone: str, dataset: str) -> Job:
    if BACKBONES[backbone].train is None:
        return Job(f"fetch_{backbone}", backbone)
    return Job("train_backbone", dataset)
