"""What the contrôles of dates and money say of the four demonstration contracts: all of it, and nothing else."""

from collections import Counter

import pytest

from actions.models import Campagne
from bilans.controles import anomalies_annee, anomalies_bilans, anomalies_contrat
from bilans.models import Bilan
from contrats.models import ContratVille
from tests.outils.pages import lisible

pytestmark = pytest.mark.usefixtures("demonstration")


def des_dates_et_de_l_argent(trouvees):
    return [a for a in trouvees if a.famille in ("DAT", "FIN")]


def de_l_annee(slug, annee):
    """Return what is found in the year, then in its bilans."""
    campagne = Campagne.objects.get(contrat__slug=slug, annee=annee)
    bilans = Bilan.objects.filter(action_annuelle__campagne=campagne).order_by("action_annuelle__ordre")
    des_bilans = [a for lus in anomalies_bilans(bilans).values() for a in lus]
    return des_dates_et_de_l_argent([*anomalies_annee(campagne), *des_bilans])


def du_contrat(slug):
    return des_dates_et_de_l_argent(anomalies_contrat(ContratVille.objects.get(slug=slug)))


def codes(trouvees):
    return Counter(a.code for a in trouvees)


def test_bagnols_dit_tout_et_rien_de_plus():
    assert codes(de_l_annee("bagnols-2015-2023", 2023)) == {
        "FIN-01": 1,
        "FIN-02": 1,
        "FIN-03": 1,
        "FIN-04": 1,
        "FIN-05": 7,
        "FIN-06": 1,
        "FIN-08": 8,
        "FIN-09": 1,
        "FIN-14": 3,
        "FIN-18": 1,
        "DAT-03": 1,
        "DAT-05": 2,
        "DAT-06": 1,
    }
    assert du_contrat("bagnols-2015-2023") == []


def test_bagnols_explique_ses_104_pour_cent_et_les_800_d_ufolep():
    lues = {a.code: a for a in de_l_annee("bagnols-2015-2023", 2023) if not a.objet.startswith("bilan")}
    parts, ufolep = lues["FIN-01"], lues["FIN-05"]
    assert "font 104 % au lieu de 100 %" in lisible(parts.message)
    assert "TOTAL PDV, 687 489 €, qui laisse de côté 28 100 €" in lisible(parts.explication)
    assert parts.objet == "annee"
    assert lisible(ufolep.message).startswith("Sous-total UFOLEP : 24 000 € imprimés, 800 € de moins")
    assert lisible(ufolep.explication).endswith(
        "800 € de MAIRIE BAGNOLS sur « QE- animations socio sportives »."
    )
    assert ufolep.objet.startswith("porteur:")


def test_dole():
    assert codes(du_contrat("dole-2024-2030")) == {"DAT-12": 1}
    (tournoi,) = de_l_annee("dole-2024-2030", 2024)
    assert (tournoi.code, tournoi.champ) == ("DAT-01", "mise_en_oeuvre")
    assert "a eu lieu le 4 janvier 2025" in tournoi.citation


def test_besancon():
    assert codes(du_contrat("besancon-2024-2030")) == {
        "DAT-07": 1,
        "DAT-09": 1,
        "DAT-10": 1,
        "FIN-11": 1,
        "FIN-12": 1,
    }
    assert de_l_annee("besancon-2024-2030", 2026) == []


@pytest.mark.parametrize("annee", [2024, 2025, 2026, 2027])
def test_dijon(annee):
    assert codes(de_l_annee("dijon-2024-2030", annee)) == {"FIN-13": 1, "FIN-15": 1, "FIN-18": 1}
