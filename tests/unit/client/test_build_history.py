"""Lists of builds without a limit on their length."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from tests.unit.client.support import Script, build, response

from buildkite_rest import DecodeError, PaginationError

START = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
TOO_DEEP = {"message": "Listing builds this deep is not supported."}


class History:
    """Responds like the list of builds of the API, which refuses pages beyond `deepest`."""

    def __init__(self, seconds, *, deepest=10, inclusive=False, by_number=False):
        self.builds = [
            (
                START + timedelta(seconds=second),
                build(number, created_at=(START + timedelta(seconds=second)).isoformat()),
            )
            for number, second in enumerate(seconds, 1)
        ]
        self.deepest, self.inclusive, self.requests = deepest, inclusive, []
        self.order = (lambda each: each[1]["number"]) if by_number else (lambda each: each[0])

    def __call__(self, request):
        params = request.url.params
        self.requests.append(params)
        number, size = int(params.get("page", 1)), int(params["per_page"])
        if number * size > self.deepest:
            return response(TOO_DEEP, 400)
        start = datetime.fromisoformat(params.get("created_from", "0001-01-01T00:00:00Z"))
        end = datetime.fromisoformat(params.get("created_to", "9999-12-31T00:00:00Z"))
        newest_first = sorted(self.builds, key=self.order, reverse=True)
        found = [item for time, item in newest_first if start <= time < end or (self.inclusive and time == end)]
        more = number * size < len(found)
        links = {"Link": f'<{request.url.copy_set_param("page", number + 1)}>; rel="next"'} if more else {}
        return response(found[(number - 1) * size : number * size], **links)


def numbers(client, **options):
    return [each.number for each in client.builds.list_history("acme", "web", per_page=2, **options)]


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize(
    "seconds",
    [
        range(0, 400, 10),
        [each / 10 for each in range(40)],
        [0, 0, 0, 5, 5, 5, 5, 5, 5, 5, 60, 60, 60, 61, 61.001],
        [0],
        [],
    ],
    ids=["spread", "dense", "equal", "one", "none"],
)
def test_each_build_is_returned_once(connect, seconds, inclusive):
    history = History(
        seconds, deepest=1_000 if seconds == [each / 10 for each in range(40)] else 20, inclusive=inclusive
    )
    found = numbers(connect(history))
    assert sorted(found, reverse=True) == sorted(range(1, len(seconds) + 1), reverse=True)
    times = dict(enumerate(seconds, 1))
    assert [times[number] for number in found] == sorted(seconds, reverse=True)


def test_a_page_costs_one_request(connect):
    history = History(range(0, 400, 10))
    assert len(numbers(connect(history))) == 40
    assert len(history.requests) <= 40
    assert {params.get("page", "1") for params in history.requests} == {"1"}


def test_bounds_and_filters_are_sent_with_each_request(connect):
    history = History(range(0, 400, 10))
    start, end = START + timedelta(seconds=100), START + timedelta(seconds=200)
    assert numbers(connect(history), created_from=start, created_to=end, branch="main") == list(range(20, 10, -1))
    assert {params["created_from"] for params in history.requests} == {"2026-03-02T09:16:40Z"}
    assert {params["branch"] for params in history.requests} == {"main"}
    assert history.requests[0]["created_to"] == "2026-03-02T09:18:20Z"


def test_changes_meanwhile_hide_no_build(connect):
    history = History(range(0, 400, 10))
    found = list[int]()
    for each in connect(history).builds.list_history("acme", "web", per_page=4):
        found.append(each.number)
        if len(found) in (3, 8):  # two builds are deleted that were read, and a newer one is created
            history.builds = [each for each in history.builds if each[1]["number"] not in found[:2]]
            history.builds.append((START + timedelta(days=1), build(900, created_at="2026-03-03T09:15:00Z")))
    assert found == list(range(40, 0, -1))


def test_builds_up_to_two_seconds_out_of_order_are_returned(connect):
    """On a page as on the border of two: with two builds in a page, each of these is on one of them."""
    assert numbers(connect(History([0, 12, 10, 22, 20, 30], by_number=True))) == [6, 5, 4, 3, 2, 1]
    assert numbers(connect(History([12, 10, 22, 20, 30], by_number=True))) == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(("wanted", "requests"), [(0, 0), (1, 1), (3, 1), (100, 1), (150, 2), (1_000, 3)])
def test_max_items_requests_no_more_than_needed(connect, wanted, requests):
    history = History(range(0, 2_500, 10), deepest=1_000)
    found = [each.number for each in connect(history).builds.list_history("acme", "web", max_items=wanted)]
    assert found == list(range(250, max(250 - wanted, 0), -1))
    assert len(history.requests) == requests
    assert {params["per_page"] for params in history.requests} <= {str(min(wanted, 100))}


@pytest.mark.parametrize(
    "item", [5, None, {}, {"id": ""}, {"id": 5}, build(2, created_at=None), build(2, created_at="soon")], ids=repr
)
def test_a_build_without_an_id_or_a_time_is_an_error(connect, item):
    with pytest.raises(DecodeError, match="listBuilds: a build has no id or no created_at"):
        numbers(connect(lambda _: response([build(1), item])))


def test_an_interrupted_history_continues(connect):
    client = connect(History([0, 0, 0, 10, 20, 20, 30]))
    first = list(islice(iter(client.builds.list_history("acme", "web", per_page=2)), 3))
    seen = {each.id for each in first}
    rest = client.builds.list_history("acme", "web", per_page=2, created_to=first[-1].created_at + timedelta(seconds=1))
    assert sorted([*(each.number for each in first), *(each.number for each in rest if each.id not in seen)]) == [
        1, 2, 3, 4, 5, 6, 7,
    ]  # fmt: skip


SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("commit", ["", "HEAD", SHA.upper(), SHA[:7], f"{SHA}\n"], ids=repr)
def test_a_commit_that_is_not_a_full_sha_is_refused_by_all_lists(connect, commit):
    script = Script(response([build(9)]))
    builds = connect(script).builds
    for search in (
        lambda: builds.list("acme", "web", commit=commit),
        lambda: builds.list_for_organization("acme", commit=[SHA, commit]),
        lambda: list(builds.list_history(commit=commit)),
    ):
        with pytest.raises(ValueError, match=r"^commit must be a full SHA, 40 hexadecimal digits in lower case, not "):
            search()
    assert script.requests == []


def test_a_list_in_another_order_is_an_error(connect):
    items = [build(1), build(2, created_at="2026-03-05T00:00:00Z")]
    with pytest.raises(PaginationError, match="are not sorted by their creation"):
        numbers(connect(lambda _: response(items)))
