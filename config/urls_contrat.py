"""Everything that stands in a contract and a year: `/<contrat>/<annee>/…` (actions.situation finds both)."""

from django.urls import include, path

from bilans.views import accueil, identite, invitation, lecture_rapport

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
    # What anybody reads: a published report that was given an address.
    path("rapports/<slug:adresse>/", lecture_rapport.rapport_public, name="rapport_public"),
    path(
        "rapports/<slug:adresse>/annexes/<slug:code>/",
        lecture_rapport.rapport_public_annexe,
        name="rapport_public_annexe",
    ),
    path(
        "rapports/<slug:adresse>/presenter/",
        lecture_rapport.rapport_public_presenter,
        name="rapport_public_presenter",
    ),
    path(
        "rapports/<slug:adresse>/images/<slug:empreinte>/",
        lecture_rapport.rapport_public_image,
        name="rapport_public_image",
    ),
    path(
        "rapports/<slug:adresse>/fichiers/<slug:format>/",
        lecture_rapport.rapport_public_fichier,
        name="rapport_public_fichier",
    ),
    path("collectivites/<slug:empreinte>/logo/", identite.logo, name="logo"),
    path("contrats/<slug:slug>/", accueil.aller_au_contrat, name="aller_au_contrat"),
    path("<slug:contrat>/<int:annee>/", include(_pages)),
]
