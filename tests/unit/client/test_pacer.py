"""A pacer counts the requests of a client, whatever order they are sent, counted and received in."""

from math import inf

import pytest
from tests.unit.client.turns import claim, headers, observe, seconds, send

from buildkite_rest import RateLimitPacing
from buildkite_rest._policy.pacing import Pacer


def test_a_new_call_does_not_overtake():
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(0, limit=1), "acme", 0.0)
    first, second = pacer.new_turn("acme"), pacer.new_turn("acme")
    assert seconds(pacer.pause(first, 0.0, max_pause=1000)) == 60
    assert seconds(pacer.pause(second, 60.0, max_pause=1000)) > 0
    assert seconds(pacer.pause(first, 60.0, max_pause=1000)) == 0


def test_a_slow_response_does_not_begin_another_window():
    """Its reset was right when the response was made, and its rest before that of a later one."""
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(3, reset=25), "acme", 4.0)
    slow, fast = send(pacer, 4.3), send(pacer, 5.5)
    pacer.observe(fast, headers(1, reset=20), 8.8, is_accepted=True)
    pacer.observe(slow, headers(2, reset=22), 9.5, is_accepted=True)
    last = send(pacer, 9.5)
    assert claim(pacer, "acme", 9.6) == inf
    pacer.leave(last)
    assert claim(pacer, "acme", 9.7) == pytest.approx(28.8 - 9.7)


def test_a_response_of_the_window_before_does_not_count():
    pacer = Pacer(RateLimitPacing())
    observe(pacer, headers(9, reset=60), "acme", 0.0)
    slow, other = send(pacer, 45.0), send(pacer, 60.0)
    pacer.observe(other, headers(8, reset=60), 60.1, is_accepted=True)
    pacer.observe(slow, headers(0, reset=14), 62.0, is_accepted=True)
    assert claim(pacer, "acme", 62.1) == 0


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
    assert seconds(pacer.pause(last, 2.0, max_pause=1000)) == inf


@pytest.mark.parametrize(("deadline", "left"), [(0.15, 0.1), (1.0, 1 / 3), (3.0, 1.0), (60.0, 1.0)])
def test_a_request_that_waits_for_a_response_is_sent_in_time(deadline, left):
    pacer, now = Pacer(RateLimitPacing()), 0.0
    for _ in range(4):
        send(pacer, now)
    turn = pacer.new_turn("acme")
    while pause := pacer.pause(turn, now, max_pause=1000, max_delay=deadline - now):
        assert pause.is_poll
        now += pause.seconds
    assert now >= min(0.05, deadline / 3)
    assert deadline - now > left - 1e-9
