"""COH, for the contract and its conventions: a fact has one value from one section to the next (domaine.md §9)."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import combinations

from comptes.templatetags.typographie import pluriel
from documents.formats import nombre
from documents.normalisation import normaliser

from .contexte import ContexteContrat, ConventionLue, StatistiqueLue, TexteLu
from .dates_lues import citer
from .montants_lus import brut, enumerer
from .noms_lus import Corpus, familles, mots, noms_propres, singulier
from .socle import Anomalie, Gravite, Portee, anomalie, regle
from .textes_lus import (
    Renvoi,
    article_qui_en_parle,
    denombrements,
    est_mesurable,
    listes_annoncees,
    mots_pleins,
    personnes_nommees,
    radicaux,
    renvois,
    repetes,
    titres_d_articles,
)

# How many examples a sentence gives.
EXEMPLES = 4
SANS_MESURE = "critère ne dit pas ce qui se compte,critères ne disent pas ce qui se compte"
_BALISE = re.compile(r"<[^>\n]{1,20}>")


# -- Names -----------------------------------------------------------------------------------------
@regle(
    "COH-01",
    portee=Portee.CONTRAT,
    gravite=Gravite.ALERTE,
    titre="Une structure, un nom",
    explication=(
        "Une même structure, écrite à une lettre près de plusieurs façons, ne se retrouve plus dans le document. "
        "Gardez un nom ; les autres s'enregistrent comme « autres noms »."
    ),
)
def noms_a_une_lettre_pres(contrat: ContexteContrat, _: ContexteContrat) -> list[Anomalie]:
    """A proper name is spelt in several ways, a letter apart, in the texts of the contract."""
    ecrits = Counter(nom for texte in contrat.textes for nom in noms_propres(texte.texte))
    return [
        anomalie(
            "COH-01",
            Gravite.ALERTE,
            f"Le même nom est écrit de {len(famille)} façons : "
            + enumerer([f"« {nom} » ({n} fois)" for nom, n in famille.most_common()])
            + ". Gardez-en une.",
            "textes",
            dict(sorted(famille.items())),
            objet="contrat",
            citation=famille.most_common()[-1][0],
        )
        for famille in familles(ecrits)
    ]


@regle(
    "COH-02",
    portee=Portee.CONTRAT,
    gravite=Gravite.ALERTE,
    titre="Un porteur, une graphie",
    explication="Le nom d'un porteur s'écrit de la même façon dans le contrat et dans le programme.",
)
def porteurs_dans_le_contrat(contrat: ContexteContrat, _: ContexteContrat) -> list[Anomalie]:
    """A porteur is written in the contract in several ways: plural, a letter more or less."""
    corpus = Corpus(texte.texte for texte in contrat.textes)
    trouvees = []
    for porteur in contrat.porteurs.values():
        ecrites = corpus.graphies(porteur.nom)
        connus = {normaliser(nom) for nom in (porteur.nom, *porteur.alias)}
        if any(normaliser(ecrit) not in connus for ecrit in ecrites):
            trouvees.append(
                anomalie(
                    "COH-02",
                    Gravite.ALERTE,
                    f"« {porteur.nom} » est écrit dans le contrat : "
                    + enumerer([f"« {ecrit} » ({n} fois)" for ecrit, n in ecrites.most_common()])
                    + ". Gardez un nom.",
                    "textes",
                    dict(sorted(ecrites.items())),
                    objet=f"porteur:{porteur.cle}",
                    citation=ecrites.most_common()[-1][0],
                )
            )
    return trouvees


@regle(
    "COH-23",
    portee=Portee.CONTRAT,
    gravite=Gravite.ALERTE,
    titre="Porteur d'une action",
    explication="Le contrat et le programme nomment le même porteur pour la même action, ou l'un est à revoir.",
)
def porteur_d_une_action(contrat: ContexteContrat, _: ContexteContrat) -> list[Anomalie]:
    """A text of the contract says that an action is carried by someone else than its porteur."""
    noms = {porteur.nom: (porteur.nom, *porteur.alias) for porteur in contrat.porteurs.values()}
    trouvees = []
    for intitule, porteur in contrat.actions.items():
        if len(intitule) < 4:
            continue
        motif = re.compile(
            rf"(?<!\w){re.escape(intitule)}(?!\w)[^.;\n]{{0,20}}?\b(?:mise?s? en place|portée?s?|pilotée?s?|gérée?s?|"
            rf"organisée?s?|animée?s?)\s+par\s+([^.;,\n(]{{3,60}})"
        )
        for texte in contrat.textes:
            lu = motif.search(texte.texte)
            if lu and not _designe(lu[1], noms.get(porteur, (porteur,))):
                trouvees.append(
                    anomalie(
                        "COH-23",
                        Gravite.ALERTE,
                        f"« {intitule} » a pour porteur « {porteur} » dans le programme ; le contrat dit "
                        f"« par {lu[1].strip()} ».",
                        texte.champ,
                        {"porteur": porteur, "contrat": normaliser(lu[1])},
                        objet=texte.objet,
                        citation=citer(texte.texte, lu.start(), lu.end()),
                    )
                )
                break
    return trouvees


def _designe(mots_lus: str, noms: Iterable[str]) -> bool:
    """Return whether words name one of these: they share a word that says something."""
    return any(
        mots_pleins(mots_lus) & mots_pleins(nom) or normaliser(nom) in normaliser(mots_lus) for nom in noms
    )


@regle(
    "COH-27",
    portee=Portee.CONTRAT,
    gravite=Gravite.ALERTE,
    titre="Personne nommée",
    explication="Le contrat est publié : une personne y est mieux désignée par sa fonction.",
)
def personne_nommee_dans_le_contrat(contrat: ContexteContrat, _: ContexteContrat) -> list[Anomalie]:
    """A text of the contract names a person."""
    trouvees = []
    for texte in contrat.textes:
        noms = list(dict.fromkeys(passage.mots for passage in personnes_nommees(texte.texte)))
        if noms:
            place = texte.texte.find(noms[0])
            trouvees.append(
                anomalie(
                    "COH-27",
                    Gravite.ALERTE,
                    f"Ce texte nomme {_cites(noms)} : remplacez par la fonction.",
                    texte.champ,
                    {"personnes": " ; ".join(noms)},
                    objet=texte.objet,
                    citation=citer(texte.texte, place, place + len(noms[0])),
                )
            )
    return trouvees


# -- Statistics ------------------------------------------------------------------------------------
@regle(
    "COH-16",
    portee=Portee.CONTRAT,
    gravite=Gravite.ALERTE,
    titre="Un fait, une valeur",
    explication="La même donnée, pour la même année, a deux valeurs : gardez celle dont la source est sûre.",
)
def une_valeur_par_annee(contrat: ContexteContrat, _: ContexteContrat) -> list[Anomalie]:
    """The same statistic of the same year has two values."""
    return [
        _deux_valeurs("COH-16", une, autre, echelle)
        for une, autre, echelle in _valeurs_qui_different(contrat.statistiques)
        if une.annee is not None and une.annee == autre.annee
    ]


@regle(
    "COH-17",
    portee=Portee.CONTRAT,
    gravite=Gravite.ALERTE,
    titre="Source et année d'un indicateur",
    explication="Deux valeurs de sources ou d'années différentes ne se comparent pas : dites laquelle fait foi.",
)
def deux_sources_deux_valeurs(contrat: ContexteContrat, _: ContexteContrat) -> list[Anomalie]:
    """The same indicator has two values, from two sources or two years."""
    return [
        _deux_valeurs("COH-17", une, autre, echelle)
        for une, autre, echelle in _valeurs_qui_different(contrat.statistiques)
        # a year after another from one source is an evolution
        if une.annee != autre.annee and une.source != autre.source
    ]


@regle(
    "COH-18",
    portee=Portee.CONTRAT,
    gravite=Gravite.ALERTE,
    titre="Indicateur sans source ou sans année",
    explication="Un chiffre du quartier se lit avec sa source et son année : sans elles, personne ne peut le vérifier.",
)
def source_et_annee(contrat: ContexteContrat, _: ContexteContrat) -> list[Anomalie]:
    """Statistics of the territory have no source or no year."""
    sans = [lue for lue in contrat.statistiques if not lue.source or lue.annee is None]
    if not sans:
        return []
    return [
        anomalie(
            "COH-18",
            Gravite.ALERTE,
            f"{pluriel(len(sans), 'donnée du quartier est,données du quartier sont')} sans source ou sans année, sur "
            f"{nombre(len(contrat.statistiques))} : {_cites(lue.libelle for lue in sans)}.",
            "statistiques",
            {"sans_source": len(sans), "statistiques": len(contrat.statistiques)},
            objet="contrat",
            citation=sans[0].citation,
        )
    ]


def _valeurs_qui_different(
    statistiques: Iterable[StatistiqueLue],
) -> Iterator[tuple[StatistiqueLue, StatistiqueLue, str]]:
    """Yield the pairs that measure the same thing in the same place and differ, with the scale."""
    par_sujet: dict[tuple[frozenset[str], str], list[StatistiqueLue]] = defaultdict(list)
    for lue in statistiques:
        par_sujet[_sujet(lue.libelle), lue.territoire].append(lue)
    for groupe in par_sujet.values():
        for une, autre in combinations(groupe, 2):
            for echelle in une.valeurs:
                if echelle in autre.valeurs and une.valeurs[echelle] != autre.valeurs[echelle]:
                    yield une, autre, echelle


MOTS_DE_MESURE = ("taux", "nombre", "pourcentage", "part", "proportion")


def _sujet(libelle: str) -> frozenset[str]:
    """Return the words that say what is measured: « Taux de réussite au brevet » is « Réussite au brevet »."""
    dits = re.findall(r"[a-z]{4,}|non|\d+", normaliser(re.sub(r",\s*\d\w*\s*trimestre", "", libelle)))
    return frozenset(singulier(mot) for mot in dits if mot not in MOTS_DE_MESURE)


def _origine(lue: StatistiqueLue) -> str:
    """Return « SIG Ville 2020 », « Atlas, 2022 », « 2022 »."""
    annee = str(lue.annee or "")
    mots_utiles = [lue.source, "" if annee in lue.source else annee]
    return ", ".join(mot for mot in mots_utiles if mot) or "sans source ni année"


def _deux_valeurs(code: str, une: StatistiqueLue, autre: StatistiqueLue, echelle: str) -> Anomalie:
    dits = [
        f"{nombre(lue.valeurs[echelle])}{f' {lue.unite}' if lue.unite else ''} ({_origine(lue)})"
        for lue in (une, autre)
    ]
    return anomalie(
        code,
        Gravite.ALERTE,
        f"« {une.libelle} » a deux valeurs : {dits[0]} et {dits[1]}. Dites laquelle fait foi.",
        f"statistique:{une.pk}",
        {"une": brut(une.valeurs[echelle]), "autre": brut(autre.valeurs[echelle])},
        objet="contrat",
        citation=autre.citation,
    )


# « Demandeurs d'emploi : moins de 25 ans », « … de moins de 26 ans »
_MOINS_DE = re.compile(r"moins de (\d{1,2}) ans", re.IGNORECASE)


@regle(
    "COH-19",
    portee=Portee.CONTRAT,
    gravite=Gravite.BLOQUANT,
    titre="Les plus jeunes sont parmi les jeunes",
    explication="Les moins de 25 ans sont tous parmi les moins de 26 ans : ils ne peuvent pas être plus nombreux.",
)
def ages_emboites(contrat: ContexteContrat, _: ContexteContrat) -> list[Anomalie]:
    """Fewer people are under an age than under a lower one, in the same group and year."""
    mesures = [
        (age, combien, lue, calcul)
        for lue in contrat.statistiques
        for age, combien, calcul in _moins_de(lue, contrat.statistiques)
    ]
    return [
        anomalie(
            "COH-19",
            Gravite.BLOQUANT,
            f"{nombre(n_jeune)} {_groupe(jeune)} de moins de {age_jeune} ans{calcul} en {jeune.annee}, mais "
            f"{nombre(n_vieux)} de moins de {age_vieux} ans : le second nombre ne peut pas être plus petit.",
            f"statistique:{vieux.pk}",
            {"jeunes": brut(n_jeune), "moins_jeunes": brut(n_vieux)},
            objet="contrat",
            citation=vieux.citation,
        )
        for age_jeune, n_jeune, jeune, calcul in mesures
        for age_vieux, n_vieux, vieux, _autre in mesures
        if age_jeune < age_vieux
        and n_jeune > n_vieux
        and jeune.annee == vieux.annee
        and _groupe(jeune) == _groupe(vieux)
    ]


def _groupe(lue: StatistiqueLue) -> str:
    """Return who is counted: « demandeurs d'emploi »."""
    return re.split(r"\s:|,|\sde catégories|\sde moins", lue.libelle, maxsplit=1)[0].strip().lower()


def _moins_de(lue: StatistiqueLue, toutes: Iterable[StatistiqueLue]) -> Iterator[tuple[int, Decimal, str]]:
    """Yield the age, the number of people under it in the QPV, and how it was computed from a share."""
    dit, valeur = _MOINS_DE.search(lue.libelle), lue.valeurs.get("qpv")
    if dit is None or valeur is None:
        return
    if "%" not in lue.unite:
        yield int(dit[1]), valeur, ""
        return
    for tout in toutes:
        effectif = tout.valeurs.get("qpv")
        meme = normaliser(tout.libelle) == normaliser(_groupe(lue)) and tout.annee == lue.annee
        if meme and "%" not in tout.unite and effectif is not None:
            calcul = f" ({nombre(valeur)} % de {nombre(effectif)})"
            yield int(dit[1]), (effectif * valeur / 100).quantize(Decimal(1)), calcul


@regle(
    "COH-20",
    portee=Portee.CONTRAT,
    gravite=Gravite.ALERTE,
    titre="Une répartition fait 100 %",
    explication="Les parts d'un tout font 100 % à l'arrondi près : sinon, une catégorie manque ou se répète.",
)
def repartitions(contrat: ContexteContrat, _: ContexteContrat) -> list[Anomalie]:
    """The shares of a distribution of the contract do not add to 100."""
    trouvees = []
    for nom, parts in _repartitions(contrat.statistiques).items():
        somme = sum((part.valeurs["qpv"] for part in parts), Decimal(0))
        ecart, tolerance = abs(somme - 100), contrat.seuils.tolerance_part * len(parts)
        if ecart < 1:
            continue
        detail = " + ".join(nombre(part.valeurs["qpv"]) for part in parts)
        suite = (
            "l'arrondi des parts ne l'explique pas"
            if ecart > tolerance
            else "l'arrondi des parts peut l'expliquer, ou une catégorie manque"
        )
        trouvees.append(
            anomalie(
                "COH-20",
                Gravite.ALERTE if ecart > tolerance else Gravite.INFO,
                f"« {nom} » : {detail} = {nombre(somme)} % ; {suite}.",
                f"statistique:{parts[0].pk}",
                {part.libelle: brut(part.valeurs["qpv"]) for part in parts},
                objet="contrat",
                citation=parts[-1].citation,
            )
        )
    return trouvees


def _repartitions(statistiques: Iterable[StatistiqueLue]) -> dict[str, list[StatistiqueLue]]:
    """Return the distributions by name: shares of the same heading, those by sex apart from those by age."""
    groupes: dict[str, list[StatistiqueLue]] = defaultdict(list)
    for lue in statistiques:
        titre, separateur, modalite = lue.libelle.partition(" : ")
        if separateur and "%" in lue.unite and "qpv" in lue.valeurs:
            genre = "ages" if " ans" in modalite else "sexe" if normaliser(modalite) in SEXES else ""
            groupes[f"{titre}, {MODALITES[genre]}" if genre else titre].append(lue)
    return {nom: parts for nom, parts in groupes.items() if len(parts) > 1}


SEXES = ("femmes", "hommes", "femme", "homme")
MODALITES = {"ages": "par âge", "sexe": "par sexe"}


# -- Texts -----------------------------------------------------------------------------------------
_GRANDEUR = re.compile(
    r"(plus de |près de |environ )?(?<![\d.,])(\d{1,3}(?:[ \u00a0\u202f]\d{3})*) "
    r"(nationalités|logements sociaux|hectares|bâtiments)\b"
)


@regle(
    "COH-21",
    portee=Portee.CONTRAT,
    gravite=Gravite.INFO,
    titre="Même grandeur, deux valeurs",
    explication="Le document donne deux nombres pour la même chose : gardez le plus sûr.",
)
def meme_grandeur(contrat: ContexteContrat, _: ContexteContrat) -> list[Anomalie]:
    """Two texts of the contract count the same thing differently (« plus de 50 nationalités », « 63 nationalités »)."""
    dits: dict[str, dict[str, tuple[str, TexteLu]]] = defaultdict(dict)
    for texte in contrat.textes:
        for lu in _GRANDEUR.finditer(texte.texte):
            dits[lu[3]].setdefault(lu[2], (f"{lu[1] or ''}{lu[2]} {lu[3]}", texte))
    return [
        anomalie(
            "COH-21",
            Gravite.INFO,
            f"Le contrat dit {_cites(mots_lus for mots_lus, _ in valeurs.values())} : gardez le nombre le plus sûr.",
            next(iter(valeurs.values()))[1].champ,
            {"valeurs": " ; ".join(valeurs)},
            objet=next(iter(valeurs.values()))[1].objet,
            citation=next(iter(valeurs.values()))[0],
        )
        for valeurs in dits.values()
        if len(valeurs) > 1
    ]


@regle(
    "COH-22",
    portee=Portee.CONTRAT,
    gravite=Gravite.INFO,
    titre="Dénombrement juste",
    explication="Les parties d'un tout en font bien le total : rien à corriger.",
)
def denombrement(contrat: ContexteContrat, _: ContexteContrat) -> list[Anomalie]:
    """A whole that a sentence divides is exactly the sum of its parts."""
    return [
        anomalie(
            "COH-22",
            Gravite.INFO,
            f"{' + '.join(nombre(part) for part in parts)} = {nombre(tout)} : le compte est juste.",
            texte.champ,
            {"tout": tout},
            objet=texte.objet,
            citation=mots_lus,
        )
        for texte in contrat.textes
        for tout, parts, mots_lus in denombrements(texte.texte)
        if sum(parts) == tout
    ]


@regle(
    "COH-24",
    portee=Portee.CONTRAT,
    gravite=Gravite.ALERTE,
    titre="Paragraphe en double",
    explication="Le même paragraphe est à deux endroits : s'il change, un seul sera corrigé.",
)
def paragraphe_en_double(contrat: ContexteContrat, _: ContexteContrat) -> list[Anomalie]:
    """A long paragraph of the contract is written twice."""
    places = [(f"{texte.objet}|{texte.champ}", texte.texte) for texte in contrat.textes]
    return [
        anomalie(
            "COH-24",
            Gravite.ALERTE,
            f"Ce paragraphe est écrit à {len(ou)} endroits du contrat : « {paragraphe[:80]}… ». Gardez-en un.",
            ou[0].split("|")[1],
            {"places": " ; ".join(ou)},
            objet=ou[0].split("|")[0],
            citation=paragraphe,
        )
        for paragraphe, ou in repetes(places)
        if len(ou) > 1
    ]


@regle(
    "COH-26",
    portee=Portee.CONTRAT,
    gravite=Gravite.ALERTE,
    titre="Critère d'évaluation mesurable",
    explication=(
        "Un critère se mesure quand il dit ce qui se compte, avec son unité, sa source et son rythme. Reliez-le à un "
        "indicateur, ou précisez-le."
    ),
)
def criteres_mesurables(contrat: ContexteContrat, _: ContexteContrat) -> list[Anomalie]:
    """Criteria of the contract do not say what is counted: one finding, which names them by axe."""
    flous = {
        axe: [dit for dit in criteres if not est_mesurable(dit)] for axe, criteres in contrat.criteres.items()
    }
    combien, tous = sum(map(len, flous.values())), sum(map(len, contrat.criteres.values()))
    if not combien:
        return []
    return [
        anomalie(
            "COH-26",
            Gravite.ALERTE,
            f"{pluriel(combien, SANS_MESURE)}, sur {nombre(tous)} : "
            f"{_cites(dit for criteres in flous.values() for dit in criteres)}.",
            "criteres",
            {"flous": combien, "criteres": tous},
            objet="contrat",
            explication=" ".join(
                f"« {axe} » : {', '.join(f'« {dit} »' for dit in dits)}."
                for axe, dits in flous.items()
                if dits
            ),
            citation=next(dit for criteres in flous.values() for dit in criteres),
        )
    ]


@regle(
    "COH-30",
    portee=Portee.CONTRAT,
    gravite=Gravite.ALERTE,
    titre="Nombre d'éléments annoncé",
    explication="Une liste a autant d'éléments que la phrase qui l'annonce.",
)
def elements_annonces(contrat: ContexteContrat, _: ContexteContrat) -> list[Anomalie]:
    """A list of the contract has not as many items as the sentence before it says."""
    return [
        anomalie(
            "COH-30",
            Gravite.ALERTE,
            f"« {annonce} » : {nombre(dit)} annoncés, {pluriel(present, 'présent,présents')} dans la liste.",
            texte.champ,
            {"annonces": dit, "presents": present},
            objet=texte.objet,
            citation=annonce,
        )
        for texte in contrat.textes
        for dit, present, annonce in listes_annoncees(_BALISE.sub("", texte.texte))
        if dit != present
    ]


# -- Conventions -----------------------------------------------------------------------------------
@regle(
    "COH-14",
    portee=Portee.CONVENTION,
    gravite=Gravite.BLOQUANT,
    titre="Renvois d'articles",
    explication="Un renvoi mène à l'article qui parle de la chose : sinon, la clause ne s'applique pas comme prévu.",
)
def renvois_d_articles(convention: ConventionLue, _: ContexteContrat) -> list[Anomalie]:
    """A « (cf. article N) » leads to an article that is not there, or to another subject."""
    texte = "\n".join(lu.texte for lu in convention.textes)
    titres = titres_d_articles(texte)
    # Without most of its headings, nobody knows what the text refers to.
    if len(titres) < 3:
        return []
    trouvees = []
    for renvoi in renvois(texte):
        juste = article_qui_en_parle(renvoi.objet, titres)
        if renvoi.article not in titres:
            phrase = f"Le texte renvoie à l'article {renvoi.article}, qui n'existe pas."
        elif _mene_ailleurs(renvoi, titres, juste):
            phrase = (
                f"Le texte renvoie à l'article {renvoi.article} (« {titres[renvoi.article]} ») ; ce qu'il dit est à "
                f"l'article {juste} (« {titres[juste]} »)."
            )
        else:
            continue
        trouvees.append(
            anomalie(
                "COH-14",
                Gravite.BLOQUANT,
                phrase,
                "textes",
                {"article": renvoi.article, "juste": juste},
                objet=f"convention:{convention.cle}",
                citation=renvoi.mots[-160:],
            )
        )
    return trouvees


def _mene_ailleurs(renvoi: Renvoi, titres: dict[str, str], juste: str) -> bool:
    """Return whether the article named says nothing of it, and another surely does: two words of its title."""
    dits = radicaux(renvoi.objet)
    return (
        juste != ""
        and not dits & radicaux(titres[renvoi.article])
        and len(dits & radicaux(titres[juste])) >= 2
    )


@regle(
    "COH-15",
    portee=Portee.CONVENTION,
    gravite=Gravite.BLOQUANT,
    titre="Un seul représentant légal",
    explication="Une association a un représentant légal à la date de signature : celui qui signe.",
)
def representant_unique(convention: ConventionLue, _: ContexteContrat) -> list[Anomalie]:
    """Two legal representatives are named for the signature of a convention."""
    noms = {" ".join(mot.ecrit for mot in mots(nom)): fonction for nom, fonction in convention.representants}
    if len(noms) < 2:
        return []
    return [
        anomalie(
            "COH-15",
            Gravite.BLOQUANT,
            f"{convention.porteur} a deux représentants légaux : "
            + enumerer([f"{nom} ({fonction})" for nom, fonction in convention.representants])
            + ". Indiquez celui qui l'est à la date de signature.",
            "representants",
            {"representants": " ; ".join(sorted(noms))},
            objet=f"convention:{convention.cle}",
        )
    ]


# -- Words -----------------------------------------------------------------------------------------
def _cites(libelles: Iterable[str]) -> str:
    """Return the first labels in quotes, and how many more."""
    tous = list(libelles)
    cites = [f"« {libelle} »" for libelle in tous[:EXEMPLES]]
    reste = len(tous) - len(cites)
    return enumerer(cites) if not reste else f"{', '.join(cites)} et {pluriel(reste, 'autre,autres')}"
