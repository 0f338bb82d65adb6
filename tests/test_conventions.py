"""The conventions of the repository, held by tests rather than by memory (docs: ARCHITECTURE.md)."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from inspect import getmembers, isclass
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models
from django.forms import BaseForm
from django.urls import URLPattern, URLResolver, get_resolver
from django_filters import FilterSet
from django_tables2 import Table
from simple_history.models import HistoricalChanges

RACINE = Path(__file__).resolve().parent.parent
PIECES = ["documents", "comptes", "contrats", "porteurs", "actions", "financements", "bilans"]
IGNORES = {
    ".git",
    ".venv",
    "var",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
}


def fichiers(*suffixes: str, sous: str = ".") -> Iterator[Path]:
    """Give the files of the repository, those of a machine (environment, data, caches) left out."""
    for dossier, sous_dossiers, noms in os.walk(RACINE / sous):
        sous_dossiers[:] = [nom for nom in sous_dossiers if nom not in IGNORES]
        for nom in noms:
            if not suffixes or nom.endswith(suffixes):
                yield Path(dossier) / nom


def relatif(chemin: Path) -> str:
    return chemin.relative_to(RACINE).as_posix()


def liste(fautes: list[str]) -> str:
    return "\n  " + "\n  ".join(fautes)


# -- Models ----------------------------------------------------------------------------------------
MODELES = [
    modele
    for piece in PIECES
    for modele in apps.get_app_config(piece).get_models()
    if not issubclass(modele, HistoricalChanges)
]


def test_chaque_modele_dit_qui_voit_ses_lignes():
    assert len(MODELES) > 20
    fautes = [m._meta.label for m in MODELES if not hasattr(m._default_manager, "visibles_par")]
    assert not fautes, liste(fautes)


def test_chaque_champ_a_un_nom_en_francais():
    fautes = [
        f"{modele._meta.label}.{champ.name}"
        for modele in MODELES
        for champ in modele._meta.local_fields + modele._meta.local_many_to_many
        if not isinstance(champ, models.AutoField) and champ._verbose_name is None
    ]
    assert not fautes, liste(fautes)


def test_chaque_modele_a_un_nom_en_francais():
    fautes = [
        modele._meta.label
        for modele in MODELES
        if not {"verbose_name", "verbose_name_plural"} <= set(modele._meta.original_attrs)
    ]
    assert not fautes, liste(fautes)


def test_chaque_contrainte_a_un_message_pour_l_utilisateur():
    fautes = [
        f"{modele._meta.label} : {contrainte.name}"
        for modele in MODELES
        for contrainte in modele._meta.constraints
        if contrainte.violation_error_message == contrainte.default_violation_error_message
    ]
    assert not fautes, liste(fautes)


def test_les_migrations_suivent_les_modeles(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


# -- Rooms -----------------------------------------------------------------------------------------
def modules(piece: str) -> Iterator[str]:
    """Give the dotted names of the modules of a room, its migrations left out."""
    for chemin in fichiers(".py", sous=piece):
        parties = chemin.relative_to(RACINE).with_suffix("").parts
        if "migrations" not in parties and parties[-1] != "__init__" and find_spec(".".join(parties)):
            yield ".".join(parties)


# A class of this kind lives in one of these files; comptes/acces.py holds the base of every queryset.
PLACES = {
    models.QuerySet: {"querysets", "acces"},
    models.Model: {"models", "modeles"},
    BaseForm: {"forms"},
    FilterSet: {"filters"},
    Table: {"tables"},
}


@pytest.mark.parametrize("piece", PIECES)
def test_chaque_classe_est_dans_son_fichier(piece):
    fautes = []
    for nom in modules(piece):
        for _, classe in getmembers(import_module(nom), isclass):
            if classe.__module__ != nom:
                continue
            for genre, places in PLACES.items():
                if issubclass(classe, genre) and not places & set(nom.split(".")):
                    fautes.append(f"{nom}.{classe.__name__} : {' ou '.join(sorted(places))}.py")
    assert not fautes, liste(fautes)


def vues(resolveur: URLResolver) -> Iterator[str]:
    """Give the dotted name of every view that the addresses reach."""
    for motif in resolveur.url_patterns:
        if isinstance(motif, URLPattern):
            vue = getattr(motif.callback, "view_class", motif.callback)
            yield f"{vue.__module__}.{getattr(vue, '__name__', type(vue).__name__)}"
        else:
            yield from vues(motif)


def test_chaque_vue_est_dans_views():
    nos_vues = {vue for vue in vues(get_resolver()) if vue.split(".")[0] in PIECES}
    assert nos_vues
    fautes = sorted(vue for vue in nos_vues if "views" not in vue.split("."))
    assert not fautes, liste(fautes)


def test_documents_ne_connait_ni_la_base_ni_le_domaine():
    """import-linter holds the direction between rooms; it cannot forbid a part of Django."""
    fautes = []
    for chemin in fichiers(".py", sous="documents"):
        for noeud in ast.walk(ast.parse(chemin.read_text())):
            noms = []
            if isinstance(noeud, ast.Import):
                noms = [alias.name for alias in noeud.names]
            elif isinstance(noeud, ast.ImportFrom) and not noeud.level:
                noms = [f"{noeud.module}.{alias.name}" for alias in noeud.names]
            fautes += [
                f"{relatif(chemin)} : {nom}"
                for nom in noms
                if nom.startswith(("django.db", "django.contrib"))
            ]
    assert not fautes, liste(fautes)


# -- Templates -------------------------------------------------------------------------------------
def gabarits_des_paquets() -> set[str]:
    """Return the names of the templates that installed packages bring: ours of the same name replace them."""
    import django.forms

    dossiers = [Path(config.path) / "templates" for config in apps.get_app_configs()]
    dossiers.append(Path(django.forms.__file__).parent / "templates")
    return {
        fichier.relative_to(dossier).as_posix()
        for dossier in dossiers
        if RACINE not in dossier.parents or ".venv" in dossier.parts
        for fichier in dossier.rglob("*.*")
    }


# Django and allauth ask for these by name when a request fails.
GABARITS_DE_DJANGO = {"400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html"}


def test_chaque_gabarit_sert():
    dossiers = [RACINE / "templates", *(RACINE / piece / "templates" for piece in PIECES)]
    gabarits = {f.relative_to(d).as_posix(): f for d in dossiers for f in d.rglob("*.*")}
    assert gabarits
    sources = [
        (chemin, chemin.read_text())
        for chemin in fichiers(".py", ".html", ".txt")
        if "tests" not in chemin.parts and not chemin.name.startswith("requirements")
    ]
    fautes = sorted(
        nom
        for nom, fichier in gabarits.items()
        if nom not in GABARITS_DE_DJANGO | gabarits_des_paquets()
        and not any(
            re.search(rf"[\"']{re.escape(nom)}[#\"']", texte)
            for chemin, texte in sources
            if chemin != fichier
        )
    )
    assert not fautes, liste(fautes)


# -- Repository ------------------------------------------------------------------------------------
# Put together here, so that this file is not its own offender.
ADRESSES_DE_PAQUETS = re.compile(
    r"files\.python" r"hosted|py" r"pi\.org|registry\.npm" r"js|--(?:extra-)?index-" r"url"
)
CHEMINS_DE_MACHINE = re.compile(r"(?<![\w.~])/(?:home|root|Users|work)" r"/[\w.-]+")


def test_aucune_adresse_de_paquets_ni_chemin_de_machine():
    fautes = []
    for chemin in fichiers():
        try:
            texte = chemin.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for numero, ligne in enumerate(texte.splitlines(), 1):
            for motif in (ADRESSES_DE_PAQUETS, CHEMINS_DE_MACHINE):
                if trouve := motif.search(ligne):
                    fautes.append(f"{relatif(chemin)}:{numero} : {trouve.group()}")
    assert not fautes, liste(fautes)


# Playwright reads the page as it is at that instant, often before what a click asked for: `expect` waits.
LECTURES_SANS_ATTENDRE = re.compile(
    r"assert .*(?:"
    r"\.(?:is_(?:visible|hidden|enabled|disabled|checked)|all_inner_texts|all_text_contents|inner_text|text_content"
    r"|input_value|get_attribute)\(|(?:locator|get_by_\w+)\(.*\.count\(\)|\bpage\.url\b|activeElement)"
)


def test_un_test_de_navigateur_attend_ce_qu_il_verifie():
    fautes = [
        f"{relatif(chemin)}:{numero} : {ligne.strip()}"
        for chemin in fichiers(".py", sous="tests/navigateur")
        for numero, ligne in enumerate(chemin.read_text().splitlines(), 1)
        if LECTURES_SANS_ATTENDRE.search(ligne)
    ]
    assert not fautes, liste(fautes)


def test_chaque_variable_d_environnement_est_documentee():
    lues = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", (RACINE / "config" / "settings.py").read_text()))
    assert "DATABASE_URL" in lues
    for document in ("docs/installation.md", "deploy/pilotis.env"):
        texte = (RACINE / document).read_text()
        fautes = sorted(nom for nom in lues if not re.search(rf"\b{nom}\b", texte))
        assert not fautes, f"{document} ne dit rien de :{liste(fautes)}"


def test_l_integration_continue_est_executable():
    assert os.access(RACINE / ".ci" / "run", os.X_OK)


# The subdomains of a collectivité are not ours to commit to HTTPS, nor its domain to the browsers' list.
AVERTISSEMENTS_ADMIS = {"security.W005", "security.W021"}


def test_les_reglages_de_production_sont_surs(tmp_path):
    environnement = {
        **{nom: valeur for nom, valeur in os.environ.items() if nom != "DJANGO_ALLOW_ASYNC_UNSAFE"},
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PILOTIS_DONNEES": str(tmp_path),
        "PILOTIS_DEMONSTRATION": "0",
        "HTTPS": "1",
        "ALLOWED_HOSTS": "pilotis.exemple.fr",
    }
    commande = [sys.executable, "manage.py", "check", "--deploy"]
    resultat = subprocess.run(commande, cwd=RACINE, env=environnement, capture_output=True, text=True)
    assert resultat.returncode == 0, resultat.stderr
    assert set(re.findall(r"\((\w+\.\w\d+)\)", resultat.stderr)) == AVERTISSEMENTS_ADMIS, resultat.stderr
