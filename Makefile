# Every target works on a machine that has Python 3.11+, make and git; the first one to run makes .venv.
PYTHON ?= python3
BIN := .venv/bin
MEMBERS := contracts gateway $(sort $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml)))
SOURCES := contracts/wasl_contracts gateway/wasl $(wildcard plugins/*/wasl_*)

# Tests start hundreds of processes: each would compile all of wasl anew where this is set.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup dev demo test check fix serve bench torture proof screenshots lock

setup: .venv/installed

# Two steps, because pip refuses editable installs together with hashes.
.venv/installed: requirements.lock $(MEMBERS:%=%/pyproject.toml)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(MEMBERS:%=-e %)
	touch $@

dev: setup
	@$(BIN)/wasl dev

demo: setup
	@$(BIN)/wasl demo

# Two more than there are cores: a third of the time a test waits, for a disk or for the clock.
test: setup
	$(BIN)/pytest -n $$(( $$(getconf _NPROCESSORS_ONLN) + 2 )) --dist worksteal

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/architecture

fix: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

serve: setup
	$(BIN)/wasl serve

bench: setup
	$(BIN)/python -m pytest -q -s tests/bench --bench

# Kills, stops, power cuts: about half an hour. A seed that failed is told with the command to repeat it.
torture: setup
	$(BIN)/pytest -q tests/torture --torture -n $$(getconf _NPROCESSORS_ONLN) --dist worksteal

# The policies against their oracles, and every page of the console in every look before axe: minutes. A seed that failed is told with the
# command to repeat it.
proof: setup
	$(BIN)/python -m pytest -q -s tests/proof tests/gateway/console/test_axe.py --proof

# The pictures in gateway/wasl/console/README.md, of a made-up day; needs chromium.
screenshots: setup
	$(BIN)/python -m pytest -q tests/pictures --pictures

# After a change of any pyproject.toml. uv.lock stays out of git: it names the registry.
lock: setup
	$(BIN)/uv lock --quiet --upgrade
	$(BIN)/uv export --quiet --all-packages --all-extras --all-groups --no-emit-workspace --no-header --no-annotate \
		--format requirements-txt -o requirements.lock
