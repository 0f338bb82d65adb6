def porteur_creer(request, **kwargs):
    raise NotImplementedError


def porteur_modifier(request, **kwargs):
    raise NotImplementedError
