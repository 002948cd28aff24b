"""The environment files agree with one another and with what the library declares."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
LOCK = dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", (ROOT / "envs/requirements.txt").read_text(), re.MULTILINE))


def direct_requirements() -> set[str]:
    lines = [line.split("#")[0].strip() for line in (ROOT / "envs/requirements.in").read_text().splitlines()]
    return {re.split(r"[<\[]", line)[0] for line in lines if line}


def test_every_direct_requirement_is_locked_once_with_hashes():
    text = (ROOT / "envs/requirements.txt").read_text()
    for name in direct_requirements():
        assert len(re.findall(rf"^{re.escape(name)}==", text, re.MULTILINE)) == 1, name
    for block in re.split(r"\n(?=[A-Za-z])", text.split("\n", 2)[2]):
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_one_version_serves_every_supported_python():
    names = re.findall(r"^([\w.-]+)==", (ROOT / "envs/requirements.txt").read_text(), re.MULTILINE)
    assert len(names) > 50
    assert sorted(names) == sorted(set(names))


def test_conda_has_the_locked_versions():
    dependencies = yaml.safe_load((ROOT / "envs/geovae.yaml").read_text())["dependencies"]
    pinned = dict(entry.split("==") for entry in dependencies[-1]["pip"])
    assert pinned == {name: LOCK[name] for name in pinned}
    scripts = {"torch", "numpy", "scipy", "scikit-learn", "kmedoids", "matplotlib", "safetensors", "pydantic"}
    assert scripts <= set(pinned)


def test_the_library_asks_only_for_what_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[>\[=]", entry)[0] for entry in project["dependencies"]}
    assert names <= set(LOCK)
