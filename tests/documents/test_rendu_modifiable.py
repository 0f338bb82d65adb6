"""A workbook to change: what it looks like to Excel, and what is read of it again."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from documents import ErreurRendu, TexteTropLong
from documents.rendu_modifiable import (
    FEUILLE_LISTES,
    FEUILLE_REPERES,
    TITRE_CLE,
    ClasseurModifiable,
    ClasseurRevenu,
    ColonneModifiable,
    LigneModifiable,
    ReperesPerdus,
    Saisie,
    est_modifiable,
    relire_modifiable,
    rendre_modifiable,
)
from documents.tableurs import lire_tableur

COLONNES = (
    ColonneModifiable(cle="titre", titre="Intitulé", aide="Le titre de l'action.", largeur=30),
    ColonneModifiable(cle="etat", titre="État", saisie=Saisie.CHOIX, choix=("Réalisée", "Reportée")),
    ColonneModifiable(
        cle="axe", titre="Axe", saisie=Saisie.CHOIX, choix=("1 Emploi, insertion", "2 Cadre de vie")
    ),
    ColonneModifiable(cle="ville", titre="VILLE", saisie=Saisie.MONTANT),
    ColonneModifiable(cle="etat_pdv", titre="ÉTAT", saisie=Saisie.MONTANT),
    ColonneModifiable(
        cle="total",
        titre="TOTAL PDV",
        saisie=Saisie.MONTANT,
        calculee=True,
        somme_de=("ville", "etat_pdv"),
    ),
    ColonneModifiable(cle="debut", titre="Début", saisie=Saisie.DATE, aide="Une date."),
    ColonneModifiable(cle="siret", titre="SIRET", saisie=Saisie.CODE),
    ColonneModifiable(cle="public", titre="Public", saisie=Saisie.ENTIER),
)
LIGNES = (
    LigneModifiable(
        "k1",
        ("3.1", "aaa bbb"),
        ["=2+3", "Réalisée", None, Decimal("8400.50"), Decimal(100), Decimal("8500.50"), None, "00123", 0],
        frozenset({8}),
    ),
    LigneModifiable(
        "k2",
        ("1.0", "ccc ddd"),
        [
            "Été\nàÇœ\x0b",
            None,
            "1 Emploi, insertion",
            None,
            None,
            None,
            date(2024, 6, 30),
            None,
            12,
        ],
    ),
)


def classeur(**champs: Any) -> bytes:
    sortie = BytesIO()
    modifiable: dict[str, Any] = {
        "titre": "Actions 2024",
        "nom": "Actions",
        "consignes": ("Complétez.",),
        "colonnes": COLONNES,
        "lignes": LIGNES,
        "reperes": {"jeu": "actions", "annee": "2024"},
        "lignes_libres": 2,
        **champs,
    }
    rendre_modifiable(ClasseurModifiable(**modifiable), sortie)
    return sortie.getvalue()


def relu(contenu: bytes) -> ClasseurRevenu:
    return relire_modifiable(lire_tableur(contenu, "actions.xlsx"))


def ouvert(contenu: bytes) -> Any:
    return openpyxl.load_workbook(BytesIO(contenu))


def valeurs(revenu: ClasseurRevenu) -> dict[str, list[Any]]:
    return {ligne.cle: [c.valeur for c in ligne.cellules.values()] for ligne in revenu.lignes}


def test_ce_qui_part_revient() -> None:
    revenu = relu(classeur())
    assert revenu.reperes == {"jeu": "actions", "annee": "2024"}
    assert revenu.feuille == "Actions"
    assert revenu.souvenirs == {"k1": ("3.1", "aaa bbb"), "k2": ("1.0", "ccc ddd")}
    assert revenu.colonnes == tuple(colonne.cle for colonne in COLONNES)
    assert valeurs(revenu) == {
        "k1": ["=2+3", "Réalisée", None, Decimal("8400.5"), 100, Decimal("8500.5"), None, "00123", 0],
        "k2": ["Été\nàÇœ", None, "1 Emploi, insertion", None, None, None, date(2024, 6, 30), None, 12],
    }
    assert revenu.absentes == revenu.ajoutees == ()


def test_un_texte_qui_commence_comme_une_formule_reste_un_texte() -> None:
    feuille = ouvert(classeur())["Actions"]
    assert feuille["B5"].value == "=2+3"
    assert feuille["B5"].data_type == "s"
    assert feuille["B5"].quotePrefix
    for texte in ("+33 6", "-1", "@A1", '=HYPERLINK("x")', "\t=1"):
        (ligne, *_) = relu(classeur(lignes=[LigneModifiable("k", (), [texte, *[None] * 8])])).lignes
        assert ligne.cellules["titre"].valeur == texte.strip()
        assert not ligne.cellules["titre"].formule


def test_les_cases_calculees_sont_grises_et_fermees_les_autres_ouvertes() -> None:
    feuille = ouvert(classeur())["Actions"]
    assert feuille.protection.sheet
    assert feuille.protection.password is None
    # openpyxl says « locked » of what is NOT allowed
    assert not feuille.protection.sort
    assert not feuille.protection.deleteRows
    assert not feuille.protection.autoFilter
    ouvertes = {case.coordinate for case in feuille[5] if not case.protection.locked}
    assert ouvertes == {"A5", "B5", "C5", "D5", "E5", "F5", "H5", "I5"}
    assert feuille["G5"].value == '=IF(COUNT(E5,F5)=0,"",SUM(E5,F5))'
    assert feuille["G5"].fill.fgColor.rgb == feuille["J5"].fill.fgColor.rgb != feuille["B5"].fill.fgColor.rgb
    assert {case.protection.locked for case in feuille[4]} == {True}


def test_la_tete_reste_en_vue_et_le_filtre_commence_a_l_en_tete() -> None:
    feuille = ouvert(classeur())["Actions"]
    assert feuille.freeze_panes == "C5"
    assert feuille.auto_filter.ref == "A4:J8"
    assert [case.value for case in feuille[3]][1] == "Le titre de l'action."
    assert feuille["A4"].value == TITRE_CLE
    assert feuille.column_dimensions["A"].hidden
    assert [case.value for case in feuille["A"][4:]] == ["k1", "k2", None, None]


def test_les_valeurs_permises_sont_des_listes_deroulantes() -> None:
    livre = ouvert(classeur())
    regles = {str(regle.sqref): regle for regle in livre["Actions"].data_validations.dataValidation}
    assert regles["C5:C8"].formula1 == '"Réalisée,Reportée"'
    # a comma would cut the value in two: the list has its own sheet
    assert regles["D5:D8"].formula1 == f"'{FEUILLE_LISTES}'!$C$1:$C$2"
    assert [case.value for case in livre[FEUILLE_LISTES]["C"]] == ["1 Emploi, insertion", "2 Cadre de vie"]
    assert regles["H5:H8"].type == "date"
    assert regles["H5:H8"].prompt == "Une date."
    assert "G5:G8" not in regles
    assert livre[FEUILLE_LISTES].sheet_state == "hidden"
    assert livre[FEUILLE_REPERES].sheet_state == "veryHidden"


def test_une_longue_liste_a_sa_feuille() -> None:
    longue = tuple(f"Territoire n° {rang}" for rang in range(40))
    colonnes = (ColonneModifiable(cle="t", titre="Territoire", saisie=Saisie.CHOIX, choix=longue),)
    livre = ouvert(classeur(colonnes=colonnes, lignes=[LigneModifiable("k", (), [longue[3]])]))
    (regle,) = livre["Actions"].data_validations.dataValidation
    assert regle.formula1 == f"'{FEUILLE_LISTES}'!$A$1:$A$40"


def test_lignes_triees_colonnes_deplacees_et_titre_change() -> None:
    livre = ouvert(classeur())
    feuille = livre["Actions"]
    for colonne in range(1, 11):
        haut, bas = feuille.cell(5, colonne), feuille.cell(6, colonne)
        haut.value, bas.value = bas.value, haut.value
    feuille.insert_cols(3)
    feuille["C4"], feuille["C5"] = "Remarque", "à revoir"
    feuille["J4"] = "SIRET du porteur"
    sortie = BytesIO()
    livre.save(sortie)
    revenu = relu(sortie.getvalue())
    assert [ligne.cle for ligne in revenu.lignes] == ["k2", "k1"]
    assert revenu.lignes[1].cellules["ville"].valeur == Decimal("8400.5")
    assert revenu.absentes == ("SIRET",)
    assert revenu.ajoutees == ("Remarque", "SIRET du porteur")


def test_proprietes_perdues_ou_feuille_perdue() -> None:
    livre = ouvert(classeur())
    for nom in list(livre.custom_doc_props.names):
        del livre.custom_doc_props[nom]
    sortie = BytesIO()
    livre.save(sortie)
    sans_proprietes = lire_tableur(sortie.getvalue(), "a.xlsx")
    assert sans_proprietes.proprietes == {}
    assert est_modifiable(sans_proprietes)
    assert len(relire_modifiable(sans_proprietes).lignes) == 2

    livre = ouvert(classeur())
    del livre[FEUILLE_REPERES]
    sortie = BytesIO()
    livre.save(sortie)
    sans_reperes = lire_tableur(sortie.getvalue(), "a.xlsx")
    assert est_modifiable(sans_reperes)
    with pytest.raises(ReperesPerdus, match="Téléchargez-le"):
        relire_modifiable(sans_reperes)


def test_un_classeur_ordinaire_n_est_pas_des_notres() -> None:
    livre = openpyxl.Workbook()
    livre.active.append(["Porteur", "Action"])
    sortie = BytesIO()
    livre.save(sortie)
    assert not est_modifiable(lire_tableur(sortie.getvalue(), "a.xlsx"))


def test_trop_long_ou_trop_large() -> None:
    with pytest.raises(TexteTropLong, match="32767"):
        classeur(lignes=[LigneModifiable("k", (), ["x" * 32_768, *[None] * 8])])
    colonnes = tuple(ColonneModifiable(cle=f"c{rang}", titre=f"C{rang}") for rang in range(220))
    with pytest.raises(ErreurRendu, match="220 colonnes"):
        classeur(colonnes=colonnes, lignes=[])


def test_deux_colonnes_de_meme_titre_se_distinguent() -> None:
    colonnes = (ColonneModifiable(cle="a", titre="CAF"), ColonneModifiable(cle="b", titre="CAF"))
    (ligne,) = relu(classeur(colonnes=colonnes, lignes=[LigneModifiable("k", (), ["1", "2"])])).lignes
    assert {nom: cellule.valeur for nom, cellule in ligne.cellules.items()} == {"a": "1", "b": "2"}


def test_une_date_d_avant_excel_est_un_texte() -> None:
    lignes = [LigneModifiable("k", (), [*[None] * 6, date(1893, 7, 4), None, None])]
    (ligne,) = relu(classeur(lignes=lignes)).lignes
    assert ligne.cellules["debut"].valeur == "04/07/1893"
