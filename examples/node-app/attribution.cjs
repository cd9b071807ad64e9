// Whose spend calls are: said once around some code, and on every span that starts inside.
//
// Not baggage: that travels in a header to every host that is called, providers included.
const { AsyncLocalStorage } = require("node:async_hooks");
const { createHmac } = require("node:crypto");

const store = new AsyncLocalStorage();
const HASHED = /^[0-9a-f]{32,128}$/;

// The id under which the pipeline stores a person: the same in every language.
function pseudonym(person, key = process.env.LLMCOST_HASH_KEY) {
  const text = [...String(person).trim()].slice(0, 200).join(""); // characters, not halves of them
  if (HASHED.test(text)) return text;
  if (!key) return undefined; // nobody leaves unhashed
  return createHmac("sha256", key).update(text).digest("hex").slice(0, 32);
}

// Run a function, asynchronous or not; what is left out stays as it is outside.
function attribute({ feature, team, user, conversation, prompt }, run) {
  const own = {
    feature,
    team,
    "prompt.name": prompt,
    "user.id": user && pseudonym(user),
    "gen_ai.conversation.id": conversation && pseudonym(conversation),
  };
  const said = Object.entries(own).filter(([, value]) => value);
  return store.run({ ...store.getStore(), ...Object.fromEntries(said) }, run);
}

// Puts on each span what holds where it starts.
class AttributionProcessor {
  onStart(span) {
    span.setAttributes(store.getStore() ?? {});
  }
  onEnd() {}
  async forceFlush() {}
  async shutdown() {}
}

module.exports = { AttributionProcessor, attribute, pseudonym };
