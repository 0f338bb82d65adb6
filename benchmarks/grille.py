"""The grid of the programming: 60 actions × 8 funders, opened, then typed cell by cell.

    PYTHONPATH=. .venv/bin/python benchmarks/grille.py [--actions 60] [--financeurs 8] [--fois 3]

Prints what opening the page takes and weighs, then what saving a cell takes beside a bare request: a page of the same
site, signed in, that reads as little as a page can. Milliseconds of processor, the client included; the database is a
temporary one; nothing is asserted.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from functools import partial
from statistics import median, quantiles
from time import process_time


def preparer(dossier: str) -> None:
    """Start Django on a database of its own."""
    os.environ.update(
        PILOTIS_DONNEES=dossier, DJANGO_SETTINGS_MODULE="config.settings", NIVEAU_JOURNAL="ERROR"
    )
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def peupler(actions: int, financeurs: int) -> tuple[object, object]:
    """Write the year; return its campaign and the account that runs the contract."""
    from decimal import Decimal

    from actions.models import ActionAnnuelle, Campagne
    from tests import fabriques

    contrat = fabriques.ContratFactory(slug="banc")
    campagne = fabriques.CampagneFactory(contrat=contrat, statut=Campagne.Statut.INSTRUITE)
    for rang in range(financeurs):
        financeur = fabriques.FinanceurFactory(
            contrat=contrat, nom=f"Financeur {rang}", sigle=f"F{rang}", ordre=rang
        )
        fabriques.EnveloppeFactory(financeur=financeur, campagne=campagne, montant=Decimal(10_000_000))
    for rang in range(actions):
        action = fabriques.ActionFactory(contrat=contrat, intitule=f"Action {rang}")
        fabriques.ActionAnnuelleFactory(
            campagne=campagne, action=action, ordre=rang, statut=ActionAnnuelle.Statut.DEPOSEE
        )
    return campagne, fabriques.chargee_de_mission(contrat)


def chronometrer(faire: Callable[[], object]) -> float:
    """Return what a call takes, in milliseconds of processor: a busy machine changes it little."""
    debut = process_time()
    faire()
    return (process_time() - debut) * 1000


def mesurer(actions: int, financeurs: int, fois: int) -> None:
    """Print the figures: the page, the bare request, the cells."""
    from django.test import Client
    from django.urls import reverse

    from financements.programmation import colonnes_de

    campagne, chargee = peupler(actions, financeurs)
    client = Client(headers={"host": "localhost"})
    client.force_login(chargee, backend="django.contrib.auth.backends.ModelBackend")
    lieu = [campagne.contrat.slug, campagne.annee]
    page, nue = reverse("programmation", args=lieu), reverse("contrat", args=lieu)
    cellule = reverse("programmation_cellule", args=lieu) + "?montant=propose"
    colonnes = colonnes_de(chargee, campagne)
    annuelles = list(campagne.actions.order_by("ordre"))

    def ecrire(annuelle: object, colonne: object, avant: str, apres: str) -> None:
        corps = {"ligne": annuelle.cle, "champs": {colonne.cle: {"avant": avant, "apres": apres}}}
        reponse = client.post(cellule, json.dumps(corps), content_type="application/json")
        if list(reponse.json().get("enregistres", [])) != [colonne.cle]:
            raise SystemExit(f"Une case n'est pas enregistrée : {reponse.content.decode()}")

    client.get(page), client.get(nue)
    nues = [chronometrer(partial(client.get, nue)) for _ in range(30)]
    premieres, suivantes = [], []
    for rang, annuelle in enumerate(annuelles):
        for place, colonne in enumerate(colonnes):
            montant = str(100 + rang * 10 + place)
            premieres.append(chronometrer(partial(ecrire, annuelle, colonne, "", montant)))
    for rang, annuelle in enumerate(annuelles):
        for place, colonne in enumerate(colonnes):
            avant = str(100 + rang * 10 + place)
            suivantes.append(chronometrer(partial(ecrire, annuelle, colonne, avant, str(int(avant) + 1))))
    pages = [chronometrer(partial(client.get, page)) for _ in range(fois)]
    poids = len(client.get(page).content) / 1024
    base = median(nues)
    print(f"{actions} actions × {financeurs} financeurs, {len(annuelles) * len(colonnes)} cases")
    print(f"page faite en            {median(pages):7.0f} ms, {poids:.0f} ko")
    print(f"requête nue              {base:7.1f} ms")
    for nom, durees in (("case écrite", premieres), ("case corrigée", suivantes)):
        lente = quantiles(durees, n=20)[-1]
        print(
            f"{nom:<24} {median(durees):7.1f} ms, {median(durees) / base:.1f} × la requête nue, "
            f"95 % sous {lente:.0f} ms"
        )


def main() -> None:
    analyseur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    analyseur.add_argument("--actions", type=int, default=60)
    analyseur.add_argument("--financeurs", type=int, default=8)
    analyseur.add_argument("--fois", type=int, default=3)
    options = analyseur.parse_args()
    with tempfile.TemporaryDirectory(prefix="pilotis-banc-") as dossier:
        preparer(dossier)
        mesurer(options.actions, options.financeurs, options.fois)


if __name__ == "__main__":
    main()
