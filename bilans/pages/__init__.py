"""What the pages of a year read and say, one module a subject; `views` only opens and renders them."""
