"""Agents take a conversation over, write in it and hand it back."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from app.api.access import access_conversation
from app.api.deps import CurrentAgent, ServicesDep, check_own_origin
from app.api.errors import check_message
from app.api.frames import ConversationSummary
from app.api.routes.conversations import ConversationId
from app.api.schemas import AgentMessageRequest
from app.api.to_wire import conversation_to_wire

router = APIRouter(
    prefix="/conversations/{conversation_id:path}", tags=["handoff"], dependencies=[Depends(check_own_origin)]
)


@router.post("/handoff/join")
def join(agent: CurrentAgent, services: ServicesDep, conversation_id: ConversationId) -> ConversationSummary:
    """Take over; the bot is silent from now on."""
    access_conversation(services, agent, conversation_id)
    services.manager.agent_join(conversation_id, agent_id=agent.user_id, agent_name=agent.name)
    return conversation_to_wire(access_conversation(services, agent, conversation_id))


@router.post("/handoff/close")
def close(agent: CurrentAgent, services: ServicesDep, conversation_id: ConversationId) -> ConversationSummary:
    """Hand back to the bot, or withdraw the request for a person."""
    access_conversation(services, agent, conversation_id)
    services.manager.agent_leave(conversation_id)
    return conversation_to_wire(access_conversation(services, agent, conversation_id))


@router.post("/messages")
def write(
    agent: CurrentAgent,
    services: ServicesDep,
    conversation_id: ConversationId,
    message: AgentMessageRequest,
) -> ConversationSummary:
    """Write to the customer; only after joining."""
    check_message(message.text, max_chars=services.settings.max_message_chars)
    access_conversation(services, agent, conversation_id)
    services.manager.agent_say(conversation_id, message.text, agent_id=agent.user_id, agent_name=agent.name)
    return conversation_to_wire(access_conversation(services, agent, conversation_id))
