"""Deciding of a finding: for these figures only, by who runs the contract; what it changes for a validation."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from actions.models import ReglagesControles
from bilans import operations
from bilans.controles import Gravite, anomalies_bilan, contexte, lire_seuils
from bilans.controles.contexte import Seuils
from bilans.controles.justifications import Etat, constats, constats_bilan
from bilans.models import Justification
from bilans.operations import OperationRefusee
from bilans.operations.lot import examiner
from tests import fabriques
from tests.outils.pages import rien_n_est_ecrit, texte
from tests.outils.requetes import compter_requetes

pytestmark = pytest.mark.django_db


@pytest.fixture
def auteur(campagne):
    return fabriques.chargee_de_mission(campagne.contrat, prenom="Nadia", nom="Ferrand")


@pytest.fixture
def annuelle(campagne):
    return fabriques.ActionAnnuelleFactory(
        campagne=campagne, territoires=[fabriques.TerritoireFactory(contrat=campagne.contrat)]
    )


@pytest.fixture
def contradictoire(annuelle):
    """A received bilan whose women and men do not make the total: blocking."""
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    fabriques.effectifs(bilan, F=12, H=17, T=30)
    return bilan


@pytest.fixture
def alerte(annuelle):
    """A received bilan whose people are not told by sex: an alert."""
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    fabriques.effectifs(bilan, T=30)
    return bilan


def la(bilan, code):
    (anomalie,) = (a for a in anomalies_bilan(bilan) if a.code == code)
    return anomalie


def le_constat(bilan, code):
    (constat,) = (c for c in constats_bilan(bilan) if c.anomalie.code == code)
    return constat


def relire(bilan):
    return type(bilan).objects.select_related("action_annuelle__campagne__contrat").get(pk=bilan.pk)


# -- The operations --------------------------------------------------------------------------------
def test_une_alerte_se_prend_en_compte_sans_motif(alerte, campagne, auteur):
    anomalie = la(alerte, "EFF-20")
    assert anomalie.objet == f"bilan:{alerte.action_annuelle.cle}"
    operations.justifier(auteur, campagne, anomalie)
    constat = le_constat(alerte, "EFF-20")
    assert (constat.etat, constat.a_traiter, constat.bloque) == (Etat.PRIS_EN_COMPTE, False, False)
    justification = Justification.objects.get()
    assert (justification.auteur, justification.motif, justification.phrase) == (auteur, "", anomalie.message)
    assert justification.valeurs == {"total": "30"}


def test_un_point_bloquant_veut_un_motif(contradictoire, campagne, auteur):
    anomalie = la(contradictoire, "EFF-01")
    for motif in ("", "   "):
        with pytest.raises(OperationRefusee, match="Dites pourquoi"):
            operations.justifier(auteur, campagne, anomalie, motif)
    assert not Justification.objects.exists()
    operations.justifier(auteur, campagne, anomalie, " Une personne compte deux fois. ")
    constat = le_constat(contradictoire, "EFF-01")
    assert (constat.etat, constat.bloque) == (Etat.JUSTIFIE, False)
    assert constat.justification.motif == "Une personne compte deux fois."


def test_une_decision_ne_vaut_plus_quand_un_chiffre_change(contradictoire, campagne, auteur):
    operations.justifier(auteur, campagne, la(contradictoire, "EFF-01"), "Vérifié sur la feuille.")
    contradictoire.effectifs.filter(sexe="H").update(valeur=16)
    constat = le_constat(relire(contradictoire), "EFF-01")
    assert (constat.etat, constat.justification) == (Etat.A_TRAITER, None)
    assert constat.caduque.motif == "Vérifié sur la feuille."
    # The same figures again: it holds again.
    contradictoire.effectifs.filter(sexe="H").update(valeur=17)
    assert le_constat(relire(contradictoire), "EFF-01").etat == Etat.JUSTIFIE


def test_redite_elle_remplace_la_precedente(contradictoire, campagne, auteur):
    for motif in ("Premier motif.", "Second motif."):
        operations.justifier(auteur, campagne, la(contradictoire, "EFF-01"), motif)
    assert [j.motif for j in Justification.objects.all()] == ["Second motif."]
    assert [(h.motif, h.history_user) for h in Justification.historique.order_by("history_id")] == [
        ("Premier motif.", auteur),
        ("Second motif.", auteur),
    ]


def test_une_decision_se_retire_et_l_histoire_la_garde(contradictoire, campagne, auteur):
    justification = operations.justifier(auteur, campagne, la(contradictoire, "EFF-01"), "Vérifié.")
    operations.retirer_justification(auteur, justification)
    assert le_constat(contradictoire, "EFF-01").etat == Etat.A_TRAITER
    assert list(Justification.historique.values_list("history_type", flat=True)) == ["-", "+"]


def test_une_information_n_a_rien_a_justifier(annuelle, campagne, auteur):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    fabriques.effectifs(bilan, T=30, F=12)
    info = la(bilan, "EFF-07")
    assert info.gravite == Gravite.INFO
    with pytest.raises(OperationRefusee, match="Une information ne demande rien"):
        operations.justifier(auteur, campagne, info, "Pourquoi pas")
    assert le_constat(bilan, "EFF-07").etat == Etat.A_SAVOIR


def test_qui_peut_decider(alerte, campagne):
    anomalie, contrat = la(alerte, "EFF-20"), campagne.contrat
    autres = (
        fabriques.representant_du_porteur(alerte.action_annuelle.action.porteur),
        fabriques.representant_du_financeur(fabriques.FinanceurFactory(contrat=contrat)),
        fabriques.membre_du_copil(contrat),
        fabriques.chargee_de_mission(fabriques.ContratFactory()),
    )
    for compte in autres:
        with pytest.raises(PermissionDenied):
            operations.justifier(compte, campagne, anomalie)
    justification = fabriques.JustificationFactory(campagne=campagne)
    for compte in autres:
        with pytest.raises(PermissionDenied):
            operations.retirer_justification(compte, justification)


def test_une_annee_archivee_ne_change_plus(alerte, campagne, auteur):
    anomalie = la(alerte, "EFF-20")
    campagne.statut = "archivee"
    with pytest.raises(OperationRefusee, match="est archivée"):
        operations.justifier(auteur, campagne, anomalie)


def test_ce_qui_est_dit_du_contrat_vaut_toutes_les_annees(campagne, auteur, alerte):
    suivante = fabriques.CampagneFactory(contrat=campagne.contrat, annee=campagne.annee + 1)
    modele = la(alerte, "EFF-20")
    du_contrat = type(modele)(modele.code, modele.gravite, modele.message, valeurs={"n": 1}, objet="contrat")
    de_l_annee = type(modele)(modele.code, modele.gravite, modele.message, valeurs={"n": 1}, objet="annee")
    for anomalie in (du_contrat, de_l_annee):
        operations.justifier(auteur, campagne, anomalie)
    assert [c.etat for c in constats(suivante, [du_contrat, de_l_annee])] == [
        Etat.PRIS_EN_COMPTE,
        Etat.A_TRAITER,
    ]


# -- A validation ----------------------------------------------------------------------------------
def test_un_bilan_justifie_se_valide(contradictoire, campagne, auteur):
    with pytest.raises(OperationRefusee, match=r"12\sfemmes et 17\shommes"):
        operations.valider(contradictoire, auteur)
    operations.justifier(auteur, campagne, la(contradictoire, "EFF-01"), "Vérifié.")
    assert operations.valider(contradictoire, auteur).est_valide


def test_valider_en_disant_pourquoi_ecrit_les_deux_ou_rien(contradictoire, auteur):
    identite = la(contradictoire, "EFF-01").identite
    # Something else stops the validation: the reason is not kept either.
    type(contradictoire).objects.filter(pk=contradictoire.pk).update(saisie_en_attente={"salaries": "trois"})
    with pytest.raises(OperationRefusee, match=r"vous avez écrit «\strois"):
        operations.valider_en_justifiant(contradictoire, auteur, {identite: "Vérifié."})
    assert not Justification.objects.exists()
    type(contradictoire).objects.filter(pk=contradictoire.pk).update(saisie_en_attente={})
    valide = operations.valider_en_justifiant(contradictoire, auteur, {identite: "Vérifié.", "inconnue": "x"})
    assert valide.est_valide
    assert Justification.objects.get().motif == "Vérifié."


def test_la_page_de_validation_demande_pourquoi(chargee, campagne, contradictoire):
    adresse = reverse(
        "bilan_valider", args=[campagne.contrat.slug, campagne.annee, contradictoire.action_annuelle.cle]
    )
    identite = la(contradictoire, "EFF-01").identite
    with rien_n_est_ecrit():
        page = chargee.get(adresse)
        assert "Bloque la validation EFF-01 12 femmes et 17 hommes font 29" in texte(page)
        assert f'name="motif_{identite}"' in page.content.decode()
        refusee = chargee.post(adresse, {"version": contradictoire.version, f"motif_{identite}": " "})
        assert "Dites pourquoi ces chiffres sont gardés tels quels." in texte(refusee)
    reponse = chargee.post(
        adresse,
        {"version": contradictoire.version, f"motif_{identite}": "Vérifié avec le porteur."},
        follow=True,
    )
    assert "Le bilan est validé" in texte(reponse)
    page = texte(reponse)
    assert "Justifié par" in page
    assert "« Vérifié avec le porteur. »" in page
    histoire = next(e for e in reponse.context["page"].chronologie if "a justifié un constat" in e.quoi)
    assert histoire.motif == "Vérifié avec le porteur."


def test_ce_qui_est_tape_revient_quand_autre_chose_arrete(chargee, campagne, contradictoire):
    adresse = reverse(
        "bilan_valider", args=[campagne.contrat.slug, campagne.annee, contradictoire.action_annuelle.cle]
    )
    identite = la(contradictoire, "EFF-01").identite
    reponse = chargee.post(adresse, {"version": "77", f"motif_{identite}": "Vérifié avec le porteur."})
    assert "Ce bilan a été modifié depuis" in texte(reponse)
    assert "Vérifié avec le porteur.</textarea>" in reponse.content.decode()
    assert not Justification.objects.exists()


def test_des_dates_a_l_envers_ne_se_justifient_pas(chargee, campagne, annuelle, auteur):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True)
    bilan.date_debut, bilan.date_fin = "2024-06-30", "2024-01-05"
    bilan.save()
    bilan = relire(bilan)
    anomalie = la(bilan, "DAT-04")
    with pytest.raises(OperationRefusee, match="corrigez les deux dates"):
        operations.justifier(auteur, campagne, anomalie, "Si si")
    page = chargee.get(reverse("bilan_valider", args=[campagne.contrat.slug, campagne.annee, annuelle.cle]))
    assert f"motif_{anomalie.identite}" not in page.content.decode()
    assert "Seule une correction le lève" in texte(page)


def test_le_porteur_voit_le_constat_et_ne_decide_de_rien(client, campagne, annuelle):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, a_completer=True)
    fabriques.effectifs(bilan, F=12, H=17, T=30)
    client.force_login(fabriques.representant_du_porteur(annuelle.action.porteur))
    arguments = [campagne.contrat.slug, campagne.annee]
    page = texte(client.get(reverse("bilan_detail", args=[*arguments, annuelle.cle])))
    assert "12 femmes et 17 hommes font 29" in page
    assert "Justifier" not in page
    assert client.get(reverse("bilan_valider", args=[*arguments, annuelle.cle])).status_code == 403
    assert client.get(reverse("anomalies", args=arguments)).status_code == 403


def test_justifie_il_ne_gene_plus_ni_le_porteur_ni_l_envoi(client, campagne, annuelle, auteur):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, a_completer=True)
    fabriques.effectifs(bilan, F=12, H=17, T=30)
    porteur = fabriques.representant_du_porteur(annuelle.action.porteur)
    with pytest.raises(OperationRefusee):
        operations.transmettre(bilan, porteur)
    operations.justifier(auteur, campagne, la(bilan, "EFF-01"), "Une note interne, en somme.")
    client.force_login(porteur)
    adresse = reverse("bilan_detail", args=[campagne.contrat.slug, campagne.annee, annuelle.cle])
    page = texte(client.get(adresse))
    assert "12 femmes et 17 hommes font 29" not in page
    assert "Une note interne" not in page
    assert operations.transmettre(bilan, porteur).statut == "transmis"


def test_un_lot_laisse_passer_ce_qui_est_decide(campagne, contradictoire, auteur):
    autre = fabriques.BilanFactory(
        action_annuelle=fabriques.ActionAnnuelleFactory(campagne=campagne), transmis=True
    )
    fabriques.effectifs(autre, T=30)
    avant = {
        examen.bilan.pk: (examen.possible, bool(examen.alertes))
        for examen in examiner([contradictoire, autre])
    }
    assert avant == {contradictoire.pk: (False, False), autre.pk: (True, True)}
    operations.justifier(auteur, campagne, la(contradictoire, "EFF-01"), "Vérifié.")
    operations.justifier(auteur, campagne, la(autre, "EFF-20"))
    apres = {examen.bilan.pk: examen for examen in examiner([contradictoire, autre])}
    assert apres[contradictoire.pk].possible
    assert "EFF-20" not in [anomalie.code for anomalie in apres[autre.pk].alertes]


def test_un_bilan_decide_n_est_plus_a_verifier(chargee, campagne, alerte, auteur):
    suivi = reverse("suivi_bilans", args=[campagne.contrat.slug, campagne.annee]) + "?bilan=anomalies"
    assert chargee.get(suivi).context["liste"].nombre == 1
    for constat in constats_bilan(alerte):
        if constat.a_traiter:
            operations.justifier(auteur, campagne, constat.anomalie, "Vu.")
    assert chargee.get(suivi).context["liste"].nombre == 0


# -- The thresholds --------------------------------------------------------------------------------
def test_les_seuils_par_defaut_et_ceux_de_l_annee(campagne, annuelle):
    assert lire_seuils(campagne) == Seuils()
    fabriques.ReglagesControlesFactory(campagne=campagne, plafond_etat=Decimal(70), petit_effectif=10)
    lus = lire_seuils(campagne)
    assert (lus.plafond_etat, lus.petit_effectif, lus.ecart_annee) == (Decimal(70), 10, 50)
    bilan = fabriques.BilanFactory(action_annuelle=annuelle)
    assert contexte(bilan).seuils == lus


def les_seuils(page):
    return {nom: page.context["form"][nom].value() for nom in page.context["form"].fields}


def test_regler_les_seuils(chargee, campagne):
    adresse = reverse("campagne_controles", args=[campagne.contrat.slug, campagne.annee])
    with rien_n_est_ecrit():
        page = chargee.get(adresse)
    assert "Par défaut : 23 000 €." in texte(page)
    envoi = {nom: "" if valeur is None else str(valeur) for nom, valeur in les_seuils(page).items()}
    reponse = chargee.post(adresse, {**envoi, "plafond_etat": "70,5", "petit_effectif": "10"}, follow=True)
    reglages = ReglagesControles.objects.get(campagne=campagne)
    assert (reglages.plafond_etat, reglages.petit_effectif) == (Decimal("70.5"), 10)
    assert reglages.seuil_convention == Decimal(23000)
    page = texte(reponse)
    assert "Les seuils des contrôles sont enregistrés." in page
    derniere = campagne.historique.first()
    assert derniere.history_change_reason == (
        "Seuils des contrôles – part de l'État au plus (%) : 80 → 70,5, petit effectif (personnes) : 5 → 10"
    )


def test_un_seuil_impossible_est_refuse_a_sa_place(chargee, campagne):
    adresse = reverse("campagne_controles", args=[campagne.contrat.slug, campagne.annee])
    envoi = {nom: "" if v is None else str(v) for nom, v in les_seuils(chargee.get(adresse)).items()}
    with rien_n_est_ecrit():
        page = chargee.post(
            adresse,
            {
                **envoi,
                "plafond_etat": "150",
                "petit_effectif": "beaucoup",
                "tolerance_jours": "99",
                "ecart_annee": "",
            },
        )
    erreurs = page.context["form"].errors
    assert set(erreurs) == {"plafond_etat", "petit_effectif", "tolerance_jours", "ecart_annee"}
    assert "Ce seuil ne dépasse pas 100 % : vérifiez le nombre." in texte(page)
    assert 'value="beaucoup"' in page.content.decode()


def test_deux_personnes_sur_les_seuils(chargee, campagne):
    adresse = reverse("campagne_controles", args=[campagne.contrat.slug, campagne.annee])
    envoi = {nom: "" if v is None else str(v) for nom, v in les_seuils(chargee.get(adresse)).items()}
    autre = fabriques.chargee_de_mission(campagne.contrat)
    operations.campagne.regler_controles(campagne, autre, seuils={"petit_effectif": 8})
    page = chargee.post(adresse, {**envoi, "plafond_etat": "60"})
    assert page.context["conflit"] is not None
    assert ReglagesControles.objects.get().plafond_etat == 80


def test_une_annee_archivee_garde_ses_seuils(chargee, campagne):
    type(campagne).objects.filter(pk=campagne.pk).update(statut="archivee")
    reponse = chargee.get(reverse("campagne_controles", args=[campagne.contrat.slug, campagne.annee]))
    assert reponse.status_code == 302


def test_relever_un_bilan_coute_toujours_autant(campagne, alerte):
    situation = []
    for _ in range(2):
        with compter_requetes() as requetes:
            situation = constats_bilan(relire(alerte))
        nombre = len(requetes)
        fabriques.AliasTerritoireFactory(
            territoire=alerte.action_annuelle.territoires.get(), contrat=campagne.contrat
        )
    assert situation
    assert nombre <= 11
