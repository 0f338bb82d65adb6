"""A tagged PDF as a screen reader goes through it: its tags in order, with what each says."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pikepdf import Array, Dictionary, Operator, Page, Pdf, String, parse_content_stream

SUITE = re.compile(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
UN = re.compile(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")


@dataclass
class Balise:
    """A tag: its name, its own text and that of what it holds, the alternative text of a figure, what a cell is."""

    nom: str
    texte: str = ""
    alternative: str = ""
    portee: str = ""
    cle: bytes = b""
    entetes: list[bytes] = field(default_factory=list)
    enfants: list[Balise] = field(default_factory=list)

    def toutes(self) -> Iterator[Balise]:
        """Give this tag and those that it holds, in reading order."""
        yield self
        for enfant in self.enfants:
            yield from enfant.toutes()

    @property
    def contenu(self) -> str:
        """The text that is read, spaces made simple."""
        brut = " ".join(balise.texte for balise in self.toutes() if balise.texte)
        return re.sub(r"[\s\u00a0\u202f]+", " ", brut).strip()


def lire_balises(contenu: bytes) -> Balise:
    """Return the tag of the document."""
    with Pdf.open(io.BytesIO(contenu)) as pdf:
        racine = pdf.Root.StructTreeRoot.K
        return _lire(racine[0] if isinstance(racine, Array) else racine, None, {})


def _lire(element: Any, page: Any, lues: dict[Any, dict[int, str]]) -> Balise:
    page = element.get("/Pg", page)
    attributs = element.get("/A")
    cellule = attributs if isinstance(attributs, Dictionary) else Dictionary()
    balise = Balise(
        nom=str(element.S).removeprefix("/"),
        alternative=str(element.get("/Alt", "")),
        portee=str(cellule.get("/Scope", "")),
        cle=bytes(element.get("/ID", String(""))),
        entetes=[bytes(nom) for nom in cellule.get("/Headers", ())],
    )
    enfants = element.get("/K", Array())
    for enfant in enfants if isinstance(enfants, Array) else [enfants]:
        if not isinstance(enfant, Dictionary):
            balise.texte += _textes(page, lues)[int(enfant)]
        elif "/S" in enfant:
            balise.enfants.append(_lire(enfant, page, lues))
    return balise


def _textes(page: Any, lues: dict[Any, dict[int, str]]) -> dict[int, str]:
    """Return what each marked content of a page says, by number."""
    if page.objgen not in lues:
        lues[page.objgen] = defaultdict(str)
        lettres: dict[int, str] = {}
        marques: list[int | None] = []
        for operandes, operateur in parse_content_stream(Page(page)):
            match str(Operator(str(operateur))):
                case "BDC":
                    marques.append(int(operandes[1].MCID) if "/MCID" in operandes[1] else None)
                case "BMC":
                    marques.append(None)
                case "EMC":
                    marques.pop()
                case "Tf":
                    lettres = _lettres(page.Resources.Font[str(operandes[0])])
                case "Tj" | "TJ" if marques and marques[-1] is not None:
                    lues[page.objgen][marques[-1]] += _ecrit(operandes[0], lettres)
    return lues[page.objgen]


def _ecrit(montre: Any, lettres: dict[int, str]) -> str:
    chaines = montre if isinstance(montre, Array) else [montre]
    octets = b"".join(bytes(chaine) for chaine in chaines if isinstance(chaine, String))
    return "".join(lettres[int.from_bytes(octets[i : i + 2])] for i in range(0, len(octets), 2))


def _lettres(police: Any) -> dict[int, str]:
    """Return the characters of a font by the codes that draw them."""
    table = police.ToUnicode.read_bytes().decode("latin-1")
    lues: dict[int, str] = {}
    for bloc in re.findall(r"beginbfchar(.*?)endbfchar", table, re.S):
        lues |= {int(code, 16): bytes.fromhex(texte).decode("utf-16-be") for code, texte in UN.findall(bloc)}
    for bloc in re.findall(r"beginbfrange(.*?)endbfrange", table, re.S):
        for debut, fin, texte in SUITE.findall(bloc):
            for rang, code in enumerate(range(int(debut, 16), int(fin, 16) + 1)):
                lues[code] = chr(int(texte, 16) + rang)
    return lues
