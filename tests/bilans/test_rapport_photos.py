"""A photograph of the report outlives its row in the versions that show it; lost or changed on the disk, it is said."""

from datetime import timedelta
from html import unescape
from io import BytesIO

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Dessin

from bilans.models import FichierRapport, PhotoRapport, RapportAnnuel, VersionRapport
from bilans.operations.etats import OperationRefusee
from bilans.rapport import consultation, fabrication, redaction
from bilans.rapport.fichiers import fichier_du_rapport
from bilans.rapport.versions import VersionAlteree, comparer, figer, lire_version, rapport_du_jour
from documents.prose import en_texte
from documents.rapport import BlocImages
from tests import fabriques

# A file is written before its row, outside of any transaction.
pytestmark = pytest.mark.django_db(transaction=True)


class Lieu:
    """A report with a photograph, who runs its contract."""

    def __init__(self, format: str = "PNG") -> None:
        campagne = fabriques.CampagneFactory(annee=2024, contrat__slug="dole")
        self.chargee = fabriques.chargee_de_mission(campagne.contrat)
        self.rapport = redaction.ouvrir_rapport(self.chargee, campagne.contrat, 2024)
        self.photo = redaction.ajouter_photo(
            self.chargee,
            self.rapport.sections.get(code="actions"),
            _image("plantation", format),
            description="Une plantation.",
            droits_acquis=True,
        )

    def figer(self) -> VersionRapport:
        return figer(self.chargee, RapportAnnuel.objects.get(pk=self.rapport.pk), "projet")

    def perdre(self) -> None:
        """Lose the file of the photograph."""
        self.photo.fichier.storage.delete(self.photo.fichier.name)


def test_une_photographie_retiree_reste_dans_la_version() -> None:
    lieu = Lieu()
    photo, version = lieu.photo, lieu.figer()

    redaction.retirer_photo(lieu.chargee, photo)

    assert not PhotoRapport.objects.exists()
    (bloc,) = [
        bloc for s in lire_version(version).sections for bloc in s.blocs if isinstance(bloc, BlocImages)
    ]
    (image,) = bloc.images
    assert (image.description, image.empreinte) == ("Une plantation.", photo.empreinte)
    assert Dessin.open(BytesIO(image.contenu)).size == (40, 30)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_une_photographie_entre_dans_le_document_word(format: str) -> None:
    document = docx.Document(BytesIO(fichier_du_rapport(lire_version(Lieu(format).figer()), "docx")))
    (dessin,) = document.inline_shapes
    assert dessin._inline.docPr.get("descr") == "Une plantation."


# -- Lost, or changed, on the disk -----------------------------------------------------------------
def test_une_photographie_perdue_ne_se_fige_pas_et_dit_quoi_faire() -> None:
    lieu = Lieu()
    lieu.perdre()
    with pytest.raises(OperationRefusee, match=r"Une plantation.*retirez-la"):
        lieu.figer()
    assert not VersionRapport.objects.exists()
    du_jour = fabrication.demander_fichier(lieu.chargee, lieu.rapport, "docx")
    fabrication.fabriquer.func(du_jour.pk)
    assert "retirez-la" in FichierRapport.objects.get(pk=du_jour.pk).message


def test_l_envoi_d_un_rapport_dont_une_photographie_est_perdue_est_refuse_dans_la_page() -> None:
    lieu = Lieu()
    lieu.perdre()
    instance = fabriques.InstanceFactory(contrat=lieu.rapport.contrat)
    client = Client()
    client.force_login(lieu.chargee)
    echeance = consultation.un_mois_apres(timezone.localdate()) + timedelta(days=10)
    reponse = client.post(
        reverse("rapport_envoyer", args=["dole", 2024]),
        {"instances": [instance.pk], "echeance": echeance.isoformat(), "confirmer": "1"},
    )
    assert reponse.status_code == 200
    assert "n'est plus sur le serveur" in unescape(reponse.content.decode())
    assert RapportAnnuel.objects.get().statut == "preparation"


def test_une_version_dont_une_photographie_est_perdue_se_compare_encore_au_jour() -> None:
    lieu = Lieu()
    version = lieu.figer()
    lieu.perdre()
    fichier = fabrication.demander_fichier(lieu.chargee, lieu.rapport, "docx", version)
    fabrication.fabriquer.func(fichier.pk)
    assert "n'est plus sur le serveur" in FichierRapport.objects.get(pk=fichier.pk).message
    client = Client()
    client.force_login(lieu.chargee)
    adresse = reverse("rapport_comparer", args=["dole", 2024, version.numero])
    assert client.get(adresse, {"avec": "jour"}).status_code == 200


def test_une_photographie_changee_sur_le_disque_n_est_plus_celle_de_la_version() -> None:
    lieu = Lieu()
    version, nom = lieu.figer(), lieu.photo.fichier.name
    lieu.perdre()
    lieu.photo.fichier.storage.save(nom, _image("autre", "JPEG"))
    with pytest.raises(VersionAlteree, match="empreinte"):
        lire_version(version)
    client = Client()
    client.force_login(lieu.chargee)
    adresse = reverse("rapport_version_image", args=["dole", 2024, version.numero, lieu.photo.empreinte])
    assert client.get(adresse).status_code == 409


def test_une_photographie_ajoutee_ou_retiree_est_une_difference() -> None:
    lieu = Lieu()
    version = lire_version(lieu.figer())
    redaction.retirer_photo(lieu.chargee, lieu.photo)
    (change,) = comparer(version, rapport_du_jour(lieu.rapport)).textes
    assert (en_texte(change.avant), change.apres) == ("Photographie\u00a0: Une plantation.", "")


def _image(nom: str, format: str) -> SimpleUploadedFile:
    octets = BytesIO()
    Dessin.new("RGB", (40, 30), "green").save(octets, format)
    return SimpleUploadedFile(f"{nom}.{format.lower()}", octets.getvalue(), f"image/{format.lower()}")
