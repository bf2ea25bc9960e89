"""Backend: the state of one mock server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import attrs
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from .clock import Clock
from .ids import Ids, Kind
from .undo import stored

if TYPE_CHECKING:
    from .resources.access_tokens import Token
    from .resources.artifacts import Artifact
    from .resources.builds import Build
    from .resources.jobs import Job
    from .resources.organizations import Organization
    from .resources.users import User


DAY = 86_400.0
#: Accepted sizes of a public key in bits.
_SMALLEST_KEY, _LARGEST_KEY = 2048, 4096
#: Bits of a job's number that index it in its build.
_JOB_BITS = 16
#: Bits of an artifact's number that index it in its job.
_ARTIFACT_BITS = 8
MOST_ARTIFACTS = 1 << _ARTIFACT_BITS


@stored
class Backend:
    """The state of one mock server. Made by `seeded_backend`, shared by the API and the storage origin."""

    seed: int = 0
    clock: Clock = time.time
    #: Duration in seconds of a build that is created through the API.
    build_seconds: float = 2.0
    #: Time at which the seeded history ends.
    epoch: float = 0.0
    #: Approximate number of seeded builds.
    seeded_builds: int = 0
    organizations: dict[str, Organization] = attrs.field(factory=dict[str, "Organization"])
    users: dict[str, User] = attrs.field(factory=dict[str, "User"])
    tokens: dict[str, Token] = attrs.field(factory=dict[str, "Token"], repr=False)
    builds: dict[int, Build] = attrs.field(factory=dict[int, "Build"], repr=False)
    #: Builds that advance with the clock.
    live: dict[int, Build] = attrs.field(factory=dict[int, "Build"], repr=False)
    #: Uploaded files that are not published yet, by storage key.
    uploads: dict[str, bytes] = attrs.field(factory=dict[str, bytes], repr=False)
    ids: Ids = attrs.field(init=False, repr=False)
    _counters: dict[Kind, int] = attrs.field(factory=dict[Kind, int], init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.ids = Ids(self.seed)

    def replace_with(self, other: Backend) -> None:
        """Take over the state of another backend, which must not be used afterwards."""
        for name in Backend.__annotations__:
            setattr(self, name, getattr(other, name))

    def token_with_secret(self, secret: str) -> Token | None:
        """Find the token that an opaque secret belongs to."""
        return next((token for token in self.tokens.values() if token.secret == secret), None)

    def register_public_key(self, token_uuid: str, pem: str) -> None:
        """Let the owner of an RSA key sign requests in the name of a token.

        Raises:
            ValueError: `pem` is not the PEM text of an RSA public key of 2048 to 4096 bits.
        """
        try:
            key = load_pem_public_key(pem.encode())
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, RSAPublicKey) or not _SMALLEST_KEY <= key.key_size <= _LARGEST_KEY:
            raise ValueError(f"public_key must be the PEM text of an RSA key of {_SMALLEST_KEY} to {_LARGEST_KEY} bits")
        self.tokens[token_uuid].public_key = key

    def new_number(self, kind: Kind) -> int:
        """Return the next number of a kind of object."""
        self._counters[kind] = 1 + self._counters.get(kind, 0)
        return self._counters[kind]

    def new_id(self, kind: Kind = Kind.OTHER) -> str:
        """Return the id of a new object."""
        return self.ids.make(kind, self.new_number(kind))

    def job_id(self, build: Build, index: int) -> str:
        """Return the id of the `index`-th job of a build."""
        return self.ids.make(Kind.JOB, build.ordinal << _JOB_BITS | index)

    def artifact_id(self, job: Job, index: int) -> str:
        """Return the id of the `index`-th artifact of a job."""
        return self.ids.make(Kind.ARTIFACT, (job.build.ordinal << _JOB_BITS | job.index) << _ARTIFACT_BITS | index)

    def find_job(self, organization: Organization, job_id: str) -> Job | None:
        """Find a job of an organization."""
        number = self.ids.number(Kind.JOB, job_id)
        if number is None:
            return None
        build = self.builds.get(number >> _JOB_BITS)
        if build is None or build.pipeline.organization is not organization:
            return None
        index = number & ((1 << _JOB_BITS) - 1)
        return next((job for job in build.jobs if job.index == index), None)

    def find_artifact(self, artifact_id: str) -> Artifact | None:
        """Find an artifact of any organization."""
        number = self.ids.number(Kind.ARTIFACT, artifact_id)
        build = None if number is None else self.builds.get(number >> _JOB_BITS + _ARTIFACT_BITS)
        artifacts = [artifact for job in ([] if build is None else build.jobs) for artifact in job.artifacts]
        return next((artifact for artifact in artifacts if artifact.id == artifact_id), None)
