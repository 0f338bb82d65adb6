"""The values of an action of a year by name of field: read, shown, checked; `ecriture` writes them.

Names are those of the registry below: « intitule », « axe », « bilan.mise_en_oeuvre », « effectif:qpv:F:12 » (12 is
the age band, nothing for all ages), « montant:accorde:7 » (7 is the funder), « budget:previsionnel »… Values are
plain JSON: text, whole number, « 8400.50 » for an amount, « 2024-06-30 » for a date, the key of a row (the code of a
dispositif or a thématique), a sorted list of keys for territories. A blank is None: never zero, never "".
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst

from actions.models import Action, ActionAnnuelle, ActionTerritoire, Campagne, Dispositif, Thematique
from comptes.modeles import libelle_du_champ
from contrats.models import Axe, Territoire
from documents import formats
from documents.texte import nettoyer
from financements.models import Budget, Financeur, LigneFinancement
from porteurs.models import Porteur

from ..models import Bilan, Effectif
from .champs import ETATS, PERIMETRES, SEXES, Genre

Json = Any
ValeursJson = dict[str, Json]

# The fields of `ActionAnnuelle` that a table may fill, as they are named there.
TEXTES = (
    *("domaine", "objectifs", "description", "public_vise", "lieux", "moyens_humains", "moyens_materiels"),
    *("moyens_financiers", "partenaires", "tarifs", "motif"),
)
DATES = ("date_debut", "date_fin")
CHOIX = ("statut", "type")
REFERENCES = ("axe", "dispositif", "thematique")
DE_L_ANNEE = (*TEXTES, *DATES, *CHOIX, "ordre", *REFERENCES)
# Those of the action in all its years.
DE_L_ACTION = ("intitule", "porteur", "reference")
# Those of `Bilan`, named « bilan.<field> ».
DU_BILAN = (
    *Bilan.CHAMPS_RECIT,
    *("type_public", "moyens", "partenariats", "dates_lieux", "realisation", "motif_non_realisation"),
    *("nombre_seances", "salaries", "benevoles", "intervenants", "date_debut", "date_fin"),
)
BUDGETS = {"previsionnel": "Coût total prévu", "realise": "Coût total réalisé"}
# The amounts that are stored; what is paid is the sum of the payments.
ETATS_ECRITS = {etat: mot for etat, mot in ETATS.items() if etat != "verse"}
NOMBRE_MAX = 2_147_483_647


@dataclass(frozen=True)
class Champ:
    """A field: its name, its label, what its values are, the values it may take with their words."""

    nom: str
    libelle: str
    genre: Genre
    choix: tuple[tuple[Json, str], ...] = ()
    # the row of the model behind it, None when it is no plain column
    modele: type[models.Model] | None = None
    colonne: str = ""


def nom_du_bilan(colonne: str) -> str:
    """Return the name of a column of the bilan: « mise_en_oeuvre » → « bilan.mise_en_oeuvre »."""
    return f"bilan.{colonne}"


def nom_du_montant(etat: str, financeur: int | str) -> str:
    """Return the name of an amount: « montant:accorde:7 »."""
    return f"montant:{etat}:{financeur}"


def nom_de_l_estimation(effectif: str) -> str:
    """Return the name of whether a number of people is an estimate: written along with it, never alone."""
    return f"estimation:{effectif.removeprefix('effectif:')}"


def nom_de_l_effectif(perimetre: str, sexe: str, tranche: int | None) -> str:
    """Return the name of a number of people: « effectif:qpv:F:12 », « effectif:qpv:T: » for all ages."""
    return f"effectif:{perimetre}:{sexe}:{tranche or ''}"


# -- The registry ----------------------------------------------------------------------------------
class Registre:
    """The fields of a year of a contract, with its funders, axes, territories and age bands: one query each."""

    def __init__(self, campagne: Campagne) -> None:
        self.campagne = campagne

    @cached_property
    def porteurs(self) -> dict[int, str]:
        siens = Porteur.objects.filter(epci=self.campagne.contrat.epci_id).order_by("nom_normalise")
        return dict(siens.values_list("pk", "nom"))

    @cached_property
    def axes(self) -> dict[int, Axe]:
        siens = Axe.objects.filter(contrat=self.campagne.contrat_id).select_related("parent__parent")
        return {axe.pk: axe for axe in siens.order_by("ordre", "code")}

    @cached_property
    def territoires(self) -> dict[int, str]:
        siens = Territoire.objects.filter(contrat=self.campagne.contrat_id).order_by("recherche", "pk")
        return dict(siens.values_list("pk", "nom"))

    @cached_property
    def financeurs(self) -> dict[int, Financeur]:
        siens = Financeur.objects.filter(contrat=self.campagne.contrat_id).order_by("ordre", "pk")
        return {financeur.pk: financeur for financeur in siens}

    @cached_property
    def dispositifs(self) -> dict[str, str]:
        return dict(Dispositif.objects.order_by("ordre", "code").values_list("code", "libelle"))

    @cached_property
    def thematiques(self) -> dict[str, str]:
        return dict(Thematique.objects.order_by("ordre", "code").values_list("code", "libelle"))

    @cached_property
    def tranches(self) -> dict[int, str]:
        return dict(self.campagne.tranches.order_by("ordre").values_list("pk", "libelle"))

    def champ(self, nom: str) -> Champ:
        """Return the field of that name. Raises KeyError for a name that is none of this year."""
        if nom not in self._connus:
            self._connus[nom] = self._faire(nom)
        return self._connus[nom]

    @cached_property
    def _connus(self) -> dict[str, Champ]:
        return {}

    def _faire(self, nom: str) -> Champ:
        if nom in DE_L_ACTION:
            return self._de_l_action(nom)
        if nom == "territoires":
            return Champ(nom, "Territoires", Genre.LISTE, tuple(self.territoires.items()))
        if nom in REFERENCES:
            return Champ(nom, capfirst(libelle_du_champ(ActionAnnuelle, nom)), Genre.CHOIX, self._choix(nom))
        if nom in DE_L_ANNEE:
            return _champ_du_modele(nom, ActionAnnuelle, nom)
        famille, _, reste = nom.partition(":")
        if nom.startswith("bilan.") and nom.removeprefix("bilan.") in DU_BILAN:
            return _champ_du_modele(nom, Bilan, nom.removeprefix("bilan."))
        if famille == "budget" and reste in BUDGETS:
            return Champ(nom, BUDGETS[reste], Genre.MONTANT)
        if famille == "montant":
            return self._montant(nom, *reste.split(":", 1))
        if famille == "effectif":
            return self._effectif(nom, *reste.split(":", 2))
        if famille == "estimation":
            compte = self.champ(f"effectif:{reste}")
            return Champ(
                nom, f"{compte.libelle} : une estimation", Genre.CHOIX, ((True, "oui"), (False, "non"))
            )
        raise KeyError(nom)

    def _de_l_action(self, nom: str) -> Champ:
        if nom == "porteur":
            return Champ(nom, "Porteur", Genre.CHOIX, tuple(self.porteurs.items()))
        return _champ_du_modele(nom, Action, "reference_interne" if nom == "reference" else nom)

    def _choix(self, nom: str) -> tuple[tuple[Json, str], ...]:
        if nom == "axe":
            return tuple((pk, str(axe)) for pk, axe in self.axes.items())
        return tuple((self.dispositifs if nom == "dispositif" else self.thematiques).items())

    def _montant(self, nom: str, etat: str, financeur: str = "") -> Champ:
        if etat not in ETATS_ECRITS:
            raise KeyError(nom)
        connu = next((f for pk, f in self.financeurs.items() if str(pk) == financeur), None)
        if connu is None and not financeur.startswith("+"):
            raise KeyError(nom)
        sigle = connu.sigle if connu else financeur.removeprefix("+")
        return Champ(nom, f"{sigle}, {ETATS_ECRITS[etat]}", Genre.MONTANT)

    def _effectif(self, nom: str, perimetre: str = "", sexe: str = "", tranche: str = "") -> Champ:
        if perimetre not in PERIMETRES or sexe not in SEXES:
            raise KeyError(nom)
        # A name may come back from a workbook: « effectif:qpv:F:douze » is that of no number.
        connues = {str(pk): ages for pk, ages in self.tranches.items()}
        ages = connues[tranche] if tranche else ""
        mots = f"{SEXES[sexe]} {PERIMETRES[perimetre]}".strip()
        return Champ(nom, f"{mots}, {ages}" if ages else mots, Genre.ENTIER)

    def champs(self) -> list[Champ]:
        """Return every field of the year, in the order of the forms: identity, fiche, bilan, people, money."""
        noms = [
            "intitule",
            "porteur",
            "reference",
            "ordre",
            *REFERENCES,
            "territoires",
            *CHOIX,
            *DATES,
            *TEXTES,
        ]
        noms += [nom_du_bilan(colonne) for colonne in DU_BILAN]
        noms += [
            nom_de_l_effectif(perimetre, sexe, tranche)
            for perimetre in PERIMETRES
            for tranche in (None, *self.tranches)
            for sexe in SEXES
        ]
        noms += [nom_du_montant(etat, pk) for pk in self.financeurs for etat in ETATS_ECRITS]
        noms += [f"budget:{type_}" for type_ in BUDGETS]
        return [self.champ(nom) for nom in noms]

    # -- Words -------------------------------------------------------------------------------------
    def libelle(self, nom: str) -> str:
        """Return the label of a field, for a person: « AGGLO, accordé »."""
        return self.champ(nom).libelle

    def afficher(self, nom: str, valeur: Json) -> str:
        """Return a value as it is read on a page; an empty string for a blank."""
        if valeur is None:
            return ""
        if isinstance(valeur, list):
            return ", ".join(self._nommer(nom, element) for element in valeur)
        champ = self.champ(nom)
        if champ.genre == Genre.MONTANT:
            return formats.montant(Decimal(valeur))
        if champ.genre == Genre.DATE:
            return formats.date_longue(date.fromisoformat(valeur))
        if champ.genre == Genre.ENTIER:
            return formats.nombre(valeur)
        return self._nommer(nom, valeur)

    def _nommer(self, nom: str, valeur: Json) -> str:
        """Return the words of a choice, of a row, or of one that is to be created."""
        if isinstance(valeur, dict):
            nouveau = valeur["nouveau"]
            return f"{' / '.join(nouveau) if isinstance(nouveau, list) else nouveau} (à créer)"
        if nom == "axe":
            return _chemin(self.axes[valeur]) if valeur in self.axes else ""
        return str(dict(self.champ(nom).choix).get(valeur, valeur))

    # -- Checks ------------------------------------------------------------------------------------
    def verifier(self, nom: str, valeur: Json) -> str:
        """Return why a value cannot be written, in French; an empty string when it can."""
        if valeur is None or isinstance(valeur, dict):
            return ""
        champ = self.champ(nom)
        if champ.genre == Genre.MONTANT:
            return _verifier_montant(valeur)
        if champ.genre == Genre.ENTIER and not 0 <= valeur <= NOMBRE_MAX:
            return "Ce nombre doit être positif ou nul, et plus petit."
        if champ.genre == Genre.DATE and nom in DATES:
            return self._verifier_date(date.fromisoformat(valeur))
        if champ.modele is None:
            return ""
        colonne: Any = champ.modele._meta.get_field(champ.colonne)
        try:
            colonne.clean(colonne.to_python(valeur), None)
        except ValidationError as erreur:
            return " ".join(erreur.messages)
        return ""

    def _verifier_date(self, jour: date) -> str:
        contrat = self.campagne.contrat
        if contrat.contient(jour):
            return ""
        return (
            f"Cette date est hors du contrat, qui va du {formats.date_longue(contrat.date_debut)} au "
            f"{formats.date_longue(contrat.date_fin)}."
        )


def _champ_du_modele(nom: str, modele: type[models.Model], colonne: str) -> Champ:
    champ: Any = modele._meta.get_field(colonne)
    genre = Genre.TEXTE
    if champ.choices:
        genre = Genre.CHOIX
    elif isinstance(champ, models.IntegerField):
        genre = Genre.ENTIER
    elif isinstance(champ, models.DateField):
        genre = Genre.DATE
    libelle = capfirst(str(champ.verbose_name))
    return Champ(nom, libelle, genre, tuple(champ.flatchoices), modele, colonne)


def _verifier_montant(valeur: str) -> str:
    try:
        euros = Decimal(valeur)
    except InvalidOperation:
        return "Ce montant ne peut pas être lu."
    if euros < 0:
        return "Un montant ne peut pas être négatif : vérifiez le signe."
    return "" if euros < Decimal(10) ** 10 else "Ce montant est trop grand : vérifiez l'unité."


def _chemin(axe: Axe) -> str:
    """Return an axe with those it hangs from: « COHESION SOCIALE / Santé »."""
    noms = [axe.libelle]
    while axe.parent is not None:
        axe = axe.parent
        noms.insert(0, axe.libelle)
    return " / ".join(noms)


# -- Plain values ----------------------------------------------------------------------------------
def en_json(valeur: Any) -> Json:
    """Return a stored value as plain JSON; None for a blank."""
    if valeur is None or valeur == "":
        return None
    if isinstance(valeur, Decimal):
        return montant_json(valeur)
    if isinstance(valeur, date):
        return valeur.isoformat()
    return texte_json(valeur) if isinstance(valeur, str) else valeur


def montant_json(euros: Decimal) -> str:
    """Return an amount as plain JSON: « 8400 », « 8400.50 »."""
    return format(euros.quantize(Decimal(1) if euros == euros.to_integral_value() else Decimal("0.01")), "f")


def texte_json(texte: str) -> str | None:
    """Return a text as it is stored and compared: line ends as newlines, stripped; None for a blank."""
    return nettoyer(texte) or None


# -- Reading ---------------------------------------------------------------------------------------
def valeurs_actuelles(campagne: Campagne, annuelles: Collection[int] | None = None) -> dict[int, ValeursJson]:
    """Return the values of the actions of the year, by key then by name of field; a blank has no entry.

    All of them, or those of `annuelles`; in a fixed number of queries. An amount on several lines of one funder is
    their sum; a range of people is a blank.
    """
    choix: dict[str, Any] = {"campagne": campagne}
    if annuelles is not None:
        choix["pk__in"] = list(annuelles)
    lues: dict[int, ValeursJson] = {}
    colonnes = [nom if nom not in REFERENCES else f"{nom}_id" for nom in DE_L_ANNEE]
    for ligne in (
        ActionAnnuelle.objects.filter(**choix)
        .order_by("pk")
        .values_list("pk", "action__intitule", "action__porteur_id", "action__reference_interne", *colonnes)
    ):
        pk, intitule, porteur, reference, *reste = ligne
        valeurs = {"intitule": intitule, "porteur": porteur, "reference": reference}
        valeurs |= zip(DE_L_ANNEE, reste, strict=True)
        lues[pk] = {nom: lue for nom, valeur in valeurs.items() if (lue := en_json(valeur)) is not None}
    liees = {f"action_annuelle__{nom}": valeur for nom, valeur in choix.items()}
    _lire_territoires(lues, liees)
    _lire_bilans(lues, liees)
    _lire_montants(lues, liees)
    return lues


def _lire_territoires(lues: dict[int, ValeursJson], choix: Mapping[str, Any]) -> None:
    places: dict[int, list[int]] = defaultdict(list)
    parts = ActionTerritoire.objects.filter(**choix).order_by("territoire")
    for annuelle, territoire in parts.values_list("action_annuelle", "territoire"):
        places[annuelle].append(territoire)
    for annuelle, territoires in places.items():
        lues[annuelle]["territoires"] = sorted(territoires)


def _lire_bilans(lues: dict[int, ValeursJson], choix: Mapping[str, Any]) -> None:
    noms = [nom_du_bilan(colonne) for colonne in DU_BILAN]
    for annuelle, *valeurs in (
        Bilan.objects.filter(**choix).order_by("pk").values_list("action_annuelle", *DU_BILAN)
    ):
        lues[annuelle] |= {
            nom: lue
            for nom, valeur in zip(noms, valeurs, strict=True)
            if (lue := en_json(valeur)) is not None
        }
    comptes = Effectif.objects.filter(
        mesure=Effectif.Mesure.PERSONNES,
        valeur__isnull=False,
        **{f"bilan__{nom}": valeur for nom, valeur in choix.items()},
    ).order_by("pk")
    for annuelle, perimetre, sexe, tranche, valeur in comptes.values_list(
        "bilan__action_annuelle", "perimetre", "sexe", "tranche", "valeur"
    ):
        lues[annuelle][nom_de_l_effectif(perimetre, sexe, tranche)] = valeur


def _lire_montants(lues: dict[int, ValeursJson], choix: Mapping[str, Any]) -> None:
    colonnes = [f"montant_{etat}" for etat in ETATS_ECRITS]
    sommes: dict[tuple[int, str], Decimal] = {}
    for annuelle, financeur, *montants in (
        LigneFinancement.objects.filter(**choix)
        .order_by("pk")
        .values_list("action_annuelle", "financeur", *colonnes)
    ):
        for etat, montant in zip(ETATS_ECRITS, montants, strict=True):
            if montant is not None:
                cle = annuelle, nom_du_montant(etat, financeur)
                sommes[cle] = sommes.get(cle, Decimal(0)) + montant
    for (annuelle, nom), somme in sommes.items():
        lues[annuelle][nom] = montant_json(somme)
    budgets = Budget.objects.filter(total_annonce__isnull=False, **choix).order_by("pk")
    for annuelle, type_, total in budgets.values_list("action_annuelle", "type", "total_annonce"):
        lues[annuelle][f"budget:{type_}"] = montant_json(total)


def noms_du_bilan(valeurs: Iterable[str]) -> list[str]:
    """Return those of the names that are written in the bilan: its columns and its people."""
    return [nom for nom in valeurs if nom.startswith(("bilan.", "effectif:"))]
