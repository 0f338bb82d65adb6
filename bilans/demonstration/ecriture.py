"""Writing the demonstration: every object is checked, then saved with its history."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from django.db.models import Model
from simple_history.utils import bulk_create_with_history

from actions.models import ActionAnnuelle, ActionTerritoire, Campagne, TrancheAge
from bilans.effectifs import ecarts, grilles
from bilans.models import Bilan, Effectif, Transition, ValeurIndicateur
from comptes.models import Utilisateur
from comptes.signature import signer
from contrats.models import AliasTerritoire, Commune, ContratVille, Epci, Territoire
from documents.normalisation import normaliser
from financements.nomenclatures import lire as lire_nomenclature
from porteurs.models import AliasPorteur, Porteur

MOTIF = "Chargement des données de démonstration"

M = TypeVar("M", bound=Model)


def jour(texte: str | None) -> date | None:
    """Return the date written AAAA-MM-JJ, None for a blank."""
    return date.fromisoformat(texte) if texte else None


def liste(lignes: Iterable[str]) -> str:
    """Return a list of the document as text, one line an element."""
    return "\n".join(lignes)


@dataclass
class Recit:
    """What a document says of one action: the fields of its bilan, its people, its other figures."""

    champs: dict[str, Any] = field(default_factory=dict)
    effectifs: list[Effectif] = field(default_factory=list)
    indicateurs: list[ValeurIndicateur] = field(default_factory=list)

    def ajouter_effectif(self, **champs: Any) -> None:
        """Add a number of people."""
        self.effectifs.append(Effectif(**champs))

    def ajouter_indicateur(self, **champs: Any) -> None:
        """Add another figure, ranked as the document gives it."""
        self.indicateurs.append(ValeurIndicateur(ordre=len(self.indicateurs) + 1, **champs))

    @property
    def compte_des_personnes(self) -> bool:
        """Whether a number of people is stated; a daily attendance or a range is not one."""
        return any(e.mesure == Effectif.Mesure.PERSONNES and e.valeur is not None for e in self.effectifs)


@dataclass(frozen=True)
class Dates:
    """When the bilans of a document were, for the demonstration, transmitted, validated, sent back…"""

    document: str
    dispense_le: datetime
    transmis_le: datetime
    valide_le: datetime
    renvoye_le: datetime

    @classmethod
    def lues(cls, donnees: Mapping[str, Any]) -> "Dates":
        """Return the dates that `cadre.json` gives."""
        jours = {cle: donnees[cle] for cle in ("dispense_le", "transmis_le", "valide_le", "renvoye_le")}
        return cls(donnees["document"], **{cle: datetime.fromisoformat(j) for cle, j in jours.items()})


@dataclass
class Ecriture:
    """Saves objects in the name of `auteur`, the account that the history names.

    Each is validated first, so that a fixture that breaks a rule stops the loading with the sentence that
    a form would show. Relations are not looked up again: they were just made.
    """

    auteur: Utilisateur
    avancer: Callable[[], object] = field(default=lambda: None)

    def creer(self, modele: type[M], **champs: Any) -> M:
        """Save and return a new object."""
        objet = modele(**champs)
        verifier(objet)
        signer(objet, self.auteur, MOTIF)
        objet.save(force_insert=True)
        return objet

    def creer_plusieurs(self, objets: Sequence[Model]) -> None:
        """Save objects of one model that compute nothing of their own when they are saved."""
        if not objets:
            return
        modele = type(objets[0])
        for objet in objets:
            verifier(objet)
        if hasattr(modele, "historique"):
            bulk_create_with_history(objets, modele, default_user=self.auteur, default_change_reason=MOTIF)
        else:
            modele._default_manager.bulk_create(objets)

    # -- What every territory has ------------------------------------------------------------------
    def contrat(self, donnees: Mapping[str, Any], **champs: Any) -> ContratVille:
        """Create the contract described by `donnees`, with its intercommunality and its communes."""
        lui = donnees["epci"]
        epci = Epci.objects.filter(nom=lui["nom"]).first() or self.creer(
            Epci, nom=lui["nom"], siren=lui["siren"]
        )
        lu = dict(donnees["contrat"])
        lu |= {cle: jour(lu[cle]) for cle in ("date_debut", "date_fin")}
        contrat = self.creer(ContratVille, epci=epci, **lu, **champs)
        for commune in donnees["communes"]:
            contrat.communes.add(
                Commune.objects.get_or_create(
                    code_insee=commune["code_insee"], defaults={"nom": commune["nom"], "epci": epci}
                )[0]
            )
        return contrat

    def campagnes(self, contrat: ContratVille, donnees: Mapping[str, Any]) -> dict[int, Campagne]:
        """Create the years of the contract, each with the six age bands, and return them by year."""
        campagnes = {}
        for lue in donnees["campagnes"]:
            campagne = self.creer(
                Campagne,
                contrat=contrat,
                annee=lue["annee"],
                statut=lue["statut"],
                bilan_echeance=jour(lue.get("bilan_echeance")),
                **(recueil(donnees["recueil"], lue) if lue["statut"] == "bilans_ouverts" else {}),
            )
            self.creer_plusieurs(
                [TrancheAge(campagne=campagne, **tranche) for tranche in lire_nomenclature("tranches_age")]
            )
            campagnes[campagne.annee] = campagne
        return campagnes

    def territoire(self, contrat: ContratVille, *, alias: Iterable[str] = (), **champs: Any) -> Territoire:
        """Create a territory of the contract, with the other names that the documents give it."""
        territoire = self.creer(Territoire, contrat=contrat, **champs)
        for libelle in alias:
            self.creer(AliasTerritoire, contrat=contrat, territoire=territoire, libelle=libelle)
        return territoire

    def porteur(
        self, epci: Epci, nom: str, *, alias: Iterable[str] = (), origine: str = "", **champs: Any
    ) -> Porteur:
        """Return the porteur of this name, created with its other names when it is missing."""
        connu = Porteur.objects.filter(epci=epci, nom_normalise=normaliser(nom)).first()
        if connu:
            return connu
        porteur = self.creer(Porteur, epci=epci, nom=nom, **champs)
        pris = set(AliasPorteur.objects.filter(epci=epci).values_list("libelle_normalise", flat=True))
        for libelle in alias:
            if normaliser(libelle) not in pris:
                self.creer(AliasPorteur, epci=epci, porteur=porteur, libelle=libelle, origine=origine)
        return porteur

    def placer(self, annuelles: Iterable[ActionAnnuelle], territoire: Territoire) -> None:
        """Say that these actions reach `territoire`."""
        self.creer_plusieurs(
            [ActionTerritoire(action_annuelle=annuelle, territoire=territoire) for annuelle in annuelles]
        )

    # -- Bilans ------------------------------------------------------------------------------------
    def bilan_recu(
        self,
        annuelle: ActionAnnuelle,
        recit: Recit,
        tranches: Sequence[TrancheAge],
        dates: Dates,
        *,
        complet: bool,
    ) -> Bilan:
        """Create the bilan that a document reports, in the state that its figures allow.

        Figures that contradict themselves send it back to the porteur, with what does not add up; otherwise
        it is validated when it is `complet`, and waits for someone to read it when it is not.
        """
        champs = {
            "realisation": Bilan.Realisation.REALISEE,
            "statut": Bilan.Statut.TRANSMIS,
            "transmis_le": dates.transmis_le,
            "transmis_par": self.auteur,
            "saisi_pour_le_porteur": True,
        }
        contradictions = liste(ecart.message for ecart in ecarts(grilles(recit.effectifs, tranches)))
        if contradictions:
            champs |= {"statut": Bilan.Statut.A_COMPLETER, "motif_renvoi": contradictions}
        elif complet:
            champs |= {
                "statut": Bilan.Statut.VALIDE,
                "valide_le": dates.valide_le,
                "valide_par": self.auteur,
            }
        bilan = self.creer(Bilan, action_annuelle=annuelle, **champs | recit.champs)
        for effectif in recit.effectifs:
            effectif.bilan = bilan
        for indicateur in recit.indicateurs:
            indicateur.bilan = bilan
        self.creer_plusieurs(recit.effectifs)
        self.creer_plusieurs(recit.indicateurs)

        etats = Bilan.Statut
        reprise = f"Repris du document « {dates.document} »."
        self.transition(bilan, etats.A_SAISIR, etats.TRANSMIS, dates.transmis_le, reprise)
        if contradictions:
            self.transition(bilan, etats.TRANSMIS, etats.A_COMPLETER, dates.renvoye_le, contradictions)
        elif complet:
            self.transition(bilan, etats.TRANSMIS, etats.VALIDE, dates.valide_le, "")
        return bilan

    def bilan_dispense(self, annuelle: ActionAnnuelle, dates: Dates) -> Bilan:
        """Create the bilan of an action put off: nothing is awaited, and the document says why."""
        bilan = self.creer(Bilan, action_annuelle=annuelle, statut=Bilan.Statut.DISPENSE)
        self.transition(
            bilan, Bilan.Statut.A_SAISIR, Bilan.Statut.DISPENSE, dates.dispense_le, annuelle.motif
        )
        return bilan

    def transition(self, bilan: Bilan, de: str, vers: str, quand: datetime, commentaire: str) -> None:
        """Write a change of state at the date `quand`."""
        transition = self.creer(
            Transition, bilan=bilan, de=de, vers=vers, auteur=self.auteur, commentaire=commentaire
        )
        # `date` is the day of writing, whatever is given: the demonstration needs the day of the change.
        Transition.objects.filter(pk=transition.pk).update(date=quand)


def recueil(lu: Mapping[str, Any], campagne: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a campaign whose bilans are open: since when, what is asked, whom to write to.

    The day of the opening is that of `campagne` when it gives one.
    """
    contact = {f"contact_{champ}": valeur for champ, valeur in lu["contact"].items()}
    ouverture = campagne.get("bilan_ouverture") or lu["ouverture"]
    return {"bilan_ouverture": jour(ouverture), "notice": lu["consignes"], **contact}


def verifier(objet: Model) -> None:
    """Raise ValidationError, in French, unless the fields of `objet` are valid.

    Neither relations nor unicity are looked up: the database holds both.
    """
    exclus = {champ.name for champ in objet._meta.fields if champ.is_relation or not champ.editable}
    objet.full_clean(exclude=exclus, validate_unique=False, validate_constraints=False)
