"""From a table to its preview: who each row is, what it would change, what is asked, what is wrong, all at once."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from actions.models import Campagne
from bilans.imports import application, preparation
from bilans.imports.valeurs import Registre
from bilans.models import Bilan, ImportTableur, LigneImport
from bilans.operations.etats import OperationRefusee
from contrats.models import AliasTerritoire
from porteurs.models import AliasPorteur, Porteur
from tests import fabriques as f
from tests.outils.imports import (
    avec_le_travail,
    classeur,
    comptes,
    confirmer,
    deposer,
    lignes,
    lire_sur_place,
    photographie,
)
from tests.outils.requetes import compter_requetes

pytestmark = pytest.mark.django_db
ENTETE = ("Porteur", "Intitulé de l'action", "MAIRIE", "ÉTAT", "Total")


@pytest.fixture(autouse=True)
def sur_place(monkeypatch):
    monkeypatch.setattr(preparation, "lire_tableur", lire_sur_place)


@pytest.fixture
def auteur(campagne):
    return f.chargee_de_mission(campagne.contrat)


@pytest.fixture
def cadre(campagne):
    """Two funders and two porteurs, one with another name and a SIRET."""
    contrat = campagne.contrat
    for nom, sigle, type_ in (("Ville", "MAIRIE", "commune"), ("État", "ÉTAT", "etat")):
        f.FinanceurFactory(contrat=contrat, nom=nom, sigle=sigle, type=type_)
    mpt = f.PorteurFactory(epci=contrat.epci, nom="Maison pour tous", sigle="MPT", siret="73282932000074")
    f.AliasPorteurFactory(porteur=mpt, libelle="La Maison de tous")
    f.PorteurFactory(epci=contrat.epci, nom="Olympe de Gouges")
    return campagne


def apercu(auteur, campagne, *rangees, entete=ENTETE):
    return deposer(auteur, campagne, classeur(entete, *rangees))


def changements(ligne):
    return {c["libelle"]: (c["ancien"], c["nouveau"], c["cellule"]) for c in ligne.changements}


# -- Who a row is ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "nom", ["MAISON POUR TOUS", "Maison  pour tous ", "mpt", "La maison de tous", "Maison-pour-tous"]
)
def test_un_porteur_se_reconnait_a_ses_noms(cadre, auteur, nom):
    import_ = apercu(auteur, cadre, (nom, "Jardin partagé", 1500, None, 1500))
    assert comptes(import_) == {"creee": 1}
    porteur = Porteur.objects.get(sigle="MPT")
    (change,) = [c for c in lignes(import_)[2].changements if c["champ"] == "porteur"]
    assert change["valeur"] == porteur.pk


def test_un_siret_suffit(cadre, auteur):
    import_ = apercu(
        auteur,
        cadre,
        ("MPT 39", "732 829 320 00074", "Jardin partagé"),
        entete=("Porteur", "SIRET", "Action"),
    )
    assert comptes(import_) == {"creee": 1}


def test_un_nom_qui_ressemble_est_demande_jamais_fondu(cadre, auteur):
    import_ = apercu(auteur, cadre, ("Olympe de Gougues", "Jardin partagé", 1500, None, 1500))
    ligne = lignes(import_)[2]
    porteur = Porteur.objects.get(nom="Olympe de Gouges")
    assert ligne.categorie == "a_decider"
    (question,) = ligne.questions
    assert question["phrase"] == (
        "«\xa0Olympe de Gougues\xa0» ressemble à «\xa0Olympe de Gouges\xa0». Est-ce le même porteur\xa0?"
    )
    assert question["cellule"] == "A2"
    assert [choix["valeur"] for choix in question["choix"]] == [f"alias:{porteur.cle}", "nouveau", "ignorer"]
    with pytest.raises(OperationRefusee, match="1\xa0question sans réponse"):
        application.confirmer(auteur, import_)

    ligne = preparation.decider(auteur, import_, ligne, reponses={question["cle"]: f"alias:{porteur.cle}"})
    assert ligne.categorie == "creee"
    confirmer(auteur, import_)
    assert AliasPorteur.objects.get(libelle="Olympe de Gougues").porteur == porteur
    # Known from now on.
    assert comptes(apercu(auteur, cadre, ("Olympe de Gougues", "Autre action", 1, None, 1))) == {"creee": 1}


def test_une_reponse_vaut_pour_toutes_les_lignes_qui_posent_la_question(cadre, auteur):
    import_ = apercu(
        auteur, cadre, ("Vélo 39", "A", 1, None, 1), ("VÉLO 39", "B", 2, None, 2), ("MPT", "C", 3, None, 3)
    )
    assert comptes(import_) == {"a_decider": 2, "creee": 1}
    preparation.decider(auteur, import_, lignes(import_)[2], reponses={"porteur:velo 39": "nouveau"})
    assert comptes(import_) == {"creee": 3}
    confirmer(auteur, import_)
    assert Porteur.objects.filter(nom_normalise="velo 39").count() == 1


def test_un_service_de_la_ville_se_propose_sous_la_ville(cadre, auteur):
    ville = f.PorteurFactory(epci=cadre.contrat.epci, nom="Ville de Montclar", type="commune")
    f.AliasPorteurFactory(porteur=ville, libelle="VILLE")
    import_ = apercu(auteur, cadre, ("VILLE - Service jeunesse", "Été jeunes", 1, None, 1))
    (question,) = lignes(import_)[2].questions
    assert question["proposition"] == f"service:{ville.cle}"
    preparation.decider(
        auteur, import_, lignes(import_)[2], reponses={question["cle"]: f"service:{ville.cle}"}
    )
    confirmer(auteur, import_)
    service = Porteur.objects.get(nom="VILLE - Service jeunesse")
    assert (service.parent, service.type) == (ville, Porteur.Type.SERVICE_COMMUNE)


@pytest.mark.parametrize(
    "nom", ["MPT / Olympe de Gouges", "MPT et Olympe de Gouges", "MPT, Olympe de Gouges"]
)
def test_plusieurs_porteurs_dans_une_case_se_demandent(cadre, auteur, nom):
    import_ = apercu(auteur, cadre, (nom, "Jardin partagé", 1, None, 1))
    (question,) = lignes(import_)[2].questions
    cles = dict(Porteur.objects.values_list("nom", "cle"))
    assert [choix["valeur"] for choix in question["choix"]] == [
        f"porteur:{cles['Maison pour tous']}",
        f"porteur:{cles['Olympe de Gouges']}",
        "nouveau",
        "ignorer",
    ]


def test_un_nom_qui_contient_et_n_est_pas_deux_porteurs(cadre, auteur):
    import_ = apercu(auteur, cadre, ("Sport et culture", "Jardin partagé", 1, None, 1))
    (question,) = lignes(import_)[2].questions
    assert question["proposition"] == "nouveau"


def test_laisser_une_ligne_de_cote(cadre, auteur):
    import_ = apercu(auteur, cadre, ("Inconnue", "A", 1, None, 1), ("MPT", "B", 2, None, 2))
    preparation.decider(auteur, import_, lignes(import_)[2], reponses={"porteur:inconnue": "ignorer"})
    assert comptes(import_) == {"ignoree": 1, "creee": 1}
    confirmer(auteur, import_)
    assert [a.action.intitule for a in cadre.actions.all()] == ["B"]


# -- What a row would change -----------------------------------------------------------------------
@pytest.fixture
def jardin(cadre):
    """An action of the year with its bilan begun and its amounts."""
    mpt = Porteur.objects.get(sigle="MPT")
    action = f.ActionFactory(contrat=cadre.contrat, porteur=mpt, intitule="Jardin partagé")
    annuelle = f.ActionAnnuelleFactory(campagne=cadre, action=action, programmee=True)
    mairie, etat = cadre.contrat.financeurs.order_by("ordre")
    f.LigneFinancementFactory(action_annuelle=annuelle, financeur=mairie, montant_accorde=Decimal(8400))
    f.LigneFinancementFactory(action_annuelle=annuelle, financeur=etat, montant_accorde=Decimal(0))
    f.BilanFactory(action_annuelle=annuelle, en_saisie=True)
    return annuelle


def test_une_case_changee_est_montree_avant_et_apres(cadre, auteur, jardin):
    import_ = apercu(auteur, cadre, ("MPT", "JARDIN PARTAGE", "8 500 €", 0, 8500))
    ligne = lignes(import_)[2]
    assert (ligne.categorie, ligne.annuelle) == ("modifiee", jardin)
    assert changements(ligne) == {"MAIRIE, accordé": ("8\u202f400\xa0€", "8\u202f500\xa0€", "C2")}
    version = jardin.version
    confirmer(auteur, import_)
    jardin.refresh_from_db()
    montants = dict(jardin.lignes_financement.values_list("financeur__sigle", "montant_accorde"))
    assert montants == {"MAIRIE": 8500, "ÉTAT": 0}
    assert jardin.version == version


def test_une_case_vide_ne_dit_rien_et_zero_est_zero(cadre, auteur, jardin):
    assert comptes(apercu(auteur, cadre, ("MPT", "Jardin partagé", None, None, None))) == {"inchangee": 1}
    import_ = apercu(auteur, cadre, ("MPT", "Jardin partagé", 0, None, None))
    assert changements(lignes(import_)[2]) == {"MAIRIE, accordé": ("8\u202f400\xa0€", "0\xa0€", "C2")}


def test_les_cases_vides_effacent_quand_on_le_demande(cadre, auteur, jardin):
    import_ = apercu(auteur, cadre, ("MPT", "Jardin partagé", None, 0, None))
    avec_le_travail(lambda: preparation.confirmer_colonnes(auteur, import_, {}, {"vides_effacent": True}))
    assert changements(lignes(import_)[2]) == {"MAIRIE, accordé": ("8\u202f400\xa0€", "", "")}
    confirmer(auteur, import_)
    import_.refresh_from_db()
    assert import_.statut == ImportTableur.Statut.APPLIQUE
    assert list(jardin.lignes_financement.values_list("financeur__sigle", flat=True)) == ["ÉTAT"]


def test_un_texte_se_compare_sans_ses_bords_ni_ses_fins_de_ligne(cadre, auteur, jardin):
    bilan = jardin.bilan
    bilan.mise_en_oeuvre = "Douze ateliers.\nTrente familles."
    bilan.save()
    entete = ("Porteur", "Action", "Bilan de l'action")
    import_ = apercu(
        auteur, cadre, ("MPT", "Jardin partagé", "  Douze ateliers.\r\nTrente familles.  "), entete=entete
    )
    assert comptes(import_) == {"inchangee": 1}


def test_un_bilan_valide_refuse_la_ligne_sauf_si_rien_ne_change(cadre, auteur):
    mpt = Porteur.objects.get(sigle="MPT")
    action = f.ActionFactory(contrat=cadre.contrat, porteur=mpt, intitule="Jardin partagé")
    f.BilanFactory(action_annuelle=f.ActionAnnuelleFactory(campagne=cadre, action=action), valide=True)
    entete = ("Porteur", "Action", "Bilan de l'action")
    import_ = apercu(auteur, cadre, ("MPT", "Jardin partagé", "Autre chose."), entete=entete)
    ligne = lignes(import_)[2]
    assert ligne.categorie == "refusee"
    assert ligne.problemes[0]["message"] == (
        "Ce bilan est validé\xa0: pour le modifier, il faut d'abord le rouvrir."
    )
    assert ligne.problemes[0]["cellule"] == "C2"
    identique = Bilan.objects.get().mise_en_oeuvre
    assert comptes(apercu(auteur, cadre, ("MPT", "Jardin partagé", identique), entete=entete)) == {
        "inchangee": 1
    }


def test_un_bilan_a_saisir_devient_en_saisie(cadre, auteur):
    entete = ("Porteur", "Action", "Bilan de l'action", "Nombre de personnes", "Dont QPV")
    import_ = apercu(auteur, cadre, ("MPT", "Jardin partagé", "Douze ateliers.", 30, 0), entete=entete)
    confirmer(auteur, import_)
    bilan = Bilan.objects.get()
    assert (bilan.statut, bilan.mise_en_oeuvre) == (Bilan.Statut.EN_SAISIE, "Douze ateliers.")
    assert bilan.recherche == "douze ateliers."
    assert [(t.de, t.vers, t.auteur) for t in bilan.transitions.all()] == [("a_saisir", "en_saisie", auteur)]
    nombres = set(bilan.effectifs.values_list("perimetre", "sexe", "valeur"))
    assert nombres == {("total", "T", 30), ("qpv", "T", 0)}


def test_chaque_probleme_est_dit_d_un_coup_avec_sa_case(cadre, auteur):
    entete = (*ENTETE, "Début", "Fin")
    import_ = apercu(
        auteur,
        cadre,
        ("MPT", None, 1, None, 1, None, None),
        ("MPT", "Double", 1, None, 1, None, None),
        ("MPT", "double", 1, None, 1, None, None),
        ("MPT", "Dates", 1, None, 1, date(2024, 6, 1), date(2024, 1, 1)),
        ("MPT", "Hors contrat", 1, None, 1, date(2012, 6, 1), None),
        ("MPT", "Négatif", -5, None, None, None, None),
        ("MPT", "Bonne", 1, None, 1, None, None),
        entete=entete,
    )
    refusees = {
        ligne.numero: [p["message"] for p in ligne.problemes if p["gravite"] == "bloquant"]
        for ligne in import_.lignes.filter(categorie="refusee").order_by("ordre")
    }
    assert set(refusees) >= {5, 6, 7}
    assert refusees[5] == ["L'action finirait avant d'avoir commencé\xa0: vérifiez les deux dates."]
    assert refusees[6][0].startswith("Début\xa0: Cette date est hors du contrat")
    assert refusees[7] == ["MAIRIE, accordé\xa0: Un montant ne peut pas être négatif\xa0: vérifiez le signe."]
    assert lignes(import_)[8].categorie == "creee"
    double = lignes(import_)[3]
    preparation.decider(auteur, import_, double, reponses={double.questions[0]["cle"]: "garder:3"})
    confirmer(auteur, import_)
    assert {a.action.intitule for a in cadre.actions.all()} == {"Double", "Bonne"}


def test_ce_qui_ne_se_lit_pas_est_demande(cadre, auteur):
    import_ = apercu(
        auteur, cadre, ("MPT", "Jardin", "à voir", None, None), ("MPT", "Vélo", "1.234", None, None)
    )
    illisible, ambigue = (lignes(import_)[numero].questions[0] for numero in (2, 3))
    assert illisible["cle"] == "illisible:montant:accorde:MAIRIE:a voir"
    assert [choix["valeur"] for choix in illisible["choix"]] == ["vide", "ignorer"]
    assert [choix["valeur"] for choix in ambigue["choix"]] == [
        "valeur:1234",
        "valeur:1.23",
        "vide",
        "ignorer",
    ]
    preparation.decider(auteur, import_, lignes(import_)[2], reponses={illisible["cle"]: "vide"})
    ligne = preparation.decider(auteur, import_, lignes(import_)[3], reponses={ambigue["cle"]: "valeur:1234"})
    assert changements(ligne)["MAIRIE, accordé"] == ("", "1\u202f234\xa0€", "C3")
    assert comptes(import_) == {"creee": 2}


def test_deux_lignes_que_le_texte_distingue_sont_deux_actions(cadre, auteur):
    f.DispositifFactory(code="QE", libelle="Quartiers d'été")
    f.DispositifFactory(code="CDV", libelle="Contrat de ville")
    entete = ("Porteur", "Action", "Bilan de l'action")
    rangees = (
        ("MPT", "École B", "QUARTIER D'ÉTÉ. Trois semaines."),
        ("MPT", "École B", "CONTRAT DE VILLE Toute l'année."),
    )
    import_ = apercu(auteur, cadre, *rangees, entete=entete)
    assert comptes(import_) == {"creee": 2}
    confirmer(auteur, import_)
    assert list(cadre.actions.order_by("ordre").values_list("dispositif", flat=True)) == ["QE", "CDV"]
    assert cadre.contrat.actions.count() == 1
    # In any order, nothing changes.
    assert comptes(apercu(auteur, cadre, *reversed(rangees), entete=entete)) == {"inchangee": 2}


def test_un_territoire_inconnu_se_demande_et_son_nom_se_retient(cadre, auteur):
    tilleuls = f.TerritoireFactory(contrat=cadre.contrat, nom="Les Tilleuls")
    entete = ("Porteur", "Action", "Quartier")
    import_ = apercu(auteur, cadre, ("MPT", "Jardin", "Tilleuls nord"), entete=entete)
    ligne = lignes(import_)[2]
    (question,) = ligne.questions
    assert question["cle"] == "territoire:tilleuls nord"
    preparation.decider(auteur, import_, ligne, reponses={question["cle"]: f"alias:{tilleuls.pk}"})
    confirmer(auteur, import_)
    assert AliasTerritoire.objects.get().territoire == tilleuls
    assert [t.nom for t in cadre.actions.get().territoires.all()] == ["Les Tilleuls"]


def test_une_ligne_d_une_autre_annee_est_laissee(cadre, auteur):
    entete = ("Porteur", "Action", "Année", "MAIRIE")
    import_ = apercu(auteur, cadre, ("MPT", "A", 2024, 1), ("MPT", "A", 2023, 2), entete=entete)
    assert comptes(import_) == {"creee": 1, "ignoree": 1}


# -- Rights and states -----------------------------------------------------------------------------
def test_seule_la_personne_qui_pilote_importe(cadre):
    fichier = SimpleUploadedFile("a.xlsx", classeur(ENTETE, ("MPT", "A", 1, None, 1)))
    for compte in (f.membre_du_copil(cadre.contrat), f.chargee_de_mission(f.ContratFactory())):
        with pytest.raises(PermissionDenied):
            preparation.deposer(compte, cadre, fichier)
    assert not ImportTableur.objects.exists()


def test_une_annee_archivee_n_importe_plus(cadre, auteur):
    import_ = apercu(auteur, cadre, ("MPT", "A", 1, None, 1))
    Campagne.objects.filter(pk=cadre.pk).update(statut=Campagne.Statut.ARCHIVEE)
    with pytest.raises(OperationRefusee, match="L'année 2024 est archivée"):
        application.confirmer(auteur, import_)
    cadre.refresh_from_db()
    with pytest.raises(OperationRefusee, match="L'année 2024 est archivée"):
        preparation.deposer(auteur, cadre, SimpleUploadedFile("a.xlsx", b"x"))


def test_un_fichier_qui_ne_se_lit_pas_est_refuse_avec_sa_phrase(cadre, auteur):
    avant = photographie()
    import_ = deposer(auteur, cadre, b"%PDF-1.7\n", "tableau.xlsx")
    assert import_.statut == ImportTableur.Statut.REFUSE
    assert "PDF" in import_.message
    assert photographie() == avant


def test_retenir_ou_laisser_une_categorie(cadre, auteur):
    import_ = apercu(auteur, cadre, ("MPT", "A", 1, None, 1), ("MPT", "B", 1, None, 1))
    assert preparation.retenir_tout(auteur, import_, "creee", False) == 2
    preparation.decider(auteur, import_, lignes(import_)[3], retenue=True)
    confirmer(auteur, import_)
    assert [a.action.intitule for a in cadre.actions.all()] == ["B"]


def test_le_nombre_de_requetes_ne_depend_pas_des_lignes(cadre, auteur):
    def lire(combien):
        rangees = [("MPT", f"Action {combien}-{i}", i, None, i) for i in range(combien)]
        import_ = ImportTableur.objects.get(pk=apercu(auteur, cadre, *rangees).pk)
        ImportTableur.objects.filter(pk=import_.pk).update(statut="recu")
        with compter_requetes() as requetes:
            preparation.lire(import_)
        return len(requetes)

    lire(1)
    assert lire(2) == lire(30)


def test_une_disposition_confirmee_est_retenue(cadre, auteur):
    entete = ("Alpha", "Bêta", "Gamma")
    import_ = apercu(auteur, cadre, ("MPT", "Jardin", 1500), entete=entete)
    assert import_.statut == ImportTableur.Statut.COLONNES
    dites = {
        "0": {"champ": "porteur"},
        "1": {"champ": "intitule"},
        "2": {"champ": "montant", "financeur": "MAIRIE", "etat": "demande"},
    }
    avec_le_travail(lambda: preparation.confirmer_colonnes(auteur, import_, dites, {}))
    import_.refresh_from_db()
    assert comptes(import_) == {"creee": 1}
    assert changements(lignes(import_)[2])["MAIRIE, demandé"] == ("", "1\u202f500\xa0€", "C2")
    encore = apercu(auteur, cadre, ("MPT", "Autre", 1), entete=entete)
    assert (encore.statut, comptes(encore)) == (ImportTableur.Statut.A_RELIRE, {"creee": 1})


def test_les_lignes_d_un_import_ne_restent_pas_d_une_lecture_a_l_autre(cadre, auteur):
    import_ = apercu(auteur, cadre, ("Inconnue", "A", 1, None, 1))
    preparation.decider(auteur, import_, lignes(import_)[2], reponses={"porteur:inconnue": "nouveau"})
    avec_le_travail(lambda: preparation.relire(auteur, import_))
    assert LigneImport.objects.count() == 1
    # What was answered still holds.
    assert comptes(import_) == {"creee": 1}


def test_une_thematique_ne_se_propose_qu_une_fois_par_son_nom(cadre, auteur):
    for ordre, (code, libelle) in enumerate(
        (("3", "Cadre de vie"), ("3.1", "Cadre de vie"), ("2", "Emploi"))
    ):
        f.ThematiqueFactory(code=code, libelle=libelle, ordre=ordre)
    entete = ("Porteur", "Action", "Axe", "Thématique P147", "MAIRIE")
    dites = {
        "0": {"champ": "porteur"},
        "1": {"champ": "intitule"},
        "2": {"champ": "note"},
        "3": {"champ": "thematique"},
        "4": {"champ": "montant", "financeur": "MAIRIE", "etat": "accorde"},
    }
    import_ = apercu(auteur, cadre, ("MPT", "Jardin", "Quartiers", "Le cadre", 100), entete=entete)
    avec_le_travail(lambda: preparation.confirmer_colonnes(auteur, import_, dites, {}))
    (question,) = lignes(import_)[2].questions
    assert [choix["valeur"] for choix in question["choix"]] == ["vide", "code:3", "code:2"]


def test_une_colonne_inconnue_se_dit_jusqu_a_ce_qu_on_la_regarde(cadre, auteur):
    entete = ("Porteur", "Action", "MAIRIE", "Combien")
    import_ = apercu(auteur, cadre, ("MPT", "Jardin", 100, 40), entete=entete)
    assert import_.avertissements == [
        "1\xa0colonne n'est pas reconnue («\xa0Combien\xa0»)\xa0: elle est gardée en note, rien n'en est repris. Dites "
        "ce qu'elle contient dans «\xa0Vérifier les colonnes\xa0».",
        *import_.avertissements[1:],
    ]
    assert not any("Combien" in phrase for phrase in import_.avertissements[1:])
    avec_le_travail(lambda: preparation.confirmer_colonnes(auteur, import_, {}, {}))
    import_.refresh_from_db()
    assert not any("Combien" in phrase for phrase in import_.avertissements)


@pytest.mark.parametrize(
    "nom",
    [
        "effectif:qpv:F:douze",
        "effectif:qpv:F:²",
        "effectif:qpv:F:-1",
        f"effectif:qpv:F:{'9' * 5000}",
        "estimation:qpv:F:douze",
        f"montant:accorde:{'9' * 5000}",
        "montant:accorde:²",
        "effectif:qpv:F:1:2:3:4",
    ],
)
def test_un_nom_de_champ_fabrique_n_est_celui_d_aucun_champ(cadre, nom):
    with pytest.raises(KeyError):
        Registre(cadre).champ(nom)
