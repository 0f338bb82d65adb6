"""What the database itself refuses of a bilan, and the French sentence that goes with it."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from bilans.models import Bilan, Commentaire, Courriel, Effectif, RapportAnnuel, Transition
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


@pytest.mark.parametrize("statut", ["a_saisir", "en_saisie"])
def test_un_brouillon_se_garde_meme_incomplet_ou_a_l_envers(statut):
    """Nothing typed is refused: what is handed over is checked, a draft is kept."""
    objet = fabriques.BilanFactory(statut=statut)
    objet.realisation, objet.motif_non_realisation = "non_realisee", ""
    objet.date_debut, objet.date_fin = date(2024, 6, 28), date(2024, 1, 8)
    objet.full_clean()
    objet.save()


def double(fabrique, *champs, **communs):
    """Return two rows, the second given the values of the first in `champs`, in memory."""
    premier, second = fabrique(**communs), fabrique(**communs)
    for nom in champs:
        setattr(second, nom, getattr(premier, nom))
    return second


@pytest.mark.parametrize(
    ("fabrique", "champs", "phrase"),
    [
        (fabriques.ReponseQuestionFactory, ("bilan", "question"), "Cette question a déjà sa réponse."),
        (fabriques.PieceJointeFactory, ("bilan", "empreinte"), "Ce fichier est déjà joint à ce bilan."),
        (fabriques.RecuFactory, ("bilan", "transmis_le"), "Cette transmission a déjà son reçu."),
    ],
)
def test_un_doublon_est_refuse(fabrique, champs, phrase):
    refuser(double(fabrique, *champs), phrase)


@pytest.mark.parametrize(
    ("lien", "cible", "phrase"),
    [
        ("demande", fabriques.IndicateurDemandeFactory, "Cet indicateur a déjà sa valeur."),
        ("critere", fabriques.IndicateurActionFactory, "Ce critère a déjà sa valeur."),
    ],
)
def test_un_indicateur_n_a_qu_une_valeur_par_bilan(lien, cible, phrase):
    objet, cible = bilan(), cible()
    fabriques.ValeurIndicateurFactory(bilan=objet, **{lien: cible})
    second = fabriques.ValeurIndicateurFactory(bilan=objet)
    setattr(second, lien, cible)
    refuser(second, phrase)


def test_une_reponse_vide_est_refusee():
    reponse = fabriques.ReponseQuestionFactory()
    reponse.texte = ""
    refuser(reponse, "Une réponse vide ne s'enregistre pas.")


def test_un_commentaire_regle_dit_par_qui():
    commentaire = fabriques.CommentaireFactory()
    commentaire.regle_le = fabriques.VALIDE_LE
    refuser(commentaire, "Un commentaire réglé dit quand et par qui.")


@pytest.mark.parametrize("type_", ["invitation", "relance"])
def test_une_personne_ne_recoit_qu_un_message_par_jour(type_):
    premier = fabriques.CourrielFactory()
    second = Courriel(
        type=type_,
        campagne=premier.campagne,
        porteur=premier.porteur,
        destinataire=premier.destinataire,
        jour=premier.jour,
    )
    refuser(second, "Cette personne a déjà reçu un message aujourd'hui.")
    # Sent again by hand, or another kind of message: allowed.
    second.reprise_de = premier
    second.save()
    fabriques.CourrielFactory(
        type="recu", campagne=premier.campagne, porteur=premier.porteur, destinataire=premier.destinataire
    )


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"statut": "envoye"}, "Un courriel envoyé dit quand."),
        ({"statut": "retour", "erreur": "boîte inconnue"}, "Un courriel envoyé dit quand."),
        ({"statut": "refuse"}, "Un courriel qui n'est pas arrivé dit pourquoi."),
        ({"statut": "echec"}, "Un courriel qui n'est pas arrivé dit pourquoi."),
    ],
)
def test_un_courriel_impossible_est_refuse(champs, phrase):
    courriel = fabriques.CourrielFactory()
    for nom, valeur in champs.items():
        setattr(courriel, nom, valeur)
    refuser(courriel, phrase)


@pytest.mark.parametrize(
    ("situation", "champs", "phrase"),
    [
        ({"applique": True}, {"applique_le": None}, "Un import appliqué dit quand et par qui."),
        ({"applique": True}, {"applique_par": None}, "Un import appliqué dit quand et par qui."),
        ({"annule": True}, {"annule_le": None}, "Un import annulé dit quand et par qui."),
        ({"annule": True}, {"annule_par": None}, "Un import annulé dit quand et par qui."),
        ({"refuse": True}, {"message": ""}, "Un import refusé dit pourquoi."),
    ],
)
def test_un_import_impossible_est_refuse(situation, champs, phrase):
    objet = fabriques.ImportTableurFactory(**situation)
    for nom, valeur in champs.items():
        setattr(objet, nom, valeur)
    refuser(objet, phrase)


@pytest.mark.parametrize(
    ("fabrique", "champs", "phrase"),
    [
        (
            fabriques.LigneImportFactory,
            ("import_tableur", "ordre"),
            "Deux lignes d'un import ne peuvent pas avoir le même rang.",
        ),
        (
            fabriques.EffetImportFactory,
            ("import_tableur", "ordre"),
            "Deux effets d'un import ne peuvent pas avoir le même rang.",
        ),
        (
            fabriques.CorrespondanceMemoriseeFactory,
            ("contrat", "signature"),
            "Cette disposition de colonnes est déjà connue pour ce contrat.",
        ),
        (
            fabriques.JustificationFactory,
            ("campagne", "code", "objet", "champ", "empreinte"),
            "Ce constat a déjà sa justification.",
        ),
        (
            fabriques.SuggestionIgnoreeFactory,
            ("bilan", "champ", "empreinte"),
            "Cette suggestion est déjà laissée de côté.",
        ),
    ],
)
def test_un_import_et_une_justification_ne_se_repetent_pas(fabrique, champs, phrase):
    refuser(double(fabrique, *champs), phrase)


def test_un_bloquant_garde_dit_pourquoi():
    justification = fabriques.JustificationFactory()
    justification.gravite = "bloquant"
    refuser(justification, "Indiquez pourquoi ces chiffres sont gardés tels quels.")
