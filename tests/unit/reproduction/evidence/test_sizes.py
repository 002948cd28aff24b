"""What a page says of the same rows at another size: the order, and which rows turned."""

import pytest

from helpers.evidence_records import write_record
from reproduction.evidence.builds import BUILDS
from reproduction.evidence.record import read_record
from reproduction.evidence.sizes import HEAD, size_lines

NAMED = {build.name: build for build in BUILDS}
LONG, MNIST, WIDE = (NAMED[name] for name in ("mnist_long", "mnist", "mnist_wide"))


def fid(**beside):
    """The paper's sampler at 10, all others at 20 but where `beside` says else by the training."""
    usual = {"manifold": lambda seed: 0.0}
    return lambda generation: 10.0 + (usual | beside).get(generation.sampler, lambda seed: 10.0)(generation.run.seed)


@pytest.fixture
def own(tmp_path):
    """The prior is told apart at +5, noise is not, and all others lie at +10 without any spread."""
    beside = {"prior": lambda seed: 5.0 + 0.1 * seed, "jitter": lambda seed: (-1.0) ** seed}
    return read_record(write_record(tmp_path / "mnist", fid(**beside)))


def row(lines, label):
    (found,) = (line for line in lines if line.startswith(f"| {label} |"))
    return [cell.strip() for cell in found.split("|")[2:-1]]


def test_a_row_has_turned_where_it_is_told_apart_here_and_lies_on_the_other_side_there(own, tmp_path):
    turned = fid(prior=lambda seed: -2.0, jitter=lambda seed: -3.0)
    records = {MNIST: own, LONG: read_record(write_record(tmp_path / "long", turned, (0,))), WIDE: None}
    lines = size_lines(MNIST, records)
    assert row(lines, "row") == ["FID − ours (95 % interval)", "twice the epochs"]
    assert row(lines, "VAE - N(0, 1)") == ["5.10 (4.85 to 5.35)", "−2.00, turned"]
    assert row(lines, "Means + matched noise")[1] == "−3.00"  # not told apart from ours at either side
    assert row(lines, "VAE - GMM")[1] == "10.00"
    counted = next(line for line in lines if "Rows that turned" in line)
    n_rows = sum(line.startswith("| ") for line in lines) - 1
    assert counted.endswith(f"Rows that turned, of those told apart: 1 of {n_rows - 1} at twice the epochs.")
    assert "- [MNIST, full width](../mnist_wide/README.md): not built yet." in lines


def test_a_build_of_one_size_says_nothing_of_others(own):
    assert size_lines(LONG, {LONG: own}) == []
    unbuilt = size_lines(MNIST, {MNIST: own})
    assert unbuilt[0] == HEAD
    assert not any(line.startswith("|") for line in unbuilt)
