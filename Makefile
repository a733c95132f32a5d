# Radvigil. A new user needs two of these: make demo, make test.
SHELL := /bin/bash
RADVIGIL := .venv/bin/radvigil
PYTEST := .venv/bin/python -m pytest
# A worker more than processors, as tests wait for servers and disks; a numpy of several threads in
# each would only be in the way. Tests with services bring processes of their own: two workers.
export OPENBLAS_NUM_THREADS ?= 1
# With it every worker and every process that a test starts would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE
PARALLEL ?= -n 3 --dist loadfile

.PHONY: demo serve dagster test test-services oracles proof proof-short lint types contracts check lock benchmark clean

.venv: .venv/.complete
.venv/.complete: requirements.txt pyproject.toml scripts/make_environment.sh
	@./scripts/make_environment.sh

demo: .venv/.complete  ## one whole life of a device, from simulated radiographs to signed documents
	@$(RADVIGIL) demo

serve: .venv/.complete  ## the dashboards over ./workspace
	@$(RADVIGIL) serve

WORKSPACE ?= $(CURDIR)/workspace
dagster: .venv/.complete  ## Dagster's own page over ./workspace, or WORKSPACE=FOLDER
	DAGSTER_HOME="$(abspath $(WORKSPACE))/dagster" RADVIGIL_HOME="$(abspath $(WORKSPACE))" \
	    .venv/bin/dagster dev -m pipelines.definitions -h 127.0.0.1

test: .venv/.complete  ## everything that needs no service
	$(PYTEST) $(PARALLEL) -q

test-services: .venv/.complete  ## with PostgreSQL, Chromium and the data folder, where they are
	$(PYTEST) -n 2 --dist loadfile -q -m "service and not proof"

DIR ?= ../shared/oracles
oracles: .venv/.complete  ## every oracle case below DIR, a line each
	.venv/bin/python -m tests.oracles "$(DIR)"

proof-short: .venv/.complete  ## the seeded long proofs, shortened
	RADVIGIL_PROOF=short $(PYTEST) $(PARALLEL) -q -m proof --timeout 1200

proof: .venv/.complete  ## fuzzing, kill tests, drills, coverage studies, in full
	RADVIGIL_PROOF=full $(PYTEST) -q -m proof --timeout 3600

lint: .venv/.complete
	.venv/bin/ruff check .

types: .venv/.complete
	.venv/bin/mypy

contracts: .venv/.complete
	.venv/bin/lint-imports

check: lint types contracts

benchmark: .venv/.complete  ## ratios against a floor measured in the same run
	.venv/bin/python -m benchmarks.startup
	.venv/bin/python -m benchmarks.audited_writes
	.venv/bin/python -m benchmarks.verification
	.venv/bin/python -m benchmarks.c_store
	.venv/bin/python -m benchmarks.serving

lock: .venv/.complete
	@./scripts/compile_lock.sh

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
