"""The page « Anomalies »: what it lists, filters, leads to, exports; the decisions taken on it."""

import csv
import io
import re
from decimal import Decimal

import pytest
from django.urls import reverse

from bilans.controles import REGLES, anomalies_bilan
from bilans.models import Justification
from documents import FORMATS, TYPES_MIME
from tests import fabriques
from tests.outils.pages import lisible, rien_n_est_ecrit, texte
from tests.outils.requetes import verifier_requetes_constantes

pytestmark = pytest.mark.django_db


@pytest.fixture
def qpv(campagne):
    return fabriques.TerritoireFactory(contrat=campagne.contrat)


@pytest.fixture
def ajouter(campagne, qpv):
    """Give what adds a received bilan; without women nor men, the law asks for them (EFF-20)."""

    def ajouter(intitule, porteur="", axe=None, **effectifs):
        porteur = porteur and fabriques.PorteurFactory(epci=campagne.contrat.epci, nom=porteur)
        action = fabriques.ActionFactory(
            contrat=campagne.contrat, intitule=intitule, **({"porteur": porteur} if porteur else {})
        )
        annuelle = fabriques.ActionAnnuelleFactory(
            campagne=campagne, action=action, axe=axe, territoires=[qpv], ordre=action.pk
        )
        bilan = fabriques.BilanFactory(action_annuelle=annuelle, transmis=True)
        fabriques.effectifs(bilan, **(effectifs or {"T": 30}))
        return bilan

    return ajouter


@pytest.fixture
def adresse(campagne):
    return reverse("anomalies", args=[campagne.contrat.slug, campagne.annee])


@pytest.fixture
def imprimes(campagne):
    """Printed shares that make 104 %, and 53 actions announced."""
    financeurs = [fabriques.FinanceurFactory(contrat=campagne.contrat) for _ in range(3)]
    for rang, (financeur, part) in enumerate(zip(financeurs, (47, 42, 15), strict=True), 1):
        fabriques.TotalControleFactory(
            campagne=campagne,
            ordre=rang,
            nature="part",
            financeur=financeur,
            valeur=part,
            citation="47% 42% 15%",
            source="Ligne des pourcentages",
        )
    fabriques.TotalControleFactory(campagne=campagne, ordre=9, nature="actions", valeur=53)


def codes(page):
    return [rangee.anomalie.code for rangee in page.context["page"].rangees]


def sujets(page):
    return [rangee.sujet.titre for rangee in page.context["page"].rangees]


def voir(client, adresse, criteres=""):
    return client.get(adresse + criteres)


def identite(bilan, code):
    (anomalie,) = (a for a in anomalies_bilan(bilan) if a.code == code)
    return anomalie.identite


# -- What it lists ---------------------------------------------------------------------------------
def test_rien_a_signaler(chargee, adresse):
    with rien_n_est_ecrit():
        page = texte(voir(chargee, adresse))
    assert re.search(r"Rien à signaler \d+ contrôles ont été faits", page)


def test_l_annee_d_abord_puis_les_actions_le_plus_grave_en_tete(chargee, adresse, ajouter, imprimes):
    ajouter("Alerte")
    ajouter("Contradiction", F=12, H=17, T=30)
    page = voir(chargee, adresse)
    parties = page.context["page"].parties
    assert [partie.titre for partie in parties] == ["L'année 2024", "Les actions et leurs bilans"]
    assert [bloc.titre for bloc in parties[1].blocs] == ["Contradiction", "Alerte"]
    assert {"FIN-01", "COH-05"} <= {rangee.anomalie.code for rangee in parties[0].blocs[0].rangees}
    lu = texte(page)
    assert "104 %" in lu
    assert "« 47% 42% 15% » Ligne des pourcentages" in lu
    assert "12 femmes et 17 hommes font 29, mais le total indiqué est 30." in lu


def test_les_informations_et_les_brouillons_sont_a_part(chargee, adresse, ajouter, campagne):
    ajouter("Information", T=30, F=12)
    brouillon = ajouter("Brouillon", F=12, H=17, T=30)
    type(brouillon).objects.filter(pk=brouillon.pk).update(
        statut="en_saisie", transmis_le=None, transmis_par=None
    )
    assert "EFF-07" not in codes(voir(chargee, adresse))
    assert "EFF-07" in codes(voir(chargee, adresse, "?etat=a_savoir"))
    assert "EFF-01" not in codes(voir(chargee, adresse, "?etat=tout"))


def test_chaque_constat_mene_a_son_champ(chargee, adresse, ajouter, campagne, imprimes):
    ouvert, valide = ajouter("Ouvert", F=12, H=17, T=30), ajouter("Validé", F=12, H=17, T=30)
    type(valide).objects.filter(pk=valide.pk).update(
        statut="valide", valide_le=fabriques.TRANSMIS_LE, valide_par=valide.transmis_par
    )
    annuelle = fabriques.ActionAnnuelleFactory(campagne=campagne, territoires=[])
    fabriques.AmbiguiteFactory(
        action_annuelle=annuelle,
        lectures=fabriques.FinanceurFactory.create_batch(2, contrat=campagne.contrat),
    )
    liens = {
        (rangee.anomalie.code, rangee.sujet.titre): rangee.lien.url
        for rangee in voir(chargee, adresse).context["page"].rangees
    }
    base = f"/{campagne.contrat.slug}/{campagne.annee}/"
    assert (
        liens["EFF-01", "Ouvert"]
        == f"{base}actions/{ouvert.action_annuelle.cle}/bilan/saisir/#id_total_ensemble_F"
    )
    assert liens["EFF-01", "Validé"].startswith(f"{base}actions/{valide.action_annuelle.cle}/bilan/#lu-")
    assert liens["FIN-08", annuelle.action.intitule] == f"{base}actions/{annuelle.cle}/montants/"
    assert (
        liens["COH-25", annuelle.action.intitule] == f"{base}actions/{annuelle.cle}/modifier/#id_territoires"
    )
    assert liens["FIN-01", "Le programme de 2024 et ses totaux"] == f"{base}financements/#totaux-imprimes"
    for (code, titre), url in liens.items():
        lieu, _, ancre = url.partition("#")
        page = chargee.get(lieu)
        assert page.status_code == 200, (code, titre, url)
        if titre == "Ouvert":
            assert f'id="{ancre}"' in page.content.decode()


# -- Filters, order --------------------------------------------------------------------------------
def test_filtrer(chargee, adresse, ajouter, campagne, imprimes):
    enjeu, axe = fabriques.arbre_d_axes(campagne.contrat, 1, 1)
    alerte = ajouter("Jardin", porteur="Les Amis du Jardin", axe=axe)
    ajouter("Fête", porteur="Maison pour tous", F=12, H=17, T=30)
    porteur = alerte.action_annuelle.action.porteur

    def filtrer(criteres):
        return {
            (r.anomalie.code, r.sujet.titre) for r in voir(chargee, adresse, criteres).context["page"].rangees
        }

    assert filtrer("?gravite=bloquant&sur=action") == {("EFF-01", "Fête")}
    assert filtrer("?controle=EFF-20") == {("EFF-20", "Jardin")}
    assert {code for code, _ in filtrer("?controle=EFF")} == {"EFF-01", "EFF-20"}
    assert {titre for _, titre in filtrer(f"?porteur={porteur.cle}")} == {"Jardin"}
    for code in (enjeu.code, axe.code):
        assert {titre for _, titre in filtrer(f"?axe={code}")} == {"Jardin"}
    assert filtrer("?q=29 total") == {("EFF-01", "Fête")}
    assert {titre for _, titre in filtrer("?sur=annee")} == {"Le programme de 2024 et ses totaux"}
    assert {titre for _, titre in filtrer(f"?objet=action:{alerte.action_annuelle.cle}")} == {"Jardin"}
    assert {titre for _, titre in filtrer("?sur=bilan")} == {"Jardin", "Fête"}


def test_un_filtre_inconnu_est_dit_et_laisse_de_cote(chargee, adresse, ajouter):
    ajouter("Jardin")
    page = voir(chargee, adresse, "?gravite=terrible&porteur=zzz&etat=nul&page=99")
    assert "EFF-20" in codes(page)
    lu = texte(page)
    assert "Le filtre « Gravité » n'est pas appliqué" in lu
    assert "Le filtre « Porteur » n'est pas appliqué" in lu
    assert "Cette page n'existe pas. Voici la première." in lu


def test_trier_et_grouper_par_controle(chargee, adresse, ajouter):
    for intitule in ("Premier", "Deuxième"):
        ajouter(intitule)
    ajouter("Troisième", F=12, H=17, T=30)
    page = voir(chargee, adresse, "?tri=controle&sur=bilan")
    assert codes(page) == sorted(codes(page))
    titres = [bloc.titre for bloc in page.context["page"].parties[0].blocs]
    assert f"{REGLES['EFF-20'][0].titre} (EFF-20)" in titres
    ordre = list(dict.fromkeys(sujets(voir(chargee, adresse, "?tri=programme&sur=bilan"))))
    assert ordre == ["Premier", "Deuxième", "Troisième"]


def test_une_adresse_sans_mots_inutiles(chargee, adresse):
    reponse = voir(chargee, adresse, "?gravite=&q=ecole&tri=")
    assert (reponse.status_code, reponse.url) == (302, f"{adresse}?q=ecole")


def test_une_longue_liste_se_lit_page_par_page(chargee, adresse, ajouter):
    for rang in range(32):
        ajouter(f"Action {rang:02}")
    premiere, seconde = voir(chargee, adresse), voir(chargee, adresse, "?page=2")
    assert [len(list(p.context["page"].page)) for p in (premiere, seconde)] == [30, 2]
    assert len(premiere.context["page"].rangees) >= 32


def test_le_nombre_de_requetes_ne_depend_pas_du_nombre_d_actions(
    chargee, adresse, ajouter, campagne, imprimes
):
    compteur = iter(range(100))

    def une_de_plus():
        bilan = ajouter(f"Encore {next(compteur)}", F=12, H=17, T=30)
        fabriques.LigneFinancementFactory(action_annuelle=bilan.action_annuelle)
        fabriques.JustificationFactory(campagne=campagne, objet=f"bilan:{bilan.action_annuelle.cle}")
        fabriques.ConventionFactory(contrat=campagne.contrat)
        fabriques.PartenaireFactory(contrat=campagne.contrat)
        fabriques.StatistiqueFactory(contrat=campagne.contrat)

    une_de_plus()
    assert verifier_requetes_constantes(lambda: voir(chargee, adresse), une_de_plus) <= 80


# -- Decisions -------------------------------------------------------------------------------------
def test_prendre_en_compte_d_un_geste_et_y_revenir(chargee, adresse, ajouter, campagne):
    nom = identite(ajouter("Jardin"), "EFF-20")
    geste = reverse("anomalie_justifier", args=[campagne.contrat.slug, campagne.annee])
    reponse = chargee.post(f"{geste}?sur=bilan", {"constat": nom})
    assert reponse.url.startswith(f"{adresse}?sur=bilan")
    assert "EFF-20" not in codes(voir(chargee, adresse))
    page = voir(chargee, adresse, "?etat=decides")
    assert codes(page) == ["EFF-20"]
    assert "Pris en compte par" in texte(page)
    justification = Justification.objects.get()
    retrait = reverse("justification_retirer", args=[campagne.contrat.slug, campagne.annee, justification.pk])
    assert chargee.get(retrait).status_code == 405
    chargee.post(retrait)
    assert "EFF-20" in codes(voir(chargee, adresse))
    assert "Cette décision est déjà retirée." in texte(chargee.post(retrait, follow=True))


def test_qui_veut_dire_pourquoi_ecrit_quelque_chose(chargee, adresse, ajouter, campagne):
    nom = identite(ajouter("Jardin"), "EFF-20")
    geste = reverse("anomalie_justifier", args=[campagne.contrat.slug, campagne.annee])
    with rien_n_est_ecrit():
        page = chargee.post(geste, {"constat": nom, "motive": "oui", "motif": " "})
    assert f'id="erreur-{nom}"' in page.content.decode()
    assert 'name="motive"' in page.content.decode()
    chargee.post(geste, {"constat": nom, "motive": "oui", "motif": "Vérifié."})
    assert Justification.objects.get().motif == "Vérifié."


def test_un_point_bloquant_demande_pourquoi_a_sa_place(chargee, adresse, ajouter, campagne):
    nom = identite(ajouter("Fête", F=12, H=17, T=30), "EFF-01")
    geste = reverse("anomalie_justifier", args=[campagne.contrat.slug, campagne.annee])
    with rien_n_est_ecrit():
        page = chargee.post(f"{geste}?gravite=bloquant", {"constat": nom, "motif": "  "})
    html = page.content.decode()
    assert f'id="erreur-{nom}"' in html
    assert codes(page) == ["EFF-01"]
    assert "Dites pourquoi ces chiffres sont gardés tels quels." in texte(page)
    long = "Trop long " * 3000
    with rien_n_est_ecrit():
        page = chargee.post(geste, {"constat": nom, "motif": long})
    assert long.strip() in page.content.decode()
    chargee.post(geste, {"constat": nom, "motif": "Vérifié."})
    assert Justification.objects.get().motif == "Vérifié."
    assert "Justifié par" in texte(voir(chargee, adresse, "?etat=decides"))


def test_pour_d_autres_chiffres(chargee, adresse, ajouter, campagne):
    bilan = ajouter("Fête", F=12, H=17, T=30)
    geste = reverse("anomalie_justifier", args=[campagne.contrat.slug, campagne.annee])
    chargee.post(geste, {"constat": identite(bilan, "EFF-01"), "motif": "Vérifié."})
    bilan.effectifs.filter(sexe="H").update(valeur=16)
    page = texte(voir(chargee, adresse))
    assert re.search(r"Justifié le \d+ \w+ \d+ par .+, pour d'autres chiffres : « Vérifié. »", page)


def test_un_constat_disparu_entre_temps(chargee, adresse, ajouter, campagne):
    bilan = ajouter("Fête", F=12, H=17, T=30)
    nom = identite(bilan, "EFF-01")
    bilan.effectifs.filter(sexe="H").update(valeur=18)
    geste = reverse("anomalie_justifier", args=[campagne.contrat.slug, campagne.annee])
    with rien_n_est_ecrit():
        reponse = chargee.post(geste, {"constat": nom, "motif": "Vérifié."}, follow=True)
    assert "Ce constat n'est plus là" in texte(reponse)


def test_une_annee_archivee_se_lit_sans_se_decider(chargee, adresse, ajouter, campagne):
    nom = identite(ajouter("Jardin"), "EFF-20")
    type(campagne).objects.filter(pk=campagne.pk).update(statut="archivee")
    page = voir(chargee, adresse)
    assert "EFF-20" in codes(page)
    assert (
        "Prendre en compte" not in page.content.decode().split('id="resultats"')[1].split("</details>", 1)[1]
    )
    geste = reverse("anomalie_justifier", args=[campagne.contrat.slug, campagne.annee])
    chargee.post(geste, {"constat": nom})
    assert not Justification.objects.exists()


def test_la_decision_d_un_autre_contrat_n_existe_pas(chargee, campagne):
    ailleurs = fabriques.JustificationFactory()
    retrait = reverse("justification_retirer", args=[campagne.contrat.slug, campagne.annee, ailleurs.pk])
    assert chargee.post(retrait).status_code == 404
    assert Justification.objects.filter(pk=ailleurs.pk).exists()


# -- Files, rules ----------------------------------------------------------------------------------
def test_exporter_exactement_ce_qui_est_montre(chargee, adresse, ajouter, campagne, imprimes):
    ajouter("Jardin")
    ajouter("=Fête()", F=12, H=17, T=30)
    base = [campagne.contrat.slug, campagne.annee]
    page = voir(chargee, adresse, "?sur=bilan")
    for format in FORMATS:
        reponse = chargee.get(reverse("anomalies_fichier", args=[*base, format]) + "?sur=bilan")
        assert reponse["Content-Type"].split(";")[0] == TYPES_MIME[format].split(";")[0]
    contenu = b"".join(chargee.get(reverse("anomalies_fichier", args=[*base, "csv"]) + "?sur=bilan"))
    lignes = list(csv.reader(io.StringIO(contenu.decode("utf-8-sig")), delimiter=";"))
    (entete,) = (rang for rang, ligne in enumerate(lignes) if ligne[:1] == ["À propos de"])
    corps = [ligne for ligne in lignes[entete + 1 :] if len(ligne) > 4 and ligne[2]]
    attendus = [(r.anomalie.code, lisible(r.anomalie.message)) for r in page.context["page"].rangees]
    assert [(ligne[2], lisible(ligne[4])) for ligne in corps] == attendus
    assert not any(ligne[0].startswith("=") for ligne in corps)
    assert chargee.get(reverse("anomalies_fichier", args=[*base, "exe"])).status_code == 404


def test_tous_les_controles_sont_expliques(chargee, campagne):
    page = chargee.get(reverse("controles", args=[campagne.contrat.slug, campagne.annee]))
    html = page.content.decode()
    assert all(f'<div id="{code}">' in html for code in REGLES)
    assert page.context["nombre"] == len(REGLES)
    assert lisible(REGLES["EFF-01"][0].titre) in texte(page)


# -- Elsewhere -------------------------------------------------------------------------------------
def test_l_action_dit_ce_qui_est_a_verifier(chargee, ajouter, campagne):
    bilan = ajouter("Fête", F=12, H=17, T=30)
    fabriques.LigneFinancementFactory(
        action_annuelle=bilan.action_annuelle,
        financeur=fabriques.FinanceurFactory(contrat=campagne.contrat, type="etat"),
        montant_accorde=Decimal(5000),
    )
    annuelle = bilan.action_annuelle
    page = chargee.get(reverse("action_detail", args=[campagne.contrat.slug, campagne.annee, annuelle.cle]))
    codes = [constat.anomalie.code for constat in page.context["a_verifier"]]
    assert codes[0] == "EFF-01"
    assert "FIN-14" in codes
    assert f"?objet=action:{annuelle.cle}" in page.content.decode()


def test_un_financeur_et_un_porteur_ne_lisent_pas_les_constats_de_l_action(client, ajouter, campagne):
    bilan = ajouter("Fête", F=12, H=17, T=30)
    financeur = fabriques.FinanceurFactory(contrat=campagne.contrat)
    for compte in (
        fabriques.representant_du_financeur(financeur),
        fabriques.representant_du_porteur(bilan.action_annuelle.action.porteur),
    ):
        client.force_login(compte)
        arguments = [campagne.contrat.slug, campagne.annee, bilan.action_annuelle.cle]
        assert client.get(reverse("action_detail", args=arguments)).context["a_verifier"] == []


def test_le_tableau_de_bord_y_mene(chargee, ajouter, campagne):
    ajouter("Fête", F=12, H=17, T=30)
    page = chargee.get(reverse("tableau_de_bord", args=[campagne.contrat.slug, campagne.annee]))
    url = page.context["pilotage"].url_a_verifier
    assert "1 bilan reçu est à vérifier" in texte(page)
    assert set(sujets(chargee.get(url))) == {"Fête"}
