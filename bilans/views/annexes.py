def annexes(request, **kwargs):
    raise NotImplementedError


def annexe(request, **kwargs):
    raise NotImplementedError


def annexe_fichier(request, **kwargs):
    raise NotImplementedError
