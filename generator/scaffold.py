"""Beginnings of the files of a resource with five operations: fragment, mock module and behaviour."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .errors import GenerationError, Problem

_FILES = {
    "fragment.yaml.jinja": "spec/resources/{tag}.yaml",
    "behaviour.yaml.jinja": "spec/behaviour/{tag}.yaml",
    "mock.py.jinja": "overrides/buildkite_rest/mock/resources/{tag}.py",
}
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


def beginnings(tag: str, noun: str) -> str:
    """Return the texts of the files, each below a comment with its path.

    Args:
        tag: Several objects in snake_case, such as `signing_keys`.
        noun: One object, such as `signing_key`.

    Raises:
        GenerationError: The tag or the noun is not a name in snake_case, or both are the same.
    """
    if tag == noun or not _NAME.fullmatch(tag) or not _NAME.fullmatch(noun):
        message = "the tag and the noun are different names in snake_case. Name one object with --noun person."
        raise GenerationError([Problem(repr(tag), "new", message)])
    environment = Environment(  # noqa: S701 - the output is YAML and Python, not HTML
        loader=FileSystemLoader(Path(__file__).parent / "beginnings"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = {
        "tag": tag,
        "noun": noun,
        "words": tag.replace("_", " "),
        "word": noun.replace("_", " "),
        "segment": tag.replace("_", "-"),
        "article": "an" if noun[0] in "aeiou" else "a",
        "class_name": _cap_words(noun),
        "class_name_plural": _cap_words(tag),
    }
    texts = [
        f"# {path.format(tag=tag)}\n{environment.get_template(template).render(names)}"
        for template, path in _FILES.items()
    ]
    return "\n\n".join(texts)


def _cap_words(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
