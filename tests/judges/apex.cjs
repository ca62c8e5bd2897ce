// Parses Apex files with the grammar of the Apex developer tools; exit 1 when one does not parse.
const { ApexParserFactory, ApexErrorListener } = require("@apexdevtools/apex-parser");
const fs = require("fs");

let errors = 0;
for (const file of process.argv.slice(2)) {
  class Listener extends ApexErrorListener {
    apexSyntaxError(line, column, message) {
      errors += 1;
      console.log(`${file}:${line}:${column + 1}: ${message.slice(0, 200)}`);
    }
  }
  const parser = ApexParserFactory.createParser(fs.readFileSync(file, "utf8"));
  parser.removeErrorListeners();
  parser.addErrorListener(new Listener());
  file.endsWith(".trigger") ? parser.triggerUnit() : parser.compilationUnit();
}
console.log(`${process.argv.length - 2} Apex files, ${errors} syntax errors`);
process.exit(errors ? 1 : 0);
