"""What the processes do that `evaluation_speed` measures: one of `PARTS` each, whose findings are printed as JSON.

    python benchmarks/evaluation_parts.py score_generation FOLDER inception 1 --threads 2

The folder holds the images of each index as `INDEX.npy` and as PNG files in `pngINDEX`, and backbones by name.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

from geovae.core.stopwatch import Stopwatch
from reproduction.runtime import job

N_CLUSTERS, N_RUNS, N_ANGLES = 20, 10, 1001
RESIZE = {"inception": "pytorch_fid", "classifier": None}
REFERENCE = 0  # the index of the reference's images; generations have those from 1


# -- this project's side ----------------------------------------------------------------------------------------------


def features_of(folder: Path, backbone: str, images, threads: int) -> tuple:
    """Features of images by a backbone of this project, and the seconds they take once it is loaded."""
    from geovae.evaluation.features import load_backbone

    loaded = load_backbone(folder / backbone, job.torch_device("cpu", threads), RESIZE[backbone])
    watch = Stopwatch()
    return loaded.features(images), watch.seconds()


def score_reference(folder: Path, backbone: str, index: int, threads: int) -> dict:
    """Take and write the reference's features and statistics."""
    import numpy as np

    from geovae.evaluation.reference import save_reference
    from geovae.evaluation.sharpness import laplacian_variances

    images = np.load(folder / f"{index}.npy")
    features, seconds = features_of(folder, backbone, images, threads)
    save_reference(folder / f"{backbone}.npz", features, laplacian_variances(images), RESIZE[backbone])
    return {"features": seconds}


def score_generation(folder: Path, backbone: str, index: int, threads: int) -> dict:
    """Take a generation's features and compare them with the reference's."""
    import numpy as np
    import sklearn.cluster  # noqa: F401  (part of the start)

    from geovae.evaluation.fid import frechet_distance, statistics
    from geovae.evaluation.prd import prd_scores
    from geovae.evaluation.reference import load_reference

    features, seconds = features_of(folder, backbone, np.load(folder / f"{index}.npy"), threads)
    reference = load_reference(folder / f"{backbone}.npz", RESIZE[backbone])
    fid = frechet_distance(statistics(features), reference.statistics)
    watch = Stopwatch()
    prd = prd_scores(features, reference.features, index, N_CLUSTERS, N_RUNS)
    return {"features": seconds, "prd": watch.seconds(), "scores": (fid, *prd)}


# -- the peers' side --------------------------------------------------------------------------------------------------


def plain_prd(generated, reference, seed: int) -> tuple[float, float]:
    """F₈ and F₁⸝₈ as the paper of PRD defines them; the clusterings draw as this project's do."""
    import numpy as np
    from sklearn.cluster import MiniBatchKMeans

    from geovae.core.seeding import small_seed

    curves = np.zeros((2, N_ANGLES))
    for run in range(N_RUNS):
        seed_of_run = small_seed(seed, "prd", run)
        kmeans = MiniBatchKMeans(n_clusters=N_CLUSTERS, n_init=10, batch_size=100, random_state=seed_of_run)
        labels = kmeans.fit(np.vstack((generated, reference))).labels_
        edges = np.arange(N_CLUSTERS + 1)
        p = np.histogram(labels[len(generated) :], edges, density=True)[0]
        q = np.histogram(labels[: len(generated)], edges, density=True)[0]
        for column, angle in enumerate(np.linspace(1e-10, np.pi / 2 - 1e-10, N_ANGLES)):
            slope = np.tan(angle)
            precision = np.minimum(slope * p, q).sum()
            curves[:, column] += np.clip((precision, precision / slope), 0, 1) / N_RUNS
    precision, recall = curves
    f8, f1_8 = ((1 + b**2) * precision * recall / (b**2 * precision + recall + 1e-10) for b in (8, 1 / 8))
    return float(f8.max()), float(f1_8.max())


def peer_prd(folder: Path, backbone: str, index: int, threads: int) -> dict:
    """PRD of the generations up to `index`, whose features and the reference's come from pytorch-fid's network."""
    import numpy as np
    import sklearn.cluster  # noqa: F401  (part of the start)
    import torch
    from pytorch_fid.fid_score import get_activations
    from pytorch_fid.inception import InceptionV3

    torch.set_num_threads(threads)
    model = InceptionV3([InceptionV3.BLOCK_INDEX_BY_DIM[2048]])
    features, found = [], {"features": [], "prd": [], "scores": []}
    for number in range(index + 1):
        watch = Stopwatch()
        paths = sorted((folder / f"png{number}").glob("*.png"))
        features.append(get_activations(paths, model).astype(np.float32))
        found["features"].append(watch.seconds())
    for number in range(1, index + 1):
        watch = Stopwatch()
        found["scores"].append(plain_prd(features[number], features[REFERENCE], number))
        found["prd"].append(watch.seconds())
    return found


def peer_generation(folder: Path, backbone: str, index: int, threads: int) -> dict:
    """Both peers' procedures with a backbone of this project: features of both folders, square root, clusterings."""
    import numpy as np
    import sklearn.cluster  # noqa: F401  (part of the start)
    from PIL import Image
    from pytorch_fid.fid_score import calculate_frechet_distance

    features, seconds = [], 0.0
    for number in (index, REFERENCE):
        watch = Stopwatch()
        paths = sorted((folder / f"png{number}").glob("*.png"))
        images = np.stack([np.asarray(Image.open(path).convert("RGB")) for path in paths])
        images = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        seconds += watch.seconds()
        found = features_of(folder, backbone, images, threads)
        features.append(found[0])
        seconds += found[1]
    doubles = [rows.astype(np.float64) for rows in features]
    moments = [part for rows in doubles for part in (rows.mean(0), np.cov(rows, rowvar=False))]
    fid = float(calculate_frechet_distance(*moments))
    watch = Stopwatch()
    prd = plain_prd(*features, index)
    return {"features": seconds, "prd": watch.seconds(), "scores": (fid, *prd)}


PARTS = {function.__name__: function for function in (score_reference, score_generation, peer_prd, peer_generation)}


def main(options) -> None:
    """Do the part, and print what it found."""
    found = PARTS[options.part](Path(options.folder), options.backbone, options.index, options.threads)
    print(json.dumps(found))


if __name__ == "__main__":
    arguments = job.parser(__doc__.splitlines()[0])
    arguments.add_argument("part", choices=PARTS)
    arguments.add_argument("folder")
    arguments.add_argument("backbone", choices=RESIZE)
    arguments.add_argument("index", type=int)
    job.run(main, arguments)
