"""« fiche-structure »: the fiche de travail et d'analyse of each structure, as a text and as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, BinaryIO

from django.utils import timezone

from actions.models import Campagne
from actions.querysets import ActionAnnuelleQuerySet
from comptes.models import Utilisateur
from contrats.models import ContratVille
from documents import Colonne, Groupe, Tableau, TypeColonne, rendre
from documents.document_texte import DocumentTexte, Grille, LigneGrille, Poids, Rubrique
from documents.rendu_texte import rendre_texte

from ..models import BilanStructure
from ..structure import SaisieStructure, SectionLue, sections_de_la_fiche
from ..structure.chiffres import DETAIL, SOUS, TOTAL
from ..structure.lecture import RangeeLue, entete_de_la_fiche
from .lecture import lisibles

FORMATS_FICHE = ("pdf", "docx", "xlsx")
POIDS = {TOTAL: Poids.TOTAL, DETAIL: Poids.LIGNE, SOUS: Poids.LIGNE}
TITRE = "Fiche de travail et d'analyse"


@dataclass(frozen=True)
class FichesStructure:
    """The fiches of an annex in both shapes: a text to read, a table to compute with."""

    document: DocumentTexte
    tableau: Tableau


def fiches_structure(
    contrat: ContratVille,
    campagne: Campagne,
    utilisateur: Utilisateur | None = None,
    actions: ActionAnnuelleQuerySet | None = None,
    *,
    selection: str = "",
) -> FichesStructure:
    """Return the fiches of the year that the account sees, whatever the actions chosen."""
    lues = (
        lisibles(BilanStructure.objects.filter(campagne=campagne), utilisateur)
        .select_related("porteur", "campagne__contrat__epci")
        .order_by("porteur__nom_normalise")
    )
    saisies = [SaisieStructure(fiche) for fiche in lues]
    textes = [document_de_la_fiche(saisie) for saisie in saisies]
    return FichesStructure(
        _ensemble(contrat, campagne, textes), tableau_des_fiches(contrat, campagne, saisies)
    )


def ecrire_fiches(fiches: Any, format: str, sortie: BinaryIO) -> None:
    """Write the fiches: the text in pdf and docx, the table in xlsx. Raises ErreurRendu when it cannot be made."""
    if format == "xlsx":
        rendre(fiches.tableau, format, sortie)
    else:
        rendre_texte(fiches.document, format, sortie)


def rendre_fiche(
    fiche: BilanStructure, format: str, sortie: BinaryIO, utilisateur: Utilisateur | None = None
) -> None:
    """Write one fiche. Raises ErreurRendu when it cannot be made."""
    saisie = SaisieStructure(fiche)
    contrat = fiche.campagne.contrat
    tableau = tableau_des_fiches(contrat, fiche.campagne, [saisie])
    ecrire_fiches(FichesStructure(document_de_la_fiche(saisie), tableau), format, sortie)


# -- The text --------------------------------------------------------------------------------------
def document_de_la_fiche(saisie: SaisieStructure) -> DocumentTexte:
    """Return a fiche as a document, with every section of document 003; what is not answered is said so."""
    fiche = saisie.fiche
    contrat = fiche.campagne.contrat
    entete = [(lue.libelle, lue.texte) for lue in entete_de_la_fiche(saisie) if lue.texte]
    rubriques = [rubrique for section in sections_de_la_fiche(saisie) for rubrique in _rubriques(section)]
    return DocumentTexte(
        titre=TITRE,
        entete=f"{contrat.epci} · {contrat.nom}",
        fiche=[*entete, ("État", fiche.get_statut_display())],
        rubriques=rubriques,
        pied=f"{TITRE} · {fiche.porteur} · {saisie.annee}",
        auteur=str(fiche.porteur),
        cree_le=_modifiee_le(fiche),
    )


def _rubriques(section: SectionLue) -> Iterator[Rubrique]:
    grilles = [_grille(section)] if section.chiffres else []
    note = "" if grilles else _sans_reponse(section)
    yield Rubrique(titre=section.titre, grilles=grilles, note=note)
    for groupe in section.groupes:
        reponses = [(lue.libelle, lue.texte) for lue in groupe.reponses if lue.texte]
        if reponses:
            yield Rubrique(titre=groupe.titre, reponses=reponses, niveau=3)


def _sans_reponse(section: SectionLue) -> str:
    """Return the questions left without an answer, in a sentence; blank when all have one."""
    manquantes = [
        f"{groupe.titre}, {lue.libelle[0].lower()}{lue.libelle[1:]}"
        if len(groupe.reponses) == 2
        else lue.libelle
        for groupe in section.groupes
        for lue in groupe.reponses
        if not lue.texte
    ]
    return f"Sans réponse : {' ; '.join(manquantes)}." if manquantes else ""


def _grille(section: SectionLue) -> Grille:
    entetes = ["Euros"]
    for exercice in section.exercices:
        entetes += [exercice, "%"]
    return Grille(
        entetes=entetes,
        lignes=[_ligne(rangee) for rangee in section.chiffres],
        chiffres=frozenset(range(1, len(entetes))),
        parts=(5, *[3, 2] * len(section.exercices)),
    )


def _ligne(rangee: RangeeLue) -> LigneGrille:
    cellules = [rangee.libelle]
    for montant, part in rangee.cellules:
        cellules += [montant, part]
    return LigneGrille(cellules=cellules, poids=POIDS.get(rangee.nature, Poids.SOUS_TOTAL))


def _ensemble(contrat: ContratVille, campagne: Campagne, textes: list[DocumentTexte]) -> DocumentTexte:
    if len(textes) == 1:
        return textes[0]
    return DocumentTexte(
        titre=f"Fiches de travail et d'analyse {campagne.annee}",
        entete=f"{contrat.epci} · {contrat.nom}",
        chapeau="" if textes else "Aucune fiche n'est demandée cette année.",
        rubriques=[Rubrique(titre="Les structures", texte="\n".join(f"- {texte.auteur}" for texte in textes))]
        if textes
        else [],
        pied=f"{TITRE} · {contrat.nom_court} · {campagne.annee}",
        auteur=str(contrat.epci),
        cree_le=max((texte.cree_le for texte in textes if texte.cree_le), default=None),
        suites=textes,
    )


def _modifiee_le(fiche: BilanStructure) -> datetime:
    """Return when the fiche last changed: the same fiche is the same file."""
    derniere = fiche.historique.order_by("-history_date").values_list("history_date", flat=True).first()
    if derniere is not None:
        return derniere
    return timezone.make_aware(datetime.combine(fiche.campagne.contrat.date_debut, time()))


# -- The table -------------------------------------------------------------------------------------
def tableau_des_fiches(contrat: ContratVille, campagne: Campagne, saisies: list[SaisieStructure]) -> Tableau:
    """Return every answer of the fiches as rows: section, rubrique, question, answer; amounts are numbers."""
    return Tableau(
        titre=f"{TITRE} {campagne.annee}",
        sous_titre=contrat.nom,
        nom=f"Fiches {campagne.annee}",
        colonnes=(
            Colonne(cle="section", titre="Partie", poids=1.6, fusionner=True),
            Colonne(cle="rubrique", titre="Rubrique", poids=2, fusionner=True),
            Colonne(cle="question", titre="Question", poids=2.4, entete_ligne=True),
            Colonne(cle="reponse", titre="Réponse", poids=5),
            Colonne(cle="montant", titre="Montant (€)", type=TypeColonne.MONTANT, poids=1.2),
            Colonne(cle="part", titre="Part", type=TypeColonne.POURCENTAGE, poids=0.8),
        ),
        groupes=lambda: [
            Groupe(titre=str(saisie.fiche.porteur), lignes=list(_lignes_du_tableau(saisie)))
            for saisie in saisies
        ],
        auteur=str(contrat.epci),
        paysage=True,
    )


def _lignes_du_tableau(saisie: SaisieStructure) -> Iterator[dict[str, Any]]:
    for section in sections_de_la_fiche(saisie):
        for groupe in section.groupes:
            for lue in groupe.reponses:
                yield _rang(section.titre, groupe.titre, lue.libelle, reponse=lue.texte)
        if section.chiffres:
            yield from _chiffres_du_tableau(saisie, section)


def _chiffres_du_tableau(saisie: SaisieStructure, section: SectionLue) -> Iterator[dict[str, Any]]:
    for rang, exercice in enumerate(section.exercices):
        for ligne in saisie.chiffres.lignes():
            lu = ligne.montants[rang]
            yield _rang(section.titre, exercice, ligne.libelle, montant=lu.valeur, part=lu.part)


def _rang(section: str, rubrique: str, question: str, **dit: Any) -> dict[str, Any]:
    vide = {"reponse": "", "montant": None, "part": None}
    return {**vide, "section": section, "rubrique": rubrique, "question": question, **dit}
