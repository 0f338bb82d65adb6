"""What each row of a table is: actions, what goes on, headings, totals; what is odd in them."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from bilans.imports.lignes import LigneLue, NatureLigne, lire_lignes
from bilans.imports.structure import corriger, reconnaitre
from documents.tableurs import Classeur, lire_tableur
from documents.tableurs.modele import Valeur
from tests.tableurs.classeurs import classeur, feuille
from tests.tableurs.dispositions import DISPOSITIONS

TABLEURS = Path(__file__).resolve().parents[2] / "fixtures" / "tableurs"
TITRES = ("Porteur", "Action", "Bilan", "Ville", "État", "Total")


def lire(lu: Classeur) -> dict[int, LigneLue]:
    """The rows by number; blank rows left out."""
    structure = reconnaitre(lu)
    (source,) = (page for page in lu.feuilles if page.nom == structure.feuille)
    lignes = lire_lignes(source, structure)
    return {ligne.numero: ligne for ligne in lignes if ligne.nature is not NatureLigne.VIDE}


def tableau(*lignes: tuple[Valeur, ...], **options: object) -> dict[int, LigneLue]:
    """The rows of a table whose header is in row 1."""
    return lire(classeur(feuille("Feuil1", [TITRES, *lignes], **options)))


def natures(lignes: dict[int, LigneLue]) -> dict[int, str]:
    return {numero: str(ligne.nature) for numero, ligne in lignes.items()}


def codes(ligne: LigneLue) -> list[str]:
    return [signalement.code for signalement in ligne.signalements]


# -- The two real workbooks ------------------------------------------------------------------------
@pytest.fixture(scope="module")
def bagnols() -> dict[int, LigneLue]:
    return lire(lire_tableur((TABLEURS / "bagnols_2023.xlsx").read_bytes(), "bagnols_2023.xlsx"))


@pytest.fixture(scope="module")
def dole() -> dict[int, LigneLue]:
    chemin = TABLEURS / "dole_2024_synthese.xlsx"
    return lire(lire_tableur(chemin.read_bytes(), chemin.name))


def test_bagnols_a_46_lignes_d_action_et_ses_totaux_de_controle(bagnols: dict[int, LigneLue]) -> None:
    assert sum(ligne.est_une_action for ligne in bagnols.values()) == 46
    autres = {n: nature for n, nature in natures(bagnols).items() if nature != "action"}
    assert autres == {
        **{4: "entete", 9: "continuation", 11: "continuation", 20: "sous_total", 56: "continuation"},
        **{61: "orpheline", 63: "total", 65: "parts"},
    }
    assert bagnols[20].valeurs == {"sous_total": 413867}
    assert bagnols[61].valeurs == {"personnes_qpv": 12264}
    assert bagnols[63].valeurs["total_ligne"] == "687\xa0489\xa0€"
    assert sum(Decimal(str(part)) for part in bagnols[65].valeurs.values()) == Decimal("1.04")


def test_bagnols_reprend_ce_qui_est_comme_au_dessus(bagnols: dict[int, LigneLue]) -> None:
    fusionnee, vide, porteur = bagnols[9], bagnols[11], bagnols[56]
    assert fusionnee.heritees == {"porteur", "intitule", "moyens"}
    assert (fusionnee.valeurs["intitule"], fusionnee.cellules["intitule"]) == ("Ecole B (dont QE)", "B8")
    assert codes(fusionnee) == []
    assert vide.heritees == {"porteur", "intitule"}
    assert vide.signalements[0].phrase == (
        "Ligne 11, le porteur et l'intitulé sont vides\xa0: lus comme à la ligne 10."
    )
    assert (porteur.valeurs["porteur"], porteur.cellules["porteur"], porteur.heritees) == (
        "PEPS",
        "A55",
        {"porteur"},
    )


def test_bagnols_demande_au_lieu_de_deviner(bagnols: dict[int, LigneLue]) -> None:
    ambigus = {n: s for n, ligne in bagnols.items() for s in ligne.signalements if s.code == "FIN-08"}
    assert set(ambigus) == {22, 23}
    assert ambigus[23].phrase == (
        "0 + 1\u202f000 + 1\u202f000 + 2\u202f000 = 4\u202f000 et 0 + 1\u202f000 + 1\u202f000 + 2\u202f000 + "
        "4\u202f000 = 8\u202f000\xa0: 4\u202f000\xa0€ est un montant de «\xa0Autres financeurs / Région\xa0», "
        "ou un total."
    )
    assert ambigus[22].cellule == "Q22"
    en_texte = [s.cellule for ligne in bagnols.values() for s in ligne.signalements if s.code == "FIN-10"]
    assert en_texte == ["I8", "L15", "P37", "O40", "P40"]


def test_dole_a_41_actions_et_recolle_la_ligne_coupee(dole: dict[int, LigneLue]) -> None:
    assert Counter(natures(dole).values()) == {"action": 41, "entete": 1, "suite": 1}
    tournoi = dole[34]
    assert tournoi.valeurs["intitule"] == "Tournoi de foot"
    assert tournoi.suites == (36,)
    assert str(tournoi.valeurs["mise_en_oeuvre"]).endswith(
        "Olympe de Gougues ont activement participé, en contribuant à l'animation et à l'inscription des participants."
    )
    assert codes(tournoi) == ["COH-10"]
    assert tournoi.signalements[0].gravite == "info"
    assert codes(dole[4]) == ["COH-09"]
    assert dole[4].signalements[0].cellule == "C4"


# -- The layouts -----------------------------------------------------------------------------------
ACTIONS_ATTENDUES = {
    **{
        "L1": 4,
        "L2": 7,
        "L3": 0,
        "L4": 0,
        "L5": 1,
        "L6": 2,
        "L7": 2,
        "L8": 2,
        "L9": 0,
        "L10": 0,
        "L11": 3,
        "L12": 2,
    },
}


@pytest.mark.parametrize("nom", DISPOSITIONS)
def test_chaque_disposition_donne_ses_actions(nom: str) -> None:
    assert sum(ligne.est_une_action for ligne in lire(DISPOSITIONS[nom]()).values()) == ACTIONS_ATTENDUES[nom]


def test_l2_les_lignes_de_controle() -> None:
    assert {n: nature for n, nature in natures(lire(DISPOSITIONS["L2"]())).items() if nature != "action"} == {
        **{4: "entete", 7: "continuation", 10: "sous_total", 16: "orpheline", 18: "total", 20: "parts"},
    }


def test_l3_le_titre_repete_n_est_pas_une_ligne() -> None:
    assert natures(lire(DISPOSITIONS["L3"]())) == {
        **{2: "entete", 3: "note", 4: "note", 5: "titre", 6: "entete", 7: "note"},
    }


def test_l5_la_fiche_donne_une_action_avec_ses_textes() -> None:
    (fiche,) = lire(DISPOSITIONS["L5"]()).values()
    assert fiche.valeurs["intitule"] == "Accueil du centre social"
    assert fiche.valeurs["objectifs"] == "Rompre l'isolement\nFavoriser l'autonomie"
    assert fiche.valeurs["cout_prevu"] == "163 546 € pour 2024"
    assert (fiche.valeurs["c13"], fiche.cellules["c13"]) == ("82 000 €", "B14")


def test_plusieurs_fiches_a_la_suite_donnent_autant_d_actions() -> None:
    fiches = [
        *[
            ("Nom de l'action :", "Web radio"),
            ("Porteur : MJC",),
            ("Objectifs", None),
            ("S'exprimer", None),
            (),
        ],
        *[("Public visé", "16-25 ans"), ()],
        *[
            ("Nom de l'action :", "PRE"),
            ("Porteur : CCAS",),
            ("Objectifs", "Réussir"),
            ("Public visé", "2-16 ans"),
        ],
    ]
    lignes = lire(classeur(feuille("Fiches", fiches)))
    assert [(ligne.numero, ligne.valeurs) for ligne in lignes.values()] == [
        (
            1,
            {
                "intitule": "Web radio",
                "porteur": "MJC",
                "objectifs": "S'exprimer",
                "public_vise": "16-25 ans",
            },
        ),
        (8, {"intitule": "PRE", "porteur": "CCAS", "objectifs": "Réussir", "public_vise": "2-16 ans"}),
    ]


def test_l9_le_total_vote_est_la_somme_des_axes() -> None:
    lignes = lire(DISPOSITIONS["L9"]())
    assert natures(lignes)[8] == "total"
    assert sum(Decimal(str(lignes[n].valeurs["c1"])) for n in range(3, 8)) == lignes[8].valeurs["c1"]


def test_l11_le_pilier_fusionne_vaut_pour_ses_actions() -> None:
    lignes = lire(DISPOSITIONS["L11"]())
    assert (lignes[5].valeurs["axe_1"], lignes[5].cellules["axe_1"]) == ("Cohésion sociale", "E4")
    assert lignes[5].heritees == {"axe_1"}
    assert natures(lignes)[7] == "total"


# -- Rows ------------------------------------------------------------------------------------------
def test_une_case_vide_n_est_pas_zero_et_un_tiret_est_une_case_vide() -> None:
    lignes = tableau(("MJC", "Web radio", None, 0, "-", None), ("CCAS", "PRE", "  ", "néant", 5, 5))
    assert lignes[2].valeurs == {"porteur": "MJC", "intitule": "Web radio", "c3": 0}
    assert lignes[2].cellules == {"porteur": "A2", "intitule": "B2", "c3": "D2"}
    assert lignes[3].valeurs["c3"] == "néant"


def test_les_valeurs_restent_comme_elles_sont_ecrites() -> None:
    lignes = tableau(("MJC", "Web radio", "un texte", "1 234,50 €", Decimal("0.5"), 7))
    assert lignes[2].valeurs["c3"] == "1 234,50 €"
    assert lignes[2].valeurs["c4"] == Decimal("0.5")
    assert lignes[2].brut == ("MJC", "Web radio", "un texte", "1 234,50 €", "0,5", "7")


def test_l_entete_repetee_n_est_pas_une_action() -> None:
    lignes = tableau(
        ("MJC", "Web radio"), (), ("PORTEUR ", "action", "Bilan*", "Ville", "Etat", "Total"), ("CCAS", "PRE")
    )
    assert natures(lignes) == {1: "entete", 2: "action", 4: "entete", 5: "action"}


@pytest.mark.parametrize(
    "libelle", ["Total", "TOTAL GÉNÉRAL", "Totaux", "Sous-total MJC", "S/total", "Total axe 1", "Cumul"]
)
def test_une_ligne_de_total_est_connue_par_son_libelle(libelle: str) -> None:
    lignes = tableau(
        ("MJC", "Web radio", None, 10, 5, 15),
        (libelle, None, None, 10, 5, 15),
        ("CCAS", "PRE", None, 1, 2, 3),
    )
    general = libelle in ("TOTAL GÉNÉRAL", "Totaux")
    assert natures(lignes)[3] == ("total" if general else "sous_total")
    derniere = tableau(("MJC", "Web radio", None, 10, 5, 15), (libelle, None, None, 10, 5, 15))
    sous = libelle in ("Sous-total MJC", "S/total", "Cumul")
    assert natures(derniere)[3] == ("sous_total" if sous else "total")


@pytest.mark.parametrize("intitule", ["Total respect", "Ensemble pour réussir", "Somme toute", "Axe emploi"])
def test_une_action_dont_le_nom_ressemble_a_un_total_reste_une_action(intitule: str) -> None:
    assert natures(tableau(("MJC", intitule, "Un atelier.", 10, 5, 15)))[2] == "action"


def test_sans_libelle_un_nombre_seul_est_un_sous_total_s_il_est_une_somme() -> None:
    lignes = tableau(
        ("MJC", "Web radio", None, 10, 5, 15),
        ("MJC", "Danse", None, 20, 5, 25),
        (None, None, None, None, None, 40),
        ("CCAS", "PRE", None, 7, 3, 10),
        (None, None, None, None, None, 11),
        (None, None, None, None, None, 50),
    )
    assert natures(lignes) == {
        **{1: "entete", 2: "action", 3: "action", 4: "sous_total", 5: "action", 6: "orpheline", 7: "total"},
    }


def test_des_nombres_sans_libelle_sont_un_sous_total_faux_ou_des_montants() -> None:
    lignes = tableau(
        ("UFOLEP", "Toutes sportives", None, 1500, 2000, 3500),
        ("UFOLEP", "Animations", None, 800, 12000, 12800),
        # the subtotal forgets 800
        (None, None, None, 1500, 14000, 15500),
        ("MAS", "Table", None, 3000, 2000, 5000),
        # the amounts of another dispositif
        (None, None, None, 500, 100, 600),
        ("MLJ", "Métiers", None, 1, 2, 3),
    )
    assert natures(lignes) == {
        **{
            1: "entete",
            2: "action",
            3: "action",
            4: "sous_total",
            5: "action",
            6: "continuation",
            7: "action",
        },
    }
    assert lignes[6].valeurs["intitule"] == "Table"


@pytest.mark.parametrize(
    "parts",
    [("47 %", "53%", "100 %"), (Decimal("0.47"), Decimal("0.53"), 1), ("47%", None, "53%")],
)
def test_une_ligne_de_pourcentages(parts: tuple[Valeur, ...]) -> None:
    assert natures(tableau(("MJC", "Web radio", None, 10, 5, 15), (None, None, None, *parts)))[3] == "parts"
    assert (
        natures(tableau(("MJC", "Web radio", None, 10, 5, 15), ("Part en %", None, None, *parts)))[3]
        == "parts"
    )


def test_des_titres_entre_les_lignes_donnent_le_porteur_ou_l_axe() -> None:
    sans_porteur = lire(
        classeur(
            feuille(
                "Feuil1",
                [
                    *[("Action", "Bilan", "Ville"), ("Axe 1 : Emploi",), ("MJC", None, None)],
                    *[("Web radio", "Une émission.", 10), ("CCAS",), ("PRE", "Des enfants.", 20)],
                ],
                fusions=("A2:C2", "A3:C3", "A5:C5"),
            )
        )
    )
    assert natures(sans_porteur) == {
        1: "entete",
        2: "titre",
        3: "titre",
        4: "action",
        5: "titre",
        6: "action",
    }
    assert [sans_porteur[n].valeurs["porteur"] for n in (4, 6)] == ["MJC", "CCAS"]
    assert [sans_porteur[n].valeurs["axe_1"] for n in (4, 6)] == ["Axe 1 : Emploi"] * 2
    assert sans_porteur[6].cellules["porteur"] == "A5"
    avec_porteur = tableau(
        ("MJC",), (None, "Web radio", "Une émission.", 10), (None, "Danse", "Un cours.", 20)
    )
    assert natures(avec_porteur) == {1: "entete", 2: "titre", 3: "continuation", 4: "continuation"}
    assert [avec_porteur[n].valeurs["porteur"] for n in (3, 4)] == ["MJC", "MJC"]


def test_un_axe_ecrit_une_fois_pour_plusieurs_lignes() -> None:
    """What a csv makes of cells merged by axe."""
    titres = ("Axe", "Porteur", "Action", "Ville")
    lignes = [
        ("Emploi", "MJC", "A", 1),
        (None, "CCAS", "B", 2),
        (None, "MAS", "C", 3),
        ("Santé", "MSA", "D", 4),
    ]
    lues = lire(classeur(feuille("Feuil1", [titres, *lignes])))
    assert [lues[n].valeurs["axe_1"] for n in range(2, 6)] == ["Emploi", "Emploi", "Emploi", "Santé"]
    assert [bool(lues[n].heritees) for n in range(2, 6)] == [False, True, True, False]


def test_une_note_au_bas_du_tableau_n_est_pas_une_action() -> None:
    lignes = tableau(
        *[("MJC", "Web radio", "Une émission.", 10), ("Total", None, None, 10)],
        *[
            ("* montants prévisionnels",),
            ("Fait à Dole, le 12 mars",),
            (None, None, "Source : services de la Ville"),
        ],
    )
    assert natures(lignes) == {1: "entete", 2: "action", 3: "total", 4: "note", 5: "note", 6: "note"}


def test_une_note_fusionnee_sous_la_derniere_action_n_est_pas_un_titre() -> None:
    lignes = lire(
        classeur(
            feuille(
                "Feuil1",
                [
                    ("ACTION", "STRUCTURE", "BILAN"),
                    ("PRE", "CCAS", "Des enfants."),
                    (),
                    ("18 bilans validés.",),
                ],
                fusions=("A4:C4",),
            )
        )
    )
    assert natures(lignes) == {1: "entete", 2: "action", 4: "note"}


def test_deux_suites_se_recollent_dans_l_ordre() -> None:
    lignes = tableau(
        *[
            ("MJC", "Web radio", "Une émission"),
            (None, None, "par mois,"),
            (),
            (None, None, "avec dix jeunes."),
        ],
        (None, None, "Un autre texte."),
    )
    assert lignes[2].valeurs["mise_en_oeuvre"] == ("Une émission par mois, avec dix jeunes. Un autre texte.")
    assert lignes[2].suites == (3, 5, 6)
    # a whole sentence after a whole sentence may be something else
    assert [signalement.gravite for signalement in lignes[2].signalements] == ["info", "info", "alerte"]


def test_un_porteur_sans_intitule_est_signale() -> None:
    lignes = tableau(("MJC", "Web radio", "Une émission.", 10), ("CCAS", None, "Des enfants.", 20))
    assert natures(lignes)[3] == "action"
    assert lignes[3].signalements[0].phrase == "La ligne 3 a un porteur et pas d'intitulé d'action."
    meme = tableau(("MJC", "Web radio", "Une émission.", 10), ("MJC", None, "Des enfants.", 20))
    assert (natures(meme)[3], meme[3].valeurs["intitule"]) == ("continuation", "Web radio")


# -- What is odd -----------------------------------------------------------------------------------
def test_un_montant_au_dela_du_total_imprime_a_peut_etre_glisse() -> None:
    lignes = tableau(("MJC", "Web radio", None, 100, 6000, 6100), ("Total", None, None, 100, 2500, 6100))
    assert [(s.code, s.cellule) for s in lignes[2].signalements] == [("FIN-07", "E2")]
    assert lignes[2].signalements[0].phrase == (
        "6\u202f000\xa0€ sous «\xa0État\xa0», c'est plus que le total imprimé de la colonne, 2\u202f500\xa0€."
    )


def test_un_nombre_a_la_place_d_un_nom_et_une_case_de_trop() -> None:
    lignes = tableau(
        *[("MJC", "Web radio", None, 1, 2, 3), ("CCAS", 12000, None, 1, 2, 3)],
        *[("MAS", "Table", None, 1, 2, 3, "oublié"), ("MSA", "Soins", None, 1, 2, 3)],
    )
    assert [(s.code, s.cellule) for s in lignes[3].signalements] == [("FIN-07", "B3")]
    assert [(s.code, s.cellule) for s in lignes[4].signalements] == [("FIN-07", "G4")]


def test_un_montant_fusionne_n_est_compte_qu_une_fois() -> None:
    lignes = tableau(("MJC", "Web radio", None, 100), ("MJC", "Danse", None, None), fusions=("D2:D3",))
    assert "c3" not in lignes[3].valeurs
    assert lignes[2].signalements[0].phrase == (
        "Le montant de D2 («\xa0Ville\xa0») est fusionné sur 2 lignes\xa0: il est compté sur la première."
    )


def test_une_erreur_et_une_formule_sans_valeur_sont_dites() -> None:
    lignes = tableau(
        ("MJC", "Web radio", None, None, None),
        erreurs={(1, 3): "#REF!"},
        sans_valeur=frozenset({(1, 4)}),
    )
    assert [(s.code, s.cellule) for s in lignes[2].signalements] == [("FORMULE", "D2"), ("FORMULE", "E2")]
    assert "#REF!" in lignes[2].signalements[0].phrase


@pytest.mark.parametrize(
    ("montants", "signales"),
    [
        ((8400, 1000, 1800), []),
        (("8 400", 1000, 1800), ["D2"]),
        # a csv: everything is text, written alike
        (("8400", "1000", "1800"), []),
        (("8 400", "1 000", "1800"), ["D4"]),
        # nothing else can be meant; and what may be two amounts is asked, not said
        (("8 400,50 €", "8 400,50", "500 €", 1000), []),
        (("1,500", 1000, 1800), []),
    ],
)
def test_deux_ecritures_dans_une_colonne(montants: tuple[Valeur, ...], signales: list[str]) -> None:
    lignes = tableau(*[("MJC", f"Action {rang}", None, montant) for rang, montant in enumerate(montants)])
    assert [
        s.cellule for ligne in lignes.values() for s in ligne.signalements if s.code == "FIN-10"
    ] == signales


@pytest.mark.parametrize("ecrit", ["NC", "en attente", "à préciser"])
def test_un_mot_a_la_place_d_un_montant_est_dit(ecrit: str) -> None:
    lignes = tableau(("MJC", "Graff", None, ecrit), ("MJC", "Vélo", None, 1000))
    assert [s.phrase for ligne in lignes.values() for s in ligne.signalements if s.cellule == "D2"] == [
        f"« {ecrit} », en D2 (« Ville »), ne donne pas de chiffre : la case est lue vide.".replace(
            "« ", "«\xa0"
        )
        .replace(" »", "\xa0»")
        .replace(" :", "\xa0:")
    ]


@pytest.mark.parametrize(
    ("montants", "ambigu"),
    [
        ((1000, 1000, 2000, 4000), True),
        # only one amount before: two funders may well pay the same
        ((2000, None, 2000, 4000), False),
        ((1000, 1000, 2000, 4500), False),
        ((1000, 500, 2000, 3500), False),
    ],
)
def test_un_total_qui_se_lit_de_deux_facons_est_une_question(
    montants: tuple[Valeur, ...], ambigu: bool
) -> None:
    titres = ("Porteur", "Action", "Ville", "Agglo", "Région", "Total PDV")
    lignes = lire(classeur(feuille("Feuil1", [titres, ("MAS", "Ateliers", *montants)])))
    assert codes(lignes[2]) == (["FIN-08"] if ambigu else [])


# -- Choices ---------------------------------------------------------------------------------------
def test_une_colonne_ignoree_n_est_pas_lue_et_un_tableau_impose_l_est() -> None:
    lu = DISPOSITIONS["L10"]()
    structure = corriger(reconnaitre(lu), {"0": {"champ": "intitule"}, "1": {"champ": "ignorer"}})
    lignes = lire_lignes(lu.feuilles[0], structure)
    assert next(ligne.valeurs for ligne in lignes if ligne.est_une_action) == {
        "intitule": "Sports",
        "part": "44 %",
    }


# -- A title that begins as a total ----------------------------------------------------------------
BLOC = (
    ("CAF", "Jeux", None, 7, 8, 15),
    ("UFOLEP", "Foot", None, 100, 201, 301),
    (None, "Vélo", None, 1, 2, 3),
)
APRES = ("MJC", "Danse", None, 1, 2, 3)


@pytest.mark.parametrize(
    ("titre", "montants", "nature"),
    [
        ("Sous-total respect", (50, 20, 70), "continuation"),
        # the sum of the rows of the porteur, or one figure of it wrong
        ("Sous-total sport", (101, 203, 304), "sous_total"),
        ("Sous-total sport", (101, 203, 300), "sous_total"),
        # of whom it is, whatever it adds up to
        ("Sous-total UFOLEP", (50, 20, 70), "sous_total"),
        ("Sous-total axe 2", (50, 20, 70), "sous_total"),
        ("Sous-total", (50, 20, 70), "sous_total"),
    ],
)
def test_une_action_dont_le_titre_commence_par_sous_total(
    titre: str, montants: tuple[int, int, int], nature: str
) -> None:
    sous_un_porteur_fusionne = tableau(*BLOC, (None, titre, None, *montants), APRES, fusions=("A3:A5",))
    assert natures(sous_un_porteur_fusionne)[5] == nature
    assert sous_un_porteur_fusionne[5].valeurs.get("porteur") == (
        "UFOLEP" if nature == "continuation" else None
    )


def test_une_action_qui_dit_son_porteur_n_est_pas_un_sous_total() -> None:
    lignes = tableau(*BLOC, ("UFOLEP", "Sous-total respect", None, 50, 20, 70), APRES)
    assert natures(lignes)[5] == "action"


def test_un_sous_total_qui_n_est_celui_de_rien_le_dit() -> None:
    lignes = tableau(*BLOC, (None, "Sous-total respect", None, 50, 20, 70), APRES)
    (signalement,) = lignes[5].signalements
    assert (natures(lignes)[5], signalement.code, signalement.gravite, signalement.cellule) == (
        *("sous_total", "COH-11", "alerte", "B5"),
    )
    assert signalement.remede.startswith("Si c'est une action, écrivez son porteur")
    for titre, montants in (("Sous-total UFOLEP", (5, 5, 10)), ("Sous-total sport", (101, 203, 304))):
        assert tableau(*BLOC, (None, titre, None, *montants), APRES)[5].signalements == ()
