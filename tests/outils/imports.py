"""Imports as the tests make them: a workbook in a few lines, the worker's tasks done at once, the database compared."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from simple_history.models import HistoricalChanges

from actions.models import Campagne
from bilans.imports import annulation, application, preparation
from bilans.imports.journal import images
from bilans.models import CorrespondanceMemorisee, EffetImport, ImportTableur, LigneImport
from comptes.models import Utilisateur
from documents.tableurs import Classeur
from documents.tableurs.enfant import extraire

TABLEURS = Path(__file__).resolve().parents[2] / "fixtures" / "tableurs"
PIECES = ("contrats", "porteurs", "actions", "financements", "bilans")
# What an import keeps of itself.
JOURNAL = (ImportTableur, LigneImport, EffetImport, CorrespondanceMemorisee)


def classeur(*lignes: Sequence[Any]) -> bytes:
    """Return a workbook of one sheet, row by row."""
    livre = openpyxl.Workbook()
    feuille = livre.active
    for ligne in lignes:
        feuille.append(list(ligne))
    sortie = BytesIO()
    livre.save(sortie)
    return sortie.getvalue()


def lire_sur_place(contenu: bytes, nom: str) -> Classeur:
    """Return a workbook without the process that reads what strangers send: a second less for each test."""
    return replace(extraire(contenu), nom=nom)


def avec_le_travail(faire: Callable[[], Any]) -> Any:
    """Do something, then what it asked of the worker; return what it returned."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return faire()


def deposer(
    auteur: Utilisateur, campagne: Campagne, contenu: bytes, nom: str = "programme.xlsx"
) -> ImportTableur:
    """Return the import of a workbook, read and staged."""
    import_ = avec_le_travail(lambda: preparation.deposer(auteur, campagne, SimpleUploadedFile(nom, contenu)))
    import_.refresh_from_db()
    return import_


def deposer_le_vrai(auteur: Utilisateur, campagne: Campagne, nom: str) -> ImportTableur:
    """Return the import of one of the two real workbooks."""
    return deposer(auteur, campagne, (TABLEURS / nom).read_bytes(), nom)


def confirmer(auteur: Utilisateur, import_: ImportTableur) -> ImportTableur:
    """Confirm an import and return it as the worker left it."""
    avec_le_travail(lambda: application.confirmer(auteur, import_))
    import_.refresh_from_db()
    return import_


def annuler(auteur: Utilisateur, import_: ImportTableur) -> ImportTableur:
    """Undo an import and return it as the worker left it."""
    avec_le_travail(lambda: annulation.annuler(auteur, import_))
    import_.refresh_from_db()
    return import_


def comptes(import_: ImportTableur) -> dict[str, int]:
    """Return how many rows each category has."""
    return preparation.resume(import_)["categories"]


def lignes(import_: ImportTableur) -> dict[int, LigneImport]:
    """Return the rows of an import by their number in the sheet."""
    return {ligne.numero: ligne for ligne in import_.lignes.order_by("ordre")}


def photographie(*, sans_versions: bool = False) -> dict[str, dict[int, dict[str, Any]]]:
    """Return every row of the programme, by model and key; the history and the journal of imports left out.

    `sans_versions`: a version only ever goes up, undone or not.
    """
    vues: dict[str, dict[int, dict[str, Any]]] = {}
    for piece in PIECES:
        for modele in apps.get_app_config(piece).get_models(include_auto_created=True):
            if issubclass(modele, HistoricalChanges) or modele in JOURNAL:
                continue
            cles = modele._base_manager.order_by("pk").values_list("pk", flat=True)
            lues = images(modele, cles)
            if sans_versions:
                for ligne in lues.values():
                    ligne.pop("version", None)
            vues[modele._meta.label] = lues
    return vues
