"""What keeps a run from starting."""


class CannotRunError(Exception):
    """The run cannot start, for a reason that one line can tell."""
