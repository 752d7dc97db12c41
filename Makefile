.DEFAULT_GOAL := help
.PHONY: help demo up test test-long lint bench clean
SHELL := /bin/sh

VENV := .venv
READY := $(VENV)/.installed
KILLS ?= 50
SPREAD := -n auto --maxprocesses 4 --dist worksteal
ARGS ?=
# Tests start many processes; where the environment forbids to keep what was compiled, each compiles anew.
PYTEST := PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m pytest $(SPREAD)

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: $(READY) ## Play a sample portfolio on the real engine; EXIT=1 ends by itself
	$(VENV)/bin/cession demo $(if $(EXIT),--exit) $(ARGS)

up: $(READY) ## Run the whole stack in real time, state under var/
	$(VENV)/bin/cession up $(ARGS)

test: $(READY) ## All tests on SQLite, store and contract tests also on PostgreSQL, 50 kills
	$(PYTEST) --kills $(KILLS) $(ARGS)

test-long: KILLS = 1000
test-long: $(READY) ## All tests on PostgreSQL, the long ones too, 1,000 kills
	$(PYTEST) --database postgres --long --kills $(KILLS) $(ARGS)

lint: $(READY) ## Style, formatting, types, and the direction of imports
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/basedpyright --pythonpath $(VENV)/bin/python
	PYTHONPATH=. $(VENV)/bin/lint-imports --no-cache

bench: $(READY) ## Measure whole cases, starts, notifications and memory, against floors
	$(VENV)/bin/python -m bench $(ARGS)

clean: ## Remove the environment and every cache; var/ stays, it holds your cases
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first working Python of 3.11 or newer that can make environments.
$(READY): requirements.lock pyproject.toml
	@python=; for name in $(PYTHON) python3.13 python3.12 python3.11 python3.14 python3 python; do \
	  if $$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	  then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Cession needs Python 3.11 or newer with its venv module (on Debian: python3-venv)." >&2; \
	  echo "Install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; \
	fi; \
	$(VENV)/bin/python -c '' 2>/dev/null || { \
	  echo "Setting up $(VENV) with $$($$python --version); this happens once."; \
	  $$python -m venv --clear $(VENV); }
	@$(VENV)/bin/python -m pip --disable-pip-version-check install -q --require-hashes -r requirements.lock
	@$(VENV)/bin/python -m pip --disable-pip-version-check install -q --no-deps --no-build-isolation -e .
	@touch $@
