def tableau_de_bord(request, **kwargs):
    raise NotImplementedError


def liste_actions(request, **kwargs):
    raise NotImplementedError


def suivi_bilans(request, **kwargs):
    raise NotImplementedError
