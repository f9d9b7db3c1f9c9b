"""What a database's errors say, since they are logged."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from core.database import Database


def test_an_error_names_no_parameter(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/a.sqlite")
    with database.reading() as session, pytest.raises(OperationalError) as caught:
        session.execute(text("SELECT * FROM nothing WHERE name = :name"), {"name": "Zuleika"})
    assert "Zuleika" not in str(caught.value)
    database.close()
