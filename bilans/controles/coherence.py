"""COH: one thing has one name and one value, within a bilan, an action, a year (domaine.md §9).

What is said of the contract and of its conventions is in `coherence_contrat`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

from comptes.templatetags.typographie import pluriel, pourcent
from documents.formats import nombre
from documents.normalisation import normaliser

from .contexte import Contexte, ContexteAnnee, LigneAnnee, TotalLu
from .dates_lues import citer
from .montants_lus import ZERO, brut, enumerer, mots_utiles
from .noms_lus import (
    Corpus,
    libelles_jumeaux,
    mots_fautifs,
    noms_a_liaison_changeante,
    ossature,
)
from .socle import Anomalie, Gravite, Portee, anomalie, regle
from .textes_lus import (
    ne_dit_que_des_objectifs,
    personnes_nommees,
    publics_sensibles,
    situations_sensibles,
)
from .vus import VuALaLecture, reprendre

if TYPE_CHECKING:
    from ..models import Bilan

# Where what a document announces is compared.
TOTAUX = "totaux"
# How many examples a sentence gives before « … ».
EXEMPLES = 4


# -- A bilan ---------------------------------------------------------------------------------------
@regle(
    "COH-12",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Des résultats, pas seulement des objectifs",
    explication=(
        "Un récit fait de verbes à l'infinitif redit ce qui était prévu. Le COPIL attend ce qui a été fait : "
        "combien de fois, avec qui, ce que cela a changé."
    ),
)
def resultats_et_non_objectifs(bilan: "Bilan", contexte: Contexte) -> list[Anomalie]:
    """The narrative of an action that took place only says again what was aimed at, or copies the fiche."""
    texte = contexte.textes.get("mise_en_oeuvre", "")
    autres = [contexte.textes.get(champ, "") for champ in ("objectifs_atteints", "points_forts")]
    if not texte.strip() or any(autre.strip() for autre in autres):
        return []
    copie = next((champ for champ, fiche in contexte.fiche.items() if _est_copie(texte, fiche)), "")
    if copie:
        phrase = "Le déroulement reprend mot pour mot la fiche action : dites ce qui a été fait et avec quel résultat."
    elif ne_dit_que_des_objectifs(texte):
        phrase = "Le déroulement dit ce qui était visé, pas ce qui a été fait : ajoutez au moins un résultat."
    else:
        return []
    return [anomalie("COH-12", Gravite.ALERTE, phrase, "mise_en_oeuvre", citation=texte[:200])]


def _est_copie(texte: str, fiche: str) -> bool:
    # a title is short enough to be said again
    return len(texte) > 60 and normaliser(texte) == normaliser(fiche)


@regle(
    "COH-27",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Personne nommée",
    explication=(
        "Le bilan est publié en annexe du rapport : le nom d'une personne, ou ses initiales, n'ont pas à y figurer "
        "sans son accord. Remplacez-les par sa fonction."
    ),
)
def personne_nommee(bilan: "Bilan", contexte: Contexte) -> list[Anomalie]:
    """A text that will be published names a person."""
    trouvees = []
    for champ, texte in contexte.textes.items():
        noms = list(dict.fromkeys(passage.mots for passage in personnes_nommees(texte)))
        if noms:
            trouvees.append(
                anomalie(
                    "COH-27",
                    Gravite.ALERTE,
                    f"Ce texte nomme {_exemples(noms)} : remplacez par la fonction avant la publication.",
                    champ,
                    {"personnes": " ; ".join(noms)},
                    citation=_autour(texte, noms[0]),
                )
            )
    return trouvees


@regle(
    "COH-28",
    portee=Portee.BILAN,
    gravite=Gravite.ALERTE,
    titre="Petit effectif et donnée sensible",
    explication=(
        "Quand très peu de personnes sont comptées et que le texte dit une situation sensible (santé, protection de "
        "l'enfance, justice, origine), quelqu'un peut être reconnu. Regroupez les chiffres ou retirez la mention."
    ),
)
def petit_effectif_sensible(bilan: "Bilan", contexte: Contexte) -> list[Anomalie]:
    """Someone can be recognised: very few people of a kind, and a sensitive situation told."""
    sensibles = [
        (champ, texte, passage)
        for champ, texte in contexte.textes.items()
        for passage in situations_sensibles(texte)
    ]
    petits = _petits_effectifs(contexte)
    if not sensibles or not petits:
        return []
    champ, texte, passage = sensibles[0]
    return [
        anomalie(
            "COH-28",
            Gravite.ALERTE,
            f"Le texte dit « {passage.mots} » et le bilan compte {enumerer(petits)} : une personne peut être reconnue. "
            "Regroupez les chiffres ou retirez la mention.",
            champ,
            {"mots": passage.mots, "effectifs": " ; ".join(petits)},
            citation=citer(texte, passage.debut, passage.fin),
        )
    ]


def _petits_effectifs(contexte: Contexte) -> list[str]:
    """Return « 1 femme », « 3 hommes »: the columns of the grids that count very few people."""
    petits = []
    for grille in contexte.grilles.values():
        for sexe, mot in (("F", "femme,femmes"), ("H", "homme,hommes")):
            combien = grille.total_de_la_colonne(sexe)
            if combien is not None and 0 < combien < contexte.seuils.petit_effectif:
                petits.append(pluriel(combien, mot))
    return list(dict.fromkeys(petits))


# -- An action -------------------------------------------------------------------------------------
@regle(
    "COH-25",
    portee=Portee.ACTION,
    gravite=Gravite.ALERTE,
    titre="Territoire de l'action",
    explication=(
        "Une action du contrat de ville dit où elle se passe : un QPV, un quartier vécu, fragile, ou hors QPV. "
        "Sans territoire, elle manque aux totaux par quartier."
    ),
)
def territoire_de_l_action(ligne: LigneAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """The territory of an action is never blank."""
    if ligne.territoires:
        return []
    return [
        anomalie(
            "COH-25",
            Gravite.ALERTE,
            "Aucun territoire n'est indiqué : choisissez le QPV, un quartier vécu ou fragile, ou « hors QPV ».",
            "territoires",
        )
    ]


@regle(
    "COH-29",
    portee=Portee.ACTION,
    gravite=Gravite.ALERTE,
    titre="Public désigné par une situation sensible",
    explication=(
        "L'intitulé d'une action est publié. Un public y est mieux désigné par ce que l'action lui apporte que par son "
        "origine ou sa situation."
    ),
)
def public_designe(ligne: LigneAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """The published title, or the public aimed at, names people by their origin or a sensitive situation."""
    for champ in ("intitule", "public_vise", "bilan.type_public"):
        texte = ligne.intitule if champ == "intitule" else ligne.textes.get(champ, "")
        passages = publics_sensibles(texte)
        if passages:
            ou = "L'intitulé désigne" if champ == "intitule" else "Le texte désigne"
            return [
                anomalie(
                    "COH-29",
                    Gravite.ALERTE,
                    f"{ou} un public par une situation sensible : « {passages[0].mots} ». Vérifiez que cela doit être "
                    "publié ainsi.",
                    champ,
                    {"mots": normaliser(passages[0].mots)},
                    citation=citer(texte, passages[0].debut, passages[0].fin),
                )
            ]
    return []


@regle(
    "COH-31",
    portee=Portee.ACTION,
    gravite=Gravite.ALERTE,
    titre="Un partenaire, un nom",
    explication="Le même partenaire est écrit de deux façons dans une action : gardez-en une.",
)
def nom_de_partenaire_unique(ligne: LigneAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """A name of a partner is written in two ways within one action."""
    return [
        anomalie(
            "COH-31",
            Gravite.ALERTE,
            f"Le même nom est écrit de {len(noms)} façons : {_exemples(noms)}. Gardez-en une.",
            "partenaires",
            {"noms": " ; ".join(noms)},
            citation=noms[0],
        )
        for noms in noms_a_liaison_changeante("\n".join([ligne.intitule, *ligne.textes.values()]))
    ]


@regle(
    "COH-32",
    portee=Portee.ACTION,
    gravite=Gravite.ALERTE,
    titre="Action dans plusieurs communes",
    explication=(
        "Quand une action se tient dans plusieurs communes, seule la part du contrat entre dans ses totaux : "
        "répartissez les personnes, ou indiquez la part de chaque territoire."
    ),
)
def part_du_contrat(ligne: LigneAnnee, annee: ContexteAnnee) -> list[Anomalie]:
    """The action takes place in several communes, and its people of the QPV are not divided."""
    if not ligne.personnes_qpv or len(ligne.territoires) > 1:
        return []
    communes = _communes(annee)
    for champ, texte in ligne.textes.items():
        citees = [nom for nom, mots in communes.items() if _est_un_lieu(mots, texte)]
        if len(citees) > 1:
            return [
                anomalie(
                    "COH-32",
                    Gravite.ALERTE,
                    f"L'action se tient à {enumerer(citees)} : les {nombre(ligne.personnes_qpv)} personnes comptées "
                    "dans le QPV viennent-elles toutes du contrat ? Indiquez la part de chaque territoire.",
                    champ,
                    {"personnes_qpv": ligne.personnes_qpv, "communes": " ; ".join(citees)},
                    citation=_phrase_des_lieux(texte, communes[citees[0]]),
                )
            ]
    return []


def _communes(annee: ContexteAnnee) -> dict[str, tuple[str, ...]]:
    """Return the communes that the contract knows, territories or funders, with the words of their names."""
    noms = [t.nom for t in annee.territoires if t.type == "commune"]
    noms += [
        financeur.nom.split(" de ", 1)[-1].split(" d'", 1)[-1]
        for financeur in annee.financeurs.values()
        if financeur.type == "commune"
    ]
    return {nom: _mots_du_lieu(nom) for nom in dict.fromkeys(noms)}


def _mots_du_lieu(nom: str) -> tuple[str, ...]:
    return tuple("saint" if mot == "st" else mot for mot in mots_utiles(nom))


def _est_un_lieu(mots: Sequence[str], texte: str) -> bool:
    """Return whether a text says that something takes place there: « à Pont St Esprit »."""
    dits = " ".join("saint" if mot == "st" else mot for mot in _mots_et_a(texte))
    return f" a {' '.join(mots)}" in f" {dits}"


def _mots_et_a(texte: str) -> list[str]:
    plat = "".join(signe if signe.isalnum() else " " for signe in normaliser(texte))
    return [mot for mot in plat.split() if mot == "a" or mot in mots_utiles(mot)]


def _phrase_des_lieux(texte: str, mots: Sequence[str]) -> str:
    place = normaliser(texte).find(mots[0])
    return citer(texte, max(place, 0), max(place, 0) + 1, avant=60, apres=80) if place >= 0 else ""


# -- A year: names ---------------------------------------------------------------------------------
@regle(
    "COH-02",
    portee=Portee.ANNEE,
    gravite=Gravite.ALERTE,
    titre="Un porteur, une graphie",
    explication=(
        "Le même porteur, écrit de plusieurs façons, se compte plusieurs fois. Gardez son nom et enregistrez les "
        "autres comme « autres noms » : ils seront reconnus à l'import."
    ),
)
def graphies_des_porteurs(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """A porteur is written in the texts of the year otherwise than by its name or one of its other names."""
    corpus = Corpus(_textes(annee.lignes))
    trouvees = []
    for porteur in annee.porteurs.values():
        connus = {porteur.nom, *porteur.alias}
        ecrites = corpus.graphies(porteur.nom)
        fautives = {ecrit: n for ecrit, n in ecrites.items() if _autre_orthographe(ecrit, connus)}
        if fautives:
            trouvees.append(
                anomalie(
                    "COH-02",
                    Gravite.ALERTE,
                    f"« {porteur.nom} » est aussi écrit {_exemples(list(fautives))}. Corrigez, ou enregistrez "
                    "cet autre nom.",
                    "nom",
                    dict(sorted(fautives.items())),
                    objet=f"porteur:{porteur.cle}",
                    citation=next(iter(fautives)),
                )
            )
    return trouvees


def _autre_orthographe(ecrit: str, connus: Iterable[str]) -> bool:
    """Return whether the letters differ from every known name: capitals alone are a matter of style."""
    return normaliser(ecrit) not in {normaliser(nom) for nom in connus}


@regle(
    "COH-03",
    portee=Portee.ANNEE,
    gravite=Gravite.ALERTE,
    titre="Un quartier, un nom",
    explication="Un quartier a un code et un nom ; ses autres noms s'enregistrent, pour être reconnus partout.",
)
def graphies_des_quartiers(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """A territory, or one of its other names, is spelt in several ways in the texts of the year."""
    corpus = Corpus(_textes(annee.lignes))
    trouvees = []
    for territoire in annee.territoires:
        connus = [territoire.nom, *territoire.alias]
        for nom in connus:
            ecrites = corpus.graphies(nom)
            fautives = {ecrit: n for ecrit, n in ecrites.items() if _autre_orthographe(ecrit, connus)}
            if fautives:
                trouvees.append(
                    anomalie(
                        "COH-03",
                        Gravite.ALERTE,
                        f"« {nom} » est aussi écrit {_exemples(list(fautives))}. Gardez une graphie, ou enregistrez "
                        "cet autre nom du quartier.",
                        "territoires",
                        dict(sorted(fautives.items())),
                        objet=f"territoire:{territoire.pk}",
                        citation=next(iter(fautives)),
                    )
                )
    return trouvees


@regle(
    "COH-07",
    portee=Portee.ANNEE,
    gravite=Gravite.ALERTE,
    titre="Thématiques dans une nomenclature",
    explication=(
        "Une thématique écrite de plusieurs façons se divise dans les totaux. Réunissez les libellés qui disent la "
        "même chose."
    ),
)
def thematiques_reunies(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """The labels of the year's thématiques that are one label written several ways, or misspelt."""
    libelles = list(
        dict.fromkeys(
            libelle for ligne in annee.lignes for libelle in (*ligne.axes[1:], ligne.thematique) if libelle
        )
    )
    jumeaux, fautifs = libelles_jumeaux(libelles), mots_fautifs(libelles)
    if not jumeaux and not fautifs:
        return []
    en_trop = sum(len(groupe) - 1 for groupe in jumeaux)
    phrases = []
    if jumeaux:
        phrases.append(
            f"{pluriel(len(libelles), 'thématique écrite,thématiques écrites')}, "
            f"{nombre(len(libelles) - en_trop)} une fois réunies celles qui ne diffèrent que par les espaces ou les "
            f"majuscules : {' ; '.join(_egalite(groupe) for groupe in jumeaux[:EXEMPLES])}."
        )
    phrases += [f"« {fautif} » est sans doute « {usuel} »." for fautif, usuel in fautifs]
    return [
        anomalie(
            "COH-07",
            Gravite.ALERTE,
            " ".join(phrases),
            "axe",
            {"ecrites": len(libelles), "reunies": len(libelles) - en_trop, "fautes": len(fautifs)},
            explication=" ; ".join(_egalite(groupe) for groupe in jumeaux[EXEMPLES:]),
            citation=jumeaux[0][0] if jumeaux else fautifs[0][0],
        )
    ]


def _egalite(groupe: Sequence[str]) -> str:
    return " = ".join(f"« {libelle} »" for libelle in groupe)


@regle(
    "COH-08",
    portee=Portee.ANNEE,
    gravite=Gravite.ALERTE,
    titre="Thématique et axe",
    explication="La même thématique sous deux axes : l'un des classements est à revoir, ou le libellé à préciser.",
)
def thematique_sous_deux_axes(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """A thématique (the last words of its label) is found under two axes of the contract."""
    places: dict[str, dict[str, list[LigneAnnee]]] = defaultdict(lambda: defaultdict(list))
    noms: dict[str, str] = {}
    for ligne in annee.lignes:
        if len(ligne.axes) < 2:
            continue
        dernier = ligne.axes[-1].rsplit("/", 1)[-1].strip()
        noms.setdefault(ossature(dernier), dernier)
        places[ossature(dernier)][ligne.axes[0]].append(ligne)
    return [
        anomalie(
            "COH-08",
            Gravite.ALERTE,
            f"La thématique « {noms[cle]} » est classée sous {len(par_axe)} axes : "
            + enumerer(
                [f"« {axe} » ({pluriel(len(lignes), 'action,actions')})" for axe, lignes in par_axe.items()]
            )
            + ". Vérifiez le classement.",
            "axe",
            {axe: len(lignes) for axe, lignes in par_axe.items()},
        )
        for cle, par_axe in places.items()
        if len(par_axe) > 1
    ]


@regle(
    "COH-13",
    portee=Portee.ANNEE,
    gravite=Gravite.ALERTE,
    titre="Actions qui se recouvrent",
    explication=(
        "Deux actions du même porteur semblent n'en faire qu'une, ou compter le même événement : leurs personnes et "
        "leurs montants seraient comptés deux fois."
    ),
)
def actions_qui_se_recouvrent(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """Two actions of one structure have the same title, or tell the same named event."""
    par_structure: dict[int, list[LigneAnnee]] = defaultdict(list)
    for ligne in annee.lignes:
        par_structure[annee.structure(ligne.porteur)].append(ligne)
    trouvees = []
    for lignes in par_structure.values():
        for une, autre in combinations(lignes, 2):
            if ossature(une.intitule) == ossature(autre.intitule) and une.dispositif == autre.dispositif:
                trouvees.append(_recouvrement(une, autre, "ont le même intitulé", une.intitule))
                continue
            commun = _evenement_commun(une, autre)
            if commun:
                trouvees.append(_recouvrement(une, autre, f"racontent toutes deux « {commun} »", commun))
    return trouvees


def _evenement_commun(une: LigneAnnee, autre: LigneAnnee) -> str:
    """Return the event that the title of one names and the text of the other tells, blank without one."""
    for titre, texte in ((une, autre), (autre, une)):
        noms = [mot for mot in titre.intitule.split() if len(mot) > 6 and mot[0].isupper()]
        recit = " ".join(texte.textes.values())
        for mot in noms:
            # with its capital: « les Estivales » are an event, « les jardins » are gardens
            if f"les {mot}" in recit or f"des {mot}" in recit:
                return mot
    return ""


def _recouvrement(une: LigneAnnee, autre: LigneAnnee, quoi: str, citation: str) -> Anomalie:
    return anomalie(
        "COH-13",
        Gravite.ALERTE,
        f"« {une.intitule} » et « {autre.intitule} » {quoi} : vérifiez que rien n'y est compté deux fois.",
        "intitule",
        {"une": une.cle, "autre": autre.cle},
        objet=f"annuelle:{une.cle}",
        citation=citation,
    )


# -- A year: what the document announces -----------------------------------------------------------
@regle(
    "COH-04",
    portee=Portee.ANNEE,
    gravite=Gravite.ALERTE,
    titre="Nombre de structures annoncé",
    explication="Les services d'une ville comptent pour une structure : elle-même.",
)
def structures_annoncees(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """The number of structures that the document announces is that of its rows, services counting as their parent."""
    porteurs = {ligne.porteur for ligne in annee.lignes}
    structures = {annee.structure(porteur) for porteur in porteurs}
    trouvees = []
    for total in _annonces(annee, "structures"):
        chiffres: dict[str, int | str | Decimal] = {
            "annoncees": brut(total.valeur),
            "structures": len(structures),
            "porteurs": len(porteurs),
        }
        noms = pluriel(len(porteurs), "porteur,porteurs")
        if total.valeur == len(structures):
            gravite = Gravite.INFO
            phrase = (
                f"{nombre(total.valeur)} structures annoncées : le compte est juste. Les actions ont {noms}, "
                f"{nombre(len(structures))} structures une fois les services rattachés à leur structure mère."
            )
        else:
            gravite = Gravite.ALERTE
            phrase = (
                f"Le document annonce {pluriel(int(total.valeur), 'structure,structures')} ; les actions en ont "
                f"{nombre(len(structures))} ({noms} avec les services). Vérifiez les rattachements et les actions qui "
                "manquent."
            )
        trouvees.append(_sur_l_annonce("COH-04", gravite, phrase, total, chiffres))
    return trouvees


@regle(
    "COH-05",
    portee=Portee.ANNEE,
    gravite=Gravite.BLOQUANT,
    titre="Nombre d'actions annoncé",
    explication="Le nombre d'actions qu'un document annonce est celui de ses lignes, ou il en manque.",
)
def actions_annoncees(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """The number of actions announced is the number of rows; by axe, the shares announced say which are missing."""
    trouvees = []
    for total in _annonces(annee, "actions"):
        lignes = _lignes_de(annee, total)
        manque = int(total.valeur) - len(lignes)
        if manque == 0:
            continue
        porteur = annee.porteurs.get(total.porteur) if total.porteur is not None else None
        de_qui = f" de {porteur.nom}" if porteur else ""
        ecart = f"il en manque {nombre(manque)}" if manque > 0 else f"il y en a {nombre(-manque)} de plus"
        trouvees.append(
            _sur_l_annonce(
                "COH-05",
                Gravite.BLOQUANT,
                f"{pluriel(int(total.valeur), 'action annoncée,actions annoncées')}{de_qui}, "
                f"{pluriel(len(lignes), 'présente,présentes')} : {ecart}.",
                total,
                {"annoncees": brut(total.valeur), "presentes": len(lignes)},
                "" if total.porteur is not None else _ou_elles_manquent(annee, total, manque),
            )
        )
    return trouvees


def _ou_elles_manquent(annee: ContexteAnnee, total: TotalLu, manque: int) -> str:
    """Return by axe how many actions the announced shares give and how many are there, blank when it says nothing."""
    presentes = Counter(ligne.axes[0] for ligne in annee.lignes if ligne.axes)
    annoncees = {part.axe: round(total.valeur * part.valeur / 100) for part in _parts_par_axe(annee)}
    absents = {axe: n - presentes[axe] for axe, n in annoncees.items() if n > presentes[axe]}
    if not annoncees or sum(absents.values()) != manque:
        return ""
    detail = " ; ".join(
        f"« {axe} » : {nombre(n)} annoncées, {nombre(presentes[axe])} présentes"
        for axe, n in annoncees.items()
    )
    ou = (
        f"elles sont toutes dans « {next(iter(absents))} »"
        if len(absents) == 1
        else "il en manque " + enumerer([f"{nombre(n)} dans « {axe} »" for axe, n in absents.items()])
    )
    return f"D'après les parts annoncées, {ou} ({detail})."


@regle(
    "COH-06",
    portee=Portee.ANNEE,
    gravite=Gravite.ALERTE,
    titre="Répartition par axe",
    explication="Les parts des axes couvrent toutes les actions : elles font 100 %, à l'arrondi près.",
)
def parts_par_axe(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """The shares by axe that a document announces add to 100."""
    parts = _parts_par_axe(annee)
    somme = sum((part.valeur for part in parts), ZERO)
    if len(parts) < 2 or abs(somme - 100) <= annee.seuils.tolerance_part * len(parts):
        return []
    cites = {part.axe for part in parts}
    oublies = Counter(ligne.axes[0] for ligne in annee.lignes if ligne.axes and ligne.axes[0] not in cites)
    actions = Decimal(len(annee.lignes) or 1)
    non_cites = enumerer([f"« {axe} » ({pluriel(n, 'action,actions')})" for axe, n in oublies.items()])
    explication = (
        f"Le document ne cite pas {non_cites}, soit {pourcent(sum(oublies.values()) / actions * 100)} des actions."
        if oublies and somme < 100
        else ""
    )
    return [
        _sur_l_annonce(
            "COH-06",
            Gravite.ALERTE,
            f"Les parts annoncées par axe font {nombre(somme)} % : "
            f"{' + '.join(nombre(part.valeur) for part in parts)}.",
            parts[0],
            {part.axe: brut(part.valeur) for part in parts},
            explication,
        )
    ]


def _parts_par_axe(annee: ContexteAnnee) -> list[TotalLu]:
    return [
        total for total in annee.totaux if total.nature == "part" and total.axe and total.financeur is None
    ]


def _annonces(annee: ContexteAnnee, nature: str) -> list[TotalLu]:
    return [total for total in annee.totaux if total.nature == nature]


def _lignes_de(annee: ContexteAnnee, total: TotalLu) -> list[LigneAnnee]:
    """Return the rows that an announced number counts: those of a structure, of an axe, or all."""
    if total.porteur is not None:
        structure = annee.structure(total.porteur)
        return [ligne for ligne in annee.lignes if annee.structure(ligne.porteur) == structure]
    if total.axe:
        return [ligne for ligne in annee.lignes if total.axe in ligne.axes]
    return list(annee.lignes)


def _sur_l_annonce(
    code: str,
    gravite: Gravite,
    phrase: str,
    total: TotalLu,
    chiffres: dict[str, int | str | Decimal],
    explication: str = "",
) -> Anomalie:
    return anomalie(
        code,
        gravite,
        phrase,
        TOTAUX,
        chiffres,
        explication=explication,
        citation=total.citation,
        source=total.source,
    )


# -- A table being read ----------------------------------------------------------------------------
@regle(
    "COH-09",
    portee=Portee.IMPORT,
    gravite=Gravite.INFO,
    titre="En-tête mal écrit",
    explication="Un titre de colonne reconnu malgré une faute (« DESSCRIPTIF ») : rien n'est perdu, vérifiez-la.",
)
def en_tetes(vus: Iterable[VuALaLecture], _: object) -> list[Anomalie]:
    """The titles that were recognised in spite of a typing error."""
    return reprendre("COH-09", vus)


@regle(
    "COH-10",
    portee=Portee.IMPORT,
    gravite=Gravite.ALERTE,
    titre="Ligne coupée par un saut de page",
    explication="La fin d'un texte, seule sur sa ligne, est recollée à l'action du dessus.",
)
def lignes_coupees(vus: Iterable[VuALaLecture], _: object) -> list[Anomalie]:
    """The rows that were the end of the one above."""
    return reprendre("COH-10", vus)


@regle(
    "COH-11",
    portee=Portee.IMPORT,
    gravite=Gravite.ALERTE,
    titre="Ligne de continuation",
    explication="Une case vide de porteur ou d'action veut dire « comme au-dessus » : elle est complétée ainsi.",
)
def lignes_de_continuation(vus: Iterable[VuALaLecture], _: object) -> list[Anomalie]:
    """The rows whose porteur or title is that of the row above."""
    return reprendre("COH-11", vus)


# -- Words -----------------------------------------------------------------------------------------
def _textes(lignes: Iterable[LigneAnnee]) -> Iterable[str]:
    for ligne in lignes:
        yield ligne.intitule
        yield from ligne.textes.values()


def _exemples(noms: Sequence[str]) -> str:
    """Return « un », « deux » and the rest counted."""
    cites = [f"« {nom} »" for nom in noms[:EXEMPLES]]
    reste = len(noms) - len(cites)
    return enumerer(cites) if not reste else f"{', '.join(cites)} et {pluriel(reste, 'autre,autres')}"


def _autour(texte: str, mots: str) -> str:
    place = texte.find(mots)
    return citer(texte, place, place + len(mots)) if place >= 0 else mots
