"""What a job would refuse is refused before the first job, by its key; and what is accepted passes the jobs' checks."""

import json
import re
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings

from geovae.augmentation.classifier import Settings
from geovae.core.errors import GeovaeError
from geovae.core.quantities import whole
from geovae.data import fashion_mnist, mnist
from geovae.data.digits import load as load_digits
from geovae.data.phantoms import load as load_phantoms
from geovae.data.shapes import load as load_shapes
from geovae.evaluation.prd import prd_scores
from geovae.models.discriminator import ImageDiscriminator
from geovae.models.files import build_model
from geovae.nets.sizes import most_layers
from helpers.configs import overlay, read
from helpers.random_configs import KEYS, configs
from reproduction.config.base import SUBSET_PATTERN, subset_parts
from reproduction.config.config import load_config
from reproduction.config.datasets import DOWNLOADED, SECTIONS, Digits, Phantoms, Shapes
from reproduction.plan import job_settings
from reproduction.plan.image_counts import _CLASSES, image_counts, training_images
from reproduction.plan.job_checks import check_jobs
from reproduction.plan.targets import shown_generations, shown_runs, targets

torch.set_num_threads(1)


def refusal(changes: dict) -> str:
    with pytest.raises(GeovaeError) as caught:
        check_jobs(load_config(overlay(read("config.yaml"), changes)))
    return str(caught.value)


def digits(**section: object) -> dict:
    return {"datasets": {"digits": section}}


def phantoms(**section: object) -> dict:
    return {"datasets": {"phantoms": section}}


def folder(**options: object) -> dict:
    return {"datasets": {"folder": {"options": {"path": "x"} | options}}}


def table2_of_folder(n_train: list[int], image_size: int = 64, **section: object) -> dict:
    options = {"path": "x", "labels": "a.csv", "image_size": image_size}
    table = {"dataset": "folder", "classes": ["a", "b"], "n_train": n_train}
    return {"datasets": {"folder": {"options": options} | section}, "artefacts": {"table2": table}}


MISTAKES = [
    (
        table2_of_folder([2, 6], samplers={"gmm": {"n_components": 10}}, metric={"k": 2}),
        "datasets.folder.samplers.gmm.n_components = 10: subset class-b.n6 of folder has 6 training images",
    ),
    (
        table2_of_folder([100, 316], metric={"k": 1000}),
        "datasets.folder.metric.k = 1000: subset class-a.n100 of folder has 100 training images",
    ),
    (
        folder() | {"artefacts": {"table1": {"datasets": ["folder"], "subset": "n50"}}},
        "datasets.folder.metric.k = 100: subset n50 of folder has 50 training images",
    ),
    (
        table2_of_folder([100, 316], image_size=16, net="mlp"),
        "datasets.folder.options.image_size = 16: images of 16×16 pixels are too small for the classifier of Table 5. "
        "Use images of at least 18×18.",
    ),
    (
        {
            "datasets": {"shapes": {"options": {"image_size": 16}, "net": "mlp"}},
            "artefacts": {"table2": {"dataset": "shapes"}},
        },
        "datasets.shapes.options.image_size = 16: images of 16×16 pixels are too small for the classifier of Table 5",
    ),
    (digits(metric={"k": 2000}), "datasets.digits.metric.k = 2000: subset full of digits has 1000 training images"),
    ({"artefacts": {"table1": {"subset": "n50"}}}, "datasets.digits.metric.k = 100: subset n50 of digits has 50"),
    (
        phantoms(metric={"k": 50}) | {"artefacts": {"table2": {"n_train": [40, 120]}}},
        "datasets.phantoms.metric.k = 50: subset class-AD.n40 of phantoms has 40 training images",
    ),
    *(
        (
            {"artefacts": {name: section}},
            f"artefacts.{name}: variant {variant}: subset full of digits has 1000 training",
        )
        for name, section, variant in (
            ("table1", {"variants": ["k10_lam1", "k9999"]}, "k9999"),
            ("table1", {"variants": ["k5000_steps100"]}, "k5000_steps100"),
            ("table1", {"variants": ["k5000_lam0.1"]}, "k5000_lam0.1"),
            ("figure12", {"ks": [10, 2000]}, "k2000"),
            ("figure12", {"k_draws": 1001}, "k1001"),
            ("figure14", {"k": 1500}, "k1500_lam1e-06"),
            ("figure_controls", {"ks": [3000]}, "k3000"),
            ("figure_controls", {"baseline_curves": {"volume": [3001]}}, "k3001"),
        )
    ),
    ({"evaluation": {"n_samples": 30}}, "evaluation.n_samples = 30: artefacts.figure5 shows 100 samples"),
    (
        {"evaluation": {"n_samples": 9}, "artefacts": {"figure5": None, "figure6": None, "figure2": {"columns": 10}}},
        "evaluation.n_samples = 9: artefacts.figure2.columns = 10 shows 10 samples",
    ),
    (
        {"artefacts": {"table2": {"n_per_class": 5}, "figure10": {"columns": 6}}},
        "artefacts.table2.n_per_class = 5: artefacts.figure10.columns = 6 shows 6 samples",
    ),
    ({"evaluation": {"prd": {"n_clusters": 5000}}}, "evaluation.prd.n_clusters = 5000: "),
    (digits(samplers={"gmm": {"n_components": 2000}}), "datasets.digits.samplers.gmm.n_components = 2000: subset full"),
    (
        phantoms(metric={"k": 100}),
        "datasets.phantoms.metric.k = 100: subset class-AD of phantoms has 67 training images",
    ),
    (
        phantoms(samplers={"gmm": {"n_components": 70}}),
        "datasets.phantoms.samplers.gmm.n_components = 70: subset class-",
    ),
    (phantoms(options={"n_ad": 3, "n_cn": 40}), "phantoms"),
    (digits(latent_dim=5000), "datasets.digits.latent_dim = 5000: should be less than or equal to 4096"),
    (digits(models={"vaegan": {"reconstruction_layer": 5}}), "datasets.digits.models.vaegan.reconstruction_layer = 5"),
    ({"artefacts": {"table1": {"subset": "n1"}}}, "subset n1 of digits has 1 training images, but at least 2"),
    ({"artefacts": {"table1": {"subset": "class-none"}}}, "subset class-none: digits has no such class"),
    (
        {"datasets": {"mnist28": {}}, "artefacts": {"table1": {"datasets": ["mnist28"]}}},
        "datasets.mnist28.net = conv: net",
    ),
    (
        digits(samplers={"manifold_released": {"batch_statistics": True}})
        | {"artefacts": {"table1": {"subset": "n301", "variants": [], "baselines": []}}},
        "datasets.digits.samplers.manifold_released.batch_statistics: of 301 training images, 100 at a time",
    ),
    (
        digits(options={"image_size": 11}),
        "datasets.digits.options.image_size = 11: should be greater than or equal to 12",
    ),
    (digits(options={"image_size": 0}), "datasets.digits.options.image_size = 0"),
    (
        {"datasets": {"folder": {"options": {"path": "x", "image_size": 1_000_000}}}},
        "datasets.folder.options.image_size",
    ),
    ({"datasets": {"folder": {"options": {"path": "x", "image_size": -1}}}}, "datasets.folder.options.image_size"),
    (digits(models={"two_stage": {"second_epochs": float("inf")}}), "second_epochs = inf: should be a finite number"),
    (
        digits(models={"two_stage": {"second_epochs": 1e-300}}),
        "datasets.digits.models.two_stage.second_epochs = 1e-300",
    ),
    ({"evaluation": {"prd": {"n_clusters": 10**9}}}, "evaluation.prd.n_clusters = 1000000000: should be less than"),
    (digits(samplers={"gmm": {"n_components": 100_000}}), "datasets.digits.samplers.gmm.n_components = 100000: should"),
    ({"data_dir": "a{b}"}, "data_dir = 'a{b}': should have no braces"),
    ({"mirror": "http://a/{b}"}, "mirror = 'http://a/{b}': should have no braces"),
    ({"data_dir": "a\0b"}, "data_dir: holds a zero byte"),
    ({"data_dir": "a\x07b"}, r"data_dir = 'a\x07b': should have no control characters"),
    ({"data_dir": "a\ud800"}, "data_dir: holds a zero byte or half of a character"),
    ({"data_dir": "x" * 300}, "data_dir = 'xxx"),
    ({"seeds": [int("9" * 300)]}, "seeds.0 = 99999"),
    ({"artefacts": {"table1": {"subset": "class-" + "x" * 300}}}, "artefacts.table1.subset = 'class-xxx"),
    ({"artefacts": {"table1": {"subset": "n" + "9" * 300}}}, "artefacts.table1.subset = 'n999"),
    ({"artefacts": {"table1": {"variants": ["k" + "9" * 300]}}}, "artefacts.table1.variants.0 = 'k999"),
    ({"artefacts": {"table1": {"seeds": [3, 3]}}}, "artefacts.table1.seeds = [3, 3]: 3 is given twice"),
    ({"k" * 300: 1}, "unknown key"),
    (
        {"artefacts": {"table2": {"dataset": "digits", "classes": ["3", "33"]}}},
        "subset class-33: digits has no such class",
    ),
    ({"artefacts": {"table2": {"n_train": [60, 230]}}}, "subset class-CN.n230: phantoms has 223 training images of"),
    ({"artefacts": {"table1": {"subset": "class-3.n5"}}}, "subset class-3.n5 of digits has 5 training images"),
    ({"artefacts": {"table1": {"baselines": ["parzen/nn1000"]}}}, "parzen/nn1000: subset full of digits has 1000"),
    ({"artefacts": {"table1": {"baselines": ["gmm/components1001"]}}}, "gmm/components1001: subset full of digits has"),
    ({"artefacts": {"table1": {"baselines": ["parzen", "parzen"]}}}, "'parzen' is given twice"),
    (
        {"artefacts": {"figure_controls": {"baseline_curves": {"gmm": [5, 5]}}}},
        "artefacts.figure_controls.baseline_curves.gmm = [5, 5]: 5 is given twice",
    ),
    (folder(validation=0.5, test=0.5), "validation + test = 1 leaves no images to train on"),
    (folder(group="subject"), "group = 'subject' names a column of the CSV file in labels = 'subfolders'"),
    (folder(group=" ", labels="a.csv"), "group = ' ' names a column"),
    (folder(image_size=[64]), "datasets.folder.options.image_size = [64]: List should have at least 2 items"),
    *(
        ({"mirror": text}, f"mirror = {text!r}: should begin with http:// or https:// and a host")
        for text in ("", "host/raw", "ftp://host", "file:///etc", "http:///raw", "http://host:99999", "http://a b/")
    ),
    ({"mirror": "http://bob:secret@host/{x}"}, "mirror = 'http://host/{x}': should have no braces"),
]


@pytest.mark.parametrize(("changes", "words"), MISTAKES, ids=[words[:50] for _, words in MISTAKES])
def test_what_a_job_would_refuse_is_refused_by_its_key(changes, words):
    text = refusal(changes)
    assert words in text
    for line in text.splitlines():
        assert line.startswith("config: ")
        assert len(line) < 400


def test_every_number_of_the_schema_has_a_finite_range():
    def leaves(node):
        for key in ("anyOf", "items"):
            for part in node.get(key, []) if key == "anyOf" else [node[key]] if key in node else []:
                yield from leaves(part)
        yield node

    numbers = 0
    for path, node in KEYS:
        for leaf in leaves(node):
            if leaf.get("type") in ("integer", "number") and "enum" not in leaf:
                numbers += 1
                assert {"minimum", "exclusiveMinimum"} & leaf.keys(), path
                assert {"maximum", "exclusiveMaximum"} & leaf.keys(), path
    assert numbers > 150


@pytest.mark.parametrize(
    ("name", "section", "load"),
    [
        ("digits", Digits(), load_digits),
        ("shapes", Shapes(), load_shapes),
        ("shapes", Shapes.model_validate({"options": {"n_train": 7, "n_test": 3, "n_validation": 2}}), load_shapes),
        ("phantoms", Phantoms.model_validate({"options": {"downscale": 4, "n_ad": 9, "n_cn": 12}}), load_phantoms),
    ],
)
def test_the_counts_are_those_of_the_data(name, section, load):
    counts = image_counts(name, section)
    for split, images in load(section.options.model_dump()).items():
        found = Counter(images.class_names[label] for label in images.labels)
        assert counts[split] == {label: found[label] for label in images.class_names}
    for label, n in counts["train"].items():
        assert training_images(name, section, f"class-{label}") == n
    assert training_images(name, section, "full") == section.train_size()


@pytest.mark.parametrize(
    "size", [(8, 8), (12, 40), (28, 28), (32, 32), (64, 64), (96, 64), (208, 176), (104, 88), (52, 44)]
)
def test_the_layers_of_a_discriminator_are_as_many_as_are_counted(size):
    layers = most_layers((1, *size))
    ImageDiscriminator((1, *size), 0.02, layers)
    with pytest.raises(GeovaeError, match=f"has the layers 1 to {layers}"):
        ImageDiscriminator((1, *size), 0.02, layers + 1)


_BUILT = set()


def _passes_the_jobs_own_checks(config) -> None:
    """Those of the jobs' functions that need no data: models are built of no weights, settings are taken as told."""
    for run in {(run.dataset, run.subset, run.net, run.model, run.trial): run for run in shown_runs(config)}.values():
        told = json.loads(job_settings.training(config, run))
        whole(told["training"]["epochs"], "epochs", 1)
        whole(told["training"]["batch_size"], "batch_size", 2)
        shape = config.protocol(run.dataset).image_shape()
        description = {"model": told["model"], "settings": told["model_settings"], "net": told["net"]}
        small = {
            "width": min(told["width"], 0.02),
            "latent_dim": min(told["latent_dim"], 4),
            "image_shape": list(shape),
        }
        large = [value for value in told["model_settings"].values() if isinstance(value, int) and value > 50]
        if not large and (key := json.dumps(description | small, sort_keys=True)) not in _BUILT:
            build_model({**description, **small})
            _BUILT.add(key)
    for generation in shown_generations(config):
        json.loads(job_settings.sampler(config, generation))
    n = min(config.evaluation.n_samples, 297)
    features = np.random.default_rng(0).normal(size=(n, 2))
    if config.evaluation.prd.n_clusters < 30:
        prd_scores(features, features, 0, n_clusters=config.evaluation.prd.n_clusters, n_runs=1)
    if config.artefacts.table2:
        Settings(**config.artefacts.table2.classifier.model_dump()).check()


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(configs())
def test_a_random_config_is_refused_by_its_key_or_passes(drawn):
    content, _ = drawn
    try:
        config = load_config(content)
        check_jobs(config)
    except GeovaeError as error:
        lines = str(error).splitlines()
        assert len(lines) <= 5
        assert all(line.startswith("config: ") for line in lines)
        said = lines[0].split()
        assert any("." in word or word in content or word.rstrip(":") in content for word in said), lines[0]
        return
    assert targets(config)
    _passes_the_jobs_own_checks(config)


@pytest.mark.parametrize(
    "changes",
    [
        {"artefacts": {"table2": {"n_train": [60, 70]}}},
        {"artefacts": {"table2": {"dataset": "digits", "classes": ["3", "5"]}, "figure10": None}}
        | digits(metric={"k": 50}),
        {"artefacts": {"table1": {"baselines": ["parzen/nn999", "gmm/components1000", "neighbours/nn5000"]}}},
        {"mirror": "https://bob:secret@host:8443/raw"},
    ],
)
def test_what_the_jobs_can_do_is_accepted(changes):
    check_jobs(load_config(overlay(read("config.yaml"), changes)))


@pytest.mark.parametrize("name", DOWNLOADED)
def test_the_sizes_of_every_data_set_that_is_downloaded_are_known(name):
    section = SECTIONS[name]()
    sizes = {split: sum(classes.values()) for split, classes in image_counts(name, section).items()}
    assert sizes["train"] == section.train_size()
    assert min(sizes.values()) > 40


@pytest.mark.parametrize(
    ("subset", "parts"),
    [
        ("full", (None, None)),
        ("n20", (None, 20)),
        ("class-a", ("a", None)),
        ("class-n5", ("n5", None)),
        ("class-a-n5.n7", ("a-n5", 7)),
    ],
)
def test_the_name_of_a_subset_says_class_and_number(subset, parts):
    assert re.fullmatch(SUBSET_PATTERN, subset)
    assert subset_parts(subset) == parts


@pytest.mark.parametrize("module", [mnist, fashion_mnist])
def test_the_classes_that_are_known_beforehand_are_those_of_the_data(module):
    assert _CLASSES[module.__name__.rpartition(".")[2]] == module.CLASS_NAMES


@pytest.mark.parametrize(
    ("name", "known", "unknown"),
    [
        ("mnist", "7", "11"),
        ("mnist28", "0", "00"),
        ("svhn", "9", "10"),
        ("fashion_mnist", "Ankle-boot", "Ankle_boot"),
        ("cifar10", "truck", "car"),
    ],
)
def test_classes_that_a_downloaded_data_set_has_not_are_refused_with_its_own(name, known, unknown):
    section = SECTIONS[name]()
    assert training_images(name, section, f"class-{known}") == section.train_size()
    with pytest.raises(GeovaeError, match=rf"{name} has no such class\. Its classes: .*{known}"):
        training_images(name, section, f"class-{unknown}")
