"""What a narrative proposes for the fields of a bilan: one field, one value, the words it comes from."""

from dataclasses import dataclass

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from bilans.models import Bilan, Effectif, SuggestionIgnoree
from bilans.operations import OperationRefusee
from bilans.operations.suggestions import ignorer_suggestion, propositions, reprendre_suggestion
from bilans.recits.suggestions import suggerer
from bilans.saisie import Saisie
from tests import fabriques
from tests.outils.pages import lisible
from tests.outils.requetes import compter_requetes


@dataclass(frozen=True)
class Bande:
    """An age band, without a database."""

    pk: int
    age_min: int
    age_max: int | None


BANDES = (Bande(1, 0, 5), Bande(2, 6, 15), Bande(3, 16, 17))


def nommer(perimetre, bande, sexe):
    return f"{perimetre}_{bande or 'ensemble'}_{sexe}"


def proposees(texte, existants=None, champ="mise_en_oeuvre"):
    """Return what a text proposes: a list of (field, text), « ? » before the field of a choice."""
    suggestions = suggerer({champ: texte}, existants or {}, annee=2024, bandes=BANDES, nommer=nommer)
    return [("?" * s.choix + s.champ, s.texte) for s in suggestions]


@pytest.mark.parametrize(
    ("texte", "attendues"),
    [
        # the total is the sum of both sexes: it is not typed
        (
            "141 enfants dont 59 filles et 82 garçons ont participé",
            [("total_ensemble_F", "59"), ("total_ensemble_H", "82")],
        ),
        ("21 jeunes, dont 17 garçons", [("total_ensemble_T", "21"), ("total_ensemble_H", "17")]),
        ("11 femmes et 1 homme ont été suivis", [("total_ensemble_F", "11"), ("total_ensemble_H", "1")]),
        ("une vingtaine de jeunes du quartier", [("total_ensemble_T", "20")]),
        ("cette action a accompagné 13 femmes", [("total_ensemble_F", "13")]),
        # ages that are those of a band
        (
            "44 enfants de 6/15ans (32 garçons et 12 filles) + 8 jeunes de 16/17ans (6 garçons et 2 filles)",
            [("total_2_H", "32"), ("total_2_F", "12"), ("total_3_H", "6"), ("total_3_F", "2")],
        ),
        # the largest number is everyone
        ("30 adolescents ont été mobilisés. 6 élus sont chargés du pôle", [("total_ensemble_T", "30")]),
        ("341 participants. deux jeunes ont slamé", [("total_ensemble_T", "341")]),
        ("34 séances réalisées, des sorties", [("nombre_seances", "34")]),
        ("16 animations organisées", [("nombre_seances", "16")]),
        (
            "Sur deux semaines, du 25 juillet au 8 août",
            [("date_debut", "2024-07-25"), ("date_fin", "2024-08-08")],
        ),
        (
            "(17/06, 8/11, 13/12, 6/5)",
            [("date_debut", "2024-05-06"), ("date_fin", "2024-12-13")],
        ),
        ("Encadrés par 5 salariés et 10 bénévoles", [("salaries", "5"), ("benevoles", "10")]),
        ("pour des enfants de 2 à 16 ans", [("type_public", "De 2 à 16 ans")]),
    ],
)
def test_un_texte_propose_ce_qu_il_dit_surement(texte, attendues):
    assert proposees(texte) == attendues


@pytest.mark.parametrize(
    "texte",
    [
        "entre 20 et 120 visiteurs par jour",
        "une moyenne de 55 enfants par jour",
        "50 jeunes pour la journée ski, 40 à 130 jeunes présents par journée",
        "300 usagers réguliers + 200 occasionnels",
        "516 passages enfants",
        "jeunes de 11 à 17 ans, 12 à 15 ans, avec un groupe d'une dizaine de filles",
        "En 2023, 45 personnes avaient été accueillies",
        "pour accueillir 48 enfants",
        "36 adultes et 41 enfants. 14 adultes et 16 enfants. 60 enfants différents",
        "7 ménages dont 6 familles monoparentales et 2 personnes isolées",
        "153 séances d'ASL et 35 séances de préparation",
        "2 spectacles et des ateliers",
        "Trois séances hebdomadaires",
        "le 19 juillet et le 24 août",
        "le 4 janvier 2025, le 5 janvier 2025, le 6 janvier 2025",
    ],
)
def test_ce_qui_n_est_pas_sur_n_est_pas_propose(texte):
    assert proposees(texte) == []


def test_deux_valeurs_pour_un_champ_sont_un_choix():
    textes = {"mise_en_oeuvre": "Encadrés par 5 salariés", "moyens": "6 salariés"}
    suggestions = suggerer(textes, {}, annee=2024, bandes=(), nommer=nommer)
    assert [(s.champ, s.texte, s.source, s.choix) for s in suggestions] == [
        ("salaries", "5", "mise_en_oeuvre", True),
        ("salaries", "6", "moyens", True),
    ]
    assert suggerer(textes, {"salaries": "6"}, annee=2024, bandes=(), nommer=nommer) == ()


@pytest.mark.parametrize(
    "existants",
    [
        {"total_ensemble_F": "59", "total_ensemble_H": "82"},
        {"qpv_ensemble_F": "59", "qpv_ensemble_H": "82"},
    ],
)
def test_ce_qui_est_deja_entre_n_est_pas_propose(existants):
    assert proposees("141 enfants dont 59 filles et 82 garçons", existants) == []


def test_un_total_que_la_grille_dit_deja_n_est_pas_propose():
    assert proposees("141 enfants", {"total_ensemble_F": "59", "total_ensemble_H": "82"}) == []
    assert proposees("141 enfants", {"total_ensemble_T": "140"}) == [("total_ensemble_T", "141")]


def test_une_proposition_montre_les_mots_autour_du_chiffre():
    texte = f"Avant. {'mot ' * 60}a réuni 34 participants {'mot ' * 60}. Après."
    (suggestion,) = suggerer({"mise_en_oeuvre": texte}, {}, annee=2024, bandes=(), nommer=nommer)
    assert suggestion.citation == "34 participants"
    assert suggestion.extrait.startswith("… mot")
    assert suggestion.extrait.endswith("mot …")
    assert "a réuni 34 participants mot" in suggestion.extrait
    assert len(suggestion.extrait) < 300


# -- On a bilan ------------------------------------------------------------------------------------
TEXTE = "34 participants, 20 garçons et 14 filles, du 25 juillet au 8 août. Encadrés par 2 salariés."


@pytest.fixture
def bilan(db):
    annuelle = fabriques.ActionAnnuelleFactory(campagne__annee=2024)
    return fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True, mise_en_oeuvre=TEXTE)


@pytest.fixture
def lea(bilan):
    return fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur, prenom="Léa", nom="Roy")


@pytest.fixture
def chargee(bilan):
    return fabriques.chargee_de_mission(bilan.action_annuelle.campagne.contrat)


def adresse(bilan, etape=""):
    annuelle = bilan.action_annuelle
    campagne = annuelle.campagne
    page = reverse("bilan_saisir", args=[campagne.contrat.slug, campagne.annee, annuelle.cle])
    return f"{page}?etape={etape}" if etape else page


def lues(bilan):
    """Return what is proposed for a stored bilan, by field."""
    relu = Bilan.objects.get(pk=bilan.pk)
    return {p.champ.nom: p for p in propositions(Saisie(relu))}


def test_un_bilan_propose_ce_que_dit_son_texte(bilan):
    assert {nom: (p.lisible, p.source) for nom, p in lues(bilan).items()} == {
        "total_ensemble_H": ("20", "Déroulement de l'action"),
        "total_ensemble_F": ("14", "Déroulement de l'action"),
        "date_debut": ("25 juillet 2024", "Déroulement de l'action"),
        "date_fin": ("8 août 2024", "Déroulement de l'action"),
        "salaries": ("2", "Déroulement de l'action"),
    }


def test_reprendre_ecrit_comme_si_on_avait_tape_et_dit_d_ou_vient_le_chiffre(bilan, lea):
    version = bilan.version
    proposition = reprendre_suggestion(bilan, lea, lues(bilan)["total_ensemble_F"].marque)
    assert proposition.champ.nom == "total_ensemble_F"
    (ligne,) = Effectif.objects.filter(bilan=bilan)
    assert (ligne.perimetre, ligne.tranche, ligne.sexe, ligne.valeur) == ("total", None, "F", 14)
    bilan.refresh_from_db()
    assert bilan.version == version + 1
    histoire = ligne.historique.get()
    assert (histoire.history_user, histoire.history_change_reason) == (lea, "repris du texte : « 14 filles »")
    assert "total_ensemble_F" not in lues(bilan)


def test_reprendre_une_estimation_le_dit(bilan, lea):
    Bilan.objects.filter(pk=bilan.pk).update(mise_en_oeuvre="une vingtaine de jeunes")
    reprendre_suggestion(bilan, lea, lues(bilan)["total_ensemble_T"].marque)
    assert Effectif.objects.get(bilan=bilan).approximatif


def test_reprendre_un_bilan_transmis_le_prend_en_verification(bilan, chargee):
    marque = lues(bilan)["salaries"].marque
    recu = fabriques.BilanFactory(
        action_annuelle__campagne=bilan.action_annuelle.campagne, transmis=True, mise_en_oeuvre=TEXTE
    )
    reprendre_suggestion(recu, chargee, marque)
    recu.refresh_from_db()
    assert (recu.salaries, recu.statut) == (2, Bilan.Statut.EN_VERIFICATION)
    assert recu.historique.first().history_change_reason == "repris du texte : « 2 salariés »"


def test_une_proposition_d_un_texte_change_ne_s_ecrit_pas(bilan, lea):
    marque = lues(bilan)["salaries"].marque
    Bilan.objects.filter(pk=bilan.pk).update(mise_en_oeuvre="Encadrés par 3 salariés.")
    with pytest.raises(OperationRefusee, match="n'est plus là"):
        reprendre_suggestion(bilan, lea, marque)
    bilan.refresh_from_db()
    assert bilan.salaries is None


def test_ignorer_dure_autant_que_les_mots(bilan, lea):
    marque = lues(bilan)["salaries"].marque
    ignorer_suggestion(bilan, lea, marque)
    assert "salaries" not in lues(bilan)
    with pytest.raises(OperationRefusee):
        ignorer_suggestion(bilan, lea, marque)
    assert SuggestionIgnoree.objects.get().auteur == lea
    Bilan.objects.filter(pk=bilan.pk).update(mise_en_oeuvre="Encadrés par 3 salariés.")
    assert lues(bilan)["salaries"].lisible == "3"


def test_un_autre_porteur_ne_reprend_rien(bilan):
    etranger = fabriques.representant_du_porteur(fabriques.PorteurFactory())
    marque = lues(bilan)["salaries"].marque
    with pytest.raises(PermissionDenied):
        reprendre_suggestion(bilan, etranger, marque)
    with pytest.raises(PermissionDenied):
        ignorer_suggestion(bilan, etranger, marque)


def test_ce_qui_n_a_pas_eu_lieu_ne_propose_rien(bilan):
    Bilan.objects.filter(pk=bilan.pk).update(
        realisation="non_realisee", motif_non_realisation="Faute de salle."
    )
    assert lues(bilan) == {}


def test_ce_qui_attend_d_etre_corrige_n_est_pas_remplace(bilan):
    Bilan.objects.filter(pk=bilan.pk).update(saisie_en_attente={"salaries": "deux ou trois"})
    assert "salaries" not in lues(bilan)


# -- On the pages ----------------------------------------------------------------------------------
def test_chaque_etape_montre_ses_propositions(client, bilan, lea):
    client.force_login(lea)
    publics = client.get(adresse(bilan, "publics")).content.decode()
    assert "Relevé dans votre texte" in publics
    assert publics.count("reprendre:") == 2
    assert lues(bilan)["total_ensemble_F"].marque in publics
    deroulement = client.get(adresse(bilan, "deroulement")).content.decode()
    assert deroulement.count("reprendre:") == 2
    assert "suggestions" not in client.get(adresse(bilan, "indicateurs")).content.decode()


def test_le_bouton_enregistre_aussi_ce_qui_est_tape_a_cote(client, bilan, lea):
    client.force_login(lea)
    marque = lues(bilan)["total_ensemble_F"].marque
    reponse = client.post(
        adresse(bilan, "publics"),
        {"releve": "{}", "type_public": "Des familles", "suite": f"reprendre:{marque}"},
        follow=True,
    )
    bilan.refresh_from_db()
    assert bilan.type_public == "Des familles"
    assert Effectif.objects.get(bilan=bilan).valeur == 14
    assert "« 14 » est enregistré" in lisible(reponse.content.decode())


def test_une_proposition_disparue_le_dit_et_garde_ce_qui_est_tape(client, bilan, lea):
    client.force_login(lea)
    reponse = client.post(
        adresse(bilan, "publics"),
        {"releve": "{}", "type_public": "Des familles", "suite": "reprendre:inconnue"},
        follow=True,
    )
    bilan.refresh_from_db()
    assert bilan.type_public == "Des familles"
    assert "cette proposition n" in lisible(reponse.content.decode()).lower()


def test_la_page_de_la_chargee_propose_et_enregistre(client, bilan, chargee):
    client.force_login(chargee)
    page = client.get(adresse(bilan))
    assert page.content.decode().count("reprendre:") == 5
    form = page.context["form"]
    donnees = {nom: form[nom].value() or "" for nom in form.fields}
    marque = lues(bilan)["salaries"].marque
    reponse = client.post(
        adresse(bilan), donnees | {"points_forts": "Écrit à côté.", "suite": f"reprendre:{marque}"}
    )
    assert reponse.status_code == 302
    bilan.refresh_from_db()
    assert (bilan.salaries, bilan.points_forts) == (2, "Écrit à côté.")


def test_la_page_de_la_chargee_sait_ignorer(client, bilan, chargee):
    client.force_login(chargee)
    form = client.get(adresse(bilan)).context["form"]
    donnees = {nom: form[nom].value() or "" for nom in form.fields}
    client.post(adresse(bilan), donnees | {"suite": f"ignorer:{lues(bilan)['salaries'].marque}"})
    assert "salaries" not in lues(bilan)


def test_une_proposition_coute_une_requete(bilan):
    relu = Bilan.objects.select_related("action_annuelle__campagne").get(pk=bilan.pk)
    saisie = Saisie(relu)
    _ = saisie.champs
    with compter_requetes() as requetes:
        assert len(propositions(saisie)) == 5
    assert len(requetes) == 1
