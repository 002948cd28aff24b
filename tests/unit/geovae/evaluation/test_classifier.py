"""The classifier backbone: it learns, is the same run after run, survives storage, and names what it cannot use."""

import subprocess

import numpy as np
import pytest
import torch

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.evaluation import classifier
from geovae.evaluation.classifier import Classifier, Split, count_classes, train
from geovae.evaluation.features import load_backbone
from reproduction.runtime import provenance

torch.set_num_threads(1)
CPU = torch.device("cpu")
SETTINGS = {"epochs": 6, "batch_size": 10, "lr": 1e-2, "width": 0.25}


def _stripes(seed: int, n: int, shape=(1, 16, 16)) -> Split:
    """Noisy images with a bright upper (class 0) or left half (class 1)."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n, dtype=np.int64) % 2
    images = rng.integers(0, 100, (n, *shape))
    images[labels == 0, :, : shape[1] // 2] += 120
    images[labels == 1, :, :, : shape[2] // 2] += 120
    return Split(images.astype(np.uint8), labels)


def _splits(shape=(1, 16, 16)) -> dict[str, Split]:
    sizes = {"train": 61, "validation": 20, "test": 20}
    return {name: _stripes(seed, n, shape) for seed, (name, n) in enumerate(sizes.items())}


def _train(splits=None, **changes):
    arguments = {"dataset": "stripes", "class_names": ("rows", "columns"), "key": "key", "device": CPU, **SETTINGS}
    return train(_splits() if splits is None else splits, **arguments | changes)


@pytest.fixture(scope="module")
def trained():
    return _train()


@pytest.fixture
def folder(trained, tmp_path):
    model, description = trained
    storage.save_weights(tmp_path / "model.safetensors", model.state_dict())
    storage.save_json(tmp_path / "model.json", description, beside=["model.safetensors"])
    return tmp_path


def test_it_learns_what_is_easy(trained):
    _, description = trained
    assert description["test_accuracy"] == description["validation_accuracy"] == 1.0
    assert description["n_classes"] == 2


def test_the_same_key_gives_the_same_bytes_and_leaves_the_global_generator_alone(trained):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    again, description = _train()
    assert torch.equal(torch.rand(2), expected)
    assert description == trained[1]
    for name, tensor in trained[0].state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    other, _ = _train(key="another key", epochs=1)
    assert not torch.equal(other.last.weight, trained[0].last.weight)


def test_the_epoch_with_the_lowest_validation_loss_is_kept(monkeypatch):
    losses = iter([0.7, 0.2, 0.9])
    weights = []

    def evaluate(model, split, device):
        weights.append(model.last.weight.detach().clone())
        return next(losses, 0.0), 0.5

    monkeypatch.setattr(classifier, "_evaluate", evaluate)
    model, description = _train(epochs=3)
    assert description["epoch"] == 2
    assert torch.equal(model.last.weight, weights[1])
    assert not torch.equal(model.last.weight, weights[2])


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 8, 8), (3, 32, 32), (3, 64, 64), (1, 208, 176), (1, 33, 7)])
def test_any_image_size_has_features_and_scores(shape):
    model = Classifier(shape, 3, 0.25).eval()
    images = torch.zeros(2, *shape, dtype=torch.uint8)
    assert model.features(images).shape == (2, 64)
    assert model(images).shape == (2, 3)


def test_features_come_back_from_storage_and_do_not_depend_on_batches(folder, trained):
    images = _stripes(7, 25).images
    backbone = load_backbone(folder, CPU)
    features = backbone.features(images)
    with torch.no_grad():
        expected = trained[0].features(torch.from_numpy(images)).numpy()
    np.testing.assert_array_equal(features, expected)
    np.testing.assert_allclose(backbone.features(torch.from_numpy(images), batch_size=4), features, atol=1e-4)
    assert features.dtype == np.float32
    assert (backbone.name, backbone.resize, backbone.accuracy) == ("classifier", None, 1.0)


def test_features_of_training_images_have_about_unit_variance(folder):
    features = load_backbone(folder, CPU).features(_splits()["train"].images)
    assert 0.5 < features.var(0).mean() < 2.0
    assert (features < 0).any()


def test_images_of_another_shape_are_refused(folder):
    with pytest.raises(GeovaeError, match="shape"):
        load_backbone(folder, CPU).features(np.zeros((2, 3, 16, 16), np.uint8))
    with pytest.raises(GeovaeError, match="no image"):
        load_backbone(folder, CPU).features(np.zeros((0, 1, 16, 16), np.uint8))


def test_images_are_not_resized(folder):
    with pytest.raises(GeovaeError, match="classifier: resize is 'tf_legacy'"):
        load_backbone(folder, CPU, "tf_legacy")


def test_an_unknown_backbone_and_foreign_weights_are_refused(folder):
    description = storage.load_json(folder / "model.json")
    storage.save_json(folder / "model.json", {**description, "n_classes": 5}, beside=["model.safetensors"])
    with pytest.raises(GeovaeError, match="do not belong together"):
        load_backbone(folder, CPU)
    storage.save_json(folder / "model.json", {**description, "backbone": "oracle"}, beside=["model.safetensors"])
    with pytest.raises(GeovaeError, match=r"'oracle'.*classifier"):
        load_backbone(folder, CPU)


@pytest.mark.parametrize(
    ("labels", "names", "message"),
    [
        ([0, 0, 2, 2], (), "stripes: class 1 has no training image"),
        ([0, 0, 1, 1], ("cat", "dog", "owl"), "stripes: class owl has no training image"),
        ([0, 0, 0, 0], (), "stripes: all images are of class 0"),
        ([0, 1, -1, 1], (), "stripes: its train split has images without a class"),
        ([], (), "stripes: its train split is empty"),
    ],
)
def test_unusable_labels_are_named(labels, names, message):
    split = Split(np.zeros((len(labels), 1, 4, 4), np.uint8), np.array(labels, dtype=np.int64))
    with pytest.raises(GeovaeError, match=message):
        count_classes({"train": split}, "stripes", names)


def test_a_class_that_only_test_images_have_is_named():
    splits = _splits()
    splits["test"].labels[0] = 2
    with pytest.raises(GeovaeError, match="class 2 has no training image"):
        _train(splits)


def test_a_loss_that_is_not_finite_ends_with_a_message():
    with pytest.raises(GeovaeError, match=r"stripes.*the loss is (nan|inf).*Lower lr"):
        _train(lr=1e30)


@pytest.mark.parametrize("change", [{"epochs": 0}, {"batch_size": 1}, {"lr": 0.0}, {"width": 0}])
def test_unusable_settings_are_named(change):
    with pytest.raises(GeovaeError, match=next(iter(change))):
        _train(**change)


def _git(folder, *arguments):
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def test_the_commit_of_a_source_tree(tmp_path, monkeypatch):
    module = tmp_path / "provenance.py"
    module.write_text("a = 1\n")
    monkeypatch.setattr(provenance, "__file__", str(module))
    assert provenance.commit() == "unknown"
    _git(tmp_path, "init")
    (tmp_path / "other.txt").write_text("other")
    _git(tmp_path, "add", "other.txt")
    _git(tmp_path, "commit", "-m", "somebody else's repository")
    assert provenance.commit() == "unknown"
    _git(tmp_path, "add", "provenance.py")
    _git(tmp_path, "commit", "-m", "ours")
    (tmp_path / "results.csv").write_text("untracked files change nothing")
    clean = provenance.commit()
    assert len(clean) == 40
    module.write_text("a = 2\n")
    assert provenance.commit() == f"{clean}-dirty"


def test_without_git_the_commit_is_unknown(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance.commit() == "unknown"
