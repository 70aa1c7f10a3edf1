"""Customers arrive: a new conversation and its token."""

from __future__ import annotations

from uuid import uuid4

from fastapi import APIRouter, Depends

from app.api.deps import ClientAddress, EdgeDep, check_rate, check_widget_origin
from app.api.schemas import Visitor, VisitorRequest
from app.db.tokens import hash_token, new_token

router = APIRouter(tags=["customers"])


@router.post("/visitors", status_code=201, dependencies=[Depends(check_widget_origin)])
def create_visitor(edge: EdgeDep, address: ClientAddress, request: VisitorRequest | None = None) -> Visitor:
    """Begin a conversation; the bot says its welcome. Keep the token: it is the only key."""
    check_rate(edge.visitors, address, "new conversations from this address")
    channel = (request or VisitorRequest()).channel
    visitor = Visitor(conversation_id=str(uuid4()), token=new_token())
    edge.services.conversations.create(visitor.conversation_id, channel, hash_token(visitor.token))
    edge.services.manager.start(visitor.conversation_id, channel)
    return visitor
