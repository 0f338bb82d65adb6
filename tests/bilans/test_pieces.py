"""Attaching, reading and taking away the files of a bilan: who may, what is kept, what is said."""

import io
import stat
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings as reglages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from PIL import Image

from actions.models import Campagne
from bilans.models import Bilan, PieceJointe
from bilans.operations import OperationRefusee
from bilans.operations.pieces import joindre, retirer
from bilans.pages.pieces import pieces_du_bilan
from comptes.models import Utilisateur
from tests import fabriques
from tests.outils.pages import lisible, rien_n_est_ecrit, texte

pytestmark = pytest.mark.django_db


def pdf(numero: int = 1, nom: str = "compte rendu.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(nom, f"%PDF-1.7\n% {numero}\nstartxref\n9\n%%EOF\n".encode())


@pytest.fixture(autouse=True)
def depots(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def bilan(campagne: Campagne) -> Bilan:
    """A bilan in the hands of its porteur."""
    campagne.statut = Campagne.Statut.BILANS_OUVERTS
    campagne.save()
    return fabriques.BilanFactory(action_annuelle__campagne=campagne, en_saisie=True)


@pytest.fixture
def porteur(bilan: Bilan) -> Utilisateur:
    return fabriques.representant_du_porteur(
        bilan.action_annuelle.action.porteur, prenom="Nadia", nom="Benali"
    )


@pytest.fixture
def du_porteur(porteur: Utilisateur) -> Client:
    client = Client()
    client.force_login(porteur)
    return client


def address(nom: str, bilan: Bilan, *suite: str) -> str:
    campagne = bilan.action_annuelle.campagne
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee, bilan.action_annuelle.cle, *suite])


def files(dossier: Path) -> list[Path]:
    return sorted(chemin for chemin in dossier.rglob("*") if chemin.is_file())


# -- Attaching -------------------------------------------------------------------------------------
def test_a_file_is_kept_under_its_key_and_signed(bilan: Bilan, porteur: Utilisateur, depots: Path) -> None:
    piece = joindre(bilan, porteur, pdf(nom="../Fête du quartier.jpg"), "compte_rendu")
    assert (piece.nom, piece.nature, piece.type_mime) == (
        "Fête du quartier.pdf",
        "compte_rendu",
        "application/pdf",
    )
    assert piece.depose_par == porteur
    [chemin] = files(depots)
    assert chemin.relative_to(depots) == Path("pieces") / bilan.cle / f"{piece.cle}.pdf"
    assert (chemin.stat().st_size, chemin.read_bytes()) == (piece.taille, pdf().read())
    assert stat.S_IMODE(chemin.stat().st_mode) == 0o600
    assert stat.S_IMODE(chemin.parent.stat().st_mode) == 0o700
    ligne = PieceJointe.historique.get()
    assert (ligne.history_type, ligne.history_user, ligne.nom) == ("+", porteur, "Fête du quartier.pdf")


def test_the_files_are_outside_of_what_the_server_gives_to_anybody() -> None:
    statiques = [Path(dossier).resolve() for dossier in reglages.STATICFILES_DIRS]
    depots = Path(reglages.MEDIA_ROOT).resolve()
    assert not any(depots.is_relative_to(dossier) for dossier in statiques)
    assert reglages.MEDIA_URL in ("", "/")


def test_an_unknown_kind_is_other(bilan: Bilan, porteur: Utilisateur) -> None:
    assert joindre(bilan, porteur, pdf(), "sorcellerie").nature == "autre"


def test_a_large_upload_on_disk_is_kept_too(bilan: Bilan, porteur: Utilisateur, depots: Path) -> None:
    """Django writes what is beyond 2,5 Mo in a temporary file."""
    fichier = TemporaryUploadedFile("photo.png", "image/png", 0, None)
    Image.effect_noise((1800, 1800), 90).save(fichier, "PNG")
    fichier.size = fichier.tell()
    assert fichier.size > reglages.FILE_UPLOAD_MAX_MEMORY_SIZE
    piece = joindre(bilan, porteur, fichier)
    [chemin] = files(depots)
    assert Image.open(chemin).size == (1800, 1800)
    assert stat.S_IMODE(chemin.stat().st_mode) == 0o600
    assert piece.taille == chemin.stat().st_size


def test_the_first_file_starts_the_bilan(campagne: Campagne) -> None:
    campagne.statut = Campagne.Statut.BILANS_OUVERTS
    campagne.save()
    bilan = fabriques.BilanFactory(action_annuelle__campagne=campagne)
    porteur = fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur)
    joindre(bilan, porteur, pdf())
    bilan.refresh_from_db()
    assert bilan.statut == Bilan.Statut.EN_SAISIE
    [passage] = bilan.transitions.all()
    assert (passage.de, passage.vers, passage.auteur) == ("a_saisir", "en_saisie", porteur)


def test_a_file_leaves_the_answers_and_their_version_alone(bilan: Bilan, porteur: Utilisateur) -> None:
    avant = Bilan.objects.values().get(pk=bilan.pk)
    piece = joindre(bilan, porteur, pdf())
    retirer(piece, porteur)
    assert Bilan.objects.values().get(pk=bilan.pk) == avant


def test_the_same_file_twice_is_said(bilan: Bilan, porteur: Utilisateur, depots: Path) -> None:
    piece = joindre(bilan, porteur, pdf(nom="Affiche.pdf"))
    with pytest.raises(OperationRefusee) as refus:
        joindre(bilan, porteur, pdf(nom="copie.pdf"))
    assert lisible(str(refus.value)).startswith(
        "Ce fichier est déjà joint à ce bilan, sous le nom « Affiche.pdf », depuis le"
    )
    assert [chemin.stem for chemin in files(depots)] == [piece.cle]
    # the same file may go with another bilan
    autre = fabriques.BilanFactory(
        action_annuelle__campagne=bilan.action_annuelle.campagne,
        action_annuelle__action__porteur=bilan.action_annuelle.action.porteur,
        en_saisie=True,
    )
    assert joindre(autre, porteur, pdf()).bilan == autre


def test_so_many_files_and_no_more(bilan: Bilan, porteur: Utilisateur, settings: Any, depots: Path) -> None:
    settings.PIECES_NOMBRE_MAX = 2
    for numero in (1, 2):
        joindre(bilan, porteur, pdf(numero))
    with pytest.raises(OperationRefusee, match="Ce bilan a déjà 2 pièces jointes"):
        joindre(bilan, porteur, pdf(3))
    assert len(files(depots)) == 2


def test_so_many_bytes_and_no_more(bilan: Bilan, porteur: Utilisateur, settings: Any, depots: Path) -> None:
    settings.PIECES_TOTAL_MAX = 2 * len(pdf().read()) - 1
    joindre(bilan, porteur, pdf(1))
    with pytest.raises(OperationRefusee, match="Les pièces jointes de ce bilan pèseraient"):
        joindre(bilan, porteur, pdf(2))
    assert len(files(depots)) == 1


def test_a_file_that_is_not_accepted_leaves_nothing(bilan: Bilan, porteur: Utilisateur, depots: Path) -> None:
    with rien_n_est_ecrit(), pytest.raises(OperationRefusee, match="ni un PDF"):
        joindre(bilan, porteur, SimpleUploadedFile("photo.jpg", b"<svg/>"))
    assert files(depots) == []


def test_no_file_without_its_row(bilan: Bilan, porteur: Utilisateur, depots: Path) -> None:
    with (
        mock.patch.object(PieceJointe, "save", side_effect=DatabaseError),
        rien_n_est_ecrit(),
        pytest.raises(DatabaseError),
    ):
        joindre(bilan, porteur, pdf())
    assert files(depots) == []


@pytest.mark.django_db(transaction=True)
def test_attaching_is_never_part_of_something_that_may_fail_later(
    bilan: Bilan, porteur: Utilisateur, depots: Path
) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        joindre(bilan, porteur, pdf())
    assert files(depots) == []


# -- Who may ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("situation", "permis"),
    [("en_saisie", True), ("a_completer", True), ("transmis", False), ("valide", False)],
)
def test_the_porteur_attaches_while_it_may_write(campagne: Campagne, situation: str, permis: bool) -> None:
    campagne.statut = Campagne.Statut.BILANS_OUVERTS
    campagne.save()
    bilan = fabriques.BilanFactory(action_annuelle__campagne=campagne, **{situation: True})
    porteur = fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur)
    piece = fabriques.PieceJointeFactory(bilan=bilan)
    if permis:
        joindre(bilan, porteur, pdf())
        retirer(piece, porteur)
        return
    with rien_n_est_ecrit():
        with pytest.raises(OperationRefusee):
            joindre(bilan, porteur, pdf())
        with pytest.raises(OperationRefusee):
            retirer(piece, porteur)


def test_once_the_bilans_are_closed_nothing_is_attached(bilan: Bilan, porteur: Utilisateur) -> None:
    bilan.action_annuelle.campagne.statut = Campagne.Statut.BILANS_CLOS
    bilan.action_annuelle.campagne.save()
    with pytest.raises(OperationRefusee, match="sont clos"):
        joindre(bilan, porteur, pdf())


def test_the_one_who_runs_the_contract_may_too_while_reading(campagne: Campagne) -> None:
    bilan = fabriques.BilanFactory(action_annuelle__campagne=campagne, transmis=True)
    joindre(bilan, fabriques.chargee_de_mission(campagne.contrat), pdf())
    bilan.refresh_from_db()
    assert bilan.statut == Bilan.Statut.EN_VERIFICATION


def test_nobody_else_may(bilan: Bilan, depots: Path) -> None:
    campagne = bilan.action_annuelle.campagne
    piece = fabriques.PieceJointeFactory(bilan=bilan)
    for etranger in (
        fabriques.membre_du_copil(campagne.contrat),
        fabriques.representant_du_porteur(fabriques.PorteurFactory(epci=campagne.contrat.epci)),
        fabriques.chargee_de_mission(fabriques.ContratFactory()),
    ):
        with rien_n_est_ecrit():
            with pytest.raises(PermissionDenied):
                joindre(bilan, etranger, pdf())
            with pytest.raises(PermissionDenied):
                retirer(piece, etranger)
    assert len(files(depots)) == 1


# -- Taking away -----------------------------------------------------------------------------------
def test_a_file_goes_when_its_row_is_gone_for_sure(
    bilan: Bilan, porteur: Utilisateur, depots: Path, django_capture_on_commit_callbacks: Any
) -> None:
    piece = joindre(bilan, porteur, pdf())
    with django_capture_on_commit_callbacks(execute=True):
        retirer(piece, porteur)
        assert len(files(depots)) == 1
    assert files(depots) == []
    assert not PieceJointe.objects.exists()
    lignes = PieceJointe.historique.order_by("history_id")
    assert [(ligne.history_type, ligne.history_user) for ligne in lignes] == [("+", porteur), ("-", porteur)]
    # again, from a page left open
    retirer(piece, porteur)
    assert PieceJointe.historique.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_file_stays_when_taking_it_away_fails(bilan: Bilan, porteur: Utilisateur, depots: Path) -> None:
    piece = joindre(bilan, porteur, pdf())
    with transaction.atomic():
        retirer(piece, porteur)
        transaction.set_rollback(True)
    assert PieceJointe.objects.filter(pk=piece.pk).exists()
    assert len(files(depots)) == 1


# -- The pages -------------------------------------------------------------------------------------
def test_the_porteur_sends_a_file_and_comes_back_to_the_step(
    du_porteur: Client, bilan: Bilan, porteur: Utilisateur
) -> None:
    reponse = du_porteur.post(
        address("piece_ajouter", bilan), {"fichier": pdf(), "nature": "photo", "etape": "moyens"}
    )
    assert (reponse.status_code, reponse.url) == (
        302,
        f"{address('bilan_saisir', bilan)}?etape=moyens#pieces",
    )
    [piece] = bilan.pieces.all()
    assert (piece.nature, piece.depose_par) == ("photo", porteur)
    assert messages(reponse) == ["Le fichier est joint."]


def messages(reponse: Any) -> list[str]:
    from django.contrib.messages import get_messages

    return [lisible(str(message)) for message in get_messages(reponse.wsgi_request)]


def test_the_one_who_runs_the_contract_attaches_from_the_page_of_the_bilan(
    campagne: Campagne, chargee: Client
) -> None:
    bilan = fabriques.BilanFactory(action_annuelle__campagne=campagne, transmis=True)
    page = chargee.get(address("bilan_detail", bilan))
    assert f'action="{address("piece_ajouter", bilan)}"' in page.content.decode()
    reponse = chargee.post(address("piece_ajouter", bilan), {"fichier": pdf()})
    assert reponse.url == f"{address('bilan_detail', bilan)}#lu-pieces"
    assert "compte rendu.pdf" in texte(chargee.get(reponse.url))
    Bilan.objects.filter(pk=bilan.pk).update(
        statut="valide", valide_le=fabriques.VALIDE_LE, valide_par=fabriques.UtilisateurFactory()
    )
    ferme = chargee.get(address("bilan_detail", bilan)).content.decode()
    assert "compte rendu.pdf" in ferme
    assert f'action="{address("piece_ajouter", bilan)}"' not in ferme


def test_several_files_at_once_each_with_its_answer(du_porteur: Client, bilan: Bilan) -> None:
    mauvais = SimpleUploadedFile("page.html", b"<html>")
    reponse = du_porteur.post(
        address("piece_ajouter", bilan), {"fichier": [pdf(1), mauvais, pdf(2), pdf(3)], "etape": "//pirate"}
    )
    assert reponse.url == f"{address('bilan_detail', bilan)}"
    assert bilan.pieces.count() == 3
    faits, refus = messages(reponse)
    assert faits == "Les 3 fichiers sont joints."
    assert refus.startswith("« page.html » : Ce fichier n'est ni un PDF")


def test_no_file_chosen(du_porteur: Client, bilan: Bilan) -> None:
    reponse = du_porteur.post(address("piece_ajouter", bilan))
    assert messages(reponse) == ["Choisissez d'abord un fichier, puis appuyez sur « Joindre »."]


def test_a_script_gets_the_list_or_a_sentence(du_porteur: Client, bilan: Bilan) -> None:
    adresse = address("piece_ajouter", bilan)
    reponse = du_porteur.post(
        adresse, {"fichier": pdf(), "etape": "moyens"}, headers={"Accept": "application/json"}
    )
    assert (reponse.status_code, set(reponse.json())) == (200, {"html"})
    piece = bilan.pieces.get()
    assert f'href="{address("piece", bilan, piece.cle)}"' in reponse.json()["html"]
    assert f'href="{address("piece_retirer", bilan, piece.cle)}?etape=moyens"' in reponse.json()["html"]
    encore = du_porteur.post(adresse, {"fichier": pdf()}, headers={"Accept": "application/json"})
    assert encore.status_code == 400
    assert lisible(encore.json()["message"]).startswith("Ce fichier est déjà joint à ce bilan")
    # nothing of it waits for the next page
    assert messages(encore) == []


def test_a_file_too_heavy_gets_a_sentence(du_porteur: Client, bilan: Bilan, settings: Any) -> None:
    settings.PIECE_TAILLE_MAX = 1 << 20
    lourd = SimpleUploadedFile("film.pdf", b"%PDF-1.7" + bytes(4 << 20))
    reponse = du_porteur.post(address("piece_ajouter", bilan), {"fichier": lourd})
    assert reponse.status_code == 302
    assert messages(reponse)[0].startswith("Ce fichier pèse 4 Mo ; une pièce jointe en pèse au plus 1 Mo.")


def test_the_porteur_takes_a_file_away_after_a_question(
    du_porteur: Client, bilan: Bilan, porteur: Utilisateur
) -> None:
    piece = joindre(bilan, porteur, pdf(nom="Affiche.pdf"))
    adresse = address("piece_retirer", bilan, piece.cle) + "?etape=moyens"
    with rien_n_est_ecrit():
        page = du_porteur.get(adresse)
    assert "« Affiche.pdf » (PDF, 1 Ko), jointe le" in texte(page)
    for _ in range(2):
        reponse = du_porteur.post(adresse)
        assert reponse.url == f"{address('bilan_saisir', bilan)}?etape=moyens#pieces"
        assert bilan.pieces.count() == 0


def test_a_file_that_may_no_longer_go_stays(du_porteur: Client, bilan: Bilan, porteur: Utilisateur) -> None:
    piece = joindre(bilan, porteur, pdf())
    Bilan.objects.filter(pk=bilan.pk).update(
        statut="transmis", realisation="realisee", transmis_le=fabriques.TRANSMIS_LE, transmis_par=porteur
    )
    adresse = address("piece_retirer", bilan, piece.cle)
    assert du_porteur.get(adresse).status_code == 302
    reponse = du_porteur.post(adresse)
    assert "Ce bilan a déjà été transmis." in messages(reponse)
    script = du_porteur.post(adresse, headers={"Accept": "application/json"})
    assert (script.status_code, script.json()) == (400, {"message": "Ce bilan a déjà été transmis."})
    assert bilan.pieces.count() == 1


# -- The file itself -------------------------------------------------------------------------------
def image() -> SimpleUploadedFile:
    sortie = io.BytesIO()
    Image.new("RGB", (4, 4)).save(sortie, "JPEG")
    return SimpleUploadedFile("photo.jpg", sortie.getvalue())


def docx() -> SimpleUploadedFile:
    from docx import Document

    sortie = io.BytesIO()
    Document().save(sortie)
    return SimpleUploadedFile("Évaluation « été ».docx", sortie.getvalue())


@pytest.mark.parametrize(
    ("fichier", "disposition"),
    [
        (pdf, 'inline; filename="compte rendu.pdf"'),
        (image, 'inline; filename="photo.jpg"'),
        (
            docx,
            "attachment; filename*=utf-8''%C3%89valuation%20%C2%AB%20%C3%A9t%C3%A9%20%C2%BB.docx",
        ),
    ],
)
def test_a_file_is_given_with_nothing_that_can_run(
    du_porteur: Client, bilan: Bilan, porteur: Utilisateur, fichier: Any, disposition: str
) -> None:
    piece = joindre(bilan, porteur, fichier())
    with rien_n_est_ecrit():
        reponse: Any = du_porteur.get(address("piece", bilan, piece.cle))
    assert reponse.status_code == 200
    assert len(b"".join(reponse.streaming_content)) == piece.taille
    assert reponse["Content-Type"] == piece.type_mime
    assert reponse["Content-Disposition"] == disposition
    assert reponse["X-Content-Type-Options"] == "nosniff"
    assert reponse["Cache-Control"] == "private, no-cache"
    politique = {
        regle.split()[0]: regle.split()[1:] for regle in reponse["Content-Security-Policy"].split(";")
    }
    assert politique["default-src"] == ["'none'"]
    assert politique["frame-ancestors"] == ["'none'"]
    assert "sandbox" in politique
    assert "script-src" not in politique


def test_a_file_is_for_those_who_exchange_about_the_bilan(bilan: Bilan) -> None:
    """Whatever its state: a funder reads a validated bilan, never its attachments."""
    campagne = bilan.action_annuelle.campagne
    Bilan.objects.filter(pk=bilan.pk).update(
        statut="valide",
        realisation="realisee",
        transmis_le=fabriques.TRANSMIS_LE,
        transmis_par=fabriques.UtilisateurFactory(),
        valide_le=fabriques.VALIDE_LE,
        valide_par=fabriques.UtilisateurFactory(),
    )
    piece = fabriques.PieceJointeFactory(bilan=bilan)
    ligne = fabriques.LigneFinancementFactory(action_annuelle=bilan.action_annuelle)
    lecteur = fabriques.representant_du_financeur(ligne.financeur)
    assert bilan in Bilan.objects.visibles_par(lecteur)
    attendus = {
        fabriques.chargee_de_mission(campagne.contrat): 200,
        fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur): 200,
        lecteur: 404,
        fabriques.membre_du_copil(campagne.contrat): 404,
        fabriques.representant_du_porteur(fabriques.PorteurFactory(epci=campagne.contrat.epci)): 404,
    }
    for compte, statut in attendus.items():
        client = Client()
        client.force_login(compte)
        assert client.get(address("piece", bilan, piece.cle)).status_code == statut, compte
    assert pieces_du_bilan(bilan, lecteur).liste == []


def test_a_file_of_another_bilan_of_the_porteur_is_not_under_this_address(
    du_porteur: Client, bilan: Bilan
) -> None:
    autre = fabriques.BilanFactory(
        action_annuelle__campagne=bilan.action_annuelle.campagne,
        action_annuelle__action__porteur=bilan.action_annuelle.action.porteur,
        en_saisie=True,
    )
    piece = fabriques.PieceJointeFactory(bilan=autre)
    assert du_porteur.get(address("piece", autre, piece.cle)).status_code == 200
    for nom in ("piece", "piece_retirer"):
        assert du_porteur.get(address(nom, bilan, piece.cle)).status_code == 404
    assert du_porteur.post(address("piece_retirer", bilan, piece.cle)).status_code == 404
    assert autre.pieces.count() == 1


def test_a_file_lost_by_the_disk_is_not_found(du_porteur: Client, bilan: Bilan, depots: Path) -> None:
    piece = fabriques.PieceJointeFactory(bilan=bilan)
    (depots / piece.fichier.name).unlink()
    assert du_porteur.get(address("piece", bilan, piece.cle)).status_code == 404


def test_the_list_costs_the_same_with_one_file_or_twenty(
    bilan: Bilan, porteur: Utilisateur, django_assert_num_queries: Any
) -> None:
    fabriques.PieceJointeFactory(bilan=bilan)

    def lire() -> int:
        return len([lue.piece.depose_par.prenom for lue in pieces_du_bilan(bilan, porteur).liste])

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as une:
        assert lire() == 1
    fabriques.PieceJointeFactory.create_batch(5, bilan=bilan)
    with django_assert_num_queries(len(une)):
        assert lire() == 6
