"""How figures, dates and states are written on the pages."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone
from django.utils.safestring import mark_safe

from comptes.templatetags import typographie as t


def rendre(source, **contexte):
    return Template(source).render(Context(contexte))


@pytest.mark.parametrize(
    ("source", "valeur", "attendu"),
    [
        ("{{ v|euros }}", Decimal("24000"), "24\u202f000\u00a0€"),
        ("{{ v|euros }}", Decimal("9640.50"), "9\u202f640,50\u00a0€"),
        ("{{ v|euros }}", None, ""),
        ("{{ v|euros }}", "sans nombre", ""),
        ("{{ v|nombre }}", 1234567, "1\u202f234\u202f567"),
        ("{{ v|nombre:1 }}", Decimal("2"), "2,0"),
        ("{{ v|pourcent }}", Decimal("12.5"), "12,5\u00a0%"),
        ("{{ v|pourcent }}", 84, "84\u00a0%"),
        ("{{ v|pourcent }}", Decimal("33.333"), "33,3\u00a0%"),
        ("{{ v|pourcent }}", None, ""),
        ("{{ v|pluriel:'action,actions' }}", 41, "41\u00a0actions"),
        ("{{ v|pluriel:'action,actions' }}", 1, "1\u00a0action"),
        ("{{ v|pluriel:'action,actions' }}", 0, "0\u00a0action"),
        ("{{ v|pluriel:'action,actions' }}", Decimal("1.5"), "1,5\u00a0action"),
        ("{{ v|pluriel:'action,actions,aucune action' }}", 0, "aucune action"),
        ("{{ v|pluriel:'action,actions' }}", None, ""),
        ("{{ v|accord:'attendu,attendus' }}", 3, "attendus"),
        ("{{ v|date_longue }}", date(2025, 6, 30), "30\u00a0juin\u00a02025"),
        ("{{ v|date_longue }}", date(2025, 7, 1), "1er\u00a0juillet\u00a02025"),
        ("{{ v|date_longue }}", None, ""),
        (
            "{{ v|date_heure }}",
            datetime(2025, 6, 30, 19, 4, tzinfo=UTC),
            "30\u00a0juin\u00a02025 à 21\u00a0h\u00a004",
        ),
        ("{{ v|date_longue }}", datetime(2025, 6, 30, 22, 30, tzinfo=UTC), "1er\u00a0juillet\u00a02025"),
        ("{{ v|insecables }}", "Reçu ? « Oui » : 12 %", "Reçu\u00a0? «\u00a0Oui\u00a0»\u00a0: 12\u00a0%"),
        ("{{ v|insecables }}", "<b> ;", "&lt;b&gt;\u00a0;"),
        ("{{ v|insecables }}", mark_safe("<b>non ?</b>"), "<b>non\u00a0?</b>"),
        ("{{ v|initiales }}", "Anne-Marie Lopez", "AM"),
        ("{{ v|cle:'data-unite' }}", {"data-unite": "€"}, "€"),
        ("{{ v|cle:'absente' }}", {}, ""),
        ("{{ v|vide }}", Decimal(0), "0"),
        ("{{ v|vide }}", "<i>", "&lt;i&gt;"),
    ],
)
def test_filtres(source, valeur, attendu):
    assert rendre(source, v=valeur) == attendu


@pytest.mark.parametrize(
    ("ecart", "attendu"),
    [
        (0, "aujourd'hui"),
        (1, "demain"),
        (-1, "depuis hier"),
        (12, "dans 12\u00a0jours"),
        (-3, "depuis 3\u00a0jours"),
    ],
)
def test_delai(ecart, attendu):
    assert t.delai(timezone.localdate() + timedelta(days=ecart)) == attendu
    assert t.est_passee(timezone.localdate() + timedelta(days=ecart)) is (ecart < 0)


@pytest.mark.parametrize("valeur", [None, ""])
def test_un_blanc_se_dit_aussi_a_l_oreille(valeur):
    html = rendre("{{ v|vide }}", v=valeur)
    assert '<span aria-hidden="true">—</span>' in html
    assert '<span class="visually-hidden">non renseigné</span>' in html


def test_un_etat_est_un_mot():
    assert t.etat("alerte", "en retard <3 jours>") == (
        '<span class="etat etat-alerte">en retard &lt;3 jours&gt;</span>'
    )
    with pytest.raises(ValueError, match="Unknown state variant"):
        t.etat("rouge", "en retard")


@pytest.mark.parametrize(
    ("valeur", "maximum", "largeur"),
    [(50, 200, "25.00%"), (Decimal("300"), 200, "100.00%"), (None, 200, "0.00%"), (5, 0, "0.00%")],
)
def test_une_barre_ne_deborde_jamais(valeur, maximum, largeur):
    assert f'class="barre-part" width="{largeur}"' in t.barre(valeur, maximum)


def test_capturer_garde_un_morceau_echappe():
    source = (
        "{% capturer m %} {% if v %}{{ v }}{% endif %} {% endcapturer %}[{{ m }}]{% if m %}oui{% endif %}"
    )
    assert rendre(source, v="<a>") == "[&lt;a&gt;]oui"
    assert rendre(source, v="") == "[]"
    assert rendre("{% capturer m 'Pilotis' %}{% endcapturer %}{{ m }}") == "Pilotis"


def test_la_pagination_garde_les_filtres():
    page = Paginator(range(200), 10).page(10)
    assert t.pages_visibles(page) == [1, None, 8, 9, 10, 11, 12, None, 20]
    html = rendre(
        '{% include "composants/pagination.html" with parametre="page" %}',
        page=page,
        request=RequestFactory().get("/", {"q": "été", "page": "10"}),
    )
    assert "?q=%C3%A9t%C3%A9&amp;page=11" in html
    assert html.count("aria-current") == 1


# -- Forms -----------------------------------------------------------------------------------------
class Formulaire(forms.Form):
    montant = forms.CharField(
        label="Montant ?",
        help_text="En euros : sans le signe.",
        widget=forms.TextInput(attrs={"data-unite": "€"}),
    )
    issue = forms.ChoiceField(label="Issue", choices=[("r", "Réalisée")], widget=forms.RadioSelect)
    exact = forms.BooleanField(label="Estimation", required=False)
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)


def test_un_champ_relie_etiquette_aide_et_erreur():
    formulaire = Formulaire({"montant": ""})
    html = formulaire["montant"].as_field_group()
    assert '<label for="id_montant">Montant\u00a0?</label>' in html
    assert 'aria-describedby="id_montant_helptext id_montant_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_montant_helptext">En euros\u00a0: sans le signe.</div>' in html
    assert 'id="id_montant_error"' in html
    assert 'class="avec-unite"' in html
    assert "(facultatif)" not in html
    assert "(facultatif)" in formulaire["note"].as_field_group()


def test_un_groupe_de_choix_a_une_legende():
    html = Formulaire({})["issue"].as_field_group()
    assert "<legend>Issue</legend>" in html
    assert 'aria-describedby="id_issue_error"' in html
    assert '<label for="id_issue_0">Réalisée</label>' in html


def test_une_case_a_son_etiquette_apres_elle():
    html = Formulaire()["exact"].as_field_group()
    assert html.index('type="checkbox"') < html.index('<label for="id_exact">Estimation</label>')


def test_le_resume_des_erreurs_mene_aux_champs():
    formulaire = Formulaire({"montant": ""})
    formulaire.add_error(None, "Ces réponses se contredisent.")
    html = rendre('{% include "composants/resume_erreurs.html" %}', form=formulaire)
    assert "3 réponses sont à corriger" in html
    assert 'href="#id_montant"' in html
    assert 'href="#id_issue"' in html
    assert "Ces réponses se contredisent." in html
    assert rendre('{% include "composants/resume_erreurs.html" %}', form=Formulaire()).strip() == ""


def test_l_historique_dit_avant_et_apres():
    evenement = {
        "quand": datetime(2025, 6, 30, 19, 4, tzinfo=UTC),
        "qui": "Karim Arnaud",
        "quoi": "Bilan modifié",
        "changements": [SimpleNamespace(champ="Participantes", avant=None, apres=14)],
    }
    html = rendre('{% include "composants/historique.html" %}', evenements=[evenement])
    assert "30\u00a0juin\u00a02025 à 21\u00a0h\u00a004 · Karim Arnaud" in html
    assert '<span class="visually-hidden">rien</span>' in html
    assert ">après </span>14</ins>" in html
