"""Rows of Table 1 on MNIST, or on drawn digits in its place, at the paper's protocol: one after the other, resumed."""

import time
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch

from geovae.core import storage
from geovae.core.seeding import seed_from
from geovae.evaluation import classifier
from geovae.evaluation.features import Backbone
from geovae.evaluation.fid import frechet_distance, statistics
from geovae.evaluation.neighbours import nearest
from geovae.evaluation.novelty import novelty
from geovae.evaluation.splits import Split
from geovae.geometry.metric import RiemannianMetric
from geovae.models.base import Autoencoder
from geovae.models.coding import decode_images, decode_posterior, encode_images
from geovae.models.files import build_model
from geovae.sampling.base import Context, Draw
from geovae.sampling.draw import draw
from geovae.training.checkpoint import fingerprint
from geovae.training.loop import train
from gpu_check import standins
from gpu_check.digits import splits
from gpu_check.kept import OutOfTimeError, TimedCheckpoint, load_tensors, save_tensors
from gpu_check.report import Check, Row

# configs/paper.yaml on MNIST; models and samplers have the paper's settings for it by default. A test compares them.
NET = {"net": "conv", "latent_dim": 16}
TRAINING = {"batch_size": 100, "lr": 1e-3, "patience": 5, "precision": "float32"}
METRIC = {"k": 100, "lam": 0.01}
CLASSIFIER = {"batch_size": 100, "lr": 1e-3, "width": 1.0}
# A training stops, and no further row begins, so many seconds before the end.
RESERVE = 40.0
EPOCHS_TOLD = 10  # between two lines on a training


class TableRow(NamedTuple):
    """A row: what it is called, and how it is made; `k` and `n_steps` where they are not the paper's."""

    label: str
    model: str
    sampler: str
    k: int = METRIC["k"]
    n_steps: int = 100


# By model, in the order of what they cost; the paper's thirteen, two variants of its sampler, and controls.
ROWS = (
    TableRow("VAE - N(0, 1)", "vae", "prior"),
    TableRow("VAE - GMM", "vae", "gmm"),
    TableRow("VAE - Ours", "vae", "manifold"),
    TableRow("VAE - Ours, k = 1000", "vae", "manifold", k=1000),
    TableRow("VAE - Ours, N = 1000", "vae", "manifold", n_steps=1000),
    TableRow("Real images", "vae", "real"),
    TableRow("Reconstructions", "vae", "reconstruction"),
    TableRow("Decoded means", "vae", "resample"),
    TableRow("Aggregate posterior", "vae", "posterior"),
    TableRow("Means + matched noise", "vae", "jitter"),
    TableRow("AE - N(0, 1)", "ae", "prior"),
    TableRow("AE - GMM", "ae", "gmm"),
    TableRow("WAE", "wae", "prior"),
    TableRow("RAE", "rae", "gmm"),
    TableRow("RAE (L2)", "rae_l2", "gmm"),
    TableRow("RAE (SN)", "rae_sn", "gmm"),
    TableRow("VAMP", "vamp", "prior"),
    TableRow("RAE (GP)", "rae_gp", "gmm"),
    TableRow("HVAE", "hvae", "prior"),
    TableRow("RHVAE", "rhvae", "prior"),
)


def build_rows(check: Check) -> None:
    """Train and score, until the rows are done or the time is over; what is done already is told again."""
    dataset, images = splits(check.data, check.scale.table1_splits)
    bench = Bench(check, dataset, images)
    deadline = check.deadline - RESERVE
    for row in (row for row in ROWS if check.scale.models is None or row.model in check.scale.models):
        path = bench.folder / "rows" / f"{row.label.replace('/', '_')}.json"
        kept = storage.load_json(path) if path.is_file() else {}
        if kept.get("fingerprint") == bench.fingerprint(row):
            check.attempt(row.label, lambda kept=kept: kept["scores"])
            continue
        if time.monotonic() >= deadline:
            check.attempt(row.label, lambda: {"state": "waits for another call"})
            continue
        found = check.attempt(row.label, lambda row=row: bench.score(row, deadline))
        if "fid" in found:
            scores = {name: value for name, value in found.items() if name not in ("what", "seconds")}
            storage.save_json(path, {"fingerprint": bench.fingerprint(row), "scores": scores})


class Bench:
    """What the rows share: images, the backbone with the reference's features, and the models, trained when needed."""

    def __init__(self, check: Check, dataset: str, images: dict[str, Split]) -> None:
        self.check, self.dataset, self.images = check, dataset, images
        self.key = f"{dataset}/full/conv"
        self.folder = check.state / dataset
        self.displacement: float | None = None
        self._contexts: dict[str, Context] = {}
        self._metrics: dict[int, RiemannianMetric] = {}

    def fingerprint(self, *parts: object) -> str:
        """A hash of what scores and weights depend on."""
        device = self.check.device
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
        circumstances = self.check.scale, torch.__version__, name, standins.missing()
        return fingerprint(self.dataset, NET, TRAINING, METRIC, CLASSIFIER, *circumstances, *parts)

    def score(self, row: TableRow, deadline: float) -> Row:
        """Train the row's model if it is not trained, draw and score; or how far the training came."""
        try:
            context = self.context(row.model, deadline)
        except OutOfTimeError:
            return {"state": "its training goes on in another call"}
        drawn = self._draw(row, context)
        n = self.check.scale.n_samples
        if drawn.images is None:
            decode = decode_images if drawn.from_prior else decode_posterior
            generated = decode(context.model, drawn.latents).numpy()
        else:
            generated = drawn.images
        features, reference = self.backbone.features(generated), self.reference[:n]
        f8, f1_8 = standins.prd_scores(features, reference, f"{self.key}/{row.label}", self.check.device)
        distances, _ = nearest(generated, self.images["train"].images, device=self.check.device)
        return {
            "data": self.dataset,
            "fid": frechet_distance(statistics(features), statistics(reference)),
            "prd_f8": f8,
            "prd_f1_8": f1_8,
            "novelty": novelty(distances, self.unseen[:n]),
            "acceptance": drawn.diagnostics.get("acceptance"),
            "seconds_drawing": drawn.diagnostics.get("seconds"),
            "backbone_accuracy": self.backbone.accuracy,
            "stand_ins": ", ".join(standins.missing()),
        }

    def _draw(self, row: TableRow, context: Context) -> Draw:
        n, key = self.check.scale.n_samples, f"{self.key}/{row.label}"
        if row.sampler == "gmm":
            return standins.sample_mixture(context, n, key)
        if row.sampler == "manifold":
            return self._chains(row, context, key)
        if row.sampler == "jitter":
            if self.displacement is None:
                ours = next(other for other in ROWS if other.label == "VAE - Ours")
                self.displacement = self._chains(ours, context, key).diagnostics["rms_per_dimension"]
            return draw("jitter", context, n, key, scale=self.displacement)
        return draw(row.sampler, context, n, key)

    def _chains(self, row: TableRow, context: Context, key: str) -> Draw:
        k = min(row.k, len(context.mu))
        if k not in self._metrics:
            mu, log_var = (part.to(self.check.device) for part in (context.mu, context.log_var))
            self._metrics[k] = standins.build_metric(mu, log_var, k, METRIC["lam"], f"{self.key}/metric")
        context = Context(**{**vars(context), "metric": self._metrics[k]})
        n, n_steps = self.check.scale.n_samples, min(row.n_steps, self.check.scale.longest_chain)
        drawn = draw("manifold", context, n, key, n_steps=n_steps, n_long=0)
        if row.label == "VAE - Ours":
            self.displacement = drawn.diagnostics["rms_per_dimension"]
        return drawn

    def context(self, name: str, deadline: float) -> Context:
        """The trained model `name` and its training images' codes.

        Raises:
            OutOfTimeError: it is not trained yet, and the time is over.
        """
        if name not in self._contexts:
            images = self.images["train"].images
            model = self._trained(name, deadline)
            mu, log_var = encode_images(model, images)
            shape, device = tuple(images.shape[1:]), self.check.device
            self._contexts[name] = Context(
                mu=mu, log_var=log_var, model=model, images=images, image_shape=shape, device=device
            )
        return self._contexts[name]

    def _trained(self, name: str, deadline: float) -> Autoencoder:
        train_images, validation_images = (
            torch.from_numpy(self.images[part].images) for part in ("train", "validation")
        )
        scale, key, path = self.check.scale, f"{self.key}/{name}/base/seed0", self.folder / f"{name}.pt"
        description = {"model": name, "settings": {}, "width": scale.table1_width, **NET}
        shape = list(train_images.shape[1:])
        model = build_model(description | {"image_shape": shape}, seed=seed_from(key, "weights"))
        own = self.fingerprint(name)
        kept = load_tensors(path)
        if kept is not None and kept[1]["key"] == own:
            model.load_state_dict(kept[0])
            return model.to(self.check.device).eval()
        checkpoint = TimedCheckpoint(self.folder / f"{name}-resume.pt", own, deadline)

        def report(row: Row) -> None:
            if row["epoch"] == 1 or row["epoch"] % EPOCHS_TOLD == 0:
                speed, loss = row["images_per_second"], row["validation_loss"]
                print(f"{name}: epoch {row['epoch']}, validation {loss:.5g}, {speed:,.0f} images/s", flush=True)

        settings = {**TRAINING, "epochs": scale.table1_epochs, "key": key, "device": self.check.device}
        rows = train(model, train_images, validation_images, **settings, checkpoint=checkpoint, report=report)
        save_tensors(path, model.state_dict(), {"key": own})
        columns = list(rows[-1])
        history = storage.csv_text(columns, [[row[column] for column in columns] for row in rows])
        storage.write_text(self.check.output / f"history-{name}.csv", history)
        checkpoint.delete()
        return model

    @cached_property
    def backbone(self) -> Backbone:
        """The classifier of the digits, trained by the first call."""
        path, own, device = self.folder / "classifier.pt", self.fingerprint("classifier"), self.check.device
        shape = tuple(self.images["train"].images.shape[1:])
        kept = load_tensors(path)
        if kept is not None and kept[1]["key"] == own:
            model, accuracy = classifier.Classifier(shape, 10, CLASSIFIER["width"]), kept[1]["accuracy"]
            model.load_state_dict(kept[0])
        else:
            settings = {**CLASSIFIER, "epochs": self.check.scale.classifier_epochs}
            names = tuple(map(str, range(10)))
            model, told = classifier.train(
                self.images, dataset=self.dataset, class_names=names, key=self.key, device=device, **settings
            )
            accuracy = told["test_accuracy"]
            save_tensors(path, model.state_dict(), {"key": own, "accuracy": accuracy})
        extractor = classifier.Extractor(model).to(device).eval().requires_grad_(False)
        return Backbone("classifier", None, accuracy, shape, 500, extractor, device)

    @cached_property
    def reference(self) -> np.ndarray:
        """Features of the test images."""
        return self.backbone.features(self.images["test"].images)

    @cached_property
    def unseen(self) -> np.ndarray:
        """Distances of the test images to the training images."""
        return nearest(self.images["test"].images, self.images["train"].images, device=self.check.device)[0]
