"""The world: everything that the mock server knows, and how to find it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Mapping

import attrs
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ..clock import Clock
from ..ids import Ids, Kind, digest
from .accounts import Organization, Token, User
from .builds import Artifact, Build, Job, Pace
from .pipelines import Pipeline, Step
from .rules import forget_rules

#: Bits of a job's number that count the jobs of one build, and bits of a file's number that count those of one job.
_JOB_BITS = 16
_ARTIFACT_BITS = 8
#: Part of a job's time that it waits for an agent.
_WAITING_SHARE = 0.2
_SHORTEST_KEY, _LONGEST_KEY = 2048, 4096


@attrs.define(kw_only=True, eq=False)
class World:
    """The state of one mock server. Made by `seeded_world`, shared by the API and the storage origin."""

    seed: int = 0
    clock: Clock = time.time
    #: Seconds that a build takes which is created through the API.
    build_seconds: float = 2.0
    #: About how many builds it was made with.
    seeded_builds: int = 0
    organizations: dict[str, Organization] = attrs.field(factory=dict[str, Organization])
    users: dict[str, User] = attrs.field(factory=dict[str, User])
    tokens: dict[str, Token] = attrs.field(factory=dict[str, Token], repr=False)
    builds: dict[int, Build] = attrs.field(factory=dict[int, Build], repr=False)
    #: Builds to which things happen by themselves.
    live: dict[int, Build] = attrs.field(factory=dict[int, Build], repr=False)
    #: Files in storage that are not published yet, by their key.
    uploads: dict[str, bytes] = attrs.field(factory=dict[str, bytes], repr=False)
    ids: Ids = attrs.field(init=False, repr=False)
    _counters: defaultdict[Kind, int] = attrs.field(factory=lambda: defaultdict(int), init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.ids = Ids(self.seed)

    def become(self, other: World) -> None:
        """Take over all that is in another world, which nobody else may use any more."""
        for name in attrs.fields_dict(World):
            setattr(self, name, getattr(other, name))

    @property
    def signing_key(self) -> bytes:
        """The key that download URLs are signed with."""
        return digest("storage", self.seed).encode()

    def new_number(self, kind: Kind) -> int:
        """Return the next number of a kind of thing."""
        self._counters[kind] += 1
        return self._counters[kind]

    def new_id(self, kind: Kind) -> str:
        """Return the id of a new thing."""
        return self.ids.make(kind, self.new_number(kind))

    def job_id(self, build: Build, index: int) -> str:
        """Return the id of the `index`-th job of a build."""
        return self.ids.make(Kind.JOB, build.ordinal << _JOB_BITS | index)

    def artifact_id(self, job: Job, index: int) -> str:
        """Return the id of the `index`-th artifact of a job."""
        return self.ids.make(Kind.ARTIFACT, (job.build.ordinal << _JOB_BITS | job.index) << _ARTIFACT_BITS | index)

    def step_upload_id(self, job: Job) -> str:
        """Return the id of what a job has added to its build."""
        return self.ids.make(Kind.STEP_UPLOAD, job.build.ordinal << _JOB_BITS | job.index)

    def token_with_secret(self, secret: str) -> Token | None:
        """Find the token that an opaque secret belongs to."""
        return next((token for token in self.tokens.values() if token.secret == secret), None)

    def register_public_key(self, token_uuid: str, pem: str) -> None:
        """Let the owner of an RSA key of 2048 to 4096 bits sign requests in the name of a token."""
        try:
            key = load_pem_public_key(pem.encode())
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, RSAPublicKey) or not _SHORTEST_KEY <= key.key_size <= _LONGEST_KEY:
            raise ValueError(
                f"the public key must be the PEM text of an RSA key of {_SHORTEST_KEY} to {_LONGEST_KEY} bits"
            )
        self.tokens[token_uuid].public_key = key

    @property
    def public_keys(self) -> dict[str, RSAPublicKey]:
        """The registered public keys, by the UUID of their token."""
        return {uuid: token.public_key for uuid, token in self.tokens.items() if token.public_key is not None}

    def add_public_keys(self, keys: Mapping[str, RSAPublicKey]) -> None:
        """Register keys of another world with the same tokens."""
        for uuid, key in keys.items():
            self.tokens[uuid].public_key = key

    def find_job(self, organization: Organization, job_id: str) -> Job | None:
        """Find a job anywhere in an organization."""
        number = self.ids.number(Kind.JOB, job_id)
        if number is None:
            return None
        build = self.builds.get(number >> _JOB_BITS)
        if build is None or build.pipeline.organization is not organization:
            return None
        index = number & ((1 << _JOB_BITS) - 1)
        return next((job for job in build.jobs if job.index == index), None)

    def find_artifact(self, artifact_id: str) -> Artifact | None:
        """Find an artifact anywhere."""
        number = self.ids.number(Kind.ARTIFACT, artifact_id)
        build = None if number is None else self.builds.get(number >> _JOB_BITS + _ARTIFACT_BITS)
        artifacts = [artifact for job in ([] if build is None else build.jobs) for artifact in job.artifacts]
        return next((artifact for artifact in artifacts if artifact.id == artifact_id), None)

    def newest_builds(self, organizations: Collection[Organization]) -> list[Build]:
        """Return the builds of organizations, newest first."""
        return _newest([build for build in self.builds.values() if build.pipeline.organization in organizations])

    def newest_builds_of(self, pipeline: Pipeline) -> list[Build]:
        """Return the builds of a pipeline, newest first."""
        return _newest(list(pipeline.builds.values()))

    def add_build(self, build: Build) -> None:
        """Make a build known."""
        self.builds[build.ordinal] = build
        build.pipeline.builds[build.number] = build

    def remove_pipeline(self, pipeline: Pipeline) -> None:
        """Forget a pipeline, its builds, and what belongs to it."""
        del pipeline.organization.pipelines[pipeline.slug]
        for team in pipeline.organization.teams.values():
            team.pipelines.pop(pipeline.id, None)
        for build in pipeline.builds.values():
            del self.builds[build.ordinal]
            self.live.pop(build.ordinal, None)
        for agent in pipeline.organization.agents.values():
            if agent.job is not None and agent.job.build.pipeline is pipeline:
                agent.job = None
        forget_rules(pipeline)

    def pace(self, steps: Collection[Step]) -> Pace:
        """Return the pace at which a build with these steps takes `build_seconds`."""
        stages = 1 + sum(step.type in {"waiter", "trigger"} for step in steps)
        seconds = self.build_seconds / stages
        return Pace(seconds * _WAITING_SHARE, seconds * (1 - _WAITING_SHARE))

    def animate(self, build: Build) -> None:
        """Let things happen to a build by themselves from now on."""
        if build.pace is None:
            build.pace = self.pace([job.step for job in build.current_jobs])
        self.live[build.ordinal] = build


def _newest(builds: list[Build]) -> list[Build]:
    return sorted(builds, key=lambda build: (build.created_at, build.ordinal), reverse=True)
