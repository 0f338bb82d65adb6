"""The workbook of a report: a summary whose formulas follow the annexes, a sheet a table, definitions, sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from xlsxwriter.utility import quote_sheetname

from documents.calcul import Valeur, typer
from documents.formats import INSECABLE, a_des_centimes
from documents.graphiques import tableau_du_graphique
from documents.prose import en_texte
from documents.rapport import BlocChiffres, BlocGraphique, BlocTableau, Chiffre, Rapport
from documents.rendu_rapport_html import capitale, pied_de_page, titre_complet
from documents.rendu_xlsx import (
    CORPS,
    ENCRE,
    ENTIER,
    EUROS,
    EUROS_CENTIMES,
    FILET,
    JOUR,
    POURCENT,
    TEXTE_MAX,
    FeuilleTableau,
    Onglet,
    nom_de_feuille,
    ouvrir_classeur,
)
from documents.tableau import Colonne, Tableau, TypeColonne
from documents.texte import nettoyer

SYNTHESE = "Synthèse"
SUITE = " […] La suite est dans le PDF."
LARGEURS = (52, 18, 18, 46, 60)
# characters that a line of the last two columns holds; the height of a line, in points
PAR_LIGNE = (50, 66)
INTERLIGNE = 12.75


def rapport_en_xlsx(rapport: Rapport) -> bytes:
    """Return the workbook: « Synthèse », one sheet an annex, one a table of the body, definitions, sources.

    A key figure that is the total of an annex is a formula, and so is every total of the annexes; their values are
    written too, for who does not compute. A text that no cell holds is cut, and says so: what is frozen cannot be
    shortened. Raises ErreurRendu when a table has too many rows for Excel.
    """
    sortie = BytesIO()
    with ouvrir_classeur(sortie) as classeur:
        classeur.set_properties(_proprietes(rapport))
        synthese = _Synthese(classeur, rapport)
        annexes = {
            annexe.code: _ecrire_tableau(classeur, annexe.tableau, f"A{rang}")
            for rang, annexe in enumerate(rapport.annexes, start=1)
        }
        for rang, tableau in enumerate(_tableaux_du_corps(rapport), start=1):
            _ecrire_tableau(classeur, tableau, f"T{rang}")
        _Textes(classeur, "Définitions", ("Terme", "Définition")).ecrire(
            [(definition.terme, en_texte(definition.texte)) for definition in rapport.definitions]
        )
        _Textes(classeur, "Sources", ("N°", "Source")).ecrire(
            [(str(rang), source) for rang, source in enumerate(rapport.sources, start=1)]
        )
        synthese.ecrire(annexes)
    return sortie.getvalue()


def _proprietes(rapport: Rapport) -> dict[str, Any]:
    cree_le = rapport.cree_le.replace(tzinfo=None) if rapport.cree_le else datetime.now()
    return {
        "title": titre_complet(rapport),
        "subject": nettoyer(rapport.sous_titre),
        "author": nettoyer(rapport.collectivite),
        "created": cree_le,
    }


def _ecrire_tableau(classeur: Any, tableau: Tableau, prefixe: str) -> FeuilleTableau:
    feuille = _FeuilleDuRapport(classeur, tableau, nom_de_feuille(f"{prefixe} {tableau.nom}"))
    feuille.ecrire()
    return feuille


class _FeuilleDuRapport(FeuilleTableau):
    """A sheet of a table, the texts that are too long for a cell cut at a word."""

    def _texte(self, ligne: int, indice: int, texte: str, forme: Any) -> None:
        if len(texte) > TEXTE_MAX:
            texte = f"{texte[: TEXTE_MAX - len(SUITE)].rsplit(' ', 1)[0]}{SUITE}"
        super()._texte(ligne, indice, texte, forme)


def _tableaux_du_corps(rapport: Rapport) -> Iterator[Tableau]:
    for section in rapport.sections:
        for bloc in section.blocs:
            if isinstance(bloc, BlocTableau):
                yield bloc.tableau
            elif isinstance(bloc, BlocGraphique):
                yield bloc.tableau or tableau_du_graphique(bloc.graphique)


class _Page:
    """A sheet of ours, written from top to bottom."""

    def __init__(self, classeur: Any, nom: str) -> None:
        self.classeur = classeur
        self.feuille = classeur.add_worksheet(nom, worksheet_class=Onglet)
        self.ligne = 0
        self.formats: dict[tuple[Any, ...], Any] = {}

    def format(self, **attributs: Any) -> Any:
        """Return the format with these attributes, created once."""
        cle = tuple(sorted(attributs.items()))
        if cle not in self.formats:
            base = {"font_size": CORPS, "valign": "top", "font_color": ENCRE}
            self.formats[cle] = self.classeur.add_format({**base, **attributs})
        return self.formats[cle]

    def texte(self, colonne: int, texte: str, **attributs: Any) -> None:
        """Write a text, never a formula; a cell without one when it is empty."""
        forme = self.format(**attributs)
        if propre := nettoyer(texte)[:TEXTE_MAX]:
            self.feuille.write_string(self.ligne, colonne, propre, forme)
        else:
            self.feuille.write_blank(self.ligne, colonne, None, forme)

    def entete(self, titres: Sequence[str]) -> None:
        """Write the header of the sheet; a year stands over figures, on the right."""
        for rang, titre in enumerate(titres):
            cote = "right" if titre.isdecimal() else "left"
            self.texte(
                rang,
                titre,
                bold=True,
                bg_color="#EDEAE2",
                bottom=1,
                bottom_color=ENCRE,
                text_wrap=True,
                align=cote,
            )
        self.ligne += 1

    def imprimer(self, largeurs: Sequence[float], pied: str) -> None:
        """Set the widths of the columns and the paper: A4 landscape, one page wide."""
        for rang, largeur in enumerate(largeurs):
            self.feuille.set_column(rang, rang, largeur)
        self.feuille.set_landscape()
        self.feuille.set_paper(9)
        self.feuille.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
        self.feuille.fit_to_pages(1, 0)
        self.feuille.hide_gridlines(2)
        self.feuille.set_footer(f"&L&8{pied[:200].replace('&', '&&')}&R&8page &P / &N")


class _Textes(_Page):
    """A sheet of two columns of text."""

    def __init__(self, classeur: Any, nom: str, entetes: Sequence[str]) -> None:
        super().__init__(classeur, nom)
        self.nom = nom
        self.entetes = entetes

    def ecrire(self, lignes: Sequence[tuple[str, str]]) -> None:
        """Write the header then the lines."""
        self.entete(self.entetes)
        self.feuille.freeze_panes(1, 0)
        self.feuille.repeat_rows(0)
        for gauche, droite in lignes:
            hauteur = sum(-(-max(len(morceau), 1) // 110) for morceau in droite.split("\n"))
            if hauteur > 1:
                self.feuille.set_row(self.ligne, min(hauteur * INTERLIGNE + 2, 409))
            self.texte(0, gauche, bold=True, bottom=1, bottom_color=FILET, text_wrap=True)
            self.texte(1, droite, bottom=1, bottom_color=FILET, text_wrap=True)
            self.ligne += 1
        self.imprimer((34, 110), self.nom)


class _Synthese(_Page):
    """The first sheet. It stands before the annexes and is written after them: their totals are known then."""

    def __init__(self, classeur: Any, rapport: Rapport) -> None:
        super().__init__(classeur, SYNTHESE)
        self.rapport = rapport

    def ecrire(self, annexes: dict[str, FeuilleTableau]) -> None:
        """Write the key figures with what they rest on, then the totals of each annex."""
        self._titres()
        debut = self.ligne
        self.entete(
            ("Chiffre", str(self.rapport.annee), str(self.rapport.annee - 1), "Repose sur", "Définition")
        )
        self.feuille.freeze_panes(debut + 1, 1)
        self.feuille.repeat_rows(debut)
        for section in self.rapport.sections:
            chiffres = [
                chiffre
                for bloc in section.blocs
                if isinstance(bloc, BlocChiffres)
                for chiffre in bloc.chiffres
            ]
            if chiffres:
                self._bandeau(section.titre)
            for chiffre in chiffres:
                self._chiffre(chiffre, annexes)
        for feuille in annexes.values():
            self._totaux(feuille)
        self.imprimer(LARGEURS, pied_de_page(self.rapport))

    def _titres(self) -> None:
        self.feuille.set_row(0, 24)
        self.texte(0, titre_complet(self.rapport), bold=True, font_size=16)
        self.ligne = 1
        for texte in (self.rapport.sous_titre, self.rapport.etat, *self.rapport.mentions):
            if texte:
                self.texte(0, texte)
                self.ligne += 1
        self.ligne += 1

    def _bandeau(self, titre: str, adresse: str = "") -> None:
        attributs = {"bold": True, "bg_color": "#F4F2EC", "bottom": 1, "bottom_color": FILET}
        for rang in range(len(LARGEURS)):
            self.feuille.write_blank(self.ligne, rang, None, self.format(**attributs))
        if adresse:
            self.feuille.write_url(
                self.ligne, 0, f"internal:{adresse}", self.format(**attributs, underline=1), titre
            )
        else:
            self.texte(0, titre, **attributs)
        self.ligne += 1

    def _chiffre(self, chiffre: Chiffre, annexes: dict[str, FeuilleTableau]) -> None:
        textes = (capitale(chiffre.repose_sur), capitale(chiffre.definition))
        hauteur = max(-(-len(texte) // place) for texte, place in zip(textes, PAR_LIGNE, strict=True))
        if hauteur > 1:
            self.feuille.set_row(self.ligne, hauteur * INTERLIGNE + 2)
        self.texte(0, capitale(chiffre.libelle), bottom=1, bottom_color=FILET, text_wrap=True)
        self._valeur(1, chiffre.type, _typer(chiffre.type, chiffre.valeur), _formule(chiffre, annexes))
        self._valeur(2, chiffre.type, _typer(chiffre.type, chiffre.avant))
        for rang, texte in enumerate(textes, start=3):
            self.texte(rang, texte, bottom=1, bottom_color=FILET, text_wrap=True, indent=1)
        self.ligne += 1

    def _totaux(self, feuille: FeuilleTableau) -> None:
        if not feuille.totaux:
            return
        onglet = quote_sheetname(feuille.nom)
        self._bandeau(f"Totaux de l'annexe «{INSECABLE}{feuille.nom}{INSECABLE}»", f"{onglet}!A1")
        for colonne in feuille.tableau.colonnes:
            if colonne.cle in feuille.totaux:
                cellule, valeur = feuille.totaux[colonne.cle]
                self.texte(0, _intitule(colonne), bottom=1, bottom_color=FILET, text_wrap=True)
                self._valeur(1, colonne.type, valeur, f"={onglet}!{cellule}")
                self.ligne += 1

    def _valeur(self, colonne: int, type_: TypeColonne, valeur: Valeur, formule: str = "") -> None:
        forme = self.format(bottom=1, bottom_color=FILET, align="right", num_format=_format_de(type_, valeur))
        if formule:
            self.feuille.write_formula(self.ligne, colonne, formule, forme, "" if valeur is None else valeur)
        elif valeur is None:
            self.texte(
                colonne, "non connu" if colonne == 1 else "", bottom=1, bottom_color=FILET, align="right"
            )
        elif isinstance(valeur, date):
            self.feuille.write_datetime(self.ligne, colonne, valeur, forme)
        elif isinstance(valeur, int | Decimal):
            points = type_ == TypeColonne.POURCENTAGE
            self.feuille.write_number(self.ligne, colonne, valeur / Decimal(100) if points else valeur, forme)


def _typer(type_: TypeColonne, valeur: Any) -> Valeur:
    return typer(Colonne(cle="valeur", titre="", type=type_), valeur)


def _formule(chiffre: Chiffre, annexes: dict[str, FeuilleTableau]) -> str:
    """Return the formula of a figure that is the total of an annex, "" when there is no such total, or another one."""
    annexe, cle = chiffre.somme_de or ("", "")
    feuille = annexes.get(annexe)
    cellule, total = feuille.totaux.get(cle, ("", None)) if feuille else ("", None)
    if not feuille or not cellule or total != _typer(chiffre.type, chiffre.valeur):
        return ""
    return f"={quote_sheetname(feuille.nom)}!{cellule}"


def _intitule(colonne: Colonne) -> str:
    return " – ".join(nettoyer(morceau) for morceau in (colonne.groupe, colonne.titre) if morceau)


def _format_de(type_: TypeColonne, valeur: Valeur) -> str:
    if type_ == TypeColonne.MONTANT:
        return EUROS_CENTIMES if isinstance(valeur, Decimal) and a_des_centimes(valeur) else EUROS
    return {TypeColonne.POURCENTAGE: POURCENT, TypeColonne.DATE: JOUR}.get(type_, ENTIER)
