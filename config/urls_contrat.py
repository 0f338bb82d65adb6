"""Everything that stands in a contract and a year: `/<contrat>/<annee>/…` (actions.situation finds both)."""

from django.urls import include, path

from bilans.views import accueil, invitation

# Creation addresses (« actions/nouvelle/ ») come before those that take a key (« actions/<clé>/ »).
_pages = [
    path("", include("contrats.urls")),
    path("", include("porteurs.urls")),
    path("", include("actions.urls")),
    path("", include("financements.urls")),
    path("", include("bilans.urls")),
]

urlpatterns = [
    path("", accueil.accueil, name="accueil"),
    path("invitation/<str:jeton>/", invitation.invitation, name="invitation"),
    path("contrats/<slug:slug>/", accueil.aller_au_contrat, name="aller_au_contrat"),
    path("<slug:contrat>/<int:annee>/", include(_pages)),
]
