"""Every address × every role × an object of one's own, of a colleague, of another contract.

The table `ADRESSES` says who opens what; an address missing from it fails the suite. Whatever is not
opened answers 404 when the account may not know that it exists, 403 with a sentence when it sees the object
but may not do that, and sends a visitor to the sign-in page. A GET never writes.
"""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from bilans.models import Bilan, RapportAnnuel
from comptes.models import Utilisateur
from tests import fabriques
from tests.fabriques import EMPREINTE_PHOTO

pytestmark = pytest.mark.django_db

CHARGEE, PORTEUR, FINANCEUR, COPIL, ADMIN = "chargee", "porteur", "financeur", "copil", "administrateur"
# Those whom nothing of the contract of the test concerns.
AUTRE_CHARGEE, SANS_ACCES, INACTIF = "autre_chargee", "sans_acces", "inactif"
LECTEURS = {CHARGEE, PORTEUR, FINANCEUR, COPIL, ADMIN}
ETRANGERS = {AUTRE_CHARGEE, SANS_ACCES}
GESTION = {CHARGEE, ADMIN}
ECRITURE = re.compile(r"^\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.I)


@dataclass
class Monde:
    """Two contracts with the same things in them; accounts of every role in the first."""

    comptes: dict[str, Utilisateur | None]
    objets: dict[str, Any] = field(default_factory=dict)

    def adresse(self, nom: str, contrat: str = "contrat", **remplacements: Any) -> str:
        """Return the address `nom` for the objects of the first contract, some of them replaced."""
        campagne = self.objets[f"campagne_{contrat}"]
        arguments = {"contrat": campagne.contrat.slug, "annee": campagne.annee}
        valeurs = ADRESSES[nom].arguments(self.objets)
        return reverse(nom, kwargs=arguments | valeurs | remplacements)

    def publier_le_rapport(self) -> None:
        """Publish the report of the first contract."""
        contrat = self.objets["campagne_contrat"].contrat
        RapportAnnuel.objects.filter(contrat=contrat).update(
            statut=RapportAnnuel.Statut.PUBLIE,
            publie_le=timezone.now(),
            deliberation=fabriques.DeliberationFactory(contrat=contrat),
        )

    def mettre_le_bilan(self, situation: str) -> None:
        """Put the bilan of the first contract's action in `situation` (a trait of the factory)."""
        action = self.objets["action_contrat"]
        Bilan.objects.filter(action_annuelle=action).delete()
        bilan = fabriques.BilanFactory(action_annuelle=action, **{situation: True})
        self.objets |= _echanges(bilan)


@dataclass(frozen=True)
class Adresse:
    """Who may open an address, and with what it is built."""

    ouverte_a: set[str]
    objet: str = ""  # key of Monde.objets whose `cle` (or pk) is in the address
    parametre: str = "cle"
    autres: tuple[tuple[str, str], ...] = ()
    situation: str = "en_saisie"  # what the bilan must be for the page to have a purpose
    # a second key: parameter, and what it names among what hangs from the object
    sous: str = ""
    methode: str = "get"
    # other keys: parameter, and the name in Monde.objets of what goes with the object
    avec: tuple[tuple[str, str], ...] = ()
    # of a report that is read: it must be published
    publie: bool = False

    def arguments(self, objets: dict[str, Any], objet: str = "") -> dict[str, Any]:
        valeurs: dict[str, Any] = dict(self.autres)
        if self.objet:
            valeurs[self.parametre] = cle_de(objets[objet or self.objet])
        if self.sous:
            _, _, suffixe = (objet or self.objet).partition("_")
            valeurs["pk" if self.sous == "acces" else self.sous] = cle_de(
                objets[f"{self.sous}_{suffixe}" if suffixe else self.sous]
            )
        for parametre, nom in self.avec:
            _, _, suffixe = (objet or self.objet).partition("_")
            valeurs[parametre] = cle_de(objets[f"{nom}_{suffixe}" if suffixe else nom])
        return valeurs


def cle_de(objet: Any) -> Any:
    """Return what names an object in an address: its key, else its number."""
    return getattr(objet, "cle", objet.pk)


ADRESSES: dict[str, Adresse] = {
    "tableau_de_bord": Adresse(GESTION),
    "accueil_contrat": Adresse(LECTEURS),
    "liste_actions": Adresse({CHARGEE, PORTEUR, FINANCEUR, ADMIN}),
    "action_detail": Adresse({CHARGEE, PORTEUR, FINANCEUR, ADMIN}, "action"),
    "bilan_detail": Adresse({CHARGEE, PORTEUR, ADMIN}, "action"),
    "bilan_saisir": Adresse({CHARGEE, PORTEUR, ADMIN}, "action"),
    "bilan_transmettre": Adresse({CHARGEE, PORTEUR, ADMIN}, "action"),
    "bilan_valider": Adresse(GESTION, "action"),
    "bilan_renvoyer": Adresse(GESTION, "action", situation="transmis"),
    "bilan_rouvrir": Adresse(GESTION, "action", situation="valide"),
    "bilan_dispenser": Adresse(GESTION, "action"),
    "bilan_brouillon": Adresse({CHARGEE, PORTEUR, ADMIN}, "action", methode="post"),
    "bilan_prolonger": Adresse(GESTION, "action"),
    "bilan_commenter": Adresse({CHARGEE, PORTEUR, ADMIN}, "action", situation="transmis", methode="post"),
    "commentaire_regler": Adresse(
        GESTION, "action", situation="transmis", sous="commentaire", methode="post"
    ),
    "piece_ajouter": Adresse({CHARGEE, PORTEUR, ADMIN}, "action", methode="post"),
    "piece": Adresse({CHARGEE, PORTEUR, ADMIN}, "action", sous="piece"),
    "piece_retirer": Adresse({CHARGEE, PORTEUR, ADMIN}, "action", sous="piece"),
    "recu": Adresse({CHARGEE, PORTEUR, ADMIN}, "action", situation="transmis", sous="recu"),
    "recu_pdf": Adresse({CHARGEE, PORTEUR, ADMIN}, "action", situation="transmis", sous="recu"),
    "budget": Adresse({CHARGEE, PORTEUR, ADMIN}, "action"),
    "budget_previsionnel": Adresse(GESTION, "action"),
    "budget_realise": Adresse({CHARGEE, PORTEUR, ADMIN}, "action"),
    "crf": Adresse({CHARGEE, PORTEUR, ADMIN}, "action", autres=(("format", "docx"),)),
    "crf_porteur": Adresse({CHARGEE, PORTEUR, ADMIN}, "porteur", autres=(("format", "docx"),)),
    "fiche_action": Adresse({CHARGEE, PORTEUR, FINANCEUR, ADMIN}, "action"),
    "fiche_action_modifier": Adresse(GESTION, "action"),
    "fiche_action_fichier": Adresse(
        {CHARGEE, PORTEUR, FINANCEUR, ADMIN}, "action", autres=(("format", "docx"),)
    ),
    "fiches_structure": Adresse({CHARGEE, PORTEUR, ADMIN}),
    "fiches_structure_demander": Adresse(GESTION),
    "fiche_structure": Adresse({CHARGEE, PORTEUR, ADMIN}, "fiche"),
    "fiche_structure_saisir": Adresse({CHARGEE, PORTEUR, ADMIN}, "fiche"),
    "fiche_structure_brouillon": Adresse({CHARGEE, PORTEUR, ADMIN}, "fiche", methode="post"),
    "fiche_structure_fichier": Adresse({CHARGEE, PORTEUR, ADMIN}, "fiche", autres=(("format", "docx"),)),
    "fiche_structure_geste": Adresse(GESTION, "fiche", autres=(("geste", "valider"),)),
    "suivi_bilans": Adresse(GESTION),
    "avancement": Adresse(GESTION),
    "bilans_valider": Adresse(GESTION),
    "saisie_rapide": Adresse(GESTION),
    "saisie_rapide_cellule": Adresse(GESTION, methode="post"),
    **{
        nom: Adresse(GESTION)
        for nom in (
            *("campagne", "campagne_reglages", "campagne_questions", "question_creer", "indicateur_creer"),
            *("campagne_messages", "campagne_ouvrir", "campagne_clore", "campagne_rouvrir"),
            *(
                "campagne_prolonger",
                "campagne_reprendre",
                "campagne_archiver",
                "campagne_desarchiver",
                "campagne_invitations",
                "campagne_relances",
                "courriels",
            ),
        )
    },
    "campagne_message": Adresse(GESTION, autres=(("type", "relance"),)),
    "question_modifier": Adresse(GESTION, "question", "pk"),
    "question_supprimer": Adresse(GESTION, "question", "pk"),
    "indicateur_modifier": Adresse(GESTION, "indicateur", "pk"),
    "indicateur_supprimer": Adresse(GESTION, "indicateur", "pk"),
    "courriel": Adresse(GESTION, "courriel"),
    "courriel_renvoyer": Adresse(GESTION, "courriel"),
    "envoi": Adresse(GESTION, "envoi"),
    "porteur_acces": Adresse({CHARGEE, PORTEUR, ADMIN}, "porteur"),
    "porteur_inviter": Adresse({CHARGEE, PORTEUR, ADMIN}, "porteur", methode="post"),
    "acces_retirer": Adresse({CHARGEE, PORTEUR, ADMIN}, "porteur", sous="acces"),
    "anomalies": Adresse(GESTION),
    "anomalies_fichier": Adresse(GESTION, autres=(("format", "csv"),)),
    "anomalie_justifier": Adresse(GESTION, methode="post"),
    "anomalies_decider": Adresse(GESTION, methode="post"),
    "anomalies_revenir": Adresse(GESTION, methode="post"),
    "justification_retirer": Adresse(GESTION, "justification", "pk", methode="post"),
    "controles": Adresse(GESTION),
    "campagne_controles": Adresse(GESTION),
    "financements": Adresse({CHARGEE, FINANCEUR, ADMIN}),
    "conventions": Adresse({CHARGEE, PORTEUR, ADMIN}),
    "echeances": Adresse({CHARGEE, PORTEUR, ADMIN}),
    "echeances_ics": Adresse({CHARGEE, PORTEUR, ADMIN}),
    "echeances_rappeler": Adresse(GESTION),
    "convention_creer": Adresse(GESTION),
    "convention": Adresse({CHARGEE, PORTEUR, ADMIN}, "convention"),
    **{
        nom: Adresse(GESTION, "convention")
        for nom in (
            *("convention_modifier", "convention_supprimer", "convention_dupliquer"),
            *("convention_resilier", "echeances_calculer", "echeance_ajouter"),
        )
    },
    "element_ajouter": Adresse(GESTION, "convention", autres=(("genre", "obligations"),)),
    "element_modifier": Adresse(
        GESTION, "convention", autres=(("genre", "obligations"),), avec=(("pk", "obligation"),)
    ),
    "element_supprimer": Adresse(
        GESTION, "convention", autres=(("genre", "obligations"),), avec=(("pk", "obligation"),)
    ),
    "obligation_demander": Adresse(GESTION, "convention", avec=(("pk", "obligation"),)),
    "echeance": Adresse({CHARGEE, PORTEUR, ADMIN}, "convention", avec=(("pk", "echeance"),)),
    "echeance_supprimer": Adresse(GESTION, "convention", avec=(("pk", "echeance"),), methode="post"),
    "document_ajouter": Adresse({CHARGEE, PORTEUR, ADMIN}, "convention"),
    "document_convention": Adresse(
        {CHARGEE, PORTEUR, ADMIN}, "convention", avec=(("document", "document_recu"),)
    ),
    # Its own papers only, and this one came from somebody else.
    "document_retirer": Adresse(GESTION, "convention", avec=(("document", "document_recu"),)),
    "liste_porteurs": Adresse({CHARGEE, FINANCEUR, ADMIN}),
    "porteur_detail": Adresse({CHARGEE, PORTEUR, FINANCEUR, ADMIN}, "porteur"),
    "imports": Adresse(GESTION),
    "import_ligne": Adresse(GESTION, "import", autres=(("ordre", 1),), methode="post"),
    "import_choisir": Adresse(GESTION, "import", methode="post"),
    **{
        nom: Adresse(GESTION, "import")
        for nom in (
            *("import_detail", "import_colonnes", "import_confirmer", "import_annuler"),
            *("import_abandonner", "import_fichier"),
        )
    },
    "classeur_modifiable": Adresse(GESTION, autres=(("jeu", "actions"),)),
    "annexes": Adresse(LECTEURS),
    "annexe": Adresse({CHARGEE, PORTEUR, FINANCEUR, ADMIN}, autres=(("nom", "porteurs"),)),
    "annexe_fichier": Adresse(
        {CHARGEE, PORTEUR, FINANCEUR, ADMIN}, autres=(("nom", "porteurs"), ("format", "csv"))
    ),
    "action_creer": Adresse(GESTION),
    "action_modifier": Adresse(GESTION, "action"),
    "porteur_creer": Adresse(GESTION),
    "porteur_modifier": Adresse(GESTION, "porteur"),
    "versements": Adresse({CHARGEE, PORTEUR, FINANCEUR, ADMIN}),
    "versement": Adresse({CHARGEE, PORTEUR, FINANCEUR, ADMIN}, "versement"),
    "versement_geste": Adresse(GESTION, "versement", autres=(("geste", "reverser"),)),
    "versement_document": Adresse(GESTION, "versement", sous="condition", methode="post"),
    "reversement_recouvrer": Adresse(GESTION, "versement", sous="reversement"),
    "versements_planifier": Adresse(GESTION),
    "versement_ajouter": Adresse(GESTION),
    "suivre_montant": Adresse({CHARGEE, PORTEUR, FINANCEUR, ADMIN}, "ligne"),
    "regles_versement": Adresse(GESTION),
    "regle_creer": Adresse(GESTION),
    "regle_modifier": Adresse(GESTION, "regle", "pk"),
    "regle_supprimer": Adresse(GESTION, "regle", "pk"),
    "donnees_ouvertes": Adresse(GESTION),
    "donnees_ouvertes_fichier": Adresse(GESTION),
    "financeur_identifier": Adresse(GESTION, "financeur"),
    "financeurs": Adresse(GESTION),
    "financeur_creer": Adresse(GESTION),
    "financeur_modifier": Adresse(GESTION, "financeur"),
    "programmation": Adresse({CHARGEE, FINANCEUR, ADMIN}),
    "programmation_totaux": Adresse({CHARGEE, FINANCEUR, ADMIN}),
    "programmation_cellule": Adresse({CHARGEE, FINANCEUR, ADMIN}, methode="post"),
    "programmation_case": Adresse({CHARGEE, FINANCEUR, ADMIN}, "action", avec=(("colonne", "colonne"),)),
    "programmation_avis": Adresse({CHARGEE, FINANCEUR, ADMIN}, "action", avec=(("financeur", "financeur"),)),
    "enveloppes": Adresse({CHARGEE, FINANCEUR, ADMIN}),
    "enveloppe_creer": Adresse(GESTION),
    "enveloppe_modifier": Adresse(GESTION, "enveloppe", "pk"),
    "enveloppe_supprimer": Adresse(GESTION, "enveloppe", "pk"),
    "reconduire": Adresse(GESTION),
    "annee_suivante": Adresse(GESTION, methode="post"),
    "decider": Adresse(GESTION),
    "scenarios": Adresse(GESTION),
    **{
        nom: Adresse(GESTION, "scenario")
        for nom in (
            *("scenario", "scenario_modifier", "scenario_dupliquer", "scenario_comparer"),
            *("scenario_adopter",),
        )
    },
    **{
        nom: Adresse(GESTION, "scenario", methode="post")
        for nom in ("scenario_cellule", "scenario_ecarter", "scenario_reprendre")
    },
    "ligne_ajouter": Adresse(GESTION, "action"),
    "ligne_modifier": Adresse(GESTION, "ligne"),
    "ligne_supprimer": Adresse(GESTION, "ligne"),
    "montants_trancher": Adresse(GESTION, "action"),
    **{
        nom: Adresse(GESTION)
        for nom in ("rapport", "rapport_apercu", "rapport_phares", "rapport_section_ajouter")
    },
    "rapport_ouvrir": Adresse(GESTION, methode="post"),
    "rapport_phares_brouillon": Adresse(GESTION, methode="post"),
    "rapport_phare_retirer": Adresse(GESTION, "phare"),
    **{
        nom: Adresse(GESTION, "section")
        for nom in ("rapport_section", "rapport_section_supprimer", "rapport_photo_ajouter")
    },
    **{
        nom: Adresse(GESTION, "section", methode="post")
        for nom in ("rapport_section_brouillon", "rapport_section_lire", "rapport_section_ranger")
    },
    **{nom: Adresse(GESTION, "section", sous="photo") for nom in ("rapport_photo", "rapport_photo_retirer")},
    "rapport_consultation": Adresse(GESTION),
    "rapport_envoyer": Adresse(GESTION),
    "rapport_geste": Adresse(GESTION, autres=(("geste", "revenir"),)),
    "rapport_instance_creer": Adresse(GESTION),
    "rapport_instances_usuelles": Adresse(GESTION, methode="post"),
    **{
        nom: Adresse(GESTION, "instance", "pk")
        for nom in ("rapport_instance_modifier", "rapport_instance_retirer")
    },
    "rapport_membre_ajouter": Adresse(GESTION, "instance", "pk"),
    "rapport_membre_retirer": Adresse(GESTION, "membre", "pk"),
    # Opened to the members of the body too (tests/bilans/test_consultation_pages.py).
    "rapport_avis": Adresse(GESTION, "avis"),
    "rapport_suite": Adresse(GESTION, "avis"),
    "rapports": Adresse(LECTEURS),
    "rapport_lire": Adresse(LECTEURS, publie=True),
    **{
        nom: Adresse(LECTEURS, autres=(("numero", 1),), publie=True)
        for nom in ("rapport_version", "rapport_comparer", "rapport_presenter", "rapport_fichiers")
    },
    "rapport_version_annexe": Adresse(LECTEURS, autres=(("numero", 1), ("code", "synthese")), publie=True),
    "rapport_version_image": Adresse(
        LECTEURS, autres=(("numero", 1), ("empreinte", EMPREINTE_PHOTO)), publie=True
    ),
    "rapport_fichier": Adresse(LECTEURS, "fichier", publie=True),
    # Whoever asked for it may give it up too (tests/bilans/test_lecture_rapport.py).
    "rapport_fichier_abandonner": Adresse(GESTION, "fichier", methode="post", publie=True),
    "contrat": Adresse(LECTEURS),
    "identite": Adresse(GESTION),
    "identite_logo": Adresse(GESTION),
    "identite_logo_retirer": Adresse(GESTION),
    "identite_couleur": Adresse(GESTION),
    "territoire": Adresse(LECTEURS, "territoire", "pk"),
    "contours": Adresse(GESTION),
    "contours_charger": Adresse(GESTION, methode="post"),
    "contour_retirer": Adresse(GESTION, "territoire", "pk"),
}
# Outside the contracts: open to every account, or to everybody.
COMMUNES = {"accueil", "aller_au_contrat"}
# `invitation` opens nothing: it sends a code to the address it was written to (tests/comptes/test_invitation.py).
# `logo` gives the logo that the sign-in page shows, known by its SHA-256 (tests/bilans/test_identite.py).
PUBLIQUES = {
    "accessibilite",
    "donnees_personnelles",
    "demonstration_courriels",
    "sante",
    "invitation",
    "logo",
}
# A published report that was given an address (tests/bilans/test_lecture_rapport.py).
PUBLIQUES |= {f"rapport_public{suite}" for suite in ("", "_presenter", "_annexe", "_image", "_fichier")}


def noms_d_adresses(resolveur: URLResolver | None = None) -> Iterator[str]:
    """Yield the name of every address of the application, the library's and the admin's left out."""
    for motif in (resolveur or get_resolver()).url_patterns:
        if isinstance(motif, URLResolver):
            if (
                motif.app_name != "admin"
                and getattr(motif.urlconf_name, "__name__", "") != "allauth.account.urls"
            ):
                yield from noms_d_adresses(motif)
        elif isinstance(motif, URLPattern) and motif.name:
            yield motif.name


def _echanges(bilan: Any) -> dict[str, Any]:
    """Return one of each thing that hangs from a bilan, by name."""
    transmis = bilan.transmis_le is not None
    return {
        "commentaire": fabriques.CommentaireFactory(bilan=bilan),
        "piece": fabriques.PieceJointeFactory(bilan=bilan),
        "recu": fabriques.RecuFactory(bilan=bilan)
        if transmis
        else fabriques.RecuFactory(
            bilan=bilan, transmis_le=fabriques.TRANSMIS_LE, transmis_par=fabriques.UtilisateurFactory()
        ),
    }


def _import(campagne: Any) -> Any:
    """Return an import whose preview has a row, numbered 1."""
    apercu = fabriques.ImportTableurFactory(campagne=campagne, statut="a_relire")
    fabriques.LigneImportFactory(import_tableur=apercu, ordre=1)
    return apercu


def _versement(ligne: Any) -> dict[str, Any]:
    """Return a payment made of a funding line, with what hangs from it, by name."""
    versement = fabriques.VersementFactory(ligne=ligne, verse=True)
    return {
        "versement": versement,
        "condition": fabriques.ConditionVersementFactory(versement=versement),
        "reversement": fabriques.ReversementFactory(versement=versement),
    }


def _colonne(financeur: Any) -> SimpleNamespace:
    """Return the column of a funder in the grid of the programming, as an address names it."""
    return SimpleNamespace(cle=f"{financeur.cle}-non_precisee", pk=None)


def _convention(contrat: Any, porteur: Any) -> dict[str, Any]:
    """Return a convention with an obligation, a deadline and a paper received, by name."""
    convention = fabriques.ConventionFactory(contrat=contrat, porteur=porteur)
    obligation = fabriques.ObligationFactory(convention=convention)
    return {
        "convention": convention,
        "obligation": obligation,
        "echeance": fabriques.EcheanceFactory(convention=convention, obligation=obligation),
        "document_recu": fabriques.DocumentConventionFactory(
            convention=convention,
            nom="rapport.pdf",
            type_mime="application/pdf",
            fichier=ContentFile(b"%PDF-1.7\n%%EOF\n", name="rapport.pdf"),
        ),
    }


def _rapport(campagne: Any, action: Any) -> dict[str, Any]:
    """Return, by name, what hangs from the report of a year: a section, its photograph, an opinion asked of a body…"""
    rapport = fabriques.RapportFactory(contrat=campagne.contrat, annee=campagne.annee)
    section = fabriques.SectionRapportFactory(rapport=rapport)
    fabriques.ActionPhareFactory(rapport=rapport, action_annuelle=action)
    instance = fabriques.InstanceFactory(contrat=campagne.contrat, type="conseil_citoyen")
    return {
        "fichier": fabriques.FichierRapportFactory(
            version=fabriques.VersionRapportFactory(rapport=rapport, nature="publiee", lisible=True),
            rapport=rapport,
            fait=True,
        ),
        "instance": instance,
        "membre": fabriques.MembreInstanceFactory(instance_siegee=instance),
        "avis": fabriques.AvisRapportFactory(rapport=rapport, instance_consultee=instance),
        "section": section,
        "photo": fabriques.PhotoRapportFactory(section=section),
        "phare": SimpleNamespace(cle=action.cle, pk=None),
    }


def _contrat_peuple(suffixe: str, objets: dict[str, Any]) -> None:
    contrat = fabriques.ContratFactory()
    campagne = fabriques.CampagneFactory(contrat=contrat)
    territoire = fabriques.TerritoireFactory(contrat=contrat)
    porteur = fabriques.PorteurFactory(epci=contrat.epci)
    action = fabriques.ActionAnnuelleFactory(
        campagne=campagne,
        action=fabriques.ActionFactory(contrat=contrat, porteur=porteur),
        territoires=[territoire],
    )
    ligne = fabriques.LigneFinancementFactory(action_annuelle=action)
    fabriques.AmbiguiteFactory(action_annuelle=action, lectures=[ligne.financeur, ligne.financeur])
    bilan = fabriques.BilanFactory(action_annuelle=action, en_saisie=True)
    objets |= {f"{nom}_{suffixe}": objet for nom, objet in _echanges(bilan).items()}
    objets |= {
        f"campagne_{suffixe}": campagne,
        f"question_{suffixe}": fabriques.QuestionFactory(campagne=campagne),
        f"indicateur_{suffixe}": fabriques.IndicateurDemandeFactory(campagne=campagne),
        f"courriel_{suffixe}": fabriques.CourrielFactory(campagne=campagne, porteur=porteur, envoye=True),
        f"envoi_{suffixe}": fabriques.EnvoiFactory(campagne=campagne),
        f"justification_{suffixe}": fabriques.JustificationFactory(campagne=campagne),
        f"import_{suffixe}": _import(campagne),
        f"acces_{suffixe}": fabriques.representant_du_porteur(porteur).acces_porteurs.get(),
        f"action_{suffixe}": action,
        f"bilan_{suffixe}": bilan,
        f"porteur_{suffixe}": porteur,
        f"ligne_{suffixe}": ligne,
        f"financeur_{suffixe}": ligne.financeur,
        f"regle_{suffixe}": fabriques.RegleVersementFactory(convention=None, financeur=ligne.financeur),
        **{f"{nom}_{suffixe}": objet for nom, objet in _versement(ligne).items()},
        f"territoire_{suffixe}": territoire,
        **{f"{nom}_{suffixe}": objet for nom, objet in _convention(contrat, porteur).items()},
        f"colonne_{suffixe}": _colonne(ligne.financeur),
        f"enveloppe_{suffixe}": fabriques.EnveloppeFactory(campagne=campagne, financeur=ligne.financeur),
        f"scenario_{suffixe}": fabriques.ScenarioFactory(campagne=campagne),
        f"fiche_{suffixe}": fabriques.BilanStructureFactory(campagne=campagne, porteur=porteur),
        **{f"{nom}_{suffixe}": objet for nom, objet in _rapport(campagne, action).items()},
    }


def _monde() -> Monde:
    objets: dict[str, Any] = {}
    for suffixe in ("contrat", "etranger"):
        _contrat_peuple(suffixe, objets)
    contrat = objets["campagne_contrat"].contrat
    # A colleague of the porteur, in the same contract: what it owns must stay its own.
    voisin = fabriques.PorteurFactory(epci=contrat.epci)
    action_voisine = fabriques.ActionAnnuelleFactory(
        campagne=objets["campagne_contrat"],
        action=fabriques.ActionFactory(contrat=contrat, porteur=voisin),
    )
    ligne_voisine = fabriques.LigneFinancementFactory(action_annuelle=action_voisine)
    fabriques.AmbiguiteFactory(action_annuelle=action_voisine)
    bilan_voisin = fabriques.BilanFactory(action_annuelle=action_voisine, en_saisie=True)
    objets |= {f"{nom}_voisine": objet for nom, objet in _echanges(bilan_voisin).items()}
    objets |= {f"{nom}_voisine": objet for nom, objet in _versement(ligne_voisine).items()}
    objets |= {
        nom: objets[f"{nom}_contrat"]
        for nom in (
            *("commentaire", "piece", "recu", "question", "indicateur", "courriel", "envoi", "acces"),
            *("import", "justification", "financeur", "regle", "versement", "condition", "reversement"),
        )
    }
    objets |= {f"{nom}_voisine": objet for nom, objet in _convention(contrat, voisin).items()}
    objets |= {
        nom: objets[f"{nom}_contrat"] for nom in ("convention", "obligation", "echeance", "document_recu")
    }
    objets |= {
        "acces_voisin": fabriques.representant_du_porteur(voisin).acces_porteurs.get(),
        "action": objets["action_contrat"],
        "porteur": objets["porteur_contrat"],
        "ligne": objets["ligne_contrat"],
        **{nom: objets[f"{nom}_contrat"] for nom in ("financeur", "colonne", "enveloppe", "scenario")},
        "financeur_voisine": ligne_voisine.financeur,
        "colonne_voisine": _colonne(ligne_voisine.financeur),
        "territoire": objets["territoire_contrat"],
        "action_voisine": action_voisine,
        # Of the same report, under another section.
        "photo_voisine": fabriques.PhotoRapportFactory(
            section=fabriques.SectionRapportFactory(rapport=objets["section_contrat"].rapport)
        ),
        "fiche": objets["fiche_contrat"],
        **{
            nom: objets[f"{nom}_contrat"]
            for nom in ("section", "photo", "phare", "instance", "membre", "avis", "fichier")
        },
        "fiche_voisine": fabriques.BilanStructureFactory(campagne=objets["campagne_contrat"], porteur=voisin),
        "porteur_voisin": voisin,
        "ligne_voisine": ligne_voisine,
    }
    comptes = {
        CHARGEE: fabriques.chargee_de_mission(contrat),
        PORTEUR: fabriques.representant_du_porteur(objets["porteur"]),
        FINANCEUR: fabriques.representant_du_financeur(objets["ligne"].financeur),
        COPIL: fabriques.membre_du_copil(contrat),
        ADMIN: fabriques.administrateur(),
        AUTRE_CHARGEE: fabriques.chargee_de_mission(objets["campagne_etranger"].contrat),
        SANS_ACCES: fabriques.UtilisateurFactory(is_staff=True),
    }
    return Monde(comptes, objets)


@pytest.fixture(scope="module")
def monde_du_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[Monde]:
    """The two contracts, made once for hundreds of tests and taken away when the module is over."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _monde()
        transaction.set_rollback(True)


@pytest.fixture
def monde(monde_du_module: Monde, db: None) -> Monde:
    """The two contracts; what a test changes in them, in the database or in memory, is undone after it."""
    return copy.deepcopy(monde_du_module)


def ouvrir(monde: Monde, role: str, adresse: str, methode: str = "get") -> Any:
    """Return the answer to `role` at `adresse`, and check that a GET wrote nothing."""
    client = Client()
    client.force_login(monde.comptes[role], backend="django.contrib.auth.backends.ModelBackend")
    with CaptureQueriesContext(connection) as capture:
        reponse = getattr(client, methode)(adresse)
    ecritures = [
        q["sql"]
        for q in capture.captured_queries
        if ECRITURE.match(q["sql"]) and "django_session" not in q["sql"]
    ]
    if methode == "get" or reponse.status_code in (403, 404):
        assert ecritures == [], f"{methode} {adresse} ({role}) a écrit"
    return reponse


def test_every_address_is_in_the_table() -> None:
    noms = set(noms_d_adresses())
    assert noms - set(ADRESSES) - COMMUNES - PUBLIQUES == set()
    assert (set(ADRESSES) | COMMUNES | PUBLIQUES) - noms == set()


@pytest.mark.parametrize("nom", ADRESSES)
def test_who_opens(monde: Monde, nom: str) -> None:
    regle = ADRESSES[nom]
    monde.mettre_le_bilan(regle.situation)
    if regle.publie:
        monde.publier_le_rapport()
    adresse = monde.adresse(nom)
    for role in LECTEURS:
        statut = ouvrir(monde, role, adresse, regle.methode).status_code
        if role in regle.ouverte_a:
            # 400, 409, 422: an empty form was sent, or what it asks cannot be done any more.
            permis = (200, 302) if regle.methode == "get" else (200, 302, 400, 409, 422)
            assert statut in permis, f"{nom} est fermée à {role} ({statut})"
        else:
            assert statut in (403, 404), f"{nom} est ouverte à {role} ({statut})"


@pytest.mark.parametrize("nom", ADRESSES)
def test_strangers_do_not_know_that_it_exists(monde: Monde, nom: str) -> None:
    for role in ETRANGERS:
        for methode in ("get", "post"):
            statut = ouvrir(monde, role, monde.adresse(nom), methode).status_code
            # A page that only takes what is posted answers 405 to any GET, whoever asks: it tells nothing.
            permis = (404, 405) if methode != ADRESSES[nom].methode else (404,)
            assert statut in permis, f"{nom}, {role}"


@pytest.mark.parametrize("nom", ADRESSES)
def test_a_visitor_is_asked_to_sign_in(monde: Monde, nom: str) -> None:
    adresse = monde.adresse(nom)
    reponse = Client().get(adresse)
    assert reponse.status_code == 302
    assert reponse.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("nom", [nom for nom, regle in ADRESSES.items() if regle.objet])
def test_an_object_of_another_contract_is_not_found(monde: Monde, nom: str) -> None:
    """Whether under the address of one's own contract, or under that of the other."""
    regle = ADRESSES[nom]
    etranger = regle.arguments(monde.objets, f"{regle.objet}_etranger")
    for role in LECTEURS - {ADMIN}:
        for contrat in ("contrat", "etranger"):
            for methode in ("get", "post"):
                reponse = ouvrir(monde, role, monde.adresse(nom, contrat, **etranger), methode)
                # A page that is only read, or only written, answers 405 to the rest whatever the key: it tells nothing.
                permis = (403, 404, 405) if "post" in (methode, regle.methode) else (403, 404)
                assert reponse.status_code in permis, f"{nom}, {role}, {contrat}, {methode}"
                if role in regle.ouverte_a and reponse.status_code != 405:
                    assert reponse.status_code == 404, f"{nom}, {role}, {contrat}, {methode}"
    # The administrator sees both contracts, yet no object under the address of the other.
    reponse = ouvrir(monde, ADMIN, monde.adresse(nom, "contrat", **etranger), regle.methode)
    assert reponse.status_code == 404


VOISINS = {
    "action": "action_voisine",
    "porteur": "porteur_voisin",
    "ligne": "ligne_voisine",
    "convention": "convention_voisine",
    "versement": "versement_voisine",
    "fiche": "fiche_voisine",
}


@pytest.mark.parametrize("nom", [nom for nom, regle in ADRESSES.items() if regle.objet in VOISINS])
def test_a_porteur_does_not_see_its_neighbour(monde: Monde, nom: str) -> None:
    voisin = ADRESSES[nom].arguments(monde.objets, VOISINS[ADRESSES[nom].objet])
    for methode in ("get", "post"):
        statut = ouvrir(monde, PORTEUR, monde.adresse(nom, **voisin), methode).status_code
        permis = (404,) if methode == ADRESSES[nom].methode else (404, 405)
        assert statut in permis, f"{nom} ({methode}) répond {statut}"


@pytest.mark.parametrize("suffixe", ["voisine", "etranger"])
@pytest.mark.parametrize("nom", [nom for nom, regle in ADRESSES.items() if regle.sous])
def test_what_hangs_from_another_is_not_found_under_one_s_own(monde: Monde, nom: str, suffixe: str) -> None:
    """One's own bilan, and the attachment, the receipt or the remark of another: 404, and nothing happens."""
    regle = ADRESSES[nom]
    if regle.sous == "acces" and suffixe == "voisine":
        suffixe = "voisin"
    monde.mettre_le_bilan(regle.situation)
    autre = monde.objets[f"{regle.sous}_{suffixe}"]
    parametre = "pk" if regle.sous == "acces" else regle.sous
    adresse = monde.adresse(nom, **{parametre: cle_de(autre)})
    for role in regle.ouverte_a:
        for methode in ("get", "post"):
            statut = ouvrir(monde, role, adresse, methode).status_code
            # A file that is only given answers 405 to any POST, whatever the key.
            permis = (404, 405) if methode != regle.methode else (404,)
            assert statut in permis, f"{nom}, {role}, {methode} : {statut}"
    autre.refresh_from_db()


@pytest.mark.parametrize("nom", ["ligne_modifier", "ligne_supprimer"])
def test_a_financeur_does_not_see_another_s_line(monde: Monde, nom: str) -> None:
    voisine = ADRESSES[nom].arguments(monde.objets, "ligne_voisine")
    assert ouvrir(monde, FINANCEUR, monde.adresse(nom, **voisine)).status_code == 404


@pytest.mark.parametrize("nom", ADRESSES)
def test_posting_is_closed_to_those_who_may_not(monde: Monde, nom: str) -> None:
    for role in LECTEURS - ADRESSES[nom].ouverte_a:
        assert ouvrir(monde, role, monde.adresse(nom), "post").status_code in (403, 404, 405), (
            f"{nom}, {role}"
        )


def test_a_year_without_campaign_is_not_found(monde: Monde) -> None:
    slug = monde.objets["campagne_contrat"].contrat.slug
    adresse = reverse("tableau_de_bord", kwargs={"contrat": slug, "annee": 1999})
    assert ouvrir(monde, ADMIN, adresse).status_code == 404


def test_a_closed_account_opens_nothing(monde: Monde) -> None:
    compte = monde.comptes[CHARGEE]
    assert compte is not None
    client = Client()
    client.force_login(compte, backend="django.contrib.auth.backends.ModelBackend")
    compte.is_active = False
    compte.save()
    assert client.get(monde.adresse("tableau_de_bord")).status_code == 302


@pytest.mark.parametrize("statut", ["a_saisir", "en_saisie", "transmis", "a_completer", "dispense"])
def test_a_financeur_reads_validated_bilans_only(monde: Monde, statut: str) -> None:
    action = fabriques.ActionAnnuelleFactory(
        campagne=monde.objets["campagne_contrat"],
        action=fabriques.ActionFactory(contrat=monde.objets["campagne_contrat"].contrat),
    )
    situation = {} if statut in ("a_saisir", "dispense") else {statut: True}
    bilan = fabriques.BilanFactory(action_annuelle=action, **situation)
    Bilan.objects.filter(pk=bilan.pk).update(statut=statut)
    adresse = monde.adresse("bilan_detail", cle=action.cle)
    assert ouvrir(monde, FINANCEUR, adresse).status_code == 404


def test_a_financeur_reads_a_validated_bilan(monde: Monde) -> None:
    action = fabriques.ActionAnnuelleFactory(
        campagne=monde.objets["campagne_contrat"],
        action=fabriques.ActionFactory(contrat=monde.objets["campagne_contrat"].contrat),
    )
    fabriques.BilanFactory(action_annuelle=action, valide=True)
    assert ouvrir(monde, FINANCEUR, monde.adresse("bilan_detail", cle=action.cle)).status_code == 200


def test_staff_alone_opens_nothing_in_the_admin(monde: Monde) -> None:
    client = Client()
    client.force_login(monde.comptes[SANS_ACCES], backend="django.contrib.auth.backends.ModelBackend")
    for modele in ("bilans/bilan", "contrats/contratville", "comptes/utilisateur"):
        assert client.get(f"/admin/{modele}/").status_code in (403, 404)
