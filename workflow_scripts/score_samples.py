"""Score one set of generated images against real ones: FID, PRD, novelty, sharpness."""

import argparse

from geovae.core.stopwatch import Stopwatch
from reproduction.runtime import job


def _split_path(text: str) -> tuple[str, str]:
    split, separator, path = text.partition("=")
    if not (split in ("validation", "test") and separator and path):
        raise argparse.ArgumentTypeError(f"validation=PATH or test=PATH is expected, not {text!r}")
    return split, path


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
        type=_split_path,
        action="append",
        required=True,
        metavar="SPLIT=PATH",
        help="reference file (.npz) of a split; once for validation and once for test",
    )
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument("--subset", required=True, help="indices (train.npy) of the model's training images")
    parser.add_argument(
        "--unseen",
        type=_split_path,
        action="append",
        required=True,
        metavar="SPLIT=PATH",
        help="distances (.npy) of a split's images to the same training images; once for each reference",
    )
    parser.add_argument(
        "--features",
        type=job.folder,
        required=True,
        help="train.npy, the training images' features, with unseen_SPLIT.npy beside it",
    )
    parser.add_argument("--latents", required=True, help="latents.npz of the training images")
    parser.add_argument(
        "--unseen-latents",
        type=_split_path,
        action="append",
        required=True,
        metavar="SPLIT=PATH",
        help="latents (.npz) of a split's images; once for each reference",
    )
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
    from geovae.evaluation import record
    from geovae.evaluation.features import load_backbone
    from geovae.evaluation.neighbours import nearest, nearest_features, subset_rows
    from geovae.evaluation.novelty import Distances, latent_distances
    from geovae.evaluation.reference import load_reference, score
    from geovae.evaluation.sharpness import sharpness
    from reproduction.runtime.provenance import provenance

    if set(options.settings) != {"n_clusters", "n_runs", "extra"}:
        raise GeovaeError(f"--settings: n_clusters, n_runs and extra are expected, not {sorted(options.settings)}.")
    unseen, unseen_latents = dict(options.unseen), dict(options.unseen_latents)
    for name, given in (("unseen", unseen), ("unseen-latents", unseen_latents)):
        if sorted(given) != sorted(split for split, _ in options.reference):
            raise GeovaeError(f"--{name}: give it for the same splits as --reference, each once.")
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
    distances, _ = nearest(samples, subset_rows(train, options.subset), device=device)
    training_features = storage.load_array(options.features / "train.npy", ndim=2, mmap=True)
    feature_distances, _ = nearest_features(features, training_features)
    seconds_shared = shared.seconds()

    for split, path in options.reference:
        own = Stopwatch()
        seed = seed_from(*key.values(), backbone.name, split)
        reference = load_reference(path, backbone.resize)
        unseen_features = storage.load_array(options.features / f"unseen_{split}.npy", ndim=1)
        spaces = {
            "pixels": Distances(distances, storage.load_array(unseen[split], ndim=1)),
            "features": Distances(feature_distances, unseen_features),
            "latent": latent_distances(options.samples, options.latents, unseen_latents[split]),
        }
        given = {space: found for space, found in spaces.items() if found is not None}
        scores = score(features, given, reference, seed=seed, **options.settings)
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
