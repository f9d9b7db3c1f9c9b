"""Install what the tests need from Debian's packages: RabbitMQ, PostgreSQL, Chromium and fonts.

Nothing is started: servers are started by us, on ports of our own, and only while they are needed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# A package, and a file that shows that it is there.
PACKAGES = {
    "rabbitmq-server": "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "postgresql": "/usr/lib/postgresql/*/bin/postgres",
    "postgresql-client": "/usr/lib/postgresql/*/bin/psql",
    # For its promtool, which checks the alert rules.
    "prometheus": "/usr/bin/promtool",
    "chromium": "/usr/bin/chromium",
    # Arabic, Hebrew, Devanagari and most other scripts, then Chinese, Japanese and Korean.
    "fonts-noto-core": "/usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf",
    "fonts-noto-cjk": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
}
POLICY = Path("/usr/sbin/policy-rc.d")


def missing() -> list[str]:
    return [package for package, file in PACKAGES.items() if not any(Path("/").glob(file.lstrip("/")))]


def install() -> int:
    """Install what is missing. Where that can't be done: say why, and fail only in CI; tests then skip."""
    packages = missing()
    if not packages:
        return 0
    wanted = " ".join(packages)
    if shutil.which("apt-get") is None:
        return _cannot(f"this is not Debian: install what its packages {wanted} hold, by hand")
    if os.geteuid() != 0:
        return _cannot(f"not root: run 'sudo apt-get install {wanted}' once")
    print(f"Installing {wanted} …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_service_starts():
        for arguments in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *packages]):
            if subprocess.run(["apt-get", *arguments], env=environment, check=False).returncode != 0:
                return _cannot(f"apt-get {arguments[0]} failed")
    return 0


def _cannot(why: str) -> int:
    in_ci = os.environ.get("CI") == "true"
    consequence = "CI needs them" if in_ci else "tests that need them are skipped"
    print(f"Test servers are not installed: {why} ({consequence}).", file=sys.stderr)
    return 1 if in_ci else 0


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Keep Debian's packages from starting their services while they are installed."""
    if POLICY.exists():  # The machine has a policy of its own.
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
