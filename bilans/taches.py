"""Long work, done by the worker (`manage.py db_worker`): sending the e-mails that wait.

An e-mail is claimed by an UPDATE before it is sent, so that two workers never send the same one, and it is
sent outside of any transaction. A recipient who refuses does not stop the others; a server that does not
answer is tried again later.
"""

import logging
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from email.utils import formataddr, make_msgid, parseaddr
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import F, Q
from django.utils import timezone
from django.utils.encoding import punycode
from django_tasks import task

from porteurs.models import Echeance

from .destinataires import lire_appel
from .echeances_dues import lire_rappels
from .messages import ECHEANCES, rendre, valeurs_appel, valeurs_echeances
from .models import AvisRapport, Courriel, RapportAnnuel
from .querysets import EnvoiQuerySet
from .recus import pdf_du_recu

logger = logging.getLogger(__name__)

Statut = Courriel.Statut
# How long to wait after the first, second and third failure; the fourth is the last.
DELAIS = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3))
TENTATIVES_MAX = len(DELAIS) + 1
PLUS_RIEN = "Plus aucun bilan n'était attendu de cette personne au moment de l'envoi."
PLUS_D_ECHEANCE = "Plus aucune échéance n'était attendue de cette structure au moment de l'envoi."
PLUS_D_AVIS = "Plus aucun avis n'était attendu de cette personne au moment de l'envoi."
ADRESSE_EN_DEFAUT = "Cette adresse n'a pas reçu un autre message : rien ne lui est plus envoyé tout seul."
SERVEUR_MUET = "Le serveur d'envoi ne répond pas."


@dataclass
class Tournee:
    """What emptying the outbox did, by number of e-mails; `reprises` are the moments of the next tries."""

    envoyes: int = 0
    refuses: int = 0
    reportes: int = 0
    non_partis: int = 0
    sans_objet: int = 0
    reprises: set[datetime] = field(default_factory=set)

    @property
    def comptes(self) -> dict[str, int]:
        """The numbers alone, by name."""
        return {nom: valeur for nom, valeur in asdict(self).items() if nom != "reprises"}


class PlusRienADire(Exception):
    """Nothing is to be said to this person any more; the message says why."""


@task()
def vider_la_boite() -> dict[str, int]:
    """Send every e-mail that waits and is due, and come back later for those that must be tried again."""
    tournee = vider()
    # A backend that does everything at once has no later; the next sending takes them up.
    if vider_la_boite.get_backend().supports_defer:
        for quand in sorted(tournee.reprises):
            vider_la_boite.using(run_after=quand).enqueue()
    return tournee.comptes


def vider() -> Tournee:
    """Send every e-mail that waits and is due; return what came of it. Never raises for an e-mail."""
    tournee = Tournee()
    poste = None
    try:
        while _dus().exists():
            if poste is None:
                # Opened before anything is claimed: a server that does not answer is nobody's e-mail's fault.
                poste = get_connection()
                poste.open()
            courriel = _prendre()
            if courriel is not None and not _envoyer(courriel, poste, tournee):
                _fermer(poste)
                poste = None
    except (OSError, SMTPException) as erreur:
        logger.warning("L'envoi des courriels est reporté : %s", erreur)
        _reporter_tous(erreur, tournee)
    finally:
        if poste is not None:
            _fermer(poste)
    return tournee


def _fermer(poste: Any) -> None:
    try:
        poste.close()
    except (OSError, SMTPException):
        logger.info("Le serveur d'envoi a fermé la connexion le premier.")


# -- Claiming --------------------------------------------------------------------------------------
def _dus() -> EnvoiQuerySet:
    """Return the e-mails that wait and whose time has come, the oldest first."""
    maintenant = timezone.now()
    quand = Q(tentatives=0)
    for tentatives, delai in enumerate(DELAIS, 1):
        quand |= Q(tentatives=tentatives, pris_le__lte=maintenant - delai)
    en_attente: EnvoiQuerySet = Courriel.objects.filter(quand, statut=Statut.EN_ATTENTE)
    return en_attente.order_by("pk")


def _prendre() -> Courriel | None:
    """Return the next e-mail, which is this worker's alone from now on; None when another took it first."""
    suivant = _dus().values_list("pk", flat=True).first()
    # The state and the number of tries are those that were read: whoever comes second changes nothing.
    pris = (
        _dus()
        .filter(pk=suivant)
        .order_by()
        .update(statut=Statut.EN_COURS, pris_le=timezone.now(), tentatives=F("tentatives") + 1)
    )
    if not pris:
        return None
    courriel: Courriel = (
        Courriel.objects.select_related("campagne__contrat__epci", "porteur", "rapport", "invitation", "recu")
        .select_related("bilan__action_annuelle")
        .get(pk=suivant)
    )
    return courriel


# -- Sending ---------------------------------------------------------------------------------------
def _envoyer(courriel: Courriel, poste: Any, tournee: Tournee) -> bool:
    """Send one e-mail and note what came of it; return whether the connection may serve again."""
    try:
        _preparer(courriel)
        message = message_de(courriel)
        Courriel.objects.filter(pk=courriel.pk).update(identifiant=courriel.identifiant)
        poste.send_messages([message])
    except PlusRienADire as raison:
        _noter(courriel, statut=Statut.SANS_OBJET, erreur=str(raison))
        tournee.sans_objet += 1
        return True
    except (SMTPRecipientsRefused, SMTPDataError) as refus:
        code, reponse = _reponse(refus)
        if code >= 500:
            _noter(courriel, statut=Statut.REFUSE, erreur=reponse)
            tournee.refuses += 1
        else:
            _reporter(courriel, reponse, tournee)
        return False
    except (OSError, SMTPException) as erreur:
        _reporter(courriel, f"{SERVEUR_MUET} ({erreur})", tournee)
        return False
    except Exception as erreur:  # one e-mail that cannot be written never holds the others back
        logger.exception("Le courriel %s n'a pas pu être écrit.", courriel.cle)
        _reporter(courriel, f"Ce message n'a pas pu être préparé. ({erreur})", tournee)
        return False
    _noter(courriel, statut=Statut.ENVOYE, envoye_le=timezone.now(), erreur="")
    _se_souvenir(courriel)
    tournee.envoyes += 1
    return True


def _preparer(courriel: Courriel) -> None:
    """Write the words of what depends on the moment. Raises PlusRienADire when nothing is owed any more."""
    if courriel.type == Courriel.Type.ECHEANCE:
        _preparer_les_echeances(courriel)
    if courriel.type == Courriel.Type.RAPPEL_AVIS:
        _verifier_l_avis(courriel)
    if courriel.type not in Courriel.TYPES_QUOTIDIENS:
        return
    appel = lire_appel(courriel.campagne, porteur=courriel.porteur)
    destinataire = appel.pour(courriel.porteur_id, courriel.destinataire)
    if destinataire is None:
        raise PlusRienADire(PLUS_RIEN)
    if destinataire.defaut is not None and courriel.reprise_de_id is None:
        raise PlusRienADire(ADRESSE_EN_DEFAUT)
    valeurs = valeurs_appel(
        courriel.campagne, destinataire.contact, destinataire.bilans, destinataire.invitation
    )
    message = rendre(courriel.campagne, courriel.type, valeurs)
    courriel.objet, courriel.texte, courriel.html = message.objet, message.texte, message.html
    courriel.bilans_dus = [du.annuelle.cle for du in destinataire.bilans]


def _preparer_les_echeances(courriel: Courriel) -> None:
    """Write what is still owed under conventions. Raises PlusRienADire when nothing is any more."""
    rappel = lire_rappels(courriel.campagne).pour(courriel.porteur_id, courriel.destinataire)
    if rappel is None:
        raise PlusRienADire(PLUS_D_ECHEANCE)
    if rappel.defaut is not None and courriel.reprise_de_id is None:
        raise PlusRienADire(ADRESSE_EN_DEFAUT)
    valeurs = valeurs_echeances(courriel.campagne, rappel.contact, rappel.echeances, courriel.invitation)
    message = rendre(courriel.campagne, courriel.type, valeurs, ECHEANCES)
    courriel.objet, courriel.texte, courriel.html = message.objet, message.texte, message.html


def _verifier_l_avis(courriel: Courriel) -> None:
    """Raise PlusRienADire when the bodies of this person have answered, or are asked no more."""
    attendus = AvisRapport.objects.filter(
        rapport=courriel.rapport,
        rapport__statut=RapportAnnuel.Statut.EN_CONSULTATION,
        rapport__echeance_avis__gte=timezone.localdate(),
        sens="",
        instance_consultee__membres__utilisateur__email=courriel.destinataire,
    )
    if not attendus.exists():
        raise PlusRienADire(PLUS_D_AVIS)


def _se_souvenir(courriel: Courriel) -> None:
    """Note on each deadline named by a reminder that left that it was reminded."""
    if courriel.type == Courriel.Type.ECHEANCE:
        rappel = lire_rappels(courriel.campagne).pour(courriel.porteur_id, courriel.destinataire)
        dues = [echeance.pk for echeance in rappel.echeances] if rappel else []
        Echeance.objects.filter(pk__in=dues).update(rappelee_le=timezone.now())


def message_de(courriel: Courriel) -> EmailMultiAlternatives:
    """Return the e-mail as it leaves: text and HTML, signed by the collectivity, with its receipt if it has one.

    Gives `courriel` the identifier by which a returned message is recognised.
    """
    campagne = courriel.campagne
    hote = urlsplit(settings.PILOTIS_ADRESSE).hostname or "localhost"
    courriel.identifiant = make_msgid(idstring=courriel.cle, domain=hote)
    _, adresse = parseaddr(settings.DEFAULT_FROM_EMAIL)
    message = EmailMultiAlternatives(
        subject=courriel.objet,
        body=courriel.texte,
        from_email=formataddr((_une_ligne(campagne.contrat.epci.nom), adresse)),
        to=[formataddr((_une_ligne(courriel.nom_destinataire), _en_ascii(courriel.destinataire)))],
        reply_to=[campagne.contact_email] if campagne.contact_email else None,
        headers={
            "Message-ID": courriel.identifiant,
            "X-Pilotis-Courriel": courriel.cle,
            # Keeps the « absent du bureau » of others from answering us.
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(courriel.html, "text/html")
    if courriel.recu is not None:
        message.attach(f"recu-{courriel.recu.cle}.pdf", pdf_du_recu(courriel.recu), "application/pdf")
    return message


def _une_ligne(texte: str) -> str:
    return " ".join(texte.split())


def _en_ascii(adresse: str) -> str:
    """Return an address as mail servers know it: a domain with accents has a form without them (IDNA)."""
    nom, _, domaine = adresse.rpartition("@")
    return f"{nom}@{punycode(domaine)}"


def _reponse(refus: SMTPRecipientsRefused | SMTPDataError) -> tuple[int, str]:
    """Return the code and the words of the server."""
    if isinstance(refus, SMTPRecipientsRefused):
        [(code, mots)] = refus.recipients.values()
        return code, _en_mots(code, mots)
    return refus.smtp_code, _en_mots(refus.smtp_code, refus.smtp_error)


def _en_mots(code: int, mots: bytes | str) -> str:
    texte = mots.decode(errors="replace") if isinstance(mots, bytes) else mots
    return f"{code} {texte}".strip()


# -- Noting ----------------------------------------------------------------------------------------
def _noter(courriel: Courriel, **valeurs: Any) -> None:
    """Write what came of an e-mail, with the words that left."""
    ecrits = {
        champ: getattr(courriel, champ) for champ in ("objet", "texte", "html", "bilans_dus", "identifiant")
    }
    Courriel.objects.filter(pk=courriel.pk).update(**{**ecrits, **valeurs})


def _reporter(courriel: Courriel, erreur: str, tournee: Tournee) -> None:
    """Have the e-mail tried again later, unless this was the last time."""
    if courriel.tentatives >= TENTATIVES_MAX:
        _noter(courriel, statut=Statut.ECHEC, erreur=erreur)
        tournee.non_partis += 1
        return
    maintenant = timezone.now()
    _noter(courriel, statut=Statut.EN_ATTENTE, erreur=erreur, pris_le=maintenant)
    tournee.reportes += 1
    tournee.reprises.add(maintenant + DELAIS[courriel.tentatives - 1])


def _reporter_tous(erreur: Exception, tournee: Tournee) -> None:
    """Count a try to every e-mail that was due: the server answered none of them."""
    raison, maintenant = f"{SERVEUR_MUET} ({erreur})", timezone.now()
    dus = list(_dus().values_list("pk", "tentatives"))
    derniers = [pk for pk, tentatives in dus if tentatives + 1 >= TENTATIVES_MAX]
    essai = {"tentatives": F("tentatives") + 1, "pris_le": maintenant, "erreur": raison}
    attendaient = Courriel.objects.filter(statut=Statut.EN_ATTENTE, pk__in=[pk for pk, _ in dus])
    tournee.non_partis += attendaient.filter(pk__in=derniers).update(statut=Statut.ECHEC, **essai)
    tournee.reportes += attendaient.exclude(pk__in=derniers).update(**essai)
    tournee.reprises |= {maintenant + DELAIS[tentatives] for _, tentatives in dus if tentatives < len(DELAIS)}
