"""Every command of Pilotis: wrong use is a sentence in French and the code 2."""

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import find_commands, load_command_class

COMMANDES = sorted(
    (application.name, nom)
    for application in apps.get_app_configs()
    if (settings.BASE_DIR / application.name).is_dir()
    for nom in find_commands(f"{application.path}/management")
)


def test_les_commandes_sont_trouvees():
    assert {"exporter", "charger_demo", "charger_nomenclatures"} <= {nom for _, nom in COMMANDES}


@pytest.mark.parametrize(("application", "nom"), COMMANDES)
@pytest.mark.parametrize("mot", ["--couleur", "--couleur=bleu"])
def test_une_option_inconnue_se_dit_en_francais(capsys, application, nom, mot):
    commande = load_command_class(application, nom)
    with pytest.raises(SystemExit) as fin:
        commande.run_from_argv(["manage.py", nom, mot])
    assert fin.value.code == 2
    assert capsys.readouterr().err == f"Argument inconnu : {mot}.\nAide : manage.py {nom} --aide\n"


@pytest.mark.parametrize(("application", "nom"), COMMANDES)
def test_l_aide_est_en_francais(capsys, application, nom):
    with pytest.raises(SystemExit) as fin:
        load_command_class(application, nom).run_from_argv(["manage.py", nom, "--aide"])
    assert fin.value.code == 0
    aide = capsys.readouterr().out
    assert aide.startswith(f"Utilisation : manage.py {nom} ")
    for anglais in ("usage", "options:", "positional", "show this"):
        assert anglais not in aide
