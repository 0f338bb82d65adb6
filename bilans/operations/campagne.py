"""What changes the campaign of a year: its dates, what it asks, its messages, its opening and its closing.

Whoever runs the contract does it, one transaction a use case, under a lock on the row of the campaign; what is
decided of it is an `EvenementCampagne`. Dates are stored: the default is proposed once, on opening, and nothing is
computed again from today. A value that cannot be is a ValidationError on its field, a state that does not allow
what is asked an `OperationRefusee`, a page that someone else overtook a `VersionPerimee` (comptes.versions).
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Max, Q
from django.utils import timezone

from actions.models import (
    Campagne,
    EvenementCampagne,
    IndicateurDemande,
    ModeleMessage,
    Question,
    ReglagesControles,
    RelancePrevue,
    TrancheAge,
)
from comptes.modeles import libelle_du_champ
from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.templatetags.typographie import pluriel
from comptes.versions import VersionPerimee, verrouiller, version_de
from documents.formats import date_longue, nombre
from documents.normalisation import normaliser

from .. import messages
from ..models import Bilan
from .courriels import annoncer_prolongation_a_tous, relancer
from .etats import OperationRefusee, preparer_bilan

Statut = Campagne.Statut
Evenement = EvenementCampagne.Type

AVANT_OUVERTURE = (
    Statut.PREPARATION,
    Statut.OUVERTE,
    Statut.CLOSE,
    Statut.INSTRUITE,
    Statut.PROGRAMMEE,
)
# Where each operation starts from; what only settles the campaign does so in any year that is not archived.
DEPUIS: dict[str, tuple[Campagne.Statut, ...]] = {
    "ouvrir": AVANT_OUVERTURE,
    "clore": (Statut.BILANS_OUVERTS,),
    "rouvrir": (Statut.BILANS_CLOS,),
    "prolonger": (Statut.BILANS_OUVERTS,),
    "archiver": (Statut.BILANS_CLOS,),
    "desarchiver": (Statut.ARCHIVEE,),
    "regler": (*AVANT_OUVERTURE, Statut.BILANS_OUVERTS, Statut.BILANS_CLOS),
}
VERS: dict[str, Campagne.Statut] = {
    "ouvrir": Statut.BILANS_OUVERTS,
    "clore": Statut.BILANS_CLOS,
    "rouvrir": Statut.BILANS_OUVERTS,
    "archiver": Statut.ARCHIVEE,
    "desarchiver": Statut.BILANS_CLOS,
}
# Reminders proposed on opening, in days from the due date.
RAPPELS_PROPOSES = (-30, -7, 7)
CHAMPS_REGLES = ("notice", "contact_nom", "contact_email", "contact_telephone")
# The thresholds of the contrôles that a year may set.
SEUILS = (
    "tolerance_part",
    "tolerance_montant",
    "tolerance_jours",
    "plafond_etat",
    "seuil_convention",
    "petit_effectif",
    "ecart_annee",
    "part_couverture",
    "ecart_budget_euros",
    "ecart_budget_part",
)
CHAMPS_QUESTION = ("libelle", "aide", "type", "choix", "unite", "obligatoire")
CHAMPS_INDICATEUR = ("indicateur", "libelle", "unite", "aide", "sexue", "obligatoire")
DATE_PASSEE = "Cette date est passée : choisissez aujourd'hui ou un jour à venir."
# « {porteur} »: a word that is replaced in each message; an accolade alone is a slip of the keyboard.
VARIABLE = re.compile(r"\{([^{}]*)\}")


# -- Reading ---------------------------------------------------------------------------------------
def refus(campagne: Campagne, nom: str) -> str:
    """Return why the state of the campaign does not allow `nom`, a key of `DEPUIS`, and what to do."""
    annee = campagne.annee
    if campagne.statut == Statut.ARCHIVEE:
        return f"L'année {annee} est archivée : sa campagne ne change plus."
    if nom == "desarchiver":
        return f"L'année {annee} n'est pas archivée."
    if nom == "archiver":
        return f"Les bilans de {annee} ne sont pas clos : closez-les d'abord, puis archivez l'année."
    if campagne.statut == Statut.BILANS_CLOS:
        suite = "vous pouvez les rouvrir, avec une nouvelle échéance." if nom == "prolonger" else ""
        return f"Les bilans de {annee} sont clos : {suite or 'vous pouvez les rouvrir, en disant pourquoi.'}"
    if campagne.statut == Statut.BILANS_OUVERTS:
        return f"Les bilans de {annee} sont déjà ouverts."
    return f"Les bilans de {annee} ne sont pas encore ouverts."


def possible(campagne: Campagne, nom: str) -> bool:
    """Return whether the state of the campaign allows `nom`, a key of `DEPUIS`."""
    return campagne.statut in DEPUIS[nom]


def dates_reglables(campagne: Campagne) -> tuple[str, ...]:
    """Return the dates that the settings may still change: once bilans are open, the due date is moved for all."""
    if campagne.statut in AVANT_OUVERTURE:
        return ("bilan_ouverture", "bilan_echeance")
    a_venir = campagne.bilan_ouverture is not None and campagne.bilan_ouverture > timezone.localdate()
    return ("bilan_ouverture",) if a_venir and campagne.statut == Statut.BILANS_OUVERTS else ()


# -- Settling --------------------------------------------------------------------------------------
@transaction.atomic
def regler_campagne(
    campagne: Campagne, utilisateur: Utilisateur, *, champs: Mapping[str, Any], version: int
) -> Campagne:
    """Write dates, instructions and contact, opened in `version`; return the campaign. Nothing new, nothing written.

    Only `CHAMPS_REGLES` and `dates_reglables` are read from `champs`.
    """
    actuelle = _prendre(campagne, utilisateur, "regler", version)
    avant = actuelle.bilan_ouverture
    if not _ecrire_champs(actuelle, (*dates_reglables(actuelle), *CHAMPS_REGLES), champs):
        return actuelle
    _verifier_dates(actuelle)
    if actuelle.statut == Statut.BILANS_OUVERTS and actuelle.bilan_ouverture != avant:
        _refuser_le_passe(actuelle.bilan_ouverture, "bilan_ouverture")
    return _ecrire(actuelle, utilisateur)


@transaction.atomic
def regler_relances(
    campagne: Campagne, utilisateur: Utilisateur, dates: Iterable[date], *, version: int | None = None
) -> Campagne:
    """Make `dates` those of the reminders still to come; what was sent stays. Return the campaign."""
    actuelle = _prendre(campagne, utilisateur, "regler", version)
    prevues = {prevue.date: prevue for prevue in _a_faire(actuelle)}
    voulues = set(dates)
    nouvelles, retirees = sorted(voulues - set(prevues)), sorted(set(prevues) - voulues)
    for jour in nouvelles:
        refuser_rappel(actuelle, jour)
    for jour in retirees:
        _supprimer(prevues[jour], utilisateur)
    for jour in nouvelles:
        _signer_et_ecrire(RelancePrevue(campagne=actuelle, date=jour), utilisateur)
    dit = _en_mots({"ajouté": nouvelles, "retiré": retirees}, date_longue)
    return _noter(actuelle, utilisateur, "Rappels prévus", dit)


@transaction.atomic
def regler_controles(
    campagne: Campagne, utilisateur: Utilisateur, *, seuils: Mapping[str, Any], version: int | None = None
) -> Campagne:
    """Write the thresholds of the contrôles, opened in `version`; return the campaign, whose history says what changed.

    Only the fields of `SEUILS` are read; the values by default are stored like the others.
    """
    actuelle = _prendre(campagne, utilisateur, "regler", version)
    reglages = ReglagesControles.objects.filter(campagne=actuelle).first()
    reglages = reglages or ReglagesControles(campagne=actuelle)
    change = {
        nom: (getattr(reglages, nom), seuils[nom])
        for nom in SEUILS
        if nom in seuils and getattr(reglages, nom) != seuils[nom]
    }
    if not change:
        return actuelle
    _ecrire_champs(reglages, SEUILS, seuils)
    reglages.full_clean()
    _signer_et_ecrire(reglages, utilisateur)
    dit = ", ".join(
        f"{libelle_du_champ(ReglagesControles, nom)} : {nombre(avant)} → {nombre(apres)}"
        for nom, (avant, apres) in change.items()
    )
    return _noter(actuelle, utilisateur, "Seuils des contrôles", dit)


def refuser_rappel(campagne: Campagne, jour: date) -> None:
    """Raise ValidationError when no reminder can be planned on `jour`, which is not yet one."""
    if jour <= timezone.localdate():
        raise ValidationError(
            "Un rappel se prévoit pour un jour à venir : choisissez une date après aujourd'hui."
        )
    if campagne.relances_prevues.filter(date=jour, faite_le__isnull=False).exists():
        raise ValidationError("Un rappel est déjà parti ce jour-là.")


# -- Age bands -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class TrancheSaisie:
    """An age band as it is typed: `pk` is None for a new one; a blank label is written from the ages."""

    pk: int | None
    libelle: str
    age_min: int
    age_max: int | None
    retirer: bool = False

    @property
    def nom(self) -> str:
        """The label, or « 6 à 15 ans »."""
        if self.libelle:
            return self.libelle
        if self.age_max is None:
            return f"{self.age_min} ans et plus"
        if self.age_max == self.age_min:
            return f"{self.age_min} ans"
        lien = "et" if self.age_max == self.age_min + 1 else "à"
        return f"{self.age_min} {lien} {self.age_max} ans"


def refus_tranche(tranche: TrancheAge | None, saisie: TrancheSaisie, *, utilisee: bool) -> dict[str, str]:
    """Return what stops an age band from becoming what was typed, by field; empty when nothing does.

    A band in which people are counted keeps its ages: the numbers would otherwise say something else.
    """
    if saisie.retirer:
        sienne = "Des personnes sont comptées dans cette tranche : elle ne peut pas être retirée. "
        return {"retirer": sienne + "Vous pouvez changer son libellé."} if utilisee else {}
    if saisie.age_max is not None and saisie.age_max < saisie.age_min:
        return {"age_max": "Une tranche d'âge va du plus jeune au plus âgé."}
    ages = (saisie.age_min, saisie.age_max)
    if tranche is not None and utilisee and ages != (tranche.age_min, tranche.age_max):
        phrase = "Des personnes sont comptées dans cette tranche : ses âges ne changent plus. "
        return {"age_min": phrase + "Vous pouvez changer son libellé, ou ajouter une tranche."}
    return {}


def tranches_utilisees(campagne: Campagne) -> set[int]:
    """Return the keys of the age bands in which a bilan counts people."""
    return set(campagne.tranches.filter(effectifs__isnull=False).order_by().values_list("pk", flat=True))


@transaction.atomic
def regler_tranches(
    campagne: Campagne,
    utilisateur: Utilisateur,
    saisies: Sequence[TrancheSaisie],
    *,
    version: int | None = None,
) -> Campagne:
    """Make the age bands what was typed, from the youngest to the eldest; one that is not given stays as it is.

    Return the campaign, whose history says what changed.
    """
    actuelle = _prendre(campagne, utilisateur, "regler", version)
    stockees = {tranche.pk: tranche for tranche in actuelle.tranches.order_by("ordre")}
    utilisees = tranches_utilisees(actuelle)
    dit: dict[str, list[str]] = {"ajoutée": [], "modifiée": [], "retirée": []}
    for saisie in saisies:
        tranche = stockees.get(saisie.pk) if saisie.pk else None
        if saisie.pk and tranche is None:
            # Removed meanwhile by someone else.
            continue
        refuses = refus_tranche(tranche, saisie, utilisee=saisie.pk in utilisees)
        if refuses:
            raise ValidationError([f"« {saisie.nom} » : {phrase}" for phrase in refuses.values()])
        if saisie.retirer:
            if tranche is not None:
                del stockees[tranche.pk]
                tranche.delete()
                dit["retirée"].append(tranche.libelle)
            continue
        if tranche is None:
            rang = _rang_suivant(actuelle.tranches)
            tranche = TrancheAge(
                campagne=actuelle, ordre=rang, age_min=saisie.age_min, age_max=saisie.age_max
            )
            dit["ajoutée"].append(saisie.nom)
        elif (tranche.libelle, tranche.age_min, tranche.age_max) == (
            saisie.nom,
            saisie.age_min,
            saisie.age_max,
        ):
            continue
        else:
            dit["modifiée"].append(_changee(tranche, saisie))
        tranche.libelle, tranche.age_min, tranche.age_max = saisie.nom, saisie.age_min, saisie.age_max
        tranche.save()
        stockees[tranche.pk] = tranche
    _refuser_ages_repetes(stockees.values())
    _ranger_par_age(actuelle, stockees.values())
    return _noter(actuelle, utilisateur, "Tranches d'âge", _en_mots(dit, str))


def _changee(tranche: TrancheAge, saisie: TrancheSaisie) -> str:
    ages = TrancheSaisie(None, "", saisie.age_min, saisie.age_max).nom
    precise = "" if saisie.nom == ages else f" ({ages})"
    return f"« {tranche.libelle} » devient « {saisie.nom} »{precise}"


def _refuser_ages_repetes(tranches: Iterable[TrancheAge]) -> None:
    vues: set[tuple[int, int | None]] = set()
    for tranche in tranches:
        ages = (tranche.age_min, tranche.age_max)
        if ages in vues:
            raise ValidationError("Deux tranches d'âge ont les mêmes âges : retirez l'une des deux.")
        vues.add(ages)


def _ranger_par_age(campagne: Campagne, tranches: Iterable[TrancheAge]) -> None:
    """Number the age bands from the youngest to the eldest; an open end comes last."""
    rangees = sorted(tranches, key=lambda t: (t.age_min, t.age_max is None, t.age_max or 0, t.libelle))
    if [tranche.ordre for tranche in rangees] == list(range(1, len(rangees) + 1)):
        return
    # Two steps: two bands may not share a rank, even for a moment.
    apres = _rang_suivant(campagne.tranches)
    for debut in (apres, 1):
        for rang, tranche in enumerate(rangees, debut):
            TrancheAge.objects.filter(pk=tranche.pk).update(ordre=rang)


# -- Opening, closing ------------------------------------------------------------------------------
@transaction.atomic
def ouvrir_les_bilans(
    campagne: Campagne,
    utilisateur: Utilisateur,
    *,
    ouverture: date | None = None,
    echeance: date | None = None,
    version: int | None = None,
) -> Campagne:
    """Open the bilans of the year: store both dates, prepare the missing bilans, plan reminders; return the campaign.

    Without dates: those of the settings, else today and six months after the end of the year (Cerfa 15059).
    """
    actuelle = _prendre(campagne, utilisateur, "ouvrir", version)
    if actuelle.statut == Statut.BILANS_OUVERTS:
        return actuelle
    actuelle.bilan_ouverture = ouverture or actuelle.bilan_ouverture or timezone.localdate()
    actuelle.bilan_echeance = echeance or actuelle.bilan_echeance or actuelle.echeance_par_defaut
    _refuser_le_passe(actuelle.bilan_echeance, "echeance")
    _verifier_dates(actuelle, "echeance")
    actuelle.statut = Statut.BILANS_OUVERTS
    _ecrire(actuelle, utilisateur)
    for annuelle in actuelle.actions.filter(bilan__isnull=True).order_by("pk"):
        preparer_bilan(annuelle)
    _proposer_des_rappels(actuelle, utilisateur)
    _evenement(actuelle, utilisateur, Evenement.OUVERTURE, echeance=actuelle.bilan_echeance)
    return actuelle


@transaction.atomic
def clore_les_bilans(campagne: Campagne, utilisateur: Utilisateur, *, version: int | None = None) -> Campagne:
    """Close the bilans of the year: the porteurs no longer write, those given a later date aside."""
    actuelle = _prendre(campagne, utilisateur, "clore", version)
    if actuelle.statut == Statut.BILANS_CLOS:
        return actuelle
    actuelle.statut = Statut.BILANS_CLOS
    _ecrire(actuelle, utilisateur)
    _evenement(actuelle, utilisateur, Evenement.CLOTURE)
    return actuelle


@transaction.atomic
def rouvrir_les_bilans(
    campagne: Campagne,
    utilisateur: Utilisateur,
    motif: str,
    *,
    echeance: date | None = None,
    prevenir: bool = False,
    version: int | None = None,
) -> Campagne:
    """Open again closed bilans, saying why; `echeance` gives all of them another due date. Return the campaign.

    With `prevenir`, whoever still owes a bilan is told by e-mail: of the new date, else by a reminder. The planned
    reminders whose day passed while the bilans were closed are forgotten: they would leave at once.
    """
    actuelle = _prendre(campagne, utilisateur, "rouvrir", version)
    if actuelle.statut == Statut.BILANS_OUVERTS:
        return actuelle
    raison = _motif(motif, "Dites pourquoi les bilans sont rouverts.")
    actuelle.statut = Statut.BILANS_OUVERTS
    reportee = echeance is not None and echeance != actuelle.bilan_echeance
    if echeance is not None and reportee:
        _reporter(actuelle, utilisateur, echeance)
    _ecrire(actuelle, utilisateur, raison)
    for prevue in _a_faire(actuelle).filter(date__lt=timezone.localdate()):
        _supprimer(prevue, utilisateur)
    _evenement(actuelle, utilisateur, Evenement.REOUVERTURE, raison, actuelle.bilan_echeance)
    if prevenir and reportee:
        annoncer_prolongation_a_tous(utilisateur, actuelle)
    elif prevenir:
        _rappeler(actuelle, utilisateur)
    return actuelle


def _rappeler(campagne: Campagne, utilisateur: Utilisateur) -> None:
    """Remind who still owes a bilan; nobody to write to today stops nothing."""
    try:
        relancer(utilisateur, campagne)
    except OperationRefusee:
        return


@transaction.atomic
def archiver_l_annee(campagne: Campagne, utilisateur: Utilisateur, *, version: int | None = None) -> Campagne:
    """Put a closed year in the archives: nothing of it changes any more, for anyone. Return the campaign."""
    actuelle = _prendre(campagne, utilisateur, "archiver", version)
    if actuelle.statut == Statut.ARCHIVEE:
        return actuelle
    actuelle.statut = Statut.ARCHIVEE
    _ecrire(actuelle, utilisateur)
    _evenement(actuelle, utilisateur, Evenement.ARCHIVAGE)
    return actuelle


@transaction.atomic
def desarchiver_l_annee(
    campagne: Campagne, utilisateur: Utilisateur, motif: str, *, version: int | None = None
) -> Campagne:
    """Take a year out of the archives, saying why: its bilans are closed, as they were. Return the campaign.

    The reminders whose day passed meanwhile stay unsent: closed bilans send none.
    """
    actuelle = _prendre(campagne, utilisateur, "desarchiver", version)
    if actuelle.statut == Statut.BILANS_CLOS:
        return actuelle
    raison = _motif(motif, "Dites pourquoi cette année sort des archives.")
    actuelle.statut = Statut.BILANS_CLOS
    # A year archived before Pilotis may never have had a due date; closed bilans have one.
    actuelle.bilan_echeance = actuelle.bilan_echeance or actuelle.echeance_par_defaut
    _ecrire(actuelle, utilisateur, raison)
    _evenement(actuelle, utilisateur, Evenement.DESARCHIVAGE, raison)
    return actuelle


@transaction.atomic
def prolonger_les_bilans(
    campagne: Campagne,
    utilisateur: Utilisateur,
    echeance: date,
    motif: str = "",
    *,
    prevenir: bool = False,
    version: int | None = None,
) -> Campagne:
    """Give all the bilans of the year another due date, today or later; return the campaign.

    With `prevenir`, whoever still owes a bilan is told by e-mail. Reminders to come move by as many days. A bilan
    that had a later date of its own keeps it, else it joins the others. An earlier date, which takes time away
    from the porteurs, asks for `motif`.
    """
    actuelle = _prendre(campagne, utilisateur, "prolonger")
    ancienne = actuelle.bilan_echeance
    if echeance == ancienne:
        # A button pressed twice.
        return actuelle
    _verifier_version(actuelle, version)
    if ancienne is not None and echeance < ancienne:
        motif = _motif(motif, "Vous avancez l'échéance : dites pourquoi, cela reste dans l'historique.")
    _reporter(actuelle, utilisateur, echeance)
    _ecrire(actuelle, utilisateur, motif.strip())
    _evenement(actuelle, utilisateur, Evenement.PROLONGATION, motif.strip(), echeance)
    if prevenir:
        annoncer_prolongation_a_tous(utilisateur, actuelle)
    return actuelle


def _reporter(campagne: Campagne, utilisateur: Utilisateur, echeance: date) -> None:
    """Store another due date, with what hangs from it: reminders to come, dates of single bilans."""
    ancienne, campagne.bilan_echeance = campagne.bilan_echeance, echeance
    _refuser_le_passe(echeance, "echeance")
    _verifier_dates(campagne, "echeance")
    if ancienne is not None:
        _decaler_les_rappels(campagne, utilisateur, echeance - ancienne)
    propres = Bilan.objects.filter(
        action_annuelle__campagne=campagne, echeance_prolongee__lte=echeance
    ).select_for_update(of=("self",), no_key=True)
    for bilan in propres.order_by("pk"):
        bilan.echeance_prolongee = None
        bilan.version += 1
        _signer_et_ecrire(bilan, utilisateur, "L'échéance de tous les bilans est désormais plus lointaine")


def _decaler_les_rappels(campagne: Campagne, utilisateur: Utilisateur, ecart: timedelta) -> None:
    """Move the reminders to come by `ecart`; one that would fall in the past, or on a day already used, goes."""
    aujourd_hui = timezone.localdate()
    prises = set(campagne.relances_prevues.exclude(faite_le=None).values_list("date", flat=True))
    # From the far end, so that no two share a day on the way.
    for prevue in _a_faire(campagne).order_by("-date" if ecart > timedelta(0) else "date"):
        nouvelle = prevue.date + ecart
        if nouvelle in prises or (nouvelle <= aujourd_hui and ecart < timedelta(0)):
            _supprimer(prevue, utilisateur)
            continue
        prevue.date = nouvelle
        _signer_et_ecrire(prevue, utilisateur)


def rappels_proposes(echeance: date, ouverture: date | None = None) -> list[date]:
    """Return the days on which reminders are proposed: around the due date, those still to come."""
    debut = max(timezone.localdate(), ouverture or timezone.localdate())
    jours = [echeance + timedelta(days=ecart) for ecart in RAPPELS_PROPOSES]
    return [jour for jour in jours if jour > debut]


def _proposer_des_rappels(campagne: Campagne, utilisateur: Utilisateur) -> None:
    """Plan the proposed reminders, unless the settings already hold some."""
    if campagne.bilan_echeance is None or _a_faire(campagne).exists():
        return
    faites = set(campagne.relances_prevues.values_list("date", flat=True))
    for jour in rappels_proposes(campagne.bilan_echeance, campagne.bilan_ouverture):
        if jour not in faites:
            _signer_et_ecrire(RelancePrevue(campagne=campagne, date=jour), utilisateur)


# -- Questions and indicators ----------------------------------------------------------------------
@transaction.atomic
def ajouter_question(campagne: Campagne, utilisateur: Utilisateur, champs: Mapping[str, Any]) -> Question:
    """Ask one more question, after the others, and return it."""
    actuelle = _prendre(campagne, utilisateur, "regler")
    question = Question(campagne=actuelle, ordre=_rang_suivant(actuelle.questions))
    _ecrire_champs(question, CHAMPS_QUESTION, champs)
    return _ecrire_element(question, utilisateur)


@transaction.atomic
def modifier_question(
    question: Question, utilisateur: Utilisateur, champs: Mapping[str, Any], *, version: int
) -> Question:
    """Change a question, opened in `version`, and return it; answered, it keeps its type and the choices made."""
    _prendre(question.campagne, utilisateur, "regler")
    actuelle: Question = verrouiller(Question.objects.all(), question.pk, version)
    if not _ecrire_champs(actuelle, CHAMPS_QUESTION, champs):
        return actuelle
    refuses = refus_question(question, champs)
    if refuses:
        raise ValidationError(refuses)
    return _ecrire_element(actuelle, utilisateur)


def refus_question(question: Question, champs: Mapping[str, Any]) -> dict[str, str]:
    """Return what the answers already given forbid to change in `question`, by field."""
    stockee = Question.objects.get(pk=question.pk)
    reponses = stockee.reponses.order_by().values_list("texte", flat=True).distinct()
    if not reponses.exists():
        return {}
    if champs["type"] != stockee.type:
        return {
            "type": "Des bilans ont déjà répondu : le type de réponse ne change plus. "
            "Ajoutez plutôt une nouvelle question."
        }
    if stockee.type == Question.Type.CHOIX:
        gardes = Question(type=Question.Type.CHOIX, choix=champs["choix"]).choix_proposes
        absents = sorted(set(reponses) - {"", *gardes})
        if absents:
            cites = ", ".join(f"« {choix} »" for choix in absents)
            return {
                "choix": f"Des bilans ont déjà répondu {cites} : gardez ce choix dans la liste, tel quel."
            }
    return {}


@transaction.atomic
def ajouter_indicateur(
    campagne: Campagne, utilisateur: Utilisateur, champs: Mapping[str, Any]
) -> IndicateurDemande:
    """Ask one more indicator, after the others, and return it."""
    actuelle = _prendre(campagne, utilisateur, "regler")
    demande = IndicateurDemande(campagne=actuelle, ordre=_rang_suivant(actuelle.indicateurs_demandes))
    _ecrire_champs(demande, CHAMPS_INDICATEUR, champs)
    return _ecrire_element(demande, utilisateur)


@transaction.atomic
def modifier_indicateur(
    demande: IndicateurDemande, utilisateur: Utilisateur, champs: Mapping[str, Any], *, version: int
) -> IndicateurDemande:
    """Change an indicator asked, opened in `version`, and return it; answered, it keeps what it measures."""
    _prendre(demande.campagne, utilisateur, "regler")
    actuelle: IndicateurDemande = verrouiller(IndicateurDemande.objects.all(), demande.pk, version)
    if not _ecrire_champs(actuelle, CHAMPS_INDICATEUR, champs):
        return actuelle
    refuses = refus_indicateur(demande, champs)
    if refuses:
        raise ValidationError(refuses)
    return _ecrire_element(actuelle, utilisateur)


def refus_indicateur(demande: IndicateurDemande, champs: Mapping[str, Any]) -> dict[str, str]:
    """Return what the figures already given forbid to change in `demande`, by field."""
    stockee = IndicateurDemande.objects.get(pk=demande.pk)
    if not stockee.valeurs.exists():
        return {}
    refuses = {}
    if champs["indicateur"] != stockee.indicateur:
        refuses["indicateur"] = (
            "Des bilans ont déjà donné ce chiffre : il reste rattaché au même indicateur. "
            "Ajoutez plutôt un nouvel indicateur."
        )
    if champs["unite"] != stockee.unite:
        refuses["unite"] = "Des bilans ont déjà donné ce chiffre : son unité ne change plus."
    sexuees = stockee.valeurs.exclude(valeur_femmes=None, valeur_hommes=None)
    if stockee.sexue and not champs["sexue"] and sexuees.exists():
        refuses["sexue"] = "Des bilans ont déjà donné ce chiffre par sexe : continuez à le demander ainsi."
    return refuses


@transaction.atomic
def supprimer_element(element: Question | IndicateurDemande, utilisateur: Utilisateur) -> None:
    """Stop asking a question or an indicator that no bilan has answered; its history stays.

    Raises OperationRefusee when bilans have answered: their answers would go with it.
    """
    _prendre(element.campagne, utilisateur, "regler")
    nombre = nombre_de_reponses(element)
    if nombre:
        raise OperationRefusee(refus_suppression(element, nombre))
    _supprimer(element, utilisateur)


def nombre_de_reponses(element: Question | IndicateurDemande) -> int:
    """Return how many bilans have answered."""
    return (element.reponses if isinstance(element, Question) else element.valeurs).count()


def refus_suppression(element: Question | IndicateurDemande, nombre: int) -> str:
    """Return why something that `nombre` bilans have answered is not deleted, and what can be done."""
    une = "cette question" if isinstance(element, Question) else "cet indicateur"
    ont = f"{pluriel(nombre, 'bilan a déjà répondu,bilans ont déjà répondu')} à {une}"
    return (
        f"{ont} : la suppression effacerait ces réponses. Vous pouvez changer ses mots, ou ne plus demander la "
        "réponse pour transmettre."
    )


@transaction.atomic
def deplacer(element: Question | IndicateurDemande, utilisateur: Utilisateur, sens: int) -> None:
    """Exchange a question, or an indicator asked, with the one before it (`sens` -1) or after it (1)."""
    campagne = _prendre(element.campagne, utilisateur, "regler")
    modele: Any = type(element)
    fratrie = list(modele.objects.filter(campagne=campagne).order_by("ordre"))
    rang = fratrie.index(element)
    if not 0 <= rang + sens < len(fratrie):
        return
    deplace, voisin = fratrie[rang], fratrie[rang + sens]
    place = deplace.ordre
    # Two rows may not share a rank, even for a moment.
    modele.objects.filter(pk=deplace.pk).update(ordre=fratrie[-1].ordre + 1)
    deplace.ordre, voisin.ordre = voisin.ordre, place
    _signer_et_ecrire(voisin, utilisateur)
    _signer_et_ecrire(deplace, utilisateur)


# -- What was asked the year before ----------------------------------------------------------------
@dataclass(frozen=True)
class Reprise:
    """What an earlier year of the contract asked and this one does not yet, in the order of that year.

    `deja` counts what both ask: it would be there twice.
    """

    annee: int
    questions: list[Question]
    indicateurs: list[IndicateurDemande]
    deja: int

    def __bool__(self) -> bool:
        return bool(self.questions or self.indicateurs)


def lire_reprise(campagne: Campagne) -> Reprise | None:
    """Return what can be taken over from the latest earlier year that asked something; None when none did."""
    avant = (
        Campagne.objects.filter(contrat=campagne.contrat_id, annee__lt=campagne.annee)
        .filter(Q(questions__isnull=False) | Q(indicateurs_demandes__isnull=False))
        .order_by("-annee")
        .first()
    )
    if avant is None:
        return None
    questions, indicateurs = list(avant.questions.all()), list(avant.indicateurs_demandes.all())
    posees = {normaliser(question.libelle) for question in campagne.questions.all()}
    demandes = list(campagne.indicateurs_demandes.all())
    libelles = {normaliser(demande.libelle) for demande in demandes}
    du_contrat = {demande.indicateur_id for demande in demandes} - {None}
    nouvelles = [question for question in questions if normaliser(question.libelle) not in posees]
    nouveaux = [
        demande
        for demande in indicateurs
        if normaliser(demande.libelle) not in libelles and demande.indicateur_id not in du_contrat
    ]
    deja = len(questions) + len(indicateurs) - len(nouvelles) - len(nouveaux)
    return Reprise(avant.annee, nouvelles, nouveaux, deja)


@transaction.atomic
def reprendre_les_demandes(
    campagne: Campagne, utilisateur: Utilisateur, *, questions: Collection[int], indicateurs: Collection[int]
) -> int:
    """Ask again the questions and indicators of the earlier year that have these keys; return how many are added.

    After those of this year, in the order of the other; words, help, choices and units are kept. What is asked
    already, or is not in `lire_reprise`, is left out: a button pressed twice adds nothing.
    """
    actuelle = _prendre(campagne, utilisateur, "regler")
    reprise = lire_reprise(actuelle)
    if reprise is None:
        return 0
    ajoutes = 0
    for question in reprise.questions:
        if question.pk in questions:
            ajouter_question(actuelle, utilisateur, _champs_de(question, CHAMPS_QUESTION))
            ajoutes += 1
    for demande in reprise.indicateurs:
        if demande.pk in indicateurs:
            ajouter_indicateur(actuelle, utilisateur, _champs_de(demande, CHAMPS_INDICATEUR))
            ajoutes += 1
    return ajoutes


def _champs_de(element: models.Model, noms: Iterable[str]) -> dict[str, Any]:
    return {nom: getattr(element, nom) for nom in noms}


def _ecrire_element(element: Any, utilisateur: Utilisateur) -> Any:
    element.full_clean()
    _signer_et_ecrire(element, utilisateur)
    return element


# -- Messages --------------------------------------------------------------------------------------
@transaction.atomic
def ecrire_modele(
    campagne: Campagne, utilisateur: Utilisateur, type_: str, *, objet: str, corps: str, version: int
) -> ModeleMessage | None:
    """Give a message the words of the collectivity, opened in `version`; return them, None for those proposed."""
    actuelle = _prendre(campagne, utilisateur, "regler")
    verifier_message(type_, objet, corps)
    modele = ModeleMessage.objects.filter(campagne=actuelle, type=type_).first()
    if modele is not None and version_de(modele) != version:
        raise VersionPerimee(modele)
    propose = messages.MODELES[type_]
    if (objet, corps) == (propose.objet, propose.corps):
        reprendre_modele(actuelle, utilisateur, type_)
        return None
    modele = modele or ModeleMessage(campagne=actuelle, type=type_)
    if _ecrire_champs(modele, ("objet", "corps"), {"objet": objet, "corps": corps}):
        modele.full_clean()
        _signer_et_ecrire(modele, utilisateur)
    return modele


@transaction.atomic
def reprendre_modele(campagne: Campagne, utilisateur: Utilisateur, type_: str) -> None:
    """Go back to the words that Pilotis proposes for a message; the others stay in its history."""
    actuelle = _prendre(campagne, utilisateur, "regler")
    for modele in ModeleMessage.objects.filter(campagne=actuelle, type=type_).order_by("pk"):
        _supprimer(modele, utilisateur)


def verifier_message(type_: str, objet: str, corps: str) -> None:
    """Raise ValidationError, by field, when a message names a word that Pilotis does not replace in it."""
    fautes = {
        nom: faute
        for nom, texte in (("objet", objet), ("corps", corps))
        if (faute := faute_de_variable(type_, texte))
    }
    if fautes:
        raise ValidationError(fautes)


def faute_de_variable(type_: str, texte: str) -> str:
    """Return what is wrong with the braces of a text; an empty string when nothing is."""
    connues = messages.VARIABLES_DU_MESSAGE[type_]
    inconnues = [mot for mot in VARIABLE.findall(texte) if mot not in connues]
    if inconnues:
        cites = ", ".join(f"« {{{mot}}} »" for mot in dict.fromkeys(inconnues))
        return (
            f"Pilotis ne sait pas par quoi remplacer {cites} dans ce message : prenez les mots de la liste, "
            "tels qu'ils sont écrits."
        )
    if re.search("[{}]", VARIABLE.sub("", texte)):
        return "Une accolade est seule : un mot à remplacer s'écrit entre deux accolades, comme {structure}."
    return ""


# -- Steps -----------------------------------------------------------------------------------------
def _prendre(campagne: Campagne, utilisateur: Utilisateur, nom: str, version: int | None = None) -> Campagne:
    """Return the stored campaign, locked, if this account may do `nom` on it or finds it already done.

    Raises PermissionDenied, OperationRefusee for a state that does not allow it, VersionPerimee when `version` is
    given and someone saved the campaign since.
    """
    actuelle: Campagne = (
        Campagne.objects.select_for_update(of=("self",), no_key=True)
        .select_related("contrat")
        .get(pk=campagne.pk)
    )
    if not utilisateur.has_perm("contrats.gerer", actuelle.contrat):
        raise PermissionDenied("La campagne revient à la personne qui pilote le contrat de ville.")
    if actuelle.statut == VERS.get(nom):
        return actuelle
    if not possible(actuelle, nom):
        raise OperationRefusee(refus(actuelle, nom))
    _verifier_version(actuelle, version)
    return actuelle


def _verifier_version(campagne: Campagne, version: int | None) -> None:
    if version is not None and version_de(campagne) != version:
        raise VersionPerimee(campagne)


def _ecrire_champs(objet: models.Model, noms: Iterable[str], champs: Mapping[str, Any]) -> bool:
    """Give `objet` the values of `champs` among `noms`; return whether one of them is new."""
    change = objet._state.adding
    for nom in noms:
        if nom in champs and getattr(objet, nom) != champs[nom]:
            setattr(objet, nom, champs[nom])
            change = True
    return change


def _verifier_dates(campagne: Campagne, champ: str = "bilan_echeance") -> None:
    """Raise ValidationError on `champ` when the bilans would be due before they open."""
    ouverture, echeance = campagne.bilan_ouverture, campagne.bilan_echeance
    if ouverture is not None and echeance is not None and echeance < ouverture:
        raise ValidationError(
            {
                champ: f"L'échéance vient avant l'ouverture des bilans, le {date_longue(ouverture)} : corrigez-la."
            }
        )


def _refuser_le_passe(jour: date | None, champ: str) -> None:
    if jour is not None and jour < timezone.localdate():
        raise ValidationError({champ: DATE_PASSEE})


def _motif(motif: str, manquant: str) -> str:
    if not motif.strip():
        raise ValidationError({"motif": manquant})
    return motif.strip()


def _a_faire(campagne: Campagne) -> Any:
    """Return the reminders planned and not sent, the first one first."""
    return RelancePrevue.objects.filter(campagne=campagne, faite_le=None).order_by("date")


def _rang_suivant(lignes: Any) -> int:
    return int((lignes.aggregate(dernier=Max("ordre"))["dernier"] or 0) + 1)


def _evenement(
    campagne: Campagne, utilisateur: Utilisateur, type_: str, motif: str = "", echeance: date | None = None
) -> None:
    EvenementCampagne.objects.create(
        campagne=campagne, auteur=utilisateur, type=type_, motif=motif, echeance=echeance
    )


def _en_mots(changes: Mapping[str, Sequence[Any]], dire: Callable[[Any], str]) -> str:
    """Return « ajouté : 31 mai 2025, retiré : … » for the history; an empty string when nothing changed."""
    return ", ".join(f"{verbe} : {dire(chose)}" for verbe, choses in changes.items() for chose in choses)


def _noter(campagne: Campagne, utilisateur: Utilisateur, sujet: str, dit: str) -> Campagne:
    """Write in the history of the campaign what changed beside its columns; nothing when nothing did."""
    return _ecrire(campagne, utilisateur, f"{sujet} – {dit}") if dit else campagne


def _ecrire(campagne: Campagne, utilisateur: Utilisateur, motif: str = "") -> Campagne:
    _signer_et_ecrire(campagne, utilisateur, motif)
    return campagne


def _signer_et_ecrire(objet: models.Model, utilisateur: Utilisateur, motif: str = "") -> None:
    signer(objet, utilisateur, motif)
    objet.save()


def _supprimer(objet: models.Model, utilisateur: Utilisateur) -> None:
    signer(objet, utilisateur)
    objet.delete()
