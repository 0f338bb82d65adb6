"""The fast entry: what the grid shows, what a cell saves and refuses, with the rules and history of a draft."""

import json
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from actions.models import Campagne
from bilans.models import Bilan, Effectif
from bilans.pages import rapide
from bilans.pages.rapide import lire_case
from tests import fabriques
from tests.outils.pages import lisible, rien_n_est_ecrit, texte
from tests.outils.requetes import compter_requetes, verifier_requetes_constantes

pytestmark = pytest.mark.django_db

FEMMES, HOMMES, TOTAL = "total_ensemble_F", "total_ensemble_H", "total_ensemble_T"


def action(campagne: Campagne, intitule: str = "Ateliers", **champs: Any) -> Any:
    parente = fabriques.ActionFactory(contrat=campagne.contrat, intitule=intitule)
    return fabriques.ActionAnnuelleFactory(campagne=campagne, action=parente, **champs)


@pytest.fixture
def bilan(campagne: Campagne) -> Bilan:
    return fabriques.BilanFactory(action_annuelle=action(campagne), en_saisie=True)


def adresse(campagne: Campagne, nom: str = "saisie_rapide", criteres: str = "") -> str:
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee]) + criteres


def grille(client: Client, campagne: Campagne, criteres: str = "") -> Any:
    reponse = client.get(adresse(campagne, criteres=criteres))
    assert reponse.status_code == 200, reponse
    return reponse.context["grille"]


def titres(lue: Any) -> list[str]:
    return [ligne.annuelle.action.intitule for ligne in lue.lignes_saisies]


def envoyer(client: Client, campagne: Campagne, corps: Any) -> Any:
    return client.post(
        adresse(campagne, "saisie_rapide_cellule"), json.dumps(corps), content_type="application/json"
    )


def saisir(client: Client, bilan: Bilan, **champs: tuple[str, str]) -> Any:
    """Save cells as the script does, each given as (what was known as saved, what is typed); return the answer."""
    changements = {nom: {"avant": avant, "apres": apres} for nom, (avant, apres) in champs.items()}
    annuelle = bilan.action_annuelle
    return envoyer(client, annuelle.campagne, {"ligne": annuelle.cle, "champs": changements})


def effectifs(bilan: Bilan) -> dict[str, int | None]:
    lignes = Effectif.objects.filter(bilan=bilan, tranche=None)
    return {f"{e.perimetre}_{e.sexe}": e.valeur for e in lignes.order_by("pk")}


# -- Reading what is typed -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("nom", "tape", "lu"),
    [
        (FEMMES, "12", "12"),
        (FEMMES, " 1\u202f234 ", "1234"),
        (FEMMES, "12,0", "12"),
        (FEMMES, "12.00", "12"),
        (FEMMES, "0", "0"),
        (FEMMES, "  ", ""),
        ("realisation", "r", "realisee"),
        ("realisation", "P", "partielle"),
        ("realisation", "n", "non_realisee"),
        ("realisation", "d", "reportee"),
        ("realisation", "Réalisée en partie", "partielle"),
        ("realisation", "Non réalisée", "non_realisee"),
        ("realisation", "reportee", "reportee"),
        ("realisation", "", ""),
    ],
)
def test_ce_qui_se_lit(nom, tape, lu):
    assert lire_case(nom, tape) == lu


@pytest.mark.parametrize(
    ("nom", "tape"),
    [
        (FEMMES, "une trentaine"),
        (FEMMES, "12,5"),
        (FEMMES, "1.000"),
        (FEMMES, "1,000"),
        (FEMMES, "-3"),
        (FEMMES, "1000000"),
        ("realisation", "x"),
        ("realisation", "peut-être"),
    ],
)
def test_ce_qui_ne_se_lit_pas(nom, tape):
    with pytest.raises(ValidationError):
        lire_case(nom, tape)


# -- The grid --------------------------------------------------------------------------------------
def test_lignes_sur_lesquelles_on_peut_ecrire(chargee, campagne):
    for situation in ("en_saisie", "transmis", "en_verification", "a_completer", "valide", "publie"):
        fabriques.BilanFactory(action_annuelle=action(campagne, situation), **{situation: True})
    fabriques.BilanFactory(action_annuelle=action(campagne, "dispensé"), statut=Bilan.Statut.DISPENSE)
    action(campagne, "jamais ouvert")
    action(campagne, "refusée", refusee=True)
    fabriques.BilanFactory(en_saisie=True)
    lue = grille(chargee, campagne)
    ecrits = ["a_completer", "en_saisie", "en_verification", "jamais ouvert", "transmis"]
    assert sorted(titres(lue)) == ecrits
    assert lisible(lue.phrase).startswith("5 bilans sur lesquels vous pouvez écrire.")
    assert titres(grille(chargee, campagne, "?bilan=transmis")) == ["transmis"]
    assert titres(grille(chargee, campagne, "?q=verification")) == ["en_verification"]
    assert titres(grille(chargee, campagne, "?tri=-action"))[0] == "transmis"


def test_une_case_montre_ce_qui_est_enregistre_et_ce_que_les_ages_donnent(chargee, campagne, bilan):
    enfants, adultes = campagne.tranches.order_by("ordre")[1:5:3]
    fabriques.EffectifFactory(bilan=bilan, tranche=enfants, sexe="F", valeur=1200)
    fabriques.EffectifFactory(bilan=bilan, tranche=adultes, sexe="H", valeur=3)
    fabriques.effectifs(bilan, perimetre="qpv", T=0)
    bilan.benevoles = 1500
    bilan.save()
    (ligne,) = grille(chargee, campagne).lignes_saisies
    cases = {case.colonne.nom: (lisible(case.valeur), lisible(case.calcule)) for case in ligne.cases}
    assert cases == {
        "realisation": ("", ""),
        FEMMES: ("", "1 200"),
        HOMMES: ("", "3"),
        "total_ensemble_N": ("", ""),
        TOTAL: ("", "1 203"),
        "qpv_ensemble_F": ("", ""),
        "qpv_ensemble_H": ("", ""),
        "qpv_ensemble_T": ("0", "0"),
        "nombre_seances": ("", ""),
        "benevoles": ("1 500", ""),
    }


def test_ce_qui_attend_d_etre_corrige_est_dans_sa_case(chargee, campagne, bilan):
    bilan.saisie_en_attente = {TOTAL: "une trentaine"}
    bilan.save()
    (ligne,) = grille(chargee, campagne).lignes_saisies
    assert ligne.avant[TOTAL] == "une trentaine"
    # Known as saved, it is replaced without a conflict.
    corps = saisir(chargee, bilan, **{TOTAL: ("une trentaine", "30")}).json()
    assert (corps["enregistres"], corps["conflits"]) == ({TOTAL: "30"}, {})
    bilan.refresh_from_db()
    assert bilan.saisie_en_attente == {}


def test_la_ligne_dit_ce_qui_ne_va_pas_et_si_elle_est_complete(chargee, campagne, bilan):
    fabriques.effectifs(bilan, F=12, H=17, T=30)
    (ligne,) = grille(chargee, campagne).lignes_saisies
    assert [(a.code, a.bloquante) for a in ligne.etat.constats] == [("EFF-01", True)]
    html = chargee.get(adresse(campagne)).content.decode()
    assert "12\u00a0femmes et 17\u00a0hommes font 29, mais le total indiqué est 30." in html
    assert "data-complet disabled>" in html
    Effectif.objects.filter(bilan=bilan, sexe="T").update(valeur=29)
    Bilan.objects.update(realisation="realisee")
    assert grille(chargee, campagne).lignes_saisies[0].etat.complet
    Bilan.objects.update(realisation="non_realisee")
    (ligne,) = grille(chargee, campagne).lignes_saisies
    assert not ligne.etat.complet
    assert ligne.etat.constats[0].message.startswith("Écrivez dans le bilan pourquoi")


def test_grilles_vides(chargee, campagne):
    assert "Aucun bilan à saisir" in texte(chargee.get(adresse(campagne)))
    fabriques.BilanFactory(action_annuelle=action(campagne), en_saisie=True)
    assert "Retirez un filtre" in texte(chargee.get(adresse(campagne, criteres="?q=zzz")))
    assert grille(chargee, campagne, "?page=12").avis == [
        "Cette page de la grille n'existe pas. Voici la première."
    ]


def test_une_annee_archivee_ne_se_saisit_plus(chargee, campagne, bilan):
    Campagne.objects.update(statut=Campagne.Statut.ARCHIVEE)
    assert "Aucun bilan à saisir" in texte(chargee.get(adresse(campagne)))
    with rien_n_est_ecrit():
        reponse = saisir(chargee, bilan, **{FEMMES: ("", "12")})
    assert reponse.status_code == 403
    assert "archivée" in reponse.json()["message"]


def test_pages_de_la_grille(chargee, campagne, monkeypatch):
    monkeypatch.setattr(rapide, "LIGNES_PAR_PAGE", 2)
    for _ in range(3):
        fabriques.BilanFactory(action_annuelle=action(campagne), en_saisie=True)
    assert [len(grille(chargee, campagne, f"?page={n}").lignes_saisies) for n in (1, 2)] == [2, 1]
    assert 'aria-label="Pages de la liste"' in chargee.get(adresse(campagne)).content.decode()


def test_une_page_pleine_passe_par_le_formulaire(settings):
    """Without a script the whole page is one form: each row sends its cells, and what it knew as saved."""
    assert rapide.LIGNES_PAR_PAGE * (len(rapide.COLONNES) + 1) < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS


def test_autant_de_requetes_quel_que_soit_le_nombre(chargee, campagne):
    def ajouter() -> None:
        lu = fabriques.BilanFactory(action_annuelle=action(campagne), en_saisie=True)
        fabriques.effectifs(lu, F=12, H=17, T=30)

    ajouter()
    assert verifier_requetes_constantes(lambda: grille(chargee, campagne), ajouter, fois=12) < 38


# -- A cell ----------------------------------------------------------------------------------------
def test_une_ligne_collee_est_une_requete(chargee, campagne, bilan):
    reponse = saisir(
        chargee,
        bilan,
        realisation=("", "r"),
        **{FEMMES: ("", "1 200"), HOMMES: ("", "17,0"), "qpv_ensemble_T": ("", "0"), "benevoles": ("", "4")},
    )
    assert reponse.status_code == 200
    corps = reponse.json()
    assert {nom: lisible(valeur) for nom, valeur in corps["enregistres"].items()} == {
        "realisation": "realisee",
        FEMMES: "1 200",
        HOMMES: "17",
        "qpv_ensemble_T": "0",
        "benevoles": "4",
    }
    assert (corps["refuses"], corps["conflits"]) == ({}, {})
    assert lisible(corps["calculs"][TOTAL]) == "1 217"
    assert corps["etat"] == {"statut": "En saisie", "constats": [], "complet": True}
    bilan.refresh_from_db()
    assert (bilan.realisation, bilan.benevoles, bilan.nombre_seances) == ("realisee", 4, None)
    assert effectifs(bilan) == {"total_F": 1200, "total_H": 17, "qpv_T": 0}


def test_ce_qui_ne_va_pas_est_dit_aussitot(chargee, campagne, bilan):
    fabriques.effectifs(bilan, F=12, H=17)
    corps = saisir(chargee, bilan, **{TOTAL: ("", "30")}).json()
    assert [lisible(c["message"]) for c in corps["etat"]["constats"] if c["bloquante"]] == [
        "12 femmes et 17 hommes font 29, mais le total indiqué est 30. Corrigez l'un des trois, ou indiquez "
        "1 personne en « non renseigné »."
    ]
    assert corps["etat"]["complet"] is False
    # Said, and saved: a draft is never refused for what does not add up.
    assert effectifs(bilan) == {"total_F": 12, "total_H": 17, "total_T": 30}


def test_l_illisible_est_refuse_a_sa_case_et_le_reste_enregistre(chargee, campagne, bilan):
    corps = saisir(chargee, bilan, **{FEMMES: ("", "beaucoup"), HOMMES: ("", "17")}).json()
    assert list(corps["refuses"]) == [FEMMES]
    assert corps["refuses"][FEMMES].startswith("Saisissez un nombre entier")
    assert corps["enregistres"] == {HOMMES: "17"}
    bilan.refresh_from_db()
    assert effectifs(bilan) == {"total_H": 17}
    assert bilan.saisie_en_attente == {}


def test_rien_de_lisible_n_ecrit_rien(chargee, campagne, bilan):
    with rien_n_est_ecrit():
        corps = saisir(chargee, bilan, **{FEMMES: ("", "beaucoup")}).json()
    assert list(corps["refuses"]) == [FEMMES]
    assert "etat" not in corps


def test_la_case_qu_un_autre_a_changee_est_un_conflit(chargee, campagne, bilan):
    autre = fabriques.chargee_de_mission(campagne.contrat, prenom="Claire", nom="Aubert")
    client = Client()
    client.force_login(autre, backend="django.contrib.auth.backends.ModelBackend")
    saisir(client, bilan, **{FEMMES: ("", "12")})
    corps = saisir(chargee, bilan, **{FEMMES: ("", "14"), HOMMES: ("", "17")}).json()
    assert corps["enregistres"] == {HOMMES: "17"}
    conflit = corps["conflits"][FEMMES]
    assert (conflit["libelle"], conflit["autre"], conflit["autre_lisible"], conflit["qui"]) == (
        "Femmes",
        "12",
        "12",
        str(autre),
    )
    assert conflit["quand"].startswith(" (saisie commencée à ")
    assert effectifs(bilan) == {"total_F": 12, "total_H": 17}
    # « Garder 14 » sends it again, knowing the other's value.
    assert saisir(chargee, bilan, **{FEMMES: ("12", "14")}).json()["enregistres"] == {FEMMES: "14"}
    assert effectifs(bilan) == {"total_F": 14, "total_H": 17}


def test_un_conflit_sur_la_realisation_se_dit_en_mots(chargee, campagne, bilan):
    Bilan.objects.filter(pk=bilan.pk).update(realisation="reportee")
    conflit = saisir(chargee, bilan, realisation=("", "realisee")).json()["conflits"]["realisation"]
    assert (conflit["autre"], conflit["autre_lisible"]) == ("reportee", "Dates à modifier")


def test_la_meme_case_envoyee_deux_fois_est_ecrite_une_fois(chargee, campagne, bilan):
    saisir(chargee, bilan, **{FEMMES: ("", "12")})
    bilan.refresh_from_db()
    version = bilan.version
    corps = saisir(chargee, bilan, **{FEMMES: ("", "12")}).json()
    assert (corps["enregistres"], corps["conflits"]) == ({FEMMES: "12"}, {})
    bilan.refresh_from_db()
    assert bilan.version == version


def test_l_histoire_est_celle_d_un_brouillon(chargee, campagne, bilan):
    qui = fabriques.Utilisateur.objects.get(pk=chargee.session["_auth_user_id"])
    avant = bilan.historique.count()
    for ancien, nouveau in (("", "4"), ("4", "5"), ("5", "6")):
        saisir(chargee, bilan, benevoles=(ancien, nouveau))
    assert bilan.historique.count() == avant + 1
    assert (bilan.historique.first().benevoles, bilan.historique.first().history_user) == (6, qui)


@pytest.mark.parametrize(
    ("depuis", "vers"), [("transmis", "en_verification"), ("a_completer", "a_completer")]
)
def test_les_etats_suivent_les_regles_du_bilan(chargee, campagne, depuis, vers):
    lu = fabriques.BilanFactory(action_annuelle=action(campagne), **{depuis: True})
    assert saisir(chargee, lu, **{FEMMES: ("", "12")}).status_code == 200
    lu.refresh_from_db()
    assert lu.statut == vers


def test_un_bilan_valide_entre_temps_ne_change_plus(chargee, campagne):
    lu = fabriques.BilanFactory(action_annuelle=action(campagne), valide=True)
    with rien_n_est_ecrit():
        reponse = saisir(chargee, lu, **{FEMMES: ("", "12")})
    assert reponse.status_code == 403
    assert "pour le modifier, il faut d'abord le rouvrir" in reponse.json()["message"]


def test_un_bilan_recu_ne_perd_pas_son_issue(chargee, campagne):
    lu = fabriques.BilanFactory(action_annuelle=action(campagne), en_verification=True)
    corps = saisir(chargee, lu, realisation=("realisee", ""), **{FEMMES: ("", "12")}).json()
    assert corps["refuses"] == {"realisation": "Indiquez si l'action a été réalisée."}
    assert corps["enregistres"] == {FEMMES: "12"}


def test_la_premiere_case_ouvre_le_bilan_attendu(chargee, campagne):
    annuelle = action(campagne)
    corps = {"ligne": annuelle.cle, "champs": {FEMMES: {"avant": "", "apres": "12"}}}
    assert envoyer(chargee, campagne, corps).json()["etat"]["statut"] == "En saisie"
    assert effectifs(Bilan.objects.get(action_annuelle=annuelle)) == {"total_F": 12}
    refusee = action(campagne, refusee=True)
    reponse = envoyer(chargee, campagne, {**corps, "ligne": refusee.cle})
    assert (reponse.status_code, Bilan.objects.count()) == (403, 1)


@pytest.mark.parametrize(
    "corps",
    [
        "",
        [],
        {},
        {"ligne": "x"},
        {"ligne": "x", "champs": {}},
        {"ligne": "x", "champs": []},
        {"ligne": 3, "champs": {FEMMES: {"avant": "", "apres": "1"}}},
        {"ligne": "x", "champs": {FEMMES: {"avant": "", "apres": 1}}},
        {"ligne": "x", "champs": {FEMMES: {"apres": "1"}}},
        {"ligne": "x", "champs": {FEMMES: None}},
        # Not a column of the grid.
        {"ligne": "x", "champs": {"mise_en_oeuvre": {"avant": "", "apres": "1"}}},
    ],
)
def test_une_demande_illisible_est_dite(chargee, campagne, corps):
    reponse = envoyer(chargee, campagne, corps)
    assert (reponse.status_code, list(reponse.json())) == (400, ["message"])


@pytest.mark.parametrize("corps", [b"\xff{", b"[" * 100_000], ids=["octets", "profond"])
def test_ce_qui_n_est_pas_du_json_est_dit(chargee, campagne, corps):
    reponse = chargee.post(adresse(campagne, "saisie_rapide_cellule"), corps, "application/json")
    assert (reponse.status_code, list(reponse.json())) == (400, ["message"])


def test_une_cle_qu_aucune_base_ne_sait_chercher_n_existe_pas(chargee, campagne, bilan):
    for cle in ("\ud800", "\0", "x" * 10_000):
        corps = {"ligne": cle, "champs": {FEMMES: {"avant": "", "apres": "12"}}}
        assert envoyer(chargee, campagne, corps).status_code == 404
    page = {"a\0-avant": json.dumps({FEMMES: ""}), f"a\0-{FEMMES}": "12"}
    assert chargee.post(adresse(campagne, "saisie_rapide"), page).status_code == 302
    assert effectifs(bilan) == {}


def test_une_action_d_ailleurs_n_existe_pas(chargee, campagne):
    autre = fabriques.BilanFactory(en_saisie=True).action_annuelle
    voisine = fabriques.annee_de(action(campagne).action, 2025)
    for annuelle in (autre, voisine):
        corps = {"ligne": annuelle.cle, "champs": {FEMMES: {"avant": "", "apres": "1"}}}
        assert envoyer(chargee, campagne, corps).status_code == 404


def test_la_grille_est_a_qui_pilote_le_contrat(client, campagne, bilan):
    porteur = fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur)
    client.force_login(porteur)
    assert client.get(adresse(campagne)).status_code == 403
    with rien_n_est_ecrit():
        assert saisir(client, bilan, **{FEMMES: ("", "12")}).status_code == 403
        assert client.post(adresse(campagne), {f"{bilan.action_annuelle.cle}-avant": "{}"}).status_code == 403


def test_requetes_d_une_case(chargee, campagne, bilan):
    saisir(chargee, bilan, **{FEMMES: ("", "12")})
    with compter_requetes() as requetes:
        assert saisir(chargee, bilan, **{FEMMES: ("12", "13")}).status_code == 200
    # Half of them read what the bilan is asked, so that the same rules hold as for its own page.
    assert len(requetes) <= 32


# -- Without a script --------------------------------------------------------------------------------
def formulaire(client: Client, campagne: Campagne) -> dict[str, str]:
    """Return what the form of the page sends when nothing is typed."""
    donnees = {}
    for ligne in grille(client, campagne).lignes_saisies:
        donnees[f"{ligne.annuelle.cle}-avant"] = ligne.avant_json
        donnees |= {case.nom: case.valeur for case in ligne.cases}
    return donnees


def test_sans_script_la_page_enregistre_ce_qui_a_change(chargee, campagne, bilan):
    autre = fabriques.BilanFactory(action_annuelle=action(campagne, "Fête"), en_saisie=True)
    fabriques.effectifs(autre, F=1200)
    donnees = formulaire(chargee, campagne)
    donnees[f"{bilan.action_annuelle.cle}-{FEMMES}"] = "12"
    donnees[f"{bilan.action_annuelle.cle}-realisation"] = "partielle"
    version = autre.version
    reponse = chargee.post(adresse(campagne, criteres="?tri=action"), donnees, follow=True)
    assert reponse.redirect_chain == [(adresse(campagne, criteres="?tri=action"), 302)]
    assert "1 bilan est enregistré." in texte(reponse)
    bilan.refresh_from_db()
    autre.refresh_from_db()
    assert (bilan.realisation, effectifs(bilan), autre.version) == ("partielle", {"total_F": 12}, version)
    encore = chargee.post(adresse(campagne), formulaire(chargee, campagne), follow=True)
    assert "Rien n'a changé" in texte(encore)


def test_sans_script_rien_de_tape_n_est_perdu(chargee, campagne, bilan):
    cle = bilan.action_annuelle.cle
    donnees = formulaire(chargee, campagne)
    donnees |= {f"{cle}-{FEMMES}": "14", f"{cle}-{HOMMES}": "beaucoup", f"{cle}-benevoles": "3"}
    fabriques.effectifs(bilan, F=12)
    reponse = chargee.post(adresse(campagne), donnees)
    assert reponse.status_code == 200
    lu = texte(reponse)
    assert "Tout n'est pas enregistré" in lu
    assert "Femmes : une autre personne a enregistré « 12 »" in lu
    assert "Hommes : Saisissez un nombre entier" in lu
    (ligne,) = reponse.context["grille"].lignes_saisies
    valeurs = {case.colonne.nom: case.valeur for case in ligne.cases}
    assert (valeurs[FEMMES], valeurs[HOMMES], valeurs["benevoles"]) == ("14", "beaucoup", "3")
    assert effectifs(bilan) == {"total_F": 12}
    # Sent again, it is a choice: the page now knows the other's value.
    donnees |= {f"{cle}-avant": ligne.avant_json, f"{cle}-{HOMMES}": "17"}
    assert chargee.post(adresse(campagne), donnees).status_code == 302
    assert effectifs(bilan) == {"total_F": 14, "total_H": 17}


@pytest.mark.parametrize("avant", ["", "[]", "{", '{"total_ensemble_F": 3}', "null"])
def test_sans_script_un_formulaire_abime_n_ecrit_rien(chargee, campagne, bilan, avant):
    cle = bilan.action_annuelle.cle
    with rien_n_est_ecrit():
        reponse = chargee.post(adresse(campagne), {f"{cle}-avant": avant, f"{cle}-{FEMMES}": "12"})
    assert reponse.status_code == 302


def test_une_date_prolongee_ne_change_rien_ici(chargee, campagne, bilan):
    Campagne.objects.update(statut=Campagne.Statut.BILANS_CLOS, bilan_echeance=date(2025, 6, 30))
    # She may write before and after.
    assert saisir(chargee, bilan, **{FEMMES: ("", "12")}).status_code == 200
