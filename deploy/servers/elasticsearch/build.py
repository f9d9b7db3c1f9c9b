"""Makes the folder that an Elasticsearch node runs from: its libraries by Maven, and two classes compiled here.

The folder is kept under `var/elasticsearch`, by what it is made of, so it is made once.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from deploy.servers import process
from deploy.servers.process import ServerError

SOURCES = Path(__file__).parent
CACHE = SOURCES.parents[2] / "var" / "elasticsearch"
MAVEN_SECONDS = 600

_MODULES = {
    "transport-netty4": (
        "org.elasticsearch.transport.netty4.Netty4Plugin",
        ("transport-netty4-*.jar", "netty-*.jar"),
    ),
    "space-analysis": ("AnalysisModule", ("lucene-analysis-icu-*.jar", "icu4j-*.jar")),
}
"""The modules of the node: the class of each, and the libraries that it has apart from the node's own."""

_DESCRIPTOR = """\
name={name}
description={name}
version={version}
classname={classname}
java.version=17
elasticsearch.version={version}
"""


def prepare() -> Path:
    """Return the folder, made if it is not there yet. Raises ServerError if that is not possible."""
    home = CACHE / _digest()
    if home.exists():
        return home
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        # Another process may be making it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            _make(home)
    return home


def _digest() -> str:
    """Changes with whatever the folder is made of."""
    files = [Path(__file__), *sorted(path for path in SOURCES.rglob("*") if path.suffix in (".java", ".xml"))]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]


def _make(home: Path) -> None:
    maven, javac = process.find_program("mvn"), process.find_program("javac")
    fresh = home.with_name(f"{home.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    libraries = fresh / "lib"
    libraries.mkdir(parents=True)
    print("Fetching Elasticsearch's libraries with Maven (once) …", flush=True)
    copy = ["dependency:copy-dependencies", f"-DoutputDirectory={libraries}"]
    _run([str(maven), "--quiet", "--batch-mode", "--file", str(SOURCES / "pom.xml"), *copy])
    for name, (classname, patterns) in _MODULES.items():
        module = fresh / "modules" / name
        module.mkdir(parents=True)
        for jar in [jar for pattern in patterns for jar in libraries.glob(pattern)]:
            jar.rename(module / jar.name)
        descriptor = _DESCRIPTOR.format(name=name, classname=classname, version=_version())
        (module / "plugin-descriptor.properties").write_text(descriptor)
    analysis = fresh / "modules" / "space-analysis"
    classes = fresh / "classes"
    for source, path, target in (
        (SOURCES / "starter" / "Starter.java", f"{libraries}/*", fresh / "starter"),
        (SOURCES / "analysis" / "AnalysisModule.java", f"{libraries}/*:{analysis}/*", classes),
    ):
        _run([str(javac), "-nowarn", "-classpath", path, "-d", str(target), str(source)])
    archive = shutil.make_archive(str(analysis / "space-analysis"), "zip", classes)
    Path(archive).rename(analysis / "space-analysis.jar")
    shutil.rmtree(classes)
    fresh.rename(home)
    for other in CACHE.iterdir():
        if other.is_dir() and other != home:
            shutil.rmtree(other, ignore_errors=True)


def _version() -> str:
    found = re.search(r"<elasticsearch\.version>([^<]+)<", (SOURCES / "pom.xml").read_text())
    assert found is not None
    return found[1]


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=MAVEN_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise ServerError(f"{command[0]} took longer than {MAVEN_SECONDS} s") from None
    if done.returncode != 0:
        raise ServerError(f"{command[0]} failed with exit code {done.returncode}:\n{done.stdout[-4000:]}")
