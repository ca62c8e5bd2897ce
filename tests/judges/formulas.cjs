// Evaluates formulas with formulon: `formulas.cjs CASES ANSWERS`, both JSON. A case is {formula, values: {name: [kind,
// value]}}; its answer is [kind, value], or {error} in formulon's words. Instants travel as epoch milliseconds.
const { parse } = require("formulon");
const fs = require("fs");

const OPTIONS = {
  number: { length: 18, scale: 10 },
  text: { length: 4000 },
  picklist: { values: [] },
};

function literal(kind, value) {
  if (value === null && kind !== "picklist") return { type: "literal", dataType: "null", value: null, options: {} };
  const made = kind === "date" || kind === "datetime" ? new Date(value) : value === null ? "" : value;
  return { type: "literal", dataType: kind, value: made, options: OPTIONS[kind] || {} };
}

function answer(one) {
  const values = Object.fromEntries(
    Object.entries(one.values).map(([name, [kind, value]]) => [name, literal(kind, value)]),
  );
  try {
    const found = parse(one.formula, values);
    if (found.type === "error") return { error: found.message };
    const value = found.value instanceof Date ? found.value.getTime() : found.value;
    return Number.isNaN(value) ? { error: "not a number" } : [found.dataType, value];
  } catch (failed) {
    return { error: `${failed.name}: ${failed.message}` };
  }
}

const [cases, answers] = process.argv.slice(2);
fs.writeFileSync(answers, JSON.stringify(JSON.parse(fs.readFileSync(cases, "utf8")).map(answer)));
