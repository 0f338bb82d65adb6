"""The pages of payments: what is due, what is held up, what is refused and how it is said, an amount followed."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages

from actions.models import Campagne
from financements.models import Financeur, LigneFinancement, MontantConvention, RegleVersement, Versement
from financements.operations import versements as op
from financements.versements import Fraction
from tests import fabriques
from tests.outils import lieux
from tests.outils.pages import erreurs, lisible, rien_n_est_ecrit, saisie, texte
from tests.outils.requetes import verifier_requetes_constantes

D = Decimal
JUIN = date(2024, 6, 14)


@pytest.fixture
def lieu(db, client):
    """Give a funding line of 900 € notified, with a rule: 50 % in May, the balance in October with the accounts."""
    lieu = lieux.ouvrir(client)
    lieu.ville = fabriques.FinanceurFactory(contrat=lieu.contrat, nom="Ville", sigle="MAIRIE")
    lieu.annuelle = fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, action__intitule="Balades à vélo")
    lieu.ligne = fabriques.LigneFinancementFactory(
        action_annuelle=lieu.annuelle, financeur=lieu.ville, montant_accorde=D(1000), montant_notifie=D(900)
    )
    commun = {"convention": None, "financeur": lieu.ville}
    fabriques.RegleVersementFactory(rang=1, libelle="acompte", **commun)
    fabriques.RegleVersementFactory(
        rang=2,
        libelle="solde",
        type="solde",
        base="reste_n",
        mois=10,
        pieces_exigees="Comptes annuels",
        **commun,
    )
    return lieu


def planifier(lieu):
    return lieu.client.post(lieu.adresse("versements_planifier"))


def faire(lieu, versement, geste, **frappe):
    adresse = lieu.adresse("versement_geste", versement.cle, geste)
    return lieu.client.post(adresse, {**saisie(lieu.client.get(adresse)), **frappe})


def les_versements():
    return list(Versement.objects.order_by("numero"))


def messages(reponse):
    return [lisible(str(message)) for message in get_messages(reponse.wsgi_request)]


def test_planifier_montre_puis_ecrit(lieu):
    with rien_n_est_ecrit():
        apercu = texte(lieu.client.get(lieu.adresse("versements_planifier")))
    assert "50 % de la subvention 2024 (900 €) = 450 €" in apercu
    assert messages(planifier(lieu)) == [
        "2 versements sont planifiés. Ce qui était déjà payé ou saisi à la main n'a pas changé."
    ]
    assert [(v.numero, v.montant_prevu) for v in les_versements()] == [(1, D(450)), (2, D(450))]
    with rien_n_est_ecrit():
        assert messages(planifier(lieu))[-1].startswith("Il n'y avait rien à planifier")


def test_la_liste_dit_ce_qui_est_du_et_ce_qui_bloque(lieu):
    planifier(lieu)
    page = texte(lieu.client.get(lieu.adresse("versements")))
    assert "2 versements de 2024, dont 1 bloqué." in page
    assert "Documents attendus : Comptes annuels." in page
    bloques = texte(lieu.client.get(lieu.adresse("versements"), {"situation": "bloque"}))
    assert "1 versement de 2024, dont 1 bloqué." in bloques
    assert "Total de ce qui est affiché 450 €" in bloques
    aucun = texte(lieu.client.get(lieu.adresse("versements"), {"porteur": "inconnu"}))
    assert "Aucun versement dans cette situation" in aucun


@pytest.mark.parametrize("page", ["versements_planifier", "versement_ajouter"])
@pytest.mark.parametrize("quoi", ["convention", "ligne"])
def test_une_cle_qu_aucune_base_ne_sait_chercher_n_existe_pas(lieu, page, quoi):
    assert lieu.client.get(lieu.adresse(page), {quoi: "\0"}).status_code == 404


def test_une_annee_sans_regle_dit_quoi_faire(lieu):
    RegleVersement.objects.all().delete()
    assert "Écrire une règle de versement" in texte(lieu.client.get(lieu.adresse("versements")))


def test_verser_puis_suivre_le_montant(lieu):
    planifier(lieu)
    acompte, _ = les_versements()
    reponse = faire(lieu, acompte, "verser", date_versement="14/06/2024", montant="450,00", reference="M12")
    assert messages(reponse) == ["Le versement est noté."]
    acompte.refresh_from_db()
    assert (acompte.statut, acompte.montant_verse, acompte.reference) == ("verse", D(450), "M12")
    ligne = LigneFinancement.objects.get(pk=lieu.ligne.pk)
    ligne.montant_notifie = D(950)
    ligne._history_user = lieu.chargee
    ligne.save()
    suivi = texte(lieu.client.get(lieu.adresse("suivre_montant", lieu.ligne.cle)))
    for mots in (
        "Accordé : 1 000 €",
        "Notifié : 950 €",
        "1 valeur précédente 900 €",
        "14 juin 2024 Acompte : 450 € versé Mandat n° M12",
        "Comptes annuels : attendu",
        "Versé : 450 € sur 950 € notifiés",
    ):
        assert mots in suivi


def test_trop_verser_est_refuse_au_champ_et_rien_n_est_perdu(lieu):
    planifier(lieu)
    acompte, _ = les_versements()
    with rien_n_est_ecrit():
        reponse = faire(lieu, acompte, "verser", date_versement="2024-06-14", montant="901")
        assert [lisible(p) for p in erreurs(reponse)["__all__"]] == [
            "La subvention est de 900 €. Il reste 900 € à verser, et il en faudrait 901 € : corrigez le montant."
        ]
        assert saisie(reponse)["montant"] == "901"
        vide = faire(lieu, acompte, "verser", date_versement="", montant="-3")
        assert set(erreurs(vide)) == {"date_versement", "montant"}


def test_deux_personnes_sur_un_versement_ne_perdent_rien(lieu):
    planifier(lieu)
    acompte, _ = les_versements()
    adresse = lieu.adresse("versement_geste", acompte.cle, "suspendre")
    ouverte = saisie(lieu.client.get(adresse))
    op.mandater(lieu.chargee, acompte, version=acompte.version, date_mandat=JUIN)
    reponse = lieu.client.post(adresse, {**ouverte, "motif": "Bilan attendu"})
    assert "modifié par une autre personne" in erreurs(reponse)["__all__"][0]
    assert saisie(reponse)["motif"] == "Bilan attendu"
    assert lieu.client.post(adresse, saisie(reponse)).status_code == 302
    acompte.refresh_from_db()
    assert (acompte.statut, acompte.motif) == ("suspendu", "Bilan attendu")


def test_recevoir_un_document_puis_se_reprendre(lieu):
    planifier(lieu)
    _, solde = les_versements()
    condition = solde.conditions.get()
    adresse = lieu.adresse("versement_document", solde.cle, condition.pk)
    lieu.client.post(adresse, {"version": solde.version, "recu_le": "2024-06-14"})
    solde.refresh_from_db()
    assert (solde.statut, solde.conditions.get().remplie_le) == ("a_mandater", JUIN)
    assert messages(lieu.client.post(adresse, {"version": solde.version, "recu_le": "bientôt"}))[
        -1
    ].startswith("Écrivez la date")
    lieu.client.post(adresse, {"version": solde.version, "recu_le": ""})
    solde.refresh_from_db()
    assert (solde.statut, solde.conditions.get().remplie_le) == ("prevu", None)


def test_un_geste_qui_ne_se_fait_plus_le_dit(lieu):
    planifier(lieu)
    acompte, _ = les_versements()
    reponse = lieu.client.get(lieu.adresse("versement_geste", acompte.cle, "reverser"))
    assert messages(reponse)[-1] == "Ce versement est à l'état « Prévu » : cela ne se fait plus."
    assert lieu.client.get(lieu.adresse("versement_geste", acompte.cle, "detruire")).status_code == 404


def test_ajouter_un_versement_a_la_main(lieu):
    adresse = lieu.adresse("versement_ajouter") + f"?ligne={lieu.ligne.cle}"
    reponse = lieu.client.post(
        adresse,
        {
            "type": "unique",
            "montant_prevu": "300",
            "date_prevue": "2024-06-14",
            "pieces": "RIB\n\nRIB\nBilan",
        },
    )
    assert reponse.status_code == 302
    (seul,) = les_versements()
    # The ranks of the rules are left to what they will plan.
    assert (seul.numero, seul.montant_prevu, seul.regle) == (3, D(300), None)
    assert list(seul.conditions.order_by("ordre").values_list("libelle", flat=True)) == ["RIB", "Bilan"]
    assert set(erreurs(lieu.client.post(adresse, {}))) == {"type", "montant_prevu", "date_prevue"}


def test_une_annee_archivee_ne_montre_aucun_bouton_et_ne_change_pas(lieu):
    planifier(lieu)
    acompte, _ = les_versements()
    lieu.campagne.statut = "archivee"
    lieu.campagne.save()
    page = texte(lieu.client.get(lieu.adresse("versement", acompte.cle)))
    assert "Noter le versement" not in page
    liste = texte(lieu.client.get(lieu.adresse("versements")))
    assert "Planifier les versements" not in liste
    with rien_n_est_ecrit():
        reponse = faire(lieu, acompte, "verser", date_versement="2024-06-14", montant="1")
        assert "archivée" in erreurs(reponse)["__all__"][0]


def test_le_porteur_et_le_financeur_lisent_les_leurs(lieu):
    planifier(lieu)
    autre = fabriques.LigneFinancementFactory(
        action_annuelle=fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, action__intitule="Ailleurs")
    )
    fabriques.VersementFactory(ligne=autre)
    for compte in (
        fabriques.representant_du_porteur(lieu.annuelle.action.porteur),
        fabriques.representant_du_financeur(lieu.ville),
    ):
        lieu.client.force_login(compte)
        page = texte(lieu.client.get(lieu.adresse("versements")))
        assert "2 versements de 2024" in page
        assert "Ailleurs" not in page
        assert "Règles de versement" not in page


# -- Rules -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ecrite", "lue"),
    [
        ("1/3", Fraction(1, 3)),
        ("50 %", Fraction(1, 2)),
        ("33,5%", Fraction(67, 200)),
        ("2/6", Fraction(1, 3)),
    ],
)
def test_une_part_s_ecrit_comme_on_la_dit(lieu, ecrite, lue):
    regle = RegleVersement.objects.get(rang=1)
    adresse = lieu.adresse("regle_modifier", regle.pk)
    assert saisie(lieu.client.get(adresse))["part"] == "50\xa0%"
    reponse = lieu.client.post(adresse, {**saisie(lieu.client.get(adresse)), "part": ecrite})
    assert reponse.status_code == 302
    regle.refresh_from_db()
    assert Fraction(regle.numerateur, regle.denominateur) == lue


def test_une_regle_mal_ecrite_est_refusee_au_champ(lieu):
    adresse = lieu.adresse("regle_creer")
    valeurs = {
        "a_qui": f"financeur:{lieu.ville.cle}",
        "libelle": "Tiers",
        "type": "acompte",
        "mois": "5",
        "base": "n",
    }
    with rien_n_est_ecrit():
        for part in ("", "un tiers", "1/0", "120 %", "0/3"):
            assert set(erreurs(lieu.client.post(adresse, {**valeurs, "rang": "3", "part": part}))) == {"part"}
        pris = lieu.client.post(adresse, {**valeurs, "rang": "1", "part": "1/3"})
        assert "même rang" in erreurs(pris)["__all__"][0]
        faux = lieu.client.post(adresse, {**valeurs, "rang": "3", "part": "1/3", "type": "solde"})
        assert set(erreurs(faux)) == {"base"}
    assert lieu.client.post(adresse, {**valeurs, "rang": "3", "part": "1/3"}).status_code == 302
    nouvelle = RegleVersement.objects.get(rang=3)
    assert (nouvelle.financeur, nouvelle.historique.get().history_user) == (lieu.ville, lieu.chargee)
    assert lieu.client.post(lieu.adresse("regle_supprimer", nouvelle.pk), {"version": "1"}).status_code == 302
    assert not RegleVersement.objects.filter(pk=nouvelle.pk).exists()


def test_une_regle_suivie_dans_une_annee_archivee_le_dit(lieu):
    planifier(lieu)
    Campagne.objects.filter(pk=lieu.campagne.pk).update(statut="archivee")
    regle = RegleVersement.objects.get(rang=1)
    with rien_n_est_ecrit():
        reponse = lieu.client.post(lieu.adresse("regle_supprimer", regle.pk), {"version": "1"})
    assert "cette année est archivée" in messages(reponse)[-1]


def test_la_convention_negative_est_dite_sur_la_page(lieu):
    """Besançon with a lower N: the second instalment is said, never paid."""
    convention = fabriques.ConventionFactory(contrat=lieu.contrat)
    fabriques.RegleVersementFactory(convention=convention, rang=1, base="n_moins_1", denominateur=3)
    fabriques.RegleVersementFactory(convention=convention, rang=2, base="reste_n", denominateur=2)
    for annee, vote in ((2023, 243000), (2024, 60000)):
        MontantConvention.objects.create(
            convention=convention, annee=annee, montant_vote=D(vote), vote_le=date(annee, 1, 9)
        )
    fabriques.VersementFactory(
        ligne=None, convention=convention, annee=2024, verse=True, montant_verse=D(81000), date_versement=JUIN
    )
    planifier(lieu)
    second = Versement.objects.get(convention=convention, numero=2)
    page = texte(lieu.client.get(lieu.adresse("versement", second.cle)))
    assert "50 % de (subvention 2024 (60 000 €) − 81 000 €) = −10 500 €. Rien n'est à payer" in page
    for geste in ("Noter le versement", "Noter le mandat", "Reprendre ce versement"):
        assert geste not in page
    assert "soit 21 000 € de trop" in texte(lieu.client.get(lieu.adresse("versements")))


def test_la_page_coute_autant_quel_que_soit_le_nombre(lieu):
    planifier(lieu)

    def ajouter():
        autre = fabriques.LigneFinancementFactory(
            action_annuelle=fabriques.ActionAnnuelleFactory(campagne=lieu.campagne),
            financeur=lieu.ville,
            montant_notifie=D(500),
        )
        fabriques.ConditionVersementFactory(versement=fabriques.VersementFactory(ligne=autre))

    verifier_requetes_constantes(lambda: lieu.client.get(lieu.adresse("versements")), ajouter)


# -- Paid by a convention --------------------------------------------------------------------------
@pytest.fixture
def cpo(lieu):
    """Give the line of the Ville a convention of which it gives 1 000 €: the line takes 900 € of them at most."""
    lieu.convention = fabriques.ConventionFactory(contrat=lieu.contrat, intitule="CPO des vélos")
    donner(lieu, lieu.ville, 1000)
    LigneFinancement.objects.filter(pk=lieu.ligne.pk).update(convention=lieu.convention)
    lieu.paye = fabriques.VersementFactory(
        ligne=None,
        convention=lieu.convention,
        annee=lieu.campagne.annee,
        verse=True,
        montant_verse=D(950),
        date_versement=JUIN,
    )
    return lieu


def donner(lieu, financeur, montant):
    MontantConvention.objects.create(
        convention=lieu.convention,
        annee=lieu.campagne.annee,
        financeur=financeur,
        montant_vote=D(montant),
        vote_le=date(2024, 1, 15),
    )


def test_suivre_un_montant_paye_par_convention(cpo):
    page = texte(cpo.client.get(cpo.adresse("suivre_montant", cpo.ligne.cle)))
    assert "14 juin 2024 900 € versés au titre de la convention CPO des vélos" in page
    assert "C'est la part de cette action dans les 950 € que la convention a versés" in page
    assert "Versé : 900 € sur 900 € notifiés" in page
    assert "payée par la convention CPO des vélos, pas ligne par ligne" in page


def test_un_financeur_suit_sa_ligne_sans_ouvrir_la_convention(cpo):
    cpo.client.force_login(fabriques.representant_du_financeur(cpo.ville))
    reponse = cpo.client.get(cpo.adresse("suivre_montant", cpo.ligne.cle))
    assert "900 € versés au titre de la convention CPO des vélos" in texte(reponse)
    assert cpo.paye.cle not in reponse.content.decode()


def test_la_grille_et_les_totaux_disent_ce_qui_est_hors_programme(cpo):
    grille = texte(cpo.client.get(cpo.adresse("programmation"), {"montant": "verse"}))
    assert "1 action en 2024, 900 € versés." in grille
    assert "Versé par convention, hors programme" in grille
    assert "50 € , Ville : CPO des vélos" in grille
    totaux = texte(cpo.client.get(cpo.adresse("programmation_totaux"), {"montant": "verse"}))
    assert "Ville 0 900 50 950 Total 950" in totaux
    propose = texte(cpo.client.get(cpo.adresse("programmation"), {"montant": "propose"}))
    assert "hors programme" not in propose


def test_la_fiche_d_une_action_dit_ce_que_la_convention_a_verse(cpo):
    assert "900 €" in texte(cpo.client.get(cpo.adresse("action_detail", cpo.annuelle.cle)))


def test_une_convention_a_deux_financeurs_compte_chez_chacun(cpo):
    Financeur.objects.filter(pk=cpo.ville.pk).update(ordre=1)
    etat = fabriques.FinanceurFactory(contrat=cpo.contrat, nom="État", sigle="ÉTAT", ordre=2)
    donner(cpo, etat, 500)
    page = texte(cpo.client.get(cpo.adresse("versements")))
    assert "Ville et État, par convention" in page
    assert "Ville 633,33 € — non renseigné 633,33 € État 316,67 € — non renseigné 316,67 €" in page
    chez_l_etat = texte(cpo.client.get(cpo.adresse("versements"), {"financeur": etat.cle}))
    assert "316,67 € sa part de 950 €" in chez_l_etat
    assert "633,33" not in chez_l_etat
    assert "Ville : 633,33 € État : 316,67 €" in texte(cpo.client.get(cpo.adresse("versement", cpo.paye.cle)))


def test_ce_qui_est_paye_ligne_par_ligne_est_dit_et_deduit(cpo):
    cpo.paye.delete()
    fabriques.VersementFactory(ligne=cpo.ligne, verse=True, montant_verse=D(200))
    fabriques.RegleVersementFactory(
        convention=cpo.convention, rang=1, type="solde", base="reste_n", denominateur=1, libelle="solde"
    )
    apercu = texte(cpo.client.get(cpo.adresse("versements_planifier"), {"convention": cpo.convention.cle}))
    assert "Déjà versé ou mandaté ligne par ligne, et déduit : 200 €." in apercu
    assert "Le reste : subvention 2024 (1 000 €) − 200 € = 800 €" in apercu
    cpo.client.post(cpo.adresse("versements_planifier") + f"?convention={cpo.convention.cle}")
    (solde,) = Versement.objects.filter(convention=cpo.convention)
    assert solde.montant_prevu == D(800)
    page = texte(cpo.client.get(cpo.adresse("versement", solde.cle)))
    assert "200 € de cette subvention sont versés ou mandatés ligne par ligne" in page


# -- Documents of the convention -------------------------------------------------------------------
@pytest.fixture
def attendu(cpo):
    """Give a payment of the convention that awaits its accounts."""
    cpo.solde = fabriques.VersementFactory(
        ligne=None, convention=cpo.convention, annee=cpo.campagne.annee, numero=2, montant_prevu=D(50)
    )
    cpo.condition = fabriques.ConditionVersementFactory(versement=cpo.solde, libelle="Comptes annuels")
    return cpo


def recu(lieu, libelle, **champs):
    return fabriques.DocumentConventionFactory(
        **{"convention": lieu.convention, "libelle": libelle, "recu_le": JUIN, **champs}
    )


def test_un_document_recu_leve_la_condition_d_un_geste(attendu):
    recu(attendu, "Comptes annuels 2022", recu_le=date(2023, 3, 12))
    recu(attendu, "Rapport d'activité")
    adresse = attendu.adresse("versement", attendu.solde.cle)
    assert "C'est ce document" not in texte(attendu.client.get(adresse))
    document = recu(attendu, "COMPTES annuels de 2023")
    page = texte(attendu.client.get(adresse))
    assert "La convention a reçu « COMPTES annuels de 2023 » le 14 juin 2024. C'est ce document" in page
    attendu.client.post(
        attendu.adresse("versement_document", attendu.solde.cle, attendu.condition.pk),
        {"version": "1", "recu_le": "2024-06-14", "document": document.cle},
    )
    attendu.condition.refresh_from_db()
    assert attendu.condition.remplie_le == JUIN
    assert attendu.condition.historique.first().history_change_reason == (
        "Document de la convention : COMPTES annuels de 2023"
    )
    assert Versement.objects.get(pk=attendu.solde.pk).statut == "a_mandater"
    assert "C'est ce document" not in texte(attendu.client.get(adresse))


def test_un_document_se_reconnait_a_son_echeance(attendu):
    obligation = fabriques.ObligationFactory(
        convention=attendu.convention, titre="Transmettre les comptes annuels"
    )
    echeance = fabriques.EcheanceFactory(
        convention=attendu.convention, obligation=obligation, annee=attendu.campagne.annee
    )
    recu(attendu, "Scan 12", echeance=echeance, recu_le=date(2025, 1, 3))
    page = texte(attendu.client.get(attendu.adresse("versement", attendu.solde.cle)))
    assert "La convention a reçu « Scan 12 » le 3 janvier 2025. C'est ce document" in page


def test_le_document_d_une_autre_convention_n_est_pas_propose(attendu):
    autre = fabriques.ConventionFactory(contrat=attendu.contrat)
    document = recu(attendu, "Comptes annuels", convention=autre)
    adresse = attendu.adresse("versement", attendu.solde.cle)
    assert "C'est ce document" not in texte(attendu.client.get(adresse))
    attendu.client.post(
        attendu.adresse("versement_document", attendu.solde.cle, attendu.condition.pk),
        {"version": "1", "recu_le": "2024-06-14", "document": document.cle},
    )
    assert attendu.condition.historique.first().history_change_reason is None
