"""Draw latents with a sampler, decode them, and describe how they were drawn."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--sampler", required=True, help="name of the sampler")
    parser.add_argument("--settings", type=job.settings, default={}, help="JSON: options of the sampler")
    parser.add_argument("--n", type=int, required=True, help="number of samples")
    parser.add_argument("--key", required=True, help="key of the generation, which seeds it")
    parser.add_argument("--model", type=job.folder, required=True, help="model.json of a run, its weights beside it")
    parser.add_argument("--latents", help="latents.npz of the training images")
    parser.add_argument("--latents-validation", help="latents_validation.npz (kde)")
    parser.add_argument("--latents-test", help="latents_test.npz (reconstruction_test)")
    parser.add_argument("--metric", help="metric.npz (manifold samplers)")
    parser.add_argument("--metric-seconds", help="JSON file that says how long the metric took (optional)")
    parser.add_argument("--data", type=job.data_folder, help="card.json of the training images (real)")
    parser.add_argument("--subset", help="train.npy of the subset (real)")
    parser.add_argument("--matched", help="diagnostics.json of the manifold sampler (jitter)")
    parser.add_argument("--output", type=job.folder, required=True, help="folder to write to")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to sample and decode")
    return parser


def main(options: argparse.Namespace) -> None:
    """Draw, decode, and write samples.npy, latents.npy and, last, diagnostics.json."""
    import numpy as np

    from geovae.core import storage
    from geovae.core.errors import GeovaeError
    from geovae.data.generations import save_generation
    from geovae.models.coding import decode_images, decode_posterior
    from geovae.sampling.draw import draw
    from geovae.sampling.inputs import read_context

    if options.n < 1:
        raise GeovaeError(f"--n {options.n}: at least one sample is needed.")
    device = job.torch_device(options.device, options.threads)
    context = read_context(
        options.model,
        latents=options.latents,
        latents_validation=options.latents_validation,
        latents_test=options.latents_test,
        metric=options.metric,
        data=options.data if options.subset else None,
        subset=options.subset,
        matched=options.matched,
        device=device,
    )
    drawn = draw(options.sampler, context, options.n, options.key, **options.settings)
    if drawn.images is None:
        decode = decode_images if drawn.from_prior else decode_posterior
        images = decode(context.model, drawn.latents, batch_statistics=drawn.batch_statistics).numpy()
        latents = drawn.latents.numpy()
    else:
        images, latents = drawn.images, np.empty((options.n, 0), np.float32)
    if options.metric_seconds:
        drawn.diagnostics["seconds_metric"] = storage.load_json(options.metric_seconds, seconds=float)["seconds"]
    among_means = float(not drawn.from_prior or context.model.decodes_means)
    if epoch := storage.load_json(options.model / "model.json").get("diverged_epoch"):
        drawn.diagnostics["diverged_epoch"] = epoch
    diagnostics = {**drawn.diagnostics, "among_means": among_means}
    save_generation(options.output, images, latents, diagnostics)


if __name__ == "__main__":
    job.run(main, build_parser(), memory_keys="evaluation.n_samples")
