# Everything a developer runs. Each environment is a file target, so a second call starts at once.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
UV := .venvs/uv/bin/uv
# The interpreters of the machine are the ones to use; fetching others is not.
export UV_PYTHON_DOWNLOADS := never
export DO_NOT_TRACK := 1
# Airflow takes 12 s longer to start where Python may not keep what it has compiled; and most users' may.
unexport PYTHONDONTWRITEBYTECODE
ENVIRONMENTS := tests/environments
OTHERS := kedro-0.19 kedro-mlflow kedro-spark-3 kedro-spark-4 bare airflow-3 airflow-3-oldest airflow-2 airflow-2-oldest stores
PYTEST_ARGS ?=
# What depends on the line of Kedro.
KEDRO_TESTS := tests/export tests/lower/airflow/test_kedro_run.py \
	$(addprefix tests/lower/airflow/embedded/test_kedro_,params.py versions.py)
# What depends on a Spark that is installed.
SPARK_TESTS := $(addprefix tests/export/test_spark_,detection.py hints.py)
# One more than the machine has processors: some tests wait for servers most of the time.
PYTEST := python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: help demo test check format schemas golden bench environments debian clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.ready .venvs/airflow-3/.ready ## Run the example from Kedro to a green Airflow run.
	@.venv/bin/python -m tests.demo

test: environments ## Install all that the tests need, and run them.
	.venv/bin/$(PYTEST) $(PYTEST_ARGS)
	.venvs/kedro-0.19/bin/$(PYTEST) $(KEDRO_TESTS) $(PYTEST_ARGS)
	.venvs/kedro-mlflow/bin/python -m pytest tests/export/test_mlflow_plugin.py $(PYTEST_ARGS)
	.venvs/kedro-spark-3/bin/$(PYTEST) $(SPARK_TESTS) $(PYTEST_ARGS)
	.venvs/kedro-spark-4/bin/$(PYTEST) $(SPARK_TESTS) $(PYTEST_ARGS)

check: .venv/.ready ## Format, lint and type check, changing nothing.
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy

format: .venv/.ready ## Format the code and mend what the linter can.
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

schemas: .venv/.ready ## Write what is generated from the models: JSON Schemas, the table in the README.
	.venv/bin/python -m tests.ir.write_schemas
	.venv/bin/python -m tests.readme_keys

golden: .venv/.ready ## Write the golden DAG files anew; read the diff before committing it.
	.venv/bin/python -m pytest tests/lower/airflow/test_golden.py --update-golden

bench: .venv/.ready ## Compare speeds side by side.
	.venv/bin/python -m tests.benchmarks

environments: debian .venv/.ready $(OTHERS:%=.venvs/%/.ready) ## Install every environment.

# What Spark and the tests of shell scripts need, and no package registry has.
debian:
	@{ command -v java && command -v shellcheck; } > /dev/null || { \
		echo "Installing Java and shellcheck"; \
		$(SUDO) apt-get -qq update; \
		$(SUDO) apt-get -qq install --no-install-recommends openjdk-17-jre-headless shellcheck; \
	}

$(UV):
	$(PYTHON) -m venv .venvs/uv
	.venvs/uv/bin/pip install --quiet "uv==0.13.9"

# $(call install,FOLDER,WHAT,OPTIONS): a fresh environment with what the options of uv name.
define install
	@echo "Installing $(2) into $(1)"
	@$(UV) venv --quiet --clear --python $(PYTHON) $(1)
	@$(UV) pip install --quiet --python $(1) $(3)
	@touch $(1)/.ready
endef

# Kairflow beside the newest Kedro, with the tools that check and test it.
.venv/.ready: $(ENVIRONMENTS)/kedro-1.txt pyproject.toml $(UV)
	$(call install,$(@D),Kairflow with Kedro 1,-r $< -e .)

# Kairflow beside another Kedro or with a plugin, for the tests of the export.
.venvs/kedro-%/.ready: $(ENVIRONMENTS)/kedro-%.txt pyproject.toml $(UV)
	$(call install,$(@D),Kairflow with Kedro $*,-r $< -e .)

# Kairflow alone, as on a machine that only lowers, with the oldest libraries that it takes.
.venvs/bare/.ready: $(ENVIRONMENTS)/bare.txt pyproject.toml $(UV)
	$(call install,$(@D),Kairflow alone,-r $< -e .)

# Airflow, which Kairflow never shares an environment with.
.venvs/airflow-%/.ready: $(ENVIRONMENTS)/airflow-%.txt $(UV)
	$(call install,$(@D),Airflow $*,-r $<)

# Servers that stand for S3 and Google Cloud Storage; Kairflow reaches them over the network.
.venvs/stores/.ready: $(ENVIRONMENTS)/stores.txt $(UV)
	$(call install,$(@D),object stores,-r $<)

clean: ## Remove the environments and everything that was made.
	rm -rf .venv .venvs .demo .mypy_cache .pytest_cache .ruff_cache .hypothesis dist build
