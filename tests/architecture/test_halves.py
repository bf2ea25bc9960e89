"""The blocking and the asynchronous half of the client do the same."""

from tests.architecture.halves import CLIENT, allowed, blocking_name, definitions, differences, pairs


def test_halves_differ_only_where_that_is_allowed():
    found = {name: each["lines"] for name, each in allowed().items()}
    assert differences() == found, "align the halves, or run `python -m tests.architecture.halves` and give a reason"


def test_every_difference_has_a_reason():
    assert [name for name, each in allowed().items() if not each["reason"]] == []


def test_a_change_of_one_half_is_a_difference(tmp_path):
    module = tmp_path / "module.py"
    module.write_text(
        "def read(x):\n    return x.get(1)\n\nasync def async_read(x):\n    return await x.get(2)\n", encoding="utf-8"
    )
    [(name, blocking, asynchronous)] = pairs(module)
    assert name == "async_read"
    assert blocking != asynchronous
    module.write_text(module.read_text(encoding="utf-8").replace("2", "1"), encoding="utf-8")
    [(_, blocking, asynchronous)] = pairs(module)
    assert blocking == asynchronous


def test_the_clients_ports_and_pagers_are_compared():
    compared = {name for path in CLIENT.rglob("*.py") for name, _, _ in pairs(path)}
    for method in ("HTTPCaller.call", "HTTPPager.pages", "Buildkite.organization", "Artifacts.stream"):
        assert f"Async{method}" in compared
    assert (blocking_name("_AsyncFile"), blocking_name("async_chunks")) == ("_File", "chunks")
    assert definitions([]) == {}
