"""The attachments of a bilan, as its pages show them."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.text import capfirst

from comptes.models import Utilisateur
from documents.formats import taille_lisible

from ..models import Bilan, PieceJointe
from ..pieces import ACCEPTES, PAR_TYPE


@dataclass(frozen=True)
class PieceLue:
    """A file in the list: what it is, how heavy, whether the browser shows it in its own page."""

    piece: PieceJointe

    @property
    def description(self) -> str:
        """What it is and how heavy: « Photo · image JPEG, 1,2 Mo »."""
        format = PAR_TYPE.get(self.piece.type_mime)
        contenu = ", ".join([*([format.libelle] if format else []), taille_lisible(self.piece.taille)])
        if self.piece.nature == PieceJointe.Nature.AUTRE:
            return capfirst(contenu)
        return f"{self.piece.get_nature_display()} · {contenu}"

    @property
    def affichable(self) -> bool:
        format = PAR_TYPE.get(self.piece.type_mime)
        return format is not None and format.affichable


@dataclass(frozen=True)
class PiecesDuBilan:
    """What `bilans/pieces.html` shows; `etape` is the step of the form to come back to, blank outside of it."""

    # key of the action, as in the addresses
    cle: str
    liste: list[PieceLue]
    modifiable: bool
    etape: str = ""

    acceptes = ACCEPTES
    natures = PieceJointe.Nature.choices
    autre = PieceJointe.Nature.AUTRE.value
    nombre_max = settings.PIECES_NOMBRE_MAX

    @property
    def taille_max(self) -> str:
        return taille_lisible(settings.PIECE_TAILLE_MAX)

    @property
    def total_max(self) -> str:
        return taille_lisible(settings.PIECES_TOTAL_MAX)

    @property
    def octets_max(self) -> int:
        """What a page may check before sending: the size of a file, in bytes."""
        return int(settings.PIECE_TAILLE_MAX)

    @property
    def complet(self) -> bool:
        """Whether one more file would be refused."""
        return len(self.liste) >= settings.PIECES_NOMBRE_MAX

    @property
    def total(self) -> str:
        return taille_lisible(sum(lue.piece.taille for lue in self.liste))


def pieces_du_bilan(bilan: Bilan, utilisateur: Utilisateur, etape: str = "") -> PiecesDuBilan:
    """Return the attachments of a bilan for this account, in one query of its own; none that it may not see."""
    visibles = PieceJointe.objects.visibles_par(utilisateur).filter(bilan=bilan).select_related("depose_par")
    return PiecesDuBilan(
        cle=bilan.action_annuelle.cle,
        liste=[PieceLue(piece) for piece in visibles],
        modifiable=utilisateur.has_perm("bilans.saisir", bilan),
        etape=etape,
    )
