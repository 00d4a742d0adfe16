# Two commands for a new user: `make demo` and `make test`. All they need goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt
# What users may install beside torchscope; all of it is tested.
EXTRAS := cli,examples,port,scripts,tensorboard

.PHONY: demo needs test test-packages coverage test-gpu test-torch lint bench fuzz fuzz-checkpoint mutants conformance pins clean

# Trains the siamese network on real digits; leaves siamese_digits.png.
demo: $(VENV)/demo
	$(BIN)/python examples/siamese_digits.py --picture siamese_digits.png

# What cannot be installed into .venv: a line for each thing that is missing.
needs:
	@.ci/needs $(PYTHON)

# One process for each core. One that has run its share takes over what another one has left.
JOBS ?= auto
test: needs $(VENV)/test lint .real-files .contrib .packages
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

# The models of other people's packages that `make test` leaves out.
test-packages: needs $(VENV)/test .contrib .packages
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m packages tests/packages

# The same as test, with each call watched, which takes half as long again: fails below the share in pyproject.toml.
coverage: needs $(VENV)/test .real-files .contrib .packages
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(JOBS) --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# What needs a GPU, by the Python at hand and its PyTorch: nothing is installed, and no file is imported that
# has no test of this kind.
test-gpu:
	$(PYTHON) -m pytest -m cuda $$(grep -rl --include 'test_*.py' 'mark\.cuda' tests)

# The tests that need no TensorFlow, on another PyTorch, in an environment of its own: make test-torch
# TORCH=2.11.0; without TORCH the newest that pip finds. With TESTS=tests/distributed, only those.
TORCH ?=
TESTS ?=
OTHER := .venv-torch-$(or $(TORCH),newest)
test-torch: needs $(OTHER)/made
	$(OTHER)/bin/python -m pytest --without-tensorflow -n $(JOBS) --dist worksteal $(TESTS)

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Measures what torchscope costs, and writes docs/benchmarks.md; with ONLY="access layers", only those.
ONLY ?=
THREADS ?=
bench: $(VENV)/bench .packages
	$(BIN)/python -m benchmarks $(ONLY) $(if $(THREADS),--threads $(THREADS))

# Generated scope programs, in TensorFlow and in torchscope, for as long as MINUTES says; and before
# that once what is drawn in the tests, drawn anew.
MINUTES ?= 5
fuzz: $(VENV)/test
	$(BIN)/python -m pytest -n $(JOBS) -m hypothesis --hypothesis-profile others
	$(BIN)/python tests/oracle/fuzz.py --minutes $(MINUTES)

# Files of checkpoints that lie, drawn towards lines of the readers that were not reached before.
fuzz-checkpoint: $(VENV)/fuzz
	$(BIN)/python tests/checkpoint/fuzz.py --minutes $(MINUTES)

# Breaks torchscope in many ways, and shows how many of them the oracle's cases catch.
mutants: $(VENV)/test
	$(BIN)/python tests/oracle/mutants.py

# Writes docs/conformance.md and docs/slim_conformance.md.
conformance: $(VENV)/test
	$(BIN)/python tests/oracle/conformance.py
	$(BIN)/python tests/slim/their_tests.py

# Files of TensorFlow 1 that other people's packages have in them: 88 MB over the network.
.real-files: tests/checkpoint/real_files.txt tests/checkpoint/fetch_real_files.py | $(VENV)/made
	$(BIN)/python tests/checkpoint/fetch_real_files.py $@

# The Python files of tf.contrib, from the last wheel that had them: 110 MB over the network.
.contrib: tests/oracle/contrib.txt tests/oracle/fetch_contrib.py | $(VENV)/made
	$(BIN)/python tests/oracle/fetch_contrib.py $@

# Packages of models that were written for TensorFlow 1: 4 MB over the network.
.packages: tests/packages/packages.txt tests/packages/fetch.py | $(VENV)/made
	$(BIN)/python tests/packages/fetch.py $@

# Renews constraints.txt: the newest releases for every extra, and all that they bring, for each Python that
# pyproject.toml allows.
pins: $(VENV)/test
	$(PIP) uv
	printf 'pip\ntf-keras\n' | $(BIN)/uv pip compile pyproject.toml - --all-extras --group bench --group fuzz --universal \
		--python-version 3.10 --upgrade --no-annotate --custom-compile-command "make pins" \
		--quiet --output-file constraints.txt

# A pip that knows of groups.
$(VENV)/made: constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) pip
	touch $@

# torch first, by its pinned version: a range may bring a build of several gigabytes.
$(VENV)/torch: $(VENV)/made constraints.txt
	$(PIP) torch
	touch $@

# What is not PyTorch, nor what it brings, is of the versions that are pinned.
$(OTHER)/made: constraints.txt pyproject.toml
	$(PYTHON) -m venv $(OTHER)
	grep -vE '^(torch|triton|nvidia-|cuda-|setuptools)' constraints.txt > $(OTHER)/constraints.txt
	$(OTHER)/bin/python -m pip install --quiet --constraint $(OTHER)/constraints.txt pip
	$(OTHER)/bin/python -m pip install --quiet --no-compile --upgrade --constraint $(OTHER)/constraints.txt \
		torch$(addprefix ==,$(TORCH)) --editable '.[$(EXTRAS)]' --group test-torch
	touch $@

$(VENV)/demo: $(VENV)/torch pyproject.toml
	$(PIP) --editable '.[examples]'
	touch $@

$(VENV)/test: $(VENV)/torch pyproject.toml
	$(PIP) --editable '.[$(EXTRAS)]' --group test
	$(PIP) --no-deps tf-keras
	touch $@

$(VENV)/bench: $(VENV)/test
	$(PIP) --group bench
	touch $@

$(VENV)/fuzz: $(VENV)/test
	$(PIP) --group fuzz
	touch $@

clean:
	rm -rf $(VENV) .venv-torch-* .real-files .contrib .packages .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
