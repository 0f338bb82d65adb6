def action_creer(request, **kwargs):
    raise NotImplementedError


def action_modifier(request, **kwargs):
    raise NotImplementedError
