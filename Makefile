# Every command a user needs. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
# An environment holds one Spark, so that of Glue 6.0 has its own, and the tests of what depends on Spark or Arrow
# run in both.
VENV4  := .venv-spark4
TESTS4 := tests/spark $(patsubst %,tests/unit/test_%.py,parquet parsing playlist_items playlists_artists_episodes quality reconcile stages tracks_and_albums)
# Test files run side by side; each Spark session takes about 1.5 GB.
WORKERS ?= 2

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: setup
setup: environment ## Make .venv and install the locked dependencies (the other targets do it for you)

# $(call prepare,<folder>,<lock>...) installs the first lock, unless one of the locks is installed already.
define prepare
	@command -v $(PYTHON) >/dev/null || { echo "spotify-lake needs Python 3.11, and there is no '$(PYTHON)' on the PATH. Install it, or name it: make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python3.11." >&2; exit 1; }
	@$(PYTHON) infra/environment.py $(1) $(2)
endef

# What runs the pipeline; what also tests, checks and measures it; and the job's tests on the other Spark.
.PHONY: environment dev-environment spark4-environment
environment:
	$(call prepare,$(VENV),requirements.lock requirements-dev.lock)

dev-environment:
	$(call prepare,$(VENV),requirements-dev.lock)

spark4-environment:
	$(call prepare,$(VENV4),requirements-spark4.lock)

# $(call flag,<variable>,<option>) is the option when the variable is set, and not to 0.
flag = $(if $(filter-out 0 no false,$($(1))),$(2))

.PHONY: run
run: environment ## Run the whole pipeline here (DATE=2026-11-21, PLAYLISTS=<url or id>,..., RECORDED=<folder>, MODE=development, MAX_CALLS=<number>, ACCEPT_SHRINK=1, LAKE=<folder>)
	@$(BIN)/python -m infra.local run $(if $(DATE),--date '$(DATE)') $(if $(PLAYLISTS),--playlists '$(PLAYLISTS)') $(if $(RECORDED),--recorded '$(RECORDED)') $(if $(MODE),--mode '$(MODE)') $(if $(MAX_CALLS),--max-calls '$(MAX_CALLS)') $(call flag,ACCEPT_SHRINK,--accept-shrink) $(if $(LAKE),--lake '$(LAKE)')

.PHONY: rebuild
rebuild: environment ## Make days of the lake anew from its raw zone (DAYS=2026-11-01..2026-11-20, TABLES=tracks,albums; default: all; REPROCESS_REJECTED=1, ACCEPT_SHRINK=1, LAKE=<folder>)
	@$(BIN)/python -m infra.local rebuild $(if $(LAKE),--lake '$(LAKE)') $(if $(TABLES),--tables '$(TABLES)') $(call flag,REPROCESS_REJECTED,--reprocess-rejected) $(call flag,ACCEPT_SHRINK,--accept-shrink) '$(or $(DAYS),all)'

.PHONY: query
query: environment ## Ask the lake in Athena SQL: make query SQL='select * from latest_tracks limit 5' (FORMAT=csv or json, LAKE=<folder>)
	@$(BIN)/python -m infra.local query $(if $(LAKE),--lake '$(LAKE)') $(if $(FORMAT),--format '$(FORMAT)') -- "$$SQL"
query: export SQL := $(value SQL)

.PHONY: authorize
authorize: environment ## Authorise a Spotify account in the browser (SECRET=<arn of the stack's secret>, PORT=8888)
	@$(BIN)/python -m infra.local authorize $(if $(SECRET),--secret '$(SECRET)') $(if $(SOURCES),--sources '$(SOURCES)') $(if $(PORT),--port '$(PORT)')

.PHONY: test
test: dev-environment spark4-environment ## Prove that it works: every test, the job's on both Sparks
	@$(BIN)/python -m pytest tests -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)
	@$(MAKE) --no-print-directory test-spark4

.PHONY: test-spark4
test-spark4: spark4-environment ## Test the job on Glue 6.0's Spark alone (a part of make test)
	@$(VENV4)/bin/python -m pytest $(TESTS4) -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: soak
soak: dev-environment ## Disturb the fetch, kill the job and vary its days for longer: ten times the seeds (FACTOR=10)
	@SOAK_FACTOR=$(or $(FACTOR),10) $(BIN)/python -m pytest -q -n 2 tests/integration/test_fetch_spotify_faults.py tests/integration/test_fetch_spotify_resume.py tests/spark/test_generated_days.py tests/spark/test_killed_job.py

.PHONY: lint
lint: dev-environment ## Check the code, the template and the state machine
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/cfn-lint infra/template.yaml
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 $(BIN)/sam validate --lint --template infra/template.yaml
	$(BIN)/python -m infra.check_state_machine
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 $(BIN)/sam build --template infra/template.yaml

.PHONY: bench
bench: dev-environment ## Measure: the whole run and each state, the fetch, and the job on large days
	@$(BIN)/python -m tests.benchmarks

.PHONY: lock
lock: environment ## Renew the locks from pyproject.toml
	$(COMPILE) pyproject.toml --group local --group dev --output-file requirements-dev.lock
	$(COMPILE) pyproject.toml --group local --constraints requirements-dev.lock --output-file requirements.lock
	$(COMPILE) --group spark4 --output-file requirements-spark4.lock
lock: COMPILE := $(BIN)/uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header --quiet

.PHONY: clean
clean: ## Remove every cache (not the environments, not the lakes)
	rm -rf .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*/*' -prune -exec rm -rf {} +

.PHONY: clean-lake
clean-lake: ## Remove the lakes under .lake and all that was fetched into them
	rm -rf .lake
