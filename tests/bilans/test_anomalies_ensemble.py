"""Deciding of several findings at once: named and confirmed first, one decision each, taken back together."""

import re

import pytest
from django.urls import reverse

from bilans import operations
from bilans.controles import anomalies_bilan
from bilans.models import Justification
from tests import fabriques
from tests.outils.pages import rien_n_est_ecrit, texte

pytestmark = pytest.mark.django_db

TITRES = ("Ateliers", "Fête", "Jardin")


@pytest.fixture
def bilans(campagne):
    """Three received bilans without women nor men (EFF-20), and one that contradicts itself (EFF-01)."""
    qpv = fabriques.TerritoireFactory(contrat=campagne.contrat)
    crees = {}
    for ordre, titre in enumerate((*TITRES, "Contradiction"), 1):
        action = fabriques.ActionFactory(contrat=campagne.contrat, intitule=titre)
        annuelle = fabriques.ActionAnnuelleFactory(
            campagne=campagne, action=action, territoires=[qpv], ordre=ordre
        )
        crees[titre] = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
        chiffres = {"T": 30} if titre in TITRES else {"F": 12, "H": 17, "T": 30}
        fabriques.effectifs(crees[titre], **chiffres)
    return crees


@pytest.fixture
def url(campagne):
    return lambda nom, suite="": reverse(nom, args=[campagne.contrat.slug, campagne.annee]) + suite


def la(bilan, code):
    (trouvee,) = (a for a in anomalies_bilan(bilan) if a.code == code)
    return trouvee


def noms(bilans, titres=TITRES, code="EFF-20"):
    return [la(bilans[titre], code).identite for titre in titres]


def prochain(page):
    """Return what the confirmation page sends when it is confirmed, without the reason."""
    html = page.content.decode()
    return {"confirmer": "oui", "constat": re.search(r'name="constat" value="([^"]*)"', html)[1]}


def objets():
    return sorted(Justification.objects.values_list("objet", flat=True))


# -- Deciding --------------------------------------------------------------------------------------
def test_ce_qui_est_coche_est_nomme_avant_d_etre_ecrit(chargee, bilans, url):
    with rien_n_est_ecrit():
        page = chargee.post(url("anomalies_decider"), {"constat": noms(bilans, ("Ateliers", "Jardin"))})
    lu = texte(page)
    assert "2 constats sont choisis." in lu
    assert [titre for titre in TITRES if f"{titre} " in lu.split("sont choisis.")[1]] == [
        "Ateliers",
        "Jardin",
    ]
    confirmee = chargee.post(
        url("anomalies_decider", "?sur=bilan"), {**prochain(page), "motif": "Compté à la porte."}
    )
    assert confirmee.url == url("anomalies", "?sur=bilan")
    assert objets() == sorted(f"bilan:{bilans[t].action_annuelle.cle}" for t in ("Ateliers", "Jardin"))
    ecrites = list(Justification.objects.order_by("pk"))
    assert {j.motif for j in ecrites} == {"Compté à la porte."}
    assert {j.empreinte for j in ecrites} == {
        la(bilans[t], "EFF-20").empreinte for t in ("Ateliers", "Jardin")
    }
    assert len(Justification.historique.all()) == 2


def test_toutes_celles_d_un_controle_dans_la_liste_filtree(chargee, bilans, url, campagne):
    porteur = bilans["Fête"].action_annuelle.action.porteur
    liste = f"?porteur={porteur.cle}"
    page = chargee.post(url("anomalies_decider", liste), {"tous": "EFF-20"})
    assert "1 constat est choisi." in texte(page)
    page = chargee.post(url("anomalies_decider"), {"tous": "EFF-20", "constat": noms(bilans, ("Fête",))})
    assert "3 constats sont choisis" in texte(page)
    reponse = chargee.post(url("anomalies_decider"), prochain(page), follow=True)
    assert "3 constats sont pris en compte, tant que les chiffres ne changent pas." in texte(reponse)
    assert objets() == sorted(f"bilan:{bilans[t].action_annuelle.cle}" for t in TITRES)


def test_chacune_ne_vaut_que_pour_ses_chiffres(chargee, bilans, url):
    page = chargee.post(url("anomalies_decider"), {"tous": "EFF-20"})
    chargee.post(url("anomalies_decider"), prochain(page))
    bilans["Fête"].effectifs.update(valeur=31)
    restent = chargee.get(url("anomalies", "?controle=EFF-20")).context["page"].rangees
    assert [rangee.sujet.titre for rangee in restent] == ["Fête"]


def test_un_point_bloquant_du_lot_demande_une_raison(chargee, bilans, url):
    choisis = [*noms(bilans), *noms(bilans, ("Contradiction",), "EFF-01")]
    page = chargee.post(url("anomalies_decider"), {"constat": choisis})
    assert "1 contredit d'autres chiffres" in texte(page)
    with rien_n_est_ecrit():
        refusee = chargee.post(url("anomalies_decider"), {**prochain(page), "motif": "  "})
    assert "Dites pourquoi ces chiffres sont gardés tels quels." in texte(refusee)
    assert "4 constats sont choisis" in texte(refusee)
    trop = "Trop long " * 3000
    with rien_n_est_ecrit():
        refusee = chargee.post(url("anomalies_decider"), {**prochain(page), "motif": trop})
    assert trop.strip() in refusee.content.decode()
    reponse = chargee.post(url("anomalies_decider"), {**prochain(refusee), "motif": "Vérifié."}, follow=True)
    assert "4 constats sont justifiés" in texte(reponse)
    assert list(Justification.objects.values_list("motif", flat=True)) == ["Vérifié."] * 4


def test_ce_qui_a_change_entre_la_question_et_la_reponse_n_est_pas_decide(chargee, bilans, url):
    page = chargee.post(url("anomalies_decider"), {"tous": "EFF-20"})
    bilans["Fête"].effectifs.update(valeur=31)
    reponse = chargee.post(url("anomalies_decider"), prochain(page), follow=True)
    assert "2 constats sont pris en compte" in texte(reponse)
    assert "1 constat a changé entre-temps : rien n'en est décidé" in texte(reponse)
    assert objets() == sorted(f"bilan:{bilans[t].action_annuelle.cle}" for t in ("Ateliers", "Jardin"))


def test_confirme_deux_fois_il_n_y_a_qu_une_decision_chacun(chargee, bilans, url):
    page = chargee.post(url("anomalies_decider"), {"tous": "EFF-20"})
    chargee.post(url("anomalies_decider"), {**prochain(page), "motif": "Une fois."})
    with rien_n_est_ecrit():
        reponse = chargee.post(
            url("anomalies_decider"), {**prochain(page), "motif": "Deux fois."}, follow=True
        )
    assert "Ces constats sont déjà décidés" in texte(reponse)
    assert {j.motif for j in Justification.objects.all()} == {"Une fois."}


def test_tout_ou_rien(chargee, bilans, url, monkeypatch):
    page = chargee.post(url("anomalies_decider"), {"tous": "EFF-20"})
    ecrire, faites = Justification.save, []

    def casser(justification, *args, **options):
        faites.append(justification)
        if len(faites) == 3:
            raise RuntimeError
        ecrire(justification, *args, **options)

    monkeypatch.setattr(Justification, "save", casser)
    with pytest.raises(RuntimeError):
        chargee.post(url("anomalies_decider"), prochain(page))
    assert not Justification.objects.exists()
    assert not Justification.historique.exists()


@pytest.mark.parametrize(
    ("envoi", "phrase"),
    [
        ({}, "Aucun constat n'est coché"),
        ({"constat": "inconnu"}, "Ces constats ne sont plus là"),
        ({"tous": "EFF-99"}, "Ces constats ne sont plus là"),
    ],
)
def test_rien_a_decider_se_dit(chargee, bilans, url, envoi, phrase):
    with rien_n_est_ecrit():
        reponse = chargee.post(url("anomalies_decider"), envoi, follow=True)
    assert phrase in texte(reponse)


def test_l_action_groupee_se_propose_ou_elle_a_un_sens(chargee, bilans, url, campagne):
    html = chargee.get(url("anomalies")).content.decode()
    assert 'name="tous" value="EFF-20"' in html
    assert 'name="tous" value="EFF-01"' not in html
    assert html.count('name="constat" value=') >= 4
    seul = texte(chargee.get(url("anomalies", "?controle=EFF-20")))
    assert "Prendre en compte ces 3 constats" in seul
    type(campagne).objects.filter(pk=campagne.pk).update(statut="archivee")
    html = chargee.get(url("anomalies")).content.decode()
    assert 'id="ensemble"' not in html
    assert 'form="ensemble"' not in html


def test_une_annee_archivee_refuse_les_deux(chargee, bilans, url, campagne):
    auteur = fabriques.chargee_de_mission(campagne.contrat)
    operations.justifier(auteur, campagne, la(bilans["Fête"], "EFF-20"))
    type(campagne).objects.filter(pk=campagne.pk).update(statut="archivee")
    with rien_n_est_ecrit():
        decidee = chargee.post(
            url("anomalies_decider"), {"constat": noms(bilans, ("Jardin",)), "confirmer": "oui"}
        )
        assert "est archivée" in texte(decidee)
        retiree = chargee.post(
            url("anomalies_revenir"),
            {"constat": noms(bilans, ("Fête",)), "confirmer": "oui"},
            follow=True,
        )
        assert "est archivée" in texte(retiree)


# -- Taking back -----------------------------------------------------------------------------------
@pytest.fixture
def decides(bilans, campagne):
    auteur = fabriques.chargee_de_mission(campagne.contrat, prenom="Nadia", nom="Ferrand")
    choisies = [la(bilans[titre], "EFF-20") for titre in TITRES]
    return operations.justifier_plusieurs(auteur, campagne, choisies, "Compté à la porte.")


def test_revenir_sur_plusieurs_les_nomme_puis_les_retire(chargee, bilans, decides, url):
    liste = "?etat=decides"
    html = chargee.get(url("anomalies", liste)).content.decode()
    assert "Revenir sur ces 3 décisions" in html.replace("\u00a0", " ")
    with rien_n_est_ecrit():
        page = chargee.post(
            url("anomalies_revenir", liste), {"constat": noms(bilans, ("Ateliers", "Jardin"))}
        )
    lu = texte(page)
    assert "Revenir sur 2 décisions" in lu
    assert lu.count("« Compté à la porte. »") == 2
    reponse = chargee.post(url("anomalies_revenir", liste), prochain(page), follow=True)
    assert "2 décisions sont retirées : leurs constats sont de nouveau à traiter." in texte(reponse)
    assert objets() == [f"bilan:{bilans['Fête'].action_annuelle.cle}"]
    # The history keeps all three, and the two that were taken back.
    assert sorted(Justification.historique.values_list("history_type", flat=True)) == [
        "+",
        "+",
        "+",
        "-",
        "-",
    ]


def test_revenir_sur_toutes_celles_d_un_controle(chargee, decides, url):
    page = chargee.post(url("anomalies_revenir", "?etat=decides"), {"tous": "EFF-20"})
    chargee.post(url("anomalies_revenir", "?etat=decides"), prochain(page))
    assert not Justification.objects.exists()
    again = chargee.post(url("anomalies_revenir", "?etat=decides"), prochain(page), follow=True)
    assert "Rien n'était décidé de ces constats" in texte(again)


def test_revenir_d_une_seule_laisse_les_autres(chargee, decides, campagne, url):
    retrait = reverse("justification_retirer", args=[campagne.contrat.slug, campagne.annee, decides[0].pk])
    chargee.post(retrait)
    assert [j.pk for j in Justification.objects.order_by("pk")] == [j.pk for j in decides[1:]]
