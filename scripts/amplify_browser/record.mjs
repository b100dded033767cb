// Records what the real aws-amplify does: node record.mjs FOLDER_OF_NODE_MODULES FIRST_SEED COUNT [HARDTACK_JS POLICIES]
//
// One situation a line, as JSON. The same seeds give the same lines. With the path of hardtack.js, and policies as JSON, it
// is installed on every page.

import { openPackage } from "./page.mjs";
import { draw } from "./situations.mjs";

const [modules, first, count, script, policies] = process.argv.slice(2);
const play = await openPackage(modules, script);
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  process.stdout.write(JSON.stringify({ seed, ...(await play(draw(seed, policies && JSON.parse(policies)))) }) + "\n");
}
