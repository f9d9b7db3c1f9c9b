"""How the architecture's diagram is read."""

import pytest

from scripts import check_architecture


def test_arrows_are_read_from_the_diagram() -> None:
    page = (
        "# House\n```mermaid\nflowchart TD\n  gateway --> bus & core\n  services.blog --> bus\n```\na --> b\n"
    )
    assert check_architecture.drawn_arrows(page) == {
        ("gateway", "bus"),
        ("gateway", "core"),
        ("services.blog", "bus"),
    }


def test_a_page_without_a_diagram_is_refused() -> None:
    with pytest.raises(SystemExit, match="no Mermaid diagram"):
        check_architecture.drawn_arrows("# House\n")


@pytest.mark.parametrize(
    ("module", "room"),
    [
        ("core.clock", "core"),
        ("services.blog.rules", "services.blog"),
        ("services", "services"),
        ("gateway", "gateway"),
    ],
)
def test_a_module_belongs_to_its_package_or_its_service(module: str, room: str) -> None:
    assert check_architecture.room_of(module) == room
