"""`python -m space`: greenlets first, then everything else."""

import warnings

# eventlet says at import that it is in bug-fix mode: known, and decided in docs/decisions.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()

from space.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
