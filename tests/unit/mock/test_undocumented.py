"""Operations that official tools use without documentation."""

from .caller import API, WEB

SUITE = "/v2/analytics/organizations/acme/suites/rspec"
PLAN = f"{SUITE}/test_plan"
BASKET, LOGIN = "./spec/models/basket_spec.rb", "./spec/requests/login_spec.rb"
NEW = "./spec/new_spec.rb"


def create(api, identifier="build/rspec", parallelism=2, **tests):
    body = {"runner": "rspec", "identifier": identifier, "parallelism": parallelism, "branch": "main", "tests": tests}
    return api.post(PLAN, json=body)


def test_each_file_is_in_the_task_of_one_job(api):
    plan = create(api, files=[{"path": path} for path in (BASKET, LOGIN, NEW)]).json()
    assert (plan["identifier"], plan["parallelism"], list(plan["tasks"])) == ("build/rspec", 2, ["0", "1"])
    planned = [test["path"] for task in plan["tasks"].values() for test in task["tests"]]
    assert sorted(planned) == sorted([BASKET, LOGIN, NEW])
    assert all(task["tests"] for task in plan["tasks"].values())


def test_examples_and_selectors_are_planned_too(api):
    plan = create(api, "x", 1, examples=[{"path": f"{LOGIN}[1,1]", "name": "n"}], selectors=[{"value": "./..."}]).json()
    example, selector = plan["tasks"]["0"]["tests"]
    assert (example["format"], example["path"], example["name"]) == ("example", f"{LOGIN}[1,1]", "n")
    assert (selector["format"], selector["value"]) == ("selector", "./...")


def test_all_jobs_get_the_same_plan(api):
    query = {"identifier": "build/rspec", "job_retry_count": 0}
    assert api.get(PLAN, params=query).status_code == 404
    created = create(api, files=[{"path": BASKET}]).json()
    assert create(api, parallelism=5, files=[]).json() == created
    assert api.get(PLAN, params=query).json() == created


def test_files_with_skipped_tests_are_split(api):
    files = [{"path": path} for path in (BASKET, LOGIN, NEW)]
    names = {test["file_name"] for test in api.get(f"{SUITE}/tests/skipped").json()}
    found = api.post(f"{PLAN}/filter_tests", json={"files": files, "env": {}}).json()["tests"]
    assert found == [file for file in files if file["path"] in names]


def test_preflight_counts_the_tests_of_each_run(api):
    failed = next(run for run in api.get(f"{SUITE}/runs", params={"per_page": 100}).json() if run["result"] == "failed")
    url = f"/v2/analytics/organizations/acme/builds/{failed['build_id']}/preflight/v1"
    tests = api.get(url, params={"include": "latest_fail", "result": "^failed"}).json()["tests"]
    run = tests["runs"][failed["id"]]
    assert run["suite"]["slug"] == "rspec"
    own = [failure for failure in tests["failures"] if failure["run_id"] == failed["id"]]
    assert all(failure["latest_fail"]["failure_reason"] for failure in own)
    assert len(own) == run["failed"]
    without = api.get(url, params={"state": "enabled"}).json()["tests"]["failures"]
    assert all("latest_fail" not in failure for failure in without)


def test_a_step_upload_is_there_once_its_job_has_passed(api, create, clock):
    build = create()
    uploads = f"{build['url']}/step-uploads"
    assert api.get(uploads).json()["items"] == []
    clock.advance(10)
    [upload] = api.get(uploads).json()["items"]
    first, *others = api.get(build["url"]).json()["jobs"]
    assert (upload["source_job_id"], upload["created_jobs_count"]) == (first["id"], len(others))
    assert upload["created_at"] == upload["processed_at"] == first["finished_at"]
    assert upload["url"] == f"{API}{WEB}/builds/{build['number']}/step-uploads/{upload['uuid']}"
    definition = api.get(upload["url"]).json()["definition_yaml"]
    assert definition == api.get(WEB).json()["configuration"]
    assert api.get(uploads, params={"filter[source_job_id]": others[0]["id"]}).json()["items"] == []
