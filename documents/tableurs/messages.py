"""What is said of a workbook that was read, and of what was left out: French sentences."""

from __future__ import annotations

from documents.tableurs.erreurs import FichierRefuse, phrase
from documents.tableurs.modele import Feuille

LIENS = phrase(
    "Ce classeur est lié à d'autres fichiers : ils ne sont pas ouverts, les dernières valeurs enregistrées sont lues."
)


def refuser_sans_donnees(feuilles: list[Feuille], trop_grandes: list[str], sinon: str) -> None:
    """Raise FichierRefuse when no sheet has content: because one is too large, else for the reason given."""
    if not any(feuille.lignes for feuille in feuilles):
        raise FichierRefuse(trop_grandes[0] if trop_grandes else sinon)


def avertir(feuilles: list[Feuille], trop_grandes: list[str]) -> list[str]:
    """Return the sentences about sheets too large, hidden sheets and formulas without a value."""
    phrases = [f"{exces} En attendant, cette feuille est laissée de côté." for exces in trop_grandes]
    if masquees := [f.nom for f in feuilles if f.masquee and f.lignes]:
        phrases.append(
            liste_de_feuilles(
                masquees, "masquée", "est proposée, pas importée", "sont proposées, pas importées"
            )
        )
    for feuille in feuilles:
        if feuille.sans_valeur:
            phrases.append(
                phrase(
                    f"La feuille « {feuille.nom} » contient des formules qui n'ont jamais été calculées : leurs "
                    f"cellules sont lues comme vides. Ouvrez le classeur dans Excel ou LibreOffice et "
                    f"enregistrez-le pour que leurs résultats y soient."
                )
            )
    return phrases


def liste_de_feuilles(noms: list[str], adjectif: str, singulier: str, pluriel: str) -> str:
    """Return « La feuille « A » (masquée) est proposée, pas importée. », in the plural when there are several."""
    liste = ", ".join(f"« {nom} »" for nom in noms[:5]) + (", etc." if len(noms) > 5 else "")
    if len(noms) == 1:
        return phrase(f"La feuille {liste} ({adjectif}) {singulier}.")
    return phrase(f"Les feuilles {liste} ({adjectif}s) {pluriel}.")
