import pytest

from nlu.bundle import load_bundle
from nlu.checkpoint import EncoderCheckpoint
from nlu.interpreter import BundleInterpreter
from nlu.patterns import PatternError
from nlu.regex_entities import EXTRACTOR, RegexEntities
from nlu.training.pipeline import TrainedBundle
from nlu.types import EntitySpan

_REGEXES = {"zip": (r"\b\d{5}\b",), "house": (r"\b\d{1,3}\b",), "range": (r"\d+-\d+",), "other": ("x",)}
_LOOKUPS = {"country": ("Ireland", "Northern Ireland")}
_ENTITIES = ("zip", "house", "range", "country")
Found = tuple[str, str, str]


def added(text: str, *found: EntitySpan, synonyms: dict[str, str] | None = None) -> list[Found]:
    spans = RegexEntities.compile(_ENTITIES, _REGEXES, _LOOKUPS).added(text, found, synonyms or {})
    return [(span.entity, span.text, span.value) for span in spans]


def test_matches_become_entities_in_their_order() -> None:
    assert added("12 to 10115 in ireland") == [
        ("house", "12", "12"),
        ("zip", "10115", "10115"),
        ("country", "ireland", "ireland"),
    ]


def test_the_longest_of_overlapping_matches_counts() -> None:
    assert added("10115-10119") == [("range", "10115-10119", "10115-10119")]


def test_what_the_model_found_stays() -> None:
    date = EntitySpan(3, 8, "date", "10115", "10115", 0.9)

    assert added("at 10115", date) == [("date", "10115", "10115")]


def test_synonyms_are_replaced() -> None:
    assert added("to ireland", synonyms={"ireland": "IE"}) == [("country", "ireland", "IE")]


def test_patterns_that_are_named_otherwise_are_no_entities() -> None:
    assert added("x") == []


def test_a_wrong_expression_is_named() -> None:
    with pytest.raises(PatternError, match="regex 'zip'"):
        RegexEntities.compile(["zip"], {"zip": ["("]}, {})


def test_an_interpreter_adds_them(trained: TrainedBundle, checkpoint: EncoderCheckpoint) -> None:
    entities = RegexEntities.compile(["zip"], _REGEXES, {})
    interpreter = BundleInterpreter(load_bundle(trained.path, encoder=checkpoint), entities)

    (span,) = [span for span in interpreter.parse(["hello 10115"])[0].entities if span.entity == "zip"]

    assert (span.text, span.extractor) == ("10115", EXTRACTOR)
