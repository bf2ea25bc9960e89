"""The report of `--json` replaces no input, and an error of writing it hides nothing."""

import json

from tests.conformance.traffic.recording import check


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


def test_a_report_that_cannot_be_written_does_not_hide_the_other(har, tmp_path, capsys, monkeypatch):
    def fail(path, _content):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("buildkite_rest.conformance.traffic.write_file", fail)
    path = str(tmp_path / "full")
    status, out, err = check(tmp_path, har, capsys, "--json", path)
    assert (status, err.count("\n")) == (2, 1)
    assert f"--json {path!r} cannot be written: No space left on device. Name another file." in err
    assert "no difference from the spec" in out
