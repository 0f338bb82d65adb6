def accueil(request, **kwargs):
    raise NotImplementedError


def accueil_contrat(request, **kwargs):
    raise NotImplementedError


def aller_au_contrat(request, **kwargs):
    raise NotImplementedError
