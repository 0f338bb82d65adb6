"""The key figures of a structure on three exercises: what is typed, what is computed, and each one's share.

Amounts in euros (Decimal), None for unknown; shares in hundredths of the total of their side. A total is computed
from its parts, never typed (document 003 prints empty boxes for them).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from documents import additionner

CENT = Decimal(100)
# The code of an exercise, how it is called, and the year counted from that of the fiche.
EXERCICES: Mapping[str, tuple[str, int]] = {
    "prevu": ("Budget prévisionnel", 1),
    "encours": ("Perspectives d'atterrissage", 0),
    "definitif": ("Résultat définitif", -1),
}
PRODUITS = {
    "subventions": "Subventions",
    "recettes_propres": "Recettes propres",
    "autres_recettes": "Autres recettes",
    "reprises": "Reprises de provisions et transferts de charges",
}
DONT = {"subvention_collectivite": "dont subvention de fonctionnement de la collectivité"}
CHARGES = {
    "masse_salariale": "Masse salariale, charges sociales et fiscales comprises",
    "charges_externes": "Charges externes",
    "autres_charges": "Autres charges",
    "dotations": "Dotations aux amortissements et provisions",
}
SIGNES = {
    "resultat_exceptionnel": "Résultat exceptionnel et financier",
    "fonds_associatifs": "Total des fonds associatifs",
}
# What is typed, in the order of the page.
SAISIS: Mapping[str, str] = {
    "subventions": PRODUITS["subventions"],
    **DONT,
    **{code: PRODUITS[code] for code in ("recettes_propres", "autres_recettes", "reprises")},
    **CHARGES,
    **SIGNES,
}
# What each computed amount is made of, among what is typed.
PARTIES: Mapping[str, tuple[str, ...]] = {
    "produits": tuple(PRODUITS),
    "charges": tuple(CHARGES),
    "resultat_exploitation": (*PRODUITS, *CHARGES),
    "resultat_net": (*PRODUITS, *CHARGES, "resultat_exceptionnel"),
}
TOTAL, DETAIL, SOUS, RESULTAT = "total", "detail", "dont", "resultat"
Cle = tuple[str, str]


@dataclass(frozen=True)
class Montant:
    """An amount of one exercise, and its share of the total of its side when it has one."""

    exercice: str
    valeur: Decimal | None
    part: Decimal | None
    # Computed without an amount that cannot be read.
    partiel: bool = False


@dataclass(frozen=True)
class LigneChiffre:
    """A row: its code, its words, what it is (total, detail, « dont », result), its amounts by exercise."""

    code: str
    libelle: str
    nature: str
    montants: tuple[Montant, ...]

    @property
    def saisie(self) -> bool:
        """Whether its amounts are typed."""
        return self.code in SAISIS


class ChiffresClefs:
    """The figures of a fiche, from what is typed: `valeurs` gives an amount by (code, exercise).

    `illisibles` are the amounts typed in a way that cannot be read: what is computed leaves them out, and says so.
    """

    def __init__(
        self, valeurs: Mapping[Cle, Decimal | None], illisibles: Collection[Cle] = frozenset()
    ) -> None:
        self._valeurs, self._illisibles = valeurs, illisibles

    def montant(self, code: str, exercice: str) -> Decimal | None:
        """Return an amount, typed or computed; None when nothing that makes it is known."""
        if code == "produits":
            return additionner(self.montant(partie, exercice) for partie in PRODUITS)
        if code == "charges":
            return additionner(self.montant(partie, exercice) for partie in CHARGES)
        if code == "resultat_exploitation":
            produits, charges = self.montant("produits", exercice), self.montant("charges", exercice)
            return None if produits is None or charges is None else produits - charges
        if code == "resultat_net":
            exploitation = self.montant("resultat_exploitation", exercice)
            exceptionnel = self.montant("resultat_exceptionnel", exercice)
            return None if exploitation is None else exploitation + (exceptionnel or Decimal(0))
        return self._valeurs.get((code, exercice))

    def partiel(self, code: str, exercice: str) -> bool:
        """Return whether an amount is computed without one that cannot be read."""
        return any((partie, exercice) in self._illisibles for partie in PARTIES.get(code, ()))

    def part(self, code: str, exercice: str) -> Decimal | None:
        """Return the share of an amount in its side, in hundredths, not rounded; None for a result."""
        cote = "produits" if code in {*PRODUITS, *DONT, "produits"} else "charges"
        if code not in {*PRODUITS, *DONT, *CHARGES, "produits", "charges"}:
            return None
        valeur, total = self.montant(code, exercice), self.montant(cote, exercice)
        return None if valeur is None or not total else valeur * CENT / total

    def lignes(self) -> list[LigneChiffre]:
        """Return the fifteen rows of the table, in the order of the document."""
        return [
            LigneChiffre(
                code,
                libelle,
                nature,
                tuple(
                    Montant(
                        exercice,
                        self.montant(code, exercice),
                        self.part(code, exercice),
                        self.partiel(code, exercice),
                    )
                    for exercice in EXERCICES
                ),
            )
            for code, libelle, nature in _ordre()
        ]

    def contradictions(self) -> Iterator[tuple[str, str, Decimal, Decimal]]:
        """Give (code, exercise, part, whole) of each « dont » that exceeds what it is a part of."""
        for exercice in EXERCICES:
            partie = self.montant("subvention_collectivite", exercice)
            tout = self.montant("subventions", exercice)
            if partie is not None and tout is not None and partie > tout:
                yield "subvention_collectivite", exercice, partie, tout


def _ordre() -> Iterator[tuple[str, str, str]]:
    yield "produits", "Total des produits", TOTAL
    for code, libelle in PRODUITS.items():
        yield code, libelle, DETAIL
        if code == "subventions":
            for partie, mots in DONT.items():
                yield partie, mots, SOUS
    yield "charges", "Total des charges", TOTAL
    for code, libelle in CHARGES.items():
        yield code, libelle, DETAIL
    yield "resultat_exploitation", "Résultat d'exploitation", RESULTAT
    yield "resultat_exceptionnel", SIGNES["resultat_exceptionnel"], RESULTAT
    yield "resultat_net", "Résultat net", RESULTAT
    yield "fonds_associatifs", SIGNES["fonds_associatifs"], RESULTAT


def nom_du_chiffre(code: str, exercice: str) -> str:
    """Return the name of the field of an amount: « chiffre_subventions_encours »."""
    return f"chiffre_{code}_{exercice}"


def titre_de_l_exercice(exercice: str, annee: int) -> str:
    """Return « Budget prévisionnel 2026 » for the fiche of 2025."""
    titre, decalage = EXERCICES[exercice]
    return f"{titre} {annee + decalage}"
