"""`exporter`: an annex of a year, written to a file. It sees everything: whoever runs it has the database."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from actions.commandes import actions_demandees, campagne_demandee, contrat_demande
from actions.models import Campagne
from bilans.annexes import ANNEXES, AnnexeDeclaree, Option
from comptes.commandes import REFUSE, Commande, Refus
from comptes.sorties import ouvrir_sortie
from documents import FORMATS, ErreurRendu


class Command(Commande):
    help = (
        "Écrit une annexe d'une année dans un fichier xlsx, pdf, docx, csv ou html. "
        "L'option --liste nomme les annexes et leurs options."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        # nothing is « required » and nothing has « choices »: our sentences say what exists
        parser.add_argument("annexe", nargs="?", metavar="ANNEXE", help=f"l'une de : {', '.join(ANNEXES)}")
        parser.add_argument("--contrat", metavar="CONTRAT", help="nom du contrat dans les adresses")
        parser.add_argument("--annee", metavar="ANNÉE", help="année du programme, par exemple 2024")
        parser.add_argument(
            "--format", metavar="FORMAT", help=f"{', '.join(FORMATS)} ; par défaut, l'extension du fichier"
        )
        parser.add_argument("--sortie", metavar="FICHIER", help="où écrire ; « - » pour la sortie standard")
        parser.add_argument(
            "--action", metavar="ACTION", help="seulement cette action : son intitulé ou sa clé"
        )
        parser.add_argument(
            "--porteur", metavar="PORTEUR", help="seulement les actions de ce porteur : son nom ou sa clé"
        )
        parser.add_argument("--liste", action="store_true", help="nomme les annexes et leurs options")
        for option in _options():
            choix = ", ".join(f"{valeur} ({mots})" for valeur, mots in option.choix.items())
            parser.add_argument(
                f"--{option.nom}",
                metavar="VALEUR",
                help=f"{option.description.lower()} : {choix} ; par défaut {option.defaut}",
            )

    def executer(self, options: dict[str, Any]) -> None:
        """Name the annexes, or write one."""
        if options["liste"]:
            self._lister(options["format"])
        else:
            self._exporter(options)

    # -- The list ----------------------------------------------------------------------------------
    def _lister(self, format: str | None) -> None:
        if format == "json":
            self.stdout.write(
                json.dumps([_decrire(a) for a in ANNEXES.values()], ensure_ascii=False, indent=2)
            )
        elif format in (None, "texte"):
            for annexe in ANNEXES.values():
                self.stdout.write(f"{annexe.nom}\n  {annexe.titre}. {annexe.description}")
                if annexe.formats != FORMATS:
                    self.stdout.write(f"  Formats : {', '.join(annexe.formats)}.")
                for option in annexe.options:
                    self.stdout.write(
                        f"  --{option.nom} {'|'.join(option.choix)} (par défaut {option.defaut})"
                    )
            self.stdout.write(f"Formats : {', '.join(FORMATS)}.")
        else:
            raise Refus(f"La liste se donne en texte ou en json, pas en « {format} ».")

    # -- The export --------------------------------------------------------------------------------
    def _exporter(self, options: dict[str, Any]) -> None:
        annexe = _annexe(options["annexe"])
        sortie = options["sortie"]
        if not sortie:
            raise Refus("Indiquez où écrire le fichier : --sortie FICHIER, ou « --sortie - » pour l'écran.")
        format = _format(annexe, options["format"], sortie)
        reglages: dict[str, Any] = {**_reglages(annexe, options)}
        try:
            contrat = contrat_demande(options["contrat"])
            campagne = campagne_demandee(contrat, options["annee"])
            reglages |= _choix(annexe, campagne, options)
            with ouvrir_sortie(sortie, self.stdout) as fichier:
                annexe.ecrire(annexe.construire(contrat, campagne, **reglages), format, fichier)
        except ErreurRendu as erreur:
            raise Refus(str(erreur), REFUSE) from erreur
        if sortie != "-" and options["verbosity"] > 0:
            self.stdout.write(f"{annexe.titre}, {contrat.nom_court} {campagne.annee} : {sortie}")


def _options() -> list[Option]:
    """Return the options of all annexes, each once."""
    return list({option.nom: option for annexe in ANNEXES.values() for option in annexe.options}.values())


def _decrire(annexe: AnnexeDeclaree) -> dict[str, Any]:
    options = [
        {"nom": o.nom, "description": o.description, "choix": dict(o.choix), "defaut": o.defaut}
        for o in annexe.options
    ]
    return {
        "nom": annexe.nom,
        "titre": annexe.titre,
        "description": annexe.description,
        "formats": list(annexe.formats),
        "options": options,
    }


# -- What is asked for -----------------------------------------------------------------------------
def _annexe(nom: str | None) -> AnnexeDeclaree:
    existantes = f"Annexes : {', '.join(ANNEXES)}."
    if not nom:
        raise Refus(f"Indiquez l'annexe à exporter. {existantes}")
    if nom not in ANNEXES:
        raise Refus(f"L'annexe « {nom} » n'existe pas. {existantes}")
    return ANNEXES[nom]


def _format(annexe: AnnexeDeclaree, demande: str | None, sortie: str) -> str:
    extension = Path(sortie).suffix.lower().removeprefix(".")
    existants = f"Formats : {', '.join(annexe.formats)}."
    if demande is None and extension in annexe.formats:
        return extension
    if demande is None and extension not in FORMATS:
        raise Refus(f"Indiquez le format : --format FORMAT, ou un nom de fichier qui le dit. {existants}")
    voulu = demande or extension
    if voulu not in FORMATS:
        raise Refus(f"Le format « {voulu} » n'existe pas. {existants}")
    if voulu not in annexe.formats:
        raise Refus(f"L'annexe « {annexe.nom} » ne s'écrit pas en {voulu}. {existants}")
    if extension in FORMATS and extension != voulu:
        raise Refus(
            f"Le fichier « {sortie} » s'ouvrirait mal : son nom dit {extension}, le format demandé est {voulu}."
        )
    return voulu


def _reglages(annexe: AnnexeDeclaree, options: dict[str, Any]) -> dict[str, str]:
    """Return the options of the annex that were given. Raises Refus for one that it does not have."""
    siennes = {option.nom: option for option in annexe.options}
    reglages = {}
    for option in _options():
        valeur = options[option.nom]
        if valeur is None:
            continue
        if option.nom not in siennes:
            raise Refus(f"L'annexe « {annexe.nom} » n'a pas d'option --{option.nom}.")
        # Two annexes may have an option of one name, with other values.
        choix = siennes[option.nom].choix
        if valeur not in choix:
            raise Refus(f"L'option --{option.nom} n'accepte pas « {valeur} ». Valeurs : {', '.join(choix)}.")
        reglages[option.nom] = valeur
    return reglages


def _choix(annexe: AnnexeDeclaree, campagne: Campagne, options: dict[str, Any]) -> dict[str, Any]:
    """Return the actions that were named, as the annex takes them; nothing when none was."""
    demandes = [nom for nom in ("action", "porteur") if options[nom]]
    if demandes and not annexe.par_action:
        raise Refus(f"L'annexe « {annexe.nom} » ne se choisit pas par action : retirez --{demandes[0]}.")
    actions, selection = actions_demandees(campagne, options["action"], options["porteur"])
    return {} if actions is None else {"actions": actions, "selection": selection}
