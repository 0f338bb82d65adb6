"""What a column holds, from its title, the titles above it and what is written in it: read, with how sure and why.

First each column by itself (`lire_colonne`), then all together (`accorder`): a total is told by its neighbours, a
column without title by its figures, two columns never fill one field.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from comptes.templatetags.typographie import insecables

from . import champs
from .alias import SELON_LA_TABLE
from .champs import CHAMPS, ETATS, Confiance, Genre, champ_montant, est_montant
from .profils import Profil
from .titres import cle_sans_precision, cle_titre
from .vocabulaire import (
    EXACTS,
    USUELS,
    Vocabulaire,
    est_argent,
    est_prevu,
    est_public,
    indices,
    lire_effectif,
    usuel,
)

# Words that tell a cost from the amount of a funder, and a cost that was met from one that was planned.
_MOTS_COUT = frozenset({"cout", "budget", "depense", "resultat", "atterrissage"})
_MOTS_REALISE = frozenset({"realise", "reel", "reelle", "execute", "definitif", "final"})
_TOTAUX = frozenset({"total", "total general", "ensemble", "totaux", "general", "total ensemble"})
# They count something, and are the name of nobody who pays.
_SANS_NOM = frozenset({"combien", "nombre", "quantite"})
_NUMERIQUES = (Genre.ENTIER, Genre.MONTANT)
# Fields of text that may well be numbers.
_CODES = frozenset(
    {"reference", "siret", "rna", "territoires", "note", "thematique", "dispositif", "financeur"}
)
# Of two columns that could be one field, the one whose title says it best comes first.
SEUIL_PROBABLE, SEUIL_INCERTAIN = 4, 3


@dataclass(frozen=True)
class Lecture:
    """How a column was read: the field, the funder's label, the year that its title says, how sure, why."""

    champ: str = champs.NOTE
    financeur: str = ""
    exercice: str = ""
    etat_ecrit: bool = False
    confiance: Confiance = Confiance.INCONNUE
    raison: str = ""


@dataclass(frozen=True)
class Titre:
    """The title of a column and those above it; both blank when it has none."""

    texte: str
    groupe: str = ""

    @property
    def entier(self) -> str:
        """« Autres financeurs / AGGLO »."""
        return " / ".join(niveau for niveau in (self.groupe, self.texte) if niveau)


_Lecteur = Callable[[Titre, Profil, Vocabulaire, bool], Lecture | None]


# -- A column by itself ----------------------------------------------------------------------------
def lire_colonne(titre: Titre, profil: Profil, mots: Vocabulaire, bilan: bool) -> Lecture:
    """Return how a column reads by itself. `bilan` says whether the table is about a year that is over."""
    if not titre.texte:
        return Lecture(raison="La colonne n'a pas de titre.")
    lecture = _selon_le_titre(titre, profil, mots, bilan) or _selon_une_faute(titre, profil, mots, bilan)
    lecture = lecture or _selon_les_mots(titre, profil, bilan)
    if lecture is None:
        return Lecture(raison=_inconnu(titre, profil))
    return _selon_le_contenu(lecture, profil)


def _inconnu(titre: Titre, profil: Profil) -> str:
    """Return why a column is kept as a note: nobody guesses what « Combien » counts."""
    if profil.numerique:
        return (
            f"Le titre « {titre.entier} » n'est pas connu et ses cases sont des nombres : des personnes, des euros ? "
            "Dites-le ici ; sinon la colonne est gardée en note."
        )
    return f"Le titre « {titre.entier} » n'est pas connu : la colonne est gardée en note."


def _selon_le_titre(titre: Titre, profil: Profil, mots: Vocabulaire, bilan: bool) -> Lecture | None:
    """Return the reading of a title as it is written, None when it says nothing."""
    ordre: tuple[_Lecteur, ...]
    if titre.groupe and est_argent(titre.groupe):
        ordre = (_montant, _effectif, _exact)
    elif titre.groupe and est_public(titre.groupe):
        ordre = (_prevu, _effectif, _exact, _montant)
    elif titre.groupe and usuel(cle_titre(titre.groupe)):
        ordre = (_montant, _exact, _effectif)
    else:
        ordre = (_exact, _prevu, _effectif, _montant)
    lectures = (lire(titre, profil, mots, bilan) for lire in ordre)
    return next((lecture for lecture in lectures if lecture is not None), None)


def _exact(titre: Titre, profil: Profil, mots: Vocabulaire, bilan: bool) -> Lecture | None:
    for texte in dict.fromkeys((titre.texte, titre.entier)):
        champ = mots.exact(texte)
        if champ:
            return _reconnu(champ, titre.texte)
        double = mots.double(texte)
        if double is not None:
            return _selon_deux_sens(double, titre.texte, profil, bilan)
    return None


def _reconnu(champ: str, titre: str) -> Lecture:
    raison = f"Le titre « {titre} » est connu."
    if champ == champs.NOTE and est_prevu(titre):
        raison = _dit_prevu(titre)
    elif champ == champs.NOTE:
        raison = f"« {titre} » n'a pas de place à soi : la colonne est gardée en note."
    return Lecture(champ, confiance=Confiance.SURE, raison=raison)


def _selon_deux_sens(double: tuple[str, str], titre: str, profil: Profil, bilan: bool) -> Lecture | None:
    """Return the meaning that the cells decide; None when it is a funder's: money is read elsewhere."""
    en_nombres, en_textes = double
    champ = en_nombres if profil.numerique or (profil.vide and not en_nombres) else en_textes
    if not champ:
        return None
    if champ in SELON_LA_TABLE:
        champ = SELON_LA_TABLE[champ][0 if bilan else 1]
        quoi = "un bilan" if bilan else "un programme"
        raison = f"Dans {quoi}, « {titre} » est lu comme « {CHAMPS[champ].libelle} »."
        return Lecture(champ, confiance=Confiance.PROBABLE, raison=raison)
    contenu = "des nombres" if profil.numerique else "des textes"
    return Lecture(
        champ,
        confiance=Confiance.PROBABLE,
        raison=f"Sous « {titre} », les cases sont {contenu} : lu comme « {CHAMPS[champ].libelle} ».",
    )


def _effectif(titre: Titre, profil: Profil, mots: Vocabulaire, bilan: bool) -> Lecture | None:
    """Return the people that a title counts; of a title of two levels, what the group adds."""
    if profil.textuel:
        return None
    for texte in dict.fromkeys((f"{titre.groupe} {titre.texte}", titre.texte)):
        effectif = lire_effectif(texte)
        if effectif is not None:
            raison = f"Le titre « {titre.entier} » compte des personnes : {effectif.libelle}."
            return Lecture(effectif.nom, confiance=Confiance.SURE, raison=raison)
    return None


def _prevu(titre: Titre, profil: Profil, mots: Vocabulaire, bilan: bool) -> Lecture | None:
    """Return as a note the people that a title expects: they are not those who came."""
    entier = f"{titre.groupe} {titre.texte}".strip()
    if not est_prevu(entier) or (profil.textuel and not profil.en_personnes):
        return None
    return Lecture(confiance=Confiance.PROBABLE, raison=_dit_prevu(titre.entier))


def _dit_prevu(titre: str) -> str:
    return f"« {titre} » compte des personnes prévues, pas celles qui sont venues : la colonne est gardée en note."


def _montant(titre: Titre, profil: Profil, mots: Vocabulaire, bilan: bool) -> Lecture | None:
    """Return the money that a title says: a funder, a state, a cost or a total. Cells of people are no money."""
    if profil.textuel or profil.en_personnes:
        return None
    seul = set(cle_titre(titre.texte).split())
    if "%" in seul or profil.en_pourcentage:
        mots_de_part = {mot for mot in seul if not mot.isdigit()} <= {"%", "part", "taux"}
        return _part(titre) if mots_de_part or est_argent(titre.entier) else None
    lu = mots.montant(titre.entier)
    tous = set(cle_titre(titre.entier).split())
    if tous & _MOTS_COUT and not lu.connu:
        champ = "cout_realise" if tous & _MOTS_REALISE else "cout_prevu"
        return Lecture(champ, exercice=lu.exercice, confiance=Confiance.PROBABLE, raison=_dit_l_argent(titre))
    if lu.total and not lu.connu:
        dit = lu.argent and not (lu.financeur and usuel(cle_titre(lu.financeur)))
        return (
            Lecture("total_ligne", confiance=Confiance.PROBABLE, raison=_dit_l_argent(titre)) if dit else None
        )
    if not (lu.connu or lu.argent or lu.usuel):
        return None
    etat = lu.etat or "accorde"
    confiance, raison = _certitude(titre, lu.financeur, lu.connu, lu.usuel)
    return Lecture(champ_montant(etat), lu.financeur, lu.exercice, bool(lu.etat), confiance, raison)


def _part(titre: Titre) -> Lecture:
    return Lecture(
        "part",
        confiance=Confiance.PROBABLE,
        raison=f"« {titre.entier} » est un pourcentage : il sera recalculé.",
    )


def _dit_l_argent(titre: Titre) -> str:
    return f"Le titre « {titre.entier} » dit un montant."


def _certitude(titre: Titre, financeur: str, connu: bool, est_usuel: bool) -> tuple[Confiance, str]:
    if connu:
        return Confiance.SURE, f"« {titre.entier} » est un financeur du contrat : « {financeur} »."
    if est_usuel:
        return Confiance.PROBABLE, f"« {titre.entier} » est lu comme le financeur « {financeur} »."
    if financeur:
        return Confiance.PROBABLE, f"« {titre.entier} » est lu comme un montant de « {financeur} »."
    return Confiance.PROBABLE, f"« {titre.entier} » est un montant, sans financeur."


def _selon_une_faute(titre: Titre, profil: Profil, mots: Vocabulaire, bilan: bool) -> Lecture | None:
    """Return the reading of the title that was meant: « DESSCRIPTIF » for « descriptif »."""
    cle = mots.corriger(titre.texte)
    if not cle:
        return None
    lecture = _selon_le_titre(Titre(cle, titre.groupe), profil, mots, bilan)
    if lecture is None:
        return None
    return replace(
        lecture,
        confiance=max(lecture.confiance, Confiance.PROBABLE, key=lambda confiance: confiance.rang),
        raison=f"Le titre dit « {titre.texte} », lu comme « {cle} ».",
    )


def _selon_les_mots(titre: Titre, profil: Profil, bilan: bool) -> Lecture | None:
    """Return the field to which the words of a title lean."""
    champ, score = indices(titre.texte)
    if score < SEUIL_INCERTAIN:
        return None
    if champ == "description" and bilan:
        champ = "mise_en_oeuvre"
    if profil.numerique and CHAMPS[champ].genre is Genre.TEXTE and champ not in _CODES:
        return None
    confiance = Confiance.PROBABLE if score >= SEUIL_PROBABLE else Confiance.INCERTAINE
    return Lecture(
        champ,
        confiance=confiance,
        raison=f"Les mots de « {titre.texte} » font penser à « {CHAMPS[champ].libelle} ».",
    )


def _selon_le_contenu(lecture: Lecture, profil: Profil) -> Lecture:
    """Return the reading made less sure, or changed, by what the cells hold."""
    genre = champs.champ(lecture.champ).genre
    if lecture.champ == "dates_lieux" and profil.date:
        return replace(lecture, champ="date_debut", confiance=Confiance.PROBABLE)
    if genre in _NUMERIQUES and profil.remplies >= 2 and profil.textuel and not est_montant(lecture.champ):
        if lecture.champ in ("personnes", "personnes_qpv") and 2 * profil.longs > profil.remplies:
            return replace(
                lecture,
                champ="type_public",
                confiance=Confiance.PROBABLE,
                raison=f"{lecture.raison} Ses cases sont des textes : lu comme le public accueilli.",
            )
        return replace(
            lecture,
            confiance=Confiance.INCERTAINE,
            raison=f"{lecture.raison} Mais ses cases sont des textes, pas des nombres.",
        )
    if genre is Genre.TEXTE and profil.que_des_nombres and lecture.champ not in _CODES:
        autre = "ordre" if lecture.champ in ("intitule", "porteur") else champs.NOTE
        return replace(
            lecture,
            champ=autre,
            confiance=Confiance.INCERTAINE,
            raison=f"{lecture.raison} Mais ses cases sont des nombres.",
        )
    return lecture


# -- The columns together --------------------------------------------------------------------------
def accorder(
    titres: Sequence[Titre],
    lectures: Sequence[Lecture],
    profils: Sequence[Profil],
    annee: int | None,
    sous_total: Sequence[bool],
) -> list[Lecture]:
    """Return the readings made to agree.

    `annee` is the year of the table when it is known; `sous_total` says of each column whether its figures are the
    subtotals of its rows.
    """
    accordees = list(lectures)
    _separer_les_titres_colles(titres, accordees, profils)
    _lire_le_beneficiaire(titres, accordees, profils)
    _lire_les_totaux(titres, accordees, profils)
    _lire_les_sous_totaux(titres, accordees, sous_total)
    _lire_entre_deux_montants(titres, accordees, profils)
    _garder_un_exercice(accordees, annee)
    _dire_l_etat(accordees)
    _departager(accordees)
    return [replace(lecture, raison=insecables(lecture.raison)) for lecture in accordees]


def _separer_les_titres_colles(
    titres: Sequence[Titre], lectures: list[Lecture], profils: Sequence[Profil]
) -> None:
    """Share « Département Région » between its column and the next one, that has figures and no title."""
    for i, titre in enumerate(titres):
        noms = deux_financeurs(titre.texte)
        if noms is None:
            continue
        libre = i + 1 < len(titres) and not titres[i + 1].texte and profils[i + 1].numerique
        if not libre:
            lectures[i] = replace(
                lectures[i],
                confiance=Confiance.INCERTAINE,
                raison=f"« {titre.texte} » nomme deux financeurs : dites lequel.",
            )
            continue
        for colonne, nom in zip((i, i + 1), noms, strict=True):
            lectures[colonne] = Lecture(
                champ_montant("accorde"),
                nom,
                confiance=Confiance.PROBABLE,
                raison=f"« {titre.texte} » nomme deux financeurs pour deux colonnes : lu « {nom} ».",
            )


def deux_financeurs(titre: str) -> tuple[str, str] | None:
    """Return the two usual funders that a title glues together (« Département Région »), None for one or none."""
    mots = titre.split()
    if len(mots) < 2 or usuel_exact(titre):
        return None
    for coupe in range(1, len(mots)):
        gauche, droite = " ".join(mots[:coupe]), " ".join(mots[coupe:])
        if usuel_exact(gauche) and usuel_exact(droite):
            return gauche, droite
    return None


def usuel_exact(titre: str) -> bool:
    """Return whether the title is a usual funder, and nothing more."""
    return cle_titre(titre) in USUELS


def _lire_le_beneficiaire(
    titres: Sequence[Titre], lectures: list[Lecture], profils: Sequence[Profil]
) -> None:
    """Read « Bénéficiaire » as who receives the money, when short names stand under it and no other is a porteur."""
    if any(lecture.champ == champs.PORTEUR for lecture in lectures):
        return
    for i, titre in enumerate(titres):
        noms = profils[i].textuel and not profils[i].longs
        if cle_sans_precision(titre.texte) == "beneficiaire" and noms:
            lectures[i] = Lecture(
                champs.PORTEUR,
                confiance=Confiance.PROBABLE,
                raison=f"« {titre.texte} » : des noms, et aucune autre colonne ne donne le porteur.",
            )
            return


def _lire_les_totaux(titres: Sequence[Titre], lectures: list[Lecture], profils: Sequence[Profil]) -> None:
    """Read « Total » by what stands before it: people, or money."""
    for i, titre in enumerate(titres):
        if cle_sans_precision(titre.texte) not in _TOTAUX:
            continue
        voisines = [*reversed(lectures[:i]), *lectures[i + 1 :]]
        voisine = next(
            (lu for lu in voisines if est_montant(lu.champ) or champs.lire_effectif(lu.champ)), None
        )
        if titre.groupe and est_public(titre.groupe) and not est_argent(titre.groupe):
            qpv = "qpv" in cle_titre(titre.groupe).split()
            lectures[i] = _total_de_personnes("qpv" if qpv else "total", titre)
        elif voisine is not None and not est_montant(voisine.champ) and not est_argent(titre.groupe):
            effectif = champs.lire_effectif(voisine.champ)
            lectures[i] = _total_de_personnes(effectif.perimetre if effectif else "total", titre)
        elif voisine is not None or est_argent(titre.groupe):
            lectures[i] = Lecture(
                "total_ligne",
                confiance=Confiance.PROBABLE,
                raison=f"« {titre.entier} » suit des montants : lu comme le total de la ligne.",
            )


def _total_de_personnes(perimetre: str, titre: Titre) -> Lecture:
    return Lecture(
        "personnes_qpv" if perimetre == "qpv" else "personnes",
        confiance=Confiance.PROBABLE,
        raison=f"« {titre.entier} » suit des nombres de personnes.",
    )


def _lire_les_sous_totaux(
    titres: Sequence[Titre], lectures: list[Lecture], sous_total: Sequence[bool]
) -> None:
    """Read a column that has no title by its figures, when they are the sums of the rows of a porteur."""
    for i, titre in enumerate(titres):
        if sous_total[i] and not titre.texte and lectures[i].champ == champs.NOTE:
            lectures[i] = Lecture(
                champs.SOUS_TOTAL,
                confiance=Confiance.PROBABLE,
                raison="La colonne n'a pas de titre ; ses nombres sont les sommes des lignes d'un même porteur.",
            )


def _lire_entre_deux_montants(
    titres: Sequence[Titre], lectures: list[Lecture], profils: Sequence[Profil]
) -> None:
    """Read as money the figures that stand, under an unknown title, between two columns of money."""
    argent = [est_montant(lu.champ) or lu.champ == champs.TOTAL_LIGNE for lu in lectures]
    for i in range(1, len(lectures) - 1):
        inconnue = lectures[i].champ == champs.NOTE and lectures[i].confiance is Confiance.INCONNUE
        nomme = titres[i].texte and cle_titre(titres[i].texte) not in _SANS_NOM
        if not (inconnue and nomme and _de_l_argent(profils[i]) and argent[i - 1] and argent[i + 1]):
            continue
        lectures[i] = Lecture(
            champ_montant("accorde"),
            titres[i].texte,
            confiance=Confiance.PROBABLE,
            raison=f"« {titres[i].texte} » est entre deux colonnes de montants : lu comme un financeur.",
        )
        argent[i] = True


def _de_l_argent(profil: Profil) -> bool:
    return profil.numerique and not profil.en_personnes


def _garder_un_exercice(lectures: list[Lecture], annee: int | None) -> None:
    """Keep as notes the amounts of the other years, when a table has several side by side."""
    ecrits = {
        lu.exercice
        for lu in lectures
        if lu.exercice and (est_montant(lu.champ) or lu.champ.startswith("cout"))
    }
    annees = sorted(int(exercice) for exercice in ecrits if exercice.isdigit())
    relatifs = ecrits - {str(lue) for lue in annees}
    if len(ecrits) < 2 and not (annee and annees and annees != [annee]):
        return
    garde = _exercice_garde(annees, relatifs, annee)
    for i, lecture in enumerate(lectures):
        if lecture.exercice and lecture.exercice != garde and lecture.champ != champs.NOTE:
            lectures[i] = Lecture(
                exercice=lecture.exercice,
                confiance=Confiance.PROBABLE,
                raison=f"Un montant de l'exercice {lecture.exercice.upper()}, pas de {garde.upper()} : gardé en note.",
            )


def _exercice_garde(annees: Sequence[int], relatifs: set[str], annee: int | None) -> str:
    if annee is not None and annees:
        return str(annee)
    if annees:
        return str(annees[-1])
    return "n" if "n" in relatifs else min(relatifs)


def _dire_l_etat(lectures: list[Lecture]) -> None:
    """Give the amounts whose title says no state the furthest one that others say, « accordé » when none does."""
    ecrits = [lu.champ for lu in lectures if est_montant(lu.champ) and lu.etat_ecrit]
    ordre = [champ_montant(etat) for etat in ETATS]
    defaut = max(ecrits, key=ordre.index) if ecrits else champ_montant("accorde")
    mot = ETATS[defaut.partition(":")[2]]
    for i, lecture in enumerate(lectures):
        if est_montant(lecture.champ) and not lecture.etat_ecrit:
            confiance = max(lecture.confiance, Confiance.PROBABLE, key=lambda confiance: confiance.rang)
            lectures[i] = replace(
                lecture,
                champ=defaut,
                confiance=confiance,
                raison=f"{lecture.raison} L'état du montant n'est pas écrit : lu comme {mot}.",
            )


def _departager(lectures: list[Lecture]) -> None:
    """Leave each field to one column, the surest then the first; the others are kept as notes."""
    pris: dict[str, int] = {}
    for i, lecture in sorted(enumerate(lectures), key=lambda couple: (couple[1].confiance.rang, couple[0])):
        if est_montant(lecture.champ) or lecture.champ in (champs.NOTE, champs.IGNORER, "part"):
            continue
        if lecture.champ not in pris:
            pris[lecture.champ] = i
            continue
        lectures[i] = Lecture(
            confiance=Confiance.PROBABLE,
            raison=f"Une autre colonne est déjà lue comme « {champs.champ(lecture.champ).libelle} » : gardée en note.",
        )


# -- Subtotals -------------------------------------------------------------------------------------
def est_sous_total(
    valeurs: Sequence[Decimal | None], totaux: Sequence[Decimal | None], porteurs: Sequence[str]
) -> bool:
    """Return whether the figures of a column are sums of rows: of the porteur's, of the block above, of the row.

    One value for each row of the three. `totaux` is the total of the row, `porteurs` blank when as above. More than
    half of at least two figures must be such a sum.
    """
    par_bloc: dict[int, Decimal] = {}
    rangs, rang, courant = [], 0, ""
    for porteur, total in zip(porteurs, totaux, strict=True):
        if porteur and porteur != courant:
            rang, courant = rang + 1, porteur
        rangs.append(rang)
        par_bloc[rang] = par_bloc.get(rang, Decimal(0)) + (total or 0)
    ecrites = justes = 0
    cumul = Decimal(0)
    for valeur, total, rang in zip(valeurs, totaux, rangs, strict=True):
        cumul += total or 0
        if valeur is None:
            continue
        ecrites += 1
        juste = valeur in (total, par_bloc[rang], cumul)
        justes += juste
        cumul = Decimal(0) if juste else cumul
    return ecrites >= 2 and 2 * justes > ecrites


# -- What kind of table ----------------------------------------------------------------------------
def parle_de_bilan(titres: Sequence[Titre], textes: Sequence[str]) -> bool:
    """Return whether the table is about a year that is over: its title or one of its columns says so."""
    mots = {mot for texte in textes for mot in cle_titre(texte[:200]).split()}
    if mots & {"bilan", "realise", "realisee"} or {"compte", "rendu"} <= mots:
        return True
    groupes = {EXACTS.get(cle_titre(titre.texte), "") for titre in titres}
    return any(CHAMPS[nom].groupe == "Bilan" for nom in groupes if nom in CHAMPS)
