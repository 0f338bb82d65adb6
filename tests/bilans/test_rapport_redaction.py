"""Composing a report: opened once, written without undoing anybody, ordered, illustrated."""

from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from bilans.models import ActionPhare, PhotoRapport, RapportAnnuel, SectionRapport
from bilans.operations import OperationRefusee
from bilans.operations.brouillon import Changement
from bilans.rapport import redaction
from bilans.rapport.sections import SECTIONS
from tests import fabriques

pytestmark = pytest.mark.django_db


@pytest.fixture
def chargee(campagne: Any) -> Any:
    return fabriques.chargee_de_mission(campagne.contrat)


@pytest.fixture
def rapport(chargee: Any, campagne: Any) -> RapportAnnuel:
    return redaction.ouvrir_rapport(chargee, campagne.contrat, campagne.annee)


@pytest.fixture
def section(rapport: RapportAnnuel) -> SectionRapport:
    return rapport.sections.get(code="orientations")


def lire(section: SectionRapport) -> SectionRapport:
    return SectionRapport.objects.select_related("rapport").get(pk=section.pk)


def ecrire(auteur: Any, section: SectionRapport, **champs: tuple[str, str]) -> Any:
    """Type in fields: (what the page knew, what is typed)."""
    return redaction.ecrire_section(auteur, section, {nom: Changement(*dit) for nom, dit in champs.items()})


def image(format: str = "JPEG", teinte: str = "green") -> SimpleUploadedFile:
    octets = BytesIO()
    Image.new("RGB", (40, 30), teinte).save(octets, format)
    return SimpleUploadedFile(f"photo.{format.lower()}", octets.getvalue())


# -- Opening ---------------------------------------------------------------------------------------
def test_a_report_opens_once_with_the_sections_of_the_law(chargee, campagne, rapport):
    assert redaction.ouvrir_rapport(chargee, campagne.contrat, campagne.annee) == rapport
    assert list(rapport.sections.order_by("ordre").values_list("code", "visible")) == [
        (prevue.code, prevue.visible) for prevue in SECTIONS
    ]


def test_who_does_not_run_the_contract_opens_nothing(campagne):
    with pytest.raises(PermissionDenied):
        redaction.ouvrir_rapport(
            fabriques.membre_du_copil(campagne.contrat), campagne.contrat, campagne.annee
        )
    assert not RapportAnnuel.objects.exists()


def test_a_year_without_campaign_has_no_report(chargee, campagne):
    with pytest.raises(OperationRefusee, match="1999"):
        redaction.ouvrir_rapport(chargee, campagne.contrat, 1999)


# -- Writing ---------------------------------------------------------------------------------------
def test_a_text_is_saved_and_the_report_counts_it(chargee, section):
    avant = section.rapport.version
    resultat = ecrire(chargee, section, texte=("", "Le **contrat**."))
    assert resultat.enregistres == {"texte": "Le **contrat**."}
    assert lire(section).texte == "Le **contrat**."
    assert (resultat.version, lire(section).rapport.version) == (avant + 1, avant + 1)


def test_what_another_wrote_is_opposed_and_kept(chargee, campagne, section):
    autre = fabriques.chargee_de_mission(campagne.contrat)
    ecrire(autre, section, texte=("", "Le sien."))
    resultat = ecrire(chargee, section, texte=("", "Le mien."), titre=(section.titre, "Nos orientations"))
    conflit = resultat.conflits["texte"]
    assert (conflit.autre, conflit.qui) == ("Le sien.", autre)
    assert (lire(section).texte, lire(section).titre) == ("Le sien.", "Nos orientations")


def test_typing_for_long_is_one_row_of_the_history(chargee, section):
    for avant, apres in (("", "U"), ("U", "Un"), ("Un", "Un texte.")):
        ecrire(chargee, section, texte=(avant, apres))
    textes = list(section.historique.order_by("history_id").values_list("texte", flat=True))
    assert textes == ["", "Un texte."]


@pytest.mark.parametrize("titre", ["", "   ", "T" * 201])
def test_a_title_that_is_no_title_is_refused_and_said(chargee, section, titre):
    resultat = ecrire(chargee, section, titre=(section.titre, titre), texte=("", "Gardé."))
    assert set(resultat.refuses) == {"titre"}
    assert (lire(section).titre, lire(section).texte) == (section.titre, "Gardé.")


def test_last_year_s_text_goes_in_an_empty_section_only(chargee, campagne, section):
    ancien = fabriques.RapportFactory(contrat=campagne.contrat, annee=campagne.annee - 1)
    fabriques.SectionRapportFactory(rapport=ancien, code="orientations", texte="L'an dernier.")
    assert redaction.reprendre_l_an_dernier(chargee, section).texte == "L'an dernier."
    with pytest.raises(OperationRefusee, match="déjà un texte"):
        redaction.reprendre_l_an_dernier(chargee, section)


def test_there_may_be_nothing_to_take_up(chargee, section):
    with pytest.raises(OperationRefusee, match="année précédente"):
        redaction.reprendre_l_an_dernier(chargee, section)


# -- The sections ----------------------------------------------------------------------------------
def test_a_section_of_one_s_own_comes_last_and_may_go(chargee, rapport):
    propre = redaction.ajouter_section(chargee, rapport, " Les 10 ans du contrat ")
    autre = redaction.ajouter_section(chargee, rapport, "Les 10 ans du contrat")
    assert (propre.titre, autre.code) == ("Les 10 ans du contrat", f"{propre.code}-2")
    redaction.supprimer_section(chargee, propre)
    assert [s.code for s in rapport.sections.order_by("ordre")] == [*(s.code for s in SECTIONS), autre.code]


def test_a_section_of_the_law_does_not_go(chargee, section):
    with pytest.raises(OperationRefusee, match="masque"):
        redaction.supprimer_section(chargee, section)


def test_sections_are_put_in_order(chargee, rapport):
    cles = list(rapport.sections.order_by("ordre").values_list("cle", flat=True))
    redaction.ranger_sections(chargee, rapport, [cles[2], cles[0]])
    assert list(rapport.sections.order_by("ordre").values_list("cle", flat=True)) == [
        cles[2],
        cles[0],
        cles[1],
        *cles[3:],
    ]


def test_a_section_is_hidden_with_its_text(chargee, section):
    ecrire(chargee, section, texte=("", "Gardé."))
    assert redaction.montrer_section(chargee, section, False).visible is False
    assert lire(section).texte == "Gardé."


def test_blocks_are_kept_in_order_and_unknown_ones_refused(chargee, section):
    connus = ("enjeux", "territoires", "publics")
    assert redaction.choisir_blocs(chargee, section, ["publics", "enjeux"], connus).blocs == [
        "publics",
        "enjeux",
    ]
    for codes in (["inconnu"], ["enjeux", "enjeux"]):
        with pytest.raises(OperationRefusee):
            redaction.choisir_blocs(chargee, section, codes, connus)
    assert lire(section).blocs == ["publics", "enjeux"]


# -- Highlights ------------------------------------------------------------------------------------
def test_highlights_are_written_ordered_and_taken_away(chargee, campagne, rapport):
    actions = [fabriques.ActionAnnuelleFactory(campagne=campagne) for _ in range(3)]
    for annuelle in actions:
        redaction.mettre_en_avant(chargee, rapport, annuelle)
    un, deux, trois = (annuelle.cle for annuelle in actions)
    redaction.ranger_phares(chargee, rapport, [trois, un])
    resultat = redaction.ecrire_phares(chargee, rapport, {f"phare_{un}": Changement("", "Une fête.")})
    assert resultat.enregistres == {f"phare_{un}": "Une fête."}
    redaction.ne_plus_mettre_en_avant(chargee, rapport, actions[1])
    assert list(rapport.actions_phares.order_by("ordre").values_list("action_annuelle__cle", "texte")) == [
        (trois, ""),
        (un, "Une fête."),
    ]
    perdu = redaction.ecrire_phares(chargee, rapport, {f"phare_{deux}": Changement("", "Trop tard.")})
    assert set(perdu.refuses) == {f"phare_{deux}"}


def test_an_action_of_another_year_is_no_highlight(chargee, rapport):
    with pytest.raises(OperationRefusee):
        redaction.mettre_en_avant(chargee, rapport, fabriques.ActionAnnuelleFactory())
    assert not ActionPhare.objects.exists()


def test_there_are_only_so_many_highlights(chargee, campagne, rapport, monkeypatch):
    monkeypatch.setattr(redaction, "PHARES_MAX", 1)
    une, autre = (fabriques.ActionAnnuelleFactory(campagne=campagne) for _ in range(2))
    redaction.mettre_en_avant(chargee, rapport, une)
    redaction.mettre_en_avant(chargee, rapport, une, "Des mots.")
    with pytest.raises(OperationRefusee, match="au plus"):
        redaction.mettre_en_avant(chargee, rapport, autre)
    assert rapport.actions_phares.get().texte == "Des mots."


# -- Photographs -----------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_photograph_is_kept_once_and_goes_with_its_last_row(chargee, section):
    options = {"description": " Un arbre. ", "droits_acquis": True}
    photo = redaction.ajouter_photo(chargee, section, image(), **options)
    double = redaction.ajouter_photo(chargee, section, image(), **options)
    assert (photo.description, photo.ordre, double.ordre) == ("Un arbre.", 1, 2)
    assert photo.fichier.name == double.fichier.name
    stockage, nom = photo.fichier.storage, photo.fichier.name
    redaction.retirer_photo(chargee, photo)
    assert stockage.exists(nom)
    redaction.retirer_photo(chargee, double)
    assert not stockage.exists(nom)
    # Pressed twice, it is done.
    redaction.retirer_photo(chargee, double)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("fichier", "options", "champ"),
    [
        (b"%PDF-1.7\n%%EOF\n", {"description": "Un arbre.", "droits_acquis": True}, "fichier"),
        (b"rien", {"description": "Un arbre.", "droits_acquis": True}, "fichier"),
        (None, {"description": " ", "droits_acquis": True}, "description"),
        (None, {"description": "Un arbre.", "droits_acquis": False}, "__all__"),
    ],
)
def test_what_is_no_photograph_to_publish_is_refused(chargee, section, fichier, options, champ):
    envoye = SimpleUploadedFile("photo.jpg", fichier) if fichier else image()
    with pytest.raises(ValidationError) as refus:
        redaction.ajouter_photo(chargee, section, envoye, **options)
    assert set(refus.value.message_dict) == {champ}
    assert not PhotoRapport.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_there_are_only_so_many_photographs(chargee, section, monkeypatch):
    monkeypatch.setattr(redaction, "PHOTOS_MAX", 1)
    redaction.ajouter_photo(chargee, section, image(), description="Un arbre.", droits_acquis=True)
    with pytest.raises(ValidationError, match="au plus"):
        redaction.ajouter_photo(
            chargee, section, image(teinte="red"), description="Un banc.", droits_acquis=True
        )


@pytest.mark.django_db(transaction=True)
def test_who_does_not_run_the_contract_writes_nothing(campagne, rapport, section):
    membre = fabriques.membre_du_copil(campagne.contrat)
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne)
    photo = fabriques.PhotoRapportFactory(section=section)
    gestes = [
        lambda: ecrire(membre, section, texte=("", "Non.")),
        lambda: redaction.reprendre_l_an_dernier(membre, section),
        lambda: redaction.ajouter_section(membre, rapport, "Non"),
        lambda: redaction.supprimer_section(membre, section),
        lambda: redaction.ranger_sections(membre, rapport, []),
        lambda: redaction.montrer_section(membre, section, False),
        lambda: redaction.choisir_blocs(membre, section, [], []),
        lambda: redaction.mettre_en_avant(membre, rapport, annuelle),
        lambda: redaction.ranger_phares(membre, rapport, []),
        lambda: redaction.ecrire_phares(membre, rapport, {}),
        lambda: redaction.ne_plus_mettre_en_avant(membre, rapport, annuelle),
        lambda: redaction.ajouter_photo(membre, section, image(), description="Non.", droits_acquis=True),
        lambda: redaction.retirer_photo(membre, photo),
    ]
    for geste in gestes:
        with pytest.raises(PermissionDenied):
            geste()
