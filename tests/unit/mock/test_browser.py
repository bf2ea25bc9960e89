"""The API browser."""

import re

import httpx
import pytest
import yaml
from tests.unit.client.openapi_document import document

from buildkite_rest.mock import MockServer
from buildkite_rest.mock.server import docs_page


@pytest.fixture(scope="module")
def site():
    with MockServer(builds=1) as server, httpx.Client(base_url=server.url) as client:
        yield client


def test_the_page_refers_only_to_files_of_the_server(site):
    page = site.get("/docs")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(named) == 3
    for path in named:
        assert path.startswith("/docs/")
        response = site.get(path)
        assert response.status_code == 200
        assert response.headers["Content-Type"].partition(";")[0] == docs_page.ASSETS[path.rpartition("/")[2]]
        assert response.content


def test_requests_carry_the_token_from_the_start(site):
    found = re.search(r'const token = "(\w+)";', site.get("/docs").text)
    assert site.get("/v2/user", headers={"Authorization": f"Bearer {found[1]}"}).status_code == 200
    assert 'preauthorizeApiKey("bearer", token)' in site.get("/docs").text
    assert "bearer" in document()["components"]["securitySchemes"]


def test_the_openapi_document_differs_only_in_its_server(site):
    response = site.get("/openapi.yaml")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    shown = yaml.load(response.text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    [server] = shown.pop("servers")
    assert server["url"] == str(site.base_url).rstrip("/")
    assert shown == {key: value for key, value in document().items() if key != "servers"}


def test_a_missing_extra_is_reported_in_one_line(site, monkeypatch):
    monkeypatch.setattr(docs_page, "PACKAGE", "no-such-package")
    response = site.get("/docs")
    assert response.status_code == 501
    assert response.text == "no-such-package is not installed; it comes with buildkite-rest[browser]\n"
    assert site.get("/docs/swagger-ui.css").status_code == 404
    assert site.get("/openapi.yaml").status_code == 200


def test_texts_cannot_end_the_script_or_leave_their_attribute():
    page = docs_page.page("<b>", spec_url='</script>"', assets='"x', token="</script>")
    assert page.count("</script>") == 2
    assert "<title>&lt;b&gt;</title>" in page
    assert '"x' not in page.replace('""x', "")
