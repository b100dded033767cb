// The few questions to our own server. It may be away: then the answer is null, and nobody waits long for it.

const PATIENCE = 3_000; // milliseconds

/** Asks for a path below the policy's base, with a body as a POST; the answer's JSON, or null. */
export async function ask({ base }, path, body, milliseconds = PATIENCE) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), milliseconds);
  try {
    const response = await fetch(base + path, {
      signal: patience.signal,
      ...(body && { method: "POST", body: JSON.stringify(body), keepalive: true }), // a page may leave at once
    });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
