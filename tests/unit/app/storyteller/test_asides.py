from app.storyteller.asides import find_asides
from tests.fakes_dialogue import does, loop, said, slot

ORDER, JOKE = (said("order"), does("utter_sure")), (said("joke"), does("utter_joke"))
YES, NO = (said("yes"), does("utter_done")), (said("no"), does("utter_stopped"))
OTHER_YES = (said("yes"), does("utter_glad"))


def _intents(*stories: tuple[object, ...]) -> list[str]:
    return [turn[0].intent for turn in find_asides(stories)]  # type: ignore[arg-type, union-attr]


def test_a_story_of_one_turn_is_an_aside() -> None:
    assert _intents(JOKE, (*ORDER, *YES)) == ["joke"]


def test_a_turn_between_a_question_and_its_answer_is_an_aside() -> None:
    assert _intents((*ORDER, *JOKE, *YES), (*ORDER, *YES), (*NO, *OTHER_YES)) == ["joke"]


def test_two_asides_in_a_row_are_both_found() -> None:
    rain = (said("rain"), does("utter_rain"))

    found = _intents((*ORDER, *JOKE, *rain, *YES), (*ORDER, *JOKE, *YES), (*ORDER, *YES), (*NO, *OTHER_YES))

    assert found == ["joke", "rain"]


def test_a_turn_that_always_stands_there_is_none() -> None:
    assert _intents((*ORDER, *JOKE, *YES), (*NO, *OTHER_YES)) == []


def test_what_is_answered_differently_is_none() -> None:
    sad = (said("joke"), does("utter_sad"))

    assert _intents(JOKE, (*ORDER, *sad, *YES), (*ORDER, *YES)) == []


def test_what_sets_a_slot_is_none() -> None:
    member = (said("member"), slot("vip", True), does("utter_free"))

    assert _intents(member, (*ORDER, *YES)) == []


def test_a_question_that_something_answers_is_none_though_it_is_a_story_of_its_own() -> None:
    assert _intents(ORDER, (*ORDER, *YES), (*ORDER, *YES, *JOKE), (*NO, *OTHER_YES)) == []


def test_what_a_form_says_after_an_aside_does_not_count() -> None:
    in_form = (said("size"), does("size_form"), loop("size_form"), *JOKE, does("size_form"), loop(None))

    assert _intents(in_form, JOKE) == ["joke"]
