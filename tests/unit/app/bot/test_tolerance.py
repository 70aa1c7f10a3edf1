"""What Rasa only warns of does not stop a bot here either; it is in the bot's warnings, with its place."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.bot.loader import load_bot
from app.dialogue.domain import Form
from app.dialogue.stories import IntentStep, SlotStep, Step, StepEntity
from nlu.data.yaml_source import SourceError
from tests.fakes_bot import DOMAIN, RULES, STORIES, write_bot


@pytest.mark.parametrize(
    ("right", "wrong", "warning"),
    [
        ("actions:\n", "x-common: {a: 1}\nactions:\n", "domain.yml:50: the domain: unknown key 'x-common'"),
        ("type: bool", "type: shop.Mood", "domain.yml:23: the slot 'vegan': expected the type"),
        (
            "entity: city",
            "entity: town",
            "domain.yml:16: a mapping of the slot 'city': the domain has no entity",
        ),
        ("intent: greet\n", "intent: gret\n", "the domain has no intent 'gret'; did you mean 'greet'?"),
        ("name: vegan", "name: vegn", "the response 'utter_greet': the domain has no slot 'vegn'"),
        ("type: slot", "type: mood", "expected 'type: slot', got the text 'mood'"),
        ("required_slots: [city]", "required_slots: [town]", "the form 'trip_form': the domain has no slot"),
        ("image: /map.png", "elements: [{a: 1}]", "a variation of 'utter_ask_city': 'elements' is not used"),
        (
            "image: /map.png",
            "custom: [1]",
            "expected a mapping, got a list of 1; sent under the key 'custom'",
        ),
    ],
)
def test_a_doubt_about_the_domain_is_a_warning(tmp_path: Path, right: str, wrong: str, warning: str) -> None:
    assert right in DOMAIN

    bot = load_bot(write_bot(tmp_path, domain=DOMAIN.replace(right, wrong, 1)))

    assert [line for line in bot.warnings if warning in line]


@pytest.mark.parametrize(
    ("files", "warning"),
    [
        (
            {
                "data__more": "stories:\n- story: Odd\n  steps:\n  - intent: greet\n"
                "  - action: action_unlikely_intent\n"
            },
            "data/more.yml:5: the story 'Odd': no story ever sees action_unlikely_intent;"
            " expected it in rules only",
        ),
        (
            {"data__rules": RULES.replace("intent: greet\n      - action", "intent: hi\n      - action")},
            "data/rules.yml:13: the rule 'Greet': the domain has no intent 'hi'",
        ),
        (
            {"data__rules": RULES.replace("vegan", "vegetarian")},
            "data/rules.yml:9: the rule 'Greet': the domain has no slot 'vegetarian'; did you mean 'vegan'?",
        ),
        (
            {"data__stories": STORIES.replace("action_book", "action_bok")},
            "data/stories.yml:15: the story 'Book': the domain has no action 'action_bok'; did you mean"
            " 'action_book'?",
        ),
        (
            {
                "data__stories": STORIES.replace(
                    "- city: Rome\n          - req", "- town: Rome\n          - req"
                )
            },
            "data/stories.yml:12: the story 'Book': the domain has no slot 'town'",
        ),
        (
            {"data__more": "responses:\n  utter_ask_city:\n  - text: Which town?\n"},
            "domain.yml:42: the response 'utter_ask_city' is already defined otherwise in data/more.yml:3,"
            " which counts",
        ),
        (
            {"endpoints": "nlg: {url: http://x}\n"},
            "endpoints.yml:1: nlg: a response server is not supported; the responses of the domain are said"
            " instead",
        ),
        (
            {"config": "importers:\n- name: my.Importer\n"},
            "config.yml:2: the importer 'my.Importer' is not used; only the files of the bot's folder are"
            " read",
        ),
    ],
)
def test_a_doubt_about_other_files_is_a_warning(tmp_path: Path, files: dict[str, str], warning: str) -> None:
    assert warning in load_bot(write_bot(tmp_path, **files)).warnings


def test_buttons_may_have_other_keys_and_lack_one(tmp_path: Path) -> None:
    said = """\
responses:
  utter_links:
  - buttons:
    - {title: Shop, url: "https://shop.example", type: web_url}
    - {payload: /greet}
    - {url: "https://shop.example"}
"""
    bot = load_bot(write_bot(tmp_path, data__said=said))

    assert bot.domain.responses["utter_links"][0].buttons == (("Shop", "Shop"), ("/greet", "/greet"))
    what = "a button of a variation of 'utter_links'"
    assert bot.warnings == (
        f"data/said.yml:4: {what}: not used: 'url'",
        f"data/said.yml:4: {what}: expected the key 'payload'; the button says its title",
        f"data/said.yml:6: {what}: not used: 'url'",
        f"data/said.yml:6: {what}: expected the key 'title', got a mapping with 'url'; left out",
    )


@pytest.mark.parametrize("forms", ["[trip_form]", "{trip_form: null}", "[{trip_form: null}]"])
def test_a_form_may_only_be_named(tmp_path: Path, forms: str) -> None:
    form = "forms:\n  trip_form:\n    required_slots: [city]\n    ignored_intents: stop\n"
    assert form in DOMAIN

    bot = load_bot(write_bot(tmp_path, domain=DOMAIN.replace(form, f"forms: {forms}\n")))

    assert bot.domain.forms == {"trip_form": Form("trip_form", ())}
    assert bot.warnings == (
        "domain.yml:46: the form 'trip_form' names no slots; a custom action must name them",
    )


@pytest.mark.parametrize("written", ["{}", "{ignored_intents: stop}"])
def test_a_form_without_required_slots_asks_for_nothing(tmp_path: Path, written: str) -> None:
    bot = load_bot(write_bot(tmp_path, data__more=f"forms:\n  other_form: {written}\n"))

    assert bot.domain.forms["other_form"].required_slots == ()
    assert "expected the key 'required_slots'; it asks for nothing" in bot.warnings[0]


@pytest.mark.parametrize(
    "form",
    ["required_slots:\n      city:\n      - type: from_text", "city:\n    - type: from_text"],
)
def test_a_form_of_rasa_2_is_one_warning(tmp_path: Path, form: str) -> None:
    bot = load_bot(write_bot(tmp_path, data__more=f'version: "2.0"\nforms:\n  old_form:\n    {form}\n'))

    assert bot.domain.forms["old_form"].required_slots == ("city",)
    (warning,) = bot.warnings
    assert "the form 'old_form': slot mappings under a form are Rasa 2's layout" in warning


def test_the_importer_of_files_is_what_we_do(tmp_path: Path) -> None:
    importers = "importers:\n- name: RasaFileImporter\n- rasa.shared.importers.rasa.RasaFileImporter\n"

    assert load_bot(write_bot(tmp_path, config=importers)).warnings == ()


@pytest.mark.parametrize("version", ["2", "2.0", "3.0", "3.1", "3.1.0"])
def test_every_version_of_the_format_is_read(tmp_path: Path, version: str) -> None:
    write_bot(tmp_path, domain=DOMAIN.replace('"3.1"', f'"{version}"'))

    assert load_bot(tmp_path).warnings == ()


def test_a_circle_of_checkpoints_is_gone_round_and_named(tmp_path: Path) -> None:
    stories = """\
stories:
- story: Ask
  steps: [{intent: greet}, {checkpoint: asked}]
- story: Again
  steps: [{checkpoint: asked}, {intent: stop}, {action: utter_greet}, {checkpoint: asked}]
- story: Enough
  steps: [{checkpoint: asked}, {intent: faq}, {action: utter_faq}]
"""
    bot = load_bot(write_bot(tmp_path, data__stories=stories))

    assert [story.name for story in bot.stories] == ["Ask > Enough", *["Ask > Again > Enough"] * 3]
    assert bot.warnings == (
        "data/stories.yml:5: the checkpoint 'asked' leads back to itself; the circle is gone round at most 3"
        " times",
    )


_SHORT = "  - story: Short\n    steps: [{intent: greet}, {action: utter_greet}]\n"


@pytest.mark.parametrize(
    ("item", "warning"),
    [
        ("  - story: x\n", "a.yml:4: the story 'x' has no steps; left out"),
        ("  - story: x\n    steps:\n", "a.yml:4: the story 'x' has no steps; left out"),
        ("  - story: x\n    steps: []\n", "a.yml:4: the story 'x' has no steps; left out"),
        (
            "  - steps: [{intent: greet}]\n",
            "a.yml:4: a story: expected the key 'story' with its name, got a mapping with 'steps'; left out",
        ),
    ],
)
def test_a_story_without_name_or_steps_is_named_and_left_out(tmp_path: Path, item: str, warning: str) -> None:
    bot = load_bot(write_bot(tmp_path, data__stories="", data__a=f"stories:\n{_SHORT}{item}"))

    assert f"data/{warning}" in bot.warnings
    assert [story.name for story in bot.stories] == ["Short"]


def test_a_story_with_an_empty_name_and_a_rule_without_steps(tmp_path: Path) -> None:
    data = "stories:\n  - story:\n    steps: [{intent: greet}, {action: utter_greet}]\nrules:\n- rule: r\n"
    bot = load_bot(write_bot(tmp_path, data__rules="", data__stories="", data__a=data))

    assert {
        "data/a.yml:2: a story without a name",
        "data/a.yml:5: the rule 'r' has no steps; left out",
    } <= set(bot.warnings)
    assert ([story.name for story in bot.stories], bot.rules) == ([""], ())


@pytest.mark.parametrize(
    ("written", "read", "warning"),
    [
        ("{intent: /greet}", (IntentStep("greet"),), "the intent '/greet' needs no '/'; read without it"),
        ("{intent: }", (IntentStep(""),), "expected the name of an intent after 'intent:', got nothing"),
        ("{action: }", (), "expected the name of an action after 'action:'; left out"),
        ("{or: []}", (), "or: expected at least one intent or slot_was_set; left out"),
        ("{user: 'in [Rome](city', intent: inform}", (IntentStep("inform"),), None),
    ],
    ids=["slash", "no intent", "no action", "no alternatives", "half of markup"],
)
def test_a_step_that_rasa_reads_with_a_warning(
    tmp_path: Path, written: str, read: tuple[Step, ...], warning: str | None
) -> None:
    stories = f"stories:\n- story: a\n  steps:\n  - {written}\n  - action: utter_greet\n"
    bot = load_bot(write_bot(tmp_path, data__stories=stories))

    (story,) = bot.stories
    assert [replace(step, source="", **_NO_WORDS.get(type(step), {})) for step in story.steps[:-1]] == list(
        read
    )
    assert warning is None or [line for line in bot.warnings if line.endswith(warning) and ":4: " in line]


_NO_WORDS: dict[type, dict[str, None]] = {IntentStep: {"text": None}}


@pytest.mark.parametrize(
    ("slot", "step"),
    [
        ("city", SlotStep("city", is_any=True)),
        ("vegan", SlotStep("vegan", None)),
        ("unknown", SlotStep("unknown", is_any=True)),
    ],
)
def test_a_slot_without_a_value_is_set_if_it_is_a_text_and_else_not(
    tmp_path: Path, slot: str, step: SlotStep
) -> None:
    data = f"""\
stories:
- story: a
  steps: [{{intent: greet}}, {{slot_was_set: [{slot}]}}, {{action: utter_greet}}]
rules:
- rule: b
  condition: [{{slot_was_set: [{slot}]}}]
  steps: [{{intent: stop}}, {{action: utter_greet}}]
"""
    bot = load_bot(write_bot(tmp_path, data__rules="", data__stories=data))

    (story,), (rule,) = bot.stories, bot.rules
    assert replace(story.steps[1], source="") == step
    assert replace(rule.conditions[0], source="") == step
    named = [
        line for line in bot.warnings if "expected its value; without one it is taken as not set" in line
    ]
    assert len(named) == (2 if slot == "vegan" else 0)


def test_words_beside_an_intent_say_the_entities_by_their_markup_alone(tmp_path: Path) -> None:
    data = """\
stories:
- story: a
  steps:
  - intent: inform
    user: to [Rome](city)
    entities: [{city: rome}, size]
  - action: utter_greet
  - intent: inform
    user: '/inform{"city": "Oslo", "size": 3}'
  - action: utter_greet
"""
    bot = load_bot(write_bot(tmp_path, data__stories=data))

    steps = [step for step in bot.stories[0].steps if isinstance(step, IntentStep)]
    assert [step.entities for step in steps] == [
        (StepEntity("city", "Rome"),),
        (StepEntity("city", "Oslo"), StepEntity("size", "3")),
    ]


def test_words_in_a_rule_stand_for_the_intent_that_has_them(tmp_path: Path) -> None:
    data = """\
rules:
- rule: a
  steps: [{user: good day}, {action: utter_greet}]
nlu:
- intent: greet
  examples: |
    - Good day
"""
    bot = load_bot(write_bot(tmp_path, data__rules=data))

    assert isinstance(step := bot.rules[0].steps[0], IntentStep)
    assert step.intent == "greet"


def test_a_test_file_among_the_data_is_learnt_too_and_named(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path, data__test_more=f"stories:\n{_SHORT}"))

    assert [story.name for story in bot.stories] == ["Book", "Short"]
    assert bot.warnings[0].startswith(
        "data/test_more.yml:1: its stories are learnt as well as tested, as in Rasa"
    )


def test_loading_stops_with_the_first_mistake_and_the_number_of_the_others(tmp_path: Path) -> None:
    rules = RULES.replace("start: true", "start: yes")
    write_bot(tmp_path, domain=DOMAIN.replace("type: text", "type: txt", 1), data__rules=rules)

    with pytest.raises(SourceError, match=r"got 'txt' \(and 1 more: 'spandesk validate' lists them all\)"):
        load_bot(tmp_path)
