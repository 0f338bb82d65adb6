"""From the stored rows of a report to what is composed: its sections, photographs, highlights, opinions."""

from documents.rapport import Image

from ..models import PhotoRapport, RapportAnnuel
from .choix import ActionPhare, Avis, Composition, SectionComposee


def lire_composition(rapport: RapportAnnuel, *, etat: str = "", images: bool = True) -> Composition:
    """Return what was chosen and written for a report, in a fixed number of queries.

    `etat` is what the cover says it is, « Document de travail » when empty; without `images` the photographs are left
    out, for who reads no file.
    """
    sections = [
        SectionComposee(
            code=section.code,
            titre=section.titre,
            texte=section.texte,
            blocs=tuple(section.blocs),
            visible=section.visible,
            ordre=section.ordre,
            images=[_image(photo) for photo in section.photos.all()] if images else (),
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
    return [f"Approuvé : {rapport.deliberation}."]


def _image(photo: PhotoRapport) -> Image:
    with photo.fichier.open("rb") as fichier:
        contenu: bytes = fichier.read()
    return Image(
        description=photo.description,
        credit=photo.credit,
        empreinte=photo.empreinte,
        contenu=contenu,
        type_mime=photo.type_mime,
    )
