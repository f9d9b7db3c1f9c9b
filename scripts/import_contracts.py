"""A contract type for import-linter: modules that may import only the listed packages."""

from fnmatch import fnmatchcase
from sys import stdlib_module_names
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OnlyImports(Contract):
    """The modules (``*`` matches any characters) import only the allowed packages and the standard library."""

    type_name = "only_imports"

    modules = fields.SetField(subfield=fields.StringField())
    allowed = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        patterns, allowed = cast(set[str], self.modules), cast(set[str], self.allowed)
        found = forbidden_imports(graph, patterns, allowed | stdlib_module_names)
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["found"]:
            output.print_error(f"{importer} is not allowed to import {imported}", bold=True)


def forbidden_imports(graph: ImportGraph, patterns: set[str], allowed: set[str]) -> list[tuple[str, str]]:
    """Return each import that is not allowed, as importer and imported module."""
    return [
        (importer, imported)
        for importer in sorted(graph.modules)
        if any(fnmatchcase(importer, pattern) for pattern in patterns)
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
        if not any(imported == package or imported.startswith(f"{package}.") for package in allowed)
    ]
