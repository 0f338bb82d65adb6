"""What the page of the outlines shows: the map as a report will draw it, its source, who loaded what and when."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from comptes.historique import Evenement
from contrats.models import ContratVille, Territoire
from documents import INSECABLE
from documents.graphiques import Carte, Contour, alternative, dessiner
from documents.graphiques_contours import polygones

LARGEUR_MM = 140
LARGEUR_TELEPHONE_MM = 84


@dataclass(frozen=True)
class CarteLue:
    """A map in a page: its drawing on a desk and on a phone, its text, its source."""

    dessin: str
    dessin_telephone: str
    alternative: str
    source: str


def carte(titre: str, contours: Sequence[Contour], source: str = "") -> CarteLue | None:
    """Return the map of these outlines; None without any."""
    if not contours:
        return None
    dessinee = Carte(titre=titre, contours=tuple(contours), source=source)
    return CarteLue(
        dessin=_image(dessinee, LARGEUR_MM),
        dessin_telephone=_image(dessinee, LARGEUR_TELEPHONE_MM),
        alternative=alternative(dessinee),
        source=source,
    )


def _image(dessinee: Carte, largeur_mm: float) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(dessiner(dessinee, largeur_mm=largeur_mm)).decode()}"


def carte_du_contrat(territoires: Sequence[Territoire]) -> CarteLue | None:
    """Return the map of the territories that have an outline; None when none has."""
    contours = [Contour(t.nom, t.contour, t.get_type_display()) for t in territoires if t.contour]
    return carte("Territoires du contrat", contours, sources_des_contours(territoires))


def carte_de_l_apercu(
    territoires: Sequence[Territoire], choisis: Mapping[int, dict[str, Any]]
) -> CarteLue | None:
    """Return the map as it would be once outlines are given to territories (pk); None when none has any."""
    contours = [
        Contour(t.nom, geometrie, t.get_type_display())
        for t in territoires
        if (geometrie := choisis.get(t.pk) or t.contour)
    ]
    return carte("Territoires du contrat, une fois ces contours chargés", contours)


def sources_des_contours(territoires: Sequence[Territoire]) -> str:
    """Return « Contours : ANCT, QPV 2024 », each source once; empty when none is known."""
    sources = dict.fromkeys(t.contour_source for t in territoires if t.contour and t.contour_source)
    return f"Contours{INSECABLE}: {f'{INSECABLE}; '.join(sources)}" if sources else ""


def points(territoire: Territoire) -> int:
    """Return the number of points of an outline; 0 without any, or when it cannot be read."""
    if not territoire.contour:
        return 0
    try:
        return sum(len(a) - 1 for polygone in polygones(territoire.contour, territoire.nom) for a in polygone)
    except ValueError:
        return 0


def historique_des_contours(contrat: ContratVille) -> list[Evenement]:
    """Return what happened to the outlines of a contract, the newest first, in one query."""
    lignes = (
        Territoire.historique.filter(contrat=contrat.pk)
        .select_related("history_user")
        .defer("contour")
        .order_by("id", "history_date", "history_id")
    )
    trouves: list[Evenement] = []
    for _, siennes in groupby(lignes, key=lambda ligne: ligne.id):
        avant = None
        for ligne in siennes:
            if ligne.contour_le != avant:
                trouves.append(_evenement(ligne, remplace=avant is not None))
            avant = ligne.contour_le
    return sorted(trouves, key=lambda evenement: evenement.quand, reverse=True)


def _evenement(ligne: Any, *, remplace: bool) -> Evenement:
    fait = "retiré" if ligne.contour_le is None else "remplacé" if remplace else "chargé"
    source = f" ({ligne.contour_source})" if ligne.contour_source else ""
    return Evenement(
        quand=ligne.history_date,
        qui=str(ligne.history_user or ""),
        quoi=f"{ligne.nom}{INSECABLE}: contour {fait}{source}",
        ton="" if ligne.contour_le else "alerte",
        motif=ligne.history_change_reason or "",
    )
