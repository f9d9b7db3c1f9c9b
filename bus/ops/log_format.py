"""The format of log lines, which include the trace id. Code must not log paths, texts or names of people."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from bus.ops.tracing import current_trace


def set_up(json_lines: bool) -> None:
    """Log to standard error from level INFO: one line for each entry. As text, tracebacks follow on further lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if json_lines else TextLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # nameko logs every error that a call raises, although the caller gets it.
    logging.getLogger("nameko").setLevel(logging.ERROR)
    # So does Elasticsearch's client, for each call.
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
    for noisy in ("alembic", "amqp", "kombu", "space.http"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def trace_id() -> str:
    """The `trace-id` of the current trace (W3C Trace Context): 32 hex digits, or `""` if there is no trace."""
    parts = current_trace().split("-")
    return parts[1] if len(parts) == 4 else ""


class TextLines(logging.Formatter):
    """`2026-11-22T10:00:00.000Z WARNING bus.eventlog.relay: what happened trace=…`"""

    def formatMessage(self, record: logging.LogRecord) -> str:
        trace = trace_id()
        ending = f" trace={trace}" if trace else ""
        return f"{_moment(record)} {record.levelname} {record.name}: {record.message}{ending}"


class JsonLines(JsonFormatter):
    """One JSON object for each entry: `time`, `level`, `logger`, `message`, and `trace` and `error` if any."""

    def __init__(self) -> None:
        super().__init__("{message}", style="{", json_ensure_ascii=False)

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        log_data["time"] = _moment(record)
        log_data["level"] = record.levelname.lower()
        log_data["logger"] = record.name
        log_data["message"] = record.getMessage()
        if trace := trace_id():
            log_data["trace"] = trace
        if record.exc_info:
            log_data["error"] = self.formatException(record.exc_info)


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
