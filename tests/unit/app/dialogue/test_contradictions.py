import pytest

from app.dialogue.contradictions import Contradiction, find_contradictions
from app.dialogue.stories import ActionStep, IntentStep, Rule, Story
from tests.fakes_dialogue import RULES, does, loop, make_domain, rule, said, slot, story

DOMAIN = make_domain()
BYE = rule("bye", said("goodbye"), does("utter_goodbye"), source="rules.yml:3")


def found(rules: list[Rule], *stories: Story, restrict_rules: bool = True) -> list[tuple[str, str]]:
    problems = find_contradictions(rules, stories, DOMAIN, restrict_rules=restrict_rules)
    return [(problem.kind, problem.source) for problem in problems]


def test_a_story_that_contradicts_a_rule_is_named_with_both_places() -> None:
    other = story("other", said("goodbye"), ActionStep("utter_greet", "stories.yml:9"))

    assert find_contradictions([BYE], [other], DOMAIN) == [
        Contradiction(
            "story against rule",
            "stories.yml:9",
            "the story 'other' goes on with 'utter_greet', but the rule 'bye' (rules.yml:3) goes on with"
            " 'utter_goodbye' there; change one of them, or add a condition to the rule",
        )
    ]


def test_a_story_that_goes_on_where_a_rule_listens_contradicts_it() -> None:
    longer = story("longer", said("goodbye"), does("utter_goodbye"), does("utter_greet"))

    assert found([BYE], longer) == [("story against rule", "")]


def test_a_story_that_agrees_with_a_rule_is_no_contradiction() -> None:
    agreeing = story("agreeing", said("goodbye"), does("utter_goodbye"), said("greet"), does("utter_greet"))

    assert found([BYE], agreeing) == []


def test_two_rules_that_fit_equally_well_contradict_each_other() -> None:
    other = rule("other", said("goodbye"), does("utter_greet"), source="rules.yml:7")

    assert ("rule against rule", "rules.yml:7") in found([BYE, other])


@pytest.mark.parametrize(
    "condition", [slot("order_number", "x"), loop("return_form")], ids=["slot", "active loop"]
)
def test_a_rule_with_a_condition_does_not_contradict_one_without(condition: object) -> None:
    other = rule("other", said("goodbye"), does("utter_greet"), conditions=(condition,))

    assert found([BYE, other]) == []


def test_a_rule_that_leaves_out_a_slot_is_incomplete() -> None:
    full = rule("full", said("goodbye"), does("action_track"), slot("confirmed", True), does("utter_greet"))
    lacking = rule("lacking", said("greet"), ActionStep("action_track", "rules.yml:5"))

    problems = find_contradictions([full, lacking], (), DOMAIN)

    assert str(problems[0]) == (
        "rules.yml:5: the rule 'lacking' does not say of 'action_track' what other rules say of it:"
        " confirmed; add it after the action, or 'wait_for_user_input: false' if the rule ends there"
    )


def test_a_rule_that_leaves_out_the_form_is_incomplete() -> None:
    start = rule("start", said("return_item"), does("return_form"), loop("return_form"))
    lacking = rule("lacking", said("greet"), does("return_form"), source="rules.yml:8")

    assert ("incomplete rule", "rules.yml:8") in found([start, lacking])


def test_a_rule_that_ends_without_waiting_leaves_the_rest_to_another() -> None:
    full = rule("full", said("goodbye"), does("action_track"), slot("confirmed", True), does("utter_greet"))
    open_end = rule("open", said("greet"), does("action_track"), wait_for_user_input=False)

    assert found([full, open_end]) == []


def test_a_rule_of_several_turns_is_named_unless_that_is_allowed() -> None:
    steps = (said("goodbye"), does("utter_goodbye"), IntentStep("greet", source="rules.yml:6"))
    long = rule("long", *steps, does("utter_greet"))

    assert found([long]) == [("rule of several turns", "rules.yml:6")]
    assert found([long], restrict_rules=False) == []


def test_forms_with_their_happy_path_and_interruptions_are_no_contradiction() -> None:
    back = rule(
        "back",
        said("ask_help"),
        does("utter_stopped"),
        does("return_form"),
        conditions=(loop("return_form"),),
    )
    told = story(
        "told",
        said("return_item"),
        does("return_form"),
        loop("return_form"),
        said("goodbye"),
        does("utter_goodbye"),
        does("return_form"),
        loop(None),
        slot("requested_slot", None),
        does("utter_returned"),
    )

    assert found([*RULES, BYE, back], told) == []
