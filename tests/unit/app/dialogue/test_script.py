import pytest

from app.dialogue.domain import ResponseVariation
from app.dialogue.errors import TemplateError
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
    parts: dict[str, object],
) -> None:
    with pytest.raises(TemplateError, match="uses name, which is no slot"):
        make_bot(**parts)  # type: ignore[arg-type]


def test_a_response_that_only_an_action_says_may_have_any_variable() -> None:
    assert make_bot(domain=DOMAIN, rules=[]).domain is DOMAIN
