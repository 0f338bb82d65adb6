"""The bodies of a contract: the kind that a name says, and those that a contract usually has."""

from collections.abc import Iterable
from dataclasses import dataclass

from documents.normalisation import normaliser

from .models import Commune, ContratVille, Instance, Territoire

Type = Instance.Type
# Said of the council of the intercommunality, which approves the report: the opinion of the others is asked first.
COMMUNAUTAIRES = ("communautaire", "metropolitain")


@dataclass(frozen=True)
class InstanceUsuelle:
    """A body that the contract does not list; `de_droit` when the law asks for its opinion (décret 2015-1118)."""

    nom: str
    type: Type
    de_droit: bool = False


def type_d_apres_le_nom(nom: str) -> Type:
    """Return the kind of a body that its name says, « Autre » when it says none."""
    lu = normaliser(nom)
    if "conseil municipal" in lu or est_communautaire(nom):
        return Type.ASSEMBLEE
    return next((genre for genre in Type if normaliser(str(genre.label)) in lu), Type.AUTRE)


def est_communautaire(nom: str) -> bool:
    """Return whether a name is that of the council of an intercommunality."""
    return any(mot in normaliser(nom) for mot in COMMUNAUTAIRES)


def consultee_de_droit(instance: Instance) -> bool:
    """Return whether the law asks for the opinion of a body: conseil citoyen, conseil municipal (domaine.md §1.4)."""
    if instance.type == Type.ASSEMBLEE:
        return not est_communautaire(instance.nom)
    return bool(instance.type == Type.CONSEIL_CITOYEN)


def instances_usuelles(contrat: ContratVille, quartiers: Iterable[Territoire]) -> list[InstanceUsuelle]:
    """Return the usual bodies of a contract that it does not list, those that the law has consulted first.

    One conseil citoyen for each of `quartiers` (the QPV of the year), one conseil municipal for each of its communes,
    the conseil communautaire, the comité de pilotage.
    """
    connues = list(Instance.objects.filter(contrat=contrat).order_by("ordre", "nom"))
    usuelles = [
        *_conseils_citoyens(connues, list(quartiers)),
        *_conseils_municipaux(connues, _communes(contrat)),
    ]
    if not any(est_communautaire(connue.nom) for connue in connues):
        usuelles.append(InstanceUsuelle("Conseil communautaire", Type.ASSEMBLEE))
    if not any(connue.type == Type.COPIL for connue in connues):
        usuelles.append(InstanceUsuelle("Comité de pilotage", Type.COPIL))
    return usuelles


def _conseils_citoyens(connues: list[Instance], quartiers: list[Territoire]) -> list[InstanceUsuelle]:
    """Return those that miss; a known one that names none of the quartiers stands for them all."""
    noms = [normaliser(connue.nom) for connue in connues if connue.type == Type.CONSEIL_CITOYEN]
    if any(not any(normaliser(quartier.nom) in nom for quartier in quartiers) for nom in noms):
        return []
    if len(quartiers) == 1 and not noms:
        return [InstanceUsuelle("Conseil citoyen", Type.CONSEIL_CITOYEN, de_droit=True)]
    return [
        InstanceUsuelle(f"Conseil citoyen ({quartier.nom})", Type.CONSEIL_CITOYEN, de_droit=True)
        for quartier in quartiers
        if not any(normaliser(quartier.nom) in nom for nom in noms)
    ]


def _communes(contrat: ContratVille) -> list[Commune]:
    """Return the communes of the contract, those of its territories when it names none."""
    siennes = list(contrat.communes.order_by("nom"))
    return siennes or list(Commune.objects.filter(territoires__contrat=contrat).distinct().order_by("nom"))


def _conseils_municipaux(connues: list[Instance], communes: list[Commune]) -> list[InstanceUsuelle]:
    """Return those that miss; a « conseil municipal » that names no commune is that of the only one."""
    noms = [normaliser(connue.nom) for connue in connues if connue.type == Type.ASSEMBLEE]
    if len(communes) == 1 and "conseil municipal" in noms:
        return []
    return [
        InstanceUsuelle(f"Conseil municipal {_de(commune.nom)}", Type.ASSEMBLEE, de_droit=True)
        for commune in communes
        if not any(normaliser(commune.nom) in nom for nom in noms)
    ]


def _de(nom: str) -> str:
    """Return a name of place after « de »: « d'Alès », « du Havre », « des Mureaux », « de La Courneuve »."""
    if nom.startswith("Le "):
        return f"du {nom.removeprefix('Le ')}"
    if nom.startswith("Les "):
        return f"des {nom.removeprefix('Les ')}"
    return f"d'{nom}" if normaliser(nom)[:1] in tuple("aeiouh") else f"de {nom}"
