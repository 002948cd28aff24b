"""Where a training keeps its state: each place gives it back, and no place that fails ends the training."""

import pytest
import torch

from geovae.training.checkpoint import Checkpoint
from helpers import fake_boto3
from reproduction.runtime import resume

RUN = "digits/full/conv/vae/base/seed0"
NAME = "digits--full--conv--vae--base--seed0.safetensors"
TENSORS = {"weights": torch.arange(3.0)}


@pytest.fixture
def server(monkeypatch):
    return fake_boto3.install(monkeypatch)


@pytest.fixture
def minutes(monkeypatch):
    """The time in minutes, as the checkpoint sees it; tests change it."""
    now = [0.0]
    monkeypatch.setattr(resume.time, "monotonic", lambda: now[0] * 60)
    return now


def checkpoint(folder, place="s3://builds/first/resume", key="key"):
    return resume.checkpoint_of(RUN, folder, place, key)


def test_without_a_place_it_lies_beside_the_results(tmp_path):
    assert type(checkpoint(tmp_path, None)) is Checkpoint
    assert checkpoint(tmp_path, None).path == tmp_path / "resume.safetensors"


def test_a_folder_keeps_one_file_of_each_run_and_nothing_at_the_end(tmp_path):
    place = tmp_path / "volume"
    checkpoint(tmp_path / "pod1", str(place)).save(TENSORS, {"epoch": 1})
    assert [path.name for path in place.iterdir()] == [NAME]
    again = checkpoint(tmp_path / "pod2", str(place))
    tensors, content = again.load()
    assert (tensors["weights"].tolist(), content) == ([0.0, 1.0, 2.0], {"epoch": 1})
    again.delete()
    assert list(place.iterdir()) == []
    assert not (tmp_path / "pod1").exists()


def test_another_pod_goes_on_from_the_store(tmp_path, server, minutes):
    checkpoint(tmp_path / "pod1").save(TENSORS, {"epoch": 1})
    assert list(server.objects) == [("builds", f"first/resume/{NAME}")]
    again = checkpoint(tmp_path / "pod2")
    tensors, content = again.load()
    assert (tensors["weights"].tolist(), content) == ([0.0, 1.0, 2.0], {"epoch": 1})
    again.delete()
    assert server.objects == {}
    assert list((tmp_path / "pod2").iterdir()) == []


def test_the_copy_is_renewed_at_most_once_a_minute(tmp_path, server, minutes):
    kept = checkpoint(tmp_path / "pod1")
    for epoch, minute in enumerate([0, 0.4, 0.9, 1.1, 1.5, 2.2], 1):
        minutes[0] = minute
        kept.save(TENSORS, {"epoch": epoch})
    assert server.n_puts == 3
    assert checkpoint(tmp_path / "pod1").load()[1] == {"epoch": 6}
    assert checkpoint(tmp_path / "pod2").load()[1] == {"epoch": 6}
    minutes[0] = 2.5
    kept.save(TENSORS, {"epoch": 7})
    assert checkpoint(tmp_path / "pod3").load()[1] == {"epoch": 6}


def test_the_state_of_another_training_is_passed_by(tmp_path, server):
    checkpoint(tmp_path / "pod1").save(TENSORS, {"epoch": 1})
    assert checkpoint(tmp_path / "pod2", key="of other settings").load() is None


def test_a_copy_that_was_damaged_is_passed_by(tmp_path, server, capsys):
    checkpoint(tmp_path / "pod1").save(TENSORS, {"epoch": 1})
    name, content = server.objects.popitem()
    server.objects[name] = content[:-1] + bytes([content[-1] ^ 1])
    assert checkpoint(tmp_path / "pod2").load() is None
    assert "damaged; the training starts anew" in capsys.readouterr().out


def test_a_store_that_fails_costs_the_copy_and_not_the_training(tmp_path, server, minutes, capsys):
    server.error = fake_boto3.BotoCoreError("no route")
    kept = checkpoint(tmp_path / "pod1")
    assert kept.load() is None
    kept.save(TENSORS, {"epoch": 1})
    kept.save(TENSORS, {"epoch": 2})
    assert kept.load()[1] == {"epoch": 2}
    kept.delete()
    reason = (
        "s3://builds/first/resume: the store cannot be {} (no route). Check its address, its keys and its free space."
    )
    assert capsys.readouterr().out.splitlines() == [
        f"no state of an earlier attempt: {reason.format('read')}",
        f"no copy of the training's state: {reason.format('written')}",
        f"the copy of the training's state is left: {reason.format('changed')}",
    ]
    assert list((tmp_path / "pod1").iterdir()) == []
