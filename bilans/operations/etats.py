"""What changes a bilan: one function a use case, one transaction, permission checked, history written.

docs/etats.md has the table of states. A state that is already reached is left as it is, so that a button
pressed twice does its work once; anything else that cannot be done raises `OperationRefusee`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from actions.models import ActionAnnuelle, Campagne
from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.templatetags.typographie import insecables
from comptes.versions import VersionPerimee
from documents.formats import additionner, date_longue, nombre
from financements.budgets import phrase_a_expliquer

from .. import effectifs as eff
from ..controles import cadre, contexte
from ..controles.justifications import Constat, constats_bilan
from ..models import Bilan, Transition
from ..regles import annee_archivee, porte_le_bilan, saisie_ouverte
from ..saisie import BUDGET, INDICATEURS, Indicateur, Plume, Saisie
from .ecriture import PlumeSimple, ecrire_valeurs

Statut = Bilan.Statut

# Where each operation starts from. « valider » from the porteur's hands is entering on its behalf.
DEPUIS: dict[str, tuple[Bilan.Statut, ...]] = {
    "enregistrer": (*Bilan.STATUTS_MODIFIABLES, *Bilan.STATUTS_EN_LECTURE),
    "transmettre": Bilan.STATUTS_MODIFIABLES,
    "valider": (*Bilan.STATUTS_MODIFIABLES, *Bilan.STATUTS_EN_LECTURE),
    "renvoyer": Bilan.STATUTS_EN_LECTURE,
    "rouvrir": (Statut.VALIDE,),
    "dispenser": Bilan.STATUTS_MODIFIABLES,
    "reprendre": (Statut.DISPENSE,),
    "prolonger": Bilan.STATUTS_MODIFIABLES,
}
VERS: dict[str, Bilan.Statut] = {
    "transmettre": Statut.TRANSMIS,
    "valider": Statut.VALIDE,
    "renvoyer": Statut.A_COMPLETER,
    "rouvrir": Statut.EN_VERIFICATION,
    "dispenser": Statut.DISPENSE,
    "reprendre": Statut.A_SAISIR,
}
# What typing changes by itself: a bilan is begun, or taken up by whoever reads it.
APRES_SAISIE = {Statut.A_SAISIR: Statut.EN_SAISIE, Statut.TRANSMIS: Statut.EN_VERIFICATION}
# What the porteur does itself, while the bilan is in its hands; the rest belongs to the chargé·e de mission.
DU_PORTEUR = ("enregistrer", "transmettre")

# What the account is told when the state of the bilan does not allow what it asks.
REFUS: dict[Bilan.Statut, str] = {
    Statut.A_SAISIR: "Ce bilan n'a pas encore été saisi.",
    Statut.EN_SAISIE: "Ce bilan n'a pas encore été transmis.",
    Statut.A_COMPLETER: "Ce bilan est entre les mains du porteur, à qui il a été renvoyé.",
    Statut.TRANSMIS: "Ce bilan a déjà été transmis.",
    Statut.EN_VERIFICATION: "Ce bilan est en cours de vérification.",
    Statut.VALIDE: "Ce bilan est validé : pour le modifier, il faut d'abord le rouvrir.",
    Statut.INTEGRE: "Ce bilan figure dans le rapport annuel : il ne change plus que par une correction du rapport.",
    Statut.PUBLIE: "Ce bilan figure dans le rapport publié : il ne change plus que par une correction du rapport.",
    Statut.DISPENSE: "Ce bilan est dispensé : rien n'y est attendu.",
}


class OperationRefusee(Exception):
    """What is asked cannot be done; the message is the French sentence to show, which says why and what to do."""

    def __str__(self) -> str:
        return insecables(super().__str__())


class Manque(NamedTuple):
    """Something to do before the next step: the sentence, and the field of the form that it leads to."""

    phrase: str
    champ: str


@dataclass(frozen=True)
class SaisieEffectifs:
    """What the form says of the people in one perimeter: every cell of its grid, and whether it is an estimate."""

    grille: eff.Grille
    estimation: bool


Suite = Callable[[Bilan, Transition], object]
_suites: list[Suite] = []


def declarer_suite(suite: Suite) -> None:
    """Have `suite(bilan, transition)` called after each change of state, in the same transaction.

    For what a change of state owes to others (a receipt, an e-mail); declared once, at start-up, in order.
    """
    if suite not in _suites:
        _suites.append(suite)


SuiteEcheance = Callable[[Bilan, Utilisateur], object]
_suites_echeance: list[SuiteEcheance] = []


def declarer_suite_echeance(suite: SuiteEcheance) -> None:
    """Have `suite(bilan, auteur)` called when a bilan is given a due date of its own, in the same transaction."""
    if suite not in _suites_echeance:
        _suites_echeance.append(suite)


# -- Reading ---------------------------------------------------------------------------------------
def operations_possibles(bilan: Bilan, utilisateur: Any) -> set[str]:
    """Return the names of the operations that this account may do on this bilan in its present state."""
    gere = utilisateur.has_perm("bilans.gerer", bilan)
    porte = porte_le_bilan(utilisateur, bilan)
    return {nom for nom in DEPUIS if _est_permise(nom, bilan, gere=gere, porte=porte)}


def _est_permise(nom: str, bilan: Bilan, *, gere: bool, porte: bool) -> bool:
    if bilan.statut not in DEPUIS[nom] or annee_archivee(bilan):
        return False
    if gere:
        return True
    return porte and nom in DU_PORTEUR and bilan.modifiable_par_le_porteur and saisie_ouverte(bilan)


def refus(bilan: Bilan) -> str:
    """Return why the state of the bilan, or of its year, does not allow what is asked."""
    annee = bilan.action_annuelle.campagne.annee
    if annee_archivee(bilan):
        return f"L'année {annee} est archivée : ses bilans ne changent plus."
    if bilan.modifiable_par_le_porteur and not saisie_ouverte(bilan):
        return _refus_hors_saisie(bilan.action_annuelle.campagne)
    return REFUS[Statut(bilan.statut)]


def _refus_hors_saisie(campagne: Campagne) -> str:
    """Return why the porteur may not write: too late, or too early."""
    if campagne.statut == Campagne.Statut.BILANS_CLOS:
        return (
            f"Les bilans de {campagne.annee} sont clos : adressez-vous à la personne qui pilote le contrat "
            "de ville."
        )
    if campagne.statut == Campagne.Statut.BILANS_OUVERTS and campagne.bilan_ouverture:
        return f"Les bilans de {campagne.annee} s'ouvrent le {date_longue(campagne.bilan_ouverture)}."
    return f"Les bilans de {campagne.annee} ne sont pas encore ouverts : vous serez prévenu·e par courriel."


def manques(
    bilan: Bilan, saisie: Saisie | None = None, constats: Iterable[Constat] | None = None
) -> list[Manque]:
    """Return what must still be said before the bilan can be transmitted, in the order of the form.

    What is only read in the text of the bilan does not stop the porteur, who could not justify it: the
    chargé·e de mission decides of it. Give `saisie` and `constats` when they are read already.
    """
    lue = saisie or Saisie(bilan)
    trouves = constats_de_la_saisie(lue) if constats is None else constats
    liste = _manques_du_bilan(lue, [c for c in trouves if c.bloque and not c.anomalie.citation])
    faite = bilan.realisation in (Bilan.Realisation.REALISEE, Bilan.Realisation.PARTIELLE)
    if faite and not any(getattr(bilan, champ) for champ in Bilan.CHAMPS_RECIT):
        liste.append(Manque("Dites en quelques lignes comment l'action s'est déroulée.", "mise_en_oeuvre"))
    if INDICATEURS not in lue.sans_objet:
        liste += _reponses_demandees(lue)
    if BUDGET not in lue.sans_objet:
        liste += _ecarts_a_expliquer(lue)
    return liste


def _ecarts_a_expliquer(saisie: Saisie) -> list[Manque]:
    """Return the posts of the budget that are far from what was planned, without a word of explanation."""
    return [
        Manque(phrase_a_expliquer(poste), f"ecart_{poste.compte.pk}")
        for poste in saisie.budget_compare.non_expliques
    ]


def _reponses_demandees(saisie: Saisie) -> list[Manque]:
    """Return the indicators and the questions that the campaign wants answered and that are not."""
    liste = []
    for champ in saisie.indicateurs:
        demande = champ.releve.demande
        if demande and demande.obligatoire and champ.colonne == "valeur" and champ.releve.est_vide:
            liste.append(Manque(f"Indiquez « {champ.libelle} ».", champ.nom))
    liste += [
        Manque(f"Répondez à la question « {champ.libelle} ».", champ.nom)
        for champ in saisie.questions
        if champ.question.obligatoire and champ.est_vide
    ]
    return [manque for manque in liste if manque.champ not in saisie.attente]


def manques_pour_valider(
    bilan: Bilan, saisie: Saisie | None = None, constats: Iterable[Constat] | None = None
) -> list[Manque]:
    """Return what stops the validation: nothing may be unsaid of the outcome, unreadable, or contradictory.

    A contradiction that somebody justified, for its present figures, stops nothing.
    """
    lue = saisie or Saisie(bilan)
    trouves = constats_de_la_saisie(lue) if constats is None else constats
    return _manques_du_bilan(lue, [constat for constat in trouves if constat.bloque])


def constats_de_la_saisie(saisie: Saisie) -> list[Constat]:
    """Return what is found in a bilan as it is typed now, with what was decided of it."""
    ecrites = [champ.releve.ligne for champ in saisie.indicateurs if champ.colonne == "valeur"]
    autres = [ligne for ligne in saisie.valeurs_indicateurs if ligne.critere_id is ligne.demande_id is None]
    situation = contexte(
        saisie.bilan,
        commun=cadre(saisie.campagne, saisie.tranches),
        grilles=saisie.grilles(),
        criteres=[champ.releve.critere for champ in saisie.indicateurs if champ.releve.critere],
        indicateurs=[ligne for ligne in (*ecrites, *autres) if ligne is not None],
    )
    return constats_bilan(saisie.bilan, situation)


def _manques_du_bilan(saisie: Saisie, bloquants: Iterable[Constat]) -> list[Manque]:
    bilan, liste = saisie.bilan, []
    if not bilan.realisation and "realisation" not in saisie.attente:
        liste.append(Manque("Indiquez si l'action a été réalisée.", "realisation"))
    if bilan.realisation in Bilan.REALISATIONS_MOTIVEES and not bilan.motif_non_realisation:
        liste.append(
            Manque("Indiquez pourquoi l'action n'a pas eu lieu ou a été reportée.", "motif_non_realisation")
        )
    liste += [
        Manque(f"{champ.libelle} : vous avez écrit « {texte} ». {phrase}", champ.nom)
        for champ, texte, phrase in saisie.en_attente()
    ]
    liste += [Manque(constat.anomalie.message, constat.anomalie.champ) for constat in bloquants]
    liste += [manque for champ in saisie.indicateurs if (manque := _sexes_au_dela_du_total(champ))]
    return liste


def _sexes_au_dela_du_total(champ: Indicateur) -> Manque | None:
    """Return what to say of an indicator whose women and men are more than its total."""
    ligne = champ.releve.ligne
    if champ.colonne != "valeur" or ligne is None or champ.releve.demande is None:
        return None
    detail = additionner((ligne.valeur_femmes, ligne.valeur_hommes))
    if ligne.valeur is None or detail is None or detail <= ligne.valeur:
        return None
    return Manque(
        f"{champ.libelle} : les femmes et les hommes font {nombre(detail)}, plus que le total indiqué "
        f"({nombre(ligne.valeur)}). Corrigez l'un des trois.",
        champ.nom,
    )


# -- Operations ------------------------------------------------------------------------------------
def preparer_bilan(action_annuelle: ActionAnnuelle) -> Bilan | None:
    """Give the year of an action its bilan to enter, once; return it, None when no bilan is expected."""
    if not action_annuelle.bilan_attendu:
        return None
    bilan: Bilan = Bilan.objects.get_or_create(action_annuelle=action_annuelle)[0]
    return bilan


@transaction.atomic
def enregistrer_bilan(
    bilan: Bilan,
    utilisateur: Utilisateur,
    *,
    champs: Mapping[str, Any],
    effectifs: Iterable[SaisieEffectifs] = (),
    autres: Mapping[str, Any] | None = None,
    version: int,
) -> Bilan:
    """Write what was typed and return the bilan; when nothing changed, nothing is written.

    `champs` are values of `CHAMPS_SAISIS`; a perimeter absent from `effectifs` is left alone, as are the
    ranges and the other measures. `autres` are values of the other fields (`bilans.saisie`), by name. What
    waited to be corrected in a field that is written waits no more. Raises VersionPerimee when someone saved
    it meanwhile.
    """
    actuel = prendre(bilan, utilisateur, "enregistrer", version)
    valeurs = {**champs, **(autres or {})}
    for typee in effectifs:
        valeurs |= _valeurs_de_la_grille(typee)
    plume = PlumeSimple(utilisateur)
    if not ecrire_valeurs(Saisie(actuel), valeurs, plume):
        return actuel
    try:
        actuel.full_clean()
    except ValidationError as erreur:
        raise OperationRefusee(" ".join(erreur.messages)) from erreur
    return enregistrer_la_saisie(actuel, utilisateur, plume)


def enregistrer_la_saisie(bilan: Bilan, utilisateur: Utilisateur, plume: Plume) -> Bilan:
    """Save a bilan in which something was just typed, in the state that typing gives it, and return it."""
    vers = APRES_SAISIE.get(Statut(bilan.statut))
    if vers is not None:
        return passer(bilan, vers, utilisateur)
    bilan.version += 1
    plume.enregistrer(bilan)
    return bilan


@transaction.atomic
def transmettre(bilan: Bilan, utilisateur: Utilisateur, *, version: int | None = None) -> Bilan:
    """Hand the bilan over to the chargé·e de mission; refused while something is missing."""
    actuel = prendre(bilan, utilisateur, "transmettre", version)
    if actuel.statut == Statut.TRANSMIS:
        return actuel
    _refuser_les_manques(manques(actuel), "transmis")
    return _transmettre(actuel, utilisateur)


@transaction.atomic
def valider(bilan: Bilan, utilisateur: Utilisateur, *, version: int | None = None) -> Bilan:
    """Accept the bilan: its figures may enter the report. Refused while something contradicts itself.

    From the porteur's hands, it is transmitted on the porteur's behalf first: both steps are in the history.
    """
    actuel = prendre(bilan, utilisateur, "valider", version)
    if actuel.statut == Statut.VALIDE:
        return actuel
    _refuser_les_manques(manques_pour_valider(actuel), "validé")
    if actuel.modifiable_par_le_porteur:
        _transmettre(actuel, utilisateur)
    actuel.valide_le, actuel.valide_par = timezone.now(), utilisateur
    return passer(actuel, Statut.VALIDE, utilisateur)


@transaction.atomic
def renvoyer(
    bilan: Bilan,
    utilisateur: Utilisateur,
    motif: str,
    *,
    echeance: date | None = None,
    version: int | None = None,
) -> Bilan:
    """Send the bilan back to the porteur, who reads `motif`: what is to be completed, and by when.

    Once the bilans of the year are closed, `echeance` is asked: without it the porteur could not write.
    """
    actuel = prendre(bilan, utilisateur, "renvoyer", version)
    if actuel.statut == Statut.A_COMPLETER:
        return actuel
    actuel.motif_renvoi = _motif(motif, "Dites au porteur ce qui est à compléter.")
    if echeance is not None:
        actuel.echeance_prolongee = verifier_echeance(actuel, echeance)
    if not saisie_ouverte(actuel):
        raise OperationRefusee(
            "Les bilans de cette année sont clos : indiquez jusqu'à quand le porteur peut compléter le sien."
        )
    return passer(actuel, Statut.A_COMPLETER, utilisateur, actuel.motif_renvoi)


@transaction.atomic
def prolonger(
    bilan: Bilan, utilisateur: Utilisateur, echeance: date | None, *, version: int | None = None
) -> Bilan:
    """Give the bilan a due date of its own, later than the campaign's; None takes it back. Return the bilan."""
    actuel = prendre(bilan, utilisateur, "prolonger", version)
    nouvelle = None if echeance is None else verifier_echeance(actuel, echeance)
    if actuel.echeance_prolongee == nouvelle:
        return actuel
    actuel.echeance_prolongee = nouvelle
    _ecrire(actuel, utilisateur)
    if nouvelle is not None:
        for suite in _suites_echeance:
            suite(actuel, utilisateur)
    return actuel


@transaction.atomic
def rouvrir(bilan: Bilan, utilisateur: Utilisateur, motif: str, *, version: int | None = None) -> Bilan:
    """Take a validated bilan back for a correction; one that is in a report stays as it is."""
    actuel = prendre(bilan, utilisateur, "rouvrir", version)
    if actuel.statut == Statut.EN_VERIFICATION:
        return actuel
    commentaire = _motif(motif, "Dites pourquoi ce bilan est rouvert.")
    actuel.valide_le = actuel.valide_par = None
    return passer(actuel, Statut.EN_VERIFICATION, utilisateur, commentaire)


@transaction.atomic
def dispenser(bilan: Bilan, utilisateur: Utilisateur, motif: str, *, version: int | None = None) -> Bilan:
    """Say that no bilan is expected, and why; what was typed is kept."""
    actuel = prendre(bilan, utilisateur, "dispenser", version)
    if actuel.statut == Statut.DISPENSE:
        return actuel
    commentaire = _motif(motif, "Dites pourquoi aucun bilan n'est attendu.")
    return passer(actuel, Statut.DISPENSE, utilisateur, commentaire)


@transaction.atomic
def reprendre(bilan: Bilan, utilisateur: Utilisateur, *, version: int | None = None) -> Bilan:
    """Expect again a bilan that had been waived."""
    actuel = prendre(bilan, utilisateur, "reprendre", version)
    if actuel.statut == Statut.A_SAISIR:
        return actuel
    return passer(actuel, Statut.A_SAISIR, utilisateur)


# -- Steps -----------------------------------------------------------------------------------------
def prendre(bilan: Bilan, utilisateur: Utilisateur, nom: str, version: int | None = None) -> Bilan:
    """Return the stored bilan, locked, if this account may do `nom` on it or finds it already done.

    Raises PermissionDenied for an account that this bilan does not belong to, OperationRefusee for a state
    that does not allow it, VersionPerimee when `version` is given and someone saved the bilan since.
    """
    actuel = verrouiller_bilan(bilan)
    gere = utilisateur.has_perm("bilans.gerer", actuel)
    porte = porte_le_bilan(utilisateur, actuel)
    if not gere and not (porte and nom in DU_PORTEUR):
        raise PermissionDenied("Ce bilan est celui d'une autre structure.")
    if actuel.statut == VERS.get(nom):
        return actuel
    if not _est_permise(nom, actuel, gere=gere, porte=porte):
        raise OperationRefusee(refus(actuel))
    if version is not None and actuel.version != version:
        raise VersionPerimee(actuel)
    return actuel


def verrouiller_bilan(bilan: Bilan) -> Bilan:
    """Return the stored bilan, locked until the end of the transaction, with what permissions look at."""
    verrouille: Bilan = (
        Bilan.objects.select_for_update(of=("self",), no_key=True)
        .select_related("action_annuelle__campagne__contrat", "action_annuelle__action__porteur")
        .get(pk=bilan.pk)
    )
    return verrouille


def _refuser_les_manques(liste: list[Manque], participe: str) -> None:
    if liste:
        phrases = " ".join(manque.phrase for manque in liste)
        raise OperationRefusee(f"Ce bilan ne peut pas être {participe} : {phrases[0].lower()}{phrases[1:]}")


def _motif(motif: str, manquant: str) -> str:
    if not motif.strip():
        raise OperationRefusee(manquant)
    return motif.strip()


def verifier_echeance(bilan: Bilan, echeance: date) -> date:
    """Return the due date if it may be that of this bilan. Raises OperationRefusee."""
    if echeance < timezone.localdate():
        raise OperationRefusee("Cette date est passée : choisissez aujourd'hui ou un jour à venir.")
    commune = bilan.action_annuelle.campagne.bilan_echeance
    if commune is not None and echeance <= commune:
        raise OperationRefusee(
            f"L'échéance de tous les bilans est le {date_longue(commune)} : choisissez une date plus lointaine."
        )
    return echeance


def _transmettre(bilan: Bilan, utilisateur: Utilisateur) -> Bilan:
    bilan.transmis_le, bilan.transmis_par = timezone.now(), utilisateur
    bilan.saisi_pour_le_porteur = not porte_le_bilan(utilisateur, bilan)
    bilan.motif_renvoi = ""
    return passer(bilan, Statut.TRANSMIS, utilisateur)


def passer(bilan: Bilan, vers: Bilan.Statut, utilisateur: Utilisateur, commentaire: str = "") -> Bilan:
    """Change the state and write who did it: the only place where a state changes."""
    de, bilan.statut = bilan.statut, vers
    _ecrire(bilan, utilisateur)
    transition = Transition.objects.create(
        bilan=bilan, de=de, vers=vers, auteur=utilisateur, commentaire=commentaire
    )
    for suite in _suites:
        suite(bilan, transition)
    return bilan


def _ecrire(bilan: Bilan, utilisateur: Utilisateur) -> Bilan:
    bilan.version += 1
    signer(bilan, utilisateur)
    bilan.save()
    return bilan


def _valeurs_de_la_grille(typee: SaisieEffectifs) -> dict[str, Any]:
    """Return every cell of a grid by name of field, and whether its numbers are estimates."""
    grille = typee.grille
    valeurs: dict[str, Any] = {f"{grille.perimetre}_estimation": typee.estimation}
    for tranche in (None, *(tranche.pk for tranche in grille.tranches)):
        for sexe in (*eff.SEXES, eff.TOTAL):
            cellule = eff.Cellule(tranche, sexe)
            valeurs[eff.nom_du_champ(grille.perimetre, cellule)] = grille.cellules.get(cellule)
    return valeurs
