"""A failed export leaves the old file."""

import pytest
from tests.unit.examples.scripts import load

pytestmark = pytest.mark.exhaustive


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_failed_export_leaves_the_old_file(suffix, tmp_path, monkeypatch):
    example = load("export_builds")
    monkeypatch.setattr(example, "ROW_GROUP_SIZE", 2)
    path = tmp_path / f"builds.{suffix}"
    path.write_text("as it was")

    def rows():
        for number in range(5):
            yield {"number": number}
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        example.export(path, {"number": int}, rows())
    assert path.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [path]
