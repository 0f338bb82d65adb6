"""Bagnols-sur-Cèze: the bilan of the actions of 2023, by porteur (document 002)."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from actions.models import Action, ActionAnnuelle, Campagne, TrancheAge
from bilans.models import Bilan, Effectif
from contrats.models import Axe, ContratVille, Territoire
from financements.models import (
    AmbiguiteMontants,
    Financeur,
    LecturePossible,
    LigneFinancement,
    MontantLu,
    TotalControle,
)
from porteurs.models import Porteur

from .ecriture import Dates, Ecriture, Recit
from .recueil import charger_recueil
from .sources import cadre, lire

SLUG = "bagnols-2015-2023"
ORIGINE = "Document 002"
# What a women-and-men figure may count that is not people: half-days, or girls who came regularly.
PAS_DES_PERSONNES = ("demi-journées", "régulièrement")


def etapes() -> int:
    """Return how many times `charger` says that it has moved on."""
    return len(lire("bagnols_2023")["lignes"])


def charger(ecriture: Ecriture) -> ContratVille:
    """Load the contract of Bagnols and its programme of 2023 with its amounts; return the contract."""
    donnees, document = cadre("bagnols"), lire("bagnols_2023")
    contrat = ecriture.contrat(donnees)
    qpv = _qpv(ecriture, contrat, donnees["qpv"], document)
    axes = _axes(ecriture, contrat, document["lignes"])
    campagne = ecriture.campagnes(contrat, donnees)[document["source"]["annee"]]
    financeurs = _financeurs(ecriture, contrat, donnees, document)
    porteurs = _porteurs(ecriture, contrat, donnees, document["lignes"])
    _actions(ecriture, campagne, qpv, axes, porteurs, financeurs)
    _totaux(ecriture, campagne, porteurs, financeurs)
    charger_recueil(ecriture, campagne, donnees["recueil"])
    return contrat


# -- The frame -------------------------------------------------------------------------------------
def _qpv(ecriture: Ecriture, contrat: ContratVille, donnees: Any, document: Any) -> Territoire:
    population = document["territoire"]["habitants_cites"]
    (ligne,) = (li for li in document["lignes"] if li["nb_beneficiaires_qpv"] == population)
    return ecriture.territoire(
        contrat,
        type=Territoire.Type.QPV,
        nom=donnees["nom"],
        generation_id=donnees["generation"],
        commune=contrat.communes.get(nom=donnees["commune"]),
        population=population,
        population_source=f"« {ligne['type_public']} »",
        alias=donnees["alias"],
    )


def _axes(ecriture: Ecriture, contrat: ContratVille, lignes: Any) -> dict[tuple[str, str], Axe]:
    """Create the axes prioritaires in order of appearance, their thématiques as they are written.

    Returns the thématiques by (axe prioritaire, thématique).
    """
    arbre: dict[str, list[str]] = {}
    for ligne in lignes:
        thematiques = arbre.setdefault(ligne["axe_prioritaire"], [])
        if ligne["thematique"] not in thematiques:
            thematiques.append(ligne["thematique"])
    axes, rang = {}, 0
    for numero, (intitule, thematiques) in enumerate(arbre.items(), 1):
        rang += 1
        axe = ecriture.creer(Axe, contrat=contrat, niveau=1, code=str(numero), libelle=intitule, ordre=rang)
        for sous_numero, thematique in enumerate(thematiques, 1):
            rang += 1
            axes[intitule, thematique] = ecriture.creer(
                Axe,
                contrat=contrat,
                parent=axe,
                niveau=2,
                code=f"{numero}.{sous_numero}",
                libelle=thematique,
                ordre=rang,
            )
    return axes


def _financeurs(
    ecriture: Ecriture, contrat: ContratVille, donnees: Any, document: Any
) -> dict[str, Financeur]:
    """Create the funders in the order of the columns, and return them by their name in the document."""
    colonnes = {colonne["cle"]: colonne for colonne in document["colonnes"]}
    return {
        lu["cle"]: ecriture.creer(
            Financeur,
            contrat=contrat,
            nom=lu["nom"],
            sigle=colonnes[lu["cle"]]["titre"],
            groupe=colonnes[lu["cle"]].get("groupe", ""),
            type=lu["type"],
            ligne_cerfa_id=lu["ligne_cerfa"],
            ordre=ordre,
            dans_total=lu.get("dans_total", True),
        )
        for ordre, lu in enumerate(donnees["financeurs"], 1)
    }


def _porteurs(ecriture: Ecriture, contrat: ContratVille, donnees: Any, lignes: Any) -> dict[str, Porteur]:
    """Return the porteurs by the name that the document gives them; the services of the Ville depend on it."""
    epci = contrat.epci
    decrits = donnees["porteurs"]
    autres_noms = {alias: nom for nom, lu in decrits.items() for alias in lu.get("alias", [])}
    ville = ecriture.porteur(
        epci,
        donnees["ville"]["nom"],
        type=Porteur.Type.COMMUNE,
        alias=donnees["ville"]["alias"],
        origine=ORIGINE,
    )
    porteurs = {donnees["ville"]["prefixe_services"]: ville}
    for lu in dict.fromkeys(ligne["porteur"] for ligne in lignes):
        nom = autres_noms.get(lu, lu)
        if lu.startswith(donnees["ville"]["prefixe_services"]):
            porteurs[lu] = ecriture.porteur(epci, nom, type=Porteur.Type.SERVICE_COMMUNE, parent=ville)
        else:
            porteurs[lu] = ecriture.porteur(epci, nom, origine=ORIGINE, **decrits.get(nom, {}))
    return porteurs


# -- The actions -----------------------------------------------------------------------------------
def _actions(
    ecriture: Ecriture,
    campagne: Campagne,
    qpv: Territoire,
    axes: Mapping[tuple[str, str], Axe],
    porteurs: Mapping[str, Porteur],
    financeurs: Mapping[str, Financeur],
) -> None:
    """Create the rows in the order of the document, with their amounts and their bilan.

    Two rows of the same porteur and title are two years of one action, in two dispositifs. A bilan is
    complete when the cell « NB de bénéficiaires QPV » is filled, 0 included.
    """
    donnees = cadre("bagnols")
    dates = Dates.lues(donnees["bilans"])
    tranches = list(campagne.tranches.all())
    actions: dict[tuple[int, str], Action] = {}
    annuelles = []
    for ligne in lire("bagnols_2023")["lignes"]:
        porteur = porteurs[ligne["porteur"]]
        cle = (porteur.pk, ligne["intitule"])
        if cle not in actions:
            actions[cle] = ecriture.creer(
                Action, contrat=campagne.contrat, porteur=porteur, intitule=ligne["intitule"]
            )
        motif = donnees["bilans"]["non_realisees"].get(str(ligne["ordre"]), "")
        annuelle = ecriture.creer(
            ActionAnnuelle,
            action=actions[cle],
            campagne=campagne,
            ordre=ligne["ordre"],
            axe=axes[ligne["axe_prioritaire"], ligne["thematique"]],
            dispositif_id=dispositif(ligne, donnees["dispositifs"]),
            statut=ActionAnnuelle.Statut.PROGRAMMEE if motif else ActionAnnuelle.Statut.REALISEE,
        )
        annuelles.append(annuelle)
        _montants(ecriture, annuelle, ligne, financeurs)
        recit = lire_recit(ligne, tranches, donnees["effectifs_par_age"])
        if motif:
            recit.champs |= {
                "realisation": Bilan.Realisation.NON_REALISEE,
                "motif_non_realisation": motif,
            }
        complet = ligne["nb_beneficiaires_qpv"] is not None
        ecriture.bilan_recu(annuelle, recit, tranches, dates, complet=complet)
        ecriture.avancer()
    ecriture.placer(annuelles, qpv)


def dispositif(ligne: Mapping[str, Any], regles: Mapping[str, Mapping[str, str]]) -> str | None:
    """Return the code of the dispositif that the row itself names, None when it names none.

    The text decides before the title: « Ecole B (dont QE) » is the title of two rows, of which one text begins
    with « QUARTIERS D'ÉTÉ » and the other with « CONTRAT DE VILLE ».
    """
    for champ, regle in (("bilan", "dans_le_texte"), ("intitule", "dans_le_titre")):
        for debut, code in regles[regle].items():
            if re.match(rf"{re.escape(debut)}(?![a-zA-Z])", ligne[champ]):
                return code
    return None


def _montants(
    ecriture: Ecriture, annuelle: ActionAnnuelle, ligne: Any, financeurs: Mapping[str, Financeur]
) -> None:
    """Create a funding line for every written amount (0 included) and, when needed, the readings to settle.

    The document does not say which state its amounts are in: a bilan shows what was granted.
    """
    commentaire = ""
    if ligne["confiance"] == "deduite":
        commentaire = f"Colonne retrouvée à la lecture du tableau, dont une case vide manque. {ligne['note']}"
    ecriture.creer_plusieurs(
        [
            LigneFinancement(
                action_annuelle=annuelle,
                financeur=financeur,
                montant_accorde=Decimal(ligne[cle]),
                commentaire=commentaire.strip(),
            )
            for cle, financeur in financeurs.items()
            if ligne[cle] is not None
        ]
    )
    if ligne["confiance"] == "ambigue":
        _ambiguite(ecriture, annuelle, ligne, financeurs)


def _ambiguite(
    ecriture: Ecriture, annuelle: ActionAnnuelle, ligne: Any, financeurs: Mapping[str, Financeur]
) -> None:
    ambiguite = ecriture.creer(
        AmbiguiteMontants,
        action_annuelle=annuelle,
        explication=ligne["note"],
        cases_lues=" | ".join(case or "(vide)" for case in ligne["montants_bruts"]),
    )
    for ordre, lecture_lue in enumerate(ligne["lectures_possibles"], 1):
        lecture = ecriture.creer(LecturePossible, ambiguite=ambiguite, ordre=ordre)
        ecriture.creer_plusieurs(
            [
                MontantLu(lecture=lecture, financeur=financeurs[cle], montant=Decimal(montant))
                for cle, montant in lecture_lue.items()
                if montant is not None
            ]
        )


# -- What the rows say of people -------------------------------------------------------------------
def lire_recit(ligne: Any, tranches: Sequence[TrancheAge], par_age: Any) -> Recit:
    """Return what a row says: its three texts, its number of people of the QPV, its women and men.

    Women and men are people of the QPV unless the document says otherwise (« QPV et hors QPV »); in an age
    band when the document states exactly that band. What counts something else than different people is an
    indicator.
    """
    recit = Recit(
        {
            "mise_en_oeuvre": ligne["bilan"],
            "type_public": ligne["type_public"],
            "moyens": ligne["moyens"],
        }
    )
    if ligne["nb_beneficiaires_qpv"] is not None:
        recit.ajouter_effectif(
            perimetre=Effectif.Perimetre.QPV,
            sexe=Effectif.Sexe.TOTAL,
            valeur=ligne["nb_beneficiaires_qpv"],
            precision="Colonne « NB de bénéficiaires QPV »",
        )
    bandes = {(tranche.age_min, tranche.age_max): tranche for tranche in tranches}
    for ecrit in par_age:
        if ecrit["ordre"] == ligne["ordre"]:
            recit.ajouter_effectif(
                perimetre=Effectif.Perimetre.QPV,
                sexe=Effectif.Sexe.TOTAL,
                tranche=bandes[ecrit["age_min"], ecrit["age_max"]],
                valeur=ecrit["valeur"],
                citation=ecrit["citation"],
            )
    for fait in ligne["genre"]:
        if any(mots in fait["unite"] for mots in PAS_DES_PERSONNES):
            _indiquer(recit, fait)
        else:
            _compter(recit, fait, bandes)
    return recit


def _compter(recit: Recit, fait: Any, bandes: Mapping[tuple[int, int | None], TrancheAge]) -> None:
    """Add the women and the men of a fact, and their total when they are not those of the QPV's cell."""
    perimetre = Effectif.Perimetre.QPV
    nombres = {Effectif.Sexe.FEMMES: fait["feminin"], Effectif.Sexe.HOMMES: fait["masculin"]}
    if "hors QPV" in fait["unite"]:
        perimetre = Effectif.Perimetre.TOTAL
        nombres[Effectif.Sexe.TOTAL] = _total_ecrit(fait)
    for sexe, valeur in nombres.items():
        if valeur is not None:
            recit.ajouter_effectif(
                perimetre=perimetre,
                sexe=sexe,
                tranche=_bande(fait["unite"], bandes),
                valeur=valeur,
                precision=fait["unite"],
                citation=fait["citation"],
            )


def _indiquer(recit: Recit, fait: Any) -> None:
    recit.ajouter_indicateur(
        libelle=fait["unite"][0].upper() + fait["unite"][1:],
        unite=fait["unite"],
        valeur=_total_ecrit(fait),
        valeur_femmes=fait["feminin"],
        valeur_hommes=fait["masculin"],
        citation=fait["citation"],
    )


def _total_ecrit(fait: Any) -> int | None:
    """Return women plus men when the document writes that very number, None otherwise."""
    total: int = (fait["feminin"] or 0) + (fait["masculin"] or 0)
    deux_sexes = fait["feminin"] is not None and fait["masculin"] is not None
    return total if deux_sexes and re.search(rf"\b{total}\b", fait["citation"]) else None


def _bande(unite: str, bandes: Mapping[tuple[int, int | None], TrancheAge]) -> TrancheAge | None:
    """Return the age band that « enfants de 6/15 ans » names exactly, None for any other ages."""
    ages = re.search(r"(\d+)\s*(?:/|à)\s*(\d+)\s*ans", unite)
    return bandes.get((int(ages[1]), int(ages[2]))) if ages else None


# -- The printed totals ----------------------------------------------------------------------------
def _totaux(
    ecriture: Ecriture,
    campagne: Campagne,
    porteurs: Mapping[str, Porteur],
    financeurs: Mapping[str, Financeur],
) -> None:
    """Keep every total that the document prints, with its words and, when they are known, its reasons."""
    document, textes = lire("bagnols_2023"), cadre("bagnols")["totaux"]
    imprimes, controles = document["totaux_imprimes"], document["controles"]
    ecarts = controles["ecart_imprime_moins_lignes"]
    manquantes = controles["lignes_manquantes"]["preuve"]
    nature = TotalControle.Nature
    totaux = [
        TotalControle(
            nature=nature.MONTANT,
            libelle=f"Total {financeur.sigle}",
            financeur=financeur,
            valeur=imprimes[cle],
            source=textes["ligne_totaux"],
            citation=imprimes["ligne"],
            explication=manquantes if ecarts[cle] else "",
        )
        for cle, financeur in financeurs.items()
    ]
    totaux.append(
        TotalControle(
            nature=nature.MONTANT,
            libelle="TOTAL PDV",
            valeur=imprimes["total_pdv"],
            source=textes["ligne_totaux"],
            citation=imprimes["ligne"],
            explication=f"{manquantes} {controles['explication_104_pour_cent']}",
        )
    )
    totaux += [
        TotalControle(
            nature=nature.PART,
            libelle=f"Part {financeur.sigle}",
            financeur=financeur,
            valeur=imprimes["pourcentages"][cle],
            source=textes["ligne_parts"],
            citation=imprimes["pourcentages"]["ligne"],
            explication=controles["explication_104_pour_cent"],
        )
        for cle, financeur in financeurs.items()
        if financeur.dans_total
    ]
    totaux += _sous_totaux(controles["sous_totaux_porteur"], porteurs, textes["sous_totaux"])
    totaux += _totaux_des_lignes(campagne, document["lignes"])
    totaux.append(
        TotalControle(
            nature=nature.EFFECTIF,
            libelle="Nombre isolé",
            valeur=imprimes["nombre_isole"],
            source=textes["nombre_isole"],
            citation=str(imprimes["nombre_isole"]),
            explication=controles["nombre_isole_12264"],
        )
    )
    annonces: list[tuple[str, str, str, Porteur | None]] = [
        ("actions", nature.ACTIONS, "Actions annoncées", None),
        ("structures", nature.STRUCTURES, "Structures annoncées", None),
        ("actions_ville", nature.ACTIONS, "Actions de la Ville annoncées", porteurs["VILLE"]),
    ]
    totaux += [
        TotalControle(
            nature=genre,
            libelle=libelle,
            porteur=porteur,
            valeur=textes[cle],
            source=textes["texte"],
            citation=textes["citation_texte"],
            explication=manquantes if cle == "actions" else "",
        )
        for cle, genre, libelle, porteur in annonces
    ]
    premiers = {axe.libelle: axe for axe in Axe.objects.filter(contrat=campagne.contrat, niveau=1)}
    totaux += [
        TotalControle(
            nature=nature.PART,
            libelle=f"Part des actions, {intitule}",
            axe=premiers[intitule],
            valeur=part,
            source=textes["texte"],
            citation=textes["citation_parts"],
        )
        for intitule, part in textes["parts_par_axe"].items()
    ]
    for ordre, total in enumerate(totaux, 1):
        total.campagne, total.ordre = campagne, ordre
        total.valeur = Decimal(total.valeur)
    ecriture.creer_plusieurs(totaux)


def _sous_totaux(lus: Any, porteurs: Mapping[str, Porteur], source: str) -> list[TotalControle]:
    """Return the subtotals that the document prints; two porteurs have none."""
    return [
        TotalControle(
            nature=TotalControle.Nature.MONTANT,
            libelle=f"Sous-total {lu['porteur']}",
            # « VILLE (14 lignes) » is the Ville with its services.
            porteur=porteurs[lu["porteur"].split(" (")[0]],
            valeur=lu["imprime"],
            source=source,
            citation=str(lu["imprime"]),
            explication=lu.get("remarque", ""),
        )
        for lu in lus
        if lu["imprime"] is not None
    ]


def _rang(ordre: int) -> str:
    """Return « 1ʳᵉ », « 12ᵉ »."""
    return "1ʳᵉ" if ordre == 1 else f"{ordre}ᵉ"


def _totaux_des_lignes(campagne: Campagne, lignes: Any) -> list[TotalControle]:
    """Return the total that each row prints; four of them print none (domaine.md §9, FIN-03)."""
    annuelles = {annuelle.ordre: annuelle for annuelle in campagne.actions.order_by("ordre")}
    return [
        TotalControle(
            nature=TotalControle.Nature.MONTANT,
            libelle="TOTAL PDV",
            action_annuelle=annuelles[ligne["ordre"]],
            valeur=ligne["total_pdv"],
            source=f"Colonne « TOTAL PDV », {_rang(ligne['ordre'])} ligne",
            citation=str(ligne["total_pdv"]),
        )
        for ligne in lignes
        if ligne["total_pdv"] is not None
    ]
