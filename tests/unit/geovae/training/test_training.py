"""The training loop: what it minimises, keeps and records, and that it does so to the byte."""

import io

import numpy as np
import pytest
import torch
from torch import nn

import draw_subset
import embed_latents
import prepare_dataset
import train_model
from geovae.core.errors import GeovaeError
from geovae.core.images import to_unit
from geovae.core.seeding import torch_generator
from geovae.models.base import Autoencoder, Loss
from geovae.models.files import build_model
from geovae.training import loop
from geovae.training.history import EpochReport, kept_row, load_history, save_history
from geovae.training.loop import train
from geovae.training.state import DivergedError
from helpers.training_runs import DESCRIPTION, SETTINGS, Recorder, images

torch.set_num_threads(1)


def vae(**changes) -> Autoencoder:
    return build_model(DESCRIPTION | changes, seed=1)


def numbered(n: int) -> torch.Tensor:
    """Image i is grey level i all over."""
    return torch.arange(n, dtype=torch.uint8).reshape(n, 1, 1, 1).expand(n, 1, 8, 8).contiguous()


def mean_loss(model: Autoencoder, data: torch.Tensor) -> float:
    total, noise = 0.0, torch_generator("a key", "validation noise")
    with torch.no_grad():
        for batch in data.split(10):
            total += model.loss(to_unit(batch), noise).total.item() * len(batch)
    return total / len(data)


def test_the_loss_falls_and_the_history_tells_of_it():
    rows = []
    history = train(vae(), images(100), images(30, 1), **SETTINGS | {"epochs": 15}, report=rows.append)
    assert rows == history
    assert [row["epoch"] for row in history] == list(range(1, 16))
    assert history[-1]["validation_loss"] < 0.5 * history[0]["validation_loss"]
    assert list(history[0]) == [
        *("epoch", "lr", "train_reconstruction", "train_kl", "train_loss"),
        *("validation_reconstruction", "validation_kl", "validation_loss"),
        *("seconds", "images_per_second", "peak_memory_mb"),
    ]
    for row in history:
        for part in ("train", "validation"):
            total = row[f"{part}_reconstruction"] + 0.1 * row[f"{part}_kl"]
            assert row[f"{part}_loss"] == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("net", ["mlp", "conv"])
def test_two_trainings_give_the_same_bytes_and_another_key_gives_others(net):
    size = 32 if net == "conv" else 8
    data = [nn.functional.interpolate(images(n), size=size) for n in (40, 10)]
    models = [vae(net=net, image_shape=[1, size, size]) for _ in range(3)]
    torch.manual_seed(7)  # the global state must not matter
    first = train(models[0], *data, **SETTINGS | {"epochs": 2})
    torch.manual_seed(8)
    again = train(models[1], *data, **SETTINGS | {"epochs": 2})
    train(models[2], *data, **SETTINGS | {"epochs": 2, "key": "another key"})
    weights = [model.state_dict() for model in models]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert not all(torch.equal(weights[0][name], weights[2][name]) for name in weights[0])
    assert first[-1]["validation_loss"] == again[-1]["validation_loss"]


def test_the_first_epochs_do_not_depend_on_how_many_follow():
    short = train(vae(), images(40), images(10), **SETTINGS | {"epochs": 2})
    long = train(vae(), images(40), images(10), **SETTINGS | {"epochs": 4})
    assert [row["train_loss"] for row in short] == [row["train_loss"] for row in long[:2]]


def test_the_best_weights_are_kept():
    model = vae()
    # A rate this high makes the loss go up and down.
    history = train(model, images(60), images(20, 1), **SETTINGS | {"epochs": 12, "lr": 0.1})
    losses = [row["validation_loss"] for row in history]
    assert min(losses) < losses[-1]
    assert not model.training
    assert mean_loss(model, images(20, 1)) == pytest.approx(min(losses), rel=1e-6)


def test_the_weights_of_the_best_training_loss_are_kept_where_the_training_images_decide():
    model, data = vae(), (images(60), numbered(20))  # other images: another epoch is best for them
    history = train(model, *data, **SETTINGS | {"epochs": 12, "lr": 0.1}, select_on="train")
    losses = [row["selection_loss"] for row in history]
    best = losses.index(min(losses))
    assert best != len(losses) - 1
    assert best != min(range(12), key=lambda epoch: history[epoch]["validation_loss"])
    assert mean_loss(model, data[0]) == pytest.approx(min(losses), rel=1e-6)
    assert mean_loss(model, data[1]) == pytest.approx(history[best]["validation_loss"], rel=1e-6)
    assert kept_row(history) is history[best]


def test_the_learning_rate_follows_the_images_that_decide():
    # The guess is black: right for the training images from the start, wrong for the validation images.
    settings = SETTINGS | {"epochs": 8, "patience": 2}
    rates = {}
    for decides in ("validation", "train"):
        data = numbered(1).repeat(4, 1, 1, 1), torch.full((1, 1, 8, 8), 9, dtype=torch.uint8)
        rates[decides] = [row["lr"] for row in train(Recorder(), *data, **settings, select_on=decides)]
    assert rates["train"] == [0.01] * 4 + [0.005] * 3 + [0.0025]


def test_the_first_steps_do_not_depend_on_the_images_that_decide():
    first, other = (
        train(vae(), images(40), images(10, 1), **SETTINGS, select_on=decides) for decides in ("validation", "train")
    )
    assert [row["train_loss"] for row in first] == [row["train_loss"] for row in other]
    assert [row["validation_loss"] for row in first] == [row["validation_loss"] for row in other]
    assert "selection_loss" not in first[0]


def test_the_learning_rate_is_halved_on_a_plateau():
    # On black images the loss of a black guess is 0 from the start and cannot get better.
    history = train(Recorder(), numbered(1).repeat(4, 1, 1, 1), numbered(1), **SETTINGS | {"epochs": 8, "patience": 2})
    assert [row["lr"] for row in history] == [0.01] * 4 + [0.005] * 3 + [0.0025]


def test_an_epoch_shows_every_image_once_in_a_new_order():
    model = Recorder()
    train(model, numbered(25), numbered(3), **SETTINGS | {"epochs": 2})
    shown = [batch[:, 0, 0, 0].mul(255).round().int().tolist() for training, batch in model.batches if training]
    assert [len(batch) for batch in shown] == [10, 10, 5] * 2
    first, second = ([level for batch in epoch for level in batch] for epoch in (shown[:3], shown[3:]))
    assert sorted(first) == sorted(second) == list(range(25))
    assert first != second != list(range(25))
    assert [len(batch) for training, batch in model.batches if not training] == [3, 3]


def test_a_last_batch_of_one_image_is_left_out():
    model = Recorder()
    train(model, numbered(21), numbered(11), **SETTINGS | {"epochs": 1})
    assert [len(batch) for training, batch in model.batches if training] == [10, 10]
    assert [len(batch) for training, batch in model.batches if not training] == [10, 1]


def test_means_are_weighted_by_the_size_of_the_batches():
    model = Recorder()
    history = train(model, numbered(4), numbered(13), **SETTINGS | {"epochs": 1})
    levels = np.arange(13) / 255
    expected = np.mean((levels - model.grey.item()) ** 2)
    assert history[0]["validation_error"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("break_at", "words"),
    [(2, "epoch 1, training, batch 2: extra is nan"), (9, "epoch 2, validation, batch 1: extra is nan")],
)
def test_a_loss_that_breaks_is_traced_to_its_batch_and_term(break_at, words):
    # Three training batches and two of validation an epoch.
    with pytest.raises(GeovaeError, match=f"a key: {words}.\nLower `lr`"):
        train(Recorder(break_at), numbered(30), numbered(20), **SETTINGS)


def test_losses_of_more_batches_than_a_block_holds_come_to_the_same_means(monkeypatch):
    timings = ("seconds", "images_per_second", "peak_memory_mb")

    def rows():
        history = train(vae(), images(100), images(30, 1), **SETTINGS)
        return [{name: value for name, value in row.items() if name not in timings} for row in history]

    usual = rows()
    for block in (1, 3):  # of ten batches: all blocks whole, and the last in part
        monkeypatch.setattr(loop, "BLOCK", block)
        assert rows() == usual


def test_small_tensors_do_not_stay_between_the_batches():
    means = loop._Means()
    for i in range(loop.BLOCK + 1):
        means.add(Loss(torch.tensor(i + 1.0), {"a": torch.tensor(1.0)}), 2)
    assert [block.shape for block in means.blocks] == [(loop.BLOCK, 2)] * 2
    assert means.result("x", 0.1) == {"a": 1.0, "loss": loop.BLOCK / 2 + 1}


def test_a_training_that_diverges_leaves_the_best_weights_before():
    whole, broken = Recorder(), Recorder(break_at=9)
    rows = train(whole, numbered(30), numbered(20), **SETTINGS | {"epochs": 1})
    with pytest.raises(DivergedError) as caught:
        train(broken, numbered(30), numbered(20), **SETTINGS)
    assert [row["train_loss"] for row in caught.value.history] == [row["train_loss"] for row in rows]
    assert torch.equal(broken.grey, whole.grey)
    assert not broken.training


def test_a_training_that_diverges_ends_with_the_advice():
    model = vae()
    with torch.no_grad():
        model.encoder.log_var.bias.fill_(200.0)
    with pytest.raises(GeovaeError, match=r"epoch 1, training, batch 1: (reconstruction|kl) is (nan|inf)"):
        train(model, images(20), images(10), **SETTINGS)


@pytest.mark.parametrize(
    ("n_train", "n_validation", "changes", "words"),
    [
        (20, 0, {}, "no validation images"),
        (1, 5, {}, "1 training images"),
        (20, 5, {"epochs": 0}, "epochs = 0"),
        (20, 5, {"batch_size": 1}, r"batch_size .* = 1"),
        (20, 5, {"lr": 0.0}, "lr = 0.0"),
        (20, 5, {"select_on": "test"}, "select_on is 'test', but it must be validation or train"),
    ],
)
def test_what_cannot_be_trained_is_named(n_train, n_validation, changes, words):
    with pytest.raises(GeovaeError, match=words):
        train(vae(), images(n_train), images(n_validation), **SETTINGS | changes)


def test_a_history_comes_back_as_it_was(tmp_path):
    history = train(vae(), images(20), images(10), **SETTINGS)
    save_history(tmp_path / "history.csv", history)
    assert load_history(tmp_path / "history.csv") == history


@pytest.mark.parametrize("text", ["", "epoch,lr\n", "epoch,lr\n1\n", "epoch,lr\nx,y\n", "a,b\n1,2\n"])
def test_a_broken_history_is_named(tmp_path, text):
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(GeovaeError, match=r"history\.csv"):
        load_history(tmp_path / "history.csv")


@pytest.mark.parametrize("epochs", [1, 7, 20, 21, 1000])
def test_a_log_has_some_twenty_lines_with_the_first_and_the_last_epoch(epochs):
    stream = io.StringIO()
    report = EpochReport(epochs, stream)
    for epoch in range(1, epochs + 1):
        report({"epoch": epoch, "lr": 1e-3, "train_loss": 1.0, "validation_loss": 2.0})
    lines = stream.getvalue().splitlines()
    assert min(epochs, 11) <= len(lines) <= 22
    assert lines[0].startswith(f"epoch 1/{epochs} ")
    assert lines[-1].startswith(f"epoch {epochs}/{epochs} ")


def call(script, *arguments: str) -> None:
    script.main(script.build_parser().parse_args(arguments))


def test_the_scripts_go_from_a_name_to_latents_with_the_same_bytes_each_time(tmp_path):
    data, subset = str(tmp_path / "data"), str(tmp_path / "subset")
    call(prepare_dataset, "--dataset", "shapes", "--options", '{"n_train": 60, "n_test": 4}', "--output", data)
    call(draw_subset, "--data", data, "--subset", "n50", "--output", subset)
    settings = (
        '{"model": "vae", "model_settings": {"beta": 1.0}, "net": "mlp", "width": 0.02, "latent_dim": 2,'
        ' "training": {"epochs": 2, "batch_size": 20, "lr": 0.001, "patience": 5}}'
    )
    runs = [str(tmp_path / name) for name in ("first", "second")]
    for run in runs:
        place = ("--data", data, "--subset-dir", subset, "--output", run, "--device", "cpu")
        call(train_model, *place, "--settings", settings, "--key", "shapes/n50")
        call(embed_latents, *place, "--model", run, "--n-unseen", "4")
    for file in ("model.safetensors", "model.json", "latents.npz", "latents_validation.npz"):
        first, second = ((tmp_path / name / file).read_bytes() for name in ("first", "second"))
        assert first == second, file
    with np.load(tmp_path / "first" / "latents.npz") as latents:
        assert latents["mu"].shape == latents["log_var"].shape == (50, 2)
        assert latents["mu"].dtype == latents["log_var"].dtype == np.float32
    with np.load(tmp_path / "first" / "latents_validation.npz") as latents:
        assert latents["mu"].shape == (10, 2)
    assert len(load_history(tmp_path / "first" / "history.csv")) == 2


@pytest.mark.slow
def test_compiled_nets_train_to_about_the_same_loss():
    """Torch's compiler needs a C++ compiler and half a minute, and rounds differently."""
    data = [nn.functional.interpolate(images(n), size=32) for n in (40, 20)]
    losses = []
    for compiled in (False, True):
        model = vae(net="conv", image_shape=[1, 32, 32])
        names = list(model.state_dict())
        if compiled:
            model.encoder.compile()
            model.decoder.compile()
        # Small steps, so that the rounding does not grow.
        losses.append(train(model, *data, **SETTINGS | {"lr": 1e-5})[-1]["validation_loss"])
        assert list(model.state_dict()) == names  # a compiled model is saved like any other
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


def test_the_rate_is_halved_at_fixed_epochs_whatever_the_loss():
    rows = train(vae(), images(20), images(10), **SETTINGS | {"epochs": 7, "patience": 0, "halve_every": 3})
    rate = SETTINGS["lr"]
    assert [row["lr"] for row in rows] == [rate] * 3 + [rate / 2] * 3 + [rate / 4]


def test_the_last_epoch_is_kept_on_request():
    model = Recorder()
    rows = train(model, numbered(30), numbered(20), **SETTINGS | {"lr": 0.3, "epochs": 4, "select_on": "last"})
    losses = [row["validation_error"] for row in rows]
    assert min(losses) < losses[-1]
    assert kept_row(rows) is rows[-1]
    assert np.mean((np.arange(20) / 255 - model.grey.item()) ** 2) == pytest.approx(losses[-1], rel=1e-5)
