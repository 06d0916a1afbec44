// SPDX-License-Identifier: MIT
//
// RESULTS.json OUT.html: checks the results, and writes a page that has everything in it: data,
// program, style. It asks no network for anything, and its policy would not let it.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "./src/validate.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const MOST_ERRORS = 20;

function fail(...lines) {
    console.error(lines.map((line) => `bench/page/build: ${line}`).join("\n"));
    process.exit(1);
}

function readResults(path) {
    let text;
    try {
        text = readFileSync(path, "utf8");
    } catch (error) {
        fail(`${path}: ${error.code === "ENOENT" ? "no such file" : error.message}`);
    }
    const { data, errors } = parse(text);
    if (errors.length > 0) {
        const more = errors.length - MOST_ERRORS;
        fail(...errors.slice(0, MOST_ERRORS).map((error) => `${path}: ${error}`),
            ...(more > 0 ? [`${path}: and ${more} more`] : []));
    }
    return data;
}

// No tag ends inside of it, and it is the same JSON.
export function inert(data) {
    return JSON.stringify(data).replace(/</g, "\\u003c")
        .replace(/\u2028/g, "\\u2028").replace(/\u2029/g, "\\u2029");
}

async function bundle() {
    const { build } = await import("esbuild");
    const result = await build({
        entryPoints: [join(HERE, "src/page.js")], absWorkingDir: HERE, bundle: true, minify: true,
        format: "iife", target: "es2020", charset: "utf8", legalComments: "none", write: false,
        metafile: true, logLevel: "error",
    });
    return { script: result.outputFiles[0].text.trim(),
        inputs: Object.keys(result.metafile.inputs) };
}

// The licence of each package of which something is in the page; those with the same text once.
function licences(inputs) {
    const folders = new Set(inputs.map((path) =>
        /^node_modules\/(@[^/]+\/)?[^/]+(\/node_modules\/(@[^/]+\/)?[^/]+)*/.exec(path)?.[0])
        .filter(Boolean));
    const texts = new Map();
    for (const folder of [...folders].sort()) {
        const path = join(HERE, folder);
        const { name, version, license } = JSON.parse(readFileSync(join(path, "package.json")));
        const file = readdirSync(path).find((one) => /^licen[cs]e/i.test(one));
        const text = file ? readFileSync(join(path, file), "utf8").trim() : license;
        texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`]);
    }
    return [...texts].map(([text, names]) => `${names.join(", ")}\n\n${text}`)
        .join("\n\n----\n\n").replace(/<(?=[/!s])/gi, "‹");
}

// Puts `parts` into the template; the parts are not looked at again.
function put(template, parts) {
    return template.replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
}

async function main([results, out]) {
    if (!results || !out) fail("usage: bench/page/build RESULTS.json OUT.html");
    const data = readResults(results);
    if (!existsSync(join(HERE, "node_modules/esbuild"))) fail("npm ci has not run here");
    const { script, inputs } = await bundle();
    if (/<\/script|<!--/i.test(script)) fail("the bundle has a tag in it that would end it");
    const hash = createHash("sha256").update(script).digest("base64");
    const page = put(readFileSync(join(HERE, "src/page.html"), "utf8"), {
        policy: `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; ` +
            "img-src data:; base-uri 'none'; form-action 'none'",
        style: readFileSync(join(HERE, "src/style.css"), "utf8").replace(/\/\*.*?\*\//gs, ""),
        results: inert(data), licences: licences(inputs), script,
    });
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, page);
    console.log(`${out}: ${Buffer.byteLength(page)} bytes, ${data.rows.length} rows`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
