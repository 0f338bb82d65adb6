"""DAT: what each rule finds, in words, on the quotations of the public documents and beside them."""

from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bilans.controles import REGLES, Contexte, Gravite, Portee, Seuils, appliquer
from bilans.controles.contexte import ContexteContrat, ConventionLue, TexteLu
from bilans.controles.dates_lues import (
    annees_a_rebours,
    annees_scolaires,
    citer,
    durees_en_ans,
    nombre_d_annees,
    periodes,
)
from tests.outils.pages import lisible


# -- A bilan -----------------------------------------------------------------------------------------
def trouvees(code, texte, annee=2023, *, champ="mise_en_oeuvre", debut=None, fin=None, **suite):
    """Return what the rule finds in a bilan that says only this."""
    bilan = SimpleNamespace(date_debut=debut, date_fin=fin)
    situation = Contexte(annee=annee, grilles={}, textes={champ: texte}, **suite)
    return [
        a for soeur in REGLES[code] if soeur.portee == Portee.BILAN for a in soeur.fonction(bilan, situation)
    ]


TOURNOI = (
    "Le premier tournoi s'est tenu le 29 juillet 2024 au Stade Vert, tandis que le second, pour les 10-15 ans, a eu "
    "lieu le 4 janvier 2025 au complexe Quentin Fillon."
)


def test_dat_01_l_evenement_du_4_janvier_2025_dans_le_bilan_de_2024():
    (trouvee,) = trouvees("DAT-01", TOURNOI, 2024)
    assert (trouvee.gravite, trouvee.champ, lisible(trouvee.message)) == (
        Gravite.ALERTE,
        "mise_en_oeuvre",
        "Le texte dit qu'un événement a eu lieu le 4 janvier 2025, hors de l'année 2024 : vérifiez la date, ou "
        "racontez-le dans le bilan de 2025.",
    )
    assert "a eu lieu le 4 janvier 2025 au complexe Quentin Fillon" in trouvee.citation
    assert trouvee.citation in TOURNOI
    assert trouvees("DAT-03", TOURNOI, 2024) == []


def test_dat_01_les_dates_saisies():
    lues = trouvees("DAT-01", "", 2024, debut=date(2023, 9, 1), fin=date(2024, 6, 30))
    assert [a.champ for a in lues] == ["date_debut"]


LANGUE = (
    "Le 18 octobre : Participation à la réunion d'équipe des bénévoles de Mosaïque en Cèze pour accompagnement sur la "
    "question de l'évaluation et du positionnement des apprenants. 24/04/2024 Le 28 novembre : appui technique"
)


def test_dat_03_une_date_isolee_d_une_autre_annee():
    (trouvee,) = trouvees("DAT-03", LANGUE)
    assert (trouvee.gravite, lisible(trouvee.message)) == (
        Gravite.ALERTE,
        "Le texte cite le 24 avril 2024, alors que le bilan porte sur 2023 : est-ce la bonne année ? Sinon, corrigez "
        "la date.",
    )
    assert "24/04/2024" in trouvee.citation
    assert trouvees("DAT-01", LANGUE) == []


@pytest.mark.parametrize(
    "texte",
    [
        "En application de la loi du 21 février 2014.",
        "L'association est agréée depuis le 3 mars 2019.",
        "La convention du 12 décembre 2022 prévoit dix séances.",
        "Une sortie est prévue le 4 mai 2024.",
        "Le bilan sera présenté le 15 février 2024.",
        "Du 18 décembre 2023 au 5 janvier 2024, la ludothèque est restée ouverte.",
        "Séances du 12 septembre 2022 au 30 juin 2023, année scolaire 2022-2023 ; fête le 14 octobre 2022.",
        "Reprise de l'action réalisée par l'association PEPS en 2022.",
        "Ateliers le 18/07/23 et le 21/07/23.",
        "Appelez le 03 84 00 20 24 ou le 12/15.",
    ],
)
def test_dat_01_et_03_ce_qui_n_est_pas_une_erreur(texte):
    assert trouvees("DAT-01", texte) + trouvees("DAT-03", texte) == []


def test_dat_01_et_03_les_perspectives_parlent_de_l_annee_suivante():
    assert trouvees("DAT-03", "Bilan le 24/04/2024.", champ="perspectives") == []
    assert len(trouvees("DAT-03", "Bilan le 24/04/2024.")) == 1


def test_dat_04_une_action_et_une_periode_finissent_apres_avoir_commence():
    lues = trouvees("DAT-04", "Stage du 28/07 au 24/07.", debut=date(2023, 5, 1), fin=date(2023, 4, 1))
    assert [(a.gravite, a.champ) for a in lues] == [
        (Gravite.BLOQUANT, "date_fin"),
        (Gravite.ALERTE, "mise_en_oeuvre"),
    ]
    assert lues[1].citation == "du 28/07 au 24/07"


@pytest.mark.parametrize(
    "texte",
    [
        "Du 24/07 au 28/07.",
        "Du 20 décembre au 5 janvier, puis de septembre à juin.",
        "Du 1er septembre au 30 juin.",
        "80 personnes en 2023 contre 60 en 2022.",
    ],
)
def test_dat_04_des_periodes_justes(texte):
    assert trouvees("DAT-04", texte) == []


@pytest.mark.parametrize(
    ("texte", "citation"),
    [
        (
            "vacances d'été du 31/07 au 04/08 et duu 24/07 au 28/07, semaines",
            "du 31/07 au 04/08 et duu 24/07 au 28/07",
        ),
        ("7 spectacles (18/01, 08/03, 12/04, 27/09, 25/10, 22/12, 6/12 pour enfants", "22/12, 6/12"),
        ("Ateliers les 17/05 et 3/05.", "17/05 et 3/05"),
    ],
)
def test_dat_05_des_dates_dans_le_desordre(texte, citation):
    (trouvee,) = trouvees("DAT-05", texte)
    assert trouvee.gravite == Gravite.INFO
    assert citation.endswith(trouvee.citation)
    assert trouvee.citation in texte


@pytest.mark.parametrize(
    "texte",
    [
        "2 à la Maison des parents et 1 à la médiathèque (17/06, 8/11, 13/12) et 1 spectacle le 4/07",
        "22-23 mai, 6-7 juin et 6-7 novembre 2023",
        "à la Ruche (18/07/23, 21/07/23, 24/07/23 et 26/07/23) et à Mosaïque (07/07/23 et 17/07/23)",
        "Séances les 15/10, 12/12, 20/01 et 15/03.",
        "Ouverture le 3 mai. Le 2 mars, une réunion avait eu lieu.",
    ],
)
def test_dat_05_des_dates_en_ordre_ou_sans_lien(texte):
    assert trouvees("DAT-05", texte) == []


CLAS = (
    "30 enfants des QPV ont participé pendant l'année 2022/2023. Point à améliorer : le fléchage des enfants"
)


def test_dat_06_une_annee_scolaire_demande_sa_periode():
    (trouvee,) = trouvees("DAT-06", CLAS)
    assert (trouvee.gravite, trouvee.champ, lisible(trouvee.message), trouvee.citation) == (
        Gravite.ALERTE,
        "date_debut",
        "Le texte compte sur l'année scolaire 2022-2023, alors que le bilan porte sur 2023 : indiquez les dates de "
        "début et de fin de ce qui est compté.",
        "30 enfants des QPV ont participé pendant l'année 2022/2023.",
    )
    assert trouvees("DAT-06", CLAS, debut=date(2022, 9, 1), fin=date(2023, 7, 7)) == []
    assert trouvees("DAT-06", "Le contrat 2015/2023, la convention 2022-2026, l'année 2023.") == []


def test_dat_16_deux_semaines_du_25_juillet_au_8_aout_passent():
    ferme = "Sur deux semaines, du 25 juillet au 8 août, la ferme a accueilli"
    assert trouvees("DAT-16", ferme, 2024) == []
    (trouvee,) = trouvees("DAT-16", ferme, 2024, seuils=Seuils(tolerance_jours=0))
    assert (trouvee.gravite, lisible(trouvee.message)) == (
        Gravite.INFO,
        "Le texte dit « deux semaines », mais ces dates font 15 jours : vérifiez la durée ou les dates.",
    )


@pytest.mark.parametrize(
    ("texte", "attendu"),
    [
        ("Sur trois semaines, du 25 juillet au 8 août.", 1),
        ("Du 3 au 7 avril, soit 5 jours.", 0),
        ("Du 3 au 14 avril, soit 10 jours.", 0),
        ("Du 3 au 14 avril, soit 20 jours.", 1),
        ("Deux semaines, du 24 juillet au 4 août.", 0),
        ("Une permanence de 3 heures, du 3 au 14 avril.", 0),
        ("Pendant deux semaines. Du 3 au 4 avril, une fête.", 0),
    ],
)
def test_dat_16_la_duree_et_les_dates(texte, attendu):
    assert len(trouvees("DAT-16", texte)) == attendu


# -- A contract --------------------------------------------------------------------------------------
def contrat(*textes, **suite):
    return ContexteContrat(
        contrat="Dole",
        date_debut=suite.pop("debut", date(2024, 1, 1)),
        date_fin=date(2030, 12, 31),
        textes=tuple(
            TexteLu(objet="contrat", champ=f"texte{rang}", texte=texte) for rang, texte in enumerate(textes)
        ),
        **suite,
    )


def du_contrat(code, *textes, **suite):
    lu = contrat(*textes, **suite)
    return [a for a in appliquer(Portee.CONTRAT, lu, lu) if a.code == code]


def test_dat_02_le_compte_rendu_du_25_octobre_2030():
    (trouvee,) = du_contrat(
        "DAT-02",
        "Compte-rendu de l'atelier “habitants” du 25 octobre 2030",
        "La concertation des habitants a eu lieu aux Mesnils Pasteur le 25 octobre",
    )
    assert (trouvee.gravite, lisible(trouvee.message), lisible(trouvee.explication)) == (
        Gravite.BLOQUANT,
        "Le texte raconte comme passé un fait du 25 octobre 2030, qui est à venir : corrigez l'année.",
        "Un autre passage raconte le même jour, sans année : « La concertation des habitants a eu lieu aux "
        "Mesnils Pasteur le 25 octobre ».",
    )
    assert trouvee.citation == "Compte-rendu de l'atelier “habitants” du 25 octobre 2030"


@pytest.mark.parametrize(
    "texte",
    [
        "L'évaluation finale aura lieu le 25 octobre 2030.",
        "Compte-rendu de l'atelier du 25 octobre 2023.",
        "Un compte-rendu sera fait. Le contrat finit le 31 décembre 2030.",
    ],
)
def test_dat_02_ce_qui_est_a_venir_peut_l_etre(texte):
    assert du_contrat("DAT-02", texte) == []


def test_dat_02_le_jour_de_la_lecture_fait_foi():
    texte = "La réunion s'est tenue le 3 mars 2027."
    assert len(du_contrat("DAT-02", texte)) == 1
    assert du_contrat("DAT-02", texte, aujourdhui=date(2027, 4, 1)) == []


def test_dat_04_une_evolution_a_rebours():
    etp = "Augmentation du nombre d'ETP de la RQ: 9,6 ETPi en 2025 → 16 ETPi en 2023"
    (trouvee,) = du_contrat("DAT-04", etp)
    assert (trouvee.gravite, lisible(trouvee.message), trouvee.objet) == (
        Gravite.BLOQUANT,
        "Le texte va de 2025 à 2023, à rebours : l'une des deux années est fausse. Corrigez-la.",
        "contrat",
    )
    assert "9,6 ETPi en 2025 → 16 ETPi en 2023" in trouvee.citation
    assert (
        du_contrat("DAT-04", "9,6 ETPi en 2015 → 16 ETPi en 2023, de 2015 à 2023, entre 2022 et 2023") == []
    )


def test_dat_12_six_ans_annonces_sept_exercices():
    (trouvee,) = du_contrat("DAT-12", "Le contrat de ville dure 6 ans. Au long de cette période")
    assert (trouvee.gravite, lisible(trouvee.message), trouvee.citation) == (
        Gravite.ALERTE,
        "Le contrat dit durer 6 ans, mais ses dates, du 1er janvier 2024 au 31 décembre 2030, font 7 exercices. "
        "Écrivez les dates exactes dans le texte, ou corrigez la durée.",
        "Le contrat de ville dure 6 ans",
    )
    assert du_contrat("DAT-12", "Le contrat de ville dure sept ans.") == []
    assert du_contrat("DAT-12", "Le contrat de ville est signé.") == []


def test_dat_12_les_phases_2024_2027_et_2027_2030_se_chevauchent():
    phases = ((1, date(2024, 1, 1), date(2027, 12, 31)), (2, date(2027, 1, 1), date(2030, 12, 31)))
    (trouvee,) = du_contrat("DAT-12", phases=phases)
    assert lisible(trouvee.message) == (
        "Les phases 1 et 2 se chevauchent en 2027 : la phase 1 finit le 31 décembre 2027, la phase 2 commence le "
        "1er janvier 2027. Donnez à chacune ses dates exactes."
    )
    suivies = (phases[0], (2, date(2028, 1, 1), date(2030, 12, 31)))
    assert du_contrat("DAT-12", phases=suivies) == []


POLE = "une nouvelle chaufferie bois pour le QP et où est prévue l'installation d'un Pôle Universitaire pour fin 2023"


def test_dat_13_un_jalon_deja_passe():
    (trouvee,) = du_contrat("DAT-13", POLE)
    assert (trouvee.gravite, lisible(trouvee.message)) == (
        Gravite.ALERTE,
        "Un projet est annoncé pour 2023, alors que le contrat commence le 1er janvier 2024 : écrivez où il en est.",
    )
    assert trouvee.citation.endswith("est prévue l'installation d'un Pôle Universitaire pour fin 2023")
    assert du_contrat("DAT-13", POLE.replace("2023", "2025")) == []
    signe = du_contrat("DAT-13", POLE.replace("2023", "2024"), date_signature=date(2025, 3, 6))
    assert "est signé le 6 mars 2025" in lisible(signe[0].message)


def test_dat_14_le_projet_du_centre_social_a_deux_fins():
    (trouvee,) = du_contrat(
        "DAT-14",
        "Le Centre Social Olympe de Gouges implanté sur le quartier a dans son projet 2022/2026 axé une partie de "
        "ces actions autour de la jeunesse",
        "Le projet du Centre social 2022-2027 intègre la poursuite de ces actions",
    )
    assert (trouvee.gravite, lisible(trouvee.message), lisible(trouvee.explication)) == (
        Gravite.ALERTE,
        "La même période est écrite 2022-2026 ici et 2022-2027 ailleurs : gardez celle qui est juste.",
        "Ailleurs : « Le projet du Centre social 2022-2027 ».",
    )
    assert trouvee.citation.endswith("dans son projet 2022/2026")


@pytest.mark.parametrize(
    "autre",
    [
        "Le projet du Centre social 2022-2026 intègre la poursuite de ces actions",
        "Le projet éducatif de la commune 2022-2027",
        "La période 2022-2027 du Centre social",
        "Le projet du Centre social 2018-2021",
    ],
)
def test_dat_14_deux_periodes_qui_ne_se_contredisent_pas(autre):
    assert du_contrat("DAT-14", "Le Centre Social a dans son projet 2022/2026", autre) == []


def test_dat_15_le_contrat_precedent_a_trois_periodes():
    precedents = (
        "la contractualisation 2015/2023 reposait autour de trois piliers",
        "Initialement conclus sur la période 2014-2020, les Contrats de ville ont été prorogés",
        "CVU 2014-2022",
    )
    (trouvee,) = du_contrat("DAT-15", *precedents)
    assert (trouvee.gravite, lisible(trouvee.message)) == (
        Gravite.INFO,
        "Le contrat précédent est cité avec 3 périodes : 2015-2023, 2014-2020 et 2014-2022. Gardez une seule "
        "période, et dites les prorogations.",
    )
    assert (
        du_contrat(
            "DAT-15", precedents[0], "le contrat de ville 2024-2030", "le PNRU sur la période 2006-2018"
        )
        == []
    )


# -- A convention ------------------------------------------------------------------------------------
TITRE = "CONVENTION-CADRE DE PARTENARIAT 2026-2029 AVEC LA MAISON DES JEUNES ET DE LA CULTURE"
ARTICLE_10 = (
    "La présente convention-cadre de partenariat est conclue pour une durée de 5 ans. Elle prend effet le 1er janvier "
    "2025 pour se terminer le 31 décembre 2029."
)


def convention(*textes, **suite):
    return ConventionLue(
        **{
            "pk": 1,
            "cle": "mjc",
            "intitule": TITRE,
            "porteur": "MJC",
            "date_debut": date(2025, 1, 1),
            "date_fin": date(2029, 12, 31),
            "date_deliberation": date(2025, 12, 3),
            "textes": tuple(TexteLu(objet="convention:mjc", champ="", texte=texte) for texte in textes),
            **suite,
        }
    )


def de_la_convention(code, *textes, **suite):
    lue = convention(*textes, **suite)
    return [a for a in appliquer(Portee.CONVENTION, lue, contrat()) if a.code == code]


def test_dat_07_le_titre_annonce_quatre_ans_et_l_article_10_cinq():
    (trouvee,) = de_la_convention("DAT-07", ARTICLE_10)
    assert (trouvee.gravite, trouvee.champ, lisible(trouvee.message)) == (
        Gravite.BLOQUANT,
        "intitule",
        "Le titre annonce 2026-2029 (4 ans), mais la convention va du 1er janvier 2025 au 31 décembre 2029 (5 ans) : "
        "corrigez le titre ou les dates avant de signer.",
    )
    assert (
        lisible(trouvee.explication)
        == "La durée écrite s'accorde avec les dates : c'est le titre qui s'en écarte."
    )
    assert de_la_convention("DAT-07", ARTICLE_10, intitule="Convention 2025-2029") == []


def test_dat_07_la_duree_annoncee_contredit_les_dates():
    (trouvee,) = de_la_convention("DAT-07", ARTICLE_10, intitule="Convention", date_debut=date(2026, 1, 1))
    assert lisible(trouvee.message) == (
        "La convention annonce 5 ans, mais ses dates vont du 1er janvier 2026 au 31 décembre 2029 (4 ans) : corrigez "
        "la durée ou les dates."
    )
    assert trouvee.citation.endswith("conclue pour une durée de 5 ans")
    gardee = {"intitule": "Convention", "duree_annoncee_ans": 4}
    assert len(de_la_convention("DAT-07", **gardee)) == 1
    assert de_la_convention("DAT-07", **gardee | {"duree_annoncee_ans": 5}) == []


def test_dat_08_deux_millesimes():
    pieces = (
        "# Convention-Cadre 2025-2029",
        "Autorisent le renouvellement de la convention-cadre de partenariat avec la MJC Besançon / Clairs-Soleils pour "
        "la période 2026-2029 jointe en annexe",
    )
    (trouvee,) = de_la_convention("DAT-08", *pieces)
    assert (trouvee.gravite, lisible(trouvee.message)) == (
        Gravite.BLOQUANT,
        "La convention porte 2 périodes selon les pièces : 2026-2029 et 2025-2029. Mettez les mêmes années partout "
        "avant de signer.",
    )
    assert de_la_convention("DAT-08", pieces[1]) == []
    autres = "La convention s'inscrit dans le contrat de ville 2024-2030 et le projet social 2022-2026."
    assert de_la_convention("DAT-08", autres) == []


NOTIFICATION = (
    "Au plus tard le 30 janvier 2025, l'association adressera à la Ville la notification de la CAF lui accordant "
    "l'agrément « Centre social »"
)


def test_dat_09_une_echeance_avant_la_signature():
    (trouvee,) = de_la_convention("DAT-09", "au plus tard le 30 janvier 2025", NOTIFICATION)
    assert (trouvee.gravite, lisible(trouvee.message)) == (
        Gravite.BLOQUANT,
        "L'échéance du 30 janvier 2025 est avant la délibération qui l'autorise, le 3 décembre 2025 : personne ne "
        "peut la tenir. Corrigez-la avant de signer.",
    )
    assert trouvee.citation.startswith("Au plus tard le 30 janvier 2025, l'association adressera")
    assert trouvee.citation in NOTIFICATION


def test_dat_09_une_echeance_de_pilotis_et_la_date_de_signature():
    echeance = (("Agrément CAF", date(2025, 1, 30)),)
    lue = {"echeances": echeance, "date_signature": date(2025, 2, 1)}
    assert [lisible(a.message) for a in de_la_convention("DAT-09", **lue)] == [
        "L'échéance du 30 janvier 2025 (Agrément CAF) est avant la signature, le 1er février 2025 : personne ne peut "
        "la tenir. Corrigez-la avant de signer."
    ]
    assert de_la_convention("DAT-09", **lue | {"date_signature": date(2025, 1, 15)}) == []
    assert de_la_convention("DAT-09", NOTIFICATION, date_deliberation=None) == []
    assert de_la_convention("DAT-09", "Les fêtes du 30 janvier 2025 ont réuni les habitants.") == []


def test_dat_10_fevrier_selon_la_regle_janvier_selon_le_calendrier():
    versements = (("1er acompte", 2, 1, 3, "n_moins_1"), ("solde", 8, 1, 1, "reste_n"))
    textes = (
        "1er acompte versé en février : 1/3 de la subvention de fonctionnement votée pour l'année N-1",
        "La MJC percevra toutefois, dès janvier 2026 et sous réserve de l'entrée en vigueur, un 1er acompte",
    )
    prevu = {"versements": versements, "dates_prevues": ((1, date(2026, 1, 31)),)}
    (trouvee,) = de_la_convention("DAT-10", *textes, **prevu)
    assert (trouvee.gravite, lisible(trouvee.message), trouvee.citation, lisible(trouvee.explication)) == (
        Gravite.ALERTE,
        "1er acompte : en février selon la règle générale, en janvier 2026 selon le calendrier. Dites lequel vaut, ou "
        "que cette année fait exception.",
        "1er acompte versé en février",
        "Le texte dit aussi : « La MJC percevra toutefois, dès janvier 2026 ».",
    )
    d_accord = prevu | {
        "dates_prevues": ((1, date(2026, 2, 15)), (2, date(2026, 8, 1)), (3, date(2027, 1, 1)))
    }
    assert de_la_convention("DAT-10", *textes, **d_accord) == []


def test_dat_11_le_projet_social_finit_avant_la_convention():
    (trouvee,) = de_la_convention(
        "DAT-11", "Notre projet social « Contrat de projet Centre Social 2023-2026 »"
    )
    assert (trouvee.gravite, lisible(trouvee.message)) == (
        Gravite.ALERTE,
        "Le projet de centre social 2023-2026 finit le 31 décembre 2026, avant la convention (31 décembre 2029) : "
        "prévoyez son renouvellement, et ce que devient la convention sans lui.",
    )
    assert trouvee.citation.endswith("Contrat de projet Centre Social 2023-2026")
    assert de_la_convention("DAT-11", "« Contrat de projet Centre Social 2026-2029 »") == []


def test_dat_11_les_agrements_du_porteur():
    court = (("Centre social", date(2023, 1, 1), date(2026, 12, 31)),)
    assert [lisible(a.message)[:54] for a in de_la_convention("DAT-11", agrements=court)] == [
        "L'agrément « Centre social » finit le 31 décembre 2026"
    ]
    couvrants = (("Centre social", None, date(2029, 12, 31)), ("Jeunesse", None, None))
    assert de_la_convention("DAT-11", agrements=couvrants) == []
    assert de_la_convention("DAT-11", "Référence au Projet social 2022-2026 du CCAS") == []


def test_dat_11_la_fin_est_celle_des_avenants_et_de_la_resiliation():
    """DAT-07 keeps to the dates of the text: an amendment that prolongs it makes its title no lie."""
    agrement = {"agrements": (("Centre social", date(2023, 1, 1), date(2029, 12, 31)),)}
    assert de_la_convention("DAT-11", **agrement) == []
    (trouvee,) = de_la_convention("DAT-11", **agrement, fin_effective=date(2030, 12, 31))
    assert "avant la convention (31 décembre 2030)" in lisible(trouvee.message)
    court = {"agrements": (("Centre social", date(2023, 1, 1), date(2026, 12, 31)),)}
    assert de_la_convention("DAT-11", **court, fin_effective=date(2026, 6, 30)) == []
    titre = {"intitule": "Convention 2025-2029", "fin_effective": date(2030, 12, 31)}
    assert de_la_convention("DAT-07", **titre) == []


# -- The helpers -------------------------------------------------------------------------------------
def test_les_periodes_d_annees():
    texte = "2024-2030, 2015/2023, de 2024 – 2027 ; 24/04/2024, 2023-01-05, 2030-2024 et 0384002024"
    assert [str(lue) for lue in periodes(texte)] == ["2024-2030", "2015-2023", "2024-2027"]
    assert [lue.ans for lue in periodes("2026-2029")] == [4]


def test_les_annees_scolaires_se_suivent():
    texte = "l'année 2022/2023, l'année scolaire 2023-24, la saison 2022-2026, le projet 2022-2023"
    assert [debut for debut, _ in annees_scolaires(texte)] == [2022, 2023]


@pytest.mark.parametrize(
    ("texte", "attendu"),
    [
        ("de 2025 à 2023", [(2025, 2023)]),
        ("entre 2025 et 2023", [(2025, 2023)]),
        ("sur la période 2018-2006", [(2018, 2006)]),
        ("comparaison 2023/2022", []),
    ],
)
def test_les_annees_a_rebours(texte, attendu):
    assert [(un, autre) for un, autre, _ in annees_a_rebours(texte)] == attendu


def test_les_durees_et_les_annees_entieres():
    assert [ans for ans, _ in durees_en_ans("conclue pour six ans, puis pour 2 ans", r"pour\s+")] == [6, 2]
    assert nombre_d_annees(date(2025, 1, 1), date(2029, 12, 31)) == 5
    assert nombre_d_annees(date(2025, 1, 1), date(2030, 1, 1)) == 5
    assert nombre_d_annees(date(2025, 9, 1), date(2026, 6, 30)) is None
    assert nombre_d_annees(date(2024, 3, 1), date(2025, 2, 28)) == 1


def test_une_citation_est_faite_de_mots_entiers_d_une_phrase():
    texte = "Avant tout. Les séances ont eu lieu le 4 janvier 2025 au complexe. Puis une autre phrase."
    debut = texte.index("4 janvier")
    assert citer(texte, debut, debut + 14) == "Les séances ont eu lieu le 4 janvier 2025 au complexe."
    assert citer(texte, debut, debut + 14, avant=10, apres=0) == "lieu le 4 janvier 2025"


def test_les_seize_regles_sont_au_catalogue():
    assert sorted(code for code in REGLES if code.startswith("DAT")) == [f"DAT-{n:02}" for n in range(1, 17)]
    assert all(soeur.explication for code, soeurs in REGLES.items() if code[:3] == "DAT" for soeur in soeurs)


BRIBES = (
    "du 31/07 ",
    "au 04/08",
    "2024-2030",
    "le 4 janvier 2025 ",
    "en 2025 → ",
    "deux semaines, ",
    "€ ",
    "\n",
    "’",
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(BRIBES), st.text(max_size=12)), max_size=20).map("".join))
def test_aucun_texte_n_arrete_une_regle(texte):
    for code in ("DAT-01", "DAT-03", "DAT-04", "DAT-05", "DAT-06", "DAT-16"):
        assert all(a.citation in texte for a in trouvees(code, texte))
    lu, signee = contrat(texte), convention(texte)
    for portee, objet in ((Portee.CONTRAT, lu), (Portee.CONVENTION, signee)):
        assert all(a.message for a in appliquer(portee, objet, lu))
