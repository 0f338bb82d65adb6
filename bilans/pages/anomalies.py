"""What does not add up in a year, as its address asks for it: filtered, grouped by what it is about, exported."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.urls import reverse

from actions.models import Campagne
from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import date_longue, insecables, pluriel
from contrats.models import Axe
from documents import INSECABLE, NOMS_FORMATS, Colonne, Groupe, Tableau
from documents.normalisation import normaliser

from ..controles import (
    REGLES,
    Anomalie,
    ContexteAnnee,
    ContexteContrat,
    Gravite,
    Portee,
    Regle,
    anomalies_bilans,
    constats_annee,
    constats_contrat,
    lire_annee,
    lire_contrat,
)
from ..controles.contexte import LigneAnnee, PorteurLu
from ..controles.justifications import Constat, Etat, constats
from ..forms.anomalies import FiltreAnomalies
from ..models import Bilan, Justification
from ..navigation import Lien
from ..operations import DEPUIS
from ..saisie import noms
from . import adresse

BLOCS_PAR_PAGE = 30
# What a finding may be about: the names of the filter `sur`.
ANNEE, ACTION, CONTRAT = "annee", "action", "contrat"
# The tabs: what is asked for in `etat`, its words, what it keeps.
A_TRAITER, DECIDES, TOUT = "", "decides", "tout"
ONGLETS: tuple[tuple[str, str, tuple[Etat, ...]], ...] = (
    (A_TRAITER, "À traiter", (Etat.A_TRAITER,)),
    (Etat.A_SAVOIR.value, "À savoir", (Etat.A_SAVOIR,)),
    (DECIDES, "Pris en compte ou justifiés", (Etat.PRIS_EN_COMPTE, Etat.JUSTIFIE)),
    (TOUT, "Tout", tuple(Etat)),
)
# What the form of an action holds, under the same names.
CHAMPS_DE_L_ACTION = frozenset(
    (
        *("intitule", "porteur", "axe", "dispositif", "territoires", "thematique", "statut", "motif"),
        *("date_debut", "date_fin", "type", "domaine", "objectifs", "description", "public_vise", "lieux"),
        *("moyens_humains", "moyens_materiels", "moyens_financiers", "partenaires", "tarifs"),
    )
)
PARTIES_DU_CONTRAT = {
    "axe": "axes",
    "critere": "axes",
    "objectif": "axes",
    "levier": "axes",
    "statistique": "statistiques",
    "instance": "instances",
    "partenaire": "partenaires",
    "territoire": "territoires",
}


# -- What a finding is about -------------------------------------------------------------------------
@dataclass(frozen=True)
class Sujet:
    """What a finding is about: an action of the year, the year itself, the contract or a convention."""

    genre: str
    titre: str
    url: str = ""
    # the porteur's name and key, that of its parent structure, and the labels of the axe
    porteur: str = ""
    porteurs: tuple[str, ...] = ()
    axes: tuple[str, ...] = ()
    # its place in the programme
    rang: int = 0


@dataclass(frozen=True)
class Rangee:
    """A finding as the page shows it."""

    constat: Constat
    sujet: Sujet
    # where it is corrected
    lien: Lien

    @property
    def anomalie(self) -> Anomalie:
        """The finding itself."""
        return self.constat.anomalie


@dataclass(frozen=True)
class ParControle:
    """What is shown of one rule: how many, the address that keeps it alone, how many can be decided or taken back."""

    code: str
    titre: str
    nombre: int
    url: str
    decidables: int
    decides: int


@dataclass
class Bloc:
    """Findings shown together, under the same title."""

    titre: str
    url: str = ""
    precision: str = ""
    rangees: list[Rangee] = field(default_factory=list)


@dataclass
class Partie:
    """A part of the page with its blocks."""

    titre: str
    blocs: list[Bloc]


# -- Reading ---------------------------------------------------------------------------------------
class Releve:
    """Everything that is found in a year and its contract, with what was decided of it. A fixed number of queries."""

    def __init__(self, request: RequeteCampagne) -> None:
        self.request = request
        self.campagne: Campagne = request.campagne
        self.annee: ContexteAnnee = lire_annee(self.campagne)
        self.contrat: ContexteContrat = lire_contrat(request.contrat, self.annee.seuils)
        self.bilans: list[Bilan] = list(
            Bilan.objects.visibles_par(request.user)
            .filter(action_annuelle__campagne=self.campagne)
            .recus()
            .select_related("action_annuelle__action")
            .order_by("pk")
        )
        for bilan in self.bilans:
            bilan.action_annuelle.campagne = self.campagne

    @cached_property
    def constats(self) -> list[Constat]:
        """The findings, the year's first, then those of its actions and their bilans, then the contract's."""
        des_bilans = (a for liste in anomalies_bilans(self.bilans).values() for a in liste)
        trouvees = [*constats_annee(self.annee), *des_bilans, *constats_contrat(self.contrat)]
        return constats(self.campagne, trouvees)

    @cached_property
    def rangees(self) -> list[Rangee]:
        """The findings with what they are about and where they are corrected."""
        return [self._rangee(constat) for constat in self.constats]

    def trouver(self, identites: Iterable[str]) -> list[Constat]:
        """Return the findings so named, those that are no longer there left out."""
        cherchees = set(identites)
        return [constat for constat in self.constats if constat.anomalie.identite in cherchees]

    # -- What each is about
    def _rangee(self, constat: Constat) -> Rangee:
        objet, _, cle = constat.anomalie.objet.partition(":")
        champ = constat.anomalie.champ
        if objet in ("bilan", "annuelle") and cle in self._lignes:
            du_bilan = objet == "bilan" or champ.startswith("bilan.")
            lien = self._lien_du_bilan(cle, champ) if du_bilan else self._lien_de_l_action(cle, champ)
            return Rangee(constat, self._sujets[cle], lien)
        if objet == "porteur" and cle in self._porteurs:
            return Rangee(constat, self._sujet_du_porteur(self._porteurs[cle]), self._lien_de_l_annee(champ))
        if objet == "annee":
            return Rangee(constat, self._sujet_de_l_annee, self._lien_de_l_annee(champ))
        if objet == "convention":
            return Rangee(constat, *self._convention(cle))
        return Rangee(constat, self._sujet_du_contrat, self._lien_du_contrat(objet, champ))

    @cached_property
    def _lignes(self) -> dict[str, LigneAnnee]:
        return {ligne.cle: ligne for ligne in self.annee.lignes}

    @cached_property
    def _porteurs(self) -> dict[str, PorteurLu]:
        connus = {**self.contrat.porteurs, **self.annee.porteurs}
        return {porteur.cle: porteur for porteur in connus.values()}

    @cached_property
    def _sujets(self) -> dict[str, Sujet]:
        """The actions of the year, by key."""
        return {cle: self._sujet(rang, ligne) for rang, (cle, ligne) in enumerate(self._lignes.items(), 1)}

    def _sujet(self, rang: int, ligne: LigneAnnee) -> Sujet:
        porteur = self.annee.porteurs[ligne.porteur]
        return Sujet(
            ACTION,
            f"{ligne.intitule} ({ligne.dispositif})" if ligne.dispositif else ligne.intitule,
            self.url("action_detail", ligne.cle),
            porteur.nom,
            self._cles(porteur),
            ligne.axes,
            rang,
        )

    def _cles(self, porteur: PorteurLu) -> tuple[str, ...]:
        parent = self.annee.porteurs.get(porteur.parent) if porteur.parent else None
        return (porteur.cle, parent.cle) if parent else (porteur.cle,)

    @cached_property
    def _sujet_de_l_annee(self) -> Sujet:
        return Sujet(ANNEE, f"Le programme de {self.campagne.annee} et ses totaux", self.url("financements"))

    def _sujet_du_porteur(self, porteur: PorteurLu) -> Sujet:
        sujet = self._sujet_de_l_annee
        return Sujet(ANNEE, sujet.titre, sujet.url, porteur.nom, self._cles(porteur))

    @cached_property
    def _sujet_du_contrat(self) -> Sujet:
        return Sujet(CONTRAT, "Le contrat de ville", self.url("contrat"))

    def _convention(self, cle: str) -> tuple[Sujet, Lien]:
        convention = next((lue for lue in self.contrat.conventions if lue.cle == cle), None)
        if convention is None:
            return self._sujet_du_contrat, Lien("Aller au contrat", self.url("contrat"))
        porteur = next((p for p in self._porteurs.values() if p.nom == convention.porteur), None)
        url = self.url("porteur_detail", porteur.cle) if porteur else self.url("contrat")
        cles = self._cles(porteur) if porteur else ()
        sujet = Sujet(CONTRAT, convention.intitule, url, convention.porteur, cles)
        return sujet, Lien("Aller à la convention", url)

    # -- Where each is corrected
    def url(self, nom: str, *suite: str) -> str:
        """Return the address of a page of this year."""
        return reverse(nom, args=[self.request.contrat.slug, self.request.annee, *suite])

    def _lien_du_bilan(self, cle: str, champ: str) -> Lien:
        nom = champ.removeprefix("bilan.")
        ouvert = self._lignes[cle].bilan_statut in DEPUIS["enregistrer"]
        if ouvert and not self.campagne.est_archivee:
            return Lien("Aller au champ", f"{self.url('bilan_saisir', cle)}#id_{nom}")
        return Lien("Voir l'endroit", f"{self.url('bilan_detail', cle)}#lu-{noms.place(nom) or 'bilan'}")

    def _lien_de_l_action(self, cle: str, champ: str) -> Lien:
        if self.campagne.est_archivee:
            return Lien("Voir l'action", self.url("action_detail", cle))
        if champ in CHAMPS_DE_L_ACTION:
            return Lien("Aller au champ", f"{self.url('action_modifier', cle)}#id_{champ}")
        if self._lignes[cle].ambigue and champ == "montants":
            return Lien("Choisir la bonne lecture", self.url("montants_trancher", cle))
        return Lien("Aller aux financements", f"{self.url('action_detail', cle)}#titre-financements")

    def _lien_de_l_annee(self, champ: str) -> Lien:
        if champ == "totaux":
            return Lien("Aller aux totaux", f"{self.url('financements')}#totaux-imprimes")
        return Lien("Aller aux actions", self.url("liste_actions"))

    def _lien_du_contrat(self, objet: str, champ: str) -> Lien:
        partie = PARTIES_DU_CONTRAT.get(objet) or PARTIES_DU_CONTRAT.get(champ.partition(":")[0], "")
        return Lien("Aller au contrat", self.url("contrat") + (f"#{partie}" if partie else ""))


# -- The page --------------------------------------------------------------------------------------
class PageAnomalies:
    """The findings that an address asks for. What it gets wrong is left out and said in `avis`."""

    def __init__(self, request: RequeteCampagne, releve: Releve | None = None) -> None:
        self.request, self.criteres = request, request.GET
        self.releve = releve or Releve(request)
        self.form = FiltreAnomalies(
            request.GET,
            controles=self._controles_trouves,
            porteurs=self._porteurs_trouves,
            axes=[(axe.code, _nom_d_axe(axe)) for axe in self._axes],
        )
        self.valeurs = self.form.valeurs()
        self.avis = self.form.refuses()
        onglets = {etat for etat, _, _ in ONGLETS}
        demande = request.GET.get("etat", "")
        self.etat = demande if demande in onglets else A_TRAITER
        # One object alone, asked for by a link of another page: everything of it is shown.
        self.objet = request.GET.get("objet", "")
        # Read at once: it may have something to say in `avis`.
        self.page = self._lire_page()

    # -- What is kept
    @cached_property
    def _filtrees(self) -> list[Rangee]:
        """The findings that the filters keep, whatever was decided of them."""
        return [rangee for rangee in self.releve.rangees if self._garde(rangee)]

    @cached_property
    def rangees(self) -> list[Rangee]:
        """The findings shown, in order."""
        gardes = next(etats for etat, _, etats in ONGLETS if etat == self.etat)
        return sorted((r for r in self._filtrees if r.constat.etat in gardes), key=self._ordre)

    def _garde(self, rangee: Rangee) -> bool:
        anomalie, sujet, voulu = rangee.anomalie, rangee.sujet, self.valeurs
        controle, axe = voulu["controle"], voulu["axe"]
        return all(
            (
                not self.objet or self.objet in (anomalie.objet, _cle_de_l_action(anomalie)),
                voulu["sur"] in ("", sujet.genre, anomalie.objet.partition(":")[0]),
                not voulu["gravite"] or anomalie.gravite == voulu["gravite"],
                not controle or controle in (anomalie.code, anomalie.famille),
                not voulu["porteur"] or voulu["porteur"] in sujet.porteurs,
                not axe or self._libelles_d_axes[axe] in sujet.axes,
                not voulu["q"] or self._contient(rangee, voulu["q"]),
            )
        )

    @staticmethod
    def _contient(rangee: Rangee, texte: str) -> bool:
        anomalie = rangee.anomalie
        mots = (anomalie.message, anomalie.citation, rangee.sujet.titre, rangee.sujet.porteur)
        ou = normaliser(" ".join(mots))
        return all(mot in ou for mot in normaliser(texte).split())

    # -- Order and groups
    @property
    def tri(self) -> str:
        """The order asked for; empty for the most serious first."""
        return str(self.valeurs["tri"])

    def _ordre(self, rangee: Rangee) -> tuple[Any, ...]:
        anomalie, sujet = rangee.anomalie, rangee.sujet
        gravite = list(Gravite).index(anomalie.gravite)
        genre = (ANNEE, ACTION, CONTRAT).index(sujet.genre)
        if self.tri == "controle":
            return anomalie.code, gravite, genre, sujet.rang
        if self.tri == "programme":
            return genre, sujet.rang, sujet.titre, gravite, anomalie.code
        if self.tri == "porteur":
            return genre, normaliser(sujet.porteur), sujet.rang, sujet.titre, gravite, anomalie.code
        return (
            genre,
            self._plus_grave[sujet.titre, sujet.rang],
            sujet.rang,
            sujet.titre,
            gravite,
            anomalie.code,
        )

    @cached_property
    def _plus_grave(self) -> dict[tuple[str, int], int]:
        """How serious the worst finding of each object is."""
        graves: dict[tuple[str, int], int] = {}
        for rangee in self._filtrees:
            cle = rangee.sujet.titre, rangee.sujet.rang
            rang = list(Gravite).index(rangee.anomalie.gravite)
            graves[cle] = min(rang, graves.get(cle, rang))
        return graves

    def _lire_page(self) -> Page[Any]:
        """Return the page of blocks asked for."""
        paginateur = Paginator(self._blocs, BLOCS_PAR_PAGE)
        try:
            return paginateur.page(self.criteres.get("page", 1))
        except (PageNotAnInteger, EmptyPage):
            self.avis.append("Cette page n'existe pas. Voici la première.")
            return paginateur.page(1)

    @cached_property
    def _blocs(self) -> list[tuple[str, Bloc]]:
        """The blocks in order, each with the title of its part."""
        blocs: dict[tuple[str, Any], Bloc] = {}
        for rangee in self.rangees:
            partie, cle, bloc = self._place(rangee)
            blocs.setdefault((partie, cle), bloc).rangees.append(rangee)
        return [(partie, bloc) for (partie, _), bloc in blocs.items()]

    def _place(self, rangee: Rangee) -> tuple[str, Any, Bloc]:
        anomalie, sujet = rangee.anomalie, rangee.sujet
        if self.tri == "controle":
            titre = f"{titre_de(anomalie.code)} ({anomalie.code})"
            return "Par contrôle", anomalie.code, Bloc(titre)
        partie = {
            ANNEE: f"L'année {self.request.annee}",
            ACTION: "Les actions et leurs bilans",
            CONTRAT: "Le contrat et ses conventions",
        }[sujet.genre]
        precision = sujet.porteur if sujet.genre != ANNEE else ""
        return partie, (sujet.titre, sujet.rang), Bloc(sujet.titre, sujet.url, precision)

    @property
    def parties(self) -> list[Partie]:
        """The parts of the page, with their blocks."""
        parties: dict[str, Partie] = {}
        for titre, bloc in self.page:
            parties.setdefault(titre, Partie(titre, [])).blocs.append(bloc)
        return list(parties.values())

    # -- Around
    @property
    def phrase(self) -> str:
        """What is shown, in one sentence."""
        combien = Counter(rangee.anomalie.gravite for rangee in self.rangees)
        formes = {
            Gravite.BLOQUANT: "point bloquant,points bloquants",
            Gravite.ALERTE: "alerte,alertes",
            Gravite.INFO: "information,informations",
        }
        comptes = [pluriel(combien[gravite], mots) for gravite, mots in formes.items() if combien[gravite]]
        if not comptes:
            return ""
        liste = " et ".join([", ".join(comptes[:-1]), comptes[-1]] if len(comptes) > 1 else comptes)
        onglet = next(libelle for etat, libelle, _ in ONGLETS if etat == self.etat)
        suite = {A_TRAITER: " à traiter", TOUT: ""}.get(self.etat, f" ({onglet.lower()})")
        return f"{liste}{suite}."

    @property
    def controles_faits(self) -> int:
        """How many contrôles were done on the year."""
        return sum(any(regle.portee != Portee.IMPORT for regle in soeurs) for soeurs in REGLES.values())

    @property
    def rien_nulle_part(self) -> bool:
        """Whether nothing was found at all, whatever the filters."""
        return not self.releve.rangees

    @property
    def onglets(self) -> list[Lien]:
        """The states, with how many findings the filters keep in each."""
        combien = Counter(rangee.constat.etat for rangee in self._filtrees)
        return [
            Lien(
                f"{libelle} ({sum(combien[e] for e in etats)})",
                adresse.avec(self.criteres, etat=etat or None),
                etat == self.etat,
            )
            for etat, libelle, etats in ONGLETS
        ]

    @property
    def puces(self) -> list[Lien]:
        """The filters applied, each with the address without it."""
        puces = [
            Lien(mots, adresse.avec(self.criteres, **{nom: None})) for nom, mots in self.form.appliques()
        ]
        if self.objet:
            mots = next((r.sujet.titre for r in self._filtrees), "Un seul objet")
            puces.append(Lien(mots, adresse.avec(self.criteres, objet=None)))
        return puces

    @property
    def sans_filtre(self) -> str:
        """The address without any filter, the tab kept."""
        return adresse.avec(self.criteres, **dict.fromkeys((*self.form.fields, "objet")))

    @property
    def tout_voir(self) -> str:
        """The address of every finding, whatever its state."""
        return f"?etat={TOUT}"

    @property
    def adresse_courte(self) -> str:
        """The query string that says the same in the fewest words."""
        return adresse.ecrire(self.criteres)

    def apres(self, identites: Iterable[str]) -> str:
        """Return the place of the finding that follows those, in the page as it was; blank at the end."""
        faites, trouvee = set(identites), False
        for rangee in self.rangees:
            if rangee.anomalie.identite in faites:
                trouvee = True
            elif trouvee:
                return f"#c-{rangee.anomalie.identite}"
        return ""

    @cached_property
    def par_controle(self) -> list[ParControle]:
        """What is shown, by rule, the most found first."""
        par_code: dict[str, list[Rangee]] = {}
        for rangee in self.rangees:
            par_code.setdefault(rangee.anomalie.code, []).append(rangee)
        return [
            ParControle(
                code,
                titre_de(code),
                len(siennes),
                adresse.avec(self.criteres, controle=code),
                len(decidables(siennes)),
                len(decides(siennes)),
            )
            for code, siennes in sorted(par_code.items(), key=lambda paire: (-len(paire[1]), paire[0]))
        ]

    # -- Several at once
    @property
    def a_decider(self) -> bool:
        """Whether one may decide of something that is shown."""
        return self.modifiable and any(ligne.decidables for ligne in self.par_controle)

    @property
    def a_retirer(self) -> bool:
        """Whether a decision that is shown may be taken back."""
        return self.modifiable and any(ligne.decides for ligne in self.par_controle)

    def choisies(self, identites: Iterable[str], controle: str = "") -> list[Rangee]:
        """Return the findings so named, in order; with `controle`, all those of this rule that the list shows."""
        if controle:
            return [rangee for rangee in self.rangees if rangee.anomalie.code == controle]
        nommees = set(identites)
        return [rangee for rangee in self.releve.rangees if rangee.anomalie.identite in nommees]

    @property
    def fichiers(self) -> list[Lien]:
        """The files of exactly what is shown, all its pages."""
        criteres = adresse.ecrire(adresse.sans(self.criteres, "page"))
        return [
            Lien(mots, self.releve.url("anomalies_fichier", format) + criteres)
            for format, mots in NOMS_FORMATS.items()
        ]

    @property
    def modifiable(self) -> bool:
        """Whether decisions may still be written."""
        return not self.request.campagne.est_archivee

    # -- Choices
    @property
    def _controles_trouves(self) -> list[str]:
        return sorted({rangee.anomalie.code for rangee in self.releve.rangees})

    @property
    def _porteurs_trouves(self) -> list[tuple[str, str]]:
        porteurs = self.releve.annee.porteurs.values()
        return [(porteur.cle, porteur.nom) for porteur in porteurs]

    @cached_property
    def _axes(self) -> list[Axe]:
        return list(Axe.objects.filter(contrat=self.request.contrat).order_by("ordre", "code"))

    @cached_property
    def _libelles_d_axes(self) -> Mapping[str, str]:
        return {axe.code: axe.libelle for axe in self._axes}


def decidables(rangees: Iterable[Rangee]) -> list[Rangee]:
    """Return those that somebody has to look at and may decide of."""
    return [rangee for rangee in rangees if rangee.constat.a_traiter and rangee.constat.justifiable]


def decides(rangees: Iterable[Rangee]) -> list[Rangee]:
    """Return those that were decided of, for the figures that are there."""
    return [rangee for rangee in rangees if rangee.constat.justification is not None]


class Choix:
    """Findings chosen together, as the page that asks for confirmation names them: rule by rule."""

    def __init__(self, rangees: Iterable[Rangee]) -> None:
        self.rangees = list(rangees)

    @property
    def nombre(self) -> int:
        """How many."""
        return len(self.rangees)

    @property
    def bloquants(self) -> int:
        """How many of them contradict themselves: they ask for a reason."""
        return sum(rangee.anomalie.bloquante for rangee in self.rangees)

    @property
    def anomalies(self) -> list[Anomalie]:
        """The findings themselves."""
        return [rangee.anomalie for rangee in self.rangees]

    @property
    def justifications(self) -> list[Justification]:
        """What was decided of them."""
        return [r.constat.justification for r in self.rangees if r.constat.justification is not None]

    @property
    def noms(self) -> str:
        """Their names, for one field of the form: a page of them would be more fields than a server reads."""
        return " ".join(rangee.anomalie.identite for rangee in self.rangees)

    @property
    def par_controle(self) -> list[tuple[str, str, list[Rangee]]]:
        """Code, title and findings of each rule, in the order of the codes."""
        par_code: dict[str, list[Rangee]] = {}
        for rangee in self.rangees:
            par_code.setdefault(rangee.anomalie.code, []).append(rangee)
        return [(code, titre_de(code), par_code[code]) for code in sorted(par_code)]


def _nom_d_axe(axe: Axe) -> str:
    return f"{INSECABLE * 4 * (axe.niveau - 1)}{axe.code}{INSECABLE * 2}{axe.libelle}"


def _cle_de_l_action(anomalie: Anomalie) -> str:
    """Return « action:<key> » for what is about an action or its bilan."""
    objet, _, cle = anomalie.objet.partition(":")
    return f"action:{cle}" if objet in ("bilan", "annuelle") else ""


# -- The rules -------------------------------------------------------------------------------------
FAMILLES = {
    "EFF": "Les personnes",
    "DAT": "Les dates",
    "FIN": "L'argent",
    "COH": "La cohérence d'un document à l'autre",
}
PORTEES = {
    Portee.BILAN: "un bilan",
    Portee.ACTION: "une action",
    Portee.ANNEE: "une année",
    Portee.CONTRAT: "le contrat",
    Portee.CONVENTION: "une convention",
    Portee.IMPORT: "un tableur importé",
}


def titre_de(code: str) -> str:
    """Return the short name of a rule; its code for one that is no longer there."""
    return REGLES[code][0].titre if code in REGLES else code


@dataclass(frozen=True)
class RegleLue:
    """A rule of the catalogue: what each of its scopes checks."""

    code: str
    regles: tuple[Regle, ...]

    @property
    def portees(self) -> list[tuple[str, Regle]]:
        """What it reads, in words, with the rule."""
        return [(PORTEES[regle.portee], regle) for regle in self.regles]


def catalogue() -> list[tuple[str, list[RegleLue]]]:
    """Return every rule, family by family, in the order of the codes."""
    familles: dict[str, list[RegleLue]] = {nom: [] for nom in FAMILLES}
    for code in sorted(REGLES):
        familles[code.partition("-")[0]].append(RegleLue(code, tuple(REGLES[code])))
    return [(FAMILLES[nom], regles) for nom, regles in familles.items() if regles]


# -- The file --------------------------------------------------------------------------------------
def tableau(page: PageAnomalies) -> Tableau:
    """Return exactly what the page shows, all its pages, as a table to be written in any format."""
    contrat, annee = page.request.contrat, page.request.annee
    choix = ", ".join(puce.libelle for puce in page.puces)
    onglet = next(libelle for etat, libelle, _ in ONGLETS if etat == page.etat)
    colonnes: tuple[tuple[str, str, float, Callable[[Rangee], str]], ...] = (
        ("sujet", "À propos de", 3, lambda r: r.sujet.titre),
        ("porteur", "Porteur", 2, lambda r: r.sujet.porteur),
        ("code", "Contrôle", 1.2, lambda r: r.anomalie.code),
        ("gravite", "Gravité", 1.3, lambda r: str(r.anomalie.gravite.label)),
        ("constat", "Constat", 7, lambda r: r.anomalie.message),
        ("explication", "Explication", 4, lambda r: r.anomalie.explication),
        ("source", "Texte d'origine", 4, _source),
        ("etat", "État", 1.4, lambda r: str(r.constat.etat.label)),
        ("decision", "Décision", 3, _decision),
    )
    return Tableau(
        titre=f"ANOMALIES {annee} – {contrat.nom_court.upper()}",
        sous_titre=insecables(" · ".join(mots for mots in (onglet, choix, page.phrase) if mots)),
        nom=f"Anomalies {annee}",
        colonnes=tuple(
            Colonne(cle=cle, titre=titre, poids=poids, valeur=valeur, entete_ligne=cle == "sujet")
            for cle, titre, poids, valeur in colonnes
        ),
        groupes=[Groupe(lignes=page.rangees)],
        afficher_titres_groupes=False,
        vide="Rien à signaler dans ce choix.",
        notes=(f"{pluriel(page.controles_faits, 'contrôle a été fait,contrôles ont été faits')}.",),
        pied=f"{contrat.nom_court} · {contrat.nom} · {annee}",
        auteur=contrat.epci.nom,
    )


def _source(rangee: Rangee) -> str:
    anomalie = rangee.anomalie
    citation = f"«{INSECABLE}{anomalie.citation}{INSECABLE}»" if anomalie.citation else ""
    return "\n".join(mots for mots in (citation, anomalie.source) if mots)


def _decision(rangee: Rangee) -> str:
    justification = rangee.constat.justification
    if justification is None:
        return ""
    signature = f"{justification.auteur}, le {date_longue(justification.date)}"
    return f"{signature}{INSECABLE}: {justification.motif}" if justification.motif else signature
