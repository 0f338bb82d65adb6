def bilan_detail(request, **kwargs):
    raise NotImplementedError


def bilan_saisir(request, **kwargs):
    raise NotImplementedError


def bilan_transmettre(request, **kwargs):
    raise NotImplementedError


def bilan_valider(request, **kwargs):
    raise NotImplementedError


def bilan_renvoyer(request, **kwargs):
    raise NotImplementedError


def bilan_rouvrir(request, **kwargs):
    raise NotImplementedError


def bilan_dispenser(request, **kwargs):
    raise NotImplementedError
