"""Training speed of the VAE beside a bare loop; prints a Markdown table.

    python benchmarks/training_speed.py --threads 2 --width 1 --images 300 --rounds 3

The bare loop does nothing but forward, backward and step on float tensors that are in memory, with the same net,
precision, memory format and optimiser. Both are run in turn, round by round; the ratio is taken within a round, so that
the load of the machine falls on both. Images are random: their content has no influence on the speed.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

from geovae import job

BATCH = 100


def make_model(width: float):
    """A fresh VAE on Table 4's MNIST net."""
    from geovae.models import build_model

    description = {"model": "vae", "settings": {"beta": 0.01}, "net": "conv", "width": width}
    return build_model(description | {"latent_dim": 16, "image_shape": [1, 32, 32]}, seed=0)


def bare_loop(model, batches, precision: str, device) -> float:
    """Images a second of forward, backward and step."""
    import torch

    from geovae.precision import autocast_dtype

    model.to(device).train()
    model.autocast_dtype = autocast_dtype(precision, device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    generator = torch.Generator(device).manual_seed(0)
    start = time.perf_counter()
    for x in batches:
        optimizer.zero_grad(set_to_none=True)
        model.loss(x, generator).total.backward()
        optimizer.step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return sum(map(len, batches)) / (time.perf_counter() - start)


def training_loop(model, images, precision: str, device) -> float:
    """Images a second of the project's loop, an epoch long; the checkpoint after it is written but not timed."""
    from geovae.checkpoint import Checkpoint
    from geovae.training import train

    settings = {"epochs": 1, "batch_size": BATCH, "lr": 1e-3, "patience": 5, "key": "benchmark"}
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder) / "resume.safetensors", "benchmark")
        options = {"precision": precision, "device": device, "checkpoint": checkpoint}
        return train(model, images, images[:2], **settings, **options)[0]["images_per_second"]


def main(options) -> None:
    """Measure round by round and print the table."""
    import torch

    from geovae.images import to_unit

    device = job.torch_device(options.device, options.threads)
    images = torch.randint(0, 256, (options.images, 1, 32, 32), dtype=torch.uint8)
    batches = [to_unit(batch).to(device) for batch in images.split(BATCH)]
    print(f"{options.threads} threads, {device}, torch {torch.__version__}, width {options.width}\n")
    print("| precision | bare loop, images/s | training loop, images/s | ratio |\n|---|--:|--:|--:|")
    for precision in ("float32", "bfloat16"):
        bare_loop(make_model(options.width), batches[:1], precision, device)  # warm-up
        rounds = [
            (
                bare_loop(make_model(options.width), batches, precision, device),
                training_loop(make_model(options.width), images, precision, device),
            )
            for _ in range(options.rounds)
        ]
        bare, ours = (statistics.median(column) for column in zip(*rounds, strict=True))
        ratio = statistics.median(ours / bare for bare, ours in rounds)
        print(f"| {precision} | {bare:.1f} | {ours:.1f} | {ratio:.3f} |", flush=True)


if __name__ == "__main__":
    arguments = job.parser(__doc__)
    arguments.add_argument("--width", type=float, default=1.0, help="factor on the net's widths")
    arguments.add_argument("--images", type=int, default=300, help="images an epoch")
    arguments.add_argument("--rounds", type=int, default=3, help="rounds of both loops")
    arguments.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    job.run(main, arguments)
