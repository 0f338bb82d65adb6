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
