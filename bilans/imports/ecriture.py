"""Writing the values of many actions at once: the rules of the operations, in a number of queries that hardly grows.

What `actions.operations`, `financements.operations` and `operations.etats` do for one row is done here for all: values
are checked, versions go up, a bilan is prepared where one is expected and passes into the state that typing gives it,
each change is in the history under its author. Everything is noted in the journal of the import.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from simple_history.utils import bulk_create_with_history, get_history_manager_for_model

from actions.models import Action, ActionAnnuelle, ActionTerritoire, Campagne
from comptes.modeles import AvecRecherche
from comptes.models import Utilisateur
from comptes.signature import signer
from documents.normalisation import normaliser
from financements.models import Budget, LigneFinancement

from .. import effectifs as eff
from ..models import Bilan, Effectif, Transition
from ..operations.etats import APRES_SAISIE, DEPUIS, OperationRefusee, refus
from .journal import LOT, Journal, par_lots
from .valeurs import DE_L_ANNEE, REFERENCES, Json, Registre

Statut = Bilan.Statut
PEUT_S_ECRIRE = DEPUIS["enregistrer"]


def ecrire(
    auteur: Utilisateur, annuelle: ActionAnnuelle, valeurs: Mapping[str, Json], journal: Journal, motif: str
) -> None:
    """Write `valeurs` in one action of the year, in the transaction of the caller; `Ecrivain` writes many.

    Raises OperationRefusee, with the sentence to show, when the state of the bilan or another row forbids it.
    """
    ecrivain = Ecrivain(auteur, annuelle.campagne, journal, motif)
    ecrivain.modifier(annuelle.pk, valeurs)
    ecrivain.enregistrer()


@dataclass
class _Cible:
    """An action of the year to write, with the values to give it and the row of the sheet that says them."""

    annuelle: ActionAnnuelle
    valeurs: Mapping[str, Json]
    ligne: int | None
    nouvelle: bool = False
    # of the year itself
    changee: bool = False
    bilan: Bilan | None = None

    def dites(self, prefixe: str) -> dict[str, Json]:
        """Return the values whose names begin with `prefixe`, by what follows it."""
        return {nom.removeprefix(prefixe): v for nom, v in self.valeurs.items() if nom.startswith(prefixe)}


@dataclass
class _Creation:
    porteur: int
    intitule: str
    valeurs: Mapping[str, Json]
    ligne: int | None


class Ecrivain:
    """What is to be written in a year, gathered then written together in the transaction of the caller."""

    def __init__(self, auteur: Utilisateur, campagne: Campagne, journal: Journal, motif: str) -> None:
        self.auteur, self.campagne, self.journal, self.motif = auteur, campagne, journal, motif
        self._a_modifier: dict[int, tuple[Mapping[str, Json], int | None]] = {}
        self._a_creer: list[_Creation] = []

    def modifier(self, annuelle: int, valeurs: Mapping[str, Json], ligne: int | None = None) -> None:
        """Have `valeurs` written in the action of the year that has this key."""
        self._a_modifier[annuelle] = (valeurs, ligne)

    def creer(
        self, porteur: int, intitule: str, valeurs: Mapping[str, Json], ligne: int | None = None
    ) -> None:
        """Have an action put in the year: another year of the one that the porteur has under this title, or new."""
        self._a_creer.append(_Creation(porteur, intitule, valeurs, ligne))

    def enregistrer(self) -> dict[int, ActionAnnuelle]:
        """Write everything, and return the actions that were created, by key of the row that causes them.

        Raises OperationRefusee when a value, the state of a bilan or another row forbids it.
        """
        # The row of the campagne is the lock: two people cannot add the same action at once.
        Campagne.objects.select_for_update(no_key=True).get(pk=self.campagne.pk)
        cibles = self._prendre() + self._creer_les_actions()
        try:
            self._ecrire_les_actions(cibles)
            self._ecrire_les_annees(cibles)
            self._placer(cibles)
            self._ecrire_les_bilans(cibles)
            self._ecrire_les_montants(cibles)
            self._ecrire_les_budgets(cibles)
        except ValidationError as erreur:
            raise OperationRefusee(" ".join(erreur.messages)) from erreur
        return {cible.ligne: cible.annuelle for cible in cibles if cible.nouvelle and cible.ligne is not None}

    @cached_property
    def _registre(self) -> Registre:
        return Registre(self.campagne)

    # -- Rows --------------------------------------------------------------------------------------
    def _prendre(self) -> list[_Cible]:
        """Return the actions to change, locked, with their bilan."""
        cibles = {}
        for lot in par_lots(self._a_modifier):
            # Bilans come before: the order in which everyone locks.
            bilans = {
                bilan.action_annuelle_id: bilan
                for bilan in Bilan.objects.filter(action_annuelle__in=lot)
                .select_for_update(no_key=True)
                .order_by("pk")
            }
            annuelles = ActionAnnuelle.objects.filter(pk__in=lot, campagne=self.campagne)
            for annuelle in annuelles.select_related("action").select_for_update(of=("self",)).order_by("pk"):
                self._situer(annuelle)
                valeurs, ligne = self._a_modifier[annuelle.pk]
                cibles[annuelle.pk] = _Cible(annuelle, valeurs, ligne, bilan=bilans.get(annuelle.pk))
                if (bilan := bilans.get(annuelle.pk)) is not None:
                    bilan.action_annuelle = annuelle
        if len(cibles) < len(self._a_modifier):
            raise OperationRefusee("Une action à modifier a été retirée de l'année entre-temps.")
        return list(cibles.values())

    def _situer(self, annuelle: ActionAnnuelle) -> None:
        """Give the row what its own checks look at, so that they ask nothing of the database."""
        annuelle.campagne = self.campagne
        annuelle.axe = self._registre.axes.get(annuelle.axe_id or 0)

    def _creer_les_actions(self) -> list[_Cible]:
        """Create the missing actions and return the years to create, unsaved."""
        identites = {
            (creation.porteur, normaliser(creation.intitule)): creation for creation in self._a_creer
        }
        connues: dict[tuple[int, str], Action] = {}
        if identites:
            for action in Action.objects.filter(contrat=self.campagne.contrat_id).order_by("pk"):
                connues[action.porteur_id, action.intitule_normalise] = action
        nouvelles, lignes = [], []
        for identite, creation in identites.items():
            if identite not in connues:
                action = Action(
                    contrat=self.campagne.contrat,
                    porteur_id=creation.porteur,
                    intitule=creation.intitule,
                    reference_interne=creation.valeurs.get("reference") or "",
                )
                connues[identite] = action
                nouvelles.append(action)
                lignes.append(creation.ligne)
        self._creer(Action, nouvelles, lignes)
        cibles = []
        for creation in self._a_creer:
            action = connues[creation.porteur, normaliser(creation.intitule)]
            annuelle = ActionAnnuelle(action=action, campagne=self.campagne)
            cibles.append(_Cible(annuelle, creation.valeurs, creation.ligne, nouvelle=True))
        return cibles

    def _ecrire_les_actions(self, cibles: Iterable[_Cible]) -> None:
        """Change the identity of actions, which is that of all their years: rare, hence one by one."""
        for cible in cibles:
            dites = {
                nom: cible.valeurs[nom]
                for nom in ("intitule", "porteur", "reference")
                if nom in cible.valeurs
            }
            if cible.nouvelle or not dites:
                continue
            action = cible.annuelle.action
            self.journal.modifier([action], cible.ligne)
            action.intitule = dites.get("intitule") or action.intitule
            action.porteur_id = dites.get("porteur") or action.porteur_id
            action.reference_interne = dites.get("reference", action.reference_interne) or ""
            self._refuser_un_doublon(action)
            verifier(action)
            signer(action, self.auteur, self.motif)
            action.save()
            cible.changee = True
            if {"intitule", "porteur"} & set(dites):
                self._perimer_les_autres_annees(cible)

    def _refuser_un_doublon(self, action: Action) -> None:
        semblables = Action.objects.filter(
            contrat=action.contrat_id,
            porteur=action.porteur_id,
            intitule_normalise=normaliser(action.intitule),
        )
        if semblables.exclude(pk=action.pk).exists():
            raise OperationRefusee(
                f"Ce porteur a déjà une action intitulée « {action.intitule} » dans le contrat : précisez l'intitulé."
            )

    def _perimer_les_autres_annees(self, cible: _Cible) -> None:
        """Give a new version to the other years: a form opened there would put the former title back."""
        autres = ActionAnnuelle.objects.filter(action=cible.annuelle.action_id).exclude(pk=cible.annuelle.pk)
        liste = list(autres.select_for_update().order_by("pk"))
        self.journal.modifier(liste, cible.ligne)
        for autre in liste:
            autre.version += 1
            signer(autre, self.auteur, self.motif)
            autre.save()

    def _ecrire_les_annees(self, cibles: Sequence[_Cible]) -> None:
        """Give the years their values; those that are new are created."""
        for cible in cibles:
            for nom in DE_L_ANNEE:
                if nom in cible.valeurs:
                    self._donner(cible.annuelle, nom, cible.valeurs[nom])
                    cible.changee = True
            if cible.annuelle.statut != ActionAnnuelle.Statut.REPORTEE:
                # As when it is typed: only an action put off leads to another year.
                cible.annuelle.reportee_vers = None
            if "territoires" in cible.valeurs:
                cible.changee = True
            if cible.nouvelle or cible.changee:
                verifier(cible.annuelle)
        nouvelles = [cible for cible in cibles if cible.nouvelle]
        changees = [cible for cible in cibles if cible.changee and not cible.nouvelle]
        for cible in changees:
            cible.annuelle.version += 1
        self._creer(ActionAnnuelle, [c.annuelle for c in nouvelles], [c.ligne for c in nouvelles])
        self._changer(ActionAnnuelle, [c.annuelle for c in changees], [c.ligne for c in changees])

    def _donner(self, annuelle: ActionAnnuelle, nom: str, valeur: Json) -> None:
        if nom == "axe":
            annuelle.axe = self._registre.axes[valeur] if valeur is not None else None
        elif nom in REFERENCES:
            setattr(annuelle, f"{nom}_id", valeur)
        else:
            setattr(annuelle, nom, _stockee(ActionAnnuelle, nom, valeur))

    def _placer(self, cibles: Sequence[_Cible]) -> None:
        """Make the territories those that are said, keeping the shares known."""
        visees = {cible.annuelle.pk: cible for cible in cibles if "territoires" in cible.valeurs}
        places: dict[int, list[ActionTerritoire]] = defaultdict(list)
        for lot in par_lots(visees):
            for part in ActionTerritoire.objects.filter(action_annuelle__in=lot).order_by("pk"):
                places[part.action_annuelle_id].append(part)
        ajoutes: list[ActionTerritoire] = []
        lignes: list[int | None] = []
        for pk, cible in visees.items():
            voulus = cible.valeurs["territoires"] or []
            retires = [part for part in places[pk] if part.territoire_id not in voulus]
            self._supprimer(retires, cible.ligne)
            connus = {part.territoire_id for part in places[pk]}
            ajoutes += [
                ActionTerritoire(action_annuelle=cible.annuelle, territoire_id=territoire)
                for territoire in voulus
                if territoire not in connus
            ]
            lignes += [cible.ligne] * (len(ajoutes) - len(lignes))
        self._creer(ActionTerritoire, ajoutes, lignes)

    # -- Bilans ------------------------------------------------------------------------------------
    def _ecrire_les_bilans(self, cibles: Sequence[_Cible]) -> None:
        """Prepare the bilans that are expected, then write what is said in them."""
        transitions: list[tuple[Transition, int | None]] = []
        nouveaux, ecrits = [], []
        for cible in cibles:
            dites, nombres = cible.dites("bilan."), cible.dites("effectif:")
            if cible.bilan is None and cible.annuelle.bilan_attendu:
                cible.bilan = Bilan(action_annuelle=cible.annuelle)
                nouveaux.append(cible)
            elif dites or nombres:
                ecrits.append(cible)
            if dites or nombres:
                self._remplir(cible, dites, nombres, transitions)
        self._creer(Bilan, [_bilan(c) for c in nouveaux], [c.ligne for c in nouveaux])
        self._changer(Bilan, [_bilan(c) for c in ecrits], [c.ligne for c in ecrits])
        self._creer(
            Transition, [transition for transition, _ in transitions], [ligne for _, ligne in transitions]
        )
        self._compter(cibles)

    def _remplir(
        self,
        cible: _Cible,
        dites: Mapping[str, Json],
        nombres: Mapping[str, Json],
        transitions: list[tuple[Transition, int | None]],
    ) -> None:
        """Give the bilan its values in memory, and the state that typing gives it."""
        bilan = cible.bilan
        if bilan is None:
            raise OperationRefusee(
                f"« {cible.annuelle.action.intitule} » : aucun bilan n'est attendu d'une action dans cet état."
            )
        if bilan.statut not in PEUT_S_ECRIRE:
            raise OperationRefusee(f"« {cible.annuelle.action.intitule} » : {refus(bilan)}")
        for colonne, valeur in dites.items():
            setattr(bilan, colonne, _stockee(Bilan, colonne, valeur))
        for nom in (*dites, *(_nom_saisi(nombre) for nombre in nombres)):
            # What waited to be corrected in a field that is written waits no more.
            bilan.saisie_en_attente.pop(nom, None)
        de = Statut(bilan.statut)
        bilan.statut = APRES_SAISIE.get(de, de)
        if bilan.pk is not None:
            bilan.version += 1
        verifier(bilan)
        if bilan.statut != de:
            transition = Transition(
                bilan=bilan, de=de, vers=bilan.statut, auteur=self.auteur, commentaire=self.motif
            )
            transitions.append((transition, cible.ligne))

    def _compter(self, cibles: Sequence[_Cible]) -> None:
        """Write the numbers of people."""
        visees = {_bilan(cible).pk: cible for cible in cibles if cible.dites("effectif:")}
        connus: dict[tuple[int, str], Effectif] = {}
        for lot in par_lots(visees):
            stockes = Effectif.objects.filter(bilan__in=lot, mesure=Effectif.Mesure.PERSONNES)
            for effectif in stockes.order_by("pk"):
                cle = f"{effectif.perimetre}:{effectif.sexe}:{effectif.tranche_id or ''}"
                connus[effectif.bilan_id, cle] = effectif
        ecriture = _Ecriture()
        for pk, cible in visees.items():
            for cle, valeur in cible.dites("effectif:").items():
                effectif = connus.get((pk, cle))
                if valeur is None:
                    if effectif is not None and effectif.valeur is not None:
                        ecriture.supprimer(effectif, cible.ligne)
                    continue
                if effectif is None:
                    perimetre, sexe, tranche = cle.split(":")
                    effectif = Effectif(
                        bilan=cible.bilan,
                        perimetre=perimetre,
                        sexe=sexe,
                        tranche_id=int(tranche) if tranche else None,
                    )
                effectif.valeur, effectif.valeur_min, effectif.valeur_max = valeur, None, None
                effectif.approximatif = bool(cible.valeurs.get(f"estimation:{cle}", False))
                verifier(effectif)
                ecriture.ecrire(effectif, cible.ligne)
        self._executer(Effectif, ecriture)

    # -- Money -------------------------------------------------------------------------------------
    def _ecrire_les_montants(self, cibles: Sequence[_Cible]) -> None:
        visees = {cible.annuelle.pk: cible for cible in cibles if cible.dites("montant:")}
        connues: dict[tuple[int, int], list[LigneFinancement]] = defaultdict(list)
        for lot in par_lots(visees):
            stockees = (
                LigneFinancement.objects.filter(action_annuelle__in=lot).select_for_update().order_by("pk")
            )
            for ligne in stockees:
                connues[ligne.action_annuelle_id, ligne.financeur_id].append(ligne)
        payees = self._lignes_payees(visees)
        ecriture = _Ecriture()
        for pk, cible in visees.items():
            par_financeur: dict[int, dict[str, Json]] = defaultdict(dict)
            for nom, valeur in cible.dites("montant:").items():
                etat, cle = nom.split(":")
                par_financeur[int(cle)][etat] = valeur
            for financeur, montants in par_financeur.items():
                self._financer(cible, financeur, montants, connues[pk, financeur], payees, ecriture)
        self._executer(LigneFinancement, ecriture)

    def _lignes_payees(self, visees: Iterable[int]) -> set[int]:
        """Return the lines on which a payment is planned or made: they are blanked, never deleted."""
        payees: set[int] = set()
        for lot in par_lots(visees):
            lignes = LigneFinancement.objects.filter(action_annuelle__in=lot, versements__isnull=False)
            payees |= set(lignes.order_by("pk").values_list("pk", flat=True))
        return payees

    def _financer(
        self,
        cible: _Cible,
        financeur: int,
        montants: Mapping[str, Json],
        connues: Sequence[LigneFinancement],
        payees: set[int],
        ecriture: "_Ecriture",
    ) -> None:
        """Write the amounts of one funder of an action, by state."""
        if len(connues) > 1:
            raise OperationRefusee(
                f"« {self._registre.financeurs[financeur]} » a plusieurs lignes de financement pour l'action "
                f"« {cible.annuelle.action.intitule} » : corrigez-les une à une sur la fiche de l'action."
            )
        ligne = connues[0] if connues else LigneFinancement()
        for etat, valeur in montants.items():
            setattr(ligne, f"montant_{etat}", _euros(valeur))
        ligne.action_annuelle = cible.annuelle
        ligne.financeur = self._registre.financeurs[financeur]
        if ligne.pk is None:
            if any(valeur is not None for valeur in montants.values()):
                verifier(ligne)
                ecriture.ecrire(ligne, cible.ligne)
        elif _ne_dit_plus_rien(ligne) and ligne.pk not in payees:
            ecriture.supprimer(ligne, cible.ligne)
        else:
            ligne.version += 1
            verifier(ligne)
            ecriture.ecrire(ligne, cible.ligne)

    def _ecrire_les_budgets(self, cibles: Sequence[_Cible]) -> None:
        visees = {cible.annuelle.pk: cible for cible in cibles if cible.dites("budget:")}
        connus: dict[tuple[int, str], Budget] = {}
        for lot in par_lots(visees):
            for budget in Budget.objects.filter(action_annuelle__in=lot).order_by("pk"):
                connus[budget.action_annuelle_id, budget.type] = budget
        ecriture = _Ecriture()
        for pk, cible in visees.items():
            for type_, valeur in cible.dites("budget:").items():
                budget = connus.get((pk, type_))
                if budget is None:
                    if valeur is None:
                        continue
                    budget = Budget(action_annuelle=cible.annuelle, type=type_)
                budget.total_annonce = _euros(valeur)
                verifier(budget)
                ecriture.ecrire(budget, cible.ligne)
        self._executer(Budget, ecriture)

    # -- Writing together --------------------------------------------------------------------------
    def _executer(self, modele: type[models.Model], ecriture: "_Ecriture") -> None:
        nouveaux = [(objet, ligne) for objet, ligne in ecriture.ecrits if objet.pk is None]
        changes = [(objet, ligne) for objet, ligne in ecriture.ecrits if objet.pk is not None]
        for objet, ligne in ecriture.supprimes:
            self._supprimer([objet], ligne)
        self._creer(modele, [objet for objet, _ in nouveaux], [ligne for _, ligne in nouveaux])
        self._changer(modele, [objet for objet, _ in changes], [ligne for _, ligne in changes])

    def _creer(self, modele: Any, objets: Sequence[Any], lignes: Sequence[int | None]) -> None:
        creer_en_nombre(modele, objets, self.auteur, self.motif)
        self.journal.creer(objets, lignes)

    def _changer(self, modele: Any, objets: Sequence[Any], lignes: Sequence[int | None]) -> None:
        self.journal.modifier(objets, lignes)
        changer_en_nombre(modele, objets, self.auteur, self.motif)

    def _supprimer(self, objets: Sequence[models.Model], ligne: int | None) -> None:
        self.journal.supprimer(objets, ligne)
        for objet in objets:
            signer(objet, self.auteur, self.motif)
            objet.delete()


@dataclass
class _Ecriture:
    """Rows to save and to delete, each with the row of the sheet that causes it."""

    ecrits: list[tuple[Any, int | None]] = field(default_factory=list)
    supprimes: list[tuple[Any, int | None]] = field(default_factory=list)

    def ecrire(self, objet: models.Model, ligne: int | None) -> None:
        self.ecrits.append((objet, ligne))

    def supprimer(self, objet: models.Model, ligne: int | None) -> None:
        self.supprimes.append((objet, ligne))


# -- Rows together, with their history -------------------------------------------------------------
def creer_en_nombre(modele: Any, objets: Sequence[Any], auteur: Utilisateur, motif: str) -> None:
    """Create the rows and their history."""
    for objet in objets:
        calculer_les_colonnes(objet)
    if not objets:
        return
    if hasattr(modele, "historique"):
        bulk_create_with_history(
            objets, modele, batch_size=LOT, default_user=auteur, default_change_reason=motif
        )
    else:
        modele._default_manager.bulk_create(objets, batch_size=LOT)


def changer_en_nombre(modele: Any, objets: Sequence[Any], auteur: Utilisateur, motif: str) -> None:
    """Save the rows, one update each, and their history together."""
    colonnes = [champ.attname for champ in modele._meta.concrete_fields if not champ.primary_key]
    for objet in objets:
        calculer_les_colonnes(objet)
        # An update of one row by its key is quicker than one of many by cases, and says nothing twice to the history.
        modele._base_manager.filter(pk=objet.pk).update(
            **{colonne: getattr(objet, colonne) for colonne in colonnes}
        )
    if objets and hasattr(modele, "historique"):
        get_history_manager_for_model(modele).bulk_history_create(
            objets, batch_size=LOT, update=True, default_user=auteur, default_change_reason=motif
        )


def calculer_les_colonnes(objet: Any) -> None:
    """Give the columns that `save` computes their values: a row saved with others does not go through it."""
    if isinstance(objet, AvecRecherche):
        objet.recherche = objet.texte_recherche()
    if isinstance(objet, Action):
        objet.intitule_normalise = normaliser(objet.intitule)
    if isinstance(objet, Bilan):
        objet.recherche = normaliser(" ".join(getattr(objet, champ) for champ in Bilan.CHAMPS_RECIT))


def verifier(objet: models.Model) -> None:
    """Raise ValidationError, in French, unless the fields of `objet` are valid.

    Neither relations nor unicity are looked up: the database holds both.
    """
    exclus = {champ.name for champ in objet._meta.fields if champ.is_relation or not champ.editable}
    objet.full_clean(exclude=exclus, validate_unique=False, validate_constraints=False)


# -- Values ----------------------------------------------------------------------------------------
def _stockee(modele: type[models.Model], colonne: str, valeur: Json) -> Any:
    """Return a plain value as its column holds it: "" for a blank text, a date for its ISO text."""
    champ: Any = modele._meta.get_field(colonne)
    if valeur is None:
        return None if champ.null else champ.get_default() if champ.choices else ""
    return date.fromisoformat(valeur) if isinstance(champ, models.DateField) else valeur


def _euros(valeur: Json) -> Any:
    return None if valeur is None else Decimal(valeur)


def _nom_saisi(cle: str) -> str:
    """Return the name of a number of people in the form of the bilan: « qpv:F:12 » → « qpv_12_F »."""
    perimetre, sexe, tranche = cle.split(":")
    return eff.nom_du_champ(perimetre, eff.Cellule(int(tranche) if tranche else None, sexe))


def _ne_dit_plus_rien(ligne: LigneFinancement) -> bool:
    """Whether a line has no amount left, nor anything else to say."""
    dits = (
        *(getattr(ligne, etat) for etat in LigneFinancement.ETATS_MONTANT),
        *(ligne.date_decision, ligne.seance_id, ligne.deliberation_id, ligne.convention_id),
    )
    return not ligne.commentaire and all(dit is None for dit in dits)


def _bilan(cible: _Cible) -> Bilan:
    if cible.bilan is None:
        raise OperationRefusee(
            f"« {cible.annuelle.action.intitule} » : aucun bilan n'est attendu d'une action dans cet état."
        )
    return cible.bilan
