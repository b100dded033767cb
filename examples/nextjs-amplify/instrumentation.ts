// Runs once when the server starts. A real pool needs nothing of this.

export async function register(): Promise<void> {
  const endpoint = process.env.POOL_ENDPOINT;
  if (process.env.NEXT_RUNTIME === "nodejs" && endpoint?.startsWith("http://127.0.0.1:")) {
    const { fetchKeysFrom } = await import("./lib/local-keys");
    fetchKeysFrom(endpoint);
  }
}
