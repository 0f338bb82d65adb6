"""How long an import takes, for 500 and 5 000 rows: preview, confirmation, the same file again, undoing.

Then the worst of the first day: as many porteurs as rows, none of which is known. One question a row, one answer, all
the others at once, the file read again, the porteurs created.

    python benchmarks/import_lignes.py [--tailles 500,5000] [--fois 1]

Each is compared with the bare reading of the same file, which is our own safe reading (a process of its own). The
worker's tasks are done at once, in one process. It asserts nothing: benchmarks/README.md says how to read it. The
database is a temporary one; the workbook comes from a fixed seed.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from statistics import median

RACINE = Path(__file__).resolve().parent.parent
TAILLES = (500, 5000)
GRAINE = 2023
ETAPES = ("lecture seule", "aperçu", "confirmation", "aperçu, rien de changé", "aperçu, 10 % de changées")
ETAPES = (*ETAPES, "confirmation des changements", "annulation de tout")
INCONNUS = (
    "lecture seule",
    "aperçu",
    "une réponse",
    "toutes les réponses",
    "nouvelle lecture",
    "confirmation",
)
TEXTE = """
ateliers quartier habitants jeunes familles accompagnement séances partenaires association projet enfants mercredi
vacances sport culture santé emploi parents lien social écoute numérique centre médiathèque participants bénévoles
découverte citoyenneté rencontre animation
"""
MOTS = TEXTE.split()
FINANCEURS = ("MAIRIE", "AGGLO", "PSE", "ÉTAT", "Département", "Région", "CAF")
TITRES = (
    *(
        "Porteur de projet",
        "Intitulé de l'action",
        "Axe prioritaire",
        "Thématique",
        "Bilan d'action et perspectives",
    ),
    *("NB de bénéficiaires QPV", "type de public bénéficiaire", "moyens humains et matériels"),
    *FINANCEURS[:-1],
    *("TOTAL PDV", "CAF"),
)


# -- In the process that measures ------------------------------------------------------------------
def preparer() -> None:
    """Start Django on the database of `PILOTIS_DONNEES`, tasks being done at once."""
    import django
    from django.conf import settings

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    settings.LOGGING = {"version": 1, "disable_existing_loggers": True}
    django.setup()


def texte(hasard: random.Random, mots: int) -> str:
    """Return a sentence of about that many words."""
    return " ".join(hasard.choices(MOTS, k=max(1, int(hasard.gauss(mots, mots / 3))))).capitalize() + "."


def lignes(taille: int) -> list[list[object]]:
    """Return the rows of a programme: three actions a porteur, amounts from two to four funders, their total."""
    hasard = random.Random(GRAINE)
    rangees: list[list[object]] = []
    for i in range(taille):
        montants: list[object] = [None] * len(FINANCEURS)
        for rang in hasard.sample(range(len(FINANCEURS)), hasard.choice((2, 3, 3, 4))):
            montants[rang] = hasard.randrange(1, 40) * 250
        total = sum(m for m in montants[:-1] if isinstance(m, int))
        rangees.append(
            [
                f"Association {i // 3}", f"{texte(hasard, 4)[:-1]} {i}", "COHESION SOCIALE", f"Thème {i % 12}",
                texte(hasard, 90), hasard.randrange(5, 400), texte(hasard, 25), texte(hasard, 14),
                *montants[:-1], total or None, montants[-1],
            ]
        )  # fmt: skip
    return rangees


def classeur(rangees: list[list[object]]) -> bytes:
    """Return the workbook of these rows."""
    import openpyxl

    livre = openpyxl.Workbook(write_only=True)
    feuille = livre.create_sheet("Programme")
    feuille.append(["PROGRAMME DU CONTRAT DE VILLE 2023"])
    feuille.append([])
    feuille.append(list(TITRES))
    for rangee in rangees:
        feuille.append(rangee)
    sortie = BytesIO()
    livre.save(sortie)
    return sortie.getvalue()


def mesurer(taille: int) -> dict[str, float]:
    """Return the processor seconds of each step."""
    preparer()
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.core.management import call_command

    from bilans.imports import annulation, application, preparation
    from documents.tableurs import lire_tableur

    call_command("migrate", verbosity=0)
    auteur, campagne = decor(taille)
    rangees = lignes(taille)
    contenu = classeur(rangees)
    durees: dict[str, float] = {}

    def chronometrer(etape: str, faire) -> object:
        debut = processeur()
        resultat = faire()
        durees[etape] = processeur() - debut
        return resultat

    def deposer(octets: bytes):
        import_ = preparation.deposer(auteur, campagne, SimpleUploadedFile("programme.xlsx", octets))
        import_.refresh_from_db()
        return exiger(import_, "a_relire")

    def confirmer(import_):
        application.confirmer(auteur, import_)
        import_.refresh_from_db()
        return exiger(import_, "applique")

    def annuler(*imports):
        for import_ in imports:
            annulation.annuler(auteur, import_)
            import_.refresh_from_db()
            exiger(import_, "annule")

    chronometrer("lecture seule", lambda: lire_tableur(contenu, "programme.xlsx"))
    premier = chronometrer("aperçu", lambda: deposer(contenu))
    preparation.repondre_partout(auteur, premier, "montants:", "plus_tard")
    preparation.repondre_partout(auteur, premier, "montants:", "fichier")
    chronometrer("confirmation", lambda: confirmer(premier))
    encore = chronometrer("aperçu, rien de changé", lambda: deposer(contenu))
    application.abandonner(auteur, encore)
    for rangee in rangees[::10]:
        rangee[4], rangee[5], rangee[8] = f"{rangee[4]} Et davantage.", rangee[5] + 1, (rangee[8] or 0) + 250
    change = classeur(rangees)
    second = chronometrer("aperçu, 10 % de changées", lambda: deposer(change))
    preparation.repondre_partout(auteur, second, "montants:", "plus_tard")
    preparation.repondre_partout(auteur, second, "montants:", "fichier")
    chronometrer("confirmation des changements", lambda: confirmer(second))
    chronometrer("annulation de tout", lambda: annuler(second, premier))
    return durees


def mesurer_les_inconnus(taille: int) -> dict[str, float]:
    """Return the processor seconds of each step when every row names a porteur of its own, unknown."""
    preparer()
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.core.management import call_command

    from bilans.imports import application, preparation
    from documents.tableurs import lire_tableur

    call_command("migrate", verbosity=0)
    # A hundred porteurs are known: the names that resemble one are looked for.
    auteur, campagne = decor(300)
    hasard, rangees = random.Random(GRAINE), lignes(taille)
    for rang, rangee in enumerate(rangees):
        rangee[0] = f"{' '.join(hasard.choices(MOTS, k=3)).capitalize()} {rang}"
    contenu = classeur(rangees)
    durees: dict[str, float] = {}

    def chronometrer(etape: str, faire) -> object:
        debut = processeur()
        resultat = faire()
        durees[etape] = processeur() - debut
        return resultat

    def relire(import_, statut: str):
        import_.refresh_from_db()
        return exiger(import_, statut)

    chronometrer("lecture seule", lambda: lire_tableur(contenu, "programme.xlsx"))
    fichier = SimpleUploadedFile("programme.xlsx", contenu)
    import_ = chronometrer(
        "aperçu", lambda: relire(preparation.deposer(auteur, campagne, fichier), "a_relire")
    )
    premiere = import_.lignes.order_by("ordre").first()
    reponses = {premiere.questions[0]["cle"]: "nouveau"}
    chronometrer("une réponse", lambda: preparation.decider(auteur, import_, premiere, reponses=reponses))
    chronometrer(
        "toutes les réponses", lambda: preparation.repondre_partout(auteur, import_, "porteur:", "nouveau")
    )
    preparation.repondre_partout(auteur, import_, "montants:", "plus_tard")
    preparation.repondre_partout(auteur, import_, "montants:", "fichier")
    chronometrer("nouvelle lecture", lambda: relire(preparation.relire(auteur, import_), "a_relire"))
    chronometrer("confirmation", lambda: relire(application.confirmer(auteur, import_), "applique"))
    return durees


def exiger(import_, statut: str):
    """Return the import if it is in that state; stop with what it says otherwise."""
    if import_.statut != statut:
        sys.exit(f"Import « {import_.statut} » au lieu de « {statut} » : {import_.message}")
    return import_


def processeur() -> float:
    """Return the processor seconds of this process and of those that it has waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def decor(taille: int):
    """Create the frame: a contract with its axes, funders and porteurs, and the account that runs it."""
    from actions.models import Campagne
    from comptes.models import Utilisateur
    from contrats.models import Axe, ContratVille, Epci
    from documents.normalisation import normaliser
    from financements.models import Financeur
    from porteurs.models import Porteur

    epci = Epci.objects.create(nom="Agglomération d'essai")
    contrat = ContratVille.objects.create(
        slug="essai", nom="Contrat d'essai", nom_court="Essai", epci=epci,
        date_debut="2015-01-01", date_fin="2023-12-31", niveau_1="axe prioritaire", niveau_2="thématique",
    )  # fmt: skip
    contrat.refresh_from_db()
    campagne = Campagne.objects.create(contrat=contrat, annee=2023)
    axe = Axe.objects.create(contrat=contrat, niveau=1, code="1", libelle="COHESION SOCIALE")
    for i in range(12):
        Axe.objects.create(contrat=contrat, parent=axe, niveau=2, code=f"1.{i}", libelle=f"Thème {i}")
    for i, sigle in enumerate(FINANCEURS):
        Financeur.objects.create(contrat=contrat, nom=sigle, sigle=sigle, ordre=i, dans_total=sigle != "CAF")
    Porteur.objects.bulk_create(
        Porteur(epci=epci, nom=f"Association {i}", nom_normalise=normaliser(f"Association {i}"))
        for i in range(taille // 3 + 1)
    )
    auteur = Utilisateur.objects.create_superuser(email="agent@exemple.fr", password=None)
    return auteur, campagne


# -- In the process that compares ------------------------------------------------------------------
def lancer(taille: int, quoi: str) -> dict[str, float]:
    """Measure in a process of its own, on a database of its own."""
    with tempfile.TemporaryDirectory(prefix="pilotis-banc-") as dossier:
        environnement = {**os.environ, "PILOTIS_DONNEES": dossier, "PYTHONPATH": str(RACINE)}
        environnement.pop("DATABASE_URL", None)
        fini = subprocess.run(
            [sys.executable, __file__, quoi, str(taille)],
            env=environnement, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if fini.returncode:
        sys.exit(fini.stderr)
    return json.loads(fini.stdout.splitlines()[-1])


def comparer(tailles: list[int], fois: int) -> None:
    """Print what each step takes, and its ratio to the bare reading of the same file."""
    print(f"Import d'un tableau, secondes de processeur, médianes de {fois} mesure(s).")
    for taille in tailles:
        dire(f"{taille} lignes", taille, ETAPES, [lancer(taille, "--mesurer") for _ in range(fois)])
        essais = [lancer(taille, "--mesurer-inconnus") for _ in range(fois)]
        dire(f"{taille} lignes, autant de porteurs inconnus", taille, INCONNUS, essais)


def dire(titre: str, taille: int, etapes: tuple[str, ...], essais: list[dict[str, float]]) -> None:
    """Print one series of steps."""
    nue = median(essai["lecture seule"] for essai in essais)
    print(f"\n{titre}")
    for etape in etapes:
        secondes = median(essai[etape] for essai in essais)
        print(
            f"  {etape:32}{secondes:8.2f} s{1000 * secondes / taille:8.2f} ms par ligne"
            f"{secondes / nue:8.1f} × la lecture seule",
            flush=True,
        )


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--tailles", default=",".join(map(str, TAILLES)))
    options.add_argument("--fois", type=int, default=1)
    options.add_argument("--mesurer", type=int, help=argparse.SUPPRESS)
    options.add_argument("--mesurer-inconnus", type=int, help=argparse.SUPPRESS)
    choix = options.parse_args()
    if choix.mesurer:
        print(json.dumps(mesurer(choix.mesurer)))
    elif choix.mesurer_inconnus:
        print(json.dumps(mesurer_les_inconnus(choix.mesurer_inconnus)))
    else:
        comparer([int(taille) for taille in choix.tailles.split(",")], choix.fois)
