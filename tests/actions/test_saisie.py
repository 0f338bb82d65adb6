"""Entering and correcting an action: what is written, what is refused and how it is said."""

from datetime import date

import pytest

from actions.forms import TITRE_TROP_LONG
from actions.models import Action, ActionAnnuelle
from comptes import champs
from tests import fabriques
from tests.outils.pages import erreurs, etat_de_la_base, rien_n_est_ecrit, saisie, texte
from tests.outils.requetes import verifier_requetes_constantes

Statut = ActionAnnuelle.Statut


@pytest.fixture
def annuelle(lieu):
    return fabriques.ActionAnnuelleFactory(
        campagne=lieu.campagne,
        action__porteur=lieu.porteur,
        action__intitule="Balades à vélo",
        description="Le samedi.\nAu parc.",
        axe=lieu.axe,
        territoires=[lieu.qpv],
        programmee=True,
    )


def minimum(lieu, **autres):
    return {"intitule": "Jardin partagé", "porteur": lieu.porteur.pk, "statut": "programmee", **autres}


def creer(lieu, **autres):
    return lieu.client.post(lieu.adresse("action_creer"), minimum(lieu, **autres))


def modifier(lieu, annuelle, **autres):
    """Send the form of `annuelle` as the page gives it, some fields typed again."""
    adresse = lieu.adresse("action_modifier", annuelle.cle)
    return lieu.client.post(adresse, {**saisie(lieu.client.get(adresse)), **autres})


# -- Creating --------------------------------------------------------------------------------------
def test_creer_une_action_entiere(lieu):
    dispositif = fabriques.DispositifFactory()
    reponse = creer(
        lieu,
        type="nouvelle",
        dispositif=dispositif.pk,
        axe=lieu.axe.pk,
        territoires=[lieu.qpv.pk, lieu.autre_quartier.pk],
        date_debut="01/03/2024",
        date_fin="2024-06-30",
        objectifs="Créer du lien.",
        description="Dix parcelles.\r\nUn composteur.",
        public_vise="Les familles",
        lieux="Rue des Lilas",
        moyens_humains="Une animatrice",
        partenaires="Le bailleur",
        tarifs="Gratuit",
    )
    annuelle = ActionAnnuelle.objects.get()
    assert reponse.url == lieu.adresse("action_detail", annuelle.cle)
    assert (annuelle.action.intitule, annuelle.action.porteur) == ("Jardin partagé", lieu.porteur)
    assert annuelle.action.contrat == lieu.contrat
    assert (annuelle.campagne, annuelle.dispositif, annuelle.axe) == (lieu.campagne, dispositif, lieu.axe)
    assert (annuelle.date_debut, annuelle.date_fin) == (date(2024, 3, 1), date(2024, 6, 30))
    assert annuelle.description == "Dix parcelles.\nUn composteur."
    assert set(annuelle.territoires.all()) == {lieu.qpv, lieu.autre_quartier}
    assert (annuelle.type, annuelle.statut, annuelle.version) == ("nouvelle", Statut.PROGRAMMEE, 1)
    assert [h.history_user for h in annuelle.historique.all()] == [lieu.chargee]
    assert [h.history_user for h in annuelle.action.historique.all()] == [lieu.chargee]


def test_une_action_programmee_attend_un_bilan_et_une_demande_non(lieu):
    creer(lieu)
    creer(lieu, intitule="Chantier jeunes", statut="deposee")
    bilans = {a.action.intitule: getattr(a, "bilan", None) for a in ActionAnnuelle.objects.all()}
    assert bilans["Jardin partagé"].statut == "a_saisir"
    assert bilans["Chantier jeunes"] is None


def test_une_demande_qui_devient_programmee_attend_un_bilan(lieu):
    creer(lieu, statut="deposee")
    annuelle = ActionAnnuelle.objects.get()
    modifier(lieu, annuelle, statut="programmee")
    assert ActionAnnuelle.objects.get().bilan.statut == "a_saisir"


def test_la_meme_action_revient_l_annee_suivante(lieu):
    creer(lieu)
    fabriques.CampagneFactory(contrat=lieu.contrat, annee=2025)
    lieu.client.post(lieu.adresse("action_creer", annee=2025), minimum(lieu, intitule="JARDIN  PARTAGE"))
    action = Action.objects.get()
    assert action.intitule == "Jardin partagé"
    assert [a.campagne.annee for a in action.annees.order_by("campagne__annee")] == [2024, 2025]


def test_la_meme_action_deux_fois_l_an_dans_deux_dispositifs(lieu):
    creer(lieu)
    creer(lieu, dispositif=fabriques.DispositifFactory().pk)
    assert Action.objects.count() == 1
    assert ActionAnnuelle.objects.count() == 2


@pytest.mark.parametrize("dans_un_dispositif", [False, True])
def test_un_doublon_est_refuse(lieu, dans_un_dispositif):
    dispositif = fabriques.DispositifFactory().pk if dans_un_dispositif else ""
    creer(lieu, dispositif=dispositif)
    with rien_n_est_ecrit():
        reponse = creer(lieu, intitule="jardin partage", dispositif=dispositif, tarifs="Gratuit")
    dans = " dans le dispositif « Quartiers d'été »" if dans_un_dispositif else ""
    assert erreurs(reponse) == {
        "intitule": [
            f"Cette action est déjà au programme de 2024{dans}. "
            "Modifiez-la, ou choisissez un autre dispositif si elle a eu lieu deux fois."
        ]
    }
    assert saisie(reponse)["tarifs"] == "Gratuit"


HORS_CONTRAT = "Cette date est hors du contrat, qui va du 01/01/2024 au 31/12/2030."


@pytest.mark.parametrize(
    ("fautes", "phrases"),
    [
        ({"intitule": ""}, {"intitule": "Donnez un intitulé à l'action."}),
        ({"intitule": "a" * 256}, {"intitule": TITRE_TROP_LONG}),
        ({"intitule": "œ" * 250}, {"intitule": TITRE_TROP_LONG}),
        ({"porteur": ""}, {"porteur": "Choisissez le porteur de l'action."}),
        ({"porteur": "mairie"}, {"porteur": "Choisissez un porteur de la liste, ou créez-le."}),
        ({"axe": "999999"}, {"axe": "Choisissez un axe de ce contrat."}),
        ({"territoires": ["999999"]}, {"territoires": "Choisissez des territoires de ce contrat."}),
        ({"territoires": ["9" * 23]}, {"territoires": "Choisissez des territoires de ce contrat."}),
        ({"territoires": ["x"]}, {"territoires": "Choisissez des territoires de ce contrat."}),
        ({"date_debut": "2023-12-31"}, {"date_debut": HORS_CONTRAT}),
        ({"date_fin": "2031-01-01"}, {"date_fin": HORS_CONTRAT}),
        ({"date_debut": "le 3 mars"}, {"date_debut": champs.DATE_ILLISIBLE}),
        ({"date_debut": "30/02/2024"}, {"date_debut": champs.DATE_IMPOSSIBLE}),
        (
            {"date_debut": "2024-06-30", "date_fin": "2024-03-01"},
            {"date_fin": "L'action doit finir après avoir commencé : vérifiez les deux dates."},
        ),
        *(
            (
                {"statut": statut.value},
                {
                    "motif": f"Dites pourquoi l'action est {statut.label.lower()} : le motif sera lu avec elle."
                },
            )
            for statut in ActionAnnuelle.STATUTS_MOTIVES
        ),
        ({"statut": "reportee", "motif": "  \r\n "}, {"motif": "Dites pourquoi l'action est reportée : "}),
    ],
)
def test_une_mauvaise_saisie_est_refusee_au_champ_et_rendue(lieu, fautes, phrases):
    with rien_n_est_ecrit():
        reponse = creer(lieu, **{"description": "Dix parcelles", **fautes})
    assert reponse.status_code == 200
    trouvees = erreurs(reponse)
    assert set(trouvees) == set(phrases)
    for nom, phrase in phrases.items():
        assert len(trouvees[nom]) == 1
        assert trouvees[nom][0].startswith(phrase)
    rendue = saisie(reponse)
    assert rendue["description"] == "Dix parcelles"
    for nom, valeur in fautes.items():
        assert rendue[nom] == (valeur.strip() if nom == "motif" else valeur) or rendue[nom] == valeur


def test_un_statut_inconnu_est_refuse(lieu):
    with rien_n_est_ecrit():
        assert list(erreurs(creer(lieu, statut="inconnu"))) == ["statut"]


def test_le_porteur_l_axe_ou_le_territoire_d_un_autre_contrat_sont_refuses(lieu):
    ailleurs = fabriques.ContratFactory()
    etrangers = {
        "porteur": fabriques.PorteurFactory(epci=ailleurs.epci).pk,
        "axe": fabriques.AxeFactory(contrat=ailleurs).pk,
        "territoires": [fabriques.TerritoireFactory(contrat=ailleurs).pk],
    }
    with rien_n_est_ecrit():
        assert set(erreurs(creer(lieu, **etrangers))) == set(etrangers)


def test_un_texte_qui_ressemble_a_du_code_est_rendu_comme_un_texte(lieu):
    reponse = creer(lieu, intitule="<script>alert(1)</script>", statut="reportee")
    assert b"<script>alert" not in reponse.content


# -- Lists -----------------------------------------------------------------------------------------
def test_les_porteurs_sont_groupes_par_structure_et_les_axes_par_enjeu(lieu):
    service = fabriques.PorteurFactory(epci=lieu.contrat.epci, service=True)
    fabriques.PorteurFactory()
    fabriques.AxeFactory(contrat=lieu.contrat, archive=True, libelle="Ancien axe")
    form = lieu.client.get(lieu.adresse("action_creer")).context["form"]
    ville = service.parent
    assert list(form.fields["porteur"].choices) == [
        ("", "Choisissez un porteur"),
        (lieu.porteur.pk, "Vélo partagé"),
        (ville.nom, [(ville.pk, ville.nom), (service.pk, service.nom)]),
    ]
    enjeu, premier, second = lieu.axes
    assert list(form.fields["axe"].choices) == [
        ("", "Aucun pour l'instant"),
        (
            "1. Enjeu 1",
            [(enjeu.pk, "Enjeu 1 (en général)"), (premier.pk, "Axe 1.1"), (second.pk, "Axe 1.2")],
        ),
    ]
    assert list(form.fields["territoires"].choices) == [
        ("Quartier prioritaire (QPV)", [(lieu.qpv.pk, "Les Tilleuls")]),
        ("Hors QPV", [(lieu.autre_quartier.pk, "La Gare")]),
    ]
    etats = [valeur for _, groupe in form.fields["statut"].choices for valeur, _ in groupe]
    assert sorted(etats) == sorted(Statut.values)


def test_le_nombre_de_requetes_ne_depend_pas_des_listes(lieu, annuelle):
    adresse = lieu.adresse("action_modifier", annuelle.cle)

    def ajouter():
        fabriques.PorteurFactory(epci=lieu.contrat.epci, service=True)
        fabriques.AxeFactory(parent=lieu.axes[0])
        fabriques.TerritoireFactory(contrat=lieu.contrat)

    verifier_requetes_constantes(lambda: lieu.client.get(adresse), ajouter)


# -- Leaving for the porteur's form and coming back ------------------------------------------------
def test_creer_le_porteur_en_chemin_ne_perd_rien(lieu):
    frappe = minimum(lieu, porteur="", description="Dix parcelles", territoires=[lieu.qpv.pk], date_debut="x")
    with rien_n_est_ecrit():
        depart = lieu.client.post(lieu.adresse("action_creer"), {**frappe, "creer_porteur": "1"})
    assert depart.url.startswith(lieu.adresse("porteur_creer") + "?suite=")
    retour = lieu.client.post(
        depart.url, {"nom": "Compagnie des Rives", "type": "association", "actif": "on"}
    )
    nouveau = lieu.contrat.epci.porteurs.get(nom="Compagnie des Rives")
    page = lieu.client.get(retour.url)
    rendue = saisie(page)
    assert rendue["intitule"] == "Jardin partagé"
    assert rendue["porteur"] == str(nouveau.pk)
    assert rendue["description"] == "Dix parcelles"
    assert rendue["territoires"] == [str(lieu.qpv.pk)]
    assert rendue["date_debut"] == "x"
    assert lieu.client.post(retour.url, {**rendue, "date_debut": ""}).status_code == 302
    assert ActionAnnuelle.objects.get().action.porteur == nouveau
    # Once saved, the next action starts from a blank page.
    assert saisie(lieu.client.get(lieu.adresse("action_creer") + "?reprise=1"))["intitule"] == ""


def test_revenir_sans_creer_le_porteur_ne_perd_rien_non_plus(lieu, annuelle):
    adresse = lieu.adresse("action_modifier", annuelle.cle)
    frappe = {**saisie(lieu.client.get(adresse)), "intitule": "Balades", "territoires": []}
    depart = lieu.client.post(adresse, {**frappe, "creer_porteur": "1"})
    page_du_porteur = lieu.client.get(depart.url)
    rendue = saisie(lieu.client.get(page_du_porteur.context["url_retour"]))
    assert (rendue["intitule"], rendue["territoires"]) == ("Balades", [])
    assert saisie(lieu.client.get(adresse))["intitule"] == "Balades à vélo"


def test_le_porteur_de_l_adresse_est_choisi_s_il_est_du_contrat(lieu):
    adresse = lieu.adresse("action_creer")
    etranger = fabriques.PorteurFactory()
    choisi = saisie(lieu.client.get(f"{adresse}?porteur={lieu.porteur.cle}"))["porteur"]
    assert choisi == str(lieu.porteur.pk)
    assert saisie(lieu.client.get(f"{adresse}?porteur={etranger.cle}"))["porteur"] == ""


# -- Editing ---------------------------------------------------------------------------------------
def test_modifier_ecrit_ce_qui_change_avec_qui_et_quand(lieu, annuelle):
    part = annuelle.parts_territoires.get()
    part.part = 60
    part.save()
    reponse = modifier(
        lieu, annuelle, description="Le dimanche.", territoires=[lieu.qpv.pk, lieu.autre_quartier.pk]
    )
    assert reponse.url == lieu.adresse("action_detail", annuelle.cle)
    apres = ActionAnnuelle.objects.get()
    assert (apres.description, apres.version) == ("Le dimanche.", 2)
    parts = {p.territoire: p.part for p in apres.parts_territoires.select_related("territoire")}
    assert parts == {lieu.qpv: 60, lieu.autre_quartier: None}
    derniere, premiere = apres.historique.all()
    assert (derniere.history_user, derniere.description) == (lieu.chargee, "Le dimanche.")
    assert premiere.description == "Le samedi.\nAu parc."
    assert derniere.history_change_reason == "Territoires – ajouté : La Gare"


def test_renvoyer_la_page_telle_quelle_ne_change_rien(lieu, annuelle):
    with rien_n_est_ecrit():
        assert modifier(lieu, annuelle).url == lieu.adresse("action_detail", annuelle.cle)


def test_l_intitule_vaut_pour_toutes_les_annees(lieu, annuelle):
    autre = fabriques.annee_de(annuelle.action, 2025)
    page = lieu.client.get(lieu.adresse("action_modifier", annuelle.cle))
    assert "dont 2025" in page.context["form"].fields["intitule"].help_text
    modifier(lieu, annuelle, intitule="Balades en ville")
    autre.action.refresh_from_db()
    assert autre.action.intitule == "Balades en ville"
    assert autre.action.historique.first().history_user == lieu.chargee


def test_renommer_comme_une_autre_action_du_porteur_est_refuse(lieu, annuelle):
    fabriques.ActionFactory(contrat=lieu.contrat, porteur=lieu.porteur, intitule="Atelier mécanique")
    with rien_n_est_ecrit():
        reponse = modifier(lieu, annuelle, intitule="atelier mecanique")
    assert erreurs(reponse) == {
        "intitule": ["Ce porteur a déjà une action de cet intitulé dans le contrat : précisez l'intitulé."]
    }


def test_changer_de_dispositif_vers_un_doublon_est_refuse(lieu, annuelle):
    dispositif = fabriques.DispositifFactory()
    fabriques.ActionAnnuelleFactory(campagne=lieu.campagne, action=annuelle.action, dispositif=dispositif)
    with rien_n_est_ecrit():
        assert list(erreurs(modifier(lieu, annuelle, dispositif=dispositif.pk))) == ["intitule"]


def test_les_territoires_changent_et_la_part_de_ceux_qui_restent_est_gardee(lieu, annuelle):
    annuelle.parts_territoires.update(part=60)
    modifier(lieu, annuelle, territoires=[lieu.qpv.pk, lieu.autre_quartier.pk])
    assert {p.territoire: p.part for p in annuelle.parts_territoires.all()} == {
        lieu.qpv: 60,
        lieu.autre_quartier: None,
    }
    modifier(lieu, annuelle, territoires=[lieu.autre_quartier.pk])
    assert [p.territoire for p in annuelle.parts_territoires.all()] == [lieu.autre_quartier]
    assert annuelle.historique.first().history_change_reason == "Territoires – retiré : Les Tilleuls"


def test_abandonner_puis_reprendre(lieu, annuelle):
    modifier(lieu, annuelle, statut="abandonnee", motif="Salle indisponible")
    assert ActionAnnuelle.objects.get().motif == "Salle indisponible"
    modifier(lieu, annuelle, statut="en_cours")
    assert ActionAnnuelle.objects.get().statut == Statut.EN_COURS


def test_une_action_reprise_ne_renvoie_plus_a_l_annee_suivante(lieu, annuelle):
    annuelle.reportee_vers = fabriques.annee_de(annuelle.action, 2025)
    annuelle.statut, annuelle.motif = Statut.REPORTEE, "Travaux"
    annuelle.save()
    assert modifier(lieu, annuelle, statut="en_cours").status_code == 302
    annuelle.refresh_from_db()
    assert (annuelle.statut, annuelle.reportee_vers) == (Statut.EN_COURS, None)


def test_un_axe_archive_reste_choisi_dans_l_action_qui_l_a(lieu, annuelle):
    lieu.axe.archive = True
    lieu.axe.save()
    assert modifier(lieu, annuelle, tarifs="Gratuit").status_code == 302
    assert ActionAnnuelle.objects.get().axe == lieu.axe


def test_une_action_ne_se_supprime_pas(lieu, annuelle):
    page = lieu.client.get(lieu.adresse("action_modifier", annuelle.cle))
    assert "Une action qui n'a pas lieu ne se supprime pas" in texte(page)


# -- Two people at once ----------------------------------------------------------------------------
@pytest.fixture
def concurrence(lieu, annuelle):
    """Give the form opened by one, then saved by another: description and territories changed."""
    adresse = lieu.adresse("action_modifier", annuelle.cle)
    ouverte = saisie(lieu.client.get(adresse))
    collegue = fabriques.chargee_de_mission(lieu.contrat, prenom="Nadia", nom="Ferrand")
    lieu.client.force_login(collegue)
    autre = {**ouverte, "description": "Le dimanche.", "tarifs": "Deux euros"}
    assert lieu.client.post(adresse, autre).status_code == 302
    lieu.client.force_login(lieu.chargee)
    return adresse, ouverte


def test_le_second_voit_les_deux_versions_et_ne_perd_rien(lieu, concurrence):
    adresse, ouverte = concurrence
    with rien_n_est_ecrit():
        reponse = lieu.client.post(adresse, {**ouverte, "description": "Le lundi.", "lieux": "Au port"})
    conflit = reponse.context["conflit"]
    assert conflit.qui == "Nadia Ferrand"
    assert conflit.quand is not None
    assert {nom: (e.autre, e.repris) for nom, e in conflit.ecarts.items()} == {
        "description": ("Le dimanche.", False),
        "tarifs": ("Deux euros", True),
    }
    rendue = saisie(reponse)
    assert rendue["description"] == "Le lundi."
    assert rendue["lieux"] == "Au port"
    assert rendue["tarifs"] == "Deux euros"
    lue = texte(reponse)
    assert "Nadia Ferrand a enregistré une autre version" in lue
    assert "Dans la version de Nadia Ferrand : Le dimanche." in lue
    assert "Enregistrer cette version" in lue


def test_le_second_peut_enregistrer_quand_meme(lieu, concurrence):
    adresse, ouverte = concurrence
    reponse = lieu.client.post(adresse, {**ouverte, "description": "Le lundi."})
    assert lieu.client.post(adresse, saisie(reponse)).status_code == 302
    apres = ActionAnnuelle.objects.get()
    assert (apres.description, apres.tarifs, apres.version) == ("Le lundi.", "Deux euros", 3)
    auteurs = [str(h.history_user) for h in apres.historique.all()]
    assert auteurs[:2] == ["Claire Aubert", "Nadia Ferrand"]


def test_le_second_qui_n_a_rien_change_de_commun_n_a_qu_a_enregistrer(lieu, concurrence):
    adresse, ouverte = concurrence
    reponse = lieu.client.post(adresse, {**ouverte, "lieux": "Au port"})
    assert {nom: e.repris for nom, e in reponse.context["conflit"].ecarts.items()} == {
        "description": True,
        "tarifs": True,
    }
    assert lieu.client.post(adresse, saisie(reponse)).status_code == 302
    apres = ActionAnnuelle.objects.get()
    assert (apres.description, apres.tarifs, apres.lieux) == ("Le dimanche.", "Deux euros", "Au port")


def test_les_territoires_de_l_autre_sont_montres(lieu, concurrence):
    adresse, ouverte = concurrence
    reponse = lieu.client.post(adresse, {**ouverte, "territoires": [lieu.autre_quartier.pk]})
    ecart = reponse.context["conflit"].ecarts["territoires"]
    assert (ecart.autre, ecart.repris) == ("Les Tilleuls", False)
    assert saisie(reponse)["territoires"] == [str(lieu.autre_quartier.pk)]


def test_le_titre_change_dans_une_autre_annee_n_est_pas_remis(lieu, annuelle):
    """Title and porteur are those of every year: a form opened on 2025 is out of date once 2024 is renamed."""
    suivante = fabriques.annee_de(annuelle.action, 2025)
    adresse = lieu.adresse("action_modifier", suivante.cle, annee=2025)
    ouverte = saisie(lieu.client.get(adresse))
    modifier(lieu, annuelle, intitule="Balades en ville")
    with rien_n_est_ecrit():
        reponse = lieu.client.post(adresse, {**ouverte, "tarifs": "Gratuit"})
    conflit = reponse.context["conflit"]
    assert (conflit.qui, conflit.ecarts["intitule"].autre) == ("Claire Aubert", "Balades en ville")
    suivante.refresh_from_db()
    assert (suivante.version, suivante.action.intitule) == (2, "Balades en ville")


def test_sans_version_la_page_est_perimee(lieu, annuelle):
    adresse = lieu.adresse("action_modifier", annuelle.cle)
    frappe = saisie(lieu.client.get(adresse))
    for version in ("", "0", "99"):
        with rien_n_est_ecrit():
            reponse = lieu.client.post(adresse, {**frappe, "tarifs": "Gratuit", "version": version})
        assert reponse.context["conflit"] is not None


# -- Who may ---------------------------------------------------------------------------------------
def comptes(lieu, annuelle):
    financeur = fabriques.FinanceurFactory(contrat=lieu.contrat)
    return {
        "porteur": (fabriques.representant_du_porteur(annuelle.action.porteur), 403),
        "financeur": (fabriques.representant_du_financeur(financeur), 403),
        "copil": (fabriques.membre_du_copil(lieu.contrat), 404),
        "autre_chargee": (fabriques.chargee_de_mission(fabriques.ContratFactory()), 404),
    }


@pytest.mark.parametrize("role", ["porteur", "financeur", "copil", "autre_chargee"])
def test_qui_ne_tient_pas_le_contrat_ne_modifie_rien(lieu, annuelle, role):
    frappe = saisie(lieu.client.get(lieu.adresse("action_modifier", annuelle.cle)))
    compte, attendu = comptes(lieu, annuelle)[role]
    lieu.client.force_login(compte)
    avant = etat_de_la_base()
    assert lieu.client.post(lieu.adresse("action_modifier", annuelle.cle), frappe).status_code == attendu
    assert creer(lieu).status_code == (404 if role == "autre_chargee" else 403)
    assert etat_de_la_base() == avant


def test_une_action_ne_se_modifie_pas_sous_l_adresse_d_une_autre_annee_ou_d_un_autre_contrat(lieu, annuelle):
    fabriques.CampagneFactory(contrat=lieu.contrat, annee=2025)
    voisin = fabriques.CampagneFactory(annee=2024)
    fabriques.AccesContrat.objects.create(
        utilisateur=lieu.chargee, contrat=voisin.contrat, role="charge_mission"
    )
    for ailleurs in ({"annee": 2025}, {"slug": voisin.contrat.slug}):
        adresse = lieu.adresse("action_modifier", annuelle.cle, **ailleurs)
        assert lieu.client.get(adresse).status_code == 404
        assert lieu.client.post(adresse, {}).status_code == 404


def test_l_operation_refuse_qui_n_a_pas_le_droit(lieu, annuelle):
    from django.core.exceptions import PermissionDenied

    from actions.operations import creer_action, modifier_action

    membre = fabriques.membre_du_copil(lieu.contrat)
    identite = {"porteur": lieu.porteur, "intitule": "Autre", "territoires": []}
    with rien_n_est_ecrit():
        with pytest.raises(PermissionDenied):
            creer_action(membre, ActionAnnuelle(campagne=lieu.campagne), **identite)
        with pytest.raises(PermissionDenied):
            modifier_action(membre, annuelle, version=1, **identite)


def test_un_porteur_illisible_dans_l_adresse_est_oublie(lieu):
    """PostgreSQL refuses the character NUL in a text."""
    reponse = lieu.client.get(f"{lieu.adresse('action_creer')}?porteur=%00")
    assert reponse.status_code == 200
    assert reponse.context["form"]["porteur"].value() is None


def test_lire_le_formulaire_n_ecrit_rien(lieu, annuelle):
    with rien_n_est_ecrit():
        for adresse in (lieu.adresse("action_creer"), lieu.adresse("action_modifier", annuelle.cle)):
            assert lieu.client.get(adresse).status_code == 200
