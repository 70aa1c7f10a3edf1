"""Says at the end of a run what was left out, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = count_reasons(terminalreporter.stats.get("skipped", []))
    terminalreporter.section("left out")
    if not reasons:
        terminalreporter.write_line("Nothing: every test ran.")
    for reason, number in sorted(reasons.items()):
        terminalreporter.write_line(f"{number:5} tests: {reason}")


def count_reasons(reports: Iterable[pytest.TestReport]) -> Counter[str]:
    """Count skipped tests by their reason, without pytest's prefix."""
    reasons: Counter[str] = Counter()
    for report in reports:
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[text.removeprefix("Skipped: ")] += 1
    return reasons
