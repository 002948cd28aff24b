"""Geometry-aware sampling for variational autoencoders.

Reference implementation of Chadebec & Allassonnière, "A Geometric Perspective on Variational Autoencoders"
(NeurIPS 2022). The parts most people want:

* `geovae.geometry.metric.RiemannianMetric` – the metric of Eq. (7),
* `geovae.geometry.hmc.sample` – the Hamiltonian sampler of Algorithm 2,
* `geovae.sampling.draw` – the paper's samplers and the controls they are compared with.
"""

__version__ = "0.1.0"
