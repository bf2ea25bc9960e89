"""Patterns in which `*` stands for anything: of branches, and of paths of artifacts."""

from __future__ import annotations


def matches_glob(pattern: str, text: str) -> bool:
    """Tell whether a text matches a pattern as a whole, in linear time whatever the pattern."""
    begin, *parts = pattern.split("*")
    if not parts:
        return text == pattern
    if not text.startswith(begin):
        return False
    position = len(begin)
    for part in parts[:-1]:
        position = text.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return len(text) - position >= len(parts[-1]) and text.endswith(parts[-1])


def matches_branches(configuration: str | None, branch: str) -> bool:
    """Tell whether a branch filter lets a branch through: `main feature/* !feature/old`."""
    words = (configuration or "").split()
    if any(matches_glob(word[1:], branch) for word in words if word.startswith("!")):
        return False
    allowed = [word for word in words if not word.startswith("!")]
    return not allowed or any(matches_glob(word, branch) for word in allowed)
