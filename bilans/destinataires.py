"""Who owes a bilan and who is written to: read now, from what is stored, in a fixed number of queries.

Nothing here is remembered: the page that previews, the operation that queues and the task that sends all
ask again, so that nobody who has finished is ever reminded.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from actions.models import ActionAnnuelle, Campagne
from actions.querysets import ActionAnnuelleQuerySet
from comptes.models import Utilisateur
from porteurs.models import AccesPorteur, Invitation, Porteur, Representant

from .models import Bilan, Courriel
from .querysets import EnvoiQuerySet
from .regles import saisie_ouverte

Statut = Courriel.Statut
# An invitation in one of these states has reached its reader, or will.
INVITATION_FAITE = (Statut.EN_ATTENTE, Statut.EN_COURS, Statut.ENVOYE)
# The person that a porteur's file names may ask colleagues to help.
ROLE = AccesPorteur.Role.ADMINISTRATEUR
# A link outlives the due date: a late bilan is still welcome.
VALIDITE = timedelta(days=90)


@dataclass(frozen=True)
class Du:
    """A bilan that is owed; `bilan` is not saved yet for an action that never had one."""

    annuelle: ActionAnnuelle
    bilan: Bilan

    @property
    def intitule(self) -> str:
        """The title of the action, with its dispositif when it has one."""
        dispositif = self.annuelle.dispositif
        titre = self.annuelle.action.intitule
        return f"{titre} ({dispositif})" if dispositif else titre

    @property
    def echeance(self) -> date | None:
        """By when: the bilan's own date, else the campaign's."""
        return self.bilan.echeance

    @property
    def a_completer(self) -> bool:
        """Whether it was sent back to be completed."""
        return self.bilan.statut == Bilan.Statut.A_COMPLETER


@dataclass(frozen=True)
class Contact:
    """An address that speaks for a porteur, with the name and the role that are known of it."""

    porteur: Porteur
    email: str
    nom: str = ""
    role: str = ROLE
    # whether it can sign in already
    compte: bool = False


@dataclass(frozen=True)
class Destinataire:
    """An address, the porteur that it speaks for, and the bilans owed there."""

    contact: Contact
    bilans: tuple[Du, ...]
    invitation: Invitation | None = None
    invite_le: datetime | None = None
    ecrit_aujourd_hui: bool = False
    # the e-mail that this address did not take
    defaut: Courriel | None = None

    @property
    def porteur(self) -> Porteur:
        """The porteur that holds the contact: that of the actions, or its parent structure."""
        return self.contact.porteur

    @property
    def email(self) -> str:
        """The address, in lower case."""
        return self.contact.email

    @property
    def joignable(self) -> bool:
        """Whether a message may be sent today."""
        return self.defaut is None and not self.ecrit_aujourd_hui


@dataclass(frozen=True)
class SansAdresse:
    """A porteur that owes bilans and that nobody can write to."""

    porteur: Porteur
    bilans: tuple[Du, ...]


@dataclass(frozen=True)
class Appel:
    """Everyone who owes something in a campaign, by name of porteur then address."""

    destinataires: tuple[Destinataire, ...]
    sans_adresse: tuple[SansAdresse, ...]

    @property
    def a_inviter(self) -> list[Destinataire]:
        """Those who were never invited and may be written to today."""
        return [d for d in self.destinataires if d.joignable and d.invite_le is None]

    @property
    def a_relancer(self) -> list[Destinataire]:
        """Those who may be written to today."""
        return [d for d in self.destinataires if d.joignable]

    @property
    def invites(self) -> list[Destinataire]:
        """Those who were invited and still owe something."""
        return [d for d in self.destinataires if d.invite_le is not None]

    @property
    def en_defaut(self) -> list[Destinataire]:
        """Those whose address does not take our e-mails."""
        return [d for d in self.destinataires if d.defaut is not None]

    @property
    def ecrits_aujourd_hui(self) -> list[Destinataire]:
        """Those who have had their message of the day."""
        return [d for d in self.destinataires if d.defaut is None and d.ecrit_aujourd_hui]

    def pour(self, porteur: int | None, email: str) -> Destinataire | None:
        """Return what is owed at `email` for the porteur of that key; None when nothing is."""
        return next((d for d in self.destinataires if d.porteur.pk == porteur and d.email == email), None)


def lire_appel(campagne: Campagne, *, porteur: Porteur | None = None, avant_l_heure: bool = False) -> Appel:
    """Return who owes what in `campagne`, and who is written to about it.

    With `porteur`, only what concerns it and its services. With `avant_l_heure`, as if the bilans were open:
    for the preview of a campaign that is not.
    """
    dus = bilans_dus(campagne, porteur=porteur, avant_l_heure=avant_l_heure)
    annuaire = Annuaire(campagne, porteur)
    par_contact: dict[tuple[int, str], list[Du]] = defaultdict(list)
    contacts: dict[tuple[int, str], Contact] = {}
    seuls: dict[int, list[Du]] = defaultdict(list)
    for du in dus:
        trouves = annuaire.contacts(du.annuelle.action.porteur)
        for contact in trouves:
            contacts[contact.porteur.pk, contact.email] = contact
            par_contact[contact.porteur.pk, contact.email].append(du)
        if not trouves:
            seuls[du.annuelle.action.porteur_id].append(du)
    suivi = _Suivi(campagne)
    destinataires = [
        suivi.completer(contacts[cle], tuple(siens), annuaire) for cle, siens in par_contact.items()
    ]
    sans_adresse = [SansAdresse(siens[0].annuelle.action.porteur, tuple(siens)) for siens in seuls.values()]
    return Appel(
        tuple(sorted(destinataires, key=lambda d: (d.porteur.nom_normalise, d.porteur.pk, d.email))),
        tuple(sorted(sans_adresse, key=lambda s: (s.porteur.nom_normalise, s.porteur.pk))),
    )


def bilans_dus(
    campagne: Campagne, *, porteur: Porteur | None = None, avant_l_heure: bool = False
) -> list[Du]:
    """Return the bilans owed in `campagne`, in the programme's order: awaited, in the porteur's hands, open.

    An action whose bilan was never prepared owes one like the others.
    """
    if campagne.statut == Campagne.Statut.ARCHIVEE:
        return []
    annuelles: ActionAnnuelleQuerySet = ActionAnnuelle.objects.filter(campagne=campagne)
    if porteur is not None:
        annuelles = annuelles.de_la_structure(porteur)
    annuelles = (
        annuelles.exclude(statut__in=ActionAnnuelle.STATUTS_SANS_BILAN)
        .filter(Q(bilan__isnull=True) | Q(bilan__statut__in=Bilan.STATUTS_MODIFIABLES))
        .select_related("action__porteur__parent", "dispositif", "bilan")
        .order_by(F("ordre").asc(nulls_last=True), "action__recherche", "pk")
    )
    dus = []
    for annuelle in annuelles:
        annuelle.campagne = campagne
        bilan = annuelle.bilan if hasattr(annuelle, "bilan") else Bilan(action_annuelle=annuelle)
        if avant_l_heure or saisie_ouverte(bilan):
            dus.append(Du(annuelle, bilan))
    return dus


def contacts_du_bilan(bilan: Bilan) -> list[Contact]:
    """Return who is written to about one bilan: addresses that do not take our e-mails left out."""
    annuelle = bilan.action_annuelle
    return contacts_joignables(annuelle.campagne, annuelle.action.porteur)


def contacts_joignables(campagne: Campagne, porteur: Porteur) -> list[Contact]:
    """Return who is written to at a porteur: addresses that do not take our e-mails left out."""
    defauts = adresses_en_defaut(campagne)
    return [c for c in Annuaire(campagne, porteur).contacts(porteur) if c.email not in defauts]


def adresses_en_defaut(campagne: Campagne) -> dict[str, Courriel]:
    """Return the addresses of the contract that refused or sent back an e-mail, with the latest of them.

    An address leaves this list when a message sent there by hand since then went through.
    """
    partis_a_la_main = Courriel.objects.filter(
        Q(reprise_de__isnull=False) | Q(type=Courriel.Type.ACCES),
        campagne__contrat=OuterRef("campagne__contrat"),
        destinataire=OuterRef("destinataire"),
        statut=Statut.ENVOYE,
        pk__gt=OuterRef("pk"),
    )
    refuses: EnvoiQuerySet = Courriel.objects.filter(
        campagne__contrat=campagne.contrat_id, statut__in=Courriel.STATUTS_ADRESSE_EN_DEFAUT
    )
    return {c.destinataire: c for c in refuses.exclude(Exists(partis_a_la_main)).order_by("pk")}


class Annuaire:
    """The addresses of the porteurs of an intercommunality, read once.

    Those of a porteur are its active accounts and its representatives in office; failing that those of its
    parent structure; failing that its own general address. An access that was withdrawn, or whose account is
    closed, is written to no more.
    """

    def __init__(self, campagne: Campagne, porteur: Porteur | None = None) -> None:
        self._choix = Q(porteur__epci=campagne.contrat.epci_id)
        if porteur is not None:
            famille = [pk for pk in (porteur.pk, porteur.parent_id) if pk is not None]
            self._choix = Q(porteur__in=famille) | Q(porteur__parent=porteur)
        self.invitations: dict[tuple[int, str], Invitation] = {}
        self._retirees: set[tuple[int, str]] = set()
        self._lire_invitations()
        self._fermes = set(Utilisateur.objects.filter(is_active=False).values_list("email", flat=True))
        self._par_porteur: dict[int, dict[str, Contact]] = defaultdict(dict)
        self._lire_representants()
        self._lire_comptes()

    def _lire_invitations(self) -> None:
        for invitation in Invitation.objects.filter(self._choix).order_by("pk"):
            cle = (invitation.porteur_id, invitation.email)
            if invitation.retiree_le is None:
                self.invitations[cle] = invitation
            else:
                self._retirees.add(cle)
        self._retirees -= set(self.invitations)

    def _lire_representants(self) -> None:
        en_poste = Q(date_fin__isnull=True) | Q(date_fin__gte=timezone.localdate())
        representants = Representant.objects.filter(self._choix, en_poste).exclude(email="")
        # The legal representative last: its name is kept when two share an address.
        for representant in representants.select_related("porteur").order_by("legal", "-pk"):
            self._ajouter(representant.porteur, representant.email, representant.nom)

    def _lire_comptes(self) -> None:
        acces = AccesPorteur.objects.filter(self._choix, utilisateur__is_active=True)
        for ligne in acces.select_related("utilisateur", "porteur").order_by("pk"):
            compte = ligne.utilisateur
            connu = self._par_porteur[ligne.porteur_id].get(compte.email)
            nom = compte.get_full_name() or (connu.nom if connu else "")
            self._par_porteur[ligne.porteur_id][compte.email] = Contact(
                ligne.porteur, compte.email, nom, ligne.role, compte=True
            )

    def _ajouter(self, porteur: Porteur, adresse: str, nom: str = "") -> None:
        email = adresse.strip().lower()
        if self._ouverte(porteur, email):
            self._par_porteur[porteur.pk][email] = Contact(porteur, email, nom)

    def _ouverte(self, porteur: Porteur, email: str) -> bool:
        return email not in self._fermes and (porteur.pk, email) not in self._retirees

    def contacts(self, porteur: Porteur) -> list[Contact]:
        """Return the contacts of `porteur`, by address; each says which porteur holds it. Empty when it has none."""
        trouves = self._par_porteur.get(porteur.pk) or self._par_porteur.get(porteur.parent_id or 0)
        if trouves:
            return sorted(trouves.values(), key=lambda contact: contact.email)
        email = porteur.email.strip().lower()
        return [Contact(porteur, email)] if email and self._ouverte(porteur, email) else []


class _Suivi:
    """What each address of a campaign has already been sent."""

    def __init__(self, campagne: Campagne) -> None:
        quotidiens = Courriel.objects.filter(campagne=campagne, type__in=Courriel.TYPES_QUOTIDIENS)
        self._aujourd_hui = self._cles(quotidiens.filter(jour=timezone.localdate()))
        invitations = quotidiens.filter(type=Courriel.Type.INVITATION, statut__in=INVITATION_FAITE)
        self._invites = {
            (porteur, email): envoye_le or cree_le
            for porteur, email, envoye_le, cree_le in invitations.order_by("pk").values_list(
                "porteur", "destinataire", "envoye_le", "cree_le"
            )
        }
        self._defauts = adresses_en_defaut(campagne)

    @staticmethod
    def _cles(courriels: EnvoiQuerySet) -> set[tuple[int, str]]:
        lignes: Iterable[tuple[int, str]] = courriels.order_by("pk").values_list("porteur", "destinataire")
        return set(lignes)

    def completer(self, contact: Contact, bilans: tuple[Du, ...], annuaire: Annuaire) -> Destinataire:
        cle = (contact.porteur.pk, contact.email)
        return Destinataire(
            contact,
            bilans,
            invitation=annuaire.invitations.get(cle),
            invite_le=self._invites.get(cle),
            ecrit_aujourd_hui=cle in self._aujourd_hui,
            defaut=self._defauts.get(contact.email),
        )


# -- Links ----------------------------------------------------------------------------------------
def valable_jusqu_au(campagne: Campagne, echeances: Iterable[date | None] = ()) -> datetime:
    """Return until when a link of the campaign is good: 90 days after what is due, and from now at least."""
    dates = [jour for jour in (campagne.bilan_echeance, *echeances) if jour is not None]
    apres_maintenant = timezone.now() + VALIDITE
    if not dates:
        return apres_maintenant
    apres_echeance = timezone.make_aware(datetime.combine(max(dates) + VALIDITE, time(23, 59)))
    return max(apres_maintenant, apres_echeance)
