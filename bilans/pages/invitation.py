"""What the page of an invitation says before anyone has signed in: how many bilans, by when, whom to ask."""

from dataclasses import dataclass

from django.utils import timezone

from actions.models import Campagne
from comptes.templatetags.typographie import date_longue
from porteurs.models import Porteur

from ..destinataires import bilans_dus
from ..messages import phrase_attendus

# The years in which a porteur may have something to write.
STATUTS_EN_COURS = (Campagne.Statut.BILANS_OUVERTS, Campagne.Statut.BILANS_CLOS)


@dataclass(frozen=True)
class Attente:
    """What a campaign awaits from a porteur, as one sentence: counts and dates, never the name of an action."""

    campagne: Campagne
    phrase: str


def attentes(porteur: Porteur) -> list[Attente]:
    """Return what is awaited from a porteur and its services, the oldest year first."""
    campagnes = Campagne.objects.filter(contrat__epci=porteur.epci_id, statut__in=STATUTS_EN_COURS)
    trouvees = []
    for campagne in campagnes.select_related("contrat").order_by("annee", "contrat__nom"):
        if phrase := _phrase(campagne, porteur):
            trouvees.append(Attente(campagne, phrase))
    return trouvees


def _phrase(campagne: Campagne, porteur: Porteur) -> str:
    if dus := bilans_dus(campagne, porteur=porteur):
        return phrase_attendus(dus)
    ouverture = campagne.bilan_ouverture
    if ouverture is None or ouverture <= timezone.localdate():
        return ""
    if not (a_venir := bilans_dus(campagne, porteur=porteur, avant_l_heure=True)):
        return ""
    return f"{phrase_attendus(a_venir)}, à saisir à partir du {date_longue(ouverture)}"


def campagne_a_joindre(porteur: Porteur) -> Campagne | None:
    """Return the latest campaign of the porteur's intercommunality that says whom to ask; None without one."""
    campagnes = Campagne.objects.filter(contrat__epci=porteur.epci_id).exclude(contact_email="")
    derniere: Campagne | None = campagnes.order_by("-annee", "pk").first()
    return derniere
