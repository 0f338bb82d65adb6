"""What writes to those who are consulted on the annual report, in the transaction of what the e-mail tells.

Each is written to once, whatever the number of bodies it sits in; a task sends the rows (`bilans.taches`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from actions.models import Campagne
from comptes.models import Utilisateur
from contrats.models import AccesContrat, MembreInstance

from ..destinataires import adresses_en_defaut
from ..messages import (
    AVIS_DEMANDE,
    AVIS_PROLONGE,
    AVIS_RAPPELE,
    RAPPORT_PUBLIE,
    Modele,
    rendre,
    valeurs_rapport,
)
from ..models import AvisRapport, Courriel, RapportAnnuel
from .courriels import demander_l_envoi

Type, Statut = Courriel.Type, RapportAnnuel.Statut
# How long before the day the opinions are due those who gave none are reminded, once.
RAPPEL_AVANT = timedelta(days=7)
PAGE_DE_L_AVIS, PAGE_DU_RAPPORT = "rapport_avis", "rapport_lire"

# The opinions asked of each account, in the order of the bodies.
AvisParMembre = Mapping[Utilisateur, Sequence[AvisRapport]]


def avis_par_membre(avis: Iterable[AvisRapport]) -> dict[Utilisateur, list[AvisRapport]]:
    """Return the opinions that each open account may give, by account, in the order of `avis`."""
    liste = list(avis)
    sieges = (
        MembreInstance.objects.filter(
            instance_siegee__in=[un.instance_consultee_id for un in liste], utilisateur__is_active=True
        )
        .select_related("utilisateur")
        .order_by("utilisateur__email", "pk")
    )
    membres: dict[int, list[Utilisateur]] = {}
    for siege in sieges:
        membres.setdefault(siege.instance_siegee_id, []).append(siege.utilisateur)
    trouves: dict[Utilisateur, list[AvisRapport]] = {}
    for un in liste:
        for membre in membres.get(un.instance_consultee_id, ()):
            trouves.setdefault(membre, []).append(un)
    return trouves


def annoncer_l_envoi(auteur: Utilisateur, rapport: RapportAnnuel) -> list[Courriel]:
    """Ask the members of the bodies for their opinion on the draft; return the e-mails, which wait."""
    return _ecrire(auteur, rapport, AVIS_DEMANDE, avis_par_membre(_avis(rapport)))


def annoncer_a_un_membre(auteur: Utilisateur, membre: MembreInstance) -> list[Courriel]:
    """Ask the opinions still awaited from the body of an account that has just joined it; return the e-mails."""
    courriels = []
    attendus = AvisRapport.objects.filter(
        instance_consultee=membre.instance_siegee_id, sens="", rapport__statut=Statut.EN_CONSULTATION
    )
    for avis in attendus.select_related("instance_consultee", "rapport__contrat").order_by("pk"):
        courriels += _ecrire(auteur, avis.rapport, AVIS_DEMANDE, {membre.utilisateur: [avis]})
    return courriels


def annoncer_le_delai(auteur: Utilisateur, rapport: RapportAnnuel, motif: str) -> list[Courriel]:
    """Tell the members of the bodies that the opinions are awaited later, and why; return the e-mails."""
    return _ecrire(auteur, rapport, AVIS_PROLONGE, avis_par_membre(_avis(rapport)), motif=motif)


def annoncer_la_publication(auteur: Utilisateur, rapport: RapportAnnuel) -> list[Courriel]:
    """Tell those who read the contract and those who were consulted that the report is published."""
    lecteurs = AccesContrat.objects.filter(contrat=rapport.contrat_id, role=AccesContrat.Role.COPIL)
    lecteurs = lecteurs.filter(utilisateur__is_active=True).select_related("utilisateur")
    consultes = avis_par_membre(_avis(rapport))
    prevenus = {acces.utilisateur: () for acces in lecteurs.order_by("utilisateur__email")} | dict.fromkeys(
        consultes, ()
    )
    return _ecrire(auteur, rapport, RAPPORT_PUBLIE, prevenus)


def avis_a_rappeler(rapport: RapportAnnuel) -> AvisParMembre:
    """Return who is to be reminded today: nobody sooner than a week before, nor twice, nor a body that answered."""
    aujourd_hui, echeance = timezone.localdate(), rapport.echeance_avis
    if rapport.statut != Statut.EN_CONSULTATION or echeance is None:
        return {}
    if not echeance - RAPPEL_AVANT <= aujourd_hui <= echeance:
        return {}
    attendus = avis_par_membre(avis for avis in _avis(rapport) if not avis.sens)
    rappeles = rapport.courriels.filter(type=Type.RAPPEL_AVIS, jour__gte=echeance - RAPPEL_AVANT)
    ecartes = {
        *rappeles.order_by("pk").values_list("destinataire", flat=True),
        *adresses_en_defaut(_campagne(rapport)),
    }
    return {membre: avis for membre, avis in attendus.items() if membre.email not in ecartes}


def rapports_a_rappeler() -> list[RapportAnnuel]:
    """Return the reports whose opinions are due within a week, the oldest due date first."""
    aujourd_hui = timezone.localdate()
    proches = RapportAnnuel.objects.filter(
        statut=Statut.EN_CONSULTATION,
        echeance_avis__gte=aujourd_hui,
        echeance_avis__lte=aujourd_hui + RAPPEL_AVANT,
    )
    return list(proches.select_related("contrat").order_by("echeance_avis", "pk"))


@transaction.atomic
def rappeler_les_avis(rapport: RapportAnnuel) -> list[Courriel]:
    """Remind those whose opinion is still awaited, in the last week, once; return the e-mails, which wait."""
    # The row of the report is the lock: two commands at once remind nobody twice.
    actuel = (
        RapportAnnuel.objects.select_for_update(no_key=True, of=("self",))
        .select_related("contrat")
        .get(pk=rapport.pk)
    )
    return _ecrire(None, actuel, AVIS_RAPPELE, avis_a_rappeler(actuel), type=Type.RAPPEL_AVIS)


def _avis(rapport: RapportAnnuel) -> list[AvisRapport]:
    avis = rapport.avis.select_related("instance_consultee")
    return list(avis.order_by("instance_consultee__ordre", "pk"))


def _campagne(rapport: RapportAnnuel) -> Campagne:
    campagne: Campagne = Campagne.objects.select_related("contrat__epci").get(
        contrat=rapport.contrat_id, annee=rapport.annee
    )
    return campagne


def _ecrire(
    auteur: Utilisateur | None,
    rapport: RapportAnnuel,
    mots: Modele,
    prevenus: AvisParMembre,
    *,
    type: str = Type.RAPPORT,
    motif: str = "",
) -> list[Courriel]:
    """Write to each of `prevenus` but the author, with the link to its first opinion; nobody, no campaign is read."""
    choisis = {membre: avis for membre, avis in prevenus.items() if membre != auteur}
    if not choisis:
        return []
    campagne = _campagne(rapport)
    courriels = []
    for membre, avis in choisis.items():
        adresse = [campagne.contrat.slug, campagne.annee]
        page = (
            reverse(PAGE_DE_L_AVIS, args=[*adresse, avis[0].cle])
            if avis
            else reverse(PAGE_DU_RAPPORT, args=adresse)
        )
        nom = membre.get_full_name()
        message = rendre(
            campagne,
            type,
            valeurs_rapport(
                campagne,
                nom,
                page,
                instances=[str(un.instance_consultee) for un in avis],
                echeance=rapport.echeance_avis,
                motif=motif,
            ),
            mots,
        )
        courriels.append(
            Courriel(
                type=type,
                campagne=campagne,
                rapport=rapport,
                destinataire=membre.email,
                nom_destinataire=nom[:150],
                jour=timezone.localdate(),
                auteur=auteur,
                objet=message.objet,
                texte=message.texte,
                html=message.html,
            )
        )
    crees: list[Courriel] = Courriel.objects.bulk_create(courriels)
    demander_l_envoi()
    return crees
