"""The annexes: the list of those that an account may open, each on a page, each as a file.

Page and file go through the same door (`_demander`): the same permission, the same rows, the same options.
"""

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any, cast

from csp.decorators import csp
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from actions.models import ActionAnnuelle, Campagne
from actions.querysets import ActionAnnuelleQuerySet
from actions.situation import RequeteCampagne
from comptes.vues import exiger
from documents import NOMS_FORMATS, TYPES_MIME, ErreurRendu

from ..annexes import ANNEXES, AnnexeDeclaree, Contenu, Option, fragment_annexe
from ..navigation import Lien
from ..pages import adresse
from ..pages.filters import FiltreActions

# Beyond, a browser takes too long to lay the table out: the files have no limit.
LIGNES_PAR_PAGE = 500
# The page to print is a page of its own, with its own small style sheet and nothing that can run.
PAGE_SEULE = cast(
    Any,
    csp({"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "frame-ancestors": ["'none'"]}),
)


@dataclass(frozen=True)
class Demande:
    """An annex as a request asks for it: filters and options are in the address."""

    request: RequeteCampagne
    annexe: AnnexeDeclaree

    @cached_property
    def filtre(self) -> FiltreActions | None:
        """The filters of the list of actions, when they apply to this annex."""
        return FiltreActions(self.request) if self.annexe.par_action else None

    @cached_property
    def filtres(self) -> list[tuple[str, str]]:
        """The filters applied: the parameter, and the words."""
        return self.filtre.appliques() if self.filtre else []

    @property
    def avis(self) -> list[str]:
        """A sentence for each filter of the address that is not applied."""
        return self.filtre.refuses() if self.filtre else []

    @property
    def actions(self) -> ActionAnnuelleQuerySet | None:
        """The rows chosen by the filters; None for the whole programme."""
        return self.filtre.qs if self.filtre and self.filtres else None

    @cached_property
    def options(self) -> dict[str, str]:
        """The value of each option; one that the address gets wrong is as by default."""
        valeurs = {}
        for option in self.annexe.options:
            demandee = self.request.GET.get(option.nom, "")
            valeurs[option.nom] = demandee if demandee in option.choix else option.defaut
        return valeurs

    @cached_property
    def trop_longue(self) -> bool:
        """Whether the table is too long for a page of the site."""
        if not self.annexe.par_action:
            return False
        lignes = self.actions
        if lignes is None:
            lignes = ActionAnnuelle.objects.visibles_par(self.request.user).filter(
                campagne=self.request.campagne
            )
        return lignes.count() > LIGNES_PAR_PAGE

    def contenu(self) -> Contenu:
        """Return the annex, with what the account may see of it."""
        return self.annexe.construire(
            self.request.contrat,
            self.request.campagne,
            self.request.user,
            self.actions,
            selection=", ".join(mots for _, mots in self.filtres),
            **self.options,
        )

    # -- Addresses ---------------------------------------------------------------------------------
    @property
    def criteres(self) -> str:
        """The query string of what is asked for, to be kept from page to file."""
        noms = [nom for nom, _ in self.filtres]
        noms += [o.nom for o in self.annexe.options if self.options[o.nom] != o.defaut]
        return adresse.seulement(self.request.GET, noms)

    @property
    def lien(self) -> str:
        """The address of the page."""
        return self._adresse("annexe") + self.criteres

    @property
    def fichiers(self) -> dict[str, Lien]:
        """The address of each file."""
        return {
            format: Lien(mots, self._adresse("annexe_fichier", format) + self.criteres)
            for format, mots in NOMS_FORMATS.items()
            if format in self.annexe.formats
        }

    @property
    def modifiable(self) -> str:
        """The address of the same rows as a workbook to change; empty for who may not bring it back."""
        gere = self.request.user.has_perm("contrats.gerer", self.request.contrat)
        if not gere or "xlsx" not in self.annexe.formats:
            return ""
        if self.request.campagne.statut == Campagne.Statut.ARCHIVEE:
            return ""
        jeu = f"annexe-{self.annexe.nom}" if self.annexe.par_action else self.annexe.nom
        arguments = [self.request.contrat.slug, self.request.annee, jeu]
        return reverse("classeur_modifiable", args=arguments) + self.criteres

    @property
    def puces(self) -> list[Lien]:
        """The filters applied, each with the address without it."""
        return [Lien(mots, adresse.avec(self.request.GET, **{nom: None})) for nom, mots in self.filtres]

    @property
    def reglages(self) -> list[tuple[Option, str]]:
        """The options that the reader can change, with their value."""
        return [(option, self.options[option.nom]) for option in self.annexe.options]

    @property
    def champs_caches(self) -> list[tuple[str, str]]:
        """What the form of the options must keep of the address."""
        return [(nom, valeur) for nom, _ in self.filtres for valeur in self.request.GET.getlist(nom)]

    def _adresse(self, nom: str, *suite: Any) -> str:
        return reverse(nom, args=[self.request.contrat.slug, self.request.annee, self.annexe.nom, *suite])


def _demander(request: RequeteCampagne, nom: str) -> Demande:
    """Return what is asked for. Raises Http404 for an annex that is not, PermissionDenied with a sentence."""
    if nom not in ANNEXES:
        raise Http404
    annexe = ANNEXES[nom]
    exiger(
        request,
        annexe.permission,
        request.contrat,
        f"L'annexe «\u00a0{annexe.titre}\u00a0» montre les actions de l'année. Elle est ouverte à l'équipe du contrat "
        "de ville, aux financeurs et aux porteurs.",
    )
    return Demande(request, annexe)


@require_safe
def annexes(request: RequeteCampagne) -> HttpResponse:
    """List the annexes that the account may open, with what each one holds."""
    exiger(request, "contrats.lire", request.contrat)
    ouvertes = [
        Demande(request, annexe)
        for annexe in ANNEXES.values()
        if request.user.has_perm(annexe.permission, request.contrat)
    ]
    gere = request.user.has_perm("contrats.gerer", request.contrat)
    return render(request, "bilans/annexes.html", {"annexes": ouvertes, "gere": gere})


@require_safe
def annexe(request: RequeteCampagne, nom: str) -> HttpResponse:
    """Show an annex, filtered as the list of actions was, with its files."""
    demande = _demander(request, nom)
    contexte = {
        "demande": demande,
        "fichiers": demande.fichiers,
        "url_tout": reverse("annexe", args=[request.contrat.slug, request.annee, nom]),
        "tableau": "" if demande.trop_longue else fragment_annexe(demande.contenu()),
    }
    return render(request, "bilans/annexes_tableau.html", contexte)


@require_safe
def annexe_fichier(request: RequeteCampagne, nom: str, format: str) -> HttpResponseBase:
    """Give an annex as a file; a page in French, 503, when the document cannot be made."""
    demande = _demander(request, nom)
    if format not in demande.annexe.formats:
        raise Http404
    contenu = BytesIO()
    try:
        demande.annexe.ecrire(demande.contenu(), format, contenu)
    except ErreurRendu as erreur:
        contexte = {"demande": demande, "fichiers": demande.fichiers, "phrase": str(erreur)}
        return render(request, "bilans/annexes_echec.html", contexte, status=503)
    contenu.seek(0)
    nom_fichier = demande.annexe.nom_fichier(request.contrat, request.campagne, format)
    return _donner_page(contenu) if format == "html" else _donner(contenu, format, nom_fichier)


def _donner(contenu: BytesIO, format: str, nom: str) -> HttpResponseBase:
    return FileResponse(contenu, as_attachment=True, filename=nom, content_type=TYPES_MIME[format])


@PAGE_SEULE
def _donner_page(contenu: BytesIO) -> HttpResponseBase:
    return FileResponse(contenu, content_type=TYPES_MIME["html"])
