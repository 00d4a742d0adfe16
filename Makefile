# Two commands for a new user: `make demo` and `make test`. All they need goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt
RELEASE := .venv-release
# What users may install beside torchscope; all of it is tested.
EXTRAS := cli,examples,port,scripts,tensorboard

.PHONY: demo needs test test-packages test-ecosystem coverage test-gpu test-torch lint docs docs-serve notebooks pictures wheel release-check bench fuzz fuzz-checkpoint mutants imports conformance pins clean

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

# What people use beside PyTorch (docs/works_with.md): 320 MB of packages more.
test-ecosystem: needs $(VENV)/ecosystem
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m ecosystem tests/ecosystem

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
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff

# The pages of docs/ and of all public names as a site, in `site`. Fails where a link leads nowhere, and where a name
# has no docstring (not by --quiet, which counts no warnings). The variable keeps mkdocs-material from telling of its future.
docs: $(VENV)/test
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

# The same while one writes, at http://127.0.0.1:8000.
docs-serve: $(VENV)/test
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve --no-strict

# Runs the notebooks, and records beside them what they print and draw, which their pages show; with ONLY=gan, one.
notebooks: $(VENV)/ecosystem .packages
	$(BIN)/python -m tests.project.notebooks $(ONLY)

# Writes docs/pictures: six pages of the site, as a browser shows them.
pictures: docs
	$(BIN)/python -m tests.project.pictures site

# What would be published: the source, the wheel that is made of it, both looked at, and the wheel run where torch,
# einops and what they bring are all that is found. It leaves them in dist.
wheel: $(RELEASE)/made $(VENV)/test
	rm -rf dist
	$(RELEASE)/bin/python -m build
	$(RELEASE)/bin/twine check --strict dist/*
	$(RELEASE)/bin/check-wheel-contents dist/*.whl
	$(BIN)/python tests/project/installed.py dist/*.whl

# What a release must have, and the wheel; with TAG=v0.1.0 the tag, too. It leaves release-notes.md and dist.
TAG ?=
release-check:
	$(PYTHON) tests/project/release.py $(TAG)
	$(MAKE) wheel

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

# Draws who imports whom, what follows from other arrows left out; Graphviz is to be installed.
imports: $(VENV)/test
	$(BIN)/import-linter drawgraph torchscope | tred | dot -Tsvg -o docs/imports.svg
	$(BIN)/import-linter drawgraph torchscope._core | tred | dot -Tsvg -o docs/imports_of_the_core.svg

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
	printf 'pip\ntf-keras\n' | $(BIN)/uv pip compile pyproject.toml - --all-extras --group bench --group ecosystem --group fuzz --group release --universal \
		--python-version 3.10 --upgrade --no-annotate --custom-compile-command "make pins" \
		--quiet --output-file constraints.txt

# Beside .venv, since they bring much that nothing else here needs.
$(RELEASE)/made: constraints.txt pyproject.toml
	$(PYTHON) -m venv $(RELEASE)
	$(RELEASE)/bin/python -m pip install --quiet --constraint constraints.txt pip
	$(RELEASE)/bin/python -m pip install --quiet --constraint constraints.txt --group release
	touch $@

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

$(VENV)/ecosystem: $(VENV)/test
	$(PIP) --group ecosystem
	touch $@

$(VENV)/fuzz: $(VENV)/test
	$(PIP) --group fuzz
	touch $@

clean:
	rm -rf $(VENV) .venv-* dist site release-notes.md .real-files .contrib .packages .coverage .coverage.* .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
