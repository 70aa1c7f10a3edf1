"""A tiny bot with stories, and settings with which a model learns them in a second."""

from __future__ import annotations

from dataclasses import replace

from app.dialogue.domain import Domain, Form, IntentDefinition, ResponseVariation, SlotDefinition
from app.dialogue.stories import Story
from app.storyteller.settings import StorySettings
from tests.fakes_dialogue import does, said, slot, story

TINY = StorySettings(hidden=16, num_heads=2, augmentation=4, num_steps=60, batch_size=8, learning_rate=0.02)
UNTRAINED = replace(TINY, num_steps=1, augmentation=1)

DOMAIN = Domain(
    intents={name: IntentDefinition(name) for name in ("order", "yes", "no", "joke", "member")},
    entities=("dish",),
    slots={
        "vip": SlotDefinition("vip", "bool"),
        "size": SlotDefinition("size", "categorical", values=("small", "large")),
        "notes": SlotDefinition("notes", "text"),
    },
    responses={
        name: (ResponseVariation(name),)
        for name in ("utter_sure", "utter_done", "utter_stopped", "utter_joke", "utter_free", "utter_price")
    },
    actions=(),
    forms={"size_form": Form("size_form", ("size",))},
)

STORIES: tuple[Story, ...] = (
    story("buys", said("order"), does("utter_sure"), said("yes"), does("utter_done")),
    story("stops", said("order"), does("utter_sure"), said("no"), does("utter_stopped")),
    story("vip", said("member"), slot("vip", True), does("utter_free")),
    story("guest", said("member"), slot("vip", False), does("utter_price")),
    story("laughs", said("joke"), does("utter_joke")),
)
