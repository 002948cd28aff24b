"""The script train_backbone: it trains the backbone that it is told with its options, or takes a trained one."""

import json

import torch

import train_backbone
from geovae.core import storage
from geovae.evaluation.classifier import Classifier
from geovae.evaluation.features import load_backbone
from geovae.evaluation.table import BACKBONES, BackboneEntry
from helpers.script_runs import fails, images_of, run
from helpers.script_runs import folder as folder  # a fixture

torch.set_num_threads(1)


class Brightness(torch.nn.Module):
    """One feature: the sum of the pixels, times a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.weight * images.float().flatten(1).sum(1, keepdim=True)


def load_brightness(folder, description) -> Brightness:
    model = Brightness()
    model.load_state_dict(storage.load_weights(folder / "model.safetensors"))
    return model


def train_brightness(splits, *, dataset, class_names, key, device, gain: float):
    assert (dataset, class_names, key, device.type) == ("toy", ("a", "b"), "a key", "cpu")
    assert {name: len(split.labels) for name, split in splits.items()} == {"train": 40, "validation": 12, "test": 15}
    model = Brightness()
    torch.nn.init.constant_(model.weight, gain)
    return model, {"backbone": "brightness"}


def arguments(folder, backbone: str, settings: dict) -> tuple:
    return (
        *("--backbone", backbone, "--data", folder / "data", "--settings", json.dumps(settings)),
        *("--key", "a key", "--output", folder / "trained", "--device", "cpu"),
    )


def test_a_backbone_of_the_table_is_trained_with_its_options_and_read_again(folder, monkeypatch):
    monkeypatch.setitem(BACKBONES, "brightness", BackboneEntry(load_brightness, train=train_brightness))
    run(train_backbone, *arguments(folder, "brightness", {"gain": 0.5}))
    features = load_backbone(folder / "trained", torch.device("cpu")).features(images_of("test"))
    assert features.tolist() == (0.5 * images_of("test").reshape(15, 1, -1).sum(2)).tolist()


def test_a_classifier_is_trained_with_four_options(folder):
    options = {"epochs": 1, "batch_size": 8, "lr": 1e-3, "width": 0.25}
    run(train_backbone, *arguments(folder, "classifier", options))
    description = storage.load_json(folder / "trained/model.json")
    assert (description["backbone"], description["settings"]) == ("classifier", options)


def test_what_cannot_be_trained_is_named(folder):
    assert "Did you mean 'classifier'" in fails(train_backbone, *arguments(folder, "classifer", {}))
    assert "'inception' is not trained here" in fails(train_backbone, *arguments(folder, "inception", {}))
    message = fails(train_backbone, *arguments(folder, "classifier", {"epochs": 1}))
    assert "['batch_size', 'epochs', 'lr', 'width'] are expected, not ['epochs']" in message


def test_a_classifier_that_another_build_trained_is_taken_as_it_is(folder):
    options = {"epochs": 1, "batch_size": 8, "lr": 1e-3, "width": 0.25}
    run(train_backbone, *arguments(folder, "classifier", options))
    theirs = (folder / "trained").rename(folder / "theirs")
    run(train_backbone, *arguments(folder, "classifier", {"trained": str(theirs / "model.json")}))
    for name in ("model.safetensors", "model.json"):
        assert (folder / "trained" / name).read_bytes() == (theirs / name).read_bytes()


def test_a_classifier_of_other_images_is_refused(folder):
    options = {"epochs": 1, "batch_size": 8, "lr": 1e-3, "width": 0.25}
    run(train_backbone, *arguments(folder, "classifier", options))
    theirs, record = folder / "trained", folder / "trained/model.json"
    taking = arguments(folder, "classifier", {"trained": str(record)})
    told = storage.load_json(record)
    for change, words in (
        ({"n_classes": 3}, "do not belong together"),
        ({"backbone": "inception"}, "its backbone is 'inception', not 'classifier'"),
    ):
        storage.save_json(record, told | change, beside=["model.safetensors"])
        assert words in fails(train_backbone, *taking), change
    larger = Classifier((1, 32, 32), 2, 0.25)
    storage.save_weights(theirs / "model.safetensors", larger.state_dict())
    storage.save_json(record, told | {"image_shape": [1, 32, 32]}, beside=["model.safetensors"])
    message = fails(train_backbone, *taking)
    assert "images of shape (1, 32, 32) in 2 classes" in message
    assert "Give one of the same images." in message
    assert "no such file" in fails(train_backbone, *arguments(folder, "classifier", {"trained": str(folder / "none")}))


def test_a_classifier_of_another_data_set_is_refused_whatever_its_shape_and_classes(folder):
    options = {"epochs": 1, "batch_size": 8, "lr": 1e-3, "width": 0.25}
    run(train_backbone, *arguments(folder, "classifier", options))
    record = folder / "trained/model.json"
    told = storage.load_json(record)
    storage.save_json(record, told | {"dataset": "fashion_mnist"}, beside=["model.safetensors"])
    message = fails(train_backbone, *arguments(folder, "classifier", {"trained": str(record)}))
    assert f"{folder / 'trained'}: it was trained on fashion_mnist, images of shape" in message
    assert "those of toy have" in message


def test_what_to_do_about_a_damaged_classifier_of_another_build_is_not_to_run_this_one_again(folder):
    options = {"epochs": 1, "batch_size": 8, "lr": 1e-3, "width": 0.25}
    run(train_backbone, *arguments(folder, "classifier", options))
    theirs = (folder / "trained").rename(folder / "theirs")
    taking = arguments(folder, "classifier", {"trained": str(theirs / "model.json")})
    advice = (
        "\nCopy model.json and model.safetensors again from the build that trained them, or correct "
        "datasets.toy.classifier."
    )
    for name, damaged in (
        ("model.safetensors", lambda content: content[:-1] + bytes([content[-1] ^ 1])),
        ("model.json", lambda content: content.replace(b"0.25", b"0.26")),
        ("model.json", lambda content: content[: len(content) // 2]),
    ):
        sound = (theirs / name).read_bytes()
        (theirs / name).write_bytes(damaged(sound))
        message = fails(train_backbone, *taking)
        (theirs / name).write_bytes(sound)
        assert str(theirs / name) in message.splitlines()[0]
        assert advice in message
        assert "elete" not in message
    (theirs / "model.safetensors").unlink()
    message = fails(train_backbone, *taking)
    assert f"{theirs / 'model.safetensors'}: no such file. Correct datasets.toy.classifier" in message
    assert not (folder / "trained").exists()
