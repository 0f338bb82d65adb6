"""What the grids of cells share: reading what a script sends of a row, or a form sent without a script."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from actions.models import ActionAnnuelle
from comptes.templatetags.typographie import euros, heure, insecables, pluriel
from comptes.vues import lire_json
from documents.texte import nettoyer
from financements.operations import CelluleChangee
from financements.programmation import Colonne

from ..operations.brouillon import Changement
from ..pages.grille import LigneEnVue, ecrire_montant, lire_montant
from ..pages.rapide import Conflit, moment

AVANT = "-avant"
ILLISIBLE = "La saisie n'a pas pu être lue : rechargez la page, puis recommencez."
RIEN_A_ENREGISTRER = "Rien n'a changé : tout était déjà enregistré."
SEULEMENT_LES_SIENS = "Ces montants ne sont pas les vôtres, ou ne sont plus modifiables : rechargez la page."


def lire_la_demande(request: HttpRequest) -> tuple[str, dict[str, Changement]] | None:
    """Return the key of the row and its typed cells; None for anything else than what the page sends."""
    try:
        corps = lire_json(request.body)
        champs = {
            _texte(nom): Changement(_texte(valeurs["avant"]), _texte(valeurs["apres"]))
            for nom, valeurs in corps["champs"].items()
        }
        cle = _texte(corps["ligne"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return (cle, champs) if champs else None


def _texte(valeur: Any) -> str:
    if not isinstance(valeur, str):
        raise TypeError("A text was expected.")
    return nettoyer(valeur)


def cles(request: HttpRequest) -> list[str]:
    """Return the keys of the rows of a form sent without a script."""
    # No key holds a NUL, and PostgreSQL refuses to look for one.
    return [nom.removesuffix(AVANT) for nom in request.POST if nom.endswith(AVANT) and "\0" not in nom]


def cases_changees(request: HttpRequest, cle: str, noms: Iterable[str]) -> dict[str, Changement]:
    """Return the cells of a row whose text is not the one that the page knew as saved."""
    try:
        avant = lire_json(request.POST[f"{cle}{AVANT}"])
    except ValueError:
        return {}
    if not isinstance(avant, dict):
        return {}
    changees = {}
    for nom in noms:
        connu, apres = avant.get(nom), request.POST.get(f"{cle}-{nom}")
        if isinstance(connu, str) and apres is not None and apres != connu:
            changees[nom] = Changement(connu, apres.replace("\0", ""))
    return changees


# -- Amounts ---------------------------------------------------------------------------------------
@dataclass
class MontantsEcrits:
    """What became of the amounts of a row: written (as they are shown), refused with a sentence, changed meanwhile."""

    enregistres: dict[str, str] = field(default_factory=dict)
    refuses: dict[str, str] = field(default_factory=dict)
    conflits: dict[str, Conflit] = field(default_factory=dict)
    # why nothing of the row could be written
    refus: str = ""

    @property
    def reste(self) -> bool:
        """Whether something that was typed is not saved."""
        return bool(self.refuses or self.conflits or self.refus)

    def en_json(self) -> dict[str, Any]:
        """Return what the script reads of a row."""
        return {
            "quand": heure(timezone.now()),
            "enregistres": self.enregistres,
            "refuses": self.refuses,
            "conflits": {nom: asdict(conflit) for nom, conflit in self.conflits.items()},
        }


Ecrire = Callable[[Colonne, Decimal | None, Decimal | None], object]


def ecrire_les_montants(
    ecrire: Ecrire, colonnes: Mapping[str, Colonne], champs: Mapping[str, Changement]
) -> MontantsEcrits:
    """Write the typed amounts of a row, each on its own: one that is refused holds none of the others back.

    `ecrire(colonne, montant, avant)` writes one, or raises CelluleChangee, ValidationError, PermissionDenied.
    """
    ecrits = MontantsEcrits()
    for nom, changement in champs.items():
        colonne = colonnes[nom]
        try:
            montant, avant = lire_montant(changement.apres), lire_montant(changement.avant)
            ecrire(colonne, montant, avant)
        except CelluleChangee as autre:
            ecrits.conflits[nom] = _conflit(colonne, autre)
        except ValidationError as erreur:
            ecrits.refuses[nom] = insecables(" ".join(erreur.messages))
        except PermissionDenied:
            ecrits.refus = SEULEMENT_LES_SIENS
        else:
            ecrits.enregistres[nom] = ecrire_montant(montant)
    return ecrits


def enregistrer_la_page(
    request: HttpRequest,
    visibles: QuerySet[ActionAnnuelle],
    colonnes: Mapping[str, Colonne],
    ecrire_de: Callable[[ActionAnnuelle], Ecrire],
) -> dict[str, MontantsEcrits]:
    """Write the amounts of a form sent without a script and say so; return what became of each row, by key.

    `ecrire_de(annuelle)` gives what writes the cells of a row.
    """
    changees = {cle: champs for cle in cles(request) if (champs := cases_changees(request, cle, colonnes))}
    annuelles = visibles.filter(cle__in=changees).select_related("campagne__contrat").order_by("pk")
    traitees = {
        annuelle.cle: ecrire_les_montants(ecrire_de(annuelle), colonnes, changees[annuelle.cle])
        for annuelle in annuelles
    }
    dire_les_montants(request, traitees.values())
    return traitees


def _conflit(colonne: Colonne, autre: CelluleChangee) -> Conflit:
    valeur = ecrire_montant(autre.actuel)
    qui = autre.qui or "une autre personne"
    return Conflit(colonne.libelle, valeur, euros(autre.actuel) or "rien", qui, moment(autre.quand))


def rendre_ce_qui_reste(request: HttpRequest, ligne: LigneEnVue, ecrits: MontantsEcrits) -> None:
    """Put back in the cells of a row what was typed and is not saved, with why."""
    ligne.refus, ligne.conflits = ecrits.refus, list(ecrits.conflits.values())
    for case in ligne.cases:
        nom = case.colonne.cle
        if ecrits.refus or nom in ecrits.refuses or nom in ecrits.conflits:
            case.valeur = request.POST.get(case.nom, case.valeur)
        case.erreur = ecrits.refuses.get(nom, "")


def dire_les_montants(request: HttpRequest, traitees: Iterable[MontantsEcrits]) -> None:
    """Say how many amounts a form sent without a script has written."""
    lues = list(traitees)
    combien = sum(len(ecrits.enregistres) for ecrits in lues)
    if combien:
        messages.success(request, f"{pluriel(combien, 'montant est enregistré,montants sont enregistrés')}.")
    elif not any(ecrits.reste for ecrits in lues):
        messages.info(request, RIEN_A_ENREGISTRER)
