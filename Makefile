# Space. `make help` lists the targets.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
PACKAGES := core contracts bus services gateway space wiki deploy scripts tests
PIP_INSTALL := $(PY) -m pip install --disable-pip-version-check --require-hashes --only-binary :all:
SERVERS := $(PY) -m deploy.servers
SERVERS_FOLDER = $(if $(SPACE_HOME),$(SPACE_HOME),var/space)/servers
# Each runs in a separate process; scripts/run_tests.py says which run at the same time.
SUITES ?= tests/unit tests/leaks tests/bus tests/chaos tests/deploy tests/story tests/pages
ROUNDS ?= 100
CHAOS ?=
PYTEST ?=

export PORT
ifdef SPACE_HOME
export SPACE_HOME
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

.PHONY: help
help: ## Show this list
	@echo "Space: make TARGET [PORT=8000] [SPACE_HOME=var/space] [PYTHON=python3]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

# --- Setting up. Each stamp is newer than the lock file that was installed.

RUN_STAMP := $(VENV)/.run-installed
DEV_STAMP := $(VENV)/.dev-installed
NPM_STAMP := node_modules/.installed

.PHONY: setup
setup: $(RUN_STAMP) $(DEV_STAMP) $(NPM_STAMP) ## Install everything that running, testing and linting need
	@echo "Ready: 'make run' starts Space, 'make test' tests it."

.PHONY: setup-servers
setup-servers: ## Install RabbitMQ, PostgreSQL, Chromium, Java and fonts from Debian's packages (as root), and fetch Elasticsearch
	@$(PYTHON) -m deploy.servers install

$(PY):
	@sh scripts/check_tools.sh $(PYTHON)
	@echo "Making the virtual environment $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): requirements/run.txt | $(PY)
	@echo "Installing Python packages (requirements/run.txt) …"
	@$(PIP_INSTALL) -r $<
	@touch $@

$(DEV_STAMP): requirements/dev.txt $(RUN_STAMP)
	@echo "Installing Python packages for development (requirements/dev.txt) …"
	@$(PIP_INSTALL) -r $<
	@touch $@

$(NPM_STAMP): package-lock.json package.json .npmrc
	@sh scripts/check_tools.sh $(PYTHON)
	@echo "Installing files for the browser (package-lock.json) …"
	@npm ci --ignore-scripts --loglevel=error
	@touch $@

# --- Running

.PHONY: run
run: $(RUN_STAMP) $(NPM_STAMP) ## Start Space in one process: http://127.0.0.1:8000
	@exec $(PY) -m space up

.PHONY: run-distributed
run-distributed: $(RUN_STAMP) $(NPM_STAMP) setup-servers ## Start each service as a process, on RabbitMQ, PostgreSQL and Elasticsearch
	@exec $(SERVERS) run --folder $(SERVERS_FOLDER) -- $(PY) -m space distributed

# --- Testing

.PHONY: test
test: setup setup-servers ## Run every test, on both ways to run; SUITES=tests/bus PYTEST="-k word" for some
	@$(PY) scripts/run_tests.py --servers="$(SERVERS) run --tests --" --pytest="$(PYTEST)" $(SUITES)

.PHONY: test-fast
test-fast: $(DEV_STAMP) $(NPM_STAMP) ## Run the tests that need neither a server nor long, in under a minute
	@$(PY) scripts/run_tests.py --fast --pytest="$(PYTEST)" tests/unit

.PHONY: chaos
chaos: setup setup-servers ## Play ROUNDS=100 random chaos scenarios; CHAOS="--only link" or "--seed 7" to select
	@$(SERVERS) run --tests -- $(PY) -W ignore -m tests.chaos $(ROUNDS) $(CHAOS)

.PHONY: lint
lint: $(DEV_STAMP) $(NPM_STAMP) ## Check style, types, layers, words, translations, OpenAPI and the architecture's diagram
	@sh scripts/lint.sh $(VENV)/bin $(PACKAGES)

.PHONY: format
format: $(DEV_STAMP) ## Format the code and fix what ruff can fix
	@$(VENV)/bin/ruff check --fix --quiet . || true
	@$(VENV)/bin/ruff format .

.PHONY: bench bus notify timing hostile write read search mail
ifneq ($(filter bus,$(MAKECMDGOALS)),)
bench: setup setup-servers
	@$(SERVERS) run --tests -- $(PY) -W ignore -m bench.bus
bus: bench
else ifneq ($(filter notify,$(MAKECMDGOALS)),)
bench: setup setup-servers
	@$(SERVERS) run --tests -- $(PY) -W ignore -m bench.notify
notify: bench
else ifneq ($(filter timing,$(MAKECMDGOALS)),)
bench: setup
	@$(PY) -m bench.timing
timing: bench
else ifneq ($(filter hostile,$(MAKECMDGOALS)),)
bench: setup
	@$(PY) -W ignore -m bench.hostile
hostile: bench
else ifneq ($(filter write,$(MAKECMDGOALS)),)
bench: setup setup-servers
	@$(SERVERS) run --tests -- $(PY) -W ignore -m bench.write
write: bench
else ifneq ($(filter read,$(MAKECMDGOALS)),)
bench: setup
	@$(PY) -W ignore -m bench.read --plot docs/read.svg
read: bench
else ifneq ($(filter search,$(MAKECMDGOALS)),)
bench: setup setup-servers
	@$(SERVERS) run --tests -- $(PY) -W ignore -m bench.search
search: bench
else ifneq ($(filter mail,$(MAKECMDGOALS)),)
bench: setup
	@$(PY) -W ignore -m bench.mail
mail: bench
else
bench: setup ## Measure requests, start time and memory; `make bench bus`: events and calls, compared with plain kombu and nameko; `make bench notify`: 1, 2 and 4 processes; `make bench timing`: whether an answer's time tells what is hidden; `make bench hostile`: readers while clients try to stop Space; `make bench write`: replies a second, and a post that many follow; `make bench read`: pages a second, and what one costs; `make bench search`: how well both engines answer judged queries, what a search costs, and how soon a reply is found; `make bench mail`: mails a second about a topic that very many follow, and how long others wait
	@$(PY) -m bench
endif

# --- Housekeeping

.PHONY: lock
lock: ## Lock the dependencies again, to the newest compatible versions
	@$(PYTHON) scripts/lock.py

.PHONY: clean
clean: ## Remove what was installed and cached; var/ with your data stays
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
