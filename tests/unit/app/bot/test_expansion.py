from __future__ import annotations

import pytest

from app.bot import expansion
from app.bot.expansion import expand_rules, expand_stories
from app.bot.story_reader import read_rule_drafts, read_story_drafts
from app.dialogue.domain import Domain, SlotDefinition, SlotMapping
from app.dialogue.stories import ActionStep, IntentStep, SlotStep, Step, Story
from nlu.data.problems import Problems
from nlu.data.yaml_source import SourceError, parse_yaml


def _domain(**slots: SlotDefinition) -> Domain:
    return Domain({}, ("city",), slots, {}, (), {})


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


def _expand(
    text: str, problems: Problems | None = None, domain: Domain | None = None
) -> dict[str, list[str]]:
    """Give name -> the words of each step; names of several ways get a dash for each one before."""
    problems = problems or Problems()
    words: dict[str, list[str]] = {}
    stories: list[Story] = expand_stories(
        read_story_drafts(parse_yaml(text, "s.yml"), problems), domain or _domain(), problems
    )
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


def test_each_slot_of_a_list_in_an_or_is_a_way_of_its_own() -> None:
    stories = _expand(
        """\
stories:
- story: a
  steps:
  - intent: x
  - or: [{slot_was_set: [{s: 1}, {t: 2}]}, {intent: y}]
"""
    )

    assert stories == {"a": ["?x", "s=1"], "a'": ["?x", "t=2"], "a''": ["?x", "?y"]}


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

    assert stories == {"a > d": ["?x", "s=1", "one"]}  # "b" is told nowhere to its end


@pytest.mark.parametrize(
    ("condition", "stories"),
    [
        ("city: Rome", ["a > d"]),
        ("city: Oslo", []),
        ("mood: good", ["a > d"]),
        ("mood: null", []),
        ("other: null", ["a > d"]),
        ("note: any", ["a > d"]),
        ("note: null", []),
    ],
    ids=["entity", "other entity", "initial", "not unset", "unset", "set to something", "not unset either"],
)
def test_a_checkpoint_sees_initial_values_and_what_entities_fill(condition: str, stories: list[str]) -> None:
    domain = _domain(
        city=SlotDefinition("city", "text", (SlotMapping("from_entity", entity="city"),)),
        mood=SlotDefinition("mood", "text", initial_value="good"),
        other=SlotDefinition("other", "text"),
        note=SlotDefinition("note", "text"),
    )
    text = f"""\
stories:
- story: a
  steps: [{{intent: x, entities: [{{city: Rome}}]}}, {{slot_was_set: [note]}}, {{checkpoint: c}}]
- {{story: d, steps: [{{checkpoint: c, slot_was_set: [{{{condition}}}]}}, {{action: one}}]}}
"""

    assert list(_expand(text, domain=domain)) == stories


def test_a_checkpoint_with_a_slot_but_no_value_is_left_out() -> None:
    problems = Problems()

    stories = _expand(
        "stories:\n- {story: a, steps: [{checkpoint: c, slot_was_set: [s]}, {action: one}]}\n", problems
    )

    assert stories == {"a": ["one"]}
    assert problems.warnings == ("s.yml:2: the checkpoint 'c': expected a value of the slot 's'; left out",)


def test_a_checkpoint_that_nobody_takes_up_ends_the_story() -> None:
    stories = _expand("stories:\n- {story: a, steps: [{intent: x}, {checkpoint: c}]}\n")

    assert stories == {"a": ["?x"]}


def test_a_circle_is_named_and_gone_round_three_times() -> None:
    text = """\
stories:
- {story: a, steps: [{intent: x}, {checkpoint: c}]}
- {story: b, steps: [{checkpoint: c}, {action: one}, {checkpoint: c}]}
- {story: e, steps: [{checkpoint: c}, {action: two}]}
"""
    problems = Problems()

    stories = _expand(text, problems)

    assert sorted(stories.values(), key=len) == [["?x", *["one"] * rounds, "two"] for rounds in range(4)]
    assert [str(problem) for problem in problems.found] == [
        "s.yml:3: error: the checkpoint 'c' leads back to itself; the circle is gone round at most 3 times"
    ]


def test_a_circle_over_two_stories_without_an_end_is_named_and_tells_nothing() -> None:
    text = """\
stories:
- {story: a, steps: [{intent: x}, {checkpoint: c}]}
- {story: b, steps: [{checkpoint: c}, {action: one}, {checkpoint: d}]}
- {story: e, steps: [{checkpoint: d}, {action: two}, {checkpoint: c}]}
- {story: f, steps: [{intent: y}, {action: two}]}
"""
    problems = Problems()

    assert _expand(text, problems) == {"f": ["?y", "two"]}
    assert [problem.line for problem in problems.found] == [3, 4]


def test_many_circles_at_one_checkpoint_keep_their_shortest_ways() -> None:
    rounds = "".join(
        f"- {{story: r{number}, steps: [{{checkpoint: c}}, {{action: r{number}}}, {{checkpoint: c}}]}}\n"
        for number in range(12)
    )
    text = f"stories:\n- {{story: a, steps: [{{intent: x}}, {{checkpoint: c}}]}}\n{rounds}" + (
        "- {story: e, steps: [{checkpoint: c}, {action: two}]}\n"
    )
    problems = Problems()

    stories = _expand(text, problems)

    assert len(stories) == expansion.MAX_CIRCLING + 1
    assert max(map(len, stories.values())) == 5  # three rounds
    assert problems.warnings[-1] == (
        "s.yml:2: the story 'a' comes to a circle of checkpoints with too many ways round; the shortest count"
    )


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
