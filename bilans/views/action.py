def action_detail(request, **kwargs):
    raise NotImplementedError
