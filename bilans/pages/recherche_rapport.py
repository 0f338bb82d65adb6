"""The reports of a contract that an account may read, and a search through their words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from urllib.parse import quote, urlencode

from django.db.models import Prefetch
from django.utils.safestring import SafeString

from comptes.models import Utilisateur
from contrats.models import ContratVille
from documents.affichage import voir
from documents.calcul import Genre
from documents.prose import en_texte
from documents.rapport import (
    Annexe,
    Bloc,
    BlocChiffres,
    BlocGraphique,
    BlocImages,
    BlocTableau,
    BlocTexte,
)
from documents.rendu_rapport_html import valeur_lisible
from documents.tableau import Tableau

from ..models import RapportAnnuel, VersionRapport
from ..rapport.versions import VersionAlteree
from .lecture_rapport import Lecture, noms_des_lignes
from .lignes_annexe import numeroter
from .mots_cherches import lire_les_mots, surligner

RECHERCHE_MAX = 200
# Of one section, or of one annex: beyond, the page leads there.
PASSAGES_MONTRES = 4


@dataclass(frozen=True)
class RapportLisible:
    """A report of the list, and its versions that the account may read, the latest first."""

    rapport: RapportAnnuel
    versions: list[VersionRapport]


@dataclass(frozen=True)
class Passage:
    """A passage with the words looked for marked; a row of an annex has a name, and a place of its own."""

    extrait: SafeString
    nom: str = ""
    url: str = ""


@dataclass(frozen=True)
class Resultat:
    """The passages of a section or of an annex; `url` leads to all of them."""

    rapport: str
    section: str
    url: str
    passages: Sequence[Passage]

    @property
    def montres(self) -> Sequence[Passage]:
        """Those that the page shows."""
        return self.passages[:PASSAGES_MONTRES]

    @property
    def autres(self) -> int:
        """How many it does not."""
        return len(self.passages) - len(self.montres)


class PageRapports:
    """The reports of a contract that an account may read, with their versions; and a search through their words."""

    def __init__(self, contrat: ContratVille, utilisateur: Utilisateur, recherche: str) -> None:
        self.contrat, self.utilisateur = contrat, utilisateur
        self.recherche = recherche.strip()[:RECHERCHE_MAX]

    @cached_property
    def rapports(self) -> list[RapportLisible]:
        """The reports that have something to read, the newest first."""
        versions = (
            VersionRapport.objects.visibles_par(self.utilisateur).legeres().order_by("rapport", "-numero")
        )
        rapports = (
            RapportAnnuel.objects.visibles_par(self.utilisateur)
            .filter(contrat=self.contrat)
            .select_related("deliberation")
            .prefetch_related(Prefetch("versions", versions, to_attr="lisibles"))
            .order_by("-annee")
        )
        lisibles = (RapportLisible(rapport, getattr(rapport, "lisibles", [])) for rapport in rapports)
        return [lisible for lisible in lisibles if lisible.versions]

    @cached_property
    def resultats(self) -> list[Resultat]:
        """The sections and annexes of the latest version of each report where a passage holds every word."""
        mots = lire_les_mots(self.recherche)
        if not mots:
            return []
        trouves: list[Resultat] = []
        for version in self._dernieres():
            try:
                lecture = Lecture(version, self.utilisateur)
            except VersionAlteree:
                continue
            trouves += _chercher(lecture, mots, self.recherche)
        return trouves

    @property
    def nombre(self) -> int:
        """How many passages are found."""
        return sum(len(resultat.passages) for resultat in self.resultats)

    def _dernieres(self) -> list[VersionRapport]:
        """Return the latest version of each report, in one query."""
        cles = [lisible.versions[0].pk for lisible in self.rapports]
        versions = VersionRapport.objects.filter(pk__in=cles).select_related("rapport")
        trouvees = list(versions.order_by("-rapport__annee"))
        for version in trouvees:
            version.rapport.contrat = self.contrat
        return trouvees


# -- Searching -------------------------------------------------------------------------------------
def _chercher(lecture: Lecture, mots: Sequence[str], recherche: str) -> Iterator[Resultat]:
    """Yield the sections, then the annexes, that hold the words."""
    rapport = f"Rapport {lecture.contenu.annee}"
    for section in lecture.contenu.sections:
        url = f"{lecture.adresses.version}#{quote(section.code)}"
        textes = dict.fromkeys(chain([section.titre], *map(_textes_du_bloc, section.blocs)))
        passages = [Passage(extrait) for texte in textes if (extrait := surligner(texte, mots))]
        if passages:
            yield Resultat(rapport, section.titre, url, passages)
    for annexe in lecture.contenu.annexes:
        url = lecture.adresses.annexe(annexe.code)
        if passages := list(_lignes_trouvees(annexe, url, mots)):
            yield Resultat(rapport, annexe.tableau.titre, f"{url}?{urlencode({'q': recherche})}", passages)


def _lignes_trouvees(annexe: Annexe, url: str, mots: Sequence[str]) -> Iterator[Passage]:
    """Yield the rows that hold the words, among their own and the title of their group."""
    vue = voir(annexe.tableau)
    rangees = (rangee for rangee in vue.rangees if rangee.genre == Genre.LIGNE)
    noms = iter(noms_des_lignes(annexe.tableau))
    for groupe in numeroter(annexe.tableau):
        for ligne in groupe.lignes:
            rangee, nom = next(rangees), next(noms)
            textes = [vue.texte(i, rangee).replace("\n", " ") for i in range(len(annexe.tableau.colonnes))]
            if groupe.groupe.titre not in textes:
                textes.insert(0, groupe.groupe.titre)
            if extrait := surligner(" · ".join(texte for texte in textes if texte), mots):
                yield Passage(extrait, nom, f"{url}?ligne={ligne.numero}#{ligne.ancre}")


def _textes_du_bloc(bloc: Bloc) -> Iterator[str]:
    match bloc:
        case BlocTexte():
            yield from en_texte(bloc.texte).splitlines()
        case BlocChiffres():
            yield from (f"{valeur_lisible(c, c.valeur)} {c.libelle}. {c.definition}" for c in bloc.chiffres)
        case BlocTableau():
            yield from _textes_du_tableau(bloc.tableau)
        case BlocGraphique():
            yield f"{bloc.graphique.titre}. {bloc.graphique.sous_titre}"
            if bloc.tableau:
                yield from _textes_du_tableau(bloc.tableau)
        case BlocImages():
            yield from (image.description for image in bloc.images)


def _textes_du_tableau(tableau: Tableau) -> Iterator[str]:
    """Yield the title, then the words of each row: what is searched is read on one line."""
    vue = voir(tableau)
    yield tableau.titre
    for rangee in vue.rangees:
        if rangee.genre == Genre.LIGNE:
            textes = (vue.texte(i, rangee) for i in range(len(tableau.colonnes)))
            yield " · ".join(texte.replace("\n", " ") for texte in textes if texte)
