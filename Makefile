# make demo and make test work on a fresh machine with Python 3.11+ and git.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TESTED := $(VENV)/.installed-test

.PHONY: demo demo-stop test soak check bench install clean

demo: $(INSTALLED)
	$(BIN)/python -m flows.demo

demo-stop: $(INSTALLED)
	$(BIN)/python -c "from pathlib import Path; import os; from flows.demo import stop; stop(Path(os.environ.get('RUNS', 'runs')))"

# Three at once on two cores: many tests wait for a second to pass.
test: $(TESTED) check
	$(BIN)/python -m pytest -n 3 --dist loadfile -m "not slow" $(WORDS)

soak: $(TESTED)
	$(BIN)/python -m pytest -m slow

check: $(TESTED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy components flows plugins
	$(BIN)/lint-imports

bench: $(TESTED)
	$(BIN)/python benchmarks/demo.py --here
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/simulated_ward.py
	$(BIN)/python benchmarks/real_footage.py
	$(BIN)/python benchmarks/lab4.py
	$(BIN)/python benchmarks/throughput.py
	$(BIN)/python -m benchmarks.identity
	$(BIN)/python -m benchmarks.dashboard 300 8
	$(BIN)/python benchmarks/live.py
	$(BIN)/python -m benchmarks.month
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python benchmarks/two_wings.py
	$(BIN)/python benchmarks/decoding.py
	$(BIN)/python benchmarks/gates.py
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/manifest.py
	$(BIN)/python benchmarks/stores.py
	$(BIN)/python benchmarks/moved.py
	$(BIN)/python benchmarks/runs.py
	$(BIN)/python -m benchmarks.runtimes
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/clocks.py
	$(BIN)/python benchmarks/fleet.py
	$(BIN)/python benchmarks/ingest.py
	$(BIN)/python benchmarks/ways.py
	$(BIN)/python benchmarks/spool.py

install: $(INSTALLED)

$(BIN)/python:
	@echo "creating $(VENV)"
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): $(BIN)/python pyproject.toml constraints.txt
	@echo "installing wardflow and what it stands on (about 7 GB, 2 to 5 minutes)"
	$(BIN)/python -m pip install --progress-bar on -q -c constraints.txt -e .
	@$(BIN)/python -c "import cv2" || { echo "OpenCV needs two system libraries: sudo apt-get install libgl1 libglib2.0-0"; exit 1; }
	@touch $@

$(TESTED): $(INSTALLED)
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[test]"
	@touch $@

clean:
	rm -rf $(VENV) runs
