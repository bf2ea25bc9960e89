"""Errors of connections in words."""

import socket
import threading

import pytest
import requests

from buildkite_rest.conformance.connection_errors import reason_of


def test_the_reason_of_a_connection_error_is_in_words() -> None:
    """A server that has ended, and one that closes connections."""
    reasons: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def close() -> None:
            listening.accept()[0].close()

        closing = threading.Thread(target=close)
        closing.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        for _ in range(2):
            with pytest.raises(requests.ConnectionError) as raised:
                requests.get(url, timeout=5)
            reasons.append(reason_of(raised.value))
            closing.join()
            listening.close()
    assert reasons[0] in {"connection closed without a response", "connection reset"}
    assert reasons[1] == "connection refused"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.ReadTimeout(), "timed out"),
        (requests.exceptions.ProxyError("http://user:secret@proxy"), "cannot connect to the proxy"),
        (requests.exceptions.InvalidURL("http://user:secret@host"), "the URL or that of the proxy is invalid"),
        (requests.RequestException("unknown"), "the request failed"),
    ],
)
def test_reasons_of_errors_show_no_text_of_a_library(error: requests.RequestException, reason: str) -> None:
    assert reason_of(error) == reason
