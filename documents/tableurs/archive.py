"""An xlsx or an ods is an archive: what it says of itself is checked before anything is unfolded.

Nothing is ever written to disk, so a name such as « ../../etc » leads nowhere; it is refused all the same.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

from documents.tableurs.erreurs import ABIME, DEMESURE, MACROS, PROTEGE, FichierRefuse
from documents.tableurs.limites import (
    DEPLIE_MAX,
    MEMBRE_MAX,
    MEMBRES_MAX,
    RAPPORT_MAX,
    RAPPORT_SURVEILLE_DES,
    REPERTOIRE_MAX,
)

_BLOC = 1 << 16
_PETIT_MEMBRE = 1 << 20
_MACROS = re.compile(
    r"(^|/)(vbaproject[^/]*\.bin|vbadata\.xml|macrosheets/|intlmacrosheets/)|^(basic|scripts)/.", re.I
)
_CHIFFRE = 0x1
_FIN = b"PK\x05\x06"


class Archive:
    """The members of an archive that passed the guard, read by name, block by block."""

    def __init__(self, contenu: bytes) -> None:
        """Open the archive. Raises FichierRefuse for what is broken, locked, made up, or swells."""
        _verifier_repertoire(contenu)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(contenu))
        # zipfile raises a dozen kinds of errors on what is broken or made up
        except Exception as erreur:
            raise FichierRefuse(ABIME) from erreur
        membres = self._zip.infolist()
        _verifier(membres)
        self._membres = {_cle(membre.filename): membre for membre in membres}

    def __contains__(self, nom: str) -> bool:
        return _cle(nom) in self._membres

    @property
    def noms(self) -> tuple[str, ...]:
        """The names of the members, in order."""
        return tuple(membre.filename for membre in self._membres.values())

    def blocs(self, nom: str) -> Iterator[bytes]:
        """Yield a member piece by piece. Raises FichierRefuse when it is missing, broken, or larger than allowed.

        zipfile gives at most the size that the archive states, and checks its sum: a size that lies is refused.
        """
        info = self._membres.get(_cle(nom))
        if info is None:
            raise FichierRefuse(ABIME)
        lus = 0
        try:
            with self._zip.open(info) as membre:
                while bloc := membre.read(_BLOC):
                    lus += len(bloc)
                    if lus > MEMBRE_MAX:
                        raise FichierRefuse(DEMESURE)
                    yield bloc
        except (FichierRefuse, MemoryError, GeneratorExit):
            raise
        except Exception as erreur:
            raise FichierRefuse(ABIME) from erreur

    def petit(self, nom: str) -> bytes:
        """Return a member that is known to be small, empty when it is missing. Raises FichierRefuse beyond 1 MB."""
        if nom not in self:
            return b""
        if self._membres[_cle(nom)].file_size > _PETIT_MEMBRE:
            raise FichierRefuse(DEMESURE)
        return b"".join(self.blocs(nom))


def _verifier_repertoire(contenu: bytes) -> None:
    """Refuse a directory of hundreds of thousands of entries before zipfile makes an object of each."""
    fin = contenu.rfind(_FIN, max(0, len(contenu) - 65_600))
    if fin < 0 or len(contenu) < fin + 22:
        raise FichierRefuse(ABIME)
    nombre = int.from_bytes(contenu[fin + 10 : fin + 12], "little")
    taille = int.from_bytes(contenu[fin + 12 : fin + 16], "little")
    # 0xFFFFFFFF sends to the large form of the directory, which no file of ten megabytes needs
    if nombre > MEMBRES_MAX or taille > REPERTOIRE_MAX:
        raise FichierRefuse(DEMESURE)


def _verifier(membres: list[zipfile.ZipInfo]) -> None:
    noms = [_cle(membre.filename) for membre in membres]
    if any(membre.flag_bits & _CHIFFRE for membre in membres):
        raise FichierRefuse(PROTEGE)
    if len(membres) > MEMBRES_MAX:
        raise FichierRefuse(DEMESURE)
    if len(set(noms)) != len(noms) or any(_nom_suspect(membre.orig_filename) for membre in membres):
        raise FichierRefuse(ABIME)
    if any(membre.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for membre in membres):
        raise FichierRefuse(ABIME)
    if any(_est_demesure(membre) for membre in membres):
        raise FichierRefuse(DEMESURE)
    if sum(membre.file_size for membre in membres) > DEPLIE_MAX:
        raise FichierRefuse(DEMESURE)
    if any(_MACROS.search(nom) for nom in noms):
        raise FichierRefuse(MACROS)


def _cle(nom: str) -> str:
    """Return a name as members are known by: some software writes « \\ », or another case than where it refers."""
    return nom.replace("\\", "/").casefold()


def _nom_suspect(nom: str) -> bool:
    chemin = nom.replace("\\", "/")
    return chemin.startswith("/") or ".." in chemin.split("/") or "\0" in nom or ":" in nom


def _est_demesure(membre: zipfile.ZipInfo) -> bool:
    if membre.file_size > MEMBRE_MAX:
        return True
    rapport = membre.file_size / max(membre.compress_size, 1)
    return membre.file_size > RAPPORT_SURVEILLE_DES and rapport > RAPPORT_MAX
