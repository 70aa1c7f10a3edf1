from pathlib import Path

import pytest

from app.bot.validation import validate_bot
from app.cli import main
from tests.fakes_bot import DOMAIN, RULES, STORIES, write_bot

_NLU = """\
nlu:
- intent: greet
  examples: |
    - hello
    - hi [Rome](town)
    - broken [x](y
- intent: inform
  examples: |
    - to [Rome]{"entity": "city", "role": "to"}
    - hello
- intent: order
  examples: |
    - two please
    - three please
"""


def _lines(folder: Path) -> list[str]:
    return [str(problem) for problem in validate_bot(folder, environment={})]


def test_mistakes_of_several_files_are_all_in_one_report(tmp_path: Path) -> None:
    domain = DOMAIN.replace("actions:\n", "acts: []\nactions:\n").replace("type: text", "type: txt", 1)
    form = "required_slots: [city]", "required_slots: [city, vegan, color]"
    domain = (
        domain.replace(*form).replace("entity: city", "entity: town").replace("type: from_intent", "typ: x")
    )
    circle = "- checkpoint: a\n      - intent: inform\n"
    stories = STORIES.replace("- intent: inform\n", circle, 1).rstrip() + "\n      - checkpoint: a\n"
    rules = RULES.replace("start: true", "start: yes").replace("action_deactivate_loop", "action_stop")
    write_bot(tmp_path, domain=domain, data__stories=stories, data__rules=rules, data__broken="rules: [\n")

    lines = _lines(tmp_path)

    places = {line.split(" ")[0] + line.split(" ")[1] for line in lines if ": error:" in line}
    assert {
        "data/broken.yml:2:error:",  # not YAML
        "data/rules.yml:4:error:",  # text for a flag
        "data/rules.yml:22:error:",  # unknown action
        "data/stories.yml:17:error:",  # circle of checkpoints
        "domain.yml:14:error:",  # unknown slot type
        "domain.yml:23:error:",  # form slot without mapping
        "domain.yml:26:error:",  # mapping without type
        "domain.yml:48:error:",  # form with an unknown slot
        "domain.yml:50:error:",  # unknown top-level key
    } <= places
    assert lines == sorted(lines, key=lambda line: (line.split(":")[0], int(line.split(":")[1])))


def test_nlu_examples_are_checked_against_the_domain(tmp_path: Path) -> None:
    lines = _lines(write_bot(tmp_path, data__nlu=_NLU))

    for expected in (
        "data/nlu.yml:4: warning: 'hello' is an example of 'greet' (data/nlu.yml:4), 'inform'"
        " (data/nlu.yml:10)",
        "data/nlu.yml:5: error: an example: the domain has no entity 'town'; it is never found",
        "data/nlu.yml:6: error: expected '[text](entity)', got '[x](y'; read as text",
        "data/nlu.yml:13: error: an example: the domain has no intent 'order'",
    ):
        assert expected in lines


def test_what_nothing_mentions_is_a_warning(tmp_path: Path) -> None:
    domain = DOMAIN.replace("actions:\n", "actions:\n  - action_idle\n  - action_coded\n")
    domain = domain.replace("  utter_ask_city:", "  utter_idle:\n    - text: x\n  utter_ask_city:")
    domain = domain.replace("slots:\n", "slots:\n  idle: {type: any, mappings: [{type: custom}]}\n")
    write_bot(tmp_path, domain=domain, data__nlu=_NLU)
    (tmp_path / "actions.py").write_text('NAME = "action_coded"\n')

    warnings = {line.split("warning: ")[1] for line in _lines(tmp_path) if ": warning: " in line}

    assert {
        "the intent 'stop' has no examples",
        "the intent 'faq' is in no story, rule or mapping",
        "the entity 'size' is in no example",
        "the slot 'idle' is never used",
        "the response 'utter_idle' is never said",
        "the response 'utter_faq/hours' is never said",
        "the action 'action_idle' is in no story or rule",
        "the response 'utter_greet': name: no slot; an action must give it",
    } <= warnings
    assert not any("action_coded" in warning or "utter_ask_city" in warning for warning in warnings)


def test_two_stories_of_one_name_are_a_warning(tmp_path: Path) -> None:
    more = STORIES.replace("- intent: inform\n", "- or: [{intent: stop}, {intent: inform}]\n", 1)
    more = more.replace(
        "        entities:\n          - city: Rome\n            role: to\n          - size\n", ""
    )
    lines = _lines(write_bot(tmp_path, data__more=more))

    same = [line for line in lines if "has the name of the one in" in line]
    assert same == [
        "data/stories.yml:2: warning: the story 'Book' has the name of the one in data/more.yml:2"
    ]


def test_a_sound_bot_has_no_problems() -> None:
    assert _lines(Path("bots/retail")) == []


def test_the_command_prints_all_and_fails_on_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_bot(tmp_path, data__stories=STORIES.replace("inform", "infrm"))

    assert main(["validate", "--bot", str(tmp_path)]) == 1

    out = capsys.readouterr().out.splitlines()
    text = "the story 'Book': the domain has no intent 'infrm'; did you mean 'inform'?"
    assert f"data/stories.yml:4: error: {text}" in out
    assert out[-1].startswith("1 error, ")


def test_warnings_alone_are_no_failure(tmp_path: Path) -> None:
    assert main(["validate", "--bot", str(write_bot(tmp_path))]) == 0


def test_a_folder_without_a_domain_is_one_error(tmp_path: Path) -> None:
    assert _lines(tmp_path) == [
        f"{tmp_path}/domain.yml:1: error: there is no such file; a bot needs domain.yml or domain/"
    ]


def test_stories_that_go_apart_are_a_warning(tmp_path: Path) -> None:
    stories = """\
stories:
- {story: a, steps: [{intent: stop}, {action: utter_greet}]}
- {story: b, steps: [{intent: stop}, {action: action_book}]}
"""

    assert (
        "data/more.yml:3: warning: the story 'b' goes on with 'action_book', but the story 'a'"
        " (data/more.yml:2) goes on with 'utter_greet' after the same conversation; neither is remembered"
        " there: let a slot, an intent or an action tell them apart"
    ) in _lines(write_bot(tmp_path, data__more=stories))


def test_a_mapping_for_a_form_that_does_not_ask_for_the_slot_is_a_warning(tmp_path: Path) -> None:
    domain = DOMAIN.replace("required_slots: [city]", "required_slots: [vegan]")
    warning = (
        "domain.yml:16: warning: a mapping of the slot 'city' is for the form 'trip_form', which does not ask"
        " for it; expected it among 'required_slots'"
    )
    by_action = domain.replace("actions:\n", "actions:\n  - validate_trip_form\n")

    assert warning in _lines(write_bot(tmp_path / "a", domain=domain))
    assert warning not in _lines(write_bot(tmp_path / "b", domain=by_action))
    assert warning not in _lines(write_bot(tmp_path / "c"))
