"""Remarks on a bilan: who writes, answers, settles; internal notes that no porteur ever reads."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import NoReverseMatch, get_resolver, reverse

from actions.models import Campagne
from bilans import operations
from bilans.models import Bilan, Commentaire, Courriel, Recu
from bilans.operations import OperationRefusee, renvoyer, transmettre
from bilans.operations.commentaires import commenter, regler, rouvrir_commentaire
from porteurs.models import AccesPorteur
from tests import fabriques
from tests.outils.pages import rien_n_est_ecrit, texte

pytestmark = pytest.mark.django_db

SECRET = "Entre nous : la trésorerie inquiète."


@pytest.fixture
def bilan():
    return fabriques.BilanFactory(transmis=True)


@pytest.fixture
def chargee(bilan):
    contrat = bilan.action_annuelle.campagne.contrat
    return fabriques.chargee_de_mission(contrat, prenom="Claire", nom="Montrichard")


@pytest.fixture
def porteur(bilan):
    return fabriques.representant_du_porteur(
        bilan.action_annuelle.action.porteur, prenom="Karim", nom="Arnaud"
    )


def adresse(nom, bilan, *suite):
    campagne = bilan.action_annuelle.campagne
    return reverse(nom, args=[campagne.contrat.slug, campagne.annee, bilan.action_annuelle.cle, *suite])


def ecrire(client, bilan, champ="points_forts", **envoi):
    return client.post(f"{adresse('bilan_commenter', bilan)}?champ={champ}", envoi, follow=True)


# -- Writing ---------------------------------------------------------------------------------------
def test_les_deux_boutons_ne_se_confondent_pas(client, bilan, chargee):
    client.force_login(chargee)
    page = texte(client.get(f"{adresse('bilan_commenter', bilan)}?champ=points_forts"))
    assert "Ajouter pour le porteur" in page
    assert "Ajouter en note interne" in page
    ecrire(client, bilan, texte="Lesquels ?", pour="porteur")
    ecrire(client, bilan, texte=SECRET, pour="note")
    assert list(bilan.commentaires.values_list("champ", "texte", "interne", "auteur")) == [
        ("points_forts", "Lesquels ?", False, chargee.pk),
        ("points_forts", SECRET, True, chargee.pk),
    ]


def test_sans_bouton_rien_n_est_devine_ni_perdu(client, bilan, chargee):
    client.force_login(chargee)
    with rien_n_est_ecrit():
        reponse = ecrire(client, bilan, texte="Une phrase longue à retaper.")
    assert "Choisissez qui peut lire ce commentaire" in texte(reponse)
    assert "Une phrase longue à retaper." in reponse.content.decode()


@pytest.mark.parametrize("vide", ["", "  \n "])
def test_un_commentaire_vide_est_demande_au_champ(client, bilan, chargee, vide):
    client.force_login(chargee)
    with rien_n_est_ecrit():
        reponse = ecrire(client, bilan, texte=vide, pour="porteur")
    assert reponse.context["form"].errors == {"texte": ["Écrivez le commentaire."]}


def test_un_texte_trop_long_est_refuse_et_rendu_en_entier(client, bilan, chargee):
    client.force_login(chargee)
    with rien_n_est_ecrit():
        reponse = ecrire(client, bilan, texte="a" * 40_000, pour="porteur")
    assert list(reponse.context["form"].errors) == ["texte"]
    assert "a" * 40_000 in reponse.content.decode()


@pytest.mark.parametrize("champ", ["points_fort", "statut", "<script>", "question_9999999"])
def test_un_champ_qui_n_existe_pas_est_introuvable(client, bilan, chargee, champ):
    client.force_login(chargee)
    assert client.get(adresse("bilan_commenter", bilan), {"champ": champ}).status_code == 404
    with rien_n_est_ecrit():
        assert ecrire(client, bilan, champ=champ, texte="Ici.", pour="note").status_code == 404


def test_chaque_champ_et_chaque_groupe_se_commentent(client, bilan, chargee):
    annuelle = bilan.action_annuelle
    question = fabriques.QuestionFactory(campagne=annuelle.campagne)
    critere = fabriques.IndicateurActionFactory(action_annuelle=annuelle)
    champs = ["", "effectifs", "indicateurs", "budget", "pieces", "realisation", "total_ensemble_F"]
    champs += [f"question_{question.pk}", f"critere_{critere.pk}"]
    client.force_login(chargee)
    for champ in champs:
        reponse = ecrire(client, bilan, champ=champ, texte=f"Au sujet de {champ or 'tout'}.", pour="porteur")
        assert f"Au sujet de {champ or 'tout'}." in texte(reponse)
    assert sorted(bilan.commentaires.values_list("champ", flat=True)) == sorted(champs)


def test_un_double_clic_fait_un_seul_commentaire(client, bilan, chargee):
    client.force_login(chargee)
    for _ in range(2):
        ecrire(client, bilan, texte="Lesquels ?", pour="porteur")
    assert bilan.commentaires.count() == 1


def test_avec_htmx_le_formulaire_et_la_suite_prennent_leur_place(client, bilan, chargee):
    client.force_login(chargee)
    htmx = {"HX-Request": "true"}
    url = f"{adresse('bilan_commenter', bilan)}?champ=points_forts"
    formulaire = client.get(url, headers=htmx).content.decode()
    assert "<html" not in formulaire
    assert 'id="remarques-points_forts"' in formulaire
    refuse = client.post(url, {"texte": "", "pour": "porteur"}, headers=htmx)
    assert (refuse.status_code, "Écrivez le commentaire." in refuse.content.decode()) == (422, True)
    fait = client.post(url, {"texte": "Lesquels ?", "pour": "porteur"}, headers=htmx)
    assert "<html" not in fait.content.decode()
    assert "Lesquels ?" in texte(fait)


# -- Answering -------------------------------------------------------------------------------------
def test_le_porteur_repond_la_ou_on_lui_parle(client, bilan, chargee, porteur):
    commenter(bilan, chargee, champ="points_forts", texte="Lesquels ?", interne=False)
    client.force_login(porteur)
    page = texte(client.get(adresse("bilan_detail", bilan)))
    assert "À lire · Points forts : Lesquels ?" in page
    reponse = texte(ecrire(client, bilan, texte="L'entraide."))
    assert "Réponse du porteur · Karim Arnaud" in reponse
    assert "Vous avez répondu · Points forts : L'entraide." in reponse
    client.force_login(chargee)
    page = texte(client.get(adresse("bilan_detail", bilan)))
    assert "Le porteur a répondu · Points forts : L'entraide." in page


def test_le_porteur_ne_commente_pas_de_lui_meme_ni_en_secret(client, bilan, chargee, porteur):
    commenter(bilan, chargee, champ="points_forts", texte=SECRET, interne=True)
    regler(commenter(bilan, chargee, champ="difficultes", texte="Réglé.", interne=False), chargee)
    client.force_login(porteur)
    for champ in ("points_forts", "difficultes", ""):
        with rien_n_est_ecrit():
            page = texte(ecrire(client, bilan, champ=champ, texte="Bonjour.", pour="note"))
        assert "Aucun commentaire n'attend de réponse à cet endroit du bilan." in page
        assert SECRET not in page
    with pytest.raises(PermissionDenied):
        commenter(bilan, porteur, champ="points_forts", texte="Une note.", interne=True)
    # His word is never a note, whatever the page sends.
    commenter(bilan, chargee, champ="points_forts", texte="Lesquels ?", interne=False)
    ecrire(client, bilan, texte="L'entraide.", pour="porteur")
    assert not Commentaire.objects.get(texte="L'entraide.").interne


def test_le_porteur_lit_le_commentaire_au_champ_de_son_formulaire(client, bilan, chargee, porteur):
    commenter(bilan, chargee, champ="points_forts", texte="Lesquels ?", interne=False)
    commenter(bilan, chargee, champ="points_forts", texte=SECRET, interne=True)
    renvoyer(bilan, chargee, "Précisez les points forts.")
    client.force_login(porteur)
    page = client.get(adresse("bilan_saisir", bilan), {"etape": "deroulement"})
    assert "Commentaire · Claire Montrichard" in texte(page)
    assert "Lesquels ?" in texte(page)
    assert SECRET not in texte(page)
    retour = f"{adresse('bilan_commenter', bilan)}?champ=points_forts&retour=saisir"
    assert retour.replace("&", "&amp;") in page.content.decode()
    reponse = client.post(retour, {"texte": "L'entraide."})
    assert reponse.url == f"{adresse('bilan_saisir', bilan)}?etape=deroulement#id_points_forts"


def test_qui_pilote_et_porte_a_la_fois_ecrit_au_porteur(client, bilan, chargee, porteur):
    """A town's service, whose actions the chargé·e de mission also represents."""
    AccesPorteur.objects.create(porteur=bilan.action_annuelle.action.porteur, utilisateur=chargee)
    commenter(bilan, chargee, champ="points_forts", texte="Lesquels ?", interne=False)
    client.force_login(porteur)
    page = texte(client.get(adresse("bilan_detail", bilan)))
    assert "À lire · Points forts : Lesquels ?" in page
    assert "Réponse du porteur" not in page
    assert "Claire Montrichard a écrit au porteur" in page


# -- When the bilan no longer changes --------------------------------------------------------------
@pytest.mark.parametrize("statut", ["valide", "integre", "publie"])
def test_un_bilan_valide_ne_recoit_que_des_notes(client, statut):
    bilan = fabriques.BilanFactory(**{statut: True})
    chargee = fabriques.chargee_de_mission(bilan.action_annuelle.campagne.contrat)
    fabriques.CommentaireFactory(bilan=bilan, champ="points_forts")
    client.force_login(chargee)
    page = texte(client.get(f"{adresse('bilan_commenter', bilan)}?champ=points_forts"))
    assert "Ajouter pour le porteur" not in page
    assert "Ajouter en note interne" in page
    with rien_n_est_ecrit():
        reponse = ecrire(client, bilan, texte="Une phrase à retaper.", pour="porteur")
    assert "Vous pouvez ajouter une note interne, ou rouvrir le bilan." in texte(reponse)
    assert "Une phrase à retaper." in reponse.content.decode()
    ecrire(client, bilan, texte=SECRET, pour="note")
    assert bilan.commentaires.filter(interne=True).count() == 1
    porteur = fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur)
    with pytest.raises(OperationRefusee):
        commenter(bilan, porteur, champ="points_forts", texte="Trop tard.", interne=False)


def test_une_annee_archivee_ne_recoit_plus_rien(bilan, chargee, porteur):
    remarque = commenter(bilan, chargee, champ="", texte="Avant.", interne=False)
    Campagne.objects.update(statut=Campagne.Statut.ARCHIVEE)
    for compte, interne in ((chargee, False), (chargee, True), (porteur, False)):
        with pytest.raises(OperationRefusee if not (compte == porteur and interne) else PermissionDenied):
            commenter(Bilan.objects.get(pk=bilan.pk), compte, champ="", texte="Après.", interne=interne)
    with pytest.raises(OperationRefusee):
        regler(Commentaire.objects.get(pk=remarque.pk), chargee)
    assert Commentaire.objects.count() == 1


# -- Settling --------------------------------------------------------------------------------------
def test_regler_puis_rouvrir_une_conversation(client, bilan, chargee, porteur, time_machine):
    time_machine.move_to("2025-05-12 10:00", tick=False)
    question = commenter(bilan, chargee, champ="points_forts", texte="Lesquels ?", interne=False)
    reponse = commenter(bilan, porteur, champ="points_forts", texte="L'entraide.", interne=False)
    note = commenter(bilan, chargee, champ="points_forts", texte=SECRET, interne=True)
    ailleurs = commenter(bilan, chargee, champ="difficultes", texte="Et ici ?", interne=False)
    client.force_login(chargee)
    url = adresse("commentaire_regler", bilan, reponse.cle)
    page = texte(client.post(url, {"geste": "regler"}, follow=True))
    assert "Le commentaire est réglé." in page
    assert "Réglé le 12 mai 2025 à 10 h 00 par Claire Montrichard" in page
    regles = Commentaire.objects.filter(regle_le__isnull=False)
    assert set(regles) == {question, reponse}
    assert {remarque.regle_par for remarque in regles} == {chargee}
    # Twice: nothing more. An older conversation of the same field, settled before, stays settled afterwards.
    assert regler(Commentaire.objects.get(pk=reponse.pk), chargee) == 0
    time_machine.move_to("2025-05-12 11:00", tick=False)
    suivante = commenter(bilan, chargee, champ="points_forts", texte="Un exemple ?", interne=False)
    regler(suivante, chargee)
    client.post(adresse("commentaire_regler", bilan, suivante.cle), {"geste": "rouvrir"})
    assert set(Commentaire.objects.filter(regle_le__isnull=True)) == {suivante, note, ailleurs}
    assert rouvrir_commentaire(suivante, chargee) == 0
    # A note is settled alone.
    assert regler(note, chargee) == 1
    assert set(Commentaire.objects.filter(regle_le__isnull=True)) == {suivante, ailleurs}


def test_seule_la_chargee_regle(client, bilan, chargee, porteur):
    remarque = commenter(bilan, chargee, champ="", texte="Lesquels ?", interne=False)
    note = commenter(bilan, chargee, champ="", texte=SECRET, interne=True)
    client.force_login(porteur)
    with rien_n_est_ecrit():
        assert client.post(adresse("commentaire_regler", bilan, remarque.cle)).status_code == 403
        # A note does not exist for him.
        assert client.post(adresse("commentaire_regler", bilan, note.cle)).status_code == 404
    client.force_login(chargee)
    assert client.get(adresse("commentaire_regler", bilan, remarque.cle)).status_code == 405
    autre = fabriques.CommentaireFactory()
    assert client.post(adresse("commentaire_regler", bilan, autre.cle)).status_code == 404


def test_les_commentaires_survivent_aux_allers_et_retours(bilan, chargee, porteur):
    commenter(bilan, chargee, champ="points_forts", texte="Lesquels ?", interne=False)
    operations.renvoyer(bilan, chargee, "Précisez.")
    operations.transmettre(bilan, porteur)
    operations.valider(bilan, chargee)
    operations.rouvrir(bilan, chargee, "Une erreur.")
    assert bilan.commentaires.get().texte == "Lesquels ?"


# -- What must never be shown ----------------------------------------------------------------------
def test_les_autres_ne_savent_pas_qu_on_se_parle(client, bilan, chargee):
    commenter(bilan, chargee, champ="", texte="Lesquels ?", interne=False)
    autre = fabriques.ActionAnnuelleFactory(campagne=bilan.action_annuelle.campagne)
    for compte in (
        fabriques.representant_du_porteur(autre.action.porteur),
        fabriques.membre_du_copil(bilan.action_annuelle.campagne.contrat),
        fabriques.chargee_de_mission(fabriques.ContratFactory()),
    ):
        client.force_login(compte)
        url = adresse("bilan_commenter", bilan)
        assert client.get(url).status_code == 404
        assert client.post(url, {"texte": "x", "pour": "note"}).status_code == 404
    assert Commentaire.objects.count() == 1


def test_un_financeur_lit_le_bilan_valide_sans_ce_qu_on_s_y_dit(client):
    bilan = fabriques.BilanFactory(valide=True)
    contrat = bilan.action_annuelle.campagne.contrat
    fabriques.CommentaireFactory(bilan=bilan, texte="Lesquels ?")
    fabriques.CommentaireFactory(bilan=bilan, texte=SECRET, interne=True)
    client.force_login(fabriques.representant_du_financeur(fabriques.FinanceurFactory(contrat=contrat)))
    page = texte(client.get(adresse("bilan_detail", bilan)))
    assert "Lesquels ?" not in page
    assert SECRET not in page
    assert client.get(adresse("bilan_commenter", bilan)).status_code == 403
    assert client.post(adresse("bilan_commenter", bilan), {"texte": "x"}).status_code == 403


def adresses_du_bilan(bilan):
    """Give every address of the contract, those of this bilan and of what hangs from it included."""
    campagne = bilan.action_annuelle.campagne
    lieu = [campagne.contrat.slug, campagne.annee]
    cle = bilan.action_annuelle.cle
    suites = [[], [cle], *([cle, objet.cle] for objet in (*bilan.pieces.all(), *bilan.recus.all()))]
    suites += [
        [bilan.action_annuelle.action.porteur.cle],
        ["synthese"],
        ["synthese", "csv"],
        ["porteurs", "csv"],
    ]
    for nom in sorted(n for n in get_resolver().reverse_dict if isinstance(n, str)):
        for suite in suites:
            try:
                yield reverse(nom, args=[*lieu, *suite])
            except NoReverseMatch:
                continue


@pytest.mark.parametrize("statut", ["en_saisie", "transmis", "a_completer", "valide"])
def test_aucune_page_ne_montre_une_note_interne_au_porteur(client, statut, settings):
    bilan = fabriques.BilanFactory(**{statut: True}, points_forts="L'entraide.")
    campagne = bilan.action_annuelle.campagne
    chargee = fabriques.chargee_de_mission(campagne.contrat)
    for champ in ("", "points_forts", "effectifs", "budget", "pieces", "indicateurs", "realisation"):
        fabriques.CommentaireFactory(bilan=bilan, champ=champ, texte=SECRET, interne=True, auteur=chargee)
        fabriques.CommentaireFactory(bilan=bilan, champ=champ, texte="Lesquels ?", auteur=chargee)
    regler(bilan.commentaires.filter(interne=True, champ="").get(), chargee)
    fabriques.PieceJointeFactory(bilan=bilan)
    client.force_login(fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur))
    # Here a page that fails shows nothing; it is tested elsewhere.
    client.raise_request_exception = False
    lues = 0
    for url in adresses_du_bilan(bilan):
        for demande in ({}, {"champ": "points_forts"}, {"etape": "publics"}, {"etape": "relecture"}):
            reponse = client.get(url, demande)
            if reponse.status_code != 200:
                break
            contenu = reponse.getvalue()
            lues += 1
            assert b"tr\xc3\xa9sorerie inqui\xc3\xa8te" not in contenu, url
            assert b"note interne" not in contenu, url
            assert b"Note interne" not in contenu, url
    assert lues > 20


def test_un_renvoi_ecrit_au_porteur_sans_les_notes(
    bilan, chargee, porteur, mailoutbox, django_capture_on_commit_callbacks
):
    commenter(bilan, chargee, champ="points_forts", texte=SECRET, interne=True)
    commenter(bilan, chargee, champ="points_forts", texte="Lesquels ?", interne=False)
    with django_capture_on_commit_callbacks(execute=True):
        renvoyer(bilan, chargee, "Précisez.")
    with django_capture_on_commit_callbacks(execute=True):
        transmettre(bilan, porteur)
    partis = [lettre.body + str(lettre.alternatives) for lettre in mailoutbox]
    ecrits = [c.texte + c.html for c in Courriel.objects.order_by("pk")]
    recus = [str(recu.contenu) for recu in Recu.objects.order_by("pk")]
    assert ecrits
    assert recus
    for contenu in (*partis, *ecrits, *recus):
        assert "trésorerie" not in contenu


def test_regler_et_rouvrir_sont_dans_l_histoire_du_commentaire():
    commentaire = fabriques.CommentaireFactory()
    elle = fabriques.chargee_de_mission(commentaire.bilan.action_annuelle.campagne.contrat)
    regler(commentaire, elle)
    rouvrir_commentaire(commentaire, elle)
    passages = commentaire.historique.order_by("history_id")
    assert [(h.history_type, h.regle_le is not None, h.history_user) for h in passages] == [
        ("+", False, None),
        ("~", True, elle),
        ("~", False, elle),
    ]
