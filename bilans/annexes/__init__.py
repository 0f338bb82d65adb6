"""The annexes of a year: what each one is, who may open it, and the two that compile the bilans.

An annex is declared once (`registre`) and built as a `documents.Tableau`; the page, the files and the command
`exporter` only render it. Rows and figures go through `visibles_par`: the same annex opened by two accounts
shows each what it may see. An account of None is the command line, which sees everything.
"""

from .registre import ANNEXES, AnnexeDeclaree, Contenu, Option, fragment_annexe

__all__ = ["ANNEXES", "AnnexeDeclaree", "Contenu", "Option", "fragment_annexe"]
