"""What the narrative of a bilan proposes for its fields: shown, taken one by one, or left aside for good."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from comptes.models import Utilisateur

from .. import effectifs as eff
from ..models import Bilan, SuggestionIgnoree
from ..recits.suggestions import Suggestion, suggerer
from ..saisie import Champ, Colonne, Estimation, Saisie
from .ecriture import PlumeSimple, ecrire_valeurs
from .etats import APRES_SAISIE, OperationRefusee, passer, prendre

# The texts that tell what was done; « perspectives » tells what is hoped, « difficultes » often what was not done.
TEXTES = (
    "mise_en_oeuvre",
    "objectifs_atteints",
    "points_forts",
    "participation_habitants",
    "egalite_femmes_hommes",
    "dates_lieux",
    "type_public",
    "moyens",
)
PLUS_LA = (
    "Cette proposition n'est plus là : le texte ou le chiffre a changé depuis. Relisez celles qui restent."
)
# The history says where the figure comes from, in as many words.
MOTIF_MAX = 160


@dataclass(frozen=True)
class Proposition:
    """A suggestion as it is shown: where it goes, how it is read, what it would replace, the text it comes from."""

    suggestion: Suggestion
    champ: Champ
    # the value as it is read: « 25 juillet 2024 », « 141 »
    lisible: str
    # the value stored now, as it is read; blank for a blank
    remplace: str
    # the name of the text that says it
    source: str

    @property
    def marque(self) -> str:
        """What names it in a button."""
        return self.suggestion.marque


def propositions(saisie: Saisie) -> list[Proposition]:
    """Return what the texts of a bilan propose and nobody left aside, in the order of the page. One query at most."""
    suggestions = [
        suggestion
        for suggestion in _suggestions(saisie)
        # what waits in a field to be corrected is what somebody typed
        if suggestion.champ in saisie.champs and suggestion.champ not in saisie.attente
    ]
    if not suggestions:
        return []
    ignorees = SuggestionIgnoree.objects.filter(bilan=saisie.bilan).values_list("empreinte", flat=True)
    laissees = set(ignorees.order_by())
    return [_proposition(saisie, s) for s in suggestions if s.empreinte not in laissees]


def _suggestions(saisie: Saisie) -> tuple[Suggestion, ...]:
    bilan = saisie.bilan
    if bilan.realisation in Bilan.REALISATIONS_MOTIVEES:
        return ()
    textes = {nom: getattr(bilan, nom) for nom in TEXTES if getattr(bilan, nom)}
    if not textes:
        return ()
    existants = {nom: saisie.brut(nom) for nom in saisie.champs}
    return suggerer(
        textes,
        existants,
        annee=saisie.campagne.annee,
        bandes=saisie.tranches,
        nommer=lambda perimetre, bande, sexe: eff.nom_du_champ(perimetre, eff.Cellule(bande, sexe)),
    )


def _proposition(saisie: Saisie, suggestion: Suggestion) -> Proposition:
    champ = saisie.champs[suggestion.champ]
    lue = replace(champ, valeur=champ.lire(suggestion.texte))
    source = saisie.champs[suggestion.source]
    return Proposition(suggestion, champ, lue.texte(), champ.texte(), source.libelle)


@transaction.atomic
def reprendre_suggestion(bilan: Bilan, utilisateur: Utilisateur, marque: str) -> Proposition:
    """Write in its field what a suggestion proposes, and return it; the history says the words it comes from.

    Raises OperationRefusee when it is no longer proposed, or when the bilan may not be typed in; PermissionDenied for
    an account that the bilan does not belong to.
    """
    actuel = prendre(bilan, utilisateur, "enregistrer")
    saisie = Saisie(actuel)
    proposition = _trouver(saisie, marque)
    vers = APRES_SAISIE.get(Bilan.Statut(actuel.statut))
    if vers is not None:
        passer(actuel, vers, utilisateur)
    plume = PlumeSimple(utilisateur, _motif(proposition.suggestion))
    ecrire_valeurs(saisie, dict(_valeurs(saisie, proposition)), plume)
    try:
        actuel.full_clean()
    except ValidationError as erreur:
        raise OperationRefusee(" ".join(erreur.messages)) from erreur
    actuel.version += 1
    plume.enregistrer(actuel)
    return proposition


@transaction.atomic
def ignorer_suggestion(bilan: Bilan, utilisateur: Utilisateur, marque: str) -> Proposition:
    """Leave a suggestion aside, for these words; return it. Raises as `reprendre_suggestion`."""
    actuel = prendre(bilan, utilisateur, "enregistrer")
    proposition = _trouver(Saisie(actuel), marque)
    suggestion = proposition.suggestion
    SuggestionIgnoree.objects.get_or_create(
        bilan=actuel,
        champ=suggestion.champ,
        empreinte=suggestion.empreinte,
        defaults={"auteur": utilisateur},
    )
    return proposition


def _trouver(saisie: Saisie, marque: str) -> Proposition:
    trouvee = next((p for p in propositions(saisie) if p.marque == marque), None)
    if trouvee is None:
        raise OperationRefusee(PLUS_LA)
    return trouvee


def _valeurs(saisie: Saisie, proposition: Proposition) -> Iterator[tuple[str, Any]]:
    """Give the values to write: « une vingtaine » also says that the numbers are an estimate, when it is the first."""
    champ = proposition.champ
    if proposition.suggestion.approximatif and not isinstance(champ, Colonne):
        estimation = saisie.champs[f"{eff.ENSEMBLE}_estimation"]
        if isinstance(estimation, Estimation) and estimation.sans_case:
            yield estimation.nom, True
    yield champ.nom, champ.lire(proposition.suggestion.texte)


def _motif(suggestion: Suggestion) -> str:
    # « – » between spaces separates what the history says of a set
    citation = suggestion.citation.replace(" – ", " - ")
    coupee = citation if len(citation) <= MOTIF_MAX else f"{citation[:MOTIF_MAX].rstrip()} …"
    return f"repris du texte : « {coupee} »"
