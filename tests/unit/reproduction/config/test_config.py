"""The config: what it accepts, and what it says of a mistake."""

import inspect

import jsonschema
import pytest
from pydantic import BaseModel

from geovae.core.errors import GeovaeError
from geovae.core.registry import load
from geovae.models.table import MODELS

# The data sets of the default artefacts, and no more images than digits has.
from helpers.configs import BASE, configured, overlay
from helpers.paths import ROOT
from reproduction.config import documents
from reproduction.config.base import section_of
from reproduction.config.config import Config, load_config
from reproduction.config.models import Models
from reproduction.plan.cells import scored_generations


def digits(**section: object) -> dict:
    return {"datasets": {"digits": section}}


def artefacts(**sections: object) -> dict:
    return {"artefacts": sections}


def of_folder(**options: object) -> dict:
    return {"datasets": {"folder": {"options": {"path": "pictures", **options}}}}


PATHS = {
    "data_dir": lambda value: {"data_dir": value},
    "resume_dir": lambda value: {"resume_dir": value},
    "datasets.folder.options.path": lambda value: of_folder(path=value),
    "datasets.folder.options.labels": lambda value: of_folder(labels=value),
}


@pytest.mark.parametrize("key", PATHS)
@pytest.mark.parametrize("value", ["", "  ", "a\0b", "~nobody-of-this-name/data"])
def test_a_path_that_is_none_is_refused_by_its_key(key, value):
    with pytest.raises(
        GeovaeError, match=f"^config: {key}( = .*: (the path of a file|no home folder)|: holds a zero byte)"
    ):
        load_config(overlay(BASE, PATHS[key](value)))


def test_the_home_folder_takes_the_place_of_its_sign_in_paths_and_nothing_else_changes(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    for written, meant in {"~/a b": "/home/someone/a b", "~": "/home/someone", "./x/": "./x/", "a/~": "a/~"}.items():
        config = load_config(overlay(BASE, of_folder(path=written, labels=written) | {"data_dir": written}))
        options = config.datasets.folder.options
        assert (config.data_dir, options.path, options.labels) == (meant,) * 3


MISTAKES = [
    (
        {"datasets": {"digts": {}}},
        "datasets.digts: unknown key; did you mean 'digits'? Allowed: digits, shapes, phantoms, mnist",
    ),
    ({"devise": "cpu"}, "devise: unknown key; did you mean 'device'?"),
    ({"resume_dir": "gs://b/x"}, "resume_dir = 'gs://b/x': should be a folder, or s3://BUCKET/PREFIX without blanks"),
    ({"resume_dir": "s3://"}, "resume_dir = 's3://': should be a folder, or s3://BUCKET/PREFIX without blanks"),
    ({"device": "gpu"}, "device = 'gpu': allowed: auto, cpu, cuda"),
    (
        digits(net="convv"),
        "datasets.digits.net = 'convv': allowed: conv, mlp, resnet, infogan, wae; did you mean 'conv'?",
    ),
    (digits(training={"epochs": "60"}), "datasets.digits.training.epochs = '60': a whole number is expected"),
    (digits(training={"epochs": 1.5}), "datasets.digits.training.epochs = 1.5: a whole number is expected"),
    (digits(training={"lr": "1e-3"}), "datasets.digits.training.lr = '1e-3': a number is expected, this is text"),
    (digits(training={"epochs": 0}), "datasets.digits.training.epochs = 0: should be greater than or equal to 1"),
    (
        digits(exceptions=[{"model": ["vae"]}]),
        "datasets.digits.exceptions.0.model: unknown key; did you mean 'models'? Allowed: models, nets",
    ),
    (
        digits(exceptions=[{}, {"models": ["vea"]}]),
        "datasets.digits.exceptions.1.models.0 = 'vea': allowed: ae, vae, wae, vamp",
    ),
    (
        digits(exceptions=[{"lr": 0}]),
        "datasets.digits.exceptions.0.lr = 0: should be greater than or equal to 0.000000000001",
    ),
    (digits(models={"vae": {"beta": -1.0}}), "datasets.digits.models.vae.beta = -1.0: should be greater than or equal"),
    (digits(metric={"lam": 0}), "datasets.digits.metric.lam = 0: should be greater than or equal to 0.000000000001"),
    (
        digits(options={"image_size": 28}),
        "datasets.digits.options.image_size = 28: net 'conv' takes images of 32×32, 64×64",
    ),
    (digits(samplers={"jitter": {"scale": "match"}}), "datasets.digits.samplers.jitter.scale = 'match'"),
    ({"datasets": {"digits": 3}}, "datasets.digits = 3: a section with keys is expected"),
    ({"datasets": {"shapes": None}}, "artefacts.figure1 asks for data set 'shapes'; in `datasets`: digits, phantoms"),
    ({"datasets": {"phantoms": None}}, "artefacts.table2 asks for data set 'phantoms'; in `datasets`: digits, shapes"),
    ({"datasets": {"shapes": {"latent_dim": 3}}}, "datasets.shapes.latent_dim = 3: Figure 1 draws"),
    (artefacts(figure15={}), "artefacts.figure15: unknown key; did you mean"),
    (artefacts(table4={"nets": ["conv"]}), "artefacts.table4.nets: unknown key. Allowed: nothing"),
    (artefacts(table1={"subset": "n2000"}), "artefacts.table1.subset = 'n2000': digits has 1000 training images"),
    (artefacts(table1={"subset": "tiny"}), "artefacts.table1.subset = 'tiny': allowed: full, nNUMBER"),
    (artefacts(table1={"datasets": ["digts"]}), "'digts': allowed: digits, shapes, phantoms, mnist, mnist28"),
    (artefacts(table1={"datasets": []}), "artefacts.table1.datasets = []"),
    (artefacts(table1={"seeds": []}), "artefacts.table1.seeds = []"),
    ({"seeds": [0, -1]}, "seeds.1 = -1"),
    (artefacts(table1={"variants": ["q3"]}), "artefacts.table1.variants.0 = 'q3': allowed: base, or k"),
    (artefacts(table1={"variants": ["sigma0.1"]}), "artefacts.table1.variants.0 = 'sigma0.1': allowed: base, or k"),
    (
        artefacts(table2={"dataset": "digits"}),
        "artefacts.table2.dataset = 'digits': a data set of two classes is needed: shapes, phantoms, oasis",
    ),
    (
        {"datasets": {"celeba": {}}} | artefacts(table1={"datasets": ["celeba"]}),
        "artefacts.table1: the images of data set 'celeba' have no labels, which evaluation.backbone = 'classifier' is "
        "trained on; 'efficientnet' needs none",
    ),
    (
        {"datasets": {"folder": {"options": {"path": "faces", "labels": "none"}}}}
        | artefacts(figure3={"datasets": ["folder"]}),
        "artefacts.figure3: the images of data set 'folder' have no labels",
    ),
    (
        artefacts(table2={"dataset": "digits"}),
        "digits': a data set of two classes is needed: shapes, phantoms, oasis; of another, name two in "
        "artefacts.table2.classes",
    ),
    (
        {"datasets": {"celeba": {}}} | artefacts(table2={"dataset": "celeba", "classes": ["a", "b"]}),
        "artefacts.table2.dataset = 'celeba': its images have no labels",
    ),
    (artefacts(table2={"classes": ["AD", "AD"]}), "artefacts.table2.classes = ['AD', 'AD']: 'AD' is given twice"),
    (artefacts(table2={"classes": ["AD", "C N"]}), "artefacts.table2.classes.1 = 'C N': allowed: letters, digits"),
    (artefacts(table2={"classes": ["AD"]}), "artefacts.table2.classes = ['AD']"),
    (artefacts(table2={"n_train": [1, 5]}), "artefacts.table2.n_train.0 = 1: should be greater than or equal to 2"),
    (artefacts(table2=None), "artefacts.figure10 shows the images of artefacts.table2, which is null"),
    (
        artefacts(table3={"nets": ["conv", "convv"]}),
        "artefacts.table3.nets.1 = 'convv': allowed: conv, mlp, resnet, infogan, wae; did you mean 'conv'?",
    ),
    (artefacts(table3={"models": ["rhvae"]}), "artefacts.table3.models.0 = 'rhvae': allowed: ae, wae, vae, vamp"),
    (artefacts(table3={"n_trials": 11}), "artefacts.table3.n_trials = 11: should be less than or equal to 10"),
    (artefacts(table6={"models": ["ae"]}), "artefacts.table6.models.0 = 'ae': allowed: vamp, iwae, aae, vaegan"),
    (artefacts(figure4={"subsets": ["full", "n2000"]}), "artefacts.figure4.subsets = 'n2000': digits has 1000"),
    (
        artefacts(figure4={"subsets": ["full", "class-3"]}),
        "artefacts.figure4.subsets.1 = 'class-3': allowed: full or n",
    ),
    *(
        (artefacts(table1={"variants": [name]}), f"artefacts.table1.variants.0 = '{name}': {reason}")
        for name, reason in (
            ("k1", "k should be greater than or equal to 2"),
            ("lam1e", "lam takes a number, and '1e' is none"),
            ("k1000_k500", "k is given twice"),
            ("steps100_k5000", "write it as 'k5000_steps100'"),
            ("lam0.1_k1000", "write it as 'k1000_lam0.1'"),
        )
    ),
    (artefacts(figure12={"ks": [100, 1]}), "artefacts.figure12.ks.1 = 1: should be greater than or equal to 2"),
    (artefacts(figure_controls={"ks": [1]}), "artefacts.figure_controls.ks.0 = 1: should be greater than or equal"),
    (artefacts(figure14={"lams": [float("inf")]}), "artefacts.figure14.lams.0 = inf: should be a finite number"),
    (artefacts(figure14={"lams": [1e6]}), "artefacts.figure14.lams.0 = 1000000.0: should be less than 1000000"),
    (
        artefacts(figure_controls={"scales": [0.1 + 0.2]}),
        "artefacts.figure_controls.scales.0 = 0.30000000000000004: should be at least 1e-12, with at most 15",
    ),
    (digits(training={"lr": float("inf")}), "datasets.digits.training.lr = inf: should be a finite number"),
    (artefacts(figure4={"subsets": ["full", "n2000"]}), " = 'n2000': digits has 1000 training images, no more"),
    (artefacts(figure4={"subsets": ["full"]}), "artefacts.figure4.subsets = ['full']"),
    (
        artefacts(figure_pullback={"datasets": ["shapes"]}),
        "beta_datasets names 'digits', which is not in datasets (shapes)",
    ),
    (
        digits(classifier="theirs/model.json") | {"evaluation": {"backbone": "efficientnet"}},
        "datasets.digits.classifier is set, but no score is on its features: evaluation.backbone = 'efficientnet'",
    ),
    (artefacts(claims="yes"), "artefacts.claims = 'yes': true or false is expected"),
]


@pytest.mark.parametrize(("change", "sentence"), MISTAKES, ids=[sentence[:40] for _, sentence in MISTAKES])
def test_a_mistake_is_named_in_one_or_two_lines(change, sentence):
    with pytest.raises(GeovaeError) as caught:
        load_config(overlay(BASE, change))
    assert sentence in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 2


def test_other_nets_are_checked_against_the_images_too():
    changes = digits(net="mlp", options={"image_size": 48})
    small = overlay(overlay(BASE, changes), artefacts(table3={"nets": ["mlp"]}, table6={"net": "mlp"}))
    assert load_config(small).datasets.digits.options.image_size == 48
    with pytest.raises(GeovaeError, match="image_size = 48: net 'resnet' takes images of 32×32 or 64×64"):
        load_config(overlay(small, artefacts(table3={"nets": ["mlp", "resnet"]})))


def test_table_2_can_be_left_out_with_figure_10():
    config = load_config(overlay(BASE, artefacts(table2=None, figure10=None)))
    assert (config.artefacts.table2, config.artefacts.figure10) == (None, None)


def test_as_many_centroids_as_training_images_are_allowed():
    config = load_config(overlay(BASE, artefacts(figure12={"ks": [1000], "k_draws": 1000})))
    assert config.artefacts.figure12.ks == [1000]


def test_many_mistakes_are_listed_up_to_four():
    with pytest.raises(GeovaeError) as caught:
        load_config({f"key{number}": 1 for number in range(10)} | BASE)
    assert len(str(caught.value).splitlines()) == 5
    assert str(caught.value).endswith("… and 6 more")


SHIPPED = sorted(
    str(path.relative_to(ROOT)) for path in ROOT.glob("configs/**/*.yaml") if path.parent.name != "machines"
)


@pytest.mark.parametrize("name", ["config.yaml", *SHIPPED])
def test_shipped_configs_are_valid_by_model_and_by_schema(name):
    content = configured(name)
    artefacts = load_config(content).artefacts
    assert artefacts.table1 is not None or (name == "configs/evidence/mnist_sizes.yaml" and artefacts.figure4)
    jsonschema.validate(content, Config.model_json_schema())


def test_defaults_are_the_papers():
    protocol = load_config(BASE).datasets.digits
    assert (protocol.width, protocol.latent_dim, protocol.training.batch_size) == (1.0, 16, 100)
    assert (protocol.training.lr, protocol.training.epochs, protocol.training.patience) == (1e-3, 100, 5)
    chain = protocol.samplers.manifold
    assert (chain.n_steps, chain.n_lf, chain.eps_lf) == (100, 10, 0.01)
    assert (protocol.metric.lam, protocol.samplers.gmm.n_components) == (0.01, 10)


@pytest.mark.parametrize("name", Models.model_fields)
def test_a_models_defaults_are_those_of_its_constructor(name):
    parameters = inspect.signature(load(MODELS, "model", name)).parameters.values()
    defaults = {entry.name: entry.default for entry in parameters if entry.kind is entry.KEYWORD_ONLY}
    assert getattr(Models(), name).model_dump() == defaults


def test_the_beta_of_the_vae_is_that_of_the_models_that_share_its_squared_error():
    def betas(**models: dict) -> dict[str, float]:
        made = load_config(overlay(BASE, digits(models=models))).datasets.digits.models
        return {name: section["beta"] for name, section in made.model_dump().items() if "beta" in section}

    others = {"hvae": 1.0, "rhvae": 1.0, "vaegan": 1.0}
    shared = dict.fromkeys(("vae", "vamp", "iwae", "vae_iaf", "vae_nf"), 0.5)
    assert betas() == others | dict.fromkeys(shared, 0.01)
    assert betas(vae={"beta": 0.5}) == others | shared
    own = {"vae": {"beta": 0.5}, "vamp": {"beta": 0.25, "n_components": 7}, "iwae": {"n_samples": 3}}
    assert betas(**own) == others | shared | {"vamp": 0.25}
    assert betas(vae={"beta": 0}) == betas() | {"vae": 0}  # the importance weights divide by it


def test_documents_say_what_the_config_says():
    for path, text in documents.documents().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path} has drifted: run `make docs`"


def test_every_key_is_described():
    def walk(section: type[BaseModel]) -> None:
        for name, field in section.model_fields.items():
            assert field.description, f"{section.__name__}.{name} has no description"
            below = section_of(field.annotation)
            if below:
                walk(below)

    walk(Config)


def test_one_line_gives_every_table_and_figure_its_seeds():
    changes = {"seeds": [0, 1, 2], "artefacts": {"table7": {"seeds": [5]}, "figure14": None}}
    config = load_config(overlay(BASE, changes))
    sections = {name: getattr(config.artefacts, name) for name in type(config.artefacts).model_fields}
    seeds = {name: section.seeds for name, section in sections.items() if hasattr(section, "seeds")}
    several = ["table1", "table2", "table3", "table6", "figure4", "figure11", "figure12", "figure13", "figure_rho"]
    several += ["figure_controls", "figure_pullback", "figure_interpolation", "figure_sharpness"]
    assert seeds == {name: [0, 1, 2] for name in several} | {"table7": [5]}
    assert sections["figure14"] is None
    assert sections["figure12"].ks == [100, 1000]
    generations = scored_generations(config)
    assert {generation.run.seed for generation in generations} == {0, 1, 2, 5}


def test_sizes_of_a_folder_are_taken_where_they_are_named():
    content = overlay(BASE, {"datasets": {"folder": {"options": {"path": "images"}}}})
    sizes = {"datasets": ["folder"], "subsets": ["n500", "n100"]}
    config = load_config(overlay(content, {"artefacts": {"figure4": sizes}}))
    assert config.artefacts.figure4.subsets == ["n500", "n100"]
    with pytest.raises(GeovaeError, match="number of training images of data set 'folder' is not known"):
        load_config(overlay(content, {"artefacts": {"figure4": sizes | {"subsets": ["full", "n100"]}}}))
