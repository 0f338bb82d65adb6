"""Imports that somebody, or the machine, mistreats: answers nobody proposed, names, work that stopped."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bilans.imports import application, preparation
from bilans.models import ImportTableur
from bilans.operations.etats import OperationRefusee
from bilans.pages.imports import nom_de_la_question
from porteurs.models import Porteur
from tests import fabriques as f
from tests.outils.imports import avec_le_travail, classeur, comptes, deposer, lignes, lire_sur_place

pytestmark = pytest.mark.django_db
Statut = ImportTableur.Statut
ENTETE = ("Porteur", "Intitulé de l'action", "MAIRIE", "ÉTAT", "Total")


@pytest.fixture(autouse=True)
def sur_place(monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(preparation, "lire_tableur", lire_sur_place)


@pytest.fixture
def auteur(campagne):
    return f.chargee_de_mission(campagne.contrat)


@pytest.fixture
def cadre(campagne):
    for nom, sigle, type_ in (("Ville", "MAIRIE", "commune"), ("État", "ÉTAT", "etat")):
        f.FinanceurFactory(contrat=campagne.contrat, nom=nom, sigle=sigle, type=type_)
    return campagne


# -- Answers ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "reponse",
    [
        "n'importe quoi",
        "vide",
        "nouveau:\x00",
        "nouveau:" + "x" * 5000,
        "alias:" + "9" * 5000,
        "alias:\x00",
        "financeur:" + "9" * 5000,
    ],
)
def test_une_reponse_que_personne_ne_propose_est_refusee(cadre, auteur, reponse):
    import_ = deposer(auteur, cadre, classeur(ENTETE, ("Inconnue", "A", 1, None, 1)))
    with pytest.raises(OperationRefusee, match="proposées"):
        preparation.decider(auteur, import_, lignes(import_)[2], reponses={"porteur:inconnue": reponse})
    assert lignes(import_)[2].reponses == {}
    assert application.obstacles(import_) != []


def test_un_porteur_d_ailleurs_n_est_pas_une_reponse(cadre, auteur):
    ici, ailleurs = f.PorteurFactory(epci=cadre.contrat.epci, nom="Olympe"), f.PorteurFactory(nom="Zeus")
    import_ = deposer(auteur, cadre, classeur(ENTETE, ("Inconnue", "A", 1, None, 1)))
    with pytest.raises(OperationRefusee):
        preparation.decider(
            auteur, import_, lignes(import_)[2], reponses={"porteur:inconnue": f"alias:{ailleurs.cle}"}
        )
    ligne = preparation.decider(
        auteur, import_, lignes(import_)[2], reponses={"porteur:inconnue": f"alias:{ici.cle}"}
    )
    assert ligne.categorie == "creee"


def test_un_financeur_au_numero_sans_fin_est_refuse(cadre, auteur):
    entete = ("Porteur", "Intitulé de l'action", "MAIRIE", "CAF")
    f.PorteurFactory(epci=cadre.contrat.epci, nom="MPT")
    import_ = deposer(auteur, cadre, classeur(entete, ("MPT", "A", 1, 2)))
    question = next(q for q in lignes(import_)[2].questions if q["cle"].startswith("financeur:"))
    with pytest.raises(OperationRefusee):
        preparation.decider(
            auteur, import_, lignes(import_)[2], reponses={question["cle"]: "financeur:" + "9" * 5000}
        )


def test_la_page_dit_qu_une_reponse_n_est_plus_proposee(cadre, chargee: Client):
    auteur = f.chargee_de_mission(cadre.contrat)
    import_ = deposer(auteur, cadre, classeur(ENTETE, ("Inconnue", "A", 1, None, 1)))
    adresse = reverse("import_ligne", args=[cadre.contrat.slug, cadre.annee, import_.cle, 0])
    reponse = chargee.post(adresse, {nom_de_la_question("porteur:inconnue"): "nouveau:\x00"}, follow=True)
    assert reponse.status_code == 200
    assert "choisissez à nouveau" in reponse.content.decode().replace("\xa0", " ")
    # PostgreSQL cannot even be asked for such a name
    assert all("\x00" not in nom for nom in Porteur.objects.order_by("pk").values_list("nom", flat=True))


def test_une_reponse_ne_passe_pas_d_un_tableau_a_l_autre(cadre, auteur):
    import_ = deposer(auteur, cadre, classeur(ENTETE, ("Inconnue", "A", 1, None, 1)))
    preparation.decider(auteur, import_, lignes(import_)[2], reponses={"porteur:inconnue": "nouveau"})
    structure = import_.structure
    avec_le_travail(
        lambda: preparation.confirmer_colonnes(
            auteur,
            import_,
            {},
            {},
            feuille=structure["feuille"],
            entete=tuple(structure["entete"]),
            memoriser=False,
        )
    )
    assert comptes(import_) == {"a_decider": 1}


# -- Names -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("nom", "garde"),
    [("a." + "x" * 140, ""), ("Tableau.XLSX", ".xlsx"), ("a.php", ""), ("a. c s v", ""), (".csv", "")],
)
def test_un_fichier_est_garde_sous_sa_cle_quel_que_soit_son_nom(cadre, auteur, nom, garde):
    contenu = classeur(ENTETE, ("MPT", "A", 1, None, 1))
    import_ = preparation.deposer(auteur, cadre, SimpleUploadedFile(nom, contenu))
    assert import_.fichier.name == f"imports/{import_.cle}{garde}"


# -- Work that stopped -----------------------------------------------------------------------------
@pytest.mark.parametrize("statut", [Statut.RECU, Statut.LECTURE])
def test_une_lecture_que_personne_ne_fait_se_relance(cadre, auteur, statut):
    import_ = deposer(auteur, cadre, classeur(ENTETE, ("Inconnue", "A", 1, None, 1)))
    ImportTableur.objects.update(statut=statut, pris_le=timezone.now())
    with pytest.raises(OperationRefusee, match="en cours"):
        application.relancer(auteur, import_)
    ImportTableur.objects.update(pris_le=timezone.now() - application.PATIENCE - timedelta(seconds=1))
    avec_le_travail(lambda: application.relancer(auteur, import_))
    import_.refresh_from_db()
    assert (import_.statut, comptes(import_)) == (Statut.A_RELIRE, {"a_decider": 1})


def test_un_fichier_disparu_du_serveur_est_dit(cadre):
    auteur = f.chargee_de_mission(cadre.contrat)
    import_ = deposer(auteur, cadre, classeur(ENTETE, ("Inconnue", "A", 1, None, 1)))
    import_.fichier.storage.delete(import_.fichier.name)
    ImportTableur.objects.filter(pk=import_.pk).update(statut=ImportTableur.Statut.RECU)
    preparation.lire(import_)
    import_.refresh_from_db()
    assert import_.statut == ImportTableur.Statut.REFUSE
    assert "n'est plus sur le serveur" in import_.message
