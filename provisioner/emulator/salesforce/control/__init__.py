"""The control door: planting, and what people do by hand."""
