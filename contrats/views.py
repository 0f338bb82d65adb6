def contrat(request, **kwargs):
    raise NotImplementedError


def territoire(request, **kwargs):
    raise NotImplementedError
