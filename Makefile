# The two commands that matter: `make demo` and `make test`. Everything is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
OUTPUT ?= output
BENCHMARKS := imports shares shapes distances facilities price growth whole_run

.PHONY: demo test lint bench hunt docs screenshots notebooks lock bundle browser postgis clean

demo: $(VENV)/.core
	$(BIN)/landmarket demo --out $(OUTPUT)/demo

test: $(VENV)/.test browser postgis
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tests/lint_docstrings.py

notebooks: $(VENV)/.test
	$(BIN)/python notebooks/run.py

# The accuracy study needs official land prices that are not part of the repository: LANDMARKET_POINTS=points.csv
bench: $(VENV)/.test
	for each in $(BENCHMARKS); do $(BIN)/python -m benchmarks.$$each $(OUTPUT)/bench || exit 1; done
	$(BIN)/python -m benchmarks.split --leave $(OUTPUT)/bench
	$(BIN)/python -m benchmarks.simulation --leave $(OUTPUT)/bench
	-$(BIN)/python -m benchmarks.ratio_study --leave $(OUTPUT)/bench
	$(BIN)/python -m benchmarks.results $(OUTPUT)/bench docs/benchmarks.md
	$(BIN)/python -m benchmarks.main_job
	@if [ -f "$$LANDMARKET_POINTS" ]; then $(BIN)/python benchmarks/accuracy.py && $(BIN)/python notebooks/run.py ../docs/accuracy.ipynb; \
	else echo "accuracy not measured: set LANDMARKET_POINTS to the CSV of land price points (see benchmarks/accuracy.py)"; fi

# Hours: everything the tests hunt for, whole; the small parsers with coverage as the guide; mutants of the exact arithmetic
hunt: $(VENV)/.test browser postgis
	$(PIP) install --quiet --require-hashes -r requirements/hunt.txt
	HUNT=full $(BIN)/python -m pytest -n 2 --dist loadfile tests --ignore tests/browser \
		--deselect tests/test_cli.py --deselect tests/test_docs.py
	HUNT=full $(BIN)/python -m pytest tests/browser/test_hostile_runs.py
	printf '%s\n' parcel_code far_range price day term code grade rules | \
		xargs -P 2 -I NAME $(BIN)/python -m tests.parser_hunt NAME 30000
	$(BIN)/mutmut run
	$(BIN)/mutmut results

docs: docs/_build/executed/.done
	$(BIN)/python docs/build.py

# The gallery shows what the notebooks give; they are executed anew when they or the library changed.
docs/_build/executed/.done: $(wildcard notebooks/*.ipynb) $(shell find landmarket -name '*.py') | $(VENV)/.test
	$(BIN)/python notebooks/run.py --into docs/_build/executed
	touch $@

# The pictures in README and in the gallery: make screenshots after a change of what pages look like
screenshots: docs/_build/executed/.done browser
	$(BIN)/python docs/screenshots.py

browser:
	sh .ci/browser.sh

postgis:
	sh .ci/postgis.sh

# Locks are written by hand of a maintainer: make lock
lock: $(VENV)/bin/python
	$(PIP) install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--python-version 3.11 --group build pyproject.toml -o requirements/core.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--python-version 3.11 --group build --group test --group lint --group docs pyproject.toml -o requirements/test.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--python-version 3.11 --group build --group test --group hunt pyproject.toml -c requirements/test.txt -o requirements/hunt.txt
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-deps --python-version 3.11 \
		requirements/core.txt --format pylock.toml | $(BIN)/python .ci/windows_wheels.py > requirements/windows.tmp
	mv requirements/windows.tmp requirements/windows.csv

# For machines that reach no package index: an archive each for Linux and Windows in dist/
bundle: $(VENV)/.core
	$(BIN)/python release/bundle.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: requirements/core.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --quiet --require-hashes -r requirements/core.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.test: requirements/test.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --quiet --require-hashes -r requirements/test.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	touch $@

clean:
	rm -rf $(VENV) $(OUTPUT) build dist *.egg-info
