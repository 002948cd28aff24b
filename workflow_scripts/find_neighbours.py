"""Find the nearest training image and the nearest reconstruction of generated images, and FIDs to reconstructions.

Figures 3 and 9 show them: a sampler that only reconstructs training images is unmasked by its nearest reconstructions
and by its FID to them, for which other generations serve as controls.
"""

import argparse

from reproduction.runtime import job

DECODED_AT_A_TIME = 5000


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--samples", required=True, help="samples.npy whose images are looked at")
    parser.add_argument("--model", type=job.folder, required=True, help="model.json of the run that they come from")
    parser.add_argument("--latents", required=True, help="latents.npz of the run")
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument("--subset", required=True, help="indices (train.npy) of the run's training images")
    parser.add_argument("--backbone", type=job.folder, required=True, help="model.json of the backbone behind the FID")
    parser.add_argument("--resize", choices=("tf_legacy", "pytorch_fid"), help="how Inception's images are enlarged")
    parser.add_argument("--n-examples", type=int, required=True, help="look up the first N generated images")
    parser.add_argument(
        "--compare", type=job.named_path, action="append", default=[], metavar="NAME=PATH",
        help="another samples.npy whose FID to the reconstructions is taken (repeatable)",
    )  # fmt: skip
    parser.add_argument("--key", required=True, help="text that seeds the draw of reconstructions for the FID")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--output", required=True, help="file (.npz) to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Look up neighbours, decode training means, take the FIDs, write one file."""
    import numpy as np
    import torch

    from geovae.core import storage
    from geovae.core.errors import GeovaeError
    from geovae.core.seeding import numpy_generator
    from geovae.data.base import read_images
    from geovae.data.generations import load_samples
    from geovae.evaluation.features import load_backbone
    from geovae.evaluation.fid import frechet_distance, statistics
    from geovae.evaluation.neighbours import nearest, subset_rows
    from geovae.models.coding import decode_posterior
    from geovae.models.files import load_model

    device = job.torch_device(options.device, options.threads)
    files = {"generated": options.samples, **dict(options.compare)}
    if len(files) != 1 + len(options.compare):
        raise GeovaeError("--compare: each name may be given once, and 'generated' is the name of --samples itself.")
    if options.n_examples < 1:
        raise GeovaeError(f"--n-examples is {options.n_examples}: at least one is needed.")
    generations = {name: load_samples(path) for name, path in files.items()}
    train = subset_rows(read_images(options.data, "train")[0], options.subset)
    mu = torch.from_numpy(storage.load_arrays(options.latents, "mu")["mu"])
    if len(mu) != len(train):
        raise GeovaeError(
            f"{options.latents}: {len(mu)} latents, but {options.subset} has {len(train)} images.\n"
            "Give the subset that the model was trained on."
        )
    model = load_model(options.model, device)
    examples = np.array(generations["generated"][: options.n_examples])
    distance_train, nearest_train = nearest(examples, train, device=device)
    distance_reconstruction, nearest_reconstruction = _nearest_decoded(model, mu, examples, device)

    n = min(len(mu), *(len(samples) for samples in generations.values()))
    drawn = numpy_generator(options.key, "reconstructions").choice(len(mu), n, replace=False)
    backbone = load_backbone(options.backbone, device, options.resize)
    target = statistics(backbone.features(decode_posterior(model, mu[drawn])))
    fids = [frechet_distance(statistics(backbone.features(samples[:n])), target) for samples in generations.values()]
    storage.save_arrays(
        options.output,
        generated=examples,
        nearest_train=train[nearest_train],
        nearest_reconstruction=decode_posterior(model, mu[nearest_reconstruction]).numpy(),
        distance_train=distance_train,
        distance_reconstruction=distance_reconstruction,
        fid_names=np.array(list(generations)),
        fid_values=np.array(fids),
        fid_n=np.array(n),
    )


def _nearest_decoded(model, mu, examples, device):
    """Distances (Q,) of images to their nearest decoded training mean, and its row; not all are decoded at a time."""
    import numpy as np

    from geovae.evaluation.neighbours import nearest
    from geovae.models.coding import decode_posterior

    distances, rows = np.full(len(examples), np.inf), np.zeros(len(examples), dtype=np.int64)
    for start in range(0, len(mu), DECODED_AT_A_TIME):
        images = decode_posterior(model, mu[start : start + DECODED_AT_A_TIME])
        found, index = nearest(examples, images, device=device)
        closer = found < distances
        distances, rows = np.where(closer, found, distances), np.where(closer, index + start, rows)
    return distances, rows


if __name__ == "__main__":
    job.run(main, build_parser(), memory_keys="evaluation.n_samples")
