// The auth cookies that script can see. Chromium's CookieStore tells each one's scope; elsewhere there is only a name.

export type Cookie = { suffix: string; scope: string; value: string; twin: boolean };

type Listed = { name?: string; value?: string; domain?: string | null; path?: string };

const PREFIX = "CognitoIdentityServiceProvider.";

async function listed(): Promise<Listed[]> {
  if ("cookieStore" in window) {
    return (await window.cookieStore.getAll()) as Listed[];
  }
  return document.cookie.split("; ").map((pair) => {
    const [name, ...value] = pair.split("=");
    return { name, value: value.join("=") };
  });
}

export async function jar(): Promise<Cookie[]> {
  const ours = (await listed()).filter(({ name }) => name?.startsWith(PREFIX));
  const count = new Map<string, number>();
  for (const { name = "" } of ours) count.set(name, (count.get(name) ?? 0) + 1);
  return ours
    .map(({ name = "", value = "", domain, path }) => ({
      suffix: name.slice(name.lastIndexOf(".") + 1),
      scope: domain === undefined ? "?" : `${domain === null ? "this host only" : `.${domain}`} ${path ?? ""}`,
      value: value.length > 18 ? `${value.slice(0, 4)}…${value.slice(-6)}` : value,
      twin: (count.get(name) ?? 0) > 1,
    }))
    .sort((one, other) => one.suffix.localeCompare(other.suffix));
}
