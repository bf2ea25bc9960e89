"""Rules of the runner's own phases."""

from collections.abc import Sequence
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.conformance.package_spec import SPEC

from buildkite_rest import Buildkite, JWTAuth
from buildkite_rest._base.errors import AuthenticationError
from buildkite_rest.conformance.forged_tokens import forged_tokens
from buildkite_rest.conformance.list_rules import pagination_problems
from buildkite_rest.conformance.objects import KnownObject, Objects
from buildkite_rest.conformance.pages import PageSequence
from buildkite_rest.conformance.phases.lifecycle import first_difference, follow, link_to
from buildkite_rest.conformance.results import Outcome, Results
from buildkite_rest.conformance.run import retry_unsuccessful
from buildkite_rest.conformance.spec import Link, Operation
from buildkite_rest.conformance.traffic import Response
from buildkite_rest.mock import MockServer

OPERATIONS = {operation.id: operation for operation in SPEC.operations}


def response(operation: Operation, body: Any, status: int = 200, **values: str | int) -> Response:
    return Response(operation, values, status, {}, "", body)


def page_sequence(*pages: Sequence[int], is_complete: bool = True) -> PageSequence:
    agents = OPERATIONS["listAgents"]
    return PageSequence([response(agents, [{"id": each} for each in page]) for page in pages], is_complete)


@pytest.mark.parametrize(
    ("large", "small"),
    [
        (page_sequence([1, 2, 3, 4, 5]), page_sequence([1, 2], [3, 4], [5])),
        (page_sequence([1, 2, 3, 4]), page_sequence([1, 2], [3, 4])),
        (page_sequence([1, 2, 3, 4, 5]), page_sequence([1, 2], [3, 4], is_complete=False)),
        (page_sequence([1, 2, 3], is_complete=False), page_sequence([1, 2], [3, 4], [5])),
        (page_sequence([1, 1, 2]), page_sequence([1, 1], [2])),
    ],
)
def test_equal_page_sequences(large: PageSequence, small: PageSequence) -> None:
    assert list(pagination_problems(large, small, 2, 100)) == []


@pytest.mark.parametrize(
    ("large", "small", "problem"),
    [
        (page_sequence([1, 2, 3]), page_sequence([1, 2], [2, 3]), "pages of 2 repeat 1 of 4 items"),
        (page_sequence([1, 2, 3, 4]), page_sequence([1, 2], [4]), "other items or another order"),
        (page_sequence([1, 2, 3]), page_sequence([2, 1], [3]), "other items or another order"),
        (page_sequence([1, 2, 3]), page_sequence([1, 2]), "have 2 items, a page of 100 has 3"),
        (page_sequence([1, 2]), page_sequence([1, 2], [3]), "have 3 items, a page of 100 has 2"),
        (page_sequence([1, 2, 3]), page_sequence([1], [2, 3]), "page 1 has 1 of 2 items and is not the last"),
    ],
)
def test_different_page_sequences(large: PageSequence, small: PageSequence, problem: str) -> None:
    problems = list(pagination_problems(large, small, 2, 100))

    assert len(problems) == 1
    assert problem in problems[0]


def test_a_link_leads_to_the_object() -> None:
    created = response(OPERATIONS["createPipeline"], {"slug": "web"}, 201, org="acme")
    get = OPERATIONS["getPipeline"]
    link = link_to(created, get)

    assert link is not None
    assert follow(link, created, get) == {"org": "acme", "pipeline": "web"}
    assert link_to(response(OPERATIONS["createPipeline"], {}, 422, org="acme"), get) is None
    assert follow(link, response(OPERATIONS["createPipeline"], {}, 201, org="acme"), get) is None


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
    listed = response(operation, [{"id": "x", "a/b": "y"}], org="acme")

    assert follow(link, listed, operation) == (None if value is None else {"org": value})


def test_forged_tokens_are_rejected_and_the_key_is_accepted() -> None:
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
    assert {jwt.get_unverified_header(token)["alg"] for token in forged.values()} == {
        *("RS256", "RS512", "PS256", "HS256", "none", "nOnE"),
    }


def test_secrets_of_an_operation() -> None:
    spec = SPEC

    assert spec.secrets_of(OPERATIONS["createClusterAgentToken"]) == {"token"}
    assert spec.secrets_of(OPERATIONS["getUser"]) == set()
    assert spec.secrets_of(OPERATIONS["deleteTeam"]) == set()


def test_find_an_operation_by_path() -> None:
    spec = SPEC

    assert spec.find("GET", "/v2/organizations/acme/teams/1") == OPERATIONS["getTeam"]
    assert spec.find("GET", "/v2/organizations/acme/nothing") is None


@pytest.mark.parametrize(
    ("expected", "found", "message"),
    [
        ({"name": "a"}, {"name": "a", "id": 1}, None),
        ({"name": "a"}, {}, None),
        ({"tags": ["a"]}, {"tags": []}, None),
        ({"name": ""}, {"name": None}, None),
        ({"size": "5"}, {"size": 5}, None),
        ({"name": "a"}, {"name": "b"}, "name is 'b' instead of 'a'"),
        ({"public": True}, {"public": False}, "public is False instead of True"),
        ({"name": "a"}, {"name": None}, "name is null instead of 'a'"),
        ("nonsense", None, None),
    ],
)
def test_first_difference(expected: object, found: object, message: str | None) -> None:
    assert first_difference(expected, found) == message


def test_unsuccessful_operations_are_retried_on_current_objects() -> None:
    spec = SPEC
    rebuild, delete, seen = (OPERATIONS[name] for name in ("rebuildBuild", "deletePipeline", "getBuild"))
    outcomes = {operation.label: Outcome(operation) for operation in (rebuild, delete, seen)}
    outcomes[seen.label].statuses[200] += 1
    sent: list[tuple[str, int | str]] = []

    class FakeSession:
        results = Results(outcomes)

        def send(self, operation: Operation, values: Any, body: Any) -> Response:
            sent.append((operation.id, values["number"]))
            return response(operation, {}, 200 if values["number"] == 2 else 422)

    def discover() -> Objects:
        found = Objects()
        path = seen.path
        found.add(path, [KnownObject(path, {"org": "acme", "pipeline": "web", "number": each}) for each in (1, 2, 3)])
        return found

    tried = list(retry_unsuccessful(FakeSession(), spec, [rebuild, delete, seen], discover))  # type: ignore[arg-type]

    assert tried == [rebuild]
    assert sent == [("rebuildBuild", 1), ("rebuildBuild", 2)]


def test_objects_are_not_discovered_without_need() -> None:
    user = OPERATIONS["getUser"]
    results = Results({user.label: Outcome(user)})
    results.outcomes[user.label].statuses[200] += 1

    class FakeSession:
        pass

    session: Any = FakeSession()
    session.results = results
    assert list(retry_unsuccessful(session, SPEC, [user], lambda: pytest.fail("discovered"))) == []
