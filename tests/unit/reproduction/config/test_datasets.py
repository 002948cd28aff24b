"""What the sections of the data sets say of them before they are read: it is what is then read."""

import importlib
from typing import get_args

import pytest

from reproduction.config.datasets import CLASSES, PAPER_DATASETS, SECTIONS, DatasetName, Datasets
from reproduction.published import NUMBERS

DRAWN_OR_SHIPPED = {
    "digits": [{}, {"image_size": 48}],
    "shapes": [{}, {"image_size": 16, "n_train": 30}],
    "phantoms": [{"downscale": 4}, {"downscale": 2, "n_cn": 7, "n_ad": 4}],
}
FROM_FILES = {
    "mnist": ({}, (1, 32, 32), 50_000),
    "mnist28": ({}, (1, 28, 28), 50_000),
    "fashion_mnist": ({}, (1, 32, 32), 50_000),
    "svhn": ({}, (3, 32, 32), 63_257),
    "cifar10": ({}, (3, 32, 32), 40_000),
    "celeba": ({"image_size": 48}, (3, 48, 48), 162_770),
    "oasis": ({"downscale": 2}, (1, 104, 88), 290),
    "folder": ({"path": "images", "channels": 1, "image_size": [40, 60]}, (1, 40, 60), None),
}


def section(name: str, options: dict):
    return getattr(Datasets.model_validate({name: {"options": options} if options else {}}), name)


def module(name: str):
    return importlib.import_module(f"geovae.data.{name}")


@pytest.mark.parametrize(
    ("name", "options"), [(name, options) for name, cases in DRAWN_OR_SHIPPED.items() for options in cases]
)
def test_images_have_the_shape_and_number_that_the_section_says(name, options):
    made = section(name, options)
    train = module(name).load(made.options.model_dump())["train"]
    assert train.shape == (made.train_size(), *made.image_shape())


@pytest.mark.parametrize("name", FROM_FILES)
def test_shapes_and_numbers_of_the_data_sets_with_files(name):
    options, shape, n_train = FROM_FILES[name]
    made = section(name, options)
    assert (made.image_shape(), made.train_size()) == (shape, n_train)


def test_every_data_set_is_described_once():
    assert {*DRAWN_OR_SHIPPED, *FROM_FILES} == set(SECTIONS)
    assert DatasetName.__args__ == tuple(Datasets.model_fields) == tuple(SECTIONS)
    titles = [
        section.model_validate({"options": {"path": "images"}} if name == "folder" else {}).title
        for name, section in SECTIONS.items()
    ]
    assert len(set(titles)) == len(titles) == len(SECTIONS)
    assert all(titles)


def test_the_classes_of_table_2_are_those_of_the_data():
    assert CLASSES == {"shapes": ("disk", "ring"), "phantoms": ("AD", "CN"), "oasis": ("AD", "CN")}
    for name, classes in CLASSES.items():
        assert set(classes) == set(module(name).CLASS_NAMES)


def test_the_papers_data_sets_are_those_of_its_numbers():
    assert set(PAPER_DATASETS) == {number.dataset for number in NUMBERS}
    (named, nothing) = get_args(SECTIONS["folder"].model_fields["part_of"].annotation)
    assert (set(get_args(named)), nothing) == (set(PAPER_DATASETS), type(None))


@pytest.mark.parametrize("name", [name for name, kind in SECTIONS.items() if "options" in kind.model_fields])
def test_an_options_default_is_that_of_the_module(name):
    options = section(name, {"path": "images"} if name == "folder" else {}).options.model_dump()
    needed = {"path"} & options.keys()  # the one option without a default
    assert {key: options[key] for key in options.keys() - needed} == {
        key: value for key, value in module(name).DEFAULTS.items() if key not in needed
    }
