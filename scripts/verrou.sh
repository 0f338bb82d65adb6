#!/bin/sh
# Locks the dependencies of pyproject.toml in requirements-test.txt (all) and requirements.txt (what runs).
# uv works in a throw-away environment; the files name no host and hold every hash.
# Arguments go to uv: `--upgrade`, `--upgrade-package django`. Without any, what is locked stays as it is.
set -eu
cd "$(dirname "$0")/.."
python=$(sh scripts/systeme.sh run)
atelier=$(mktemp -d)
trap 'rm -rf "$atelier"' EXIT INT TERM
"$python" -m venv "$atelier"
"$atelier/bin/python" -m pip install --quiet --disable-pip-version-check uv

figer() {
    "$atelier/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header --no-annotate "$@" pyproject.toml
}
figer --extra test --output-file requirements-test.txt "$@"
figer --constraint requirements-test.txt --output-file requirements.txt
echo "requirements.txt et requirements-test.txt sont à jour : relisez « git diff », puis lancez « make test »."
