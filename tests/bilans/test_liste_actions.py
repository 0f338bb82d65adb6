"""The list of actions: its filters, its figures, its address, and what it must not show."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from actions.models import ActionAnnuelle, Campagne
from bilans.models import Bilan
from contrats.models import Territoire
from tests import fabriques
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


def action(campagne: Campagne, intitule: str, porteur: Any = None, **champs: Any) -> ActionAnnuelle:
    porteur = porteur or fabriques.PorteurFactory(epci=campagne.contrat.epci)
    parente = fabriques.ActionFactory(contrat=campagne.contrat, porteur=porteur, intitule=intitule)
    return fabriques.ActionAnnuelleFactory(campagne=campagne, action=parente, **champs)


def accorder(annuelle: ActionAnnuelle, financeur: Any, montant: int | None, **champs: Any) -> Any:
    return fabriques.LigneFinancementFactory(
        action_annuelle=annuelle, financeur=financeur, montant_accorde=montant, **champs
    )


def adresse(campagne: Campagne, criteres: str = "") -> str:
    return reverse("liste_actions", args=[campagne.contrat.slug, campagne.annee]) + criteres


def liste(client: Client, campagne: Campagne, criteres: str = "") -> Any:
    reponse = client.get(adresse(campagne, criteres))
    assert reponse.status_code == 200, reponse
    return reponse.context["liste"]


def titres(lue: Any) -> list[str]:
    return [ligne.record.action.intitule for ligne in lue.table.paginated_rows]


def page(client: Client, campagne: Campagne, criteres: str = "") -> str:
    return client.get(adresse(campagne, criteres)).content.decode()


# -- Search ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("mots", ["ecole", "ÉCOLE zola", "zola  école", "École Zola"])
def test_chercher_sans_accents_ni_casse(chargee, campagne, mots):
    zola = fabriques.PorteurFactory(nom="École Zola", epci=campagne.contrat.epci)
    action(campagne, "Lecture", porteur=zola)
    action(campagne, "Jardin")
    lue = liste(chargee, campagne, f"?q={mots}")
    assert titres(lue) == ["Lecture"]
    assert lue.phrase == "1\u00a0action sur 2 de 2024, 1\u00a0structure, 1\u00a0bilan encore attendu."


def test_chercher_par_titre_autre_nom_et_structure_mere(chargee, campagne):
    epci = campagne.contrat.epci
    service = fabriques.PorteurFactory(service=True, epci=epci)
    ufolep = fabriques.PorteurFactory(nom="UFOLEP", epci=epci)
    fabriques.AliasPorteurFactory(porteur=ufolep, libelle="Union laïque")
    action(campagne, "Été jeunes", porteur=service)
    action(campagne, "Vélo", porteur=ufolep)
    assert titres(liste(chargee, campagne, f"?q={service.parent.nom}")) == ["Été jeunes"]
    assert titres(liste(chargee, campagne, "?q=union laique")) == ["Vélo"]
    assert titres(liste(chargee, campagne, "?q=ete")) == ["Été jeunes"]


# -- Filters ---------------------------------------------------------------------------------------
def test_axe_avec_ce_qui_en_depend_et_ses_axes_secondaires(chargee, campagne):
    enjeu, sous_axe, _, autre, *_ = fabriques.arbre_d_axes(campagne.contrat)
    action(campagne, "De l'enjeu", axe=enjeu)
    action(campagne, "De l'axe", axe=sous_axe)
    secondaire = action(campagne, "Secondaire", axe=autre)
    secondaire.axes_secondaires.add(sous_axe)
    troisieme = fabriques.AxeFactory(parent=sous_axe, code="1.1.1", ordre=90)
    action(campagne, "Troisième", axe=autre).axes_secondaires.add(troisieme)
    action(campagne, "Sans")
    tous = ["De l'axe", "De l'enjeu", "Secondaire", "Troisième"]
    assert titres(liste(chargee, campagne, "?axe=1&tri=action")) == tous
    assert titres(liste(chargee, campagne, "?axe=1.1&tri=action")) == ["De l'axe", "Secondaire", "Troisième"]
    assert titres(liste(chargee, campagne, "?axe=1&axe_principal=1&tri=action")) == ["De l'axe", "De l'enjeu"]
    assert titres(liste(chargee, campagne, "?axe=aucun")) == ["Sans"]


def test_porteur_une_structure_avec_ses_services(chargee, campagne):
    ville = fabriques.PorteurFactory(ville=True, epci=campagne.contrat.epci)
    jeunesse = fabriques.PorteurFactory(service=True, parent=ville, epci=campagne.contrat.epci)
    action(campagne, "Ville", porteur=ville)
    action(campagne, "Jeunesse", porteur=jeunesse)
    action(campagne, "Autre")
    assert titres(liste(chargee, campagne, f"?porteur={ville.cle}&tri=action")) == ["Jeunesse", "Ville"]
    assert titres(liste(chargee, campagne, f"?porteur={jeunesse.cle}")) == ["Jeunesse"]


def test_territoire_dispositif_etat(chargee, campagne):
    qpv = fabriques.TerritoireFactory(contrat=campagne.contrat)
    ete = fabriques.DispositifFactory(code="QE", libelle="Quartiers d'été")
    action(campagne, "Quartier", territoires=[qpv])
    action(campagne, "Été", dispositif=ete, territoires=[qpv, _hors_qpv(campagne)])
    action(campagne, "Refusée", refusee=True)
    assert titres(liste(chargee, campagne, f"?territoire={qpv.pk}&tri=action")) == ["Été", "Quartier"]
    assert titres(liste(chargee, campagne, "?territoire=aucun")) == ["Refusée"]
    assert titres(liste(chargee, campagne, "?dispositif=QE")) == ["Été"]
    assert titres(liste(chargee, campagne, "?dispositif=aucun&tri=action")) == ["Quartier", "Refusée"]
    assert titres(liste(chargee, campagne, "?etat=refusee")) == ["Refusée"]


def _hors_qpv(campagne: Campagne) -> Territoire:
    return fabriques.TerritoireFactory(contrat=campagne.contrat, hors_qpv=True)


def test_financeur_et_montants_a_trancher(chargee, campagne):
    etat = fabriques.FinanceurFactory(contrat=campagne.contrat)
    payee = action(campagne, "Payée")
    accorder(payee, etat, 1000)
    accorder(payee, etat, None, nature_credit="droit_commun")
    ambigue = action(campagne, "Ambiguë")
    fabriques.AmbiguiteFactory(action_annuelle=ambigue, lectures=[etat])
    action(campagne, "Ni l'un ni l'autre")
    assert titres(liste(chargee, campagne, f"?financeur={etat.cle}")) == ["Payée"]
    assert titres(liste(chargee, campagne, "?a_trancher=1")) == ["Ambiguë"]


@pytest.fixture
def tous_les_bilans(campagne: Campagne) -> None:
    """An action whose title says the state of its bilan, and one of each kind without a bilan."""
    for situation in (
        "en_saisie",
        "transmis",
        "en_verification",
        "a_completer",
        "valide",
        "integre",
        "publie",
    ):
        fabriques.BilanFactory(action_annuelle=action(campagne, situation), **{situation: True})
    fabriques.BilanFactory(action_annuelle=action(campagne, "a_saisir"))
    fabriques.BilanFactory(
        action_annuelle=action(campagne, "dispense", reportee=True), statut=Bilan.Statut.DISPENSE
    )
    action(campagne, "jamais ouvert")
    action(campagne, "refusee", refusee=True)


@pytest.mark.parametrize(
    ("situation", "attendues"),
    [
        ("recus", {"transmis", "en_verification", "valide", "integre", "publie"}),
        ("a_recevoir", {"jamais ouvert", "a_saisir", "en_saisie", "a_completer"}),
        ("en_retard", {"jamais ouvert", "a_saisir", "en_saisie", "a_completer"}),
        ("a_lire", {"transmis", "en_verification"}),
        ("valides", {"valide", "integre", "publie"}),
        ("a_saisir", {"jamais ouvert", "a_saisir"}),
        ("a_completer", {"a_completer"}),
        ("dispense", {"dispense"}),
        # Received, done, and no number of people: EFF-19.
        ("anomalies", {"transmis", "en_verification", "valide", "integre", "publie"}),
    ],
)
def test_bilan_dans_chaque_situation(chargee, campagne, tous_les_bilans, situation, attendues):
    assert set(titres(liste(chargee, campagne, f"?bilan={situation}"))) == attendues


def test_bilans_attendus(chargee, campagne, tous_les_bilans):
    attendues = set(titres(liste(chargee, campagne, "?bilan=attendus")))
    assert attendues == set(titres(liste(chargee, campagne))) - {"dispense", "refusee"}


def test_rien_n_est_en_retard_avant_l_echeance(chargee, campagne, tous_les_bilans, time_machine):
    time_machine.move_to("2025-06-30T12:00:00+02:00")
    assert titres(liste(chargee, campagne, "?bilan=en_retard")) == []
    time_machine.move_to("2025-07-01T12:00:00+02:00")
    assert len(titres(liste(chargee, campagne, "?bilan=en_retard"))) == 4


# -- Order -----------------------------------------------------------------------------------------
@pytest.fixture
def montants(campagne: Campagne) -> dict[str, Any]:
    """Three actions: A and C of one structure, B of another; C has no amount known."""
    epci = campagne.contrat.epci
    alpha = fabriques.PorteurFactory(nom="Alpha", epci=epci)
    beta = fabriques.PorteurFactory(nom="Béta", epci=epci)
    etat = fabriques.FinanceurFactory(contrat=campagne.contrat, sigle="ÉTAT")
    ville = fabriques.FinanceurFactory(contrat=campagne.contrat, sigle="VILLE")
    caf = fabriques.FinanceurFactory(contrat=campagne.contrat, hors_total=True)
    a, b, c = (
        action(campagne, titre, porteur=porteur, ordre=rang)
        for rang, (titre, porteur) in enumerate([("A", alpha), ("B", beta), ("C", alpha)])
    )
    accorder(a, etat, 1000, montant_demande=1500)
    accorder(a, ville, Decimal("250.50"))
    accorder(b, etat, 3000)
    accorder(b, caf, 400)
    accorder(c, ville, None, montant_demande=900)
    return {"etat": etat, "ville": ville, "caf": caf, "a": a, "b": b, "c": c}


@pytest.mark.parametrize(
    ("tri", "attendu"),
    [
        ("", ["A", "C", "B"]),
        ("action", ["A", "B", "C"]),
        ("-action", ["C", "B", "A"]),
        ("accorde", ["A", "B", "C"]),
        ("-accorde", ["B", "A", "C"]),
        ("porteur,-accorde", ["A", "C", "B"]),
        ("-porteur,-action", ["B", "C", "A"]),
        ("-hors_total,action", ["B", "A", "C"]),
    ],
)
def test_tris_seuls_et_combines(chargee, campagne, montants, tri, attendu):
    assert titres(liste(chargee, campagne, f"?tri={tri}" if tri else "")) == attendu


def test_tri_par_etat_du_bilan_ce_qui_attend_d_abord(chargee, campagne, tous_les_bilans):
    rangs = titres(liste(chargee, campagne, "?tri=bilan"))
    assert rangs[:3] == ["transmis", "en_verification", "a_completer"]
    assert rangs[-1] == "refusee"


def test_une_colonne_se_trie_puis_s_inverse_puis_se_retire(chargee, campagne, montants):
    tetes = liste(chargee, campagne, "?q=a&tri=porteur").table.tris
    assert tetes["action"].url == "?q=a&tri=action,porteur"
    assert tetes["porteur"].url == "?q=a&tri=-porteur"
    # An amount begins with the largest.
    assert tetes["accorde"].url == "?q=a&tri=-accorde,porteur"
    assert liste(chargee, campagne, "?tri=-porteur,action").table.tris["porteur"].url == "?tri=action"
    assert (tetes["porteur"].rang, tetes["porteur"].decroissant, tetes["action"].rang) == (1, False, 0)


def test_l_ordre_est_dit_a_qui_ne_voit_pas(chargee, campagne, montants):
    html = page(chargee, campagne, "?tri=-accorde,porteur")
    assert html.count("aria-sort=") == 1
    assert 'aria-sort="descending"' in html


# -- Figures ---------------------------------------------------------------------------------------
def test_totaux_des_lignes_filtrees(chargee, campagne, montants):
    tout = liste(chargee, campagne)
    assert tout.totaux.actions == 3
    assert tout.totaux.structures == 2
    assert tout.totaux.montants == {
        "accorde": Decimal("4250.50"),
        "hors_total": Decimal(400),
        "demande": Decimal(2400),
        "notifie": None,
        f"f_{montants['etat'].cle}": Decimal(4000),
        f"f_{montants['ville'].cle}": Decimal("250.50"),
        f"f_{montants['caf'].cle}": Decimal(400),
    }
    assert tout.phrase == (
        "3\u00a0actions de 2024, 2\u00a0structures, 3\u00a0bilans encore attendus, "
        "4\u202f250,50\u00a0€ accordés, 400\u00a0€ hors total."
    )
    derniere = {colonne.name: colonne.footer for colonne in tout.table.columns}
    assert derniere["action"] == "3\u00a0actions"
    assert derniere["porteur"] == "2\u00a0structures"
    assert derniere["accorde"] == "4\u202f250,50"
    assert derniere["hors_total"] == "400"
    filtree = liste(chargee, campagne, f"?financeur={montants['ville'].cle}")
    assert filtree.totaux.de("accorde") == Decimal("1250.50")
    assert filtree.totaux.de("hors_total") is None


def test_montants_d_une_ligne(chargee, campagne, montants):
    colonnes = f"accorde,hors_total,demande,f_{montants['etat'].cle}"
    lignes = {
        ligne.record.action.intitule: ligne.record
        for ligne in liste(chargee, campagne, f"?colonnes={colonnes}").table.paginated_rows
    }
    a, b, c = (lignes[titre] for titre in "ABC")
    etat = f"f_{montants['etat'].cle}"
    assert (a.accorde, a.hors_total, a.demande, getattr(a, etat)) == (Decimal("1250.50"), None, 1500, 1000)
    assert (b.accorde, b.hors_total, b.demande, getattr(b, etat)) == (3000, 400, None, 3000)
    assert (c.accorde, c.hors_total, c.demande, getattr(c, etat)) == (None, None, 900, None)


def test_les_totaux_sont_ceux_de_toutes_les_pages(chargee, campagne):
    etat = fabriques.FinanceurFactory(contrat=campagne.contrat)
    for _ in range(51):
        accorder(fabriques.ActionAnnuelleFactory(campagne=campagne), etat, 10)
    premiere, seconde = liste(chargee, campagne), liste(chargee, campagne, "?page=2")
    assert (len(titres(premiere)), len(titres(seconde))) == (50, 1)
    assert premiere.totaux == seconde.totaux
    assert seconde.totaux.de("accorde") == Decimal(510)


def test_personnes_d_une_ligne_inconnu_n_est_pas_zero(chargee, campagne):
    connue, inconnue = action(campagne, "Connue"), action(campagne, "Inconnue")
    fabriques.effectifs(fabriques.BilanFactory(action_annuelle=connue, transmis=True), F=12, H=18)
    fabriques.BilanFactory(action_annuelle=inconnue, transmis=True)
    lignes = liste(chargee, campagne, "?colonnes=personnes&tri=action").table.paginated_rows
    assert [ligne.record.personnes for ligne in lignes] == [30, None]


# -- Columns ---------------------------------------------------------------------------------------
def test_colonnes_par_defaut_celles_qui_ont_quelque_chose_a_dire(chargee, campagne):
    action(campagne, "Seule")
    assert liste(chargee, campagne).colonnes == ["porteur", "etat", "bilan", "personnes"]


def test_colonnes_par_defaut_avec_axe_argent_et_personnes_du_qpv(chargee, campagne, montants):
    ActionAnnuelle.objects.filter(pk=montants["a"].pk).update(
        axe=fabriques.AxeFactory(contrat=campagne.contrat)
    )
    bilan = fabriques.BilanFactory(action_annuelle=montants["a"], transmis=True)
    fabriques.effectifs(bilan, perimetre="qpv", T=30)
    attendues = ["porteur", "axe", "etat", "bilan", "personnes_qpv", "accorde", "hors_total"]
    assert liste(chargee, campagne).colonnes == attendues


def test_colonnes_choisies_dans_l_adresse(chargee, campagne, montants):
    lue = liste(chargee, campagne, "?colonnes=accorde,porteur")
    assert lue.colonnes == ["porteur", "accorde"]
    assert [colonne.name for colonne in lue.table.columns] == ["action", "porteur", "accorde"]


# -- The address -----------------------------------------------------------------------------------
def test_un_formulaire_donne_une_adresse_courte(chargee, campagne, montants):
    reponse = chargee.get(
        adresse(campagne, "?q=a&axe=&bilan=&colonnes=porteur&colonnes=accorde&tri=-accorde")
    )
    assert reponse.status_code == 302
    assert reponse.url == adresse(campagne, "?q=a&colonnes=porteur,accorde&tri=-accorde")


def test_les_colonnes_par_defaut_ne_s_ecrivent_pas(chargee, campagne, montants):
    choix = "&".join(f"colonnes={nom}" for nom in liste(chargee, campagne).colonnes)
    assert chargee.get(adresse(campagne, f"?q=&{choix}")).url == adresse(campagne)


def test_htmx_recoit_la_page_et_l_adresse_courte(chargee, campagne, montants):
    reponse = chargee.get(adresse(campagne, "?q=a&axe="), headers={"HX-Request": "true"})
    assert reponse.status_code == 200
    assert reponse["HX-Push-Url"] == adresse(campagne, "?q=a")
    assert 'id="resultats"' in reponse.content.decode()


def test_chaque_lien_garde_le_reste_de_l_adresse(chargee, campagne, montants):
    lue = liste(chargee, campagne, f"?q=a&porteur={montants['a'].action.porteur.cle}&tri=action&page=1")
    assert [puce.url for puce in lue.puces] == [
        f"?porteur={montants['a'].action.porteur.cle}&tri=action",
        "?q=a&tri=action",
    ]
    assert [puce.libelle for puce in lue.puces] == [
        "Chercher\u00a0: «\u00a0a\u00a0»",
        "Porteur\u00a0: Alpha",
    ]
    assert lue.sans_filtre == "?tri=action"


def test_les_pages_gardent_les_filtres(chargee, campagne):
    fabriques.ActionAnnuelleFactory.create_batch(51, campagne=campagne)
    html = page(chargee, campagne, "?bilan=attendus&tri=-action")
    assert 'href="?bilan=attendus&amp;tri=-action&amp;page=2"' in html


def test_les_annexes_portent_sur_les_lignes_montrees(chargee, campagne, montants):
    base = f"/{campagne.contrat.slug}/2024/annexes"
    exports = liste(chargee, campagne, "?q=alpha&tri=action&colonnes=porteur&porteur=inconnu").exports
    assert [export.page for export in exports] == [
        f"{base}/{nom}/?q=alpha" for nom in ("synthese", "porteurs", "financements", "fiche-action", "crf")
    ]
    assert [fichier.url for fichier in exports[0].fichiers] == [
        f"{base}/synthese.{format}?q=alpha" for format in ("xlsx", "pdf", "docx", "csv")
    ]


# -- What the address gets wrong -------------------------------------------------------------------
@pytest.mark.parametrize(
    "criteres",
    [
        "?axe=99.9",
        "?porteur=inconnu",
        "?territoire=abc",
        "?territoire=99999999999999999999999",
        "?dispositif=%00",
        "?financeur=inconnu",
        "?etat=zzz",
        "?bilan=zzz",
        "?a_trancher=oui",
        "?q=%00",
        "?tri=inconnue",
        "?colonnes=inconnue",
        "?colonnes=f_inconnu",
        "?page=0",
        "?page=abc",
        "?page=99999999999999999999",
    ],
)
def test_une_adresse_fausse_est_dite_et_le_reste_affiche(chargee, campagne, montants, criteres):
    lue = liste(chargee, campagne, criteres)
    assert titres(lue) == ["A", "C", "B"]
    assert len(lue.avis) == 1
    assert escape(lue.avis[0]) in page(chargee, campagne, criteres)


def test_une_adresse_juste_n_avertit_de_rien(chargee, campagne, montants):
    assert liste(chargee, campagne, "?q=a&tri=-accorde,action&colonnes=porteur&page=1").avis == []


def test_un_mot_ne_devient_pas_du_html(chargee, campagne, montants):
    html = page(chargee, campagne, "?q=<script>alert(1)</script>&tri=<b>&colonnes=<i>")
    assert "<script>alert" not in html
    assert "«\u00a0<b>" not in html


# -- Nothing to show -------------------------------------------------------------------------------
def test_une_annee_sans_action_dit_quoi_faire(chargee, campagne):
    html = page(chargee, campagne)
    assert "Aucune action en 2024" in html
    assert reverse("action_creer", args=[campagne.contrat.slug, 2024]) in html


def test_des_filtres_sans_resultat_proposent_de_tout_afficher(chargee, campagne, montants):
    html = page(chargee, campagne, "?q=introuvable")
    assert "Aucune action ne correspond à ces filtres" in html
    assert "Aucune action sur 3 de 2024." in html


# -- Who sees what ---------------------------------------------------------------------------------
def test_le_porteur_ne_voit_que_ses_actions(client, campagne, montants):
    client.force_login(fabriques.representant_du_porteur(montants["b"].action.porteur))
    lue = liste(client, campagne)
    assert titres(lue) == ["B"]
    assert lue.totaux.de("accorde") == Decimal(3000)
    assert lue.totaux.de("hors_total") == Decimal(400)
    assert "action_creer" not in page(client, campagne)
    assert "4\u202f250" not in page(client, campagne)


def test_le_porteur_ne_peut_pas_filtrer_sur_un_autre(client, campagne, montants):
    client.force_login(fabriques.representant_du_porteur(montants["b"].action.porteur))
    autre = montants["a"].action.porteur
    lue = liste(client, campagne, f"?porteur={autre.cle}")
    assert titres(lue) == ["B"]
    assert lue.avis == liste(client, campagne, "?porteur=inconnu").avis
    assert "Alpha" not in page(client, campagne, f"?porteur={autre.cle}")


def test_le_financeur_ne_compte_que_ses_lignes(client, campagne, montants):
    client.force_login(fabriques.representant_du_financeur(montants["ville"]))
    lue = liste(client, campagne, "?colonnes=accorde,hors_total,demande")
    assert titres(lue) == ["A", "C", "B"]
    assert lue.totaux.de("accorde") == Decimal("250.50")
    assert lue.totaux.de("hors_total") is None
    assert lue.totaux.de("demande") == Decimal(900)
    assert {ligne.record.action.intitule: ligne.record.accorde for ligne in lue.table.paginated_rows} == {
        "A": Decimal("250.50"),
        "B": None,
        "C": None,
    }
    assert lue.phrase.endswith("250,50\u00a0€ que vous accordez.")
    html = page(client, campagne)
    assert "3\u202f000" not in html
    assert "ÉTAT" not in html


def test_le_financeur_ne_demande_pas_la_colonne_d_un_autre(client, campagne, montants):
    client.force_login(fabriques.representant_du_financeur(montants["ville"]))
    etat = montants["etat"]
    assert liste(client, campagne, f"?financeur={etat.cle}").avis
    assert titres(liste(client, campagne, f"?financeur={etat.cle}")) == ["A", "C", "B"]
    par_colonne = liste(client, campagne, f"?colonnes=f_{etat.cle}&tri=-f_{etat.cle}")
    assert par_colonne.colonnes == ["porteur", "etat", "bilan", "personnes", "accorde"]
    assert len(par_colonne.avis) == 2
    # An action paid only by another funder cannot be told from one that nobody pays.
    assert titres(liste(client, campagne, "?tri=-accorde,action")) == ["A", "B", "C"]


def test_le_financeur_ne_voit_ni_brouillon_ni_bilan_non_valide(client, campagne, tous_les_bilans):
    action(campagne, "brouillon", brouillon=True)
    financeur = fabriques.FinanceurFactory(contrat=campagne.contrat)
    client.force_login(fabriques.representant_du_financeur(financeur))
    lignes = {
        ligne.record.action.intitule: ligne.record.statut_bilan
        for ligne in liste(client, campagne, "?colonnes=bilan").table.paginated_rows
    }
    assert "brouillon" not in lignes
    assert {titre for titre, statut in lignes.items() if statut} == {"valide", "integre", "publie"}
    assert set(titres(liste(client, campagne, "?bilan=valides"))) == {"valide", "integre", "publie"}
    # Sorting and filtering must not tell what the column hides.
    for situation in ("a_lire", "attendus", "transmis", "a_recevoir", "anomalies"):
        assert liste(client, campagne, f"?bilan={situation}").avis, situation
    assert liste(client, campagne).totaux.a_recevoir == 0


def test_le_financeur_ne_filtre_pas_sur_les_montants_a_trancher(client, campagne, montants):
    fabriques.AmbiguiteFactory(action_annuelle=montants["a"], lectures=[montants["etat"]])
    client.force_login(fabriques.representant_du_financeur(montants["ville"]))
    assert titres(liste(client, campagne, "?a_trancher=1")) == ["A", "C", "B"]
    assert "trancher" not in page(client, campagne)


def test_un_autre_contrat_n_entre_pas_dans_la_liste(chargee, campagne, montants):
    ailleurs = fabriques.CampagneFactory(annee=2024)
    accorder(action(ailleurs, "Ailleurs"), fabriques.FinanceurFactory(contrat=ailleurs.contrat), 777)
    autre_annee = fabriques.CampagneFactory(contrat=campagne.contrat, annee=2025)
    action(autre_annee, "Plus tard")
    assert titres(liste(chargee, campagne)) == ["A", "C", "B"]
    assert chargee.get(adresse(ailleurs)).status_code == 404


def test_le_membre_du_copil_n_a_pas_la_liste(client, campagne, montants):
    client.force_login(fabriques.membre_du_copil(campagne.contrat))
    assert client.get(adresse(campagne)).status_code == 403


# -- Queries ---------------------------------------------------------------------------------------
def _ligne_complete(campagne: Campagne) -> None:
    etat = campagne.contrat.financeurs.first() or fabriques.FinanceurFactory(contrat=campagne.contrat)
    annuelle = fabriques.ActionAnnuelleFactory(
        campagne=campagne, avec_axe=True, territoires=[fabriques.TerritoireFactory(contrat=campagne.contrat)]
    )
    accorder(annuelle, etat, 100)
    bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
    fabriques.effectifs(bilan, F=3, H=4)


@pytest.mark.parametrize(
    "criteres", ["", "?bilan=anomalies", "?tri=-accorde,porteur&colonnes=territoires,axe,personnes"]
)
def test_autant_de_requetes_pour_1_3_et_30_lignes(chargee, campagne, criteres):
    _ligne_complete(campagne)
    avec_une = verifier_requetes_constantes(
        lambda: page(chargee, campagne, criteres), lambda: _ligne_complete(campagne), fois=2
    )
    avec_trois = verifier_requetes_constantes(
        lambda: page(chargee, campagne, criteres), lambda: _ligne_complete(campagne), fois=27
    )
    assert avec_une == avec_trois
