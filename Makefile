# make demo | make test | make setup: each does all the set-up that it needs. `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
# Bytecode is kept whatever the shell says: each of the many processes of a test run would compile everything anew.
export PYTHONDONTWRITEBYTECODE :=
# Tests on clusters mostly wait: one worker more than there are processors, where each finds 4 GB of memory
WORKERS ?= $(shell awk -v n="$$(getconf _NPROCESSORS_ONLN)" \
  '/^MemAvailable/ {fit = int($$2 / 4194304); print n < fit ? n + 1 : fit < 1 ? 1 : fit}' /proc/meminfo)

.PHONY: help setup web demo test lint unit integration bench clean

help: ## This list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/ready ## A virtual environment with a working .venv/bin/gatewright, and its web page
	@PYTHON="$(abspath $(BIN))/python" scripts/web || test $$? = 9 # without Node.js all but the page works

web: .venv/ready ## The web page, where something in web/ has changed
	@PYTHON="$(abspath $(BIN))/python" scripts/web

.venv/ready: pyproject.toml constraints.txt scripts/setup
	@PYTHON="$(PYTHON)" scripts/setup

demo: setup ## Three real clusters and the founding story; ONCE=1 stops afterwards
	@$(BIN)/gatewright demo $(if $(ONCE),--once -o json)

test: lint unit integration ## Everything: lint, types, import contracts, unit and integration tests

lint: setup ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	@scripts/web types lint

unit: setup ## Tests without clusters
	$(BIN)/pytest -q -n 2 --dist loadfile -p no:schemathesis tests/unit
	@scripts/web test

integration: setup ## Tests on real API servers, Traefik and PostgreSQL
	$(BIN)/gatewright lab prepare --kubernetes 1.36 --kubernetes 1.34 --kubernetes 1.30 \
	  --traefik 3.5.3 --traefik 3.6.15 --traefik 3.7.15
	$(BIN)/pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder tests/integration

bench: setup ## Ratios against kubectl, and 1,000 simulated clusters watched
	$(BIN)/gatewright lab prepare
	$(BIN)/python -m bench
	$(BIN)/python -m bench.observation
	$(BIN)/python -m bench.pages
	$(BIN)/python -m bench.frames

clean: ## Remove the virtual environment and the built page
	rm -rf .venv web/node_modules src/gatewright/server/static
