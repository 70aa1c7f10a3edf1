#!/bin/sh
# Create .venv with the first fitting Python and install a lock file and SpanDesk itself into it.
# TORCH_INDEX: where pip takes torch from, for the CPU-only build; PYTHON: which interpreter to use.
set -eu
lock="$1"

fits() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

if [ ! -x .venv/bin/python ]; then
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if fits "$candidate"; then
            python="$candidate"
            break
        fi
    done
    if [ -z "${python:-}" ]; then
        echo "No fitting Python: expected 3.11, 3.12 or 3.13 on the PATH; name one with PYTHON=/path/to/python3.12" >&2
        exit 1
    fi
    echo "Creating .venv with $("$python" --version)"
    if ! "$python" -m venv .venv; then
        rm -rf .venv
        echo "Python could not create a virtual environment: on Debian and Ubuntu install the package python3-venv" >&2
        exit 1
    fi
fi

if ! .venv/bin/python -c 'import importlib.metadata as m; assert m.version("torch").startswith("2.13.0")' 2>/dev/null; then
    echo "Installing torch 2.13.0 (for the CPU-only build set TORCH_INDEX, see the README)"
    .venv/bin/pip install --quiet torch==2.13.0 ${TORCH_INDEX:+--index-url "$TORCH_INDEX"}
fi
echo "Installing $lock"
.venv/bin/pip install --quiet -r "$lock"
.venv/bin/pip install --quiet --no-deps -e .
