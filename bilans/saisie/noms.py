"""The fields of a bilan as people call them, and where the page of a bilan shows each of them."""

from comptes.templatetags.typographie import insecables

from .. import effectifs as eff
from ..models import Bilan
from .registre import Saisie

TOUT, EFFECTIFS, INDICATEURS, BUDGET, PIECES = "", "effectifs", "indicateurs", "budget", "pieces"
GROUPES = {
    TOUT: "Ensemble du bilan",
    EFFECTIFS: "Nombre de personnes",
    INDICATEURS: "Indicateurs",
    BUDGET: "Budget réalisé",
    PIECES: "Pièces jointes",
}
PREFIXES_BUDGET = ("budget_", "ecart_", "crf_")
PREFIXES_EFFECTIFS = tuple(f"{perimetre}_" for perimetre in eff.PERIMETRES)


def place(champ: str) -> str:
    """Return the block of the page where a field is read: the cell « qpv_12_F » is among « effectifs »."""
    if champ.startswith(PREFIXES_EFFECTIFS):
        return EFFECTIFS
    if champ.startswith(PREFIXES_BUDGET):
        return BUDGET
    return champ.removesuffix("_F").removesuffix("_H") if champ.startswith("demande_") else champ


def noms_des_champs(saisie: Saisie) -> dict[str, str]:
    """Return what people call every field on which a remark may be made, and every group of fields, by name."""
    return GROUPES | {nom: insecables(champ.libelle) for nom, champ in saisie.champs.items()}


def etape_de_la_saisie(bilan: Bilan, champ: str) -> str:
    """Return the step of the porteur's form where a field is typed."""
    return Saisie(bilan).etape_du_champ(champ)
