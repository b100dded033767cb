// Amplify's calls to the user pool, as far as their errors matter: which ones are tried again.

import { named } from "./errors.js";

const ATTEMPTS = 3;
const STAGES = 12; // through which a request goes before it is sent, a microtask each: who began later may be earlier
const DOWN = /^(NetworkError|TimeoutError|(InternalError|ServiceUnavailable|RequestTimeout)Exception)$/;
const THROTTLED = /^(LimitExceeded|TooManyRequests|Throttling)Exception$/;

/** Calls the pool: `ask` asks once, and is answered with a result or with `{error: name}`. */
export function createPool(ask, behaviour) {
  const isPassing = (name) => DOWN.test(name) || (behaviour.retriesThrottled && THROTTLED.test(name));
  return {
    async call(operation, argument) {
      for (let stage = 0; stage < STAGES; stage++) await null;
      for (let attempt = 1; ; attempt++) {
        const { error, ...result } = await ask(operation, argument);
        if (!error) return result;
        if (attempt >= ATTEMPTS || !isPassing(error)) throw named(error);
      }
    },
  };
}
