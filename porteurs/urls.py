"""Addresses that create and edit a porteur."""

from django.urls import path

from . import views

urlpatterns = [
    path("porteurs/nouveau/", views.porteur_creer, name="porteur_creer"),
    path("porteurs/<str:cle>/modifier/", views.porteur_modifier, name="porteur_modifier"),
]
