"""The tabs of the rooms « Bilans » and « Financements »."""

from django.urls import reverse

from actions.situation import RequeteCampagne

from ..navigation import Lien

ONGLETS = (
    ("Suivi", "suivi_bilans"),
    ("Avancement", "avancement"),
    ("Saisie rapide", "saisie_rapide"),
    ("Campagne", "campagne"),
    ("Courriels", "courriels"),
)

# The last ones are those of who runs the contract.
ONGLETS_FINANCEMENTS = (
    ("Vue d'ensemble", "financements", "financements.lire_programme"),
    ("Programmation", "programmation", "financements.lire_programme"),
    ("Totaux", "programmation_totaux", "financements.lire_programme"),
    ("Enveloppes", "enveloppes", "financements.lire_programme"),
    ("Scénarios", "scenarios", "contrats.gerer"),
    ("Versements", "versements", "financements.lire_programme"),
    ("Données ouvertes", "donnees_ouvertes", "contrats.gerer"),
    ("Conventions", "conventions", "porteurs.lister_conventions"),
    ("Fiches des structures", "fiches_structure", "porteurs.lister_conventions"),
    ("Financeurs", "financeurs", "contrats.gerer"),
)


def onglets_bilans(request: RequeteCampagne, actif: str) -> list[Lien]:
    """Return the tabs as links, that of the page named `actif` marked."""
    return [
        Lien(libelle, reverse(nom, args=[request.contrat.slug, request.annee]), nom == actif)
        for libelle, nom in ONGLETS
    ]


def onglets_financements(request: RequeteCampagne, actif: str) -> list[Lien]:
    """Return the tabs that the account may open as links, that of the page named `actif` marked."""
    return [
        Lien(libelle, reverse(nom, args=[request.contrat.slug, request.annee]), nom == actif)
        for libelle, nom, permission in ONGLETS_FINANCEMENTS
        if request.user.has_perm(permission, request.contrat)
    ]
