"""Two tiny builds below one folder `results`, each file written by its script, and the jobs that read them."""

import json
from pathlib import Path

import build_metric
import collect_classification
import collect_scores
import compare_pullback
import describe_metrics
import draw_samples
import draw_subset
import embed_latents
import extract_reference
import extract_training_features
import find_neighbours
import measure_unseen
import prepare_dataset
import render_figure
import render_history
import score_samples
import show_centroids
import train_backbone
import train_classifier
import train_model
import write_claims
import write_provenance
from helpers.script_runs import run

NAMES = ("one", "two")
"""The builds: data sets of the same form, other images and other seeds."""

N = 30
SPLITS = ("validation", "test")
_CPU = ("--device", "cpu")
_MODEL = {
    "model": "vae",
    "model_settings": {"beta": 0.1},
    "net": "mlp",
    "width": 0.02,
    "latent_dim": 2,
    "training": {"epochs": 1, "batch_size": 10, "lr": 1e-3, "patience": 5},
}
_CLASSIFIER = {"epochs": 1, "batch_size": 10, "lr": 1e-3, "patience": 5, "width": 0.1}


class Build:
    """The paths of one of the builds, and its jobs as (script, arguments)."""

    def __init__(self, results: Path, name: str) -> None:
        self.name = name
        self.results = results
        self.data = results / "data" / name
        self.subset = self.data / "subsets/full"
        self.key = f"{name}/full/mlp/vae/base/seed0"
        self.run = results / "runs" / self.key
        self.generation = self.run / "generations/manifold/base"
        self.backbone = results / "backbones" / name / "classifier"
        self.references = results / "references" / name / "classifier"
        self._data = ("--data", self.data)
        self._rows = ("--subset", self.subset / "train.npy")
        self._model = ("--model", self.run)
        self._means = ("--latents", self.run / "latents.npz")
        self._metric = ("--metric", self.run / "metric.npz")
        self._samples = ("--samples", self.generation / "samples.npy")
        self._backbone = ("--backbone", self.backbone)

    def jobs(self) -> dict[str, tuple]:
        """Every job, in an order in which they can run; `run(*job)` runs one."""
        return self._training() | self._latents() | self._real_images() | self._scores() | self._pictures()

    def _training(self) -> dict[str, tuple]:
        options = {"image_size": 18, "n_train": N, "n_validation": 20, "n_test": 20, "seed": NAMES.index(self.name)}
        settings = json.dumps(_MODEL)
        return {
            "prepare": (prepare_dataset, "--dataset", "shapes", "--options", json.dumps(options), *_to(self.data)),
            "subset": (draw_subset, *self._data, "--subset", "full", *_to(self.subset)),
            "train": (
                *(train_model, *self._data, "--subset-dir", self.subset, "--settings", settings, "--key", self.key),
                *(*_to(self.run), *_CPU),
            ),
            "history": (render_history, "--history", self.run / "history.csv", *_to(self.run / "history.png")),
            "augment": (
                *(train_classifier, "--training-set", "raw", *self._data, "--key", self.key, "--n-runs", 1, *_CPU),
                *("--settings", json.dumps(_CLASSIFIER), *_to(self.augmentation)),
            ),
            "classification": (
                *(collect_classification, "--records", f"raw={self.augmentation}"),
                *_to(self.classification),
            ),
        }

    def _latents(self) -> dict[str, tuple]:
        metric = self.run / "metric.npz"
        return {
            "embed": (
                *(embed_latents, *self._model, *self._data, "--subset-dir", self.subset, "--n-unseen", 20),
                *(*_to(self.run), *_CPU),
            ),
            "metric": (
                *(build_metric, *self._means, "--settings", '{"k": 10}', "--key", self.key),
                *("--output-seconds", self.run / "seconds.json", *_to(metric)),
            ),
            "describe": (describe_metrics, "--metrics", f"{self.key}/base={metric}", *_to(self.metrics)),
            "draw": (
                *(draw_samples, "--sampler", "manifold", "--n", 20, "--key", self.key, *self._model, *self._means),
                *(*self._metric, "--settings", '{"n_steps": 2, "n_long": 2}', "--metric-seconds"),
                *(self.run / "seconds.json", *_to(self.generation), *_CPU),
            ),
            "pullback": (
                *(compare_pullback, *self._model, *self._means, *self._metric, "--n-points", 5, "--key", self.key),
                *("--output-scores", self.run / "pullback.json", *_to(self.run / "pullback.npz"), *_CPU),
            ),
        }

    def _real_images(self) -> dict[str, tuple]:
        settings = '{"epochs": 1, "batch_size": 8, "lr": 0.001, "width": 0.25}'
        jobs = {
            "backbone": (
                *(train_backbone, "--backbone", "classifier", *self._data, "--key", self.name),
                *("--settings", settings, *_to(self.backbone), *_CPU),
            )
        }
        first = ("--n", 20, *_CPU)
        jobs["unseen"] = (measure_unseen, *self._data, *self._rows, *first, *_to(self.subset / "unseen.npz"))
        for split in SPLITS:
            of_split = (*self._data, "--split", split, *first)
            jobs[f"reference {split}"] = (extract_reference, *of_split, *self._backbone, *_to(self.reference(split)))
        return jobs

    def _scores(self) -> dict[str, tuple]:
        references = tuple(w for split in SPLITS for w in ("--reference", f"{split}={self.reference(split)}"))
        features = self.references / "full"
        unseen = {"pixels": self.subset, "latent": self.run, "features": features}
        records = (self.generation / f"score_{split}.json" for split in SPLITS)
        return {
            "features": (
                *(extract_training_features, *self._backbone, *self._data, *self._rows, *references),
                *(*_to(features), *_CPU),
            ),
            "score": (
                *(score_samples, *self._samples, *self._backbone, *self._data, *self._rows, *self._means, *references),
                *("--features", features / "train.npy"),
                *(w for space, folder in unseen.items() for w in ("--unseen", f"{space}={folder / 'unseen.npz'}")),
                *("--key-fields", json.dumps(self._key_fields), "--config-sha256", "c0ffee", *_CPU),
                *("--settings", '{"n_clusters": 3, "n_runs": 1, "extra": []}', *_to(self.generation)),
            ),
            "collect": (collect_scores, "--records", *records, *_to(self.scores)),
            "provenance": (write_provenance, "--scores", self.scores, *_to(self.run / "provenance.html")),
            "claims": (
                *(write_claims, "--record", f"pullback={self.run / 'pullback.json'}", "--settings", "{}"),
                *("--output-md", self.run / "claims.md", "--output-html", self.run / "claims.html"),
            ),
        }

    def _pictures(self) -> dict[str, tuple]:
        neighbours, centroids = (self.generation / f"{name}.npz" for name in ("neighbours", "centroids"))
        return {
            "neighbours": (
                *(find_neighbours, *self._samples, *self._model, *self._means, *self._data, *self._rows),
                *(*self._backbone, "--n-examples", 6, "--key", self.key, *_to(neighbours), *_CPU),
            ),
            "figure 3": self._figure("figure3", neighbours),
            "centroids": (
                *(show_centroids, *self._model, *self._metric, *self._samples, *self._data, *self._rows),
                *("--n-samples", 2, *_to(centroids), *_CPU),
            ),
            "figure 13": self._figure("figure13", centroids),
        }

    @property
    def scores(self) -> Path:
        """The table of score records."""
        return self.results / "scores" / f"{self.name}.csv"

    @property
    def metrics(self) -> Path:
        """The table of metrics."""
        return self.results / f"metrics-{self.name}.csv"

    @property
    def augmentation(self) -> Path:
        """The record of the classifier of Table 2."""
        return self.results / "augmentation" / self.name / "raw.json"

    @property
    def classification(self) -> Path:
        """The table of such records."""
        return self.results / f"classification-{self.name}.csv"

    def reference(self, split: str) -> Path:
        """Features of a split."""
        return self.references / f"{split}.npz"

    @property
    def _key_fields(self) -> dict[str, object]:
        dataset, subset, net, model, trial, _ = self.key.split("/")
        key = {"dataset": dataset, "subset": subset, "net": net, "model": model, "trial": trial, "seed": 0}
        return key | {"sampler": "manifold", "variant": "base"}

    def _figure(self, figure: str, path: Path) -> tuple:
        png, pdf = (self.run / f"{figure}.{kind}" for kind in ("png", "pdf"))
        return (render_figure, figure, "--input", f"{self.name}={path}", "--output-png", png, "--output-pdf", pdf)


def _to(path: Path) -> tuple:
    return ("--output", path)


def build_all(results: Path, without: tuple[str, ...] = ()) -> dict[str, Build]:
    """Run all jobs of both builds below `results`, but those whose results no job reads (`without`)."""
    builds = {name: Build(results, name) for name in NAMES}
    for build in builds.values():
        for name, job in build.jobs().items():
            if name not in without:
                run(*job)
    return builds
