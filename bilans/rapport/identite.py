"""The logo of the collectivity in its reports: today's while they are written, kept with each frozen version."""

import logging
from typing import Any

from django.core.files.base import ContentFile

from contrats.models import Epci
from documents.rapport import Image, Rapport

from ..models import PhotoRapport, RapportAnnuel
from ..models.rapport import chemin_de_l_image

journal = logging.getLogger(__name__)


def logo_de(epci: Epci) -> Image | None:
    """Return the logo of a collectivity, None when it has none, or when its file is lost: a report is made without."""
    if not epci.logo:
        return None
    try:
        with epci.logo.open("rb") as fichier:
            contenu: bytes = fichier.read()
    except FileNotFoundError:
        journal.error("The logo of %s is missing from the disk (%s).", epci, epci.logo.name)
        return None
    return Image(
        description=epci.logo_description,
        credit="",
        empreinte=epci.logo_empreinte,
        contenu=contenu,
        type_mime=Epci.LOGO_TYPE,
    )


def garder_le_logo(rapport: RapportAnnuel, compose: Rapport) -> None:
    """Keep the bytes of the logo among the images of the report, where its frozen versions find them."""
    if compose.logo is None:
        return
    champ: Any = PhotoRapport._meta.get_field("fichier")
    chemin = chemin_de_l_image(rapport, compose.logo.empreinte)
    if not champ.storage.exists(chemin):
        champ.storage.save(chemin, ContentFile(compose.logo.contenu))
