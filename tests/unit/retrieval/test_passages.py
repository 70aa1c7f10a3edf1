import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.passages import cut_passages

PARTS = st.lists(
    st.sampled_from(["a", "b.", "é", "# c", "## d", "\n", "\n\n", " ", "\n \n", "\t", "- e", "🙂!", "\u200b"])
)


def pieces(text: str, max_words: int = 150) -> list[str]:
    return [text[one.start : one.end] for one in cut_passages(text, max_words=max_words)]


def test_paragraphs_are_pieces() -> None:
    assert pieces("  One\nline.\n\nTwo\n \t\n\n- a\n- b\n") == ["One\nline.", "Two", "- a\n- b"]


def test_heading_belongs_to_what_follows() -> None:
    assert pieces("Before.\n\n# Title\n\n## Part\n\nText.\n\n### End") == [
        "Before.",
        "# Title\n\n## Part\n\nText.",
        "### End",
    ]


def test_paragraph_that_begins_like_a_heading_is_a_paragraph() -> None:
    assert pieces("#hashtag\n\n# Title\nwith text\n\nmore") == ["#hashtag", "# Title\nwith text", "more"]


def test_long_paragraph_is_cut_between_sentences() -> None:
    text = "One two. Three four five! (Six seven?) Eight nine ten eleven twelve. End"

    assert pieces(text, max_words=5) == [
        "One two. Three four five!",
        "(Six seven?)",
        "Eight nine ten eleven twelve.",
        "End",
    ]


def test_sentence_that_is_too_long_is_cut_between_words() -> None:
    assert pieces("a b c d e f g", max_words=3) == ["a b c", "d e f", "g"]


@pytest.mark.parametrize("text", ["", " \n\n\t"])
def test_nothing_has_no_pieces(text: str) -> None:
    assert cut_passages(text) == []


def test_fifty_thousand_characters_are_cut() -> None:
    text = "word " * 10_000

    found = pieces(text)

    assert len(found) == 67
    assert max(len(piece.split()) for piece in found) == 150


@given(PARTS.map("".join), st.integers(1, 4))
def test_pieces_hold_all_words_in_order_and_are_short(text: str, max_words: int) -> None:
    cut = cut_passages(text, max_words=max_words)

    found = [text[one.start : one.end] for one in cut]
    assert [word for piece in found for word in piece.split()] == text.split()
    assert all(piece == piece.strip() and 0 < len(piece.split()) <= max_words for piece in found)
    assert all(before.end <= after.start for before, after in zip(cut, cut[1:], strict=False))
