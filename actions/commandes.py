"""What commands name on their line: a contract and one of its years."""

from django.db.models import Q

from comptes.commandes import Refus
from contrats.models import ContratVille
from documents.normalisation import normaliser

from .models import ActionAnnuelle, Campagne
from .querysets import ActionAnnuelleQuerySet


def contrat_demande(slug: str | None) -> ContratVille:
    """Return the contract named `slug`, its intercommunality read. Raises Refus, which lists those there are."""
    contrats = {c.slug: c for c in ContratVille.objects.select_related("epci").order_by("slug")}
    existants = f"Contrats : {', '.join(contrats)}." if contrats else "Aucun contrat n'est enregistré."
    if not slug:
        raise Refus(f"Indiquez le contrat : --contrat CONTRAT. {existants}")
    if slug not in contrats:
        raise Refus(f"Le contrat « {slug} » n'existe pas. {existants}")
    return contrats[slug]


def campagne_demandee(contrat: ContratVille, annee: str | int | None) -> Campagne:
    """Return the campaign of that year. Raises Refus, which lists the years there are."""
    campagnes = {str(c.annee): c for c in Campagne.objects.filter(contrat=contrat).order_by("annee")}
    existantes = f"Années : {', '.join(campagnes)}." if campagnes else "Aucune année n'y est ouverte."
    if annee is None:
        raise Refus(f"Indiquez l'année : --annee ANNÉE. {existantes}")
    if str(annee) not in campagnes:
        raise Refus(f"Le contrat « {contrat.slug} » n'a pas d'année « {annee} ». {existantes}")
    campagne = campagnes[str(annee)]
    campagne.contrat = contrat
    return campagne


def actions_demandees(
    campagne: Campagne, action: str | None, porteur: str | None
) -> tuple[ActionAnnuelleQuerySet | None, str]:
    """Return the actions of a year that a command names, and how they were chosen, in words; None for all of them.

    An action is named by its title or its key, a porteur by its name or its key; those of its services are its own.
    Raises Refus, which lists those there are, when nothing has that name.
    """
    actions: ActionAnnuelleQuerySet = ActionAnnuelle.objects.filter(campagne=campagne)
    mots = []
    if porteur:
        actions = actions.filter(
            Q(action__porteur__cle=porteur)
            | Q(action__porteur__nom_normalise=normaliser(porteur))
            | Q(action__porteur__parent__cle=porteur)
            | Q(action__porteur__parent__nom_normalise=normaliser(porteur))
        )
        if not actions.exists():
            raise Refus(
                f"Aucun porteur de {campagne.annee} ne s'appelle « {porteur} ». "
                f"Porteurs : {_noms(campagne, 'action__porteur__nom')}."
            )
        mots.append(f"porteur : {porteur}")
    if action:
        trouvees = actions.filter(Q(cle=action) | Q(action__intitule_normalise=normaliser(action)))
        if not trouvees.exists():
            raise Refus(
                f"Aucune action de {campagne.annee} ne s'appelle « {action} ». "
                f"Actions : {_noms(campagne, 'action__intitule')}."
            )
        actions = trouvees
        mots.append(f"action : {action}")
    return (actions, ", ".join(mots)) if mots else (None, "")


def _noms(campagne: Campagne, champ: str) -> str:
    noms = ActionAnnuelle.objects.filter(campagne=campagne).order_by(champ).values_list(champ, flat=True)
    return ", ".join(dict.fromkeys(noms))
