"""URLs of web pages and of the API."""

import re

import pytest
from tests.each import check_each

from buildkite_rest import Buildkite, ConfigurationError, urls
from buildkite_rest.mock import MockServer
from buildkite_rest.urls import (
    BuildURL,
    JobURL,
    OrganizationURL,
    PipelineURL,
)

J = "01920000-0000-7000-8000-00000000000a"
"""A job, and any other object with a UUID."""
WEB = "https://buildkite.com"
API = "https://api.buildkite.com/v2"
BUILD, JOB = BuildURL("acme", "web", 42), JobURL("acme", "web", 42, J)
PIPELINE, ORGANIZATION = PipelineURL("acme", "web"), OrganizationURL("acme")
PAGE = f"{WEB}/acme/web/builds/42"

KINDS = {
    ORGANIZATION: (f"{WEB}/acme", f"{API}/organizations/acme"),
    PIPELINE: (f"{WEB}/acme/web", f"{API}/organizations/acme/pipelines/web"),
    BUILD: (PAGE, f"{API}/organizations/acme/pipelines/web/builds/42"),
    JOB: (f"{PAGE}#{J}", f"{API}/organizations/acme/pipelines/web/builds/42/jobs/{J}"),
    PipelineURL("Acme_1", "web-2.x"): (f"{WEB}/Acme_1/web-2.x", f"{API}/organizations/Acme_1/pipelines/web-2.x"),
}

FORMS = {
    "http://www.buildkite.com/acme/web/builds/42/": BUILD,
    "  buildkite.com/acme/web/builds/42\n": BUILD,
    "HTTPS://BUILDKITE.COM:443/acme/web/builds/42": BUILD,
    f"{PAGE}?utm=x#annotation-test": BUILD,
    "//buildkite.com/acme/web/builds/42": BUILD,
    f"{PAGE}#{J.upper()}": JOB,
    f"{PAGE}#{J}?tab=output": JOB,
    f"{PAGE}/jobs/{J.upper()}": JOB,
    f"{API}{BUILD.api_path.removeprefix('/v2')}/jobs/{J.upper()}": JOB,
    f"{PAGE}/jobs/{J}/artifacts/{J}": JOB,
    f"{PAGE}?jid={J}#{J[:-1]}b": JOB,
    f"{PAGE}/#{J}/L392": JOB,
    f"{PAGE}/canvas?jid={J}&tab=output#L1153": JOB,
    f"{WEB}/organizations/acme/pipelines/web/builds/42": BUILD,
    f"{WEB}/organizations/acme/pipelines/web/builds/42/jobs/{J}/raw_log": JOB,
    f"{WEB}/acme/web/builds?branch=main": PIPELINE,
    f"{WEB}/acme/web/builds/latest": PIPELINE,
    f"{WEB}/organizations/acme/teams": ORGANIZATION,
    f"{WEB}/organizations/acme/clusters/{J}/queues/{J}/agents/{J}": ORGANIZATION,
    f"{WEB}/acme/new": ORGANIZATION,
    f"{API}/organizations/acme/pipelines/web/builds/42/jobs/{J}/log.txt": JOB,
    f"{API}/organizations/acme/pipelines/web/builds?page=2": PIPELINE,
}

USER = r"^the URL is invalid or contains a user$"
OTHER_HOST = r"^the URL is not one of Buildkite\. Pass one such as https://buildkite\.com/acme/web/builds/42$"
NO_OBJECT = r"^the URL is not that of an object of an organization$"
NO_NUMBER = r"^number of the URL must be an int of 1 to 18 digits$"
SLUG = " of the URL must be a slug: letters, digits, hyphens"
UUID = "_id of the URL must be a UUID$"
DOTS = "has an empty segment or a dot segment"
SPACE = "contains a space or a control character"

WRONG = {
    "": OTHER_HOST,
    "acme/web/builds/42": OTHER_HOST,
    "https://buildkite.com.example.org/acme/web/builds/42": OTHER_HOST,
    "https://graphql.buildkite.com/v1": OTHER_HOST,
    "https://example.org/user/s3cret@buildkite.com": OTHER_HOST,
    "bkua_s3cret": OTHER_HOST,
    "https://user:s3cret@buildkite.com/acme": USER,
    "user:s3cret@buildkite.com/acme": USER,
    f"{PAGE[:-2]}1\t2": SPACE,
    f"{PAGE},": NO_NUMBER,
    f"{WEB}/acme/web/builds/0": NO_NUMBER,
    WEB: NO_OBJECT,
    f"{WEB}/organizations/~/clusters": NO_OBJECT,
    f"{API}/user?token=s3cret": NO_OBJECT,
    f"{API}/Organizations/acme": NO_OBJECT,
    f"{WEB}/acme/a%2Fb": SLUG,
    f"{WEB}/acme/web,": SLUG,
    f"{WEB}/acme/web%2Fuser:s3cret": SLUG,
    f"{WEB}/acme/%2e%2e": DOTS,
    f"{WEB}/acme/web/../../globex/web/builds/1": DOTS,
    f"{PAGE}/jobs/{J},": UUID,
    f"{PAGE}#{J}abc": UUID,
}


def test_urls_are_made_and_parsed_in_both_directions():
    check_each({repr(url): (url, *texts) for url, texts in KINDS.items()}, check_round_trip)


def check_round_trip(url, web_url, api_url):
    assert (url.web_url, url.api_url) == (web_url, api_url)
    assert urls.parse(web_url) == urls.parse(api_url) == url
    assert urls.parse(web_url, type(url)) == type(url)(*url.args) == url


def test_other_forms_are_parsed():
    check_each({text: (text, url) for text, url in FORMS.items()}, check_form)


def check_form(text, url):
    assert urls.parse(text) == url
    assert type(urls.parse(text)) is type(url)


def test_other_urls_are_refused_in_one_line():
    check_each({text[:90]: (text, message) for text, message in WRONG.items()}, check_refusal)


def check_refusal(text, message):
    with pytest.raises(ValueError, match=message) as caught:
        urls.parse(text)
    shown = str(caught.value)
    assert shown.isprintable()
    assert len(shown) < 200
    assert "s3cret" not in shown


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        (PAGE, JobURL, f"the URL is a BuildURL, not a JobURL. Pass one of the form {WEB}/{{organization}}/{{p"),
        (f"{WEB}/acme/web/builds/latest", BuildURL, "the URL is a PipelineURL, not a BuildURL. "),
        (f"{API}/organizations/acme/jobs/{J}", JobURL, "the URL is a OrganizationURL, not a JobURL. "),
    ],
)
def test_the_url_of_another_kind_is_refused(text, kind, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        urls.parse(text, kind)


def test_another_base_replaces_that_of_buildkite():
    local = "http://127.0.0.1:8080"
    assert urls.parse(f"{local}{BUILD.api_path}", base_url=f"{local}/") == BUILD
    assert urls.parse(PAGE, base_url=local) == BUILD
    with pytest.raises(ValueError, match="not one of Buildkite"):
        urls.parse(BUILD.api_url, base_url=local)


@pytest.mark.parametrize(
    "call",
    [
        lambda: BuildURL("acme", "web", 0),
        lambda: PipelineURL("acme", ".."),
        lambda: PipelineURL("organizations", "web"),
        lambda: JobURL("acme", "web", 1, "s3cret"),
    ],
)
def test_parts_that_no_url_has_are_refused(call):
    with pytest.raises(ValueError, match="of the URL must be") as caught:
        call()
    assert "s3cret" not in str(caught.value)


def test_urls_in_responses_are_parsed():
    with MockServer(builds=1) as server, Buildkite(server.token, base_url=server.url) as client:
        build = client.builds.list("acme", "web").first()
        job = next(each for each in build.jobs if each.type == "script")
        for each in (build, build.pipeline):
            url = urls.parse(each.url, base_url=server.url)
            assert urls.parse(each.web_url) == url
            assert url.api_path == each.url.removeprefix(server.url)
        url = urls.parse(job.web_url, JobURL)
        assert urls.parse(job.raw_log_url, base_url=server.url) == url
        assert client.jobs.get_in_build(*url.args).id == job.id


VARIABLES = {
    "BUILDKITE_ORGANIZATION_SLUG": "acme",
    "BUILDKITE_PIPELINE_SLUG": "web",
    "BUILDKITE_BUILD_NUMBER": "42",
}


def test_the_build_of_a_job_is_in_its_environment(monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    assert urls.current_build().args == ("acme", "web", 42)
    monkeypatch.setenv("BUILDKITE_BUILD_NUMBER", "0x2a")
    with pytest.raises(ConfigurationError, match="BUILDKITE_BUILD_NUMBER are not those of a build"):
        urls.current_build()


@pytest.mark.parametrize("missing", VARIABLES)
def test_outside_of_a_job_the_missing_variable_is_named(monkeypatch, missing):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, "" if name == missing else value)
    with pytest.raises(ConfigurationError, match=f"^{missing} is not set, as outside of a job"):
        urls.current_build()
