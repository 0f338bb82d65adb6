"""EFF: the quotations of domaine.md §9, what each rule finds in them, and what it must not find."""

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from bilans import effectifs as eff
from bilans.controles import REGLES, ContexteAnnee, Gravite, Portee, anomalies_bilan
from bilans.controles.contexte import Contexte, LigneAnnee, TerritoireLu, TotalLu
from tests import fabriques
from tests.outils.pages import lisible


@dataclass(frozen=True)
class Bande:
    """An age band, without a database."""

    pk: int
    libelle: str
    age_min: int
    age_max: int | None


BANDES = (
    Bande(4, "0 à 5 ans", 0, 5),
    Bande(1, "6 à 15 ans", 6, 15),
    Bande(2, "16 à 17 ans", 16, 17),
    Bande(3, "26 à 64 ans", 26, 64),
)


def grille(perimetre, nombres):
    """Return a grid: `{"T": 30, "F": 12}` for all ages, `{("F", 1): 4}` for a band."""
    cellules = {}
    for cle, combien in nombres.items():
        sexe, bande = cle if isinstance(cle, tuple) else (cle, None)
        cellules[eff.Cellule(bande, sexe)] = combien
    return eff.Grille(perimetre, BANDES, cellules)


def situation(public="", recit="", *, qpv=None, ensemble=None, annee=2023, **suite):
    """Return the context of a bilan whose texts are `recit` (what happened) and `public` (type of public)."""
    textes = {"mise_en_oeuvre": recit, "type_public": public}
    grilles = {eff.ENSEMBLE: grille(eff.ENSEMBLE, ensemble or {}), eff.QPV: grille(eff.QPV, qpv or {})}
    return Contexte(annee, grilles, textes=textes, **suite)


def trouver(code, contexte, portee=Portee.BILAN):
    """Return what the rule of this code finds, in its scope."""
    (regle,) = [r for r in REGLES[code] if r.portee == portee]
    objet = contexte if portee == Portee.ANNEE else None
    return regle.fonction(objet, contexte)


def phrases(code, contexte, portee=Portee.BILAN):
    return [(a.gravite.value, lisible(a.message)) for a in trouver(code, contexte, portee)]


ROLES = "25 filles, 35 garçons et 20 parents"
CITATIONS = [
    (
        "EFF-01",
        situation("30 jeunes de 6/15 ans. 12 fille et 17 garçons."),
        "alerte",
        "Le texte annonce 30 jeunes, mais 12 fille et 17 garçons font 29. Corrigez l'un des nombres.",
    ),
    (
        "EFF-02",
        situation(f"70 participants du quartier des Mesnils Pasteur, incluant {ROLES}"),
        "alerte",
        f"{ROLES} font 80, plus que le total annoncé (70). Corrigez l'un des nombres, ou dites que des personnes sont "
        "comptées deux fois.",
    ),
    (
        "EFF-03",
        situation("35 femmes et 6 hommes de 26/64 ans", qpv={"T": 48}),
        "bloquant",
        "Le nombre saisi dans le QPV est 48, mais le texte compte 35 femmes et 6 hommes, soit 41. Corrigez l'un "
        "des deux.",
    ),
    (
        "EFF-04",
        situation(
            "44 enfants de 6/15ans (32 garçons et 12 filles) + 8 jeunes de 16/17ans (6 garçons et 2 filles)",
            qpv={"T": 55},
        ),
        "bloquant",
        "Par âge, le texte compte 44 enfants et 8 jeunes, soit 52 personnes, mais le nombre saisi dans le QPV est 55. "
        "Corrigez l'un des deux.",
    ),
    (
        "EFF-05",
        situation(
            "180 participants au spectacle du 17 mai (salle comble) et 110 personnes au spectacle du 19mai",
            "puis 2 spectacles les 17/05 et 19/05 (320 participants) et le 18/05 des ateliers",
        ),
        "alerte",
        "« 320 participants » pour 2 dates, mais « Type de public » en compte 180 + 110 = 290. Corrigez l'un des "
        "nombres.",
    ),
    (
        "EFF-06",
        situation(
            "48 participants aux ateliers du 18 mai",
            "et le 18/05 des ateliers jonglage et jeux clownesques (14 participants)",
        ),
        "alerte",
        "Le 18/05/2023, « Déroulement de l'action » compte 14 participants et « Type de public » 48 participants "
        ": gardez "
        "le bon nombre.",
    ),
    (
        "EFF-07",
        situation("985 personnes dont 340 parents et 420 enfants."),
        "alerte",
        "340 parents et 420 enfants font 760 sur 985 : 225 personnes ne figurent dans aucune catégorie.",
    ),
    (
        "EFF-08",
        situation("100 pour spectacle aux Escanau (25 enfants + 20 adultes)."),
        "alerte",
        "La parenthèse détaille 100, mais 25 enfants et 20 adultes font 45. Corrigez l'un des nombres.",
    ),
    (
        "EFF-09",
        situation(
            "une moyenne de 55 enfants été présents par jour et 32 en aout sur le site de C Freinet, une moyenne "
            "de 32 "
            "enfants été présents par jour et 20 en aout",
            qpv={"T": 139},
        ),
        "bloquant",
        "Le nombre saisi dans le QPV, 139, est la somme de moyennes par jour ou par séance (55 + 32 + 32 + 20). "
        "Indiquez "
        "combien de personnes différentes sont venues.",
    ),
    (
        "EFF-10",
        situation("130 enfants différents, 516 passages enfants, 284 passages adultes", qpv={"T": 550}),
        "alerte",
        "Le texte compte 130 personnes et 800 passages : le nombre saisi dans le QPV, 550, n'est ni l'un ni l'autre. "
        "Indiquez combien de personnes différentes sont venues.",
    ),
    (
        "EFF-11",
        situation(
            "300 usagers réguliers + 200 occasionnel. 40% résident en QPV et 60% en centre ville",
            qpv={"T": 500},
        ),
        "bloquant",
        "Le texte dit que 40 % du public réside dans le QPV : sur 500 personnes, cela fait 200. Le nombre saisi "
        "dans le QPV "
        "est 500 : corrigez l'un des deux.",
    ),
    (
        "EFF-12",
        situation(
            "40% résident en QPV et 60% en centre ville (escanaux 21%, VB 11%, Coronelle 6% citadelle 3%) 52% adultes."
        ),
        "info",
        "21 % + 11 % + 6 % + 3 % = 41 %, et non 40 % : l'écart peut venir des arrondis.",
    ),
    (
        "EFF-12",
        situation("40% résident en QPV (escanaux 21%, VB 15%, Coronelle 9%)"),
        "alerte",
        "21 % + 15 % + 9 % = 45 %, et non 40 % : corrigez l'une des parts.",
    ),
    (
        "EFF-13",
        situation("52% adultes. 39% seniors. 70% femmes."),
        "alerte",
        "Les parts d'âge font 91 % (52% adultes + 39% seniors), et non 100 % : complétez ou corrigez-les.",
    ),
    (
        "EFF-14",
        situation(
            "habitants des QPV : 7 ménages QPV Bagnols et 1 ménage QPV Pont dont 6 familles monoparentales et 2 "
            "personnes "
            "isolées",
            "10 visites à domiciles réalisées, 10 ménages ont intégré l'action.",
            qpv={"T": 22},
        ),
        "alerte",
        "« Déroulement de l'action » compte 10 ménages et « Type de public » 8 : gardez le bon nombre. Le nombre "
        "saisi est "
        "22 : il doit compter des personnes.",
    ),
    (
        "EFF-15",
        situation(
            "- 75% des jeunes embauchés rencontrent d'importantes difficultés - 80% sont en précarité",
            qpv={"T": 6},
        ),
        "alerte",
        "Sur 6 personnes, 75 %, 80 % : ce n'est pas un nombre entier de personnes (75 % feraient 4,5). Corrigez "
        "le nombre ou "
        "les pourcentages.",
    ),
    (
        "EFF-16",
        situation(
            "441 1/2 journées enfants ont été réalisées, dont 207 fille et 234 garçons En règle générale, la "
            "mixité était "
            "respectée (50% filles, 50% garçons)."
        ),
        "info",
        "Le texte dit « 50% filles » ; 207 fille et 234 garçons font 46,9 % et 53,1 %.",
    ),
    (
        "EFF-17",
        situation(
            "habitants les quartiers des Escanau, de la Citadelle, de la Coronelle et de Vigan-Braquet",
            qpv={"T": 3463},
            territoires=(TerritoireLu(pk=1, nom="Les quatre quartiers", type="qpv", population=3463),),
        ),
        "alerte",
        "3 463 personnes : c'est la population de « Les quatre quartiers » (3 463), et non un public compté. "
        "Indiquez combien "
        "de personnes ont pris part à l'action, ou laissez vide.",
    ),
    (
        "EFF-21",
        situation("une vingtaine de jeunes issus du quartier", ensemble={"T": 20}, estimes=frozenset()),
        "info",
        "Le texte dit « une vingtaine de jeunes » : 20 est une valeur approchée, cochez « Ces nombres sont une "
        "estimation ».",
    ),
    (
        "EFF-22",
        situation(
            recit="Sur deux semaines, du 25 juillet au 8 août, la ferme a accueilli quotidiennement entre 20 et "
            "120 visiteurs"
        ),
        "alerte",
        "« entre 20 et 120 visiteurs » par jour pendant 15 jours feraient de 300 à 1 800 passages : ce n'est pas "
        "un nombre de "
        "personnes. Indiquez combien de personnes différentes sont venues, une estimation suffit.",
    ),
    (
        "EFF-22",
        situation("40 à 130 jeunes présents par journée", "pendant 3 semaines en janvier", qpv={"T": 390}),
        "alerte",
        "Le nombre saisi dans le QPV, 390, est 3 fois une borne de la fourchette « 40 à 130 jeunes » (130). "
        "Indiquez combien de "
        "personnes différentes sont venues, ou laissez vide.",
    ),
    (
        "EFF-24",
        situation(
            "Une moyenne de 19 jeunes de 10 à 17 ans en juillet",
            "animations 12-17ans pendant 4 semaines d'été",
        ),
        "alerte",
        "L'action est annoncée pour les 12-17 ans, et « Type de public » parle de personnes de 10 à 17 ans : "
        "vérifiez l'un des "
        "deux.",
    ),
    (
        "EFF-25",
        situation(
            "27 filles et 16 garçons de 6 à 15 ans.",
            "3 groupes d'enfants de niveau scolaire du CP au CM2 sont en place",
        ),
        "alerte",
        "« du CP au CM2 », on a de 5 à 12 ans, mais le public est dit de 6 à 15 ans : vérifiez l'un des deux.",
    ),
    (
        "EFF-27",
        situation("33 femmes habitantes des QPV (20 prévues)."),
        "info",
        "33 femmes pour un objectif de 20 : 165 %.",
    ),
    (
        "EFF-27",
        situation(recit="Nombre de bénéficiaires : Objectif = 30 - Réalisé = 49"),
        "info",
        "49 bénéficiaires pour un objectif de 30 : 163,3 %.",
    ),
    (
        "EFF-27",
        situation(ensemble={"T": 33}, personnes_prevues=20),
        "info",
        "33 personnes pour 20 prévues par la fiche action : 165 %.",
    ),
    (
        "EFF-28",
        situation(ensemble={"T": 141}, precedent={"total": 80}),
        "alerte",
        "141 personnes en tout, 80 l'année précédente (+76,3 %) : vérifiez les deux nombres.",
    ),
]


@pytest.mark.parametrize(("code", "contexte", "gravite", "phrase"), CITATIONS)
def test_une_citation_donne_son_constat(code, contexte, gravite, phrase):
    assert phrases(code, contexte) == [(gravite, phrase)]


@pytest.mark.parametrize(("code", "contexte", "gravite", "phrase"), CITATIONS)
def test_un_constat_mene_a_un_champ_et_cite_ses_mots(code, contexte, gravite, phrase):
    (trouvee,) = trouver(code, contexte)
    assert trouvee.champ in contexte.textes or trouvee.champ.startswith(("total_", "qpv_"))
    assert trouvee.valeurs
    textes = [" ".join(texte.split()) for texte in contexte.textes.values()]
    assert trouvee.citation == "" or any(trouvee.citation in texte for texte in textes)
    assert (trouvee.citation == "") == (trouvee.source == "")


# EFF-26: what is right, and every rule has to let pass.
TEMOINS = [
    situation(
        recit="141 enfants dont 59 filles et 82 garçons ont participé en 2024 : 6 en classes maternelles, 88 en "
        "élémentaire, "
        "43 au collège et 4 au lycée",
        ensemble={"F": 59, "H": 82},
        annee=2024,
    ),
    situation(
        recit="12 parcours individualisés renforcés. Parmi les bénéficiaires, 11 femmes et 1 homme ont été suivis.",
        ensemble={"F": 11, "H": 1},
        annee=2024,
    ),
    situation(
        "576 personnes en 2023 dont 387 pour l'apprentissage. 384 femmes et 192 hommes 129 demandes de retraites",
        "Sur les 576 personnes accueillies en 2023, 387 accueils ont concerné l'apprentissage. 40 % de personnes",
        qpv={"F": 384, "H": 192},
    ),
    situation(
        "180 participants au tournoi dont 174 garçons et 6 filles de 7 à 17 ans matin : 6 équipes de 10 joueurs "
        "de 7/10ans "
        "après midi : 12 équipes de 10 joueurs 11/13ans et 14/17ans",
        "Tournoi réalisé le 5/07/2023",
        qpv={"F": 6, "H": 174},
    ),
    situation(
        "8 enfants de 0-5ans, 80 enfants de 6/15ans, 2 enfants de 16/17ans",
        "parcours individualisés pour enfants 2 à 16 ans. 7 clubs (36 enfants)",
        qpv={"T": 90},
    ),
    situation(
        "3 à 7 participants 3 acteurs associatifs et 4 habitants du quartier vécu",
        "durant 10 réunions",
        qpv={"T": 7},
    ),
    situation(
        "3 sessions ont permis de former 56 personnes. 8 personnes ont été formées",
        "3 sessions de 2 jours : 22-23 mai, 6-7 juin et 6-7 novembre 2023 (24 mai et 8 novembre)",
        qpv={"T": 56},
    ),
    situation(
        "85% des actions réalisées portent sur la cohésion sociale (45% de ces actions sur l'éducation, 28% sur "
        "le vivre "
        "ensemble, 6% sur la santé, et 6% sur la parentalité)"
    ),
    situation("34 participants 20 garçons et 14 filles", "Jeunes de 12 à 25 ans.", qpv={"F": 14, "H": 20}),
    situation("En 2022, 45 personnes dont 30 femmes et 20 hommes", qpv={"T": 60}),
    situation("pour accueillir 48 enfants dont 30 filles et 20 garçons", qpv={"T": 60}),
    situation(
        "une soixantaine de personnes dont une trentaine de femmes et une quarantaine d'hommes", qpv={"T": 60}
    ),
    situation("21 jeunes, dont 17 garçons", ensemble={"T": 21, "H": 17}),
    situation("Tous âges", ensemble={"T": 40}, precedent={"total": 30}),
    situation("une vingtaine de jeunes", ensemble={"T": 20}, estimes=frozenset({"total"})),
    situation("50% filles, 50% garçons : 20 filles et 20 garçons", ensemble={"F": 20, "H": 20}),
    situation("10 ménages, 45 personnes", "10 ménages accompagnés", qpv={"T": 45}),
    situation("120 personnes, 516 passages", qpv={"T": 120}),
    situation("40% des jeunes sont en QPV", qpv={"T": 8}, ensemble={"T": 20}),
    situation(
        "Tous", ensemble={"T": 300}, territoires=(TerritoireLu(pk=1, nom="Q", type="qpv", population=3463),)
    ),
    situation("30 enfants de 6 à 11 ans", "Aide aux devoirs du CP au CM2"),
]
LUES_DANS_LES_TEXTES = sorted({code for code, *_ in CITATIONS} - {"EFF-07"})


@pytest.mark.parametrize("contexte", TEMOINS)
def test_eff_26_ce_qui_est_juste_passe(contexte):
    assert [phrase for code in LUES_DANS_LES_TEXTES for phrase in phrases(code, contexte)] == []


def test_eff_07_d_un_texte_ne_parle_pas_d_un_seul_sous_ensemble():
    for contexte in TEMOINS:
        assert [a for a in trouver("EFF-07", contexte) if a.citation] == []


def test_eff_10_au_complet_compte_690_personnes():
    texte = (
        "ATELIERS : Eveil sonore : 36 adultes et 41 enfants différents / Eveil corporel : 14 adultes et 16 "
        "enfants différents "
        "/ eveil sensoriel : 51 adultes 55 enfants. Ateliers pendant les vacances scolaires : 35 enfants "
        "différents et 25 "
        "adultes.. ESPACE DE JEUX : 62 familles différentes (47 de baignots), 130 enfants différents, 516 "
        "passages enfants, 284 "
        "passages adultes. ATELIERS CREATIFS : 8 enfants et 7 adultes. JOURNEES FESTIVES : Kermesse : 20 "
        "enfants/11 adultes "
        "Rentrée des familles : 63 enfants/40 adultes Chasse aux oeufs : 34 enfants/15 adultes / Fête de fin "
        "d'année : 26 "
        "adultes, 47 enfants. Journée départementale organisée par le REAAP au Pont du Gard (5 familles 16 personnes)."
    )
    (trouvee,) = trouver("EFF-10", situation(texte, qpv={"T": 550}))
    assert trouvee.valeurs == {"saisi": 550, "personnes": 690, "passages": 800}


def test_une_phrase_que_la_grille_dit_deja_n_est_pas_dite_deux_fois():
    contexte = situation("30 jeunes. 12 filles et 17 garçons.", ensemble={"T": 30, "F": 12, "H": 17})
    assert [a.citation for a in trouver("EFF-01", contexte)] == [""]


def test_les_tolerances_sont_celles_de_la_campagne():
    contexte = situation(ensemble={"T": 141}, precedent={"total": 80})
    large = Contexte(
        contexte.annee,
        contexte.grilles,
        seuils=type(contexte.seuils)(ecart_annee=80),
        precedent=contexte.precedent,
    )
    assert len(trouver("EFF-28", contexte)) == 1
    assert trouver("EFF-28", large) == []


# -- A year ----------------------------------------------------------------------------------------
def annee(*personnes, totaux=(), population=3463):
    lignes = tuple(
        LigneAnnee(pk=rang, cle=f"a{rang}", intitule=f"Action {rang}", porteur=1, personnes_qpv=combien)
        for rang, combien in enumerate(personnes, 1)
    )
    territoires = (TerritoireLu(pk=1, nom="Les quartiers", type="qpv", population=population),)
    return ContexteAnnee(annee=2023, contrat="x", lignes=lignes, totaux=totaux, territoires=territoires)


def total(valeur, nature="effectif"):
    return TotalLu(pk=1, nature=nature, libelle="Bénéficiaires", valeur=Decimal(valeur), citation=str(valeur))


def test_eff_23_le_total_imprime_n_est_pas_la_somme():
    contexte = annee(9000, 527, None, totaux=(total(12264),))
    assert phrases("EFF-23", contexte, Portee.ANNEE) == [
        (
            "alerte",
            "Le document imprime 12 264, les 3 actions comptent 9 527 personnes : écart de 2 737.",
        )
    ]
    assert trouver("EFF-23", annee(9000, 527, totaux=(total(9527),)), Portee.ANNEE) == []
    assert trouver("EFF-23", annee(9000, totaux=(total(1, "montant"),)), Portee.ANNEE) == []


def test_eff_23_un_sous_total_se_compare_aux_lignes_de_son_porteur():
    lu = annee(100, 20)
    seconde = replace(lu.lignes[1], porteur=2, personnes=25)
    deux = replace(lu, lignes=(lu.lignes[0], seconde))

    def avec(valeur):
        return replace(deux, totaux=(replace(total(valeur), porteur=2),))

    # Everyone, or the inhabitants of the quartiers: the document seldom says which.
    assert trouver("EFF-23", avec(25), Portee.ANNEE) == trouver("EFF-23", avec(20), Portee.ANNEE) == []
    assert phrases("EFF-23", avec(120), Portee.ANNEE) == [
        ("alerte", "Le document imprime 120, la seule action compte 25 personnes : écart de 95.")
    ]


def test_eff_17_dit_la_part_de_la_couverture_dans_le_cumul():
    assert phrases("EFF-17", annee(3463, 6064), Portee.ANNEE) == [
        (
            "alerte",
            "« Action 1 » : 3 463 habitants couverts, soit 36,3 % du cumul de l'année (9 527). Présentez-les à "
            "part : ce ne "
            "sont pas des bénéficiaires comptés.",
        )
    ]
    assert trouver("EFF-17", annee(300, 600), Portee.ANNEE) == []


# -- On stored bilans --------------------------------------------------------------------------------
@pytest.mark.django_db
def test_les_regles_lisent_les_textes_d_un_bilan_enregistre():
    bilan = fabriques.BilanFactory(
        transmis=True,
        action_annuelle__campagne__annee=2024,
        mise_en_oeuvre=f"70 participants, incluant {ROLES}. Une vingtaine de parents.",
    )
    fabriques.effectifs(bilan, F=25, H=45)
    lues = [(a.code, a.gravite, a.citation) for a in anomalies_bilan(bilan) if a.citation]
    assert lues == [("EFF-02", Gravite.ALERTE, f"70 participants, incluant {ROLES}")]


@pytest.mark.django_db
def test_une_estimation_enregistree_n_est_pas_signalee():
    bilan = fabriques.BilanFactory(transmis=True, mise_en_oeuvre="une vingtaine de jeunes")
    fabriques.effectifs(bilan, T=20)
    assert "EFF-21" in [a.code for a in anomalies_bilan(bilan)]
    bilan.effectifs.update(approximatif=True)
    assert "EFF-21" not in [a.code for a in anomalies_bilan(bilan)]
