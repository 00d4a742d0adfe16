# Two commands for a new user: `make demo` and `make test`. All they need goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt

.PHONY: demo test lint clean

# Trains the siamese network on real digits; leaves siamese_digits.png.
demo: $(VENV)/demo
	$(BIN)/python examples/siamese_digits.py --picture siamese_digits.png

test: $(VENV)/test lint
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/made:
	$(PYTHON) -m venv $(VENV)
	touch $@

# torch first, by its pinned version: a range may bring a build of several gigabytes.
$(VENV)/torch: $(VENV)/made constraints.txt
	$(PIP) torch
	touch $@

$(VENV)/demo: $(VENV)/torch pyproject.toml
	$(PIP) --editable '.[examples]'
	touch $@

$(VENV)/test: $(VENV)/torch pyproject.toml
	$(PIP) --editable '.[test]'
	$(PIP) --no-deps tf-keras
	touch $@

clean:
	rm -rf $(VENV) .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
