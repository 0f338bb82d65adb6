"""The two real workbooks, from the upload to the annex, with no mapping: into their contract, and into an empty one."""

from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.db import transaction

from actions.models import Action, ActionAnnuelle, Campagne
from bilans.annexes import ANNEXES
from bilans.demonstration.chargement import charger_demonstration
from bilans.imports import annulation, application, preparation
from bilans.models import Bilan, Courriel, EffetImport, ImportTableur, Recu, Transition
from comptes.models import Utilisateur
from contrats.models import Axe
from documents import rendre
from financements.models import AmbiguiteMontants, Financeur, LigneFinancement, TotalControle
from porteurs.models import Porteur
from tests import fabriques
from tests.outils.imports import (
    TABLEURS,
    annuler,
    comptes,
    confirmer,
    deposer_le_vrai,
    lignes,
    photographie,
)

BAGNOLS, DOLE = "bagnols_2023.xlsx", "dole_2024_synthese.xlsx"
AMBIGUES = [22, 23, 32, 34, 47, 49, 53, 55]
SANS_TOTAL = {25, 26, 27, 38}
Statut = ImportTableur.Statut


@pytest.fixture(scope="module")
def demonstration_chargee(django_db_setup, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        charger_demonstration(avec_comptes=True, avec_mots_de_passe=False)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demonstration(demonstration_chargee, db) -> None:
    """The loaded territories; what a test changes in them is undone after it."""


def annee(slug: str, an: int) -> Campagne:
    return Campagne.objects.select_related("contrat__epci").get(contrat__slug=slug, annee=an)


@pytest.fixture
def bagnols(demonstration) -> Campagne:
    return annee("bagnols-2015-2023", 2023)


@pytest.fixture
def dole(demonstration) -> Campagne:
    return annee("dole-2024-2030", 2024)


@pytest.fixture
def auteur(demonstration) -> Utilisateur:
    return fabriques.administrateur()


def vider(campagne: Campagne) -> None:
    """Take the actions of a year away, and leave the frame: porteurs, axes, funders."""
    annuelles = ActionAnnuelle.objects.filter(campagne=campagne)
    bilans = Bilan.objects.filter(action_annuelle__in=annuelles)
    for modele in (Recu, Transition, Courriel):
        modele.objects.filter(bilan__in=bilans).delete()
    bilans.delete()
    TotalControle.objects.filter(campagne=campagne).delete()
    LigneFinancement.objects.filter(action_annuelle__in=annuelles).delete()
    actions = list(annuelles.values_list("action", flat=True))
    annuelles.delete()
    Action.objects.filter(pk__in=actions, annees__isnull=True).delete()


# -- Into the contract that has it already ---------------------------------------------------------
def test_bagnols_dans_son_contrat_ne_change_rien(bagnols, auteur):
    avant = photographie()
    import_ = deposer_le_vrai(auteur, bagnols, BAGNOLS)
    assert (import_.statut, import_.message) == (Statut.A_RELIRE, "")
    assert comptes(import_) == {"inchangee": 38, "a_decider": 8, "controle": 4}
    actions = [ligne for ligne in lignes(import_).values() if ligne.nature == "action"]
    assert len(actions) == 46
    assert all(ligne.annuelle is not None for ligne in actions)
    # The eight rows that two readings make say both, and which one is the file's.
    ambigues = [ligne for ligne in actions if ligne.categorie == "a_decider"]
    assert [ligne.numero for ligne in ambigues] == AMBIGUES
    for ligne in ambigues:
        (question,) = ligne.questions
        assert question["cle"] == f"montants:{ligne.numero}"
        assert len(question["choix"]) >= 3
    assert application.obstacles(import_) == [
        "Il reste 8\xa0questions sans réponse\xa0: répondez, ou laissez de côté les lignes qui les posent."
    ]

    assert preparation.repondre_partout(auteur, import_, "montants:", "plus_tard") == 8
    assert application.obstacles(import_) == []
    assert comptes(import_) == {"inchangee": 46, "controle": 4}
    confirmer(auteur, import_)
    assert (import_.statut, import_.message) == (Statut.APPLIQUE, "")
    assert not EffetImport.objects.exists()
    assert photographie() == avant


def test_les_totaux_de_bagnols_sont_compares_et_expliques(bagnols, auteur):
    totaux = {total["libelle"]: total for total in deposer_le_vrai(auteur, bagnols, BAGNOLS).totaux}
    ville, ufolep = totaux["Sous-total"], totaux["Sous-total UFOLEP"]
    assert (ville["imprime"], ville["ecart"]) == ("413\u202f867\xa0€", "")
    assert (ufolep["imprime"], ufolep["calcule"], ufolep["ecart"]) == (
        "24\u202f000\xa0€",
        "24\u202f800\xa0€",
        "−800\xa0€",
    )
    assert ufolep["explication"] == "C'est exactement ce que donne MAIRIE BAGNOLS à la ligne 38 (I38)."
    assert totaux["Total CAF"]["ecart"] == ""
    assert totaux["Total MAIRIE BAGNOLS"]["calcule"] == "321\u202f439\xa0€"
    general = totaux["TOTAL PDV, et la somme des totaux imprimés des financeurs"]
    assert (general["imprime"], general["calcule"]) == ("687\u202f489\xa0€", "715\u202f589\xa0€")
    assert general["explication"] == (
        "C'est exactement la somme des 4\xa0lignes sans total imprimé (25, 26, 27, 38)."
    )
    parts = totaux["Somme des parts imprimées"]
    assert parts["imprime"] == "104,0\xa0%"
    assert "28\u202f100\xa0€" in parts["explication"]
    assert totaux["Nombre isolé sous «\xa0NB de bénéficiaires QPV\xa0»"]["calcule"] == "9\u202f527"


def test_trancher_une_ligne_donne_ses_montants_et_s_annule(bagnols, auteur):
    avant = photographie()
    import_ = deposer_le_vrai(auteur, bagnols, BAGNOLS)
    ligne = lignes(import_)[32]
    autre = ligne.questions[0]["choix"][1]
    preparation.decider(auteur, import_, ligne, reponses={ligne.questions[0]["cle"]: autre["valeur"]})
    preparation.repondre_partout(auteur, import_, "montants:", "plus_tard")
    ligne.refresh_from_db()
    assert ligne.categorie == "modifiee"
    confirmer(auteur, import_)
    ambiguite = AmbiguiteMontants.objects.get(action_annuelle=ligne.annuelle)
    assert ambiguite.tranchee_par == auteur
    montants = {
        lf.financeur.sigle: lf.montant_accorde
        for lf in LigneFinancement.objects.filter(action_annuelle=ligne.annuelle).select_related("financeur")
    }
    assert montants == {"MAIRIE BAGNOLS": 2000, "AGGLO": 5000, "ETAT": 6500}
    assert annulation.annulable(import_) == []
    annuler(auteur, import_)
    assert import_.statut == Statut.ANNULE
    assert photographie(sans_versions=True) == photographie_sans_versions(avant)


def photographie_sans_versions(photo: dict[str, Any]) -> dict[str, Any]:
    return {
        modele: {
            cle: {nom: v for nom, v in ligne.items() if nom != "version"} for cle, ligne in rangees.items()
        }
        for modele, rangees in photo.items()
    }


# -- Into the same frame, without its actions ------------------------------------------------------
def annexe_porteurs(campagne: Campagne) -> list[tuple[Any, ...]]:
    """Return the rows of actions of the exported annex: from the porteur to the CAF."""
    sortie = BytesIO()
    rendre(ANNEXES["porteurs"].construire(campagne.contrat, campagne), "xlsx", sortie)
    feuille = openpyxl.load_workbook(BytesIO(sortie.getvalue()), data_only=True).active
    rangees = [list(ligne) for ligne in feuille.iter_rows(values_only=True)]
    debut = next(i for i, ligne in enumerate(rangees) if ligne[0] == "Porteur de projet")
    porteur, lues = None, []
    for ligne in rangees[debut + 1 :]:
        porteur = ligne[0] or porteur
        if ligne[1]:
            lues.append((porteur, *ligne[1:]))
    return lues


def fichier_de_bagnols() -> dict[int, tuple[Any, ...]]:
    """Return the rows of actions of the imported file by number, what continues the row above being filled."""
    feuille = openpyxl.load_workbook(TABLEURS / BAGNOLS, data_only=True).active
    lues, porteur, intitule = {}, None, None
    for numero, ligne in enumerate(feuille.iter_rows(values_only=True), 1):
        if numero < 5 or not ligne[4]:
            continue
        porteur, intitule = ligne[0] or porteur, ligne[1] or intitule
        # The subtotal of the porteur stands in a column of its own, which the annex prints as a row.
        lues[numero] = (porteur, intitule, *ligne[2:15], ligne[16])
    return lues


def en_nombre(valeur: Any) -> Any:
    """Return a figure whatever its writing: « 47 414 » is a number written as a text."""
    if isinstance(valeur, str):
        compact = valeur.replace("\xa0", "")
        return int(compact) if compact.isdecimal() else valeur
    return valeur


def test_bagnols_entre_46_actions_et_ressort_dans_l_annexe(bagnols, auteur):
    vider(bagnols)
    avant = photographie()
    import_ = deposer_le_vrai(auteur, bagnols, BAGNOLS)
    assert comptes(import_) == {"creee": 44, "a_decider": 2, "controle": 4}
    for numero in (22, 23):
        ligne = lignes(import_)[numero]
        preparation.decider(auteur, import_, ligne, reponses={f"montants:{numero}": "fichier"})
    confirmer(auteur, import_)
    assert (import_.statut, import_.message) == (Statut.APPLIQUE, "")
    assert ActionAnnuelle.objects.filter(campagne=bagnols).count() == 46

    # Cell for cell. What differs is what the file has wrong: four rows without their printed total (25, 26, 27, 38),
    # figures written as texts (I8, L15, O40), spaces at the ends of texts, and « UFOLEP QE » (A38), another name of
    # the UFOLEP.
    imprimees = {numero: _comparable(ligne) for numero, ligne in fichier_de_bagnols().items()}
    exportees = sorted((_comparable(ligne) for ligne in annexe_porteurs(bagnols)), key=str)
    attendues = []
    for numero, ligne in imprimees.items():
        if numero in SANS_TOTAL:
            assert ligne[14] is None
            ligne = (*ligne[:14], sum(euros for euros in ligne[8:14] if euros is not None), ligne[15])
        attendues.append(("UFOLEP", *ligne[1:]) if numero == 38 else ligne)
    for sortie, entree in zip(exportees, sorted(attendues, key=str), strict=True):
        assert sortie == entree

    # The same file again changes nothing.
    encore = deposer_le_vrai(auteur, bagnols, BAGNOLS)
    assert comptes(encore) == {"inchangee": 46, "controle": 4}
    assert "a déjà été importé" in encore.avertissements[0]
    apres = photographie()
    confirmer(auteur, encore)
    assert photographie() == apres

    assert annulation.annulable(import_) == []
    annuler(auteur, import_)
    assert (import_.statut, import_.message) == (Statut.ANNULE, "")
    assert photographie() == avant


def _comparable(ligne: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row as it is compared: texts stripped, amounts as numbers."""
    textes = tuple(
        str(cellule).strip() if cellule is not None else None for cellule in (*ligne[:5], *ligne[6:8])
    )
    return (*textes[:5], ligne[5], *textes[5:], *(en_nombre(cellule) for cellule in ligne[8:]))


def test_l_histoire_dit_qui_a_importe_quoi(bagnols, auteur):
    vider(bagnols)
    import_ = deposer_le_vrai(auteur, bagnols, BAGNOLS)
    preparation.repondre_partout(auteur, import_, "montants:", "plus_tard")
    preparation.repondre_partout(auteur, import_, "montants:", "fichier")
    confirmer(auteur, import_)
    motif = application.motif_de(import_)
    assert motif.startswith("Import « bagnols_2023.xlsx » du ")
    annuelle = ActionAnnuelle.objects.filter(campagne=bagnols).order_by("ordre").first()
    for objet in (annuelle, annuelle.action, annuelle.bilan, annuelle.lignes_financement.first()):
        dernier = objet.historique.first()
        assert (dernier.history_user, dernier.history_change_reason) == (auteur, motif)
    annuler(auteur, import_)
    dernier = ActionAnnuelle.historique.filter(id=annuelle.pk).first()
    assert (dernier.history_type, dernier.history_user) == ("-", auteur)
    assert dernier.history_change_reason == f"Annulation : {motif}"


def test_deux_lignes_d_une_meme_action_sont_deux_dispositifs(bagnols, auteur):
    vider(bagnols)
    import_ = deposer_le_vrai(auteur, bagnols, BAGNOLS)
    dispositifs = {}
    for numero in (8, 9):
        changements = {c["champ"]: c["valeur"] for c in lignes(import_)[numero].changements}
        dispositifs[changements["intitule"], changements["dispositif"]] = changements["ordre"]
    assert dispositifs == {("Ecole B (dont QE)", "QE"): 4, ("Ecole B (dont QE)", "CDV"): 5}


# -- Dole ------------------------------------------------------------------------------------------
def test_dole_dans_son_contrat_ne_change_rien(dole, auteur):
    avant = photographie()
    import_ = deposer_le_vrai(auteur, dole, DOLE)
    assert comptes(import_) == {"inchangee": 41}
    confirmer(auteur, import_)
    assert photographie() == avant


def test_dole_entre_41_actions(dole, auteur):
    vider(dole)
    avant = photographie()
    import_ = deposer_le_vrai(auteur, dole, DOLE)
    assert comptes(import_) == {"creee": 41}
    confirmer(auteur, import_)
    tournoi = Bilan.objects.get(
        action_annuelle__action__intitule="Tournoi de foot", action_annuelle__campagne=dole
    )
    assert tournoi.mise_en_oeuvre.endswith(
        "participé, en contribuant à l'animation et à l'inscription des participants."
    )
    assert "\t" not in tournoi.mise_en_oeuvre
    assert comptes(deposer_le_vrai(auteur, dole, DOLE)) == {"inchangee": 41}
    annuler(auteur, import_)
    assert photographie() == avant


# -- Day one ---------------------------------------------------------------------------------------
@pytest.fixture
def neuf(demonstration) -> Campagne:
    """A contract that knows nobody yet."""
    contrat = fabriques.ContratFactory(date_debut=date(2023, 1, 1), date_fin=date(2030, 12, 31))
    return fabriques.CampagneFactory(contrat=contrat, annee=2023, statut=Campagne.Statut.PREPARATION)


def test_le_premier_jour_tout_est_propose_et_se_cree_en_quatre_reponses(neuf, auteur):
    avant = photographie()
    import_ = deposer_le_vrai(auteur, neuf, BAGNOLS)
    assert comptes(import_) == {"a_decider": 46, "controle": 4}
    assert preparation.repondre_partout(auteur, import_, "porteur:", "nouveau") == 25
    assert preparation.repondre_partout(auteur, import_, "financeur:", "nouveau") == 7
    preparation.repondre_partout(auteur, import_, "axe:", "nouveau")
    preparation.repondre_partout(auteur, import_, "montants:", "plus_tard")
    assert application.obstacles(import_) == []
    assert comptes(import_) == {"creee": 46, "controle": 4}
    confirmer(auteur, import_)
    assert (import_.statut, import_.message) == (Statut.APPLIQUE, "")
    contrat = neuf.contrat
    assert ActionAnnuelle.objects.filter(campagne=neuf).count() == 46
    assert Porteur.objects.filter(epci=contrat.epci).count() == 25
    financeurs = Financeur.objects.filter(contrat=contrat).order_by("ordre")
    assert [(f.sigle, f.type, f.dans_total) for f in financeurs] == [
        ("MAIRIE BAGNOLS", "commune", True),
        ("AGGLO", "epci", True),
        ("PSE", "autre", True),
        ("ETAT", "etat", True),
        ("Département", "departement", True),
        ("Région", "region", True),
        ("CAF", "organisme_social", False),
    ]
    premiers = Axe.objects.filter(contrat=contrat, niveau=1).order_by("ordre")
    assert [(axe.code, axe.libelle) for axe in premiers] == [
        ("1", "COHESION SOCIALE"),
        ("2", "INGENIERIE"),
        ("3", "EMPLOI ET DEVELOPPEMENT ECONOMIQUE"),
        ("4", "CADRE DE VIE ET RENOUVELLEMENT URBAIN"),
    ]
    annuler(auteur, import_)
    assert photographie() == avant
