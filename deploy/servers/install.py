"""Install what the tests need: RabbitMQ, PostgreSQL, Chromium, Java and fonts as Debian's packages, and Elasticsearch.

The packages' services are not started: `deploy.servers` starts private servers when they are needed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.servers.elasticsearch import build
from deploy.servers.process import ServerError

# Packages, each with a file whose presence shows that it is installed.
PACKAGES = {
    "rabbitmq-server": "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "postgresql": "/usr/lib/postgresql/*/bin/postgres",
    "postgresql-client": "/usr/lib/postgresql/*/bin/psql",
    # For its promtool, which checks the alert rules.
    "prometheus": "/usr/bin/promtool",
    "chromium": "/usr/bin/chromium",
    # For the Nu validator, which checks the pages' HTML.
    "default-jre-headless": "/usr/bin/java",
    # They fetch and compile what Elasticsearch is started with.
    "default-jdk-headless": "/usr/bin/javac",
    "maven": "/usr/bin/mvn",
    # Arabic, Hebrew, Devanagari and most other scripts, then Chinese, Japanese and Korean.
    "fonts-noto-core": "/usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf",
    "fonts-noto-cjk": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
}
POLICY = Path("/usr/sbin/policy-rc.d")


def missing() -> list[str]:
    return [package for package, file in PACKAGES.items() if not any(Path("/").glob(file.lstrip("/")))]


def install() -> int:
    """Install what is missing. If that is not possible, print why; it is an error (exit code 1) only in CI."""
    code = _install_packages()
    try:
        build.prepare()
    except ServerError as error:
        return _cannot(f"Elasticsearch can't be fetched: {error}")
    return code


def _install_packages() -> int:
    packages = missing()
    if not packages:
        return 0
    wanted = " ".join(packages)
    if shutil.which("apt-get") is None:
        return _cannot(f"this is not Debian: install what its packages {wanted} contain")
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
    """Prevent Debian's packages from starting their services on installation (policy-rc.d)."""
    if POLICY.exists():  # the machine's own policy
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
