"""Dijon: one fiche action for four years (document 004)."""

from decimal import Decimal
from typing import Any

from actions.models import Action, ActionAnnuelle, Campagne, IndicateurAction, Volet
from bilans.models import Bilan
from contrats.models import ContratVille
from financements.models import Budget, Financeur, LigneFinancement
from porteurs.models import MoyenHumain, Porteur

from .ecriture import Ecriture, liste
from .recueil import charger_recueil
from .sources import cadre, lire

SLUG = "dijon-2024-2030"


def etapes() -> int:
    """Return how many times `charger` says that it has moved on."""
    return len(lire("dijon_fiche_action")["fiche"]["budget"])


def charger(ecriture: Ecriture) -> ContratVille:
    """Load the contract of Dijon and its fiche action, year by year; return the contract.

    The document names no QPV: the Centre-Ville is outside. It writes « Participation financière de la
    Ville : 82 000 € pour 2024 », which is what the Ville brings, not what was asked of it: a granted amount.
    """
    donnees, fiche = cadre("dijon"), lire("dijon_fiche_action")["fiche"]
    contrat = ecriture.contrat(donnees)
    lieu = donnees["territoire"]
    territoire = ecriture.territoire(
        contrat, type=lieu["type"], nom=lieu["nom"], commune=contrat.communes.get(nom=lieu["commune"])
    )
    campagnes = ecriture.campagnes(contrat, donnees)
    porteur = ecriture.porteur(contrat.epci, objet=fiche["structure_remarque"], **donnees["porteur"])
    _moyens_humains(ecriture, porteur, donnees["annee_moyens"], fiche["moyens"]["humains_chiffres"])
    financeur = ecriture.creer(Financeur, contrat=contrat, ordre=1, **_compte(donnees["financeur"]))
    action = ecriture.creer(Action, contrat=contrat, porteur=porteur, intitule=fiche["nom"])
    annuelles = []
    for annee in fiche["budget"]:
        campagne = campagnes[annee["annee"]]
        annuelle = _annuelle(ecriture, action, campagne, fiche)
        annuelles.append(annuelle)
        ecriture.creer(
            Budget,
            action_annuelle=annuelle,
            type=Budget.Type.PREVISIONNEL,
            total_annonce=Decimal(annee["budget_previsionnel"]),
        )
        ecriture.creer(
            LigneFinancement,
            action_annuelle=annuelle,
            financeur=financeur,
            montant_accorde=Decimal(annee["participation_ville"]),
            commentaire=f"« {annee['citations'][1]} »",
        )
        if campagne.statut == Campagne.Statut.BILANS_OUVERTS:
            ecriture.creer(Bilan, action_annuelle=annuelle)
        ecriture.avancer()
    ecriture.placer(annuelles, territoire)
    charger_recueil(ecriture, campagnes[2024], donnees["recueil"])
    return contrat


def _compte(lu: Any) -> dict[str, Any]:
    return {("ligne_cerfa_id" if cle == "ligne_cerfa" else cle): valeur for cle, valeur in lu.items()}


def _moyens_humains(ecriture: Ecriture, porteur: Porteur, annee: int, lus: Any) -> None:
    """Create the staff of the structure, unless it was there before the contract."""
    if not porteur.moyens_humains.filter(annee=annee).exists():
        ecriture.creer(
            MoyenHumain,
            porteur=porteur,
            annee=annee,
            salaries_permanents=lus["salaries"],
            etp_permanents=Decimal(str(lus["etp"])),
        )


def _annuelle(ecriture: Ecriture, action: Action, campagne: Campagne, fiche: Any) -> ActionAnnuelle:
    """Create a year of the action with the whole fiche, which is the same for the four years."""
    moyens = fiche["moyens"]
    annuelle = ecriture.creer(
        ActionAnnuelle,
        action=action,
        campagne=campagne,
        ordre=1,
        pluriannuelle=True,
        statut=ActionAnnuelle.Statut.PROGRAMMEE,
        domaine=fiche["domaine_lu"],
        objectifs=liste(fiche["objectifs"]),
        description=fiche["deroulement_objectif"],
        public_vise=liste(fiche["publics"]),
        moyens_humains=liste(moyens["humains"]),
        moyens_materiels=liste([*moyens["locaux"], *moyens["materiels"]]),
        moyens_financiers=moyens["financiers"],
        partenaires=liste(fiche["partenaires"]),
        tarifs=fiche["tarifs"],
    )
    ecriture.creer_plusieurs(
        [
            Volet(
                action_annuelle=annuelle,
                ordre=volet["numero"],
                intitule=volet["intitule"],
                description=liste(volet["description"]),
                dates=volet["dates"],
                lieux=volet["lieux"],
            )
            for volet in fiche["volets"]
        ]
    )
    ecriture.creer_plusieurs(
        [
            IndicateurAction(action_annuelle=annuelle, ordre=ordre, libelle=critere)
            for ordre, critere in enumerate(fiche["criteres_evaluation"], 1)
        ]
    )
    return annuelle
