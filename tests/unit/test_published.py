"""The paper's numbers: all there, plausible, and those checked by hand."""

import pytest

from geovae import published
from geovae.published import NUMBERS, PAPER_DATASETS, best, has_row, lookup, rows

METRICS = ("fid", "prd_f8", "prd_f1_8")


def test_table1_is_complete():
    numbers = [n for n in NUMBERS if n.table == "table1"]
    assert len(rows("table1")) == 13
    positions = {(n.row, n.dataset, n.metric) for n in numbers}
    assert positions == {(row, d, m) for row in rows("table1") for d in PAPER_DATASETS for m in METRICS}
    assert len(numbers) == len(positions) == 13 * 4 * 3


def test_rows_are_in_the_papers_order():
    assert rows("table1")[0] == "AE - N(0,1)"
    assert rows("table1")[1:6] == ["WAE", "VAE - N(0,1)", "VAMP", "HVAE", "RHVAE"]
    assert rows("table1")[6:] == [
        "AE - GMM", "RAE (GP)", "RAE (L2)", "RAE (SN)", "RAE", "VAE - GMM", "VAE - Ours",
    ]  # fmt: skip


def test_values_are_in_range_and_printed_with_two_decimals():
    for number in NUMBERS:
        low, high = (5.0, 250.0) if number.metric == "fid" else (0.0, 1.0)
        assert low < number.value < high, number
        assert len(number.text.split(".")[1]) == 2, number


@pytest.mark.parametrize(
    ("row", "dataset", "printed"),
    [
        ("AE - N(0,1)", "mnist", ("46.41", "0.86", "0.77")),
        ("AE - N(0,1)", "cifar10", ("196.50", "0.05", "0.17")),
        ("RHVAE", "mnist", ("36.51", "0.73", "0.28")),
        ("WAE", "celeba", ("54.56", "0.57", "0.55")),
        ("VAMP", "celeba", ("73.87", "0.09", "0.10")),
        ("HVAE", "svhn", ("98.05", "0.64", "0.68")),
        ("RAE (SN)", "svhn", ("95.64", "0.53", "0.63")),
        ("RAE (GP)", "celeba", ("59.41", "0.28", "0.49")),
        ("VAE - GMM", "mnist", ("13.13", "0.95", "0.92")),
        ("VAE - Ours", "mnist", ("8.53", "0.98", "0.97")),
        ("VAE - Ours", "svhn", ("46.99", "0.84", "0.85")),
        ("VAE - Ours", "cifar10", ("93.53", "0.71", "0.68")),
        ("VAE - Ours", "celeba", ("48.71", "0.44", "0.62")),
    ],
)
def test_values_checked_by_hand(row, dataset, printed):
    assert tuple(lookup("table1", row, dataset, metric).text for metric in METRICS) == printed


def test_best_is_the_lowest_fid_and_the_highest_prd():
    assert [best("table1", dataset, "fid") for dataset in PAPER_DATASETS] == [8.53, 46.99, 93.53, 48.71]
    assert best("table1", "mnist", "prd_f1_8") == 0.98
    assert best("table1", "celeba", "prd_f8") == 0.57  # WAE, not ours
    with pytest.raises(ValueError, match="no column digits fid"):
        best("table1", "digits", "fid")


@pytest.mark.parametrize("label", ["VAE - N(0, 1)", "vae–N(0, I)", r"VAE - $\mathcal{N}(0, I_d)$", "VAE - 𝒩(0, 1)"])
def test_a_label_is_found_however_it_is_set(label):
    assert lookup("table1", label, "mnist", "fid").value == 40.70


def test_what_the_paper_does_not_print_is_not_found():
    assert lookup("table1", "VAE - Ours", "digits", "fid") is None
    assert lookup("table1", "VAE - Ours, released", "mnist", "fid") is None
    assert not has_row("table1", "Real images")
    assert has_row("table1", "vae - ours")
    assert lookup("table1", "WAE", "svhn", "prd_f8").column == "svhn prd_f8"
    assert published.rows("table9") == []
