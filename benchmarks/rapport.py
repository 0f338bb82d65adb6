"""How long the PDF of an annual report takes, and how much memory, for 50, 200 and 1 000 actions.

    python benchmarks/rapport.py [--tailles 50,200,1000] [--fois 1]

The same report three ways: « nu » is WeasyPrint alone, one process, one row an action; « un » is ours in one process,
the long texts of an action under its short cells; « deux » is ours in two processes whose PDFs are joined. Each measure
is a process of its own, they alternate; ratios are medians within one run. It asserts nothing.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from itertools import pairwise
from math import log
from pathlib import Path
from statistics import median
from time import perf_counter

RACINE = Path(__file__).resolve().parent.parent
TAILLES = (50, 200, 1000)
MESURES = ("nu", "un", "deux")
GRAINE = 2024
TEXTE = """
ateliers quartier habitants jeunes familles accompagnement séances partenaires association projet enfants mercredi
vacances sport culture santé emploi parents lien social écoute numérique centre médiathèque participants bénévoles
"""
FINANCEURS = ("Mairie", "Agglo", "État", "Département", "Région", "CAF", "Bailleurs", "Autres")


# -- In the processes that measure -----------------------------------------------------------------
def rapport(taille: int):
    """Return a plausible report of that many actions: 16 columns, 900 characters an action, drawn from a fixed seed."""
    from documents.rapport import Annexe, BlocChiffres, BlocGraphique, BlocTexte, Chiffre, Rapport, Section

    hasard = random.Random(GRAINE)
    sections = [
        Section(
            code=f"s{rang}",
            titre=mots(hasard, 4),
            blocs=(
                BlocChiffres(
                    code="c",
                    chiffres=[Chiffre(cle=f"c{i}", libelle=mots(hasard, 3), valeur=i) for i in range(6)],
                ),
                BlocTexte(code="t", texte="\n\n".join(mots(hasard, 80) for _ in range(4))),
                BlocGraphique(code="g", graphique=graphique(hasard)),
            ),
        )
        for rang in range(8)
    ]
    return Rapport(
        titre="Rapport annuel",
        sous_titre="Contrat d'essai",
        collectivite="Essai",
        lieu="Essai",
        annee=2024,
        etat="Version 1",
        sections=sections,
        annexes=(Annexe(code="actions", tableau=tableau(hasard, taille)),),
        cree_le=datetime(2025, 6, 30, tzinfo=UTC),
    )


def mots(hasard: random.Random, nombre: int) -> str:
    """Return that many words."""
    return " ".join(hasard.choices(TEXTE.split(), k=nombre)).capitalize()


def graphique(hasard: random.Random):
    """Return a chart of eight bars."""
    from documents import TypeColonne
    from documents.graphiques import Graphique, Serie

    valeurs = tuple(Decimal(hasard.randrange(1000, 90000)) for _ in FINANCEURS)
    return Graphique(
        titre=mots(hasard, 6),
        categories=FINANCEURS,
        series=(Serie("2024", valeurs),),
        type=TypeColonne.MONTANT,
    )


def tableau(hasard: random.Random, taille: int):
    """Return the annex."""
    from documents import Colonne, Groupe, Tableau, TypeColonne

    colonnes = (
        Colonne(cle="porteur", titre="Porteur", poids=2),
        Colonne(cle="intitule", titre="Action", poids=2.2, entete_ligne=True),
        Colonne(cle="axe", titre="Axe", poids=1.9),
        Colonne(cle="theme", titre="Thème", poids=2),
        Colonne(cle="bilan", titre="Bilan", poids=8),
        Colonne(cle="personnes", titre="Personnes", type=TypeColonne.ENTIER, total=True),
        Colonne(cle="public", titre="Public", poids=5),
        Colonne(cle="moyens", titre="Moyens", poids=3.2),
        *(Colonne(cle=nom, titre=nom, type=TypeColonne.MONTANT, total=True) for nom in FINANCEURS),
    )

    def ligne(rang: int) -> dict[str, object]:
        textes = {"axe": 2, "theme": 3, "bilan": 75, "public": 25, "moyens": 12}
        montants = {nom: Decimal(hasard.randrange(20) * 500) for nom in hasard.sample(FINANCEURS, 3)}
        return {
            **dict.fromkeys(FINANCEURS),
            **montants,
            **{cle: mots(hasard, nombre) for cle, nombre in textes.items()},
            "porteur": f"Association {rang // 8}",
            "intitule": f"{mots(hasard, 3)} {rang}",
            "personnes": hasard.randrange(400),
        }

    groupes = [
        Groupe(
            titre=f"Association {debut // 8}",
            lignes=[ligne(rang) for rang in range(debut, min(debut + 8, taille))],
            sous_total="Sous-total",
        )
        for debut in range(0, taille, 8)
    ]
    return Tableau(titre="Actions", nom="Actions", colonnes=colonnes, groupes=groupes, total="Total")


def faire_nu(taille: int) -> bytes:
    """Print the plain HTML with WeasyPrint alone, to the same kind of PDF; its import is part of the process."""
    from documents import rendu_rapport_annexe
    from documents.rendu_rapport_html import rapport_en_html

    rendu_rapport_annexe.COLONNES_MAX = 999
    with tempfile.TemporaryDirectory(prefix="pilotis-banc-") as dossier:
        (Path(dossier) / "rapport.html").write_text(rapport_en_html(rapport(taille)))
        subprocess.run([sys.executable, __file__, "--weasyprint", dossier], check=True)
        return (Path(dossier) / "nu.pdf").read_bytes()


def weasyprint_seul(dossier: Path) -> None:
    """The process of `faire_nu`: nothing of Pilotis but its fonts."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    from documents.polices import DOSSIER

    class Chargeur(URLFetcher):
        def fetch(self, url, headers=None):
            if url.startswith("data:"):
                return super().fetch(url, headers)
            police = (DOSSIER / url.partition(":")[2]).read_bytes()
            return URLFetcherResponse(url, police, {"Content-Type": "font/woff2"})

    document = HTML(string=(dossier / "rapport.html").read_text(), url_fetcher=Chargeur())
    document.write_pdf(dossier / "nu.pdf", pdf_variant="pdf/a-3a")


def faire_le_notre(taille: int, processus: int) -> bytes:
    """Return our PDF. The application stops a layout after five minutes; a busy machine may need more here."""
    from documents.rendu_rapport_pdf import rapport_en_pdf

    return rapport_en_pdf(rapport(taille), processus=processus, delai=3600)


def mesurer(mesure: str, taille: int) -> dict[str, float]:
    """Return seconds on the clock and of processor, peak memory of the largest process in MB, pages."""
    from pikepdf import Pdf

    # A server has imported it already: loading it is not part of what is measured.
    import_module("documents.rendu_rapport_pdf")
    debut = perf_counter()
    contenu = faire_nu(taille) if mesure == "nu" else faire_le_notre(taille, 1 if mesure == "un" else 2)
    duree = perf_counter() - debut
    moi, enfants = (resource.getrusage(qui) for qui in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    with tempfile.TemporaryFile() as fichier:
        fichier.write(contenu)
        with Pdf.open(fichier) as pdf:
            pages = len(pdf.pages)
    return {
        "s": duree,
        "cpu": moi.ru_utime + moi.ru_stime + enfants.ru_utime + enfants.ru_stime,
        "pic": enfants.ru_maxrss / 1024,
        "parent": moi.ru_maxrss / 1024,
        "pages": pages,
        "Mo": len(contenu) / 1e6,
    }


# -- In the process that compares ------------------------------------------------------------------
def lancer(mesure: str, taille: int) -> dict[str, float]:
    """Run a measure in a process of its own."""
    environnement = {**os.environ, "PYTHONPATH": str(RACINE), "DJANGO_SETTINGS_MODULE": "config.settings"}
    commande = [sys.executable, __file__, "--mesurer", mesure, "--tailles", str(taille)]
    fini = subprocess.run(commande, env=environnement, capture_output=True, text=True, check=False)
    if fini.returncode:
        sys.exit(fini.stderr)
    return json.loads(fini.stdout.splitlines()[-1])


def comparer(tailles: list[int], fois: int) -> None:
    """Print what each way takes, its ratio to the plain one, and how it grows."""
    print(
        f"Rapport annuel en PDF, médianes de {fois} mesure(s) alternée(s), charge {os.getloadavg()[0]:.1f}."
    )
    secondes: dict[tuple[str, int], float] = {}
    for taille in tailles:
        essais: dict[str, list[dict[str, float]]] = {mesure: [] for mesure in MESURES}
        for _ in range(fois):
            for mesure in MESURES:
                essais[mesure].append(lancer(mesure, taille))
        print(f"\n{taille} actions")
        for mesure, mesures in essais.items():
            moyen = {cle: median(essai[cle] for essai in mesures) for cle in mesures[0]}
            secondes[mesure, taille] = moyen["s"]
            horloge, processeur = (
                median(a[cle] / b[cle] for a, b in zip(mesures, essais["nu"], strict=True))
                for cle in ("s", "cpu")
            )
            print(
                f"  {mesure:5}{moyen['s']:8.1f} s (× {horloge:.2f}){moyen['cpu']:8.1f} s de processeur"
                f" (× {processeur:.2f}){moyen['pages']:6.0f} pages{moyen['pic']:7.0f} Mo par processus"
                f"{moyen['parent']:6.0f} Mo pour réunir{moyen['Mo']:6.1f} Mo écrits",
                flush=True,
            )
    for mesure in MESURES:
        for avant, apres in pairwise(tailles):
            pente = log(secondes[mesure, apres] / secondes[mesure, avant]) / log(apres / avant)
            print(f"{mesure} : de {avant} à {apres} actions, le temps croît comme N puissance {pente:.2f}")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--tailles", default=",".join(map(str, TAILLES)))
    options.add_argument("--fois", type=int, default=1)
    options.add_argument("--mesurer", choices=MESURES, help=argparse.SUPPRESS)
    options.add_argument("--weasyprint", type=Path, help=argparse.SUPPRESS)
    choix = options.parse_args()
    if choix.weasyprint:
        weasyprint_seul(choix.weasyprint)
    elif choix.mesurer:
        import django

        django.setup()
        print(json.dumps(mesurer(choix.mesurer, int(choix.tailles))))
    else:
        comparer([int(taille) for taille in choix.tailles.split(",")], choix.fois)
