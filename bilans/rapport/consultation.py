"""From draft to publication: sent for opinion, opinions given, approved, published, corrected (docs/etats.md).

Décret n° 2015-1118 of 3 September 2015 and CGCT L.1111-2 (domaine.md §1.4): the municipal councils concerned and the
conseils citoyens have at least one month; silence is favourable; the council that approves says what follows from the
observations; the report and its annexes are public.
"""

import calendar
import re
from collections.abc import Collection, Iterable
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.templatetags.typographie import date_longue, pluriel
from comptes.versions import VersionPerimee
from contrats.models import Deliberation, Instance

from ..models import AvisRapport, FichierRapport, RapportAnnuel, TransitionRapport, VersionRapport
from ..operations.courriels_rapport import annoncer_l_envoi, annoncer_la_publication, annoncer_le_delai
from ..operations.etats import OperationRefusee
from .fabrication import demander_fichier
from .redaction import prendre
from .versions import dit_la_meme_chose, figer

Statut, Sens, Nature = RapportAnnuel.Statut, AvisRapport.Sens, VersionRapport.Nature
# What a body gives; silence is not given.
SENS_RENDUS = (Sens.FAVORABLE, Sens.RESERVE, Sens.DEFAVORABLE)
# The Word file is for who reworks the text.
FORMATS_PUBLICS = (FichierRapport.Format.PDF, FichierRapport.Format.XLSX)
ADRESSE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

REFUS = {
    Statut.PREPARATION: "Ce rapport est en préparation : il n'a pas encore été envoyé pour avis.",
    Statut.EN_CONSULTATION: "Ce rapport est en consultation : les avis ne sont pas encore tous recueillis.",
    Statut.FINALISE: "Les avis sur ce rapport sont recueillis ; il n'est pas encore approuvé.",
    Statut.APPROUVE: "Ce rapport est approuvé ; il n'est pas encore publié.",
    Statut.PUBLIE: "Ce rapport est publié.",
}


def un_mois_apres(jour: date) -> date:
    """Return the same day of the next month, its last day when it has none: the least time given for opinions."""
    annee, mois = (jour.year + 1, 1) if jour.month == 12 else (jour.year, jour.month + 1)
    return date(annee, mois, min(jour.day, calendar.monthrange(annee, mois)[1]))


def _exiger(rapport: RapportAnnuel, *statuts: str) -> None:
    if rapport.statut not in statuts:
        raise OperationRefusee(REFUS[Statut(rapport.statut)])


def _passer(auteur: Utilisateur, rapport: RapportAnnuel, vers: str, motif: str = "") -> RapportAnnuel:
    """Save the report in the state `vers`, with the row that tells it."""
    TransitionRapport.objects.create(
        rapport=rapport, de=rapport.statut, vers=vers, auteur=auteur, motif=motif.strip()
    )
    rapport.statut = vers
    rapport.version += 1
    signer(rapport, auteur, motif.strip())
    rapport.full_clean()
    rapport.save()
    return rapport


# -- Sent for opinion ------------------------------------------------------------------------------
@transaction.atomic
def envoyer_pour_avis(
    auteur: Utilisateur,
    rapport: RapportAnnuel,
    instances: Iterable[Instance],
    echeance: date,
    *,
    deliberation: Deliberation | None = None,
) -> VersionRapport:
    """Freeze the draft, send it for opinion to `instances` until `echeance`, and return what was frozen.

    `deliberation` is the one that sets the time given. Raises PermissionDenied; OperationRefusee out of its state or
    without a body to consult; ValidationError on « echeance » for less than a month.
    """
    actuel = prendre(auteur, rapport)
    _exiger(actuel, Statut.PREPARATION)
    consultees = list(instances)
    if not consultees:
        raise OperationRefusee("Choisissez au moins une instance à consulter.")
    if any(instance.contrat_id != actuel.contrat_id for instance in consultees):
        raise PermissionDenied
    aujourd_hui = timezone.localdate()
    _refuser_un_delai_court(aujourd_hui, echeance)
    actuel.date_envoi_avis, actuel.echeance_avis = aujourd_hui, echeance
    actuel.deliberation_delai = _garder_la_deliberation(actuel, deliberation) if deliberation else None
    _inscrire_les_instances(auteur, actuel, consultees)
    motif = "" if not actuel.versions.exists() else "Nouvel envoi pour avis."
    _passer(auteur, actuel, Statut.EN_CONSULTATION)
    version = figer(auteur, actuel, Nature.PROJET, motif)
    annoncer_l_envoi(auteur, actuel)
    return version


def _refuser_un_delai_court(depuis: date, echeance: date) -> None:
    au_plus_tot = un_mois_apres(depuis)
    if echeance < au_plus_tot:
        raise ValidationError(
            {
                "echeance": f"La loi laisse un mois au moins pour rendre un avis : choisissez le "
                f"{date_longue(au_plus_tot)} ou un jour suivant."
            }
        )


def _inscrire_les_instances(auteur: Utilisateur, rapport: RapportAnnuel, consultees: list[Instance]) -> None:
    """Await the opinion of each body; what was given to an earlier draft stays in the history."""
    for ancien in rapport.avis.order_by("pk"):
        signer(ancien, auteur, "nouvel envoi pour avis")
        ancien.delete()
    for instance in consultees:
        avis = AvisRapport(rapport=rapport, instance_consultee=instance)
        signer(avis, auteur)
        avis.save()


@transaction.atomic
def prolonger_la_consultation(
    auteur: Utilisateur, rapport: RapportAnnuel, echeance: date, motif: str
) -> RapportAnnuel:
    """Give until `echeance`, later than before and not past, and return the report; `motif` is told to the bodies.

    Raises PermissionDenied, OperationRefusee, ValidationError on « echeance » or « motif ».
    """
    actuel = prendre(auteur, rapport)
    _exiger(actuel, Statut.EN_CONSULTATION)
    if actuel.echeance_avis is not None and echeance <= actuel.echeance_avis:
        raise ValidationError(
            {"echeance": f"Choisissez un jour après le {date_longue(actuel.echeance_avis)}, date actuelle."}
        )
    if echeance < timezone.localdate():
        raise ValidationError({"echeance": "Ce jour est passé : choisissez aujourd'hui ou un jour suivant."})
    _exiger_un_motif(motif, "Dites pourquoi le délai est prolongé.")
    actuel.echeance_avis = echeance
    _passer(auteur, actuel, Statut.EN_CONSULTATION, motif)
    annoncer_le_delai(auteur, actuel, motif)
    return actuel


def _exiger_un_motif(motif: str, phrase: str) -> None:
    if not motif.strip():
        raise ValidationError({"motif": phrase})


# -- Opinions --------------------------------------------------------------------------------------
@transaction.atomic
def rendre_avis(
    auteur: Utilisateur,
    avis: AvisRapport,
    *,
    sens: str,
    texte: str = "",
    jour: date | None = None,
    deliberation: str = "",
    version: int | None = None,
) -> AvisRapport:
    """Write the opinion of a body and return it: by one of its members until the day it is due, or on its behalf.

    `jour` is when the body gave it, today by default; `version` the number of the row that the page showed. Who runs
    the contract may write it, marked so, until the opinions are closed, late ones included. Raises PermissionDenied,
    OperationRefusee, VersionPerimee, ValidationError by field.
    """
    actuel = _prendre_l_avis(avis, version)
    rapport = actuel.rapport
    membre = actuel.instance_consultee.membres.filter(utilisateur=auteur).exists()
    gere = auteur.has_perm("contrats.gerer", rapport.contrat)
    if not membre and not gere:
        raise PermissionDenied("Cet avis est celui d'une autre instance.")
    _exiger(rapport, Statut.EN_CONSULTATION)
    aujourd_hui = timezone.localdate()
    if not gere and rapport.echeance_avis is not None and aujourd_hui > rapport.echeance_avis:
        raise OperationRefusee(
            f"Les avis étaient attendus pour le {date_longue(rapport.echeance_avis)} : écrivez à la personne chargée "
            "de mission, qui peut encore inscrire le vôtre."
        )
    if sens not in SENS_RENDUS:
        raise ValidationError({"sens": "Choisissez un avis : favorable, réservé ou défavorable."})
    if jour is not None and jour > aujourd_hui:
        raise ValidationError(
            {"date": "Cet avis n'est pas encore rendu : indiquez aujourd'hui ou un jour passé."}
        )
    if jour is not None and rapport.date_envoi_avis is not None and jour < rapport.date_envoi_avis:
        raise ValidationError(
            {
                "date": f"Le projet a été envoyé le {date_longue(rapport.date_envoi_avis)} : indiquez ce jour ou un "
                "jour suivant."
            }
        )
    actuel.sens, actuel.texte, actuel.date = sens, texte.strip(), jour or aujourd_hui
    actuel.deliberation = deliberation.strip()
    actuel.rendu_par, actuel.pour_l_instance = auteur, not membre
    return _garder_l_avis(auteur, actuel)


def _prendre_l_avis(avis: AvisRapport, version: int | None) -> AvisRapport:
    """Return the stored opinion, its report locked first: closing and giving an opinion wait for one another."""
    RapportAnnuel.objects.select_for_update(no_key=True).get(pk=avis.rapport_id)
    actuel: AvisRapport = (
        AvisRapport.objects.select_for_update(no_key=True, of=("self",))
        .select_related("rapport__contrat", "instance_consultee")
        .get(pk=avis.pk)
    )
    if version is not None and actuel.version != version:
        raise VersionPerimee(actuel)
    return actuel


def _garder_l_avis(auteur: Utilisateur | None, avis: AvisRapport, motif: str = "") -> AvisRapport:
    avis.version += 1
    avis.full_clean()
    signer(avis, auteur, motif)
    avis.save()
    return avis


@transaction.atomic
def donner_suite(
    auteur: Utilisateur, avis: AvisRapport, suite: str, *, version: int | None = None
) -> AvisRapport:
    """Write what follows from the observations of a body and return its opinion.

    `version` is the number of the row that the page showed. Raises PermissionDenied; VersionPerimee; OperationRefusee
    once the report is approved: what the council stated does not change.
    """
    actuel = _prendre_l_avis(avis, version)
    if not auteur.has_perm("contrats.gerer", actuel.rapport.contrat):
        raise PermissionDenied
    _exiger(actuel.rapport, Statut.EN_CONSULTATION, Statut.FINALISE)
    actuel.suite_donnee = suite.strip()
    return _garder_l_avis(auteur, actuel)


@transaction.atomic
def clore_la_consultation(auteur: Utilisateur, rapport: RapportAnnuel) -> RapportAnnuel:
    """Close the opinions and return the report: those who said nothing in time are deemed favourable.

    Raises PermissionDenied; OperationRefusee while a body still has time.
    """
    actuel = prendre(auteur, rapport)
    _exiger(actuel, Statut.EN_CONSULTATION)
    silencieux = list(actuel.avis.filter(sens="").select_related("instance_consultee").order_by("pk"))
    echeance = actuel.echeance_avis
    if silencieux and echeance is not None and timezone.localdate() <= echeance:
        raise OperationRefusee(
            f"{pluriel(len(silencieux), 'avis est attendu,avis sont attendus')} jusqu'au {date_longue(echeance)} : "
            "le silence ne vaut accord qu'après cette date."
        )
    for avis in silencieux:
        avis.sens, avis.date = Sens.REPUTE_FAVORABLE, echeance
        _garder_l_avis(auteur, avis, "silence au terme du délai")
    return _passer(auteur, actuel, Statut.FINALISE)


# -- Approved, published ---------------------------------------------------------------------------
@transaction.atomic
def approuver(auteur: Utilisateur, rapport: RapportAnnuel, deliberation: Deliberation) -> RapportAnnuel:
    """Approve the report by a délibération and return it.

    Raises PermissionDenied; OperationRefusee when an observation was left without its follow-up, or for a délibération
    that was not taken yet, or was before the draft was sent.
    """
    actuel = prendre(auteur, rapport)
    _exiger(actuel, Statut.FINALISE)
    if deliberation.contrat_id != actuel.contrat_id:
        raise PermissionDenied
    if deliberation.date > timezone.localdate():
        raise OperationRefusee(
            f"Le {date_longue(deliberation.date)} n'est pas encore passé : enregistrez la délibération une fois prise."
        )
    if actuel.date_envoi_avis is not None and deliberation.date < actuel.date_envoi_avis:
        raise OperationRefusee(
            "Cette délibération est antérieure à l'envoi du projet pour avis : vérifiez sa date."
        )
    if sans_suite := avis_sans_suite(actuel):
        raise OperationRefusee(
            "Le conseil dit quelle suite est donnée aux observations. Il reste à répondre à : "
            f"{', '.join(str(avis.instance_consultee) for avis in sans_suite)}."
        )
    actuel.deliberation = _garder_la_deliberation(actuel, deliberation)
    return _passer(auteur, actuel, Statut.APPROUVE)


def _garder_la_deliberation(rapport: RapportAnnuel, deliberation: Deliberation) -> Deliberation:
    """Return a délibération of the contract of the report, kept when it was just described."""
    if deliberation.contrat_id != rapport.contrat_id:
        raise PermissionDenied
    if deliberation.pk is None:
        deliberation.full_clean()
        deliberation.save()
    return deliberation


def avis_sans_suite(rapport: RapportAnnuel) -> list[AvisRapport]:
    """Return the opinions with observations that nothing answers yet."""
    avis = rapport.avis.exclude(texte="").filter(suite_donnee="")
    return list(avis.select_related("instance_consultee").order_by("pk"))


@transaction.atomic
def publier(auteur: Utilisateur, rapport: RapportAnnuel) -> VersionRapport:
    """Freeze and publish an approved report and return the version that is read from now on.

    Raises PermissionDenied, OperationRefusee.
    """
    actuel = prendre(auteur, rapport)
    _exiger(actuel, Statut.APPROUVE)
    actuel.publie_le = timezone.now()
    _passer(auteur, actuel, Statut.PUBLIE)
    version = figer(auteur, actuel, Nature.PUBLIEE, "Publication du rapport approuvé.")
    annoncer_la_publication(auteur, actuel)
    return version


@transaction.atomic
def corriger(auteur: Utilisateur, rapport: RapportAnnuel, motif: str) -> VersionRapport:
    """Publish what the report says today as a new version, with its reason, and return it; the former ones stay.

    The same correction asked again (a button pressed twice) is the one that is there.

    Raises PermissionDenied, OperationRefusee, ValidationError on « motif ».
    """
    actuel = prendre(auteur, rapport)
    _exiger(actuel, Statut.PUBLIE)
    _exiger_un_motif(motif, "Dites ce que cette version corrige : les personnes qui la liront le verront.")
    derniere = actuel.versions.order_by("-numero").first()
    if derniere and derniere.motif == motif.strip() and dit_la_meme_chose(derniere, actuel):
        return derniere
    _passer(auteur, actuel, Statut.PUBLIE, motif)
    version = figer(auteur, actuel, Nature.PUBLIEE, motif)
    _faire_les_fichiers_publics(auteur, actuel)
    return version


def _faire_les_fichiers_publics(auteur: Utilisateur, rapport: RapportAnnuel) -> None:
    """Have the files that a resident downloads made: nobody asks for one at a public address."""
    if not rapport.adresse_publique:
        return
    version = rapport.versions.filter(nature=Nature.PUBLIEE).legeres().order_by("-numero").first()
    for format in FORMATS_PUBLICS:
        demander_fichier(auteur, rapport, format, version)


# -- Going back ------------------------------------------------------------------------------------
@transaction.atomic
def revenir(auteur: Utilisateur, rapport: RapportAnnuel, motif: str) -> RapportAnnuel:
    """Take the last step back with its reason and return the report; versions and opinions given are kept.

    Out for opinion or closed, it is prepared again (another sending asks for opinions anew); approved, it waits for its
    approval; published, it is read no more until it is published again, nor at its public address. Raises
    PermissionDenied, OperationRefusee while nothing was sent, ValidationError on « motif ».
    """
    actuel = prendre(auteur, rapport)
    vers = RETOURS.get(actuel.statut)
    if vers is None:
        raise OperationRefusee(REFUS[Statut(actuel.statut)])
    _exiger_un_motif(motif, "Dites pourquoi : cela reste dans l'histoire du rapport.")
    if actuel.statut == Statut.PUBLIE:
        actuel.adresse_publique = None
    if actuel.statut == Statut.APPROUVE:
        actuel.deliberation = None
    return _passer(auteur, actuel, vers, motif)


RETOURS: dict[str, str] = {
    Statut.EN_CONSULTATION: Statut.PREPARATION,
    Statut.FINALISE: Statut.PREPARATION,
    Statut.APPROUVE: Statut.FINALISE,
    Statut.PUBLIE: Statut.APPROUVE,
}


# -- The public address ----------------------------------------------------------------------------
@transaction.atomic
def donner_une_adresse(auteur: Utilisateur, rapport: RapportAnnuel, adresse: str) -> RapportAnnuel:
    """Have a published report be read by anybody at a public address; an empty one takes it away. Return the report.

    Raises PermissionDenied, OperationRefusee, ValidationError on « adresse_publique ».
    """
    actuel = prendre(auteur, rapport)
    if adresse:
        _exiger(actuel, Statut.PUBLIE)
        if not ADRESSE.fullmatch(adresse):
            raise ValidationError(
                {
                    "adresse_publique": "L'adresse s'écrit en lettres minuscules sans accent, en chiffres et en "
                    "traits d'union : « dole-2024 »."
                }
            )
        if RapportAnnuel.objects.filter(adresse_publique=adresse).exclude(pk=actuel.pk).exists():
            raise ValidationError({"adresse_publique": "Cette adresse est déjà celle d'un autre rapport."})
    actuel.adresse_publique = adresse or None
    actuel.version += 1
    signer(actuel, auteur)
    actuel.full_clean()
    actuel.save()
    _faire_les_fichiers_publics(auteur, actuel)
    return actuel


# -- What may be done ------------------------------------------------------------------------------
GESTES: dict[str, Collection[str]] = {
    "envoyer": (Statut.PREPARATION,),
    "prolonger": (Statut.EN_CONSULTATION,),
    "clore": (Statut.EN_CONSULTATION,),
    "approuver": (Statut.FINALISE,),
    "publier": (Statut.APPROUVE,),
    "corriger": (Statut.PUBLIE,),
    "adresse": (Statut.PUBLIE,),
    "revenir": tuple(RETOURS),
}


def gestes_possibles(rapport: RapportAnnuel, utilisateur: Utilisateur) -> set[str]:
    """Return the names of the operations that this account may do on the report in its present state."""
    if not utilisateur.has_perm("contrats.gerer", rapport.contrat):
        return set()
    return {geste for geste, statuts in GESTES.items() if rapport.statut in statuts}
