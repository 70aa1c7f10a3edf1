# SpanDesk: every task by name. `make run` and `make test` do all the set-up by themselves.
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install web ## Set everything up and serve the starter bot on http://127.0.0.1:8000.
	@$(BIN)/spandesk serve

install: $(VENV)/.installed ## Create .venv and install SpanDesk from the lock file.

install-dev: $(VENV)/.installed-dev

web: $(VENV)/.installed ## Build the web pages into web/dist.
	@scripts/web.sh build

test: install-dev web ## Run every test that this machine can run and say what was left out.
	@scripts/test.sh

check: install-dev web ## Format, lint, types, import contracts, web lint.
	@scripts/check.sh

format: install-dev ## Format the Python sources.
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

starter-bundle: install ## Train the bundle that ships with the starter bot again.
	@$(BIN)/spandesk train --bot bots/retail --out bots/retail/bundle

bench: install-dev web ## Measure speed and memory; prints the rows of docs/results.md.
	@$(BIN)/python -m benchmarks.speed

lock: ## Resolve the dependencies again (needs uv on the PATH).
	@scripts/lock.sh

clean: ## Remove what was built; data in var/ stays.
	@rm -rf $(VENV) web/dist web/node_modules .mypy_cache .ruff_cache .pytest_cache

$(VENV)/.installed: requirements.lock pyproject.toml
	@scripts/install.sh requirements.lock && touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml $(VENV)/.installed
	@scripts/install.sh requirements-dev.lock && touch $@

.PHONY: help run install install-dev web test check format starter-bundle bench lock clean
