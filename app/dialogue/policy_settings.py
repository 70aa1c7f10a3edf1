"""How a bot's next action is chosen, as its ``config.yml`` and ``spandesk.yml`` say it."""

from __future__ import annotations

from dataclasses import dataclass

from app.dialogue.action_names import ACTION_DEFAULT_FALLBACK

RULE_POLICY = "RulePolicy"
MEMOIZATION_POLICY = "MemoizationPolicy"
AUGMENTED_MEMOIZATION_POLICY = "AugmentedMemoizationPolicy"
LEARNED_POLICY = "TEDPolicy"  # the names of Rasa's, in whose place ours stand
UNEXPECTED_POLICY = "UnexpecTEDIntentPolicy"


@dataclass(frozen=True, slots=True)
class UnexpectedTurns:
    """How turns that no story makes likely are found; the defaults are Rasa's.

    Attributes:
        tolerance: the part of the places where an intent does not come at which it is taken for likely.
        ignored_intents: are never unlikely.
        max_history: states of a conversation that count; None: as many as fit.
    """

    tolerance: float = 0.0
    ignored_intents: frozenset[str] = frozenset()
    max_history: int | None = None


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """Rasa's defaults hold for what is not given.

    Attributes:
        policies: names of the policies that predict, as in ``config.yml``; empty: all.
        core_fallback_threshold: from this confidence on a policy is believed; else the fallback comes.
        core_fallback_action: what the bot does then.
        max_history: so many turns of a story must agree; None: all of the story so far.
        predicts_fallback: whether there is such a fallback at all.
        hides_rule_turns: whether stories do not see what only rules know; off where nothing compares them.
        has_comfort: whether the bot looks the FAQ up, asks back in two stages and comes back to its form
            where Rasa would run `core_fallback_action`, and has words of its own where Rasa is silent.
        unexpected: how ``action_unlikely_intent`` is predicted; None: not at all.
    """

    policies: frozenset[str] = frozenset()
    core_fallback_threshold: float = 0.3
    core_fallback_action: str = ACTION_DEFAULT_FALLBACK
    predicts_fallback: bool = True
    max_history: int | None = 5
    hides_rule_turns: bool = True
    has_comfort: bool = False
    unexpected: UnexpectedTurns | None = None

    def has_policy(self, *names: str) -> bool:
        """Say whether one of these policies predicts."""
        return not self.policies or not self.policies.isdisjoint(names)
