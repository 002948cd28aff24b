"""The VAEGAN: its objectives from the discriminator's outputs, whom each moves and where to, and who makes a step."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy

from geovae.core.errors import GeovaeError
from geovae.models.discriminator import ImageDiscriminator
from geovae.models.files import build_model
from geovae.models.losses import kl_to_standard_normal, reparametrise, squared_error
from geovae.models.vaegan import VAEGAN
from geovae.nets.build import build_net

torch.set_num_threads(1)

SHAPE = (1, 32, 32)
DIM = 3
WIDTH = 0.03
N = 8


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def build(**options) -> VAEGAN:
    torch.manual_seed(0)
    return VAEGAN(*build_net("conv", SHAPE, DIM, WIDTH, log_var=True), DIM, SHAPE, WIDTH, **options)


def images() -> torch.Tensor:
    return torch.rand(N, *SHAPE, generator=generator(1))


class FixedDiscriminator(nn.Module):
    """Gives the logits it is told for x, x̂ and x_p, and the images themselves as features."""

    def __init__(self, real: float, generated: float) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor([real, 99.0, generated]).repeat_interleave(N))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.logits, x.flatten(1)


def step(model: VAEGAN, group: str, x: torch.Tensor, size: float) -> tuple[dict, dict]:
    """A small step of one group down its own objective, as the training loop makes it; the terms before and after.

    In float64: by default the start's gradients are so small that float32 would round the change away.
    """
    model, x = model.double(), x.double()
    parameters = model.parameter_groups()[group]
    loss = model.loss(x, generator(4))
    gradients = torch.autograd.grad(loss.objectives[group], parameters)
    with torch.no_grad():
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.sub_(size * gradient)
        return loss.terms, model.loss(x, generator(4)).terms


def test_objectives_follow_from_the_discriminators_outputs():
    """In evaluation mode, where the decoder's images do not depend on the rest of the batch."""
    model, x = build(adversarial_loss_scale=0.3, beta=0.2, margin=9.0).eval(), images()
    loss = model.loss(x, generator(4))
    noise = generator(4)
    posterior = model.encode(x)
    z = reparametrise(posterior, noise)
    prior = torch.randn(z.shape, generator=noise)
    x_hat, x_p = model.decode(z), model.decode(prior)
    real_score, real_features = model.discriminator(x)
    generated_score, _ = model.discriminator(x_p)
    feature = (model.discriminator(x_hat)[1] - real_features).square().sum() / N
    real = binary_cross_entropy(torch.sigmoid(real_score), torch.ones(N))
    generated = binary_cross_entropy(torch.sigmoid(generated_score), torch.zeros(N))
    kl = kl_to_standard_normal(posterior)
    torch.testing.assert_close(loss.objectives["encoder"], 0.2 * kl + feature)
    torch.testing.assert_close(loss.objectives["decoder"], 0.7 * feature - 0.3 * (real + generated))
    torch.testing.assert_close(loss.objectives["discriminator"], real + generated)
    torch.testing.assert_close(loss.total, squared_error(x_hat, x))
    expected = {"reconstruction": loss.total, "feature": feature, "kl": kl, "real": real, "generated": generated}
    torch.testing.assert_close(loss.terms, expected)


def test_groups_part_all_parameters_and_each_has_a_gradient():
    model, x = build(margin=9.0), images()
    groups = model.parameter_groups()
    assert sorted(id(p) for group in groups.values() for p in group) == sorted(id(p) for p in model.parameters())
    objectives = model.loss(x, generator()).objectives
    assert objectives.keys() == groups.keys()
    for name, group in groups.items():
        for gradient in torch.autograd.grad(objectives[name], group, retain_graph=True):
            assert torch.isfinite(gradient).all()
            if gradient.dim() > 1:  # a bias of encoder or decoder before batch normalisation has none but by rounding
                assert gradient.abs().sum() > 0


def test_a_step_of_the_decoder_makes_its_images_look_real():
    before, after = step(build(adversarial_loss_scale=1.0, margin=9.0).eval(), "decoder", images(), 1e-3)
    # −log(1 − D) rises: the discriminator comes nearer to calling them real.
    assert after["generated"] > before["generated"]


def test_a_step_of_the_decoder_lowers_the_error_in_features_when_that_is_all_it_minimises():
    before, after = step(build(adversarial_loss_scale=0.0, margin=9.0).eval(), "decoder", images(), 1e-3)
    assert after["feature"] < before["feature"]


def test_a_step_of_the_discriminator_lowers_its_costs():
    before, after = step(build(margin=9.0).eval(), "discriminator", images(), 1e-2)
    assert after["real"] + after["generated"] < before["real"] + before["generated"]


@pytest.mark.parametrize(("beta", "falls"), [(0.0, "feature"), (1e4, "kl")])
def test_a_step_of_the_encoder_lowers_what_it_weighs(beta, falls):
    before, after = step(build(beta=beta).eval(), "encoder", images(), 1e-3 / max(1.0, beta))
    assert after[falls] < before[falls]


def test_the_adversarial_term_does_not_reach_the_encoder():
    model, x = build(margin=9.0).eval(), images()
    parameters = model.parameter_groups()["encoder"]
    objective = model.loss(x, generator()).objectives["encoder"]
    expected = torch.autograd.grad(objective, parameters)
    with torch.no_grad():  # the head decides on real or not, and has no part in the features
        model.discriminator.head.weight.mul_(-50.0)
    gradients = torch.autograd.grad(model.loss(x, generator()).objectives["encoder"], parameters)
    for gradient, other in zip(gradients, expected, strict=True):
        torch.testing.assert_close(gradient, other)


def logit_of_cost(cost: float, label: int) -> float:
    """The logit at which the cross-entropy for `label` is `cost`."""
    probability = math.exp(-cost) if label else 1.0 - math.exp(-cost)
    return math.log(probability / (1.0 - probability))


@pytest.mark.parametrize(
    ("real", "generated", "players"),
    [
        (0.68, 0.68, {"decoder", "discriminator"}),
        (0.29, 1.07, {"decoder", "discriminator"}),
        (0.27, 0.68, {"decoder"}),  # the discriminator is too good
        (0.68, 0.27, {"decoder"}),
        (1.09, 0.68, {"discriminator"}),  # the decoder is too good
        (0.68, 1.09, {"discriminator"}),
        (0.27, 1.09, {"decoder", "discriminator"}),  # neither would move, so both do
    ],
)
def test_a_player_far_ahead_waits_for_the_other(real, generated, players):
    model = build()
    model.discriminator = FixedDiscriminator(logit_of_cost(real, 1), logit_of_cost(generated, 0))
    loss = model.loss(images(), generator())
    assert loss.terms["real"].item() == pytest.approx(real, rel=1e-5)
    assert loss.terms["generated"].item() == pytest.approx(generated, rel=1e-5)
    assert set(loss.objectives) == players | {"encoder"}


def test_validation_does_not_depend_on_the_discriminator():
    model, x = build().eval(), images()
    with torch.no_grad():
        before = model.loss(x, generator(4))
        for parameter in model.discriminator.parameters():
            parameter.mul_(1.5)
        after = model.loss(x, generator(4))
    assert before.total == after.total
    assert before.terms["feature"] != after.terms["feature"]


def convolutions(module: nn.Module) -> list[nn.Conv2d]:
    return [part for part in module.modules() if isinstance(part, nn.Conv2d)]


def layer_settings(convolution: nn.Conv2d) -> tuple:
    return convolution.weight.shape, convolution.stride, convolution.padding


@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 32, 32), (3, 64, 64), (1, 208, 176), (1, 52, 44)])
def test_the_discriminator_has_the_convolutions_of_table_4(shape):
    encoder, _ = build_net("conv", shape, DIM, WIDTH, log_var=True)
    discriminator = ImageDiscriminator(shape, WIDTH, 3)
    assert list(map(layer_settings, convolutions(discriminator))) == list(map(layer_settings, convolutions(encoder)))
    kinds = [type(part) for layer in [*discriminator.lower, *discriminator.upper] for part in layer]
    assert kinds == [nn.Conv2d, nn.ReLU] * len(convolutions(encoder))
    assert discriminator.head.in_features == encoder.mu.in_features


@pytest.mark.parametrize("net", ["conv", "resnet", "mlp", "infogan", "wae"])
@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 64, 64)])
def test_the_discriminator_is_the_same_whatever_net_the_autoencoder_has(net, shape):
    model = VAEGAN(*build_net(net, shape, DIM, WIDTH, log_var=True), DIM, shape, WIDTH)
    expected = ImageDiscriminator(shape, WIDTH, 3)
    assert str(model.discriminator) == str(expected)
    assert len(convolutions(model.discriminator)) == 4


@pytest.mark.parametrize("net", ["conv", "resnet"])
@pytest.mark.parametrize("layer", [1, 2, 3, 4])
def test_the_learned_similarity_is_not_linear_in_the_pixels(net, layer):
    """The features of a mixture of two images are not the mixture of their features, but for a linear (affine) map."""
    description = {"model": "vaegan", "net": net, "width": WIDTH, "latent_dim": DIM, "image_shape": SHAPE}
    model = build_model(description | {"settings": {"reconstruction_layer": layer}})
    x, y = images(), torch.rand(N, *SHAPE, generator=generator(2))
    with torch.no_grad():
        of_x, of_y, of_mixture = (model.discriminator(z)[1] for z in (x, y, 0.3 * x + 0.7 * y))
    assert (of_mixture - 0.3 * of_x - 0.7 * of_y).norm() > 1e-3 * of_mixture.norm()


@pytest.mark.parametrize(("shape", "depth"), [((3, 48, 48), 4), ((1, 8, 8), 3), ((2, 6, 5), 2)])
def test_images_of_other_sizes_have_as_many_of_the_convolutions_as_they_allow(shape, depth):
    discriminator = ImageDiscriminator(shape, WIDTH, 1)
    assert len(convolutions(discriminator)) == depth
    logits, _ = discriminator(torch.rand(N, *shape))
    assert logits.shape == (N,)


def test_a_discriminators_score_does_not_depend_on_the_batch():
    discriminator, x = ImageDiscriminator(SHAPE, WIDTH, 3).train(), images()
    scores, features = discriminator(x)
    alone = [discriminator(image[None]) for image in x]
    torch.testing.assert_close(scores, torch.cat([score for score, _ in alone]))
    torch.testing.assert_close(features, torch.cat([feature for _, feature in alone]))


@pytest.mark.parametrize(("layer", "side"), [(1, 16), (2, 8), (3, 4), (4, 2)])
def test_features_are_those_of_the_layer(layer, side):
    discriminator = ImageDiscriminator(SHAPE, WIDTH, layer).eval()
    x = images()
    logits, features = discriminator(x)
    assert logits.shape == (N,)
    assert features.shape == (N, convolutions(discriminator)[layer - 1].out_channels * side * side)
    assert features.min() >= 0  # after the activation
    everything = nn.Sequential(*discriminator.lower, *discriminator.upper)
    torch.testing.assert_close(logits, discriminator.head(everything(x).flatten(1)).squeeze(1))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"adversarial_loss_scale": 1.5}, "model 'vaegan': adversarial_loss_scale = 1.5"),
        ({"reconstruction_layer": 0}, "reconstruction_layer is 0, but .* layers 1 to 4"),
        ({"reconstruction_layer": 5}, "reconstruction_layer is 5"),
        ({"beta": -1}, "beta = -1"),
        ({"margin": -1}, "margin = -1"),
    ],
)
def test_a_wrong_setting_is_named(options, words):
    with pytest.raises(GeovaeError, match=words):
        build(**options)
