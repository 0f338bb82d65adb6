"""Every operation from every state by every role: what it does, what it refuses, what it writes."""

from datetime import date
from itertools import pairwise

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import F

from bilans import operations
from bilans.effectifs import ENSEMBLE, QPV, Cellule, Grille
from bilans.models import Bilan, Effectif, Transition
from bilans.operations import OperationRefusee, SaisieEffectifs
from comptes.versions import VersionPerimee
from tests import fabriques

pytestmark = pytest.mark.django_db

Statut = Bilan.Statut
ETATS = list(Statut)
ROLES = ("chargee", "porteur", "administrateur", "autre_chargee", "autre_porteur", "copil", "financeur")
INTERESSES = {"chargee", "porteur", "administrateur"}
CHARGEES = {"chargee", "administrateur"}

# docs/etats.md, written again by hand: from → to. « enregistrer » keeps the state unless it is said here.
TABLE = {
    "enregistrer": {
        Statut.A_SAISIR: [Statut.EN_SAISIE],
        Statut.EN_SAISIE: [],
        Statut.A_COMPLETER: [],
        Statut.TRANSMIS: [Statut.EN_VERIFICATION],
        Statut.EN_VERIFICATION: [],
    },
    "transmettre": {
        Statut.A_SAISIR: [Statut.TRANSMIS],
        Statut.EN_SAISIE: [Statut.TRANSMIS],
        Statut.A_COMPLETER: [Statut.TRANSMIS],
        Statut.TRANSMIS: [],
    },
    "valider": {
        Statut.A_SAISIR: [Statut.TRANSMIS, Statut.VALIDE],
        Statut.EN_SAISIE: [Statut.TRANSMIS, Statut.VALIDE],
        Statut.A_COMPLETER: [Statut.TRANSMIS, Statut.VALIDE],
        Statut.TRANSMIS: [Statut.VALIDE],
        Statut.EN_VERIFICATION: [Statut.VALIDE],
        Statut.VALIDE: [],
    },
    "renvoyer": {
        Statut.TRANSMIS: [Statut.A_COMPLETER],
        Statut.EN_VERIFICATION: [Statut.A_COMPLETER],
        Statut.A_COMPLETER: [],
    },
    "rouvrir": {Statut.VALIDE: [Statut.EN_VERIFICATION], Statut.EN_VERIFICATION: []},
    "dispenser": {
        Statut.A_SAISIR: [Statut.DISPENSE],
        Statut.EN_SAISIE: [Statut.DISPENSE],
        Statut.A_COMPLETER: [Statut.DISPENSE],
        Statut.DISPENSE: [],
    },
    "reprendre": {Statut.DISPENSE: [Statut.A_SAISIR], Statut.A_SAISIR: []},
}
DU_PORTEUR = {"enregistrer", "transmettre"}
ENTRE_SES_MAINS = {Statut.A_SAISIR, Statut.EN_SAISIE, Statut.A_COMPLETER}


def faire(nom, bilan, utilisateur):
    """Do the operation with what it needs to succeed."""
    if nom == "enregistrer":
        champs = {"points_forts": "Une belle fréquentation."}
        return operations.enregistrer_bilan(bilan, utilisateur, champs=champs, version=bilan.version)
    if nom in ("renvoyer", "rouvrir", "dispenser"):
        return getattr(operations, nom)(bilan, utilisateur, "Il manque les dates.")
    return getattr(operations, nom)(bilan, utilisateur)


@pytest.fixture
def scene():
    """One action, and an account of each role, of this contract and of another."""

    class Scene:
        annuelle = fabriques.ActionAnnuelleFactory()
        ailleurs = fabriques.ActionAnnuelleFactory()
        contrat = annuelle.campagne.contrat
        chargee = fabriques.chargee_de_mission(contrat)
        porteur = fabriques.representant_du_porteur(annuelle.action.porteur)
        administrateur = fabriques.administrateur()
        autre_chargee = fabriques.chargee_de_mission(ailleurs.campagne.contrat)
        autre_porteur = fabriques.representant_du_porteur(
            fabriques.ActionAnnuelleFactory(campagne=annuelle.campagne).action.porteur
        )
        copil = fabriques.membre_du_copil(contrat)
        financeur = fabriques.representant_du_financeur(fabriques.FinanceurFactory(contrat=contrat))

        def bilan(self, statut=Statut.A_SAISIR, **champs):
            trait = {} if statut == Statut.A_SAISIR else {statut.value: True}
            complet = {
                "realisation": Bilan.Realisation.REALISEE,
                "mise_en_oeuvre": "Douze ateliers.",
                "action_annuelle": self.annuelle,
            }
            return fabriques.BilanFactory(**(trait | complet | champs))

    return Scene()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("nom", TABLE)
def test_chaque_operation_depuis_chaque_etat(scene, nom, role):
    utilisateur = getattr(scene, role)
    for statut in ETATS:
        bilan = scene.bilan(statut)
        avant = Bilan.objects.filter(pk=bilan.pk).values().get()
        permis = role in CHARGEES or (role == "porteur" and nom in DU_PORTEUR)
        dans_la_table = statut in TABLE[nom]
        # The porteur writes only while the bilan is in its hands; transmitting twice is no fault.
        tenu = role != "porteur" or statut in ENTRE_SES_MAINS or TABLE[nom].get(statut) == []
        if role == "porteur" and nom == "enregistrer":
            tenu = statut in ENTRE_SES_MAINS
        if not permis:
            with pytest.raises(PermissionDenied):
                faire(nom, bilan, utilisateur)
        elif not dans_la_table or not tenu:
            with pytest.raises(OperationRefusee) as refus:
                faire(nom, bilan, utilisateur)
            assert str(refus.value).endswith(".")
        else:
            faire(nom, bilan, utilisateur)
            attendues = TABLE[nom][statut]
            ecrites = list(bilan.transitions.values_list("de", "vers", "auteur"))
            pas = [statut, *attendues]
            assert ecrites == [(de, vers, utilisateur.pk) for de, vers in pairwise(pas)]
            bilan.refresh_from_db()
            assert bilan.statut == pas[-1]
            ecrit = bool(attendues) or nom == "enregistrer"
            assert bilan.version == avant["version"] + (len(attendues) or ecrit)
            possibles = operations.operations_possibles
            assert (nom in possibles(Bilan(**avant), utilisateur)) == ecrit
            bilan.transitions.all().delete()
            bilan.delete()
            continue
        assert Bilan.objects.filter(pk=bilan.pk).values().get() == avant
        assert not Transition.objects.filter(bilan=bilan).exists()
        bilan.delete()


@pytest.mark.parametrize("nom", [nom for nom in TABLE if nom != "enregistrer"])
def test_deux_clics_font_un_seul_passage(scene, nom):
    depart = next(statut for statut, suites in TABLE[nom].items() if suites)
    bilan = scene.bilan(depart)
    faire(nom, bilan, scene.chargee)
    apres = Bilan.objects.get(pk=bilan.pk)
    faire(nom, bilan, scene.chargee)
    assert Transition.objects.filter(bilan=bilan).count() == len(TABLE[nom][depart])
    assert Bilan.objects.get(pk=bilan.pk).version == apres.version


@pytest.mark.parametrize(
    ("campagne", "role", "phrase"),
    [
        ("bilans_clos", "porteur", "Les bilans de 2024 sont clos : adressez-vous à la personne qui pilote"),
        ("archivee", "porteur", "L'année 2024 est archivée : ses bilans ne changent plus."),
        ("archivee", "chargee", "L'année 2024 est archivée : ses bilans ne changent plus."),
        ("bilans_clos", "chargee", None),
    ],
)
def test_une_annee_close_ne_change_plus(scene, campagne, role, phrase):
    scene.annuelle.campagne.statut = campagne
    scene.annuelle.campagne.save()
    bilan, utilisateur = scene.bilan(Statut.EN_SAISIE), getattr(scene, role)
    assert utilisateur.has_perm("bilans.saisir", bilan) == (phrase is None)
    possibles = operations.operations_possibles(bilan, utilisateur)
    for nom in ("enregistrer", "transmettre"):
        assert (nom in possibles) == (phrase is None)
        if phrase:
            with pytest.raises(OperationRefusee) as refus:
                faire(nom, bilan, utilisateur)
            assert str(refus.value).replace("\u00a0", " ").startswith(phrase)
        else:
            bilan = faire(nom, bilan, utilisateur)


# -- Transmitting and validating -------------------------------------------------------------------
def test_transmettre_dit_quand_et_par_qui(scene):
    bilan = scene.bilan(Statut.EN_SAISIE)
    operations.transmettre(bilan, scene.porteur)
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.transmis_par, bilan.saisi_pour_le_porteur) == (
        "transmis",
        scene.porteur,
        False,
    )
    assert bilan.transmis_le is not None


def test_transmettre_incomplet_dit_ce_qui_manque(scene):
    bilan = scene.bilan(Statut.EN_SAISIE, realisation="", mise_en_oeuvre="")
    with pytest.raises(OperationRefusee) as refus:
        operations.transmettre(bilan, scene.porteur)
    assert str(refus.value).replace("\u00a0", " ") == (
        "Ce bilan ne peut pas être transmis : indiquez si l'action a été réalisée."
    )
    assert [manque.phrase for manque in operations.manques(bilan)] == ["Indiquez si l'action a été réalisée."]


def test_ce_qui_manque_suit_l_ordre_du_formulaire(scene):
    bilan = scene.bilan(Statut.EN_SAISIE, mise_en_oeuvre="")
    fabriques.effectifs(bilan, F=12, H=17, T=30)
    assert [manque.champ for manque in operations.manques(bilan)] == ["total_ensemble_F", "mise_en_oeuvre"]
    bilan.realisation = "non_realisee"
    assert [manque.champ for manque in operations.manques(bilan)] == [
        "motif_non_realisation",
        "total_ensemble_F",
    ]


def test_valider_ce_qui_n_a_jamais_ete_transmis_ecrit_les_deux_pas(scene):
    bilan = scene.bilan(Statut.A_SAISIR)
    operations.valider(bilan, scene.chargee)
    bilan.refresh_from_db()
    assert list(bilan.transitions.values_list("de", "vers")) == [
        ("a_saisir", "transmis"),
        ("transmis", "valide"),
    ]
    assert bilan.saisi_pour_le_porteur
    assert (bilan.transmis_par, bilan.valide_par) == (scene.chargee, scene.chargee)


def test_valider_une_contradiction_est_refuse(scene):
    bilan = scene.bilan(Statut.TRANSMIS)
    fabriques.effectifs(bilan, F=12, H=17, T=30)
    with pytest.raises(OperationRefusee) as refus:
        operations.valider(bilan, scene.chargee)
    assert str(refus.value).replace("\u00a0", " ") == (
        "Ce bilan ne peut pas être validé : 12 femmes et 17 hommes font 29, mais le total indiqué est 30. "
        "Corrigez l'un des trois, ou indiquez 1 personne en « non renseigné »."
    )
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.valide_le) == ("transmis", None)


def test_une_alerte_ne_bloque_pas(scene):
    bilan = scene.bilan(Statut.TRANSMIS, date_fin=date(2025, 1, 4))
    operations.valider(bilan, scene.chargee)
    bilan.refresh_from_db()
    assert bilan.statut == "valide"


def test_rouvrir_retire_la_validation(scene):
    bilan = scene.bilan(Statut.VALIDE)
    operations.rouvrir(bilan, scene.chargee, "Une erreur de saisie.")
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.valide_le, bilan.valide_par) == ("en_verification", None, None)
    assert bilan.transitions.get().commentaire == "Une erreur de saisie."


def test_renvoyer_puis_transmettre_a_nouveau_efface_la_demande(scene):
    bilan = scene.bilan(Statut.TRANSMIS)
    operations.renvoyer(bilan, scene.chargee, "  Précisez les dates.  ")
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.motif_renvoi) == ("a_completer", "Précisez les dates.")
    operations.transmettre(bilan, scene.porteur)
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.motif_renvoi, bilan.transmis_par) == ("transmis", "", scene.porteur)


@pytest.mark.parametrize(
    ("nom", "statut"), [("renvoyer", "transmis"), ("rouvrir", "valide"), ("dispenser", "en_saisie")]
)
def test_un_motif_est_demande(scene, nom, statut):
    bilan = scene.bilan(Statut(statut))
    with pytest.raises(OperationRefusee, match=r"^Dites "):
        getattr(operations, nom)(bilan, scene.chargee, "   ")
    bilan.refresh_from_db()
    assert bilan.statut == statut
    assert not bilan.transitions.exists()


def test_une_page_perimee_ne_change_rien(scene):
    bilan = scene.bilan(Statut.TRANSMIS)
    operations.renvoyer(bilan, scene.chargee, "Les dates ?")
    with pytest.raises(VersionPerimee):
        operations.transmettre(bilan, scene.porteur, version=1)
    bilan.refresh_from_db()
    assert bilan.statut == "a_completer"


# -- Saving ----------------------------------------------------------------------------------------
def saisie(bilan, perimetre=ENSEMBLE, estimation=False, **par_case):
    """Return what the form gives: `F=12` for all ages, `F2=4` for the second age band."""
    tranches = tuple(bilan.action_annuelle.campagne.tranches.all())
    cellules = {
        Cellule(tranches[int(nom[1:]) - 1].pk if nom[1:] else None, nom[0]): valeur
        for nom, valeur in par_case.items()
    }
    return SaisieEffectifs(Grille(perimetre, tranches, cellules), estimation)


def enregistrer(bilan, utilisateur, *effectifs, **champs):
    return operations.enregistrer_bilan(
        bilan, utilisateur, champs=champs, effectifs=effectifs, version=bilan.version
    )


def lus(bilan, perimetre=ENSEMBLE):
    lignes = bilan.effectifs.filter(perimetre=perimetre).order_by(
        F("tranche__ordre").asc(nulls_first=True), "sexe"
    )
    return [(e.tranche.ordre if e.tranche else None, e.sexe, e.valeur, e.approximatif) for e in lignes]


def test_enregistrer_ecrit_le_texte_et_la_grille(scene):
    bilan = scene.bilan()
    apres = enregistrer(
        bilan,
        scene.porteur,
        saisie(bilan, F=12, H=18, F2=4),
        saisie(bilan, QPV, estimation=True, T=20),
        points_forts="L'entraide.",
    )
    assert (apres.statut, apres.version, apres.points_forts) == ("en_saisie", 2, "L'entraide.")
    assert lus(bilan) == [(None, "F", 12, False), (None, "H", 18, False), (2, "F", 4, False)]
    assert lus(bilan, QPV) == [(None, "T", 20, True)]
    annote = Bilan.objects.avec_effectifs().get(pk=bilan.pk)
    assert (annote.personnes, annote.personnes_qpv) == (30, 20)


def test_enregistrer_ecrit_qui_et_quand(scene):
    bilan = scene.bilan(Statut.EN_SAISIE)
    enregistrer(bilan, scene.porteur, saisie(bilan, F=12), points_forts="L'entraide.")
    assert bilan.historique.first().history_user == scene.porteur
    assert Effectif.historique.get(bilan=bilan).history_user == scene.porteur


def test_enregistrer_sans_rien_changer_n_ecrit_rien(scene):
    bilan = scene.bilan()
    avant = bilan.historique.count()
    apres = enregistrer(bilan, scene.porteur, saisie(bilan), realisation="realisee")
    assert (apres.version, apres.statut, bilan.historique.count()) == (1, "a_saisir", avant)


def test_vider_une_case_oublie_le_nombre_et_garde_le_reste(scene):
    bilan = scene.bilan(Statut.EN_SAISIE)
    fabriques.effectifs(bilan, F=12, H=18)
    fabriques.EffectifFactory(bilan=bilan, mesure=Effectif.Mesure.PASSAGES, valeur=516)
    fabriques.EffectifFactory(bilan=bilan, valeur=None, valeur_min=20, valeur_max=120)
    enregistrer(bilan, scene.porteur, saisie(bilan, H=18))
    assert {(e.mesure, e.sexe, e.valeur, e.valeur_max) for e in bilan.effectifs.all()} == {
        ("personnes", "H", 18, None),
        ("passages", "T", 516, None),
        ("personnes", "T", None, 120),
    }


def test_un_nombre_remplace_une_fourchette_et_garde_la_citation(scene):
    bilan = scene.bilan(Statut.EN_SAISIE)
    fabriques.EffectifFactory(
        bilan=bilan, valeur=None, valeur_min=20, valeur_max=120, citation="entre 20 et 120 visiteurs"
    )
    enregistrer(bilan, scene.porteur, saisie(bilan, T=90))
    ligne = bilan.effectifs.get()
    assert (ligne.valeur, ligne.valeur_min, ligne.valeur_max) == (90, None, None)
    assert ligne.citation == "entre 20 et 120 visiteurs"


def test_l_estimation_ne_touche_que_son_perimetre(scene):
    bilan = scene.bilan(Statut.EN_SAISIE)
    fabriques.effectifs(bilan, F=12, H=18)
    fabriques.effectifs(bilan, QPV, T=20)
    enregistrer(bilan, scene.porteur, saisie(bilan, estimation=True, F=12, H=18), saisie(bilan, QPV, T=20))
    assert lus(bilan) == [(None, "F", 12, True), (None, "H", 18, True)]
    assert lus(bilan, QPV) == [(None, "T", 20, False)]


def test_corriger_un_nombre_ne_change_pas_l_estimation_des_autres(scene):
    bilan = scene.bilan(Statut.EN_SAISIE)
    fabriques.EffectifFactory(bilan=bilan, sexe="F", valeur=20, approximatif=True)
    fabriques.EffectifFactory(bilan=bilan, sexe="H", valeur=12)
    enregistrer(bilan, scene.porteur, saisie(bilan, estimation=True, F=20, H=13))
    assert lus(bilan) == [(None, "F", 20, True), (None, "H", 13, False)]


def test_le_second_a_enregistrer_est_prevenu_et_n_ecrase_rien(scene):
    bilan = scene.bilan(Statut.EN_SAISIE)
    enregistrer(bilan, scene.chargee, points_forts="L'entraide.")
    with pytest.raises(VersionPerimee):
        operations.enregistrer_bilan(bilan, scene.porteur, champs={"points_forts": "Autre chose."}, version=1)
    bilan.refresh_from_db()
    assert bilan.points_forts == "L'entraide."


def test_une_valeur_impossible_est_refusee_en_francais_et_n_ecrit_rien(scene):
    """A draft may wait with its two dates the wrong way round; a bilan that was handed over may not."""
    bilan = scene.bilan(Statut.TRANSMIS)
    with pytest.raises(OperationRefusee) as refus:
        enregistrer(
            bilan,
            scene.chargee,
            saisie(bilan, F=3),
            date_debut=date(2024, 6, 1),
            date_fin=date(2024, 5, 1),
        )
    assert "finir après avoir commencé" in str(refus.value)
    bilan.refresh_from_db()
    assert (bilan.date_debut, bilan.effectifs.count(), bilan.version) == (None, 0, 1)


def test_un_champ_qui_n_est_pas_de_la_saisie_ne_s_ecrit_pas(scene):
    bilan = scene.bilan(Statut.EN_SAISIE)
    enregistrer(bilan, scene.porteur, statut="valide", points_forts="L'entraide.")
    bilan.refresh_from_db()
    assert (bilan.statut, bilan.points_forts) == ("en_saisie", "L'entraide.")


# -- Being expected --------------------------------------------------------------------------------
def test_une_action_au_programme_a_son_bilan_une_seule_fois(scene):
    bilan = operations.preparer_bilan(scene.annuelle)
    assert (bilan.statut, bilan.action_annuelle) == ("a_saisir", scene.annuelle)
    assert operations.preparer_bilan(scene.annuelle) == bilan


def test_une_action_refusee_n_a_pas_de_bilan():
    assert operations.preparer_bilan(fabriques.ActionAnnuelleFactory(refusee=True)) is None
    assert not Bilan.objects.exists()


def test_la_creation_d_une_action_prepare_son_bilan(scene):
    from actions.models import ActionAnnuelle
    from actions.operations import creer_action

    annuelle = creer_action(
        scene.chargee,
        ActionAnnuelle(campagne=scene.annuelle.campagne),
        porteur=scene.annuelle.action.porteur,
        intitule="Permanence aux habitants",
        territoires=[],
    )
    assert annuelle.bilan.statut == "a_saisir"
