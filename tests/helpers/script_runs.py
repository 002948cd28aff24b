"""What the tests of scripts share: tiny prepared data, and a script run through its command line."""

import numpy as np
import pytest

from geovae.core import storage
from geovae.data.base import Images, write_split
from geovae.evaluation.classifier import Classifier
from geovae.models.files import build_model, save_model
from reproduction.runtime import job

SHAPE = (1, 16, 16)
SIZES = {"train": 40, "validation": 12, "test": 15}
TRAIN_ROWS = np.array([31, 4, 9, 22, 17, 2, 35, 28, 11, 39, 0, 6])
MODEL = {"settings": {}, "net": "mlp", "width": 0.05, "latent_dim": 2, "image_shape": list(SHAPE)}


def run(script, *argv) -> None:
    job.run(script.main, script.build_parser(), [str(word) for word in argv])


def fails(script, *argv) -> str:
    with pytest.raises(SystemExit) as caught:
        run(script, *argv)
    return str(caught.value)


def images_of(split: str) -> np.ndarray:
    generator = np.random.default_rng(list(SIZES).index(split))
    return generator.integers(256, size=(SIZES[split], *SHAPE), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Prepared data, a subset, and an untrained VAE and classifier."""
    for split, size in SIZES.items():
        card = {"dataset": "toy", "split": split, "source": "a test", "license": "none"}
        write_split(tmp_path / "data" / split, Images.from_array(images_of(split), np.arange(size) % 2, "ab"), card)
    storage.save_array(tmp_path / "subset/train.npy", TRAIN_ROWS)
    storage.save_array(tmp_path / "subset/validation.npy", np.array([7, 1, 5]))
    description = MODEL | {"model": "vae"}
    save_model(tmp_path / "run", build_model(description), description)
    classifier = Classifier(SHAPE, 2, 0.25)
    storage.save_weights(tmp_path / "backbone/model.safetensors", classifier.state_dict())
    content = {"backbone": "classifier", "image_shape": SHAPE, "n_classes": 2, "settings": {"width": 0.25}}
    storage.save_json(tmp_path / "backbone/model.json", content | {"test_accuracy": 0.5}, beside=["model.safetensors"])
    return tmp_path


def brute_force(queries: np.ndarray, references: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    queries, references = (x.reshape(len(x), -1).astype(np.float64) for x in (queries, references))
    distances = np.sqrt(((queries[:, None] - references) ** 2).sum(-1))
    return distances.min(1), distances.argmin(1)


def embed(folder, n_unseen: int = 8) -> tuple:
    return (
        *("--model", folder / "run", "--data", folder / "data", "--subset-dir", folder / "subset"),
        *("--n-unseen", n_unseen, "--output", folder / "latents", "--device", "cpu"),
    )
