"""Names in two-stage scores; no model code is needed to read them."""

EKFAC, NEWTON = "ekfac", "newton"  # before a method's name, and a point
VARIANTS = {  # name: how a reader sees it
    "full": "two stages, both inverses",
    "without_tuned": "without stage two's inverse",
    "without_pretrained": "without stage one's inverse",
    "dot": "without either: a dot product",
    "wrong": "single stage, gradients at θ_ft",
    "single": "single stage at θ_pt",
}
