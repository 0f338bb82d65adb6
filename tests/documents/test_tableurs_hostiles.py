"""Hostile files: each is refused in a sentence that says how to mend it, or read with the right content."""

from __future__ import annotations

import signal
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from documents.tableurs import FichierRefuse, Plage, lecture, limites, lire_tableur
from documents.tableurs.enfant import extraire
from documents.tableurs.erreurs import ABIME, TROP_LONG, phrase

from . import fichiers_hostiles as hostiles


@pytest.mark.parametrize("cas", hostiles.REFUSES)
def test_refuse_en_une_phrase(cas):
    fabriquer, mots = hostiles.REFUSES[cas]
    with pytest.raises(FichierRefuse) as refus:
        lire_tableur(fabriquer(), "programme.xlsx")
    message = str(refus.value).replace("\u00a0", " ").replace("\u202f", " ")
    assert mots in message
    assert message.endswith(".")
    # it says what to do, and in good typography
    assert any(verbe in message for verbe in ("éposez", "nregistrez", "ffacez", "orrigez"))
    assert " :" not in str(refus.value)
    assert "« " not in str(refus.value)


@pytest.mark.parametrize("cas", hostiles.LUS)
def test_lu_avec_le_bon_contenu(cas):
    (feuille,) = lire_tableur(hostiles.LUS[cas](), "programme.xlsx").feuilles
    assert feuille.lignes == hostiles.CONTENU


def test_tout_fusionne_ne_montre_que_la_premiere_cellule():
    (feuille,) = lire_tableur(hostiles.tout_fusionne(), "a.xlsx").feuilles
    assert feuille.lignes == (("Porteur",),)
    assert feuille.fusions == ()


def test_fusions_qui_se_chevauchent_sont_ignorees():
    classeur = lire_tableur(hostiles.fusions_qui_se_chevauchent(), "a.xlsx")
    (feuille,) = classeur.feuilles
    assert (feuille.lignes[0][199], feuille.lignes[19_999][199]) == ("x", "x")
    assert feuille.fusions == ()
    assert ["se chevauchent" in a for a in classeur.avertissements] == [True]


def test_liens_externes_lus_par_leur_derniere_valeur():
    classeur = lire_tableur(hostiles.liens_externes(), "a.xlsx")
    assert classeur.feuilles[0].lignes == ((24000,),)
    assert classeur.feuilles[0].formules == {(0, 0)}
    assert [a for a in classeur.avertissements if "ne sont pas ouverts" in a] == list(classeur.avertissements)


def test_formules_en_erreur_et_jamais_calculees():
    classeur = lire_tableur(hostiles.formules_en_erreur(), "a.xlsx")
    (feuille,) = classeur.feuilles
    assert feuille.lignes == ((None, None, 2, None, None),)
    assert feuille.erreurs == {(0, 0): "#DIV/0!", (0, 1): "#REF!"}
    assert feuille.formules == {(0, 0), (0, 2), (0, 3), (0, 4)}
    assert feuille.sans_valeur == {(0, 3)}
    assert ["jamais été calculées" in a for a in classeur.avertissements] == [True]


def test_feuille_trop_grande_laissee_de_cote_quand_il_en_reste():
    loin = hostiles.feuille_xml('<row r="20001"><c r="A20001"><v>1</v></c></row>')
    classeur = lire_tableur(hostiles.xlsx(hostiles.feuille_xml(), loin), "a.xlsx")
    assert [f.nom for f in classeur.feuilles] == ["Feuil1"]
    (avertissement,) = classeur.avertissements
    assert "«\u00a0Feuil2\u00a0» a du contenu en A20001" in avertissement
    assert avertissement.endswith("cette feuille est laissée de côté.")


def test_limites_exactes():
    bord = '<row r="20000"><c r="GR20000"><v>7</v></c></row>'
    (feuille,) = lire_tableur(hostiles.xlsx(hostiles.feuille_xml(bord)), "a.xlsx").feuilles
    assert (len(feuille.lignes), len(feuille.lignes[0]), feuille.lignes[-1][-1]) == (20_000, 200, 7)
    for au_dela in (
        '<row r="1"><c r="GS1"><v>7</v></c></row>',
        '<row r="20001"><c r="A20001"><v>7</v></c></row>',
    ):
        with pytest.raises(FichierRefuse, match="au-delà des"):
            lire_tableur(hostiles.xlsx(hostiles.feuille_xml(au_dela)), "a.xlsx")


@pytest.mark.parametrize(
    "cellules",
    [
        '<row r="0"><c r="A0"><v>1</v></c></row>',
        '<row r="-5"><c><v>1</v></c></row>',
        '<row r="99999999"><c><v>1</v></c></row>',
        '<row r="1"><c r="1A"><v>1</v></c></row>',
        '<row r="1"><c r="ÀB1"><v>1</v></c></row>',
        '<row r="1"><c r="ABCD1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>0</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>-1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>²</v></c></row>',
        "<row><c><v>1</v></row>",
    ],
)
def test_adresses_et_renvois_impossibles(cellules):
    with pytest.raises(FichierRefuse) as refus:
        extraire(hostiles.xlsx(hostiles.feuille_xml(cellules)))
    assert str(refus.value) == phrase(ABIME)


@pytest.mark.parametrize("fusion", ["A1", "Z9:A1", "A0:B2", "", "A1:B2:C3:x"])
def test_fusions_impossibles(fusion):
    contenu = hostiles.xlsx(
        hostiles.feuille_xml(apres=f'<mergeCells><mergeCell ref="{fusion}"/></mergeCells>')
    )
    if fusion == "A1":
        assert extraire(contenu).feuilles[0].lignes == hostiles.CONTENU
    else:
        with pytest.raises(FichierRefuse):
            extraire(contenu)


@pytest.mark.parametrize("style", ["-1", "999999999999", "²", "abc", "7"])
def test_style_impossible_sans_consequence(style):
    contenu = hostiles.xlsx(hostiles.feuille_xml(f'<row r="1"><c r="A1" s="{style}"><v>12</v></c></row>'))
    assert extraire(contenu).feuilles[0].lignes == ((12,),)


def test_membres_manquants():
    for nom in ("xl/workbook.xml", "_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"):
        membres = hostiles.membres_xlsx()
        del membres[nom]
        with pytest.raises(FichierRefuse) as refus:
            extraire(hostiles.archive(membres))
        assert str(refus.value) == phrase(ABIME)


def test_relation_vers_l_exterieur_ne_mene_nulle_part():
    membres = hostiles.membres_xlsx()
    membres["xl/_rels/workbook.xml.rels"] = str(membres["xl/_rels/workbook.xml.rels"]).replace(
        'Target="worksheets/sheet1.xml"', 'Target="file:///etc/passwd" TargetMode="External"'
    )
    with pytest.raises(FichierRefuse):
        extraire(hostiles.archive(membres))


# -- Damaged files ---------------------------------------------------------------------------------
_SAINS = {
    "xlsx": hostiles.xlsx(),
    "ods": hostiles.ods(hostiles.table(hostiles.LIGNE_ODS)),
    "csv": b"Porteur;Montant\n",
}


@pytest.mark.parametrize("format", _SAINS)
@given(donnees=st.data())
@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_tronque_n_importe_ou(format, donnees):
    sain = _SAINS[format]
    coupe = donnees.draw(st.integers(0, len(sain) - 1))
    try:
        lu = extraire(sain[:coupe])
    except FichierRefuse:
        return
    # only a csv can be cut and still be one
    assert format == "csv"
    assert lu.feuilles[0].lignes[0][0] == "Porteur"[:coupe]


@pytest.mark.parametrize("format", ["xlsx", "ods"])
@given(donnees=st.data())
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_octets_changes_n_importe_ou(format, donnees):
    abime = bytearray(_SAINS[format])
    for _ in range(donnees.draw(st.integers(1, 4))):
        abime[donnees.draw(st.integers(0, len(abime) - 1))] = donnees.draw(st.integers(0, 255))
    try:
        lu = extraire(bytes(abime))
    except FichierRefuse:
        return
    assert lu.feuilles[0].lignes == hostiles.CONTENU


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_n_importe_quels_octets(contenu):
    try:
        lu = extraire(contenu)
    except FichierRefuse:
        return
    assert lu.format == "csv"


# -- The process -----------------------------------------------------------------------------------
def test_delai_depasse(monkeypatch):
    def traine(*_, **__):
        raise subprocess.TimeoutExpired("enfant", 60)

    monkeypatch.setattr(lecture.subprocess, "run", traine)
    with pytest.raises(FichierRefuse) as refus:
        lire_tableur(hostiles.xlsx(), "a.xlsx")
    assert str(refus.value) == phrase(TROP_LONG)


def test_memoire_depassee_dans_l_enfant(monkeypatch):
    """The child bounds its own memory, and says by its exit code that it was not enough."""
    avec_peu = "from documents.tableurs import enfant as e; e.MEMOIRE_MAX = 60 << 20; raise SystemExit(e.principal())"
    codes = []
    vrai = subprocess.run

    def lancer(commande, **options):
        fini = vrai([commande[0], "-c", avec_peu], **options)
        codes.append(fini.returncode)
        return fini

    monkeypatch.setattr(lecture.subprocess, "run", lancer)
    lignes = "".join(f'<row><c t="str"><v>{i:0>900}</v></c></row>' for i in range(20_000))
    with pytest.raises(FichierRefuse) as refus:
        lire_tableur(hostiles.xlsx(hostiles.feuille_xml(lignes)), "a.xlsx")
    assert (codes, str(refus.value)) == ([limites.SANS_MEMOIRE], phrase(TROP_LONG))


@pytest.mark.parametrize("code", [limites.SANS_MEMOIRE, -signal.SIGXCPU, -signal.SIGKILL, 1])
def test_enfant_arrete(code, monkeypatch):
    monkeypatch.setattr(
        lecture.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], code, b"", b"Traceback")
    )
    with pytest.raises(FichierRefuse) as refus:
        lire_tableur(hostiles.xlsx(), "a.xlsx")
    assert str(refus.value) == phrase(ABIME if code == 1 else TROP_LONG)


def test_l_enfant_ne_recoit_pas_les_secrets(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "chut")
    recus = {}
    vrai = subprocess.run

    def espion(*arguments, **options):
        recus.update(options["env"])
        return vrai(*arguments, **options)

    monkeypatch.setattr(lecture.subprocess, "run", espion)
    lire_tableur(hostiles.xlsx(), "a.xlsx")
    assert set(recus) <= set(lecture.VARIABLES)


def test_fusion_ordinaire():
    contenu = hostiles.xlsx(
        hostiles.feuille_xml(
            hostiles.CELLULES + '<row r="2"><c r="A2"><v>1</v></c></row>',
            apres='<mergeCells><mergeCell ref="B1:B2"/><mergeCell ref="C1:D1"/></mergeCells>',
        )
    )
    assert extraire(contenu).feuilles[0].fusions == (Plage(0, 1, 1, 1),)
