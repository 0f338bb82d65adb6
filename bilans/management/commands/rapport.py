"""`rapport`: the annual report of a year, written to a file. It sees everything: whoever runs it has the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from actions.commandes import campagne_demandee, contrat_demande
from actions.models import Campagne
from bilans.models import RapportAnnuel
from bilans.rapport.choix import Composition
from bilans.rapport.composition import composer
from bilans.rapport.fichiers import FABRIQUES, fichier_du_rapport
from bilans.rapport.lecture import lire_composition
from comptes.commandes import REFUSE, Commande, Refus
from comptes.sorties import ouvrir_sortie
from comptes.templatetags.typographie import insecables
from documents import ErreurRendu

FORMATS = ", ".join(FABRIQUES)


class Command(Commande):
    help = (
        "Écrit le rapport annuel d'une année dans un fichier pdf, xlsx ou docx, avec les chiffres du jour. Un rapport "
        "que personne n'a encore commencé a ses sections et leur première rédaction."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        # nothing is « required » and nothing has « choices »: our sentences say what exists
        parser.add_argument("--contrat", metavar="CONTRAT", help="nom du contrat dans les adresses")
        parser.add_argument("--annee", metavar="ANNÉE", help="année du rapport, par exemple 2024")
        parser.add_argument(
            "--format", metavar="FORMAT", help=f"{FORMATS} ; par défaut, l'extension du fichier"
        )
        parser.add_argument("--sortie", metavar="FICHIER", help="où écrire ; « - » pour la sortie standard")

    def executer(self, options: dict[str, Any]) -> None:
        """Compose the report with today's figures and write it."""
        sortie = options["sortie"]
        if not sortie:
            raise Refus("Indiquez où écrire le fichier : --sortie FICHIER, ou « --sortie - » pour l'écran.")
        format = _format(options["format"], sortie)
        contrat = contrat_demande(options["contrat"])
        campagne = campagne_demandee(contrat, options["annee"])
        try:
            with ouvrir_sortie(sortie, self.stdout) as fichier:
                fichier.write(fichier_du_rapport(composer(contrat, campagne, _composition(campagne)), format))
        except ErreurRendu as erreur:
            raise Refus(str(erreur), REFUSE) from erreur
        if sortie != "-" and options["verbosity"] > 0:
            self.stdout.write(insecables(f"Rapport annuel, {contrat.nom_court} {campagne.annee} : {sortie}"))


def _format(demande: str | None, sortie: str) -> str:
    """Return the format asked for, else that of the file's name. Raises Refus, which lists those there are."""
    format = demande or Path(sortie).suffix.lower().removeprefix(".")
    if not format:
        raise Refus(f"Indiquez le format : --format FORMAT. Formats : {FORMATS}.")
    if format not in FABRIQUES:
        raise Refus(f"Le rapport ne s'écrit pas en « {format} ». Formats : {FORMATS}.")
    return format


def _composition(campagne: Campagne) -> Composition | None:
    """Return what was written of the report of that year, None when nobody has begun it."""
    commence = RapportAnnuel.objects.filter(contrat=campagne.contrat, annee=campagne.annee).first()
    return lire_composition(commence) if commence else None
