"""Open data: the CSV of the schema, what is above the threshold, what cannot be published and why."""

import csv
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from actions.models import ActionAnnuelle
from bilans.annexes.scdl import COLONNES, donnees_ouvertes
from financements.models import LigneFinancement, MontantConvention
from porteurs.models import Porteur
from tests import fabriques
from tests.outils import lieux
from tests.outils.pages import erreurs, saisie, texte
from tests.outils.requetes import verifier_requetes_constantes
from tests.outils.schema_de_table import erreurs_du_csv

SCHEMA = json.loads(
    (Path(__file__).parents[1] / "schemas" / "scdl_subventions_2.1.1.json").read_text("utf-8")
)
CITE_JEUNE, REGIE, FOYER = "44332616000019", "51894360000024", "77838093100023"
LA_POSTE = "35600000009075"
DECISION = date(2024, 4, 9)


@pytest.fixture
def lieu(db, client):
    """Give a contract with a funder that has its SIRET, and an association that has its own."""
    lieu = lieux.ouvrir(client)
    lieu.ville = fabriques.FinanceurFactory(
        contrat=lieu.contrat, nom="Ville de Dole", sigle="MAIRIE", siret=REGIE, type="commune"
    )
    lieu.porteur = fabriques.PorteurFactory(
        epci=lieu.contrat.epci, nom="Cité jeune", siret=CITE_JEUNE, type="association"
    )
    return lieu


def subvention(lieu, montant, *, porteur=None, financeur=None, payee=True, **champs):
    annuelle = fabriques.ActionAnnuelleFactory(
        campagne=lieu.campagne,
        action=fabriques.ActionFactory(contrat=lieu.contrat, porteur=porteur or lieu.porteur),
    )
    ligne = fabriques.LigneFinancementFactory(
        action_annuelle=annuelle,
        financeur=financeur or lieu.ville,
        montant_accorde=Decimal(montant),
        **{"date_decision": DECISION, **champs},
    )
    if payee:
        fabriques.VersementFactory(ligne=ligne, verse=True, date_versement=date(2024, 6, 14))
    return ligne


def lire(lieu):
    return donnees_ouvertes(lieu.contrat, lieu.campagne, None)


def fichier(lieu):
    reponse = lieu.client.get(lieu.adresse("donnees_ouvertes_fichier"))
    return b"".join(reponse.streaming_content)


def lignes(contenu):
    return contenu.decode("utf-8").split("\r\n")


def test_les_seize_colonnes_du_schema_dans_l_ordre():
    assert list(COLONNES) == [champ["name"] for champ in SCHEMA["fields"]]


def test_le_fichier_suit_le_schema(lieu):
    ligne = subvention(
        lieu, "23000.50", deliberation=fabriques.DeliberationFactory(contrat=lieu.contrat, numero="D-12")
    )
    ligne.action_annuelle.action.intitule = ("Ateliers, « balades » et\nvélo " * 20)[:255]
    ligne.action_annuelle.action.save()
    fabriques.VersementFactory(ligne=ligne, numero=2, date_prevue=date(2024, 10, 31))
    contenu = fichier(lieu)
    assert erreurs_du_csv(contenu, SCHEMA) == []
    entete, seule, fin = lignes(contenu)
    assert (entete, fin) == (",".join(COLONNES), "")
    assert seule.startswith(
        f'Ville de Dole,{REGIE},2024-04-09,D-12,Cité jeune,{CITE_JEUNE},,"Ateliers, « balades »'
    )
    assert seule.endswith(",23000.50,aide en numéraire,échelonné,2024-06-14/2024-10-31,,non,1.00,")


def test_le_validateur_voit_les_fautes(lieu):
    subvention(lieu, 30000)
    bon = fichier(lieu)
    for avant, apres in (
        (b"30000.00", b"30 000,00"),
        (CITE_JEUNE.encode(), b"44332616000018"),
        (b"2024-04-09", b"09/04/2024"),
        (b"2024-06-14", b"2024-06-14_2024-07-14"),
        (b",non,", b",faux,"),
        (b"1.00", b"100"),
        (b"nomAttribuant", b"attribuant"),
        ("aide en numéraire".encode(), b"aide"),
    ):
        assert avant in bon
        assert len(erreurs_du_csv(bon.replace(avant, apres), SCHEMA)) == 1, avant
    assert erreurs_du_csv(b"\xef\xbb\xbf" + bon, SCHEMA) != []


def test_le_seuil_se_juge_par_porteur_et_par_financeur(lieu):
    region = fabriques.FinanceurFactory(contrat=lieu.contrat, nom="Région", sigle="REG", siret=FOYER)
    service = fabriques.PorteurFactory(epci=lieu.contrat.epci, nom="Antenne", parent=lieu.porteur)
    subvention(lieu, 12000)
    subvention(lieu, 11000, porteur=service)
    subvention(lieu, 22999, financeur=region)
    lu = lire(lieu)
    # Exactly the threshold is not above it.
    assert (len(lu.publiables), lu.sous_le_seuil) == (0, 3)
    subvention(lieu, 1)
    lu = lire(lieu)
    assert sorted(accord.montant for accord in lu.publiables) == [1, 11000, 12000]
    assert {accord.structure for accord in lu.publiables} == {lieu.porteur}
    assert (lu.total, lu.sous_le_seuil) == (Decimal(23001), 1)


def test_ce_qui_manque_est_dit_et_rien_n_est_perdu(lieu):
    etat = fabriques.FinanceurFactory(contrat=lieu.contrat, nom="État", sigle="ÉTAT", type="etat")
    inconnu = fabriques.PorteurFactory(epci=lieu.contrat.epci, nom="Les Voisins", type="association")
    subvention(lieu, 30000, porteur=inconnu, financeur=etat, payee=False, date_decision=None)
    ((accord, manques),) = lire(lieu).a_completer
    assert accord.montant == 30000
    assert [m.phrase for m in manques] == [
        "Le SIRET de « État » manque.",
        "Le SIRET ou le numéro RNA de « Les Voisins » manque.",
        "Aucune décision ni convention signée n'est datée.",
        "Aucun versement n'est prévu ni fait.",
    ]
    page = lieu.client.get(lieu.adresse("donnees_ouvertes"))
    for cle, nom in ((etat.cle, "financeur_identifier"), (inconnu.cle, "porteur_modifier")):
        assert lieu.adresse(nom, cle) in page.content.decode()
    assert "Aucune subvention de plus de 23 000 € n'est prête à publier pour" in texte(page)
    assert erreurs_du_csv(fichier(lieu), SCHEMA) == []


def test_un_rna_de_corse_ne_passe_pas_le_schema(lieu):
    corse = fabriques.PorteurFactory(epci=lieu.contrat.epci, nom="A Strada", rna="W2A1234567")
    dole = fabriques.PorteurFactory(epci=lieu.contrat.epci, nom="La Rue", rna="W391000123")
    subvention(lieu, 30000, porteur=corse)
    subvention(lieu, 30000, porteur=dole)
    lu = lire(lieu)
    assert [accord.structure for accord in lu.publiables] == [dole]
    ((_, (manque,)),) = lu.a_completer
    assert "refuse ceux de Corse et d'outre-mer" in manque.phrase
    assert erreurs_du_csv(fichier(lieu), SCHEMA) == []


def test_ce_qui_n_est_pas_une_subvention_publique_est_a_part(lieu):
    fondation = fabriques.FinanceurFactory(
        contrat=lieu.contrat, nom="Fondation", sigle="F", type="prive", siret=FOYER
    )
    ville = fabriques.PorteurFactory(epci=lieu.contrat.epci, nom="Ville", siret=REGIE, type="commune")
    subvention(lieu, 30000, financeur=fondation)
    subvention(lieu, 30000, porteur=ville)
    lu = lire(lieu)
    assert (lu.publiables, lu.a_completer) == ([], [])
    assert [raison for _, raison in lu.hors_champ] == [
        "La structure est un service du financeur : ce n'est pas une subvention.",
        "Le financeur est privé.",
    ]


def test_une_aide_de_minimis_est_a_verifier(lieu):
    """The column asks of undertakings what nobody typed: « non », and the page says whom to ask about."""
    subvention(lieu, 30000)
    page = texte(lieu.client.get(lieu.adresse("donnees_ouvertes")))
    assert "Ici, aucune ne va à une entreprise, à une coopérative ou à un bailleur." in page
    for nom, genre, siret in (("Habitat 39", "bailleur", LA_POSTE), ("Éco-Mobile", "entreprise", FOYER)):
        porteur = fabriques.PorteurFactory(epci=lieu.contrat.epci, nom=nom, type=genre, siret=siret)
        subvention(lieu, 30000, porteur=porteur)
    page = texte(lieu.client.get(lieu.adresse("donnees_ouvertes")))
    assert "celles qui vont à Éco-Mobile, Habitat 39" in page
    assert {accord.valeurs()["notificationUE"] for accord in lire(lieu).publiables} == {"non"}


@pytest.mark.parametrize(
    ("jours", "conditions", "periode"),
    [
        ([], "unique", "2024-06-14"),
        ([date(2024, 6, 14)], "unique", "2024-06-14"),
        ([date(2024, 9, 2)], "échelonné", "2024-06-14/2024-09-02"),
        ([None], "échelonné", "2024-06-14/2024-06-14"),
    ],
)
def test_ce_qui_est_echelonne_est_une_periode(lieu, jours, conditions, periode):
    ligne = subvention(lieu, 30000)
    for numero, jour in enumerate(jours, 2):
        fabriques.VersementFactory(ligne=ligne, numero=numero, date_prevue=jour)
    (accord,) = lire(lieu).publiables
    valeurs = accord.valeurs()
    assert (valeurs["conditionsVersement"], valeurs["datesPeriodeVersement"]) == (conditions, periode)
    assert erreurs_du_csv(fichier(lieu), SCHEMA) == []


def test_une_ville_ne_se_subventionne_pas_elle_meme(lieu):
    """Bagnols: the services of the Ville, paid by the Ville, before anybody has typed a SIRET."""
    ville = fabriques.PorteurFactory(epci=lieu.contrat.epci, nom="VILLE DE DÔLE", type="commune")
    subvention(lieu, 30000, porteur=ville)
    lu = lire(lieu)
    assert [len(lu.a_completer), len(lu.hors_champ)] == [0, 1]


def test_une_convention_est_un_seul_accord(lieu):
    convention = fabriques.ConventionFactory(
        contrat=lieu.contrat, porteur=lieu.porteur, date_signature=date(2024, 2, 1), statut="signee"
    )
    subvention(lieu, 15000, convention=convention)
    subvention(lieu, 15000, convention=convention)
    # Its yearly amount is the same money, already counted line by line.
    MontantConvention.objects.create(
        convention=convention,
        annee=lieu.campagne.annee,
        financeur=lieu.ville,
        montant_vote=Decimal(30000),
        vote_le=DECISION,
    )
    (accord,) = lire(lieu).publiables
    assert (accord.montant, accord.jour, len(accord.lignes)) == (Decimal(30000), date(2024, 2, 1), 2)


def test_le_montant_vote_d_une_convention_sans_ligne(lieu):
    convention = fabriques.ConventionFactory(contrat=lieu.contrat, porteur=lieu.porteur)
    vote = MontantConvention.objects.create(
        convention=convention, annee=lieu.campagne.annee, montant_vote=Decimal(240000), vote_le=DECISION
    )
    fabriques.VersementFactory(
        ligne=None, convention=convention, annee=lieu.campagne.annee, date_prevue=DECISION
    )
    ((_, (manque,)),) = lire(lieu).a_completer
    assert manque.phrase == "La convention ne dit pas quel financeur paie."
    vote.financeur = lieu.ville
    vote.save()
    (accord,) = lire(lieu).publiables
    assert (accord.montant, accord.jour) == (Decimal(240000), DECISION)


def test_une_action_qui_ne_se_fait_pas_n_est_publiee_que_payee(lieu):
    ligne = subvention(lieu, 30000, payee=False)
    fabriques.VersementFactory(ligne=ligne, date_prevue=DECISION)
    assert len(lire(lieu).publiables) == 1
    ActionAnnuelle.objects.update(statut="abandonnee", motif="Sans public.")
    lu = lire(lieu)
    assert (lu.publiables, lu.a_completer, lu.sous_le_seuil) == ([], [], 0)
    fabriques.VersementFactory(ligne=ligne, numero=2, verse=True)
    assert len(lire(lieu).publiables) == 1


@pytest.mark.parametrize("debut", ["=", "+", "-", "@", "\t=", "\r="])
def test_aucun_texte_n_est_une_formule(lieu, debut):
    ligne = subvention(lieu, 30000)
    ligne.action_annuelle.action.intitule = "=1+1 " + "é" * 250
    ligne.action_annuelle.action.save()
    Porteur.objects.filter(pk=lieu.porteur.pk).update(nom=f"{debut}HYPERLINK(1)")
    contenu = fichier(lieu)
    assert erreurs_du_csv(contenu, SCHEMA) == []
    (rangee,) = csv.DictReader(io.StringIO(contenu.decode("utf-8"), newline=""))
    assert rangee["nomBeneficiaire"] == f"'{debut}HYPERLINK(1)"
    assert (rangee["objet"][:5], len(rangee["objet"]), rangee["montant"]) == ("'=1+1", 256, "30000.00")


def test_donner_son_siret_a_un_financeur(lieu):
    etat = fabriques.FinanceurFactory(contrat=lieu.contrat, nom="État", sigle="ÉTAT")
    adresse = lieu.adresse("financeur_identifier", etat.cle)
    valeurs = saisie(lieu.client.get(adresse))
    assert erreurs(lieu.client.post(adresse, {**valeurs, "siret": "123"})) == {
        "siret": ["Un SIRET a quatorze chiffres : vous en avez saisi 3."]
    }
    assert lieu.client.post(adresse, {**valeurs, "siret": "443 326 160 00019"}).status_code == 302
    etat.refresh_from_db()
    assert (etat.siret, etat.historique.first().history_user) == (CITE_JEUNE, lieu.chargee)
    # The page opened before knows an older version.
    assert "modifié par une autre personne" in texte(lieu.client.post(adresse, valeurs))


def test_un_siret_repare_se_dit(lieu):
    etat = fabriques.FinanceurFactory(contrat=lieu.contrat, nom="État", sigle="ÉTAT")
    adresse = lieu.adresse("financeur_identifier", etat.cle)
    valeurs = saisie(lieu.client.get(adresse))
    mangle = lieu.client.post(adresse, {**valeurs, "siret": f"{CITE_JEUNE}.0"}, follow=True)
    assert f"SIRET : {CITE_JEUNE}. Numéro corrigé" in texte(mangle)
    valeurs = saisie(lieu.client.get(adresse))
    espace = lieu.client.post(adresse, {**valeurs, "siret": "443 326 160 00019"}, follow=True)
    assert "Numéro corrigé" not in texte(espace)


def test_un_seul_financeur(lieu):
    region = fabriques.FinanceurFactory(contrat=lieu.contrat, nom="Région", sigle="REG", siret=FOYER)
    subvention(lieu, 30000)
    subvention(lieu, 40000, financeur=region)
    reponse = lieu.client.get(lieu.adresse("donnees_ouvertes_fichier"), {"financeur": region.cle})
    contenu = b"".join(reponse.streaming_content)
    assert [rangee.split(",")[0] for rangee in lignes(contenu)] == ["nomAttribuant", "Région", ""]


def test_la_page_coute_autant_quel_que_soit_le_nombre(lieu):
    subvention(lieu, 30000)
    verifier_requetes_constantes(
        lambda: lieu.client.get(lieu.adresse("donnees_ouvertes")), lambda: subvention(lieu, 30000)
    )
    assert LigneFinancement.objects.count() == 4
