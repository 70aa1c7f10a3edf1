from app.dialogue.states import Moment, TurnState
from app.dialogue.stories import Story
from app.dialogue.story_book import StoryBook, StoryMoment

GREETED, ASKED = TurnState("utter_greet", "greet"), TurnState("action_listen", "affirm")
DETAILED = TurnState("action_listen", "affirm", frozenset({"a", "b", "c"}), "", {"s": (1.0,), "t": (1.0,)})


def moment(name: str, *states: TurnState) -> StoryMoment:
    return StoryMoment(Story(name, ()), Moment(states, "utter_x"))


def test_a_longer_agreement_goes_before_a_more_specific_one() -> None:
    book = StoryBook((moment("detailed", DETAILED), moment("longer", GREETED, ASKED)))

    best = book.best([GREETED, DETAILED])

    assert best is not None
    assert best.story.name == "longer"


def test_of_equally_long_agreements_the_more_specific_one_wins() -> None:
    book = StoryBook((moment("plain", ASKED), moment("detailed", DETAILED)))

    best = book.best([DETAILED])

    assert best is not None
    assert best.story.name == "detailed"


def test_without_agreement_there_is_no_story() -> None:
    assert StoryBook((moment("plain", ASKED),)).best([GREETED]) is None
