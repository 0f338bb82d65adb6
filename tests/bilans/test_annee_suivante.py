"""Opening the year after this one, from the page where last year's actions are renewed."""

from datetime import date

import pytest

from actions.models import Campagne
from tests import fabriques
from tests.outils import lieux
from tests.outils.pages import texte


@pytest.fixture
def lieu(db, client, time_machine):
    """Give a contract of 2024 to 2030 in its year 2024, seen at the end of that year."""
    time_machine.move_to("2024-11-20T12:00:00+01:00")
    lieu = lieux.ouvrir(client)
    lieu.contrat.date_debut, lieu.contrat.date_fin = date(2024, 1, 1), date(2030, 12, 31)
    lieu.contrat.save()
    Campagne.objects.filter(pk=lieu.campagne.pk).update(
        contact_nom="Claire Aubert", contact_email="claire@dole.example", notice="De 2024 seulement."
    )
    return lieu


def test_la_page_offre_d_ouvrir_l_annee_suivante_puis_de_la_remplir(lieu):
    fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, statut="realisee")
    assert "Ouvrir l'année 2025" in texte(lieu.client.get(lieu.adresse("reconduire")))
    reponse = lieu.client.post(lieu.adresse("annee_suivante"), follow=True)
    assert reponse.request["PATH_INFO"] == lieu.adresse("reconduire", annee=2025)
    page = texte(reponse)
    assert "L'année 2025 est ouverte, en préparation." in page
    assert "1 action de 2024 peut être reconduite en 2025" in page
    assert "Ouvrir l'année" not in page
    assert "Ouvrir l'année" not in texte(lieu.client.get(lieu.adresse("reconduire")))


def test_elle_reprend_les_tranches_et_la_personne_a_joindre(lieu):
    lieu.client.post(lieu.adresse("annee_suivante"))
    nouvelle = Campagne.objects.get(annee=2025)
    assert (nouvelle.contrat, nouvelle.statut, nouvelle.bilan_echeance) == (lieu.contrat, "preparation", None)
    assert (nouvelle.contact_nom, nouvelle.contact_email, nouvelle.notice) == (
        "Claire Aubert",
        "claire@dole.example",
        "",
    )
    valeurs = ("ordre", "libelle", "age_min", "age_max")
    attendues = list(lieu.campagne.tranches.order_by("ordre").values_list(*valeurs))
    assert len(attendues) == 6
    assert list(nouvelle.tranches.order_by("ordre").values_list(*valeurs)) == attendues
    assert nouvelle.historique.get().history_user == lieu.chargee


def test_le_bouton_presse_deux_fois_n_ouvre_qu_une_annee(lieu):
    for _ in range(2):
        assert lieu.client.post(lieu.adresse("annee_suivante")).status_code == 302
    assert list(Campagne.objects.order_by("annee").values_list("annee", flat=True)) == [2024, 2025]


@pytest.mark.parametrize(("fin", "jour"), [("2024-12-31", "2024-11-20"), ("2030-12-31", "2023-11-20")])
def test_ni_apres_le_contrat_ni_trop_tot(lieu, time_machine, fin, jour):
    lieu.contrat.date_fin = date.fromisoformat(fin)
    lieu.contrat.save()
    time_machine.move_to(f"{jour}T12:00:00+01:00")
    lieu.client.force_login(lieu.chargee)
    assert "Ouvrir l'année" not in texte(lieu.client.get(lieu.adresse("reconduire")))
    page = texte(lieu.client.post(lieu.adresse("annee_suivante"), follow=True))
    assert "L'année 2025 ne peut pas encore être ouverte" in page
    assert Campagne.objects.count() == 1
