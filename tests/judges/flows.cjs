// Lints flow files; exit 1 on a finding of severity "error". Warnings and notes are counted by rule.
const scanner = require("@flow-scanner/lightning-flow-scanner-core");

(async () => {
  const results = scanner.scan(await scanner.parse(process.argv.slice(2)));
  const counted = {};
  let errors = 0;
  for (const result of results) {
    for (const found of result.ruleResults.filter((one) => one.occurs)) {
      const key = `${found.severity} ${found.ruleName}`;
      counted[key] = (counted[key] || 0) + found.details.length;
      if (found.severity === "error") {
        errors += found.details.length;
        console.log(`${result.flow.name}: ${found.ruleName}: ${found.details.map((one) => one.name).join(", ")}`);
      }
    }
  }
  console.log(`${results.length} flows, ${errors} errors`, counted);
  process.exit(errors || !results.length ? 1 : 0);
})();
