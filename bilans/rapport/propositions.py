"""A first draft of each section, in plain sentences made of its figures: to be edited, never published unread.

Every figure of a draft is one of the blocks of the report; what is not known is said. The names that the data holds are
escaped: a draft is light markup.
"""

from collections.abc import Callable, Iterable

from comptes.templatetags.typographie import accord, insecables, pluriel
from contrats.models import Axe, Territoire
from documents import INSECABLE, montant

from .blocs.actions import sans_axe
from .blocs.argent import constat_axes, constat_financeurs, phrase_natures
from .blocs.comparaison import constat_argent, phrase_reconduites, sans_comparaison
from .blocs.publics import constat_sexe, phrase_publics, plus_que_la_population
from .donnees import Donnees
from .mots import avec_article, echapper, enumerer, phrase

NOMS_CITES = 6


def proposer(d: Donnees, code: str) -> str:
    """Return the draft of a section, in paragraphs; an empty string for a section that the data says nothing of."""
    ecrire = PROPOSITIONS.get(code)
    paragraphes = ecrire(d) if ecrire else []
    return "\n\n".join(insecables(paragraphe) for paragraphe in paragraphes if paragraphe)


def _phrases(*morceaux: str) -> str:
    """Return a paragraph of the sentences that say something, each with its full stop."""
    return " ".join(m if m.endswith((".", "?", "!")) else f"{m}." for m in morceaux if m)


# -- Sections --------------------------------------------------------------------------------------
def _essentiel(d: Donnees) -> list[str]:
    if not d.actions:
        return [f"Aucune action n'est encore au programme de {d.annee}."]
    return [
        _phrases(_programme(d), phrase(d.sur_bilans), _manque(d)),
        _phrases(_argent(d), echapper(constat_financeurs(d)) if len(d.apports) > 1 else ""),
        _publics(d, depasse=False),
    ]


def _orientations(d: Donnees) -> list[str]:
    contrat = d.contrat
    nom = echapper(contrat.nom)
    debut = f"Le {_en_minuscule(nom)} " if nom.startswith("Contrat") else f"{nom} "
    annees = f"de {contrat.date_debut.year} à {contrat.date_fin.year}"
    cadre = f"{debut}lie {echapper(avec_article(contrat.epci.nom))} et ses partenaires, {annees}"
    objectifs = list(contrat.objectifs_nationaux.order_by("ordre", "code").values_list("libelle", flat=True))
    nationaux = (
        f"Il s'inscrit dans {pluriel(len(objectifs), 'objectif national,objectifs nationaux')} : "
        f"{echapper(enumerer([_en_minuscule(o) for o in objectifs]))}."
        if objectifs
        else ""
    )
    tetes = [axe for axe in d.axes.values() if axe.niveau == 1 and not axe.archive]
    return [
        _phrases(cadre, nationaux),
        _enjeux(d, tetes),
        _quartiers(d),
        echapper(contrat.presentation.strip()),
    ]


def _situation(d: Donnees) -> list[str]:
    return [_quartiers(d)]


def _actions(d: Donnees) -> list[str]:
    if not d.actions:
        return [f"Aucune action n'est encore au programme de {d.annee}."]
    par_axe = len([a for a in d.actions if a.axe])
    axes = (
        f"{_sur(par_axe, len(d.actions), 'action est rattachée,actions sont rattachées')} aux "
        f"{d.contrat.niveau_1_pluriel} du contrat"
        if par_axe
        else sans_axe(d)
    )
    touchees = len(d.territoires)
    lieux = (
        _sur(touchees, len(d.actions), "action indique son territoire,actions indiquent leur territoire")
        if touchees
        else "Aucune n'indique encore son territoire"
    )
    return [_phrases(_programme(d), axes, lieux), _publics(d)]


def _perspectives(d: Donnees) -> list[str]:
    if not d.actions:
        return [f"Aucune action n'est encore au programme de {d.annee}."]
    axes = echapper(constat_axes(d)) if len({a.axe for a in d.actions}) > 1 else ""
    moyens = _phrases(
        _argent(d), echapper(constat_financeurs(d)) if len(d.apports) > 1 else "", axes, phrase_natures(d)
    )
    return [moyens, _comparaison(d)]


PROPOSITIONS: dict[str, Callable[[Donnees], list[str]]] = {
    "essentiel": _essentiel,
    "orientations": _orientations,
    "situation": _situation,
    "actions": _actions,
    "perspectives": _perspectives,
}


# -- Sentences -------------------------------------------------------------------------------------
def _programme(d: Donnees) -> str:
    actions = pluriel(len(d.actions), "action,actions")
    structures = pluriel(len(d.structures), "structure,structures")
    verbe = accord(len(d.structures), "porte,portent")
    return f"En {d.annee}, {structures} {verbe} {actions} du contrat de ville"


def _manque(d: Donnees) -> str:
    manquants = d.attendus - d.valides
    if not d.attendus:
        return ""
    if not manquants:
        return "Il n'en manque aucun"
    resultats = f"{accord(manquants, 'ses,leurs')} résultats ne sont pas dans les chiffres de ce rapport"
    return f"{pluriel(manquants, 'bilan manque,bilans manquent')} : {resultats}"


def _argent(d: Donnees) -> str:
    if d.total is None:
        return f"Aucun montant accordé n'est enregistré pour {d.annee}"
    actions = accord(len(d.actions), "cette action,ces actions")
    financeurs = pluriel(len(d.apports), "financeur accorde,financeurs accordent")
    return f"{financeurs} {montant(d.total)} à {actions}, total de la politique de la ville"


def _publics(d: Donnees, *, depasse: bool = True) -> str:
    """Return who says how many people, that they are more than live there (`depasse`), and the sexes known."""
    if not d.bilans:
        return ""
    compte = "".join(
        f" {public.libelle} : {pluriel(public.total, 'personne comptée,personnes comptées')} action par action. "
        + _phrases(plus_que_la_population(d, public) if depasse else "", constat_sexe(public))
        for public in d.publics[:1]
    )
    return f"{phrase_publics(d)}{compte}"


def _enjeux(d: Donnees, tetes: Iterable[Axe]) -> str:
    libelles = [f"«{INSECABLE}{echapper(axe.libelle)}{INSECABLE}»" for axe in tetes]
    if not libelles:
        return f"Le contrat ne liste pas encore ses {d.contrat.niveau_1_pluriel}."
    nom = pluriel(len(libelles), f"{d.contrat.niveau_1},{d.contrat.niveau_1_pluriel}")
    if len(libelles) > NOMS_CITES:
        return f"Le contrat compte {nom}."
    return f"Le contrat compte {nom} : {enumerer(libelles)}."


def _quartiers(d: Donnees) -> str:
    quartiers = [t for t in d.en_vigueur if t.type == Territoire.Type.QPV]
    if not quartiers:
        return "Aucun quartier prioritaire n'est enregistré dans ce contrat."
    noms = enumerer([echapper(t.nom) for t in quartiers])
    debut = (
        f"Un quartier prioritaire est concerné : {noms}"
        if len(quartiers) == 1
        else f"{len(quartiers)} quartiers prioritaires sont concernés : {noms}"
    )
    if d.population is None:
        return _phrases(debut, "La population n'en est pas entièrement connue")
    return _phrases(debut, pluriel(d.population, "personne y habite,personnes y habitent"))


def _comparaison(d: Donnees) -> str:
    if d.avant is None:
        return sans_comparaison(d)
    actions = (
        f"{pluriel(len(d.actions), 'action,actions')} en {d.annee}, {len(d.avant.actions)} en {d.avant.annee}"
    )
    credits = constat_argent(d, d.avant) if d.total is not None and d.avant.total is not None else ""
    return _phrases(actions, phrase_reconduites(d, d.avant), credits)


def _sur(nombre: int, tout: int, formes: str) -> str:
    """Return « 12 actions sur 41 sont rattachées » for 12, 41 and « action est rattachée,actions sont rattachées »."""
    nom, _, suite = accord(nombre, formes).partition(" ")
    return f"{nombre} {nom} sur {tout} {suite}"


def _en_minuscule(texte: str) -> str:
    return texte[:1].lower() + texte[1:]
