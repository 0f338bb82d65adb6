from django.urls import include, path

from . import views

urlpatterns = [
    path("accessibilite/", views.accessibilite, name="accessibilite"),
    path("donnees-personnelles/", views.donnees_personnelles, name="donnees_personnelles"),
    path("demonstration/courriels/", views.demonstration_courriels, name="demonstration_courriels"),
    path("sante", views.sante, name="sante"),
    # An address is changed by the person who opened the account, not by its holder: closed.
    path("compte/email/", views.introuvable),
    path("compte/confirm-email/", views.introuvable),
    path("compte/", include("allauth.account.urls")),
]
