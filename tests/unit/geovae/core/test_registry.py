"""Registries: places that are imported when they are asked for, objects that stand there themselves, unknown names."""

import json
import subprocess
import sys
from collections import OrderedDict

import pytest

from geovae.core.errors import GeovaeError
from geovae.core.registry import load, resolve, take_options
from helpers.paths import ROOT


def modules_after(code: str) -> set[str]:
    """The modules that Python has imported when it has run `code` in a process of its own."""
    code = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, cwd=ROOT / "workflow_scripts", capture_output=True, text=True, check=True)
    return set(json.loads(shown.stdout))


def within(package: str, modules: set[str]) -> set[str]:
    return {name.removeprefix(f"{package}.") for name in modules if name.startswith(f"{package}.")}


def test_a_place_is_imported_and_an_object_is_itself():
    assert resolve("collections:OrderedDict") is OrderedDict
    assert resolve("collections") is sys.modules["collections"]
    assert load({"ordered": "collections:OrderedDict"}, "dictionary", "ordered") is OrderedDict
    assert load({"mine": OrderedDict}, "dictionary", "mine") is OrderedDict


def test_an_unknown_name_offers_the_nearest_or_all():
    with pytest.raises(GeovaeError, match=r"dictionary 'orderd' is not known\. Did you mean 'ordered'"):
        load({"ordered": "collections:OrderedDict"}, "dictionary", "orderd")
    with pytest.raises(GeovaeError, match=r"dictionary 'x' is not known\. Known: one, two\."):
        load({"two": dict, "one": dict}, "dictionary", "x")


def test_options_replace_defaults_and_no_others():
    assert take_options({"b": 3}, {"a": 1, "b": 2}, "it") == {"a": 1, "b": 3}
    with pytest.raises(GeovaeError, match=r"it has no option 'c'\. It takes none"):
        take_options({"c": 1}, {}, "it")


def test_the_tables_import_no_torch_and_none_of_their_entries():
    tables = ("models", "nets", "data", "sampling")
    found = modules_after("\n".join(f"import geovae.{package}.table" for package in tables))
    assert "torch" not in found
    for package in tables:
        assert within(f"geovae.{package}", found) <= {"base", "table"}


TRAINING = """
import torch
from geovae.models.coding import decode_posterior, encode_images
from geovae.models.files import build_model, load_model, save_model
from geovae.training.loop import train
what = {"model": "vae", "settings": {}, "net": "mlp", "width": 0.02, "latent_dim": 2, "image_shape": [1, 4, 4]}
model, images = build_model(what), torch.zeros(6, 1, 4, 4, dtype=torch.uint8)
train(model, images[:4], images[4:], epochs=1, batch_size=2, lr=1e-3, patience=5, key="key")
decode_posterior(model, encode_images(model, images)[0])
"""

DRAWING = """
import torch
from geovae.sampling import inputs
from geovae.sampling.base import Context
from geovae.sampling.draw import draw
draw("resample", Context(mu=torch.zeros(3, 2)), 5, "key")
"""


def test_a_training_imports_its_own_model_and_net_alone():
    found = modules_after(TRAINING)
    assert within("geovae.models", found) == {"base", "coding", "files", "losses", "table", "vae"}
    assert within("geovae.nets", found) == {"base", "build", "mlp", "sizes", "table"}


def test_drawing_imports_its_own_sampler_alone():
    found = modules_after(DRAWING)
    assert within("geovae.sampling", found) == {"base", "controls", "draw", "inputs", "table"}
    assert within("geovae.models", found) == {"base", "files", "table"}
    assert within("geovae.nets", found) == {"build", "sizes", "table"}


def test_preparing_a_data_set_imports_it_alone():
    found = within(
        "geovae.data", modules_after("from geovae.data.table import load_dataset; load_dataset('shapes', {})")
    )
    assert {"shapes", "table"} <= found
    assert not {"digits", "mnist", "celeba", "folder"} & found


def test_taking_features_imports_its_own_backbone_alone():
    assert within("geovae.evaluation", modules_after("import geovae.evaluation.features")) == {"features", "table"}
