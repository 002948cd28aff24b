"""Generators from keys: one key, one stream."""

import torch

from geovae.core import seeding


def test_seeds_depend_on_every_part_and_on_their_borders():
    keys = [("a",), ("b",), ("a", "b"), ("ab",), ("a", 1), ("a", 2)]
    assert len({seeding.seed_from(*key) for key in keys}) == len(keys)
    assert all(0 <= seeding.seed_from(*key) < 2**63 for key in keys)
    assert all(0 <= seeding.small_seed(*key) < 2**32 for key in keys)


def test_generators_repeat_themselves():
    first, second = (torch.randn(4, generator=seeding.torch_generator("run", "train")) for _ in range(2))
    assert torch.equal(first, second)
    assert seeding.numpy_generator("x").integers(1 << 40) == seeding.numpy_generator("x").integers(1 << 40)
