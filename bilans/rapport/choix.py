"""What is chosen for a report: its sections and their text, the actions put forward, the opinions. Plain values."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from documents.rapport import Image


@dataclass(frozen=True, kw_only=True)
class SectionComposee:
    """A section as it was composed: its text in light markup, the codes of its blocks in order, its photographs."""

    code: str
    titre: str
    texte: str = ""
    blocs: Sequence[str] = ()
    visible: bool = True
    ordre: int = 0
    images: Sequence[Image] = ()


@dataclass(frozen=True, kw_only=True)
class ActionPhare:
    """An action put forward: its key (`ActionAnnuelle.cle`), what is said of it; its bilan's words when nothing is."""

    cle: str
    texte: str = ""


@dataclass(frozen=True, kw_only=True)
class Avis:
    """The opinion of a council or conseil citoyen: `sens` in words (« Favorable »), empty while it is awaited."""

    instance: str
    sens: str = ""
    date: datetime.date | None = None
    texte: str = ""
    suite_donnee: str = ""


@dataclass(frozen=True, kw_only=True)
class Composition:
    """Everything that people chose and wrote for a report; figures are not in it: they are read when it is composed.

    `etat` is said on the cover and in the foot (« Projet soumis à avis », « Version 2 »); `mentions` on the cover.
    """

    sections: Sequence[SectionComposee]
    etat: str = "Document de travail"
    mentions: Sequence[str] = ()
    actions_phares: Sequence[ActionPhare] = ()
    avis: Sequence[Avis] = ()
    envoye_le: datetime.date | None = None
    avis_attendus_le: datetime.date | None = None
