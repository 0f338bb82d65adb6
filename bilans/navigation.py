"""The frame of a page: where one stands, and what the account may open from there.

In the highest room, since it names the pages and the permissions of all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from django.http import HttpRequest
from django.urls import reverse

from actions.situation import RequeteCampagne

# Rooms as the user calls them: label, url name, permission asked on the contract.
NAVIGATION = (
    ("Tableau de bord", "tableau_de_bord", "contrats.gerer"),
    ("Actions", "liste_actions", "actions.lister"),
    ("Bilans", "suivi_bilans", "contrats.gerer"),
    ("Financements", "financements", "financements.lire_programme"),
    ("Anomalies", "anomalies", "contrats.gerer"),
    ("Porteurs", "liste_porteurs", "financements.lire_programme"),
    ("Contrat", "contrat", "contrats.lire"),
    ("Annexes", "annexes", "contrats.lire"),
    ("Rapport", "rapport", "contrats.gerer"),
    ("Rapports à lire", "rapports", "contrats.lire"),
)
# Pages of the room « Financements » that have addresses of their own.
DES_FINANCEMENTS = ("programmation/", "versements/", "conventions/", "echeances/", "donnees-ouvertes/")
# Of the report of a year, what is read.
DES_RAPPORTS_LUS = ("rapport/lire/", "rapport/versions/")
AILLEURS: dict[str, Any] = {
    "contrat": None,
    "annee": None,
    "annees": [],
    "contrats": [],
    "navigation": [],
    "url_recherche": "",
    "en_archives": False,
    "url_desarchiver": "",
}


@dataclass(frozen=True)
class Lien:
    """A link, its words, and whether it leads to where one is."""

    libelle: str
    url: str
    actif: bool = False


def situation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the contract, the year, what can be opened; nothing of it on a page without a contract."""
    return _situation(request) if est_situee(request) else AILLEURS


def est_situee(request: HttpRequest) -> TypeGuard[RequeteCampagne]:
    """Return whether the request is within a contract and a year (`actions.situation` found both)."""
    return isinstance(getattr(request, "annee", None), int)


def _situation(request: RequeteCampagne) -> dict[str, Any]:
    contrat, annee = request.contrat, request.annee
    return {
        "contrat": contrat,
        "annee": annee,
        # Any reader of the contract may open the first page of another year.
        "annees": [
            Lien(str(c.annee), reverse("accueil_contrat", args=[contrat.slug, c.annee]), c.annee == annee)
            for c in request.campagnes
        ],
        "contrats": [
            Lien(c.nom_court, reverse("aller_au_contrat", args=[c.slug]), c == contrat)
            for c in request.contrats
        ],
        "navigation": navigation(request),
        "url_recherche": reverse("liste_actions", args=[contrat.slug, annee])
        if request.user.has_perm("actions.lister", contrat)
        else "",
        # Nothing of an archived year changes: base.html says it once, and no page shows a button that would be refused.
        "en_archives": request.campagne.est_archivee,
        "url_desarchiver": reverse("campagne_desarchiver", args=[contrat.slug, annee])
        if request.campagne.est_archivee and request.user.has_perm("contrats.gerer", contrat)
        else "",
    }


def navigation(request: RequeteCampagne) -> list[Lien]:
    """Return the links that the account may follow in this contract, the current room marked."""
    # Each permission is asked once: several rooms share one, and every page is framed.
    permises = {
        permission: request.user.has_perm(permission, request.contrat)
        for permission in dict.fromkeys(permission for _, _, permission in NAVIGATION)
    }
    ouvertes = {
        nom: (libelle, reverse(nom, args=[request.contrat.slug, request.annee]))
        for libelle, nom, permission in NAVIGATION
        if permises[permission]
    }
    courante = _courante(request.path, {nom: url for nom, (_, url) in ouvertes.items()})
    return [Lien(libelle, url, nom == courante) for nom, (libelle, url) in ouvertes.items()]


def _courante(chemin: str, urls: Mapping[str, str]) -> str:
    """Return the name of the room where a page is; blank when it is in none of those that the account may open."""
    # The dashboard's address begins every other: it is current only on itself.
    if chemin == urls.get("tableau_de_bord"):
        return "tableau_de_bord"
    actions = urls.get("liste_actions")
    # What comes in from a spreadsheet is the programme.
    if actions and chemin.startswith(actions.removesuffix("actions/") + "imports/"):
        return "liste_actions"
    # A bilan is at the address of its action, but belongs with the bilans for who follows them.
    if actions and chemin.startswith(actions) and "/bilan/" in chemin and "suivi_bilans" in urls:
        return "suivi_bilans"
    # A report is read at the address of its year, whoever composes it.
    rapports = urls.get("rapports")
    if rapports and chemin.startswith(
        tuple(rapports.removesuffix("rapports/") + d for d in DES_RAPPORTS_LUS)
    ):
        return "rapports"
    # What is planned, paid and agreed is money, at addresses of its own.
    argent = urls.get("financements")
    if argent and chemin.startswith(
        tuple(argent.removesuffix("financements/") + d for d in DES_FINANCEMENTS)
    ):
        return "financements"
    trouvees = (nom for nom, url in urls.items() if nom != "tableau_de_bord" and chemin.startswith(url))
    return next(trouvees, "")
