# Every target says what it does: `make help`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Only these services of the Pulumi providers are compiled: all of them would take half a minute.
UNUSED_SERVICES := pulumi_aws/(?!s3/|iam/|s3control/|config/|_|[a-z_]+\.py)|pulumi_azure_native/(?!storage/|authorization/|resources/|_|[a-z_]+\.py)|pulumi_gcp/(?!storage/|config/|_|[a-z_]+\.py)
# Azurite, which plays Azure in the sandbox, comes from npm.
NODE_STAMP := node_modules/.installed
# Half a gigabyte, and Java 17 is needed too: only who works on it installs it.
SPARK_STAMP := $(VENV)/.spark-installed

.DEFAULT_GOAL := help
.PHONY: help install install-spark quickstart test lint types unit sandbox-tests browser-tests spark-tests bench lock docs clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) $(NODE_STAMP) ## make .venv with everything the project needs

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[dev]'
	$(BIN)/python -m compileall -q -j 0 -x '$(UNUSED_SERVICES)' $(VENV)/lib cli || true
	@touch $@

$(NODE_STAMP): package.json package-lock.json
	@if command -v npm >/dev/null && npm ci --silent; then touch $@; \
	else echo "Azurite is not installed (it needs npm): the sandbox goes without Azure" >&2; fi

install-spark: $(SPARK_STAMP) ## add the extra spark to .venv, for its tests and benchmark

$(SPARK_STAMP): $(STAMP)
	$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[spark]'
	@touch $@

quickstart: install ## the whole path on this machine: provision, prove, register
	$(BIN)/integrations quickstart

test: install lint types unit sandbox-tests browser-tests spark-tests ## everything CI runs

lint: install ## style, import rules, generated pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m docs.generate --check

types: install ## strict types
	$(BIN)/mypy
	$(BIN)/mypy --config-file pyproject.toml $(wildcard stacks/*.py) policies/rules.py

unit: install ## the pure parts
	$(BIN)/pytest -n auto tests/unit

sandbox-tests: install ## against real servers on loopback
	$(BIN)/pytest -n auto --dist loadfile --durations=10 tests/sandbox

browser-tests: install ## a real browser agrees; skipped by name where there is none
	$(BIN)/pytest -n auto --dist loadfile tests/browser

spark-tests: install ## inventories on Spark; skipped by name without Java or the extra
	$(BIN)/pytest tests/spark

bench: install ## the benchmarks, as ratios
	$(BIN)/python -m benchmarks

lock: install ## resolve constraints.txt anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
	  --custom-compile-command "make lock" --extra dev --extra spark -o constraints.txt pyproject.toml

docs: install ## write the generated pages anew
	$(BIN)/python -m docs.generate

clean: ## remove what was installed and built
	rm -rf $(VENV) node_modules .sandbox .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist
