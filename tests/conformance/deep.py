"""`python -m tests.conformance.deep` runs the runner with several seeds."""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conformance.runner_support import Run, conform

from buildkite_rest.mock import MockServer
from buildkite_rest.mock.resources.access_tokens import NO_SCOPES_TOKEN

SEEDS = (1, 2, 3, 4, 5)
OPTIONS = ("--write", "--write-existing", "all", "--max-examples", "25")
AT_ONCE = 2
LONGEST_SECONDS = 3600


def run(seed: int) -> Run:
    with tempfile.TemporaryDirectory() as folder, MockServer(seed=seed) as server:
        options = (*OPTIONS, "--seed", str(seed), "--no-scope-token", NO_SCOPES_TOKEN)
        return conform(Path(folder), server.url, *options, timeout=LONGEST_SECONDS)


def main() -> int:
    statuses: list[int] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for found in pool.map(run, SEEDS):
            print(found.out, found.err, sep="", flush=True)
            statuses.append(found.status)
    print(f"{statuses.count(0)} of {len(SEEDS)} runs are clean")
    return 0 if not any(statuses) else 1


if __name__ == "__main__":
    sys.exit(main())
