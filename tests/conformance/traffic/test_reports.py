"""The report of `--json` replaces no input, and an error of writing it hides nothing."""

import json

import pytest
from tests.conformance.traffic.recording import check

from buildkite_rest.conformance.traffic.cli import main


def test_the_report_does_not_replace_a_recording(har, tmp_path, capsys):
    path = str(tmp_path / "recording.har")
    status, _, err = check(tmp_path, har, capsys, "--json", path)
    assert (status, "recording.har' and --json name the same file" in err) == (2, True)
    for target in (str(tmp_path), str(tmp_path / "missing" / "report.json")):
        assert check(tmp_path, har, capsys, "--json", target)[0] == 2


def test_the_report_does_not_replace_a_link_to_a_recording(har, tmp_path, capsys):
    check(tmp_path, har, capsys)
    link = tmp_path / "report.json"
    link.hardlink_to(tmp_path / "recording.har")
    status, _, err = check(tmp_path, har, capsys, "--json", str(link))
    assert (status, "and --json name the same file" in err) == (2, True)
    assert json.loads(link.read_text(encoding="utf-8")) == har


def test_the_report_does_not_replace_a_key_of_the_environment(har, tmp_path, capsys, monkeypatch):
    key = tmp_path / "key.pem"
    key.write_text("key")
    monkeypatch.setenv("BUILDKITE_API_PRIVATE_KEY_PATH", str(key))
    status, _, err = check(tmp_path, har, capsys, "--json", str(key))
    assert (status, key.read_text()) == (2, "key")
    assert "$BUILDKITE_API_PRIVATE_KEY_PATH and --json name the same file" in err


def test_a_report_that_cannot_be_written_does_not_hide_the_other(har, tmp_path, capsys, monkeypatch):
    def fail(path, _content):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("buildkite_rest.conformance.traffic.command.write_file", fail)
    path = str(tmp_path / "full")
    status, out, err = check(tmp_path, har, capsys, "--json", path)
    assert (status, err.count("\n")) == (2, 1)
    assert f"--json {path!r} cannot be written: No space left on device. Name another file." in err
    assert "no difference from the spec" in out


@pytest.mark.parametrize("arguments", [("x.har", "--json", ""), ("",)])
def test_an_empty_path_is_an_error(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(list(arguments), "traffic")
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith(": the path is empty. Pass a file or leave it out\n")
