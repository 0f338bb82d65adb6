"""What a row takes from above because it says so: « idem », the title of its block."""

import pytest

from tests.bilans.test_imports_structure_lignes import natures, tableau


# -- « Idem » --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "idem", ["IDEM", "idem", "Idem.", "id.", "id", "//", "- ″ -", '"', "''", "–//–", '-"-', "»", "”", "ibid."]
)
def test_idem_veut_dire_comme_au_dessus(idem: str) -> None:
    lignes = tableau(
        ("Total Sport 39", "Foot", "bilan", 500, 300, 800),
        (idem, "Judo", idem, 500, 300, 800),
        (idem, idem, "autre", 100, None, 100),
    )
    assert [lignes[n].valeurs["porteur"] for n in (3, 4)] == ["Total Sport 39", "Total Sport 39"]
    assert [lignes[n].valeurs["intitule"] for n in (3, 4)] == ["Judo", "Judo"]
    assert lignes[3].valeurs["mise_en_oeuvre"] == "bilan"
    assert (lignes[3].heritees, lignes[3].cellules["mise_en_oeuvre"]) == (frozenset(), "C3")
    assert natures(lignes) == {1: "entete", 2: "action", 3: "continuation", 4: "continuation"}
    (dit,) = lignes[3].signalements
    assert (dit.code, dit.cellule) == ("COH-11", "A3")
    assert dit.phrase.replace("\xa0", " ") == (
        "Ligne 3, « Porteur », « Bilan » sont lus comme à la ligne 2 : la case le dit (« idem », « // »)."
    )


def test_idem_ne_fait_pas_un_montant_ni_un_mot_qui_lui_ressemble() -> None:
    lignes = tableau(
        ("Total Sport 39", "Foot", "bilan", 500, 300, 800),
        ("Idées nouvelles", "Id foot", None, "idem", 300, 300),
    )
    assert (lignes[3].valeurs["porteur"], lignes[3].valeurs["intitule"]) == ("Idées nouvelles", "Id foot")
    assert lignes[3].valeurs["c3"] == "idem"


# -- The title of a block --------------------------------------------------------------------------
@pytest.mark.parametrize("mot", ["PILIER", "Axe", "Enjeu", "Objectif", "Thématique"])
def test_le_titre_d_un_bloc_est_l_axe_des_lignes_qui_suivent_et_se_dit_une_fois(mot: str) -> None:
    lignes = tableau(
        (f"{mot} 1 : COHESION SOCIALE", None, None, None, None, None),
        ("MJC", "Graff", None, 500, 300, 800),
        ("MJC", "Vélo", None, 500, 300, 800),
        (f"{mot} 2 : EMPLOI", None, None, None, None, None),
        ("Mission locale", "Mobilité", None, 500, 300, 800),
    )
    assert {
        n: (lu.valeurs["axe_1"], lu.cellules["axe_1"]) for n, lu in lignes.items() if lu.est_une_action
    } == {
        3: (f"{mot} 1 : COHESION SOCIALE", "A2"),
        4: (f"{mot} 1 : COHESION SOCIALE", "A2"),
        6: (f"{mot} 2 : EMPLOI", "A5"),
    }
    dits = [s.phrase.replace("\xa0", " ") for lu in lignes.values() for s in lu.signalements]
    assert dits == [
        f"Ligne 2, « {mot} 1 : COHESION SOCIALE » est lu comme l'axe des lignes qui suivent.",
        f"Ligne 5, « {mot} 2 : EMPLOI » est lu comme l'axe des lignes qui suivent.",
    ]
