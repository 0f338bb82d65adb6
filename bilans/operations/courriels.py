"""What writes e-mails to representatives: rows that wait, in the transaction of what they tell.

A task sends them afterwards (`bilans.taches`). The words of invitations and reminders are written when they
leave, from what is still owed then; those of the other messages are written here.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from actions.models import Campagne, EvenementCampagne, RelancePrevue
from comptes.models import Utilisateur
from porteurs.models import AccesPorteur, Invitation, Porteur
from porteurs.operations import inviter as ouvrir_acces

from ..destinataires import (
    Appel,
    Contact,
    Destinataire,
    adresses_en_defaut,
    contacts_du_bilan,
    contacts_joignables,
    lire_appel,
    valable_jusqu_au,
)
from ..messages import (
    FICHE_A_COMPLETER,
    FICHE_ROUVERTE,
    FICHE_TRANSMISE,
    FICHE_VALIDEE,
    PLUSIEURS_VALIDATIONS,
    Message,
    Modele,
    rendre,
    valeurs_acces,
    valeurs_appel,
    valeurs_bilan,
    valeurs_fiche,
    valeurs_validations,
)
from ..models import Bilan, BilanStructure, Courriel, Envoi, Recu, Transition, TransitionStructure
from ..regles import saisie_ouverte
from .etats import OperationRefusee, preparer_bilan

Statut, Type = Courriel.Statut, Courriel.Type
# After that long, whoever was sending is no longer there.
ENVOI_INTERROMPU = timedelta(minutes=15)
RENVOYABLES = (Statut.ENVOYE, Statut.REFUSE, Statut.ECHEC, Statut.RETOUR)
PERSONNE_A_ECRIRE = {
    Envoi.Type.INVITATION: "Personne n'est à inviter : tout le monde l'a été, ou plus rien n'est attendu.",
    Envoi.Type.RELANCE: (
        "Il n'y a pas de rappel à envoyer aujourd'hui : plus rien n'est attendu, ou le message du jour est déjà parti."
    ),
}
PAS_OUVERTS = "Les bilans de {} ne sont pas ouverts : ouvrez la campagne, puis envoyez les messages."
INTERROMPU = "L'envoi a été interrompu : le serveur s'est arrêté. Le message est peut-être parti quand même."


# -- Many at once ----------------------------------------------------------------------------------
def inviter(auteur: Utilisateur, campagne: Campagne) -> Envoi:
    """Invite everyone who owes a bilan and was never invited; return the batch, whose e-mails wait.

    Raises PermissionDenied, OperationRefusee when the bilans are not open or nobody is to be invited.
    """
    return _envoyer(auteur, campagne, Envoi.Type.INVITATION)


def relancer(auteur: Utilisateur | None, campagne: Campagne) -> Envoi:
    """Remind everyone who still owes a bilan and had no message today; return the batch, whose e-mails wait.

    `auteur` is None for a reminder that a stored date or the command asks for. Raises like `inviter`.
    """
    return _envoyer(auteur, campagne, Envoi.Type.RELANCE)


@transaction.atomic
def _envoyer(auteur: Utilisateur | None, campagne: Campagne, type: Envoi.Type) -> Envoi:
    campagne = verrouiller_la_campagne(auteur, campagne)
    if campagne.statut not in (Campagne.Statut.BILANS_OUVERTS, Campagne.Statut.BILANS_CLOS):
        raise OperationRefusee(PAS_OUVERTS.format(campagne.annee))
    appel = lire_appel(campagne)
    choisis = appel.a_inviter if type == Envoi.Type.INVITATION else appel.a_relancer
    if not choisis:
        raise OperationRefusee(PERSONNE_A_ECRIRE[type])
    _preparer_les_bilans(choisis)
    envoi: Envoi = Envoi.objects.create(campagne=campagne, type=type, auteur=auteur)
    courriels = _ecrire_a_chacun(auteur, envoi, choisis)
    EvenementCampagne.objects.create(
        campagne=campagne, type=EvenementCampagne.Type(type), auteur=auteur, nombre=len(courriels)
    )
    demander_l_envoi()
    return envoi


def verrouiller_la_campagne(auteur: Utilisateur | None, campagne: Campagne) -> Campagne:
    """Return the stored campaign, locked: two people cannot write to everyone at the same moment."""
    actuelle: Campagne = (
        Campagne.objects.select_for_update(of=("self",), no_key=True)
        .select_related("contrat__epci")
        .get(pk=campagne.pk)
    )
    if auteur is not None and not auteur.has_perm("contrats.gerer", actuelle.contrat):
        raise PermissionDenied
    return actuelle


def _preparer_les_bilans(choisis: Iterable[Destinataire]) -> None:
    """Give its bilan to an action that never had one: the link must lead to something."""
    for destinataire in choisis:
        for du in destinataire.bilans:
            if du.bilan.pk is None:
                preparer_bilan(du.annuelle)


def _ecrire_a_chacun(
    auteur: Utilisateur | None, envoi: Envoi, choisis: Iterable[Destinataire]
) -> list[Courriel]:
    courriels = []
    for destinataire in choisis:
        echeances = (du.echeance for du in destinataire.bilans)
        courriel = nouveau_courriel(auteur, envoi.campagne, Type(envoi.type), destinataire.contact)
        courriel.envoi = envoi
        courriel.bilans_dus = [du.annuelle.cle for du in destinataire.bilans]
        courriel.invitation = ouvrir_l_acces(auteur, envoi.campagne, destinataire.contact, echeances)
        courriels.append(courriel)
    return list(Courriel.objects.bulk_create(courriels))


def nouveau_courriel(auteur: Utilisateur | None, campagne: Campagne, type: str, contact: Contact) -> Courriel:
    return Courriel(
        type=type,
        campagne=campagne,
        porteur=contact.porteur,
        destinataire=contact.email,
        nom_destinataire=contact.nom[:150],
        jour=timezone.localdate(),
        auteur=auteur,
    )


def ouvrir_l_acces(
    auteur: Utilisateur | None, campagne: Campagne, contact: Contact, echeances: Iterable[date | None] = ()
) -> Invitation:
    """Open the porteur to this address, or make its link last long enough."""
    limite = valable_jusqu_au(campagne, echeances)
    return ouvrir_acces(auteur, contact.porteur, contact.email, contact.nom, contact.role, expire_le=limite)


# -- Planned reminders -----------------------------------------------------------------------------
@transaction.atomic
def faire_relance_prevue(prevue: RelancePrevue) -> Envoi | None:
    """Send a planned reminder whose day has come, once; return the batch, None when nobody was to be reminded."""
    # The campaign first, as whoever moves its reminders does: taken in two orders, they would wait for each other.
    campagne = verrouiller_la_campagne(None, prevue.campagne)
    actuelle = RelancePrevue.objects.filter(pk=prevue.pk, faite_le=None).first()
    if actuelle is None:
        return None
    actuelle.faite_le = timezone.now()
    actuelle.save()
    try:
        return relancer(None, campagne)
    except OperationRefusee:
        return None


# -- About one bilan -------------------------------------------------------------------------------
def suite_courriels(bilan: Bilan, transition: Transition) -> None:
    """Tell the porteur what became of its bilan: sent back, received, validated. Called by each change of state."""
    if transition.vers == Bilan.Statut.A_COMPLETER:
        _annoncer(bilan, transition.auteur, Type.RENVOI)
    elif transition.vers == Bilan.Statut.TRANSMIS:
        _envoyer_le_recu(bilan, transition.auteur)
    elif transition.vers == Bilan.Statut.VALIDE:
        _annoncer_validation(bilan, transition.auteur)


def _annoncer(bilan: Bilan, auteur: Utilisateur, type: str, recu: Recu | None = None) -> None:
    """Write to the porteur's contacts about a bilan; nobody is told of what it did itself."""
    courriels = [
        _au_sujet_de(bilan, auteur, type, contact, recu)
        for contact in contacts_du_bilan(bilan)
        if contact.email != auteur.email
    ]
    if courriels:
        Courriel.objects.bulk_create(courriels)
        demander_l_envoi()


def _au_sujet_de(
    bilan: Bilan, auteur: Utilisateur, type: str, contact: Contact, recu: Recu | None
) -> Courriel:
    campagne = bilan.action_annuelle.campagne
    courriel = nouveau_courriel(auteur, campagne, type, contact)
    courriel.bilan, courriel.recu = bilan, recu
    courriel.invitation = _lien_vers_le_bilan(bilan, auteur, contact, type)
    _ecrire(courriel, rendre(campagne, type, valeurs_bilan(type, bilan, contact, courriel.invitation, recu)))
    return courriel


def _lien_vers_le_bilan(bilan: Bilan, auteur: Utilisateur, contact: Contact, type: str) -> Invitation | None:
    """Return the invitation whose link goes in the message; opened only for who must act."""
    if type == Type.RENVOI and auteur.has_perm("bilans.gerer", bilan):
        return ouvrir_l_acces(auteur, bilan.action_annuelle.campagne, contact, [bilan.echeance])
    return _acces_ouvert(contact)


def _acces_ouvert(contact: Contact) -> Invitation | None:
    """Return the invitation that this address has, None when it was never given any."""
    # Somebody of the parent structure acts for its services too.
    siennes = Invitation.objects.filter(
        porteur__in=(contact.porteur.pk, contact.porteur.parent_id), email=contact.email, retiree_le=None
    )
    return siennes.order_by("pk").first()


def _ecrire(courriel: Courriel, message: Message) -> None:
    courriel.objet, courriel.texte, courriel.html = message.objet, message.texte, message.html


def _envoyer_le_recu(bilan: Bilan, auteur: Utilisateur) -> None:
    """Send the receipt to whoever transmitted; to the porteur's contacts when it was done on its behalf."""
    recu = bilan.recus.order_by("-transmis_le").first()
    if bilan.saisi_pour_le_porteur:
        _annoncer(bilan, auteur, Type.RECU, recu)
        return
    campagne, porteur = bilan.action_annuelle.campagne, bilan.action_annuelle.action.porteur
    if auteur.email in adresses_en_defaut(campagne):
        return
    contact = Contact(porteur, auteur.email, auteur.get_full_name(), compte=True)
    Courriel.objects.bulk_create([_au_sujet_de(bilan, auteur, Type.RECU, contact, recu)])
    demander_l_envoi()


def _annoncer_validation(bilan: Bilan, auteur: Utilisateur) -> None:
    """Say that the bilan is validated; entered on the porteur's behalf at the same time, one e-mail says both."""
    en_attente = Courriel.objects.filter(
        bilan=bilan, type=Type.RECU, statut=Statut.EN_ATTENTE, auteur=auteur, tentatives=0
    )
    recu = next((courriel.recu for courriel in en_attente.select_related("recu").order_by("pk")), None)
    en_attente.delete()
    _annoncer(bilan, auteur, Type.VALIDATION, recu)


def regrouper_les_validations(bilans: Iterable[Bilan], auteur: Utilisateur) -> list[Courriel]:
    """Say in one e-mail what would tell a person several times that a bilan is validated; return those written.

    Called in the transaction that validated `bilans`: none of their e-mails has left yet. Whoever has one bilan
    among them keeps the message about it. A person is an address and the structure it speaks for.
    """
    prets = Courriel.objects.filter(
        bilan__in=list(bilans), type=Type.VALIDATION, statut=Statut.EN_ATTENTE, auteur=auteur, tentatives=0
    ).select_related(
        "porteur",
        "invitation",
        "campagne__contrat__epci",
        "bilan__action_annuelle__action",
        "bilan__action_annuelle__dispositif",
    )
    par_personne: dict[tuple[int, str], list[Courriel]] = defaultdict(list)
    for courriel in prets.order_by("pk"):
        par_personne[courriel.porteur_id, courriel.destinataire].append(courriel)
    return [_en_un_seul(auteur, courriels) for courriels in par_personne.values() if len(courriels) > 1]


def _en_un_seul(auteur: Utilisateur, courriels: list[Courriel]) -> Courriel:
    """Write one e-mail instead of several about as many bilans, and return it."""
    premier = courriels[0]
    compte = AccesPorteur.objects.filter(
        porteur=premier.porteur_id, utilisateur__email=premier.destinataire
    ).exists()
    contact = Contact(_porteur_de(premier), premier.destinataire, premier.nom_destinataire, compte=compte)
    bilans = [courriel.bilan for courriel in courriels if courriel.bilan is not None]
    ensemble = nouveau_courriel(auteur, premier.campagne, Type.VALIDATION, contact)
    ensemble.invitation = premier.invitation
    ensemble.bilans_dus = [bilan.action_annuelle.cle for bilan in bilans]
    valeurs = valeurs_validations(premier.campagne, contact, bilans, ensemble.invitation)
    _ecrire(ensemble, rendre(premier.campagne, Type.VALIDATION, valeurs, PLUSIEURS_VALIDATIONS))
    Courriel.objects.filter(pk__in=[courriel.pk for courriel in courriels]).delete()
    ensemble.save()
    return ensemble


def _porteur_de(courriel: Courriel) -> Porteur:
    """Return the structure that is written to. Raises ValueError for an e-mail about a report, which has none."""
    if courriel.porteur is None:
        raise ValueError(f"« {courriel} » ne s'adresse pas à une structure.")
    return courriel.porteur


def annoncer_prolongation(bilan: Bilan, auteur: Utilisateur) -> list[Courriel]:
    """Tell the porteur that its bilan has a new due date; return the e-mails, none when it may not write.

    Called by the change of date, in its transaction. Nobody is told of what it did itself.
    """
    if not bilan.modifiable_par_le_porteur or not saisie_ouverte(bilan):
        return []
    annuelle = bilan.action_annuelle
    appel = lire_appel(annuelle.campagne, porteur=annuelle.action.porteur)
    return _annoncer_les_dates(auteur, annuelle.campagne, appel, seulement=annuelle.cle)


def annoncer_prolongation_a_tous(auteur: Utilisateur, campagne: Campagne) -> list[Courriel]:
    """Tell everyone who still owes a bilan that the date has changed; return the e-mails."""
    return _annoncer_les_dates(auteur, campagne, lire_appel(campagne))


@transaction.atomic
def _annoncer_les_dates(
    auteur: Utilisateur, campagne: Campagne, appel: Appel, seulement: str | None = None
) -> list[Courriel]:
    courriels = []
    for destinataire in appel.destinataires:
        bilans = tuple(du for du in destinataire.bilans if seulement in (None, du.annuelle.cle))
        if destinataire.defaut is not None or destinataire.email == auteur.email or not bilans:
            continue
        courriel = nouveau_courriel(auteur, campagne, Type.PROLONGATION, destinataire.contact)
        courriel.bilans_dus = [du.annuelle.cle for du in bilans]
        courriel.invitation = ouvrir_l_acces(
            auteur, campagne, destinataire.contact, (du.echeance for du in bilans)
        )
        if len(bilans) == 1 and bilans[0].bilan.pk:
            courriel.bilan = bilans[0].bilan
        valeurs = valeurs_appel(campagne, destinataire.contact, bilans, courriel.invitation)
        _ecrire(courriel, rendre(campagne, Type.PROLONGATION, valeurs))
        courriels.append(courriel)
    if courriels:
        Courriel.objects.bulk_create(courriels)
        demander_l_envoi()
    return courriels


@transaction.atomic
def annoncer_acces(auteur: Utilisateur, campagne: Campagne, invitation: Invitation) -> Courriel:
    """Write to an address that has just been invited by hand; return the e-mail, which waits.

    In the campaign of the page where it was invited. The address is tried again even if it refused before.
    """
    role = AccesPorteur.Role.CONTRIBUTEUR
    contact = Contact(invitation.porteur, invitation.email, invitation.nom, role)
    courriel = nouveau_courriel(auteur, campagne, Type.ACCES, contact)
    courriel.invitation = invitation
    _ecrire(courriel, rendre(campagne, Type.ACCES, valeurs_acces(campagne, contact, invitation, str(auteur))))
    courriel.save()
    demander_l_envoi()
    return courriel


# -- About a fiche de travail et d'analyse ---------------------------------------------------------
def annoncer_la_fiche(fiche: BilanStructure, passage: TransitionStructure) -> list[Courriel]:
    """Tell the structure what became of its fiche, in the transaction of the change; return the e-mails, which wait.

    Sent back or opened again with the reason, received, validated. Nobody is told of what it did itself, but the
    receipt of a fiche goes to whoever sent it.
    """
    mots = _mots_de_la_fiche(passage)
    if mots is None:
        return []
    contacts = prevenus_de_la_fiche(fiche, passage.auteur, recu=mots is FICHE_TRANSMISE)
    courriels = [_au_sujet_de_la_fiche(fiche, passage, mots, contact) for contact in contacts]
    if courriels:
        Courriel.objects.bulk_create(courriels)
        demander_l_envoi()
    return courriels


def prevenus_de_la_fiche(fiche: BilanStructure, auteur: Utilisateur, *, recu: bool = False) -> list[Contact]:
    """Return who is told of what `auteur` does with a fiche; its receipt goes to its sender, if of the structure."""
    if recu and auteur.has_perm("structures.porter", fiche):
        defauts = adresses_en_defaut(fiche.campagne)
        moi = Contact(fiche.porteur, auteur.email, auteur.get_full_name(), compte=True)
        return [] if auteur.email in defauts else [moi]
    return [c for c in contacts_joignables(fiche.campagne, fiche.porteur) if c.email != auteur.email]


def _mots_de_la_fiche(passage: TransitionStructure) -> Modele | None:
    etats = BilanStructure.Statut
    if passage.de == etats.VALIDE:
        return FICHE_ROUVERTE
    return {
        str(etats.A_COMPLETER): FICHE_A_COMPLETER,
        str(etats.TRANSMIS): FICHE_TRANSMISE,
        str(etats.VALIDE): FICHE_VALIDEE,
    }.get(passage.vers)


def _au_sujet_de_la_fiche(
    fiche: BilanStructure, passage: TransitionStructure, mots: Modele, contact: Contact
) -> Courriel:
    campagne, auteur = fiche.campagne, passage.auteur
    courriel = nouveau_courriel(auteur, campagne, Type.FICHE, contact)
    a_completer = mots is FICHE_A_COMPLETER
    courriel.invitation = (
        ouvrir_l_acces(auteur, campagne, contact, [fiche.echeance]) if a_completer else _acces_ouvert(contact)
    )
    valeurs = valeurs_fiche(
        fiche,
        contact,
        courriel.invitation,
        motif=passage.motif,
        a_completer=a_completer,
        pour_la_structure=not auteur.has_perm("structures.porter", fiche),
    )
    _ecrire(courriel, rendre(campagne, Type.FICHE, valeurs, mots))
    return courriel


# -- Again, and what came back ---------------------------------------------------------------------
def est_interrompu(courriel: Courriel) -> bool:
    """Return whether whoever was sending this e-mail stopped in the middle: nothing will happen to it by itself."""
    if courriel.statut != Statut.EN_COURS or courriel.pris_le is None:
        return False
    return courriel.pris_le < timezone.now() - ENVOI_INTERROMPU


def est_renvoyable(courriel: Courriel) -> bool:
    """Return whether an e-mail may be sent again by hand."""
    return courriel.statut in RENVOYABLES or est_interrompu(courriel)


@transaction.atomic
def renvoyer_courriel(auteur: Utilisateur, courriel: Courriel) -> Courriel:
    """Send an e-mail again, as a new row, and return it; an invitation or a reminder says what is owed now.

    Raises PermissionDenied, OperationRefusee when it has not left yet or when the access was withdrawn.
    """
    verrouiller_la_campagne(auteur, courriel.campagne)
    reprise = _reprendre(auteur, courriel)
    demander_l_envoi()
    return reprise


def _reprendre(auteur: Utilisateur, courriel: Courriel, envoi: Envoi | None = None) -> Courriel:
    actuel: Courriel = Courriel.objects.select_related(
        "porteur", "campagne__contrat__epci", "invitation"
    ).get(pk=courriel.pk)
    if attente := actuel.reprises.filter(statut__in=(Statut.EN_ATTENTE, Statut.EN_COURS)).first():
        return attente
    if not est_renvoyable(actuel):
        raise OperationRefusee("Ce message n'est pas encore parti : attendez son envoi.")
    if actuel.statut == Statut.EN_COURS:
        Courriel.objects.filter(pk=actuel.pk).update(statut=Statut.ECHEC, erreur=INTERROMPU)
    reprise = Courriel(
        type=actuel.type,
        campagne=actuel.campagne,
        porteur=actuel.porteur,
        rapport=actuel.rapport,
        destinataire=actuel.destinataire,
        nom_destinataire=actuel.nom_destinataire,
        jour=timezone.localdate(),
        auteur=auteur,
    )
    reprise.reprise_de, reprise.envoi = actuel, envoi
    reprise.bilan, reprise.recu, reprise.bilans_dus = actuel.bilan, actuel.recu, actuel.bilans_dus
    reprise.invitation = _prolonger_l_invitation(auteur, actuel)
    if actuel.type not in Courriel.TYPES_QUOTIDIENS:
        reprise.objet, reprise.texte, reprise.html = actuel.objet, actuel.texte, actuel.html
    reprise.save()
    return reprise


def _prolonger_l_invitation(auteur: Utilisateur, courriel: Courriel) -> Invitation | None:
    """Make the link of an e-mail good again. An access that was withdrawn is not reopened by a message."""
    invitation = courriel.invitation
    if invitation is None:
        return None
    if invitation.retiree_le is not None:
        raise OperationRefusee(
            "L'accès de cette adresse a été retiré. Pour le rendre, invitez-la de nouveau depuis la page des accès "
            "de la structure."
        )
    contact = Contact(
        _porteur_de(courriel),
        courriel.destinataire,
        courriel.nom_destinataire,
        AccesPorteur.Role.CONTRIBUTEUR,
    )
    try:
        return ouvrir_l_acces(auteur, courriel.campagne, contact)
    except ValidationError as erreur:
        raise OperationRefusee(" ".join(erreur.messages)) from erreur


@transaction.atomic
def renvoyer_les_non_partis(auteur: Utilisateur, envoi: Envoi) -> Envoi:
    """Send again the e-mails of a batch that never left, as a new batch, and return it.

    Addresses that refused are left alone. Raises PermissionDenied, OperationRefusee when all have left.
    """
    verrouiller_la_campagne(auteur, envoi.campagne)
    restants = [courriel for courriel in non_partis(envoi) if not courriel.reprises.exists()]
    if not restants:
        raise OperationRefusee("Tous les messages de cet envoi sont partis.")
    suite: Envoi = Envoi.objects.create(campagne=envoi.campagne, type=envoi.type, auteur=auteur)
    for courriel in restants:
        _reprendre(auteur, courriel, suite)
    demander_l_envoi()
    return suite


def non_partis(envoi: Envoi) -> list[Courriel]:
    """Return the e-mails of a batch that never left: the server failed, or stopped in the middle."""
    candidats = envoi.courriels.filter(statut__in=(Statut.ECHEC, Statut.EN_COURS)).order_by("pk")
    return [c for c in candidats if c.statut == Statut.ECHEC or est_interrompu(c)]


def marquer_revenu(courriel: Courriel, raison: str) -> bool:
    """Note that an e-mail came back, with what the other server says; return whether it was news.

    Nothing more is sent to its address until someone looks at it.
    """
    partis = Courriel.objects.filter(
        pk=courriel.pk, statut__in=(Statut.ENVOYE, Statut.EN_COURS, Statut.ECHEC)
    )
    quand = courriel.envoye_le or courriel.pris_le or timezone.now()
    erreur = raison.strip() or "Le serveur du destinataire a renvoyé le message sans dire pourquoi."
    return bool(partis.update(statut=Statut.RETOUR, erreur=erreur, envoye_le=quand))


# -- Sending ---------------------------------------------------------------------------------------
def demander_l_envoi() -> None:
    """Have the waiting e-mails sent by the worker once the transaction is done."""
    from ..taches import vider_la_boite

    transaction.on_commit(lambda: vider_la_boite.enqueue(), robust=True)
