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
    assert lignes[3].heritees == {"porteur", "mise_en_oeuvre"}
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
