"""A training that was interrupted ends with the same bytes as one that was not."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch

import draw_subset
import prepare_dataset
from geovae.core.errors import GeovaeError
from geovae.models.files import build_model
from geovae.training.checkpoint import FILE_NAME, Checkpoint, fingerprint
from geovae.training.history import load_history
from geovae.training.loop import train
from helpers.paths import ROOT
from helpers.training_runs import DESCRIPTION, SETTINGS, Recorder, images

SCRIPT = ROOT / "workflow_scripts" / "train_model.py"
TIMES = ("seconds", "images_per_second", "peak_memory_mb")

torch.set_num_threads(1)


class StopHereError(Exception):
    pass


def stop_after(epoch):
    def report(row):
        if row["epoch"] == epoch:
            raise StopHereError

    return report


def without_times(history):
    return [{name: value for name, value in row.items() if name not in TIMES} for row in history]


def fit(description, epochs=6, checkpoint=None, report=None, precision="float32", patience=0):
    model = build_model(description, seed=1)
    settings = SETTINGS | {"epochs": epochs, "patience": patience, "precision": precision}
    size = description["image_shape"][-1]
    data = [torch.nn.functional.interpolate(images(n), size=size) for n in (30, 10)]
    history = train(model, *data, **settings, checkpoint=checkpoint, report=report)
    return model, history


@pytest.mark.parametrize("stop", [1, 3, 6])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("net", ["mlp", "conv"])
def test_the_weights_and_the_history_are_the_same(tmp_path, net, precision, stop):
    size = 32 if net == "conv" else 8
    description = DESCRIPTION | {"net": net, "image_shape": [1, size, size]}
    whole, expected = fit(description, precision=precision)
    checkpoint = Checkpoint(tmp_path / "resume.safetensors", "key")
    with pytest.raises(StopHereError):
        fit(description, checkpoint=checkpoint, report=stop_after(stop), precision=precision)
    rows = []
    resumed, history = fit(description, checkpoint=checkpoint, report=rows.append, precision=precision)
    assert [row["epoch"] for row in rows] == list(range(stop + 1, 7))
    assert without_times(history) == without_times(expected)
    assert len({row["lr"] for row in history}) > 1  # the schedule acted, and was taken up too
    for name, tensor in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], tensor), name


def test_the_state_of_another_training_is_not_taken_up(tmp_path):
    path = tmp_path / "resume.safetensors"
    with pytest.raises(StopHereError):
        fit(DESCRIPTION, checkpoint=Checkpoint(path, "key"), report=stop_after(2))
    rows = []
    fit(DESCRIPTION, epochs=3, checkpoint=Checkpoint(path, "another key"), report=rows.append)
    assert [row["epoch"] for row in rows] == [1, 2, 3]


DAMAGES = {
    "empty": lambda content: b"",
    "another": lambda content: b"not a checkpoint",
    "half": lambda content: content[: len(content) // 2],
    "longer": lambda content: content + bytes(10),
    "a bit of a tensor": lambda content: content[:-40] + bytes([content[-40] ^ 1]) + content[-39:],
    "a digit of the rest": lambda content: content.replace(b'best_loss\\": ', b'best_loss\\":1', 1),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_state_is_said_and_not_taken_up(tmp_path, damage, capsys):
    checkpoint = Checkpoint(tmp_path / "resume.safetensors", "key")
    with pytest.raises(StopHereError):
        fit(DESCRIPTION, checkpoint=checkpoint, report=stop_after(2))
    content = checkpoint.path.read_bytes()
    checkpoint.path.write_bytes(DAMAGES[damage](content))
    assert checkpoint.path.read_bytes() != content
    assert checkpoint.load() is None
    assert f"{checkpoint.path}: damaged; the training starts anew" in capsys.readouterr().out


def test_where_the_loss_breaks_the_last_good_state_is_kept(tmp_path):
    checkpoint = Checkpoint(tmp_path / "resume.safetensors", "key")
    model = Recorder(break_at=2 * 4 + 2)  # the third epoch: three batches and one of validation in each
    settings = SETTINGS | {"epochs": 5, "checkpoint": checkpoint}
    with pytest.raises(GeovaeError, match="epoch 3, training, batch"):
        train(model, images(30), images(10), **settings)
    tensors, content = checkpoint.load()
    assert content["epoch"] == 2
    assert len(content["history"]) == 2
    assert all(torch.isfinite(tensor).all() for tensor in tensors.values())


def test_a_fingerprint_depends_on_every_part_and_not_on_the_order_of_keys():
    assert fingerprint("a", {"x": 1, "y": 2}) == fingerprint("a", {"y": 2, "x": 1})
    assert len({fingerprint("a", {"x": 1}), fingerprint("a", {"x": 2}), fingerprint("b", {"x": 1})}) == 3


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    """The training script on drawn shapes; the output folder is still to be appended."""
    data = tmp_path_factory.mktemp("data") / "shapes"
    subset = data / "subsets/full"
    options = {"n_train": 200, "n_validation": 40, "n_test": 4}
    for script, argv in (
        (prepare_dataset, ["--dataset", "shapes", "--options", json.dumps(options), "--output", str(data)]),
        (draw_subset, ["--data", str(data), "--subset", "full", "--output", str(subset)]),
    ):
        script.main(script.build_parser().parse_args(argv))
    settings = {"model": "vae", "model_settings": {"beta": 1.0}, "net": "mlp", "width": 0.25, "latent_dim": 2}
    settings["training"] = {"epochs": 200, "batch_size": 20, "lr": 1e-3, "patience": 2, "precision": "auto"}
    options = ["--data", data, "--subset-dir", subset, "--settings", json.dumps(settings), "--key", "a/run"]
    return [sys.executable, SCRIPT, *options, "--device", "cpu", "--output"]


@pytest.fixture(scope="module")
def whole(command, tmp_path_factory):
    """The results of a training that is left alone."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    subprocess.run([*command, folder], check=True, capture_output=True)
    return folder


def require_the_same(folder, whole):
    """The bytes of a training that was left alone, its history but for times, and nothing besides."""
    for name in ("model.safetensors", "model.json"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
    histories = [without_times(load_history(run / "history.csv")) for run in (whole, folder)]
    assert histories[0] == histories[1]
    assert sorted(path.name for path in folder.iterdir()) == ["history.csv", "model.json", "model.safetensors"]


def kill_after_an_epoch(command, state, delay, how):
    """Start the training, wait until it has written its state once more and `delay` seconds longer, and kill it."""
    before = state.stat().st_mtime_ns if state.exists() else 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and (not state.exists() or state.stat().st_mtime_ns == before):
        time.sleep(0.002)
    time.sleep(delay)
    process.send_signal(how)
    return process.wait()


def test_killed_at_ten_random_moments_it_ends_with_the_same_bytes(tmp_path, command, whole):
    seed = int(os.environ.get("GEOVAE_KILL_SEED", random.SystemRandom().randrange(10**6)))
    print(f"GEOVAE_KILL_SEED={seed}")
    moments = random.Random(seed)
    folder = tmp_path / "killed"
    for _ in range(10):
        how = moments.choice([signal.SIGKILL, signal.SIGTERM])
        ended = kill_after_an_epoch([*command, folder], folder / FILE_NAME, moments.uniform(0, 0.05), how)
        assert ended == -how, "the training ended before it was killed: give it more epochs"
    last = subprocess.run([*command, folder], check=True, capture_output=True, text=True)
    assert "of an interrupted training" in last.stderr
    require_the_same(folder, whole)


def test_where_no_disk_is_shared_it_goes_on_from_a_folder_on_a_volume(tmp_path, command, whole):
    volume = tmp_path / "volume"
    *given, output = command
    kept = [*given, "--resume-dir", volume, output]
    assert kill_after_an_epoch([*kept, tmp_path / "pod1"], volume / "a--run.safetensors", 0.02, signal.SIGKILL) == -9
    assert not list((tmp_path / "pod1").glob("*")), "the first pod has left something beside the volume"
    last = subprocess.run([*kept, tmp_path / "pod2"], check=True, capture_output=True, text=True)
    assert "of an interrupted training" in last.stderr
    require_the_same(tmp_path / "pod2", whole)
    assert list(volume.iterdir()) == []
