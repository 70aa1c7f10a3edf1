"""Every published retrieval format, with a few rows made by hand."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.files import BenchmarkDataError
from benchmarks.retrieval.data import Collection, RetrievalData
from benchmarks.retrieval.readers.covidfaq import read_covidfaq
from benchmarks.retrieval.readers.dstc11_t5_faq import read_dstc11_t5_faq
from benchmarks.retrieval.readers.feedbackqa import read_feedbackqa
from benchmarks.retrieval.readers.multidoc2dial import read_multidoc2dial
from benchmarks.retrieval.readers.stackfaq import read_stackfaq
from benchmarks.retrieval.sets import SETS, RetrievalSet


def write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps(value).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def only_collection(data: RetrievalData) -> Collection:
    """Give the only collection with the questions of all its parts."""
    (test,) = data.read_test()
    chosen = [question for one in data.validation for question in one.questions]
    return replace(test, questions=(*chosen, *test.questions))


def test_stackfaq_leaves_out_what_is_no_question(tmp_path: Path) -> None:
    threads = [
        {"question": "Tea?", "rephr": ["Any tea? ", "*", None], "answer": ["Green.\n ", "Black."]},
        {"question": "Cake?", "rephr": "Is there cake?", "answer": "Yes."},
    ]
    write_json(tmp_path / "stackfaq" / "stackExchange-FAQ.json", {"root": {"qapair": threads}})

    collection = only_collection(read_stackfaq(tmp_path))

    assert [(one.question, one.passage) for one in collection.entries] == [
        ("Tea?", "Green.\n\nBlack."),
        ("Cake?", "Yes."),
    ]
    assert [(one.text, set(one.gold)) for one in collection.questions] == [
        ("Any tea?", {"thread-0"}),
        ("Is there cake?", {"thread-1"}),
    ]


def test_covidfaq_joins_questions_with_the_same_answer(tmp_path: Path) -> None:
    rows = [
        {"query_type": "faq", "question": "How far? ", "answer": "Two metres."},
        {"query_type": "faq", "question": "How near?", "answer": "Two metres."},
        {"query_type": "user_query", "question": "keep what distance", "answer": "Two metres."},
    ]
    write_json(tmp_path / "covidfaq" / "query_answer_pairs.json", rows)

    collection = only_collection(read_covidfaq(tmp_path))

    (entry,) = collection.entries
    assert (entry.question, entry.alternatives) == ("How far?", ("How near?",))
    assert [(one.text, set(one.gold)) for one in collection.questions] == [
        ("keep what distance", {entry.entry_id})
    ]


def write_feedbackqa(folder: Path) -> None:
    reference = {
        "page_title": "Travel",
        "section_headers": ["Travel", "By  sea"],
        "section_content": "Wear a mask.\n",
    }
    passages = [
        {"passage_id": 7, "uri": "https://example.org", "reference": reference},
        {"passage_id": 8, "uri": None, "reference": reference | {"section_content": None}},
    ]
    for source in ("Australia", "CDC", "UK", "WHO"):
        for part in ("valid", "test"):
            examples = [{"question": f"{part} in {source}?", "passage_id": 7}]
            document = {"examples": examples, "passages": passages}
            write_json(folder / "feedbackqa" / source / f"{part}.json.gz", document)


def test_feedbackqa_gives_one_collection_per_source(tmp_path: Path) -> None:
    write_feedbackqa(tmp_path)

    data = read_feedbackqa(tmp_path)

    assert [one.name for one in data.validation] == ["Australia", "CDC", "UK", "WHO"]
    assert data.validation[0].questions[0].text == "valid in Australia?"
    test = data.read_test()[2]
    assert (test.questions[0].text, test.questions[0].gold) == ("test in UK?", frozenset({"7"}))
    assert (test.entries[0].question, test.entries[0].passage) == ("Travel: By sea", "Wear a mask.")
    assert test.entries[1].passage == "Travel: By sea"


def test_feedbackqa_leaves_the_test_part_alone_until_asked(tmp_path: Path) -> None:
    write_feedbackqa(tmp_path)
    for path in (tmp_path / "feedbackqa").glob("*/test.json.gz"):
        path.unlink()

    assert read_feedbackqa(tmp_path).validation


def write_dstc11(folder: Path, *, labels: list[dict[str, Any]]) -> None:
    root = folder / "dstc11_t5_faq"
    faqs = {"0": {"question": "Any wifi?", "answer": "Yes."}, "1": {"question": "Pets?", "answer": "No."}}
    knowledge = {"hotel": {"3": {"name": "OLD MILL", "faqs": faqs, "reviews": {}}}}
    turns = [{"speaker": "S", "text": "The Old Mill is free."}, {"speaker": "U", "text": "Is the wifi fast?"}]
    write_json(root / "knowledge.json", knowledge)
    write_json(root / "val" / "logs.json", [turns, turns, turns])
    write_json(root / "val" / "labels.json", labels)


def test_dstc11_keeps_turns_that_need_an_faq(tmp_path: Path) -> None:
    faq = {"domain": "hotel", "entity_id": 3, "doc_type": "faq", "doc_id": 0}
    review = faq | {"doc_type": "review", "doc_id": 5, "sent_id": 1}
    labels = [
        {"target": True, "knowledge": [faq, review]},
        {"target": True, "knowledge": [review]},
        {"target": False},
    ]
    write_dstc11(tmp_path, labels=labels)

    collection = only_collection(read_dstc11_t5_faq(tmp_path))

    assert [one.question for one in collection.entries] == ["Old Mill: Any wifi?", "Old Mill: Pets?"]
    (question,) = collection.questions
    assert (question.text, question.gold) == ("Is the wifi fast?", frozenset({"hotel/3/0"}))
    assert question.context == ("The Old Mill is free.",)


def test_dstc11_refuses_labels_of_other_logs(tmp_path: Path) -> None:
    write_dstc11(tmp_path, labels=[{"target": False}])

    with pytest.raises(BenchmarkDataError, match="got 3 logs and 1 labels, expected as many of both"):
        read_dstc11_t5_faq(tmp_path)


def write_multidoc2dial(folder: Path, *, located: list[dict[str, Any]]) -> None:
    root = folder / "multidoc2dial"
    passages = [
        "See http://a.org for more//Fees //Costs //Your licence ",
        "Bring a photo//Your licence",
        "//Empty //Your licence",
    ]
    write_json(root / "en_passages.json", passages)
    rows = 'questions\tcontexts\tanswers\nHello\t"x\ny"\tHi "you"\nWhat does it cost?\tz\t30 dollars\n'
    (root / "eval_set.tsv").write_text(rows)
    lines = "".join(json.dumps(one) + "\n" for one in located)
    (root / "eval_set.located.jsonl").write_text(lines)


def test_multidoc2dial_splits_titles_off_passages(tmp_path: Path) -> None:
    write_multidoc2dial(tmp_path, located=[{"row": 1, "passages": [0, 1]}])

    collection = only_collection(read_multidoc2dial(tmp_path))

    assert [(one.question, one.passage) for one in collection.entries] == [
        ("Your licence: Costs: Fees", "See http://a.org for more"),
        ("Your licence", "Bring a photo"),
        ("Your licence: Empty", "Your licence: Empty"),
    ]


def test_multidoc2dial_reads_rows_with_line_breaks(tmp_path: Path) -> None:
    write_multidoc2dial(tmp_path, located=[{"row": 1, "passages": [0, 1]}])

    (question,) = only_collection(read_multidoc2dial(tmp_path)).questions

    assert (question.text, question.gold) == ("What does it cost?", frozenset({"0", "1"}))
    assert question.context == ("Hello", 'Hi "you"')


@pytest.mark.parametrize("turn", [{"row": 2, "passages": [0]}, {"row": 0, "passages": [3]}])
def test_multidoc2dial_refuses_turns_of_other_files(tmp_path: Path, turn: dict[str, Any]) -> None:
    write_multidoc2dial(tmp_path, located=[turn])

    with pytest.raises(BenchmarkDataError, match="expected one of 2 rows and 3 passages"):
        read_multidoc2dial(tmp_path)


@pytest.mark.parametrize("benchmark", SETS, ids=lambda one: one.name)
def test_missing_data_set_is_named(tmp_path: Path, benchmark: RetrievalSet) -> None:
    with pytest.raises(BenchmarkDataError, match=r"got no file .*SPANDESK_DATA"):
        benchmark.read(tmp_path)
