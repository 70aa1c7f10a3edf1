"""Responses: templates become what the bot says. Randomness is injected; no conversation is stored here.

An unset slot is said as in Rasa ("None"), and a text with a variable that is no slot stays as it is. A strict
bot never shows braces or "None" to a customer: there, a variable that cannot be filled is an error, and only
in a button's payload and in custom JSON are braces that name no variable left as they are.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.dialogue.domain import Domain, ResponseVariation
from app.dialogue.errors import TemplateError
from app.dialogue.events import BotUttered, Button, Event
from app.dialogue.templates import Filler, RasaFiller, StrictFiller, strict_variables
from app.dialogue.tracker import Tracker

CUSTOM_VARIABLE = "custom"  # an action's JSON message, among the variables of the response that it names

_log = logging.getLogger(__name__)


class Speaker:
    """Says the responses of one domain; `strict` bots say nothing that cannot be filled.

    `may_be_silent`: where no variation fits, nothing is said, as in Rasa; else that is an error.
    """

    def __init__(
        self, domain: Domain, rng: random.Random, *, strict: bool = False, may_be_silent: bool = False
    ) -> None:
        self._domain = domain
        self._rng = rng
        self._strict = strict
        self._may_be_silent = may_be_silent and not strict
        self._reported: set[str] = set()  # texts of which the log knows that they cannot be filled

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
        """Choose a variation at random among those that fit best, and fill it.

        Args:
            response: name of the response; of a retrieval intent, the part before the slash is enough.
            tracker: slots fill the variables; the latest message names the channel.
            channel: the channel, if not that of the latest message.
            variables: what an action gave; goes before slots.

        Raises:
            TemplateError: there is no such response, or each variation lacks a variable of a strict bot.
        """
        name = _full_name(response, tracker, self._domain)
        channel = channel or _channel_of(tracker)
        slots = self._domain.initial_slots() | dict(tracker.slots)
        fitting = _fitting(self._domain.responses.get(name, ()), slots, channel)
        if not fitting:
            raise TemplateError(
                f"got the response '{response}', which has no variation for the channel '{channel}' and these"
                f" slots; add one without conditions to 'responses' of the domain"
            )
        values = {**slots, **(variables or {})}
        if not self._strict:
            filler = RasaFiller(values)
            said = _fill(self._rng.choice(fitting), name, filler)
            self._report(name, filler)
            return said
        known = {key: value for key, value in values.items() if value is not None}
        return _fill(self._rng.choice(_complete(fitting, name, known)), name, StrictFiller(known))

    def say_any(
        self, response: str, tracker: Tracker, *, variables: Mapping[str, Any] | None = None
    ) -> list[BotUttered]:
        """Say a response, or nothing where no variation fits and the bot may be silent.

        Raises:
            TemplateError: see `say`; not from a bot that may be silent.
        """
        try:
            return [self.say(response, tracker, variables=variables)]
        except TemplateError as error:
            if not self._may_be_silent:
                raise
            _log.error("response_not_said", extra={"response": response, "problem": str(error)})
            return []

    def say_or(self, response: str, otherwise: str, tracker: Tracker) -> BotUttered:
        """Say a response if the bot has it, else this sentence."""
        return self.say(response, tracker) if self.has(response) else BotUttered(otherwise)

    def render(self, events: Iterable[Event], tracker: Tracker) -> list[Event]:
        """Fill in the responses that an action named; what else its message held goes on top.

        As in Rasa, a message whose response is not there is left out, and what the action did still counts.

        Raises:
            TemplateError: a strict bot cannot say a response.
        """
        return [done for event in events for done in self._render(event, tracker)]

    def _render(self, event: Event, tracker: Tracker) -> Sequence[Event]:
        if not isinstance(event, BotUttered) or event.response is None:
            return [event]
        variables = dict(event.custom)
        own = variables.pop(CUSTOM_VARIABLE, None)
        try:
            all_said = self.say_any(event.response, tracker, variables=variables)
        except TemplateError as error:
            if self._strict:
                raise
            _log.error("response_of_action_left_out", extra={"response": event.response, "error": str(error)})
            return []
        return [
            replace(
                said,
                text=event.text or said.text,
                buttons=said.buttons + event.buttons,
                image=event.image or said.image,
                attachment=event.attachment or said.attachment,
                custom=own or said.custom,
            )
            for said in all_said
        ]

    def _report(self, response: str, filler: RasaFiller) -> None:
        """Log once for every text that was left as it is."""
        for text in filler.unfilled:
            if text not in self._reported:
                self._reported.add(text)
                _log.error("response_not_filled", extra={"response": response, "text": text})


def unknown_variables(domain: Domain) -> dict[str, frozenset[str]]:
    """Name the variables of each response that are no slots: only a custom action can give them."""
    unknown = {
        name: frozenset().union(*map(_needed, variations)) - domain.slots.keys()
        for name, variations in domain.responses.items()
    }
    return {name: variables for name, variables in unknown.items() if variables}


def check_templates(domain: Domain, spoken: Collection[str]) -> None:
    """Check the responses that a strict bot says without a custom action.

    Raises:
        TemplateError: one of them has a variable that is no slot.
    """
    for name, variables in unknown_variables(domain).items():
        if name in spoken:
            raise TemplateError(
                f"the response '{name}' uses {', '.join(sorted(variables))}, which is no slot; define the"
                f" slot, or say the response only from a custom action that gives the value"
            )


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


def _complete(
    fitting: Sequence[ResponseVariation], name: str, known: Mapping[str, Any]
) -> list[ResponseVariation]:
    """Give the variations that can be filled."""
    complete = [variation for variation in fitting if not _needed(variation) - known.keys()]
    if not complete:
        missing = ", ".join(sorted(_needed(fitting[0]) - known.keys()))
        raise TemplateError(
            f"the response '{name}' needs {missing}, which is not set; set the slot, say the response"
            f" from a custom action that gives it, or add a variation without it"
        )
    return complete


def _needed(variation: ResponseVariation) -> frozenset[str]:
    texts = [variation.text, variation.image or "", variation.attachment or ""]
    texts += [title for title, _ in variation.buttons]
    return frozenset(name for text in texts for name in strict_variables(text))


def _fill(variation: ResponseVariation, name: str, filler: Filler) -> BotUttered:
    return BotUttered(
        text=filler.text(variation.text),
        buttons=tuple(
            Button(filler.text(title), filler.payload(payload)) for title, payload in variation.buttons
        ),
        image=filler.text(variation.image) if variation.image else None,
        attachment=filler.text(variation.attachment) if variation.attachment else None,
        custom={key: _fill_json(value, filler) for key, value in variation.custom.items()},
        response=name,
    )


def _fill_json(value: Any, filler: Filler) -> Any:
    if isinstance(value, str):
        return filler.json_text(value)
    if isinstance(value, Mapping):
        return {key: _fill_json(item, filler) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_fill_json(item, filler) for item in value]
    return value
