"""What a backbone is trained on."""

from typing import NamedTuple

import numpy as np


class Split(NamedTuple):
    """Labelled images: `images` uint8 (N, C, H, W), `labels` int64 (N,)."""

    images: np.ndarray
    labels: np.ndarray
