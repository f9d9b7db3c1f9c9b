#!/bin/sh
# Run every check, and list those that failed. Usage: lint.sh FOLDER_OF_PROGRAMS PACKAGE…
set -u
programs="$1"
shift
failed=""

check() {
    name="$1"
    shift
    echo "== $name"
    "$@" || failed="$failed, $name"
}

present=""
for package in "$@" bench; do
    [ -e "$package" ] && present="$present $package"
done

check "ruff check" "$programs/ruff" check .
check "ruff format" "$programs/ruff" format --check .
# shellcheck disable=SC2086
check "mypy" "$programs/mypy" $present
check "layers" "$programs/lint-imports" --no-logo
check "words" "$programs/python" scripts/check_words.py
check "translations" "$programs/python" -m gateway.i18n.check
check "published contracts" "$programs/python" -m contracts.check
check "OpenAPI" "$programs/python" -m gateway.api.openapi --check
check "architecture's diagram" "$programs/python" scripts/check_architecture.py

if [ -n "$failed" ]; then
    echo "Failed: ${failed#, }" >&2
    exit 1
fi
echo "All checks passed."
