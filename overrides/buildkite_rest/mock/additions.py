"""Organizations, members, tokens and pipelines that a test adds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from .._base.arguments import short_repr
from .backend import Backend
from .http.errors import UnprocessableError
from .resources.access_tokens import ALL_SCOPES, ALL_SCOPES_TOKEN, Token, new_token
from .resources.clusters import add_default_cluster
from .resources.organizations import Membership, Organization, new_organization
from .resources.pipelines import Pipeline, create_pipeline
from .resources.teams import TeamMember, TeamPipeline, add_everyone_team
from .resources.users import User, new_user
from .values import LONGEST_SLUG, is_email

_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_STEPS: Final = "steps:\n  - {label: Test, key: test, command: bin/test}\n"


def find_organization(backend: Backend, slug: str) -> Organization:
    """Find an organization, or raise `ValueError`."""
    organization = backend.organizations.get(slug)
    if organization is None:
        known = ", ".join(map(repr, backend.organizations))
        raise ValueError(f"there is no organization {short_repr(slug)}; use one of {known}, or add_organization")
    return organization


def find_pipeline(organization: Organization, slug: str) -> Pipeline:
    """Find a pipeline of an organization, or raise `ValueError`."""
    pipeline = organization.pipelines.get(slug)
    if pipeline is None:
        raise ValueError(f"there is no pipeline {short_repr(slug)} in {organization.slug!r}; add it with add_pipeline")
    return pipeline


def add_organization(backend: Backend, slug: str, name: str | None) -> Organization:
    """Add an organization with a cluster and a team, which the owner of the token with all scopes administers."""
    if not _SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        rules = f"at most {LONGEST_SLUG} lower-case letters and digits, with single hyphens between them"
        raise ValueError(f"slug must be {rules}, such as 'initech', not {short_repr(slug)}")
    if slug in backend.organizations:
        raise ValueError(f"there is already an organization {slug!r}; use another slug")
    token = _all_scopes_token(backend)
    owner = Membership(user=token.user, role="admin", sso_mode="optional")
    organization = new_organization(backend, slug, name or slug.title(), [owner])
    organization.created_at = backend.clock()
    add_default_cluster(backend, organization)
    add_everyone_team(backend, organization, organization.created_at)
    token.organizations = (*token.organizations, organization)
    return organization


def add_member(backend: Backend, organization: Organization, name: str, email: str, role: str) -> User:
    """Add a member, who is a new user unless there is one with the email address."""
    if not is_email(email):
        raise ValueError(f"email must be an email address such as 'ada@acme.example', not {short_repr(email)}")
    user = _user_with_email(backend, email) or new_user(backend, name, email)
    if user.id in organization.memberships:
        raise ValueError(f"{short_repr(email)} is already a member of {organization.slug!r}; use another email")
    organization.memberships[user.id] = Membership(user=user, role=role, sso_mode="optional")
    for team in organization.teams.values():
        if team.default:
            team.members[user.id] = TeamMember(user=user, role=team.default_member_role, created_at=backend.clock())
    return user


def add_token(
    backend: Backend, scopes: Iterable[str] | None, organizations: Sequence[Organization], user: str | None
) -> str:
    """Add a token of a user, and return its secret."""
    chosen = ALL_SCOPES if scopes is None else frozenset(scopes)
    if unknown := sorted(chosen - ALL_SCOPES):
        raise ValueError(f"{short_repr(unknown[0])} is not a scope; use names such as 'read_builds' or 'graphql'")
    owner = _find_user(backend, user)
    for organization in organizations:
        if owner.id not in organization.memberships:
            raise ValueError(f"{owner.email!r} is not a member of {organization.slug!r}; add them with add_member")
    secret = f"bkua_mock_added_{len(backend.tokens)}"
    new_token(backend, secret, owner, chosen, *organizations).created_at = backend.clock()
    return secret


def _all_scopes_token(backend: Backend) -> Token:
    return next(token for token in backend.tokens.values() if token.secret == ALL_SCOPES_TOKEN)


def _user_with_email(backend: Backend, email: str) -> User | None:
    """Return the user with an email address. Its case is ignored."""
    return next((user for user in backend.users.values() if user.email.casefold() == email.casefold()), None)


def _find_user(backend: Backend, user: str | None) -> User:
    if user is None:
        return _all_scopes_token(backend).user
    found = backend.users.get(user) or _user_with_email(backend, user)
    if found is None:
        raise ValueError(f"there is no user {short_repr(user)}; use the id or email of a member, see add_member")
    return found


def add_pipeline(
    backend: Backend,
    organization: Organization,
    name: str,
    steps: str | Sequence[Mapping[str, Any]] | None,
    body: Mapping[str, Any],
) -> Pipeline:
    """Add a pipeline, as a request with `body` would, which everyone can use."""
    owner = _find_user(backend, None)
    values = {
        "name": name,
        "repository": f"git@github.com:{organization.slug}/repository.git",
        "cluster_id": next(iter(organization.clusters), None),
        "configuration": _configuration(steps),
        **{field: value for field, value in body.items() if value is not None},
    }
    now = backend.clock()
    try:
        pipeline = create_pipeline(backend, organization, values, owner, now)
    except UnprocessableError as error:
        reason = ", ".join(map(str, error.errors)) or error.message
        raise ValueError(f"the pipeline cannot be added: {reason}") from error
    for team in organization.teams.values():
        if team.default:
            team.pipelines[pipeline.id] = TeamPipeline(
                pipeline=pipeline, access_level="manage_build_and_read", created_at=now
            )
    return pipeline


def _configuration(steps: str | Sequence[Mapping[str, Any]] | None) -> str:
    """Return steps as YAML, of which JSON is a subset."""
    if steps is None or isinstance(steps, str):
        return _STEPS if steps is None else steps
    return msgspec.json.encode({"steps": steps}).decode()
