"""What the structures owe under their conventions and who is written to about it: read now, never remembered.

The page that previews, the operation that queues and the task that sends all ask again, so that nobody who has
handed everything in is ever reminded. The day of a reminder is stored with its deadline (`rappel_le`).
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils import timezone

from actions.models import Campagne
from contrats.models import ContratVille
from porteurs.models import Convention, Echeance, Invitation, Porteur

from .destinataires import Annuaire, Contact, adresses_en_defaut
from .models import Courriel

# Nothing is asked under a text that is not adopted, nor under one that is put away.
STATUTS_SANS_RAPPEL = (Convention.Statut.PROJET, Convention.Statut.ARCHIVEE)


@dataclass(frozen=True)
class RappelEcheances:
    """An address, the porteur that it speaks for, and what is owed there, the oldest first."""

    contact: Contact
    echeances: tuple[Echeance, ...]
    invitation: Invitation | None = None
    ecrit_aujourd_hui: bool = False
    # the e-mail that this address did not take
    defaut: Courriel | None = None

    @property
    def joignable(self) -> bool:
        """Whether a message may be sent today."""
        return self.defaut is None and not self.ecrit_aujourd_hui

    @property
    def nouveau(self) -> bool:
        """Whether something here was never reminded."""
        return any(echeance.rappelee_le is None for echeance in self.echeances)


@dataclass(frozen=True)
class Rappels:
    """Everyone who owes something under a convention of the contract, and those nobody can write to."""

    destinataires: tuple[RappelEcheances, ...]
    sans_adresse: tuple[Porteur, ...]

    @property
    def a_envoyer(self) -> list[RappelEcheances]:
        """Those who may be written to today."""
        return [rappel for rappel in self.destinataires if rappel.joignable]

    @property
    def nouveaux(self) -> list[RappelEcheances]:
        """Those who may be written to today about something they were never reminded of."""
        return [rappel for rappel in self.a_envoyer if rappel.nouveau]

    def pour(self, porteur: int | None, email: str) -> RappelEcheances | None:
        """Return what is owed at `email` for the porteur of that key; None when nothing is."""
        return next(
            (r for r in self.destinataires if r.contact.porteur.pk == porteur and r.contact.email == email),
            None,
        )


def lire_rappels(campagne: Campagne) -> Rappels:
    """Return who owes what under the conventions of the campaign's contract, in a fixed number of queries."""
    annuaire = Annuaire(campagne)
    par_contact: dict[tuple[int, str], list[Echeance]] = defaultdict(list)
    contacts: dict[tuple[int, str], Contact] = {}
    seuls: dict[int, Porteur] = {}
    for echeance in echeances_a_rappeler(campagne.contrat, timezone.localdate()):
        porteur = echeance.convention.porteur
        trouves = annuaire.contacts(porteur)
        for contact in trouves:
            contacts[contact.porteur.pk, contact.email] = contact
            par_contact[contact.porteur.pk, contact.email].append(echeance)
        if not trouves:
            seuls[porteur.pk] = porteur
    ecrits = set(
        Courriel.objects.filter(
            campagne__contrat=campagne.contrat_id,
            type=Courriel.Type.ECHEANCE,
            jour=timezone.localdate(),
        )
        .order_by("pk")
        .values_list("porteur", "destinataire")
    )
    defauts = adresses_en_defaut(campagne)
    rappels = [
        RappelEcheances(
            contacts[cle],
            tuple(dues),
            annuaire.invitations.get(cle),
            ecrit_aujourd_hui=cle in ecrits,
            defaut=defauts.get(cle[1]),
        )
        for cle, dues in par_contact.items()
    ]
    return Rappels(
        tuple(sorted(rappels, key=lambda r: (r.contact.porteur.nom_normalise, r.contact.email))),
        tuple(sorted(seuls.values(), key=lambda porteur: porteur.nom_normalise)),
    )


def echeances_a_rappeler(contrat: ContratVille, jour: date) -> list[Echeance]:
    """Return what the structures owe and should be reminded of on the day `jour`, the oldest first."""
    dues = Echeance.objects.filter(
        Q(obligation__isnull=True) | Q(obligation__du_porteur=True),
        convention__contrat=contrat,
        rappel_le__lte=jour,
        faite_le=None,
        sans_objet="",
    ).exclude(convention__statut__in=STATUTS_SANS_RAPPEL)
    return list(
        dues.select_related("convention__porteur__parent", "obligation").order_by("date", "libelle", "pk")
    )


def campagne_des_rappels(contrat: ContratVille) -> Campagne | None:
    """Return the year in whose name reminders are sent: today's, else the latest; None without any."""
    campagnes = Campagne.objects.filter(contrat=contrat).select_related("contrat__epci")
    annee = timezone.localdate().year
    return campagnes.filter(annee=annee).first() or campagnes.order_by("-annee").first()


def contrats_a_rappeler() -> list[ContratVille]:
    """Return the contracts where a deadline came within its time of reminder and nobody was told yet."""
    dues = Echeance.objects.filter(
        Q(obligation__isnull=True) | Q(obligation__du_porteur=True),
        rappel_le__lte=timezone.localdate(),
        rappelee_le=None,
        faite_le=None,
        sans_objet="",
    ).exclude(convention__statut__in=STATUTS_SANS_RAPPEL)
    return list(ContratVille.objects.filter(pk__in=dues.values("convention__contrat")).order_by("nom"))
