"""Differences that `check` reports, and folders that `generate` does not touch."""

import shutil

import pytest
from generator.__main__ import main
from generator.buildkite import header
from generator.package import RUNTIME
from generator.steps import _differences, generate
from tests.unit.generator.spec_fixture import ROBOTS, SPEC, contents

pytestmark = pytest.mark.exhaustive

HEADER = header()
A_MODEL = "_buildkite_rest/models/walker.py"


@pytest.fixture
def out(generated, tmp_path):
    """A copy of the generated files, to be changed."""
    return shutil.copytree(generated, tmp_path / "out")


def _change(out):
    with (out / A_MODEL).open("a") as file:
        file.write("\n")


def _change_line_ends(out):
    content = (out / A_MODEL).read_bytes()
    (out / A_MODEL).write_bytes(content.replace(b"\n", b"\r\n"))


DIFFERS = "differs from the output for spec/. Run `make generate`."
MISSING = "missing. Run `make generate`."
NOT_GENERATED = "not generated from the spec. Remove it."
NESTED = "_buildkite_rest/MANIFEST.json"


@pytest.mark.parametrize(
    ("damage", "file", "message"),
    [
        pytest.param(_change, A_MODEL, DIFFERS, id="changed"),
        pytest.param(_change_line_ends, A_MODEL, DIFFERS, id="line ends"),
        pytest.param(lambda out: (out / A_MODEL).unlink(), A_MODEL, MISSING, id="missing"),
        pytest.param(lambda out: (out / "MANIFEST.json").unlink(), "MANIFEST.json", MISSING, id="no manifest"),
        pytest.param(lambda out: (out / "MANIFEST.json").write_text("{}"), "MANIFEST.json", DIFFERS, id="manifest"),
        pytest.param(lambda out: (out / "more.py").touch(), "more.py", NOT_GENERATED, id="orphan"),
        pytest.param(lambda out: (out / NESTED).touch(), NESTED, NOT_GENERATED, id="orphan called as the manifest"),
    ],
)
def test_each_difference_is_one_line(damage, file, message, out, generated):
    damage(out)
    # Compared with the files of the fixture, which saves a generation for each case.
    assert list(_differences(generated, out)) == [f"{out / file}: {message}"]


def test_fresh_output_is_up_to_date(out, capsys):
    assert main(["check", "--spec", str(SPEC), "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out} is up to date with {SPEC}\n"


def test_generating_again_gives_the_same_bytes_and_nothing_else(out, generated, tmp_path):
    (out / "_buildkite_rest/models/cyborg.py").touch()
    (out / "old").mkdir()
    (out / "old/file.py").touch()
    # From a copy elsewhere: files contain neither the path nor the time.
    spec = shutil.copytree(SPEC, tmp_path / "elsewhere")
    assert generate(spec, out) == len(contents(generated))
    assert contents(out) == contents(generated)
    assert not (out / "old").exists()


def test_links_to_folders_are_replaced_and_not_followed(out, generated, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/notes.txt").touch()
    (out / "elsewhere").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    generate(SPEC, out)
    assert contents(out) == contents(generated)
    assert not (out / "elsewhere").is_symlink()
    assert (tmp_path / "elsewhere/notes.txt").exists()


def test_an_output_folder_that_is_a_link_stays_one(out, generated, tmp_path):
    (out / "old.py").touch()
    (tmp_path / "link").symlink_to(out, target_is_directory=True)
    generate(SPEC, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert contents(out) == contents(generated)


def test_generating_over_a_manifest_that_a_merge_left_broken(out, generated):
    manifest = (out / "MANIFEST.json").read_text()
    (out / "MANIFEST.json").write_text(f"<<<<<<< ours\n{manifest}=======\n{manifest}>>>>>>> theirs\n")
    generate(SPEC, out)
    assert contents(out) == contents(generated)


@pytest.mark.parametrize("manifest", [None, b"{}", b"\xff", b'{"about": "A web extension."}'])
def test_a_folder_with_other_files_is_not_touched(manifest, tmp_path, capsys):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / "notes.txt").write_text("Not written by anybody else.\n")
    if manifest is not None:
        (tmp_path / "MANIFEST.json").write_bytes(manifest)
    before = contents(tmp_path)
    assert main(["generate", "--spec", str(SPEC), "--out", str(tmp_path)]) == 1
    message = "the folder has files, but no MANIFEST.json of an earlier run. Name a new or empty folder."
    assert capsys.readouterr().err == f"{tmp_path}: {message} [output]\n"
    assert contents(tmp_path) == before


def test_a_file_in_place_of_the_folder(tmp_path, capsys):
    (tmp_path / "out").write_text("kept")
    assert main(["generate", "--spec", str(SPEC), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'out'}: is not a folder [output]\n"
    assert (tmp_path / "out").read_text() == "kept"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("operationId: getRobot", "operationId: robot", id="lint"),
        pytest.param("label: {", "name: {description: Again., type: string}\n        lable: [{", id="yaml"),
        pytest.param("    Part:", "    Piece:", id="reference"),
        pytest.param("label: {", "operations: {", id="arguments"),
        pytest.param("A word for people.", '\'A """ word\'', id="format"),
    ],
)
def test_a_failed_run_leaves_the_output_unchanged(old, new, out, edited):
    before = contents(out)
    assert main(["generate", "--spec", str(edited((ROBOTS, old, new))), "--out", str(out)]) == 1
    assert contents(out) == before


def test_every_file_begins_with_the_header(generated):
    files = {name: content for name, content in contents(generated).items() if not name.endswith(".json")}
    first_lines = {content.partition(b"\n")[0].decode() for content in files.values()}
    copied = {header(f"generator/runtime/{module}") for module in RUNTIME}
    assert first_lines == {HEADER, *copied}
