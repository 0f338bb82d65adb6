"""Besançon and Dijon: a convention, a fiche action, and nothing that the documents do not say."""

from datetime import date
from decimal import Decimal

import pytest

from actions.models import ActionAnnuelle
from bilans.models import Bilan, BilanStructure
from contrats.models import ContratVille
from financements.models import LigneFinancement, Versement
from porteurs.models import Convention, Porteur
from porteurs.operations_conventions import Calcul, calculer_echeances
from tests.fabriques import administrateur

from .outils import document

pytestmark = pytest.mark.usefixtures("demonstration")
CONVENTION = document("besancon_mjc_convention")
FICHE = document("dijon_fiche_action")["fiche"]


@pytest.fixture
def besancon():
    return ContratVille.objects.get(slug="besancon-2024-2030")


@pytest.fixture
def dijon():
    return ContratVille.objects.get(slug="dijon-2024-2030")


@pytest.fixture
def convention(besancon):
    return Convention.objects.get(contrat=besancon)


# -- Besançon --------------------------------------------------------------------------------------
def test_les_quartiers_de_besancon(besancon):
    noms = {
        type_: [t.nom for t in besancon.territoires.filter(type=type_)]
        for type_ in ("qpv", "quartier_fragile")
    }
    assert sorted(noms["qpv"]) == sorted(CONVENTION["territoire"]["qpv"])
    assert sorted(noms["quartier_fragile"]) == sorted(CONVENTION["territoire"]["quartiers_fragiles"])
    qpv = besancon.territoires.filter(type="qpv")
    assert {(t.generation_id, t.code) for t in qpv} == {("2024", "")}
    assert besancon.territoires.get(nom="Clairs-Soleils").population == 1428
    assert besancon.territoires.exclude(population__isnull=True).count() == 2


def test_les_statistiques_de_besancon(besancon):
    lues = CONVENTION["territoire"]["statistiques"]
    charges = [
        (s.theme, s.libelle, s.unite, s.citation, s.valeurs.get().valeur) for s in besancon.statistiques.all()
    ]
    assert charges == [
        (s["territoire"], s["indicateur"], s["unite"], s["citation"], s["valeur"]) for s in lues
    ]
    assert len(charges) == 12
    territoires = [s.territoire.nom if s.territoire else None for s in besancon.statistiques.all()]
    assert territoires == ["Clairs-Soleils"] * 4 + ["Cité des Vareilles"] * 3 + [None] * 5
    assert {(s.annee, s.source) for s in besancon.statistiques.all()} == {(None, "")}


def test_aucune_action_n_est_inventee_a_besancon(besancon):
    assert besancon.actions.count() == 0
    assert besancon.axes.count() == 0
    assert not Bilan.objects.filter(action_annuelle__campagne__contrat=besancon).exists()


def test_la_convention(convention):
    assert convention.type == Convention.Type.CADRE
    assert convention.statut == Convention.Statut.DELIBEREE
    assert (convention.date_debut, convention.date_fin) == (date(2025, 1, 1), date(2029, 12, 31))
    assert convention.duree_annoncee_ans == 5
    assert convention.date_signature is None
    assert convention.montant_total is None
    assert CONVENTION["convention"]["duree"]["contradiction"] in convention.remarque
    deliberation = convention.deliberation
    assert deliberation.date == date(2025, 12, 3)
    assert deliberation.identifiant_actes == "025-262500564-20251203-D00198310-DE"
    parties = [(p.nom, p.designation, p.representee_par) for p in convention.parties.all()]
    lues = CONVENTION["convention"]["parties"]
    assert parties == [(p["nom"], p["designation"], p["representee_par"]) for p in lues]
    jours = [
        p.date_deliberation.isoformat() if p.date_deliberation else None for p in convention.parties.all()
    ]
    assert jours == [p["deliberation_du"] for p in lues]


def test_les_19_obligations(convention):
    lues = CONVENTION["convention"]["obligations"]
    charges = [
        (o.code, o.titre, o.debiteur, o.destinataire or None, o.contenu, o.citation)
        for o in convention.obligations.all()
    ]
    assert charges == [
        (
            *(o["code"], o["titre"], o["debiteur"], o["destinataire"]),
            *("\n".join(o["pieces"]), "\n".join(o["citations"])),
        )
        for o in lues
    ]
    assert len(charges) == 19
    regles = {o.code: o.regle for o in convention.obligations.all()}
    assert all(regles.values())
    assert regles["6.3"] == "au plus tard le 15 juillet de l'année N"


# What each of the 19 obligations of articles 6 to 9 asks in 2026, code by code: how often, from what, on which day.
# The commission of the demonstration is on 8 December 2026; its minutes are not sent yet.
EN_2026 = {
    "6.1": ("permanente", "", None, []),
    "6.2-a": ("unique", "", None, []),
    "6.2-b": ("evenement", "agrement", 15, []),
    "6.2-c": ("demande", "", None, []),
    "6.3": ("annuelle", "", None, ["2026-07-15"]),
    "6.4-a": ("evenement", "assemblee", 0, []),
    "6.4-b": ("evenement", "conseil", 0, []),
    "6.4-c": ("evenement", "evolution", 0, []),
    "6.4-d": ("demande", "", None, []),
    "6.5": ("reputee", "", None, []),
    "6.6": ("permanente", "", None, []),
    "6.7": ("permanente", "", None, []),
    "7.1": ("annuelle", "", None, ["2026-08-30"]),
    "7.3": ("annuelle", "", None, ["2026-08-30"]),
    "7.4": ("annuelle", "", None, []),
    "8.1-a": ("annuelle", "commission", -15, ["2026-11-23"]),
    "8.1-b": ("annuelle", "commission", None, []),
    "8.1-c": ("annuelle", "compte_rendu", 15, []),
    "9": ("permanente", "", None, []),
}


def test_chaque_obligation_a_sa_regle_et_ses_dates(convention):
    assert {
        o.code: (
            *(o.recurrence, o.evenement, o.delai_jours),
            [str(e.date) for e in o.echeances.filter(date__year=2026).order_by("date")],
        )
        for o in convention.obligations.all()
    } == EN_2026
    assert convention.obligations.get(code="6.2-a").date_fixe == date(2025, 1, 30)
    pour = {e.obligation.code: e.libelle[-11:] for e in convention.echeances.filter(date=date(2026, 8, 30))}
    assert pour == {"7.1": "(pour 2027)", "7.3": "(pour 2027)"}


def test_les_echeances_vont_de_la_deliberation_a_la_fin(convention):
    """What the text asks before the deliberation that allows it, nobody could do: DAT-09 says it."""
    annees = sorted({e.date.year for e in convention.echeances.all()})
    assert annees == [2026, 2027, 2028, 2029]
    # 6.3, 7.1 and 7.3 each year, 8.1-a once.
    assert convention.echeances.count() == 13
    assert calculer_echeances(administrateur(), convention) == Calcul()


def test_qui_doit_quoi_et_ce_dont_dependent_les_versements(convention):
    assert [o.code for o in convention.obligations.filter(du_porteur=False)] == ["8.1-b"]
    assert [o.code for o in convention.obligations.filter(conditionne_versements=True)] == [
        *("6.2-a", "6.2-b", "6.2-c", "6.3", "6.4-a", "6.4-b", "6.4-c", "6.4-d")
    ]


def test_les_neuf_axes_ont_leurs_55_points(convention):
    assert [axe.intitule for axe in convention.axes.all()] == [
        a["titre"] for a in CONVENTION["axes_thematiques"]
    ]
    assert sum(len(axe.points.splitlines()) for axe in convention.axes.all()) == 55
    assert {t.nom for t in convention.territoires.all()} == {"Clairs-Soleils", "Cité des Vareilles"}


def test_les_versements_sont_des_regles(convention):
    regles = [
        (
            r.mois,
            r.type,
            f"{r.numerateur}/{r.denominateur}",
            r.base,
            r.numerateur_defaut,
            r.denominateur_defaut,
        )
        for r in convention.regles_versement.all()
    ]
    assert regles == [
        (2, "acompte", "1/3", "n_moins_1", None, None),
        (5, "acompte", "1/2", "reste_n", 1, 3),
        (8, "solde", "1/1", "reste_n", None, None),
    ]
    lus = CONVENTION["subventions"]["fonctionnement"]["versements"]
    assert [r.citation for r in convention.regles_versement.all()] == [lu["citation"] for lu in lus]
    (versement,) = Versement.objects.filter(convention=convention)
    assert (versement.statut, versement.montant_prevu) == ("prevu", Decimal(81000))
    assert (versement.date_prevue.year, versement.date_prevue.month) == (2026, 1)
    assert versement.montant_verse is None


def test_la_fiche_de_travail_a_neuf_axes_a_remplir(besancon):
    fiche = BilanStructure.objects.get(campagne__contrat=besancon)
    assert (fiche.campagne.annee, fiche.statut) == (2025, "a_saisir")
    assert [axe.intitule for axe in fiche.axes.all()] == [a["titre"] for a in CONVENTION["axes_thematiques"]]
    assert fiche.axes.count() == 9
    assert {(axe.bilan, axe.perspectives) for axe in fiche.axes.all()} == {("", "")}
    assert [agrement.organisme for agrement in fiche.porteur.agrements.all()] == ["CAF du Doubs"]
    assert "réputée satisfaite" in fiche.porteur.cer_dispense


# -- Dijon -----------------------------------------------------------------------------------------
def test_la_fiche_action_sur_quatre_ans(dijon):
    annuelles = ActionAnnuelle.objects.filter(campagne__contrat=dijon).order_by("campagne__annee")
    assert [a.campagne.annee for a in annuelles] == [2024, 2025, 2026, 2027]
    for annuelle in annuelles:
        assert annuelle.action.intitule == FICHE["nom"]
        assert annuelle.domaine == FICHE["domaine_lu"]
        assert annuelle.objectifs.split("\n") == FICHE["objectifs"]
        assert annuelle.public_vise.split("\n") == FICHE["publics"]
        assert annuelle.partenaires.split("\n") == FICHE["partenaires"]
        assert annuelle.moyens_humains.split("\n") == FICHE["moyens"]["humains"]
        assert (
            annuelle.moyens_materiels.split("\n") == FICHE["moyens"]["locaux"] + FICHE["moyens"]["materiels"]
        )
        assert annuelle.tarifs == FICHE["tarifs"]
        volets = [(v.ordre, v.intitule, v.description.split("\n"), v.lieux) for v in annuelle.volets.all()]
        assert volets == [(v["numero"], v["intitule"], v["description"], v["lieux"]) for v in FICHE["volets"]]
        assert sum(len(v[2]) for v in volets) == 20
        assert [i.libelle for i in annuelle.indicateurs.all()] == FICHE["criteres_evaluation"]
        assert [t.type for t in annuelle.territoires.order_by("pk")] == ["hors_qpv"]


def test_le_budget_et_la_participation_de_la_ville(dijon):
    annuelles = ActionAnnuelle.objects.filter(campagne__contrat=dijon).order_by("campagne__annee")
    budgets = [(a.campagne.annee, a.budgets.get().total_annonce) for a in annuelles]
    assert budgets == [(b["annee"], b["budget_previsionnel"]) for b in FICHE["budget"]]
    assert sum(montant for _, montant in budgets) == 670696
    lignes = LigneFinancement.objects.filter(action_annuelle__in=annuelles)
    assert {(ligne.financeur.nom, ligne.montant_accorde) for ligne in lignes} == {
        ("Ville de Dijon", Decimal(82000))
    }
    assert lignes.count() == 4


def test_le_porteur_de_dijon_dit_que_son_nom_n_est_pas_ecrit(dijon):
    porteur = Porteur.objects.get(epci=dijon.epci)
    assert porteur.nom == "Le Cercle"
    assert porteur.objet == FICHE["structure_remarque"]
    (moyens,) = porteur.moyens_humains.all()
    assert (moyens.salaries_permanents, moyens.etp_permanents) == (14, Decimal("11.26"))
    assert moyens.benevoles is None


def test_un_bilan_est_a_saisir_la_seule_annee_dont_les_bilans_sont_ouverts(dijon):
    bilans = Bilan.objects.filter(action_annuelle__campagne__contrat=dijon)
    assert [(b.action_annuelle.campagne.annee, b.statut) for b in bilans.order_by("pk")] == [
        (2024, "a_saisir")
    ]
