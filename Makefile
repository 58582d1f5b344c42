# Everything a developer runs. Each environment is a file target, so a second call starts at once.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
UV := .venvs/uv/bin/uv
# The interpreters of the machine are the ones to use; fetching others is not.
export UV_PYTHON_DOWNLOADS := never
export DO_NOT_TRACK := 1
ENVIRONMENTS := tests/environments
PYTEST_ARGS ?=
PYTEST := python -m pytest -n 2 --dist loadfile

.PHONY: help demo test check format schemas golden bench environments clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.ready .venvs/airflow-3/.ready ## Run the example from Kedro to a green Airflow run.
	@.venv/bin/python -m tests.demo

test: environments ## Install all that the tests need, and run them.
	.venv/bin/$(PYTEST) $(PYTEST_ARGS)
	.venvs/kedro-0.19/bin/$(PYTEST) tests/export tests/lower/airflow/test_kedro_run.py $(PYTEST_ARGS)
	.venvs/kedro-mlflow/bin/python -m pytest tests/export/test_mlflow_plugin.py $(PYTEST_ARGS)

check: .venv/.ready ## Format, lint and type check, changing nothing.
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy

format: .venv/.ready ## Format the code and mend what the linter can.
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

schemas: .venv/.ready ## Write the JSON Schemas that are generated from the models.
	.venv/bin/python -m tests.ir.write_schemas

golden: .venv/.ready ## Write the golden DAG files anew; read the diff before committing it.
	.venv/bin/python -m pytest tests/lower/airflow/test_golden.py --update-golden

bench: .venv/.ready ## Compare speeds side by side.
	.venv/bin/python -m tests.benchmarks

environments: .venv/.ready .venvs/kedro-0.19/.ready .venvs/kedro-mlflow/.ready \
	.venvs/airflow-3/.ready .venvs/airflow-3-oldest/.ready .venvs/bare/.ready ## Install every environment.

$(UV):
	$(PYTHON) -m venv .venvs/uv
	.venvs/uv/bin/pip install --quiet "uv==0.13.9"

# Kairflow beside the newest Kedro, with the tools that check and test it.
.venv/.ready: $(UV) $(ENVIRONMENTS)/kedro-1.txt pyproject.toml
	@echo "Installing Kairflow with Kedro 1 into .venv"
	$(UV) venv --quiet --clear --python $(PYTHON) .venv
	$(UV) pip install --quiet --compile-bytecode --python .venv -r $(ENVIRONMENTS)/kedro-1.txt -e .
	@touch $@

# Kairflow beside another Kedro, or alone, for the tests.
.venvs/kedro-%/.ready .venvs/bare/.ready: $(UV) pyproject.toml
.venvs/kedro-%/.ready: $(ENVIRONMENTS)/kedro-%.txt
	@echo "Installing Kairflow with Kedro $* into $(@D)"
	$(UV) venv --quiet --clear --python $(PYTHON) $(@D)
	$(UV) pip install --quiet --compile-bytecode --python $(@D) -r $< -e .
	@touch $@

.venvs/bare/.ready: $(ENVIRONMENTS)/bare.txt
	@echo "Installing Kairflow alone into $(@D)"
	$(UV) venv --quiet --clear --python $(PYTHON) $(@D)
	$(UV) pip install --quiet --python $(@D) -r $< -e .
	@touch $@

# Airflow, which Kairflow never shares an environment with.
.venvs/airflow-%/.ready: $(ENVIRONMENTS)/airflow-%.txt $(UV)
	@echo "Installing Airflow $* into $(@D)"
	$(UV) venv --quiet --clear --python $(PYTHON) $(@D)
	$(UV) pip install --quiet --compile-bytecode --python $(@D) -r $<
	@touch $@

clean: ## Remove the environments and everything that was made.
	rm -rf .venv .venvs .demo .mypy_cache .pytest_cache .ruff_cache .hypothesis dist build
