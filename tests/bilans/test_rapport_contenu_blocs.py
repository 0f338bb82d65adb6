"""The blocks of the report on made-up years: what counts, what does not, what is said when there is nothing."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from actions.models import ActionAnnuelle
from bilans.models import Bilan, Effectif
from bilans.rapport.blocs import BLOCS
from bilans.rapport.choix import ActionPhare, Avis, Composition, SectionComposee
from bilans.rapport.donnees import Donnees
from bilans.rapport.sections import PAR_CODE
from contrats.models import Indicateur
from documents import Mesure
from documents.graphiques import Carte
from documents.prose import passages
from documents.rapport import BlocTexte
from financements.models import LigneFinancement
from tests import fabriques
from tests.outils.rapport import (
    a_un_tableau,
    bloc,
    chiffre,
    de_campagne,
    lignes,
    recits,
    simple,
    textes,
    titres,
    total,
)
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


def action(campagne, **champs) -> ActionAnnuelle:
    return fabriques.ActionAnnuelleFactory(campagne=campagne, **champs)


def bilan_valide(campagne, **par_sexe) -> Bilan:
    bilan = fabriques.BilanFactory(valide=True, action_annuelle=action(campagne))
    fabriques.effectifs(bilan, **par_sexe)
    return bilan


def ligne(annuelle, financeur, accorde, nature=LigneFinancement.NatureCredit.NON_PRECISEE):
    return fabriques.LigneFinancementFactory(
        action_annuelle=annuelle, financeur=financeur, montant_accorde=accorde, nature_credit=nature
    )


def seulement(campagne, code: str, **champs) -> list:
    """Return one block, read alone."""
    return BLOCS[code].construire(Donnees(campagne, Composition(sections=(), **champs)))


# -- Asked for is not given ------------------------------------------------------------------------
def test_ce_qui_est_demande_ou_nul_ne_compte_pas_comme_accorde(campagne, client):
    caf = fabriques.FinanceurFactory(contrat=campagne.contrat, nom="CAF")
    region = fabriques.FinanceurFactory(contrat=campagne.contrat, nom="Région")
    soutenue, demandee, refusee = (action(campagne) for _ in range(3))
    ligne(soutenue, caf, Decimal(1000))
    ligne(demandee, caf, None)
    ligne(refusee, caf, Decimal(0))
    ligne(demandee, region, None)

    donnees = Donnees(campagne)
    assert simple(donnees.sur_lignes) == "montants accordés à 1 action sur 3"
    client.force_login(fabriques.chargee_de_mission(campagne.contrat))
    for code, colonne in (("argent_financeurs", "financeur"), ("argent_natures", "nature")):
        (un_bloc,) = seulement(campagne, code)
        (rangee,) = lignes(un_bloc.tableau)
        assert (rangee["actions"], rangee["accorde"]) == (1, Decimal(1000)), colonne
        # The page that the row leads to holds that action, no other.
        (adresse,) = un_bloc.adresses
        page = client.get(adresse).content.decode()
        assert [annuelle.cle in page for annuelle in (soutenue, demandee, refusee)] == [True, False, False]


# -- Nothing to show -------------------------------------------------------------------------------
@pytest.mark.parametrize("code", [code for code in BLOCS if code != "actions_phares"])
def test_une_annee_vide_dit_pourquoi(campagne, code):
    (unique,) = seulement(campagne, code)
    assert isinstance(unique, BlocTexte)
    assert unique.texte.endswith(".")
    assert "\u2019" not in unique.texte


def test_le_rapport_d_une_annee_vide_se_compose(campagne):
    rapport = de_campagne(campagne)
    assert rapport.annexes == rapport.montants == ()
    assert recits(rapport)["essentiel"] == f"Aucune action n'est encore au programme de {campagne.annee}."


def test_sans_action_phare_rien_n_est_dit(campagne):
    assert seulement(campagne, "actions_phares") == []


def test_tous_les_blocs_des_sections_existent():
    assert {code for section in PAR_CODE.values() for code in section.blocs} <= set(BLOCS)


# -- What counts -----------------------------------------------------------------------------------
def test_un_bilan_qui_n_est_pas_valide_ne_dit_rien(campagne):
    bilan_valide(campagne, F=10, H=5)
    for etat in ("transmis", "en_verification", "a_completer", "en_saisie"):
        autre = fabriques.BilanFactory(**{etat: True}, action_annuelle=action(campagne))
        fabriques.effectifs(autre, T=1000)
        Bilan.objects.filter(pk=autre.pk).update(perspectives="Rien de validé ici.")
    rapport = de_campagne(campagne)
    assert chiffre(rapport, "personnes_total").valeur == 15
    assert chiffre(rapport, "bilans").valeur == 1
    assert simple(chiffre(rapport, "bilans").repose_sur) == "1 bilan validé sur 5 attendus"
    assert textes(rapport)["perspectives"].startswith("Sur 1 bilan validé, aucun ne remplit")
    annexe = next(annexe for annexe in rapport.annexes if annexe.code == "porteurs")
    assert [ligne["bilan"] for ligne in lignes(annexe.tableau)].count("Bilan non validé.") == 4


def test_une_demande_refusee_n_est_pas_du_programme(campagne, chargee: Client):
    gardee, refusee = action(campagne), action(campagne, statut="refusee", motif="Hors du contrat.")
    financeur = fabriques.FinanceurFactory(contrat=campagne.contrat)
    ligne(gardee, financeur, Decimal(1000))
    ligne(refusee, financeur, Decimal(500))
    rapport = de_campagne(campagne)
    assert (chiffre(rapport, "actions").valeur, chiffre(rapport, "accorde").valeur) == (1, Decimal(1000))
    adresse = chiffre(rapport, "actions").adresse
    assert adresse.endswith("/actions/?programme=1")
    page = simple(chargee.get(adresse).content.decode())
    assert gardee.action.intitule in page
    assert refusee.action.intitule not in page or gardee.action.intitule == refusee.action.intitule
    annexe = next(annexe for annexe in rapport.annexes if annexe.code == "financements")
    assert len(lignes(annexe.tableau)) == 1


def test_une_action_partagee_compte_une_fois(campagne):
    lieux = [fabriques.TerritoireFactory(contrat=campagne.contrat, nom=nom) for nom in ("Nord", "Sud")]
    seule, partagee, nulle_part = (action(campagne) for _ in range(3))
    seule.territoires.add(lieux[0])
    partagee.territoires.add(*lieux)
    tableau = bloc(de_campagne(campagne), "actions_territoires").tableau
    assert [(li["territoire"], li["touche"], li["actions"]) for li in lignes(tableau)] == [
        ("Nord", 2, 1),
        ("Sud", 1, 0),
        ("Plusieurs territoires", None, 1),
        ("Sans territoire indiqué", None, 1),
    ]
    assert total(tableau)["actions"] == 3
    assert "elle compte une fois dans le total" in simple(tableau.notes[0])
    assert nulle_part.pk not in {t.pk for t in lieux}


def test_une_carte_quand_les_contours_sont_charges(campagne):
    contour = {"type": "Polygon", "coordinates": [[[5.4, 47.0], [5.5, 47.0], [5.5, 47.1], [5.4, 47.0]]]}
    lieu = fabriques.TerritoireFactory(contrat=campagne.contrat, nom="Nord", contour=contour)
    action(campagne).territoires.add(lieu)
    (un_bloc,) = seulement(campagne, "actions_territoires")
    assert isinstance(un_bloc.graphique, Carte)
    assert simple(un_bloc.graphique.titre) == "Nord : 1 action sur 1"


# -- People ----------------------------------------------------------------------------------------
def tranche(campagne, rang: int):
    return campagne.tranches.order_by("ordre")[rang]


def test_les_personnes_par_sexe_et_par_age(campagne):
    bilan = bilan_valide(campagne, F=10, H=6, T=20)
    for sexe, valeur in (("F", 4), ("T", 7)):
        fabriques.EffectifFactory(bilan=bilan, sexe=sexe, valeur=valeur, tranche=tranche(campagne, 1))
    tableau = bloc(de_campagne(campagne), "publics-total").tableau
    assert [tuple(ligne.values()) for ligne in lignes(tableau)] == [
        (tranche(campagne, 1).libelle, 4, None, 3, 7),
        ("Âge non renseigné", 6, 6, 1, 13),
    ]
    assert tuple(total(tableau).values())[1:] == (10, 6, 4, 20)


@pytest.mark.parametrize(
    ("cellules", "attendu", "note"),
    [
        # sexes and ages that cannot be crossed: the sexes are kept
        (
            {("F", None): 10, ("H", None): 5, ("T", 0): 15},
            (10, 5, 0, 15),
            "ne se croisent pas",
        ),
        # figures that contradict themselves: nothing is trusted but the total
        (
            {("F", None): 20, ("H", None): 15, ("T", None): 30},
            (None, None, 30, 30),
            "plus de femmes et d'hommes",
        ),
        ({("T", None): 30}, (None, None, 30, 30), ""),
    ],
)
def test_ce_qui_ne_se_croise_pas_est_dit(campagne, cellules, attendu, note):
    bilan = bilan_valide(campagne)
    for (sexe, rang), valeur in cellules.items():
        fabriques.EffectifFactory(
            bilan=bilan,
            sexe=sexe,
            valeur=valeur,
            tranche=None if rang is None else tranche(campagne, rang),
        )
    tableau = bloc(de_campagne(campagne), "publics-total").tableau
    assert tuple(total(tableau).values())[1:] == attendu
    assert any(note in simple(dite) for dite in tableau.notes)


def test_une_estimation_n_est_pas_ajoutee(campagne):
    bilan_valide(campagne, F=10, H=5)
    estime = bilan_valide(campagne)
    fabriques.EffectifFactory(bilan=estime, valeur=100, approximatif=True)
    passages = bilan_valide(campagne)
    fabriques.EffectifFactory(bilan=passages, valeur=900, mesure=Effectif.Mesure.PASSAGES)
    rapport = de_campagne(campagne)
    assert chiffre(rapport, "personnes_total").valeur == 15
    assert textes(rapport).get("publics", "") == ""
    dite = simple(seulement(campagne, "publics")[0].texte)
    assert dite == (
        "Sur 3 bilans validés, 1 donne un nombre exact de personnes, dont 1 par sexe. 1 bilan ne donne qu'une "
        "estimation ou une fourchette, qui n'est pas additionnée. 1 bilan ne dit pas combien de personnes sont venues."
    )


@pytest.mark.parametrize(
    ("par_sexe", "constat"),
    [
        ({"T": 30}, "Le sexe n'est renseigné pour aucune des 30 personnes"),
        ({"F": 18, "H": 12}, "Les femmes sont 60 % des personnes"),
        ({"F": 18, "H": 12, "T": 40}, "Les femmes sont 60 % des personnes dont le sexe est connu"),
        # Of men nobody wrote anything: women are no share of anything.
        ({"F": 20, "T": 30}, "On connaît 20 femmes, sur 30 personnes comptées"),
        (
            {"F": 3, "H": 1, "T": 40},
            "Le sexe n'est pas renseigné pour 90 % des personnes ; on connaît 3 femmes et 1 homme",
        ),
    ],
)
def test_le_constat_par_sexe(campagne, par_sexe, constat):
    bilan_valide(campagne, **par_sexe)
    assert titres(de_campagne(campagne))["publics-sexe"] == constat


# -- Money -----------------------------------------------------------------------------------------
def test_les_natures_de_credits_sont_a_part(campagne):
    nature = LigneFinancement.NatureCredit
    enjeu, *_ = fabriques.arbre_d_axes(campagne.contrat)
    une, autre = action(campagne, axe=enjeu), action(campagne)
    etat = fabriques.FinanceurFactory(contrat=campagne.contrat, nom="État")
    caf = fabriques.FinanceurFactory(contrat=campagne.contrat, hors_total=True)
    ligne(une, etat, Decimal(600), nature.SPECIFIQUE)
    ligne(une, etat, Decimal(300), nature.DROIT_COMMUN)
    ligne(autre, etat, Decimal(100))
    ligne(autre, caf, Decimal(50), nature.DROIT_COMMUN)
    rapport = de_campagne(campagne)
    par_axe = bloc(rapport, "argent_axes").tableau
    assert [
        (li["axe"], li["specifique"], li["droit_commun"], li["accorde"], li["part"]) for li in lignes(par_axe)
    ] == [
        ("Enjeu 1", Decimal(600), Decimal(300), Decimal(900), Decimal(90)),
        ("Sans axe", None, None, Decimal(100), Decimal(10)),
    ]
    assert (total(par_axe)["accorde"], total(par_axe)["hors_total"]) == (Decimal(1000), Decimal(50))
    par_nature = bloc(rapport, "argent_natures").tableau
    assert [(li["nature"], li["accorde"], li["part"]) for li in lignes(par_nature)] == [
        ("Crédits spécifiques", Decimal(600), Decimal(60)),
        ("Droit commun", Decimal(300), Decimal(30)),
        ("Nature non précisée", Decimal(100), Decimal(10)),
    ]
    assert simple(par_nature.notes[0]) == (
        "Parts connues : 60 % de crédits spécifiques, 30 % de droit commun ; la nature de 10 % des montants n'est pas "
        "précisée."
    )
    assert titres(rapport)["argent_financeurs"] == "L'État porte tous les crédits accordés"


def test_un_montant_nul_n_est_pas_un_financeur(campagne):
    financeurs = [fabriques.FinanceurFactory(contrat=campagne.contrat, nom=nom) for nom in ("État", "Région")]
    annuelle = action(campagne)
    ligne(annuelle, financeurs[0], Decimal(0))
    ligne(annuelle, financeurs[1], None)
    rapport = de_campagne(campagne)
    assert chiffre(rapport, "accorde").valeur == Decimal(0)
    assert chiffre(rapport, "financeurs").valeur == 0
    assert "argent_financeurs" not in titres(rapport)


# -- The year before -------------------------------------------------------------------------------
def test_la_comparaison_avec_l_annee_d_avant(campagne):
    etat = fabriques.FinanceurFactory(contrat=campagne.contrat, nom="État")
    reprise = action(campagne)
    ligne(reprise, etat, Decimal(1200))
    avant = fabriques.annee_de(reprise.action, campagne.annee - 1)
    ligne(avant, etat, Decimal(1000))
    finie = fabriques.ActionAnnuelleFactory(campagne=avant.campagne)
    rapport = de_campagne(campagne)
    assert [tuple(li.values()) for li in lignes(bloc(rapport, "comparaison").tableau)] == [
        ("Actions", 2, 1, -1),
        ("Structures", len({reprise.action.porteur_id, finie.action.porteur_id}), 1, -1),
        ("Bilans validés", 0, 0, 0),
    ]
    assert simple(bloc(rapport, "comparaison").tableau.notes[0]).endswith(
        "1 action reconduite, aucune nouvelle, 1 non reconduite."
    )
    constat = titres(rapport)["comparaison-argent"]
    annee = campagne.annee - 1
    assert constat == f"Les crédits accordés augmentent de 200 € par rapport à {annee} : 1 200 €"
    assert chiffre(rapport, "actions").avant == 2


# -- Indicators ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("agregation", "valeur"),
    [("somme", "15"), ("maximum", "10"), ("derniere", "5"), ("aucune", None)],
)
def test_un_indicateur_s_agrege_comme_il_le_dit(campagne, agregation, valeur):
    indicateur = fabriques.IndicateurFactory(
        contrat=campagne.contrat, agregation=agregation, unite=Indicateur.Unite.NOMBRE
    )
    for rang, nombre in enumerate((10, 5)):
        bilan = bilan_valide(campagne)
        fabriques.ValeurIndicateurFactory(bilan=bilan, indicateur=indicateur, valeur=Decimal(nombre))
        fabriques.IndicateurActionFactory(
            action_annuelle=bilan.action_annuelle, indicateur=indicateur, cible=Decimal(8), ordre=rang
        )
    transmis = fabriques.BilanFactory(transmis=True, action_annuelle=action(campagne))
    fabriques.ValeurIndicateurFactory(bilan=transmis, indicateur=indicateur, valeur=Decimal(1000))
    (unique,) = lignes(seulement(campagne, "indicateurs")[0].tableau)
    cible = {"somme": "16", "maximum": "8"}.get(agregation)
    assert (unique["valeur"], unique["bilans"]) == (valeur and Mesure(Decimal(valeur)), 2)
    assert unique["cible"] == (cible and Mesure(Decimal(cible)))


def test_un_indicateur_demande_et_suivi_par_l_action_compte_une_fois(campagne):
    indicateur = fabriques.IndicateurFactory(
        contrat=campagne.contrat, agregation="somme", unite=Indicateur.Unite.NOMBRE
    )
    demande = fabriques.IndicateurDemandeFactory(campagne=campagne, indicateur=indicateur)
    bilan = bilan_valide(campagne)
    critere = fabriques.IndicateurActionFactory(action_annuelle=bilan.action_annuelle, indicateur=indicateur)
    for origine in ({"demande": demande}, {"critere": critere}):
        fabriques.ValeurIndicateurFactory(bilan=bilan, indicateur=indicateur, valeur=Decimal(7), **origine)
    (unique,) = lignes(seulement(campagne, "indicateurs")[0].tableau)
    assert (unique["valeur"], unique["bilans"]) == (Mesure(Decimal(7)), 1)


def test_une_estimation_comptee_dans_un_indicateur_se_dit(campagne):
    indicateur = fabriques.IndicateurFactory(
        contrat=campagne.contrat, agregation="somme", unite=Indicateur.Unite.NOMBRE
    )
    for approximatif in (False, True):
        fabriques.ValeurIndicateurFactory(
            bilan=bilan_valide(campagne), indicateur=indicateur, valeur=Decimal(7), approximatif=approximatif
        )
    (unique,) = lignes(seulement(campagne, "indicateurs")[0].tableau)
    assert unique["valeur"] == Mesure(Decimal(14), environ=True)


def test_les_enjeux_disent_les_actions_que_leur_total_laisse(campagne):
    vivant = fabriques.AxeFactory(contrat=campagne.contrat)
    archive = fabriques.AxeFactory(contrat=campagne.contrat, archive=True)
    for axe in (vivant, archive, None):
        action(campagne, axe=axe)
    (tableau,) = seulement(campagne, "enjeux")
    assert total(tableau.tableau)["actions"] == 1
    assert [simple(note) for note in tableau.tableau.notes] == [
        f"2 actions de {campagne.annee} ne sont rattachées à aucun de ces axes : le total ne les compte pas."
    ]


# -- What was chosen -------------------------------------------------------------------------------
def test_l_intitule_d_une_action_mise_en_avant_tient_en_un_titre(campagne):
    annuelle = action(campagne, action__intitule="Ciné\n# plein air")
    (texte,) = seulement(campagne, "actions_phares", actions_phares=[ActionPhare(cle=annuelle.cle)])
    titres_lus = [p.texte for p in passages(texte.texte) if p.genre == "titre"]
    assert titres_lus[1].startswith("Ciné # plein air (")


def test_une_action_mise_en_avant_dit_les_mots_de_son_bilan(campagne):
    validee, transmise = (
        fabriques.BilanFactory(**{etat: True}, action_annuelle=action(campagne))
        for etat in ("valide", "transmis")
    )
    Bilan.objects.filter(pk=validee.pk).update(mise_en_oeuvre="# 12 ateliers, *tous* pleins.")
    phares = [ActionPhare(cle=b.action_annuelle.cle) for b in (validee, transmise)]
    phares.append(ActionPhare(cle="disparue"))
    (texte,) = seulement(campagne, "actions_phares", actions_phares=phares)
    assert "\\# 12 ateliers, \\*tous\\* pleins." in texte.texte
    assert "n'est pas validé : ses mots ne sont pas cités." in simple(texte.texte)
    assert texte.texte.count("### ") == 2


def test_les_avis_et_les_suites(campagne):
    avis = [
        Avis(
            instance="Conseil citoyen",
            sens="Réservé",
            date=date(2025, 7, 1),
            texte="Plus de lieux.",
            suite_donnee="Oui.",
        ),
        Avis(instance="Commune de Dole"),
    ]
    dit, tableau = seulement(campagne, "avis", avis=avis, envoye_le=date(2025, 6, 2))
    assert simple(dit.texte).endswith("1 avis est connu sur 2 organes consultés.")
    assert [ligne["sens"] for ligne in lignes(tableau.tableau)] == ["Réservé", "En attente"]


@pytest.mark.parametrize(("echeance", "verbe"), [(date(2025, 7, 10), "étaient"), (date(2999, 7, 10), "sont")])
def test_le_delai_des_avis_est_dit(campagne, echeance, verbe):
    dit, _ = seulement(campagne, "avis", avis=[Avis(instance="Conseil citoyen")], avis_attendus_le=echeance)
    assert f"Les avis {verbe} attendus pour le 10 juillet" in simple(dit.texte)


def test_personne_n_est_un_nombre_connu(campagne):
    bilan_valide(campagne, F=0, H=0)
    rapport = de_campagne(campagne)
    assert chiffre(rapport, "personnes_total").valeur == 0
    assert "publics-sexe" not in titres(rapport)
    assert "Aucune personne n'est comptée." in recits(rapport)["essentiel"]


def test_les_sections_se_cachent_s_ordonnent_et_se_disent(campagne):
    action(campagne)
    sections = [
        SectionComposee(code="b", titre="B", texte="Le texte.", blocs=("avis", "code-inconnu"), ordre=2),
        SectionComposee(code="a", titre="A", ordre=1),
        SectionComposee(code="c", titre="C", visible=False, ordre=0),
    ]
    rapport = de_campagne(campagne, Composition(sections=sections))
    assert [(section.code, [b.code for b in section.blocs]) for section in rapport.sections] == [
        ("a", ["a_ecrire"]),
        ("b", ["recit", "avis"]),
    ]


# -- Queries ---------------------------------------------------------------------------------------
def test_le_nombre_de_requetes_ne_depend_pas_des_lignes(campagne):
    axes = fabriques.arbre_d_axes(campagne.contrat)
    financeur = fabriques.FinanceurFactory(contrat=campagne.contrat)
    indicateur = fabriques.IndicateurFactory(contrat=campagne.contrat)
    demande = fabriques.IndicateurDemandeFactory(campagne=campagne, indicateur=indicateur)

    def ajouter() -> None:
        bilan = bilan_valide(campagne, F=3, H=4)
        ActionAnnuelle.objects.filter(pk=bilan.action_annuelle_id).update(axe=axes[1])
        fabriques.ValeurIndicateurFactory(bilan=bilan, demande=demande)
        bilan.action_annuelle.territoires.add(fabriques.TerritoireFactory(contrat=campagne.contrat))
        ligne(bilan.action_annuelle, financeur, Decimal(100))
        fabriques.annee_de(bilan.action_annuelle.action, campagne.annee - 1)

    ajouter()
    assert verifier_requetes_constantes(lambda: de_campagne(campagne), ajouter) < 110


def test_les_tableaux_ont_autant_d_adresses_que_de_lignes(campagne):
    axes = fabriques.arbre_d_axes(campagne.contrat)
    for axe in (axes[0], axes[1], None):
        annuelle = action(campagne, axe=axe)
        ligne(annuelle, fabriques.FinanceurFactory(contrat=campagne.contrat), Decimal(10))
    for code in BLOCS:
        for un_bloc in seulement(campagne, code):
            if a_un_tableau(un_bloc) and un_bloc.adresses:
                assert len(un_bloc.adresses) == len(lignes(un_bloc.tableau)), code
    adresses = bloc(de_campagne(campagne), "actions_axes").adresses
    assert [adresse.split("?")[1] for adresse in adresses] == [
        "axe=1&axe_principal=direct",
        "axe=1.1&axe_principal=1",
        "axe=aucun",
    ]
