"""`charger_demo`: the four real territories of the demonstration, and its accounts."""

from json import JSONDecodeError
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.db import DatabaseError
from tqdm import tqdm

from actions.models import ActionAnnuelle
from bilans.demonstration.chargement import Resultat, charger_demonstration, nombre_d_etapes
from comptes.commandes import REFUSE, Commande, Refus
from comptes.templatetags.typographie import insecables, pluriel
from contrats.models import ContratVille

BARRE = (
    "{desc}\N{NO-BREAK SPACE}: {percentage:3.0f}\N{NO-BREAK SPACE}% |{bar:30}| {n_fmt}/{total_fmt} actions"
)


class Command(Commande):
    help = (
        "Charge les données de démonstration (Dole, Bagnols-sur-Cèze, Besançon, Dijon) et leurs comptes. "
        "Un contrat déjà là est laissé tel quel."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--sans-comptes",
            action="store_true",
            help="charge les données sans créer les comptes de démonstration",
        )

    def executer(self, options: dict[str, Any]) -> None:
        """Load what is missing and say what was."""
        avec_comptes = not options["sans_comptes"]
        try:
            etapes = nombre_d_etapes()
            # No bar where nobody watches (a log file, a pipe), nor for nothing.
            muet = True if options["verbosity"] == 0 or not etapes else None
            with tqdm(total=etapes, desc="Démonstration", bar_format=BARRE, disable=muet) as barre:
                resultat = charger_demonstration(
                    avec_comptes=avec_comptes,
                    # Their passwords are published: they open nothing on a real installation.
                    avec_mots_de_passe=settings.PILOTIS_DEMONSTRATION,
                    avancer=barre.update,
                )
        except ValidationError as erreur:
            raise Refus(insecables(f"Rien n'a été chargé : {' '.join(erreur.messages)}"), REFUSE) from erreur
        except (OSError, JSONDecodeError) as erreur:
            raise Refus(
                insecables(
                    "Rien n'a été chargé : un fichier du dossier fixtures/ manque ou n'est pas lisible "
                    f"({erreur}). Récupérez-le dans le dépôt."
                ),
                REFUSE,
            ) from erreur
        except DatabaseError as erreur:
            raise Refus(
                insecables(
                    f"Rien n'a été chargé : la base de données ne répond pas ou n'est pas à jour ({erreur}). "
                    "Lancez d'abord « python manage.py migrate »."
                ),
                REFUSE,
            ) from erreur
        if options["verbosity"] > 0:
            self._raconter(resultat, avec_comptes)

    def _raconter(self, resultat: Resultat, avec_comptes: bool) -> None:
        for contrat in resultat.charges:
            self.stdout.write(insecables(f"{contrat.nom_court} : {_contenu(contrat)}."))
        for contrat in resultat.deja_la:
            self.stdout.write(insecables(f"{contrat.nom_court} : déjà là, laissé tel quel."))
        if not avec_comptes:
            return
        if resultat.comptes:
            self.stdout.write(
                f"{pluriel(resultat.comptes, 'compte de démonstration créé,comptes de démonstration créés')}."
            )
        if not settings.PILOTIS_DEMONSTRATION:
            self.stdout.write(
                insecables(
                    "Les comptes de démonstration n'ont pas de mot de passe : cette installation n'est pas en "
                    "mode démonstration. Pour l'y mettre, relancez avec PILOTIS_DEMONSTRATION=1."
                )
            )


def _contenu(contrat: ContratVille) -> str:
    """Return what was loaded of a contract: « 41 actions de 16 structures, 23 axes, 1 territoire »."""
    actions = ActionAnnuelle.objects.filter(campagne__contrat=contrat)
    comptes = (
        (contrat.axes.count(), "axe,axes"),
        (contrat.territoires.count(), "territoire,territoires"),
        (contrat.financeurs.count(), "financeur,financeurs"),
        (contrat.conventions.count(), "convention,conventions"),
        (contrat.statistiques.count(), "statistique,statistiques"),
    )
    phrases = [pluriel(nombre, formes) for nombre, formes in comptes if nombre]
    if nombre := actions.count():
        structures = pluriel(actions.nombre_de_structures(), "structure,structures")
        phrases.insert(0, f"{pluriel(nombre, 'action,actions')} de {structures}")
    return ", ".join(phrases)
