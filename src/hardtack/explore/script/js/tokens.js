// Amplify's DefaultTokenStore: how a token set lies in a key-value storage, in which order it is read and written.
//
// Rule: the user's name in the keys is whatever the LastAuthUser cookie says at that moment, and it is read again after
// each time it was written. Where a twin is read, somebody's tokens are stored under somebody else's name.

const PREFIX = "CognitoIdentityServiceProvider";
const KEYS = [
  "accessToken",
  "idToken",
  "refreshToken",
  "clockDrift",
  "signInDetails",
  "oauthMetadata",
  "deviceKey",
  "deviceGroupKey",
  "randomPasswordKey",
];

/** A token's text with what it claims; nobody looks at its signature. Throws where it is none. */
export function decodeToken(text) {
  const parts = text.split(".");
  if (parts.length !== 3) throw new Error("not a token");
  const binary = atob(parts[1].replace(/-/g, "+").replace(/_/g, "/"));
  return { payload: JSON.parse(decodeURIComponent(escape(binary))), toString: () => text };
}

/** The token store of a page. `tear` is called before each cookie that is written or removed, with its key. */
export function createTokenStore({ clientId, behaviour, tear }) {
  let storage = null;
  const lastKey = [PREFIX, clientId, "LastAuthUser"].join(".");

  const set = (key, value) => {
    tear(key);
    return storage.setItem(key, value);
  };
  const remove = (key) => {
    tear(key);
    return storage.removeItem(key);
  };
  const setOrRemove = async (key, value) => {
    if (value) await set(key, value);
    else if (!behaviour.clearsBeforeStoring) await remove(key);
  };

  const lastUser = async () => (await storage.getItem(lastKey)) ?? "username";

  const keysOf = new Map();
  const keys = async (user) => {
    const owner = user ?? (await lastUser());
    if (!keysOf.has(owner)) {
      keysOf.set(owner, Object.fromEntries(KEYS.map((suffix) => [suffix, [PREFIX, clientId, owner, suffix].join(".")])));
    }
    return keysOf.get(owner);
  };

  const store = {
    use(other) {
      storage = other;
    },

    getLastAuthUser: lastUser,

    /** The set that the storage shows; null where there is none that can be read. */
    async loadTokens() {
      try {
        const key = await keys();
        const access = await storage.getItem(key.accessToken);
        if (!access) return null;
        const accessToken = decodeToken(access);
        const id = await storage.getItem(key.idToken);
        const idToken = id ? decodeToken(id) : undefined;
        const refreshToken = (await storage.getItem(key.refreshToken)) ?? undefined;
        const clockDrift = Number.parseInt((await storage.getItem(key.clockDrift)) ?? "0");
        const details = await storage.getItem(key.signInDetails);
        const deviceMetadata = (await store.getDeviceMetadata()) ?? undefined;
        const tokens = { accessToken, idToken, refreshToken, deviceMetadata, clockDrift, username: await lastUser() };
        if (details) tokens.signInDetails = JSON.parse(details);
        return tokens;
      } catch {
        return null;
      }
    },

    async storeTokens(tokens) {
      if (behaviour.clearsBeforeStoring) await store.clearTokens();
      await set(lastKey, tokens.username);
      const key = await keys();
      await set(key.accessToken, String(tokens.accessToken));
      await setOrRemove(key.idToken, tokens.idToken && String(tokens.idToken));
      await setOrRemove(key.refreshToken, tokens.refreshToken);
      await setOrRemove(key.signInDetails, tokens.signInDetails && JSON.stringify(tokens.signInDetails));
      await set(key.clockDrift, `${tokens.clockDrift}`);
    },

    /** Deletes a set in the storage's own scope; not awaited by most that call it. */
    async clearTokens() {
      const key = await keys();
      await Promise.all([
        remove(key.accessToken),
        remove(key.idToken),
        remove(key.clockDrift),
        remove(key.refreshToken),
        remove(key.signInDetails),
        remove(lastKey),
        ...(behaviour.knowsOAuthMetadata ? [remove(key.oauthMetadata)] : []),
      ]);
    },

    async getDeviceMetadata(user) {
      const key = await keys(user);
      const deviceKey = await storage.getItem(key.deviceKey);
      const deviceGroupKey = await storage.getItem(key.deviceGroupKey);
      const randomPassword = await storage.getItem(key.randomPasswordKey);
      return randomPassword && deviceGroupKey && deviceKey ? { deviceKey, deviceGroupKey, randomPassword } : null;
    },
  };
  return store;
}
