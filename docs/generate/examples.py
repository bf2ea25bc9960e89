"""Example of each method, with arguments that work on the mock server."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from .code import Type, fields_of, types
from .methods import Method, methods
from .trials import Trial, trials

#: Fields that identify an object; examples print the first that it has.
_IDENTIFYING: Final = ("number", "slug", "key", "name", "label", "subject", "type", "id", "uuid", "size", "state")

#: Examples of handwritten methods.
_HANDWRITTEN: Final = {
    ("builds", "wait"): """
        build = bk.builds.create("acme", "web", commit="HEAD", branch="main")
        build = bk.builds.wait("acme", "web", build.number, timeout=600)
        print(build.state)
    """,
    ("builds", "follow"): """
        build = bk.builds.create("acme", "web", commit="HEAD", branch="main")
        for change in bk.builds.follow("acme", "web", build.number, timeout=600):
            print(type(change).__name__)
    """,
    ("builds", "download_logs"): """
        for log in bk.builds.download_logs("acme", "web", 259, to="logs/"):
            print(log.outcome, log.job.name, log.path)
    """,
    ("jobs", "wait"): """
        job = bk.jobs.wait("acme", "01920000-0000-7009-8000-0000012e0002", timeout=600)
        print(job.type)
    """,
    ("builds", "list_history"): """
        numbers = [build.number for build in bk.builds.list_history("acme", "web", branch="main", exclude_jobs=True)]
        print(len(numbers))
    """,
    ("jobs", "follow_log"): """
        for line in bk.jobs.follow_log("acme", "01920000-0000-7009-8000-0000012e0002", timeout=60):
            print(line)
    """,
    ("jobs", "tail_log"): """
        for line in bk.jobs.tail_log("acme", "01920000-0000-7009-8000-0000012e0002", lines=5):
            print(line)
    """,
    ("artifacts", "download"): """
        for artifact in bk.artifacts.list("acme", "web", 261, state="finished", max_items=1):
            path = bk.artifacts.download("acme", artifact.job_id, artifact.id, to="out/")
            print(path)
    """,
    ("artifacts", "read"): """
        for artifact in bk.artifacts.list("acme", "web", 261, state="finished", max_items=1):
            content = bk.artifacts.read("acme", artifact.job_id, artifact.id)
            print(len(content))
    """,
    ("artifacts", "stream"): """
        for artifact in bk.artifacts.list("acme", "web", 261, state="finished", max_items=1):
            with bk.artifacts.stream("acme", artifact.job_id, artifact.id) as stream:
                print(sum(len(chunk) for chunk in stream))
    """,
    ("artifacts", "download_build"): """
        for path in bk.artifacts.download_build("acme", "web", 261, to="out/"):
            print(path)
    """,
}


@cache
def examples(tags: tuple[str, ...]) -> Mapping[tuple[str, str], str]:
    """Return the code of an example for each method of the resources, by tag and name."""
    drafts: dict[tuple[str, str], str] = {}
    for tag in tags:
        for method in methods(tag):
            key = (tag, method.name)
            if key in _HANDWRITTEN:
                drafts[key] = inspect.cleandoc(_HANDWRITTEN[key])
            elif key in trials(tags):
                drafts[key] = _draft(tag, method, trials(tags)[key])
            else:
                raise LookupError(f"{tag}.{method.name} is handwritten and needs an example in {__file__}")
    return dict(zip(drafts, _formatted(drafts.values()), strict=True))


def _draft(tag: str, method: Method, trial: Trial) -> str:
    call = f"bk.{tag}.{method.name}({_arguments(method, trial.arguments)})"
    returns = method.returns
    if returns == "None":
        return call
    if "ByteStream" in returns:
        return f"with {call} as stream:\n    for line in stream.lines():\n        print(line)"
    if returns == "str":
        return f"print({call})"
    if returns.startswith("Mapping["):
        return f"headers = {call}\nprint(headers['Content-Type'])"
    item = re.fullmatch(r"(?:Pager|builtins\.list|list|Sequence)\[(.*)\]", returns)
    name = (item[1] if item else returns).removeprefix("models.")
    variable = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() if name.isidentifier() else "item"
    printed = _printed(variable, types().get(("models", name)))
    return f"for {variable} in {call}:\n    print({printed})" if item else f"{variable} = {call}\nprint({printed})"


def _arguments(method: Method, arguments: Mapping[str, Any]) -> str:
    keyword_only = method.signature.partition("*,")[2]
    given = [
        f"{name}={value!r}" if re.search(rf"\b{name}:", keyword_only) else repr(value)
        for name, value in arguments.items()
    ]
    return ", ".join([*given, *(["max_items=3"] if "max_items:" in keyword_only else [])])


def _printed(variable: str, a_type: Type | None) -> str:
    """Return an expression for the fields that identify an object."""
    while a_type is not None and a_type.alias is not None:
        first = re.match(r"[A-Z]\w*", a_type.alias)
        a_type = types().get(("models", first[0])) if first is not None else None
    names = {field.name for field in fields_of(a_type)} if a_type is not None else set[str]()
    shown = [name for name in _IDENTIFYING if name in names][:1] + [name for name in ("state",) if name in names]
    return ", ".join(f"{variable}.{name}" for name in dict.fromkeys(shown)) or variable


def _formatted(drafts: Iterable[str]) -> list[str]:
    """Format the code with Ruff, narrow enough for a page."""
    with TemporaryDirectory() as folder:
        paths: list[Path] = []
        for index, draft in enumerate(drafts):
            path = Path(folder, f"{index}.py")
            path.write_text(draft, encoding="utf-8")
            paths.append(path)
        command = [sys.executable, "-m", "ruff", "format", "--quiet", "--isolated", "--line-length", "84", folder]
        subprocess.run(command, check=True)  # noqa: S603 - our own command
        return [path.read_text(encoding="utf-8").strip() for path in paths]
