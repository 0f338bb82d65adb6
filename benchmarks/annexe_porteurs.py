"""How long the annex `porteurs` takes, and how much memory, for 50, 500 and 5 000 actions.

    python benchmarks/annexe_porteurs.py [--tailles 50,500] [--fois 3]

Each measure is a process of its own, so that nothing is warm and its peak memory is its own; measures to be
compared alternate within one run. Ratios are medians. It asserts nothing: benchmarks/README.md says how to
read it. The database is a temporary one, filled with plausible actions from a fixed seed.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from copy import copy
from importlib import import_module
from io import BytesIO
from pathlib import Path
from statistics import median

RACINE = Path(__file__).resolve().parent.parent
TAILLES = (50, 500, 5000)
MESURES = ("xlsx", "openpyxl", "openpyxl_formats", "pdf", "weasyprint")
# what is compared with what
RAPPORTS = (("xlsx", "openpyxl"), ("xlsx", "openpyxl_formats"), ("pdf", "weasyprint"))
GRAINE = 2023
TEXTE = """
ateliers quartier habitants jeunes familles accompagnement séances partenaires association projet
enfants mercredi vacances sport culture santé emploi parents lien social
écoute numérique centre médiathèque participants fréquentation bénévoles découverte citoyenneté rencontre
animation
"""
MOTS = TEXTE.split()
FINANCEURS = ("MAIRIE", "AGGLO", "PSE", "ÉTAT", "Département", "Région", "CAF")


# -- In the processes that measure -----------------------------------------------------------------
def preparer() -> None:
    """Start Django on the database of `PILOTIS_DONNEES`."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()


def texte(hasard: random.Random, mots: int) -> str:
    """Return a sentence of about that many words."""
    return " ".join(hasard.choices(MOTS, k=max(1, int(hasard.gauss(mots, mots / 3))))).capitalize() + "."


def peupler(taille: int) -> None:
    """Make the database: one contract, one year, `taille` actions with bilan, people and money."""
    preparer()
    from django.core.management import call_command
    from django.utils import timezone

    from actions.models import Action, ActionAnnuelle, Campagne
    from bilans.models import Bilan, Effectif
    from comptes.models import Utilisateur
    from contrats.models import Axe, ContratVille, Epci
    from documents.normalisation import normaliser
    from financements.models import Financeur, LigneFinancement
    from porteurs.models import Porteur

    call_command("migrate", verbosity=0)
    hasard = random.Random(GRAINE)
    epci = Epci.objects.create(nom="Agglomération d'essai")
    contrat = ContratVille.objects.create(
        slug="essai", nom="Contrat d'essai", nom_court="Essai", epci=epci,
        date_debut="2015-01-01", date_fin="2023-12-31",
    )  # fmt: skip
    campagne = Campagne.objects.create(contrat=contrat, annee=2023)
    axe = Axe.objects.create(contrat=contrat, niveau=1, code="1", libelle="COHÉSION SOCIALE")
    themes = [
        Axe.objects.create(contrat=contrat, parent=axe, niveau=2, code=f"1.{i}", libelle=texte(hasard, 3))
        for i in range(12)
    ]
    financeurs = [
        Financeur.objects.create(
            contrat=contrat, nom=sigle, sigle=sigle, ordre=i, dans_total=sigle != "CAF",
            groupe="" if sigle in ("MAIRIE", "CAF") else "Autres financeurs",
        )
        for i, sigle in enumerate(FINANCEURS)
    ]  # fmt: skip
    porteurs = [Porteur.objects.create(epci=epci, nom=f"Association {i}") for i in range(max(1, taille // 3))]
    agent = Utilisateur.objects.create(email="agent@exemple.fr")
    noms = [f"{texte(hasard, 4)[:-1]} {i}" for i in range(taille)]
    actions = Action.objects.bulk_create(
        Action(
            contrat=contrat, porteur=porteurs[i * len(porteurs) // taille], intitule=nom,
            intitule_normalise=normaliser(nom), recherche=normaliser(nom),
        )
        for i, nom in enumerate(noms)
    )  # fmt: skip
    annees = ActionAnnuelle.objects.bulk_create(
        ActionAnnuelle(
            action=action, campagne=campagne, ordre=i, axe=hasard.choice(themes), statut="realisee"
        )
        for i, action in enumerate(actions)
    )
    bilans = Bilan.objects.bulk_create(
        Bilan(
            action_annuelle=annee, statut=Bilan.Statut.TRANSMIS, realisation="realisee",
            mise_en_oeuvre=texte(hasard, 90), type_public=texte(hasard, 25), moyens=texte(hasard, 14),
            transmis_le=timezone.now(), transmis_par=agent,
        )
        for annee in annees
    )  # fmt: skip
    Effectif.objects.bulk_create(
        Effectif(bilan=bilan, perimetre="qpv", sexe="T", valeur=hasard.randrange(5, 400))
        for bilan in bilans
        if hasard.random() < 0.8
    )
    LigneFinancement.objects.bulk_create(
        LigneFinancement(
            action_annuelle=annee, financeur=financeur, montant_accorde=hasard.randrange(0, 20) * 500
        )
        for annee in annees
        for financeur in hasard.sample(financeurs, hasard.choice((2, 3, 3, 4)))
    )


def tableau():
    """Return the annex, as `exporter` builds it."""
    from actions.models import Campagne
    from bilans.annexes import ANNEXES

    campagne = Campagne.objects.select_related("contrat").get()
    return ANNEXES["porteurs"].construire(campagne.contrat, campagne)


def cellules() -> list[list[object]]:
    """Return the values of every cell of the annex, header and totals included; openpyxl is imported."""
    # Loaded here, so that its weight is in the bare process and not in the measure.
    import_module("openpyxl")

    from documents.calcul import Genre, rangees

    t = tableau()
    lignes: list[list[object]] = [[colonne.titre for colonne in t.colonnes]]
    for rangee in rangees(t):
        valeurs = list(rangee.cellules) if rangee.cellules else []
        lignes.append(valeurs if rangee.genre == Genre.LIGNE else [rangee.libelle, *valeurs[1:]])
    return lignes


def mesurer(mesure: str, dossier: Path) -> dict[str, float]:
    """Return what a measure takes: processor seconds and peak memory (MB), with the processes that it starts."""
    preparer()
    avant, faire = {
        "xlsx": (ouvrir, faire_xlsx),
        "openpyxl": (cellules, faire_openpyxl),
        "openpyxl_formats": (cellules_mises_en_forme, faire_openpyxl_formats),
        "pdf": (ouvrir, faire_pdf),
        "weasyprint": (html, faire_weasyprint),
    }[mesure]
    matiere = avant()
    depart, debut = memoire(), processeur()
    faire(matiere, dossier)
    enfants = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"s": processeur() - debut, "pic": max(memoire(), enfants), "hausse": memoire() - depart}


def processeur() -> float:
    """Return the processor seconds of this process and of those that it has waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def memoire() -> float:
    """Return the peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ouvrir() -> None:
    """Import what the annex needs and open the database: a server has done it already."""
    for module in ("bilans.annexes", "documents.rendu_xlsx", "documents.rendu_pdf"):
        import_module(module)
    from actions.models import Campagne

    Campagne.objects.get()


def faire_xlsx(_: None, dossier: Path) -> None:
    """Build the annex and write its workbook, the reading of the database included."""
    from documents import rendre

    with (dossier / "annexe.xlsx").open("wb") as fichier:
        rendre(tableau(), "xlsx", fichier)


def faire_openpyxl(lignes: list[list[object]], dossier: Path) -> None:
    """Write the same values, already in memory, without any format nor formula."""
    import openpyxl

    classeur = openpyxl.Workbook()
    feuille = classeur.active
    for ligne in lignes:
        feuille.append(ligne)
    classeur.save(dossier / "nu.xlsx")


def cellules_mises_en_forme() -> list[list[tuple[object, ...]]]:
    """Return the cells of the workbook: value or formula, and the five parts of its format."""
    import openpyxl

    from documents import rendre

    sortie = BytesIO()
    rendre(tableau(), "xlsx", sortie)
    feuille = openpyxl.load_workbook(sortie).active
    formes: dict[int, tuple[object, ...]] = {}

    def forme(cellule) -> tuple[object, ...]:
        if cellule.style_id not in formes:
            parties = (cellule.font, cellule.fill, cellule.border, cellule.alignment)
            formes[cellule.style_id] = (*map(copy, parties), cellule.number_format)
        return formes[cellule.style_id]

    return [[(cellule.value, *forme(cellule)) for cellule in ligne] for ligne in feuille.iter_rows()]


def faire_openpyxl_formats(lignes: list[list[tuple[object, ...]]], dossier: Path) -> None:
    """Write the same cells, already in memory, each with its format."""
    import openpyxl

    classeur = openpyxl.Workbook()
    feuille = classeur.active
    for i, ligne in enumerate(lignes, 1):
        for j, (valeur, police, fond, bordure, alignement, nombre) in enumerate(ligne, 1):
            cellule = feuille.cell(i, j, valeur)
            cellule.font, cellule.fill, cellule.border = police, fond, bordure
            cellule.alignment, cellule.number_format = alignement, nombre
    classeur.save(dossier / "nu.xlsx")


def html() -> str:
    """Return the HTML that the annex is printed from."""
    from documents.affichage import voir
    from documents.rendu_pdf import html_imprime

    return html_imprime(voir(tableau()))


def faire_pdf(_: None, dossier: Path) -> None:
    """Build the annex and print it, the reading of the database and the child process included.

    The application stops a layout after five minutes; a busy machine may need more here.
    """
    from documents import html_en_pdf

    (dossier / "annexe.pdf").write_bytes(html_en_pdf(html(), delai=3600))


def faire_weasyprint(source: str, dossier: Path) -> None:
    """Print the same HTML to the same kind of PDF, with WeasyPrint alone: its import is part of a process."""
    (dossier / "annexe.html").write_text(source)
    subprocess.run([sys.executable, __file__, "--weasyprint", str(dossier)], check=True)


def weasyprint_seul(dossier: Path) -> None:
    """The process of `faire_weasyprint`: nothing of Pilotis but its fonts."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    from documents.polices import DOSSIER

    class Chargeur(URLFetcher):
        def fetch(self, url, headers=None):
            nom = url.partition(":")[2]
            if url.startswith("data:"):
                return super().fetch(url, headers)
            return URLFetcherResponse(url, (DOSSIER / nom).read_bytes(), {"Content-Type": "font/woff2"})

    document = HTML(string=(dossier / "annexe.html").read_text(), url_fetcher=Chargeur())
    document.write_pdf(dossier / "nu.pdf", pdf_variant="pdf/a-3a")


# -- In the process that compares ------------------------------------------------------------------
def lancer(dossier: Path, *arguments: str) -> dict[str, float]:
    """Run this file in a process of its own and return what it prints."""
    environnement = {**os.environ, "PILOTIS_DONNEES": str(dossier), "PYTHONPATH": str(RACINE)}
    environnement.pop("DATABASE_URL", None)
    fini = subprocess.run(
        [sys.executable, __file__, *arguments], env=environnement, capture_output=True, text=True, check=False
    )
    if fini.returncode:
        sys.exit(fini.stderr)
    return json.loads(fini.stdout.splitlines()[-1]) if fini.stdout.strip() else {}


def comparer(tailles: list[int], fois: int) -> None:
    """Print what each size takes, and its ratio to what it is compared with."""
    print(f"Annexe « porteurs », secondes de processeur, médianes de {fois} mesures alternées.")
    for taille in tailles:
        essais: dict[str, list[dict[str, float]]] = {mesure: [] for mesure in MESURES}
        with tempfile.TemporaryDirectory(prefix="pilotis-banc-") as nom:
            lancer(Path(nom), "--peupler", str(taille))
            for _ in range(fois):
                for mesure in MESURES:
                    essais[mesure].append(lancer(Path(nom), "--mesurer", mesure))
        print(f"\n{taille} actions")
        for mesure, mesures in essais.items():
            secondes = median(essai["s"] for essai in mesures)
            pic, hausse = (max(essai[cle] for essai in mesures) for cle in ("pic", "hausse"))
            print(
                f"  {mesure:18}{secondes:8.2f} s{1000 * secondes / taille:8.1f} ms par action"
                f"{pic:8.0f} Mo au plus{hausse:8.0f} Mo de plus qu'au départ"
            )
        for nous, autre in RAPPORTS:
            rapports = [a["s"] / b["s"] for a, b in zip(essais[nous], essais[autre], strict=True)]
            print(f"  {nous} / {autre} : {median(rapports):.2f}", flush=True)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--tailles", default=",".join(map(str, TAILLES)))
    options.add_argument("--fois", type=int, default=3)
    options.add_argument("--peupler", type=int, help=argparse.SUPPRESS)
    options.add_argument("--mesurer", choices=MESURES, help=argparse.SUPPRESS)
    options.add_argument("--weasyprint", type=Path, help=argparse.SUPPRESS)
    choix = options.parse_args()
    if choix.peupler:
        peupler(choix.peupler)
    elif choix.mesurer:
        with tempfile.TemporaryDirectory(prefix="pilotis-banc-") as sorties:
            print(json.dumps(mesurer(choix.mesurer, Path(sorties))))
    elif choix.weasyprint:
        weasyprint_seul(choix.weasyprint)
    else:
        comparer([int(taille) for taille in choix.tailles.split(",")], choix.fois)
