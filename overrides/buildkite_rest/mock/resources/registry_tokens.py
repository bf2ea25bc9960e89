"""Tokens to read the packages of a registry with."""

from __future__ import annotations

from ..engine.call import Call
from ..engine.collection import Collection
from ..engine.routes import Routes
from ..ids import Kind, digest
from ..render.registries import registry_token as render
from ..render.view import Json
from ..world.registries import RegistryToken
from . import lookup
from .registries import registries

routes = Routes()
_tokens = Collection(
    noun="token",
    path=f"{registries.item_path}/tokens",
    key="token_id",
    shelf=lambda call: registries.find(call).tokens,
    render=lambda call, token: render(lookup.view(call), token),
)
_tokens.lists(routes, scope="read_registries", paging="none")
_tokens.reads(routes, scope="read_registries")
_tokens.deletes(routes, scope="write_registries", status=200)


def _with_value(call: Call, token: RegistryToken) -> Json:
    return {**render(lookup.view(call), token), "token": f"bkpr_{digest('registry', call.world.seed, token.id)}"}


@_tokens.creates(routes, scope="write_registries", status=200, render=_with_value)
def create_registry_token(call: Call) -> tuple[str, RegistryToken]:
    """Create a token. Only this answer has its value."""
    token_id = call.world.new_id(Kind.REGISTRY_TOKEN)
    return token_id, RegistryToken(
        id=token_id,
        registry=registries.find(call),
        description=call.body["description"],
        created_at=call.now,
        created_by=call.token.user,
    )


@_tokens.updates(routes, "POST", scope="write_registries")
def update_registry_token(call: Call, token: RegistryToken) -> None:
    """Change the description. The value stays."""
    token.description = call.body["description"]
