"""Responses: templates become what the bot says. Randomness is injected; nothing is stored here.

A variable that cannot be filled is an error, never braces on the customer's screen. In a button's payload
and in custom JSON, braces that name no variable are left as they are.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.dialogue.domain import Domain, ResponseVariation
from app.dialogue.errors import TemplateError
from app.dialogue.events import BotUttered, Button, Event
from app.dialogue.tracker import Tracker

CUSTOM_VARIABLE = "custom"  # an action's JSON message, among the variables of the response that it names

_TOKEN = re.compile(r"\{\{|\}\}|\{([A-Za-z_][\w.-]*)\}")


class Speaker:
    """Says the responses of one domain."""

    def __init__(self, domain: Domain, rng: random.Random) -> None:
        self._domain = domain
        self._rng = rng

    def has(self, response: str) -> bool:
        """Say whether there is such a response."""
        return response in self._domain.responses

    def say(
        self,
        response: str,
        tracker: Tracker,
        *,
        channel: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> BotUttered:
        """Choose a variation at random among those that fit best and can be filled, and fill it.

        Args:
            response: name of the response; of a retrieval intent, the part before the slash is enough.
            tracker: slots fill the variables; the latest message names the channel.
            channel: the channel, if not that of the latest message.
            variables: what an action gave; goes before slots.

        Raises:
            TemplateError: there is no such response, or each variation lacks a variable.
        """
        name = _full_name(response, tracker, self._domain)
        channel = channel or _channel_of(tracker)
        slots = self._domain.initial_slots() | dict(tracker.slots)
        known = {key: value for key, value in {**slots, **(variables or {})}.items() if value is not None}
        fitting = _fitting(self._domain.responses.get(name, ()), slots, channel)
        if not fitting:
            raise TemplateError(
                f"got the response '{response}', which has no variation for the channel '{channel}' and these"
                f" slots; add one without conditions to 'responses' of the domain"
            )
        complete = [variation for variation in fitting if not _needed(variation) - known.keys()]
        if not complete:
            missing = ", ".join(sorted(_needed(fitting[0]) - known.keys()))
            raise TemplateError(
                f"the response '{name}' needs {missing}, which is not set; set the slot, say the response"
                f" from a custom action that gives it, or add a variation without it"
            )
        return _fill(self._rng.choice(complete), name, known)

    def say_or(self, response: str, otherwise: str, tracker: Tracker) -> BotUttered:
        """Say a response if the bot has it, else this sentence."""
        return self.say(response, tracker) if self.has(response) else BotUttered(otherwise)

    def render(self, events: Iterable[Event], tracker: Tracker) -> list[Event]:
        """Fill in the responses that an action only named; what else its message held goes on top.

        Raises:
            TemplateError: see `say`.
        """
        return [
            self._render(event, tracker) if isinstance(event, BotUttered) and _is_named_only(event) else event
            for event in events
        ]

    def _render(self, event: BotUttered, tracker: Tracker) -> BotUttered:
        variables = dict(event.custom)
        own = variables.pop(CUSTOM_VARIABLE, None)
        said = self.say(event.response or "", tracker, variables=variables)
        return replace(
            said,
            buttons=said.buttons + event.buttons,
            image=event.image or said.image,
            attachment=event.attachment or said.attachment,
            custom=own or said.custom,
        )


def unknown_variables(domain: Domain) -> dict[str, frozenset[str]]:
    """Name the variables of each response that are no slots: only a custom action can give them."""
    unknown = {
        name: frozenset().union(*map(_needed, variations)) - domain.slots.keys()
        for name, variations in domain.responses.items()
    }
    return {name: variables for name, variables in unknown.items() if variables}


def check_templates(domain: Domain, spoken: Collection[str]) -> None:
    """Check the responses that the bot says without a custom action.

    Raises:
        TemplateError: one of them has a variable that is no slot.
    """
    for name, variables in unknown_variables(domain).items():
        if name in spoken:
            raise TemplateError(
                f"the response '{name}' uses {', '.join(sorted(variables))}, which is no slot; define the"
                f" slot, or say the response only from a custom action that gives the value"
            )


def _is_named_only(event: BotUttered) -> bool:
    return event.response is not None and not event.text


def _full_name(response: str, tracker: Tracker, domain: Domain) -> str:
    message = tracker.latest_message
    if response in domain.responses or message is None:
        return response
    full = f"utter_{message.parsed.intent.name}"
    return full if full.startswith(f"{response}/") else response


def _channel_of(tracker: Tracker) -> str:
    return tracker.latest_message.channel if tracker.latest_message is not None else ""


def _fitting(
    variations: Sequence[ResponseVariation], slots: Mapping[str, Any], channel: str
) -> list[ResponseVariation]:
    """Give the best of: own channel with conditions, own channel, any with conditions, any."""
    holding = [variation for variation in variations if _conditions_hold(variation, slots)]
    for on_channel in (channel, None):
        same = [variation for variation in holding if variation.channel == on_channel]
        conditional = [variation for variation in same if variation.conditions]
        if conditional or same:
            return conditional or same
    return []


def _conditions_hold(variation: ResponseVariation, slots: Mapping[str, Any]) -> bool:
    return all(_same(condition.value, slots.get(condition.slot)) for condition in variation.conditions)


def _same(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, str) and isinstance(value, str):
        return wanted.casefold() == value.casefold()
    return bool(wanted == value)


def _needed(variation: ResponseVariation) -> frozenset[str]:
    texts = [variation.text, variation.image or "", variation.attachment or ""]
    texts += [title for title, _ in variation.buttons]
    return frozenset(match[1] for text in texts for match in _TOKEN.finditer(text) if match[1])


def _fill(variation: ResponseVariation, name: str, known: Mapping[str, Any]) -> BotUttered:
    return BotUttered(
        text=_fill_text(variation.text, known),
        buttons=tuple(
            Button(_fill_text(title, known), _fill_payload(payload, known))
            for title, payload in variation.buttons
        ),
        image=_fill_text(variation.image, known) if variation.image else None,
        attachment=_fill_text(variation.attachment, known) if variation.attachment else None,
        custom={key: _fill_json(value, known) for key, value in variation.custom.items()},
        response=name,
    )


def _fill_text(text: str, known: Mapping[str, Any]) -> str:
    return _TOKEN.sub(lambda match: _as_text(known[match[1]]) if match[1] else match[0][0], text)


def _fill_payload(text: str, known: Mapping[str, Any]) -> str:
    """Fill the variables that are known, quoted for JSON; escaped braces only where there are any."""
    has_escapes = "{{" in text

    def _replacement(match: re.Match[str]) -> str:
        if not match[1]:
            return match[0][0] if has_escapes else match[0]
        return json.dumps(_as_text(known[match[1]]))[1:-1] if match[1] in known else match[0]

    return _TOKEN.sub(_replacement, text)


def _fill_json(value: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _TOKEN.sub(lambda match: _as_text(known[match[1]]) if match[1] in known else match[0], value)
    if isinstance(value, Mapping):
        return {key: _fill_json(item, known) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_fill_json(item, known) for item in value]
    return value


def _as_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
