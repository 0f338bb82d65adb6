"""Addresses that create, edit and delete a funding line, and settle an ambiguous reading."""

from django.urls import path

from . import views

urlpatterns = [
    path("actions/<str:cle>/financements/ajouter/", views.ligne_ajouter, name="ligne_ajouter"),
    path("actions/<str:cle>/montants/", views.montants_trancher, name="montants_trancher"),
    path("financements/lignes/<str:cle>/modifier/", views.ligne_modifier, name="ligne_modifier"),
    path("financements/lignes/<str:cle>/supprimer/", views.ligne_supprimer, name="ligne_supprimer"),
]
