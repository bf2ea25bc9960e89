"""Tags as a mapping, and the last attempts of jobs."""

import pytest

from buildkite_rest import Buildkite, UnknownVariant, last_attempts, models, parse_tags
from buildkite_rest.mock import MockServer


@pytest.mark.parametrize(
    ("tags", "mapping"),
    [
        (["queue=default", "os=linux"], {"queue": "default", "os": "linux"}),
        (["image=a=b", "empty=", "docker", "*", "=x"], {"image": "a=b", "empty": "", "docker": "", "*": "", "": "x"}),
        (["queue=a", "os=mac", "queue=b"], {"queue": "b", "os": "mac"}),
        ((tag for tag in ["a=1"]), {"a": "1"}),
        ([], {}),
        (None, {}),
    ],
)
def test_tags_are_a_mapping(tags, mapping):
    assert parse_tags(tags) == mapping


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ("queue=default", "tags must be a list of str, not str"),
        ({"queue": "default"}, "tags must be a list of str, not dict"),
        (7, "tags must be a list of str, not int"),
        ([None], "a tag must be a str, not None"),
    ],
)
def test_other_types_are_refused(tags, message):
    with pytest.raises(TypeError, match=f"^{message}$"):
        parse_tags(tags)


def job(number, **fields):
    required = dict.fromkeys(models.ScriptJob.__struct_fields__)
    return models.ScriptJob(**{**required, "id": str(number), "state": "failed", **fields})


def test_retried_jobs_are_left_out():
    jobs = [
        job(1, retried=True, retried_in_job_id="4"),
        models.WaiterJob(id="2", state="finished"),
        job(3, parallel_group_index=0, parallel_group_total=2),
        job(4, retried=False),
        job(5, retried_in_job_id="9"),
        job(6, parallel_group_index=1, parallel_group_total=2, retried=True),
        job(7, parallel_group_index=1, parallel_group_total=2),
    ]
    assert [each.id for each in last_attempts(jobs)] == ["2", "3", "4", "7"]
    assert last_attempts(iter([])) == []


def test_jobs_of_an_unknown_type_are_jobs():
    assert [each.id for each in last_attempts([quantum(1), quantum(2, retried=True)])] == [1]


def quantum(number, **fields):
    return UnknownVariant("quantum", {"id": number, **fields})


def test_jobs_that_the_api_did_not_return_are_none():
    assert last_attempts(None) == []


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        (5, "jobs must be an iterable of jobs, not int"),
        ("abc", "jobs must be an iterable of jobs, such as build.jobs, not of str"),
        ({}, "jobs must be an iterable of jobs, such as build.jobs, not dict"),
        ([None], "jobs contains None, a job that the API returned as null. Leave it out"),
        ([{"id": "1", "retried": True}], "jobs must be an iterable of jobs, such as build.jobs, not of dict"),
        (
            [models.JobAgent(id="1", url="u", name="a")],
            "jobs must be an iterable of jobs, such as build.jobs, not of JobAgent",
        ),
    ],
)
def test_what_is_not_a_job_is_refused(jobs, message):
    with pytest.raises(TypeError, match=f"^{message}$"):
        last_attempts(jobs)


def test_pages_are_not_jobs():
    with MockServer(builds=1) as server, Buildkite(server.token, base_url=server.url) as client:
        jobs = client.jobs.list("acme", "web", client.builds.list("acme", "web").first().number)
        assert len(last_attempts(jobs)) > 0
        with pytest.raises(TypeError, match="not of HTTPPage"):
            last_attempts(jobs.pages())


def test_a_retry_on_the_mock_replaces_its_job():
    with MockServer(builds=20) as server, Buildkite(server.token, base_url=server.url) as client:
        for build in client.builds.list("acme", "web", state="failed"):
            failed = next((each for each in build.jobs or () if each.type == "script" and each.state == "failed"), None)
            if failed is not None:
                break
        retry = client.jobs.retry("acme", failed.id)
        every = list(client.jobs.list("acme", "web", build.number))
        last = {each.id for each in last_attempts(every)}
    assert {failed.id, retry.id} <= {each.id for each in every}
    assert {failed.id, retry.id} & last == {retry.id}
