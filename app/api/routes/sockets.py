"""The two WebSockets; their frames are in `app.api.frames`."""

from __future__ import annotations

from fastapi import APIRouter, WebSocket

from app.api.deps import EdgeDep, StaffWatchDep
from app.api.staff_websocket import serve_staff
from app.api.websocket import serve_customer

router = APIRouter()


@router.websocket("/chat")
async def chat(websocket: WebSocket, edge: EdgeDep) -> None:
    """Talk to the bot; the first frame is hello."""
    await serve_customer(websocket, edge)


@router.websocket("/staff")
async def watch_conversations(websocket: WebSocket, edge: EdgeDep, watch: StaffWatchDep) -> None:
    """Watch conversations, jobs and models; needs a login."""
    await serve_staff(websocket, edge, watch)
