"""Speed of scoring generations against one reference (FID and PRD), beside the peers' tools; prints Markdown tables.

    python benchmarks/evaluation_speed.py --threads 2

Both sides get the same images and the same Inception network, of random weights. The peers are `pytorch-fid`'s command
line, a process a generation on two folders of PNG files, and PRD written from its paper's definition in one process for
all folders, which takes the features of each once. This project's side is a process for the reference and one a
generation, as `extract_reference` and `score_samples` take and compare features. A few of the generations are measured,
in turn with the peers, and stand for all. The second table has the features of the default setting, the classifier's,
where the peers' procedure is theirs on that network.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

import measuring
from evaluation_parts import REFERENCE
from geovae.core.stopwatch import Stopwatch
from reproduction.runtime import job
from training_speed import product_speed

N_GENERATIONS = 13


def make_images(index: int, n: int):
    """Images of 32×32 pixels, uint8 (n, 3, 32, 32): coarse colours and fine noise, which grows with the index."""
    import numpy as np

    rng = np.random.default_rng(index)
    coarse = rng.normal(size=(n, 3, 8, 8)).repeat(4, axis=2).repeat(4, axis=3)
    return np.clip(128 + 40 * coarse + (5 + 2 * index) * rng.normal(size=(n, 3, 32, 32)), 0, 255).astype(np.uint8)


def write_images(folder: Path, index: int, n: int) -> None:
    """Write a set of images as one array and as a folder of PNG files."""
    import numpy as np
    from PIL import Image

    images = make_images(index, n)
    np.save(folder / f"{index}.npy", images)
    (folder / f"png{index}").mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image.transpose(1, 2, 0)).save(folder / f"png{index}" / f"{number:05d}.png")


def settle(network, inputs):
    """Set batch normalisation to what goes through a network of random weights, so that images differ up to the end."""
    import torch

    for module in network.train().modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.momentum = 1.0
    with torch.no_grad():
        network(inputs)
    return network.eval()


def write_inception(folder: Path) -> None:
    """Random weights, as the file that pytorch-fid would download into `folder`/hub and as a backbone of ours."""
    import torch

    from geovae.evaluation import inception
    from geovae.evaluation.resizing import pytorch_fid

    torch.manual_seed(0)
    network = inception.build_network()
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    settle(network, pytorch_fid(torch.from_numpy(make_images(REFERENCE, 16))))
    unused = {"fc.weight": torch.zeros(1008, inception.N_FEATURES), "fc.bias": torch.zeros(1008)}
    published = folder / "hub" / "checkpoints" / inception.WEIGHTS_FILE
    published.parent.mkdir(parents=True)
    torch.save(network.state_dict() | unused, published)
    inception.convert_weights(published, folder / "inception")


def write_classifier(folder: Path) -> None:
    """The classifier backbone at width 1, of random weights."""
    import torch

    from geovae.core import storage
    from geovae.evaluation.classifier import Classifier

    torch.manual_seed(0)
    shape = (3, 32, 32)
    model = settle(Classifier(shape, 10, 1.0), torch.from_numpy(make_images(REFERENCE, 200)))
    storage.save_weights(folder / "classifier" / "model.safetensors", model.state_dict())
    description = {"backbone": "classifier", "image_shape": list(shape), "n_classes": 10, "settings": {"width": 1.0}}
    storage.save_json(folder / "classifier" / "model.json", description, beside=["model.safetensors"])


# -- what is measured -----------------------------------------------------------------------------------------------


def environment(folder: Path, threads: int) -> dict[str, str]:
    """Of the processes: as many threads as this one, and weights from `folder`."""
    fixed = {"TORCH_HOME": str(folder), "PYTHONWARNINGS": "ignore"}
    return os.environ | dict.fromkeys(job.THREAD_VARIABLES, str(threads)) | fixed


def timed(command: list[str], folder: Path, threads: int) -> tuple[float, str]:
    """Seconds of a process, and the last line that it prints."""
    watch = Stopwatch()
    done = subprocess.run(command, capture_output=True, text=True, env=environment(folder, threads))
    if done.returncode:
        sys.exit(f"error: {' '.join(command)}:\n{done.stderr[-2000:]}")
    return watch.seconds(), done.stdout.splitlines()[-1]


def run_part(part: str, folder: Path, backbone: str, index: int, threads: int) -> dict:
    """What one of `evaluation_parts.PARTS` found in a process of its own, and the seconds of the whole process."""
    script = Path(__file__).with_name("evaluation_parts.py")
    command = [sys.executable, str(script), part, str(folder), backbone, str(index), "--threads", str(threads)]
    seconds, line = timed(command, folder, threads)
    return json.loads(line) | {"process": seconds}


def run_pytorch_fid(folder: Path, index: int, threads: int) -> dict:
    """The score and the seconds of pytorch-fid's command line."""
    command = [sys.executable, "-m", "pytorch_fid", str(folder / f"png{index}"), str(folder / f"png{REFERENCE}")]
    seconds, line = timed(command, folder, threads)
    return {"process": seconds, "scores": (float(line.removeprefix("FID:")),)}


def spread(reference: dict, generation: dict) -> dict[str, float]:
    """Seconds of all generations by what they go to, as this project does it."""
    rest = generation["process"] - generation["features"] - generation["prd"]
    return {
        "features": reference["features"] + N_GENERATIONS * generation["features"],
        "root": reference["process"] - reference["features"] + N_GENERATIONS * rest,
        "prd": N_GENERATIONS * generation["prd"],
    }


def spread_peers(fid: dict, prd: dict) -> dict[str, float]:
    """The same, as the peers do it: features of two sets a generation for the one, of each set once for the other."""
    of_set = statistics.mean(prd["features"])
    rest = prd["process"] - sum(prd["features"]) - sum(prd["prd"])
    return {
        "features": (N_GENERATIONS * 2 + N_GENERATIONS + 1) * of_set,
        "root": N_GENERATIONS * (fid["process"] - 2 * of_set) + rest,
        "prd": N_GENERATIONS * prd["prd"][0],
    }


def measure_inception(folder: Path, measured: int, threads: int) -> tuple[list, list, list]:
    """Seconds by part of ours and of the peers, a generation each, and both sides' scores."""
    reference = run_part("score_reference", folder, "inception", REFERENCE, threads)
    pairs = [
        (run_part("score_generation", folder, "inception", index, threads), run_pytorch_fid(folder, index, threads))
        for index in range(1, measured + 1)
    ]
    prd = run_part("peer_prd", folder, "inception", 1, threads)
    ours = [spread(reference, generation) for generation, _ in pairs]
    peers = [spread_peers(fid, prd) for _, fid in pairs]
    theirs = [fid["scores"] for _, fid in pairs]
    theirs[0] = (*theirs[0], *prd["scores"][0])
    return ours, peers, [(generation["scores"], other) for (generation, _), other in zip(pairs, theirs, strict=True)]


def measure_classifier(folder: Path, measured: int, threads: int) -> tuple[list, list, list]:
    """The same for the classifier's features."""
    reference = run_part("score_reference", folder, "classifier", REFERENCE, threads)
    nothing = {"features": 0.0, "process": 0.0}
    ours, peers, scores = [], [], []
    for index in range(1, measured + 1):
        generation = run_part("score_generation", folder, "classifier", index, threads)
        other = run_part("peer_generation", folder, "classifier", index, threads)
        ours.append(spread(reference, generation))
        peers.append(spread(nothing, other))
        scores.append((generation["scores"], other["scores"]))
    return ours, peers, scores


def report(n_images: int, ours: list, peers: list, scores: list) -> None:
    """Print the table of the parts, and how far the scores are apart."""
    names = {
        "features": "features",
        "root": "Fréchet distance, and start of processes",
        "prd": "PRD's clusterings and curves",
    }
    rows = []
    for name, text in (names | {"": "whole"}).items():
        both = [[part[name] if name else sum(part.values()) for part in side] for side in (ours, peers)]
        pair = measuring.Paired(*map(tuple, both))
        rows.append((text, *(f"{seconds:.1f}" for seconds in pair.seconds), pair.ratio_text()))
    title = f"seconds, {N_GENERATIONS} × {n_images} images"
    print(measuring.table((title, "geovae", "peers", "ratio"), rows))
    fid = max(abs(own[0] / other[0] - 1) for own, other in scores)
    own, other = scores[0]
    print(f"\nFID {own[0]:.9g} and {other[0]:.9g}, at most {fid:.1e} apart (relative); F₈ and F₁⸝₈ {own[1]:.6f} and")
    print(f"{own[2]:.6f}, the peers' {other[1]:.6f} and {other[2]:.6f}.")


def report_limits(folder: Path, n_images: int, ours: list, peers: list) -> None:
    """Print what the ratio would be with the reference's statistics saved, and how near the features are to a limit."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from evaluation_parts import plain_prd
    from geovae.evaluation.inception import build_network
    from geovae.evaluation.prd import prd_scores
    from geovae.evaluation.reference import load_reference

    saved = (N_GENERATIONS - 1) * peers[0]["features"] / (3 * N_GENERATIONS + 1)
    ratio = statistics.median(
        (sum(other.values()) - saved) / sum(own.values()) for own, other in zip(ours, peers, strict=True)
    )
    print(f"With the reference's statistics saved once for pytorch-fid, the ratio of the whole is {ratio:.1f}.")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        build_network()(torch.zeros(1, 3, 299, 299))
    speed = (N_GENERATIONS + 1) * n_images / statistics.median(part["features"] for part in ours)
    limit = product_speed("float32", torch.device("cpu"), 5) / counter.get_total_flops()
    print(f"Features: {speed:.1f} images/s, {speed / limit:.0%} of what a product of matrices allows ({limit:.1f}).")
    features = load_reference(folder / "inception.npz", "pytorch_fid").features
    halves = features[: n_images // 2], features[n_images // 2 : 2 * (n_images // 2)]
    apart = max(abs(a - b) for a, b in zip(prd_scores(*halves, 0), plain_prd(*halves, 0), strict=True))
    print(f"On the same features, PRD is {apart:.1e} apart.\n", flush=True)


def quick(threads: int) -> dict[str, float]:
    """Ratios of the parts that make most of the whole; higher is better."""
    device = job.torch_device("cpu", threads)
    import numpy as np
    import torch

    from evaluation_parts import plain_prd
    from geovae.evaluation.features import load_backbone
    from geovae.evaluation.prd import prd_scores

    with tempfile.TemporaryDirectory() as name:
        write_inception(Path(name))
        backbone = load_backbone(Path(name) / "inception", device, "pytorch_fid")
        network = pytorch_fid_network(Path(name))
    images = make_images(1, 16)
    batch = torch.from_numpy(images).float() / 255
    features = measuring.paired(lambda: backbone.features(images), lambda: network(batch), 3)
    a, b = np.random.default_rng(0).normal(size=(2, 500, 64)).astype(np.float32)
    prd = measuring.paired(lambda: prd_scores(a, b, 0), lambda: plain_prd(a, b, 0), 3)
    return {
        "evaluation: Inception's features, pytorch-fid / ours": features.ratio,
        "evaluation: PRD of 500 images, plain / ours": prd.ratio,
    }


def pytorch_fid_network(folder: Path):
    """Pytorch-fid's network, without gradients, with the weights that `write_inception` has left."""
    import torch
    from pytorch_fid.inception import InceptionV3

    found = torch.hub.get_dir()
    torch.hub.set_dir(folder / "hub")
    try:
        return InceptionV3([InceptionV3.BLOCK_INDEX_BY_DIM[2048]], requires_grad=False).eval()
    finally:
        torch.hub.set_dir(found)


def main(options) -> None:
    """Measure and print."""
    job.torch_device("cpu", options.threads)
    print(measuring.circumstances(options.threads, "torch", "pytorch-fid", "scikit-learn"))
    print(f"{options.measured} of {N_GENERATIONS} generations are measured and stand for all.\n", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inception(folder)
        for index in range(options.measured + 1):
            write_images(folder, index, options.images)
        ours, peers, scores = measure_inception(folder, options.measured, options.threads)
        print("Features of Inception:\n")
        report(options.images, ours, peers, scores)
        report_limits(folder, options.images, ours, peers)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_classifier(folder)
        for index in range(options.measured + 1):
            write_images(folder, index, options.classifier_images)
        print("Features of the classifier:\n")
        report(options.classifier_images, *measure_classifier(folder, options.measured, options.threads))


if __name__ == "__main__":
    arguments = job.parser(__doc__)
    arguments.add_argument("--images", type=int, default=400, help="images a set, for Inception")
    arguments.add_argument("--classifier-images", type=int, default=500, help="images a set, for the classifier")
    arguments.add_argument("--measured", type=int, default=2, help="generations that are measured")
    job.run(main, arguments)
