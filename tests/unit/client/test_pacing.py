"""Requests slow down before a limit is exhausted, all threads and tasks of a client together."""

import asyncio
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from math import inf

import httpx
import pytest
from tests.unit.client.support import API, answer
from tests.unit.client.turns import claim, observe, seconds

from buildkite_rest import (
    APIConnectionError,
    AsyncBuildkite,
    Buildkite,
    RateLimitError,
    RateLimitPacing,
    RetryPolicy,
    Timing,
)
from buildkite_rest._policy.pacing import Pacer

WINDOW = 60.0


def send(pacer, now):
    """Let a request to "acme" be sent, and return its turn."""
    turn = pacer.new_turn("acme")
    assert pacer.pause(turn, now, max_pause=1000) is None
    return turn


class LimitedApi:
    """An API that allows a number of requests in a window of the clock, and counts those that it refuses."""

    def __init__(self, clock, *, organization=1000, user=1000):
        self.clock = clock
        self.limits = {"rest": organization, "rest_user": user}
        self.begins = clock.now
        self.used = 0
        self.refused = 0
        self.times = []
        self.lock = threading.Lock()

    def __call__(self, request):
        with self.lock:
            if self.clock.now >= self.begins + WINDOW:
                self.begins, self.used = self.clock.now, 0
            self.used += 1
            self.times.append(self.clock.now)
            reset = str(int(self.begins + WINDOW - self.clock.now + 0.999))
            headers = {}
            for prefix, scope in (("RateLimit", "rest"), ("RateLimit-User", "rest_user")):
                left = max(0, self.limits[scope] - self.used)
                headers |= {f"{prefix}-Scope": scope, f"{prefix}-Limit": str(self.limits[scope])}
                headers |= {f"{prefix}-Remaining": str(left), f"{prefix}-Reset": reset}
            for scope, limit in self.limits.items():
                if self.used > limit:
                    self.refused += 1
                    body = {"message": "m", "scope": scope, "limit": limit, "reset": int(reset)}
                    return httpx.Response(429, json=body, headers=headers)
            return httpx.Response(200, json=[], headers=headers)


@pytest.mark.parametrize("limits", [{"organization": 20}, {"user": 20}, {"organization": 20, "user": 15}])
@pytest.mark.parametrize("below", [0.0, 0.5, 1.0])
def test_no_request_is_refused(connect, clock, limits, below):
    api = LimitedApi(clock, **limits)
    client = connect(api, pacing=RateLimitPacing(below=below))
    for _ in range(70):
        client.emojis.list("acme")
    assert api.refused == 0
    assert len(api.times) == 70


def test_without_pacing_requests_are_refused(connect, clock):
    api = LimitedApi(clock, organization=20)
    client = connect(api)
    for _ in range(30):
        client.emojis.list("acme")
    assert api.refused == 1


def test_there_are_no_waits_above_the_share(connect, clock):
    client = connect(LimitedApi(clock, organization=20), pacing=RateLimitPacing(below=0.5))
    for _ in range(10):
        client.emojis.list("acme")
    assert clock.sleeps == []
    client.emojis.list("acme")
    assert 5 < clock.sleeps[0] <= 6.1  # ten requests are left for a minute


def test_the_remaining_requests_last_until_the_window_ends(connect, clock):
    api = LimitedApi(clock, organization=20)
    client = connect(api, pacing=RateLimitPacing(below=0.5))
    for _ in range(20):
        client.emojis.list("acme")
    spread = api.times[10:]
    assert spread[-1] - spread[0] > WINDOW * 0.7
    gaps = [later - earlier for earlier, later in pairwise(spread)]
    assert max(gaps) < 3 * min(gaps)


def test_a_wait_that_is_too_long_is_left_to_the_api(connect, clock):
    api = LimitedApi(clock, organization=1)
    retries = RetryPolicy(max_rate_limit_wait=5, random=lambda: 0.0)
    client = connect(api, pacing=RateLimitPacing(below=0), retries=retries)
    client.emojis.list("acme")
    with pytest.raises(RateLimitError):
        client.emojis.list("acme")
    assert clock.sleeps == []


def test_a_deadline_cuts_the_wait(connect, clock):
    api = LimitedApi(clock, organization=1)
    client = connect(api, pacing=RateLimitPacing(below=0), retries=RetryPolicy(deadline=30))
    client.emojis.list("acme")
    with pytest.raises(RateLimitError):
        client.emojis.list("acme")
    assert clock.sleeps == []


def test_a_client_with_other_options_shares_the_turns(connect, clock):
    client = connect(LimitedApi(clock, organization=4), pacing=RateLimitPacing(below=1))
    client.emojis.list("acme")
    client.with_options(timeout=1).emojis.list("acme")
    assert len(clock.sleeps) == 1


def test_responses_without_limits_cause_no_waits(connect, clock):
    client = connect(lambda _: httpx.Response(200, json=[]), pacing=RateLimitPacing(below=1))
    for _ in range(5):
        client.emojis.list("acme")
    assert clock.sleeps == []


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("name", ["below", "reserve"])
def test_a_share_is_between_0_and_1(name, share):
    with pytest.raises(ValueError, match=f"{name} must be from 0 to 1, not {share}"):
        RateLimitPacing(**{name: share})


@pytest.mark.parametrize("name", ["below", "reserve"])
def test_a_share_is_a_number(name):
    with pytest.raises(TypeError, match=f"{name} must be a number, not str"):
        RateLimitPacing(**{name: "0.5"})


def test_a_reserve_is_left_to_others(connect, clock):
    api = LimitedApi(clock, organization=20)
    client = connect(api, pacing=RateLimitPacing(reserve=0.25))
    for _ in range(45):
        client.emojis.list("acme")
    windows = Counter(int(time // WINDOW) for time in api.times)
    assert api.refused == 0
    assert max(windows.values()) == 15


def test_a_reserve_of_all_allows_one_request_in_a_window(connect, clock):
    api = LimitedApi(clock, organization=20)
    client = connect(api, pacing=RateLimitPacing(reserve=1))
    for _ in range(3):
        client.emojis.list("acme")
    assert [round(later - earlier) for earlier, later in pairwise(api.times)] == [60, 60]


def headers(remaining, reset=60, limit=10):
    return {"RateLimit-Limit": str(limit), "RateLimit-Remaining": str(remaining), "RateLimit-Reset": str(reset)}


@pytest.mark.parametrize(
    ("lie", "longest"),
    [
        (headers(0, reset=86400), 60),
        (headers(0, reset=1_790_000_000), 60),
        (headers(0, reset=10**400), 60),
        (headers(-1), 0),
        (headers(0, reset=-1), 0),
        (headers(0, reset=29.5), 0),
        (headers(0, limit="5.0"), 0),
        (headers("0, 0"), 0),
        (headers(5, limit=0), 0),
        (headers(0, limit=0), 0),
        (headers(11), 0),
        (headers(999_999_999, limit=1), 60),
    ],
)
def test_implausible_headers_cause_no_stall_and_one_log_record(connect, clock, caplog, lie, longest):
    client = connect(lambda _: httpx.Response(200, json=[], headers=lie), pacing=RateLimitPacing())
    for _ in range(4):
        client.emojis.list("acme")
    assert max(clock.sleeps, default=0) <= longest
    (record,) = [each for each in caplog.records if each.levelname == "WARNING"]
    assert record.getMessage().startswith("implausible rate limit: RateLimit-")


def test_the_log_record_of_an_implausible_header_names_it(caplog):
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers("9" * 100), "acme", 0.0)
    assert caplog.messages == [f"implausible rate limit: RateLimit-Remaining is {'9' * 39}…; pacing ignores this limit"]


def test_the_log_record_of_headers_without_a_number_names_one(caplog):
    observe(Pacer(RateLimitPacing()), {"RateLimit-Limit": "unlimited", "RateLimit-Reset": "never"}, "acme", 0.0)
    assert caplog.messages == ["implausible rate limit: RateLimit-Limit is unlimited; pacing ignores this limit"]


def test_a_window_may_be_rounded_up(caplog):
    observe(Pacer(RateLimitPacing()), headers(5, reset=61), "acme", 0.0)
    assert caplog.records == []


def test_a_changed_limit_is_not_taken_for_requests_of_others():
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(100, limit=100), "acme", 0.0)
    observe(pacer, headers(19, limit=20, reset=59), "acme", 1.0)
    assert [claim(pacer, "acme", 1.0) for _ in range(19)] == [0] * 19


def test_those_that_are_sent_at_once_are_not_spread():
    pacer = Pacer(RateLimitPacing(below=0.5))
    observe(pacer, headers(9), "acme", 0.0)
    pacer.observe(send(pacer, 0.0), headers(8), 0.0, is_accepted=True)
    ahead = [pacer.new_turn("acme") for _ in range(3)]
    last = pacer.new_turn("acme")
    for turn in ahead:
        pacer._turns["RateLimit", "acme"].add(turn)
    assert seconds(pacer.pause(last, 0.0, max_pause=1000)) == 10


def test_turns_are_spread_before_a_response_arrives():
    pacer = Pacer(RateLimitPacing(below=1))
    observe(pacer, headers(6), "acme", 0.0)
    assert [round(claim(pacer, "acme", 0.0), 3) for _ in range(6)] == [0, 10, 20, 30, 40, 50]


def test_those_that_do_not_fit_into_the_window_wait_for_the_next():
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(2), "acme", 0.0)
    turns = [pacer.new_turn("acme") for _ in range(14)]
    assert [seconds(pacer.pause(turn, 0.0, max_pause=1000)) for turn in turns[:2]] == [0, 0]
    for turn in turns[:2]:
        pacer.observe(turn, headers(0), 0.0, is_accepted=True)
    assert [seconds(pacer.pause(turn, 0.0, max_pause=1000)) for turn in turns[2:]] == [60] * 12
    assert [seconds(pacer.pause(turn, 60.0, max_pause=1000)) for turn in turns[2:7]] == [0, 0, 0, 0, inf]
    pacer.observe(turns[2], headers(9), 60.0, is_accepted=True)
    assert [seconds(pacer.pause(turn, 60.1, max_pause=1000)) for turn in turns[7:]] == [0, 0, 0, 0, 0, 59.9, 59.9]


def test_a_new_call_does_not_overtake():
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(0, limit=1), "acme", 0.0)
    first, second = pacer.new_turn("acme"), pacer.new_turn("acme")
    assert seconds(pacer.pause(first, 0.0, max_pause=1000)) == 60
    assert seconds(pacer.pause(second, 60.0, max_pause=1000)) > 0
    assert seconds(pacer.pause(first, 60.0, max_pause=1000)) == 0


def test_a_call_that_leaves_makes_room():
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(0, limit=1), "acme", 0.0)
    first, second = pacer.new_turn("acme"), pacer.new_turn("acme")
    pacer.pause(first, 0.0, max_pause=1000)
    pacer.leave(first)
    assert seconds(pacer.pause(second, 60.0, max_pause=1000)) == 0


def test_calls_behind_those_that_leave_get_the_next_window():
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(0, limit=5), "acme", 0.0)
    turns = [pacer.new_turn("acme") for _ in range(30)]
    assert [seconds(pacer.pause(turn, 0.0, max_pause=1000)) for turn in turns] == [60] * 30
    for turn in turns[:25]:
        pacer.leave(turn)
    assert [seconds(pacer.pause(turn, 60.0, max_pause=1000)) for turn in turns[25:29]] == [0] * 4


def test_a_slow_response_does_not_begin_another_window():
    """Its reset was right when the response was made, and its rest before that of a later one."""
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(3, reset=25), "acme", 4.0)
    slow, fast = send(pacer, 4.3), send(pacer, 5.5)
    pacer.observe(fast, headers(1, reset=20), 8.8, is_accepted=True)
    pacer.observe(slow, headers(2, reset=22), 9.5, is_accepted=True)
    send(pacer, 9.5)
    assert claim(pacer, "acme", 9.6) == pytest.approx(28.8 - 9.6)


def test_a_response_of_the_window_before_does_not_count():
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(9, reset=60), "acme", 0.0)
    slow, other = send(pacer, 45.0), send(pacer, 60.0)
    pacer.observe(other, headers(8, reset=60), 60.1, is_accepted=True)
    pacer.observe(slow, headers(0, reset=14), 62.0, is_accepted=True)
    assert claim(pacer, "acme", 62.1) == 0


def test_a_request_at_the_end_of_a_window_may_be_counted_in_the_next():
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(2, limit=2, reset=60), "acme", 0.0)
    send(pacer, 59.0)
    other = send(pacer, 60.5)
    pacer.observe(other, headers(1, limit=2, reset=60), 60.6, is_accepted=True)
    assert claim(pacer, "acme", 60.7) == inf


def test_a_reset_of_zero_shows_that_a_server_rounds_down():
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(0, reset=0), "acme", 0.0)
    assert claim(pacer, "acme", 0.0) == 1
    observe(pacer, headers(0, reset=59), "acme", 1.0)
    assert claim(pacer, "acme", 1.0) == 60


def test_a_call_that_is_retried_keeps_its_place():
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(1), "acme", 0.0)
    first, second = pacer.new_turn("acme"), pacer.new_turn("acme")
    assert seconds(pacer.pause(first, 0.0, max_pause=1000)) == 0
    pacer.observe(first, headers(0, limit=1), 0.0, is_accepted=False)
    assert seconds(pacer.pause(second, 0.0, max_pause=1000)) == 60
    assert seconds(pacer.pause(first, 0.0, max_pause=1000)) == 60
    assert seconds(pacer.pause(second, 60.0, max_pause=1000)) > 0
    assert seconds(pacer.pause(first, 60.0, max_pause=1000)) == 0


def test_a_retry_does_not_count_for_another_call_that_was_sent_at_the_same_time():
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(2), "acme", 0.0)
    retried, _ = send(pacer, 1.0), send(pacer, 1.0)
    pacer.observe(retried, headers(1, reset=59), 1.1, is_accepted=True)
    assert seconds(pacer.pause(retried, 1.2, max_pause=1000)) > 0


@pytest.mark.parametrize("response", [None, {}])
def test_a_request_whose_response_is_lost_may_have_been_counted(response):
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(4), "acme", 0.0)
    lost, other, last = (pacer.new_turn("acme") for _ in range(3))
    pacer.pause(lost, 1.0, max_pause=1000)
    if response is None:
        pacer.leave(lost)
    else:
        pacer.observe(lost, response, 1.0, is_accepted=True)
    assert [claim(pacer, "acme", 2.0) for _ in range(2)] == [0, 0]
    assert seconds(pacer.pause(other, 2.0, max_pause=1000)) == 0
    assert seconds(pacer.pause(last, 2.0, max_pause=1000)) == 58


def test_the_first_response_with_limits_counts_requests_without():
    pacer = Pacer(RateLimitPacing())
    for is_accepted in (True, False):
        turn = pacer.new_turn("acme")
        pacer.pause(turn, 0.0, max_pause=1000)
        pacer.observe(turn, {}, 0.0, is_accepted=is_accepted)
    later = pacer.new_turn("acme")
    pacer.pause(later, 1.0, max_pause=1000)
    pacer.observe(later, headers(1, reset=59), 1.0, is_accepted=True)
    assert [claim(pacer, "acme", 2.0) for _ in range(2)] == [0, 58]


def test_an_exhausted_limit_lasts_until_its_reset_if_later_responses_lack_it():
    pacer = Pacer(RateLimitPacing())
    refused = pacer.new_turn("acme")
    pacer.pause(refused, 0.0, max_pause=1000)
    pacer.observe(refused, headers(0), 0.0, is_accepted=False)
    observe(pacer, {}, "acme", 1.0)
    assert claim(pacer, "acme", 2.0) == 58


@pytest.mark.parametrize(("later", "left"), [(2.0, 0), (7.0, 4)])
def test_a_later_response_shows_whether_lost_requests_were_counted(later, left):
    """One that was sent within seconds may have overtaken them."""
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(9), "acme", 0.0)
    for _ in range(4):
        pacer.leave(send(pacer, 1.0))
    pacer.observe(send(pacer, later), headers(4, reset=60 - int(later)), later, is_accepted=True)
    assert [claim(pacer, "acme", later) for _ in range(left + 1)] == [0] * left + [60 - later]


@pytest.mark.parametrize(("sent", "left"), [(1.1, 5), (1.3, 8)])
def test_a_response_with_limits_counts_those_without_that_were_received_before_its_request(sent, left):
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(9), "acme", 0.0)
    unlimited = [send(pacer, 1.0) for _ in range(3)]
    other = None if sent > 1.2 else send(pacer, sent)
    for turn in unlimited:
        pacer.observe(turn, {}, 1.2, is_accepted=True)
    pacer.observe(other or send(pacer, sent), headers(8, reset=59), 1.4, is_accepted=True)
    claims = [claim(pacer, "acme", 1.4) for _ in range(left + 1)]
    assert claims[:left] == [0] * left
    assert claims[left] > 0


def test_a_client_that_is_closed_during_a_pause_is_a_connection_error():
    def close(seconds):
        client.close()

    http_client = httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json=[], headers=headers(0)))
    )
    client = Buildkite("t", http_client=http_client, pacing=RateLimitPacing(), timing=Timing(sleep=close))
    client.emojis.list("acme")
    with pytest.raises(APIConnectionError, match="the client was closed during the call"):
        client.emojis.list("acme")
    with pytest.raises(ValueError, match="the client is closed"):
        client.emojis.list("acme")


def test_a_late_response_gives_nothing_back():
    pacer = Pacer(RateLimitPacing(below=1))
    observe(pacer, headers(2), "acme", 0.0)
    observe(pacer, headers(9), "acme", 0.0)
    assert [claim(pacer, "acme", 0.0, 1000) for _ in range(3)] == [0, 30, 60]


def test_a_new_window_gives_all_back():
    pacer = Pacer(RateLimitPacing(below=0))
    observe(pacer, headers(0, reset=1), "acme", 0.0)
    assert claim(pacer, "acme", 0.0, 1000) == 1
    observe(pacer, headers(9, reset=60), "acme", 2.0)
    assert claim(pacer, "acme", 2.0, 1000) == 0


def test_each_organization_has_its_own_limit():
    pacer = Pacer(RateLimitPacing(below=1))
    observe(pacer, headers(0), "acme", 0.0)
    observe(pacer, headers(9), "globex", 0.0)
    assert claim(pacer, "globex", 0.0, 1000) == 0
    assert claim(pacer, None, 0.0, 1000) == 0
    assert claim(pacer, "acme", 0.0, 1000) >= 60


def test_organizations_share_the_limit_of_the_user():
    pacer = Pacer(RateLimitPacing(below=1))
    observe(
        pacer, {name.replace("RateLimit", "RateLimit-User"): value for name, value in headers(0).items()}, "acme", 0
    )
    assert claim(pacer, "globex", 0.0, 1000) >= 60


def test_the_organization_is_read_from_the_url(connect, clock):
    client = connect(
        lambda request: httpx.Response(200, json=[], headers=headers(0 if "/acme/" in str(request.url) else 9)),
        pacing=RateLimitPacing(below=0),
    )
    for organization in ("acme", "globex", "globex"):
        client.emojis.list(organization)
    assert clock.sleeps == []
    client.emojis.list("acme")
    assert len(clock.sleeps) == 1


def test_threads_share_the_turns(clock):
    api, lock, waits = LimitedApi(clock, organization=10), threading.Lock(), []

    def sleep(seconds):
        with lock:
            waits.append(seconds)

    http_client = httpx.Client(transport=httpx.MockTransport(api))
    timing = Timing(monotonic=lambda: clock.now, sleep=sleep)
    with (
        Buildkite("t", http_client=http_client, pacing=RateLimitPacing(below=0.5), timing=timing) as client,
        ThreadPoolExecutor(8) as threads,
    ):
        client.emojis.list("acme")
        list(threads.map(lambda _: client.emojis.list("acme"), range(9)))
    assert len({round(wait, 3) for wait in waits}) == len(waits)  # no two got the same turn
    assert len(waits) >= 4


def test_tasks_share_the_turns(clock):
    api, waits = LimitedApi(clock, organization=10), []

    async def sleep(seconds):
        waits.append(seconds)
        await asyncio.sleep(0)

    async def run():
        timing = Timing(monotonic=lambda: clock.now, async_sleep=sleep)
        http_client = httpx.AsyncClient(transport=httpx.MockTransport(api))
        async with AsyncBuildkite(
            "t", http_client=http_client, pacing=RateLimitPacing(below=0.5), timing=timing
        ) as client:
            await client.emojis.list("acme")
            await asyncio.gather(*(client.emojis.list("acme") for _ in range(9)))

    asyncio.run(run())
    assert len({round(wait, 3) for wait in waits}) == len(waits) >= 4


def test_lists_are_paced_too(connect, clock):
    def pages(request):
        number = int(request.url.params.get("page", "1"))
        link = {"Link": f'<{API}/v2/builds?page={number + 1}>; rel="next"'} if number < 3 else {}
        left = {"RateLimit-Limit": "10", "RateLimit-Remaining": str(4 - number), "RateLimit-Reset": "30"}
        return httpx.Response(200, content=answer([]).content, headers={**link, **left})

    list(connect(pages, pacing=RateLimitPacing(below=0.5)).builds.list_all())
    assert len(clock.sleeps) == 2


def test_a_cancelled_call_makes_room(clock):
    api = LimitedApi(clock, organization=1)

    async def sleep(seconds):
        if seconds == 60 and not sleeps:
            sleeps.append(seconds)
            raise asyncio.CancelledError
        sleeps.append(seconds)
        clock.now += seconds

    async def run():
        timing = Timing(monotonic=lambda: clock.now, async_sleep=sleep)
        http_client = httpx.AsyncClient(transport=httpx.MockTransport(api))
        async with AsyncBuildkite("t", http_client=http_client, pacing=RateLimitPacing(), timing=timing) as client:
            await client.emojis.list("acme")
            with pytest.raises(asyncio.CancelledError):
                await client.emojis.list("acme")
            await client.emojis.list("acme")

    sleeps = []
    asyncio.run(run())
    assert (sleeps, api.refused) == ([60, 60], 0)


def test_a_call_whose_notification_fails_makes_room(connect, clock):
    def fail(wait):
        if not failures:
            failures.append(wait)
            raise RuntimeError

    failures = []
    client = connect(LimitedApi(clock, organization=1), pacing=RateLimitPacing(), on_wait=fail)
    client.emojis.list("acme")
    with pytest.raises(RuntimeError):
        client.emojis.list("acme")
    client.emojis.list("acme")
    assert clock.sleeps == [60]


def test_tasks_that_share_a_client_get_no_429(clock):
    api = LimitedApi(clock, user=20)

    async def sleep(seconds):
        wakes = clock.now + seconds
        for _ in range(100):  # the other tasks come to their own pauses
            await asyncio.sleep(0)
        clock.now = max(clock.now, wakes)

    async def run():
        timing = Timing(monotonic=lambda: clock.now, async_sleep=sleep)
        http_client = httpx.AsyncClient(transport=httpx.MockTransport(api))
        async with AsyncBuildkite("t", http_client=http_client, pacing=RateLimitPacing(), timing=timing) as client:
            await asyncio.gather(*(client.emojis.list("acme") for _ in range(60)))

    began = clock.now
    asyncio.run(run())
    assert (api.refused, len(api.times), clock.now - began) == (0, 60, 120)
