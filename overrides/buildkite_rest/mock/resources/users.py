"""Users."""

from __future__ import annotations

from ..backend import DAY, Backend
from ..clock import iso
from ..http.call import Call, Reply, json
from ..http.routing import routes
from ..ids import digest, graphql_id
from ..undo import stored
from ..values import Json


@stored
class User:
    """A person with an account."""

    id: str
    name: str
    email: str
    created_at: float


def user_json(user: User) -> Json:
    return {
        "id": user.id,
        "graphql_id": graphql_id("User", user.id),
        "name": user.name,
        "email": user.email,
        "avatar_url": f"https://www.gravatar.com/avatar/{digest(user.email, length=32)}",
        "created_at": iso(user.created_at),
    }


def user_json_or_none(user: User | None) -> Json | None:
    """Return a user as JSON, if there is one."""
    return None if user is None else user_json(user)


def brief_user_json(user: User) -> Json:
    """Return a user as JSON, without avatar and creation time."""
    return {"id": user.id, "name": user.name, "email": user.email}


@routes.route("GET", "/v2/user", scope="read_user")
def get_user(call: Call) -> Reply:
    return json(user_json(call.token.user))


def new_user(backend: Backend, name: str, email: str) -> User:
    """Add a user."""
    user = User(id=backend.new_id(), name=name, email=email, created_at=backend.epoch - 700 * DAY)
    backend.users[user.id] = user
    return user
