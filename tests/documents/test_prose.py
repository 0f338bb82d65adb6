"""Light markup: what passes, what is shown as typed, and the same words in every form."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.prose import Morceau, Passage, en_html, en_texte, passages

TEXTE = """Intro **grasse**, *penchée*
et sa suite.

### Un titre

• un
– deux

1. premier
2. voir [**le** site](https://exemple.fr/?a=1&b=2)
"""


def test_prose_en_html():
    assert en_html(TEXTE).split("\n") == [
        "<p>Intro <strong>grasse</strong>, <em>penchée</em><br>",
        "et sa suite.</p>",
        "<h3>Un titre</h3>",
        "<ul>",
        "<li>un</li>",
        "<li>deux</li>",
        "</ul>",
        "<ol>",
        "<li>premier</li>",
        '<li>voir <a href="https://exemple.fr/?a=1&amp;b=2">le site</a></li>',
        "</ol>",
        "",
    ]


def test_prose_en_texte():
    assert en_texte(TEXTE) == (
        "Intro grasse, penchée\net sa suite.\n\nUn titre\n\n–\u00a0un\n–\u00a0deux\n"
        "1.\u00a0premier\n2.\u00a0voir le site (https://exemple.fr/?a=1&b=2)"
    )


def test_prose_en_passages():
    assert list(passages("# T\n\n- a\n  - **b**\n\n[c](mailto:c@d.fr)")) == [
        Passage("titre", (Morceau("T"),), 1),
        Passage("element", (Morceau("a"),), 1, "–\u00a0"),
        Passage("element", (Morceau("b", gras=True),), 2, "–\u00a0"),
        Passage("paragraphe", (Morceau("c", lien="mailto:c@d.fr"),)),
    ]


@pytest.mark.parametrize(
    ("tape", "niveaux"),
    [
        ("###### a\n\n# b", "33"),
        ("# a\n\n### b\n\n## c\n\n# d", "3443"),
        ("## a\n\n### b\n\n# c", "343"),
    ],
)
def test_prose_ne_saute_aucun_titre(tape, niveaux):
    assert "".join(re.findall(r"<h(\d)>", en_html(tape))) == niveaux
    assert "".join(re.findall(r"<h(\d)>", en_html(tape, niveau=2))) == niveaux.translate({51: 50, 52: 51})


@pytest.mark.parametrize(
    "tape",
    [
        "<script>alert(1)</script>",
        "<b>x</b> &amp; y",
        "[x](javascript:alert(1))",
        "[x](data:text/html,a)",
        "[x](/relatif)",
        "[x](//ailleurs.fr)",
        "`code`",
        "> citation",
        "---",
        "Titre\n=====",
        "[a]: https://exemple.fr",
        "| a | b |\n|---|---|",
        "https://exemple.fr",
        "~~barré~~",
        "a\n\n    quatre espaces",
    ],
)
def test_prose_ce_qui_n_est_pas_du_balisage_est_montre_tel_quel(tape):
    html = en_html(tape)
    assert set(re.findall(r"<\w+", html)) <= {"<p", "<br"}
    assert unescape(re.sub(r"<[^>]+>", "", html)).split() == tape.split()


def test_prose_n_a_pas_d_image():
    assert en_html("![alt](https://a.fr/i.png)") == '<p>!<a href="https://a.fr/i.png">alt</a></p>\n'


def test_prose_garde_la_typographie_francaise():
    assert en_texte("« Oui » : 24 000 € et 12 % ; non ? «\u00a0Si\u00a0»") == (
        "«\u00a0Oui\u00a0»\u00a0: 24\u202f000\u00a0€ et 12\u00a0%\u00a0; non\u00a0? «\u00a0Si\u00a0»"
    )


def test_prose_vide():
    assert en_html(" \n ") == ""
    assert en_texte("") == ""


@given(st.text(alphabet="ab*_[]()#-1. \n<>&\"'!:/é\\", max_size=80))
def test_prose_rien_ne_passe_que_ce_qui_est_permis(tape):
    html = en_html(tape)
    balises = re.findall(r"</?([a-z0-9]+)((?: [^>]*)?)>", html)
    assert {nom for nom, _ in balises} <= {"p", "h3", "h4", "ul", "ol", "li", "strong", "em", "a", "br"}
    for nom, attributs in balises:
        assert (
            not attributs.strip() or (nom == "ol" and re.fullmatch(r' start="\d+"', attributs)) or nom == "a"
        )
    sans = re.sub(r"</?[a-z0-9]+(?: [^>]*)?>", "", html)
    assert "<" not in sans
    # nothing in a link but its words
    assert not re.search(r"<a [^>]*>[^<]*<(?!/a>)", html)
    assert isinstance(en_texte(tape), str)
