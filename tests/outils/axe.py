"""Accessibility of a rendered page, checked by axe-core."""

from collections.abc import Iterable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

REGLES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
# What is not asked for is not described: the elements that pass, by hundreds, are only counted.
OPTIONS = {"runOnly": REGLES, "resultTypes": ["violations"]}


def violations(page: Any) -> list[str]:
    """Return one readable block per rule of WCAG 2.1 A and AA that `page`, once loaded, breaks as it is now."""
    page.wait_for_load_state()
    resultat = Axe().run(page, options=OPTIONS)
    return [_lisible(regle) for regle in resultat.response["violations"]]


def _lisible(regle: dict[str, Any]) -> str:
    endroits: Iterable[str] = (
        f"    {' '.join(map(str, noeud['target']))}\n"
        f"      {noeud['html'][:200]}\n"
        f"      {' '.join(noeud['failureSummary'].split())}"
        for noeud in regle["nodes"]
    )
    return f"  [{regle['impact']}] {regle['id']} : {regle['help']}\n" + "\n".join(endroits)


def verifier(page: Any) -> None:
    """Fail the test, with the faults and where they are, unless axe finds nothing to say of `page`."""
    if fautes := violations(page):
        titre = f"axe : {len(fautes)} règle(s) enfreinte(s) sur {page.url}"
        pytest.fail("\n".join([titre, *fautes]), pytrace=False)
