// SPDX-License-Identifier: MIT
//
// Builds a page of given data and opens it, as a reader would: a file, in Chromium. Whatever the
// page complains of or asks the network for is remembered.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const PAGE = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "weft-page-"));
let browser = null;
let count = 0;

export const fixture = () => JSON.parse(readFileSync(join(PAGE, "fixture.json"), "utf8"));

function chromiumPath() {
    const names = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome"];
    return names.find((name) => name && existsSync(name));
}

// Runs the build as a shell would: { status, stderr, out }. `data` may be text that is no JSON.
export function build(data) {
    const input = join(folder, `results-${++count}.json`);
    const out = join(folder, `page-${count}.html`);
    writeFileSync(input, typeof data === "string" ? data : JSON.stringify(data));
    const { status, stderr } = spawnSync(join(PAGE, "build"), [input, out], { encoding: "utf8" });
    return { status, stderr, out };
}

// An opened page whose plots are drawn: { page, complaints, requests, out }.
export async function open(data, { width = 1200, height = 900, scheme = "light" } = {}) {
    const { status, stderr, out } = typeof data === "object" && data.out ? data : build(data);
    if (status !== 0) throw new Error(`build: ${stderr}`);
    browser ??= await chromium.launch({ executablePath: chromiumPath(),
        args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme,
        offline: true });
    const page = await context.newPage();
    page.setDefaultTimeout(60000);
    const complaints = [], requests = [];
    page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("dialog", (dialog) => {
        complaints.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    const own = pathToFileURL(out).href;
    page.on("request", (request) => {
        const url = request.url().split("#")[0];
        if (url !== own && !url.startsWith("data:")) requests.push(url);
    });
    await page.goto(own);
    await drawn(page);
    return { page, complaints, requests, out };
}

// Waits until all plots are drawn.
export async function drawn(page) {
    await page.waitForFunction(() => document.documentElement.dataset.pending === "0");
}

// Nothing was complained of, nothing asked for.
export function fine({ complaints, requests }) {
    assert.deepEqual(complaints, []);
    assert.deepEqual(requests, []);
}

// How many marks of a layer there are in a part of the page.
export function marks(page, where, layer) {
    return page.locator(`${where} svg .${layer}_marks > *`).count();
}

export async function close() {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
}

export function pageText(out) {
    return readFileSync(out, "utf8");
}

