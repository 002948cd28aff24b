"""Every model whose training diverges says the same sentence, and no traceback of torch."""

import pytest
import torch

from geovae.models.files import build_model
from geovae.models.table import MODELS
from geovae.training.loop import train
from geovae.training.state import DivergedError

torch.set_num_threads(1)

CASES = [(name, {}) for name in MODELS] + [(name, {"likelihood": "gaussian"}) for name in ("hvae", "rhvae")]


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_a_training_that_diverges_names_the_rate(name, settings):
    images = torch.randint(256, (40, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    description = {"model": name, "settings": settings, "net": "mlp", "width": 0.05, "latent_dim": 2}
    model = build_model({**description, "image_shape": [1, 8, 8]}, seed=0)
    told = {"epochs": 8, "batch_size": 20, "lr": 1e20, "patience": 5, "key": "a/run"}
    with pytest.raises(DivergedError, match=r"(?s)^a/run: epoch .*Lower `lr` "):
        train(model, images[:30], images[30:], **told)
