def ligne_ajouter(request, **kwargs):
    raise NotImplementedError


def ligne_modifier(request, **kwargs):
    raise NotImplementedError


def ligne_supprimer(request, **kwargs):
    raise NotImplementedError


def montants_trancher(request, **kwargs):
    raise NotImplementedError
