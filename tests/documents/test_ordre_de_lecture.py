"""The report as it is read aloud: the order of its tags, its headings, its figures, the headers of its cells."""

from __future__ import annotations

from itertools import pairwise

import pytest

from documents.graphiques import alternative
from documents.rendu_rapport_pdf import rapport_en_pdf

from .exemples_rapport import CARTE, CREDITS, EVOLUTION, rapport
from .lecture_pdf import Balise, lire_balises

TITRES = ("H1", "H2", "H3", "H4", "H5", "H6")


@pytest.fixture(scope="module")
def lu() -> Balise:
    """The whole example; in its first annex, the objectives stand under the short cells of their row."""
    return lire_balises(rapport_en_pdf(rapport()))


def _de(lu: Balise, *noms: str) -> list[Balise]:
    return [balise for balise in lu.toutes() if balise.nom in noms]


def test_la_couverture_se_lit_de_haut_en_bas(lu):
    couverture = lu.enfants[0].contenu
    attendu = (
        "Grand Dole Rapport annuel politique de la ville 2024 Contrat de ville du Grand Dole Crédits accordés par axe "
        "320 000 € Cohésion sociale 120 500 € Emploi et développement économique 0 € Cadre de vie "
        "Projet soumis à avis Chiffres arrêtés au 30 juin 2025"
    )
    assert couverture == attendu


def test_les_titres_sont_dans_l_ordre_et_n_en_sautent_aucun(lu):
    titres = [(int(balise.nom[1]), balise.contenu) for balise in _de(lu, *TITRES)]
    assert [titre for titre in titres if titre[0] < 3] == [
        (1, "Rapport annuel politique de la ville"),
        (2, "Sommaire"),
        (2, "1 L’essentiel de l’année"),
        (2, "2 Les personnes touchées & les moyens"),
        (2, "Définitions et sources"),
        (2, "Annexe 1 – Bilan des actions 2023 par porteur"),
        (2, "Annexe 2 – Bilan des actions 2023 par porteur"),
    ]
    niveaux = [niveau for niveau, _ in titres]
    assert all(suivant <= niveau + 1 for niveau, suivant in pairwise(niveaux))
    assert all(texte for _, texte in titres)


def test_le_sommaire_dit_le_numero_le_titre_puis_la_page(lu):
    assert [entree.contenu for entree in _de(lu.enfants[1], "LI")] == [
        "1. L’essentiel de l’année 3",
        "2. Les personnes touchées & les moyens 4",
        "Définitions et sources 6",
        "Annexe 1 Bilan des actions 2023 par porteur A1-1",
        "Annexe 2 Bilan des actions 2023 par porteur A2-1",
    ]


def test_chaque_image_a_son_texte_entre_son_titre_et_son_tableau(lu):
    figures = [balise.alternative for balise in _de(lu, "Figure")]
    dessins = [alternative(graphique) for graphique in (CREDITS, EVOLUTION, CARTE)]
    assert figures == [*dessins, "Fête du quartier, le 14 juin 2024"]
    suite = [balise.nom for balise in _de(lu, "H3", "Figure", "Table")]
    rang = suite.index("Figure")
    assert suite[rang - 1 : rang + 2] == ["H3", "Figure", "Table"]


def test_chaque_entete_de_tableau_dit_sa_portee(lu):
    entetes = _de(lu, "TH")
    assert len(entetes) > 40
    assert {entete.portee for entete in entetes} == {"/Column", "/Row"}
    for rangee in (enfant for tete in _de(lu, "THead") for enfant in tete.enfants):
        assert {cellule.portee for cellule in rangee.enfants} == {"/Column"}


@pytest.mark.parametrize(
    ("cellule", "entetes"),
    [
        ("41", ["0-5 ans", "Femmes"]),
        ("VILLE – Médiathèque", ["Ville", "Spectacles en famille", "Porteur"]),
        ("8 400,50", ["Ville", "Spectacles en famille", "Mairie"]),
        ("1 000,00", ["Ville", "Spectacles en famille", "Autres financeurs", "État"]),
        ("24 000", ["Associations & autres", "@Ateliers, cœur d’été", "Autres financeurs", "Agglo"]),
        # the second row of an entry
        (
            "– Aller vers le livre – Accueillir les parents & les enfants <3",
            ["Ville", "Spectacles en famille", "Objectifs"],
        ),
        ("17 226,50", ["Ville", "Sous-total Ville", "Mairie"]),
    ],
)
def test_une_cellule_nomme_ses_entetes(lu, cellule, entetes):
    """Those of its group, of its row, of its columns, and no other."""
    noms = {balise.cle: balise.contenu for balise in _de(lu, "TH")}
    assert len(noms) == len(_de(lu, "TH"))
    trouvee = next(balise for balise in _de(lu, "TD") if balise.contenu == cellule)
    assert [noms[cle] for cle in trouvee.entetes] == entetes


def test_aucune_cellule_n_est_sans_entete(lu):
    noms = {balise.cle for balise in _de(lu, "TH")}
    assert all(set(cellule.entetes) <= noms and cellule.entetes for cellule in _de(lu, "TD"))
