// node pyodide.mjs WHEELS PROGRAM: unpacks wheels into Pyodide and runs a Python program there.
import { readdirSync, readFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const [wheels, program] = process.argv.slice(2);
try {
  const pyodide = await loadPyodide();
  const site = pyodide.runPython("import site; site.getsitepackages()[0]");
  for (const name of readdirSync(wheels)) {
    const bytes = new Uint8Array(readFileSync(`${wheels}/${name}`));
    pyodide.unpackArchive(bytes, "zip", { extractDir: site });
  }
  pyodide.FS.mkdirTree("/program");
  pyodide.FS.writeFile("/program/every_spec.py", readFileSync(program, "utf8"));
  pyodide.runPython(`
import importlib, sys
importlib.invalidate_caches()
sys.path.insert(0, "/program")
import every_spec
every_spec.main()
`);
} catch (error) {
  console.error(error.message); // without it node prints the one line of Pyodide's source, all of it
  process.exit(1);
}
