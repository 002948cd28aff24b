"""The paper's numbers: each cell of a transcript of its tables is there once, and nothing else is."""

import re
from collections import Counter

import pytest

from helpers.paths import PUBLISHED_TABLES
from reproduction import published
from reproduction.published import NUMBERS, PAPER_DATASETS, best, has_row, lookup, normal_label, rows, rows_by_net

TRANSCRIPT = PUBLISHED_TABLES
METRICS = ("fid", "prd_f8", "prd_f1_8")
DATASETS = {"MNIST": "mnist", "SVHN": "svhn", "CIFAR 10": "cifar10", "CELEBA": "celeba"}
NETS = {"CNN": "conv", "RESNET": "resnet", "SIMILAR TO [11]": "infogan", "SIMILAR TO [56]": "wae"}
SAMPLERS = {
    "PRIOR": "prior",
    "OURS": "manifold",
    "RECON.": "reconstruction_test",
    "1st STAGE": "prior",
    "2nd STAGE": "two_stage",
}


def transcript(table: str) -> tuple[list[str], list[list[str]]]:
    """The head and the rows of a table of the transcript."""
    section = TRANSCRIPT.read_text(encoding="utf-8").split(f"## Table {table}\n")[1].split("\n## ")[0]
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("|")]
    return lines[0], lines[2:]


def cells(table: str) -> list[tuple[str, str, str]]:
    """Row label, column title and text of every cell; what other columns say of a row leads its label."""
    head, lines = transcript(table)
    n_labels = {"6": 2, "7": 2}.get(table, 1)
    return [
        (" & ".join(line[:n_labels]), title, text)
        for line in lines
        for title, text in zip(head[n_labels:], line[n_labels:], strict=True)
    ]


def expected_of_table1():
    for row, title, text in cells("1"):
        dataset, metric = re.fullmatch(r"(.+) \(\d+\) (FID|PRD) [↓↑]", title).groups()
        texts = text.split("/")
        for name, number in zip(METRICS[:1] if metric == "FID" else METRICS[1:], texts, strict=True):
            yield row, DATASETS[dataset], name, number, "", "", "", ""


def expected_of_table2():
    for row, title, text in cells("2"):
        metric, _, label = title.partition(" ") if title != "Balanced Accuracy" else ("balanced_accuracy", "", "")
        number, std = text.split(" ± ")
        yield row, "oasis", metric.lower(), number, std, "", "", label


def expected_of_table3():
    for row, title, text in cells("3"):
        dataset, net = title.split()
        yield row, DATASETS[dataset], "fid", text, "", NETS[net], "", ""


def expected_of_table6():
    for row, title, text in cells("6"):
        model, sampler = row.split(" & ")
        yield model, DATASETS[title], "fid", text, "", "", SAMPLERS[sampler], ""


def expected_of_table7():
    for row, title, text in cells("7"):
        dataset, net = row.split(" & ")
        yield net, DATASETS[dataset], "fid", text, "", NETS[net], SAMPLERS[title], ""


EXPECTED = {
    "table1": expected_of_table1,
    "table2": expected_of_table2,
    "table3": expected_of_table3,
    "table6": expected_of_table6,
    "table7": expected_of_table7,
}
SIZES = {"table1": 13 * 12, "table2": 15 * 7, "table3": 11 * 4, "table6": 4 * 2 * 2, "table7": 3 * 4}


@pytest.mark.parametrize("table", EXPECTED)
def test_every_cell_of_the_transcript_is_there_once_and_no_other(table):
    found = Counter((normal_label(n.row), *n[2:]) for n in NUMBERS if n.table == table)
    expected = Counter((normal_label(row), *rest) for row, *rest in EXPECTED[table]())
    assert found == expected
    assert found.total() == len(found) == SIZES[table]


def test_of_the_figures_the_third_alone_prints_numbers():
    assert {number.table for number in NUMBERS} == {*EXPECTED, "figure3"}
    printed = {(n.dataset, n.metric, n.text) for n in NUMBERS if n.table == "figure3"}
    assert printed == {("mnist", "fid", "11.27"), ("celeba", "fid", "30.12")}


@pytest.mark.parametrize("table", EXPECTED)
def test_rows_are_in_the_papers_order(table):
    order = dict.fromkeys(normal_label(row) for row, *_ in EXPECTED[table]())
    assert [normal_label(row) for row in rows(table)] == list(order)
    assert len(rows(table)) == len(order)


def test_values_are_in_range_and_printed_with_the_tables_decimals():
    for number in NUMBERS:
        low, high = {"fid": (5.0, 300.0), "prd_f8": (0.0, 1.0), "prd_f1_8": (0.0, 1.0)}.get(number.metric, (0.0, 100.0))
        assert low <= number.value <= high, number
        decimals = 2 if number.table in ("table1", "figure3") else 1
        assert len(number.text.split(".")[1]) == decimals, number
        assert (number.std is not None) == (number.table == "table2"), number


def test_balanced_accuracies_are_means_of_recalls_but_for_one_that_the_paper_prints_otherwise():
    differences = {}
    for row in rows("table2"):
        recalls = [lookup("table2", row, "oasis", "recall", label=label).value for label in ("AD", "CN")]
        differences[row] = lookup("table2", row, "oasis", "balanced_accuracy").value - sum(recalls) / 2
    assert differences.pop("Original*") == pytest.approx(0.5)  # 66.2, of recalls 35.7 and 95.7
    assert all(abs(difference) < 0.1 for difference in differences.values())  # rounding


def test_numbers_of_two_tables_agree_but_for_those_that_the_paper_prints_otherwise():
    pairs = [(row, row) for row in ("AE - N(0,1)", "WAE", "VAE - N(0,1)", "VAMP", "AE - GMM", "VAE - GMM")]
    pairs += [("RAE-GP", "RAE (GP)"), ("RAE-L2", "RAE (L2)"), ("Ours", "VAE - Ours")]
    differing = {
        (searched, dataset)
        for searched, usual in pairs
        for dataset in ("mnist", "celeba")
        if abs(
            lookup("table3", searched, dataset, "fid", net="conv").value - lookup("table1", usual, dataset, "fid").value
        )
        > 0.051
    }
    assert differing == {("WAE", "mnist"), ("RAE-L2", "mnist"), ("RAE-GP", "celeba"), ("VAMP", "celeba")}


@pytest.mark.parametrize(
    ("position", "more", "printed"),
    [
        (("table1", "AE - N(0,1)", "mnist", "prd_f1_8"), {}, ("0.77", None)),
        (("table1", "AE - N(0,1)", "cifar10", "fid"), {}, ("196.50", None)),
        (("table1", "VAMP", "celeba", "prd_f8"), {}, ("0.09", None)),
        (("table2", "VAE - Ours", "oasis", "balanced_accuracy"), {}, ("85.4", 2.5)),
        (("table2", "VAE - Ours", "oasis", "recall"), {"label": "AD"}, ("90.4", 5.6)),
        (("table2", "AE - N", "oasis", "recall"), {"label": "CN"}, ("100.0", 0.0)),
        (("table2", "Original", "oasis", "f1"), {"label": "CN"}, ("87.3", 2.0)),
        (("table3", "Ours", "mnist", "fid"), {"net": "resnet"}, ("10.7", None)),
        (("table3", "VAE-NF", "celeba", "fid"), {"net": "conv"}, ("55.4", None)),
        (("table6", "IWAE", "mnist", "fid"), {"sampler": "manifold"}, ("33.8", None)),
        (("table6", "VAEGAN", "celeba", "fid"), {"sampler": "prior"}, ("39.7", None)),
        (("table7", "Similar to [11]", "mnist", "fid"), {"sampler": "two_stage"}, ("12.9", None)),
        (("table7", "Similar to [56]", "celeba", "fid"), {"net": "wae", "sampler": "prior"}, ("70.8", None)),
    ],
)
def test_numbers_checked_by_hand(position, more, printed):
    number = lookup(*position, **more)
    assert (number.text, number.std) == printed


def test_best_is_the_lowest_fid_and_the_highest_of_all_else():
    assert [best("table1", dataset, "fid") for dataset in PAPER_DATASETS] == [8.53, 46.99, 93.53, 48.71]
    assert best("table1", "mnist", "prd_f1_8") == 0.98
    assert best("table1", "celeba", "prd_f8") == 0.57  # WAE, not ours
    assert best("table2", "oasis", "balanced_accuracy") == 85.4
    assert best("table2", "oasis", "f1", label="CN") == 88.0  # the resampled data, not ours
    assert [best("table3", "mnist", "fid", net=net) for net in ("conv", "resnet")] == [8.5, 10.7]
    assert best("table6", "mnist", "fid", sampler="prior") == 8.7
    with pytest.raises(ValueError, match="table1 has no column digits fid"):
        best("table1", "digits", "fid")
    with pytest.raises(ValueError, match="table6 has no column mnist fid"):
        best("table6", "mnist", "fid", net="conv")


@pytest.mark.parametrize("label", ["VAE - N(0, 1)", "vae–N(0, I)", r"VAE - $\mathcal{N}(0, I_d)$", "VAE - 𝒩(0, 1)"])
def test_a_label_is_found_however_it_is_set(label):
    assert lookup("table1", label, "mnist", "fid").value == 40.70


def test_what_the_paper_does_not_print_is_not_found():
    assert lookup("table1", "VAE - Ours", "digits", "fid") is None
    assert lookup("table1", "VAE - Ours, released", "mnist", "fid") is None
    assert lookup("table3", "WAE", "mnist", "fid", net="mlp") is None
    assert lookup("table7", "Similar to [56]", "mnist", "fid", sampler="prior") is None
    assert not has_row("table1", "Real images")
    assert has_row("table1", "vae - ours")
    assert published.rows("table9") == []


def test_a_number_that_is_not_told_apart_is_refused():
    with pytest.raises(ValueError, match=r"'WAE': mnist conv fid, mnist resnet fid$"):
        lookup("table3", "WAE", "mnist", "fid")
    with pytest.raises(ValueError, match=r"'VAMP': mnist prior fid, mnist manifold fid$"):
        lookup("table6", "VAMP", "mnist", "fid")
    with pytest.raises(ValueError, match=r"'VAMP': oasis f1 AD, oasis f1 CN$"):
        lookup("table2", "VAMP", "oasis", "f1")


def test_a_column_has_a_name():
    assert lookup("table1", "WAE", "svhn", "prd_f8").column == "svhn prd_f8"
    assert lookup("table7", "Similar to [56]", "celeba", "fid", sampler="prior").column == "celeba wae prior fid"


def test_rows_by_net():
    assert rows_by_net("table7") == {"infogan": "Similar to [11]", "wae": "Similar to [56]"}
    assert rows_by_net("table6") == {}
