"""The door for NumPy arrays: what holds no real numbers is refused by name."""

import numpy as np

from geovae.core.errors import GeovaeError


def require_numbers(value: object, name: str) -> None:
    """Raise GeovaeError, whose text begins with `name`, unless `value` is an array of real numbers.

    Half precision is none of them: sums of squares overflow in it.

    Examples:
        >>> import numpy as np
        >>> from geovae.core.arrays import require_numbers
        >>> require_numbers(np.zeros((2, 3)), "generated")
        >>> require_numbers(np.zeros((2, 3), np.complex64), "generated")
        Traceback (most recent call last):
            ...
        geovae.core.errors.GeovaeError: generated holds complex64; it must hold float32, float64 or integers.
    """
    if not isinstance(value, np.ndarray):
        raise GeovaeError(
            f"{name} is a {type(value).__name__}; it must be a NumPy array (of a tensor: .detach().cpu().numpy())."
        )
    if isinstance(value, np.ma.MaskedArray):
        raise GeovaeError(f"{name} is a masked array, whose mask would be passed by; give an array without one.")
    if value.dtype.kind not in "fiu" or value.dtype == np.float16:
        raise GeovaeError(f"{name} holds {value.dtype}; it must hold float32, float64 or integers.")


LARGEST = 1e75
"""Of features: squares of sums of their squares, which scores are made of, still fit float64."""


def require_squares(features: np.ndarray, name: str) -> None:
    """Raise GeovaeError, whose text begins with `name`, unless features are finite and can be squared twice."""
    most = max(-float(features.min(initial=0)), float(features.max(initial=0)))
    if not np.isfinite(most):  # NaN and infinities come through
        raise GeovaeError(f"{name}: the features are not finite. Train or fetch the backbone again.")
    if most > LARGEST:
        raise GeovaeError(f"{name}: the features reach {most:.3g}, and may reach {LARGEST:g}. Divide them by a scale.")
