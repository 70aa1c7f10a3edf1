"""The bot's own actions as the dialogue sees them: run, then what they said filled in."""

from __future__ import annotations

from collections.abc import Sequence

from app.dialogue.action_names import ACTION_EXTRACT_SLOTS, ACTION_VALIDATE_SLOT_MAPPINGS
from app.dialogue.corrections import Correction, with_corrections
from app.dialogue.domain import Domain
from app.dialogue.events import ActionExecuted, BotUttered, Event, SlotSet
from app.dialogue.ports import ActionRunner
from app.dialogue.reminders import check_reminders
from app.dialogue.responses import Speaker
from app.dialogue.slots import fillings, with_validated
from app.dialogue.tracker import Tracker, fold
from nlu.types import ParsedUtterance


class CustomActions:
    """Runs custom actions; every message that comes back is complete."""

    def __init__(self, runner: ActionRunner, speaker: Speaker) -> None:
        self._runner = runner
        self._speaker = speaker

    def knows(self, action: str) -> bool:
        """Say whether the bot has such a custom action."""
        return self._runner.knows(action)

    def run(self, action: str, tracker: Tracker) -> list[Event]:
        """Run a custom action; what it said is filled in with the slots as they were before it.

        Raises:
            ActionFailedError: it raised, is unknown, or returned nonsense or too many reminders.
            TemplateError: it named a response that does not exist or lacks a variable.
        """
        events = self._runner.run(action, tracker)
        check_reminders(events, tracker.events)
        return self._speaker.render(events, tracker)

    def extract_slots(
        self,
        parsed: ParsedUtterance,
        tracker: Tracker,
        domain: Domain,
        *,
        corrections: Sequence[Correction] = (),
    ) -> list[Event]:
        """Fill slots by all mappings, custom ones too, and have ``action_validate_slot_mappings`` check them.

        What the utterance corrects goes before what its words would fill. As in Rasa, custom mappings can
        only set slots, and their check can also say something.

        Raises:
            ActionFailedError, TemplateError: see `run`.
        """
        found = fillings(parsed, tracker, domain)
        filled = [item for item in found if isinstance(item, SlotSet)]
        kept = with_corrections(filled, corrections, tracker, domain)
        events = [event for event in kept if event not in filled]
        for item in found:
            if isinstance(item, SlotSet):
                events += [item] if item in kept else []
            elif self.knows(item):
                events += [event for event in self.run(item, tracker) if isinstance(event, SlotSet)]
        if not self.knows(ACTION_VALIDATE_SLOT_MAPPINGS):
            return events
        checked = self.run(ACTION_VALIDATE_SLOT_MAPPINGS, _at_candidates(tracker, events))
        return with_validated(events, [e for e in checked if isinstance(e, SlotSet | BotUttered)])


def _at_candidates(tracker: Tracker, events: Sequence[Event]) -> Tracker:
    """Make the tracker that a validating action expects: the candidates are its last events."""
    candidates = [event for event in events if isinstance(event, SlotSet)]
    others = [event for event in events if not isinstance(event, SlotSet)]
    return fold(tracker, [*others, ActionExecuted(ACTION_EXTRACT_SLOTS), *candidates])
