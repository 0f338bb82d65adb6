"""What reading a spreadsheet takes: an ordinary one against the bare library, and every hostile one.

    python benchmarks/lecture_tableurs.py [--lignes 500,5000,20000] [--fois 3] [--sans-hostiles]

Every measure is a process of its own: processor seconds, and the most memory that it ever held. It asserts nothing:
benchmarks/README.md says how to read it.
"""

import argparse
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

RACINE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RACINE))

COLONNES = 20
GRAINE = 2024
ENFANT = ("-m", "documents.tableurs.enfant")
# the same file by the library alone, from its first byte to its last cell
OPENPYXL = (
    "-c",
    "import sys, io, openpyxl\n"
    "livre = openpyxl.load_workbook(io.BytesIO(sys.stdin.buffer.read()), read_only={}, data_only=True)\n"
    "for feuille in livre.worksheets:\n"
    "    for ligne in feuille.iter_rows(values_only=True): pass\n",
)
# What the tests do not make as large: what a million rows weigh in a real file, a bomb of a gigabyte.
GO = 1 << 30
ISSUES = {b"refus": "refusé, une phrase", b"classeur": "lu"}


def ordinaire(lignes: int) -> bytes:
    """Return a workbook of that many rows: texts, amounts, days, percentages, as a town's programme."""
    import random

    import xlsxwriter

    hasard = random.Random(GRAINE)
    mots = ("atelier", "quartier", "habitants", "jeunes", "familles", "séances", "association", "emploi")
    sortie = io.BytesIO()
    livre = xlsxwriter.Workbook(sortie)
    feuille = livre.add_worksheet("Programme")
    euros, part, jour = (livre.add_format({"num_format": code}) for code in ("# ##0 €", "0%", "dd/mm/yyyy"))
    for i in range(lignes):
        for j in range(COLONNES):
            if j < 8:
                feuille.write_string(i, j, " ".join(hasard.choices(mots, k=3 + 4 * (j == 4))))
            elif j < 16:
                feuille.write_number(i, j, hasard.randrange(0, 200) * 250, euros)
            elif j < 18:
                feuille.write_number(i, j, hasard.random(), part)
            else:
                feuille.write_number(i, j, 45_000 + hasard.randrange(700), jour)
    livre.close()
    return sortie.getvalue()


def mesurer(contenu: bytes, commande: tuple[str, ...]) -> tuple[float, float, float, str]:
    """Return processor seconds, seconds of the clock, peak memory (MB), and what becomes of the file.

    A process is born with the peak of the one that starts it: a small one is put between us and what is measured.
    """
    with tempfile.NamedTemporaryFile() as fichier:
        fichier.write(contenu)
        fichier.flush()
        fini = subprocess.run(
            [sys.executable, __file__, "--mesurer", fichier.name, *commande], capture_output=True, check=True
        )
    secondes, duree, memoire, issue = fini.stdout.decode().split(" ", 3)
    return float(secondes), float(duree), float(memoire), issue


def mesurer_ici(chemin: str, commande: list[str]) -> None:
    """Run the command on a file, print what it took: the process of `mesurer`."""
    depart = time.monotonic()
    with Path(chemin).open("rb") as entree:
        processus = subprocess.Popen(
            [sys.executable, *commande],
            stdin=entree,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=RACINE,
        )
    debut = os.read(processus.stdout.fileno(), 9)
    while os.read(processus.stdout.fileno(), 1 << 16):
        pass
    code = processus.wait()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    issue = "arrêté, une phrase" if code else ISSUES.get(debut.partition(b"\n")[0], "lu")
    duree = time.monotonic() - depart
    print(usage.ru_utime + usage.ru_stime, duree, usage.ru_maxrss / 1024, issue, end="")


def comparer(lignes: int, fois: int) -> None:
    """Print what we take and what the library takes for the same file, measures alternating."""
    from documents.tableurs import lire_tableur

    contenu = ordinaire(lignes)
    bibliotheque = {
        "openpyxl, lecture seule": (OPENPYXL[0], OPENPYXL[1].format("True")),
        "openpyxl, complet": (OPENPYXL[0], OPENPYXL[1].format("False")),
    }
    essais: dict[str, list[tuple[float, float]]] = {}
    for _ in range(fois):
        for nom, commande in {"notre processus": ENFANT, **bibliotheque}.items():
            secondes, _, memoire, issue = mesurer(contenu, commande)
            if issue != "lu":
                sys.exit(f"{nom} : le fichier n'a pas été lu")
            essais.setdefault(nom, []).append((secondes, memoire))
        avant = processeur()
        lire_tableur(contenu, "programme.xlsx")
        essais.setdefault("lire_tableur, tout compris", []).append((processeur() - avant, 0))
    print(f"\n{lignes} lignes de {COLONNES} colonnes, {len(contenu) / 1024:.0f} Ko")
    for nom, mesures in essais.items():
        secondes = median(s for s, _ in mesures)
        rapport = median(n[0] / b[0] for n, b in zip(mesures, essais["openpyxl, lecture seule"], strict=True))
        memoire = max(m for _, m in mesures)
        print(
            f"  {nom:28}{secondes:7.2f} s   {rapport:5.2f} fois openpyxl en lecture seule"
            + (f"   {memoire:6.0f} Mo au plus" if memoire else "")
        )


def processeur() -> float:
    """Return the processor seconds of this process and of those that it has waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def hostiles() -> None:
    """Print what each hostile file takes, and what becomes of it."""
    from documents.tableurs import FichierRefuse
    from documents.tableurs.nature import reconnaitre
    from tests.documents import fichiers_hostiles as f

    fichiers = {nom: fabriquer for nom, (fabriquer, _) in f.REFUSES.items()} | f.LUS
    fichiers |= {
        "feuille de 1 Go": lambda: f.bombe_feuille(GO),
        "texte de 1 Go": lambda: f.bombe_textes(GO),
        "300 Mo annoncés 500 octets": lambda: f.bombe_feuille(300 << 20, annoncee=500),
        "million de lignes, 3 cellules vides": lambda: f.un_million_de_lignes_vides(3),
        "200 Mo d'éléments imbriqués": lambda: f.bombe_imbriquee(200 << 20),
        "un attribut de 200 Mo": lambda: f.attribut_immense(200 << 20),
        "tout fusionné": f.tout_fusionne,
        "9 000 fusions qui se chevauchent": f.fusions_qui_se_chevauchent,
    }
    print(f"\n{'fichier hostile':38}{'Ko':>8}{'processeur':>12}{'horloge':>10}{'mémoire':>10}   issue")
    for nom, fabriquer in fichiers.items():
        contenu = fabriquer()
        try:
            reconnaitre(contenu)
        except FichierRefuse:
            print(f"{nom:38}{len(contenu) / 1024:8.0f}{'refusé sans rien ouvrir, aux premiers octets':>50}")
            continue
        secondes, duree, memoire, issue = mesurer(contenu, ENFANT)
        print(
            f"{nom:38}{len(contenu) / 1024:8.0f}{secondes:10.2f} s{duree:8.2f} s{memoire:7.0f} Mo   {issue}",
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--mesurer"]:
        mesurer_ici(sys.argv[2], sys.argv[3:])
        sys.exit()
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--lignes", default="500,5000,20000")
    options.add_argument("--fois", type=int, default=3)
    options.add_argument("--sans-hostiles", action="store_true")
    choix = options.parse_args()
    print(f"Lecture de tableurs, médianes de {choix.fois} mesures alternées.")
    for nombre in choix.lignes.split(","):
        comparer(int(nombre), choix.fois)
    if not choix.sans_hostiles:
        hostiles()
