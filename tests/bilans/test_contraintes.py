"""What the database itself refuses of a bilan, and the French sentence that goes with it."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from bilans.models import Bilan, Commentaire, Effectif, RapportAnnuel, Transition
from tests import fabriques

pytestmark = pytest.mark.django_db


def refuser(objet, phrase):
    """Check that validation says `phrase`, and that the database refuses the row on its own."""
    with pytest.raises(ValidationError) as erreur:
        objet.validate_constraints()
    assert phrase in erreur.value.messages
    with pytest.raises(IntegrityError), transaction.atomic():
        objet.save()


def bilan(**champs):
    """Return a valid, stored bilan with `champs` changed in memory."""
    situation = champs.pop("situation", {"transmis": True})
    objet = fabriques.BilanFactory(**situation)
    for nom, valeur in champs.items():
        setattr(objet, nom, valeur)
    return objet


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"statut": "termine"}, "Cet état de bilan n'existe pas."),
        ({"transmis_le": None}, "Un bilan transmis dit quand et par qui il l'a été."),
        ({"transmis_par": None}, "Un bilan transmis dit quand et par qui il l'a été."),
        ({"realisation": ""}, "Indiquez si l'action a été réalisée."),
        (
            {"statut": "valide"},
            "Un bilan validé, et lui seul, dit quand et par qui il l'a été.",
        ),
        (
            {"valide_le": fabriques.VALIDE_LE},
            "Un bilan validé, et lui seul, dit quand et par qui il l'a été.",
        ),
        (
            {"situation": {"valide": True}, "valide_par": None},
            "Un bilan validé, et lui seul, dit quand et par qui il l'a été.",
        ),
        (
            {"realisation": "non_realisee"},
            "Indiquez pourquoi l'action n'a pas eu lieu ou a été reportée.",
        ),
        ({"realisation": "reportee"}, "Indiquez pourquoi l'action n'a pas eu lieu ou a été reportée."),
        ({"statut": "a_completer"}, "Dites au porteur ce qui est à compléter."),
        (
            {"date_debut": date(2024, 6, 28), "date_fin": date(2024, 1, 8)},
            "L'action doit finir après avoir commencé : vérifiez les deux dates.",
        ),
    ],
)
def test_un_bilan_impossible_est_refuse(champs, phrase):
    refuser(bilan(**champs), phrase)


@pytest.mark.parametrize("situation", [statut.value for statut in Bilan.Statut])
def test_chaque_situation_des_fabriques_est_possible(situation):
    objet = fabriques.BilanFactory(**({} if situation == "a_saisir" else {situation: True}))
    objet.full_clean()
    assert objet.statut == situation


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"valeur": None}, "Indiquez un nombre, ou une fourchette avec ses deux bornes."),
        (
            {"valeur": None, "valeur_min": 20},
            "Indiquez un nombre, ou une fourchette avec ses deux bornes.",
        ),
        (
            {"valeur": 30, "valeur_min": 20, "valeur_max": 120},
            "Indiquez un nombre, ou une fourchette avec ses deux bornes.",
        ),
        (
            {"valeur": None, "valeur_min": 120, "valeur_max": 20},
            "La fourchette va du plus petit nombre au plus grand.",
        ),
    ],
)
def test_un_nombre_impossible_est_refuse(champs, phrase):
    refuser(Effectif(bilan=bilan(), sexe="F", **champs), phrase)


def test_un_nombre_negatif_est_refuse():
    objet = Effectif(bilan=bilan(), sexe="F", valeur=-3)
    with pytest.raises(ValidationError):
        objet.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        objet.save()


def test_une_case_n_a_qu_un_nombre():
    objet = bilan()
    enfants = objet.action_annuelle.campagne.tranches.get(ordre=2)
    fabriques.EffectifFactory(bilan=objet, sexe="F")
    fabriques.EffectifFactory(bilan=objet, sexe="F", tranche=enfants)
    fabriques.EffectifFactory(bilan=objet, sexe="F", perimetre="qpv")
    refuser(Effectif(bilan=objet, sexe="F", valeur=3), "Ce nombre est déjà saisi.")
    refuser(Effectif(bilan=objet, sexe="F", valeur=3, tranche=enfants), "Ce nombre est déjà saisi.")


def test_une_action_n_a_qu_un_bilan_par_annee():
    objet = bilan()
    with pytest.raises(IntegrityError), transaction.atomic():
        fabriques.BilanFactory(action_annuelle=objet.action_annuelle)


@pytest.mark.parametrize(
    ("de", "vers", "phrase"),
    [
        ("transmis", "a_completer", "Un renvoi dit ce qui est à compléter."),
        ("valide", "en_verification", "Une réouverture dit pourquoi."),
        ("en_saisie", "dispense", "Une dispense dit pourquoi."),
    ],
)
def test_un_changement_d_etat_sans_motif_est_refuse(de, vers, phrase):
    auteur = fabriques.UtilisateurFactory()
    refuser(Transition(bilan=bilan(), de=de, vers=vers, auteur=auteur), phrase)
    Transition.objects.create(bilan=bilan(), de=de, vers=vers, auteur=auteur, commentaire="Voici pourquoi.")


def test_un_commentaire_vide_est_refuse():
    commentaire = Commentaire(bilan=bilan(), texte="", auteur=fabriques.UtilisateurFactory())
    refuser(commentaire, "Écrivez le commentaire.")


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        (
            {"statut": "en_consultation"},
            "Un rapport en consultation a une date d'envoi et une échéance.",
        ),
        ({"statut": "approuve"}, "Un rapport approuvé renvoie à sa délibération."),
        ({"statut": "publie"}, "Un rapport approuvé renvoie à sa délibération."),
        (
            {"date_envoi_avis": date(2025, 9, 30), "echeance_avis": date(2025, 9, 1)},
            "L'échéance des avis doit suivre l'envoi.",
        ),
    ],
)
def test_un_rapport_impossible_est_refuse(champs, phrase):
    refuser(RapportAnnuel(contrat=fabriques.ContratFactory(), annee=2024, **champs), phrase)


def test_un_contrat_n_a_qu_un_rapport_par_annee():
    rapport = fabriques.RapportFactory()
    refuser(
        RapportAnnuel(contrat=rapport.contrat, annee=rapport.annee),
        "Ce contrat a déjà un rapport pour cette année.",
    )
