"""The money of an annex: the columns that its funders have, and what they add up to."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from documents import Colonne, TypeColonne, additionner
from financements.models import Financeur, LigneFinancement

from .lecture import Lecture, Ligne, lisibles

# The states of an amount: the adjective, the definition.
ETATS = {
    "demande": ("demandés", "Montants demandés aux financeurs"),
    "propose": ("proposés", "Montants proposés à l'instruction"),
    "accorde": ("accordés", "Montants accordés par les financeurs"),
    "notifie": ("notifiés", "Montants notifiés aux porteurs"),
}
HORS_TOTAL = "Hors total"


@dataclass(frozen=True)
class Argent:
    """The columns of money of an annex, and the sums that decide which ones there are (euros)."""

    etat: str
    financeurs: tuple[Financeur, ...]
    sommes: Mapping[int, Decimal]
    # every amount of the rows is in sight: they may be added
    total: bool

    @property
    def definition(self) -> str:
        """What the amounts are."""
        return ETATS[self.etat][1]

    @property
    def adjectif(self) -> str:
        """« accordés »."""
        return ETATS[self.etat][0]

    @property
    def saisi(self) -> bool:
        """Whether there is an amount to show."""
        return bool(self.sommes)

    @property
    def dans_total(self) -> list[Financeur]:
        """The funders of the total, those of one group of columns brought together behind its first one."""
        rangs: dict[str, int] = {}
        comptes = [f for f in self.financeurs if f.dans_total]
        for rang, financeur in enumerate(comptes):
            rangs.setdefault(financeur.groupe or _cle(financeur), rang)
        return sorted(comptes, key=lambda f: rangs[f.groupe or _cle(f)])

    @property
    def hors_total(self) -> list[Financeur]:
        """The funders beside the total (the CAF in document 002)."""
        return [f for f in self.financeurs if not f.dans_total]

    @property
    def total_pdv(self) -> Decimal | None:
        """The sum of what counts in the politique de la ville total, None without any amount."""
        return additionner(self.sommes.get(f.pk) for f in self.dans_total)

    def colonnes(self) -> tuple[Colonne, ...]:
        """Return the funders of the total under their group, « TOTAL PDV », then those beside the total."""
        if not self.saisi:
            return ()
        comptes = self.dans_total
        colonnes = [_colonne(f, "" if f.groupe == HORS_TOTAL else f.groupe, part=self.total) for f in comptes]
        if self.total and comptes:
            colonnes.append(
                Colonne(
                    cle="total_pdv",
                    titre="TOTAL PDV",
                    type=TypeColonne.MONTANT,
                    somme_de=tuple(_cle(f) for f in comptes),
                    total=True,
                    poids=1.1,
                )
            )
        groupe = HORS_TOTAL if comptes else ""
        return (*colonnes, *(_colonne(f, groupe, part=False) for f in self.hors_total))

    def montants(self, ligne: Ligne) -> dict[str, Decimal | None]:
        """Return what each funder brings to an action, by column; blank for one that brings nothing."""
        return {_cle(financeur): ligne.montants.get(financeur.pk) for financeur in self.financeurs}


def _cle(financeur: Financeur) -> str:
    return f"f{financeur.pk}"


def _colonne(financeur: Financeur, groupe: str, *, part: bool) -> Colonne:
    return Colonne(
        cle=_cle(financeur),
        titre=financeur.sigle,
        groupe=groupe,
        type=TypeColonne.MONTANT,
        total=True,
        part=part,
    )


def lire_argent(lecture: Lecture, etat: str) -> Argent:
    """Return the money of the rows in one state of the amounts (a key of `ETATS`): a funder reads its own."""
    financeurs = lisibles(Financeur.objects.filter(contrat=lecture.contrat), lecture.utilisateur)
    if lecture.financeur:
        financeurs = financeurs.filter(acces__utilisateur=lecture.utilisateur)
    lignes = lisibles(LigneFinancement.objects.all(), lecture.utilisateur).filter(
        action_annuelle__in=lecture.cles, financeur__in=financeurs.order_by().values("pk")
    )
    sommes = lignes.order_by().values_list("financeur").annotate(somme=Sum(f"montant_{etat}"))
    return Argent(
        etat=etat,
        financeurs=tuple(financeurs.order_by("ordre", "nom", "pk")),
        sommes={financeur: somme for financeur, somme in sommes if somme is not None},
        total=not lecture.financeur,
    )
