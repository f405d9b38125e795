"""Names of the ways to choose in the small EQUAL; no model code is needed to read them."""

BANDIT, BY_CLUSTER, BY_TEXT = "EQUAL: bandit", "all scored, by cluster", "all scored, by text"
INFLUENCE, RANDOM, NOTHING = "EK-FAC influence", "random", "no fine-tuning"
