"""The journal of the browser (static/js/journal.js): a page that keeps one loads it before the script that reads it."""

import re

import pytest

from tests.conftest import RACINE

GABARITS = {
    str(chemin.relative_to(RACINE)): chemin.read_text(encoding="utf-8")
    for chemin in sorted((RACINE / "templates").rglob("*.html"))
}
LECTEURS = sorted(nom for nom, texte in GABARITS.items() if re.search(r"js/(brouillon|rapide)\.js", texte))


def test_ceux_qui_en_tiennent_un():
    assert {
        "templates/bilans/bilan_detail.html",
        "templates/bilans/bilan_etape.html",
        "templates/bilans/bilan_etape_relecture.html",
        "templates/bilans/saisie_rapide.html",
    } <= set(LECTEURS)


@pytest.mark.parametrize("nom", LECTEURS)
def test_il_est_charge_avant_qui_le_lit(nom):
    scripts = re.findall(r"js/(\w+)\.js", GABARITS[nom])
    lecteur = "brouillon" if "brouillon" in scripts else "rapide"
    assert scripts.index("journal") < scripts.index(lecteur)
