// Records what the real aws-amplify does: node record.mjs FOLDER_OF_NODE_MODULES FIRST_SEED COUNT
//
// One situation a line, as JSON. The same seeds give the same lines.

import { openPackage } from "./page.mjs";
import { draw } from "./situations.mjs";

const [modules, first, count] = process.argv.slice(2);
const play = await openPackage(modules);
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  process.stdout.write(JSON.stringify({ seed, ...(await play(draw(seed))) }) + "\n");
}
