"""What changes a convention and what hangs from it: its text, its obligations, its deadlines, its events, its end.

Deadlines are stored when they are computed, never recomputed from today: `proposer` (porteurs.echeances) says what
would change, `calculer_echeances` writes it. What is done, without object or agreed by hand never moves. Whoever
changes anything takes the convention first.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.versions import VersionPerimee, verrouiller, version_de
from contrats.models import Deliberation, Territoire
from documents.formats import date_longue

from .echeances import (
    Geste,
    Occurrence,
    Proposition,
    avec_l_article,
    est_calculee,
    est_tenue,
    fin_effective,
    jour_de_l_acte,
    proposer,
)
from .models import (
    Avenant,
    AxeConvention,
    Convention,
    Echeance,
    EvenementConvention,
    Obligation,
    PartieConvention,
    Porteur,
)
from .models.conventions import DELIBERATION_D_AILLEURS

Statut = Convention.Statut
REFUS = "Les conventions reviennent à la personne qui pilote le contrat de ville."
TENUE_AILLEURS = "Cette échéance est déjà réglée : rouvrez-la d'abord."


@dataclass(frozen=True)
class Calcul:
    """What computing the deadlines did, by number."""

    crees: int = 0
    deplacees: int = 0
    retirees: int = 0

    def __bool__(self) -> bool:
        return bool(self.crees or self.deplacees or self.retirees)


def prendre(auteur: Utilisateur | None, convention: Convention) -> Convention:
    """Return the stored convention, locked. Raises PermissionDenied unless `auteur`, if any, runs its contract."""
    actuelle: Convention = (
        Convention.objects.select_for_update(of=("self",), no_key=True)
        .select_related("contrat", "porteur", "deliberation")
        .get(pk=convention.pk)
    )
    if auteur is not None and not auteur.has_perm("contrats.gerer", actuelle.contrat):
        raise PermissionDenied(REFUS)
    return actuelle


# -- The convention itself -------------------------------------------------------------------------
@transaction.atomic
def creer_convention(
    auteur: Utilisateur, convention: Convention, territoires: Iterable[Territoire]
) -> Convention:
    """Save a new convention of its contract with its territories, and return it.

    Raises PermissionDenied, ValidationError for a porteur or a deliberation of another place.
    """
    if not auteur.has_perm("contrats.gerer", convention.contrat):
        raise PermissionDenied(REFUS)
    _enregistrer(auteur, convention, territoires)
    return convention


@transaction.atomic
def modifier_convention(
    auteur: Utilisateur, convention: Convention, territoires: Iterable[Territoire], *, version: int
) -> Convention:
    """Save the new values of `convention`, opened in `version`, and return it.

    Raises PermissionDenied, VersionPerimee when someone saved it meanwhile, ValidationError like `creer_convention`.
    """
    prendre(auteur, convention)
    actuelle = verrouiller(Convention.objects.all(), convention.pk, version)
    convention.version = actuelle.version + 1
    _enregistrer(auteur, convention, territoires)
    return convention


def _enregistrer(auteur: Utilisateur, convention: Convention, territoires: Iterable[Territoire]) -> None:
    lieux = list(territoires)
    if any(lieu.contrat_id != convention.contrat_id for lieu in lieux):
        raise ValidationError({"territoires": "Choisissez des territoires de ce contrat."})
    garder_la_deliberation(convention, convention.contrat_id)
    convention.full_clean()
    signer(convention, auteur)
    convention.save()
    convention.territoires.set(lieux)


def garder_la_deliberation(objet: Any, contrat: int) -> None:
    """Save the new délibération that `objet` names, once: the same assembly, day and number is the same one.

    Called in the transaction that saves `objet`. Raises ValidationError for one of another contract.
    """
    deliberation: Deliberation | None = objet.deliberation
    if deliberation is None:
        return
    if deliberation.contrat_id != contrat:
        raise ValidationError({"deliberation": DELIBERATION_D_AILLEURS})
    if deliberation.pk is None:
        connue = (
            Deliberation.objects.filter(
                contrat=contrat,
                organe=deliberation.organe,
                date=deliberation.date,
                numero=deliberation.numero,
            )
            .order_by("pk")
            .first()
        )
        if connue is None:
            deliberation.full_clean()
            deliberation.save()
        objet.deliberation = connue or deliberation


@transaction.atomic
def dupliquer_convention(
    auteur: Utilisateur,
    modele: Convention,
    *,
    porteur: Porteur,
    intitule: str,
    date_debut: date,
    date_fin: date,
) -> Convention:
    """Return a new draft that starts from `modele`: parties, axes, territories, obligations; neither dates nor papers.

    The written date of an obligation (« au plus tard le 30 janvier 2025 ») is not kept: it was that of the other.
    Raises like `creer_convention`.
    """
    copie = Convention(
        contrat=modele.contrat,
        porteur=porteur,
        type=modele.type,
        intitule=intitule,
        objet=modele.objet,
        date_debut=date_debut,
        date_fin=date_fin,
        preavis_mois=modele.preavis_mois,
    )
    creer_convention(auteur, copie, modele.territoires.all())
    meme_structure = porteur.pk == modele.porteur_id
    for partie in modele.parties.order_by("ordre"):
        # The other structure is not the one that signed: its name is to be typed.
        if not meme_structure and partie.nom == modele.porteur.nom:
            partie.nom, partie.representee_par = porteur.nom, ""
        partie.date_deliberation = None
        _copier(auteur, partie, copie)
    for element in (*modele.axes.order_by("ordre"), *modele.obligations.order_by("ordre")):
        if isinstance(element, Obligation):
            element.date_fixe = None
        _copier(auteur, element, copie)
    return copie


def _copier(
    auteur: Utilisateur, element: PartieConvention | AxeConvention | Obligation, convention: Convention
) -> None:
    element.pk, element.convention = None, convention
    element._state.adding = True
    signer(element, auteur)
    element.save()


@transaction.atomic
def resilier_convention(
    auteur: Utilisateur, convention: Convention, *, le: date, motif: str, version: int
) -> Convention:
    """End a signed convention on the day `le`, with its reason; what was due after that day is without object.

    Returns the convention. Raises PermissionDenied, VersionPerimee, ValidationError for one that is not signed, that
    is over, or for a day outside of its dates.
    """
    actuelle = prendre(auteur, convention)
    if version_de(actuelle) != version:
        raise VersionPerimee(actuelle)
    if refus := refus_de_resilier(actuelle):
        raise ValidationError(refus)
    fin = fin_effective(actuelle, actuelle.avenants.order_by("numero"))
    if not actuelle.date_debut <= le <= fin:
        raise ValidationError(
            {
                "le": f"La résiliation a lieu pendant la convention, du {date_longue(actuelle.date_debut)} au "
                f"{date_longue(fin)}."
            }
        )
    actuelle.statut, actuelle.date_resiliation = Statut.RESILIEE, le
    actuelle.motif_resiliation = motif.strip()
    actuelle.version += 1
    actuelle.full_clean()
    signer(actuelle, auteur, actuelle.motif_resiliation)
    actuelle.save()
    apres = actuelle.echeances.filter(faite_le=None, sans_objet="", date__gt=le).order_by("pk")
    for echeance in apres:
        echeance.sans_objet = f"La convention est résiliée depuis le {date_longue(le)}."
        signer(echeance, auteur)
        echeance.save()
    return actuelle


def refus_de_resilier(convention: Convention) -> str:
    """Return why a convention cannot be terminated, an empty string when it can."""
    if convention.statut in (Statut.PROJET, Statut.DELIBEREE):
        return "Cette convention n'est pas signée : il n'y a rien à résilier. Vous pouvez la supprimer."
    if convention.statut in (Statut.RESILIEE, Statut.ARCHIVEE):
        return "Cette convention est déjà terminée."
    return ""


def fin_du_preavis(convention: Convention, depuis: date) -> date:
    """Return the first day on which a termination notified on `depuis` may take effect: the notice, in months."""
    mois = depuis.month - 1 + (convention.preavis_mois or 0)
    annee, rang = depuis.year + mois // 12, mois % 12 + 1
    return date(annee, rang, min(depuis.day, monthrange(annee, rang)[1]))


# -- What hangs from it ----------------------------------------------------------------------------
@transaction.atomic
def enregistrer_element(
    auteur: Utilisateur, convention: Convention, element: Any, *, version: int | None = None
) -> Calcul:
    """Save a party, an axis, an obligation, an amendment or an event; return what it did to the deadlines.

    `version` is the one it was opened in, None for a new one. A dated event gives its deadlines at once, and moves
    those that are not done. Raises PermissionDenied, VersionPerimee, ValidationError, DoesNotExist when it is gone.
    """
    actuelle = prendre(auteur, convention)
    element.convention = actuelle
    if version is not None:
        verrouiller(type(element)._default_manager.filter(convention=actuelle), element.pk, version)
        if hasattr(element, "version"):
            element.version = version + 1
    if isinstance(element, Avenant):
        garder_la_deliberation(element, actuelle.contrat_id)
    element.full_clean()
    signer(element, auteur)
    element.save()
    return _suivre(auteur, actuelle, element)


@transaction.atomic
def supprimer_element(auteur: Utilisateur, convention: Convention, element: Any, *, version: int) -> Calcul:
    """Delete what hangs from a convention; return what it did to the deadlines. Its history stays.

    Raises like `enregistrer_element`; ValidationError for an obligation that was met at least once.
    """
    actuelle = prendre(auteur, convention)
    present = verrouiller(type(element)._default_manager.filter(convention=actuelle), element.pk, version)
    if isinstance(present, Obligation):
        _refuser_l_oubli(present)
    calcul = Calcul()
    if isinstance(present, EvenementConvention):
        calcul = _retirer_les_echeances(auteur, present)
    signer(present, auteur)
    present.delete()
    return calcul


def prochain_rang(lignes: Any, champ: str = "ordre") -> int:
    """Return the rank that follows those of the queryset `lignes`."""
    return int(lignes.aggregate(dernier=Max(champ))["dernier"] or 0) + 1


def _suivre(auteur: Utilisateur, convention: Convention, element: Any) -> Calcul:
    """Give an event its deadlines; the others wait for someone to compute them."""
    if not isinstance(element, EvenementConvention):
        return Calcul()
    return _ecrire(auteur, convention, _propositions(convention, evenement=element))


def _retirer_les_echeances(auteur: Utilisateur, evenement: EvenementConvention) -> Calcul:
    retirees = [e for e in evenement.echeances.order_by("pk") if not est_tenue(e) and not e.fixee_a_la_main]
    for echeance in retirees:
        signer(echeance, auteur, f"{evenement} retiré")
        echeance.delete()
    return Calcul(retirees=len(retirees))


def _refuser_l_oubli(obligation: Obligation) -> None:
    if obligation.echeances.filter(faite_le__isnull=False).exists():
        raise ValidationError(
            "Cette obligation a déjà été tenue : la supprimer effacerait ses échéances. Modifiez sa règle plutôt."
        )


# -- Deadlines -------------------------------------------------------------------------------------
def propositions_d_echeances(convention: Convention) -> list[Proposition]:
    """Return what computing the deadlines of a convention would do now, by date; nothing is written."""
    return _propositions(convention)


@transaction.atomic
def calculer_echeances(auteur: Utilisateur, convention: Convention) -> Calcul:
    """Store the deadlines that the rules give: create, move, take away; return how many of each.

    What is done, without object or agreed by hand never moves. Done twice, it changes nothing. Raises
    PermissionDenied.
    """
    actuelle = prendre(auteur, convention)
    return _ecrire(auteur, actuelle, _propositions(actuelle))


def _propositions(convention: Convention, evenement: EvenementConvention | None = None) -> list[Proposition]:
    obligations = convention.obligations.order_by("ordre", "pk")
    evenements = convention.evenements.order_by("date", "pk")
    existantes = convention.echeances.order_by("pk")
    if evenement is not None:
        # Only what is counted from this one: nobody asked for the rest.
        obligations = obligations.exclude(evenement="")
        evenements = evenements.filter(pk=evenement.pk)
        existantes = existantes.filter(evenement=evenement)
    return proposer(
        list(obligations),
        list(evenements),
        list(existantes),
        debut=convention.date_debut,
        fin=fin_effective(convention, convention.avenants.order_by("numero")),
        acte=jour_de_l_acte(convention),
    )


def _ecrire(auteur: Utilisateur, convention: Convention, propositions: Iterable[Proposition]) -> Calcul:
    gestes: Counter[Geste] = Counter()
    # What goes first, so that a day and its words are free for what comes.
    for proposition in sorted(propositions, key=lambda p: p.geste != Geste.RETIRER):
        if proposition.geste == Geste.RETIRER and proposition.existante:
            signer(proposition.existante, auteur, "La règle ne donne plus cette date.")
            proposition.existante.delete()
            gestes[Geste.RETIRER] += 1
        elif proposition.geste in (Geste.CREER, Geste.DEPLACER) and proposition.occurrence:
            gestes[_placer(auteur, convention, proposition, proposition.occurrence)] += 1
    return Calcul(gestes[Geste.CREER], gestes[Geste.DEPLACER], gestes[Geste.RETIRER])


def _placer(
    auteur: Utilisateur, convention: Convention, proposition: Proposition, occurrence: Occurrence
) -> Geste:
    """Create or move a deadline, unless the same words wait on that day already; return what was really done."""
    echeance = proposition.existante or Echeance(convention=convention, obligation=proposition.obligation)
    libelle = proposition.libelle
    deja_la = convention.echeances.filter(libelle=libelle, date=proposition.jour).exclude(pk=echeance.pk)
    occupante = deja_la.order_by("pk").first()
    if occupante is not None and _est_la_meme(occupante, proposition.obligation, occurrence):
        return _adopter(auteur, occupante, proposition, occurrence)
    if occupante is not None:
        # Another obligation's: both stay, told apart by the article.
        libelle = avec_l_article(libelle, proposition.obligation)
        if (echeance.date, echeance.libelle) == (proposition.jour, libelle):
            return Geste.GARDER
    if echeance.date != proposition.jour:
        # A new day has a new reminder.
        echeance.rappelee_le = None
    echeance.date, echeance.libelle = proposition.jour, libelle
    echeance.annee, echeance.evenement_id = occurrence.annee, occurrence.evenement
    echeance.rappel_le = proposition.rappel_le
    signer(echeance, auteur)
    echeance.save()
    return proposition.geste


def _est_la_meme(echeance: Echeance, obligation: Obligation, occurrence: Occurrence) -> bool:
    """Return whether a deadline of that day and those words belongs to nothing else than this occurrence."""
    return (
        echeance.obligation_id in (None, obligation.pk)
        and echeance.evenement_id in (None, occurrence.evenement)
        and echeance.annee in (None, occurrence.annee)
    )


def _adopter(
    auteur: Utilisateur, echeance: Echeance, proposition: Proposition, occurrence: Occurrence
) -> Geste:
    """Have a deadline stand for what the rule gives: typed by hand, or left by an event that was noted again.

    It only learns what it comes from: its day, its reminder, and that it is done or without object, stay.
    """
    geste = Geste.GARDER
    if proposition.existante is not None:
        signer(proposition.existante, auteur, "La même échéance était déjà notée à cette date.")
        proposition.existante.delete()
        geste = Geste.RETIRER
    echeance.obligation = proposition.obligation
    echeance.annee, echeance.evenement_id = occurrence.annee, occurrence.evenement
    signer(echeance, auteur)
    echeance.save()
    return geste


def _prendre_echeance(auteur: Utilisateur | None, echeance: Echeance, version: int | None) -> Echeance:
    """Return the stored deadline, its convention locked. `auteur` is None when the caller checked who asks."""
    prendre(auteur, echeance.convention)
    actuelle: Echeance = (
        Echeance.objects.select_for_update(of=("self",), no_key=True)
        .select_related("convention__contrat", "obligation")
        .get(pk=echeance.pk)
    )
    if version is not None and version_de(actuelle) != version:
        raise VersionPerimee(actuelle)
    return actuelle


@transaction.atomic
def tenir_echeance(
    auteur: Utilisateur, echeance: Echeance, le: date, *, version: int | None = None, verifie: bool = False
) -> Echeance:
    """Note that a deadline was met on the day `le`, and return it; one that is already met stays as it is.

    `verifie` says that the caller has checked that this account may: the porteur that hands in what it owes.
    Raises PermissionDenied, VersionPerimee, ValidationError for a day to come or one without object.
    """
    actuelle = _prendre_echeance(None if verifie else auteur, echeance, version)
    if actuelle.faite_le is not None:
        return actuelle
    if actuelle.sans_objet:
        raise ValidationError(TENUE_AILLEURS)
    refuser_l_avenir(le, "le")
    actuelle.faite_le = le
    return _ecrire_echeance(auteur, actuelle)


@transaction.atomic
def dire_sans_objet(
    auteur: Utilisateur, echeance: Echeance, motif: str, *, version: int | None = None
) -> Echeance:
    """Say that a deadline is without object, and why; return it. Raises like `tenir_echeance`."""
    actuelle = _prendre_echeance(auteur, echeance, version)
    if actuelle.faite_le is not None:
        raise ValidationError(TENUE_AILLEURS)
    if not motif.strip():
        raise ValidationError({"motif": "Dites pourquoi rien n'est attendu cette fois."})
    actuelle.sans_objet = motif.strip()
    return _ecrire_echeance(auteur, actuelle)


@transaction.atomic
def rouvrir_echeance(auteur: Utilisateur, echeance: Echeance, *, version: int | None = None) -> Echeance:
    """Have a deadline owed again: it was noted as met, or without object, by mistake. Returns it."""
    actuelle = _prendre_echeance(auteur, echeance, version)
    actuelle.faite_le, actuelle.sans_objet = None, ""
    return _ecrire_echeance(auteur, actuelle)


@transaction.atomic
def deplacer_echeance(
    auteur: Utilisateur, echeance: Echeance, jour: date, *, version: int | None = None
) -> Echeance:
    """Give a deadline the day agreed with who owes it; computing leaves it alone from then on. Returns it.

    Raises PermissionDenied, VersionPerimee, ValidationError for one that is settled or a day that is taken.
    """
    actuelle = _prendre_echeance(auteur, echeance, version)
    if est_tenue(actuelle):
        raise ValidationError(TENUE_AILLEURS)
    if jour == actuelle.date:
        return actuelle
    avance = actuelle.obligation.rappel_jours if actuelle.obligation else 15
    actuelle.date, actuelle.fixee_a_la_main = jour, True
    actuelle.rappel_le, actuelle.rappelee_le = jour - timedelta(days=avance), None
    return _ecrire_echeance(auteur, actuelle)


@transaction.atomic
def demander(auteur: Utilisateur, obligation: Obligation, *, pour_le: date, precision: str = "") -> Echeance:
    """Ask for what is owed on request, by the day `pour_le`; return the deadline.

    `precision` says what is asked, in its label. Raises PermissionDenied, ValidationError for a day that is past or
    the same request twice.
    """
    convention = prendre(auteur, obligation.convention)
    if pour_le < timezone.localdate():
        raise ValidationError({"pour_le": "Cette date est passée : choisissez un jour à venir."})
    fin = f" : {precision.strip()}" if precision.strip() else ""
    echeance = Echeance(
        convention=convention,
        obligation=obligation,
        libelle=f"{obligation.titre}{fin}"[:255],
        date=pour_le,
        rappel_le=pour_le - timedelta(days=obligation.rappel_jours),
        fixee_a_la_main=True,
    )
    return _ecrire_echeance(auteur, echeance)


@transaction.atomic
def ajouter_echeance(auteur: Utilisateur, echeance: Echeance) -> Echeance:
    """Save a deadline typed by hand, and return it. Raises PermissionDenied, ValidationError."""
    prendre(auteur, echeance.convention)
    avance = echeance.obligation.rappel_jours if echeance.obligation else 15
    echeance.fixee_a_la_main = True
    echeance.rappel_le = echeance.date - timedelta(days=avance)
    return _ecrire_echeance(auteur, echeance)


@transaction.atomic
def supprimer_echeance(auteur: Utilisateur, echeance: Echeance, *, version: int) -> None:
    """Delete a deadline typed by hand. Raises ValidationError for one that a rule gives: it would come back."""
    actuelle = _prendre_echeance(auteur, echeance, version)
    if est_calculee(actuelle):
        raise ValidationError(
            "Cette échéance vient d'une règle de la convention : elle reviendrait au prochain calcul. Dites-la sans "
            "objet, ou modifiez l'obligation."
        )
    signer(actuelle, auteur)
    actuelle.delete()


def refuser_l_avenir(jour: date, champ: str) -> None:
    """Raise ValidationError on `champ` for a day to come: what is not received yet is not noted."""
    if jour > timezone.localdate():
        raise ValidationError({champ: "Cette date est à venir : notez le jour où vous l'avez reçu."})


def _ecrire_echeance(auteur: Utilisateur, echeance: Echeance) -> Echeance:
    echeance.full_clean()
    signer(echeance, auteur)
    echeance.save()
    return echeance
