"""Writing what is retained, all or nothing; undoing it, as long as nothing was built on it."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.models import ActionAnnuelle
from bilans.imports import annulation, application, ecriture, preparation, taches
from bilans.models import Bilan, EffetImport, ImportTableur
from bilans.operations.etats import OperationRefusee
from financements.models import AmbiguiteMontants, Financeur, LigneFinancement
from porteurs.models import Porteur
from tests import fabriques as f
from tests.outils.imports import (
    annuler,
    avec_le_travail,
    classeur,
    comptes,
    confirmer,
    deposer,
    lignes,
    lire_sur_place,
    photographie,
)

pytestmark = pytest.mark.django_db
Statut = ImportTableur.Statut
ENTETE = ("Porteur", "Intitulé de l'action", "Bilan de l'action", "NB de bénéficiaires QPV", "MAIRIE", "ÉTAT")


@pytest.fixture(autouse=True)
def sur_place(monkeypatch):
    monkeypatch.setattr(preparation, "lire_tableur", lire_sur_place)


@pytest.fixture
def cadre(campagne):
    for nom, sigle, type_ in (("Ville", "MAIRIE", "commune"), ("État", "ÉTAT", "etat")):
        f.FinanceurFactory(contrat=campagne.contrat, nom=nom, sigle=sigle, type=type_)
    for nom in ("Maison pour tous", "Vélo partagé"):
        f.PorteurFactory(epci=campagne.contrat.epci, nom=nom)
    return campagne


@pytest.fixture
def auteur(cadre):
    return f.chargee_de_mission(cadre.contrat)


def apercu(auteur, campagne, *rangees):
    return deposer(auteur, campagne, classeur(ENTETE, *rangees))


JARDIN = ("Maison pour tous", "Jardin partagé", "Douze ateliers.", 30, 1500, None)
VELO = ("Vélo partagé", "Bourse aux vélos", "Deux ventes.", 12, None, 800)


# -- All or nothing --------------------------------------------------------------------------------
def test_une_panne_au_milieu_ne_laisse_rien(cadre, auteur, monkeypatch):
    import_ = apercu(auteur, cadre, JARDIN, VELO)
    avant = photographie()

    def casser(*_: Any) -> None:
        raise RuntimeError("coupure")

    monkeypatch.setattr(ecriture.Ecrivain, "_ecrire_les_montants", casser)
    confirmer(auteur, import_)
    assert import_.statut == Statut.A_RELIRE
    assert import_.message.startswith("Rien n'a été écrit")
    assert import_.applique_par is None
    assert photographie() == avant
    assert not EffetImport.objects.exists()
    monkeypatch.undo()
    monkeypatch.setattr(preparation, "lire_tableur", lire_sur_place)
    confirmer(auteur, import_)
    assert import_.statut == Statut.APPLIQUE


def test_deux_travaux_pour_un_import_n_ecrivent_qu_une_fois(cadre, auteur):
    import_ = apercu(auteur, cadre, JARDIN)
    confirmer(auteur, import_)
    apres = photographie()
    taches.appliquer_import.func(import_.pk)
    taches.lire_import.func(import_.pk)
    assert photographie() == apres
    import_.refresh_from_db()
    assert import_.statut == Statut.APPLIQUE


def test_un_travail_tue_se_reprend(cadre, auteur):
    import_ = apercu(auteur, cadre, JARDIN)
    ImportTableur.objects.filter(pk=import_.pk).update(statut=Statut.LECTURE)
    import_.refresh_from_db()
    with pytest.raises(OperationRefusee, match="en cours"):
        application.relancer(auteur, import_)
    ImportTableur.objects.filter(pk=import_.pk).update(pris_le=f.VALIDE_LE)
    import_.refresh_from_db()
    assert application.en_panne(import_)
    avec_le_travail(lambda: application.relancer(auteur, import_))
    import_.refresh_from_db()
    assert import_.statut == Statut.A_RELIRE
    ImportTableur.objects.filter(pk=import_.pk).update(
        statut=Statut.APPLICATION, applique_par=auteur, pris_le=f.VALIDE_LE
    )
    avec_le_travail(lambda: application.relancer(auteur, import_))
    import_.refresh_from_db()
    assert import_.statut == Statut.APPLIQUE


def test_ce_qui_a_change_depuis_l_apercu_arrete_tout(cadre, auteur):
    confirmer(auteur, apercu(auteur, cadre, JARDIN))
    import_ = apercu(auteur, cadre, (*JARDIN[:4], 1800, None), VELO)
    ligne = LigneFinancement.objects.get()
    ligne.montant_accorde = Decimal(2000)
    ligne.save()
    (obstacle,) = application.obstacles(import_)
    assert obstacle == (
        "Depuis l'aperçu, Pilotis a changé\xa0: ligne 2, «\xa0MAIRIE, accordé\xa0» n'est plus "
        "«\xa01\u202f500\xa0€\xa0». Relisez le fichier pour comparer à nouveau."
    )
    with pytest.raises(OperationRefusee, match="Relisez le fichier"):
        application.confirmer(auteur, import_)
    avec_le_travail(lambda: preparation.relire(auteur, import_))
    (change,) = lignes(import_)[2].changements
    assert (change["ancien"], change["nouveau"]) == ("2\u202f000\xa0€", "1\u202f800\xa0€")
    assert application.obstacles(import_) == []


def test_une_action_creee_entre_temps_arrete_tout(cadre, auteur):
    import_ = apercu(auteur, cadre, JARDIN)
    action = f.ActionFactory(
        contrat=cadre.contrat, porteur=Porteur.objects.get(nom="Maison pour tous"), intitule="Jardin partagé"
    )
    f.ActionAnnuelleFactory(campagne=cadre, action=action)
    assert "l'action de la ligne 2 a été créée" in application.obstacles(import_)[0]


def test_plus_tard_garde_les_deux_lectures_a_trancher(cadre, auteur):
    for sigle in ("AGGLO", "Région"):
        f.FinanceurFactory(contrat=cadre.contrat, nom=sigle, sigle=sigle)
    entete = ("Porteur", "Action", "MAIRIE", "AGGLO", "ÉTAT", "Région", "Total")
    rangee = ("Maison pour tous", "Bien-être", 1000, 1000, 2000, 4000, 8000)
    import_ = deposer(auteur, cadre, classeur(entete, rangee))
    (question,) = lignes(import_)[2].questions
    assert [choix["valeur"] for choix in question["choix"]] == ["fichier", "sans", "plus_tard"]
    preparation.repondre_partout(auteur, import_, "montants:", "plus_tard")
    confirmer(auteur, import_)
    ambiguite = AmbiguiteMontants.objects.get()
    lectures = [
        {m.financeur.sigle: m.montant for m in lecture.montants.select_related("financeur")}
        for lecture in ambiguite.lectures.all()
    ]
    assert lectures == [
        {"MAIRIE": 1000, "AGGLO": 1000, "ÉTAT": 2000, "Région": 4000},
        {"MAIRIE": 1000, "AGGLO": 1000, "ÉTAT": 2000},
    ]
    annuler(auteur, import_)
    assert not AmbiguiteMontants.objects.exists()


# -- Undoing ---------------------------------------------------------------------------------------
def test_annuler_remet_tout_comme_avant(cadre, auteur):
    confirmer(auteur, apercu(auteur, cadre, JARDIN))
    avant = photographie(sans_versions=True)
    import_ = apercu(auteur, cadre, (*JARDIN[:2], "Treize ateliers.", 0, None, 900), VELO)
    confirmer(auteur, import_)
    assert photographie(sans_versions=True) != avant
    version = Bilan.objects.get(action_annuelle__action__intitule="Jardin partagé").version
    annuler(auteur, import_)
    assert (import_.statut, import_.annule_par) == (Statut.ANNULE, auteur)
    assert photographie(sans_versions=True) == avant
    # A page opened before knows that the row moved.
    assert Bilan.objects.get().version == version + 1


def test_on_annule_le_dernier_puis_le_precedent(cadre, auteur):
    avant = photographie()
    premier = confirmer(auteur, apercu(auteur, cadre, JARDIN))
    second = confirmer(auteur, apercu(auteur, cadre, (*JARDIN[:4], 1800, None)))
    assert annulation.annulable(premier) == [
        "Lignes de financement\xa0: 1\xa0a changé depuis («\xa0Ville – Jardin partagé (2024)\xa0»)."
    ]
    with pytest.raises(OperationRefusee, match="a changé depuis"):
        annulation.annuler(auteur, premier)
    annuler(auteur, second)
    annuler(auteur, premier)
    assert photographie() == avant


def test_ce_qui_est_bati_dessus_empeche_d_annuler(cadre, auteur):
    import_ = confirmer(auteur, apercu(auteur, cadre, JARDIN))
    f.VersementFactory(ligne=LigneFinancement.objects.get())
    f.CommentaireFactory(bilan=Bilan.objects.get())
    apres = photographie()
    assert annulation.annulable(import_) == [
        "Commentaires\xa0: 1\xa0ligne dépend de ce que l'import a créé (bilans).",
        "Versements\xa0: 1\xa0ligne dépend de ce que l'import a créé (lignes de financement).",
    ]
    with pytest.raises(OperationRefusee):
        annulation.annuler(auteur, import_)
    assert photographie() == apres


def test_une_panne_pendant_l_annulation_laisse_l_import_applique(cadre, auteur, monkeypatch):
    import_ = confirmer(auteur, apercu(auteur, cadre, JARDIN))
    apres = photographie()

    def refuser(*_: Any) -> None:
        raise OperationRefusee("Quelque chose a changé.")

    monkeypatch.setattr(annulation._Effets, "remettre", refuser)
    annuler(auteur, import_)
    assert (import_.statut, import_.annule_par) == (Statut.APPLIQUE, None)
    assert import_.message == "L'import n'a pas été annulé. Quelque chose a changé."
    assert photographie() == apres


# -- Properties ------------------------------------------------------------------------------------
TITRES = ("Jardin partagé", "Bourse aux vélos", "Fête du quartier", "Chantier jeunes")
textes = st.text(alphabet="abcé \n’,.«»", max_size=40)
montants = st.one_of(st.none(), st.integers(0, 9_999), st.decimals(0, 9_999, places=2).map(float))


@st.composite
def programmes(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """A programme of a few rows: each action once, any text, any number, blanks."""
    identites = draw(
        st.lists(
            st.tuples(st.sampled_from(("Maison pour tous", "Vélo partagé")), st.sampled_from(TITRES)),
            min_size=1,
            max_size=5,
            unique=True,
        )
    )
    return [
        (
            *identite,
            draw(textes),
            draw(st.one_of(st.none(), st.integers(0, 500))),
            draw(montants),
            draw(montants),
        )
        for identite in identites
    ]


class Recommencer(Exception):
    """Takes away what one example wrote."""


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(premier=programmes(), second=programmes())
def test_appliquer_puis_annuler_ne_fait_rien_et_deux_fois_vaut_une(cadre, auteur, premier, second):
    try:
        with transaction.atomic():
            verifier_un_programme(cadre, auteur, premier, second)
            raise Recommencer
    except Recommencer:
        pass


def verifier_un_programme(cadre, auteur, premier, second):
    def importer(rangees):
        import_ = apercu(auteur, cadre, *rangees)
        for numero, ligne in lignes(import_).items():
            # What is to be decided (an amount like « 1.234 ») is left aside here.
            if ligne.categorie == "a_decider":
                preparation.decider(auteur, import_, lignes(import_)[numero], retenue=False)
        return confirmer(auteur, import_)

    assert importer(premier).statut == Statut.APPLIQUE
    avant = photographie(sans_versions=True)
    import_ = importer(second)
    assert import_.statut == Statut.APPLIQUE
    apres = photographie(sans_versions=True)
    # Twice is once.
    encore = importer(second)
    assert photographie(sans_versions=True) == apres
    assert not EffetImport.objects.filter(import_tableur=encore).exists()
    assert set(comptes(encore)) <= {"inchangee", "a_decider", "ignoree"}
    # Undone is never done.
    annuler(auteur, import_)
    assert import_.statut == Statut.ANNULE
    assert photographie(sans_versions=True) == avant


def test_l_histoire_suit_chaque_ligne_ecrite(cadre, auteur):
    import_ = confirmer(auteur, apercu(auteur, cadre, JARDIN, VELO))
    for modele in (ActionAnnuelle, Bilan, LigneFinancement):
        for objet in modele.objects.order_by("pk"):
            (ligne,) = objet.historique.all()
            assert (ligne.history_type, ligne.history_user) == ("+", auteur)
            assert ligne.history_change_reason == application.motif_de(import_)
    assert Financeur.objects.count() == 2
