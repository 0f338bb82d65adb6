"""A small validator of table schemas (Table Schema, frictionlessdata.io): header, types, constraints of each cell.

It reads what the schema of the grants uses: string, number, date, boolean with its words, required, pattern, maxLength,
enum, minimum, maximum; and its custom checks french-siret-value and one-of-required.
"""

import csv
import io
import re
from datetime import date
from typing import Any

from stdnum.fr import siret


def erreurs_du_csv(contenu: bytes, schema: dict[str, Any]) -> list[str]:
    """Return what is wrong with a CSV file, in sentences: line, column, reason; nothing when it follows the schema."""
    if contenu.startswith(b"\xef\xbb\xbf"):
        return ["le fichier commence par une marque d'ordre des octets"]
    rangees = list(csv.reader(io.StringIO(contenu.decode("utf-8"), newline=""), strict=True))
    champs = schema["fields"]
    noms = [champ["name"] for champ in champs]
    if not rangees or rangees[0] != noms:
        return [f"en-tête : {rangees[0] if rangees else 'aucun'}"]
    erreurs = []
    for numero, rangee in enumerate(rangees[1:], 2):
        if len(rangee) != len(noms):
            erreurs.append(f"ligne {numero} : {len(rangee)} cellules")
            continue
        for champ, valeur in zip(champs, rangee, strict=True):
            erreurs += [f"ligne {numero}, {champ['name']} : {raison}" for raison in _cellule(champ, valeur)]
        erreurs += [
            f"ligne {numero} : {raison}" for raison in _regles(schema, dict(zip(noms, rangee, strict=True)))
        ]
    return erreurs


def _cellule(champ: dict[str, Any], valeur: str) -> list[str]:
    contraintes = champ.get("constraints", {})
    if not valeur:
        return ["vide"] if contraintes.get("required") else []
    raisons = []
    if champ["type"] == "number":
        if not re.fullmatch(r"-?\d+(\.\d+)?", valeur):
            return [f"« {valeur} » n'est pas un nombre"]
        if (
            not contraintes.get("minimum", float("-inf"))
            <= float(valeur)
            <= contraintes.get("maximum", float("inf"))
        ):
            raisons.append(f"{valeur} sort des bornes")
    if champ["type"] == "date":
        try:
            date.fromisoformat(valeur)
        except ValueError:
            raisons.append(f"« {valeur} » n'est pas une date")
    if champ["type"] == "boolean" and valeur not in [*champ["trueValues"], *champ["falseValues"]]:
        raisons.append(f"« {valeur} » n'est ni vrai ni faux")
    if "pattern" in contraintes and not re.search(contraintes["pattern"], valeur):
        raisons.append(f"« {valeur} » ne suit pas le motif")
    if len(valeur) > contraintes.get("maxLength", len(valeur)):
        raisons.append("trop long")
    if "enum" in contraintes and valeur not in contraintes["enum"]:
        raisons.append(f"« {valeur} » n'est pas permis")
    return raisons


def _regles(schema: dict[str, Any], ligne: dict[str, str]) -> list[str]:
    raisons = []
    for regle in schema.get("custom_checks", []):
        if regle["name"] == "french-siret-value":
            valeur = ligne[regle["params"]["column"]]
            if valeur and not siret.is_valid(valeur):
                raisons.append(f"« {valeur} » n'est pas un SIRET")
        elif regle["name"] == "one-of-required":
            colonnes = [regle["params"]["column1"], regle["params"]["column2"]]
            if not any(ligne[colonne] for colonne in colonnes):
                raisons.append(f"ni {' ni '.join(colonnes)}")
        else:
            raisons.append(f"règle inconnue : {regle['name']}")
    return raisons
