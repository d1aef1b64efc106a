# make alone lists the commands. Nothing but Python 3.11 or newer and make is needed.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# Compiled once and kept out of the way of the sources, even where the machine's rule is to keep none: else each process compiles all anew.
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/bytecode
unexport PYTHONDONTWRITEBYTECODE
HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 1
VENV := .venv
PY := $(VENV)/bin/python
RUN_STAMP := $(VENV)/.run-stamp
DEV_STAMP := $(VENV)/.dev-stamp
ARGS ?=
LAMBDA_PYTHON ?= python3

.PHONY: help run test test-postgres faults check audit bench load screenshots lighthouse content lock format clean build-App build-Command

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/bin/python:
	@set -e; found=; \
	for name in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
	  if command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$name; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "Python 3.11 or newer is needed and was not found. Install it, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12"; exit 1; fi; \
	if ! $$found -c 'import venv, ensurepip' 2>/dev/null; then echo "$$found cannot make a virtual environment. On Debian and Ubuntu install the package python3-venv, then try again."; exit 1; fi; \
	$$found -m venv $(VENV)

$(RUN_STAMP): requirements/run.txt | $(VENV)/bin/python
	@echo "Installing what the app needs …"
	@$(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/run.txt
	@touch $@

$(DEV_STAMP): requirements/dev.txt | $(VENV)/bin/python
	@echo "Installing what the tests need …"
	@$(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@ $(RUN_STAMP)

run: $(RUN_STAMP) ## serve the app on http://127.0.0.1:8000 (PORT=, HOST=, WORKERS=)
	@$(PY) manage.py serve --host $(HOST) --port $(PORT) --workers $(WORKERS)

test: $(DEV_STAMP) ## all tests, the browser's included where a Chromium is found (ARGS= for pytest)
	@$(PY) -m pytest -q -n auto -m "not faults" $(ARGS)

test-postgres: $(DEV_STAMP) ## the tests once more on PostgreSQL, where one answers on 127.0.0.1:5432 or DATABASE_URL= (docs/operating.md)
	@$(PY) -m tests.on_postgres $(ARGS)

faults: $(DEV_STAMP) ## kill, fill, lock and cut off real servers while people save (ARGS=--rounds=200 for long)
	@$(PY) -m pytest -q -m faults tests/faults tests/walkthroughs tests/test_migrations.py $(ARGS)

check: $(DEV_STAMP) ## everything that must hold before a change lands; what CI runs
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/djlint --lint --quiet templates
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py check_content
	$(PY) manage.py lint_bank
	HTTPS=true $(PY) manage.py check --deploy --fail-level WARNING
	$(VENV)/bin/cfn-lint deploy/template.yaml
	DATABASE_URL= $(MAKE) --no-print-directory test
	$(MAKE) --no-print-directory test-postgres
	$(MAKE) --no-print-directory faults

audit: $(DEV_STAMP) ## known holes in what the app runs on, where the database of them can be reached
	@$(PY) -m bench.audit

bench: $(DEV_STAMP) ## the figures of docs/figures.md, as ratios in one run
	@$(PY) -m bench $(ARGS)

load: $(DEV_STAMP) ## learners who sit an exam together on the real server; the table of docs/performance.md (ARGS=--quick)
	@$(PY) -m bench.load $(ARGS)

screenshots: $(DEV_STAMP) ## pictures of the main pages into var/screenshots, light and dark, 1280 and 390 px (ARGS=--all for every page)
	@$(PY) -m bench.screenshots $(ARGS)

lighthouse: $(DEV_STAMP) ## Lighthouse over the main pages, mobile profile; needs Node (ARGS="--runs 3 --only exam")
	@$(PY) -m bench.lighthouse $(ARGS)

content: $(RUN_STAMP) ## check the content files
	@$(PY) manage.py check_content --warnings

format: $(DEV_STAMP) ## format the code
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

lock: ## make the lock files anew (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11.2 --generate-hashes --no-header -q -o requirements/run.txt
	uv pip compile pyproject.toml --extra scale --extra ops --extra lambda --universal --python-version 3.11.2 --generate-hashes --no-header -q -c requirements/run.txt -o requirements/server.txt
	uv pip compile pyproject.toml --extra scale --extra ops --extra lambda --extra stats --extra test --extra lint --universal --python-version 3.11.2 --generate-hashes --no-header -q -c requirements/run.txt -c requirements/server.txt -o requirements/dev.txt

# What `sam build` calls for the functions of deploy/template.yaml: packages, code and collected static files in one folder.
build-App build-Command:
	@$(LAMBDA_PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' || { echo "The functions run on Python 3.13. Build with it: sam build --use-container, or LAMBDA_PYTHON=python3.13"; exit 1; }
	$(LAMBDA_PYTHON) -m pip install -qq --disable-pip-version-check --require-hashes --no-compile --only-binary=:all: --target "$(ARTIFACTS_DIR)" -r requirements/server.txt
	rm -rf "$(ARTIFACTS_DIR)"/granian* "$(ARTIFACTS_DIR)"/bin
	cp -r manage.py besa quizzes templates content static "$(ARTIFACTS_DIR)"
	cd "$(ARTIFACTS_DIR)" && SECRET_KEY=$$($(LAMBDA_PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))') DATA_DIR="$(ARTIFACTS_DIR)/var" STATIC_DIR="$(ARTIFACTS_DIR)/collected" \
	  $(LAMBDA_PYTHON) manage.py collectstatic --no-input -v 0
	rm -rf "$(ARTIFACTS_DIR)/var"
	@# Compiled here: the function cannot keep what it compiles, and would do it again at every cold start.
	$(LAMBDA_PYTHON) -m compileall -q -j 0 --invalidation-mode unchecked-hash -s "$(ARTIFACTS_DIR)" -p /var/task "$(ARTIFACTS_DIR)"

clean: ## remove what was made: the environment and the caches; not var/, where the data lies
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
