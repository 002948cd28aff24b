"""A build whose jobs share nothing but an object store: each in a pod that sees no clone and no other's files."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers import repeatable
from helpers.object_store import BUCKET, KEY, SECRET, ObjectStore
from helpers.pods import Cluster, Pod
from helpers.slurm_daemons import wait_for

SNAKEMAKE = (sys.executable, "-m", "snakemake")
CONFIGS = ("--configfile", "configs/smoke.yaml", "cloud.yaml")
TARGETS = ("results/tables/table7.csv",)


def options(store: ObjectStore, prefix: str) -> tuple[str, ...]:
    """The profile with what a site puts into it; a stand-in answers faster than a cluster."""
    return (
        *("--profile", "profiles/kubernetes", "--seconds-between-status-checks", "1"),
        *("--default-storage-prefix", f"s3://{BUCKET}/{prefix}", "--storage-s3-endpoint-url", store.url),
        *("--cores", "2", "--jobs", "2"),
    )


def start(project: Path, store: ObjectStore, variables: dict[str, str], prefix: str, *words: str) -> subprocess.Popen:
    command = (*SNAKEMAKE, *options(store, prefix), *words, *CONFIGS)
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=project, env=variables, text=True, **streams)


def training(cluster: Cluster) -> Pod | None:
    """The pod of a training that has finished an epoch."""
    for pod in cluster.past:
        if pod.status is None and any(pod.folder.rglob("resume.safetensors")):
            return pod
    return None


@pytest.fixture(scope="module")
def built(project, store, cluster, variables) -> SimpleNamespace:
    """A build whose training loses its pod; a second start; and the same build on this machine."""
    process = start(project, store, variables, "first", *TARGETS)
    try:
        lost = wait_for(lambda: training(cluster), "a training at work", 300)
        cluster.kill(lost)
        text, _ = process.communicate(timeout=900)
    finally:
        process.kill()
    assert process.returncode == 0, "\n".join([text[-4000:], *(pod.log[-3000:] for pod in cluster.past if pod.status)])
    n_pods = len(cluster.past)
    again = start(project, store, variables, "first", *TARGETS)
    second, _ = again.communicate(timeout=300)
    assert again.returncode == 0, second
    return SimpleNamespace(text=text, second=second, n_pods=n_pods, n_pods_of_second=len(cluster.past) - n_pods)


@pytest.fixture(scope="module")
def downloaded(built, store, tmp_path_factory) -> Path:
    """The results in the store."""
    folder = tmp_path_factory.mktemp("downloaded")
    store.download("first", folder)
    return folder / "results"


def test_the_build_equals_a_local_one(built, downloaded, project):
    words = (*SNAKEMAKE, "--cores", "2", *TARGETS, *CONFIGS)
    local = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
    assert local.returncode == 0, local.stdout + local.stderr
    found, wanted = repeatable.contents(downloaded), repeatable.contents(project / "results")
    assert found.keys() == wanted.keys()
    assert [path for path in wanted if found[path] != wanted[path]] == []
    assert len(wanted) > 40


def test_a_second_start_has_nothing_to_do(built):
    assert "Nothing to be done" in built.second
    assert built.n_pods_of_second == 0


def test_a_training_that_lost_its_pod_is_started_again(built, cluster):
    assert "Trying to restart job" in built.text
    statuses = [pod.status for pod in cluster.past if "train_model" in pod.script]
    assert sorted(map(bool, statuses)) == [False, True]


def test_records_name_the_commit_of_the_clone(downloaded, project):
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project, capture_output=True, text=True, check=True)
    scores = (downloaded / "scores/table7.csv").read_text()
    assert head.stdout.strip() in scores
    assert "unknown" not in scores


def test_keys_reach_pods_as_a_secret_and_no_log(built, cluster, store):
    printed = [built.text, built.second, *(pod.log + pod.script for pod in cluster.past)]
    assert not [text for text in printed if SECRET in text or KEY in text]


def test_pods_leave_nothing_in_the_store_but_results(built, store):
    assert {name.split("/")[1] for name in store.names("first")} == {"results"}


def test_a_job_with_a_gpu_has_a_limit_of_it_and_others_name_none(project, store, cluster, variables):
    """There is no GPU here: the jobs that want one are submitted, and fail."""
    before = len(cluster.past)
    backbone = "results/backbones/digits/classifier/model.json"
    process = start(project, store, variables, "gpus", backbone, "--retries", "0", "--config", "device=cuda")
    text, _ = process.communicate(timeout=300)
    assert process.returncode == 1, text
    prepared, trained = cluster.past[before:]
    assert "torch finds no CUDA device" in store.text("gpus/results/logs/train_backbone/digits/classifier.log")
    wanted = {"cpu": "1000m", "memory": "4000M", "ephemeral-storage": "10000M", "nvidia.com/gpu": "1"}
    assert trained.resources["limits"] == wanted
    assert [toleration["key"] for toleration in trained.tolerations] == ["nvidia.com/gpu"]
    assert "limits" not in prepared.resources
    assert prepared.resources["requests"].keys() == {"cpu", "memory", "ephemeral-storage"}
    assert prepared.tolerations == []
