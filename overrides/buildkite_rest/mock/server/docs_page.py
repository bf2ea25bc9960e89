"""API browser: `GET /docs`, which runs Swagger UI, and `GET /openapi.yaml`.

Needs the extra `browser`, which installs the files of Swagger UI; nothing is loaded from other origins.
"""

from __future__ import annotations

import html
import json
import re
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from ..http.content import ANY_ORIGIN
from ..resources.access_tokens import ALL_SCOPES_TOKEN

#: Distribution with the files of Swagger UI.
PACKAGE: Final = "swagger-ui-bundle-v2"
#: Files of the page and their media types.
ASSETS: Final = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_SERVERS: Final = re.compile(r"^servers:\n(?:[- ].*\n)+", re.MULTILINE)
#: Plugin of Swagger UI that changes prefilled fields, listed tags and highlighting.
_PLUGIN: Final = """\
// Swagger UI prefills each parameter with its example, so that lists would be filtered by all of them.
const withoutPrefilling = (spec) => {
  const operations = Object.values(spec.paths).flatMap((path) => Object.values(path));
  const parameters = operations.flatMap((operation) => operation.parameters ?? []);
  for (const parameter of [...parameters, ...Object.values(spec.components.parameters)]) {
    if (!parameter.required && "example" in parameter) {
      parameter.description += ` For example \\`${parameter.example}\\`.`;
      delete parameter.example;
    }
    if (parameter.style === "deepObject") parameter.example = {};
  }
  // Webhooks have a section of their own, so that their tags would be empty.
  const used = new Set(operations.flatMap((operation) => operation.tags ?? []));
  spec.tags = spec.tags.filter((tag) => used.has(tag.name));
  return spec;
};
// Highlighting a page of builds takes seconds, in which the browser is unresponsive.
const longestColoured = 100000;
const plugin = ({ React, getComponent }) => ({
  statePlugins: {
    spec: { wrapActions: { updateJsonSpec: (update) => (spec) => update(withoutPrefilling(spec)) } },
  },
  wrapComponents: {
    SyntaxHighlighter: (Coloured) => ({ children, ...rest }) =>
      String(children).length > longestColoured
        ? React.createElement(getComponent("PlainTextViewer"), { className: rest.className }, children)
        : React.createElement(Coloured, rest, children),
  },
});
"""
_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" type="image/png" href="{assets}/favicon-32x32.png">
<link rel="stylesheet" href="{assets}/swagger-ui.css">
<style>body {{ margin: 0; }}</style>
</head>
<body>
<div id="browser"></div>
<script src="{assets}/swagger-ui-bundle.js"></script>
<script>
{plugin}const token = {token};
const ui = SwaggerUIBundle({{
  url: {spec_url},
  dom_id: "#browser",
  plugins: [plugin],
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  filter: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  validatorUrl: null,
  onComplete: () => token && ui.preauthorizeApiKey("bearer", token),
}});
</script>
</body>
</html>
"""


def page(title: str, *, spec_url: str, assets: str, token: str | None = None) -> str:
    """Return the page as HTML.

    Args:
        title: The title of the page.
        spec_url: URL of the OpenAPI document.
        assets: URL of the folder with the files of Swagger UI.
        token: A token that is filled in.
    """
    # In a script, only `<` has to be escaped.
    texts = {"token": json.dumps(token), "spec_url": json.dumps(spec_url)}
    escaped = {name: text.replace("<", "\\u003c") for name, text in texts.items()}
    return _PAGE.format(title=html.escape(title), assets=html.escape(assets), plugin=_PLUGIN, **escaped)


def asset_paths() -> dict[str, Path] | None:
    """Return the files of Swagger UI by name, or None if the extra is not installed."""
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError:
        return None
    files = {path.name: Path(str(package.locate_file(path))) for path in package.files or () if path.name in ASSETS}
    return files if files.keys() == ASSETS.keys() else None


def openapi_document(servers: list[dict[str, str]]) -> str:
    """Return the OpenAPI document with other servers, as YAML."""
    text = (files("_buildkite_rest") / "openapi.yaml").read_text(encoding="utf-8")
    # JSON is valid YAML, so that only these lines have to be replaced.
    return _SERVERS.sub(lambda _: f"servers: {json.dumps(servers)}\n", text, count=1)


def docs_routes() -> list[Route]:
    """Return the routes of the page, of its files and of the OpenAPI document."""
    return [Route("/openapi.yaml", _openapi), Route("/docs", _docs), Route("/docs/{name}", _asset)]


async def _openapi(request: Request) -> Response:
    here = {"url": str(request.base_url).rstrip("/"), "description": "This mock server."}
    text = openapi_document([here])
    return Response(text, media_type="application/yaml", headers=ANY_ORIGIN)


async def _docs(request: Request) -> Response:
    if asset_paths() is None:
        return PlainTextResponse(f"{PACKAGE} is not installed; it comes with buildkite-rest[browser]\n", 501)
    return HTMLResponse(
        page("Buildkite REST API, mock", spec_url="/openapi.yaml", assets="/docs", token=ALL_SCOPES_TOKEN)
    )


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    path = (asset_paths() or {}).get(name)
    if path is None:
        return PlainTextResponse("Not Found", 404)
    return Response(path.read_bytes(), media_type=ASSETS[name])
