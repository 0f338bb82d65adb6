"""`controler`: everything that does not add up in a year of a contract. It sees everything and writes nothing."""

import json
from typing import Any

from django.core.management.base import CommandParser

from actions.commandes import campagne_demandee, contrat_demande
from actions.models import Campagne
from bilans.controles import (
    Anomalie,
    Gravite,
    anomalies_annee,
    anomalies_bilans,
    anomalies_contrat,
    par_gravite,
)
from bilans.controles.justifications import Constat, constats
from bilans.models import Bilan
from comptes.commandes import REFUSE, Commande, Refus
from comptes.templatetags.typographie import date_longue, insecables, pluriel

FORMATS = ("texte", "json")
TITRES = {
    Gravite.BLOQUANT: "point bloquant,points bloquants",
    Gravite.ALERTE: "alerte,alertes",
    Gravite.INFO: "information,informations",
}


class Command(Commande):
    help = (
        "Fait les contrôles de cohérence d'une année : ses totaux, ses actions, ses bilans reçus, et le contrat. "
        "Code 0 : rien de bloquant, ou tout est justifié ; 1 : un point bloquant au moins n'est pas justifié."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        # nothing is « required » and nothing has « choices »: our sentences say what exists
        parser.add_argument("--contrat", metavar="CONTRAT", help="nom du contrat dans les adresses")
        parser.add_argument("--annee", metavar="ANNÉE", help="année du programme, par exemple 2023")
        parser.add_argument(
            "--format", metavar="FORMAT", default="texte", help=f"{', '.join(FORMATS)} ; par défaut texte"
        )

    def executer(self, options: dict[str, Any]) -> None:
        """Print the findings; leave with 1 when something blocking is not justified."""
        if options["format"] not in FORMATS:
            raise Refus(f"Le format « {options['format']} » n'existe pas. Formats : {', '.join(FORMATS)}.")
        contrat = contrat_demande(options["contrat"])
        campagne = campagne_demandee(contrat, options["annee"])
        trouves = _trouver(campagne)
        titres = _titres(campagne)
        if options["format"] == "json":
            self.stdout.write(
                json.dumps([_decrire(c, titres) for c in trouves], ensure_ascii=False, indent=2)
            )
        else:
            self.stdout.write(_en_texte(campagne, trouves, titres))
        bloquants = sum(constat.bloque for constat in trouves)
        if bloquants:
            phrase = pluriel(
                bloquants, "point bloquant n'est pas justifié,points bloquants ne sont pas justifiés"
            )
            raise Refus(f"{phrase}.", REFUSE)


def _trouver(campagne: Campagne) -> list[Constat]:
    bilans = Bilan.objects.filter(action_annuelle__campagne=campagne).recus().order_by("pk")
    trouvees: list[Anomalie] = [
        *anomalies_annee(campagne),
        *(anomalie for siennes in anomalies_bilans(bilans).values() for anomalie in siennes),
        *anomalies_contrat(campagne.contrat, campagne),
    ]
    return constats(campagne, par_gravite(trouvees))


def _titres(campagne: Campagne) -> dict[str, str]:
    """Return the title of each action, by its key."""
    return dict(campagne.actions.order_by("ordre", "pk").values_list("cle", "action__intitule"))


def _sujet(anomalie: Anomalie, titres: dict[str, str]) -> str:
    """Return what a finding is about, in words."""
    genre, _, cle = anomalie.objet.partition(":")
    if cle in titres:
        return f"{titres[cle]} (bilan)" if genre == "bilan" else titres[cle]
    return {"annee": "L'année", "porteur": "L'année"}.get(genre, "Le contrat")


def _decrire(constat: Constat, titres: dict[str, str]) -> dict[str, Any]:
    anomalie, justification = constat.anomalie, constat.justification
    return {
        "code": anomalie.code,
        "gravite": anomalie.gravite.value,
        "objet": anomalie.objet,
        "sujet": _sujet(anomalie, titres),
        "champ": anomalie.champ,
        "constat": anomalie.message,
        "explication": anomalie.explication,
        "citation": anomalie.citation,
        "source": anomalie.source,
        "valeurs": {nom: str(valeur) for nom, valeur in anomalie.valeurs.items()},
        "etat": constat.etat.value,
        "justification": None
        if justification is None
        else {
            "auteur": str(justification.auteur),
            "date": justification.date.isoformat(),
            "motif": justification.motif,
        },
    }


def _en_texte(campagne: Campagne, trouves: list[Constat], titres: dict[str, str]) -> str:
    if not trouves:
        return f"{campagne.contrat.nom_court} {campagne.annee} : rien à signaler."
    lignes = [f"{campagne.contrat.nom_court} {campagne.annee}"]
    for gravite, formes in TITRES.items():
        siens = [constat for constat in trouves if constat.anomalie.gravite == gravite]
        if siens:
            lignes += ["", insecables(f"{pluriel(len(siens), formes)} :").capitalize()]
            lignes += [ligne for constat in siens for ligne in _lignes(constat, titres)]
    return "\n".join(lignes)


def _lignes(constat: Constat, titres: dict[str, str]) -> list[str]:
    anomalie, justification = constat.anomalie, constat.justification
    lignes = [f"  {anomalie.code}  {_sujet(anomalie, titres)}", f"    {anomalie.message}"]
    if anomalie.explication:
        lignes.append(f"    → {anomalie.explication}")
    if justification is not None:
        motif = insecables(f" : {justification.motif}") if justification.motif else ""
        signature = f"{constat.etat.label} par {justification.auteur} le {date_longue(justification.date)}"
        lignes.append(f"    {signature}{motif}")
    return lignes
