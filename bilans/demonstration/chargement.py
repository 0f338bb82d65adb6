"""Loading the four territories, all or nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from comptes.models import Utilisateur
from contrats.models import ContratVille
from financements.nomenclatures import charger_nomenclatures

from . import bagnols, besancon, comptes, dijon, dole, rapports
from .ecriture import Ecriture
from .sources import cadre


@dataclass(frozen=True)
class Demonstration:
    """A territory: its name in `cadre.json`, the address of its contract, its size, how to load it."""

    nom: str
    slug: str
    etapes: Callable[[], int]
    charger: Callable[[Ecriture], ContratVille]


TERRITOIRES = (
    Demonstration("dole", dole.SLUG, dole.etapes, dole.charger),
    Demonstration("bagnols", bagnols.SLUG, bagnols.etapes, bagnols.charger),
    Demonstration("besancon", besancon.SLUG, besancon.etapes, besancon.charger),
    Demonstration("dijon", dijon.SLUG, dijon.etapes, dijon.charger),
)


@dataclass(frozen=True)
class Resultat:
    """What was done: the contracts that were loaded, those left as they were, the accounts created."""

    charges: list[ContratVille]
    deja_la: list[ContratVille]
    comptes: int


def a_charger() -> list[Demonstration]:
    """Return the territories whose contract is not there yet."""
    presents = set(ContratVille.objects.values_list("slug", flat=True))
    return [territoire for territoire in TERRITOIRES if territoire.slug not in presents]


def nombre_d_etapes() -> int:
    """Return how many times `charger_demonstration` will call `avancer`."""
    return sum(territoire.etapes() for territoire in a_charger())


@transaction.atomic
def charger_demonstration(
    *, avec_comptes: bool, avec_mots_de_passe: bool, avancer: Callable[[], object] = lambda: None
) -> Resultat:
    """Load what is missing of the demonstration, and leave the rest as people made it.

    Without accounts, the data is loaded in the name of an account that nobody can sign in with. Raises
    OSError or JSONDecodeError when a file of `fixtures/` cannot be read, ValidationError when what it says breaks
    a rule; nothing is then written.
    """
    charger_nomenclatures()
    nouveaux = a_charger()
    crees = comptes.creer_comptes(avec_mots_de_passe) if avec_comptes else set()
    charges = [
        territoire.charger(Ecriture(_auteur(territoire, avec_comptes), avancer)) for territoire in nouveaux
    ]
    if avec_comptes:
        auteur = Utilisateur.objects.get(email=cadre("comptes")["administrateurs"][0])
        comptes.donner_acces(Ecriture(auteur), crees, {contrat.slug for contrat in charges})
        rapports.ouvrir_les_rapports(charges)
    slugs = [territoire.slug for territoire in TERRITOIRES if territoire not in nouveaux]
    return Resultat(charges, list(ContratVille.objects.filter(slug__in=slugs)), len(crees))


def _auteur(territoire: Demonstration, avec_comptes: bool) -> Utilisateur:
    if not avec_comptes:
        return comptes.compte_de_reprise()
    return Utilisateur.objects.get(email=cadre("comptes")["auteurs"][territoire.nom])
