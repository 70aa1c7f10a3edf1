from pathlib import Path

import pytest

from app.bot.loader import load_bot
from app.dialogue.domain import (
    Form,
    IntentDefinition,
    MappingCondition,
    ResponseCondition,
    ResponseVariation,
    SessionConfig,
    SlotDefinition,
    SlotMapping,
)
from app.dialogue.stories import ActionStep, IntentStep, LoopStep, Rule, SlotStep, StepEntity, Story
from nlu.data.yaml_source import SourceError
from tests.fakes_bot import DOMAIN, write_bot


def test_load_bot_reads_the_domain(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path / "shop"))

    domain = bot.domain
    assert bot.name == "shop"
    assert domain.intents == {
        "greet": IntentDefinition("greet"),
        "inform": IntentDefinition("inform", used_entities=("city",)),
        "stop": IntentDefinition("stop"),
        "faq": IntentDefinition("faq", is_retrieval=True),
    }
    assert domain.entities == ("city", "size")
    assert bot.entity_roles == {"city": ("from", "to"), "size": ()}
    assert domain.slots == {
        "city": SlotDefinition(
            "city",
            "text",
            (
                SlotMapping(
                    "from_entity",
                    entity="city",
                    role="to",
                    conditions=(MappingCondition("trip_form", "city"),),
                ),
            ),
        ),
        "vegan": SlotDefinition(
            "vegan",
            "bool",
            (SlotMapping("from_intent", intents=("greet",), value=True),),
            initial_value=False,
        ),
    }
    assert domain.forms == {"trip_form": Form("trip_form", ("city",), ("stop",))}
    assert domain.actions == ("action_book",)
    assert domain.session == SessionConfig(30.0, carry_over_slots=False)


def test_load_bot_reads_responses(tmp_path: Path) -> None:
    responses = load_bot(write_bot(tmp_path)).domain.responses

    assert responses["utter_greet"] == (
        ResponseVariation("Hello {name}", buttons=(("Go", '/inform{"city":"Rome"}'),)),
        ResponseVariation("Hi", channel="rest", conditions=(ResponseCondition("vegan", True),)),
    )
    assert responses["utter_ask_city"] == (ResponseVariation("Where to?", image="/map.png"),)


def test_load_bot_reads_rules_and_takes_or_apart(tmp_path: Path) -> None:
    rules = load_bot(write_bot(tmp_path)).rules

    assert rules[0] == Rule(
        "Greet",
        (
            IntentStep("greet", source="data/rules.yml:13"),
            ActionStep("utter_greet", "data/rules.yml:14"),
        ),
        conditions=(
            LoopStep(None, "data/rules.yml:7"),
            SlotStep("vegan", True, source="data/rules.yml:9"),
            SlotStep("city", is_any=True, source="data/rules.yml:10"),
        ),
        conversation_start=True,
        wait_for_user_input=False,
        source="data/rules.yml:3",
    )
    assert [rule.steps[0] for rule in rules[1:]] == [
        IntentStep("stop", source="data/rules.yml:20"),
        IntentStep("greet", source="data/rules.yml:21"),
    ]


def test_load_bot_reads_stories(tmp_path: Path) -> None:
    (story,) = load_bot(write_bot(tmp_path)).stories

    assert story == Story(
        "Book",
        (
            IntentStep(
                "inform", (StepEntity("city", "Rome", "to"), StepEntity("size")), source="data/stories.yml:4"
            ),
            ActionStep("trip_form", "data/stories.yml:9"),
            LoopStep("trip_form", "data/stories.yml:10"),
            SlotStep("city", "Rome", source="data/stories.yml:12"),
            SlotStep("requested_slot", None, source="data/stories.yml:13"),
            LoopStep(None, "data/stories.yml:14"),
            ActionStep("action_book", "data/stories.yml:15"),
        ),
        "data/stories.yml:2",
    )


def test_load_bot_merges_a_domain_folder_and_domain_sections_of_data_files(tmp_path: Path) -> None:
    head, responses = DOMAIN.split("responses:")
    responses, tail = responses.split("forms:")
    write_bot(tmp_path, domain__head=head, domain__tail=f"intents: [greet]\nforms:{tail}")
    (tmp_path / "data" / "said.yml").write_text(f"nlu: []\nresponses:{responses}")
    (tmp_path / "domain.yml").unlink()

    bot = load_bot(tmp_path)

    assert bot.domain == load_bot(write_bot(tmp_path / "whole")).domain
    assert bot.nlu_paths == (tmp_path / "data" / "said.yml",)


def test_load_bot_does_not_read_nlu_examples(tmp_path: Path) -> None:
    write_bot(tmp_path, data__nlu='version: "3.1"\nnlu:\n- intent: [broken\n')

    assert load_bot(tmp_path).nlu_paths == (tmp_path / "data" / "nlu.yml",)


def test_an_entity_that_influences_nothing_is_ignored_where_an_intent_does_not_say_what_it_ignores(
    tmp_path: Path,
) -> None:
    silent = "entities:\n- colour: {influence_conversation: false}\n- shape\n"
    intents = "intents:\n- plain\n- listed:\n    use_entities: [shape]\n- own:\n    ignore_entities: [city]\n"
    write_bot(tmp_path, data__more=silent + intents)

    found = load_bot(tmp_path).domain.intents

    assert found["plain"].ignored_entities == found["listed"].ignored_entities == ("colour",)
    assert found["listed"].used_entities == ("shape",)
    assert found["own"].ignored_entities == ("city",)
    assert "colour" not in (found["own"].used_entities or ())
    assert "shape" in (found["own"].used_entities or ())


def test_load_bot_reads_slot_types_as_rasas_migration_writes_them(tmp_path: Path) -> None:
    slots = "slots:\n  a: {type: rasa.shared.core.slots.AnySlot}\n  b: {type: rasa.core.slots.FloatSlot}\n"
    write_bot(tmp_path, data__slots=slots)

    domain = load_bot(tmp_path).domain

    assert (domain.slots["a"].type, domain.slots["a"].influence_conversation) == ("any", False)
    assert (domain.slots["b"].type, domain.slots["b"].influence_conversation) == ("float", True)


@pytest.mark.parametrize("nesting", ["    required_slots:\n      town:\n", "    town:\n"])
def test_load_bot_reads_forms_of_rasa_2_with_mappings_under_them(tmp_path: Path, nesting: str) -> None:
    form = f"""\
version: "2.0"
intents: [yes]
entities: [town, colour]
slots:
  town: {{type: text}}
  colour: {{type: text}}
  shape: {{type: text, auto_fill: false}}
forms:
  old_form:
{nesting}      - {{type: from_entity, entity: town}}
      - {{type: from_intent, intent: "yes", value: here}}
"""
    write_bot(tmp_path, domain=form, data__rules="rules: []", data__stories="")

    domain = load_bot(tmp_path).domain

    assert domain.forms["old_form"].required_slots == ("town",)
    assert domain.slots["town"].mappings == (
        SlotMapping("from_entity", entity="town", conditions=(MappingCondition("old_form"),)),
        SlotMapping(
            "from_intent",
            intents=("yes",),
            value="here",
            conditions=(MappingCondition("old_form", "town"),),
        ),
    )
    assert domain.slots["colour"].mappings == (SlotMapping("from_entity", entity="colour"),)
    assert domain.slots["shape"].mappings == ()


def test_load_bot_reads_everything_a_response_may_have(tmp_path: Path) -> None:
    said = """\
responses:
  utter_rich:
    - custom: {json: {a: 1}}
      attachment: {type: video, payload: {src: /v}}
      quick_replies:
        - {title: Yes, payload: /greet, type: postback}
      metadata: {tone: warm}
"""
    bot = load_bot(write_bot(tmp_path, data__said=said))

    (variation,) = bot.domain.responses["utter_rich"]
    assert variation.custom == {
        "json": {"a": 1},
        "attachment": {"type": "video", "payload": {"src": "/v"}},
    }
    assert variation.buttons == (("Yes", "/greet"),)
    assert bot.warnings == ("data/said.yml:3: a variation of 'utter_rich': 'metadata' is not used",)


def test_load_bot_titles_every_intent_of_a_plain_rasa_bot(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path))

    assert bot.intent_titles["greet"] == "Greet"
    assert (bot.welcome, bot.faq_path, bot.actions_path) == (None, None, None)


def test_load_bot_reads_spandesk_yml(tmp_path: Path) -> None:
    settings = "name: Ada\nwelcome: utter_greet\nfaq: {folder: help}\nintent_titles: {greet: Say hello}\n"
    write_bot(tmp_path, spandesk=settings, help__a="faq: []")
    (tmp_path / "actions").mkdir()

    bot = load_bot(tmp_path)

    assert (bot.name, bot.welcome, bot.intent_titles) == ("Ada", "utter_greet", {"greet": "Say hello"})
    assert (bot.faq_path, bot.actions_path) == (tmp_path / "help", tmp_path / "actions")


def _add_greeting(folder: Path) -> None:
    (folder / "domain.yml").write_text(DOMAIN.replace("text: Hi\n", "text: Hey\n"))


def _add_action(folder: Path) -> None:
    (folder / "actions").mkdir()
    (folder / "actions" / "one.py").write_text("x = 1\n")


def _add_example(folder: Path) -> None:
    (folder / "data" / "nlu.yml").write_text("nlu: []\n")


def _add_training(folder: Path) -> None:
    (folder / "training.toml").write_text("seed = 2\n")


@pytest.mark.parametrize("change", [_add_greeting, _add_action, _add_example, _add_training])
def test_digest_changes_with_what_decides_behaviour(tmp_path: Path, change: object) -> None:
    folder = write_bot(tmp_path)
    before = load_bot(folder).digest

    change(folder)  # type: ignore[operator]

    assert load_bot(folder).digest != before


def test_digest_does_not_depend_on_place_tests_or_faq(tmp_path: Path) -> None:
    one = write_bot(tmp_path / "one")
    other = write_bot(tmp_path / "other", tests__test_stories="stories: []", faq__a="faq: []")

    assert load_bot(one).digest == load_bot(other).digest


def test_load_bot_needs_a_domain(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"domain\.yml:1: there is no such file; a bot needs domain"):
        load_bot(tmp_path)
