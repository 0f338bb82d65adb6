"""The map: what a file may say, where things are drawn, where names go."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import settings as reglages
from hypothesis import strategies as st

from documents.graphiques import Carte, Contour, dessiner
from documents.graphiques_carte import STYLES, Surface, longueur_ronde
from documents.graphiques_contours import polygones, surface

from .exemples_graphiques import bagnols, grand_dole, polygone, tache
from .lecture_svg import POINT, Dessin

CARRE = [[4.0, 44.0], [5.0, 44.0], [5.0, 45.0], [4.0, 45.0], [4.0, 44.0]]
TROU = [[4.4, 44.4], [4.6, 44.4], [4.6, 44.6], [4.4, 44.6], [4.4, 44.4]]
PLEIN = STYLES[0].fond


def _carte(*contours: Contour) -> Carte:
    return Carte(titre="t", contours=contours)


@pytest.mark.parametrize(
    ("geometrie", "faute"),
    [
        ({}, "n'est pas une géométrie GeoJSON"),
        ([], "n'est pas une géométrie GeoJSON"),
        (
            {"type": "Point", "coordinates": [4, 44]},
            "est de type « Point » : il faut Polygon ou MultiPolygon",
        ),
        ({"type": "Feature", "geometry": polygone(CARRE)}, "est de type « Feature »"),
        ({"type": "Polygon"}, "a des coordonnées illisibles"),
        ({"type": "MultiPolygon"}, "n'a pas de coordonnées"),
        ({"type": "MultiPolygon", "coordinates": []}, "n'a pas de coordonnées"),
        ({"type": "MultiPolygon", "coordinates": CARRE}, "a des coordonnées illisibles"),
        (polygone(), "a des coordonnées illisibles"),
        (polygone([[4, 44], ["5", 44], [5, 45], [4, 44]]), "a des coordonnées illisibles"),
        (polygone([[4, 44], [True, 44], [5, 45], [4, 44]]), "a des coordonnées illisibles"),
        (polygone([[4, 44], [float("nan"), 44], [5, 45], [4, 44]]), "a des coordonnées illisibles"),
        (polygone([[4], [5], [6], [4]]), "a des coordonnées illisibles"),
        (polygone([[4, 44], [5, 44], [4, 44]]), "a moins de trois côtés"),
        (polygone(CARRE[:-1]), "n'est pas fermé : son dernier point doit être le premier"),
        (polygone([[4, 44], [5, 44], [6, 44], [4, 44]]), "n'a pas de surface"),
        (polygone([[880000, 6350000], [881000, 6350000], [881000, 6351000], [880000, 6350000]]), "Lambert"),
        (polygone(tache(4, 44, 1, 200_001)), "a plus de 200 000 points : simplifiez-le"),
    ],
)
def test_un_contour_illisible_est_refuse_en_francais(geometrie, faute):
    with pytest.raises(ValueError, match="Le contour de") as refus:
        dessiner(_carte(Contour("Les Escanaux", geometrie)))
    message = str(refus.value).replace("\u00a0", " ").replace("\u202f", " ")
    assert message.startswith("Le contour de « Les Escanaux » ")
    assert faute in message


def test_le_sens_des_anneaux_est_remis():
    """A hole must turn the other way than its outline, or it is filled; many files forget it."""
    for dehors in (CARRE, CARRE[::-1]):
        for trou in (TROU, TROU[::-1]):
            (lu,) = polygones(polygone(dehors, trou), "x")
            assert surface(lu[0]) > 0 > surface(lu[1])


def test_une_altitude_ne_gene_pas():
    assert polygones(polygone([[*point, 120.0] for point in CARRE]), "x") == polygones(polygone(CARRE), "x")


def test_les_proportions_sont_celles_du_terrain():
    """At 44.5° a degree of longitude is 0.713 of a degree of latitude."""
    (gauche, haut, droite, bas), *_ = Dessin(dessiner(_carte(Contour("Carré", polygone(CARRE))))).traces(
        PLEIN
    )
    assert (droite - gauche) / (bas - haut) == pytest.approx(0.7133, abs=0.001)


def test_le_nord_est_en_haut():
    nord, sud = (
        Contour(nom, polygone(tache(4.6, latitude, 1))) for nom, latitude in (("N", 44.2), ("S", 44.1))
    )
    du_nord, du_sud = Dessin(dessiner(_carte(nord, sud))).traces(PLEIN)[-2:]
    assert du_nord[3] < du_sud[1]


def test_un_trou_est_dans_son_contour():
    dessin = Dessin(dessiner(_carte(Contour("Carré", polygone(CARRE, TROU)))))
    (trace,) = [t.attrib["d"] for t in dessin.racine.iter() if t.attrib.get("fill") == PLEIN]
    assert trace.count("M") == 2
    # the name does not stand in the hole
    (boite,) = dessin.traces(PLEIN)
    nom = dessin.textes[0].cadre
    milieu = (boite[0] + boite[2]) / 2, (boite[1] + boite[3]) / 2
    assert not (nom[0] < milieu[0] < nom[2] and nom[1] < milieu[1] < nom[3])


def test_chaque_territoire_est_nomme_et_chaque_type_explique():
    mots = Dessin(dessiner(grand_dole())).mots
    ecrits = " ".join(mots)
    for contour in grand_dole().contours:
        assert contour.nom.split(",")[0] in ecrits
        assert mots.count(contour.type) == 1
    assert mots[-1].endswith(" km")


def test_un_nom_qui_ne_tient_pas_est_a_cote_avec_un_trait():
    dessin = Dessin(dessiner(bagnols()))
    noms = {texte.texte: texte.cadre for texte in dessin.textes}
    escanaux, _citadelle, coronelle = dessin.traces(PLEIN)
    dedans = noms["Les Escanaux"]
    assert escanaux[0] < dedans[0] < dedans[2] < escanaux[2]
    assert escanaux[1] < dedans[1] < dedans[3] < escanaux[3]
    dehors = noms["La Coronelle"]
    assert dehors[2] < coronelle[0] or dehors[0] > coronelle[2] or dehors[3] < coronelle[1]
    traits = [t for t in dessin.racine.iter() if t.attrib.get("stroke-width") == "0.5"]
    assert len(traits) == 1
    # a figure under each name, and what is not known said so
    assert [mot for mot in dessin.mots if mot in ("1 420", "640", "non renseigné")] == [
        "1 420",
        "640",
        "non renseigné",
    ]


def test_un_nom_ne_couvre_pas_un_territoire_plus_petit():
    ville = Contour("Une grande ville", polygone(tache(4.6, 44.1, 9)), "Commune")
    quartier = Contour("Les Escanaux", polygone(tache(4.6, 44.1, 3)), "QPV")
    dessin = Dessin(dessiner(_carte(quartier, ville)))
    nom = next(texte.cadre for texte in dessin.textes if texte.texte == "Une grande ville")
    # the second box: the first is the sample of the key
    gauche, haut, droite, bas = dessin.traces(PLEIN)[1]
    assert nom[2] < gauche or nom[0] > droite or nom[3] < haut or nom[1] > bas


def test_un_trait_n_est_pas_celui_d_un_territoire_qu_il_traverse():
    """A line that passes over a filled territory would seem to name it."""
    carre = Surface([[(10, 10), (20, 10), (20, 20), (10, 20), (10, 10)]])
    assert carre.est_traversee((0, 15), (30, 15))
    assert not carre.est_traversee((15, 15), (30, 15)), (
        "it starts there: it is its own, or that of what it holds"
    )
    assert not carre.est_traversee((0, 25), (30, 25))


def test_un_quartier_vecu_etroit_est_nomme_sans_traverser_le_qpv_qu_il_entoure():
    """Seen once: its line ended in the strip under the QPV, and its name stood above."""
    carte = _carte(
        Contour("Quartier étendu", polygone(tache(5.503, 47.096, 1.0)), "Quartier vécu", 7),
        Contour("Les Mesnils", polygone(tache(5.503, 47.096, 0.8)), "QPV", 41),
        Contour("Ville", polygone(tache(5.49, 47.09, 5)), "Commune", 11),
        Contour("La Bedugue", polygone(tache(5.475, 47.085, 0.3)), "Quartier fragile", 5),
    )
    for largeur_mm in (90, 170):
        dessin = Dessin(dessiner(carte, largeur_mm=largeur_mm))
        assert dessin.defauts() == []
        hachures = next(f for t in dessin.racine.iter() if (f := t.attrib.get("fill", "")).startswith("url("))
        # the second box: the first is the sample of the key
        gauche, haut, droite, bas = dessin.traces(hachures)[1]
        qpv = Surface([[(gauche, haut), (droite, haut), (droite, bas), (gauche, bas), (gauche, haut)]])
        traits = [
            [(float(x), float(y)) for x, y in POINT.findall(t.attrib["d"])]
            for t in dessin.racine.iter()
            if t.attrib.get("stroke-width") == "0.5"
        ]
        assert [t for t in traits if qpv.est_traversee(*t)] == []


def test_la_legende_va_du_plus_petit_au_plus_grand():
    mots = Dessin(dessiner(grand_dole())).mots
    assert mots[:4] == ["Quartier vécu", "QPV", "Commune", "Intercommunalité"]


def test_l_echelle_est_juste():
    """The square is 111.2 km from north to south."""
    dessin = Dessin(dessiner(_carte(Contour("Carré", polygone(CARRE)))))
    (_, haut, _, bas), *_ = dessin.traces(PLEIN)
    (barre,) = [t.attrib["d"] for t in dessin.racine.iter() if t.attrib.get("stroke-width") == "0.7"]
    xs = [float(morceau.split()[1]) for morceau in barre.replace("\n", "").replace("L", "|L").split("|")]
    kilometres = int(dessin.mots[-1].removesuffix(" km"))
    assert (max(xs) - min(xs)) / (bas - haut) == pytest.approx(kilometres / 111.195, rel=0.002)


@pytest.mark.parametrize(
    ("metres", "rond"),
    [(1, 1), (0.2, 1), (9.9, 5), (10, 10), (199, 100), (200, 200), (4999, 2000), (5e4, 50000)],
)
def test_l_echelle_est_ronde(metres, rond):
    assert longueur_ronde(metres) == rond


def test_une_carte_sans_contour_le_dit():
    assert Dessin(dessiner(_carte())).mots == ["Aucun contour à dessiner."]


def test_un_contour_tres_detaille_est_allege():
    simple = dessiner(_carte(Contour("Bagnols", polygone(tache(4.6, 44.1, 5, 500)))))
    detaille = dessiner(_carte(Contour("Bagnols", polygone(tache(4.6, 44.1, 5, 50_000)))))
    assert len(detaille) < 4 * len(simple)


def test_un_contour_lu_d_un_fichier():
    lu = json.loads(json.dumps(polygone(CARRE, TROU)))
    assert "Carré" in Dessin(dessiner(_carte(Contour("Carré", lu)))).mots


NOMS = st.text(st.sampled_from("aeimwWM 'é-<&"), min_size=1, max_size=60)
TERRITOIRES = st.builds(
    Contour,
    NOMS,
    st.builds(
        lambda longitude, latitude, km: polygone(tache(longitude, latitude, km)),
        st.floats(4.5, 4.7),
        st.floats(44.0, 44.1),
        st.floats(0.05, 5),
    ),
    st.sampled_from(["QPV", "Quartier vécu", "Commune", "", "Un type dont le nom est bien trop long"]),
    st.none() | st.integers(0, 10**6),
)


@reglages(max_examples=40)
@given(st.lists(TERRITOIRES, min_size=1, max_size=9), st.sampled_from([80, 170]))
def test_une_carte_quelconque_reste_lisible(contours, largeur_mm):
    assert Dessin(dessiner(_carte(*contours), largeur_mm=largeur_mm)).defauts() == []


def test_la_colonne_s_elargit_quand_la_carte_plus_petite_y_envoie_un_nom():
    """Its wider second line then left the sheet."""
    carte = _carte(
        Contour("<", polygone(tache(4.5, 44.0, 3)), "Quartier vécu", 12000),
        Contour("eea", polygone(tache(4.69, 44.0625, 0.05)), "QPV", None),
        Contour("<", polygone(tache(4.7, 44.0625, 0.05)), "QPV", 12000),
        Contour("<", polygone(tache(4.625, 44.03, 0.05)), "", 0),
    )
    assert Dessin(dessiner(carte, largeur_mm=80)).defauts() == []
