"""Tables 4 and 5: what stands in their cells, what of it is the paper's, and their written forms."""

import csv
import re

import pytest
import torch

from geovae.augmentation.network import AugmentationClassifier
from helpers.net_checks import build_meta, count
from helpers.paths import PUBLISHED_TABLES
from reproduction.rendering.tables import table4, table5
from reproduction.rendering.tables.architectures import shape_text
from reproduction.rendering.writers.document import Document, Table
from reproduction.rendering.writers.latex import latex
from reproduction.rendering.writers.write import write_document

torch.set_num_threads(1)

TRANSCRIPT = PUBLISHED_TABLES


def transcript(table: str) -> list[list[str]]:
    """The rows of a table of the transcript, its head first."""
    section = TRANSCRIPT.read_text(encoding="utf-8").split(f"## Table {table}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|") and not line.startswith("|:")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def in_capitals(operations: tuple[str, ...]) -> str:
    return "; ".join(operations).upper().replace("; BN", "; BATCH NORMALIZATION")


def texts(table: Table, label: str, block: int = 0) -> list[str]:
    (row,) = [row for row in table.blocks[block].rows if row.label == label]
    return ["".join(span.text for span in cell.spans) for cell in row.cells]


@pytest.fixture(scope="module")
def fourth() -> Document:
    return table4.build(None, {})


@pytest.fixture(scope="module")
def fifth() -> Document:
    return table5.build(None, {})


# -- what the paper prints --------------------------------------------------------------------------------------------


def test_printed_layers_of_table_4_are_those_of_the_transcript():
    _, *lines = transcript("4")
    split = next(index for index, line in enumerate(lines) if line[0] == "DECODER")
    for index, column in enumerate(table4.COLUMNS, start=1):
        for part, rows in (("encoder", lines[1:split]), ("decoder", lines[split + 1 :])):
            printed = [row[index] for row in rows if row[index] != "-"]
            assert [in_capitals(operations) for operations in getattr(column, part)] == printed


def test_inputs_of_table_4_are_those_of_the_transcript(fourth):
    rows = {line[0]: line[1:] for line in transcript("4") if line[0] in ("ENCODER", "DECODER")}
    for block, part in enumerate(("ENCODER", "DECODER")):
        printed = [text.replace("1[3]", "1 [3]") for text in rows[part]]
        assert texts(fourth.tables[0], "Input", block) == printed


def test_printed_layers_of_table_5_are_those_of_the_transcript():
    _, shape, *lines = transcript("5")
    assert shape[1] == shape_text(table5.IMAGE_SHAPE)
    assert [in_capitals(operations) for operations in table5.PRINTED] == [line[1] for line in lines]
    assert [line[0] for line in lines] == [f"LAYER {number}" for number in range(1, 7)]


# -- Table 4 ----------------------------------------------------------------------------------------------------------


def noted(table: Table) -> dict[tuple[str, str, int], str]:
    """The notes of the cells, by column, part and layer."""
    return {
        (column.title, block.title.lower(), int(row.label.removeprefix("Layer "))): cell.note
        for block in table.blocks
        for row in block.rows
        for column, cell in zip(table.columns, row.cells, strict=True)
        if cell.note
    }


def test_the_nets_are_the_papers_but_for_five_layers_each_with_its_reason(fourth):
    notes = noted(fourth.tables[0])
    assert notes.keys() == table4.REASONS.keys()
    assert all(note.endswith(table4.REASONS[place]) for place, note in notes.items())
    assert notes["CelebA", "decoder", 5].startswith("The paper prints ConvT(3, (5, 5), stride=1), BN, Sigmoid. The rel")
    assert notes["OASIS", "encoder", 6].startswith("The paper prints Linear(4096, 16). The convolutions give")


def test_cells_of_table_4(fourth):
    layers = fourth.tables[0]
    assert [column.title for column in layers.columns] == ["MNIST [CIFAR10]", "SVHN", "CelebA", "OASIS"]
    assert [len(block.rows) for block in layers.blocks] == [7, 7]  # the input and six layers
    assert texts(layers, "Layer 1") == [
        "Conv(128, (4, 4), stride=2), BN, ReLU",
        "Linear(3072, 1000), ReLU",
        "Conv(128, (5, 5), stride=2), BN, ReLU",
        "Conv(64, (5, 5), stride=2), ReLU",
    ]
    assert texts(layers, "Layer 5")[0] == "Linear(4096, 16 [32])"
    assert texts(layers, "Layer 6") == ["–", "–", "–", "μ: Linear(16384, 16); log σ²: Linear(16384, 16), Tanh"]
    assert texts(layers, "Layer 4", 1) == [
        "ConvT(1 [3], (4, 4), stride=1), Sigmoid",
        "–",
        "ConvT(128, (5, 5), stride=2), BN, ReLU",
        "ConvT(128, (5, 5), stride=2), ReLU",
    ]


def test_sizes_of_table_4(fourth):
    sizes = fourth.tables[1]
    assert texts(sizes, "Layer 4")[:6] == ["(1024, 2, 2)", "1", "yes", "–", "–", "–"]
    assert texts(sizes, "Layer 4")[6:] == ["(1024, 4, 4)", "2", "yes", "(512, 12, 11)", "(1, 2)", "yes"]
    assert texts(sizes, "Layer 3", 1)[:3] == ["(256, 33, 33)", "1, output 1", "yes"]
    assert texts(sizes, "Layer 4", 1)[:3] == ["(1 [3], 32, 32)", "2", "no"]
    answers = [text for block in (0, 1) for n in range(1, 7) for text in texts(sizes, f"Layer {n}", block)[2::3]]
    printed = sum(len(column.encoder) + len(column.decoder) for column in table4.COLUMNS)
    assert (answers.count("yes"), answers.count("no")) == (printed - len(table4.REASONS), len(table4.REASONS))


def test_the_layers_hold_all_parameters_of_the_nets(fourth):
    for column in table4.COLUMNS:
        for shown in column.shown:
            nets = build_meta(shown.net, shown.image_shape, shown.latent_dim, 1.0)
            for part, net in zip(("encoder", "decoder"), nets, strict=True):
                rows = [dict(zip(fourth.csv_columns, row, strict=True)) for row in fourth.csv_rows]
                chosen = [row for row in rows if (row["dataset"], row["part"]) == (shown.dataset, part)]
                assert sum(row["n_parameters"] for row in chosen) == count(net)
                last = chosen[-1]["output"]
                assert last == shape_text((shown.latent_dim,) if part == "encoder" else shown.image_shape)


def test_a_printed_layer_that_a_net_lacks_and_one_that_it_adds_are_shown(monkeypatch):
    longer, shorter = table4.COLUMNS[1], table4.COLUMNS[2]
    changed = (
        longer._replace(encoder=(*longer.encoder, ("Linear(16, 7)", "ReLU"))),
        shorter._replace(title="Other", decoder=shorter.decoder[:4]),
    )
    monkeypatch.setattr(table4, "COLUMNS", changed)
    layers, sizes = table4.build(None, {}).tables
    notes = noted(layers)
    assert notes == {
        ("SVHN", "encoder", 4): "The paper prints Linear(16, 7), ReLU.",
        ("Other", "decoder", 5): "The paper prints no such layer.",
    }
    assert texts(layers, "Layer 4")[0] == "–"
    assert texts(sizes, "Layer 4")[:3] == ["–", "–", "no"]
    assert texts(sizes, "Layer 5", 1)[3:] == ["(3, 64, 64)", "1", "no"]


# -- Table 5 ----------------------------------------------------------------------------------------------------------


def test_cells_of_table_5(fifth):
    (table,) = fifth.tables
    assert texts(table, "Input")[0] == "(1, 208, 176)"
    first = "Conv(8, (3, 3), stride=1), BN, LeakyReLU, MaxPool(2, stride=2)"
    assert texts(table, "Layer 1") == [first, "(8, 103, 87)", "0", "yes"]
    assert texts(table, "Layer 4")[1] == "(64, 2, 2)"
    assert texts(table, "Layer 5") == ["Linear(256, 100), ReLU", "(100)", "–", "yes"]
    assert texts(table, "Layer 6") == ["Linear(100, 2)", "(2)", "–", "no"]
    (note,) = table.markers()
    assert note.startswith("The paper prints Linear(100, 2), Softmax. The softmax is part of the loss")


def test_the_classifiers_layers_hold_all_its_parameters(fifth):
    numbers = [dict(zip(fifth.csv_columns, row, strict=True))["n_parameters"] for row in fifth.csv_rows]
    assert sum(numbers) == count(AugmentationClassifier((1, 208, 176), 2, 1.0))


# -- written forms ----------------------------------------------------------------------------------------------------


def without_escapes(text: str) -> str:
    return re.sub(r"\\[%&#_{}$]", "", text)


@pytest.mark.parametrize("name", ["fourth", "fifth"])
def test_latex_is_well_formed(name, request):
    for table in request.getfixturevalue(name).tables:
        text = latex(table)
        assert text.isascii()
        bare = without_escapes(text)
        depth = 0
        for character in bare:
            depth += {"{": 1, "}": -1}.get(character, 0)
            assert depth >= 0
        assert depth == 0
        assert bare.count("$") % 2 == 0
        assert not set(bare) & set("#_~")
        begun, ended = (re.findall(rf"\\{word}{{(\w+)}}", text) for word in ("begin", "end"))
        assert begun == ["table", "adjustbox", "tabular", "minipage"]
        assert ended == ["tabular", "adjustbox", "minipage", "table"]
        rows = [line for line in bare.splitlines() if line.endswith(r"\\") and r"\multicolumn" not in line]
        assert len(rows) == len(table.rows) + 1
        assert {line.count("&") for line in rows} == {len(table.columns)}
        # After the end of a row, a bracket would be read as a length.
        assert not re.search(r"\\\\\s*\[", text)


def test_csv_has_a_row_for_each_layer_of_each_data_set(fourth, tmp_path):
    write_document(fourth, tmp_path, "table4")
    with (tmp_path / "table4.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    per_dataset = {"mnist": 10, "cifar10": 10, "svhn": 7, "celeba": 11, "oasis": 13}  # with both heads
    assert {name: sum(row["dataset"] == name for row in rows) for name in per_dataset} == per_dataset
    differing = [
        (row["dataset"], row["part"], row["layer"], row["name"]) for row in rows if row["as_printed"] != "True"
    ]
    assert differing == [
        ("cifar10", "encoder", "5", "mu"),
        ("cifar10", "encoder", "5", "log_var"),
        ("oasis", "encoder", "6", "mu"),
        ("oasis", "encoder", "6", "log_var"),
        ("mnist", "decoder", "4", "8"),
        ("cifar10", "decoder", "4", "8"),
        ("celeba", "decoder", "5", "11"),
        ("oasis", "decoder", "6", "10"),
    ]
