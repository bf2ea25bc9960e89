"""API browser of the mock server and of the documentation. `make test PART=browser` runs this."""

import httpx
import pytest
from tests.browser.swagger import execute, open_operation, screenshot, unfold
from tests.unit.client.description import document

OPERATIONS = [operation for path in document()["paths"].values() for operation in path.values()]


@pytest.fixture(params=["mock", "site"])
def page_url(request):
    """URL of the page, on the origin of the mock server or on another one."""
    if request.param == "site":
        return request.getfixturevalue("site")
    return f"{request.getfixturevalue('mock').url}/docs"


def test_the_page_shows_every_tag_that_has_operations(page, page_url):
    page.goto(page_url)
    page.locator(".opblock-tag").first.wait_for()
    screenshot(page, "page")
    shown = page.locator(".opblock-tag").evaluate_all("tags => tags.map(tag => tag.dataset.tag)")
    tags = {tag for operation in OPERATIONS for tag in operation["tags"]}
    assert shown == [tag["name"] for tag in document()["tags"] if tag["name"] in tags]
    assert page.title().startswith("Buildkite REST API")
    assert page.locator(".webhooks .opblock").count() == len(document()["webhooks"])


def test_the_mock_server_is_the_first_server(page, page_url, mock):
    page.goto(page_url)
    servers = page.locator(".servers select")
    assert servers.input_value() == mock.url
    others = [] if page_url.startswith(mock.url) else ["https://api.buildkite.com"]
    assert servers.locator("option").evaluate_all("all => all.map(one => one.value)") == [mock.url, *others]


def test_try_it_shows_the_response_to_an_authorized_request(page, page_url, mock, log):
    block = open_operation(page, page_url, "user", "getUser")
    status, body, headers = execute(block)
    expected = httpx.get(f"{mock.url}/v2/user", headers={"Authorization": f"Bearer {mock.token}"})
    assert (status, body) == (200, expected.json())
    assert "content-type" in headers
    preflights = [line for line in log if line.startswith("OPTIONS /v2/user 204")]
    assert len(preflights) == (0 if page_url.startswith(mock.url) else 1)


def test_optional_parameters_are_initially_empty(page, page_url, mock, log):
    block = open_operation(page, page_url, "builds", "listBuilds")
    fields = {
        name: block.locator(f'[data-param-name="{name}"] :is(input, select)').input_value()
        for name in ("org", "pipeline", "branch", "commit", "state", "creator", "created_from")
    }
    assert {name: value for name, value in fields.items() if value} == {"org": "acme", "pipeline": "web"}
    status, body, headers = execute(block)
    block.locator(".responses-wrapper").scroll_into_view_if_needed()
    screenshot(page, "result")
    assert (status, len(body)) == (200, 30)
    assert "link" in headers
    assert any(line.startswith("GET /v2/organizations/acme/pipelines/web/builds 200") for line in log)


def test_a_parameter_has_its_example(page, page_url):
    block = open_operation(page, page_url, "builds", "listBuilds")
    assert block.locator('[data-param-name="branch"]').inner_text().endswith("For example main.")


def test_try_it_creates_a_build_from_the_example_body(page, page_url, mock):
    block = open_operation(page, page_url, "builds", "createBuild")
    status, body, _ = execute(block)
    assert (status, body["message"]) == (201, "Try the new basket")
    block = unfold(page, "builds", "getBuild")
    block.locator('[data-param-name="number"] input').fill(str(body["number"]))
    status, found, _ = execute(block)
    assert (status, found["id"]) == (200, body["id"])


def test_try_it_shows_the_response_to_a_request_without_a_token(page, page_url, mock):
    block = open_operation(page, page_url, "user", "getUser")
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".dialog-ux")
    dialog.get_by_role("button", name="Remove authorization").click()
    dialog.get_by_role("button", name="Close").click()
    status, body, _ = execute(block)
    block.locator(".responses-wrapper").scroll_into_view_if_needed()
    screenshot(page, "unauthorized")
    assert (status, body) == (401, httpx.get(f"{mock.url}/v2/user").json())
