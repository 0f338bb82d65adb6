"""FIN: what each rule finds, in words, on the figures of the public documents and beside them."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache

import pytest
from django.conf import settings

from bilans.controles import REGLES, Gravite, Portee, appliquer
from bilans.controles.contexte import (
    BudgetLu,
    ContexteAnnee,
    ContexteContrat,
    ConventionLue,
    FinanceurLu,
    LigneAnnee,
    PorteurLu,
    Seuils,
    TexteLu,
    TotalLu,
)
from bilans.controles.montants_lus import (
    brut,
    enumerer,
    expliquer,
    montants_annuels,
)
from bilans.imports.signalements import signaler
from tests.outils.pages import lisible

D = Decimal
FINANCEURS = ("mairie_bagnols", "agglo", "pse", "etat", "departement", "region", "caf")


def lire(nom):
    return json.loads((settings.BASE_DIR / "fixtures" / "demonstration" / f"{nom}.json").read_text())


@cache
def bagnols():
    """The year of document 002 as its transcription gives it: 46 rows, 7 funders, every printed total."""
    document, cadre = lire("bagnols_2023"), lire("cadre")["bagnols"]
    titres = {colonne["cle"]: colonne["titre"] for colonne in document["colonnes"]}
    financeurs = {
        pk: FinanceurLu(
            pk=pk,
            sigle=titres[lu["cle"]],
            nom=lu["nom"],
            type=lu["type"],
            dans_total=lu.get("dans_total", True),
        )
        for pk, lu in enumerate(cadre["financeurs"], 1)
    }
    cles = {lu["cle"]: pk for pk, lu in enumerate(cadre["financeurs"], 1)}
    porteurs, rangs = _porteurs(document["lignes"])
    lignes = tuple(
        LigneAnnee(
            pk=lu["ordre"],
            cle=f"ligne{lu['ordre']}",
            intitule=lu["intitule"],
            porteur=rangs[lu["porteur"]],
            axes=(lu["axe_prioritaire"], lu["thematique"]),
            montants={cles[cle]: D(lu[cle]) for cle in FINANCEURS if lu[cle] is not None},
            total_imprime=None if lu["total_pdv"] is None else D(lu["total_pdv"]),
            ambigue=lu["confiance"] == "ambigue",
            textes={"bilan.mise_en_oeuvre": lu["bilan"], "bilan.moyens": lu["moyens"]},
        )
        for lu in document["lignes"]
    )
    return ContexteAnnee(
        annee=2023,
        contrat="Bagnols-sur-Cèze",
        lignes=lignes,
        financeurs=financeurs,
        porteurs=porteurs,
        totaux=tuple(_totaux(document, cles, rangs)),
    )


def _porteurs(lignes):
    porteurs = {1: PorteurLu(pk=1, cle="ville", nom="Ville de Bagnols-sur-Cèze", type="commune")}
    rangs = {"VILLE": 1}
    for nom in dict.fromkeys(ligne["porteur"] for ligne in lignes):
        if nom == "UFOLEP QE":
            rangs[nom] = rangs["UFOLEP"]
            continue
        service = nom.startswith("VILLE")
        rangs[nom] = len(porteurs) + 1
        porteurs[rangs[nom]] = PorteurLu(
            pk=rangs[nom],
            cle=nom.lower(),
            nom=nom,
            parent=1 if service else None,
            type="service_commune" if service else "association",
        )
    return porteurs, rangs


def _totaux(document, cles, rangs):
    imprimes = document["totaux_imprimes"]
    totaux = [
        {"nature": "montant", "libelle": f"Total {cle}", "financeur": pk, "valeur": imprimes[cle]}
        for cle, pk in cles.items()
    ]
    totaux.append({"nature": "montant", "libelle": "TOTAL PDV", "valeur": imprimes["total_pdv"]})
    totaux += [
        {"nature": "part", "libelle": f"Part {cle}", "financeur": cles[cle], "valeur": part}
        for cle, part in imprimes["pourcentages"].items()
        if cle in cles
    ]
    totaux += [
        {
            "nature": "montant",
            "libelle": f"Sous-total {lu['porteur'].split(' (')[0]}",
            "porteur": rangs[lu["porteur"].split(" (")[0]],
            "valeur": lu["imprime"],
            "citation": str(lu["imprime"]),
        }
        for lu in document["controles"]["sous_totaux_porteur"]
        if lu["imprime"] is not None
    ]
    totaux.append({"nature": "actions", "libelle": "Actions annoncées", "valeur": 53})
    for pk, total in enumerate(totaux, 1):
        yield TotalLu(pk=pk, **{**total, "valeur": D(total["valeur"])})


def trouvees(code, annee):
    return [a for a in appliquer(Portee.ANNEE, annee, annee) if a.code == code]


def phrases(code, annee):
    return [lisible(a.message) for a in trouvees(code, annee)]


def sur_l_action(code, ligne, annee):
    return [a for a in appliquer(Portee.ACTION, ligne, annee) if a.code == code]


# -- A small year, where everything adds up ---------------------------------------------------------
ETAT, VILLE, CAF = 1, 2, 3


def ligne(pk=1, porteur=1, etat=None, ville=None, caf=None, **suite):
    montants = {
        cle: D(euros) for cle, euros in ((ETAT, etat), (VILLE, ville), (CAF, caf)) if euros is not None
    }
    return LigneAnnee(
        pk=pk, cle=f"l{pk}", intitule=f"Action {pk}", porteur=porteur, **{"montants": montants, **suite}
    )


def total(pk, valeur, nature="montant", libelle="Total", **suite):
    return TotalLu(pk=pk, nature=nature, libelle=libelle, valeur=D(valeur), **suite)


def annee(*lignes, **suite):
    return ContexteAnnee(
        annee=2024,
        contrat="Dole",
        lignes=lignes,
        financeurs={
            ETAT: FinanceurLu(pk=ETAT, sigle="ÉTAT", nom="État", type="etat"),
            VILLE: FinanceurLu(pk=VILLE, sigle="VILLE", nom="Ville de Dole", type="commune"),
            CAF: FinanceurLu(
                pk=CAF, sigle="CAF", nom="CAF du Jura", type="organisme_social", dans_total=False
            ),
        },
        porteurs={
            1: PorteurLu(pk=1, cle="p1", nom="Femmes Debout", type="association"),
            2: PorteurLu(pk=2, cle="p2", nom="Antenne", parent=1, type="association"),
            3: PorteurLu(pk=3, cle="p3", nom="CCAS", type="ccas"),
        },
        **suite,
    )


@pytest.fixture
def juste():
    """Two rows, their totals, their shares."""
    return annee(
        ligne(1, etat=6000, ville=2000, total_imprime=D(8000)),
        ligne(2, etat=1000, ville=1000, caf=500, total_imprime=D(2000)),
        totaux=(
            total(1, 7000, libelle="Total ÉTAT", financeur=ETAT),
            total(2, 3000, libelle="Total VILLE", financeur=VILLE),
            total(3, 500, libelle="Total CAF", financeur=CAF),
            total(4, 10000, libelle="TOTAL PDV"),
            total(5, 70, "part", financeur=ETAT),
            total(6, 30, "part", financeur=VILLE),
        ),
    )


def test_une_annee_juste_n_a_que_des_temoins(juste):
    assert [
        (a.code, lisible(a.message)) for a in appliquer(Portee.ANNEE, juste, juste) if a.code[:3] == "FIN"
    ] == [("FIN-09", "CAF, hors du total : 500 € imprimés, exactement la somme de 1 ligne.")]
    assert [
        a for li in juste.lignes for a in appliquer(Portee.ACTION, li, juste) if a.code[:3] == "FIN"
    ] == []


def test_sans_total_imprime_rien_n_est_compare():
    nue = annee(ligne(1, etat=6000), ligne(2, ville=1000))
    assert [a for a in appliquer(Portee.ANNEE, nue, nue) if a.code[:3] == "FIN"] == []


# -- Shares and general total ------------------------------------------------------------------------
QUATRE = (
    "« QE_city stades_MEC » (5 000 €), « QE_de l'animation dans mon quartier_MEC » (2 300 €), "
    "« QE_sorties vacances été grand bus » (8 000 €) et « QE- animations socio sportives » (12 800 €)"
)


def test_fin_01_les_104_pour_cent_de_bagnols_sont_expliques():
    (trouvee,) = trouvees("FIN-01", bagnols())
    assert lisible(trouvee.message) == (
        "Les parts imprimées des financeurs font 104 % au lieu de 100 % (47 + 5 + 0 + 37 + 11 + 4). "
        "Divisées par la somme des financeurs, 715 589 €, elles sont : MAIRIE BAGNOLS 45,3 %, AGGLO 4,5 %, "
        "PSE 0,3 %, ETAT 35,3 %, Département 10,5 % et Région 4,0 %."
    )
    assert lisible(trouvee.explication) == (
        "Elles divisent chaque financeur par TOTAL PDV, 687 489 €, qui laisse de côté 28 100 €, "
        f"exactement la somme des 4 lignes sans total : {QUATRE}."
    )
    assert (trouvee.gravite, trouvee.champ) == (Gravite.BLOQUANT, "totaux")


@pytest.mark.parametrize(("ville", "attendu"), [(30, 0), (31, 0), (32, 1), (28, 1), (29, 0)])
def test_fin_01_la_tolerance_est_d_un_demi_point_par_part(juste, ville, attendu):
    totaux = [replace(t, valeur=D(ville)) if t.pk == 6 else t for t in juste.totaux]
    assert len(trouvees("FIN-01", replace(juste, totaux=tuple(totaux)))) == attendu


def test_fin_01_une_colonne_de_parts_incomplete_ne_dit_rien(juste):
    parts = [replace(t, valeur=D(60)) if t.pk == 5 else t for t in juste.totaux]
    assert len(trouvees("FIN-01", replace(juste, totaux=tuple(parts)))) == 1
    region = FinanceurLu(pk=4, sigle="RÉGION", nom="Région", type="region")
    sans_sa_part = replace(
        juste,
        financeurs={**juste.financeurs, 4: region},
        totaux=(*parts, total(7, 1000, libelle="Total RÉGION", financeur=4)),
    )
    assert trouvees("FIN-01", sans_sa_part) == []


def test_fin_01_sans_diviseur_sur_rien_n_est_affirme(juste):
    parts = [replace(t, valeur=D(60)) if t.pk == 5 else t for t in juste.totaux]
    (trouvee,) = trouvees("FIN-01", replace(juste, totaux=tuple(parts)))
    assert trouvee.explication == ""


def test_fin_02_le_total_general_de_bagnols():
    (trouvee,) = trouvees("FIN-02", bagnols())
    assert lisible(trouvee.message) == (
        "TOTAL PDV : 687 489 € imprimés, 28 100 € de moins que la somme des financeurs, 715 589 € "
        "(324 489 € + 32 000 € + 2 500 € + 252 800 € + 75 300 € + 28 500 €). Corrigez ce total, puis les parts qui en "
        "dépendent."
    )
    assert lisible(trouvee.explication) == (
        "L'écart de 28 100 € est exactement la somme des 4 lignes sans total : 5 000 € + 2 300 € + 8 000 € + "
        "12 800 €."
    )


def test_fin_02_la_caf_est_hors_du_total_et_un_financeur_muet_empeche_de_conclure(juste):
    assert trouvees("FIN-02", juste) == []
    faux = [replace(t, valeur=D(9000)) if t.pk == 4 else t for t in juste.totaux]
    assert phrases("FIN-02", replace(juste, totaux=tuple(faux))) == [
        "TOTAL PDV : 9 000 € imprimés, 1 000 € de moins que la somme des financeurs, 10 000 € (7 000 € + 3 000 €). "
        "Corrigez ce total, puis les parts qui en dépendent."
    ]
    assert trouvees("FIN-02", replace(juste, totaux=tuple(t for t in faux if t.pk != 2))) == []


def test_fin_02_la_tolerance_se_regle(juste):
    faux = [replace(t, valeur=D("9999.50")) if t.pk == 4 else t for t in juste.totaux]
    tolerante = replace(juste, totaux=tuple(faux), seuils=Seuils(tolerance_montant=D(1)))
    assert trouvees("FIN-02", tolerante) == []
    assert len(trouvees("FIN-02", replace(tolerante, seuils=Seuils()))) == 1


def test_fin_03_quatre_lignes_sans_total_une_seule_remarque():
    (trouvee,) = trouvees("FIN-03", bagnols())
    assert lisible(trouvee.message) == (
        "4 lignes financées n'ont pas de total imprimé, alors que les autres en ont un : "
        f"{QUATRE}, 28 100 € en tout. Donnez-leur un total et ajoutez-le au total général."
    )
    assert lisible(trouvee.explication) == (
        "Ces 28 100 € sont exactement ce qui manque à TOTAL PDV (687 489 €) pour faire la somme des financeurs "
        "(715 589 €)."
    )


def test_fin_03_une_ligne_sans_argent_peut_n_avoir_pas_de_total(juste):
    vide = ligne(3, etat=0)
    assert trouvees("FIN-03", replace(juste, lignes=(*juste.lignes, vide))) == []
    payee = ligne(3, etat=700)
    assert phrases("FIN-03", replace(juste, lignes=(*juste.lignes, payee))) == [
        "1 ligne financée n'a pas de total imprimé, alors que les autres en ont un : « Action 3 » (700 €). "
        "Donnez-leur un total et ajoutez-le au total général."
    ]


def test_fin_03_le_total_d_une_ligne_est_celui_de_ses_financeurs(juste):
    fausse = ligne(4, etat=1000, ville=500, caf=200, total_imprime=D(1600))
    (trouvee,) = sur_l_action("FIN-03", fausse, juste)
    assert (trouvee.gravite, lisible(trouvee.message)) == (
        Gravite.ALERTE,
        "Total imprimé de la ligne : 1 600 €. Ses financeurs font 1 500 € : 100 € d'écart. "
        "Vérifiez les montants de chaque financeur.",
    )
    assert sur_l_action("FIN-03", replace(fausse, total_imprime=D(1700)), juste) == []  # la CAF comprise
    assert sur_l_action("FIN-03", replace(fausse, ambigue=True), juste) == []
    assert [a for li in bagnols().lignes for a in sur_l_action("FIN-03", li, bagnols())] == []


def test_fin_04_l_arrondi_simple_ferait_99():
    assert phrases("FIN-04", bagnols()) == [
        "Arrondies une à une, les parts justes feraient 99 % (45 + 4 + 0 + 35 + 11 + 4). "
        "Pilotis affiche 45, 5, 0, 35, 11 et 4 %, qui font 100."
    ]


# -- Printed totals beside their rows ----------------------------------------------------------------
def test_fin_05_chaque_colonne_de_bagnols_et_ce_que_les_sept_actions_expliquent():
    lus = [a for a in trouvees("FIN-05", bagnols()) if not a.objet]
    ecarts = [(a.valeurs["total"], D(a.valeurs["imprime"]) - D(a.valeurs["lignes"])) for a in lus]
    assert ecarts == [
        ("Total mairie_bagnols", 3050),
        ("Total agglo", 6000),
        ("Total etat", 14000),
        ("Total departement", 15000),
        ("Total region", 10500),
        ("TOTAL PDV", 20450),
    ]
    assert lisible(lus[0].message) == (
        "Total mairie_bagnols : 324 489 € imprimés, 3 050 € de plus que la somme des lignes, 321 439 €. "
        "Cherchez les lignes qui manquent, ou corrigez le total."
    )
    assert lisible(lus[0].explication) == (
        "7 actions annoncées ne sont pas dans les lignes (53 annoncées, 46 présentes) : si c'est bien elles qui "
        "manquent, elles pèsent 48 550 € en tout, dont ces 3 050 €. 8 lignes à trancher peuvent "
        "encore déplacer des montants d'un financeur à l'autre."
    )
    assert lisible(lus[-1].explication) == (
        "7 actions annoncées ne sont pas dans les lignes (53 annoncées, 46 présentes) : si c'est bien elles qui "
        "manquent, elles pèsent 48 550 €. 4 lignes sans total, 28 100 €, n'y sont pas comptées : "
        "48 550 € − 28 100 € = 20 450 €."
    )


def test_fin_05_ce_que_pesent_les_absentes_ne_se_dit_que_si_le_compte_y_est():
    totaux = [replace(t, valeur=D(690000)) if t.libelle == "TOTAL PDV" else t for t in bagnols().totaux]
    (general,) = [
        a
        for a in trouvees("FIN-05", replace(bagnols(), totaux=tuple(totaux)))
        if a.valeurs["total"] == "TOTAL PDV"
    ]
    assert lisible(general.explication) == (
        "7 actions annoncées ne sont pas dans les lignes (53 annoncées, 46 présentes)."
    )


def test_fin_05_le_sous_total_d_ufolep_oublie_les_800_de_la_mairie():
    (trouvee,) = [a for a in trouvees("FIN-05", bagnols()) if a.objet]
    assert (trouvee.objet, trouvee.gravite) == ("porteur:ufolep", Gravite.ALERTE)
    assert lisible(trouvee.message) == (
        "Sous-total UFOLEP : 24 000 € imprimés, 800 € de moins que la somme de ses 3 lignes, 24 800 €. "
        "Corrigez le total, ou la ligne qui est fausse."
    )
    assert lisible(trouvee.explication) == (
        "L'écart est exactement un montant oublié : 800 € de MAIRIE BAGNOLS sur « QE- animations socio sportives »."
    )


def test_fin_05_une_ligne_entiere_oubliee_se_dit_avant_ses_cases(juste):
    sous_total = total(8, 8000, libelle="Sous-total Femmes Debout", porteur=1)
    (trouvee,) = trouvees("FIN-05", replace(juste, totaux=(*juste.totaux, sous_total)))
    assert lisible(trouvee.explication) == (
        "L'écart de 2 000 € est exactement le montant de la ligne oubliée : « Action 2 » (2 000 €)."
    )


def test_fin_05_deux_explications_possibles_n_en_font_aucune(juste):
    lignes = (ligne(1, etat=800, ville=3000), ligne(2, etat=800, ville=2000))
    sous_total = total(8, 5800, libelle="Sous-total Femmes Debout", porteur=1)
    (trouvee,) = trouvees("FIN-05", replace(juste, lignes=lignes, totaux=(sous_total,)))
    assert trouvee.explication == ""


def test_fin_05_la_caf_comptee_a_tort_dans_un_sous_total(juste):
    sous_total = total(8, 10300, libelle="Sous-total Femmes Debout", porteur=1)
    lignes = (replace(juste.lignes[0], montants={**juste.lignes[0].montants, CAF: D(300)}), juste.lignes[1])
    (trouvee,) = trouvees("FIN-05", replace(juste, lignes=lignes, totaux=(sous_total,)))
    assert lisible(trouvee.explication) == (
        "L'écart est exactement un montant ajouté à tort : 300 € de CAF sur « Action 1 »."
    )


def test_fin_05_un_total_d_un_autre_etat_du_montant_est_juste(juste):
    demandes = tuple(replace(li, etats={"montant_demande": {ETAT: D(4000)}}) for li in juste.lignes)
    des_demandes = total(8, 8000, libelle="Total ÉTAT demandé", financeur=ETAT)
    assert trouvees("FIN-05", replace(juste, lignes=demandes, totaux=(des_demandes,))) == []


def test_fin_05_le_total_d_un_axe(juste):
    lignes = (replace(juste.lignes[0], axes=("Emploi",)), juste.lignes[1])
    emploi = total(8, 8500, libelle="Total Emploi", axe="Emploi")
    (trouvee,) = trouvees("FIN-05", replace(juste, lignes=lignes, totaux=(emploi,)))
    assert lisible(trouvee.message) == (
        "Total Emploi : 8 500 € imprimés, 500 € de plus que sa seule ligne, 8 000 €. "
        "Cherchez les lignes qui manquent, ou corrigez le total."
    )


def test_fin_06_le_sous_total_ville_est_un_temoin():
    (trouvee,) = trouvees("FIN-06", bagnols())
    assert (trouvee.gravite, lisible(trouvee.message), trouvee.citation) == (
        Gravite.INFO,
        "17 sous-totaux imprimés sont exactement la somme de leurs lignes, sur 18. "
        "Le plus grand : Sous-total VILLE, 413 867 € pour 14 lignes.",
        "413867",
    )


def test_fin_09_les_43_346_de_la_caf_disent_a_qui_sont_les_4846():
    (trouvee,) = trouvees("FIN-09", bagnols())
    assert lisible(trouvee.message) == (
        "CAF, hors du total : 43 346 € imprimés, exactement la somme de 8 lignes. "
        "« QE_de l'animation dans mon quartier_MEC » (4 846 €) : ce montant sans total est donc bien de CAF."
    )


# -- An action ---------------------------------------------------------------------------------------
def test_fin_08_les_huit_lignes_a_trancher_menent_chacune_a_la_sienne():
    lus = [(li.pk, a) for li in bagnols().lignes for a in sur_l_action("FIN-08", li, bagnols())]
    assert [pk for pk, _ in lus] == [15, 16, 22, 24, 34, 36, 40, 42]
    assert lisible(lus[1][1].message) == (
        "Les montants de cette ligne se lisent de plusieurs façons : confirmez à quel financeur est chacun. "
        "En attendant, ils sont lus ainsi : MAIRIE BAGNOLS 0 €, AGGLO 1 000 €, ETAT 1 000 €, Département 2 000 € "
        "et Région 4 000 €."
    )


def test_fin_14_l_etat_au_dela_du_plafond(juste):
    quartiers_d_ete = [li.pk for li in bagnols().lignes if sur_l_action("FIN-14", li, bagnols())]
    assert quartiers_d_ete == [18, 20, 28]
    (trouvee,) = sur_l_action("FIN-14", bagnols().lignes[27], bagnols())
    assert lisible(trouvee.message) == (
        "L'État apporte 12 000 € sur 12 800 € de ressources connues, soit 93,8 % : plus que le plafond de 80 %. "
        "Indiquez le budget de l'action ou ses autres ressources ; sinon, justifiez la dérogation."
    )


def test_fin_14_le_budget_realise_passe_avant_le_prevu(juste):
    prevu = BudgetLu(nature="previsionnel", charges={"60": D(9000)})
    realise = BudgetLu(nature="realise", charges={"60": D(7000), "860": D(5000)})
    payee = ligne(etat=6000, ville=1000, budgets=(prevu, realise))
    (trouvee,) = sur_l_action("FIN-14", payee, juste)
    assert lisible(trouvee.message) == (
        "L'État apporte 6 000 € sur 7 000 € de charges, soit 85,7 % : plus que le plafond de 80 %. "
        "Revoyez le plan de financement, ou justifiez la dérogation."
    )
    assert sur_l_action("FIN-14", replace(payee, budgets=(prevu,)), juste) == []
    annonce = BudgetLu(nature="previsionnel", total_annonce=D(7500))
    assert sur_l_action("FIN-14", replace(payee, budgets=(annonce,)), juste) == []
    large = replace(juste, seuils=Seuils(plafond_etat=D(90)))
    assert sur_l_action("FIN-14", payee, large) == []


DIJON = (
    "Budget prévisionnel annuel de l'action :\n163 546 € pour 2024\n166 817 € pour 2025\n169 320 € pour 2026\n"
    "171 013 € pour 2027\nParticipation financière de la Ville :\n82 000 € pour 2024\n82 000 € pour 2025\n"
    "82 000 € pour 2026\n82 000 € pour 2027"
)
EVOLUTION = (
    "Budget : 163 546 € en 2024, 166 817 € en 2025 (+2,0 %), 169 320 € en 2026 (+1,5 %) et 171 013 € en 2027 "
    "(+1,0 %), 670 696 € en tout. Part accordée : 50,1 % en 2024, 47,9 % en 2027 (328 000 € en tout)."
)


def test_fin_15_l_evolution_de_dijon_se_lit_dans_ses_phrases_ou_dans_ses_annees(juste):
    assert [(m.annee, m.montant) for m in montants_annuels(DIJON)][3:5] == [(2027, 171013), (2024, 82000)]
    en_phrases = ligne(textes={"budget": DIJON})
    annees = tuple(
        (annee, D(budget), D(82000))
        for annee, budget in ((2024, 163546), (2025, 166817), (2026, 169320), (2027, 171013))
    )
    for lue in (en_phrases, ligne(annees=annees)):
        assert [lisible(a.message) for a in sur_l_action("FIN-15", lue, juste)] == [EVOLUTION]
    assert sur_l_action("FIN-15", ligne(annees=annees[:1]), juste) == []


CAGR = "Action financée par la CAGR. Pas de financement Ville de Bagnols/Cèze."


def test_fin_16_les_sept_lignes_de_la_cagr_sont_justes():
    citees = [li for li in bagnols().lignes if CAGR in li.textes["bilan.mise_en_oeuvre"]]
    assert len(citees) == 7
    assert [a for li in bagnols().lignes for a in sur_l_action("FIN-16", li, bagnols())] == []


def test_fin_16_la_colonne_contredit_le_texte():
    contredite = replace(bagnols().lignes[45], montants={1: D(500), 4: D(5000)})
    assert [(lisible(a.message), a.citation) for a in sur_l_action("FIN-16", contredite, bagnols())] == [
        (
            "Le texte dit l'action financée par AGGLO, mais ce financeur n'a pas de montant : indiquez-le, ou "
            "corrigez le texte.",
            "Action financée par la CAGR",
        ),
        (
            "Le texte dit qu'il n'y a pas de financement de MAIRIE BAGNOLS, mais sa colonne porte 500 € : retirez "
            "ce montant, ou corrigez le texte.",
            "Pas de financement Ville de Bagnols/Cèze",
        ),
    ]
    sans_argent = replace(contredite, montants={})
    assert sur_l_action("FIN-16", sans_argent, bagnols()) == []


@pytest.mark.parametrize(
    "texte",
    [
        "L'action sera financée par la CAF.",
        "Sortie financée par les familles et les bénévoles.",
        "Le projet a été présenté à la CAF.",
        "Action financée par la Région.",  # aucun financeur de ce nom
    ],
)
def test_fin_16_ce_qui_ne_nomme_pas_un_financeur_de_l_annee(juste, texte):
    assert sur_l_action("FIN-16", ligne(etat=1000, textes={"bilan.mise_en_oeuvre": texte}), juste) == []


@pytest.mark.parametrize("nom", ["la CAF", "CAF du Jura", "l'État et la CAF", "la CAF dans le cadre du CLAS"])
def test_fin_16_les_noms_d_un_financeur(juste, nom):
    lue = ligne(etat=1000, textes={"description": f"Action cofinancée par {nom}."})
    assert [a.valeurs["financeur"] for a in sur_l_action("FIN-16", lue, juste)] == ["CAF"]


def test_fin_17_l_argent_d_une_action_reportee(juste):
    dole = ligne(
        etat=3000,
        ville=2000,
        verses={ETAT: D(1500)},
        textes={"bilan.mise_en_oeuvre": "Action reportée en 2025"},
    )
    (trouvee,) = sur_l_action("FIN-17", dole, juste)
    assert (lisible(trouvee.message), trouvee.citation) == (
        "L'action est reportée, mais 5 000 € lui restent accordés (ÉTAT 3 000 € et VILLE 2 000 €), dont 1 500 € "
        "déjà versés. Dites ce que devient cet argent : reporté avec l'action, reversé ou annulé.",
        "Action reportée en 2025",
    )
    sdis = ligne(etat=1, textes={"bilan.mise_en_oeuvre": "Action 2023 reportée en 2025"})
    assert len(sur_l_action("FIN-17", sdis, juste)) == 1
    rendue = replace(dole, reportee=True, reverses={ETAT: D(3000), VILLE: D(2000)})
    assert sur_l_action("FIN-17", rendue, juste) == []
    assert sur_l_action("FIN-17", replace(dole, reportee_vers=True), juste) == []
    assert sur_l_action("FIN-17", ligne(reportee=True, etat=0), juste) == []
    assert sur_l_action("FIN-17", ligne(etat=3000), juste) == []


def test_fin_18_86_et_87(juste):
    budget = BudgetLu(nature="realise", charges={"860": D(300), "864": D(200)}, produits={"870": D(400)})
    (trouvee,) = sur_l_action("FIN-18", ligne(budgets=(budget,)), juste)
    assert lisible(trouvee.message) == (
        "Budget réalisé : 500 € d'emplois en nature (compte 86), 400 € de contributions en nature (compte 87). "
        "Les deux montants doivent être les mêmes."
    )
    egal = replace(budget, produits={"870": D(400), "875": D(100)})
    assert sur_l_action("FIN-18", ligne(budgets=(egal,)), juste) == []


def test_fin_18_les_moyens_pretes_se_disent_une_fois():
    (trouvee,) = trouvees("FIN-18", bagnols())
    assert (trouvee.gravite, lisible(trouvee.message), trouvee.citation) == (
        Gravite.INFO,
        "7 actions citent des moyens mis à disposition sans les valoriser aux comptes 86 et 87, par exemple : "
        '« QH - Découverte JO », « Mon quartier sport » et « Tournoi interquartiers "Mondialito bagnolais" ». '
        "Demandez leur valeur à la collectivité qui les prête.",
        "Mise à disposition par la ville des lieux sportifs.",
    )


def test_fin_18_valorises_ils_ne_se_disent_pas():
    valorise = BudgetLu(nature="realise", charges={"86": D(100)}, produits={"87": D(100)})
    lignes = tuple(replace(li, budgets=(valorise,)) for li in bagnols().lignes)
    assert trouvees("FIN-18", replace(bagnols(), lignes=lignes)) == []


# -- A porteur ---------------------------------------------------------------------------------------
def test_fin_13_les_dossiers_d_une_structure_s_ajoutent_par_financeur(juste):
    deux = replace(
        juste, lignes=(ligne(1, porteur=1, etat=13000), ligne(2, porteur=2, etat=10001, ville=20000))
    )
    (trouvee,) = trouvees("FIN-13", deux)
    assert (trouvee.objet, lisible(trouvee.message)) == (
        "porteur:p1",
        "État : 23 001 € accordés à « Femmes Debout » en 2024, pour 2 actions. Au-dessus de 23 000 €, une "
        "convention est obligatoire : enregistrez-la, ou préparez-la si elle n'existe pas.",
    )
    assert trouvees("FIN-13", replace(deux, conventions=frozenset({1}))) == []
    assert trouvees("FIN-13", replace(deux, seuils=Seuils(seuil_convention=D(23001)))) == []


def test_fin_13_un_organisme_public_n_en_a_pas_besoin_et_bagnols_reste_dessous(juste):
    assert trouvees("FIN-13", replace(juste, lignes=(ligne(1, porteur=3, etat=90000),))) == []
    # MOSAIQUE EN CEZE a 54 000 €, dont 22 200 de la mairie et 20 300 de l'État
    assert trouvees("FIN-13", bagnols()) == []


# -- A convention ------------------------------------------------------------------------------------
MJC = lire("besancon_mjc_convention")
ACOMPTES = MJC["subventions"]["fonctionnement"]
CONTRAT = ContexteContrat(contrat="Besançon", date_debut=date(2024, 1, 1), date_fin=date(2030, 12, 31))


@pytest.fixture
def mjc():
    return ConventionLue(
        pk=1,
        cle="mjc",
        intitule=MJC["convention"]["titre"],
        porteur="MJC",
        date_debut=date(2025, 1, 1),
        date_fin=date(2029, 12, 31),
        versements=(
            ("1er acompte", 2, 1, 3, "n_moins_1"),
            ("2e acompte", 5, 1, 2, "reste_n"),
            ("solde", 8, 1, 1, "reste_n"),
        ),
        montants_prevus=(("1er acompte", D(81000)),),
        textes=tuple(
            TexteLu(objet="convention:mjc", champ=f"versement:{rang}", texte=texte)
            for rang, texte in enumerate(
                [*(v["citation"] for v in ACOMPTES["versements"]), ACOMPTES["acompte_2026"]["citation"]], 1
            )
        ),
    )


def sur_la_convention(code, convention):
    return [a for a in appliquer(Portee.CONVENTION, convention, CONTRAT) if a.code == code]


def test_fin_11_le_deuxieme_acompte_peut_etre_negatif(mjc):
    (trouvee,) = sur_la_convention("FIN-11", mjc)
    assert lisible(trouvee.message) == (
        "2e acompte : 1/2 de ce qui reste de la subvention de l'année une fois retiré le 1er acompte, 81 000 €. "
        "Si la subvention votée est de 81 000 € ou moins, ce versement est nul ou négatif : prévoyez dans la "
        "convention ce qui se passe alors."
    )
    assert "préalablement retiré le montant du 1er acompte" in trouvee.citation
    assert sur_la_convention("FIN-11", replace(mjc, versements=mjc.versements[:1])) == []


def test_fin_11_un_versement_prevu_nul(mjc):
    nul = replace(mjc, versements=(), montants_prevus=(("2e acompte", D(0)),))
    assert [lisible(a.message) for a in sur_la_convention("FIN-11", nul)] == [
        "2e acompte : 0 € prévus. Un versement est un montant positif : corrigez-le ou retirez-le."
    ]


def test_fin_12_81_000_sont_le_tiers_de_243_000(mjc):
    (trouvee,) = sur_la_convention("FIN-12", mjc)
    assert (trouvee.gravite, lisible(trouvee.message)) == (
        Gravite.INFO,
        "1er acompte : 81 000 €, soit 1/3 de la subvention de l'année précédente. Elle était donc de 243 000 €, à "
        "l'arrondi près que le texte annonce : vérifiez-le dans la délibération qui l'a votée.",
    )
    assert "soit 81 000 €" in lisible(trouvee.citation)
    assert sur_la_convention("FIN-12", replace(mjc, montants_prevus=())) == []


# -- A table being read ------------------------------------------------------------------------------
@pytest.mark.parametrize("code", ["FIN-07", "FIN-08", "FIN-10"])
def test_ce_que_la_lecture_d_un_tableau_a_vu(code):
    vus = [
        signaler("FIN-07", "alerte", "6 000 € sous « PSE », c'est trop.", "K23", "Vérifiez."),
        signaler("FIN-08", "alerte", "1 000 € est un montant, ou un total.", "M21"),
        signaler("FIN-10", "info", "« 24 000 », en P37, est lu 24 000 €.", "P37"),
        signaler("COH-11", "info", "Ligne 8, porteur est vide.", "A8"),
    ]
    (attendu,) = [vu for vu in vus if vu.code == code]
    trouvees = next(a for a in REGLES[code] if a.portee == Portee.IMPORT).fonction(vus, None)
    assert [(a.code, a.gravite, a.champ, a.message) for a in trouvees] == [
        (code, attendu.gravite, attendu.cellule, f"{attendu.phrase} {attendu.remede}".strip())
    ]


# -- The helpers -------------------------------------------------------------------------------------
def test_un_ecart_ne_s_explique_que_d_une_facon():
    termes = [D(n) for n in (1500, 2000, 2000, 2500, 2000, 2000, 800, 12000)]
    assert expliquer(D(800), termes) == (6,)
    assert expliquer(D(2000), termes) == ()  # quatre montants le feraient
    assert expliquer(D(13500), termes) == (0, 7)
    assert expliquer(D(13500), termes, maximum=1) == ()
    assert expliquer(D(7), termes) == ()


def test_la_recherche_est_bornee():
    termes = [D(2 * n) for n in range(1, 2000)]
    assert expliquer(D(3), termes) == ()


def test_un_chiffre_a_une_seule_ecriture():
    assert [brut(D(lu)) for lu in ("24000", "24000.00", "0", "0.00", "12.50")] == [
        "24000",
        "24000",
        "0",
        "0",
        "12.5",
    ]
    assert [enumerer(mots) for mots in ([], ["un"], ["un", "deux"], ["un", "deux", "trois"])] == [
        "",
        "un",
        "un et deux",
        "un, deux et trois",
    ]


def test_les_dix_huit_regles_sont_au_catalogue():
    assert sorted(code for code in REGLES if code.startswith("FIN")) == [f"FIN-{n:02}" for n in range(1, 19)]
    assert all(soeur.explication for code, soeurs in REGLES.items() if code[:3] == "FIN" for soeur in soeurs)
