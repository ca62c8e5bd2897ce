"""The typed design, free of vendors: `compile_design(document) -> (Design | None, findings)`."""
