"""Characters that a terminal lacks are escaped."""

from tests.unit.examples.scripts import run, sampled

SCRIPTS = {
    "download_build": ["acme", "web", "40", "--to", "größer", "--mock"],
    "export_builds": ["acme", "größer.csv", "--since", "2026-03-02", "--mock"],
    "failing_builds": ["acme", "--mock"],
    "rotate_agent_tokens": ["acme", "Hosted", "--to", "größer", "--dry-run", "--mock"],
}


@sampled(SCRIPTS, "failing_builds")
def test_characters_are_escaped(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(name, *SCRIPTS[name], PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert r"\xf6" in done.stdout
