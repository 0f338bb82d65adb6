"""The tabs of the room « Bilans »."""

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


def onglets_bilans(request: RequeteCampagne, actif: str) -> list[Lien]:
    """Return the tabs as links, that of the page named `actif` marked."""
    return [
        Lien(libelle, reverse(nom, args=[request.contrat.slug, request.annee]), nom == actif)
        for libelle, nom in ONGLETS
    ]
