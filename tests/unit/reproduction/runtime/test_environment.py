"""What jobs inherit of the environment."""

import os
import sys
from pathlib import Path

import pytest

from reproduction.runtime import environment


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch, tmp_path):
    """An environment and a search path that end with the test."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setattr(sys, "path", list(sys.path))
    os.environ["XDG_CACHE_HOME"] = str(tmp_path / "own")


def test_nothing_that_python_computes_with_is_inherited(tmp_path):
    os.environ.update(dict.fromkeys(environment.FOREIGN, str(tmp_path)), MPLBACKEND="nonsense", OTHER="stays")
    sys.path.insert(0, str(tmp_path))
    environment.settle(tmp_path / "caches")
    assert not set(environment.FOREIGN) & set(os.environ)
    assert (os.environ["MPLBACKEND"], os.environ["OTHER"]) == ("agg", "stays")
    assert str(tmp_path) not in sys.path
    assert {"PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "PYTHONWARNINGS", "GIT_DIR"} <= set(environment.FOREIGN)


def test_a_cache_that_can_be_written_stays_but_for_the_settings_in_it(tmp_path):
    environment.settle(tmp_path / "caches")
    assert os.environ["XDG_CACHE_HOME"] == str(tmp_path / "own")
    assert os.environ["MPLCONFIGDIR"] == str(tmp_path / "caches/matplotlib")


@pytest.mark.parametrize("where", ["file", "home"])
def test_a_cache_that_cannot_be_written_is_put_elsewhere(tmp_path, where):
    (tmp_path / "file").touch()
    if where == "home":
        del os.environ["XDG_CACHE_HOME"]
        os.environ["HOME"] = str(tmp_path / "file")
    else:
        os.environ["XDG_CACHE_HOME"] = str(tmp_path / "file/cache")
    environment.settle(Path("caches"))
    assert os.environ["XDG_CACHE_HOME"] == str(Path.cwd() / "caches")


def test_the_makefile_clears_the_same_variables():
    from helpers.paths import ROOT

    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    (line,) = [line for line in text.splitlines() if line.startswith("unexport ")]
    assert set(line.split()[1:]) == set(environment.FOREIGN)
