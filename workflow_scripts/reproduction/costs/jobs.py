"""Which jobs a build consists of, counted from the config alone: what Snakemake would plan in an empty folder."""

from collections import defaultdict
from collections.abc import Iterable

from geovae.evaluation.table import BACKBONES
from reproduction.config.config import Config
from reproduction.config.datasets import DOWNLOADED
from reproduction.config.variants import metric_variant
from reproduction.plan.augmentation import class_subsets, takes_whole_splits, training_sets
from reproduction.plan.cells import SCORED, scored_generations
from reproduction.plan.comparisons import RECORDS, claimed_records, compared_runs
from reproduction.plan.figures import NEIGHBOURS, latent_space_run, neighbour_generations, two_centroids
from reproduction.plan.job_settings import sampler_reads
from reproduction.plan.keys import SCORED_SPLITS, Generation, Run
from reproduction.plan.targets import artefact_files, drawn_histories, shown_generations

Jobs = dict[str, set]


def planned_jobs(config: Config, *artefacts: str) -> Jobs:
    """The jobs of these artefacts, or of a whole build: rule → one identity per job.

    An identity is a `Run`, a `Generation`, a run and a metric's variant, a data set and what belongs to it, or a name.
    """
    jobs: Jobs = defaultdict(set)
    for name in artefact_files(config):
        if not artefacts or name in artefacts:
            _artefact_jobs(config, name, jobs)
    if not artefacts:
        jobs["render_history"].update(drawn_histories(config))
        if scored_generations(config):
            jobs["collect_all_scores"].add("scores")
            jobs["write_provenance"].add("provenance")
    return dict(jobs)


def _artefact_jobs(config: Config, name: str, jobs: Jobs) -> None:
    if name == "claims":
        _claims_jobs(config, jobs)
        return
    jobs["render_table" if name.startswith("table") else "render_figure"].add(name)
    if name in SCORED and name != "figure13":
        _score_jobs(config, scored_generations(config, name), jobs)
        jobs["collect_scores"].add(name)
    elif name == "figure13":
        seed = config.artefacts.figure13.seeds[0]
        shown = [g for dataset in _datasets(config, name) for g in two_centroids(config, dataset, seed).values()]
        _draw_jobs(config, shown, jobs)
        jobs["show_centroids"].update(shown)
    elif name == "figure1":
        run = latent_space_run(config)
        _embed_jobs([run], jobs)
        jobs["build_metric"].add((run, "base"))
        jobs["trace_geodesics"].add(run)
    elif name in RECORDS:
        _comparison_jobs(name, compared_runs(config, name), jobs)
    elif name == "table2":
        _classification_jobs(config, jobs)
    else:
        _draw_jobs(config, shown_generations(config, name), jobs)
    if name == "figure_rho":
        jobs["describe_metrics"].add("metrics")
    if name in NEIGHBOURS:
        for dataset in _datasets(config, name):
            ours = neighbour_generations(config, name, dataset)["Ours"]
            _embed_jobs([ours.run], jobs)
            _backbone_jobs(config, dataset, jobs)
            jobs["find_neighbours"].add(ours)


def _comparison_jobs(figure: str, runs: list[Run], jobs: Jobs) -> None:
    _embed_jobs(runs, jobs)
    jobs["build_metric"].update((run, "base") for run in runs)
    jobs[f"compare_{RECORDS[figure]}"].update(runs)
    if figure == "figure_interpolation":
        jobs["measure_unseen"].update((run.dataset, run.subset) for run in runs)


def _claims_jobs(config: Config, jobs: Jobs) -> None:
    """The page of claims is written from all scores, from the classifications, and from what is measured beside."""
    jobs["write_claims"].add("claims")
    generations = scored_generations(config)
    if generations:
        _score_jobs(config, generations, jobs)
        jobs["collect_all_scores"].add("scores")
    if config.artefacts.table2:
        _classification_jobs(config, jobs)
    claimed = claimed_records(config).values()
    for figure, kind in RECORDS.items():
        if runs := [run for of_kind, run, _ in claimed if of_kind == kind]:
            _comparison_jobs(figure, runs, jobs)


def _datasets(config: Config, artefact: str) -> list[str]:
    return getattr(config.artefacts, artefact).datasets


def _classification_jobs(config: Config, jobs: Jobs) -> None:
    _draw_jobs(config, shown_generations(config, "table2"), jobs)
    _data_jobs(config.artefacts.table2.dataset, jobs)
    if not takes_whole_splits(config):
        jobs["draw_subset"].update(
            (config.artefacts.table2.dataset, subset) for subset in class_subsets(config).values()
        )
    jobs["train_classifier"].update(entry.name for entry in training_sets(config))
    jobs["collect_classification"].add("classification")


def _score_jobs(config: Config, generations: Iterable[Generation], jobs: Jobs) -> None:
    backbone = config.evaluation.backbone
    _draw_jobs(config, generations, jobs)
    for generation in generations:
        run = generation.run
        _embed_jobs([run], jobs)
        _backbone_jobs(config, run.dataset, jobs)
        jobs["score_samples"].add(generation)
        jobs["extract_reference"].update((run.dataset, backbone, split) for split in SCORED_SPLITS)
        jobs["measure_unseen"].add((run.dataset, run.subset))
        jobs["extract_training_features"].add((run.dataset, backbone, run.subset))


def _backbone_jobs(config: Config, dataset: str, jobs: Jobs) -> None:
    backbone = config.evaluation.backbone
    if BACKBONES[backbone].train is None:
        jobs[f"fetch_{backbone}"].add(backbone)
    else:
        jobs["train_backbone"].add(dataset)


def _draw_jobs(config: Config, generations: Iterable[Generation], jobs: Jobs) -> None:
    for generation in generations:
        run = generation.run
        _train_jobs([run], jobs)
        jobs["draw_samples"].add(generation)
        reads = sampler_reads(config, generation)
        if "latents" in reads:
            _embed_jobs([run], jobs)
        if "metric" in reads:
            jobs["build_metric"].add((run, metric_variant(generation.variant)))
        if "matched" in reads:
            _draw_jobs(config, [Generation(run, "manifold")], jobs)


def _embed_jobs(runs: Iterable[Run], jobs: Jobs) -> None:
    for run in runs:
        _train_jobs([run], jobs)
        jobs["embed_latents"].add(run)


def _train_jobs(runs: Iterable[Run], jobs: Jobs) -> None:
    for run in runs:
        _data_jobs(run.dataset, jobs)
        jobs["draw_subset"].add((run.dataset, run.subset))
        jobs["train_model"].add(run)


def _data_jobs(dataset: str, jobs: Jobs) -> None:
    jobs["prepare_dataset"].add(dataset)
    if dataset in DOWNLOADED:
        jobs[f"download_{dataset}"].add(dataset)
