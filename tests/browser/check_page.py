"""The API browser, of the mock server and of the documentation, as people use it. `make test-browser` runs this."""

import httpx
import pytest
from tests.browser.swagger import execute, open_operation, picture, unfold
from tests.unit.client.description import document

OPERATIONS = [operation for path in document()["paths"].values() for operation in path.values()]


@pytest.fixture(params=["mock", "site"])
def address(request):
    """Where the page is: on the origin that it sends requests to, or on another one."""
    if request.param == "site":
        return request.getfixturevalue("site")
    return f"{request.getfixturevalue('mock').url}/docs"


def test_the_page_shows_every_tag_that_has_operations(page, address):
    page.goto(address)
    page.locator(".opblock-tag").first.wait_for()
    picture(page, "page")
    shown = page.locator(".opblock-tag").evaluate_all("tags => tags.map(tag => tag.dataset.tag)")
    tags = {tag for operation in OPERATIONS for tag in operation["tags"]}
    assert shown == [tag["name"] for tag in document()["tags"] if tag["name"] in tags]
    assert page.title().startswith("Buildkite REST API")
    assert page.locator(".webhooks .opblock").count() == len(document()["webhooks"])


def test_the_page_sends_requests_to_the_mock_server_first(page, address, mock):
    page.goto(address)
    servers = page.locator(".servers select")
    assert servers.input_value() == mock.url
    others = [] if address.startswith(mock.url) else ["https://api.buildkite.com"]
    assert servers.locator("option").evaluate_all("all => all.map(one => one.value)") == [mock.url, *others]


def test_try_it_shows_the_answer_to_an_authorized_request(page, address, mock, log):
    block = open_operation(page, address, "user", "getUser")
    status, body, headers = execute(block)
    expected = httpx.get(f"{mock.url}/v2/user", headers={"Authorization": f"Bearer {mock.token}"})
    assert (status, body) == (200, expected.json())
    assert "content-type" in headers
    preflights = [line for line in log if line.startswith("OPTIONS /v2/user 204")]
    assert len(preflights) == (0 if address.startswith(mock.url) else 1)


def test_what_may_be_left_out_is_left_out_at_first(page, address, mock, log):
    block = open_operation(page, address, "builds", "listBuilds")
    fields = {
        name: block.locator(f'[data-param-name="{name}"] :is(input, select)').input_value()
        for name in ("org", "pipeline", "branch", "commit", "state", "creator", "created_from")
    }
    assert {name: value for name, value in fields.items() if value} == {"org": "acme", "pipeline": "web"}
    status, body, headers = execute(block)
    block.locator(".responses-wrapper").scroll_into_view_if_needed()
    picture(page, "result")
    assert (status, len(body)) == (200, 30)
    assert "link" in headers
    assert any(line.startswith("GET /v2/organizations/acme/pipelines/web/builds 200") for line in log)


def test_an_example_of_a_field_stands_beside_it(page, address):
    block = open_operation(page, address, "builds", "listBuilds")
    assert block.locator('[data-param-name="branch"]').inner_text().endswith("For example main.")


def test_try_it_creates_a_build_from_the_example_body(page, address, mock):
    block = open_operation(page, address, "builds", "createBuild")
    status, body, _ = execute(block)
    assert (status, body["message"]) == (201, "Try the new basket")
    block = unfold(page, "builds", "getBuild")
    block.locator('[data-param-name="number"] input').fill(str(body["number"]))
    again, found, _ = execute(block)
    assert (again, found["id"]) == (200, body["id"])


def test_try_it_shows_what_a_request_without_a_token_is_told(page, address, mock):
    block = open_operation(page, address, "user", "getUser")
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".dialog-ux")
    dialog.get_by_role("button", name="Remove authorization").click()
    dialog.get_by_role("button", name="Close").click()
    status, body, _ = execute(block)
    block.locator(".responses-wrapper").scroll_into_view_if_needed()
    picture(page, "unauthorized")
    assert (status, body) == (401, httpx.get(f"{mock.url}/v2/user").json())
