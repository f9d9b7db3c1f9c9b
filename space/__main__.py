"""`python -m space`. Switches to greenlets before anything else is imported."""

from bus.green import patch_standard_library

patch_standard_library()

from space.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
