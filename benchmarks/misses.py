"""What stands behind each figure that misses its bound or its aim: kept by hand, by figure."""

CAUSES: dict[str, str] = {}
