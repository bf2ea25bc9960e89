"""Create an agent token for a cluster, write its value to a file, and revoke old tokens with `--delete`.

    python examples/rotate_agent_tokens.py acme "Default cluster" --to token --description "Machines in Vienna" --delete

The token is read from `$BUILDKITE_API_TOKEN`. With `--mock` the script uses the mock server instead. Old tokens are
those with the same description. `--delete` revokes those that are older than `--days`: connected agents stay connected,
and agents have that long to switch to the new token. The file replaces an older one atomically, and only its owner may
read it; the value is printed nowhere. `--dry-run` changes nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper
from pathlib import Path
from tempfile import NamedTemporaryFile

from buildkite_rest import Buildkite, BuildkiteError, OrganizationClient, models


def find_cluster(organization: OrganizationClient, name: str) -> str:
    """Return the UUID of the cluster with this name or UUID."""
    found = [cluster.id for cluster in organization.clusters.list() if name in {cluster.id, cluster.name}]
    if len(found) != 1:
        raise ValueError(f"there are {len(found)} clusters {name!r}")
    return found[0]


def age(token: models.ClusterAgentToken) -> timedelta:
    """Return the age of a token. A token of unknown age counts as new, so that it is not revoked."""
    now = datetime.now(UTC)
    return now - (token.created_at or now)


def token_value(token: models.ClusterAgentToken) -> str:
    """Return the value of a token, which is only in the response that creates it."""
    if not token.token:
        raise ValueError("the response has no value of the new token")
    return token.token


def create(
    organization: OrganizationClient, cluster: str, allowed: str | None, options: argparse.Namespace
) -> models.ClusterAgentToken:
    """Create a token and write its value to a file. If the file cannot be created, no token is created either."""
    tokens = organization.cluster_agent_tokens
    with NamedTemporaryFile(dir=options.to.parent, prefix=".token-", delete=False) as file:  # has mode 0600
        part = Path(file.name)
    try:
        token = tokens.create(
            cluster,
            description=options.description,
            expires_at=options.expires_in and datetime.now(UTC) + options.expires_in,
            allowed_ip_addresses=allowed,
        )
        try:
            part.write_text(f"{token_value(token)}\n", encoding="utf-8")
            part.replace(options.to)
        except BaseException:  # Ctrl-C too: the value is lost
            tokens.revoke(cluster, token.id)
            raise
    finally:
        part.unlink(missing_ok=True)
    return token


def rotate(organization: OrganizationClient, options: argparse.Namespace) -> None:
    """Create a token, revoke old ones, and print a line for each."""
    cluster = find_cluster(organization, options.cluster)
    tokens = organization.cluster_agent_tokens
    old = sorted((token for token in tokens.list(cluster) if token.description == options.description), key=age)
    allowed = options.allow or (old[0].allowed_ip_addresses if old else None)
    details = f"for agents at {allowed or 'any address'}, value in {options.to}"
    if options.dry_run:
        echo(f"would create a token {details}")
    else:
        echo(f"created {create(organization, cluster, allowed, options).id} {details}")
    for token in old:
        revoked = options.delete and age(token) > options.days
        if revoked and not options.dry_run:
            tokens.revoke(cluster, token.id)
        action = "would revoke" if revoked and options.dry_run else "revoked" if revoked else "kept"
        echo(f"{action} {token.id}, {age(token).days} days old")


def identifier(value: str) -> str:
    """Parse a name, slug or UUID that the client accepts as a segment of a path."""
    if value in {"", ".", ".."}:
        raise argparse.ArgumentTypeError(f"must not be {value!r}" if value else "must not be empty")
    value.encode()  # raises ValueError for bytes that are not UTF-8
    return value


def checked_path(text: str) -> Path:
    """Parse a path, and refuse one that is empty or too long."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    path = Path(text)
    try:
        if any(len(os.fsencode(name)) > 255 for name in path.parts):
            raise argparse.ArgumentTypeError("has a file name longer than 255 bytes")
        with suppress(FileNotFoundError, NotADirectoryError):
            path.lstat()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot be used: {error.strerror}") from None
    return path


def token_file(text: str) -> Path:
    """Parse the path of the token file."""
    path = checked_path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError("is a folder")
    if path.exists() and not path.is_file():
        raise argparse.ArgumentTypeError(f"{text} is not a regular file")  # and would be replaced
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent}")
    return path


def days(text: str) -> timedelta:
    """Parse a number of days."""
    value = int(text)
    if not 1 <= value <= 3650:
        raise argparse.ArgumentTypeError("must be from 1 to 3650 days")
    return timedelta(days=value)


def echo(text: object) -> None:
    """Print a line. Exit with 141, as after SIGPIPE, if the reader has closed the pipe, and with 2 on another error."""
    try:
        print(text, flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or flushing at exit fails again
        if not isinstance(error, BrokenPipeError):
            print(f"cannot write to standard output: {error.strerror}", file=sys.stderr)
        sys.exit(141 if isinstance(error, BrokenPipeError) else 2)


def main() -> int:
    """Parse the command line and rotate."""
    parser = argparse.ArgumentParser(description="Create an agent token for a cluster, and revoke old ones.")
    parser.add_argument("organization", type=identifier, help="slug of the organization")
    parser.add_argument("cluster", type=identifier, help="name or UUID of the cluster")
    parser.add_argument("--to", type=token_file, required=True, help="file to write the value of the token to")
    parser.add_argument(
        "--description",
        type=identifier,
        default="Made by rotate_agent_tokens.py",
        help="description of the token (default: %(default)r)",
    )
    parser.add_argument(
        "--expires-in", type=days, metavar="DAYS", help="days until it expires, which is final (default: never)"
    )
    parser.add_argument(
        "--allow", type=identifier, metavar="ADDRESSES", help="allowed IP addresses (default: those of the last token)"
    )
    parser.add_argument("--delete", action="store_true", help="revoke old tokens with the same description")
    parser.add_argument(
        "--days", type=days, default=timedelta(days=7), help="minimum age to revoke, in days (default: 7)"
    )
    parser.add_argument("--dry-run", action="store_true", help="only print what would be done")
    parser.add_argument("--mock", action="store_true", help="use the mock server, which needs the extra mock")
    options = parser.parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # the terminal may lack characters
    try:
        with ExitStack() as stack:
            if options.mock:
                from buildkite_rest.mock import MockServer  # noqa: PLC0415 - only for --mock

                os.environ["no_proxy"] = "*"  # a proxy does not reach the mock server
                server = stack.enter_context(MockServer())
                client = stack.enter_context(Buildkite(server.token, base_url=server.url))
            else:
                client = stack.enter_context(Buildkite())
            rotate(client.organization(options.organization), options)
    except (BuildkiteError, ImportError, OSError, ValueError) as error:
        parser.exit(1, f"{error}\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
