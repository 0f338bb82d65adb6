"""Whatever is changed in a workbook, the database then holds exactly that, and what it held before once undone.

A random programme is exported; random cells are changed, rows sorted, copied or emptied, in the file itself; it comes
back through the pages' own operations. The whole database is compared, row by row, with what it should be.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from actions.models import ActionAnnuelle, Campagne
from bilans.imports.valeurs import valeurs_actuelles
from bilans.models import Bilan, ImportTableur, LigneImport
from comptes.models import Utilisateur
from documents.texte import nettoyer
from financements.models import Financeur
from tests import fabriques
from tests.bilans.test_retour import Feuille, export
from tests.outils.imports import annuler, confirmer, deposer, photographie

pytestmark = pytest.mark.django_db

Statut, Categorie = ImportTableur.Statut, LigneImport.Categorie
EXEMPLES = settings(
    max_examples=8,
    deadline=None,
    # An example is a whole round trip: the draws are printed, shrinking them would take minutes.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def depots(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


# -- Values ----------------------------------------------------------------------------------------
TEXTES = st.one_of(
    st.sampled_from(
        [
            "=1+1",
            '=HYPERLINK("http://x")',
            "+33 6 12",
            "-5",
            "@moi",
            "'apostrophe",
            "0",
            "00123",
            "24 000",
            "Été\nà l'école",
            "– tiret\n– autre",
            "_x0041_",
            "n° 1 ; n° 2",
            "30/06/2024",
            "« Vivre »\u00a0!",
            "😀",
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=60),
).map(lambda texte: nettoyer(texte) or None)
MONTANTS = st.one_of(
    st.none(),
    st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("9999999999.99"), Decimal("8400.50")]),
    st.decimals(0, 10**9, places=2),
)
JOURS = st.one_of(st.none(), st.dates(date(2024, 1, 1), date(2024, 12, 31)))
NOMBRES = st.one_of(st.none(), st.integers(0, 5000))
# Titles of columns of the workbook of actions, the field behind, what may be typed.
CASES: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "Description": ("description", TEXTES),
    "Lieux": ("lieux", TEXTES),
    "Public visé": ("public_vise", TEXTES),
    "Référence interne": ("reference", TEXTES.map(lambda t: (t and t[:30].strip()) or None)),
    "Début": ("date_debut", JOURS),
    "VILLE": ("montant:accorde:0", MONTANTS),
    "ÉTAT": ("montant:accorde:1", MONTANTS),
    "CAF, hors total": ("montant:accorde:2", MONTANTS),
    "Coût total prévu": ("budget:previsionnel", MONTANTS),
}
DU_BILAN: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "Points forts": ("bilan.points_forts", TEXTES),
    "Déroulement de l'action": ("bilan.mise_en_oeuvre", TEXTES),
    "Femmes du QPV": ("effectif:qpv:F:", NOMBRES),
    "Personnes": ("effectif:total:T:", NOMBRES),
    "Nombre de séances": ("bilan.nombre_seances", NOMBRES),
    "Début réel": ("bilan.date_debut", JOURS),
}


@dataclass
class Programme:
    """A year with a few actions of random values."""

    campagne: Campagne
    auteur: Utilisateur
    financeurs: list[Financeur]
    actions: list[ActionAnnuelle] = field(default_factory=list)

    def nom(self, champ: str) -> str:
        """Return the name of a field, the funder being that of this programme."""
        famille, _, rang = champ.rpartition(":")
        return f"{famille}:{self.financeurs[int(rang)].pk}" if famille == "montant:accorde" else champ


def programme(campagne: Campagne, donnees: Any) -> Programme:
    """Return a programme whose values come from `donnees`."""
    contrat = campagne.contrat
    financeurs = [
        fabriques.FinanceurFactory(contrat=contrat, nom=nom, sigle=sigle, dans_total=dans, ordre=rang)
        for rang, (nom, sigle, dans) in enumerate(
            (("Ville", "VILLE", True), ("État", "ÉTAT", True), ("Caf", "CAF", False))
        )
    ]
    fait = Programme(campagne, fabriques.chargee_de_mission(contrat), financeurs)
    axe = fabriques.AxeFactory(contrat=contrat)
    for rang in range(donnees.draw(st.integers(1, 3), "actions")):
        action = fabriques.ActionFactory(contrat=contrat, intitule=f"=Action n° {rang} « été »")
        annuelle = fabriques.ActionAnnuelleFactory(
            campagne=campagne,
            action=action,
            axe=donnees.draw(st.sampled_from([None, axe])),
            ordre=rang,
            description=donnees.draw(TEXTES) or "",
            lieux=donnees.draw(TEXTES) or "",
            date_debut=donnees.draw(JOURS),
        )
        fait.actions.append(annuelle)
        for financeur in financeurs:
            if (euros := donnees.draw(MONTANTS)) is not None:
                fabriques.LigneFinancementFactory(
                    action_annuelle=annuelle, financeur=financeur, montant_accorde=euros
                )
        bilan = fabriques.BilanFactory(
            action_annuelle=annuelle, statut=Bilan.Statut.EN_SAISIE, points_forts=donnees.draw(TEXTES) or ""
        )
        if (femmes := donnees.draw(NOMBRES)) is not None:
            fabriques.effectifs(bilan, "qpv", F=femmes)
    return fait


# -- What is expected ------------------------------------------------------------------------------
def en_json(valeur: Any) -> Any:
    """Return what was typed as the plain value that the database should hold."""
    if isinstance(valeur, Decimal):
        return format(
            valeur.quantize(Decimal(1) if valeur == valeur.to_integral_value() else Decimal("0.01")), "f"
        )
    return valeur.isoformat() if isinstance(valeur, date) else valeur


def ecrire(feuille: Feuille, cle: str, titre: str, valeur: Any) -> None:
    """Type a value in a cell, a text as a text: escaped as Excel does and openpyxl does not."""
    case = feuille.case(cle, titre)
    case.value = re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", valeur) if isinstance(valeur, str) else valeur
    if isinstance(valeur, str):
        case.data_type = "s"


def hors_de(vue: dict[str, Any]) -> dict[str, Any]:
    """Return the part of the database that no cell of these workbooks writes."""
    ecrits = (
        *("actions.Action", "actions.ActionAnnuelle", "financements.LigneFinancement"),
        *("financements.Budget", "bilans.Bilan", "bilans.Effectif", "bilans.Transition"),
    )
    return {modele: lignes for modele, lignes in vue.items() if modele not in ecrits}


def un_exemple() -> Iterator[None]:
    """Yield once, then put the database back: each example begins on the same one."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def verifier(fait: Programme, jeu: str, cases: dict[str, Any], donnees: Any) -> None:
    """Change random cells, bring the workbook back, compare the database, then undo and compare again."""
    feuille = export(fait.campagne, jeu)
    attendues = deepcopy(valeurs_actuelles(fait.campagne))
    for annuelle in fait.actions:
        for titre, (champ, valeurs) in cases.items():
            if not donnees.draw(st.booleans(), f"changer {titre} ?"):
                continue
            valeur = donnees.draw(valeurs, titre)
            ecrire(feuille, annuelle.cle, titre, valeur)
            siennes = attendues[annuelle.pk]
            if (plate := en_json(valeur)) is None:
                siennes.pop(fait.nom(champ), None)
            else:
                siennes[fait.nom(champ)] = plate
    if donnees.draw(st.booleans(), "trier ?"):
        renverser(feuille)
    avant = photographie(sans_versions=True)
    actuelles = valeurs_actuelles(fait.campagne)
    import_ = deposer(fait.auteur, fait.campagne, feuille.octets(), "classeur.xlsx")
    changees = sum(
        attendues[pk].get(champ) != actuelles[pk].get(champ)
        for pk in attendues
        for champ in {*attendues[pk], *actuelles[pk]}
    )
    assert import_.statut == Statut.A_RELIRE, import_.message
    montrees = [c for ligne in import_.lignes.all() for c in ligne.changements]
    assert len(montrees) == changees, montrees
    assert photographie(sans_versions=True) == avant
    confirme = confirmer(fait.auteur, import_)
    assert confirme.statut == Statut.APPLIQUE, confirme.message
    assert valeurs_actuelles(fait.campagne) == attendues
    assert hors_de(photographie(sans_versions=True)) == hors_de(avant)
    assert annuler(fait.auteur, import_).statut == Statut.ANNULE, import_.message
    assert photographie(sans_versions=True) == avant


def renverser(feuille: Feuille) -> None:
    """Put the rows in the other order, as sorting does."""
    rangs = [
        rang
        for rang in range(feuille.entete + 1, feuille.feuille.max_row + 1)
        if feuille.feuille.cell(rang, 1).value
    ]
    lignes = [[(case.value, case.data_type) for case in feuille.feuille[rang]] for rang in rangs]
    for rang, ligne in zip(rangs, reversed(lignes), strict=True):
        for case, (valeur, nature) in zip(feuille.feuille[rang], ligne, strict=True):
            case.value = valeur
            case.data_type = nature


@EXEMPLES
@given(st.data())
def test_les_cases_changees_et_rien_d_autre(campagne: Campagne, donnees: Any) -> None:
    for _ in un_exemple():
        verifier(programme(campagne, donnees), "actions", CASES, donnees)


@EXEMPLES
@given(st.data())
def test_les_cases_des_bilans_et_rien_d_autre(campagne: Campagne, donnees: Any) -> None:
    for _ in un_exemple():
        verifier(programme(campagne, donnees), "bilans", DU_BILAN, donnees)


@EXEMPLES
@given(st.data())
def test_lignes_absentes_copiees_et_vides(campagne: Campagne, donnees: Any) -> None:
    """A row that goes stays in Pilotis unless it is said; one that is copied is refused with its model."""
    for _ in un_exemple():
        fait = programme(campagne, donnees)
        feuille = export(campagne)
        attendues = valeurs_actuelles(campagne)
        avant = photographie(sans_versions=True)
        sorts = {a.cle: donnees.draw(st.sampled_from(["garder", "absente", "copie"])) for a in fait.actions}
        for cle, sort in sorts.items():
            if sort == "copie":
                nouvelle = feuille.ajouter(Description="Copie")
                feuille.feuille.cell(nouvelle, 1).value = cle
            elif sort == "absente":
                feuille.feuille.delete_rows(feuille.rang(cle))
            else:
                ecrire(feuille, cle, "Lieux", "Place du marché")
        import_ = deposer(fait.auteur, campagne, feuille.octets(), "classeur.xlsx")
        for annuelle in fait.actions:
            lignes = import_.lignes.filter(objet=f"annuelle:{annuelle.cle}")
            if sorts[annuelle.cle] == "garder":
                attendues[annuelle.pk]["lieux"] = "Place du marché"
            elif sorts[annuelle.cle] == "absente":
                assert lignes.get().categorie in (Categorie.SUPPRIMEE, Categorie.INCHANGEE)
            else:
                assert not lignes.exists()
        copies = list(sorts.values()).count("copie")
        assert import_.lignes.filter(categorie=Categorie.REFUSEE).count() == 2 * copies
        assert confirmer(fait.auteur, import_).statut == Statut.APPLIQUE, import_.message
        assert valeurs_actuelles(campagne) == attendues
        assert annuler(fait.auteur, import_).statut == Statut.ANNULE, import_.message
        assert photographie(sans_versions=True) == avant
