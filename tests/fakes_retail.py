"""Runs the retail bot's actions as an action server does: trackers as JSON, a freshly seeded shop."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor

BOT_PATH = Path(__file__).parents[1] / "bots" / "retail"
PACKAGE = "retail_bot_actions"
DOMAIN: Mapping[str, Any] = {
    "actions": ["action_track_order", "action_check_stock", "action_cancel_order"],
    "forms": {
        "return_form": {
            "required_slots": [
                "order_number",
                "contact",
                "return_product",
                "return_reason",
                "return_outcome",
                "new_variant",
            ]
        },
        "address_form": {
            "required_slots": [
                "order_number",
                "contact",
                "new_street",
                "new_city",
                "new_postcode",
                "address_confirmed",
            ]
        },
        "damaged_form": {
            "required_slots": [
                "order_number",
                "contact",
                "damaged_product",
                "damage_description",
                "damage_outcome",
            ]
        },
    },
}


def import_actions() -> ModuleType:
    """Import the bot's action package and all its modules under a name of its own."""
    if PACKAGE not in sys.modules:
        path = BOT_PATH / "actions"
        spec = importlib.util.spec_from_file_location(
            PACKAGE, path / "__init__.py", submodule_search_locations=[str(path)]
        )
        assert spec is not None
        assert spec.loader is not None
        package = importlib.util.module_from_spec(spec)
        sys.modules[PACKAGE] = package
        spec.loader.exec_module(package)
        for module in pkgutil.iter_modules([str(path)]):
            importlib.import_module(f"{PACKAGE}.{module.name}")
    return sys.modules[PACKAGE]


def module(name: str) -> ModuleType:
    """Give one module of the action package."""
    import_actions()
    return importlib.import_module(f"{PACKAGE}.{name}")


@dataclass
class ActionResult:
    """What an action said and which slots it set; a slot set twice has its last value."""

    messages: list[dict[str, Any]]
    events: list[dict[str, Any]]

    @property
    def text(self) -> str:
        return "\n".join(message["text"] or message["response"] for message in self.messages)

    @property
    def slots(self) -> dict[str, Any]:
        return {event["name"]: event["value"] for event in self.events if event["event"] == "slot"}

    @property
    def followups(self) -> list[str]:
        return [event["name"] for event in self.events if event["event"] == "followup"]


@dataclass
class RetailActions:
    """All actions of the bot, ready to run."""

    executor: ActionExecutor = field(default_factory=ActionExecutor)

    def __post_init__(self) -> None:
        import_actions()
        for action in _subclasses(Action):
            if action.__module__.startswith(f"{PACKAGE}."):
                self.executor.register_action(action)

    @property
    def names(self) -> set[str]:
        return set(self.executor.actions)

    def run(
        self,
        name: str,
        slots: Mapping[str, Any] | None = None,
        *,
        text: str = "",
        entities: list[dict[str, Any]] | None = None,
        events: list[dict[str, Any]] | None = None,
        active_loop: str | None = None,
    ) -> ActionResult:
        """Run an action in a conversation with these slots."""
        tracker = {
            "sender_id": "c1",
            "slots": dict(slots or {}),
            "latest_message": {"text": text, "entities": entities or [], "intent": {"name": "inform"}},
            "events": events or [],
            "paused": False,
            "followup_action": None,
            "active_loop": {"name": active_loop} if active_loop else {},
            "latest_action_name": "action_listen",
            "latest_input_channel": "web",
        }
        call = {"next_action": name, "sender_id": "c1", "tracker": tracker, "domain": DOMAIN}
        result = asyncio.run(self.executor.run(call))
        assert result is not None
        return ActionResult(messages=result.responses, events=result.events)

    def validate(self, form: str, known: Mapping[str, Any], **candidates: Any) -> ActionResult:
        """Validate slot candidates of a form, as the form action hands them over."""
        events = [{"event": "action", "name": "action_listen"}]
        events += [{"event": "slot", "name": name, "value": value} for name, value in candidates.items()]
        slots = {**known, **candidates}
        return self.run(f"validate_{form}", slots, events=events, active_loop=form)


def _subclasses(parent: type[Any]) -> set[type[Any]]:
    found: set[type[Any]] = set()
    for child in parent.__subclasses__():
        found |= {child} | _subclasses(child)
    return found
