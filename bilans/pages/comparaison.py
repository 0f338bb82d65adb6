"""A bilan beside that of the year before: each number with its difference in words, each text within reach."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from actions.models import ActionAnnuelle
from comptes.models import Utilisateur
from comptes.templatetags.typographie import nombre
from documents import INSECABLE
from documents.normalisation import normaliser

from .. import effectifs as eff
from ..models import Bilan, ValeurIndicateur

# A difference is sharp from a third of last year's figure, and from five: two volunteers instead of one are not.
PART_VIVE = Decimal(1) / 3
NOMBRE_VIF = 5

CHAMPS_NOMBRES = ("salaries", "benevoles", "intervenants", "nombre_seances")
CHAMPS_TEXTES = (*Bilan.CHAMPS_RECIT, "type_public", "moyens", "partenariats", "dates_lieux")
# Cells of the grid that are compared: everyone, women, men.
COLONNES = (eff.TOTAL, eff.FEMMES, eff.HOMMES)

Nombre = int | Decimal


class Ecart(NamedTuple):
    """What a number became since the other year, in words; `vif` when it deserves a look."""

    phrase: str
    vif: bool


@dataclass(frozen=True)
class AnneePrecedente:
    """The last year in which the action took place before this one, and what its bilan said."""

    annee: int
    cle: str
    # False when that bilan was never received: there is nothing to compare
    recue: bool
    nombres: dict[Hashable, Nombre] = field(default_factory=dict)
    textes: dict[str, str] = field(default_factory=dict)

    def ecart(self, cle: Hashable, actuel: Nombre | None) -> Ecart | None:
        """Return the difference with that year; None when neither year says anything, or nothing was received."""
        if not self.recue:
            return None
        return comparer(actuel, self.nombres.get(cle), self.annee)


def comparer(actuel: Nombre | None, ancien: Nombre | None, annee: int) -> Ecart | None:
    """Return « 12 de moins qu'en 2023 (57) » for 45 and 57; None when both are unknown. Blank is not zero."""
    if actuel is None and ancien is None:
        return None
    if ancien is None:
        return Ecart(f"non renseigné en {annee}", vif=False)
    if actuel is None:
        return Ecart(f"non renseigné, alors qu'en {annee} c'était {nombre(ancien)}", vif=True)
    difference = Decimal(actuel) - Decimal(ancien)
    if not difference:
        return Ecart(f"autant qu'en {annee}", vif=False)
    sens = "de plus" if difference > 0 else "de moins"
    vif = abs(difference) >= NOMBRE_VIF and abs(difference) >= PART_VIVE * Decimal(ancien)
    phrase = f"{nombre(abs(difference))}{INSECABLE}{sens} qu'en {annee} ({nombre(ancien)})"
    return Ecart(phrase, vif)


def annee_precedente(bilan: Bilan, utilisateur: Utilisateur) -> AnneePrecedente | None:
    """Return the same action in the nearest earlier year, None when this is its first. A fixed number of queries.

    An action refused or never programmed that year is no earlier year; the same dispositif comes first.
    """
    annuelle = bilan.action_annuelle
    anterieures = list(
        ActionAnnuelle.objects.visibles_par(utilisateur)
        .filter(action=annuelle.action_id, campagne__annee__lt=annuelle.campagne.annee)
        .exclude(statut__in=ActionAnnuelle.STATUTS_SANS_BILAN)
        .select_related("campagne", "bilan")
        .order_by("-campagne__annee", "pk")
    )
    if not anterieures:
        return None
    annee = anterieures[0].campagne.annee
    de_l_annee = [autre for autre in anterieures if autre.campagne.annee == annee]
    meme_dispositif = [a for a in de_l_annee if a.dispositif_id == annuelle.dispositif_id]
    precedente = (meme_dispositif or de_l_annee)[0]
    ancien: Bilan | None = getattr(precedente, "bilan", None)
    if ancien is None or ancien.statut not in Bilan.STATUTS_RECUS:
        return AnneePrecedente(annee, precedente.cle, recue=False)
    textes = {champ: texte for champ in CHAMPS_TEXTES if (texte := getattr(ancien, champ))}
    return AnneePrecedente(annee, precedente.cle, True, _nombres(ancien, precedente), textes)


def _nombres(bilan: Bilan, annuelle: ActionAnnuelle) -> dict[Hashable, Nombre]:
    nombres: dict[Hashable, Nombre | None] = {champ: getattr(bilan, champ) for champ in CHAMPS_NOMBRES}
    lignes = bilan.effectifs.select_related("tranche").order_by("pk")
    for perimetre, grille in eff.grilles(list(lignes), list(annuelle.campagne.tranches.all())).items():
        nombres |= {(perimetre, colonne): valeur for colonne, valeur in nombres_de_la_grille(grille).items()}
    for valeur in bilan.valeurs_indicateurs.select_related("demande").order_by("ordre", "pk"):
        nombres.setdefault(cle_de_l_indicateur(valeur), valeur.valeur)
    for reponse in bilan.reponses.select_related("question").order_by("question__ordre"):
        nombres[cle_du_libelle(reponse.question.libelle)] = reponse.nombre
    return {cle: connu for cle, connu in nombres.items() if connu is not None}


def nombres_de_la_grille(grille: eff.Grille) -> dict[str, int | None]:
    """Return the people of a grid by column that is compared: everyone, women, men."""
    return {
        colonne: grille.total if colonne == eff.TOTAL else grille.total_de_la_colonne(colonne)
        for colonne in COLONNES
    }


def cle_de_l_indicateur(valeur: ValeurIndicateur) -> Hashable:
    """Return what makes two years' values those of one indicator: the contract's indicator, else its words."""
    indicateur = valeur.indicateur_id or (valeur.demande.indicateur_id if valeur.demande else None)
    return ("indicateur", indicateur) if indicateur else cle_du_libelle(valeur.libelle)


def cle_du_libelle(libelle: str) -> Hashable:
    """Return what makes two years' questions the same: their words, accents and case aside."""
    return ("libelle", normaliser(libelle))
