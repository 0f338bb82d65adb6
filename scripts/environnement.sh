#!/bin/sh
# Builds .venv/, or brings it up to date when the lock file has changed: environnement.sh run|test
set -eu
usage="${1:-run}"
cd "$(dirname "$0")/.."

case "$usage" in
run) verrou=requirements.txt ;;
test) verrou=requirements-test.txt ;;
*)
    echo "Usage : scripts/environnement.sh run|test" >&2
    exit 2
    ;;
esac

python=$(sh scripts/systeme.sh "$usage")

# An environment whose interpreter is gone (upgraded system, moved folder) is made anew.
if [ -e .venv ] && ! .venv/bin/python -c '' 2>/dev/null; then
    echo "L'environnement .venv ne démarre plus : il est refait."
    rm -rf .venv
fi
if [ ! -e .venv ]; then
    echo "Création de l'environnement Python dans .venv/ ($("$python" --version))."
    "$python" -m venv .venv
fi

empreinte() { # empreinte FICHIER: what the packages depend on, the lock file and the interpreter
    .venv/bin/python -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest(), sys.version)' "$1"
}

if [ "$(empreinte "$verrou")" != "$(cat ".venv/.pilotis-$usage" 2>/dev/null || true)" ]; then
    echo "Installation des paquets Python de $verrou…"
    # The lock file is complete: nothing to resolve, everything hashed, nothing to compile.
    if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --no-deps --only-binary :all: -r "$verrou"; then
        echo "L'installation des paquets Python a échoué : voyez les lignes ci-dessus, puis recommencez." >&2
        exit 2
    fi
    empreinte "$verrou" >".venv/.pilotis-$usage"
    # requirements-test.txt contains requirements.txt.
    if [ "$usage" = test ]; then empreinte requirements.txt >.venv/.pilotis-run; fi
fi
