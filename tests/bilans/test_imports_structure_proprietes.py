"""What must hold of any table: place and writing of titles change nothing, nothing is raised, time is linear."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bilans.imports.champs import existe
from bilans.imports.lignes import LigneLue, NatureLigne, lire_lignes
from bilans.imports.structure import Structure, TableauIntrouvable, reconnaitre
from documents.tableurs.modele import Classeur, Feuille, Plage, Valeur
from tests.outils.sans_fin import se_termine
from tests.tableurs.classeurs import classeur, feuille

# A programme: title, values. Each is known by its title alone, so its place does not matter.
COLONNES: tuple[tuple[str, tuple[Valeur, ...]], ...] = (
    ("Porteur de projet", ("MJC", "CCAS", "Régie de quartier", "Femmes Debout")),
    ("Intitulé de l'action", ("Web radio", "PRE", "Recyclerie", "Accès aux droits")),
    ("Axe prioritaire", ("Culture", "Éducation", "Emploi", "Lien social")),
    ("Objectifs", ("S'exprimer", "Réussir", "Réparer", "Informer")),
    ("Nombre de bénéficiaires QPV", (20, 141, 35, 60)),
    ("Femmes 16/17 ans", (4, None, 3, 12)),
    ("Demandé État", (5000, 60000, 15000, None)),
    ("Accordé État", (4000, "55 000 €", 10000, 2500)),
    ("Coût total", (12000, 90000, Decimal("40000.5"), 6000)),
    ("Date de début", (date(2024, 3, 1), None, date(2024, 1, 15), None)),
)
ATTENDU = {
    "Porteur de projet": "porteur",
    "Intitulé de l'action": "intitule",
    "Axe prioritaire": "axe_1",
    "Objectifs": "objectifs",
    "Nombre de bénéficiaires QPV": "personnes_qpv",
    "Femmes 16/17 ans": "effectif:total:F:16-17",
    "Demandé État": "montant:demande",
    "Accordé État": "montant:accorde",
    "Coût total": "cout_prevu",
    "Date de début": "date_debut",
}
ACCENTS = str.maketrans("éèêàâîôûç", "eeeaaiouc")


def ecrire(titre: str, facon: int) -> str:
    """The title as another town writes it."""
    facons = (
        str.upper,
        str.lower,
        str.title,
        lambda lu: lu.translate(ACCENTS),
        lambda lu: lu.replace(" ", "  "),
        lambda lu: lu.replace(" ", "\n"),
        lambda lu: f" {lu} *",
        lambda lu: f"{lu} :",
        lambda lu: lu.replace("'", "’").replace(" ", "\xa0"),
    )
    return facons[facon % len(facons)](titre)


@given(
    ordre=st.permutations(range(len(COLONNES))),
    facons=st.lists(st.integers(0, 8), min_size=len(COLONNES), max_size=len(COLONNES)),
    ajouts=st.lists(
        st.sampled_from(["Zorglub", "Remarque interne", "Couleur préférée"]), max_size=3, unique=True
    ),
    vides=st.lists(st.integers(0, 3), max_size=4),
    titres=st.lists(
        st.sampled_from(["PROGRAMMATION 2024", "Contrat de ville", "Document de travail"]), max_size=4
    ),
    decalage=st.integers(0, 2),
)
@settings(max_examples=80, deadline=None)
def test_place_et_ecriture_des_titres_ne_changent_pas_ce_qui_est_lu(
    ordre: Sequence[int],
    facons: Sequence[int],
    ajouts: Sequence[str],
    vides: Sequence[int],
    titres: Sequence[str],
    decalage: int,
) -> None:
    marge: list[Valeur] = [None] * decalage
    entete = [ecrire(COLONNES[i][0], facons[i]) for i in ordre]
    lignes: list[list[Valeur]] = [[titre] for titre in titres]
    lignes.append([*marge, *entete, *ajouts])
    for rang in range(4):
        lignes += [[]] * vides.count(rang)
        lignes.append([*marge, *(COLONNES[i][1][rang] for i in ordre), *["extra"] * len(ajouts)])
    lu = classeur(feuille("Feuil1", lignes))
    structure = reconnaitre(lu)
    trouves = [colonne.champ for colonne in structure.colonnes if colonne.index >= decalage]
    assert trouves == [*(ATTENDU[COLONNES[i][0]] for i in ordre), *["note"] * len(ajouts)]
    actions = [ligne for ligne in lire_lignes(lu.feuilles[0], structure) if ligne.est_une_action]
    assert [par_titre(structure, ligne, ordre, decalage) for ligne in actions] == [
        {titre: valeurs[rang] for titre, valeurs in COLONNES if valeurs[rang] is not None}
        for rang in range(4)
    ]


def par_titre(
    structure: Structure, ligne: LigneLue, ordre: Sequence[int], decalage: int
) -> dict[str, Valeur]:
    """What a row says, by the first writing of its titles; the columns added are left aside."""
    cles = {structure.cles[decalage + place]: COLONNES[i][0] for place, i in enumerate(ordre)}
    return {cles[cle]: valeur for cle, valeur in ligne.valeurs.items() if cle in cles}


# -- Any workbook ----------------------------------------------------------------------------------
MOTS = st.sampled_from(
    [
        *(
            "Porteur",
            "Action",
            "Bilan",
            "Ville",
            "État",
            "Total",
            "Sous-total",
            "QPV",
            "F",
            "6-15",
            "%",
            "Montant 2024",
        ),
        *(
            "Demandé",
            "Nom : PRE",
            "Objectifs",
            "Département Région",
            "N+1",
            "47 %",
            "24 000 €",
            "-",
            "*",
            "Axe 1 : x",
        ),
    ]
)
VALEURS = st.one_of(
    st.none(),
    MOTS,
    st.text(max_size=12),
    st.integers(-(10**20), 10**20),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(),
    st.datetimes(),
)
PLAGES = st.tuples(*[st.integers(0, 12)] * 4).map(
    lambda b: Plage(min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
)


@st.composite
def feuilles(tirer: st.DrawFn) -> Feuille:
    largeur = tirer(st.integers(0, 9))
    ligne = st.lists(VALEURS, min_size=largeur, max_size=largeur).map(tuple)
    positions = st.frozensets(st.tuples(st.integers(0, 12), st.integers(0, 9)), max_size=4)
    return Feuille(
        tirer(st.text(max_size=10)),
        tuple(tirer(st.lists(ligne, max_size=12))),
        tuple(tirer(st.lists(PLAGES, max_size=5))),
        masquee=tirer(st.booleans()),
        pourcentages=tirer(positions),
        erreurs=dict.fromkeys(tirer(positions), "#REF!"),
        sans_valeur=tirer(positions),
        lignes_masquees=frozenset(tirer(st.lists(st.integers(0, 12), max_size=3))),
        colonnes_masquees=frozenset(tirer(st.lists(st.integers(0, 9), max_size=3))),
    )


@given(pages=st.lists(feuilles(), max_size=3), financeurs=st.lists(st.text(max_size=10), max_size=3))
@example(pages=[Feuille("", ((),))], financeurs=[""])
@example(pages=[Feuille("", (("Porteur", "Action"),), (Plage(0, 0, 900000, 900000),))], financeurs=[])
@settings(max_examples=200, deadline=None)
def test_aucun_classeur_ne_fait_lever_autre_chose_qu_une_phrase(
    pages: list[Feuille], financeurs: list[str]
) -> None:
    try:
        structure = reconnaitre(Classeur("x.xlsx", "xlsx", tuple(pages)), financeurs=financeurs)
    except TableauIntrouvable:
        return
    assert Structure.from_dict(structure.to_dict()) == structure
    assert all(existe(colonne.champ) for colonne in structure.colonnes)
    source = next(page for page in pages if page.nom == structure.feuille)
    for ligne in lire_lignes(source, structure):
        assert set(ligne.valeurs) == set(ligne.cellules)
        assert ligne.heritees <= set(ligne.valeurs)
        assert None not in ligne.valeurs.values()


@given(
    pages=st.lists(feuilles(), min_size=1, max_size=2),
    entete=st.tuples(st.integers(-1, 12), st.integers(-1, 12)),
)
@settings(max_examples=60, deadline=None)
def test_une_entete_imposee_ne_leve_rien_d_autre_non_plus(
    pages: list[Feuille], entete: tuple[int, int]
) -> None:
    try:
        structure = reconnaitre(Classeur("x.xlsx", "xlsx", tuple(pages)), feuille=pages[0].nom, entete=entete)
    except TableauIntrouvable:
        return
    assert structure.entete == entete
    lire_lignes(pages[0], structure)


# -- Large ones ------------------------------------------------------------------------------------
def grand(lignes: int) -> Classeur:
    entete = (
        "Porteur",
        "Action",
        "Bilan",
        "Ville",
        "État",
        "Région",
        "Total",
        None,
        *[f"Question {i}" for i in range(2)],
    )
    corps = [
        (
            *(f"Association {rang % 40}", f"Action {rang}", "Un texte de bilan assez long. " * 4),
            *(100, "2 000", rang, 2100 + rang, None, *["réponse"] * 2),
        )
        for rang in range(lignes)
    ]
    return classeur(feuille("Feuil1", [entete, *corps]))


def test_vingt_mille_lignes_se_lisent_jusqu_au_bout() -> None:
    lu = grand(20_000)
    with se_termine():
        lignes = lire_lignes(lu.feuilles[0], reconnaitre(lu))
    assert sum(ligne.nature is NatureLigne.ACTION for ligne in lignes) == 20_000


def test_des_textes_et_des_fusions_hostiles_se_lisent() -> None:
    """A cell of a million characters, ranges that overlap without end, a page of rests of one text."""
    fusions = tuple(Plage(1, 0, 5000, 5) for _ in range(500))
    suites = [(None, None, "suite " * 20, None, None, None)] * 5000
    lignes = (
        ("Porteur", "Action", "Bilan", "x" * 1_000_000, None, None),
        ("MJC", "Web radio", "début", 1, 2, 3),
        *suites,
    )
    lu = Classeur("x.xlsx", "xlsx", (Feuille("a", lignes, fusions), Feuille("b", lignes)))
    with se_termine():
        structure = reconnaitre(lu)
        for page in lu.feuilles:
            lire_lignes(page, structure)
