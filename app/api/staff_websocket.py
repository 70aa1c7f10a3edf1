"""The socket of the consoles: the live list, the followed conversation, jobs and the model in service.

The login is the cookie; it is looked at again once in a while, so that logging out ends open sockets too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from pydantic import TypeAdapter
from starlette.websockets import WebSocket

from app.api.access import SESSION_COOKIE, access_conversation, access_staff
from app.api.edge import Edge
from app.api.errors import NotAuthenticatedError, status_and_code
from app.api.frames import (
    ConversationFrame,
    ErrorFrame,
    PongFrame,
    StaffFrame,
    SubscribeFrame,
    TranscriptFrame,
    TranscriptItem,
)
from app.api.origins import is_own_origin
from app.api.review import read_changes
from app.api.socket import CloseCode, FrameError, FrameSocket, SocketClosedError, error_frame
from app.api.staff_watch import Sighting, StaffWatch, changes
from app.api.to_wire import conversation_to_wire
from app.db.user_store import StaffUser
from app.dialogue.errors import ChatbotError
from app.realtime.hub import ConversationFeed, StaffFeed

RECHECK_S = 30.0  # between two looks whether the login still holds
PAUSE_S = 0.2  # between two updates of the list, so that a busy shop does not flood the console

log = logging.getLogger(__name__)


class StaffSocket:
    """One socket of a console."""

    def __init__(self, socket: FrameSocket[StaffFrame], edge: Edge, watch: StaffWatch) -> None:
        self._socket = socket
        self._edge = edge
        self._watch = watch
        self._following: asyncio.Task[None] | None = None

    async def run(self, staff: StaffUser, session_token: str) -> None:
        """Serve the socket until either side closes it."""
        with self._edge.services.hub.watching() as feed:
            feed.wake()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tell_changes(feed), name="staff-list")
                tasks.create_task(self._recheck(session_token), name="staff-login")
                while True:
                    await self._handle_next(staff, tasks)

    async def _handle_next(self, staff: StaffUser, tasks: asyncio.TaskGroup) -> None:
        try:
            frame = await self._socket.receive()
        except FrameError as error:
            await self._socket.send(error_frame(error))
            return
        if isinstance(frame, SubscribeFrame):
            await self._on_subscribe(frame, staff, tasks)
        else:
            await self._socket.send(PongFrame())

    async def _on_subscribe(self, frame: SubscribeFrame, staff: StaffUser, tasks: asyncio.TaskGroup) -> None:
        await self._unfollow()
        if frame.conversation_id is None:
            return
        try:
            conversation = await self._edge.in_thread(
                access_conversation, self._edge.services, staff, frame.conversation_id
            )
        except ChatbotError as error:
            _, code = status_and_code(error)
            await self._socket.send(ErrorFrame(code=code, message=str(error)))
            return
        self._following = tasks.create_task(self._follow(conversation.conversation_id), name="staff-follow")

    async def _unfollow(self) -> None:
        """Stop following, and only go on when nothing more can be sent of it."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait([self._following])
            self._following = None

    async def _follow(self, conversation_id: str) -> None:
        """Send the whole transcript, then every item that is new or different."""
        shown = ShownItems()
        with self._edge.services.hub.following(conversation_id) as feed:
            feed.request_read()
            while True:
                items = await self._read_changed(feed, shown)
                if items:
                    await self._socket.send(TranscriptFrame(conversation_id=conversation_id, items=items))

    async def _read_changed(self, feed: ConversationFeed, shown: ShownItems) -> list[TranscriptItem]:
        news = await feed.next()
        if not (news.must_read or news.newest_sequence or news.corrected):
            return []  # only typing
        first = min({shown.last_turn, *news.corrected})
        items = await self._edge.in_thread(
            read_changes, self._edge.services, feed.conversation_id, after_sequence=max(first - 1, 0)
        )
        return shown.keep_changed(items)

    async def _tell_changes(self, feed: StaffFeed) -> None:
        services = self._edge.services
        told: Sighting | None = None
        while True:
            changed = await feed.next()
            sighting = self._watch.latest if told is not None else await self._watch.look()
            for frame in changes(told, sighting):
                await self._socket.send(frame)
            told = sighting
            for conversation_id in changed:
                conversation = await self._edge.in_thread(services.conversations.find, conversation_id)
                if conversation is not None:
                    line = conversation_to_wire(conversation)
                    await self._socket.send(ConversationFrame(conversation=line))
            await asyncio.sleep(PAUSE_S)

    async def _recheck(self, session_token: str) -> None:
        while True:
            await asyncio.sleep(RECHECK_S)
            try:
                await self._edge.in_thread(access_staff, self._edge.services, session_token)
            except NotAuthenticatedError as error:
                await self._socket.close(CloseCode.NOT_AUTHENTICATED, str(error))
                raise SocketClosedError from error


class ShownItems:
    """What a console was shown of a conversation."""

    def __init__(self) -> None:
        self._shown: dict[int, TranscriptItem] = {}
        self.last_turn = 0  # sequence of the last customer turn that was shown

    def keep_changed(self, items: list[TranscriptItem]) -> list[TranscriptItem]:
        """Note the items as shown; give those that are new or different, in order."""
        changed = [item for item in items if self._shown.get(item.utterance.sequence) != item]
        for item in changed:
            self._shown[item.utterance.sequence] = item
            if item.utterance.kind == "customer":
                self.last_turn = max(self.last_turn, item.utterance.sequence)
        return changed


async def serve_staff(websocket: WebSocket, edge: Edge, watch: StaffWatch) -> None:
    """Serve one console socket; without a login it is closed with 4401, from a foreign page refused."""
    if not is_own_origin(websocket):
        await websocket.close()
        return
    await websocket.accept()
    socket: FrameSocket[StaffFrame] = FrameSocket(websocket, TypeAdapter(StaffFrame))
    try:
        await _run(websocket.cookies, socket, edge, watch)
    except* SocketClosedError:
        pass
    except* Exception:  # the edge of the process: this socket ends, its client reconnects
        log.exception("staff_socket_failed")
        await socket.close(CloseCode.INTERNAL_ERROR, "something went wrong here; reconnect")


async def _run(
    cookies: Mapping[str, str], socket: FrameSocket[StaffFrame], edge: Edge, watch: StaffWatch
) -> None:
    session_token = cookies.get(SESSION_COOKIE, "")
    try:
        staff = await edge.in_thread(access_staff, edge.services, session_token)
    except NotAuthenticatedError as error:
        await socket.close(CloseCode.NOT_AUTHENTICATED, str(error))
        return
    await StaffSocket(socket, edge, watch).run(staff, session_token)
