"""A report as PDF: PDF/A-3a and PDF/UA-1 at once, its workbook embedded, laid out by several processes and joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from datetime import datetime
from html import escape
from threading import Event

from documents.fusion_pdf import Partie, fusionner
from documents.polices import css_polices
from documents.rapport import Rapport
from documents.rendu_pdf import DELAI_S, PieceJointe, html_en_pdf
from documents.rendu_rapport_annexe import MARGE_MM, imprimees
from documents.rendu_rapport_html import PartieImprimee, parties_imprimees, rapport_en_html

__all__ = ["rapport_en_html", "rapport_en_pdf"]

PROCESSUS = 2
SUIVI_S = 1


def rapport_en_pdf(
    rapport: Rapport,
    *,
    pieces: Sequence[PieceJointe] = (),
    processus: int = PROCESSUS,
    delai: int = DELAI_S,
    suivi: Callable[[], None] = lambda: None,
) -> bytes:
    """Return the PDF of the report, with these files embedded.

    Every process lays out a part of about the same work; the same report gives the same bytes when it has a `cree_le`.
    `suivi` is called every second or so, by the thread of the caller: what it raises stops the work and is raised
    here. Raises ErreurRendu when a part fails or lasts more than `delai` seconds.
    """
    imprimes = parties_imprimees(rapport, processus)
    composees = _composer(imprimes, pieces, delai, rapport.cree_le, suivi)
    return fusionner(
        [Partie(pdf, imprime.suite) for pdf, imprime in zip(composees, imprimes, strict=True)],
        prefixes={annexe.ancre: annexe.prefixe for annexe in imprimees(rapport.annexes)},
        folios=_folios,
    )


def _composer(
    imprimes: Sequence[PartieImprimee],
    pieces: Sequence[PieceJointe],
    delai: int,
    instant: datetime | None,
    suivi: Callable[[], None],
) -> list[bytes]:
    """Lay out the parts at the same time, the files being in the first one."""
    arret = Event()
    # threads only wait for processes
    with ThreadPoolExecutor(max_workers=len(imprimes)) as equipe:
        travaux = [
            equipe.submit(
                html_en_pdf,
                imprime.html,
                pieces=() if rang else pieces,
                delai=delai,
                instant=instant,
                arret=arret,
            )
            for rang, imprime in enumerate(imprimes)
        ]
        try:
            while (attente := wait(travaux, timeout=SUIVI_S, return_when=FIRST_EXCEPTION)).not_done:
                for travail in attente.done:
                    # a part that failed stops the others
                    travail.result()
                suivi()
        finally:
            arret.set()
    return [travail.result() for travail in travaux]


def _folios(textes: Sequence[str]) -> bytes:
    """Return a PDF that bears one folio a page, where the others have theirs."""
    pages = "".join(f"<p>page {escape(texte)}</p>" for texte in textes)
    # not tagged: it is drawn over a page, as what is no content
    return html_en_pdf(
        f'<!DOCTYPE html><html lang="fr"><head><title>Folios</title><style>{css_polices((400, "normal"))}'
        f"@page{{size:A4 landscape;margin:0}}body{{margin:0}}"
        f'p{{font:8pt "Source Sans 3";color:#1d2430;margin:0;text-align:right;height:209mm;'
        f"padding:194.5mm {MARGE_MM}mm 0 0;box-sizing:border-box;break-after:page}}p:last-child{{break-after:auto}}"
        f"</style></head><body>{pages}</body></html>"
    )
