"""Reading the bilans: who sees which, how many people they count, which are awaited."""

from typing import TYPE_CHECKING, Self

from django.db.models import Exists, IntegerField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from comptes.acces import QuerySetProtege
from contrats.models import ContratVille

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from comptes.models import Utilisateur


class ViaBilan(QuerySetProtege):
    """Rows seen when their bilan is."""

    via = "bilan"


class ViaSectionRapport(QuerySetProtege):
    """Rows seen when their section of the report is."""

    via = "section"


class ViaBilanStructure(QuerySetProtege):
    """Rows seen when their bilan_structure is."""

    via = "bilan_structure"


def _personnes(perimetre: str) -> Coalesce:
    """Return the number of different people of a bilan in `perimetre`, None when nothing is known.

    The stated total when there is one; else the sum by sex; else the sum of the age bands, where the
    stated total of a band stands for its parts. The same as `effectifs.Grille.total`. A range
    (« entre 20 et 120 ») and a daily attendance are never people to be added (domaine.md §9, EFF-09, EFF-22).
    """
    from .models import Effectif

    cellules = (
        Effectif.objects.filter(
            bilan=OuterRef("pk"), perimetre=perimetre, mesure=Effectif.Mesure.PERSONNES, valeur__isnull=False
        )
        .order_by()
        .values("bilan")
    )

    total_de_la_tranche = Effectif.objects.filter(
        bilan=OuterRef("bilan"),
        perimetre=perimetre,
        mesure=Effectif.Mesure.PERSONNES,
        tranche=OuterRef("tranche"),
        sexe=Effectif.Sexe.TOTAL,
        valeur__isnull=False,
    ).order_by()

    def somme(condition: Q) -> Subquery:
        return Subquery(
            cellules.annotate(n=Sum("valeur", filter=condition)).values("n"), output_field=IntegerField()
        )

    return Coalesce(
        somme(Q(tranche__isnull=True, sexe=Effectif.Sexe.TOTAL)),
        somme(Q(tranche__isnull=True) & ~Q(sexe=Effectif.Sexe.TOTAL)),
        somme(Q(tranche__isnull=False) & (Q(sexe=Effectif.Sexe.TOTAL) | ~Q(Exists(total_de_la_tranche)))),
    )


class BilanQuerySet(QuerySetProtege):
    """Bilans of the actions of a year."""

    def avec_effectifs(self) -> Self:
        """Annotate `personnes` and `personnes_qpv`: different people reached, None when not stated."""
        return self.annotate(personnes=_personnes("total"), personnes_qpv=_personnes("qpv"))

    def recus(self) -> Self:
        """Return the bilans that have been transmitted, whatever became of them since."""
        return self.filter(statut__in=self.model.STATUTS_RECUS)

    def valides(self) -> Self:
        """Return the validated bilans: the only ones whose figures enter a report."""
        return self.filter(statut__in=self.model.STATUTS_VALIDES)


class SuiviBilanQuerySet(QuerySetProtege):
    """What passed between the porteur and the chargé·e de mission: theirs alone, whatever the bilan's state."""


class EnvoiQuerySet(QuerySetProtege):
    """E-mails sent to representatives: for who runs the contract alone."""


class ImportQuerySet(QuerySetProtege):
    """What an import brings and what is decided of the contrôles: for who runs the contract alone."""


class ViaImport(QuerySetProtege):
    """Rows seen when their import is."""

    via = "import_tableur"


class BilanStructureQuerySet(QuerySetProtege):
    """Yearly files of structures: seen by who runs the contract and by the structure itself."""


class CommentaireQuerySet(SuiviBilanQuerySet):
    """Remarks on a bilan; an internal note is for who runs the contract, never for the porteur."""

    def visibles_par(self, utilisateur: "Utilisateur | AnonymousUser") -> Self:
        visibles: Self = super().visibles_par(utilisateur)
        if getattr(utilisateur, "est_administrateur", False):
            return visibles
        if not utilisateur.is_authenticated:
            return visibles
        geres = ContratVille.objects.geres_par(utilisateur)
        return visibles.filter(Q(interne=False) | Q(bilan__action_annuelle__campagne__contrat__in=geres))


class RapportQuerySet(QuerySetProtege):
    """Annual reports: all for who runs the contract, drafts sent for opinion, published ones for who reads it."""


class SectionRapportQuerySet(QuerySetProtege):
    """What a report is being made of: for who runs the contract alone; the others read its frozen versions."""


class AvisRapportQuerySet(QuerySetProtege):
    """Opinions on a report: for who runs the contract, and for the members of the body that gives one."""


class VersionRapportQuerySet(QuerySetProtege):
    """Frozen versions: the draft for those who are consulted, the published ones for who reads the contract."""

    def legeres(self) -> Self:
        """Return the versions without their content, which is long."""
        return self.defer("contenu")


class FichierRapportQuerySet(QuerySetProtege):
    """Files made of a report: those of a version are seen with it, the others by who runs the contract."""
