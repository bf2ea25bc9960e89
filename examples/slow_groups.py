"""Download all logs of a build, and print the groups of their lines that took longest.

    python examples/slow_groups.py https://buildkite.com/acme/web/builds/42 --to logs

Groups in which a job failed are marked. The token is read from `$BUILDKITE_API_TOKEN`. When a rate limit is exhausted,
the script waits. It downloads the logs of finished jobs once, so after an interruption it continues with the missing
ones.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import nlargest

from buildkite_rest import Buildkite, BuildkiteError, JobLogFile, logs, urls


def durations(files: Iterable[JobLogFile]) -> Iterator[tuple[float, str, str]]:
    """Yield the seconds and the name of each group, marked if the job failed in it, and the job."""
    for file in files:
        if file.path is not None:
            with file.path.open("rb") as log:
                for group in logs.groups(log, keep_lines=0):
                    if group.duration is not None:
                        name = f"{group.name or '-'}{' (failed)' if group.failed else ''}"
                        yield group.duration.total_seconds(), name, file.job.web_url or file.job.id


def main() -> None:
    """Print a line for each group, and on standard error the number of logs."""
    parser = argparse.ArgumentParser(description="Print the groups of the logs of a build that took longest.")
    parser.add_argument("url", help="URL of the build")
    parser.add_argument("--to", default="logs", metavar="folder", help="folder for the logs (default: logs)")
    parser.add_argument("--top", type=int, default=20, help="number of groups (default: 20)")
    options = parser.parse_args()
    build = urls.parse(options.url, urls.BuildURL)
    with Buildkite() as bk:
        files = bk.builds.download_logs(*build.args, to=options.to)
    outcomes = Counter(file.outcome for file in files)
    print(*(f"{count} {outcome}" for outcome, count in outcomes.items()), sep=", ", file=sys.stderr)
    for seconds, name, job in nlargest(options.top, durations(files)):
        print(f"{seconds:.1f} s", name, job, sep="\t")


if __name__ == "__main__":
    try:
        main()
    except (BuildkiteError, OSError, ValueError) as error:
        sys.exit(str(error))
