from app.dialogue.stories import ActionStep
from app.dialogue.story_conflicts import find_story_conflicts
from tests.fakes_dialogue import does, make_domain, said, slot, story

DOMAIN = make_domain()
ONE = story(
    "one", said("greet"), does("utter_greet"), said("goodbye"), ActionStep("utter_goodbye", "s.yml:5")
)


def test_stories_that_go_apart_after_the_same_conversation_are_named_with_both_places() -> None:
    other = story(
        "other", said("greet"), does("utter_greet"), said("goodbye"), ActionStep("utter_greet", "s.yml:9")
    )

    (conflict,) = find_story_conflicts([ONE, other], DOMAIN)

    assert str(conflict) == (
        "s.yml:9: the story 'other' goes on with 'utter_greet', but the story 'one' goes on with"
        " 'utter_goodbye' after the same conversation; neither is remembered there: let a slot, an intent or"
        " an action tell them apart"
    )


def test_a_story_that_goes_on_where_another_ends_is_named() -> None:
    longer = story("longer", said("greet"), does("utter_greet"), ActionStep("utter_goodbye", "s.yml:7"))

    assert [conflict.source for conflict in find_story_conflicts([ONE, longer], DOMAIN)] == ["s.yml:7"]


def test_what_a_slot_tells_apart_is_no_conflict() -> None:
    asked = (said("track_order"), does("action_track"))
    yes = story("yes", *asked, slot("confirmed", True), does("utter_greet"))
    no = story("no", *asked, slot("confirmed", False), does("utter_goodbye"))

    assert find_story_conflicts([yes, no], DOMAIN) == []


def test_stories_that_agree_as_far_as_both_go_are_no_conflict() -> None:
    assert (
        find_story_conflicts([ONE, ONE, story("other", said("goodbye"), does("utter_goodbye"))], DOMAIN) == []
    )
