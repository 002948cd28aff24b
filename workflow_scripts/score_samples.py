"""Score one set of generated images against real ones: FID, PRD, novelty, sharpness."""

import argparse

from geovae.core.stopwatch import Stopwatch
from reproduction.runtime import job


def _seconds(diagnostics: dict) -> float | None:
    """Seconds of drawing, with those of what it is drawn with: a mixture is fitted, a metric is built before."""
    drawing = diagnostics.get("seconds")
    return None if drawing is None else drawing + diagnostics.get("seconds_metric", 0.0)


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--samples", type=job.folder, required=True, help="samples.npy of a generation")
    parser.add_argument("--key-fields", type=job.settings, required=True, help="JSON: the generation's key")
    parser.add_argument("--backbone", type=job.folder, required=True, help="model.json of the backbone")
    parser.add_argument(
        "--reference",
        type=job.named_path,
        action="append",
        required=True,
        metavar="SPLIT=PATH",
        help="reference file (.npz) of a split; once for validation and once for test",
    )
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument("--subset", required=True, help="indices (train.npy) of the model's training images")
    parser.add_argument(
        "--unseen",
        type=job.named_path,
        action="append",
        required=True,
        metavar="SPACE=PATH",
        help="distances (.npz) of unseen images to the training images; once each for pixels, latent and features",
    )
    parser.add_argument("--features", required=True, help="train.npy, the training images' features")
    parser.add_argument("--latents", required=True, help="latents.npz of the training images")
    parser.add_argument("--resize", help="how images are resized, for the inception backbone: tf_legacy or pytorch_fid")
    parser.add_argument(
        "--settings", type=job.settings, required=True, help="JSON: n_clusters, n_runs (of PRD), extra (list of scores)"
    )
    parser.add_argument("--config-sha256", required=True, help="hash of the config behind the samples and their scores")
    parser.add_argument("--save-features", metavar="FILE", help="also write the generated images' features (.npy)")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--output", type=job.folder, required=True, help="folder to write score_SPLIT.json to")
    return parser


def main(options: argparse.Namespace) -> None:
    """Take the generated images' features once, compare them with each reference, write a record each."""

    from geovae.core import storage
    from geovae.core.errors import GeovaeError
    from geovae.core.seeding import seed_from
    from geovae.data.base import read_images
    from geovae.data.generations import RECORD, load_samples
    from geovae.data.splits import UNSEEN_SPLITS
    from geovae.evaluation import record
    from geovae.evaluation.features import load_backbone
    from geovae.evaluation.neighbours import nearest, nearest_features, subset_rows
    from geovae.evaluation.novelty import COLUMNS, Distances, latent_distances
    from geovae.evaluation.reference import load_reference, score
    from geovae.evaluation.sharpness import sharpness
    from geovae.evaluation.unseen import load_unseen
    from reproduction.runtime.provenance import provenance

    if set(options.settings) != {"n_clusters", "n_runs", "extra"}:
        raise GeovaeError(f"--settings: n_clusters, n_runs and extra are expected, not {sorted(options.settings)}.")
    references = job.each_once("--reference", options.reference, UNSEEN_SPLITS)
    unseen = {space: load_unseen(path) for space, path in job.each_once("--unseen", options.unseen, COLUMNS).items()}
    key = record.check_key(options.key_fields)
    device = job.torch_device(options.device, options.threads)
    samples = load_samples(options.samples / "samples.npy", mmap=False, record=RECORD)
    diagnostics = storage.load_numbers(options.samples / RECORD)
    train, _ = read_images(options.data, "train")

    shared = Stopwatch()
    backbone = load_backbone(options.backbone, device, options.resize)
    features = backbone.features(samples)
    if options.save_features:
        storage.save_array(options.save_features, features)
    training_features = storage.load_array(options.features, ndim=2, mmap=True)
    generated = {
        "pixels": nearest(samples, subset_rows(train, options.subset), device=device)[0],
        "features": nearest_features(features, training_features)[0],
        "latent": latent_distances(options.samples, options.latents),
    }
    seconds_shared = shared.seconds()

    for split, path in references.items():
        own = Stopwatch()
        seed = seed_from(*key.values(), backbone.name, split)
        reference = load_reference(path, backbone.resize)
        distances = {
            space: Distances(found, unseen[space][split]) for space, found in generated.items() if found is not None
        }
        scores = score(features, distances, reference, seed=seed, **options.settings)
        content = record.build_record(
            key,
            {
                "split": split,
                "backbone": backbone.name,
                "resize": backbone.resize,
                "backbone_accuracy": backbone.accuracy,
            },
            scores,
            {
                "sharpness": sharpness(samples[: scores["n"]]),
                "sharpness_reference": float(reference.sharpness[: scores["n"]].mean()),
            },
            record.diagnostic_columns(diagnostics),
            {"config_sha256": options.config_sha256},
            provenance(device),
            {
                "seconds_sampling": _seconds(diagnostics),
                "seconds_scoring": seconds_shared + own.seconds(),
                "peak_memory_mb": own.peak_memory_mb(device),
            },
        )
        storage.save_json(options.output / f"score_{split}.json", content)
        print(f"{split}: FID {scores['fid']:.3f}, F8 {scores['prd_f8']:.4f}, F1/8 {scores['prd_f1_8']:.4f}", flush=True)


if __name__ == "__main__":
    job.run(main, build_parser(), memory_keys="evaluation.n_samples")
