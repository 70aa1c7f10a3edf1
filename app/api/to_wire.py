"""What the stores give -> what the web gets. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from app.api.frames import ConversationSummary, TrainingJob, WireCorrection, WireEntity
from app.api.schemas import BotDescription, IntentDescription, ModelDescription
from app.bot.bot import Bot
from app.db import conversation_store, model_store, training_store
from app.db.review_store import Correction
from app.dialogue.tracker import Mode


def conversation_to_wire(conversation: conversation_store.Conversation) -> ConversationSummary:
    """Give a line of the conversation list."""
    return ConversationSummary(
        conversation_id=conversation.conversation_id,
        channel=conversation.channel,
        mode=cast(Mode, conversation.mode),  # the table's check constraint
        last_text=conversation.last_text,
        last_at=conversation.last_at,
        last_sequence=conversation.last_sequence,
        num_customer_turns=conversation.num_customer_turns,
        num_unhelpful=conversation.num_unhelpful,
    )


def correction_to_wire(correction: Correction) -> WireCorrection:
    """Give what an agent said a turn meant; an agent is always certain."""
    return WireCorrection(
        intent=correction.intent,
        entities=[
            WireEntity(
                start=entity.start,
                end=entity.end,
                entity=entity.entity,
                value=entity.value,
                role=entity.role,
                group=entity.group,
            )
            for entity in correction.entities
        ],
        corrected_by=correction.corrected_by,
        corrected_at=correction.corrected_at,
    )


def corrections_to_wire(corrections: Iterable[Correction]) -> dict[int, WireCorrection]:
    """Give corrections by the sequence of their turns."""
    return {correction.sequence: correction_to_wire(correction) for correction in corrections}


def job_to_wire(job: training_store.TrainingJob) -> TrainingJob:
    """Give a training job."""
    return TrainingJob(
        job_id=job.job_id,
        status=job.status,
        stage=job.stage,
        progress=job.progress,
        eta_s=job.eta_s,
        message=job.message,
        created_at=job.created_at,
        finished_at=job.finished_at,
        challenger_id=job.challenger_id,
        promoted=job.is_promoted,
        report=dict(job.report) if job.report is not None else None,
    )


def model_to_wire(model: model_store.ModelInfo) -> ModelDescription:
    """Give a bundle."""
    return ModelDescription(
        bundle_id=model.bundle_id,
        created_at=model.created_at,
        origin=model.origin,
        is_champion=model.is_champion,
        metrics=dict(model.metrics),
    )


def bot_to_wire(bot: Bot) -> BotDescription:
    """Give what the consoles need to know of the bot."""
    return BotDescription(
        name=bot.name,
        intents=[
            IntentDescription(name=name, title=bot.intent_titles.get(name, name))
            for name in bot.domain.intents
        ],
        entities=list(bot.domain.entities),
        entity_roles={entity: list(roles) for entity, roles in bot.entity_roles.items()},
    )
