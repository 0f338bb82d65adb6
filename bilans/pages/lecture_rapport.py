"""Reading the frozen versions of the annual report: figures first, from any figure to its rows, search, comparison.

Everything comes from `lire_version`, never from the live figures: one decoding a page, no query a row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import Http404
from django.template.defaultfilters import filesizeformat
from django.urls import Resolver404, resolve, reverse
from django.utils.safestring import SafeString

from comptes.models import Utilisateur
from comptes.templatetags.typographie import date_longue, insecables
from contrats.models import ContratVille
from documents.affichage import voir
from documents.calcul import Genre
from documents.normalisation import normaliser
from documents.prose import en_html
from documents.rapport import (
    Annexe,
    Bloc,
    BlocChiffres,
    BlocGraphique,
    BlocTableau,
    Chiffre,
    Image,
    Rapport,
    Section,
)
from documents.rendu_rapport_html import valeur_lisible
from documents.tableau import Tableau

from ..models import FichierRapport, RapportAnnuel, VersionRapport
from ..navigation import NAVIGATION, Lien
from ..rapport.fabrication import est_arrete, est_perdu
from ..rapport.versions import (
    ChiffreChange,
    Differences,
    comparer,
    ecart_du_chiffre,
    lire_version,
    rapport_du_jour,
)
from .blocs import BlocLu, lire_blocs
from .lignes_annexe import annexes_par_nom

Etat, Format = FichierRapport.Etat, FichierRapport.Format
# The permission that each page of the application asks; those that are not here are for who runs the contract.
PERMISSIONS = {nom: permission for _, nom, permission in NAVIGATION} | {"territoire": "contrats.lire"}
# The annexes that hold the rows of a key figure, the best first.
ANNEXES_DES_CHIFFRES = {
    "structures": ("porteurs", "synthese"),
    "bilans": ("publics", "synthese"),
    "accorde": ("financements", "porteurs"),
    "financeurs": ("financements",),
    "hors_total": ("financements",),
    "personnes_qpv": ("publics", "porteurs"),
    # that of the porteurs counts the inhabitants of the QPV alone
    "personnes_total": ("publics",),
}
ANNEXES_PAR_DEFAUT = ("synthese",)
# Those that hold the rows of a table or of a chart, the best first, by the beginning of its code.
ANNEXES_DES_BLOCS = {
    "actions": ("porteurs", "synthese"),
    "argent": ("financements", "porteurs"),
    "avancement": ("synthese", "porteurs"),
    "enjeux": ("enjeux", "porteurs"),
    "indicateurs": ("porteurs", "synthese"),
    "publics": ("publics", "porteurs", "synthese"),
    "realisations": ("porteurs", "synthese"),
}


# -- Finding ---------------------------------------------------------------------------------------
def trouver_version(
    utilisateur: Utilisateur,
    contrat: ContratVille,
    annee: int,
    numero: int | None = None,
    *,
    legere: bool = False,
) -> VersionRapport:
    """Return a version that the account may read, the latest without `numero`; `legere`, without its content.

    Raises Http404.
    """
    versions = VersionRapport.objects.visibles_par(utilisateur).filter(
        rapport__contrat=contrat, rapport__annee=annee
    )
    if numero is not None:
        versions = versions.filter(numero=numero)
    if legere:
        versions = versions.legeres()
    trouvee = versions.select_related("rapport__deliberation").order_by("-numero").first()
    if trouvee is None:
        raise Http404
    # The same object as the request's, so that nobody asks for it again.
    trouvee.rapport.contrat = contrat
    version: VersionRapport = trouvee
    return version


def trouver_version_publique(adresse: str) -> VersionRapport:
    """Return the version that anybody reads at a public address: the last published one. Raises Http404."""
    publiees = VersionRapport.objects.filter(
        nature=VersionRapport.Nature.PUBLIEE,
        rapport__statut=RapportAnnuel.Statut.PUBLIE,
        rapport__adresse_publique=adresse,
    )
    trouvee = publiees.select_related("rapport__contrat", "rapport__deliberation").order_by("-numero").first()
    if trouvee is None:
        raise Http404
    version: VersionRapport = trouvee
    return version


# -- Addresses -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Adresses:
    """Where a version and what goes with it are read: `nom` begins the names of its pages, `cles` name it."""

    nom: str
    cles: tuple[Any, ...]

    @property
    def version(self) -> str:
        return reverse(self.nom, args=self.cles)

    def annexe(self, code: str) -> str:
        return reverse(f"{self.nom}_annexe", args=[*self.cles, code])

    def image(self, image: Image) -> str:
        return reverse(f"{self.nom}_image", args=[*self.cles, image.empreinte])


def adresses_de(version: VersionRapport) -> Adresses:
    """Return where a version is read by those who sign in."""
    return Adresses("rapport_version", (version.rapport.contrat.slug, version.rapport.annee, version.numero))


def adresses_publiques(version: VersionRapport) -> Adresses:
    """Return where it is read by anybody."""
    return Adresses("rapport_public", (version.rapport.adresse_publique,))


def ouvrable(utilisateur: Utilisateur | None, contrat: ContratVille, adresse: str) -> bool:
    """Return whether the account may open a page of the application; nobody but an account may."""
    if not adresse or utilisateur is None:
        return False
    try:
        nom = resolve(urlsplit(adresse).path).url_name
    except Resolver404:
        return False
    return bool(utilisateur.has_perm(PERMISSIONS.get(nom or "", "contrats.gerer"), contrat))


# -- A version -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ChiffreDuRapport:
    """A key figure in words; `url_lignes` are its rows in the report, `url_jour` those of today in the application."""

    libelle: str
    valeur: str
    avant: str
    definition: str
    repose_sur: str
    url_lignes: str
    mots_lignes: str
    url_jour: str


@dataclass(frozen=True)
class BlocDuRapport:
    """A block, the annex that holds its rows, and those of its table.

    `lignes_figees` are read in the annex by anybody who reads the report, `lignes` in the application by who may.
    """

    lu: BlocLu
    lignes: list[Lien]
    annexe: Lien | None = None
    lignes_figees: Sequence[Lien] = ()


@dataclass(frozen=True)
class SectionDuRapport:
    """A section as it is read; `ancre` names it in the page."""

    ancre: str
    titre: str
    blocs: list[BlocDuRapport]


@dataclass(frozen=True)
class AnnexeDuRapport:
    """A table at the end: its title, how many rows, its page."""

    code: str
    titre: str
    lignes: int
    url: str


class Lecture:
    """A version as an account reads it, or anybody without one. Raises VersionAlteree when it was tampered with."""

    def __init__(self, version: VersionRapport, utilisateur: Utilisateur | None = None) -> None:
        self.version, self.rapport, self.utilisateur = version, version.rapport, utilisateur
        self.contrat = version.rapport.contrat
        self.contenu: Rapport = lire_version(version, images=False)
        self.adresses = adresses_de(version) if utilisateur else adresses_publiques(version)
        self._ouvrables: dict[str, bool] = {}

    @property
    def titre(self) -> str:
        """« Rapport annuel de la politique de la ville 2024 »."""
        return f"{self.contenu.titre} {self.contenu.annee}"

    @property
    def url_logo(self) -> str:
        """Where the logo that the version was frozen with is; empty when it had none."""
        return self.adresses.image(self.contenu.logo) if self.contenu.logo else ""

    @cached_property
    def chiffres(self) -> list[ChiffreDuRapport]:
        """The key figures, which are read before anything else."""
        return [self._chiffre(chiffre) for chiffre in _chiffres(self.contenu)]

    @property
    def note_des_chiffres(self) -> str:
        """What is said under the key figures; empty when nothing is."""
        bloc = _premiers_chiffres(self.contenu)
        return bloc.note if bloc else ""

    @cached_property
    def sections(self) -> list[SectionDuRapport]:
        """The sections, without the key figures that stand on top of the page."""
        tete = _premiers_chiffres(self.contenu)
        gardees = [
            replace(section, blocs=[bloc for bloc in section.blocs if bloc is not tete])
            for section in self.contenu.sections
        ]
        return [self._section(section) for section in gardees if section.blocs]

    @cached_property
    def annexes(self) -> list[AnnexeDuRapport]:
        """The tables at the end, each with a page of its own."""
        return [
            AnnexeDuRapport(
                annexe.code,
                annexe.tableau.titre,
                _nombre_de_lignes(annexe.tableau),
                self.adresses.annexe(annexe.code),
            )
            for annexe in self.contenu.annexes
        ]

    @property
    def definitions(self) -> list[dict[str, Any]]:
        """The words of the report and what they mean."""
        return [{"terme": d.terme, "html": en_html(d.texte, niveau=4)} for d in self.contenu.definitions]

    def ouvrable(self, adresse: str) -> bool:
        """Return whether the reader may open a page of the application; each page is asked about once."""
        chemin = urlsplit(adresse).path
        if chemin not in self._ouvrables:
            self._ouvrables[chemin] = ouvrable(self.utilisateur, self.contrat, chemin)
        return self._ouvrables[chemin]

    def _chiffre(self, chiffre: Chiffre) -> ChiffreDuRapport:
        annexe = self._annexe_du_chiffre(chiffre)
        avant = valeur_lisible(chiffre, chiffre.avant)
        return ChiffreDuRapport(
            libelle=chiffre.libelle,
            valeur=valeur_lisible(chiffre, chiffre.valeur),
            avant=insecables(f"{avant} en {self.contenu.annee - 1}") if avant else "",
            definition=chiffre.definition,
            repose_sur=chiffre.repose_sur,
            url_lignes=self.adresses.annexe(annexe.code) if annexe else "",
            mots_lignes=annexe.tableau.titre if annexe else "",
            url_jour=chiffre.adresse if self.ouvrable(chiffre.adresse) else "",
        )

    def _annexe_du_chiffre(self, chiffre: Chiffre) -> Annexe | None:
        """Return the annex that holds the rows of a figure, None when it has none, or says no figure."""
        if chiffre.valeur is None:
            return None
        codes = ANNEXES_DES_CHIFFRES.get(chiffre.cle, ANNEXES_PAR_DEFAUT)
        return next((self._par_code[code] for code in codes if code in self._par_code), None)

    @cached_property
    def _par_code(self) -> dict[str, Annexe]:
        return {annexe.code: annexe for annexe in self.contenu.annexes}

    @cached_property
    def _annexes_par_nom(self) -> dict[str, list[str]]:
        return annexes_par_nom(self.contenu.annexes)

    def _annexe_du_bloc(self, bloc: Bloc) -> Lien | None:
        """Return the annex that holds the rows of a table or of a chart, None when the report has none."""
        for code in _annexes_du_bloc(bloc):
            if code in self._par_code:
                return Lien(self._par_code[code].tableau.titre, self.adresses.annexe(code))
        return None

    def _lignes_figees(self, bloc: Bloc) -> list[Lien]:
        """Return, for each row of a table whose name an annex knows, the rows of that annex."""
        codes = _annexes_du_bloc(bloc)
        if not codes or not isinstance(bloc, BlocTableau | BlocGraphique) or bloc.tableau is None:
            return []
        liens = []
        for nom in dict.fromkeys(noms_des_lignes(bloc.tableau)):
            connues = self._annexes_par_nom.get(normaliser(nom), ())
            if trouvee := next((code for code in codes if code in connues), ""):
                liens.append(Lien(nom, f"{self.adresses.annexe(trouvee)}?{urlencode({'seulement': nom})}"))
        return liens

    def _section(self, section: Section) -> SectionDuRapport:
        permis = [self._sans_lien_ferme(bloc) for bloc in section.blocs]
        lus = lire_blocs(permis, self.contenu.annee, self.adresses.image)
        return SectionDuRapport(
            section.code,
            section.titre,
            [
                BlocDuRapport(lu, self._lignes(bloc), self._annexe_du_bloc(bloc), self._lignes_figees(bloc))
                for lu, bloc in zip(lus, permis, strict=True)
            ],
        )

    def _sans_lien_ferme(self, bloc: Bloc) -> Bloc:
        """Return the block without the links of its figures that the reader may not follow."""
        if not isinstance(bloc, BlocChiffres):
            return bloc
        return replace(
            bloc,
            chiffres=[c if self.ouvrable(c.adresse) else replace(c, adresse="") for c in bloc.chiffres],
        )

    def _lignes(self, bloc: Bloc) -> list[Lien]:
        """Return the rows of a table that can be opened: their words, their page."""
        if not isinstance(bloc, BlocTableau | BlocGraphique) or not any(map(self.ouvrable, bloc.adresses)):
            return []
        tableau = bloc.tableau
        if tableau is None:
            return []
        return [
            Lien(nom, adresse)
            for nom, adresse in zip(noms_des_lignes(tableau), bloc.adresses, strict=False)
            if self.ouvrable(adresse)
        ]


def _chiffres(rapport: Rapport) -> list[Chiffre]:
    bloc = _premiers_chiffres(rapport)
    return list(bloc.chiffres) if bloc else []


def _premiers_chiffres(rapport: Rapport) -> BlocChiffres | None:
    blocs = chain.from_iterable(section.blocs for section in rapport.sections)
    return next((bloc for bloc in blocs if isinstance(bloc, BlocChiffres)), None)


def _nombre_de_lignes(tableau: Tableau) -> int:
    return sum(1 for groupe in tableau.iterer_groupes() for _ in groupe.iterer())


def _annexes_du_bloc(bloc: Bloc) -> Sequence[str]:
    """Return the codes of the annexes that may hold its rows, the best first; none for what no bilan says."""
    return next((codes for debut, codes in ANNEXES_DES_BLOCS.items() if bloc.code.startswith(debut)), ())


def noms_des_lignes(tableau: Tableau) -> list[str]:
    """Return what names each row, in reading order: its header cell, else its first one."""
    entetes = (i for i, colonne in enumerate(tableau.colonnes) if colonne.entete_ligne)
    rang = next(entetes, 0)
    lignes = (r for r in voir(tableau).rangees if r.genre == Genre.LIGNE)
    return [str(ligne.cellules[rang] or "Cette ligne") for ligne in lignes]


def annees_voisines(version: VersionRapport, utilisateur: Utilisateur) -> list[Lien]:
    """Return the other reports of the contract that the account may read, the newest first."""
    versions = VersionRapport.objects.visibles_par(utilisateur).filter(
        rapport__contrat=version.rapport.contrat
    )
    annees = versions.order_by("-rapport__annee").values_list("rapport__annee", flat=True).distinct()
    slug = version.rapport.contrat.slug
    return [
        Lien(f"Rapport {annee}", reverse("rapport_lire", args=[slug, annee]))
        for annee in annees
        if annee != version.rapport.annee
    ]


# -- Comparing -------------------------------------------------------------------------------------
JOUR, AN_DERNIER = "jour", "an-dernier"


@dataclass(frozen=True)
class ChiffreCompare:
    """A key figure in two reports, in words; `ecart` is empty when one of the two is not known."""

    libelle: str
    avant: str
    apres: str
    ecart: str


@dataclass(frozen=True)
class TexteCompare:
    """A text that changed, as it is read; None where it is absent."""

    section: str
    avant: SafeString | None
    apres: SafeString | None


@dataclass(frozen=True, kw_only=True)
class Comparaison:
    """What two reports do not say alike; of two years, the key figures alone, all of them."""

    titre_avant: str
    titre_apres: str
    chiffres: list[ChiffreCompare]
    textes: Sequence[TexteCompare] = ()
    tableaux: Sequence[str] = ()
    d_annees: bool = False

    @property
    def aucune(self) -> bool:
        """Whether the two say the same."""
        return not (self.chiffres or self.textes or self.tableaux)


class PageComparaison:
    """A version beside another, beside today's data for who runs the contract, or beside last year's report."""

    def __init__(self, lecture: Lecture, utilisateur: Utilisateur, avec: str) -> None:
        self.lecture, self.version, self.utilisateur = lecture, lecture.version, utilisateur
        self.demande = avec

    @cached_property
    def autres(self) -> list[VersionRapport]:
        """The other versions of the report, without their content."""
        versions = VersionRapport.objects.visibles_par(self.utilisateur).filter(rapport=self.version.rapport)
        return list(versions.legeres().exclude(pk=self.version.pk).order_by("-numero"))

    @cached_property
    def an_dernier(self) -> VersionRapport | None:
        """The report of the year before as it was last published, None when there is none to be read."""
        rapport = self.version.rapport
        versions = VersionRapport.objects.visibles_par(self.utilisateur).filter(
            rapport__contrat=rapport.contrat,
            rapport__annee=rapport.annee - 1,
            nature=VersionRapport.Nature.PUBLIEE,
        )
        trouvee: VersionRapport | None = (
            versions.legeres().select_related("rapport").order_by("-numero").first()
        )
        return trouvee

    @cached_property
    def gere(self) -> bool:
        """Whether the account runs the contract: it alone compares with today's data."""
        return bool(self.utilisateur.has_perm("contrats.gerer", self.version.rapport.contrat))

    @cached_property
    def choix(self) -> dict[str, str]:
        """What the version can be compared with: value of « avec », words."""
        choix = {str(autre.numero): titre_de_version(autre) for autre in self.autres}
        if self.an_dernier:
            choix[AN_DERNIER] = f"Le rapport de {self.version.rapport.annee - 1}"
        if self.gere:
            choix[JOUR] = "Les données d'aujourd'hui"
        return choix

    @cached_property
    def avec(self) -> str:
        """What it is compared with: what is asked, else the nearest thing there is; empty when there is nothing."""
        if self.demande in self.choix:
            return self.demande
        return next(iter(self.choix), "")

    @cached_property
    def comparaison(self) -> Comparaison | None:
        """Both sides, the earlier one first; None when there is nothing to compare with. Raises VersionAlteree."""
        ici, titre = self.lecture.contenu, titre_de_version(self.version)
        if not self.avec:
            return None
        if self.avec == JOUR:
            return _comparer(
                titre, ici, self.choix[JOUR], rapport_du_jour(self.version.rapport, images=False)
            )
        if self.avec == AN_DERNIER and self.an_dernier:
            avant = lire_version(self.an_dernier, images=False)
            return _comparer_les_annees(avant, ici)
        autre = self._autre()
        la = lire_version(autre, images=False)
        if autre.numero < self.version.numero:
            return _comparer(titre_de_version(autre), la, titre, ici)
        return _comparer(titre, ici, titre_de_version(autre), la)

    def _autre(self) -> VersionRapport:
        versions = VersionRapport.objects.visibles_par(self.utilisateur).select_related("rapport")
        autre: VersionRapport = versions.get(rapport=self.version.rapport, numero=self.avec)
        return autre


def titre_de_version(version: VersionRapport) -> str:
    """Return « Version 2, 3 juin 2025 », « Projet soumis à avis (version 1), 3 juin 2025 »."""
    quoi = (
        f"Version {version.numero}"
        if version.nature == VersionRapport.Nature.PUBLIEE
        else f"{version.get_nature_display()} (version {version.numero})"
    )
    return f"{quoi}, {date_longue(version.figee_le)}"


def _comparer(titre_avant: str, avant: Rapport, titre_apres: str, apres: Rapport) -> Comparaison:
    differences: Differences = comparer(avant, apres)
    return Comparaison(
        titre_avant=titre_avant,
        titre_apres=titre_apres,
        chiffres=[_chiffre_compare(change) for change in differences.chiffres],
        textes=[
            TexteCompare(t.section, *(en_html(texte) if texte else None for texte in (t.avant, t.apres)))
            for t in differences.textes
        ],
        tableaux=list(dict.fromkeys(differences.tableaux)),
    )


def _comparer_les_annees(avant: Rapport, apres: Rapport) -> Comparaison:
    passes: Mapping[str, Chiffre] = {chiffre.cle: chiffre for chiffre in _chiffres(avant)}
    changes = [
        ChiffreChange(chiffre, passes[chiffre.cle].valeur if chiffre.cle in passes else None, chiffre.valeur)
        for chiffre in _chiffres(apres)
    ]
    return Comparaison(
        titre_avant=str(avant.annee),
        titre_apres=str(apres.annee),
        chiffres=[_chiffre_compare(change) for change in changes],
        d_annees=True,
    )


def _chiffre_compare(change: ChiffreChange) -> ChiffreCompare:
    ecart = ecart_du_chiffre(change)
    mots = valeur_lisible(change.chiffre, ecart) if ecart is not None else ""
    return ChiffreCompare(
        libelle=change.chiffre.libelle,
        avant=valeur_lisible(change.chiffre, change.avant),
        apres=valeur_lisible(change.chiffre, change.apres),
        ecart=f"+{mots}" if ecart is not None and ecart > 0 else mots,
    )


# -- « Présenter » ---------------------------------------------------------------------------------
CHIFFRES_PAR_ECRAN = 4


@dataclass(frozen=True, kw_only=True)
class Ecran:
    """A screen of the meeting room: one idea. `genre`: titre, chiffres, constat, tableau, fin."""

    genre: str
    titre: str
    section: str = ""
    chiffres: Sequence[ChiffreDuRapport] = ()
    bloc: BlocLu | None = None


def ecrans(lecture: Lecture) -> list[Ecran]:
    """Return the screens: title, key figures, each finding with its chart, opinions, end."""
    tous = [Ecran(genre="titre", titre=lecture.titre)]
    chiffres = lecture.chiffres
    for debut in range(0, len(chiffres), CHIFFRES_PAR_ECRAN):
        tranche = chiffres[debut : debut + CHIFFRES_PAR_ECRAN]
        titre = "Les chiffres de l'année" if not debut else "Les chiffres de l'année, suite"
        tous.append(Ecran(genre="chiffres", titre=titre, chiffres=tranche))
    for section in lecture.sections:
        for bloc in section.blocs:
            if bloc.lu.genre == "graphique":
                tous.append(Ecran(genre="constat", titre=bloc.lu.titre, section=section.titre, bloc=bloc.lu))
            elif section.ancre == "consultation" and bloc.lu.genre == "tableau":
                tous.append(Ecran(genre="tableau", titre=section.titre, bloc=bloc.lu))
    return [*tous, Ecran(genre="fin", titre="Merci de votre attention")]


# -- Files -----------------------------------------------------------------------------------------
CONTENUS = {
    Format.PDF: "Le rapport entier, à imprimer ou à envoyer, avec le classeur des annexes joint.",
    Format.XLSX: "Les annexes, une par feuille, et une synthèse qui se recalcule.",
    Format.DOCX: "Le texte et ses tableaux, pour qui doit les reprendre.",
}


@dataclass(frozen=True)
class FichierLu:
    """A file of a version in one of its formats: what it holds, where it is; `fichier` is None until it is asked."""

    format: str
    libelle: str
    contenu: str
    fichier: FichierRapport | None
    url: str = ""
    abandonnable: bool = False

    @property
    def etat(self) -> str:
        """« absent », « arrete » when the worker stopped, else the state of the file."""
        if self.fichier is None or self.fichier.etat == Etat.ABANDONNE or est_perdu(self.fichier):
            return "absent"
        return "arrete" if est_arrete(self.fichier) else self.fichier.etat

    @property
    def en_route(self) -> bool:
        """Whether the worker has it, or is to take it."""
        return self.etat in FichierRapport.ETATS_VIVANTS

    @property
    def taille(self) -> str:
        return insecables(filesizeformat(self.fichier.taille or 0)) if self.fichier else ""


class FichiersDeLaVersion:
    """The panel « PDF, Excel, Word » of a version."""

    def __init__(self, version: VersionRapport, utilisateur: Utilisateur) -> None:
        self.version, self.utilisateur = version, utilisateur
        self.cles = [version.rapport.contrat.slug, version.rapport.annee]

    @property
    def url(self) -> str:
        return reverse("rapport_fichiers", args=[*self.cles, self.version.numero])

    @cached_property
    def fichiers(self) -> list[FichierLu]:
        """Each format, with its last file."""
        gere = self.utilisateur.has_perm("contrats.gerer", self.version.rapport.contrat)
        derniers: dict[str, FichierRapport] = {}
        visibles = FichierRapport.objects.visibles_par(self.utilisateur).filter(version=self.version)
        for fichier in visibles.order_by("demande_le", "pk"):
            derniers[fichier.format] = fichier
        return [self._fichier(format, derniers.get(format), gere=gere) for format in FichierRapport.Format]

    def _fichier(
        self, format: FichierRapport.Format, fichier: FichierRapport | None, *, gere: bool
    ) -> FichierLu:
        return FichierLu(
            format.value,
            format.label,
            CONTENUS[format],
            fichier,
            url=reverse("rapport_fichier", args=[*self.cles, fichier.cle]) if fichier else "",
            abandonnable=fichier is not None and (gere or fichier.demande_par_id == self.utilisateur.pk),
        )

    @property
    def en_route(self) -> bool:
        """Whether one of them is being made: the page asks again until none is."""
        return any(fichier.en_route for fichier in self.fichiers)


def fichiers_publics(version: VersionRapport) -> list[FichierLu]:
    """Return the files of a published version that are made already: nobody asks for one at a public address."""
    faits: dict[str, FichierRapport] = {}
    for fichier in FichierRapport.objects.filter(version=version, etat=Etat.FAIT).order_by("fini_le", "pk"):
        faits[fichier.format] = fichier
    adresse = version.rapport.adresse_publique
    return [
        FichierLu(
            format.value,
            format.label,
            CONTENUS[format],
            faits[format],
            url=reverse("rapport_public_fichier", args=[adresse, format.value]),
        )
        for format in FichierRapport.Format
        if format in faits and not est_perdu(faits[format])
    ]
