"""What the annual report says of the real territories: the figures of the documents, and nothing that is not there."""

import re
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.test import Client

from bilans.rapport.choix import Composition
from bilans.rapport.sections import SECTIONS, sections_par_defaut
from comptes.models import Utilisateur
from documents import Tableau, additionner
from documents.rapport import BlocGraphique, BlocTableau, BlocTexte
from documents.rapport_json import depuis_json, en_json, octets
from tests.donnees.conftest import demonstration, demonstration_chargee
from tests.outils.rapport import (
    a_un_tableau,
    bloc,
    blocs,
    chiffre,
    lignes,
    rapport_de,
    recits,
    simple,
    tableaux,
    textes,
    titres,
    total,
)

__all__ = ["demonstration", "demonstration_chargee"]

pytestmark = pytest.mark.django_db

DOLE, BAGNOLS = ("dole-2024-2030", 2024), ("bagnols-2015-2023", 2023)


# -- The figures of the documents ------------------------------------------------------------------
def test_dole_compte_41_actions_et_16_structures(demonstration):
    rapport = rapport_de(*DOLE)
    assert chiffre(rapport, "actions").valeur == 41
    assert chiffre(rapport, "structures").valeur == 16
    assert total(bloc(rapport, "actions_structures").tableau)["actions"] == 41
    assert len(lignes(bloc(rapport, "actions_structures").tableau)) == 16


def test_bagnols_compte_46_lignes_20_structures_667_039_euros_de_six_financeurs(demonstration):
    rapport = rapport_de(*BAGNOLS)
    valeurs = {
        cle: chiffre(rapport, cle).valeur
        for cle in ("actions", "structures", "accorde", "financeurs", "hors_total")
    }
    assert valeurs == {
        "actions": 46,
        "structures": 20,
        "accorde": Decimal(667039),
        "financeurs": 6,
        "hors_total": Decimal(43346),
    }
    annexes = {annexe.code: annexe.tableau for annexe in rapport.annexes}
    assert {code: len(lignes(tableau)) for code, tableau in annexes.items()} == {
        "synthese": 46,
        "porteurs": 46,
        "publics": 37,
        "financements": 46,
    }
    assert total(annexes["porteurs"])["total_pdv"] == Decimal(667039)


def test_le_constat_des_financeurs_de_bagnols(demonstration):
    rapport = rapport_de(*BAGNOLS)
    assert titres(rapport) == {
        "realisations": "36 actions ont été réalisées en entier, sur 37 bilans validés",
        "actions_axes": "« COHESION SOCIALE » rassemble 83 % des actions",
        "actions_structures": "La Ville de Bagnols-sur-Cèze porte 30 % des actions, la plus grande part",
        "publics-sexe": "Le sexe n'est pas renseigné pour 88 % des personnes ; on connaît 605 femmes et 531 hommes",
        "argent_financeurs": "La Ville de Bagnols-sur-Cèze et l'État portent 84 % des crédits accordés",
        "argent_axes": "« COHESION SOCIALE » reçoit 86 % des crédits accordés",
    }
    assert sum(euros for _, euros in rapport.montants) == Decimal(667039)


def test_les_parts_des_financeurs_font_100(demonstration):
    tableau = bloc(rapport_de(*BAGNOLS), "argent_financeurs").tableau
    assert [ligne["part"] for ligne in lignes(tableau)] == [
        *(Decimal(part) for part in ("48.2", "3.9", "0.4", "35.8", "9.0", "2.7")),
        None,
    ]
    assert additionner(ligne["part"] for ligne in lignes(tableau)) == 100


@pytest.mark.parametrize(
    ("annee", "cle", "attendu", "dits", "sans_personne"),
    [
        (DOLE, "personnes_total", 1230, (83, 126, 1021), 3),
        (BAGNOLS, "personnes_qpv", 9497, (605, 531, 8361), 0),
    ],
    ids=["dole", "bagnols"],
)
def test_les_lignes_des_publics_font_les_chiffres_du_rapport(
    demonstration, annee, cle, attendu, dits, sans_personne
):
    """A row a validated bilan: what one opens from « 1 230 personnes » adds up to it, sex by sex."""
    rapport = rapport_de(*annee)
    tableau = next(annexe.tableau for annexe in rapport.annexes if annexe.code == "publics")
    assert len(lignes(tableau)) == chiffre(rapport, "bilans").valeur
    perimetre = cle.removeprefix("personnes_")
    assert chiffre(rapport, cle).valeur == total(tableau)[cle] == attendu
    sexes = [f"{quoi}_{perimetre}" for quoi in ("femmes", "hommes", "non_renseigne")]
    assert tuple(additionner(ligne[sexe] for ligne in lignes(tableau)) for sexe in sexes) == dits
    muettes = [ligne for ligne in lignes(tableau) if ligne["remarque"]]
    assert all(
        ligne[colonne.cle] is None for ligne in muettes for colonne in tableau.colonnes if colonne.total
    )
    assert len(muettes) == sans_personne


@pytest.mark.parametrize("annee", [DOLE, BAGNOLS], ids=["dole", "bagnols"])
def test_les_totaux_sont_la_somme_des_lignes(demonstration, annee):
    rapport = rapport_de(*annee)
    compares = 0
    for tableau in _tous(rapport):
        sommes = total(tableau)
        for colonne in tableau.colonnes:
            if colonne.total and sommes:
                assert sommes[colonne.cle] == additionner(ligne[colonne.cle] for ligne in lignes(tableau))
                compares += 1
    assert compares > 5


def _tous(rapport) -> list[Tableau]:
    return [b.tableau for b in tableaux(rapport)] + [annexe.tableau for annexe in rapport.annexes]


# -- What rests on what ----------------------------------------------------------------------------
@pytest.mark.parametrize("annee", [DOLE, BAGNOLS], ids=["dole", "bagnols"])
def test_chaque_chiffre_dit_sur_quoi_il_repose(demonstration, annee):
    rapport = rapport_de(*annee)
    muets = [
        un_bloc.code
        for un_bloc in blocs(rapport)
        if isinstance(un_bloc, BlocTableau | BlocGraphique) and not un_bloc.repose_sur
    ]
    assert muets == []
    assert all(c.repose_sur and c.adresse and c.definition for c in bloc(rapport, "chiffres_cles").chiffres)


def test_combien_de_bilans_sont_valides(demonstration):
    rapport = rapport_de(*DOLE)
    assert simple(chiffre(rapport, "bilans").repose_sur) == "18 bilans validés sur 39 attendus"
    assert rapport.mentions[-1].endswith("18\u00a0bilans validés sur 39 attendus")
    noms = bloc(rapport, "avancement-actions")
    assert len(lignes(noms.tableau)) == 41 - 18 == len(noms.adresses)
    situations = [simple(ligne["situation"]).split(" :")[0] for ligne in lignes(noms.tableau)]
    assert {situation: situations.count(situation) for situation in situations} == {
        "Reçu, pas encore validé": 17,
        "Renvoyé au porteur pour être complété": 1,
        "En retard": 3,
        "Dispensée de bilan": 2,
    }


@pytest.mark.parametrize(
    ("annee", "perimetre", "attendu"),
    [(DOLE, "total", (83, 126, 1021, 1230)), (BAGNOLS, "qpv", (605, 531, 8361, 9497))],
    ids=["dole", "bagnols"],
)
def test_le_tableau_par_sexe_dit_ce_qui_n_est_pas_connu(demonstration, annee, perimetre, attendu):
    rapport = rapport_de(*annee)
    tableau = bloc(rapport, f"publics-{perimetre}").tableau
    sommes = total(tableau)
    assert (sommes["femmes"], sommes["hommes"], sommes["non_renseigne"], sommes["total"]) == attendu
    assert chiffre(rapport, f"personnes_{perimetre}").valeur == attendu[-1]
    titres_des_colonnes = [colonne.titre for colonne in tableau.colonnes]
    assert titres_des_colonnes == ["Âge", "Femmes", "Hommes", "Sexe non renseigné", "Total"]


def test_dole_ne_dit_rien_de_l_argent_ni_des_axes(demonstration):
    rapport = rapport_de(*DOLE)
    phrase = "Aucune des 41 actions de 2024 n'est encore rattachée aux enjeux du contrat."
    assert phrase in recits(rapport)["actions"]
    # said once in the section, where the blocks alone would say it
    assert "actions_axes" not in textes(rapport)
    nu = rapport_de(*DOLE, Composition(sections=sections_par_defaut()))
    assert textes(nu)["actions_axes"] == phrase
    assert recits(rapport)["perspectives"].startswith("Aucun montant accordé n'est enregistré pour 2024.")
    assert chiffre(rapport, "accorde").valeur is None
    # no amount: the uprights of the cover are the actions of the structures
    assert rapport.montants[:2] == (
        ("Centre social ODG", Decimal(11)),
        ("Loisirs Populaires Dolois", Decimal(7)),
    )
    assert sum(nombre for _, nombre in rapport.montants) == 41
    assert rapport.legende_montants == "Nombre d'actions de chaque structure en 2024"
    assert [annexe.code for annexe in rapport.annexes] == ["synthese", "porteurs", "publics", "enjeux"]
    assert not any("argent" in code for code in titres(rapport))


def test_la_somme_des_personnes_depasse_la_population_et_le_dit(demonstration):
    definition = simple(chiffre(rapport_de(*BAGNOLS), "personnes_qpv").definition)
    assert "C'est plus que la population des quartiers (3 463)" in definition


# -- The law's sections ----------------------------------------------------------------------------
def test_les_sections_de_la_loi(demonstration):
    rapport = rapport_de(*DOLE)
    montrees = [section.code for section in rapport.sections]
    assert montrees == [section.code for section in SECTIONS if section.code not in ("dsu", "npnru")]


@pytest.mark.parametrize("annee", [DOLE, BAGNOLS], ids=["dole", "bagnols"])
def test_les_propositions_ne_disent_que_des_chiffres_des_blocs(demonstration, annee):
    rapport, nu = rapport_de(*annee), rapport_de(*annee, Composition(sections=sections_par_defaut()))
    connus = {nombre for texte in _tout(nu) for nombre in _nombres(texte)}
    connus |= {str(annee[1]), str(annee[1] - 1), "2024", "2030", "2015", "2023", "2017"}
    for texte in recits(rapport).values():
        inconnus = set(_nombres(texte)) - connus - _du_contrat(rapport)
        assert inconnus == set(), texte


def _nombres(texte: str) -> list[str]:
    return re.findall(r"\d+", re.sub(r"(?<=\d) (?=\d{3})", "", simple(texte)))


def _du_contrat(rapport) -> set[str]:
    """How many enjeux there are: a count of rows of their table."""
    return {str(len(lignes(bloc(rapport, "enjeux").tableau))), "4"}


def _tout(rapport) -> list[str]:
    dits = [rapport.sous_titre]
    for un_bloc in blocs(rapport):
        if isinstance(un_bloc, BlocTexte):
            dits.append(un_bloc.texte)
        if isinstance(un_bloc, BlocGraphique):
            dits += [un_bloc.graphique.titre, un_bloc.repose_sur]
        if a_un_tableau(un_bloc):
            dits += [un_bloc.repose_sur, *un_bloc.tableau.notes]
            dits += [str(v) for ligne in lignes(un_bloc.tableau) for v in ligne.values() if v is not None]
            dits += [str(v) for v in total(un_bloc.tableau).values() if v is not None]
            dits.append(str(len(lignes(un_bloc.tableau))))
    for un_chiffre in bloc(rapport, "chiffres_cles").chiffres:
        dits += [str(un_chiffre.valeur), un_chiffre.repose_sur, un_chiffre.definition]
    return dits


# -- Kept as it is ---------------------------------------------------------------------------------
@pytest.mark.parametrize("annee", [DOLE, BAGNOLS], ids=["dole", "bagnols"])
def test_le_rapport_se_garde_et_se_relit_a_l_octet(demonstration, annee):
    garde = en_json(rapport_de(*annee))
    assert octets(garde) == octets(en_json(rapport_de(*annee)))
    assert octets(en_json(depuis_json(garde, lambda empreinte: b""))) == octets(garde)


# -- From a figure to its rows ---------------------------------------------------------------------
@pytest.mark.parametrize("annee", [DOLE, BAGNOLS], ids=["dole", "bagnols"])
def test_les_adresses_suivent_les_lignes_et_s_ouvrent(demonstration, client: Client, annee):
    client.force_login(Utilisateur.objects.get(email=f"chargee.{annee[0].split('-')[0]}@pilotis.example"))
    rapport = rapport_de(*annee)
    adresses = {c.adresse for c in bloc(rapport, "chiffres_cles").chiffres}
    for un_bloc in tableaux(rapport):
        assert len(un_bloc.adresses) == len(lignes(un_bloc.tableau)), un_bloc.code
        # One of each table: they are made the same way.
        adresses |= set(un_bloc.adresses[:1])
    for adresse in sorted(adresses):
        reponse = client.get(adresse)
        assert reponse.status_code == 200, adresse
        assert "ne correspond à rien" not in reponse.content.decode(), adresse


def test_la_liste_d_un_financeur_montre_ses_lignes(demonstration, client: Client):
    client.force_login(Utilisateur.objects.get(email="chargee.bagnols@pilotis.example"))
    un_bloc = bloc(rapport_de(*BAGNOLS), "argent_financeurs")
    for ligne, adresse in zip(lignes(un_bloc.tableau), un_bloc.adresses, strict=True):
        assert urlsplit(adresse).path == "/bagnols-2015-2023/2023/actions/"
        attendu = f"{ligne['actions']} actions"
        assert attendu in simple(client.get(adresse).content.decode()), ligne["financeur"]
