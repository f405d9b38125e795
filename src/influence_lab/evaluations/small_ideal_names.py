"""Names of mixtures, curvatures and slopes in the small IDEAL; no model code is needed to read them."""

UNIFORM, CHANGED, RANDOM = "uniform", "changed", "random"
EKFAC, NEWTON = "IDEAL, EK-FAC", "IDEAL, Gauss-Newton"
JOINT, LAYERED = "Gauss-Newton, linear layers together", "Gauss-Newton, each linear layer alone"
