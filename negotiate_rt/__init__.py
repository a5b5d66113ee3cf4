"""negotiate_rt: a runtime in which autonomous agents reach agreements."""
