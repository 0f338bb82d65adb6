"""The pages of the campaign: what they say in each state, what a form keeps, what it refuses at its field."""

from datetime import date

import pytest
from django.urls import reverse

from actions.models import Campagne, EvenementCampagne, ModeleMessage
from bilans.operations import campagne as operations
from comptes.versions import version_de
from tests import fabriques
from tests.outils.pages import erreurs, lisible, rien_n_est_ecrit, saisie, texte
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db

Statut = Campagne.Statut
ECHEANCE = date(2025, 6, 30)
PAGES = (
    "campagne",
    "campagne_reglages",
    "campagne_questions",
    "campagne_reprendre",
    "question_creer",
    "indicateur_creer",
    "campagne_messages",
    "campagne_ouvrir",
    "campagne_clore",
    "campagne_rouvrir",
    "campagne_prolonger",
    "campagne_archiver",
    "campagne_desarchiver",
)
PARTIES = ("", "?partie=tranches", "?partie=rappels")


@pytest.fixture(autouse=True)
def jour(time_machine):
    time_machine.move_to("2025-03-03T10:00:00+01:00", tick=False)


@pytest.fixture
def campagne():
    return fabriques.CampagneFactory(statut=Statut.PROGRAMMEE, bilan_echeance=None)


@pytest.fixture
def compte(campagne):
    return fabriques.chargee_de_mission(campagne.contrat, prenom="Claire", nom="Montrichard")


@pytest.fixture
def collegue(campagne):
    return fabriques.chargee_de_mission(campagne.contrat, prenom="Karim", nom="Arnaud")


@pytest.fixture
def chargee(client, compte):
    client.force_login(compte)
    return client


def adresse(campagne, nom, *arguments):
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee, *arguments])


def mettre(campagne, statut, **champs):
    defaut = {"bilan_echeance": ECHEANCE, "bilan_ouverture": date(2025, 1, 6)}
    Campagne.objects.filter(pk=campagne.pk).update(statut=statut, **(defaut | champs))
    campagne.refresh_from_db()


def lire(client, campagne, nom="campagne", *arguments, suite=""):
    reponse = client.get(adresse(campagne, nom, *arguments) + suite)
    assert reponse.status_code == 200, reponse
    return reponse


# -- Every page ------------------------------------------------------------------------------------
@pytest.mark.parametrize("statut", list(Statut))
def test_lire_n_ecrit_rien_dans_aucun_etat(chargee, campagne, statut):
    mettre(campagne, statut)
    posee = fabriques.QuestionFactory(campagne=campagne)
    demande = fabriques.IndicateurDemandeFactory(campagne=campagne)
    adresses = [adresse(campagne, nom) for nom in PAGES]
    adresses += [adresse(campagne, "campagne_reglages") + partie for partie in PARTIES]
    adresses += [adresse(campagne, "campagne_message", type_) for type_ in ModeleMessage.Type.values]
    for nom, objet in (("question", posee), ("indicateur", demande)):
        adresses += [adresse(campagne, f"{nom}_{verbe}", objet.pk) for verbe in ("modifier", "supprimer")]
    with rien_n_est_ecrit():
        for une in adresses:
            assert chargee.get(une).status_code in (200, 302), une


@pytest.mark.parametrize("nom", PAGES)
def test_un_porteur_n_ouvre_aucune_page(client, campagne, nom):
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne)
    client.force_login(fabriques.representant_du_porteur(annuelle.action.porteur))
    with rien_n_est_ecrit():
        for methode in ("get", "post"):
            attendus = (403,) if methode == "get" else (403, 405)
            assert getattr(client, methode)(adresse(campagne, nom)).status_code in attendus


def test_une_question_d_une_autre_annee_est_introuvable(chargee, campagne):
    autre = fabriques.CampagneFactory(contrat=campagne.contrat, annee=2025)
    posee = fabriques.QuestionFactory(campagne=autre)
    for nom in ("question_modifier", "question_supprimer"):
        assert chargee.get(adresse(campagne, nom, posee.pk)).status_code == 404
    trop_long = f"question:{'9' * 5000}:monter"
    for geste in (f"question:{posee.pk}:monter", "question:x:monter", "autre:1:monter", trop_long, ""):
        assert chargee.post(adresse(campagne, "campagne_questions"), {"deplacer": geste}).status_code == 404
    assert chargee.get(adresse(campagne, "campagne_message", "prolongation")).status_code == 404


def test_le_nombre_de_requetes_ne_depend_pas_des_lignes(chargee, campagne):
    mettre(campagne, Statut.BILANS_OUVERTS)

    def lire_tout():
        lire(chargee, campagne)
        lire(chargee, campagne, "campagne_questions")

    def ajouter():
        fabriques.QuestionFactory(campagne=campagne)
        fabriques.IndicateurDemandeFactory(campagne=campagne)
        fabriques.RelancePrevueFactory(
            campagne=campagne, date=date(2025, 4, campagne.relances_prevues.count() + 1)
        )
        fabriques.EvenementCampagneFactory(campagne=campagne)
        fabriques.BilanFactory(action_annuelle=fabriques.ActionAnnuelleFactory(campagne=campagne))

    ajouter()
    verifier_requetes_constantes(lire_tout, ajouter)


# -- Where it stands -------------------------------------------------------------------------------
def bouton(reponse):
    etape = reponse.context["page"].etape
    return etape.bouton if etape else None


def test_une_seule_action_principale_d_un_bout_a_l_autre(chargee, compte, campagne):
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne)
    porteur = annuelle.action.porteur
    reponse = lire(chargee, campagne)
    assert bouton(reponse) == "Régler la campagne"
    assert "1 structure n'a pas d'adresse" in texte(reponse)
    Campagne.objects.filter(pk=campagne.pk).update(
        contact_nom="Claire Montrichard", contact_email="claire@agglo.example"
    )
    assert bouton(lire(chargee, campagne)) == "Ouvrir les bilans"
    operations.ouvrir_les_bilans(campagne, compte, ouverture=date(2025, 3, 4))
    assert bouton(lire(chargee, campagne)) == "Relire les messages"
    Campagne.objects.filter(pk=campagne.pk).update(bilan_ouverture=date(2025, 3, 3))
    assert bouton(lire(chargee, campagne)) == "Voir qui n'a pas d'adresse"
    representant = fabriques.representant_du_porteur(porteur)
    reponse = lire(chargee, campagne)
    assert bouton(reponse) == "Inviter les porteurs"
    assert "n'a pas d'adresse" not in texte(reponse)
    assert "1 personne n'a pas encore été invitée" in texte(reponse)
    fabriques.CourrielFactory(
        campagne=campagne, porteur=porteur, destinataire=representant.email, envoye=True
    )
    reponse = lire(chargee, campagne)
    assert bouton(reponse) == "Envoyer un rappel"
    assert "Le prochain rappel part le 31 mai 2025, dans 89 jours." in texte(reponse)
    annuelle.bilan.delete()
    fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    assert bouton(lire(chargee, campagne)) == "Clore les bilans"
    operations.clore_les_bilans(campagne, compte)
    assert bouton(lire(chargee, campagne)) == "Lire les bilans reçus"
    Campagne.objects.filter(pk=campagne.pk).update(statut=Statut.ARCHIVEE)
    assert bouton(lire(chargee, campagne)) is None


def test_ce_qui_reste_a_faire_quand_rien_n_est_attendu_ou_que_le_message_du_jour_est_parti(chargee, campagne):
    Campagne.objects.filter(pk=campagne.pk).update(
        statut=Statut.BILANS_OUVERTS, bilan_ouverture=date(2025, 2, 3), bilan_echeance=date(2025, 6, 30)
    )
    assert bouton(lire(chargee, campagne)) == "Voir les actions"
    porteur = fabriques.ActionAnnuelleFactory(campagne=campagne).action.porteur
    representant = fabriques.representant_du_porteur(porteur)
    courriel = fabriques.CourrielFactory(
        campagne=campagne,
        porteur=porteur,
        destinataire=representant.email,
        envoye=True,
        jour=date(2025, 3, 3),
    )
    assert bouton(lire(chargee, campagne)) == "Prévoir des rappels"
    courriel.jour = date(2025, 3, 2)
    courriel.save()
    assert bouton(lire(chargee, campagne)) == "Envoyer un rappel"


def test_les_questions_dans_la_chronologie(chargee, compte, campagne):
    mots = {
        "libelle": "Qui vient ?",
        "aide": "",
        "type": "texte",
        "choix": "",
        "unite": "",
        "obligatoire": False,
    }
    une = operations.ajouter_question(campagne, compte, mots)
    deux = operations.ajouter_question(campagne, compte, mots | {"libelle": "Et après ?"})
    operations.deplacer(deux, compte, -1)
    une.refresh_from_db()
    operations.modifier_question(une, compte, mots | {"libelle": "Qui est venu ?"}, version=version_de(une))
    operations.supprimer_element(deux, compte)
    dits = [lisible(fait.quoi) for fait in lire(chargee, campagne).context["chronologie"]]
    assert sorted(dits) == [
        "Question ajoutée : « Et après ? »",
        "Question ajoutée : « Qui vient ? »",
        "Question modifiée : « Qui est venu ? »",
        "Question retirée : « Et après ? »",
    ]


@pytest.mark.parametrize(
    ("statut", "champs", "phrase"),
    [
        ("programmee", {}, "Les bilans de 2024 ne sont pas encore ouverts : 2 bilans attendus."),
        (
            "bilans_ouverts",
            {},
            "Les bilans de 2024 sont ouverts : 1 bilan reçu sur 2, échéance le 30 juin 2025, dans 119 jours.",
        ),
        (
            "bilans_ouverts",
            {"bilan_echeance": date(2025, 3, 1)},
            "Les bilans de 2024 sont ouverts : 1 bilan reçu sur 2, échéance passée le 1er mars 2025, depuis 2 jours.",
        ),
        (
            "bilans_ouverts",
            {"bilan_ouverture": date(2025, 4, 1)},
            "Les bilans de 2024 s'ouvrent le 1er avril 2025.",
        ),
        ("bilans_clos", {}, "Les bilans de 2024 sont clos : 1 bilan reçu sur 2."),
        ("archivee", {}, "L'année 2024 est archivée : sa campagne ne change plus."),
    ],
)
def test_la_phrase_de_chaque_etat(chargee, campagne, statut, champs, phrase):
    mettre(campagne, statut, **champs)
    fabriques.BilanFactory(action_annuelle=fabriques.ActionAnnuelleFactory(campagne=campagne), transmis=True)
    fabriques.ActionAnnuelleFactory(campagne=campagne)
    assert lisible(lire(chargee, campagne).context["page"].phrase) == phrase


def test_la_chronologie_dit_qui_quand_et_les_dates(chargee, compte, campagne, time_machine):
    operations.ouvrir_les_bilans(campagne, compte)
    time_machine.move_to("2025-03-04T10:00:00+01:00", tick=False)
    operations.prolonger_les_bilans(campagne, compte, date(2025, 9, 1), "À la demande du COPIL.")
    time_machine.move_to("2025-03-05T10:00:00+01:00", tick=False)
    operations.regler_relances(campagne, compte, [date(2025, 8, 1)])
    EvenementCampagne.objects.create(campagne=campagne, type="relance", nombre=12)
    chargee.force_login(compte)
    faits = lire(chargee, campagne).context["chronologie"]
    dits = [(lisible(fait.quoi), fait.qui, fait.motif) for fait in faits]
    assert sorted(dits[:2]) == [
        ("Rappels envoyés : 12 messages", "Pilotis, automatiquement", ""),
        ("Réglages modifiés", "Claire Montrichard", ""),
    ]
    assert dits[2:] == [
        (
            "Échéance changée pour tous, échéance le 1er septembre 2025",
            "Claire Montrichard",
            "À la demande du COPIL.",
        ),
        ("Bilans ouverts, échéance le 30 juin 2025", "Claire Montrichard", ""),
    ]
    changes = next(fait for fait in faits if fait.quoi.startswith("Échéance")).changements
    assert [(c.champ, lisible(c.avant), lisible(c.apres)) for c in changes] == [
        ("Échéance des bilans", "30 juin 2025", "1er septembre 2025")
    ]


def test_la_page_dit_les_rappels_et_les_echeances_particulieres(chargee, campagne):
    mettre(campagne, Statut.BILANS_OUVERTS)
    fabriques.RelancePrevueFactory(campagne=campagne, date=date(2025, 3, 13))
    fabriques.RelancePrevueFactory(campagne=campagne, date=date(2025, 2, 1), faite_le=fabriques.TRANSMIS_LE)
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne)
    fabriques.BilanFactory(action_annuelle=annuelle, echeance_prolongee=date(2025, 9, 1))
    lu = texte(lire(chargee, campagne))
    assert "1er février 2025 envoyé" in lu
    assert "13 mars 2025 dans 10 jours" in lu
    assert "1 bilan a une échéance particulière" in lu


# -- Settings --------------------------------------------------------------------------------------
def test_les_reglages_s_enregistrent(chargee, campagne, compte):
    page = lire(chargee, campagne, "campagne_reglages")
    champs = saisie(page) | {
        "bilan_echeance": "15/05/2025",
        "notice": "Joignez les listes.",
        "contact_nom": "Claire Montrichard",
        "contact_email": "claire@agglo.example",
    }
    reponse = chargee.post(adresse(campagne, "campagne_reglages"), champs)
    assert reponse.status_code == 302
    campagne.refresh_from_db()
    assert (campagne.bilan_echeance, campagne.notice, campagne.contact_email) == (
        date(2025, 5, 15),
        "Joignez les listes.",
        "claire@agglo.example",
    )


def test_l_echeance_proposee_est_six_mois_apres_l_annee(chargee, compte, campagne, time_machine):
    assert saisie(lire(chargee, campagne, "campagne_reglages"))["bilan_echeance"] == "2025-06-30"
    time_machine.move_to("2026-11-20T10:00:00+01:00")
    chargee.force_login(compte)
    page = lire(chargee, campagne, "campagne_ouvrir")
    assert saisie(page)["echeance"] == ""
    assert "30 juin 2025. Cette date est passée" in texte(page)


@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        ("bilan_echeance", "30 juin", "Écrivez la date avec le jour"),
        ("bilan_echeance", "2024-12-01", "L'échéance vient avant l'ouverture des bilans, le 1er mars 2025"),
        ("contact_email", "claire", "Écrivez une adresse électronique complète"),
        ("contact_telephone", "0" * 31, "C'est trop long : 30 caractères au plus."),
        ("notice", "x" * 20_001, "Ce texte a 20 001 caractères"),
    ],
)
def test_un_reglage_impossible_est_dit_au_champ_et_rien_n_est_perdu(chargee, campagne, champ, valeur, phrase):
    page = lire(chargee, campagne, "campagne_reglages")
    champs = saisie(page) | {
        "bilan_ouverture": "2025-03-01",
        "contact_nom": "Gardé tel quel",
        champ: valeur,
    }
    with rien_n_est_ecrit():
        reponse = chargee.post(adresse(campagne, "campagne_reglages"), champs)
    assert [champ] == list(erreurs(reponse))
    assert lisible(erreurs(reponse)[champ][0]).startswith(phrase)
    assert saisie(reponse)["contact_nom"] == "Gardé tel quel"


def test_deux_personnes_sur_les_reglages_voient_les_deux_versions(chargee, campagne, collegue):
    champs = saisie(lire(chargee, campagne, "campagne_reglages")) | {"notice": "La mienne."}
    operations.regler_campagne(
        campagne,
        collegue,
        champs={"notice": "La sienne.", "contact_nom": "Karim Arnaud"},
        version=version_de(campagne),
    )
    with rien_n_est_ecrit():
        reponse = chargee.post(adresse(campagne, "campagne_reglages"), champs)
    lu = texte(reponse)
    assert "Karim Arnaud a enregistré une autre version" in lu
    assert "La sienne." in lu
    assert saisie(reponse)["notice"] == "La mienne."
    # Left alone here and changed there: theirs is taken.
    assert saisie(reponse)["contact_nom"] == "Karim Arnaud"
    assert chargee.post(adresse(campagne, "campagne_reglages"), saisie(reponse)).status_code == 302
    campagne.refresh_from_db()
    assert (campagne.notice, campagne.contact_nom) == ("La mienne.", "Karim Arnaud")


def test_ouverts_les_reglages_renvoient_vers_le_report(chargee, campagne):
    mettre(campagne, Statut.BILANS_OUVERTS)
    page = lire(chargee, campagne, "campagne_reglages")
    assert set(saisie(page)) == {"version", "notice", "contact_nom", "contact_email", "contact_telephone"}
    assert adresse(campagne, "campagne_prolonger") in page.content.decode()


def test_les_tranches_se_changent_sur_une_page(chargee, campagne):
    url = adresse(campagne, "campagne_reglages") + "?partie=tranches"
    petits, enfants = campagne.tranches.order_by("ordre")[:2]
    champs = saisie(chargee.get(url)) | {
        f"retirer_{petits.pk}": "on",
        f"libelle_{enfants.pk}": "À l'école",
        "age_min_nouvelle": "3",
        "age_max_nouvelle": "5",
    }
    champs = {nom: valeur for nom, valeur in champs.items() if not (nom.startswith("retirer") and not valeur)}
    assert chargee.post(url, champs).status_code == 302
    assert list(campagne.tranches.order_by("ordre").values_list("libelle", flat=True)) == [
        "3 à 5 ans",
        "À l'école",
        "16 à 17 ans",
        "18 à 25 ans",
        "26 à 64 ans",
        "65 ans et plus",
    ]


@pytest.mark.parametrize(
    ("champs", "champ", "phrase"),
    [
        ({"libelle_nouvelle": "Sans âge"}, "age_min_nouvelle", "Indiquez l'âge à partir duquel"),
        ({"age_min_nouvelle": "1985"}, "age_min_nouvelle", "Ce nombre est trop grand"),
        (
            {"age_min_nouvelle": "9", "age_max_nouvelle": "3"},
            "age_max_nouvelle",
            "Une tranche d'âge va du plus jeune",
        ),
        ({"age_min_nouvelle": "neuf"}, "age_min_nouvelle", "Saisissez un nombre entier"),
        ({"age_min_nouvelle": "0", "age_max_nouvelle": "5"}, "__all__", "Deux tranches d'âge ont les mêmes"),
        (
            {"age_min_nouvelle": "60", "age_max_nouvelle": "64"},
            "age_min_nouvelle",
            "« 60 à 64 ans » recouvre « 26 à 64 ans » : une même personne serait comptée deux fois.",
        ),
        ({"age_min_nouvelle": "90"}, "age_min_nouvelle", "« 90 ans et plus » recouvre « 65 ans et plus »"),
    ],
)
def test_une_tranche_impossible_est_dite_a_sa_case(chargee, campagne, champs, champ, phrase):
    url = adresse(campagne, "campagne_reglages") + "?partie=tranches"
    with rien_n_est_ecrit():
        reponse = chargee.post(url, saisie(chargee.get(url)) | champs)
    assert list(erreurs(reponse)) == [champ]
    assert lisible(erreurs(reponse)[champ][0]).startswith(phrase)


def test_une_tranche_comptee_le_dit(chargee, campagne):
    url = adresse(campagne, "campagne_reglages") + "?partie=tranches"
    tranche = campagne.tranches.order_by("ordre").first()
    bilan = fabriques.BilanFactory(
        action_annuelle=fabriques.ActionAnnuelleFactory(campagne=campagne), en_saisie=True
    )
    fabriques.EffectifFactory(bilan=bilan, tranche=tranche)
    page = chargee.get(url)
    assert f'name="retirer_{tranche.pk}"' not in page.content.decode()
    with rien_n_est_ecrit():
        reponse = chargee.post(url, saisie(page) | {f"age_max_{tranche.pk}": "4"})
    assert list(erreurs(reponse)) == [f"age_min_{tranche.pk}"]


def test_les_tranches_d_un_autre_ne_sont_pas_effacees(chargee, campagne, collegue):
    url = adresse(campagne, "campagne_reglages") + "?partie=tranches"
    campagne.tranches.filter(age_min__in=(16, 65)).delete()
    champs = saisie(chargee.get(url)) | {"age_min_nouvelle": "90"}
    operations.regler_tranches(campagne, collegue, [operations.TrancheSaisie(None, "Ados", 16, 17)])
    with rien_n_est_ecrit():
        reponse = chargee.post(url, champs)
    assert "Une autre personne a changé les réglages" in texte(reponse)
    assert saisie(reponse)["age_min_nouvelle"] == "90"
    sans_cases = {n: v for n, v in saisie(reponse).items() if not n.startswith("retirer")}
    assert chargee.post(url, sans_cases).status_code == 302
    libelles = set(campagne.tranches.values_list("libelle", flat=True))
    assert {"Ados", "90 ans et plus", "6 à 15 ans"} <= libelles


def test_les_rappels_se_changent_sur_une_page(chargee, campagne):
    mettre(campagne, Statut.BILANS_OUVERTS)
    url = adresse(campagne, "campagne_reglages") + "?partie=rappels"
    gardee = fabriques.RelancePrevueFactory(campagne=campagne, date=date(2025, 5, 1))
    retiree = fabriques.RelancePrevueFactory(campagne=campagne, date=date(2025, 5, 15))
    fabriques.RelancePrevueFactory(campagne=campagne, date=date(2025, 2, 1), faite_le=fabriques.TRANSMIS_LE)
    page = chargee.get(url)
    assert "Déjà envoyé : 1er février 2025." in texte(page)
    champs = saisie(page) | {f"rappel_{retiree.pk}": "", "nouveau_1": "2025-06-20"}
    assert chargee.post(url, champs).status_code == 302
    a_faire = campagne.relances_prevues.filter(faite_le=None).order_by("date")
    assert list(a_faire.values_list("date", flat=True)) == [gardee.date, date(2025, 6, 20)]


@pytest.mark.parametrize(
    ("jour", "phrase"),
    [
        ("2025-03-03", "Un rappel se prévoit pour un jour à venir"),
        ("2025-05-01", "Ce jour est indiqué deux fois"),
        ("demain", "Écrivez la date avec le jour"),
    ],
)
def test_un_rappel_impossible_est_dit_a_sa_case(chargee, campagne, jour, phrase):
    mettre(campagne, Statut.BILANS_OUVERTS)
    fabriques.RelancePrevueFactory(campagne=campagne, date=date(2025, 5, 1))
    url = adresse(campagne, "campagne_reglages") + "?partie=rappels"
    with rien_n_est_ecrit():
        reponse = chargee.post(url, saisie(chargee.get(url)) | {"nouveau_1": jour})
    assert list(erreurs(reponse)) == ["nouveau_1"]
    assert lisible(erreurs(reponse)["nouveau_1"][0]).startswith(phrase)


def test_les_rappels_proposes_attendent_l_accord(chargee, campagne):
    mettre(campagne, Statut.PROGRAMMEE)
    url = adresse(campagne, "campagne_reglages") + "?partie=rappels"
    proposes = saisie(chargee.get(url))
    assert [proposes[f"nouveau_{rang}"] for rang in (1, 2, 3)] == ["2025-05-31", "2025-06-23", "2025-07-07"]


# -- Questions and indicators ----------------------------------------------------------------------
def test_ajouter_une_question_avec_apercu(chargee, campagne):
    url = adresse(campagne, "question_creer")
    champs = saisie(chargee.get(url)) | {
        "libelle": "Les familles viennent-elles ?",
        "type": "choix",
        "choix": "Souvent\n\nParfois\nSouvent\n",
        "unite": "familles",
    }
    with rien_n_est_ecrit():
        reponse = chargee.post(url, champs | {"apercu": "oui"})
    lu = texte(reponse)
    assert "Rien n'est encore enregistré." in lu
    assert saisie(reponse)["libelle"] == "Les familles viennent-elles ?"
    assert chargee.post(url, champs).status_code == 302
    posee = campagne.questions.get()
    assert (posee.choix_proposes, posee.unite, posee.ordre) == (["Souvent", "Parfois"], "", 1)
    assert "Les familles viennent-elles ?" in texte(lire(chargee, campagne, "campagne_questions"))


@pytest.mark.parametrize(
    ("champs", "champ"),
    [
        ({"libelle": ""}, "libelle"),
        ({"libelle": "x" * 256}, "libelle"),
        ({"type": ""}, "type"),
        ({"type": "autre"}, "type"),
        ({"type": "choix", "choix": "Un seul"}, "choix"),
    ],
)
def test_une_question_impossible_est_dite_au_champ(chargee, campagne, champs, champ):
    url = adresse(campagne, "question_creer")
    complete = {"libelle": "Une question ?", "type": "texte"}
    with rien_n_est_ecrit():
        reponse = chargee.post(url, complete | champs)
    assert list(erreurs(reponse)) == [champ]
    assert erreurs(reponse)[champ][0].endswith(".")


def test_modifier_une_question_sans_rien_changer(chargee, campagne):
    posee = fabriques.QuestionFactory(campagne=campagne)
    url = adresse(campagne, "question_modifier", posee.pk)
    champs = {nom: valeur for nom, valeur in saisie(chargee.get(url)).items() if valeur}
    with rien_n_est_ecrit():
        reponse = chargee.post(url, champs, follow=True)
    assert "Vous n'avez rien changé" in texte(reponse)


def test_le_type_d_une_question_repondue_est_refuse_au_champ(chargee, campagne):
    bilan = fabriques.BilanFactory(
        action_annuelle=fabriques.ActionAnnuelleFactory(campagne=campagne), en_saisie=True
    )
    posee = fabriques.ReponseQuestionFactory(bilan=bilan).question
    url = adresse(campagne, "question_modifier", posee.pk)
    page = chargee.get(url)
    assert "1 bilan a déjà répondu" in texte(page)
    champs = {nom: valeur for nom, valeur in saisie(page).items() if valeur}
    with rien_n_est_ecrit():
        reponse = chargee.post(url, champs | {"type": "nombre"})
    assert list(erreurs(reponse)) == ["type"]


def test_deux_personnes_sur_une_question(chargee, campagne, collegue):
    posee = fabriques.QuestionFactory(campagne=campagne, libelle="Qui vient ?")
    url = adresse(campagne, "question_modifier", posee.pk)
    champs = {nom: valeur for nom, valeur in saisie(chargee.get(url)).items() if valeur}
    actuels = {nom: getattr(posee, nom) for nom in operations.CHAMPS_QUESTION}
    operations.modifier_question(
        posee, collegue, actuels | {"libelle": "Qui est venu ?"}, version=version_de(posee)
    )
    with rien_n_est_ecrit():
        reponse = chargee.post(url, champs | {"libelle": "Qui participe ?"})
    assert "Qui est venu ?" in texte(reponse)
    assert saisie(reponse)["libelle"] == "Qui participe ?"


def test_supprimer_demande_confirmation_puis_dit_ce_qui_est_fait(chargee, campagne):
    posee = fabriques.QuestionFactory(campagne=campagne, libelle="Qui vient ?")
    url = adresse(campagne, "question_supprimer", posee.pk)
    assert "Supprimer la question" in texte(chargee.get(url))
    reponse = chargee.post(url, follow=True)
    assert not campagne.questions.exists()
    assert "« Qui vient ? » n'est plus demandé aux porteurs." in texte(reponse)


def test_ce_qui_a_des_reponses_ne_se_supprime_pas_et_dit_quoi_faire(chargee, campagne):
    bilan = fabriques.BilanFactory(
        action_annuelle=fabriques.ActionAnnuelleFactory(campagne=campagne), en_saisie=True
    )
    demande = fabriques.IndicateurDemandeFactory(campagne=campagne)
    fabriques.ValeurIndicateurFactory(bilan=bilan, demande=demande)
    posee = fabriques.ReponseQuestionFactory(bilan=bilan).question
    for nom, objet in (("question", posee), ("indicateur", demande)):
        with rien_n_est_ecrit():
            for reponse in (
                chargee.get(adresse(campagne, f"{nom}_supprimer", objet.pk)),
                chargee.post(adresse(campagne, f"{nom}_supprimer", objet.pk)),
            ):
                assert "1 bilan a déjà répondu" in texte(reponse)
                assert adresse(campagne, f"{nom}_modifier", objet.pk) in reponse.content.decode()
                assert "btn-danger" not in reponse.content.decode()


def test_monter_et_descendre(chargee, campagne):
    une, deux = fabriques.QuestionFactory.create_batch(2, campagne=campagne)
    url = adresse(campagne, "campagne_questions")
    html = chargee.get(url).content.decode()
    assert f"question:{une.pk}:descendre" in html
    assert f"question:{une.pk}:monter" not in html
    chargee.post(url, {"deplacer": f"question:{une.pk}:descendre"})
    assert list(campagne.questions.all()) == [deux, une]


def test_reprendre_les_demandes_de_l_annee_precedente(chargee, campagne):
    avant = fabriques.CampagneFactory(contrat=campagne.contrat, annee=campagne.annee - 1)
    lieu = fabriques.QuestionFactory(campagne=avant, ordre=1, libelle="Quel lieu ?")
    fabriques.QuestionFactory(campagne=avant, ordre=2, libelle="Qui a préparé ?")
    fabriques.IndicateurDemandeFactory(campagne=avant, ordre=1, libelle="Séances")
    questions = lire(chargee, campagne, "campagne_questions")
    assert "En 2023, vous demandiez aussi 2 questions et 1 indicateur." in texte(questions)
    with rien_n_est_ecrit():
        page = lire(chargee, campagne, "campagne_reprendre")
    assert page.content.decode().count(" checked") == 3
    url = adresse(campagne, "campagne_reprendre")
    with rien_n_est_ecrit():
        vide = chargee.post(url, {})
        fausse = chargee.post(url, {"questions": [str(lieu.pk + 1000)]})
    assert "Rien n'est coché" in texte(vide)
    assert "Une case cochée n'est plus dans la liste." in texte(fausse)
    reponse = chargee.post(url, {"questions": [lieu.pk]}, follow=True)
    assert "1 demande reprise de 2023." in texte(reponse)
    assert list(campagne.questions.values_list("libelle", flat=True)) == ["Quel lieu ?"]
    assert "1 demande est déjà faite cette année" in texte(lire(chargee, campagne, "campagne_reprendre"))
    page = lire(chargee, campagne)
    assert "Question ajoutée : « Quel lieu ? »" in texte(page)


def test_rien_a_reprendre_ramene_aux_questions(chargee, campagne):
    fabriques.CampagneFactory(contrat=campagne.contrat, annee=campagne.annee - 1)
    assert "Reprendre de" not in texte(lire(chargee, campagne, "campagne_questions"))
    with rien_n_est_ecrit():
        reponse = chargee.get(adresse(campagne, "campagne_reprendre"), follow=True)
    assert "il n'y a rien à reprendre" in texte(reponse)


def test_un_indicateur_du_contrat_donne_ses_mots(chargee, campagne):
    contrat = fabriques.IndicateurFactory(contrat=campagne.contrat, libelle="Jeunes accompagnés", sexue=True)
    url = adresse(campagne, "indicateur_creer")
    assert chargee.post(url, {"indicateur": contrat.pk}).status_code == 302
    demande = campagne.indicateurs_demandes.get()
    assert (demande.libelle, demande.unite, demande.sexue) == ("Jeunes accompagnés", "personnes", True)
    lu = texte(lire(chargee, campagne, "campagne_questions"))
    assert "Jeunes accompagnés" in lu
    assert "dont femmes" in lu
    with rien_n_est_ecrit():
        reponse = chargee.post(url, {"indicateur": contrat.pk, "libelle": "Encore"})
    assert list(erreurs(reponse)) == ["indicateur"]


@pytest.mark.parametrize("valeur", ["999999", "x", "9" * 30])
def test_un_indicateur_d_ailleurs_est_refuse(chargee, campagne, valeur):
    with rien_n_est_ecrit():
        reponse = chargee.post(
            adresse(campagne, "indicateur_creer"), {"indicateur": valeur, "libelle": "Séances"}
        )
    assert list(erreurs(reponse)) == ["indicateur"]


def test_un_indicateur_sans_nom_est_refuse(chargee, campagne):
    with rien_n_est_ecrit():
        reponse = chargee.post(adresse(campagne, "indicateur_creer"), {"unite": "heures"})
    assert list(erreurs(reponse)) == ["libelle"]


# -- Messages --------------------------------------------------------------------------------------
def test_changer_un_message_puis_reprendre_celui_propose(chargee, campagne):
    url = adresse(campagne, "campagne_message", "relance")
    page = chargee.get(url)
    champs = saisie(page) | {"objet": "N'oubliez pas : {attendus}", "corps": "Bonjour {nom},\n\n{lien}"}
    with rien_n_est_ecrit():
        apercu = chargee.post(url, champs | {"apercu": "oui"})
    assert "N'oubliez pas : 3 bilans attendus" in texte(apercu)
    assert saisie(apercu)["corps"] == "Bonjour {nom},\n\n{lien}"
    assert chargee.post(url, champs).status_code == 302
    assert campagne.modeles.get().objet == "N'oubliez pas : {attendus}"
    assert "avec vos mots" in texte(lire(chargee, campagne, "campagne_messages"))
    assert chargee.post(url, {"reprendre": "oui"}).status_code == 302
    assert not campagne.modeles.exists()


@pytest.mark.parametrize(
    ("champ", "valeur"),
    [
        ("objet", ""),
        ("objet", "x" * 151),
        ("objet", "Bonjour {prenom}"),
        ("corps", ""),
        ("corps", "Voici {motif}."),
        ("corps", "Une accolade { seule."),
        ("corps", "x" * 20_001),
    ],
)
def test_un_message_impossible_est_dit_au_champ(chargee, campagne, champ, valeur):
    url = adresse(campagne, "campagne_message", "relance")
    champs = saisie(chargee.get(url)) | {champ: valeur}
    with rien_n_est_ecrit():
        reponse = chargee.post(url, champs)
    assert list(erreurs(reponse)) == [champ]
    assert saisie(reponse)[champ] == valeur


def test_l_objet_d_un_message_tient_sur_une_ligne(chargee, campagne):
    url = adresse(campagne, "campagne_message", "relance")
    champs = saisie(chargee.get(url)) | {"objet": "Rappel\r\nBcc: tous@exemple.fr"}
    assert chargee.post(url, champs).status_code == 302
    assert campagne.modeles.get().objet == "Rappel Bcc: tous@exemple.fr"


def test_deux_personnes_sur_un_message(chargee, campagne, collegue):
    url = adresse(campagne, "campagne_message", "relance")
    champs = saisie(chargee.get(url)) | {"objet": "Le mien"}
    operations.ecrire_modele(
        campagne, collegue, "relance", objet="Le sien", corps="Bonjour {nom},", version=0
    )
    with rien_n_est_ecrit():
        reponse = chargee.post(url, champs)
    assert "Le sien" in texte(reponse)
    assert saisie(reponse)["objet"] == "Le mien"


# -- Decisions -------------------------------------------------------------------------------------
def test_ouvrir_dit_ce_qui_suit_puis_ouvre(chargee, campagne):
    fabriques.ActionAnnuelleFactory.create_batch(2, campagne=campagne)
    url = adresse(campagne, "campagne_ouvrir")
    page = chargee.get(url)
    lu = texte(page)
    assert "2 bilans attendus sont prêts à être saisis par les porteurs." in lu
    assert "Aucun courriel ne part maintenant" in lu
    reponse = chargee.post(url, saisie(page), follow=True)
    assert "Les bilans sont ouverts." in texte(reponse)
    campagne.refresh_from_db()
    assert (campagne.statut, campagne.bilan_ouverture, campagne.bilan_echeance) == (
        Statut.BILANS_OUVERTS,
        date(2025, 3, 3),
        ECHEANCE,
    )


@pytest.mark.parametrize(
    ("nom", "statut", "champs", "champ"),
    [
        ("campagne_ouvrir", "programmee", {"echeance": ""}, "echeance"),
        ("campagne_ouvrir", "programmee", {"echeance": "2025-03-01"}, "echeance"),
        ("campagne_ouvrir", "programmee", {"ouverture": "le 3"}, "ouverture"),
        ("campagne_rouvrir", "bilans_clos", {"motif": "  "}, "motif"),
        ("campagne_rouvrir", "bilans_clos", {"motif": "Oui.", "echeance": "2025-01-01"}, "echeance"),
        ("campagne_prolonger", "bilans_ouverts", {"echeance": ""}, "echeance"),
        ("campagne_prolonger", "bilans_ouverts", {"echeance": "2025-02-01", "motif": "Erreur."}, "echeance"),
        ("campagne_prolonger", "bilans_ouverts", {"echeance": "2025-04-01"}, "motif"),
    ],
)
def test_une_decision_impossible_est_dite_au_champ(chargee, campagne, nom, statut, champs, champ):
    mettre(campagne, statut)
    url = adresse(campagne, nom)
    with rien_n_est_ecrit():
        reponse = chargee.post(url, saisie(chargee.get(url)) | champs)
    assert list(erreurs(reponse)) == [champ]
    assert erreurs(reponse)[champ][0].endswith(".")


def test_clore_rouvrir_prolonger(chargee, campagne, compte):
    mettre(campagne, Statut.BILANS_OUVERTS)
    fabriques.ActionAnnuelleFactory(campagne=campagne)
    url = adresse(campagne, "campagne_clore")
    page = chargee.get(url)
    assert "1 bilan attendu n’est pas reçu" in texte(page)
    assert "Les bilans sont clos" in texte(chargee.post(url, saisie(page), follow=True))
    url = adresse(campagne, "campagne_rouvrir")
    champs = saisie(chargee.get(url)) | {"motif": "Trois retardataires."}
    assert "Les bilans sont rouverts" in texte(chargee.post(url, champs, follow=True))
    url = adresse(campagne, "campagne_prolonger")
    page = chargee.get(url)
    assert "L'échéance est pour l'instant le 30 juin 2025." in texte(page)
    champs = saisie(page) | {"echeance": "2025-09-15"}
    reponse = chargee.post(url, champs, follow=True)
    assert "La nouvelle échéance vaut pour tous les bilans." in texte(reponse)
    campagne.refresh_from_db()
    assert (campagne.statut, campagne.bilan_echeance) == (Statut.BILANS_OUVERTS, date(2025, 9, 15))
    assert list(campagne.evenements.values_list("type", "motif", "auteur")) == [
        ("cloture", "", compte.pk),
        ("reouverture", "Trois retardataires.", compte.pk),
        ("prolongation", "", compte.pk),
    ]


@pytest.mark.parametrize(
    ("nom", "statut", "phrase"),
    [
        ("campagne_ouvrir", "bilans_ouverts", "Les bilans de 2024 sont déjà ouverts."),
        ("campagne_ouvrir", "bilans_clos", "vous pouvez les rouvrir, en disant pourquoi."),
        ("campagne_clore", "programmee", "Les bilans de 2024 ne sont pas encore ouverts."),
        ("campagne_rouvrir", "programmee", "Les bilans de 2024 ne sont pas encore ouverts."),
        ("campagne_prolonger", "bilans_clos", "vous pouvez les rouvrir, avec une nouvelle échéance."),
        ("campagne_clore", "archivee", "L'année 2024 est archivée : sa campagne ne change plus."),
        ("campagne_reglages", "archivee", "L'année 2024 est archivée : sa campagne ne change plus."),
    ],
)
def test_une_decision_que_l_etat_ne_permet_pas_ramene_a_la_campagne(chargee, campagne, nom, statut, phrase):
    mettre(campagne, statut)
    with rien_n_est_ecrit():
        reponse = chargee.get(adresse(campagne, nom), follow=True)
    assert reponse.redirect_chain[0][0] == adresse(campagne, "campagne")
    assert phrase in texte(reponse)


def test_archiver_dit_ce_que_cela_veut_dire_puis_sortir_des_archives(chargee, campagne, compte):
    mettre(campagne, Statut.BILANS_CLOS)
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne)
    fabriques.BilanFactory(action_annuelle=annuelle)
    fabriques.BilanFactory(action_annuelle__campagne=campagne, transmis=True)
    assert "Archiver l'année…" in texte(lire(chargee, campagne))
    page = texte(lire(chargee, campagne, "campagne_archiver"))
    assert "Plus rien ne pourra changer en 2024, pour personne, vous compris" in page
    assert "1 bilan attendu n’est pas reçu : il ne pourra plus l'être." in page
    assert "1 bilan reçu n’est pas validé : ses chiffres n’entreront pas dans le rapport." in page
    reponse = chargee.post(
        adresse(campagne, "campagne_archiver"),
        saisie(chargee.get(adresse(campagne, "campagne_archiver"))),
        follow=True,
    )
    page = texte(reponse)
    assert "L'année est archivée : plus rien n'y change." in page
    assert "Sortir l'année des archives…" in page
    assert "Archiver l'année…" not in page
    assert "Envoyer un rappel" not in page
    url = adresse(campagne, "campagne_desarchiver")
    with rien_n_est_ecrit():
        refus = chargee.post(url, saisie(chargee.get(url)))
    assert erreurs(refus) == {"motif": ["Dites pourquoi cette année sort des archives."]}
    reponse = chargee.post(url, saisie(chargee.get(url)) | {"motif": "Un montant faux."}, follow=True)
    page = texte(reponse)
    assert "Année sortie des archives" in page
    assert "Un montant faux." in page
    assert "Année archivée" in page
    campagne.refresh_from_db()
    assert campagne.statut == Statut.BILANS_CLOS


def test_rouvrir_propose_de_prevenir_sans_le_faire_d_office(chargee, campagne):
    mettre(campagne, Statut.BILANS_CLOS)
    page = lire(chargee, campagne, "campagne_rouvrir")
    assert "Prévenir par courriel les porteurs qui doivent encore un bilan" in texte(page)
    assert saisie(page)["prevenir"] == ""


def test_une_campagne_changee_entre_temps_le_dit_sans_rien_perdre(chargee, campagne, collegue):
    mettre(campagne, Statut.BILANS_OUVERTS)
    url = adresse(campagne, "campagne_prolonger")
    champs = saisie(chargee.get(url)) | {"echeance": "2025-09-15", "motif": "Vacances."}
    operations.prolonger_les_bilans(campagne, collegue, date(2025, 8, 1))
    with rien_n_est_ecrit():
        reponse = chargee.post(url, champs)
    assert "Une autre personne a changé la campagne" in texte(reponse)
    assert saisie(reponse)["motif"] == "Vacances."
    assert chargee.post(url, saisie(reponse)).status_code == 302
    campagne.refresh_from_db()
    assert campagne.bilan_echeance == date(2025, 9, 15)
