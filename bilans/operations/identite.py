"""The identity of the collectivity: the logo and the colour that its pages, e-mails and reports bear."""

from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from io import BytesIO
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from PIL import Image, ImageStat

from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.versions import verrouiller
from contrats.models import ContratVille, Epci
from documents.formats import taille_lisible

from ..pieces import ABIME, JPEG, PNG, VIDE, PieceRefusee, verifier

LOGO_TAILLE_MAX = 5 << 20
# Twice as fine as a cover prints it, and small enough to come with every page.
LOGO_COTE_MAX = 800
LOGO_COTE_MIN = 150
# The memory that it takes to draw it again: three or four bytes a point.
LOGO_POINTS_MAX = 16_000_000
LOGO_ALLONGEMENT_MAX = 10
# Of 255: what is paler everywhere is not seen on white paper.
PRESQUE_BLANC = 235

PAS_UN_LOGO = (
    "Un logo est une image PNG ou JPEG : ce fichier n'en est pas une. Demandez-la au service communication, ou ouvrez "
    "le logo et enregistrez-le en PNG."
)
LOGO_SVG = (
    "Ce logo est un dessin SVG, que Pilotis ne garde pas : un tel fichier peut contenir des programmes. "
    f"Enregistrez-le en PNG, large de {LOGO_COTE_MAX} points environ, puis choisissez ce PNG."
)
TROP_PALE = (
    "Ce logo est blanc, ou presque : on ne le verrait pas sur le papier. "
    "Choisissez sa version en couleur, ou en noir."
)


@dataclass(frozen=True)
class LogoPret:
    """A logo as it is kept: an opaque PNG in the colours of the screen, without metadata; its size in points."""

    contenu: bytes
    largeur: int
    hauteur: int

    @property
    def empreinte(self) -> str:
        """The SHA-256 of its bytes."""
        return sha256(self.contenu).hexdigest()


# -- Changing it -----------------------------------------------------------------------------------
def changer_logo(
    auteur: Utilisateur, contrat: ContratVille, *, version: int, description: str, fichier: File | None
) -> Epci:
    """Keep the logo of the collectivity, or only its description without `fichier`, and return the collectivity.

    Raises PermissionDenied; ValidationError, by field; comptes.versions.VersionPerimee when someone changed the
    identity since `version`. Not to be called inside a transaction: the file is written before its row.
    """
    _exiger(auteur, contrat)
    pret = preparer_logo(fichier) if fichier is not None else None
    with transaction.atomic(durable=True):
        epci = _prendre(contrat, version)
        if pret is None and not epci.logo:
            raise ValidationError({"fichier": "Choisissez l'image du logo."})
        dite = epci.logo_description != description
        epci.logo_description = description
        motif = _ranger(epci, pret) if pret else ""
        if dite or motif:
            _garder(auteur, epci, motif)
    return epci


def retirer_logo(auteur: Utilisateur, contrat: ContratVille) -> Epci:
    """Take the logo away and return the collectivity; frozen reports keep theirs. Raises PermissionDenied."""
    _exiger(auteur, contrat)
    with transaction.atomic():
        epci: Epci = Epci.objects.select_for_update(no_key=True).get(pk=contrat.epci_id)
        if not epci.logo:
            return epci
        _oublier_le_fichier(epci)
        epci.logo, epci.logo_empreinte, epci.logo_description = "", "", ""
        epci.logo_largeur = epci.logo_hauteur = None
        _garder(auteur, epci, "Logo – retiré")
    return epci


def changer_couleur(auteur: Utilisateur, contrat: ContratVille, *, version: int, couleur: str) -> Epci:
    """Keep the colour, « #0F5C63 » or empty for that of Pilotis, and return the collectivity.

    Raises PermissionDenied; ValidationError for one on which white is not read; comptes.versions.VersionPerimee.
    """
    _exiger(auteur, contrat)
    with transaction.atomic():
        epci = _prendre(contrat, version)
        if epci.couleur != couleur:
            epci.couleur = couleur
            _garder(auteur, epci)
    return epci


def _exiger(auteur: Utilisateur, contrat: ContratVille) -> None:
    if not auteur.has_perm("contrats.identifier", contrat):
        raise PermissionDenied


def _prendre(contrat: ContratVille, version: int) -> Epci:
    epci: Epci = verrouiller(Epci.objects.all(), contrat.epci_id, version)
    return epci


def _garder(auteur: Utilisateur, epci: Epci, motif: str = "") -> None:
    epci.version += 1
    epci.full_clean(exclude=["nom", "siren"], validate_unique=False)
    signer(epci, auteur, motif)
    epci.save()


def _ranger(epci: Epci, pret: LogoPret) -> str:
    """Write the file, give the row its name and return what the history says of it."""
    quoi = "remplacé" if epci.logo else "ajouté"
    if epci.logo_empreinte == pret.empreinte:
        return ""
    if epci.logo:
        _oublier_le_fichier(epci)
    epci.logo_empreinte, epci.logo_largeur, epci.logo_hauteur = pret.empreinte, pret.largeur, pret.hauteur
    champ: Any = epci.logo
    chemin = champ.field.generate_filename(epci, "")
    if not champ.storage.exists(chemin):
        chemin = champ.storage.save(chemin, ContentFile(pret.contenu))
    champ.name = chemin
    return f"Logo – {quoi}"


def _oublier_le_fichier(epci: Epci) -> None:
    """Delete the bytes once the change is kept; a disk that refuses is told in the log, not to who pressed the button.

    Versions that were frozen with them have them among their own images (`bilans.rapport.identite`).
    """
    ancien: Any = epci.logo
    transaction.on_commit(partial(ancien.storage.delete, ancien.name), robust=True)


# -- The image -------------------------------------------------------------------------------------
def preparer_logo(fichier: File) -> LogoPret:
    """Return the image as it is kept and printed. Raises ValidationError, at « fichier », saying what to send."""
    if (fichier.size or 0) > LOGO_TAILLE_MAX:
        raise _refus(
            f"Ce fichier pèse {taille_lisible(fichier.size or 0)} ; un logo en pèse au plus "
            f"{taille_lisible(LOGO_TAILLE_MAX)}. Enregistrez-le en PNG, large de {LOGO_COTE_MAX} points environ."
        )
    fichier.seek(0)
    if _est_svg(fichier.read(4096)):
        raise _refus(LOGO_SVG)
    try:
        verifie = verifier(fichier)
    except PieceRefusee as refus:
        # What is said of an attachment, to save it as a PDF, would mislead here.
        raise _refus(str(refus) if str(refus) in (ABIME, VIDE) else PAS_UN_LOGO) from refus
    if verifie.format not in (PNG, JPEG):
        raise _refus(PAS_UN_LOGO)
    return _dessiner(verifie.contenu)


def _est_svg(debut: bytes) -> bool:
    tete = debut.lstrip(b"\xef\xbb\xbf \t\r\n")
    return tete.startswith(b"<") and b"<svg" in tete.lower()


def _dessiner(contenu: File) -> LogoPret:
    """Return the image on white paper, at the size that is printed: PDF/A refuses many kinds of transparency."""
    contenu.seek(0)
    with Image.open(contenu, formats=["PNG", "JPEG"]) as image:
        _mesurer(*image.size)
        try:
            opaque = _sur_blanc(image)
        # of depths that few programs write, Pillow converts some only
        except (ValueError, OSError) as erreur:
            raise _refus(PAS_UN_LOGO) from erreur
    opaque.thumbnail((LOGO_COTE_MAX, LOGO_COTE_MAX), Image.Resampling.LANCZOS)
    if min(plus_sombre for plus_sombre, _ in ImageStat.Stat(opaque).extrema) > PRESQUE_BLANC:
        raise _refus(TROP_PALE)
    sortie = BytesIO()
    opaque.save(sortie, "PNG", optimize=True)
    return LogoPret(sortie.getvalue(), *opaque.size)


def _mesurer(largeur: int, hauteur: int) -> None:
    taille = f"{largeur} × {hauteur} points"
    if largeur * hauteur > LOGO_POINTS_MAX:
        raise _refus(
            f"Cette image est trop grande : {taille}. Réduisez-la à {LOGO_COTE_MAX} points de large environ."
        )
    if max(largeur, hauteur) < LOGO_COTE_MIN:
        raise _refus(
            f"Cette image est trop petite : {taille}. Imprimée, elle serait floue : choisissez-en une d'au moins "
            f"{LOGO_COTE_MIN} points de large."
        )
    if max(largeur, hauteur) > LOGO_ALLONGEMENT_MAX * min(largeur, hauteur):
        raise _refus(
            f"Cette image est trop étroite pour un logo : {taille}. Vérifiez que c'est la bonne, ou recadrez-la."
        )


def _sur_blanc(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # 65 536 greys: Pillow would cut them at 255
        image = image.convert("I").point(lambda gris: gris * (1 / 256)).convert("L")
    transparente = image.convert("RGBA")
    fond = Image.new("RGB", image.size, "white")
    fond.paste(transparente, mask=transparente.getchannel("A"))
    return fond


def _refus(phrase: str) -> ValidationError:
    return ValidationError({"fichier": phrase})
