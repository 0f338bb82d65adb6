"""Who is written to: compared with a naive reading of random campaigns, and on one of 500 bilans."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from email.utils import parseaddr
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from actions.models import Action, ActionAnnuelle, Campagne
from bilans.destinataires import Appel, adresses_en_defaut, bilans_dus, contacts_du_bilan, lire_appel
from bilans.models import Bilan, Courriel
from bilans.operations import OperationRefusee
from bilans.operations.courriels import inviter, relancer
from bilans.taches import vider
from comptes.models import Utilisateur
from contrats.models import ContratVille
from porteurs.models import AccesPorteur, Invitation, Porteur, Representant
from tests import fabriques

pytestmark = pytest.mark.django_db

ADRESSES = tuple(f"personne{n}@exemple.fr" for n in range(6))
BILANS = ("absent", "a_saisir", "en_saisie", "a_completer", "transmis", "valide", "dispense")
FINIS = ("transmis", "valide")


# -- A campaign, as a plain description --------------------------------------------------------------
@dataclass(frozen=True)
class UnPorteur:
    parent: int | None
    email: str
    # address → active account
    comptes: dict[str, bool]
    # (address as typed, still in office)
    representants: tuple[tuple[str, bool], ...]
    retirees: frozenset[str]


@dataclass(frozen=True)
class UneAction:
    porteur: int
    programmee: bool
    bilan: str
    # days from today to the bilan's own due date
    prolongation: int | None
    # handed over between the moment the reminder is asked for and the moment it is sent
    fini_entre_temps: bool


@dataclass(frozen=True)
class UnCourriel:
    porteur: int
    adresse: str
    # aujourd_hui, hier, refuse, retour, repris (refused, then sent again by hand and taken)
    sort: str


@dataclass(frozen=True)
class UneCampagne:
    statut: str
    ouverture: int | None
    porteurs: tuple[UnPorteur, ...]
    actions: tuple[UneAction, ...]
    courriels: tuple[UnCourriel, ...] = ()
    fermes: frozenset[str] = field(default_factory=frozenset)


adresses = st.sampled_from(ADRESSES)


@st.composite
def campagnes(tirer: Any) -> UneCampagne:
    fermes = tirer(st.frozensets(adresses, max_size=1))
    porteurs: list[UnPorteur] = []
    for rang in range(tirer(st.integers(1, 4))):
        meres = [n for n, porteur in enumerate(porteurs) if porteur.parent is None]
        comptes = tirer(st.frozensets(adresses, max_size=2))
        representants = tirer(st.lists(st.tuples(adresses, st.booleans()), max_size=2))
        porteurs.append(
            UnPorteur(
                parent=tirer(st.sampled_from([None, *meres])),
                email=tirer(st.sampled_from(["", f"Contact{rang}@Exemple.fr", *ADRESSES[:2]])),
                comptes={adresse: adresse not in fermes for adresse in comptes},
                representants=tuple((adresse.title(), poste) for adresse, poste in representants),
                retirees=tirer(st.frozensets(adresses, max_size=1)),
            )
        )
    rangs = st.integers(0, len(porteurs) - 1)
    actions = st.builds(
        UneAction,
        porteur=rangs,
        programmee=st.sampled_from([True, True, True, False]),
        bilan=st.sampled_from(BILANS),
        prolongation=st.sampled_from([None, None, -3, 0, 20]),
        fini_entre_temps=st.sampled_from([False, False, True]),
    )
    sorts = st.sampled_from(["aujourd_hui", "hier", "refuse", "retour", "repris"])
    return UneCampagne(
        statut=tirer(
            st.sampled_from(["bilans_ouverts", "bilans_ouverts", "bilans_clos", "programmee", "archivee"])
        ),
        ouverture=tirer(st.sampled_from([None, -10, 0, 5])),
        porteurs=tuple(porteurs),
        actions=tuple(tirer(st.lists(actions, max_size=7))),
        courriels=tuple(tirer(st.lists(st.builds(UnCourriel, rangs, adresses, sorts), max_size=3))),
        fermes=fermes,
    )


# -- What should happen, read naively from the description -------------------------------------------
def dus_attendus(campagne: UneCampagne, *, a_l_envoi: bool = False) -> list[int]:
    """The ranks of the actions whose bilan is owed."""
    dus = []
    for rang, action in enumerate(campagne.actions):
        if campagne.statut == "bilans_ouverts":
            ouverte = campagne.ouverture is None or campagne.ouverture <= 0
        else:
            # A bilan that does not exist yet has no date of its own.
            prolongee = action.bilan != "absent" and action.prolongation is not None
            ouverte = campagne.statut == "bilans_clos" and prolongee and action.prolongation >= 0
        en_mains = action.bilan in ("absent", "a_saisir", "en_saisie", "a_completer")
        fini = a_l_envoi and action.fini_entre_temps
        if action.programmee and en_mains and ouverte and not fini:
            dus.append(rang)
    return dus


def contacts_attendus(campagne: UneCampagne, rang: int) -> set[tuple[int, str]]:
    """(porteur that holds the contact, address) for the actions of a porteur."""

    def siens(n: int) -> set[str]:
        porteur = campagne.porteurs[n]
        actifs = {adresse for adresse, actif in porteur.comptes.items() if actif}
        en_poste = {
            adresse.lower()
            for adresse, poste in porteur.representants
            if poste and adresse.lower() not in campagne.fermes and adresse.lower() not in porteur.retirees
        }
        return actifs | en_poste

    porteur = campagne.porteurs[rang]
    if siens(rang):
        return {(rang, adresse) for adresse in siens(rang)}
    if porteur.parent is not None and siens(porteur.parent):
        return {(porteur.parent, adresse) for adresse in siens(porteur.parent)}
    generale = porteur.email.lower()
    if generale and generale not in campagne.fermes and generale not in porteur.retirees:
        return {(rang, generale)}
    return set()


def listes_attendues(campagne: UneCampagne, *, a_l_envoi: bool = False) -> dict[tuple[int, str], list[int]]:
    """The bilans listed in the message of each (porteur, address)."""
    listes: dict[tuple[int, str], list[int]] = defaultdict(list)
    for rang in dus_attendus(campagne, a_l_envoi=a_l_envoi):
        for contact in contacts_attendus(campagne, campagne.actions[rang].porteur):
            listes[contact].append(rang)
    return dict(listes)


def joignables_attendus(campagne: UneCampagne) -> set[tuple[int, str]]:
    """Those who may be written to today."""
    dernier: dict[str, str] = {}
    ecrits = set()
    for courriel in campagne.courriels:
        if courriel.sort in ("refuse", "retour"):
            dernier[courriel.adresse] = "defaut"
        elif courriel.sort == "repris":
            dernier[courriel.adresse] = "bon"
        if courriel.sort == "aujourd_hui":
            ecrits.add((courriel.porteur, courriel.adresse))
    return {
        contact
        for contact in listes_attendues(campagne)
        if dernier.get(contact[1]) != "defaut" and contact not in ecrits
    }


# -- The same campaign, in the database --------------------------------------------------------------
class EnBase:
    def __init__(self, decrite: UneCampagne, contrat: ContratVille) -> None:
        self.decrite = decrite
        self.aujourd_hui = timezone.localdate()
        self.auteur = Utilisateur.objects.create(email="auteur@exemple.fr")
        self.campagne = Campagne.objects.create(
            contrat=contrat,
            annee=2024,
            statut=decrite.statut,
            bilan_echeance=self.aujourd_hui + timedelta(days=40),
            bilan_ouverture=self._jour(decrite.ouverture),
        )
        self.comptes = {
            adresse: Utilisateur.objects.create(email=adresse, is_active=adresse not in decrite.fermes)
            for adresse in sorted({*ADRESSES, *(a for p in decrite.porteurs for a in p.comptes)})
        }
        self.porteurs: list[Porteur] = []
        for rang, porteur in enumerate(decrite.porteurs):
            self.porteurs.append(self._porteur(rang, porteur, contrat))
        self.annuelles = [self._action(rang, action, contrat) for rang, action in enumerate(decrite.actions)]
        for courriel in decrite.courriels:
            self._courriel(courriel)

    def _jour(self, ecart: int | None) -> date | None:
        return None if ecart is None else self.aujourd_hui + timedelta(days=ecart)

    def _porteur(self, rang: int, decrit: UnPorteur, contrat: ContratVille) -> Porteur:
        porteur = Porteur.objects.create(
            epci=contrat.epci,
            nom=f"Structure {rang:03}",
            email=decrit.email,
            parent=None if decrit.parent is None else self.porteurs[decrit.parent],
        )
        for adresse in decrit.comptes:
            AccesPorteur.objects.create(utilisateur=self.comptes[adresse], porteur=porteur)
        for adresse, en_poste in decrit.representants:
            fin = None if en_poste else self.aujourd_hui - timedelta(days=1)
            Representant.objects.create(
                porteur=porteur, nom="Amina Berger", fonction="Membre", email=adresse, date_fin=fin
            )
        for adresse in decrit.retirees:
            Invitation.objects.create(
                porteur=porteur,
                email=adresse,
                expire_le=timezone.now(),
                retiree_le=timezone.now(),
                retiree_par=self.auteur,
            )
        return porteur

    def _action(self, rang: int, decrite: UneAction, contrat: ContratVille) -> ActionAnnuelle:
        action = Action.objects.create(
            contrat=contrat, porteur=self.porteurs[decrite.porteur], intitule=f"Action {rang:03}"
        )
        annuelle = ActionAnnuelle.objects.create(
            action=action,
            campagne=self.campagne,
            ordre=rang,
            statut="realisee" if decrite.programmee else "brouillon",
        )
        if decrite.bilan != "absent":
            Bilan.objects.create(
                action_annuelle=annuelle,
                statut=decrite.bilan,
                echeance_prolongee=self._jour(decrite.prolongation),
                **self._passage(decrite.bilan),
            )
        return annuelle

    def _passage(self, statut: str) -> dict[str, Any]:
        champs: dict[str, Any] = {}
        if statut in ("a_completer", *FINIS):
            champs |= {"transmis_le": timezone.now(), "transmis_par": self.auteur, "realisation": "realisee"}
        if statut == "a_completer":
            champs["motif_renvoi"] = "Indiquez le nombre de participants."
        if statut == "valide":
            champs |= {"valide_le": timezone.now(), "valide_par": self.auteur}
        return champs

    def _courriel(self, decrit: UnCourriel) -> None:
        hier = self.aujourd_hui - timedelta(days=1)
        jour = self.aujourd_hui if decrit.sort == "aujourd_hui" else hier
        commun = {
            "campagne": self.campagne,
            "porteur": self.porteurs[decrit.porteur],
            "destinataire": decrit.adresse,
            "jour": jour,
            "type": "relance" if decrit.sort in ("aujourd_hui", "hier") else "validation",
        }
        if decrit.sort in ("aujourd_hui", "hier"):
            # Twice the same in the description: the database holds it once.
            Courriel.objects.get_or_create(
                **commun, defaults={"statut": "envoye", "envoye_le": timezone.now()}
            )
            return
        statut = "retour" if decrit.sort == "retour" else "refuse"
        quand = timezone.now() if statut == "retour" else None
        refuse = Courriel.objects.create(**commun, statut=statut, erreur="550 inconnu", envoye_le=quand)
        if decrit.sort == "repris":
            Courriel.objects.create(**commun, statut="envoye", envoye_le=timezone.now(), reprise_de=refuse)

    # -- The answers of the code, in the words of the description
    def rang_du_porteur(self, porteur: Porteur) -> int:
        return self.porteurs.index(porteur)

    def listes(self, appel: Appel) -> dict[tuple[int, str], list[int]]:
        return {
            (self.rang_du_porteur(d.porteur), d.email): [self.annuelles.index(du.annuelle) for du in d.bilans]
            for d in appel.destinataires
        }

    def finir(self) -> None:
        """Hand over the bilans that are finished between the request and the sending."""
        for rang, action in enumerate(self.decrite.actions):
            if action.fini_entre_temps:
                Bilan.objects.filter(
                    action_annuelle=self.annuelles[rang], statut__in=Bilan.STATUTS_MODIFIABLES
                ).update(statut="transmis", **self._passage("transmis"))


@pytest.fixture
def contrat() -> ContratVille:
    return fabriques.ContratFactory()


@seed(2024)
@settings(
    max_examples=200,
    deadline=None,
    database=None,
    # Shrinking a failure would take minutes: the example as drawn is small enough to read.
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(decrite=campagnes())
def test_les_destinataires_sont_ceux_d_une_lecture_naive(contrat: ContratVille, decrite: UneCampagne) -> None:
    with transaction.atomic():
        en_base = EnBase(decrite, contrat)
        mail.outbox.clear()
        appel = lire_appel(en_base.campagne)
        listes = listes_attendues(decrite)
        assert en_base.listes(appel) == listes
        seuls = {
            decrite.actions[rang].porteur
            for rang in dus_attendus(decrite)
            if not contacts_attendus(decrite, decrite.actions[rang].porteur)
        }
        assert {en_base.rang_du_porteur(s.porteur) for s in appel.sans_adresse} == seuls
        joignables = joignables_attendus(decrite)
        assert {(en_base.rang_du_porteur(d.porteur), d.email) for d in appel.a_relancer} == joignables
        _verifier_la_relance(en_base, listes, joignables)
        transaction.set_rollback(True)


def _verifier_la_relance(
    en_base: EnBase, listes: dict[tuple[int, str], list[int]], joignables: set[tuple[int, str]]
) -> None:
    decrite, campagne = en_base.decrite, en_base.campagne
    if not joignables:
        with pytest.raises(OperationRefusee):
            relancer(None, campagne)
        return
    envoi = relancer(None, campagne)
    ecrits = {
        (en_base.rang_du_porteur(c.porteur), c.destinataire): c
        for c in envoi.courriels.select_related("porteur").order_by("pk")
    }
    assert set(ecrits) == joignables
    en_base.finir()
    vider()
    restent = listes_attendues(decrite, a_l_envoi=True)
    assert adresses_ecrites() == sorted(adresse for _, adresse in joignables & set(restent))
    for contact, courriel in ecrits.items():
        courriel.refresh_from_db()
        attendu = restent.get(contact)
        assert courriel.statut == ("envoye" if attendu else "sans_objet")
        if attendu:
            assert _listes_dans(courriel.texte) == [f"Action {rang:03}" for rang in attendu]
    mail.outbox.clear()
    with pytest.raises(OperationRefusee):
        relancer(None, campagne)
    assert vider().envoyes == 0
    assert mail.outbox == []


def adresses_ecrites() -> list[str]:
    """The addresses of the e-mails sent, in order."""
    return sorted(parseaddr(message.recipients()[0])[1] for message in mail.outbox)


def _listes_dans(texte: str) -> list[str]:
    return [ligne[2:12] for ligne in texte.splitlines() if ligne.startswith("- ")]


# -- One campaign of the size of a large town --------------------------------------------------------
def grande_campagne(porteurs: int, actions: int) -> UneCampagne:
    hasard = random.Random(15059)  # noqa: S311 -- a fixed campaign, not a secret
    decrits = []
    for rang in range(porteurs):
        comptes = {f"salarie{rang}@exemple.fr": True} if hasard.random() < 0.3 else {}
        representants = tuple(
            (f"representant{rang}-{n}@exemple.fr", hasard.random() < 0.8) for n in range(hasard.randrange(3))
        )
        parent = hasard.randrange(10) if rang >= 10 and hasard.random() < 0.2 else None
        email = f"structure{rang}@exemple.fr" if hasard.random() < 0.5 else ""
        decrits.append(UnPorteur(parent, email, comptes, representants, frozenset()))
    faites = tuple(
        UneAction(
            hasard.randrange(porteurs),
            hasard.random() < 0.95,
            hasard.choice(BILANS),
            hasard.choice((None, 20)),
            hasard.random() < 0.1,
        )
        for _ in range(actions)
    )
    return UneCampagne("bilans_ouverts", None, tuple(decrits), faites)


def test_500_bilans_de_150_porteurs_sont_invites_puis_relances_sans_erreur(
    contrat: ContratVille, django_assert_max_num_queries: Any
) -> None:
    decrite = grande_campagne(150, 500)
    en_base = EnBase(decrite, contrat)
    chargee = fabriques.chargee_de_mission(contrat)
    listes = listes_attendues(decrite)
    with django_assert_max_num_queries(12):
        assert en_base.listes(lire_appel(en_base.campagne)) == listes
    envoi = inviter(chargee, en_base.campagne)
    assert {
        (en_base.rang_du_porteur(c.porteur), c.destinataire)
        for c in envoi.courriels.select_related("porteur").order_by("pk")
    } == set(listes)
    assert vider().envoyes == len(listes)
    assert len(mail.outbox) == len(listes) > 100
    # The same day, nobody is written to again, neither invited nor reminded.
    for operation in (inviter, relancer):
        with pytest.raises(OperationRefusee):
            operation(chargee, en_base.campagne)
    # The day after, those who still owe something, and they alone.
    Courriel.objects.update(jour=timezone.localdate() - timedelta(days=1))
    en_base.finir()
    mail.outbox.clear()
    relancer(chargee, en_base.campagne)
    restent = listes_attendues(decrite, a_l_envoi=True)
    assert vider().envoyes == len(restent) < len(listes)
    assert adresses_ecrites() == sorted(adresse for _, adresse in restent)
    with pytest.raises(OperationRefusee):
        relancer(chargee, en_base.campagne)


def test_le_nombre_de_requetes_ne_depend_pas_du_nombre_de_bilans() -> None:
    comptes = []
    for porteurs, actions in ((3, 4), (40, 120)):
        contrat = fabriques.ContratFactory()
        with transaction.atomic():
            en_base = EnBase(grande_campagne(porteurs, actions), contrat)
            with CaptureQueriesContext(
                connection,
            ) as requetes:
                lire_appel(en_base.campagne)
            transaction.set_rollback(True)
        comptes.append(len(requetes))
    assert comptes[0] == comptes[1]


# -- Single situations -------------------------------------------------------------------------------
@pytest.fixture
def bilan(campagne: Campagne) -> Bilan:
    return fabriques.BilanFactory(action_annuelle__campagne=campagne, en_saisie=True)


def test_un_acces_retire_n_est_plus_un_contact_meme_si_la_fiche_garde_l_adresse(bilan: Bilan) -> None:
    porteur = bilan.action_annuelle.action.porteur
    fabriques.RepresentantFactory(porteur=porteur, email="partie@exemple.fr")
    fabriques.RepresentantFactory(porteur=porteur, email="reste@exemple.fr")
    fabriques.InvitationFactory(porteur=porteur, email="partie@exemple.fr", retiree=True)
    assert [contact.email for contact in contacts_du_bilan(bilan)] == ["reste@exemple.fr"]
    fabriques.InvitationFactory(porteur=porteur, email="partie@exemple.fr")
    assert [contact.email for contact in contacts_du_bilan(bilan)] == [
        "partie@exemple.fr",
        "reste@exemple.fr",
    ]


def test_une_adresse_refusee_le_reste_jusqu_a_un_envoi_a_la_main_qui_passe(bilan: Bilan) -> None:
    campagne, porteur = bilan.action_annuelle.campagne, bilan.action_annuelle.action.porteur
    fabriques.RepresentantFactory(porteur=porteur, email="a@exemple.fr")
    refuse = fabriques.CourrielFactory(
        campagne=campagne, porteur=porteur, destinataire="a@exemple.fr", refuse=True
    )
    # Another message, sent before the first one came back, proves nothing.
    fabriques.CourrielFactory(
        campagne=campagne, porteur=porteur, destinataire="a@exemple.fr", type="validation", envoye=True
    )
    assert adresses_en_defaut(campagne) == {"a@exemple.fr": refuse}
    assert lire_appel(campagne).a_relancer == []
    fabriques.CourrielFactory(
        campagne=campagne, porteur=porteur, destinataire="a@exemple.fr", envoye=True, reprise_de=refuse
    )
    assert adresses_en_defaut(campagne) == {}
    assert [d.email for d in lire_appel(campagne).a_relancer] == ["a@exemple.fr"]


def test_une_adresse_en_defaut_l_est_dans_son_contrat_seulement(bilan: Bilan) -> None:
    ailleurs = fabriques.CourrielFactory(refuse=True, destinataire="a@exemple.fr")
    assert adresses_en_defaut(bilan.action_annuelle.campagne) == {}
    assert adresses_en_defaut(ailleurs.campagne) == {"a@exemple.fr": ailleurs}


def test_l_apercu_avant_l_ouverture_montre_ce_qui_sera_du(bilan: Bilan) -> None:
    campagne = bilan.action_annuelle.campagne
    campagne.statut = Campagne.Statut.PROGRAMMEE
    campagne.save()
    assert bilans_dus(campagne) == []
    assert [du.bilan for du in bilans_dus(campagne, avant_l_heure=True)] == [bilan]


def test_le_nom_est_celui_du_compte_puis_celui_du_representant(bilan: Bilan) -> None:
    porteur = bilan.action_annuelle.action.porteur
    fabriques.RepresentantFactory(porteur=porteur, email="A@exemple.fr", nom="Amina Berger")
    compte = fabriques.representant_du_porteur(porteur, email="a@exemple.fr", prenom="", nom="")
    assert [contact.nom for contact in contacts_du_bilan(bilan)] == ["Amina Berger"]
    compte.prenom, compte.nom = "Amina", "Berger-Roy"
    compte.save()
    assert [contact.nom for contact in contacts_du_bilan(bilan)] == ["Amina Berger-Roy"]
