"""From when on an utterance counts as not understood: what a bot's files say, and what its bundle learnt."""

from __future__ import annotations

from dataclasses import replace

from app.bot.bot import Bot
from nlu.calibration import Thresholds

FALLBACK_CLASSIFIER = "FallbackClassifier"
_RASA = Thresholds(min_confidence=0.3, min_margin=0.1)  # of that component, where nothing is said


def thresholds_of(bot: Bot, calibrated: Thresholds) -> Thresholds:
    """Give what the bot's FallbackClassifier says, and for a bot with comfort the calibrated rest.

    A plain Rasa folder is refused nothing but what that component refuses in Rasa; without it, nothing.
    Without any pipeline Rasa takes its default one, which has the component.
    """
    config = bot.config
    given = {"min_confidence": config.fallback_threshold, "min_margin": config.ambiguity_threshold}
    stated = {name: value for name, value in given.items() if value is not None}
    if bot.has_comfort:
        return replace(calibrated, **stated)
    if config.pipeline and all(component.name != FALLBACK_CLASSIFIER for component in config.pipeline):
        return Thresholds()
    return replace(_RASA, **stated)
