"""How long the list of actions takes in a base of 100 000 action-years, against one of 1 000.

    python benchmarks/liste_actions.py [--fois 5] [--grande 100000]

Two temporary databases hold the same thing, more or less often: contracts of ten years, fifty actions a year,
with their bilan, people and three funding lines; and one contract whose single year has 1 000 actions. The
same pages are opened in both, by the accounts that can: what is compared is the time and the number of
queries when the rest of the base grows, and when the year itself does. It prints and asserts nothing.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

RACINE = Path(__file__).resolve().parent.parent
PETITE, GRANDE = 1_000, 100_000
PAR_AN, ANNEES = 50, 10
GROSSE_ANNEE = 1_000
LOT = 5_000
PAGES = {
    "telle quelle": "",
    "cherchée et triée": "?q=jardin&tri=-accorde",
    "toutes colonnes": "?colonnes=porteur,axe,territoires,bilan,personnes,personnes_qpv,demande,accorde,hors_total",
    "bilans à recevoir": "?bilan=a_recevoir",
}
TITRES = ("Ateliers", "Jardin", "Fête", "Chantier", "Médiation", "Sport", "Lecture", "Santé")


def preparer() -> None:
    """Start Django on the database of `PILOTIS_DONNEES`."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()


# -- The database ----------------------------------------------------------------------------------
def peupler(taille: int) -> None:
    """Make the database: `taille` action-years in years of fifty, and one year of a thousand."""
    preparer()
    from django.core.management import call_command
    from django.db import transaction

    call_command("migrate", verbosity=0, skip_checks=True)
    with transaction.atomic():
        auteur = compte("auteur")
        for rang in range(max(taille // (PAR_AN * ANNEES), 1)):
            contrat(f"contrat-{rang}", ANNEES, PAR_AN, auteur)
        contrat("grosse-annee", 1, GROSSE_ANNEE, auteur)
    from django.db import connection

    with connection.cursor() as curseur:
        curseur.execute("ANALYZE")


def compte(nom: str) -> Any:
    from comptes.models import Utilisateur

    return Utilisateur.objects.create_user(f"{nom}@banc.example")


def contrat(slug: str, annees: int, par_an: int, auteur: Any) -> None:
    """Make a contract with its porteurs, axes, funders, years and actions, and an account of each role."""
    from datetime import date

    from django.utils import timezone

    from actions.models import Action, ActionAnnuelle, ActionTerritoire, Campagne
    from bilans.models import Bilan, Effectif
    from contrats.models import AccesContrat, Axe, ContratVille, Epci, Territoire
    from documents.normalisation import normaliser
    from financements.models import AccesFinanceur, Financeur, LigneFinancement
    from porteurs.models import AccesPorteur, Porteur

    epci = Epci.objects.create(nom=f"Agglomération {slug}")
    lui = ContratVille.objects.create(
        slug=slug,
        nom=slug,
        nom_court=slug,
        epci=epci,
        date_debut=date(2015, 1, 1),
        date_fin=date(2030, 12, 31),
    )
    territoire = Territoire.objects.create(contrat=lui, type="hors_qpv", nom="Ville")
    axes = [
        Axe.objects.create(contrat=lui, niveau=1, code=str(n), libelle=f"Enjeu {n}", ordre=n)
        for n in range(4)
    ]
    financeurs = [
        Financeur.objects.create(contrat=lui, nom=nom, sigle=nom, ordre=n, dans_total=nom != "CAF")
        for n, nom in enumerate(("Ville", "État", "CAF"))
    ]
    porteurs = [Porteur.objects.create(epci=epci, nom=f"Association {n}") for n in range(par_an // 2)]
    if slug in ("contrat-0", "grosse-annee"):
        AccesContrat.objects.create(utilisateur=compte(f"chargee-{slug}"), contrat=lui, role="charge_mission")
        AccesFinanceur.objects.create(utilisateur=compte(f"financeur-{slug}"), financeur=financeurs[1])
        AccesPorteur.objects.create(utilisateur=compte(f"porteur-{slug}"), porteur=porteurs[0])
    numeros = count()
    actions = []
    for n in range(par_an):
        titre = f"{TITRES[n % len(TITRES)]} {next(numeros)}"
        normalise = normaliser(titre)
        actions.append(
            Action(
                contrat=lui,
                porteur=porteurs[n % len(porteurs)],
                intitule=titre,
                intitule_normalise=normalise,
                recherche=normalise,
            )
        )
    Action.objects.bulk_create(actions, LOT)
    for annee in range(2024, 2024 - annees, -1):
        campagne = Campagne.objects.create(contrat=lui, annee=annee, bilan_echeance=date(annee + 1, 6, 30))
        lignes = ActionAnnuelle.objects.bulk_create(
            [
                ActionAnnuelle(action=action, campagne=campagne, ordre=n, axe=axes[n % 4], statut="realisee")
                for n, action in enumerate(actions)
            ],
            LOT,
        )
        ActionTerritoire.objects.bulk_create(
            [ActionTerritoire(action_annuelle=ligne, territoire=territoire) for ligne in lignes], LOT
        )
        LigneFinancement.objects.bulk_create(
            [
                LigneFinancement(
                    action_annuelle=ligne, financeur=f, montant_accorde=1000, montant_demande=1500
                )
                for ligne in lignes
                for f in financeurs
            ],
            LOT,
        )
        bilans = Bilan.objects.bulk_create(
            [
                Bilan(
                    action_annuelle=ligne,
                    statut="a_saisir" if n % 3 == 0 else "transmis",
                    realisation="" if n % 3 == 0 else "realisee",
                    transmis_le=None if n % 3 == 0 else timezone.now(),
                    transmis_par=None if n % 3 == 0 else auteur,
                )
                for n, ligne in enumerate(lignes)
            ],
            LOT,
        )
        Effectif.objects.bulk_create(
            [Effectif(bilan=bilan, sexe=sexe, valeur=12) for bilan in bilans for sexe in "FH"], LOT
        )


# -- The measures ----------------------------------------------------------------------------------
def mesurer(fois: int) -> dict[str, tuple[float, int, int]]:
    """Return, for each page, its median processor time in seconds, its number of queries and its number of rows."""
    preparer()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from comptes.models import Utilisateur

    mesures = {}
    for slug in ("contrat-0", "grosse-annee"):
        for role in ("chargee", "financeur", "porteur"):
            client = Client(SERVER_NAME="localhost")
            client.force_login(
                Utilisateur.objects.get(email=f"{role}-{slug}@banc.example"),
                backend="django.contrib.auth.backends.ModelBackend",
            )
            for nom, criteres in PAGES.items():
                if role != "chargee" and nom == "bilans à recevoir":
                    continue
                adresse = f"/{slug}/2024/actions/{criteres}"
                with CaptureQueriesContext(connection) as requetes:
                    reponse = client.get(adresse)
                # Counted now: the next request forgets them.
                nombre_requetes = len(requetes)
                if reponse.status_code != 200:
                    raise SystemExit(f"{adresse} répond {reponse.status_code}.")
                durees = []
                for _ in range(fois):
                    # SQLite works in this process: its own time is not disturbed by what else the machine does.
                    debut = process_time()
                    client.get(adresse)
                    durees.append(process_time() - debut)
                lignes = re.search(r'role="status">([\d\u202f]+)', reponse.content.decode())
                nombre = lignes.group(1).replace("\u202f", "") if lignes else "0"
                mesures[f"{slug} · {role} · {nom}"] = (median(durees), nombre_requetes, int(nombre))
    return mesures


def lancer(dossier: str, *arguments: str) -> str:
    """Run this file as another process on the database of `dossier`; return what it prints."""
    environnement = {
        **os.environ,
        "PILOTIS_DONNEES": dossier,
        "PYTHONPATH": str(RACINE),
        "NIVEAU_JOURNAL": "ERROR",
    }
    environnement.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, __file__, *arguments],
        env=environnement,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def main() -> None:
    analyseur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    analyseur.add_argument("--fois", type=int, default=5)
    analyseur.add_argument("--grande", type=int, default=GRANDE)
    analyseur.add_argument("--peupler", type=int)
    analyseur.add_argument("--mesurer", action="store_true")
    options = analyseur.parse_args()
    if options.peupler:
        peupler(options.peupler)
        return
    if options.mesurer:
        print(json.dumps(mesurer(options.fois)))
        return
    resultats = {}
    for taille in (PETITE, options.grande):
        with tempfile.TemporaryDirectory(prefix="pilotis-banc-") as dossier:
            debut = perf_counter()
            lancer(dossier, "--peupler", str(taille))
            print(
                f"Base de {taille:,} actions par an faite en {perf_counter() - debut:.0f} s.".replace(
                    ",", " "
                )
            )
            resultats[taille] = json.loads(lancer(dossier, "--mesurer", "--fois", str(options.fois)))
    petite, grande = resultats[PETITE], resultats[options.grande]
    print(f"{'page':<48}{'lignes':>7}{'requêtes':>14}{PETITE:>10}{options.grande:>10}{'rapport':>9}")
    for page, (duree, requetes, lignes) in petite.items():
        duree_2, requetes_2, _ = grande[page]
        print(
            f"{page:<48}{lignes:>7}{requetes:>7} {requetes_2:>6}{duree * 1000:>7.0f} ms{duree_2 * 1000:>7.0f} ms"
            f"{duree_2 / duree:>9.2f}"
        )


if __name__ == "__main__":
    main()
