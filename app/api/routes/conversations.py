"""Staff read, correct and search conversations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime

from app.api.access import access_conversation
from app.api.deps import CurrentAgent, ServicesDep, check_own_origin
from app.api.frames import TranscriptItem
from app.api.review import correct_turn, read_transcript
from app.api.schemas import Conversation, ConversationList, CorrectionRequest
from app.api.text import Text
from app.api.to_wire import conversation_to_wire

router = APIRouter(prefix="/conversations", tags=["conversations"], dependencies=[Depends(check_own_origin)])

# ":path" in the addresses, since the name of a REST sender may hold a slash
ConversationId = Annotated[Text, Path(min_length=1, max_length=200)]


@router.get("")
def list_conversations(
    _agent: CurrentAgent,
    services: ServicesDep,
    search: Annotated[Text, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: AwareDatetime | None = None,
    only_unhelpful: bool = False,
) -> ConversationList:
    """List conversations, the most recently active first; `before` is the last line's `last_at`.

    With `only_unhelpful` those in which an answer from the FAQ did not help the customer.
    """
    found = services.conversations.summaries(search, limit, before, only_unhelpful=only_unhelpful)
    return ConversationList(conversations=[conversation_to_wire(line) for line in found])


@router.get("/{conversation_id:path}")
def show_conversation(
    agent: CurrentAgent, services: ServicesDep, conversation_id: ConversationId
) -> Conversation:
    """Give a conversation with its transcript."""
    conversation = access_conversation(services, agent, conversation_id)
    return Conversation(
        summary=conversation_to_wire(conversation), items=read_transcript(services, conversation_id)
    )


@router.put("/{conversation_id:path}/turns/{sequence}/correction")
def save_correction(
    agent: CurrentAgent,
    services: ServicesDep,
    conversation_id: ConversationId,
    sequence: Annotated[int, Path(ge=1, le=2**31 - 1)],
    correction: CorrectionRequest,
) -> TranscriptItem:
    """Say what a customer turn really meant; a second correction replaces the first."""
    access_conversation(services, agent, conversation_id)
    return correct_turn(services, agent, (conversation_id, sequence), correction)
