// Amplify's Hub: whoever listens to a channel is called at once, in the order of listening, and may fail unnoticed.

/** A hub of its own for each page. */
export function createHub(tell) {
  const channels = new Map();
  return {
    listen(channel, callback) {
      const entry = { callback };
      channels.set(channel, [...(channels.get(channel) || []), entry]);
      return () => channels.set(channel, channels.get(channel).filter((other) => other !== entry));
    },

    dispatch(channel, payload) {
      if (channel === "auth") tell(["Hub:", payload.event, payload.data?.error?.name].filter(Boolean).join(" "));
      for (const { callback } of channels.get(channel) || []) {
        try {
          callback({ channel, payload });
        } catch {
          // Amplify logs it and goes on
        }
      }
    },
  };
}
