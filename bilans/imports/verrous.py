"""Holding a year while an import is compared with it and written: nobody changes a row in between.

SQLite makes all writers wait in turn; PostgreSQL locks rows.
"""

from django.db.models import QuerySet

from actions.models import Action, ActionAnnuelle, Campagne
from financements.models import LigneFinancement

from ..models import Bilan


def tenir_l_annee(campagne: Campagne) -> None:
    """Lock the campaign, then its actions, their years, their bilans and their money, until the transaction ends.

    Always in this order, which is that of the operations of each room.
    """
    annuelles = ActionAnnuelle.objects.filter(campagne=campagne)
    _tenir(Campagne.objects.filter(pk=campagne.pk))
    _tenir(Action.objects.filter(pk__in=annuelles.order_by().values("action")))
    _tenir(annuelles)
    _tenir(Bilan.objects.filter(action_annuelle__campagne=campagne))
    _tenir(LigneFinancement.objects.filter(action_annuelle__campagne=campagne))


def _tenir(lignes: QuerySet) -> None:
    # in the order of the keys: two imports of one year wait for each other instead of crossing
    list(lignes.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))
