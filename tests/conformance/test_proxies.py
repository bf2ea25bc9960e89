"""Proxies of the environment during a run."""

from __future__ import annotations

import pytest
import requests

from buildkite_rest.conformance import proxies


def test_the_environment_decides_about_each_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with proxies.read_once():
        assert requests.utils.get_environ_proxies("http://127.0.0.1:8000/v2/user") == {}
        found = requests.utils.get_environ_proxies("http://api.example/v2/user")
        assert found["http"] == "http://proxy.example:3128"
        found.clear()
        settings = requests.Session().merge_environment_settings("http://api.example/v2", {}, None, None, None)
        assert settings["proxies"]["http"] == "http://proxy.example:3128"


def test_the_environment_is_read_once_per_server(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []

    def read(url: str, no_proxy: str | None = None) -> dict[str, str]:
        reads.append(url)
        return {}

    monkeypatch.setattr(requests.utils, "get_environ_proxies", read)
    with proxies.read_once():
        for path in ("a", "b"):
            requests.Session().merge_environment_settings(f"http://one.example/{path}", {}, None, None, None)
        requests.utils.get_environ_proxies("http://two.example/a")

    assert reads == ["http://one.example", "http://two.example"]
    assert requests.utils.get_environ_proxies is read
