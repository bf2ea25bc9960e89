"""The tables for users of pybuildkite have each of its methods, and only methods of this client that exist."""

import ast
import inspect
import re
from pathlib import Path

from tests.each import check_each

from buildkite_rest import Buildkite

PAGE = (Path(__file__).parents[2] / "docs/pybuildkite.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| `(bk\..+?)`.*\|$", PAGE, re.MULTILINE)
#: Methods of pybuildkite 1.3.0.
THEIRS = {
    "access_tokens": ["get_token", "revoke_token"],
    "agents": ["get_agent", "list_all", "stop_agent"],
    "annotations": ["list_annotations"],
    "artifacts": ["download_artifact", "get_artifact", "list_artifacts_for_build", "list_artifacts_for_job"],
    "builds": [
        "cancel_build",
        "create_build",
        "get_build_by_number",
        "list_all",
        "list_all_for_org",
        "list_all_for_pipeline",
        "rebuild_build",
    ],
    "emojis": ["list_emojis"],
    "jobs": ["delete_job_log", "get_job_environment_variables", "get_job_log", "retry_job", "unblock_job"],
    "meta": ["get_meta_information"],
    "organizations": ["get_org", "list_all"],
    "pipelines": [
        "archive_pipeline",
        "create_pipeline",
        "create_yaml_pipeline",
        "delete_pipeline",
        "get_pipeline",
        "list_pipelines",
        "unarchive_pipeline",
        "update_pipeline",
    ],
    "teams": ["list_teams"],
    "users": ["get_current_user"],
}


def test_every_call_of_theirs_has_a_row():
    named = {f"{found[1]}.{found[2]}" for left, _ in ROWS if (found := re.search(r"(\w+)\(\)\.(\w+)\(", left))}
    assert named == {f"{resource}.{method}" for resource, methods in THEIRS.items() for method in methods}


def test_every_call_of_ours_exists():
    with Buildkite("token") as client:
        check_each({call: (client, call) for _, call in ROWS}, check_call)


def check_call(client, call):
    tree = ast.parse(call, mode="eval").body
    assert isinstance(tree, ast.Call)
    tag, method = ast.unparse(tree.func).split(".")[1:]
    signature = inspect.signature(getattr(getattr(client, tag), method))
    names = [argument.id for argument in tree.args]
    bound = signature.bind(*names, **{keyword.arg: keyword.value for keyword in tree.keywords})
    assert [name for name, value in bound.arguments.items() if isinstance(value, str)] == names
