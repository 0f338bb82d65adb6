"""What the worker does of an import: reading it, staging it, writing it, undoing it.

A task is claimed by an UPDATE of the state before it begins, and leaves a state that can be claimed again when the
worker is killed: rows are staged anew from the first, and what is written is one transaction with the change of state.
"""

import logging
from collections.abc import Callable

from django_tasks import task

from ..models import ImportTableur

logger = logging.getLogger(__name__)


@task()
def lire_import(pk: int) -> None:
    """Read a workbook that was received, then stage its rows or ask what its columns are."""
    from .preparation import lire

    _faire(pk, lire)


@task()
def appliquer_import(pk: int) -> None:
    """Write what was retained."""
    from .application import appliquer

    _faire(pk, appliquer)


@task()
def annuler_import(pk: int) -> None:
    """Put back what was there before."""
    from .annulation import defaire

    _faire(pk, defaire)


def _faire(pk: int, travail: Callable[[ImportTableur], None]) -> None:
    import_ = (
        ImportTableur.objects.select_related(
            "campagne__contrat__epci", "auteur", "applique_par", "annule_par"
        )
        .filter(pk=pk)
        .first()
    )
    # An import deleted meanwhile has nothing to be done.
    if import_ is not None:
        travail(import_)
