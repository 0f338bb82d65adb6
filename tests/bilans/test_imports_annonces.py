"""The figures that a text announces of the whole year: read when they are certain, kept as printed totals."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import transaction

from actions.models import Campagne
from bilans.controles import anomalies_annee
from bilans.demonstration.chargement import charger_demonstration
from bilans.imports import preparation
from bilans.imports.annonces import (
    Annonce,
    axes_annonces,
    lire_annonces,
    plausibles,
    reconnaitre_axe,
)
from financements.models import TotalControle
from tests import fabriques as f
from tests.bilans.test_imports_demonstration import vider
from tests.outils.imports import (
    annuler,
    classeur,
    comptes,
    confirmer,
    deposer,
    deposer_le_vrai,
    lignes,
    lire_sur_place,
    photographie,
)

BAGNOLS = (
    "Pour les QPV de Bagnols/Cèze, 1 ETP de chargé de mission participe à l'équipe projet du contrat de ville. En "
    "2023, 53 actions ont été réalisées par 20 structures différentes.14 actions sont portées par les services de la "
    "Ville de Bagnols sur Cèze. 85% des actions réalisées portent sur la cohésion sociale (45% de ces actions sont sur "
    "l'éducation, la jeunesse et la culture, 28% sur le mieux vivre ensemble et la citoyenneté, 6% sur la santé, et 6% "
    "sur la parentalité.) Les autres axes d'actions sont l'insertion et l'emploi (9%), sur le cadre de vie et la "
    "citoyenneté (4%)."
)
AXES = {
    1: "COHESION SOCIALE",
    2: "INGENIERIE",
    3: "EMPLOI ET DEVELOPPEMENT ECONOMIQUE",
    4: "CADRE DE VIE ET RENOUVELLEMENT URBAIN",
}


def chiffres(texte: str, annee: int = 2023) -> list[tuple[str, int, str]]:
    return [(a.nature, int(a.valeur), a.porteur or a.axe) for a in lire_annonces(texte, annee)]


# -- Reading ---------------------------------------------------------------------------------------
def test_bagnols_annonce_six_chiffres_avec_leurs_mots():
    assert chiffres(BAGNOLS) == [
        ("actions", 53, ""),
        ("structures", 20, ""),
        ("actions", 14, "Ville de Bagnols sur Cèze"),
        ("part", 85, "la cohésion sociale"),
        ("part", 9, "l'insertion et l'emploi"),
        ("part", 4, "le cadre de vie et la citoyenneté"),
    ]
    assert [annonce.citation for annonce in lire_annonces(BAGNOLS, 2023)] == [
        *["En 2023, 53 actions ont été réalisées par 20 structures différentes"] * 2,
        "14 actions sont portées par les services de la Ville de Bagnols sur Cèze",
        "85% des actions réalisées portent sur la cohésion sociale",
        "l'insertion et l'emploi (9%)",
        "le cadre de vie et la citoyenneté (4%)",
    ]


@pytest.mark.parametrize(
    ("texte", "lus"),
    [
        ("Programmation 2023 : 1 053 actions menées par 20 structures", [1053, 20]),
        ("Le contrat de ville en chiffres : 12 actions sont portées par 12 structures.", [12, 12]),
    ],
)
def test_d_autres_facons_de_l_annoncer(texte, lus):
    assert [valeur for _, valeur, _ in chiffres(texte)] == lus


@pytest.mark.parametrize(
    "texte",
    [
        # Another year, or none.
        "En 2022, 53 actions ont été réalisées par 20 structures différentes.",
        "De 2022 à 2023, 53 actions ont été réalisées par 20 structures différentes.",
        "53 actions ont été réalisées par 20 structures différentes.",
        # About, part, aimed at, of one's own.
        "En 2023, plus de 53 actions ont été réalisées par 20 structures différentes.",
        "En 2023, dont 53 actions réalisées par 20 structures.",
        "En 2023, nos 53 actions ont été réalisées par 20 structures différentes.",
        "L'objectif 2023 : 53 actions réalisées par 20 structures.",
        # Who did them is not counted, or is not of structures; more structures than actions.
        "En 2023, 53 actions ont été réalisées.",
        "En 2023, 53 actions ont été réalisées par 20 bénévoles.",
        "En 2023, 5 actions ont été réalisées par 20 structures.",
        # Shares and a porteur without the count of the year.
        "85% des actions réalisées portent sur la cohésion sociale.",
        "14 actions sont portées par les services de la Ville.",
        "3 actions proposées : Pour les habitants QPV.",
        "Coût de 3.53 actions ont été réalisées par 20 structures en 2023.",
        "",
    ],
)
def test_rien_n_est_lu_de_ce_qui_n_est_pas_certain(texte):
    assert lire_annonces(texte, 2023) == []


def test_un_axe_se_reconnait_a_une_partie_entiere_de_son_libelle():
    assert [reconnaitre_axe(a.axe, AXES) for a in lire_annonces(BAGNOLS, 2023) if a.axe] == [1, 3, 4]
    assert reconnaitre_axe("l'insertion", AXES) is None
    assert reconnaitre_axe("la cohésion", AXES) is None
    # Two axes could be meant.
    assert reconnaitre_axe("l'emploi et le cadre de vie", AXES) is None
    assert reconnaitre_axe("la cohésion sociale", {7: "Axe 1 : Cohésion sociale"}) == 7


def test_deux_parts_pour_un_axe_n_en_font_aucune():
    un, deux, trois = (
        Annonce("part", Decimal(n), "", axe=axe)
        for n, axe in ((9, "emploi"), (8, "l'emploi"), (4, "cadre de vie"))
    )
    assert axes_annonces([un, deux, trois], AXES) == {trois: 4}


def test_un_nombre_bien_plus_petit_que_le_tableau_parle_d_autre_chose():
    annonces = lire_annonces(BAGNOLS, 2023)
    assert plausibles(annonces, 106) == annonces
    assert plausibles(annonces, 107) == []


# -- In a table ------------------------------------------------------------------------------------
ENTETE = ("Porteur", "Intitulé de l'action", "Bilan de l'action")


@pytest.mark.django_db
def test_une_annonce_devient_un_total_une_seule_fois_et_s_annule(campagne, monkeypatch):
    monkeypatch.setattr(preparation, "lire_tableur", lire_sur_place)
    auteur = f.chargee_de_mission(campagne.contrat)
    f.PorteurFactory(epci=campagne.contrat.epci, nom="Club 39")
    texte = f"En {campagne.annee}, 3 actions ont été réalisées par 2 structures. 2 actions sont portées par le Club 39."
    avant = photographie()
    contenu = classeur(
        ENTETE,
        ("Club 39", "Boxe", texte),
        ("Club 39", "Danse", texte),
        ("Club 39", "Jardin", "De mars à juin."),
    )
    import_ = deposer(auteur, campagne, contenu)
    assert comptes(import_) == {"creee": 3}
    montres = [(t["libelle"], t["imprime"], t["calcule"], t["ecart"], t["cellule"]) for t in import_.totaux]
    assert montres[:2] == [
        ("Actions annoncées", "3", "3", "", "C2"),
        ("Structures annoncées", "2", "1", "1", "C2"),
    ]
    confirmer(auteur, import_)
    totaux = TotalControle.objects.filter(campagne=campagne).order_by("ordre")
    assert [(t.libelle, t.nature, t.valeur, t.porteur and t.porteur.nom, t.source) for t in totaux] == [
        ("Actions annoncées", "actions", 3, None, "programme.xlsx, feuille «\xa0Sheet\xa0», C2"),
        ("Structures annoncées", "structures", 2, None, "programme.xlsx, feuille «\xa0Sheet\xa0», C2"),
        (
            "Actions annoncées, Club 39",
            "actions",
            2,
            "Club 39",
            "programme.xlsx, feuille «\xa0Sheet\xa0», C2",
        ),
    ]
    assert totaux[2].citation == "2 actions sont portées par le Club 39"

    apres = photographie()
    confirmer(auteur, deposer(auteur, campagne, contenu))
    assert photographie() == apres
    annuler(auteur, import_)
    assert photographie() == avant


@pytest.mark.django_db
def test_une_ligne_laissee_de_cote_n_annonce_rien(campagne, monkeypatch):
    monkeypatch.setattr(preparation, "lire_tableur", lire_sur_place)
    auteur = f.chargee_de_mission(campagne.contrat)
    f.PorteurFactory(epci=campagne.contrat.epci, nom="Club 39")
    texte = f"En {campagne.annee}, 3 actions ont été réalisées par 2 structures."
    import_ = deposer(
        auteur, campagne, classeur(ENTETE, ("Club 39", "Boxe", texte), ("Club 39", "Danse", "Oui."))
    )
    preparation.decider(auteur, import_, lignes(import_)[2], retenue=False)
    confirmer(auteur, import_)
    assert not TotalControle.objects.exists()


# -- The real workbook -----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def demonstration_chargee(django_db_setup, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        charger_demonstration(avec_comptes=False, avec_mots_de_passe=False)
        yield
        transaction.set_rollback(True)


def test_bagnols_importe_explique_lui_meme_ses_totaux(demonstration_chargee, db):
    campagne = Campagne.objects.get(contrat__slug="bagnols-2015-2023", annee=2023)
    auteur = f.administrateur()
    vider(campagne)
    avant = photographie()
    import_ = deposer_le_vrai(auteur, campagne, "bagnols_2023.xlsx")
    preparation.repondre_partout(auteur, import_, "montants:", "plus_tard")
    preparation.repondre_partout(auteur, import_, "montants:", "fichier")
    confirmer(auteur, import_)
    annonces = TotalControle.objects.filter(campagne=campagne, source__contains="E16").order_by("ordre")
    assert [(t.libelle, int(t.valeur)) for t in annonces] == [
        ("Actions annoncées", 53),
        ("Structures annoncées", 20),
        ("Actions annoncées, Ville de Bagnols-sur-Cèze", 14),
        ("Part des actions, COHESION SOCIALE", 85),
        ("Part des actions, EMPLOI ET DEVELOPPEMENT ECONOMIQUE", 9),
        ("Part des actions, CADRE DE VIE ET RENOUVELLEMENT URBAIN", 4),
    ]

    trouvees: dict[str, list[str]] = {}
    for anomalie in anomalies_annee(campagne, auteur):
        dite = f"{anomalie.message} {anomalie.explication}".replace("\xa0", " ").replace("\u202f", " ")
        trouvees.setdefault(anomalie.code, []).append(dite)
    (actions,) = trouvees["COH-05"]
    assert actions.startswith("53 actions annoncées, 46 présentes : il en manque 7.")
    assert "elles sont toutes dans « COHESION SOCIALE »" in actions
    (parts,) = trouvees["COH-06"]
    assert parts.startswith("Les parts annoncées par axe font 98 % : 85 + 9 + 4.")
    assert "104 %" in trouvees["FIN-01"][0]
    assert any("UFOLEP" in dite and "800 €" in dite for dite in trouvees["FIN-05"])

    encore = deposer_le_vrai(auteur, campagne, "bagnols_2023.xlsx")
    preparation.repondre_partout(auteur, encore, "montants:", "plus_tard")
    apres = photographie()
    confirmer(auteur, encore)
    assert photographie() == apres
    annuler(auteur, import_)
    assert photographie() == avant
