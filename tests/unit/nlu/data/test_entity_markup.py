import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.data.entity_markup import MarkupError, parse_markup
from nlu.types import EntityAnnotation


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("in [Rome](city)", EntityAnnotation(3, 7, "city", "Rome")),
        ("in [rome](city:Rome)", EntityAnnotation(3, 7, "city", "Rome")),
        ("at [noon](time:12:00)", EntityAnnotation(3, 7, "time", "12:00")),
        ('in [rome]{"entity": "city", "value": "Rome"}', EntityAnnotation(3, 7, "city", "Rome")),
        ('to [Rome]{"entity": "city", "role": "to"}', EntityAnnotation(3, 7, "city", "Rome", "to")),
        ('a [Rome]{"entity": "city", "group": "1"}', EntityAnnotation(2, 6, "city", "Rome", None, "1")),
        ('a [x]{"entity": "e", "value": "a}b"} c', EntityAnnotation(2, 3, "e", "a}b")),
        ('a [five]{"entity": "n", "value": 5}', EntityAnnotation(2, 6, "n", "5")),
    ],
)
def test_parse_markup_reads_every_form(marked: str, expected: EntityAnnotation) -> None:
    parsed = parse_markup(marked)

    assert parsed.entities == (expected,)
    assert "[" not in parsed.text


def test_parse_markup_gives_offsets_of_the_text_without_markup() -> None:
    parsed = parse_markup("  swap [red](colour) for [blue](colour) in [50](amount)€ 😀 [now](date)  ")

    assert parsed.text == "swap red for blue in 50€ 😀 now"
    assert [parsed.text[e.start : e.end] for e in parsed.entities] == ["red", "blue", "50", "now"]


@pytest.mark.parametrize("text", ["what is [this]?", "[a] [b]", "(really)", 'he said "hi"', "[a][b]"])
def test_parse_markup_keeps_ordinary_brackets(text: str) -> None:
    assert parse_markup(text).text == text


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("in [Rome]{city}", r"expected JSON after '\[Rome\]'"),
        ('in [Rome]{"entity": ["city"]}', "entity of '.Rome.' must be text"),
        ('in [Rome]{"role": "to"}', "has no entity name"),
        ("to [new [York](city)](place)", r"annotations that overlap at '.*\]\(place"),
        ('to [new [York](city)]{"entity": "place"}', "annotations that overlap"),
    ],
)
def test_parse_markup_refuses_what_would_teach_brackets(marked: str, message: str) -> None:
    with pytest.raises(MarkupError, match=message):
        parse_markup(marked)


@pytest.mark.parametrize(
    ("marked", "text", "found", "doubt"),
    [
        ('in [Rome]{"entity": "city", "rol": "to"}', "in Rome", [("Rome", "city")], "unknown key 'rol'"),
        (
            "in [Rome](city",
            "in [Rome](city",
            [],
            "expected '[text](entity)', got '[Rome](city'; read as text",
        ),
        ("in [Rome]() by [bus](means)", "in [Rome]() by bus", [("bus", "means")], "read as text"),
        ("in [Rome](city:)", "in [Rome](city:)", [], "read as text"),
        ("in [Rome](:x)", "in [Rome](:x)", [], "read as text"),
        ("in [Rome]( )", "in [Rome]( )", [], "read as text"),
        ("in [Rome]{}", "in [Rome]{}", [], "read as text"),
        ('in [Rome]{"entity": "city"', 'in [Rome]{"entity": "city"', [], "read as text"),
        ('in [Rome][{"entity": "city"', 'in [Rome][{"entity": "city"', [], "read as text"),
        ("in [](city)", "in [](city)", [], "read as text"),
        ("in [ ](city) now", "in   now", [], "marks nothing but white space; left out"),
        ("in [ Rome ](city)", "in  Rome ", [("Rome", "city")], "white space belongs outside"),
        ("two [shoe](product)s", "two shoes", [], "marks 'shoe', which begins or ends inside a word"),
        ("order 1[0482](order)", "order 10482", [], "inside a word"),
        (
            'x [Rome][{"entity": "a"}, {"entity": "b"}] y',
            "x Rome y",
            [("Rome", "a")],
            "several labels on the same text",
        ),
    ],
)
def test_parse_markup_doubts_what_rasa_reads_all_the_same(
    marked: str, text: str, found: list[tuple[str, str]], doubt: str
) -> None:
    parsed = parse_markup(marked)

    assert parsed.text == text
    assert [(text[e.start : e.end], e.entity) for e in parsed.entities] == found
    (only,) = parsed.doubts
    assert doubt in only


_WORDS = st.lists(
    st.tuples(
        st.text("abcXYZéß😀", min_size=1, max_size=6),
        st.none() | st.sampled_from(["city", "size"]),
    ),
    min_size=1,
    max_size=8,
)


@given(_WORDS)
def test_parse_markup_takes_off_exactly_the_markup(words: list[tuple[str, str | None]]) -> None:
    marked = " ".join(f"[{word}]({entity})" if entity else word for word, entity in words)

    parsed = parse_markup(marked)

    assert parsed.text == " ".join(word for word, _ in words)
    found = [(parsed.text[e.start : e.end], e.entity) for e in parsed.entities]
    assert found == [(word, entity) for word, entity in words if entity]
