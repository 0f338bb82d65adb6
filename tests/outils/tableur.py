"""LibreOffice as a reader of our workbooks: what it computes by itself."""

import io
import re
import subprocess
import zipfile
from pathlib import Path

from tests.documents.lecteurs import lire_csv

# CSV with « ; », UTF-8, cells as they are shown, formulas computed
FILTRE = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true,false,false,false,-1"


def recalculer(contenu: bytes, dossier: Path) -> list[list[str]]:
    """Return the cells of the first sheet as LibreOffice computes them: the cached values are thrown away."""
    chemin = dossier / "classeur.xlsx"
    with zipfile.ZipFile(io.BytesIO(contenu)) as origine, zipfile.ZipFile(chemin, "w") as copie:
        for nom in origine.namelist():
            morceau = origine.read(nom)
            if nom == "xl/worksheets/sheet1.xml":
                morceau = re.sub(rb"(<f>[^<]*</f>)<v>[^<]*</v>", rb"\1", morceau)
            copie.writestr(nom, morceau)
    return lire_csv(convertir(chemin, FILTRE, dossier))


def convertir(chemin: Path, format: str, dossier: Path) -> bytes:
    """Return a workbook as LibreOffice saves it in another format: « ods », or a name with its settings."""
    sortie = dossier / "converti"
    commande = ["soffice", f"-env:UserInstallation=file://{dossier}/lo", "--headless"]
    commande += ["--convert-to", format, "--outdir", str(sortie), str(chemin)]
    subprocess.run(commande, check=True, capture_output=True, timeout=180)
    (fichier,) = sortie.iterdir()
    return fichier.read_bytes()


def sans_unite(texte: str) -> str:
    """« 1,420.50 € » (LibreOffice in English) without separators or unit."""
    return texte.replace(",", "").replace("\u00a0", "").replace("€", "")
