"""The revocation of a token, after which nothing accepts it. It comes last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ..api import Operation
from ..exchange import REVOCABLE, Request
from ..executor import Executor, Finding

CHECK: Final = "revoked_token_accepted"
_PATH: Final = "/v2/access-token"
#: Reads that are also sent as HEAD.
_HEADS: Final = 5


def send_revoked(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Revoke a token that the run has for that, and send it with every read."""
    revocation = executor.api.at("DELETE", _PATH)
    if revocation is None or REVOCABLE not in executor.credentials or not executor.options.write:
        return
    yield revocation
    revoked = executor.expect(Request(revocation, credential=REVOCABLE, why="of the token"), {204}, CHECK)
    if revoked is None or not revoked.ok:
        return
    for number, request in enumerate(_reads(executor, operations)):
        forms = [request, request.having(method="HEAD")] if number < _HEADS else [request]
        for each in forms:
            found = executor.send(each)
            if found.status != 401:
                message = f"{each.sent_method} {each.operation.path} with a revoked token gets {found.status}"
                executor.report(Finding(CHECK, message, revoked, [found]))
                executor.report(Finding(CHECK, message, found, [revoked]))
    own = executor.api.at("GET", _PATH)
    if own is not None and (found := executor.send(Request(own))).status == 401:
        executor.report(Finding(CHECK, "the revocation of a token has revoked that of the run, too", revoked, [found]))


def _reads(executor: Executor, operations: Sequence[Operation]) -> Iterator[Request]:
    """Yield a read of each operation with the revoked token, those that the run checks first."""
    wanted = {each.id for each in operations}
    for operation in sorted(executor.api.operations, key=lambda each: each.id not in wanted):
        values = next(iter(executor.world.objects(operation)), None)
        if operation.method == "GET" and operation.needs_token and values is not None:
            known = {name: values[name] for name in operation.parameters}
            yield Request(operation, known, credential=REVOCABLE, why="with a revoked token")
