"""What diagnostics of chains and curves count by. It imports nothing: tables and claims say these without torch."""

# A point where no centroid weighs as much as this lies where G is λI: the metric is not active there.
ACTIVE_WEIGHT = 1e-3
# The long chain of the diagnostics, in lengths of the short one.
LONG_FACTOR = 10
LONG_FACTOR_WORDS = "ten times"
# The curves between two points that are compared: the straight segment, that of least potential (Eq. 12), the geodesic.
INTERPOLATIONS = ("affine", "potential", "geodesic")
