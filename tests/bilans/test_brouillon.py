"""Saving what is being typed: nothing is refused, nothing is lost, nobody's work is undone."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from actions.models import Campagne, Question
from bilans import operations
from bilans.models import Bilan, Effectif, ReponseQuestion, Transition, ValeurIndicateur
from bilans.operations import OperationRefusee
from bilans.operations.brouillon import Changement, enregistrer_brouillon
from bilans.saisie import Saisie, empreinte, sections_lues
from comptes.historique import changements, changements_lies, evenements
from financements.models import LigneBudget
from tests import fabriques
from tests.outils.pages import lisible
from tests.outils.requetes import compter_requetes, verifier_requetes_constantes

pytestmark = pytest.mark.django_db

HEURE = "2025-03-03T21:04:00+01:00"


@pytest.fixture(autouse=True)
def horloge(time_machine):
    time_machine.move_to(HEURE, tick=False)
    return time_machine


@pytest.fixture
def annuelle():
    return fabriques.ActionAnnuelleFactory()


@pytest.fixture
def bilan(annuelle):
    return fabriques.BilanFactory(action_annuelle=annuelle)


@pytest.fixture
def lea(annuelle):
    return fabriques.representant_du_porteur(annuelle.action.porteur, prenom="Léa", nom="Roy")


@pytest.fixture
def sami(annuelle):
    return fabriques.representant_du_porteur(annuelle.action.porteur, prenom="Sami", nom="Ba")


@pytest.fixture
def chargee(annuelle):
    return fabriques.chargee_de_mission(annuelle.campagne.contrat, prenom="Claire", nom="Montrichard")


@pytest.fixture
def comptes():
    for code, sens in (("60", "charge"), ("64", "charge"), ("74", "produit"), ("70", "produit")):
        fabriques.CompteBudgetaireFactory(code=code, libelle=f"Compte {code}", sens=sens)


def taper(bilan, compte, **champs):
    """Save what was typed over what is stored now: {name: text}, or {name: (avant, apres)}."""
    saisie = Saisie(Bilan.objects.get(pk=bilan.pk))
    changements = {}
    for nom, voulu in champs.items():
        stocke = saisie.brut(nom) if nom in saisie.champs else ""
        changements[nom] = Changement(*(voulu if isinstance(voulu, tuple) else (stocke, voulu)))
    return enregistrer_brouillon(bilan, compte, changements)


def lu(bilan):
    """Return the texts that a page opened now would show, blanks left out."""
    saisie = Saisie(Bilan.objects.get(pk=bilan.pk))
    return {nom: texte for nom in saisie.champs if (texte := saisie.brut(nom))}


# -- Every kind of answer --------------------------------------------------------------------------
def test_le_premier_mot_commence_le_bilan(bilan, lea):
    resultat = taper(bilan, lea, points_forts="L'entraide.")
    assert (resultat.enregistres, resultat.a_corriger, resultat.conflits) == (
        {"points_forts": "L'entraide."},
        {},
        {},
    )
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.points_forts, bilan.version) == ("en_saisie", "L'entraide.", 2)
    passage = Transition.objects.get(bilan=bilan)
    assert (passage.de, passage.vers, passage.auteur) == ("a_saisir", "en_saisie", lea)


def test_chaque_reponse_est_ecrite_a_sa_place_et_relue_telle_quelle(annuelle, bilan, lea, comptes):
    campagne = annuelle.campagne
    tranche = campagne.tranches.get(ordre=2)
    critere = fabriques.IndicateurActionFactory(action_annuelle=annuelle, libelle="Ateliers", cible=20)
    demande = fabriques.IndicateurDemandeFactory(campagne=campagne, sexue=True)
    libre = fabriques.QuestionFactory(campagne=campagne)
    nombre = fabriques.QuestionFactory(campagne=campagne, type=Question.Type.NOMBRE)
    oui_non = fabriques.QuestionFactory(campagne=campagne, type=Question.Type.OUI_NON)
    choix = fabriques.QuestionFactory(campagne=campagne, type=Question.Type.CHOIX, choix="Rue\nSalle")
    ligne = fabriques.LigneFinancementFactory(action_annuelle=annuelle, montant_accorde=Decimal(1500))
    etat = ligne.financeur
    typees = {
        "realisation": "partielle",
        "date_debut": "2024-01-08",
        "nombre_seances": "24",
        "mise_en_oeuvre": "Douze ateliers,\nde janvier à juin.",
        "total_ensemble_F": "12",
        f"qpv_{tranche.pk}_H": "3",
        "total_estimation": "on",
        "type_public": "Des familles",
        f"critere_{critere.pk}": "18",
        f"demande_{demande.pk}": "30",
        f"demande_{demande.pk}_F": "20",
        f"demande_{demande.pk}_H": "10",
        f"question_{libre.pk}": "Oui, beaucoup",
        f"question_{nombre.pk}": "12,5",
        f"question_{oui_non.pk}": "non",
        f"question_{choix.pk}": "Salle",
        "salaries": "2",
        "budget_60": "1200,50",
        f"budget_74_{etat.cle}": "1500",
        "budget_74": "0",
    }
    resultat = taper(bilan, lea, **typees)
    assert resultat.enregistres == typees
    assert resultat.a_corriger == {}
    bilan.refresh_from_db()
    assert (bilan.realisation, bilan.date_debut, bilan.nombre_seances) == ("partielle", date(2024, 1, 8), 24)
    assert bilan.mise_en_oeuvre == "Douze ateliers,\nde janvier à juin."
    case = Effectif.objects.get(bilan=bilan, perimetre="total")
    assert (case.sexe, case.tranche, case.valeur, case.approximatif) == ("F", None, 12, True)
    autre = Effectif.objects.get(bilan=bilan, perimetre="qpv")
    assert (autre.sexe, autre.tranche, autre.valeur, autre.approximatif) == ("H", tranche, 3, False)
    releves = ValeurIndicateur.objects.filter(bilan=bilan).order_by("ordre")
    assert [(v.critere, v.demande, v.valeur, v.valeur_femmes, v.valeur_hommes) for v in releves] == [
        (critere, None, 18, None, None),
        (None, demande, 30, 20, 10),
    ]
    assert [v.ordre for v in releves] == [1, 2]
    reponses = ReponseQuestion.objects.filter(bilan=bilan).order_by("question__ordre")
    assert {r.question: (r.texte, r.nombre) for r in reponses} == {
        libre: ("Oui, beaucoup", None),
        nombre: ("", Decimal("12.5")),
        oui_non: ("non", None),
        choix: ("Salle", None),
    }
    lignes = LigneBudget.objects.filter(budget__action_annuelle=annuelle, budget__type="realise")
    assert {(x.compte_id, x.financeur, x.montant) for x in lignes.order_by("pk")} == {
        ("60", None, Decimal("1200.50")),
        ("74", etat, Decimal(1500)),
        ("74", None, Decimal(0)),
    }
    relu = lu(bilan)
    assert set(relu) == set(typees)
    assert relu["budget_60"] == "1\u202f200,50"
    # Everything is read again by who reads the bilan.
    textes = {r.champ: r.texte for section in sections_lues(bilan) for r in section.reponses}
    assert textes["total_ensemble_T"] == "12\u00a0personnes\u00a0: 12\u00a0femmes"
    assert (textes["date_debut"], textes[f"question_{oui_non.pk}"]) == ("8 janvier 2024", "Non")
    assert textes["budget_60"] == "1\u202f200,50\u00a0€"
    # Erased, nothing is left.
    taper(bilan, lea, **dict.fromkeys(typees, ""))
    assert lu(bilan) == {}
    for modele in (Effectif, ValeurIndicateur, ReponseQuestion):
        assert modele.objects.filter(bilan=bilan).count() == 0
    assert LigneBudget.objects.filter(budget__type="realise").count() == 0


@pytest.mark.parametrize(
    "champs",
    [
        {"date_debut": "2024-06-28", "date_fin": "2024-01-08"},
        {"total_ensemble_F": "12", "total_ensemble_H": "17", "total_ensemble_T": "30"},
        {"realisation": "non_realisee", "motif_non_realisation": ""},
        {"realisation": ""},
        {"total_ensemble_T": "20", "qpv_ensemble_T": "30"},
    ],
)
def test_un_brouillon_n_est_jamais_refuse_pour_ce_qu_il_contredit(bilan, lea, champs):
    resultat = taper(bilan, lea, **champs)
    assert resultat.enregistres == champs
    assert (resultat.a_corriger, resultat.conflits) == ({}, {})
    assert lu(bilan) == {nom: texte for nom, texte in champs.items() if texte}


# -- What cannot be read ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("nom", "texte", "phrase"),
    [
        ("total_ensemble_F", "une trentaine", "Saisissez un nombre entier"),
        ("salaries", "2,5", "Saisissez un nombre entier"),
        ("date_fin", "fin juin", "Écrivez la date avec le jour"),
        ("date_debut", "2204-01-08", "Écrivez l'année en quatre chiffres"),
        ("date_debut", "2031-01-08", "Cette date est hors du contrat"),
        ("budget_60", "beaucoup", "Saisissez un montant"),
        ("budget_60", "-12", "Un montant ne peut pas être négatif"),
    ],
)
def test_ce_qui_ne_peut_pas_etre_lu_est_garde_tel_quel(bilan, lea, comptes, nom, texte, phrase):
    resultat = taper(bilan, lea, **{nom: texte, "points_forts": "L'entraide."})
    assert resultat.enregistres == {nom: texte, "points_forts": "L'entraide."}
    assert list(resultat.a_corriger) == [nom]
    assert phrase in lisible(resultat.a_corriger[nom])
    assert lu(bilan) == {nom: texte, "points_forts": "L'entraide."}
    # It counts as missing until it is mended, for the porteur as for the chargé·e de mission.
    bilan.refresh_from_db()
    assert nom in [manque.champ for manque in operations.manques(bilan)]
    assert nom in [manque.champ for manque in operations.manques_pour_valider(bilan)]
    taper(bilan, lea, **{nom: ""})
    assert lu(bilan) == {"points_forts": "L'entraide."}
    bilan.refresh_from_db()
    assert bilan.saisie_en_attente == {}


def test_corriger_efface_ce_qui_attendait(bilan, lea):
    taper(bilan, lea, total_ensemble_F="12")
    taper(bilan, lea, total_ensemble_F="douze ou treize")
    assert lu(bilan) == {"total_ensemble_F": "douze ou treize"}
    # The number that stood there is no longer what is said.
    bilan.refresh_from_db()
    assert Saisie(bilan).grilles()["total"].total is None
    taper(bilan, lea, total_ensemble_F="12")
    assert lu(bilan) == {"total_ensemble_F": "12"}
    bilan.refresh_from_db()
    assert bilan.saisie_en_attente == {}


def test_un_texte_demesure_n_est_pas_garde_et_le_dit(bilan, lea):
    resultat = taper(bilan, lea, mise_en_oeuvre="a" * 20_001, points_forts="L'entraide.")
    assert resultat.enregistres == {"points_forts": "L'entraide."}
    assert "20\u202f001 caractères" in resultat.refuses["mise_en_oeuvre"]
    assert lu(bilan) == {"points_forts": "L'entraide."}
    assert taper(bilan, lea, mise_en_oeuvre="a" * 20_000).refuses == {}


def test_une_question_retiree_entre_temps_laisse_la_reponse_au_navigateur(bilan, lea):
    resultat = taper(bilan, lea, question_999=("", "Ma réponse"), points_forts="L'entraide.")
    assert resultat.enregistres == {"points_forts": "L'entraide."}
    assert "n'est plus posée" in resultat.refuses["question_999"]


def test_dire_que_c_est_une_estimation_avant_les_nombres_n_est_pas_perdu(bilan, lea):
    taper(bilan, lea, total_estimation="on")
    assert lu(bilan) == {"total_estimation": "on"}
    bilan.refresh_from_db()
    assert [manque.champ for manque in operations.manques(bilan)] == ["realisation"]
    taper(bilan, lea, total_ensemble_F="12")
    assert Effectif.objects.get(bilan=bilan).approximatif
    bilan.refresh_from_db()
    assert bilan.saisie_en_attente == {}
    taper(bilan, lea, total_ensemble_F="")
    assert lu(bilan) == {"total_estimation": "on"}


# -- Two people ------------------------------------------------------------------------------------
def test_deux_personnes_sur_deux_reponses_ne_se_genent_pas(bilan, lea, sami):
    taper(bilan, lea, points_forts="L'entraide.")
    resultat = taper(bilan, sami, difficultes=("", "Le froid."), total_ensemble_F=("", "12"))
    assert resultat.conflits == {}
    assert lu(bilan) == {"points_forts": "L'entraide.", "difficultes": "Le froid.", "total_ensemble_F": "12"}


def test_deux_personnes_sur_la_meme_reponse_voient_les_deux_versions(bilan, lea, sami, horloge):
    tranche = bilan.action_annuelle.campagne.tranches.get(ordre=1)
    case = f"total_{tranche.pk}_F"
    taper(bilan, lea, **{"points_forts": "De Léa", case: "12", "moyens": "Une salle"})
    horloge.move_to("2025-03-03T21:06:00+01:00", tick=False)
    resultat = taper(
        bilan, sami, **{"points_forts": ("", "De Sami"), case: ("", "13"), "moyens": ("", "Une salle")}
    )
    # The same words typed by both are no conflict.
    assert resultat.enregistres == {"moyens": "Une salle"}
    assert list(resultat.conflits) == ["points_forts", case]
    conflit = resultat.conflits["points_forts"]
    assert (conflit.autre, conflit.autre_lisible, conflit.qui) == ("De Léa", "De Léa", lea)
    assert conflit.quand.isoformat() == "2025-03-03T20:04:00+00:00"
    assert resultat.conflits[case].autre == "12"
    assert not resultat.change
    assert lu(bilan)["points_forts"] == "De Léa"
    # Having seen both, the second chooses.
    assert taper(bilan, sami, points_forts=("De Léa", "De Léa et de Sami")).conflits == {}
    assert lu(bilan)["points_forts"] == "De Léa et de Sami"


def test_ce_que_l_on_n_a_pas_touche_garde_la_version_de_l_autre(bilan, lea, sami):
    taper(bilan, lea, points_forts="De Léa")
    resultat = taper(bilan, sami, points_forts=("", ""))
    assert (resultat.conflits, resultat.change) == ({}, False)
    assert resultat.enregistres == {"points_forts": "De Léa"}
    assert lu(bilan) == {"points_forts": "De Léa"}


def test_le_meme_envoi_deux_fois_n_ecrit_qu_une_fois(bilan, lea):
    """The answer was lost on the way: the browser sends again."""
    changements = {"points_forts": Changement("", "L'entraide."), "salaries": Changement("", "deux")}
    enregistrer_brouillon(bilan, lea, changements)
    bilan.refresh_from_db()
    avant = (bilan.version, Bilan.historique.count(), Transition.objects.count())
    encore = enregistrer_brouillon(bilan, lea, changements)
    assert encore.enregistres == {"points_forts": "L'entraide.", "salaries": "deux"}
    assert list(encore.a_corriger) == ["salaries"]
    bilan.refresh_from_db()
    assert (bilan.version, Bilan.historique.count(), Transition.objects.count()) == avant


@pytest.mark.parametrize(
    ("nom", "un", "autre", "pareils"),
    [
        ("total_ensemble_F", "1200", "1\u202f200", True),
        ("total_ensemble_F", "012", "12", True),
        ("total_ensemble_F", "", "0", False),
        ("points_forts", "Un\r\ndeux", "Un\ndeux", True),
        ("points_forts", "Un ", "Un", True),
        ("points_forts", "Un", "un", False),
        ("date_debut", "2024-01-08", "08/01/2024", True),
        ("budget_60", "1200,5", "1 200,50 €", True),
        ("salaries", "deux", " deux ", True),
        ("salaries", "deux", "2", False),
    ],
)
def test_deux_facons_d_ecrire_la_meme_chose(bilan, comptes, nom, un, autre, pareils):
    champ = Saisie(bilan).champs[nom]
    assert (empreinte(champ, un) == empreinte(champ, autre)) is pareils


# -- History ---------------------------------------------------------------------------------------
def historique(bilan):
    return list(bilan.historique.order_by("history_id").values_list("points_forts", "history_user__nom"))


def test_dix_minutes_de_frappe_font_une_ligne_d_histoire(bilan, lea, sami, horloge):
    taper(bilan, lea, points_forts="A")
    for minute, texte in ((1, "Ab"), (4, "Abc"), (9, "Abcd")):
        horloge.move_to(f"2025-03-03T21:{4 + minute:02d}:00+01:00", tick=False)
        taper(bilan, lea, points_forts=texte, total_ensemble_F=str(minute))
    assert historique(bilan) == [("", None), ("Abcd", "Roy")]
    assert Effectif.historique.values_list("valeur", flat=True).get() == 9
    bilan.refresh_from_db()
    assert bilan.version == 5
    # The story tells one change, from nothing to what was written.
    sauf = ("mesure", "perimetre", "sexe", "tranche")
    recit = evenements(
        [
            *changements(bilan, utilisateur=lea, sauf=("statut",)),
            *changements_lies(Effectif, bilan, utilisateur=lea, nommer=lambda e: e.sexe, sauf=sauf),
        ]
    )
    assert [[(c.champ, c.avant, c.apres) for c in e.changements] for e in recit] == [
        [("Points forts", "", "Abcd"), ("F", "", "9")]
    ]
    # Another author, then time, begin another line.
    horloge.move_to("2025-03-03T21:13:30+01:00", tick=False)
    taper(bilan, sami, points_forts="De Sami")
    taper(bilan, lea, points_forts="De Léa")
    horloge.move_to("2025-03-03T21:23:31+01:00", tick=False)
    taper(bilan, lea, points_forts="De Léa, plus tard", total_ensemble_F="20")
    assert historique(bilan) == [
        ("", None),
        ("Abcd", "Roy"),
        ("De Sami", "Ba"),
        ("De Léa", "Roy"),
        ("De Léa, plus tard", "Roy"),
    ]
    assert list(Effectif.historique.order_by("history_id").values_list("valeur", flat=True)) == [9, 20]


def test_une_case_tapee_puis_effacee_dans_le_meme_brouillon_ne_laisse_rien(bilan, lea, horloge):
    taper(bilan, lea, total_ensemble_F="12")
    taper(bilan, lea, total_ensemble_F="")
    assert Effectif.historique.count() == 0
    taper(bilan, lea, total_ensemble_F="15")
    horloge.move_to("2025-03-04T09:00:00+01:00", tick=False)
    taper(bilan, lea, total_ensemble_F="")
    types = Effectif.historique.order_by("history_id").values_list("history_type", "valeur")
    assert list(types) == [("+", 15), ("-", 15)]


# -- Who, and when ---------------------------------------------------------------------------------
def test_le_brouillon_d_un_autre_porteur_n_est_pas_le_sien(bilan):
    autre = fabriques.representant_du_porteur(fabriques.PorteurFactory())
    with pytest.raises(PermissionDenied):
        taper(bilan, autre, points_forts="x")
    assert lu(bilan) == {}


@pytest.mark.parametrize("situation", ["transmis", "valide", "bilans_clos"])
def test_quand_ce_n_est_plus_le_tour_du_porteur_rien_ne_s_ecrit(annuelle, lea, situation):
    if situation == "bilans_clos":
        bilan = fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True)
        Campagne.objects.filter(pk=annuelle.campagne_id).update(statut="bilans_clos")
    else:
        bilan = fabriques.BilanFactory(action_annuelle=annuelle, **{situation: True})
    avant = Bilan.objects.filter(pk=bilan.pk).values().get()
    with pytest.raises(OperationRefusee):
        taper(bilan, lea, points_forts="Trop tard.")
    assert Bilan.objects.filter(pk=bilan.pk).values().get() == avant


def test_la_chargee_touche_un_bilan_recu_et_le_prend_en_verification(annuelle, chargee):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    taper(bilan, chargee, points_forts="Corrigé.")
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.points_forts) == ("en_verification", "Corrigé.")


def test_un_bilan_recu_ne_perd_pas_ce_qui_le_tient(annuelle, chargee):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True, date_fin=date(2024, 6, 1))
    resultat = taper(bilan, chargee, realisation="", points_forts="Corrigé.", date_debut="2024-07-01")
    assert resultat.enregistres == {"points_forts": "Corrigé."}
    assert "Indiquez si l'action a été réalisée." in resultat.refuses["realisation"]
    bilan.refresh_from_db()
    assert (bilan.realisation, bilan.points_forts, bilan.date_debut) == ("realisee", "Corrigé.", None)


# -- The address -----------------------------------------------------------------------------------
def adresse(bilan):
    annuelle = bilan.action_annuelle
    campagne = annuelle.campagne
    return reverse("bilan_brouillon", args=[campagne.contrat.slug, campagne.annee, annuelle.cle])


def poster(client, bilan, champs, **options):
    corps = {"champs": {nom: {"avant": a, "apres": b} for nom, (a, b) in champs.items()}}
    return client.post(
        adresse(bilan), corps, "application/json", headers={"accept": "application/json"}, **options
    )


def test_la_reponse_dit_ce_que_devient_chaque_reponse(client, bilan, lea, sami):
    taper(bilan, sami, points_forts="De Sami")
    client.force_login(lea)
    champs = {
        "realisation": ("", "realisee"),
        "points_forts": ("", "De Léa"),
        "total_ensemble_F": ("", "douze"),
        "total_ensemble_T": ("", "10"),
        "qpv_ensemble_T": ("", "30"),
    }
    reponse = poster(client, bilan, champs)
    assert reponse.status_code == 200
    corps = reponse.json()
    anomalies, a_corriger = corps.pop("anomalies"), corps.pop("a_corriger")
    libelles = [lisible(etape.pop("libelle")) for etape in corps["etapes"].values()]
    assert libelles == [
        "rien à régler",
        "2 points à régler",
        "à remplir",
        "à remplir",
        "à remplir",
        "2 points à régler",
    ]
    assert corps == {
        "version": 3,
        "quand": "21\u00a0h\u00a004",
        "enregistres": {
            "realisation": "realisee",
            "total_ensemble_F": "douze",
            "total_ensemble_T": "10",
            "qpv_ensemble_T": "30",
        },
        "conflits": {
            "points_forts": {
                "libelle": "Points forts",
                "autre": "De Sami",
                "autre_lisible": "De Sami",
                "qui": "Sami Ba",
                "quand": "21\u00a0h\u00a004",
                "vous": False,
            }
        },
        "etapes": {
            "deroulement": {"etat": "fait", "manques": 0, "haut": 0, "hauteur": 34},
            "publics": {"etat": "encours", "manques": 2, "haut": 15, "hauteur": 19},
            "indicateurs": {"etat": "vide", "manques": 0, "haut": 30, "hauteur": 4},
            "moyens": {"etat": "vide", "manques": 0, "haut": 30, "hauteur": 4},
            "budget": {"etat": "vide", "manques": 0, "haut": 30, "hauteur": 4},
            "relecture": {"etat": "encours", "manques": 2, "haut": 30, "hauteur": 4},
        },
    }
    assert {nom: lisible(phrase) for nom, phrase in a_corriger.items()} == {
        "total_ensemble_F": "Saisissez un nombre entier, sans lettre ni virgule, par exemple 30 ou 1 200."
    }
    assert [(a["champ"], a["bloquante"]) for a in anomalies if a["bloquante"]] == [("qpv_ensemble_T", True)]


def test_une_session_terminee_repond_401(client, bilan):
    reponse = poster(client, bilan, {"points_forts": ("", "x")})
    assert (reponse.status_code, list(reponse.json())) == (401, ["message"])
    assert lu(bilan) == {}


def test_un_compte_qui_ne_peut_plus_ecrire_recoit_403_et_la_raison(client, annuelle, lea):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    client.force_login(lea)
    reponse = poster(client, bilan, {"points_forts": ("", "x")})
    assert (reponse.status_code, reponse.json()) == (403, {"message": "Ce bilan a déjà été transmis."})


def test_un_financeur_qui_lit_le_bilan_n_y_ecrit_pas(client, annuelle):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, valide=True)
    financeur = fabriques.FinanceurFactory(contrat=annuelle.campagne.contrat)
    client.force_login(fabriques.representant_du_financeur(financeur))
    assert poster(client, bilan, {"points_forts": ("", "x")}).status_code == 403


def test_un_autre_porteur_ne_sait_pas_que_le_bilan_existe(client, bilan):
    client.force_login(fabriques.representant_du_porteur(fabriques.PorteurFactory()))
    assert poster(client, bilan, {"points_forts": ("", "x")}).status_code == 404
    assert lu(bilan) == {}


@pytest.mark.parametrize(
    "corps",
    [
        "",
        "[]",
        "{}",
        '{"champs": []}',
        '{"champs": {"points_forts": "x"}}',
        '{"champs": {"points_forts": {}}}',
        '{"champs": {"points_forts": {"avant": null, "apres": null}}}',
        '{"champs": {"points_forts": {"avant": "", "apres": 3}}}',
        "é",
        pytest.param("[" * 100_000, id="profond"),
    ],
)
def test_un_envoi_illisible_est_dit_et_n_ecrit_rien(client, bilan, lea, corps):
    client.force_login(lea)
    reponse = client.post(adresse(bilan), corps.encode("latin-1"), "application/json")
    assert (reponse.status_code, list(reponse.json())) == (400, ["message"])
    assert client.get(adresse(bilan)).status_code == 405
    assert lu(bilan) == {}


def test_un_caractere_que_la_base_refuse_ne_perd_pas_le_reste(client, bilan, lea):
    client.force_login(lea)
    corps = json.dumps({"champs": {"points_forts": {"avant": "", "apres": "L'en\0traide"}}})
    assert client.post(adresse(bilan), corps, "application/json").status_code == 200
    assert lu(bilan) == {"points_forts": "L'entraide"}


def test_un_enregistrement_coute_peu_et_toujours_autant(client, annuelle, bilan, lea, comptes):
    client.force_login(lea)
    tranches = list(annuelle.campagne.tranches.all())
    compteur = iter(range(100))

    def ajouter():
        tranche = tranches[next(compteur) % len(tranches)]
        for sexe in "FH":
            fabriques.EffectifFactory(bilan=bilan, sexe=sexe, tranche=tranche, valeur=3)
        fabriques.IndicateurActionFactory(action_annuelle=annuelle)
        fabriques.IndicateurDemandeFactory(campagne=annuelle.campagne)
        fabriques.QuestionFactory(campagne=annuelle.campagne)
        fabriques.LigneFinancementFactory(action_annuelle=annuelle)

    def enregistrer():
        texte = f"Encore {next(compteur)}"
        stocke = Bilan.objects.values_list("points_forts", flat=True).get(pk=bilan.pk)
        assert poster(client, bilan, {"points_forts": (stocke, texte)}).status_code == 200

    enregistrer()
    ajouter()
    # One of the queries is the test's own.
    assert verifier_requetes_constantes(enregistrer, ajouter) <= 30


def test_rien_de_nouveau_n_ecrit_rien(client, bilan, lea):
    client.force_login(lea)
    poster(client, bilan, {"points_forts": ("", "L'entraide.")})
    with compter_requetes() as requetes:
        poster(client, bilan, {"points_forts": ("", "L'entraide.")})
    assert [sql for sql in requetes if sql.startswith(("INSERT", "UPDATE", "DELETE"))] == []
