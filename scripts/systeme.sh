#!/bin/sh
# What Pilotis asks of the system, checked piece by piece: systeme.sh run|test
#
# Installs what is missing when it can (root, apt-get); else prints the exact command and returns 2.
# Standard output holds one line, the Python interpreter to use; everything said to people is on standard error.
set -u
usage="${1:-run}"

dire() { printf '%s\n' "$*" >&2; }

choisir_python() {
    for candidat in python3.11 python3.12 python3.13 python3; do
        # A launcher that starts nothing is found too (pyenv, Windows): the interpreter itself has to answer.
        if "$candidat" -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' 2>/dev/null; then
            "$candidat" -c 'import sys; print(sys.executable)'
            return
        fi
    done
}

manque() { # manque PAQUET RAISON
    paquets="$paquets $1"
    raisons="$raisons
  - $1 : $2"
}

bibliotheque() { # bibliotheque SONAME PAQUET RAISON
    "$python" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1" 2>/dev/null || manque "$2" "$3"
}

programme() { # programme NOM PAQUET RAISON
    command -v "$1" >/dev/null 2>&1 || manque "$2" "$3"
}

inventorier() {
    paquets=""
    raisons=""
    python=$(choisir_python)
    if [ -z "$python" ]; then
        python=false
        manque python3 "Python 3.11 ou plus récent"
        manque python3-venv "les environnements virtuels de Python"
    elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        manque "python$version-venv" "les environnements virtuels de Python $version"
    fi
    if [ "$(uname -s)" = Linux ]; then
        bibliotheque libpango-1.0.so.0 libpango-1.0-0 "la mise en page des PDF"
        bibliotheque libpangoft2-1.0.so.0 libpangoft2-1.0-0 "les polices des PDF"
        bibliotheque libharfbuzz-subset.so.0 libharfbuzz-subset0 "l'incorporation des polices dans les PDF"
        find /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts" \
            -name DejaVuSans.ttf 2>/dev/null | grep -q . || manque fonts-dejavu-core "la police de secours des PDF"
    fi
    if [ "$usage" = test ]; then
        programme "${CHROMIUM:-chromium}" chromium "le navigateur des tests"
        bibliotheque libatomic.so.1 libatomic1 "le pilote du navigateur des tests (Playwright)"
        programme pdftotext poppler-utils "la relecture des PDF"
        programme localc libreoffice-calc "l'ouverture des classeurs Excel"
        programme lowriter libreoffice-writer "l'ouverture des documents Word"
        [ -e /usr/share/java/jaxb-runtime.jar ] || manque libjaxb-java "la validation des PDF par veraPDF"
    fi
}

inventorier
if [ -n "$paquets" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        dire "Installation des paquets système manquants :$paquets"
        journal=$(mktemp)
        # shellcheck disable=SC2086
        if ! { apt-get update && DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends $paquets; } >"$journal" 2>&1 </dev/null; then
            tail -n 20 "$journal" >&2
            rm -f "$journal"
            dire "L'installation des paquets système a échoué : voyez les lignes ci-dessus."
            exit 2
        fi
        rm -f "$journal"
        inventorier
    fi
fi
if [ -n "$paquets" ]; then
    dire "Il manque à ce système de quoi faire fonctionner Pilotis :$raisons"
    if [ "$(id -u)" = 0 ]; then droits=""; else droits="sudo "; fi
    if command -v apt-get >/dev/null 2>&1; then
        dire ""
        dire "Installez-le avec cette commande, puis recommencez :"
        dire "  ${droits}apt-get update && ${droits}apt-get install --no-install-recommends$paquets"
    else
        dire "Ces noms sont ceux des paquets de Debian et d'Ubuntu ; installez leurs équivalents, puis recommencez."
    fi
    exit 2
fi
printf '%s\n' "$python"
