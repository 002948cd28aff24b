"""The worked example of docs/extending.md is a model like any other."""

import re

import torch
from pydantic import Field

import geovae.models
from geovae.models.files import build_model, load_model, save_model
from geovae.models.table import MODELS
from geovae.training.loop import train
from helpers.paths import ROOT
from reproduction.config.base import Closed

DOCUMENT = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")


def test_the_worked_model_trains_and_comes_back(tmp_path, monkeypatch):
    module, entry, section = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    (tmp_path / "l1vae.py").write_text(module)
    monkeypatch.setattr(geovae.models, "__path__", [*geovae.models.__path__, str(tmp_path)])
    monkeypatch.setitem(MODELS, "l1vae", None)  # so that the test takes its entry out again
    exec(entry, {"MODELS": MODELS})
    description = {"model": "l1vae", "settings": {"beta": 0.1}, "net": "mlp", "width": 0.05}
    description |= {"latent_dim": 2, "image_shape": [1, 8, 8]}
    model = build_model(description, seed=1)
    images = (torch.rand(60, 1, 1, 1, generator=torch.Generator().manual_seed(0)) * 255).to(torch.uint8)
    images = images.expand(60, 1, 8, 8).contiguous()
    settings = {"epochs": 10, "batch_size": 10, "lr": 1e-2, "patience": 5, "key": "worked example"}
    history = train(model, images[:40], images[40:], **settings)
    assert history[-1]["validation_loss"] < 0.7 * history[0]["validation_loss"]
    save_model(tmp_path, model, description)
    assert torch.equal(load_model(tmp_path).decode(torch.ones(1, 2)), model.decode(torch.ones(1, 2)))
    config = {"Closed": Closed, "Field": Field}
    exec(section.split("# in Models")[0], config)
    assert config["L1VAE"]().model_dump() == {"beta": 1.0}
