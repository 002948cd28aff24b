"""Builds that were never made, from which records are kept."""

import numpy as np
from PIL import Image

from geovae.core.storage import save_arrays, save_json
from geovae.core.tables import save_table
from helpers.evidence_records import config_of, score_row
from reproduction.config.config import load_config
from reproduction.evidence.record import SCORES
from reproduction.plan.cells import scored_generations
from reproduction.plan.job_settings import config_sha256
from reproduction.plan.keys import SCORED_SPLITS
from reproduction.scores.score_table import read_scores

N_SCORES = len(SCORED_SPLITS) * len(scored_generations(load_config(config_of((0,)))))


def built(root, content, fid, seeds, accuracy=0.9):
    """A build of which the scores of some seeds are there."""
    config = load_config(content)
    for generation in scored_generations(config):
        made_with = {"backbone_accuracy": accuracy, "config_sha256": config_sha256(config, generation)}
        for split in SCORED_SPLITS if generation.run.seed in seeds else ():
            row = score_row(generation, split, fid) | made_with
            (root / generation.score("classifier", split)).parent.mkdir(parents=True, exist_ok=True)
            save_json(root / generation.score("classifier", split), row)
    (root / "results/benchmarks").mkdir(parents=True, exist_ok=True)
    (root / "results/benchmarks/train_model.tsv").write_text("s\tcpu_time\n9.0\t7.5\n")
    return root


def write_whole(path):
    """A file of a build that can be read back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".png":
        Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).save(path)
    elif path.suffix == ".npz":
        save_arrays(path, measured=np.arange(3.0))
    elif path.suffix == ".csv":
        save_table(path, ["metric"], [[1.0]])
    else:
        save_json(path, {"measured": 1.0})


def fids(folder):
    return {row["seed"]: row["fid"] for row in read_scores(folder / SCORES)}
