"""What the blocks share: a table of the body, a sentence, the columns of money."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from comptes.templatetags.typographie import date_longue
from documents import INSECABLE, Colonne, Groupe, Tableau, TypeColonne
from documents.graphiques import Carte, Graphique
from documents.rapport import Bloc, BlocGraphique, BlocTableau, BlocTexte

from ..donnees import Donnees, LigneLue, NatureCredit, sommer_par

# What a chart shows at most; the others are brought together.
BARRES = 12
NATURES: dict[str, str] = {
    NatureCredit.SPECIFIQUE: "Crédits spécifiques",
    NatureCredit.DROIT_COMMUN: "Droit commun",
    NatureCredit.AUTRE_PUBLIC: "Autre public",
    NatureCredit.PRIVE: "Privé",
    NatureCredit.AUTOFINANCEMENT: "Autofinancement",
    NatureCredit.VALORISATION: "Contribution en nature",
    NatureCredit.NON_PRECISEE: "Nature non précisée",
}


def dire(code: str, texte: str) -> list[Bloc]:
    """Return a block that is a sentence alone: why there is nothing to show."""
    return [BlocTexte(code=code, texte=texte)]


def bloc_tableau(
    code: str,
    titre: str,
    colonnes: Iterable[Colonne],
    groupes: Sequence[Groupe],
    *,
    total: str = "",
    vide: str = "Aucune ligne.",
    notes: Sequence[str] = (),
    adresses: Sequence[str] = (),
    repose_sur: str = "",
    sous_titre: str = "",
) -> BlocTableau:
    """Return a table of the body of the report; the titles of its groups are shown when there are several."""
    tableau = Tableau(
        titre=titre,
        nom=titre,
        sous_titre=sous_titre,
        colonnes=tuple(colonnes),
        groupes=tuple(groupes),
        afficher_titres_groupes=any(groupe.titre for groupe in groupes),
        total=total,
        vide=vide,
        notes=tuple(note for note in notes if note),
        date_edition=None,
        paysage=False,
    )
    return BlocTableau(
        code=code,
        tableau=tableau,
        adresses=tuple(adresses) if any(adresses) else (),
        repose_sur=repose_sur,
    )


def dessine(graphique: Graphique | Carte | None, tableau: BlocTableau) -> list[Bloc]:
    """Return a chart doubled by its whole table, under the code of the table; the table alone without a chart."""
    if graphique is None:
        return [tableau]
    return [
        BlocGraphique(
            code=tableau.code,
            graphique=graphique,
            tableau=tableau.tableau,
            adresses=tableau.adresses,
            repose_sur=tableau.repose_sur,
        )
    ]


def source(donnees: Donnees, quoi: str) -> str:
    """Return « Source : montants accordés, au 20 novembre 2026 »."""
    return f"Source{INSECABLE}: {quoi}, au {date_longue(donnees.jour)}"


def regrouper(paires: Sequence[tuple[str, Decimal | int]], autres: str) -> list[tuple[str, Decimal | int]]:
    """Return at most `BARRES` pairs, the largest first; the last one, named `autres`, adds what is beyond."""
    rangees = sorted(paires, key=lambda paire: -paire[1])
    if len(rangees) <= BARRES:
        return rangees
    tete, queue = rangees[: BARRES - 1], rangees[BARRES - 1 :]
    somme = sum((valeur for _, valeur in queue), Decimal(0))
    entier = all(isinstance(valeur, int) for _, valeur in queue)
    return [*tete, (autres.format(n=len(queue)), int(somme) if entier else somme)]


# -- Money -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Monnaie:
    """The columns of money of a table: the natures of credits apart when they are known, then beside the total."""

    natures: tuple[str, ...]
    hors_total: bool

    @property
    def separees(self) -> bool:
        """Whether the natures stand apart: there is more than one."""
        return len(self.natures) > 1

    def colonnes(self) -> list[Colonne]:
        """Return the columns: natures, « Accordé », its share, « Hors total »."""
        colonnes = []
        if self.separees:
            colonnes += [
                Colonne(cle=nature, titre=NATURES[nature], type=TypeColonne.MONTANT, total=True)
                for nature in self.natures
            ]
        colonnes.append(
            Colonne(
                cle="accorde",
                titre="Accordé",
                type=TypeColonne.MONTANT,
                total=True,
                somme_de=self.natures if self.separees else (),
            )
        )
        colonnes.append(Colonne(cle="part", titre="Part", type=TypeColonne.POURCENTAGE))
        if self.hors_total:
            colonnes.append(
                Colonne(cle="hors_total", titre="Hors total", type=TypeColonne.MONTANT, total=True)
            )
        return colonnes

    def cellules(
        self, accordees: Sequence[LigneLue], hors: Sequence[LigneLue], part: Decimal | None
    ) -> dict[str, Any]:
        """Return the amounts of a row; blank for what brings nothing."""
        par_nature: Mapping[str, Decimal] = sommer_par(accordees, lambda ligne: ligne.nature)
        total = sum(par_nature.values(), Decimal(0)) if par_nature else None
        montants: dict[str, Any] = {nature: par_nature.get(nature) for nature in self.natures}
        return {
            **montants,
            "accorde": total,
            "part": part,
            "hors_total": sum((li.accorde or Decimal(0) for li in hors), Decimal(0)) if hors else None,
        }


def monnaie(donnees: Donnees) -> Monnaie:
    """Return the columns that the money of the year needs."""
    presentes = {ligne.nature for ligne in donnees.accordees}
    return Monnaie(tuple(n for n in NATURES if n in presentes), bool(donnees.hors_total))


def notes_argent(donnees: Donnees) -> list[str]:
    """Return what the amounts are: their state, the nature of the credits, what is beside the total, the shares."""
    notes = [f"Montants accordés par les financeurs. Case vide{INSECABLE}: aucun montant."]
    natures = monnaie(donnees).natures
    if natures == (NatureCredit.NON_PRECISEE,):
        notes.append(
            f"Crédits spécifiques et droit commun ne sont pas distingués{INSECABLE}: la nature des crédits n'est "
            "précisée pour aucun montant."
        )
    elif len(natures) == 1:
        notes.append(f"Nature de tous les montants{INSECABLE}: {NATURES[natures[0]].lower()}.")
    if donnees.hors_total:
        noms = {donnees.financeurs[li.financeur].nom for li in donnees.hors_total}
        notes.append(f"Hors total de la politique de la ville{INSECABLE}: {', '.join(sorted(noms))}.")
    notes.append(
        f"Part{INSECABLE}: en % du total accordé, arrondie au dixième pour que la somme fasse 100{INSECABLE}%."
    )
    return notes


def sans_argent(donnees: Donnees, code: str) -> list[Bloc]:
    """Return why there is no money to show."""
    if not donnees.actions:
        return dire(
            code,
            f"Aucune action n'est au programme de {donnees.annee}{INSECABLE}: aucun financement à montrer.",
        )
    if donnees.hors_total:
        return dire(
            code,
            f"Aucun montant accordé n'entre dans le total de la politique de la ville en {donnees.annee}.",
        )
    return dire(code, f"Aucun montant accordé n'est enregistré pour {donnees.annee}.")
