"""What Rasa only warns of does not stop a bot here either; it is in the bot's warnings, with its place."""

from pathlib import Path

import pytest

from app.bot.loader import load_bot
from app.dialogue.domain import Form
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
            "data/more.yml:3: the response 'utter_ask_city' is already defined otherwise in domain.yml:42,"
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


def test_a_circle_of_checkpoints_is_gone_through_once(tmp_path: Path) -> None:
    stories = """\
stories:
- story: Ask
  steps: [{intent: greet}, {checkpoint: asked}]
- story: Again
  steps: [{checkpoint: asked}, {intent: stop}, {action: utter_greet}, {checkpoint: asked}]
"""
    bot = load_bot(write_bot(tmp_path, data__stories=stories))

    assert [story.name for story in bot.stories] == ["Ask > Again"]
    assert bot.warnings == (
        "data/stories.yml:5: the checkpoint 'asked' leads back to itself; the circle is gone through once",
    )


def test_loading_stops_with_the_first_mistake_and_the_number_of_the_others(tmp_path: Path) -> None:
    rules = RULES.replace("start: true", "start: yes")
    write_bot(tmp_path, domain=DOMAIN.replace("type: text", "type: txt", 1), data__rules=rules)

    with pytest.raises(SourceError, match=r"got 'txt' \(and 1 more: 'spandesk validate' lists them all\)"):
        load_bot(tmp_path)
