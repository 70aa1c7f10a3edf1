"""Every retrieval data set by name: how it is read and what is reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.retrieval.data import RetrievalData
from benchmarks.retrieval.figures import FAQ_FIGURES, PASSAGE_FIGURES, Figure
from benchmarks.retrieval.readers.covidfaq import read_covidfaq
from benchmarks.retrieval.readers.dstc11_t5_faq import read_dstc11_t5_faq
from benchmarks.retrieval.readers.feedbackqa import read_feedbackqa
from benchmarks.retrieval.readers.multidoc2dial import read_multidoc2dial
from benchmarks.retrieval.readers.stackfaq import read_stackfaq

ALL = "all"
_NUM_CONTEXT_TURNS = 2  # what the customer said before, and the reply to it


class UnknownSetError(Exception):
    """A name that no data set has."""


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """One row group of the table.

    `num_context_turns`: how many turns before the question are searched with it, where there are any.
    """

    name: str
    read: Callable[[Path], RetrievalData]
    figures: tuple[Figure, ...] = FAQ_FIGURES
    num_context_turns: int = 0


SETS = (
    RetrievalSet("stackfaq", read_stackfaq),
    RetrievalSet("covidfaq", read_covidfaq),
    RetrievalSet("feedbackqa", read_feedbackqa),
    RetrievalSet("dstc11_t5_faq", read_dstc11_t5_faq, num_context_turns=_NUM_CONTEXT_TURNS),
    RetrievalSet("multidoc2dial", read_multidoc2dial, PASSAGE_FIGURES, num_context_turns=_NUM_CONTEXT_TURNS),
    RetrievalSet("multidoc2dial-last-turn", read_multidoc2dial, PASSAGE_FIGURES),
)


def select_sets(names: Sequence[str]) -> tuple[RetrievalSet, ...]:
    """Find sets by name, or all of them; in the order of the table, each once.

    Raises:
        UnknownSetError: no set has one of the names.
    """
    known = {one.name for one in SETS} | {ALL}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UnknownSetError(f"got {', '.join(unknown)}; expected some of {', '.join(sorted(known))}")
    return tuple(one for one in SETS if ALL in names or one.name in names)
