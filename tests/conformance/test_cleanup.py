"""The cleanup of what a run has created."""

from __future__ import annotations

import json
from typing import Any

import pytest

from buildkite_rest.conformance import cleanup as module
from buildkite_rest.conformance.api import Api
from buildkite_rest.conformance.cleanup import Cleanup, Leftover, roots_of
from buildkite_rest.conformance.creations import Created, Creation, Creations
from buildkite_rest.conformance.names import RUN_ID
from buildkite_rest.conformance.sender import Reply

API = Api.load()
PIPELINES = "/v2/organizations/acme/pipelines"
CLUSTERS = "/v2/organizations/acme/clusters"
ONE, TWO = (f"conformance-{RUN_ID}-0000000{number}" for number in (1, 2))
LISTS = ("/pipelines", "/clusters", "/queues", "/invitations", "/schedules", "/annotations")


def pipeline(key: str, name: str = ONE) -> dict[str, Any]:
    return {"id": f"id-{key}", "slug": key, "name": name}


def reply(status: int, body: Any = None) -> Reply:
    return Reply(status, {}, json.dumps(body).encode(), True, "", {}, b"")


class Server:
    """A server with objects by path, which deletes parents last."""

    def __init__(self, objects: dict[str, Any] | None = None, *, deletes: bool = True) -> None:
        self.objects = objects or {}
        self.deletes = deletes
        self.sent: list[str] = []

    def send(self, method: str, path: str) -> Reply:
        self.sent.append(f"{method} {path}")
        path = path.partition("?")[0]
        items = [each for key, each in self.objects.items() if key.rpartition("/")[0] == path]
        if method == "GET":
            found = items if path.endswith(LISTS) else self.objects.get(path)
            return reply(404 if found is None else 200, found)
        if any(each.startswith(f"{path}/") for each in self.objects):
            return reply(422)
        if path not in self.objects:
            return reply(404)
        if self.deletes:
            del self.objects[path]
        return reply(204)

    @property
    def deleted(self) -> list[str]:
        return [each.removeprefix("DELETE ") for each in self.sent if each.startswith("DELETE")]


@pytest.fixture
def creations() -> Creations:
    return Creations()


def create(creations: Creations, operation: str, path: str, name: str | None = ONE, *, is_known: bool = True) -> None:
    """Record a creation, and with `is_known` its object."""
    collection, _, key = path.rpartition("/")
    creation = Creation(operation, collection, name)
    if is_known:
        creations.add(Created(path, f"id-{key}", creation))
    else:
        creations.unresolved.append(creation)


def cleanup_of(creations: Creations, server: Any) -> Cleanup:
    return Cleanup(creations, API, server)


def clean(creations: Creations, server: Any) -> Cleanup:
    cleanup = cleanup_of(creations, server)
    cleanup.run()
    return cleanup


def left(cleanup: Cleanup) -> list[tuple[str, str]]:
    return [(each.path, each.reason) for each in cleanup.leftovers]


def test_the_newest_objects_are_deleted_first_and_children_with_their_parents(creations: Creations) -> None:
    cluster, web = f"{CLUSTERS}/a", f"{PIPELINES}/b"
    create(creations, "createCluster", cluster)
    create(creations, "createPipeline", web)
    create(creations, "createPipelineSchedule", f"{web}/schedules/c")
    server = Server({cluster: {"id": "id-a", "name": ONE}, web: pipeline("b")})
    cleanup = clean(creations, server)
    assert server.deleted == [web, cluster]
    assert (cleanup.deleted, cleanup.leftovers) == (2, [])
    assert creations.objects == {}


def test_children_that_prevent_a_deletion_are_deleted_before(creations: Creations) -> None:
    cluster, queue = f"{CLUSTERS}/a", f"{CLUSTERS}/a/queues/b"
    create(creations, "createCluster", cluster)
    create(creations, "createClusterQueue", queue)
    server = Server({cluster: {"id": "id-a"}, queue: {"id": "id-b"}})
    assert clean(creations, server).leftovers == []
    assert server.objects == {}


def test_an_object_that_a_deletion_leaves_is_listed(creations: Creations) -> None:
    create(creations, "createPipeline", f"{PIPELINES}/a")
    cleanup = clean(creations, Server({f"{PIPELINES}/a": pipeline("a")}, deletes=False))
    assert left(cleanup) == [(f"{PIPELINES}/a", "it still exists: DELETE gets 204")]
    assert [*creations.objects] == [f"{PIPELINES}/a"]


def test_an_invitation_that_was_revoked_is_gone(creations: Creations) -> None:
    path = "/v2/organizations/acme/invitations/a"
    create(creations, "createOrganizationInvitations", path)
    server = Server({path: {"id": "id-a", "email": f"{ONE}@example.com", "state": "revoked"}})
    server.deletes = False
    cleanup = clean(creations, server)
    assert (cleanup.leftovers, server.deleted) == ([], [path])


def test_what_the_api_cannot_delete_is_listed(creations: Creations) -> None:
    create(creations, "createBuild", f"{PIPELINES}/web/builds/1")
    (found,) = clean(creations, Server({f"{PIPELINES}/web": pipeline("web")})).leftovers
    assert (found.reason, found.is_permanent) == ("the API cannot delete it", True)


@pytest.mark.parametrize("name", [ONE, ONE.upper(), f"My {ONE} (1)"], ids=["same", "upper case", "longer"])
@pytest.mark.parametrize("is_late", [False, True])
def test_an_object_of_an_unknown_result_is_found_by_its_name(
    name: str, is_late: bool, creations: Creations, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(creations, "createPipeline", f"{PIPELINES}/?", is_known=False)
    server, new = Server({f"{PIPELINES}/web": pipeline("web", f"Web {TWO}")}), {f"{PIPELINES}/a": pipeline("a", name)}

    def sleep(seconds: float) -> None:
        server.objects.update(new if seconds == 3 and is_late else {})

    monkeypatch.setattr(module, "sleep", sleep)
    if not is_late:
        server.objects |= new
    cleanup = clean(creations, server)
    assert server.objects.keys() == {f"{PIPELINES}/web"}
    assert (cleanup.deleted, cleanup.leftovers) == (1, [])
    assert creations.unresolved == []


def test_a_creation_without_an_object_in_the_list_has_created_nothing(creations: Creations) -> None:
    create(creations, "createPipeline", f"{PIPELINES}/?", is_known=False)
    assert left(clean(creations, Server({f"{PIPELINES}/web": pipeline("web", "Web")}))) == []


@pytest.mark.parametrize(
    ("creation", "status", "reason"),
    [
        (("createPipeline", PIPELINES, None), 200, "sent no name: its result is unknown"),
        (("createPipeline", PIPELINES, ONE), 403, f"sent the name {ONE}: GET of its collection gets 403"),
        (("createPipeline", PIPELINES, ONE), 500, f"sent the name {ONE}: GET of its collection gets 500"),
    ],
)
def test_an_object_that_cannot_be_searched_for_may_be_left(
    creation: tuple[str, str, str | None], status: int, reason: str, creations: Creations
) -> None:
    creations.unresolved.append(Creation(*creation))

    class Refusing(Server):
        def send(self, method: str, path: str) -> Reply:
            return reply(status, [])

    cleanup = clean(creations, Refusing())
    operation, collection, _ = creation
    assert left(cleanup) == [(collection, f"perhaps: {operation} {reason}")]


def test_what_is_below_a_deleted_object_is_not_left(creations: Creations) -> None:
    """The pipeline is found by its name, as the result of its creation is unknown too."""
    create(creations, "createPipeline", f"{PIPELINES}/?", is_known=False)
    for key in ("one", "web"):
        create(creations, "createBuild", f"{PIPELINES}/{key}/builds/?", None, is_known=False)
    server = Server({f"{PIPELINES}/one": pipeline("one"), f"{PIPELINES}/web": pipeline("web", "Web")})
    cleanup = clean(creations, server)
    assert (cleanup.deleted, [each.path for each in cleanup.leftovers]) == (1, [f"{PIPELINES}/web/builds"])


class Failing(Server):
    """A server whose requests fail from the first deletion on, or at once."""

    def __init__(self, objects: dict[str, Any], error: BaseException) -> None:
        super().__init__(objects)
        self.error = error

    def send(self, method: str, path: str) -> Reply:
        if self.deleted or not self.objects:
            self.sent.append(f"{method} {path}")
            raise self.error
        return super().send(method, path)


def test_an_unexpected_error_ends_a_cleanup_and_lists_what_is_left(creations: Creations) -> None:
    create(creations, "createPipeline", f"{PIPELINES}/a")
    cleanup = clean(creations, Failing({}, ValueError("Invalid IPv6 URL")))
    assert str(cleanup.end).startswith("a response led to ValueError: Invalid IPv6 URL in test_cleanup.py:")
    assert left(cleanup) == [(f"{PIPELINES}/a", "not deleted")]


def test_an_interrupted_cleanup_lists_what_is_left(creations: Creations) -> None:
    for key in "abc":
        create(creations, "createPipeline", f"{PIPELINES}/{key}")
    server = Failing({f"{PIPELINES}/{key}": pipeline(key) for key in "abc"}, KeyboardInterrupt())
    cleanup = cleanup_of(creations, server)
    with pytest.raises(KeyboardInterrupt):
        cleanup.run()
    cleanup.stop("interrupted")
    assert [each.path[-1] for each in cleanup.leftovers] == ["a", "b", "c"]
    assert cleanup.summary[0] == "cleanup: 0 objects deleted, then ended: interrupted"


def test_each_page_of_a_list_is_searched(creations: Creations) -> None:
    create(creations, "createPipeline", f"{PIPELINES}/?", is_known=False)

    class Paged(Server):
        def send(self, method: str, path: str) -> Reply:
            if path == f"{PIPELINES}?per_page=100":
                link = {"Link": f'<https://elsewhere.example{PIPELINES}?page=2>; rel="next"'}
                return Reply(200, link, b"[]", True, "", {}, b"")
            return super().send(method, path)

    server = Paged({f"{PIPELINES}/a": pipeline("a")})
    assert clean(creations, server).deleted == 1
    assert f"GET {PIPELINES}?page=2" in server.sent


def test_the_summary_lists_what_is_left(creations: Creations) -> None:
    cleanup = cleanup_of(creations, Server())
    assert cleanup.summary == ["cleanup: 0 objects deleted"]
    cleanup.deleted, cleanup.leftovers = 1, [Leftover("/v2/0", "re\nfused")]
    assert cleanup.summary == ["cleanup: 1 object deleted", "left behind: /v2/0 (re\\nfused)"]


def test_roots() -> None:
    assert [*roots_of(["/a/b", "/a", "/ab", "/a"])] == ["/a", "/ab"]
