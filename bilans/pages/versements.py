"""The payments of a year: what is due, what is held up and why, what was paid, by funder and by porteur."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.text import capfirst

from actions.models import Campagne
from actions.situation import RequeteCampagne
from comptes.historique import Evenement, changements, changements_lies, evenements
from comptes.modeles import libelle_du_champ
from comptes.templatetags.typographie import pluriel
from documents.formats import MOIS, additionner, montant
from documents.normalisation import normaliser
from financements.attributions import Part, lire_parts
from financements.models import ConditionVersement, Financeur, LigneFinancement, RegleVersement, Versement
from financements.operations.versements import gestes_possibles
from financements.paiements import ZERO, Paiement, paiement_de, paiements, verse_net
from financements.querysets import VersementQuerySet
from porteurs.models import Convention

from ..models import DocumentConvention
from ..navigation import Lien
from . import adresse

Statut = Versement.Statut
SITUATIONS = {
    "a_faire": "À faire ce mois-ci ou en retard",
    "bloque": "Bloqués",
    "a_venir": "À venir",
    "verse": "Versés",
    "annule": "Annulés",
}
FILTRES = ("situation", "financeur", "porteur")


# What the filter has for the payments of a convention that does not say who gives.
SANS_FINANCEUR = "convention"


@dataclass(frozen=True)
class Payeur:
    """Who pays a payment, or a part of it: as the filter names it, in words, and how much in euros."""

    cle: str
    nom: str
    montant: Decimal | None = None


@dataclass(frozen=True)
class Rangee:
    """A payment as a row: what it pays, where it stands, what holds it up."""

    versement: Versement
    paiement: Paiement
    fin_du_mois: date
    # Who pays a payment of a convention, each its part; nobody when the amount is not known.
    parts: tuple[Payeur, ...] = ()
    # The filter by funder: then the row shows the part of that one.
    payeur_choisi: str = ""

    @cached_property
    def blocages(self) -> list[str]:
        """Why it cannot be paid."""
        return self.paiement.blocages(self.versement)

    @property
    def libelle(self) -> str:
        """Which instalment it is: « 1er acompte », « Solde »."""
        return nom_du_versement(self.versement)

    @property
    def situation(self) -> str:
        """One of SITUATIONS."""
        statut = self.versement.statut
        if statut in (Statut.VERSE, Statut.ANNULE):
            return "verse" if statut == Statut.VERSE else "annule"
        if self.blocages:
            return "bloque"
        prevue = self.versement.date_prevue
        a_faire = statut == Statut.MANDATE or prevue is None or prevue <= self.fin_du_mois
        return "a_faire" if a_faire else "a_venir"

    @property
    def en_retard(self) -> bool:
        """Whether it should have been made in a month that is over."""
        prevue = self.versement.date_prevue
        premier = self.fin_du_mois.replace(day=1)
        return self.versement.statut in VIVANTS and prevue is not None and prevue < premier

    @property
    def signe(self) -> str:
        """The variant of the sign of its state."""
        statut = self.versement.statut
        if statut == Statut.VERSE:
            return "fait"
        if statut == Statut.ANNULE:
            return "attente"
        if self.blocages:
            return "bloque"
        return "encours" if statut in (Statut.MANDATE, Statut.A_MANDATER) else "attente"

    @property
    def etat(self) -> str:
        """Where it stands, in a word."""
        bloque = self.blocages and self.versement.statut not in (Statut.SUSPENDU, Statut.MANDATE)
        return "Bloqué" if bloque else str(self.versement.get_statut_display())

    @property
    def montant_entier(self) -> Decimal | None:
        """What it is, in euros: paid less recovered once it is made, planned before."""
        if self.versement.statut == Statut.VERSE:
            return verse_net(self.versement)
        return self.versement.montant_prevu

    @property
    def montant(self) -> Decimal | None:
        """What it is, in euros; of a payment that several funders share, the part of the one that is looked at."""
        if not self.partagee:
            return self.montant_entier
        return additionner(p.montant for p in self.payeurs if p.cle == self.payeur_choisi)

    @property
    def partagee(self) -> bool:
        """Whether only a part of the payment is shown."""
        return bool(self.payeur_choisi) and len(self.payeurs) > 1

    @property
    def quand(self) -> date | None:
        """The day on which it was made, or is planned."""
        return self.versement.date_versement or self.versement.date_prevue

    @cached_property
    def payeurs(self) -> tuple[Payeur, ...]:
        """Who pays it, each its part."""
        financeur = self.paiement.financeur
        if financeur is not None:
            return (Payeur(financeur.cle, str(financeur), self.montant_entier),)
        return self.parts or (Payeur(SANS_FINANCEUR, "Par convention", self.montant_entier),)

    @property
    def payeur(self) -> str:
        """Who pays, in words: « Ville », « Ville et État, par convention »."""
        if self.paiement.financeur is not None or self.payeurs[0].cle == SANS_FINANCEUR:
            return self.payeurs[0].nom
        return f"{' et '.join(payeur.nom for payeur in self.payeurs)}, par convention"

    def payee_par(self, cle: str) -> bool:
        """Whether the funder that the filter names pays it, or a part of it."""
        return any(payeur.cle == cle for payeur in self.payeurs)


VIVANTS = (Statut.PREVU, Statut.A_MANDATER, Statut.MANDATE)


def nom_du_versement(versement: Versement) -> str:
    """Return the name that its rule gives to a payment, else its type and number."""
    if versement.regle is not None:
        return capfirst(versement.regle.libelle)
    return str(versement)


@dataclass
class Poste:
    """A line of totals: a funder or a porteur; euros, None when nothing is known."""

    libelle: str
    url: str
    prevu: Decimal | None = None
    verse: Decimal | None = None
    reste: Decimal | None = None


class PageVersements:
    """The payments of a year, as far as the account sees them, as the address filters them."""

    def __init__(self, request: RequeteCampagne) -> None:
        self.request, self.criteres = request, request.GET
        self.gere = request.user.has_perm("contrats.gerer", request.contrat)
        self.modifiable = self.gere and request.campagne.statut != Campagne.Statut.ARCHIVEE
        aujourd_hui = timezone.localdate()
        self.fin_du_mois = aujourd_hui.replace(day=monthrange(aujourd_hui.year, aujourd_hui.month)[1])
        self.paiements = paiements(request.campagne, request.user, aujourd_hui)

    @cached_property
    def toutes(self) -> list[Rangee]:
        """Every payment of the year, the first due first."""
        parts, choisi = self._parts, self.criteres.get("financeur", "")
        rangees = [
            Rangee(v, p, self.fin_du_mois, parts.get(v.pk, ()), choisi)
            for p in self.paiements
            for v in p.versements
        ]
        return sorted(rangees, key=lambda r: (r.quand or date.max, str(r.paiement.porteur), r.versement.pk))

    @cached_property
    def _parts(self) -> dict[int, tuple[Payeur, ...]]:
        """Who pays each payment of a convention (pk), in a fixed number of queries."""
        de_convention = Versement.objects.filter(
            convention__contrat=self.request.contrat, annee=self.request.annee
        )
        return parts_des_payeurs(de_convention)

    @cached_property
    def _sans_situation(self) -> list[Rangee]:
        payeur, porteur = self.criteres.get("financeur", ""), self.criteres.get("porteur", "")
        return [
            r
            for r in self.toutes
            if (not payeur or r.payee_par(payeur)) and (not porteur or r.paiement.porteur.cle == porteur)
        ]

    @cached_property
    def rangees(self) -> list[Rangee]:
        """The payments that the filters keep."""
        situation = self.criteres.get("situation", "")
        return [r for r in self._sans_situation if not situation or r.situation == situation]

    # -- Figures -----------------------------------------------------------------------------------
    @property
    def phrase(self) -> str:
        """What is shown: « 3 versements de 2026 : 1 à faire, 2 bloqués. »."""
        if not self.toutes:
            return f"Aucun versement n'est prévu pour {self.request.annee}."
        nombre = pluriel(len(self.rangees), "versement,versements,Aucun versement")
        bloques = sum(r.situation == "bloque" for r in self.rangees)
        suite = f", dont {pluriel(bloques, 'bloqué,bloqués')}" if bloques else ""
        return f"{nombre} de {self.request.annee}{suite}."

    @property
    def chiffres(self) -> list[tuple[str, str, str, str, str]]:
        """The figures on top: label, amount, address of the rows, detail, tone."""
        mois = f"À faire d'ici fin {MOIS[self.fin_du_mois.month - 1]}"
        cases = [
            (mois, "a_faire", "versement,versements", "alerte"),
            ("Bloqué", "bloque", "versement,versements", "bloque"),
            ("Versé", "verse", "versement,versements", "fait"),
            ("À venir", "a_venir", "versement,versements", ""),
        ]
        lus = []
        for libelle, situation, formes, ton in cases:
            siennes = [r for r in self._sans_situation if r.situation == situation]
            somme = additionner(r.montant for r in siennes)
            url = adresse.avec(self.criteres, situation=situation)
            detail = pluriel(len(siennes), formes) if siennes else ""
            lus.append((libelle, montant(somme), url if siennes else "", detail, ton if siennes else ""))
        return lus

    @property
    def total(self) -> Decimal | None:
        """The sum of the rows shown, cancelled payments left out."""
        return additionner(r.montant for r in self.rangees if r.situation != "annule")

    @property
    def trop_verses(self) -> list[Paiement]:
        """What was paid beyond the grant and is not asked back yet."""
        return [p for p in self.paiements if p.a_redemander]

    def _postes(self, nom: str, parts: Callable[[Rangee], Iterable[Payeur]]) -> list[Poste]:
        postes: dict[str, Poste] = {}
        for r in self.rangees:
            if r.situation == "annule":
                continue
            for part in parts(r):
                url = adresse.avec(self.criteres, **{nom: part.cle})
                poste = postes.setdefault(part.cle, Poste(part.nom, url))
                poste.prevu = additionner([poste.prevu, part.montant])
                if r.situation == "verse":
                    poste.verse = additionner([poste.verse, part.montant])
                else:
                    poste.reste = additionner([poste.reste, part.montant])
        return sorted(postes.values(), key=lambda p: p.libelle.lower())

    def _payeurs_vus(self, rangee: Rangee) -> list[Payeur]:
        choisi = self.criteres.get("financeur", "")
        return [payeur for payeur in rangee.payeurs if choisi in ("", payeur.cle)]

    @cached_property
    def totaux(self) -> list[tuple[str, str, list[Poste]]]:
        """The totals of the rows shown: title, header, lines."""
        par_payeur = self._postes("financeur", self._payeurs_vus)
        par_porteur = self._postes(
            "porteur", lambda r: [Payeur(r.paiement.porteur.cle, str(r.paiement.porteur), r.montant)]
        )
        return [
            (titre, entete, postes)
            for titre, entete, postes in (
                ("Par financeur", "Financeur", par_payeur),
                ("Par porteur", "Porteur", par_porteur),
            )
            if postes
        ]

    # -- What is to be planned ---------------------------------------------------------------------
    @cached_property
    def a_planifier(self) -> list[Paiement]:
        """What the rules would create or change; nothing for who may not plan."""
        return [p for p in self.paiements if p.ecarts()] if self.modifiable else []

    @cached_property
    def a_des_regles(self) -> bool:
        """Whether the contract has a rule of payment that the account sees."""
        visibles = RegleVersement.objects.visibles_par(self.request.user)
        contrat = self.request.contrat
        de_convention = visibles.filter(convention__contrat=contrat)
        return (de_convention | visibles.filter(financeur__contrat=contrat)).exists()

    # -- Filters -----------------------------------------------------------------------------------
    @property
    def choix(self) -> list[tuple[str, str, list[tuple[str, str]], str]]:
        """The filters: name, label, choices, value."""
        payeurs = {payeur.cle: payeur.nom for r in self.toutes for payeur in r.payeurs}
        porteurs = {r.paiement.porteur.cle: str(r.paiement.porteur) for r in self.toutes}
        listes = (
            ("situation", "Situation", list(SITUATIONS.items())),
            ("financeur", "Financeur", _tries(payeurs)),
            ("porteur", "Porteur", _tries(porteurs)),
        )
        return [(nom, libelle, choix, self.criteres.get(nom, "")) for nom, libelle, choix in listes]

    @property
    def puces(self) -> list[Lien]:
        """The filters applied, each with the address without it."""
        return [
            Lien(dict(choix)[valeur], adresse.avec(self.criteres, **{nom: None}))
            for nom, _, choix, valeur in self.choix
            if valeur in dict(choix)
        ]


def parts_des_payeurs(versements: VersementQuerySet) -> dict[int, tuple[Payeur, ...]]:
    """Return who pays each payment of these years of conventions (pk): what is made, then what is planned."""
    faits = [part for part in lire_parts(versements, verse_net) if part.montant]
    deja = {part.versement for part in faits}
    prevus = [part for part in lire_parts(versements, _prevu) if part.versement not in deja]
    parts = [*faits, *prevus]
    financeurs = Financeur.objects.filter(pk__in={part.financeur for part in parts if part.financeur})
    noms = {f.pk: Payeur(f.cle, str(f)) for f in financeurs.order_by("ordre", "pk")}
    inconnu = Payeur(SANS_FINANCEUR, "Par convention")
    payeurs: dict[int, dict[str, Payeur]] = {}
    for part in parts:
        payeur = noms.get(part.financeur, inconnu) if part.financeur else inconnu
        siens = payeurs.setdefault(part.versement, {})
        deja_lu = siens[payeur.cle].montant if payeur.cle in siens else None
        siens[payeur.cle] = replace(payeur, montant=additionner([deja_lu, part.montant]))
    return {versement: tuple(siens.values()) for versement, siens in payeurs.items()}


def _prevu(versement: Versement) -> Decimal:
    """Return what a payment is worth when what is planned counts too."""
    if versement.statut == Statut.ANNULE:
        return ZERO
    return verse_net(versement) if versement.statut == Statut.VERSE else versement.montant_prevu or ZERO


def _tries(choix: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(choix.items(), key=lambda paire: paire[1].lower())


# -- One payment -----------------------------------------------------------------------------------
# In the order of the page: gesture, words of the button.
GESTES = {
    "verser": "Noter le versement",
    "mandater": "Noter le mandat",
    "reprendre": "Reprendre ce versement",
    "reverser": "Demander un reversement",
    "modifier": "Modifier",
    "suspendre": "Suspendre",
    "corriger": "Revenir au versement prévu",
    "annuler": "Annuler ce versement",
}


class PageVersement:
    """A payment: what it pays, how its amount was found, what it waits for, what happened to it."""

    def __init__(self, request: RequeteCampagne, versement: Versement) -> None:
        self.request, self.versement = request, versement
        self.paiement = paiement_de(objet_de(versement), request.annee)
        # Read once, with what hangs from it.
        self.versement = next(v for v in self.paiement.versements if v.pk == versement.pk)
        aujourd_hui = timezone.localdate()
        fin = aujourd_hui.replace(day=monthrange(aujourd_hui.year, aujourd_hui.month)[1])
        parts = {}
        if versement.convention_id:
            parts = parts_des_payeurs(
                Versement.objects.filter(convention=versement.convention_id, annee=request.annee)
            )
        self.rangee = Rangee(self.versement, self.paiement, fin, parts.get(versement.pk, ()))
        gere = request.user.has_perm("contrats.gerer", request.contrat)
        self.modifiable = gere and request.campagne.statut != Campagne.Statut.ARCHIVEE

    @property
    def titre(self) -> str:
        """Which payment it is."""
        return f"{nom_du_versement(self.versement)} {self.request.annee}"

    @property
    def gestes(self) -> list[tuple[str, str]]:
        """What the account may do, in the order of the page: name, words."""
        if not self.modifiable:
            return []
        fermes = set()
        if self.rangee.blocages and self.versement.statut != Statut.MANDATE:
            fermes |= {"verser", "mandater"}
        if self.versement.regle_id and self.versement.montant_prevu is None:
            # Its calculation gives nothing: taking it up would be refused.
            fermes.add("reprendre")
        possibles = set(gestes_possibles(self.versement)) - fermes
        return [(geste, mots) for geste, mots in GESTES.items() if geste in possibles]

    @property
    def principal(self) -> tuple[str, str] | None:
        """The gesture that one has most likely come for; None when none stands out."""
        return next((paire for paire in self.gestes if paire[0] in ("verser", "mandater", "reprendre")), None)

    @property
    def autres(self) -> list[tuple[str, str]]:
        """The other gestures."""
        return [paire for paire in self.gestes if paire != self.principal]

    @property
    def documents_modifiables(self) -> bool:
        """Whether the reception of a document may be noted."""
        return self.modifiable and "recevoir" in gestes_possibles(self.versement)

    @cached_property
    def conditions(self) -> list[tuple[ConditionVersement, DocumentConvention | None]]:
        """The documents awaited, each with the one received by the convention that seems to be it."""
        attendues = list(self.versement.conditions.all())
        if not self.documents_modifiables or not self.versement.convention_id:
            return [(condition, None) for condition in attendues]
        recus = documents_recus(self.request, self.versement)
        return [
            (condition, None if condition.remplie_le else document_de(condition, recus))
            for condition in attendues
        ]

    @property
    def historique(self) -> list[Evenement]:
        """What happened to the payment, its documents and what was asked back, the newest first."""
        utilisateur = self.request.user
        lus = [
            *changements(self.versement, utilisateur=utilisateur),
            *changements_lies(
                _modele(self.versement.conditions),
                self.versement,
                utilisateur=utilisateur,
                nommer=lambda condition: condition.libelle,
                sauf=("ordre", "versement", "libelle"),
            ),
            *changements_lies(
                _modele(self.versement.reversements),
                self.versement,
                utilisateur=utilisateur,
                nommer=lambda reversement: "Reversement",
                sauf=("versement",),
            ),
        ]
        return evenements(lus)


def documents_recus(request: RequeteCampagne, versement: Versement) -> list[DocumentConvention]:
    """Return what the convention of a payment received in its year, or for a deadline of its year, the last first."""
    visibles = DocumentConvention.objects.visibles_par(request.user).filter(
        convention=versement.convention_id
    )
    de_l_annee = Q(recu_le__year=versement.annee) | Q(echeance__annee=versement.annee)
    lus = visibles.filter(de_l_annee).select_related("obligation", "echeance__obligation")
    return list(lus.order_by("-recu_le", "-pk"))


def document_de(
    condition: ConditionVersement, recus: Iterable[DocumentConvention]
) -> DocumentConvention | None:
    """Return the last of the documents received that bears the name of what is awaited, None when none does.

    The name is that of the document, of its deadline or of its obligation; a year or a file extension more is no
    difference: « Comptes annuels 2025 » is what « Comptes annuels » awaits.
    """
    attendu = _mots(condition.libelle)
    return (
        next((d for d in recus if any(attendu <= _mots(nom) for nom in _noms(d))), None) if attendu else None
    )


def _noms(document: DocumentConvention) -> list[str]:
    echeance = document.echeance
    obligation = document.obligation or (echeance.obligation if echeance else None)
    return [document.libelle, echeance.libelle if echeance else "", obligation.titre if obligation else ""]


def _mots(nom: str) -> set[str]:
    """Return the words that name a document; « de », « la », « les » do not, when there are longer ones."""
    mots = set(re.findall(r"\w+", normaliser(nom)))
    return {mot for mot in mots if len(mot) > 3} or mots


def _modele(liaison: Any) -> Any:
    return liaison.model


def objet_de(versement: Versement) -> LigneFinancement | Convention:
    """Return what a payment pays. Raises ValueError for one that pays nothing, which the database refuses."""
    objet = versement.ligne or versement.convention
    if objet is None:
        raise ValueError("A payment pays a funding line or a convention.")
    return objet


# -- Following an amount ---------------------------------------------------------------------------
@dataclass
class Etape:
    """A state of an amount: euros, since when and by whom, with which documents, and the values that it had before."""

    libelle: str
    montant: Decimal | None
    quand: datetime | date | None = None
    qui: str = ""
    precisions: list[str] = field(default_factory=list)
    avant: list[tuple[datetime, str, Decimal | None]] = field(default_factory=list)


def suivre(ligne: LigneFinancement) -> list[Etape]:
    """Return the states of an amount from requested to notified, each with its history, in one query more."""
    historique = list(ligne.historique.select_related("history_user").order_by("history_date", "history_id"))
    etapes = [_etape(ligne, champ, historique) for champ in LigneFinancement.ETATS_MONTANT]
    accorde = etapes[2]
    if ligne.date_decision:
        accorde.precisions.append(f"Décidé le {ligne.date_decision:%d/%m/%Y}")
    if ligne.seance:
        accorde.precisions.append(str(ligne.seance))
    if ligne.deliberation:
        numero = f", n° {ligne.deliberation.numero}" if ligne.deliberation.numero else ""
        accorde.precisions.append(f"Délibération : {ligne.deliberation}{numero}")
    if ligne.convention:
        etapes[3].precisions.append(f"Convention : {ligne.convention}")
    return etapes


@dataclass(frozen=True)
class VerseParConvention:
    """What a payment of a convention brought to a line: euros, of the `montant_entier` of the payment."""

    versement: Versement
    montant: Decimal
    montant_entier: Decimal
    # Whether the account may open the payment, and the convention.
    visible: bool

    @property
    def partiel(self) -> bool:
        """Whether the payment pays something else too."""
        return self.montant != self.montant_entier


def verses_par_convention(request: RequeteCampagne, ligne: LigneFinancement) -> list[VerseParConvention]:
    """Return what the convention of a line paid of it in the year, in the order of the payments."""
    faits = Versement.objects.filter(
        convention=ligne.convention_id, annee=request.annee, statut=Statut.VERSE
    ).exclude(convention=None)
    parts: list[Part] = [part for part in lire_parts(faits, verse_net) if part.ligne == ligne.pk]
    lus = {v.pk: v for v in faits.select_related("convention").prefetch_related("reversements")}
    visibles = set(
        Versement.objects.visibles_par(request.user).filter(pk__in=lus).values_list("pk", flat=True)
    )
    return [
        VerseParConvention(
            lus[part.versement],
            part.montant,
            verse_net(lus[part.versement]),
            part.versement in visibles,
        )
        for part in parts
    ]


def _etape(ligne: LigneFinancement, champ: str, historique: Iterable[Any]) -> Etape:
    etape = Etape(_nom(champ), getattr(ligne, champ))
    for releve in historique:
        valeur = getattr(releve, champ)
        dernier = etape.avant[-1][2] if etape.avant else None
        if valeur != dernier:
            etape.avant.append((releve.history_date, str(releve.history_user or "Pilotis"), valeur))
    if etape.avant:
        etape.quand, etape.qui, _ = etape.avant[-1]
        etape.avant = etape.avant[:-1]
    return etape


def _nom(champ: str) -> str:
    return capfirst(libelle_du_champ(LigneFinancement, champ).removesuffix(" (€)"))


# -- Rules -----------------------------------------------------------------------------------------
def regles_par_payeur(request: RequeteCampagne) -> list[tuple[str, list[RegleVersement]]]:
    """Return the rules of the contract by who pays so, in words, in order."""
    visibles = RegleVersement.objects.visibles_par(request.user).select_related(
        "convention__porteur", "financeur"
    )
    contrat = request.contrat
    siennes = visibles.filter(convention__contrat=contrat) | visibles.filter(financeur__contrat=contrat)
    groupes: dict[str, list[RegleVersement]] = {}
    for regle in siennes.order_by("financeur__ordre", "convention__intitule", "convention", "rang"):
        if regle.convention is not None:
            titre = f"{regle.convention.porteur} – {regle.convention.intitule}"
        else:
            titre = f"{regle.financeur}, pour chacune de ses lignes"
        groupes.setdefault(titre, []).append(regle)
    return list(groupes.items())
