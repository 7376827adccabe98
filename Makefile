# Two commands for a newcomer: `make demo` and `make test`. They need Python 3.11, pip and make.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
THREADS ?= 2
JOBS ?= 2
DATA ?= samples
export OMP_NUM_THREADS := $(THREADS)
export TRIVET_THREADS := $(THREADS)
export TOKENIZERS_PARALLELISM := false

.PHONY: help demo test test-full check setup clean

help:  ## What the targets do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.installed  ## The environment, in .venv

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Trivet needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python tools/torch_build.py constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[all]"
	@touch $@

demo: setup  ## Trains the three legs on the samples and serves them on loopback (DATA=real: public data from TRIVET_DATA)
	$(BIN)/trivet demo --data $(DATA)

# One thread each in two processes, then what measures time or memory by itself; 5: no test was chosen.
PYTEST := $(BIN)/python -m pytest
BESIDE := OMP_NUM_THREADS=1 TRIVET_THREADS=1 $(PYTEST) -n $(JOBS) --dist loadfile

test: setup  ## The tests that fit a laptop; says what it left out
	$(BESIDE) -m "not slow and not alone" $(PYTEST_ARGS) || [ $$? = 5 ]
	$(PYTEST) -m "not slow and alone" $(PYTEST_ARGS) || [ $$? = 5 ]

test-full: setup  ## Full counts
	$(BESIDE) -m "not alone" $(PYTEST_ARGS) || [ $$? = 5 ]
	$(PYTEST) -m "alone" $(PYTEST_ARGS) || [ $$? = 5 ]

check: setup  ## Style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:  ## Removes the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache dist build
