"""What all unit tests share."""

import pytest
import torch

# Their checks, too, show the values that differ.
pytest.register_assert_rewrite(
    "archive_checks", "download_checks", "net_checks", "sampling_checks", "score_figure_checks"
)


@pytest.fixture(autouse=True)
def _same_numbers_in_any_order():
    """Layers and tensors drawn without a generator are the same whichever tests ran before."""
    torch.manual_seed(0)
