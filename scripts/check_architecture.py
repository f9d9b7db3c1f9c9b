"""Check the diagram in docs/architecture.md against the imports of the code.

The diagram's packages and arrows are read from its first Mermaid block, in lines such as ``gateway --> bus & core``;
a node is a top-level package, or a service written ``services.blog``. An arrow that the code doesn't have, or an
import that the diagram doesn't show, fails with its name. ``--print`` prints the arrows as they are now.
"""

import re
import sys
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
PACKAGES = ("core", "contracts", "bus", "services", "gateway", "space")
ARROW = re.compile(r"^\s*([\w.]+)\s*-->\s*([\w.]+(?:\s*&\s*[\w.]+)*)\s*$")

Arrows = set[tuple[str, str]]


def node_of(module: str) -> str:
    """Return the node of a module: its top-level package, or the service within ``services``."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "services" and len(parts) > 1 else parts[0]


def real_arrows() -> Arrows:
    """Return which node imports which in the code."""
    sys.path.insert(0, str(ROOT))
    present = [package for package in PACKAGES if (ROOT / package / "__init__.py").exists()]
    graph = grimp.build_graph(*present, cache_dir=None)
    arrows = {
        (node_of(module), node_of(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    return {(importer, imported) for importer, imported in arrows if importer != imported}


def drawn_arrows(page: str) -> Arrows:
    """Return the arrows of the page's first Mermaid block; ``a --> b & c`` draws two."""
    block = re.search(r"```mermaid\n(.*?)```", page, re.DOTALL)
    if block is None:
        raise SystemExit(f"{PAGE.relative_to(ROOT)} has no Mermaid diagram")
    matches = filter(None, map(ARROW.match, block.group(1).splitlines()))
    return {(match[1], target.strip()) for match in matches for target in match[2].split("&")}


def main(arguments: list[str]) -> int:
    real = real_arrows()
    if "--print" in arguments:
        for importer in sorted({importer for importer, _ in real}):
            targets = sorted(imported for start, imported in real if start == importer)
            print(f"    {importer} --> {' & '.join(targets)}")
        return 0
    if not PAGE.exists():
        print(f"{PAGE.relative_to(ROOT)} does not exist", file=sys.stderr)
        return 1
    drawn = drawn_arrows(PAGE.read_text())
    for importer, imported in sorted(real - drawn):
        print(f"docs/architecture.md: {importer} imports {imported}, which the diagram does not show")
    for importer, imported in sorted(drawn - real):
        print(f"docs/architecture.md: it shows {importer} --> {imported}, which the code does not import")
    return 0 if real == drawn else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
