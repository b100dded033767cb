// A plain TLS terminator, as a load balancer is one: it passes everything on, and says who asked by X-Forwarded-*.
//
// Rule: it changes no cookie line and no order. It is told where to lead by lines of JSON, `{"door": n, "to": port}`,
// and answers each with `{"door": n, "port": port}`; a door that is told again leads elsewhere from then on, which is
// what a deployment looks like to a browser. It ends with its standard input.

import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createInterface } from "node:readline";

const [certificate, key] = process.argv.slice(2);
const tls = { cert: readFileSync(certificate), key: readFileSync(key), maxHeaderSize: 262_144 };
const doors = new Map();

function pass(door, request, response) {
  const headers = [...request.rawHeaders, "X-Forwarded-Proto", "https", "X-Forwarded-For", "127.0.0.1"];
  const onward = http.request(
    { host: "127.0.0.1", port: door.to, method: request.method, path: request.url, headers, maxHeaderSize: 262_144, agent: door.agent },
    (answer) => {
      response.writeHead(answer.statusCode, answer.statusMessage, answer.rawHeaders);
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    },
  );
  onward.on("error", () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end("The site does not answer.");
  });
  response.on("close", () => onward.destroy());
  request.pipe(onward);
}

function open(number, to) {
  const known = doors.get(number);
  const agent = new http.Agent({ keepAlive: true });
  if (known) {
    Object.assign(known, { to, agent });
    return tell(number, known);
  }
  const door = { to, agent };
  doors.set(number, door);
  door.server = https.createServer(tls, (request, response) => pass(door, request, response));
  door.server.listen(0, "127.0.0.1", () => tell(number, door));
}

function tell(number, door) {
  process.stdout.write(`${JSON.stringify({ door: number, port: door.server.address().port })}\n`);
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { door, to } = JSON.parse(line);
    open(door, to);
  })
  .on("close", () => process.exit(0));
