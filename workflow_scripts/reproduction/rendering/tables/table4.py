"""Table 4: the nets of encoders and decoders, read off the built modules and held against the paper's table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch

from geovae.nets.build import build_net
from reproduction.rendering.tables.architectures import (
    LAYER_COLUMNS,
    Layer,
    agrees,
    bracketed,
    describe,
    read_printed,
    shape_text,
    tidy_layer,
)
from reproduction.rendering.writers.document import DASH, Block, Cell, Column, Document, Group, Row, Table, text_cell

NAME = "table4"
CSV_COLUMNS = ("part", "layer", "dataset", "net", *LAYER_COLUMNS)
HEADS = {"mu": "μ", "log_var": "log σ²"}
NO_NORMALISATION = "The released code has no batch normalisation before the last sigmoid, and so have these nets."


class Shown(NamedTuple):
    """A data set in a column: its name, net, image shape and latent dimension."""

    dataset: str
    net: str
    image_shape: tuple[int, int, int]
    latent_dim: int

    def input_shape(self, part: str) -> tuple[int, ...]:
        """What the `encoder` or the `decoder` reads, without the batch."""
        return self.image_shape if part == "encoder" else (self.latent_dim,)


class Printed(NamedTuple):
    """A column of the paper's table: title, data sets (the second one in brackets), layers of encoder and decoder."""

    title: str
    shown: tuple[Shown, ...]
    encoder: tuple[tuple[str, ...], ...]
    decoder: tuple[tuple[str, ...], ...]


COLUMNS = (
    Printed(
        "MNIST [CIFAR10]",
        (Shown("mnist", "conv", (1, 32, 32), 16), Shown("cifar10", "conv", (3, 32, 32), 32)),
        read_printed("""
            Conv(128, (4, 4), stride=2) | BN | ReLU
            Conv(256, (4, 4), stride=2) | BN | ReLU
            Conv(512, (4, 4), stride=2) | BN | ReLU
            Conv(1024, (4, 4), stride=2) | BN | ReLU
            Linear(4096, 16)
        """),
        read_printed("""
            Linear(65536) | Reshape(1024, 8, 8)
            ConvT(512, (4, 4), stride=2) | BN | ReLU
            ConvT(256, (4, 4), stride=2) | BN | ReLU
            ConvT(3, (4, 4), stride=1) | BN | Sigmoid
        """),
    ),
    Printed(
        "SVHN",
        (Shown("svhn", "mlp", (3, 32, 32), 16),),
        read_printed("""
            Linear(1000) | ReLU
            Linear(500) | ReLU
            Linear(500, 16)
        """),
        read_printed("""
            Linear(500) | ReLU
            Linear(1000) | ReLU
            Linear(3072) | Reshape(3, 32, 32) | Sigmoid
        """),
    ),
    Printed(
        "CelebA",
        (Shown("celeba", "conv", (3, 64, 64), 64),),
        read_printed("""
            Conv(128, (5, 5), stride=2) | BN | ReLU
            Conv(256, (5, 5), stride=2) | BN | ReLU
            Conv(512, (5, 5), stride=2) | BN | ReLU
            Conv(1024, (5, 5), stride=2) | BN | ReLU
            Linear(16384, 64)
        """),
        read_printed("""
            Linear(65536) | Reshape(1024, 8, 8)
            ConvT(512, (5, 5), stride=2) | BN | ReLU
            ConvT(256, (5, 5), stride=2) | BN | ReLU
            ConvT(128, (5, 5), stride=2) | BN | ReLU
            ConvT(3, (5, 5), stride=1) | BN | Sigmoid
        """),
    ),
    Printed(
        "OASIS",
        (Shown("oasis", "conv", (1, 208, 176), 16),),
        read_printed("""
            Conv(64, (5, 5), stride=2) | ReLU
            Conv(128, (5, 5), stride=2) | ReLU
            Conv(256, (5, 5), stride=2) | ReLU
            Conv(512, (5, 5), stride=2) | ReLU
            Conv(1024, (5, 5), stride=2) | ReLU
            Linear(4096, 16)
        """),
        read_printed("""
            Linear(65536) | Reshape(1024, 8, 8)
            ConvT(512, (5, 5), stride=(3, 2)) | ReLU
            ConvT(256, (5, 5), stride=2) | ReLU
            ConvT(128, (5, 5), stride=2) | ReLU
            ConvT(64, (5, 5), stride=2) | ReLU
            ConvT(1, (5, 5), stride=1) | ReLU
        """),
    ),
)

# Why a layer is not the printed one, by column, part and number.
REASONS = {
    ("MNIST [CIFAR10]", "encoder", 5): "For CIFAR10 it is 32, as in the input of the paper's decoder.",
    ("MNIST [CIFAR10]", "decoder", 4): f"MNIST's images have one channel. {NO_NORMALISATION}",
    ("CelebA", "decoder", 5): NO_NORMALISATION,
    ("OASIS", "encoder", 6): (
        "The convolutions give 1024 × 4 × 4 = 16384 features. The released code has as many, and the tanh, of which "
        "the paper says nothing."
    ),
    ("OASIS", "decoder", 6): "A ReLU does not bound the images to [0, 1]; the released code has a sigmoid.",
}


class Place(NamedTuple):
    """A cell: for each data set of the column the layers of one number, and what the paper prints there.

    A data set's `layers` are empty where its net has no such layer, `printed` is empty where the paper has none.
    """

    column: Printed
    part: str
    number: int
    layers: tuple[tuple[Layer, ...], ...]
    printed: tuple[str, ...]

    @property
    def as_printed(self) -> bool:
        """Whether every data set's layers are the printed one."""
        return all(group and all(agrees(layer, self.printed) for layer in group) for group in self.layers)

    @property
    def note(self) -> str:
        """What the paper prints and why it is not so here; "" where it is."""
        if self.as_printed:
            return ""
        printed = ", ".join(self.printed) or "no such layer"
        return f"The paper prints {printed}. {REASONS.get((self.column.title, self.part, self.number), '')}".strip()


def build(scores: object, settings: Mapping) -> Document:
    """Table 4 from the modules at full width, and a second table of the sizes and paddings that it leaves out.

    Args:
        scores, settings: not read; the nets of the paper's table are always the same.
    """
    columns = {part: [_places(column, part) for column in COLUMNS] for part in ("encoder", "decoder")}
    return Document((_layers_table(columns), _sizes_table(columns)), CSV_COLUMNS, tuple(_tidy(columns)))


def _places(column: Printed, part: str) -> dict[int, Place]:
    described = [_describe(shown, part) for shown in column.shown]
    printed = dict(enumerate(getattr(column, part), start=1))
    numbers = sorted({*printed, *(layer.number for layers in described for layer in layers)})
    places = {}
    for number in numbers:
        layers = tuple(tuple(layer for layer in found if layer.number == number) for found in described)
        places[number] = Place(column, part, number, layers, printed.get(number, ()))
    return places


def _describe(shown: Shown, part: str) -> list[Layer]:
    # Shapes are all that is asked for, and the device "meta" has nothing else.
    with torch.device("meta"):
        encoder, decoder = build_net(shown.net, shown.image_shape, shown.latent_dim, width=1.0, log_var=True)
    return describe(encoder if part == "encoder" else decoder, shown.input_shape(part))


Columns = Mapping[str, Sequence[Mapping[int, Place]]]


# -- the tables -------------------------------------------------------------------------------------------------------


def _layers_table(columns: Columns) -> Table:
    blocks = []
    for part, found in columns.items():
        inputs = Row("Input", tuple(text_cell(_input(column, part)) for column in COLUMNS))
        rows = [
            Row(f"Layer {number}", tuple(_layer_cell(places.get(number)) for places in found))
            for number in _numbers(found)
        ]
        blocks.append(Block(part.capitalize(), (inputs, *rows)))
    groups = (Group("", tuple(Column(column.title, left=True) for column in COLUMNS)),)
    footnotes = (
        "Read off the nets that this project builds, at full width. BN is batch normalisation. A layer without a "
        "letter is the paper's; whether a reshaping stands before or after an activation makes no difference. "
        "Paddings, which the paper leaves out, are in the next table.",
        "A VAE's encoder has two heads, for the mean μ and for log σ²; the paper prints one.",
    )
    caption = "Encoders and decoders of the models in the benchmarks."
    return Table(NAME, caption, "", groups, tuple(blocks), footnotes, number="Table 4")


def _sizes_table(columns: Columns) -> Table:
    blocks = []
    for part, found in columns.items():
        rows = [
            Row(f"Layer {number}", tuple(cell for places in found for cell in _size_cells(places.get(number))))
            for number in _numbers(found)
        ]
        blocks.append(Block(part.capitalize(), tuple(rows)))
    titles = ("Output", "Padding", "As printed")
    groups = tuple(Group(column.title, tuple(Column(title, left=True) for title in titles)) for column in COLUMNS)
    footnotes = (
        "Output: of a forward pass, (channels, height, width) or (units). Padding: on each side, of height and width; "
        "“output” is what is added to one side of a transposed convolution's result.",
    )
    caption = "Output sizes and paddings of the layers of Table 4."
    return Table(f"{NAME}-sizes", caption, "", groups, tuple(blocks), footnotes)


def _numbers(found: Sequence[Mapping[int, Place]]) -> list[int]:
    return sorted({number for places in found for number in places})


def _input(column: Printed, part: str) -> str:
    return bracketed([shape_text(shown.input_shape(part)) for shown in column.shown])


def _layer_cell(place: Place | None) -> Cell:
    if place is None:
        return text_cell(DASH)
    if not all(place.layers):
        return text_cell(DASH, note=place.note)
    return text_cell(bracketed([_heads_text(group) for group in place.layers]), note=place.note)


def _heads_text(group: Sequence[Layer]) -> str:
    """The layers of one number on one line: one layer, or both heads with their names unless they are alike."""
    if len({layer.operations for layer in group}) == 1:
        return group[0].text
    return "; ".join(f"{HEADS[layer.name]}: {layer.text}" for layer in group)


def _size_cells(place: Place | None) -> list[Cell]:
    if place is None:
        return [text_cell(DASH)] * 3
    answer = text_cell("yes" if place.as_printed else "no")
    if not all(place.layers):
        return [text_cell(DASH), text_cell(DASH), answer]
    firsts = [group[0] for group in place.layers]
    output = bracketed([shape_text(layer.output) for layer in firsts])
    return [text_cell(output), text_cell(bracketed([layer.padding or DASH for layer in firsts])), answer]


# -- tidy rows --------------------------------------------------------------------------------------------------------


def _tidy(columns: Columns) -> Iterator[tuple[object, ...]]:
    """A row for each layer of each data set."""
    for part, found in columns.items():
        for column, places in zip(COLUMNS, found, strict=True):
            for index, shown in enumerate(column.shown):
                for place in places.values():
                    for layer in place.layers[index]:
                        yield (part, place.number, shown.dataset, shown.net, *tidy_layer(layer, place.printed))
