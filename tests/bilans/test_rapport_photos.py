"""A photograph of the report outlives its row in the versions that show it."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Dessin

from bilans.models import PhotoRapport, RapportAnnuel
from bilans.rapport import redaction
from bilans.rapport.versions import figer, lire_version
from documents.rapport import BlocImages
from tests import fabriques

# A file is written before its row, outside of any transaction.
pytestmark = pytest.mark.django_db(transaction=True)


def test_une_photographie_retiree_reste_dans_la_version() -> None:
    campagne = fabriques.CampagneFactory(annee=2024)
    chargee = fabriques.chargee_de_mission(campagne.contrat)
    rapport = redaction.ouvrir_rapport(chargee, campagne.contrat, 2024)
    section = rapport.sections.get(code="actions")
    photo = redaction.ajouter_photo(
        chargee, section, _image("plantation.png"), description="Une plantation.", droits_acquis=True
    )
    version = figer(chargee, RapportAnnuel.objects.get(pk=rapport.pk), "projet")

    redaction.retirer_photo(chargee, photo)

    assert not PhotoRapport.objects.exists()
    (bloc,) = [
        bloc for s in lire_version(version).sections for bloc in s.blocs if isinstance(bloc, BlocImages)
    ]
    (image,) = bloc.images
    assert (image.description, image.empreinte) == ("Une plantation.", photo.empreinte)
    assert Dessin.open(BytesIO(image.contenu)).size == (40, 30)


def _image(nom: str) -> SimpleUploadedFile:
    octets_ = BytesIO()
    Dessin.new("RGB", (40, 30), "green").save(octets_, "PNG")
    return SimpleUploadedFile(nom, octets_.getvalue(), "image/png")
