"""Runs the code of a page, block after block in one namespace, against a mock server.

A page is Markdown. What is run:

- ```` ```python ````: the code as a reader would paste it;
- `<!--python … -->`: code that the page does not show; `server` is the mock server;
- code after `<!--requires pandas-->`: only if the package is installed;
- ```` ```py ````: nothing; it is a file that another test compares and runs;
- ```` ```output ````: the expected output of the code before it.
"""

import contextlib
import io
import re
import textwrap
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from attrs import frozen

_PARTS = re.compile(
    r"^(?:<!--(?P<hidden>python)\n(?P<code>.*?)^-->"
    r"|(?:^<!--requires (?P<requires>\w+)-->\n)?(?P<indent> *)```(?P<language>[^\n]*)\n(?P<body>.*?)^(?P=indent)```)$",
    re.MULTILINE | re.DOTALL,
)


@frozen
class Block:
    """A fenced block, or a comment with hidden code."""

    language: str
    text: str
    line: int
    requires: str | None = None
    """Package that the code needs and the tests lack."""

    @property
    def is_runnable(self) -> bool:
        """Whether its package is installed."""
        return self.requires is None or find_spec(self.requires) is not None


def blocks(markdown: str) -> Iterator[Block]:
    """Yield the blocks of a page in order."""
    for found in _PARTS.finditer(markdown):
        line = markdown.count("\n", 0, found.start()) + 1
        if found["hidden"]:
            yield Block("hidden", found["code"], line)
        else:
            yield Block(found["language"].strip(), textwrap.dedent(found["body"]), line, found["requires"])


def run(name: str, page: list[Block], namespace: dict[str, object]) -> int:
    """Run the code of a page and return how many visible blocks ran."""
    printed, ran = "", 0
    for block in page:
        if not block.is_runnable:
            ran += 1
        elif block.language in ("python", "hidden"):
            # With the lines before it, so that a traceback names the line of the page.
            code = compile("\n" * block.line + block.text, name, "exec", dont_inherit=True)
            with contextlib.redirect_stdout(io.StringIO()) as output:
                exec(code, namespace)
            printed = output.getvalue()
            ran += block.language == "python"
        elif block.language == "output":
            assert printed == block.text, f"{name}:{block.line}: printed {printed!r}"
    return ran


def page(path: Path) -> list[Block]:
    """Return the blocks of a file."""
    return list(blocks(path.read_text(encoding="utf-8")))
