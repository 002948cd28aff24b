"""Table 5: the classifier of the data augmentation task, read off the built module and held against the paper's."""

from collections.abc import Mapping

import torch

from geovae.augmentation.network import AugmentationClassifier
from reproduction.rendering.tables.architectures import (
    LAYER_COLUMNS,
    Layer,
    agrees,
    describe,
    read_printed,
    shape_text,
    tidy_layer,
)
from reproduction.rendering.writers.document import DASH, Block, Column, Document, Group, Row, Table, text_cell

NAME = "table5"
IMAGE_SHAPE = (1, 208, 176)
N_CLASSES = 2
CSV_COLUMNS = ("layer", *LAYER_COLUMNS)

PRINTED = read_printed("""
    Conv(8, (3, 3), stride=1) | BN | LeakyReLU | MaxPool(2, stride=2)
    Conv(16, (3, 3), stride=1) | BN | LeakyReLU | MaxPool(2, stride=2)
    Conv(32, (3, 3), stride=2) | BN | LeakyReLU | MaxPool(2, stride=2)
    Conv(64, (3, 3), stride=2) | BN | LeakyReLU | MaxPool(2, stride=2)
    Linear(256, 100) | ReLU
    Linear(100, 2) | Softmax
""")

# Why a layer is not the printed one, by its number.
REASONS = {
    6: "The softmax is part of the loss, the cross-entropy of the class scores; the predicted class is the same."
}


def build(scores: object, settings: Mapping) -> Document:
    """Table 5 from the module at full width.

    Args:
        scores, settings: not read; the paper's classifier is always the same.
    """
    with torch.device("meta"):
        classifier = AugmentationClassifier(IMAGE_SHAPE, N_CLASSES, 1.0)
    layers = describe(classifier, IMAGE_SHAPE, torch.uint8)
    rows = [Row("Input", (text_cell(shape_text(IMAGE_SHAPE)), *[text_cell(DASH)] * 3))]
    rows += [_row(layer, printed) for layer, printed in zip(layers, PRINTED, strict=True)]
    titles = ("OASIS classifier", "Output", "Padding", "As printed")
    columns = tuple(Column(title, left=True) for title in titles)
    footnotes = (
        "Read off the classifier that this project builds, at full width. BN is batch normalisation. Output: of a "
        "forward pass, (channels, height, width) or (units). The paper leaves out paddings; without any, the first "
        "linear layer reads the 64 × 2 × 2 = 256 numbers that it prints.",
    )
    caption = "The classifier of the data augmentation task (Appendix C.3)."
    table = Table(NAME, caption, "", (Group("", columns),), (Block("", tuple(rows)),), footnotes, number="Table 5")
    tidy = [(layer.number, *tidy_layer(layer, printed)) for layer, printed in zip(layers, PRINTED, strict=True)]
    return Document((table,), CSV_COLUMNS, tuple(tidy))


def _row(layer: Layer, printed: tuple[str, ...]) -> Row:
    note = ""
    if not agrees(layer, printed):
        note = f"The paper prints {', '.join(printed)}. {REASONS.get(layer.number, '')}".strip()
    cells = (
        text_cell(layer.text, note=note),
        text_cell(shape_text(layer.output)),
        text_cell(layer.padding or DASH),
        text_cell("no" if note else "yes"),
    )
    return Row(f"Layer {layer.number}", cells)
