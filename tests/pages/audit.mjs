// Audits pages with Lighthouse, as a phone shows them, in the Chromium whose debugging port is the argument.
// Input: a page's address a line. Output: what was found as a line of JSON, {"error": …} if it couldn't be audited.
import { createInterface } from "node:readline";
import lighthouse from "lighthouse";

// On a busy machine Chromium may record no start of the page, and Lighthouse then asks to be run again.
const ATTEMPTS = 4;
const OPTIONS = {
  port: Number(process.argv[2]),
  logLevel: "silent",
  onlyCategories: ["performance", "accessibility", "best-practices", "seo"],
  throttlingMethod: "simulate",
  disableFullPageScreenshot: true,
  skipAudits: ["screenshot-thumbnails", "final-screenshot"],
};

async function audit(address) {
  let error = "";
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const { lhr } = await lighthouse(address, OPTIONS);
      if (!lhr.runtimeError) {
        return { categories: lhr.categories, audits: lhr.audits };
      }
      error = lhr.runtimeError.message;
    } catch (raised) {
      error = String(raised);
    }
  }
  return { error };
}

for await (const address of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await audit(address))}\n`);
}
