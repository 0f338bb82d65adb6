"""Dole: the contract 2024-2030 (document 001) and the synthesis of the actions of 2024 (document 000)."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from actions.models import Action, ActionAnnuelle, Campagne
from bilans.models import Bilan, Effectif
from contrats.models import (
    Axe,
    ContratVille,
    Critere,
    ElementAxe,
    Instance,
    Levier,
    Objectif,
    Partenaire,
    PartenaireAssocie,
    PhaseContrat,
    Statistique,
    Territoire,
    ValeurStatistique,
)
from documents.normalisation import normaliser

from .ecriture import Dates, Ecriture, Recit, jour, liste
from .recueil import charger_recueil, dire_l_ouverture
from .sources import cadre, lire

SLUG = "dole-2024-2030"

# The categories of people of the document, and the column of the grid that each one is.
# Parents, children: people whose sex is not written.
SEXES = {
    "total": Effectif.Sexe.TOTAL,
    "filles": Effectif.Sexe.FEMMES,
    "femmes": Effectif.Sexe.FEMMES,
    "garcons": Effectif.Sexe.HOMMES,
    "hommes": Effectif.Sexe.HOMMES,
    "parents": Effectif.Sexe.NON_RENSEIGNE,
    "enfants": Effectif.Sexe.NON_RENSEIGNE,
}
ENCADRANTS = {
    "encadrants_salaries": "salaries",
    "encadrants_benevoles": "benevoles",
    "encadrants_intervenants": "intervenants",
}
LISTES: tuple[tuple[str, type[ElementAxe]], ...] = (
    ("objectifs", Objectif),
    ("partenaires", PartenaireAssocie),
    ("leviers", Levier),
    ("criteres", Critere),
)
ECHELLES = {
    "qpv": ValeurStatistique.Echelle.QPV,
    "commune": ValeurStatistique.Echelle.COMMUNE,
    "unite_urbaine": ValeurStatistique.Echelle.UNITE_URBAINE,
    "epci": ValeurStatistique.Echelle.EPCI,
    "region": ValeurStatistique.Echelle.REGION,
    "national": ValeurStatistique.Echelle.NATIONAL,
}


def etapes() -> int:
    """Return how many times `charger` says that it has moved on."""
    return len(lire("dole_2024_actions")["actions"])


def charger(ecriture: Ecriture) -> ContratVille:
    """Load the contract of Dole, its actions of 2024 and their bilans, some of 2025; return the contract."""
    donnees, document = cadre("dole"), lire("dole_contrat_2024_2030")
    contrat = _contrat(ecriture, donnees, document)
    qpv = _qpv(ecriture, contrat, donnees["qpv"], document["qpv"][0])
    _partenaires(ecriture, contrat, donnees, document)
    _axes(ecriture, contrat, document)
    _instances(ecriture, contrat, donnees, document)
    _statistiques(ecriture, qpv, donnees["themes"], document["qpv"][0]["statistiques"])
    campagnes = ecriture.campagnes(contrat, donnees)
    _actions(ecriture, campagnes[2024], qpv, donnees)
    charger_recueil(ecriture, campagnes[2024], donnees["recueil"])
    _reconduire(ecriture, campagnes[2024], campagnes[2025], donnees["reconduites_2025"], qpv)
    return contrat


# -- The contract ----------------------------------------------------------------------------------
def _contrat(ecriture: Ecriture, donnees: Any, document: Any) -> ContratVille:
    lu = document["contrat"]
    contrat = ecriture.contrat(
        donnees,
        consigne_criteres=document["consigne_criteres"]["texte"],
        presentation=liste(
            [lu["citation_epci"], lu["evaluation_mi_parcours"], *document["evaluation"]["jalons"]]
        ),
    )
    contrat.objectifs_nationaux.set(donnees["objectifs_nationaux"])
    for phase in donnees["phases"]:
        ecriture.creer(
            PhaseContrat,
            contrat=contrat,
            numero=phase["numero"],
            date_debut=jour(phase["date_debut"]),
            date_fin=jour(phase["date_fin"]),
        )
    return contrat


def _qpv(ecriture: Ecriture, contrat: ContratVille, donnees: Any, lu: Any) -> Territoire:
    return ecriture.territoire(
        contrat,
        type=Territoire.Type.QPV,
        nom=donnees["nom"],
        generation_id=donnees["generation"],
        commune=contrat.communes.get(nom=donnees["commune"]),
        population=lu["population"],
        population_source=donnees["population_source"],
        superficie_ha=Decimal(lu["superficie_ha"]),
        alias=donnees["alias"],
    )


def _partenaires(ecriture: Ecriture, contrat: ContratVille, donnees: Any, document: Any) -> None:
    for lu in document["contributions"]:
        ecriture.creer(
            Partenaire,
            contrat=contrat,
            nom=lu["partenaire"],
            type=donnees["types_partenaires"][lu["type"]],
            missions=liste(lu["missions"]),
            dispositifs=liste(lu["dispositifs"]),
        )


def _axes(ecriture: Ecriture, contrat: ContratVille, document: Any) -> None:
    """Create the enjeux and their axes in reading order, then the four lists of each axe."""
    connus = {partenaire.recherche: partenaire for partenaire in contrat.partenaires.all()}
    elements: dict[str, list[ElementAxe]] = {nom: [] for nom, _ in LISTES}
    rang = 0
    for enjeu_lu in document["enjeux"]:
        rang += 1
        enjeu = ecriture.creer(
            Axe,
            contrat=contrat,
            niveau=1,
            code=str(enjeu_lu["numero"]),
            libelle=enjeu_lu["intitule"],
            ordre=rang,
        )
        for lu in enjeu_lu["axes"]:
            rang += 1
            axe = ecriture.creer(
                Axe, contrat=contrat, parent=enjeu, niveau=2, code=lu["code"], libelle=lu["axe"], ordre=rang
            )
            for nom, modele in LISTES:
                elements[nom] += [
                    modele(axe=axe, ordre=ordre, libelle=libelle) for ordre, libelle in enumerate(lu[nom], 1)
                ]
    for cite in elements["partenaires"]:
        # Only under exactly the same name: « Région » may be this region or another partner.
        cite.partenaire = connus.get(normaliser(cite.libelle))  # type: ignore[attr-defined]
    for nom, _ in LISTES:
        ecriture.creer_plusieurs(elements[nom])


def _instances(ecriture: Ecriture, contrat: ContratVille, donnees: Any, document: Any) -> None:
    for ordre, lue in enumerate(document["gouvernance"]["instances"], 1):
        ecriture.creer(
            Instance,
            contrat=contrat,
            type=donnees["types_instances"][lue["nom"]],
            nom=lue["nom"],
            niveau=lue["niveau"],
            role=liste(lue["role"]),
            composition=lue["composition"] or "",
            frequence=lue["frequence"] or "",
            preparation=lue["preparation"] or "",
            ordre=ordre,
        )


def _statistiques(ecriture: Ecriture, qpv: Territoire, themes: Mapping[str, str], lues: Any) -> None:
    valeurs: list[ValeurStatistique] = []
    for ordre, lue in enumerate(lues, 1):
        citation = lue["citation"]
        statistique = ecriture.creer(
            Statistique,
            contrat=qpv.contrat,
            territoire=qpv,
            ordre=ordre,
            theme=themes[lue["theme"]],
            libelle=lue["indicateur"],
            unite=lue["unite"],
            annee=lue["annee"],
            source=lue["source"] or "",
            precision=lue["precision"],
            citation=citation if isinstance(citation, str) else liste(citation),
        )
        valeurs += [
            ValeurStatistique(statistique=statistique, echelle=echelle, valeur=Decimal(str(lue[cle])))
            for cle, echelle in ECHELLES.items()
            if lue[cle] is not None
        ]
    ecriture.creer_plusieurs(valeurs)


# -- The actions of 2024 ---------------------------------------------------------------------------
def _actions(ecriture: Ecriture, campagne: Campagne, qpv: Territoire, donnees: Any) -> None:
    """Create the actions, in the order of the document, each with its bilan.

    The document gives neither axe nor amount: none is loaded. The text is the bilan, except for three
    actions whose text only says again what was aimed at, with no result: it is their description, and their
    bilan is to be entered.
    """
    choix = donnees["bilans"]
    dates = Dates.lues(choix)
    tranches = list(campagne.tranches.all())
    annuelles = []
    for lue in lire("dole_2024_actions")["actions"]:
        porteur = ecriture.porteur(
            campagne.contrat.epci,
            lue["structure"],
            origine="Documents 000 et 001",
            **donnees["porteurs"].get(lue["structure"], {}),
        )
        action = ecriture.creer(Action, contrat=campagne.contrat, porteur=porteur, intitule=lue["action"])
        sans_resultat = lue["ordre"] in choix["sans_resultat"]
        annuelle = ecriture.creer(
            ActionAnnuelle,
            action=action,
            campagne=campagne,
            ordre=lue["ordre"],
            statut=_statut(lue, sans_resultat),
            motif=lue["statut"] or "",
            description=lue["descriptif"] if sans_resultat else "",
        )
        annuelles.append(annuelle)
        if lue["statut"]:
            ecriture.bilan_dispense(annuelle, dates)
        elif sans_resultat:
            ecriture.creer(Bilan, action_annuelle=annuelle)
        else:
            recit = lire_recit(lue, donnees["libelles_faits"])
            complet = recit.compte_des_personnes or lue["ordre"] in choix["sans_public"]
            ecriture.bilan_recu(annuelle, recit, tranches, dates, complet=complet)
        ecriture.avancer()
    ecriture.placer(annuelles, qpv)


def _reconduire(
    ecriture: Ecriture, avant: Campagne, campagne: Campagne, ordres: Sequence[int], qpv: Territoire
) -> None:
    """Put some actions of the year before in the programme of `campagne`, their bilan to be entered.

    No document says so: it is done for last year's figures, which are real, to be seen beside the fields.
    Nothing else is invented, not even a rank: the document of that year does not exist.
    """
    annuelles = []
    for ancienne in avant.actions.filter(ordre__in=ordres).order_by("ordre"):
        annuelle = ecriture.creer(
            ActionAnnuelle,
            action=ancienne.action,
            campagne=campagne,
            type=ActionAnnuelle.Type.RECONDUCTION,
            statut=ActionAnnuelle.Statut.PROGRAMMEE,
        )
        ecriture.creer(Bilan, action_annuelle=annuelle)
        annuelles.append(annuelle)
    ecriture.placer(annuelles, qpv)
    dire_l_ouverture(ecriture, campagne)


def _statut(lue: Any, sans_resultat: bool) -> str:
    """Return the state of the action: nobody wrote that an action without result took place."""
    if lue["statut"]:
        return ActionAnnuelle.Statut.REPORTEE
    return ActionAnnuelle.Statut.PROGRAMMEE if sans_resultat else ActionAnnuelle.Statut.REALISEE


def lire_recit(lue: Any, libelles: Mapping[str, str]) -> Recit:
    """Return what the document says of an action: its text, and the facts that were read in it.

    A fact without number is in the text alone, except an age or a public, which are the type of public in
    the very words of the document. Numbers of people go to the grid, staff and meetings to the fields of the
    bilan, what has no field of its own to an indicator with its unit and its citation.
    """
    faits = lue["beneficiaires"]
    recit = Recit({"mise_en_oeuvre": lue["descriptif"], "type_public": _public(faits)})
    seances = [fait for fait in faits if fait["type"] == "seances" and fait["valeur"] is not None]
    for fait in faits:
        categorie, valeur = fait["categorie"], fait["valeur"]
        if categorie == "frequentation_quotidienne":
            recit.ajouter_effectif(
                mesure=Effectif.Mesure.FREQUENTATION,
                sexe=Effectif.Sexe.TOTAL,
                valeur_min=fait["min"],
                valeur_max=fait["max"],
                precision=fait["unite"],
                citation=fait["citation"],
            )
        elif valeur is None:
            continue
        elif categorie in SEXES:
            _compter(recit, fait)
        elif categorie in ENCADRANTS:
            recit.champs[ENCADRANTS[categorie]] = valeur
        elif fait in seances and len(seances) == 1 and " par " not in fait["unite"]:
            recit.champs["nombre_seances"] = valeur
        else:
            recit.ajouter_indicateur(
                libelle=libelles.get(categorie) or _titre(fait),
                unite=fait["unite"],
                valeur=Decimal(str(valeur)),
                approximatif=fait["approximatif"],
                citation=fait["citation"],
            )
    return recit


def _compter(recit: Recit, fait: Any) -> None:
    """Add a number of people; in the QPV too when the text says that they are « du quartier »."""
    perimetres = [Effectif.Perimetre.TOTAL]
    if re.search(r"\bdu quartier\b", fait["citation"]):
        perimetres.append(Effectif.Perimetre.QPV)
    for perimetre in perimetres:
        recit.ajouter_effectif(
            perimetre=perimetre,
            sexe=SEXES[fait["categorie"]],
            valeur=fait["valeur"],
            approximatif=fait["approximatif"],
            precision=_precision(fait),
            citation=fait["citation"],
        )


def _precision(fait: Any) -> str:
    """Return who is counted (« parents », « enfants »), then what the reading adds."""
    qui = fait["categorie"] if fait["categorie"] in ("parents", "enfants") else fait["unite"]
    return " ; ".join(mots for mots in (qui, fait["precision"]) if mots)


def _titre(fait: Any) -> str:
    """Return the name of a figure in the words of the document: « Séances, préparation au DELF »."""
    mots = ", ".join(mots for mots in (fait["unite"], fait["precision"]) if mots)
    return mots[0].upper() + mots[1:]


def _public(faits: Any) -> str:
    """Return the ages and the public that the text states, each citation once."""
    cites = [
        fait["citation"]
        for fait in faits
        if fait["type"] == "age" or (fait["valeur"] is None and fait["precision"].startswith("public visé"))
    ]
    return liste(dict.fromkeys(cites))
