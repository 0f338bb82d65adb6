"""The pages on which the annual report is composed: its sections and what each holds, one of them, its highlights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.urls import reverse
from django.utils.safestring import SafeString

from actions.models import ActionAnnuelle, Campagne, ReglagesControles
from actions.querysets import ActionAnnuelleQuerySet
from actions.situation import RequeteCampagne
from comptes.models import Utilisateur
from comptes.templatetags.typographie import pluriel
from documents.affichage import voir
from documents.calcul import Genre
from documents.prose import en_html, en_texte
from documents.rapport import Annexe, Image
from documents.rendu_html import fragment_html

from ..models import Bilan, PhotoRapport, RapportAnnuel, SectionRapport
from ..rapport.blocs import BLOCS
from ..rapport.choix import Composition
from ..rapport.composition import composer
from ..rapport.donnees import Donnees
from ..rapport.lecture import lire_composition
from ..rapport.petits_nombres import petits_nombres
from ..rapport.propositions import proposer
from ..rapport.redaction import section_de_l_an_dernier
from ..rapport.sections import PAR_CODE
from ..suivi import Avancement, avancement
from .blocs import BlocLu, lire_blocs

Statut = RapportAnnuel.Statut
# The opinions speak for themselves: a text there is a choice.
SANS_TEXTE = ("consultation",)
# Beyond, a browser takes too long to lay a table out: the files have no limit.
LIGNES_PAR_PAGE = 500
SIGNES: Mapping[str, str] = {
    Statut.PREPARATION: "encours",
    Statut.EN_CONSULTATION: "encours",
    Statut.FINALISE: "encours",
    Statut.APPROUVE: "fait",
    Statut.PUBLIE: "fait",
}
# What the state means for who writes.
SUITES: Mapping[str, str] = {
    Statut.PREPARATION: "Vous l'écrivez : personne d'autre que l'équipe du contrat ne le lit encore.",
    Statut.EN_CONSULTATION: (
        "Les instances lisent le projet tel qu'il leur a été envoyé : ce que vous changez ici n'y entre pas."
    ),
    Statut.FINALISE: (
        "Les avis sont recueillis. Complétez le rapport et les suites données, avant qu'il soit approuvé."
    ),
    Statut.APPROUVE: "Il est approuvé. Ce que vous changez ici entre dans la version qui sera publiée.",
    Statut.PUBLIE: "Ce qui est publié ne change plus : ce que vous écrivez ici attend une nouvelle version.",
}


def mots(texte: str) -> int:
    """Return how many words a text in light markup has."""
    return len(en_texte(texte).split())


# -- The sections ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class SectionListee:
    """A section in the list: its place, what it holds."""

    section: SectionRapport
    rang: int
    derniere: bool
    photos: int
    # last year's report has a text for it, and it has none
    a_reprendre: bool

    @property
    def premiere(self) -> bool:
        return self.rang == 1

    @property
    def a_ecrire(self) -> bool:
        """Whether it is shown and nothing is written in it, where a text is awaited."""
        vide = not self.section.texte.strip()
        return vide and self.section.visible and self.section.code not in SANS_TEXTE

    @property
    def libre(self) -> bool:
        """Whether it is one's own: the law does not ask for it."""
        return self.section.code not in PAR_CODE

    @property
    def etat(self) -> tuple[str, str]:
        """The sign and the word of its state."""
        if not self.section.visible:
            return "attente", "masquée"
        if self.a_ecrire:
            return "alerte", "à écrire"
        return ("fait", "écrite") if self.section.texte.strip() else ("attente", "se remplit des avis")

    @property
    def contenu(self) -> str:
        """« 312 mots · Chiffres clés, Actions mises en avant · 2 photographies »."""
        blocs = [BLOCS[code].titre for code in self.section.blocs if code in BLOCS]
        morceaux = [
            pluriel(mots(self.section.texte), "mot,mots,aucun texte"),
            ", ".join(blocs),
            pluriel(self.photos, "photographie,photographies") if self.photos else "",
        ]
        return " · ".join(morceau for morceau in morceaux if morceau)


class PageRapport:
    """The list of the sections of a report, its state, what is left to do."""

    def __init__(self, request: RequeteCampagne, rapport: RapportAnnuel | None) -> None:
        self.request, self.rapport = request, rapport

    @cached_property
    def sections(self) -> list[SectionListee]:
        """The sections in order."""
        if self.rapport is None:
            return []
        passees = SectionRapport.objects.filter(
            rapport__contrat=self.rapport.contrat_id,
            rapport__annee=self.rapport.annee - 1,
            code=OuterRef("code"),
        ).exclude(texte="")
        sections = list(
            self.rapport.sections.annotate(
                nombre_photos=Count("photos"), ancienne=Exists(passees.order_by())
            ).order_by("ordre", "pk")
        )
        return [
            SectionListee(
                section,
                rang,
                rang == len(sections),
                section.nombre_photos,
                section.ancienne and not section.texte.strip(),
            )
            for rang, section in enumerate(sections, 1)
        ]

    @property
    def a_ecrire(self) -> list[SectionListee]:
        """The shown sections that have no text yet."""
        return [listee for listee in self.sections if listee.a_ecrire]

    @property
    def phrase(self) -> str:
        """How far it is: « 9 sections, dont 7 à écrire et 2 masquées »."""
        masquees = sum(not listee.section.visible for listee in self.sections)
        restes = [
            f"{len(self.a_ecrire)} à écrire" if self.a_ecrire else "",
            pluriel(masquees, "masquée,masquées") if masquees else "",
        ]
        dont = " et ".join(reste for reste in restes if reste)
        return pluriel(len(self.sections), "section,sections") + (f", dont {dont}" if dont else "")

    @property
    def prochaine(self) -> SectionListee | None:
        """The first section to be written; None when all are."""
        return next(iter(self.a_ecrire), None)

    @property
    def signe(self) -> str:
        """The sign of its state."""
        return SIGNES[self.rapport.statut] if self.rapport else ""

    @property
    def suite(self) -> str:
        """What its state means."""
        return SUITES[self.rapport.statut] if self.rapport else ""

    @cached_property
    def donnees(self) -> Donnees:
        """The year that it reports."""
        return Donnees(self.request.campagne, utilisateur=self.request.user)

    @property
    def bilans(self) -> str:
        """« 38 bilans validés sur 41 attendus »."""
        return self.donnees.sur_bilans

    @cached_property
    def avancement(self) -> Avancement:
        """How far the bilans of its actions are."""
        return avancement(self.donnees.programme)

    @property
    def manquants(self) -> int:
        """How many awaited bilans are not validated."""
        return self.donnees.attendus - self.donnees.valides

    @cached_property
    def phares(self) -> list[str]:
        """The titles of the actions put forward."""
        if self.rapport is None:
            return []
        phares = self.rapport.actions_phares.order_by("ordre", "pk")
        return list(phares.values_list("action_annuelle__action__intitule", flat=True))


# -- A section -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class BlocAChoisir:
    """A block that the section may have: its code, its name, what it shows, whether it is chosen and where."""

    code: str
    titre: str
    description: str
    choisi: bool
    premier: bool = False
    dernier: bool = False
    # it would draw a map, if the contract had outlines
    sans_carte: bool = False


@dataclass(frozen=True)
class TexteOffert:
    """A text that can be taken into the section: where it comes from, its markup, as it is read."""

    titre: str
    texte: str
    # what the button sends without a script
    suite: str

    @property
    def html(self) -> SafeString:
        return en_html(self.texte)


class PageSection:
    """A section as it is written: what the law asks, its neighbours, what it can take up, what it shows."""

    def __init__(self, request: RequeteCampagne, section: SectionRapport) -> None:
        self.request, self.section, self.rapport = request, section, section.rapport

    @property
    def aide(self) -> str:
        """What the law asks of it; empty for a section of one's own."""
        prevue = PAR_CODE.get(self.section.code)
        return prevue.aide if prevue else ""

    @property
    def html(self) -> SafeString:
        """Its text as it is read."""
        return en_html(self.section.texte)

    @cached_property
    def suivante(self) -> SectionRapport | None:
        """The section after it."""
        sections = list(self.rapport.sections.order_by("ordre", "pk"))
        rang = next(rang for rang, autre in enumerate(sections) if autre.pk == self.section.pk)
        return sections[rang + 1] if rang + 1 < len(sections) else None

    @cached_property
    def donnees(self) -> Donnees:
        """The year, with what was chosen for its report."""
        composition = lire_composition(self.rapport, images=False)
        return Donnees(self.request.campagne, composition, self.request.user)

    @cached_property
    def offerts(self) -> list[TexteOffert]:
        """What can be taken up: a first text made from the data, last year's text."""
        proposition = proposer(self.donnees, self.section.code)
        ancienne = section_de_l_an_dernier(self.section)
        offerts = []
        if proposition:
            offerts.append(TexteOffert("Proposer un premier texte", proposition, "proposition"))
        if ancienne is not None:
            titre = f"Reprendre le texte de {ancienne.rapport.annee}"
            offerts.append(TexteOffert(titre, ancienne.texte, "an_dernier"))
        return offerts

    @property
    def retenus(self) -> list[BlocAChoisir]:
        """The blocks of the section, in their order."""
        choisis = [code for code in self.section.blocs if code in BLOCS]
        return [
            BlocAChoisir(
                code,
                BLOCS[code].titre,
                BLOCS[code].description,
                True,
                rang == 0,
                rang == len(choisis) - 1,
                sans_carte=code == "actions_territoires" and self._sans_contour,
            )
            for rang, code in enumerate(choisis)
        ]

    @property
    def _sans_contour(self) -> bool:
        return not self.rapport.contrat.territoires.filter(contour__isnull=False).exists()

    @property
    def autres(self) -> list[BlocAChoisir]:
        """The blocks that it has not."""
        return [
            BlocAChoisir(bloc.code, bloc.titre, bloc.description, False)
            for bloc in BLOCS.values()
            if bloc.code not in self.section.blocs
        ]

    @cached_property
    def photos(self) -> list[PhotoRapport]:
        """Its photographs, in order."""
        return list(self.section.photos.order_by("ordre", "pk"))

    @cached_property
    def vivants(self) -> list[BlocLu]:
        """What its blocks show today."""
        blocs = [
            bloc
            for code in self.section.blocs
            if code in BLOCS
            for bloc in BLOCS[code].construire(self.donnees)
        ]
        return lire_blocs(blocs, self.rapport.annee, lambda image: "")


# -- The highlights --------------------------------------------------------------------------------
def a_mettre_en_avant(
    campagne: Campagne, rapport: RapportAnnuel, utilisateur: Utilisateur
) -> ActionAnnuelleQuerySet:
    """Return the actions of the programme that are not put forward yet, those whose bilan is validated first."""
    deja = rapport.actions_phares.values("action_annuelle")
    valides = Bilan.objects.valides().filter(action_annuelle=OuterRef("pk"))
    actions: ActionAnnuelleQuerySet = (
        Donnees(campagne, utilisateur=utilisateur)
        .programme.exclude(pk__in=deja)
        .select_related("action__porteur")
        .annotate(bilan_valide=Exists(valides))
        .order_by("-bilan_valide", "action__recherche", "pk")
    )
    return actions


@dataclass(frozen=True)
class PhareListe:
    """An action put forward, in the page that orders them: its field, its place."""

    annuelle: ActionAnnuelle
    champ: Any
    premier: bool
    dernier: bool
    # its bilan is validated: its words are cited when nothing is written here
    cite: bool


def phares_listes(rapport: RapportAnnuel, form: Any) -> list[PhareListe]:
    """Return the actions put forward, in order, each with its field of `form` (« phare_<key> »)."""
    phares = list(
        rapport.actions_phares.select_related(
            "action_annuelle__action__porteur", "action_annuelle__bilan"
        ).order_by("ordre", "pk")
    )
    return [
        PhareListe(
            phare.action_annuelle,
            form[f"phare_{phare.action_annuelle.cle}"],
            rang == 0,
            rang == len(phares) - 1,
            _est_valide(phare.action_annuelle),
        )
        for rang, phare in enumerate(phares)
    ]


def _est_valide(annuelle: ActionAnnuelle) -> bool:
    bilan = getattr(annuelle, "bilan", None)
    return bilan is not None and bilan.statut in Bilan.STATUTS_VALIDES


# -- The whole -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class SectionLue:
    """A section as the report shows it; `cle` names it in the pages where it is written."""

    code: str
    titre: str
    cle: str
    blocs: list[BlocLu]


def apercu(request: RequeteCampagne, rapport: RapportAnnuel) -> dict[str, Any]:
    """Return the report as it stands today, for its page: what its cover says, its sections, its annexes."""
    photos = list(
        PhotoRapport.objects.visibles_par(request.user)
        .filter(section__rapport=rapport)
        .select_related("section")
        .order_by("section", "ordre", "pk")
    )
    compose = composer(request.contrat, request.campagne, _avec_images(rapport, photos), request.user)
    adresses = {photo.empreinte: adresse_de_la_photo(request, photo) for photo in photos}
    cles = dict(rapport.sections.order_by("ordre", "pk").values_list("code", "cle"))
    sections = [
        SectionLue(
            section.code,
            section.titre,
            cles[section.code],
            lire_blocs(section.blocs, rapport.annee, lambda image: adresses[image.empreinte]),
        )
        for section in compose.sections
    ]
    return {
        "compose": compose,
        "petits_nombres": petits_nombres(compose, _petit_effectif(request.campagne)),
        "sections": sections,
        "annexes": [_annexe(annexe) for annexe in compose.annexes],
        "definitions": [
            {"terme": definition.terme, "html": en_html(definition.texte, niveau=4)}
            for definition in compose.definitions
        ],
    }


def _petit_effectif(campagne: Campagne) -> int:
    """Return below how many people someone may be recognised, as the year sets it."""
    seuils = ReglagesControles.objects.filter(campagne=campagne).order_by("pk")
    seuil = seuils.values_list("petit_effectif", flat=True).first()
    return ReglagesControles().petit_effectif if seuil is None else seuil


@dataclass(frozen=True)
class AnnexeLue:
    """An annex of the report: its title, how many rows it has, its table (None when it is too long for a page)."""

    titre: str
    lignes: int
    html: SafeString | None


def _annexe(annexe: Annexe) -> AnnexeLue:
    lignes = sum(rangee.genre == Genre.LIGNE for rangee in voir(annexe.tableau).rangees)
    html = fragment_html(annexe.tableau) if lignes <= LIGNES_PAR_PAGE else None
    return AnnexeLue(annexe.tableau.titre, lignes, html)


def _avec_images(rapport: RapportAnnuel, photos: Sequence[PhotoRapport]) -> Composition:
    """Return what was chosen, its photographs described but not read: the page shows each at its own address."""
    composition = lire_composition(rapport, images=False)
    par_section: dict[str, list[Image]] = {}
    for photo in photos:
        image = Image(
            description=photo.description, credit=photo.credit, empreinte=photo.empreinte, contenu=b""
        )
        par_section.setdefault(photo.section.code, []).append(image)
    sections = [
        replace(section, images=par_section.get(section.code, ())) for section in composition.sections
    ]
    return replace(composition, sections=sections)


def adresse_de_la_photo(request: RequeteCampagne, photo: PhotoRapport) -> str:
    """Return the path where a photograph of the report is read."""
    return reverse("rapport_photo", args=[request.contrat.slug, request.annee, photo.section.cle, photo.cle])
