"""Compare the metric of a trained VAE with the pull-back metric of its decoder, at training means (Section 4.4)."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--model", type=job.folder, required=True, help="model.json of a run, its weights beside it")
    parser.add_argument("--latents", required=True, help="latents.npz of the training images")
    parser.add_argument("--metric", required=True, help="metric.npz")
    parser.add_argument("--n-points", type=int, required=True, help="compare at N random training means")
    parser.add_argument("--key", required=True, help="key of the run, which seeds the choice of means")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--output", required=True, help="arrays (.npz) to write")
    parser.add_argument("--output-scores", required=True, help="record (.json) to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Write volumes and diagonals at each mean, and how far they go together."""
    import numpy as np
    import torch

    from geovae.core import storage
    from geovae.core.errors import GeovaeError
    from geovae.core.seeding import numpy_generator
    from geovae.geometry import pullback
    from geovae.models.vae import VAE
    from geovae.sampling.inputs import read_context

    device = job.torch_device(options.device, options.threads)
    context = read_context(options.model, latents=options.latents, metric=options.metric, device=device)
    model = context.model
    if not isinstance(model, VAE):
        raise GeovaeError(f"{options.model}: a {type(model).__name__}; the relation of Section 4.4 is the VAE's.")
    if options.n_points < 2:
        raise GeovaeError(f"--n-points is {options.n_points}: a correlation needs at least two.")
    n = min(options.n_points, len(context.mu))
    rows = np.sort(numpy_generator(options.key, "points").choice(len(context.mu), n, replace=False))
    mu = context.mu[torch.from_numpy(rows)]
    weight = 2 / model.beta if model.beta else 0.0
    full = pullback.pullback_metric(model.eval().decode, mu.to(device), weight).numpy()
    diagonals = {
        "posterior": (-context.log_var[torch.from_numpy(rows)].double()).exp().numpy(),
        "metric": context.metric.to(dtype=torch.float64).diagonal(mu.double()).numpy(),
    }
    share = pullback.off_diagonal_share(full)
    arrays = {"log_volume_pullback": pullback.full_log_volume(full), "off_diagonal_pullback": share}
    arrays["diagonal_pullback"] = np.einsum("nii->ni", full)
    scores = {"beta": model.beta, "latent_dim": model.latent_dim, "n": n, "off_diagonal_pullback": float(share.mean())}
    for name, values in diagonals.items():
        arrays |= {f"log_volume_{name}": pullback.log_volume(values), f"diagonal_{name}": values}
        scores |= {f"{name}_{score}": value for score, value in pullback.agreement(values, full).items()}
    storage.save_arrays(options.output, rows=rows, **arrays)
    storage.save_json(options.output_scores, scores)
    print(f"rank correlation of the log-volumes at {n} means: {scores['posterior_rank_log_volume']}", flush=True)


if __name__ == "__main__":
    job.run(main, build_parser())
