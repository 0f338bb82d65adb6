"""Loading the outlines of territories: recognised, looked at, written by whoever runs the contract, taken away."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from bilans.models import VersionRapport
from bilans.rapport.redaction import ouvrir_rapport
from bilans.rapport.versions import figer, lire_version
from contrats.contours import forms, lecture, operations, rapprochement
from contrats.contours.lecture import FichierRefuse
from contrats.contours.page import historique_des_contours
from contrats.contours.rapprochement import rapprocher
from contrats.models import Territoire
from tests import fabriques
from tests.outils.pages import erreurs, rien_n_est_ecrit, texte
from tests.outils.rapport import bloc, de_campagne
from tests.outils.requetes import verifier_requetes_constantes

from .fichiers_contours import carre, collection, commune, qpv

pytestmark = pytest.mark.django_db


@pytest.fixture
def contrat():
    contrat = fabriques.ContratFactory(slug="montclar")
    fabriques.CampagneFactory(contrat=contrat, annee=2024)
    return contrat


@pytest.fixture
def montclar(contrat):
    montclar = fabriques.CommuneFactory(epci=contrat.epci, nom="Montclar", code_insee="39198")
    contrat.communes.add(montclar)
    return montclar


@pytest.fixture
def hauts(contrat, montclar):
    return fabriques.TerritoireFactory(contrat=contrat, nom="Les Hauts", code="QN03901M", commune=montclar)


@pytest.fixture
def chargee(contrat, client):
    compte = fabriques.chargee_de_mission(contrat)
    client.force_login(compte)
    return compte


def adresse(nom="contours", *arguments):
    return reverse(nom, args=["montclar", 2024, *arguments])


def deposer(client, octets, source="ANCT, QPV 2024", nom="QP2024_WGS84.geojson"):
    return client.post(adresse(), {"fichier": SimpleUploadedFile(nom, octets), "source": source})


def confirmer(client, apercu, **choix):
    """Send the preview as it is shown, some choices changed."""
    form = apercu.context["form"]
    proposes = {champ.name: champ.value() or "" for _, champ in form.lignes()}
    return client.post(
        adresse("contours_charger"), {"contenu": apercu.context["contenu"], **proposes, **choix}
    )


def reconnus(contrat, *elements):
    """Return, for each outline of a file, the name of its territory (None: to be chosen) and why."""
    noms = dict(Territoire.objects.order_by("pk").values_list("pk", "nom"))
    lu = rapprocher(contrat, collection(*elements))
    return [(c.nom, noms.get(c.territoire), c.motif) for c in lu.contours]


# -- Recognising -----------------------------------------------------------------------------------
def test_un_code_est_reconnu_quel_que_soit_le_nom(contrat, hauts):
    assert reconnus(contrat, qpv("QN03901M", "HAUTS (LES)")) == [("HAUTS (LES)", "Les Hauts", "même code")]


def test_un_nom_est_reconnu_dans_la_meme_commune_seulement(contrat, montclar):
    fabriques.TerritoireFactory(contrat=contrat, nom="Centre-Ville", commune=montclar)
    ailleurs = qpv("QN06901M", "Centre-Ville", "69001", "Lyon")
    ici = qpv("QN03902M", "CENTRE-VILLE")
    assert reconnus(contrat, ailleurs, ici) == [
        ("Centre-Ville", None, ""),
        ("CENTRE-VILLE", "Centre-Ville", "même nom"),
    ]


def test_un_autre_nom_connu_est_reconnu(contrat, montclar):
    lieu = fabriques.TerritoireFactory(contrat=contrat, nom="Les Hauts de Montclar", commune=montclar)
    fabriques.AliasTerritoireFactory(territoire=lieu, libelle="Les Hauts")
    assert reconnus(contrat, qpv("QN03901M", "Les Hauts")) == [
        ("Les Hauts", "Les Hauts de Montclar", "même nom")
    ]


def test_un_autre_code_ou_une_autre_generation_n_est_jamais_pris_pour_le_meme(contrat, hauts, montclar):
    """The QPV of 2015 and that of 2024 share a name; their outlines are not the same."""
    fabriques.TerritoireFactory(contrat=contrat, nom="Le Port", qpv_2015=True, commune=montclar)
    assert reconnus(contrat, qpv("QP039001", "Les Hauts"), qpv("QN03902M", "Le Port")) == [
        ("Les Hauts", None, ""),
        ("Le Port", None, ""),
    ]


def test_une_commune_entiere_est_reconnue_par_son_code(contrat, hauts, montclar):
    fabriques.TerritoireFactory(
        contrat=contrat, nom="Ville", type=Territoire.Type.COMMUNE, generation=None, commune=montclar
    )
    assert reconnus(contrat, commune("39198", "Montclar"), commune("39199", "Les Hauts")) == [
        ("Montclar", "Ville", "même code"),
        ("Les Hauts", None, ""),
    ]


def test_le_doute_reste_a_une_personne(contrat, hauts):
    """Two features of one code, or of one name: neither is chosen."""
    doubles = qpv("QN03901M", "Les Hauts nord"), qpv("QN03901M", "Les Hauts sud")
    motif = "plusieurs réponses possibles"
    assert reconnus(contrat, *doubles) == [("Les Hauts nord", None, motif), ("Les Hauts sud", None, motif)]


def test_un_code_l_emporte_sur_un_nom(contrat, hauts):
    sans_code = {"type": "Feature", "properties": {"nom": "Les Hauts"}, "geometry": carre()}
    assert reconnus(contrat, sans_code, qpv("QN03901M", "Autre nom")) == [
        ("Les Hauts", None, ""),
        ("Autre nom", "Les Hauts", "même code"),
    ]


def test_d_un_fichier_national_seul_ce_qui_concerne_le_contrat_est_garde(contrat, hauts):
    ailleurs = [qpv(f"QN590{n:02}M", f"Quartier {n}", "59350", "Lille") for n in range(50)]
    voisin = qpv("QN03902N", "Le Port")
    lu = rapprocher(contrat, collection(*ailleurs, qpv("QN03901M", "Les Hauts"), voisin))
    assert [c.nom for c in lu.contours] == ["Les Hauts", "Le Port"]
    assert (lu.elements, lu.ailleurs) == (52, 50)


def test_un_fichier_sans_rapport_avec_le_contrat_est_refuse(contrat, hauts):
    ailleurs = [qpv(f"QN590{n:02}M", f"Quartier {n}", "59350", "Lille") for n in range(50)]
    with pytest.raises(FichierRefuse) as refus:
        rapprocher(contrat, collection(*ailleurs))
    assert str(refus.value) == rapprochement.RIEN_POUR_LE_CONTRAT


def test_un_fichier_trop_detaille_est_refuse(contrat, hauts, monkeypatch):
    monkeypatch.setattr(rapprochement, "POINTS_FICHIER_MAX", 3)
    with pytest.raises(FichierRefuse) as refus:
        rapprocher(contrat, collection(qpv("QN03901M", "Les Hauts")))
    assert str(refus.value) == rapprochement.TROP_DETAILLE


def test_ce_qui_ne_se_dessine_pas_est_dit_et_le_reste_se_charge(contrat, hauts, montclar):
    point = commune("39198", "Montclar", {"type": "Point", "coordinates": [5.49, 47.09]})
    ouvert = {"type": "Polygon", "coordinates": [carre()["coordinates"][0][:-1]]}
    lu = rapprocher(
        contrat,
        collection(qpv("QN03901M", "Les Hauts"), point, qpv("QN03902M", "Le Port", geometrie=ouvert)),
    )
    assert [c.nom for c in lu.contours] == ["Les Hauts"]
    assert [e.faute.replace("\u00a0", " ") for e in lu.ecartes] == [
        "Le contour de « Montclar » est de type « Point » : il faut Polygon ou MultiPolygon. "
        "Le fichier donne un point, et non un contour.",
        "Le contour de « Le Port » n'est pas fermé : son dernier point doit être le premier.",
    ]


def test_deux_territoires_eloignes_le_disent(contrat, hauts):
    fabriques.TerritoireFactory(contrat=contrat, nom="Le Port", code="QN03902M")
    loin = qpv("QN03902M", "Le Port", geometrie=carre(2.3, 48.8))
    lu = rapprocher(contrat, collection(qpv("QN03901M", "Les Hauts"), loin))
    assert lu.alerte.replace("\u00a0", " ") == (
        "« Les Hauts » et « Le Port » sont à 307 km l'un de l'autre : vérifiez que ce sont bien les territoires du "
        "contrat."
    )


# -- The pages -------------------------------------------------------------------------------------
def test_sans_contour_la_page_dit_ou_les_trouver(contrat, hauts, chargee, client):
    with rien_n_est_ecrit():
        lue = texte(client.get(adresse()))
    assert "Aucun n'est encore chargé : le rapport n'a pas de carte." in lue
    assert "Contour de Montclar (39198)" in lue
    assert "Quartiers prioritaires de la politique de la ville" in lue


def test_un_contrat_sans_territoire_le_dit(contrat, chargee, client):
    assert "Ce contrat n'a pas encore de territoire" in texte(client.get(adresse()))


def test_l_apercu_n_ecrit_rien_et_dit_tout(contrat, hauts, chargee, client):
    fabriques.TerritoireFactory(contrat=contrat, nom="Le Port")
    with rien_n_est_ecrit():
        apercu = deposer(client, collection(qpv("QN03901M", "Les Hauts")))
    lue = texte(apercu)
    assert "Rien n'est encore écrit. QP2024_WGS84.geojson : 1 élément lu." in lue
    assert "même code" in lue
    assert "Territoire qui reste sans contour Le Port" in lue
    assert apercu.context["carte"].alternative.startswith("Carte")


@pytest.fixture
def charge(contrat, hauts, chargee, client):
    """Les Hauts, with an outline loaded by the page."""
    confirmer(client, deposer(client, collection(qpv("QN03901M", "Les Hauts"))))
    hauts.refresh_from_db()
    return hauts


def test_ce_qui_est_confirme_est_ecrit_et_signe(contrat, charge, chargee, client):
    assert charge.contour["coordinates"][0][0] == [5.49, 47.09]
    assert charge.contour_source == "ANCT, QPV 2024"
    assert charge.contour_le is not None
    (evenement,) = historique_des_contours(contrat)
    assert evenement.quoi.replace("\u00a0", " ") == "Les Hauts : contour chargé (ANCT, QPV 2024)"
    assert (evenement.qui, evenement.motif) == (str(chargee), "Fichier QP2024_WGS84.geojson")
    page = texte(client.get(adresse()))
    assert "1 contour chargé : la carte du rapport les montre." in page
    assert "1 territoire a son contour, sur 1." in page
    assert "Contours : ANCT, QPV 2024" in page


def test_un_contour_remplace_un_autre_et_le_dit(contrat, charge, client):
    apercu = deposer(
        client, collection(qpv("QN03901M", "Les Hauts", geometrie=carre(5.48))), "SIG du Grand Montclar"
    )
    assert "Les Hauts – remplace son contour du " in texte(apercu)
    confirmer(client, apercu)
    charge.refresh_from_db()
    assert charge.contour["coordinates"][0][0] == [5.48, 47.09]
    assert [e.quoi.replace("\u00a0", " ") for e in historique_des_contours(contrat)] == [
        "Les Hauts : contour remplacé (SIG du Grand Montclar)",
        "Les Hauts : contour chargé (ANCT, QPV 2024)",
    ]


def test_une_personne_choisit_ce_qui_n_est_pas_reconnu(contrat, chargee, hauts, client):
    port = fabriques.TerritoireFactory(contrat=contrat, nom="Le Port", vecu=True)
    apercu = deposer(client, collection(qpv("QN03901M", "Les Hauts"), qpv("QN03909M", "Port de Montclar")))
    confirmer(client, apercu, territoire_0="", territoire_1=port.pk)
    hauts.refresh_from_db()
    port.refresh_from_db()
    assert hauts.contour is None
    assert port.contour is not None


@pytest.mark.parametrize(
    ("choix", "champ", "phrase"),
    [
        ({"territoire_0": ""}, "__all__", forms.AUCUN_CHOIX),
        ({"territoire_0": "{pk}", "territoire_1": "{pk}"}, "territoire_1", forms.DEUX_FOIS),
        (
            {"territoire_0": "999999"},
            "territoire_0",
            "Sélectionnez un choix valide. 999999 n’en fait pas partie.",
        ),
    ],
)
def test_un_mauvais_choix_est_dit_a_sa_place(contrat, hauts, chargee, client, choix, champ, phrase):
    apercu = deposer(client, collection(qpv("QN03901M", "Les Hauts"), qpv("QN03909M", "Le Port")))
    with rien_n_est_ecrit():
        reponse = confirmer(
            client, apercu, **{nom: valeur.format(pk=hauts.pk) for nom, valeur in choix.items()}
        )
    assert erreurs(reponse) == {champ: [phrase]}


@pytest.mark.parametrize(
    ("octets", "phrase"),
    [
        (b"", forms.FICHIER_VIDE),
        (b"PK\x03\x04...", lecture.EST_UNE_ARCHIVE),
        (b"nom;code\r\n", lecture.PAS_DU_GEOJSON),
        (collection(qpv("QN03901M", "Les Hauts"), crs="EPSG:2154"), lecture.PAS_EN_DEGRES),
    ],
)
def test_un_mauvais_fichier_se_dit_sous_le_champ_et_la_source_reste(
    contrat, hauts, chargee, client, octets, phrase
):
    with rien_n_est_ecrit():
        reponse = deposer(client, octets, "ANCT, QPV 2024")
    assert erreurs(reponse) == {"fichier": [phrase]}
    assert reponse.context["form"]["source"].value() == "ANCT, QPV 2024"


def test_un_fichier_trop_lourd_est_refuse(contrat, hauts, chargee, client, monkeypatch):
    monkeypatch.setattr(forms, "OCTETS_MAX", 100)
    (phrase,) = erreurs(deposer(client, collection(qpv("QN03901M", "Les Hauts"))))["fichier"]
    assert phrase.startswith("Ce fichier pèse ")


def test_il_faut_un_fichier_et_sa_source(contrat, hauts, chargee, client):
    assert erreurs(client.post(adresse(), {})) == {
        "fichier": [forms.AUCUN_FICHIER],
        "source": [forms.SANS_SOURCE],
    }


def test_un_apercu_modifie_vieux_ou_d_une_autre_personne_n_ecrit_rien(contrat, hauts, chargee, client):
    apercu = deposer(client, collection(qpv("QN03901M", "Les Hauts")))
    contenu = apercu.context["contenu"]
    autre = fabriques.chargee_de_mission(contrat)
    assert forms.lire_le_contenu(contenu, chargee, contrat) == apercu.context["lu"]
    assert forms.lire_le_contenu(contenu, autre, contrat) is None
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        assert forms.lire_le_contenu(contenu, chargee, contrat) is None
    reponse = client.post(adresse("contours_charger"), {"contenu": contenu + "x"}, follow=True)
    assert forms.APERCU_PERIME in texte(reponse)
    hauts.refresh_from_db()
    assert hauts.contour is None


def test_un_contour_change_entre_temps_n_est_pas_ecrase(contrat, hauts, chargee, client):
    apercu = deposer(client, collection(qpv("QN03901M", "Les Hauts")))
    ailleurs = carre(5.4)
    operations.charger_contours(chargee, contrat, {hauts.pk: ailleurs}, source="SIG", connus={})
    with rien_n_est_ecrit():
        reponse = confirmer(client, apercu)
    assert erreurs(reponse) == {"__all__": [operations.CHANGE_ENTRE_TEMPS.format("Les Hauts")]}
    hauts.refresh_from_db()
    assert hauts.contour == ailleurs


def test_retirer_demande_puis_retire(contrat, charge, chargee, client):
    with rien_n_est_ecrit():
        assert "Retirer le contour de Les Hauts ?" in texte(client.get(adresse("contour_retirer", charge.pk)))
    client.post(adresse("contour_retirer", charge.pk))
    charge.refresh_from_db()
    assert (charge.contour, charge.contour_source, charge.contour_le) == (None, "", None)
    assert historique_des_contours(contrat)[0].quoi.replace("\u00a0", " ") == "Les Hauts : contour retiré"


def test_seule_la_personne_qui_pilote_ecrit(contrat, hauts):
    for compte in (fabriques.membre_du_copil(contrat), fabriques.UtilisateurFactory()):
        with pytest.raises(PermissionDenied):
            operations.charger_contours(compte, contrat, {hauts.pk: carre()}, source="SIG", connus={})
        with pytest.raises(PermissionDenied):
            operations.retirer_contour(compte, hauts)


def test_un_territoire_d_un_autre_contrat_est_refuse(contrat, chargee):
    ailleurs = fabriques.TerritoireFactory()
    with rien_n_est_ecrit(), pytest.raises(ValidationError):
        operations.charger_contours(chargee, contrat, {ailleurs.pk: carre()}, source="SIG", connus={})


# -- The report ------------------------------------------------------------------------------------
def test_la_carte_du_rapport_dit_d_ou_viennent_les_contours(contrat, charge):
    campagne = contrat.campagnes.get()
    fabriques.ActionAnnuelleFactory(campagne=campagne).territoires.add(charge)
    carte = bloc(de_campagne(campagne), "actions_territoires").graphique
    assert carte.source.replace("\u00a0", " ").endswith(". Contours : ANCT, QPV 2024")


def test_la_composition_mene_aux_contours_tant_qu_il_n_y_en_a_pas(contrat, hauts, chargee, client):
    rapport = ouvrir_rapport(chargee, contrat, 2024)
    section = rapport.sections.get(code="actions")
    page = adresse("rapport_section", section.cle)
    lien = f'<a href="{adresse()}">Charger les contours des territoires</a>'
    assert client.get(page).content.decode().count(lien) == 1
    operations.charger_contours(chargee, contrat, {hauts.pk: carre()}, source="SIG", connus={})
    assert lien not in client.get(page).content.decode()


def test_une_version_figee_garde_sa_carte(contrat, charge, chargee):
    fabriques.ActionAnnuelleFactory(campagne=contrat.campagnes.get()).territoires.add(charge)
    rapport = ouvrir_rapport(chargee, contrat, 2024)
    with transaction.atomic():
        version = figer(chargee, rapport, VersionRapport.Nature.PROJET)
    operations.retirer_contour(chargee, charge)
    version.refresh_from_db()
    assert (
        bloc(lire_version(version), "actions_territoires").graphique.contours[0].geometrie == charge.contour
    )


def test_le_nombre_de_requetes_ne_depend_pas_du_nombre_de_territoires(contrat, montclar, chargee, client):
    def ajouter():
        fabriques.TerritoireFactory(contrat=contrat, commune=montclar, contour=carre())

    ajouter()
    verifier_requetes_constantes(lambda: client.get(adresse()), ajouter)


def test_un_contour_ancien_sans_date_se_voit_et_se_remplace(contrat, hauts, chargee, client):
    """Loaded before this page was: nobody knows when."""
    Territoire.objects.filter(pk=hauts.pk).update(contour=json.loads(json.dumps(carre())))
    apercu = deposer(client, collection(qpv("QN03901M", "Les Hauts")))
    assert "Les Hauts – remplace son contour" in texte(apercu)
    assert confirmer(client, apercu).status_code == 302
