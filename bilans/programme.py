"""The programme of a year as an account sees it: its rows and its figures. All reading."""

from actions.querysets import ActionAnnuelleQuerySet
from actions.situation import RequeteCampagne

from .filters import FiltreActions


def actions_filtrees(request: RequeteCampagne) -> ActionAnnuelleQuerySet:
    """Return the years of actions that the address selects, in the programme's order.

    They are those of `request.campagne` that the account sees, filtered by the query string of the list of
    actions (`q`, `axe`, `porteur`…): an export made from the list holds exactly its rows. A filter whose
    value is not valid is not applied.
    """
    lignes: ActionAnnuelleQuerySet = FiltreActions(request).qs
    return lignes.dans_l_ordre()
