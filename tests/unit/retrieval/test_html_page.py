from pathlib import Path

import pytest

from nlu.data.yaml_source import SourceError
from retrieval.importers import html_page
from retrieval.importers.read import read_faq
from retrieval.types import FaqEntry

_PAGE = """\
<!doctype html>
<html lang="en-GB"><head><title>Returns | Shop</title>
<link rel="canonical" href="https://shop.example/help/returns">
<style>p { color: red }</style><script>alert(1)</script></head>
<body><nav><a href="/">Home</a></nav>
<main><h1>How do I <em>return</em> it?</h1>
<p>Send it back within <b>30 days</b>, see <a href="/labels">labels</a>
and <a href="javascript:steal()">this</a>.</p><script>steal()</script>
<h2>Abroad</h2><ul><li>Fill in the form</li><li>Add the invoice &amp; a &lt;note&gt;</li></ul>
<form><input name="q"><button>Search</button></form></main>
<footer>Imprint</footer></body></html>
"""


def test_page_is_an_entry_without_what_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "returns.html").write_text(_PAGE)

    (entry,) = read_faq(tmp_path)

    assert entry == FaqEntry(
        entry_id="returns",
        question="How do I return it?",
        passage="Send it back within **30 days**, see [labels](/labels)\nand this.\n\n## Abroad\n\n"
        "- Fill in the form\n- Add the invoice & a <note>",
        source="https://shop.example/help/returns",
        language="en-GB",
        origin="returns.html:1",
    )


def test_title_is_the_question_where_there_is_no_heading(tmp_path: Path) -> None:
    (tmp_path / "a.htm").write_text("<title>Opening \n hours</title><p>From 9 to 5.</p>")

    (entry,) = read_faq(tmp_path)

    assert (entry.question, entry.passage, entry.source) == ("Opening hours", "From 9 to 5.", "")


def test_link_that_a_browser_would_execute_is_no_source(tmp_path: Path) -> None:
    page = '<link rel="canonical" href="javascript:steal()"><h1>A?</h1><p>a</p>'
    (tmp_path / "a.html").write_text(page)

    assert read_faq(tmp_path)[0].source == ""


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("<h1>Only a title</h1>", r"a\.html:1: passage of the FAQ entry 'a': expected text"),
        ("<p>No title.</p>", r"a\.html:1: question of the FAQ entry 'a': expected text"),
        ("", r"a\.html:1: question of"),
        ("<h1>A?</h1>" + "<div>" * 5000 + "a", r"a\.html:1: got elements nested too deep"),
    ],
    ids=["title alone", "no title", "empty", "deep"],
)
def test_page_without_an_entry_is_refused(tmp_path: Path, page: str, message: str) -> None:
    (tmp_path / "a.html").write_text(page)

    with pytest.raises(SourceError, match=message):
        read_faq(tmp_path)


def test_page_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_page, "_MAX_CHARS", 10)
    (tmp_path / "a.html").write_text("<h1>A?</h1><p>a</p>")

    with pytest.raises(SourceError, match=r"a\.html:1: got a page of 19 characters, expected at most 10"):
        read_faq(tmp_path)
