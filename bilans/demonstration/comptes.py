"""The accounts of the demonstration and what each one may see."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.hashers import make_password

from comptes.demonstration import COMPTES, CompteDemonstration
from comptes.models import Utilisateur
from contrats.models import AccesContrat, ContratVille
from financements.models import AccesFinanceur, Financeur
from porteurs.models import AccesPorteur, Porteur

from .ecriture import Ecriture
from .sources import cadre


def creer_comptes(avec_mot_de_passe: bool) -> set[str]:
    """Create the accounts that are missing and return the addresses of those.

    `avec_mot_de_passe` gives each its published password; without, nobody can sign in with it. An account
    that is already there keeps its password; one that has none gets it.
    """
    administrateurs = cadre("comptes")["administrateurs"]
    connus = {compte.email: compte for compte in Utilisateur.objects.all()}
    # Hashing is slow on purpose: the same password is hashed once.
    empreintes = {mot: make_password(mot) for mot in {c.mot_de_passe for c in COMPTES}}
    crees = set()
    for decrit in COMPTES:
        compte = connus.get(decrit.email) or _nouveau(decrit, decrit.email in administrateurs)
        if avec_mot_de_passe and not compte.has_usable_password():
            compte.password = empreintes[decrit.mot_de_passe]
            compte.save()
        if compte.email not in connus:
            compte.save()
            crees.add(compte.email)
    return crees


def _nouveau(decrit: CompteDemonstration, administrateur: bool) -> Utilisateur:
    compte = Utilisateur(
        email=decrit.email,
        prenom=decrit.prenom,
        nom=decrit.nom,
        fonction=decrit.fonction,
        is_staff=administrateur,
        is_superuser=administrateur,
    )
    compte.set_unusable_password()
    return compte


def compte_de_reprise() -> Utilisateur:
    """Return the account in whose name data is loaded without demonstration accounts; nobody signs in with it."""
    lu = cadre("comptes")["reprise"]
    compte = Utilisateur.objects.filter(email=lu["email"]).first()
    return compte or Utilisateur.objects.create_user(lu["email"], nom=lu["nom"], is_active=False)


def donner_acces(ecriture: Ecriture, comptes: Collection[str], contrats: Collection[str]) -> None:
    """Give what `cadre.json` says to the accounts just created, and on the contracts just loaded.

    An access that someone took away from an older account on an older contract stays taken away.
    """
    for lu in cadre("comptes")["acces"]:
        if lu["compte"] not in comptes and lu["contrat"] not in contrats:
            continue
        contrat = ContratVille.objects.filter(slug=lu["contrat"]).first()
        if contrat is not None:
            _donner(ecriture, Utilisateur.objects.get(email=lu["compte"]), contrat, lu)


def _donner(ecriture: Ecriture, compte: Utilisateur, contrat: ContratVille, lu: Any) -> None:
    """Give an access; nothing when it is already there, or when what it is on was deleted or renamed."""
    if "porteur" in lu:
        porteur = Porteur.objects.filter(epci=contrat.epci, nom=lu["porteur"]).first()
        if porteur and not AccesPorteur.objects.filter(utilisateur=compte, porteur=porteur).exists():
            role = AccesPorteur.Role.ADMINISTRATEUR
            ecriture.creer(AccesPorteur, utilisateur=compte, porteur=porteur, role=role)
    elif "financeur" in lu:
        financeur = Financeur.objects.filter(contrat=contrat, sigle=lu["financeur"]).first()
        if financeur and not AccesFinanceur.objects.filter(utilisateur=compte, financeur=financeur).exists():
            ecriture.creer(AccesFinanceur, utilisateur=compte, financeur=financeur)
    elif not AccesContrat.objects.filter(utilisateur=compte, contrat=contrat).exists():
        ecriture.creer(AccesContrat, utilisateur=compte, contrat=contrat, role=lu["role"])
