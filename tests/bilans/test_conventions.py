"""The pages of conventions: what they show and to whom, what they refuse and how, what they cost."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bilans.models import DocumentConvention
from bilans.pages.arrivee import VosActions
from contrats.models import Deliberation
from financements.models import MontantConvention
from porteurs.models import Convention, Echeance, EvenementConvention, Obligation
from tests import fabriques
from tests.outils import lieux
from tests.outils.pages import erreurs, rien_n_est_ecrit, saisie, texte
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("aujourd_hui")]
AUJOURD_HUI = date(2024, 11, 20)


@pytest.fixture
def aujourd_hui(time_machine, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    time_machine.move_to("2024-11-20 10:00:00+00:00", tick=False)


@pytest.fixture
def lieu(client):
    lieu = lieux.ouvrir(client)
    lieu.porteur = fabriques.PorteurFactory(epci=lieu.contrat.epci, nom="MJC des Rives")
    lieu.convention = fabriques.ConventionFactory(
        contrat=lieu.contrat, porteur=lieu.porteur, intitule="Convention-cadre 2024-2026"
    )
    lieu.obligation = fabriques.ObligationFactory(
        convention=lieu.convention,
        code="6.3",
        titre="Comptes annuels",
        contenu="Le rapport d'activité\nLe rapport financier",
        recurrence="annuelle",
        jour=15,
        mois=7,
        debiteur="association",
    )
    lieu.page = lieu.adresse("convention", lieu.convention.cle)
    return lieu


@pytest.fixture
def du_porteur(lieu):
    client = Client()
    client.force_login(fabriques.representant_du_porteur(lieu.porteur))
    return client


def pdf(nom="rapport.pdf", numero=1):
    return SimpleUploadedFile(nom, f"%PDF-1.7\n% {numero}\nstartxref\n9\n%%EOF\n".encode())


def echeance(lieu, **champs):
    valeurs = {"obligation": lieu.obligation, "date": date(2024, 12, 1), "libelle": "Comptes annuels (2024)"}
    return fabriques.EcheanceFactory(convention=lieu.convention, **{**valeurs, **champs})


def page_echeance(lieu, ligne):
    return lieu.adresse("echeance", lieu.convention.cle, ligne.pk)


# -- Reading ---------------------------------------------------------------------------------------
def test_la_liste_dit_ce_qui_vient_et_ce_qui_est_en_retard(lieu):
    echeance(lieu)
    echeance(lieu, date=date(2024, 7, 15), libelle="Projet")
    fabriques.ConventionFactory(intitule="D'un autre contrat")
    fabriques.ConventionFactory(contrat=lieu.contrat, statut="archivee", date_signature=date(2020, 1, 1))
    lue = texte(lieu.client.get(lieu.adresse("conventions")))
    assert "1 convention, 1 terminée, 1 échéance en retard." in lue
    assert "Convention-cadre 2024-2026" in lue
    assert "1er décembre 2024" in lue
    assert "D'un autre contrat" not in lue


def test_la_page_montre_les_echeances_de_l_annee_et_les_retards_des_autres(lieu):
    echeance(lieu)
    echeance(lieu, date=date(2023, 7, 15), libelle="En retard de 2023")
    echeance(lieu, date=date(2023, 9, 1), libelle="Faite en 2023", faite_le=date(2023, 8, 1))
    echeance(lieu, date=date(2025, 7, 15), libelle="De 2025")
    lues = [lue.echeance.libelle for lue in lieu.client.get(lieu.page).context["page"].de_l_annee]
    assert lues == ["En retard de 2023", "Comptes annuels (2024)"]


@pytest.mark.parametrize(
    ("champs", "attendu"),
    [
        ({"recurrence": "permanente"}, "en permanence"),
        ({"recurrence": "demande"}, "sur demande"),
        ({"recurrence": "reputee"}, "réputée satisfaite"),
        ({"recurrence": "annuelle"}, "chaque année, sans date écrite"),
        (
            {"recurrence": "annuelle", "evenement": "commission", "delai_jours": -15},
            "à dater : commission de suivi 2024 non fixée",
        ),
        (
            {"recurrence": "annuelle", "evenement": "compte_rendu", "delai_jours": 15},
            "à dater : compte rendu non transmis",
        ),
        ({"recurrence": "evenement", "evenement": "agrement", "delai_jours": 15}, "à chaque événement"),
    ],
)
def test_une_obligation_sans_date_dit_pourquoi(lieu, champs, attendu):
    regle = fabriques.ObligationFactory(convention=lieu.convention, **champs)
    lues = {o.obligation.pk: o.etat for o in lieu.client.get(lieu.page).context["page"].obligations}
    assert lues[regle.pk] == attendu


def test_le_calendrier_va_par_mois_et_met_les_retards_devant(lieu):
    echeance(lieu)
    echeance(lieu, date=date(2024, 7, 15), libelle="Projet")
    echeance(lieu, date=date(2023, 7, 15), libelle="De 2023")
    calendrier = lieu.client.get(lieu.adresse("echeances")).context["calendrier"]
    assert [lue.echeance.libelle for lue in calendrier.en_retard] == ["De 2023", "Projet"]
    assert [(m.nom, len(m.echeances)) for m in calendrier.mois] == [("Décembre 2024", 1)]


def test_l_agenda_n_a_que_ce_qui_est_du(lieu):
    du = echeance(lieu, libelle="Comptes, bilans; et le projet associatif actualisé pour l'année en cours")
    echeance(lieu, date=date(2024, 7, 15), libelle="Fait", faite_le=date(2024, 7, 1))
    reponse = lieu.client.get(lieu.adresse("echeances_ics"))
    assert reponse["Content-Type"] == "text/calendar; charset=utf-8"
    lignes = reponse.content.decode().split("\r\n")
    assert all(len(ligne.encode()) <= 75 for ligne in lignes)
    deplie = reponse.content.decode().replace("\r\n ", "")
    assert deplie.count("BEGIN:VEVENT") == 1
    assert "DTSTART;VALUE=DATE:20241201\r\nDTEND;VALUE=DATE:20241202\r\n" in deplie
    assert "SUMMARY:Comptes\\, bilans\\; et le projet associatif" in deplie
    assert f"{page_echeance(lieu, du)}\r\n" in deplie


def test_les_pages_ne_coutent_pas_plus_avec_le_nombre(lieu):
    def ajouter():
        convention = fabriques.ConventionFactory(contrat=lieu.contrat, porteur=lieu.porteur)
        for cible in (convention, lieu.convention):
            obligation = fabriques.ObligationFactory(convention=cible)
            ligne = fabriques.EcheanceFactory(convention=cible, obligation=obligation, date=AUJOURD_HUI)
            fabriques.DocumentConventionFactory(convention=cible, echeance=ligne)
            fabriques.EvenementConventionFactory(convention=cible)
            fabriques.AvenantFactory(convention=cible)
            fabriques.AxeConventionFactory(convention=cible)
            MontantConvention.objects.create(
                convention=cible, annee=2024, financeur=fabriques.FinanceurFactory(contrat=lieu.contrat)
            )

    ajouter()
    for adresse in (lieu.page, lieu.adresse("conventions"), lieu.adresse("echeances")):
        with rien_n_est_ecrit():
            lieu.client.get(adresse)
        verifier_requetes_constantes(lambda adresse=adresse: lieu.client.get(adresse), ajouter)


# -- Writing ---------------------------------------------------------------------------------------
def test_creer_une_convention(lieu):
    frappe = {
        "porteur": lieu.porteur.pk,
        "type": "cpo",
        "statut": "projet",
        "intitule": "CPO 2025-2027",
        "date_debut": "2025-01-01",
        "date_fin": "31/12/2027",
        "montant_total": "12 000",
    }
    reponse = lieu.client.post(lieu.adresse("convention_creer"), frappe)
    creee = Convention.objects.get(intitule="CPO 2025-2027")
    assert reponse.url == lieu.adresse("convention", creee.cle)
    assert (creee.contrat, creee.montant_total, creee.date_fin) == (
        lieu.contrat,
        Decimal(12000),
        date(2027, 12, 31),
    )
    assert creee.historique.get().history_user == lieu.chargee


def test_ce_qui_manque_est_dit_et_rien_n_est_ecrit(lieu):
    with rien_n_est_ecrit():
        reponse = lieu.client.post(lieu.adresse("convention_creer"), {"date_fin": "31/02/2027"})
    dites = erreurs(reponse)
    assert dites["intitule"] == ["Donnez l'intitulé de la convention."]
    assert dites["date_fin"] == ["Cette date n'existe pas : vérifiez le jour et le mois."]
    assert 'value="31/02/2027"' in reponse.content.decode()


@pytest.mark.parametrize(
    ("frappe", "champ", "phrase"),
    [
        ({"date_fin": "2023-01-01"}, "__all__", "La convention doit se terminer après avoir pris effet."),
        ({"statut": "signee"}, "__all__", "Une convention signée a une date de signature : indiquez-la."),
        ({"statut": "resiliee"}, "statut", "Choisissez dans la liste."),
        ({"porteur": "99999"}, "porteur", "Choisissez dans la liste."),
    ],
)
def test_une_convention_impossible_est_refusee(lieu, frappe, champ, phrase):
    adresse = lieu.adresse("convention_modifier", lieu.convention.cle)
    valeurs = {**saisie(lieu.client.get(adresse)), **frappe}
    with rien_n_est_ecrit():
        reponse = lieu.client.post(adresse, {n: v for n, v in valeurs.items() if v != "None"})
    assert erreurs(reponse)[champ] == [phrase]


def test_deux_personnes_sur_une_convention_ne_perdent_rien(lieu):
    adresse = lieu.adresse("convention_modifier", lieu.convention.cle)
    ouverte = saisie(lieu.client.get(adresse))
    lieu.client.post(adresse, {**ouverte, "objet": "L'objet de la première personne"})
    reponse = lieu.client.post(adresse, {**ouverte, "remarque": "La remarque de la seconde"})
    lue = texte(reponse)
    assert reponse.context["conflit"].ecarts.keys() == {"objet"}
    assert "La remarque de la seconde" in lue
    assert "Enregistrer cette version" in lue
    assert saisie(reponse)["objet"] == "L'objet de la première personne"


def test_ajouter_modifier_supprimer_une_obligation(lieu):
    cle = lieu.convention.cle
    frappe = {
        "code": "8.1",
        "titre": "Fiche de travail",
        "recurrence": "annuelle",
        "evenement": "commission",
        "delai": "15",
        "sens": "avant",
        "rappel_jours": "10",
        "du_porteur": "on",
        "ordre": "2",
    }
    lieu.client.post(lieu.adresse("element_ajouter", cle, "obligations"), frappe)
    ajoutee = Obligation.objects.get(code="8.1")
    assert (ajoutee.delai_jours, ajoutee.evenement, ajoutee.rappel_jours) == (-15, "commission", 10)
    adresse = lieu.adresse("element_modifier", cle, "obligations", ajoutee.pk)
    ouverte = saisie(lieu.client.get(adresse))
    assert (ouverte["delai"], ouverte["sens"]) == ("15", "avant")
    lieu.client.post(adresse, {**frappe, "version": ouverte["version"], "sens": "apres"})
    ajoutee.refresh_from_db()
    assert ajoutee.delai_jours == 15
    retrait = lieu.adresse("element_supprimer", cle, "obligations", ajoutee.pk)
    page = lieu.client.get(retrait)
    lieu.client.post(retrait, {"version": page.context["version_element"]})
    assert not Obligation.objects.filter(code="8.1").exists()
    assert Obligation.historique.filter(code="8.1").count() == 3


@pytest.mark.parametrize(
    ("frappe", "champ"),
    [
        ({"recurrence": "annuelle", "jour": "15"}, "jour"),
        ({"recurrence": "annuelle", "jour": "32", "mois": "7"}, "jour"),
        ({"recurrence": "unique"}, "date_fixe"),
        ({"recurrence": "evenement"}, "evenement"),
        ({"recurrence": "permanente", "delai": "15"}, "delai"),
    ],
)
def test_une_regle_incomplete_est_dite_au_champ(lieu, frappe, champ):
    commun = {"code": "9", "titre": "Contrôle", "rappel_jours": "15", "ordre": "3"}
    with rien_n_est_ecrit():
        reponse = lieu.client.post(
            lieu.adresse("element_ajouter", lieu.convention.cle, "obligations"), {**commun, **frappe}
        )
    assert list(erreurs(reponse)) == [champ]


@pytest.mark.parametrize(
    ("frappe", "champ"),
    [
        ({"recurrence": "permanente", "rappel_jours": "367"}, "rappel_jours"),
        ({"recurrence": "evenement", "evenement": "commission", "delai": "3661"}, "delai"),
    ],
)
def test_un_delai_demesure_est_dit_au_champ(lieu, frappe, champ):
    commun = {"code": "9", "titre": "Contrôle", "rappel_jours": "366", "ordre": "3"}
    with rien_n_est_ecrit():
        reponse = lieu.client.post(
            lieu.adresse("element_ajouter", lieu.convention.cle, "obligations"), {**commun, **frappe}
        )
    assert list(erreurs(reponse)) == [champ]


def test_un_preavis_demesure_est_dit_au_champ(lieu):
    adresse = lieu.adresse("convention_modifier", lieu.convention.cle)
    frappe = {**saisie(lieu.client.get(adresse)), "preavis_mois": "121"}
    with rien_n_est_ecrit():
        reponse = lieu.client.post(adresse, frappe)
    assert list(erreurs(reponse)) == ["preavis_mois"]
    lieu.client.post(adresse, {**frappe, "preavis_mois": "120"})
    assert Convention.objects.get(pk=lieu.convention.pk).preavis_mois == 120


def test_un_code_deja_pris_est_dit(lieu):
    frappe = {"code": "6.3", "titre": "Autre", "recurrence": "permanente", "rappel_jours": "15", "ordre": "3"}
    reponse = lieu.client.post(lieu.adresse("element_ajouter", lieu.convention.cle, "obligations"), frappe)
    assert erreurs(reponse)["__all__"] == ["Cette convention a déjà une obligation de ce code."]


def test_dater_la_commission_dit_les_echeances_qu_elle_donne(lieu):
    fabriques.ObligationFactory(convention=lieu.convention, evenement="commission", delai_jours=-15)
    frappe = {"type": "commission", "date": "2024-12-10"}
    reponse = lieu.client.post(
        lieu.adresse("element_ajouter", lieu.convention.cle, "evenements"), frappe, follow=True
    )
    assert "1 échéance créée." in texte(reponse)
    assert Echeance.objects.get().date == date(2024, 11, 25)
    reunion = EvenementConvention.objects.get()
    adresse = lieu.adresse("element_modifier", lieu.convention.cle, "evenements", reunion.pk)
    reponse = lieu.client.post(
        adresse, {**saisie(lieu.client.get(adresse)), "date": "2024-12-17"}, follow=True
    )
    assert "1 échéance déplacée." in texte(reponse)
    assert Echeance.objects.get().date == date(2024, 12, 2)


def test_un_montant_d_une_annee_archivee_ne_change_plus(lieu):
    fabriques.CampagneFactory(contrat=lieu.contrat, annee=2025, statut="archivee")
    adresse = lieu.adresse("element_ajouter", lieu.convention.cle, "montants")
    with rien_n_est_ecrit():
        reponse = lieu.client.post(adresse, {"annee": "2025", "montant_prevu": "1 000"})
    assert "est archivée" in erreurs(reponse)["__all__"][0]
    lieu.client.post(
        adresse, {"annee": "2024", "montant_prevu": "1 000", "montant_vote": "900", "vote_le": "2024-03-28"}
    )
    page = lieu.client.get(lieu.page).context["page"]
    assert page.totaux == {"montant_prevu": Decimal(1000), "montant_vote": Decimal(900)}


@pytest.mark.parametrize("tous_d_abord", [True, False])
def test_un_montant_de_tous_ne_s_ajoute_pas_a_celui_d_un_financeur(lieu, tous_d_abord):
    financeur = fabriques.FinanceurFactory(contrat=lieu.contrat)
    premier, second = (None, financeur) if tous_d_abord else (financeur, None)
    fabriques.MontantConventionFactory(convention=lieu.convention, annee=2024, financeur=premier)
    adresse = lieu.adresse("element_ajouter", lieu.convention.cle, "montants")
    frappe = {"montant_prevu": "1 000", "financeur": second.pk if second else ""}
    with rien_n_est_ecrit():
        reponse = lieu.client.post(adresse, {**frappe, "annee": "2024"})
    assert list(erreurs(reponse)) == ["financeur"]
    assert "compté deux fois" in erreurs(reponse)["financeur"][0]
    lieu.client.post(adresse, {**frappe, "annee": "2025"})
    assert MontantConvention.objects.get(annee=2025).financeur == second


def test_un_vote_ne_descend_pas_au_dessous_de_ce_qui_est_verse(lieu):
    vote = fabriques.MontantConventionFactory(
        convention=lieu.convention, montant_vote=Decimal(2000), vote_le=date(2024, 3, 28)
    )
    fabriques.VersementFactory(convention=lieu.convention, ligne=None, annee=2024, verse=True)  # 1 500 €
    adresse = lieu.adresse("element_modifier", lieu.convention.cle, "montants", vote.pk)
    frappe = saisie(lieu.client.get(adresse))
    for tape in ("1 499,99", ""):
        with rien_n_est_ecrit():
            reponse = lieu.client.post(adresse, {**frappe, "montant_vote": tape})
        assert list(erreurs(reponse)) == ["montant_vote"]
    retrait = lieu.adresse("element_supprimer", lieu.convention.cle, "montants", vote.pk)
    with rien_n_est_ecrit():
        assert "sont déjà versés" in texte(lieu.client.post(retrait, {"version": frappe["version"]}))
    lieu.client.post(adresse, {**frappe, "montant_vote": "1 500"})
    vote.refresh_from_db()
    assert vote.montant_vote == Decimal(1500)


def test_un_premier_vote_peut_etre_plus_bas_que_l_acompte_deja_verse(lieu):
    fabriques.VersementFactory(convention=lieu.convention, ligne=None, annee=2024, verse=True)
    adresse = lieu.adresse("element_ajouter", lieu.convention.cle, "montants")
    lieu.client.post(adresse, {"annee": "2024", "montant_vote": "1 000", "vote_le": "2024-03-28"})
    assert MontantConvention.objects.get().montant_vote == Decimal(1000)


def test_l_annee_qu_ajoute_un_avenant_signe_recoit_un_montant(lieu):
    champs = {"convention": lieu.convention, "nouvelle_date_fin": date(2027, 12, 31)}
    avenant = fabriques.AvenantFactory(**champs)
    adresse = lieu.adresse("element_ajouter", lieu.convention.cle, "montants")
    with rien_n_est_ecrit():
        assert list(erreurs(lieu.client.post(adresse, {"annee": "2027"}))) == ["annee"]
    avenant.date_signature = date(2024, 11, 1)
    avenant.save()
    lieu.client.post(adresse, {"annee": "2027", "montant_prevu": "1 000"})
    assert MontantConvention.objects.get().annee == 2027


def test_la_page_montre_les_versements_de_l_annee(lieu, du_porteur):
    commun = {"convention": lieu.convention, "ligne": None}
    paye = fabriques.VersementFactory(**commun, annee=2024, verse=True)
    fabriques.VersementFactory(**commun, annee=2024, statut="annule", montant_prevu=Decimal(7))
    fabriques.VersementFactory(**commun, annee=2025)
    for client in (lieu.client, du_porteur):
        assert client.get(lieu.page).context["page"].versements == [paye]


def test_calculer_montre_puis_ecrit(lieu):
    adresse = lieu.adresse("echeances_calculer", lieu.convention.cle)
    with rien_n_est_ecrit():
        montre = texte(lieu.client.get(adresse))
    assert montre.count("à créer") == 3
    assert "3 échéances créées." in texte(lieu.client.post(adresse, follow=True))
    assert "n'a changé" in texte(lieu.client.post(adresse, follow=True))


def test_decider_d_une_echeance(lieu):
    du = echeance(lieu)
    adresse = page_echeance(lieu, du)

    def version():
        return lieu.client.get(adresse).context["version_echeance"]

    reponse = lieu.client.post(adresse, {"geste": "tenir", "le": "2024-11-21", "version": version()})
    assert "à venir" in erreurs(reponse)["le"][0]
    lieu.client.post(adresse, {"geste": "deplacer", "jour": "2024-12-15", "version": version()})
    lieu.client.post(adresse, {"geste": "tenir", "le": "2024-11-18", "version": version()})
    du.refresh_from_db()
    assert (du.date, du.faite_le, du.fixee_a_la_main) == (date(2024, 12, 15), date(2024, 11, 18), True)
    lieu.client.post(adresse, {"geste": "rouvrir", "version": version()})
    reponse = lieu.client.post(adresse, {"geste": "sans_objet", "version": version()})
    assert erreurs(reponse)["motif"] == ["Dites pourquoi rien n'est attendu cette fois."]
    lieu.client.post(adresse, {"geste": "sans_objet", "motif": "Dissolution", "version": version()})
    du.refresh_from_db()
    assert (du.faite_le, du.sans_objet) == (None, "Dissolution")


def test_une_echeance_changee_entre_temps_se_relit(lieu):
    du = echeance(lieu)
    adresse = page_echeance(lieu, du)
    with rien_n_est_ecrit():
        reponse = lieu.client.post(adresse, {"geste": "tenir", "le": "2024-11-18", "version": "0"})
    assert "relisez-la" in erreurs(reponse)["__all__"][0]


def test_supprimer_une_convention_signee_est_refuse(lieu):
    Convention.objects.filter(pk=lieu.convention.pk).update(statut="signee", date_signature="2024-01-01")
    with rien_n_est_ecrit():
        reponse = lieu.client.post(
            lieu.adresse("convention_supprimer", lieu.convention.cle), {"version": "1"}
        )
    assert reponse.status_code == 409
    assert "elle ne se supprime pas" in texte(reponse)


def test_supprimer_dupliquer_resilier(lieu):
    adresse = lieu.adresse("convention_dupliquer", lieu.convention.cle)
    lieu.client.post(adresse, saisie(lieu.client.get(adresse)))
    copie = Convention.objects.get(intitule="Convention-cadre 2024-2026 (copie)")
    assert (copie.date_debut, copie.date_fin) == (date(2027, 1, 1), date(2029, 12, 31))
    lieu.client.post(lieu.adresse("convention_supprimer", copie.cle), {"version": "1"})
    assert not Convention.objects.filter(pk=copie.pk).exists()
    Convention.objects.filter(pk=lieu.convention.pk).update(statut="signee", date_signature="2024-01-01")
    adresse = lieu.adresse("convention_resilier", lieu.convention.cle)
    reponse = lieu.client.post(adresse, {"le": "2024-12-31", "motif": "Dissolution", "version": "1"})
    assert reponse.url == lieu.page
    lieu.convention.refresh_from_db()
    assert lieu.convention.statut == "resiliee"


# -- Papers ----------------------------------------------------------------------------------------
def deposer(client, lieu, du=None, **champs):
    adresse = lieu.adresse("document_ajouter", lieu.convention.cle)
    suffixe = f"?echeance={du.pk}" if du else ""
    frappe = {f"depot-{nom}": valeur for nom, valeur in {"libelle": "Rapport", **champs}.items()}
    return client.post(f"{adresse}{suffixe}", frappe)


def test_le_porteur_voit_sa_convention_et_depose_son_document(lieu, du_porteur):
    du = echeance(lieu)
    lue = texte(du_porteur.get(lieu.page))
    assert "Comptes annuels (2024)" in lue
    assert "Modifier" not in lue
    reponse = deposer(du_porteur, lieu, du, fichier=pdf(), complet="on")
    assert reponse.url == page_echeance(lieu, du)
    document = DocumentConvention.objects.get()
    assert (document.recu_le, document.obligation, document.nom) == (
        AUJOURD_HUI,
        lieu.obligation,
        "rapport.pdf",
    )
    du.refresh_from_db()
    assert du.faite_le == AUJOURD_HUI
    fichier = lieu.client.get(lieu.adresse("document_convention", lieu.convention.cle, document.cle))
    assert b"".join(fichier.streaming_content).startswith(b"%PDF")
    assert fichier["X-Content-Type-Options"] == "nosniff"


def test_sans_la_case_l_echeance_attend_encore(lieu, du_porteur):
    du = echeance(lieu)
    deposer(du_porteur, lieu, du, fichier=pdf())
    du.refresh_from_db()
    assert du.faite_le is None
    assert "1 document reçu" in texte(lieu.client.get(lieu.page))


@pytest.mark.parametrize(
    ("champs", "champ", "mot"),
    [
        ({}, "fichier", "Choisissez le fichier"),
        ({"fichier": SimpleUploadedFile("a.exe", b"MZ")}, "fichier", "n'est ni un PDF"),
        ({"fichier": SimpleUploadedFile("a.pdf", b"")}, "fichier", "vide"),
        ({"libelle": "", "fichier": pdf()}, "libelle", "Dites de quel document"),
    ],
)
def test_un_document_refuse_dit_pourquoi_et_garde_ce_qui_est_tape(lieu, du_porteur, champs, champ, mot):
    with rien_n_est_ecrit():
        reponse = deposer(du_porteur, lieu, echeance_creee(lieu), **champs)
    assert mot in erreurs(reponse)[champ][0]


def echeance_creee(lieu):
    return Echeance.objects.filter(convention=lieu.convention).first()


def test_le_meme_fichier_deux_fois_est_dit(lieu, du_porteur, tmp_path):
    deposer(du_porteur, lieu, fichier=pdf())
    reponse = deposer(du_porteur, lieu, fichier=pdf("autre.pdf"))
    assert "a déjà été reçu le 20 novembre 2024" in erreurs(reponse)["fichier"][0]
    # What was refused left nothing on the disk.
    assert len([chemin for chemin in tmp_path.rglob("*") if chemin.is_file()]) == 1


def test_un_document_sur_papier_n_a_qu_une_date(lieu):
    du = echeance(lieu)
    deposer(lieu.client, lieu, du, recu_le="2024-11-04", complet="on")
    document = DocumentConvention.objects.get()
    assert (document.fichier.name, document.recu_le) == ("", date(2024, 11, 4))
    du.refresh_from_db()
    assert du.faite_le == date(2024, 11, 4)
    adresse = lieu.adresse("document_convention", lieu.convention.cle, document.cle)
    assert lieu.client.get(adresse).status_code == 404
    assert "sur papier" in texte(lieu.client.get(lieu.page))


def test_le_porteur_retire_le_sien_tant_que_l_echeance_attend(lieu, du_porteur, tmp_path):
    du = echeance(lieu)
    deposer(du_porteur, lieu, du, fichier=pdf())
    document = DocumentConvention.objects.get()
    adresse = lieu.adresse("document_retirer", lieu.convention.cle, document.cle)
    lieu.client.post(page_echeance(lieu, du), {"geste": "tenir", "le": "2024-11-18", "version": version(du)})
    assert du_porteur.post(adresse).status_code == 403
    lieu.client.post(page_echeance(lieu, du), {"geste": "rouvrir", "version": version(du)})
    assert du_porteur.post(adresse).status_code == 302
    assert not DocumentConvention.objects.exists()
    # Pressed twice: it is done.
    assert du_porteur.post(adresse).status_code == 302


def version(du):
    return du.historique.first().history_id


def test_une_convention_archivee_ne_recoit_plus_rien(lieu, du_porteur):
    Convention.objects.filter(pk=lieu.convention.pk).update(statut="archivee", date_signature="2024-01-01")
    assert "Déposer un document" not in texte(du_porteur.get(lieu.page))
    with rien_n_est_ecrit():
        reponse = deposer(du_porteur, lieu, fichier=pdf())
    assert "archivée" in erreurs(reponse)["__all__"][0]


# -- A new délibération, in place ------------------------------------------------------------------
NOUVELLE = {
    "deliberation_organe": "Conseil municipal",
    "deliberation_date": "2024-11-14",
    "deliberation_numero": "2024-118",
}
PAS_LES_DEUX = "Choisissez une délibération enregistrée, ou décrivez-en une nouvelle : pas les deux."
INCOMPLETE = "Une nouvelle délibération demande l'assemblée et la date."


def formulaires(lieu):
    """Give the pages that name a délibération, with what a valid form of each says."""
    cle = lieu.convention.cle
    modifier = lieu.adresse("convention_modifier", cle)
    return {
        "convention": (modifier, saisie(lieu.client.get(modifier))),
        "avenants": (
            lieu.adresse("element_ajouter", cle, "avenants"),
            {"numero": "1", "objet": "Le montant de 2025"},
        ),
        "montants": (
            lieu.adresse("element_ajouter", cle, "montants"),
            {"annee": "2024", "montant_vote": "12 000", "vote_le": "2024-11-14"},
        ),
    }


def objet_enregistre(lieu, genre):
    return {
        "convention": lambda: Convention.objects.get(pk=lieu.convention.pk),
        "avenants": lambda: lieu.convention.avenants.get(),
        "montants": lambda: MontantConvention.objects.get(convention=lieu.convention),
    }[genre]()


@pytest.mark.parametrize("genre", ["convention", "avenants", "montants"])
def test_une_deliberation_nouvelle_s_ecrit_avec_le_reste(lieu, genre):
    adresse, valeurs = formulaires(lieu)[genre]
    assert lieu.client.post(adresse, {**valeurs, **NOUVELLE}).status_code == 302
    lue = objet_enregistre(lieu, genre).deliberation
    assert (lue.contrat, lue.organe, lue.date, lue.numero) == (
        lieu.contrat,
        "Conseil municipal",
        date(2024, 11, 14),
        "2024-118",
    )
    assert "Conseil municipal, 14/11/2024, n° 2024-118" in texte(lieu.client.get(adresse))


def test_la_meme_deliberation_ne_s_enregistre_qu_une_fois(lieu):
    for adresse, valeurs in formulaires(lieu).values():
        lieu.client.post(adresse, {**valeurs, **NOUVELLE})
    assert Deliberation.objects.count() == 1


@pytest.mark.parametrize("genre", ["convention", "avenants", "montants"])
@pytest.mark.parametrize(
    ("frappe", "dites"),
    [
        ({"deliberation_date": ""}, {"deliberation_date": [INCOMPLETE]}),
        ({"deliberation_organe": ""}, {"deliberation_organe": [INCOMPLETE]}),
        (
            {"deliberation_date": "31/02/2024"},
            {"deliberation_date": ["Cette date n'existe pas : vérifiez le jour et le mois."]},
        ),
        (
            {"deliberation_numero": "9" * 41},
            {"deliberation_numero": ["C'est trop long : 40 caractères au plus."]},
        ),
        ({"deliberation": "connue"}, {"deliberation": [PAS_LES_DEUX]}),
    ],
)
def test_une_deliberation_mal_decrite_est_dite_au_champ(lieu, genre, frappe, dites):
    connue = fabriques.DeliberationFactory(contrat=lieu.contrat)
    adresse, valeurs = formulaires(lieu)[genre]
    tapee = {**valeurs, **NOUVELLE, **frappe}
    if "deliberation" in frappe:
        tapee["deliberation"] = str(connue.pk)
    with rien_n_est_ecrit():
        reponse = lieu.client.post(adresse, tapee)
    assert erreurs(reponse) == dites
    # Nothing typed is lost.
    rendue = saisie(reponse)
    assert {nom: rendue[nom] for nom in (*NOUVELLE, "deliberation")} == {
        nom: tapee.get(nom, "") for nom in (*NOUVELLE, "deliberation")
    }


def test_une_deliberation_n_est_pas_gardee_sans_sa_convention(lieu):
    """What refuses the row, once the form is right, takes the délibération back too."""
    MontantConvention.objects.create(convention=lieu.convention, annee=2024, montant_prevu=Decimal(1))
    adresse, valeurs = formulaires(lieu)["montants"]
    financeur = fabriques.FinanceurFactory(contrat=lieu.contrat)
    with rien_n_est_ecrit():
        reponse = lieu.client.post(adresse, {**valeurs, **NOUVELLE, "financeur": str(financeur.pk)})
    assert list(erreurs(reponse)) == ["financeur"]
    assert saisie(reponse)["deliberation_organe"] == "Conseil municipal"


# -- The end, as amendments and a termination make it ----------------------------------------------
@pytest.fixture
def prolongee(lieu):
    fabriques.AvenantFactory(
        convention=lieu.convention, date_signature=date(2024, 10, 1), nouvelle_date_fin=date(2027, 6, 30)
    )
    Convention.objects.filter(pk=lieu.convention.pk).update(statut="signee", date_signature="2024-01-01")
    return lieu.convention


def test_resilier_une_convention_prolongee(lieu, prolongee):
    adresse = lieu.adresse("convention_resilier", prolongee.cle)
    assert "du 1er janvier 2024 au 30 juin 2027" in texte(lieu.client.get(adresse))
    frappe = {"motif": "Dissolution", "version": "1"}
    refusee = lieu.client.post(adresse, {**frappe, "le": "2027-07-01"})
    assert erreurs(refusee) == {
        "le": ["La résiliation a lieu pendant la convention, du 1er janvier 2024 au 30 juin 2027."]
    }
    lieu.client.post(adresse, {**frappe, "le": "2027-03-31"})
    prolongee.refresh_from_db()
    assert (prolongee.statut, prolongee.date_resiliation) == ("resiliee", date(2027, 3, 31))


def test_la_copie_commence_le_lendemain_de_la_fin(lieu, prolongee):
    adresse = lieu.adresse("convention_dupliquer", prolongee.cle)
    ouverte = saisie(lieu.client.get(adresse))
    assert (ouverte["date_debut"], ouverte["date_fin"]) == ("2027-07-01", "2029-12-31")


def test_la_liste_va_par_fin_effective(lieu, prolongee):
    fabriques.ConventionFactory(
        contrat=lieu.contrat, porteur=lieu.porteur, intitule="A", date_fin=date(2026, 12, 31)
    )
    fabriques.ConventionFactory(
        contrat=lieu.contrat, porteur=lieu.porteur, intitule="B", date_fin=date(2027, 12, 31)
    )
    reponse = lieu.client.get(lieu.adresse("conventions"))
    noms = [lue.convention.intitule for lue in reponse.context["liste"].toutes]
    assert noms == ["B", "Convention-cadre 2024-2026", "A"]


def test_la_fiche_du_porteur_dit_la_fin_effective(lieu, prolongee):
    page = lieu.client.get(lieu.adresse("porteur_detail", lieu.porteur.cle))
    assert "Du 1er janvier 2024 au 30 juin 2027" in texte(page)


def test_les_conventions_du_porteur_vont_par_fin_effective(lieu, prolongee):
    fabriques.ConventionFactory(
        contrat=lieu.contrat, porteur=lieu.porteur, intitule="A", date_fin=date(2026, 12, 31)
    )
    membre = fabriques.representant_du_porteur(lieu.porteur)
    vues = VosActions(membre).conventions
    assert [vue.convention.intitule for vue in vues] == ["Convention-cadre 2024-2026", "A"]


def test_un_montant_dit_quand_le_vote_est_demande_et_ou_ajouter_un_financeur(lieu):
    adresse = lieu.adresse("element_ajouter", lieu.convention.cle, "montants")
    page = lieu.client.get(adresse)
    assert "Demandé dès qu'un montant est voté." in texte(page)
    assert "Ce contrat n'a pas encore de financeur." in texte(page)
    assert lieu.adresse("financeurs") in page.content.decode()
    fabriques.FinanceurFactory(contrat=lieu.contrat)
    assert "Il manque un financeur dans la liste ?" in texte(lieu.client.get(adresse))
    assert "dans la liste ?" not in texte(
        lieu.client.get(lieu.adresse("element_ajouter", lieu.convention.cle, "avenants"))
    )


def test_un_avenant_ne_finit_pas_avant_que_la_convention_commence(lieu):
    adresse = lieu.adresse("element_ajouter", lieu.convention.cle, "avenants")
    frappe = {"numero": "1", "objet": "Abrège", "nouvelle_date_fin": "2023-12-31"}
    with rien_n_est_ecrit():
        reponse = lieu.client.post(adresse, frappe)
    assert list(erreurs(reponse)) == ["nouvelle_date_fin"]
