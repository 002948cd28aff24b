"""What all unit tests share."""

import pytest
import torch


@pytest.fixture(autouse=True)
def _same_numbers_in_any_order():
    """Layers and tensors drawn without a generator are the same whichever tests ran before."""
    torch.manual_seed(0)
