"""Objects for the tests, with plausible French values and nothing left to chance.

A factory per model: `BilanFactory(transmis=True)` has a bilan in that situation, with whatever it needs.
What belongs together stays together: the porteur of an action is of the contract's intercommunality, a
financeur of a line is of the action's contract. The functions at the end give what several objects make:
accounts with their role, a tree of axes, a grid of effectifs.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import factory
from django.core.files.base import ContentFile
from factory.django import DjangoModelFactory

from actions.models import (
    Action,
    ActionAnnuelle,
    ActionTerritoire,
    Campagne,
    Dispositif,
    EvenementCampagne,
    IndicateurAction,
    IndicateurDemande,
    ModeleMessage,
    Question,
    ReglagesControles,
    RelancePrevue,
    Thematique,
    TrancheAge,
    Volet,
)
from bilans.models import (
    ActionPhare,
    AvisRapport,
    AxeBilanStructure,
    Bilan,
    BilanStructure,
    Commentaire,
    CorrespondanceMemorisee,
    Courriel,
    DocumentConvention,
    Effectif,
    EffetImport,
    Envoi,
    FichierRapport,
    ImportTableur,
    Justification,
    LigneImport,
    PhotoRapport,
    PieceJointe,
    RapportAnnuel,
    Recu,
    ReponseQuestion,
    ReponseStructure,
    SectionRapport,
    SuggestionIgnoree,
    Transition,
    TransitionRapport,
    TransitionStructure,
    ValeurIndicateur,
    VersionRapport,
)
from comptes.models import Utilisateur
from contrats.models import (
    AccesContrat,
    AliasTerritoire,
    Axe,
    Commune,
    ContratVille,
    Critere,
    Deliberation,
    Epci,
    GenerationQpv,
    Indicateur,
    Instance,
    Levier,
    MembreInstance,
    Objectif,
    ObjectifNational,
    Partenaire,
    PartenaireAssocie,
    Seance,
    Statistique,
    Territoire,
    ValeurStatistique,
)
from documents.rapport import (
    Annexe,
    BlocChiffres,
    BlocImages,
    BlocTexte,
    Chiffre,
    Image,
    Rapport,
    Section,
)
from documents.rapport_json import en_json, octets
from documents.tableau import Colonne, Groupe, Tableau
from financements.models import (
    AccesFinanceur,
    AmbiguiteMontants,
    AvisFinanceur,
    Budget,
    CompteBudgetaire,
    ConditionVersement,
    Enveloppe,
    ExplicationEcart,
    Financeur,
    LecturePossible,
    LigneBudget,
    LigneFinancement,
    MontantConvention,
    MontantLu,
    MontantScenario,
    RegleVersement,
    Reversement,
    Scenario,
    TotalControle,
    Versement,
)
from porteurs.models import (
    AccesPorteur,
    Agrement,
    AliasPorteur,
    Avenant,
    AxeConvention,
    Convention,
    Echeance,
    EvenementConvention,
    Invitation,
    MoyenHumain,
    Obligation,
    PartieConvention,
    Porteur,
    Representant,
)

MOT_DE_PASSE = "un-mot-de-passe-d-essai"
# The first bytes of a photograph, and what it is looked for by.
PHOTO = b"\xff\xd8\xff"
EMPREINTE_PHOTO = sha256(PHOTO).hexdigest()
# The six age bands of the State's grid (domaine.md §0.3).
TRANCHES = ((0, 5), (6, 15), (16, 17), (18, 25), (26, 64), (65, None))
TRANSMIS_LE = datetime(2025, 5, 12, 9, 30, tzinfo=UTC)
VALIDE_LE = datetime(2025, 6, 3, 14, 0, tzinfo=UTC)

VILLES = ("Montclar", "Sainte-Aube", "Valmorin", "Pontécaille", "Lançon-le-Vieux", "Œuvry")
ASSOCIATIONS = (
    "Maison pour tous",
    "Les Écoliers solidaires",
    "Foyer Saint-Éloi",
    "Régie de quartier des Tilleuls",
    "Vélo partagé",
    "Compagnie des Trois Rives",
)
ACTIONS = (
    "Ateliers sociolinguistiques",
    "Fête du quartier",
    "Accompagnement à la scolarité",
    "Jardin partagé",
    "Chantier jeunes",
    "Médiation numérique",
)
FINANCEURS = (
    ("Ville", "MAIRIE", Financeur.Type.COMMUNE),
    ("Communauté d'agglomération", "AGGLO", Financeur.Type.EPCI),
    ("État", "ÉTAT", Financeur.Type.ETAT),
    ("Département", "Département", Financeur.Type.DEPARTEMENT),
    ("Région", "Région", Financeur.Type.REGION),
)


def parmi(valeurs: tuple[Any, ...]) -> Any:
    """Return a sequence that goes round `valeurs`, numbered from the second round so as to stay unique."""

    def choisir(n: int) -> str:
        tour, rang = divmod(n, len(valeurs))
        return f"{valeurs[rang]} {tour + 1}" if tour else valeurs[rang]

    return factory.Sequence(choisir)


# -- Accounts --------------------------------------------------------------------------------------
class UtilisateurFactory(DjangoModelFactory):
    class Meta:
        model = Utilisateur
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"compte{n}@exemple.fr")
    prenom = "Élise"
    nom = factory.Sequence(lambda n: f"Martin {n}")
    password = factory.django.Password(MOT_DE_PASSE)

    class Params:
        administrateur = factory.Trait(is_staff=True, is_superuser=True)
        inactif = factory.Trait(is_active=False)


# -- Contract --------------------------------------------------------------------------------------
class EpciFactory(DjangoModelFactory):
    class Meta:
        model = Epci

    nom = parmi(tuple(f"Communauté d'agglomération de {ville}" for ville in VILLES))


class CommuneFactory(DjangoModelFactory):
    class Meta:
        model = Commune

    epci = factory.SubFactory(EpciFactory)
    nom = parmi(VILLES)
    code_insee = factory.Sequence(lambda n: f"{39001 + n}")


class ObjectifNationalFactory(DjangoModelFactory):
    class Meta:
        model = ObjectifNational
        django_get_or_create = ("code",)

    code = "emploi"
    libelle = "Le plein emploi"


class GenerationQpvFactory(DjangoModelFactory):
    class Meta:
        model = GenerationQpv
        django_get_or_create = ("code",)

    code = "2024"
    libelle = factory.LazyAttribute(lambda o: f"Génération {o.code}")
    date_debut = factory.LazyAttribute(lambda o: date(int(o.code), 1, 1))


class ContratFactory(DjangoModelFactory):
    class Meta:
        model = ContratVille

    epci = factory.SubFactory(EpciFactory)
    nom_court = parmi(VILLES)
    nom = factory.LazyAttribute(lambda o: f"Contrat de ville {o.date_debut.year}-{o.date_fin.year}")
    slug = factory.Sequence(lambda n: f"contrat-{n}")
    date_debut = date(2024, 1, 1)
    date_fin = date(2030, 12, 31)


class TerritoireFactory(DjangoModelFactory):
    """A QPV of 2024; `hors_qpv=True` for the rest of the town."""

    class Meta:
        model = Territoire

    contrat = factory.SubFactory(ContratFactory)
    type = Territoire.Type.QPV
    nom = factory.Sequence(lambda n: f"Les Tilleuls {n}")
    generation = factory.SubFactory(GenerationQpvFactory)

    class Params:
        qpv_2015 = factory.Trait(generation=factory.SubFactory(GenerationQpvFactory, code="2015"))
        hors_qpv = factory.Trait(type=Territoire.Type.HORS_QPV, generation=None)
        vecu = factory.Trait(type=Territoire.Type.QUARTIER_VECU, generation=None)


class AliasTerritoireFactory(DjangoModelFactory):
    class Meta:
        model = AliasTerritoire

    territoire = factory.SubFactory(TerritoireFactory)
    contrat = factory.SelfAttribute("territoire.contrat")
    libelle = factory.Sequence(lambda n: f"Tilleuls n° {n}")


class AxeFactory(DjangoModelFactory):
    """An axe of the first level; `AxeFactory(parent=enjeu)` is one of the level below."""

    class Meta:
        model = Axe

    parent = None
    contrat = factory.Maybe(
        "parent", factory.SelfAttribute("parent.contrat"), factory.SubFactory(ContratFactory)
    )
    niveau = factory.LazyAttribute(lambda o: o.parent.niveau + 1 if o.parent else 1)
    code = factory.Sequence(lambda n: f"A{n}")
    libelle = factory.LazyAttribute(lambda o: f"Réussir ensemble {o.code}")
    ordre = factory.Sequence(lambda n: n % 30000)


class ElementAxeFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    axe = factory.SubFactory(AxeFactory)
    ordre = factory.Sequence(lambda n: n % 30000)


class ObjectifFactory(ElementAxeFactory):
    class Meta:
        model = Objectif

    libelle = factory.Sequence(lambda n: f"Favoriser l'accès aux droits, point {n}")


class LevierFactory(ElementAxeFactory):
    class Meta:
        model = Levier

    libelle = factory.Sequence(lambda n: f"Réseau d'acteurs {n}")


class PartenaireAssocieFactory(ElementAxeFactory):
    class Meta:
        model = PartenaireAssocie

    libelle = factory.Sequence(lambda n: f"Bailleur {n}")


class CritereFactory(ElementAxeFactory):
    class Meta:
        model = Critere

    libelle = factory.Sequence(lambda n: f"Nombre de personnes accompagnées, critère {n}")


class PartenaireFactory(DjangoModelFactory):
    class Meta:
        model = Partenaire

    contrat = factory.SubFactory(ContratFactory)
    nom = factory.Sequence(lambda n: f"Rectorat {n}")


class IndicateurFactory(DjangoModelFactory):
    class Meta:
        model = Indicateur

    contrat = factory.SubFactory(ContratFactory)
    code = factory.Sequence(lambda n: f"IND{n}")
    libelle = factory.LazyAttribute(lambda o: f"Personnes accompagnées ({o.code})")
    unite = Indicateur.Unite.PERSONNE


class StatistiqueFactory(DjangoModelFactory):
    class Meta:
        model = Statistique

    contrat = factory.SubFactory(ContratFactory)
    ordre = factory.Sequence(lambda n: n % 30000)
    libelle = factory.Sequence(lambda n: f"Taux de pauvreté {n}")
    unite = "%"


class ValeurStatistiqueFactory(DjangoModelFactory):
    class Meta:
        model = ValeurStatistique

    statistique = factory.SubFactory(StatistiqueFactory)
    echelle = ValeurStatistique.Echelle.QPV
    valeur = Decimal("42.5")


class InstanceFactory(DjangoModelFactory):
    class Meta:
        model = Instance

    contrat = factory.SubFactory(ContratFactory)
    type = Instance.Type.COPIL
    nom = factory.Sequence(lambda n: f"Comité de pilotage {n}")


class MembreInstanceFactory(DjangoModelFactory):
    class Meta:
        model = MembreInstance

    instance_siegee = factory.SubFactory(InstanceFactory)
    utilisateur = factory.SubFactory(UtilisateurFactory)


class SeanceFactory(DjangoModelFactory):
    class Meta:
        model = Seance

    instance = factory.SubFactory(InstanceFactory)
    date = date(2025, 3, 18)


class DeliberationFactory(DjangoModelFactory):
    class Meta:
        model = Deliberation

    contrat = factory.SubFactory(ContratFactory)
    organe = "Conseil communautaire"
    date = date(2025, 3, 27)


# -- Porteurs --------------------------------------------------------------------------------------
class PorteurFactory(DjangoModelFactory):
    """An association; `service=True` for a municipal service, with the Ville as parent."""

    class Meta:
        model = Porteur

    epci = factory.SubFactory(EpciFactory)
    nom = parmi(ASSOCIATIONS)
    type = Porteur.Type.ASSOCIATION

    class Params:
        ville = factory.Trait(
            nom=factory.Sequence(lambda n: f"Ville de {VILLES[n % len(VILLES)]} {n}"),
            type=Porteur.Type.COMMUNE,
        )
        service = factory.Trait(
            nom=factory.Sequence(lambda n: f"VILLE – Service jeunesse {n}"),
            type=Porteur.Type.SERVICE_COMMUNE,
            parent=factory.SubFactory(
                "tests.fabriques.PorteurFactory", ville=True, epci=factory.SelfAttribute("..epci")
            ),
        )


class AliasPorteurFactory(DjangoModelFactory):
    class Meta:
        model = AliasPorteur

    porteur = factory.SubFactory(PorteurFactory)
    epci = factory.SelfAttribute("porteur.epci")
    libelle = factory.Sequence(lambda n: f"MPT {n}")


class RepresentantFactory(DjangoModelFactory):
    class Meta:
        model = Representant

    porteur = factory.SubFactory(PorteurFactory)
    nom = factory.Sequence(lambda n: f"Amina Berger {n}")
    fonction = "Présidente"


class InvitationFactory(DjangoModelFactory):
    """A live invitation; `retiree=True` for one that was withdrawn."""

    class Meta:
        model = Invitation

    porteur = factory.SubFactory(PorteurFactory)
    email = factory.Sequence(lambda n: f"invite{n}@exemple.fr")
    invite_par = factory.SubFactory(UtilisateurFactory)
    expire_le = datetime(2099, 1, 1, tzinfo=UTC)

    class Params:
        retiree = factory.Trait(
            retiree_le=datetime(2025, 1, 1, tzinfo=UTC), retiree_par=factory.SubFactory(UtilisateurFactory)
        )
        expiree = factory.Trait(expire_le=datetime(2025, 1, 1, tzinfo=UTC))


class AgrementFactory(DjangoModelFactory):
    class Meta:
        model = Agrement

    porteur = factory.SubFactory(PorteurFactory)
    type = "Centre social"
    organisme = "CAF"


class MoyenHumainFactory(DjangoModelFactory):
    class Meta:
        model = MoyenHumain

    porteur = factory.SubFactory(PorteurFactory)
    annee = 2024
    benevoles = 12


class ConventionFactory(DjangoModelFactory):
    class Meta:
        model = Convention

    contrat = factory.SubFactory(ContratFactory)
    porteur = factory.SubFactory(PorteurFactory, epci=factory.SelfAttribute("..contrat.epci"))
    type = Convention.Type.CPO
    intitule = factory.Sequence(lambda n: f"Convention pluriannuelle d'objectifs n° {n}")
    date_debut = date(2024, 1, 1)
    date_fin = date(2026, 12, 31)


class ObligationFactory(DjangoModelFactory):
    class Meta:
        model = Obligation

    convention = factory.SubFactory(ConventionFactory)
    ordre = factory.Sequence(lambda n: n % 30000)
    code = factory.Sequence(lambda n: f"O{n}")
    titre = "Transmettre les comptes annuels"
    regle = "15 juillet de l'année N"


class PartieConventionFactory(DjangoModelFactory):
    class Meta:
        model = PartieConvention

    convention = factory.SubFactory(ConventionFactory)
    ordre = factory.Sequence(lambda n: n % 30000)
    nom = "Ville de Montclar"


class AxeConventionFactory(DjangoModelFactory):
    class Meta:
        model = AxeConvention

    convention = factory.SubFactory(ConventionFactory)
    ordre = factory.Sequence(lambda n: n % 30000)
    intitule = "Médiation numérique"


class AvenantFactory(DjangoModelFactory):
    class Meta:
        model = Avenant

    convention = factory.SubFactory(ConventionFactory)
    numero = factory.Sequence(lambda n: n % 30000)
    objet = "Fixe la subvention de l'année."


class EvenementConventionFactory(DjangoModelFactory):
    class Meta:
        model = EvenementConvention

    convention = factory.SubFactory(ConventionFactory)
    type = Obligation.Evenement.COMMISSION
    date = factory.Sequence(lambda n: date(2025, 1, 1) + timedelta(days=n % 3000))


class EcheanceFactory(DjangoModelFactory):
    class Meta:
        model = Echeance

    convention = factory.SubFactory(ConventionFactory)
    libelle = factory.Sequence(lambda n: f"Comptes annuels, envoi n° {n}")
    date = date(2025, 7, 15)


# -- Actions ---------------------------------------------------------------------------------------
class CampagneFactory(DjangoModelFactory):
    """A year whose bilans are open, with the six age bands; `tranches=False` for none."""

    class Meta:
        model = Campagne
        django_get_or_create = ("contrat", "annee")
        skip_postgeneration_save = True

    contrat = factory.SubFactory(ContratFactory)
    annee = 2024
    statut = Campagne.Statut.BILANS_OUVERTS
    bilan_echeance = factory.LazyAttribute(lambda o: date(o.annee + 1, 6, 30))

    @factory.post_generation
    def tranches(self, cree: bool, voulues: bool | None, **_: Any) -> None:
        if not cree or voulues is False or self.tranches.exists():
            return
        for ordre, (age_min, age_max) in enumerate(TRANCHES, 1):
            libelle = f"{age_min} à {age_max} ans" if age_max is not None else f"{age_min} ans et plus"
            self.tranches.create(ordre=ordre, libelle=libelle, age_min=age_min, age_max=age_max)


class QuestionFactory(DjangoModelFactory):
    """A question in free text; `choix_donnes=True` for a choice."""

    class Meta:
        model = Question

    campagne = factory.SubFactory(CampagneFactory)
    ordre = factory.Sequence(lambda n: n % 30000)
    libelle = factory.Sequence(lambda n: f"Qu'avez-vous changé en cours d'année ? ({n})")

    class Params:
        choix_donnes = factory.Trait(type=Question.Type.CHOIX, choix="Jamais\nParfois\nSouvent")


class IndicateurDemandeFactory(DjangoModelFactory):
    class Meta:
        model = IndicateurDemande

    campagne = factory.SubFactory(CampagneFactory)
    ordre = factory.Sequence(lambda n: n % 30000)
    libelle = factory.Sequence(lambda n: f"Personnes orientées vers un emploi ({n})")
    unite = "personnes"


class ModeleMessageFactory(DjangoModelFactory):
    class Meta:
        model = ModeleMessage

    campagne = factory.SubFactory(CampagneFactory)
    type = ModeleMessage.Type.RELANCE
    objet = "Vos bilans"
    corps = "Bonjour, il reste {nombre}."


class RelancePrevueFactory(DjangoModelFactory):
    class Meta:
        model = RelancePrevue

    campagne = factory.SubFactory(CampagneFactory)
    date = date(2025, 6, 23)


class ReglagesControlesFactory(DjangoModelFactory):
    class Meta:
        model = ReglagesControles

    campagne = factory.SubFactory(CampagneFactory)


class EvenementCampagneFactory(DjangoModelFactory):
    class Meta:
        model = EvenementCampagne

    campagne = factory.SubFactory(CampagneFactory)
    type = EvenementCampagne.Type.OUVERTURE
    auteur = factory.SubFactory(UtilisateurFactory)


class TrancheAgeFactory(DjangoModelFactory):
    class Meta:
        model = TrancheAge

    campagne = factory.SubFactory(CampagneFactory, tranches=False)
    ordre = factory.Sequence(lambda n: n % 30000)
    libelle = "26 à 64 ans"
    age_min = 26
    age_max = 64


class DispositifFactory(DjangoModelFactory):
    class Meta:
        model = Dispositif
        django_get_or_create = ("code",)

    code = "QE"
    libelle = "Quartiers d'été"


class ThematiqueFactory(DjangoModelFactory):
    class Meta:
        model = Thematique
        django_get_or_create = ("code",)

    code = "1.1"
    libelle = "Éducation"


class ActionFactory(DjangoModelFactory):
    class Meta:
        model = Action

    contrat = factory.SubFactory(ContratFactory)
    porteur = factory.SubFactory(PorteurFactory, epci=factory.SelfAttribute("..contrat.epci"))
    intitule = parmi(ACTIONS)


class ActionAnnuelleFactory(DjangoModelFactory):
    """A year of an action, done; without bilan. For another year of one action, see `annee_de`."""

    class Meta:
        model = ActionAnnuelle
        skip_postgeneration_save = True

    campagne = factory.SubFactory(CampagneFactory)
    action = factory.SubFactory(ActionFactory, contrat=factory.SelfAttribute("..campagne.contrat"))
    ordre = factory.Sequence(lambda n: n)
    statut = ActionAnnuelle.Statut.REALISEE

    class Params:
        programmee = factory.Trait(statut=ActionAnnuelle.Statut.PROGRAMMEE)
        brouillon = factory.Trait(statut=ActionAnnuelle.Statut.BROUILLON)
        reportee = factory.Trait(
            statut=ActionAnnuelle.Statut.REPORTEE, motif="Action reportée à l'année suivante"
        )
        refusee = factory.Trait(statut=ActionAnnuelle.Statut.REFUSEE, motif="Crédits insuffisants")
        avec_axe = factory.Trait(
            axe=factory.SubFactory(AxeFactory, contrat=factory.SelfAttribute("..campagne.contrat"))
        )

    @factory.post_generation
    def territoires(self, cree: bool, territoires: list[Territoire] | None, **_: Any) -> None:
        for territoire in territoires or ():
            ActionTerritoire.objects.create(action_annuelle=self, territoire=territoire)


class VoletFactory(DjangoModelFactory):
    class Meta:
        model = Volet

    action_annuelle = factory.SubFactory(ActionAnnuelleFactory)
    ordre = factory.Sequence(lambda n: n % 30000)
    intitule = "Ateliers du mercredi"


class IndicateurActionFactory(DjangoModelFactory):
    class Meta:
        model = IndicateurAction

    action_annuelle = factory.SubFactory(ActionAnnuelleFactory)
    ordre = factory.Sequence(lambda n: n % 30000)
    libelle = "Nombre d'ateliers"


# -- Money -----------------------------------------------------------------------------------------
class CompteBudgetaireFactory(DjangoModelFactory):
    class Meta:
        model = CompteBudgetaire
        django_get_or_create = ("code",)

    code = "604"
    libelle = "Prestations de services"
    sens = CompteBudgetaire.Sens.CHARGE


class FinanceurFactory(DjangoModelFactory):
    """A funder in the total; `hors_total=True` for one beside it, as the CAF in Bagnols."""

    class Meta:
        model = Financeur

    class Params:
        modele = factory.Sequence(lambda n: FINANCEURS[n % len(FINANCEURS)])
        hors_total = factory.Trait(
            dans_total=False, nom="CAF", sigle="CAF", type=Financeur.Type.ORGANISME_SOCIAL
        )

    contrat = factory.SubFactory(ContratFactory)
    nom = factory.LazyAttribute(lambda o: o.modele[0])
    sigle = parmi(tuple(modele[1] for modele in FINANCEURS))
    type = factory.LazyAttribute(lambda o: o.modele[2])
    ordre = factory.Sequence(lambda n: n % 30000)


class EnveloppeFactory(DjangoModelFactory):
    class Meta:
        model = Enveloppe

    campagne = factory.SubFactory(CampagneFactory)
    financeur = factory.SubFactory(FinanceurFactory, contrat=factory.SelfAttribute("..campagne.contrat"))
    montant = Decimal(50000)


class LigneFinancementFactory(DjangoModelFactory):
    class Meta:
        model = LigneFinancement

    action_annuelle = factory.SubFactory(ActionAnnuelleFactory)
    financeur = factory.SubFactory(
        FinanceurFactory, contrat=factory.SelfAttribute("..action_annuelle.campagne.contrat")
    )
    montant_accorde = Decimal(1500)


class AvisFinanceurFactory(DjangoModelFactory):
    class Meta:
        model = AvisFinanceur

    action_annuelle = factory.SubFactory(ActionAnnuelleFactory)
    financeur = factory.SubFactory(
        FinanceurFactory, contrat=factory.SelfAttribute("..action_annuelle.campagne.contrat")
    )
    sens = AvisFinanceur.Sens.FAVORABLE
    rendu_le = date(2024, 2, 15)


class ScenarioFactory(DjangoModelFactory):
    """A scenario that is being tried; `adopte=True` once it is the programme."""

    class Meta:
        model = Scenario

    class Params:
        adopte = factory.Trait(statut=Scenario.Statut.ADOPTE, adopte_le=VALIDE_LE)

    campagne = factory.SubFactory(CampagneFactory)
    nom = factory.Sequence(lambda n: f"Hypothèse {n}")
    cree_par = factory.SubFactory(UtilisateurFactory)


class MontantScenarioFactory(DjangoModelFactory):
    class Meta:
        model = MontantScenario

    scenario = factory.SubFactory(ScenarioFactory)
    action_annuelle = factory.SubFactory(
        ActionAnnuelleFactory, campagne=factory.SelfAttribute("..scenario.campagne")
    )
    financeur = factory.SubFactory(
        FinanceurFactory, contrat=factory.SelfAttribute("..scenario.campagne.contrat")
    )
    depart = Decimal(1500)
    montant = Decimal(2000)


class MontantConventionFactory(DjangoModelFactory):
    class Meta:
        model = MontantConvention

    convention = factory.SubFactory(ConventionFactory)
    annee = 2024
    financeur = factory.SubFactory(FinanceurFactory, contrat=factory.SelfAttribute("..convention.contrat"))
    montant_prevu = Decimal(20000)


class RegleVersementFactory(DjangoModelFactory):
    """A rule of a convention: half of the grant of the year, in May."""

    class Meta:
        model = RegleVersement

    convention = factory.SubFactory(ConventionFactory)
    rang = factory.Sequence(lambda n: n % 30000)
    libelle = "Acompte"
    type = RegleVersement.Type.ACOMPTE
    mois = 5
    numerateur = 1
    denominateur = 2
    base = RegleVersement.Base.SUBVENTION_N


class VersementFactory(DjangoModelFactory):
    class Meta:
        model = Versement

    ligne = factory.SubFactory(LigneFinancementFactory)
    type = Versement.Type.UNIQUE
    montant_prevu = Decimal(1500)

    class Params:
        verse = factory.Trait(
            statut=Versement.Statut.VERSE, date_versement=date(2024, 6, 14), montant_verse=Decimal(1500)
        )


class ConditionVersementFactory(DjangoModelFactory):
    class Meta:
        model = ConditionVersement

    versement = factory.SubFactory(VersementFactory)
    ordre = factory.Sequence(lambda n: n % 30000)
    libelle = factory.Sequence(lambda n: f"Comptes annuels, exemplaire n° {n}")


class ReversementFactory(DjangoModelFactory):
    class Meta:
        model = Reversement

    versement = factory.SubFactory(VersementFactory, verse=True)
    motif = "Action non réalisée"
    montant = Decimal(500)


class BudgetFactory(DjangoModelFactory):
    class Meta:
        model = Budget

    action_annuelle = factory.SubFactory(ActionAnnuelleFactory)
    type = Budget.Type.PREVISIONNEL


class LigneBudgetFactory(DjangoModelFactory):
    class Meta:
        model = LigneBudget

    budget = factory.SubFactory(BudgetFactory)
    compte = factory.SubFactory(CompteBudgetaireFactory)
    montant = Decimal(800)


class ExplicationEcartFactory(DjangoModelFactory):
    class Meta:
        model = ExplicationEcart

    budget = factory.SubFactory(BudgetFactory, type=Budget.Type.REALISE)
    compte = factory.SubFactory(CompteBudgetaireFactory)
    texte = "Une séance de plus par semaine."


class TotalControleFactory(DjangoModelFactory):
    class Meta:
        model = TotalControle

    campagne = factory.SubFactory(CampagneFactory)
    ordre = factory.Sequence(lambda n: n % 30000)
    nature = TotalControle.Nature.MONTANT
    libelle = "Total imprimé"
    valeur = Decimal(10000)


class AmbiguiteFactory(DjangoModelFactory):
    """Amounts to settle between two readings: 1 000 € from the first funder, or from the second."""

    class Meta:
        model = AmbiguiteMontants
        skip_postgeneration_save = True

    action_annuelle = factory.SubFactory(ActionAnnuelleFactory)
    explication = "Une case vide manque : deux répartitions donnent le même total."

    @factory.post_generation
    def lectures(self, cree: bool, financeurs: list[Financeur] | None, **_: Any) -> None:
        contrat = self.action_annuelle.campagne.contrat
        for ordre, financeur in enumerate(financeurs or FinanceurFactory.create_batch(2, contrat=contrat), 1):
            lecture = LecturePossible.objects.create(ambiguite=self, ordre=ordre)
            MontantLu.objects.create(lecture=lecture, financeur=financeur, montant=Decimal(1000))


# -- Bilans ----------------------------------------------------------------------------------------
class BilanFactory(DjangoModelFactory):
    """A bilan to enter; the traits are the situations of its workflow, whole and valid."""

    class Meta:
        model = Bilan

    action_annuelle = factory.SubFactory(ActionAnnuelleFactory)

    class Params:
        recu = factory.Trait(
            realisation=Bilan.Realisation.REALISEE,
            mise_en_oeuvre="Douze ateliers ont eu lieu de janvier à juin.",
            transmis_le=TRANSMIS_LE,
            transmis_par=factory.SubFactory(UtilisateurFactory),
        )
        approuve = factory.Trait(
            recu=True, valide_le=VALIDE_LE, valide_par=factory.SubFactory(UtilisateurFactory)
        )
        en_saisie = factory.Trait(
            statut=Bilan.Statut.EN_SAISIE, mise_en_oeuvre="Douze ateliers ont eu lieu de janvier à juin."
        )
        transmis = factory.Trait(recu=True, statut=Bilan.Statut.TRANSMIS)
        en_verification = factory.Trait(recu=True, statut=Bilan.Statut.EN_VERIFICATION)
        a_completer = factory.Trait(
            recu=True, statut=Bilan.Statut.A_COMPLETER, motif_renvoi="Indiquez le nombre de participants."
        )
        valide = factory.Trait(approuve=True, statut=Bilan.Statut.VALIDE)
        integre = factory.Trait(approuve=True, statut=Bilan.Statut.INTEGRE)
        publie = factory.Trait(approuve=True, statut=Bilan.Statut.PUBLIE)
        dispense = factory.Trait(
            statut=Bilan.Statut.DISPENSE,
            action_annuelle=factory.SubFactory(ActionAnnuelleFactory, reportee=True),
        )
        non_realise = factory.Trait(
            realisation=Bilan.Realisation.NON_REALISEE,
            motif_non_realisation="Aucun projet d'habitant n'a été reçu.",
        )


class EffectifFactory(DjangoModelFactory):
    class Meta:
        model = Effectif

    bilan = factory.SubFactory(BilanFactory, en_saisie=True)
    sexe = Effectif.Sexe.TOTAL
    valeur = 24


class ValeurIndicateurFactory(DjangoModelFactory):
    class Meta:
        model = ValeurIndicateur

    bilan = factory.SubFactory(BilanFactory, en_saisie=True)
    ordre = factory.Sequence(lambda n: n % 30000)
    libelle = "Ateliers tenus"
    unite = "ateliers"
    valeur = Decimal(12)


class TransitionFactory(DjangoModelFactory):
    class Meta:
        model = Transition

    bilan = factory.SubFactory(BilanFactory, transmis=True)
    de = Bilan.Statut.EN_SAISIE
    vers = Bilan.Statut.TRANSMIS
    auteur = factory.SubFactory(UtilisateurFactory)


class CommentaireFactory(DjangoModelFactory):
    class Meta:
        model = Commentaire

    bilan = factory.SubFactory(BilanFactory, transmis=True)
    champ = "mise_en_oeuvre"
    texte = "Précisez le nombre d'ateliers."
    auteur = factory.SubFactory(UtilisateurFactory)


class ReponseQuestionFactory(DjangoModelFactory):
    class Meta:
        model = ReponseQuestion

    bilan = factory.SubFactory(BilanFactory, en_saisie=True)
    question = factory.SubFactory(
        "tests.fabriques.QuestionFactory",
        campagne=factory.SelfAttribute("..bilan.action_annuelle.campagne"),
    )
    texte = "Oui, trois ateliers sur quatre."


class PieceJointeFactory(DjangoModelFactory):
    """A small PDF; its content differs from one piece to the next."""

    class Meta:
        model = PieceJointe

    class Params:
        contenu = factory.Sequence(lambda n: f"%PDF-1.7\n% pièce {n}\n%%EOF\n".encode())

    bilan = factory.SubFactory(BilanFactory, en_saisie=True)
    nom = factory.Sequence(lambda n: f"compte-rendu-{n}.pdf")
    fichier = factory.LazyAttribute(lambda o: ContentFile(o.contenu, name=o.nom))
    type_mime = "application/pdf"
    taille = factory.LazyAttribute(lambda o: len(o.contenu))
    empreinte = factory.LazyAttribute(lambda o: sha256(o.contenu).hexdigest())
    depose_par = factory.SubFactory(UtilisateurFactory)


class DocumentConventionFactory(DjangoModelFactory):
    """A document received on paper; `fichier` and what goes with it are for the tests of files."""

    class Meta:
        model = DocumentConvention

    convention = factory.SubFactory(ConventionFactory)
    libelle = "Rapport d'activité"
    recu_le = date(2025, 7, 10)
    depose_par = factory.SubFactory(UtilisateurFactory)


class RecuFactory(DjangoModelFactory):
    class Meta:
        model = Recu

    bilan = factory.SubFactory(BilanFactory, transmis=True)
    transmis_le = factory.SelfAttribute("bilan.transmis_le")
    transmis_par = factory.SelfAttribute("bilan.transmis_par")
    contenu = {"sections": []}
    empreinte = "0" * 64


class EnvoiFactory(DjangoModelFactory):
    class Meta:
        model = Envoi

    campagne = factory.SubFactory(CampagneFactory)
    type = Envoi.Type.INVITATION
    auteur = factory.SubFactory(UtilisateurFactory)


class CourrielFactory(DjangoModelFactory):
    """An e-mail that waits; `envoye=True`, `refuse=True`, `retour=True` for what became of it."""

    class Meta:
        model = Courriel

    type = Courriel.Type.INVITATION
    campagne = factory.SubFactory(CampagneFactory)
    porteur = factory.SubFactory(PorteurFactory, epci=factory.SelfAttribute("..campagne.contrat.epci"))
    destinataire = factory.Sequence(lambda n: f"association{n}@exemple.fr")
    objet = "Vos bilans sont attendus"
    texte = "Bonjour, votre bilan est attendu."
    jour = date(2025, 5, 2)

    class Params:
        envoye = factory.Trait(statut=Courriel.Statut.ENVOYE, envoye_le=TRANSMIS_LE)
        refuse = factory.Trait(statut=Courriel.Statut.REFUSE, erreur="550 boîte inconnue")
        retour = factory.Trait(
            statut=Courriel.Statut.RETOUR, envoye_le=TRANSMIS_LE, erreur="5.1.1 boîte inconnue"
        )


class JustificationFactory(DjangoModelFactory):
    """An alert taken note of, for figures of its own."""

    class Meta:
        model = Justification

    campagne = factory.SubFactory(CampagneFactory)
    code = "FIN-01"
    gravite = Justification.Gravite.ALERTE
    objet = "annee"
    valeurs = {"total": "10000", "somme": "9800"}
    empreinte = factory.Sequence(lambda n: sha256(f"chiffres {n}".encode()).hexdigest())
    phrase = "Le total imprimé est de 10 000 € ; la somme des lignes, de 9 800 €."
    auteur = factory.SubFactory(UtilisateurFactory)


class SuggestionIgnoreeFactory(DjangoModelFactory):
    class Meta:
        model = SuggestionIgnoree

    bilan = factory.SubFactory(BilanFactory, en_saisie=True)
    champ = "nombre_seances"
    empreinte = factory.Sequence(lambda n: sha256(f"mots {n}".encode()).hexdigest())
    auteur = factory.SubFactory(UtilisateurFactory)


# -- Imports ---------------------------------------------------------------------------------------
class ImportTableurFactory(DjangoModelFactory):
    """A workbook that was just received; `applique=True`, `annule=True`, `refuse=True` for what became of it."""

    class Meta:
        model = ImportTableur

    class Params:
        contenu = factory.Sequence(lambda n: f"Porteur;Action\nMaison pour tous;Atelier {n}\n".encode())
        applique = factory.Trait(
            statut=ImportTableur.Statut.APPLIQUE,
            applique_le=VALIDE_LE,
            applique_par=factory.SubFactory(UtilisateurFactory),
        )
        annule = factory.Trait(
            applique=True,
            statut=ImportTableur.Statut.ANNULE,
            annule_le=VALIDE_LE,
            annule_par=factory.SubFactory(UtilisateurFactory),
        )
        refuse = factory.Trait(
            statut=ImportTableur.Statut.REFUSE,
            message="Ce fichier n'est pas un tableur : enregistrez-le en .xlsx.",
        )

    campagne = factory.SubFactory(CampagneFactory)
    auteur = factory.SubFactory(UtilisateurFactory)
    nom = factory.Sequence(lambda n: f"bilan-{n}.csv")
    fichier = factory.LazyAttribute(lambda o: ContentFile(o.contenu, name=o.nom))
    taille = factory.LazyAttribute(lambda o: len(o.contenu))
    empreinte = factory.LazyAttribute(lambda o: sha256(o.contenu).hexdigest())


class LigneImportFactory(DjangoModelFactory):
    """A row that would create an action."""

    class Meta:
        model = LigneImport

    import_tableur = factory.SubFactory(ImportTableurFactory)
    ordre = factory.Sequence(lambda n: n)
    feuille = "Feuil1"
    numero = factory.LazyAttribute(lambda o: o.ordre + 2)
    categorie = LigneImport.Categorie.CREEE
    titre = "Maison pour tous – Ateliers sociolinguistiques"


class EffetImportFactory(DjangoModelFactory):
    class Meta:
        model = EffetImport

    import_tableur = factory.SubFactory(ImportTableurFactory, applique=True)
    ordre = factory.Sequence(lambda n: n)
    nature = EffetImport.Nature.CREATION
    modele = "actions.action"
    objet_pk = factory.Sequence(lambda n: n + 1)


class CorrespondanceMemoriseeFactory(DjangoModelFactory):
    class Meta:
        model = CorrespondanceMemorisee

    contrat = factory.SubFactory(ContratFactory)
    signature = factory.Sequence(lambda n: sha256(f"colonnes {n}".encode()).hexdigest())
    correspondances = {"0": {"champ": "porteur"}, "1": {"champ": "intitule"}}
    maj_par = factory.SubFactory(UtilisateurFactory)


# -- The rest --------------------------------------------------------------------------------------
class BilanStructureFactory(DjangoModelFactory):
    class Meta:
        model = BilanStructure

    campagne = factory.SubFactory(CampagneFactory)
    porteur = factory.SubFactory(PorteurFactory, epci=factory.SelfAttribute("..campagne.contrat.epci"))


class AxeBilanStructureFactory(DjangoModelFactory):
    class Meta:
        model = AxeBilanStructure

    bilan_structure = factory.SubFactory(BilanStructureFactory)
    ordre = 1
    intitule = "Animation globale"


class ReponseStructureFactory(DjangoModelFactory):
    class Meta:
        model = ReponseStructure

    bilan_structure = factory.SubFactory(BilanStructureFactory)
    code = "denomination"
    texte = "Les Jardins"


class TransitionStructureFactory(DjangoModelFactory):
    class Meta:
        model = TransitionStructure

    bilan_structure = factory.SubFactory(BilanStructureFactory)
    de = BilanStructure.Statut.A_SAISIR
    vers = BilanStructure.Statut.EN_SAISIE
    auteur = factory.SubFactory(UtilisateurFactory)


class RapportFactory(DjangoModelFactory):
    class Meta:
        model = RapportAnnuel

    contrat = factory.SubFactory(ContratFactory)
    annee = 2024

    class Params:
        publie = factory.Trait(
            statut=RapportAnnuel.Statut.PUBLIE,
            publie_le=datetime(2025, 10, 1, 9, tzinfo=UTC),
            deliberation=factory.SubFactory(DeliberationFactory, contrat=factory.SelfAttribute("..contrat")),
        )
        en_consultation = factory.Trait(
            statut=RapportAnnuel.Statut.EN_CONSULTATION,
            date_envoi_avis=date(2025, 6, 2),
            echeance_avis=date(2025, 7, 10),
        )


class SectionRapportFactory(DjangoModelFactory):
    class Meta:
        model = SectionRapport

    rapport = factory.SubFactory(RapportFactory)
    ordre = factory.Sequence(lambda n: n + 1)
    code = factory.Sequence(lambda n: f"section-{n}")
    titre = "Les orientations du contrat"


class ActionPhareFactory(DjangoModelFactory):
    class Meta:
        model = ActionPhare

    rapport = factory.SubFactory(RapportFactory)
    action_annuelle = factory.SubFactory(ActionAnnuelleFactory)
    ordre = 1


class PhotoRapportFactory(DjangoModelFactory):
    class Meta:
        model = PhotoRapport

    section = factory.SubFactory(SectionRapportFactory)
    ordre = 1
    description = "Des habitantes et des habitants plantent un arbre au pied d'un immeuble."
    credit = "Ville de Dole"
    droits_acquis = True
    nom = "plantation.jpg"
    fichier = factory.django.FileField(filename="plantation.jpg", data=PHOTO)
    type_mime = "image/jpeg"
    taille = len(PHOTO)
    empreinte = EMPREINTE_PHOTO
    depose_par = factory.SubFactory(UtilisateurFactory)


class AvisRapportFactory(DjangoModelFactory):
    class Meta:
        model = AvisRapport

    rapport = factory.SubFactory(RapportFactory, en_consultation=True)
    instance_consultee = factory.SubFactory(
        InstanceFactory, contrat=factory.SelfAttribute("..rapport.contrat")
    )


def rapport_fige() -> Rapport:
    """Return a report as it is kept: a key figure, a text, a photograph, an annex of two rows."""
    photo = Image(description="Un arbre.", credit="", empreinte=EMPREINTE_PHOTO, contenu=b"")
    colonnes = (Colonne(cle="action", titre="Action", entete_ligne=True),)
    lignes = [{"action": "École ouverte"}, {"action": "Atelier vélo"}]
    tableau = Tableau(titre="Les actions", nom="actions", colonnes=colonnes, groupes=(Groupe(lignes=lignes),))
    blocs = (
        BlocChiffres(code="chiffres_cles", chiffres=(Chiffre(cle="actions", libelle="actions", valeur=2),)),
        BlocTexte(code="recit", texte="Une année de travail."),
        BlocImages(code="images", images=(photo,)),
    )
    return Rapport(
        titre="Rapport annuel de la politique de la ville",
        sous_titre="Contrat de ville",
        collectivite="Grand Dole",
        lieu="Dole",
        annee=2024,
        etat="Version 1",
        sections=(Section(code="essentiel", titre="L'essentiel", blocs=blocs),),
        annexes=(Annexe(code="synthese", tableau=tableau),),
    )


class VersionRapportFactory(DjangoModelFactory):
    class Meta:
        model = VersionRapport

    rapport = factory.SubFactory(RapportFactory)
    numero = 1
    contenu = "{}"
    empreinte = factory.LazyAttribute(lambda version: sha256(version.contenu.encode()).hexdigest())
    figee_le = datetime(2025, 6, 2, 9, tzinfo=UTC)
    figee_par = factory.SubFactory(UtilisateurFactory)

    class Params:
        # a small report that can be read, with the photograph of PhotoRapportFactory and an annex
        lisible = factory.Trait(
            contenu=factory.LazyFunction(lambda: octets(en_json(rapport_fige())).decode())
        )


class TransitionRapportFactory(DjangoModelFactory):
    class Meta:
        model = TransitionRapport

    rapport = factory.SubFactory(RapportFactory)
    de = RapportAnnuel.Statut.PREPARATION
    vers = RapportAnnuel.Statut.EN_CONSULTATION
    auteur = factory.SubFactory(UtilisateurFactory)


class FichierRapportFactory(DjangoModelFactory):
    class Meta:
        model = FichierRapport

    rapport = factory.SubFactory(RapportFactory)
    format = FichierRapport.Format.PDF
    demande_par = factory.SubFactory(UtilisateurFactory)

    class Params:
        fait = factory.Trait(
            etat=FichierRapport.Etat.FAIT,
            fichier=factory.django.FileField(filename="rapport.pdf", data=b"%PDF-1.7\n%%EOF\n"),
            taille=15,
            empreinte="2" * 64,
            fini_le=datetime(2025, 6, 2, 9, 5, tzinfo=UTC),
        )


# -- Several objects at once -----------------------------------------------------------------------
def chargee_de_mission(contrat: ContratVille, **champs: Any) -> Utilisateur:
    """Return an account that runs `contrat`."""
    compte = UtilisateurFactory(**champs)
    AccesContrat.objects.create(utilisateur=compte, contrat=contrat, role=AccesContrat.Role.CHARGE_MISSION)
    return compte


def membre_du_copil(contrat: ContratVille, **champs: Any) -> Utilisateur:
    """Return an account that reads the published reports of `contrat`."""
    compte = UtilisateurFactory(**champs)
    AccesContrat.objects.create(utilisateur=compte, contrat=contrat, role=AccesContrat.Role.COPIL)
    return compte


def representant_du_porteur(porteur: Porteur, **champs: Any) -> Utilisateur:
    """Return an account that reports on the actions of `porteur`."""
    compte = UtilisateurFactory(**champs)
    AccesPorteur.objects.create(utilisateur=compte, porteur=porteur, role=AccesPorteur.Role.ADMINISTRATEUR)
    return compte


def representant_du_financeur(financeur: Financeur, **champs: Any) -> Utilisateur:
    """Return an account that reads the programme and the column of `financeur`."""
    compte = UtilisateurFactory(**champs)
    AccesFinanceur.objects.create(utilisateur=compte, financeur=financeur)
    return compte


def administrateur(**champs: Any) -> Utilisateur:
    """Return an account that sees everything."""
    return UtilisateurFactory(administrateur=True, **champs)


def annee_de(action: Action, annee: int, **champs: Any) -> ActionAnnuelle:
    """Return the year `annee` of `action`, in the campaign of its contract, created when missing."""
    campagne = CampagneFactory(contrat=action.contrat, annee=annee)
    return ActionAnnuelleFactory(action=action, campagne=campagne, **champs)


def arbre_d_axes(contrat: ContratVille, enjeux: int = 2, axes: int = 2) -> list[Axe]:
    """Return the axes of two levels created in `contrat`, coded 1, 1.1, 1.2, 2…, in reading order."""
    arbre: list[Axe] = []
    for i in range(1, enjeux + 1):
        enjeu = AxeFactory(contrat=contrat, code=str(i), ordre=len(arbre) + 1, libelle=f"Enjeu {i}")
        arbre.append(enjeu)
        for j in range(1, axes + 1):
            code = f"{i}.{j}"
            arbre.append(AxeFactory(parent=enjeu, code=code, ordre=len(arbre) + 1, libelle=f"Axe {code}"))
    return arbre


def effectifs(bilan: Bilan, perimetre: str = Effectif.Perimetre.TOTAL, **par_sexe: int) -> list[Effectif]:
    """Return the numbers of people created in `bilan`: `effectifs(bilan, T=30, F=12, H=18)`."""
    return [
        EffectifFactory(bilan=bilan, perimetre=perimetre, sexe=sexe, valeur=valeur)
        for sexe, valeur in par_sexe.items()
    ]
