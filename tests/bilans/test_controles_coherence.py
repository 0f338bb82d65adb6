"""COH: what each rule finds on the words of the public documents, and what it leaves alone."""

import json
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from bilans import effectifs as eff
from bilans.controles import REGLES, Portee, appliquer
from bilans.controles.contexte import (
    Contexte,
    ContexteAnnee,
    ContexteContrat,
    ConventionLue,
    FinanceurLu,
    LigneAnnee,
    PorteurLu,
    StatistiqueLue,
    TerritoireLu,
    TexteLu,
    TotalLu,
)
from bilans.controles.noms_lus import Corpus, familles, libelles_jumeaux, mots_fautifs, presque_pareils
from bilans.controles.textes_lus import (
    est_mesurable,
    ne_dit_que_des_objectifs,
    personnes_nommees,
    publics_sensibles,
    situations_sensibles,
)
from tests.outils.pages import lisible

D = Decimal


def lire(nom):
    return json.loads((settings.BASE_DIR / "fixtures" / "demonstration" / f"{nom}.json").read_text())


def trouve(code, portee, objet, contexte=None):
    """Return what the rule finds, as (severity, sentence, explanation)."""
    return [
        (a.gravite.value, lisible(a.message), lisible(a.explication))
        for a in appliquer(portee, objet, contexte if contexte is not None else objet)
        if a.code == code
    ]


def bilan(code, fiche=None, effectifs=None, **textes):
    grilles = {
        perimetre: eff.Grille(perimetre, (), (effectifs or {}) if perimetre == "total" else {})
        for perimetre in eff.PERIMETRES
    }
    regle = next(regle for regle in REGLES[code] if regle.portee == Portee.BILAN)
    contexte = Contexte(2023, grilles, textes=textes, fiche=fiche or {})
    return [lisible(a.message) for a in regle.fonction(None, contexte)]


def contrat(**champs):
    return ContexteContrat(contrat="Dole", date_debut=date(2024, 1, 1), date_fin=date(2030, 12, 31), **champs)


def texte(mots, champ="presentation"):
    return TexteLu(objet="contrat", champ=champ, texte=mots)


def ligne(pk=1, **champs):
    champs = {"intitule": f"Action {pk}", "porteur": 1, "cle": f"a{pk}", **champs}
    return LigneAnnee(pk=pk, **champs)


def annee(*lignes, **champs):
    return ContexteAnnee(annee=2023, contrat="Bagnols", lignes=lignes, **champs)


MESNILS = TerritoireLu(pk=1, nom="Les Mesnils Pasteur", type="qpv")


# -- The catalogue ---------------------------------------------------------------------------------
def test_les_trente_deux_regles_de_coherence_sont_la():
    assert sorted(code for code in REGLES if code.startswith("COH")) == [f"COH-{n:02}" for n in range(1, 33)]


def test_chaque_regle_dit_ce_qu_elle_verifie_et_quoi_faire():
    for code, soeurs in REGLES.items():
        if code.startswith("COH"):
            assert all(regle.titre and regle.explication for regle in soeurs), code


# -- Names -----------------------------------------------------------------------------------------
def test_coh_01_un_nom_a_une_lettre_pres():
    lu = contrat(
        textes=(
            texte("Le centre social Olympe de Gouges ouvre. La maison Olympe de Gouges aussi."),
            texte("Une permanence du centre Olympe de Gougues, puis du centre Olympie de Gougues."),
        )
    )
    assert trouve("COH-01", Portee.CONTRAT, lu) == [
        (
            "alerte",
            "Le même nom est écrit de 3 façons : « Olympe de Gouges » (2 fois), « Olympe de Gougues » (1 fois) et "
            "« Olympie de Gougues » (1 fois). Gardez-en une.",
            "",
        )
    ]


def test_coh_01_deux_noms_differents_restent_deux_noms():
    lu = contrat(
        textes=(texte("Conseil Départemental du Jura et Conseil Régional. Maison Départementale du Jura."),)
    )
    assert trouve("COH-01", Portee.CONTRAT, lu) == []


def test_coh_02_pluriel_et_graphies_d_un_porteur():
    porteurs = {1: PorteurLu(pk=1, cle="p1", nom="Cité Jeune")}
    lu = contrat(porteurs=porteurs, textes=(texte("Le foyer Cité Jeunes accueille ; la cité jeune aussi."),))
    assert [phrase for _, phrase, _ in trouve("COH-02", Portee.CONTRAT, lu)] == [
        "« Cité Jeune » est écrit dans le contrat : « Cité Jeunes » (1 fois) et « cité jeune » (1 fois). "
        "Gardez un nom."
    ]
    connu = {1: replace(porteurs[1], alias=("Cité Jeunes",))}
    assert trouve("COH-02", Portee.CONTRAT, replace(lu, porteurs=connu)) == []


def test_coh_02_dans_les_bilans_de_l_annee():
    lu = annee(
        ligne(textes={"bilan.moyens": "avec Femmes Debouts et Femmes debout"}),
        porteurs={1: PorteurLu(pk=1, cle="p1", nom="Femmes Debout")},
    )
    assert [phrase for _, phrase, _ in trouve("COH-02", Portee.ANNEE, lu)] == [
        "« Femmes Debout » est aussi écrit « Femmes Debouts ». Corrigez, ou enregistrez cet autre nom."
    ]


def test_coh_03_un_quartier_mal_ecrit():
    lu = annee(
        ligne(textes={"bilan.dates_lieux": "aux Escanaux, à l'Escanau, puis aux Esanaux"}),
        territoires=(TerritoireLu(pk=1, nom="Escanaux", type="qpv", alias=("Escanau",)),),
    )
    assert [phrase for _, phrase, _ in trouve("COH-03", Portee.ANNEE, lu)] == [
        "« Escanaux » est aussi écrit « Esanaux ». Gardez une graphie, ou enregistrez cet autre nom du quartier."
    ]


def test_coh_31_un_partenaire_ecrit_de_deux_facons():
    recit = "Partenariat avec Gard au Climat. Trois soirées avec Gard O climat ont eu lieu."
    assert [
        p for _, p, _ in trouve("COH-31", Portee.ACTION, ligne(textes={"bilan.moyens": recit}), annee())
    ] == ["Le même nom est écrit de 2 façons : « Gard au Climat » et « Gard O climat ». Gardez-en une."]
    ordinaire = {"bilan.moyens": "Atelier de cuisine le mardi, Atelier à cuisine ouverte le jeudi."}
    assert trouve("COH-31", Portee.ACTION, ligne(textes=ordinaire), annee()) == []


def test_coh_23_le_contrat_nomme_un_autre_porteur():
    lu = contrat(
        actions={"CLAS": "Mairie de Dole"},
        textes=(texte("le CLAS mis en place par le centre social ODG"),),
    )
    assert [phrase for _, phrase, _ in trouve("COH-23", Portee.CONTRAT, lu)] == [
        "« CLAS » a pour porteur « Mairie de Dole » dans le programme ; le contrat dit « par le centre social ODG »."
    ]
    assert trouve("COH-23", Portee.CONTRAT, replace(lu, actions={"CLAS": "Centre social ODG"})) == []


# -- The year of Bagnols ---------------------------------------------------------------------------
@cache
def bagnols():
    """The 46 rows of document 002, with what its text announces."""
    document, cadre = lire("bagnols_2023"), lire("cadre")["bagnols"]["totaux"]
    noms = list(dict.fromkeys(lu["porteur"] for lu in document["lignes"]))
    porteurs = {rang: PorteurLu(pk=rang, cle=f"p{rang}", nom=nom) for rang, nom in enumerate(noms, 1)}
    rangs = {nom: rang for rang, nom in enumerate(noms, 1)}
    lignes = tuple(
        ligne(
            lu["ordre"],
            intitule=lu["intitule"],
            porteur=rangs[lu["porteur"]],
            axes=(lu["axe_prioritaire"], lu["thematique"]),
            dispositif="qe" if lu["bilan"].startswith("QUARTIERS D'ÉTÉ") else "",
            territoires=(MESNILS,),
            textes={"bilan.mise_en_oeuvre": lu["bilan"], "bilan.type_public": lu["type_public"]},
            personnes_qpv=lu["nb_beneficiaires_qpv"],
        )
        for lu in document["lignes"]
    )
    totaux = [
        TotalLu(
            pk=1,
            nature="actions",
            libelle="Actions",
            valeur=D(cadre["actions"]),
            citation=cadre["citation_texte"],
        ),
        TotalLu(pk=2, nature="structures", libelle="Structures", valeur=D(cadre["structures"])),
        *(
            TotalLu(pk=rang, nature="part", libelle=axe, axe=axe, valeur=D(part))
            for rang, (axe, part) in enumerate(cadre["parts_par_axe"].items(), 3)
        ),
    ]
    financeurs = {
        1: FinanceurLu(pk=1, sigle="MAIRIE", nom="Ville de Bagnols-sur-Cèze", type="commune"),
        2: FinanceurLu(pk=2, sigle="PSE", nom="Ville de Pont-Saint-Esprit", type="commune"),
    }
    return annee(*lignes, porteurs=porteurs, totaux=tuple(totaux), financeurs=financeurs)


def test_coh_05_cinquante_trois_actions_annoncees_quarante_six_presentes():
    assert trouve("COH-05", Portee.ANNEE, bagnols()) == [
        (
            "bloquant",
            "53 actions annoncées, 46 présentes : il en manque 7.",
            "D'après les parts annoncées, elles sont toutes dans « COHESION SOCIALE » (« COHESION SOCIALE » : 45 "
            "annoncées, 38 présentes ; « EMPLOI ET DEVELOPPEMENT ECONOMIQUE » : 5 annoncées, 5 présentes ; « CADRE DE "
            "VIE ET RENOUVELLEMENT URBAIN » : 2 annoncées, 2 présentes).",
        )
    ]
    juste = (replace(bagnols().totaux[0], valeur=D(46)),)
    assert trouve("COH-05", Portee.ANNEE, replace(bagnols(), totaux=juste)) == []


def test_coh_05_sans_parts_par_axe_rien_n_est_suppose():
    lu = replace(bagnols(), totaux=bagnols().totaux[:1])
    assert trouve("COH-05", Portee.ANNEE, lu)[0][2] == ""


def test_coh_04_les_services_comptent_pour_leur_ville():
    ville = next(p for p in bagnols().porteurs.values() if p.nom.startswith("VILLE"))
    ufolep = next(p for p in bagnols().porteurs.values() if p.nom == "UFOLEP")
    porteurs = {
        pk: replace(
            p,
            parent=ville.pk
            if p.nom.startswith("VILLE") and p != ville
            else ufolep.pk
            if p.nom == "UFOLEP QE"
            else None,
        )
        for pk, p in bagnols().porteurs.items()
    }
    assert len(porteurs) == 25
    assert trouve("COH-04", Portee.ANNEE, replace(bagnols(), porteurs=porteurs)) == [
        (
            "info",
            "20 structures annoncées : le compte est juste. Les actions ont 25 porteurs, 20 structures une fois les "
            "services rattachés à leur structure mère.",
            "",
        )
    ]
    assert trouve("COH-04", Portee.ANNEE, bagnols())[0][0] == "alerte"


def test_coh_06_les_parts_par_axe_font_98():
    (trouvee,) = trouve("COH-06", Portee.ANNEE, bagnols())
    assert trouvee == (
        "alerte",
        "Les parts annoncées par axe font 98 % : 85 + 9 + 4.",
        "Le document ne cite pas « INGENIERIE » (1 action), soit 2,2 % des actions.",
    )
    arrondies = tuple(
        replace(total, valeur=total.valeur + (1 if total.pk == 3 else 0)) for total in bagnols().totaux
    )
    assert trouve("COH-06", Portee.ANNEE, replace(bagnols(), totaux=arrondies)) == []


def test_coh_07_vingt_six_thematiques_ecrites():
    (trouvee,) = trouve("COH-07", Portee.ANNEE, bagnols())
    assert trouvee[1].startswith("26 thématiques écrites, 18 une fois réunies")
    assert trouvee[1].endswith("« mobiilite » est sans doute « mobilite ».")
    assert "« EMPLOI /INSERTION » = « EMPLOI/INSERTION »" in trouvee[2]
    assert (
        trouve("COH-07", Portee.ANNEE, annee(ligne(axes=("A", "Santé")), ligne(2, axes=("A", "Emploi"))))
        == []
    )


def test_coh_08_une_thematique_sous_deux_axes():
    phrases = [phrase for _, phrase, _ in trouve("COH-08", Portee.ANNEE, bagnols())]
    assert phrases[0] == (
        "La thématique « Lien social » est classée sous 2 axes : « COHESION SOCIALE » (5 actions) et « CADRE DE VIE ET "
        "RENOUVELLEMENT URBAIN » (1 action). Vérifiez le classement."
    )
    assert len(phrases) == 2


def test_coh_32_bagnols_et_pont_saint_esprit():
    phrases = {
        lue.pk: trouve("COH-32", Portee.ACTION, lue, bagnols())
        for lue in bagnols().lignes
        if trouve("COH-32", Portee.ACTION, lue, bagnols())
    }
    assert {pk: trouvees[0][1] for pk, trouvees in phrases.items()} == {
        33: "L'action se tient à Bagnols-sur-Cèze et Pont-Saint-Esprit : les 81 personnes comptées dans le QPV "
        "viennent-elles toutes du contrat ? Indiquez la part de chaque territoire."
    }


def test_coh_13_deux_actions_qui_se_recouvrent():
    estivales = ligne(1, intitule="Estivales", textes={"bilan.mise_en_oeuvre": "Quinze jours en juillet."})
    fetes = ligne(
        2, intitule="Fêtes", textes={"bilan.mise_en_oeuvre": "deux semaines dans le cadre des Estivales"}
    )
    assert [phrase for _, phrase, _ in trouve("COH-13", Portee.ANNEE, annee(estivales, fetes))] == [
        "« Estivales » et « Fêtes » racontent toutes deux « Estivales » : vérifiez que rien n'y est compté deux fois."
    ]
    ailleurs = replace(fetes, porteur=2)
    assert trouve("COH-13", Portee.ANNEE, annee(estivales, ailleurs)) == []


def test_coh_13_le_meme_intitule_deux_fois_sauf_dans_deux_dispositifs():
    une, autre = ligne(1, intitule="École B"), ligne(2, intitule="Ecole  B")
    assert len(trouve("COH-13", Portee.ANNEE, annee(une, autre))) == 1
    assert trouve("COH-13", Portee.ANNEE, annee(une, replace(autre, dispositif="qe"))) == []


def test_coh_25_jamais_sans_territoire():
    assert len(trouve("COH-25", Portee.ACTION, ligne(), annee())) == 1
    assert trouve("COH-25", Portee.ACTION, ligne(territoires=(MESNILS,)), annee()) == []


def test_coh_29_un_intitule_qui_designe():
    lue = ligne(intitule="Femmes réfugiées accueillies au Foyer Saint Jean")
    assert trouve("COH-29", Portee.ACTION, lue, annee())[0][1] == (
        "L'intitulé désigne un public par une situation sensible : « Femmes réfugiées ». Vérifiez que cela doit être "
        "publié ainsi."
    )
    danse = ligne(intitule="Danse africaine", textes={"bilan.type_public": "habitantes du quartier"})
    assert trouve("COH-29", Portee.ACTION, danse, annee()) == []


# -- A bilan ---------------------------------------------------------------------------------------
def test_coh_12_des_objectifs_recopies():
    actions = lire("dole_2024_actions")["actions"]
    sans_resultat = [lue["action"] for lue in actions if ne_dit_que_des_objectifs(lue["descriptif"])]
    assert sans_resultat == [
        "Permanence aux habitants",
        "Violences faites aux femmes",
        "Ressourcerie, recyclerie vélos",
        "Jardins 2024",
    ]
    assert not any(ne_dit_que_des_objectifs(lue["bilan"]) for lue in lire("bagnols_2023")["lignes"])


def test_coh_12_la_fiche_recopiee():
    recit = "Accompagnement à la scolarité, quatre soirs par semaine, avec douze bénévoles et les familles."
    assert bilan("COH-12", fiche={"description": recit.upper()}, mise_en_oeuvre=recit) == [
        "Le déroulement reprend mot pour mot la fiche action : dites ce qui a été fait et avec quel résultat."
    ]
    assert bilan("COH-12", mise_en_oeuvre=recit) == []
    avec_resultat = {"mise_en_oeuvre": "Favoriser le lien.", "points_forts": "30 habitants sont venus."}
    assert bilan("COH-12", **avec_resultat) == []


@pytest.mark.parametrize(
    ("dit", "noms"),
    [
        ("“C. qui s'occupe de nous”", ["C."]),
        ("L'arrivée de V. G. a changé le centre", ["V. G."]),
        ("avec M. Martin et Mme J. Durand", ["M. Martin", "Mme J. Durand"]),
        ("Madame la sous-préfète, M. le maire", []),
        ("rue Jean Jaurès, école Pasteur, QPV Les Mesnils Pasteur", []),
        ("L'arrivée de Virginie Gavand qui coordonne", ["Virginie Gavand"]),
    ],
)
def test_coh_27_les_personnes_nommees(dit, noms):
    assert [passage.mots for passage in personnes_nommees(dit)] == noms
    assert len(bilan("COH-27", points_forts=dit)) == (1 if noms else 0)


def test_coh_27_aucune_dans_les_bilans_publies():
    for document, cle, champ in (
        ("dole_2024_actions", "actions", "descriptif"),
        ("bagnols_2023", "lignes", "bilan"),
    ):
        assert [p.mots for lu in lire(document)[cle] for p in personnes_nommees(lu[champ])] == []


def test_coh_28_une_femme_et_l_ase():
    effectifs = {eff.Cellule(None, "F"): 1, eff.Cellule(None, "H"): 5}
    assert bilan("COH-28", effectifs=effectifs, type_public="6 jeunes (5 hommes , 1 femme), suivi ASE") == [
        "Le texte dit « ASE » et le bilan compte 1 femme : une personne peut être reconnue. Regroupez les chiffres ou "
        "retirez la mention."
    ]
    assert bilan("COH-28", effectifs=effectifs, type_public="6 jeunes du quartier") == []
    nombreux = {eff.Cellule(None, "F"): 12, eff.Cellule(None, "H"): 5}
    assert bilan("COH-28", effectifs=nombreux, type_public="suivi ASE") == []


def test_les_situations_sensibles_sont_des_mots_entiers():
    assert [p.mots for p in situations_sensibles("une base, la phase, un vase, l'ASE")] == ["ASE"]
    assert publics_sensibles("cuisine africaine, musique tzigane") == []


# -- The contract ----------------------------------------------------------------------------------
@cache
def dole():
    """The statistics of document 001."""
    lues = lire("dole_contrat_2024_2030")["qpv"][0]["statistiques"]
    statistiques = tuple(
        StatistiqueLue(
            pk=rang,
            libelle=lue["indicateur"],
            annee=lue["annee"],
            source=lue["source"] or "",
            unite=lue["unite"],
            valeurs={"qpv": D(str(lue["qpv"]))} if lue["qpv"] is not None else {},
        )
        for rang, lue in enumerate(lues, 1)
    )
    return contrat(statistiques=statistiques)


def test_coh_16_deux_valeurs_la_meme_annee():
    assert [phrase for _, phrase, _ in trouve("COH-16", Portee.CONTRAT, dole())] == [
        "« Demandeurs d'emploi » a deux valeurs : 440 personnes (2022) et 453 personnes (2022). Dites laquelle fait "
        "foi."
    ]


def test_coh_17_le_brevet_selon_la_source():
    assert [phrase for _, phrase, _ in trouve("COH-17", Portee.CONTRAT, dole())] == [
        "« Taux de réussite au brevet » a deux valeurs : 70 % (SIG Ville 2020) et 78,4 % (Atlas des quartiers "
        "prioritaires de la politique de la ville, janvier 2022). Dites laquelle fait foi."
    ]


def test_coh_18_sans_source_ni_annee():
    (trouvee,) = trouve("COH-18", Portee.CONTRAT, dole())
    assert trouvee[1].startswith(
        "15 données du quartier sont sans source ou sans année, sur 40 : « Demandeurs d'emploi »"
    )
    sourcees = tuple(replace(lue, source="Insee", annee=2020) for lue in dole().statistiques)
    assert trouve("COH-18", Portee.CONTRAT, replace(dole(), statistiques=sourcees)) == []


def test_coh_19_les_moins_de_25_ans_sont_parmi_les_moins_de_26():
    assert trouve("COH-19", Portee.CONTRAT, dole()) == [
        (
            "bloquant",
            "66 demandeurs d'emploi de moins de 25 ans (15 % de 440) en 2022, mais 60 de moins de 26 ans : le second "
            "nombre ne peut pas être plus petit.",
            "",
        )
    ]


def test_coh_20_les_qualifications_font_98():
    assert trouve("COH-20", Portee.CONTRAT, dole()) == [
        (
            "info",
            "« Qualification » : 17 + 14 + 23 + 38 + 6 = 98 % ; l'arrondi des parts peut l'expliquer, ou une catégorie "
            "manque.",
            "",
        )
    ]
    parts = [
        replace(lue, valeurs={"qpv": D(30)}) for lue in dole().statistiques if "Qualification" in lue.libelle
    ]
    assert trouve("COH-20", Portee.CONTRAT, contrat(statistiques=tuple(parts)))[0][0] == "alerte"


def test_coh_21_cinquante_ou_soixante_trois_nationalites():
    lu = contrat(
        textes=(texte("(plus de 50 nationalités, 37 %)"), texte("quartier : 63 nationalités", "role"))
    )
    assert [phrase for _, phrase, _ in trouve("COH-21", Portee.CONTRAT, lu)] == [
        "Le contrat dit « plus de 50 nationalités » et « 63 nationalités » : gardez le nombre le plus sûr."
    ]
    assert trouve("COH-21", Portee.CONTRAT, replace(lu, textes=lu.textes[:1])) == []


def test_coh_22_un_denombrement_juste():
    juste = (
        "1 362 quartiers prioritaires dont 960 avec des contours modifiés, 291 avec des contours similaires et 111 "
        "nouveaux quartiers prioritaires."
    )
    assert trouve("COH-22", Portee.CONTRAT, contrat(textes=(texte(juste),))) == [
        ("info", "960 + 291 + 111 = 1 362 : le compte est juste.", "")
    ]
    assert trouve("COH-22", Portee.CONTRAT, contrat(textes=(texte(juste.replace("111", "112")),))) == []


def test_coh_24_un_paragraphe_en_double():
    copie = (
        "Pour la thématique addictions, le centre « Le Briand », également porté par le CHS, reçoit les habitants du "
        "quartier sur rendez-vous."
    )
    lu = contrat(textes=(texte(f"Un mot.\n{copie}"), texte(copie, "missions")))
    assert trouve("COH-24", Portee.CONTRAT, lu)[0][1].startswith(
        "Ce paragraphe est écrit à 2 endroits du contrat : « Pour"
    )
    assert trouve("COH-24", Portee.CONTRAT, replace(lu, textes=lu.textes[:1])) == []


@pytest.mark.parametrize(
    ("critere", "mesurable"),
    [
        ("Nombre de participants", True),
        ("Taux d'occupation", True),
        ("Fréquentation des équipements", True),
        ("Avancée des différents projets", False),
        ("Résultats obtenus", False),
    ],
)
def test_coh_26_un_critere_se_mesure(critere, mesurable):
    assert est_mesurable(critere) is mesurable
    assert (
        len(trouve("COH-26", Portee.CONTRAT, contrat(criteres={"Vie du quartier": (critere,)})))
        == 1 - mesurable
    )


def test_coh_30_une_liste_a_autant_d_elements_qu_annonce():
    quatre = "les quatre objectifs nationaux :\n - Emploi\n - Émancipation\n - Transition\n - Tranquillité\n- Autre"
    assert trouve("COH-30", Portee.CONTRAT, contrat(textes=(texte(quatre),))) == []
    trois = quatre.replace(" - Tranquillité\n", "")
    assert [p for _, p, _ in trouve("COH-30", Portee.CONTRAT, contrat(textes=(texte(trois),)))] == [
        "« quatre objectifs nationaux » : 4 annoncés, 3 présents dans la liste."
    ]


# -- Conventions -----------------------------------------------------------------------------------
CONVENTION = ConventionLue(
    pk=1, cle="c1", intitule="", porteur="MJC", date_debut=date(2025, 1, 1), date_fin=date(2029, 12, 31)
)
ARTICLES = """### Article 7.1 : Subvention de fonctionnement annuelle de la Ville
### Article 7.3 : Autres subventions
### Article 7.4 : Aides en nature et valorisation
### Article 8.1 : Commission de suivi
"""


@pytest.mark.parametrize(
    ("renvoi", "phrase"),
    [
        (
            "au titre de la subvention de fonctionnement annuelle (cf. article 8.1)",
            "Le texte renvoie à l'article 8.1 (« Commission de suivi ») ; ce qu'il dit est à l'article 7.1 "
            "(« Subvention de fonctionnement annuelle de la Ville »).",
        ),
        (
            "- de faire un point sur les aides en nature (cf. article 7.3)",
            "Le texte renvoie à l'article 7.3 (« Autres subventions ») ; ce qu'il dit est à l'article 7.4 (« Aides en "
            "nature et valorisation »).",
        ),
        ("le calendrier (cf. article 12)", "Le texte renvoie à l'article 12, qui n'existe pas."),
        ("les aides en nature (cf. article 7.4)", None),
        ("l'ordre du jour de la Commission (cf. article 8.1)", None),
    ],
)
def test_coh_14_les_renvois_d_articles(renvoi, phrase):
    convention = replace(CONVENTION, textes=(texte(ARTICLES + renvoi),))
    assert [p for _, p, _ in trouve("COH-14", Portee.CONVENTION, convention, contrat())] == (
        [phrase] if phrase else []
    )


def test_coh_15_deux_representants_legaux():
    deux = replace(CONVENTION, representants=(("J.-M. D.", "Président"), ("L. H.", "Présidente")))
    assert [p for _, p, _ in trouve("COH-15", Portee.CONVENTION, deux, contrat())] == [
        "MJC a deux représentants légaux : J.-M. D. (Président) et L. H. (Présidente). Indiquez celui qui l'est à la "
        "date de signature."
    ]
    assert (
        trouve("COH-15", Portee.CONVENTION, replace(deux, representants=deux.representants[:1]), contrat())
        == []
    )


# -- A table being read ----------------------------------------------------------------------------
@dataclass(frozen=True)
class Vu:
    code: str
    phrase: str
    cellule: str
    gravite: str = "alerte"
    remede: str = "Vérifiez."


@pytest.mark.parametrize("code", ["COH-09", "COH-10", "COH-11"])
def test_ce_que_la_lecture_d_un_tableau_a_vu(code):
    vus = [Vu(code, "Lu ainsi.", "C4"), Vu("FIN-10", "Autre chose.", "I8")]
    (regle,) = REGLES[code]
    assert [(a.code, a.message, a.champ) for a in regle.fonction(vus, None)] == [
        (code, "Lu ainsi. Vérifiez.", "C4")
    ]


# -- Words, whatever they are ----------------------------------------------------------------------
def test_presque_pareils_ne_rapproche_ni_les_pluriels_ni_les_mots_courts():
    assert presque_pareils("gouges", "gougues")
    assert not presque_pareils("jeune", "jeunes")
    assert not presque_pareils("sport", "spore")
    assert not presque_pareils("departemental", "departementaux")
    assert mots_fautifs(["Emploi", "Insertion"]) == []
    assert libelles_jumeaux(["Santé", "SANTE", "Sport"]) == [("Santé", "SANTE")]


@given(st.lists(st.text(max_size=60), max_size=5), st.text(min_size=1, max_size=20))
def test_aucun_texte_ne_fait_tomber_une_regle(textes, nom):
    lu = contrat(
        textes=tuple(texte(mots) for mots in textes), porteurs={1: PorteurLu(pk=1, cle="p", nom=nom)}
    )
    appliquer(Portee.CONTRAT, lu, lu)
    lignes = [ligne(rang, textes={"bilan.mise_en_oeuvre": mots}) for rang, mots in enumerate(textes, 1)]
    de_l_annee = annee(*lignes, porteurs={1: PorteurLu(pk=1, cle="p", nom=nom)})
    appliquer(Portee.ANNEE, de_l_annee, de_l_annee)
    for lue in lignes:
        appliquer(Portee.ACTION, lue, de_l_annee)
    assert isinstance(familles(Corpus(textes).graphies(nom)), list)
