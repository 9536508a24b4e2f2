# Two commands do everything on a machine with Python 3.11 to 3.13, git and make:
#   make run    a city's folder becomes public knowledge on http://127.0.0.1:8000
#   make test   what CI calls
# make setup, assets, check, format, test-slow and bench are parts of them.

SHELL := /bin/sh
PYTHON ?= python3
CITY ?= cities/jena
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.DEFAULT_GOAL := help
.PHONY: help setup assets run demo-sensors test test-slow bench format check docs services

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); sys.exit(0 if ok else "Python 3.11, 3.12 or 3.13 is needed, this is " + sys.version.split()[0] + "; name another one by PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

# The stamps say which lock was installed; a changed lock installs anew.
$(VENV)/.run: $(VENV)/.made requirements-build.lock pyproject.toml
	@echo "Installing what Allmende needs ..."
	$(PIP) --require-hashes -r requirements-build.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	@echo "Installing what its developers need ..."
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

# The front end. Node comes from the machine or from a wheel in the environment.
FRONTEND := $(shell find frontend -type f -not -path '*/node_modules/*' 2>/dev/null)
$(VENV)/.assets: $(VENV)/.run $(FRONTEND)
	@echo "Building the front end ..."
	@$(BIN)/python frontend/build.py
	@if [ -f frontend/fonts.py ]; then $(BIN)/python frontend/fonts.py; fi
	@touch $@

setup: $(VENV)/.dev ## make the environment in .venv

assets: $(VENV)/.assets ## build the front end

run: $(VENV)/.run $(VENV)/.assets ## collect, publish and serve (REPLAY=DIR, CITY=DIR, ARGS="--port 8001")
	@$(BIN)/allmende up $(CITY) $(if $(REPLAY),--replay $(REPLAY)) $(ARGS)

demo-sensors: $(VENV)/.run $(VENV)/.assets ## Musterstadt with invented sensors that send through a real broker (needs Mosquitto; ARGS="--port 8001")
	@$(BIN)/python -m allmende.testing.musterstadt.demo cities/musterstadt $(ARGS)

check: $(VENV)/.dev ## style, types, floors, generated docs
	$(BIN)/ruff check src tests bench docs frontend clients
	$(BIN)/ruff format --check src tests bench docs frontend clients
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

# What the tests need of the system: a browser, a database server, brokers. Missing ones are installed
# where that is possible; without them their tests are skipped and say so.
SERVICES := $(if $(CHROMIUM),,chromium) \
  $(if $(wildcard /usr/lib/postgresql/*/bin/initdb),,postgresql) \
  $(if $(wildcard /usr/sbin/mosquitto),,mosquitto) \
  $(if $(wildcard /usr/bin/mosquitto_pub),,mosquitto-clients) \
  $(if $(wildcard /usr/bin/ogr2ogr),,gdal-bin) \
  $(if $(wildcard /usr/bin/strace),,strace)

services:
	@if [ -n "$(strip $(SERVICES))" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing for the tests: $(strip $(SERVICES)) ..."; \
	  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $(SERVICES) >/dev/null \
	  || echo "Not all could be installed; their tests are skipped."; \
	fi

test: check $(VENV)/.assets services ## everything that must hold before a change is accepted
	$(BIN)/pytest -m "not slow"

test-slow: $(VENV)/.dev $(VENV)/.assets ## the tests that take minutes
	$(BIN)/pytest -m slow

bench: $(VENV)/.dev $(VENV)/.assets ## measure, and print ratios
	$(BIN)/python -m bench

format: $(VENV)/.dev ## write the code and the generated docs as they should be
	$(BIN)/ruff check --fix-only src tests bench docs frontend clients
	$(BIN)/ruff format src tests bench docs frontend clients
	$(BIN)/python docs/generate.py
