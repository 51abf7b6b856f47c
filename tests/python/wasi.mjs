// Runs a WASI program in Node with the current folder open to it; its exit status becomes ours.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const wasi = new WASI({ version: "preview1", args: process.argv.slice(2), preopens: { ".": "." }, returnOnExit: true });
const module = await WebAssembly.compile(readFileSync(process.argv[2]));
const imports = { wasi_snapshot_preview1: wasi.wasiImport }; // getImportObject() is not in Node 18
process.exitCode = wasi.start(await WebAssembly.instantiate(module, imports));
