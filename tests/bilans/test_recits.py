"""Figures read out of narratives: sentences like those of the associations, and what must never be read."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bilans.recits import Fait, Nature, Role, lire_recit
from tests.outils.sans_fin import se_termine

ANNEE = 2024


def resume(fait: Fait) -> str:
    """Return a fact in one line: « effectif enfants 141 total », « ages 6–15 », « dates 2024-07-06 »."""
    if fait.nature == Nature.DATES:
        jours = [fait.date_debut, fait.date_fin]
        return f"dates {' → '.join(str(jour) for jour in dict.fromkeys(jours))}"
    mini, maxi = ("" if borne is None else borne for borne in (fait.valeur_min, fait.valeur_max))
    valeur = f"{mini}–{maxi}" if fait.valeur is None else str(fait.valeur)
    mots = [fait.nature.value, fait.categorie, valeur]
    if fait.groupe and fait.role != Role.SEUL:
        mots.append(fait.role.value)
    if fait.nature != Nature.AGES and (fait.age_min is not None or fait.age_max is not None):
        mots.append(f"({fait.age_min}–{fait.age_max} ans)")
    mots += [mot for mot, vrai in (("~", fait.approximatif), ("moyenne", fait.moyenne)) if vrai]
    mots += [mot for mot, vrai in (("prévu", fait.prevu), ("antérieur", fait.anterieur)) if vrai]
    mots.append(fait.periodicite)
    return " ".join(mot for mot in mots if mot)


def resumes(texte: str) -> list[str]:
    """Return the facts of a text, in one line each."""
    return [resume(fait) for fait in lire_recit(texte, ANNEE)]


DOCUMENTS = {
    # 000, Dole
    "141 enfants dont 59 filles et 82 garçons ont participé en 2024 : 6 en classes maternelles, 88 en élémentaire, "
    "43 au collège et 4 au lycée.": [
        "effectif enfants 141 total",
        "effectif femmes 59 partie",
        "effectif hommes 82 partie",
        "effectif maternelle 6 partie",
        "effectif elementaire 88 partie",
        "effectif college 43 partie",
        "effectif lycee 4 partie",
    ],
    "ont mobilisé au total une vingtaine de jeunes issus du quartier, répartis sur cinq matinées de travail par "
    "session": ["effectif jeunes 20 ~", "seances matinee 5 par session"],
    "50 jeunes âgés de 12 à 17 ans": ["effectif jeunes 50 (12–17 ans)", "ages 12–17"],
    "21 jeunes ont bénéficié de cet accompagnement individualisé, dont 17 garçons": [
        "effectif jeunes 21 total",
        "effectif hommes 17 partie",
    ],
    "70 participants du quartier des Mesnils Pasteur, incluant 25 filles, 35 garçons et 20 parents. Encadrés par 2 "
    "salariés du Pôle Ados, 2 intervenants graffeurs et 10 bénévoles": [
        "effectif total 70 total",
        "effectif femmes 25 partie",
        "effectif hommes 35 partie",
        "effectif parents 20 partie",
        "effectif encadrants 2",
        "effectif encadrants 2",
        "effectif encadrants 10",
    ],
    "33 jeunes, dont 26 garçons, majoritairement âgés de 18 à 25 ans se sont investis": [
        "effectif jeunes 33 total",
        "effectif hommes 26 partie",
        "ages 18–25 ~",
    ],
    "Un groupe d'une douzaine d'enfants participe mais de façon irrégulière.": ["effectif enfants 12 ~"],
    "Deux temps festifs sur le quartier, le 19 juillet et le 24 août, rassemblant au total 341 participants.": [
        "seances temps 2",
        "dates 2024-07-19",
        "dates 2024-08-24",
        "effectif total 341",
    ],
    "l'action a accompagné 12 parcours individualisés renforcés. Parmi les bénéficiaires, 11 femmes et 1 homme ont "
    "été suivis. L'action a également inclus 4 sorties à l'emploi, dont 1 embauche en CDI.": [
        "effectif total 12",
        "effectif femmes 11 partie",
        "effectif hommes 1 partie",
        "realisation sortie 4 total",
        "realisation embauche 1 partie",
    ],
    "Sur deux semaines, du 25 juillet au 8 août, la ferme a accueilli quotidiennement entre 20 et 120 visiteurs": [
        "duree semaine 2",
        "dates 2024-07-25 → 2024-08-08",
        "frequentation total 20–120 par jour",
    ],
    "Le premier tournoi, destiné aux 17 ans et plus, s'est tenu le 29 juillet 2024, le second, pour les 10-15 ans, a "
    "eu lieu le 4 janvier 2025": ["ages 17–", "dates 2024-07-29", "ages 10–15", "dates 2025-01-04"],
    # 002, Bagnols
    "985 personnes dont 340 parents et 420 enfants.": [
        "effectif total 985 total",
        "effectif parents 340 partie",
        "effectif enfants 420 partie",
    ],
    "44 enfants de 6/15ans (32 garçons et 12 filles) + 8 jeunes de 16/17ans (6 garçons et 2 filles)": [
        "effectif enfants 44 total (6–15 ans)",
        "ages 6–15",
        "effectif hommes 32 partie (6–15 ans)",
        "effectif femmes 12 partie (6–15 ans)",
        "effectif jeunes 8 total (16–17 ans)",
        "ages 16–17",
        "effectif hommes 6 partie (16–17 ans)",
        "effectif femmes 2 partie (16–17 ans)",
    ],
    "30 jeunes de 6/15 ans. 12 fille et 17 garçons.": [
        "effectif jeunes 30 total (6–15 ans)",
        "ages 6–15",
        "effectif femmes 12 partie (6–15 ans)",
        "effectif hommes 17 partie (6–15 ans)",
    ],
    "34 participants 20 garçons et 14 filles": [
        "effectif total 34 total",
        "effectif hommes 20 partie",
        "effectif femmes 14 partie",
    ],
    "22 participants dopnt 20 hommes et 2 femmes": [
        "effectif total 22 total",
        "effectif hommes 20 partie",
        "effectif femmes 2 partie",
    ],
    "6 jeunes (5 hommes , 1 femme).": [
        "effectif jeunes 6 total",
        "effectif hommes 5 partie",
        "effectif femmes 1 partie",
    ],
    "27 filles et 16 garçons de 6 à 15 ans.": [
        "effectif femmes 27 partie (6–15 ans)",
        "effectif hommes 16 partie (6–15 ans)",
        "ages 6–15",
    ],
    "576 personnes en 2023 dont 387 pour l'apprentissage. 384 femmes et 192 hommes 129 demandes de retraites": [
        "effectif total 576 total antérieur",
        "effectif autre 387 partie antérieur",
        "effectif femmes 384 partie antérieur",
        "effectif hommes 192 partie antérieur",
    ],
    "441 1/2 journées enfants ont été réalisées, dont 207 fille et 234 garçons": [
        "frequentation enfants 441 total",
        "frequentation femmes 207 partie",
        "frequentation hommes 234 partie",
    ],
    "une moyenne de 55 enfants été présents par jour et 32 en aout": [
        "frequentation enfants 55 moyenne par jour",
        "frequentation enfants 32 moyenne par jour",
    ],
    "300 usagers réguliers + 200 occasionnel.": ["effectif total 300 partie", "effectif total 200 partie"],
    "100 pour spectacle aux Escanau (25 enfants + 20 adultes). 20 pour les ateliers.": [
        "effectif total 100 total",
        "effectif enfants 25 partie",
        "effectif adultes 20 partie",
    ],
    "130 enfants différents, 516 passages enfants, 284 passages adultes": [
        "effectif enfants 130",
        "frequentation enfants 516 partie",
        "frequentation adultes 284 partie",
    ],
    "7 ménages QPV Bagnols et 1 ménage QPV Pont dont 6 familles monoparentales et 2 personnes isolées": [
        "menages menage 7",
        "menages menage 1",
        "menages famille 6",
        "effectif total 2",
    ],
    "3 sessions de 2 jours de formation (soit 12h) : 22-23 mai, 6-7 juin et 6-7 novembre 2024": [
        "seances session 3",
        "duree jour 2 par session",
        "dates 2024-05-22 → 2024-05-23",
        "dates 2024-06-06 → 2024-06-07",
        "dates 2024-11-06 → 2024-11-07",
    ],
    "33 femmes habitantes des QPV (20 prévues). 71 % de taux d'assiduité": [
        "effectif femmes 33",
        "effectif femmes 20 prévu",
        "part 71",
    ],
    "Participants : Objectif = supérieur à 30 - Réalisé = 49 Habitants des quartiers prioritaires : Objectif = 30 - "
    "Réalisé = 44": [
        "effectif total 30– prévu",
        "effectif total 49",
        "effectif total 30 prévu",
        "effectif total 44",
    ],
    "40% résident en QPV et 60% en centre ville 52% adultes. 39% seniors. 70% femmes.": [
        "part 40",
        "part 60",
        "part adultes 52",
        "part seniors 39",
        "part femmes 70",
    ],
    "3 à 7 participants 3 acteurs associatifs et 4 habitants": ["effectif total 3–7", "effectif total 4"],
    "15 participantes en moyenne par atelier": ["frequentation femmes 15 moyenne par atelier"],
    "matin : 6 équipes de 10 joueurs de 7/10ans après midi : 12 équipes de 10 joueurs 11/13ans et 14/17ans": [
        "frequentation total 10 (7–10 ans) par équipe",
        "ages 7–10",
        "frequentation total 10 par équipe",
        "ages 11–13",
        "ages 14–17",
    ],
    "durant les vacances d'étédu 31/07 au 04/08 et duu 24/07 au 28/07": [
        "dates 2024-07-31 → 2024-08-04",
        "dates 2024-07-24 → 2024-07-28",
    ],
    "(17/06, 8/11, 13/12)": ["dates 2024-06-17", "dates 2024-11-08", "dates 2024-12-13"],
    # 001, the contract of Dole
    "80 enfants inscrits dont une cinquantaine sont suivis régulièrement": [
        "effectif enfants 80 total",
        "effectif autre 50 partie ~",
    ],
}

FRANCAIS = {
    "vingt et une femmes et dix-neuf hommes": ["effectif femmes 21 partie", "effectif hommes 19 partie"],
    "quatre-vingt-douze habitants": ["effectif total 92"],
    "deux cent cinquante personnes": ["effectif total 250"],
    "1 200 personnes, 1\u202f300 visiteurs et 1\u00a0400 usagers": [
        "effectif total 1200",
        "effectif total 1300 partie",
        "effectif total 1400 partie",
    ],
    "une centaine d'habitants": ["effectif total 100 ~"],
    "environ 30 enfants": ["effectif enfants 30 ~"],
    "30 enfants environ": ["effectif enfants 30 ~"],
    "plus de 50 personnes": ["effectif total 50– ~"],
    "15 ou 20 personnes": ["effectif total 15–20"],
    "12 participant·e·s, dont 3 hommes": ["effectif total 12 total", "effectif hommes 3 partie"],
    "habitant.e.s : 34": ["effectif total 34"],
    "Femmes : 12 / Hommes : 8": ["effectif femmes 12 partie", "effectif hommes 8 partie"],
    "12 jeunes filles et 4 jeunes garçons": ["effectif femmes 12 partie", "effectif hommes 4 partie"],
    "9 jeunes dont 4 filles et un garçon": [
        "effectif jeunes 9 total",
        "effectif femmes 4 partie",
        "effectif hommes 1 partie",
    ],
    "141 ENFANTS\ndont 59 FILLES": ["effectif enfants 141 total", "effectif femmes 59 partie"],
    "15 enfants par séance": ["frequentation enfants 15 par séance"],
    "chaque mercredi, une quinzaine d'enfants": ["frequentation enfants 15 ~ chaque mercredi"],
    "personnes âgées de 60 ans et plus": ["ages 60–"],
    "le 1er février et le 3 mars": ["dates 2024-02-01", "dates 2024-03-03"],
    "du 20 décembre au 5 janvier 2025": ["dates 2024-12-20 → 2025-01-05"],
    # aims, other years, what did not happen
    "Objectif : 30 jeunes. 25 jeunes sont venus.": ["effectif jeunes 30 prévu", "effectif jeunes 25"],
    "le fléchage des enfants pour accueillir 48 enfants": ["effectif enfants 48 prévu"],
    "60 personnes étaient prévues": ["effectif total 60 prévu"],
    "20 filles et 15 garçons étaient attendus": [
        "effectif femmes 20 partie prévu",
        "effectif hommes 15 partie prévu",
    ],
    "Perspectives : toucher 40 jeunes": ["effectif jeunes 40 prévu"],
    "40 jeunes seront accueillis": ["effectif jeunes 40 prévu"],
    "40 jeunes sont inscrits en 2025": ["effectif jeunes 40 prévu"],
    "En 2022, 45 personnes avaient été accueillies.": ["effectif total 45 antérieur"],
    "l'an dernier 45 enfants étaient inscrits": ["effectif enfants 45 antérieur"],
    "12 jeunes sur 20 inscrits": ["effectif jeunes 12"],
}

RIEN = [
    "3 000 € et 12 € par enfant, une subvention de 5 000 euros",
    "Local de 120 m2 pour les jeunes, 3,7 ETP, 12,5 personnes",
    "Tél. 03 84 12 34 56 enfants bienvenus",
    "SIRET 123 456 789 00012 personnes",
    "article 5 jeunes",
    "QPV QP039001 jeunes, niveaux A2 et B1 adultes",
    "En 2024 jeunes et parents ont participé.",
    "1er atelier, 2ème atelier, 3e session, 4ièmes samedi",
    "Tous les deux jours, de 14 heures à 16 heures, à 18 heures",
    "une femme, un enfant et une séance",
    "aucun participant, quelques adultes, des dizaines de jeunes",
    "les 12 jeunes du quartier n'ont pas pu participer",
    "3 séances ont été annulées",
    "12 enfants sur liste d'attente",
    "hausse de 12 participants",
    "est passé de 20 à 35 jeunes",
    "de 50 à 28 jeunes accompagnés",
    "2 enfants sur 3",
    "15/20 personnes",
    "femmes monoparentales (3/4)",
    "l'espace 16-25 jeunes",
    "Le quartier compte 3 463 habitants.",
    "rue du 8 mai 1945, école du 11 novembre",
    "le 31/02/2024 et le 30 février",
    "une convention de 3 ans, depuis plus de 20 ans, pour une durée de 4 à 6 ans",
    "un délai de 15 jours",
    "1 jour/1sport",
    "2 retraites et 3 mille mercis",
    "50% de 12.000.000",
    "",
]


@pytest.mark.parametrize(("texte", "attendus"), [*DOCUMENTS.items(), *FRANCAIS.items()])
def test_une_phrase_donne_ses_chiffres(texte, attendus):
    assert resumes(texte) == attendus


@pytest.mark.parametrize("texte", RIEN)
def test_ce_qui_n_est_pas_un_chiffre_de_l_action_n_est_pas_lu(texte):
    assert [r for r in resumes(texte) if not r.startswith("part ")] == []


def test_les_parties_d_un_total_sont_liees_a_lui():
    total, filles, garcons, *niveaux = lire_recit(
        "141 enfants dont 59 filles et 82 garçons : 6 en maternelle, 88 en élémentaire, 43 au collège et 4 au lycée"
    )
    assert {fait.groupe for fait in (total, filles, garcons, *niveaux)} == {total.groupe}
    assert filles.ventilation == garcons.ventilation != niveaux[0].ventilation
    assert (
        sum(fait.valeur for fait in (filles, garcons)) == sum(fait.valeur for fait in niveaux) == total.valeur
    )


def test_l_unite_est_celle_du_texte():
    faits = lire_recit(
        "516 passages enfants, 118 personnes différentes, 441 1/2 journées enfants, 47 séances"
    )
    assert [fait.unite for fait in faits] == [
        "passages enfants",
        "personnes différentes",
        "1/2 journées enfants",
        "séances",
    ]


def test_une_date_sans_annee_attend_l_annee():
    assert lire_recit("le 6 juillet") == ()
    (fait,) = lire_recit("le 6 juillet", 2024)
    assert (fait.date_debut, fait.annee) == (date(2024, 7, 6), None)
    (fait,) = lire_recit("le 6 juillet 2023")
    assert (fait.date_debut, fait.annee) == (date(2023, 7, 6), 2023)


MOTS = """
141 59 82 1 200 2024 vingt et un une vingtaine de d' enfants filles garçons femmes hommes dont dopnt ( ) : . , ; / - + %
ans âgés entre 20 120 à du au le les 25 juillet 31/07 17/06, par jour en moyenne prévues objectif = réalisé séances
ateliers ménages passages n' pas € • 1/2 journées sur tous 6/15ans 3e e\u0301
"""
MORCEAUX = st.sampled_from([*MOTS.split(), "\n"])


@given(
    st.one_of(st.text(max_size=300), st.lists(MORCEAUX, max_size=40).map(" ".join)), st.none() | st.just(2024)
)
def test_tout_texte_se_lit_et_chaque_citation_est_a_sa_place(texte, annee):
    faits = lire_recit(texte, annee)
    assert all(texte[fait.debut : fait.fin] == fait.citation != "" for fait in faits)
    assert faits == tuple(sorted(faits, key=lambda fait: (fait.debut, fait.fin, fait.nature)))
    for fait in faits:
        chiffre = (fait.valeur, fait.valeur_min, fait.valeur_max, fait.date_debut)
        assert any(valeur is not None for valeur in chiffre)
        assert (fait.ventilation > 0) == (fait.role == Role.PARTIE)
        assert fait.role == Role.SEUL or fait.groupe > 0


@pytest.mark.parametrize(
    "motif",
    [
        "141 enfants dont 59 filles et 82 garçons. ",
        "1 ",
        "1 000 ",
        "12/",
        "a-",
        "(",
        "dont ",
        "123.",
        "n'",
        "vingt et ",
        "é",
        "a·e",
        "Participants : Objectif = 3 ",
        "\n",
        "1 enfant, ",
        "5 en ",
    ],
)
def test_un_long_texte_se_lit_jusqu_au_bout(motif):
    # a reader that goes back over what it read would need hours
    with se_termine():
        lire_recit(motif * (400_000 // len(motif)), ANNEE)
