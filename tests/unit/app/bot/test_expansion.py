from __future__ import annotations

import pytest

from app.bot import expansion
from app.bot.expansion import expand_rules, expand_stories
from app.bot.story_reader import read_rule_drafts, read_story_drafts
from app.dialogue.stories import ActionStep, IntentStep, SlotStep, Step, Story
from nlu.data.problems import Problems
from nlu.data.yaml_source import SourceError, parse_yaml


def _word(step: Step) -> str:
    match step:
        case IntentStep(intent=intent):
            return f"?{intent}"
        case ActionStep(action=action):
            return action
        case SlotStep(slot=slot, value=value):
            return f"{slot}={value}"
        case _:
            raise AssertionError(step)


def _expand(text: str, problems: Problems | None = None) -> dict[str, list[str]]:
    """Give name -> the words of each step; names of several ways get a dash for each one before."""
    problems = problems or Problems()
    words: dict[str, list[str]] = {}
    stories: list[Story] = expand_stories(read_story_drafts(parse_yaml(text, "s.yml"), problems), problems)
    for story in stories:
        name = story.name
        while name in words:
            name += "'"
        words[name] = [_word(step) for step in story.steps]
    return words


def test_or_makes_one_story_for_each_way() -> None:
    stories = _expand(
        """\
stories:
- story: a
  steps:
  - or: [{intent: x}, {intent: y}]
  - action: one
  - or: [{slot_was_set: [{s: 1}]}, {intent: z}]
"""
    )

    assert stories == {
        "a": ["?x", "one", "s=1"],
        "a'": ["?x", "one", "?z"],
        "a''": ["?y", "one", "s=1"],
        "a'''": ["?y", "one", "?z"],
    }


def test_stories_are_joined_at_checkpoints() -> None:
    stories = _expand(
        """\
stories:
- {story: a, steps: [{intent: x}, {checkpoint: c}]}
- {story: b, steps: [{intent: y}, {checkpoint: c}]}
- {story: d, steps: [{checkpoint: c}, {action: one}]}
- {story: e, steps: [{checkpoint: c}, {action: two}]}
"""
    )

    assert stories == {
        "a > d": ["?x", "one"],
        "a > e": ["?x", "two"],
        "b > d": ["?y", "one"],
        "b > e": ["?y", "two"],
    }


def test_a_checkpoint_in_the_middle_is_an_end_and_a_start() -> None:
    stories = _expand(
        """\
stories:
- {story: a, steps: [{intent: x}, {checkpoint: c}, {action: one}]}
- {story: b, steps: [{intent: y}, {checkpoint: c}]}
"""
    )

    assert stories == {"a": ["?x", "one"], "b > a": ["?y", "one"]}


def test_several_checkpoints_at_the_start_are_alternatives() -> None:
    stories = _expand(
        """\
stories:
- {story: a, steps: [{intent: x}, {checkpoint: c}]}
- {story: b, steps: [{intent: y}, {checkpoint: d}]}
- {story: e, steps: [{checkpoint: c}, {checkpoint: d}, {action: one}]}
"""
    )

    assert stories == {"a > e": ["?x", "one"], "b > e": ["?y", "one"]}


def test_a_checkpoint_with_slots_continues_only_stories_that_set_them() -> None:
    stories = _expand(
        """\
stories:
- {story: a, steps: [{intent: x}, {slot_was_set: [{s: 1}]}, {checkpoint: c}]}
- {story: b, steps: [{intent: y}, {slot_was_set: [{s: 2}]}, {checkpoint: c}]}
- {story: d, steps: [{checkpoint: c, slot_was_set: [{s: 1}]}, {action: one}]}
"""
    )

    assert stories == {"a > d": ["?x", "s=1", "one"], "b": ["?y", "s=2"]}


def test_a_checkpoint_that_nobody_takes_up_ends_the_story() -> None:
    stories = _expand("stories:\n- {story: a, steps: [{intent: x}, {checkpoint: c}]}\n")

    assert stories == {"a": ["?x"]}


def test_a_circle_over_two_stories_is_named_and_gone_through_once() -> None:
    text = """\
stories:
- {story: a, steps: [{intent: x}, {checkpoint: c}]}
- {story: b, steps: [{checkpoint: c}, {action: one}, {checkpoint: d}]}
- {story: e, steps: [{checkpoint: d}, {action: two}, {checkpoint: c}]}
"""

    problems = Problems()

    assert _expand(text, problems) == {"a > b > e": ["?x", "one", "two"]}
    assert [str(problem) for problem in problems.found] == [
        "s.yml:4: error: the checkpoint 'c' leads back to itself; the circle is gone through once"
    ]


def test_a_story_that_begins_at_an_open_checkpoint_is_named_and_left_out() -> None:
    problems = Problems()

    stories = _expand(
        """\
stories:
- {story: a, steps: [{intent: x}, {action: one}]}
- {story: b, steps: [{checkpoint: c}, {action: two}]}
""",
        problems,
    )

    assert stories == {"a": ["?x", "one"]}
    assert problems.warnings == ("s.yml:3: no story ends at the checkpoint 'c'; what follows is left out",)


def test_too_many_ways_are_refused_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "MAX_EXPANDED", 100)
    steps = ", ".join(["{or: [{intent: x}, {intent: y}]}"] * 60)
    rules = read_rule_drafts(parse_yaml(f"rules:\n- {{rule: a, steps: [{steps}]}}\n", "r.yml"), Problems())

    with pytest.raises(SourceError, match=r"r\.yml:2: 'or' and checkpoints make more than 100"):
        expand_rules(rules)
