"""Formulas of the emulated org: field formulas, flow formulas, entry conditions."""

from .compile import Formula, compile_formula
from .kinds import FormulaError, FormulaFault, Kind, Reference, Resolver, Scope

__all__ = ["Formula", "FormulaError", "FormulaFault", "Kind", "Reference", "Resolver", "Scope", "compile_formula"]
