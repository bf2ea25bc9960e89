"""What keeps a run from starting, or what it found from being written."""


class CannotRunError(Exception):
    """The run cannot start or its reports cannot be written, for a reason that one line can tell."""


class BudgetSpentError(Exception):
    """No more requests may be sent."""
