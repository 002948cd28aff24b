"""A finished file that was damaged or exchanged since is found, by name, by the script that reads it next."""

import shutil

import pytest

from geovae.core.errors import GeovaeError
from helpers.finished_build import Build, build_all
from helpers.script_runs import fails, run
from reproduction.scores.classification import read_classification
from reproduction.scores.metric_table import read_metrics

RUN, DATA, REFERENCES = "runs/one/full/mlp/vae/base/seed0", "data/one", "references/one/classifier"
GENERATION = f"{RUN}/generations/manifold/base"
# What no other job reads.
LAST = ("history", "provenance", "figure 3", "figure 13", "claims")
READ_BY = {
    f"{DATA}/train/images.npy": "subset",
    f"{DATA}/train/labels.npy": "subset",
    f"{DATA}/validation/card.json": "subset",
    f"{DATA}/test/images.npy": "embed",
    f"{DATA}/subsets/full/train.npy": "train",
    f"{DATA}/subsets/full/validation.npy": "train",
    f"{DATA}/subsets/full/unseen.npz": "score",
    f"{RUN}/history.csv": "history",
    f"{RUN}/model.json": "embed",
    f"{RUN}/model.safetensors": "embed",
    f"{RUN}/latents.npz": "metric",
    f"{RUN}/unseen.npz": "score",
    f"{RUN}/seconds.json": "draw",
    f"{RUN}/metric.npz": "draw",
    f"{RUN}/pullback.json": "claims",
    f"{GENERATION}/samples.npy": "centroids",
    f"{GENERATION}/latents.npy": "score",
    f"{GENERATION}/diagnostics.json": "score",
    f"{GENERATION}/neighbours.npz": "figure 3",
    f"{GENERATION}/centroids.npz": "figure 13",
    f"{GENERATION}/score_test.json": "collect",
    "scores/one.csv": "provenance",
    "augmentation/one/raw.json": "classification",
    "backbones/one/classifier/model.json": "reference test",
    "backbones/one/classifier/model.safetensors": "reference test",
    f"{REFERENCES}/test.npz": "features",
    f"{REFERENCES}/full/train.npy": "score",
    f"{REFERENCES}/full/unseen.npz": "score",
}
TABLES = {"metrics-one.csv": read_metrics, "classification-one.csv": read_classification}


def flip(content: bytes, at: float) -> bytes:
    """One bit changed, that far into the file."""
    index = int(at * (len(content) - 1))
    return content[:index] + bytes([content[index] ^ 1 << index % 7]) + content[index + 1 :]


DAMAGES = {
    "a bit at the start": lambda content: flip(content, 0.02),
    "a bit in the middle": lambda content: flip(content, 0.5),
    "a bit at the end": lambda content: flip(content, 1.0),
    "half its length": lambda content: content[: len(content) // 2],
    "appended to": lambda content: content + b"\0" * 1000,
    "empty": lambda content: b"",
}
KINDS = (*DAMAGES, "gone", "of another run")


@pytest.fixture(scope="module")
def builds(tmp_path_factory):
    return build_all(tmp_path_factory.mktemp("build") / "results", without=LAST)


@pytest.fixture
def damaged(builds, request):
    """A file below `results` that was damaged; it is whole again at the end."""
    results, (name, kind) = builds["one"].results, request.param
    path, kept = results / name, (results / name).read_bytes()
    if kind == "gone":
        path.unlink()
    elif kind == "of another run":
        shutil.copyfile(results / name.replace("/one", "/two"), path)
    else:
        path.write_bytes(DAMAGES[kind](kept))
    yield path
    path.write_bytes(kept)


def check(message: str, path) -> None:
    assert path.name in message, message
    assert str(path.parent) in message, message
    assert len(message.splitlines()) <= 2, message
    assert any(words in message for words in ("Delete ", "Run the workflow to make it")), message


@pytest.mark.parametrize("damaged", [(name, kind) for name in READ_BY for kind in KINDS], indirect=True)
def test_the_next_job_names_the_file(builds, damaged):
    name = str(damaged.relative_to(builds["one"].results))
    check(fails(*builds["one"].jobs()[READ_BY[name]]), damaged)


@pytest.mark.parametrize("damaged", [(name, kind) for name in TABLES for kind in DAMAGES], indirect=True)
def test_tables_that_only_figures_read_name_themselves(damaged):
    with pytest.raises(GeovaeError) as caught:
        TABLES[damaged.name](damaged)
    check(str(caught.value), damaged)


@pytest.mark.parametrize(
    ("again", "key", "read", "made"),
    [
        ("train", "another key", "draw", f"{RUN}/latents.npz"),
        ("metric", "another key", "pullback", None),
        ("backbone", "another key", "features", f"{REFERENCES}/validation.npz"),
    ],
)
def test_files_of_two_builds_of_one_run_do_not_mix(builds, tmp_path, again, key, read, made):
    shutil.copytree(builds["one"].results, tmp_path / "results")
    jobs = Build(tmp_path / "results", "one").jobs()
    job = list(jobs[again])
    job[job.index("--key") + 1] = key
    run(*job)
    if made is None:  # nothing that is read there was made of it
        run(*jobs[read])
    else:
        message = fails(*jobs[read])
        assert f"{made} was made of another" in message
        assert "Delete both" in message
