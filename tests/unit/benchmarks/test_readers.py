"""Every published format, with a few rows made by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.files import BenchmarkDataError
from benchmarks.nlu.data import Draw
from benchmarks.nlu.readers.bitext import read_bitext
from benchmarks.nlu.readers.conll2003 import read_conll2003, read_conll2003_sentences
from benchmarks.nlu.readers.intents import (
    read_banking77,
    read_banking77_10shot,
    read_clinc150,
    read_clinc150_10shot,
    read_curekart,
)
from benchmarks.nlu.readers.joint_slots import read_atis, read_atis_roles, read_snips
from benchmarks.nlu.readers.multidogo import read_multidogo
from benchmarks.nlu.readers.nlupp import read_nlupp
from benchmarks.nlu.readers.restaurants8k import read_restaurants8k
from nlu.types import FALLBACK_INTENT, Example

DRAW = Draw(seed=1)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def spans_of(example: Example) -> list[tuple[str, str]]:
    pieces = [(entity.entity, example.text[entity.start : entity.end]) for entity in example.entities]
    assert [piece for _, piece in pieces] == [entity.value for entity in example.entities]
    return pieces


def write_banking(folder: Path) -> None:
    rows = "".join(f'"card {n},\nwhere?",card_arrival\n' for n in range(20))
    write(folder / "banking77/train.csv", f"text,category\n{rows}")
    write(folder / "banking77/test.csv", "text,category\nmy pin,change_pin\n")


def test_banking77_reads_line_breaks_and_carves_validation(tmp_path) -> None:
    write_banking(tmp_path)

    data = read_banking77(tmp_path, DRAW)

    assert (len(data.train), len(data.validation.examples)) == (18, 2)
    assert data.train[0].text.endswith(",\nwhere?")
    assert [example.intent for example in data.read_test()[0].examples] == ["change_pin"]


def test_banking77_10shot_draws_ten(tmp_path) -> None:
    write_banking(tmp_path)

    data = read_banking77_10shot(tmp_path, DRAW)

    assert (len(data.train), data.validation.examples, data.unlabelled) == (10, (), ())


@pytest.mark.parametrize("is_choosing", [False, True])
def test_rest_of_banking77_is_shown_without_what_was_drawn(tmp_path, is_choosing: bool) -> None:
    write_banking(tmp_path)

    data = read_banking77_10shot(tmp_path, Draw(1, is_choosing), shows_rest=True)

    drawn = {example.text for example in (*data.train, *data.validation.examples)}
    assert (len(drawn), len(set(data.unlabelled))) == (10, 10)
    assert not drawn & set(data.unlabelled)


def test_rest_of_clinc150_is_in_scope_only(tmp_path) -> None:
    rows = [[f"hi {number}", "greeting"] for number in range(12)]
    document = {"train": rows, "oos_train": [["sing to me", "oos"]]}
    write(tmp_path / "clinc150/data_full.json", json.dumps(document))

    data = read_clinc150_10shot(tmp_path, DRAW, shows_rest=True)

    assert {*data.unlabelled, *(example.text for example in data.train)} == {text for text, _ in rows}


def test_training_part_is_read_without_the_test_file(tmp_path) -> None:
    write_banking(tmp_path)
    (tmp_path / "banking77/test.csv").unlink()

    data = read_banking77(tmp_path, DRAW)

    with pytest.raises(BenchmarkDataError, match=r"test\.csv"):
        data.read_test()


def write_clinc(folder: Path) -> None:
    scopes = {key: [["hi there", "greeting"]] for key in ("train", "val", "test")}
    outside = {f"oos_{key}": [["sing to me", "oos"]] for key in ("train", "val", "test")}
    write(folder / "clinc150/data_full.json", json.dumps(scopes | outside))


def test_clinc150_marks_what_is_out_of_scope(tmp_path) -> None:
    write_clinc(tmp_path)

    data = read_clinc150(tmp_path, DRAW)

    parts = (data.train, data.validation.examples, data.read_test()[0].examples)
    assert [[example.intent for example in part] for part in parts] == [["greeting", FALLBACK_INTENT]] * 3


def test_clinc150_10shot_is_in_scope_only(tmp_path) -> None:
    write_clinc(tmp_path)

    data = read_clinc150_10shot(tmp_path, DRAW)

    parts = (data.train, data.read_test()[0].examples)
    assert [[example.intent for example in part] for part in parts] == [["greeting"]] * 2


def test_curekart_marks_what_is_out_of_scope(tmp_path) -> None:
    write(tmp_path / "hint3_curekart/train/curekart_train.csv", "sentence,label\nbuy,ORDER\n")
    write(tmp_path / "hint3_curekart/test/curekart_test.csv", "sentence,label\nHy,NO_NODES_DETECTED\n")

    data = read_curekart(tmp_path, DRAW)

    assert data.train[0].intent == "ORDER"
    assert data.read_test()[0].examples[0].intent == FALLBACK_INTENT


def write_joint(folder: Path, tokens: str, tags: str, label: str) -> None:
    for split in ("train", "valid", "test"):
        write(folder / split / "seq.in", f"{tokens}\n")
        write(folder / split / "seq.out", f"{tags}\n")
        write(folder / split / "label", f"{label}\n")


def test_snips_turns_tags_into_spans(tmp_path) -> None:
    write_joint(tmp_path / "snips", "play  kind of blue ", "O B-album I-album I-album ", "PlayMusic")

    (example,) = read_snips(tmp_path, DRAW).train

    assert (example.text, example.intent) == ("play kind of blue", "PlayMusic")
    assert spans_of(example) == [("album", "kind of blue")]


def test_atis_with_roles_reads_them_from_the_tags(tmp_path) -> None:
    write_joint(tmp_path / "atis", "boston", "B-fromloc.city_name", "flight")

    data = read_atis_roles(tmp_path, Draw(seed=1, is_choosing=True))

    assert read_atis_roles(tmp_path, DRAW).validation.examples == ()
    parts = (data.train, data.validation.examples, data.read_test()[0].examples)
    for (only,) in parts:
        assert [(one.entity, one.role) for one in only.entities] == [("city_name", "fromloc")]


def test_atis_keeps_joint_intents_as_labels_of_their_own(tmp_path) -> None:
    write_joint(tmp_path / "atis", "boston", "B-city", "flight#airfare")

    data = read_atis(tmp_path, DRAW)

    assert data.validation.examples[0].intent == "flight#airfare"


def test_tags_that_do_not_match_the_tokens_are_an_error(tmp_path) -> None:
    write_joint(tmp_path / "atis", "new york", "B-city", "flight")

    with pytest.raises(BenchmarkDataError, match="train:1: got 2 tokens and 1 tags"):
        read_atis(tmp_path, DRAW)


CONLL = """-DOCSTART- -X- O O

John NNP I-NP I-PER
Smith NNP I-NP I-PER
left VBD I-VP O

Rome NNP I-NP I-LOC
Paris NNP I-NP B-LOC

-DOCSTART- -X- O O

Bonn NNP I-NP I-LOC
"""


def write_conll(folder: Path) -> None:
    for name in ("eng.train", "eng.testa", "eng.testb", "conllpp_test.txt"):
        write(folder / "conll2003" / name, CONLL)


def test_conll2003_joins_the_sentences_of_a_document(tmp_path) -> None:
    write_conll(tmp_path)

    part = read_conll2003(tmp_path, DRAW).validation

    assert [example.text for example in part.examples] == ["John Smith left Rome Paris", "Bonn"]
    assert spans_of(part.examples[0]) == [("PER", "John Smith"), ("LOC", "Rome"), ("LOC", "Paris")]


def test_conll2003_windows_lead_back_to_sentences_and_tokens(tmp_path) -> None:
    write_conll(tmp_path)

    window = read_conll2003(tmp_path, DRAW).validation.windows[0]

    pieces = [[window.text[start:end] for start, end in sentence] for sentence in window.sentences]
    assert pieces == [["John", "Smith", "left"], ["Rome", "Paris"]]
    assert [window.text[start:end] for start, end in window.tokens] == sum(pieces, [])


def test_conll2003_windows_hold_no_more_words_than_allowed(tmp_path) -> None:
    write_conll(tmp_path)

    data = read_conll2003(tmp_path, DRAW, max_words=4)

    assert [example.text for example in data.train] == ["John Smith left", "Rome Paris", "Bonn"]
    assert read_conll2003_sentences(tmp_path, DRAW).train == data.train


def test_conll2003_is_tested_on_the_original_and_the_corrected_part(tmp_path) -> None:
    write_conll(tmp_path)

    assert [part.name for part in read_conll2003(tmp_path, DRAW).read_test()] == ["test", "conllpp"]


def turn(text: str, *labels: tuple[str, int, int], asked: tuple[str, ...] = ()) -> dict[str, object]:
    spans = [{"slot": slot, "valueSpan": {"startIndex": a, "endIndex": b}} for slot, a, b in labels]
    return {"userInput": {"text": text}, "context": {"requestedSlots": asked}, "labels": spans}


def test_restaurants8k_gives_spans_and_what_was_asked(tmp_path) -> None:
    first = {"userInput": {"text": "Ann"}, "labels": [{"slot": "first_name", "valueSpan": {"endIndex": 3}}]}
    asked = turn("Bo", ("first_name", 0, 2), asked=("first_name", "last_name", "last_name"))
    write(tmp_path / "polyai_span_extraction/restaurant8k/train_0.json", json.dumps([first, asked]))

    train = read_restaurants8k(tmp_path, DRAW).train

    assert [spans_of(example) for example in train] == [[("first_name", "Ann")], [("first_name", "Bo")]]
    assert [example.context for example in train] == ["", "first name last name"]


def test_restaurants8k_leaves_overlaps_out_of_training_only(tmp_path) -> None:
    rows = json.dumps([turn("tuesday at 12", ("date", 0, 13), ("time", 11, 13))])
    for name in ("train_0", "test"):
        write(tmp_path / f"polyai_span_extraction/restaurant8k/{name}.json", rows)

    data = read_restaurants8k(tmp_path, DRAW)

    assert spans_of(data.train[0]) == [("date", "tuesday at 12")]
    assert spans_of(data.read_test()[0].examples[0]) == [("date", "tuesday at 12"), ("time", "12")]
    assert "1 training spans" in data.notes[1]


def write_nlupp(folder: Path) -> None:
    for number in range(20):
        slots = {"date": {"text": "may", "span": [3, 6], "value": {}}}
        rows = [
            {"text": f"in may {number}", "intents": ["why", "book", "why"], "slots": slots},
            {"text": f"hm {number}"},
        ]
        write(folder / f"nlupp/hotels/fold{number}.json", json.dumps(rows))


def test_nlupp_joins_intents_and_reads_slots(tmp_path) -> None:
    write_nlupp(tmp_path)

    train = read_nlupp(tmp_path, DRAW, domain="hotels").train

    assert {example.intent for example in train} == {"book+why", "none"}
    assert spans_of(next(example for example in train if example.entities)) == [("date", "may")]


@pytest.mark.parametrize(("seed", "files"), [(1, {"0", "1"}), (3, {"4", "5"}), (11, {"0", "1"})])
def test_nlupp_seed_names_the_test_fold(tmp_path, seed: int, files: set[str]) -> None:
    write_nlupp(tmp_path)

    data = read_nlupp(tmp_path, Draw(seed), domain="hotels")

    tested = {example.text.split()[-1] for example in data.read_test()[0].examples}
    trained = {example.text.split()[-1] for example in (*data.train, *data.validation.examples)}
    assert tested == files
    assert trained == {str(number) for number in range(20)} - files


def test_multidogo_joins_tokens_of_one_label_and_drops_wrong_rows(tmp_path) -> None:
    header = "conversationId\tturnNumber\tutterance\tslot-labels\tintent\n"
    rows = (
        "a\t0\tfly  new york rome\tO to to from\tbook<div>ask\n"
        "a\t1\ttoo few labels\tO\tbook\n"
        'a\t2\t"ok\nsure"\tO O\tyes\n'
    )
    for split in ("train", "dev"):
        write(tmp_path / f"multidogo/media/{split}.tsv", header + rows)

    data = read_multidogo(tmp_path, DRAW, domain="media")

    assert [example.intent for example in data.train] == ["ask+book", "yes"]
    assert spans_of(data.train[0]) == [("to", "new york"), ("from", "rome")]
    assert data.notes[0].startswith("1 training rows")
    assert len(data.read_test()[0].examples) == 2


def test_bitext_reads_at_most_one_entity(tmp_path) -> None:
    header = "utterance,intent,entity_type,entity_value,start_offset,end_offset,category,tags\n"
    rows = "cancel order 7,cancel,order_id,7,13,14,ORDER,B\nhelp me,contact,,,,,CONTACT,B\n"
    for split in ("Training", "Validation", "Testing"):
        write(tmp_path / f"bitext/Bitext_Sample_Customer_Service_{split}_Dataset.csv", header + rows)

    data = read_bitext(tmp_path, DRAW)

    assert [spans_of(example) for example in data.train] == [[("order_id", "7")], []]
    assert [example.intent for example in data.read_test()[0].examples] == ["cancel", "contact"]
