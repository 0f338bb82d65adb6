"""How many SQL queries something takes."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


@contextmanager
def compter_requetes() -> Iterator[list[str]]:
    """Give a list that holds, once the block is over, the SQL of the queries made in it."""
    requetes: list[str] = []
    with CaptureQueriesContext(connection) as capture:
        yield requetes
    requetes += [requete["sql"] for requete in capture.captured_queries]


def verifier_requetes_constantes(action: Callable[[], Any], ajouter: Callable[[], Any], fois: int = 3) -> int:
    """Check that `action` makes as many queries after `ajouter` was called `fois` times as before.

    Returns that number. `action` runs once beforehand, so that what is cached for good is not counted.
    """
    action()
    with compter_requetes() as avant:
        action()
    for _ in range(fois):
        ajouter()
    with compter_requetes() as apres:
        action()
    if len(avant) != len(apres):
        en_plus = Counter(apres) - Counter(avant)
        raise AssertionError(
            f"{len(avant)} requêtes, puis {len(apres)} avec {fois} ligne(s) de plus. En plus :\n"
            + "\n".join(f"  {nombre} × {sql[:300]}" for sql, nombre in en_plus.most_common(10))
        )
    return len(avant)
