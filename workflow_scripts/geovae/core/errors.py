"""The one exception that a user is meant to read."""


class GeovaeError(Exception):
    """A mistake that the user can mend: its text names the file or key, what is wrong and what to do.

    Scripts print it without a traceback and exit with status 1; any other exception is a defect of the project.

    Examples:
        >>> from geovae import RiemannianMetric
        >>> import torch
        >>> RiemannianMetric(torch.zeros(1, 2), torch.ones(1, 2), rho=0.0, lam=0.1)
        Traceback (most recent call last):
            ...
        geovae.core.errors.GeovaeError: metric: rho = 0.0; it must be finite and > 0.
    """
