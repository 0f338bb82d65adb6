"""Everything that can be typed in one bilan, read at once."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.utils.text import capfirst

from actions.models import Question, TrancheAge
from comptes.champs import ChampDate, ChampMontantFormulaire, ChampNombre, ChampTexte
from comptes.modeles import libelle_du_champ
from comptes.templatetags.typographie import insecables
from documents import additionner, formats
from financements.budgets import Chiffres, Comparaison, Ligne, Poste, SeuilEcart, promesses, seuil_de
from financements.models import Budget, CompteBudgetaire, Financeur, LigneBudget, LigneFinancement

from .. import effectifs as eff
from ..models import Bilan, Effectif, ReponseQuestion, ValeurIndicateur
from .champs import (
    Case,
    Champ,
    Colonne,
    ColonneDuBudget,
    Estimation,
    Explication,
    Indicateur,
    Livre,
    Montant,
    Releve,
    Reponse,
    marque,
)
from .questions import (
    AIDES,
    AIDES_BUDGET,
    BUDGET,
    CHAMP,
    CHAMPS_DEROULEMENT,
    CHAMPS_MOYENS,
    COMPTES_USUELS,
    DEROULEMENT,
    ETAPE_DU_GROUPE,
    INDICATEURS,
    LIBELLES,
    MOYENS,
    PLUS_GRAND_EFFECTIF,
    PUBLIC,
    PUBLICS,
    QUESTIONS_CRF,
    RELECTURE,
    SANS_OBJET,
    SUBVENTIONS,
    ChampQuantite,
    avec_l_obligation,
    champ_de_colonne,
    champ_de_question,
    mettre_en_page,
)


class Saisie:
    """What can be typed in one bilan, read in a fixed number of queries; `champs` is in the order of the pages."""

    def __init__(self, bilan: Bilan) -> None:
        self.bilan = bilan
        self.annuelle = bilan.action_annuelle
        self.campagne = self.annuelle.campagne

    @cached_property
    def champs(self) -> dict[str, Champ]:
        """Every field, by name."""
        parties: tuple[Iterable[Champ], ...] = (
            self._colonnes(DEROULEMENT, (*CHAMPS_DEROULEMENT, *Bilan.CHAMPS_RECIT)),
            self.cases,
            self._colonnes(PUBLICS, ("type_public",)),
            self.indicateurs,
            self.questions,
            self._colonnes(MOYENS, CHAMPS_MOYENS),
            self.montants,
            self.explications,
            self._compte_rendu(),
        )
        return {champ.nom: champ for partie in parties for champ in partie}

    def de_l_etape(self, etape: str) -> list[Champ]:
        """Return the fields of a step, in order."""
        return [champ for champ in self.champs.values() if champ.etape == etape]

    def etape_du_champ(self, nom: str) -> str:
        """Return the step where a field, or a group of fields, is typed; the last one for the whole bilan."""
        champ = self.champs.get(nom)
        return champ.etape if champ else ETAPE_DU_GROUPE.get(nom, RELECTURE)

    @property
    def attente(self) -> dict[str, str]:
        """What was typed and is not yet an answer, by name of field."""
        return self.bilan.saisie_en_attente

    def brut(self, nom: str) -> str:
        """Return what the page shows in a field: what was typed, else the stored value."""
        champ = self.champs[nom]
        return self.attente[nom] if nom in self.attente else champ.brut(champ.valeur)

    def marque(self, nom: str) -> str:
        """Return a short mark of what is stored in a field: another mark, another value."""
        return marque(self.champs[nom], self.brut(nom))

    def en_attente(self) -> Iterator[tuple[Champ, str, str]]:
        """Give the fields whose typed text cannot be read, this text, the sentence that says how to write it."""
        for nom, texte in self.attente.items():
            champ = self.champs.get(nom)
            if champ is None or isinstance(champ, Estimation):
                continue
            try:
                champ.lire(texte)
            except ValidationError as erreur:
                yield champ, texte, insecables(" ".join(erreur.messages))

    @property
    def sans_objet(self) -> tuple[str, ...]:
        """The steps that an action which did not take place has nothing to say of."""
        return SANS_OBJET if self.bilan.realisation in Bilan.REALISATIONS_MOTIVEES else ()

    # -- People
    @cached_property
    def tranches(self) -> tuple[TrancheAge, ...]:
        """The age bands of the campaign."""
        return tuple(self.campagne.tranches.all())

    @cached_property
    def effectifs(self) -> list[Effectif]:
        """The stored numbers of people, those that stand beside the grids included."""
        return list(self.bilan.effectifs.all())

    def grilles(self) -> dict[str, eff.Grille]:
        """Return the grids of people as they are stored now, what was just written included.

        A cell in which something else waits to be corrected is not known.
        """
        cases = [
            case
            for case in self.cases
            if isinstance(case, Case) and case.valeur is not None and case.nom not in self.attente
        ]
        return {
            perimetre: eff.Grille(
                perimetre, self.tranches, {c.cellule: c.valeur for c in cases if c.perimetre == perimetre}
            )
            for perimetre in eff.PERIMETRES
        }

    # -- Money
    @cached_property
    def lignes_financement(self) -> list[LigneFinancement]:
        """What each funder brings to the action: those who enter a bilan see all of it."""
        return list(
            LigneFinancement.objects.filter(action_annuelle=self.annuelle)
            .select_related("financeur")
            .order_by("financeur__ordre", "pk")
        )

    def total_du_budget(self, sens: str) -> Decimal | None:
        """Return the sum of the charges or of the produits in euros, None when nothing is known."""
        siens = (m for m in self.montants if m.compte.sens == sens and not m.compte.hors_total)
        return additionner(m.valeur for m in siens)

    @property
    def budget_compare(self) -> Comparaison:
        """The budget as it is typed now beside the forecast, with the explanations of the gaps."""
        lignes: dict[str, list[Ligne]] = {}
        for montant in self.montants:
            chiffres = Chiffres(montant.prevu, montant.valeur)
            if chiffres.connus:
                lignes.setdefault(montant.poste, []).append(
                    Ligne(montant.compte, montant.financeur, chiffres)
                )
        textes = {explication.compte.pk: explication.valeur for explication in self.explications}
        return Comparaison(
            postes=tuple(
                Poste(self.comptes[code], tuple(siennes), textes.get(code, ""))
                for code, siennes in lignes.items()
            ),
            programme={Budget.Type.REALISE: self._promesses},
            seuil=self._seuil,
        )

    @cached_property
    def _promesses(self) -> dict[Financeur, Decimal]:
        """What the programme promises, by funder."""
        return promesses(self.lignes_financement, Budget.Type.REALISE)

    @cached_property
    def _seuil(self) -> SeuilEcart:
        return seuil_de(self.annuelle)

    # -- The fields, by kind
    def _colonnes(self, etape: str, noms: Iterable[str]) -> Iterator[Champ]:
        for nom in noms:
            libelle = LIBELLES.get(nom) or capfirst(libelle_du_champ(Bilan, nom))
            formulaire = champ_de_colonne(nom, self.campagne.contrat)
            mettre_en_page(formulaire, libelle, AIDES.get(nom, ""))
            yield Colonne(nom, libelle, etape, formulaire, getattr(self.bilan, nom), bilan=self.bilan)

    @cached_property
    def cases(self) -> list[Champ]:
        """The cells of both grids, each followed by whether they are an estimate."""
        return list(self._cases())

    def _cases(self) -> Iterator[Champ]:
        stockees = {
            (ligne.perimetre, eff.Cellule(ligne.tranche_id, ligne.sexe)): ligne
            for ligne in self.effectifs
            if ligne.mesure == Effectif.Mesure.PERSONNES
        }
        for perimetre in eff.PERIMETRES:
            estimation = Estimation(
                f"{perimetre}_estimation",
                "Ces nombres sont une estimation",
                PUBLICS,
                forms.BooleanField(
                    label="Ces nombres sont une estimation", required=False, template_name=CHAMP
                ),
            )
            for tranche in (None, *self.tranches):
                for sexe in (*eff.SEXES, eff.TOTAL):
                    cellule = eff.Cellule(tranche.pk if tranche else None, sexe)
                    ligne = stockees.get((perimetre, cellule))
                    estimation.cases.append(self._case(perimetre, tranche, cellule, ligne, estimation))
            # Ticked before any number is known, it waits with the draft.
            estimation.valeur = estimation.nom in self.attente or any(
                case.ligne.approximatif
                for case in estimation.cases
                if case.ligne is not None and case.valeur is not None
            )
            yield from estimation.cases
            yield estimation

    def _case(
        self,
        perimetre: str,
        tranche: TrancheAge | None,
        cellule: eff.Cellule,
        ligne: Effectif | None,
        estimation: Estimation,
    ) -> Case:
        ages = tranche.libelle if tranche else "tous âges"
        libelle = f"{Effectif.Sexe(cellule.sexe).label}, {ages}, {PUBLIC[perimetre]}"
        champ = ChampNombre(label=libelle, required=False, maximum=PLUS_GRAND_EFFECTIF)
        champ.widget.attrs |= {
            "aria-label": libelle,
            "data-cellule": f"{perimetre}-{cellule.tranche or 'ensemble'}-{cellule.sexe}",
        }
        return Case(
            eff.nom_du_champ(perimetre, cellule),
            libelle,
            PUBLICS,
            champ,
            ligne.valeur if ligne else None,
            bilan=self.bilan,
            perimetre=perimetre,
            cellule=cellule,
            estimation=estimation,
            ligne=ligne,
        )

    @cached_property
    def valeurs_indicateurs(self) -> list[ValeurIndicateur]:
        """The stored figures of indicators, those taken from a document in its own words included."""
        return list(self.bilan.valeurs_indicateurs.all())

    @cached_property
    def indicateurs(self) -> "list[Indicateur]":
        """The figures asked: those of the critères of the action, then those that the campaign asks."""
        return [*self._criteres(), *self._demandes()]

    def _criteres(self) -> "Iterator[Indicateur]":
        lignes = {ligne.critere_id: ligne for ligne in self.valeurs_indicateurs if ligne.critere_id}
        for critere in self.annuelle.indicateurs.all():
            releve = Releve(
                self,
                critere.libelle,
                critere.unite,
                critere=critere,
                ligne=lignes.get(critere.pk),
            )
            aide = ""
            if critere.cible is not None:
                unite = f" {critere.unite}" if critere.unite else ""
                aide = f"Vous visiez {formats.nombre(critere.cible)}{unite}."
            yield self._indicateur(f"critere_{critere.pk}", critere.libelle, aide, releve, "valeur")

    def _demandes(self) -> "Iterator[Indicateur]":
        lignes = {ligne.demande_id: ligne for ligne in self.valeurs_indicateurs if ligne.demande_id}
        for demande in self.campagne.indicateurs_demandes.all():
            releve = Releve(
                self,
                demande.libelle,
                demande.unite,
                demande=demande,
                ligne=lignes.get(demande.pk),
            )
            nom = f"demande_{demande.pk}"
            aide = avec_l_obligation(demande.aide, demande.obligatoire)
            yield self._indicateur(nom, demande.libelle, aide, releve, "valeur")
            if demande.sexue:
                for suffixe, mot, colonne in (
                    ("F", "dont femmes", "valeur_femmes"),
                    ("H", "dont hommes", "valeur_hommes"),
                ):
                    yield self._indicateur(
                        f"{nom}_{suffixe}", f"{demande.libelle}, {mot}", "", releve, colonne
                    )

    def prochain_ordre(self) -> int:
        """Return a rank that no figure has, those written since the reading included."""
        lignes = [*self.valeurs_indicateurs, *(champ.releve.ligne for champ in self.indicateurs)]
        return 1 + max((ligne.ordre for ligne in lignes if ligne is not None), default=0)

    def _indicateur(self, nom: str, libelle: str, aide: str, releve: Releve, colonne: str) -> Indicateur:
        valeur = getattr(releve.ligne, colonne) if releve.ligne else None
        champ = ChampQuantite(label=libelle, help_text=aide, required=False, unite=releve.unite)
        mettre_en_page(champ)
        return Indicateur(nom, libelle, INDICATEURS, champ, valeur, releve=releve, colonne=colonne)

    @cached_property
    def reponses(self) -> dict[int, ReponseQuestion]:
        """The stored answers, by question."""
        return {ligne.question_id: ligne for ligne in self.bilan.reponses.all()}

    @cached_property
    def questions(self) -> "list[Reponse]":
        """The questions of the campaign, with their answers."""
        return list(self._questions())

    def _questions(self) -> "Iterator[Reponse]":
        for question in self.campagne.questions.all():
            ligne = self.reponses.get(question.pk)
            valeur: Any = None
            if ligne is not None:
                valeur = ligne.nombre if question.type == Question.Type.NOMBRE else ligne.texte
            formulaire = champ_de_question(question, str(valeur or ""))
            aide = avec_l_obligation(question.aide, question.obligatoire)
            mettre_en_page(formulaire, question.libelle, aide)
            yield Reponse(
                f"question_{question.pk}",
                question.libelle,
                INDICATEURS,
                formulaire,
                valeur,
                bilan=self.bilan,
                question=question,
                ligne=ligne,
            )

    @cached_property
    def _budgets_lus(self) -> dict[str, Budget]:
        """Both budgets of the action, by type, with their lines."""
        lignes = LigneBudget.objects.select_related("compte", "financeur").order_by("compte__ordre", "pk")
        lus = Budget.objects.filter(action_annuelle=self.annuelle).order_by("pk")
        return {budget.type: budget for budget in lus.prefetch_related(Prefetch("lignes", lignes))}

    @cached_property
    def budgets(self) -> dict[str, list[LigneBudget]]:
        """The lines of the budgets of the action, by type of budget."""
        lus = self._budgets_lus
        return {
            nature: list(lus[nature].lignes.all()) if nature in lus else [] for nature in Budget.Type.values
        }

    @cached_property
    def comptes(self) -> dict[str, CompteBudgetaire]:
        """The account tree, by code, in order."""
        return {compte.pk: compte for compte in CompteBudgetaire.objects.order_by("ordre", "code")}

    @cached_property
    def _livre(self) -> Livre:
        return Livre(self.bilan, self._budgets_lus.get(Budget.Type.REALISE))

    @cached_property
    def montants(self) -> list[Montant]:
        """The amounts of the budget « réalisé », in the order of the accounts."""
        return list(self._montants())

    def _montants(self) -> Iterator[Montant]:
        """Give the accounts planned or usual, those that have an amount, then, folded, all that remain."""
        realisees = self.budgets[Budget.Type.REALISE]
        prevues = self.budgets[Budget.Type.PREVISIONNEL]
        # What was typed adds accounts to those asked: were it to replace them, the first amount saved would
        # take away the boxes not yet filled.
        prevus = {ligne.compte_id for ligne in prevues if ligne.financeur_id is None}
        ecrits = {ligne.compte_id for ligne in realisees if ligne.financeur_id is None}
        usuels = prevus | {SUBVENTIONS} if prevus else set(COMPTES_USUELS)
        voulus = usuels | ecrits
        detailles = {compte.parent_id for compte in self.comptes.values() if compte.pk in voulus}
        for compte in self.comptes.values():
            if compte.pk not in voulus and not self._complete(compte, detailles):
                continue
            if compte.pk == SUBVENTIONS:
                yield from self._subventions(realisees, prevues)
            libelle = "Autres subventions" if compte.pk == SUBVENTIONS else compte.libelle
            yield self._montant(
                f"budget_{compte.pk}",
                libelle,
                compte,
                None,
                [ligne for ligne in realisees if ligne.compte_id == compte.pk and ligne.financeur_id is None],
                [ligne for ligne in prevues if ligne.compte_id == compte.pk and ligne.financeur_id is None],
                rare=compte.pk not in voulus,
            )

    def _complete(self, compte: CompteBudgetaire, detailles: set[str | None]) -> bool:
        """Return whether an account that nobody wanted has a box: a post as a whole, the rest of a detailed one.

        Contributions in kind are always typed in detail; grants, by funder.
        """
        if compte.parent_id is None:
            return compte.pk not in detailles and not compte.hors_total
        if compte.parent_id == SUBVENTIONS:
            return False
        return compte.parent_id in detailles or compte.hors_total

    @cached_property
    def explications(self) -> list[Explication]:
        """Why each post is far from what was planned; nothing to explain where no post was planned."""
        if not self.budgets[Budget.Type.PREVISIONNEL]:
            return []
        realise = self._livre.budget
        lignes = {e.compte_id: e for e in realise.explications.order_by("pk")} if realise else {}
        postes = dict.fromkeys(m.poste for m in self.montants if not m.compte.hors_total)
        return [self._explication(self.comptes[code], lignes.get(code)) for code in postes]

    def _explication(self, compte: CompteBudgetaire, ligne: Any) -> Explication:
        libelle = f"Pourquoi cet écart : {compte.libelle}"
        champ = ChampTexte(required=False, widget=forms.Textarea(attrs={"rows": 2}))
        mettre_en_page(champ, libelle)
        return Explication(
            f"ecart_{compte.pk}",
            libelle,
            BUDGET,
            champ,
            ligne.texte if ligne else "",
            livre=self._livre,
            compte=compte,
            ligne=ligne,
        )

    def _compte_rendu(self) -> Iterator[ColonneDuBudget]:
        """Give what the compte rendu financier asks beside the amounts."""
        budget = self._livre.budget or Budget()
        for nom, (libelle, aide) in QUESTIONS_CRF.items():
            champ = _champ_du_compte_rendu(nom)
            mettre_en_page(champ, libelle, aide)
            yield ColonneDuBudget(
                f"crf_{nom}", libelle, BUDGET, champ, getattr(budget, nom), livre=self._livre, colonne=nom
            )

    def _subventions(
        self,
        realisees: list[LigneBudget],
        prevues: list[LigneBudget],
    ) -> Iterator[Montant]:
        """Give a field to each funder that brings something to the action, or that a budget names."""
        financeurs = {ligne.financeur_id: ligne.financeur for ligne in self.lignes_financement}
        for ligne in (*prevues, *realisees):
            if ligne.financeur is not None:
                financeurs.setdefault(ligne.financeur.pk, ligne.financeur)
        for financeur in financeurs.values():
            compte = self.comptes.get(financeur.ligne_cerfa_id or "", self.comptes[SUBVENTIONS])
            yield self._montant(
                f"budget_{SUBVENTIONS}_{financeur.cle}",
                financeur.nom,
                compte,
                financeur,
                [ligne for ligne in realisees if ligne.financeur_id == financeur.pk],
                [ligne for ligne in prevues if ligne.financeur_id == financeur.pk],
            )

    def _montant(
        self,
        nom: str,
        libelle: str,
        compte: CompteBudgetaire,
        financeur: Financeur | None,
        lignes: list[LigneBudget],
        prevues: list[LigneBudget],
        *,
        rare: bool = False,
    ) -> Montant:
        prevu = additionner(ligne.montant for ligne in prevues)
        champ = ChampMontantFormulaire(label=libelle, required=False)
        champ.widget.attrs["data-poste"] = compte.parent_id or compte.pk
        if prevu is not None:
            champ.widget.attrs["data-prevu"] = f"{prevu:.2f}"
        if financeur is not None:
            champ.widget.attrs["data-financeur"] = financeur.nom
        if financeur is not None and financeur in self._promesses:
            champ.widget.attrs["data-programme"] = f"{self._promesses[financeur]:.2f}"
        mettre_en_page(champ, libelle, AIDES_BUDGET.get(compte.pk, "") if financeur is None else "")
        if compte.hors_total:
            champ.widget.attrs["data-hors-total"] = ""
        return Montant(
            nom,
            libelle,
            BUDGET,
            champ,
            additionner(ligne.montant for ligne in lignes),
            livre=self._livre,
            compte=compte,
            financeur=financeur,
            lignes=lignes,
            prevu=prevu,
            rare=rare,
        )


class Recit(Saisie):
    """What a bilan tells, and of whom: nothing is read of its indicators nor of its money."""

    @cached_property
    def champs(self) -> dict[str, Champ]:
        """Every field of the narrative and of the people, by name."""
        parties: tuple[Iterable[Champ], ...] = (
            self._colonnes(DEROULEMENT, (*CHAMPS_DEROULEMENT, *Bilan.CHAMPS_RECIT)),
            self.cases,
            self._colonnes(PUBLICS, ("type_public",)),
        )
        return {champ.nom: champ for partie in parties for champ in partie}


def _champ_du_compte_rendu(nom: str) -> forms.Field:
    if nom == "fait_le":
        return ChampDate(required=False)
    colonne: Any = Budget._meta.get_field(nom)
    if colonne.max_length is None:
        return ChampTexte(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    return ChampTexte(required=False, max_length=colonne.max_length)
