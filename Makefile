# Two commands: make (the demo study from workbook to page) and make test.
# Only features of GNU make 3.81, which macOS ships. What is out of date is decided by the runner,
# by content; make's own time stamps decide nothing here.

SCENARIO ?= demo
PYTHON = .venv/bin/python

# make -j2 reaches the runner as --jobs 2; old makes do not tell the number, so 2 is the default.
ASKED = $(patsubst -j%,%,$(filter -j%,$(MAKEFLAGS)))
JOBS ?= $(or $(ASKED),2)
PATIENTS ?= 20000

# Nothing is written to the user's home.
export JUPYTER_CONFIG_DIR := $(CURDIR)/.cache/jupyter/config
export JUPYTER_DATA_DIR := $(CURDIR)/.cache/jupyter/data
export JUPYTER_RUNTIME_DIR := $(CURDIR)/.cache/jupyter/runtime
export IPYTHONDIR := $(CURDIR)/.cache/ipython
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib
export XDG_CACHE_HOME := $(CURDIR)/.cache
export npm_config_cache := $(CURDIR)/.cache/npm
unexport PYTHONPATH
unexport PYTHONHOME

.DEFAULT_GOAL := run
.PHONY: run help env test lint format lab docs template demo-data doctor house lock clean clean-all \
        coverage bench fuzz lines trace-study

run: env ## run a scenario: make SCENARIO=x reads params/x.yaml (default demo)
	@$(PYTHON) -m prrt_lib run "params/$(SCENARIO).yaml" --jobs $(JOBS)

help: ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1@/' | \
	  awk -F@ '{ printf "%-18s %s\n", $$1, $$2 }'

env: ## set up .venv from requirements.lock (does nothing when it is in step)
	@sh scripts/environment.sh

test: env ## run the tests; TESTS="tests/test_x.py -k word" runs some of them
	@$(PYTHON) -m pytest -n $(JOBS) --dist loadscope $(TESTS)

lint: env ## check the style of the code
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .

format: env ## put the code into the house style
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .

lab: env ## open the notebooks in JupyterLab
	@$(PYTHON) -m jupyterlab $$([ "$$(id -u)" != 0 ] || echo --allow-root) $(LAB)

docs: env ## write the generated pages of docs/
	@$(PYTHON) -m prrt_lib document

template: env ## write the blank abstraction workbook
	@$(PYTHON) -m prrt_lib template

demo-data: env ## write the synthetic demo workbooks and their truth
	@$(PYTHON) -m prrt_lib demo-data

doctor: ## say what this machine has and whether .venv is in step
	@if [ -x $(PYTHON) ]; then $(PYTHON) scripts/doctor.py; \
	  else python=$$(sh scripts/environment.sh --python) && "$$python" scripts/doctor.py; fi

house: env ## count what there is to own: lines, files, functions, folders
	@$(PYTHON) scripts/house.py

lock: ## compile requirements.lock from pyproject.toml (UPGRADE=1 takes newer versions)
	@sh scripts/lock.sh

coverage: env ## coverage of the 95 % limits on the demo's model: docs/coverage.md, 10-20 minutes
	@$(PYTHON) -m benchmarks.coverage --jobs $(JOBS)

bench: env ## measure estimators and reading, PATIENTS=20000: docs/benchmarks.md, 15 minutes and 8 GB
	@$(PYTHON) -m benchmarks.speed
	@$(PYTHON) -m benchmarks.bench_reading --patients $(PATIENTS)
	@$(PYTHON) -m benchmarks.reading_truth --patients $(PATIENTS)

trace-study: env ## change 200 single cells and look for untraced rows: docs/trace-study.md, 30 minutes
	@$(PYTHON) -m benchmarks.trace_edits --jobs $(JOBS)

lines: env ## run the tests and list the lines none of them reach
	@$(PYTHON) -m pytest -n $(JOBS) --dist loadscope --cov=prrt_lib \
	  --cov-report=term-missing:skip-covered $(TESTS)

fuzz: env ## run the property tests with many more examples, an hour
	@$(PYTHON) -m pytest -n $(JOBS) -m hypothesis --hypothesis-profile=fuzz --timeout=7200 $(TESTS)

clean: ## remove everything a run or a test has written; keeps .venv and downloads
	@rm -rf data/processed figures reports .pytest_cache .ruff_cache .hypothesis .coverage \
	  .cache/jupyter .cache/ipython .cache/matplotlib
	@find notebooks prrt_lib demo benchmarks tests scripts -name __pycache__ -prune -exec rm -rf {} +

clean-all: clean ## also remove .venv and the downloads
	@rm -rf .venv .cache
