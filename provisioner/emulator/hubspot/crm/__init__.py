"""Records, their properties and what follows from them: formulas, pipelines, activities, search."""
