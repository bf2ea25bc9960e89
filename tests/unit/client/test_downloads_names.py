"""Names of files, by the rules of the system that has them."""

from pathlib import PurePosixPath, PureWindowsPath

import pytest
from tests.each import check_each
from tests.unit.client.artifacts import CONTENT, artifact, server, whole

from buildkite_rest import DownloadError
from buildkite_rest._files import folders
from buildkite_rest._files.folders import is_name

GOOD = ["a", "a.txt", ".a", "...a", "a b", "\N{PERSONAL COMPUTER}", "console.txt", "com.txt", "null", "com12"]
NOWHERE = ["", ".", "..", "a/b", "a\\b", "a\0", "a\n", "\x1b[2J", "\x7f", "\x85", "\ud800"]
OUTSIDE = ["C:evil.exe", "D:x", "a:stream", "a::$DATA", "a?", "a*", "<a", "a>", "a|b", '"a"']
DEVICES = ["NUL", "con", "con.txt", "Aux.tar.gz", "nul .txt", "PRN", "com1", "COM\N{SUPERSCRIPT TWO}.log", "CONIN$"]
TRIMMED = ["x.txt.", "x.txt ", "x..", "...", " ", "NUL."]
NOT_ON_WINDOWS = [*OUTSIDE, *DEVICES, *TRIMMED]


@pytest.mark.parametrize("name", GOOD, ids=ascii)
def test_a_name_of_a_file(name):
    assert is_name(name, PurePosixPath("out"))
    assert is_name(name, PureWindowsPath("out"))


@pytest.mark.parametrize("name", NOWHERE, ids=ascii)
def test_no_name_of_a_file(name):
    assert not is_name(name, PurePosixPath("out"))
    assert not is_name(name, PureWindowsPath("out"))


@pytest.mark.parametrize("name", NOT_ON_WINDOWS, ids=ascii)
def test_no_name_of_a_file_on_windows(name):
    assert is_name(name, PurePosixPath("out"))
    assert not is_name(name, PureWindowsPath("out"))


@pytest.mark.parametrize("path", ["{}", "a/{}", "{}/a"])
def test_a_build_in_a_folder_on_windows(path):
    def check(name):
        with pytest.raises(DownloadError, match="is not the path of a file inside the folder"):
            folders._relative_path(path.format(name), PureWindowsPath("out"))

    check_each({ascii(name): (name,) for name in NOT_ON_WINDOWS}, check)


LONG = {
    "fits": ("x" * 250, "x" * 250 + ".a1"),
    "no-extension": ("x" * 255, "x" * 252 + ".a1"),
    "extension": ("x" * 251 + ".txt", "x" * 248 + ".a1.txt"),
    "characters-of-four-bytes": ("\N{ROCKET}" * 62 + ".txt", "\N{ROCKET}" * 62 + ".a1.txt"),
    "characters-that-do-not-fit": ("\N{ROCKET}" * 62 + "xyz.txt", "\N{ROCKET}" * 62 + ".a1.txt"),
    "a-character-of-which-a-part-would-fit": ("x\N{ROCKET}" * 50 + "x.txt", "x\N{ROCKET}" * 49 + "x.a1.txt"),
    "long-extension": ("a." + "x" * 253, "a." + "x" * 250 + ".a1"),
    "folder": ("x" * 255 + "/" + "y" * 255, "x" * 255 + "/" + "y" * 252 + ".a1"),
}


@pytest.mark.parametrize(("path", "expected"), LONG.values(), ids=LONG)
def test_a_long_name_is_shortened_before_the_id(connect, tmp_path, path, expected):
    script = server(whole, artifact(0, path), artifact(1, path))
    found = connect(script).artifacts.download_build("acme", "web", 1, to=tmp_path)
    assert [str(file.relative_to(tmp_path)) for file in found] == [path, expected]
    assert [file.read_bytes() for file in found] == [CONTENT] * 2


def test_long_names_that_are_shortened_are_distinguished(connect, tmp_path):
    paths = ["x" * 254 + "1", "x" * 254 + "1", "x" * 252 + ".a3", "x" * 254 + "1"]
    script = server(whole, *(artifact(number, path) for number, path in enumerate(paths)))
    found = connect(script).artifacts.download_build("acme", "web", 1, to=tmp_path)
    assert [file.name[249:] for file in found] == ["xxxxx1", "xxx.a1", "xxx.a3", "x.a3.2"]
