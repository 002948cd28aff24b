"""Random generators derived from a key, so that a job draws the same numbers wherever and whenever it runs."""

import hashlib


def seed_from(*parts: object) -> int:
    """A 63-bit seed from the parts of a key, e.g. `seed_from("digits/full/conv/vae/base/seed0", "train")`."""
    key = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 1


def torch_generator(*parts: object, device: str = "cpu"):
    """A `torch.Generator` on `device`, seeded from the parts of a key."""
    import torch

    return torch.Generator(device).manual_seed(seed_from(*parts))


def numpy_generator(*parts: object):
    """A `numpy.random.Generator` seeded from the parts of a key."""
    import numpy as np

    return np.random.default_rng(seed_from(*parts))


def small_seed(*parts: object) -> int:
    """A 32-bit seed for libraries that take no larger one (scikit-learn, kmedoids)."""
    return seed_from(*parts) & 0xFFFFFFFF
