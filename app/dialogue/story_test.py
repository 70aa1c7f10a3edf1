"""Judges test stories as ``rasa test`` does: predictions are compared step by step, and nothing is executed.

After every step the events that the story expects are fed, so that one wrong step spoils no other. No action
runs. A form is taken to have rejected the message wherever the story expects something else, so that a story
may leave out a form's questions; likewise the FAQ is taken to have no answer. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.dialogue.action_names import ACTION_LISTEN, ACTION_SESSION_START, ACTION_UNLIKELY_INTENT
from app.dialogue.decision import AnswerFaq
from app.dialogue.events import ActionExecuted, ActionExecutionRejected, ActiveLoopChanged, Event
from app.dialogue.policies.choice import action_of
from app.dialogue.policy import decide
from app.dialogue.script import BotScript
from app.dialogue.states import intent_base
from app.dialogue.stories import NO_INTENT, ActionStep, BotStep, IntentStep, LoopStep, SlotStep, Step, Story
from app.dialogue.story_feed import effect_of, expected_entities, slot_event, unheard, utterance_events
from app.dialogue.tracker import Tracker, empty_tracker, fold
from nlu.types import EntitySpan, ParsedUtterance

Pretence = Literal["the form rejected", "the FAQ had no answer"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The action that comes next; `otherwise` comes instead when the FAQ has no answer."""

    action: str
    policy: str = ""
    confidence: float = 1.0
    hide_rule_turn: bool = False
    otherwise: str | None = None


Predict = Callable[[Tracker, BotScript], Prediction]
Parse = Callable[[str], ParsedUtterance]


@dataclass(frozen=True, slots=True)
class JudgedUtterance:
    """What was understood beside what should have been; `heard` is None for a step without words."""

    step: IntentStep
    heard: ParsedUtterance | None
    expected_entities: tuple[EntitySpan, ...]
    got_intent: str
    is_intent_right: bool
    are_entities_right: bool

    @property
    def is_right(self) -> bool:
        """Say whether all was understood as the story says."""
        return self.is_intent_right and self.are_entities_right


@dataclass(frozen=True, slots=True)
class JudgedAction:
    """A predicted action beside the expected one; `step` is None where a story leaves ``action_listen`` out.

    `is_unlikely`: before this prediction the policies found the customer's intent unlikely here.
    """

    step: ActionStep | BotStep | None
    expected: str
    predicted: str
    policy: str
    confidence: float
    is_right: bool
    pretence: Pretence | None = None
    is_unlikely: bool = False


@dataclass(frozen=True, slots=True)
class FedStep:
    """A step that is taken as the story says it: there is nothing to predict."""

    step: ActionStep | BotStep | SlotStep | LoopStep


JudgedStep = JudgedUtterance | JudgedAction | FedStep


@dataclass(frozen=True, slots=True)
class JudgedStory:
    """A test story with what was predicted at each step."""

    story: Story
    steps: tuple[JudgedStep, ...]

    @property
    def is_correct(self) -> bool:
        """Say whether every prediction was right."""
        return all(step.is_right for step in self.steps if not isinstance(step, FedStep))

    @property
    def has_warnings(self) -> bool:
        """Say whether an intent was found unlikely where the story goes on all the same."""
        return any(isinstance(step, JudgedAction) and step.is_unlikely for step in self.steps)


def predict(tracker: Tracker, script: BotScript) -> Prediction:
    """Predict the next action; nothing is executed."""
    decided = decide(tracker, script)
    decision = decided.decision
    otherwise = action_of(decision.otherwise) if isinstance(decision, AnswerFaq) else None
    return Prediction(
        action_of(decision), decided.policy, decided.confidence, decided.hide_rule_turn, otherwise
    )


def judge_story(
    story: Story, script: BotScript, parse: Parse, predict_next: Predict = predict
) -> JudgedStory:
    """Go through a story and compare what is understood and predicted with what it says.

    Args:
        story: a straight test story.
        script: the bot.
        parse: understands the customer's words, payloads too.
        predict_next: predicts the next action.
    """
    walk = _Walk(script, parse, predict_next)
    for place, step in enumerate(story.steps):
        if place == 0 and isinstance(step, ActionStep | BotStep):
            walk.begin_with(step)
        else:
            walk.take(step)
    walk.finish()
    return JudgedStory(story, tuple(walk.judged))


class _Walk:
    """The way through one story: a tracker of what the story says, and the judgements so far."""

    def __init__(self, script: BotScript, parse: Parse, predict_next: Predict) -> None:
        self.judged: list[JudgedStep] = []
        self._script = script
        self._parse = parse
        self._predict = predict_next
        self._tracker = fold(empty_tracker("test"), [ActionExecuted(ACTION_LISTEN)])
        self._is_said_by_action = False

    def begin_with(self, step: ActionStep | BotStep) -> None:
        """Let the bot act first: before that there is nothing to predict from, so it is taken as given."""
        action = step.action if isinstance(step, ActionStep) else step.text
        if action not in {ACTION_LISTEN, ACTION_SESSION_START}:
            self._tracker = empty_tracker("test")
        self._feed(step, ActionExecuted(action))
        self._is_said_by_action = isinstance(step, ActionStep)

    def take(self, step: Step) -> None:
        """Judge a step, then let it happen."""
        match step:
            case IntentStep():
                self._listen(None)
                self._hear(step)
            case ActionStep(action=action) if action == ACTION_LISTEN:
                self._listen(step)
            case ActionStep():
                self._act(step)
            case BotStep():
                self._speak(step)
            case SlotStep():
                self._feed(step, slot_event(step, self._tracker, self._script.domain))
            case LoopStep(name=name):
                self._feed(step, ActiveLoopChanged(name))

    def finish(self) -> None:
        """Judge whether the bot listens at the end."""
        self._listen(None)

    def _listen(self, step: ActionStep | None) -> None:
        """Judge that the bot listens, unless it does already."""
        if self._tracker.latest_action != ACTION_LISTEN or self._has_just_heard():
            self._judge(step, ACTION_LISTEN)

    def _has_just_heard(self) -> bool:
        """Say whether the customer spoke and the bot has done nothing since."""
        acted = [step for step in self.judged if not isinstance(step, FedStep)]
        return bool(acted) and isinstance(acted[-1], JudgedUtterance)

    def _hear(self, step: IntentStep) -> None:
        heard = self._parse(step.text) if step.text is not None else None
        self.judged.append(_judge_utterance(step, heard))
        events = utterance_events(step, heard or unheard(step), self._script.domain)
        self._tracker = fold(self._tracker, events)

    def _act(self, step: ActionStep) -> None:
        if step.action == ACTION_SESSION_START:  # a policy never predicts it
            self._feed(step, ActionExecuted(step.action))
        else:
            self._judge(step, step.action)
        self._is_said_by_action = True

    def _speak(self, step: BotStep) -> None:
        """Judge the bot's words as a step of their own, but not those that the action before it said."""
        if self._is_said_by_action:
            self.judged.append(FedStep(step))
        else:
            self._judge(step, step.text)

    def _feed(self, step: ActionStep | BotStep | SlotStep | LoopStep, event: Event) -> None:
        self.judged.append(FedStep(step))
        self._tracker = fold(self._tracker, [event])

    def _judge(self, step: ActionStep | BotStep | None, expected: str) -> None:
        prediction, pretence, is_unlikely = self._predict_for(expected)
        names = _names_of(prediction, self._tracker, self._script)
        is_right = expected in names
        predicted = expected if is_right else prediction.action
        self.judged.append(
            JudgedAction(
                step=step,
                expected=expected,
                predicted=predicted,
                policy=prediction.policy,
                confidence=prediction.confidence,
                is_right=is_right,
                pretence=pretence,
                is_unlikely=is_unlikely,
            )
        )
        action = prediction.action if is_right else expected
        hides = is_right and prediction.hide_rule_turn
        executed = ActionExecuted(action, prediction.policy, prediction.confidence, hide_rule_turn=hides)
        self._tracker = fold(self._tracker, [executed, *effect_of(action)])
        self._is_said_by_action = False

    def _predict_for(self, expected: str) -> tuple[Prediction, Pretence | None, bool]:
        """Predict, and predict again where only a run could tell whether the first action goes through."""
        prediction = self._predict(self._tracker, self._script)
        is_unlikely = ACTION_UNLIKELY_INTENT == prediction.action != expected
        if is_unlikely:
            found = ActionExecuted(prediction.action, prediction.policy, prediction.confidence)
            self._tracker = fold(self._tracker, [found])
            prediction = self._predict(self._tracker, self._script)
        pretence: Pretence | None = None
        if expected not in _names_of(prediction, self._tracker, self._script):
            if self._is_active_form(prediction.action):
                pretence = "the form rejected"
                self._tracker = fold(self._tracker, [ActionExecutionRejected(prediction.action)])
                prediction = self._predict(self._tracker, self._script)
            if prediction.otherwise is not None and prediction.action != expected:
                pretence = "the FAQ had no answer"
                prediction = _otherwise(prediction)
        return prediction, pretence, is_unlikely

    def _is_active_form(self, action: str) -> bool:
        return action == self._tracker.active_loop and action in self._script.domain.forms


def _otherwise(prediction: Prediction) -> Prediction:
    action = prediction.otherwise or prediction.action
    return Prediction(action, prediction.policy, prediction.confidence, prediction.hide_rule_turn)


def _judge_utterance(step: IntentStep, heard: ParsedUtterance | None) -> JudgedUtterance:
    if heard is None:
        return JudgedUtterance(step, None, (), step.intent, is_intent_right=True, are_entities_right=True)
    got = heard.intent.name
    if intent_base(got) == step.intent:  # the story does not say which of a retrieval intent's
        got = step.intent
    expected = heard.entities if step.intent == NO_INTENT else expected_entities(step, heard)
    return JudgedUtterance(
        step,
        heard,
        expected,
        got,
        is_intent_right=step.intent in {NO_INTENT, got},
        are_entities_right=_keys(expected, step) == _keys(heard.entities, step),
    )


def _keys(entities: tuple[EntitySpan, ...], step: IntentStep) -> frozenset[tuple[int, int, str, str]]:
    """Give what must be equal, as in Rasa: place, entity and value, how often and with which roles ever."""
    are_marked = all(entity.span is not None for entity in step.entities)
    return frozenset(
        (one.start if are_marked else 0, one.end if are_marked else 0, one.entity, one.value)
        for one in entities
    )


def _names_of(prediction: Prediction, tracker: Tracker, script: BotScript) -> frozenset[str]:
    """Name everything that a story may call a predicted action.

    A response for a retrieval intent goes by its base or its full name, any response by its text.
    """
    names = {prediction.action}
    if tracker.latest_message is not None:
        intent = tracker.latest_message.parsed.intent.name
        if prediction.action in {f"utter_{intent}", f"utter_{intent_base(intent)}"}:
            names |= {f"utter_{intent}", f"utter_{intent_base(intent)}"}
    names |= {variation.text for variation in script.domain.responses.get(prediction.action, ())}
    return frozenset(names - {""})
