# Every command a user needs. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
# Test files run side by side; each Spark session takes about 1.5 GB.
WORKERS ?= 2

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(READY) ## Make .venv and install the locked dependencies (the other targets do it for you)

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "spotify-lake needs Python 3.11 (AWS Glue 5.1 and the Lambdas run it) and '$(PYTHON)' is not that: install Python 3.11, or name it with 'make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python3.11'." >&2; exit 1; }
	@echo "Preparing $(VENV) (once; two to three minutes) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m infra.local.aws.spark_classes >/dev/null || echo "Spark will start more slowly: its class archive could not be made." >&2
	@touch $@

.PHONY: run
run: $(READY) ## Run the whole pipeline here (DATE=2026-11-21, PLAYLISTS=<url or id>,..., RECORDED=<folder>, MODE=development)
	@$(BIN)/python -m infra.local run $(if $(DATE),--date '$(DATE)') $(if $(PLAYLISTS),--playlists '$(PLAYLISTS)') $(if $(RECORDED),--recorded '$(RECORDED)') $(if $(MODE),--mode '$(MODE)') $(if $(LAKE),--lake '$(LAKE)')

.PHONY: rebuild
rebuild: $(READY) ## Make days of the lake anew from its raw zone (DAYS=2026-11-01..2026-11-20, TABLES=tracks,albums; default: all)
	@$(BIN)/python -m infra.local rebuild $(if $(LAKE),--lake '$(LAKE)') $(if $(TABLES),--tables '$(TABLES)') '$(or $(DAYS),all)'

.PHONY: query
query: $(READY) ## Ask the lake in Athena SQL: make query SQL='select * from latest_tracks limit 5'
	@$(BIN)/python -m infra.local query $(if $(LAKE),--lake '$(LAKE)') "$$SQL"
query: export SQL := $(value SQL)

.PHONY: authorize
authorize: $(READY) ## Authorise a Spotify account in the browser (SECRET=<arn of the stack's secret>, PORT=8888)
	@$(BIN)/python -m infra.local authorize $(if $(SECRET),--secret '$(SECRET)') $(if $(SOURCES),--sources '$(SOURCES)') $(if $(PORT),--port '$(PORT)')

.PHONY: test
test: $(READY) ## Prove that it works: every test
	@$(BIN)/python -m pytest tests -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

.PHONY: soak
soak: $(READY) ## Disturb the fetch for longer: ten times the seeds of the fault and kill tests (FACTOR=10)
	@SOAK_FACTOR=$(or $(FACTOR),10) $(BIN)/python -m pytest -q -n 2 tests/integration/test_fetch_spotify_faults.py tests/integration/test_fetch_spotify_resume.py

.PHONY: lint
lint: $(READY) ## Check the code, the template and the state machine
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/cfn-lint infra/template.yaml
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 $(BIN)/sam validate --lint --template infra/template.yaml
	$(BIN)/python -m infra.check_state_machine
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 $(BIN)/sam build --template infra/template.yaml

.PHONY: bench
bench: $(READY) ## Measure: the whole run and each state, the fetch, and the job on large days
	@$(BIN)/python -m tests.benchmarks

.PHONY: lock
lock: ## Renew requirements.lock from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group local --group dev --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock

.PHONY: clean
clean: ## Remove the local lake and every cache (not .venv)
	rm -rf .lake .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
