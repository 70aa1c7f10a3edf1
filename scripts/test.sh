#!/bin/sh
# All tests that this machine can run; pytest prints what was left out and why.
set -eu
scripts/check.sh
scripts/web.sh test
.venv/bin/pytest
.venv/bin/pytest tests/e2e # apart: the browser's driver keeps an event loop running in its process
