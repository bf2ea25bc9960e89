"""Steps that pipelines share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from .accounts import User


@attrs.define(kw_only=True, eq=False)
class PipelineTemplate:
    """Steps under a name, and who wrote them."""

    uuid: str
    name: str
    description: str | None
    configuration: str
    available: bool
    created_at: float
    created_by: User
    updated_at: float
    updated_by: User
