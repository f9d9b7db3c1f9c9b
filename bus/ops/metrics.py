"""Metrics that are updated as things happen. Those that are read on demand are in `bus/ops/health.py`."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, GCCollector, Histogram, ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_QUICK = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

HANDLING_SECONDS = Histogram(
    "space_event_handling_seconds",
    "From an event's time to the commit of what its handlers wrote",
    ("service", "producer"),
    buckets=(*_QUICK, 30, 60, 300, 3600),
    registry=REGISTRY,
)
EVENTS_FAILED = Counter(
    "space_event_failures_total", "Handlers that raised", ("service", "producer"), registry=REGISTRY
)
EVENTS_PULLED = Counter(
    "space_events_pulled_total",
    "Events read from a producer's log rather than received from the broker",
    ("service", "producer"),
    registry=REGISTRY,
)
CALL_SECONDS = Histogram(
    "space_call_seconds",
    "Calls as the caller sees them",
    ("service", "method"),
    buckets=_QUICK,
    registry=REGISTRY,
)
CALL_ERRORS = Counter(
    "space_call_errors_total", "Calls that raised, by kind", ("service", "method", "kind"), registry=REGISTRY
)
CALLS_REFUSED = Counter(
    "space_calls_refused_total",
    "Calls from the broker that were not signed by who may send them",
    ("service", "reason"),
    registry=REGISTRY,
)
BREAKER_OPEN = Gauge(
    "space_call_breaker_open",
    "1 while calls to a service fail at once because it did not answer",
    ("service",),
    registry=REGISTRY,
)
REQUEST_CPU_SECONDS = Histogram(
    "space_request_cpu_seconds",
    "CPU time of requests to the gateway, with that of services in the same process",
    ("kind",),
    buckets=_QUICK,
    registry=REGISTRY,
)
PAGES = Counter(
    "space_pages_total",
    "Pages by how they were answered: kept (`hit`), made anew (`miss`), or kept and right while a service "
    "was away (`away`)",
    ("result",),
    registry=REGISTRY,
)
PAGE_SAMPLES = Counter(
    "space_page_samples_total",
    "Kept pages that were made again to compare them: `same`, or `different`, which must not happen",
    ("result",),
    registry=REGISTRY,
)
PURGES = Counter(
    "space_purges_total",
    "Requests that purge pages from a content delivery network: `done`, or `failed` and sent again later",
    ("result",),
    registry=REGISTRY,
)
KEPT_BYTES = Gauge("space_kept_page_bytes", "The memory that kept pages take", registry=REGISTRY)
TASK_SECONDS = Histogram(
    "space_outbox_task_seconds",
    "From enqueuing an outbox task to its being done",
    ("service", "kind"),
    buckets=(*_QUICK, 30, 60, 300, 3600),
    registry=REGISTRY,
)
TASKS_FAILED = Counter(
    "space_outbox_task_failures_total", "Task handlers that raised", ("service", "kind"), registry=REGISTRY
)
PUSHES = Counter(
    "space_pushes_total",
    "Push messages by what became of them: `delivered`, `gone` (there is no such subscription any more), `busy` or "
    "`unreachable` (sent again later), or `refused`",
    ("result",),
    registry=REGISTRY,
)
TASKS_PAUSED = Gauge(
    "space_outbox_paused",
    "1 while all tasks of a kind wait for what they need",
    ("service", "kind"),
    registry=REGISTRY,
)
MAILS_HANDLED = Counter(
    "space_mails_handled_total",
    "Mails that came in, by what became of them: `posted`, `waits` (for a moderator), `held` (its author is told why), "
    "`bounce`, `automatic` (by no person), `nobody` (whose address it was has left)",
    ("outcome",),
    registry=REGISTRY,
)
MAIL_SERVER_UP = Gauge(
    "space_mail_server_up",
    "1 while the server that takes mail at SPACE_MAIL_IN runs",
    # So that a process without one says nothing of it.
    ("protocol",),
    registry=REGISTRY,
)


def handled_kinds(service: str) -> set[str]:
    """The kinds of outbox tasks that a service handles in this process."""
    samples = [sample for family in TASKS_PAUSED.collect() for sample in family.samples]
    return {sample.labels["kind"] for sample in samples if sample.labels["service"] == service}
