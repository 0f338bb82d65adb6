"""An ods, as OpenDocument 1.3 describes it: rows and cells that repeat are counted, never unrolled when blank."""

from __future__ import annotations

import re
from datetime import date, datetime

from documents.tableurs.archive import Archive
from documents.tableurs.erreurs import (
    ABIME,
    DEMESURE,
    PROTEGE,
    SANS_DONNEES,
    FichierRefuse,
)
from documents.tableurs.flux import Attributs, parcourir
from documents.tableurs.grille import FeuilleTropGrande, Grille, Reserve, Texte, instant_ou_jour
from documents.tableurs.limites import COLONNES_MAX, FEUILLES_MAX, LIGNES_MAX, PROPRIETES_MAX
from documents.tableurs.messages import LIENS, avertir, refuser_sans_donnees
from documents.tableurs.modele import Classeur, Feuille, Plage, Valeur
from documents.tableurs.nombres import nombre_exact
from documents.texte import nettoyer

_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXTE, _STYLE, _META = (
    f"{_ODF}{nom}:1.0" for nom in ("table", "office", "text", "style", "meta")
)
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
_ESPACES = (_TABLE, _OFFICE, _TEXTE, _STYLE, f"{_ODF}drawing:1.0")
# Notes, drawings and the memory of past changes hold texts and cells that are not of the sheet.
_IGNORES = (
    *("annotation", "shapes", "tracked-changes", "dde-links", "forms", "ruby-text"),
    *("frame", "g", "custom-shape", "caption", "control", "rect", "ellipse", "line", "connector", "polygon"),
)
_DUREE = re.compile(r"PT(\d{1,5})H(\d{1,2})M(\d{1,2})(?:[.,]\d+)?S")
_ERREUR = re.compile(r"#[A-ZÉ0-9/]+[!?]?|(Err|Erreur)\s?:\s?\d+")
# number-rows-repeated: what is beyond the largest sheet that exists is made up
_REPETITIONS_MAX = 1 << 24


def lire_ods(archive: Archive) -> Classeur:
    """Return the workbook, without its name. Raises FichierRefuse."""
    if b"encryption-data" in archive.petit("META-INF/manifest.xml"):
        raise FichierRefuse(PROTEGE)
    lecteur = LecteurOds()
    lecteur.lire(archive)
    refuser_sans_donnees(lecteur.feuilles, lecteur.trop_grandes, SANS_DONNEES)
    return Classeur(
        nom="",
        format="ods",
        feuilles=tuple(lecteur.feuilles),
        avertissements=(*lecteur.avertissements, *avertir(lecteur.feuilles, lecteur.trop_grandes)),
        proprietes=_proprietes(archive),
    )


def _proprietes(archive: Archive) -> dict[str, str]:
    if "meta.xml" not in archive:
        return {}
    proprietes: dict[str, str] = {}
    texte = Texte()
    nom = ""

    def propriete(attributs: Attributs) -> None:
        nonlocal nom
        nom = attributs.get(f"{_META} name", "")
        texte.vider()
        texte.ecouter()

    def fin() -> None:
        texte.taire()
        proprietes[nom] = nettoyer(texte.lu())
        if len(proprietes) > PROPRIETES_MAX:
            raise FichierRefuse(DEMESURE)

    parcourir(
        archive.blocs("meta.xml"),
        (_META,),
        debuts={"user-defined": propriete},
        fins={"user-defined": fin},
        texte=texte.ajouter,
    )
    return proprietes


class LecteurOds:
    """The reading of content.xml: all the sheets, one after the other."""

    def __init__(self) -> None:
        self.feuilles: list[Feuille] = []
        self.trop_grandes: list[str] = []
        self.avertissements: list[str] = []
        self._reserve = Reserve()
        self._styles_masques: set[str] = set()
        self._style = ""
        # the sheet that is open: None between two sheets, and in the rest of one that is too large
        self._grille: Grille | None = None
        self._ligne = 0
        self._repetition_ligne = 1
        self._masque_ligne = False
        self._colonne = 0
        self._colonne_declaree = 0
        self._cellule: Attributs | None = None
        self._couverte = False
        self._paragraphes = 0
        self._texte = Texte()

    def lire(self, archive: Archive) -> None:
        """Fill `feuilles`. Raises FichierRefuse for what is broken or beyond the limits of a workbook."""
        parcourir(
            archive.blocs("content.xml"),
            _ESPACES,
            debuts={
                "style": self._ouvrir_style,
                "table-properties": self._proprietes_de_table,
                "table": self._ouvrir_table,
                "table-source": self._ecarter_la_copie,
                "table-column": self._colonnes_declarees,
                "table-row": self._ouvrir_ligne,
                "table-cell": self._ouvrir_cellule,
                "covered-table-cell": self._ouvrir_cellule_couverte,
                "p": self._ouvrir_paragraphe,
                "s": self._espaces,
                "tab": lambda _: self._texte.ajouter("\t"),
                "line-break": lambda _: self._texte.ajouter("\n"),
            },
            fins={
                "table": self._fermer_table,
                "table-row": self._fermer_ligne,
                "table-cell": self._fermer_cellule,
                "covered-table-cell": self._fermer_cellule,
                "p": self._texte.taire,
            },
            texte=self._texte.ajouter,
            ignores=_IGNORES,
        )

    # -- Styles: which sheets are hidden -----------------------------------------------------------
    def _ouvrir_style(self, attributs: Attributs) -> None:
        self._style = attributs.get(f"{_STYLE} name", "")

    def _proprietes_de_table(self, attributs: Attributs) -> None:
        if attributs.get(f"{_TABLE} display") == "false":
            self._styles_masques.add(self._style)
            if len(self._styles_masques) > FEUILLES_MAX:
                raise FichierRefuse(DEMESURE)

    # -- Sheets ------------------------------------------------------------------------------------
    def _ouvrir_table(self, attributs: Attributs) -> None:
        if len(self.feuilles) + len(self.trop_grandes) >= FEUILLES_MAX:
            raise FichierRefuse(DEMESURE)
        self._grille = Grille(
            attributs.get(f"{_TABLE} name", "")[:100],
            self._reserve,
            masquee=attributs.get(f"{_TABLE} style-name", "") in self._styles_masques,
        )
        self._ligne = self._colonne = self._colonne_declaree = 0

    def _fermer_table(self) -> None:
        if self._grille is not None:
            self.feuilles.append(self._grille.feuille())
            self.avertissements += self._grille.avertissements
        self._grille = None

    def _ecarter_la_copie(self, _: Attributs) -> None:
        """A sheet with a source is what is kept of another file: it is not of this workbook."""
        self._grille = None
        if LIENS not in self.avertissements:
            self.avertissements.append(LIENS)

    def _colonnes_declarees(self, attributs: Attributs) -> None:
        nombre = _repetition(attributs, "number-columns-repeated")
        if self._grille is not None and attributs.get(f"{_TABLE} visibility", "visible") != "visible":
            fin = min(self._colonne_declaree + nombre, COLONNES_MAX)
            self._grille.colonnes_masquees.update(range(self._colonne_declaree, fin))
        self._colonne_declaree += nombre

    # -- Rows --------------------------------------------------------------------------------------
    def _ouvrir_ligne(self, attributs: Attributs) -> None:
        self._repetition_ligne = _repetition(attributs, "number-rows-repeated")
        self._masque_ligne = attributs.get(f"{_TABLE} visibility", "visible") != "visible"
        self._colonne = 0

    def _fermer_ligne(self) -> None:
        fin = self._ligne + self._repetition_ligne
        if self._grille is not None and self._masque_ligne:
            self._grille.lignes_masquees.update(range(self._ligne, min(fin, LIGNES_MAX)))
        self._ligne = fin

    # -- Cells -------------------------------------------------------------------------------------
    def _ouvrir_cellule(self, attributs: Attributs) -> None:
        self._cellule = attributs
        self._couverte = False
        self._paragraphes = 0
        self._texte.vider()

    def _ouvrir_cellule_couverte(self, attributs: Attributs) -> None:
        self._ouvrir_cellule(attributs)
        self._couverte = True

    def _ouvrir_paragraphe(self, _: Attributs) -> None:
        if self._cellule is not None:
            self._texte.ecouter()
            if self._paragraphes:
                self._texte.ajouter("\n")
            self._paragraphes += 1

    def _espaces(self, attributs: Attributs) -> None:
        nombre = attributs.get(f"{_TEXTE} c", "1")
        self._texte.ajouter(" " * (int(nombre) if nombre.isdecimal() and len(nombre) < 4 else 1))

    def _fermer_cellule(self) -> None:
        if self._cellule is None:
            raise FichierRefuse(ABIME)
        attributs, self._cellule = self._cellule, None
        repetition = _repetition(attributs, "number-columns-repeated")
        if self._grille is not None and not self._couverte:
            try:
                self._poser(self._grille, attributs, repetition)
            except FeuilleTropGrande as exces:
                self.trop_grandes.append(str(exces))
                self._grille = None
        self._colonne += repetition

    def _poser(self, grille: Grille, attributs: Attributs, repetition: int) -> None:
        affiche = self._texte.lu()
        formule = f"{_TABLE} formula" in attributs
        genre = attributs.get(f"{_OFFICE} value-type", "")
        erreur = _erreur(attributs, affiche, formule)
        valeur = None if erreur else _valeur(genre, attributs, affiche)
        if valeur is not None or erreur or formule:
            # the far end first: what repeats too far is refused before anything is unrolled
            for ligne in reversed(range(self._ligne, self._ligne + self._repetition_ligne)):
                for colonne in reversed(range(self._colonne, self._colonne + repetition)):
                    grille.poser(
                        ligne,
                        colonne,
                        valeur,
                        formule=formule,
                        calculee=bool(genre or affiche),
                        pourcentage=genre == "percentage",
                        erreur=erreur,
                    )
        self._fusionner(grille, attributs)

    def _fusionner(self, grille: Grille, attributs: Attributs) -> None:
        hauteur = _repetition(attributs, "number-rows-spanned")
        largeur = _repetition(attributs, "number-columns-spanned")
        if hauteur > 1 or largeur > 1:
            grille.fusionner(
                Plage(self._ligne, self._colonne, self._ligne + hauteur - 1, self._colonne + largeur - 1)
            )


def _repetition(attributs: Attributs, nom: str) -> int:
    """Return how many times something repeats. Raises FichierRefuse for what is no plausible number."""
    brut = attributs.get(f"{_TABLE} {nom}", "1")
    if not (brut.isascii() and brut.isdecimal() and len(brut) <= 8 and 1 <= int(brut) <= _REPETITIONS_MAX):
        raise FichierRefuse(ABIME)
    return int(brut)


def _erreur(attributs: Attributs, affiche: str, formule: bool) -> str:
    """Return the « #REF! » of a formula that failed, as it is shown; an empty text otherwise."""
    declaree = attributs.get(f"{_CALC} value-type") == "error"
    if declaree or (formule and _ERREUR.fullmatch(affiche.strip())):
        return affiche.strip()[:20] or "#N/A"
    return ""


def _valeur(genre: str, attributs: Attributs, affiche: str) -> Valeur:
    if genre in ("float", "percentage", "currency"):
        brut = attributs.get(f"{_OFFICE} value", "")
        nombre = nombre_exact(brut)
        return affiche if nombre is None else nombre
    if genre == "boolean":
        return attributs.get(f"{_OFFICE} boolean-value") == "true"
    if genre == "date":
        return _instant(attributs.get(f"{_OFFICE} date-value", ""), affiche)
    if genre == "time":
        return _heure(attributs.get(f"{_OFFICE} time-value", ""), affiche)
    return nettoyer(affiche or attributs.get(f"{_OFFICE} string-value", "")) or None


def _instant(iso: str, affiche: str) -> date | datetime | str:
    try:
        return instant_ou_jour(datetime.fromisoformat(iso).replace(tzinfo=None))
    except ValueError:
        return affiche


def _heure(duree: str, affiche: str) -> str:
    """Return « 14:30 » for « PT14H30M00S », as in an xlsx."""
    if lue := _DUREE.fullmatch(duree):
        heures, minutes, secondes = (int(groupe) for groupe in lue.groups())
        return f"{heures:02}:{minutes:02}:{secondes:02}" if secondes else f"{heures:02}:{minutes:02}"
    return affiche
