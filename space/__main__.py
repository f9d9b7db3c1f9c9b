"""`python -m space`: greenlets first, then everything else."""

from bus.green import patch_standard_library

patch_standard_library()

from space.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
