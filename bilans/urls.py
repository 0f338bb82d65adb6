"""Addresses of the pages of a contract and year (the `/<contrat>/<annee>/` prefix is config's)."""

from django.urls import path

from .views import accueil, action, annexes, bilan, financements, porteurs, programme

urlpatterns = [
    path("", programme.tableau_de_bord, name="tableau_de_bord"),
    path("accueil/", accueil.accueil_contrat, name="accueil_contrat"),
    path("actions/", programme.liste_actions, name="liste_actions"),
    path("actions/<str:cle>/", action.action_detail, name="action_detail"),
    path("actions/<str:cle>/bilan/", bilan.bilan_detail, name="bilan_detail"),
    path("actions/<str:cle>/bilan/saisir/", bilan.bilan_saisir, name="bilan_saisir"),
    path("actions/<str:cle>/bilan/transmettre/", bilan.bilan_transmettre, name="bilan_transmettre"),
    path("actions/<str:cle>/bilan/valider/", bilan.bilan_valider, name="bilan_valider"),
    path("actions/<str:cle>/bilan/renvoyer/", bilan.bilan_renvoyer, name="bilan_renvoyer"),
    path("actions/<str:cle>/bilan/rouvrir/", bilan.bilan_rouvrir, name="bilan_rouvrir"),
    path("actions/<str:cle>/bilan/dispenser/", bilan.bilan_dispenser, name="bilan_dispenser"),
    path("bilans/", programme.suivi_bilans, name="suivi_bilans"),
    path("financements/", financements.financements, name="financements"),
    path("porteurs/", porteurs.liste_porteurs, name="liste_porteurs"),
    path("porteurs/<str:cle>/", porteurs.porteur_detail, name="porteur_detail"),
    path("annexes/", annexes.annexes, name="annexes"),
    path("annexes/<slug:nom>/", annexes.annexe, name="annexe"),
    path("annexes/<slug:nom>.<slug:format>", annexes.annexe_fichier, name="annexe_fichier"),
]
