"""Bagnols-sur-Cèze: the 46 rows of document 002, every amount, every printed total."""

import re
from collections import Counter
from decimal import Decimal

import pytest
from django.db.models import Sum

from actions.models import Action, ActionAnnuelle
from bilans.controles import anomalies_bilan
from bilans.models import Bilan, Effectif, ValeurIndicateur
from contrats.models import ContratVille
from financements.models import AmbiguiteMontants, Financeur, LigneFinancement, TotalControle
from porteurs.models import Porteur

from .outils import document

pytestmark = pytest.mark.usefixtures("demonstration")
DOCUMENT = document("bagnols_2023")
LIGNES = DOCUMENT["lignes"]
FINANCEURS = ("mairie_bagnols", "agglo", "pse", "etat", "departement", "region", "caf")
SIGLES = ("MAIRIE BAGNOLS", "AGGLO", "PSE", "ETAT", "Département", "Région", "CAF")


@pytest.fixture
def contrat():
    return ContratVille.objects.get(slug="bagnols-2015-2023")


@pytest.fixture
def annuelles(contrat):
    return ActionAnnuelle.objects.filter(campagne__contrat=contrat, campagne__annee=2023).order_by("ordre")


@pytest.fixture
def par_ordre(annuelles):
    return {annuelle.ordre: annuelle for annuelle in annuelles}


def somme(lignes):
    return lignes.aggregate(total=Sum("montant_accorde"))["total"]


# -- Rows ------------------------------------------------------------------------------------------
def test_les_46_lignes_mot_pour_mot(annuelles):
    charges = [
        (
            *(a.ordre, a.action.intitule, a.axe.parent.libelle, a.axe.libelle),
            *(a.bilan.mise_en_oeuvre, a.bilan.type_public, a.bilan.moyens),
        )
        for a in annuelles
    ]
    colonnes = ("ordre", "intitule", "axe_prioritaire", "thematique", "bilan", "type_public", "moyens")
    assert charges == [tuple(ligne[colonne] for colonne in colonnes) for ligne in LIGNES]
    assert len(charges) == 46


def test_chaque_ligne_a_son_porteur_sous_le_nom_du_document(annuelles):
    noms = [annuelle.action.porteur.nom for annuelle in annuelles]
    lus = [ligne["porteur"].replace("UFOLEP QE", "UFOLEP") for ligne in LIGNES]
    assert noms == lus


def test_vingt_structures_une_fois_les_services_rattaches(contrat, annuelles):
    assert annuelles.nombre_de_structures() == 20
    ville = Porteur.objects.get(epci=contrat.epci, nom="Ville de Bagnols-sur-Cèze")
    services = {service.nom for service in ville.services.all()}
    assert services == {nom for nom in {ligne["porteur"] for ligne in LIGNES} if nom.startswith("VILLE")}
    assert len(services) == 5
    assert [alias.libelle for alias in ville.alias.all()] == ["VILLE"]
    ufolep = Porteur.objects.get(epci=contrat.epci, nom="UFOLEP")
    assert [alias.libelle for alias in ufolep.alias.all()] == ["UFOLEP QE"]


def test_les_axes_dans_l_ordre_du_document(contrat):
    arbre = {}
    for ligne in LIGNES:
        arbre.setdefault(ligne["axe_prioritaire"], {})[ligne["thematique"]] = True
    attendus = []
    for numero, (axe, thematiques) in enumerate(arbre.items(), 1):
        attendus.append((str(numero), axe))
        attendus += [(f"{numero}.{rang}", thematique) for rang, thematique in enumerate(thematiques, 1)]
    assert [(axe.code, axe.libelle) for axe in contrat.axes.all()] == attendus
    assert Counter(axe.niveau for axe in contrat.axes.all()) == {1: 4, 2: 26}


def test_deux_actions_ont_deux_lignes_dans_deux_dispositifs(contrat, par_ordre):
    assert par_ordre[4].action == par_ordre[5].action
    assert par_ordre[6].action == par_ordre[7].action
    assert Action.objects.filter(contrat=contrat).count() == 44
    dispositifs = [par_ordre[ordre].dispositif_id for ordre in (4, 5, 6, 7)]
    assert dispositifs == ["QE", "CDV", "QE", "CDV"]


def test_un_dispositif_seulement_quand_la_ligne_le_nomme(par_ordre):
    codes = {}
    for ordre, annuelle in par_ordre.items():
        if annuelle.dispositif_id:
            codes.setdefault(annuelle.dispositif_id, []).append(ordre)
    assert codes == {
        "QE": [3, 4, 6, 9, 18, 19, 20, 28, 37],
        "CDV": [5, 7],
        "QH": [10],
        "PRE": [11],
        "CLAS": [13, 17],
        "FPH": [14],
    }


def test_toutes_les_actions_sont_dans_le_quartier(contrat, annuelles):
    (qpv,) = contrat.territoires.all()
    assert (qpv.type, qpv.generation_id, qpv.population) == ("qpv", "2015", 3463)
    assert {tuple(annuelle.territoires.order_by("pk")) for annuelle in annuelles} == {(qpv,)}
    assert qpv.population_source == f"« {LIGNES[11]['type_public']} »"
    alias = {alias.libelle for alias in qpv.alias.all()}
    assert set(DOCUMENT["territoire"]["quartiers_cites"]) <= alias


# -- Amounts ---------------------------------------------------------------------------------------
def test_les_sept_financeurs_dans_l_ordre_des_colonnes(contrat):
    financeurs = contrat.financeurs.all()
    assert tuple(f.sigle for f in financeurs) == SIGLES
    assert [f.groupe for f in financeurs] == ["", *["Autres financeurs"] * 5, ""]
    assert [f.dans_total for f in financeurs] == [True] * 6 + [False]
    assert [f.ligne_cerfa_id for f in financeurs] == [
        *("74com", "74epci", "74com", "74etat", "74dep", "74region", "74orgasoc")
    ]


def test_chaque_montant_de_chaque_ligne_zero_compris(annuelles):
    charges = {
        annuelle.ordre: {
            ligne.financeur.sigle: ligne.montant_accorde for ligne in annuelle.lignes_financement.all()
        }
        for annuelle in annuelles
    }
    assert charges == {
        ligne["ordre"]: {
            sigle: Decimal(ligne[cle])
            for cle, sigle in zip(FINANCEURS, SIGLES, strict=True)
            if ligne[cle] is not None
        }
        for ligne in LIGNES
    }
    lignes = LigneFinancement.objects.filter(action_annuelle__in=annuelles)
    assert lignes.filter(montant_accorde=0).count() == sum(
        ligne[cle] == 0 for ligne in LIGNES for cle in FINANCEURS
    )
    assert set(lignes.values_list("nature_credit", flat=True)) == {"non_precisee"}
    for etat in ("montant_demande", "montant_propose", "montant_notifie"):
        assert not lignes.filter(**{f"{etat}__isnull": False}).exists()


def test_les_totaux_de_colonne(contrat, annuelles):
    lignes = LigneFinancement.objects.filter(action_annuelle__in=annuelles)
    par_sigle = {f.sigle: somme(lignes.filter(financeur=f)) for f in contrat.financeurs.all()}
    attendus = DOCUMENT["controles"]["somme_lignes"]
    assert par_sigle == {sigle: attendus[cle] for cle, sigle in zip(FINANCEURS, SIGLES, strict=True)}
    assert par_sigle["MAIRIE BAGNOLS"] == 321439
    assert par_sigle["PSE"] == 2500
    assert par_sigle["CAF"] == 43346
    assert somme(lignes.filter(financeur__dans_total=True)) == 667039


def test_le_sous_total_de_la_ville(annuelles):
    ville = LigneFinancement.objects.filter(
        action_annuelle__in=annuelles,
        financeur__dans_total=True,
        action_annuelle__action__porteur__parent__nom="Ville de Bagnols-sur-Cèze",
    )
    assert somme(ville) == 413867
    assert ville.order_by().values("action_annuelle").distinct().count() == 14


def test_le_total_imprime_de_chaque_ligne_est_la_somme_de_ses_montants(par_ordre):
    """What LISEZMOI.md says, and why the printed totals of the rows need not be kept."""
    for ligne in LIGNES:
        total = somme(par_ordre[ligne["ordre"]].lignes_financement.filter(financeur__dans_total=True))
        assert total == ligne["total_calcule"]
        assert ligne["total_pdv"] in (None, ligne["total_calcule"])


def test_une_colonne_deduite_le_dit(par_ordre):
    assert Counter(ligne["confiance"] for ligne in LIGNES) == {"certaine": 15, "deduite": 23, "ambigue": 8}
    for ligne in LIGNES:
        commentaires = {m.commentaire for m in par_ordre[ligne["ordre"]].lignes_financement.all()}
        deduite = ligne["confiance"] == "deduite"
        assert all(ligne["note"] in commentaire for commentaire in commentaires) or not deduite
        assert all(("Colonne retrouvée" in commentaire) == deduite for commentaire in commentaires)


def test_les_huit_lignes_ambigues_attendent_qu_on_tranche(par_ordre):
    ambigues = [ligne for ligne in LIGNES if ligne["confiance"] == "ambigue"]
    charges = {a.action_annuelle.ordre: a for a in AmbiguiteMontants.objects.all()}
    assert sorted(charges) == [ligne["ordre"] for ligne in ambigues] == [15, 16, 22, 24, 34, 36, 40, 42]
    sigles = dict(zip(FINANCEURS, SIGLES, strict=True))
    for ligne in ambigues:
        ambiguite = charges[ligne["ordre"]]
        assert ambiguite.explication == ligne["note"]
        assert ambiguite.cases_lues.replace("(vide)", "").split(" | ") == ligne["montants_bruts"]
        assert not ambiguite.tranchee
        lectures = [
            {montant.financeur.sigle: montant.montant for montant in lecture.montants.all()}
            for lecture in ambiguite.lectures.all()
        ]
        assert lectures == [
            {sigles[cle]: Decimal(montant) for cle, montant in lue.items() if montant is not None}
            for lue in ligne["lectures_possibles"]
        ]
        chargee = {
            m.financeur.sigle: m.montant_accorde
            for m in par_ordre[ligne["ordre"]].lignes_financement.filter(financeur__dans_total=True)
        }
        assert chargee == lectures[0]


# -- Printed totals --------------------------------------------------------------------------------
def test_les_totaux_imprimes_sont_gardes_sans_servir_de_chiffres(contrat):
    imprimes = DOCUMENT["totaux_imprimes"]
    totaux = TotalControle.objects.filter(campagne__contrat=contrat, action_annuelle=None)
    montants = totaux.filter(nature="montant", porteur__isnull=True)
    assert {t.financeur.sigle if t.financeur else "": t.valeur for t in montants} == {
        **{sigle: Decimal(imprimes[cle]) for cle, sigle in zip(FINANCEURS, SIGLES, strict=True)},
        "": Decimal(687489),
    }
    parts = [int(part.valeur) for part in totaux.filter(nature="part", financeur__isnull=False)]
    assert parts == [47, 5, 0, 37, 11, 4]
    par_axe = totaux.filter(nature="part", financeur__isnull=True).select_related("axe")
    assert {part.axe.libelle: int(part.valeur) for part in par_axe} == {
        "COHESION SOCIALE": 85,
        "EMPLOI ET DEVELOPPEMENT ECONOMIQUE": 9,
        "CADRE DE VIE ET RENOUVELLEMENT URBAIN": 4,
    }
    autres = {
        t.libelle: int(t.valeur) for t in totaux.filter(nature__in=["effectif", "actions", "structures"])
    }
    assert autres == {
        "Nombre isolé": 12264,
        "Actions annoncées": 53,
        "Structures annoncées": 20,
        "Actions de la Ville annoncées": 14,
    }
    assert all(total.citation and total.source for total in totaux)


def test_quatre_lignes_n_impriment_pas_de_total(contrat, annuelles):
    imprimes = TotalControle.objects.filter(campagne__contrat=contrat, action_annuelle__isnull=False)
    lus = {total.action_annuelle.ordre: int(total.valeur) for total in imprimes}
    assert lus == {
        ligne["ordre"]: ligne["total_pdv"]
        for ligne in DOCUMENT["lignes"]
        if ligne["ordre"] not in DOCUMENT["controles"]["lignes_sans_total_imprime"]
    }
    assert len(lus) == 42


def test_les_sous_totaux_par_porteur(contrat):
    totaux = TotalControle.objects.filter(campagne__contrat=contrat, nature="montant", porteur__isnull=False)
    lus = {
        lu["porteur"]: lu["imprime"]
        for lu in DOCUMENT["controles"]["sous_totaux_porteur"]
        if lu["imprime"] is not None
    }
    lus["Ville de Bagnols-sur-Cèze"] = lus.pop("VILLE (14 lignes)")
    assert {total.porteur.nom: int(total.valeur) for total in totaux} == lus
    assert len(lus) == 18
    (ufolep,) = (total for total in totaux if total.porteur.nom == "UFOLEP")
    assert "oubliés" in ufolep.explication


def test_un_ecart_est_explique_et_lui_seul(contrat):
    totaux = TotalControle.objects.filter(
        campagne__contrat=contrat, nature="montant", financeur__isnull=False
    )
    ecarts = DOCUMENT["controles"]["ecart_imprime_moins_lignes"]
    explique = {total.financeur.sigle: bool(total.explication) for total in totaux}
    assert explique == {sigle: ecarts[cle] != 0 for cle, sigle in zip(FINANCEURS, SIGLES, strict=True)}


# -- People ----------------------------------------------------------------------------------------
def test_les_beneficiaires_du_qpv_zero_compris(annuelles, par_ordre):
    lignes = Effectif.objects.filter(
        bilan__action_annuelle__in=annuelles,
        mesure="personnes",
        perimetre="qpv",
        sexe="T",
        tranche__isnull=True,
    )
    charges = {effectif.bilan.action_annuelle.ordre: effectif.valeur for effectif in lignes.order_by("pk")}
    assert charges == {
        ligne["ordre"]: ligne["nb_beneficiaires_qpv"]
        for ligne in LIGNES
        if ligne["nb_beneficiaires_qpv"] is not None
    }
    assert sum(charges.values()) == 9527
    assert charges[14] == 0
    assert len(charges) == 38
    bilans = Bilan.objects.filter(action_annuelle__in=annuelles).avec_effectifs().order_by("pk")
    assert sum(bilan.personnes_qpv or 0 for bilan in bilans) == 9527


def grille(annuelle, perimetre):
    """The stored rows of a perimeter, by age band and sex."""
    return {
        (e.tranche.age_min if e.tranche else None, e.sexe): e.valeur
        for e in annuelle.bilan.effectifs.filter(perimetre=perimetre)
    }


def test_femmes_et_hommes_la_ou_le_document_les_compte(par_ordre):
    sexes = {
        ordre: {cle: n for cle, n in grille(annuelle, "qpv").items() if cle[1] != "T"}
        for ordre, annuelle in par_ordre.items()
    }
    assert {ordre: grille_ for ordre, grille_ in sexes.items() if grille_} == {
        16: {(None, "F"): 65},
        17: {(6, "F"): 27, (6, "H"): 16},
        18: {(6, "F"): 12, (6, "H"): 32, (16, "F"): 2, (16, "H"): 6},
        20: {(6, "F"): 12, (6, "H"): 17},
        25: {(None, "F"): 6, (None, "H"): 174},
        26: {(None, "F"): 33},
        27: {(None, "F"): 2, (None, "H"): 20},
        28: {(None, "F"): 10, (None, "H"): 58},
        30: {(None, "F"): 1, (None, "H"): 5},
        32: {(None, "F"): 14, (None, "H"): 20},
        34: {(None, "F"): 14, (None, "H"): 2},
        35: {(None, "F"): 384, (None, "H"): 192},
        39: {(26, "F"): 35, (26, "H"): 6},
    }


def test_le_public_total_n_est_donne_que_par_une_ligne(annuelles, par_ordre):
    assert grille(par_ordre[37], "total") == {(None, "T"): 49, (None, "F"): 10, (None, "H"): 39}
    assert grille(par_ordre[37], "qpv") == {(None, "T"): 44}
    autres = Effectif.objects.filter(bilan__action_annuelle__in=annuelles, perimetre="total")
    assert set(autres.values_list("bilan__action_annuelle__ordre", flat=True)) == {37}


def test_les_ages_que_le_document_ecrit(par_ordre):
    ages = {
        ordre: {
            cle[0]: n for cle, n in grille(annuelle, "qpv").items() if cle[0] is not None and cle[1] == "T"
        }
        for ordre, annuelle in par_ordre.items()
    }
    assert {ordre: bandes for ordre, bandes in ages.items() if bandes} == {
        11: {0: 8, 6: 80, 16: 2},
        18: {6: 44, 16: 8},
        20: {6: 30},
    }


def test_ce_qui_ne_compte_pas_des_personnes_est_un_indicateur(annuelles):
    valeurs = ValeurIndicateur.objects.filter(bilan__action_annuelle__in=annuelles)
    charges = [
        (v.bilan.action_annuelle.ordre, v.valeur, v.valeur_femmes, v.valeur_hommes)
        for v in valeurs.order_by("pk")
    ]
    assert charges == [(4, 441, 207, 234), (6, None, 11, None)]


def test_chaque_citation_est_dans_sa_ligne(annuelles):
    for modele in (Effectif, ValeurIndicateur):
        for objet in modele.objects.filter(bilan__action_annuelle__in=annuelles).exclude(citation=""):
            bilan = objet.bilan
            assert objet.citation in f"{bilan.mise_en_oeuvre} {bilan.type_public}", objet


def test_chaque_fait_par_sexe_est_charge(par_ordre):
    faits = [(ligne["ordre"], fait) for ligne in LIGNES for fait in ligne["genre"]]
    assert len(faits) == 17
    for ordre, fait in faits:
        bilan = par_ordre[ordre].bilan
        effectifs = {e.sexe: e.valeur for e in bilan.effectifs.filter(citation=fait["citation"])}
        indicateur = bilan.valeurs_indicateurs.filter(citation=fait["citation"]).first()
        if indicateur:
            assert (indicateur.valeur_femmes, indicateur.valeur_hommes) == (fait["feminin"], fait["masculin"])
        else:
            assert (effectifs.get("F"), effectifs.get("H")) == (fait["feminin"], fait["masculin"])


# -- States ----------------------------------------------------------------------------------------
def test_les_etats_des_bilans(par_ordre):
    etats = {}
    for ordre, annuelle in par_ordre.items():
        etats.setdefault(annuelle.bilan.statut, []).append(ordre)
    sans_nombre = [ligne["ordre"] for ligne in LIGNES if ligne["nb_beneficiaires_qpv"] is None]
    assert etats["transmis"] == sans_nombre == [23, 40, 41, 42, 43, 44, 45, 46]
    assert etats["a_completer"] == [20]
    assert len(etats["valide"]) == 37
    assert set(etats) == {"transmis", "a_completer", "valide"}


def test_un_bilan_valide_n_a_rien_de_bloquant_dans_sa_grille(annuelles):
    for annuelle in annuelles:
        bloquants = [a for a in anomalies_bilan(annuelle.bilan) if a.bloquante and not a.citation]
        assert bool(bloquants) == (annuelle.bilan.statut == "a_completer"), annuelle


def test_quatre_bilans_valides_sont_contredits_par_leur_texte(par_ordre):
    contredits = {
        ordre: [a.code for a in anomalies_bilan(annuelle.bilan) if a.bloquante and a.citation]
        for ordre, annuelle in par_ordre.items()
    }
    assert {ordre: codes for ordre, codes in contredits.items() if codes} == {
        4: ["EFF-09"],
        18: ["EFF-04"],
        21: ["EFF-11"],
        39: ["EFF-03"],
    }
    assert {par_ordre[ordre].bilan.statut for ordre in (4, 18, 21, 39)} == {"valide"}


def test_le_fph_n_a_pas_eu_lieu_et_dit_pourquoi(par_ordre):
    bilan = par_ordre[14].bilan
    assert bilan.realisation == Bilan.Realisation.NON_REALISEE
    assert bilan.motif_non_realisation == "Aucun projet d'habitant n'a été reçu pendant l'année 2023."
    assert bilan.motif_non_realisation in bilan.mise_en_oeuvre
    realisations = Counter(annuelle.bilan.realisation for annuelle in par_ordre.values())
    assert realisations == {"realisee": 45, "non_realisee": 1}


def test_les_types_de_structure_ont_leur_preuve_dans_le_document(contrat):
    associations = Porteur.objects.filter(epci=contrat.epci, type="association").values_list("nom", flat=True)
    assert set(associations) == {
        *("MOSAIQUE EN CEZE", "RIPOSTE", "SLC sport loisirs culture", "PEPS", "AC2GR", "COUP DE POUCE AVENIR")
    }
    recits = " ".join(ligne["bilan"] + ligne["moyens"] for ligne in LIGNES)
    assert re.search(r"associations Mosaïque, Riposte", recits)
    assert re.search(r"associations \(centre social, SLC\)", recits)
    assert re.search(r"association PEPS", recits)


def test_le_financeur_ne_porte_pas_de_chiffre(contrat):
    """The Ville is a porteur and a funder: two objects, never summed together."""
    assert Financeur.objects.filter(contrat=contrat, nom="Ville de Bagnols-sur-Cèze").count() == 1
