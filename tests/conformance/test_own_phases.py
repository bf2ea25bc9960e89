"""The rules of the phases that the runner has itself, where a whole run would show them too coarsely."""

from collections.abc import Sequence
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from buildkite_rest import Buildkite, JWTAuth
from buildkite_rest._base.errors import AuthenticationError
from buildkite_rest.conformance.objects import Target, Targets
from buildkite_rest.conformance.phases.access import forged_tokens
from buildkite_rest.conformance.phases.lifecycle import difference, follow, link_to
from buildkite_rest.conformance.phases.lists import Walk, walk_problems
from buildkite_rest.conformance.results import Outcome, Results
from buildkite_rest.conformance.run import try_again
from buildkite_rest.conformance.spec import Description, Link, Operation
from buildkite_rest.conformance.traffic import Answer
from buildkite_rest.mock import MockServer

OPERATIONS = {operation.id: operation for operation in Description.load(None).operations}


def answer(operation: Operation, body: Any, status: int = 200, **values: str | int) -> Answer:
    return Answer(operation, values, status, {}, "", body, "")


def walked(*pages: Sequence[int], complete: bool = True) -> Walk:
    agents = OPERATIONS["listAgents"]
    return Walk([answer(agents, [{"id": each} for each in page]) for page in pages], complete)


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        (walked([1, 2, 3, 4, 5]), walked([1, 2], [3, 4], [5])),
        (walked([1, 2, 3, 4]), walked([1, 2], [3, 4])),
        (walked([1, 2, 3, 4, 5]), walked([1, 2], [3, 4], complete=False)),
        (walked([1, 2, 3], complete=False), walked([1, 2], [3, 4], [5])),
        (walked([1, 1, 2]), walked([1, 1], [2])),
    ],
)
def test_the_same_list(whole: Walk, parts: Walk) -> None:
    assert list(walk_problems(whole, parts, 2)) == []


@pytest.mark.parametrize(
    ("whole", "parts", "problem"),
    [
        (walked([1, 2, 3]), walked([1, 2], [2, 3]), "1 of 4 items come twice in pages of 2"),
        (walked([1, 2, 3, 4]), walked([1, 2], [4]), "other items, or in another order"),
        (walked([1, 2, 3]), walked([2, 1], [3]), "other items, or in another order"),
        (walked([1, 2, 3]), walked([1, 2]), "have 2 items all in all, a page of 100 has 3"),
        (walked([1, 2]), walked([1, 2], [3]), "have 3 items all in all, a page of 100 has 2"),
        (walked([1, 2, 3]), walked([1], [2, 3]), "page 1 of 2 items has 1, and is not the last"),
    ],
)
def test_another_list(whole: Walk, parts: Walk, problem: str) -> None:
    problems = list(walk_problems(whole, parts, 2))

    assert len(problems) == 1
    assert problem in problems[0]


def test_a_link_leads_to_the_object() -> None:
    created = answer(OPERATIONS["createPipeline"], {"slug": "web"}, 201, org="acme")
    get = OPERATIONS["getPipeline"]
    link = link_to(created, get)

    assert link is not None
    assert follow(link, created, get) == {"org": "acme", "pipeline": "web"}
    assert link_to(answer(OPERATIONS["createPipeline"], {}, 422, org="acme"), get) is None
    assert follow(link, answer(OPERATIONS["createPipeline"], {}, 201, org="acme"), get) is None


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$response.body#/0/id", "x"),
        ("$response.body#/1/id", None),
        ("$response.body#/0/a~1b", "y"),
        ("$response.body#/0/id/deeper", None),
        ("$request.path.org", "acme"),
        ("$request.query.page", None),
        ("$url", None),
    ],
)
def test_runtime_expressions(expression: str, value: str | None) -> None:
    operation = OPERATIONS["getOrganization"]
    link = Link("200", operation.id, {"org": expression})
    listed = answer(operation, [{"id": "x", "a/b": "y"}], org="acme")

    assert follow(link, listed, operation) == (None if value is None else {"org": value})


def test_forged_tokens_are_wrong_and_the_key_is_right() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with MockServer(builds=10) as server:
        server.register_public_key(public)
        auth = JWTAuth(server.jwt_token_uuid, key)
        with Buildkite(auth, base_url=server.url) as client:
            assert client.user.get().id
        forged = dict(forged_tokens(auth))
        for token in forged.values():
            with Buildkite(token, base_url=server.url) as client, pytest.raises(AuthenticationError, match="401"):
                client.user.get()

    assert len(forged) >= 13
    assert {jwt.get_unverified_header(token)["alg"] for token in forged.values()} == {"RS256", "RS512", "HS256", "none"}


def test_secrets_are_known_by_the_operation_that_shows_them() -> None:
    description = Description.load(None)

    assert description.secrets_of(OPERATIONS["createClusterAgentToken"]) == {"token"}
    assert description.secrets_of(OPERATIONS["getUser"]) == set()
    assert description.secrets_of(OPERATIONS["deleteTeam"]) == set()


def test_a_request_is_known_by_its_path() -> None:
    description = Description.load(None)

    assert description.find("GET", "/v2/organizations/acme/teams/1") == OPERATIONS["getTeam"]
    assert description.find("GET", "/v2/organizations/acme/nothing") is None


@pytest.mark.parametrize(
    ("expected", "found", "said"),
    [
        ({"name": "a"}, {"name": "a", "id": 1}, None),
        ({"name": "a"}, {}, None),
        ({"tags": ["a"]}, {"tags": []}, None),
        ({"name": ""}, {"name": None}, None),
        ({"size": "5"}, {"size": 5}, None),
        ({"name": "a"}, {"name": "b"}, "name is 'b' and not 'a'"),
        ({"public": True}, {"public": False}, "public is False and not True"),
        ({"name": "a"}, {"name": None}, "name is null and not 'a'"),
        ("nonsense", None, None),
    ],
)
def test_what_is_kept(expected: object, found: object, said: str | None) -> None:
    assert difference(expected, found) == said


def test_what_never_succeeded_is_tried_on_what_is_there_by_then() -> None:
    description = Description.load(None)
    rebuild, delete, seen = (OPERATIONS[name] for name in ("rebuildBuild", "deletePipeline", "getBuild"))
    outcomes = {operation.label: Outcome(operation) for operation in (rebuild, delete, seen)}
    outcomes[seen.label].statuses[200] += 1
    sent: list[tuple[str, int | str]] = []

    class Wire:
        results = Results(outcomes)

        def send(self, operation: Operation, values: Any, body: Any) -> Answer:
            sent.append((operation.id, values["number"]))
            return answer(operation, {}, 200 if values["number"] == 2 else 422)

    def discover() -> Targets:
        found = Targets()
        path = seen.path
        found.add(path, [Target(path, {"org": "acme", "pipeline": "web", "number": each}) for each in (1, 2, 3)])
        return found

    tried = list(try_again(Wire(), description, [rebuild, delete, seen], discover))  # type: ignore[arg-type]

    assert tried == [rebuild]
    assert sent == [("rebuildBuild", 1), ("rebuildBuild", 2)]


def test_nothing_is_looked_for_when_everything_has_succeeded() -> None:
    user = OPERATIONS["getUser"]
    results = Results({user.label: Outcome(user)})
    results.outcomes[user.label].statuses[200] += 1

    class Wire:
        pass

    wire: Any = Wire()
    wire.results = results
    assert list(try_again(wire, Description.load(None), [user], lambda: pytest.fail("looked"))) == []
