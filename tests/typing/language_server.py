"""Client of pyright's language server: what an editor shows at the end of a program."""

import itertools
import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

_CAPABILITIES: Any = {
    "workspace": {"configuration": True, "workspaceFolders": True},
    "textDocument": {
        "completion": {"completionItem": {"documentationFormat": ["plaintext"]}},
        "hover": {"contentFormat": ["plaintext"]},
        "signatureHelp": {"signatureInformation": {"documentationFormat": ["plaintext"]}},
    },
}


class Editor:
    """An editor with one unsaved program after another."""

    def __init__(self, folder: Path, write: IO[bytes], read: IO[bytes]) -> None:
        self._folder, self._write, self._read = folder, write, read
        self._numbers = itertools.count(1)
        self._request(
            "initialize",
            processId=None,
            capabilities=_CAPABILITIES,
            workspaceFolders=[{"uri": folder.as_uri(), "name": folder.name}],
        )
        self._send({"method": "initialized", "params": {}})

    def complete(self, program: str, after: str = "") -> dict[str, str]:
        """Return the names offered before `after`, in the order of the editor, with the documentation of each."""
        found: Any = self._at_end("completion", program, after)
        items: list[dict[str, Any]] = sorted(found["items"] if found else [], key=itemgetter("sortText"))
        return {item["label"]: self._documentation(item) for item in items}

    def hover(self, program: str) -> str:
        """Return the text for the name at the end."""
        found = self._at_end("hover", program)
        return found["contents"]["value"] if found else ""

    def signature(self, program: str) -> tuple[str, str]:
        """Return the signature of the call that the program ends in, and its documentation."""
        found = self._at_end("signatureHelp", program)
        best = found["signatures"][found.get("activeSignature") or 0]
        return best["label"], best["documentation"]["value"]

    def _documentation(self, item: dict[str, Any]) -> str:
        resolved = self._request("completionItem/resolve", **item)
        # The declaration, an empty line, and the documentation.
        return resolved.get("documentation", {}).get("value", "").partition("\n\n")[2]

    def _at_end(self, method: str, program: str, after: str = "") -> Any:
        document = {"uri": (self._folder / f"program_{next(self._numbers)}.py").as_uri()}
        opened = {**document, "languageId": "python", "version": 1, "text": program + after}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": opened}})
        lines = program.split("\n")
        end = {"line": len(lines) - 1, "character": len(lines[-1])}
        return self._request(f"textDocument/{method}", textDocument=document, position=end)

    def _request(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._receive()
            if "method" in message and "id" in message:
                self._send({"id": message["id"], "result": _answer(message)})
            elif message.get("id") == number:
                assert "error" not in message, message
                return message["result"]

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._write.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._write.flush()

    def _receive(self) -> dict[str, Any]:
        headers = dict(line.strip().lower().split(b": ", 1) for line in iter(self._read.readline, b"\r\n") if line)
        return json.loads(self._read.read(int(headers[b"content-length"])))


def _answer(message: dict[str, Any]) -> Any:
    """Return the result of a request of the server: the interpreter, if it requests the configuration."""
    if message["method"] != "workspace/configuration":
        return None
    sections = [item.get("section") for item in message["params"]["items"]]
    return [{"pythonPath": sys.executable} if section == "python" else {} for section in sections]


@contextmanager
def open_editor(folder: Path) -> Generator[Editor]:
    """Run the language server in a folder."""
    command = [sys.executable, "-m", "pyright.langserver", "--stdio"]
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Editor(folder, process.stdin, process.stdout)
        finally:
            process.kill()
