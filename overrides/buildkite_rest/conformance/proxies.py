"""Proxies of the environment."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests.sessions
import requests.utils


@contextmanager
def read_once() -> Generator[None]:
    """Read the proxies of the environment once per server. The library `requests` reads them twice per request.

    That takes a tenth of the time of a request to this machine. schemathesis makes its own sessions, so the function is
    replaced for all of them.
    """
    read = requests.utils.get_environ_proxies

    @cache
    def proxies(origin: str, no_proxy: str | None) -> dict[str, str]:
        return read(origin, no_proxy=no_proxy)

    def cached(url: str, no_proxy: str | None = None) -> Any:
        parts = urlsplit(url)
        return dict(proxies(f"{parts.scheme}://{parts.netloc}", no_proxy))

    modules: tuple[Any, ...] = (requests.utils, requests.sessions)
    before = [module.get_environ_proxies for module in modules]
    for module in modules:
        module.get_environ_proxies = cached
    try:
        yield
    finally:
        for module, function in zip(modules, before, strict=True):
            module.get_environ_proxies = function
