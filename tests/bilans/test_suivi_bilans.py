"""The follow-up of the bilans: what waits first, how many in each situation, what is late."""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from actions.models import Campagne
from bilans.models import Bilan
from bilans.suivi import SITUATIONS_BILAN
from tests import fabriques
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


def action(campagne: Campagne, intitule: str, **champs: Any) -> Any:
    parente = fabriques.ActionFactory(contrat=campagne.contrat, intitule=intitule)
    return fabriques.ActionAnnuelleFactory(campagne=campagne, action=parente, **champs)


def adresse(campagne: Campagne, criteres: str = "") -> str:
    return reverse("suivi_bilans", args=[campagne.contrat.slug, campagne.annee]) + criteres


def suivi(client: Client, campagne: Campagne, criteres: str = "") -> Any:
    reponse = client.get(adresse(campagne, criteres))
    assert reponse.status_code == 200, reponse
    return reponse.context["liste"]


def page(client: Client, campagne: Campagne, criteres: str = "") -> str:
    return client.get(adresse(campagne, criteres)).content.decode()


def titres(lu: Any) -> list[str]:
    return [ligne.record.action.intitule for ligne in lu.table.paginated_rows]


def prolonger(campagne: Campagne, intitule: str, echeance: date) -> None:
    bilans = Bilan.objects.filter(action_annuelle__campagne=campagne)
    bilans.filter(action_annuelle__action__intitule=intitule).update(echeance_prolongee=echeance)


@pytest.fixture
def bilans(campagne: Campagne) -> None:
    """One bilan in each situation; two actions without a bilan row, one of which awaits none."""
    for situation in ("valide", "a_completer", "transmis", "en_saisie"):
        fabriques.BilanFactory(action_annuelle=action(campagne, situation), **{situation: True})
    fabriques.BilanFactory(
        action_annuelle=action(campagne, "dispense", reportee=True), statut=Bilan.Statut.DISPENSE
    )
    action(campagne, "jamais ouvert")
    action(campagne, "refusee", refusee=True)


def test_ce_qui_attend_la_chargee_vient_d_abord(chargee, campagne, bilans):
    assert titres(suivi(chargee, campagne)) == [
        "transmis",
        "a_completer",
        "en_saisie",
        "jamais ouvert",
        "valide",
        "dispense",
    ]


def test_onglets_avec_leur_nombre_et_les_lignes_derriere(chargee, campagne, bilans):
    onglets = {onglet["libelle"]: onglet for onglet in suivi(chargee, campagne).onglets}
    assert list(onglets) == [
        "Tous\u00a0: 6",
        "À lire\u00a0: 1",
        "À vérifier\u00a0: 2",
        "À recevoir\u00a0: 3",
        "En retard\u00a0: 3",
        "Validés\u00a0: 1",
        "Dispensés\u00a0: 1",
    ]
    for libelle, onglet in onglets.items():
        assert suivi(chargee, campagne, onglet["url"]).nombre == int(libelle.split()[-1]), libelle
    assert titres(suivi(chargee, campagne, "?bilan=a_recevoir")) == [
        "a_completer",
        "en_saisie",
        "jamais ouvert",
    ]


def test_les_onglets_suivent_les_autres_filtres(chargee, campagne, bilans):
    lu = suivi(chargee, campagne, "?q=transmis&bilan=a_lire")
    assert [(o["libelle"], o["url"], o["actif"]) for o in lu.onglets] == [
        ("Tous\u00a0: 1", "?q=transmis", False),
        ("À lire\u00a0: 1", "?q=transmis&bilan=a_lire", True),
        ("À vérifier\u00a0: 1", "?q=transmis&bilan=anomalies", False),
    ]
    assert [puce.url for puce in lu.puces] == ["?bilan=a_lire"]


def test_phrase_et_echeance(chargee, campagne, bilans, time_machine):
    time_machine.move_to("2025-06-20T12:00:00+02:00")
    assert suivi(chargee, campagne).phrase == (
        "5\u00a0bilans attendus, 2\u00a0reçus, 1\u00a0validé. "
        "L'échéance est le 30\u00a0juin\u00a02025 (dans 10\u00a0jours)."
    )
    time_machine.move_to("2025-07-12T12:00:00+02:00")
    assert suivi(chargee, campagne).phrase.endswith(
        "L'échéance était le 30\u00a0juin\u00a02025 (depuis 12\u00a0jours)\u00a0: 3\u00a0bilans en retard."
    )
    prolonger(campagne, "en_saisie", date(2025, 9, 15))
    assert suivi(chargee, campagne).phrase.endswith(
        "\u00a0: 2\u00a0bilans en retard, 1\u00a0échéance prolongée."
    )


def test_retard_d_apres_la_date_enregistree(chargee, campagne, bilans, time_machine):
    time_machine.move_to("2025-06-30T20:00:00+02:00")
    assert "en retard" not in page(chargee, campagne)
    time_machine.move_to("2025-07-01T08:00:00+02:00")
    # Those that the porteur still has in hand: never a transmitted or validated one.
    assert page(chargee, campagne).count(", en retard</span>") == 3
    campagne.statut, campagne.bilan_echeance = Campagne.Statut.PREPARATION, None
    campagne.save()
    assert "en retard" not in page(chargee, campagne)
    assert suivi(chargee, campagne).phrase.endswith("Aucune échéance n'est fixée.")


def test_un_bilan_prolonge_a_sa_propre_date(chargee, campagne, bilans, time_machine):
    time_machine.move_to("2025-07-01T08:00:00+02:00")
    prolonger(campagne, "en_saisie", date(2025, 9, 15))
    html = page(chargee, campagne)
    assert html.count(", en retard</span>") == 2
    assert "<small>échéance prolongée au 15 septembre 2025</small>" in html
    assert titres(suivi(chargee, campagne, "?bilan=en_retard")) == ["a_completer", "jamais ouvert"]
    assert titres(suivi(chargee, campagne, "?bilan=prolonges")) == ["en_saisie"]
    # Its own date counts, also when it is past and that of the others is not.
    time_machine.move_to("2025-09-16T08:00:00+02:00")
    campagne.bilan_echeance = date(2025, 12, 31)
    campagne.save()
    assert titres(suivi(chargee, campagne, "?bilan=en_retard")) == ["en_saisie"]
    assert page(chargee, campagne).count(", en retard</span>") == 1
    # A received bilan is not late any more, and what it was given no longer matters.
    prolonger(campagne, "transmis", date(2025, 9, 15))
    assert titres(suivi(chargee, campagne, "?bilan=en_retard")) == ["en_saisie"]


@pytest.mark.parametrize("situation", [*dict(SITUATIONS_BILAN), *Bilan.Statut.values])
def test_une_situation_venue_d_ailleurs_a_son_onglet(chargee, campagne, bilans, situation):
    lu = suivi(chargee, campagne, f"?bilan={situation}")
    actifs = [onglet["libelle"] for onglet in lu.onglets if onglet["actif"]]
    assert len(actifs) == 1
    assert actifs[0].endswith(f"\u00a0: {lu.nombre}")


def test_cases_a_cocher_pour_valider_ensemble(chargee, campagne, bilans):
    html = page(chargee, campagne)
    assert f'action="{reverse("bilans_valider", args=[campagne.contrat.slug, 2024])}"' in html
    assert "Valider les bilans cochés…" in html
    cochables = {a.cle: a.action.intitule for a in campagne.actions.select_related("action")}
    proposes = re.findall(r'name="cle" value="([^"]+)"', html)
    # Neither what nobody has begun, nor what is validated or waived.
    assert [cochables[cle] for cle in proposes] == ["transmis", "a_completer", "en_saisie"]
    assert html.count('<span class="visually-hidden">Cocher le bilan de ') == 3
    assert "Valider les bilans cochés" not in page(chargee, campagne, "?bilan=valides")


def test_commentaires_ouverts_sur_la_ligne(chargee, campagne, bilans):
    bilan = Bilan.objects.get(action_annuelle__action__intitule="transmis")
    fabriques.CommentaireFactory.create_batch(2, bilan=bilan)
    regle_par = fabriques.UtilisateurFactory()
    fabriques.CommentaireFactory(bilan=bilan, regle_par=regle_par, regle_le=timezone.now())
    html = page(chargee, campagne)
    assert re.findall(r"<small>(\d+\s[a-z ]+ouverts?)</small>", html) == ["2\u00a0commentaires ouverts"]


def test_onglets_de_la_piece_et_saisie_rapide(chargee, campagne, bilans):
    html = page(chargee, campagne)
    assert '<nav class="onglets" aria-label="Bilans">' in html
    assert html.count(f'href="{reverse("saisie_rapide", args=[campagne.contrat.slug, 2024])}"') == 2


def test_anomalies_par_ligne(chargee, campagne):
    bilan = fabriques.BilanFactory(action_annuelle=action(campagne, "Faux total"), transmis=True)
    fabriques.effectifs(bilan, F=12, H=17, T=30)
    html = page(chargee, campagne, "?bilan=anomalies")
    assert titres(suivi(chargee, campagne, "?bilan=anomalies")) == ["Faux total"]
    assert '<span class="etat etat-bloque">1 à corriger</span>' in html


def test_transmis_et_personnes(chargee, campagne):
    bilan = fabriques.BilanFactory(action_annuelle=action(campagne, "Sexué"), transmis=True)
    fabriques.effectifs(bilan, F=12, H=18)
    html = page(chargee, campagne)
    assert "12\u00a0mai\u00a02025" in html
    assert ">30</td>" in html


def test_chaque_ligne_dit_la_suite(chargee, campagne, bilans):
    html = page(chargee, campagne)
    for titre, nom, mot in (("transmis", "bilan_detail", "Lire"), ("en_saisie", "bilan_saisir", "Saisir")):
        cle = campagne.actions.get(action__intitule=titre).cle
        lien = reverse(nom, args=[campagne.contrat.slug, campagne.annee, cle])
        assert f'<a href="{lien}">{mot}<span class="visually-hidden"> le bilan de {titre}</span></a>' in html


def test_la_suite_de_chaque_ligne_s_ouvre(chargee, campagne, bilans):
    html = page(chargee, campagne)
    liens = re.findall(r'<a href="([^"]+)">[^<]+<span class="visually-hidden"> le bilan de', html)
    # None where nobody has opened the bilan: it is entered from the fast entry, or opened with the campaign.
    assert len(liens) == 5
    assert [chargee.get(lien).status_code for lien in liens] == [200] * 5


def test_tri_demande(chargee, campagne, bilans):
    assert titres(suivi(chargee, campagne, "?tri=-action"))[0] == "valide"
    assert suivi(chargee, campagne, "?tri=anomalies").avis


@pytest.mark.parametrize("criteres", ["?bilan=zzz", "?porteur=inconnu", "?q=%00", "?tri=zzz", "?page=12"])
def test_une_adresse_fausse_est_dite(chargee, campagne, bilans, criteres):
    lu = suivi(chargee, campagne, criteres)
    assert (lu.nombre, len(lu.avis)) == (6, 1)


def test_le_formulaire_garde_l_onglet(chargee, campagne, bilans):
    reponse = chargee.get(adresse(campagne, "?q=&bilan=valides&porteur="))
    assert reponse.url == adresse(campagne, "?bilan=valides")
    assert page(chargee, campagne, "?bilan=valides").count('name="bilan"') == 1


def test_situations_vides(chargee, campagne):
    assert "Aucune action en 2024" in page(chargee, campagne)
    fabriques.BilanFactory(action_annuelle=action(campagne, "Validé"), valide=True)
    html = page(chargee, campagne, "?bilan=a_lire")
    assert "Aucun bilan dans cette situation" in html
    assert "attend votre lecture" in html


def test_reserve_a_qui_pilote_le_contrat(client, campagne, bilans):
    porteur = campagne.actions.first().action.porteur
    financeur = fabriques.FinanceurFactory(contrat=campagne.contrat)
    for compte in (
        fabriques.representant_du_porteur(porteur),
        fabriques.representant_du_financeur(financeur),
        fabriques.membre_du_copil(campagne.contrat),
    ):
        client.force_login(compte)
        assert client.get(adresse(campagne)).status_code == 403
    client.force_login(fabriques.chargee_de_mission(fabriques.ContratFactory()))
    assert client.get(adresse(campagne)).status_code == 404


def test_autant_de_requetes_pour_1_3_et_30_lignes(chargee, campagne):
    def ajouter() -> None:
        bilan = fabriques.BilanFactory(
            action_annuelle=fabriques.ActionAnnuelleFactory(campagne=campagne), transmis=True
        )
        fabriques.effectifs(bilan, F=12, H=17, T=30)

    ajouter()
    avec_une = verifier_requetes_constantes(lambda: page(chargee, campagne), ajouter, fois=2)
    assert verifier_requetes_constantes(lambda: page(chargee, campagne), ajouter, fois=27) == avec_une
