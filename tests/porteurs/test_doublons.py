"""Recognising a porteur otherwise written, without mistaking two porteurs for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porteurs.doublons import ressemblants


@pytest.mark.parametrize(
    ("un", "autre"),
    [
        ("Cité Jeune", "Cité Jeunes"),
        ("Cité Jeunes", "CITE-JEUNES"),
        ("Olympe de Gouges", "Olympe de Gougues"),
        ("Olympe de Gouges", "Olympie de Gougues"),
        ("L'Étoile Sud", "l’etoile-sud"),
        ("M.A.S.", "MAS"),
        ("Gard au Climat", "Gard O Climat"),
    ],
)
def test_le_meme_porteur_autrement_ecrit(un, autre):
    assert ressemblants(un, [autre]) == [autre]
    assert ressemblants(autre, [un]) == [un]


@pytest.mark.parametrize(
    ("un", "autre"),
    [
        ("MAS", "MAO"),
        ("PEPS", "PEP"),
        ("École 1", "École 2"),
        ("Ville – Service des sports", "Ville – Service des écoles"),
        ("Maison pour tous", "Maison des parents"),
        ("UFOLEP", "UFOLEP quartiers d'été"),
    ],
)
def test_deux_porteurs_differents(un, autre):
    assert ressemblants(un, [autre]) == []


def test_l_ordre_des_noms_connus_est_garde():
    assert ressemblants("Cité Jeune", ["Cite jeunes", "MAS", "Cité jeune"]) == ["Cite jeunes", "Cité jeune"]


@given(st.text(), st.text())
def test_se_ressembler_est_reciproque(un, autre):
    assert bool(ressemblants(un, [autre])) == bool(ressemblants(autre, [un]))
