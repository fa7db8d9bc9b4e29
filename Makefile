# Two commands matter: `make run` and `make test`. Each makes its own environment in .venv with Python alone.
#   make run      a 25 per cent tariff on real trade: the table here, the figure and the numbers in out/
#   make test     everything a change must pass
#   make slow     the slow tests      make bench    the benchmarks
#   make docs     the site, in site/  make clean    remove what make made
# Another interpreter: make run PYTHON=/path/to/python3.12

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= out
# The first interpreter that starts and is new enough (a name on the path may be a stub that does not start).
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
PIP_INSTALL := $(PIP) install --constraint constraints.txt --no-warn-script-location
export PIP_ROOT_USER_ACTION := ignore
export NO_MKDOCS_2_WARNING := 1

.PHONY: help run test slow bench docs clean

help:
	@sed -n '1,6s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

# Installed in place, so that a change in src/ needs no new install; the stamps are older than pyproject.toml when
# the dependencies have changed.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "phistar needs Python 3.11 or newer: install it, or say PYTHON=/path/to/python3" >&2; exit 2; }
	@echo "== environment: $(VENV) ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "== installing phistar"
	@$(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "== installing phistar and what its checks need"
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.installed

run: $(VENV)/.installed
	@mkdir -p $(OUT)
	@$(BIN)/phistar trade --importer USA --exporter CHN --rate 0.25 \
		--figure $(OUT)/trade_USA_CHN.svg --json $(OUT)/trade_USA_CHN.json

# One line before each check, its time after it.
define check
	@echo "== $(1)"; start=$$SECONDS; $(BIN)/$(1); echo "-- $$((SECONDS - start)) s"
endef

test: $(VENV)/.installed-dev
	$(call check,ruff check .)
	$(call check,ruff format --check .)
	$(call check,mypy)
	$(call check,lint-imports --no-logo)
	$(call check,mkdocs build --strict --quiet --site-dir $(VENV)/site)
	$(call check,python -m pytest -n 2)

slow: $(VENV)/.installed-dev
	$(call check,python -m pytest -m slow)

bench: $(VENV)/.installed-dev
	@$(BIN)/python benchmarks/run.py

docs: $(VENV)/.installed-dev
	@$(BIN)/mkdocs build --strict --quiet
	@echo "written: site/index.html"

clean:
	rm -rf $(VENV) $(OUT) site build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
