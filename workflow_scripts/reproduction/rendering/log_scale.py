"""Logarithmic axes that every processor draws alike.

NumPy takes logarithms and powers of arrays with the widest instructions that a processor has, and these differ in the
last bit: now and then a line falls on the other side of a pixel's 256th. Those of Python's `math` do not.
"""

import math
from collections.abc import Callable

import matplotlib.scale
import numpy as np


class LogScale(matplotlib.scale.LogScale):
    """Matplotlib's scale of base 10 with the logarithms of `math`; its name is matplotlib's, whose place it takes.

    Args:
        nonpositive: what becomes of values that have no logarithm, `clip` or `mask`, as in matplotlib.
    """

    def __init__(self, *, nonpositive: str = "clip") -> None:
        super().__init__(nonpositive=nonpositive)
        self._transform = _Log(10, nonpositive)


class _Log(matplotlib.scale.LogTransform):
    def transform_non_affine(self, values):
        least = -1000.0 if self._clip else math.nan  # as matplotlib has it: far below the axis
        return _of_each(lambda value: least if value <= 0 else math.log10(value), values)

    def inverted(self):
        return _Power(10)


class _Power(matplotlib.scale.InvertedLogTransform):
    def transform_non_affine(self, values):
        return _of_each(lambda value: math.pow(10.0, value), values)

    def inverted(self):
        return _Log(10)


def _of_each(function: Callable[[float], float], values) -> np.ndarray:
    values = np.ma.filled(np.ma.asarray(values, dtype=float), np.nan)
    return np.array([function(value) for value in values.ravel()]).reshape(values.shape)
