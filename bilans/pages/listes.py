"""The lists of a year as their address asks for them: filters, columns, order, page, and the sentences around."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import EmptyPage, PageNotAnInteger
from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.text import capfirst

from actions.querysets import ActionAnnuelleQuerySet
from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import date_longue, delai, euros, pluriel
from documents import INSECABLE, NOMS_FORMATS
from financements.models import LigneFinancement

from ..annexes import ANNEXES
from ..chiffres import colonne_des_personnes
from ..models import Bilan, Commentaire
from ..navigation import Lien
from ..suivi import (
    SITUATIONS_BILAN,
    Avancement,
    a_verifier,
    avancement,
    bilans_lus,
    est_passee,
    selon_bilan,
)
from . import adresse
from .filters import FiltreActions
from .onglets import onglets_bilans
from .programme import MONTANTS, avec_colonnes, financeurs_de, totaux, trier
from .tables import (
    LIGNES_PAR_PAGE,
    ColonneMontant,
    ColonneNombre,
    LignesLues,
    ListeDAnnee,
    TableActions,
    TableSuivi,
    colonnes_des_financeurs,
)

# Shown unless the address says otherwise; the amounts and the axe only where the year has some.
COLONNES_PAR_DEFAUT = ("porteur", "axe", "etat", "bilan", "accorde", "hors_total")


@dataclass(frozen=True)
class ChoixColonne:
    """A column that can be shown."""

    nom: str
    libelle: str
    montree: bool


@dataclass(frozen=True)
class Export:
    """An annex of the rows of the list: its page, and its files."""

    titre: str
    description: str
    page: str
    fichiers: list[Lien]


class LignesFiltrees:
    """The actions of the year that an address asks for. What it gets wrong is left out and said in `avis`."""

    # shown at once; the other filters are folded
    principaux: tuple[str, ...] = ("q",)
    # chosen otherwise than by a field
    caches: tuple[str, ...] = ()

    def __init__(self, request: RequeteCampagne) -> None:
        self.request = request
        self.criteres = request.GET
        self.filtre = FiltreActions(request)
        self.lignes: ActionAnnuelleQuerySet = self.filtre.qs
        self.appliques = self.filtre.appliques()
        self.avis = self.filtre.refuses()

    @property
    def adresse_courte(self) -> str:
        """The query string that says the same in the fewest words."""
        return adresse.ecrire(self.criteres)

    @property
    def puces(self) -> list[Lien]:
        """The filters applied, each with the address without it."""
        return [Lien(libelle, adresse.avec(self.criteres, **{nom: None})) for nom, libelle in self.appliques]

    @property
    def sans_filtre(self) -> str:
        """The address without any filter, columns and order kept."""
        return adresse.avec(self.criteres, **dict.fromkeys(self.filtre.filters))

    @cached_property
    def champs(self) -> dict[str, list[Any]]:
        """The fields of the filters: those shown at once, and the others."""
        montres = [champ for champ in self.filtre.champs() if champ.name not in self.caches]
        return {
            "principaux": [champ for champ in montres if champ.name in self.principaux],
            "autres": [champ for champ in montres if champ.name not in self.principaux],
        }

    @property
    def autres_appliques(self) -> bool:
        """Whether a filter that is folded away is applied."""
        return any(nom not in self.principaux for nom, _ in self.appliques)

    @property
    def tri_demande(self) -> str:
        """The order asked for, as in the address; empty where the order is not to be chosen."""
        return ""


class LignesTriees(LignesFiltrees):
    """The actions of the year in the order of the columns that the address asks for, among `TRIABLES`."""

    TRIABLES: tuple[str, ...] = ("action", "porteur")

    def __init__(self, request: RequeteCampagne) -> None:
        super().__init__(request)
        self.tris, _ = adresse.lire_tris(self.criteres, self.TRIABLES)

    @property
    def tetes(self) -> dict[str, adresse.Tri]:
        """The headers that sort."""
        return adresse.en_tetes(self.criteres, self.tris, self.TRIABLES, ())

    @property
    def tri_demande(self) -> str:
        """The order asked for, as in the address."""
        return ",".join(f"-{nom}" if decroissant else nom for nom, decroissant in self.tris)


class ListeDeLAnnee(LignesFiltrees, ABC):
    """A list of the year, as its address asks for it: its columns, its order, its page."""

    # the order of the rows when the address asks for none; empty for the programme's
    tri_par_defaut: tuple[tuple[str, bool], ...] = ()
    table_de: type[ListeDAnnee]

    def __init__(self, request: RequeteCampagne) -> None:
        super().__init__(request)
        self.preparer()
        self.tris = self._lire_tris()
        self.table = self._page(self.construire())

    def preparer(self) -> None:
        """Read what this list has more in its address."""

    @abstractmethod
    def construire(self) -> ListeDAnnee:
        """Return the table with all its rows."""

    @cached_property
    def colonnes_possibles(self) -> dict[str, Any]:
        """The columns beside the first one, by name, in their order."""
        return {nom: colonne for nom, colonne in self.table_de.base_columns.items() if nom != "action"}

    @property
    def colonnes(self) -> list[str]:
        """The columns shown, beside the first one."""
        return list(self.colonnes_possibles)

    @cached_property
    def personnes(self) -> str:
        """The column of people that says most in this year."""
        return colonne_des_personnes(self.request.campagne, self.request.user)

    # -- Order and pages ---------------------------------------------------------------------------
    def _lire_tris(self) -> list[tuple[str, bool]]:
        tris, inconnus = adresse.lire_tris(self.criteres, self._triables(self.colonnes_possibles))
        if inconnus:
            self.avis.append(_inconnues("un tri", inconnus))
        return tris

    def _triables(self, colonnes: Iterable[str]) -> list[str]:
        return ["action", *(nom for nom in colonnes if self.colonnes_possibles[nom].orderable is not False)]

    def en_tetes(self) -> dict[str, adresse.Tri]:
        """The headers that sort, by column; a column of figures begins with the largest."""
        chiffres = [
            nom
            for nom, colonne in self.colonnes_possibles.items()
            if isinstance(colonne, ColonneMontant | ColonneNombre)
        ]
        return adresse.en_tetes(self.criteres, self.tris, self._triables(self.colonnes), chiffres)

    def rangees(self, colonnes: Iterable[str], nombre: int) -> LignesLues:
        """Return the rows with what `colonnes` show, in the order asked for."""
        tris = self.tris or self.tri_par_defaut
        besoins = {*colonnes, *(nom for nom, _ in tris)}
        lignes = trier(avec_colonnes(self.lignes, besoins, self.request.user), tris)
        return LignesLues(lignes.pour_liste(), nombre)

    def _page(self, table: ListeDAnnee) -> ListeDAnnee:
        try:
            table.paginate(page=self.criteres.get("page", 1), per_page=LIGNES_PAR_PAGE)
        except (PageNotAnInteger, EmptyPage):
            self.avis.append("Cette page de la liste n'existe pas. Voici la première.")
            table.paginate(page=1, per_page=LIGNES_PAR_PAGE)
        return table

    @property
    def tri_demande(self) -> str:
        """The order asked for, as in the address."""
        return ",".join(f"-{nom}" if decroissant else nom for nom, decroissant in self.tris)


class ListeActions(ListeDeLAnnee):
    """The list of actions: columns to choose, totals of all the filtered rows, annexes of exactly these rows."""

    principaux = ("q", "axe", "porteur", "bilan")
    table_de = TableActions

    def preparer(self) -> None:
        self.financeurs = colonnes_des_financeurs(financeurs_de(self.request))
        self._colonnes = self._lire_colonnes()
        self.totaux = totaux(self.lignes, self.request.user, self.request.campagne)

    @cached_property
    def colonnes_possibles(self) -> dict[str, Any]:
        return {**super().colonnes_possibles, **dict(self.financeurs)}

    @property
    def colonnes(self) -> list[str]:
        return self._colonnes

    def _lire_colonnes(self) -> list[str]:
        demandees = adresse.liste(self.criteres, "colonnes")
        inconnues = [nom for nom in demandees if nom not in self.colonnes_possibles]
        if inconnues:
            self.avis.append(_inconnues("une colonne", inconnues))
        voulues = [nom for nom in demandees if nom in self.colonnes_possibles] or self._par_defaut
        return [nom for nom in self.colonnes_possibles if nom in voulues]

    @cached_property
    def _par_defaut(self) -> list[str]:
        visibles = LigneFinancement.objects.visibles_par(self.request.user).filter(
            action_annuelle__campagne=self.request.campagne
        )
        dans_total = set(visibles.order_by().values_list("financeur__dans_total", flat=True).distinct())
        absentes = {nom for nom, (_, dans) in MONTANTS.items() if dans not in dans_total}
        if not self.filtre.queryset.filter(axe__isnull=False).exists():
            absentes.add("axe")
        voulues = {*COLONNES_PAR_DEFAUT, self.personnes} - absentes
        return [nom for nom in self.colonnes_possibles if nom in voulues]

    def construire(self) -> TableActions:
        return TableActions(
            self.rangees(self.colonnes, self.totaux.actions),
            campagne=self.request.campagne,
            totaux=self.totaux,
            tris=self.en_tetes(),
            exclude=[nom for nom in self.colonnes_possibles if nom not in self.colonnes],
            extra_columns=self.financeurs,
            attrs={"data-legende": f"Actions de {self.request.annee}"},
        )

    @property
    def adresse_courte(self) -> str:
        """The query string that says the same in the fewest words: a form names every column, even by default."""
        if set(self.colonnes) == set(self._par_defaut):
            return adresse.ecrire(adresse.sans(self.criteres, "colonnes"))
        return super().adresse_courte

    @property
    def phrase(self) -> str:
        """What the list holds: « 41 actions de 2024, 16 structures, 3 bilans encore attendus »."""
        t, utilisateur, contrat = self.totaux, self.request.user, self.request.contrat
        debut = pluriel(t.actions, "action,actions,aucune action")
        if self.appliques:
            debut += f" sur {self.filtre.queryset.count()}"
        morceaux = [f"{debut} de {self.request.annee}"]
        if t.structures:
            morceaux.append(pluriel(t.structures, "structure,structures"))
        if t.a_recevoir:
            morceaux.append(pluriel(t.a_recevoir, "bilan encore attendu,bilans encore attendus"))
        # A financeur sees its own lines only: the sum is not the total of the actions.
        tout = utilisateur.has_perm("contrats.gerer", contrat) or not utilisateur.has_perm(
            "financements.lire_programme", contrat
        )
        accorde, hors_total = t.de("accorde"), t.de("hors_total")
        if accorde is not None:
            morceaux.append(f"{euros(accorde)} {'accordés' if tout else 'que vous accordez'}")
        if hors_total is not None:
            morceaux.append(f"{euros(hors_total)} hors total")
        return f"{capfirst(', '.join(morceaux))}."

    @property
    def choix_colonnes(self) -> list[ChoixColonne]:
        """The columns that can be shown, those that are marked."""
        return [
            ChoixColonne(nom, str(colonne.verbose_name), nom in self.colonnes)
            for nom, colonne in self.colonnes_possibles.items()
        ]

    @cached_property
    def exports(self) -> list[Export]:
        """The annexes that the account may make of exactly these rows."""
        contrat, annee = self.request.contrat, self.request.annee
        filtres = adresse.seulement(self.criteres, [nom for nom, _ in self.appliques])
        return [
            Export(
                annexe.titre,
                annexe.description,
                reverse("annexe", args=[contrat.slug, annee, annexe.nom]) + filtres,
                [
                    Lien(
                        mot,
                        reverse("annexe_fichier", args=[contrat.slug, annee, annexe.nom, format]) + filtres,
                    )
                    for format, mot in NOMS_FORMATS.items()
                    # the annex has its own page
                    if format != "html" and format in annexe.formats
                ],
            )
            for annexe in ANNEXES.values()
            if annexe.par_action and self.request.user.has_perm(annexe.permission, contrat)
        ]


class SuiviBilans(ListeDeLAnnee):
    """The follow-up of the bilans: those awaited and those that exist, what waits for someone first."""

    principaux = ("q", "porteur")
    caches = ("bilan",)
    tri_par_defaut = (("bilan", False),)
    table_de = TableSuivi

    def preparer(self) -> None:
        bilans = Bilan.objects.visibles_par(self.request.user)
        existants = bilans.filter(action_annuelle__campagne=self.request.campagne).values("action_annuelle")
        attendus = selon_bilan("attendus", self.request.user, self.request.campagne)
        self.suivies = attendus | Q(pk__in=existants)
        self.lignes = self.lignes.filter(self.suivies)
        self.nombre = self.lignes.count()
        self.lignes = self._avec_suites(self.lignes)
        self.anomalies = a_verifier(bilans_lus(self.request.campagne, self.request.user))
        self.absente = "personnes" if self.personnes == "personnes_qpv" else "personnes_qpv"
        # The state is chosen by the tabs.
        self.appliques = [(nom, libelle) for nom, libelle in self.appliques if nom not in self.caches]

    @property
    def colonnes(self) -> list[str]:
        return [nom for nom in self.colonnes_possibles if nom != self.absente]

    def _avec_suites(self, lignes: ActionAnnuelleQuerySet) -> ActionAnnuelleQuerySet:
        """Annotate whether there is a bilan row, the due date it has of its own, and its open remarks."""
        ouverts = Commentaire.objects.visibles_par(self.request.user).filter(
            bilan__action_annuelle=OuterRef("pk"), regle_le=None
        )
        par_bilan = ouverts.order_by().values("bilan").annotate(nombre=Count("pk")).values("nombre")
        return lignes.annotate(
            a_un_bilan=F("bilan"),
            echeance_propre=F("bilan__echeance_prolongee"),
            commentaires_ouverts=Subquery(par_bilan, output_field=IntegerField()),
        )

    def construire(self) -> TableSuivi:
        return TableSuivi(
            self.rangees(self.colonnes, self.nombre),
            exclude=[self.absente],
            campagne=self.request.campagne,
            anomalies=self.anomalies,
            tris=self.en_tetes(),
            attrs={"data-legende": f"Bilans de {self.request.annee}"},
        )

    @cached_property
    def avancement(self) -> Avancement:
        """How far the bilans are, the other filters applied."""
        return avancement(self._sans_situation)

    @cached_property
    def _sans_situation(self) -> ActionAnnuelleQuerySet:
        filtre = FiltreActions(self.request, adresse.sans(self.criteres, "bilan"))
        lignes: ActionAnnuelleQuerySet = filtre.qs.filter(self.suivies)
        return lignes

    @property
    def onglets_piece(self) -> list[Lien]:
        """The pages of the room."""
        return onglets_bilans(self.request, "suivi_bilans")

    @cached_property
    def onglets(self) -> list[dict[str, Any]]:
        """A tab for each situation, with its number of bilans."""
        a, toutes = self.avancement, self._sans_situation
        nombres = {
            "": toutes.count(),
            "a_lire": a.a_lire,
            "anomalies": toutes.filter(pk__in=list(self.anomalies)).count() if self.anomalies else 0,
            "a_recevoir": a.a_recevoir,
            "en_retard": a.en_retard,
            "valides": a.valides,
            "dispense": a.dispenses,
        }
        # A figure of another page may lead to any situation: it has its tab as long as one stands there.
        nombres.setdefault(self.situation, self.nombre)
        libelles = {
            "": "Tous",
            **dict(Bilan.Statut.choices),
            **dict(SITUATIONS_BILAN),
            "dispense": "Dispensés",
        }
        return [
            {
                "libelle": f"{libelles[situation]}{INSECABLE}: {nombre}",
                "url": adresse.avec(self.criteres, bilan=situation or None),
                "actif": situation == self.situation,
            }
            for situation, nombre in nombres.items()
            if nombre or situation in ("", "a_lire", self.situation)
        ]

    @property
    def situation(self) -> str:
        """The situation chosen, empty for all."""
        situation: str = self.filtre.form.cleaned_data.get("bilan", "")
        return situation

    @cached_property
    def existe(self) -> bool:
        """Whether the year has a bilan to follow, whatever the filters."""
        return self.filtre.queryset.filter(self.suivies).exists()

    @property
    def pourquoi_vide(self) -> str:
        """What an empty list means."""
        if self.appliques:
            return "Retirez un filtre, ou choisissez un autre onglet."
        if self.situation == "a_lire":
            return "Aucun bilan transmis n'attend votre lecture."
        return "Choisissez un autre onglet pour voir les bilans de l'année."

    @property
    def echeance(self) -> str:
        """By when the bilans are due, how far that is and who is late, as long as some are missing."""
        jour, a = self.request.campagne.bilan_echeance, self.avancement
        if not a.a_recevoir:
            return ""
        if jour is None:
            debut = "Aucune échéance n'est fixée"
        else:
            debut = (
                f"L'échéance {'était' if est_passee(jour) else 'est'} le {date_longue(jour)} ({delai(jour)})"
            )
        suites = [
            pluriel(a.en_retard, "bilan en retard,bilans en retard") if a.en_retard else "",
            pluriel(a.prolonges, "échéance prolongée,échéances prolongées") if a.prolonges else "",
        ]
        suite = ", ".join(filter(None, suites))
        return f"{debut}{INSECABLE}: {suite}." if suite else f"{debut}."

    @property
    def phrase(self) -> str:
        """Where the bilans are: « 41 bilans attendus, 30 reçus, 19 validés. »."""
        a = self.avancement
        return (
            f"{pluriel(a.attendus, 'bilan attendu,bilans attendus')}, {pluriel(a.recus, 'reçu,reçus')}, "
            f"{pluriel(a.valides, 'validé,validés')}. {self.echeance}"
        ).rstrip()


def _inconnues(quoi: str, noms: list[str]) -> str:
    cites = ", ".join(f"«{INSECABLE}{nom[:40]}{INSECABLE}»" for nom in noms[:3])
    return f"L'adresse demande {quoi} que cette liste n'a pas{INSECABLE}: {cites}. Le reste est affiché."
