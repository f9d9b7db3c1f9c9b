"""Lock the dependencies again: the newest compatible Python packages, and npm's as package.json names them.

uv, installed in a temporary virtual environment, resolves the Python packages. Only wheels are used, so that no
compiler is needed. No lock file contains a registry's URL: each machine uses the registry that it is configured for.
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("run", "dev")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        programs = Path(folder) / "bin"
        subprocess.run([programs / "pip", "install", "--quiet", "uv"], check=True)
        for name in LOCKS:
            print(f"requirements/{name}.txt …", flush=True)
            lock_python(programs / "uv", name)
    print("package-lock.json …", flush=True)
    lock_browser_files()
    return check_no_address()


def lock_python(uv: Path, name: str) -> None:
    """Write one lock file. Versions in that for development are the same as in that for running."""
    output = Path("requirements") / f"{name}.txt"
    same = ["--constraint", "requirements/run.txt"] if name == "dev" else []
    # With an existing file uv would keep the locked versions.
    (ROOT / output).unlink(missing_ok=True)
    subprocess.run(
        [
            str(uv),
            "pip",
            "compile",
            "--quiet",
            "--universal",
            "--python-version",
            "3.11",
            "--only-binary",
            ":all:",
        ]
        + ["--generate-hashes", "--no-header", "--no-annotate", *same]
        + [f"requirements/{name}.in", "--output-file", str(output)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def lock_browser_files() -> None:
    subprocess.run(["npm", "install", "--package-lock-only", "--loglevel=error"], cwd=ROOT, check=True)
    path = ROOT / "package-lock.json"
    lock = json.loads(path.read_text())
    for package in lock["packages"].values():
        package.pop("funding", None)
    path.write_text(json.dumps(lock, indent=2) + "\n")


def check_no_address() -> int:
    locks = [*(ROOT / "requirements" / f"{name}.txt" for name in LOCKS), ROOT / "package-lock.json"]
    named = [path for path in locks if "://" in path.read_text()]
    for path in named:
        print(f"{path.relative_to(ROOT)} holds an address", file=sys.stderr)
    return 1 if named else 0


if __name__ == "__main__":
    sys.exit(main())
