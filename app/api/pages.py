"""The built web pages: the shop with the widget, the consoles, and their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.api.deps import ServicesDep

NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>SpanDesk: pages not built</title>
<h1>The web pages are not built yet</h1>
<p>Run <code>make web</code> (or <code>make run</code>, which does it) and reload this page.
The API works without them: see <a href="/docs">its description</a>.</p></html>
"""
PAGES: Mapping[str, str] = {"/": "index.html", "/agent": "agent.html", "/operator": "operator.html"}
ONE_YEAR = "public, max-age=31536000, immutable"


class BuiltFiles(StaticFiles):
    """Files of the build; those under ``assets/`` have their hash in the name and never change."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Give one file, with how long it may be kept."""
        response = await super().get_response(path, scope)
        is_hashed = path.startswith("assets/")
        response.headers.setdefault("Cache-Control", ONE_YEAR if is_hashed else "no-cache")
        if path == "widget.js":  # other sites load it
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            response.headers["Access-Control-Allow-Origin"] = "*"
        return response


def install_pages(app: FastAPI, web_dist: Path) -> None:
    """Serve the pages; to be called after all other routes, since the files take every other address."""
    for address in PAGES:
        app.add_api_route(address, show_page, include_in_schema=False, response_model=None)
    app.mount("/", BuiltFiles(directory=web_dist, check_dir=False), name="files")


def show_page(request: Request, services: ServicesDep) -> Response:
    """Give a page, or say how to build it."""
    path = services.settings.web_dist / PAGES[request.scope["path"]]
    if not path.is_file():
        return HTMLResponse(NOT_BUILT, status_code=503)
    return FileResponse(path, headers={"Cache-Control": "no-cache"})
