// node pyodide.mjs WHEELS PROGRAM: unpacks wheels and sdists' packages into Pyodide and runs a Python program there.
import { readdirSync, readFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const [wheels, program] = process.argv.slice(2);
const pyodide = await loadPyodide();
const site = pyodide.runPython("import site; site.getsitepackages()[0]");
for (const name of readdirSync(wheels)) {
  pyodide.unpackArchive(readFileSync(`${wheels}/${name}`), "zip", { extractDir: site });
}
pyodide.FS.mkdirTree("/program");
pyodide.FS.writeFile("/program/every_spec.py", readFileSync(program));
await pyodide.runPythonAsync(`
import importlib, sys
importlib.invalidate_caches()
sys.path.insert(0, "/program")
import every_spec
every_spec.main()
`);
