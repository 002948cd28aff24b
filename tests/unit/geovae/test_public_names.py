"""The names that `geovae` offers itself: the same in all its lists, there when asked for, and loaded no sooner."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import geovae
from geovae.geometry import hmc
from geovae.geometry.metric import RiemannianMetric
from helpers.paths import ROOT

TREE = ast.parse(Path(geovae.__file__).read_text(encoding="utf-8"))


def test_type_checkers_see_the_public_names_at_their_places():
    (block,) = [node for node in TREE.body if isinstance(node, ast.If)]
    seen = {alias.name: f"{node.module}:{alias.name}" for node in block.body for alias in node.names}
    seen["hmc"] = "geovae.geometry.hmc"
    assert seen == geovae._PLACES
    assert sorted(seen) == geovae.__all__


@pytest.mark.parametrize("name", geovae.__all__)
def test_a_public_name_is_the_object_of_its_module(name):
    found = getattr(geovae, name)
    assert found.__name__ in (name, f"geovae.geometry.{name}")
    assert getattr(geovae, name) is found
    assert name in dir(geovae)


def test_names_are_those_of_the_modules():
    assert geovae.hmc is hmc
    assert geovae.RiemannianMetric is RiemannianMetric


def test_an_unknown_name_is_refused_as_any_module_refuses_it():
    with pytest.raises(AttributeError, match="module 'geovae' has no attribute 'RiemanianMetric'"):
        _ = geovae.RiemanianMetric


def test_the_package_loads_nothing_before_it_is_asked_for():
    code = """
import sys, geovae
from geovae.core import errors, registry, seeding, storage, stopwatch
loaded = [name for name in ("torch", "scipy", "geovae.geometry") if name in sys.modules]
assert not loaded, loaded
from geovae import RiemannianMetric
assert "torch" in sys.modules
from geovae import *
assert hmc.sample and draw
"""
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "workflow_scripts", capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
