"""Membership of users in organizations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from .accounts import User


@attrs.define(kw_only=True, eq=False)
class Membership:
    """What a user is in an organization, and whether that takes single sign-on."""

    user: User
    role: str
    sso_mode: str
