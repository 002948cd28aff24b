"""A build whose jobs share nothing but an object store: each in a pod that sees no clone and no other's files.

It meets what a build in a cloud meets: its first start ends in the middle, when the store takes no more and the node of
a training goes; in its second the training's pod is lost again; the third finds nothing to do.
"""

import re
import subprocess
from types import SimpleNamespace

import pytest

from helpers import repeatable
from helpers.cloud_builds import CONFIGS, SNAKEMAKE, Build, ended
from helpers.object_store import KEY, SECRET, ObjectStore
from helpers.pods import Cluster
from helpers.slurm_daemons import wait_for
from helpers.store_gate import StoreGate

TARGETS = ("results/tables/table7.csv",)
RUN = "digits/full/infogan/two_stage/base/seed0"
COPY = f"first/resume/{RUN.replace('/', '--')}.safetensors"
LOG = f"first/results/logs/train_model/{RUN}.log"


def rules_of(cluster: Cluster, first: int) -> list[str]:
    """The rules that pods were started for, from a number on."""
    named = (re.search(r"--allowed-rules (.*?) --", pod.script) for pod in cluster.past[first:])
    return sorted(rule for match in named for rule in match[1].replace("'", "").split())


def lose_the_training(cluster: Cluster, store: ObjectStore, known: str | None) -> None:
    """Kill the pod of the training when there is another copy of its state than the one that is known."""
    wait_for(lambda: store.tag(COPY) not in (None, known), "a state of the training in the store", 300)
    (pod,) = (pod for pod in cluster.past if pod.status is None and "train_model" in pod.script)
    cluster.kill(pod)


@pytest.fixture(scope="module")
def built(project, store, cluster, variables) -> SimpleNamespace:
    """The three starts, with the pods of each."""
    with StoreGate(store.port) as gate:
        build = Build(project, gate.url, variables, "first")
        with build.start(*TARGETS, "--retries", "0") as process:
            lose_the_training(cluster, store, None)
            gate.full = True
            first = ended(process, 1, cluster)
        kept = store.names("first")
        gate.full = False
        n_first = len(cluster.past)
        with build.start(*TARGETS) as process:
            lose_the_training(cluster, store, store.tag(COPY))
            second = ended(process, 0, cluster)
        n_second = len(cluster.past)
        gate.asked = 0
        with build.start(*TARGETS) as process:
            third = ended(process, 0, cluster)
    texts = SimpleNamespace(first=first, second=second, third=third)
    counts = {"n_first": n_first, "n_second": n_second, "n_third": len(cluster.past), "asked": gate.asked}
    return SimpleNamespace(texts=texts, kept=kept, **counts)


@pytest.fixture(scope="module")
def downloaded(built, store, tmp_path_factory):
    """The results in the store."""
    folder = tmp_path_factory.mktemp("downloaded")
    store.download("first", folder)
    return folder / "results"


def test_a_store_that_is_full_is_named_in_one_line_at_the_end_and_nothing_hangs(built):
    (line,) = (line for line in built.texts.first.splitlines() if line.startswith("error: "))
    assert line.startswith("error: s3://builds/first: the store cannot be written (An error occurred (XMinioStorage")
    assert line.endswith("Check its address, its keys and its free space.")
    assert "Traceback" not in built.texts.first


def test_the_second_start_makes_only_what_is_missing(built, cluster):
    """Neither the data nor what else the first had stored."""
    assert "first/results/data/digits/train/images.npy" in built.kept
    assert built.n_first >= 2
    again = rules_of(cluster, built.n_first)
    assert "train_model" in again
    assert "prepare_dataset" not in again
    assert "draw_subset" not in again


def test_the_build_equals_a_local_one(built, downloaded, project):
    words = (*SNAKEMAKE, "--cores", "2", *TARGETS, *CONFIGS)
    local = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
    assert local.returncode == 0, local.stdout + local.stderr
    found, wanted = repeatable.contents(downloaded), repeatable.contents(project / "results")
    assert found.keys() == wanted.keys()
    assert [path for path in wanted if found[path] != wanted[path]] == []
    assert len(wanted) > 40


def test_a_third_start_has_nothing_to_do(built):
    assert "Nothing to be done" in built.texts.third
    assert built.n_third == built.n_second
    assert 1 <= built.asked <= 10  # a list of all objects, and none of each


def test_a_training_that_lost_its_pod_goes_on_after_the_last_epoch_in_the_store(built, cluster, store):
    """Across two starts, and again across two attempts of one."""
    assert "Trying to restart job" in built.texts.second
    (after,) = re.findall(r"going on after epoch (\d+) of an interrupted training", store.text(LOG))
    assert int(after) >= 2
    assert COPY not in store.names("first")


def test_records_name_the_commit_of_the_clone(downloaded, project):
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project, capture_output=True, text=True, check=True)
    scores = (downloaded / "scores/table7.csv").read_text()
    assert head.stdout.strip() in scores
    assert "unknown" not in scores


def test_keys_reach_pods_as_a_secret_and_no_log(built, cluster, store):
    printed = [*vars(built.texts).values(), *(pod.log + pod.script for pod in cluster.past)]
    printed += [store.text(name) for name in store.names("first/results/logs")]
    assert not [text for text in printed if SECRET in text or KEY in text]
    assert len(printed) > 25


def test_pods_leave_nothing_in_the_store_but_results(built, store):
    assert {name.split("/")[1] for name in store.names("first")} == {"results"}


def test_a_store_that_cannot_be_reached_ends_a_start_with_one_line(project, variables):
    build = Build(project, "http://127.0.0.1:9", variables, "nowhere")
    with build.start(*TARGETS) as process:
        text = ended(process, 1)
    (line,) = (line for line in text.splitlines() if line.startswith("s3://"))
    assert line.startswith("s3://builds/nowhere: the store cannot be read (Could not connect to the endpoint URL")
    assert "Traceback" not in text
    assert len(text.splitlines()) <= 5


def test_a_store_that_is_full_from_the_beginning_ends_a_start(project, store, cluster, variables):
    before = len(cluster.past)
    with StoreGate(store.port) as gate:
        gate.full = True
        with Build(project, gate.url, variables, "full").start("results/data/digits/train/card.json") as process:
            text = ended(process, 1)
    assert "XMinioStorageFull" in text.splitlines()[-1]
    assert "Traceback" not in text
    assert len(cluster.past) == before


def test_a_job_with_a_gpu_has_a_limit_of_it_and_others_name_none(project, store, cluster, variables):
    """There is no GPU here: the jobs that want one are submitted, and fail."""
    before = len(cluster.past)
    backbone = "results/backbones/digits/classifier/model.json"
    build = Build(project, store.url, variables, "gpus")
    with build.start(backbone, "--retries", "0", "--config", "device=cuda") as process:
        ended(process, 1)
    prepared, trained = cluster.past[before:]
    assert "torch finds no CUDA device" in store.text("gpus/results/logs/train_backbone/digits/classifier.log")
    wanted = {"cpu": "1000m", "memory": "4000M", "ephemeral-storage": "10000M", "nvidia.com/gpu": "1"}
    assert trained.resources["limits"] == wanted
    assert [toleration["key"] for toleration in trained.tolerations] == ["nvidia.com/gpu"]
    assert "limits" not in prepared.resources
    assert prepared.resources["requests"].keys() == {"cpu", "memory", "ephemeral-storage"}
    assert prepared.tolerations == []
