"""How large everything in the check is: for a GPU, or for a rehearsal of every line in seconds on a CPU."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Sizes of the check's parts.

    Attributes:
        width, images: of the nets, and the images of the two epochs, that are compared with the CPU.
        n_points, n_steps: chains that are compared with the CPU, and their steps.
        feature_images: images whose features are compared.
        speed_width, speed_images: of the timed training.
        compiler: the backend of `torch.compile`.
        product_side: of the square matrices whose product is the measured peak.
        chains, chain_steps, centroids: of the timed sampler.
        timed_features: images whose features are timed, by backbone.
        table1_width, table1_epochs, table1_splits: of the rows of Table 1; the sizes of its splits.
        n_samples, longest_chain: images that a row is scored on; no chain of it has more steps.
        classifier_epochs: of the backbone behind the scores.
        models: those whose rows are built; None is all.
    """

    width: float
    images: int
    n_points: int
    n_steps: int
    feature_images: int
    speed_width: float
    speed_images: int
    compiler: str
    product_side: int
    chains: int
    chain_steps: int
    centroids: tuple[int, ...]
    timed_features: dict[str, int]
    table1_width: float
    table1_epochs: int
    table1_splits: dict[str, int]
    n_samples: int
    longest_chain: int
    classifier_epochs: int
    models: tuple[str, ...] | None = None


SCALES = {
    "full": Scale(
        width=0.25,
        images=300,
        n_points=200,
        n_steps=3,
        feature_images=100,
        speed_width=1.0,
        speed_images=10_000,
        compiler="inductor",
        product_side=8192,
        chains=10_000,
        chain_steps=100,
        centroids=(100, 1000),
        timed_features={"classifier": 50_000, "inception": 2_000},
        table1_width=1.0,
        table1_epochs=100,
        table1_splits={"train": 50_000, "validation": 10_000, "test": 10_000},
        n_samples=10_000,
        longest_chain=1000,
        classifier_epochs=20,
    ),
    "tiny": Scale(
        width=0.02,
        images=8,
        n_points=20,
        n_steps=2,
        feature_images=2,
        speed_width=0.02,
        speed_images=20,
        compiler="eager",
        product_side=64,
        chains=50,
        chain_steps=2,
        centroids=(10,),
        timed_features={"classifier": 20, "inception": 2},
        table1_width=0.02,
        table1_epochs=2,
        table1_splits={"train": 60, "validation": 30, "test": 40},
        n_samples=40,
        longest_chain=10,
        classifier_epochs=1,
        models=("vae", "rae"),
    ),
}
