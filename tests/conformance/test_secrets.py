"""Masking of credentials in everything that is shown."""

import pytest

from buildkite_rest import TokenAuth
from buildkite_rest.conformance.cli import main
from buildkite_rest.conformance.credentials import Secrets
from buildkite_rest.conformance.options import Options, register

TOKEN = "bkua_0123456789abcdefghijklmnopqrstuvwxyzABCD"


def secrets() -> Secrets:
    known = Secrets({"token"})
    known.add(f"Bearer {TOKEN}")
    return known


@pytest.mark.parametrize(
    "end", ["...", " ...", "…", "", "\n next line", '"', " // Output truncated...", " is on page 2"]
)
@pytest.mark.parametrize("length", [12, 30, len(TOKEN) - 1])
def test_hides_truncated_tokens(length: int, end: str) -> None:
    hidden = secrets().hide(f'    "AAAA {TOKEN[:length]}{end}')
    assert hidden == f'    "AAAA $TOKEN{end}'


@pytest.mark.parametrize("text", ["bkua_012...", "bkua_0123…\nmore"])
def test_hides_short_prefixes_before_an_ellipsis(text: str) -> None:
    assert "bkua" not in secrets().hide(text)


@pytest.mark.parametrize("text", ["bkua_012 and more", "bkua_0123456789abcdefXYZ", "bkua_...", "bkua_mock_no_scopes"])
def test_shows_other_words(text: str) -> None:
    assert secrets().hide(text) == text


@pytest.mark.parametrize(
    "text",
    [
        TOKEN.upper(),
        "".join(f"%{each:02x}" for each in TOKEN.encode()),
        TOKEN.replace("1", "%31"),
        TOKEN.replace("1", "%252531"),
    ],
)
def test_hides_other_spellings(text: str) -> None:
    assert secrets().hide(f"/v2/100%/{text}/%41") == "/v2/100%/$TOKEN/%41"


def test_hides_the_longer_of_two_tokens() -> None:
    known = secrets()
    known.add(f"Bearer {TOKEN}_2", "$LIMITED_TOKEN")
    assert known.hide(f"{TOKEN}_2 {TOKEN}") == "$LIMITED_TOKEN $TOKEN"


def test_hides_repeated_prefixes() -> None:
    assert secrets().hide(f"{TOKEN[:20]}{TOKEN[:30]}... {TOKEN}") == "$TOKEN$TOKEN... $TOKEN"


@pytest.mark.parametrize("text", ['{"token": "abc"}', '"token": "abc...\n}', '"token": "a\\"b'])
def test_hides_truncated_properties(text: str) -> None:
    hidden = secrets().hide(text)
    assert "***" in hidden
    assert "a" not in hidden


def test_registers_the_tokens_of_all_options() -> None:
    names = ["main", "none", "limited", "expired", "foreign"]
    main, none, limited, expired, foreign = (TokenAuth(f"bkua_{name}_secret") for name in names)
    options = Options(
        base_url="http://127.0.0.1:9",
        auth=main,
        tokens={"no scope": none, "limited 1": limited, "expired": expired, "foreign": foreign},
    )
    known = Secrets()
    register(options, known)
    shown = known.hide(" ".join(f"bkua_{name}_secret" for name in names))
    assert shown == "$TOKEN $NO_SCOPE_TOKEN $LIMITED_TOKEN $EXPIRED_TOKEN $FOREIGN_TOKEN"


@pytest.mark.parametrize("option", ["phases", "seed", "rate-limit", "max-time", "budget", "unknown-fields"])
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


def test_shows_no_token_that_is_the_journal_of_a_cleanup(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cleanup", "--token", TOKEN, TOKEN], "conf") == 2
    with pytest.raises(SystemExit):
        main(["cleanup", "--token", TOKEN, "--rate-limit", TOKEN, "journal"], "conf")
    assert capsys.readouterr().err.splitlines() == [
        "conf cleanup: $TOKEN cannot be read: No such file or directory",
        "conf cleanup: argument --rate-limit: '$TOKEN' is not a rate such as 5/s or 40/m",
    ]
