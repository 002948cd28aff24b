"""The Inception backbone against the package whose weights it takes, and how its weights come in."""

import hashlib

import numpy as np
import pytest
import torch
from torch import nn

import fetch_inception
from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.data.raw_files.download import Store
from geovae.evaluation import inception
from geovae.evaluation.features import load_backbone
from reproduction.runtime import job

torch.set_num_threads(1)
CPU = torch.device("cpu")


def _published() -> dict[str, torch.Tensor]:
    """A state dictionary as the published file has it, with random weights that neither die out nor blow up."""
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name, value in inception.build_network().state_dict().items():
        if value.ndim == 4:
            scale = (2 / value[0].numel()) ** 0.5
            state[name] = scale * torch.randn(value.shape, generator=generator)
        elif name.endswith(("bn.bias", "running_mean")):
            state[name] = 0.1 * torch.randn(value.shape, generator=generator)
        else:
            state[name] = value
    state["fc.weight"] = torch.randn(1008, 2048, generator=generator)
    state["fc.bias"] = torch.randn(1008, generator=generator)
    return state


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    path = tmp_path_factory.mktemp("published") / inception.WEIGHTS_FILE
    torch.save(_published(), path)
    return path


@pytest.fixture(scope="module")
def folder(published, tmp_path_factory):
    output = tmp_path_factory.mktemp("backbone")
    inception.convert_weights(published, output)
    return output


def _images(n: int, *shape: int) -> np.ndarray:
    """Noise of another contrast in each image, over a ramp."""
    noise = np.random.default_rng(0).integers(0, 256, (n, *shape))
    ramp = np.linspace(0, 255, shape[-1])
    weights = np.linspace(0, 1, n).reshape(-1, 1, 1, 1)
    return (weights * noise + (1 - weights) * ramp).astype(np.uint8)


def test_features_are_those_of_pytorch_fid(published, folder, monkeypatch):
    import pytorch_fid.inception as library

    state = torch.load(published, weights_only=True)
    monkeypatch.setattr(library, "load_state_dict_from_url", lambda *_, **__: state)
    # The published network has the last layer that the backbone leaves out.
    network = library.InceptionV3().eval()
    images = _images(6, 3, 40, 32)
    assert len(images) > inception.IMAGES_PER_THREAD  # so that they go through in two parts
    with torch.no_grad():
        expected = network(torch.from_numpy(images).float() / 255)[0].flatten(1).numpy()
    features = load_backbone(folder, CPU, "pytorch_fid").features(images)
    assert features.shape == (6, 2048)
    assert expected.std() > 0.1
    assert (expected[0] - expected[1]).std() > 1e-2
    np.testing.assert_allclose(features, expected, atol=1e-5, rtol=1e-5)


def test_the_ways_of_resizing_batches_and_channels(folder):
    backbone = load_backbone(folder, CPU, "tf_legacy")
    grey = _images(3, 1, 28, 28)
    features = backbone.features(grey)
    np.testing.assert_allclose(backbone.features(grey.repeat(3, axis=1), batch_size=2), features, atol=1e-4)
    assert np.abs(load_backbone(folder, CPU, "pytorch_fid").features(grey) - features).mean() > 1e-3
    assert (backbone.name, backbone.resize, backbone.accuracy) == ("inception", "tf_legacy", None)
    assert (backbone.image_shape, backbone.batch_size) == (None, 50)
    with pytest.raises(GeovaeError, match="not images of 2 channels"):
        backbone.features(_images(1, 2, 8, 8))


def test_weights_and_description_are_written(published, folder):
    assert storage.load_json(folder / "model.json") == {
        "backbone": "inception",
        "weights_sha256": inception.WEIGHTS_SHA256,
        "n_features": 2048,
    }
    weights, state = storage.load_weights(folder / "model.safetensors"), torch.load(published, weights_only=True)
    assert set(weights) == {name for name in state if not name.startswith("fc.")}
    assert torch.equal(weights["Mixed_7c.branch_pool.conv.weight"], state["Mixed_7c.branch_pool.conv.weight"])


def test_published_weights_have_the_network_s_number_of_parameters():
    """The published file is these weights, those of the last layer, and little more, in single precision."""
    network = inception.build_network()
    n_values = sum(value.numel() for value in network.state_dict().values()) + 1008 * 2049
    assert 0.985 < 4 * n_values / inception.WEIGHTS_SIZE < 1
    assert not any(isinstance(module, nn.Linear | nn.Dropout) for module in network.modules())


@pytest.mark.parametrize(
    ("resize", "message"), [(None, "inception: resize is None. Give one of tf_legacy, pytorch_fid"), ("x", "'x'")]
)
def test_the_way_of_resizing_must_be_named(folder, resize, message):
    with pytest.raises(GeovaeError, match=message):
        load_backbone(folder, CPU, resize)


def test_weights_of_another_network_are_refused(folder, tmp_path):
    storage.save_weights(tmp_path / "model.safetensors", {"a": torch.zeros(1)})
    description = storage.load_json(folder / "model.json")
    storage.save_json(tmp_path / "model.json", description, beside=["model.safetensors"])
    with pytest.raises(GeovaeError, match=r"model.safetensors: not the weights of the Inception network"):
        load_backbone(tmp_path, CPU, "tf_legacy")


@pytest.fixture
def fetch(published, tmp_path, monkeypatch):
    """Run the script where size and checksum are those of the file of these tests; return what it downloaded."""
    asked = []

    def obtain(store, file):
        asked.append((file, store.mirror))
        return published

    monkeypatch.setattr(inception, "WEIGHTS_SHA256", hashlib.sha256(published.read_bytes()).hexdigest())
    monkeypatch.setattr(inception, "WEIGHTS_SIZE", published.stat().st_size)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(Store, "obtain", obtain)

    def run(*extra):
        arguments = ["--data-dir", str(tmp_path / "data"), "--output", str(tmp_path / "backbone"), *extra]
        job.run(fetch_inception.main, fetch_inception.build_parser(), arguments)
        assert storage.load_json(tmp_path / "backbone" / "model.json")["weights_sha256"] == inception.WEIGHTS_SHA256
        return asked

    return run


@pytest.mark.parametrize("place", ["data", "hub/checkpoints"])
def test_weights_in_the_folder_or_in_torch_s_cache_need_no_download(fetch, published, tmp_path, place):
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / inception.WEIGHTS_FILE).write_bytes(published.read_bytes())
    assert fetch() == []


def test_other_weights_are_downloaded_also_where_the_cached_ones_are_broken(fetch, published, tmp_path):
    cache = tmp_path / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    (cache / inception.WEIGHTS_FILE).write_bytes(b"half")
    ((file, mirror),) = fetch("--mirror", "http://mirror")
    assert mirror == "http://mirror"
    assert file.checksum == f"sha256:{inception.WEIGHTS_SHA256}"
    assert (file.path, file.size) == ("pt_inception-2015-12-05-6726825d.pth", published.stat().st_size)
    assert file.urls == (f"{file.page.replace('/tag/', '/download/')}/{file.path}",)


def test_broken_weights_in_the_folder_are_named(fetch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / inception.WEIGHTS_FILE).write_bytes(b"half")
    with pytest.raises(SystemExit, match=r"(?s)6726825d.pth: its checksum is sha256:.*fid_weights"):
        fetch()


def test_the_published_file_is_the_one_that_its_name_says():
    assert inception.WEIGHTS_FILE.endswith(f"-{inception.WEIGHTS_SHA256[:8]}.pth")
    assert len(inception.WEIGHTS_SHA256) == 64
