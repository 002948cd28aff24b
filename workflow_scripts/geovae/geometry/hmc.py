"""Hamiltonian Monte Carlo as in Algorithm 2, for any log-density that comes with its gradient."""

from collections.abc import Callable
from functools import wraps
from typing import NamedTuple

import torch

from geovae.core.errors import GeovaeError
from geovae.core.quantities import real, whole
from geovae.core.tensors import matrix, require_one_kind, without_graph

# z (n, d) -> log-density up to a constant (n,) and its gradient (n, d)
Target = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


class HMCState(NamedTuple):
    """All that continues the chains: points (n, d), their log-densities (n,) and gradients (n, d)."""

    z: torch.Tensor
    log_density: torch.Tensor
    gradient: torch.Tensor


class HMCInfo(NamedTuple):
    """Diagnostics of one call of `sample`, each of shape (n,).

    `acceptance` is the share of accepted proposals, `energy_error` the mean |ΔH| of the finite ones, `non_finite` the
    number of proposals whose energy was not finite; those are rejected.
    """

    acceptance: torch.Tensor
    energy_error: torch.Tensor
    non_finite: torch.Tensor


def init(target: Target, z: torch.Tensor) -> HMCState:
    """The state of chains that start at z (n, d); it keeps no graph.

    Raises:
        GeovaeError: z, or what the target gives of it, has a wrong type, shape or device.
    """
    if not callable(target):
        raise GeovaeError(
            f"target is a {type(target).__name__}; it must be a function of z, as metric.log_density_and_gradient is."
        )
    z = without_graph(z, "start")
    given = target(z)
    if not isinstance(given, tuple) or len(given) != 2:
        raise GeovaeError(
            f"the target gives a {type(given).__name__}; it must give a log-density and its gradient (of a log-density "
            "alone: hmc.autograd_target)."
        )
    return _checked(HMCState(z, *given))


def _checked(state: HMCState) -> HMCState:
    """The state without graphs, if it is one: z (n, d), log-densities (n,) and gradients (n, d) of one kind."""
    names = ("start", "the target's log-density", "the target's gradient")
    z, log_density, gradient = (without_graph(part, name) for part, name in zip(state, names, strict=True))
    if z.ndim != 2 or log_density.shape != z.shape[:1] or gradient.shape != z.shape:
        shapes = ", ".join(str(tuple(part.shape)) for part in (z, log_density, gradient))
        raise GeovaeError(
            f"start, the target's log-density and its gradient have shapes {shapes}; (n, d), (n,) and (n, d) are due."
        )
    require_one_kind(start=z, log_density=log_density, gradient=gradient)
    return HMCState(z, log_density, gradient)


def _without_graph(target: Target) -> Target:
    """The target, with results that hold no graph even if it differentiates through weights that ask for one."""

    @wraps(target)
    def plain(z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        log_density, gradient = target(z)
        return log_density.detach(), gradient.detach()

    return plain


# (target, state, velocities, n_lf, eps_lf) -> state and velocities (n, d) after n_lf steps of size eps_lf
Integrator = Callable[[Target, HMCState, torch.Tensor, int, float], tuple[HMCState, torch.Tensor]]


def leapfrog(
    target: Target,
    state: HMCState,
    v: torch.Tensor,
    n_lf: int,
    eps_lf: float,
    gradient: Callable[[torch.Tensor], torch.Tensor] | None = None,
) -> tuple[HMCState, torch.Tensor]:
    """Eq. (19), `n_lf` times, from `state` with velocities v (n, d): the new state and velocities.

    Calls `target` once per step: the gradient at the end of a step is the one at the start of the next. Every step but
    the last needs that alone, and calls `gradient` in place of `target` where it is given, because it costs less.
    """
    gradient_of = gradient or (lambda z: target(z)[1])
    z, v = state.z, torch.add(v, state.gradient, alpha=0.5 * eps_lf)
    for _ in range(n_lf - 1):
        z = torch.add(z, v, alpha=eps_lf)
        v.add_(gradient_of(z), alpha=eps_lf)  # the second half of this step and the first of the next
    z = torch.add(z, v, alpha=eps_lf)
    log_density, gradient = target(z)
    return HMCState(z, log_density, gradient), v.add_(gradient, alpha=0.5 * eps_lf)


def sample(
    target: Target,
    start: torch.Tensor | HMCState,
    *,
    n_steps: int = 100,
    n_lf: int = 10,
    eps_lf: float = 0.01,
    generator: torch.Generator,
    velocity_std: float = 1.0,
    integrator: Integrator = leapfrog,
) -> tuple[HMCState, HMCInfo]:
    """Run n chains of `n_steps` steps side by side (Algorithm 2).

    No autograd graph is kept, whatever the start or the target track.

    Args:
        target: log-density up to a constant, and gradient. Any other force field in place of the gradient leaves the
            invariant distribution as it is (leapfrog stays reversible and keeps volumes) and costs acceptance.
        start: first points (n, d), or the state that an earlier call ended with: with the same generator, two calls
            give what one of the total length gives.
        n_steps, n_lf, eps_lf: N, the leapfrog steps of each of the N steps, and ε, their size.
        generator: source of velocities and acceptances; drawn on its own device, so chains on any device see the same
            numbers.
        velocity_std: standard deviation of the velocities. 1 is the algorithm; any other value changes the invariant
            distribution.
        integrator: turns a state and velocities into a proposal: the algorithm's leapfrog, or a faster way to the same
            place (`geovae.geometry.reach.fast_leapfrog`). Any other has to be reversible and keep volumes.

    Returns:
        The state after the last step, and diagnostics.

    Raises:
        GeovaeError: a number of steps or their size is not positive; the start is not a finite float32 or float64
            matrix; or the target's results do not fit it.

    Examples:
        >>> import torch
        >>> from geovae import hmc
        >>> target = hmc.autograd_target(lambda z: -0.5 * z.square().sum(1))  # the standard normal
        >>> generator = torch.Generator().manual_seed(0)
        >>> state, info = hmc.sample(target, torch.zeros(10_000, 1), n_steps=20, eps_lf=0.15, generator=generator)
        >>> round(state.z.std().item(), 1)
        1.0
        >>> bool(info.acceptance.mean() > 0.99)
        True
    """
    n_steps, n_lf = whole(n_steps, "n_steps", 1), whole(n_lf, "n_lf", 1)
    eps_lf, velocity_std = real(eps_lf, "eps_lf", 0.0), real(velocity_std, "velocity_std", 0.0)
    if not isinstance(generator, torch.Generator):
        raise GeovaeError(f"generator is a {type(generator).__name__}; it must be a torch.Generator.")
    state = _checked(start) if isinstance(start, HMCState) else init(target, matrix(start, "start", "(n, d)"))
    target = _without_graph(target)
    n, device, dtype = len(state.z), state.z.device, state.z.dtype
    accepted, counted, errors = (torch.zeros(n, dtype=torch.float64, device=device) for _ in range(3))
    for _ in range(n_steps):
        v = velocity_std * torch.randn(state.z.shape, generator=generator, device=generator.device, dtype=dtype)
        u = torch.rand(n, generator=generator, device=generator.device, dtype=dtype).to(device)
        v = v.to(device)
        energy = 0.5 * v.square().sum(1) - state.log_density
        proposal, v = integrator(target, state, v, n_lf, eps_lf)
        proposed_energy = 0.5 * v.square().sum(1) - proposal.log_density
        gain = energy - proposed_energy
        finite = torch.isfinite(proposed_energy)
        accept = finite & (u < gain.exp())
        state = HMCState(*(_select(accept, a, b) for a, b in zip(proposal, state, strict=True)))
        accepted += accept
        counted += finite
        errors += torch.nan_to_num(gain.abs_(), nan=0.0, posinf=0.0)
    return state, HMCInfo(accepted / n_steps, errors / counted.clamp(min=1), n_steps - counted)


def autograd_target(log_density: Callable[[torch.Tensor], torch.Tensor]) -> Target:
    """The target of a plain log-density (n, d) -> (n,), with its gradient by automatic differentiation.

    Raises:
        GeovaeError: when the target is called: the log-density does not depend on z by operations of torch.
    """

    def target(z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.inference_mode(False), torch.enable_grad():
            z = z.detach().clone().requires_grad_() if z.is_inference() else z.detach().requires_grad_()
            value = log_density(z)
            if not value.requires_grad:
                raise GeovaeError("the log-density does not depend on z by operations of torch; give its gradient.")
            (gradient,) = torch.autograd.grad(value.sum(), z)
        return value.detach(), gradient

    return target


def _select(accept: torch.Tensor, proposed: torch.Tensor, current: torch.Tensor) -> torch.Tensor:
    """Rows of `proposed` where accepted, of `current` elsewhere."""
    return torch.where(accept if proposed.ndim == 1 else accept[:, None], proposed, current)
