"""The history has each build of the pipeline as it is, and is fetched once."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from tests.unit.examples.conftest import NOW
from tests.unit.examples.scripts import load

from buildkite_rest import from_json, models

WEB = ("acme", "web")
DAY = timedelta(days=1)


@pytest.fixture
def example():
    return load("local_history")


@pytest.fixture
def db(example):
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(example.SCHEMA)
        yield connection


@pytest.fixture
def fetched(example, monkeypatch):
    """The numbers of the builds that are stored."""
    numbers, save = [], example.save
    monkeypatch.setattr(example, "save", lambda db, build: numbers.append(build.number) or save(db, build))
    return numbers


@pytest.fixture
def update(example, db, client):
    """Run the script at `now` and return how many builds were new or changed."""

    def run_at(now=NOW, days=7, again=1):
        example.plan(db, WEB, now - days * DAY, again * DAY, now)
        small_pages = client.with_options(query={"per_page": 10})
        return example.sync(db, small_pages.organization("acme"), "web")

    return run_at


def stored(db):
    rows = db.execute("SELECT number, state, json FROM builds ORDER BY number DESC").fetchall()
    builds = [from_json(models.Build, text) for _, _, text in rows]
    assert [(build.number, build.state) for build in builds] == [(number, state) for number, state, _ in rows]
    return builds


def listed(client, days=7):
    period = {"created_from": NOW - days * DAY, "created_to": NOW}
    return list(client.builds.list("acme", "web", include_retried_jobs=True, exclude_pipeline=True, **period))


def interrupt(db, update, number):
    """Run the script until it stores a build."""
    db.execute(
        "CREATE TRIGGER kill BEFORE INSERT ON builds "
        f"WHEN new.number = {number} BEGIN SELECT raise(ABORT, 'killed'); END"
    )
    with pytest.raises(sqlite3.IntegrityError, match="killed"):
        update()
    db.execute("DROP TRIGGER kill")


def test_an_interrupted_run_is_continued_after_its_last_page(update, db, client, fetched):
    interrupt(db, update, 200)
    before = {build.number for build in stored(db)}
    assert min(before) > 200
    fetched.clear()
    update()
    assert stored(db) == listed(client)
    recent = {build.number for build in listed(client, days=1)}
    assert before.intersection(fetched) - recent <= {min(before)}
    assert db.execute("SELECT * FROM gaps").fetchall() == []
