"""An annex of a frozen version, on pages of its own: found, sorted, cut; totals are always those of all its rows.

A row is known by its place in the annex as it was frozen: « ?ligne=312#ligne-312 » finds its page in any order.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from operator import itemgetter
from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.http import Http404, QueryDict
from django.utils.safestring import SafeString

from comptes.templatetags.typographie import insecables, nombre, pluriel
from documents.affichage import voir
from documents.calcul import Genre, Rangee, Valeur
from documents.normalisation import normaliser
from documents.rendu_html import LienDeColonne, fragment_de_la_vue
from documents.tableau import NUMERIQUES, Tableau, TypeColonne

from .adresse import avec, en_tetes, lire_tris
from .lecture_rapport import Lecture
from .lignes_annexe import GroupeAnnexe, LigneAnnexe, noms_de, numeroter
from .mots_cherches import contient, lire_les_mots

# Beyond, a page takes too long to be read, and a phone to lay it out.
LIGNES_PAR_PAGE = 100
RECHERCHE_MAX = 200


class PageAnnexe:
    """A page of an annex, in the order and with the rows of `criteres`. Raises Http404 for another code."""

    def __init__(self, lecture: Lecture, code: str, criteres: QueryDict) -> None:
        trouvee = next((a for a in lecture.contenu.annexes if a.code == code), None)
        if trouvee is None:
            raise Http404
        self.lecture, self.tableau, self.criteres = lecture, trouvee.tableau, criteres
        self.recherche = criteres.get("q", "").strip()[:RECHERCHE_MAX]
        self.seulement = criteres.get("seulement", "").strip()[:RECHERCHE_MAX]
        self.tous = numeroter(self.tableau)
        self.total = sum(len(groupe.lignes) for groupe in self.tous)

    # -- What is shown ---------------------------------------------------------------------------
    @cached_property
    def groupes(self) -> list[GroupeAnnexe]:
        """The rows that are found, in the order asked for, group by group."""
        mots, seulement = lire_les_mots(self.recherche), normaliser(self.seulement)
        if not (mots or seulement):
            retenus = self.tous
        else:
            retenus = [_retenir(self.tableau, groupe, mots, seulement) for groupe in self.tous]
        return [
            replace(groupe, lignes=_trier(self.tableau, groupe.lignes, self.tris))
            for groupe in retenus
            if groupe.lignes
        ]

    @cached_property
    def lignes(self) -> list[LigneAnnexe]:
        """The same, one after the other."""
        return [ligne for groupe in self.groupes for ligne in groupe.lignes]

    @cached_property
    def page(self) -> Page[LigneAnnexe]:
        """The page asked for, else that of the row asked for, else the first one."""
        pages = Paginator(self.lignes, LIGNES_PAR_PAGE)
        try:
            return pages.page(self.criteres.get("page") or self._page_de_la_ligne())
        except (PageNotAnInteger, EmptyPage):
            return pages.page(1)

    def _page_de_la_ligne(self) -> int:
        voulue = self.criteres.get("ligne", "")
        rangs = (rang for rang, ligne in enumerate(self.lignes) if str(ligne.numero) == voulue)
        return next(rangs, 0) // LIGNES_PAR_PAGE + 1

    @property
    def filtree(self) -> bool:
        """Whether rows are left out."""
        return len(self.lignes) != self.total

    @property
    def phrase(self) -> str:
        """« Lignes 101 à 200 sur 612. », « 3 lignes sur 41. »"""
        trouvees = len(self.lignes)
        if self.page.has_other_pages():
            debut, fin = self.page.start_index(), self.page.end_index()
            phrase = f"Lignes {nombre(debut)} à {nombre(fin)} sur {nombre(trouvees)}"
            return insecables(f"{phrase}. Les totaux comptent les {nombre(trouvees)} lignes.")
        lignes = pluriel(trouvees, "ligne,lignes,aucune ligne").capitalize()
        return f"{lignes} sur {nombre(self.total)}." if self.filtree else f"{lignes}."

    @cached_property
    def html(self) -> SafeString:
        """The rows of the page, each header leading to the same rows in its order."""
        vue = voir(self._tableau_trouve())
        tranche = tuple(_trancher(vue.rangees, self.page.start_index(), self.page.end_index()))
        ancres = [ligne.ancre for ligne in self.page.object_list]
        return fragment_de_la_vue(
            replace(vue, rangees=list(tranche)), liens=self._liens(), ancres=ancres, cartes=True
        )

    def _tableau_trouve(self) -> Tableau:
        """Return the table of the rows that are found; its totals say that they are not those of the annex."""
        suite = ", lignes trouvées" if self.filtree else ""
        groupes = tuple(
            replace(
                lu.groupe,
                lignes=[ligne.ligne for ligne in lu.lignes],
                sous_total=lu.groupe.sous_total and f"{lu.groupe.sous_total}{suite}",
            )
            for lu in self.groupes
        )
        total = self.tableau.total and f"{self.tableau.total}{suite}"
        return replace(self.tableau, groupes=groupes, total=total, vide="Aucune ligne ne dit cela.")

    # -- Order and filters -------------------------------------------------------------------------
    @cached_property
    def _triables(self) -> list[str]:
        return [c.cle for c in self.tableau.colonnes if c.type != TypeColonne.LISTE]

    @cached_property
    def tris(self) -> list[tuple[str, bool]]:
        """The order asked for: columns, and whether the largest comes first."""
        return lire_tris(self.criteres, self._triables)[0]

    def _liens(self) -> dict[str, LienDeColonne]:
        chiffres = [c.cle for c in self.tableau.colonnes if c.type in NUMERIQUES]
        return {
            cle: LienDeColonne(
                tete.url, ("descending" if tete.decroissant else "ascending") if tete.rang == 1 else ""
            )
            for cle, tete in en_tetes(self._sans_la_ligne(), self.tris, self._triables, chiffres).items()
        }

    def _sans_la_ligne(self) -> QueryDict:
        """Return what is asked for but a row: another order begins with its first page."""
        autres = self.criteres.copy()
        autres.pop("ligne", None)
        return autres

    @property
    def choix(self) -> list[str]:
        """What rows can be chosen by: the titles of the groups, and what a figure led to; empty for a single group."""
        titres = [groupe.groupe.titre for groupe in self.tous if groupe.groupe.titre]
        if len(titres) < 2 and not self.seulement:
            return []
        connus = {normaliser(titre) for titre in titres}
        ailleurs = [self.seulement] if self.seulement and normaliser(self.seulement) not in connus else []
        return [*ailleurs, *titres]

    @property
    def choisi(self) -> str:
        """The one of `choix` that is asked for."""
        return next((mots for mots in self.choix if normaliser(mots) == normaliser(self.seulement)), "")

    @property
    def url_tout(self) -> str:
        """The address of the whole annex, in the same order."""
        return avec(self._sans_la_ligne(), q=None, seulement=None)

    @property
    def tri(self) -> str:
        """The order, as the address says it: a search keeps it."""
        return self.criteres.get("tri", "")


# -- Rows ------------------------------------------------------------------------------------------
def _retenir(tableau: Tableau, lu: GroupeAnnexe, mots: Sequence[str], seulement: str) -> GroupeAnnexe:
    """Return the group with the rows that hold the words and, when it is asked for, that exact value."""
    titre = normaliser(lu.groupe.titre)
    lignes: Iterable[LigneAnnexe] = lu.lignes
    if seulement and titre != seulement:
        lignes = [ligne for ligne in lignes if seulement in map(normaliser, noms_de(tableau, ligne.cellules))]
    if mots:
        lignes = [ligne for ligne in lignes if contient(f"{titre} {_texte(ligne.cellules)}", mots)]
    return replace(lu, lignes=list(lignes))


def _texte(cellules: Sequence[Valeur]) -> str:
    textes = (" ".join(v) if isinstance(v, tuple) else v for v in cellules if isinstance(v, str | tuple))
    return normaliser(" ".join(textes))


def _trier(
    tableau: Tableau, lignes: list[LigneAnnexe], tris: Sequence[tuple[str, bool]]
) -> list[LigneAnnexe]:
    """Return the rows of a group in that order; the blank ones come last both ways."""
    rangs = {colonne.cle: rang for rang, colonne in enumerate(tableau.colonnes)}
    for cle, decroissant in reversed(tris):
        lues = [(_comparable(ligne.cellules[rangs[cle]]), ligne) for ligne in lignes]
        connues = [lue for lue in lues if lue[0] not in (None, "")]
        vides = [ligne for valeur, ligne in lues if valeur in (None, "")]
        connues.sort(key=itemgetter(0), reverse=decroissant)
        lignes = [ligne for _, ligne in connues] + vides
    return lignes


def _comparable(valeur: Any) -> Any:
    return normaliser(valeur) if isinstance(valeur, str) else valeur


def _trancher(rangees: Iterable[Rangee], debut: int, fin: int) -> Iterator[Rangee]:
    """Yield the lines from the `debut`th to the `fin`th, under the title of their group; and every total of the whole.

    A group that began on another page says so; its subtotal stands where it ends.
    """
    rang, titre, commence, ligne_montree = 0, None, 0, False
    for rangee in rangees:
        match rangee.genre:
            case Genre.GROUPE:
                titre, commence = rangee, rang + 1
            case Genre.LIGNE:
                rang += 1
                ligne_montree = debut <= rang <= fin
                if not ligne_montree:
                    continue
                if titre is not None:
                    suite = " (suite)" if commence < debut else ""
                    yield replace(titre, libelle=f"{titre.libelle}{suite}")
                    titre = None
                yield rangee
            case Genre.SOUS_TOTAL:
                if ligne_montree:
                    yield rangee
            case _:
                yield rangee
