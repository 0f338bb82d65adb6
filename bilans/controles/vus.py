"""What the reading of a spreadsheet sees itself, told as any finding: nothing of it is found again once it is in."""

from collections.abc import Iterable
from typing import Protocol

from .socle import Anomalie, Gravite, anomalie


class VuALaLecture(Protocol):
    """What is noted of a row while it is read (`bilans.imports.signalements.Signalement`)."""

    @property
    def code(self) -> str: ...

    @property
    def gravite(self) -> str: ...

    @property
    def phrase(self) -> str: ...

    @property
    def cellule(self) -> str: ...

    @property
    def remede(self) -> str: ...


def reprendre(code: str, vus: Iterable[VuALaLecture]) -> list[Anomalie]:
    """Return what the reading saw under this code as findings, with their cell as the field."""
    return [
        anomalie(code, Gravite(vu.gravite), f"{vu.phrase} {vu.remede}".strip(), vu.cellule)
        for vu in vus
        if vu.code == code
    ]
