"""The door for numbers: what is no number of the asked kind is refused by the argument's name."""

import math
import operator

from geovae.core.errors import GeovaeError


def whole(value: object, name: str, least: int, most: int | None = None) -> int:
    """`value` as an int, from `least` to `most`.

    Raises:
        GeovaeError: it is no whole number (a bool is none), or out of range; the text begins with `name`.

    Examples:
        >>> from geovae.core.quantities import whole
        >>> whole(3, "n_steps", 1)
        3
        >>> whole(2.5, "n_steps", 1)
        Traceback (most recent call last):
            ...
        geovae.core.errors.GeovaeError: n_steps = 2.5; it must be a whole number of at least 1.
    """
    allowed = f"of at least {least}" if most is None else f"from {least} to {most}"
    try:
        number = operator.index(None if isinstance(value, bool) else value)
    except TypeError:
        number = least - 1
    if number < least or (most is not None and number > most):
        raise GeovaeError(f"{name} = {_shown(value)}; it must be a whole number {allowed}.")
    return number


def real(
    value: object, name: str, above: float = -math.inf, most: float = math.inf, *, least: float | None = None
) -> float:
    """`value` as a finite float above `above`, or at least `least`, and at most `most`.

    Raises:
        GeovaeError: it is no real number (a bool is none), or out of range; the text begins with `name`.

    Examples:
        >>> from geovae.core.quantities import real
        >>> real(1, "rho", 0.0)
        1.0
        >>> real(float("inf"), "rho", 0.0)
        Traceback (most recent call last):
            ...
        geovae.core.errors.GeovaeError: rho = inf; it must be finite and > 0.
    """
    bounds = [f"≥ {least:g}"] if least is not None else [f"> {above:g}"] if above > -math.inf else []
    try:
        number = math.nan if isinstance(value, bool | str | bytes) else float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # torch's, of a tensor of several or of no numbers
        number = math.nan
    high_enough = number >= least if least is not None else number > above
    if most < number < math.inf:
        bounds.append(f"≤ {most:g}")
    if not (math.isfinite(number) and high_enough and number <= most):
        raise GeovaeError(f"{name} = {_shown(value)}; it must be {' and '.join(['finite', *bounds])}.")
    return number


def _shown(value: object) -> str:
    """A value in a message of one line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}…"
