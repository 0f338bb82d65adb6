"""Dole: everything that documents 000 and 001 say is in the database, and nothing else."""

import re
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from actions.models import ActionAnnuelle, Campagne
from bilans.controles import anomalies_bilan
from bilans.models import Bilan, Effectif, ValeurIndicateur
from bilans.pages.arrivee import annee_utile
from bilans.pages.saisie import connus
from bilans.saisie import Saisie
from comptes.models import Utilisateur
from contrats.models import ContratVille
from financements.models import LigneFinancement
from porteurs.models import Porteur

from .outils import document

pytestmark = pytest.mark.usefixtures("demonstration")
CONTRAT = document("dole_contrat_2024_2030")
ACTIONS = document("dole_2024_actions")["actions"]
ECHELLES = ("qpv", "commune", "unite_urbaine", "epci", "region", "national")


@pytest.fixture
def contrat():
    return ContratVille.objects.get(slug="dole-2024-2030")


@pytest.fixture
def annuelles(contrat):
    return ActionAnnuelle.objects.filter(campagne__contrat=contrat, campagne__annee=2024).order_by("ordre")


@pytest.fixture
def par_ordre(annuelles):
    return {annuelle.ordre: annuelle for annuelle in annuelles}


def textes(liste):
    return [element.libelle for element in liste.all()]


# -- The contract ----------------------------------------------------------------------------------
def test_le_contrat(contrat):
    assert (contrat.nom, contrat.programme) == (CONTRAT["contrat"]["nom"], CONTRAT["contrat"]["programme"])
    assert (contrat.epci.nom, contrat.epci.siren) == (CONTRAT["contrat"]["epci"], "200010650")
    assert (contrat.date_debut, contrat.date_fin) == (date(2024, 1, 1), date(2030, 12, 31))
    assert (contrat.niveau_1, contrat.niveau_2) == ("enjeu", "axe de travail")
    assert contrat.consigne_criteres == "intégrer des données genrées"
    assert [commune.nom for commune in contrat.communes.all()] == [CONTRAT["contrat"]["commune"]]
    phases = [(phase.date_debut.year, phase.date_fin.year) for phase in contrat.phases.all()]
    assert phases == [(phase["debut"], phase["fin"]) for phase in CONTRAT["contrat"]["phases"]]
    assert [str(o) for o in contrat.objectifs_nationaux.all()] == CONTRAT["contrat"]["objectifs_nationaux"]


def test_les_enjeux_et_les_axes_dans_l_ordre(contrat):
    attendus = []
    for enjeu in CONTRAT["enjeux"]:
        attendus.append((1, str(enjeu["numero"]), enjeu["intitule"]))
        attendus += [(2, axe["code"], axe["axe"]) for axe in enjeu["axes"]]
    assert [(axe.niveau, axe.code, axe.libelle) for axe in contrat.axes.all()] == attendus
    assert Counter(axe.niveau for axe in contrat.axes.all()) == {1: 4, 2: 19}


@pytest.mark.parametrize(
    ("cle", "relation", "nombre"),
    [
        ("objectifs", "objectifs", 77),
        ("partenaires", "partenaires_associes", 128),
        ("leviers", "leviers", 85),
        ("criteres", "criteres", 55),
    ],
)
def test_chaque_liste_de_chaque_axe_mot_pour_mot(contrat, cle, relation, nombre):
    lus = {axe["code"]: axe[cle] for enjeu in CONTRAT["enjeux"] for axe in enjeu["axes"]}
    charges = {axe.code: textes(getattr(axe, relation)) for axe in contrat.axes.filter(niveau=2)}
    assert charges == lus
    assert sum(len(liste) for liste in charges.values()) == nombre


def test_un_partenaire_cite_n_est_rapproche_que_sous_son_nom_exact(contrat):
    cites = [
        (cite.libelle, cite.partenaire.nom)
        for axe in contrat.axes.all()
        for cite in axe.partenaires_associes.all()
        if cite.partenaire
    ]
    assert cites
    assert all(libelle == nom for libelle, nom in cites)
    assert "Région" not in {libelle for libelle, _ in cites}


def test_les_partenaires_contributeurs(contrat):
    charges = {p.nom: (p.missions.split("\n"), p.dispositifs.split("\n")) for p in contrat.partenaires.all()}
    assert charges == {c["partenaire"]: (c["missions"], c["dispositifs"]) for c in CONTRAT["contributions"]}
    assert len(charges) == 12


def test_les_instances(contrat):
    lues = CONTRAT["gouvernance"]["instances"]
    charges = [(i.nom, i.niveau, i.role.split("\n"), i.frequence or None) for i in contrat.instances.all()]
    assert charges == [(i["nom"], i["niveau"], i["role"], i["frequence"]) for i in lues]
    assert [i.type for i in contrat.instances.all()] == [
        *("copil", "cotech", "groupe_thematique", "groupe_thematique", "conseil_citoyen", "gup")
    ]


def test_le_quartier(contrat):
    (qpv,) = contrat.territoires.all()
    assert (qpv.nom, qpv.type, qpv.generation_id, qpv.code) == ("Les Mesnils Pasteur", "qpv", "2024", "")
    assert (qpv.population, qpv.superficie_ha) == (3025, Decimal(45))
    assert "Mesnils-Pasteur" in {alias.libelle for alias in qpv.alias.all()}


def test_les_statistiques_et_leurs_valeurs(contrat):
    lues = CONTRAT["qpv"][0]["statistiques"]
    charges = [
        (s.libelle, s.unite, s.annee, s.source or None, {v.echelle: v.valeur for v in s.valeurs.all()})
        for s in contrat.statistiques.all()
    ]
    assert charges == [
        (
            *(s["indicateur"], s["unite"], s["annee"], s["source"]),
            {echelle: Decimal(str(s[echelle])) for echelle in ECHELLES if s[echelle] is not None},
        )
        for s in lues
    ]
    assert len(charges) == 40


def test_les_campagnes(contrat):
    campagnes = {campagne.annee: campagne for campagne in contrat.campagnes.all()}
    assert set(campagnes) == {2024, 2025}
    assert campagnes[2024].statut == Campagne.Statut.BILANS_OUVERTS
    assert campagnes[2024].bilan_echeance == date(2025, 6, 30)
    for campagne in campagnes.values():
        ages = [(t.age_min, t.age_max) for t in campagne.tranches.all()]
        assert ages == [(0, 5), (6, 15), (16, 17), (18, 25), (26, 64), (65, None)]


# -- The actions -----------------------------------------------------------------------------------
def texte(annuelle):
    """What the document says of an action, wherever it is kept."""
    return annuelle.bilan.mise_en_oeuvre or annuelle.motif or annuelle.description


def test_les_41_actions_de_16_structures_mot_pour_mot(annuelles):
    charges = [(a.ordre, a.action.intitule, a.action.porteur.nom, texte(a)) for a in annuelles]
    assert charges == [(a["ordre"], a["action"], a["structure"], a["descriptif"]) for a in ACTIONS]
    assert len(charges) == 41
    assert annuelles.nombre_de_structures() == 16
    assert {a.action.porteur.parent for a in annuelles} == {None}


def test_le_tournoi_de_foot_est_en_un_seul_morceau(annuelles):
    tournoi = annuelles.get(action__intitule="Tournoi de foot")
    recit = tournoi.bilan.mise_en_oeuvre
    assert recit.startswith("Deux tournois sportifs ont été organisés")
    assert "ont activement participé, en contribuant à l'animation et à l'inscription" in recit


def test_ni_axe_ni_montant_que_le_document_ne_donne_pas(contrat, annuelles):
    assert {annuelle.axe for annuelle in annuelles} == {None}
    assert {annuelle.dispositif for annuelle in annuelles} == {None}
    assert not LigneFinancement.objects.filter(action_annuelle__in=annuelles).exists()
    (qpv,) = contrat.territoires.all()
    assert {tuple(annuelle.territoires.order_by("pk")) for annuelle in annuelles} == {(qpv,)}


def test_les_etats_des_actions_et_des_bilans(par_ordre):
    bilans = {ordre: annuelle.bilan.statut for ordre, annuelle in par_ordre.items()}
    par_etat = {etat: sorted(o for o, e in bilans.items() if e == etat) for etat in set(bilans.values())}
    assert par_etat == {
        "dispense": [29, 33],
        "a_saisir": [10, 23, 24],
        "a_completer": [22],
        "valide": [1, 3, 14, 16, 17, 18, 19, 20, 21, 28, 30, 31, 34, 35, 36, 38, 39, 40],
        "transmis": [2, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 25, 26, 27, 32, 37, 41],
    }
    actions = {ordre: annuelle.statut for ordre, annuelle in par_ordre.items()}
    assert {o for o, statut in actions.items() if statut == "reportee"} == {29, 33}
    assert {o for o, statut in actions.items() if statut == "programmee"} == {10, 23, 24}
    assert Counter(actions.values())["realisee"] == 36


def test_les_actions_reportees_disent_pourquoi_dans_les_mots_du_document(par_ordre):
    for ordre, motif in ((29, "Action reportée en 2025"), (33, "Action 2023 reportée en 2025")):
        assert par_ordre[ordre].motif == motif
        (transition,) = par_ordre[ordre].bilan.transitions.all()
        assert (transition.de, transition.vers) == ("a_saisir", "dispense")
        assert transition.commentaire == motif


def test_un_bilan_valide_n_a_rien_de_bloquant_et_un_renvoi_dit_quoi(annuelles):
    for annuelle in annuelles:
        bloquants = [a for a in anomalies_bilan(annuelle.bilan) if a.bloquante]
        assert bool(bloquants) == (annuelle.bilan.statut == "a_completer"), annuelle
    graff = annuelles.get(action__intitule="Graff").bilan
    assert "80" in graff.motif_renvoi
    assert "70" in graff.motif_renvoi
    assert [t.vers for t in graff.transitions.all()] == ["transmis", "a_completer"]
    assert graff.transitions.last().commentaire == graff.motif_renvoi


def test_les_transitions_suivent_les_dates_du_bilan(annuelles):
    for annuelle in annuelles.filter(bilan__statut="valide"):
        transmission, validation = annuelle.bilan.transitions.all()
        assert transmission.date == annuelle.bilan.transmis_le
        assert validation.date == annuelle.bilan.valide_le
        assert transmission.date.year == validation.date.year == 2025


def test_les_types_de_structure_que_les_documents_disent(contrat):
    types = {p.nom: p.type for p in Porteur.objects.filter(epci=contrat.epci) if p.type != "autre"}
    assert types == {"CCAS": "ccas", "Femmes Debout": "association", "Cité Jeune": "association"}


# -- 2025: nothing is known of it ------------------------------------------------------------------
def test_2025_reconduit_quatre_actions_de_l_association_sans_rien_ecrire(contrat):
    annuelles = ActionAnnuelle.objects.filter(campagne__contrat=contrat, campagne__annee=2025).order_by("pk")
    assert [a.action.intitule for a in annuelles] == [
        *("Animation au pied des immeubles", "Chantier jeunes", "Pop and sport", "Pop and cook")
    ]
    assert {(a.type, a.statut, a.action.porteur.nom) for a in annuelles} == {
        ("reconduction", "programmee", "Loisirs Populaires Dolois")
    }
    for annuelle in annuelles:
        bilan = annuelle.bilan
        assert (bilan.statut, bilan.mise_en_oeuvre, bilan.realisation, bilan.nombre_seances) == (
            *("a_saisir", "", "", None),
        )
        assert not bilan.effectifs.exists()
        assert not bilan.valeurs_indicateurs.exists()
    campagne = contrat.campagnes.get(annee=2025)
    assert (campagne.statut, campagne.bilan_ouverture) == ("bilans_ouverts", date(2026, 2, 2))
    assert campagne.evenements.get().date.date() == date(2026, 2, 2)


def test_les_chiffres_de_2024_sont_a_cote_des_questions_de_2025(contrat):
    compte = Utilisateur.objects.get(email="association.dole@pilotis.example")
    bilan = Bilan.objects.get(
        action_annuelle__campagne__annee=2025, action_annuelle__action__intitule="Pop and cook"
    )
    saisie = Saisie(bilan)
    deroulement, publics, moyens = (
        connus(saisie, etape, compte) for etape in ("deroulement", "publics", "moyens")
    )
    assert ("En 2024", "15") in [connu[:2] for connu in deroulement["nombre_seances"]]
    assert ("En 2024", "50\xa0personnes") in [connu[:2] for connu in publics["grille_total"]]
    assert ("En 2024", "5") in [connu[:2] for connu in moyens["salaries"]]


def test_chaque_compte_arrive_sur_l_annee_qu_il_suit(contrat):
    def annee(adresse):
        return annee_utile(contrat, Utilisateur.objects.get(email=adresse))

    assert annee("chargee.dole@pilotis.example") == 2024
    assert annee("administration@pilotis.example") == 2024
    assert annee("association.dole@pilotis.example") == 2025


# -- The facts -------------------------------------------------------------------------------------
def nombres(fait):
    return [fait[cle] for cle in ("valeur", "min", "max") if fait[cle] is not None]


FAITS = [(action["ordre"], fait) for action in ACTIONS for fait in action["beneficiaires"]]
ENCADRANTS = {
    "encadrants_salaries": "salaries",
    "encadrants_benevoles": "benevoles",
    "encadrants_intervenants": "intervenants",
}


def test_les_78_faits_sont_lus():
    assert len(FAITS) == 78
    assert sum(bool(nombres(fait)) for _, fait in FAITS) == 67


@pytest.mark.parametrize(
    ("ordre", "fait"),
    [(ordre, fait) for ordre, fait in FAITS if nombres(fait)],
    ids=[f"{ordre}-{fait['categorie']}-{nombres(fait)}" for ordre, fait in FAITS if nombres(fait)],
)
def test_chaque_nombre_ecrit_est_quelque_part_avec_ses_mots(par_ordre, ordre, fait):
    bilan = par_ordre[ordre].bilan
    assert fait["citation"] in bilan.mise_en_oeuvre
    if fait["type"] == "age":
        assert fait["citation"] in bilan.type_public
        return
    champs = {fait["valeur"]: ENCADRANTS.get(fait["categorie"])}
    if champ := champs.get(fait["valeur"]):
        assert getattr(bilan, champ) == fait["valeur"]
        return
    effectifs = Effectif.objects.filter(bilan=bilan, citation=fait["citation"], perimetre="total")
    indicateurs = ValeurIndicateur.objects.filter(bilan=bilan, citation=fait["citation"])
    trouves = [
        *effectifs.filter(
            valeur=fait["valeur"],
            valeur_min=fait["min"],
            valeur_max=fait["max"],
            approximatif=fait["approximatif"],
        ),
        *indicateurs.filter(valeur=fait["valeur"], unite=fait["unite"], approximatif=fait["approximatif"]),
    ]
    if fait["type"] == "seances" and bilan.nombre_seances is not None:
        assert bilan.nombre_seances == fait["valeur"]
    else:
        assert trouves


def test_rien_de_plus_que_ce_qui_est_ecrit(par_ordre):
    """Every row and every number of the bilans is one of the facts: none is computed or guessed."""
    bilans = Bilan.objects.filter(action_annuelle__in=par_ordre.values())
    for effectif in Effectif.objects.filter(bilan__in=bilans):
        assert re.search(r"\d|douzaine|vingtaine", effectif.citation), effectif
        assert effectif.citation in effectif.bilan.mise_en_oeuvre
        assert effectif.tranche is None
    attendus = Counter()
    for _, fait in FAITS:
        if nombres(fait) and fait["type"] != "age":
            attendus[fait["type"]] += 1
    ecrits = sum(
        getattr(bilan, champ) is not None
        for bilan in bilans
        for champ in ("salaries", "benevoles", "intervenants", "nombre_seances")
    )
    lignes = Effectif.objects.filter(bilan__in=bilans, perimetre="total").count()
    lignes += ValeurIndicateur.objects.filter(bilan__in=bilans).count()
    assert lignes + ecrits == sum(attendus.values())


def test_les_personnes_du_quartier_seulement_quand_la_phrase_le_dit(par_ordre):
    en_qpv = Effectif.objects.filter(perimetre="qpv", bilan__action_annuelle__in=par_ordre.values()).order_by(
        "bilan__action_annuelle__ordre", "pk"
    )
    assert [(e.bilan.action_annuelle.ordre, e.sexe, e.valeur, e.approximatif) for e in en_qpv] == [
        (17, "T", 20, True),
        (22, "T", 70, False),
        (22, "F", 25, False),
        (22, "H", 35, False),
        (22, "N", 20, False),
        (36, "T", 30, False),
        (40, "T", 50, False),
    ]


def test_quelques_bilans_en_entier(par_ordre):
    def effectifs(ordre):
        lignes = par_ordre[ordre].bilan.effectifs.filter(perimetre="total")
        return {(e.mesure, e.sexe): e.valeur for e in lignes}

    assert effectifs(1) == {("personnes", "T"): 141, ("personnes", "F"): 59, ("personnes", "H"): 82}
    assert effectifs(14) == {("personnes", "T"): 285}
    assert effectifs(30) == {("personnes", "N"): 12}
    assert effectifs(41) == {("frequentation", "T"): None}
    (visiteurs,) = par_ordre[41].bilan.effectifs.all()
    assert (visiteurs.valeur_min, visiteurs.valeur_max) == (20, 120)
    cuisine = par_ordre[19].bilan
    assert (cuisine.salaries, cuisine.benevoles, cuisine.nombre_seances) == (5, 10, 15)
    ateliers = par_ordre[13].bilan
    assert ateliers.nombre_seances is None
    assert [(v.libelle, v.valeur) for v in ateliers.valeurs_indicateurs.all()] == [
        ("Séances, ateliers sociolinguistiques (ASL)", 153),
        ("Séances, préparation au DELF", 35),
    ]
    assert par_ordre[27].bilan.type_public.split("\n") == [
        "Le premier tournoi, destiné aux 17 ans et plus",
        "le second, pour les 10-15 ans",
    ]


def test_le_total_des_personnes(annuelles):
    bilans = Bilan.objects.filter(action_annuelle__in=annuelles).avec_effectifs().order_by("pk")
    totaux = [f["valeur"] for _, f in FAITS if f["categorie"] == "total"] + [12]
    assert sum(bilan.personnes or 0 for bilan in bilans) == sum(totaux)
    assert sum(bilan.personnes_qpv or 0 for bilan in bilans) == 20 + 70 + 30 + 50
