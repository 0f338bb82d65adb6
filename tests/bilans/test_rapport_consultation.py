"""From draft to publication: every operation from every state, who may do it, what the law asks of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from bilans.models import AvisRapport, RapportAnnuel
from bilans.operations.etats import OperationRefusee
from bilans.rapport import consultation
from bilans.rapport.redaction import ouvrir_rapport
from comptes.versions import VersionPerimee
from tests import fabriques

pytestmark = pytest.mark.django_db

ENVOI, ECHEANCE = date(2025, 6, 2), date(2025, 7, 10)
Statut, Sens = RapportAnnuel.Statut, AvisRapport.Sens


@pytest.fixture(autouse=True)
def le_jour() -> Any:
    with time_machine.travel(datetime(2025, 6, 2, 10, tzinfo=UTC), tick=False) as jour:
        yield jour


def clair(texte: object) -> str:
    """Return a sentence with plain spaces."""
    return str(texte).replace("\u00a0", " ")


class Lieu:
    """A contract, its year, who runs it, two bodies with a member each."""

    def __init__(self) -> None:
        f = fabriques
        self.campagne = f.CampagneFactory(annee=2024)
        self.contrat = self.campagne.contrat
        self.chargee = f.chargee_de_mission(self.contrat)
        self.citoyens = f.InstanceFactory(contrat=self.contrat, type="conseil_citoyen", nom="Conseil citoyen")
        self.ville = f.InstanceFactory(
            contrat=self.contrat, type="assemblee", nom="Conseil municipal", ordre=1
        )
        self.habitant = f.membre_du_copil(self.contrat)
        f.MembreInstanceFactory(instance_siegee=self.citoyens, utilisateur=self.habitant)
        self.maire = f.membre_du_copil(self.contrat)
        f.MembreInstanceFactory(instance_siegee=self.ville, utilisateur=self.maire)
        self.rapport = ouvrir_rapport(self.chargee, self.contrat, 2024)

    def deliberation(self, jour: date = date(2025, 6, 2)) -> Any:
        return fabriques.DeliberationFactory(contrat=self.contrat, date=jour)

    def avis(self, instance: Any) -> AvisRapport:
        return self.rapport.avis.get(instance_consultee=instance)

    def envoyer(self) -> None:
        consultation.envoyer_pour_avis(self.chargee, self.rapport, [self.citoyens, self.ville], ECHEANCE)
        self.rapport.refresh_from_db()

    def amener(self, statut: str) -> None:
        """Take the report to a state by the operations that lead there."""
        etapes = [
            (Statut.EN_CONSULTATION, self.envoyer),
            (Statut.FINALISE, self._clore),
            (
                Statut.APPROUVE,
                lambda: consultation.approuver(self.chargee, self.rapport, self.deliberation()),
            ),
            (Statut.PUBLIE, lambda: consultation.publier(self.chargee, self.rapport)),
        ]
        for atteint, etape in etapes:
            if self.rapport.statut == statut:
                return
            etape()
            self.rapport.refresh_from_db()
            assert self.rapport.statut == atteint

    def _clore(self) -> None:
        for instance in (self.citoyens, self.ville):
            consultation.rendre_avis(self.chargee, self.avis(instance), sens=Sens.FAVORABLE)
        consultation.clore_la_consultation(self.chargee, self.rapport)


@pytest.fixture
def lieu() -> Lieu:
    return Lieu()


GESTES: dict[str, Callable[[Lieu, Any], Any]] = {
    "envoyer": lambda lieu, qui: consultation.envoyer_pour_avis(qui, lieu.rapport, [lieu.citoyens], ECHEANCE),
    "prolonger": lambda lieu, qui: consultation.prolonger_la_consultation(
        qui, lieu.rapport, date(2025, 8, 1), "Le conseil se réunit en juillet."
    ),
    "clore": lambda lieu, qui: consultation.clore_la_consultation(qui, lieu.rapport),
    "approuver": lambda lieu, qui: consultation.approuver(qui, lieu.rapport, lieu.deliberation()),
    "publier": lambda lieu, qui: consultation.publier(qui, lieu.rapport),
    "corriger": lambda lieu, qui: consultation.corriger(qui, lieu.rapport, "Un montant était faux."),
    "adresse": lambda lieu, qui: consultation.donner_une_adresse(qui, lieu.rapport, "dole-2024"),
    "revenir": lambda lieu, qui: consultation.revenir(qui, lieu.rapport, "Une erreur a été trouvée."),
}


def test_chaque_geste_a_son_essai() -> None:
    assert set(GESTES) == set(consultation.GESTES)


@contextmanager
def defait() -> Iterator[None]:
    """Undo what the block writes: each operation is tried from the same state."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("statut", Statut.values)
def test_chaque_geste_depuis_chaque_etat(lieu: Lieu, le_jour: Any, statut: str) -> None:
    lieu.amener(statut)
    versions = lieu.rapport.versions.count()
    if statut == Statut.EN_CONSULTATION:
        for instance in (lieu.citoyens, lieu.ville):
            consultation.rendre_avis(lieu.chargee, lieu.avis(instance), sens=Sens.FAVORABLE)
    for geste, faire in GESTES.items():
        permis = statut in consultation.GESTES[geste]
        assert (geste in consultation.gestes_possibles(lieu.rapport, lieu.chargee)) is permis
        with defait():
            if permis:
                faire(lieu, lieu.chargee)
            else:
                with pytest.raises(OperationRefusee):
                    faire(lieu, lieu.chargee)
                lieu.rapport.refresh_from_db()
                assert (lieu.rapport.statut, lieu.rapport.versions.count()) == (statut, versions)


@pytest.mark.parametrize("statut", Statut.values)
def test_seule_l_equipe_du_contrat_le_peut(lieu: Lieu, statut: str) -> None:
    lieu.amener(statut)
    avant = lieu.rapport.version
    for compte in (lieu.habitant, fabriques.chargee_de_mission(fabriques.ContratFactory())):
        assert consultation.gestes_possibles(lieu.rapport, compte) == set()
        for faire in GESTES.values():
            with pytest.raises(PermissionDenied):
                faire(lieu, compte)
    lieu.rapport.refresh_from_db()
    assert lieu.rapport.version == avant


# -- Sent for opinion ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("jour", "suivant"),
    [
        (date(2025, 6, 2), date(2025, 7, 2)),
        (date(2025, 1, 31), date(2025, 2, 28)),
        (date(2024, 1, 31), date(2024, 2, 29)),
        (date(2025, 12, 15), date(2026, 1, 15)),
    ],
)
def test_un_mois_va_d_un_jour_au_meme_jour(jour: date, suivant: date) -> None:
    assert consultation.un_mois_apres(jour) == suivant


def test_un_delai_de_moins_d_un_mois_est_refuse(lieu: Lieu) -> None:
    with pytest.raises(ValidationError) as refus:
        consultation.envoyer_pour_avis(lieu.chargee, lieu.rapport, [lieu.citoyens], date(2025, 7, 1))
    assert {
        champ: [clair(phrase) for phrase in phrases] for champ, phrases in refus.value.message_dict.items()
    } == {
        "echeance": [
            "La loi laisse un mois au moins pour rendre un avis : choisissez le 2 juillet 2025 ou un jour suivant."
        ]
    }
    assert not lieu.rapport.versions.exists()
    consultation.envoyer_pour_avis(lieu.chargee, lieu.rapport, [lieu.citoyens], date(2025, 7, 2))


def test_on_ne_consulte_ni_personne_ni_l_instance_d_un_autre_contrat(lieu: Lieu) -> None:
    with pytest.raises(OperationRefusee, match="au moins une instance"):
        consultation.envoyer_pour_avis(lieu.chargee, lieu.rapport, [], ECHEANCE)
    ailleurs = fabriques.InstanceFactory()
    with pytest.raises(PermissionDenied):
        consultation.envoyer_pour_avis(lieu.chargee, lieu.rapport, [lieu.citoyens, ailleurs], ECHEANCE)
    assert not lieu.rapport.avis.exists()


def test_envoyer_fige_le_projet_et_attend_les_avis(lieu: Lieu) -> None:
    lieu.envoyer()
    version = lieu.rapport.versions.get()
    assert (version.numero, version.nature, version.figee_par) == (1, "projet", lieu.chargee)
    assert version.est_intacte
    assert (lieu.rapport.date_envoi_avis, lieu.rapport.echeance_avis) == (ENVOI, ECHEANCE)
    assert [str(avis) for avis in lieu.rapport.avis.order_by("instance_consultee__ordre")] == [
        "Conseil citoyen : en attente",
        "Conseil municipal : en attente",
    ]


def test_un_nouvel_envoi_redemande_les_avis_et_garde_l_histoire(lieu: Lieu) -> None:
    lieu.envoyer()
    consultation.rendre_avis(lieu.habitant, lieu.avis(lieu.citoyens), sens=Sens.RESERVE, texte="Trop long.")
    consultation.revenir(lieu.chargee, lieu.rapport, "Le tableau des financeurs était faux.")
    lieu.rapport.refresh_from_db()
    lieu.envoyer()
    assert lieu.avis(lieu.citoyens).sens == ""
    assert list(lieu.rapport.versions.values_list("numero", "nature")) == [(1, "projet"), (2, "projet")]
    assert AvisRapport.historique.filter(texte="Trop long.").exists()


# -- Opinions --------------------------------------------------------------------------------------
def test_un_membre_rend_l_avis_de_son_instance_et_d_elle_seule(lieu: Lieu) -> None:
    lieu.envoyer()
    with pytest.raises(PermissionDenied):
        consultation.rendre_avis(lieu.habitant, lieu.avis(lieu.ville), sens=Sens.FAVORABLE)
    rendu = consultation.rendre_avis(
        lieu.habitant, lieu.avis(lieu.citoyens), sens=Sens.RESERVE, texte=" Plus d'actions pour les femmes. "
    )
    assert (rendu.sens, rendu.texte, rendu.date) == ("reserve", "Plus d'actions pour les femmes.", ENVOI)
    assert (rendu.rendu_par, rendu.pour_l_instance) == (lieu.habitant, False)


def test_l_avis_saisi_pour_une_instance_le_dit(lieu: Lieu) -> None:
    lieu.envoyer()
    rendu = consultation.rendre_avis(
        lieu.chargee, lieu.avis(lieu.ville), sens=Sens.FAVORABLE, deliberation="2025-48"
    )
    assert (rendu.pour_l_instance, rendu.deliberation) == (True, "2025-48")


def test_un_membre_ne_rend_plus_d_avis_passe_la_date_la_chargee_si(lieu: Lieu, le_jour: Any) -> None:
    lieu.envoyer()
    le_jour.move_to(datetime(2025, 7, 10, 20, tzinfo=UTC))
    consultation.rendre_avis(lieu.habitant, lieu.avis(lieu.citoyens), sens=Sens.FAVORABLE)
    le_jour.move_to(datetime(2025, 7, 11, 8, tzinfo=UTC))
    with pytest.raises(OperationRefusee, match=r"étaient attendus pour le 10.juillet.2025"):
        consultation.rendre_avis(lieu.habitant, lieu.avis(lieu.citoyens), sens=Sens.DEFAVORABLE, texte="Non.")
    consultation.rendre_avis(lieu.chargee, lieu.avis(lieu.ville), sens=Sens.FAVORABLE)


@pytest.mark.parametrize(
    ("champs", "champ"),
    [
        ({"sens": ""}, "sens"),
        ({"sens": "repute_favorable"}, "sens"),
        ({"sens": "favorable", "jour": ENVOI + timedelta(days=1)}, "date"),
        ({"sens": "favorable", "jour": ENVOI - timedelta(days=1)}, "date"),
    ],
)
def test_un_avis_impossible_est_refuse(lieu: Lieu, champs: dict[str, Any], champ: str) -> None:
    lieu.envoyer()
    with pytest.raises(ValidationError) as refus:
        consultation.rendre_avis(lieu.habitant, lieu.avis(lieu.citoyens), **champs)
    assert list(refus.value.message_dict) == [champ]
    assert lieu.avis(lieu.citoyens).sens == ""


@pytest.mark.parametrize("sens", ["reserve", "defavorable"])
def test_un_avis_qui_n_est_pas_favorable_dit_pourquoi(lieu: Lieu, sens: str) -> None:
    lieu.envoyer()
    with pytest.raises(ValidationError, match="dit pourquoi"):
        consultation.rendre_avis(lieu.habitant, lieu.avis(lieu.citoyens), sens=sens)


def test_deux_membres_ne_s_effacent_pas_l_un_l_autre(lieu: Lieu) -> None:
    lieu.envoyer()
    version = lieu.avis(lieu.citoyens).version
    consultation.rendre_avis(lieu.habitant, lieu.avis(lieu.citoyens), sens=Sens.FAVORABLE, version=version)
    autre = fabriques.MembreInstanceFactory(instance_siegee=lieu.citoyens).utilisateur
    with pytest.raises(VersionPerimee):
        consultation.rendre_avis(
            autre, lieu.avis(lieu.citoyens), sens=Sens.DEFAVORABLE, texte="Non.", version=version
        )
    assert lieu.avis(lieu.citoyens).sens == "favorable"


def test_le_silence_ne_vaut_accord_qu_apres_la_date(lieu: Lieu, le_jour: Any) -> None:
    lieu.envoyer()
    consultation.rendre_avis(lieu.habitant, lieu.avis(lieu.citoyens), sens=Sens.FAVORABLE)
    le_jour.move_to(datetime(2025, 7, 10, 20, tzinfo=UTC))
    with pytest.raises(OperationRefusee, match=r"1.avis est attendu jusqu'au 10.juillet.2025"):
        consultation.clore_la_consultation(lieu.chargee, lieu.rapport)
    le_jour.move_to(datetime(2025, 7, 11, 8, tzinfo=UTC))
    consultation.clore_la_consultation(lieu.chargee, lieu.rapport)
    assert [(avis.sens, avis.date) for avis in lieu.rapport.avis.order_by("instance_consultee__ordre")] == [
        ("favorable", ENVOI),
        ("repute_favorable", ECHEANCE),
    ]


def test_on_clot_des_que_tous_ont_repondu(lieu: Lieu) -> None:
    lieu.amener(Statut.FINALISE)
    assert lieu.rapport.statut == "finalise"


def test_une_consultation_se_prolonge_avec_un_motif_jamais_plus_tot(lieu: Lieu) -> None:
    lieu.envoyer()
    with pytest.raises(ValidationError, match=r"après le 10.{1,4}juillet"):
        consultation.prolonger_la_consultation(lieu.chargee, lieu.rapport, ECHEANCE, "Vacances.")
    with pytest.raises(ValidationError, match="Dites pourquoi"):
        consultation.prolonger_la_consultation(lieu.chargee, lieu.rapport, date(2025, 8, 1), " ")
    with (
        time_machine.travel(datetime(2025, 9, 1, 10, tzinfo=UTC), tick=False),
        pytest.raises(ValidationError) as passe,
    ):
        consultation.prolonger_la_consultation(lieu.chargee, lieu.rapport, date(2025, 8, 1), "Vacances.")
    assert clair(passe.value.message_dict["echeance"][0]).startswith("Ce jour est passé")
    consultation.prolonger_la_consultation(lieu.chargee, lieu.rapport, date(2025, 8, 1), "Vacances.")
    lieu.rapport.refresh_from_db()
    assert lieu.rapport.echeance_avis == date(2025, 8, 1)
    assert lieu.rapport.transitions.get(motif="Vacances.").vers == "en_consultation"


# -- Approved --------------------------------------------------------------------------------------
def test_une_observation_sans_suite_arrete_l_approbation(lieu: Lieu, le_jour: Any) -> None:
    lieu.envoyer()
    consultation.rendre_avis(
        lieu.habitant, lieu.avis(lieu.citoyens), sens=Sens.RESERVE, texte="Plus de sport."
    )
    le_jour.move_to(datetime(2025, 7, 11, 8, tzinfo=UTC))
    consultation.clore_la_consultation(lieu.chargee, lieu.rapport)
    with pytest.raises(OperationRefusee, match=r"Il reste à répondre à.: Conseil citoyen"):
        consultation.approuver(lieu.chargee, lieu.rapport, lieu.deliberation())
    consultation.donner_suite(lieu.chargee, lieu.avis(lieu.citoyens), "Un appel à projets sport est ouvert.")
    consultation.approuver(lieu.chargee, lieu.rapport, lieu.deliberation())
    with pytest.raises(OperationRefusee, match="approuvé"):
        consultation.donner_suite(lieu.chargee, lieu.avis(lieu.citoyens), "Autre chose.")


def test_la_deliberation_suit_l_envoi_et_est_du_contrat(lieu: Lieu) -> None:
    lieu.amener(Statut.FINALISE)
    with pytest.raises(OperationRefusee, match="antérieure"):
        consultation.approuver(lieu.chargee, lieu.rapport, lieu.deliberation(date(2025, 6, 1)))
    with pytest.raises(OperationRefusee, match="Le 3 juin 2025 n'est pas encore passé"):
        consultation.approuver(lieu.chargee, lieu.rapport, lieu.deliberation(date(2025, 6, 3)))
    with pytest.raises(PermissionDenied):
        consultation.approuver(lieu.chargee, lieu.rapport, fabriques.DeliberationFactory())


# -- Published, corrected --------------------------------------------------------------------------
def test_publier_corriger_depublier(lieu: Lieu) -> None:
    lieu.amener(Statut.PUBLIE)
    with pytest.raises(ValidationError, match="ce que cette version corrige"):
        consultation.corriger(lieu.chargee, lieu.rapport, " ")
    consultation.corriger(lieu.chargee, lieu.rapport, "Le montant de l'État était faux.")
    assert list(lieu.rapport.versions.values_list("numero", "nature", "motif")) == [
        (1, "projet", ""),
        (2, "publiee", "Publication du rapport approuvé."),
        (3, "publiee", "Le montant de l'État était faux."),
    ]
    consultation.donner_une_adresse(lieu.chargee, lieu.rapport, "dole-2024")
    with pytest.raises(ValidationError, match="Dites pourquoi"):
        consultation.revenir(lieu.chargee, lieu.rapport, "")
    revenu = consultation.revenir(lieu.chargee, lieu.rapport, "Publié trop tôt.")
    assert (revenu.statut, revenu.adresse_publique) == ("approuve", None)


@pytest.mark.parametrize("adresse", ["Dole 2024", "dole_2024", "été", "-dole", "dole/2024"])
def test_une_adresse_publique_s_ecrit_simplement(lieu: Lieu, adresse: str) -> None:
    lieu.amener(Statut.PUBLIE)
    with pytest.raises(ValidationError, match="minuscules sans accent"):
        consultation.donner_une_adresse(lieu.chargee, lieu.rapport, adresse)


def test_deux_rapports_n_ont_pas_la_meme_adresse(lieu: Lieu) -> None:
    fabriques.RapportFactory(publie=True, adresse_publique="dole-2024")
    lieu.amener(Statut.PUBLIE)
    with pytest.raises(ValidationError, match="déjà celle d'un autre rapport"):
        consultation.donner_une_adresse(lieu.chargee, lieu.rapport, "dole-2024")


# -- Who reads what --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("statut", "vues"),
    [
        (Statut.PREPARATION, []),
        (Statut.EN_CONSULTATION, [1]),
        (Statut.FINALISE, [1]),
        (Statut.APPROUVE, [1]),
        (Statut.PUBLIE, [2]),
    ],
)
def test_un_membre_lit_le_projet_envoye_puis_ce_qui_est_publie(
    lieu: Lieu, statut: str, vues: list[int]
) -> None:
    lieu.amener(statut)
    lues = lieu.rapport.versions.visibles_par(lieu.habitant)
    assert list(lues.values_list("numero", flat=True)) == vues
    assert not lieu.rapport.sections.visibles_par(lieu.habitant).exists()
