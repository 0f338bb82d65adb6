"""Addresses of the contract itself."""

from django.urls import path

from . import views

urlpatterns = [
    path("contrat/", views.contrat, name="contrat"),
    path("contrat/territoires/<int:pk>/", views.territoire, name="territoire"),
]
