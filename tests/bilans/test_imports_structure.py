"""Recognising any town's table: its sheet, its header, its columns; the twelve layouts of domaine.md §8."""

from pathlib import Path
from typing import Any

import pytest

from bilans.imports import alias, champs
from bilans.imports.champs import Confiance, Effectif, lire_effectif
from bilans.imports.colonnes import Titre, lire_colonne
from bilans.imports.modele import SANS_INTITULE, SANS_PORTEUR, incoherences
from bilans.imports.profils import Profil
from bilans.imports.structure import Disposition, Structure, TableauIntrouvable, corriger, reconnaitre
from bilans.imports.titres import cle_titre, distance
from bilans.imports.vocabulaire import Vocabulaire
from documents.tableurs import Classeur, lire_tableur
from tests.outils.pages import lisible
from tests.tableurs.classeurs import classeur, en_xlsx, feuille
from tests.tableurs.dispositions import DISPOSITIONS

TABLEURS = Path(__file__).resolve().parents[2] / "fixtures" / "tableurs"
BAGNOLS = (
    *("MAIRIE BAGNOLS", "Ville de Bagnols-sur-Cèze", "AGGLO", "Communauté d'agglomération du Gard rhodanien"),
    *("PSE", "Ville de Pont-Saint-Esprit", "ETAT", "État", "Département", "Département du Gard", "Région"),
    *("Région Occitanie", "CAF", "CAF du Gard"),
)


def reel(nom: str) -> Classeur:
    return lire_tableur((TABLEURS / nom).read_bytes(), nom)


def lus(structure: Structure) -> dict[str, str]:
    """The field of each title."""
    return {colonne.titre: colonne.champ for colonne in structure.colonnes}


def argent(structure: Structure) -> list[tuple[str, str, str]]:
    return [(colonne.titre, colonne.financeur, colonne.etat) for colonne in structure.montants]


def un_tableau(*lignes: tuple[object, ...], nom: str = "Feuil1", **options: object) -> Classeur:
    return classeur(feuille(nom, lignes, **options))


# -- The two real workbooks ------------------------------------------------------------------------
def test_le_classeur_de_bagnols_est_reconnu_sans_aucune_correspondance() -> None:
    structure = reconnaitre(reel("bagnols_2023.xlsx"), financeurs=BAGNOLS, memoire={})
    assert (structure.feuille, structure.entete, structure.annee) == ("Bilan 2023", (2, 3), 2023)
    assert [colonne.champ for colonne in structure.colonnes] == [
        *(
            "porteur",
            "intitule",
            "axe_1",
            "thematique",
            "mise_en_oeuvre",
            "personnes_qpv",
            "type_public",
            "moyens",
        ),
        *(["montant:accorde"] * 6),
        *("total_ligne", "sous_total", "montant:accorde"),
    ]
    assert argent(structure) == [
        ("MAIRIE BAGNOLS", "MAIRIE BAGNOLS", "accorde"),
        ("Autres financeurs / AGGLO", "AGGLO", "accorde"),
        ("Autres financeurs / PSE", "PSE", "accorde"),
        ("Autres financeurs / ETAT", "ETAT", "accorde"),
        ("Autres financeurs / Département", "Département", "accorde"),
        ("Autres financeurs / Région", "Région", "accorde"),
        ("CAF", "CAF", "accorde"),
    ]
    assert {colonne.confiance for colonne in structure.colonnes} == {Confiance.SURE, Confiance.PROBABLE}
    assert structure.avertissements == ()


def test_bagnols_est_reconnu_aussi_quand_le_contrat_n_a_aucun_financeur() -> None:
    structure = reconnaitre(reel("bagnols_2023.xlsx"))
    assert [financeur for _, financeur, _ in argent(structure)] == [
        *("MAIRIE BAGNOLS", "AGGLO", "PSE", "ETAT", "Département", "Région", "CAF"),
    ]
    assert {colonne.confiance for colonne in structure.colonnes} == {Confiance.SURE, Confiance.PROBABLE}


def test_les_niveaux_du_contrat_passent_avant_les_mots_usuels() -> None:
    structure = reconnaitre(reel("bagnols_2023.xlsx"), niveaux=("axe prioritaire", "thématique"))
    assert lus(structure)["Thématique"] == "axe_2"


def test_le_classeur_de_dole_est_reconnu_malgre_son_titre_fautif() -> None:
    structure = reconnaitre(reel("dole_2024_synthese.xlsx"), memoire={})
    assert (structure.entete, structure.annee) == ((3, 3), 2024)
    assert lus(structure) == {"ACTION": "intitule", "STRUCTURE": "porteur", "DESSCRIPTIF": "mise_en_oeuvre"}
    fautif = structure.colonnes[2]
    assert fautif.confiance is Confiance.PROBABLE
    assert fautif.raison == "Le titre dit «\xa0DESSCRIPTIF\xa0», lu comme «\xa0descriptif\xa0»."
    assert structure.titres == ("ANNEXE NOTICE BILAN CONTRAT DE VILLE 2024", "TABLEAU - SYNTHÈSE DES ACTIONS")


# -- The twelve layouts ----------------------------------------------------------------------------
DISPOSITIONS_ATTENDUES = {
    **{
        "L1": Disposition.TABLEAU,
        "L2": Disposition.TABLEAU,
        "L3": Disposition.AXES,
        "L4": Disposition.BUDGET,
    },
    **{
        "L5": Disposition.FICHE,
        "L6": Disposition.TABLEAU,
        "L7": Disposition.TABLEAU,
        "L8": Disposition.TABLEAU,
    },
    **{
        "L9": Disposition.ENVELOPPES,
        "L10": Disposition.AUTRE,
        "L11": Disposition.TABLEAU,
        "L12": Disposition.TABLEAU,
    },
}


@pytest.mark.parametrize("nom", DISPOSITIONS)
def test_chaque_disposition_est_reconnue_pour_ce_qu_elle_est(nom: str) -> None:
    structure = reconnaitre(DISPOSITIONS[nom]())
    assert structure.disposition is DISPOSITIONS_ATTENDUES[nom]
    assert structure.a_des_actions == (structure.disposition in (Disposition.TABLEAU, Disposition.FICHE))


@pytest.mark.parametrize("nom", DISPOSITIONS)
def test_chaque_disposition_ecrite_en_xlsx_est_lue_de_meme(nom: str) -> None:
    en_memoire = DISPOSITIONS[nom]()
    lu = lire_tableur(en_xlsx(en_memoire), f"{nom}.xlsx")
    attendue, obtenue = reconnaitre(en_memoire), reconnaitre(lu)
    assert obtenue.entete == attendue.entete
    assert lus(obtenue) == lus(attendue)


@pytest.mark.parametrize("nom", DISPOSITIONS)
def test_chaque_structure_passe_par_le_json(nom: str) -> None:
    structure = reconnaitre(DISPOSITIONS[nom]())
    assert Structure.from_dict(structure.to_dict()) == structure


def test_l2_deux_niveaux_et_une_colonne_de_sous_totaux_sans_titre() -> None:
    structure = reconnaitre(DISPOSITIONS["L2"]())
    assert structure.entete == (2, 3)
    assert structure.colonnes[15].champ == "sous_total"
    assert structure.colonnes[15].raison.startswith("La colonne n'a pas de titre")
    assert structure.colonnes[10].groupe == "Autres financeurs"


def test_l3_dit_que_ce_sont_les_axes_du_contrat() -> None:
    structure = reconnaitre(DISPOSITIONS["L3"]())
    assert structure.avertissements[0].startswith("Ce tableau est celui des axes du contrat, pas des actions")
    assert list(lus(structure).values()) == ["axe_2", "objectifs", "partenaires", "note", "note"]


def test_l4_dit_que_c_est_un_budget_et_ne_garde_qu_un_exercice() -> None:
    structure = reconnaitre(DISPOSITIONS["L4"]())
    assert structure.avertissements[0].startswith("Ce tableau est le budget d'une structure")
    assert structure.entete == (1, 2)
    assert structure.colonnes[1].raison == "Un montant de l'exercice N+1, pas de N\xa0: gardé en note."


def test_l5_est_une_fiche_a_une_action() -> None:
    structure = reconnaitre(DISPOSITIONS["L5"]())
    assert lus(structure) == {
        "Domaine": "domaine",
        "Nom": "intitule",
        "Objectifs": "objectifs",
        "Moyens": "moyens_humains",
        "Déroulement": "description",
        "Publics": "public_vise",
        "Tarifs": "tarifs",
        "Partenaires": "partenaires",
        "Critères d'évaluation": "note",
        "Budget prévisionnel annuel": "cout_prevu",
        "Participation financière de la Ville": "montant:accorde",
    }
    assert argent(structure) == [("Participation financière de la Ville", "Ville", "accorde")]


def test_l6_donnees_ouvertes_du_p147() -> None:
    champs_lus = lus(reconnaitre(DISPOSITIONS["L6"]()))
    assert champs_lus == {
        **{"lib_action": "intitule", "raison_sociale": "porteur", "objectif": "objectifs"},
        **{"montant": "montant:accorde", "theme": "thematique", "sous_theme": "note", "code_tiers": "siret"},
        **{"annee": "annee", "codgeo": "note", "code_cv": "note", "insee_dep": "note", "insee_reg": "note"},
    }


def test_l7_la_feuille_des_donnees_n_est_pas_la_premiere() -> None:
    structure = reconnaitre(DISPOSITIONS["L7"]())
    assert structure.feuille == "Export"
    champs_lus = lus(structure)
    assert champs_lus["Action de demande - Code dossier"] == "reference"
    assert champs_lus["Code SIRET"] == "siret"
    assert champs_lus["Montant engagé"] == "montant:accorde"
    assert champs_lus["Libellé de la famille de procédure"] == "dispositif"
    assert {candidat.feuille for candidat in structure.candidats} == {"Export", "Lisez-moi"}


def test_l8_scdl_donne_le_financeur_ligne_par_ligne() -> None:
    champs_lus = lus(reconnaitre(DISPOSITIONS["L8"]()))
    assert champs_lus["nomAttribuant"] == "financeur"
    assert [
        champs_lus[titre] for titre in ("nomBeneficiaire", "idBeneficiaire", "rnaBeneficiaire", "objet")
    ] == [
        *("porteur", "siret", "rna", "intitule"),
    ]
    assert champs_lus["montant"] == "montant:accorde"
    assert champs_lus["pourcentageSubvention"] == "part"


def test_l9_dit_qu_il_n_y_a_pas_d_actions() -> None:
    structure = reconnaitre(DISPOSITIONS["L9"]())
    assert structure.avertissements == (
        "Ce tableau donne des montants par axe, sans les actions\xa0: aucune action ne sera créée. Ses montants "
        "servent de totaux de contrôle.",
    )


def test_l10_n_est_pas_un_tableau_d_actions() -> None:
    structure = reconnaitre(DISPOSITIONS["L10"]())
    assert structure.avertissements[0].startswith("Ce n'est pas un tableau d'actions")
    assert not structure.a_des_actions


def test_l11_demande_et_propose_pour_chaque_financeur() -> None:
    structure = reconnaitre(DISPOSITIONS["L11"](), financeurs=("État", "Ville", "Agglo", "CAF"))
    assert structure.entete == (1, 2)
    assert argent(structure) == [
        ("État / Demandé", "État", "demande"),
        ("État / Proposé", "État", "propose"),
        ("Ville / Demandé", "Ville", "demande"),
        ("Ville / Proposé", "Ville", "propose"),
        ("Agglo", "Agglo", "propose"),
        ("CAF", "CAF", "propose"),
        ("Département", "Département", "propose"),
        ("Région", "Région", "propose"),
    ]
    champs_lus = lus(structure)
    assert champs_lus["État / Avis"] == "note"
    assert [
        champs_lus[titre] for titre in ("N°", "QPV", "Pilier/Enjeu", "Nouvelle/Reconduction", "Coût total")
    ] == [
        *("ordre", "territoires", "axe_1", "type", "cout_prevu"),
    ]


def test_l12_la_grille_par_sexe_et_par_age_meme_devenue_une_date() -> None:
    champs_lus = list(lus(reconnaitre(DISPOSITIONS["L12"]())).values())
    assert champs_lus[2:12] == [
        *("personnes", "personnes_qpv", "effectif:total:F:-", "effectif:total:H:-"),
        *(
            "effectif:total:T:0-5",
            "effectif:total:T:6-15",
            "effectif:total:T:16-17",
            "effectif:total:T:18-25",
        ),
        *("effectif:total:T:26-64", "effectif:total:T:65-"),
    ]
    assert champs_lus[12:] == ["cout_prevu", "cout_realise", "montant:accorde"]


# -- Titles ----------------------------------------------------------------------------------------
def test_la_table_des_titres_est_large_et_ne_met_aucun_titre_sous_deux_champs() -> None:
    sens: dict[str, str] = {}
    for champ, titres in alias.ALIAS.items():
        assert champs.existe(champ)
        for titre in titres:
            assert sens.setdefault(cle_titre(titre), champ) == champ, titre
    assert not {cle_titre(titre) for titre in alias.SELON_LE_CONTENU} & sens.keys()
    assert len(sens) >= 250
    assert {champ for champ in alias.INDICES if not champs.existe(champ)} == set()


def test_une_correction_ne_change_jamais_un_titre_reel_en_un_autre() -> None:
    """« Axe 1 » and « Axe 2 », « Nom » and « Num », one letter apart, stay what they are."""
    mots = Vocabulaire()
    for champ, titres in alias.ALIAS.items():
        for titre in titres:
            lecture = lire_colonne(Titre(titre), Profil(), mots, bilan=False)
            assert (lecture.champ, lecture.confiance) == (champ, Confiance.SURE), titre


@pytest.mark.parametrize(
    ("titre", "champ"),
    [
        ("Porteru de projet", "porteur"),
        ("Intitulé de l'acton", "intitule"),
        ("THEMATQIUE", "thematique"),
        ("Dispostif", "dispositif"),
        ("Nb de bénéficaires", "personnes"),
        ("Dificultés", "difficultes"),
        ("NB de\nbénéficiaires  QPV *", "personnes_qpv"),
        ("Dispo-\nsitif", "dispositif"),
        ("Porteur·e·s", "porteur"),
        ("  OBJECTIFS  (résumé)", "objectifs"),
        ("Femmes 16/17 ans", "effectif:total:F:16-17"),
        ("dont filles de 6 à 15 ans (QPV)", "effectif:qpv:F:6-15"),
        ("65 ans et plus", "effectif:total:T:65-"),
        ("Moins de 6 ans", "effectif:total:T:0-5"),
        ("Sexe non renseigné", "effectif:total:N:-"),
        ("Montant versé 2024 (€)", "montant:verse"),
        ("Subvention notifiée État", "montant:notifie"),
        ("Nature exacte du besoin", "note"),
    ],
)
def test_un_titre_est_lu_malgre_ses_fautes_et_sa_forme(titre: str, champ: str) -> None:
    en_textes = champs.champ(champ).genre is champs.Genre.TEXTE
    cases = ("du texte", "un autre") if en_textes else (3, 4)
    structure = reconnaitre(
        un_tableau(("Coût total", "Lieu", titre), (10, "Dole", cases[0]), (20, "Tavaux", cases[1]))
    )
    assert structure.colonnes[2].champ == champ


def test_deux_porteurs_ne_sont_pas_confondus() -> None:
    structure = reconnaitre(
        un_tableau(("Structure", "Action", "Porteur"), ("MJC", "Web radio", "Ville de Dole"))
    )
    assert [colonne.champ for colonne in structure.colonnes] == ["porteur", "intitule", "note"]
    assert structure.colonnes[2].raison.startswith("Une autre colonne est déjà lue")


def test_des_nombres_sous_un_titre_de_texte_ne_sont_pas_tenus_pour_surs() -> None:
    structure = reconnaitre(
        un_tableau(("Porteur", "Projet", "Action"), ("MJC", "Web radio", 1), ("CCAS", "PRE", 2))
    )
    assert [colonne.champ for colonne in structure.colonnes] == ["porteur", "intitule", "ordre"]
    assert structure.colonnes[2].confiance is Confiance.INCERTAINE


@pytest.mark.parametrize(
    ("titre", "nombres", "textes"),
    [
        ("Ville", "montant:accorde", "territoires"),
        ("QPV", "personnes_qpv", "territoires"),
        ("État", "montant:accorde", "statut"),
        ("Bénéficiaires", "personnes", "type_public"),
        ("Région", "montant:accorde", "note"),
    ],
)
def test_un_titre_a_deux_sens_est_lu_par_ses_cases(titre: str, nombres: str, textes: str) -> None:
    en_nombres = un_tableau(
        ("Porteur", "Action", titre), ("MJC", "Web radio", 300), ("CCAS", "PRE", "1 400 €")
    )
    en_textes = un_tableau(
        ("Porteur", "Action", titre), ("MJC", "Web radio", "Dole"), ("CCAS", "PRE", "Tavaux")
    )
    assert reconnaitre(en_nombres).colonnes[2].champ == nombres
    assert reconnaitre(en_textes).colonnes[2].champ == textes


def test_le_beneficiaire_est_le_porteur_quand_personne_d_autre_ne_l_est() -> None:
    lignes = (("MJC", "Web radio", 300), ("CCAS", "PRE", 400))
    assert (
        reconnaitre(un_tableau(("Bénéficiaire", "Objet", "Montant"), *lignes)).colonnes[0].champ == "porteur"
    )
    autre = reconnaitre(un_tableau(("Bénéficiaires", "Porteur", "Action"), ("enfants", "MJC", "Web radio")))
    assert [colonne.champ for colonne in autre.colonnes] == ["type_public", "porteur", "intitule"]


def test_le_nombre_prevu_n_est_pas_le_nombre_de_personnes_venues() -> None:
    titres = ("Porteur", "Action", "Nombre de bénéficiaires prévus", "Nombre de bénéficiaires réalisés")
    structure = reconnaitre(un_tableau(titres, ("MJC", "Web radio", 30, 20)))
    assert [colonne.champ for colonne in structure.colonnes[2:]] == ["note", "personnes"]


@pytest.mark.parametrize(
    "titre",
    [
        *("Nb bénef. prévus", "Nb bénéf. prévus", "Participants prévus", "Pers. attendues", "Pax prévus"),
        *("Nombre de personnes visées", "Public prévisionnel", "Bénéficiaires QPV prévus"),
    ],
)
def test_des_personnes_prevues_sont_une_note_jamais_un_financeur(titre: str) -> None:
    for nombres in (Profil(remplies=5, nombres=5), Profil(remplies=4, nombres=1, personnes=2)):
        lecture = lire_colonne(Titre(titre), nombres, Vocabulaire(), False)
        assert (lecture.champ, lecture.financeur) == ("note", "")
        assert lecture.raison == (
            f"« {titre} » compte des personnes prévues, pas celles qui sont venues : la colonne est gardée en note."
        )


def test_prevu_sous_un_groupe_de_public_ne_compte_pas_d_argent() -> None:
    nombres = Profil(remplies=5, nombres=5)
    assert lire_colonne(Titre("Prévu", "Public"), nombres, Vocabulaire(), False).champ == "note"
    assert lire_colonne(Titre("Prévu", "CAF"), nombres, Vocabulaire(), False).champ == "montant:demande"


def test_un_etat_ne_fait_pas_un_financeur_de_n_importe_quel_mot() -> None:
    nombres = Profil(remplies=5, nombres=5)
    assert [
        (titre, lire_colonne(Titre(titre), nombres, Vocabulaire(["MJC"]), False).champ)
        for titre in ("Repas prévus", "Demandé", "CAF demandé", "MJC demandé", "Aide Machin demandée")
    ] == [
        ("Repas prévus", "note"),
        ("Demandé", "montant:demande"),
        ("CAF demandé", "montant:demande"),
        ("MJC demandé", "montant:demande"),
        ("Aide Machin demandée", "montant:demande"),
    ]


def test_des_cases_qui_comptent_des_personnes_ne_sont_pas_de_l_argent() -> None:
    structure = reconnaitre(
        un_tableau(
            ("Porteur", "Action", "État", "Subvention machin", "Truc", "Ville"),
            ("ASM", "Foot", 500, "45 personnes", "12 à 15", 300),
            ("ASM", "Judo", 500, 30, 20, 300),
            ("CCAS", "Contes", 700, "une centaine", 12, 300),
            ("CCAS", "Jeux", 700, 20, "6-8", 300),
        )
    )
    assert argent(structure) == [("État", "État", "accorde"), ("Ville", "Ville", "accorde")]


@pytest.mark.parametrize(
    ("titre", "financeur"),
    [
        ("Fondation de France", "Fondation de France"),
        ("Subventions sollicitées / Ville de Dole", "Ville de Dole"),
        ("Montant accordé par la CAF du Gard", "CAF du Gard"),
        ("ETAT (BOP 147)", "ETAT (BOP 147)"),
        ("Ville (en €)", "Ville"),
        ("Conseil d'agglomération - subvention 2025", "Conseil d'agglomération"),
        ("Région - Occitanie", "Région - Occitanie"),
    ],
)
def test_le_nom_d_un_financeur_garde_les_mots_de_la_case(titre: str, financeur: str) -> None:
    assert Vocabulaire().montant(titre).financeur == financeur


def test_un_financeur_est_rapproche_sans_ses_petits_mots() -> None:
    assert Vocabulaire(["Ville Dole"]).montant("Ville de Dole, demandé").financeur == "Ville Dole"


def test_hors_total_n_est_pas_un_total() -> None:
    """The header that Pilotis itself writes above the funders that are not in the total."""
    titres = [("Porteur", "Action", "Total PDV", "Hors total"), (None, None, None, "CAF")]
    structure = reconnaitre(un_tableau(*titres, ("MJC", "Web radio", 100, 20), ("CCAS", "PRE", 200, 30)))
    assert structure.entete == (0, 1)
    assert argent(structure) == [("Hors total / CAF", "CAF", "accorde")]


def test_des_porteurs_aux_noms_de_financeurs_ne_font_pas_une_fiche() -> None:
    porteurs = ("VILLE - DCESS", "VILLE - DGPU", "CAF", "Région Occitanie", "MSA", "Département du Gard")
    structure = reconnaitre(
        un_tableau(("ACTION", "STRUCTURE"), *((f"Action {nom}", nom) for nom in porteurs))
    )
    assert (structure.disposition, structure.entete) == (Disposition.TABLEAU, (0, 0))


def test_un_titre_colle_se_partage_avec_la_colonne_suivante() -> None:
    structure = reconnaitre(
        un_tableau(
            ("Porteur", "Action", "Ville", "Département Région", None, "Total PDV"),
            ("MJC", "Web radio", 100, 20, 30, 150),
            ("CCAS", "PRE", 200, 40, 60, 300),
        )
    )
    assert [financeur for _, financeur, _ in argent(structure)] == ["Ville", "Département", "Région"]
    seul = reconnaitre(un_tableau(("Porteur", "Action", "Département Région"), ("MJC", "Web radio", 20)))
    assert seul.colonnes[2].confiance is Confiance.INCERTAINE


def test_deux_villes_au_contrat_laissent_ville_a_rapprocher() -> None:
    tableau = un_tableau(("Porteur", "Action", "Ville"), ("MJC", "Web radio", 100))
    une = reconnaitre(tableau, financeurs=("Ville de Dole",))
    deux = reconnaitre(tableau, financeurs=("Ville de Dole", "Ville de Tavaux"))
    assert une.colonnes[2].financeur == "Ville de Dole"
    assert deux.colonnes[2].financeur == "Ville"


def test_les_exercices_cote_a_cote_ne_gardent_que_l_annee_attendue() -> None:
    tableau = un_tableau(
        ("Porteur", "Action", "Montant accordé 2022", "Montant accordé 2023", "Montant accordé 2024"),
        ("MJC", "Web radio", 100, 200, 300),
    )
    assert [colonne.titre for colonne in reconnaitre(tableau).montants] == ["Montant accordé 2024"]
    assert [colonne.titre for colonne in reconnaitre(tableau, annee=2023).montants] == [
        "Montant accordé 2023"
    ]


def test_une_colonne_inconnue_est_gardee_en_note() -> None:
    structure = reconnaitre(un_tableau(("Porteur", "Action", "Zorglub"), ("MJC", "Web radio", "oui")))
    colonne = structure.colonnes[2]
    assert (colonne.champ, colonne.confiance) == ("note", Confiance.INCONNUE)
    assert colonne.raison == "Le titre «\xa0Zorglub\xa0» n'est pas connu\xa0: la colonne est gardée en note."
    assert colonne.exemples == ("oui",)


def test_ages_et_perimetres() -> None:
    assert lire_effectif("effectif:qpv:F:6-15") == Effectif("qpv", "F", 6, 15)
    assert lire_effectif("effectif:total:H:65-") == Effectif("total", "H", 65)
    assert lire_effectif("effectif:total:H:-") == Effectif("total", "H")
    assert lire_effectif("personnes_qpv") == Effectif("qpv", "T")
    assert lire_effectif("intitule") is None
    assert champs.champ("effectif:qpv:F:12-17").libelle == "Femmes du QPV, 12 à 17\xa0ans"
    with pytest.raises(KeyError):
        champs.champ("effectif:qpv:X:12-17")


def test_les_champs_proposes_suivent_les_tranches_de_la_campagne() -> None:
    publics = {
        propose.nom for propose in champs.champs_proposes([(11, 17)], lus=["effectif:qpv:F:3-6"])["Publics"]
    }
    assert {"effectif:total:T:11-17", "effectif:qpv:F:3-6", "personnes", "effectif:total:F:-"} <= publics
    assert "effectif:total:T:6-15" not in publics


def test_la_distance_compte_ajouts_oublis_changements_et_inversions() -> None:
    assert distance("desscriptif", "descriptif", 2) == 1
    assert distance("thematqiue", "thematique", 2) == 1
    assert distance("porteur", "acteur", 1) == 2


# -- Sheets and headers ----------------------------------------------------------------------------
TITRES = ("Porteur", "Action", "Montant accordé")
LIGNES = (("MJC", "Web radio", 100), ("CCAS", "PRE", 200))


def test_la_feuille_masquee_n_est_lue_que_faute_d_autre() -> None:
    masquee = feuille("Archives", [TITRES, *LIGNES, *LIGNES], masquee=True)
    visible = feuille("2024", [("Porteur", "Action"), ("MJC", "Web radio")])
    assert reconnaitre(classeur(masquee, visible)).feuille == "2024"
    seule = reconnaitre(classeur(masquee, feuille("Notes", [("Bonjour",)])))
    assert seule.feuille == "Archives"
    assert seule.avertissements == (
        "La feuille «\xa0Archives\xa0», qui est lue, est masquée dans le classeur.",
    )


def test_les_feuilles_aux_memes_titres_sont_nommees() -> None:
    deux = classeur(feuille("2023", [TITRES, *LIGNES]), feuille("2024", [TITRES, *LIGNES]))
    assert (reconnaitre(deux).feuille, reconnaitre(deux).semblables) == ("2023", ("2024",))
    assert reconnaitre(deux, annee=2024).feuille == "2024"


def test_l_entete_est_trouvee_loin_et_une_personne_peut_la_choisir() -> None:
    tableau = un_tableau(*[("Texte libre", None, None)] * 55, TITRES, *LIGNES)
    assert reconnaitre(tableau).entete == (55, 55)
    imposee = reconnaitre(tableau, feuille="Feuil1", entete=(56, 56))
    assert imposee.entete == (56, 56)
    assert [colonne.titre for colonne in imposee.colonnes] == ["MJC", "Web radio", "100"]


def _lignes_proposees(structure: Structure) -> list[tuple[int, int]]:
    return [candidat.entete for candidat in structure.candidats]


def test_les_lignes_de_titres_voisines_sont_toujours_proposees() -> None:
    lu = un_tableau(
        ("Programmation 2025", None, None, None),
        ("Porteur", "Action", "Subvention", None),
        (None, None, "État", "Ville"),
        ("ASM", "Foot", 500, 300),
        ("CCAS", "Contes", 700, 300),
    )
    structure = reconnaitre(lu)
    assert structure.entete == (1, 2)
    # one row of it, the other, one row more, the row below; never the title of the table
    assert _lignes_proposees(structure) == [(1, 1), (2, 2), (1, 3), (3, 3)]
    choisie = reconnaitre(lu, feuille="Feuil1", entete=(1, 1))
    assert _lignes_proposees(choisie) == [(1, 2), (2, 2)]
    assert [colonne.titre for colonne in choisie.colonnes] == ["Porteur", "Action", "Subvention", ""]


def test_une_entete_choisie_par_erreur_laisse_reprendre_toutes_les_autres() -> None:
    lu = classeur(
        feuille("2024", [("Porteur", "Action"), ("ASM", "Foot")]),
        feuille("2025", [("Porteur", "Action"), ("ASM", "Foot"), ("CCAS", "Contes")]),
    )
    choisie = reconnaitre(lu, feuille="2025", entete=(1, 1))
    assert [(candidat.feuille, candidat.entete) for candidat in choisie.candidats] == [
        *(("2025", (0, 1)), ("2025", (0, 0)), ("2024", (0, 0))),
    ]


def test_les_titres_proposes_sont_coupes_pour_etre_lus() -> None:
    structure = reconnaitre(un_tableau(("Porteur", "Action"), ("ASM", "Foot " * 60), ("CCAS", "Contes")))
    assert max(len(titre) for candidat in structure.candidats for titre in candidat.titres) == 60


def test_trois_niveaux_de_titres_sans_cellules_fusionnees() -> None:
    """What a csv makes of merged cells: blanks after a group."""
    structure = reconnaitre(
        un_tableau(
            ("Porteur", "Action", "Bénéficiaires", None, None, "Financeurs", None),
            (None, None, "QPV", None, "Total", "Ville", "État"),
            (None, None, "F", "H", None, None, None),
            ("MJC", "Web radio", 3, 4, 10, 100, 200),
            ("CCAS", "PRE", 5, 6, 20, 300, 400),
            nom="donnees",
        )
    )
    assert structure.entete == (0, 2)
    assert [colonne.champ for colonne in structure.colonnes] == [
        *("porteur", "intitule", "effectif:qpv:F:-", "effectif:qpv:H:-", "personnes"),
        *("montant:accorde", "montant:accorde"),
    ]
    assert [financeur for _, financeur, _ in argent(structure)] == ["Ville", "État"]


def test_une_premiere_ligne_d_action_n_est_pas_un_niveau_de_titres() -> None:
    tableau = un_tableau(
        ("Structure", "Action", "Ville"), ("CAF", "Formation", None), ("État", "Ateliers", 300)
    )
    assert reconnaitre(tableau).entete == (0, 0)


@pytest.mark.parametrize(("qui", "quoi"), [("Qui", "Quoi"), ("Bidule", "Machin")])
@pytest.mark.parametrize(
    "valeur", ["4 000,00 €", "4000", "4 k€", "12/03/2025", "47 %", "Le mercredi. Un repas est offert."]
)
def test_une_premiere_ligne_de_valeurs_n_est_jamais_une_ligne_de_sous_titres(
    qui: str, quoi: str, valeur: str
) -> None:
    structure = reconnaitre(
        un_tableau(
            ("suivi 2025", None, None, None, None, None, None, None),
            (qui, quoi, "Combien", "Coût", "Politique de la ville État", "Agglo", "Dpt 39", "Fait ?"),
            ("Femmes debout", "Jeux", "environ 40", "9 000 €", valeur, valeur, valeur, "oui"),
            ("Femmes debout", "Contes", "60", "2 500 €", "1 000 €", None, None, "non"),
        )
    )
    assert structure.entete == (1, 1)
    assert [colonne.titre for colonne in structure.colonnes[:2]] == [qui, quoi]
    assert structure.colonnes[1].exemples == ("Jeux", "Contes")


def test_oui_et_non_sont_des_sous_titres_cote_a_cote_et_une_reponse_seuls() -> None:
    case = reconnaitre(
        un_tableau(
            ("Porteur", "Action", "Subvention", "Nouveau", None),
            (None, None, None, "oui", "non"),
            ("ASM", "Foot", 500, "x", None),
        )
    )
    assert case.entete == (0, 1)
    reponse = reconnaitre(
        un_tableau(
            ("Machin", "Subvention", "Fait ?", None), (None, None, "oui", None), ("A", 500, "non", None)
        )
    )
    assert reponse.entete == (0, 0)


def test_qui_quoi_pour_qui_ou_se_lisent_comme_ils_se_disent() -> None:
    structure = reconnaitre(
        un_tableau(
            ("Qui", "Quoi", "Pour qui", "Où", "Fait ?", "Agglo", "Reste à charge"),
            ("ASM", "Foot", "enfants", "stade", "oui", "500 €", "300 €"),
        )
    )
    assert [colonne.champ for colonne in structure.colonnes] == [
        *("porteur", "intitule", "public_vise", "lieux", "realisation", "montant:accorde", "note"),
    ]


def test_une_disposition_inconnue_passe_par_la_page_des_colonnes() -> None:
    structure = reconnaitre(un_tableau(("Foo", "Bar", "Baz"), ("a", "b", 1), ("c", "d", 2)))
    assert [colonne.champ for colonne in structure.colonnes] == ["note"] * 3
    assert structure.confiance is Confiance.INCONNUE
    assert structure.avertissements == (
        "Aucune colonne ne donne l'intitulé des actions\xa0: dites laquelle.",
    )
    corrigee = corriger(structure, {"0": {"champ": "porteur"}, "1": {"champ": "intitule"}})
    assert corrigee.a_des_actions
    assert corrigee.confiance is Confiance.SURE


@pytest.mark.parametrize(
    "vide",
    [
        classeur(),
        classeur(feuille("Feuil1", [])),
        classeur(feuille("Feuil1", [("Bonjour",), ("Ceci est une lettre.",)])),
        classeur(feuille("Graphique", [()])),
    ],
)
def test_sans_tableau_une_phrase_le_dit(vide: Classeur) -> None:
    with pytest.raises(TableauIntrouvable) as refus:
        reconnaitre(vide)
    assert str(refus.value).startswith("Aucun tableau n'a été trouvé dans ce classeur.")


def test_une_feuille_ou_une_entete_qui_n_est_pas_la_est_refusee_en_francais() -> None:
    tableau = un_tableau(TITRES, *LIGNES)
    with pytest.raises(TableauIntrouvable, match="La feuille «\xa0Autre\xa0» n'est pas là"):
        reconnaitre(tableau, feuille="Autre")
    for hors in ((40, 40), (-1, 0), (1, 0), (0, 3)):
        with pytest.raises(TableauIntrouvable, match="La feuille «\xa0Feuil1\xa0» a 3\xa0lignes"):
            reconnaitre(tableau, entete=hors)


def test_les_lignes_et_colonnes_masquees_sont_lues_et_dites() -> None:
    tableau = classeur(
        feuille(
            "Feuil1", [TITRES, *LIGNES], lignes_masquees=frozenset({2}), colonnes_masquees=frozenset({0, 2})
        )
    )
    assert reconnaitre(tableau).avertissements == (
        "1\xa0ligne masquée est lue avec les autres\xa0: vérifiez les filtres du classeur.",
        "2\xa0colonnes masquées sont lues avec les autres.",
    )


# -- What a person says ----------------------------------------------------------------------------
def test_une_personne_corrige_et_la_signature_s_en_souvient() -> None:
    tableau = un_tableau(("Porteur", "Action", "Zorglub", "Ville"), ("MJC", "Web radio", 12, 100))
    structure = reconnaitre(tableau)
    choix = {"2": {"champ": "montant", "financeur": "CAF", "etat": "verse"}, "3": {"champ": "ignorer"}}
    corrigee = corriger(structure, choix)
    assert [(c.champ, c.financeur, c.etat, c.confiance) for c in corrigee.colonnes[2:]] == [
        ("montant:verse", "CAF", "verse", Confiance.SURE),
        ("ignorer", "", "", Confiance.SURE),
    ]
    suivant = un_tableau(("PORTEUR", " action*", "zorglub", "ville"), ("CCAS", "PRE", 5, 6))
    retrouvee = reconnaitre(suivant, memoire={structure.signature: choix})
    assert retrouvee.signature == structure.signature
    assert [colonne.champ for colonne in retrouvee.colonnes] == [
        colonne.champ for colonne in corrigee.colonnes
    ]
    assert retrouvee.colonnes[2].raison == "Comme la dernière fois."
    autre = un_tableau(("Porteur", "Action", "Ville", "Zorglub"), ("MJC", "Web radio", 100, 12))
    assert reconnaitre(autre).signature != structure.signature


def test_un_choix_ancien_ou_faux_ne_casse_rien() -> None:
    structure = reconnaitre(un_tableau(TITRES, *LIGNES))
    choix = {
        "0": {"champ": "disparu"},
        "2": {"champ": "montant", "etat": "perdu"},
        "99": {"champ": "porteur"},
    }
    corrigee = corriger(structure, choix)
    assert [colonne.champ for colonne in corrigee.colonnes] == ["note", "intitule", "montant:accorde"]


def test_deux_colonnes_dites_du_meme_champ_se_contredisent() -> None:
    structure = reconnaitre(
        un_tableau(("Porteur", "Action", "Machin", "Truc", "Ville", "État"), ("A", "B", "C", "D", 1, 2))
    )
    dites = {"2": {"champ": "intitule"}, "3": {"champ": "intitule"}, "5": {"champ": "montant"}}
    assert incoherences(structure) == ()
    (une,) = incoherences(corriger(structure, {"3": {"champ": "intitule"}}))
    assert (une.index, une.phrase.replace("\xa0", " ")) == (
        3,
        "Les colonnes B et D disent toutes deux « Intitulé de l'action » : gardez-en une, ou mettez l'autre en note.",
    )
    (trois,) = incoherences(corriger(structure, dites))
    assert trois.phrase.replace("\xa0", " ") == (
        "Les colonnes B, C et D disent toutes « Intitulé de l'action » : gardez-en une, ou mettez les autres en note."
    )
    notes = {"2": {"champ": "note"}, "3": {"champ": "note"}, "4": {"champ": "part"}, "5": {"champ": "part"}}
    assert incoherences(corriger(structure, notes)) == ()


def test_ce_qui_manquait_n_est_plus_dit_une_fois_corrige_et_se_dit_de_nouveau() -> None:
    structure = reconnaitre(un_tableau(("Porteur", "Machin", "Ville"), ("A", "B", 1), ("C", "D", 2)))
    assert structure.avertissements == (SANS_INTITULE,)
    corrigee = corriger(structure, {"1": {"champ": "intitule"}})
    assert corrigee.avertissements == ()
    assert corriger(corrigee, {"0": {"champ": "note"}}).avertissements == (SANS_PORTEUR,)


def test_deux_colonnes_du_meme_champ_ne_se_cachent_pas() -> None:
    structure = reconnaitre(
        un_tableau(("Porteur", "Action", "Ville", "Remarques"), ("MJC", "Web radio", 1, "b"))
    )
    assert structure.cles == {0: "porteur", 1: "intitule", 2: "c2", 3: "c3"}
    corrigee = corriger(structure, {"3": {"champ": "intitule"}})
    assert corrigee.cles == {0: "porteur", 1: "intitule", 2: "c2", 3: "c3"}
    assert corrigee.colonne("c3") == corrigee.colonnes[3]
    assert corrigee.colonne("absente") is None


def test_contrat_de_ville_ne_dit_pas_qui_paie() -> None:
    structure = reconnaitre(
        un_tableau(
            ("Porteur", "Action", "Subvention CV / État", "CdV Agglo", "Part CV MAIRIE"),
            ("ASM", "Foot", 500, 300, 200),
        ),
        financeurs=["ÉTAT", "AGGLO", "MAIRIE"],
    )
    assert [colonne.financeur for colonne in structure.colonnes[2:]] == ["ÉTAT", "AGGLO", "MAIRIE"]


@pytest.mark.parametrize(
    ("cases", "raison"),
    [
        (
            (40, 12),
            "Le titre « Combien » n'est pas connu et ses cases sont des nombres : des personnes, des euros ? "
            "Dites-le ici ; sinon la colonne est gardée en note.",
        ),
        (("peu", "trop"), "Le titre « Combien » n'est pas connu : la colonne est gardée en note."),
    ],
)
def test_une_colonne_inconnue_dit_ce_qu_il_faut_en_dire(cases: tuple[Any, ...], raison: str) -> None:
    structure = reconnaitre(
        un_tableau(("Qui", "Quoi", "Combien"), *(("ASM", f"Foot {i}", case) for i, case in enumerate(cases)))
    )
    combien = structure.colonnes[2]
    assert (combien.champ, combien.confiance) == ("note", Confiance.INCONNUE)
    assert lisible(combien.raison) == raison


@pytest.mark.parametrize("titre", ["Combien", "Combien ?", "Nombre"])
def test_combien_n_est_pas_un_financeur_meme_entre_deux_montants(titre: str) -> None:
    structure = reconnaitre(
        un_tableau(
            ("Porteur", "Action", "Agglo", titre, "Total"),
            ("ASM", "Foot", 100, 40, 100),
            ("MJC", "Bal", 50, 12, 50),
        )
    )
    assert not structure.colonnes[3].est_montant
