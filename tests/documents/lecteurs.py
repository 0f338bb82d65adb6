"""Read each real file back into the same rows of plain values, to compare the formats with each other."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

from documents import FORMATS, Tableau, rendre
from documents.formats import MOIS


def rendu(tableau: Tableau, format: str) -> bytes:
    """The bytes of the document."""
    assert format in FORMATS
    sortie = io.BytesIO()
    rendre(tableau, format, sortie)
    return sortie.getvalue()


def lire_csv(contenu: bytes) -> list[list[str]]:
    """The rows of the file, header included."""
    return list(csv.reader(io.StringIO(contenu.decode("utf-8-sig"), newline=""), delimiter=";"))


def normaliser(texte: object) -> str:
    """A cell as every format can say it: no separator of thousands, « . », no useless decimals, ISO dates,
    « | » between the elements of a list.
    """
    s = "" if texte is None else str(texte)
    s = s.replace("\u2212", "-").strip()
    if mots := re.fullmatch(r"(\d+)(?:er)? (\w+) (\d{4})", s):
        return f"{mots[3]}-{MOIS.index(mots[2]) + 1:02}-{int(mots[1]):02}"
    if jour := re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", s):
        return f"{jour[3]}-{jour[2]}-{jour[1]}"
    if jour := re.fullmatch(r"(\d{4}-\d\d-\d\d) 00:00:00", s):
        return jour[1]
    chiffres = re.sub(r"[\u202f\u00a0€%]", "", s).replace(",", ".")
    if re.fullmatch(r"-?\d+(\.\d+)?", chiffres):
        return f"{float(chiffres):.2f}"
    s = s.removeprefix("'")
    return re.sub(r"\s*\n\s*", "\n", s).replace("–\u00a0", "").replace("\n", "|")


class LecteurHtml(HTMLParser):
    """The table of a page: rows of (tag, attributes, text), and the elements that surround it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rangees: list[list[tuple[str, dict[str, str | None], str]]] = []
        self.sections: list[str] = []
        self.section_des_rangees: list[str] = []
        self.caption = ""
        self.attributs: list[str] = []
        self._ouvert: str | None = None
        self._dans_caption = False

    def handle_starttag(self, tag, attrs):
        self.attributs += [nom for nom, _ in attrs]
        if tag in ("thead", "tbody", "tfoot"):
            self.sections.append(tag)
        elif tag == "tr":
            self.rangees.append([])
            self.section_des_rangees.append(self.sections[-1])
        elif tag in ("td", "th"):
            self._ouvert = tag
            self.rangees[-1].append((tag, dict(attrs), ""))
        elif tag in ("br", "li") and self._ouvert:
            self.handle_data("\n")
        elif tag == "caption":
            self._dans_caption = True

    def handle_endtag(self, tag):
        if tag == self._ouvert:
            self._ouvert = None
        elif tag == "caption":
            self._dans_caption = False

    def handle_data(self, data):
        if self._ouvert:
            tag, attrs, texte = self.rangees[-1][-1]
            self.rangees[-1][-1] = (tag, attrs, texte + data)
        elif self._dans_caption:
            self.caption += data

    def corps(self) -> list[list[str]]:
        """The rows under the header, spans unfolded."""
        lues = []
        for section, rangee in zip(self.section_des_rangees, self.rangees, strict=True):
            if section != "thead":
                ligne: list[str] = []
                for _tag, attrs, texte in rangee:
                    ligne += [texte] + [""] * (int(attrs.get("colspan") or 1) - 1)
                lues.append(ligne)
        return lues


def lire_html(contenu: bytes | str) -> LecteurHtml:
    """The table of a page or of a fragment."""
    lecteur = LecteurHtml()
    lecteur.feed(contenu.decode() if isinstance(contenu, bytes) else contenu)
    lecteur.close()
    return lecteur
