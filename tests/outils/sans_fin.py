"""What must end, whatever it is given: a guard against what never does, not a measure of how long it takes.

Times are measured in `benchmarks/`; a test only fails here when a minute of processor time was not enough for what
takes a second.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

PATIENCE = 60


class NeFinitPas(Exception):
    """The guarded code was still at work after `PATIENCE` seconds of processor time."""


@contextmanager
def se_termine() -> Iterator[None]:
    """Raise NeFinitPas in the block when it is still at work after `PATIENCE` seconds of processor time."""

    def interrompre(_signal: int, _cadre: FrameType | None) -> None:
        raise NeFinitPas

    ancien = signal.signal(signal.SIGPROF, interrompre)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, ancien)
