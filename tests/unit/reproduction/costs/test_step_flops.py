"""FLOPs of a training step, counted without values."""

import json

import torch
from torch.utils.flop_counter import FlopCounterMode

from geovae.models.files import build_model
from reproduction.config.config import load_config
from reproduction.costs.step_flops import training_steps
from reproduction.plan.job_settings import training
from reproduction.plan.keys import Run
from reproduction.plan.targets import ARTEFACTS

NONE = dict.fromkeys(ARTEFACTS) | {"claims": False}
SECTION = {"width": 0.0625, "latent_dim": 4, "training": {"epochs": 6, "batch_size": 10}}
CONFIG = load_config({"datasets": {"digits": SECTION}, "artefacts": NONE})


def run(model, net="conv"):
    return Run("digits", "full", net, model, "base", 0)


def test_a_step_of_linear_layers_is_three_products_a_layer_but_for_the_images_gradient():
    made = load_config({"datasets": {"digits": {"latent_dim": 8, "training": {"batch_size": 10}}}, "artefacts": NONE})
    encoder, decoder = (1024 * 1000, 1000 * 500, 500 * 16), (8 * 500, 500 * 1000, 1000 * 1024)
    (step,) = training_steps(made, run("vae", "mlp"))
    assert step.flops == 2 * 10 * (3 * sum(encoder + decoder) - encoder[0])


def test_values_make_no_difference():
    told = json.loads(training(CONFIG, run("hvae")))
    description = {"model": "hvae", "settings": told["model_settings"], "net": "conv", "width": 0.0625}
    model = build_model(description | {"latent_dim": 4, "image_shape": [1, 32, 32]}).train()
    with FlopCounterMode(display=False) as counter:
        model.loss(torch.rand(10, 1, 32, 32), torch.Generator()).total.backward()
    (step,) = training_steps(CONFIG, run("hvae"))
    assert step.flops == counter.get_total_flops()


def test_every_model_is_counted_and_those_with_more_passes_cost_more():
    models = ("ae", "wae", "vamp", "rae_gp", "rae_l2", "rae_sn", "iwae", "aae", "vaegan", "vae_iaf", "vae_nf", "rhvae")
    plain = training_steps(CONFIG, run("vae"))[0]
    flops = {model: training_steps(CONFIG, run(model))[0].flops / plain.flops for model in models}
    assert all(0.9 < flops[model] < 1.1 for model in ("ae", "wae", "rae_l2", "rae_sn", "aae", "vae_nf"))
    assert all(flops[model] > 1.5 for model in ("rae_gp", "iwae", "vaegan", "rhvae"))
    assert plain.operations > 50


def test_a_model_that_is_trained_in_stages_has_a_step_for_each():
    first, second = training_steps(CONFIG, run("two_stage", "infogan"))
    assert (first.epochs, second.epochs) == (6, 12)
    assert first.flops != second.flops


def test_fractional_settings_are_counted_once():
    models = {"vae": {"beta": 0.5}}
    made = load_config({"datasets": {"digits": SECTION | {"models": models}}, "artefacts": NONE})
    assert training_steps(made, run("vae")) is training_steps(CONFIG, run("vae"))
