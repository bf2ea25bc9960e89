"""Masking of credentials in everything that is shown."""

import pytest

from buildkite_rest.conformance.cli import given_tokens, main
from buildkite_rest.conformance.credentials import Secrets
from buildkite_rest.conformance.forged_tokens import malformed_credentials

TOKEN = "bkua_0123456789abcdefghijklmnopqrstuvwxyzABCD"


def secrets() -> Secrets:
    known = Secrets({"token"})
    known.add(f"Bearer {TOKEN}")
    return known


def test_no_part_of_a_token_that_a_run_sends_is_shown() -> None:
    known = secrets()
    shown = [known.hide(header) for _, header in malformed_credentials(f"Bearer {TOKEN}", known)]
    assert [text for text in shown if TOKEN[:12].lower() in text.lower()] == []
    assert "Bearer $FORGED_TOKEN" in shown


def test_hides_upper_case() -> None:
    assert secrets().hide(f"/v2/100%/{TOKEN.upper()}/%41") == "/v2/100%/$TOKEN/%41"


def test_hides_the_longer_of_two_tokens() -> None:
    known = secrets()
    known.add(f"Bearer {TOKEN}_2", "$LIMITED_TOKEN")
    assert known.hide(f"{TOKEN}_2 {TOKEN}") == "$LIMITED_TOKEN $TOKEN"


@pytest.mark.parametrize("text", ['{"token": "abc"}', '"token": "abc...\n}', '"token": "a\\"b'])
def test_hides_truncated_properties(text: str) -> None:
    hidden = secrets().hide(text)
    assert "***" in hidden
    assert "a" not in hidden


def test_knows_the_tokens_of_all_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "main")
    arguments = ["--write", "--no-scope-token", "none", "--limited-token=one", "--limited-token", "two"]
    assert given_tokens(arguments) == {
        "main": "$TOKEN",
        "none": "$NO_SCOPE_TOKEN",
        "one": "$LIMITED_TOKEN",
        "two": "$LIMITED_TOKEN",
    }


@pytest.mark.parametrize("option", ["phases", "seed", "budget"])
def test_shows_no_token_that_is_the_value_of_another_option(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--base-url", "http://127.0.0.1:9", "--token", TOKEN, f"--{option}", TOKEN], "conf")
    err = capsys.readouterr().err
    assert err.startswith(f"conf: argument --{option}: ")
    assert "'$TOKEN'" in err


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [
        ([], "$TOKEN"),
        ([f"--token={TOKEN}"], "$TOKEN"),
        (["--limited-token", TOKEN], "$LIMITED_TOKEN"),
        ([f"--no-scope-token={TOKEN}"], "$NO_SCOPE_TOKEN"),
        (["--revocable-token", TOKEN], "$REVOCABLE_TOKEN"),
    ],
)
def test_shows_no_token_of_another_option_or_the_environment(
    arguments: list[str], variable: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILDKITE_API_TOKEN", TOKEN)
    with pytest.raises(SystemExit):
        main([*arguments, "--base-url", "http://127.0.0.1:9", "--seed", TOKEN], "conf")
    assert capsys.readouterr().err == f"conf: argument --seed: '{variable}' is not a whole number\n"
