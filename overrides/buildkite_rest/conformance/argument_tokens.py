"""Tokens in the arguments of a command that are not parsed yet, and in its environment. Works without the extra."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from .._auth.environment import TOKEN as TOKEN_VARIABLE
from .._base.safe_text import ascii_lower, masked

#: Shell variables that replace the tokens of a run.
TOKEN: Final = "$TOKEN"  # noqa: S105 - its name
NO_SCOPE_TOKEN: Final = "$NO_SCOPE_TOKEN"  # noqa: S105
LIMITED_TOKEN: Final = "$LIMITED_TOKEN"  # noqa: S105
EXPIRED_TOKEN: Final = "$EXPIRED_TOKEN"  # noqa: S105
FOREIGN_TOKEN: Final = "$FOREIGN_TOKEN"  # noqa: S105
REVOCABLE_TOKEN: Final = "$REVOCABLE_TOKEN"  # noqa: S105
_OPTIONS: Final = {
    "--token": TOKEN,
    "--no-scope-token": NO_SCOPE_TOKEN,
    "--limited-token": LIMITED_TOKEN,
    "--expired-token": EXPIRED_TOKEN,
    "--foreign-token": FOREIGN_TOKEN,
    "--revocable-token": REVOCABLE_TOKEN,
}
#: Shorter texts occur in words by chance.
_MIN_LENGTH: Final = 8


def given_tokens(arguments: Sequence[str]) -> dict[str, str]:
    """Return the tokens in arguments and in the environment, with the variables that replace them in messages."""
    tokens = {os.environ.get(TOKEN_VARIABLE, ""): TOKEN}
    for argument, following in pairwise([*arguments, ""]):
        option, equals, value = argument.partition("=")
        if option in _OPTIONS:
            tokens[value if equals else following] = _OPTIONS[option]
    return {token: name for token, name in tokens.items() if len(token) >= _MIN_LENGTH}


def hiding(tokens: dict[str, str]) -> Callable[[str], str]:
    """Return a function that replaces tokens in a text."""
    names = {ascii_lower(token): name for token, name in tokens.items()}
    return lambda text: masked(text, names)
