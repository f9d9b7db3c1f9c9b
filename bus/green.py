"""Greenlets for a whole process (eventlet): to be called before anything else is imported."""

import warnings

# eventlet says at import that it is in bug-fix mode: known, and decided in docs/decisions.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402


def patch_standard_library() -> None:
    """Make the standard library's sockets, threads, locks and sleeps give way to other greenlets."""
    eventlet.monkey_patch()
