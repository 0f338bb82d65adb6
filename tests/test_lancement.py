"""The programs of `make run`: the worker leaves the processor to the pages."""

import os
import sys

import pytest

from scripts import lancer


def test_l_ouvrier_passe_apres_les_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    dire_sa_priorite = [sys.executable, "-c", "import os, sys; sys.exit(os.nice(0))"]
    monkeypatch.setattr(lancer, "commande_de_l_ouvrier", lambda: dire_sa_priorite)
    assert lancer.lancer_l_ouvrier().wait(60) == min(os.nice(0) + lancer.PRIORITE_DE_L_OUVRIER, 19)
