"""Training speed of the VAE on Table 4's MNIST net, beside pythae's trainer and a bare loop; prints a Markdown table.

    python benchmarks/training_speed.py --threads 2

Pythae's trainer gets the same modules, images and batches, and is left at its defaults otherwise, so it computes in
float32; once more it gets the modules in torch's own memory format, which its users' have. Counted are its steps alone,
from the start of an epoch's training to the end of the last step; of this project's loop those of `images_per_second`.
The bare loop does nothing but forward, backward and step on float tensors that are in memory, with the same net,
precision, memory format and optimiser. All run in turn, round by round. Images are random: their content has no
influence on the speed.
"""

import contextlib
import io
import logging
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

import measuring
from reproduction.runtime import job

BATCH, LATENT_DIM, IMAGE_SHAPE = 100, 16, (1, 32, 32)
PRODUCT_SIDE = 2048  # of the matrices whose product stands for what the machine can do
PEER, PEER_AS_USED = "pythae's trainer", "pythae's trainer, torch's memory format"


def make_model(width: float, net: str = "conv"):
    """A fresh VAE."""
    from geovae.models.files import build_model

    description = {"model": "vae", "settings": {"beta": 0.01}, "net": net, "width": width}
    return build_model(description | {"latent_dim": LATENT_DIM, "image_shape": list(IMAGE_SHAPE)}, seed=0)


def make_images(n: int):
    """Random images, uint8."""
    import torch

    return torch.randint(0, 256, (n, *IMAGE_SHAPE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def bare_loop(width: float, images, precision: str, device) -> float:
    """Images a second of forward, backward and step."""
    import torch

    from geovae.core.images import to_unit
    from geovae.training.precision import autocast_dtype

    model = make_model(width).to(device).train()
    model.autocast_dtype = autocast_dtype(precision, device, model)
    batches = [to_unit(batch).to(device) for batch in images.split(BATCH)]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    generator = torch.Generator(device).manual_seed(0)
    start = time.perf_counter()
    for x in batches:
        optimizer.zero_grad(set_to_none=True)
        model.loss(x, generator).total.backward()
        optimizer.step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return len(images) / (time.perf_counter() - start)


def training_loop(width: float, images, precision: str, device, net: str = "conv") -> float:
    """Images a second of this project's loop, an epoch long."""
    from geovae.training.loop import train

    settings = {"epochs": 1, "batch_size": BATCH, "lr": 1e-3, "patience": 5, "key": "benchmark"}
    row = train(make_model(width, net), images, images[:2], **settings, precision=precision, device=device)[0]
    return row["images_per_second"]


def pythae_model(width: float, as_used: bool, net: str = "conv"):
    """Pythae's VAE around the modules of `make_model`, `as_used` in torch's own memory format."""
    import torch
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    model = make_model(width, net)
    if as_used:
        model.to(memory_format=torch.contiguous_format)

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.net = model.encoder

        def forward(self, x):
            mu, log_var = self.net(x)
            return ModelOutput(embedding=mu, log_covariance=log_var)

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.net = model.decoder

        def forward(self, z):
            return ModelOutput(reconstruction=self.net(z))

    return VAE(VAEConfig(input_dim=IMAGE_SHAPE, latent_dim=LATENT_DIM), encoder=Encoder(), decoder=Decoder())


def pythae_trainer(width: float, images, device, as_used: bool, net: str = "conv") -> float:
    """Images a second of pythae's trainer, an epoch long."""
    import torch
    from pythae.data.datasets import BaseDataset
    from pythae.trainers import BaseTrainer, BaseTrainerConfig
    from pythae.trainers.training_callbacks import TrainingCallback

    from geovae.core.images import to_unit

    class Clock(TrainingCallback):
        start = end = 0.0

        def on_train_step_begin(self, *_, **__):
            self.start = time.perf_counter()

        def on_train_step_end(self, *_, **__):
            self.end = time.perf_counter()

    clock = Clock()
    dataset = BaseDataset(to_unit(images), torch.zeros(len(images)))
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        settings = {"output_dir": folder, "num_epochs": 1, "per_device_train_batch_size": BATCH}
        config = BaseTrainerConfig(**settings, learning_rate=1e-3, no_cuda=device.type == "cpu")
        BaseTrainer(pythae_model(width, as_used, net), dataset, training_config=config, callbacks=[clock]).train()
    return len(images) / (clock.end - clock.start)


def procedures(width: float, images, device, precisions: tuple[str, ...], as_used: bool) -> dict:
    """What is measured, by name: functions that give images per second."""
    logging.disable(logging.INFO)  # pythae's
    found = {(PEER, "float32"): lambda: pythae_trainer(width, images, device, False)}
    if as_used:
        found[PEER_AS_USED, "float32"] = lambda: pythae_trainer(width, images, device, True)
    for precision in precisions:
        for name, loop in (("bare loop", bare_loop), ("geovae.training.loop", training_loop)):
            found[name, precision] = lambda loop=loop, precision=precision: loop(width, images, precision, device)
    return found


def measure(width: float, n_images: int, rounds: int, device, precisions: tuple[str, ...], as_used: bool) -> dict:
    """Images a second of all procedures, round by round; the first round, on one batch, is not counted."""
    for function in procedures(width, make_images(BATCH), device, precisions, as_used).values():
        function()
    todo = procedures(width, make_images(n_images), device, precisions, as_used)
    found = {name: [] for name in todo}
    for _ in range(rounds):
        for name, function in todo.items():
            found[name].append(function())
    return found


def compare(ours: list[float], other: list[float]) -> measuring.Paired:
    """Two lists of images per second as a comparison of seconds."""
    return measuring.Paired(tuple(1 / speed for speed in ours), tuple(1 / speed for speed in other))


def flops_per_image(width: float) -> float:
    """Floating-point operations of a forward and backward pass."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from geovae.core.images import to_unit

    model, x = make_model(width), to_unit(make_images(2))
    with FlopCounterMode(display=False) as counter:
        model.loss(x, torch.Generator().manual_seed(0)).total.backward()
    return counter.get_total_flops() / len(x)


def product_speed(precision: str, device, rounds: int) -> float:
    """Floating-point operations a second of a product of two large matrices.

    It is written as a convolution of one pixel, as the libraries that nets run on are not always those of `@`.
    """
    import torch

    dtype = getattr(torch, precision)
    pixels = torch.rand(1, PRODUCT_SIDE, PRODUCT_SIDE, 1, dtype=dtype, device=device)
    pixels = pixels.contiguous(memory_format=torch.channels_last)
    kernels = torch.rand(PRODUCT_SIDE, PRODUCT_SIDE, 1, 1, dtype=dtype, device=device)

    def products() -> None:
        for _ in range(5):
            torch.nn.functional.conv2d(pixels, kernels)
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    products()
    return 5 * 2 * PRODUCT_SIDE**3 / statistics.median(measuring.seconds(products) for _ in range(rounds))


def require_pythae() -> None:
    """End with a clear message where the peer is not installed."""
    import importlib.util

    if importlib.util.find_spec("pythae") is None:
        sys.exit("error: pythae is not installed here. Run `make benchmarks/.venv/.ready`, then use its Python.")


def quick(threads: int) -> dict[str, float]:
    """A few ratios at a quarter of the width; higher is better."""
    require_pythae()
    device = job.torch_device("cpu", threads)
    speeds = measure(0.25, 600, 3, device, ("auto",), as_used=False)
    ours = speeds["geovae.training.loop", "auto"]
    return {
        "training, width 1/4: ours / pythae": compare(ours, speeds[PEER, "float32"]).ratio,
        "training, width 1/4: training loop / bare loop": compare(ours, speeds["bare loop", "auto"]).ratio,
    }


def main(options) -> None:
    """Measure round by round and print the table."""
    require_pythae()
    device = job.torch_device(options.device, options.threads)
    from geovae.training.precision import autocast_dtype

    auto = "float32" if autocast_dtype("auto", device, make_model(options.width)) is None else "bfloat16"
    precisions = tuple(dict.fromkeys((auto, "float32")))
    print(measuring.circumstances(options.threads, "torch", "pythae"))
    print(f"Width {options.width:g}, batches of {BATCH}, {options.images} images per epoch, {options.rounds} rounds,")
    print(f"{device}; precision `auto` is {auto} here.\n", flush=True)
    speeds = measure(options.width, options.images, options.rounds, device, precisions, as_used=True)
    flops = flops_per_image(options.width)
    limits = {precision: product_speed(precision, device, 5) for precision in precisions}
    rows = []
    for (name, precision), speed in speeds.items():
        median = statistics.median(speed)
        versus_peer = compare(speed, speeds[PEER, "float32"]).ratio_text(2)
        versus_bare = compare(speed, speeds["bare loop", precision]).ratio_text(3)
        share = f"{median * flops / limits[precision]:.0%}"
        rows.append((f"{name}, {precision}", f"{median:.1f}", versus_peer, versus_bare, share))
    print(measuring.table(("", "images/s", "× pythae", "× bare loop", "of the matrix product"), rows))
    speed_text = ", ".join(f"{limit / 1e9:,.0f} GFLOP/s in {precision}" for precision, limit in limits.items())
    print(f"\nA product of {PRODUCT_SIDE:,}×{PRODUCT_SIDE:,} matrices: {speed_text}; {flops / 1e9:.2f} GFLOP an image.")


if __name__ == "__main__":
    arguments = job.parser(__doc__)
    arguments.add_argument("--width", type=float, default=1.0, help="factor on the net's widths")
    arguments.add_argument("--images", type=int, default=300, help="images per epoch")
    arguments.add_argument("--rounds", type=int, default=3, help="rounds of all loops")
    arguments.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    job.run(main, arguments)
