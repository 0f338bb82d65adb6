"""Addresses of the contract itself."""

from django.urls import path

from . import views
from .contours import views as contours

urlpatterns = [
    path("contrat/", views.contrat, name="contrat"),
    path("contrat/territoires/<int:pk>/", views.territoire, name="territoire"),
    path("contrat/contours/", contours.contours, name="contours"),
    path("contrat/contours/charger/", contours.contours_charger, name="contours_charger"),
    path("contrat/contours/<int:pk>/retirer/", contours.contour_retirer, name="contour_retirer"),
]
