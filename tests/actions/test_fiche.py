"""Writing the fiche of an action: texts, volets and criteria in one page; nothing is lost, nothing half-written."""

from typing import Any

import pytest
from django.urls import reverse

from actions.models import ActionAnnuelle, IndicateurAction
from tests import fabriques
from tests.outils.pages import lisible

pytestmark = pytest.mark.django_db


@pytest.fixture
def annuelle(lieu: Any) -> ActionAnnuelle:
    campagne = fabriques.CampagneFactory(contrat=lieu.contrat, annee=2024)
    action = fabriques.ActionFactory(contrat=lieu.contrat, porteur=lieu.porteur)
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action, objectifs="Lire")
    fabriques.VoletFactory(action_annuelle=annuelle, ordre=1, intitule="Ateliers")
    fabriques.IndicateurActionFactory(action_annuelle=annuelle, ordre=1, libelle="Nombre de bénévoles")
    return annuelle


def adresse(annuelle: ActionAnnuelle, nom: str = "fiche_action_modifier") -> str:
    campagne = annuelle.campagne
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee, annuelle.cle])


def saisie(
    annuelle: ActionAnnuelle, volets: list[dict[str, Any]], criteres: list[dict[str, Any]], **textes: Any
) -> Any:
    """Return what the page posts."""
    donnees = {"version": annuelle.version, "objectifs": annuelle.objectifs, **textes}
    for prefixe, lignes in (("volets", volets), ("criteres", criteres)):
        initiales = annuelle.volets.count() if prefixe == "volets" else annuelle.indicateurs.count()
        donnees |= {f"{prefixe}-TOTAL_FORMS": len(lignes), f"{prefixe}-INITIAL_FORMS": initiales}
        for rang, ligne in enumerate(lignes):
            donnees |= {f"{prefixe}-{rang}-{nom}": valeur for nom, valeur in ligne.items()}
    return donnees


def critere(annuelle: ActionAnnuelle, **valeurs: Any) -> dict[str, Any]:
    present = annuelle.indicateurs.get()
    return {"pk": present.pk, "libelle": present.libelle, "rang": 1, **valeurs}


def lus(annuelle: ActionAnnuelle) -> tuple[list[str], list[str]]:
    volets = annuelle.volets.order_by("ordre").values_list("intitule", flat=True)
    criteres = annuelle.indicateurs.order_by("ordre").values_list("libelle", flat=True)
    return list(volets), list(criteres)


def test_tout_s_enregistre_d_un_coup_dans_l_ordre_demande(lieu: Any, annuelle: ActionAnnuelle) -> None:
    envoi = saisie(
        annuelle,
        [{"intitule": "Ateliers", "rang": 2}, {"intitule": "Sorties", "dates": "en mai", "rang": 1}],
        [critere(annuelle, cible="1 200", unite="heures"), {"libelle": "Adhésions", "rang": 2}],
        objectifs="Lire et écrire",
        tarifs="Gratuit",
    )
    reponse = lieu.client.post(adresse(annuelle), envoi)
    assert reponse.status_code == 302
    annuelle.refresh_from_db()
    assert lus(annuelle) == (["Sorties", "Ateliers"], ["Nombre de bénévoles", "Adhésions"])
    assert (annuelle.objectifs, annuelle.tarifs, annuelle.version) == ("Lire et écrire", "Gratuit", 2)
    assert annuelle.indicateurs.get(ordre=1).cible == 1200
    motif = annuelle.historique.first().history_change_reason
    assert motif == "Volets – ajouté : Sorties ; Critères – ajouté : Adhésions"


def test_ajouter_un_volet_rend_la_page_avec_tout_ce_qui_est_tape(lieu: Any, annuelle: ActionAnnuelle) -> None:
    envoi = saisie(annuelle, [{"intitule": "Ateliers du soir", "rang": 1}], [critere(annuelle)], tarifs="5 €")
    page = lisible(lieu.client.post(adresse(annuelle), envoi | {"ajouter": "volets"}).content.decode())
    assert [mots in page for mots in ("Ateliers du soir", "Volet 2", "5 €")] == [True] * 3
    annuelle.refresh_from_db()
    assert (lus(annuelle)[0], annuelle.version) == (["Ateliers"], 1)


def test_un_volet_retire_s_en_va_et_une_ligne_vide_ne_compte_pas(lieu: Any, annuelle: ActionAnnuelle) -> None:
    envoi = saisie(annuelle, [{"intitule": "Ateliers", "retirer": "on"}, {"rang": 2}], [critere(annuelle)])
    assert lieu.client.post(adresse(annuelle), envoi).status_code == 302
    assert lus(annuelle) == ([], ["Nombre de bénévoles"])


def test_un_volet_sans_intitule_est_dit_et_rien_ne_s_enregistre(lieu: Any, annuelle: ActionAnnuelle) -> None:
    envoi = saisie(
        annuelle, [{"description": "Une sortie"}], [critere(annuelle, cible="beaucoup")], tarifs="x"
    )
    page = lisible(lieu.client.post(adresse(annuelle), envoi).content.decode())
    assert ["Donnez un intitulé à ce volet" in page, "Saisissez un montant en chiffres" in page] == [
        True,
        True,
    ]
    annuelle.refresh_from_db()
    assert (lus(annuelle)[0], annuelle.tarifs) == (["Ateliers"], "")


def test_deux_personnes_voient_les_deux_versions(lieu: Any, annuelle: ActionAnnuelle) -> None:
    ouverte = saisie(
        annuelle, [{"intitule": "Ateliers"}, {"intitule": "Mien"}], [critere(annuelle)], tarifs="mien"
    )
    autre = saisie(
        annuelle, [{"intitule": "Ateliers"}, {"intitule": "Sien"}], [critere(annuelle)], tarifs="sien"
    )
    assert lieu.client.post(adresse(annuelle), autre).status_code == 302
    page = lisible(lieu.client.post(adresse(annuelle), ouverte).content.decode())
    assert [mots in page for mots in ("Sien", "Mien", "sien", "mien")] == [True] * 4
    annuelle.refresh_from_db()
    assert (lus(annuelle)[0], annuelle.tarifs) == (["Ateliers", "Sien"], "sien")


def test_un_critere_auquel_un_bilan_repond_ne_se_retire_pas(lieu: Any, annuelle: ActionAnnuelle) -> None:
    bilan = fabriques.BilanFactory(action_annuelle=annuelle)
    fabriques.ValeurIndicateurFactory(bilan=bilan, critere=annuelle.indicateurs.get())
    envoi = saisie(annuelle, [], [critere(annuelle, retirer="on")], tarifs="x")
    page = lisible(lieu.client.post(adresse(annuelle), envoi).content.decode())
    assert "a déjà une réponse dans le bilan" in page
    annuelle.refresh_from_db()
    assert (lus(annuelle), annuelle.tarifs) == ((["Ateliers"], ["Nombre de bénévoles"]), "")


def test_une_annee_archivee_ne_change_plus(lieu: Any, annuelle: ActionAnnuelle) -> None:
    campagne = annuelle.campagne
    campagne.statut = "archivee"
    campagne.save()
    envoi = saisie(annuelle, [], [critere(annuelle)], tarifs="x")
    assert "est archivée" in lisible(lieu.client.post(adresse(annuelle), envoi).content.decode())
    assert IndicateurAction.objects.count() == 1
    annuelle.refresh_from_db()
    assert annuelle.tarifs == ""


def test_une_page_falsifiee_est_refusee_sans_erreur(lieu: Any, annuelle: ActionAnnuelle) -> None:
    envoi = saisie(annuelle, [], [{"pk": "9" * 40, "libelle": "x"}]) | {"volets-TOTAL_FORMS": "99999999"}
    assert lieu.client.post(adresse(annuelle), envoi).status_code == 200
    assert lieu.client.post(adresse(annuelle), {}).status_code == 200
    assert (
        lieu.client.post(adresse(annuelle), {"ajouter": "volets", "volets-TOTAL_FORMS": "x"}).status_code
        == 200
    )
