from typing import Any

import pytest

from app.dialogue.domain import ResponseVariation
from app.dialogue.errors import TemplateError
from app.dialogue.script import made_strict
from tests.fakes_dialogue import does, make_bot, make_domain, rule, said, story

BROKEN = {"utter_x": (ResponseVariation("Dear {name}"),), "utter_ask_reason": (ResponseVariation("{name}?"),)}
DOMAIN = make_domain(responses={"utter_x": BROKEN["utter_x"]}, forms={})


@pytest.mark.parametrize(
    "parts",
    [
        {"domain": DOMAIN, "rules": [rule("r", said("greet"), does("utter_x"))]},
        {"domain": DOMAIN, "rules": [], "stories": [story("s", said("greet"), does("utter_x"))]},
        {"domain": DOMAIN, "rules": [], "welcome": "utter_x"},
        {"domain": make_domain(responses={"utter_ask_reason": BROKEN["utter_ask_reason"]}), "rules": []},
    ],
    ids=["rule", "story", "welcome", "form"],
)
def test_a_response_with_an_unknown_variable_is_refused_before_anybody_speaks(
    parts: dict[str, Any],
) -> None:
    with pytest.raises(TemplateError, match="uses name, which is no slot"):
        made_strict(make_bot(**parts), parts["rules"], parts.get("stories", []))


def test_a_response_that_only_an_action_says_may_have_any_variable() -> None:
    assert make_bot(domain=DOMAIN, rules=[]).domain is DOMAIN
