"""Processor time of other programs during a benchmark."""

import pytest
from tests.benchmarks import others
from tests.benchmarks.others import Others

pytestmark = pytest.mark.skipif(not others._STAT.exists(), reason="needs Linux")


def test_own_time_and_interrupts_are_not_those_of_others(monkeypatch, tmp_path):
    stat, used, now = tmp_path / "stat", [0.0], [0.0]
    monkeypatch.setattr(others, "_STAT", stat)
    monkeypatch.setattr(others, "_own", lambda: used[0])
    monkeypatch.setattr(others.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(others.os, "sysconf", lambda _: 100)
    stat.write_text("cpu  0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0\n")
    with Others() as measured:
        stat.write_text("cpu  1000 200 300 5000 700 80 90\ncpu0 0 0 0 0 0 0 0\n")
        used[0], now[0] = 5.0, 10.0
    assert measured.processors == pytest.approx((10 + 2 + 3 - 5) / 10)
