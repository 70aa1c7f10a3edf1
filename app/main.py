"""The web process: services -> one application. `spandesk serve` runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse
from starlette.middleware.cors import CORSMiddleware

from app.api.docs_page import CONTENT_POLICY, render_docs
from app.api.edge import Edge, build_edge
from app.api.errors import install_error_handlers
from app.api.middleware import BodyLimitMiddleware, HeadersMiddleware, LastResortMiddleware
from app.api.pages import install_pages
from app.api.rasa import (
    callback,
    control,
    intent_tests,
    parse,
    rest,
    server,
    socketio,
    story_tests,
    tracker,
)
from app.api.rasa.callback import Callbacks
from app.api.rasa.socketio import SocketIo
from app.api.routes import auth, bot, conversations, handoff, health, models, sockets, training, visitors
from app.api.schemas import ErrorBody
from app.api.socket import MAX_FRAME_BYTES
from app.api.staff_watch import StaffWatch
from app.bootstrap import Services

API_PREFIX = "/api/v1"
SERVER_OPTIONS: Mapping[str, Any] = {
    "ws_max_size": MAX_FRAME_BYTES,
    "ws_ping_interval": 20.0,
    "ws_ping_timeout": 20.0,
    "server_header": False,
}
"""What uvicorn has to be told beside host and port."""


def create_app(services: Services) -> FastAPI:
    """Build the application; its life cycle starts the publisher and, at the end, closes the services."""
    app = FastAPI(
        title="SpanDesk",
        version=version("spandesk"),
        docs_url=None,
        redoc_url=None,
        lifespan=_live,
        responses={"4XX": {"model": ErrorBody}, "5XX": {"model": ErrorBody}},
    )
    app.state.edge = build_edge(services)
    app.state.staff_watch = StaffWatch(app.state.edge)
    install_error_handlers(app)
    _install_middleware(app, services)
    _install_routes(app)
    _install_channels(app)
    install_pages(app, services.settings.web_dist)
    return app


def _install_middleware(app: FastAPI, services: Services) -> None:
    app.add_middleware(BodyLimitMiddleware)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(services.settings.allowed_origins),
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type"],
        allow_credentials=False,  # logins are for our own pages only
    )
    app.add_middleware(LastResortMiddleware)
    app.add_middleware(HeadersMiddleware)


def _install_routes(app: FastAPI) -> None:
    versioned = APIRouter(prefix=API_PREFIX)
    for module in (visitors, auth, conversations, handoff, bot, training, models, sockets):
        versioned.include_router(module.router)
    app.include_router(versioned)
    for channel in (rest, callback, socketio):
        app.include_router(channel.router)
    for rasa_module in (parse, tracker, control, server, story_tests, intent_tests):
        app.include_router(rasa_module.router)
    app.include_router(health.router)

    @app.get("/docs", include_in_schema=False)
    def show_docs() -> HTMLResponse:
        headers = {"Content-Security-Policy": CONTENT_POLICY}
        return HTMLResponse(render_docs(app.openapi()), headers=headers)


def _install_channels(app: FastAPI) -> None:
    """Open the channels that the bot's ``credentials.yml`` names."""
    edge: Edge = app.state.edge
    channels = edge.services.bot.config.channels
    app.state.callbacks = Callbacks(channels.callback_url) if channels.callback_url is not None else None
    app.state.socketio = SocketIo(edge, channels.socketio) if channels.socketio is not None else None
    if channels.socketio is not None:
        app.mount(channels.socketio.path, app.state.socketio.app, name="socketio")


@asynccontextmanager
async def _live(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.edge.services
    await services.publisher.start()
    watch = asyncio.create_task(app.state.staff_watch.run(), name="staff-watch")
    try:
        yield
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        await _close_channels(app)
        await services.publisher.stop()
        await asyncio.to_thread(services.close)


async def _close_channels(app: FastAPI) -> None:
    if app.state.socketio is not None:
        await app.state.socketio.close()
    if app.state.callbacks is not None:
        app.state.callbacks.close()
