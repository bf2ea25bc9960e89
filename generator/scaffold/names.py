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
        GenerationError: The tag or the noun is not a name in snake_case, or both are the same.
    """
    single = noun or tag.removesuffix("s")
    for name in (tag, single):
        if not _NAME.fullmatch(name) or keyword.iskeyword(name):
            message = "is not a name in snake_case. Choose the name of several objects, such as lockers."
            raise GenerationError([Problem(repr(name), "new", message)])
    if single == tag:
        message = "does not end in s. Name one object with --noun, such as --noun person for people."
        raise GenerationError([Problem(repr(tag), "new", message)])
    return Names(tag, single)


def _cap_words(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
