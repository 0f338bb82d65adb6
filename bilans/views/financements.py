def financements(request, **kwargs):
    raise NotImplementedError
