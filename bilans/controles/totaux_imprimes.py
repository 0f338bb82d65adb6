"""FIN: the totals that a document prints, of its columns, its blocks, its shares, beside its rows (domaine.md §9)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from comptes.templatetags.typographie import accord, pluriel
from documents import repartir_100
from documents.formats import arrondir, montant, nombre, pourcentage
from financements.models import TotalControle

from .contexte import ContexteAnnee, LigneAnnee, TotalLu
from .montants_lus import ZERO, brut, enumerer, expliquer, sommer
from .socle import Anomalie, Gravite, Portee, anomalie, regle

NATURE = TotalControle.Nature
# Where these findings lead: the totals of the year, the amounts of an action.
TOTAUX, MONTANTS = "totaux", "montants"


# -- The year in figures ---------------------------------------------------------------------------
def _dans_le_total(annee: ContexteAnnee) -> list[int]:
    return [pk for pk, financeur in annee.financeurs.items() if financeur.dans_total]


def _totaux_des_financeurs(annee: ContexteAnnee) -> dict[int, TotalLu]:
    """Return the printed totals of the columns, by funder, those beside the total included."""
    return {
        total.financeur: total
        for total in annee.totaux
        if total.nature == NATURE.MONTANT
        and total.financeur is not None
        and total.porteur is None
        and not total.axe
    }


def _total_general(annee: ContexteAnnee) -> TotalLu | None:
    """Return the total of everything that the document prints, the first when it prints several."""
    generaux = (
        total
        for total in annee.totaux
        if total.nature == NATURE.MONTANT and (total.financeur, total.porteur, total.axe) == (None, None, "")
    )
    return next(generaux, None)


def _blocs(annee: ContexteAnnee) -> list[TotalLu]:
    """Return the printed subtotals: of a porteur, of an axe."""
    return [
        total
        for total in annee.totaux
        if total.nature == NATURE.MONTANT and (total.porteur is not None or total.axe)
    ]


def _lignes_sans_total(annee: ContexteAnnee) -> list[LigneAnnee]:
    """Return the funded rows that print no total, when most rows print one."""
    financeurs = _dans_le_total(annee)
    sans = [
        ligne
        for ligne in annee.lignes
        if ligne.total_imprime is None and sommer(ligne.montants, financeurs) > 0
    ]
    avec = sum(ligne.total_imprime is not None for ligne in annee.lignes)
    return sans if len(sans) <= avec else []


def _imprime_par_les_financeurs(annee: ContexteAnnee) -> dict[int, Decimal]:
    """Return the printed totals of the funders of the total; empty when one that has money prints none."""
    imprimes = _totaux_des_financeurs(annee)
    financeurs = _dans_le_total(annee)
    muets = [
        pk
        for pk in financeurs
        if pk not in imprimes and any(ligne.montants.get(pk) for ligne in annee.lignes)
    ]
    if muets:
        return {}
    return {pk: imprimes[pk].valeur for pk in financeurs if pk in imprimes}


def _actions_manquantes(annee: ContexteAnnee) -> tuple[int, int]:
    """Return how many actions the document announces, and how many of them are not there (0 when unknown)."""
    for total in annee.totaux:
        if total.nature == NATURE.ACTIONS and total.porteur is None and not total.axe:
            return int(total.valeur), max(int(total.valeur) - len(annee.lignes), 0)
    return 0, 0


def _poids_des_manquantes(annee: ContexteAnnee) -> Decimal:
    """Return what the printed totals of the funders have beyond the rows; 0 when it cannot be known."""
    imprimes = _imprime_par_les_financeurs(annee)
    lus = sum((sommer(ligne.montants, imprimes) for ligne in annee.lignes), ZERO)
    return max(sum(imprimes.values(), ZERO) - lus, ZERO)


def _cite(ligne: LigneAnnee, euros: Decimal) -> str:
    return f"« {ligne.intitule} » ({montant(euros)})"


def _oubli(annee: ContexteAnnee, ecart: Decimal, *, nommer: bool = True) -> str:
    """Return which rows make the gap exactly, by name or by amount; blank when no one can tell."""
    financeurs = _dans_le_total(annee)
    lignes, precision = _lignes_sans_total(annee), " sans total"
    if sum((sommer(ligne.montants, financeurs) for ligne in lignes), ZERO) != ecart:
        sommes = [sommer(ligne.montants, financeurs) for ligne in annee.lignes]
        # Two rows at most: among forty amounts in round figures, three make any sum by chance.
        lignes, precision = [annee.lignes[place] for place in expliquer(ecart, sommes, maximum=2)], ""
    if not lignes:
        return ""
    euros = [sommer(ligne.montants, financeurs) for ligne in lignes]
    if nommer:
        cites = enumerer([_cite(ligne, combien) for ligne, combien in zip(lignes, euros, strict=True)])
    else:
        cites = " + ".join(map(montant, euros))
    if len(lignes) == 1:
        return f"exactement le montant de la ligne{precision} {cites}"
    return f"exactement la somme des {len(lignes)} lignes{precision} : {cites}"


# -- Shares and general total ----------------------------------------------------------------------
@regle(
    "FIN-01",
    portee=Portee.ANNEE,
    gravite=Gravite.BLOQUANT,
    titre="Les parts des financeurs font 100 %",
    explication="Des parts qui dépassent 100 % viennent presque toujours d'un total qui oublie des lignes. "
    "Corrigez le total, puis recalculez les parts.",
)
def parts_font_cent(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """The printed shares of the funders add to 100, within half a point each."""
    parts = _parts_imprimees(annee)
    somme = sum((part.valeur for part in parts.values()), ZERO)
    if len(parts) < 2 or abs(somme - 100) <= annee.seuils.tolerance_part * len(parts):
        return []
    muets = [pk for pk in _imprime_par_les_financeurs(annee) if pk not in parts]
    if somme < 100 and muets:
        return []
    detail = " + ".join(nombre(part.valeur) for part in parts.values())
    phrase = f"Les parts imprimées des financeurs font {nombre(somme)} % au lieu de 100 % ({detail})."
    explication = ""
    imprimes = {pk: euros for pk, euros in _imprime_par_les_financeurs(annee).items() if pk in parts}
    base = sum(imprimes.values(), ZERO)
    if base and len(imprimes) == len(parts):
        justes = enumerer(
            [
                f"{annee.financeurs[pk].sigle} {pourcentage(euros / base * 100)}"
                for pk, euros in imprimes.items()
            ]
        )
        phrase += f" Divisées par la somme des financeurs, {montant(base)}, elles sont : {justes}."
        explication = _diviseur(annee, parts, imprimes)
    else:
        phrase += " Vérifiez le total par lequel elles ont été divisées."
    premiere = next(iter(parts.values()))
    return [
        anomalie(
            "FIN-01",
            Gravite.BLOQUANT,
            phrase,
            TOTAUX,
            {"parts": detail, "somme": brut(somme), "financeurs": brut(base)},
            explication=explication,
            citation=premiere.citation,
            source=premiere.source,
        )
    ]


def _parts_imprimees(annee: ContexteAnnee) -> dict[int, TotalLu]:
    return {
        total.financeur: total
        for total in annee.totaux
        if total.nature == NATURE.PART and total.financeur is not None
    }


def _diviseur(annee: ContexteAnnee, parts: Mapping[int, TotalLu], imprimes: Mapping[int, Decimal]) -> str:
    """Return what the shares were divided by, when every one of them says the same."""
    general, base = _total_general(annee), sum(imprimes.values(), ZERO)
    if general is None or not general.valeur:
        return ""
    if any(arrondir(imprimes[pk] / general.valeur * 100, 0) != arrondir(parts[pk].valeur, 0) for pk in parts):
        return ""
    phrase = f"Elles divisent chaque financeur par {general.libelle}, {montant(general.valeur)}"
    oubli = _oubli(annee, base - general.valeur)
    if not oubli:
        return f"{phrase}, qui n'est pas la somme des financeurs."
    return f"{phrase}, qui laisse de côté {montant(base - general.valeur)}, {oubli}."


@regle(
    "FIN-02",
    portee=Portee.ANNEE,
    gravite=Gravite.BLOQUANT,
    titre="Total général = somme des financeurs",
    explication="Le total général et les totaux des colonnes viennent du même tableau : ils doivent s'accorder. "
    "Corrigez celui qui est faux avant de le publier.",
)
def total_general_des_financeurs(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """The printed general total is the sum of the printed totals of the funders."""
    general, imprimes = _total_general(annee), _imprime_par_les_financeurs(annee)
    if general is None or len(imprimes) < 2:
        return []
    somme = sum(imprimes.values(), ZERO)
    ecart = somme - general.valeur
    if abs(ecart) <= annee.seuils.tolerance_montant:
        return []
    sens = "de moins" if ecart > 0 else "de trop"
    oubli = _oubli(annee, ecart, nommer=False) if ecart > 0 else ""
    return [
        anomalie(
            "FIN-02",
            Gravite.BLOQUANT,
            f"{general.libelle} : {montant(general.valeur)} imprimés, {montant(abs(ecart))} {sens} que la somme "
            f"des financeurs, {montant(somme)} ({' + '.join(montant(euros) for euros in imprimes.values())}). "
            "Corrigez ce total, puis les parts qui en dépendent.",
            TOTAUX,
            {"total": brut(general.valeur), "financeurs": brut(somme)},
            explication=f"L'écart de {montant(ecart)} est {oubli}." if oubli else "",
            citation=general.citation,
            source=general.source,
        )
    ]


@regle(
    "FIN-03",
    portee=Portee.ANNEE,
    gravite=Gravite.BLOQUANT,
    titre="Toute ligne financée a un total",
    explication="Une ligne sans total ne compte pas dans le total général, ni dans les parts.",
)
def lignes_financees_sans_total(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """Where rows print their total, every funded row has one."""
    sans_total = _lignes_sans_total(annee)
    if not sans_total:
        return []
    financeurs = _dans_le_total(annee)
    sommes = [sommer(ligne.montants, financeurs) for ligne in sans_total]
    combien = len(sans_total)
    constat = pluriel(combien, "ligne financée n'a,lignes financées n'ont")
    cites = enumerer([_cite(ligne, euros) for ligne, euros in zip(sans_total, sommes, strict=True)])
    general, base = _total_general(annee), sum(_imprime_par_les_financeurs(annee).values(), ZERO)
    explication = ""
    if general is not None and base - general.valeur == sum(sommes, ZERO):
        explication = (
            f"Ces {montant(sum(sommes, ZERO))} sont exactement ce qui manque à {general.libelle} "
            f"({montant(general.valeur)}) pour faire la somme des financeurs ({montant(base)})."
        )
    en_tout = f", {montant(sum(sommes, ZERO))} en tout" if combien > 1 else ""
    return [
        anomalie(
            "FIN-03",
            Gravite.BLOQUANT,
            f"{constat} pas de total imprimé, alors que "
            f"les autres en ont un : {cites}{en_tout}. Donnez-leur un total et ajoutez-le au total général.",
            TOTAUX,
            {ligne.intitule: brut(euros) for ligne, euros in zip(sans_total, sommes, strict=True)},
            explication=explication,
        )
    ]


@regle(
    "FIN-03",
    portee=Portee.ACTION,
    gravite=Gravite.ALERTE,
    titre="Total de la ligne = somme de ses financeurs",
    explication="Le total imprimé au bout de la ligne et les montants de ses financeurs doivent s'accorder.",
)
def total_de_la_ligne(ligne: LigneAnnee, annee: ContexteAnnee) -> list[Anomalie]:
    """The total printed at the end of a row is the sum of its funders, with or without those beside the total."""
    if ligne.total_imprime is None or not ligne.montants or ligne.ambigue:
        return []
    somme = sommer(ligne.montants, _dans_le_total(annee))
    possibles = _sommes([ligne], _dans_le_total(annee)) + _sommes([ligne], annee.financeurs)
    if _est_une_des(ligne.total_imprime, possibles, annee.seuils.tolerance_montant):
        return []
    return [
        anomalie(
            "FIN-03",
            Gravite.ALERTE,
            f"Total imprimé de la ligne : {montant(ligne.total_imprime)}. Ses financeurs font "
            f"{montant(somme)} : {montant(abs(ligne.total_imprime - somme))} d'écart. "
            "Vérifiez les montants de chaque financeur.",
            MONTANTS,
            {"imprime": brut(ligne.total_imprime), "financeurs": brut(somme)},
        )
    ]


@regle(
    "FIN-04",
    portee=Portee.ANNEE,
    gravite=Gravite.INFO,
    titre="Parts arrondies au plus fort reste",
    explication="Arrondies une à une, des parts font parfois 99 ou 101 %. Pilotis donne les points qui restent "
    "aux plus forts restes, pour que la colonne fasse 100.",
)
def parts_au_plus_fort_reste(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """Say how the shares are shown when rounding each of them would not make 100."""
    imprimes = _imprime_par_les_financeurs(annee)
    base = sum(imprimes.values(), ZERO)
    if not _parts_imprimees(annee) or not base or min(imprimes.values()) < 0:
        return []
    simples = [arrondir(euros / base * 100, 0) for euros in imprimes.values()]
    if sum(simples) == 100:
        return []
    parts = [part or ZERO for part in repartir_100(imprimes.values(), 0)]
    return [
        anomalie(
            "FIN-04",
            Gravite.INFO,
            f"Arrondies une à une, les parts justes feraient {nombre(sum(simples, ZERO))} % "
            f"({' + '.join(map(nombre, simples))}). Pilotis affiche {enumerer([nombre(p) for p in parts])} %, "
            "qui font 100.",
            TOTAUX,
            {"parts": " ".join(map(brut, parts))},
        )
    ]


# -- Printed totals beside their rows --------------------------------------------------------------
def _sommes(lignes: Iterable[LigneAnnee], financeurs: Iterable[int]) -> list[Decimal]:
    """Return what the rows have from these funders: granted first, then in each other state that has some."""
    lues, cles = list(lignes), list(financeurs)
    sommes = []
    for etat in ("", *dict.fromkeys(etat for ligne in lues for etat in ligne.etats)):
        colonnes = [ligne.montants if not etat else ligne.etats.get(etat, {}) for ligne in lues]
        connus = [colonne[pk] for colonne in colonnes for pk in cles if pk in colonne]
        if connus:
            sommes.append(sum(connus, ZERO))
    return sommes


def _est_une_des(valeur: Decimal, sommes: Iterable[Decimal], tolerance: Decimal) -> bool:
    return any(abs(valeur - somme) <= tolerance for somme in sommes)


def lignes_du_bloc(annee: ContexteAnnee, total: TotalLu) -> list[LigneAnnee]:
    """Return the rows of the axe or of the porteur that a printed subtotal is of."""
    if total.axe:
        return [ligne for ligne in annee.lignes if total.axe in ligne.axes]
    return [
        ligne for ligne in annee.lignes if total.porteur in (ligne.porteur, annee.structure(ligne.porteur))
    ]


def _accorde(annee: ContexteAnnee, total: TotalLu, lignes: Sequence[LigneAnnee]) -> bool:
    """Return whether the printed total is that of the rows, with or without the funders beside the total."""
    if total.financeur is not None:
        possibles = _sommes(lignes, [total.financeur])
    else:
        possibles = _sommes(lignes, _dans_le_total(annee)) + _sommes(lignes, annee.financeurs)
    return _est_une_des(total.valeur, possibles, annee.seuils.tolerance_montant)


@regle(
    "FIN-05",
    portee=Portee.ANNEE,
    gravite=Gravite.ALERTE,
    titre="Total imprimé = somme de ses lignes",
    explication="Chaque total du document est comparé à la somme des lignes présentes dans Pilotis.",
)
def totaux_des_lignes(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """Each printed total of a column or of a block is the sum of its rows; the gap is explained when it can be."""
    trouvees = []
    colonnes = list(_totaux_des_financeurs(annee).values())
    general = _total_general(annee)
    for total in [*colonnes, *([general] if general else [])]:
        trouvees += _ecart_du_total(annee, total, annee.lignes, _ecart_de_colonne)
    for total in _blocs(annee):
        trouvees += _ecart_du_total(annee, total, lignes_du_bloc(annee, total), _ecart_de_bloc)
    return trouvees


Explication = Callable[[ContexteAnnee, TotalLu, Sequence[LigneAnnee], Decimal], str]


def _ecart_du_total(
    annee: ContexteAnnee, total: TotalLu, lignes: Sequence[LigneAnnee], expliquer_par: Explication
) -> list[Anomalie]:
    financeurs = [total.financeur] if total.financeur is not None else _dans_le_total(annee)
    sommes = _sommes(lignes, financeurs)
    if not sommes or _accorde(annee, total, lignes):
        return []
    ecart = total.valeur - sommes[0]
    sens = "de plus" if ecart > 0 else "de moins"
    porteur = annee.porteurs.get(total.porteur) if total.porteur is not None else None
    remede = "Corrigez le total, ou la ligne qui est fausse."
    if ecart > 0 and porteur is None:
        remede = "Cherchez les lignes qui manquent, ou corrigez le total."
    return [
        anomalie(
            "FIN-05",
            Gravite.ALERTE,
            f"{total.libelle} : {montant(total.valeur)} imprimés, {montant(abs(ecart))} {sens} que "
            f"{_somme_en_mots(annee, lignes)}, {montant(sommes[0])}. {remede}",
            TOTAUX,
            {"total": total.libelle, "imprime": brut(total.valeur), "lignes": brut(sommes[0])},
            explication=expliquer_par(annee, total, lignes, ecart),
            citation=total.citation,
            source=total.source,
            objet=f"porteur:{porteur.cle}" if porteur else "",
        )
    ]


def _somme_en_mots(annee: ContexteAnnee, lignes: Sequence[LigneAnnee]) -> str:
    if len(lignes) == len(annee.lignes):
        return "la somme des lignes"
    return f"la somme de ses {len(lignes)} lignes" if len(lignes) > 1 else "sa seule ligne"


def _ecart_de_colonne(
    annee: ContexteAnnee, total: TotalLu, lignes: Sequence[LigneAnnee], ecart: Decimal
) -> str:
    """Explain the gap of a column by the actions announced that are not there; of the total, by its rows besides."""
    annoncees, manquantes = _actions_manquantes(annee)
    poids = _poids_des_manquantes(annee)
    if not manquantes or ecart <= 0 or not poids:
        return _terme_oublie(annee, lignes, [total.financeur], -ecart) if total.financeur else ""
    absentes = (
        f"{pluriel(manquantes, 'action annoncée n’est pas,actions annoncées ne sont pas')} dans les lignes "
        f"({annoncees} annoncées, {len(annee.lignes)} présentes)"
    )
    if total.financeur is not None:
        attente = sum(ligne.ambigue for ligne in annee.lignes)
        reserve = (
            f" {pluriel(attente, 'ligne à trancher peut,lignes à trancher peuvent')} encore déplacer des "
            "montants d'un financeur à l'autre."
            if attente
            else ""
        )
        return (
            f"{absentes} : si c'est bien elles qui manquent, elles pèsent {montant(poids)} en tout, dont ces "
            f"{montant(ecart)}.{reserve}"
        )
    sans_total = _lignes_sans_total(annee)
    oubliees = sum((sommer(ligne.montants, _dans_le_total(annee)) for ligne in sans_total), ZERO)
    if poids - oubliees != ecart:
        return f"{absentes}."
    if not oubliees:
        return f"{absentes} : si c'est bien elles qui manquent, elles pèsent exactement ces {montant(ecart)}."
    return (
        f"{absentes} : si c'est bien elles qui manquent, elles pèsent {montant(poids)}. "
        f"{pluriel(len(sans_total), 'ligne,lignes')} sans total, "
        f"{montant(oubliees)}, n'y {accord(len(sans_total), 'est pas comptée,sont pas comptées')} : "
        f"{montant(poids)} − {montant(oubliees)} = {montant(ecart)}."
    )


def _ecart_de_bloc(annee: ContexteAnnee, total: TotalLu, lignes: Sequence[LigneAnnee], ecart: Decimal) -> str:
    dans_le_total = _dans_le_total(annee)
    if ecart > 0:
        hors_total = [pk for pk in annee.financeurs if pk not in dans_le_total]
        return _terme_oublie(annee, lignes, hors_total, ecart, verbe="ajouté à tort")
    entieres = [sommer(ligne.montants, dans_le_total) for ligne in lignes]
    places = expliquer(-ecart, entieres)
    if places:
        cites = enumerer([_cite(lignes[place], entieres[place]) for place in places])
        mot = accord(len(places), "le montant de la ligne oubliée,la somme des lignes oubliées")
        return f"L'écart de {montant(-ecart)} est exactement {mot} : {cites}."
    return _terme_oublie(annee, lignes, dans_le_total, -ecart)


def _terme_oublie(
    annee: ContexteAnnee,
    lignes: Sequence[LigneAnnee],
    financeurs: Iterable[int],
    ecart: Decimal,
    *,
    verbe: str = "oublié",
) -> str:
    """Return which amounts of these rows make the gap exactly, blank when none does or when several may."""
    if ecart <= 0:
        return ""
    cases = [(ligne, pk) for ligne in lignes for pk in financeurs if pk in ligne.montants]
    places = expliquer(ecart, [ligne.montants[pk] for ligne, pk in cases])
    if not places:
        return ""
    cites = enumerer(
        [
            f"{montant(ligne.montants[pk])} de {annee.financeurs[pk].sigle} sur « {ligne.intitule} »"
            for ligne, pk in (cases[place] for place in places)
        ]
    )
    if len(places) == 1:
        return f"L'écart est exactement un montant {verbe} : {cites}."
    return f"L'écart de {montant(ecart)} est exactement la somme de montants {verbe}s : {cites}."


@regle(
    "FIN-06",
    portee=Portee.ANNEE,
    gravite=Gravite.INFO,
    titre="Sous-totaux justes",
    explication="Les sous-totaux du document que les lignes confirment.",
)
def sous_totaux_justes(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """Say how many printed subtotals are exactly the sum of their rows, and which is the largest."""
    blocs = [(total, lignes_du_bloc(annee, total)) for total in _blocs(annee)]
    compares = [(total, lignes) for total, lignes in blocs if _sommes(lignes, annee.financeurs)]
    justes = [(total, lignes) for total, lignes in compares if _accorde(annee, total, lignes)]
    if not justes:
        return []
    total, lignes = max(justes, key=lambda juste: juste[0].valeur)
    return [
        anomalie(
            "FIN-06",
            Gravite.INFO,
            f"{pluriel(len(justes), 'sous-total imprimé est,sous-totaux imprimés sont')} exactement la somme de "
            f"{accord(len(justes), 'ses,leurs')} lignes, sur {len(compares)}. Le plus grand : {total.libelle}, "
            f"{montant(total.valeur)} pour {pluriel(len(lignes), 'ligne,lignes')}.",
            TOTAUX,
            {"justes": len(justes), "compares": len(compares), total.libelle: brut(total.valeur)},
            citation=total.citation,
            source=total.source,
        )
    ]


@regle(
    "FIN-09",
    portee=Portee.ANNEE,
    gravite=Gravite.INFO,
    titre="Financeur hors du total retrouvé",
    explication="Le total d'un financeur compté à part confirme quelles cases sont les siennes.",
)
def hors_total_retrouve(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """A funder beside the total whose printed total is that of its rows: its amounts are indeed its own."""
    trouvees = []
    sans_total = {ligne.pk for ligne in annee.lignes if ligne.total_imprime is None}
    if len(sans_total) == len(annee.lignes):
        sans_total = set()
    for pk, total in _totaux_des_financeurs(annee).items():
        siennes = [ligne for ligne in annee.lignes if ligne.montants.get(pk)]
        if annee.financeurs[pk].dans_total or not siennes or not _accorde(annee, total, annee.lignes):
            continue
        sigle = annee.financeurs[pk].sigle
        isoles = [_cite(ligne, ligne.montants[pk]) for ligne in siennes if ligne.pk in sans_total]
        ceux_la = accord(len(isoles), "ce montant sans total est,ces montants sans total sont")
        suite = f" {enumerer(isoles)} : {ceux_la} donc bien de {sigle}." if isoles else ""
        trouvees.append(
            anomalie(
                "FIN-09",
                Gravite.INFO,
                f"{sigle}, hors du total : {montant(total.valeur)} imprimés, exactement la somme de "
                f"{pluriel(len(siennes), 'ligne,lignes')}.{suite}",
                TOTAUX,
                {"financeur": sigle, "imprime": brut(total.valeur)},
                citation=total.citation,
                source=total.source,
            )
        )
    return trouvees
