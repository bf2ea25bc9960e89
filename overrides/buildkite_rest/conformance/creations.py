"""What a run has created: the objects that exist, and the requests that may have created one."""

from __future__ import annotations

from attrs import define, evolve, field, frozen


@frozen(eq=False)
class Creation:
    """A request that creates an object."""

    operation: str
    collection: str
    name: str | None
    """The unique name that it sends."""


@frozen
class Created:
    """An object that a run has created."""

    path: str
    identity: str | None
    creation: Creation


@define
class Creations:
    """The objects that exist, and the requests whose result is unknown."""

    objects: dict[str, Created] = field(factory=dict[str, Created], init=False)
    """By path, the oldest first."""
    unresolved: list[Creation] = field(factory=list[Creation], init=False)

    def add(self, created: Created) -> None:
        """Add an object, which may have the path of a deleted one."""
        self.objects.pop(created.path, None)
        self.objects[created.path] = created

    def rename(self, path: str, new: str) -> None:
        """Follow an object and those below it to another path."""
        for each in self._below(path):
            moved = new + each.removeprefix(path)
            self.objects[moved] = evolve(self.objects.pop(each), path=moved)

    def delete(self, path: str) -> None:
        """Remove an object and those below it."""
        for each in self._below(path):
            del self.objects[each]
        self.unresolved = [each for each in self.unresolved if not each.collection.startswith(f"{path}/")]

    def _below(self, path: str) -> list[str]:
        return [each for each in self.objects if each == path or each.startswith(f"{path}/")]
