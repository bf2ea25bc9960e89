"""Speed of decoding a page of builds."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from ..lab import Lab
from ..measure import number, processor_time
from ..report import Bar, Result, Table
from ..site import compact, page

OURS = "buildkite-rest"
UNTYPED = "msgspec, untyped"
JSON = "json.loads, untyped"
STOCK = "openapi-python-client, stock"
PYDANTIC = "pydantic models"
UNEXPECTED = "buildkite-rest, one unexpected value"
ALL_UNEXPECTED = "buildkite-rest, one unexpected value per job"


def decoders() -> dict[str, Callable[[bytes], Any]]:
    import pydantic
    import pydantic_models
    from stock_client.models.build import Build

    from _buildkite_rest.operations.builds import LIST_BUILDS
    from buildkite_rest._decoding.decoder import Decoder

    return {
        OURS: partial(Decoder(strict=True).decode, LIST_BUILDS),
        UNTYPED: msgspec.json.decode,
        JSON: json.loads,
        PYDANTIC: pydantic.TypeAdapter(list[pydantic_models.Build]).validate_json,
        STOCK: lambda content: [Build.from_dict(build) for build in json.loads(content)],
    }


def check(decode: dict[str, Callable[[bytes], Any]], content: bytes) -> None:
    """Raise `RuntimeError` unless all decode the same page."""
    for name, decoder in decode.items():
        last = decoder(content)[-1]
        jobs, created = (last["jobs"], last["created_at"]) if isinstance(last, dict) else (last.jobs, last.created_at)
        if len(jobs) != 10 or isinstance(last, dict) == isinstance(created, datetime):
            raise RuntimeError(f"{name} has decoded another page")


def with_unexpected(content: bytes, *, each: bool) -> bytes:
    """Return a page in which one value, or one per job, has a type that the spec does not allow."""
    builds = json.loads(content)
    for build in builds if each else builds[len(builds) // 2 :][:1]:
        for job in build["jobs"] if each else build["jobs"][:1]:
            job["created_at"] = 7
    return compact(builds)


def leniently(content: bytes) -> Callable[[], Any]:
    from _buildkite_rest.operations.builds import LIST_BUILDS
    from buildkite_rest._decoding.decoder import Decoder

    logging.getLogger("buildkite_rest").setLevel(logging.ERROR)  # the unexpected values are intended
    return partial(Decoder(strict=False).decode, LIST_BUILDS, content)


def measure(lab: Lab) -> Result:
    decode = decoders()
    content = page(10, 100)
    check(decode, content)
    work: dict[str, Callable[[], Any]] = {name: partial(decoder, content) for name, decoder in decode.items()}
    work |= {
        UNEXPECTED: leniently(with_unexpected(content, each=False)),
        ALL_UNEXPECTED: leniently(with_unexpected(content, each=True)),
    }
    samples = processor_time(work, lab.rounds(7, 25))
    to_json = {name: samples.ratio(name, JSON) for name in work}
    to_stock = samples.ratio(OURS, STOCK)
    size = len(content) / 1e6
    rows = [
        [name, str(to_json[name]), number(1e3 * samples.median(name)), number(size / samples.median(name))]
        for name in work
    ]
    return Result(
        question="How fast is a page decoded?",
        summary=f"A page of 100 builds with 10 jobs each ({size:.1f} MB) is decoded into typed objects with"
        f" `datetime` values in {to_json[OURS].middle:.2f} of the time that `json.loads` takes for dictionaries, and"
        f" in {to_stock.middle:.3f} of the time of the stock client. With one unexpected value, it takes"
        f" {to_json[UNEXPECTED].middle:.2f} of the time of `json.loads`, and with one in each job"
        f" {to_json[ALL_UNEXPECTED].middle:.2f}.",
        tables=[Table(["decoder", "ratio to `json.loads`", "ms", "MB/s"], rows)],
        bars=[
            Bar("typed decode ÷ `json.loads`", to_json[OURS], 0.4, tolerance=0.05),
            Bar("typed decode ÷ stock openapi-python-client", to_stock, 0.12, tolerance=0.05),
            Bar("decode of a page with one unexpected value ÷ `json.loads`", to_json[UNEXPECTED], 1, tolerance=0.05),
            Bar("the same with one in each job", to_json[ALL_UNEXPECTED], 5, tolerance=0.05),
        ],
    )
