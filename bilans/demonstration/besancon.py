"""Besançon: the contract's quartiers and the framework convention of a centre social (document 003)."""

from datetime import date
from decimal import Decimal
from typing import Any

from bilans.models import AxeBilanStructure, BilanStructure, ReponseStructure
from bilans.operations.structure import ce_qui_est_connu
from contrats.models import ContratVille, Deliberation, Statistique, Territoire, ValeurStatistique
from financements.models import RegleVersement, Versement
from porteurs.echeances import Geste, fin_effective, jour_de_l_acte, proposer
from porteurs.models import (
    Agrement,
    AxeConvention,
    Convention,
    Echeance,
    EvenementConvention,
    Obligation,
    PartieConvention,
    Porteur,
)

from .ecriture import Ecriture, jour, liste
from .sources import cadre, lire

SLUG = "besancon-2024-2030"
# How often, and from what, in the words of the source.
RECURRENCES = {
    "permanente": Obligation.Recurrence.PERMANENTE,
    "unique": Obligation.Recurrence.UNIQUE,
    "annuelle": Obligation.Recurrence.ANNUELLE,
    "à chaque événement": Obligation.Recurrence.EVENEMENT,
    "sur demande": Obligation.Recurrence.DEMANDE,
}
EVENEMENTS = {
    "Commission de suivi": Obligation.Evenement.COMMISSION,
    "transmission du compte-rendu": Obligation.Evenement.COMPTE_RENDU,
    "réception d'une nouvelle notification de la CAF": Obligation.Evenement.AGREMENT,
}


def etapes() -> int:
    """Return how many times `charger` says that it has moved on."""
    return 1


def charger(ecriture: Ecriture) -> ContratVille:
    """Load the contract of Besançon, its quartiers and the convention with the MJC; return the contract.

    The document names no action and no axe of the contract: none is loaded.
    """
    donnees, document = cadre("besancon"), lire("besancon_mjc_convention")
    contrat = ecriture.contrat(donnees)
    territoires = _territoires(ecriture, contrat, donnees, document["territoire"])
    _statistiques(ecriture, contrat, territoires, donnees["statistiques"], document["territoire"])
    campagnes = ecriture.campagnes(contrat, donnees)
    porteur = ecriture.porteur(
        contrat.epci,
        origine="Document 003",
        cer_dispense=_citation_cer(document),
        **donnees["porteur"],
    )
    if not porteur.agrements.filter(**donnees["agrement"]).exists():
        ecriture.creer(Agrement, porteur=porteur, **donnees["agrement"])
    convention = _convention(ecriture, contrat, porteur, donnees["deliberation"], document)
    convention.territoires.set(
        territoires[lu["nom"]] for lu in document["territoire"]["territoire_association"]
    )
    _obligations(ecriture, convention, donnees, document["convention"]["obligations"])
    _axes(ecriture, convention, document["axes_thematiques"])
    _commission(ecriture, convention, donnees["commission"], document["commission_de_suivi"])
    _echeances(ecriture, convention)
    _versements(ecriture, convention, donnees, document["subventions"]["fonctionnement"])

    fiche = ecriture.creer(BilanStructure, porteur=porteur, campagne=campagnes[donnees["annee_fiche"]])
    ecriture.creer_plusieurs(
        [
            ReponseStructure(bilan_structure=fiche, code=code, texte=texte)
            for code, texte in ce_qui_est_connu(porteur, fiche.campagne).items()
            if isinstance(texte, str) and texte
        ]
    )
    ecriture.creer_plusieurs(
        [
            AxeBilanStructure(bilan_structure=fiche, ordre=axe["numero"], intitule=axe["titre"])
            for axe in document["axes_thematiques"]
        ]
    )
    ecriture.avancer()
    return contrat


def _territoires(ecriture: Ecriture, contrat: ContratVille, donnees: Any, lu: Any) -> dict[str, Territoire]:
    """Create the QPV and the quartiers fragiles, and return them by name."""
    populations = {
        donnees["statistiques"][statistique["territoire"]]: statistique["valeur"]
        for statistique in lu["statistiques"]
        if statistique["indicateur"] == "Population"
    }
    types = [
        *((nom, Territoire.Type.QPV, donnees["generation"]) for nom in lu["qpv"]),
        *((nom, Territoire.Type.QUARTIER_FRAGILE, None) for nom in lu["quartiers_fragiles"]),
    ]
    commune = contrat.communes.get()
    return {
        nom: ecriture.territoire(
            contrat,
            type=type_,
            nom=nom,
            generation_id=generation,
            commune=commune,
            population=populations.get(nom),
            population_source=donnees["population_source"] if nom in populations else "",
            alias=donnees["alias_territoires"].get(nom, []),
        )
        for nom, type_, generation in types
    }


def _statistiques(
    ecriture: Ecriture, contrat: ContratVille, territoires: dict[str, Territoire], noms: Any, lu: Any
) -> None:
    """Create the statistics, under the name of their quartier as the document groups them.

    One about two quartiers at once has no territory.
    """
    valeurs = []
    for ordre, lue in enumerate(lu["statistiques"], 1):
        territoire = territoires.get(noms.get(lue["territoire"], ""))
        precisions = [lue.get("precision", ""), lu["remarque"]]
        statistique = ecriture.creer(
            Statistique,
            contrat=contrat,
            territoire=territoire,
            ordre=ordre,
            theme=lue["territoire"],
            libelle=lue["indicateur"],
            unite=lue["unite"],
            precision=" ; ".join(mots for mots in precisions if mots),
            citation=lue["citation"],
        )
        en_qpv = territoire is not None and territoire.type == Territoire.Type.QPV
        valeurs.append(
            ValeurStatistique(
                statistique=statistique,
                echelle=ValeurStatistique.Echelle.QPV if en_qpv else ValeurStatistique.Echelle.QUARTIER,
                valeur=Decimal(lue["valeur"]),
            )
        )
    ecriture.creer_plusieurs(valeurs)


def _citation_cer(document: Any) -> str:
    """Return what the convention says of the contrat d'engagement républicain (its article 6.5)."""
    (obligation,) = (o for o in document["convention"]["obligations"] if o["code"] == "6.5")
    return f"« {obligation['citations'][0]} »"


def _convention(
    ecriture: Ecriture, contrat: ContratVille, porteur: Porteur, identifiants: Any, document: Any
) -> Convention:
    """Create the convention with its dates of article 10, its contradictions being kept in its remark."""
    deliberee, lue = document["deliberation"], document["convention"]
    duree = lue["duree"]["article_10"]
    deliberation = ecriture.creer(
        Deliberation,
        contrat=contrat,
        organe=deliberee["organe"],
        date=jour(deliberee["date_seance"]),
        objet=deliberee["objet"],
        **identifiants,
    )
    doutes = [f"{o['code']} : {o['doute']}" for o in lue["obligations"] if "doute" in o]
    convention = ecriture.creer(
        Convention,
        contrat=contrat,
        porteur=porteur,
        type=Convention.Type.CADRE,
        statut=Convention.Statut.DELIBEREE,
        intitule=lue["titre"],
        objet=lue["objet"],
        date_debut=jour(duree["date_effet"]),
        date_fin=jour(duree["date_fin"]),
        duree_annoncee_ans=duree["duree_ans"],
        preavis_mois=lue["resiliation"][0]["delai_mois"],
        deliberation=deliberation,
        remarque=liste([lue["duree"]["contradiction"], *doutes]),
    )
    ecriture.creer_plusieurs(
        [
            PartieConvention(
                convention=convention,
                ordre=ordre,
                nom=partie["nom"],
                designation=partie["designation"],
                representee_par=partie["representee_par"],
                date_deliberation=jour(partie["deliberation_du"]),
            )
            for ordre, partie in enumerate(lue["parties"], 1)
        ]
    )
    return convention


def _obligations(ecriture: Ecriture, convention: Convention, donnees: Any, lues: Any) -> None:
    """Create the obligations of articles 6 to 9, each with its rule in words and as fields."""
    ecriture.creer_plusieurs(
        [
            Obligation(
                convention=convention,
                ordre=ordre,
                code=lue["code"],
                titre=lue["titre"],
                debiteur=lue["debiteur"],
                du_porteur=lue["debiteur"] == "association",
                destinataire=lue["destinataire"] or "",
                contenu=liste(lue["pieces"]),
                regle=lue["regle"].get("texte") or donnees["regles"][lue["regle"]["type"]],
                citation=liste(lue["citations"]),
                conditionne_versements=lue["article"] in donnees["articles_conditions"],
                **_regle(lue, donnees["evenements"]),
            )
            for ordre, lue in enumerate(lues, 1)
        ]
    )


def _regle(lue: Any, evenements: Any) -> dict[str, Any]:
    """Return the fields of the rule of an obligation, as porteurs.echeances computes with them.

    `evenements` says what the source leaves out: which event each « sans délai » is about, by code.
    """
    regle = lue["regle"]
    champs: dict[str, Any] = {"recurrence": RECURRENCES[lue["recurrence"]]}
    if regle["type"] == "reputee_satisfaite":
        champs["recurrence"] = Obligation.Recurrence.REPUTEE
    elif regle["type"] == "date_annuelle":
        champs |= {"jour": regle["jour"], "mois": regle["mois"], "pour_annee": int("pour" in regle)}
    elif regle["type"] == "date_fixe":
        champs["date_fixe"] = jour(regle["date"])
    elif regle["type"] == "sans_delai":
        champs |= {"evenement": evenements[lue["code"]], "delai_jours": 0}
    elif "evenement" in regle:
        sens = -1 if regle["type"] == "delai_avant_evenement" else 1
        delai = sens * regle["jours"] if "jours" in regle else None
        champs |= {"evenement": EVENEMENTS[regle["evenement"]], "delai_jours": delai}
    return champs


def _axes(ecriture: Ecriture, convention: Convention, lus: Any) -> None:
    """Create the nine axes of article 5.2 with their points."""
    ecriture.creer_plusieurs(
        [
            AxeConvention(
                convention=convention,
                ordre=axe["numero"],
                intitule=axe["titre"],
                points=liste(point["texte"] for point in axe["items"]),
            )
            for axe in lus
        ]
    )


def _commission(ecriture: Ecriture, convention: Convention, donnees: Any, lue: Any) -> None:
    """Create a commission within the window of article 8.1.1; its day is invented, the text gives none."""
    ecriture.creer(
        EvenementConvention,
        convention=convention,
        type=Obligation.Evenement.COMMISSION,
        date=jour(donnees["date"]),
        participants=liste(lue["composition"]),
        ordre_du_jour=liste(lue["objets"]),
    )


def _echeances(ecriture: Ecriture, convention: Convention) -> None:
    """Store the deadlines that the rules give, as the page does."""
    propositions = proposer(
        list(convention.obligations.order_by("ordre")),
        list(convention.evenements.order_by("date", "pk")),
        [],
        debut=convention.date_debut,
        fin=fin_effective(convention),
        acte=jour_de_l_acte(convention),
    )
    ecriture.creer_plusieurs(
        [
            Echeance(
                convention=convention,
                obligation=proposition.obligation,
                evenement_id=proposition.occurrence.evenement,
                libelle=proposition.libelle,
                annee=proposition.occurrence.annee,
                date=proposition.jour,
                rappel_le=proposition.rappel_le,
            )
            for proposition in propositions
            if proposition.geste == Geste.CREER and proposition.occurrence
        ]
    )


def _versements(ecriture: Ecriture, convention: Convention, donnees: Any, lue: Any) -> None:
    """Create the rules of payment, and the only payment whose amount is written."""
    textes = {versement["rang"]: versement for versement in lue["versements"]}
    ecriture.creer_plusieurs(
        [
            RegleVersement(
                convention=convention,
                libelle=textes[regle["rang"]]["libelle"],
                citation=textes[regle["rang"]]["citation"],
                **regle,
            )
            for regle in donnees["regles_versement"]
        ]
    )
    premier = donnees["premier_versement"]
    ecriture.creer(
        Versement,
        convention=convention,
        annee=date.fromisoformat(premier["date_prevue"]).year,
        numero=1,
        type=Versement.Type.ACOMPTE,
        date_prevue=jour(premier["date_prevue"]),
        montant_prevu=Decimal(lue["acompte_2026"]["montant"]),
        motif=premier["motif"],
    )
