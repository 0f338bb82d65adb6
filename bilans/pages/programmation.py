"""The programming of a year as its address asks for it: the grid in one state or in all, a cell, the totals."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db.models import Sum
from django.http import QueryDict
from django.urls import reverse

from actions.models import ActionAnnuelle, Campagne
from actions.querysets import ActionAnnuelleQuerySet
from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import euros, insecables, pluriel
from documents import additionner
from documents.formats import INSECABLE
from financements.enveloppes import situations
from financements.models import AccesFinanceur, AvisFinanceur, Financeur, LigneFinancement
from financements.operations import campagne_precedente
from financements.programmation import (
    ChangementCellule,
    Colonne,
    Critere,
    Etat,
    Grille,
    Poste,
    Totaux,
    historique_cellule,
    lire_grille,
    totaliser,
)
from financements.querysets import MONTANT
from financements.verses import BilanVerse, bilan_verse

from ..navigation import Lien
from . import adresse
from .filters import FiltreActions
from .grille import GrilleEnVue, Presentation, ecrire_montant, en_vue
from .listes import LignesFiltrees, LignesTriees
from .programme import lignes_de, trier

# A page holds a year of most contracts, so that a column of a workbook is pasted at once.
LIGNES_PAR_PAGE = 150
TOUS = "tous"
# Until the programme is decided, what is looked at first is what is proposed.
AVANT_LA_DECISION = (
    Campagne.Statut.PREPARATION,
    Campagne.Statut.OUVERTE,
    Campagne.Statut.CLOSE,
    Campagne.Statut.INSTRUITE,
)


def etat_par_defaut(campagne: Campagne) -> Etat:
    """Return the state that the grid shows first: proposed until the year is programmed, then accorded."""
    return Etat.PROPOSE if campagne.statut in AVANT_LA_DECISION else Etat.ACCORDE


def lire_etat(criteres: QueryDict, campagne: Campagne) -> Etat:
    """Return the state that an address asks for; as by default for one that does not exist."""
    demande = criteres.get("montant", "")
    return Etat(demande) if demande in Etat.values else etat_par_defaut(campagne)


def etat_lisible(criteres: QueryDict) -> bool:
    """Return whether an address says in which state amounts are written: one that exists, or none for the default."""
    return criteres.get("montant", "") in ("", *Etat.values)


def financeurs_modifiables(request: RequeteCampagne, etat: Etat) -> frozenset[int] | None:
    """Return the pks of the funders whose amounts in `etat` the account writes, None for all of them.

    Who runs the contract writes all; a funder its own, never what is asked; nobody in an archived year.
    """
    if not etat.saisi or request.campagne.statut == Campagne.Statut.ARCHIVEE:
        return frozenset()
    if request.user.has_perm("contrats.gerer", request.contrat):
        return None
    if etat is Etat.DEMANDE:
        return frozenset()
    return frozenset(financeurs_representes(request))


def financeurs_representes(request: RequeteCampagne) -> list[int]:
    """Return the pks of the funders of the contract that the account represents."""
    acces = AccesFinanceur.objects.filter(utilisateur=request.user, financeur__contrat=request.contrat)
    return list(acces.order_by("financeur").values_list("financeur", flat=True))


# -- The grid --------------------------------------------------------------------------------------
class PageProgrammation(LignesTriees):
    """The grid of the year: the state of its amounts (or all, to read), its filters, order, columns and page."""

    principaux = ("q", "axe", "porteur", "dispositif")

    def __init__(self, request: RequeteCampagne) -> None:
        super().__init__(request)
        self.tous = self.criteres.get("montant") == TOUS
        self.etat = lire_etat(self.criteres, request.campagne)
        self.ajoutees = adresse.liste(self.criteres, "colonnes")
        self.annuelles = list(trier(self.lignes, self.tris).pour_liste())
        self.grilles = {etat: self._lire(etat) for etat in (tuple(Etat) if self.tous else (self.etat,))}
        self.page = self._paginer()
        self.vue = self._montrer()

    def _lire(self, etat: Etat) -> Grille:
        return lire_grille(
            self.request.user, self.request.campagne, self.annuelles, etat, ajoutees=self.ajoutees
        )

    @property
    def grille(self) -> Grille:
        """The grid shown; the first of them in the view of all states."""
        return next(iter(self.grilles.values()))

    def _paginer(self) -> Page[Any]:
        paginateur: Paginator[Any] = Paginator(self.grille.rangees, LIGNES_PAR_PAGE)
        try:
            return paginateur.page(self.criteres.get("page", 1))
        except (PageNotAnInteger, EmptyPage):
            self.avis.append("Cette page de la grille n'existe pas. Voici la première.")
            return paginateur.page(1)

    def _montrer(self) -> GrilleEnVue:
        presentation = Presentation(
            request=self.request,
            modifiables=frozenset() if self.tous else financeurs_modifiables(self.request, self.etat),
            enveloppes=situations(self.request.campagne, utilisateur=self.request.user),
            url_total=f"?montant={self.etat.value}&",
        )
        if self.tous:
            return presentation.tous_les_etats(self.grilles, list(self.page))
        return presentation.montrer(self.grille, list(self.page))

    @cached_property
    def verse(self) -> BilanVerse | None:
        """All that is paid in the year, whatever the way and the filters; None when « versé » is not shown."""
        montre = self.tous or self.etat is Etat.VERSE
        return bilan_verse(self.request.campagne, self.request.user) if montre else None

    # -- Words and addresses -----------------------------------------------------------------------
    @property
    def gere(self) -> bool:
        """Whether the account runs the contract."""
        return gere(self.request)

    @property
    def archivee(self) -> bool:
        """Whether nothing of the year changes any more."""
        return self.request.campagne.statut == Campagne.Statut.ARCHIVEE

    @property
    def onglets_etats(self) -> list[Lien]:
        """The states to choose from, and all of them side by side."""
        choisi = TOUS if self.tous else self.etat.value
        choix = [*((etat.value, str(etat.label)) for etat in Etat), (TOUS, "Tous les états")]
        return [
            Lien(libelle, adresse.avec(self.criteres, montant=valeur), valeur == choisi)
            for valeur, libelle in choix
        ]

    @property
    def url_cellule(self) -> str:
        """Where a script sends the cells of a row: the state and the filters come along, for the sums."""
        base = reverse("programmation_cellule", args=[self.request.contrat.slug, self.request.annee])
        return base + adresse.ecrire(self._criteres_des_sommes)

    @property
    def journal(self) -> str:
        """What names, in the browser, the cells of this grid that are not saved: those of one state of one year."""
        return f"programmation-{self.request.contrat.slug}-{self.request.annee}-{self.etat.value}"

    @property
    def url_cases(self) -> str:
        """What the address of the page of a cell begins with."""
        base = reverse("programmation", args=[self.request.contrat.slug, self.request.annee])
        return f"{base}cases/"

    @property
    def _criteres_des_sommes(self) -> QueryDict:
        criteres = adresse.sans(self.criteres, "page", "tri", "colonnes")
        criteres["montant"] = self.etat.value
        return criteres

    @property
    def criteres_de_l_annexe(self) -> str:
        """The query string of the annex of exactly these rows, in this state."""
        gardes = adresse.seulement(self.criteres, [nom for nom, _ in self.appliques])
        return f"{gardes}{'&' if gardes else '?'}montant={TOUS if self.tous else self.etat.value}"

    @property
    def champs_caches(self) -> list[tuple[str, str]]:
        """What the form of the filters keeps of the address."""
        gardes = (("montant", self.criteres.get("montant", "")), ("colonnes", ",".join(self.ajoutees)))
        return [(nom, valeur) for nom, valeur in (*gardes, ("tri", self.tri_demande)) if valeur]

    @property
    def existe(self) -> bool:
        """Whether the year has an action, whatever the filters."""
        return bool(self.annuelles) or bool(self.filtre.queryset.exists())

    @property
    def phrase(self) -> str:
        """What the grid holds: « 41 actions sur 46, 667 039 € accordés, 12 000 € hors total »."""
        debut = _combien(self.filtre, len(self.annuelles))
        if self.tous:
            return f"{debut}."
        sommes = _sommes_en_mots(self.request, self.etat, self.grille.total, hors_total(self.grille))
        return f"{debut}, {sommes}."

    @property
    def colonnes_a_ajouter(self) -> list[tuple[str, str]]:
        """The columns that may be added: a funder of the contract with a nature of credits not shown yet."""
        montrees = {colonne.cle for colonne in self.grille.colonnes}
        possibles = [
            Colonne(financeur, nature)
            for financeur in Financeur.objects.visibles_par(self.request.user)
            .filter(contrat=self.request.contrat)
            .order_by("ordre", "nom", "pk")
            for nature in LigneFinancement.NatureCredit.values
        ]
        return [
            (
                ",".join([*self.ajoutees, colonne.cle]),
                f"{colonne.financeur.sigle}{INSECABLE}– {LigneFinancement.NatureCredit(colonne.nature_credit).label}",
            )
            for colonne in possibles
            if colonne.cle not in montrees
        ]


def hors_total(grille: Grille) -> Decimal | None:
    """Return what the funders beside the total bring, in euros; None when nothing is known of them."""
    return additionner(
        grille.totaux.get(colonne.cle) for colonne in grille.colonnes if not colonne.financeur.dans_total
    )


def gere(request: RequeteCampagne) -> bool:
    """Return whether the account runs the contract."""
    return bool(request.user.has_perm("contrats.gerer", request.contrat))


def _combien(filtre: FiltreActions, nombre: int) -> str:
    """Return « 41 actions sur 46 en 2024 »."""
    combien = pluriel(nombre, "action,actions,Aucune action")
    if filtre.appliques():
        combien += f" sur {filtre.queryset.count()}"
    return f"{combien} en {filtre.request.annee}"


def _sommes_en_mots(request: RequeteCampagne, etat: Etat, total: Decimal | None, hors: Decimal | None) -> str:
    """Return « 667 039 € accordés, 12 000 € hors du total politique de la ville »."""
    if total is None and hors is None:
        return f"aucun montant {etat.label.lower()}"
    morceaux = []
    if total is not None:
        morceaux.append(f"{euros(total)} {etat.label.lower()}s{'' if gere(request) else ' par vous'}")
    if hors is not None:
        morceaux.append(f"{euros(hors)} hors du total politique de la ville")
    return ", ".join(morceaux)


# -- What a saved cell changes around it -----------------------------------------------------------
def apres_une_case(
    request: RequeteCampagne, annuelle: ActionAnnuelle, colonnes: Iterable[Colonne], etat: Etat
) -> dict[str, Any]:
    """Return, for the script, the sums of the row and of the filtered rows, and what remains of the envelopes.

    `phrase` is the sentence on top of the grid, as `PageProgrammation.phrase`.
    """
    filtre = FiltreActions(request)
    lignes = filtre.qs
    champ = etat.champ
    par_colonne = {
        f"{somme['financeur__cle']}-{somme['nature_credit']}": somme
        for somme in lignes_de(lignes, request.user)
        .values("financeur__cle", "financeur__dans_total", "nature_credit")
        .annotate(somme=Sum(champ, output_field=MONTANT))
    }
    siennes = LigneFinancement.objects.visibles_par(request.user).filter(
        action_annuelle=annuelle, financeur__dans_total=True
    )
    total, hors = (
        additionner(s["somme"] for s in par_colonne.values() if s["financeur__dans_total"] is dans_total)
        for dans_total in (True, False)
    )
    phrase = f"{_combien(filtre, lignes.count())}, {_sommes_en_mots(request, etat, total, hors)}."
    financeurs = {colonne.financeur.pk for colonne in colonnes}
    vides = dict.fromkeys((colonne.cle for colonne in colonnes), "")
    return {
        "total_ligne": ecrire_montant(siennes.total(champ)),
        "totaux": vides | {cle: ecrire_montant(somme["somme"]) for cle, somme in par_colonne.items()},
        "total": ecrire_montant(total),
        "phrase": insecables(phrase),
        "enveloppes": [
            en_vue(situation).en_json()
            for situation in situations(request.campagne, utilisateur=request.user)
            if situation.enveloppe.financeur_id in financeurs
        ],
    }


# -- A cell ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class MontantDeLaCase:
    """An amount of a cell in one state, and what it has been."""

    etat: Etat
    montant: Decimal | None
    histoire: list[ChangementCellule]


@dataclass(frozen=True)
class PageCase:
    """All that is known of a cell: its amounts by state with their history, the opinion of its funder."""

    request: RequeteCampagne
    annuelle: ActionAnnuelle
    colonne: Colonne

    @cached_property
    def _cellules(self) -> dict[Etat, Any]:
        grilles = {
            etat: lire_grille(
                self.request.user, self.request.campagne, [self.annuelle], etat, ajoutees=[self.colonne.cle]
            )
            for etat in Etat
        }
        return {
            etat: next(c for c in grille.rangees[0].cellules if c.colonne.cle == self.colonne.cle)
            for etat, grille in grilles.items()
        }

    @cached_property
    def montants(self) -> list[MontantDeLaCase]:
        """The amount in each state, from request to payment."""
        return [
            MontantDeLaCase(
                etat,
                cellule.montant,
                historique_cellule(self.request.user, self.annuelle, self.colonne, etat)
                if etat.saisi
                else [],
            )
            for etat, cellule in self._cellules.items()
        ]

    @property
    def histoire(self) -> list[dict[str, Any]]:
        """What the cell has held in every state, the newest first, as `composants/historique.html` shows it."""
        tous = [(changement, m.etat) for m in self.montants for changement in m.histoire]
        return [
            {
                "quand": c.quand,
                "qui": c.qui,
                "quoi": f"Montant {etat.label.lower()}",
                "motif": c.motif,
                "changements": [
                    {"champ": "Montant", "avant": euros(c.avant), "apres": euros(c.apres)},
                ],
            }
            for c, etat in sorted(tous, key=lambda paire: paire[0].quand, reverse=True)
        ]

    @property
    def ligne(self) -> LigneFinancement | None:
        """The funding line behind the cell, None while nothing was written."""
        ligne: LigneFinancement | None = self._cellules[Etat.DEMANDE].ligne
        return ligne

    @cached_property
    def avis(self) -> AvisFinanceur | None:
        """The opinion of the funder, None when it gave none or the account may not read it."""
        visibles = AvisFinanceur.objects.visibles_par(self.request.user)
        avis: AvisFinanceur | None = visibles.filter(
            action_annuelle=self.annuelle, financeur=self.colonne.financeur
        ).first()
        return avis

    @property
    def url_grille(self) -> str:
        """The address of the grid, at the row of the action."""
        base = reverse("programmation", args=[self.request.contrat.slug, self.request.annee])
        return f"{base}#ligne-{self.annuelle.cle}"


# -- Totals ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class PosteEnVue:
    """A total with the address of the rows behind it."""

    poste: Poste
    url: str


class PageTotaux(LignesFiltrees):
    """The sums of the filtered rows by one criterion, beside those of the year before."""

    principaux = ("q", "axe", "porteur", "dispositif")

    def __init__(self, request: RequeteCampagne) -> None:
        super().__init__(request)
        self.etat = lire_etat(self.criteres, request.campagne)
        demande = self.criteres.get("par", "")
        self.critere = Critere(demande) if demande in Critere.values else Critere.FINANCEUR
        self.precedente = campagne_precedente(request.campagne)
        self.totaux: Totaux = totaliser(
            request.user, self.lignes, self.etat, self.critere, avant=self._lignes_avant()
        )

    @cached_property
    def verse(self) -> BilanVerse | None:
        """All that is paid in the year, whatever the way and the filters; None in another state."""
        if self.etat is not Etat.VERSE:
            return None
        return bilan_verse(self.request.campagne, self.request.user)

    def _lignes_avant(self) -> ActionAnnuelleQuerySet:
        """Return the rows of the year before that the same filters choose; none when one of them cannot apply."""
        if self.precedente is None:
            aucune: ActionAnnuelleQuerySet = ActionAnnuelle.objects.none()
            return aucune
        avant = copy.copy(self.request)
        avant.campagne, avant.annee = self.precedente, self.precedente.annee
        filtre = FiltreActions(avant, self.criteres)
        filtre.form.is_valid()
        lignes: ActionAnnuelleQuerySet = filtre.qs.none() if filtre.form.errors else filtre.qs
        return lignes

    @property
    def postes(self) -> list[PosteEnVue]:
        """The totals that count in the politique de la ville total."""
        return [PosteEnVue(poste, self._lignes_de(poste)) for poste in self.totaux.postes if poste.dans_total]

    @property
    def postes_hors_total(self) -> list[PosteEnVue]:
        """The funders beside the total."""
        return [
            PosteEnVue(poste, self._lignes_de(poste)) for poste in self.totaux.postes if not poste.dans_total
        ]

    def _lignes_de(self, poste: Poste) -> str:
        """Return the address of the grid that shows exactly the rows behind a total."""
        return self._grille(**_criteres_du_poste(self.critere, poste.valeur))

    def _grille(self, **criteres: str | None) -> str:
        base = reverse("programmation", args=[self.request.contrat.slug, self.request.annee])
        suite = adresse.avec(self.criteres, par=None, montant=self.etat.value, **criteres)
        return base + suite

    @property
    def url_grille(self) -> str:
        """The address of the grid of all these rows."""
        return self._grille()

    @property
    def gere(self) -> bool:
        """Whether the account runs the contract."""
        return gere(self.request)

    @property
    def compare(self) -> bool:
        """Whether there is a year before to compare with, with an amount in it."""
        return self.totaux.total_avant is not None or self.totaux.hors_total_avant is not None

    @property
    def onglets_criteres(self) -> list[Lien]:
        """What the amounts may be added by."""
        return [
            Lien(str(critere.label), adresse.avec(self.criteres, par=critere.value), critere is self.critere)
            for critere in Critere
        ]

    @property
    def onglets_etats(self) -> list[Lien]:
        """The states to choose from."""
        return [
            Lien(str(etat.label), adresse.avec(self.criteres, montant=etat.value), etat is self.etat)
            for etat in Etat
        ]

    @property
    def champs_caches(self) -> list[tuple[str, str]]:
        """What the form of the filters keeps of the address."""
        return [(nom, self.criteres[nom]) for nom in ("montant", "par") if self.criteres.get(nom)]

    @property
    def phrase(self) -> str:
        """« 41 actions, 667 039 € accordés, contre 640 000 € en 2022 »."""
        t = self.totaux
        morceaux = [pluriel(t.actions, "action financée,actions financées,Aucune action financée")]
        if t.total is not None:
            morceaux.append(f"{euros(t.total)} {self.etat.label.lower()}s")
        if t.total_avant is not None and self.precedente:
            morceaux.append(f"contre {euros(t.total_avant)} en {self.precedente.annee}")
        if t.hors_total is not None:
            morceaux.append(f"{euros(t.hors_total)} hors du total politique de la ville")
        return f"{', '.join(morceaux)}."


def _criteres_du_poste(critere: Critere, valeur: str) -> dict[str, str | None]:
    """Return the filters of the rows behind a total: exactly those, each counted once."""
    if critere is Critere.AXE:
        return {"axe": valeur, "axe_principal": "1"}
    if critere is Critere.TERRITOIRE:
        if valeur == "plusieurs":
            return {"territoire": None, "repartition": "plusieurs"}
        return {"territoire": valeur, "repartition": None if valeur == "aucun" else "comptees"}
    return {critere.value: valeur}


def annuelles_visibles(request: RequeteCampagne) -> ActionAnnuelleQuerySet:
    """Return the actions of the year that the account sees."""
    lignes: ActionAnnuelleQuerySet = ActionAnnuelle.objects.visibles_par(request.user)
    return lignes.filter(campagne=request.campagne)
