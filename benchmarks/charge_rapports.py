"""Ten reports asked at once: what the pages become meanwhile; and what the first chart of a server costs.

    python benchmarks/charge_rapports.py [--bases sqlite,postgresql] [--rapports 10] [--repos 20] [--lecteurs 2]

The programs of `make run` on the data of the demonstration, in a temporary folder. Readers go through the same pages
all along: at rest, while the worker makes ten PDFs that ten people asked for at the same moment with the button of the
page, then at rest again. Ratios are those of one run. Then a server alone is started, with and without what
`deploy/gunicorn.conf.py` prepares. It asserts nothing, but leaves with 1 when a page or a report fails.
"""

import argparse
import http.client
import json
import os
import secrets
import signal
import socket
import string
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

RACINE = Path(__file__).resolve().parent.parent
BASES = ("sqlite", "postgresql")
# contract, year, versions: what differs is asked, the rest is made once for all who ask
RAPPORTS = (
    ("dole-2024-2030", 2024, 4),
    ("bagnols-2015-2023", 2023, 4),
    ("dole-2024-2030", 2025, 1),
    ("dijon-2024-2030", 2024, 1),
)
LUS = "/dole-2024-2030/2024"
ECRIT = ("bagnols-2015-2023", 2023)
PATIENCE_S = 900
MESURES_DU_PREMIER = 5
COOKIE_CSRF = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))


# -- The world -------------------------------------------------------------------------------------
@dataclass
class Monde:
    """What the clients know: the requests for reports and who makes them, the sections to write, three sessions."""

    demandes: list[tuple[str, str]] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    lectrice: str = ""
    redactrice: str = ""


def peupler() -> Monde:
    """Load the demonstration, freeze ten versions of its reports and sign in who asks for them."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command
    from django.urls import reverse

    call_command("migrate", verbosity=0)
    call_command("charger_nomenclatures", verbosity=0)
    call_command("charger_demo", verbosity=0)
    sys.path.insert(0, str(RACINE))
    from bilans.models import RapportAnnuel, VersionRapport
    from bilans.rapport.redaction import ouvrir_rapport
    from bilans.rapport.versions import figer
    from comptes.models import Utilisateur
    from contrats.models import ContratVille
    from tests import fabriques

    monde = Monde()
    for slug, annee, nombre in RAPPORTS:
        contrat = ContratVille.objects.get(slug=slug)
        chargee = fabriques.chargee_de_mission(contrat)
        rapport = RapportAnnuel.objects.filter(contrat=contrat, annee=annee).first() or ouvrir_rapport(
            chargee, contrat, annee
        )
        for _ in range(nombre):
            version = figer(chargee, rapport, VersionRapport.Nature.PROJET, "Banc d'essai.")
            adresse = reverse("rapport_fichiers", args=[slug, annee, version.numero])
            monde.demandes.append((adresse, ouvrir_session(fabriques.chargee_de_mission(contrat))))
    ecrit = RapportAnnuel.objects.get(contrat__slug=ECRIT[0], annee=ECRIT[1])
    monde.sections = [
        reverse("rapport_section_brouillon", args=[*ECRIT, cle])
        for cle in ecrit.sections.order_by("ordre", "pk").values_list("cle", flat=True)
    ]
    monde.lectrice, monde.redactrice = (
        ouvrir_session(Utilisateur.objects.get(email=f"chargee.{lieu}@pilotis.example"))
        for lieu in ("dole", "bagnols")
    )
    return monde


def ouvrir_session(compte: Any) -> str:
    """Sign an account in and return the key of its session."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(compte.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = compte.get_session_auth_hash()
    session.save()
    return str(session.session_key)


# -- The programs ----------------------------------------------------------------------------------
@contextmanager
def lancer(commande: Sequence[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run programs that serve the pages, until the end of the block; they answer when it begins."""
    programme = subprocess.Popen(
        [sys.executable, *commande],
        cwd=RACINE,
        env={**os.environ, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
    )
    try:
        attendre(port)
        yield programme
    finally:
        programme.send_signal(signal.SIGTERM)
        programme.wait(60)


def port_libre() -> int:
    """Return a port that nobody listens to."""
    with socket.socket() as libre:
        libre.bind(("127.0.0.1", 0))
        return int(libre.getsockname()[1])


def attendre(port: int) -> None:
    """Return when the server answers a page."""
    limite = time.monotonic() + 60
    while time.monotonic() < limite:
        try:
            demander(port, "/sante", "")
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("Le serveur n'a pas démarré.")


def demander(port: int, adresse: str, session: str, corps: bytes | None = None, genre: str = "") -> float:
    """Ask for a page, posting `corps` if any; return the seconds it took. Leaves with 1 when it is refused."""
    depart = time.perf_counter()
    connexion = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connexion.request(
            "GET" if corps is None else "POST",
            adresse,
            corps,
            {
                "Content-Type": genre,
                "X-CSRFToken": COOKIE_CSRF,
                "Cookie": f"sessionid={session}; csrftoken={COOKIE_CSRF}",
            },
        )
        reponse = connexion.getresponse()
        reponse.read()
    finally:
        connexion.close()
    # asking for a report leads back to its page; any other change of address would be the sign-in page
    if reponse.status != 200 and not (reponse.status == 302 and corps):
        raise SystemExit(f"{adresse} : {reponse.status}")
    return time.perf_counter() - depart


# -- The readers -----------------------------------------------------------------------------------
@dataclass
class Lecteur:
    """Somebody who goes through the pages, one after the other, and writes how long each took, by phase."""

    port: int
    monde: Monde
    section: str
    pause: float
    mesures: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    phase: str = "chauffe"
    ecrit: str | None = None
    echec: str = ""

    def travailler(self) -> None:
        """Read until the phase is « fin »."""
        pages: dict[str, Callable[[], float]] = {
            "tableau de bord": lambda: self._lire("/"),
            "liste des actions": lambda: self._lire("/actions/"),
            "rapport lu": lambda: self._lire("/rapport/versions/1/"),
            "texte enregistré": self._ecrire,
        }
        try:
            while self.phase != "fin":
                for nom, visiter in pages.items():
                    phase = self.phase
                    self.mesures.setdefault((phase, nom), []).append(visiter())
                    time.sleep(self.pause)
        except (OSError, SystemExit) as erreur:
            self.echec = str(erreur)

    def _lire(self, suite: str) -> float:
        return demander(self.port, LUS + suite, self.monde.lectrice)

    def _ecrire(self) -> float:
        texte = f"Enregistré à {time.time()}."
        corps = json.dumps({"champs": {"texte": {"avant": self.ecrit or "", "apres": texte}}}).encode()
        duree = demander(self.port, self.section, self.monde.redactrice, corps, "application/json")
        self.ecrit = texte
        return duree


@dataclass
class Memoire:
    """The largest memory seen of the worker and of what it starts, in megabytes."""

    racine: int
    ensemble: float = 0
    un_processus: float = 0
    fini: bool = False

    def surveiller(self) -> None:
        """Look every quarter of a second until `fini`."""
        while not self.fini:
            tailles = [_megaoctets(pid) for ouvrier in self._ouvriers() for pid in _descendance(ouvrier)]
            self.ensemble = max(self.ensemble, sum(tailles))
            self.un_processus = max([self.un_processus, *tailles])
            time.sleep(0.25)

    def _ouvriers(self) -> list[int]:
        return [pid for pid in _descendance(self.racine) if b"db_worker" in _lu(pid, "cmdline")]


def _lu(pid: int, nom: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{nom}").read_bytes()
    except OSError:  # it has ended
        return b""


def _descendance(pid: int) -> list[int]:
    """Return a process and all those that it started, and so on."""
    enfants = [int(enfant) for tache in _taches(pid) for enfant in _lu(pid, f"task/{tache}/children").split()]
    return [pid, *(p for enfant in enfants for p in _descendance(enfant))]


def _taches(pid: int) -> list[str]:
    try:
        return [tache.name for tache in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return []


def _megaoctets(pid: int) -> float:
    champs = _lu(pid, "statm").split()
    return int(champs[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if champs else 0


# -- Ten reports at once ---------------------------------------------------------------------------
def mesurer(options: argparse.Namespace) -> dict[str, Any]:
    """Run everything on the database of the environment and return the figures."""
    monde = peupler()
    monde.demandes = monde.demandes[: options.rapports]
    charge = mesurer_la_charge(monde, options)
    return {"charge": charge, "premier": mesurer_le_premier(monde)}


def mesurer_la_charge(monde: Monde, options: argparse.Namespace) -> dict[str, Any]:
    """Return how long each page took by phase, how long ten requests and ten reports did, and the memory."""
    port = port_libre()
    with lancer(["scripts/lancer.py"], port) as programme:
        lecteurs = [
            Lecteur(port, monde, monde.sections[rang], options.pause) for rang in range(options.lecteurs)
        ]
        memoire = Memoire(programme.pid)
        fils = [threading.Thread(target=lecteur.travailler) for lecteur in lecteurs]
        fils.append(threading.Thread(target=memoire.surveiller))
        for fil in fils:
            fil.start()

        def passer(phase: str) -> None:
            for lecteur in lecteurs:
                lecteur.phase = phase

        try:
            time.sleep(options.chauffe)
            passer("repos")
            time.sleep(options.repos)
            passer("charge")
            depart = time.monotonic()
            demandes = demander_ensemble(port, monde)
            attendre_les_fichiers(len(monde.demandes), lecteurs)
            duree = time.monotonic() - depart
            passer("repos")
            time.sleep(options.repos)
        finally:
            passer("fin")
            memoire.fini = True
            for fil in fils:
                fil.join()
    if echecs := [lecteur.echec for lecteur in lecteurs if lecteur.echec]:
        raise SystemExit("\n".join(echecs))
    pages = list(dict.fromkeys(page for lecteur in lecteurs for _, page in lecteur.mesures))
    return {
        "mesures": {
            page: {
                phase: [d for lecteur in lecteurs for d in lecteur.mesures.get((phase, page), [])]
                for phase in ("repos", "charge")
            }
            for page in pages
        },
        "demandes": demandes,
        "duree": duree,
        "ensemble": memoire.ensemble,
        "un_processus": memoire.un_processus,
    }


def demander_ensemble(port: int, monde: Monde) -> list[float]:
    """Press the button of ten pages at the same moment; return the seconds each took to answer."""
    depart = threading.Barrier(len(monde.demandes))
    durees: list[float] = []

    def presser(adresse: str, session: str) -> None:
        depart.wait()
        corps = urlencode({"format": "pdf", "csrfmiddlewaretoken": COOKIE_CSRF}).encode()
        durees.append(demander(port, adresse, session, corps, "application/x-www-form-urlencoded"))

    fils = [threading.Thread(target=presser, args=demande) for demande in monde.demandes]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    return durees


def attendre_les_fichiers(nombre: int, lecteurs: Sequence[Lecteur]) -> None:
    """Return when every file is made; leaves with 1 when one is not, or when a reader was refused a page."""
    from django.db import close_old_connections

    from bilans.models import FichierRapport

    limite = time.monotonic() + PATIENCE_S
    while time.monotonic() < limite:
        close_old_connections()
        etats = list(FichierRapport.objects.order_by("pk").values_list("etat", flat=True))
        if any(lecteur.echec for lecteur in lecteurs):
            return
        if len(etats) != nombre or FichierRapport.Etat.ECHOUE in etats:
            raise SystemExit(f"{nombre} rapports demandés, {len(etats)} fichiers : {sorted(set(etats))}")
        if not set(etats) & set(FichierRapport.ETATS_VIVANTS):
            return
        time.sleep(0.5)
    raise SystemExit("Les rapports ne sont pas faits.")


# -- The first chart of a server -------------------------------------------------------------------
def mesurer_le_premier(monde: Monde) -> dict[str, dict[str, float]]:
    """Return the seconds of the first report read after the start of a server, and of the next ones."""
    with tempfile.TemporaryDirectory(prefix="pilotis-serveur-") as dossier:
        sans = Path(dossier) / "gunicorn.conf.py"
        reglages = (RACINE / "deploy" / "gunicorn.conf.py").read_text("utf-8")
        sans.write_text(f"{reglages}\n\ndef post_worker_init(worker):\n    pass\n", "utf-8")
        return {
            "sans préparation": premiere_lecture(sans, monde),
            "avec préparation": premiere_lecture(RACINE / "deploy" / "gunicorn.conf.py", monde),
        }


def premiere_lecture(reglages: Path, monde: Monde) -> dict[str, float]:
    """Start a server of one process, let somebody sign in and see the dashboard, then read a report a few times."""
    port = port_libre()
    commande = ["-m", "gunicorn", "--config", str(reglages), "--workers", "1", "config.wsgi"]
    depart = time.perf_counter()
    with lancer(commande, port):
        pret = time.perf_counter() - depart
        tableau = demander(port, f"{LUS}/", monde.lectrice)
        time.sleep(1)
        lectures = [
            demander(port, f"{LUS}/rapport/versions/1/", monde.lectrice)
            for _ in range(1 + MESURES_DU_PREMIER)
        ]
    return {"pret": pret, "tableau": tableau, "premiere": lectures[0], "suivantes": median(lectures[1:])}


# -- What is printed -------------------------------------------------------------------------------
def imprimer(base: str, lu: dict[str, Any]) -> None:
    """Print the figures of one database."""
    charge = lu["charge"]
    nombre = len(charge["demandes"])
    print(f"\n{base} — {nombre} rapports en PDF demandés à la fois")
    print(f"  {'':20}{'au repos':>19}{'pendant':>19}{'rapport':>17}{'mesures':>12}")
    print(f"  {'':20}{'médiane':>10}{'p95':>9}{'médiane':>10}{'p95':>9}{'médiane':>10}{'p95':>7}")
    mesures = dict(charge["mesures"])
    mesures["toutes"] = {
        phase: [d for page in charge["mesures"].values() for d in page[phase]]
        for phase in ("repos", "charge")
    }
    for page, phases in mesures.items():
        repos, pendant = phases["repos"], phases["charge"]
        print(
            f"  {page:20}{1000 * median(repos):7.0f} ms{1000 * centile(repos):6.0f} ms"
            f"{1000 * median(pendant):7.0f} ms{1000 * centile(pendant):6.0f} ms"
            f"{median(pendant) / median(repos):10.2f}{centile(pendant) / centile(repos):7.2f}"
            f"{len(repos):6} / {len(pendant)}"
        )
    demandes = charge["demandes"]
    print(
        f"  Les {nombre} demandes ont répondu en {1000 * median(demandes):.0f} ms (médiane), "
        f"{1000 * max(demandes):.0f} ms au pire ; les {nombre} rapports étaient faits {charge['duree']:.0f} s après."
    )
    print(
        f"  Mémoire au plus : {charge['ensemble']:.0f} Mo pour l'ouvrier et ce qu'il lance, "
        f"{charge['un_processus']:.0f} Mo pour le plus grand de ces processus."
    )
    print("  Premier rapport lu après le démarrage d'un serveur :")
    for nom, premier in lu["premier"].items():
        print(
            f"    {nom:18}{1000 * premier['premiere']:6.0f} ms, {premier['premiere'] / premier['suivantes']:.1f} × les "
            f"suivants ({1000 * premier['suivantes']:.0f} ms) ; le serveur répond {premier['pret']:.1f} s après son "
            f"lancement, et le premier tableau de bord prend {1000 * premier['tableau']:.0f} ms"
        )


def centile(durees: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return sorted(durees)[int(0.95 * len(durees))]


def mesurer_ailleurs(base: str) -> dict[str, Any]:
    """Return the figures of one database, measured in a process of its own."""
    commande = [sys.executable, __file__, "--mesurer", *sys.argv[1:]]
    if base == "postgresql":
        commande = [sys.executable, str(RACINE / "scripts" / "avec_postgres.py"), *commande]
    with tempfile.TemporaryDirectory(prefix="pilotis-charge-") as dossier:
        environnement = {
            **os.environ,
            "PILOTIS_DONNEES": dossier,
            "PILOTIS_DEMONSTRATION": "1",
            "PYTHONPATH": str(RACINE),
            "NIVEAU_JOURNAL": "ERROR",
        }
        environnement.pop("DATABASE_URL", None)
        fini = subprocess.run(commande, env=environnement, cwd=RACINE, stdout=subprocess.PIPE, check=False)
    if fini.returncode:
        raise SystemExit(fini.returncode)
    return dict(json.loads(fini.stdout.decode().strip().splitlines()[-1]))


def main() -> None:
    """Print the figures of each database."""
    analyseur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    analyseur.add_argument("--bases", default=",".join(BASES))
    analyseur.add_argument("--rapports", type=int, default=10, help="how many are asked for, ten at most")
    analyseur.add_argument("--chauffe", type=float, default=8, help="seconds that are not counted, first")
    analyseur.add_argument("--repos", type=float, default=20, help="seconds at rest before, and after")
    analyseur.add_argument("--lecteurs", type=int, default=2)
    analyseur.add_argument("--pause", type=float, default=0.5, help="seconds between two pages of a reader")
    analyseur.add_argument("--mesurer", action="store_true", help=argparse.SUPPRESS)
    options = analyseur.parse_args()
    if options.mesurer:
        # stopped, it stops what it started
        signal.signal(signal.SIGTERM, lambda numero, _cadre: sys.exit(128 + numero))
        print(json.dumps(mesurer(options)))
        return
    print(f"Charge de la machine au départ : {os.getloadavg()[0]:.1f}, {os.cpu_count()} cœurs.")
    for base in options.bases.split(","):
        imprimer(base, mesurer_ailleurs(base))


if __name__ == "__main__":
    main()
