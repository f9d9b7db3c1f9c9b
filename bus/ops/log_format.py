"""Log lines that carry the trace of the request they belong to. Paths, texts and names of people stay out of them."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from bus.ops.tracing import current_trace


def set_up(json_lines: bool) -> None:
    """Log to standard error, one line an entry (tracebacks follow theirs, unless it is JSON), from INFO up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if json_lines else TextLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # nameko logs each error of a call, of which the caller hears as well.
    logging.getLogger("nameko").setLevel(logging.ERROR)
    for noisy in ("alembic", "amqp", "kombu", "space.http"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def trace_id() -> str:
    """The trace's id, 32 hex digits, `""` outside of any: what `traceparent` calls trace-id."""
    parts = current_trace().split("-")
    return parts[1] if len(parts) == 4 else ""


class TextLines(logging.Formatter):
    """`2026-11-22T10:00:00.000Z WARNING bus.eventlog.relay: what happened trace=…`"""

    def formatMessage(self, record: logging.LogRecord) -> str:
        trace = trace_id()
        ending = f" trace={trace}" if trace else ""
        return f"{_moment(record)} {record.levelname} {record.name}: {record.message}{ending}"


class JsonLines(logging.Formatter):
    """One JSON object a line: `time`, `level`, `logger`, `message`, and `trace`, `error` where there are."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if trace := trace_id():
            entry["trace"] = trace
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
