"""What a narrative says in figures: « 141 enfants dont 59 filles et 82 garçons ».

Pure and deterministic: no database, no model, no network. It reads the sentences that associations write, and only
those it is sure of: a wrong suggestion is worse than none (docs/decisions/0012-recits.md).
"""

from .faits import Fait, Nature, Role
from .lecture import lire_recit

__all__ = ["Fait", "Nature", "Role", "lire_recit"]
