"""The totals that a table prints, beside those of its rows, with the explanation of the gap when it is found."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from comptes.templatetags.typographie import insecables, pluriel
from documents.formats import montant, nombre, pourcentage
from documents.tableurs.modele import Valeur
from documents.tableurs.valeurs import Entier, Montant, lire_entier, lire_montant
from financements.models import TotalControle

from . import champs
from .annonces import LIBELLES_ANNONCES
from .champs import lire_effectif
from .lignes import LigneLue, NatureLigne
from .structure import Colonne, Structure

Nature = TotalControle.Nature
# Rows named in an explanation; beyond, their number is enough.
CITEES_MAX = 6


@dataclass
class Imprime:
    """A total that the table prints: what it is of, where, how much (euros, points or people)."""

    nature: str
    libelle: str
    valeur: Decimal
    cellule: str
    # key of the column that it totals, label of the funder, structure whose subtotal it is
    cle: str
    financeur: str = ""
    structure: str = ""
    # labels of the axe whose subtotal it is, from the first level down
    axe: list[str] = field(default_factory=list)
    general: bool = False
    # whether Pilotis can say of whom it is, and of which rows, and so keep it; else it is only compared
    garde: bool = True
    situe: bool = True
    # the rows that it covers, when they are not all those of the table
    lignes: list[int] = field(default_factory=list)

    def en_json(self) -> dict[str, Any]:
        """Return it as the row of the import keeps it."""
        return {**vars(self), "valeur": format(self.valeur, "f")}


@dataclass
class RangeeChiffree:
    """A row of action by its figures: amounts by column, printed total, people, structure."""

    numero: int
    structure: str
    montants: Mapping[str, Decimal]
    cellules: Mapping[str, str]
    total: Decimal | None
    nombres: Mapping[str, int]
    # labels of its axe, from the first level down
    axes: tuple[str, ...] = ()
    dans_le_total: frozenset[str] = field(default_factory=frozenset)

    @property
    def somme(self) -> Decimal:
        """The sum of what its funders of the total give."""
        return sum((euros for cle, euros in self.montants.items() if cle in self.dans_le_total), Decimal(0))


def lire_imprimes(ligne: LigneLue, structure: Structure) -> list[Imprime]:
    """Return the totals that a row of totals prints, one a cell; none for a row of another kind."""
    if ligne.nature == NatureLigne.PARTS:
        return _lire_parts(ligne, structure)
    if ligne.nature not in (NatureLigne.TOTAL, NatureLigne.SOUS_TOTAL, NatureLigne.ORPHELINE):
        return []
    imprimes = []
    sous_total = ligne.nature == NatureLigne.SOUS_TOTAL
    mot = "Sous-total" if sous_total else "Total"
    for cle, valeur in ligne.valeurs.items():
        colonne = structure.colonne(cle)
        if colonne is None:
            continue
        nature, lu = _chiffre(colonne, valeur)
        if lu is None:
            continue
        libelle = _libelle(mot, colonne, ligne.nature)
        imprimes.append(
            Imprime(
                nature,
                libelle,
                lu,
                ligne.cellules.get(cle, ""),
                cle,
                financeur=colonne.financeur,
                general=not sous_total and colonne.champ == champs.TOTAL_LIGNE,
                garde=nature != Nature.EFFECTIF or _est_l_ensemble(colonne),
            )
        )
    return imprimes


def _est_l_ensemble(colonne: Colonne) -> bool:
    """Whether a column of people counts all of them: a total of women, or of an age, is that of no one else."""
    effectif = lire_effectif(colonne.champ)
    return effectif is not None and (effectif.sexe, effectif.age_min, effectif.age_max) == ("T", None, None)


def situer(imprime: Imprime, bloc: Sequence[RangeeChiffree], rangees: Sequence[RangeeChiffree]) -> None:
    """Say what a subtotal of the rows of `bloc` is of: a structure or an axe that has no other row, or the table.

    One of rows that nothing names is not kept: with no name, it would pass for the total of the year.
    """
    imprime.situe, imprime.structure, imprime.axe, imprime.lignes = bool(bloc), "", [], []
    if not bloc:
        return
    dehors = [rangee for rangee in rangees if rangee not in bloc]
    structures = {rangee.structure for rangee in bloc}
    if len(structures) == 1 and all(rangee.structure not in structures for rangee in dehors):
        imprime.structure = bloc[0].structure
    elif axe := _axe_du_bloc(bloc, dehors):
        imprime.axe = list(axe)
    else:
        imprime.situe = not dehors
    if dehors:
        imprime.lignes = [rangee.numero for rangee in bloc]


def _axe_du_bloc(bloc: Sequence[RangeeChiffree], dehors: Sequence[RangeeChiffree]) -> tuple[str, ...]:
    """Return the labels of the axe that these rows, and no other, are of; empty when there is none."""
    for niveaux in range(1, len(bloc[0].axes) + 1):
        axe = bloc[0].axes[:niveaux]
        communs = all(rangee.axes[:niveaux] == axe for rangee in bloc)
        if communs and all(rangee.axes[:niveaux] != axe for rangee in dehors):
            return axe
    return ()


def _libelle(mot: str, colonne: Colonne, nature: NatureLigne) -> str:
    if nature == NatureLigne.ORPHELINE:
        return f"Nombre isolé sous « {_titre(colonne)} »"
    if colonne.champ in (champs.TOTAL_LIGNE, champs.SOUS_TOTAL):
        return _titre(colonne) if mot == "Total" and colonne.titre else mot
    return f"{mot} {_titre(colonne)}"


def _titre(colonne: Colonne) -> str:
    return (colonne.financeur or colonne.titre or "colonne sans titre")[:150]


def _chiffre(colonne: Colonne, valeur: Valeur) -> tuple[str, Decimal | None]:
    if colonne.est_montant or colonne.champ in (champs.TOTAL_LIGNE, champs.SOUS_TOTAL):
        lu = lire_montant(valeur)
        return Nature.MONTANT, lu.valeur if isinstance(lu, Montant) else None
    if lire_effectif(colonne.champ) is not None:
        compte = lire_entier(valeur)
        return Nature.EFFECTIF, Decimal(compte.valeur) if isinstance(compte, Entier) else None
    return "", None


def _lire_parts(ligne: LigneLue, structure: Structure) -> list[Imprime]:
    imprimes = []
    for cle, valeur in ligne.valeurs.items():
        colonne = structure.colonne(cle)
        part = _part(valeur)
        if colonne is not None and colonne.est_montant and part is not None:
            imprimes.append(
                Imprime(
                    Nature.PART,
                    f"Part {_titre(colonne)}",
                    part,
                    ligne.cellules.get(cle, ""),
                    cle,
                    financeur=colonne.financeur,
                )
            )
    return imprimes


def _part(valeur: Valeur) -> Decimal | None:
    """Return a share in points: 0.47 and « 47 % » are 47."""
    if isinstance(valeur, bool) or not isinstance(valeur, int | Decimal):
        texte = str(valeur).replace("%", "").replace(",", ".").strip()
        return Decimal(texte) if texte.replace(".", "", 1).isdecimal() else None
    return Decimal(valeur) * 100 if valeur <= 1 else Decimal(valeur)


# -- Comparing -------------------------------------------------------------------------------------
@dataclass
class Comparaison:
    """Compares printed totals with the rows of the table, and explains the gaps that can be."""

    rangees: Sequence[RangeeChiffree]
    colonnes: Mapping[str, Colonne]

    def comparer(self, imprimes: Iterable[tuple[Imprime, Sequence[RangeeChiffree]]]) -> list[dict[str, Any]]:
        """Return each printed total beside the sum of the rows that it is of, in words."""
        liste = list(imprimes)
        lignes = [self._comparer(imprime, siennes) for imprime, siennes in liste]
        return [*lignes, *self._entre_eux([imprime for imprime, _ in liste])]

    def _comparer(self, imprime: Imprime, rangees: Sequence[RangeeChiffree]) -> dict[str, Any]:
        calcule = self._calculer(imprime, rangees)
        ecart = imprime.valeur - calcule if calcule is not None else None
        explication = ""
        if ecart and imprime.nature == Nature.MONTANT:
            explication = self._expliquer(ecart, imprime, rangees)
        if not (imprime.garde and imprime.situe):
            explication = f"{explication} {_non_garde(imprime)}".strip()
        return _ligne(
            imprime.nature, imprime.libelle, imprime.valeur, calcule, ecart, explication, imprime.cellule
        )

    def _calculer(self, imprime: Imprime, rangees: Sequence[RangeeChiffree]) -> Decimal | None:
        if not rangees:
            return None
        if imprime.nature == Nature.EFFECTIF:
            return Decimal(sum(rangee.nombres.get(imprime.cle, 0) for rangee in rangees))
        if imprime.nature == Nature.PART:
            total = sum((rangee.somme for rangee in rangees), Decimal(0))
            sienne = sum((rangee.montants.get(imprime.cle, Decimal(0)) for rangee in rangees), Decimal(0))
            return (100 * sienne / total).quantize(Decimal("0.1")) if total else None
        if imprime.financeur:
            return sum((rangee.montants.get(imprime.cle, Decimal(0)) for rangee in rangees), Decimal(0))
        return sum((rangee.somme for rangee in rangees), Decimal(0))

    def _expliquer(self, ecart: Decimal, imprime: Imprime, rangees: Sequence[RangeeChiffree]) -> str:
        """Return the sentence that explains a gap to the euro; empty when none does."""
        if not imprime.financeur:
            sans_total = [r for r in rangees if r.total is None and r.somme]
            if sans_total and sum((r.somme for r in sans_total), Decimal(0)) == -ecart:
                return f"C'est exactement la somme {_des_lignes_sans_total(sans_total)}."
        for rangee in rangees:
            if rangee.somme and rangee.somme == -ecart and not imprime.financeur:
                return f"C'est exactement le montant de la ligne {rangee.numero}."
        for rangee in rangees:
            for cle, euros in rangee.montants.items():
                voulue = not imprime.financeur or cle == imprime.cle
                if euros and euros == -ecart and voulue:
                    qui = _titre(self.colonnes[cle])
                    ou = rangee.cellules.get(cle, "")
                    return f"C'est exactement ce que donne {qui} à la ligne {rangee.numero} ({ou})."
        return ""

    def _entre_eux(self, imprimes: Sequence[Imprime]) -> list[dict[str, Any]]:
        """Compare the printed totals with one another: the general total with those of the funders, shares with 100."""
        generaux = [i for i in imprimes if i.general and i.nature == Nature.MONTANT]
        des_financeurs = [
            i
            for i in imprimes
            if i.financeur and i.nature == Nature.MONTANT and i.libelle.startswith("Total ")
        ]
        dans_le_total = {cle for rangee in self.rangees for cle in rangee.dans_le_total}
        somme = sum((i.valeur for i in des_financeurs if i.cle in dans_le_total), Decimal(0))
        lignes = []
        for general in generaux:
            if des_financeurs and somme != general.valeur:
                explication = self._expliquer(general.valeur - somme, general, self.rangees)
                libelle = f"{general.libelle}, et la somme des totaux imprimés des financeurs"
                lignes.append(
                    _ligne(
                        Nature.MONTANT,
                        libelle,
                        general.valeur,
                        somme,
                        general.valeur - somme,
                        explication,
                        general.cellule,
                    )
                )
        parts = [i for i in imprimes if i.nature == Nature.PART]
        if parts and sum((i.valeur for i in parts), Decimal(0)) != 100:
            explication = self._expliquer_les_parts(parts, generaux, somme)
            total = sum((i.valeur for i in parts), Decimal(0))
            lignes.append(
                _ligne(
                    Nature.PART,
                    "Somme des parts imprimées",
                    total,
                    Decimal(100),
                    total - 100,
                    explication,
                    parts[0].cellule,
                )
            )
        return lignes

    def _expliquer_les_parts(
        self, parts: Sequence[Imprime], generaux: Sequence[Imprime], somme: Decimal
    ) -> str:
        """Say that the shares divide by a total that leaves rows out, when that is why they do not add to 100."""
        ecart = sum((i.valeur for i in parts), Decimal(0)) - 100
        if abs(ecart) <= Decimal("0.5") * len(parts):
            return "L'arrondi de chaque part suffit à l'expliquer."
        for general in generaux:
            if general.valeur and somme != general.valeur:
                reelle = (100 * somme / general.valeur).quantize(Decimal(1))
                if abs(reelle - 100 - ecart) <= 1:
                    manque = self._expliquer(general.valeur - somme, general, self.rangees)
                    return (
                        f"Les parts divisent par {general.libelle} imprimé ({montant(general.valeur)}), qui laisse "
                        f"de côté {montant(somme - general.valeur)}. {manque}".strip()
                    )
        return ""


def _non_garde(imprime: Imprime) -> str:
    """Say that a total is compared here and nowhere else, and of which rows it is."""
    if not imprime.lignes:
        return "Comparé ici, non gardé."
    premiere, derniere = imprime.lignes[0], imprime.lignes[-1]
    if premiere == derniere:
        return f"Il porte sur la ligne {premiere} : comparé ici, non gardé."
    return f"Il porte sur les lignes {premiere} à {derniere} : comparé ici, non gardé."


def _des_lignes_sans_total(rangees: Sequence[RangeeChiffree]) -> str:
    numeros = ", ".join(str(rangee.numero) for rangee in rangees[:CITEES_MAX])
    if len(rangees) == 1:
        return f"de la ligne {numeros}, qui n'a pas de total imprimé"
    combien = pluriel(len(rangees), "ligne,lignes")
    detail = f" ({numeros})" if len(rangees) <= CITEES_MAX else ""
    return f"des {combien} sans total imprimé{detail}"


def _ligne(
    nature: str,
    libelle: str,
    imprime: Decimal,
    calcule: Decimal | None,
    ecart: Decimal | None,
    explication: str,
    cellule: str,
) -> dict[str, Any]:
    dire = {Nature.PART.value: pourcentage, Nature.EFFECTIF.value: nombre}.get(nature, montant)
    return {
        "libelle": insecables(libelle),
        "imprime": dire(imprime),
        "calcule": dire(calcule) if calcule is not None else "",
        "ecart": dire(ecart) if ecart else "",
        "explication": insecables(explication),
        "cellule": cellule,
    }


def comparer_les_annonces(
    annonces: Iterable[Mapping[str, str]], rangees: Sequence[RangeeChiffree]
) -> list[dict[str, Any]]:
    """Return the numbers of actions and of structures that texts announce of the year beside those of the table."""
    presents = {
        Nature.ACTIONS.value: len(rangees),
        Nature.STRUCTURES.value: len({rangee.structure for rangee in rangees}),
    }
    lignes = []
    for annonce in annonces:
        if annonce["porteur"] or annonce["nature"] not in presents:
            continue
        valeur, compte = Decimal(annonce["valeur"]), Decimal(presents[annonce["nature"]])
        libelle = LIBELLES_ANNONCES[annonce["nature"]]
        lignes.append(
            _ligne(Nature.EFFECTIF.value, libelle, valeur, compte, valeur - compte, "", annonce["cellule"])
        )
    return lignes


def par_structure(rangees: Iterable[RangeeChiffree]) -> dict[str, list[RangeeChiffree]]:
    """Return the rows by structure, a service counting as its parent."""
    groupes: dict[str, list[RangeeChiffree]] = defaultdict(list)
    for rangee in rangees:
        groupes[rangee.structure].append(rangee)
    return groupes
