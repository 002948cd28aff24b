"""Records of builds that were never made, for the tests of the pages that are rendered of records."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from geovae.core.storage import save_json
from geovae.core.tables import save_table
from geovae.evaluation.record import COLUMNS, PROVENANCE_COLUMNS
from reproduction.config.config import load_config
from reproduction.evidence.builds import config_content
from reproduction.evidence.record import ABOUT, CONFIG, SCORES
from reproduction.plan.cells import scored_generations
from reproduction.plan.keys import SCORED_SPLITS, Generation

ABOUT_IT = {
    "said": ["What is built.", "Cut: 1_000 images."],
    "command": "snakemake --cores 1",
    "builds": [
        {
            "began": "2026-01-02T03:04:05+00:00",
            "machine": "a-machine",
            "date": "2026-01-02",
            "jobs": {"train_model": 3, "score_samples": 33},
            "processor_seconds": {"train_model": 3600.0, "score_samples": 1800.0},
        }
    ],
    "files": [CONFIG, SCORES],
}


def config_of(seeds: Sequence[int] = (0, 1, 2), dataset: str = "shapes") -> dict[str, Any]:
    """The config of such a record."""
    content = config_content("configs/evidence/smoke.yaml")
    if dataset != "shapes":
        content["datasets"][dataset] = {"net": "mlp", "latent_dim": 2, "options": {"path": "data"}}
    content["artefacts"] |= {"figure2": None, "figure_pullback": None, "figure_sharpness": None}
    content["datasets"][dataset]["classifier"] = "theirs/model.json"
    content["artefacts"]["table1"] |= {"seeds": list(seeds), "datasets": [dataset]}
    return content


def write_record(
    folder: Path, fid: Callable[[Generation], float], seeds: Sequence[int] = (0, 1, 2), dataset: str = "shapes"
) -> Path:
    """A record of Table 1's VAE rows, each generation with the FID that `fid` says."""
    content = config_of(seeds, dataset)
    rows = [
        score_row(generation, split, fid(generation))
        for generation in scored_generations(load_config(content))
        for split in SCORED_SPLITS
    ]
    folder.mkdir(parents=True, exist_ok=True)
    save_table(folder / SCORES, COLUMNS, [[row[column] for column in COLUMNS] for row in rows])
    save_json(folder / CONFIG, content)
    save_json(folder / ABOUT, ABOUT_IT)
    return folder


def score_row(generation: Generation, split: str, fid: float) -> dict[str, object]:
    """All columns of the score of a generation."""
    run = generation.run
    return {
        **dict.fromkeys(COLUMNS),
        **dict.fromkeys(PROVENANCE_COLUMNS, "x"),
        **{name: getattr(run, name) for name in ("dataset", "subset", "net", "model", "trial", "seed")},
        "sampler": generation.sampler,
        "variant": generation.variant,
        "split": split,
        "backbone": "classifier",
        "threads": 1,
        "n": 120,
        "config_sha256": "0" * 64,
        "backbone_accuracy": 0.9,
        "fid": fid,
        "prd_f8": 0.9,
        "prd_f1_8": 0.8,
        "novelty": 1.0,
        "sharpness": 0.1,
        "sharpness_reference": 0.1,
        "precision": 1.0 / fid,
        "recall": 0.5,
        "seconds_sampling": 1.0,
        "seconds_scoring": 1.0,
        "peak_memory_mb": 1.0,
    }
