"""Databases for the toy services."""

from sqlalchemy import create_engine, make_url


def new_postgresql_database(server_url: str, name: str) -> str:
    """Make an empty database on the test server; answers its URL."""
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    engine.dispose()
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)
