"""Every address × every role × an object of one's own, of a colleague, of another contract.

The table `ADRESSES` says who opens what; an address missing from it fails the suite. Whatever is not
opened answers 404 when the account may not know that it exists, 403 with a sentence when it sees the object
but may not do that, and sends a visitor to the sign-in page. A GET never writes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from bilans.models import Bilan
from comptes.models import Utilisateur
from tests import fabriques

pytestmark = pytest.mark.django_db

CHARGEE, PORTEUR, FINANCEUR, COPIL, ADMIN = "chargee", "porteur", "financeur", "copil", "administrateur"
# Those whom nothing of the contract of the test concerns.
AUTRE_CHARGEE, SANS_ACCES, INACTIF = "autre_chargee", "sans_acces", "inactif"
LECTEURS = {CHARGEE, PORTEUR, FINANCEUR, COPIL, ADMIN}
ETRANGERS = {AUTRE_CHARGEE, SANS_ACCES}
GESTION = {CHARGEE, ADMIN}
ECRITURE = re.compile(r"^\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.I)


@dataclass
class Monde:
    """Two contracts with the same things in them; accounts of every role in the first."""

    comptes: dict[str, Utilisateur | None]
    objets: dict[str, Any] = field(default_factory=dict)

    def adresse(self, nom: str, contrat: str = "contrat", **remplacements: Any) -> str:
        """Return the address `nom` for the objects of the first contract, some of them replaced."""
        campagne = self.objets[f"campagne_{contrat}"]
        arguments = {"contrat": campagne.contrat.slug, "annee": campagne.annee}
        valeurs = ADRESSES[nom].arguments(self.objets)
        return reverse(nom, kwargs=arguments | valeurs | remplacements)

    def mettre_le_bilan(self, situation: str) -> None:
        """Put the bilan of the first contract's action in `situation` (a trait of the factory)."""
        action = self.objets["action_contrat"]
        Bilan.objects.filter(action_annuelle=action).delete()
        fabriques.BilanFactory(action_annuelle=action, **{situation: True})


@dataclass(frozen=True)
class Adresse:
    """Who may open an address, and with what it is built."""

    ouverte_a: set[str]
    objet: str = ""  # key of Monde.objets whose `cle` (or pk) is in the address
    parametre: str = "cle"
    autres: tuple[tuple[str, str], ...] = ()
    situation: str = "en_saisie"  # what the bilan must be for the page to have a purpose

    def arguments(self, objets: dict[str, Any], objet: str = "") -> dict[str, Any]:
        valeurs: dict[str, Any] = dict(self.autres)
        if self.objet:
            cible = objets[objet or self.objet]
            valeurs[self.parametre] = getattr(cible, "cle", cible.pk)
        return valeurs


ADRESSES: dict[str, Adresse] = {
    "tableau_de_bord": Adresse(GESTION),
    "accueil_contrat": Adresse(LECTEURS),
    "liste_actions": Adresse({CHARGEE, PORTEUR, FINANCEUR, ADMIN}),
    "action_detail": Adresse({CHARGEE, PORTEUR, FINANCEUR, ADMIN}, "action"),
    "bilan_detail": Adresse({CHARGEE, PORTEUR, ADMIN}, "action"),
    "bilan_saisir": Adresse({CHARGEE, PORTEUR, ADMIN}, "action"),
    "bilan_transmettre": Adresse({CHARGEE, PORTEUR, ADMIN}, "action"),
    "bilan_valider": Adresse(GESTION, "action"),
    "bilan_renvoyer": Adresse(GESTION, "action", situation="transmis"),
    "bilan_rouvrir": Adresse(GESTION, "action", situation="valide"),
    "bilan_dispenser": Adresse(GESTION, "action"),
    "suivi_bilans": Adresse(GESTION),
    "financements": Adresse({CHARGEE, FINANCEUR, ADMIN}),
    "liste_porteurs": Adresse({CHARGEE, FINANCEUR, ADMIN}),
    "porteur_detail": Adresse({CHARGEE, PORTEUR, FINANCEUR, ADMIN}, "porteur"),
    "annexes": Adresse(LECTEURS),
    "annexe": Adresse({CHARGEE, PORTEUR, FINANCEUR, ADMIN}, autres=(("nom", "porteurs"),)),
    "annexe_fichier": Adresse(
        {CHARGEE, PORTEUR, FINANCEUR, ADMIN}, autres=(("nom", "porteurs"), ("format", "csv"))
    ),
    "action_creer": Adresse(GESTION),
    "action_modifier": Adresse(GESTION, "action"),
    "porteur_creer": Adresse(GESTION),
    "porteur_modifier": Adresse(GESTION, "porteur"),
    "ligne_ajouter": Adresse(GESTION, "action"),
    "ligne_modifier": Adresse(GESTION, "ligne"),
    "ligne_supprimer": Adresse(GESTION, "ligne"),
    "montants_trancher": Adresse(GESTION, "action"),
    "contrat": Adresse(LECTEURS),
    "territoire": Adresse(LECTEURS, "territoire", "pk"),
}
# Outside the contracts: open to every account, or to everybody.
COMMUNES = {"accueil", "aller_au_contrat"}
PUBLIQUES = {"accessibilite", "donnees_personnelles", "demonstration_courriels", "sante"}


def noms_d_adresses(resolveur: URLResolver | None = None) -> Iterator[str]:
    """Yield the name of every address of the application, the library's and the admin's left out."""
    for motif in (resolveur or get_resolver()).url_patterns:
        if isinstance(motif, URLResolver):
            if (
                motif.app_name != "admin"
                and getattr(motif.urlconf_name, "__name__", "") != "allauth.account.urls"
            ):
                yield from noms_d_adresses(motif)
        elif isinstance(motif, URLPattern) and motif.name:
            yield motif.name


def _contrat_peuple(suffixe: str, objets: dict[str, Any]) -> None:
    contrat = fabriques.ContratFactory()
    campagne = fabriques.CampagneFactory(contrat=contrat)
    territoire = fabriques.TerritoireFactory(contrat=contrat)
    porteur = fabriques.PorteurFactory(epci=contrat.epci)
    action = fabriques.ActionAnnuelleFactory(
        campagne=campagne,
        action=fabriques.ActionFactory(contrat=contrat, porteur=porteur),
        territoires=[territoire],
    )
    ligne = fabriques.LigneFinancementFactory(action_annuelle=action)
    fabriques.AmbiguiteFactory(action_annuelle=action, lectures=[ligne.financeur, ligne.financeur])
    objets |= {
        f"campagne_{suffixe}": campagne,
        f"action_{suffixe}": action,
        f"bilan_{suffixe}": fabriques.BilanFactory(action_annuelle=action, en_saisie=True),
        f"porteur_{suffixe}": porteur,
        f"ligne_{suffixe}": ligne,
        f"territoire_{suffixe}": territoire,
    }


@pytest.fixture
def monde() -> Monde:
    objets: dict[str, Any] = {}
    for suffixe in ("contrat", "etranger"):
        _contrat_peuple(suffixe, objets)
    contrat = objets["campagne_contrat"].contrat
    # A colleague of the porteur, in the same contract: what it owns must stay its own.
    voisin = fabriques.PorteurFactory(epci=contrat.epci)
    action_voisine = fabriques.ActionAnnuelleFactory(
        campagne=objets["campagne_contrat"],
        action=fabriques.ActionFactory(contrat=contrat, porteur=voisin),
    )
    ligne_voisine = fabriques.LigneFinancementFactory(action_annuelle=action_voisine)
    fabriques.AmbiguiteFactory(action_annuelle=action_voisine)
    fabriques.BilanFactory(action_annuelle=action_voisine, en_saisie=True)
    objets |= {
        "action": objets["action_contrat"],
        "porteur": objets["porteur_contrat"],
        "ligne": objets["ligne_contrat"],
        "territoire": objets["territoire_contrat"],
        "action_voisine": action_voisine,
        "porteur_voisin": voisin,
        "ligne_voisine": ligne_voisine,
    }
    comptes = {
        CHARGEE: fabriques.chargee_de_mission(contrat),
        PORTEUR: fabriques.representant_du_porteur(objets["porteur"]),
        FINANCEUR: fabriques.representant_du_financeur(objets["ligne"].financeur),
        COPIL: fabriques.membre_du_copil(contrat),
        ADMIN: fabriques.administrateur(),
        AUTRE_CHARGEE: fabriques.chargee_de_mission(objets["campagne_etranger"].contrat),
        SANS_ACCES: fabriques.UtilisateurFactory(is_staff=True),
    }
    return Monde(comptes, objets)


def ouvrir(monde: Monde, role: str, adresse: str, methode: str = "get") -> Any:
    """Return the answer to `role` at `adresse`, and check that a GET wrote nothing."""
    client = Client()
    client.force_login(monde.comptes[role], backend="django.contrib.auth.backends.ModelBackend")
    with CaptureQueriesContext(connection) as capture:
        reponse = getattr(client, methode)(adresse)
    ecritures = [
        q["sql"]
        for q in capture.captured_queries
        if ECRITURE.match(q["sql"]) and "django_session" not in q["sql"]
    ]
    if methode == "get" or reponse.status_code in (403, 404):
        assert ecritures == [], f"{methode} {adresse} ({role}) a écrit"
    return reponse


def test_every_address_is_in_the_table() -> None:
    noms = set(noms_d_adresses())
    assert noms - set(ADRESSES) - COMMUNES - PUBLIQUES == set()
    assert (set(ADRESSES) | COMMUNES | PUBLIQUES) - noms == set()


@pytest.mark.parametrize("nom", ADRESSES)
def test_who_opens(monde: Monde, nom: str) -> None:
    adresse, regle = monde.adresse(nom), ADRESSES[nom]
    monde.mettre_le_bilan(regle.situation)
    for role in LECTEURS:
        statut = ouvrir(monde, role, adresse).status_code
        if role in regle.ouverte_a:
            assert statut in (200, 302, 409), f"{nom} est fermée à {role} ({statut})"
        else:
            assert statut in (403, 404), f"{nom} est ouverte à {role} ({statut})"


@pytest.mark.parametrize("nom", ADRESSES)
def test_strangers_do_not_know_that_it_exists(monde: Monde, nom: str) -> None:
    for role in ETRANGERS:
        for methode in ("get", "post"):
            assert ouvrir(monde, role, monde.adresse(nom), methode).status_code == 404, f"{nom}, {role}"


@pytest.mark.parametrize("nom", ADRESSES)
def test_a_visitor_is_asked_to_sign_in(monde: Monde, nom: str) -> None:
    adresse = monde.adresse(nom)
    reponse = Client().get(adresse)
    assert reponse.status_code == 302
    assert reponse.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("nom", [nom for nom, regle in ADRESSES.items() if regle.objet])
def test_an_object_of_another_contract_is_not_found(monde: Monde, nom: str) -> None:
    """Whether under the address of one's own contract, or under that of the other."""
    regle = ADRESSES[nom]
    etranger = regle.arguments(monde.objets, f"{regle.objet}_etranger")
    for role in LECTEURS - {ADMIN}:
        for contrat in ("contrat", "etranger"):
            for methode in ("get", "post"):
                reponse = ouvrir(monde, role, monde.adresse(nom, contrat, **etranger), methode)
                # A page that is only read answers 405 to any POST, whatever the key: it tells nothing.
                permis = (403, 404) if methode == "get" else (403, 404, 405)
                assert reponse.status_code in permis, f"{nom}, {role}, {contrat}, {methode}"
                if role in regle.ouverte_a and reponse.status_code != 405:
                    assert reponse.status_code == 404, f"{nom}, {role}, {contrat}, {methode}"
    # The administrator sees both contracts, yet no object under the address of the other.
    assert ouvrir(monde, ADMIN, monde.adresse(nom, "contrat", **etranger)).status_code == 404


VOISINS = {"action": "action_voisine", "porteur": "porteur_voisin", "ligne": "ligne_voisine"}


@pytest.mark.parametrize("nom", [nom for nom, regle in ADRESSES.items() if regle.objet in VOISINS])
def test_a_porteur_does_not_see_its_neighbour(monde: Monde, nom: str) -> None:
    voisin = ADRESSES[nom].arguments(monde.objets, VOISINS[ADRESSES[nom].objet])
    for methode in ("get", "post"):
        statut = ouvrir(monde, PORTEUR, monde.adresse(nom, **voisin), methode).status_code
        permis = (404,) if methode == "get" else (404, 405)
        assert statut in permis, f"{nom} ({methode}) répond {statut}"


@pytest.mark.parametrize("nom", ["ligne_modifier", "ligne_supprimer"])
def test_a_financeur_does_not_see_another_s_line(monde: Monde, nom: str) -> None:
    voisine = ADRESSES[nom].arguments(monde.objets, "ligne_voisine")
    assert ouvrir(monde, FINANCEUR, monde.adresse(nom, **voisine)).status_code == 404


@pytest.mark.parametrize("nom", ADRESSES)
def test_posting_is_closed_to_those_who_may_not(monde: Monde, nom: str) -> None:
    for role in LECTEURS - ADRESSES[nom].ouverte_a:
        assert ouvrir(monde, role, monde.adresse(nom), "post").status_code in (403, 404, 405), (
            f"{nom}, {role}"
        )


def test_a_year_without_campaign_is_not_found(monde: Monde) -> None:
    slug = monde.objets["campagne_contrat"].contrat.slug
    adresse = reverse("tableau_de_bord", kwargs={"contrat": slug, "annee": 1999})
    assert ouvrir(monde, ADMIN, adresse).status_code == 404


def test_a_closed_account_opens_nothing(monde: Monde) -> None:
    compte = monde.comptes[CHARGEE]
    assert compte is not None
    client = Client()
    client.force_login(compte, backend="django.contrib.auth.backends.ModelBackend")
    compte.is_active = False
    compte.save()
    assert client.get(monde.adresse("tableau_de_bord")).status_code == 302


@pytest.mark.parametrize("statut", ["a_saisir", "en_saisie", "transmis", "a_completer", "dispense"])
def test_a_financeur_reads_validated_bilans_only(monde: Monde, statut: str) -> None:
    action = fabriques.ActionAnnuelleFactory(
        campagne=monde.objets["campagne_contrat"],
        action=fabriques.ActionFactory(contrat=monde.objets["campagne_contrat"].contrat),
    )
    situation = {} if statut in ("a_saisir", "dispense") else {statut: True}
    bilan = fabriques.BilanFactory(action_annuelle=action, **situation)
    Bilan.objects.filter(pk=bilan.pk).update(statut=statut)
    adresse = monde.adresse("bilan_detail", cle=action.cle)
    assert ouvrir(monde, FINANCEUR, adresse).status_code == 404


def test_a_financeur_reads_a_validated_bilan(monde: Monde) -> None:
    action = fabriques.ActionAnnuelleFactory(
        campagne=monde.objets["campagne_contrat"],
        action=fabriques.ActionFactory(contrat=monde.objets["campagne_contrat"].contrat),
    )
    fabriques.BilanFactory(action_annuelle=action, valide=True)
    assert ouvrir(monde, FINANCEUR, monde.adresse("bilan_detail", cle=action.cle)).status_code == 200


def test_staff_alone_opens_nothing_in_the_admin(monde: Monde) -> None:
    client = Client()
    client.force_login(monde.comptes[SANS_ACCES], backend="django.contrib.auth.backends.ModelBackend")
    for modele in ("bilans/bilan", "contrats/contratville", "comptes/utilisateur"):
        assert client.get(f"/admin/{modele}/").status_code in (403, 404)
