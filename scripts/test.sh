#!/bin/sh
# All tests that this machine can run; pytest prints what was left out and why.
set -eu
scripts/check.sh
scripts/web.sh test
OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}" .venv/bin/pytest "$@"
