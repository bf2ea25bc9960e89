"""Actions on the page of the API browser."""

import json
from pathlib import Path

SCREENSHOTS = Path(__file__).parents[2] / ".tools" / "browser"


def open_operation(page, url, tag, operation):
    """Open the page at an operation and return its block."""
    page.goto(f"{url}#/{tag}/{operation}")
    return page.locator(f"#operations-{tag}-{operation}.is-open")


def unfold(page, tag, operation):
    """Open another operation below a tag that is open already, and return its block."""
    block = page.locator(f"#operations-{tag}-{operation}")
    block.locator(".opblock-summary-control").click()
    return block


def execute(block):
    """Send the request, and return the status, the body and the names of the headers that the page shows."""
    block.get_by_role("button", name="Execute").click()
    response = block.locator(".live-responses-table .response")
    status = response.locator(".response-col_status").inner_text()
    body = response.locator(".highlight-code").first.locator("pre").text_content()
    headers = response.locator(".headerline").all_inner_texts()
    return int(status), json.loads(body), {line.partition(":")[0].strip() for line in headers}


def screenshot(page, name):
    """Save a screenshot for review."""
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
