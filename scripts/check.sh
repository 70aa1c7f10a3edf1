#!/bin/sh
# Everything that reads the sources without running them, fast failures first.
set -eu
bin=.venv/bin
$bin/ruff format --check .
$bin/ruff check .
$bin/mypy
$bin/lint-imports
scripts/web.sh check
