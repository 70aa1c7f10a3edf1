"""One logging set-up: an event name with fields on every line; never customer text above DEBUG."""

from __future__ import annotations

import logging
import sys

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}


class FieldFormatter(logging.Formatter):
    """Formats ``log.info("message_handled", extra={...})`` as ``message_handled key=value ...``."""

    def format(self, record: logging.LogRecord) -> str:
        """Append the record's extra fields to its line."""
        line = super().format(record)
        fields = {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        if not fields:
            return line
        head, separator, traceback = line.partition("\n")
        return (
            head + " " + " ".join(f"{key}={value}" for key, value in fields.items()) + separator + traceback
        )


def configure_logging(level: str = "INFO") -> None:
    """Send all log lines of the process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FieldFormatter("%(asctime)s %(levelname)-7s %(name)s %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in (
        "bm25s",
        "faiss.loader",
        "uvicorn.error",
        "httpx",
        "urllib3",
        "sanic.root",
        "alembic.runtime",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
