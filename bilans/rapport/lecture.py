"""From the stored rows of a report to what is composed: its sections, photographs, highlights, opinions."""

import logging

from documents import INSECABLE
from documents.rapport import Image

from ..models import PhotoRapport, RapportAnnuel
from ..operations.etats import OperationRefusee
from .choix import ActionPhare, Avis, Composition, SectionComposee
from .mots import citer, citer_la_deliberation

logger = logging.getLogger(__name__)


def lire_composition(
    rapport: RapportAnnuel, *, etat: str = "", images: bool = True, octets: bool = True
) -> Composition:
    """Return what was chosen and written for a report, in a fixed number of queries.

    `etat` is what the cover says it is, « Document de travail » when empty; without `images` the photographs are left
    out, without `octets` they are there and their files are not read. Raises OperationRefusee when the file of a
    photograph is gone.
    """
    sections = [
        SectionComposee(
            code=section.code,
            titre=section.titre,
            texte=section.texte,
            blocs=tuple(section.blocs),
            visible=section.visible,
            ordre=section.ordre,
            images=[_image(photo, octets=octets) for photo in section.photos.all()] if images else (),
        )
        for section in rapport.sections.prefetch_related("photos").order_by("ordre", "pk")
    ]
    phares = rapport.actions_phares.select_related("action_annuelle").order_by("ordre", "pk")
    return Composition(
        sections=sections,
        etat=etat or Composition.etat,
        mentions=_mentions(rapport),
        actions_phares=[ActionPhare(cle=phare.action_annuelle.cle, texte=phare.texte) for phare in phares],
        avis=[
            Avis(
                instance=avis.instance_consultee.nom,
                sens=avis.get_sens_display(),
                date=avis.date,
                texte=avis.texte,
                suite_donnee=avis.suite_donnee,
            )
            for avis in rapport.avis.select_related("instance_consultee").order_by(
                "instance_consultee__ordre", "instance_consultee__nom", "pk"
            )
        ],
        envoye_le=rapport.date_envoi_avis,
        avis_attendus_le=rapport.echeance_avis,
    )


def _mentions(rapport: RapportAnnuel) -> list[str]:
    """Return what the cover says of the approval."""
    if rapport.deliberation is None:
        return []
    return [f"Approuvé{INSECABLE}: {citer_la_deliberation(rapport.deliberation)}."]


def _image(photo: PhotoRapport, *, octets: bool) -> Image:
    return Image(
        description=photo.description,
        credit=photo.credit,
        empreinte=photo.empreinte,
        contenu=_lire_le_fichier(photo) if octets else b"",
        type_mime=photo.type_mime,
    )


def _lire_le_fichier(photo: PhotoRapport) -> bytes:
    try:
        with photo.fichier.open("rb") as fichier:
            contenu: bytes = fichier.read()
    except FileNotFoundError as erreur:
        logger.error("Photograph %s is missing from the disk (%s).", photo.cle, photo.fichier.name)
        raise OperationRefusee(
            f"La photographie {citer(photo.description)} n'est plus sur le serveur : retirez-la de la section "
            f"{citer(photo.section.titre)}, ou ajoutez-la de nouveau, puis recommencez."
        ) from erreur
    return contenu
