"""The page of a bilan: fiche and answers side by side, last year, changes since a sending back, the story."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from actions.models import Campagne
from bilans import operations
from bilans.models import Bilan, Courriel
from bilans.operations.brouillon import Changement, enregistrer_brouillon
from bilans.operations.commentaires import commenter, regler
from bilans.pages.comparaison import comparer
from bilans.pages.lecture import PageDuBilan
from financements.models import Budget
from tests import fabriques
from tests.outils.pages import lisible, texte
from tests.outils.requetes import compter_requetes, verifier_requetes_constantes

pytestmark = pytest.mark.django_db


@pytest.fixture
def annuelle():
    return fabriques.ActionAnnuelleFactory(
        objectifs="Parler <b>français</b>", lieux="Salle des Tilleuls", date_debut=date(2024, 1, 8)
    )


@pytest.fixture
def chargee(annuelle):
    return fabriques.chargee_de_mission(annuelle.campagne.contrat, prenom="Claire", nom="Montrichard")


@pytest.fixture
def porteur(annuelle):
    return fabriques.representant_du_porteur(annuelle.action.porteur, prenom="Karim", nom="Arnaud")


def adresse(nom, annuelle):
    campagne = annuelle.campagne
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee, annuelle.cle])


def lire(client, compte, annuelle):
    client.force_login(compte)
    return texte(client.get(adresse("bilan_detail", annuelle)))


# -- Side by side ----------------------------------------------------------------------------------
def test_la_page_de_lecture_dit_ce_qui_est_su_et_ce_qui_ne_l_est_pas(client, annuelle, porteur):
    bilan = fabriques.BilanFactory(
        action_annuelle=annuelle, transmis=True, points_forts="L'entraide.", date_debut=date(2024, 1, 8)
    )
    enfants = annuelle.campagne.tranches.get(ordre=2)
    fabriques.effectifs(bilan, T=55, F=12)
    fabriques.EffectifFactory(bilan=bilan, tranche=enfants, sexe="F", valeur=8, citation="8 filles")
    fabriques.ValeurIndicateurFactory(bilan=bilan, citation="12 ateliers tenus")
    page = lire(client, porteur, annuelle)
    for phrase in (
        "Transmis le 12 mai 2025 à 11 h 30",
        "L'action a été réalisée",
        "Points forts L'entraide.",
        "Début : 8 janvier 2024",
        "Non renseigné : résultats au regard des objectifs , difficultés",
        "6 à 15 ans 8 — non renseigné — non renseigné 8",
        "Ensemble 12 — non renseigné — non renseigné 55",
        "43 personnes sans sexe renseigné. 47 personnes sans âge renseigné.",
        "Dans le document : « 8 filles »",
        "Dont habitantes et habitants du QPV : aucun nombre n'est indiqué.",
        "Ateliers tenus : 12 ateliers",
    ):
        assert phrase in page, phrase


def test_un_bilan_vide_se_lit_sans_faute(client, annuelle, chargee):
    fabriques.BilanFactory(action_annuelle=annuelle)
    page = lire(client, chargee, annuelle)
    assert "Ensemble du public : aucun nombre n'est indiqué." in page
    assert "Rien n'a encore été saisi dans Pilotis." in page


def test_ce_qui_etait_prevu_est_en_regard_de_ce_qui_a_ete_fait(client, annuelle, chargee):
    bilan = fabriques.BilanFactory(
        action_annuelle=annuelle, transmis=True, dates_lieux="Finalement à la médiathèque."
    )
    critere = fabriques.IndicateurActionFactory(action_annuelle=annuelle, cible=Decimal(15), unite="ateliers")
    fabriques.ValeurIndicateurFactory(bilan=bilan, critere=critere, libelle=critere.libelle)
    question = fabriques.QuestionFactory(campagne=annuelle.campagne, libelle="Et les jeunes ?")
    fabriques.ReponseQuestionFactory(bilan=bilan, question=question, texte="Ils étaient là.")
    fabriques.LigneFinancementFactory(action_annuelle=annuelle, montant_accorde=Decimal(1500))
    compte = fabriques.CompteBudgetaireFactory()
    for type_, montant in ((Budget.Type.PREVISIONNEL, 800), (Budget.Type.REALISE, 650)):
        budget = fabriques.BudgetFactory(action_annuelle=annuelle, type=type_)
        fabriques.LigneBudgetFactory(budget=budget, compte=compte, montant=Decimal(montant))
    page = PageDuBilan(bilan, chargee)
    prevus = {
        partie.code: [lisible(f"{p.libelle} {p.texte}") for p in partie.prevus] for partie in page.parties
    }
    lus = {partie.code: [lisible(lue.texte) for lue in partie.lues] for partie in page.parties}
    assert prevus["resultats"] == ["Objectifs Parler <b>français</b>"]
    assert prevus["dates"] == ["Lieux Salle des Tilleuls", "Dates À partir du 8 janvier 2024"]
    assert prevus["indicateurs"] == ["Nombre d'ateliers Cible : 15 ateliers"]
    assert next(phrase for phrase in prevus["budget"]).endswith("1 500 € accordé")
    assert lus["dates"] == ["Finalement à la médiathèque."]
    assert lus["indicateurs"] == ["12 ateliers", "Ils étaient là."]
    postes = next(partie.postes for partie in page.parties if partie.code == "budget")
    assert [(p.libelle, lisible(p.prevu), lisible(p.realise), p.total) for p in postes] == [
        ("Prestations de services", "800 €", "650 €", False),
        ("Total des dépenses", "800 €", "650 €", True),
    ]
    html = lire(client, chargee, annuelle)
    assert "&lt;b&gt;" not in html
    assert "<b>français</b>" in html


def test_ce_que_la_fiche_ne_dit_pas_se_dit_une_fois(client, annuelle, chargee):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    parties = PageDuBilan(bilan, chargee).parties
    avec, sans = [p for p in parties if p.prevus], [p.titre for p in parties if not p.prevus]
    assert len(sans) > 1
    page = lire(client, chargee, annuelle)
    assert page.count(f"La fiche ne dit rien de ces parties : {', '.join(sans)}.") == 1
    assert page.count("Prévu dans la fiche") == page.count("Dans le bilan ") == len(avec) > 0


def test_un_bilan_est_dans_la_piece_que_l_on_suit(client, annuelle, chargee, porteur):
    fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)

    def courante(compte):
        client.force_login(compte)
        navigation = client.get(adresse("bilan_detail", annuelle)).context["navigation"]
        return [lien.libelle for lien in navigation if lien.actif]

    assert courante(chargee) == ["Bilans"]
    # Who has no page of bilans stays with its actions.
    assert courante(porteur) == ["Actions"]
    client.force_login(chargee)
    fiche = client.get(adresse("action_detail", annuelle))
    assert [lien.libelle for lien in fiche.context["navigation"] if lien.actif] == ["Actions"]


def test_le_financeur_ne_lit_ni_le_budget_ni_les_autres_aides(client, annuelle):
    annuelle.moyens_financiers = "La fondation des Tilleuls."
    annuelle.save()
    fabriques.BilanFactory(action_annuelle=annuelle, valide=True, motif_renvoi="Ancien renvoi.")
    budget = fabriques.BudgetFactory(action_annuelle=annuelle, type=Budget.Type.REALISE)
    fabriques.LigneBudgetFactory(budget=budget, montant=Decimal(4321))
    sien = fabriques.FinanceurFactory(contrat=annuelle.campagne.contrat)
    autre = fabriques.LigneFinancementFactory(action_annuelle=annuelle, montant_accorde=Decimal(9876))
    page = lire(client, fabriques.representant_du_financeur(sien), annuelle)
    assert "Salle des Tilleuls" in page
    for secret in (
        "La fondation des Tilleuls",
        "4 321",
        "9 876",
        autre.financeur.nom + " 9",
        "Ancien renvoi",
    ):
        assert secret not in page, secret
    assert "Histoire du bilan" not in page


def test_une_anomalie_mene_a_son_endroit(client, annuelle, chargee):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    fabriques.effectifs(bilan, F=12, H=17, T=30)
    client.force_login(chargee)
    html = client.get(adresse("bilan_detail", annuelle)).content.decode()
    assert 'href="#lu-effectifs"' in html
    assert html.count('id="lu-effectifs"') == 1


# -- Last year -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("actuel", "ancien", "phrase", "vif"),
    [
        (45, 57, "12 de moins qu'en 2023 (57)", False),
        (57, 45, "12 de plus qu'en 2023 (45)", False),
        (30, 57, "27 de moins qu'en 2023 (57)", True),
        (57, 57, "autant qu'en 2023", False),
        (2, 1, "1 de plus qu'en 2023 (1)", False),
        (12, 0, "12 de plus qu'en 2023 (0)", True),
        (0, 12, "12 de moins qu'en 2023 (12)", True),
        (45, None, "non renseigné en 2023", False),
        (None, 57, "non renseigné, alors qu'en 2023 c'était 57", True),
    ],
)
def test_une_difference_se_dit_en_mots(actuel, ancien, phrase, vif):
    ecart = comparer(actuel, ancien, 2023)
    assert (lisible(ecart.phrase), ecart.vif) == (phrase, vif)


def test_ce_que_personne_ne_sait_n_est_pas_une_difference():
    assert comparer(None, None, 2023) is None


def test_chaque_chiffre_est_compare_a_celui_de_l_annee_precedente(client, annuelle, chargee):
    avant = fabriques.annee_de(annuelle.action, 2023)
    # An older year, and one of another dispositif refused: neither is last year's.
    fabriques.annee_de(annuelle.action, 2022)
    ancien = fabriques.BilanFactory(
        action_annuelle=avant,
        transmis=True,
        benevoles=10,
        points_forts="L'entraide.",
        difficultes="Le froid.",
    )
    fabriques.effectifs(ancien, F=40, H=17)
    fabriques.ValeurIndicateurFactory(bilan=ancien, libelle="Ateliers  TENUS", valeur=Decimal(30))
    bilan = fabriques.BilanFactory(
        action_annuelle=annuelle,
        transmis=True,
        benevoles=12,
        points_forts="L'entraide.",
        difficultes="Le gel.",
    )
    fabriques.effectifs(bilan, F=30, H=15)
    fabriques.ValeurIndicateurFactory(bilan=bilan)
    page = lire(client, chargee, annuelle)
    for phrase in (
        "45 personnes, 12 de moins qu'en 2023 (57)",
        "30 femmes, 10 de moins qu'en 2023 (40)",
        "15 hommes, 2 de moins qu'en 2023 (17)",
        "Bénévoles mobilisés : 12, 2 de plus qu'en 2023 (10)",
        "Ateliers tenus : 12 ateliers 18 de moins qu'en 2023 (30) À regarder",
        "le même texte qu'en 2023, mot pour mot",
        "Ce qui était écrit en 2023 Le froid.",
        "Les chiffres sont comparés à ceux du bilan 2023.",
    ):
        assert phrase in page, phrase


def test_la_comparaison_n_est_pas_pour_le_porteur(client, annuelle, porteur):
    avant = fabriques.annee_de(annuelle.action, 2023)
    fabriques.BilanFactory(action_annuelle=avant, transmis=True, benevoles=10)
    fabriques.BilanFactory(action_annuelle=annuelle, transmis=True, benevoles=50)
    assert "qu'en 2023" not in lire(client, porteur, annuelle)


@pytest.mark.parametrize(
    ("annee", "phrase"),
    [
        (None, "Première année de l'action : il n'y a pas de bilan précédent à comparer."),
        ({"statut": "refusee", "motif": "Non."}, "Première année de l'action"),
        ({}, "Le bilan 2023 de cette action n'a pas été transmis : rien à comparer."),
    ],
)
def test_sans_bilan_precedent_la_page_le_dit(client, annuelle, chargee, annee, phrase):
    if annee is not None:
        avant = fabriques.annee_de(annuelle.action, 2023, **annee)
        fabriques.BilanFactory(action_annuelle=avant, en_saisie=True, benevoles=98765)
    fabriques.BilanFactory(action_annuelle=annuelle, transmis=True, benevoles=2)
    page = lire(client, chargee, annuelle)
    assert phrase in page
    assert "98" + chr(0x202F) + "765" not in page
    assert "98765" not in page


# -- Sent back, and sent again ---------------------------------------------------------------------
def test_apres_un_renvoi_la_page_dit_ce_que_le_porteur_a_change(client, annuelle, chargee, porteur):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True, points_forts="L'entraide.")
    bilan.save()
    question = fabriques.QuestionFactory(campagne=annuelle.campagne, libelle="Et les jeunes ?")
    operations.renvoyer(bilan, chargee, "Indiquez le nombre de femmes.")
    version = Bilan.objects.get(pk=bilan.pk).version
    operations.enregistrer_bilan(
        bilan, porteur, champs={"points_forts": "L'entraide entre voisines."}, version=version
    )
    fabriques.effectifs(bilan, F=12)
    fabriques.ReponseQuestionFactory(bilan=bilan, question=question, texte="Ils étaient là.")
    assert "depuis le renvoi" not in lire(client, chargee, annuelle)
    operations.transmettre(bilan, porteur)
    page = lire(client, chargee, annuelle)
    debut = page.index("Ce qui a changé depuis le renvoi")
    change = page[debut : page.index("À vérifier")]
    assert "« Indiquez le nombre de femmes. »" in change
    assert "Points forts : avant L'entraide. → après L'entraide entre voisines." in change
    assert "Femmes : avant — rien → après 12" in change
    assert "Et les jeunes ? : avant — rien → après Ils étaient là." in change
    assert "Déroulement" not in change
    # What the chargée corrects afterwards is not the porteur's.
    version = Bilan.objects.get(pk=bilan.pk).version
    operations.enregistrer_bilan(bilan, chargee, champs={"difficultes": "Le froid."}, version=version)
    page = lire(client, chargee, annuelle)
    debut = page.index("Ce qui a changé depuis le renvoi")
    assert "Le froid." not in page[debut : page.index("À vérifier")]
    # The porteur does not need to be told.
    assert "depuis le renvoi" not in lire(client, porteur, annuelle)


def test_ce_qui_est_enregistre_au_fil_de_la_frappe_compte_aussi(client, annuelle, chargee, porteur):
    """Everything within a minute: the saves of a draft are one row of the history, on each side of the renvoi."""
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True, realisation="realisee")
    bilan.save()

    def taper(**champs):
        resultat = enregistrer_brouillon(
            bilan, porteur, {nom: Changement(avant, apres) for nom, (avant, apres) in champs.items()}
        )
        assert not resultat.conflits

    taper(points_forts=("", "L'entr"), total_ensemble_F=("", "12"))
    taper(points_forts=("L'entr", "L'entraide."))
    operations.transmettre(bilan, porteur)
    operations.renvoyer(bilan, chargee, "Corrigez le nombre de femmes.")
    taper(total_ensemble_F=("12", "13"))
    taper(total_ensemble_F=("13", "14"), total_ensemble_H=("", "5"))
    operations.transmettre(bilan, porteur)
    _, changes = PageDuBilan(Bilan.objects.get(pk=bilan.pk), chargee).depuis_le_renvoi
    assert {(c.champ, c.avant, c.apres) for c in changes} == {("Femmes", "12", "14"), ("Hommes", "", "5")}
    page = lire(client, porteur, annuelle)
    assert "Femmes : avant 12 → après 14" in page
    assert "après 13" not in page


def test_un_renvoi_sans_changement_le_dit(client, annuelle, chargee, porteur):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    bilan.save()
    operations.renvoyer(bilan, chargee, "Indiquez les dates.")
    operations.transmettre(bilan, porteur)
    assert "Aucune réponse n'a changé." in lire(client, chargee, annuelle)


# -- Sending back ----------------------------------------------------------------------------------
def test_la_page_de_renvoi_montre_ce_que_le_porteur_lira(client, annuelle, chargee):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    commenter(bilan, chargee, champ="points_forts", texte="Lesquels ?", interne=False)
    commenter(bilan, chargee, champ="", texte="Entre nous.", interne=True)
    regler(commenter(bilan, chargee, champ="difficultes", texte="Déjà réglé.", interne=False), chargee)
    client.force_login(chargee)
    page = texte(client.get(adresse("bilan_renvoyer", annuelle)))
    assert "Points forts : Lesquels ?" in page
    assert "Entre nous." not in page
    assert "Déjà réglé." not in page


def test_renvoyer_un_bilan_d_une_annee_close_demande_une_date(
    client, annuelle, chargee, porteur, time_machine
):
    time_machine.move_to("2025-09-01 10:00")
    Campagne.objects.filter(pk=annuelle.campagne_id).update(
        statut="bilans_clos", bilan_echeance=date(2025, 6, 30)
    )
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    client.force_login(chargee)
    envoi = {"motif": "Précisez les dates.", "version": bilan.version}
    for echeance, phrase in (
        ("", "Indiquez jusqu'à quand le porteur peut compléter son bilan."),
        ("2025-08-30", "Cette date est passée : choisissez aujourd'hui ou un jour à venir."),
        ("demain", "Écrivez la date avec le jour, le mois et l'année, par exemple 30/06/2024."),
    ):
        reponse = client.post(adresse("bilan_renvoyer", annuelle), envoi | {"echeance": echeance})
        assert [lisible(e) for e in reponse.context["form"].errors["echeance"]] == [phrase]
        assert "Précisez les dates." in reponse.content.decode()
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.version) == ("transmis", 1)
    reponse = client.post(adresse("bilan_renvoyer", annuelle), envoi | {"echeance": "2025-09-15"})
    assert reponse.status_code == 302
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.echeance_prolongee) == ("a_completer", date(2025, 9, 15))
    page = lire(client, porteur, annuelle)
    assert "À transmettre avant le 15 septembre 2025 (dans 14 jours)" in page


def test_le_motif_tape_revient_quand_le_bilan_a_change_entre_temps(client, annuelle, chargee):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    operations.enregistrer_bilan(bilan, chargee, champs={"points_forts": "Corrigé."}, version=1)
    client.force_login(chargee)
    envoi = {"motif": "Une longue phrase à retaper.", "version": "1", "echeance": ""}
    reponse = client.post(adresse("bilan_renvoyer", annuelle), envoi)
    assert reponse.status_code == 200
    assert "Ce bilan a été modifié depuis que vous avez ouvert la page" in texte(reponse)
    assert "Une longue phrase à retaper." in reponse.content.decode()
    # Sent again as shown, it goes.
    bilan.refresh_from_db()
    assert f'name="version" value="{bilan.version}"' in reponse.content.decode()
    client.post(adresse("bilan_renvoyer", annuelle), envoi | {"version": str(bilan.version)})
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.motif_renvoi) == ("a_completer", "Une longue phrase à retaper.")


# -- More time -------------------------------------------------------------------------------------
def test_donner_plus_de_temps_puis_y_revenir(client, annuelle, chargee, porteur, time_machine):
    time_machine.move_to("2025-06-01 10:00")
    Campagne.objects.filter(pk=annuelle.campagne_id).update(bilan_echeance=date(2025, 6, 30))
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True)
    client.force_login(chargee)
    url = adresse("bilan_prolonger", annuelle)
    for echeance, phrase in (
        ("", "Choisissez la nouvelle échéance de ce bilan."),
        ("2025-05-30", "Cette date est passée : choisissez aujourd'hui ou un jour à venir."),
        (
            "2025-06-30",
            "L'échéance de tous les bilans est le 30 juin 2025 : choisissez une date plus lointaine.",
        ),
    ):
        reponse = client.post(url, {"echeance": echeance, "version": bilan.version})
        assert [lisible(e) for e in reponse.context["form"].errors["echeance"]] == [phrase]
    reponse = client.post(url, {"echeance": "2025-07-15", "version": bilan.version}, follow=True)
    assert "Ce bilan est maintenant attendu pour le 15 juillet 2025." in texte(reponse)
    assert "Claire Montrichard a reporté l'échéance de ce bilan au 15 juillet 2025" in texte(reponse)
    page = lire(client, porteur, annuelle)
    assert "À transmettre avant le 15 juillet 2025 (dans 44 jours) , échéance propre à ce bilan" in page
    assert "Donner plus de temps" not in page
    assert "Changer l'échéance" not in page
    # Taken back.
    client.force_login(chargee)
    assert "Revenir à l'échéance de tous" in texte(client.get(url))
    reponse = client.post(url, {"geste": "retirer", "version": Bilan.objects.get().version}, follow=True)
    assert "Ce bilan suit de nouveau l'échéance de tous, le 30 juin 2025." in texte(reponse)
    assert Bilan.objects.get().echeance_prolongee is None


def test_le_porteur_ne_se_donne_pas_plus_de_temps(client, annuelle, porteur):
    fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True)
    client.force_login(porteur)
    jour = (timezone.localdate() + timedelta(days=400)).isoformat()
    assert client.get(adresse("bilan_prolonger", annuelle)).status_code == 403
    assert client.post(adresse("bilan_prolonger", annuelle), {"echeance": jour}).status_code == 403
    assert client.post(adresse("bilan_prolonger", annuelle), {"geste": "retirer"}).status_code == 403
    assert Bilan.objects.get().echeance_prolongee is None


# -- The story -------------------------------------------------------------------------------------
def test_l_histoire_se_lit_en_phrases_simples(client, annuelle, chargee, porteur):
    bilan = fabriques.BilanFactory(
        action_annuelle=annuelle, en_saisie=True, realisation="realisee", mise_en_oeuvre="Douze ateliers."
    )
    bilan.save()
    operations.transmettre(bilan, porteur)
    commenter(bilan, chargee, champ="points_forts", texte="Lesquels ?", interne=False)
    commenter(bilan, chargee, champ="points_forts", texte="Entre nous.", interne=True)
    commenter(bilan, porteur, champ="points_forts", texte="L'entraide.", interne=False)
    operations.renvoyer(bilan, chargee, "Indiquez les dates.")
    fabriques.PieceJointeFactory(bilan=bilan, nom="affiche.pdf")
    operations.transmettre(bilan, porteur)
    version = Bilan.objects.get(pk=bilan.pk).version
    operations.enregistrer_bilan(bilan, chargee, champs={"difficultes": "Le froid."}, version=version)
    regler(bilan.commentaires.filter(interne=False).first(), chargee)
    operations.valider(bilan, chargee)
    operations.rouvrir(bilan, chargee, "Une erreur de saisie.")
    dites = [
        "Claire Montrichard a rouvert le bilan : « Une erreur de saisie. »",
        "Claire Montrichard a validé le bilan",
        "Claire Montrichard a réglé un commentaire : Points forts",
        "Claire Montrichard a commencé la vérification",
        "Claire Montrichard a corrigé le bilan pour le porteur Difficultés : avant — rien → après Le froid.",
        "Karim Arnaud a transmis le bilan",
        "a joint « affiche.pdf »",
        "Claire Montrichard a renvoyé le bilan : « Indiquez les dates. »",
        "Karim Arnaud a répondu à un commentaire : Points forts : « L'entraide. »",
        "Claire Montrichard a écrit au porteur : Points forts : « Lesquels ? »",
    ]
    note = "Claire Montrichard a écrit une note interne : Points forts : « Entre nous. »"
    page = lire(client, chargee, annuelle)
    for phrase in (*dites, note):
        assert phrase in page, phrase
    histoire = page[page.index("Histoire du bilan") :]
    assert histoire.index("a rouvert") < histoire.index("a renvoyé") < histoire.index("a écrit au porteur")
    page = lire(client, porteur, annuelle)
    for phrase in dites:
        assert phrase in page, phrase
    assert "note interne" not in page
    assert "Entre nous." not in page


def test_saisi_pour_le_porteur_se_dit(client, annuelle, chargee, porteur):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True, realisation="realisee")
    bilan.save()
    operations.valider(bilan, chargee)
    page = lire(client, porteur, annuelle)
    assert "Claire Montrichard a transmis le bilan pour le porteur" in page


def test_les_enregistrements_d_une_seance_se_lisent_ensemble(client, annuelle, porteur, time_machine):
    time_machine.move_to("2025-05-02 10:00", tick=False)
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True, points_forts="L'entr")
    bilan.save()
    for minute, points_forts in ((2, "L'entraid"), (12, "L'entraide."), (50, "L'entraide entre voisines.")):
        time_machine.move_to(f"2025-05-02 10:{minute:02d}", tick=False)
        bilan = operations.enregistrer_bilan(
            bilan, porteur, champs={"points_forts": points_forts}, version=bilan.version
        )
    page = lire(client, porteur, annuelle)
    assert page.count("Karim Arnaud a modifié le bilan") == 2
    assert "Points forts : avant L'entr → après L'entraide." in page
    assert "Points forts : avant L'entraide. → après L'entraide entre voisines." in page


def test_les_courriels_de_ce_bilan_sont_dans_son_histoire(client, annuelle, chargee, porteur):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True)
    bilan.save()
    commun = {"campagne": annuelle.campagne, "porteur": annuelle.action.porteur}
    rappel = {"type": Courriel.Type.RELANCE, "bilans_dus": [annuelle.cle]}
    fabriques.CourrielFactory(envoye=True, destinataire=porteur.email, **rappel, **commun)
    fabriques.CourrielFactory(envoye=True, destinataire="collegue@exemple.fr", **rappel, **commun)
    fabriques.CourrielFactory(refuse=True, destinataire="refus@exemple.fr", **rappel, **commun)
    fabriques.CourrielFactory(
        envoye=True, type=Courriel.Type.RENVOI, bilan=bilan, destinataire=porteur.email, **commun
    )
    # About another bilan of the same porteur, and to another porteur.
    fabriques.CourrielFactory(
        envoye=True, destinataire="ailleurs@exemple.fr", type="relance", bilans_dus=["autre"], **commun
    )
    page = lire(client, chargee, annuelle)
    histoire = page[page.index("Histoire du bilan") :]
    assert f"Pilotis a envoyé un rappel à {porteur.email}, collegue@exemple.fr" in histoire
    assert f"Pilotis a envoyé le message de renvoi à {porteur.email}" in histoire
    assert "Un rappel n'est pas arrivé à refus@exemple.fr : « 550 boîte inconnue »" in histoire
    assert "ailleurs@exemple.fr" not in histoire
    page = lire(client, porteur, annuelle)
    histoire = page[page.index("Histoire du bilan") :]
    assert f"Pilotis a envoyé un rappel à {porteur.email}" in histoire
    assert "collegue@exemple.fr" not in histoire
    assert "refus@exemple.fr" not in histoire


# -- The pile --------------------------------------------------------------------------------------
def test_un_bilan_lu_mene_au_suivant(client, annuelle, chargee, porteur):
    """Whoever has read one of a pile of bilans goes to the next one in one click, and back to the first at the end."""

    def recevoir(intitule, **traits):
        autre = fabriques.ActionAnnuelleFactory(
            campagne=annuelle.campagne,
            action__porteur=annuelle.action.porteur,
            action__intitule=intitule,
        )
        fabriques.BilanFactory(action_annuelle=autre, **traits)
        return autre

    annuelle.action.intitule = "Bal"
    annuelle.action.save()
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    recevoir("Chorale")
    theatre, atelier = recevoir("Théâtre", transmis=True), recevoir("Atelier", transmis=True)
    fabriques.BilanFactory(transmis=True)

    assert [a.action.intitule for a in PageDuBilan(bilan, chargee).a_lire_ensuite] == ["Théâtre", "Atelier"]
    assert PageDuBilan(bilan, porteur).a_lire_ensuite == []
    page = lire(client, chargee, annuelle)
    assert "2 autres bilans attendent votre lecture. Le suivant : Théâtre" in page
    assert "Lire le bilan suivant" not in page

    operations.valider(bilan, chargee)
    assert "Lire le bilan suivant" in lire(client, chargee, annuelle)
    suivant = adresse("bilan_detail", theatre)
    assert client.get(adresse("bilan_detail", annuelle)).content.decode().count(f'href="{suivant}"') == 2
    assert "attendent votre lecture" not in lire(client, porteur, annuelle)
    # At the end of the list, what was passed over.
    assert [a.pk for a in PageDuBilan(theatre.bilan, chargee).a_lire_ensuite] == [atelier.pk]


# -- Cost ------------------------------------------------------------------------------------------
def test_la_page_a_un_nombre_fixe_de_requetes_et_n_ecrit_rien(client, annuelle, chargee):
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    bilan.save()
    ancien = fabriques.BilanFactory(action_annuelle=fabriques.annee_de(annuelle.action, 2023), transmis=True)
    tranches = iter(annuelle.campagne.tranches.all())
    client.force_login(chargee)

    def ajouter():
        tranche = next(tranches)
        for un in (bilan, ancien):
            fabriques.EffectifFactory(bilan=un, sexe="F", tranche=tranche, valeur=3)
            fabriques.ValeurIndicateurFactory(bilan=un)
        question = fabriques.QuestionFactory(campagne=annuelle.campagne)
        fabriques.ReponseQuestionFactory(bilan=bilan, question=question)
        fabriques.CommentaireFactory(bilan=bilan)
        fabriques.CommentaireFactory(bilan=bilan, interne=True)
        fabriques.PieceJointeFactory(bilan=bilan)
        fabriques.TransitionFactory(bilan=bilan)
        fabriques.IndicateurActionFactory(action_annuelle=annuelle)
        fabriques.VoletFactory(action_annuelle=annuelle)
        fabriques.LigneFinancementFactory(action_annuelle=annuelle)
        fabriques.CourrielFactory(
            envoye=True, bilan=bilan, campagne=annuelle.campagne, porteur=annuelle.action.porteur
        )

    def lire_la_page():
        with compter_requetes() as requetes:
            assert client.get(adresse("bilan_detail", annuelle)).status_code == 200
        assert [sql for sql in requetes if not sql.startswith("SELECT")] == []

    ajouter()
    assert verifier_requetes_constantes(lire_la_page, ajouter) <= 80
