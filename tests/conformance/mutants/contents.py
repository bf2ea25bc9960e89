"""Bugs in contents: characters of texts, times of schedules, sizes of logs, plain texts, searched properties."""

import re
from typing import Any
from urllib.parse import parse_qsl

from tests.conformance.mutants.agreement import DISAGREE
from tests.conformance.mutants.consistency import CONSISTENCY
from tests.conformance.mutants.details import UNSENT, everywhere
from tests.conformance.mutants.effect_bugs import AGENT, JOB, JOB_IN_BUILD, PORTAL, edits
from tests.conformance.mutants.filters import Pairs, rewrite
from tests.conformance.mutants.kinds import (
    AGREEMENT,
    BUILD,
    BUILDS,
    EFFECTS,
    EXAMPLES,
    FILTERS,
    HEADERS,
    PIPELINE,
    SUITES,
    TEAMS,
    Mutant,
    body,
    on,
    put,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response, change

SCHEDULES = f"{PIPELINE}/schedules"
FLAKY, FAILED = f"{SUITES}/*/flaky-tests", f"{SUITES}/*/runs/*/failed_executions"
LOGS, ENVIRONMENTS = (f"{JOB}/log", f"{JOB_IN_BUILD}/log"), (f"{JOB}/env", f"{JOB_IN_BUILD}/env")
OF_BUILDS = ("getBuild", "createPipeline", "getPipeline", "deletePipeline")


def of_texts(name: str, edit: Any) -> Any:
    """Edit a text that is sent."""

    def edit_text(sent: dict[str, Any]) -> Any:
        return sent | {name: edit(sent[name])} if isinstance(sent.get(name), str) else None

    return edit_text


def first_line(text: str) -> str:
    return text.partition("\n")[0]


def of_two_bytes(text: str) -> str:
    """Return a text without the characters that need more than two bytes in UTF-16."""
    return "".join(character for character in text if ord(character) < 0x10000)


def keys_in_lower_case(build: dict[str, Any]) -> Any:
    values = build.get("meta_data")
    return (
        build | {"meta_data": {key.lower(): value for key, value in values.items()}}
        if isinstance(values, dict)
        else None
    )


def an_hour_later(schedules: Any) -> None:
    for each in schedules if isinstance(schedules, list) else [schedules]:
        if each["next_build_at"] and not each["cronline"].startswith("@"):
            hour = int(each["next_build_at"][11:13])
            each["next_build_at"] = f"{each['next_build_at'][:11]}{(hour + 1) % 24:02}{each['next_build_at'][13:]}"


def a_year_later(schedules: Any) -> None:
    for each in schedules if isinstance(schedules, list) else [schedules]:
        if each["next_build_at"]:
            each["next_build_at"] = f"{int(each['next_build_at'][:4]) + 1}{each['next_build_at'][4:]}"


def cut_values(request: Request, response: Response) -> None:
    is_text = (response.header(b"content-type") or b"").startswith(b"text/plain")
    if request.matches("GET", ENVIRONMENTS[0]) and is_text and response.status == 200:
        response.body = re.sub(rb'(?m)^([A-Z_]+="[^"\n]{20})[^"\n]*"', rb'\1"', response.body)


def names_without_scopes(executions: list[dict[str, Any]]) -> None:
    for each in executions:
        each["test_name"] = each["test_name"].partition(" ")[2]


def first_run(build: dict[str, Any]) -> None:
    del build.get("test_engine", {}).get("runs", [])[1:]


def size_in_characters(log: dict[str, Any]) -> None:
    log["size"] = len(log["content"])


def only_last_entry(pairs: Pairs) -> Pairs:
    entries = [pair for pair in pairs if pair[0].startswith("meta_data[")]
    return [pair for pair in pairs if pair not in entries[:-1]]


def unsearched(name: str) -> Bug:
    """Leave out the results that only one property matches."""

    def wrong(request: Request, response: Response) -> None:
        text = dict(parse_qsl(request.query.decode())).get("search", "")
        if request.matches("GET", FLAKY) and text and response.status == 200:
            response.json = [
                each
                for each in response.json
                if any(text in each[key] for key in {"name", "scope", "location"} - {name})
            ]

    return change(wrong)


CONTENTS: dict[str, Mutant] = {
    "content: the first line of a message": server(
        "createBuild", UNSENT, EFFECTS, edits("POST", BUILDS, of_texts("message", first_line)), include=OF_BUILDS
    ),
    "content: keys in lower case": server(
        "createBuild", UNSENT, EFFECTS, edits("POST", BUILDS, keys_in_lower_case), include=OF_BUILDS
    ),
    "content: characters of four bytes": server(
        "createTeam", UNSENT, EFFECTS, edits("POST", TEAMS, of_texts("description", of_two_bytes))
    ),
    "content: updates without line breaks": server(
        "updatePortal",
        UNSENT,
        EFFECTS,
        edits("PUT", PORTAL, of_texts("description", lambda text: " ".join(text.split()))),
        include=("createPortal", "getPortal", "deletePortal"),
    ),
    "content: builds an hour later": server(
        "listPipelineSchedules", CONSISTENCY, EXAMPLES, on("GET", SCHEDULES, body(an_hour_later))
    ),
    "content: a year without builds": server(
        "listPipelineSchedules", CONSISTENCY, AGREEMENT, on("GET", SCHEDULES, body(a_year_later))
    ),
    "content: values of the plain text are cut": server("getJobEnv", "media_type_wrong", HEADERS, change(cut_values)),
    "content: a retry without a count": server(
        "retryJobInBuild",
        CONSISTENCY,
        EFFECTS,
        on("PUT", f"{JOB_IN_BUILD}/retry", body(put("retries_count", to=0))),
        include=("getJobInBuild", "listJobs"),
    ),
    "content: busy agents without a job": server(
        "getBuild", DISAGREE, AGREEMENT, on("GET", AGENT, body(put("job", to=None)))
    ),
    "content: the runs of one suite": server("getBuild", DISAGREE, AGREEMENT, on("GET", BUILD, body(first_run))),
    "content: names without scopes": server(
        "listFailedExecutions", DISAGREE, AGREEMENT, on("GET", FAILED, body(names_without_scopes))
    ),
    "content: a log in characters": server("getJobLog", CONSISTENCY, AGREEMENT, everywhere(size_in_characters, *LOGS)),
    "content: the location is not searched": server(
        "listFlakyTests", "filter_mismatch", FILTERS, unsearched("location")
    ),
    "content: only the last entry filters": server(
        "listBuilds", "filter_mismatch", FILTERS, rewrite(BUILDS, only_last_entry)
    ),
}
