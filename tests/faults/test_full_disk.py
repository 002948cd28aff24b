"""Whatever writes to a full disk says in one line which file it could not write, and leaves nothing of it."""

import sys

import pytest

from helpers.builds import mount_disk
from helpers.snakemake_runs import ROOT, output, run_command

WRITERS = """
import sys
from pathlib import Path
import numpy as np
import torch
from geovae.core import storage
from geovae.training import history
from geovae.training.checkpoint import Checkpoint
from geovae.core.errors import GeovaeError
from reproduction.rendering import style

noise = np.random.default_rng(0).integers(256, size=(1000, 300), dtype=np.uint8)
figure = style.new_figure(5, 5)
figure.add_subplot().imshow(noise)
tensors = {"weight": torch.from_numpy(noise)}
writers = {
    "a.npy": lambda path: storage.save_array(path, noise),
    "a.npz": lambda path: storage.save_arrays(path, noise=noise),
    "a.json": lambda path: storage.save_json(path, {"noise": noise.tolist()}),
    "a.md": lambda path: storage.write_text(path, "x" * 300_000),
    "a.safetensors": lambda path: storage.save_weights(path, tensors),
    "resume.safetensors": lambda path: Checkpoint(path, "key").save(tensors, {}),
    "history.csv": lambda path: history.save_history(path, [{"epoch": i, "loss": i / 7} for i in range(30_000)]),
    "a.png": lambda path: style.save(figure, path),
    "a.pdf": lambda path: style.save(figure, path),
}
folder = Path(sys.argv[1])
for name, write in writers.items():
    try:
        write(folder / name)
    except GeovaeError as error:
        print(error.args[0].replace(chr(10), " "))
print(sorted(path.name for path in folder.iterdir()))
"""


def test_every_writer_names_the_file_and_leaves_nothing(namespace, tmp_path):
    if namespace is None:
        pytest.skip("mounting a small disk needs the rights of root")
    mount_disk(namespace, tmp_path, 64_000)
    enter = ("nsenter", f"--target={namespace}", "--mount", f"--wd={ROOT}")
    result = run_command(
        ROOT, *enter, "env", "PYTHONPATH=workflow_scripts", sys.executable, "-c", WRITERS, str(tmp_path)
    )
    assert result.returncode == 0, output(result)
    *lines, left = result.stdout.splitlines()
    assert len(lines) == 9
    assert all(line.startswith(f"{tmp_path}/") and "cannot be written (" in line for line in lines), lines
    assert left == "[]"
