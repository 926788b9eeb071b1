# Every command a user needs. `make help` lists them: `target: ## Group: what it does`. `make help-<target>` gives
# the target's variables: `#: <target> VARIABLE=<value>  what it is`.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
# An environment holds one Spark, so that of Glue 6.0 has its own, and the tests of what depends on Spark or Arrow
# run in both. One Spark is enough for the order of the same steps: which days a run publishes or builds, what the
# quality gate compares, killed jobs. The other environment has no DuckDB, which the saved queries need.
VENV4  := .venv-spark4
TESTS4 := tests/spark $(addprefix --ignore=tests/spark/,questions test_backfill.py test_killed_job.py \
  test_quality_gate.py marts/test_killed_marts.py marts/test_marts_job.py marts/test_playlist_marts.py) \
  $(addprefix tests/unit/spotify_lake/,engine quality reading transforms)
# Test files and checks run side by side; each Spark session takes about 1.5 GB. Three keep two cores busy, because
# many tests wait for a process.
WORKERS ?= 3
# Images for containers often set this. Each command would compile its imports again, for five seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Set up: list the targets
	@echo "make <target> [VARIABLE=<value> ...]; 'make help-<target>' lists its variables"
	@for group in Use Check 'Set up'; do echo "$$group"; \
	  sed -nE "s/^([a-z0-9-]+):.* ## $$group: (.*)/\1|\2/p" $(MAKEFILE_LIST) | awk -F '|' '{printf "  %-15s %s\n", $$1, $$2}'; done

help-%:
	@grep -qE '^$*:.* ## ' $(MAKEFILE_LIST) || { echo "There is no target '$*': 'make help' lists them." >&2; exit 1; }
	@sed -nE 's/^$*:.* ## [^:]*: (.*)/make $*: \1/p' $(MAKEFILE_LIST); sed -nE 's/^#: $* (.*)/  \1/p' $(MAKEFILE_LIST)

.PHONY: setup
setup: environment ## Set up: make .venv with the locked packages (others do it for you)

# $(call prepare,<folder>,<lock>...) installs the first lock, unless one of the locks is installed already.
define prepare
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "spotify-lake needs Python 3.11 (AWS Glue 5.1 and the Lambdas run it), and '$(PYTHON)' is not that. Install Python 3.11, or name it: make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python3.11." >&2; exit 1; }
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

#: run DATE=2026-11-21                  the day to fetch; default: today
#: run PLAYLISTS=<id, link or URI>,...  only these playlists
#: run SOURCES=playlists,saved_tracks   what to read; default: playlists
#: run RECORDED=<folder>                play back recorded API answers
#: run MODE=development                 the kind of app: extended, legacy_development or development
#: run MAX_CALLS=<number>               the most calls to Spotify
#: run ACCEPT_SHRINK=1                  publish although playlists or the day lost much
#: run FORECAST=1                       forecast the popularity of each track
#: run LAKE=<folder>                    the lake; default: one per source and mode in .lake
.PHONY: run
run: environment ## Use: run the whole pipeline on this machine
	@$(BIN)/python -m infra.local run $(if $(DATE),--date '$(DATE)') $(if $(PLAYLISTS),--playlists '$(PLAYLISTS)') $(if $(SOURCES),--sources '$(SOURCES)') $(if $(RECORDED),--recorded '$(RECORDED)') $(if $(MODE),--mode '$(MODE)') $(if $(MAX_CALLS),--max-calls '$(MAX_CALLS)') $(call flag,ACCEPT_SHRINK,--accept-shrink) $(call flag,FORECAST,--forecast) $(if $(LAKE),--lake '$(LAKE)')

#: rebuild DAYS=2026-11-01..2026-11-20      a day, a range or all; default: all
#: rebuild TABLES=tracks,albums             only these tables; default: all. marts: only the marts
#: rebuild REPROCESS_REJECTED=1             only days that have rejected records
#: rebuild ACCEPT_SHRINK=1                  publish although playlists lost much
#: rebuild FORECAST=1                       forecast the popularity of each track
#: rebuild LAKE=<folder>                    the lake; default: the one that changed last
.PHONY: rebuild
rebuild: environment ## Use: rebuild days of the lake from its raw zone
	@$(BIN)/python -m infra.local rebuild $(if $(LAKE),--lake '$(LAKE)') $(if $(TABLES),--tables '$(TABLES)') $(call flag,REPROCESS_REJECTED,--reprocess-rejected) $(call flag,ACCEPT_SHRINK,--accept-shrink) $(call flag,FORECAST,--forecast) '$(or $(DAYS),all)'

#: report LAKE=<folder>                 the lake; default: the one that changed last
#: report STACK=<name>                  a stack on AWS: print a link to its report that is valid for an hour
.PHONY: report
report: environment ## Use: open the newest report page
	@$(BIN)/python -m infra.local report $(if $(LAKE),--lake '$(LAKE)') $(if $(STACK),--stack '$(STACK)')

#: query SQL='select name from latest_tracks'  the statement
#: query NAME=tracks_in_most_playlists         a saved query instead; make queries lists them
#: query FORMAT=csv                           table (the default), csv or json
#: query LAKE=<folder>                        the lake; default: the one that changed last
.PHONY: query
# Some shells set NAME to the machine's name, so it counts on the command line only.
query: environment ## Use: ask the lake in Athena SQL: make query SQL='select 1'
	@$(BIN)/python -m infra.local.sql query $(if $(findstring command,$(origin NAME)),--name '$(NAME)') $(if $(LAKE),--lake '$(LAKE)') $(if $(FORMAT),--format '$(FORMAT)') -- "$$SQL"
# As it was typed: make leaves the dollar sign of "$path" alone.
query: override export SQL := $(value SQL)

.PHONY: queries
queries: environment ## Use: list the saved queries, for make query NAME=...
	@$(BIN)/python -m infra.local.sql queries

#: shell LAKE=<folder>                        the lake; default: the one that changed last
#: shell FORMAT=csv                           of statements from a pipe: table (the default), csv or json
.PHONY: shell
shell: environment ## Use: ask the lake interactively, with completion and history
	@$(BIN)/python -m infra.local.sql shell $(if $(LAKE),--lake '$(LAKE)') $(if $(FORMAT),--format '$(FORMAT)')

#: authorize SECRET=<arn>                     the stack's secret on AWS; default: the file .env
#: authorize SOURCES=playlists,saved_tracks   the sources that runs will read; default: playlists
#: authorize PORT=8888                        the port of the redirect URI; default: 8888
.PHONY: authorize
authorize: environment ## Use: authorise a Spotify account in the browser
	@$(BIN)/python -m infra.local authorize $(if $(SECRET),--secret '$(SECRET)') $(if $(SOURCES),--sources '$(SOURCES)') $(if $(PORT),--port '$(PORT)')

#: spotify-api PORT=8080                the port; default: a free one
#: spotify-api MODE=development         the kind of app: extended, legacy_development or development
#: spotify-api DATE=2026-11-21          the day to simulate; default: today
#: spotify-api RECORDED=<folder>        play back recorded API answers
#: spotify-api FAULTS=<JSON or @file>   faults to inject, see infra/local/spotify_api/faults.py
#: spotify-api LATENCY=0.2              minimum seconds per answer
.PHONY: spotify-api
spotify-api: environment ## Use: serve the local Spotify on its own, until Ctrl-C
	@$(BIN)/python -m infra.local.spotify_api $(if $(PORT),--port '$(PORT)') $(if $(MODE),--mode '$(MODE)') $(if $(DATE),--day '$(DATE)') $(if $(RECORDED),--recorded '$(RECORDED)') $(if $(FAULTS),--faults '$(FAULTS)') $(if $(LATENCY),--latency '$(LATENCY)')

#: test WORKERS=3                        test files that run at the same time
#: test PYTEST_ARGS=-x                   more arguments of pytest
.PHONY: test
test: dev-environment spark4-environment ## Check: run every test, the job's on both Sparks
	@$(BIN)/python -m pytest tests -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)
	@$(MAKE) --no-print-directory test-spark4

.PHONY: test-spark4
test-spark4: spark4-environment # the job on Glue 6.0's Spark only: a part of make test
	@$(VENV4)/bin/python -m pytest $(TESTS4) -n $(WORKERS) --dist loadfile --no-loadscope-reorder

#: soak FACTOR=10                        how many times as many
.PHONY: soak
soak: dev-environment ## Check: test with ten times as many faults, kills and generated days
	@SOAK_FACTOR=$(or $(FACTOR),10) $(BIN)/python -m pytest -q -n 2 tests/integration/fetch_spotify/test_faults.py tests/integration/fetch_spotify/test_wrong_answers.py tests/integration/fetch_spotify/test_resume.py tests/spark/marts/test_playlist_marts.py tests/spark/marts/test_killed_marts.py tests/spark/test_generated_days.py tests/spark/test_killed_job.py tests/unit/spotify_lake/publishing/test_publish_killed.py

#: lint WORKERS=3                        checks that run at the same time
.PHONY: lint
lint: dev-environment ## Check: check the code, the template and the state machine
	@$(MAKE) --no-print-directory --jobs=$(WORKERS) --output-sync=target --keep-going $(LINT)

LINT := lint-types lint-code lint-state-machine lint-build lint-sam lint-template
.PHONY: $(LINT)
lint-types: # the slowest check starts first
	$(BIN)/mypy
lint-code:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
lint-template:
	$(BIN)/cfn-lint infra/template.yaml
lint-sam:
	$(SAM) validate --lint --template infra/template.yaml
lint-state-machine:
	$(BIN)/python -m infra.check_state_machine
lint-build:
	$(SAM) build --template infra/template.yaml
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 $(BIN)/sam

.PHONY: record-trino
record-trino: dev-environment ## Check: renew the record of Trino's answers (needs Maven)
	@$(BIN)/python -m tests.conformance.record

.PHONY: bench
bench: dev-environment ## Check: measure the run, the fetch and the job
	@$(BIN)/python -m tests.benchmarks

.PHONY: bench-query
bench-query: dev-environment # measures make query: a small one, a large result, a long history
	@$(BIN)/python -m tests.benchmarks query

.PHONY: data-dictionary
data-dictionary: environment ## Set up: write docs/data-dictionary.md from the contract
	@$(BIN)/python -m infra.data_dictionary > .data-dictionary.tmp && mv .data-dictionary.tmp docs/data-dictionary.md

.PHONY: crawler-targets
crawler-targets: environment # writes the crawler's targets into the template
	@$(BIN)/python -m infra.crawler_targets

.PHONY: saved-queries
saved-queries: environment # writes the saved queries into the template
	@$(BIN)/python -m infra.saved_queries

.PHONY: state-graph
state-graph: environment # prints the graph of the state machine
	@$(BIN)/python -m infra.state_graph

.PHONY: screenshot
screenshot: environment ## Set up: render the README's picture from a run
	@$(BIN)/python -m infra.screenshot

VENDOR := lambdas/build_report/vendor
.PHONY: report-charts
report-charts: # bundles the charts of the report page (needs npm)
	cd infra/report_charts && npm ci --ignore-scripts --no-audit --no-fund && npm run build --silent -- --outfile=$(CURDIR)/$(VENDOR)/echarts.min.js
	cd $(VENDOR) && sha256sum echarts.min.js > echarts.min.js.sha256

.PHONY: report-picture
report-picture: dev-environment # renders the README's picture of the report page (needs Chromium)
	@PYTHONPATH=lambdas $(BIN)/python -m tests.reports.picture

.PHONY: lock
lock: environment ## Set up: renew the lock files from pyproject.toml
	$(COMPILE) pyproject.toml --group local --group dev --output-file requirements-dev.lock
	$(COMPILE) pyproject.toml --group local --constraints requirements-dev.lock --output-file requirements.lock
	$(COMPILE) --group spark4 --output-file requirements-spark4.lock
lock: COMPILE := $(BIN)/uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header --quiet

.PHONY: clean
clean: ## Set up: remove every cache (not the environments, not the lakes)
	rm -rf .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*/*' -prune -exec rm -rf {} +

.PHONY: clean-lake
clean-lake: ## Set up: remove the lakes in .lake and all that was fetched into them
	rm -rf .lake
