"""An object store and a stand-in for Kubernetes, or the reason why there are none here."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.object_store import KEY, SECRET, ObjectStore
from helpers.paths import ROOT
from helpers.pods import Cluster, can_hide, environment_of_image
from helpers.snakemake_runs import copy_project

PLUGINS = ("snakemake_executor_plugin_kubernetes", "snakemake_storage_plugin_s3", "boto3")
CONFIG = Path(__file__).parents[1] / "helpers/cloud.yaml"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip everything here where something lacks."""
    lacking = [name for name in PLUGINS if importlib.util.find_spec(name) is None]
    beside = Path(sys.executable).with_name("weed")
    if not beside.exists() and not shutil.which("weed"):
        lacking.append("weed")
    if not can_hide():
        lacking.append("the right to unshare namespaces")
    if lacking:
        for item in items:
            if "tests/cloud/" in item.path.as_posix():
                item.add_marker(
                    pytest.mark.skip(reason=f"not here: {', '.join(lacking)}. Run `make test-cloud`, as root.")
                )


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """An empty store for all tests."""
    with ObjectStore(tmp_path_factory.mktemp("store") / "files") as running:
        yield running


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the project with the configuration of these tests, both tracked by git as on a user's machine."""
    folder = copy_project(tmp_path_factory.mktemp("clone") / "project")
    shutil.copy2(CONFIG, folder)
    for words in (["init", "--quiet"], ["add", "--all", "--", ":!results"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    who = ["-c", "user.name=tests", "-c", "user.email=tests@localhost"]
    subprocess.run(["git", *who, "commit", "--quiet", "--message=Project"], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="session")
def cluster(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Pods that see neither the clone nor the sources of these tests."""
    folder = tmp_path_factory.mktemp("cluster")
    image = environment_of_image(folder / "programs", [Path(sys.executable).parent])
    hidden = [project, *(ROOT / part for part in ("workflow_scripts", "rules", "configs", "envs", "profiles"))]
    with Cluster(folder / "pods", hidden, image) as running:
        yield running


@pytest.fixture(scope="session")
def variables(cluster: Cluster) -> dict[str, str]:
    """What Snakemake is started with: where the API is, and the store's keys."""
    keys = {"SNAKEMAKE_STORAGE_S3_ACCESS_KEY": KEY, "SNAKEMAKE_STORAGE_S3_SECRET_KEY": SECRET}
    return os.environ | {"KUBECONFIG": str(cluster.config), **keys}
