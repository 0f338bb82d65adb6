"""`charger_nomenclatures`: the public lists that the application needs, on every installation."""

from typing import Any

from django.core.management.base import BaseCommand

from comptes.templatetags.typographie import insecables, pluriel
from financements.nomenclatures import charger_nomenclatures


class Command(BaseCommand):
    help = "Ajoute les nomenclatures qui manquent, sans toucher à celles qui sont déjà là."

    def handle(self, *args: Any, **options: Any) -> None:
        for resultat in charger_nomenclatures():
            if options["verbosity"] > 0:
                ajoutees = (
                    pluriel(resultat.ajoutees, "entrée ajoutée,entrées ajoutées")
                    if resultat.ajoutees
                    else "rien à ajouter"
                )
                nom = resultat.nom[0].upper() + resultat.nom[1:]
                self.stdout.write(insecables(f"{nom} : {ajoutees} ({resultat.entrees} au total)."))
