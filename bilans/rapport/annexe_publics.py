"""The annex of the people: what each validated bilan counts, which adds up to the figures of the report."""

from collections.abc import Iterator, Sequence
from typing import Any

from actions.models import TrancheAge
from comptes.templatetags.typographie import insecables
from documents import Colonne, Groupe, Tableau, TypeColonne, additionner

from ..chiffres import qui_dit_combien
from ..models import Bilan
from .donnees import Donnees
from .publics import LIBELLES, Public, lire_publics

ESTIMATION = "Estimation ou fourchette, non additionnée."
MUET = "Ne dit pas combien de personnes."
NOTE = (
    "Une ligne par bilan validé. Case vide : le bilan ne le dit pas. Somme des personnes de chaque action : une "
    "personne qui participe à deux actions est comptée deux fois."
)


def publics_par_action(d: Donnees) -> Tableau:
    """Return a row for each validated bilan, with its people by sex in each perimeter that the report counts."""
    perimetres = [public.perimetre for public in d.publics]
    return Tableau(
        titre="Publics par action",
        nom="publics",
        colonnes=(
            Colonne(cle="intitule", titre="Action", poids=3, entete_ligne=True),
            Colonne(cle="structure", titre="Structure", poids=2, fusionner=True),
            *(colonne for perimetre in perimetres for colonne in _colonnes(perimetre)),
            Colonne(cle="remarque", titre="Remarque", poids=2),
        ),
        groupes=(Groupe(lignes=tuple(_lignes(d, perimetres))),),
        sous_titre=d.sur_bilans,
        total="Total",
        notes=(insecables(NOTE),),
    )


def _colonnes(perimetre: str) -> tuple[Colonne, ...]:
    """Return women, men, unknown and their sum, under the name of the perimeter."""
    lues = (("femmes", "Femmes"), ("hommes", "Hommes"), ("non_renseigne", "Sexe non renseigné"))
    colonnes = [
        Colonne(
            cle=f"{cle}_{perimetre}",
            titre=titre,
            groupe=LIBELLES[perimetre],
            type=TypeColonne.ENTIER,
            total=True,
        )
        for cle, titre in lues
    ]
    return (
        *colonnes,
        Colonne(
            cle=f"personnes_{perimetre}",
            titre="Total",
            groupe=LIBELLES[perimetre],
            type=TypeColonne.ENTIER,
            total=True,
            somme_de=tuple(colonne.cle for colonne in colonnes),
        ),
    )


def _lignes(d: Donnees, perimetres: Sequence[str]) -> Iterator[dict[str, Any]]:
    tranches = list(d.campagne.tranches.all())
    for action in d.actions:
        bilan = d.bilans.get(action.pk)
        if bilan is not None:
            personnes = _personnes(bilan, tranches, perimetres)
            yield {
                "intitule": action.intitule,
                "structure": action.structure_nom,
                **personnes,
                "remarque": _remarque(bilan),
            }


def _personnes(
    bilan: Bilan, tranches: Sequence[TrancheAge], perimetres: Sequence[str]
) -> dict[str, int | None]:
    """Return women, men and unknown of a bilan in each perimeter, as the table by sex and age adds them."""
    lus = {public.perimetre: public for public in lire_publics([bilan], tranches)}
    cellules: dict[str, int | None] = {}
    for perimetre in perimetres:
        public = lus.get(perimetre, Public(perimetre, LIBELLES[perimetre]))
        cellules[f"femmes_{perimetre}"] = public.femmes
        cellules[f"hommes_{perimetre}"] = public.hommes
        cellules[f"non_renseigne_{perimetre}"] = additionner(rang.non_renseigne for rang in public.rangs)
    return cellules


def _remarque(bilan: Bilan) -> str:
    """Return why a bilan adds nobody, empty for one that does."""
    exact, _, estime = qui_dit_combien([bilan])
    if exact:
        return ""
    return ESTIMATION if estime else MUET
