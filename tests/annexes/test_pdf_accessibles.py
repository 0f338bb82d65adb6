"""Every PDF that the application makes of the real documents is PDF/UA-1 and PDF/A-3a: annexes and reports.

Receipts are tried in tests/bilans/test_recus.py: they and these are all that there is.
"""

import io
from pathlib import Path

import pytest

from actions.models import Campagne
from bilans.annexes import ANNEXES
from bilans.annexes.fiche_structure import rendre_fiche
from bilans.rapport.composition import composer
from bilans.rapport.fichiers import fichier_du_rapport
from tests import fabriques
from tests.outils.verapdf import valider

from .outils import BAGNOLS, DOLE, annexe

pytestmark = [pytest.mark.usefixtures("demonstration"), pytest.mark.pdfua]

# on other annexes, in test_formats.py, test_crf.py and test_fiche_action.py
EPROUVEES_AILLEURS = {"synthese", "porteurs", "enjeux", "crf", "fiche-action"}


def test_les_autres_annexes_sont_accessibles_et_archivables(tmp_path: Path) -> None:
    restent = {nom: a for nom, a in ANNEXES.items() if "pdf" in a.formats and nom not in EPROUVEES_AILLEURS}
    assert set(restent) == {"financements", "fiche-structure"}
    for nom, declaree in restent.items():
        sortie = io.BytesIO()
        declaree.ecrire(annexe(nom, *BAGNOLS), "pdf", sortie)
        chemin = tmp_path / f"{nom}.pdf"
        chemin.write_bytes(sortie.getvalue())
        assert valider(chemin) == [], nom


def test_la_fiche_d_une_structure_est_accessible_et_archivable(tmp_path: Path) -> None:
    fiche = fabriques.BilanStructureFactory()
    fabriques.AxeBilanStructureFactory(bilan_structure=fiche)
    sortie = io.BytesIO()
    rendre_fiche(fiche, "pdf", sortie)
    chemin = tmp_path / "fiche.pdf"
    chemin.write_bytes(sortie.getvalue())
    assert valider(chemin) == []


@pytest.mark.parametrize("contrat", [DOLE, BAGNOLS], ids=["dole", "bagnols"])
def test_le_rapport_est_accessible_et_archivable(contrat: tuple[str, int], tmp_path: Path) -> None:
    slug, annee = contrat
    campagne = Campagne.objects.select_related("contrat__epci").get(contrat__slug=slug, annee=annee)
    chemin = tmp_path / "rapport.pdf"
    chemin.write_bytes(fichier_du_rapport(composer(campagne.contrat, campagne), "pdf"))
    assert valider(chemin) == []
