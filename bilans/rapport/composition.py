"""The whole report: sections with their text and their live blocks, annexes, definitions, as `documents.rapport`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from actions.models import Campagne
from comptes.models import Utilisateur
from comptes.templatetags.typographie import date_longue
from contrats.models import ContratVille
from documents import INSECABLE, TypeColonne
from documents.rapport import Bloc, BlocImages, BlocTexte, Definition, Rapport, Section

from .annexes import annexes
from .blocs import BLOCS
from .blocs.argent import par_tete
from .choix import Composition, SectionComposee
from .definitions import definitions, sources
from .donnees import Donnees
from .identite import logo_de
from .mots import phrase
from .propositions import proposer
from .sections import sections_par_defaut

# How many uprights the cover has room for.
FUTS = 20


class Futs(NamedTuple):
    """The uprights of the cover, what they are in a sentence, the type of their figures."""

    montants: tuple[tuple[str, Decimal], ...]
    legende: str
    type: TypeColonne


def composer(
    contrat: ContratVille,
    campagne: Campagne,
    composition: Composition | None = None,
    utilisateur: Utilisateur | None = None,
    *,
    cree_le: datetime | None = None,
) -> Rapport:
    """Return the report of a year as it is today, with what `utilisateur` may see (None: everything).

    Without `composition`: every section that the law asks for, its first draft, its first blocks. `cree_le` is the
    moment that the files say they were made. The number of queries does not depend on how many rows there are.
    """
    campagne.contrat = contrat
    d = Donnees(campagne, composition, utilisateur)
    if composition is None:
        d.composition = composition_par_defaut(d)
    futs = _futs(d)
    return Rapport(
        titre="Rapport annuel de la politique de la ville",
        sous_titre=contrat.nom,
        collectivite=contrat.epci.nom,
        lieu=contrat.nom_court,
        annee=d.annee,
        etat=d.composition.etat,
        sections=tuple(_sections(d)),
        annexes=annexes(d),
        montants=futs.montants,
        legende_montants=futs.legende if futs.montants else "",
        type_montants=futs.type,
        definitions=definitions(),
        sources=sources(d),
        mentions=(
            *d.composition.mentions,
            f"Chiffres au {date_longue(d.jour)}{INSECABLE}: {d.sur_bilans}",
        ),
        cree_le=cree_le,
        logo=logo_de(contrat.epci),
        couleur=contrat.epci.couleur,
    )


def composition_par_defaut(d: Donnees) -> Composition:
    """Return the composition of a report that nobody has written yet: first drafts and first blocks."""
    sections = tuple(replace(section, texte=proposer(d, section.code)) for section in sections_par_defaut())
    return Composition(sections=sections)


def _sections(d: Donnees) -> Iterator[Section]:
    for section in sorted(d.composition.sections, key=lambda section: section.ordre):
        if section.visible:
            yield Section(code=section.code, titre=section.titre, blocs=tuple(_blocs(d, section)))


def _blocs(d: Donnees, section: SectionComposee) -> Iterator[Bloc]:
    """Give the figures of « L'essentiel » first, elsewhere the text; a code that is no longer known gives nothing."""
    texte = section.texte.strip()
    vivants = _dits_une_fois(
        [bloc for code in section.blocs if code in BLOCS for bloc in BLOCS[code].construire(d)], texte
    )
    recit = [BlocTexte(code="recit", texte=texte)] if texte else []
    images = [BlocImages(code="images", images=tuple(section.images))] if section.images else []
    tete = [bloc for bloc in vivants[:1] if section.code == "essentiel"]
    tout = [*tete, *recit, *images, *vivants[len(tete) :]]
    yield from tout or [BlocTexte(code="a_ecrire", texte="Cette section n'est pas encore écrite.")]


def _dits_une_fois(blocs: list[Bloc], texte: str) -> list[Bloc]:
    """Leave out a sentence that the text of the section, or a block above, says already: why several are empty."""
    dits: set[str] = set()
    gardes: list[Bloc] = []
    for bloc in blocs:
        if isinstance(bloc, BlocTexte):
            if bloc.texte in dits or bloc.texte in texte:
                continue
            dits.add(bloc.texte)
        gardes.append(bloc)
    return gardes


def _futs(d: Donnees) -> Futs:
    """Return the uprights of the cover: what each first level receives, else what each funder gives.

    Without any amount: the actions of each structure, those that carry most first.
    """
    tetes = [(nom, euros) for nom, euros in par_tete(d) if euros]
    if len(tetes) > 1:
        quoi = f"ce que reçoit chaque {d.contrat.niveau_1}, en euros accordés"
        return Futs(tuple(tetes), phrase(quoi), TypeColonne.MONTANT)
    if d.apports:
        apports = tuple((d.financeurs[pk].nom, euros) for pk, euros in d.apports.items())
        return Futs(apports, "Ce qu'apporte chaque financeur, en euros accordés", TypeColonne.MONTANT)
    portees = Counter(action.structure for action in d.actions)
    comptes = [(d.structures[pk], Decimal(nombre)) for pk, nombre in portees.most_common()]
    return Futs(
        _les_premieres(comptes), f"Nombre d'actions de chaque structure en {d.annee}", TypeColonne.ENTIER
    )


def _les_premieres(comptes: list[tuple[str, Decimal]]) -> tuple[tuple[str, Decimal], ...]:
    """Return as many uprights as the cover has room for, the last one adding those that are left."""
    if len(comptes) <= FUTS:
        return tuple(comptes)
    autres = comptes[FUTS - 1 :]
    somme = sum((nombre for _, nombre in autres), Decimal(0))
    return (*comptes[: FUTS - 1], (f"Les {len(autres)} autres structures", somme))


__all__ = ["Composition", "Definition", "composer", "composition_par_defaut"]
