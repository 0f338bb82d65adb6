"""The form of an action in one year: what it is, where it stands in the contract, its fiche, its state."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from django import forms

from comptes.champs import ChampDate, ChampTexte, Groupe, groupes
from contrats.models import Axe, Territoire
from documents.normalisation import normaliser
from porteurs.models import Porteur

from ..models import ActionAnnuelle, Campagne, Dispositif

Statut = ActionAnnuelle.Statut
ETATS = (
    (
        "Instruction",
        (
            Statut.BROUILLON,
            Statut.DEPOSEE,
            Statut.INCOMPLETE,
            Statut.RECEVABLE,
            Statut.NON_RECEVABLE,
            Statut.INSTRUITE,
            Statut.PROPOSEE,
        ),
    ),
    ("Décision", (Statut.PROGRAMMEE, Statut.REFUSEE, Statut.AJOURNEE, Statut.NOTIFIEE)),
    (
        "Réalisation",
        (
            Statut.EN_COURS,
            Statut.REALISEE,
            Statut.PARTIELLEMENT_REALISEE,
            Statut.REPORTEE,
            Statut.ABANDONNEE,
        ),
    ),
    ("Clôture", (Statut.SOLDEE, Statut.ARCHIVEE)),
)
TITRE_MAX = 255
TITRE_TROP_LONG = "Cet intitulé est trop long : 255 caractères au plus."


class ChampTerritoires(forms.ModelMultipleChoiceField):
    """Boxes to tick; a key that the page does not offer is refused before the database reads it."""

    def clean(self, value: Any) -> Any:
        # A number too large for the database would be an error, not an absent row.
        lieux: Any = self.queryset
        offerts = {str(pk) for pk in lieux.values_list("pk", flat=True)}
        if not offerts.issuperset(map(str, value or ())):
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().clean(value)


class ActionForm(forms.ModelForm):
    """An action in one year. `instance.campagne` must be known; identity and territories are extra fields."""

    GROUPES = (
        ("L'action", "", ("intitule", "porteur", "type", "dispositif")),
        (
            "Sa place dans le contrat",
            "L'axe et les territoires servent aux filtres, aux totaux et aux annexes.",
            ("axe", "territoires"),
        ),
        ("Où elle en est", "", ("statut", "motif", "date_debut", "date_fin")),
        (
            "La fiche action",
            "Ce que le porteur a prévu. Le bilan dira ce qui a été fait.",
            (
                "objectifs",
                "description",
                "public_vise",
                "lieux",
                "moyens_humains",
                "moyens_materiels",
                "moyens_financiers",
                "partenaires",
                "tarifs",
            ),
        ),
    )

    intitule = ChampTexte(
        label="Intitulé",
        max_length=TITRE_MAX,
        error_messages={"required": "Donnez un intitulé à l'action.", "max_length": TITRE_TROP_LONG},
    )
    porteur = forms.ModelChoiceField(
        Porteur.objects.none(),
        label="Porteur",
        empty_label="Choisissez un porteur",
        error_messages={
            "required": "Choisissez le porteur de l'action.",
            "invalid_choice": "Choisissez un porteur de la liste, ou créez-le.",
        },
    )
    territoires = ChampTerritoires(
        Territoire.objects.none(),
        label="Territoires",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Tous ceux que l'action touche.",
        error_messages={"invalid_choice": "Choisissez des territoires de ce contrat."},
    )
    date_debut = ChampDate(label="Début", required=False)
    date_fin = ChampDate(label="Fin", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    # The browser blocks nothing but a half-typed date, which it would send as a blank: we say the rest.
    use_required_attribute = False

    class Meta:
        model = ActionAnnuelle
        fields = (
            "type",
            "dispositif",
            "axe",
            "statut",
            "motif",
            "date_debut",
            "date_fin",
            "objectifs",
            "description",
            "public_vise",
            "lieux",
            "moyens_humains",
            "moyens_materiels",
            "moyens_financiers",
            "partenaires",
            "tarifs",
        )
        textes = (
            "motif",
            "objectifs",
            "description",
            "public_vise",
            "lieux",
            "moyens_humains",
            "moyens_materiels",
            "moyens_financiers",
            "partenaires",
            "tarifs",
        )
        field_classes = dict.fromkeys(textes, ChampTexte)
        widgets = {nom: forms.Textarea(attrs={"rows": 2}) for nom in textes}
        error_messages = {"axe": {"invalid_choice": "Choisissez un axe de ce contrat."}}

    def __init__(self, *args: Any, instance: ActionAnnuelle, **options: Any) -> None:
        initial = {**valeurs(instance), "version": instance.version} if instance.pk else {}
        options["initial"] = {**initial, **(options.get("initial") or {})}
        super().__init__(*args, **{**options, "instance": instance})
        campagne = instance.campagne
        self._preparer_listes(campagne)
        champs: dict[str, Any] = self.fields
        champs["porteur"].suite = "actions/_creer_porteur.html"
        champs[
            "porteur"
        ].help_text = (
            "Il n'est pas dans la liste ? Créez-le : vous reviendrez ici, avec ce que vous avez déjà écrit."
        )
        champs["intitule"].widget.attrs["autocomplete"] = "off"
        champs[
            "motif"
        ].help_text = "Demandé quand l'action est non recevable, refusée, ajournée, reportée ou abandonnée."
        contrat = campagne.contrat
        champs[
            "date_debut"
        ].help_text = f"Dans le contrat, du {contrat.date_debut:%d/%m/%Y} au {contrat.date_fin:%d/%m/%Y}."
        if instance.pk:
            champs["statut"].help_text = (
                "Une action qui n'a pas lieu ne se supprime pas : choisissez « Reportée » ou « Abandonnée » "
                "et dites pourquoi. Son bilan, ses montants et son histoire restent lisibles."
            )
        if instance.pk and (autres := self._autres_annees(instance)):
            champs[
                "intitule"
            ].help_text = (
                f"L'intitulé et le porteur valent pour toutes les années de l'action, dont {autres}."
            )

    def _preparer_listes(self, campagne: Campagne) -> None:
        """Limit each list to what belongs to the contract, in groups that help to find."""
        contrat = campagne.contrat
        champs: dict[str, Any] = self.fields
        porteurs = Porteur.objects.filter(epci=contrat.epci_id).select_related("parent")
        _peupler(champs["porteur"], porteurs, choix_porteurs(porteurs))
        axes = Axe.objects.filter(contrat=contrat).select_related("parent__parent").order_by("ordre", "code")
        _peupler(champs["axe"], axes, choix_axes(axes, self.instance.axe_id), "Aucun pour l'instant")
        territoires = Territoire.objects.filter(contrat=contrat).order_by("type", "recherche")
        _peupler(champs["territoires"], territoires, choix_territoires(territoires))
        _peupler(champs["dispositif"], Dispositif.objects.all(), None, "Aucun en particulier")
        champs["statut"].choices = [
            (groupe, [(etat.value, etat.label) for etat in etats]) for groupe, etats in ETATS
        ]
        champs["type"].choices = [("", "Non précisé"), *ActionAnnuelle.Type.choices]

    @staticmethod
    def _autres_annees(instance: ActionAnnuelle) -> str:
        annees = ActionAnnuelle.objects.filter(action=instance.action_id).exclude(pk=instance.pk)
        uniques = sorted({str(annee) for annee in annees.values_list("campagne__annee", flat=True)})
        return " et ".join([", ".join(uniques[:-1]), uniques[-1]] if len(uniques) > 1 else uniques)

    def groupes(self) -> Iterator[Groupe]:
        """Give the fields by group, in the order of the page."""
        return groupes(self, self.GROUPES)

    def clean_intitule(self) -> str:
        intitule = " ".join(self.cleaned_data["intitule"].split())
        # Without its ligatures a title may be longer than it looks.
        if len(normaliser(intitule)) > TITRE_MAX:
            raise forms.ValidationError(TITRE_TROP_LONG)
        return intitule

    def clean(self) -> dict[str, Any]:
        donnees = super().clean() or self.cleaned_data
        debut, fin = donnees.get("date_debut"), donnees.get("date_fin")
        if debut and fin and fin < debut:
            self.add_error("date_fin", "L'action doit finir après avoir commencé : vérifiez les deux dates.")
        etat = donnees.get("statut")
        if etat in ActionAnnuelle.STATUTS_MOTIVES and not donnees.get("motif"):
            libelle = Statut(etat).label.lower()
            self.add_error("motif", f"Dites pourquoi l'action est {libelle} : le motif sera lu avec elle.")
        return donnees


def valeurs(annuelle: ActionAnnuelle) -> dict[str, Any]:
    """Return the present value of each visible field of the form."""
    return {
        "intitule": annuelle.action.intitule,
        "porteur": annuelle.action.porteur,
        "territoires": list(annuelle.territoires.order_by("type", "recherche")),
        **{nom: getattr(annuelle, nom) for nom in ActionForm.Meta.fields},
    }


def _peupler(champ: Any, lignes: Any, choix: list[Any] | None, vide: str | None = None) -> None:
    champ.queryset = lignes
    if vide is not None:
        champ.empty_label = vide
    if choix is not None:
        premier = [("", champ.empty_label)] if champ.empty_label is not None else []
        champ.choices = [*premier, *choix]


def choix_porteurs(porteurs: Iterable[Porteur]) -> list[Any]:
    """Return the choices by structure: one with services is a group that begins with itself."""
    services: dict[int, list[Porteur]] = {}
    meres = []
    for porteur in porteurs:
        if porteur.parent_id:
            services.setdefault(porteur.parent_id, []).append(porteur)
        else:
            meres.append(porteur)
    choix: list[Any] = []
    for mere in sorted(meres, key=lambda porteur: porteur.nom_normalise):
        siens = sorted(services.get(mere.pk, ()), key=lambda porteur: porteur.nom_normalise)
        if siens:
            choix.append((mere.nom, [(porteur.pk, porteur.nom) for porteur in (mere, *siens)]))
        else:
            choix.append((mere.pk, mere.nom))
    return choix


def choix_axes(axes: Iterable[Axe], garde: int | None = None) -> list[Any]:
    """Return the choices by first level, archived axes left out unless `garde` names one.

    The first level itself can be chosen, for an action that fits none of its parts.
    """
    visibles = [axe for axe in axes if not axe.archive or axe.pk == garde]

    def racine(axe: Axe) -> Axe:
        while axe.parent:
            axe = axe.parent
        return axe

    groupes: dict[int, tuple[Axe, list[Axe]]] = {}
    for axe in visibles:
        groupes.setdefault(racine(axe).pk, (racine(axe), []))[1].append(axe)
    choix = []
    for premier, siens in groupes.values():
        options = [
            (axe.pk, f"{axe.libelle} (en général)" if axe == premier else axe.libelle) for axe in siens
        ]
        choix.append((f"{premier.code}. {premier.libelle}", options))
    return choix


def choix_territoires(territoires: Iterable[Territoire]) -> list[Any]:
    """Return the choices by type, in the order of the types."""
    ordre = Territoire.Type.values
    tries = sorted(territoires, key=lambda lieu: (ordre.index(lieu.type), lieu.recherche))
    return [
        (Territoire.Type(type_).label, [(lieu.pk, lieu.nom) for lieu in lieux])
        for type_, lieux in groupby(tries, key=lambda lieu: lieu.type)
    ]
