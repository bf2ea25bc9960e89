"""Mistakes in Go source that would hide what follows."""

import pytest
from generator.evidence.__main__ import main
from generator.evidence.facts import NotASourceError
from generator.evidence.go_syntax import check_syntax

VALID = """\
// Package queues is not "closed, it's {open.
package queues /* { */

func f(a []string) rune {
\treturn map[rune]string{'"': "{\\"", '\\'': `"{`}
}
"""

MISTAKES = [
    ("", 1, "must begin with a package clause"),
    ("// package queues\nfunc f() {}\n", 2, "must begin with a package clause"),
    ('package queues\nvar a = "b\nvar c = "d"\n', 2, '" is not closed'),
    ("package queues\nvar a = `b\n", 2, "` is not closed"),
    ("package queues\n\n/* f\n", 3, "/* is not closed"),
    ("package queues\nfunc f() {\n\tg(1\n}\n", 4, "} closes nothing"),
    ("package queues\n}\n", 2, "} closes nothing"),
    ("package queues\nfunc {{{{\n", 2, "{ is not closed"),
]


def test_valid_source(tmp_path):
    path = tmp_path / "queues.go"
    path.write_text(VALID)
    check_syntax(path)


@pytest.mark.parametrize(("text", "line", "message"), MISTAKES)
def test_a_mistake_has_its_file_and_line(tmp_path, text, line, message):
    path = tmp_path / "queues.go"
    path.write_text(text)
    with pytest.raises(NotASourceError) as caught:
        check_syntax(path)
    assert str(caught.value) == f"{path}:{line}: not Go source: {message}"


def test_a_file_of_a_client_that_is_not_go_source_is_one_line(tmp_path, capsys):
    request = 'package queues\n\nfunc Get(ctx any) {\n\treq, err := c.NewRequest(ctx, "GET", "v2/user", nil)\n}\n'
    (tmp_path / "client.go").write_text(request)
    (tmp_path / "queues.go").write_text("package queues\nfunc {{{{\n")
    assert main(["--go", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"{tmp_path / 'queues.go'}:2: not Go source: {{ is not closed\n"
