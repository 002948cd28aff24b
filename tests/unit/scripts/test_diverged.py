"""A training of a search that diverges: kept on request, and said in all that follows from it."""

import json

import torch

import draw_samples
import train_model
from geovae.core import storage
from geovae.models.files import load_model
from helpers.script_runs import MODEL, fails, run
from helpers.script_runs import folder as folder  # a fixture

SETTINGS = {
    "model": "vae",
    "model_settings": {},
    **{name: MODEL[name] for name in ("net", "width", "latent_dim")},
    "training": {"epochs": 4, "batch_size": 4, "lr": 1e30, "patience": 5},
}


def words(folder):
    return (
        *("--data", folder / "data", "--subset-dir", folder / "subset", "--settings", json.dumps(SETTINGS)),
        *("--key", "a/run", "--device", "cpu", "--output", folder / "trained"),
    )


def test_it_is_an_error_unless_it_is_asked_for(folder):
    assert "Lower `lr`" in fails(train_model, *words(folder))
    assert not (folder / "trained/model.json").exists()


def test_on_request_its_weights_are_finite_and_its_generations_say_so(folder):
    run(train_model, *words(folder), "--keep-diverged")
    assert storage.load_json(folder / "trained/model.json")["diverged_epoch"] == 1
    assert all(torch.isfinite(tensor).all() for tensor in load_model(folder / "trained", "cpu").state_dict().values())
    run(
        draw_samples,
        *("--model", folder / "trained", "--sampler", "prior", "--settings", "{}", "--n", 5),
        *("--key", "a", "--device", "cpu", "--output", folder / "generation"),
    )
    assert storage.load_json(folder / "generation/diagnostics.json")["diverged_epoch"] == 1
