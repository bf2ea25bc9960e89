"""Resources of the API, one module for each family: state, rules, JSON and routes."""

from importlib import import_module
from pkgutil import iter_modules

from ..http.routing import routes

for _module in iter_modules(__path__):  # a module declares its routes when it is imported
    import_module(f".{_module.name}", __name__)

ROUTES = tuple(routes.routes)
