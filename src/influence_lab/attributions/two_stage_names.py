"""Names of the curvatures in two-stage scores; no model code is needed to read them."""

EKFAC, NEWTON = "ekfac", "newton"  # before a method's name, and a point
