from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.bot.loader import load_bot
from app.dialogue.states import TurnState
from app.dialogue.stories import Story
from app.dialogue.story_book import make_story_book
from benchmarks.story_policy import measure, split_stories
from tests.fakes_bot import write_bot
from tests.fakes_dialogue import does, said, story

STORIES = [Story(name, ()) for name in "hgfedcbaaa"]


@dataclass
class Always:
    action: str

    def likelihoods(self, states: Sequence[TurnState]) -> Mapping[str, float]:
        return {self.action: 1.0}


def _names(stories: Sequence[Story]) -> str:
    return "".join(one.name for one in stories)


def test_every_fourth_name_is_held_out() -> None:
    rest, held_out = split_stories(STORIES)

    assert (_names(rest), _names(held_out)) == ("gfecbaaa", "hd")


def test_development_leaves_the_held_out_alone() -> None:
    rest, development = split_stories(STORIES, development=True)

    assert (_names(rest), _names(development)) == ("febaaa", "gc")


def test_each_way_of_predicting_is_counted(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path))
    known = story("known", said("greet"), does("utter_greet"))
    book = make_story_book([known], bot.domain, max_history=5)
    unknown = story("unknown", said("stop"), does("utter_greet"))

    measured = measure([known, unknown], bot, book, Always("utter_greet"))

    assert measured.num_actions == 4
    assert (measured.memoization, measured.learned, measured.both) == (0.5, 0.5, 0.75)
