"""Switches a whole process to eventlet's greenlets. Must be called before anything else is imported."""

import warnings

# eventlet warns at import that it only gets bug fixes; decision 1 (docs/decisions) takes that into account.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402


def patch_standard_library() -> None:
    """Let other greenlets run while a socket, lock, thread or sleep of the standard library waits."""
    eventlet.monkey_patch()
