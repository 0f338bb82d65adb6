"""What people answer of an import: kept once, never lost, never taken for another; one reading, one confirmation."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bilans.imports import application, lecture, preparation, tableau
from bilans.imports.referentiel import Referentiel
from bilans.models import ImportTableur
from bilans.operations.etats import OperationRefusee
from bilans.pages.imports import nom_de_la_question
from financements.models import Financeur
from porteurs.models import AliasPorteur, Porteur
from tests import fabriques as f
from tests.outils.imports import (
    avec_le_travail,
    classeur,
    comptes,
    confirmer,
    deposer,
    lignes,
    lire_sur_place,
)
from tests.outils.pages import lisible, texte
from tests.outils.requetes import compter_requetes

pytestmark = pytest.mark.django_db
Statut = ImportTableur.Statut
ENTETE = ("Porteur", "Intitulé de l'action", "MAIRIE", "ÉTAT", "Total")


@pytest.fixture(autouse=True)
def sur_place(monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(preparation, "lire_tableur", lire_sur_place)


@pytest.fixture
def auteur(campagne):
    return f.chargee_de_mission(campagne.contrat)


@pytest.fixture
def cadre(campagne):
    for nom, sigle, type_ in (("Ville", "MAIRIE", "commune"), ("État", "ÉTAT", "etat")):
        f.FinanceurFactory(contrat=campagne.contrat, nom=nom, sigle=sigle, type=type_)
    return campagne


INCONNUS = ("Alpha", "Bravo", "Charlie")


def cle(nom):
    return f"porteur:{nom.lower()}"


@pytest.fixture
def import_(cadre, auteur):
    """Three rows, each of a porteur that nobody knows."""
    return deposer(auteur, cadre, classeur(ENTETE, *((nom, f"Action {nom}", 1, None, 1) for nom in INCONNUS)))


def repondre(auteur, import_, rang, reponse="nouveau", **suite):
    """Answer who the porteur of a row is."""
    ligne = lignes(import_)[rang + 2]
    return preparation.decider(auteur, import_, ligne, reponses={cle(INCONNUS[rang]): reponse}, **suite)


# -- Once ------------------------------------------------------------------------------------------
def test_une_ligne_ne_garde_que_ses_reponses(import_, auteur):
    preparation.repondre_partout(auteur, import_, "porteur:", "nouveau")
    for _ in range(2):
        assert [ligne.reponses for ligne in lignes(import_).values()] == [
            {cle(nom): "nouveau"} for nom in INCONNUS
        ]
        import_.refresh_from_db()
        assert import_.reponses == {cle(nom): "nouveau" for nom in INCONNUS}
        avec_le_travail(lambda: preparation.relire(auteur, import_))
    assert comptes(import_) == {"creee": 3}


def test_une_reponse_ne_fait_pas_rechercher_les_porteurs_des_autres_lignes(import_, auteur, monkeypatch):
    cherches = []
    monkeypatch.setattr(Referentiel, "porteurs_proches", lambda _, nom: cherches.append(nom) or [])
    repondre(auteur, import_, 0)
    assert cherches == []
    assert [ligne.categorie for ligne in lignes(import_).values()] == ["creee", "a_decider", "a_decider"]


def test_une_question_posee_par_plusieurs_lignes_se_cherche_une_fois(cadre, auteur, monkeypatch):
    cherches = []
    monkeypatch.setattr(Referentiel, "porteurs_proches", lambda _, nom: cherches.append(nom) or [])
    import_ = deposer(auteur, cadre, classeur(ENTETE, ("Alpha", "A", 1, None, 1), ("ALPHA", "B", 1, None, 1)))
    assert cherches == ["Alpha"]
    assert [ligne.questions[0]["cellule"] for ligne in lignes(import_).values()] == ["A2", "A3"]


def test_les_porteurs_se_creent_ensemble(cadre, auteur):
    def importer(combien):
        rangees = [(f"Structure {combien} {i}", "A", 1, None, 1) for i in range(combien)]
        import_ = deposer(auteur, cadre, classeur(ENTETE, *rangees))
        preparation.repondre_partout(auteur, import_, "porteur:", "nouveau")
        with compter_requetes() as requetes:
            assert confirmer(auteur, import_).statut == Statut.APPLIQUE
        return len(requetes)

    importer(1)
    assert importer(2) == importer(12)
    assert Porteur.objects.count() == 15


def test_les_autres_noms_se_retiennent_ensemble(cadre, auteur):
    connu = f.PorteurFactory(epci=cadre.contrat.epci, nom="Olympe de Gouges")

    def importer(combien):
        noms = [f"Gouges {combien} {i}" for i in range(combien)]
        import_ = deposer(auteur, cadre, classeur(ENTETE, *((nom, nom, 1, None, 1) for nom in noms)))
        for rang, nom in enumerate(noms):
            preparation.decider(
                auteur, import_, lignes(import_)[rang + 2], reponses={cle(nom): f"alias:{connu.cle}"}
            )
        with compter_requetes() as requetes:
            assert confirmer(auteur, import_).statut == Statut.APPLIQUE
        return len(requetes)

    importer(1)
    assert importer(2) == importer(8)
    assert AliasPorteur.objects.filter(porteur=connu).count() == 11


# -- What is new and alike -------------------------------------------------------------------------
def test_deux_financeurs_dont_le_nom_commence_pareil_se_creent(cadre, auteur):
    f.PorteurFactory(epci=cadre.contrat.epci, nom="MPT")
    debut = "Direction régionale et départementale des affaires"
    entete = ("Porteur", "Intitulé de l'action", f"{debut} culturelles", f"{debut} sportives")
    import_ = deposer(auteur, cadre, classeur(entete, ("MPT", "A", 100, 200)))
    dites = {
        "0": {"champ": "porteur"},
        "1": {"champ": "intitule"},
        "2": {"champ": "montant", "financeur": f"{debut} culturelles", "etat": "accorde"},
        "3": {"champ": "montant", "financeur": f"{debut} sportives", "etat": "accorde"},
    }
    avec_le_travail(lambda: preparation.confirmer_colonnes(auteur, import_, dites, {}))
    for question in lignes(import_)[2].questions:
        preparation.decider(auteur, import_, lignes(import_)[2], reponses={question["cle"]: "nouveau"})
    import_.refresh_from_db()
    assert confirmer(auteur, import_).statut == Statut.APPLIQUE, import_.message
    nouveaux = Financeur.objects.exclude(sigle__in=("MAIRIE", "ÉTAT")).order_by("ordre")
    assert list(nouveaux.values_list("nom", "sigle")) == [
        (f"{debut} culturelles", "Direction régionale et départementale de"),
        (f"{debut} sportives", "Direction régionale et départemental (2)"),
    ]


def test_deux_porteurs_nouveaux_d_un_meme_siret_sont_dits(cadre, auteur):
    siret = "732 829 320 00074"
    entete = ("Porteur", "SIRET", "Action")
    import_ = deposer(auteur, cadre, classeur(entete, ("Alpha", siret, "A"), ("Bravo", siret, "B")))
    preparation.repondre_partout(auteur, import_, "porteur:", "nouveau")
    confirmer(auteur, import_)
    assert import_.statut == Statut.A_RELIRE
    assert lisible(import_.message).startswith(
        "Rien n'a été écrit. « Alpha » et « Bravo » ont le même SIRET dans le tableau (73282932000074)."
    )
    assert Porteur.objects.count() == 0


# -- Never for another -----------------------------------------------------------------------------
def test_une_question_qui_n_est_plus_posee_se_refuse(import_, auteur):
    ligne = lignes(import_)[2]
    with pytest.raises(OperationRefusee, match="n'est plus posée"):
        preparation.decider(auteur, import_, ligne, reponses={"porteur:delta": "nouveau"})
    import_.refresh_from_db()
    assert import_.reponses == {}


def test_la_reponse_d_un_autre_n_est_pas_ecrasee_sans_etre_vue(import_, auteur):
    repondre(auteur, import_, 0, "ignorer", vues={cle("Alpha"): ""})
    with pytest.raises(OperationRefusee, match="Quelqu'un d'autre a répondu"):
        repondre(auteur, import_, 0, "nouveau", vues={cle("Alpha"): ""})
    # the same answer, pressed twice, is no quarrel; an answer that was seen can be changed
    repondre(auteur, import_, 0, "ignorer", vues={cle("Alpha"): ""})
    assert repondre(auteur, import_, 0, "nouveau", vues={cle("Alpha"): "ignorer"}).categorie == "creee"


def test_la_page_ne_prend_pas_une_reponse_pour_une_autre(import_, auteur, chargee: Client):
    ligne = lignes(import_)[2]
    campagne = import_.campagne
    adresse = reverse("import_ligne", args=[campagne.contrat.slug, campagne.annee, import_.cle, ligne.ordre])
    page = chargee.get(reverse("import_detail", args=[campagne.contrat.slug, campagne.annee, import_.cle]))
    nom = nom_de_la_question(cle("Alpha"))
    champs = {nom: "nouveau", f"vue-{nom}": "", "ligne": str(ligne.pk)}
    for champ in champs:
        assert f'name="{champ}"' in page.content.decode()

    # of a question that the row does not ask
    reponse = chargee.post(adresse, {nom_de_la_question(cle("Bravo")): "nouveau"}, follow=True)
    assert "Cette question n'est plus posée" in texte(reponse)
    # somebody else answered meanwhile
    repondre(auteur, import_, 0, "ignorer")
    assert "Quelqu'un d'autre a répondu à cette question" in texte(chargee.post(adresse, champs, follow=True))
    # the preview was made anew: the row of this rank may be another
    avec_le_travail(lambda: preparation.relire(auteur, import_))
    assert "L'aperçu a été refait entre-temps." in texte(chargee.post(adresse, champs, follow=True))
    import_.refresh_from_db()
    assert import_.reponses == {cle("Alpha"): "ignorer"}


def test_une_ligne_qui_n_est_plus_la_se_dit(import_, auteur, chargee: Client):
    campagne = import_.campagne
    adresse = reverse("import_ligne", args=[campagne.contrat.slug, campagne.annee, import_.cle, 99])
    assert chargee.post(adresse, {"choix": "oui"}).status_code == 404
    reponse = chargee.post(adresse, {"choix": "oui", "ligne": "12"}, headers={"HX-Request": "true"})
    assert reponse.headers["HX-Redirect"].endswith(f"/imports/{import_.cle}/")


def test_un_porteur_choisi_puis_supprime_se_redemande(import_, auteur):
    choisi = f.PorteurFactory(epci=import_.campagne.contrat.epci, nom="Olympe")
    assert repondre(auteur, import_, 0, f"alias:{choisi.cle}").categorie == "creee"
    choisi.delete()
    avec_le_travail(lambda: preparation.relire(auteur, import_))
    assert comptes(import_) == {"a_decider": 3}
    assert application.obstacles(import_) != []


# -- Never lost ------------------------------------------------------------------------------------
class Tue(BaseException):
    """The worker is killed: nothing of ours sees it."""


@pytest.mark.parametrize("faute", [RuntimeError, Tue])
def test_une_lecture_qui_meurt_en_chemin_ne_perd_ni_reponse_ni_choix(import_, auteur, monkeypatch, faute):
    preparation.repondre_partout(auteur, import_, "porteur:", "nouveau")
    preparation.decider(auteur, import_, lignes(import_)[3], retenue=False)
    avant = list(import_.lignes.order_by("ordre").values())

    def mourir(*_):
        raise faute

    with monkeypatch.context() as pendant:
        pendant.setattr(tableau.Constats, "ajouter", mourir)
        if faute is Tue:
            preparation.relire(auteur, import_)
            with pytest.raises(Tue):
                preparation.lire(import_)
            # Nothing was taken away; the work is given again once nothing moves.
            assert list(import_.lignes.order_by("ordre").values()) == avant
        else:
            avec_le_travail(lambda: preparation.relire(auteur, import_))
            import_.refresh_from_db()
            assert import_.statut == Statut.REFUSE
    if faute is Tue:
        ImportTableur.objects.update(pris_le=timezone.now() - application.PATIENCE_DE_LECTURE * 2)
        avec_le_travail(lambda: application.relancer(auteur, import_))
        assert lignes(import_)[3].retenue is False
    else:
        avec_le_travail(lambda: preparation.relire(auteur, import_))
    assert comptes(import_) == {"creee": 3}


def test_ce_qui_a_ete_laisse_de_cote_le_reste(import_, auteur):
    preparation.decider(auteur, import_, lignes(import_)[3], retenue=False)
    avec_le_travail(lambda: preparation.relire(auteur, import_))
    assert [ligne.retenue for ligne in lignes(import_).values()] == [None, False, None]


def test_ce_que_dit_une_lecture_ne_reste_pas_apres_la_suivante(import_, auteur):
    contrat = import_.campagne.contrat
    porteur = f.PorteurFactory(epci=contrat.epci, nom="Alpha")
    action = f.ActionFactory(contrat=contrat, porteur=porteur, intitule="Jardin partagé")
    absente = f.ActionAnnuelleFactory(campagne=import_.campagne, action=action)
    avec_le_travail(lambda: preparation.relire(auteur, import_))
    import_.refresh_from_db()
    assert "Jardin partagé" in import_.absentes
    assert import_.phrases == [*import_.avertissements, import_.absentes]
    avertissements = import_.avertissements
    absente.delete()
    avec_le_travail(lambda: preparation.relire(auteur, import_))
    import_.refresh_from_db()
    assert import_.phrases == avertissements


def test_une_reponse_dit_a_nouveau_ce_qui_n_est_pas_dans_le_tableau(import_, auteur, chargee: Client):
    porteur = f.PorteurFactory(epci=import_.campagne.contrat.epci, nom="Olympe")
    action = f.ActionFactory(contrat=import_.campagne.contrat, porteur=porteur, intitule="Jardin partagé")
    f.ActionAnnuelleFactory(campagne=import_.campagne, action=action)
    assert import_.absentes == ""
    ligne = lignes(import_)[2]
    campagne = import_.campagne
    adresse = reverse("import_ligne", args=[campagne.contrat.slug, campagne.annee, import_.cle, ligne.ordre])
    champs = {nom_de_la_question(cle("Alpha")): f"alias:{porteur.cle}", "ligne": str(ligne.pk)}
    page = chargee.post(adresse, champs, headers={"HX-Request": "true"})
    assert 'id="absentes-import" hx-swap-oob="true"' in page.content.decode()
    assert "n'y est pas : « Jardin partagé »" in texte(page)


def test_l_apercu_dit_que_les_controles_de_l_annee_passent_ensuite(import_, auteur, chargee: Client):
    preparation.repondre_partout(auteur, import_, "porteur:", "nouveau")
    arguments = [import_.campagne.contrat.slug, import_.campagne.annee]
    page = chargee.get(reverse("import_detail", args=[*arguments, import_.cle]))
    assert "d'une année à l'autre, se vérifie une fois l'import fait" in texte(page)
    assert f'href="{reverse("anomalies", args=arguments)}">Anomalies</a>' in page.content.decode()
    avant = texte(chargee.get(reverse("import_confirmer", args=[*arguments, import_.cle])))
    assert "Les contrôles de l'année passeront ensuite" in avant


# -- One reading -----------------------------------------------------------------------------------
@pytest.mark.parametrize("statut", [Statut.RECU, Statut.LECTURE])
def test_une_lecture_s_abandonne_et_la_page_le_propose(import_, chargee: Client, statut):
    ImportTableur.objects.update(statut=statut, pris_le=timezone.now())
    campagne = import_.campagne
    arguments = [campagne.contrat.slug, campagne.annee, import_.cle]
    abandonner = reverse("import_abandonner", args=arguments)
    assert f'href="{abandonner}"' in chargee.get(reverse("import_detail", args=arguments)).content.decode()
    assert "La lecture s'arrête là" in texte(chargee.get(abandonner))
    chargee.post(abandonner)
    import_.refresh_from_db()
    assert import_.statut == Statut.ABANDONNE


@pytest.mark.parametrize(
    ("statut", "depuis", "dit", "bouton"),
    [
        (Statut.RECU, 60, "La lecture commencera d'elle-même dès qu'il sera relancé.", False),
        (Statut.LECTURE, 60, "un bouton vous proposera ici de recommencer la lecture", False),
        (Statut.LECTURE, 150, "La lecture s'est arrêtée en chemin", True),
        (Statut.RECU, 700, "Personne n'a encore lu votre fichier", True),
        (Statut.APPLICATION, 700, "Rien n'a été écrit à moitié", True),
    ],
)
def test_la_page_dit_quoi_faire_d_un_travail_arrete(import_, auteur, chargee, statut, depuis, dit, bouton):
    ImportTableur.objects.update(
        statut=statut, applique_par=auteur, pris_le=timezone.now() - timedelta(seconds=depuis)
    )
    campagne = import_.campagne
    page = chargee.get(reverse("import_detail", args=[campagne.contrat.slug, campagne.annee, import_.cle]))
    assert dit in texte(page)
    assert ('value="relancer"' in page.content.decode()) is bouton


@pytest.mark.parametrize("fin", ["abandon", "reprise", "refus"])
def test_une_lecture_depassee_ne_laisse_rien(import_, auteur, monkeypatch, fin):
    avant = list(import_.lignes.order_by("ordre").values_list("pk", flat=True))

    def pendant(*_):
        if fin == "reprise":
            ImportTableur.objects.update(pris_le=timezone.now())
        else:
            application.abandonner(auteur, import_)
        if fin == "refus":
            raise RuntimeError

    monkeypatch.setattr(tableau.Constats, "ajouter", pendant)
    avec_le_travail(lambda: preparation.relire(auteur, import_))
    import_.refresh_from_db()
    assert import_.statut == (Statut.LECTURE if fin == "reprise" else Statut.ABANDONNE)
    assert list(import_.lignes.order_by("ordre").values_list("pk", flat=True)) == avant


def test_une_lecture_abandonnee_s_arrete_au_premier_regard(import_):
    ImportTableur.objects.update(statut=Statut.ABANDONNE)
    with pytest.raises(lecture.LectureReprise):
        lecture.avancer(import_, 250)


# -- One confirmation ------------------------------------------------------------------------------
def test_confirmer_deux_fois_n_ecrit_qu_une_fois(import_, auteur):
    preparation.repondre_partout(auteur, import_, "porteur:", "nouveau")
    vue_par_un_autre = ImportTableur.objects.get(pk=import_.pk)
    application.confirmer(auteur, import_)
    with pytest.raises(OperationRefusee, match="en cours d'application"):
        application.confirmer(auteur, vue_par_un_autre)


@pytest.mark.verrous
@pytest.mark.django_db(transaction=True)
def test_de_deux_confirmations_simultanees_une_seule_ecrit(import_, auteur):
    preparation.repondre_partout(auteur, import_, "porteur:", "nouveau")
    depart, dites = threading.Barrier(2), []

    def presser():
        depart.wait()
        try:
            application.confirmer(auteur, ImportTableur.objects.get(pk=import_.pk))
            dites.append("")
        except OperationRefusee as refus:
            dites.append(str(refus))
        finally:
            connections.close_all()

    presses = [threading.Thread(target=presser) for _ in range(2)]
    for presse in presses:
        presse.start()
    for presse in presses:
        presse.join()
    acceptee, refusee = sorted(dites)
    assert acceptee == ""
    assert "ce n'est pas possible maintenant" in refusee
    assert Porteur.objects.count() == len(INCONNUS)
