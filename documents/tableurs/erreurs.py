"""Why a file is not read: each message is a French sentence that says what is wrong and how to mend it."""

from __future__ import annotations

import re

from documents.formats import INSECABLE

_AVANT = re.compile(r" (?=[;:!?»%])")
_APRES = re.compile(r"(?<=«) ")


def phrase(texte: str) -> str:
    """Return the sentence with the no-break spaces of French typography."""
    return _APRES.sub(INSECABLE, _AVANT.sub(INSECABLE, texte))


class FichierRefuse(Exception):
    """The file is not read. `str()` is a French sentence for the person who sent it."""

    def __init__(self, texte: str) -> None:
        super().__init__(phrase(texte))


VIDE = "Ce fichier est vide. Vérifiez que c'est le bon, puis déposez-le à nouveau."
ABIME = (
    "Ce fichier est abîmé ou incomplet : il ne peut pas être lu. Ouvrez-le dans Excel ou LibreOffice, "
    "enregistrez-le à nouveau en .xlsx, puis déposez-le."
)
PROTEGE = (
    "Ce classeur est protégé par un mot de passe à l'ouverture. Ouvrez-le, retirez le mot de passe "
    "(dans Excel : Fichier, Informations, Protéger le classeur, Chiffrer avec mot de passe), "
    "enregistrez-le, puis déposez-le."
)
ANCIEN_XLS = (
    "Ce fichier est un classeur de l'ancien format d'Excel (.xls). Ouvrez-le, choisissez « Enregistrer sous », "
    "enregistrez en .xlsx, puis déposez le nouveau fichier."
)
BINAIRE_XLSB = (
    "Ce fichier est un classeur Excel binaire (.xlsb). Ouvrez-le, choisissez « Enregistrer sous », "
    "enregistrez en .xlsx, puis déposez le nouveau fichier."
)
MACROS = (
    "Ce classeur contient des macros (de petits programmes). Dans Excel, choisissez « Enregistrer sous », "
    "« Classeur Excel (.xlsx) », puis déposez le nouveau fichier : les données y sont, sans les macros."
)
ARCHIVE = (
    "Ce fichier est une archive compressée, pas un classeur. Décompressez-la, puis déposez le classeur "
    "(.xlsx, .ods ou .csv) qu'elle contient."
)
DEMESURE = (
    "Ce classeur prend une place démesurée une fois ouvert. Copiez le tableau utile dans un classeur neuf "
    "(collage des valeurs), enregistrez-le en .xlsx, puis déposez-le."
)
TROP_LONG = (
    "La lecture de ce classeur a été arrêtée : elle demandait trop de temps ou de mémoire. Copiez le tableau "
    "utile dans un classeur neuf (collage des valeurs), enregistrez-le en .xlsx, puis déposez-le."
)
ENTITES = (
    "Ce classeur contient des définitions (DTD) qu'un tableur n'écrit jamais : il n'est pas lu. Ouvrez-le dans Excel "
    "ou LibreOffice, enregistrez-le à nouveau en .xlsx, puis déposez-le."
)
GRAPHIQUES = (
    "Ce classeur ne contient que des graphiques, sans feuille de calcul. Déposez le classeur qui contient "
    "les chiffres de ces graphiques."
)
SANS_DONNEES = (
    "Aucune feuille de ce classeur ne contient de donnée. Vérifiez que c'est le bon, puis déposez-le."
)
WEB = (
    "Ce fichier est une page web enregistrée sous le nom d'un tableur. Ouvrez-le dans Excel, choisissez "
    "« Enregistrer sous », enregistrez en .xlsx, puis déposez le nouveau fichier."
)
XML = (
    "Ce fichier est du XML, pas un classeur. S'il s'ouvre dans Excel ou LibreOffice, enregistrez-le de là "
    "en .xlsx, puis déposez le nouveau fichier."
)
INCONNU = (
    "Ce fichier n'est pas un tableur : Pilotis lit les classeurs Excel (.xlsx), LibreOffice (.ods) et les "
    "fichiers CSV. Ouvrez-le dans le logiciel qui l'a fait et enregistrez-le dans l'un de ces formats."
)
NUL = (
    "Ce fichier contient des caractères nuls : il est abîmé, ou n'est pas du texte. Ouvrez-le dans Excel, "
    "choisissez « Enregistrer sous », « CSV UTF-8 » ou .xlsx, puis déposez le nouveau fichier."
)
ENCODAGE = (
    "Les accents de ce fichier CSV ne peuvent pas être lus : son encodage n'est ni UTF-8, ni UTF-16, ni Windows. "
    "Ouvrez-le dans Excel, enregistrez-le en .xlsx, puis déposez le nouveau fichier."
)
ENCODAGE_MELE = (
    "Ce fichier CSV mêle deux encodages : une partie des accents serait fausse. Ouvrez-le dans Excel, "
    "corrigez les accents, enregistrez-le en .xlsx, puis déposez le nouveau fichier."
)


def autre_document(quoi: str) -> FichierRefuse:
    """Return the refusal of a file that is something else: « un document PDF »."""
    return FichierRefuse(
        f"Ce fichier est {quoi}, pas un tableur, quel que soit son nom. Déposez le classeur (.xlsx, .ods ou .csv) "
        f"dont il est tiré ; s'il n'existe pas, recopiez le tableau dans un classeur neuf."
    )
