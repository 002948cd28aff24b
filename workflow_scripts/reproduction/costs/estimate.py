"""Hours per table and figure: the seconds of every job that it needs, from throughputs and measured start-up times."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from geovae.geometry.diagnostics import INTERPOLATIONS as KINDS
from geovae.geometry.diagnostics import LONG_FACTOR
from geovae.sampling.table import SAMPLERS
from reproduction.config.config import Config
from reproduction.config.datasets import DOWNLOADED
from reproduction.config.searches import trial_settings
from reproduction.config.variants import variant_options
from reproduction.costs.jobs import Jobs, planned_jobs
from reproduction.costs.throughput import Throughput, images_per_second
from reproduction.costs.workloads import backbone_macs, classifier_macs, n_train, run_macs, training_macs
from reproduction.plan.augmentation import n_samples
from reproduction.plan.job_settings import trained_backbone
from reproduction.plan.keys import SCORED_SPLITS, Generation, Run, protocol_of
from reproduction.plan.targets import artefact_files

# Seconds of a job before it computes: Python, its imports, reading. Measured on one core, in processor time. `START` is
# of those that load torch and little besides.
START = 1.8
STARTS = {
    **dict.fromkeys(("train_model", "score_samples"), 3.5),  # torch's compiler with the optimiser; scikit-learn
    "build_metric": 3.0,
    "prepare_dataset": 1.5,
    "draw_samples": 2.5,
    **dict.fromkeys(("render_figure", "render_history"), 1.0),
}
START_WITHOUT_TORCH = 0.3
# The same of jobs that are forks of a process with the libraries loaded: on one machine's CPU, of one thread each.
FORK_START = 0.15
FORK_STARTS = {
    **dict.fromkeys(("train_model", "draw_samples"), 0.6),
    "score_samples": 0.4,
    "prepare_dataset": 0.8,
    "render_figure": 1.0,
    "render_history": 0.4,
}
WITHOUT_TORCH = (
    *("prepare_dataset", "draw_subset", "collect_scores", "collect_all_scores", "collect_classification"),
    *("render_figure", "render_history", "render_table", "write_claims", "write_provenance"),
    *(f"download_{dataset}" for dataset in DOWNLOADED),
)
# Multiplications per second of a forward pass, of the sampler's sums over centroids where most are active nowhere, and
# of distances between images. Measured on one core.
FORWARD_PER_SECOND = 2e10
CHAIN_PER_SECOND = 1e10
DISTANCES_PER_SECOND = 5e10
# Seconds of PRD's clusterings, and of what else grows with the images of a score, for each of them.
PER_SCORED_IMAGE = 8e-4
# Seconds a sampler takes to choose by likelihood, for each held-out mean (1,000) and training mean.
HELD_OUT = {"posterior_kde": 2e-7, "kde": 2e-7, "parzen": 1.3e-6, "gmm": 3e-6}
N_HELD_OUT = 1000
# Seconds of a core that the curves of one pair of training means take. Measured in two dimensions with 100 centroids.
PER_PAIR = 0.5
# A training step costs about three forward passes, as its backward pass costs about two.
TRAINING_PASSES = 3
# Validation images for each training image, each a forward pass an epoch: MNIST's; CelebA has 0.12, digits 0.4.
VALIDATION_SHARE = 0.2
ON_GPU = (
    "train_model",
    "train_backbone",
    "train_classifier",
    "draw_samples",
    "score_samples",
    "embed_latents",
    "extract_reference",
    "extract_training_features",
    "measure_unseen",
    "find_neighbours",
    "show_centroids",
    "compare_pullback",
    "compare_interpolation",
)


class Cost(NamedTuple):
    """What an artefact takes if nothing of it is there yet.

    Attributes:
        jobs, trainings: how many; trainings are those of generative models.
        core_hours: hours of a CPU core; where there is a GPU, only of the jobs that do not use it.
        gpu_hours: hours of a GPU; 0 where there is none.
    """

    jobs: int
    trainings: int
    core_hours: float
    gpu_hours: float


class Estimator:
    """Seconds of jobs, where forward passes take what they take on a core that was measured.

    Args:
        config: the build's.
        device: `cpu` or `cuda`.
        known: throughputs that were measured on it, those to be trusted most first.
    """

    def __init__(self, config: Config, device: str, known: Sequence[Throughput]) -> None:
        self.config, self.device, self.known = config, device, known
        self.forward, self.distances = FORWARD_PER_SECOND, DISTANCES_PER_SECOND

    def seconds(self, rule: str, item: object) -> float:
        """Seconds of one job; `item` as in `planned_jobs`."""
        work = {
            "train_model": self.training_seconds,
            "embed_latents": self._embedding,
            "draw_samples": self._drawing,
            "score_samples": self._scoring,
            "compare_pullback": self._pullback,
            "compare_interpolation": self._interpolation,
            "train_backbone": self._backbone,
            "train_classifier": self._classifiers,
            "measure_unseen": self._unseen,
            "extract_reference": lambda item: self._features(item[0], self.config.evaluation.n_samples),
            "extract_training_features": lambda item: self._features(
                item[0], n_train(self.config, Run(item[0], item[2], "conv", "vae", "base", 0))
            ),
        }
        return self.start_seconds(rule) + (work[rule](item) if rule in work else 0.0)

    def start_seconds(self, rule: str) -> float:
        """Seconds of a job before it computes."""
        if self.device == "cpu" and self.config.threads == 1:
            return FORK_STARTS.get(rule, FORK_START)
        return STARTS.get(rule, START_WITHOUT_TORCH if rule in WITHOUT_TORCH else START)

    def chain_seconds(self, n_gradients: float, k: int, d: int) -> float:
        """Seconds of so many gradients of one chain each, with k centroids in d dimensions."""
        return n_gradients * k * d / CHAIN_PER_SECOND

    def training_seconds(self, run: Run) -> float:
        """Seconds of a training beyond the start of its job."""
        speed = images_per_second(self.known, self.device, run.net, run.model, training_macs(self.config, run))
        return epochs(self.config, run) * passes(self.config, run) * n_train(self.config, run) / speed

    def _embedding(self, run: Run) -> float:
        n = n_train(self.config, run) + 2 * self.config.evaluation.n_samples
        return n * run_macs(self.config, run)[0] / self.forward

    def _drawing(self, generation: Generation) -> float:
        run, protocol = generation.run, protocol_of(self.config, generation.run)
        n, chain = n_samples(self.config, generation), 0.0
        if "manifold" in (generation.sampler, SAMPLERS[generation.sampler].settings_of):
            options, settings = variant_options(generation.variant), protocol.samplers.manifold
            steps = options.get("steps", settings.n_steps) * settings.n_lf
            chains = n + LONG_FACTOR * min(n, settings.n_long)
            chain = self.chain_seconds(chains * steps, options.get("k", protocol.metric.k), protocol.latent_dim)
        chosen = generation.variant == ("componentsheldout" if generation.sampler == "gmm" else "base")
        held_out = HELD_OUT.get(generation.sampler, 0.0) * chosen * N_HELD_OUT * n_train(self.config, run)
        return n * run_macs(self.config, run)[1] / self.forward + chain + held_out

    def _pullback(self, run: Run) -> float:
        n = min(self.config.artefacts.figure_pullback.n_points, n_train(self.config, run))
        # A product in forward mode costs about two passes, and each latent dimension takes one.
        return 2 * n * self.config.protocol(run.dataset).latent_dim * run_macs(self.config, run)[1] / self.forward

    def _interpolation(self, run: Run) -> float:
        figure = self.config.artefacts.figure_interpolation
        n_images = len(KINDS) * figure.n_pairs * figure.n_stops
        return figure.n_pairs * PER_PAIR + n_images * run_macs(self.config, run)[1] / self.forward

    def _scoring(self, generation: Generation) -> float:
        run, n = generation.run, n_samples(self.config, generation)
        distances = self._distances(run.dataset, n, n_train(self.config, run))
        return self._features(run.dataset, n) + distances + n * PER_SCORED_IMAGE

    def _unseen(self, item: tuple[str, str]) -> float:
        dataset, subset = item
        n = n_train(self.config, Run(dataset, subset, "conv", "vae", "base", 0))
        return len(SCORED_SPLITS) * self._distances(dataset, self.config.evaluation.n_samples, n)

    def _distances(self, dataset: str, n: int, n_others: int) -> float:
        """Seconds of the distances of n images to others of a data set, in pixels."""
        return n * n_others * math.prod(self.config.protocol(dataset).image_shape()) / self.distances

    def _features(self, dataset: str, n: int) -> float:
        evaluation = self.config.evaluation
        shape = self.config.protocol(dataset).image_shape()
        return n * backbone_macs(evaluation.backbone, shape, evaluation.classifier.width) / self.forward

    def _backbone(self, dataset: str) -> float:
        if trained_backbone(self.config, self.config.evaluation.backbone, dataset):
            return 0.0
        n = n_train(self.config, Run(dataset, "full", "conv", "vae", "base", 0))
        return self.config.evaluation.classifier.epochs * TRAINING_PASSES * self._features(dataset, n)

    def _classifiers(self, source: str) -> float:
        table = self.config.artefacts.table2
        real = sum(table.n_train or [n_train(self.config, Run(table.dataset, "full", "conv", "vae", "base", 0))])
        n = real if source in ("raw", "resampled") else 2 * table.n_per_class
        macs = classifier_macs(self.config.protocol(table.dataset).image_shape(), table.classifier.width)
        return table.n_runs * table.classifier.epochs * n * macs * TRAINING_PASSES / self.forward


def epochs(config: Config, run: Run) -> float:
    """Epochs of a training, those of the two-stage VAE's second stage among them."""
    protocol = protocol_of(config, run)
    second = trial_settings(protocol, run.model, run.trial).get("second_epochs", 0.0)
    return protocol.training.epochs * (1 + second)


def passes(config: Config, run: Run) -> float:
    """How much an epoch costs beside its steps on the training images alone, by the forward passes that judge it."""
    judged = VALIDATION_SHARE + (protocol_of(config, run).training.select_on == "train")
    return 1 + judged / TRAINING_PASSES


def cost(estimator: Estimator, jobs: Jobs) -> Cost:
    """The cost of a set of jobs."""
    seconds = {rule: sum(estimator.seconds(rule, item) for item in items) for rule, items in jobs.items()}
    on_gpu = sum(seconds[rule] for rule in ON_GPU if rule in seconds) if estimator.device == "cuda" else 0.0
    return Cost(
        sum(map(len, jobs.values())),
        len(jobs.get("train_model", ())),
        (sum(seconds.values()) - on_gpu) / 3600,
        on_gpu / 3600,
    )


def artefact_costs(estimator: Estimator) -> dict[str, Cost]:
    """The cost of every artefact that the config asks for, each as if it were built alone, and of the `whole build`."""
    config = estimator.config
    costs = {name: cost(estimator, planned_jobs(config, name)) for name in artefact_files(config)}
    return costs | {"whole build": cost(estimator, planned_jobs(config))}
