"""The image of the Dockerfile, as far as its text says: all of it is locked, and what it copies is sent to it."""

import json
import re
import subprocess

from helpers.paths import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()


def locked(path: str) -> dict[str, str]:
    """The versions that a lock pins."""
    return dict(re.findall(r"^([\w.-]+)(?:\[\w+\])?==([^\s;]+)", (ROOT / path).read_text(), re.MULTILINE))


def test_what_is_copied_exists_and_is_not_ignored():
    copied = re.findall(r"^COPY (\S+)", DOCKERFILE, re.MULTILINE)
    assert copied == ["envs/requirements.txt", "envs/cloud.txt"]
    assert all((ROOT / path).is_file() for path in copied)
    sent = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert sent == copied


def test_every_installation_is_by_hashes():
    words = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)
    steps = re.findall(r"pip (?:install|wheel)\b[^&\n]*", words)
    assert len(steps) == 3
    assert all("--require-hashes" in step for step in steps)


def test_the_wheels_are_those_of_the_storage_plugins_with_their_hashes():
    (command,) = re.findall(r"sed -n '([^']+)' /tmp/cloud.txt", DOCKERFILE)
    lines = subprocess.run(
        ["sed", "-n", command, ROOT / "envs/cloud.txt"], check=True, capture_output=True, text=True
    ).stdout
    found = re.findall(r"^(\S+)==", lines, re.MULTILINE)
    assert found == ["snakemake-storage-plugin-gcs", "snakemake-storage-plugin-s3"]
    assert lines.count("--hash=sha256:") >= len(found)
    assert not lines.rstrip().endswith("\\")


def test_the_tests_of_clouds_run_with_the_plugins_of_the_image():
    image, tests = locked("envs/cloud.txt"), locked("tests/cloud/requirements.txt")
    common = image.keys() & tests.keys()
    assert {"snakemake-executor-plugin-kubernetes", "snakemake-storage-plugin-s3", "boto3", "kubernetes"} <= common
    assert {name: tests[name] for name in common} == {name: image[name] for name in common}


def test_editors_open_the_image_as_its_user():
    content = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    folder = ROOT / ".devcontainer"
    assert (folder / content["build"]["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert (folder / content["build"]["context"]).resolve() == ROOT
    assert content["remoteUser"] == re.findall(r"^USER (\w+)", DOCKERFILE, re.MULTILINE)[-1] != "root"
