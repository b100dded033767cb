// What the examples of docs/hardtack-js.md find when they run in Node: a page, its server, an app's own lines.

import { page, policy } from "{{browser}}";

const stated = policy();
const server = (url) => (url === "/hardtack/policy.json" ? stated : {});
const world = page({ server });
world.jar.addEventListener = () => {};
globalThis.addEventListener ??= () => {};
globalThis.window = globalThis;
globalThis.outputs = {
  version: "1",
  auth: { aws_region: "eu-west-1", user_pool_id: "eu-west-1_Ab12Cd34E", user_pool_client_id: stated.clientId },
};
globalThis.HARDTACK_POLICY = stated;
globalThis.showBanner = () => {};
globalThis.world = world;
