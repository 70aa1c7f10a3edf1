"""``spandesk serve``: the web process, with its worker beside it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import secrets
import socket
import subprocess
from collections.abc import Iterator
from functools import partial

import torch
import uvicorn

from app.api.caller import is_loopback
from app.bootstrap import build_services
from app.commands.context import server_settings_for
from app.jobs.queue import open_queue, request_retraining
from app.main import SERVER_OPTIONS, create_app
from app.provisioning import Stores, open_stores
from app.settings import Settings
from app.worker import start_worker_process

log = logging.getLogger(__name__)

FIRST_OPERATOR = "operator"


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    settings = server_settings_for(args)
    if settings.torch_threads:
        torch.set_num_threads(settings.torch_threads)
    stores = open_stores(settings)
    queue = open_queue(settings)
    services = build_services(settings, stores, partial(request_retraining, stores.training, queue))
    password = ensure_operator(stores)
    server = AnnouncingServer(settings, password, create_app(services))
    _warn_of_closed_api(settings)
    with _worker(settings):
        asyncio.run(server.serve())
    queue.close()
    return 0 if server.started else 1


def _warn_of_closed_api(settings: Settings) -> None:
    """Say once that other machines reach the server and Rasa's clients on them do not."""
    if not settings.has_api_key and not is_loopback(settings.host):
        remedy = "set SPANDESK_API_TOKEN or SPANDESK_JWT_SECRET"
        log.warning("rasa_api_closed", extra={"host": settings.host, "remedy": remedy})


def ensure_operator(stores: Stores) -> str | None:
    """Add the first operator where there is no staff yet; give the password, which is kept nowhere else."""
    if not stores.users.is_empty():
        return None
    password = secrets.token_urlsafe(12)
    stores.users.add(FIRST_OPERATOR, password, "operator")
    stores.audit.record("first start", "user.add", FIRST_OPERATOR, {"role": "operator"})
    return password


class AnnouncingServer(uvicorn.Server):
    """Says where everything is once it is there."""

    def __init__(self, settings: Settings, password: str | None, app: object) -> None:
        config = uvicorn.Config(
            app,  # type: ignore[arg-type]  # FastAPI is an ASGI application
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            **SERVER_OPTIONS,
        )
        super().__init__(config)
        self._url = f"http://{settings.host}:{settings.port}"
        self._password = password

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then print the addresses."""
        await super().startup(sockets=sockets)
        if self.started:
            print(_announcement(self._url, self._password), flush=True)


def _announcement(url: str, password: str | None) -> str:
    lines = [
        "",
        f"  customer page     {url}/",
        f"  agent console     {url}/agent",
        f"  operator console  {url}/operator",
        f"  API documentation {url}/docs",
        "",
    ]
    if password is not None:
        lines += [
            f"  First start: log in to the consoles as '{FIRST_OPERATOR}' with the password {password}",
            "  It is shown this once; `spandesk user add` adds more people.",
            "",
        ]
    return "\n".join(lines)


@contextlib.contextmanager
def _worker(settings: Settings) -> Iterator[None]:
    """Run a worker beside the server, if the settings say so; it ends with the server."""
    if settings.worker == "external":
        yield
        return
    process = start_worker_process(settings)
    try:
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)  # in the middle of a job it takes longer; it ends by itself
