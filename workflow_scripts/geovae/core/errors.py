"""The one exception that a user is meant to read."""


class GeovaeError(Exception):
    """A mistake that the user can mend: its text names the file or key, what is wrong and what to do.

    Scripts print it without a traceback and exit with status 1; any other exception is a defect of the project.
    """
