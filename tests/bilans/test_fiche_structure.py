"""The fiche de travail et d'analyse: asked for, written like a bilan, sent, read, validated, compared, exported."""

import json
from decimal import Decimal
from io import BytesIO
from typing import Any

import docx
import openpyxl
import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from bilans.annexes.fiche_structure import rendre_fiche
from bilans.models import BilanStructure, Courriel, ReponseStructure
from bilans.operations import OperationRefusee
from bilans.operations.brouillon import Changement
from bilans.operations.structure import (
    AXES,
    demander_fiches,
    enregistrer_fiche,
    manques_de_la_fiche,
    renvoyer_fiche,
    rouvrir_fiche,
    transmettre_fiche,
    valider_fiche,
)
from bilans.pages.structure import LectureFiche
from bilans.structure import ChiffresClefs, SaisieStructure, sections_de_la_fiche
from porteurs.models import AxeConvention, MoyenHumain
from tests import fabriques
from tests.outils.pages import lisible
from tests.outils.verapdf import valider

pytestmark = pytest.mark.django_db
Statut = BilanStructure.Statut
PAGES = (("fiche_structure",), ("fiche_structure_saisir",), ("fiche_structure_fichier", "pdf"))


@pytest.fixture
def campagne() -> Any:
    return fabriques.CampagneFactory(annee=2025)


@pytest.fixture
def chargee(campagne: Any) -> Any:
    return fabriques.chargee_de_mission(campagne.contrat)


@pytest.fixture
def porteur(campagne: Any) -> Any:
    return fabriques.PorteurFactory(epci=campagne.contrat.epci, nom="MJC", telephone="03 81 00 00 00")


@pytest.fixture
def fiche(chargee: Any, campagne: Any, porteur: Any) -> BilanStructure:
    (fiche,) = demander_fiches(chargee, campagne, [porteur])
    return fiche


@pytest.fixture
def membre(porteur: Any) -> Any:
    return fabriques.representant_du_porteur(porteur)


def ecrire(fiche: BilanStructure, auteur: Any, **champs: Any) -> Any:
    """Type in fields that the page knew as blank, or give (before, after)."""
    changements = {
        nom: Changement(*dit) if isinstance(dit, tuple) else Changement("", dit)
        for nom, dit in champs.items()
    }
    return enregistrer_fiche(fiche, auteur, changements)


def lue(fiche: BilanStructure) -> BilanStructure:
    return BilanStructure.objects.select_related("campagne__contrat", "porteur").get(pk=fiche.pk)


def champs(fiche: BilanStructure) -> dict[str, Any]:
    return {nom: champ.valeur for nom, champ in SaisieStructure(lue(fiche)).champs.items()}


# -- Asking for it ---------------------------------------------------------------------------------
def test_une_fiche_demandee_sait_deja_ce_qui_est_connu(chargee: Any, campagne: Any, porteur: Any) -> None:
    fabriques.RepresentantFactory(porteur=porteur, nom="D. M.", fonction="Présidente", date_fin=None)
    fabriques.MoyenHumainFactory(
        porteur=porteur, annee=2025, salaries_permanents=14, etp_permanents=Decimal("11.26")
    )
    (fiche,) = demander_fiches(chargee, campagne, [porteur])
    connus = champs(fiche)
    assert (connus["denomination"], connus["telephone"], connus["president"]) == (
        "MJC",
        "03 81 00 00 00",
        "D. M.",
    )
    assert (connus["salaries_permanents"], connus["etp_permanents"]) == (14, Decimal("11.26"))
    assert list(fiche.axes.values_list("intitule", flat=True)) == list(AXES)
    assert demander_fiches(chargee, campagne, [porteur]) == []


def test_les_axes_sont_ceux_de_la_convention(chargee: Any, campagne: Any, porteur: Any) -> None:
    convention = fabriques.ConventionFactory(contrat=campagne.contrat, porteur=porteur)
    AxeConvention.objects.create(convention=convention, ordre=1, intitule="Accueillir")
    (fiche,) = demander_fiches(chargee, campagne, [porteur])
    assert list(fiche.axes.values_list("intitule", flat=True)) == ["Accueillir"]


def test_l_identification_passe_d_une_annee_a_l_autre_pas_le_recit(
    chargee: Any, campagne: Any, porteur: Any, fiche: BilanStructure
) -> None:
    ecrire(fiche, chargee, directeur="L. P.", points_forts="Une belle année.")
    suivante = fabriques.CampagneFactory(contrat=campagne.contrat, annee=2026)
    (nouvelle,) = demander_fiches(chargee, suivante, [porteur])
    assert (champs(nouvelle)["directeur"], champs(nouvelle)["points_forts"]) == ("L. P.", "")


def test_on_ne_demande_rien_a_la_structure_d_un_autre_contrat(chargee: Any, campagne: Any) -> None:
    with pytest.raises(OperationRefusee):
        demander_fiches(chargee, campagne, [fabriques.PorteurFactory()])
    with pytest.raises(PermissionDenied):
        demander_fiches(fabriques.UtilisateurFactory(), campagne, [])


# -- Writing ---------------------------------------------------------------------------------------
def test_chaque_genre_de_reponse_se_garde_et_se_relit(fiche: BilanStructure, membre: Any) -> None:
    resultat = ecrire(
        fiche,
        membre,
        date_creation="1965-03-01",
        adherents="1 204",
        etp_permanents="11,26",
        secteur_commune="12,5",
        points_forts="Un\ndeux",
        axe_2_perspectives="Sorties",
        chiffre_subventions_encours="243 000",
        chiffre_resultat_exceptionnel_definitif="-3 500",
    )
    assert (resultat.a_corriger, resultat.conflits) == ({}, {})
    relus = champs(fiche)
    assert relus["date_creation"].isoformat() == "1965-03-01"
    assert [relus[nom] for nom in ("adherents", "etp_permanents", "secteur_commune")] == [
        *(1204, Decimal("11.26"), Decimal("12.5"))
    ]
    assert (relus["points_forts"], relus["axe_2_perspectives"]) == ("Un\ndeux", "Sorties")
    assert relus["chiffre_subventions_encours"] == Decimal(243000)
    assert relus["chiffre_resultat_exceptionnel_definitif"] == Decimal(-3500)
    assert (lue(fiche).statut, lue(fiche).version) == (Statut.EN_SAISIE, 2)


def test_ce_qui_ne_se_lit_pas_est_garde_tel_quel_et_dit(fiche: BilanStructure, membre: Any) -> None:
    resultat = ecrire(fiche, membre, adherents="beaucoup", secteur_commune="140")
    assert sorted(resultat.a_corriger) == ["adherents", "secteur_commune"]
    saisie = SaisieStructure(lue(fiche))
    assert (saisie.brut("adherents"), saisie.champs["adherents"].valeur) == ("beaucoup", None)
    assert [manque.champ for manque in manques_de_la_fiche(saisie)] == [
        *("adherents", "secteur_commune", "axe_1_bilan")
    ]
    ecrire(fiche, membre, adherents=("beaucoup", "40"))
    assert "adherents" not in lue(fiche).saisie_en_attente


def test_ce_qui_est_refuse_se_lit_a_corriger(fiche: BilanStructure, membre: Any) -> None:
    ecrire(
        fiche,
        membre,
        adherents="12,5",
        chiffre_subventions_encours="1 000",
        chiffre_recettes_propres_encours="mille",
    )
    sections = sections_de_la_fiche(SaisieStructure(lue(fiche)))
    reponses = {r.champ: r.texte for s in sections for groupe in s.groupes for r in groupe.reponses}
    assert reponses["adherents"] == "12,5 (à corriger)"
    (chiffres,) = [section.chiffres for section in sections if section.chiffres]
    produits = next(rangee for rangee in chiffres if rangee.libelle == "Total des produits")
    # The exercise under way says what its total leaves out; the others have nothing to say.
    assert [lisible(montant) for montant, _ in produits.cellules] == [
        *("", "1 000 € (sans les montants à corriger)", "")
    ]


def test_la_relecture_attend_comme_celle_d_un_bilan(client: Any, fiche: BilanStructure, membre: Any) -> None:
    client.force_login(membre)
    ecrire(fiche, membre, adherents="12,5")
    saisir = adresse(fiche, "fiche_structure_saisir")
    relecture = client.get(f"{saisir}?etape=relecture").content.decode()
    assert 'value="transmettre" aria-disabled="true" aria-describedby="pourquoi-attendre"' in relecture
    assert "L'envoi attend" in relecture
    assert "12,5 (à corriger)" in lisible(relecture)
    chiffres = lisible(client.get(f"{saisir}?etape=chiffres").content.decode())
    assert "sans les montants à corriger" not in chiffres
    ecrire(fiche, membre, chiffre_recettes_propres_encours="mille")
    chiffres = lisible(client.get(f"{saisir}?etape=chiffres").content.decode())
    assert chiffres.count("(sans les montants à corriger)") == 3


def test_vider_une_reponse_l_efface_et_zero_est_une_reponse(fiche: BilanStructure, membre: Any) -> None:
    ecrire(fiche, membre, adherents="12", familles="0")
    ecrire(fiche, membre, adherents=("12", ""))
    assert (champs(fiche)["adherents"], champs(fiche)["familles"]) == (None, 0)
    assert not ReponseStructure.objects.filter(code="adherents").exists()


def test_deux_personnes_sur_une_reponse_voient_les_deux_versions(
    fiche: BilanStructure, membre: Any, chargee: Any
) -> None:
    ecrire(fiche, membre, enjeux="Les miens", axe_1_bilan="Mon bilan")
    resultat = ecrire(fiche, chargee, enjeux="Les siens", axe_1_bilan="Son bilan", familles="4")
    assert {nom: conflit.autre for nom, conflit in resultat.conflits.items()} == {
        "enjeux": "Les miens",
        "axe_1_bilan": "Mon bilan",
    }
    assert {conflit.qui for conflit in resultat.conflits.values()} == {membre}
    assert (champs(fiche)["enjeux"], champs(fiche)["familles"]) == ("Les miens", 4)


def test_une_fiche_transmise_ne_change_plus_par_la_structure(fiche: BilanStructure, membre: Any) -> None:
    ecrire(fiche, membre, axe_1_bilan="Fait")
    transmettre_fiche(fiche, membre)
    with pytest.raises(OperationRefusee):
        ecrire(fiche, membre, enjeux="Trop tard")
    with pytest.raises(PermissionDenied):
        ecrire(fiche, fabriques.UtilisateurFactory(), enjeux="Pas à moi")


def test_une_annee_archivee_ne_change_plus(fiche: BilanStructure, chargee: Any) -> None:
    campagne = fiche.campagne
    campagne.statut = "archivee"
    campagne.save()
    with pytest.raises(OperationRefusee):
        ecrire(fiche, chargee, enjeux="x")


# -- The loop --------------------------------------------------------------------------------------
def test_la_boucle_va_de_la_saisie_a_la_validation(fiche: BilanStructure, membre: Any, chargee: Any) -> None:
    ecrire(fiche, membre, axe_1_bilan="Fait", salaries_permanents="14")
    transmettre_fiche(fiche, membre)
    transmettre_fiche(fiche, membre)
    with pytest.raises(OperationRefusee):
        renvoyer_fiche(fiche, chargee, "  ")
    renvoyer_fiche(fiche, chargee, "Ajoutez vos ETP.")
    assert (lue(fiche).statut, lue(fiche).motif_renvoi) == (Statut.A_COMPLETER, "Ajoutez vos ETP.")
    ecrire(fiche, membre, etp_permanents="11,26")
    transmettre_fiche(fiche, membre)
    valider_fiche(fiche, chargee)
    moyens = MoyenHumain.objects.get(porteur=fiche.porteur, annee=2025)
    assert (moyens.salaries_permanents, moyens.etp_permanents) == (14, Decimal("11.26"))
    rouvrir_fiche(fiche, chargee, "Une erreur dans les ETP.")
    assert [(t.vers, t.motif) for t in fiche.transitions.order_by("pk")] == [
        ("en_saisie", ""),
        ("transmis", ""),
        ("a_completer", "Ajoutez vos ETP."),
        ("transmis", ""),
        ("valide", ""),
        ("transmis", "Une erreur dans les ETP."),
    ]


def test_une_fiche_sans_rien_ne_se_transmet_pas(fiche: BilanStructure, membre: Any) -> None:
    with pytest.raises(OperationRefusee, match="sur un axe au moins"):
        transmettre_fiche(fiche, membre)
    assert lue(fiche).statut == Statut.A_SAISIR


def test_la_structure_ne_valide_pas_elle_meme(fiche: BilanStructure, membre: Any) -> None:
    with pytest.raises(PermissionDenied):
        valider_fiche(fiche, membre)


@pytest.mark.parametrize(
    ("parts", "dit"),
    [
        (("50", "30", "20"), False),
        (("33", "33", "33"), False),
        (("50", "30", "30"), True),
        (("90", "30", ""), True),
        (("50", "", ""), False),
    ],
)
def test_des_parts_font_cent(fiche: BilanStructure, membre: Any, parts: tuple[str, ...], dit: bool) -> None:
    codes = ("secteur_territoire", "secteur_commune", "secteur_ailleurs")
    ecrire(fiche, membre, axe_1_bilan="Fait", **dict(zip(codes, parts, strict=True)))
    manques = [manque.champ for manque in manques_de_la_fiche(SaisieStructure(lue(fiche)))]
    assert manques == (["secteur_territoire"] if dit else [])


# -- The key figures -------------------------------------------------------------------------------
def test_les_totaux_et_les_parts_se_calculent() -> None:
    chiffres = ChiffresClefs(
        {
            ("subventions", "encours"): Decimal(300),
            ("subvention_collectivite", "encours"): Decimal(243),
            ("recettes_propres", "encours"): Decimal(100),
            ("masse_salariale", "encours"): Decimal(350),
            ("resultat_exceptionnel", "encours"): Decimal(-20),
            ("recettes_propres", "prevu"): Decimal(0),
        }
    )
    lus = {ligne.code: ligne.montants[1] for ligne in chiffres.lignes()}
    assert [(code, lus[code].valeur, lus[code].part) for code in ("produits", "subventions", "charges")] == [
        ("produits", Decimal(400), Decimal(100)),
        ("subventions", Decimal(300), Decimal(75)),
        ("charges", Decimal(350), Decimal(100)),
    ]
    assert lus["subvention_collectivite"].part == Decimal("60.75")
    assert (lus["resultat_exploitation"].valeur, lus["resultat_net"].valeur) == (Decimal(50), Decimal(30))
    prevus = {ligne.code: ligne.montants[0] for ligne in chiffres.lignes()}
    assert (prevus["produits"].valeur, prevus["produits"].part) == (Decimal(0), None)
    assert (prevus["charges"].valeur, prevus["resultat_net"].valeur) == (None, None)
    assert len(chiffres.lignes()) == 15


def test_un_dont_ne_depasse_pas_son_tout(fiche: BilanStructure, membre: Any) -> None:
    ecrire(
        fiche,
        membre,
        axe_1_bilan="Fait",
        chiffre_subventions_encours="100",
        chiffre_subvention_collectivite_encours="243",
    )
    (manque,) = manques_de_la_fiche(SaisieStructure(lue(fiche)))
    assert lisible(manque.phrase) == (
        "La subvention de la collectivité (243 €) dépasse le total des subventions (100 €)."
    )


# -- Pages -----------------------------------------------------------------------------------------
def adresse(fiche: BilanStructure, nom: str = "fiche_structure", *suite: str) -> str:
    campagne = fiche.campagne
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee, fiche.cle, *suite])


def test_la_structure_trouve_sa_fiche_et_la_remplit(client: Any, fiche: BilanStructure, membre: Any) -> None:
    client.force_login(membre)
    accueil = lisible(client.get(reverse("accueil")).content.decode())
    assert "Fiche de travail et d'analyse 2025" in accueil
    saisir = adresse(fiche, "fiche_structure_saisir")
    for etape in ("identification", "vie", "activite", "chiffres", "relecture"):
        assert client.get(f"{saisir}?etape={etape}").status_code == 200
    reponse = client.post(f"{saisir}?etape=activite", {"axe_1_bilan": "Fait", "suite": "continuer"})
    assert reponse.url == f"{saisir}?etape=chiffres"
    page = lisible(
        client.post(
            f"{saisir}?etape=vie", {"adherents": "x", "suite": "continuer"}, follow=True
        ).content.decode()
    )
    assert "Saisissez un nombre entier" in page
    releve = client.get(f"{saisir}?etape=vie").context["form"]["releve"].value()
    client.post(f"{saisir}?etape=vie", {"adherents": "12", "releve": releve, "suite": "continuer"})
    reponse = client.post(f"{saisir}?etape=relecture", {"suite": "transmettre"})
    assert reponse.url == adresse(fiche)
    assert lue(fiche).statut == Statut.TRANSMIS
    assert client.get(saisir).status_code == 302


def test_le_brouillon_repond_ce_qui_est_enregistre(client: Any, fiche: BilanStructure, membre: Any) -> None:
    client.force_login(membre)
    corps = json.dumps(
        {"champs": {"familles": {"avant": "", "apres": "7"}, "ape": {"avant": "", "apres": "9499Z"}}}
    )
    url = adresse(fiche, "fiche_structure_brouillon")
    reponse = client.post(url, corps, content_type="application/json")
    assert reponse.json()["enregistres"] == {"familles": "7", "ape": "9499Z"}
    assert set(reponse.json()["etapes"]) == {"identification", "vie", "activite", "chiffres", "relecture"}
    assert client.post(url, "n'importe quoi", content_type="application/json").status_code == 400
    assert client.get(url).status_code == 405


@pytest.mark.parametrize(
    ("champ", "faux", "phrase", "juste", "garde"),
    [
        ("siret", "123 456 789 01235", "quatorze chiffres est faux", "732 829 320 00074", "73282932000074"),
        ("siret", "732829320", "Vous avez saisi neuf chiffres", "73282932000074", "73282932000074"),
        ("courriel", "contact@", "Écrivez une adresse électronique complète", "mjc@mjc.fr", "mjc@mjc.fr"),
        ("ape", "association", "quatre chiffres et une lettre", "94.99 z", "9499Z"),
    ],
)
def test_un_numero_faux_se_dit_et_se_garde_jusqu_a_ce_qu_il_soit_juste(
    client: Any,
    fiche: BilanStructure,
    membre: Any,
    champ: str,
    faux: str,
    phrase: str,
    juste: str,
    garde: str,
) -> None:
    client.force_login(membre)
    avant = champs(fiche)[champ] or ""
    ecrire(fiche, membre, **{champ: (avant, faux)})
    page = lisible(
        client.get(f"{adresse(fiche, 'fiche_structure_saisir')}?etape=identification").content.decode()
    )
    assert phrase in page
    assert f'value="{faux}"' in page
    assert (champs(fiche)[champ] or "") == avant
    ecrire(fiche, membre, **{champ: (faux, juste)})
    assert champs(fiche)[champ] == garde
    ecrire(fiche, membre, **{champ: (garde, "")})
    assert not champs(fiche)[champ]


def test_rien_n_est_dit_facultatif_dans_une_fiche(client: Any, fiche: BilanStructure, membre: Any) -> None:
    client.force_login(membre)
    for etape in ("identification", "vie", "activite", "chiffres"):
        page = client.get(f"{adresse(fiche, 'fiche_structure_saisir')}?etape={etape}").content.decode()
        assert "(facultatif)" not in page


def test_qui_ne_represente_pas_la_structure_n_en_sait_rien(client: Any, fiche: BilanStructure) -> None:
    contrat = fiche.campagne.contrat
    voisin = fabriques.representant_du_porteur(fabriques.PorteurFactory(epci=contrat.epci))
    for compte in (voisin, fabriques.membre_du_copil(contrat)):
        client.force_login(compte)
        pages = [adresse(fiche, *suite) for suite in PAGES]
        assert [client.get(page).status_code for page in pages] == [404, 404, 404]


def test_la_chargee_demande_renvoie_et_valide(client: Any, chargee: Any, campagne: Any, porteur: Any) -> None:
    client.force_login(chargee)
    demander = reverse("fiches_structure_demander", args=[campagne.contrat.slug, 2025])
    assert "Choisissez une structure" in lisible(client.post(demander, {}).content.decode())
    client.post(demander, {"porteurs": [porteur.pk], "echeance": "2025-10-15"})
    fiche = BilanStructure.objects.get()
    assert fiche.echeance.isoformat() == "2025-10-15"
    ecrire(fiche, chargee, axe_1_bilan="Fait")
    membre = fabriques.representant_du_porteur(porteur)
    transmettre_fiche(fiche, membre)
    renvoyer = adresse(fiche, "fiche_structure_geste", "renvoyer")
    assert "Dites ce qui est à compléter" in lisible(client.post(renvoyer, {"motif": ""}).content.decode())
    client.post(renvoyer, {"motif": "Vos ETP."})
    client.force_login(membre)
    assert "Vos ETP." in client.get(adresse(fiche)).content.decode()
    assert client.post(renvoyer, {"motif": "x"}).status_code == 403
    client.force_login(chargee)
    client.post(adresse(fiche, "fiche_structure_geste", "valider"))
    assert lue(fiche).statut == Statut.VALIDE
    assert client.get(adresse(fiche, "fiche_structure_geste", "effacer")).status_code == 404


def test_la_page_dit_ce_qui_change_depuis_l_an_dernier(
    chargee: Any, campagne: Any, porteur: Any, fiche: BilanStructure
) -> None:
    ecrire(fiche, chargee, adherents="100")
    suivante = fabriques.CampagneFactory(contrat=campagne.contrat, annee=2026)
    (nouvelle,) = demander_fiches(chargee, suivante, [porteur])
    ecrire(nouvelle, chargee, adherents="120", enjeux="Grandir")
    differences = LectureFiche(lue(nouvelle), chargee).differences
    assert [(d.libelle, d.avant, d.apres) for d in differences] == [
        ("Nombre d'adhérents", "100", "120"),
        ("Enjeux", "", "Grandir"),
    ]


# -- Files -----------------------------------------------------------------------------------------
def test_la_fiche_sort_en_trois_formats_avec_toutes_ses_parties(
    fiche: BilanStructure, membre: Any, tmp_path: Any
) -> None:
    ecrire(
        fiche, membre, adherents="1 204", axe_3_bilan="Douze sorties", chiffre_subventions_encours="243 000"
    )
    pdf, word, excel = BytesIO(), BytesIO(), BytesIO()
    for format, sortie in (("pdf", pdf), ("docx", word), ("xlsx", excel)):
        rendre_fiche(lue(fiche), format, sortie)
    chemin = tmp_path / "fiche.pdf"
    chemin.write_bytes(pdf.getvalue())
    assert valider(chemin) == []
    lu = docx.Document(word)
    titres = [p.text for p in lu.paragraphs if p.style.name == "Heading 2"]
    assert titres == [
        "Identification",
        "Vie de la structure",
        "Bilan et perspectives d'activité",
        "Chiffres clefs",
    ]
    assert "Douze sorties" in [p.text for p in lu.paragraphs] + [
        c.text for t in lu.tables for r in t.rows for c in r.cells
    ]
    feuille = openpyxl.load_workbook(excel).active
    cellules = [[case.value for case in ligne] for ligne in feuille.iter_rows()]
    subventions = next(ligne for ligne in cellules if "Subventions" in ligne and 243000 in ligne)
    assert subventions[-1] == 1


def test_les_quatre_parties_du_document_sont_la(fiche: BilanStructure) -> None:
    sections = sections_de_la_fiche(SaisieStructure(lue(fiche)))
    assert [(section.etape, len(section.groupes)) for section in sections] == [
        ("identification", 4),
        ("vie", 5),
        ("activite", 9),
        ("chiffres", 1),
    ]
    assert [len(section.chiffres) for section in sections] == [0, 0, 0, 15]


# -- Who is told -----------------------------------------------------------------------------------
@pytest.fixture
def amina(porteur: Any) -> Any:
    """The representative that the file of the structure names, who has no account."""
    return fabriques.RepresentantFactory(
        porteur=porteur, nom="Amina Berger", email="amina@exemple.fr", date_fin=None
    )


def courriels() -> list[tuple[str, str]]:
    ecrits = Courriel.objects.filter(type="fiche").order_by("pk").values_list("destinataire", "objet")
    return [(destinataire, lisible(objet)) for destinataire, objet in ecrits]


def test_chaque_passage_est_dit_a_la_structure(
    fiche: BilanStructure, membre: Any, chargee: Any, amina: Any
) -> None:
    ecrire(fiche, membre, axe_1_bilan="Fait")
    assert courriels() == []
    transmettre_fiche(fiche, membre)
    transmettre_fiche(fiche, membre)
    # The receipt goes to who sent it; the rest to every contact of the structure.
    assert courriels() == [(membre.email, "Fiche transmise : MJC")]
    Courriel.objects.all().delete()
    renvoyer_fiche(fiche, chargee, "Ajoutez vos ETP.")
    adresses = sorted(["amina@exemple.fr", membre.email])
    assert courriels() == [(adresse_, "Fiche à compléter : MJC") for adresse_ in adresses]
    renvoi = Courriel.objects.get(destinataire="amina@exemple.fr")
    assert (renvoi.statut, renvoi.type, renvoi.auteur) == ("en_attente", "fiche", chargee)
    assert renvoi.invitation is not None
    lien = f"{reverse('invitation', args=[renvoi.invitation.jeton])}?suite={adresse(fiche, 'fiche_structure_saisir')}"
    assert lien in renvoi.texte
    lu = lisible(renvoi.texte)
    assert "Bonjour Amina Berger," in lu
    assert "Ajoutez vos ETP." in lu
    # Signed by the collectivity.
    assert lisible(fiche.campagne.contrat.epci.nom) in lu
    transmettre_fiche(fiche, membre)
    Courriel.objects.all().delete()
    valider_fiche(fiche, chargee)
    assert courriels() == [(adresse_, "Fiche validée : MJC") for adresse_ in adresses]
    Courriel.objects.all().delete()
    rouvrir_fiche(fiche, chargee, "Une erreur dans les ETP.")
    assert courriels() == [(adresse_, "Fiche rouverte : MJC") for adresse_ in adresses]
    assert "Une erreur dans les ETP." in lisible(Courriel.objects.order_by("pk")[0].texte)


def test_transmise_pour_la_structure_elle_le_sait(fiche: BilanStructure, chargee: Any, amina: Any) -> None:
    ecrire(fiche, chargee, axe_1_bilan="Fait")
    transmettre_fiche(fiche, chargee)
    (recu,) = Courriel.objects.all()
    assert recu.destinataire == "amina@exemple.fr"
    assert f"par {chargee} pour votre compte." in lisible(recu.texte)
    # She was never given an access: no link leads to a closed door.
    assert "http" not in recu.texte


def test_validee_d_un_trait_pour_la_structure_un_seul_courriel(
    fiche: BilanStructure, chargee: Any, amina: Any
) -> None:
    ecrire(fiche, chargee, axe_1_bilan="Fait")
    valider_fiche(fiche, chargee)
    assert courriels() == [("amina@exemple.fr", "Fiche validée : MJC")]


def test_un_passage_refuse_n_ecrit_a_personne(
    fiche: BilanStructure, membre: Any, chargee: Any, amina: Any
) -> None:
    with pytest.raises(OperationRefusee):
        transmettre_fiche(fiche, membre)
    with pytest.raises(OperationRefusee):
        renvoyer_fiche(fiche, chargee, "Trop tôt.")
    assert courriels() == []


def test_une_adresse_en_defaut_n_est_plus_prevenue(
    fiche: BilanStructure, membre: Any, chargee: Any, amina: Any
) -> None:
    fabriques.CourrielFactory(
        campagne=fiche.campagne,
        porteur=fiche.porteur,
        destinataire="amina@exemple.fr",
        refuse=True,
    )
    ecrire(fiche, membre, axe_1_bilan="Fait")
    transmettre_fiche(fiche, membre)
    renvoyer_fiche(fiche, chargee, "Vos ETP.")
    assert courriels() == [
        (membre.email, "Fiche transmise : MJC"),
        (membre.email, "Fiche à compléter : MJC"),
    ]


def test_la_page_dit_qui_est_prevenu(client: Any, fiche: BilanStructure, membre: Any, chargee: Any) -> None:
    ecrire(fiche, membre, axe_1_bilan="Fait")
    client.force_login(membre)
    relecture = f"{adresse(fiche, 'fiche_structure_saisir')}?etape=relecture"
    assert f"{membre.email} reçoit un courriel qui confirme l'envoi." in lisible(
        client.get(relecture).content.decode()
    )
    transmettre_fiche(fiche, membre)
    client.force_login(chargee)
    for geste in ("renvoyer", "valider"):
        page = client.get(adresse(fiche, "fiche_structure_geste", geste))
        assert "Cette personne reçoit un courriel" in lisible(page.content.decode())
        assert membre.email in page.content.decode()
    membre.acces_porteurs.all().delete()
    page = client.get(adresse(fiche, "fiche_structure_geste", "renvoyer"))
    assert "Personne n'est prévenu par courriel" in lisible(page.content.decode())


def test_le_courriel_part_par_la_boite(
    fiche: BilanStructure, membre: Any, django_capture_on_commit_callbacks: Any
) -> None:
    ecrire(fiche, membre, axe_1_bilan="Fait")
    with django_capture_on_commit_callbacks(execute=True):
        transmettre_fiche(fiche, membre)
    (parti,) = mail.outbox
    assert membre.email in parti.to[0]
    assert lisible(parti.subject) == "Fiche transmise : MJC"
    assert Courriel.objects.get().statut == "envoye"
