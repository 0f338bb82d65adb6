"""The drawings, read back: what is written, where, how long the bars are; the same bytes; nothing loaded too soon."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as reglages
from hypothesis import strategies as st

from documents import TypeColonne
from documents.graphiques import Forme, Graphique, Serie, dessiner
from documents.graphiques_couleurs import SOMBRES, palette
from documents.graphiques_toile import POINTS_PAR_MM, couper, largeur
from documents.rendu_pdf import RACINE

from .exemples_graphiques import (
    ANNEES,
    TOUS,
    annees,
    axes,
    financeurs,
    par_axe_et_financeur,
    sexes,
    situation,
    versements,
)
from .lecture_svg import Dessin

SEULE = palette(1)[0].fond


@pytest.mark.parametrize("largeur_mm", [60, 90, 170, 250])
@pytest.mark.parametrize("exemple", TOUS)
def test_rien_n_est_coupe_ni_ne_se_touche(exemple, largeur_mm):
    dessin = Dessin(dessiner(exemple(), largeur_mm=largeur_mm))
    assert dessin.defauts() == []
    assert dessin.largeur == pytest.approx(largeur_mm * POINTS_PAR_MM)
    assert len(dessin.textes) > 4


TEXTES = st.text(st.sampled_from("aeimwW 'é-/&<>\"$😀漢_…"), min_size=1, max_size=90)
VALEURS = st.none() | st.integers(-(10**9), 10**9) | st.decimals(0, 10**7, places=2)


@st.composite
def graphiques(draw):
    """Any chart: odd names, unknown and negative values, more series than colours."""
    forme = draw(st.sampled_from(Forme))
    nombre = draw(st.integers(1, 6))
    noms = draw(st.just(ANNEES[:nombre]) | st.tuples(*[TEXTES] * nombre))
    series = [Serie(draw(TEXTES), tuple(draw(VALEURS) for _ in noms)) for _ in range(draw(st.integers(1, 8)))]
    return Graphique(
        titre="t",
        categories=noms,
        series=tuple(series),
        forme=forme,
        type=draw(st.sampled_from([TypeColonne.ENTIER, TypeColonne.MONTANT, TypeColonne.POURCENTAGE])),
    )


@reglages(max_examples=60)
@given(graphiques(), st.sampled_from([80, 170]))
def test_un_graphique_quelconque_reste_lisible(graphique, largeur_mm):
    assert Dessin(dessiner(graphique, largeur_mm=largeur_mm)).defauts() == []


def test_les_barres_sont_proportionnelles_et_l_inconnu_est_dit():
    dessin = Dessin(dessiner(financeurs()))
    barres = dessin.traces(SEULE)
    # six bars for seven funders: what is not known has none
    assert len(barres) == 6
    zero = barres[0][0]
    assert all(gauche == pytest.approx(zero, abs=0.01) for gauche, *_ in barres)
    longueurs = [droite - gauche for gauche, _, droite, _ in barres]
    assert [longueur / longueurs[0] for longueur in longueurs] == pytest.approx(
        [v / 321439 for v in (321439, 238800, 60300, 26000, 18000, 2500)], rel=1e-3
    )
    assert "non renseigné" in dessin.mots
    assert [mot for mot in dessin.mots if "€" in mot] == [
        "321 439 €",
        "238 800 €",
        "60 300 €",
        "26 000 €",
        "18 000 €",
        "2 500 €",
    ]


def test_zero_n_est_pas_l_inconnu():
    graphique = Graphique(titre="t", categories=("a", "b"), series=(Serie("s", (0, None)),))
    dessin = Dessin(dessiner(graphique))
    assert dessin.mots == ["a", "0", "b", "non renseigné"]
    assert dessin.traces(SEULE) == []


def test_ce_qui_est_repris_va_a_gauche():
    dessin = Dessin(dessiner(versements()))
    barres = dessin.traces(SEULE)
    zero = barres[0][0]
    assert barres[2][2] == pytest.approx(zero, abs=0.01)
    assert barres[2][0] < zero
    moins = next(texte for texte in dessin.textes if texte.texte.startswith("−"))
    assert moins.cadre[2] < barres[2][0]


def test_un_nom_trop_long_passe_a_la_ligne_en_entier():
    dessin = Dessin(dessiner(axes()))
    ecrits = " ".join(dessin.mots)
    assert "Poursuivre la réflexion inter partenaires" in ecrits
    for mot in ("l'insertion", "efficacité", "forces", "l'ordre"):
        assert mot in ecrits


def test_sur_un_telephone_le_nom_est_au_dessus_de_sa_barre():
    dessin = Dessin(dessiner(financeurs(), largeur_mm=90))
    barre = dessin.traces(SEULE)[0]
    nom = dessin.textes[0]
    assert nom.texte == "Ville de Bagnols-sur-Cèze"
    assert nom.cadre[3] <= barre[1]
    assert barre[0] < 1


def test_chaque_barre_porte_le_nom_de_sa_serie():
    mots = Dessin(dessiner(situation())).mots
    assert mots.count("Mesnils Pasteur") == mots.count("Dole") == mots.count("Grand Dole") == 3
    assert mots.count("non renseigné") == 3
    assert "56,3 %" in mots


def test_les_parts_s_additionnent_et_ce_que_l_on_ignore_est_hachure():
    dessin = Dessin(dessiner(sexes()))
    assert dessin.mots.count("141") == 1
    assert {"59", "82", "285", "282", "348", "374"} <= set(dessin.mots)
    femmes, hommes = palette(2)
    # one bar for each part that is not zero, and a sample in the key
    assert len(dessin.traces(femmes.fond)) == 3 + 1
    assert len(dessin.traces(hommes.fond)) == 4 + 1
    hachures = [t for t in dessin.racine.iter() if str(t.attrib.get("fill", "")).startswith("url(#")]
    assert len(hachures) >= 2 * 3


def test_les_parts_se_suivent():
    graphique = Graphique(
        titre="t",
        categories=("a",),
        series=(Serie("Femmes", (300,)), Serie("Hommes", (100,))),
        forme=Forme.EMPILEES,
    )
    dessin = Dessin(dessiner(graphique))
    (femmes,), (hommes,) = (dessin.traces(teinte.fond) for teinte in palette(2))
    assert femmes[2] < hommes[0] < femmes[2] + 2
    assert (femmes[2] - femmes[0]) / (hommes[2] - hommes[0]) == pytest.approx(3, rel=0.02)
    # no key: each name stands above its part
    noms = {texte.texte: texte.cadre for texte in dessin.textes}
    assert noms["Femmes"][0] == pytest.approx(femmes[0], abs=0.5)
    assert noms["Hommes"][0] == pytest.approx(hommes[0], abs=0.5)
    assert "400" in dessin.mots


def test_une_part_inconnue_est_dite_a_cote_du_total():
    mots = Dessin(dessiner(par_axe_et_financeur())).mots
    assert "570 656 €" in mots
    assert "49 883 €" in mots
    # by its name when there is room, else by number
    assert mots.count("4 non renseignés") == 1
    assert "Ville de Pont-Saint-Esprit : non renseigné" in mots


def test_une_courbe_s_arrete_ou_l_on_ne_sait_pas_et_le_dit():
    dessin = Dessin(dessiner(annees()))
    assert "Non renseigné : Ville de Bagnols-sur-Cèze (2020)." in dessin.mots
    assert [mot for mot in dessin.mots if mot in ANNEES] == list(reversed(ANNEES))
    assert {"État", "Ville de Bagnols-sur-Cèze", "240 100 €", "330 000 €", "120 000 €"} <= set(dessin.mots)
    epaisses = [t for t in dessin.racine.iter() if t.attrib.get("stroke-width") == "1.8"]
    # one line for the State, two for the town on both sides of 2020
    assert [len(re.findall("[ML]", trace.attrib["d"])) for trace in epaisses] == [7, 2, 4]


def test_les_annees_sont_a_leur_distance():
    graphique = Graphique(
        titre="t", categories=("2018", "2020", "2024"), series=(Serie("s", (1, 2, 3)),), forme=Forme.COURBE
    )
    places = {
        texte.texte: (texte.cadre[0] + texte.cadre[2]) / 2 for texte in Dessin(dessiner(graphique)).textes
    }
    assert (places["2024"] - places["2020"]) / (places["2020"] - places["2018"]) == pytest.approx(2, rel=0.01)


def test_plus_de_series_que_de_couleurs_donne_des_barres_nommees():
    series = tuple(Serie(f"Financeur {rang}", (rang,)) for rang in range(1, 10))
    dessin = Dessin(dessiner(Graphique(titre="t", categories=("a",), series=series, forme=Forme.EMPILEES)))
    assert [mot for mot in dessin.mots if mot.startswith("Financeur")] == [serie.nom for serie in series]


def test_un_graphique_vide_le_dit():
    assert Dessin(dessiner(financeurs(categories=(), series=()))).mots == ["Aucune donnée à montrer."]


def test_une_feuille_trop_etroite_est_refusee():
    with pytest.raises(ValueError, match="au moins 60 mm"):
        dessiner(financeurs(), largeur_mm=59)


def test_le_meme_graphique_donne_les_memes_octets_partout():
    attendus = [dessiner(exemple()) for exemple in TOUS]
    with ThreadPoolExecutor(8) as fils:
        assert list(fils.map(lambda exemple: dessiner(exemple()), TOUS)) == attendus
    ailleurs = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from tests.documents.exemples_graphiques import grand_dole, sexes;"
            "from documents.graphiques import dessiner;"
            "sys.stdout.buffer.write(dessiner(sexes()) + dessiner(grand_dole()))",
        ],
        capture_output=True,
        check=True,
        cwd=RACINE,
    ).stdout
    assert ailleurs == dessiner(sexes()) + dessiner(TOUS[-2]())


def test_matplotlib_ne_se_charge_que_pour_dessiner():
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, documents, documents.graphiques as g, documents.rapport, documents.pdf_enfant;"
            "g.alternative(g.Graphique(titre='t', categories=('a',), series=(g.Serie('s', (1,)),)));"
            "sys.exit('matplotlib' in sys.modules or 'numpy' in sys.modules)",
        ],
        check=True,
        cwd=RACINE,
    )


def test_un_serveur_prepare_a_tout_charge_avant_le_premier_dessin():
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from documents import graphiques_toile as toile; from documents.graphiques import dessiner;"
            "from tests.documents.exemples_graphiques import grand_dole, sexes; toile.preparer();"
            "avant = {nom for nom in sys.modules if not nom.startswith('documents.')};"
            "dessiner(sexes()); dessiner(grand_dole());"
            "assert {nom for nom in sys.modules if not nom.startswith('documents.')} == avant",
        ],
        check=True,
        cwd=RACINE,
    )


def test_le_serveur_se_prepare_a_dessiner_des_son_demarrage(monkeypatch):
    prepares = []
    monkeypatch.setattr("documents.graphiques_toile.preparer", lambda: prepares.append("prêt"))
    runpy.run_path(str(RACINE / "deploy" / "gunicorn.conf.py"))["post_worker_init"](None)
    for fil in threading.enumerate():
        if fil.name == "graphiques":
            fil.join()
    assert prepares == ["prêt"]


def test_aucun_dossier_personnel_n_est_necessaire(tmp_path):
    """The service has no home: nothing is written but in the temporary folder, and nothing stays there."""
    fini = subprocess.run(
        [
            sys.executable,
            "-c",
            "from tests.documents.exemples_graphiques import sexes; from documents.graphiques import dessiner;"
            "import os; assert dessiner(sexes()).startswith(b'<svg'); assert 'MPLCONFIGDIR' not in os.environ",
        ],
        check=True,
        capture_output=True,
        cwd=RACINE,
        env={"HOME": "/nonexistent", "TMPDIR": str(tmp_path), "PATH": ""},
    )
    assert fini.stderr == b""
    assert list(tmp_path.iterdir()) == []


def test_rien_du_texte_ne_devient_du_balisage():
    hostile = '<script>alert(1)</script> "--> $x^2$ & id="texte-0" style="fill: red"'
    graphique = Graphique(titre="t", categories=(hostile,), series=(Serie("s", (Decimal(1),)),))
    svg = dessiner(graphique, largeur_mm=250)
    assert "".join(Dessin(svg).mots[:-1]).replace(" ", "") == hostile.replace(" ", "")
    assert b"<script" not in svg
    assert b' style="' not in svg


def test_aucune_adresse_ni_date_ni_style_en_ligne():
    svg = dessiner(sexes()).decode()
    assert set(re.findall(r"https?://[^\"' ]+", svg)) == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "style=" not in svg
    assert "matplotlib" not in svg.lower()


def test_le_theme_sombre_remplace_chaque_couleur():
    clair = dessiner(sexes(), theme="clair").decode()
    sombre = dessiner(sexes(), theme="sombre").decode()
    auto = dessiner(sexes()).decode()
    couleurs = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', clair))
    assert couleurs <= set(SOMBRES)
    assert set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', sombre)) == {SOMBRES[c] for c in couleurs}
    assert "prefers-color-scheme" not in clair + sombre
    assert re.sub(r"<style>.*?</style>", "", auto) == clair


def test_les_lettres_ont_leur_taille():
    """A capital of our font is 0.66 of the size of the type, a figure 0.65: they are drawn, and to scale."""
    dessin = Dessin(dessiner(Graphique(titre="t", categories=("HE",), series=(Serie("s", (8,)),))))
    lettres = [trace for trace in dessin.racine.iter() if trace.attrib.get("id")]
    assert len(lettres) == 3
    for lettre in lettres:
        echelle = float(re.findall(r"scale\((\S+)\)", lettre.attrib["transform"])[0])
        hauts = [float(y) * echelle for y in re.findall(r"[MLQ ]-?\d+ (-?\d+)", lettre.attrib["d"])]
        assert 62 < max(hauts) - min(hauts) < 70


def test_un_texte_est_coupe_sans_rien_perdre():
    assert couper("Développement économique et emploi", 80, 9.5) == [
        "Développement",
        "économique et",
        "emploi",
    ]
    long = "anticonstitutionnellement" * 3
    assert "".join(couper(long, 50, 9.5)) == long
    assert all(largeur(ligne, 9.5) <= 50 for ligne in couper(long, 50, 9.5))
    assert couper("", 50, 9.5) == [""]
    # no break where the text forbids it
    assert couper("24\u202f000\u00a0€ " * 2, 40, 9.5) == ["24\u202f000\u00a0€"] * 2
