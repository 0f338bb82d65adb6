"""The campaign of the bilans: whom to write to, what is asked beside the bilan, when it was opened."""

from datetime import datetime
from typing import Any

from django.utils.text import slugify

from actions.models import Campagne, EvenementCampagne, IndicateurDemande, Question
from porteurs.models import Porteur, Representant

from .ecriture import Ecriture


def charger_recueil(ecriture: Ecriture, campagne: Campagne, lu: Any) -> None:
    """Give an open campaign its opening, its questions and the addresses to write to, as `cadre.json` says."""
    dire_l_ouverture(ecriture, campagne)
    for ordre, question in enumerate(lu["questions"], 1):
        ecriture.creer(Question, campagne=campagne, ordre=ordre, **question)
    for ordre, indicateur in enumerate(lu["indicateurs"], 1):
        ecriture.creer(IndicateurDemande, campagne=campagne, ordre=ordre, **indicateur)
    _representants(ecriture, campagne, lu)


def dire_l_ouverture(ecriture: Ecriture, campagne: Campagne) -> None:
    """Write in the history of an open campaign the day on which its bilans were opened."""
    evenement = ecriture.creer(
        EvenementCampagne,
        campagne=campagne,
        type=EvenementCampagne.Type.OUVERTURE,
        auteur=ecriture.auteur,
        echeance=campagne.bilan_echeance,
    )
    # `date` is the day of writing, whatever is given: the demonstration needs the day of the opening.
    ouverture = datetime.fromisoformat(f"{campagne.bilan_ouverture}T09:00:00+01:00")
    EvenementCampagne.objects.filter(pk=evenement.pk).update(date=ouverture)


def _representants(ecriture: Ecriture, campagne: Campagne, lu: Any) -> None:
    """Give each structure of the programme an invented address, but those that the preview must show without one."""
    porteurs = Porteur.objects.filter(actions__annees__campagne=campagne).distinct().order_by("pk")
    for porteur in porteurs:
        if porteur.nom in lu["sans_adresse"] or porteur.representants.exists():
            continue
        adresse = lu["adresses"].get(porteur.nom) or f"{slugify(porteur.nom)[:40]}@pilotis.example"
        ecriture.creer(
            Representant,
            porteur=porteur,
            nom=f"Direction de {porteur.nom}",
            fonction="Direction",
            email=adresse,
        )
