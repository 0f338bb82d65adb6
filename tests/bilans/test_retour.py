"""Workbooks of Pilotis that come back: changed, changed on both sides, with rows new, gone, copied or foreign."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from actions.models import ActionAnnuelle, Campagne
from bilans.imports.application import obstacles
from bilans.imports.preparation import decider, relire
from bilans.imports.retour import JEUX, exporter
from bilans.models import Bilan, Effectif, ImportTableur, LigneImport
from comptes.models import Utilisateur
from contrats.models import Axe
from documents.rendu_modifiable import FEUILLE_REPERES, TITRE_CLE
from financements.models import LigneFinancement
from porteurs.models import Porteur
from tests import fabriques
from tests.outils.imports import (
    annuler,
    avec_le_travail,
    comptes,
    confirmer,
    deposer,
    photographie,
)
from tests.outils.imports import lignes as lignes_de

pytestmark = pytest.mark.django_db

Statut, Categorie = ImportTableur.Statut, LigneImport.Categorie


@pytest.fixture(autouse=True)
def depots(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def auteur(campagne: Campagne) -> Utilisateur:
    return fabriques.chargee_de_mission(campagne.contrat)


class Feuille:
    """The visible sheet of an exported workbook, its cells by title of column."""

    def __init__(self, contenu: bytes) -> None:
        self.livre = openpyxl.load_workbook(BytesIO(contenu))
        self.feuille = self.livre.worksheets[0]
        self.entete = next(rang for rang in range(1, 20) if self.feuille.cell(rang, 1).value == TITRE_CLE)
        self.colonnes = {case.value: case.column for case in self.feuille[self.entete] if case.value}

    def case(self, cle: str, titre: str) -> Any:
        return self.feuille.cell(self.rang(cle), self.colonnes[titre])

    def rang(self, cle: str) -> int:
        return next(
            rang
            for rang in range(self.entete + 1, self.feuille.max_row + 1)
            if self.feuille.cell(rang, 1).value == cle
        )

    def mettre(self, cle: str, titre: str, valeur: Any) -> None:
        self.case(cle, titre).value = valeur

    def ajouter(self, **valeurs: Any) -> int:
        """Type a row under the others and return its number; « _ » in a name stands for a space."""
        rang = next(
            rang
            for rang in range(self.entete + 1, self.feuille.max_row + 2)
            if all(self.feuille.cell(rang, colonne).value is None for colonne in (1, 2, 3))
        )
        for titre, valeur in valeurs.items():
            self.feuille.cell(rang, self.colonnes[titre.replace("_", " ")]).value = valeur
        return rang

    def octets(self) -> bytes:
        sortie = BytesIO()
        self.livre.save(sortie)
        return sortie.getvalue()


def export(campagne: Campagne, jeu: str = "actions", **options: str) -> Feuille:
    sortie = BytesIO()
    exporter(JEUX[jeu](campagne, options), None, sortie)
    return Feuille(sortie.getvalue())


def rapporter(auteur: Utilisateur, campagne: Campagne, feuille: Feuille) -> ImportTableur:
    import_ = deposer(auteur, campagne, feuille.octets(), "actions.xlsx")
    assert import_.genre == ImportTableur.Genre.RETOUR, import_.message
    return import_


def changes(ligne: LigneImport) -> dict[str, tuple[str, str]]:
    return {c["libelle"]: (c["ancien"], c["nouveau"]) for c in ligne.changements}


def messages(ligne: LigneImport) -> str:
    return " ".join(f"{p['message']} {p['remede']}" for p in ligne.problemes).replace("\u00a0", " ")


def ligne_de(import_: ImportTableur, objet: Any) -> LigneImport:
    return import_.lignes.get(objet__endswith=f":{getattr(objet, 'cle', objet)}")


def repondre(auteur: Utilisateur, import_: ImportTableur, ligne: LigneImport, **reponses: str) -> LigneImport:
    cles = {q["cle"].split(":")[-1]: q["cle"] for q in ligne.questions}
    return decider(auteur, import_, ligne, reponses={cles[nom]: valeur for nom, valeur in reponses.items()})


@pytest.fixture
def programme(campagne: Campagne) -> dict[str, Any]:
    """Two actions with a funder, a territory, an axe and a bilan begun."""
    contrat = campagne.contrat
    porteur = fabriques.PorteurFactory(epci=contrat.epci, nom="Cité Jeune")
    autre = fabriques.PorteurFactory(epci=contrat.epci, nom="Régie des Tilleuls")
    axe = fabriques.AxeFactory(contrat=contrat)
    territoire = fabriques.TerritoireFactory(contrat=contrat)
    ville = fabriques.FinanceurFactory(contrat=contrat, nom="Ville", sigle="VILLE")
    actions = []
    for rang, (qui, titre) in enumerate(((porteur, "Ateliers d'été"), (autre, "Chantier jeunes")), 1):
        action = fabriques.ActionFactory(contrat=contrat, porteur=qui, intitule=titre)
        actions.append(
            fabriques.ActionAnnuelleFactory(
                campagne=campagne, action=action, ordre=rang, axe=axe, territoires=[territoire]
            )
        )
        fabriques.LigneFinancementFactory(
            action_annuelle=actions[-1], financeur=ville, montant_accorde=Decimal(8000)
        )
    bilan = fabriques.BilanFactory(action_annuelle=actions[0], en_saisie=True)
    fabriques.effectifs(bilan, T=30)
    return {
        "a": actions[0],
        "b": actions[1],
        "porteur": porteur,
        "autre": autre,
        "axe": axe,
        "ville": ville,
        "bilan": bilan,
        "territoire": territoire,
    }


# -- Nothing changed -------------------------------------------------------------------------------
@pytest.mark.parametrize("jeu", JEUX)
def test_un_classeur_rapporte_tel_quel_ne_change_rien(
    jeu: str, campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    fabriques.ObjectifFactory(axe=programme["axe"], libelle="Accueillir – sans rendez-vous\n- et le soir")
    import_ = rapporter(auteur, campagne, export(campagne, jeu))
    assert import_.statut == Statut.A_RELIRE, import_.message
    assert import_.jeu == jeu
    assert set(comptes(import_)) == {Categorie.INCHANGEE}
    assert [ligne.problemes for ligne in import_.lignes.all() if ligne.problemes] == []
    assert import_.avertissements == []


# -- Cells changed ---------------------------------------------------------------------------------
def test_seules_les_cases_changees_sont_montrees_puis_ecrites(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    a, b = programme["a"], programme["b"]
    feuille = export(campagne)
    feuille.mettre(a.cle, "VILLE", "8 500,50 €")
    feuille.mettre(a.cle, "Début", "1er mars 2024")
    feuille.mettre(b.cle, "Description", "=SOMME(A1)\nà l'été")
    feuille.case(b.cle, "Description").data_type = "s"
    feuille.mettre(b.cle, "Porteur", "CITE JEUNE")
    feuille.mettre(b.cle, "Intitulé de l'action", 2024)
    avant = photographie(sans_versions=True)
    import_ = rapporter(auteur, campagne, feuille)
    assert comptes(import_) == {Categorie.MODIFIEE: 2}
    assert changes(ligne_de(import_, a)) == {
        "VILLE": ("8\u202f000\u00a0€", "8\u202f500,50\u00a0€"),
        "Début": ("", "1er mars 2024"),
    }
    assert changes(ligne_de(import_, b)) == {
        "Description": ("", "=SOMME(A1)\nà l'été"),
        "Porteur": ("Régie des Tilleuls", "Cité Jeune"),
        "Intitulé de l'action": ("Chantier jeunes", "2024"),
    }
    assert photographie(sans_versions=True) == avant
    assert confirmer(auteur, import_).statut == Statut.APPLIQUE, import_.message
    a.refresh_from_db()
    b.refresh_from_db()
    assert (a.date_debut, b.description) == (date(2024, 3, 1), "=SOMME(A1)\nà l'été")
    assert (b.action.intitule, b.action.porteur) == ("2024", programme["porteur"])
    assert LigneFinancement.objects.get(action_annuelle=a).montant_accorde == Decimal("8500.50")
    derniere = a.historique.first()
    assert derniere.history_user == auteur
    assert derniere.history_change_reason.startswith("Import « actions.xlsx »")
    assert annuler(auteur, import_).statut == Statut.ANNULE, import_.message
    assert photographie(sans_versions=True) == avant


def test_vider_une_case_efface_et_zero_n_est_pas_vide(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    feuille = export(campagne)
    feuille.mettre(programme["a"].cle, "VILLE", None)
    feuille.mettre(programme["b"].cle, "VILLE", 0)
    feuille.mettre(programme["b"].cle, "Territoires", None)
    import_ = rapporter(auteur, campagne, feuille)
    confirmer(auteur, import_)
    assert not LigneFinancement.objects.filter(action_annuelle=programme["a"]).exists()
    assert LigneFinancement.objects.get(action_annuelle=programme["b"]).montant_accorde == 0
    assert not programme["b"].territoires.exists()


def test_chaque_case_refusee_dit_pourquoi_et_comment_corriger(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    cle = programme["a"].cle
    feuille = export(campagne)
    for titre, valeur in {
        "Intitulé de l'action": None,
        "Porteur": "Inconnue de tous",
        "VILLE": "beaucoup",
        "Territoires": "Quartier de nulle part",
        "État": "Refusée",
        "Fin": "31/02/2024",
    }.items():
        feuille.mettre(cle, titre, valeur)
    import_ = rapporter(auteur, campagne, feuille)
    ligne = ligne_de(import_, programme["a"])
    assert ligne.categorie == Categorie.REFUSEE
    assert {p["cellule"][0] for p in ligne.problemes} == {
        feuille.case(cle, titre).column_letter
        for titre in ("Intitulé de l'action", "Porteur", "VILLE", "Territoires", "État", "Fin")
    }
    dits = messages(ligne)
    for mot in ("ne peut pas être vide", "« Inconnue de tous » n'est pas dans la liste", "beaucoup"):
        assert mot in dits
    assert "« Quartier de nulle part » n'est pas un territoire" in dits
    assert "Indiquez le motif" in dits
    assert all(p["remede"] for p in ligne.problemes)


def test_un_bilan_valide_est_ferme_et_le_dit(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    feuille = export(campagne, "bilans")
    Bilan.objects.filter(pk=programme["bilan"].pk).delete()
    fabriques.BilanFactory(action_annuelle=programme["a"], valide=True)
    feuille.mettre(programme["a"].cle, "Points forts", "La fête du quartier")
    import_ = rapporter(auteur, campagne, feuille)
    ligne = ligne_de(import_, programme["a"])
    assert ligne.categorie == Categorie.REFUSEE
    assert "Rouvrez le bilan" in messages(ligne)
    ferme = export(campagne, "bilans")
    assert ferme.case(programme["a"].cle, "Points forts").protection.locked
    assert not ferme.case(programme["b"].cle, "Points forts").protection.locked


def test_une_case_calculee_changee_est_dite_et_ignoree(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    a = programme["a"]
    Effectif.objects.filter(bilan=programme["bilan"]).delete()
    fabriques.effectifs(programme["bilan"], F=12, H=8)
    feuille = export(campagne, "bilans")
    assert feuille.case(a.cle, "Personnes").value == 20
    feuille.mettre(a.cle, "Personnes", 25)
    feuille.mettre(a.cle, "Porteur", "Un autre")
    feuille.mettre(a.cle, "Femmes", 13)
    import_ = rapporter(auteur, campagne, feuille)
    ligne = ligne_de(import_, a)
    assert changes(ligne) == {"Femmes": ("12", "13")}
    assert messages(ligne).count("le changement est ignoré") == 2
    confirmer(auteur, import_)
    assert not Effectif.objects.filter(sexe="T").exists()
    assert Effectif.objects.get(sexe="F").valeur == 13


def test_le_total_qu_excel_recalcule_n_est_pas_un_changement(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    feuille = export(campagne, "annexe-porteurs")
    feuille.mettre(programme["a"].cle, "VILLE", 9000)
    ligne = ligne_de(rapporter(auteur, campagne, feuille), programme["a"])
    assert list(changes(ligne)) == ["VILLE"]
    assert ligne.problemes == []


# -- On both sides ---------------------------------------------------------------------------------
def test_une_case_changee_des_deux_cotes_se_demande(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    a, b = programme["a"], programme["b"]
    feuille = export(campagne)
    for objet in (a, b):
        feuille.mettre(objet.cle, "VILLE", 9000)
        feuille.mettre(objet.cle, "Lieux", "Place de la République")
    LigneFinancement.objects.update(montant_accorde=Decimal(7000))
    import_ = rapporter(auteur, campagne, feuille)
    assert comptes(import_) == {Categorie.CONFLIT: 2}
    ligne = ligne_de(import_, a)
    (conflit,) = [c for c in ligne.changements if c["conflit"]]
    assert conflit["actuel"] == "7\u202f000\u00a0€"
    assert [q["cellule"] for q in ligne.questions] == [feuille.case(a.cle, "VILLE").coordinate]
    assert "2 questions" in " ".join(obstacles(import_)).replace("\u00a0", " ")
    financeur = str(programme["ville"].pk)
    garde = repondre(auteur, import_, ligne, **{financeur: "pilotis"})
    assert (garde.categorie, list(changes(garde))) == (Categorie.MODIFIEE, ["Lieux"])
    pris = repondre(auteur, import_, ligne_de(import_, b), **{financeur: "classeur"})
    assert (pris.categorie, list(changes(pris))) == (Categorie.MODIFIEE, ["Lieux", "VILLE"])
    assert confirmer(auteur, import_).statut == Statut.APPLIQUE, import_.message
    montants = dict(LigneFinancement.objects.order_by("pk").values_list("action_annuelle", "montant_accorde"))
    assert montants == {a.pk: Decimal(7000), b.pk: Decimal(9000)}
    a.refresh_from_db()
    assert a.lieux == "Place de la République"


def test_le_meme_changement_des_deux_cotes_n_est_rien(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    feuille = export(campagne)
    feuille.mettre(programme["a"].cle, "VILLE", 9000)
    LigneFinancement.objects.update(montant_accorde=Decimal(9000))
    # and what Pilotis alone changed is not put back
    assert comptes(rapporter(auteur, campagne, feuille)) == {Categorie.INCHANGEE: 2}


def test_ce_qui_change_apres_l_apercu_arrete_la_confirmation(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    feuille = export(campagne)
    feuille.mettre(programme["a"].cle, "VILLE", 9000)
    import_ = rapporter(auteur, campagne, feuille)
    LigneFinancement.objects.update(montant_accorde=Decimal(7000))
    assert "Relisez le fichier" in " ".join(obstacles(import_))
    avec_le_travail(lambda: relire(auteur, import_))
    import_.refresh_from_db()
    assert comptes(import_)[Categorie.CONFLIT] == 1


# -- Rows ------------------------------------------------------------------------------------------
def test_une_ligne_absente_est_demandee_et_reste_sauf_si_on_le_dit(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    feuille = export(campagne)
    feuille.feuille.delete_rows(feuille.rang(programme["b"].cle))
    feuille.feuille.delete_rows(feuille.rang(programme["a"].cle))
    import_ = rapporter(auteur, campagne, feuille)
    entamee, absente = ligne_de(import_, programme["a"]), ligne_de(import_, programme["b"])
    assert entamee.categorie == Categorie.INCHANGEE
    assert "son bilan est commencé" in messages(entamee)
    assert absente.categorie == Categorie.SUPPRIMEE
    assert "la retirer du programme ?" in messages(absente)
    confirmer(auteur, import_)
    assert ActionAnnuelle.objects.count() == 2


def test_une_ligne_retiree_part_avec_ce_qui_en_depend_et_revient(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    b = programme["b"]
    b.axes_secondaires.add(fabriques.AxeFactory(contrat=campagne.contrat))
    fabriques.BilanFactory(action_annuelle=b)
    fabriques.BudgetFactory(action_annuelle=b)
    fabriques.VoletFactory(action_annuelle=b)
    feuille = export(campagne)
    for colonne in range(2, feuille.feuille.max_column + 1):
        # Excel refused to delete the row: it was emptied
        feuille.feuille.cell(feuille.rang(b.cle), colonne).value = None
    avant = photographie(sans_versions=True)
    import_ = rapporter(auteur, campagne, feuille)
    decider(auteur, import_, ligne_de(import_, b), retenue=True)
    assert confirmer(auteur, import_).statut == Statut.APPLIQUE, import_.message
    assert list(ActionAnnuelle.objects.values_list("pk", flat=True)) == [programme["a"].pk]
    assert ActionAnnuelle.historique.filter(history_type="-").get().history_user == auteur
    assert annuler(auteur, import_).statut == Statut.ANNULE, import_.message
    assert photographie(sans_versions=True) == avant


def test_une_ligne_nouvelle_est_proposee_avec_les_controles_de_tout_tableau(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    feuille = export(campagne)
    axe = str(programme["axe"])
    rang = feuille.ajouter(
        **{"Intitulé_de_l'action": "Jardin partagé", "Porteur": "Cité Jeune", "Axe_principal": axe},
        VILLE=1200,
        État="Programmée",
        Territoires=programme["territoire"].nom,
    )
    inconnu = feuille.ajouter(**{"Intitulé_de_l'action": "Fête", "Porteur": "Les Amis du Parc"})
    copie = feuille.ajouter(**{"Intitulé_de_l'action": "Ateliers d'été", "Porteur": "Cité Jeune"})
    avant = photographie(sans_versions=True)
    import_ = rapporter(auteur, campagne, feuille)
    par_numero = lignes_de(import_)
    assert par_numero[rang].categorie == Categorie.CREEE
    assert par_numero[inconnu].categorie == Categorie.A_DECIDER
    assert par_numero[copie].categorie == Categorie.REFUSEE
    assert "déjà sur une autre ligne" in messages(par_numero[copie])
    repondue = repondre(auteur, import_, par_numero[inconnu], **{"les amis du parc": "nouveau"})
    assert repondue.categorie == Categorie.CREEE
    assert confirmer(auteur, import_).statut == Statut.APPLIQUE, import_.message
    creee = ActionAnnuelle.objects.get(action__intitule="Jardin partagé")
    assert (creee.axe, creee.statut) == (programme["axe"], "programmee")
    assert creee.lignes_financement.get().montant_accorde == 1200
    assert list(creee.territoires.all()) == [programme["territoire"]]
    assert Porteur.objects.filter(nom="Les Amis du Parc").exists()
    assert annuler(auteur, import_).statut == Statut.ANNULE, import_.message
    assert photographie(sans_versions=True) == avant


def test_partir_d_un_classeur_sans_aucune_action(campagne: Campagne, auteur: Utilisateur) -> None:
    feuille = export(campagne)
    rang = feuille.ajouter(**{"Intitulé_de_l'action": "Jardin partagé", "Porteur": "Cité Jeune"})
    import_ = rapporter(auteur, campagne, feuille)
    repondre(auteur, import_, lignes_de(import_)[rang], **{"cite jeune": "nouveau"})
    assert confirmer(auteur, import_).statut == Statut.APPLIQUE, import_.message
    assert ActionAnnuelle.objects.get(campagne=campagne).action.porteur.nom == "Cité Jeune"


def test_lignes_copiees_inconnues_ou_d_un_autre_classeur_sont_refusees(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    a, b = programme["a"], programme["b"]
    feuille = export(campagne)
    rang = feuille.ajouter(**{"Intitulé_de_l'action": "Copie", "Porteur": "Cité Jeune"})
    feuille.feuille.cell(rang, 1).value = a.cle
    etranger = feuille.ajouter(**{"Intitulé_de_l'action": "Ailleurs", "Porteur": "Cité Jeune"})
    feuille.feuille.cell(etranger, 1).value = fabriques.ActionAnnuelleFactory().cle
    fantome = feuille.ajouter(**{"Intitulé_de_l'action": "Nulle part", "Porteur": "Cité Jeune"})
    feuille.feuille.cell(fantome, 1).value = "inconnu"
    import_ = rapporter(auteur, campagne, feuille)
    par_numero = lignes_de(import_)
    assert comptes(import_) == {Categorie.REFUSEE: 4, Categorie.INCHANGEE: 1}
    assert "le même repère" in messages(par_numero[rang])
    assert f"ligne {feuille.rang(a.cle)}" in messages(par_numero[rang])
    assert "pas de ce classeur" in messages(par_numero[etranger])
    assert "pas de ce classeur" in messages(par_numero[fantome])
    assert ligne_de(import_, b).categorie == Categorie.INCHANGEE


def test_une_action_retiree_de_pilotis_entre_temps(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    feuille = export(campagne)
    LigneFinancement.objects.filter(action_annuelle=programme["b"]).delete()
    programme["b"].delete()
    import_ = rapporter(auteur, campagne, feuille)
    assert comptes(import_) == {Categorie.REFUSEE: 1, Categorie.INCHANGEE: 1}
    assert "retirée depuis l'export" in messages(import_.lignes.get(categorie=Categorie.REFUSEE))


def test_un_classeur_d_un_autre_contrat_ou_d_une_autre_annee(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    autre = fabriques.CampagneFactory()
    import_ = deposer(auteur, campagne, export(autre).octets())
    assert (import_.statut, import_.lignes.count()) == (Statut.REFUSE, 0)
    assert "autre contrat" in import_.message
    suivante = fabriques.CampagneFactory(contrat=campagne.contrat, annee=campagne.annee + 1)
    import_ = deposer(auteur, suivante, export(campagne).octets())
    assert str(campagne.annee) in import_.message
    # the directory is that of the contract, whatever the year
    assert deposer(auteur, suivante, export(campagne, "porteurs").octets()).statut == Statut.A_RELIRE


def test_sans_ses_reperes_le_classeur_est_refuse_avec_une_phrase(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    feuille = export(campagne)
    del feuille.livre[FEUILLE_REPERES]
    import_ = deposer(auteur, campagne, feuille.octets())
    assert import_.statut == Statut.REFUSE
    assert "Téléchargez-le à nouveau" in import_.message


def test_colonnes_retirees_ajoutees_formules_et_erreurs(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    feuille = export(campagne)
    cle = programme["a"].cle
    feuille.case(cle, "VILLE").value = "=4000*2"
    feuille.feuille.cell(feuille.entete, feuille.colonnes["Lieux"]).value = "Endroits"
    import_ = rapporter(auteur, campagne, feuille)
    ligne = ligne_de(import_, programme["a"])
    assert "n'a pas gardé le résultat" in messages(ligne)
    assert len(import_.avertissements) == 2
    assert "« Lieux »" in import_.avertissements[0].replace("\u00a0", " ")


# -- The other sets --------------------------------------------------------------------------------
def test_l_annuaire_des_porteurs_va_et_revient(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    cite, regie = programme["porteur"], programme["autre"]
    fabriques.AliasPorteurFactory(porteur=cite, epci=cite.epci, libelle="CJ")
    feuille = export(campagne, "porteurs")
    feuille.mettre(cite.cle, "Autres noms", "– Cité Jeune Dole\n– C.J.D.")
    feuille.mettre(cite.cle, "Code postal", 1000)
    feuille.mettre(cite.cle, "Site", "www.citejeune.fr")
    feuille.feuille.delete_rows(feuille.rang(regie.cle))
    rang = feuille.ajouter(Nom="Les Amis du Parc", Type="Association", SIRET="12345678900000")
    juste = feuille.ajouter(Nom="Zoé et compagnie", Type="Association")
    avant = photographie(sans_versions=True)
    import_ = rapporter(auteur, campagne, feuille)
    ligne = ligne_de(import_, cite)
    assert "cinq chiffres" in messages(ligne)
    par_numero = lignes_de(import_)
    assert par_numero[rang].categorie == Categorie.REFUSEE
    assert "SIRET" in messages(par_numero[rang])
    assert par_numero[juste].categorie == Categorie.CREEE
    assert ligne_de(import_, regie).categorie == Categorie.SUPPRIMEE

    feuille.mettre(cite.cle, "Code postal", "39100")
    import_ = rapporter(auteur, campagne, feuille)
    decider(auteur, import_, ligne_de(import_, regie), retenue=True)
    assert changes(ligne_de(import_, cite))["Site"] == ("", "https://www.citejeune.fr")
    assert confirmer(auteur, import_).statut == Statut.APPLIQUE, import_.message
    cite.refresh_from_db()
    regie.refresh_from_db()
    assert cite.site == "https://www.citejeune.fr"
    assert set(cite.alias.values_list("libelle", flat=True)) == {"Cité Jeune Dole", "C.J.D."}
    assert not regie.actif
    assert Porteur.objects.filter(nom="Zoé et compagnie").exists()
    assert cite.historique.first().history_change_reason.startswith("Import « actions.xlsx »")
    assert annuler(auteur, import_).statut == Statut.ANNULE, import_.message
    assert photographie(sans_versions=True) == avant


def test_un_porteur_au_nom_proche_se_demande(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    feuille = export(campagne, "porteurs")
    rang = feuille.ajouter(Nom="Cité Jeunes", Type="Association")
    import_ = rapporter(auteur, campagne, feuille)
    ligne = lignes_de(import_)[rang]
    assert ligne.categorie == Categorie.A_DECIDER
    assert repondre(auteur, import_, ligne, **{"cite jeunes": "ignorer"}).categorie == Categorie.IGNOREE
    assert repondre(auteur, import_, ligne, **{"cite jeunes": "autre"}).categorie == Categorie.CREEE


def test_le_tableau_des_enjeux_va_et_revient(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any]
) -> None:
    axe: Axe = programme["axe"]
    indicateur = fabriques.IndicateurFactory(contrat=campagne.contrat)
    for ordre, libelle in enumerate(("Nombre de jeunes", "Nombre d'ateliers"), 1):
        fabriques.CritereFactory(
            axe=axe, ordre=ordre, libelle=libelle, indicateur=indicateur if ordre == 2 else None
        )
    fabriques.LevierFactory(axe=axe, ordre=1, libelle="La Maison de quartier")
    feuille = export(campagne, "enjeux")
    cle = f"axe-{axe.pk}"
    feuille.mettre(cle, "Critères d'évaluation", "– Taux de retour\n– Nombre d'ateliers\n– Assiduité")
    feuille.mettre(cle, "Leviers", None)
    feuille.mettre(cle, "Libellé", "Réussite éducative")
    avant = photographie(sans_versions=True)
    import_ = rapporter(auteur, campagne, feuille)
    assert confirmer(auteur, import_).statut == Statut.APPLIQUE, import_.message
    axe.refresh_from_db()
    assert axe.libelle == "Réussite éducative"
    assert list(axe.criteres.values_list("ordre", "libelle", "indicateur")) == [
        (1, "Taux de retour", None),
        (2, "Nombre d'ateliers", indicateur.pk),
        (3, "Assiduité", None),
    ]
    assert not axe.leviers.exists()
    assert annuler(auteur, import_).statut == Statut.ANNULE, import_.message
    assert photographie(sans_versions=True) == avant


def test_le_nombre_de_requetes_de_l_export_ne_depend_pas_des_lignes(
    campagne: Campagne, programme: dict[str, Any]
) -> None:
    def compter() -> dict[str, int]:
        comptees = {}
        for jeu in JEUX:
            with CaptureQueriesContext(connection) as requetes:
                export(campagne, jeu)
            comptees[jeu] = len(requetes)
        return comptees

    avant = compter()
    for rang in range(3):
        action = fabriques.ActionFactory(contrat=campagne.contrat, intitule=f"Autre {rang}")
        annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, action=action)
        fabriques.LigneFinancementFactory(action_annuelle=annuelle, financeur=programme["ville"])
        fabriques.BilanFactory(action_annuelle=annuelle, en_saisie=True)
        fabriques.ObjectifFactory(axe=fabriques.AxeFactory(contrat=campagne.contrat))
    assert compter() == avant


@pytest.mark.parametrize(
    "fabrique", ["effectif:qpv:F:douze", "montant:accorde:" + "9" * 5000, "estimation:x", ""]
)
def test_un_repere_fabrique_ne_dit_rien(
    campagne: Campagne, auteur: Utilisateur, programme: dict[str, Any], fabrique: str
) -> None:
    feuille = export(campagne)
    reperes = feuille.livre[FEUILLE_REPERES]
    for rangee in reperes.iter_rows(min_row=2):
        if rangee[0].value == "colonne" and rangee[1].value == "motif":
            rangee[1].value = fabrique
    import_ = rapporter(auteur, campagne, feuille)
    assert (import_.statut, comptes(import_)) == (Statut.A_RELIRE, {"inchangee": 2})
