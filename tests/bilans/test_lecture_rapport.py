"""Reading the annual report: what is frozen is what is read, to the extent of one's rights, signed in or not."""

import re
from datetime import UTC, date, datetime
from hashlib import sha256
from html import unescape
from itertools import chain
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actions.models import Action
from bilans.models import FichierRapport, RapportAnnuel, SectionRapport, VersionRapport
from bilans.pages import annexe_rapport
from bilans.pages.mots_cherches import formes, surligner
from bilans.rapport import consultation, fabrication
from bilans.rapport.redaction import Changement, ecrire_section, ouvrir_rapport
from bilans.rapport.versions import figer
from tests import fabriques

pytestmark = pytest.mark.django_db

Etat, Nature = FichierRapport.Etat, VersionRapport.Nature
LIGNE = '<th scope="row">actions</th><td class="num">{}</td><td class="num">{}</td><td class="num">+1</td>'
RECIT = "L'Épicerie solidaire a ouvert rue de la République."


@pytest.fixture(autouse=True)
def le_jour() -> Any:
    with time_machine.travel(datetime(2025, 6, 2, 10, tzinfo=UTC), tick=False) as jour:
        yield jour


class Lieu:
    """A contract whose report of 2024 is published, who runs it, who reads it."""

    def __init__(self, annee: int = 2024) -> None:
        self.campagne = fabriques.CampagneFactory(annee=annee, contrat__slug="dole")
        self.contrat = self.campagne.contrat
        self.chargee = fabriques.chargee_de_mission(self.contrat, prenom="Léa", nom="Morel")
        self.copil = fabriques.membre_du_copil(self.contrat)
        self.ajouter("Ciné plein air", "Atelier vélo")
        self.rapport = ouvrir_rapport(self.chargee, self.contrat, annee)
        self.ecrire(RECIT)

    def ajouter(self, *titres: str) -> None:
        # Of one porteur: the annexes group the rows by porteur.
        porteur = fabriques.PorteurFactory(epci=self.contrat.epci)
        for titre in titres:
            annuelle = fabriques.ActionAnnuelleFactory(
                campagne=self.campagne,
                action=fabriques.ActionFactory(contrat=self.contrat, intitule=titre, porteur=porteur),
            )
            fabriques.LigneFinancementFactory(action_annuelle=annuelle)
            fabriques.BilanFactory(action_annuelle=annuelle, valide=True)

    def ecrire(self, texte: str) -> None:
        section = SectionRapport.objects.get(rapport=self.rapport, code="orientations")
        ecrire_section(self.chargee, section, {"texte": Changement(section.texte, texte)})

    def publier(self, rapport: RapportAnnuel | None = None) -> VersionRapport:
        publie = rapport or self.rapport
        RapportAnnuel.objects.filter(pk=publie.pk).update(
            statut="publie",
            publie_le=datetime(2025, 6, 2, 9, tzinfo=UTC),
            deliberation=fabriques.DeliberationFactory(contrat=self.contrat, date=date(2025, 5, 30)),
        )
        publie.refresh_from_db()
        return figer(self.chargee, publie, Nature.PUBLIEE, "Publication.")

    def adresse(self, nom: str, *cles: Any) -> str:
        return reverse(nom, args=[self.contrat.slug, self.campagne.annee, *cles])

    def lire(
        self, compte: Any, nom: str = "rapport_version", *cles: Any, methode: str = "get", **suite: Any
    ) -> Any:
        client = Client()
        client.force_login(compte)
        return getattr(client, methode)(self.adresse(nom, *(cles or (1,))), suite)


@pytest.fixture
def lieu() -> Lieu:
    return Lieu()


def texte(reponse: Any) -> str:
    """Return a page with plain spaces and quotes."""
    return re.sub(r"[\s\u00a0\u202f]+", " ", unescape(reponse.content.decode()))


# -- What is frozen --------------------------------------------------------------------------------
def test_what_is_read_is_what_was_frozen(lieu: Lieu) -> None:
    lieu.publier()
    avant = lieu.lire(lieu.copil).content
    annexe = lieu.lire(lieu.copil, "rapport_version_annexe", 1, "synthese").content
    Action.objects.update(intitule="Tout autre chose")
    lieu.ecrire("Un autre récit.")
    lieu.ajouter("Une troisième")
    # What asks for the account's token changes at each page.
    assert sans_jeton(lieu.lire(lieu.copil).content) == sans_jeton(avant)
    assert sans_jeton(lieu.lire(lieu.copil, "rapport_version_annexe", 1, "synthese").content) == sans_jeton(
        annexe
    )
    assert "Ciné plein air" in annexe.decode()


def sans_jeton(page: bytes) -> bytes:
    sans_csrf = re.sub(rb"(X-CSRFToken\": \"|csrfmiddlewaretoken\" value=\")\w+", b"", page)
    return re.sub(rb"<header.*?</header>", b"", sans_csrf, flags=re.S)


def test_the_latest_version_is_the_one_that_is_led_to(lieu: Lieu) -> None:
    lieu.publier()
    figer(lieu.chargee, lieu.rapport, Nature.PUBLIEE, "Un montant corrigé.")
    client = Client()
    client.force_login(lieu.copil)
    assert client.get(lieu.adresse("rapport_lire")).url == lieu.adresse("rapport_version", 2)
    ancienne = texte(lieu.lire(lieu.copil))
    assert "Une version plus récente existe." in ancienne
    assert "Un montant corrigé." in ancienne


@pytest.mark.parametrize(
    ("nom", "cles"),
    [
        ("rapport_version", (1,)),
        ("rapport_version_annexe", (1, "synthese")),
        ("rapport_version_image", (1, "1" * 64)),
        ("rapport_presenter", (1,)),
        ("rapport_comparer", (1,)),
    ],
)
def test_a_tampered_version_is_refused_in_a_sentence(lieu: Lieu, nom: str, cles: tuple[Any, ...]) -> None:
    version = lieu.publier()
    VersionRapport.objects.update(contenu=version.contenu.replace("Ciné", "Théâtre"))
    reponse = lieu.lire(lieu.copil, nom, *cles)
    assert reponse.status_code == 409
    assert "ne correspond plus à l'empreinte de cette version" in texte(reponse)
    assert "Théâtre" not in texte(reponse)


def test_the_number_of_queries_does_not_follow_the_rows(lieu: Lieu) -> None:
    lieu.publier()
    comptes = []
    for titres in ((), [f"Action {n}" for n in range(8)]):
        lieu.ajouter(*titres)
        numero = figer(lieu.chargee, lieu.rapport, Nature.PUBLIEE, "Encore.").numero
        with CaptureQueriesContext(connection) as requetes:
            assert lieu.lire(lieu.chargee, "rapport_version", numero).status_code == 200
        comptes.append(len(requetes))
    assert comptes[0] == comptes[1]


# -- Figures, and the rows that make them ----------------------------------------------------------
def test_each_figure_says_what_it_rests_on_and_leads_to_its_rows(lieu: Lieu) -> None:
    lieu.publier()
    page = texte(lieu.lire(lieu.copil))
    assert "Repose sur : 2 bilans validés sur 2 attendus." in page
    for code in ("synthese", "porteurs", "financements"):
        assert f'href="{lieu.adresse("rapport_version_annexe", 1, code)}"' in page


def test_a_figure_leads_into_the_application_for_who_may_open_it(lieu: Lieu) -> None:
    lieu.publier()
    ferme, ouvert = texte(lieu.lire(lieu.copil)), texte(lieu.lire(lieu.chargee))
    actions = f'href="{lieu.adresse("liste_actions")}"'
    # Of the one who runs the contract, the menu and the search lead there too.
    assert (ferme.count(actions), ouvert.count(actions)) == (0, 3)
    assert lieu.adresse("financements") not in ferme
    assert "Dans Pilotis, avec les données d'aujourd'hui" in ouvert
    assert "Dans Pilotis, avec les données d'aujourd'hui" not in ferme


def test_a_row_of_a_chart_leads_to_its_rows_in_the_annex(lieu: Lieu) -> None:
    lieu.ajouter("Chez l'autre porteur")
    nom = Action.objects.order_by("pk")[2].porteur.nom
    lieu.publier()
    liens = re.findall(
        r'href="([^"]*annexes/porteurs/\?seulement=[^"]*)">([^<]*)<', texte(lieu.lire(lieu.copil))
    )
    adresses = {libelle: adresse for adresse, libelle in liens}
    client = Client()
    client.force_login(lieu.copil)
    page = texte(client.get(adresses[nom]))
    assert "1 ligne sur 3." in page
    assert "Chez l'autre porteur" in page
    assert "Ciné plein air" not in page


def test_an_annex_is_sorted_by_its_headers(lieu: Lieu) -> None:
    lieu.publier()

    def ordre(tri: str) -> list[str]:
        page = texte(lieu.lire(lieu.copil, "rapport_version_annexe", 1, "financements", tri=tri))
        return re.findall("Ciné plein air|Atelier vélo", page)

    entetes = texte(lieu.lire(lieu.copil, "rapport_version_annexe", 1, "financements"))
    intitule = next(
        cle for cle in re.findall(r"\?tri=(\w+)", entetes) if "action" in cle or "intitule" in cle
    )
    assert (ordre(intitule), ordre(f"-{intitule}")) == (
        ["Atelier vélo", "Ciné plein air"],
        ["Ciné plein air", "Atelier vélo"],
    )
    assert (
        'aria-sort="descending"'
        in lieu.lire(
            lieu.copil, "rapport_version_annexe", 1, "financements", tri=f"-{intitule}"
        ).content.decode()
    )


@pytest.fixture
def longue(lieu: Lieu, monkeypatch: pytest.MonkeyPatch) -> Lieu:
    """A report whose annexes take three pages of four rows: two porteurs, of two and eight actions."""
    monkeypatch.setattr(annexe_rapport, "LIGNES_PAR_PAGE", 4)
    lieu.ajouter(*(f"Sortie {numero}" for numero in range(1, 9)))
    lieu.publier()
    return lieu


def annexe(lieu: Lieu, **criteres: Any) -> str:
    return texte(lieu.lire(lieu.copil, "rapport_version_annexe", 1, "financements", **criteres))


def lignes_de(page: str) -> list[str]:
    return re.findall(r"Sortie \d|Ciné plein air|Atelier vélo", page.partition("<table")[2])


def total_de(page: str) -> list[str]:
    return re.findall(r"<tfoot.*</tfoot>", page)


def test_a_long_annex_has_pages_and_each_says_the_totals_of_all(longue: Lieu) -> None:
    pages = [annexe(longue, page=numero) for numero in (1, 2, 3)]
    lues = [lignes_de(page) for page in pages]
    assert [len(lue) for lue in lues] == [4, 4, 2]
    assert sorted(chain.from_iterable(lues)) == sorted(
        ["Ciné plein air", "Atelier vélo", *(f"Sortie {n}" for n in range(1, 9))]
    )
    assert "Lignes 5 à 8 sur 10. Les totaux comptent les 10 lignes." in pages[1]
    assert total_de(pages[0]) == total_de(pages[1]) == total_de(pages[2]) != []
    # A porteur that began on another page is named again; its subtotal stands once, where it ends.
    assert ["(suite)" in page for page in pages] == [False, True, True]
    assert [page.count('class="sous-total"') for page in pages] == [1, 0, 1]


def test_an_annex_is_sorted_and_found_over_all_its_pages(longue: Lieu) -> None:
    cle = next(c for c in re.findall(r"\?tri=(\w+)", annexe(longue)) if c in ("action", "intitule"))
    assert lignes_de(annexe(longue, tri=f"-{cle}", page=3)) == ["Sortie 2", "Sortie 1"]
    assert f'href="?tri=-{cle}&page=2"' in annexe(longue, tri=f"-{cle}")
    page = annexe(longue, q="velos ATELIER")
    assert lignes_de(page) == ["Atelier vélo"]
    assert "1 ligne sur 10." in page
    assert "Total général, lignes trouvées" in page
    assert "aucune ligne" in annexe(longue, q="introuvable").lower()


@pytest.mark.parametrize("tri", ["", "-intitule"])
def test_a_row_is_reached_on_its_page_whatever_the_order(longue: Lieu, tri: str) -> None:
    resultats = texte(liste(longue, longue.copil, "sortie 7"))
    adresse = next(a for a in re.findall(r'href="([^"]*financements/\?ligne=[^"]*)"', resultats))
    numero = adresse.partition("#ligne-")[2]
    page = annexe(longue, ligne=numero, tri=tri)
    assert re.search(rf'<tr id="ligne-{numero}"[^>]*>(?:(?!</tr>).)*Sortie 7', page)


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "9" * 400])
def test_a_page_that_is_not_is_the_first(longue: Lieu, page: str) -> None:
    assert lignes_de(annexe(longue, page=page)) == lignes_de(annexe(longue))
    assert lignes_de(annexe(longue, ligne=page)) == lignes_de(annexe(longue))


def test_an_annex_takes_the_same_queries_whatever_its_rows(lieu: Lieu) -> None:
    lieu.publier()
    comptes = []
    for titres in ((), [f"Action {n}" for n in range(8)]):
        lieu.ajouter(*titres)
        numero = figer(lieu.chargee, lieu.rapport, Nature.PUBLIEE, "Encore.").numero
        with CaptureQueriesContext(connection) as requetes:
            lieu.lire(lieu.copil, "rapport_version_annexe", numero, "financements")
        comptes.append(len(requetes))
    assert comptes[0] == comptes[1]


def test_an_annex_that_is_not_in_the_version_is_not_found(lieu: Lieu) -> None:
    lieu.publier()
    assert lieu.lire(lieu.copil, "rapport_version_annexe", 1, "inconnue").status_code == 404


# -- Who reads which version -----------------------------------------------------------------------
def test_a_draft_is_read_by_who_is_consulted_and_leaves_with_the_publication(lieu: Lieu) -> None:
    instance = fabriques.InstanceFactory(contrat=lieu.contrat, type="conseil_citoyen")
    consultation.envoyer_pour_avis(lieu.chargee, lieu.rapport, [instance], date(2025, 7, 10))
    porteur = fabriques.representant_du_porteur(Action.objects.order_by("pk")[0].porteur)
    assert [lieu.lire(c).status_code for c in (lieu.copil, lieu.chargee, porteur)] == [200, 200, 404]
    assert "Projet soumis à avis" in texte(lieu.lire(lieu.copil))
    lieu.publier()
    assert [lieu.lire(c).status_code for c in (lieu.copil, lieu.chargee)] == [404, 200]
    assert lieu.lire(lieu.copil, "rapport_version", 2).status_code == 200


def test_who_owes_an_opinion_gives_it_from_the_draft(lieu: Lieu) -> None:
    instance = fabriques.InstanceFactory(contrat=lieu.contrat, type="conseil_citoyen", nom="Les Mesnils")
    membre = fabriques.membre_du_copil(lieu.contrat)
    fabriques.MembreInstanceFactory(instance_siegee=instance, utilisateur=membre)
    consultation.envoyer_pour_avis(lieu.chargee, lieu.rapport, [instance], date(2025, 7, 10))
    page = texte(lieu.lire(membre))
    assert "Les Mesnils : votre avis est attendu d'ici au 10 juillet 2025." in page
    assert ">Donner un avis<" in page
    assert ">Donner un avis<" not in texte(lieu.lire(lieu.copil))


def test_nothing_is_read_while_the_report_is_prepared(lieu: Lieu) -> None:
    figer(lieu.chargee, lieu.rapport, Nature.PROJET)
    assert lieu.lire(lieu.copil).status_code == 404
    assert "Aucun rapport annuel n'est encore à lire" in texte(liste(lieu, lieu.copil))


# -- The list, and the search ----------------------------------------------------------------------
def liste(lieu: Lieu, compte: Any, q: str = "") -> Any:
    client = Client()
    client.force_login(compte)
    return client.get(lieu.adresse("rapports"), {"q": q} if q else {})


def test_the_list_says_the_versions_and_their_reasons(lieu: Lieu) -> None:
    lieu.publier()
    figer(lieu.chargee, lieu.rapport, Nature.PUBLIEE, "Un montant corrigé.")
    page = texte(liste(lieu, lieu.copil))
    assert "Publié" in page
    assert "Approuvé le 30 mai 2025." in page
    assert "Un montant corrigé." in page
    assert "Publication." in page


@pytest.mark.parametrize(
    "mots", ["epicerie", "ÉPICERIE solidaire", "republique epicerie", "épiceries solidaires"]
)
def test_the_search_leads_to_the_section_whatever_the_accents(lieu: Lieu, mots: str) -> None:
    lieu.publier()
    page = texte(liste(lieu, lieu.copil, mots))
    assert "1 passage" in page
    assert f'href="{lieu.adresse("rapport_version", 1)}#orientations"' in page
    assert "<mark>Épicerie</mark>" in page


def test_the_search_reads_the_annexes_and_says_when_there_is_nothing(lieu: Lieu) -> None:
    lieu.publier()
    assert lieu.adresse("rapport_version_annexe", 1, "synthese") in texte(
        liste(lieu, lieu.copil, "cine plein")
    )
    assert "aucun passage" in texte(liste(lieu, lieu.copil, "introuvable"))
    # Two words that no passage holds together.
    assert "aucun passage" in texte(liste(lieu, lieu.copil, "epicerie velo"))


def test_the_search_reads_no_draft_that_is_not_shown(lieu: Lieu) -> None:
    figer(lieu.chargee, lieu.rapport, Nature.PROJET)
    assert "Épicerie" not in texte(liste(lieu, lieu.copil, "epicerie"))


def test_a_passage_is_escaped_and_cut_around_the_word() -> None:
    extrait = surligner(f"<b>{'mot ' * 40}Œuvre {'suite ' * 60}", ["oeuvre"])
    assert extrait is not None
    assert extrait.startswith("… mot")
    assert extrait.endswith("suite …")
    assert "<mark>Œuvre</mark>" in extrait
    assert surligner("<script>alert(1)</script> vélo", ["velo"]) == (
        "&lt;script&gt;alert(1)&lt;/script&gt; <mark>vélo</mark>"
    )


@pytest.mark.parametrize(
    ("mot", "texte"), [("ateliers", "atelier"), ("journal", "journaux"), ("locaux", "local"), ("jeux", "jeu")]
)
def test_a_word_is_found_in_the_singular_and_in_the_plural(mot: str, texte: str) -> None:
    assert any(forme in texte for forme in formes(mot))
    assert formes("bus") == ("bus",)


# -- Comparing -------------------------------------------------------------------------------------
def test_two_versions_that_say_the_same(lieu: Lieu) -> None:
    lieu.publier()
    figer(lieu.chargee, lieu.rapport, Nature.PUBLIEE, "Pour voir.")
    assert "Rien n'a changé" in texte(lieu.lire(lieu.copil, "rapport_comparer", 2, avec="1"))


def test_what_changed_between_two_versions(lieu: Lieu) -> None:
    lieu.publier()
    lieu.ajouter("Une troisième")
    lieu.ecrire("Un autre récit.")
    figer(lieu.chargee, lieu.rapport, Nature.PUBLIEE, "Une action oubliée.")
    for numero, avec in ((1, "2"), (2, "1")):
        page = texte(lieu.lire(lieu.copil, "rapport_comparer", numero, avec=avec))
        # From either side, the earlier version comes first.
        assert re.search(
            r'<th scope="row">actions</th><td class="num">2</td><td class="num">3</td><td class="num">\+1<',
            page,
        )
        assert page.index("Épicerie") < page.index("Un autre récit.")
        assert "tableaux ou graphiques ont changé" in page


def test_today_s_data_are_compared_by_who_runs_the_contract_alone(lieu: Lieu) -> None:
    lieu.publier()
    lieu.ajouter("Une troisième")
    assert "Les données d'aujourd'hui" in texte(lieu.lire(lieu.chargee, "rapport_comparer", 1, avec="jour"))
    assert "+1" in texte(lieu.lire(lieu.chargee, "rapport_comparer", 1, avec="jour"))
    ferme = texte(lieu.lire(lieu.copil, "rapport_comparer", 1, avec="jour"))
    assert "Les données d'aujourd'hui" not in ferme
    assert "Rien à comparer" in ferme


def test_the_figures_of_last_year_stand_beside(lieu: Lieu) -> None:
    precedente = fabriques.CampagneFactory(contrat=lieu.contrat, annee=2023)
    fabriques.ActionAnnuelleFactory(
        campagne=precedente, action=fabriques.ActionFactory(contrat=lieu.contrat, intitule="L'an dernier")
    )
    lieu.publier(ouvrir_rapport(lieu.chargee, lieu.contrat, 2023))
    lieu.publier()
    assert "Les chiffres de 2024 en regard de ceux de 2023" in texte(lieu.lire(lieu.copil))
    page = texte(lieu.lire(lieu.copil, "rapport_comparer", 1, avec="an-dernier"))
    assert LIGNE.format(1, 2) in page


# -- « Présenter » ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("demande", "montre"), [("", 1), ("2", 2), ("0", 1), ("-3", 1), ("999", -1), ("deux", 1), ("9" * 400, 1)]
)
def test_each_screen_has_its_address(lieu: Lieu, demande: str, montre: int) -> None:
    lieu.publier()
    page = lieu.lire(lieu.copil, "rapport_presenter", 1, ecran=demande).content.decode()
    ecrans = re.findall(r'<section class="ecran[^>]*>', page)
    voulu = montre if montre > 0 else len(ecrans)
    assert [rang for rang, ecran in enumerate(ecrans, start=1) if " hidden" not in ecran] == [voulu]


# -- Files -----------------------------------------------------------------------------------------
def fichier(lieu: Lieu, version: VersionRapport, **champs: Any) -> FichierRapport:
    return fabriques.FichierRapportFactory(
        rapport=lieu.rapport, version=version, demande_par=champs.pop("par", lieu.copil), **champs
    )


def test_a_file_is_asked_for_and_followed(lieu: Lieu) -> None:
    version = lieu.publier()
    reponse = lieu.lire(lieu.copil, "rapport_fichiers", 1, methode="post", format="pdf")
    assert reponse.url == lieu.adresse("rapport_fichiers", 1)
    demande = FichierRapport.objects.get()
    assert (demande.version, demande.format, demande.etat) == (version, "pdf", Etat.DEMANDE)
    page = lieu.lire(lieu.copil, "rapport_fichiers", 1).content.decode()
    assert 'hx-trigger="every 2s"' in page
    assert "Abandonner" in page
    FichierRapport.objects.update(etat=Etat.EN_COURS, etape="Mise en page", progression=60)
    page = texte(lieu.lire(lieu.copil, "rapport_fichiers", 1))
    assert "Mise en page, 60 %" in page


def test_a_format_that_is_not_is_refused_in_a_sentence(lieu: Lieu) -> None:
    lieu.publier()
    client = Client()
    client.force_login(lieu.copil)
    page = client.post(lieu.adresse("rapport_fichiers", 1), {"format": "exe"}, follow=True)
    assert "Ce rapport se prend en PDF, en Excel ou en Word." in texte(page)
    assert not FichierRapport.objects.exists()


def test_a_file_that_stopped_or_failed_is_begun_again(lieu: Lieu) -> None:
    version = lieu.publier()
    fichier(lieu, version, etat=Etat.ECHOUE, message="La police manque.")
    stoppe = fichier(lieu, version, format="docx", etat=Etat.EN_COURS)
    FichierRapport.objects.filter(pk=stoppe.pk).update(vu_le=datetime(2025, 6, 2, 9, tzinfo=UTC))
    page = texte(lieu.lire(lieu.copil, "rapport_fichiers", 1))
    assert "La police manque." in page
    assert "La fabrication s'est interrompue." in page
    assert page.count(">Recommencer<") == 2
    assert "every 2s" not in page


def test_a_file_that_the_disk_lost_is_prepared_again(lieu: Lieu) -> None:
    version = lieu.publier()
    RapportAnnuel.objects.filter(pk=lieu.rapport.pk).update(adresse_publique="dole-2024")
    fait = fichier(lieu, version, fait=True)
    publique, pdf = (
        reverse("rapport_public", args=["dole-2024"]),
        reverse("rapport_public_fichier", args=["dole-2024", "pdf"]),
    )
    assert pdf in Client().get(publique).content.decode()
    fait.fichier.storage.delete(fait.fichier.name)
    page = texte(lieu.lire(lieu.copil, "rapport_fichiers", 1))
    assert page.count(">Préparer<") == len(FichierRapport.Format)
    assert pdf not in Client().get(publique).content.decode()


def test_a_file_is_given_up_by_who_asked_for_it(lieu: Lieu) -> None:
    version = lieu.publier()
    demande = fichier(lieu, version, vu_le=datetime(2025, 6, 2, 10, tzinfo=UTC))
    autre = fabriques.membre_du_copil(lieu.contrat)
    assert lieu.lire(autre, "rapport_fichier_abandonner", demande.cle, methode="post").status_code == 403
    assert "Abandonner" not in texte(lieu.lire(autre, "rapport_fichiers", 1))
    assert lieu.lire(lieu.copil, "rapport_fichier_abandonner", demande.cle, methode="post").status_code == 302
    demande.refresh_from_db()
    assert demande.etat == Etat.ABANDONNE
    assert ">Préparer<" in texte(lieu.lire(lieu.copil, "rapport_fichiers", 1))


def test_a_made_file_is_given_under_its_name(lieu: Lieu) -> None:
    fait = fichier(lieu, lieu.publier(), fait=True)
    reponse = lieu.lire(lieu.copil, "rapport_fichier", fait.cle)
    assert b"".join(reponse.streaming_content) == b"%PDF-1.7\n%%EOF\n"
    assert reponse["Content-Disposition"] == f'attachment; filename="{fabrication.nom_du_fichier(fait)}"'
    assert (reponse["Content-Type"], reponse["X-Content-Type-Options"]) == ("application/pdf", "nosniff")


def test_a_file_that_is_not_made_or_was_of_the_day_is_not_given(lieu: Lieu) -> None:
    version = lieu.publier()
    en_route, du_jour = fichier(lieu, version), fichier(lieu, None, fait=True)
    assert lieu.lire(lieu.chargee, "rapport_fichier", en_route.cle).status_code == 404
    assert lieu.lire(lieu.copil, "rapport_fichier", du_jour.cle).status_code == 404
    assert lieu.lire(lieu.chargee, "rapport_fichier", du_jour.cle).status_code == 200


# -- The public address ----------------------------------------------------------------------------
def ouvrir_a_tous(lieu: Lieu) -> VersionRapport:
    version = lieu.publier()
    consultation.donner_une_adresse(lieu.chargee, lieu.rapport, "dole-2024")
    return version


def test_anybody_reads_a_published_report_at_its_address(lieu: Lieu) -> None:
    ouvrir_a_tous(lieu)
    page = Client().get("/rapports/dole-2024/")
    assert page.status_code == 200
    lu = texte(page)
    assert "Épicerie" in lu
    assert "Repose sur" in lu
    assert '<meta name="robots" content="index, follow">' in lu
    # Nothing leads into the application, and nobody is named.
    permis = ("/rapports/dole-2024/", "#", "/accessibilite/", "/donnees-personnelles/", "/static/", "data:")
    adresses = re.findall(r'(?:href|src|action)="([^"]*)"', lu)
    assert [a for a in adresses if not a.startswith(permis)] == []
    assert "Morel" not in lu


def test_anybody_shows_a_public_report_in_a_meeting_room(lieu: Lieu, settings: Any) -> None:
    settings.PILOTIS_DEMONSTRATION = True
    ouvrir_a_tous(lieu)
    assert "/rapports/dole-2024/presenter/" in texte(Client().get("/rapports/dole-2024/"))
    page = texte(Client().get("/rapports/dole-2024/presenter/", {"ecran": "2"}))
    montres = re.findall(r'<section class="ecran [^>]*id="ecran-(\d+)"[^>]*data-titre="[^"]*">', page)
    assert montres == ["2"]
    # The same screens as in the application, which lead back to the public address and nowhere else.
    dedans = texte(lieu.lire(lieu.copil, "rapport_presenter", 1))
    titres = 'data-titre="([^"]*)"'
    assert re.findall(titres, page) == re.findall(titres, dedans) != []
    permis = ("/rapports/dole-2024/", "?ecran=", "#", "/static/", "data:")
    adresses = re.findall(r'(?:href|src|srcset|action|data-sortie)="([^"]*)"', page)
    assert [a for a in adresses if not a.startswith(permis)] == []
    assert "Morel" not in page


def test_the_band_of_the_demonstration_leads_nobody_to_its_e_mails(lieu: Lieu, settings: Any) -> None:
    settings.PILOTIS_DEMONSTRATION = True
    ouvrir_a_tous(lieu)
    page = texte(Client().get("/rapports/dole-2024/"))
    assert "les personnes et les saisies sont inventées" in page
    assert "Lire les courriels envoyés" not in page
    assert f"– {lieu.contrat.nom_court}</title>" in page


def test_the_annexes_and_photographs_of_a_public_report_are_public(lieu: Lieu) -> None:
    section = SectionRapport.objects.get(rapport=lieu.rapport, code="orientations")
    empreinte = sha256(b"\xff\xd8\xff").hexdigest()
    fabriques.PhotoRapportFactory(section=section, empreinte=empreinte)
    ouvrir_a_tous(lieu)
    assert "Ciné plein air" in texte(Client().get("/rapports/dole-2024/annexes/synthese/"))
    image = Client().get(f"/rapports/dole-2024/images/{empreinte}/")
    assert (image.status_code, image["Content-Type"]) == (200, "image/jpeg")
    assert image["X-Content-Type-Options"] == "nosniff"
    assert Client().get(f"/rapports/dole-2024/images/{'2' * 64}/").status_code == 404


def test_the_public_files_are_those_that_are_made(lieu: Lieu) -> None:
    version = ouvrir_a_tous(lieu)
    fichier(lieu, version, fait=True)
    fichier(lieu, version, format="xlsx")
    page = texte(Client().get("/rapports/dole-2024/"))
    assert "/rapports/dole-2024/fichiers/pdf/" in page
    assert "/fichiers/xlsx/" not in page
    donne = Client().get("/rapports/dole-2024/fichiers/pdf/")
    assert donne["Content-Disposition"].startswith("attachment")
    assert b"".join(donne.streaming_content) == b"%PDF-1.7\n%%EOF\n"
    assert Client().get("/rapports/dole-2024/fichiers/xlsx/").status_code == 404


@pytest.mark.parametrize(
    "suite", ["", "presenter/", "annexes/synthese/", f"images/{'1' * 64}/", "fichiers/pdf/"]
)
def test_nothing_is_public_before_the_publication_nor_after_it_was_taken_back(lieu: Lieu, suite: str) -> None:
    assert Client().get(f"/rapports/dole-2024/{suite}").status_code == 404
    ouvrir_a_tous(lieu)
    consultation.revenir(lieu.chargee, lieu.rapport, "Une erreur.")
    assert Client().get(f"/rapports/dole-2024/{suite}").status_code == 404


def test_a_tampered_version_is_refused_to_anybody(lieu: Lieu) -> None:
    version = ouvrir_a_tous(lieu)
    VersionRapport.objects.filter(pk=version.pk).update(contenu=version.contenu.replace("Ciné", "Théâtre"))
    reponse = Client().get("/rapports/dole-2024/")
    assert (reponse.status_code, "Théâtre" in texte(reponse)) == (409, False)
