"""Reading the diagram of docs/architecture.md."""

import pytest

from scripts import check_architecture


def test_arrows_are_read_from_the_diagram() -> None:
    page = (
        "# Space\n```mermaid\nflowchart TD\n  gateway --> bus & core\n  services.blog --> bus\n```\na --> b\n"
    )
    assert check_architecture.drawn_arrows(page) == {
        ("gateway", "bus"),
        ("gateway", "core"),
        ("services.blog", "bus"),
    }


def test_a_page_without_a_diagram_is_refused() -> None:
    with pytest.raises(SystemExit, match="no Mermaid diagram"):
        check_architecture.drawn_arrows("# Space\n")


@pytest.mark.parametrize(
    ("module", "node"),
    [
        ("core.clock", "core"),
        ("services.blog.rules", "services.blog"),
        ("services", "services"),
        ("gateway", "gateway"),
    ],
)
def test_a_module_belongs_to_its_package_or_its_service(module: str, node: str) -> None:
    assert check_architecture.node_of(module) == node
