"""Forty associations that save their drafts and submit at the same time: what is saved is in the database.

    python benchmarks/charge_bilans.py [--associations 40] [--saisies 30] [--bases sqlite,postgresql] [--pause 0.05]

A real gunicorn, with the settings of production, on a temporary database; each association is a signed-in
account with its own connection, which types (autosaves of one to three fields, some long), then submits, half of
them twice at once (a double click). Every answer that says « saved » is noted; afterwards the database is read, and
each noted value must be there, each submission once, with one receipt. It prints saves per second, the 95th
percentile and the errors; the ratios between the two databases are those of one run. It leaves with 1 when
something that was accepted is not in the database.
"""

import argparse
import http.client
import json
import os
import random
import secrets
import signal
import socket
import string
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

RACINE = Path(__file__).resolve().parent.parent
GRAINE = 2025
BASES = ("sqlite", "postgresql")
TEXTES = ("mise_en_oeuvre", "objectifs_atteints", "points_forts", "difficultes", "perspectives", "moyens")
NOMBRES = ("total_ensemble_F", "total_ensemble_H", "salaries", "benevoles", "nombre_seances")
PHRASES = (
    "Douze ateliers ont eu lieu, le mercredi, à la maison de quartier.",
    "Les familles sont venues plus nombreuses qu'à l'automne : « on s'y sent bien ».",
    "Il a manqué un véhicule pour les sorties à Besançon.\nNous avons marché.",
    "Œuvre commune des enfants et des aînés, montrée à la médiathèque 🎨.",
)
COOKIE_CSRF = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))


# -- The world ---------------------------------------------------------------------------------------
def preparer_django() -> None:
    """Start Django on the database of `PILOTIS_DONNEES` or `DATABASE_URL`."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()


def peupler(combien: int) -> list[dict[str, str]]:
    """Make a contract whose bilans are open and `combien` associations; return what each client needs to know."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.core.management import call_command

    sys.path.insert(0, str(RACINE))
    call_command("migrate", verbosity=0)
    call_command("charger_nomenclatures", verbosity=0)
    from tests import fabriques as f

    contrat = f.ContratFactory()
    campagne = f.CampagneFactory(contrat=contrat)
    clients = []
    for _ in range(combien):
        porteur = f.PorteurFactory(epci=contrat.epci)
        action = f.ActionAnnuelleFactory(
            campagne=campagne, action=f.ActionFactory(contrat=contrat, porteur=porteur)
        )
        f.BilanFactory(action_annuelle=action)
        compte = f.representant_du_porteur(porteur)
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(compte.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = compte.get_session_auth_hash()
        session.save()
        adresse = f"/{contrat.slug}/{campagne.annee}/actions/{action.cle}/bilan/"
        clients.append({"session": session.session_key, "adresse": adresse, "cle": action.cle})
    return clients


# -- An association ------------------------------------------------------------------------------------
@dataclass
class Association:
    """One account on one connection: what it was told is saved, how long each answer took, what failed."""

    adresse: str
    cle: str
    session: str
    port: int
    saisies: int
    pause: float
    hasard: random.Random
    acceptes: dict[str, str] = field(default_factory=dict)
    durees: list[float] = field(default_factory=list)
    erreurs: list[str] = field(default_factory=list)
    transmis: bool = False

    def travailler(self) -> None:
        """Type, then submit."""
        self._saisir({"realisation": "realisee"})
        for rang in range(self.saisies):
            self._saisir(self._frappe(rang))
            time.sleep(self.hasard.uniform(0, 2 * self.pause))
        self._transmettre()

    def _frappe(self, rang: int) -> dict[str, str]:
        noms = self.hasard.sample(TEXTES, k=self.hasard.choice((1, 1, 1, 2)))
        champs = {nom: self._texte(rang) for nom in noms}
        if self.hasard.random() < 0.4:
            champs[self.hasard.choice(NOMBRES)] = str(self.hasard.randrange(0, 200))
        return champs

    def _texte(self, rang: int) -> str:
        longueur = self.hasard.choice((1, 3, 3, 40))
        return f"({rang}) " + "\n".join(self.hasard.choices(PHRASES, k=longueur))

    def _saisir(self, champs: dict[str, str]) -> None:
        corps = {nom: {"avant": self.acceptes.get(nom, ""), "apres": texte} for nom, texte in champs.items()}
        depart = time.monotonic()
        statut, reponse = self._poster(
            "brouillon/", json.dumps({"champs": corps}).encode(), {"Content-Type": "application/json"}
        )
        self.durees.append(time.monotonic() - depart)
        if statut != 200:
            self.erreurs.append(f"brouillon : {statut}")
            return
        for nom in champs:
            if nom in reponse["enregistres"]:
                self.acceptes[nom] = champs[nom]
            else:
                self.erreurs.append(f"brouillon : {nom} n'a pas été pris")

    def _transmettre(self) -> None:
        """Submit; half of the time twice at once, as a double click does."""
        combien = self.hasard.choice((1, 2))
        statuts: list[int] = []
        fils = [threading.Thread(target=lambda: statuts.append(self._envoyer())) for _ in range(combien)]
        for fil in fils:
            fil.start()
        for fil in fils:
            fil.join()
        self.transmis = 302 in statuts
        if any(statut not in (302, 303) for statut in statuts):
            self.erreurs.append(f"transmission : {statuts}")

    def _envoyer(self) -> int:
        champs = {"csrfmiddlewaretoken": COOKIE_CSRF}
        entetes = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._poster("transmettre/", urlencode(champs).encode(), entetes)[0]

    def _poster(self, chemin: str, corps: bytes, entetes: dict[str, str]) -> tuple[int, Any]:
        """Return the status and the JSON of the answer; 0 when the server cannot be reached."""
        connexion = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connexion.request(
                "POST",
                self.adresse + chemin,
                corps,
                {
                    **entetes,
                    "Accept": "application/json",
                    "X-CSRFToken": COOKIE_CSRF,
                    "Cookie": f"sessionid={self.session}; csrftoken={COOKIE_CSRF}",
                },
            )
            reponse = connexion.getresponse()
            lu = reponse.read()
            return reponse.status, json.loads(lu) if lu.startswith(b"{") else {}
        except OSError as erreur:
            return 0, {"message": str(erreur)}
        finally:
            connexion.close()


# -- One database ----------------------------------------------------------------------------------------
def mesurer(options: argparse.Namespace) -> dict[str, Any]:
    """Run the load on the database of the environment and return the figures."""
    preparer_django()
    lus = peupler(options.associations)
    from django.db import connections

    connections.close_all()
    with socket.socket() as libre:
        libre.bind(("127.0.0.1", 0))
        port = libre.getsockname()[1]
    serveur = subprocess.Popen(
        [
            sys.executable,
            *("-m", "gunicorn", "--config", str(RACINE / "deploy" / "gunicorn.conf.py")),
            *("--bind", f"127.0.0.1:{port}", "config.wsgi"),
        ],
        cwd=RACINE,
        stdout=subprocess.DEVNULL,
    )
    try:
        attendre(port)
        associations = [
            Association(
                **lu,
                port=port,
                saisies=options.saisies,
                pause=options.pause,
                hasard=random.Random(GRAINE + rang),
            )
            for rang, lu in enumerate(lus)
        ]
        fils = [threading.Thread(target=association.travailler) for association in associations]
        depart = time.monotonic()
        for fil in fils:
            fil.start()
        for fil in fils:
            fil.join()
        duree = time.monotonic() - depart
    finally:
        serveur.send_signal(signal.SIGTERM)
        serveur.wait(30)
    durees = sorted(d for association in associations for d in association.durees)
    erreurs = [e for association in associations for e in association.erreurs]
    return {
        "enregistrements": len(durees) - sum(e.startswith("brouillon :") for e in erreurs),
        "par_seconde": len(durees) / duree,
        "p95_ms": 1000 * durees[int(0.95 * len(durees))],
        "pire_ms": 1000 * durees[-1],
        "erreurs": len(erreurs),
        "exemples": sorted(set(erreurs))[:5],
        "transmis": sum(association.transmis for association in associations),
        "perdus": verifier(associations),
    }


def attendre(port: int) -> None:
    """Return when the server answers."""
    limite = time.monotonic() + 30
    while time.monotonic() < limite:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("Le serveur n'a pas démarré.")


def verifier(associations: list[Association]) -> list[str]:
    """Return what was accepted and is not in the database, empty when nothing is lost."""
    from bilans.models import Bilan

    perdus = []
    for association in associations:
        bilan = Bilan.objects.get(action_annuelle__cle=association.cle)
        cellules = {f"total_ensemble_{e.sexe}": str(e.valeur) for e in bilan.effectifs.filter(tranche=None)}
        for nom, attendu in association.acceptes.items():
            lu = cellules.get(nom) if nom.startswith("total_") else str(getattr(bilan, nom))
            if lu != attendu:
                perdus.append(f"{association.cle}, {nom}")
        if association.transmis:
            passages = bilan.transitions.filter(vers=Bilan.Statut.TRANSMIS).count()
            if (bilan.statut, passages, bilan.recus.count()) != (Bilan.Statut.TRANSMIS, 1, 1):
                perdus.append(f"{association.cle}, transmission : {bilan.statut}, {passages} passages")
    return perdus


# -- Both, and what is printed -----------------------------------------------------------------------------
def lancer(base: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one database, measured in a process of its own."""
    commande = [sys.executable, __file__, "--mesurer", *sys.argv[1:]]
    if base == "postgresql":
        commande = [sys.executable, str(RACINE / "scripts" / "avec_postgres.py"), *commande]
    with tempfile.TemporaryDirectory(prefix="pilotis-charge-") as dossier:
        environnement = {
            **os.environ,
            "PILOTIS_DONNEES": dossier,
            "PYTHONPATH": str(RACINE),
            "NIVEAU_JOURNAL": "ERROR",
        }
        environnement.pop("DATABASE_URL", None)
        sortie = subprocess.run(commande, env=environnement, cwd=RACINE, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(sortie.stdout.decode().strip().splitlines()[-1]))


def main() -> int:
    """Print the figures of each database; return 1 when something accepted was lost."""
    analyseur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    analyseur.add_argument("--associations", type=int, default=40)
    analyseur.add_argument("--saisies", type=int, default=30)
    analyseur.add_argument(
        "--pause", type=float, default=0.05, help="mean pause between two saves, in seconds"
    )
    analyseur.add_argument("--bases", default=",".join(BASES))
    analyseur.add_argument("--mesurer", action="store_true", help=argparse.SUPPRESS)
    options = analyseur.parse_args()
    if options.mesurer:
        print(json.dumps(mesurer(options)))
        return 0
    lus = {base: lancer(base, options) for base in options.bases.split(",")}
    print(
        f"{options.associations} associations, {options.saisies + 1} enregistrements chacune, puis la transmission"
    )
    for base, lu in lus.items():
        print(
            f"{base:>11} : {lu['par_seconde']:.0f} enregistrements par seconde, 95e centile {lu['p95_ms']:.0f} ms, "
            f"pire {lu['pire_ms']:.0f} ms, {lu['erreurs']} erreur(s), {lu['transmis']} transmis, "
            f"{len(lu['perdus'])} perdu(s) sur {lu['enregistrements']} acceptés"
        )
        for exemple in [*lu["exemples"], *lu["perdus"][:5]]:
            print(f"              {exemple}")
    if set(lus) == set(BASES):
        rapport = lus["sqlite"]["par_seconde"] / lus["postgresql"]["par_seconde"]
        print(f"SQLite / PostgreSQL : {rapport:.2f} en enregistrements par seconde")
    return 1 if any(lu["perdus"] for lu in lus.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
