"""Names of files, by the rules of the system that has them."""

from pathlib import PurePosixPath, PureWindowsPath

import pytest
from tests.each import check_each

from buildkite_rest import DownloadError
from buildkite_rest._files import folders
from buildkite_rest._files.folders import is_name

GOOD = ["a", "a.txt", ".a", "...a", "a b", "\N{PERSONAL COMPUTER}"]
NOWHERE = ["", ".", "..", "a/b", "a\\b", "a\0", "a\n", "\x1b[2J", "\x7f", "\x85", "\ud800"]
NOT_ON_WINDOWS = ["C:evil.exe", "a:stream", "a::$DATA", "a?", "a*", "<a", "a>", "a|b", '"a"', "x.txt.", "x.txt ", "..."]


@pytest.mark.parametrize(
    ("names", "posix", "windows"),
    [(GOOD, True, True), (NOWHERE, False, False), (NOT_ON_WINDOWS, True, False)],
    ids=["good", "nowhere", "not-on-windows"],
)
def test_names_of_files(names, posix, windows):
    assert [name for name in names if is_name(name, PurePosixPath("out")) != posix] == []
    assert [name for name in names if is_name(name, PureWindowsPath("out")) != windows] == []


@pytest.mark.parametrize("path", ["{}", "a/{}", "{}/a"])
def test_a_build_in_a_folder_on_windows(path):
    def check(name):
        with pytest.raises(DownloadError, match="is not the path of a file inside the folder"):
            folders._relative_path(path.format(name), PureWindowsPath("out"))

    check_each({ascii(name): (name,) for name in NOT_ON_WINDOWS}, check)
