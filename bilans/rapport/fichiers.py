"""The bytes of a report: PDF with its workbook inside, workbook, Word."""

from collections.abc import Callable

from documents import PieceJointe
from documents.rapport import Rapport
from documents.rendu_rapport_docx import rapport_en_docx
from documents.rendu_rapport_pdf import rapport_en_pdf
from documents.rendu_rapport_xlsx import rapport_en_xlsx

Dire = Callable[[str, int], None]
NOM_DU_CLASSEUR = "annexes-{annee}.xlsx"


def fichier_du_rapport(rapport: Rapport, format: str, dire: Dire = lambda etape, part: None) -> bytes:
    """Return the bytes of a report in « pdf », « xlsx » or « docx ».

    `dire(step, percentage)` is called as the work goes on, every second or so during a long step; what it raises stops
    the work. Raises ErreurRendu when the file cannot be made, KeyError for another format.
    """
    return FABRIQUES[format](rapport, dire)


def _xlsx(rapport: Rapport, dire: Dire) -> bytes:
    dire("Écriture du classeur", 20)
    return rapport_en_xlsx(rapport)


def _docx(rapport: Rapport, dire: Dire) -> bytes:
    dire("Écriture du document Word", 20)
    return rapport_en_docx(rapport)


def _pdf(rapport: Rapport, dire: Dire) -> bytes:
    classeur = PieceJointe(
        nom=NOM_DU_CLASSEUR.format(annee=rapport.annee),
        description="Les tableaux du rapport, dont les totaux se recalculent.",
        contenu=_xlsx(rapport, dire),
    )
    dire("Mise en page", 35)
    return rapport_en_pdf(rapport, pieces=[classeur], suivi=lambda: dire("Mise en page", 60))


FABRIQUES: dict[str, Callable[[Rapport, Dire], bytes]] = {"pdf": _pdf, "xlsx": _xlsx, "docx": _docx}
