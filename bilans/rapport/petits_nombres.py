"""The small numbers of people that a report is about to say to everybody (domaine.md §9, « petit effectif »).

They are shown to who composes, never changed: decision 0019 says why.
"""

from collections.abc import Iterator

from documents import INSECABLE
from documents.affichage import voir
from documents.calcul import Genre
from documents.rapport import BlocTableau, Rapport
from documents.tableau import Tableau

# The columns that count people: of the tables by sex and age, of the annex of the people, of that of the porteurs.
SEXES = {"femmes": "femme", "hommes": "homme"}
PUBLICS = {
    "femmes_total": "femme",
    "hommes_total": "homme",
    "personnes_total": "personne",
    "femmes_qpv": "femme",
    "hommes_qpv": "homme",
}
BENEFICIAIRES = {"beneficiaires": "personne"}


def petits_nombres(rapport: Rapport, seuil: int) -> list[str]:
    """Return, in words, each number of people of the report between 1 and `seuil` excluded: where, and how many."""
    trouves: list[str] = []
    for section in rapport.sections:
        for bloc in section.blocs:
            if isinstance(bloc, BlocTableau) and bloc.code.startswith("publics"):
                trouves += _petits(bloc.tableau, SEXES, seuil, "libelle")
    for annexe in rapport.annexes:
        if annexe.code == "porteurs":
            trouves += _petits(annexe.tableau, BENEFICIAIRES, seuil, "intitule")
        elif annexe.code == "publics":
            trouves += _petits(annexe.tableau, PUBLICS, seuil, "intitule")
    return trouves


def _petits(tableau: Tableau, comptees: dict[str, str], seuil: int, cle_du_nom: str) -> Iterator[str]:
    rangs = {colonne.cle: rang for rang, colonne in enumerate(tableau.colonnes)}
    for rangee in voir(tableau).rangees:
        if rangee.genre != Genre.LIGNE:
            continue
        for cle, mot in comptees.items():
            nombre = rangee.cellules[rangs[cle]] if cle in rangs else None
            if isinstance(nombre, int) and 0 < nombre < seuil:
                qui = f"{nombre}{INSECABLE}{mot}{'s' if nombre > 1 else ''}"
                yield f"{tableau.titre}, {rangee.cellules[rangs[cle_du_nom]]}{INSECABLE}: {qui}"
