"""The actions of the year by axe, by structure, by territory. An action counts once in every total."""

from collections import Counter
from collections.abc import Mapping, Sequence

from comptes.templatetags.typographie import accord, pluriel
from contrats.contours.page import sources_des_contours
from contrats.models import Axe, Territoire
from documents import INSECABLE, Colonne, Groupe, TypeColonne
from documents.graphiques import Carte, Contour, Graphique, Serie
from documents.rapport import Bloc

from ..constats import qui_a_le_plus
from ..donnees import ActionLue, Donnees, compter_par, sommer_par
from ..mots import avec_article, citer
from .commun import BARRES, bloc_tableau, dessine, dire, regrouper, source

ACTIONS = Colonne(cle="actions", titre="Actions", type=TypeColonne.ENTIER, total=True)
# In place of the territory of an action that has several.
PLUSIEURS = -1
VALIDES = Colonne(cle="valides", titre="Bilans validés", type=TypeColonne.ENTIER, total=True)


def _comptes(actions: Sequence[ActionLue]) -> dict[str, int]:
    return {"actions": len(actions), "valides": sum(action.valide for action in actions)}


def _vide(d: Donnees, code: str) -> list[Bloc]:
    return dire(code, f"Aucune action n'est encore au programme de {d.annee}.")


# -- By axe ----------------------------------------------------------------------------------------
def actions_axes(d: Donnees) -> list[Bloc]:
    """Return the actions by main axe, each first level of the tree with its own, then those without axe."""
    if not d.actions:
        return _vide(d, "actions_axes")
    par_axe = compter_par(d.actions, lambda action: action.axe)
    if set(par_axe) == {None}:
        return dire(
            "actions_axes",
            sans_axe(d),
        )
    groupes, adresses = groupes_par_axe(d, {axe: _comptes(siennes) for axe, siennes in par_axe.items()})
    tableau = bloc_tableau(
        "actions_axes",
        f"Les actions par {d.contrat.niveau_1}",
        (Colonne(cle="axe", titre="Axe", poids=5, entete_ligne=True), ACTIONS, VALIDES),
        groupes,
        total="Total",
        notes=("Une action compte une fois, dans son axe principal.",),
        adresses=adresses,
        repose_sur=d.sur_bilans,
    )
    return dessine(_graphique_des_axes(d), tableau)


def sans_axe(d: Donnees) -> str:
    """Return that no action has an axe yet."""
    nombre = len(d.actions)
    sujet = (
        f"Aucune des {nombre} actions de {d.annee} n'est"
        if nombre > 1
        else f"L'action de {d.annee} n'est pas"
    )
    return f"{sujet} encore rattachée aux {d.contrat.niveau_1_pluriel} du contrat."


def groupes_par_axe(
    d: Donnees, valeurs: dict[int | None, dict[str, object]] | dict[int | None, dict[str, int]]
) -> tuple[list[Groupe], list[str]]:
    """Return the rows by main axe under each first level, and the page of each row; those without axe come last.

    `valeurs` gives the cells of each axe (pk, None without any); an axe that is absent has no row.
    """
    par_tete: dict[int, list[Axe]] = {}
    for axe in d.axes.values():
        tete = d.tete(axe.pk)
        if axe.pk in valeurs and tete is not None:
            par_tete.setdefault(tete.pk, []).append(axe)
    groupes, adresses = [], []
    for pk in (axe for axe in d.axes if axe in par_tete):
        siens, tete = par_tete[pk], d.axes[pk]
        lignes = [{"axe": _nom_dans(tete, axe, d), **valeurs[axe.pk]} for axe in siens]
        titre = f"{tete.code} – {tete.libelle}"
        groupes.append(Groupe(titre=titre, lignes=lignes, sous_total="Sous-total" if len(lignes) > 1 else ""))
        adresses += [_liste_de_l_axe(d, axe, siens) for axe in siens]
    if None in valeurs:
        groupes.append(Groupe(titre="Sans axe", lignes=[{"axe": "Sans axe", **valeurs[None]}]))
        adresses.append(d.liste(axe="aucun"))
    return groupes, adresses


def _nom_dans(tete: Axe, axe: Axe, d: Donnees) -> str:
    """Return the name of an axe under its first level: the third one is preceded by the second."""
    if axe.pk == tete.pk:
        return axe.libelle
    if axe.niveau == Axe.NIVEAU_MAX and axe.parent_id:
        return f"{d.axes[axe.parent_id].libelle} › {axe.libelle}"
    return axe.libelle


def _liste_de_l_axe(d: Donnees, axe: Axe, voisins: Sequence[Axe]) -> str:
    """Return the page of the actions of this axe alone, without those of what hangs from it."""
    enfants = {autre.parent_id for autre in voisins} | {
        d.axes[autre.parent_id].parent_id for autre in voisins if autre.parent_id
    }
    seul = "direct" if axe.pk in enfants else "1"
    return d.liste(axe=axe.code, axe_principal=seul)


def _graphique_des_axes(d: Donnees) -> Graphique | None:
    par_tete = compter_par(d.actions, lambda action: tete.pk if (tete := d.tete(action.axe)) else None)
    rangs = [axe for axe in d.axes if axe in par_tete]
    if len(rangs) + (None in par_tete) < 2:
        return None
    noms = [d.axes[axe].libelle for axe in rangs] + (["Sans axe"] if None in par_tete else [])
    nombres = [len(par_tete[cle]) for cle in [*rangs, *([None] if None in par_tete else [])]]
    constat = qui_a_le_plus(
        [(nom if nom == "Sans axe" else citer(nom), n) for nom, n in zip(noms, nombres, strict=True)],
        verbe="rassemble,rassemblent",
        quoi="des actions",
        tout="toutes les actions",
        compte=f"{d.contrat.niveau_1},{d.contrat.niveau_1_pluriel}",
    )
    return Graphique(
        titre=constat,
        sous_titre=f"Nombre d'actions de {d.annee} par {d.contrat.niveau_1}, selon leur axe principal",
        categories=tuple(noms),
        series=(Serie("Actions", tuple(nombres)),),
        intitule=d.contrat.niveau_1.capitalize(),
        source=source(d, f"programme de {d.annee}"),
    )


# -- By structure ----------------------------------------------------------------------------------
def actions_structures(d: Donnees) -> list[Bloc]:
    """Return the actions of each structure, its services included, and what is accorded to them."""
    if not d.actions:
        return _vide(d, "actions_structures")
    par_structure = compter_par(d.actions, lambda action: action.structure)
    accordes = sommer_par(d.accordees, lambda ligne: d.par_pk[ligne.action].structure)
    rangs = sorted(par_structure, key=lambda pk: -len(par_structure[pk]))
    colonnes = [Colonne(cle="structure", titre="Structure", poids=4, entete_ligne=True), ACTIONS, VALIDES]
    if accordes:
        colonnes.append(Colonne(cle="accorde", titre="Accordé", type=TypeColonne.MONTANT, total=True))
    lignes = [
        {"structure": d.structures[pk], **_comptes(par_structure[pk]), "accorde": accordes.get(pk)}
        for pk in rangs
    ]
    tableau = bloc_tableau(
        "actions_structures",
        "Les actions par structure",
        colonnes,
        [Groupe(lignes=lignes)],
        total="Total",
        notes=(
            "Un service compte avec sa structure.",
            f"Accordé{INSECABLE}: total de la politique de la ville." if accordes else "",
        ),
        adresses=[d.liste(porteur=par_structure[pk][0].structure_cle) for pk in rangs],
        repose_sur=d.sur_bilans,
    )
    return dessine(
        _graphique_des_structures(d, [(d.structures[pk], len(par_structure[pk])) for pk in rangs]), tableau
    )


def _graphique_des_structures(d: Donnees, comptes: Sequence[tuple[str, int]]) -> Graphique | None:
    if len(comptes) < 2:
        return None
    montrees = regrouper(comptes, "Les {n} autres structures")
    constat = qui_a_le_plus(
        [(avec_article(nom), n) for nom, n in comptes],
        verbe="porte,portent",
        quoi="des actions",
        tout="toutes les actions",
        compte="structure,structures",
    )
    sous_titre = f"Nombre d'actions de {d.annee} par structure"
    if len(comptes) > BARRES:
        sous_titre += f"{INSECABLE}; les {BARRES - 1} premières, les autres ensemble"
    return Graphique(
        titre=constat,
        sous_titre=sous_titre,
        categories=tuple(nom for nom, _ in montrees),
        series=(Serie("Actions", tuple(valeur for _, valeur in montrees)),),
        intitule="Structure",
        source=source(d, f"programme de {d.annee}"),
    )


# -- By territory ----------------------------------------------------------------------------------
def actions_territoires(d: Donnees) -> list[Bloc]:
    """Return the actions by territory: those of one alone, those of several apart, so that each counts once."""
    if not d.actions:
        return _vide(d, "actions_territoires")
    territoires = {t.pk: t for siens in d.territoires.values() for t in siens}
    if not territoires:
        return dire(
            "actions_territoires",
            f"Aucune action de {d.annee} n'est encore rattachée à un territoire du contrat.",
        )
    seules = compter_par(d.actions, lambda action: _seul_territoire(d, action))
    touchant = Counter(t.pk for siens in d.territoires.values() for t in siens)
    rangs = sorted(territoires, key=lambda pk: (territoires[pk].type, territoires[pk].recherche, pk))
    lignes, adresses = [], []
    for pk in rangs:
        lignes.append(
            {
                "territoire": territoires[pk].nom,
                "type": territoires[pk].get_type_display(),
                "touche": touchant[pk],
                "actions": len(seules.get(pk, [])),
            }
        )
        adresses.append(d.liste(territoire=pk))
    for cle, nom in ((PLUSIEURS, "Plusieurs territoires"), (None, "Sans territoire indiqué")):
        if cle in seules:
            lignes.append({"territoire": nom, "type": "", "touche": None, "actions": len(seules[cle])})
            adresses.append(d.liste(repartition="partagees") if cle else d.liste(territoire="aucun"))
    partagees = len(seules.get(PLUSIEURS, []))
    note = (
        f"{pluriel(partagees, 'action est menée,actions sont menées')} dans plusieurs territoires"
        f"{INSECABLE}: {accord(partagees, 'elle compte,elles comptent')} une fois dans le total, à la ligne "
        f"«{INSECABLE}Plusieurs territoires{INSECABLE}»."
        if partagees
        else ""
    )
    tableau = bloc_tableau(
        "actions_territoires",
        "Les actions par territoire",
        (
            Colonne(cle="territoire", titre="Territoire", poids=3, entete_ligne=True),
            Colonne(cle="type", titre="Type", poids=2),
            Colonne(cle="touche", titre="Actions qui le touchent", type=TypeColonne.ENTIER),
            Colonne(
                cle="actions",
                titre="Dont menées là seulement" if partagees else "Actions comptées",
                type=TypeColonne.ENTIER,
                total=True,
            ),
        ),
        [Groupe(lignes=lignes)],
        total="Total",
        notes=(note,),
        adresses=adresses,
        repose_sur=pluriel(len(d.actions), "action du programme,actions du programme"),
    )
    return dessine(_carte(d, list(territoires.values()), touchant), tableau)


def _seul_territoire(d: Donnees, action: ActionLue) -> int | None:
    """Return the territory of an action (pk), `PLUSIEURS`, None without any."""
    siens = d.territoires.get(action.pk, [])
    if len(siens) > 1:
        return PLUSIEURS
    return siens[0].pk if siens else None


def _carte(d: Donnees, territoires: list[Territoire], touchant: Mapping[int, int]) -> Carte | None:
    contours = tuple(
        Contour(t.nom, t.contour, t.get_type_display(), touchant[t.pk]) for t in territoires if t.contour
    )
    if not contours:
        return None
    sans = len(territoires) - len(contours)
    manque = f"{INSECABLE}; contour inconnu pour {pluriel(sans, 'territoire,territoires')}" if sans else ""
    return Carte(
        titre=_constat_carte([(t.nom, touchant[t.pk]) for t in territoires], len(d.actions)),
        sous_titre=f"Nombre d'actions de {d.annee} qui touchent chaque territoire{manque}",
        contours=contours,
        source=". ".join(
            phrase
            for phrase in (source(d, f"programme de {d.annee}"), sources_des_contours(territoires))
            if phrase
        ),
    )


def _constat_carte(comptes: list[tuple[str, int]], actions: int) -> str:
    """Return which territory most actions reach; one that several share is counted in each: no share is said."""
    plus = max(nombre for _, nombre in comptes)
    premiers = [nom for nom, nombre in comptes if nombre == plus]
    if len(premiers) == 1:
        return f"{premiers[0]}{INSECABLE}: {pluriel(plus, 'action,actions')} sur {actions}"
    return f"Chaque territoire est touché par {pluriel(plus, 'action,actions')} au plus, sur {actions}"
