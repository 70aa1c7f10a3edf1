"""Shows the progress of a training run as one bar with the time left."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import NoReturn

from tqdm import tqdm

from nlu.training.progress import Progress


class ProgressBar:
    """A bar on standard error; a line per stage where that is no terminal."""

    def __init__(self) -> None:
        bar_format = "{percentage:3.0f}% |{bar:24}| {desc}"
        self._bar: tqdm[NoReturn] = tqdm(total=100, bar_format=bar_format, disable=not sys.stderr.isatty())
        self._stage = ""
        self._started_at_s: float | None = None  # of the steps

    def __enter__(self) -> ProgressBar:
        """Give the bar itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the bar as it stands."""
        self._bar.close()

    def show(self, progress: Progress) -> None:
        """Move the bar; see `nlu.training.progress`."""
        line = f"{progress.stage}: {progress.message}{_time_left(progress)}"
        self._bar.n = round(100 * progress.fraction)
        self._bar.set_description_str(line)
        if self._bar.disable and progress.stage != self._stage:
            print(f"{progress.fraction:4.0%} {line}", file=sys.stderr)
        self._stage = progress.stage

    def show_steps(self, done: int, total: int, loss: float) -> None:
        """Move the bar while a model learns from stories."""
        now_s = time.monotonic()
        self._started_at_s = now_s if self._started_at_s is None else self._started_at_s
        eta_s = (now_s - self._started_at_s) * (total - done) / done
        self.show(Progress("stories", done / total, eta_s, f"loss {loss:.3f}"))


def _time_left(progress: Progress) -> str:
    if progress.eta_s is None or progress.fraction >= 1:
        return ""
    minutes, seconds = divmod(round(progress.eta_s), 60)
    return f", {minutes} min {seconds:02} s left" if minutes else f", {seconds} s left"
