"""The collectivity's logo and colour: what is kept of an image, what is refused and why, where both are seen."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from PIL import Image as Dessin
from PIL import ImageCms, PngImagePlugin

from actions.models import Campagne
from bilans import messages
from bilans.models import RapportAnnuel
from bilans.operations.identite import (
    LOGO_COTE_MAX,
    LOGO_SVG,
    PAS_UN_LOGO,
    TROP_PALE,
    changer_couleur,
    changer_logo,
    preparer_logo,
    retirer_logo,
)
from bilans.rapport import redaction
from bilans.rapport.versions import figer, lire_version, rapport_du_jour
from comptes.versions import VersionPerimee
from contrats.models import Epci
from documents.rapport_json import en_json, octets
from tests import fabriques
from tests.outils.pages import texte

# A file is written before its row, outside of any transaction.
pytestmark = pytest.mark.django_db(transaction=True)

BORDEAUX = "#7A1F3D"


def image(
    couleur: Any = "#7A1F3D",
    taille: tuple[int, int] = (300, 120),
    mode: str = "RGB",
    nom: str = "logo.png",
    **options: Any,
) -> SimpleUploadedFile:
    """A real image: PNG unless its name says JPEG."""
    sortie = BytesIO()
    Dessin.new(mode, taille, couleur).save(sortie, "JPEG" if nom.endswith(".jpg") else "PNG", **options)
    return SimpleUploadedFile(nom, sortie.getvalue())


def fichier(nom: str, contenu: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(nom, contenu)


@pytest.fixture
def epci(campagne: Campagne) -> Epci:
    return campagne.contrat.epci


@pytest.fixture
def personne(campagne: Campagne) -> Any:
    return fabriques.chargee_de_mission(campagne.contrat)


@pytest.fixture
def avec_logo(campagne: Campagne, personne: Any) -> Epci:
    """The collectivity with a logo and a colour."""
    changer_logo(
        personne, campagne.contrat, version=1, description="Logo de l'agglomération", fichier=image()
    )
    return changer_couleur(personne, campagne.contrat, version=2, couleur=BORDEAUX)


def page(campagne: Campagne, nom: str) -> str:
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee])


# -- The image -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("envoyee", "attendue"),
    [
        (lambda: image(), (122, 31, 61)),
        (lambda: image(nom="logo.jpg", quality=95), (122, 31, 61)),
        # half transparent over white
        (lambda: image((122, 31, 61, 128), mode="RGBA"), (188, 143, 158)),
        (lambda: image((40, 255), mode="LA"), (40, 40, 40)),
        (lambda: image(90, mode="L"), (90, 90, 90)),
        (lambda: image(0, mode="P"), (0, 0, 0)),
        (lambda: image((0, 255, 0, 0), mode="CMYK", nom="logo.jpg", quality=95), (255, 0, 255)),
        (lambda: image(20_000, mode="I;16"), (78, 78, 78)),
    ],
    ids=["RGB", "JPEG", "RGBA", "LA", "L", "P", "CMYK", "16 bits"],
)
def test_un_logo_devient_un_png_opaque_sans_rien_d_autre(envoyee: Any, attendue: tuple[int, ...]) -> None:
    pret = preparer_logo(envoyee())
    relu = Dessin.open(BytesIO(pret.contenu))
    assert (relu.format, relu.mode, relu.size, relu.info) == ("PNG", "RGB", (300, 120), {})
    point = relu.getpixel((150, 60))
    assert all(abs(lu - voulu) <= 3 for lu, voulu in zip(point, attendue, strict=True)), point
    assert (pret.largeur, pret.hauteur) == (300, 120)


def test_ce_que_l_image_disait_d_autre_est_oublie() -> None:
    mots = PngImagePlugin.PngInfo()
    mots.add_text("Auteur", "Camille Martin")
    profil = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    pret = preparer_logo(image(pnginfo=mots, icc_profile=profil, dpi=(300, 300)))
    assert Dessin.open(BytesIO(pret.contenu)).info == {}
    assert b"Camille" not in pret.contenu


def test_un_grand_logo_est_reduit_dans_ses_proportions() -> None:
    pret = preparer_logo(image(taille=(2400, 600)))
    assert (pret.largeur, pret.hauteur) == (LOGO_COTE_MAX, 200)


SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("envoye", "phrase"),
    [
        (lambda: fichier("logo.svg", SVG), LOGO_SVG),
        # a name says nothing
        (lambda: fichier("logo.png", b"\xef\xbb\xbf  <svg/>"), LOGO_SVG),
        (lambda: fichier("logo.png", b"%PDF-1.7\nstartxref\n0\n%%EOF\n"), PAS_UN_LOGO),
        (lambda: fichier("logo.png", b"Bonjour"), PAS_UN_LOGO),
        (lambda: image("white"), TROP_PALE),
        (lambda: image((255, 255, 255, 255), mode="RGBA"), TROP_PALE),
        (lambda: image((0, 0, 0, 0), mode="RGBA"), TROP_PALE),
        (lambda: image(taille=(48, 48)), "Cette image est trop petite : 48 × 48 points"),
        (lambda: image(taille=(3000, 20)), "Cette image est trop étroite pour un logo : 3000 × 20 points"),
        (lambda: image(taille=(4100, 4100)), "Cette image est trop grande : 4100 × 4100 points"),
        (lambda: fichier("logo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * (6 << 20)), "Ce fichier pèse 6"),
        (lambda: fichier("logo.png", image().read()[:200]), "Ce fichier est abîmé"),
    ],
    ids=[
        "svg",
        "svg caché",
        "pdf",
        "texte",
        "blanc",
        "blanc opaque",
        "vide",
        "petit",
        "étroit",
        "grand",
        "lourd",
        "coupé",
    ],
)
def test_ce_qui_ne_peut_etre_un_logo_est_refuse_avec_ce_qu_il_faut_envoyer(
    campagne: Campagne, chargee: Client, envoye: Any, phrase: str
) -> None:
    reponse = chargee.post(
        page(campagne, "identite_logo"), {"version": 1, "description": "Le logo", "fichier": envoye()}
    )
    assert reponse.status_code == 200
    (dite,) = reponse.context["form"].errors["fichier"]
    assert dite.startswith(phrase)
    assert reponse.context["form"]["description"].value() == "Le logo"
    epci = Epci.objects.get()
    assert (epci.logo.name, epci.version) == ("", 1)


# -- Keeping it ------------------------------------------------------------------------------------
def test_le_logo_est_garde_hors_des_fichiers_publics_et_servi_a_son_adresse(
    avec_logo: Epci, client: Client
) -> None:
    assert avec_logo.logo.name == f"collectivites/{avec_logo.pk}/{avec_logo.logo_empreinte}"
    assert (avec_logo.logo_largeur, avec_logo.logo_hauteur) == (300, 120)
    reponse = client.get(reverse("logo", args=[avec_logo.logo_empreinte]))
    assert (reponse.status_code, reponse["Content-Type"], reponse["X-Content-Type-Options"]) == (
        200,
        "image/png",
        "nosniff",
    )
    contenu = b"".join(reponse.streaming_content)  # type: ignore[attr-defined]
    assert Dessin.open(BytesIO(contenu)).size == (300, 120)
    assert client.get(reverse("logo", args=["0" * 64])).status_code == 404


def test_deux_collectivites_peuvent_avoir_le_meme_logo(avec_logo: Epci, client: Client) -> None:
    voisin = fabriques.ContratFactory(epci=fabriques.EpciFactory(nom="Une autre agglomération"))
    autre = fabriques.chargee_de_mission(voisin)
    epci = changer_logo(autre, voisin, version=1, description="Le même", fichier=image())
    assert epci.logo_empreinte == avec_logo.logo_empreinte
    assert client.get(reverse("logo", args=[epci.logo_empreinte])).status_code == 200
    retirer_logo(autre, voisin)
    assert client.get(reverse("logo", args=[epci.logo_empreinte])).status_code == 200


def test_le_remplacer_puis_le_retirer_efface_les_fichiers_et_l_histoire_le_dit(
    campagne: Campagne, personne: Any, avec_logo: Epci, client: Client
) -> None:
    premier = avec_logo.logo.name
    change = changer_logo(
        personne, campagne.contrat, version=3, description="Nouveau logo", fichier=image("#0F5C63")
    )
    assert not default_storage.exists(premier)
    assert default_storage.exists(change.logo.name)
    client.force_login(personne)
    assert "Il ne sera plus en tête des pages" in texte(client.get(page(campagne, "identite_logo_retirer")))
    client.post(page(campagne, "identite_logo_retirer"))
    epci = Epci.objects.get()
    assert (epci.logo.name, epci.logo_description, epci.couleur) == ("", "", BORDEAUX)
    assert not default_storage.exists(change.logo.name)
    lue = client.get(page(campagne, "identite"))
    dits = [
        (c.champ, c.avant, c.apres) for evenement in lue.context["evenements"] for c in evenement.changements
    ]
    # newest first, the order within a moment left aside
    assert sorted(dits) == sorted(
        [
            ("Logo", "", "ajouté"),
            ("Description du logo", "", "Logo de l'agglomération"),
            ("Couleur", "", BORDEAUX),
            ("Logo", "", "remplacé"),
            ("Description du logo", "Logo de l'agglomération", "Nouveau logo"),
            ("Logo", "", "retiré"),
            ("Description du logo", "Nouveau logo", ""),
        ]
    )
    # asked twice, done once
    assert retirer_logo(personne, campagne.contrat).version == epci.version


def test_la_description_se_corrige_sans_renvoyer_l_image(
    campagne: Campagne, avec_logo: Epci, chargee: Client
) -> None:
    chargee.post(page(campagne, "identite_logo"), {"version": 3, "description": "Un arbre et une rivière"})
    epci = Epci.objects.get()
    assert (epci.logo_description, epci.logo_empreinte) == (
        "Un arbre et une rivière",
        avec_logo.logo_empreinte,
    )
    refus = chargee.post(page(campagne, "identite_logo"), {"version": 4, "description": " "})
    assert refus.context["form"].errors["description"] == [
        "Décrivez le logo : une personne peut ne pas le voir."
    ]


def test_le_meme_logo_envoye_deux_fois_ne_change_rien(
    campagne: Campagne, personne: Any, avec_logo: Epci
) -> None:
    epci = changer_logo(
        personne, campagne.contrat, version=3, description="Logo de l'agglomération", fichier=image()
    )
    assert epci.version == 3
    assert default_storage.exists(epci.logo.name)


def test_qui_a_ouvert_la_page_avant_un_changement_le_sait_et_ne_perd_rien(
    campagne: Campagne, personne: Any, avec_logo: Epci, chargee: Client
) -> None:
    with pytest.raises(VersionPerimee):
        changer_couleur(personne, campagne.contrat, version=1, couleur="")
    reponse = chargee.post(page(campagne, "identite_couleur"), {"version": 1, "couleur": "#0F5C63"})
    assert "Une autre personne a changé le logo ou la couleur" in texte(reponse)
    assert (reponse.context["form"]["couleur"].value(), reponse.context["form"]["version"].value()) == (
        "#0F5C63",
        "3",
    )
    assert Epci.objects.get().couleur == BORDEAUX
    chargee.post(page(campagne, "identite_couleur"), {"version": 3, "couleur": "#0F5C63"})
    assert Epci.objects.get().couleur == "#0F5C63"


# -- The colour ------------------------------------------------------------------------------------
def test_une_couleur_trop_claire_est_refusee_avec_la_nuance_qui_convient(
    campagne: Campagne, chargee: Client
) -> None:
    reponse = chargee.post(page(campagne, "identite_couleur"), {"version": 1, "couleur": "255, 204, 0"})
    assert reponse.context["form"].errors["couleur"] == [
        "Cette couleur est trop claire : un texte blanc ne s'y lit pas assez (contraste de 1,5 pour 1, il en faut "
        "4,5). La nuance la plus proche qui convient est #907300."
    ]
    assert reponse.context["form"]["couleur"].value() == "255, 204, 0"
    assert '<input type="hidden" name="couleur" value="#907300">' in reponse.content.decode()
    assert Epci.objects.get().couleur == ""
    suite = chargee.post(
        page(campagne, "identite_couleur"), {"version": 1, "couleur": "#907300"}, follow=True
    )
    assert "La couleur est enregistrée." in texte(suite)
    assert Epci.objects.get().couleur == "#907300"


@pytest.mark.parametrize("saisie", ["bordeaux", "#12345", "300, 0, 0", '#FFF" onload="x', "x" * 60])
def test_ce_qui_n_est_pas_une_couleur_est_refuse_au_champ(
    campagne: Campagne, chargee: Client, saisie: str
) -> None:
    reponse = chargee.post(page(campagne, "identite_couleur"), {"version": 1, "couleur": saisie})
    (dite,) = reponse.context["form"].errors["couleur"]
    assert dite.startswith("Pilotis ne reconnaît pas cette couleur.")
    assert Epci.objects.get().couleur == ""


def test_une_couleur_vide_rend_a_pilotis_les_siennes(
    campagne: Campagne, avec_logo: Epci, chargee: Client
) -> None:
    suite = chargee.post(page(campagne, "identite_couleur"), {"version": 3, "couleur": ""}, follow=True)
    assert "Pilotis reprend ses couleurs." in texte(suite)
    assert Epci.objects.get().couleur == ""


# -- Where they are seen ---------------------------------------------------------------------------
def test_les_pages_du_contrat_et_l_entree_portent_le_logo_et_la_couleur(
    campagne: Campagne, avec_logo: Epci, chargee: Client
) -> None:
    adresse = reverse("logo", args=[avec_logo.logo_empreinte])
    for lue in (chargee.get(page(campagne, "contrat")), Client().get(reverse("account_login"))):
        html = lue.content.decode()
        assert f'src="{adresse}" alt="Logo de l&#x27;agglomération" width="300" height="120"' in html
        assert f'<rect width="100%" height="100%" fill="{BORDEAUX}"/>' in html
    assert f"– {avec_logo.nom}" in texte(Client().get(reverse("account_login")))


def test_l_entree_de_plusieurs_collectivites_ne_montre_celle_de_personne(avec_logo: Epci) -> None:
    fabriques.ContratFactory(epci=fabriques.EpciFactory(nom="Une autre agglomération"))
    html = Client().get(reverse("account_login")).content.decode()
    assert avec_logo.logo_empreinte not in html
    assert BORDEAUX not in html
    assert avec_logo.nom not in html


def test_sans_identite_rien_ne_parait(campagne: Campagne, chargee: Client) -> None:
    html = chargee.get(page(campagne, "contrat")).content.decode()
    assert "logo-collectivite" not in html
    assert "lisere" not in html
    assert "Aucun logo" in texte(chargee.get(page(campagne, "identite")))


def test_les_courriels_portent_le_nom_et_la_couleur(campagne: Campagne, avec_logo: Epci) -> None:
    sans = messages.apercu(campagne, messages.Type.RELANCE).html
    assert "#0F5C63" in sans
    campagne.contrat.epci.refresh_from_db()
    avec = messages.apercu(campagne, messages.Type.RELANCE).html
    assert avec.count(f"background:{BORDEAUX};color:#FFFFFF") == 2
    assert "#0F5C63" not in avec
    nom = escape(avec_logo.nom)
    assert avec.count(nom) == sans.count(nom) + 1
    assert "<img" not in avec


# -- In the reports --------------------------------------------------------------------------------
def test_un_rapport_fige_garde_le_logo_et_la_couleur_qu_il_avait(
    campagne: Campagne, personne: Any, avec_logo: Epci, client: Client
) -> None:
    rapport = redaction.ouvrir_rapport(personne, campagne.contrat, campagne.annee)
    version = figer(personne, RapportAnnuel.objects.get(pk=rapport.pk), "projet")
    avant = octets(en_json(lire_version(version)))
    retirer_logo(personne, campagne.contrat)
    changer_couleur(personne, campagne.contrat, version=4, couleur="#0F5C63")

    lue = lire_version(version)
    assert octets(en_json(lue)) == avant
    assert lue.logo is not None
    assert (lue.couleur, lue.logo.description, lue.logo.empreinte) == (
        BORDEAUX,
        "Logo de l'agglomération",
        avec_logo.logo_empreinte,
    )
    assert Dessin.open(BytesIO(lue.logo.contenu)).getpixel((5, 5)) == (122, 31, 61)
    du_jour = rapport_du_jour(rapport)
    assert (du_jour.logo, du_jour.couleur) == (None, "#0F5C63")

    client.force_login(personne)
    adresse = reverse(
        "rapport_version_image", args=[campagne.contrat.slug, campagne.annee, 1, avec_logo.logo_empreinte]
    )
    for nom in ("rapport_version", "rapport_presenter"):
        html = client.get(reverse(nom, args=[campagne.contrat.slug, campagne.annee, 1])).content.decode()
        assert f'src="{adresse}" alt="Logo de l&#x27;agglomération"' in html
        assert f'fill="{BORDEAUX}"' in html
    assert client.get(adresse).status_code == 200


def test_le_rapport_public_montre_a_chacun_le_logo_avec_lequel_il_est_publie(
    campagne: Campagne, personne: Any, avec_logo: Epci
) -> None:
    rapport = redaction.ouvrir_rapport(personne, campagne.contrat, campagne.annee)
    figer(personne, RapportAnnuel.objects.get(pk=rapport.pk), "publiee")
    RapportAnnuel.objects.filter(pk=rapport.pk).update(
        statut=RapportAnnuel.Statut.PUBLIE,
        publie_le=timezone.now(),
        deliberation=fabriques.DeliberationFactory(contrat=campagne.contrat),
        adresse_publique="une-adresse-donnee",
    )
    retirer_logo(personne, campagne.contrat)
    visiteur = Client()
    adresse = reverse("rapport_public_image", args=["une-adresse-donnee", avec_logo.logo_empreinte])
    html = visiteur.get(reverse("rapport_public", args=["une-adresse-donnee"])).content.decode()
    assert f'src="{adresse}" alt="Logo de l&#x27;agglomération"' in html
    assert f'fill="{BORDEAUX}"' in html
    assert visiteur.get(adresse).status_code == 200


def test_ce_qui_etait_saisi_quand_la_session_s_est_terminee_est_rendu(
    campagne: Campagne, personne: Any, client: Client
) -> None:
    adresse = page(campagne, "identite_couleur")
    client.post(adresse, {"compte": personne.pk, "version": 1, "couleur": "#FFCC00"})
    client.force_login(personne)
    rendue = client.get(adresse)
    assert "Votre session s'était terminée" in texte(rendue)
    assert rendue.context["form"]["couleur"].value() == "#FFCC00"
    assert Epci.objects.get().couleur == ""


def test_un_logo_perdu_du_disque_n_empeche_ni_les_pages_ni_le_rapport(
    campagne: Campagne, personne: Any, avec_logo: Epci, client: Client, caplog: Any
) -> None:
    default_storage.delete(avec_logo.logo.name)
    rapport = redaction.ouvrir_rapport(personne, campagne.contrat, campagne.annee)
    assert rapport_du_jour(rapport).logo is None
    assert client.get(reverse("logo", args=[avec_logo.logo_empreinte])).status_code == 404
    assert "is missing from the disk" in caplog.text
