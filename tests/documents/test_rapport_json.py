"""What is kept of a report: canonical bytes, and the same figures once read again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import Colonne, Groupe, Tableau, TypeColonne
from documents.calcul import rangees
from documents.rapport import Annexe, Chiffre, Image, Rapport
from documents.rapport_json import depuis_json, empreinte, en_json, octets

from .exemples import ligne, tableau
from .exemples_rapport import EMPREINTE, JPEG, lire_image, rapport
from .lecteurs import rendu


def relu(origine: Rapport) -> Rapport:
    """The report through its bytes."""
    return depuis_json(json.loads(octets(en_json(origine))), lire_image)


def test_rapport_relu_donne_les_memes_octets():
    origine = rapport()
    assert octets(en_json(relu(origine))) == octets(en_json(origine))
    assert empreinte(en_json(relu(origine))) == empreinte(en_json(origine))
    assert len(empreinte(en_json(origine))) == 64


def test_rapport_relu_est_le_meme_rapport():
    origine, lu = rapport(), relu(rapport())
    attributs = (
        "titre",
        "etat",
        "annee",
        "montants",
        "definitions",
        "sources",
        "mentions",
        "cree_le",
        "legende_montants",
    )
    for attribut in attributs:
        assert getattr(lu, attribut) == getattr(origine, attribut)
    for section, lue in zip(origine.sections, lu.sections, strict=True):
        for bloc, lu_ in zip(section.blocs, lue.blocs, strict=True):
            if hasattr(bloc, "tableau"):
                bloc, lu_ = replace(bloc, tableau=None), replace(lu_, tableau=None)
            assert lu_ == bloc
    (image,) = lu.sections[1].blocs[-1].images
    assert image.contenu == JPEG


@pytest.mark.parametrize("format", ["xlsx", "csv", "docx", "html"])
def test_rapport_relu_a_les_memes_chiffres_dans_chaque_format(format):
    for annexe, lue in zip(rapport().annexes, relu(rapport()).annexes, strict=True):
        attendu, obtenu = rendu(annexe.tableau, format), rendu(lue.tableau, format)
        if format in ("csv", "html"):
            assert obtenu == attendu
        assert list(rangees(lue.tableau)) == list(rangees(annexe.tableau))


def test_rapport_les_octets_sont_canoniques():
    contenu = octets(en_json(rapport()))
    donnees = json.loads(contenu)
    assert octets(dict(reversed(donnees.items()))) == contenu
    assert "é".encode() in contenu
    assert b"46476.75" in contenu
    assert JPEG not in contenu
    assert EMPREINTE.encode() in contenu
    with pytest.raises(ValueError, match="JSON"):
        octets({"a": float("nan")})


def test_rapport_une_valeur_changee_change_l_empreinte():
    autre = tableau(groupes=[Groupe(lignes=[ligne("A", "B", mairie=Decimal("0.01"))])])
    avant, apres = (
        empreinte(en_json(rapport(annexes=(Annexe(code="porteurs", tableau=t),))))
        for t in (tableau(groupes=[]), autre)
    )
    assert avant != apres


def test_rapport_les_futs_de_la_couverture_gardent_leur_type():
    assert "type_montants" not in en_json(rapport())
    comptes = rapport(montants=(("CCAS", Decimal(3)),), type_montants=TypeColonne.ENTIER)
    assert (en_json(comptes)["montants"], en_json(comptes)["type_montants"]) == ([["CCAS", 3]], "entier")
    assert (relu(comptes).montants, relu(comptes).type_montants) == (comptes.montants, TypeColonne.ENTIER)
    assert octets(en_json(relu(comptes))) == octets(en_json(comptes))


def test_rapport_un_format_inconnu_est_refuse():
    with pytest.raises(ValueError, match="format 2"):
        depuis_json({**en_json(rapport()), "format": 2}, lire_image)


def test_rapport_un_chiffre_a_le_type_qu_il_dit():
    section = replace(rapport().sections[0])
    faux = Chiffre(cle="x", libelle="x", valeur=Decimal("1.5"))
    bloc = replace(section.blocs[0], chiffres=(faux,))
    with pytest.raises(TypeError, match="un nombre entier"):
        en_json(rapport(sections=(replace(section, blocs=(bloc,)),)))


LIGNES = st.lists(
    st.fixed_dictionaries(
        {
            "nom": st.text(max_size=30),
            "liste": st.none() | st.lists(st.text(max_size=10), max_size=3),
            "entier": st.none() | st.integers(-(10**9), 10**9),
            "montant": st.none() | st.decimals(-(10**9), 10**9, places=3),
            "part": st.none() | st.decimals(0, 100, places=2),
            "jour": st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)),
        }
    ),
    max_size=6,
)


@given(st.lists(LIGNES, max_size=3))
def test_rapport_toute_annexe_relue_est_la_meme(groupes):
    origine = Tableau(
        titre="T",
        nom="T",
        colonnes=(
            Colonne(cle="nom", titre="Nom"),
            Colonne(cle="liste", titre="Liste", type=TypeColonne.LISTE, pleine_largeur=True),
            Colonne(cle="entier", titre="Nombre", type=TypeColonne.ENTIER, total=True),
            Colonne(cle="montant", titre="€", type=TypeColonne.MONTANT, total=True),
            Colonne(cle="double", titre="2 €", type=TypeColonne.MONTANT, somme_de=("montant",), total=True),
            Colonne(cle="part", titre="%", type=TypeColonne.POURCENTAGE),
            Colonne(cle="jour", titre="Jour", type=TypeColonne.DATE),
        ),
        groupes=[Groupe(titre=f"G{i}", lignes=g, sous_total="Sous-total") for i, g in enumerate(groupes)],
        total="Total",
    )
    entier = rapport(sections=(), annexes=(Annexe(code="a", tableau=origine),))
    lu = relu(entier)
    assert list(rangees(lu.annexes[0].tableau)) == list(rangees(origine))
    assert octets(en_json(lu)) == octets(en_json(entier))


LOGO = Image(description="Logo du Grand Dole", credit="", empreinte=EMPREINTE, contenu=JPEG)


def test_rapport_relu_garde_le_logo_et_la_couleur_de_la_collectivite():
    origine = rapport(logo=LOGO, couleur="#7A1F3D")
    lu = relu(origine)
    assert (lu.logo, lu.couleur) == (LOGO, "#7A1F3D")
    assert lu.logo.contenu == JPEG
    assert octets(en_json(lu)) == octets(en_json(origine))


def test_rapport_sans_identite_a_les_octets_d_avant_les_identites():
    """Versions frozen before there was a logo are read, and written, as they were."""
    donnees = en_json(rapport())
    assert not donnees.keys() & {"logo", "couleur"}
    lu = relu(rapport())
    assert (lu.logo, lu.couleur) == (None, "")
