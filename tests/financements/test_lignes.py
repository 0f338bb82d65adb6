"""Funding lines: what is written, what is refused and how it is said, what is left in the history."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.core.exceptions import PermissionDenied

from comptes import champs
from financements.forms import SANS_MONTANT
from financements.models import LigneFinancement
from financements.operations import ajouter_ligne, modifier_ligne, supprimer_ligne
from tests import fabriques
from tests.outils.pages import erreurs, etat_de_la_base, rien_n_est_ecrit, saisie, texte
from tests.outils.requetes import verifier_requetes_constantes


@pytest.fixture
def ligne(lieu):
    return fabriques.LigneFinancementFactory(
        action_annuelle=lieu.annuelle,
        financeur=lieu.ville,
        montant_demande=Decimal("2000"),
        montant_accorde=Decimal("1234.50"),
    )


def ajouter(lieu, **autres):
    frappe = {
        "financeur": lieu.ville.pk,
        "nature_credit": "non_precisee",
        "montant_accorde": "1500",
        **autres,
    }
    return lieu.client.post(lieu.adresse("ligne_ajouter", lieu.annuelle.cle), frappe)


def modifier(lieu, ligne, **autres):
    adresse = lieu.adresse("ligne_modifier", ligne.cle)
    return lieu.client.post(adresse, {**saisie(lieu.client.get(adresse)), **autres})


def messages(reponse):
    return [str(message) for message in get_messages(reponse.wsgi_request)]


# -- Adding ----------------------------------------------------------------------------------------
def test_ajouter_une_ligne_entiere(lieu):
    reponse = ajouter(
        lieu,
        nature_credit="specifique",
        montant_demande="24 000",
        montant_propose="20 000,50 €",
        montant_accorde="19\u202f999.5",
        montant_notifie="",
        date_decision="18/03/2025",
        commentaire="Vote du COPIL",
    )
    assert reponse.url == lieu.adresse("action_detail", lieu.annuelle.cle)
    ligne = LigneFinancement.objects.get()
    montants = (ligne.montant_demande, ligne.montant_propose, ligne.montant_accorde, ligne.montant_notifie)
    assert montants == (Decimal(24000), Decimal("20000.50"), Decimal("19999.50"), None)
    assert (ligne.action_annuelle, ligne.financeur) == (lieu.annuelle, lieu.ville)
    assert (ligne.nature_credit, ligne.date_decision) == ("specifique", date(2025, 3, 18))
    assert (ligne.commentaire, ligne.version) == ("Vote du COPIL", 1)
    assert [h.history_user for h in ligne.historique.all()] == [lieu.chargee]


def test_zero_est_un_montant_et_vide_n_en_est_pas_un(lieu):
    assert ajouter(lieu, montant_accorde="0").status_code == 302
    ligne = LigneFinancement.objects.get()
    assert (ligne.montant_accorde, ligne.montant_demande) == (Decimal(0), None)
    with rien_n_est_ecrit():
        reponse = ajouter(lieu, financeur=lieu.etat.pk, montant_accorde="")
    assert erreurs(reponse) == {"montant_accorde": [SANS_MONTANT]}


HORS_CONTRAT = "Cette date est hors du contrat, qui va du 01/01/2024 au 31/12/2030."


@pytest.mark.parametrize(
    ("fautes", "phrases"),
    [
        ({"montant_accorde": "-5"}, {"montant_accorde": champs.MONTANT_NEGATIF}),
        ({"montant_demande": "mille"}, {"montant_demande": champs.MONTANT_ILLISIBLE}),
        ({"montant_notifie": "1O0"}, {"montant_notifie": champs.MONTANT_ILLISIBLE}),
        ({"montant_propose": "12,345 6"}, {"montant_propose": champs.MONTANT_ILLISIBLE}),
        ({"montant_propose": "0,1234"}, {"montant_propose": champs.MONTANT_CENTIMES}),
        (
            {"montant_accorde": "1.234"},
            {"montant_accorde": "« 1.234 » peut se lire de deux façons : écrivez"},
        ),
        ({"montant_accorde": "99999999999"}, {"montant_accorde": champs.MONTANT_GRAND}),
        ({"montant_accorde": "x", "montant_demande": ""}, {"montant_accorde": champs.MONTANT_ILLISIBLE}),
        ({"financeur": ""}, {"financeur": "Choisissez qui paie."}),
        (
            {"financeur": "", "date_decision": "2031-01-01", "montant_accorde": "-1"},
            {
                "financeur": "Choisissez qui paie.",
                "date_decision": HORS_CONTRAT,
                "montant_accorde": champs.MONTANT_NEGATIF,
            },
        ),
        ({"financeur": "999999"}, {"financeur": "Choisissez un financeur de ce contrat."}),
        ({"date_decision": "2023-12-31"}, {"date_decision": HORS_CONTRAT}),
        ({"date_decision": "mars 2024"}, {"date_decision": champs.DATE_ILLISIBLE}),
    ],
)
def test_une_mauvaise_saisie_est_refusee_au_champ_et_rendue(lieu, ligne, fautes, phrases):
    for envoyer in (
        lambda **f: ajouter(lieu, nature_credit="droit_commun", commentaire="Vote du COPIL", **f),
        lambda **f: modifier(lieu, ligne, commentaire="Vote du COPIL", **f),
    ):
        with rien_n_est_ecrit():
            reponse = envoyer(**fautes)
        trouvees = erreurs(reponse)
        assert set(trouvees) == set(phrases)
        for nom, phrase in phrases.items():
            assert len(trouvees[nom]) == 1
            assert trouvees[nom][0].startswith(phrase)
        rendue = saisie(reponse)
        assert rendue["commentaire"] == "Vote du COPIL"
        for nom, valeur in fautes.items():
            assert rendue[nom] == valeur


def test_un_financeur_n_a_qu_une_ligne_par_nature(lieu, ligne):
    attendue = (
        "« Ville » a déjà une ligne de cette nature pour l'action : "
        "modifiez-la, ou choisissez une autre nature de crédits."
    )
    with rien_n_est_ecrit():
        assert erreurs(ajouter(lieu)) == {"financeur": [attendue]}
    assert ajouter(lieu, nature_credit="droit_commun").status_code == 302
    autre = LigneFinancement.objects.get(nature_credit="droit_commun")
    with rien_n_est_ecrit():
        assert erreurs(modifier(lieu, autre, nature_credit="non_precisee")) == {"financeur": [attendue]}


def test_le_financeur_d_un_autre_contrat_est_refuse(lieu):
    etranger = fabriques.FinanceurFactory()
    with rien_n_est_ecrit():
        assert list(erreurs(ajouter(lieu, financeur=etranger.pk))) == ["financeur"]


def test_les_financeurs_hors_total_sont_a_part(lieu):
    page = lieu.client.get(lieu.adresse("ligne_ajouter", lieu.annuelle.cle))
    assert list(page.context["form"].fields["financeur"].choices) == [
        ("", "Choisissez un financeur"),
        (lieu.ville.pk, "Ville"),
        (lieu.etat.pk, "État"),
        (lieu.region.pk, "Région"),
        ("Hors du total politique de la ville", [(lieu.caf.pk, "CAF")]),
    ]


def test_accorder_plus_que_demande_s_enregistre_et_se_signale(lieu):
    reponse = ajouter(lieu, montant_demande="1000", montant_accorde="1500")
    succes, avis = messages(reponse)
    assert succes == "La ligne « Ville » est ajoutée."
    somme, demande = "1\u202f500\u00a0€", "1\u202f000\u00a0€"
    assert avis.startswith(
        f"« Ville » : le montant accordé ({somme}) dépasse le montant demandé ({demande})."
    )


# -- Editing ---------------------------------------------------------------------------------------
def test_modifier_garde_l_avant_et_l_apres(lieu, ligne):
    page = lieu.client.get(lieu.adresse("ligne_modifier", ligne.cle))
    assert saisie(page)["montant_accorde"] == "1\u202f234,50"
    assert 'value="1\u202f234,50"' in page.content.decode()
    assert modifier(lieu, ligne, montant_accorde="1 500").status_code == 302
    ligne.refresh_from_db()
    assert (ligne.montant_accorde, ligne.montant_demande, ligne.version) == (Decimal(1500), Decimal(2000), 2)
    derniere, premiere = ligne.historique.all()
    assert (derniere.history_user, derniere.montant_accorde) == (lieu.chargee, Decimal(1500))
    assert premiere.montant_accorde == Decimal("1234.50")
    assert derniere.history_date > premiere.history_date


def test_renvoyer_la_page_telle_quelle_ne_change_rien(lieu, ligne):
    with rien_n_est_ecrit():
        assert modifier(lieu, ligne).url == lieu.adresse("action_detail", lieu.annuelle.cle)


def test_deux_personnes_a_la_fois(lieu, ligne):
    adresse = lieu.adresse("ligne_modifier", ligne.cle)
    ouverte = saisie(lieu.client.get(adresse))
    lieu.client.force_login(fabriques.chargee_de_mission(lieu.contrat, prenom="Nadia", nom="Ferrand"))
    lieu.client.post(adresse, {**ouverte, "montant_accorde": "1600", "montant_notifie": "1600"})
    lieu.client.force_login(lieu.chargee)
    with rien_n_est_ecrit():
        reponse = lieu.client.post(adresse, {**ouverte, "montant_accorde": "1700"})
    ecarts = {nom: (e.autre, e.repris) for nom, e in reponse.context["conflit"].ecarts.items()}
    somme = "1\u202f600\u00a0€"
    assert ecarts == {"montant_accorde": (somme, False), "montant_notifie": (somme, True)}
    assert "Nadia Ferrand a enregistré une autre version" in texte(reponse)
    rendue = saisie(reponse)
    assert rendue["montant_accorde"] == "1700"
    assert lieu.client.post(adresse, rendue).status_code == 302
    ligne.refresh_from_db()
    assert (ligne.montant_accorde, ligne.montant_notifie) == (Decimal(1700), Decimal(1600))
    assert ligne.version == 3


# -- Deleting --------------------------------------------------------------------------------------
def test_supprimer_demande_d_abord(lieu, ligne):
    adresse = lieu.adresse("ligne_supprimer", ligne.cle)
    with rien_n_est_ecrit():
        page = lieu.client.get(adresse)
    lue = texte(page)
    assert "Supprimer ce financement ?" in lue
    assert "Accordé 1 234,50 €" in lue
    reponse = lieu.client.post(adresse, {"version": "1"})
    assert reponse.url == lieu.adresse("action_detail", lieu.annuelle.cle)
    assert not LigneFinancement.objects.exists()
    derniere = LigneFinancement.historique.first()
    assert (derniere.history_type, derniere.history_user) == ("-", lieu.chargee)
    assert derniere.montant_accorde == Decimal("1234.50")


def test_une_ligne_qui_a_un_versement_ne_se_supprime_pas(lieu, ligne):
    fabriques.VersementFactory(ligne=ligne)
    with rien_n_est_ecrit():
        reponse = lieu.client.post(lieu.adresse("ligne_supprimer", ligne.cle), {"version": "1"})
    assert "Un versement est prévu ou fait sur cette ligne" in texte(reponse)


@pytest.mark.parametrize("version", ["", "0", "x", "²", "1", "9" * 5000])
def test_une_ligne_changee_entretemps_ne_se_supprime_pas_sans_etre_relue(lieu, ligne, version):
    modifier(lieu, ligne, montant_accorde="1 500")
    with rien_n_est_ecrit():
        reponse = lieu.client.post(lieu.adresse("ligne_supprimer", ligne.cle), {"version": version})
    lue = texte(reponse)
    assert "vient d'être modifiée par une autre personne" in lue
    assert "1 500 €" in lue


# -- Who may ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "sa_ligne", "son_action"),
    [("porteur", 403, 403), ("financeur", 403, 403), ("copil", 404, 404), ("autre_chargee", 404, 404)],
)
def test_qui_ne_tient_pas_le_contrat_ne_touche_pas_a_l_argent(lieu, ligne, role, sa_ligne, son_action):
    compte = {
        "porteur": lambda: fabriques.representant_du_porteur(lieu.annuelle.action.porteur),
        "financeur": lambda: fabriques.representant_du_financeur(lieu.ville),
        "copil": lambda: fabriques.membre_du_copil(lieu.contrat),
        "autre_chargee": lambda: fabriques.chargee_de_mission(fabriques.ContratFactory()),
    }[role]()
    fabriques.AmbiguiteFactory(action_annuelle=lieu.annuelle)
    lieu.client.force_login(compte)
    avant = etat_de_la_base()
    for nom in ("ligne_modifier", "ligne_supprimer"):
        reponse = lieu.client.post(lieu.adresse(nom, ligne.cle), {"version": "1", "montant_accorde": "9"})
        assert reponse.status_code == sa_ligne
    assert ajouter(lieu).status_code == son_action
    adresse = lieu.adresse("montants_trancher", lieu.annuelle.cle)
    assert lieu.client.post(adresse, {"lecture": "actuels"}).status_code == son_action
    assert etat_de_la_base() == avant


def test_un_financeur_ignore_la_ligne_d_un_autre(lieu, ligne):
    lieu.client.force_login(fabriques.representant_du_financeur(lieu.etat))
    assert lieu.client.get(lieu.adresse("ligne_modifier", ligne.cle)).status_code == 404


def test_une_ligne_ne_se_modifie_pas_sous_une_autre_adresse(lieu, ligne):
    fabriques.CampagneFactory(contrat=lieu.contrat, annee=2025)
    voisin = fabriques.CampagneFactory(annee=2024)
    fabriques.AccesContrat.objects.create(
        utilisateur=lieu.chargee, contrat=voisin.contrat, role="charge_mission"
    )
    for ailleurs in ({"annee": 2025}, {"slug": voisin.contrat.slug}):
        for nom, cle in (
            ("ligne_modifier", ligne.cle),
            ("ligne_supprimer", ligne.cle),
            ("ligne_ajouter", lieu.annuelle.cle),
            ("montants_trancher", lieu.annuelle.cle),
        ):
            assert lieu.client.get(lieu.adresse(nom, cle, **ailleurs)).status_code == 404


def test_les_operations_refusent_qui_n_a_pas_le_droit(lieu, ligne):
    membre = fabriques.membre_du_copil(lieu.contrat)
    nouvelle = LigneFinancement(action_annuelle=lieu.annuelle, financeur=lieu.etat)
    with rien_n_est_ecrit():
        with pytest.raises(PermissionDenied):
            ajouter_ligne(membre, nouvelle)
        with pytest.raises(PermissionDenied):
            modifier_ligne(membre, ligne, version=1)
        with pytest.raises(PermissionDenied):
            supprimer_ligne(membre, ligne, version=1)


def test_lire_les_formulaires_n_ecrit_rien_et_ne_coute_pas_plus_avec_le_nombre(lieu, ligne):
    adresses = [
        lieu.adresse("ligne_ajouter", lieu.annuelle.cle),
        lieu.adresse("ligne_modifier", ligne.cle),
        lieu.adresse("ligne_supprimer", ligne.cle),
    ]
    for adresse in adresses:
        with rien_n_est_ecrit():
            lieu.client.get(adresse)
        verifier_requetes_constantes(
            lambda adresse=adresse: lieu.client.get(adresse),
            lambda: fabriques.LigneFinancementFactory(action_annuelle=lieu.annuelle),
        )
