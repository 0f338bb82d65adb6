"""Addresses that create and edit an action."""

from django.urls import path

from . import views

urlpatterns = [
    path("actions/nouvelle/", views.action_creer, name="action_creer"),
    path("actions/<str:cle>/modifier/", views.action_modifier, name="action_modifier"),
]
