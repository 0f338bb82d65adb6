"""`charger_nomenclatures`: the public lists that the application needs, on every installation."""

from json import JSONDecodeError
from typing import Any

from comptes.commandes import REFUSE, Commande, Refus
from comptes.templatetags.typographie import insecables, pluriel
from financements.nomenclatures import charger_nomenclatures


class Command(Commande):
    help = "Ajoute les nomenclatures qui manquent, sans toucher à celles qui sont déjà là."

    def executer(self, options: dict[str, Any]) -> None:
        """Add the missing entries and say how many there were, list by list."""
        try:
            resultats = charger_nomenclatures()
        except (OSError, JSONDecodeError) as erreur:
            raise Refus(
                insecables(
                    "Rien n'a été chargé : un fichier du dossier fixtures/ manque ou n'est pas lisible "
                    f"({erreur}). Récupérez-le dans le dépôt."
                ),
                REFUSE,
            ) from erreur
        for resultat in resultats:
            if options["verbosity"] > 0:
                ajoutees = (
                    pluriel(resultat.ajoutees, "entrée ajoutée,entrées ajoutées")
                    if resultat.ajoutees
                    else "rien à ajouter"
                )
                nom = resultat.nom[0].upper() + resultat.nom[1:]
                self.stdout.write(insecables(f"{nom} : {ajoutees} ({resultat.entrees} au total)."))
