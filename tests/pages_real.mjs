// Opens the pages of `--format html` in Chromium, as a reader would: without scripts, with the keyboard, in the dark, on
// a telephone, on paper, with a screen reader. Called by outputs_real.sh:
//
//     node pages_real.mjs CHROMIUM SHOTS PAGE...
//
// Leaves screenshots in SHOTS and ends with a line for each thing that is not as it should be.
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";

const puppeteer = createRequire(process.env.PAGES_MODULES + "/")("puppeteer-core");
const [executablePath, shots, ...pages] = process.argv.slice(2);
const userDataDir = mkdtempSync(join(tmpdir(), "chromium-"));
const browser = await puppeteer.launch({
  executablePath,
  userDataDir,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let wrong = 0;
let checked = 0;
let name = "";
const check = (what, holds) => {
  checked += 1;
  if (!holds) {
    wrong += 1;
    console.log(`${name}: ${what}`);
  }
};

// What a reader sees of the table: all rows, those that are shown, and which button is pressed.
const seen = (page) =>
  page.evaluate(() => {
    const rows = [...document.querySelectorAll("tbody tr")];
    const shown = rows.filter((row) => row.getBoundingClientRect().height > 0);
    const pressed = document.querySelector("button[aria-pressed='true']");
    return {
      all: rows.length,
      shown: shown.length,
      kinds: [...new Set(shown.map((row) => row.dataset.kind))],
      pressed: pressed?.dataset.show,
      told: document.querySelector("output")?.textContent ?? "",
      controls: (document.querySelector(".controls")?.getBoundingClientRect().height ?? 0) > 0,
      focus: document.activeElement?.tagName,
    };
  });

// The contrast of a colour with what lies behind it, as WCAG 2 counts it; text needs 4.5.
const contrasts = (page) =>
  page.evaluate(() => {
    const luminance = (color) => {
      const [r, g, b] = color.match(/[\d.]+/g).map(Number);
      const linear = (part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
      return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    };
    const ground = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const color = getComputedStyle(at).backgroundColor;
        if (!color.endsWith(", 0)")) return color;
      }
      return "rgb(255, 255, 255)";
    };
    const texts = [...document.querySelectorAll("h1, p, th, td, code, i, b, li, summary, button, .code, .glyph")];
    const contrast = (element) => {
      const both = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((a, b) => b - a);
      return (both[0] + 0.05) / (both[1] + 0.05);
    };
    return { worst: Math.min(...texts.slice(0, 400).map(contrast)), ground: ground(document.body) };
  });

const shoot = async (page, what) => {
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(shots, `${name}-${what}.png`) });
};

async function opened(file, scripts) {
  const page = await browser.newPage();
  await page.setJavaScriptEnabled(scripts);
  await page.setViewport({ width: 1200, height: 800 });
  const complaints = [];
  const requests = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(`file://${resolve(file)}`);
  return { page, complaints, requests };
}

for (const file of pages) {
  name = basename(file, ".html");

  const plain = await opened(file, false);
  const without = await seen(plain.page);
  check("without scripts every row is shown", without.shown === without.all);
  check("without scripts there is no button that does nothing", !without.controls);
  await plain.page.close();

  const { page, complaints, requests } = await opened(file, true);
  check(`the page complains: ${complaints}`, complaints.length === 0);
  check(`the page asks for more than itself: ${requests}`, requests.length === 1);
  await shoot(page, "light");
  const whole = await page.evaluate(() => document.scrollingElement.scrollWidth);
  check(`on a screen the page is ${whole} wide`, whole <= 1200);
  const first = await seen(page);
  const failing = await page.evaluate(() => {
    const place = document.querySelector(".wrong")?.getBoundingClientRect();
    return !place || (place.left >= 0 && place.right <= innerWidth && place.bottom <= innerHeight);
  });
  check("the first failing value is seen without scrolling", failing);
  const light = await contrasts(page);
  check(`light: the worst contrast is ${light.worst.toFixed(2)}`, light.worst >= 4.5);

  if (first.all > 0) {
    check("the buttons are shown", first.controls);
    check("what is pressed is shown", first.pressed === "" ? first.shown === first.all : first.kinds.join() === first.pressed);
    // The keyboard alone: the first tab leads to the first button, Enter presses, / leads to the search.
    const buttons = await page.$$eval("button", (all) => all.map((button) => button.dataset.show));
    for (let at = 0; at < buttons.length; at += 1) {
      await page.keyboard.press("Tab");
      check("a tab leads to the next button", (await page.evaluate(() => document.activeElement.dataset.show)) === buttons[at]);
      await page.keyboard.press("Enter");
      const now = await seen(page);
      check(`${buttons[at] || "all"} shows its rows`, buttons[at] === "" ? now.shown === now.all : now.kinds.join() === buttons[at]);
    }
    await page.$$eval("button", (all) => all.find((button) => button.dataset.show === "").click());
    await page.keyboard.press("/");
    check("/ leads to the search", (await seen(page)).focus === "INPUT");
    const key = await page.$eval("tbody tr:last-child th", (cell) => cell.textContent);
    await page.keyboard.type(key.toLowerCase() || "x");
    const found = await seen(page);
    check(`the search finds ${key}`, found.shown >= 1 && (found.shown === found.all || found.told.startsWith(`${found.shown} of `)));
    await page.keyboard.type(" zzz-there-is-no-such-thing");
    check("and nothing else", (await seen(page)).shown === 0);
    await page.$eval("input", (input) => {
      input.value = "";
      input.dispatchEvent(new Event("input"));
    });
    const summary = await page.$("tbody summary");
    if (summary) {
      await summary.focus();
      await page.keyboard.press("Enter");
      check("Enter opens the places", await page.$eval("tbody details", (details) => details.open));
      await shoot(page, "open");
    }
    // A link to a row that is not shown.
    const hidden = await page.$$eval("tbody tr", (rows) => rows.at(-1).id);
    await page.$$eval("button", (all) => all[0].click());
    await page.evaluate((id) => { location.hash = id; }, hidden);
    await new Promise((done) => { setTimeout(done, 100); });
    check("a link shows its row", await page.evaluate((id) => !document.getElementById(id).hidden, hidden));
    const tree = JSON.stringify(await page.accessibility.snapshot({ interestingOnly: false }));
    for (const role of ["rowheader", "columnheader", "searchbox", "heading"]) {
      check(`a screen reader finds a ${role}`, tree.includes(`"role":"${role}"`));
    }
    check("the table has a caption", await page.$eval("table", (table) => table.caption?.textContent.length > 0));
  }

  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  const dark = await contrasts(page);
  check("in the dark the page is dark", dark.ground !== light.ground);
  check(`dark: the worst contrast is ${dark.worst.toFixed(2)}`, dark.worst >= 4.5);
  await shoot(page, "dark");
  await page.emulateMediaFeatures([]);

  await page.setViewport({ width: 375, height: 800 });
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
  check(`on a telephone the page is ${wide} wide`, wide <= 375);
  await shoot(page, "narrow");
  await page.setViewport({ width: 1200, height: 800 });

  await page.emulateMediaType("print");
  check("on paper there are no buttons", !(await seen(page)).controls);
  await shoot(page, "print");
  const paper = await page.pdf({ path: join(shots, `${name}.pdf`), format: "A4" });
  check("it prints", paper.length > 1000);
  await page.close();
}
await browser.close();
rmSync(userDataDir, { recursive: true, force: true });
console.log(`${checked} checks of ${pages.length} pages, ${wrong} wrong`);
process.exit(wrong === 0 && checked > 0 ? 0 : 1);
