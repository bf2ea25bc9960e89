"""The cleanup of what a journal names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from attrs import evolve
from tests.conformance.journal_support import CLUSTERS, CREATE, ONE, PIPELINES, TWO, FakeServer, pipeline, reply
from tests.conformance.package_spec import SPEC

from buildkite_rest.conformance.cleanup import Cleanup, roots_of
from buildkite_rest.conformance.cleanup_access import check_access
from buildkite_rest.conformance.identities import name_in
from buildkite_rest.conformance.journal import Created, Entries, Journal, Unresolved, read_journal
from buildkite_rest.conformance.leftovers import Cleaned, summary
from buildkite_rest.conformance.permissions import OwnObjects
from buildkite_rest.conformance.spec import CannotRunError


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.jsonl", "http://127.0.0.1:1")
    yield journal
    journal.close()


def created(path: str, *, operation: str = "createPipeline", was_changed: bool = False) -> Created:
    collection, _, key = path.rpartition("/")
    return Created(path, Unresolved(operation, collection, ONE), f"id-{key}", ONE, was_changed)


def clean(journal: Journal, server: FakeServer, *objects: Created, unresolved: tuple[Unresolved, ...] = ()) -> Any:
    entries = Entries("", objects, unresolved)
    return Cleanup(entries, SPEC, server.send, lambda _: None, OwnObjects(), journal, pause=lambda _: None).run()


def test_the_newest_objects_are_deleted_first_and_children_with_their_parents(journal: Journal) -> None:
    cluster, web = f"{CLUSTERS}/a", f"{PIPELINES}/b"
    server = FakeServer({cluster: {"id": "id-a", "name": ONE}, web: pipeline("b")})
    schedule = created(f"{web}/schedules/c", operation="createPipelineSchedule")
    cleaned = clean(journal, server, created(cluster, operation="createCluster"), created(web), schedule)

    assert server.deleted == [f"DELETE {web}", f"DELETE {cluster}"]
    assert (cleaned.deleted, cleaned.leftovers) == (2, ())


def test_children_that_prevent_a_deletion_are_deleted_before(journal: Journal) -> None:
    cluster, queue = f"{CLUSTERS}/a", f"{CLUSTERS}/a/queues/b"
    server = FakeServer({cluster: {"id": "id-a", "name": ONE}, queue: {"id": "id-b", "key": ONE}})
    objects = created(cluster, operation="createCluster"), created(queue, operation="createClusterQueue")

    assert clean(journal, server, *objects).leftovers == ()
    assert server.objects == {}


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({"id": "id-other", "slug": "a", "name": ONE}, "another object has this path"),
        (pipeline("a", "Web"), "it does not have the name in the journal"),
        (pipeline("a", f"{ONE}0 mine"), "it does not have the name in the journal"),
    ],
)
def test_an_object_that_may_be_another_is_left(found: Any, reason: str, journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/a": found})
    cleaned = clean(journal, server, created(f"{PIPELINES}/a"))

    assert (server.deleted, [each.reason for each in cleaned.leftovers]) == ([], [reason])


def test_a_changed_object_is_recognized_by_its_id(journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/new": {**pipeline("a", "Ada"), "slug": "new"}})
    cleaned = clean(journal, server, created(f"{PIPELINES}/a", was_changed=True))

    assert (server.objects, cleaned.deleted, cleaned.leftovers) == ({}, 1, ())


def test_an_object_that_a_deletion_leaves_is_reported(journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/a": pipeline("a")}, deletes=False)
    cleaned = clean(journal, server, created(f"{PIPELINES}/a"))

    assert [each.reason for each in cleaned.leftovers] == ["it still exists, although DELETE gets 204"]


def test_a_server_that_deletes_nothing_is_not_waited_for_each_time(journal: Journal) -> None:
    paths = [f"{PIPELINES}/a{number}" for number in range(30)]
    server = FakeServer({path: pipeline(path.rpartition("/")[2]) for path in paths}, deletes=False)
    pauses: list[float] = []
    entries = Entries("", tuple(map(created, paths)), ())
    cleaned = Cleanup(entries, SPEC, server.send, lambda _: None, OwnObjects(), journal, pause=pauses.append).run()

    assert (len(cleaned.leftovers), sum(pauses)) == (30, 10.0)


def test_an_invitation_that_was_revoked_is_gone(journal: Journal) -> None:
    path = "/v2/organizations/acme/invitations/a"
    server = FakeServer({path: {"id": "id-a", "email": f"{ONE}@example.com", "state": "revoked"}})
    cleaned = clean(journal, server, created(path, operation="createOrganizationInvitations"))

    assert (server.deleted, cleaned.leftovers) == ([], ())


def test_what_the_api_cannot_delete_is_reported(journal: Journal) -> None:
    builds = f"{PIPELINES}/web/builds"
    server = FakeServer({f"{PIPELINES}/web": pipeline("web")})
    build = created(f"{builds}/1", operation="createBuild")
    unnamed = Unresolved("createX", builds, None), Unresolved("createX", builds, None, other_name="We\nb")
    cleaned = clean(journal, server, build, unresolved=unnamed)

    assert [str(each) for each in cleaned.leftovers] == [
        f"{builds} (createX sent no name: its result is unknown)",
        f'{builds} (createX sent the name "We\\nb", which is not unique: its result is unknown)',
        f"{builds}/1 (the API cannot delete it)",
    ]


def test_objects_of_requests_without_a_result_are_found_by_their_whole_name(journal: Journal) -> None:
    mine = {key: pipeline(key, name) for key, name in {"web": "Web", "one": ONE, "ten": f"{ONE}0"}.items()}
    server = FakeServer({f"{PIPELINES}/{key}": each for key, each in mine.items()})
    found = clean(journal, server, unresolved=(CREATE,))

    assert server.objects.keys() == {f"{PIPELINES}/web", f"{PIPELINES}/ten"}
    assert (found.deleted, found.leftovers) == (1, ())


def test_what_is_below_a_deleted_object_is_not_left(journal: Journal) -> None:
    """The pipeline is found by its name, as the result of its creation is unknown too."""
    server = FakeServer({f"{PIPELINES}/one": pipeline("one", ONE), f"{PIPELINES}/web": pipeline("web", "Web")})
    builds = (Unresolved("createBuild", f"{PIPELINES}/{key}/builds", None) for key in ("one", "web"))
    annotation = Unresolved("createJobAnnotation", "/v2/organizations/acme/jobs/1/annotations", None)
    found = clean(journal, server, unresolved=(CREATE, *builds, annotation))

    assert found.deleted == 1
    assert [each.path for each in found.leftovers] == [f"{PIPELINES}/web/builds"]


ACCEPTED = Unresolved("createPipeline", PIPELINES, ONE, was_accepted=True)


@pytest.mark.parametrize("name", [ONE.upper(), f"My {ONE} (1)", f"old-{ONE}"], ids=["upper case", "longer", "prefix"])
def test_an_object_with_a_changed_form_of_the_name_is_deleted(name: str, journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/web": pipeline("web", "Web"), f"{PIPELINES}/one": pipeline("one", name)})
    number = journal.creating("createPipeline", PIPELINES, ONE)
    journal.accepted(number, 201)
    found = clean(journal, server, unresolved=journal.entries().unresolved)

    assert server.objects.keys() == {f"{PIPELINES}/web"}
    assert (found.deleted, found.leftovers) == (1, ())
    journal.close()
    after = read_journal(journal.path)
    assert (after.created, after.unresolved, after.invalid) == ((), (), ())


def test_an_accepted_request_without_an_object_may_have_left_one(journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/web": pipeline("web", "Web"), "/v2/organizations/acme": {}})
    found = clean(journal, server, unresolved=(ACCEPTED, evolve(ACCEPTED, name=TWO)))

    assert (server.deleted, found.deleted) == ([], 0)
    assert summary(found)[1:] == [
        f"may be left behind: {PIPELINES} (createPipeline sent the name {name}: no object in the list has it)"
        for name in (ONE, TWO)
    ]


def test_an_object_that_the_run_has_seen_after_its_creation_is_deleted(journal: Journal) -> None:
    """The name is not the one that was sent, so only the order shows that the object did not exist before."""
    ids = ["01920000-0000-7000-8000-00000000000" + digit for digit in "12"]
    items = [{"id": each, "slug": each, "name": ONE.upper()} for each in ids]
    server = FakeServer({f"{PIPELINES}/{each['id']}": each for each in items})
    own = OwnObjects()
    own.see(ids[0])
    own.creations = journal.creating("createPipeline", PIPELINES, ONE)
    own.see(" ".join(ids), [f"{PIPELINES}/{ids[1]}"])
    entries = journal.entries()
    cleaned = Cleanup(entries, SPEC, server.send, lambda _: None, own, journal, pause=lambda _: None).run()

    assert server.objects.keys() == {f"{PIPELINES}/{ids[0]}"}
    assert cleaned.deleted == 1


def refused(journal: Journal, *names: str) -> Entries:
    for name in names:
        journal.failed(journal.creating("createPipeline", PIPELINES, name), 422)
    return journal.entries()


def test_an_object_that_a_refused_request_has_created_is_deleted(journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/{key}": pipeline(key, name) for key, name in {"a": TWO, "b": "Web"}.items()})
    entries = refused(journal, ONE, TWO)
    cleaned = Cleanup(entries, SPEC, server.send, lambda _: None, OwnObjects(), journal, pause=lambda _: None).run()

    assert server.objects.keys() == {f"{PIPELINES}/b"}
    assert [(each.name, each.refusal) for each in cleaned.effective] == [(TWO, 422)]
    assert (cleaned.deleted, cleaned.leftovers) == (1, ())
    journal.close()
    assert read_journal(journal.path).created == ()


@pytest.mark.parametrize("response", [reply(403), reply(200, [])], ids=["no access", "nothing there"])
def test_a_list_is_read_once_for_all_refused_requests(response: requests.Response, journal: Journal) -> None:
    sent: list[str] = []

    def send(method: str, path: str) -> requests.Response:
        sent.append(path)
        return response

    entries = refused(journal, ONE, TWO)
    cleaned = Cleanup(entries, SPEC, send, lambda _: None, OwnObjects(), journal, pause=lambda _: None).run()

    assert (len(sent), cleaned) == (1, Cleaned(0, ()))


def test_the_object_of_a_request_that_was_sent_again_is_no_effect_of_its_refusal(journal: Journal) -> None:
    refused(journal, ONE)
    journal.created(journal.creating("createPipeline", PIPELINES, ONE), f"{PIPELINES}/a", "id-a", ONE)
    server = FakeServer({f"{PIPELINES}/a": pipeline("a")})
    own = OwnObjects()
    cleaned = Cleanup(journal.entries(), SPEC, server.send, lambda _: None, own, journal, pause=lambda _: None).run()

    assert (cleaned.deleted, cleaned.effective) == (1, ())


def test_an_object_that_existed_is_left_whatever_its_name(journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/one": pipeline("one"), "/v2/organizations/acme": {}})
    journal.accepted(journal.creating("createPipeline", PIPELINES, ONE), 201)
    journal.existing("id-one")
    entries = journal.entries()
    journal.close()
    assert read_journal(journal.path) == entries
    found = Cleanup(entries, SPEC, server.send, lambda _: None, OwnObjects(), journal, pause=lambda _: None).run()

    assert (server.deleted, len(found.leftovers)) == ([], 1)


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (200, None),
        (403, None),
        (401, "no access to the organization acme"),
        (404, "no access to the organization acme"),
        (429, r"limits the rate of requests: GET /v2/organizations/acme gets 429\. Repeat the command later\.$"),
        (503, r"^the server fails: GET /v2/organizations/acme gets 503\. Repeat the command later\.$"),
        (302, "is not the Buildkite REST API: GET /v2/organizations/acme gets 302"),
    ],
)
def test_a_cleanup_needs_access_to_the_organization(status: int, problem: str | None) -> None:
    entries = Entries("", (), (CREATE,))
    if problem is None:
        check_access(entries, SPEC, lambda method, path: reply(status))
    else:
        with pytest.raises(CannotRunError, match=problem):
            check_access(entries, SPEC, lambda method, path: reply(status))


def test_a_server_that_does_not_respond_ends_a_cleanup(journal: Journal) -> None:
    sent: list[str] = []

    def send(method: str, path: str) -> requests.Response:
        sent.append(path)
        raise requests.ReadTimeout

    objects = tuple(created(f"{PIPELINES}/{key}") for key in "abcd")
    build = created("/v2/organizations/acme/pipelines/web/builds/1", operation="createBuild")
    entries = Entries("", (*objects, build), (Unresolved("createCluster", CLUSTERS, ONE),))
    cleaned = Cleanup(entries, SPEC, send, lambda _: None, OwnObjects(), journal, pause=lambda _: None).run()

    assert len(sent) == 2
    assert cleaned.end == "the server did not respond to 2 requests within 10 s each"
    assert [each.reason for each in cleaned.leftovers] == [
        f"createCluster sent the name {ONE}: timed out",
        *("not deleted", "not deleted", "not deleted", "not deleted"),
        "the API cannot delete it",
    ]


def test_an_unexpected_error_lists_what_is_left(journal: Journal) -> None:
    def send(method: str, path: str) -> requests.Response:
        raise ValueError("Invalid IPv6 URL")

    entries = Entries("", (created(f"{PIPELINES}/a"),), (Unresolved("createCluster", CLUSTERS, ONE),))
    cleaned = Cleanup(entries, SPEC, send, lambda _: None, OwnObjects(), journal, pause=lambda _: None).run()

    assert cleaned.end is not None
    assert cleaned.end.startswith("a response led to ValueError: Invalid IPv6 URL in test_cleanup.py:")
    assert [each.path for each in cleaned.leftovers] == [f"{PIPELINES}/a", CLUSTERS]


def test_an_interrupted_cleanup_lists_what_is_left(journal: Journal) -> None:
    server = FakeServer({f"{PIPELINES}/{key}": pipeline(key) for key in "abc"})

    def send(method: str, path: str) -> requests.Response:
        if server.deleted:
            raise KeyboardInterrupt
        return server.send(method, path)

    entries = Entries("", tuple(created(f"{PIPELINES}/{key}") for key in "abc"), (CREATE,))
    cleanup = Cleanup(entries, SPEC, send, lambda _: None, OwnObjects(), journal, pause=lambda _: None)
    before = cleanup.ended("early")
    cleanup.leftovers.clear()
    with pytest.raises(KeyboardInterrupt):
        cleanup.run()
    after = cleanup.ended("interrupted")

    assert [(each.path, each.reason) for each in before.leftovers][-1] == (
        PIPELINES,
        f"createPipeline sent the name {ONE}: the cleanup ended before the search for it",
    )
    assert len(before.leftovers) == 4
    assert [each.path[-1] for each in after.leftovers] == ["a", "b", "c"]
    assert summary(after)[0] == "cleanup: 0 objects deleted, then ended: interrupted"


def test_an_object_that_was_seen_before_is_not_own() -> None:
    own, known = OwnObjects(), "01920000-0000-7000-8000-000000000001"
    own.see(json.dumps([{"id": known}]), [f"{PIPELINES}/web"])

    assert own.existed(f"{PIPELINES}/web")
    assert own.existed(f"{PIPELINES}/other", {"id": known})
    assert not own.existed(f"{PIPELINES}/new", {"id": known.replace("1", "2")})
    own.add(f"{PIPELINES}/x", {"id": known})
    assert known not in own.ids


def test_roots_and_names() -> None:
    assert [*roots_of(["/a/b", "/a", "/ab", "/a"])] == ["/a", "/ab"]
    assert name_in({"description": ONE}, [ONE]) == ONE
    assert name_in({"email": f"{ONE}@example.com"}, [ONE]) == ONE
    assert name_in({"name": f"x {ONE}"}, [ONE]) is None
    assert name_in({"name": None}, [ONE]) is None
