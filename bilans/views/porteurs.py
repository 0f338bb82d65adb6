def liste_porteurs(request, **kwargs):
    raise NotImplementedError


def porteur_detail(request, **kwargs):
    raise NotImplementedError
