"""``spandesk index build|search``."""

from __future__ import annotations

import argparse

from app.commands.context import read_bot, settings_for
from app.provisioning import champion_interpreter, ensure_faq, open_index, open_reader, open_stores
from retrieval.answerer import NUM_HITS, FaqAnswerer
from retrieval.decision import Candidate
from retrieval.types import Answer, FaqEntry, FaqFilter, FaqOutcome, Hit, Suggestions

_MAX_SHOWN_CHARS = 100


def run_build(args: argparse.Namespace) -> int:
    """Build the index of the present FAQ entries for the champion's encoder."""
    settings = settings_for(args)
    bot = read_bot(settings)
    stores = open_stores(settings)
    ensure_faq(stores, bot)
    entries = stores.faq.published()
    index = open_index(settings, entries, champion_interpreter(stores, settings, bot))
    stores.close()
    encoder, content = index.encoder_id[:16], index.content_hash[:16]
    print(f"index over {len(entries)} entries: encoder {encoder}, content {content}")
    return 0


def run_search(args: argparse.Namespace) -> int:
    """Search as the bot does and explain each hit and the outcome."""
    settings = settings_for(args)
    bot = read_bot(settings)
    stores = open_stores(settings)
    ensure_faq(stores, bot)
    interpreter = champion_interpreter(stores, settings, bot)
    entries = stores.faq.published()
    stores.close()
    index = open_index(settings, entries, interpreter)
    parsed = interpreter.parse([args.question])[0]
    answerer = FaqAnswerer(entries, index, interpreter.embed, reader=open_reader(settings))
    wanted = FaqFilter(args.day, args.language, frozenset(args.tag))
    print(f"intent {parsed.intent.name} ({parsed.intent.confidence:.2f})")
    print("rank  fused   dense (rank)   question  bm25 (rank)   entry")
    found = answerer.search(parsed, wanted, top_k=max(args.top, NUM_HITS), said_before=args.after)
    for hit in found.hits[: args.top]:
        print(_line(hit))
    if found.is_in_context:
        print("the question alone found nothing sure; searched with what was said before")
    print("confidence  span - null  null    entry: marked words")
    for candidate in found.candidates:
        print(_candidate_line(candidate, answerer.entry(candidate.hit.entry_id)))
    print(_outcome(answerer.answer(parsed, wanted, said_before=args.after)))
    return 0


def _line(hit: Hit) -> str:
    dense = f"{hit.dense_score:.3f} ({hit.dense_rank or '-'})"
    lexical = f"{hit.lexical_score:.2f} ({hit.lexical_rank or '-'})"
    scores = f"{hit.score:.4f}  {dense:13}  {hit.question_score:8.3f}  {lexical:12}"
    return f"{hit.rank:4}  {scores}  {hit.entry_id}"


def _candidate_line(candidate: Candidate, entry: FaqEntry) -> str:
    """Show what the reader marked, and how much likelier it is than no answer, as logarithms."""
    reading, start = candidate.reading, f"{candidate.confidence:10.2f}"
    if reading is None:
        return f"{start}  {'-':>11}  {'-':>6}  {entry.entry_id}: not read"
    marked = " ".join(entry.passage[reading.start : reading.end].split())
    shown = marked if len(marked) <= _MAX_SHOWN_CHARS else f"{marked[:_MAX_SHOWN_CHARS]}…"
    return f"{start}  {reading.score:11.2f}  {reading.null_score:6.2f}  {entry.entry_id}: {shown}"


def _outcome(outcome: FaqOutcome) -> str:
    match outcome:
        case Answer() as answer:
            marked = answer.passage[answer.span_start : answer.span_end]
            span = "the whole passage" if marked == answer.passage else f"'{marked}'"
            return f"decision: answer {span} of {answer.entry_id} (confidence {answer.confidence:.2f})"
        case Suggestions(entries=entries):
            return "decision: suggest " + ", ".join(entry_id for entry_id, _ in entries)
        case nothing:
            return f"decision: no answer, {nothing.reason}"
