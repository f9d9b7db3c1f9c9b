#!/bin/sh
# Check that the tools for setting Space up are installed, and name the first one missing. Usage: check_tools.sh PYTHON
set -u
fail() { echo "$1" >&2; exit 1; }
python="$1"

command -v git >/dev/null || fail "git is missing: install it (Debian: apt-get install git)."
command -v "$python" >/dev/null || fail "$python is missing: install Python 3.11 or newer (Debian: apt-get install python3 python3-venv), or name it with PYTHON=…"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) is too old: Space needs Python 3.11 or newer; name it with PYTHON=…"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python cannot make virtual environments: install its venv module (Debian: apt-get install python3-venv)."
command -v node >/dev/null || fail "node is missing: install Node.js 18 or newer (Debian: apt-get install nodejs)."
node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)' ||
    fail "Node.js $(node --version) is too old: Space needs 18 or newer."
command -v npm >/dev/null || fail "npm is missing: install it (Debian: apt-get install npm)."
