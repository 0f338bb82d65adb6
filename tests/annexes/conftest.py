"""The demonstration, for the annexes of the real documents."""

from tests.donnees.conftest import demonstration, demonstration_chargee

__all__ = ["demonstration", "demonstration_chargee"]
