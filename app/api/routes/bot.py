"""What the consoles need to know of the bot."""

from __future__ import annotations

from fastapi import APIRouter

from app.api.deps import CurrentAgent, ServicesDep
from app.api.schemas import BotDescription
from app.api.to_wire import bot_to_wire

router = APIRouter(tags=["bot"])


@router.get("/bot")
def show_bot(_agent: CurrentAgent, services: ServicesDep) -> BotDescription:
    """Give the bot's name, intents and entities."""
    return bot_to_wire(services.bot)
