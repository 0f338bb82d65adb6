"""Every model × every role: which rows `visibles_par` gives, to the row. A model missing from the table fails.

Pages go through `visibles_par`; what it gives too much, some total, filter or file will show one day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser

from actions.models import ActionAnnuelle, ActionTerritoire
from comptes.acces import AccesQuerySet, QuerySetProtege
from contrats.models import PhaseContrat
from contrats.querysets import NomenclatureQuerySet
from financements.models import RegleVersement, Reversement
from porteurs.models import PartieConvention
from tests import fabriques

pytestmark = pytest.mark.django_db

ROLES = ("chargee", "porteur", "financeur", "copil", "autre_chargee", "sans_acces")

# The rows, by what they hang from. Actions: that of the porteur; its neighbour's; one whose bilan is validated;
# a draft paid by the funder. « contrat »: what every reader of the contract sees. « etranger »: another contract.
ACTIONS = {"sienne", "voisine", "validee", "brouillon"}
DEPOSEES = ACTIONS - {"brouillon"}
# « voisine » is paid by another funder.
DU_FINANCEUR = {"sienne", "validee"}
PILOTAGE, PUBLIE = {"pilotage"}, {"publie"}
TOUT_DU_CONTRAT = {"contrat"}


def lecture(chargee: set[str], porteur: set[str], financeur: set[str], copil: set[str]) -> dict[str, Any]:
    return {"chargee": chargee, "porteur": porteur, "financeur": financeur, "copil": copil}


DU_CONTRAT = lecture(*[TOUT_DU_CONTRAT] * 4)
DE_LA_CHARGEE = lecture(PILOTAGE, set(), set(), set())
DU_DOSSIER = lecture(ACTIONS, {"sienne"}, set(), set())
DU_PROGRAMME = lecture(ACTIONS, {"sienne"}, DEPOSEES, set())
DE_L_ARGENT = lecture(ACTIONS, {"sienne"}, DU_FINANCEUR, set())
DU_BILAN = lecture(ACTIONS, {"sienne"}, {"validee"}, set())
DE_LA_SEANCE = lecture({"contrat", *PILOTAGE}, TOUT_DU_CONTRAT, TOUT_DU_CONTRAT, TOUT_DU_CONTRAT)
# A report is read once published; its draft, by who sits in the COPIL, while it is out for opinion.
DU_RAPPORT = lecture(
    {"contrat", "consultation", *PILOTAGE}, TOUT_DU_CONTRAT, TOUT_DU_CONTRAT, {"contrat", "consultation"}
)
DE_LA_REDACTION = lecture({"contrat", "consultation", *PILOTAGE}, set(), set(), set())

VISIBLES: dict[str, dict[str, set[str]]] = {
    **dict.fromkeys(
        (
            *("contrats.ContratVille", "contrats.PhaseContrat", "contrats.Territoire"),
            *("contrats.AliasTerritoire", "contrats.Axe", "contrats.Objectif", "contrats.Levier"),
            *("contrats.Partenaire", "contrats.PartenaireAssocie", "contrats.Indicateur", "contrats.Critere"),
            *("contrats.Statistique", "contrats.ValeurStatistique", "contrats.Instance"),
            *("contrats.Deliberation", "actions.Campagne", "actions.TrancheAge"),
            *("actions.Question", "actions.IndicateurDemande", "actions.ReglagesControles"),
        ),
        DU_CONTRAT,
    ),
    "contrats.Seance": DE_LA_SEANCE,
    "contrats.MembreInstance": DE_LA_CHARGEE,
    "porteurs.Porteur": DU_PROGRAMME,
    "porteurs.AliasPorteur": DU_PROGRAMME,
    **dict.fromkeys(
        (
            *("porteurs.Representant", "porteurs.Agrement", "porteurs.MoyenHumain", "porteurs.Convention"),
            *("porteurs.PartieConvention", "porteurs.Obligation", "porteurs.Echeance", "actions.Action"),
            *("porteurs.AxeConvention", "porteurs.Avenant", "porteurs.EvenementConvention"),
            "bilans.DocumentConvention",
            *("financements.RegleVersement", "financements.Budget", "financements.LigneBudget"),
            "financements.ExplicationEcart",
            *("bilans.Transition", "bilans.BilanStructure", "bilans.AxeBilanStructure"),
            *("bilans.ReponseStructure", "bilans.TransitionStructure"),
            *("bilans.PieceJointe", "bilans.Recu", "bilans.SuggestionIgnoree", "porteurs.Invitation"),
        ),
        DU_DOSSIER,
    ),
    **dict.fromkeys(
        (
            *("actions.ActionAnnuelle", "actions.ActionTerritoire"),
            *("actions.Volet", "actions.IndicateurAction"),
        ),
        DU_PROGRAMME,
    ),
    "financements.Financeur": lecture({"contrat", "autre"}, TOUT_DU_CONTRAT, TOUT_DU_CONTRAT, set()),
    **dict.fromkeys(
        (
            *("financements.LigneFinancement", "financements.Versement"),
            *("financements.Reversement", "financements.ConditionVersement"),
        ),
        DE_L_ARGENT,
    ),
    **dict.fromkeys(
        (
            *("actions.ModeleMessage", "actions.RelancePrevue", "actions.EvenementCampagne", "bilans.Envoi"),
            *("bilans.ImportTableur", "bilans.LigneImport", "bilans.EffetImport"),
            *("bilans.CorrespondanceMemorisee", "bilans.Justification"),
        ),
        DE_LA_CHARGEE,
    ),
    "bilans.Courriel": lecture(ACTIONS, set(), set(), set()),
    # That of the other funder is seen by who runs the contract; its own, by the funder too.
    "financements.Enveloppe": lecture({*PILOTAGE, "autre"}, set(), PILOTAGE, set()),
    "financements.AvisFinanceur": lecture(ACTIONS, set(), DU_FINANCEUR, set()),
    "financements.Scenario": lecture(ACTIONS, set(), set(), set()),
    "financements.MontantScenario": lecture(ACTIONS, set(), set(), set()),
    "financements.MontantConvention": DU_DOSSIER,
    "financements.TotalControle": DE_LA_CHARGEE,
    **dict.fromkeys(
        ("financements.AmbiguiteMontants", "financements.LecturePossible", "financements.MontantLu"),
        lecture(ACTIONS, set(), set(), set()),
    ),
    **dict.fromkeys(
        ("bilans.Bilan", "bilans.Effectif", "bilans.ValeurIndicateur", "bilans.ReponseQuestion"), DU_BILAN
    ),
    "bilans.Commentaire": lecture({*ACTIONS, "interne"}, {"sienne"}, set(), set()),
    **dict.fromkeys(
        (
            *("bilans.SectionRapport", "bilans.PhotoRapport"),
            *("bilans.AvisRapport", "bilans.TransitionRapport"),
        ),
        DE_LA_REDACTION,
    ),
    "bilans.ActionPhare": lecture(ACTIONS, set(), set(), set()),
    **dict.fromkeys(("bilans.RapportAnnuel", "bilans.VersionRapport", "bilans.FichierRapport"), DU_RAPPORT),
}


class Monde:
    """The accounts by role, and what each row hangs from."""

    def __init__(self) -> None:
        self.comptes: dict[str, Any] = {}
        self._etiquettes: dict[tuple[str, Any], str] = {}

    @contextmanager
    def etiqueter(self, etiquette: str) -> Iterator[None]:
        """Note that every row created in the block, and not in a block within, hangs from `etiquette`."""
        avant = set(_lignes())
        yield
        for ligne in set(_lignes()) - avant:
            self._etiquettes.setdefault(ligne, etiquette)

    def vues(self, modele: Any, compte: Any) -> list[str]:
        """Return what the rows that `compte` sees hang from, sorted."""
        lignes = modele.objects.visibles_par(compte).order_by("pk")
        return [self._etiquettes[modele._meta.label, pk] for pk in lignes.values_list("pk", flat=True)]

    def toutes(self, modele: Any) -> set[str]:
        """Return what the rows of a model hang from."""
        return {
            etiquette for (label, _), etiquette in self._etiquettes.items() if label == modele._meta.label
        }


def modeles() -> list[Any]:
    """Return the models with a `visibles_par` of their own: neither a public list nor access rows."""
    ensembles = [(modele, modele._default_manager.all()) for modele in apps.get_models()]
    return [
        modele
        for modele, lignes in ensembles
        if isinstance(lignes, QuerySetProtege)
        and not isinstance(lignes, AccesQuerySet | NomenclatureQuerySet)
    ]


def _lignes() -> Iterator[tuple[str, Any]]:
    for modele in modeles():
        for pk in modele._base_manager.order_by("pk").values_list("pk", flat=True):
            yield modele._meta.label, pk


def _decor(contrat: Any) -> None:
    """Create one row of what every reader of a contract sees."""
    f = fabriques
    PhaseContrat.objects.create(
        contrat=contrat, numero=1, date_debut=date(2024, 1, 1), date_fin=date(2026, 12, 31)
    )
    territoire = f.TerritoireFactory(contrat=contrat)
    f.AliasTerritoireFactory(territoire=territoire, contrat=contrat)
    axe = f.AxeFactory(contrat=contrat)
    for fabrique in (f.ObjectifFactory, f.LevierFactory, f.PartenaireAssocieFactory, f.CritereFactory):
        fabrique(axe=axe)
    f.PartenaireFactory(contrat=contrat)
    f.IndicateurFactory(contrat=contrat)
    f.ValeurStatistiqueFactory(statistique__contrat=contrat)
    instance = f.InstanceFactory(contrat=contrat)
    f.SeanceFactory(instance=instance, date=date(2024, 3, 1), publie=True)
    _rapport(f.RapportFactory(contrat=contrat, publie=True), instance, "publiee")


def _questions(campagne: Any) -> None:
    """Create what the bilans of a year are asked."""
    fabriques.QuestionFactory(campagne=campagne)
    fabriques.IndicateurDemandeFactory(campagne=campagne)
    fabriques.ReglagesControlesFactory(campagne=campagne)


def _rapport(rapport: Any, instance: Any, nature: str) -> None:
    """Create one row of everything that hangs from a report, its files among them."""
    f = fabriques
    f.AvisRapportFactory(rapport=rapport, instance_consultee=instance)
    section = f.SectionRapportFactory(rapport=rapport)
    f.PhotoRapportFactory(section=section)
    f.TransitionRapportFactory(rapport=rapport)
    version = f.VersionRapportFactory(rapport=rapport, nature=nature)
    f.FichierRapportFactory(rapport=rapport, version=version)


def _pilotage(campagne: Any, financeur: Any) -> None:
    """Create what is for who runs the contract alone."""
    contrat, f = campagne.contrat, fabriques
    f.EnveloppeFactory(campagne=campagne, financeur=financeur)
    f.TotalControleFactory(campagne=campagne)
    for fabrique in (
        *(f.ModeleMessageFactory, f.RelancePrevueFactory, f.EvenementCampagneFactory, f.EnvoiFactory),
        f.JustificationFactory,
    ):
        fabrique(campagne=campagne)
    tableur = f.ImportTableurFactory(campagne=campagne)
    f.LigneImportFactory(import_tableur=tableur)
    f.EffetImportFactory(import_tableur=tableur)
    f.CorrespondanceMemoriseeFactory(contrat=contrat)
    instance = contrat.instances.get()
    f.SeanceFactory(instance=instance, date=date(2024, 4, 1), publie=False)
    f.MembreInstanceFactory(instance_siegee=instance)
    _rapport(f.RapportFactory(contrat=contrat, annee=2025), instance, "projet")


def _consultation(contrat: Any) -> None:
    """Create a report that is out for opinion."""
    rapport = fabriques.RapportFactory(contrat=contrat, annee=2023, en_consultation=True)
    _rapport(rapport, contrat.instances.get(), "projet")


def _action(campagne: Any, porteur: Any, financeur: Any, **champs: Any) -> ActionAnnuelle:
    """Create an action of `porteur` paid by `financeur`, with one row of everything that hangs from it."""
    contrat, f = campagne.contrat, fabriques
    action = f.ActionFactory(contrat=contrat, porteur=porteur)
    annuelle = f.ActionAnnuelleFactory(campagne=campagne, action=action, **champs)
    ActionTerritoire.objects.create(action_annuelle=annuelle, territoire=contrat.territoires.get())
    f.VoletFactory(action_annuelle=annuelle)
    f.IndicateurActionFactory(action_annuelle=annuelle)
    f.AliasPorteurFactory(porteur=porteur, epci=porteur.epci)
    f.RepresentantFactory(porteur=porteur)
    f.InvitationFactory(porteur=porteur)
    f.CourrielFactory(campagne=campagne, porteur=porteur)
    f.AgrementFactory(porteur=porteur)
    f.MoyenHumainFactory(porteur=porteur)
    convention = f.ConventionFactory(contrat=contrat, porteur=porteur)
    PartieConvention.objects.create(convention=convention, ordre=1, nom="La Ville")
    f.ObligationFactory(convention=convention)
    f.EcheanceFactory(convention=convention)
    for fabrique in (
        *(f.AxeConventionFactory, f.AvenantFactory, f.EvenementConventionFactory),
        f.DocumentConventionFactory,
    ):
        fabrique(convention=convention)
    RegleVersement.objects.create(
        convention=convention, rang=1, libelle="Acompte", type="acompte", mois=3, base="n"
    )
    ligne = f.LigneFinancementFactory(action_annuelle=annuelle, financeur=financeur)
    versement = f.VersementFactory(ligne=ligne)
    Reversement.objects.create(versement=versement, motif="Trop-perçu", montant=Decimal(10))
    f.ConditionVersementFactory(versement=versement)
    f.AvisFinanceurFactory(action_annuelle=annuelle, financeur=financeur)
    f.MontantScenarioFactory(scenario__campagne=campagne, action_annuelle=annuelle, financeur=financeur)
    f.MontantConventionFactory(convention=convention, financeur=financeur)
    f.LigneBudgetFactory(budget__action_annuelle=annuelle)
    f.ExplicationEcartFactory(budget__action_annuelle=annuelle)
    f.AmbiguiteFactory(action_annuelle=annuelle, lectures=[financeur])
    fiche = f.BilanStructureFactory(campagne=campagne, porteur=porteur)
    f.AxeBilanStructureFactory(bilan_structure=fiche)
    f.ReponseStructureFactory(bilan_structure=fiche)
    f.TransitionStructureFactory(bilan_structure=fiche)
    f.ActionPhareFactory(rapport=contrat.rapports.get(annee=2024), action_annuelle=annuelle)
    return annuelle


def _bilan(annuelle: ActionAnnuelle, **situation: bool) -> Any:
    f = fabriques
    bilan = f.BilanFactory(action_annuelle=annuelle, **situation)
    f.EffectifFactory(bilan=bilan)
    f.ValeurIndicateurFactory(bilan=bilan)
    f.TransitionFactory(bilan=bilan)
    f.CommentaireFactory(bilan=bilan)
    f.PieceJointeFactory(bilan=bilan)
    f.RecuFactory(bilan=bilan)
    f.ReponseQuestionFactory(bilan=bilan, question=annuelle.campagne.questions.get())
    f.SuggestionIgnoreeFactory(bilan=bilan)
    return bilan


@pytest.fixture
def monde() -> Monde:
    monde, f = Monde(), fabriques
    with monde.etiqueter("contrat"):
        campagne = f.CampagneFactory()
        contrat = campagne.contrat
        _decor(contrat)
        _questions(campagne)
        financeur = f.FinanceurFactory(contrat=contrat)
    with monde.etiqueter("autre"):
        autre = f.FinanceurFactory(contrat=contrat)
        f.EnveloppeFactory(campagne=campagne, financeur=autre)
    with monde.etiqueter("pilotage"):
        _pilotage(campagne, financeur)
    with monde.etiqueter("consultation"):
        _consultation(contrat)
    with monde.etiqueter("sienne"):
        porteur = f.PorteurFactory(epci=contrat.epci)
        bilan = _bilan(_action(campagne, porteur, financeur), transmis=True)
    with monde.etiqueter("interne"):
        f.CommentaireFactory(bilan=bilan, interne=True)
    for etiquette, payeur, statut, situation in (
        ("voisine", autre, "programmee", "transmis"),
        ("validee", financeur, "programmee", "valide"),
        ("brouillon", financeur, "brouillon", "valide"),
    ):
        with monde.etiqueter(etiquette):
            voisin = f.PorteurFactory(epci=contrat.epci)
            _bilan(_action(campagne, voisin, payeur, statut=statut), **{situation: True})
    with monde.etiqueter("etranger"):
        ailleurs = f.CampagneFactory()
        _decor(ailleurs.contrat)
        _questions(ailleurs)
        payeur = f.FinanceurFactory(contrat=ailleurs.contrat)
        _pilotage(ailleurs, payeur)
        _bilan(_action(ailleurs, f.PorteurFactory(epci=ailleurs.contrat.epci), payeur), valide=True)
    monde.comptes = {
        "chargee": f.chargee_de_mission(contrat),
        "porteur": f.representant_du_porteur(porteur),
        "financeur": f.representant_du_financeur(financeur),
        "copil": f.membre_du_copil(contrat),
        "administrateur": f.administrateur(),
        "autre_chargee": f.chargee_de_mission(ailleurs.contrat),
        "sans_acces": f.UtilisateurFactory(is_staff=True),
        "ferme": f.administrateur(is_active=False),
    }
    return monde


def test_chaque_modele_est_dans_la_table() -> None:
    assert {modele._meta.label for modele in modeles()} == set(VISIBLES)


def test_chaque_role_voit_ses_lignes_et_elles_seules(monde: Monde) -> None:
    fautes = []
    for modele in modeles():
        label = modele._meta.label
        toutes = monde.toutes(modele)
        attendues = {
            **VISIBLES[label],
            "administrateur": toutes,
            "autre_chargee": {"etranger"},
            "sans_acces": set(),
            "ferme": set(),
        }
        # A row that nobody but the administrator sees, or a table without a stranger, would prove nothing.
        assert toutes == {*VISIBLES[label]["chargee"], "etranger"}, label
        fautes += [
            f"{label}, {role} : voit {sorted(vues)} au lieu de {sorted(attendues[role])}"
            for role, compte in monde.comptes.items()
            if (vues := set(monde.vues(modele, compte))) != attendues[role]
        ]
    assert not fautes, "\n".join(fautes)


def test_aucune_ligne_n_est_vue_deux_fois(monde: Monde) -> None:
    """A person with every role at once: sources add up, rows do not."""
    compte = monde.comptes["chargee"]
    porteur = monde.comptes["porteur"].acces_porteurs.get().porteur
    financeur = monde.comptes["financeur"].acces_financeurs.get().financeur
    compte.acces_porteurs.create(porteur=porteur)
    compte.acces_financeurs.create(financeur=financeur)
    for modele in modeles():
        cles = list(modele.objects.visibles_par(compte).order_by("pk").values_list("pk", flat=True))
        assert len(cles) == len(set(cles)), modele._meta.label


def test_un_visiteur_ne_voit_rien(monde: Monde) -> None:
    for modele in modeles():
        assert not modele.objects.visibles_par(AnonymousUser()).exists(), modele._meta.label


def test_un_compte_ne_voit_que_ses_propres_acces(monde: Monde) -> None:
    for role, relation in (
        ("chargee", "acces_contrats"),
        ("porteur", "acces_porteurs"),
        ("financeur", "acces_financeurs"),
    ):
        compte = monde.comptes[role]
        siens = getattr(compte, relation).order_by("pk")
        modele = siens.model
        assert list(modele.objects.visibles_par(compte).order_by("pk")) == list(siens)
        assert not modele.objects.visibles_par(monde.comptes["sans_acces"]).exists()
        assert not modele.objects.visibles_par(AnonymousUser()).exists()
        assert modele.objects.visibles_par(monde.comptes["administrateur"]).count() == modele.objects.count()
