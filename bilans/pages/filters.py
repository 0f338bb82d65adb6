"""The filters of a year's actions: read from the address, so that a filtered list can be shared as a link."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.forms import BoundField, Select
from django.http import QueryDict
from django_filters import CharFilter, ChoiceFilter, FilterSet, ModelChoiceFilter
from django_filters.fields import ModelChoiceField

from actions.models import ActionAnnuelle, ActionTerritoire, Dispositif
from actions.querysets import ActionAnnuelleQuerySet
from actions.situation import RequeteCampagne
from contrats.models import Axe, Territoire
from documents.formats import INSECABLE
from financements.models import AmbiguiteMontants, Financeur, LigneFinancement
from financements.querysets import AmbiguiteQuerySet, LigneFinancementQuerySet
from porteurs.models import Porteur

from ..annexes.lecture import au_programme
from ..models import Bilan
from ..suivi import SITUATIONS_BILAN, selon_bilan, suivies_par

# In the address, what stands for « none of them » (« axe=aucun »).
AUCUN = "aucun"
AVEC_AUCUN = ("axe", "territoire", "dispositif")
# Set by a total alone, so that its link shows exactly the rows behind it: never proposed.
DES_TOTAUX = ("nature", "accorde", "repartition", "programme")

# All that a financeur sees of them.
BILANS_MONTRES = [("valides", "Validés")]


# -- Choices ---------------------------------------------------------------------------------------
class ChoixAxe(ModelChoiceField):
    """The tree of axes, each level set back under the one above."""

    def label_from_instance(self, obj: Axe) -> str:
        return f"{INSECABLE * 4 * (obj.niveau - 1)}{obj.code}{INSECABLE * 2}{obj.libelle}"


class ChoixPorteur(ModelChoiceField):
    """The structures, each followed by its services."""

    def label_from_instance(self, obj: Porteur) -> str:
        return f"{INSECABLE * 4}{obj.nom}" if obj.parent_id else obj.nom


class FiltreAxe(ModelChoiceFilter):
    field_class = ChoixAxe


class FiltrePorteur(ModelChoiceFilter):
    field_class = ChoixPorteur


def _lignes(request: RequeteCampagne) -> ActionAnnuelleQuerySet:
    lignes: ActionAnnuelleQuerySet = ActionAnnuelle.objects.visibles_par(request.user)
    return lignes.filter(campagne=request.campagne).order_by()


def _libelle(choix: Iterable[tuple[Any, Any]], valeur: str) -> str:
    """Return the words of a choice, its own or those of a group. Raises StopIteration when there is none."""
    a_plat = (
        element
        for cle, mots in choix
        for element in (mots if isinstance(mots, list | tuple) else [(cle, mots)])
    )
    return next(str(mots) for cle, mots in a_plat if cle == valeur)


def _axes(request: RequeteCampagne) -> QuerySet[Axe]:
    return Axe.objects.filter(contrat=request.contrat)


def _porteurs(request: RequeteCampagne) -> QuerySet[Porteur]:
    """Return the structures of the year's rows, each followed by its services."""
    lignes = _lignes(request)
    porteurs = Porteur.objects.filter(
        Q(pk__in=lignes.values("action__porteur")) | Q(pk__in=lignes.values("action__porteur__parent"))
    )
    return porteurs.order_by(
        Coalesce("parent__nom_normalise", "nom_normalise"),
        F("parent").asc(nulls_first=True),
        "nom_normalise",
    )


def _territoires(request: RequeteCampagne) -> QuerySet[Territoire]:
    return Territoire.objects.filter(contrat=request.contrat)


def _dispositifs(request: RequeteCampagne) -> QuerySet[Dispositif]:
    return Dispositif.objects.filter(pk__in=_lignes(request).values("dispositif"))


def _financeurs(request: RequeteCampagne) -> QuerySet[Financeur]:
    return Financeur.objects.visibles_par(request.user).filter(contrat=request.contrat)


# -- The filters -----------------------------------------------------------------------------------
class FiltreActions(FilterSet):
    """The filters of the list of actions, and of everything exported from it."""

    q = CharFilter(method="filtrer_q", label="Chercher")
    axe = FiltreAxe(
        queryset=_axes,
        to_field_name="code",
        method="filtrer_axe",
        label="Axe",
        empty_label="Tous les axes",
        null_label="Sans axe",
        null_value=AUCUN,
    )
    porteur = FiltrePorteur(
        queryset=_porteurs,
        to_field_name="cle",
        method="filtrer_porteur",
        label="Porteur",
        empty_label="Tous les porteurs",
    )
    territoire = ModelChoiceFilter(
        queryset=_territoires,
        method="filtrer_territoire",
        label="Territoire",
        empty_label="Tous les territoires",
        null_label="Sans territoire",
        null_value=AUCUN,
    )
    dispositif = ModelChoiceFilter(
        queryset=_dispositifs,
        method="filtrer_dispositif",
        label="Dispositif",
        empty_label="Tous les dispositifs",
        null_label="Sans dispositif",
        null_value=AUCUN,
    )
    financeur = ModelChoiceFilter(
        queryset=_financeurs,
        to_field_name="cle",
        method="filtrer_financeur",
        label="Financeur",
        empty_label="Tous les financeurs",
    )
    etat = ChoiceFilter(
        choices=ActionAnnuelle.Statut.choices,
        field_name="statut",
        label="État de l'action",
        empty_label="Tous les états",
    )
    bilan = ChoiceFilter(
        choices=[("Situation", SITUATIONS_BILAN), ("État", Bilan.Statut.choices)],
        method="filtrer_bilan",
        label="Bilan",
        empty_label="Tous les bilans",
    )
    # Set by a figure that counts each action once: the list then holds exactly the rows behind it.
    axe_principal = ChoiceFilter(
        choices=[("1", "seulement"), ("direct", "seulement, sans ce qui en dépend")],
        method="filtrer_axe_principal",
        label="Axe principal",
        empty_label="Axe principal ou secondaire",
    )
    nature = ChoiceFilter(
        choices=LigneFinancement.NatureCredit.choices,
        method="filtrer_nature",
        label="Nature des crédits",
        empty_label="Toutes les natures",
    )
    accorde = ChoiceFilter(
        choices=[("1", "accordés seulement")],
        method="filtrer_accorde",
        label="Montants accordés",
        empty_label="Accordés ou non",
    )
    repartition = ChoiceFilter(
        choices=[
            ("comptees", "Comptées dans ce territoire"),
            ("plusieurs", "Plusieurs, sans parts connues"),
            ("partagees", "Menées dans plusieurs territoires"),
        ],
        method="filtrer_repartition",
        label="Répartition",
        empty_label="Toutes",
    )
    programme = ChoiceFilter(
        choices=[("1", "seulement")],
        method="filtrer_programme",
        label="Programme de l'année",
        empty_label="Toutes les actions",
    )
    a_trancher = ChoiceFilter(
        choices=[("1", "À trancher seulement")],
        method="filtrer_a_trancher",
        label="Montants",
        empty_label="Tous, tranchés ou non",
    )

    class Meta:
        model = ActionAnnuelle
        fields: tuple[str, ...] = ()

    def __init__(self, request: RequeteCampagne, criteres: QueryDict | None = None) -> None:
        """Read the filters from the address of `request` (or `criteres`), over the year's rows that it sees."""
        criteres = request.GET if criteres is None else criteres
        super().__init__(criteres, queryset=_lignes(request), request=request)
        niveaux = [nom for nom in (request.contrat.niveau_1, request.contrat.niveau_2) if nom]
        self.filters["axe"].label = " ou ".join(niveaux).capitalize()
        if not request.user.has_perm("contrats.gerer", request.contrat):
            # Readings to settle show every funder's amounts.
            del self.filters["a_trancher"]
            if not _lignes(request).filter(suivies_par(request.user)).exists():
                self.filters["bilan"].extra["choices"] = BILANS_MONTRES

    # -- What the page says of them ----------------------------------------------------------------
    def champs(self) -> list[BoundField]:
        """Return the fields worth showing: those that leave a choice, or that the address uses."""
        montres = []
        for champ in self.form:
            if isinstance(champ.field.widget, Select):
                # Read once: choices would otherwise ask the database each time they are counted.
                champ.field.widget.choices = self._choix(champ)
            if champ.value() or self._laisse_un_choix(champ):
                montres.append(champ)
        return montres

    def _choix(self, champ: BoundField) -> list[Any]:
        choix: Any = champ.field
        if champ.name != "etat":
            # Not `list`: it would first count them, in one more query each.
            return [(valeur, libelle) for valeur, libelle in choix.choices]
        presents = {*_lignes(self.request).values_list("statut", flat=True).distinct(), champ.value()}
        return [paire for paire in choix.choices if not paire[0] or paire[0] in presents]

    def _laisse_un_choix(self, champ: BoundField) -> bool:
        if champ.name in DES_TOTAUX:
            return False
        if champ.name == "a_trancher":
            return self._a_trancher().exists()
        if not isinstance(champ.field.widget, Select):
            return True
        # « Tous », and « aucun » where there is one, choose nothing.
        return len(list(champ.field.widget.choices)) > 2 + (champ.name in AVEC_AUCUN)

    def _a_trancher(self) -> AmbiguiteQuerySet:
        ouvertes: AmbiguiteQuerySet = AmbiguiteMontants.objects.visibles_par(self.request.user)
        return ouvertes.filter(tranchee_le=None, action_annuelle__campagne=self.request.campagne).order_by()

    def appliques(self) -> list[tuple[str, str]]:
        """Return the filters applied, as pairs (parameter, « Axe : 1.2 Accès aux droits »)."""
        self.form.is_valid()
        return [
            (nom, f"{self.form[nom].label}{INSECABLE}: {self._en_mots(nom, valeur)}")
            for nom, valeur in self.form.cleaned_data.items()
            if valeur
        ]

    def _en_mots(self, nom: str, valeur: Any) -> str:
        champ = self.form.fields[nom]
        if isinstance(champ, ModelChoiceField):
            mots = champ.null_label if valeur == AUCUN else champ.label_from_instance(valeur)
            return " ".join(mots.split())
        if nom == "q":
            return f"«{INSECABLE}{valeur}{INSECABLE}»"
        return _libelle(champ.choices, valeur)

    def refuses(self) -> list[str]:
        """Return a sentence for each filter of the address that is not applied, and show its field as blank."""
        phrases = [
            f"Le filtre «{INSECABLE}{self.form[nom].label}{INSECABLE}» de cette adresse ne correspond à rien que vous "
            "puissiez voir ici. Il n'est pas appliqué."
            for nom in self.form.errors
        ]
        # Said once, above the list: the form itself is not to be corrected.
        self.form.errors.clear()
        return phrases

    def filtrer_q(self, lignes: ActionAnnuelleQuerySet, _nom: str, texte: str) -> ActionAnnuelleQuerySet:
        return lignes.chercher(texte)

    def filtrer_axe(
        self, lignes: ActionAnnuelleQuerySet, _nom: str, axe: Axe | str
    ) -> ActionAnnuelleQuerySet:
        return lignes.de_l_axe(axe) if isinstance(axe, Axe) else lignes.filter(axe=None)

    def filtrer_porteur(
        self, lignes: ActionAnnuelleQuerySet, _nom: str, porteur: Porteur
    ) -> ActionAnnuelleQuerySet:
        return lignes.de_la_structure(porteur)

    def filtrer_territoire(
        self, lignes: ActionAnnuelleQuerySet, _nom: str, territoire: Territoire | str
    ) -> ActionAnnuelleQuerySet:
        parts = ActionTerritoire.objects.order_by()
        if isinstance(territoire, Territoire):
            return lignes.filter(pk__in=parts.filter(territoire=territoire).values("action_annuelle"))
        return lignes.exclude(pk__in=parts.values("action_annuelle"))

    def filtrer_dispositif(
        self, lignes: ActionAnnuelleQuerySet, _nom: str, dispositif: Dispositif | str
    ) -> ActionAnnuelleQuerySet:
        return lignes.filter(dispositif=dispositif if isinstance(dispositif, Dispositif) else None)

    def filtrer_financeur(
        self, lignes: ActionAnnuelleQuerySet, _nom: str, financeur: Financeur
    ) -> ActionAnnuelleQuerySet:
        siennes = self._lignes_comptees().filter(financeur=financeur)
        return lignes.filter(pk__in=siennes.order_by().values("action_annuelle"))

    def filtrer_bilan(
        self, lignes: ActionAnnuelleQuerySet, _nom: str, situation: str
    ) -> ActionAnnuelleQuerySet:
        return lignes.filter(selon_bilan(situation, self.request.user, self.request.campagne))

    def filtrer_axe_principal(
        self, lignes: ActionAnnuelleQuerySet, _nom: str, valeur: str
    ) -> ActionAnnuelleQuerySet:
        axe = self.form.cleaned_data.get("axe")
        if not isinstance(axe, Axe):
            return lignes
        if valeur == "direct":
            return lignes.filter(axe=axe)
        return lignes.filter(Q(axe=axe) | Q(axe__parent=axe) | Q(axe__parent__parent=axe))

    def filtrer_nature(
        self, lignes: ActionAnnuelleQuerySet, _nom: str, nature: str
    ) -> ActionAnnuelleQuerySet:
        siennes = self._lignes_comptees().filter(nature_credit=nature)
        return lignes.filter(pk__in=siennes.order_by().values("action_annuelle"))

    def filtrer_accorde(
        self, lignes: ActionAnnuelleQuerySet, _nom: str, _valeur: str
    ) -> ActionAnnuelleQuerySet:
        return lignes.filter(pk__in=self._lignes_comptees().order_by().values("action_annuelle"))

    def _lignes_comptees(self) -> LigneFinancementQuerySet:
        """Return the funding lines that the account sees; those that bring something when it is asked."""
        visibles: LigneFinancementQuerySet = LigneFinancement.objects.visibles_par(self.request.user)
        return visibles.filter(montant_accorde__gt=0) if self.form.cleaned_data.get("accorde") else visibles

    def filtrer_repartition(
        self, lignes: ActionAnnuelleQuerySet, _nom: str, choix: str
    ) -> ActionAnnuelleQuerySet:
        """Several territories whose shares are not all known, or do not make 100: counted in none of them."""
        en_plusieurs = (
            ActionTerritoire.objects.order_by()
            .values("action_annuelle")
            .annotate(nombre=Count("pk"), connues=Count("part"), somme=Sum("part"))
            .filter(nombre__gt=1)
        )
        if choix == "partagees":
            return lignes.filter(pk__in=en_plusieurs.values("action_annuelle"))
        partagees = en_plusieurs.exclude(connues=F("nombre"), somme=100).values("action_annuelle")
        condition = Q(pk__in=partagees)
        return lignes.filter(condition if choix == "plusieurs" else ~condition)

    def filtrer_programme(
        self, lignes: ActionAnnuelleQuerySet, _nom: str, _valeur: str
    ) -> ActionAnnuelleQuerySet:
        return au_programme(lignes)

    def filtrer_a_trancher(
        self, lignes: ActionAnnuelleQuerySet, _nom: str, _valeur: str
    ) -> ActionAnnuelleQuerySet:
        return lignes.filter(pk__in=self._a_trancher().values("action_annuelle"))
