"""A chart in words and as a table; what its description refuses."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pytest

from documents import TypeColonne, rendre
from documents.affichage import voir
from documents.calcul import Genre
from documents.graphiques import (
    Carte,
    Contour,
    Graphique,
    Serie,
    alternative,
    ecrire,
    est_l_inconnu,
    tableau_du_graphique,
)

from .exemples_graphiques import (
    annees,
    bagnols,
    financeurs,
    grand_dole,
    par_axe_et_financeur,
    polygone,
    sexes,
    situation,
    tache,
)


def _simple(texte: str) -> str:
    return texte.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("attributs", "faute"),
    [
        ({"titre": ""}, "a un titre"),
        ({"categories": ("Ville",)}, "une valeur par catégorie"),
        ({"type": TypeColonne.TEXTE}, "des nombres, des montants ou des pourcentages"),
        ({"categories": ("a",), "series": (Serie("s", (Decimal("NaN"),)),)}, "nombre fini"),
    ],
)
def test_une_description_qui_se_contredit_est_refusee(attributs, faute):
    with pytest.raises(ValueError, match=faute):
        financeurs(**attributs)


@pytest.mark.parametrize("valeur", [1.5, True, "12"])
def test_un_flottant_n_est_pas_une_valeur(valeur):
    with pytest.raises(TypeError, match="un entier, un Decimal"):
        Graphique(titre="t", categories=("a",), series=(Serie("s", (valeur,)),))
    with pytest.raises(TypeError, match="un entier, un Decimal"):
        Carte(titre="t", contours=(Contour("a", polygone(tache(4, 44, 1)), valeur=valeur),))


def test_les_formats_sont_francais():
    montants = financeurs()
    assert _simple(ecrire(Decimal(24000), montants)) == "24 000 €"
    assert _simple(ecrire(None, montants)) == "non renseigné"
    assert _simple(ecrire(Decimal("12.5"), situation())) == "12,5 %"
    assert _simple(ecrire(1420, sexes())) == "1 420"
    # as soon as one amount has cents, all show them
    precis = financeurs(categories=("a", "b"), series=(Serie("s", (Decimal(3), Decimal("1.5"))),))
    assert _simple(ecrire(Decimal(3), precis)) == "3,00 €"


def test_la_serie_de_ce_qui_n_est_pas_dit_est_reconnue():
    assert [est_l_inconnu(Serie(nom, ())) for nom in ("Non renseigné", "non\u00a0renseignés ", "Femmes")] == [
        True,
        True,
        False,
    ]


def test_l_alternative_dit_ce_que_c_est_les_extremes_et_l_inconnu():
    assert _simple(alternative(financeurs())) == (
        "Diagramme en barres : La Ville et l'État portent 84 % des crédits. Crédits 2023 par financeur. "
        "Au plus 321 439 € (Ville de Bagnols-sur-Cèze), au moins 2 500 € (Ville de Pont-Saint-Esprit). "
        "1 valeur non renseignée."
    )
    assert _simple(alternative(annees())) == (
        "Courbe : Les crédits de l'État doublent en six ans. De 2018 à 2024. "
        "État : au plus 240 100 € (2024), au moins 120 000 € (2018). "
        "Ville de Bagnols-sur-Cèze : au plus 330 000 € (2024), au moins 300 000 € (2018). "
        "1 valeur non renseignée."
    )
    assert _simple(alternative(situation())).endswith("3 valeurs non renseignées.")


def test_l_alternative_de_nombreuses_series_reste_courte():
    texte = _simple(alternative(par_axe_et_financeur()))
    assert "Au plus 275 556 € (Cohésion sociale, Ville de Bagnols-sur-Cèze)" in texte
    assert (
        "au moins 500 € (Cohésion sociale, Ville de Pont-Saint-Esprit). 7 valeurs non renseignées." in texte
    )
    assert "Conseil départemental" not in texte


def test_l_alternative_d_un_graphique_sans_valeur():
    vide = financeurs(categories=(), series=(), titre="Rien !", sous_titre="")
    assert _simple(alternative(vide)) == "Diagramme en barres : Rien ! Aucune donnée."
    inconnu = financeurs(categories=("a", "b"), series=(Serie("s", (None, None)),), sous_titre="")
    assert _simple(alternative(inconnu)).endswith("des crédits. Aucune valeur n'est renseignée.")
    seul = financeurs(categories=("a",), series=(Serie("s", (Decimal(2),)),), sous_titre="")
    assert _simple(alternative(seul)).endswith("des crédits. 2 € (a).")
    egal = financeurs(categories=("a", "b"), series=(Serie("s", (Decimal(2), Decimal(2))),), sous_titre="")
    assert _simple(alternative(egal)).endswith("des crédits. Partout 2 €.")


def test_l_alternative_d_une_carte():
    assert _simple(alternative(grand_dole())) == (
        "Carte : Le quartier des Mesnils Pasteur dans le Grand Dole. Intercommunalité : Grand Dole. "
        "Commune : Dole, Saint-Vit. QPV : Les Mesnils Pasteur. "
        "Quartier vécu : La Bedugue, le Poiset et les bords du Doubs."
    )
    assert _simple(alternative(bagnols())) == (
        "Carte : Quatre quartiers. QPV : Les Escanaux, La Citadelle, La Coronelle. "
        "Au plus 1 420 (Les Escanaux), au moins 640 (La Citadelle). 1 valeur non renseignée."
    )


def _lignes(tableau):
    vue = voir(tableau)
    return [
        [r.libelle, *(_simple(vue.texte(i, r)) for i in range(len(tableau.colonnes)))]
        for r in vue.rangees
        if r.genre in (Genre.LIGNE, Genre.TOTAL)
    ]


def test_le_tableau_est_le_double_du_graphique():
    tableau = tableau_du_graphique(financeurs())
    assert [colonne.titre for colonne in tableau.colonnes] == ["Financeur", "2023"]
    assert _lignes(tableau)[1:3] == [
        ["", "État", "238 800"],
        ["", "Conseil départemental du Gard", "60 300"],
    ]
    # blank is not zero, and it is said
    assert _lignes(tableau)[-1] == ["", "Caisse d'allocations familiales (hors total)", ""]
    assert [_simple(note) for note in tableau.notes] == ["Case vide : valeur non renseignée."]
    assert tableau_du_graphique(sexes()).notes == ()


def test_les_totaux_ne_viennent_que_si_on_les_demande():
    assert len(_lignes(tableau_du_graphique(sexes()))) == 5
    avec = _lignes(tableau_du_graphique(sexes(), total="Total", colonne_total="Ensemble"))
    assert avec[-1] == ["Total", "", "95", "161", "915", "1 171"]
    assert avec[0] == ["", "CCAS", "59", "82", "0", "141"]
    with pytest.raises(ValueError, match="ne peut pas porter de somme"):
        tableau_du_graphique(situation(), total="Total")


def test_le_tableau_d_une_courbe_et_d_une_carte():
    assert tableau_du_graphique(annees()).colonnes[0].titre == "Année"
    assert _lignes(tableau_du_graphique(bagnols())) == [
        ["", "Les Escanaux", "QPV", "1 420"],
        ["", "La Citadelle", "QPV", "640"],
        ["", "La Coronelle", "QPV", ""],
    ]
    sans_chiffre = tableau_du_graphique(grand_dole())
    assert [colonne.titre for colonne in sans_chiffre.colonnes] == ["Territoire", "Nature"]
    assert sans_chiffre.notes == ()


def test_le_tableau_se_rend():
    sortie = BytesIO()
    rendre(tableau_du_graphique(sexes(), total="Total"), "csv", sortie)
    assert "CCAS;59;82;0" in sortie.getvalue().decode()
