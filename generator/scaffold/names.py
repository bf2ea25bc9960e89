"""Names of a resource in the forms that its files need."""

import keyword
import re

from attrs import frozen

from ..errors import GenerationError, Problem

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


@frozen
class Names:
    """The names of a resource."""

    tag: str
    """Several objects in snake_case: `signing_keys`."""
    noun: str
    """One object in snake_case: `signing_key`."""

    @property
    def words(self) -> str:
        """Several objects as words: `signing keys`."""
        return self.tag.replace("_", " ")

    @property
    def word(self) -> str:
        """One object as words: `signing key`."""
        return self.noun.replace("_", " ")

    @property
    def article(self) -> str:
        """The indefinite article of `word`."""
        return "an" if self.noun[0] in "aeiou" else "a"

    @property
    def title(self) -> str:
        """Several objects at the start of a sentence: `Signing keys`."""
        return self.words.capitalize()

    @property
    def segment(self) -> str:
        """Several objects in a path: `signing-keys`."""
        return self.tag.replace("_", "-")

    @property
    def slug(self) -> str:
        """One object in a URL: `signing-key`."""
        return self.noun.replace("_", "-")

    @property
    def class_name(self) -> str:
        """One object as a class: `SigningKey`."""
        return _cap_words(self.noun)

    @property
    def class_name_plural(self) -> str:
        """Several objects in CapWords: `SigningKeys`."""
        return _cap_words(self.tag)

    @property
    def constant(self) -> str:
        """One object as a constant: `SIGNING_KEY`."""
        return self.noun.upper()

    @property
    def constant_plural(self) -> str:
        """Several objects as a constant: `SIGNING_KEYS`."""
        return self.tag.upper()


def names_of(tag: str, noun: str | None) -> Names:
    """Return the names for `tag`, with `noun` for one object, by default the tag without its last `s`.

    Raises:
        GenerationError: The tag or the noun is not a name in snake_case or is a keyword, or both are the same.
    """
    _check_name(tag, "tag, such as lockers")
    single = tag.removesuffix("s") if noun is None else noun
    if noun is None and single in (tag, ""):
        reason = "has no name without its last s" if tag == "s" else "does not end in s"
        raise _problem(tag, f"{reason}. Name one object with --noun, such as --noun person for people.")
    _check_name(single, "--noun, such as locker")
    if single == tag:
        raise _problem(tag, "is the name of several objects and of one. Choose another --noun.")
    return Names(tag, single)


def _check_name(name: str, other: str) -> None:
    if keyword.iskeyword(name):
        raise _problem(name, f"is a keyword of Python. Choose another {other}.")
    if not _NAME.fullmatch(name):
        raise _problem(name, f"is not a name in snake_case. Choose another {other}.")


def _problem(name: str, message: str) -> GenerationError:
    return GenerationError([Problem(repr(name), "new", message)])


def _cap_words(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
