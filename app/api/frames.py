"""Socket frames of the customer and staff WebSockets; every frame has a `type`.

TypeScript types in ``web/shared/frames.ts`` are generated from these models; drift fails the checks.
Offsets are Unicode code points; the web edge converts them to UTF-16 units.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.api.text import Text


class Frame(BaseModel):
    """Base of all frames: unknown fields are refused, so that a typing error is noticed."""

    model_config = ConfigDict(extra="forbid")


# --- customer -> server ------------------------------------------------------------------------


class HelloFrame(Frame):
    """First frame of a customer socket: who I am and what I have seen (0: nothing)."""

    type: Literal["hello"]
    conversation_id: Text = Field(max_length=200)
    token: Text = Field(max_length=256)
    after_sequence: int = Field(0, ge=0)


class MessageFrame(Frame):
    """The customer says something; re-sending with the same id is harmless.

    `payload` is what a pressed button sends to the bot; `text` is then the button's title.
    """

    type: Literal["message"]
    client_message_id: Text = Field(min_length=1, max_length=64)
    text: Text
    payload: Text | None = None


class RatingFrame(Frame):
    """Whether an FAQ answer was helpful; of several ratings the last counts, re-sending is harmless.

    `answer_sequence` is the `sequence` of an utterance with `faq`.
    """

    type: Literal["rating"]
    answer_sequence: int = Field(ge=1, le=2**31 - 1, strict=True)
    is_helpful: bool = Field(strict=True)


class ResumeFrame(Frame):
    """Send again everything after this sequence number."""

    type: Literal["resume"]
    after_sequence: int = Field(ge=0)


class PingFrame(Frame):
    """Are you there?"""

    type: Literal["ping"]


CustomerFrame = Annotated[
    HelloFrame | MessageFrame | RatingFrame | ResumeFrame | PingFrame, Field(discriminator="type")
]

# --- server -> customer ------------------------------------------------------------------------


class WireButton(Frame):
    """A quick reply."""

    title: str
    payload: str


class WireSource(Frame):
    """Where an FAQ answer comes from; the span lies in the utterance's text."""

    entry_id: str
    question: str
    source: str
    span_start: int
    span_end: int


class WireUtterance(Frame):
    """One visible thing in a conversation, the same for customers and agents.

    `kind`: "customer", "bot", "agent", or "notice" (handoff requested, agent joined, handed back; `notice`
    then says which).
    """

    type: Literal["utterance"] = "utterance"
    conversation_id: str
    sequence: int
    sent_at: datetime
    kind: Literal["customer", "bot", "agent", "notice"]
    text: str = ""
    client_message_id: str | None = None
    buttons: list[WireButton] = []
    image: str | None = None
    attachment: str | None = None
    custom: dict[str, Any] = {}
    faq: WireSource | None = None
    agent_name: str | None = None
    notice: Literal["handoff_requested", "agent_joined", "handoff_closed"] | None = None


class WelcomeFrame(Frame):
    """Answer to hello; missed utterances follow as frames."""

    type: Literal["welcome"] = "welcome"
    conversation_id: str
    bot_name: str
    last_sequence: int
    max_message_chars: int


class AckFrame(Frame):
    """The message is saved; `last_sequence` is the conversation's last event of that turn."""

    type: Literal["ack"] = "ack"
    client_message_id: str
    sequence: int
    last_sequence: int
    duplicate: bool = False


class RatedFrame(Frame):
    """An answer's rating is saved; of several for one answer, the one with the highest `sequence` counts."""

    type: Literal["rated"] = "rated"
    conversation_id: str
    sequence: int
    answer_sequence: int
    is_helpful: bool


class TypingFrame(Frame):
    """The bot or an agent is about to answer, or no longer."""

    type: Literal["typing"] = "typing"
    is_typing: bool


class PongFrame(Frame):
    """Yes."""

    type: Literal["pong"] = "pong"


class ErrorFrame(Frame):
    """Something about your last frame was wrong; the socket stays open unless a close code follows.

    `client_message_id` names the message, `answer_sequence` the rated answer that it is about. Codes:
    invalid_frame, unknown_type, not_authenticated, message_empty, message_too_long, rate_limited, not_found,
    invalid_input, conflict, internal; rarely another of the table in `app.api.errors`.
    """

    type: Literal["error"] = "error"
    code: str
    message: str
    client_message_id: str | None = None
    answer_sequence: int | None = None
    retry_after_ms: int | None = None


# --- staff socket ------------------------------------------------------------------------------


class SubscribeFrame(Frame):
    """Agent -> server: follow this conversation's details from now on (None: only the list)."""

    type: Literal["subscribe"]
    conversation_id: Text | None = Field(None, max_length=200)


StaffFrame = Annotated[SubscribeFrame | PingFrame, Field(discriminator="type")]


class WireIntent(Frame):
    """An intent with its calibrated confidence."""

    name: str
    confidence: float


class WireEntity(Frame):
    """An entity of a customer turn; offsets in the turn's text."""

    start: int
    end: int
    entity: str
    value: str
    role: str | None = None
    group: str | None = None
    confidence: float = 1.0


class WireCorrection(Frame):
    """What an agent says the turn really meant."""

    intent: str
    entities: list[WireEntity]
    corrected_by: str
    corrected_at: datetime


class WireDecision(Frame):
    """What the bot decided in a turn and why."""

    decision: str
    target: str
    policy: str
    reasons: list[str]


class TranscriptItem(Frame):
    """One utterance with, for a customer turn, what the bot understood and decided.

    `is_helpful` is how the customer rated an FAQ answer.
    """

    utterance: WireUtterance
    intent: WireIntent | None = None
    ranking: list[WireIntent] = []
    entities: list[WireEntity] = []
    out_of_scope_score: float | None = None
    bundle_id: str | None = None
    decisions: list[WireDecision] = []
    failures: list[str] = []
    correction: WireCorrection | None = None
    is_helpful: bool | None = None


class TranscriptFrame(Frame):
    """Server -> agent: the new or changed items of the followed conversation, by sequence."""

    type: Literal["transcript"] = "transcript"
    conversation_id: str
    items: list[TranscriptItem]


class ConversationSummary(Frame):
    """A line of the conversation list; `num_unhelpful` counts the answers that did not help the customer."""

    conversation_id: str
    channel: str
    mode: Literal["bot", "handoff_requested", "agent"]
    last_text: str
    last_at: datetime
    last_sequence: int
    num_customer_turns: int
    num_unhelpful: int


class ConversationFrame(Frame):
    """Server -> agent: a conversation is new or has changed."""

    type: Literal["conversation"] = "conversation"
    conversation: ConversationSummary


class TrainingJob(Frame):
    """A retraining job, live. `progress` is 0..1; `report` is the comparison once there is one."""

    job_id: str
    status: Literal["queued", "running", "succeeded", "failed"]
    stage: str
    progress: float
    eta_s: float | None = None
    message: str = ""
    created_at: datetime
    finished_at: datetime | None = None
    challenger_id: str | None = None
    promoted: bool | None = None
    report: dict[str, Any] | None = None


class JobFrame(Frame):
    """Server -> staff: a training job moved."""

    type: Literal["job"] = "job"
    job: TrainingJob


class ModelFrame(Frame):
    """Server -> staff: this bundle is now in service on this server."""

    type: Literal["model"] = "model"
    bundle_id: str
