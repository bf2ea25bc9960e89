"""Examples use the mock server without the proxy of the environment."""

from tests.unit.examples.scripts import load, run, sampled

SCRIPTS = {
    "download_build": ["acme", "web", "40", "--to", "out", "--mock"],
    "export_builds": ["acme", "builds.csv", "--since", "2026-03-02", "--mock"],
    "failing_builds": ["acme", "--mock"],
    "flaky_jobs": ["acme", "nightly", "--mock"],
    "rotate_agent_tokens": ["acme", "Hosted", "--to", "token", "--mock"],
    "trigger_and_wait": ["acme", "web", "--interval", "0.1", "--mock"],
}
PROXY = dict.fromkeys(("HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9") | {"no_proxy": "example.com"}


@sampled(SCRIPTS, "failing_builds")
def test_the_mock_server_is_used_without_a_proxy(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(name, *SCRIPTS[name], **PROXY)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_tour_uses_no_proxy(monkeypatch, capsys):
    tour = load("tour")
    monkeypatch.setattr("sys.argv", ["tour.py"])
    monkeypatch.setattr(tour.Tour, "conformance", lambda _: "skipped, because it is slow")
    for name, value in PROXY.items():
        monkeypatch.setenv(name, value)
    assert tour.main() == 0, capsys.readouterr().out
