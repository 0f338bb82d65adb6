"""Who and what a contract already knows, by every name that a table may give it: read once, asked without a query."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from actions.models import Campagne
from contrats.models import AliasTerritoire, Axe, Territoire
from documents.normalisation import normaliser
from financements.models import Financeur
from porteurs.doublons import compacter, ressemblants
from porteurs.models import AliasPorteur, Porteur

from .valeurs import Registre

# A name of one short word is the beginning of too many others.
DEBUT_MINIMAL = 4
PROPOSES_MAX = 5
# What separates several names in one cell, the surest first.
SEPARATEURS = (r"\s*[;\n]\s*", r"\s+/\s+", r"\s*/\s*", r"\s*,\s*", r"\s+(?:et|&|\+)\s+")
# What a funder is, from the words of its column.
TYPES_FINANCEURS = (
    (Financeur.Type.ETAT, r"etat|anct|prefecture|cget|acse|p ?147|ddets|drac|ars|dreets"),
    (Financeur.Type.REGION, r"region|conseil regional"),
    (Financeur.Type.DEPARTEMENT, r"departement|conseil departemental|conseil general|cd ?\d\d|cg ?\d\d"),
    (Financeur.Type.EPCI, r"agglo\w*|communaute|metropole|epci|intercommunalite|ca|cc|cu"),
    (Financeur.Type.COMMUNE, r"mairie|ville|commune|municipalite"),
    (Financeur.Type.ORGANISME_SOCIAL, r"caf|cpam|msa|carsat"),
    (Financeur.Type.EUROPE, r"europe|fse|feder|fse\+"),
    (Financeur.Type.BAILLEUR, r"bailleurs?|oph|habitat"),
    (Financeur.Type.PRIVE, r"fondation|mecenat|mecene|prive"),
)


@dataclass(frozen=True)
class PorteurConnu:
    """A porteur as it is looked for."""

    pk: int
    cle: str
    nom: str
    type: str
    parent: int | None

    @property
    def structure(self) -> int:
        """The key of the structure that counts: the parent, or itself."""
        return self.parent or self.pk


class Referentiel:
    """The porteurs, territories, axes, dispositifs, thématiques and funders of a contract."""

    def __init__(self, campagne: Campagne, registre: Registre) -> None:
        self.campagne = campagne
        self.registre = registre
        self._proches: dict[str, list[PorteurConnu]] = {}

    # -- Porteurs ----------------------------------------------------------------------------------
    @cached_property
    def porteurs(self) -> dict[int, PorteurConnu]:
        siens = Porteur.objects.filter(epci=self.campagne.contrat.epci_id).order_by("nom_normalise")
        return {
            pk: PorteurConnu(pk, cle, nom, type_, parent)
            for pk, cle, nom, type_, parent in siens.values_list("pk", "cle", "nom", "type", "parent_id")
        }

    @cached_property
    def porteurs_par_cle(self) -> dict[str, PorteurConnu]:
        return {porteur.cle: porteur for porteur in self.porteurs.values()}

    @cached_property
    def _porteurs_par_nom(self) -> dict[str, int]:
        """Every name that means one porteur: its own, then its aliases, then its sigle when it is alone to have it."""
        siens = Porteur.objects.filter(epci=self.campagne.contrat.epci_id).order_by("pk")
        sigles: dict[str, list[int]] = defaultdict(list)
        noms: dict[str, int] = {}
        for pk, nom, sigle in siens.values_list("pk", "nom", "sigle"):
            noms[normaliser(nom)] = pk
            if sigle:
                sigles[normaliser(sigle)].append(pk)
        alias = AliasPorteur.objects.filter(epci=self.campagne.contrat.epci_id).order_by("pk")
        for libelle, pk in alias.values_list("libelle_normalise", "porteur_id"):
            noms.setdefault(libelle, pk)
        for sigle, cles in sigles.items():
            if len(cles) == 1:
                noms.setdefault(sigle, cles[0])
        return noms

    @cached_property
    def _porteurs_compacts(self) -> dict[str, set[int]]:
        compacts: dict[str, set[int]] = defaultdict(set)
        for nom, pk in self._porteurs_par_nom.items():
            compacts[compacter(nom)].add(pk)
        return compacts

    @cached_property
    def _porteurs_par_siret(self) -> dict[str, int]:
        siens = Porteur.objects.filter(epci=self.campagne.contrat.epci_id).exclude(siret="").order_by("pk")
        return dict(siens.values_list("siret", "pk"))

    def porteur(self, nom: str, siret: str = "") -> PorteurConnu | None:
        """Return the porteur that this name means, or that has this SIRET; None when it is not known for sure.

        Accents, case, spaces and hyphens aside, a name is the porteur's own, one of its other names, or its sigle.
        """
        pk = self._porteurs_par_nom.get(normaliser(nom))
        if pk is None:
            compacts = self._porteurs_compacts.get(compacter(nom), set())
            pk = next(iter(compacts)) if len(compacts) == 1 else None
        if pk is None and siret:
            pk = self._porteurs_par_siret.get(siret)
        return self.porteurs[pk] if pk is not None else None

    @cached_property
    def _mots_des_porteurs(self) -> list[tuple[list[str], int]]:
        return [(_mots(nom), pk) for nom, pk in self._porteurs_par_nom.items()]

    def porteurs_proches(self, nom: str) -> list[PorteurConnu]:
        """Return the porteurs that this name probably means, the likeliest first: to be asked, never assumed."""
        cle = normaliser(nom)
        if cle not in self._proches:
            pks = [self._porteurs_par_nom[n] for n in ressemblants(nom, self._porteurs_par_nom)]
            mots = _mots(nom)
            pks += [pk for siens, pk in self._mots_des_porteurs if _commence(mots, siens)]
            self._proches[cle] = [self.porteurs[pk] for pk in dict.fromkeys(pks)][:PROPOSES_MAX]
        return self._proches[cle]

    def mere(self, nom: str) -> PorteurConnu | None:
        """Return the structure that a name puts first, before a hyphen: « VILLE - DCESS » → the Ville."""
        debut, tiret, _ = re.sub("[–—]", "-", nom).partition("-")
        connue = self.porteur(debut) if tiret else None
        return connue if connue is not None and connue.parent is None else None

    # -- Territories -------------------------------------------------------------------------------
    @cached_property
    def territoires(self) -> dict[str, int]:
        """The territories by every name: own, code, alias."""
        noms: dict[str, int] = {}
        siens = Territoire.objects.filter(contrat=self.campagne.contrat_id).order_by("pk")
        for pk, nom, code in siens.values_list("pk", "nom", "code"):
            noms[normaliser(nom)] = pk
            noms.setdefault(normaliser(re.sub(r"(?i)^(qpv|quartier)s?\s+(?:de |du |des |d')?", "", nom)), pk)
            if code:
                noms[normaliser(code)] = pk
        alias = AliasTerritoire.objects.filter(contrat=self.campagne.contrat_id).order_by("pk")
        for libelle, pk in alias.values_list("libelle_normalise", "territoire_id"):
            noms.setdefault(libelle, pk)
        return noms

    # -- Axes --------------------------------------------------------------------------------------
    @cached_property
    def _axes(self) -> dict[tuple[int | None, str], list[Axe]]:
        """The axes by parent and name or code, normalised; None as parent finds them wherever they are."""
        index: dict[tuple[int | None, str], list[Axe]] = defaultdict(list)
        for axe in self.registre.axes.values():
            textes = (axe.libelle, axe.code, f"{axe.code} {axe.libelle}")
            for nom in {forme for texte in textes for forme in _formes(texte)}:
                index[axe.parent_id or 0, nom].append(axe)
                index[None, nom].append(axe)
        return index

    def axe(self, textes: Iterable[str]) -> Axe | None:
        """Return the axe that labels or codes name, from the first level down; None when one of them is not known."""
        trouve: Axe | None = None
        for rang, texte in enumerate(textes):
            parent = trouve.pk if trouve is not None else (0 if rang else None)
            # As it is written first: « SPORT /Culture » and « SPORT / culture » may be two of the contract's.
            trouvees = (self._axes.get((parent, forme), []) for forme in _formes(texte))
            possibles = next((axes for axes in trouvees if axes), [])
            if rang == 0 and len(possibles) > 1:
                possibles = [axe for axe in possibles if axe.niveau == 1]
            if len(possibles) != 1:
                return None
            trouve = possibles[0]
        return trouve

    # -- Nomenclatures -----------------------------------------------------------------------------
    @cached_property
    def dispositifs(self) -> dict[str, str]:
        return _par_nom(self.registre.dispositifs)

    @cached_property
    def thematiques(self) -> dict[str, str]:
        return _par_nom(self.registre.thematiques)

    def dispositif_du_texte(self, texte: str, intitule: str) -> str | None:
        """Return the code of the dispositif that a row itself names; None when it names none.

        The beginning of the text decides before that of the title: « Ecole B (dont QE) » is the title of two rows of
        Bagnols, of which one text begins with « QUARTIERS D'ÉTÉ » and the other with « CONTRAT DE VILLE ».
        """
        debut = _singuliers(texte[:200])
        for code, libelle in self.registre.dispositifs.items():
            nom = _singuliers(re.sub(r"\(.*?\)", "", libelle))
            if len(nom.split()) > 1 and re.match(rf"{re.escape(nom)}(?![a-z])", debut):
                return code
        titre = normaliser(intitule)
        for code in self.registre.dispositifs:
            if re.match(rf"{re.escape(normaliser(code))}(?![a-z0-9])", titre):
                return code
        return None

    # -- Funders -----------------------------------------------------------------------------------
    @cached_property
    def _financeurs(self) -> dict[str, int]:
        noms: dict[str, int] = {}
        for financeur in self.registre.financeurs.values():
            for nom in (financeur.sigle, financeur.nom, financeur.reference_dauphin):
                if nom:
                    noms.setdefault(compacter(nom), financeur.pk)
        return noms

    def financeur(self, libelle: str) -> Financeur | None:
        """Return the funder that a header or a cell names; None when it is not known for sure."""
        pk = self._financeurs.get(compacter(libelle))
        return self.registre.financeurs[pk] if pk is not None else None

    def financeurs_proches(self, libelle: str) -> list[Financeur]:
        """Return the funders that a label may mean: of the same kind, or that resemble it."""
        type_ = type_du_financeur(libelle)
        tous = self.registre.financeurs.values()
        semblables = set(ressemblants(libelle, [f.nom for f in tous] + [f.sigle for f in tous]))
        return [
            financeur
            for financeur in tous
            if {financeur.nom, financeur.sigle} & semblables
            or (type_ != Financeur.Type.AUTRE and financeur.type == type_)
        ]


def _formes(texte: str) -> tuple[str, ...]:
    """Return a text as it is compared, from the strictest to the loosest."""
    return texte.strip(), normaliser(texte), compacter(texte)


def type_du_financeur(libelle: str) -> Financeur.Type:
    """Return what a funder is, as far as its label says."""
    plat = normaliser(libelle)
    for type_, motif in TYPES_FINANCEURS:
        if re.search(rf"(?<![a-z])(?:{motif})(?![a-z])", plat):
            return type_
    return Financeur.Type.AUTRE


def decouper(texte: str) -> list[str]:
    """Return the names that a cell gives, separated by the surest separator that it has; itself when it has none."""
    for separateur in SEPARATEURS:
        morceaux = [morceau.strip() for morceau in re.split(separateur, texte) if morceau.strip()]
        if len(morceaux) > 1:
            return morceaux
    return [texte.strip()]


def _par_nom(nomenclature: dict[str, str]) -> dict[str, str]:
    """Return the codes by every name: code, label, label without its sigle in brackets, that sigle."""
    noms: dict[str, str] = {}
    for code, libelle in nomenclature.items():
        noms[compacter(code)] = code
        noms.setdefault(compacter(libelle), code)
        noms.setdefault(compacter(re.sub(r"\(.*?\)", "", libelle)), code)
        for sigle in re.findall(r"\((.*?)\)", libelle):
            noms.setdefault(compacter(sigle), code)
    return noms


def _singuliers(texte: str) -> str:
    return re.sub(r"\b(\w{3,})s\b", r"\1", normaliser(texte).lstrip("«\"' "))


def _mots(nom: str) -> list[str]:
    return re.findall(r"\w+", normaliser(nom))


def _commence(mots: list[str], autres: list[str]) -> bool:
    """Whether one name is the other followed by more words: « UFOLEP » and « UFOLEP QE »."""
    court, long = sorted((mots, autres), key=len)
    return bool(court) and len("".join(court)) >= DEBUT_MINIMAL and long[: len(court)] == court
