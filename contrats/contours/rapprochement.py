"""Which feature of a file is which territory: by code, by name in the same commune, else by hand; never a guess."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import cos, hypot, radians
from typing import Any

from contrats.models import AliasTerritoire, ContratVille, Territoire
from documents import INSECABLE, nombre
from documents.graphiques_contours import compter, polygones, simplifier
from documents.normalisation import normaliser

from .lecture import Element, FichierRefuse, lire

# What is kept of an outline: enough for a map of the width of a page, little enough for its drawing to be light.
POINTS_GARDES = 500
# Beyond, reducing an outline would hold the page.
POINTS_ELEMENT_MAX = 50_000
POINTS_FICHIER_MAX = 300_000
# A file of that many features is looked at whole; of a longer one, only what concerns the contract.
ELEMENTS_MONTRES = 40
ELEMENTS_RETENUS_MAX = 120
# Territories of one contract are in one intercommunality.
LOIN_KM = 100
KM_PAR_DEGRE = 111.195

TROP_D_ELEMENTS = (
    f"Plus de {ELEMENTS_RETENUS_MAX} éléments de ce fichier concernent le contrat : ne gardez que ses territoires, "
    "puis déposez-le à nouveau."
)
TROP_DETAILLE = (
    "Les contours de ce fichier sont trop détaillés pour être réduits ici : simplifiez-les dans le logiciel qui les a "
    "produits, ou ne gardez que les territoires du contrat."
)
RIEN_POUR_LE_CONTRAT = (
    "Aucun élément de ce fichier ne correspond au contrat : ni par le code ou le nom d'un territoire, ni par la "
    "commune. Vérifiez que c'est le bon fichier."
)


@dataclass(frozen=True)
class ContourLu:
    """An outline that can be given to a territory: how the file names it, its geometry with few points."""

    nom: str
    code: str
    commune: str
    geometrie: dict[str, Any]
    # in the file; in what would be written
    points_lus: int
    points: int
    # the territory that it is (pk), None when a person must say; why, in words
    territoire: int | None
    motif: str
    alerte: str = ""


@dataclass(frozen=True)
class Ecarte:
    """A feature that concerns the contract and cannot be drawn: its name, and the sentence that says why."""

    nom: str
    faute: str


@dataclass
class Rapprochement:
    """What a file would change: the outlines to give, what is wrong with others, what was passed over."""

    contours: list[ContourLu] = field(default_factory=list)
    ecartes: list[Ecarte] = field(default_factory=list)
    # features of the file; those that do not concern the contract
    elements: int = 0
    ailleurs: int = 0
    alerte: str = ""


def rapprocher(contrat: ContratVille, octets: bytes) -> Rapprochement:
    """Return what a file would bring to the territories of a contract, in five queries. Raises FichierRefuse."""
    reconnaitre = Reconnaissance(contrat)
    resultat = Rapprochement()
    retenus: list[tuple[Element, Proposition]] = []
    autres: list[tuple[Element, Proposition]] = []
    for element in lire(octets):
        resultat.elements += 1
        proposition = reconnaitre(element)
        if proposition.concerne:
            retenus.append((element, proposition))
        elif len(autres) <= ELEMENTS_MONTRES:
            autres.append((element, proposition))
        if len(retenus) > ELEMENTS_RETENUS_MAX:
            raise FichierRefuse(TROP_D_ELEMENTS)
    if resultat.elements <= ELEMENTS_MONTRES:
        retenus = sorted([*retenus, *autres], key=lambda paire: paire[0].rang)
    resultat.ailleurs = resultat.elements - len(retenus)
    if not retenus:
        raise FichierRefuse(RIEN_POUR_LE_CONTRAT)
    _remplir(resultat, sans_doublons(retenus))
    resultat.alerte = _trop_loin(resultat.contours)
    return resultat


# -- Recognising -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Proposition:
    """What a feature seems to be: the territories (pk) that it may be, how surely, whether it concerns the contract."""

    territoires: tuple[int, ...] = ()
    par_code: bool = False
    concerne: bool = False
    motif: str = ""


class Reconnaissance:
    """Says of a feature which territory of the contract it is."""

    def __init__(self, contrat: ContratVille) -> None:
        self.territoires = list(contrat.territoires.select_related("commune").order_by("pk"))
        self.noms: dict[int, set[str]] = {t.pk: {normaliser(t.nom)} for t in self.territoires}
        for alias in AliasTerritoire.objects.filter(contrat=contrat).order_by("pk"):
            self.noms[alias.territoire_id].add(alias.libelle_normalise)
        communes = [*contrat.communes.all(), *(t.commune for t in self.territoires if t.commune)]
        self.codes_communes = {commune.code_insee for commune in communes}
        self.noms_communes = {normaliser(commune.nom) for commune in communes}

    def __call__(self, element: Element) -> Proposition:
        """Return what a feature seems to be."""
        par_code = [t.pk for t in self.territoires if element.code and element.code == code_de(t)]
        if par_code:
            return Proposition(tuple(par_code), par_code=True, concerne=True, motif="même code")
        nom = normaliser(element.nom)
        par_nom = [
            t.pk
            for t in self.territoires
            if nom and nom in self.noms[t.pk] and peut_etre(element, t) and self._au_meme_endroit(element, t)
        ]
        if par_nom:
            return Proposition(tuple(par_nom), concerne=True, motif="même nom")
        proche = bool(
            self.codes_communes & element.codes_communes
            or self.noms_communes & element.noms_communes
            or element.code in self.codes_communes
        )
        return Proposition(concerne=proche)

    def _au_meme_endroit(self, element: Element, territoire: Territoire) -> bool:
        """Whether a name is that of this place: « Centre-Ville » is the name of thirty QPV."""
        if territoire.commune:
            codes, noms = {territoire.commune.code_insee}, {normaliser(territoire.commune.nom)}
        else:
            codes, noms = self.codes_communes, self.noms_communes
        if element.codes_communes:
            return not codes or bool(codes & element.codes_communes)
        return not element.noms_communes or not noms or bool(noms & element.noms_communes)


def code_de(territoire: Territoire) -> str:
    """Return the code that a file would give a territory: that of the QPV, or of the commune; empty without."""
    if territoire.type == Territoire.Type.COMMUNE:
        return territoire.commune.code_insee if territoire.commune else ""
    return territoire.code


def peut_etre(element: Element, territoire: Territoire) -> bool:
    """Whether the code of a feature lets it be a territory of the same name: another kind or generation does not."""
    if element.est_un_qpv:
        if territoire.type != Territoire.Type.QPV or territoire.code:
            return False
        generation = territoire.generation_id
        return generation is None or (generation == "2024") == element.code.startswith("QN")
    if element.est_une_commune:
        # one with a code was recognised by it, or is another
        return territoire.type == Territoire.Type.COMMUNE and territoire.commune_id is None
    return True


def sans_doublons(retenus: Sequence[tuple[Element, Proposition]]) -> list[tuple[Element, Proposition]]:
    """Return the features, each one territory at most, and the reverse: a code wins over a name, doubt over both."""
    codes = Counter(t for _, p in retenus if p.par_code for t in p.territoires)
    noms = Counter(t for _, p in retenus if not p.par_code for t in p.territoires)
    uniques = []
    for element, proposition in retenus:
        siens = proposition.territoires
        if not proposition.par_code:
            siens = tuple(t for t in siens if not codes[t])
        compte = codes if proposition.par_code else noms
        if len(siens) == 1 and compte[siens[0]] == 1:
            uniques.append((element, proposition))
        elif siens:
            uniques.append((element, Proposition(concerne=True, motif="plusieurs réponses possibles")))
        else:
            uniques.append((element, Proposition(concerne=proposition.concerne)))
    return uniques


# -- Outlines --------------------------------------------------------------------------------------
def _remplir(resultat: Rapprochement, retenus: Iterable[tuple[Element, Proposition]]) -> None:
    total = 0
    for element, proposition in retenus:
        try:
            lus = polygones(element.geometrie, element.designation)
        except ValueError as erreur:
            resultat.ecartes.append(Ecarte(element.designation, _faute(erreur, element)))
            continue
        points_lus = compter(lus)
        total += points_lus
        if points_lus > POINTS_ELEMENT_MAX or total > POINTS_FICHIER_MAX:
            raise FichierRefuse(TROP_DETAILLE)
        allege = simplifier(lus, POINTS_GARDES)
        resultat.contours.append(
            ContourLu(
                nom=element.nom,
                code=element.code,
                commune=element.commune,
                geometrie=allege.geometrie,
                points_lus=points_lus,
                points=allege.points,
                territoire=proposition.territoires[0] if proposition.territoires else None,
                motif=proposition.motif,
                alerte=_se_croise(allege.croisement),
            )
        )


def _faute(erreur: ValueError, element: Element) -> str:
    point = isinstance(element.geometrie, dict) and element.geometrie.get("type") == "Point"
    suite = " Le fichier donne un point, et non un contour." if point else ""
    return f"{erreur}{suite}"


def _se_croise(point: tuple[float, float] | None) -> str:
    if point is None:
        return ""
    longitude, latitude = (str(round(valeur, 4)).replace(".", ",") for valeur in point)
    return (
        f"Ce contour se coupe lui-même près de la longitude {longitude}, latitude {latitude}{INSECABLE}: regardez son "
        f"dessin avant de le charger."
    )


def _trop_loin(contours: Sequence[ContourLu]) -> str:
    """Return a sentence when two recognised outlines are far from one another; empty otherwise."""
    reconnus = [(c.nom, _un_point(c.geometrie)) for c in contours if c.territoire]
    for (nom, (xa, ya)), (autre, (xb, yb)) in combinations(reconnus, 2):
        km = KM_PAR_DEGRE * hypot((xa - xb) * cos(radians(ya)), ya - yb)
        if km > LOIN_KM:
            return (
                f"«{INSECABLE}{nom}{INSECABLE}» et «{INSECABLE}{autre}{INSECABLE}» sont à "
                f"{nombre(round(km))}{INSECABLE}km l'un de l'autre{INSECABLE}: vérifiez que ce sont "
                "bien les territoires du contrat."
            )
    return ""


def _un_point(geometrie: dict[str, Any]) -> tuple[float, float]:
    valeur = geometrie["coordinates"]
    while isinstance(valeur[0], list):
        valeur = valeur[0]
    return valeur[0], valeur[1]
