# The two commands a newcomer needs: `make book`, then `make test`.
# Needs GNU make, git and Python 3.11 or newer; everything else comes from requirements.lock
# into .venv.  Paths here are relative, so that the clone's own path may hold a space.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
SITE_TOOLS := _build/site-tools
PORT ?= 8000
STUDIES ?= 15
JOBS ?= auto
# FORK=0: each chapter's kernel imports everything anew, instead of starting from a process that has.
FORK ?= 1
# SPREADSHEET=1: `make accept` takes values that look as if a spreadsheet had changed them.
SPREADSHEET ?=
# EXECUTOR=tcp://host:8786: chapters execute on the workers of that dask scheduler.
EXECUTOR ?=
LOCK_WITH := --universal --generate-hashes --python-version 3.11 --fork-strategy fewest \
  --extra book --extra test --extra dev

# Nothing of the user's own set-up reaches the build, and the build writes nothing outside this folder.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE
export PYTHONNOUSERSITE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export BOOK_FORK := $(FORK)

.DEFAULT_GOAL := help
.PHONY: help env book test test-site check accept new-study serve reference bench bench-build sizes lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

env: $(STAMP) ## create .venv from requirements.lock (other commands do it when needed)

.venv/.made-from-lock: requirements.lock
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; say which one with: make PYTHON=python3.12"; exit 1; }
	@echo "Creating .venv from requirements.lock (a few minutes, once) ..."
	@"$(PYTHON)" -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps --requirement requirements.lock
	@touch $@

$(STAMP): .venv/.made-from-lock pyproject.toml
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@

book: $(STAMP) ## execute the chapters that changed and build the website into _build/html
	@$(BIN)/livingreview check
	@$(BIN)/python -m livingreview_book execute --executor "$(EXECUTOR)"
	@$(BIN)/jupyter-book build . --quiet -n -W --keep-going
	@echo "The book is in _build/html (open _build/html/index.html, or: make serve)"

test: $(STAMP) ## every test: units, chapters in fresh kernels, published numbers
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile --no-loadscope-reorder

# What only the tests of the site need: a browser's driver, axe and Lighthouse, each locked.
$(SITE_TOOLS)/.made: tests/site/package-lock.json tests/site/requirements.lock $(STAMP)
	@command -v npm > /dev/null || { echo "npm is needed (Node 20 or newer)"; exit 1; }
	@rm -rf $(SITE_TOOLS) && mkdir -p $(SITE_TOOLS) && cp tests/site/package*.json $(SITE_TOOLS)
	@echo "Installing axe, Lighthouse and Playwright into $(SITE_TOOLS) (a minute, once) ..."
	@cd $(SITE_TOOLS) && npm ci --ignore-scripts --no-audit --no-fund --silent
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps --target $(SITE_TOOLS)/python \
	  --requirement tests/site/requirements.lock
	@touch $@

test-site: book $(SITE_TOOLS)/.made ## test the built site in Chromium: axe, Lighthouse, keys, weights (some minutes)
	@SITE_TESTS=1 PYTHONPATH=$(SITE_TOOLS)/python $(BIN)/python -m pytest -q tests/site

check: $(STAMP) ## lint, types and fast tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy & types=$$!; \
	  $(BIN)/python -m pytest -q -m "not book and not slow" --hypothesis-profile few tests src; tests=$$?; \
	  wait $$types && exit $$tests

accept: $(STAMP) ## accept what the chapters show now: renew tests/expected and results.json
	@$(BIN)/python -m livingreview_book accept $(if $(SPREADSHEET),--from-spreadsheet)

new-study: $(STAMP) ## begin a study: make new-study ID=smith-2027
	@$(BIN)/python -m livingreview_book new-study "$(ID)"

serve: $(STAMP) ## show the book on http://127.0.0.1:$(PORT), and build it again on each change
	@$(BIN)/python -m livingreview_book serve --port $(PORT)

reference: ## renew the pinned reference values with R's metafor and survival
	Rscript validation/metafor/make_reference.R
	Rscript validation/metafor/network.R
	Rscript validation/metafor/own_data.R
	Rscript validation/survival/make_reference.R
	Rscript validation/survival/make_patient_level.R

bench: $(STAMP) ## time the synthesis engine beside its peers (needs: pip install pymare statsmodels; R)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/bench_synthesis.py

bench-build: $(STAMP) ## time the build beside stock Jupyter Book: make bench-build STUDIES="15 100 500"
	@$(BIN)/python benchmarks/bench_build.py $(STUDIES)

sizes: $(STAMP) ## print the lines of code of each package
	@$(BIN)/python tests/helpers/code_lines.py

lock: ## renew requirements.lock from pyproject.toml
	@"$(PYTHON)" -m venv --clear _build/uv && _build/uv/bin/pip install --quiet uv
	@_build/uv/bin/uv pip compile --quiet $(LOCK_WITH) --upgrade --no-header --no-annotate \
	  --output-file requirements.lock pyproject.toml
	@_build/uv/bin/uv pip compile --quiet $(filter-out --extra book test dev,$(LOCK_WITH)) --upgrade \
	  --no-header --no-annotate --output-file tests/site/requirements.lock tests/site/requirements.in
	@git --no-pager diff --stat -- requirements.lock tests/site/requirements.lock

clean: ## remove what was built (.venv stays)
	rm -rf _build
