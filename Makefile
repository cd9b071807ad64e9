# What a person types; `make help` lists it. Everything is installed into .venv and a cache folder.
PYTHON ?= python3
VENV := .venv/bin
# Arguments for `llmcost up`, `llmcost down` and pytest: make up ARGS="--json"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help up down test test-apps test-browser test-live check unit bench docs site lock clean environment python

# The environment's programs first, then a Pulumi CLI, wherever it was found.
with_pulumi = bin="$$($(VENV)/python tools/pulumi_cli.py)" && \
	export PATH="$(CURDIR)/$(VENV):$$bin:$$PATH" &&

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

up: environment ## first run: environment, Pulumi CLI, embedded OpenObserve (or OPENOBSERVE_URL), pulumi up, sample calls
	@$(with_pulumi) llmcost up $(ARGS)

down: environment ## stop what `make up` started
	@$(with_pulumi) llmcost down $(ARGS)

test: environment check unit ## everything that has to hold before a change is merged

check: environment ## format, lint, types and layers, without the tests
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy
	@$(VENV)/pyright
	@$(VENV)/lint-imports --no-logo

unit: environment ## the tests, with the real Pulumi CLI
	@$(with_pulumi) pytest -n 4 --ignore=tests/apps --ignore=tests/browser $(ARGS)

test-apps: environment ## the example applications and real instrumentations, in environments of their own, against a stand-in for the provider
	@$(VENV)/python tools/example_apps.py && $(VENV)/pytest tests/apps $(ARGS)

test-browser: environment ## pages and reports in a headless Chromium, which is installed where that is possible
	@browser="$$($(VENV)/python tools/chromium.py)" && CHROMIUM="$$browser" $(VENV)/pytest tests/browser $(ARGS)

test-live: environment ## the provider's tests, and a stack's alerts, against the server that OPENOBSERVE_URL, _USER and _PASSWORD name
	@$(VENV)/pytest -n 2 --live tests/provider $(ARGS)

bench: environment ## the benchmarks, each beside a peer
	@$(with_pulumi) for bench in benchmarks/bench_*.py; do python "$$bench" || exit 1; done

docs: environment ## write the pages and schemas that follow from declarations, commands, kinds and prices
	@$(VENV)/python tools/alert_reference.py
	@$(VENV)/python tools/pictures_of_alerts.py
	@$(VENV)/python tools/check_reference.py
	@$(VENV)/python tools/cli_reference.py
	@$(VENV)/python tools/doctor_reference.py
	@$(VENV)/python tools/resource_reference.py
	@$(VENV)/python tools/price_page.py
	@$(VENV)/python tools/compiled_prices.py
	@$(VENV)/python tools/telemetry_page.py
	@$(VENV)/python tools/pictures_of_docs.py
	@PYTHONPATH=examples/reconciliation $(VENV)/python tools/reconciliation_page.py
	@for name in stack settings dashboard pipeline prices; do \
	  $(VENV)/llmcost schema $$name > schemas/$$name.json || exit 1; done

site: environment ## the docs as a site in site/, every link checked
	@NO_MKDOCS_2_WARNING=1 $(VENV)/mkdocs build --strict --quiet

lock: python ## write requirements.lock anew from pyproject.toml (needs the network)
	@$(PYTHON) tools/lock.py $(ARGS)

clean: ## remove the environment and what tools left behind (not the data of `make up`: llmcost local reset)
	rm -rf .venv .venv-apps .venv-libraries examples/node-app/node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis htmlcov dist site
	rm -f .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment: python
	@$(PYTHON) tools/create_venv.py

# In a language that every Python reads, so that an old one gets a sentence and no traceback.
python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or later is needed; $(PYTHON) is: $$($(PYTHON) -V 2>&1 | tail -n 1)" >&2; \
	  echo "  Install a newer one, or name it: make up PYTHON=/path/to/python3.12" >&2; \
	  exit 1; }
