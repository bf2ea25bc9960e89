"""Errors of a run."""


class CannotRunError(Exception):
    """The run cannot start, or its reports cannot be written. The message is one line."""


class BudgetSpentError(Exception):
    """The budget allows no further request."""
