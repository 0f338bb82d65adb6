"""XML read as it flows: no tree in memory, no definition (DTD) accepted, nothing fetched."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from xml.parsers import expat

from documents.tableurs.erreurs import ABIME, DEMESURE, ENTITES, FichierRefuse
from documents.tableurs.limites import BALISE_MAX, PROFONDEUR_MAX

Attributs = dict[str, str]
Debut = Callable[[Attributs], None]
Fin = Callable[[], None]


def qualifier(espaces: Collection[str], noms: Iterable[str]) -> dict[str, str]:
    """Return {« namespace name »: name} for each name in each namespace."""
    return {f"{espace} {nom}": nom for espace in espaces for nom in noms}


def parcourir(
    blocs: Iterable[bytes],
    espaces: Collection[str],
    *,
    debuts: Mapping[str, Debut],
    fins: Mapping[str, Fin] | None = None,
    texte: Callable[[str], None] | None = None,
    ignores: Collection[str] = (),
) -> None:
    """Read an XML document, calling `debuts` and `fins` by the local name of what opens and closes.

    Only the elements of `espaces` are known; nothing is said of what lies inside the `ignores`. Raises
    FichierRefuse for what is not well-formed, and for any DTD: a spreadsheet never has one, bombs do.
    """
    ouvrants = {complet: debuts[nom] for complet, nom in qualifier(espaces, debuts).items()}
    fermants = {complet: fins[nom] for complet, nom in qualifier(espaces, fins).items()} if fins else {}
    tus = frozenset(qualifier(espaces, ignores))
    # the name of an element or an attribute comes as « namespace name »
    analyseur = expat.ParserCreate(namespace_separator=" ")
    analyseur.buffer_text = True
    profondeur = 0
    # the depth of the ignored element that is open: 0 when there is none
    silence = 0

    def ouvrir(nom: str, attributs: Attributs) -> None:
        descendre()
        if nom in tus:
            se_taire()
        elif nom in ouvrants:
            ouvrants[nom](attributs)

    def fermer(nom: str) -> None:
        nonlocal profondeur
        profondeur -= 1
        if nom in fermants:
            fermants[nom]()

    def descendre(*_: object) -> None:
        nonlocal profondeur
        profondeur += 1
        if profondeur > PROFONDEUR_MAX:
            raise FichierRefuse(DEMESURE)

    def remonter(_nom: str) -> None:
        nonlocal profondeur
        profondeur -= 1
        if profondeur < silence:
            ecouter()

    def se_taire() -> None:
        nonlocal silence
        silence = profondeur
        analyseur.StartElementHandler = descendre
        analyseur.EndElementHandler = remonter
        analyseur.CharacterDataHandler = None

    def ecouter() -> None:
        nonlocal silence
        silence = 0
        analyseur.StartElementHandler = ouvrir
        analyseur.EndElementHandler = fermer
        analyseur.CharacterDataHandler = texte

    def refuser(*_: object) -> None:
        raise FichierRefuse(ENTITES)

    analyseur.StartDoctypeDeclHandler = refuser
    ecouter()
    recus = 0
    try:
        for bloc in blocs:
            analyseur.Parse(bloc, False)
            recus += len(bloc)
            # what is not finished is read again with each block: an endless tag would take forever
            if recus - analyseur.CurrentByteIndex > BALISE_MAX:
                raise FichierRefuse(DEMESURE)
        analyseur.Parse(b"", True)
    except expat.ExpatError as erreur:
        if erreur.code == expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]:
            raise MemoryError from erreur
        raise FichierRefuse(ABIME) from erreur
