"""Shortest paths on a planar grid under a diagonal metric: distance maps (Eq. 4) and first guesses of curves."""

import math
from collections.abc import Callable

import numpy as np
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from geovae.core.errors import GeovaeError

# Points (n, 2) in float64 -> diagonals (n, 2) of a metric there
Field = Callable[[torch.Tensor], torch.Tensor]
Axes = tuple[np.ndarray, np.ndarray]

# 32 directions: all coprime moves of up to three cells; half of them, as edges have no direction. A straight line is at
# most 1.4 % longer along them (1 / cos of half the widest angle between two neighbours, arctan 1/3).
REACH = 3
MOVES = [
    (dx, dy)
    for dy in range(REACH + 1)
    for dx in range(-REACH, REACH + 1)
    if math.gcd(dx, dy) == 1 and (dy > 0 or dx > 0)
]


class GridGraph:
    """A grid of the plane, joined in 32 directions, and extra points joined to the nodes around them.

    Edge lengths are √(Δᵀ G Δ) integrated along the edge by Simpson's rule. Rows of maps follow axis_y, columns axis_x.

    Args:
        field: diagonals of the metric G.
        axes: evenly spaced coordinates (W,) and (H,), ascending.
        points: (p, 2), inside the axes; they need not be nodes.
    """

    def __init__(self, field: Field, axes: Axes, points: np.ndarray) -> None:
        self.axis_x, self.axis_y = axes
        self.points = np.asarray(points, np.float64).reshape(-1, 2)
        self.shape = (len(self.axis_y), len(self.axis_x))
        if min(self.shape) <= 2 * REACH:
            raise GeovaeError(f"grid of {self.shape}: at least {2 * REACH + 1} points per side are needed.")
        for axis, values in zip(axes, self.points.T, strict=True):
            if values.size and (values.min() < axis[0] or values.max() > axis[-1]):
                raise GeovaeError(f"grid: points from {values.min():.4g} to {values.max():.4g} leave the axis.")
        self._field = field
        xs, ys = np.meshgrid(self.axis_x, self.axis_y)
        self._nodes = np.concatenate([np.stack([xs.ravel(), ys.ravel()], 1), self.points])
        sources, targets, lengths = (np.concatenate(parts) for parts in zip(*self._edges(), strict=True))
        size = len(self._nodes)
        # Exact zeros would read as missing edges.
        weights = np.maximum(lengths, np.finfo(np.float64).tiny)
        self._graph = coo_array((weights, (sources, targets)), shape=(size, size)).tocsr()

    def distances(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Distances from point `index`: the map (H, W) and those to all points (p,)."""
        all_distances = dijkstra(self._graph, directed=False, indices=self._node_of(index))
        n_nodes = self.shape[0] * self.shape[1]
        return all_distances[:n_nodes].reshape(self.shape), all_distances[n_nodes:]

    def path(self, first: int, last: int) -> np.ndarray:
        """Corners (m, 2) of the shortest path between two points, both included."""
        _, predecessors = dijkstra(self._graph, directed=False, indices=self._node_of(first), return_predecessors=True)
        nodes = [self._node_of(last)]
        while nodes[-1] != self._node_of(first):
            nodes.append(predecessors[nodes[-1]])
        return self._nodes[nodes[::-1]]

    def _node_of(self, point: int) -> int:
        return self.shape[0] * self.shape[1] + point

    def _edges(self):
        """Sources, targets and lengths of all edges, in groups."""
        H, W = self.shape
        nodes = np.arange(H * W).reshape(H, W)
        # Middles of all moves lie on the grid of half the spacing, so G is evaluated once on that.
        xs, ys = np.meshgrid(
            np.linspace(*self.axis_x[[0, -1]], 2 * W - 1), np.linspace(*self.axis_y[[0, -1]], 2 * H - 1)
        )
        half = self._evaluate(np.stack([xs.ravel(), ys.ravel()], 1)).reshape(2 * H - 1, 2 * W - 1, 2)
        step = np.array([self.axis_x[1] - self.axis_x[0], self.axis_y[1] - self.axis_y[0]])
        for dx, dy in MOVES:
            a, b, width = dy, abs(dx), W - abs(dx)
            left, right = max(0, -dx), max(0, dx)
            source = (slice(0, H - a), slice(left, left + width))
            target = (slice(a, H), slice(right, right + width))
            speed = np.sqrt(half @ (step * (dx, dy)) ** 2)
            start, end = speed[::2, ::2][source], speed[::2, ::2][target]
            middle = speed[a : 2 * H - 1 - a : 2, b : 2 * W - 1 - b : 2]
            yield nodes[source].ravel(), nodes[target].ravel(), ((start + 4 * middle + end) / 6).ravel()
        for index, point in enumerate(self.points):
            yield self._attach(index, point)

    def _attach(self, index: int, point: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Edges from a point to the nodes around it and to the points among them."""
        H, W = self.shape
        near = [
            np.arange(max(0, i - REACH), min(len(axis), i + REACH + 1))
            for axis, i in zip(
                (self.axis_x, self.axis_y),
                (np.searchsorted(self.axis_x, point[0]), np.searchsorted(self.axis_y, point[1])),
                strict=True,
            )
        ]
        targets = (near[1][:, None] * W + near[0]).ravel()
        reach = REACH * np.array([self.axis_x[1] - self.axis_x[0], self.axis_y[1] - self.axis_y[0]])
        others = [j for j in range(index) if (np.abs(self.points[j] - point) <= reach).all()]
        targets = np.concatenate([targets, H * W + np.array(others, int)])
        ends = self._nodes[targets]
        squares = (ends - point) ** 2
        stations = [np.broadcast_to(point, ends.shape), (ends + point) / 2, ends]
        start, middle, end = (np.sqrt((self._evaluate(z) * squares).sum(1)) for z in stations)
        return np.full(len(targets), self._node_of(index)), targets, (start + 4 * middle + end) / 6

    def _evaluate(self, z: np.ndarray) -> np.ndarray:
        return self._field(torch.from_numpy(np.ascontiguousarray(z))).numpy()
