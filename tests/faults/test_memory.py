"""A training that exceeds its memory: it fails, and the next start takes it up where it was."""

import resource

from helpers import repeatable
from helpers.builds import RUN, Build, virtual_bytes, wait_for

FILES = ("model.safetensors", "model.json", "history.csv")


def test_a_training_without_memory_is_taken_up_after_its_last_epoch(reference, tmp_path):
    build = Build(tmp_path / "project", target=f"{RUN}/model.json")
    checkpoint, log = build.root / RUN / "resume.safetensors", build.results / "logs/train_model"
    build.start()
    assert wait_for(checkpoint.exists), build.log()
    (job,) = build.jobs()
    limit = virtual_bytes(job)
    resource.prlimit(job, resource.RLIMIT_AS, (limit, limit))
    assert build.wait() != 0, build.log()
    assert checkpoint.exists()
    assert not (build.root / RUN / "model.json").exists()
    build.finish()
    (text,) = (path.read_text() for path in log.rglob("*.log"))
    assert "of an interrupted training" in text
    assert not checkpoint.exists()
    for name in FILES:
        path = build.root / RUN / name
        assert repeatable.content(path) == repeatable.content(reference.parent / RUN / name), name
