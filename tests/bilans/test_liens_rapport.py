"""No page of the annual report leads to a page that is not, or that its reader may not open."""

from collections import deque
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urldefrag, urljoin, urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from actions.models import ActionAnnuelle
from bilans.models import RapportAnnuel, SectionRapport, VersionRapport
from bilans.rapport import consultation
from bilans.rapport.redaction import Changement, ecrire_section, mettre_en_avant, ouvrir_rapport
from bilans.rapport.versions import figer
from contrats.models import Instance
from tests import fabriques

pytestmark = pytest.mark.django_db

ROLES = ("chargee", "conseil_citoyen", "commune", "copil", "porteur", "public")


@pytest.fixture(autouse=True)
def le_jour() -> Any:
    with time_machine.travel(datetime(2025, 6, 2, 10, tzinfo=UTC), tick=False) as jour:
        yield jour


class Liens(HTMLParser):
    """The addresses that a page leads to, and its identifiers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.adresses: set[str] = set()
        self.ancres: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        lus = dict(attrs)
        for nom in ("href", "src", "hx-get"):
            if (adresse := lus.get(nom)) and not adresse.startswith(("data:", "mailto:", "/static/")):
                self.adresses.add(adresse)
        if identifiant := lus.get("id"):
            self.ancres.add(identifiant)


class Parcours:
    """Everything that can be reached from some pages of the report, and what is wrong on the way."""

    def __init__(self, client: Client) -> None:
        self.client = client
        # the identifiers of each page, by what names it: its path, and which parameters it has
        self.vues: dict[tuple[str, ...], set[str]] = {}
        self.fautes: set[str] = set()

    def suivre(self, *departs: str) -> None:
        """Open every page that is reached; those of the report are read for what they lead to."""
        a_voir = deque((depart, "(départ)") for depart in departs)
        while a_voir:
            adresse, depuis = a_voir.popleft()
            page, ancre = urldefrag(adresse)
            cle = (urlsplit(page).path, *sorted(parse_qs(urlsplit(page).query)))
            if cle not in self.vues:
                a_voir += [(urljoin(page, lien), page) for lien in self._ouvrir(page, cle, depuis)]
            if ancre and not cle[1:] and self.vues[cle] and ancre not in self.vues[cle]:
                self.fautes.add(f"{depuis} : #{ancre} n'est pas dans {page}")

    def _ouvrir(self, page: str, cle: tuple[str, ...], depuis: str) -> set[str]:
        self.vues[cle] = set()
        reponse = self.client.get(page, follow=True)
        if reponse.status_code != 200:
            self.fautes.add(f"{depuis} : {page} répond {reponse.status_code}")
            return set()
        if reponse.streaming or not reponse["Content-Type"].startswith("text/html"):
            return set()
        liens = Liens(reponse.content.decode())
        self.vues[cle] = liens.ancres
        du_rapport = "/rapport" in cle[0] and "tri" not in cle
        return {lien for lien in liens.adresses if lien.startswith(("/", "?", "#"))} if du_rapport else set()


class Lieu:
    """A contract with the report of 2023 published and public, that of 2024 out for opinion; those who read them."""

    def __init__(self) -> None:
        self.campagne = fabriques.CampagneFactory(annee=2024, contrat__slug="dole")
        self.contrat = self.campagne.contrat
        passee = fabriques.CampagneFactory(annee=2023, contrat=self.contrat)
        self.chargee = fabriques.chargee_de_mission(self.contrat)
        axe = fabriques.AxeFactory(contrat=self.contrat)
        self.porteurs = [self._agir(campagne, axe) for campagne in (passee, self.campagne)]
        fabriques.TerritoireFactory(contrat=self.contrat)
        self._publier(self._ecrire(2023))
        rapport = self._ecrire(2024)
        instances = [
            fabriques.InstanceFactory(contrat=self.contrat, type=type_)
            for type_ in (Instance.Type.CONSEIL_CITOYEN, Instance.Type.ASSEMBLEE)
        ]
        consultation.envoyer_pour_avis(self.chargee, rapport, instances, date(2025, 7, 10))
        membres = [fabriques.membre_du_copil(self.contrat), fabriques.membre_du_copil(self.contrat)]
        for instance, membre in zip(instances, membres, strict=True):
            fabriques.MembreInstanceFactory(instance_siegee=instance, utilisateur=membre)
        self.comptes = {
            "chargee": self.chargee,
            "conseil_citoyen": membres[0],
            "commune": membres[1],
            "copil": fabriques.membre_du_copil(self.contrat),
            "porteur": fabriques.representant_du_porteur(self.porteurs[0]),
        }

    def _agir(self, campagne: Any, axe: Any) -> Any:
        porteur = fabriques.PorteurFactory(epci=self.contrat.epci)
        action = fabriques.ActionFactory(contrat=self.contrat, porteur=porteur)
        annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action, axe=axe)
        fabriques.LigneFinancementFactory(action_annuelle=annuelle)
        fabriques.BilanFactory(action_annuelle=annuelle, valide=True)
        return porteur

    def _ecrire(self, annee: int) -> RapportAnnuel:
        rapport = ouvrir_rapport(self.chargee, self.contrat, annee)
        section = SectionRapport.objects.get(rapport=rapport, code="orientations")
        ecrire_section(self.chargee, section, {"texte": Changement("", "Un récit, et un quartier.")})
        annuelles = ActionAnnuelle.objects.filter(campagne__contrat=self.contrat, campagne__annee=annee)
        mettre_en_avant(self.chargee, rapport, annuelles.order_by("pk")[0])
        return rapport

    def _publier(self, rapport: RapportAnnuel) -> None:
        RapportAnnuel.objects.filter(pk=rapport.pk).update(
            statut="publie",
            publie_le=datetime(2025, 6, 2, 9, tzinfo=UTC),
            deliberation=fabriques.DeliberationFactory(contrat=self.contrat, date=date(2024, 6, 30)),
        )
        rapport.refresh_from_db()
        figer(self.chargee, rapport, VersionRapport.Nature.PUBLIEE, "Publication.")
        consultation.donner_une_adresse(self.chargee, rapport, "dole-2023")

    def departs(self, role: str) -> list[str]:
        if role == "public":
            return [reverse("rapport_public", args=["dole-2023"])]
        liste = reverse("rapports", args=["dole", 2024])
        composer = [reverse("rapport", args=["dole", 2024])] if role == "chargee" else []
        return ["/", liste, f"{liste}?q=un", *composer]


@pytest.mark.parametrize("role", ROLES)
def test_every_link_of_the_report_opens(role: str) -> None:
    lieu = Lieu()
    client = Client()
    if role in lieu.comptes:
        client.force_login(lieu.comptes[role])
    parcours = Parcours(client)
    parcours.suivre(*lieu.departs(role))
    assert sorted(parcours.fautes) == []
    # It went further than where it began.
    assert len([cle for cle in parcours.vues if "/annexes/" in cle[0]]) > 3
