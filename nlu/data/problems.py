"""What is wrong with a set of files, collected, so that one run names every mistake and not only the first.

A reader goes on after a mistake by wrapping each part that stands alone in `Problems.noted`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from enum import IntEnum

from nlu.data.yaml_source import SourceError, YamlNode


class Severity(IntEnum):
    """How bad a problem is, the worst first."""

    FATAL = 0  # what it says cannot be used, so nothing starts
    ERROR = 1  # surely not meant, but Rasa starts with it, and so do we
    WARNING = 2  # may be meant


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a line of a file."""

    file: str
    line: int
    severity: Severity
    text: str

    @property
    def as_warning(self) -> str:
        """Give ``file:line: text``, as a bot that is served anyway shows it."""
        return f"{self.file}:{self.line}: {self.text}"

    def __str__(self) -> str:
        """Give the line that a compiler would print."""
        kind = "warning" if self.severity is Severity.WARNING else "error"
        return f"{self.file}:{self.line}: {kind}: {self.text}"


class Problems:
    """Collects problems in the order in which they are found; the same one counts once."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    @property
    def found(self) -> tuple[Problem, ...]:
        """Give all problems in the order in which they were found."""
        return tuple(self._found)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Give what did not stop anything, as ``file:line: text``."""
        return tuple(problem.as_warning for problem in self._found if problem.severity is not Severity.FATAL)

    def refuse(self, source: str, text: str) -> None:
        """Note a mistake that stops a bot from being served."""
        self._add(source, Severity.FATAL, text)

    def doubt(self, source: str, text: str) -> None:
        """Note a mistake with which a bot is served all the same, as Rasa does."""
        self._add(source, Severity.ERROR, text)

    def warn(self, source: str, text: str) -> None:
        """Note what may be meant."""
        self._add(source, Severity.WARNING, text)

    def doubt_other_keys(self, node: YamlNode, allowed: frozenset[str], what: str) -> None:
        """Note every key of a mapping that nobody reads."""
        for key in node.mapping(what):
            if key not in allowed:
                expected = ", ".join(sorted(allowed))
                text = f"{what}: unknown key '{key}'{hint(key, allowed)}; expected one of: {expected}"
                self.doubt(f"{node.file}:{node.key_lines[key]}", text)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note a `SourceError` of the block as a mistake, and go on after it."""
        try:
            yield
        except SourceError as error:
            self._found.setdefault(Problem(error.file, error.line, Severity.FATAL, error.problem))

    def raise_first(self, least: Severity = Severity.FATAL) -> None:
        """Raise the first problem as bad as `least`, if there is one, and say how many others there are.

        Raises:
            SourceError: there is one.
        """
        bad = [problem for problem in self._found if problem.severity <= least]
        if bad:
            first, others = bad[0], len(bad) - 1
            more = f" (and {others} more: 'spandesk validate' lists them all)" if others else ""
            raise SourceError(first.file, first.line, first.text + more)

    def _add(self, source: str, severity: Severity, text: str) -> None:
        file, _, line = source.rpartition(":")
        self._found.setdefault(Problem(file, int(line), severity, text))


def hint(name: str, known: Iterable[str]) -> str:
    """Suggest the known name that is most like an unknown one; "" when none is."""
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""
