"""The import contract for modules that may import only some packages."""

from grimp import ImportGraph

from scripts.import_contracts import forbidden_imports


def test_an_import_outside_of_what_is_allowed_is_named() -> None:
    graph = ImportGraph()
    for imported in ("core.clock", "sqlalchemy", "services.blog.tables", "datetime"):
        graph.add_import(importer="services.blog.rules", imported=imported)
    graph.add_import(importer="services.blog.actions", imported="sqlalchemy")

    found = forbidden_imports(graph, {"services.*.rules"}, {"core", "contracts", "datetime"})

    assert found == [("services.blog.rules", "services.blog.tables"), ("services.blog.rules", "sqlalchemy")]
