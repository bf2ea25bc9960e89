"""Pipeline schedules and cron lines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from buildkite_rest.mock.http.errors import UnprocessableError
from buildkite_rest.mock.resources.schedules import next_time

from .caller import API, PIPELINES, WEB

SCHEDULES = f"{WEB}/schedules"
#: A Monday.
NOW = "2026-03-02T10:00"


def times(line, count=2, start=NOW):
    """Return the next times of a line."""
    found, now = [], datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp()
    while len(found) < count:
        now = next_time(line, now)
        found.append(datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M"))
    return found


def test_lifecycle_of_a_schedule(api, clock):
    response = api.post(SCHEDULES, json={"cronline": "@hourly"})
    created = response.json()
    assert response.status_code == 201
    assert created["url"] == f"{API}{SCHEDULES}/{created['id']}"
    assert (created["commit"], created["branch"], created["enabled"]) == ("HEAD", "main", True)
    assert (created["label"], created["message"], created["env"]) == (None, None, {})
    assert (created["created_by"]["name"], created["pipeline"]["url"]) == ("Ada Lovelace", f"{API}{WEB}")
    assert created["next_build_at"] == "2026-03-02T11:00:00.000Z"
    assert api.get(created["url"]).json() == created
    assert api.get(SCHEDULES).json()[0] == created
    clock.advance(3600)
    body = {"label": "L", "message": "M", "commit": "abc", "branch": "dev", "env": {"A": "1", "B": 2, "C": True}}
    changed = api.put(created["url"], json=body).json()
    env = {"A": "1", "B": "2", "C": "true"}
    assert changed == {**created, **body, "env": env, "next_build_at": "2026-03-02T12:00:00.000Z"}
    cleared = api.put(created["url"], json=dict.fromkeys(body)).json()
    assert cleared == {**created, "next_build_at": "2026-03-02T12:00:00.000Z"}
    assert api.statuses("DELETE GET PUT DELETE", created["url"], json={}) == [204, 404, 404, 404]


@pytest.mark.parametrize("line", ["nonsense", "*/5 * * * *", "0 0 30 2 *", " ", "0 ~ * * *"])
def test_an_invalid_line_is_rejected_and_not_saved(api, line):
    before = api.get(SCHEDULES).json()
    created = api.post(SCHEDULES, json={"cronline": line})
    changed = api.put(before[0]["url"], json={"label": "New", "cronline": line})
    for response in (created, changed):
        assert response.status_code == 422
        assert response.json()["message"].startswith("Validation failed: Cronline ")
    assert api.get(SCHEDULES).json() == before


def test_an_archived_pipeline_is_not_built(api):
    schedules = f"{PIPELINES}/legacy/schedules"
    (archived,) = api.get(schedules).json()
    assert archived["next_build_at"] is None
    assert api.post(schedules, json={"cronline": "@daily"}).status_code == 422
    assert api.put(archived["url"], json={"label": "New"}).status_code == 422
    assert api.post(f"{PIPELINES}/legacy/unarchive").status_code == 200
    assert api.put(archived["url"], json={"label": "New"}).json()["next_build_at"] == "2026-04-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("line", "first", "second"),
    [
        ("@hourly", "2026-03-02T11:00", "2026-03-02T12:00"),
        ("@daily", "2026-03-03T00:00", "2026-03-04T00:00"),
        ("@midnight", "2026-03-03T00:00", "2026-03-04T00:00"),
        ("@weekly", "2026-03-08T00:00", "2026-03-15T00:00"),
        ("@monthly", "2026-04-01T00:00", "2026-05-01T00:00"),
        ("@yearly", "2027-01-01T00:00", "2028-01-01T00:00"),
        ("0-59/10 * * * *", "2026-03-02T10:10", "2026-03-02T10:20"),
        ("5/25 * * * *", "2026-03-02T10:05", "2026-03-02T10:30"),
        ("0 16 * * SUN", "2026-03-08T16:00", "2026-03-15T16:00"),
        ("0 0 * * 7", "2026-03-08T00:00", "2026-03-15T00:00"),
        ("0 0 * * 1-5", "2026-03-03T00:00", "2026-03-04T00:00"),
        ("0 0 1 jan,JUL *", "2026-07-01T00:00", "2027-01-01T00:00"),
        ("0 0 1 */2 *", "2026-05-01T00:00", "2026-07-01T00:00"),
        ("0 0 L * *", "2026-03-31T00:00", "2026-04-30T00:00"),
        ("0 0 29 2 *", "2028-02-29T00:00", "2032-02-29T00:00"),
        ("0 0 4 * mon", "2026-03-04T00:00", "2026-03-09T00:00"),
        ("0 0 */2 * * +01:00", "2026-03-02T23:00", "2026-03-04T23:00"),
        ("0 8 * * * America/Vancouver", "2026-03-02T16:00", "2026-03-03T16:00"),
        ("30 20 * * * -05:00", "2026-03-03T01:30", "2026-03-04T01:30"),
    ],
)
def test_times(line, first, second):
    assert times(line) == [first, second]


def test_daylight_saving_time_moves_the_hour():
    assert times("0 6 * * * Europe/Berlin", start="2026-03-28T00:00") == ["2026-03-28T05:00", "2026-03-29T04:00"]
    assert times("30 2 * * * Europe/Berlin", start="2026-03-28T00:00") == ["2026-03-28T01:30", "2026-03-29T01:00"]


@pytest.mark.parametrize(
    "line",
    [
        "@never", "@annually", "* * * *", "0 0 0 * * *", "60 * * * *", "0 24 * * *", "0 0 0 * *", "0 0 32 * *",
        "0 0 * 13 *", "0 0 * foo *", "0 0 * * 8", "0 0 * * 0%3", "0 0 * * fri-mon", "0/0 0 * * *", "0, 0 * * *",
        "0 -1 * * *", "0 0 * * * Mars/Base", "0 0 * * * ../etc/passwd", "0 0 * * * +25:00", "0 ~ * * *",
        "* 0 * * *", "0,55,59 * * * *", "0 0 * * * \x00",
    ],
)  # fmt: skip
def test_invalid_lines(line):
    with pytest.raises(UnprocessableError):
        next_time(line, 0)
