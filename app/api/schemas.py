"""Wire models of the HTTP API: requests and responses. Neither tables nor domain types."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.api.frames import ConversationSummary, TrainingJob, TranscriptItem
from app.api.text import Text


class Request(BaseModel):
    """Base of all request bodies: unknown fields are refused, so that a typing error is noticed."""

    model_config = ConfigDict(extra="forbid")


class ErrorBody(BaseModel):
    """The one shape of all errors; `detail` lists the single problems of an invalid body."""

    code: str
    message: str
    detail: Any = None
    request_id: str = ""


class VisitorRequest(Request):
    """A customer arrives."""

    channel: Text = Field("web", min_length=1, max_length=32, pattern=r"^[a-z][a-z0-9_-]*$")


class Visitor(BaseModel):
    """A new conversation and the token that opens it; the token is shown this once."""

    conversation_id: str
    token: str


class LoginRequest(Request):
    """Who wants to log in."""

    name: Text = Field(min_length=1, max_length=200)
    password: Text = Field(min_length=1, max_length=1_000)


class StaffMember(BaseModel):
    """Who is logged in."""

    name: str
    role: Literal["agent", "operator"]


class ConversationList(BaseModel):
    """Conversations, the latest first."""

    conversations: list[ConversationSummary]


class Conversation(BaseModel):
    """One conversation with its transcript."""

    summary: ConversationSummary
    items: list[TranscriptItem]


class EntityRequest(Request):
    """An entity that an agent marked; offsets are code points of the turn's text, end exclusive."""

    start: int = Field(ge=0)
    end: int = Field(ge=1)
    entity: Text = Field(min_length=1, max_length=200)
    value: Text = Field(max_length=2_000)
    role: Text | None = Field(None, max_length=200)
    group: Text | None = Field(None, max_length=200)


class CorrectionRequest(Request):
    """What a customer turn really meant."""

    intent: Text = Field(min_length=1, max_length=200)
    entities: list[EntityRequest] = Field([], max_length=100)


class AgentMessageRequest(Request):
    """What an agent writes to the customer."""

    text: Text


class IntentDescription(BaseModel):
    """An intent with the title that customers see."""

    name: str
    title: str


class BotDescription(BaseModel):
    """What the consoles need to know of the bot."""

    name: str
    intents: list[IntentDescription]
    entities: list[str]
    entity_roles: dict[str, list[str]]


class TrainingJobList(BaseModel):
    """Training jobs, the latest first."""

    jobs: list[TrainingJob]


class ModelDescription(BaseModel):
    """A bundle that this installation knows."""

    bundle_id: str
    created_at: datetime
    origin: str
    is_champion: bool
    metrics: dict[str, Any]


class ModelList(BaseModel):
    """Bundles, the latest first."""

    models: list[ModelDescription]


class Health(BaseModel):
    """The process lives."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """The server can answer customers, and with what."""

    status: Literal["ready"] = "ready"
    bundle_id: str
    faq_hash: str
