"""Arguments of methods that are not generated: one that cannot be used is refused when the method is called."""

from pathlib import PurePosixPath

import pytest
from tests.each import check_each
from tests.unit.client.support import Script, build, response

CALLS = {
    "wait-org": (lambda c: c.builds.wait(None, "web", 42), "org must be a str or an int, not None"),
    "wait-timeout": (lambda c: c.builds.wait("acme", "web", 42, timeout="5"), "timeout must be a number .*, not str"),
    "tail-lines": (lambda c: c.jobs.tail_log("acme", "j", lines="5"), "lines must be an int, not str"),
    "read-limit": (
        lambda c: c.artifacts.read("acme", "j", "a", max_bytes=None),
        "max_bytes must be an int, not NoneType",
    ),
    "download-logs-to": (
        lambda c: c.builds.download_logs("acme", "web", 1, to=5),
        "to must be a str or a Path, not int",
    ),
    "download-logs-concurrency": (
        lambda c: c.builds.download_logs("acme", "web", 1, to="out", concurrency="4"),
        "concurrency must be an int, not str",
    ),
    "download-to": (lambda c: c.artifacts.download("acme", "j", "a", to=None), "to must be a str or a Path, not None"),
    "download-to-bytes": (
        lambda c: c.artifacts.download("acme", "j", "a", to=b"out"),
        "to must be a str or a Path, not bytes",
    ),
    "download-artifact": (
        lambda c: c.artifacts.download("acme", "j", None, to="out"),
        "artifact_id must be a str or an int, not None",
    ),
    "download-build-to": (
        lambda c: c.artifacts.download_build("acme", "web", 1, to=5),
        "to must be a str or a Path, not int",
    ),
    "download-build-state": (
        lambda c: c.artifacts.download_build("acme", "web", 1, to="out", state=["new"]),
        "state must be a str, int, bool or datetime, not list",
    ),
    "download-build-path": (
        lambda c: c.artifacts.download_build("acme", "web", 1, to="out", path=PurePosixPath("a")),
        "path must be a str, int, bool or datetime, not PurePosixPath",
    ),
    "download-build-concurrency": (
        lambda c: c.artifacts.download_build("acme", "web", 1, to="out", concurrency="4"),
        "concurrency must be an int, not str",
    ),
    "raw": (lambda c: c.with_raw_response("get"), "call must be a function, not str"),
}


def test_a_wrong_type_is_refused_before_anything_is_sent(connect):
    script = Script(response(build(state="passed")))
    client = connect(script)

    def check(call, message):
        with pytest.raises(TypeError, match=f"^{message}$"):
            call(client)
        assert script.requests == []

    check_each(CALLS, check)
